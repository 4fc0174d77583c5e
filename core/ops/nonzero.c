/* Where elements are not zero. */
#include "positions.h"
#include "reduce.h"

/* How many are not zero: a fold of the loop below, for the result's shape. */
static int64_t count_nonzero(const ag_tensor *line)
{
    int64_t count = 0;
    AGI_BY_DTYPE((ag_dtype)line->dtype, {
        const TYPE *x = (const TYPE *)line->data;
        for (int64_t i = 0; i < line->numel; i++) {
            count += x[i] != 0;
        }
    })
    return count;
}

static bool nonzero_infer(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *line = agi_contiguous_as(self, (ag_dtype)self->dtype);
    if (line == NULL) {
        return false;
    }
    agi_set_result(call, 0, AG_INT64, 2, (const int64_t[]){count_nonzero(line), self->ndim});
    ag_release(line);
    return true;
}

static bool nonzero_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *line = agi_contiguous_as(self, (ag_dtype)self->dtype);
    if (line == NULL) {
        return false;
    }
    int64_t *to = (int64_t *)call->results[0].tensor->data;
    const int ndim = self->ndim;
    AGI_BY_DTYPE((ag_dtype)line->dtype, {
        const TYPE *x = (const TYPE *)line->data;
        int64_t at[AG_MAX_DIMS] = {0};
        for (int64_t i = 0; i < line->numel; i++) {
            if (x[i] != 0) {
                for (int d = 0; d < ndim; d++) {
                    *to++ = at[d] + 1;
                }
            }
            for (int d = ndim - 1; d >= 0 && ++at[d] == self->shape[d]; d--) {
                at[d] = 0;
            }
        }
    })
    ag_release(line);
    return true;
}

AG_OPERATION(nonzero, BOTH, "nonzero(Tensor self) -> Tensor",
    "The positions of the elements that are not zero, one row for each, one column for each dim.",
    .infer = nonzero_infer, .kernel = nonzero_kernel)
