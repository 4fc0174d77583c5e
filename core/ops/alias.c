/* All of a tensor, as a view: x["..."]. */
#include "operation.h"

static bool alias_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    agi_set_view(call, 0, self->ndim, self->shape, self->strides, 0);
    return true;
}

static void alias_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
}

AG_OPERATION(alias, INTERNAL, "alias(Tensor self) -> Tensor", "A view of all of self.",
    .infer = alias_infer, .gradient = alias_gradient, .node = "AliasBackward0")
