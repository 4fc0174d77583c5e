/* Walking several strided operands of one shape at once. */
#ifndef AGI_ITERATE_H
#define AGI_ITERATE_H

#include "loops.h"
#include "tensor.h"

enum { AGI_MAX_OPERANDS = 8 };

/* Operands broadcast to one shape, with dims that lie in line joined into one. Dim 0 is the
 * innermost; strides are in bytes. */
typedef struct agi_iteration {
    ag_context *context;
    int operand_count, ndim;
    char *data[AGI_MAX_OPERANDS];
    int64_t shape[AG_MAX_DIMS];
    int64_t strides[AG_MAX_DIMS][AGI_MAX_OPERANDS];
} agi_iteration;

/* operands[0] has the whole shape; the others broadcast to it. */
void agi_iteration_begin(agi_iteration *iteration, ag_tensor *const *operands, int count);
/* Calls loop over the innermost dim, for every position of the others. False if interrupted. */
bool agi_iterate(agi_iteration *iteration, agi_loop loop, const double *parameters);

#endif
