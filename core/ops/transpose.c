/* Dims in another order. */
#include "operation.h"

static bool t_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (self->ndim > 2) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "t() expects a tensor with <= 2 dimensions, but self is %dD", self->ndim);
        return false;
    }
    int last = self->ndim - 1;
    int64_t shape[2] = {0}, strides[2] = {0};
    for (int i = 0; i <= last; i++) {
        shape[i] = self->shape[last - i];
        strides[i] = self->strides[last - i];
    }
    agi_set_view(call, 0, self->ndim, shape, strides, 0);
    return true;
}

static void t_gradient(agi_gradient *b)
{
    GIVE(0, ag_t(b->g));
}

AG_OPERATION(t, BOTH_AND_INPLACE, "t(Tensor self) -> Tensor",
    "A matrix with its dims exchanged; fewer dims as they are.",
    .infer = t_infer, .gradient = t_gradient, .node = "TBackward0", .inplace_node = "TBackward1")
