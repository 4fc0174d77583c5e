/* Choosing between two, point by point. */
#include "cast.h"
#include "dtype.h"
#include "operation.h"

#define WHERE_LOOP(NAME, TYPE) TERNARY_LOOP(NAME, uint8_t, TYPE, TYPE, x ? y : z)

WHERE_LOOP(where_f32, float)
WHERE_LOOP(where_f64, double)
WHERE_LOOP(where_i64, int64_t)
WHERE_LOOP(where_i32, int32_t)
WHERE_LOOP(where_u8, uint8_t)

static bool where_infer(agi_call *call)
{
    ag_dtype condition = (ag_dtype)call->inputs[0]->dtype;
    call->compute = agi_result_type(call->inputs + 1, 2);
    for (int i = 1; i < 3; i++) {
        const ag_value *value = &call->arguments[i];
        if (!value->is_tensor && !agi_check_fits(call->context, value->number, call->compute)) {
            return false;
        }
    }
    if (condition != AG_BOOL && condition != AG_UINT8) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "where expected condition to be a boolean "
                 "tensor, but got a tensor with dtype %s", agi_scalar_name(condition));
        return false;
    }
    int ndim = 0;
    int64_t shape[AG_MAX_DIMS];
    for (int i = 0; i < 3; i++) {
        const ag_tensor *t = call->inputs[i];
        if (!agi_broadcast(call->context, &ndim, shape, t->ndim, t->shape)) {
            return false;
        }
    }
    agi_set_result(call, 0, call->compute, ndim, shape);
    return true;
}

static bool where_kernel(agi_call *call)
{
    const ag_dtype types[] = {(ag_dtype)call->inputs[0]->dtype, call->compute, call->compute};
    return agi_run_loop(call, call->operation->loops[call->compute], types, NULL);
}

static void where_gradient(agi_gradient *b)
{
    GIVE(1, ag_where_number(SAVED_INPUT(0), b->g, 0));
    GIVE(2, ag_where_number(ag_logical_not(SAVED_INPUT(0)), b->g, 0));
}

AG_OPERATION(where, BOTH,
    "where(Tensor condition, Operand self, Operand other) -> Tensor",
    "self where condition is true, other elsewhere, broadcast.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(where), [AG_BOOL] = &where_u8},
    .infer = where_infer, .kernel = where_kernel, .gradient = where_gradient,
    .saves = {0, INPUT(0), INPUT(0)}, .node = "WhereBackward0")
