/* The logarithm of a sum of exponentials. */
#include <math.h>

#include "dtype.h"
#include "elementary/exponential.h"
#include "softmax_line.h"

/* sum times e^base is the total. */
typedef struct scaled_sum {
    double base, sum;
} scaled_sum;

static void start(void *totals, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        ((scaled_sum *)totals)[i] = (scaled_sum){0, 0};
    }
}

/* A sum of 0 has no scale yet; one that is infinite or NaN needs none. */
static void add_scaled(scaled_sum *t, double base, double sum)
{
    if (sum == 0) {
        return;
    }
    if (t->sum == 0) {
        *t = (scaled_sum){base, sum};
    } else if (!isfinite(sum) || !isfinite(t->sum)) {
        t->sum += sum;
    } else if (base <= t->base) {
        t->sum += sum * exp(base - t->base);
    } else {
        *t = (scaled_sum){base, t->sum * exp(t->base - base) + sum};
    }
}

static void join(void *totals, const void *later, int64_t count, int64_t offset)
{
    for (int64_t i = 0; i < count; i++) {
        const scaled_sum *more = (const scaled_sum *)later + i;
        add_scaled((scaled_sum *)totals + i, more->base, more->sum);
    }
}

enum { LONGEST = AGI_STRETCH * AGI_LANES_F32 };
enum { SHORT = 40 }; /* numbers of a line, below which several go side by side */

/* Of a stretch first the largest number, from which the exponents are taken; 0 where that is
 * infinite, so that nothing is taken from itself. */
#define LOGSUMEXP(NAME, TYPE, LANES, EXP)                                                       \
    AGI_SOFTMAX_LINE(NAME, TYPE, LANES, EXP)                                                    \
    static void NAME##_finish(void *const *out, int64_t at, int64_t stride, const void *totals, \
                              int64_t count, const double *p)                                   \
    {                                                                                           \
        const scaled_sum *t = totals;                                                           \
        (void)p;                                                                                \
        for (int64_t i = 0; i < count; i++) {                                                   \
            ((TYPE *)out[0])[at + i * stride] = (TYPE)(t[i].base + log(t[i].sum));              \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE TYPE NAME##_base(TYPE largest)                                                   \
    {                                                                                           \
        return largest - largest == 0 ? largest : 0;                                            \
    }                                                                                           \
    /* At least LANES numbers in line. */                                                       \
    AGI_INLINE void NAME##_in_line(const TYPE *in, int64_t count, void *total)                  \
    {                                                                                           \
        for (int64_t at = 0; at < count; at += LONGEST) {                                       \
            const int64_t end = count - at < LONGEST ? count : at + LONGEST;                    \
            const int64_t from = end - at < LANES ? end - LANES : at;                           \
            const TYPE base = NAME##_base(NAME##_highest(in + from, end - from));               \
            add_scaled(total, (double)base, NAME##_exponentials(in, NULL, at, end, base));      \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_row_body(const char *in, int64_t stride, int64_t count, void *total, \
                                    const double *p)                                            \
    {                                                                                           \
        (void)p;                                                                                \
        if (stride == sizeof(TYPE) && count >= LANES) {                                         \
            NAME##_in_line((const TYPE *)in, count, total);                                     \
            return;                                                                             \
        }                                                                                       \
        for (; count > 0; count -= LANES, in += LANES * stride) {                               \
            TYPE few[LANES];                                                                    \
            for (int64_t j = 0; j < LANES; j++) {                                               \
                few[j] = j < count ? AGI_AT(TYPE, in, j * stride) : -INFINITY;                  \
            }                                                                                   \
            NAME##_in_line(few, LANES, total);                                                  \
        }                                                                                       \
    }                                                                                           \
    /* Several totals side by side, a row with a number of each, `step` apart, at a time. */    \
    AGI_INLINE void NAME##_columns(const char *in, int64_t pitch, int64_t rows, int64_t step,   \
                                   int64_t columns, void *totals)                               \
    {                                                                                           \
        TYPE base[AGI_COLUMNS], sums[AGI_COLUMNS];                                              \
        while (rows > 0) {                                                                      \
            const int64_t steps = rows < AGI_STRETCH ? rows : AGI_STRETCH;                      \
            for (int64_t j = 0; j < columns; j++) {                                             \
                base[j] = -INFINITY;                                                            \
                sums[j] = 0;                                                                    \
            }                                                                                   \
            for (int64_t s = 0; s < steps; s++) {                                               \
                const char *row = in + s * pitch;                                               \
                AGI_FOR_EACH(columns)                                                           \
                {                                                                               \
                    const TYPE x = AGI_AT(TYPE, row, i * step);                                 \
                    base[i] = x > base[i] ? x : base[i];                                        \
                }                                                                               \
            }                                                                                   \
            AGI_FOR_EACH(columns) base[i] = NAME##_base(base[i]);                               \
            for (int64_t s = 0; s < steps; s++, in += pitch) {                                  \
                AGI_FOR_EACH(columns) sums[i] += EXP(AGI_AT(TYPE, in, i * step) - base[i]);     \
            }                                                                                   \
            for (int64_t j = 0; j < columns; j++) {                                             \
                add_scaled((scaled_sum *)totals + j, (double)base[j], (double)sums[j]);         \
            }                                                                                   \
            rows -= steps;                                                                      \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_rows_body(const char *in, int64_t pitch, int64_t rows,               \
                                     int64_t columns, void *totals, const double *p)            \
    {                                                                                           \
        (void)p;                                                                                \
        NAME##_columns(in, pitch, rows, sizeof(TYPE), columns, totals);                         \
    }                                                                                           \
    AGI_INLINE void NAME##_beside(const char *in, int64_t pitch, int64_t stride, int64_t count, \
                                  scaled_sum *totals, const double *p)                          \
    {                                                                                           \
        (void)p;                                                                                \
        NAME##_columns(in, stride, count, pitch, AGI_BESIDE, totals);                           \
    }                                                                                           \
    AGI_LINE_BY_LINE(NAME, rest, scaled_sum)                                                    \
    REDUCTION_BESIDE(NAME, scaled_sum, SHORT)
#define logsumexp_f32_start start
#define logsumexp_f64_start start
#define logsumexp_f32_join join
#define logsumexp_f64_join join
LOGSUMEXP(logsumexp_f32, float, AGI_LANES_F32, agi_exp_f32)
LOGSUMEXP(logsumexp_f64, double, AGI_LANES_F64, agi_exp_f64)

static bool logsumexp_infer(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    return agi_reduce_infer(call, 0, ag_dtype_is_floating(dtype) ? dtype : AGI_DEFAULT_FLOAT);
}

static bool logsumexp_kernel(agi_call *call)
{
    ag_dtype dtype = call->results[0].dtype;
    return agi_reduce_call(call, dtype == AG_FLOAT32 ? &logsumexp_f32 : &logsumexp_f64, dtype,
                           NULL);
}

static void logsumexp_gradient(agi_gradient *b)
{
    ag_tensor *result = agi_expand_reduced(b, SAVED_RESULT(0));
    GIVE(0, ag_mul(agi_expand_reduced(b, b->g), ag_exp(ag_sub(SAVED_INPUT(0), result))));
}

AG_OPERATION(logsumexp, BOTH, "logsumexp(Tensor self, Dims dim, bool keepdim=false) -> Tensor",
    "log(sum(exp(self))) over the given dims, without overflow.",
    .infer = logsumexp_infer, .kernel = logsumexp_kernel, .gradient = logsumexp_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "LogsumexpBackward0")
