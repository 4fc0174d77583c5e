/* Inner loops: what runs over numbers in memory, compiled once for each instruction set.
 *
 * A loop knows pointers, strides and a count. data[0] is written, data[1…] are read; strides
 * are in bytes; parameters are the operation's plain numbers as doubles (`p` in expressions).
 * BINARY_LOOP(add_f32, float, float, x + y) defines the set `add_f32`. */
#ifndef AGI_LOOPS_H
#define AGI_LOOPS_H

#include "context.h"
#include "vectorize.h"

enum { AGI_MAX_OPERANDS = 8 };
typedef int64_t agi_strides[AGI_MAX_OPERANDS];

typedef void (*agi_row_loop)(char *const *data, const int64_t *strides, int64_t count,
                             const double *p);
/* The same for several rows: strides[0] are those in a row, strides[1] from a row to the next.
 * False where strides are such that it does nothing. */
typedef bool (*agi_rows_loop)(char *const *data, const agi_strides *strides, int64_t rows,
                              int64_t count, const double *p);
typedef struct agi_loop {
    agi_row_loop row;
    agi_rows_loop rows; /* where a call for each short row would be seen; else NULL */
} agi_loop;
typedef struct agi_loop_set {
    agi_row_loop row[AGI_ISA_COUNT];
    agi_rows_loop rows[AGI_ISA_COUNT];
} agi_loop_set;

static inline agi_loop agi_loop_of(const agi_loop_set *set, const ag_context *context)
{
    return (agi_loop){set->row[context->isa], set->rows[context->isa]};
}

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
#define AGI_VARIANTS_GIVING(RESULT, NAME, PARAMETERS, ARGUMENTS)                                \
    static RESULT NAME##_baseline PARAMETERS                                                    \
    {                                                                                           \
        return NAME##_body ARGUMENTS;                                                           \
    }                                                                                           \
    AGI_TARGET_AVX2 static RESULT NAME##_avx2 PARAMETERS                                        \
    {                                                                                           \
        return NAME##_body ARGUMENTS;                                                           \
    }                                                                                           \
    AGI_TARGET_AVX512 static RESULT NAME##_avx512 PARAMETERS                                    \
    {                                                                                           \
        return NAME##_body ARGUMENTS;                                                           \
    }
#define AGI_VARIANT_LIST(NAME) {NAME##_baseline, NAME##_avx2, NAME##_avx512}
#else
#define AGI_VARIANTS_GIVING(RESULT, NAME, PARAMETERS, ARGUMENTS)                                \
    static RESULT NAME##_baseline PARAMETERS                                                    \
    {                                                                                           \
        return NAME##_body ARGUMENTS;                                                           \
    }
#define AGI_VARIANT_LIST(NAME) {NAME##_baseline, NAME##_baseline, NAME##_baseline}
#endif
#define AGI_VARIANTS(NAME, PARAMETERS, ARGUMENTS)                                               \
    AGI_VARIANTS_GIVING(void, NAME, PARAMETERS, ARGUMENTS)

#define AGI_ROW_VARIANTS(NAME)                                                                  \
    AGI_VARIANTS(NAME, (char *const *data, const int64_t *strides, int64_t count,               \
                        const double *p), (data, strides, count, p))
/* Of NAME_body, which runs over a row. */
#define AGI_LOOP_SET(NAME)                                                                      \
    AGI_ROW_VARIANTS(NAME)                                                                      \
    static const agi_loop_set NAME = {.row = AGI_VARIANT_LIST(NAME)};
/* Of NAME_body and NAME_rows_body. */
#define AGI_LOOP_SET_WITH_ROWS(NAME)                                                            \
    AGI_ROW_VARIANTS(NAME)                                                                      \
    AGI_VARIANTS_GIVING(bool, NAME##_rows, (char *const *data, const agi_strides *strides,      \
                                            int64_t rows, int64_t count, const double *p),      \
                        (data, strides, rows, count, p))                                        \
    static const agi_loop_set NAME = {.row = AGI_VARIANT_LIST(NAME),                            \
                                      .rows = AGI_VARIANT_LIST(NAME##_rows)};

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

/* x and y are the operands; beside a dense one the other may stand still or have any stride. MORE
 * are loops for some strides. */
#define AGI_BINARY_ROW(NAME, IN, OUT, EXPRESSION, MORE)                                         \
    AGI_INLINE OUT NAME##_of(IN x, IN y, const double *p)                                       \
    {                                                                                           \
        (void)p;                                                                                \
        return (OUT)(EXPRESSION);                                                               \
    }                                                                                           \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *restrict p)                                       \
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
            MORE                                                                                \
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
    }

#define BINARY_LOOP(NAME, IN, OUT, EXPRESSION)                                                  \
    AGI_BINARY_ROW(NAME, IN, OUT, EXPRESSION, )                                                 \
    AGI_LOOP_SET(NAME)

/* The same for the most frequent operations, with loops for what would take a tenth to a quarter
 * more else: an operand of which every second element is read, and short rows. */
#define AGI_EVERY_SECOND(NAME, IN)                                                              \
    if (step_a == 2 * sizeof(IN) && step_b == sizeof(IN)) {                                     \
        AGI_FOR_EACH(count) out[i] = NAME##_of(a[2 * i], b[i], p);                              \
        return;                                                                                 \
    }                                                                                           \
    if (step_a == sizeof(IN) && step_b == 2 * sizeof(IN)) {                                     \
        AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], b[2 * i], p);                              \
        return;                                                                                 \
    }
#define FREQUENT_BINARY_LOOP(NAME, IN, OUT, EXPRESSION)                                         \
    AGI_BINARY_ROW(NAME, IN, OUT, EXPRESSION, AGI_EVERY_SECOND(NAME, IN))                       \
    /* Both operands are dense in a row, or one stands still. */                                \
    AGI_INLINE bool NAME##_rows_body(char *const *data, const agi_strides *strides,             \
                                     int64_t rows, int64_t count, const double *p)              \
    {                                                                                           \
        const bool a_moves = strides[0][1] != 0, b_moves = strides[0][2] != 0;                  \
        if (strides[0][0] != sizeof(OUT) || (a_moves && strides[0][1] != sizeof(IN)) ||         \
            (b_moves && strides[0][2] != sizeof(IN)) || (!a_moves && !b_moves)) {               \
            return false;                                                                       \
        }                                                                                       \
        const agi_strides steps = {strides[1][0], strides[1][1], strides[1][2]};                \
        for (int64_t r = 0; r < rows; r++) {                                                    \
            OUT *out = (OUT *)(data[0] + r * steps[0]);                                         \
            const IN *a = (const IN *)(data[1] + r * steps[1]), x = a[0];                       \
            const IN *b = (const IN *)(data[2] + r * steps[2]), y = b[0];                       \
            if (a_moves && b_moves) {                                                           \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], b[i], p);                          \
            } else if (a_moves) {                                                               \
                AGI_FOR_EACH(count) out[i] = NAME##_of(a[i], y, p);                             \
            } else {                                                                            \
                AGI_FOR_EACH(count) out[i] = NAME##_of(x, b[i], p);                             \
            }                                                                                   \
        }                                                                                       \
        return true;                                                                            \
    }                                                                                           \
    AGI_LOOP_SET_WITH_ROWS(NAME)

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
#define FREQUENT_BINARY_LOOPS(NAME, F32, F64)                                                   \
    FREQUENT_BINARY_LOOP(NAME##_f32, float, float, F32)                                         \
    FREQUENT_BINARY_LOOP(NAME##_f64, double, double, F64)
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
