/* Tensors from nothing but a shape. Each ends with the parameters dtype and requires_grad. */
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "operation.h"

/* ---- Shared by all factories ------------------------------------------------ */

/* Shape from sizes, or from the tensor that it is like; dtype as given, or fallback. */
static bool factory_infer(agi_call *call, ag_dtype fallback)
{
    int count = call->operation->info.parameter_count;
    ag_dtype dtype = call->arguments[count - 2].given ? call->arguments[count - 2].dtype : fallback;
    if (call->input_count == 1) {
        agi_set_result(call, 0, dtype, call->inputs[0]->ndim, call->inputs[0]->shape);
        return true;
    }
    ag_integers size = call->arguments[0].integers;
    if (size.count > AG_MAX_DIMS) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "a tensor has at most %d dims, but got %lld",
                 AG_MAX_DIMS, (long long)size.count);
        return false;
    }
    agi_set_result(call, 0, dtype, (int)size.count, size.items);
    return true;
}

/* The last argument: makes the new leaf require grad. */
static bool factory_end(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    int count = call->operation->info.parameter_count;
    if (!call->arguments[count - 1].boolean) {
        return true;
    }
    if (!ag_dtype_is_floating((ag_dtype)tensor->dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "Only Tensors of floating point and complex dtype can require gradients");
        return false;
    }
    tensor->requires_grad = true;
    return true;
}

static bool float_infer(agi_call *call)
{
    return factory_infer(call, AGI_DEFAULT_FLOAT);
}

static bool like_infer(agi_call *call)
{
    return factory_infer(call, (ag_dtype)call->inputs[0]->dtype);
}

static bool fill(agi_call *call, ag_number number)
{
    ag_tensor *value = agi_number(call->context, number);
    if (value == NULL) {
        return false;
    }
    bool done = agi_copy_numbers(call->results[0].tensor, value);
    ag_release(value);
    return done && factory_end(call);
}

/* ---- empty, zeros, ones, full ------------------------------------------------- */

static bool empty_kernel(agi_call *call)
{
    return factory_end(call);
}

static bool zeros_kernel(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    memset(tensor->data, 0, (size_t)tensor->numel * ag_dtype_size((ag_dtype)tensor->dtype));
    return factory_end(call);
}

static bool ones_kernel(agi_call *call)
{
    return fill(call, (ag_number){.kind = AG_INTEGER, .integer = 1});
}

AG_OPERATION(empty, FUNCTION,
    "empty(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "A tensor of unspecified numbers.", .infer = float_infer, .kernel = empty_kernel)
AG_OPERATION(zeros, FUNCTION,
    "zeros(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "A tensor of zeros.", .infer = float_infer, .kernel = zeros_kernel)
AG_OPERATION(ones, FUNCTION,
    "ones(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "A tensor of ones.", .infer = float_infer, .kernel = ones_kernel)
AG_OPERATION(empty_like, FUNCTION,
    "empty_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Unspecified numbers in self's shape and dtype.", .infer = like_infer,
    .kernel = empty_kernel)
AG_OPERATION(zeros_like, FUNCTION,
    "zeros_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Zeros in self's shape and dtype.", .infer = like_infer, .kernel = zeros_kernel)
AG_OPERATION(ones_like, FUNCTION,
    "ones_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Ones in self's shape and dtype.", .infer = like_infer, .kernel = ones_kernel)

/* Without a dtype: int64, bool or the default floating type, as the number is. */
static bool full_infer(agi_call *call)
{
    static const ag_dtype dtypes[] = {
        [AG_REAL] = AGI_DEFAULT_FLOAT, [AG_INTEGER] = AG_INT64, [AG_BOOLEAN] = AG_BOOL,
    };
    return factory_infer(call, dtypes[call->arguments[1].number.kind]);
}

static bool full_kernel(agi_call *call)
{
    return fill(call, call->arguments[1].number);
}

AG_OPERATION(full, FUNCTION,
    "full(Sizes size, Number fill_value, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "A tensor of fill_value, whose kind gives the dtype.", .infer = full_infer,
    .kernel = full_kernel)
AG_OPERATION(full_like, FUNCTION,
    "full_like(Tensor self, Number fill_value, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "fill_value in self's shape and dtype.", .infer = like_infer, .kernel = full_kernel)
