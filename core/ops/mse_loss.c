/* Squared and absolute distance. */
#include "dtype.h"
#include "loss.h"

/* ---- mse_loss ----------------------------------------------------------------- */

LOSS_LOOPS(mse, 2, (x - t) * (x - t), (x - t) * (x - t))

static bool mse_infer(agi_call *call)
{
    agi_reduction_kind reduction;
    ag_dtype dtype = agi_result_type(call->inputs, 2);
    if (!agi_reduction_named(call->context, call->arguments[2].string, &reduction)) {
        return false;
    }
    agi_warn_of_shapes(call->context, call->inputs[0], call->inputs[1]);
    if (!agi_loss_infer(call, dtype, reduction)) {
        return false;
    }
    return ag_dtype_is_floating(dtype) || agi_refuse_dtype(call, "mse_cpu", dtype);
}

static bool mse_kernel(agi_call *call)
{
    agi_reduction_kind reduction;
    agi_reduction_named(call->context, call->arguments[2].string, &reduction);
    return agi_loss_run(call, call->inputs, 2, mse[call->results[0].dtype], reduction);
}

/* l = (x - t)^2: dx = 2 (x - t), dt = -dx. */
static void mse_gradient(agi_gradient *b)
{
    agi_reduction_kind reduction;
    agi_reduction_named(b->context, b->arguments[2].string, &reduction);
    ag_tensor *difference = ag_sub(SAVED_INPUT(0), SAVED_INPUT(1));
    if (difference == NULL) {
        b->failed = true;
        return;
    }
    double share = reduction == AGI_REDUCE_MEAN && difference->numel > 0 ? (double)difference->numel
                                                                         : 1;
    GIVE(0, ag_mul_scaled(difference, b->g, 2 / share));
    GIVE(1, ag_mul_scaled(difference, b->g, -2 / share));
}

AG_OPERATION(mse_loss, FUNCTION,
    "mse_loss(Tensor input, Tensor target, *, str reduction='mean') -> Tensor",
    "(input - target) ^ 2, broadcast: its mean, its sum, or by reduction \"none\" each.",
    .infer = mse_infer, .kernel = mse_kernel, .gradient = mse_gradient,
    .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)}, .node = "MseLossBackward0")

/* ---- l1_loss ------------------------------------------------------------------- */

static bool l1_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *input = arguments[0].tensor, *target = arguments[1].tensor;
    agi_reduction_kind reduction;
    if (!agi_reduction_named(context, arguments[2].string, &reduction)) {
        return false;
    }
    agi_warn_of_shapes(context, input, target);
    ag_tensor *loss = ag_abs(ag_sub(input, target));
    if (reduction == AGI_REDUCE_MEAN) {
        loss = ag_mean(loss, AG_NO_INTEGERS, false, AG_DTYPE_NONE);
    } else if (reduction == AGI_REDUCE_SUM) {
        loss = ag_sum(loss, AG_NO_INTEGERS, false, AG_DTYPE_NONE);
    }
    return agi_one_result(results, loss);
}

AG_OPERATION(l1_loss, FUNCTION,
    "l1_loss(Tensor input, Tensor target, *, str reduction='mean') -> Tensor",
    "|input - target|, broadcast: its mean, its sum, or by reduction \"none\" each.",
    .body = l1_body)
