/* Writing one number everywhere. */
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "operation.h"

/* What is written at once, without a look at the interrupt flag. */
enum { STRETCH = 1 << 18 };

static bool self_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

static bool fill_infer(agi_call *call)
{
    if (call->inputs[1]->ndim != 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "fill_ only supports 0-dimension value tensor "
                 "but got tensor with %d dimensions.", call->inputs[1]->ndim);
        return false;
    }
    const ag_value *value = &call->arguments[1];
    return (value->is_tensor || agi_check_fits(call->context, value->number,
                                               (ag_dtype)call->inputs[0]->dtype)) &&
           self_infer(call);
}

static bool fill_kernel(agi_call *call)
{
    return agi_copy_numbers(call->results[0].tensor, call->inputs[1]);
}

static void fill_gradient(agi_gradient *b)
{
    GIVE(0, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
    GIVE(1, b->g); /* summed to no dims */
}

static const char *fill_name(const agi_call *call)
{
    return call->arguments[1].is_tensor ? "FillBackward3" : "FillBackward2";
}

AG_OPERATION(fill_, BOTH, "fill_(Tensor self, Operand value) -> Tensor",
    "Writes value to every element.",
    .infer = fill_infer, .kernel = fill_kernel, .writes_alone = true, .gradient = fill_gradient,
    .node_name = fill_name)

/* All types write 0 as bytes of 0. */
static bool zero_kernel(agi_call *call)
{
    ag_tensor *self = call->results[0].tensor;
    if (self->contiguous && self->numel <= STRETCH) {
        memset(self->data, 0, (size_t)self->numel * agi_size_of(self->dtype));
        return true;
    }
    ag_tensor *zero = agi_number(call->context, (ag_number){.kind = AG_INTEGER, .integer = 0});
    bool done = zero != NULL && agi_copy_numbers(call->results[0].tensor, zero);
    agi_number_release(zero);
    return done;
}

static void zero_gradient(agi_gradient *b)
{
    GIVE(0, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
}

AG_OPERATION(zero_, BOTH, "zero_(Tensor self) -> Tensor", "Writes 0 to every element.",
    .infer = self_infer, .kernel = zero_kernel, .writes_alone = true, .gradient = zero_gradient,
    .node = "ZeroBackward0")
