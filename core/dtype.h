/* Element types: names, sizes, and PyTorch's promotion. */
#ifndef AGI_DTYPE_H
#define AGI_DTYPE_H

#include "autograd.h"

#define AGI_DEFAULT_FLOAT AG_FLOAT32

/* bool < integer < floating: what decides whether an operand without dims promotes. */
typedef enum agi_category { AGI_CATEGORY_BOOL, AGI_CATEGORY_INTEGER, AGI_CATEGORY_FLOATING } agi_category;

extern const uint8_t agi_dtype_sizes[AG_DTYPE_COUNT];
static inline size_t agi_size_of(int dtype)
{
    return agi_dtype_sizes[dtype];
}

agi_category agi_category_of(ag_dtype dtype);
/* The least type that holds both; AG_DTYPE_NONE is neutral. */
ag_dtype agi_promote(ag_dtype a, ag_dtype b);
/* Common type of operands: those with dims first, then 0-dim tensors, then plain numbers,
 * each only where its category is higher. Skips AG_NONE. */
ag_dtype agi_result_type(ag_tensor *const *operands, int count);
/* Whether an in-place result of type from may be written to a tensor of type to. */
bool agi_can_cast(ag_dtype from, ag_dtype to);
/* "Float", "Long": the name that PyTorch's error texts use. */
const char *agi_scalar_name(ag_dtype dtype);
/* "float", "long int": C++'s name, in those of its texts that come from templates. */
const char *agi_cpp_name(ag_dtype dtype);

#endif
