/* Tensors of one number. Those that are like another lie in memory as it does. */
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "factory.h"

static bool fill(agi_call *call, ag_number number)
{
    ag_tensor *tensor = call->results[0].tensor;
    ag_tensor *value = agi_check_fits(call->context, number, (ag_dtype)tensor->dtype)
        ? agi_number(call->context, number) : NULL;
    if (value == NULL) {
        return false;
    }
    bool done = agi_copy_numbers(tensor, value);
    agi_number_release(value);
    return done && agi_factory_end(call);
}

/* ---- empty, zeros, ones, full ------------------------------------------------- */

static bool empty_kernel(agi_call *call)
{
    return agi_factory_end(call);
}

static bool zeros_kernel(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    memset(tensor->data, 0, (size_t)tensor->numel * ag_dtype_size((ag_dtype)tensor->dtype));
    return agi_factory_end(call);
}

static bool zeros_infer(agi_call *call)
{
    ag_integers size = call->arguments[0].integers;
    for (int64_t i = 0; i < size.count; i++) {
        if (size.items[i] < 0) {
            agi_fail(call->context, AG_ERROR_RUNTIME,
                     "zeros: Dimension size must be non-negative.");
            return false;
        }
    }
    return agi_factory_float_infer(call);
}

static bool ones_kernel(agi_call *call)
{
    return fill(call, (ag_number){.kind = AG_INTEGER, .integer = 1});
}

AG_OPERATION(empty, FUNCTION,
    "empty(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "A tensor of unspecified numbers.", .infer = agi_factory_float_infer, .kernel = empty_kernel)
AG_OPERATION(zeros, FUNCTION,
    "zeros(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "A tensor of zeros.", .infer = zeros_infer, .kernel = zeros_kernel)
AG_OPERATION(ones, FUNCTION,
    "ones(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "A tensor of ones.", .infer = agi_factory_float_infer, .kernel = ones_kernel)
AG_OPERATION(empty_like, FUNCTION,
    "empty_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Unspecified numbers in self's shape and dtype.", .infer = agi_factory_like_infer,
    .kernel = empty_kernel)
AG_OPERATION(zeros_like, FUNCTION,
    "zeros_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Zeros in self's shape and dtype.", .infer = agi_factory_like_infer,
    .kernel = zeros_kernel)
AG_OPERATION(ones_like, FUNCTION,
    "ones_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Ones in self's shape and dtype.", .infer = agi_factory_like_infer,
    .kernel = ones_kernel)

/* Without a dtype: int64, bool or the default floating type, as the number is. */
static bool full_infer(agi_call *call)
{
    static const ag_dtype dtypes[] = {
        [AG_REAL] = AGI_DEFAULT_FLOAT, [AG_INTEGER] = AG_INT64, [AG_BOOLEAN] = AG_BOOL,
    };
    return agi_factory_infer(call, dtypes[call->arguments[1].number.kind]);
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
    "fill_value in self's shape and dtype.", .infer = agi_factory_like_infer,
    .kernel = full_kernel)
