/* erf, and the normal distribution's cdf and pdf.
 *
 * erf: |x| < 0.95 an odd polynomial, beyond it 1 - exp(-q(|x|)), q a polynomial for -log(erfc).
 * normal_cdf(x) = (1 + erf(x / sqrt 2)) / 2, with its relative accuracy kept where x < 0: there it
 * is exp(-x^2 / 2) M(|x|), and M(a) (a + k), k = 4 or 5, is a polynomial in (a - k) / (a + k).
 */
#ifndef AGI_ELEMENTARY_ERROR_FUNCTION_H
#define AGI_ELEMENTARY_ERROR_FUNCTION_H

#include "exponential.h"

AGI_ELEMENTARY float agi_erf_f32(float x)
{
    float a = agi_at_most_f32(__builtin_fabsf(x), 4.0f);
    float z = a * a;
    float p = 0x1.4917a4p-14f;
    p = p * z - 0x1.a3d812p-11f;
    p = p * z + 0x1.540172p-8f;
    p = p * z - 0x1.b7f88cp-6f;
    p = p * z + 0x1.ce2cf2p-4f;
    p = p * z - 0x1.81273ep-2f;
    p = p * z + 0x0.20dd75p0f;
    float q = -0x1.9fb25ap-13f;
    q = q * a + 0x1.91ccc6p-9f;
    q = q * a - 0x1.6d9cc8p-6f;
    q = q * a + 0x1.aa731ap-4f;
    q = q * a + 0x1.4621bap-1f;
    q = q * a + 0x1.20b752p0f;
    q = q * a + 0x1.5d1114p-13f;
    agi_exp_reduced_f32 b = agi_exp_reduce_f32(-q);
    float large = 1.0f - agi_exp_polynomial_f32(b.r) * agi_power_of_two_f32(b.shifted, 0);
    return __builtin_copysignf(a < 0.95f ? a + a * p : large, x);
}

AGI_ELEMENTARY double agi_erf_f64(double x)
{
    double a = agi_at_most_f64(__builtin_fabs(x), 6.0);
    double z = a * a;
    double p = -0x1.ab15c51d2ebebp-31;
    p = p * z + 0x1.d6e3ddfeb1f49p-27;
    p = p * z - 0x1.5bfe76384472p-23;
    p = p * z + 0x1.b97e44280cfb9p-20;
    p = p * z - 0x1.f4ca204c771c5p-17;
    p = p * z + 0x1.f9a2b75531772p-14;
    p = p * z - 0x1.c02db0149d904p-11;
    p = p * z + 0x1.565bccf7e2856p-8;
    p = p * z - 0x1.b82ce311ee09bp-6;
    p = p * z + 0x1.ce2f21a0408d1p-4;
    p = p * z - 0x1.812746b0379b2p-2;
    p = p * z + 0x0.20dd750429b6dp0;
    double q = -0x1.53213ed065e83p-40;
    q = q * a + 0x1.dee3140c77dd3p-35;
    q = q * a - 0x1.3c971b286c1eep-30;
    q = q * a + 0x1.042580289f408p-26;
    q = q * a - 0x1.29145d124e96bp-23;
    q = q * a + 0x1.f2402d6b95862p-21;
    q = q * a - 0x1.3ab5c6a43a707p-18;
    q = q * a + 0x1.2b3eb09bc5437p-16;
    q = q * a - 0x1.99cb75e46c832p-15;
    q = q * a + 0x1.4be2b78ad0acep-14;
    q = q * a + 0x1.e26a488b343adp-16;
    q = q * a - 0x1.43d9e5ad9fa2p-11;
    q = q * a + 0x1.c89f8e2a790cep-10;
    q = q * a - 0x1.0c7b91249b46dp-12;
    q = q * a - 0x1.38da18403b64fp-6;
    q = q * a + 0x1.a4e33b1487912p-4;
    q = q * a + 0x1.45f3c6fa5a27dp-1;
    q = q * a + 0x1.20dd61187a5c9p0;
    q = q * a + 0x1.e8546f193c3b2p-24;
    agi_exp_reduced_f64 b = agi_exp_reduce_f64(-q);
    double large = 1.0 - agi_exp_polynomial_f64(b.r) * agi_power_of_two_f64(b.shifted, 0);
    return __builtin_copysign(a < 0.95 ? a + a * p : large, x);
}

/* -x^2 / 2 in two parts, the first exact, so that its exponential keeps all bits. */
AGI_ELEMENTARY agi_exp_reduced_f32 agi_gaussian_f32(float x)
{
    float upper = agi_upper_half_f32(x);
    return agi_exp_reduce_sum_f32(-0.5f * upper * upper, -0.5f * (x - upper) * (x + upper));
}

AGI_ELEMENTARY agi_exp_reduced_f64 agi_gaussian_f64(double x)
{
    double upper = agi_upper_half_f64(x);
    return agi_exp_reduce_sum_f64(-0.5 * upper * upper, -0.5 * (x - upper) * (x + upper));
}

AGI_ELEMENTARY float agi_normal_cdf_f32(float x)
{
    float a = agi_at_most_f32(__builtin_fabsf(x), 15.0f);
    float inverse = 1.0f / (a + 4.0f);
    float t = (a - 4.0f) * inverse;
    float p = -0x1.0743ep-13f;
    p = p * t + 0x1.91808cp-13f;
    p = p * t + 0x1.9bb068p-10f;
    p = p * t - 0x1.cd973p-9f;
    p = p * t - 0x1.ed553ep-8f;
    p = p * t + 0x1.eed91ap-5f;
    p = p * t - 0x1.7dffaep-3f;
    p = p * t + 0x1.8c6d8cp-2f;
    p = p * t - 0x1.373e3ap-1f;
    p = p * t + 0x1.82b4bcp-1f;
    agi_exp_reduced_f32 b = agi_gaussian_f32(a);
    float y = agi_scale_f32(agi_exp_polynomial_f32(b.r) * (p * inverse), b.shifted);
    return x > 0.0f ? 1.0f - y : y;
}

AGI_ELEMENTARY double agi_normal_cdf_f64(double x)
{
    double a = agi_at_most_f64(__builtin_fabs(x), 39.0);
    double inverse = 1.0 / (a + 5.0);
    double t = (a - 5.0) * inverse;
    double p = -0x1.14a927312b045p-32;
    p = p * t + 0x1.aea526447d6fep-30;
    p = p * t + 0x1.0ec8363a40392p-27;
    p = p * t - 0x1.2b56fa0248f2ap-27;
    p = p * t - 0x1.1bf478262033p-24;
    p = p * t + 0x1.63ebf11679f9fp-25;
    p = p * t + 0x1.d11a0729e26d9p-22;
    p = p * t - 0x1.68b961d4038aep-22;
    p = p * t - 0x1.73ad9492ca6e6p-19;
    p = p * t + 0x1.0b21c151221f1p-18;
    p = p * t + 0x1.17dd217199ccdp-16;
    p = p * t - 0x1.a1709b93cc733p-15;
    p = p * t - 0x1.f21463602b8a6p-15;
    p = p * t + 0x1.1daf1c960e827p-11;
    p = p * t - 0x1.a25037cd09bf7p-11;
    p = p * t - 0x1.88590ea559ab5p-9;
    p = p * t + 0x1.54b4d4f4ae4c1p-6;
    p = p * t - 0x1.1b1c254c9d388p-4;
    p = p * t + 0x1.51f6329f01b97p-3;
    p = p * t - 0x1.410ed5f875a1dp-2;
    p = p * t + 0x1.fb31653876f7ap-2;
    p = p * t - 0x1.54ad03f27ca17p-1;
    p = p * t + 0x1.89d3abe1f95aep-1;
    agi_exp_reduced_f64 b = agi_gaussian_f64(a);
    double y = agi_scale_f64(agi_exp_polynomial_f64(b.r) * (p * inverse), b.shifted);
    return x > 0.0 ? 1.0 - y : y;
}

/* exp(-x^2 / 2) / sqrt(2 pi) */
AGI_ELEMENTARY float agi_normal_pdf_f32(float x)
{
    agi_exp_reduced_f32 b = agi_gaussian_f32(agi_clamp_f32(x, -15.0f, 15.0f));
    float factor = 0x1.988454p-2f;
    return agi_scale_f32(factor + factor * agi_expm1_polynomial_f32(b.r), b.shifted);
}

AGI_ELEMENTARY double agi_normal_pdf_f64(double x)
{
    agi_exp_reduced_f64 b = agi_gaussian_f64(agi_clamp_f64(x, -39.0, 39.0));
    double factor = 0x1.9884533d43651p-2;
    return agi_scale_f64(factor + factor * agi_expm1_polynomial_f64(b.r), b.shifted);
}

#endif
