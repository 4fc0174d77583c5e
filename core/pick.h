/* Inner loops over positions along a dim, which count from 1. */
#ifndef AGI_PICK_H
#define AGI_PICK_H

#include <string.h>

#include "loops.h"

/* Negative where place, which counts from 0, is not below size. */
AGI_INLINE int64_t agi_outside_sign(int64_t place, int64_t size)
{
    return place | (size - 1 - place);
}

/* Whether one of count positions is not in 1…size. */
AGI_INLINE bool agi_any_outside(const int64_t *positions, int64_t count, int64_t size)
{
    int64_t signs = 0;
    for (int64_t i = 0; i < count; i++) {
        signs |= agi_outside_sign(positions[i] - 1, size);
    }
    return signs < 0;
}

/* agi_pick_BITS: to[i] = from[p[i] − 1]. So many elements together, which the last arguments list,
 * fill 16 bytes and are written at once. */
#define AGI_PICK(BITS, TOGETHER, ...)                                                           \
    AGI_INLINE void agi_pick_##BITS(uint##BITS##_t *restrict to, const uint##BITS##_t *from,    \
                                    const int64_t *p, int64_t count)                            \
    {                                                                                           \
        int64_t i = 0;                                                                          \
        for (; i + TOGETHER <= count; i += TOGETHER, p += TOGETHER) {                           \
            const uint##BITS##_t together[TOGETHER] = {__VA_ARGS__};                            \
            memcpy(to + i, together, sizeof together);                                          \
        }                                                                                       \
        for (; i < count; i++, p++) {                                                           \
            to[i] = from[*p - 1];                                                               \
        }                                                                                       \
    }
AGI_PICK(8, 1, from[*p - 1])
AGI_PICK(32, 4, from[p[0] - 1], from[p[1] - 1], from[p[2] - 1], from[p[3] - 1])
AGI_PICK(64, 2, from[p[0] - 1], from[p[1] - 1])

#endif
