/* A linear recurrence along a dim, of which the gradients of products with zeros among their
 * factors are made: no division, and right in every order. */
#include "cast.h"
#include "recurrence.h"

#include "positions.h"
#include "reduce.h"

static bool recurrence_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0], *factor = call->inputs[1];
    if (agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim) < 0) {
        return false;
    }
    if (self->ndim == 0 || !agi_same_shape(self, factor)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "recurrence(): self and factor must have one shape, with dims");
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

static bool recurrence_kernel(agi_call *call)
{
    ag_tensor *out = call->results[0].tensor;
    ag_dtype dtype = (ag_dtype)out->dtype;
    int dim = agi_wrap_dim(call->context, call->arguments[2].integer, out->ndim);
    ag_tensor *factor = agi_contiguous_as(call->inputs[1], dtype);
    bool done = factor != NULL && agi_copy_numbers(out, call->inputs[0]);
    if (done && out->numel > 0) {
        int64_t step = out->strides[dim], block = step * out->shape[dim];
        AGI_BY_DTYPE(dtype, {
            const TYPE *x = (const TYPE *)factor->data;
            TYPE *y = (TYPE *)out->data;
            for (int64_t first = 0; first < out->numel; first += block) {
                for (int64_t i = first + step; i < first + block; i++) {
                    y[i] += x[i] * y[i - step];
                }
            }
        })
    }
    ag_release(factor);
    return done;
}

/* x one place further along dim, `first` before it, the last gone. */
static ag_tensor *shifted(ag_tensor *x, int64_t dim, ag_tensor *first)
{
    if (x == NULL || first == NULL) {
        return NULL;
    }
    int64_t size = x->shape[dim > 0 ? dim - 1 : dim + x->ndim];
    ag_tensor *const parts[] = {first, ag_narrow(x, dim, 1, size - 1)};
    return ag_cat((ag_tensors){parts, 2}, dim);
}

ag_tensor *agi_recurrence_from_end(ag_tensor *self, ag_tensor *factor, int64_t dim)
{
    ag_integers dims = {&dim, 1};
    const int64_t back = -1;
    ag_tensor *next = ag_flip(ag_roll(factor, (ag_integers){&back, 1}, dims), dims);
    return ag_flip(ag_recurrence(ag_flip(self, dims), next, dim), dims);
}

ag_tensor *agi_product_before(ag_tensor *x, int64_t dim)
{
    ag_tensor *one = ag_ones_like(ag_narrow(x, dim, 1, 1), AG_DTYPE_NONE, false);
    return ag_cumprod(shifted(x, dim, one), dim, AG_DTYPE_NONE);
}

static void recurrence_gradient(agi_gradient *b)
{
    int64_t dim = b->arguments[2].integer;
    ag_tensor *y = SAVED_RESULT(0);
    ag_tensor *g = agi_recurrence_from_end(b->g, SAVED_INPUT(1), dim);
    ag_tensor *zeros = ag_zeros_like(ag_narrow(y, dim, 1, 1), AG_DTYPE_NONE, false);
    GIVE(0, g);
    GIVE(1, ag_mul(g, shifted(y, dim, zeros)));
}

AG_OPERATION(recurrence, INTERNAL, "recurrence(Tensor self, Tensor factor, Dim dim) -> Tensor",
    "y[k] = self[k] + factor[k] * y[k - 1] along dim; y[1] = self[1].",
    .infer = recurrence_infer, .kernel = recurrence_kernel, .gradient = recurrence_gradient,
    .saves = {INPUT(1) | RESULT(0), INPUT(1) | RESULT(0)}, .node = "RecurrenceBackward0")
