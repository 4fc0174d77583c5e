/* tanh, sinh and cosh, from e^x or e^x - 1 of |x|. */
#ifndef AGI_ELEMENTARY_HYPERBOLIC_H
#define AGI_ELEMENTARY_HYPERBOLIC_H

#include "exponential.h"

/* |x| < 0.55: an odd polynomial; beyond it tanh|x| = 1 - 2 / (e^(2|x|) + 1), which is 1 to the last
 * bit where the clamp acts. */
AGI_ELEMENTARY float agi_tanh_f32(float x)
{
    float size = __builtin_fabsf(x);
    float z = size * size;
    float p = -0x1.958c74p-8f;
    p = p * z + 0x1.584238p-6f;
    p = p * z - 0x1.b90a76p-5f;
    p = p * z + 0x1.110c7p-3f;
    p = p * z - 0x1.555548p-2f;
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(2.0f * size, 0.0f, 20.0f));
    float power = agi_power_of_two_f32(a.shifted, 0);
    float large = 1.0f - 2.0f / (agi_expm1_polynomial_f32(a.r) * power + (power + 1.0f));
    return __builtin_copysignf(size < 0.55f ? size + size * z * p : large, x);
}

AGI_ELEMENTARY double agi_tanh_f64(double x)
{
    double size = __builtin_fabs(x);
    double z = size * size;
    double p = -0x1.3f08862fa4b5fp-16;
    p = p * z + 0x1.5a3766e61fb45p-14;
    p = p * z - 0x1.e85009e664649p-13;
    p = p * z + 0x1.34678f31c7c99p-11;
    p = p * z - 0x1.7d8c6d809d867p-10;
    p = p * z + 0x1.d6d2586245a94p-9;
    p = p * z - 0x1.226e2d6cd3a6bp-7;
    p = p * z + 0x1.664f484c90e02p-6;
    p = p * z - 0x1.ba1ba1b944192p-5;
    p = p * z + 0x1.11111111103a8p-3;
    p = p * z - 0x1.555555555554cp-2;
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(2.0 * size, 0.0, 40.0));
    double power = agi_power_of_two_f64(a.shifted, 0);
    double large = 1.0 - 2.0 / (agi_expm1_polynomial_f64(a.r) * power + (power + 1.0));
    return __builtin_copysign(size < 0.55 ? size + size * z * p : large, x);
}

/* h = (e^|x| - 1) / 2, sinh|x| = h + h / (2 h + 1): the half keeps in range what overflows only
 * later. h would lose a denormal's last bit; sinh(x) = x there. */
AGI_ELEMENTARY float agi_sinh_f32(float x)
{
    float size = __builtin_fabsf(x);
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(size, 0.0f, 89.5f));
    float h = 2.0f * agi_scaled_expm1_f32(a, -2);
    float bounded = h > 0x1p30f ? 0x1p30f : h;
    float y = h + bounded / (2.0f * bounded + 1.0f);
    return __builtin_copysignf(size < 0x1p-12f ? size : y, x);
}

AGI_ELEMENTARY double agi_sinh_f64(double x)
{
    double size = __builtin_fabs(x);
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(size, 0.0, 710.5));
    double h = 2.0 * agi_scaled_expm1_f64(a, -2);
    double bounded = h > 0x1p60 ? 0x1p60 : h;
    double y = h + bounded / (2.0 * bounded + 1.0);
    return __builtin_copysign(size < 0x1p-26 ? size : y, x);
}

/* h = e^|x| / 2, cosh x = h + 1 / (4 h) */
AGI_ELEMENTARY float agi_cosh_f32(float x)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(__builtin_fabsf(x), 0.0f, 89.5f));
    float power = agi_power_of_two_f32(a.shifted, -2);
    float h = 2.0f * (agi_exp_polynomial_f32(a.r) * power);
    return h + 0.25f / h;
}

AGI_ELEMENTARY double agi_cosh_f64(double x)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(__builtin_fabs(x), 0.0, 710.5));
    double power = agi_power_of_two_f64(a.shifted, -2);
    double h = 2.0 * (agi_exp_polynomial_f64(a.r) * power);
    return h + 0.25 / h;
}

#endif
