/* sigmoid, silu, softplus and gelu, over exp and the normal distribution. */
#ifndef AGI_ELEMENTARY_ACTIVATION_H
#define AGI_ELEMENTARY_ACTIVATION_H

#include "error_function.h"
#include "exponential.h"
#include "logarithm.h"

/* c + 2^n e^r, rounded once but for e^r: at n near 0 c + 2^n is exact, and beyond it loses at most
 * a bit of c, which is put back. */
AGI_ELEMENTARY float agi_add_exp_f32(float c, float power, float r)
{
    float sum = power + c;
    float lost = c - (sum - power);
    return sum + (agi_expm1_polynomial_f32(r) * power + lost);
}

AGI_ELEMENTARY double agi_add_exp_f64(double c, double power, double r)
{
    double sum = power + c;
    double lost = c - (sum - power);
    return sum + (agi_expm1_polynomial_f64(r) * power + lost);
}

/* 1 / (1 + e^-x) = c / (c + c e^-x), c = 2^-64 (2^-200): c keeps e^-x in range where the quotient
 * is denormal. Where the clamp acts the quotient is 1 or 0 to the last bit. */
AGI_ELEMENTARY float agi_sigmoid_f32(float x)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(-agi_clamp_f32(x, -105.0f, 40.0f));
    float power = agi_power_of_two_f32(a.shifted, -64);
    return 0x1p-64f / agi_add_exp_f32(0x1p-64f, power, a.r);
}

AGI_ELEMENTARY double agi_sigmoid_f64(double x)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(-agi_clamp_f64(x, -746.0, 40.0));
    double power = agi_power_of_two_f64(a.shifted, -200);
    return 0x1p-200 / agi_add_exp_f64(0x1p-200, power, a.r);
}

/* x / (1 + e^-(high + low)), a being -(high + low) reduced, where high has the sign of x: silu has
 * x itself. As in sigmoid, but beyond 40, where it is x, the quotient may overflow; and far below
 * the limit it is 0 x: -0, and NaN for -inf. */
AGI_ELEMENTARY float agi_gate_f32(float x, float high, agi_exp_reduced_f32 a)
{
    float power = agi_power_of_two_f32(a.shifted, -64);
    float c = high < -130.0f ? 0.0f : 0x1p-64f;
    float y = x / agi_add_exp_f32(0x1p-64f, power, a.r) * c;
    return high > 40.0f ? x : y;
}

AGI_ELEMENTARY float agi_gated_f32(float x, float high, float low)
{
    float clamped = agi_clamp_f32(high, -130.0f, 40.0f);
    return agi_gate_f32(x, high,
                        agi_exp_reduce_sum_f32(-clamped, clamped == high ? -low : 0.0f));
}

AGI_ELEMENTARY double agi_gate_f64(double x, double high, agi_exp_reduced_f64 a)
{
    double power = agi_power_of_two_f64(a.shifted, -200);
    double c = high < -800.0 ? 0.0 : 0x1p-200;
    double y = x / agi_add_exp_f64(0x1p-200, power, a.r) * c;
    return high > 40.0 ? x : y;
}

AGI_ELEMENTARY double agi_gated_f64(double x, double high, double low)
{
    double clamped = agi_clamp_f64(high, -800.0, 40.0);
    return agi_gate_f64(x, high,
                        agi_exp_reduce_sum_f64(-clamped, clamped == high ? -low : 0.0));
}

AGI_ELEMENTARY float agi_silu_f32(float x)
{
    return agi_gate_f32(x, x, agi_exp_reduce_f32(-agi_clamp_f32(x, -130.0f, 40.0f)));
}

AGI_ELEMENTARY double agi_silu_f64(double x)
{
    return agi_gate_f64(x, x, agi_exp_reduce_f64(-agi_clamp_f64(x, -800.0, 40.0)));
}

/* x (1 + tanh(u)) / 2 = x / (1 + e^(-2u)), 2u = x (b + d x^2), b = sqrt(8 / pi), d = 0.044715 b.
 * 2u is taken in two parts, since its error is the result's relative error; factors that meet in
 * a high part have half of the bits. */
AGI_ELEMENTARY float agi_gelu_tanh_f32(float x)
{
    float bounded = agi_clamp_f32(x, -30.0f, 30.0f);
    float upper = agi_upper_half_f32(bounded), lower = bounded - upper;
    float square = upper * upper, square_low = lower * (bounded + upper);
    float square_upper = agi_upper_half_f32(square + square_low);
    square_low = (square - square_upper) + square_low;
    float main = 0x1.244p-4f * square_upper;
    float rest = 0x1.244p-4f * square_low
        + 0x1.3ca936p-18f * (bounded * bounded) + 0x1.14cf5p-14f;
    float slope = agi_upper_half_f32(0x1.988p+0f + main);
    float slope_low = ((0x1.988p+0f - slope) + main) + rest;
    return agi_gated_f32(x, upper * slope, lower * slope + bounded * slope_low);
}

AGI_ELEMENTARY double agi_gelu_tanh_f64(double x)
{
    double bounded = agi_clamp_f64(x, -60.0, 60.0);
    double upper = agi_upper_half_f64(bounded), lower = bounded - upper;
    double square = upper * upper, square_low = lower * (bounded + upper);
    double square_upper = agi_upper_half_f64(square + square_low);
    square_low = (square - square_upper) + square_low;
    double main = 0x1.2444f28p-4 * square_upper;
    double rest = 0x1.2444f28p-4 * square_low
        + 0x1.26c5a57a4def1p-31 * (bounded * bounded) + 0x1.ea1b284687e5ap-27;
    double slope = agi_upper_half_f64(0x1.988453p+0 + main);
    double slope_low = ((0x1.988453p+0 - slope) + main) + rest;
    return agi_gated_f64(x, upper * slope, lower * slope + bounded * slope_low);
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

/* x normal_cdf(x), with the cdf of -|x| as 2^q(|x|), q a polynomial for its logarithm, fitted to
 * |x| < 6, and 0 beyond. Going through normal_cdf takes half as long again; the price is paid in
 * the tail: a relative error of 2^-21 for x > -1, 2^-19 to -3, 2^-13 to -5, 2^-9 to -6. */
AGI_ELEMENTARY float agi_gelu_f32(float x)
{
    float a = __builtin_fabsf(x);
    float z = a * a;
    float odd = 0x1.bf0e2cp-23f, even = -0x1.443ad4p-18f;
    odd = odd * z + 0x1.7926dap-15f;
    even = even * z - 0x1.812c34p-13f;
    odd = odd * z - 0x1.747f84p-13f;
    even = even * z + 0x1.d417ccp-8f;
    odd = odd * z - 0x1.ae962ap-5f;
    even = even * z - 0x1.d63464p-2f;
    odd = odd * z - 0x1.26af0ap0f;
    even = even * z - 0x1.fffffep-1f;
    float q = odd * a + even;
    float shifted = q + AGI_ROUNDER_F32;
    float r = q - (shifted - AGI_ROUNDER_F32);
    float y = agi_exp2_polynomial_f32(r) * agi_power_of_two_f32(shifted, 0);
    y = a < 6.0f ? y : 0.0f;
    return x * (x > 0.0f ? 1.0f - y : y);
}

/* x normal_cdf(x), in which a denormal cdf counts as 0 (its power of two, n = -1023 where the clamp
 * acts, is 0): so it is -0 far below, and NaN for -inf. */
AGI_ELEMENTARY double agi_gelu_f64(double x)
{
    agi_normal_tail_f64 tail = agi_normal_lower_tail_f64(x, 37.66);
    double y = tail.value * agi_power_of_two_f64(tail.shifted, 0);
    return x * (x > 0.0 ? 1.0 - y : y);
}

#endif
