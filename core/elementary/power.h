/* pow with all of C99's special cases; a result that is representable is exact. */
#ifndef AGI_ELEMENTARY_POWER_H
#define AGI_ELEMENTARY_POWER_H

#include "exponential.h"
#include "logarithm.h"

/* What pow(x, y) is, given |x|^y for finite x != 0 and y clamped to be finite. y is an integer if
 * adding 2^23 (2^52) loses nothing; then the sum's last bit says whether it is odd. */
AGI_ELEMENTARY float agi_pow_special_f32(float x, float y, float power)
{
    float a = __builtin_fabsf(x), b = __builtin_fabsf(y);
    float sum = b < 0x1p23f ? b + 0x1p23f : b;
    float whole = b < 0x1p23f ? sum - 0x1p23f : b;
    power = a == 0.0f ? (y < 0.0f ? INFINITY : 0.0f) : power;
    power = a == INFINITY ? (y < 0.0f ? 0.0f : INFINITY) : power;
    uint32_t sign_bit = agi_bits_f32(x) & (agi_bits_f32(sum) << 31);
    float sign = agi_float_f32(sign_bit | 0x3f800000u);
    power = ((b < 0x1p24f) & (whole == b)) ? power * sign : power;
    power = ((x < 0.0f) & (a < INFINITY) & (whole != b)) ? NAN : power;
    power = ((x != x) | (y != y)) ? x + y : power;
    return ((x == 1.0f) | (y == 0.0f)) ? 1.0f : power;
}

AGI_ELEMENTARY double agi_pow_special_f64(double x, double y, double power)
{
    double a = __builtin_fabs(x), b = __builtin_fabs(y);
    double sum = b < 0x1p52 ? b + 0x1p52 : b;
    double whole = b < 0x1p52 ? sum - 0x1p52 : b;
    power = a == 0.0 ? (y < 0.0 ? (double)INFINITY : 0.0) : power;
    power = a == (double)INFINITY ? (y < 0.0 ? 0.0 : (double)INFINITY) : power;
    uint64_t sign_bit = agi_bits_f64(x) & (agi_bits_f64(sum) << 63);
    double sign = agi_float_f64(sign_bit | 0x3ff0000000000000u);
    power = ((b < 0x1p53) & (whole == b)) ? power * sign : power;
    power = ((x < 0.0) & (a < (double)INFINITY) & (whole != b)) ? (double)NAN : power;
    power = ((x != x) | (y != y)) ? x + y : power;
    return ((x == 1.0) | (y == 0.0)) ? 1.0 : power;
}

/* In double, where 2^-37 of relative error in log2 and 2^-34 in exp2 are enough and no float is
 * denormal: log2(m) = 2 atanh(s) / ln 2, s = f / (2 + f). */
AGI_ELEMENTARY float agi_pow_f32(float x, float y)
{
    uint64_t bits = agi_shifted_bits_f64((double)__builtin_fabsf(x));
    double f = agi_shifted_mantissa_f64(bits) - 1.0;
    double s = f / (2.0 + f);
    double z = s * s;
    double log2 = 0x1.5cea015e9088fp-2;
    log2 = log2 * z + 0x1.a58d72b098e6ep-2;
    log2 = log2 * z + 0x1.277780151e53p-1;
    log2 = log2 * z + 0x1.ec709d1297783p-1;
    log2 = log2 * z + 0x1.71547652bee1dp+1;
    log2 = log2 * s + agi_shifted_exponent_f64(bits);

    double t = (double)agi_clamp_f32(y, -0x1p40f, 0x1p40f) * log2;
    t = agi_clamp_f64(t, -200.0, 200.0);
    double shifted = t + AGI_ROUNDER_F64;
    double r = t - (shifted - AGI_ROUNDER_F64);
    double p = 0x1.fde5fe328a61ep-17;
    p = p * r + 0x1.445c840469a21p-13;
    p = p * r + 0x1.5d8a85fe7833cp-10;
    p = p * r + 0x1.3b29f39d4d49cp-7;
    p = p * r + 0x1.c6b08ac06c325p-5;
    p = p * r + 0x1.ebfbe0778724bp-3;
    p = p * r + 0x1.62e42ff0e191dp-1;
    double power = (1.0 + p * r) * agi_power_of_two_f64(shifted, 0);
    return agi_pow_special_f32(x, y, (float)power);
}

typedef struct {
    double high, low;
} agi_double_double;

/* log(a) to about 68 bits, `high` of which has 26. All factors that meet in a high part have at
 * most 26 bits. log(m) = 2/3 s (3 + s^2 + 3/2 s^4 R(s^2)), s = f / (2 + f), |s| <= 0.172. */
AGI_ELEMENTARY agi_double_double agi_log_double_double(double a)
{
    agi_log_reduced_f64 reduced = agi_log_reduce_f64(a);
    double f = reduced.f, e = reduced.e;
    double denominator = 2.0 + f;
    double inverse = 1.0 / denominator;
    double denominator_high = agi_upper_half_f64(denominator);
    double denominator_low = f - (denominator_high - 2.0);
    double s_high = agi_upper_half_f64(f * inverse);
    double s_low = ((f - s_high * denominator_high) - s_high * denominator_low) * inverse;
    double s = s_high + s_low;
    double z_high = s_high * s_high;
    double z_low = s_low * (s_high + s);
    double z = z_high + z_low;

    double p = 0x1.eac11cfc1c1ffp-4;
    p = p * z + 0x1.de3e0bb1fe6a7p-4;
    p = p * z + 0x1.11206b135facfp-3;
    p = p * z + 0x1.3b1364e5f6c3cp-3;
    p = p * z + 0x1.745d1828ea048p-3;
    p = p * z + 0x1.c71c71c597611p-3;
    p = p * z + 0x1.2492492492f4cp-2;
    p = p * z + 0x1.9999999999996p-2;
    double rest = 1.5 * p * z * z + z_low;

    double factor_high = agi_upper_half_f64(3.0 + z_high + rest);
    double factor_low = rest - ((factor_high - 3.0) - z_high);
    double main = s_high * factor_high;
    double correction = s_low * factor_high + factor_low * s;
    double product_high = agi_upper_half_f64(main + correction);
    double product_low = correction - (product_high - main);

    /* times 2/3, plus e ln 2, each constant in two parts */
    double log_high = product_high * 0x1.555555p-1;
    double log_low = product_high * 0x1.5555555555555p-27 + product_low * 0x1.5555555555555p-1;
    double big = e * 0x1.62e42fefa38p-1;
    double sum = big + log_high;
    double low = ((big - sum) + log_high) + (log_low + e * 0x1.ef35793c7673p-45);
    double high = agi_upper_half_f64(sum + low);
    return (agi_double_double){high, low - (high - sum)};
}

AGI_ELEMENTARY double agi_pow_f64(double x, double y)
{
    agi_double_double log = agi_log_double_double(__builtin_fabs(x));
    double bounded = agi_clamp_f64(y, -0x1p64, 0x1p64);
    double upper = agi_upper_half_f64(bounded);
    double main = upper * log.high;
    double rest = (bounded - upper) * log.high + bounded * log.low;
    double high = main + rest;
    double low = rest - (high - main);
    low = __builtin_fabs(high) > 800.0 ? 0.0 : low;
    high = agi_clamp_f64(high, -800.0, 800.0);

    /* e^(high + low), with r in two parts, so that only the last addition rounds */
    double shifted = high * 0x1.71547652b82fep+0 + AGI_ROUNDER_F64;
    double n = shifted - AGI_ROUNDER_F64;
    double r_main = high - n * 0x1.62e42feep-1;
    double r_rest = low - n * 0x1.a39ef35793c76p-33;
    double r = r_main + r_rest;
    double r_low = r_rest - (r - r_main);
    double one_plus_r = 1.0 + r;
    double tail = (r - (one_plus_r - 1.0)) + (r_low + r * r * agi_exp_tail_f64(r));
    return agi_pow_special_f64(x, y, agi_scale_f64(one_plus_r + tail, shifted));
}

#endif
