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

/* ---- log, logit, log1p, log2, log10 -------------------------------------------------- */

UNARY_LOOPS_FLOATING(log, agi_log_f32(x), agi_log_f64(x))

static void log_gradient(agi_gradient *b)
{
    GIVE(0, ag_div(b->g, SAVED_INPUT(0)));
}

AG_OPERATION(log, BOTH_AND_INPLACE, "log(Tensor self) -> Tensor", "The natural logarithm.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(log)},
    .gradient = log_gradient, .saves = {INPUT(0)}, .node = "LogBackward0")

/* p[0]: how far self is kept from 0 and 1; negative: as it is. */
#define LOGIT(TYPE, SUFFIX)                                                                     \
    AGI_INLINE TYPE logit_of_##SUFFIX(TYPE x, TYPE eps)                                         \
    {                                                                                           \
        const TYPE low = eps < 0 ? -(TYPE)INFINITY : eps;                                       \
        const TYPE high = eps < 0 ? (TYPE)INFINITY : 1 - eps;                                   \
        const TYPE y = x < low ? low : x > high ? high : x;                                     \
        return agi_log_##SUFFIX(y / (1 - y));                                                   \
    }                                                                                           \
    UNARY_LOOP(logit_##SUFFIX, TYPE, TYPE, logit_of_##SUFFIX(x, (TYPE)p[0]))
LOGIT(float, f32)
LOGIT(double, f64)

static double eps_of(const ag_value *arguments)
{
    return arguments[1].given ? arguments[1].real : -1;
}

static bool logit_infer(agi_call *call)
{
    call->parameters[0] = eps_of(call->arguments);
    call->parameter_count = 1;
    return agi_infer_with_numbers(call);
}

/* 1 / (x (1 - x)); beyond eps 0, without one NaN beyond 0 and 1. At -0 torch gives +inf, but -inf
 * where a second derivative is wanted or an eps is given. */
static void logit_gradient(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0);
    double eps = eps_of(b->arguments), low = eps < 0 ? 0 : eps;
    ag_tensor *slope = ag_mul(x, ag_rsub_number(x, 1));
    if (eps < 0 && !ag_grad_mode(b->context)) {
        slope = ag_add_number(slope, 0);
    }
    ag_tensor *beyond = ag_logical_or(ag_lt_number(x, low), ag_gt_number(x, 1 - low));
    GIVE(0, ag_where_number(ag_logical_not(beyond), ag_div(b->g, slope), eps < 0 ? NAN : 0));
}

AG_OPERATION(logit, BOTH_AND_INPLACE, "logit(Tensor self, real? eps=None) -> Tensor",
    "log(self / (1 - self)), with self kept between eps and 1 - eps where eps is given.",
    .promotion = AGI_TO_FLOAT, .infer = logit_infer, .loops = {LOOPS_FLOATING(logit)},
    .gradient = logit_gradient, .saves = {INPUT(0)}, .node = "LogitBackward0")

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
