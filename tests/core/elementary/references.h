/* The true values that the elementary functions are compared with: libm's in the next wider type
 * (double for float; long double, 64 or more bits, for double), whose error counts 2^-29 or at
 * least 2^-10 of the narrow type's unit in the last place. Formulas that libm lacks are written so
 * that they lose nothing beyond that. The lists name all functions, with the interval where
 * arguments are usual and the greatest error in ULP: 2 but for some whose relative error
 * in PyTorch is thousands. gelu's is measured by its argument, as PyTorch's is bounded. */
#ifndef AUTOGRAD_TESTS_ELEMENTARY_REFERENCES_H
#define AUTOGRAD_TESTS_ELEMENTARY_REFERENCES_H

#include <tgmath.h>

#define UNARY_FUNCTIONS(F) \
    F(exp, -105, 90, 2) F(exp2, -150, 129, 2) F(expm1, -20, 90, 2) \
    F(log, 0, 10, 2) F(log1p, -1, 10, 2) F(log2, 0, 10, 2) F(log10, 0, 10, 2) \
    F(asin, -1, 1, 2) F(acos, -1, 1, 2) F(atan, -10, 10, 2) \
    F(tanh, -10, 10, 2) F(sinh, -90, 90, 2) F(cosh, -90, 90, 2) \
    F(erf, -6, 6, 2) F(normal_cdf, -39, 10, 10) F(normal_pdf, -39, 39, 2) \
    F(sigmoid, -105, 40, 2) F(silu, -105, 40, 2) F(softplus, -105, 40, 2) \
    F(gelu, -39, 10, 4) F(gelu_tanh, -22, 10, 3)

/* those that a loop calls by the array */
#define ARRAY_FUNCTIONS(F) F(sin, -100, 100, 2) F(cos, -100, 100, 2) F(tan, -100, 100, 2)

#define BINARY_FUNCTIONS(F) F(pow, -20, 20, 2) F(atan2, -10, 10, 2)

/* 1 / sqrt(2) and 1 / sqrt(2 pi) in two parts of a long double each */
#define SQRT_HALF 0xb.504f333f9de6484p-4L
#define SQRT_HALF_LOW 0xb.2fb1366ea957d3ep-69L
#define INVERSE_SQRT_TWO_PI 0xc.c42299ea1b28468p-5L

#define DEFINE_REFERENCES(suffix, wide) \
    static wide reference_exp_##suffix(wide x) { return exp(x); } \
    static wide reference_exp2_##suffix(wide x) { return exp2(x); } \
    static wide reference_expm1_##suffix(wide x) { return expm1(x); } \
    static wide reference_log_##suffix(wide x) { return log(x); } \
    static wide reference_log1p_##suffix(wide x) { return log1p(x); } \
    static wide reference_log2_##suffix(wide x) { return log2(x); } \
    static wide reference_log10_##suffix(wide x) { return log10(x); } \
    static wide reference_sin_##suffix(wide x) { return sin(x); } \
    static wide reference_cos_##suffix(wide x) { return cos(x); } \
    static wide reference_tan_##suffix(wide x) { return tan(x); } \
    static wide reference_asin_##suffix(wide x) { return asin(x); } \
    static wide reference_acos_##suffix(wide x) { return acos(x); } \
    static wide reference_atan_##suffix(wide x) { return atan(x); } \
    static wide reference_tanh_##suffix(wide x) { return tanh(x); } \
    static wide reference_sinh_##suffix(wide x) { return sinh(x); } \
    static wide reference_cosh_##suffix(wide x) { return cosh(x); } \
    static wide reference_erf_##suffix(wide x) { return erf(x); } \
    static wide reference_pow_##suffix(wide x, wide y) { return pow(x, y); } \
    static wide reference_atan2_##suffix(wide y, wide x) { return atan2(y, x); } \
    /* e^(-x^2 / 2): the square of the upper half of x is exact */ \
    static wide gaussian_##suffix(wide x) \
    { \
        wide upper = (float)x; \
        return fabs(x) > 200 ? 0 : exp(-upper * upper / 2) * exp(-(x - upper) * (x + upper) / 2); \
    } \
    static wide reference_normal_pdf_##suffix(wide x) \
    { \
        return (wide)INVERSE_SQRT_TWO_PI * gaussian_##suffix(x); \
    } \
    /* erfc(-x / sqrt 2) / 2, with the error of x / sqrt 2 put right to first order */ \
    static wide reference_normal_cdf_##suffix(wide x) \
    { \
        wide a = -x * (wide)SQRT_HALF; \
        wide half_low = (wide)(SQRT_HALF - (wide)SQRT_HALF) + (wide)SQRT_HALF_LOW; \
        wide error = fma(-x, (wide)SQRT_HALF, -a) - x * half_low; \
        wide slope = 2 * 2 * (wide)SQRT_HALF * (wide)INVERSE_SQRT_TWO_PI * gaussian_##suffix(x); \
        return (erfc(a) - (fabs(x) < 200 ? slope * error : 0)) / 2; \
    } \
    static wide reference_gelu_##suffix(wide x) { return x * reference_normal_cdf_##suffix(x); } \
    static wide reference_sigmoid_##suffix(wide x) { return 1 / (1 + exp(-x)); } \
    static wide reference_silu_##suffix(wide x) { return x / (1 + exp(-x)); } \
    static wide reference_softplus_##suffix(wide x) \
    { \
        return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); \
    } \
    static wide reference_gelu_tanh_##suffix(wide x) \
    { \
        wide twice_u = 4 * (wide)INVERSE_SQRT_TWO_PI * (x + (wide)0.044715L * x * x * x); \
        return x / (1 + exp(-twice_u)); \
    }

DEFINE_REFERENCES(f32, double)
DEFINE_REFERENCES(f64, long double)

#endif
