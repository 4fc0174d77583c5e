/* erf, and the standard normal distribution. */
#include <math.h>

#include "elementary/error_function.h"
#include "operation.h"

UNARY_LOOPS_FLOATING(erf, agi_erf_f32(x), agi_erf_f64(x))

/* 2 / sqrt(pi) exp(-x²) */
static void erf_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_mul_number(ag_exp(ag_neg(ag_square(SAVED_INPUT(0)))), M_2_SQRTPI)));
}

AG_OPERATION(erf, BOTH_AND_INPLACE, "erf(Tensor self) -> Tensor", "The error function.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(erf)},
    .gradient = erf_gradient, .saves = {INPUT(0)}, .node = "ErfBackward0")

UNARY_LOOPS_FLOATING(normal_cdf, agi_normal_cdf_f32(x), agi_normal_cdf_f64(x))

static void normal_cdf_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_normal_pdf(SAVED_INPUT(0))));
}

AG_OPERATION(normal_cdf, INTERNAL, "normal_cdf(Tensor self) -> Tensor",
    "The standard normal distribution, (1 + erf(self / sqrt(2))) / 2.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(normal_cdf)},
    .gradient = normal_cdf_gradient, .saves = {INPUT(0)}, .node = "NormalCdfBackward0")

UNARY_LOOPS_FLOATING(normal_pdf, agi_normal_pdf_f32(x), agi_normal_pdf_f64(x))

static void normal_pdf_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(ag_mul(b->g, SAVED_RESULT(0)), ag_neg(SAVED_INPUT(0))));
}

AG_OPERATION(normal_pdf, INTERNAL, "normal_pdf(Tensor self) -> Tensor",
    "The density of the standard normal distribution, exp(-self² / 2) / sqrt(2 pi).",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(normal_pdf)},
    .gradient = normal_pdf_gradient, .saves = {INPUT(0) | RESULT(0)},
    .node = "NormalPdfBackward0")
