/* Conversion between element types. */
#ifndef AGI_CAST_H
#define AGI_CAST_H

#include "loops.h"
#include "tensor.h"

/* The loop from one type to another (the same: a plain copy). */
agi_loop agi_cast_loop(const ag_context *context, ag_dtype to, ag_dtype from);
/* tensor's numbers in another type, in a new tensor without history. */
ag_tensor *agi_cast(ag_tensor *tensor, ag_dtype dtype);
/* Whether a plain number can be written as dtype; false with torch's error. A negative integer
 * wraps around in uint8, down to -255. */
bool agi_check_fits(ag_context *context, ag_number number, ag_dtype dtype);
/* tensor itself, once more, where it is of dtype and its elements lie in the order of its dims, else
 * a copy that does; the caller's, whatever scope is open. */
ag_tensor *agi_contiguous_as(ag_tensor *tensor, ag_dtype dtype);
static inline ag_tensor *agi_in_line(ag_tensor *tensor)
{
    return agi_contiguous_as(tensor, (ag_dtype)tensor->dtype);
}

#endif
