/* What the elementary functions are made of: bit patterns, selects that vectorise, rounding.
 *
 * The functions are branch-free scalar code that the compiler vectorises when a plain loop calls
 * them. What the file that instantiates such loops must do:
 *   - compile with -O3 -fno-math-errno -fno-trapping-math, never -ffast-math: the code below
 *     depends on signed zeros, NaN, infinities and on the order of additions;
 *   - compile with -fno-thread-jumps (gcc), which else takes each clamp apart into a branch of its
 *     own, with a blend at the end for it, and by that keeps some loops from being vectorised;
 *   - compile with -ffp-contract=fast, so that a * b + c becomes an FMA in a function whose target
 *     has one, and stays two operations elsewhere. The functions are right either way: wherever an
 *     error term relies on a product, that product is exact (its factors have few enough bits),
 *     so that fusing it changes nothing.
 */
#ifndef AGI_ELEMENTARY_FLOAT_BITS_H
#define AGI_ELEMENTARY_FLOAT_BITS_H

#include <math.h>
#include <stdint.h>

/* Inlined even into functions of another target, whose instruction set the code then takes. */
#define AGI_ELEMENTARY static inline __attribute__((always_inline))

AGI_ELEMENTARY uint32_t agi_bits_f32(float x)
{
    uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}

AGI_ELEMENTARY float agi_float_f32(uint32_t bits)
{
    float x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}

AGI_ELEMENTARY uint64_t agi_bits_f64(double x)
{
    uint64_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}

AGI_ELEMENTARY double agi_float_f64(uint64_t bits)
{
    double x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}

/* Adding these rounds to an integer (|x| < 2^22, 2^51), which then stands in the sum's low bits:
 * SSE2 has neither a rounding instruction nor a conversion of 64-bit integers. */
#define AGI_ROUNDER_F32 0x1.8p23f
#define AGI_ROUNDER_F64 0x1.8p52

/* -0, which changes no number that it is added to; but the compiler cannot know. Of bounds that it
 * knows gcc makes a comparison and a blend with AVX-512, of others one instruction. */
extern const double agi_unknown_zero;

/* x, or the bound beyond which it lies; NaN stays NaN. */
AGI_ELEMENTARY float agi_at_least_f32(float x, float low)
{
    low += (float)agi_unknown_zero;
    return low > x ? low : x;
}

AGI_ELEMENTARY float agi_at_most_f32(float x, float high)
{
    high += (float)agi_unknown_zero;
    return high < x ? high : x;
}

AGI_ELEMENTARY float agi_clamp_f32(float x, float low, float high)
{
    return agi_at_most_f32(agi_at_least_f32(x, low), high);
}

AGI_ELEMENTARY double agi_at_least_f64(double x, double low)
{
    low += agi_unknown_zero;
    return low > x ? low : x;
}

AGI_ELEMENTARY double agi_at_most_f64(double x, double high)
{
    high += agi_unknown_zero;
    return high < x ? high : x;
}

AGI_ELEMENTARY double agi_clamp_f64(double x, double low, double high)
{
    return agi_at_most_f64(agi_at_least_f64(x, low), high);
}

/* x with its low 12 (float) or 27 (double) bits cleared: the product of two such is exact. */
AGI_ELEMENTARY float agi_upper_half_f32(float x)
{
    return agi_float_f32(agi_bits_f32(x) & 0xfffff000u);
}

AGI_ELEMENTARY double agi_upper_half_f64(double x)
{
    return agi_float_f64(agi_bits_f64(x) & 0xfffffffff8000000u);
}

#endif
