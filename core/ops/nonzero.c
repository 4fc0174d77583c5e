/* Where elements are not zero. */
#include "cast.h"
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
    ag_tensor *self = call->inputs[0], *line = agi_in_line(self);
    if (line == NULL) {
        return false;
    }
    agi_set_result(call, 0, AG_INT64, 2, (const int64_t[]){count_nonzero(line), self->ndim});
    ag_release(line);
    return true;
}

enum { BLOCK = 256 };

/* A row for each place along the last dim, where the others are at `at`. */
static int64_t *put_places(int64_t *to, const int64_t *at, int ndim, const int64_t *places,
                           int64_t count)
{
    for (int64_t i = 0; i < count && ndim > 0; i++) {
        for (int d = 0; d < ndim - 1; d++) {
            *to++ = at[d] + 1;
        }
        *to++ = places[i];
    }
    return to;
}

static bool nonzero_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *line = agi_in_line(self);
    if (line == NULL) {
        return false;
    }
    int64_t *to = (int64_t *)call->results[0].tensor->data;
    const int ndim = self->ndim;
    const int64_t width = ndim == 0 ? 1 : self->shape[ndim - 1];
    int64_t at[AG_MAX_DIMS] = {0};
    AGI_BY_DTYPE((ag_dtype)line->dtype, {
        const TYPE *x = (const TYPE *)line->data;
        for (int64_t first = 0; first < line->numel; first += width) {
            for (int64_t begin = 0; begin < width; begin += BLOCK) {
                const int64_t count = width - begin < BLOCK ? width - begin : BLOCK;
                int64_t places[BLOCK];
                int64_t found = 0;
                for (int64_t i = 0; i < count; i++) { /* without a branch that none can foresee */
                    places[found] = begin + i + 1;
                    found += x[first + begin + i] != 0;
                }
                to = put_places(to, at, ndim, places, found);
            }
            for (int d = ndim - 2; d >= 0 && ++at[d] == self->shape[d]; d--) {
                at[d] = 0;
            }
        }
    })
    ag_release(line);
    return true;
}

AG_OPERATION(nonzero_rows, INTERNAL, "nonzero_rows(Tensor self) -> Tensor",
    "nonzero in one tensor.", .infer = nonzero_infer, .kernel = nonzero_kernel)

/* ---- By dims: as_tuple, and where(condition) alone -------------------------------- */

static bool nonzero_by_dims_body(ag_context *context, const ag_value *arguments,
                                 ag_results *results)
{
    (void)context;
    ag_tensor *self = arguments[0].tensor;
    return ag_unbind(ag_nonzero_rows(self->ndim == 0 ? ag_unsqueeze(self, 1) : self), 2, results);
}

AG_OPERATION(nonzero_by_dims, INTERNAL, "nonzero_by_dims(Tensor condition) -> Tensors",
    "The columns of nonzero: for each dim, where along it the elements are.",
    .body = nonzero_by_dims_body)

static bool nonzero_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    (void)context;
    ag_tensor *self = arguments[0].tensor;
    return arguments[1].boolean ? ag_nonzero_by_dims(self, results)
                                : agi_one_result(results, ag_nonzero_rows(self));
}

AG_OPERATION(nonzero, BOTH, "nonzero(Tensor self, *, bool as_tuple=false) -> Tensor|Tensors",
    "The positions of the elements that are not zero, one row for each, one column for each dim; "
    "as_tuple gives a list of the columns.", .body = nonzero_body)

/* ---- How many ----------------------------------------------------------------------- */

static bool count_nonzero_body(ag_context *context, const ag_value *arguments,
                               ag_results *results)
{
    (void)context;
    return agi_one_result(results, ag_sum(ag_ne_number(arguments[0].tensor, 0),
                                          arguments[1].integers, false, AG_DTYPE_NONE));
}

AG_OPERATION(count_nonzero, BOTH, "count_nonzero(Tensor self, Dims? dim=None) -> Tensor",
    "How many elements are not zero, over the given dims or over all.",
    .body = count_nonzero_body)
