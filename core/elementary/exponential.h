/* exp, exp2 and expm1.
 *
 * e^x = 2^n e^r with n = rint(x / ln 2), |r| <= ln 2 / 2; n ln 2 is taken off in two parts, of
 * which n times the first is exact. e^r is a minimax polynomial of degree 6 (float, relative
 * error 2^-28) or 11 (double, 2^-57).
 */
#ifndef AGI_ELEMENTARY_EXPONENTIAL_H
#define AGI_ELEMENTARY_EXPONENTIAL_H

#include "float_bits.h"

/* x = n ln 2 + r; `shifted` holds n in its low bits. */
typedef struct {
    float shifted, n, r;
} agi_exp_reduced_f32;

typedef struct {
    double shifted, n, r;
} agi_exp_reduced_f64;

AGI_ELEMENTARY agi_exp_reduced_f32 agi_exp_reduce_f32(float x)
{
    agi_exp_reduced_f32 a;
    a.shifted = x * 0x1.715476p+0f + AGI_ROUNDER_F32;
    a.n = a.shifted - AGI_ROUNDER_F32;
    a.r = (x - a.n * 0x1.62e4p-1f) - a.n * 0x1.7f7d1cp-20f;
    return a;
}

/* The same for x = high + low. */
AGI_ELEMENTARY agi_exp_reduced_f32 agi_exp_reduce_sum_f32(float high, float low)
{
    agi_exp_reduced_f32 a;
    a.shifted = (high + low) * 0x1.715476p+0f + AGI_ROUNDER_F32;
    a.n = a.shifted - AGI_ROUNDER_F32;
    a.r = (high - a.n * 0x1.62e4p-1f) + (low - a.n * 0x1.7f7d1cp-20f);
    return a;
}

AGI_ELEMENTARY agi_exp_reduced_f64 agi_exp_reduce_f64(double x)
{
    agi_exp_reduced_f64 a;
    a.shifted = x * 0x1.71547652b82fep+0 + AGI_ROUNDER_F64;
    a.n = a.shifted - AGI_ROUNDER_F64;
    a.r = (x - a.n * 0x1.62e42feep-1) - a.n * 0x1.a39ef35793c76p-33;
    return a;
}

/* The same for x = high + low. */
AGI_ELEMENTARY agi_exp_reduced_f64 agi_exp_reduce_sum_f64(double high, double low)
{
    agi_exp_reduced_f64 a;
    a.shifted = (high + low) * 0x1.71547652b82fep+0 + AGI_ROUNDER_F64;
    a.n = a.shifted - AGI_ROUNDER_F64;
    a.r = (high - a.n * 0x1.62e42feep-1) + (low - a.n * 0x1.a39ef35793c76p-33);
    return a;
}

/* e^x 2^offset = power e^r. The bits of `shifted` hold n and the bias of an exponent, so that one
 * shift makes the power: n + offset must be one that normal numbers have, or one less or more,
 * which make 0 and inf. */
typedef struct {
    float power, r;
} agi_exp_split_f32;

typedef struct {
    double power, r;
} agi_exp_split_f64;

AGI_ELEMENTARY agi_exp_split_f32 agi_exp_split_sum_f32(float high, float low, int offset)
{
    float rounder = AGI_ROUNDER_F32 + (float)(127 + offset);
    float shifted = (high + low) * 0x1.715476p+0f + rounder;
    float n = shifted - rounder;
    float r = (high - n * 0x1.62e4p-1f) + (low - n * 0x1.7f7d1cp-20f);
    return (agi_exp_split_f32){agi_float_f32(agi_bits_f32(shifted) << 23), r};
}

AGI_ELEMENTARY agi_exp_split_f64 agi_exp_split_sum_f64(double high, double low, int offset)
{
    double rounder = AGI_ROUNDER_F64 + (double)(1023 + offset);
    double shifted = (high + low) * 0x1.71547652b82fep+0 + rounder;
    double n = shifted - rounder;
    double r = (high - n * 0x1.62e42feep-1) + (low - n * 0x1.a39ef35793c76p-33);
    return (agi_exp_split_f64){agi_float_f64(agi_bits_f64(shifted) << 52), r};
}

AGI_ELEMENTARY agi_exp_split_f32 agi_exp_split_of_f32(float x, int offset)
{
    float rounder = AGI_ROUNDER_F32 + (float)(127 + offset);
    float shifted = x * 0x1.715476p+0f + rounder;
    float n = shifted - rounder;
    float r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f;
    return (agi_exp_split_f32){agi_float_f32(agi_bits_f32(shifted) << 23), r};
}

AGI_ELEMENTARY agi_exp_split_f64 agi_exp_split_of_f64(double x, int offset)
{
    double rounder = AGI_ROUNDER_F64 + (double)(1023 + offset);
    double shifted = x * 0x1.71547652b82fep+0 + rounder;
    double n = shifted - rounder;
    double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
    return (agi_exp_split_f64){agi_float_f64(agi_bits_f64(shifted) << 52), r};
}

/* (e^r - 1 - r) / r^2 on |r| <= 0.348 */
AGI_ELEMENTARY float agi_exp_tail_f32(float r)
{
    float p = 0x1.6b778p-10f;
    p = p * r + 0x1.122936p-7f;
    p = p * r + 0x1.555714p-5f;
    p = p * r + 0x1.5554aep-3f;
    return p * r + 0x1.fffffep-2f;
}

/* In odd and even powers, which do not wait for each other. */
AGI_ELEMENTARY double agi_exp_tail_f64(double r)
{
    double z = r * r;
    double odd = 0x1.ae74b5c79fcc2p-26;
    double even = 0x1.28a355ede618ap-22;
    odd = odd * z + 0x1.71de8376f3d41p-19;
    even = even * z + 0x1.a019a5f214abep-16;
    odd = odd * z + 0x1.a01a0176a2e5dp-13;
    even = even * z + 0x1.6c16c17f5e95ap-10;
    odd = odd * z + 0x1.1111111118c6p-7;
    even = even * z + 0x1.5555555552092p-5;
    odd = odd * z + 0x1.555555555553ap-3;
    even = even * z + 0x1.0000000000005p-1;
    return odd * r + even;
}

/* e^r - 1, e^r */
AGI_ELEMENTARY float agi_expm1_polynomial_f32(float r)
{
    return r + r * r * agi_exp_tail_f32(r);
}

AGI_ELEMENTARY float agi_exp_polynomial_f32(float r)
{
    return 1.0f + agi_expm1_polynomial_f32(r);
}

/* e^r - 1, e^r */
AGI_ELEMENTARY double agi_expm1_polynomial_f64(double r)
{
    return r + r * r * agi_exp_tail_f64(r);
}

AGI_ELEMENTARY double agi_exp_polynomial_f64(double r)
{
    return 1.0 + agi_expm1_polynomial_f64(r);
}

/* e^r = over / under, each 6.5 within a fifth: coth(r / 2) = (e^r + 1) / (e^r - 1), so that they
 * are k r coth(r / 2) +- k r, of which the first is even: half of the coefficients of a polynomial
 * for e^r. For where a division is due anyway. k = 3.25 keeps both far from powers of two, behind
 * which rounding errors double. */
typedef struct {
    float over, under;
} agi_exp_ratio_f32;

typedef struct {
    double over, under;
} agi_exp_ratio_f64;

AGI_ELEMENTARY agi_exp_ratio_f32 agi_exp_as_ratio_f32(float r)
{
    float z = r * r;
    float even = (-0x1.2690e6p-7f * z + 0x1.15552p-1f) * z + 6.5f;
    float odd = 3.25f * r;
    float over = even + odd;
    return (agi_exp_ratio_f32){over, over - (odd + odd)};
}

AGI_ELEMENTARY agi_exp_ratio_f64 agi_exp_as_ratio_f64(double r)
{
    double z = r * r;
    double even = 0x1.20aad228543dap-23;
    even = even * z - 0x1.689bf99ce885cp-18;
    even = even * z + 0x1.c2c6d577f07fcp-13;
    even = even * z - 0x1.27d27d27a0f7bp-7;
    even = even * z + 0x1.1555555555535p-1;
    even = even * z + 6.5;
    double odd = 3.25 * r;
    double over = even + odd;
    return (agi_exp_ratio_f64){over, over - (odd + odd)};
}

/* 2^(n + offset) for a normal result, from the low bits of `shifted`. */
AGI_ELEMENTARY float agi_power_of_two_f32(float shifted, int offset)
{
    return agi_float_f32((agi_bits_f32(shifted) << 23) + ((uint32_t)(127 + offset) << 23));
}

AGI_ELEMENTARY double agi_power_of_two_f64(double shifted, int offset)
{
    return agi_float_f64((agi_bits_f64(shifted) << 52) + ((uint64_t)(1023 + offset) << 52));
}

/* p 2^n in two steps, so that an overflow gives inf and a denormal result is rounded once. */
AGI_ELEMENTARY float agi_scale_f32(float p, float shifted)
{
    uint32_t n = agi_bits_f32(shifted);
    uint32_t half = ((n << 22) & 0xff800000u) + (127u << 23);
    uint32_t rest = (n << 23) - half + (254u << 23);
    return p * agi_float_f32(half) * agi_float_f32(rest);
}

AGI_ELEMENTARY double agi_scale_f64(double p, double shifted)
{
    uint64_t n = agi_bits_f64(shifted);
    uint64_t half = ((n << 51) & 0xfff0000000000000u) + ((uint64_t)1023 << 52);
    uint64_t rest = (n << 52) - half + ((uint64_t)2046 << 52);
    return p * agi_float_f64(half) * agi_float_f64(rest);
}

AGI_ELEMENTARY float agi_exp_f32(float x)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(x, -104.0f, 89.0f));
    return agi_scale_f32(agi_exp_polynomial_f32(a.r), a.shifted);
}

AGI_ELEMENTARY double agi_exp_f64(double x)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(x, -746.0, 710.0));
    return agi_scale_f64(agi_exp_polynomial_f64(a.r), a.shifted);
}

/* e^x 2^64 (2^512) for x <= 0, which is never denormal: below the clamp it stays at 2^-125 (2^-930)
 * and is nothing beside the 2^64 of x = 0. */
#define AGI_RAISED_F32 0x1p64f
#define AGI_RAISED_F64 0x1p512

AGI_ELEMENTARY float agi_raised_exp_f32(float x)
{
    agi_exp_split_f32 a = agi_exp_split_of_f32(agi_at_least_f32(x, -131.0f), 64);
    return a.power + a.power * agi_expm1_polynomial_f32(a.r);
}

AGI_ELEMENTARY double agi_raised_exp_f64(double x)
{
    agi_exp_split_f64 a = agi_exp_split_of_f64(agi_at_least_f64(x, -1000.0), 512);
    return a.power + a.power * agi_expm1_polynomial_f64(a.r);
}

/* 2^r on |r| <= 1/2 */
AGI_ELEMENTARY float agi_exp2_polynomial_f32(float r)
{
    float p = 0x1.3fa206p-13f;
    p = p * r + 0x1.5f0b82p-10f;
    p = p * r + 0x1.3b30ap-7f;
    p = p * r + 0x1.c6af76p-5f;
    p = p * r + 0x1.ebfbd8p-3f;
    p = p * r + 0x1.62e43p-1f;
    return 1.0f + p * r;
}

AGI_ELEMENTARY float agi_exp2_f32(float x)
{
    x = agi_clamp_f32(x, -151.0f, 129.0f);
    float shifted = x + AGI_ROUNDER_F32;
    return agi_scale_f32(agi_exp2_polynomial_f32(x - (shifted - AGI_ROUNDER_F32)), shifted);
}

AGI_ELEMENTARY double agi_exp2_f64(double x)
{
    x = agi_clamp_f64(x, -1076.0, 1025.0);
    double shifted = x + AGI_ROUNDER_F64;
    double r = x - (shifted - AGI_ROUNDER_F64);
    double p = 0x1.e9731780488cp-32;
    p = p * r + 0x1.e61d4332035bap-28;
    p = p * r + 0x1.b52522bc20bcdp-24;
    p = p * r + 0x1.62bfc6596be6ap-20;
    p = p * r + 0x1.ffcbfc6685ee5p-17;
    p = p * r + 0x1.4309130f6cbdbp-13;
    p = p * r + 0x1.5d87fe789e96fp-10;
    p = p * r + 0x1.3b2ab6fb9fda6p-7;
    p = p * r + 0x1.c6b08d704a12cp-5;
    p = p * r + 0x1.ebfbdff82c5a6p-3;
    p = p * r + 0x1.62e42fefa39efp-1;
    return agi_scale_f64(1.0 + p * r, shifted);
}

/* 2^n (e^r - 1) + (2^n - 1), in which nothing cancels, since |r| <= ln 2 / 2, and 2^n r is exact.
 * Halved, so that 2^n stays in range; at n = 0 that would lose a denormal's last bit. */
AGI_ELEMENTARY float agi_expm1_f32(float x)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(x, -18.0f, 89.0f));
    float tail = a.r * a.r * agi_exp_tail_f32(a.r);
    float power = agi_power_of_two_f32(a.shifted, -1);
    float y = 2.0f * (tail * power + (a.r * power + (power - 0.5f)));
    return __builtin_copysignf(a.n == 0.0f ? a.r + tail : y, x);
}

AGI_ELEMENTARY double agi_expm1_f64(double x)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(x, -38.0, 710.0));
    double tail = a.r * a.r * agi_exp_tail_f64(a.r);
    double power = agi_power_of_two_f64(a.shifted, -1);
    double y = 2.0 * (tail * power + (a.r * power + (power - 0.5)));
    return __builtin_copysign(a.n == 0.0 ? a.r + tail : y, x);
}

#endif
