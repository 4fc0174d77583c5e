/* Sum and mean. */
#include "dtype.h"
#include "reduce.h"

#define SUM(NAME, IN, TOTAL)                                                                    \
    REDUCTION(NAME, IN, IN, TOTAL, IN, 0, a + x, a + b, t + a, t)
SUM(sum_f32, float, double)
SUM(sum_f64, double, double)
SUM(sum_i64, int64_t, int64_t)
SUM(sum_i32, int32_t, int32_t)
SUM(sum_u8, uint8_t, uint8_t)
REDUCTION(sum_b, uint8_t, uint8_t, uint8_t, uint8_t, 0, a | (x != 0), a | b, t | a, t)

static const agi_reduction *const sums[AG_DTYPE_COUNT] = {
    [AG_FLOAT32] = &sum_f32, [AG_FLOAT64] = &sum_f64, [AG_INT64] = &sum_i64,
    [AG_INT32] = &sum_i32, [AG_UINT8] = &sum_u8, [AG_BOOL] = &sum_b,
};

static bool sum_kernel(agi_call *call)
{
    ag_dtype dtype = call->results[0].dtype;
    return agi_reduce_call(call, sums[dtype], dtype, NULL);
}

static void sum_gradient(agi_gradient *b)
{
    GIVE(0, agi_expand_reduced(b, b->g));
}

static const char *sum_name(const agi_call *call)
{
    return call->arguments[1].given ? "SumBackward1" : "SumBackward0";
}

AG_OPERATION(sum, BOTH,
    "sum(Tensor self, Dims? dim=None, bool keepdim=false, *, dtype? dtype=None) -> Tensor",
    "The sum over the given dims, or over all.",
    .infer = agi_reduce_infer_total, .kernel = sum_kernel, .gradient = sum_gradient, .node_name = sum_name)

/* ---- mean ------------------------------------------------------------------ */

REDUCTION(mean_f32, float, float, double, float, 0, a + x, a + b, t + a, t / p[0])
REDUCTION(mean_f64, double, double, double, double, 0, a + x, a + b, t + a, t / p[0])

static bool mean_infer(agi_call *call)
{
    ag_dtype dtype = call->arguments[3].given ? call->arguments[3].dtype
                                              : (ag_dtype)call->inputs[0]->dtype;
    if (!ag_dtype_is_floating(dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "mean(): could not infer output dtype. %s dtype "
                 "must be either a floating point or complex dtype. Got: %s",
                 call->arguments[3].given ? "Optional" : "Input", agi_scalar_name(dtype));
        return false;
    }
    return agi_reduce_infer(call, 0, dtype);
}

static bool mean_kernel(agi_call *call)
{
    ag_dtype dtype = call->results[0].dtype;
    double count = agi_count_for_each(call);
    return agi_reduce_call(call, dtype == AG_FLOAT32 ? &mean_f32 : &mean_f64, dtype, &count);
}

/* Divided while it is small, stretched afterwards; of nothing there is no share. */
static void mean_gradient(agi_gradient *b)
{
    double count = agi_reduced_count(b);
    GIVE(0, agi_expand_reduced(b, ag_mul_number(b->g, count == 0 ? 0 : 1 / count)));
}

static const char *mean_name(const agi_call *call)
{
    return call->arguments[1].given ? "MeanBackward1" : "MeanBackward0";
}

AG_OPERATION(mean, BOTH,
    "mean(Tensor self, Dims? dim=None, bool keepdim=false, *, dtype? dtype=None) -> Tensor",
    "The mean over the given dims, or over all.",
    .infer = mean_infer, .kernel = mean_kernel, .gradient = mean_gradient,
    .node_name = mean_name)

/* ---- What broadcasting undoes ----------------------------------------------- */

/* Where no history is wanted, in one step. Dims that are dropped and dims that stay with size 1 are
 * not walked together. */
static bool is_one_step(const ag_tensor *self, int dropped, int kept)
{
    return !self->context->grad_mode && ag_dtype_is_floating((ag_dtype)self->dtype) &&
           (dropped == 0 || kept == 0);
}

static ag_tensor *sum_in_one_step(ag_tensor *self, ag_integers size, const bool *reduced)
{
    ag_tensor *sum = agi_new(self->context, (ag_dtype)self->dtype, (int)size.count, size.items);
    bool done = sum != NULL && agi_reduce(sums[self->dtype], sum, NULL, self, reduced, NULL);
    return done ? sum : NULL; /* a failed one goes with the scope */
}

static bool sum_to_size_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_integers size = arguments[1].integers;
    if (agi_shape_is(self, (int)size.count, size.items)) {
        return agi_one_result(results, agi_again(self));
    }
    int64_t dims[AG_MAX_DIMS];
    bool stretched[AG_MAX_DIMS];
    int count = 0, more = self->ndim - (int)size.count;
    bool fits = more >= 0;
    for (int i = 0; i < self->ndim && fits; i++) {
        stretched[i] = i < more || (size.items[i - more] == 1 && self->shape[i] != 1);
        fits = stretched[i] || size.items[i - more] == self->shape[i];
        if (stretched[i]) {
            dims[count++] = i + 1;
        }
    }
    if (!fits) {
        char want[AGI_SHAPE_TEXT], have[AGI_SHAPE_TEXT];
        agi_fail(context, AG_ERROR_RUNTIME, "size {%s} is not expandable to size {%s}.",
                 agi_shape_text((int)size.count, size.items, want, sizeof want),
                 agi_shape_text(self->ndim, self->shape, have, sizeof have));
        return false;
    }
    if (is_one_step(self, more, count - more)) {
        return agi_one_result(results, sum_in_one_step(self, size, stretched));
    }
    ag_tensor *sum = count == 0 ? self
                                : ag_sum(self, (ag_integers){dims, count}, true, AG_DTYPE_NONE);
    return agi_one_result(results, more > 0 ? ag_reshape(sum, size) : sum);
}

AG_OPERATION(sum_to_size, METHOD, "sum_to_size(Tensor self, Sizes size) -> Tensor",
    "self summed over the dims that broadcasting from size to self's shape would stretch.",
    .body = sum_to_size_body)
