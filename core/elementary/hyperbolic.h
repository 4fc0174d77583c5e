/* tanh, sinh and cosh, from e^x or e^x - 1 of |x|. */
#ifndef AGI_ELEMENTARY_HYPERBOLIC_H
#define AGI_ELEMENTARY_HYPERBOLIC_H

#include "exponential.h"

/* tanh|x| = -t / (t + 2), t = e^(-2|x|) - 1; 1 to the last bit where the clamp acts. */
AGI_ELEMENTARY float agi_tanh_f32(float x)
{
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(-2.0f * __builtin_fabsf(x), -20.0f, 0.0f));
    float power = agi_power_of_two_f32(a.shifted, 0);
    float t = agi_expm1_polynomial_f32(a.r) * power + (power - 1.0f);
    return __builtin_copysignf(t / (t + 2.0f), x);
}

AGI_ELEMENTARY double agi_tanh_f64(double x)
{
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(-2.0 * __builtin_fabs(x), -40.0, 0.0));
    double power = agi_power_of_two_f64(a.shifted, 0);
    double t = agi_expm1_polynomial_f64(a.r) * power + (power - 1.0);
    return __builtin_copysign(t / (t + 2.0), x);
}

/* h = (e^|x| - 1) / 2, sinh|x| = h + h / (2 h + 1): the half keeps in range what overflows only
 * later. h would lose a denormal's last bit; sinh(x) = x there. */
AGI_ELEMENTARY float agi_sinh_f32(float x)
{
    float size = __builtin_fabsf(x);
    agi_exp_reduced_f32 a = agi_exp_reduce_f32(agi_clamp_f32(size, 0.0f, 89.5f));
    float power = agi_power_of_two_f32(a.shifted, -2);
    float h = 2.0f * (agi_expm1_polynomial_f32(a.r) * power + (power - 0.25f));
    float bounded = h > 0x1p30f ? 0x1p30f : h;
    float y = h + bounded / (2.0f * bounded + 1.0f);
    return __builtin_copysignf(size < 0x1p-12f ? size : y, x);
}

AGI_ELEMENTARY double agi_sinh_f64(double x)
{
    double size = __builtin_fabs(x);
    agi_exp_reduced_f64 a = agi_exp_reduce_f64(agi_clamp_f64(size, 0.0, 710.5));
    double power = agi_power_of_two_f64(a.shifted, -2);
    double h = 2.0 * (agi_expm1_polynomial_f64(a.r) * power + (power - 0.25));
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
