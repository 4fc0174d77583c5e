/* random_loops.h - the generator's inner loops, each in a variant for every agi_isa. */
#ifndef AGI_RANDOM_LOOPS_H
#define AGI_RANDOM_LOOPS_H

#include "context.h"

typedef struct agi_random_loop_sets {
    /* The next 624 words of the recurrence, in place. */
    void (*refill[AGI_ISA_COUNT])(uint32_t *state);
    /* n words of state to n words of the stream. */
    void (*temper[AGI_ISA_COUNT])(const uint32_t *state, uint32_t *words, size_t n);
    /* n words to n float32 in [0, 1), multiples of 2^-24. */
    void (*unit_float[AGI_ISA_COUNT])(const uint32_t *words, float *out, size_t n);
    /* 2n words, the high one first, to n float64 in [0, 1), multiples of 2^-53. */
    void (*unit_double[AGI_ISA_COUNT])(const uint32_t *words, double *out, size_t n);
    /* In place: [0, 1) to [low, high), rounded once as torch's FMA does. */
    void (*scale_float[AGI_ISA_COUNT])(float *values, size_t n, float low, float high);
    void (*scale_double[AGI_ISA_COUNT])(double *values, size_t n, double low, double high);
    /* 16 * blocks uniforms, in place, to normals: Box-Muller, the first eight of a block being the
     * radii's numbers, the other eight the angles'. */
    void (*normal_float[AGI_ISA_COUNT])(float *values, size_t blocks, float mean, float std);
    void (*normal_double[AGI_ISA_COUNT])(double *values, size_t blocks, double mean, double std);
} agi_random_loop_sets;

extern const agi_random_loop_sets agi_random_loops;

#endif
