/* Inner loops: what runs over numbers in memory, compiled once for each instruction set.
 *
 * A loop knows pointers, strides and a count. data[0] is written, data[1…] are read; strides
 * are in bytes; parameters are the operation's plain numbers as doubles (`p` in expressions).
 * BINARY_LOOP(add_f32, float, float, x + y) defines the set `add_f32`. */
#ifndef AGI_LOOPS_H
#define AGI_LOOPS_H

#include "context.h"
#include "vectorize.h"

typedef void (*agi_loop)(char *const *data, const int64_t *strides, int64_t count,
                         const double *p);
typedef struct agi_loop_set {
    agi_loop variant[AGI_ISA_COUNT];
} agi_loop_set;

#define AGI_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__) && !defined(__clang_analyzer__)
#define AGI_TARGET_AVX2 __attribute__((target("avx2,fma,bmi,bmi2,popcnt")))
#ifdef __clang__ /* which chooses the width of its vectors by itself */
#define AGI_WHOLE_WIDTH ""
#else
#define AGI_WHOLE_WIDTH ",prefer-vector-width=512"
#endif
#define AGI_TARGET_AVX512                                                                       \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi,bmi2,popcnt"         \
                          AGI_WHOLE_WIDTH)))
/* Three copies of an always-inlined body, under the names NAME_baseline, _avx2 and _avx512. */
#define AGI_VARIANTS(NAME, PARAMETERS, ARGUMENTS)                                               \
    static void NAME##_baseline PARAMETERS                                                      \
    {                                                                                           \
        NAME##_body ARGUMENTS;                                                                  \
    }                                                                                           \
    AGI_TARGET_AVX2 static void NAME##_avx2 PARAMETERS                                          \
    {                                                                                           \
        NAME##_body ARGUMENTS;                                                                  \
    }                                                                                           \
    AGI_TARGET_AVX512 static void NAME##_avx512 PARAMETERS                                      \
    {                                                                                           \
        NAME##_body ARGUMENTS;                                                                  \
    }
#define AGI_VARIANT_LIST(NAME) {NAME##_baseline, NAME##_avx2, NAME##_avx512}
#else
#define AGI_VARIANTS(NAME, PARAMETERS, ARGUMENTS)                                               \
    static void NAME##_baseline PARAMETERS                                                      \
    {                                                                                           \
        NAME##_body ARGUMENTS;                                                                  \
    }
#define AGI_VARIANT_LIST(NAME) {NAME##_baseline, NAME##_baseline, NAME##_baseline}
#endif

#define AGI_LOOP_SET(NAME)                                                                      \
    AGI_VARIANTS(NAME, (char *const *data, const int64_t *strides, int64_t count,               \
                        const double *p), (data, strides, count, p))                            \
    static const agi_loop_set NAME = {AGI_VARIANT_LIST(NAME)};

/* In-place forms read and write the same place, so no restrict: this says what is true. */
#define AGI_FOR_EACH(COUNT) AGI_INDEPENDENT_STEPS for (int64_t i = 0; i < (COUNT); i++)

/* What lies so many bytes behind DATA. */
#define AGI_AT(TYPE, DATA, BYTES) (*(const TYPE *)((DATA) + (BYTES)))

/* x is the operand, of any stride; where it stands still there is one number to find. */
#define UNARY_LOOP(NAME, IN, OUT, EXPRESSION)                                                   \
    AGI_INLINE OUT NAME##_of(IN x, const double *p)                                             \
    {                                                                                           \
        (void)p;                                                                                \
        return (OUT)(EXPRESSION);                                                               \
    }                                                                                           \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *p)                                                \
    {                                                                                           \
        if (strides[0] == sizeof(OUT)) {                                                        \
            OUT *out = (OUT *)data[0];                                                          \
            const char *in = data[1];                                                           \
            const int64_t step = strides[1];                                                    \
            if (step == sizeof(IN)) {                                                           \
                AGI_FOR_EACH(count) out[i] = NAME##_of(((const IN *)in)[i], p);                 \
            } else if (step == 0) {                                                             \
                const OUT y = NAME##_of(*(const IN *)in, p);                                    \
                AGI_FOR_EACH(count) out[i] = y;                                                 \
            } else {                                                                            \
                AGI_FOR_EACH(count) out[i] = NAME##_of(AGI_AT(IN, in, i * step), p);            \
            }                                                                                   \
            return;                                                                             \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            *(OUT *)(data[0] + i * strides[0]) =                                                \
                NAME##_of(*(const IN *)(data[1] + i * strides[1]), p);                          \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME)

/* x and y are the operands; beside a dense one the other may stand still or have any stride. */
#define BINARY_LOOP(NAME, IN, OUT, EXPRESSION)                                                  \
    AGI_INLINE OUT NAME##_of(IN x, IN y, const double *p)                                       \
    {                                                                                           \
        (void)p;                                                                                \
        return (OUT)(EXPRESSION);                                                               \
    }                                                                                           \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *p)                                                \
    {                                                                                           \
        if (strides[0] == sizeof(OUT)) {                                                        \
            OUT *out = (OUT *)data[0];                                                          \
            const IN *a = (const IN *)data[1], *b = (const IN *)data[2];                        \
            if (strides[1] == sizeof(IN) && strides[2] == sizeof(IN)) {                         \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], b[i], p);                          \
                return;                                                                         \
            }                                                                                   \
            if (strides[1] == sizeof(IN) && strides[2] == 0) {                                  \
                const IN y = b[0];                                                              \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], y, p);                             \
                return;                                                                         \
            }                                                                                   \
            if (strides[1] == 0 && strides[2] == sizeof(IN)) {                                  \
                const IN x = a[0];                                                              \
                AGI_FOR_EACH(count) out[i] = NAME##_of(x, b[i], p);                             \
                return;                                                                         \
            }                                                                                   \
            const char *any_a = data[1], *any_b = data[2];                                      \
            const int64_t step_a = strides[1], step_b = strides[2];                             \
            if (step_b == sizeof(IN)) {                                                         \
                AGI_FOR_EACH(count) out[i] = NAME##_of(AGI_AT(IN, any_a, i * step_a), b[i], p); \
                return;                                                                         \
            }                                                                                   \
            if (step_a == sizeof(IN)) {                                                         \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], AGI_AT(IN, any_b, i * step_b), p); \
                return;                                                                         \
            }                                                                                   \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            *(OUT *)(data[0] + i * strides[0]) =                                                \
                NAME##_of(*(const IN *)(data[1] + i * strides[1]),                              \
                          *(const IN *)(data[2] + i * strides[2]), p);                          \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME)

/* x, y and z, each of which may stand still. FIRST is the type of x (a condition's is uint8_t). */
#define TERNARY_LOOP(NAME, FIRST, IN, OUT, EXPRESSION)                                          \
    AGI_INLINE OUT NAME##_of(FIRST x, IN y, IN z, const double *p)                              \
    {                                                                                           \
        (void)p;                                                                                \
        return (OUT)(EXPRESSION);                                                               \
    }                                                                                           \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *p)                                                \
    {                                                                                           \
        const bool x_moves = strides[1] != 0, y_moves = strides[2] != 0;                        \
        const bool z_moves = strides[3] != 0;                                                   \
        if (strides[0] == sizeof(OUT) && (!x_moves || strides[1] == sizeof(FIRST)) &&           \
            (!y_moves || strides[2] == sizeof(IN)) && (!z_moves || strides[3] == sizeof(IN))) { \
            OUT *out = (OUT *)data[0];                                                          \
            const FIRST *a = (const FIRST *)data[1], x = a[0];                                  \
            const IN *b = (const IN *)data[2], *c = (const IN *)data[3], y = b[0], z = c[0];    \
            if (x_moves && y_moves && z_moves) {                                                \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], b[i], c[i], p);                    \
            } else if (x_moves && y_moves) {                                                    \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], b[i], z, p);                       \
            } else if (x_moves && z_moves) {                                                    \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], y, c[i], p);                       \
            } else if (x_moves) {                                                               \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], y, z, p);                          \
            } else if (y_moves && z_moves) {                                                    \
                AGI_FOR_EACH(count) out[i] = NAME##_of(x, b[i], c[i], p);                       \
            } else if (y_moves) {                                                               \
                AGI_FOR_EACH(count) out[i] = NAME##_of(x, b[i], z, p);                          \
            } else if (z_moves) {                                                               \
                AGI_FOR_EACH(count) out[i] = NAME##_of(x, y, c[i], p);                          \
            } else {                                                                            \
                const OUT all = NAME##_of(x, y, z, p);                                          \
                AGI_FOR_EACH(count) out[i] = all;                                               \
            }                                                                                   \
            return;                                                                             \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            *(OUT *)(data[0] + i * strides[0]) =                                                \
                NAME##_of(*(const FIRST *)(data[1] + i * strides[1]),                           \
                          *(const IN *)(data[2] + i * strides[2]),                              \
                          *(const IN *)(data[3] + i * strides[3]), p);                          \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME)

/* One expression for several types: NAME_f32, NAME_f64, … */
#define UNARY_LOOPS_FLOATING(NAME, F32, F64)                                                    \
    UNARY_LOOP(NAME##_f32, float, float, F32)                                                   \
    UNARY_LOOP(NAME##_f64, double, double, F64)
#define UNARY_LOOPS_INTEGER(NAME, EXPRESSION)                                                   \
    UNARY_LOOP(NAME##_i64, int64_t, int64_t, EXPRESSION)                                        \
    UNARY_LOOP(NAME##_i32, int32_t, int32_t, EXPRESSION)                                        \
    UNARY_LOOP(NAME##_u8, uint8_t, uint8_t, EXPRESSION)
#define BINARY_LOOPS_FLOATING(NAME, F32, F64)                                                   \
    BINARY_LOOP(NAME##_f32, float, float, F32)                                                  \
    BINARY_LOOP(NAME##_f64, double, double, F64)
#define BINARY_LOOPS_INTEGER(NAME, EXPRESSION)                                                  \
    BINARY_LOOP(NAME##_i64, int64_t, int64_t, EXPRESSION)                                       \
    BINARY_LOOP(NAME##_i32, int32_t, int32_t, EXPRESSION)                                       \
    BINARY_LOOP(NAME##_u8, uint8_t, uint8_t, EXPRESSION)

/* For an entry's .loops. */
#define LOOPS_FLOATING(NAME) [AG_FLOAT32] = &NAME##_f32, [AG_FLOAT64] = &NAME##_f64
#define LOOPS_INTEGER(NAME)                                                                     \
    [AG_INT64] = &NAME##_i64, [AG_INT32] = &NAME##_i32, [AG_UINT8] = &NAME##_u8
#define LOOPS_NUMERIC(NAME) LOOPS_FLOATING(NAME), LOOPS_INTEGER(NAME)
#define LOOPS_ALL(NAME) LOOPS_NUMERIC(NAME), [AG_BOOL] = &NAME##_b

#endif
