/* Reductions over some dims: shape, loops, and walking the numbers.
 *
 * A reduction keeps a total for each result: start, take rows of numbers in, finish. Numbers go
 * through a fixed count of lanes first, which makes the order of a sum the same on every
 * instruction set, and its error small: a lane adds at most some hundred numbers before it goes to
 * its total, which has more digits. */
#ifndef AGI_REDUCE_H
#define AGI_REDUCE_H

#include "operation.h"

enum { AGI_LANES = 64, AGI_FEW_LANES = 16, AGI_STRETCH = 256 };
enum { AGI_COLUMNS = 1024, AGI_TOTAL_BYTES = 24 };

/* lines lines (at most AGI_COLUMNS), pitch bytes apart, of count numbers stride bytes apart, each
 * into its total. */
typedef void (*agi_take_lines)(const char *in, int64_t pitch, int64_t lines, int64_t stride,
                               int64_t count, void *totals, const double *p);
/* rows rows, pitch bytes apart, of columns (at most AGI_COLUMNS) numbers in line, each into its
 * column's total. */
typedef void (*agi_take_rows)(const char *in, int64_t pitch, int64_t rows, int64_t columns,
                              void *totals, const double *p);

/* count totals to the results' elements at, at + stride, … */
typedef void (*agi_finish)(void *const *out, int64_t at, int64_t stride, const void *totals,
                           int64_t count, const double *p);

/* count totals of a later part of the same rows, which begins at number `offset` of them, into
 * those of what came before. */
typedef void (*agi_join_totals)(void *totals, const void *later, int64_t count, int64_t offset);

typedef struct agi_reduction {
    size_t total_bytes; /* at most AGI_TOTAL_BYTES */
    void (*start)(void *totals, int64_t count);
    agi_join_totals join;
    agi_finish finish;
    agi_take_lines take_lines[AGI_ISA_COUNT];
    agi_take_rows take_rows[AGI_ISA_COUNT];
} agi_reduction;

/* A processor follows a stream up to the end of its page only. Asked once in half a page for what
 * lies some pages ahead, it reads those as streams too. */
enum { AGI_HALF_PAGE = 2048, AGI_AHEAD = 16384 };
AGI_INLINE void agi_read_ahead(const void *x)
{
    __builtin_prefetch((const char *)x + AGI_AHEAD, 0, 2); /* into the second cache */
}

/* Of short rows that follow each other without a gap, as many as have AGI_TOGETHER numbers are
 * taken as one, and what they come to is merged afterwards. */
enum { AGI_TOGETHER = 128 };
AGI_INLINE int64_t agi_rows_together(int64_t pitch, int64_t rows, int64_t columns, size_t size)
{
    const int64_t most = AGI_TOGETHER / columns;
    const bool is_dense = pitch == columns * (int64_t)size;
    return is_dense && most > 1 && rows >= 4 * most ? most : 1;
}

/* A constant count of lanes, for vectors: fully unrolled the loop would not become one. */
#define AGI_EACH_LANE(COUNT) _Pragma("GCC unroll 1") for (int j = 0; j < (COUNT); j++)

/* For the few lanes: unrolled, unless comparisons would become branches that nobody can predict. */
#define AGI_EACH_UNROLLED(COUNT) for (int j = 0; j < (COUNT); j++)

/* The first FROM lanes to the first TO: powers of two, FROM at most 64. */
#define AGI_FOLD(FOLD, LANES, FROM, TO)                                                         \
    _Pragma("GCC unroll 6") for (int half = (FROM) / 2; half >= (TO); half /= 2) {              \
        for (int j = 0; j < half; j++) {                                                        \
            (LANES)[j] = FOLD((LANES)[j], (LANES)[j + half]);                                   \
        }                                                                                       \
    }

/* NAME reduces numbers of type IN to one OUT. LANE and TOTAL are the types that it adds up in,
 * START their neutral value. STEP makes a lane's next value of a (LANE) and x (IN), FOLD one of two
 * lanes a and b, MERGE a total of t (TOTAL) and a (LANE or TOTAL), FINISH the result of t; p
 * are parameters. */
#define REDUCTION(NAME, IN, LANE, TOTAL, OUT, START, STEP, FOLD, MERGE, FINISH)                 \
    AGI_REDUCTION_BODIES(AGI_EACH_UNROLLED, NAME, IN, LANE, TOTAL, OUT, START, STEP, FOLD,      \
                         MERGE, FINISH)                                                         \
    REDUCTION_OF(NAME, TOTAL)
#define AGI_REDUCTION_BODIES(EACH, NAME, IN, LANE, TOTAL, OUT, START, STEP, FOLD, MERGE,        \
                             FINISH)                                                            \
    AGI_INLINE LANE NAME##_step(LANE a, IN x, const double *p)                                  \
    {                                                                                           \
        (void)p;                                                                                \
        return (LANE)(STEP);                                                                    \
    }                                                                                           \
    AGI_INLINE LANE NAME##_fold(LANE a, LANE b)                                                 \
    {                                                                                           \
        return (LANE)(FOLD);                                                                    \
    }                                                                                           \
    AGI_INLINE TOTAL NAME##_merge(TOTAL t, LANE a)                                              \
    {                                                                                           \
        return (TOTAL)(MERGE);                                                                  \
    }                                                                                           \
    static void NAME##_join(void *totals, const void *later, int64_t count, int64_t offset)     \
    {                                                                                           \
        (void)offset;                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            const TOTAL t = ((TOTAL *)totals)[i], a = ((const TOTAL *)later)[i];                \
            ((TOTAL *)totals)[i] = (TOTAL)(MERGE);                                              \
        }                                                                                       \
    }                                                                                           \
    static void NAME##_start(void *totals, int64_t count)                                       \
    {                                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            ((TOTAL *)totals)[i] = (TOTAL)(START);                                              \
        }                                                                                       \
    }                                                                                           \
    static void NAME##_finish(void *const *out, int64_t at, int64_t stride, const void *totals, \
                              int64_t count, const double *p)                                   \
    {                                                                                           \
        (void)p;                                                                                \
        for (int64_t i = 0; i < count; i++) {                                                   \
            const TOTAL t = ((const TOTAL *)totals)[i];                                         \
            ((OUT *)out[0])[at + i * stride] = (OUT)(FINISH);                                   \
        }                                                                                       \
    }                                                                                           \
    /* Many steps of AGI_LANES numbers, in stretches. */                                        \
    AGI_INLINE TOTAL NAME##_many(TOTAL t, const IN *x, int64_t steps, const double *p)          \
    {                                                                                           \
        while (steps > 0) {                                                                     \
            LANE lanes[AGI_LANES];                                                              \
            const int64_t stretch = steps < AGI_STRETCH ? steps : AGI_STRETCH;                  \
            for (int j = 0; j < AGI_LANES; j++) {                                               \
                lanes[j] = (LANE)(START);                                                       \
            }                                                                                   \
            for (int64_t s = 0; s < stretch; s++, x += AGI_LANES) {                             \
                if (s % (AGI_HALF_PAGE / (AGI_LANES * (int64_t)sizeof(IN))) == 0) {             \
                    agi_read_ahead(x);                                                          \
                }                                                                               \
                for (int j = 0; j < AGI_LANES; j++) {                                           \
                    lanes[j] = NAME##_step(lanes[j], x[j], p);                                  \
                }                                                                               \
            }                                                                                   \
            AGI_FOLD(NAME##_fold, lanes, AGI_LANES, 8)                                          \
            for (int j = 0; j < 8; j++) {                                                       \
                t = NAME##_merge(t, lanes[j]);                                                  \
            }                                                                                   \
            steps -= stretch;                                                                   \
        }                                                                                       \
        return t;                                                                               \
    }                                                                                           \
    /* Some steps of AGI_FEW_LANES numbers. */                                                  \
    AGI_INLINE TOTAL NAME##_some(TOTAL t, const IN *x, int64_t steps, const double *p)          \
    {                                                                                           \
        LANE lanes[AGI_FEW_LANES];                                                              \
        EACH(AGI_FEW_LANES) {                                                                   \
            lanes[j] = (LANE)(START);                                                           \
        }                                                                                       \
        for (int64_t s = 0; s < steps; s++, x += AGI_FEW_LANES) {                               \
            EACH(AGI_FEW_LANES) {                                                               \
                lanes[j] = NAME##_step(lanes[j], x[j], p);                                      \
            }                                                                                   \
        }                                                                                       \
        AGI_FOLD(NAME##_fold, lanes, AGI_FEW_LANES, 4)                                          \
        for (int j = 0; j < 4; j++) {                                                           \
            t = NAME##_merge(t, lanes[j]);                                                      \
        }                                                                                       \
        return t;                                                                               \
    }                                                                                           \
    AGI_INLINE void NAME##_row_body(const char *in, int64_t stride, int64_t count, void *total, \
                                    const double *p)                                            \
    {                                                                                           \
        TOTAL t = *(TOTAL *)total;                                                              \
        if (stride == sizeof(IN)) {                                                             \
            if (count >= 4 * AGI_LANES) {                                                       \
                t = NAME##_many(t, (const IN *)in, count / AGI_LANES, p);                       \
                in += (count - count % AGI_LANES) * (int64_t)sizeof(IN);                        \
                count %= AGI_LANES;                                                             \
            }                                                                                   \
            if (count >= AGI_FEW_LANES) {                                                       \
                t = NAME##_some(t, (const IN *)in, count / AGI_FEW_LANES, p);                   \
                in += (count - count % AGI_FEW_LANES) * (int64_t)sizeof(IN);                    \
                count %= AGI_FEW_LANES;                                                         \
            }                                                                                   \
        }                                                                                       \
        while (count > 0) {                                                                     \
            const int64_t few = count < AGI_FEW_LANES ? count : AGI_FEW_LANES;                  \
            LANE rest = (LANE)(START);                                                          \
            for (int64_t i = 0; i < few; i++, in += stride) {                                   \
                rest = NAME##_step(rest, *(const IN *)in, p);                                   \
            }                                                                                   \
            t = NAME##_merge(t, rest);                                                          \
            count -= few;                                                                       \
        }                                                                                       \
        *(TOTAL *)total = t;                                                                    \
    }                                                                                           \
    AGI_INLINE void NAME##_rows_body(const char *in, int64_t pitch, int64_t rows,               \
                                     int64_t columns, void *totals, const double *p)            \
    {                                                                                           \
        TOTAL *t = (TOTAL *)totals;                                                             \
        LANE lanes[AGI_COLUMNS];                                                                \
        while (rows > 0) {                                                                      \
            const int64_t together = agi_rows_together(pitch, rows, columns, sizeof(IN));       \
            const int64_t width = together * columns, most = rows / together;                   \
            const int64_t steps = most < AGI_STRETCH ? most : AGI_STRETCH;                      \
            for (int64_t j = 0; j < width; j++) {                                               \
                lanes[j] = (LANE)(START);                                                       \
            }                                                                                   \
            for (int64_t s = 0; s < steps; s++, in += together * pitch) {                       \
                const IN *x = (const IN *)in;                                                   \
                AGI_FOR_EACH(width) lanes[i] = NAME##_step(lanes[i], x[i], p);                  \
            }                                                                                   \
            for (const LANE *row = lanes; row < lanes + width; row += columns) {                \
                AGI_FOR_EACH(columns) t[i] = NAME##_merge(t[i], row[i]);                        \
            }                                                                                   \
            rows -= steps * together;                                                           \
        }                                                                                       \
    }

#define AGI_LINE_BY_LINE(NAME, FUNCTION, TOTAL)                                                 \
    AGI_INLINE void NAME##_##FUNCTION(const char *in, int64_t pitch, int64_t lines,             \
                                      int64_t stride, int64_t count, void *totals,              \
                                      const double *p)                                          \
    {                                                                                           \
        for (int64_t i = 0; i < lines; i++) {                                                   \
            NAME##_row_body(in + i * pitch, stride, count, (TOTAL *)totals + i, p);             \
        }                                                                                       \
    }

/* A reduction with its loops written out, which keep totals of type TOTAL: NAME_start, NAME_join,
 * NAME_finish, NAME_row_body (count numbers stride bytes apart into one total), NAME_rows_body. */
#define REDUCTION_OF(NAME, TOTAL)                                                               \
    AGI_LINE_BY_LINE(NAME, lines_body, TOTAL)                                                   \
    REDUCTION_BY_LINES(NAME, TOTAL)

/* The same with NAME_lines_body in NAME_row_body's place. */
#define REDUCTION_BY_LINES(NAME, TOTAL)                                                         \
    AGI_VARIANTS(NAME##_lines, (const char *in, int64_t pitch, int64_t lines, int64_t stride,   \
                                int64_t count, void *totals, const double *p),                  \
                 (in, pitch, lines, stride, count, totals, p))                                  \
    AGI_VARIANTS(NAME##_rows, (const char *in, int64_t pitch, int64_t rows, int64_t columns,    \
                               void *totals, const double *p),                                  \
                 (in, pitch, rows, columns, totals, p))                                         \
    _Static_assert(sizeof(TOTAL) <= AGI_TOTAL_BYTES, "a total has no room");                    \
    static const agi_reduction NAME = {sizeof(TOTAL), NAME##_start, NAME##_join, NAME##_finish, \
                                       AGI_VARIANT_LIST(NAME##_lines),                          \
                                       AGI_VARIANT_LIST(NAME##_rows)};

/* The same by lines: of those with fewer than SHORT numbers NAME_beside takes AGI_BESIDE side by
 * side, a number of each at a time, so that none waits for the one before; NAME_rest the others. */
enum { AGI_BESIDE = 32 };
#define REDUCTION_BESIDE(NAME, TOTAL, SHORT)                                                    \
    AGI_INLINE void NAME##_lines_body(const char *in, int64_t pitch, int64_t lines,             \
                                      int64_t stride, int64_t count, void *totals,              \
                                      const double *p)                                          \
    {                                                                                           \
        TOTAL *t = totals;                                                                      \
        for (; count < (SHORT) && lines >= AGI_BESIDE; lines -= AGI_BESIDE, t += AGI_BESIDE) {  \
            NAME##_beside(in, pitch, stride, count, t, p);                                      \
            in += AGI_BESIDE * pitch;                                                           \
        }                                                                                       \
        NAME##_rest(in, pitch, lines, stride, count, t, p);                                     \
    }                                                                                           \
    REDUCTION_BY_LINES(NAME, TOTAL)

/* A reduction to the most extreme number, in whatever order. */
#define EXTREME(NAME, TYPE, SHORT, START, STEP, FOLD, MERGE)                                    \
    AGI_REDUCTION_BODIES(AGI_EACH_LANE, NAME, TYPE, TYPE, TYPE, TYPE, START, STEP, FOLD, MERGE, \
                         t)                                                                     \
    AGI_INLINE void NAME##_beside(const char *in, int64_t pitch, int64_t stride, int64_t count, \
                                  TYPE *totals, const double *p)                                \
    {                                                                                           \
        TYPE best[AGI_BESIDE];                                                                  \
        AGI_EACH_LANE(AGI_BESIDE) best[j] = totals[j];                                          \
        for (; count > 0; count--, in += stride) {                                              \
            AGI_EACH_LANE(AGI_BESIDE)                                                           \
            {                                                                                   \
                best[j] = NAME##_step(best[j], AGI_AT(TYPE, in, j * pitch), p);                 \
            }                                                                                   \
        }                                                                                       \
        AGI_EACH_LANE(AGI_BESIDE) totals[j] = best[j];                                          \
    }                                                                                           \
    /* At least AGI_FEW_LANES numbers in line; the last step reaches back over others. */       \
    AGI_INLINE TYPE NAME##_in_line(TYPE t, const TYPE *x, int64_t count, const double *p)       \
    {                                                                                           \
        TYPE lanes[AGI_FEW_LANES];                                                              \
        AGI_EACH_LANE(AGI_FEW_LANES) lanes[j] = t;                                              \
        for (int64_t at = 0; at < count; at += AGI_FEW_LANES) {                                 \
            const int64_t left = count - at;                                                    \
            const TYPE *from = x + (left < AGI_FEW_LANES ? count - AGI_FEW_LANES : at);         \
            AGI_EACH_LANE(AGI_FEW_LANES) lanes[j] = NAME##_step(lanes[j], from[j], p);          \
        }                                                                                       \
        AGI_FOLD(NAME##_fold, lanes, AGI_FEW_LANES, 1)                                          \
        return lanes[0];                                                                        \
    }                                                                                           \
    AGI_INLINE void NAME##_rest(const char *in, int64_t pitch, int64_t lines, int64_t stride,   \
                                int64_t count, TYPE *t, const double *p)                        \
    {                                                                                           \
        const bool is_line = stride == sizeof(TYPE) && count >= AGI_FEW_LANES;                  \
        for (; is_line && count < 4 * AGI_LANES && lines > 0; lines--, t++, in += pitch) {      \
            *t = NAME##_in_line(*t, (const TYPE *)in, count, p);                                \
        }                                                                                       \
        for (; lines > 0; lines--, t++, in += pitch) {                                          \
            NAME##_row_body(in, stride, count, t, p);                                           \
        }                                                                                       \
    }                                                                                           \
    REDUCTION_BESIDE(NAME, TYPE, SHORT)

/* The shape of input 0 without its reduced dims, for result i. Every reduction has the parameters
 * (self, dim, keepdim, …): dim is one dim or a list, absent or empty for all. */
bool agi_reduce_infer(agi_call *call, int i, ag_dtype dtype);
/* Of a sum or a product, with the parameters (self, dim, keepdim, dtype): integers and booleans give
 * int64 where no dtype is asked for. */
bool agi_reduce_infer_total(agi_call *call);
/* A total of numbers that want a gradient may not be asked for in a type that has none: false with
 * torch's error. */
bool agi_keeps_history(agi_call *call, ag_dtype dtype);
/* Marks the dims that the arguments name; false with torch's error. */
bool agi_reduced_dims(ag_context *context, const ag_operation *operation,
                      const ag_value *arguments, int ndim, bool *reduced);
/* Of an operation without a neutral value: whether there is a number for each result, else torch's
 * error with its ending. */
bool agi_check_not_empty(agi_call *call, const char *name, const char *ending);
/* Reduces self over the marked dims into out, whose dims are the others in their order, or all
 * with size 1 for the marked ones; into second, too, where that is not NULL: both contiguous, of
 * one shape. False if interrupted. */
bool agi_reduce(const agi_reduction *reduction, ag_tensor *out, ag_tensor *second, ag_tensor *self,
                const bool *reduced, const double *p);
/* The same for a call: input 0, cast to the dtype that is computed in, into result 0. */
bool agi_reduce_call(agi_call *call, const agi_reduction *reduction, ag_dtype compute,
                     const double *p);
/* In a gradient formula: g, of the reduced shape, stretched to the shape of input 0. */
ag_tensor *agi_expand_reduced(agi_gradient *b, ag_tensor *g);
/* How many numbers of input 0 go into each result. */
double agi_reduced_count(const agi_gradient *b);
/* The same before the call, from its shapes. */
double agi_count_for_each(const agi_call *call);
/* The gradient of one number found in input 0 and saved as result 0: those that tie share it; where
 * it is NaN, those that are NaN. */
ag_tensor *agi_shared_by_ties(agi_gradient *b);
/* The gradient of numbers picked along a dim: to the positions saved as result 1 alone. */
void agi_along_gradient(agi_gradient *b);

#endif
