/* What softmax, its logarithm and logsumexp ask of numbers in line: the highest, and the sum of the
 * exponentials of each less it.
 *
 * Numbers go through lanes, a vector's width of them at a time, which makes the order of a sum the
 * same on every instruction set. The last step reaches back over numbers that were taken before, so
 * that it is a whole one too: those count once. There are at least as many numbers as lanes. */
#ifndef AGI_SOFTMAX_LINE_H
#define AGI_SOFTMAX_LINE_H

#include "reduce.h"

enum { AGI_LANES_F32 = 16, AGI_LANES_F64 = 8 };

/* NAME_highest and NAME_exponentials. NaN is no highest number, but makes the sum NaN. */
#define AGI_SOFTMAX_LINE(NAME, TYPE, LANES, EXP)                                                \
    AGI_INLINE TYPE NAME##_higher(TYPE x, TYPE y)                                               \
    {                                                                                           \
        return y > x ? y : x;                                                                   \
    }                                                                                           \
    AGI_INLINE TYPE NAME##_highest(const TYPE *in, int64_t size)                                \
    {                                                                                           \
        const TYPE *last = in + size - LANES;                                                   \
        TYPE lane[LANES];                                                                       \
        AGI_EACH_LANE(LANES) {                                                                  \
            lane[j] = NAME##_higher(-INFINITY, last[j]);                                        \
        }                                                                                       \
        for (; in < last; in += LANES) {                                                        \
            AGI_EACH_LANE(LANES) {                                                              \
                lane[j] = NAME##_higher(lane[j], in[j]);                                        \
            }                                                                                   \
        }                                                                                       \
        AGI_FOLD(NAME##_higher, lane, LANES, 1)                                                 \
        return lane[0];                                                                         \
    }                                                                                           \
    AGI_INLINE TYPE NAME##_total(TYPE x, TYPE y)                                                \
    {                                                                                           \
        return x + y;                                                                           \
    }                                                                                           \
    /* Of the numbers from `from` to before `to`, at least LANES of them before `to`; to each[]  \
     * too, unless that is NULL. */                                                             \
    AGI_INLINE double NAME##_exponentials(const TYPE *in, TYPE *each, int64_t from, int64_t to, \
                                          TYPE highest)                                         \
    {                                                                                           \
        const int64_t rest = (to - from) % LANES, last = to - LANES;                            \
        TYPE lane[LANES];                                                                       \
        AGI_EACH_LANE(LANES) {                                                                  \
            lane[j] = 0;                                                                        \
        }                                                                                       \
        for (int64_t i = from; i < to - rest; i += LANES) {                                     \
            AGI_INDEPENDENT_STEPS AGI_EACH_LANE(LANES) {                                        \
                TYPE y = EXP(in[i + j] - highest);                                              \
                if (each != NULL) {                                                             \
                    each[i + j] = y;                                                            \
                }                                                                               \
                lane[j] += y;                                                                   \
            }                                                                                   \
        }                                                                                       \
        if (rest > 0) {                                                                         \
            AGI_INDEPENDENT_STEPS AGI_EACH_LANE(LANES) {                                        \
                TYPE y = EXP(in[last + j] - highest);                                           \
                if (each != NULL) {                                                             \
                    each[last + j] = y;                                                         \
                }                                                                               \
                lane[j] += j < LANES - (int)rest ? 0 : y;                                       \
            }                                                                                   \
        }                                                                                       \
        AGI_FOLD(NAME##_total, lane, LANES, 4)                                                  \
        return ((double)lane[0] + lane[1]) + ((double)lane[2] + lane[3]);                       \
    }

#endif
