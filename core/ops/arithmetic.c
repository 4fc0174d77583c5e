/* The four rules of arithmetic. */
#include <math.h>

#include "cast.h"
#include "dtype.h"
#include "operation.h"

/* ---- add, sub, rsub ---------------------------------------------------- */

/* alpha times an integer, in its own type: most often 1, and no processor multiplies bytes. */
#define ALPHA_TIMES(X) (p[0] == 1 ? (X) : (__typeof__(X))(int64_t)p[0] * (X))

FREQUENT_BINARY_LOOPS(add, x + (float)p[0] * y, x + p[0] * y)
BINARY_LOOPS_INTEGER(add, x + ALPHA_TIMES(y))
BINARY_LOOP(add_b, uint8_t, uint8_t, (x | (y & (p[0] != 0))) != 0)

/* What torch checks of alpha, and of the operands where they are subtracted. */
static bool check_alpha(const agi_call *call)
{
    ag_number number = call->arguments[2].number;
    ag_number_kind alpha = number.kind;
    if (alpha == AG_INTEGER && number.integer == 1) {
        return true;
    }
    ag_dtype common = agi_result_type(call->inputs, 2);
    if (alpha == AG_BOOLEAN && common != AG_BOOL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Boolean alpha only supported for Boolean "
                 "results.");
        return false;
    }
    if (alpha == AG_REAL && !ag_dtype_is_floating(common)) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "For integral input tensors, argument alpha "
                 "must not be a floating point number.");
        return false;
    }
    return agi_check_fits(call->context, number, common);
}

static bool add_infer(agi_call *call)
{
    return check_alpha(call) && agi_pointwise_infer(call);
}

static double alpha_of(const agi_gradient *b)
{
    return agi_real_of(b->arguments[2].number);
}

static ag_tensor *times(ag_tensor *g, double factor)
{
    return factor == 1 ? g : factor == -1 ? ag_neg(g) : ag_mul_number(g, factor);
}

static void add_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
    GIVE(1, times(b->g, alpha_of(b)));
}

AG_OPERATION(add, BOTH_AND_INPLACE,
    "add(Operand self, Operand other, *, Number alpha=1) -> Tensor",
    "self + alpha * other, broadcast.",
    .promotion = AGI_COMMON, .infer = add_infer, .loops = {LOOPS_ALL(add)},
    .gradient = add_gradient, .node = "AddBackward0")

FREQUENT_BINARY_LOOPS(sub, x - (float)p[0] * y, x - p[0] * y)
BINARY_LOOPS_INTEGER(sub, x - ALPHA_TIMES(y))

static bool sub_infer(agi_call *call)
{
    bool first = call->inputs[0]->dtype == AG_BOOL, second = call->inputs[1]->dtype == AG_BOOL;
    if (first || second) {
        agi_fail(call->context, AG_ERROR_RUNTIME, first && second
                 ? "Subtraction, the `-` operator, with two bool tensors is not supported. Use the "
                   "`logical_xor()` operator instead."
                 : "Subtraction, the `-` operator, with a bool tensor is not supported. If you are "
                   "trying to invert a mask, use the `logical_not()` operator instead.");
        return false;
    }
    return check_alpha(call) && agi_pointwise_infer(call);
}

static void sub_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
    GIVE(1, times(b->g, -alpha_of(b)));
}

AG_OPERATION(sub, BOTH_AND_INPLACE,
    "sub(Operand self, Operand other, *, Number alpha=1) -> Tensor",
    "self - alpha * other, broadcast.",
    .promotion = AGI_COMMON, .infer = sub_infer, .loops = {LOOPS_NUMERIC(sub)},
    .gradient = sub_gradient, .node = "SubBackward0")

BINARY_LOOPS_FLOATING(rsub, y - (float)p[0] * x, y - p[0] * x)
BINARY_LOOPS_INTEGER(rsub, y - ALPHA_TIMES(x))

static void rsub_gradient(agi_gradient *b)
{
    GIVE(0, times(b->g, -alpha_of(b)));
    GIVE(1, b->g);
}

AG_OPERATION(rsub, BOTH,
    "rsub(Tensor self, Operand other, *, Number alpha=1) -> Tensor",
    "other - alpha * self, broadcast.",
    .promotion = AGI_COMMON, .infer = sub_infer, .loops = {LOOPS_NUMERIC(rsub)},
    .gradient = rsub_gradient, .node = "RsubBackward1")

/* ---- mul ---------------------------------------------------------------- */

FREQUENT_BINARY_LOOPS(mul, x * y, x * y)
BINARY_LOOPS_INTEGER(mul, x * y)
BINARY_LOOP(mul_b, uint8_t, uint8_t, x & y)

static void mul_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, SAVED_INPUT(1)));
    GIVE(1, ag_mul(b->g, SAVED_INPUT(0)));
}

AG_OPERATION(mul, BOTH_AND_INPLACE, "mul(Operand self, Operand other) -> Tensor",
    "self * other, broadcast.",
    .promotion = AGI_COMMON, .loops = {LOOPS_ALL(mul)},
    .gradient = mul_gradient, .saves = {INPUT(1), INPUT(0)}, .node = "MulBackward0")

/* In gradients: one pass where torch has two, with the same roundings. */
BINARY_LOOPS_FLOATING(mul_scaled, x * (float)p[0] * y, x * p[0] * y)

static void mul_scaled_gradient(agi_gradient *b)
{
    double factor = b->arguments[2].real;
    GIVE(0, ag_mul_scaled(SAVED_INPUT(1), b->g, factor));
    GIVE(1, ag_mul_scaled(SAVED_INPUT(0), b->g, factor));
}

AG_OPERATION(mul_scaled, INTERNAL, "mul_scaled(Tensor self, Tensor other, real factor) -> Tensor",
    "(self * factor) * other, broadcast.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(mul_scaled)},
    .gradient = mul_scaled_gradient, .saves = {INPUT(1), INPUT(0)}, .node = "MulBackward0")

/* ---- neg ---------------------------------------------------------------- */

UNARY_LOOPS_FLOATING(neg, -x, -x)
UNARY_LOOPS_INTEGER(neg, -x)

static bool neg_infer(agi_call *call)
{
    if (call->inputs[0]->dtype == AG_BOOL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Negation, the `-` operator, on a bool tensor is "
                 "not supported. If you are trying to invert a mask, use the `logical_not()` "
                 "operator instead.");
        return false;
    }
    return agi_pointwise_infer(call);
}

static void neg_gradient(agi_gradient *b)
{
    GIVE(0, ag_neg(b->g));
}

AG_OPERATION(neg, BOTH_AND_INPLACE, "neg(Tensor self) -> Tensor", "-self.",
    .promotion = AGI_COMMON, .infer = neg_infer, .loops = {LOOPS_NUMERIC(neg)},
    .gradient = neg_gradient, .node = "NegBackward0")

AG_ALIAS(subtract, sub)
AG_ALIAS(multiply, mul)
AG_ALIAS(negative, neg)
