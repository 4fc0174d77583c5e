/* Walking several strided operands of one shape at once. */
#ifndef AGI_ITERATE_H
#define AGI_ITERATE_H

#include "loops.h"
#include "tensor.h"

/* Operands broadcast to one shape, with dims that lie in line joined into one. Dim 0 is the
 * innermost; strides are in bytes. */
typedef struct agi_iteration {
    ag_context *context;
    int operand_count, ndim;
    char *data[AGI_MAX_OPERANDS];
    int64_t shape[AG_MAX_DIMS];
    agi_strides strides[AG_MAX_DIMS];
    int size[AGI_MAX_OPERANDS]; /* of an element, in bytes */
} agi_iteration;

/* operands[0] has the whole shape; the others broadcast to it. */
void agi_iteration_begin(agi_iteration *iteration, ag_tensor *const *operands, int count);
/* Calls loop over the innermost dim, for every position of the others, a part of it at a time; many
 * elements are shared among the context's threads. False if interrupted. */
bool agi_iterate(const agi_iteration *iteration, agi_loop loop, const double *parameters);
/* The same from the first element to the last, in this thread: for loops that write to one place
 * several times, or to anything but the first operand. */
bool agi_iterate_in_order(const agi_iteration *iteration, agi_loop loop, const double *parameters);
/* For a loop that writes to operand `written`, to one place several times along the dims where that
 * does not move: in order along those. */
bool agi_iterate_apart(const agi_iteration *iteration, int written, agi_loop loop,
                       const double *parameters);
/* For a loop that adds to a double, which the first operand is, with strides of 0. */
bool agi_iterate_sum(const agi_iteration *iteration, agi_loop loop, const double *parameters);

/* Calls loop for each row, by strides[1] from the one before; data is moved to the last. */
void agi_run_rows(char **data, const agi_strides *strides, int operand_count, int64_t rows,
                  int64_t columns, agi_loop loop, const double *parameters);

#endif
