/* Dims of size 1, taken out and put in. */
#include "operation.h"

/* Input 0 without those of the marked dims that have size 1. */
static void set_squeezed(agi_call *call, const bool *marked)
{
    const ag_tensor *self = call->inputs[0];
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    int ndim = 0;
    for (int i = 0; i < self->ndim; i++) {
        if (!marked[i] || self->shape[i] != 1) {
            shape[ndim] = self->shape[i];
            strides[ndim++] = self->strides[i];
        }
    }
    agi_set_view(call, 0, ndim, shape, strides, 0);
}

static bool squeeze_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    bool marked[AG_MAX_DIMS] = {false}, all = !call->arguments[1].given;
    int dims[AG_MAX_DIMS];
    if (!all && !agi_wrap_dims(call->context, call->arguments[1].integers, self->ndim, dims)) {
        return false;
    }
    for (int i = 0; i < self->ndim; i++) {
        marked[i] = all;
    }
    for (int64_t i = 0; !all && i < call->arguments[1].integers.count; i++) {
        marked[dims[i]] = true;
    }
    set_squeezed(call, marked);
    return true;
}

static void squeeze_gradient(agi_gradient *b)
{
    GIVE(0, ag_reshape(b->g, agi_input_sizes(b, 0)));
}

static const char *squeeze_name(const agi_call *call)
{
    static const char *const names[2][3] = {
        {"SqueezeBackward0", "SqueezeBackward1", "SqueezeBackward2"},
        {"SqueezeBackward3", "SqueezeBackward4", "SqueezeBackward5"},
    };
    const ag_value *dim = &call->arguments[1];
    return names[call->in_place][!dim->given ? 0 : dim->is_list ? 2 : 1];
}

AG_OPERATION(squeeze, BOTH_AND_INPLACE, "squeeze(Tensor self, Dims? dim=None) -> Tensor",
    "self without its dims of size 1, or without those of the given dims that have it.",
    .infer = squeeze_infer, .gradient = squeeze_gradient, .node_name = squeeze_name)

static bool unsqueeze_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim + 1);
    if (dim < 0 || !agi_check_ndim(call->context, self->ndim + 1)) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    for (int i = 0; i <= self->ndim; i++) {
        int from = i > dim ? i - 1 : i;
        shape[i] = i == dim ? 1 : self->shape[from];
        strides[i] = i == dim ? (dim < self->ndim ? self->strides[dim] * self->shape[dim] : 1)
                              : self->strides[from];
    }
    agi_set_view(call, 0, self->ndim + 1, shape, strides, 0);
    return true;
}

static void unsqueeze_gradient(agi_gradient *b)
{
    GIVE(0, ag_reshape(b->g, agi_input_sizes(b, 0)));
}

AG_OPERATION(unsqueeze, BOTH_AND_INPLACE, "unsqueeze(Tensor self, Dim dim) -> Tensor",
    "self with a new dim of size 1 at dim.",
    .infer = unsqueeze_infer, .gradient = unsqueeze_gradient, .node = "UnsqueezeBackward0",
    .inplace_node = "UnsqueezeBackward1")
