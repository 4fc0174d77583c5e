/* Binary cross entropy of probabilities and of logits. */
#include <math.h>

#include "cast.h"
#include "dtype.h"
#include "elementary/activation.h"
#include "elementary/logarithm.h"
#include "loss.h"

static bool dtype_matches(agi_call *call, const ag_tensor *tensor, ag_dtype dtype)
{
    if ((ag_dtype)tensor->dtype != dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Found dtype %s but expected %s",
                 agi_scalar_name((ag_dtype)tensor->dtype), agi_scalar_name(dtype));
        return false;
    }
    return true;
}

static bool wants_gradient(agi_call *call, ag_tensor *tensor)
{
    return tensor != AG_NONE && call->context->grad_mode && ag_requires_grad(tensor);
}

/* Whether operand broadcasts to the shape of input 0. comes_first: in torch's sentence. */
static bool fits_in(agi_call *call, const ag_tensor *operand, bool comes_first)
{
    const ag_tensor *input = call->inputs[0];
    char own[AGI_SHAPE_TEXT], wanted[AGI_SHAPE_TEXT];
    int64_t shape[AG_MAX_DIMS];
    int ndim = 0;
    if (operand == AG_NONE) {
        return true;
    }
    const ag_tensor *first = comes_first ? operand : input, *second = comes_first ? input : operand;
    if (!agi_broadcast(call->context, &ndim, shape, first->ndim, first->shape) ||
        !agi_broadcast(call->context, &ndim, shape, second->ndim, second->shape)) {
        return false;
    }
    if (!agi_shape_is(input, ndim, shape)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "output with shape %s doesn't match the broadcast shape %s",
                 agi_shape_text(input->ndim, input->shape, own, sizeof own),
                 agi_shape_text(ndim, shape, wanted, sizeof wanted));
        return false;
    }
    return true;
}

static agi_reduction_kind kind_of(ag_context *context, const ag_value *reduction)
{
    agi_reduction_kind kind = AGI_REDUCE_MEAN; /* infer has checked the name */
    agi_reduction_named(context, reduction->string, &kind);
    return kind;
}

/* The gradient of each element's loss: g, weighted, and shared out over input's elements. */
static ag_tensor *share_of(agi_gradient *b, ag_tensor *input, int reduction)
{
    if (input == NULL) {
        return NULL;
    }
    ag_tensor *share = agi_loss_share(b->g, kind_of(b->context, &b->arguments[reduction]),
                                      input->numel);
    return b->arguments[2].given ? ag_mul(share, SAVED_INPUT(2)) : share;
}

/* ---- Of probabilities ------------------------------------------------------------ */

#define CLAMPED(LOG) ((LOG) < -100 ? -100 : (LOG))
LOSS_LOOPS(bce, 3,
           ((t - 1) * CLAMPED(agi_log1p_f32(-x)) - t * CLAMPED(agi_log_f32(x))) * w,
           ((t - 1) * CLAMPED(agi_log1p_f64(-x)) - t * CLAMPED(agi_log_f64(x))) * w)

static bool bce_infer(agi_call *call)
{
    ag_tensor *input = call->inputs[0], *target = call->inputs[1], *weight = call->inputs[2];
    ag_dtype dtype = (ag_dtype)input->dtype;
    agi_reduction_kind kind;
    if (!agi_reduction_named(call->context, call->arguments[3].string, &kind)) {
        return false;
    }
    if (wants_gradient(call, weight)) {
        return agi_refuse_gradient(call->context, "binary_cross_entropy", "weight");
    }
    if (!dtype_matches(call, target, dtype) || !fits_in(call, target, false)) {
        return false;
    }
    if (!ag_dtype_is_floating(dtype)) {
        return agi_refuse_dtype(call, "binary_cross_entropy", dtype);
    }
    if (!fits_in(call, weight, false)) {
        return false;
    }
    return agi_loss_infer(call, dtype, kind);
}

/* NaN counts as within. */
static bool within_unit(ag_tensor *tensor, const char *name)
{
    ag_tensor *line = agi_in_line(tensor);
    if (line == NULL) {
        return false;
    }
    const float *singles = (const float *)line->data;
    const double *doubles = (const double *)line->data;
    int outside = 0;
    for (int64_t i = 0; line->dtype == AG_FLOAT32 && i < line->numel; i++) {
        outside |= (singles[i] < 0) | (singles[i] > 1);
    }
    for (int64_t i = 0; line->dtype == AG_FLOAT64 && i < line->numel; i++) {
        outside |= (doubles[i] < 0) | (doubles[i] > 1);
    }
    if (outside) {
        agi_fail(line->context, AG_ERROR_RUNTIME, "all elements of %s should be between 0 and 1",
                 name);
    }
    ag_release(line);
    return !outside;
}

static bool bce_kernel(agi_call *call)
{
    return within_unit(call->inputs[0], "input") && within_unit(call->inputs[1], "target") &&
           agi_loss_run(call, call->inputs, 3, bce[call->results[0].dtype],
                        kind_of(call->context, &call->arguments[3]));
}

static ag_tensor *at_least(ag_tensor *tensor, double least)
{
    return ag_clamp_number(tensor, &least, NULL);
}

/* l = -t log x - (1 - t) log(1 - x): dx = (x - t) / (x (1 - x)), dt = log(1 - x) - log x. */
static void bce_gradient(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0), *share = share_of(b, x, 3);
    GIVE(0, ag_mul(share, ag_div(ag_sub(x, SAVED_INPUT(1)),
                                 at_least(ag_mul(ag_rsub_number(x, 1), x), 1e-12))));
    GIVE(1, ag_mul(share, ag_sub(at_least(ag_log1p(ag_neg(x)), -100), at_least(ag_log(x), -100))));
}

AG_OPERATION(binary_cross_entropy_node, INTERNAL,
    "binary_cross_entropy_node(Tensor input, Tensor target, Tensor? weight, str reduction) -> Tensor",
    "binary_cross_entropy of operands that fit.",
    .infer = bce_infer, .kernel = bce_kernel, .gradient = bce_gradient,
    .saves = {INPUT(0) | INPUT(1) | INPUT(2), INPUT(0) | INPUT(2)},
    .node = "BinaryCrossEntropyBackward0")

static bool bce_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *input = arguments[0].tensor, *target = arguments[1].tensor;
    ag_tensor *weight = arguments[2].given ? arguments[2].tensor : AG_NONE;
    if (!agi_same_shape(input, target)) {
        char have[AGI_SHAPE_TEXT], want[AGI_SHAPE_TEXT];
        agi_fail(context, AG_ERROR_VALUE, "Using a target size (%s) that is different to the input "
                 "size (%s) is deprecated. Please ensure they have the same size.",
                 agi_shape_text(target->ndim, target->shape, have, sizeof have),
                 agi_shape_text(input->ndim, input->shape, want, sizeof want));
        return false;
    }
    if (weight != AG_NONE) {
        int64_t shape[AG_MAX_DIMS];
        int ndim = 0;
        if (!agi_broadcast(context, &ndim, shape, target->ndim, target->shape) ||
            !agi_broadcast(context, &ndim, shape, weight->ndim, weight->shape)) {
            return false;
        }
        weight = ag_expand(weight, (ag_integers){shape, ndim});
    }
    return agi_one_result(results,
                          ag_binary_cross_entropy_node(input, target, weight, arguments[3].string));
}

AG_OPERATION(binary_cross_entropy, FUNCTION,
    "binary_cross_entropy(Tensor input, Tensor target, Tensor? weight=None, *, "
    "str reduction='mean') -> Tensor",
    "-weight * (target * log(input) + (1 - target) * log(1 - input)) of probabilities, each logarithm "
    "at least -100.", .body = bce_body)

/* ---- Of logits ---------------------------------------------------------------------- */

/* log(sigmoid(x)) = -softplus(-x). */
LOSS_LOOPS(logits, 4, ((1 - t) * x + (1 + (v - 1) * t) * agi_softplus_f32(-x)) * w,
           ((1 - t) * x + (1 + (v - 1) * t) * agi_softplus_f64(-x)) * w)

static bool logits_infer(agi_call *call)
{
    ag_tensor *input = call->inputs[0], *target = call->inputs[1];
    ag_tensor *weight = call->inputs[2], *pos_weight = call->inputs[3];
    agi_reduction_kind kind;
    if (!agi_reduction_named(call->context, call->arguments[3].string, &kind)) {
        return false;
    }
    if (wants_gradient(call, weight) || wants_gradient(call, pos_weight)) {
        return agi_refuse_gradient(call->context, "binary_cross_entropy_with_logits",
                                   wants_gradient(call, weight) ? "weight" : "pos_weight");
    }
    if (!agi_same_shape(input, target)) {
        char have[AGI_SHAPE_TEXT], want[AGI_SHAPE_TEXT];
        agi_fail(call->context, AG_ERROR_VALUE,
                 "Target size (%s) must be the same as input size (%s)",
                 agi_shape_text(target->ndim, target->shape, have, sizeof have),
                 agi_shape_text(input->ndim, input->shape, want, sizeof want));
        return false;
    }
    if (!ag_dtype_is_floating((ag_dtype)input->dtype)) {
        return agi_refuse_dtype(call, "log_sigmoid_cpu", (ag_dtype)input->dtype);
    }
    return fits_in(call, pos_weight, true) && fits_in(call, weight, false) &&
           agi_loss_infer(call, agi_result_type(call->inputs, 2), kind);
}

static bool logits_kernel(agi_call *call)
{
    return agi_loss_run(call, call->inputs, 4, logits[call->results[0].dtype],
                        kind_of(call->context, &call->arguments[3]));
}

/* dx = (v t + 1 - t) sigmoid(x) - v t, which without a weight v of the positive is sigmoid(x) - t. */
static ag_tensor *logits_slope(agi_gradient *b, ag_tensor *x)
{
    ag_tensor *t = SAVED_INPUT(1), *sigmoid = ag_sigmoid(x);
    if (!b->arguments[4].given) {
        return ag_sub(sigmoid, t);
    }
    ag_tensor *positive = ag_mul(SAVED_INPUT(3), t);
    return ag_sub(ag_mul(ag_sub(ag_add_number(positive, 1), t), sigmoid), positive);
}

/* dt = (v - 1) softplus(-x) - x. */
static ag_tensor *logits_target_slope(agi_gradient *b, ag_tensor *x)
{
    if (!b->arguments[4].given) {
        return ag_neg(x);
    }
    ag_tensor *more = ag_sub_number(SAVED_INPUT(3), 1);
    return ag_sub(ag_mul(more, ag_softplus(ag_neg(x), 1, INFINITY)), x);
}

static void logits_gradient(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0), *share = share_of(b, x, 3);
    GIVE(0, ag_mul(share, logits_slope(b, x)));
    GIVE(1, ag_mul(share, logits_target_slope(b, x)));
}

AG_OPERATION(binary_cross_entropy_with_logits, FUNCTION,
    "binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, *, "
    "str reduction='mean', Tensor? pos_weight=None) -> Tensor",
    "binary_cross_entropy of sigmoid(input), exact for large inputs; pos_weight multiplies the part of "
    "the positive class.",
    .infer = logits_infer, .kernel = logits_kernel, .gradient = logits_gradient,
    .saves = {INPUT(0) | INPUT(1) | INPUT(2) | INPUT(3), INPUT(0) | INPUT(2) | INPUT(3)},
    .node = "BinaryCrossEntropyWithLogitsBackward0")
