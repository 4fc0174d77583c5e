/* asin, acos, atan and atan2, by odd minimax polynomials. */
#ifndef AGI_ELEMENTARY_INVERSE_TRIGONOMETRIC_H
#define AGI_ELEMENTARY_INVERSE_TRIGONOMETRIC_H

#include "float_bits.h"

/* pi / 2 in two parts; pi is twice that. */
#define AGI_HALF_PI_F32 0x1.921fb6p+0f
#define AGI_HALF_PI_LOW_F32 -0x1.777a5cp-25f
#define AGI_HALF_PI_F64 0x1.921fb54442d18p+0
#define AGI_HALF_PI_LOW_F64 0x1.1a62633145c07p-54

/* (asin(s) - s) / s at z = s^2 <= 1/4 */
AGI_ELEMENTARY float agi_asin_tail_f32(float z)
{
    float p = 0x1.596a7ep-5f;
    p = p * z + 0x1.8c30b4p-6f;
    p = p * z + 0x1.747cbep-5f;
    p = p * z + 0x1.3301fep-4f;
    p = p * z + 0x1.5555c8p-3f;
    return p * z;
}

AGI_ELEMENTARY double agi_asin_tail_f64(double z)
{
    double p = 0x1.0b7205b37454ap-5;
    p = p * z - 0x1.58825b47200d6p-6;
    p = p * z + 0x1.63f6350de18b1p-6;
    p = p * z + 0x1.e4dcd1b187bcbp-9;
    p = p * z + 0x1.614e1abb4519p-7;
    p = p * z + 0x1.75829a894d308p-7;
    p = p * z + 0x1.ca1fe269719c4p-7;
    p = p * z + 0x1.1c49ed235bd06p-6;
    p = p * z + 0x1.6e8bdf08f8534p-6;
    p = p * z + 0x1.f1c71a93b97ebp-6;
    p = p * z + 0x1.6db6db7214efbp-5;
    p = p * z + 0x1.333333332e11p-4;
    p = p * z + 0x1.5555555555577p-3;
    return p * z;
}

/* |x| > 1/2: asin|x| = pi / 2 - 2 asin(s), s = sqrt((1 - |x|) / 2), where the square root of a
 * negative number gives the NaN of |x| > 1. */
AGI_ELEMENTARY float agi_asin_f32(float x)
{
    float a = __builtin_fabsf(x);
    float z = a > 0.5f ? 0.5f - 0.5f * a : a * a;
    float s = a > 0.5f ? __builtin_sqrtf(z) : a;
    float tail = s * agi_asin_tail_f32(z);
    float main = AGI_HALF_PI_F32 - 2.0f * s;
    float error = (AGI_HALF_PI_F32 - main) - 2.0f * s;
    float near_one = main - (2.0f * tail - (AGI_HALF_PI_LOW_F32 + error));
    return __builtin_copysignf(a > 0.5f ? near_one : s + tail, x);
}

AGI_ELEMENTARY double agi_asin_f64(double x)
{
    double a = __builtin_fabs(x);
    double z = a > 0.5 ? 0.5 - 0.5 * a : a * a;
    double s = a > 0.5 ? __builtin_sqrt(z) : a;
    double tail = s * agi_asin_tail_f64(z);
    double main = AGI_HALF_PI_F64 - 2.0 * s;
    double error = (AGI_HALF_PI_F64 - main) - 2.0 * s;
    double near_one = main - (2.0 * tail - (AGI_HALF_PI_LOW_F64 + error));
    return __builtin_copysign(a > 0.5 ? near_one : s + tail, x);
}

/* |x| <= 1/2: pi / 2 - asin(x); x > 1/2: 2 asin(s); x < -1/2: pi - 2 asin(s). */
AGI_ELEMENTARY float agi_acos_f32(float x)
{
    float a = __builtin_fabsf(x);
    float z = a > 0.5f ? 0.5f - 0.5f * a : a * a;
    float s = a > 0.5f ? 2.0f * __builtin_sqrtf(z) : x;
    float tail = s * agi_asin_tail_f32(z);
    float base = x < -0.5f ? 2.0f * AGI_HALF_PI_F32 : AGI_HALF_PI_F32;
    float base_low = x < -0.5f ? 2.0f * AGI_HALF_PI_LOW_F32 : AGI_HALF_PI_LOW_F32;
    return x > 0.5f ? s + tail : base - (s + (tail - base_low));
}

AGI_ELEMENTARY double agi_acos_f64(double x)
{
    double a = __builtin_fabs(x);
    double z = a > 0.5 ? 0.5 - 0.5 * a : a * a;
    double s = a > 0.5 ? 2.0 * __builtin_sqrt(z) : x;
    double tail = s * agi_asin_tail_f64(z);
    double base = x < -0.5 ? 2.0 * AGI_HALF_PI_F64 : AGI_HALF_PI_F64;
    double base_low = x < -0.5 ? 2.0 * AGI_HALF_PI_LOW_F64 : AGI_HALF_PI_LOW_F64;
    return x > 0.5 ? s + tail : base - (s + (tail - base_low));
}

/* atan(t), 0 <= t <= 1 */
AGI_ELEMENTARY float agi_atan_polynomial_f32(float t)
{
    float z = t * t;
    float p = -0x1.d5a1aap-10f;
    p = p * z + 0x1.6551e2p-7f;
    p = p * z - 0x1.fe7d24p-6f;
    p = p * z + 0x1.da9c2ep-5f;
    p = p * z - 0x1.5825f2p-4f;
    p = p * z + 0x1.c0946cp-4f;
    p = p * z - 0x1.24211ap-3f;
    p = p * z + 0x1.9991ecp-3f;
    p = p * z - 0x1.55553ep-2f;
    return t + t * z * p;
}

AGI_ELEMENTARY double agi_atan_polynomial_f64(double t)
{
    double z = t * t;
    double p = 0x1.bbed95992aba7p-17;
    p = p * z - 0x1.3f3647754a54bp-13;
    p = p * z + 0x1.b3fac5754959p-11;
    p = p * z - 0x1.7a39969fb0f82p-9;
    p = p * z + 0x1.d7b923ef719a1p-8;
    p = p * z - 0x1.c78fcadaa256fp-7;
    p = p * z + 0x1.683cc85121c0bp-6;
    p = p * z - 0x1.e9fa0cc47886fp-6;
    p = p * z + 0x1.2c2e5c90683cap-5;
    p = p * z - 0x1.59a3ff0f91a35p-5;
    p = p * z + 0x1.82dad7943c62ep-5;
    p = p * z - 0x1.ae5e72bebef5p-5;
    p = p * z + 0x1.e1bba66bb85f4p-5;
    p = p * z - 0x1.110e5126f6eadp-4;
    p = p * z + 0x1.3b13669a2984fp-4;
    p = p * z - 0x1.745d11ae74c19p-4;
    p = p * z + 0x1.c71c717fcf76bp-4;
    p = p * z - 0x1.249249237f57dp-3;
    p = p * z + 0x1.99999999955b4p-3;
    p = p * z - 0x1.5555555555526p-2;
    return t + t * z * p;
}

/* |x| > 1: atan|x| = pi / 2 - atan(1 / |x|) */
AGI_ELEMENTARY float agi_atan_f32(float x)
{
    float a = __builtin_fabsf(x);
    float p = agi_atan_polynomial_f32(a > 1.0f ? 1.0f / a : a);
    p = a > 1.0f ? AGI_HALF_PI_F32 - (p - AGI_HALF_PI_LOW_F32) : p;
    return __builtin_copysignf(p, x);
}

AGI_ELEMENTARY double agi_atan_f64(double x)
{
    double a = __builtin_fabs(x);
    double p = agi_atan_polynomial_f64(a > 1.0 ? 1.0 / a : a);
    p = a > 1.0 ? AGI_HALF_PI_F64 - (p - AGI_HALF_PI_LOW_F64) : p;
    return __builtin_copysign(p, x);
}

/* The angle of (x, y): atan of the smaller over the larger coordinate, unfolded. It is pi / 4 on
 * the diagonals, those through the infinities too, and 0 at the origin, as C99 has it. `base`
 * counts right angles: 1 near the y axis, 2 near the x axis on the left, else 0. */
AGI_ELEMENTARY float agi_atan2_f32(float y, float x)
{
    float ax = __builtin_fabsf(x), ay = __builtin_fabsf(y);
    float small = ay > ax ? ax : ay, large = ay > ax ? ay : ax;
    float p = agi_atan_polynomial_f32(small / large);
    p = small == large ? (large == 0.0f ? 0.0f : 0.5f * AGI_HALF_PI_F32) : p;
    float left = __builtin_copysignf(1.0f, x);
    float base = ay > ax ? 1.0f : 1.0f - left;
    float turn = ay > ax ? -left : left;
    p = base * AGI_HALF_PI_F32 + (turn * p + base * AGI_HALF_PI_LOW_F32);
    return __builtin_copysignf(p, y);
}

AGI_ELEMENTARY double agi_atan2_f64(double y, double x)
{
    double ax = __builtin_fabs(x), ay = __builtin_fabs(y);
    double small = ay > ax ? ax : ay, large = ay > ax ? ay : ax;
    double p = agi_atan_polynomial_f64(small / large);
    p = small == large ? (large == 0.0 ? 0.0 : 0.5 * AGI_HALF_PI_F64) : p;
    double left = __builtin_copysign(1.0, x);
    double base = ay > ax ? 1.0 : 1.0 - left;
    double turn = ay > ax ? -left : left;
    p = base * AGI_HALF_PI_F64 + (turn * p + base * AGI_HALF_PI_LOW_F64);
    return __builtin_copysign(p, y);
}

#endif
