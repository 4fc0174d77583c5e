/* sigmoid, silu, softplus and gelu, over exp. */
#ifndef AGI_ELEMENTARY_ACTIVATION_H
#define AGI_ELEMENTARY_ACTIVATION_H

#include "exponential.h"

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

/* 1 / (1 + e^-x) = c under / (c under + c 2^n over), e^-x = 2^n over / under, c = 2^-64 (2^-200):
 * c keeps 2^n in range where the quotient is denormal. Where the clamp acts the quotient is 1 or 0
 * to the last bit. */
AGI_ELEMENTARY float agi_sigmoid_f32(float x)
{
    agi_exp_split_f32 a = agi_exp_split_of_f32(-agi_clamp_f32(x, -105.0f, 40.0f), -64);
    agi_exp_ratio_f32 b = agi_exp_as_ratio_f32(a.r);
    float under = agi_float_f32(agi_bits_f32(b.under) - (64u << 23));
    return under / (a.power * b.over + under);
}

AGI_ELEMENTARY double agi_sigmoid_f64(double x)
{
    agi_exp_split_f64 a = agi_exp_split_of_f64(-agi_clamp_f64(x, -746.0, 40.0), -200);
    agi_exp_ratio_f64 b = agi_exp_as_ratio_f64(a.r);
    double under = agi_float_f64(agi_bits_f64(b.under) - ((uint64_t)200 << 52));
    return under / (a.power * b.over + under);
}

/* x / (1 + e^-(high + low)), a being -(high + low) split, where high has the sign of x: silu has
 * x itself. As in sigmoid, but with one rounding less, since here x is a factor too. Beyond 40,
 * where it is x, the quotient may overflow; and far below the limit it is 0 x: -0, and NaN for
 * -inf. */
AGI_ELEMENTARY float agi_gate_f32(float x, float high, agi_exp_split_f32 a)
{
    float c = high < -130.0f ? 0.0f : 0x1p-64f;
    float y = x / agi_add_exp_f32(0x1p-64f, a.power, a.r) * c;
    return high > 40.0f ? x : y;
}

AGI_ELEMENTARY float agi_gated_f32(float x, float high, float low)
{
    float clamped = agi_clamp_f32(high, -130.0f, 40.0f);
    return agi_gate_f32(x, high,
                        agi_exp_split_sum_f32(-clamped, clamped == high ? -low : 0.0f, -64));
}

AGI_ELEMENTARY double agi_gate_f64(double x, double high, agi_exp_split_f64 a)
{
    double c = high < -800.0 ? 0.0 : 0x1p-200;
    double y = x / agi_add_exp_f64(0x1p-200, a.power, a.r) * c;
    return high > 40.0 ? x : y;
}

AGI_ELEMENTARY double agi_gated_f64(double x, double high, double low)
{
    double clamped = agi_clamp_f64(high, -800.0, 40.0);
    return agi_gate_f64(x, high,
                        agi_exp_split_sum_f64(-clamped, clamped == high ? -low : 0.0, -200));
}

AGI_ELEMENTARY float agi_silu_f32(float x)
{
    return agi_gate_f32(x, x, agi_exp_split_of_f32(-agi_clamp_f32(x, -130.0f, 40.0f), -64));
}

AGI_ELEMENTARY double agi_silu_f64(double x)
{
    return agi_gate_f64(x, x, agi_exp_split_of_f64(-agi_clamp_f64(x, -800.0, 40.0), -200));
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

/* log(1 + e^x) = max(x, 0) + log(1 + e), e = e^-|x| = 2^n + 2^n m, both of which the last sums have
 * instead of e, which is rounded. log(1 + e) = e + e^2 P(e) on [0, 1]; in double it is as in
 * logarithm.h, with its polynomial fitted to s <= 1/3. 2^n comes from 2^(n + 64) (2^(n + 512)),
 * since it may be denormal. */
AGI_ELEMENTARY float agi_softplus_f32(float x)
{
    agi_exp_split_f32 a = agi_exp_split_of_f32(agi_at_least_f32(-__builtin_fabsf(x), -131.0f), 64);
    float power = a.power * 0x1p-64f;
    float m = agi_expm1_polynomial_f32(a.r);
    float e = power + power * m;
    float p = 0x1.2a8e68p-9f;
    p = p * e - 0x1.e1563cp-7f;
    p = p * e + 0x1.6b035p-5f;
    p = p * e - 0x1.5ffe04p-4f;
    p = p * e + 0x1.03b3d2p-3f;
    p = p * e - 0x1.4c5e3p-3f;
    p = p * e + 0x1.981812p-3f;
    p = p * e - 0x1.ffdd04p-3f;
    p = p * e + 0x1.5554b4p-2f;
    p = p * e - 0.5f;
    return power + ((agi_at_least_f32(x, 0.0f) + power * m) + e * e * p);
}

AGI_ELEMENTARY double agi_softplus_f64(double x)
{
    agi_exp_split_f64 a = agi_exp_split_of_f64(agi_at_least_f64(-__builtin_fabs(x), -1000.0), 512);
    double power = a.power * 0x1p-512;
    double m = agi_expm1_polynomial_f64(a.r);
    double e = power + power * m;
    double s = e / (2.0 + e);
    double z = s * s, w = z * z;
    double odd = 0x1.5c5c3b600177cp-3, even = 0x1.55cf3e8712515p-4;
    odd = odd * w + 0x1.efd19304f42ebp-4;
    even = even * w + 0x1.10682e7ec9097p-3;
    odd = odd * w + 0x1.3b1dd3b34264ep-3;
    even = even * w + 0x1.745cb45969f7p-3;
    odd = odd * w + 0x1.c71c741a0857fp-3;
    even = even * w + 0x1.24924920910f8p-2;
    odd = odd * w + 0x1.99999999a06c1p-2;
    even = even * w + 0x1.5555555555535p-1;
    double half_square = 0.5 * e * e;
    double tail = s * (half_square + (odd * z + even) * z);
    return power + ((agi_at_least_f64(x, 0.0) + power * m) - (half_square - tail));
}

/* x normal_cdf(x) = max(x, 0) - |x| normal_cdf(-|x|), the latter as 2^q, q a polynomial in -|x| for
 * its logarithm, fitted so that normal_cdf's error is even. The factor is the clamped one but far
 * below 0, so that it is -0 there, NaN for -inf, and inf for inf; where the clamp acts the power of
 * two is 0. Going through normal_cdf takes twice as long; the price is paid in the tail: a relative
 * error of 2^-20 for x > -1, 2^-17 to -2, 2^-15 to -3, 2^-8 to -4, 2^-5 to -5 (PyTorch's: 2^-22,
 * 2^-18, 2^-12, 2^-7, 2^-2). */
AGI_ELEMENTARY float agi_gelu_f32(float x)
{
    float a = agi_at_least_f32(-__builtin_fabsf(x), -12.292f);
    float q = 0x1.29e6ecp-16f;
    q = q * a + 0x1.539d8ap-11f;
    q = q * a + 0x1.fa342cp-8f;
    q = q * a + 0x1.b1936ep-5f;
    q = q * a - 0x1.d619cap-2f;
    q = q * a + 0x1.26af98p+0f;
    q = q * a - 1.0f;
    float rounder = AGI_ROUNDER_F32 + 127.0f;
    float shifted = q + rounder;
    float r = q - (shifted - rounder);
    float p = 0x1.5bb9b6p-10f;
    p = p * r + 0x1.3ceae2p-7f;
    p = p * r + 0x1.c6b756p-5f;
    p = p * r + 0x1.ebf9bap-3f;
    p = p * r + 0x1.62e42ap-1f;
    float factor = (x < a ? x : a) * agi_float_f32(agi_bits_f32(shifted) << 23);
    return (1.0f + p * r) * factor + agi_at_least_f32(x, -0.0f);
}

/* The same with e^(-x^2 / 2) M(|x|) for normal_cdf(-|x|), M a ratio of polynomials, which shares
 * its division with that of the exponential: a relative error of 2^-50 for x > -3, 2^-46 to -5,
 * 2^-39 to -8, 2^-20 to -38, beyond which it is 0. */
AGI_ELEMENTARY double agi_gelu_f64(double x)
{
    double a = agi_at_most_f64(__builtin_fabs(x), 37.66);
    agi_exp_split_f64 b = agi_exp_split_of_f64(-0.5 * a * a, 0);
    agi_exp_ratio_f64 c = agi_exp_as_ratio_f64(b.r);
    double p = 0x1.3e9e71f414399p-16;
    p = p * a + 0x1.c4d2b74645edap-12;
    p = p * a + 0x1.2e1d85c544ab5p-8;
    p = p * a + 0x1.e744a4d12232ep-6;
    p = p * a + 0x1.0042151a6bce9p-3;
    p = p * a + 0x1.61ab663658456p-2;
    p = p * a + 0x1.2cdf652533805p-1;
    p = p * a + 0.5;
    double q = 0x1.8f546e3950417p-15;
    q = q * a + 0x1.1bc3b013a473bp-10;
    q = q * a + 0x1.7c34ef9b63d65p-7;
    q = q * a + 0x1.35c7bd9e3f7f5p-4;
    q = q * a + 0x1.4ceb714a0fa3fp-2;
    q = q * a + 0x1.e0408db0472bfp-1;
    q = q * a + 0x1.c3defda56a88p+0;
    q = q * a + 0x1.f9218ec3d52fep+0;
    q = q * a + 1.0;
    double factor = (x < -a ? x : -a) * b.power;
    return (c.over * p) / (c.under * q) * factor + agi_at_least_f64(x, -0.0);
}

#endif
