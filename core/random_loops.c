#include "random_loops.h"

#include <math.h>

#include "elementary/logarithm.h"
#include "elementary/trigonometric.h"

static inline uint32_t twist(uint32_t high, uint32_t low)
{
    uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
    return (mixed >> 1) ^ (-(low & 1u) & 0x9908b0dfu);
}

#define LOOP(name) name##_baseline
#include "random_loops.inc"
#undef LOOP

#if defined(__x86_64__) && defined(__GNUC__)

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define LOOP(name) name##_avx2
#include "random_loops.inc"
#undef LOOP
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512")
#define LOOP(name) name##_avx512
#include "random_loops.inc"
#undef LOOP
#pragma GCC pop_options

const agi_random_loops *agi_random_loops_for(int isa)
{
    static const agi_random_loops *const sets[] = {&loops_baseline, &loops_avx2, &loops_avx512};
    return sets[isa];
}

#else

const agi_random_loops *agi_random_loops_for(int isa)
{
    (void)isa;
    return &loops_baseline;
}

#endif
