/* tanh, sinh and cosh, from e^|x|; tanh and sinh near 0 from polynomials. */
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
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_at_most_f32(2.0f * size, 20.0f));
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
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_at_most_f64(2.0 * size, 40.0));
    double power = agi_power_of_two_f64(a.shifted, 0);
    double large = 1.0 - 2.0 / (agi_expm1_polynomial_f64(a.r) * power + (power + 1.0));
    return __builtin_copysign(size < 0.55 ? size + size * z * p : large, x);
}

/* e^|x| / 2, which overflows where sinh and cosh do */
AGI_ELEMENTARY float agi_half_exp_f32(float x)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_at_most_f32(__builtin_fabsf(x), 89.5f));
    return 2.0f * (agi_exp_polynomial_f32(a.r) * agi_power_of_two_f32(a.shifted, -2));
}

AGI_ELEMENTARY double agi_half_exp_f64(double x)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_at_most_f64(__builtin_fabs(x), 710.5));
    return 2.0 * (agi_exp_polynomial_f64(a.r) * agi_power_of_two_f64(a.shifted, -2));
}

/* |x| < 1: an odd polynomial; beyond it h - 1 / (4 h), h = e^|x| / 2 */
AGI_ELEMENTARY float agi_sinh_f32(float x)
{
    float size = __builtin_fabsf(x);
    float z = size * size;
    float p = 0x1.76771ep-19f;
    p = p * z + 0x1.a01c22p-13f;
    p = p * z + 0x1.1110eap-7f;
    p = p * z + 0x1.555556p-3f;
    float h = agi_half_exp_f32(x);
    return __builtin_copysignf(size < 1.0f ? size + size * z * p : h - 0.25f / h, x);
}

AGI_ELEMENTARY double agi_sinh_f64(double x)
{
    double size = __builtin_fabs(x);
    double z = size * size;
    double p = 0x1.409579384599ap-48;
    p = p * z + 0x1.aab9951a7065bp-41;
    p = p * z + 0x1.612abe6b5d71ep-33;
    p = p * z + 0x1.ae644b32db998p-26;
    p = p * z + 0x1.71de3a60a9f7dp-19;
    p = p * z + 0x1.a01a01a00db3ap-13;
    p = p * z + 0x1.111111111117cp-7;
    p = p * z + 0x1.5555555555555p-3;
    double h = agi_half_exp_f64(x);
    return __builtin_copysign(size < 1.0 ? size + size * z * p : h - 0.25 / h, x);
}

AGI_ELEMENTARY float agi_cosh_f32(float x)
{
    float h = agi_half_exp_f32(x);
    return h + 0.25f / h;
}

AGI_ELEMENTARY double agi_cosh_f64(double x)
{
    double h = agi_half_exp_f64(x);
    return h + 0.25 / h;
}

#endif
