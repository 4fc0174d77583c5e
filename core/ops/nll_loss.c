/* The negative logarithm of the likelihood of given classes, which count from 1. */
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "loss.h"

/* Input is (n, classes, places…) or (classes), target (n, places…) or one class. */
typedef struct layout {
    int64_t n, classes, places;
} layout;

static layout layout_of(int ndim, const int64_t *shape)
{
    layout l = {ndim == 1 ? 1 : shape[0], shape[ndim == 1 ? 0 : 1], 1};
    for (int i = 2; i < ndim; i++) {
        l.places *= shape[i];
    }
    return l;
}

/* The classes as int64 in line; to be released. */
static ag_tensor *classes_of(ag_tensor *target)
{
    ag_tensor *line = agi_in_line(target);
    if (line == NULL || line->dtype == AG_INT64) {
        return line;
    }
    ag_tensor *cast = agi_disown(agi_cast(line, AG_INT64));
    ag_release(line);
    return cast;
}

static bool out_of_bounds(ag_context *context, int64_t target)
{
    agi_fail(context, AG_ERROR_INDEX, target == 0 ? "Target %lld is out of bounds: classes count from 1."
                                                  : "Target %lld is out of bounds.", (long long)target);
    return false;
}

/* ---- Loops ------------------------------------------------------------------------ */

/* What both directions know of a call; weight NULL: ones. */
typedef struct task {
    ag_context *context;
    layout shape;
    const int64_t *targets;
    int64_t ignore;
    agi_reduction_kind reduction;
} task;

#define NLL_LOOPS(NAME, TYPE)                                                                   \
    /* The sum of the weights that count; false where a class is out of bounds. */              \
    static bool NAME##_weigh(const task *t, const TYPE *weight, double *sum)                    \
    {                                                                                           \
        *sum = 0;                                                                               \
        for (int64_t i = 0; i < t->shape.n * t->shape.places; i++) {                            \
            int64_t k = t->targets[i];                                                          \
            if (k == t->ignore) {                                                               \
                continue;                                                                       \
            }                                                                                   \
            if (k < 1 || k > t->shape.classes) {                                                \
                return out_of_bounds(t->context, k);                                            \
            }                                                                                   \
            *sum += weight == NULL ? 1 : weight[k - 1];                                         \
        }                                                                                       \
        return true;                                                                            \
    }                                                                                           \
    static bool NAME##_forward(const task *t, const TYPE *x, const TYPE *weight, TYPE *out)     \
    {                                                                                           \
        layout l = t->shape;                                                                    \
        double total = 0, weights;                                                              \
        if (!NAME##_weigh(t, weight, &weights)) {                                               \
            return false;                                                                       \
        }                                                                                       \
        for (int64_t i = 0; i < l.n; i++) {                                                     \
            for (int64_t j = 0; j < l.places; j++) {                                            \
                int64_t k = t->targets[i * l.places + j];                                       \
                TYPE loss = k == t->ignore ? 0 : -x[(i * l.classes + k - 1) * l.places + j];    \
                if (weight != NULL && k != t->ignore) {                                         \
                    loss *= weight[k - 1];                                                      \
                }                                                                               \
                if (t->reduction == AGI_REDUCE_NONE) {                                          \
                    out[i * l.places + j] = loss;                                               \
                }                                                                               \
                total += loss;                                                                  \
            }                                                                                   \
        }                                                                                       \
        if (t->reduction != AGI_REDUCE_NONE) {                                                  \
            out[0] = (TYPE)(t->reduction == AGI_REDUCE_MEAN ? total / weights : total);         \
        }                                                                                       \
        return true;                                                                            \
    }                                                                                           \
    /* out, of x's shape, is zero. */                                                           \
    static bool NAME##_backward(const task *t, const TYPE *g, const TYPE *weight, TYPE *out)    \
    {                                                                                           \
        layout l = t->shape;                                                                    \
        double weights;                                                                         \
        if (!NAME##_weigh(t, weight, &weights)) {                                               \
            return false;                                                                       \
        }                                                                                       \
        const TYPE share = (TYPE)(t->reduction == AGI_REDUCE_MEAN ? weights : 1);               \
        for (int64_t i = 0; i < l.n; i++) {                                                     \
            for (int64_t j = 0; j < l.places; j++) {                                            \
                int64_t k = t->targets[i * l.places + j];                                       \
                if (k != t->ignore) {                                                           \
                    TYPE own = g[t->reduction == AGI_REDUCE_NONE ? i * l.places + j : 0];       \
                    TYPE w = weight == NULL ? 1 : weight[k - 1];                                \
                    out[(i * l.classes + k - 1) * l.places + j] = -w * own / share;             \
                }                                                                               \
            }                                                                                   \
        }                                                                                       \
        return true;                                                                            \
    }
NLL_LOOPS(nll_f32, float)
NLL_LOOPS(nll_f64, double)

/* ---- Kernels ----------------------------------------------------------------------- */

/* from is the input of forward or the gradient of backward; weight may be AG_NONE. */
static bool run(agi_call *call, task *t, ag_tensor *from, bool is_backward)
{
    ag_tensor *result = call->results[0].tensor;
    ag_tensor *weight = call->inputs[2] == AG_NONE ? NULL : agi_in_line(call->inputs[2]);
    ag_tensor *targets = classes_of(call->inputs[1]), *numbers = agi_in_line(from);
    bool done = targets != NULL && numbers != NULL &&
                (weight != NULL || call->inputs[2] == AG_NONE);
    if (done) {
        void *data = numbers->data, *out = result->data;
        void *weights = weight == NULL ? NULL : weight->data;
        t->context = call->context;
        t->targets = (const int64_t *)targets->data;
        if (result->dtype == AG_FLOAT32) {
            done = (is_backward ? nll_f32_backward : nll_f32_forward)(t, data, weights, out);
        } else {
            done = (is_backward ? nll_f64_backward : nll_f64_forward)(t, data, weights, out);
        }
    }
    ag_release(weight);
    ag_release(targets);
    ag_release(numbers);
    return done;
}

static bool nll_kernel(agi_call *call)
{
    ag_tensor *input = call->inputs[0];
    task t = {.shape = layout_of(input->ndim, input->shape), .ignore = call->arguments[3].integer};
    agi_reduction_named(call->context, call->arguments[4].string, &t.reduction);
    return run(call, &t, input, false);
}

static bool nll_back_kernel(agi_call *call)
{
    ag_tensor *result = call->results[0].tensor;
    task t = {.shape = layout_of(result->ndim, result->shape), .ignore = call->arguments[4].integer};
    agi_reduction_named(call->context, call->arguments[5].string, &t.reduction);
    memset(result->data, 0, (size_t)result->numel * agi_size_of(result->dtype));
    return run(call, &t, call->inputs[0], true);
}

/* ---- One node --------------------------------------------------------------------- */

static bool weight_fits(agi_call *call, const ag_tensor *input, ag_tensor *weight)
{
    int64_t classes = layout_of(input->ndim, input->shape).classes;
    char text[AGI_SHAPE_TEXT];
    if (call->context->grad_mode && ag_requires_grad(weight)) {
        return agi_refuse_gradient(call->context,
                                   input->ndim <= 2 ? "nll_loss_forward" : "nll_loss2d_forward",
                                   "weight");
    }
    if (weight->ndim != 1 || weight->numel != classes) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "weight tensor should be defined either for all "
                 "%lld classes or no classes but got weight tensor of shape: %s",
                 (long long)classes,
                 agi_shape_text(weight->ndim, weight->shape, text, sizeof text));
        return false;
    }
    if (weight->dtype != input->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "expected scalar type %s but found %s",
                 agi_scalar_name((ag_dtype)input->dtype),
                 agi_scalar_name((ag_dtype)weight->dtype));
        return false;
    }
    return true;
}

/* One class for each place. */
static bool target_fits(agi_call *call, const ag_tensor *target, layout l)
{
    if (target->dtype != AG_INT64 && target->dtype != AG_UINT8) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "expected target dtype to be Long or Byte, but got %s",
                 agi_scalar_name((ag_dtype)target->dtype));
        return false;
    }
    if (target->numel != l.n * l.places) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s(): %lld targets are expected, but got %lld",
                 call->operation->info.name, (long long)(l.n * l.places),
                 (long long)target->numel);
        return false;
    }
    return true;
}

static bool nll_infer(agi_call *call)
{
    const ag_tensor *input = call->inputs[0], *target = call->inputs[1];
    agi_reduction_kind reduction;
    if (!agi_reduction_named(call->context, call->arguments[4].string, &reduction)) {
        return false;
    }
    if (input->ndim == 0) {
        agi_fail(call->context, AG_ERROR_VALUE, "Expected 1 or more dimensions (got 0)");
        return false;
    }
    if (!target_fits(call, target, layout_of(input->ndim, input->shape))) {
        return false;
    }
    if (call->inputs[2] != AG_NONE && !weight_fits(call, input, call->inputs[2])) {
        return false;
    }
    if (!ag_dtype_is_floating((ag_dtype)input->dtype)) {
        return agi_refuse_dtype(call, "nll_loss_out_frame", (ag_dtype)input->dtype);
    }
    bool single = reduction != AGI_REDUCE_NONE || input->ndim == 1;
    agi_set_result(call, 0, (ag_dtype)input->dtype, single ? 0 : target->ndim, target->shape);
    return true;
}

static void nll_gradient(agi_gradient *b)
{
    ag_tensor *weight = b->arguments[2].given ? SAVED_INPUT(2) : AG_NONE;
    GIVE(0, ag_nll_loss_back(b->g, SAVED_INPUT(1), weight, agi_input_sizes(b, 0),
                             b->arguments[3].integer, b->arguments[4].string));
}

static const char *nll_name(const agi_call *call)
{
    return call->inputs[0]->ndim <= 2 ? "NllLossBackward0" : "NllLoss2DBackward0";
}

AG_OPERATION(nll_loss_node, INTERNAL,
    "nll_loss_node(Tensor input, Tensor target, Tensor? weight, int ignore_index, str reduction) -> Tensor",
    "nll_loss of an input of 1 or 2 dims, or of more with the class in the second.",
    .infer = nll_infer, .kernel = nll_kernel, .gradient = nll_gradient,
    .saves = {INPUT(1) | INPUT(2)}, .node_name = nll_name)

static bool nll_back_infer(agi_call *call)
{
    const ag_tensor *g = call->inputs[0], *target = call->inputs[1], *weight = call->inputs[2];
    ag_integers size = call->arguments[3].integers;
    agi_reduction_kind reduction;
    int64_t numel;
    if (!agi_reduction_named(call->context, call->arguments[5].string, &reduction) ||
        !agi_check_ndim(call->context, size.count)) {
        return false;
    }
    if (size.count < 1 || !ag_dtype_is_floating((ag_dtype)g->dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "nll_loss_back(): a floating gradient and at least one size are expected");
        return false;
    }
    if (!agi_count_elements(call->context, (ag_dtype)g->dtype, (int)size.count, size.items,
                            &numel)) {
        return false;
    }
    layout l = layout_of((int)size.count, size.items);
    if (!target_fits(call, target, l)) {
        return false;
    }
    if (g->numel != (reduction == AGI_REDUCE_NONE ? target->numel : 1) ||
        (weight != AG_NONE && (weight->dtype != g->dtype || weight->numel != l.classes))) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "nll_loss_back(): a gradient and a weight that fit the loss are expected");
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)g->dtype, (int)size.count, size.items);
    return true;
}

/* Linear in g, as the loss is in its input. */
static void nll_back_gradient(agi_gradient *b)
{
    ag_tensor *weight = b->arguments[2].given ? SAVED_INPUT(2) : AG_NONE;
    GIVE(0, ag_nll_loss_node(b->g, SAVED_INPUT(1), weight, b->arguments[4].integer,
                             b->arguments[5].string));
}

AG_OPERATION(nll_loss_back, INTERNAL,
    "nll_loss_back(Tensor g, Tensor target, Tensor? weight, Sizes size, int ignore_index, "
    "str reduction) -> Tensor",
    "The gradient of nll_loss_node for an input of that size.",
    .infer = nll_back_infer, .kernel = nll_back_kernel, .gradient = nll_back_gradient,
    .saves = {INPUT(1) | INPUT(2)}, .node = "NllLossBackwardBackward0")

/* ---- nll_loss ------------------------------------------------------------------------ */

static bool batches_match(ag_context *context, const ag_tensor *input, const ag_tensor *target)
{
    if (input->ndim == 0) {
        agi_fail(context, AG_ERROR_VALUE, "Expected 1 or more dimensions (got 0)");
        return false;
    }
    int64_t batch = target->ndim == 0 ? 0 : target->shape[0];
    if (input->ndim > 1 && (target->ndim == 0 || input->shape[0] != batch)) {
        agi_fail(context, AG_ERROR_VALUE, "Expected input batch_size (%lld) to match target "
                 "batch_size (%lld).", (long long)input->shape[0], (long long)batch);
        return false;
    }
    if (input->ndim <= 2 && target->ndim > 1) {
        agi_fail(context, AG_ERROR_RUNTIME,
                 "0D or 1D target tensor expected, multi-target not supported");
        return false;
    }
    if (input->ndim == 1 && target->numel != 1) {
        agi_fail(context, AG_ERROR_VALUE, "For 1D input, 1D target must have size 1, but got "
                 "target size: %lld", (long long)target->numel);
        return false;
    }
    return true;
}

/* Of an input of more than two dims; size is what the target's must be. */
static bool places_match(ag_context *context, const ag_tensor *input, const ag_tensor *target,
                         ag_integers size)
{
    if (agi_shape_is(target, (int)size.count, size.items)) {
        return true;
    }
    char of_input[AGI_SHAPE_TEXT], of_target[AGI_SHAPE_TEXT], wanted[AGI_SHAPE_TEXT];
    agi_shape_text(input->ndim, input->shape, of_input, sizeof of_input);
    agi_shape_text(target->ndim, target->shape, of_target, sizeof of_target);
    agi_shape_text((int)size.count, size.items, wanted, sizeof wanted);
    if (input->ndim != 4) {
        agi_fail(context, AG_ERROR_RUNTIME, "Expected target size %s, got %s", wanted, of_target);
    } else if (target->ndim != 3) {
        agi_fail(context, AG_ERROR_RUNTIME, "only batches of spatial targets supported (3D "
                 "tensors) but got targets of dimension: %d", target->ndim);
    } else {
        agi_fail(context, AG_ERROR_RUNTIME, "size mismatch (got input: %s , target: %s", of_input,
                 of_target);
    }
    return false;
}

static bool nll_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *input = arguments[0].tensor, *target = arguments[1].tensor;
    ag_tensor *weight = arguments[2].given ? arguments[2].tensor : AG_NONE;
    int64_t ignore = arguments[3].integer, size[AG_MAX_DIMS];
    const char *reduction = arguments[4].string;
    if (!batches_match(context, input, target)) {
        return false;
    }
    if (input->ndim <= 2) {
        return agi_one_result(results, ag_nll_loss_node(input, target, weight, ignore, reduction));
    }
    size[0] = input->shape[0];
    memcpy(size + 1, input->shape + 2, (size_t)(input->ndim - 2) * sizeof *size);
    ag_integers sizes = {size, input->ndim - 1};
    if (!places_match(context, input, target, sizes)) {
        return false;
    }
    if (input->ndim == 4) {
        return agi_one_result(results, ag_nll_loss_node(input, target, weight, ignore, reduction));
    }
    int64_t places = layout_of(input->ndim, input->shape).places;
    ag_tensor *loss = ag_nll_loss_node(
        ag_reshape(input, AG_INTEGERS(input->shape[0], input->shape[1], 1, places)),
        ag_reshape(target, AG_INTEGERS(input->shape[0], 1, places)), weight, ignore, reduction);
    return agi_one_result(results, loss != NULL && loss->ndim > 0 ? ag_view(loss, sizes) : loss);
}

AG_OPERATION(nll_loss, FUNCTION,
    "nll_loss(Tensor input, Tensor target, Tensor? weight=None, *, int ignore_index=-100, "
    "str reduction='mean') -> Tensor",
    "-weight[target] * input[target] along the class dim of logarithms of probabilities. The mean is "
    "over the weights; targets equal to ignore_index count for nothing. Classes count from 1.",
    .body = nll_body)
