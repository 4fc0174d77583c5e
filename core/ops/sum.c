/* Sum and mean. */
#include "dtype.h"
#include "operation.h"
#include "reduce.h"

/* Integers and booleans add up in int64. */
static bool sum_infer(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    if (call->arguments[3].given) {
        dtype = call->arguments[3].dtype;
    } else if (!ag_dtype_is_floating(dtype)) {
        dtype = AG_INT64;
    }
    return agi_reduce_infer(call, dtype);
}

static bool sum_kernel(agi_call *call)
{
    return agi_reduce_sum(call, 1);
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
    .infer = sum_infer, .kernel = sum_kernel, .gradient = sum_gradient, .node_name = sum_name)

static bool mean_infer(agi_call *call)
{
    ag_dtype dtype = call->arguments[3].given ? call->arguments[3].dtype
                                              : (ag_dtype)call->inputs[0]->dtype;
    if (!ag_dtype_is_floating(dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "mean(): could not infer output dtype. Input "
                 "dtype must be either a floating point or complex dtype. Got: %s",
                 agi_scalar_name(dtype));
        return false;
    }
    return agi_reduce_infer(call, dtype);
}

static bool mean_kernel(agi_call *call)
{
    const ag_tensor *self = call->inputs[0], *mean = call->results[0].tensor;
    double count = mean->numel == 0 ? 0 : (double)self->numel / (double)mean->numel;
    return agi_reduce_sum(call, count);
}

static ag_tensor *mean_back(agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    double count = 1, of = b->g->numel == 0 ? 1 : (double)b->g->numel;
    for (int i = 0; i < self->ndim; i++) {
        count *= (double)self->shape[i];
    }
    return ag_mul_number(agi_expand_reduced(b, b->g), of / count);
}

static void mean_gradient(agi_gradient *b)
{
    GIVE(0, mean_back(b));
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

static bool sum_to_size_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_integers size = arguments[1].integers;
    if (agi_shape_is(self, (int)size.count, size.items)) {
        return agi_one_result(results, agi_again(self));
    }
    int64_t dims[AG_MAX_DIMS];
    int count = 0, more = self->ndim - (int)size.count;
    for (int i = 0; i < self->ndim; i++) {
        if (i < more || (size.items[i - more] == 1 && self->shape[i] != 1)) {
            dims[count++] = i + 1;
        }
    }
    ag_tensor *sum = count == 0 ? self : ag_sum(self, (ag_integers){dims, count}, true, AG_DTYPE_NONE);
    return agi_one_result(results, more > 0 ? ag_reshape(sum, size) : sum);
}

AG_OPERATION(sum_to_size, METHOD, "sum_to_size(Tensor self, Sizes size) -> Tensor",
    "self summed over the dims that broadcasting from size to self's shape would stretch.",
    .body = sum_to_size_body)
