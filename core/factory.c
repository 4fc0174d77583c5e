#include "factory.h"

#include "dtype.h"

static ag_dtype dtype_of_result(const agi_call *call, ag_dtype fallback)
{
    const ag_value *dtype = &call->arguments[call->operation->info.parameter_count - 2];
    return dtype->given ? dtype->dtype : fallback;
}

void agi_factory_result(agi_call *call, ag_dtype fallback, int ndim, const int64_t *shape)
{
    agi_set_result(call, 0, dtype_of_result(call, fallback), ndim, shape);
}

bool agi_factory_infer(agi_call *call, ag_dtype fallback)
{
    if (call->input_count == 1) {
        agi_set_result_like(call, 0, dtype_of_result(call, fallback), call->inputs[0]);
        return true;
    }
    int at = 0;
    while (call->operation->info.parameters[at].type != AG_TYPE_SIZES) {
        at++;
    }
    ag_integers size = call->arguments[at].integers;
    if (!agi_check_ndim(call->context, size.count)) {
        return false;
    }
    agi_factory_result(call, fallback, (int)size.count, size.items);
    return true;
}

bool agi_factory_end(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    if (!call->arguments[call->operation->info.parameter_count - 1].boolean) {
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

bool agi_factory_float_infer(agi_call *call)
{
    return agi_factory_infer(call, AGI_DEFAULT_FLOAT);
}

bool agi_factory_like_infer(agi_call *call)
{
    return agi_factory_infer(call, (ag_dtype)call->inputs[0]->dtype);
}
