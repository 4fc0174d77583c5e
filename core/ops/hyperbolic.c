/* tanh, sinh, cosh. */
#include "elementary/hyperbolic.h"
#include "operation.h"

UNARY_LOOPS_FLOATING(tanh, agi_tanh_f32(x), agi_tanh_f64(x))
BINARY_LOOPS_FLOATING(tanh_backward, x * (1 - y * y), x * (1 - y * y))

AG_OPERATION(tanh_backward, INTERNAL, "tanh_backward(Tensor gradient, Tensor result) -> Tensor",
    "gradient * (1 - result²).",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(tanh_backward)})

static ag_tensor *tanh_back(agi_gradient *b)
{
    ag_tensor *y = SAVED_RESULT(0);
    return ag_grad_mode(b->context) ? ag_mul(b->g, ag_rsub_number(ag_square(y), 1))
                                    : ag_tanh_backward(b->g, y);
}

static void tanh_gradient(agi_gradient *b)
{
    GIVE(0, tanh_back(b));
}

AG_OPERATION(tanh, BOTH_AND_INPLACE, "tanh(Tensor self) -> Tensor", "The hyperbolic tangent.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(tanh)},
    .gradient = tanh_gradient, .saves = {RESULT(0)}, .node = "TanhBackward0")

UNARY_LOOPS_FLOATING(sinh, agi_sinh_f32(x), agi_sinh_f64(x))

static void sinh_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_cosh(SAVED_INPUT(0))));
}

AG_OPERATION(sinh, BOTH_AND_INPLACE, "sinh(Tensor self) -> Tensor", "The hyperbolic sine.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(sinh)},
    .gradient = sinh_gradient, .saves = {INPUT(0)}, .node = "SinhBackward0")

UNARY_LOOPS_FLOATING(cosh, agi_cosh_f32(x), agi_cosh_f64(x))

static void cosh_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_sinh(SAVED_INPUT(0))));
}

AG_OPERATION(cosh, BOTH_AND_INPLACE, "cosh(Tensor self) -> Tensor", "The hyperbolic cosine.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(cosh)},
    .gradient = cosh_gradient, .saves = {INPUT(0)}, .node = "CoshBackward0")
