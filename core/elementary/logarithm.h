/* log, log1p, log2 and log10.
 *
 * x = 2^e m with sqrt(1/2) <= m < sqrt(2), f = m - 1, which is exact. In float log(1 + f) is a
 * minimax polynomial in f (relative error 2^-27). In double it is 2 atanh(s), s = f / (2 + f),
 * written as f - f^2 / 2 + s (f^2 / 2 + R(s^2)) so that the leading terms carry no rounding.
 */
#ifndef AGI_ELEMENTARY_LOGARITHM_H
#define AGI_ELEMENTARY_LOGARITHM_H

#include "float_bits.h"

typedef struct {
    float e, f;
} agi_log_reduced_f32;

typedef struct {
    double e, f;
} agi_log_reduced_f64;

/* sqrt(1/2) */
#define AGI_SQRT_HALF_BITS_F32 0x3f3504f3u
#define AGI_SQRT_HALF_BITS_F64 0x3fe6a09e667f3bcdu

/* The exponent of x > 0 (not denormal) where 2^e is taken from m >= sqrt(1/2), biased by 127. */
AGI_ELEMENTARY uint32_t agi_shifted_bits_f32(float x)
{
    return agi_bits_f32(x) + (0x3f800000u - AGI_SQRT_HALF_BITS_F32);
}

AGI_ELEMENTARY uint64_t agi_shifted_bits_f64(double x)
{
    return agi_bits_f64(x) + (0x3ff0000000000000u - AGI_SQRT_HALF_BITS_F64);
}

AGI_ELEMENTARY float agi_shifted_exponent_f32(uint32_t shifted)
{
    return (float)((int32_t)(shifted >> 23) - 127);
}

/* No conversion of 64-bit integers below AVX-512: the exponent goes into the bits of 2^52 + e. */
AGI_ELEMENTARY double agi_shifted_exponent_f64(uint64_t shifted)
{
    return agi_float_f64((shifted >> 52) | 0x4330000000000000u) - (0x1p52 + 1023.0);
}

AGI_ELEMENTARY float agi_shifted_mantissa_f32(uint32_t shifted)
{
    return agi_float_f32((shifted & 0x007fffffu) + AGI_SQRT_HALF_BITS_F32);
}

AGI_ELEMENTARY double agi_shifted_mantissa_f64(uint64_t shifted)
{
    return agi_float_f64((shifted & 0x000fffffffffffffu) + AGI_SQRT_HALF_BITS_F64);
}

AGI_ELEMENTARY agi_log_reduced_f32 agi_log_reduce_f32(float x)
{
    agi_log_reduced_f32 a;
    float denormal = x < 0x1p-126f ? 23.0f : 0.0f;
    uint32_t shifted = agi_shifted_bits_f32(x < 0x1p-126f ? x * 0x1p23f : x);
    a.e = agi_shifted_exponent_f32(shifted) - denormal;
    a.f = agi_shifted_mantissa_f32(shifted) - 1.0f;
    return a;
}

AGI_ELEMENTARY agi_log_reduced_f64 agi_log_reduce_f64(double x)
{
    agi_log_reduced_f64 a;
    double denormal = x < 0x1p-1022 ? 52.0 : 0.0;
    uint64_t shifted = agi_shifted_bits_f64(x < 0x1p-1022 ? x * 0x1p52 : x);
    a.e = agi_shifted_exponent_f64(shifted) - denormal;
    a.f = agi_shifted_mantissa_f64(shifted) - 1.0;
    return a;
}

/* (log(1 + f) - f + f^2 / 2) / f^3 */
AGI_ELEMENTARY float agi_log_tail_f32(float f)
{
    float p = -0x1.38de36p-4f;
    p = p * f + 0x1.056c98p-3f;
    p = p * f - 0x1.0d853ap-3f;
    p = p * f + 0x1.22d788p-3f;
    p = p * f - 0x1.54720cp-3f;
    p = p * f + 0x1.99a028p-3f;
    p = p * f - 0x1.000228p-2f;
    return p * f + 0x1.555554p-2f;
}

/* 2 atanh(s) / s - 2, at z = s^2 */
AGI_ELEMENTARY double agi_atanh_tail_f64(double z)
{
    double p = 0x1.2f04993cc6085p-3;
    p = p * z + 0x1.39a1d79db47e1p-3;
    p = p * z + 0x1.74663d6625f91p-3;
    p = p * z + 0x1.c71c5212f17dcp-3;
    p = p * z + 0x1.24924941e1fb7p-2;
    p = p * z + 0x1.999999997ff1bp-2;
    p = p * z + 0x1.5555555555592p-1;
    return p * z;
}

/* e ln 2 + log(1 + f) */
AGI_ELEMENTARY float agi_log_sum_f32(agi_log_reduced_f32 a)
{
    float half_square = 0.5f * a.f * a.f;
    float tail = a.f * a.f * a.f * agi_log_tail_f32(a.f) + a.e * 0x1.7f7d1cp-20f;
    return a.e * 0x1.62e4p-1f + (a.f - (half_square - tail));
}

AGI_ELEMENTARY double agi_log_sum_f64(agi_log_reduced_f64 a)
{
    double s = a.f / (2.0 + a.f);
    double half_square = 0.5 * a.f * a.f;
    double tail = s * (half_square + agi_atanh_tail_f64(s * s)) + a.e * 0x1.a39ef35793c76p-33;
    return a.e * 0x1.62e42feep-1 + (a.f - (half_square - tail));
}

/* What y = log(x) is where the formula does not hold: log(inf) = inf, log(NaN) = NaN,
 * log(0) = -inf, log(x < 0) = NaN. */
AGI_ELEMENTARY float agi_log_special_f32(float x, float y)
{
    y = x < INFINITY ? y : x;
    y = x == 0.0f ? -INFINITY : y;
    return x < 0.0f ? NAN : y;
}

AGI_ELEMENTARY double agi_log_special_f64(double x, double y)
{
    y = x < (double)INFINITY ? y : x;
    y = x == 0.0 ? (double)-INFINITY : y;
    return x < 0.0 ? (double)NAN : y;
}

AGI_ELEMENTARY float agi_log_f32(float x)
{
    return agi_log_special_f32(x, agi_log_sum_f32(agi_log_reduce_f32(x)));
}

AGI_ELEMENTARY double agi_log_f64(double x)
{
    return agi_log_special_f64(x, agi_log_sum_f64(agi_log_reduce_f64(x)));
}

/* With 1 + x = 2^e m, f = m - 1 = x 2^-e + (2^-e - 1) loses nothing that 1 + x has lost. Beyond
 * 2^24 (2^53) 2^-e leaves the normal range at last, and m - 1 is as good. */
AGI_ELEMENTARY float agi_log1p_f32(float x)
{
    float u = 1.0f + x;
    uint32_t shifted = agi_shifted_bits_f32(u);
    float scale = agi_float_f32((254u << 23) - (shifted & 0x7f800000u));
    agi_log_reduced_f32 a;
    a.e = agi_shifted_exponent_f32(shifted);
    a.f = x < 0x1p24f ? x * scale + (scale - 1.0f) : agi_shifted_mantissa_f32(shifted) - 1.0f;
    return __builtin_copysignf(agi_log_special_f32(u, agi_log_sum_f32(a)), x);
}

AGI_ELEMENTARY double agi_log1p_f64(double x)
{
    double u = 1.0 + x;
    uint64_t shifted = agi_shifted_bits_f64(u);
    double scale = agi_float_f64(((uint64_t)2046 << 52) - (shifted & 0x7ff0000000000000u));
    agi_log_reduced_f64 a;
    a.e = agi_shifted_exponent_f64(shifted);
    a.f = x < 0x1p53 ? x * scale + (scale - 1.0) : agi_shifted_mantissa_f64(shifted) - 1.0;
    return __builtin_copysign(agi_log_special_f64(u, agi_log_sum_f64(a)), x);
}

/* log2(1 + f) = f / ln 2 + f^2 P(f), 1 / ln 2 in two parts. */
AGI_ELEMENTARY float agi_log2_f32(float x)
{
    agi_log_reduced_f32 a = agi_log_reduce_f32(x);
    float p = -0x1.c3715cp-4f;
    p = p * a.f + 0x1.7e193ap-3f;
    p = p * a.f - 0x1.877e78p-3f;
    p = p * a.f + 0x1.a2e548p-3f;
    p = p * a.f - 0x1.eab1p-3f;
    p = p * a.f + 0x1.277ef8p-2f;
    p = p * a.f - 0x1.715acap-2f;
    p = p * a.f + 0x1.ec7094p-2f;
    p = p * a.f - 0x1.71547p-1f;
    float y = a.f * 0x1.715476p+0f + (a.f * 0x1.4ae0cp-26f + a.f * a.f * p);
    return agi_log_special_f32(x, a.e + y);
}

AGI_ELEMENTARY float agi_log10_f32(float x)
{
    agi_log_reduced_f32 a = agi_log_reduce_f32(x);
    float p = -0x1.0effb6p-5f;
    p = p * a.f + 0x1.cb6e48p-5f;
    p = p * a.f - 0x1.d7682ep-5f;
    p = p * a.f + 0x1.f883e6p-5f;
    p = p * a.f - 0x1.276f02p-4f;
    p = p * a.f + 0x1.63cf3cp-4f;
    p = p * a.f - 0x1.bcbf2cp-4f;
    p = p * a.f + 0x1.287a72p-3f;
    p = p * a.f - 0x1.bcb7aap-3f;
    float low = a.e * 0x1.3509f8p-18f + (a.f * -0x1.5b235ep-27f + a.f * a.f * p);
    return agi_log_special_f32(x, a.e * 0x1.344p-2f + (a.f * 0x1.bcb7b2p-2f + low));
}

/* log(1 + f) times 1 / ln(base), both in two parts, plus e log_base(2) in two parts. `high` has
 * 26 bits and inverse_high 32, of which the last are zeros: their product is as good as exact. */
AGI_ELEMENTARY double agi_log_of_base_f64(double x, double inverse_high, double inverse_low,
                                          double two_high, double two_low)
{
    agi_log_reduced_f64 a = agi_log_reduce_f64(x);
    double s = a.f / (2.0 + a.f);
    double half_square = 0.5 * a.f * a.f;
    double high = agi_float_f64(agi_bits_f64(a.f - half_square) & 0xffffffff00000000u);
    double low = s * (half_square + agi_atanh_tail_f64(s * s)) + ((a.f - high) - half_square);
    double big = a.e * two_high;
    double main = high * inverse_high;
    double sum = big + main;
    double rest = ((big - sum) + main) + a.e * two_low;
    rest += (low + high) * inverse_low + low * inverse_high;
    return agi_log_special_f64(x, sum + rest);
}

AGI_ELEMENTARY double agi_log2_f64(double x)
{
    return agi_log_of_base_f64(x, 0x1.71547652p+0, 0x1.705fc2eefa2p-33, 1.0, 0.0);
}

AGI_ELEMENTARY double agi_log10_f64(double x)
{
    return agi_log_of_base_f64(x, 0x1.bcb7b152p-2, 0x1.b9438ca9aadd5p-36, 0x1.34413509f78p-2,
                               0x1.fef311f12b358p-46);
}

#endif
