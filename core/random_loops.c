#include "random_loops.h"

#include <math.h>

#include "elementary/logarithm.h"
#include "elementary/trigonometric.h"
#include "loops.h"

AGI_INLINE uint32_t twist(uint32_t high, uint32_t low)
{
    uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
    return (mixed >> 1) ^ (-(low & 1u) & 0x9908b0dfu);
}

AGI_INLINE void refill_body(uint32_t *state)
{
    enum { words = 624, shift = 397 };
    for (int k = 0; k < words - shift; k++) {
        state[k] = state[k + shift] ^ twist(state[k], state[k + 1]);
    }
    for (int k = words - shift; k < words - 1; k++) {
        state[k] = state[k + shift - words] ^ twist(state[k], state[k + 1]);
    }
    state[words - 1] = state[shift - 1] ^ twist(state[words - 1], state[0]);
}
AGI_VARIANTS(refill, (uint32_t *state), (state))

AGI_INLINE void temper_body(const uint32_t *restrict state, uint32_t *restrict words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t y = state[i];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        words[i] = y ^ (y >> 18);
    }
}
AGI_VARIANTS(temper, (const uint32_t *restrict state, uint32_t *restrict words, size_t n),
             (state, words, n))

AGI_INLINE void unit_float_body(const uint32_t *restrict words, float *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (float)(int32_t)(words[i] & 0xffffffu) * 0x1p-24f;
    }
}
AGI_VARIANTS(unit_float, (const uint32_t *restrict words, float *restrict out, size_t n),
             (words, out, n))

AGI_INLINE void unit_double_body(const uint32_t *restrict words, double *restrict out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        /* 21 bits of the high word, 32 of the low: both exact in float64, and so is their sum. */
        double high = (double)(int32_t)(words[2 * i] & 0x1fffffu);
        double low = (double)(int32_t)(words[2 * i + 1] ^ 0x80000000u) + 0x1p31;
        out[i] = (high * 0x1p32 + low) * 0x1p-53;
    }
}
AGI_VARIANTS(unit_double, (const uint32_t *restrict words, double *restrict out, size_t n),
             (words, out, n))

AGI_INLINE void scale_float_body(float *values, size_t n, float low, float high)
{
    float width = high - low;
    for (size_t i = 0; i < n; i++) {
        values[i] = fmaf(values[i], width, low);
    }
}
AGI_VARIANTS(scale_float, (float *values, size_t n, float low, float high), (values, n, low, high))

AGI_INLINE void scale_double_body(double *values, size_t n, double low, double high)
{
    double width = high - low;
    for (size_t i = 0; i < n; i++) {
        values[i] = fma(values[i], width, low);
    }
}
AGI_VARIANTS(scale_double, (double *values, size_t n, double low, double high),
             (values, n, low, high))

AGI_INLINE void normal_float_body(float *values, size_t blocks, float mean, float std)
{
    for (float *block = values; blocks > 0; blocks--, block += 16) {
        for (int i = 0; i < 8; i++) {
            float radius = sqrtf(-2.0f * agi_log_f32(1.0f - block[i]));
            float angle = 6.28318530717958648f * block[i + 8];
            block[i] = fmaf(radius * agi_cos_f32(angle), std, mean);
            block[i + 8] = fmaf(radius * agi_sin_f32(angle), std, mean);
        }
    }
}
AGI_VARIANTS(normal_float, (float *values, size_t blocks, float mean, float std),
             (values, blocks, mean, std))

/* The C library's functions, one by one: their last bits are torch's. */
AGI_INLINE void normal_double_body(double *values, size_t blocks, double mean, double std)
{
    for (double *block = values; blocks > 0; blocks--, block += 16) {
        for (int i = 0; i < 8; i++) {
            double radius = sqrt(-2.0 * log(1.0 - block[i]));
            double angle = 6.283185307179586476925 * block[i + 8];
            block[i] = fma(radius * cos(angle), std, mean);
            block[i + 8] = fma(radius * sin(angle), std, mean);
        }
    }
}
AGI_VARIANTS(normal_double, (double *values, size_t blocks, double mean, double std),
             (values, blocks, mean, std))

const agi_random_loop_sets agi_random_loops = {
    .refill = AGI_VARIANT_LIST(refill),
    .temper = AGI_VARIANT_LIST(temper),
    .unit_float = AGI_VARIANT_LIST(unit_float),
    .unit_double = AGI_VARIANT_LIST(unit_double),
    .scale_float = AGI_VARIANT_LIST(scale_float),
    .scale_double = AGI_VARIANT_LIST(scale_double),
    .normal_float = AGI_VARIANT_LIST(normal_float),
    .normal_double = AGI_VARIANT_LIST(normal_double),
};
