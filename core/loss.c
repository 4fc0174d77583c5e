#include "loss.h"

#include <stdio.h>
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "iterate.h"

enum { MAX_LOSS_OPERANDS = 4 };

bool agi_reduction_named(ag_context *context, const char *name, agi_reduction_kind *kind)
{
    static const char *const names[] = {
        [AGI_REDUCE_NONE] = "none", [AGI_REDUCE_MEAN] = "mean", [AGI_REDUCE_SUM] = "sum",
    };
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *kind = (agi_reduction_kind)i;
            return true;
        }
    }
    agi_fail(context, AG_ERROR_VALUE, "%s is not a valid value for reduction", name);
    return false;
}

/* The shape that all inputs broadcast to. */
static bool common_shape(agi_call *call, int *ndim, int64_t *shape)
{
    *ndim = 0;
    for (int i = 0; i < call->input_count; i++) {
        const ag_tensor *t = call->inputs[i];
        if (t != AG_NONE && !agi_broadcast(call->context, ndim, shape, t->ndim, t->shape)) {
            return false;
        }
    }
    return true;
}

bool agi_loss_infer(agi_call *call, ag_dtype dtype, agi_reduction_kind reduction)
{
    int ndim;
    int64_t shape[AG_MAX_DIMS];
    if (!common_shape(call, &ndim, shape)) {
        return false;
    }
    agi_set_result(call, 0, dtype, reduction == AGI_REDUCE_NONE ? ndim : 0, shape);
    return true;
}

/* A tensor of doubles over a single one, in the given shape. */
static ag_tensor over_one(ag_context *context, double *total, int ndim, int64_t *shape,
                          int64_t *strides)
{
    ag_tensor place = {.dtype = AG_FLOAT64, .ndim = (uint8_t)ndim, .data = (char *)total,
                       .shape = shape, .strides = strides, .context = context, .numel = 1};
    for (int i = 0; i < ndim; i++) {
        strides[i] = 0;
        place.numel *= shape[i];
    }
    return place;
}

static bool run(agi_call *call, ag_tensor **operands, int count, const agi_loop_set *loops,
                agi_reduction_kind reduction)
{
    ag_tensor *result = call->results[0].tensor;
    int ndim;
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    double total = 0, writes_each = reduction == AGI_REDUCE_NONE;
    common_shape(call, &ndim, shape);
    ag_tensor place = over_one(call->context, &total, ndim, shape, strides);
    operands[0] = writes_each ? result : &place;
    agi_iteration iteration;
    agi_iteration_begin(&iteration, operands, count + 1);
    if (!(writes_each ? agi_iterate : agi_iterate_sum)(
            &iteration, agi_loop_of(loops, call->context), &writes_each)) {
        return false;
    }
    if (!writes_each) {
        total = reduction == AGI_REDUCE_MEAN ? total / (double)place.numel : total;
        agi_store_element((ag_dtype)result->dtype, result->data,
                          (ag_number){.kind = AG_REAL, .real = total});
    }
    return true;
}

bool agi_loss_run(agi_call *call, ag_tensor *const *operands, int count, const agi_loop_set *loops,
                  agi_reduction_kind reduction)
{
    ag_dtype dtype = (ag_dtype)call->results[0].tensor->dtype;
    ag_tensor *ready[MAX_LOSS_OPERANDS + 1], *cast[MAX_LOSS_OPERANDS];
    int64_t number;
    ag_tensor one = {.dtype = (uint8_t)dtype, .contiguous = true, .numel = 1,
                     .data = (char *)&number, .context = call->context};
    agi_store_element(dtype, &number, (ag_number){.kind = AG_REAL, .real = 1});
    int cast_count = 0;
    bool done = true;
    for (int i = 0; i < count && done; i++) {
        ready[i + 1] = operands[i] == AG_NONE ? &one : operands[i];
        if ((ag_dtype)ready[i + 1]->dtype != dtype) {
            ready[i + 1] = cast[cast_count++] = agi_disown(agi_cast(operands[i], dtype));
            done = ready[i + 1] != NULL;
        }
    }
    done = done && run(call, ready, count, loops, reduction);
    for (int i = 0; i < cast_count; i++) {
        ag_release(cast[i]);
    }
    return done;
}

ag_tensor *agi_loss_share(ag_tensor *g, agi_reduction_kind reduction, int64_t count)
{
    return reduction == AGI_REDUCE_MEAN ? ag_mul_number(g, count == 0 ? 0 : 1 / (double)count) : g;
}

bool agi_refuse_gradient(ag_context *context, const char *function, const char *argument)
{
    agi_fail(context, AG_ERROR_RUNTIME, "The function '%s' is not differentiable with respect to "
             "argument '%s'. This input cannot have requires_grad True.", function, argument);
    return false;
}

void agi_warn_of_shapes(ag_context *context, const ag_tensor *input, const ag_tensor *target)
{
    if (agi_same_shape(input, target)) {
        return;
    }
    char text[2 * AGI_SHAPE_TEXT + 256], of_input[AGI_SHAPE_TEXT], of_target[AGI_SHAPE_TEXT];
    snprintf(text, sizeof text, "Using a target size (%s) that is different to the input size (%s). "
             "This will likely lead to incorrect results due to broadcasting. Please ensure they "
             "have the same size.",
             agi_shape_text(target->ndim, target->shape, of_target, sizeof of_target),
             agi_shape_text(input->ndim, input->shape, of_input, sizeof of_input));
    ag_warn(context, text);
}
