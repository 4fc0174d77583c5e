/* sigmoid, silu, softplus and gelu, over exp and the normal distribution. */
#ifndef AGI_ELEMENTARY_ACTIVATION_H
#define AGI_ELEMENTARY_ACTIVATION_H

#include "error_function.h"
#include "exponential.h"
#include "logarithm.h"

/* 1 / (1 + e^-x) = c / (c + c e^-x), c = 2^-64 (2^-200): c keeps e^-x in range where the quotient
 * is denormal. Where the clamp acts the quotient is 1 or 0 to the last bit. */
AGI_ELEMENTARY float agi_sigmoid_f32(float x)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(-x, -40.0f, 105.0f));
    float power = agi_power_of_two_f32(a.shifted, -64);
    return 0x1p-64f / (agi_exp_polynomial_f32(a.r) * power + 0x1p-64f);
}

AGI_ELEMENTARY double agi_sigmoid_f64(double x)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(-x, -40.0, 746.0));
    double power = agi_power_of_two_f64(a.shifted, -200);
    return 0x1p-200 / (agi_exp_polynomial_f64(a.r) * power + 0x1p-200);
}

/* x / (1 + e^(-slope)) for the two functions of that form: silu has slope x. For x < 0 the quotient
 * is (x c e^slope / (1 + e^slope)) / c, c = 2^64 (2^200), since e^slope alone may be denormal where
 * x e^slope is not. Far below it is 0 x: -0, and NaN for -inf. */
AGI_ELEMENTARY float agi_gated_f32(float x, float slope)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(-__builtin_fabsf(slope), -126.0f, 0.0f));
    float p = agi_exp_polynomial_f32(a.r);
    float power = agi_power_of_two_f32(a.shifted, 64);
    float numerator = x < 0.0f ? p * power : 1.0f;
    float y = x * (numerator / (1.0f + p * power * 0x1p-64f)) * (x < 0.0f ? 0x1p-64f : 1.0f);
    return slope < -126.0f ? 0.0f * x : y;
}

AGI_ELEMENTARY double agi_gated_f64(double x, double slope)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(-__builtin_fabs(slope), -800.0, 0.0));
    double p = agi_exp_polynomial_f64(a.r);
    double power = agi_power_of_two_f64(a.shifted, 200);
    double numerator = x < 0.0 ? p * power : 1.0;
    double y = x * (numerator / (1.0 + p * power * 0x1p-200)) * (x < 0.0 ? 0x1p-200 : 1.0);
    return slope < -800.0 ? 0.0 * x : y;
}

AGI_ELEMENTARY float agi_silu_f32(float x)
{
    return agi_gated_f32(x, x);
}

AGI_ELEMENTARY double agi_silu_f64(double x)
{
    return agi_gated_f64(x, x);
}

/* x (1 + tanh(u)) / 2 = x / (1 + e^(-2u)), u = sqrt(2 / pi) (x + 0.044715 x^3) */
AGI_ELEMENTARY float agi_gelu_tanh_f32(float x)
{
    return agi_gated_f32(x, x * (0x1.2444f2p-4f * (x * x) + 0x1.988454p+0f));
}

AGI_ELEMENTARY double agi_gelu_tanh_f64(double x)
{
    return agi_gated_f64(x, x * (0x1.2444f2a4d8b4bp-4 * (x * x) + 0x1.9884533d43651p+0));
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) */
AGI_ELEMENTARY float agi_softplus_f32(float x)
{
    float e = agi_exp_f32(-__builtin_fabsf(x));
    agi_log_reduced_f32 a;
    a.e = e > 0x1.a8p-2f ? 1.0f : 0.0f;
    a.f = e > 0x1.a8p-2f ? 0.5f * e - 0.5f : e;
    return (x > 0.0f ? x : 0.0f) + agi_log_sum_f32(a);
}

AGI_ELEMENTARY double agi_softplus_f64(double x)
{
    double e = agi_exp_f64(-__builtin_fabs(x));
    agi_log_reduced_f64 a;
    a.e = e > 0x1.a8p-2 ? 1.0 : 0.0;
    a.f = e > 0x1.a8p-2 ? 0.5 * e - 0.5 : e;
    return (x > 0.0 ? x : 0.0) + agi_log_sum_f64(a);
}

/* x normal_cdf(x); for x < 0 scaled last, since the cdf alone may be denormal. */
AGI_ELEMENTARY float agi_gelu_f32(float x)
{
    agi_normal_tail_f32 tail = agi_normal_lower_tail_f32(x);
    float y = agi_scale_f32(x * tail.value, tail.shifted);
    y = x > 0.0f ? x - y : y;
    return x < -15.0f ? 0.0f * x : y;
}

AGI_ELEMENTARY double agi_gelu_f64(double x)
{
    agi_normal_tail_f64 tail = agi_normal_lower_tail_f64(x);
    double y = agi_scale_f64(x * tail.value, tail.shifted);
    y = x > 0.0 ? x - y : y;
    return x < -39.0 ? 0.0 * x : y;
}

#endif
