/* Cross entropy of scores with classes or with probabilities. */
#include "dtype.h"
#include "loss.h"

/* ---- What torch records as a division by a number ---------------------------------- */

UNARY_LOOPS_FLOATING(div_scalar, x / (float)p[0], x / p[0])

static void div_scalar_gradient(agi_gradient *b)
{
    GIVE(0, ag_div_scalar(b->g, b->arguments[1].real));
}

AG_OPERATION(div_scalar, INTERNAL, "div_scalar(Tensor self, real divisor) -> Tensor",
    "self / divisor.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(div_scalar)},
    .gradient = div_scalar_gradient, .node = "DivBackward1")

/* ---- Its two forms -------------------------------------------------------------------- */

/* The arguments, read. */
typedef struct task {
    ag_tensor *input, *target, *weight;
    int64_t ignore, class_dim; /* the latter a position */
    const char *reduction;
    agi_reduction_kind kind;
    double smoothing;
    int64_t classes;
} task;

/* weight in the shape that broadcasts over the class dim. */
static ag_tensor *weight_along_classes(const task *t)
{
    int64_t shape[AG_MAX_DIMS];
    for (int i = 0; i < t->input->ndim; i++) {
        shape[i] = i + 1 == t->class_dim ? t->classes : 1;
    }
    return ag_reshape(t->weight, (ag_integers){shape, t->input->ndim});
}

static ag_tensor *sum_of_all(ag_tensor *tensor)
{
    return ag_sum(tensor, AG_NO_INTEGERS, false, AG_DTYPE_NONE);
}

static ag_tensor *sum_of_classes(const task *t, ag_tensor *tensor)
{
    return ag_sum(tensor, AG_INTEGERS(t->class_dim), false, AG_DTYPE_NONE);
}

/* logs: log_softmax of the input. */
static ag_tensor *with_probabilities(const task *t, ag_tensor *logs)
{
    ag_tensor *target = t->target;
    if (t->smoothing > 0) {
        target = ag_add_number(ag_mul_number(target, 1 - t->smoothing),
                               t->smoothing / (double)t->classes);
    }
    ag_tensor *terms = ag_mul(logs, target);
    if (t->weight != AG_NONE) {
        terms = ag_mul(terms, weight_along_classes(t));
    }
    if (t->kind == AGI_REDUCE_NONE) {
        return ag_neg(sum_of_classes(t, terms));
    }
    ag_tensor *loss = ag_neg(sum_of_all(terms));
    if (t->kind == AGI_REDUCE_SUM || t->input->numel == 0) {
        return t->kind == AGI_REDUCE_SUM ? loss : ag_div_scalar(loss, 0);
    }
    return ag_div_scalar(loss, (double)t->input->numel / (double)t->classes);
}

/* The share of a loss that smoothing gives to all classes alike. */
static ag_tensor *smooth_loss(const task *t, ag_tensor *logs)
{
    ag_tensor *terms = t->weight == AG_NONE ? logs : ag_mul(logs, weight_along_classes(t));
    ag_tensor *ignored = ag_eq_number(t->target, (double)t->ignore);
    ag_tensor *each = ag_masked_fill_number(ag_neg(sum_of_classes(t, terms)), ignored, 0);
    if (t->kind == AGI_REDUCE_NONE) {
        return each;
    }
    ag_tensor *sum = sum_of_all(each);
    if (t->kind == AGI_REDUCE_SUM) {
        return sum;
    }
    ag_tensor *counted = ag_logical_not(ignored);
    if (t->weight == AG_NONE) {
        return ag_div(sum, sum_of_all(counted));
    }
    ag_tensor *classes = ag_masked_select(t->target, counted);
    return ag_div(sum, sum_of_all(ag_index_select(t->weight, 1, classes)));
}

static ag_tensor *with_classes(const task *t, ag_tensor *logs)
{
    ag_tensor *loss = ag_nll_loss(logs, t->target, t->weight, t->ignore, t->reduction);
    if (t->smoothing == 0) {
        return loss;
    }
    return ag_add(ag_mul_number(loss, 1 - t->smoothing),
                  ag_mul_number(loss == NULL ? NULL : smooth_loss(t, logs),
                                t->smoothing / (double)t->classes));
}

/* ---- cross_entropy --------------------------------------------------------------------- */

static bool check_probabilities(ag_context *context, const task *t)
{
    char text[AGI_SHAPE_TEXT];
    const ag_tensor *weight = t->weight;
    if (!ag_dtype_is_floating((ag_dtype)t->target->dtype)) {
        agi_fail(context, AG_ERROR_RUNTIME, "Expected floating point type for target with class "
                 "probabilities, got %s", agi_scalar_name((ag_dtype)t->target->dtype));
        return false;
    }
    if (t->ignore >= 0) {
        agi_fail(context, AG_ERROR_RUNTIME,
                 "ignore_index is not supported for floating point target");
        return false;
    }
    if (weight != AG_NONE && (weight->ndim != 1 || weight->numel != t->classes)) {
        agi_fail(context, AG_ERROR_RUNTIME, "cross_entropy: weight tensor should be defined either "
                 "for all %lld classes or no classes but got weight tensor of shape: %s",
                 (long long)t->classes,
                 agi_shape_text(weight->ndim, weight->shape, text, sizeof text));
        return false;
    }
    return true;
}

static bool cross_entropy_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    task t = {
        .input = arguments[0].tensor, .target = arguments[1].tensor,
        .weight = arguments[2].given ? arguments[2].tensor : AG_NONE,
        .ignore = arguments[3].integer, .reduction = arguments[4].string,
        .smoothing = arguments[5].real,
    };
    bool has_probabilities = agi_same_shape(t.input, t.target);
    t.class_dim = t.input->ndim == 1 ? 1 : 2;
    t.classes = t.input->ndim == 0 ? 1 : t.input->shape[t.class_dim - 1];
    if (!agi_reduction_named(context, t.reduction, &t.kind)) {
        return false;
    }
    if (t.input->ndim == 0) {
        agi_fail(context, AG_ERROR_VALUE, "Expected 1 or more dimensions (got 0)");
        return false;
    }
    if (has_probabilities && !check_probabilities(context, &t)) {
        return false;
    }
    if (!(t.smoothing >= 0 && t.smoothing <= 1)) {
        agi_fail(context, AG_ERROR_RUNTIME,
                 "label_smoothing must be between 0.0 and 1.0. Got: %g", t.smoothing);
        return false;
    }
    ag_tensor *logs = ag_log_softmax(t.input, t.class_dim, AG_DTYPE_NONE);
    return agi_one_result(results, has_probabilities ? with_probabilities(&t, logs)
                                                     : with_classes(&t, logs));
}

AG_OPERATION(cross_entropy, FUNCTION,
    "cross_entropy(Tensor input, Tensor target, Tensor? weight=None, *, int ignore_index=-100, "
    "str reduction='mean', real label_smoothing=0.0) -> Tensor",
    "nll_loss of log_softmax(input) along the class dim (the second, or the only one), for a target of "
    "classes, which count from 1; or -sum(target * log_softmax(input)) for one of probabilities in "
    "input's shape. Smoothing takes its share of every target for all classes alike.",
    .body = cross_entropy_body)
