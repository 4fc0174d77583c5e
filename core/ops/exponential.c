/* Exponentials and logarithms. */
#include <math.h>

#include "elementary/exponential.h"
#include "elementary/logarithm.h"
#include "operation.h"

/* ---- exp, exp2, expm1 ------------------------------------------------------- */

UNARY_LOOPS_FLOATING(exp, agi_exp_f32(x), agi_exp_f64(x))

static void exp_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, SAVED_RESULT(0)));
}

AG_OPERATION(exp, BOTH_AND_INPLACE, "exp(Tensor self) -> Tensor", "e to the power of self.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(exp)},
    .gradient = exp_gradient, .saves = {RESULT(0)}, .node = "ExpBackward0")

UNARY_LOOPS_FLOATING(exp2, agi_exp2_f32(x), agi_exp2_f64(x))

static void exp2_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul_number(ag_mul(b->g, SAVED_RESULT(0)), M_LN2));
}

AG_OPERATION(exp2, BOTH_AND_INPLACE, "exp2(Tensor self) -> Tensor", "2 to the power of self.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(exp2)},
    .gradient = exp2_gradient, .saves = {RESULT(0)}, .node = "Exp2Backward0")

UNARY_LOOPS_FLOATING(expm1, agi_expm1_f32(x), agi_expm1_f64(x))

static void expm1_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_add_number(SAVED_RESULT(0), 1)));
}

AG_OPERATION(expm1, BOTH_AND_INPLACE, "expm1(Tensor self) -> Tensor",
    "exp(self) - 1, exact where self is near 0.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(expm1)},
    .gradient = expm1_gradient, .saves = {RESULT(0)}, .node = "Expm1Backward0")

/* ---- log, log1p, log2, log10 -------------------------------------------------- */

UNARY_LOOPS_FLOATING(log, agi_log_f32(x), agi_log_f64(x))

static void log_gradient(agi_gradient *b)
{
    GIVE(0, ag_div(b->g, SAVED_INPUT(0)));
}

AG_OPERATION(log, BOTH_AND_INPLACE, "log(Tensor self) -> Tensor", "The natural logarithm.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(log)},
    .gradient = log_gradient, .saves = {INPUT(0)}, .node = "LogBackward0")

UNARY_LOOPS_FLOATING(log1p, agi_log1p_f32(x), agi_log1p_f64(x))

static void log1p_gradient(agi_gradient *b)
{
    GIVE(0, ag_div(b->g, ag_add_number(SAVED_INPUT(0), 1)));
}

AG_OPERATION(log1p, BOTH_AND_INPLACE, "log1p(Tensor self) -> Tensor",
    "log(1 + self), exact where self is near 0.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(log1p)},
    .gradient = log1p_gradient, .saves = {INPUT(0)}, .node = "Log1PBackward0")

UNARY_LOOPS_FLOATING(log2, agi_log2_f32(x), agi_log2_f64(x))

static void log2_gradient(agi_gradient *b)
{
    GIVE(0, ag_div(b->g, ag_mul_number(SAVED_INPUT(0), M_LN2)));
}

AG_OPERATION(log2, BOTH_AND_INPLACE, "log2(Tensor self) -> Tensor", "The logarithm to base 2.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(log2)},
    .gradient = log2_gradient, .saves = {INPUT(0)}, .node = "Log2Backward0")

UNARY_LOOPS_FLOATING(log10, agi_log10_f32(x), agi_log10_f64(x))

static void log10_gradient(agi_gradient *b)
{
    GIVE(0, ag_div(b->g, ag_mul_number(SAVED_INPUT(0), M_LN10)));
}

AG_OPERATION(log10, BOTH_AND_INPLACE, "log10(Tensor self) -> Tensor", "The logarithm to base 10.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(log10)},
    .gradient = log10_gradient, .saves = {INPUT(0)}, .node = "Log10Backward0")
