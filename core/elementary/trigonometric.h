/* sin, cos and tan.
 *
 * sin and cos: x = n pi + r (n a half-integer for cos), |r| <= pi / 2, and sin(r) with the sign of
 * n's parity: one odd polynomial. tan: x = n pi / 2 + r, |r| <= pi / 4, and -1 / tan(r) for odd n.
 * pi is taken in parts so short that n times each but the last is exact, which holds for
 * |x| <= AGI_TRIGONOMETRIC_LIMIT_*. Larger arguments are rare and are libm's: a loop over an array
 * calls agi_sin_array_* and the like, which are right for every x; agi_sin_* and the like alone are
 * right up to the limit and for inf and NaN.
 */
#ifndef AGI_ELEMENTARY_TRIGONOMETRIC_H
#define AGI_ELEMENTARY_TRIGONOMETRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "../vectorize.h"
#include "float_bits.h"

#define AGI_TRIGONOMETRIC_LIMIT_F32 25600.0f
#define AGI_TRIGONOMETRIC_LIMIT_F64 1572864.0

/* x - n pi / divisor = high + low, where n has at most 14 (20) bits. Where a difference is smaller
 * than the part taken off it is exact, so that its error is (a - b) - part always. */
typedef struct {
    float high, low;
} agi_pi_remainder_f32;

typedef struct {
    double high, low;
} agi_pi_remainder_f64;

AGI_ELEMENTARY agi_pi_remainder_f32 agi_subtract_pi_f32(float x, float n, float divisor)
{
    float part3 = n * (0x1.51p-21f / divisor);
    float part4 = n * (0x1.0bp-33f / divisor);
    float a = (x - n * (0x1.92p+1f / divisor)) - n * (0x1.fbp-11f / divisor);
    float b = a - part3;
    float c = b - part4;
    float error = ((a - b) - part3) + ((b - c) - part4);
    return (agi_pi_remainder_f32){c, error - n * (0x1.184698p-43f / divisor)};
}

AGI_ELEMENTARY agi_pi_remainder_f64 agi_subtract_pi_f64(double x, double n, double divisor)
{
    double part2 = n * (0x1.0b4611a6p-33 / divisor);
    double part3 = n * (0x1.3198a2ep-68 / divisor);
    double a = x - n * (0x1.921fb544p+1 / divisor);
    double b = a - part2;
    double c = b - part3;
    double error = ((a - b) - part2) + ((b - c) - part3);
    return (agi_pi_remainder_f64){c, error - n * (0x1.b839a252049c1p-103 / divisor)};
}

/* sin(r + low), |r| <= pi / 2; its rounding may carry it beyond 1 */
AGI_ELEMENTARY float agi_sin_polynomial_f32(float r, float low)
{
    float z = r * r;
    float p = -0x1.adef0cp-26f;
    p = p * z + 0x1.7270cap-19f;
    p = p * z - 0x1.a0212ap-13f;
    p = p * z + 0x1.11113p-7f;
    p = p * z - 0x1.555556p-3f;
    return r + (r * z * p + low * (1.0f - 0.5f * z));
}

AGI_ELEMENTARY double agi_sin_polynomial_f64(double r, double low)
{
    double z = r * r;
    double p = -0x1.85ca96d719bd7p-58;
    p = p * z + 0x1.9072b0848301ap-49;
    p = p * z - 0x1.ae686b620fcbbp-41;
    p = p * z + 0x1.612424beb7207p-33;
    p = p * z - 0x1.ae6455c1aaa71p-26;
    p = p * z + 0x1.71de3a54093e5p-19;
    p = p * z - 0x1.a01a01a01707dp-13;
    p = p * z + 0x1.11111111110ddp-7;
    p = p * z - 0x1.5555555555555p-3;
    return agi_clamp_f64(r + (r * z * p + (low * (1.0 - 0.5 * z))), -1.0, 1.0);
}

/* x with its sign turned if the integer in the low bits of `shifted` is odd */
AGI_ELEMENTARY float agi_negate_if_odd_f32(float x, float shifted)
{
    return agi_float_f32(agi_bits_f32(x) ^ (agi_bits_f32(shifted) << 31));
}

AGI_ELEMENTARY double agi_negate_if_odd_f64(double x, double shifted)
{
    return agi_float_f64(agi_bits_f64(x) ^ (agi_bits_f64(shifted) << 63));
}

AGI_ELEMENTARY float agi_sin_f32(float x)
{
    float shifted = x * 0x1.45f306p-2f + AGI_ROUNDER_F32;
    agi_pi_remainder_f32 r = agi_subtract_pi_f32(x, shifted - AGI_ROUNDER_F32, 1.0f);
    float y = agi_negate_if_odd_f32(agi_sin_polynomial_f32(r.high, r.low), shifted);
    return x == 0.0f ? x : agi_clamp_f32(y, -1.0f, 1.0f);
}

AGI_ELEMENTARY double agi_sin_f64(double x)
{
    double shifted = x * 0x1.45f306dc9c883p-2 + AGI_ROUNDER_F64;
    agi_pi_remainder_f64 r = agi_subtract_pi_f64(x, shifted - AGI_ROUNDER_F64, 1.0);
    double y = agi_negate_if_odd_f64(agi_sin_polynomial_f64(r.high, r.low), shifted);
    return x == 0.0 ? x : agi_clamp_f64(y, -1.0, 1.0);
}

AGI_ELEMENTARY float agi_cos_f32(float x)
{
    float shifted = (x * 0x1.45f306p-2f + 0.5f) + AGI_ROUNDER_F32;
    agi_pi_remainder_f32 r = agi_subtract_pi_f32(x, (shifted - AGI_ROUNDER_F32) - 0.5f, 1.0f);
    float y = agi_negate_if_odd_f32(agi_sin_polynomial_f32(r.high, r.low), shifted);
    return agi_clamp_f32(y, -1.0f, 1.0f);
}

AGI_ELEMENTARY double agi_cos_f64(double x)
{
    double shifted = (x * 0x1.45f306dc9c883p-2 + 0.5) + AGI_ROUNDER_F64;
    agi_pi_remainder_f64 r = agi_subtract_pi_f64(x, (shifted - AGI_ROUNDER_F64) - 0.5, 1.0);
    double y = agi_negate_if_odd_f64(agi_sin_polynomial_f64(r.high, r.low), shifted);
    return agi_clamp_f64(y, -1.0, 1.0);
}

AGI_ELEMENTARY float agi_tan_f32(float x)
{
    float shifted = x * 0x1.45f306p-1f + AGI_ROUNDER_F32;
    agi_pi_remainder_f32 remainder = agi_subtract_pi_f32(x, shifted - AGI_ROUNDER_F32, 2.0f);
    float r = remainder.high;
    float z = r * r;
    float p = 0x1.1f187ap-8f;
    p = p * z + 0x1.5d4066p-14f;
    p = p * z + 0x1.632428p-7f;
    p = p * z + 0x1.5cb20cp-6f;
    p = p * z + 0x1.badae4p-5f;
    p = p * z + 0x1.110d9ap-3f;
    p = p * z + 0x1.55556p-2f;
    float t = r + (r * z * p + (remainder.low + z * remainder.low));
    float odd = agi_float_f32((agi_bits_f32(shifted) << 31) | 0x3f800000u);
    return x == 0.0f ? x : odd < 0.0f ? -1.0f / t : t;
}

AGI_ELEMENTARY double agi_tan_f64(double x)
{
    double shifted = x * 0x1.45f306dc9c883p-1 + AGI_ROUNDER_F64;
    agi_pi_remainder_f64 remainder = agi_subtract_pi_f64(x, shifted - AGI_ROUNDER_F64, 2.0);
    double r = remainder.high;
    double z = r * r;
    double p = 0x1.5fee9d72b657bp-16;
    p = p * z - 0x1.7c68513bbc6cep-15;
    p = p * z + 0x1.7ad9d0c96f918p-14;
    p = p * z - 0x1.ca9bf17887796p-16;
    p = p * z + 0x1.1fba049205396p-13;
    p = p * z + 0x1.d1adb8c617cadp-13;
    p = p * z + 0x1.380b23a35eb62p-11;
    p = p * z + 0x1.7d59612e5153dp-10;
    p = p * z + 0x1.d6d95dc202a2ep-9;
    p = p * z + 0x1.226e112d98ffap-7;
    p = p * z + 0x1.664f49b33bac3p-6;
    p = p * z + 0x1.ba1ba1b430b3bp-5;
    p = p * z + 0x1.11111111187e3p-3;
    p = p * z + 0x1.55555555554edp-2;
    double t = r + (r * z * p + (remainder.low + z * remainder.low));
    double odd = agi_float_f64((agi_bits_f64(shifted) << 63) | 0x3ff0000000000000u);
    return x == 0.0 ? x : odd < 0.0 ? -1.0 / t : t;
}

/* 1 where x is finite and beyond the limit. */
AGI_ELEMENTARY uint32_t agi_trigonometric_is_large_f32(float x)
{
    float a = __builtin_fabsf(x);
    return (a > AGI_TRIGONOMETRIC_LIMIT_F32) & (a < INFINITY);
}

AGI_ELEMENTARY uint64_t agi_trigonometric_is_large_f64(double x)
{
    double a = __builtin_fabs(x);
    return (a > AGI_TRIGONOMETRIC_LIMIT_F64) & (a < (double)INFINITY);
}

/* agi_NAME_array_*(x, y, count): y[i] = NAME(x[i]), y may be x. A block is looked through for large
 * arguments first, which costs little, and only a block that has one calls libm. */
#define AGI_TRIGONOMETRIC_ARRAY(name, suffix, type, bits, libm) \
    AGI_ELEMENTARY void agi_##name##_array_##suffix(const type *x, type *y, size_t count) \
    { \
        for (size_t begin = 0; begin < count; begin += 512) { \
            size_t end = count - begin < 512 ? count : begin + 512; \
            bits large = 0; \
            for (size_t i = begin; i < end; i++) { \
                large |= agi_trigonometric_is_large_##suffix(x[i]); \
            } \
            if (large) { \
                for (size_t i = begin; i < end; i++) { \
                    bool rare = agi_trigonometric_is_large_##suffix(x[i]); \
                    y[i] = rare ? libm(x[i]) : agi_##name##_##suffix(x[i]); \
                } \
            } else { \
                AGI_INDEPENDENT_STEPS \
                for (size_t i = begin; i < end; i++) { \
                    y[i] = agi_##name##_##suffix(x[i]); \
                } \
            } \
        } \
    }

AGI_TRIGONOMETRIC_ARRAY(sin, f32, float, uint32_t, sinf)
AGI_TRIGONOMETRIC_ARRAY(sin, f64, double, uint64_t, sin)
AGI_TRIGONOMETRIC_ARRAY(cos, f32, float, uint32_t, cosf)
AGI_TRIGONOMETRIC_ARRAY(cos, f64, double, uint64_t, cos)
AGI_TRIGONOMETRIC_ARRAY(tan, f32, float, uint32_t, tanf)
AGI_TRIGONOMETRIC_ARRAY(tan, f64, double, uint64_t, tan)

#undef AGI_TRIGONOMETRIC_ARRAY

#endif
