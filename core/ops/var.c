/* Variance and standard deviation. */
#include <math.h>
#include <stdio.h>

#include "dtype.h"
#include "reduce.h"

/* m2 is the sum of squared distances from the mean. */
typedef struct moments {
    double count, mean, m2;
} moments;

/* t with n numbers more, of the given moments. */
AGI_INLINE void merge_moments(moments *t, double n, double mean, double m2)
{
    double count = t->count + n, apart = mean - t->mean;
    t->m2 += m2 + (t->count == 0 ? 0 : apart * apart * t->count * n / count);
    t->mean = t->count == 0 ? mean : t->mean + apart * n / count;
    t->count = count;
}

/* t with n numbers more, whose distances from `from` sum to d and their squares to d2. */
AGI_INLINE void add_moments(moments *t, double n, double from, double d, double d2)
{
    merge_moments(t, n, from + d / n, d2 - d * d / n);
}

static void start(void *totals, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        ((moments *)totals)[i] = (moments){0, 0, 0};
    }
}

static void join(void *totals, const void *later, int64_t count, int64_t offset)
{
    for (int64_t i = 0; i < count; i++) {
        moments *t = (moments *)totals + i;
        const moments *more = (const moments *)later + i;
        merge_moments(t, more->count, more->mean, more->m2);
    }
}

/* p[0]: by how much the divisor is less than the count; p[1]: whether the root is wanted. */
AGI_INLINE double variance_of(const moments *t, const double *p)
{
    double freedom = t->count - p[0];
    double variance = t->count == 0 ? NAN : t->m2 / (freedom > 0 ? freedom : 0);
    return p[1] != 0 ? sqrt(variance) : variance;
}

/* A stretch at a time, while it is in the cache: its mean, then the distances from it. */
#define VARIANCE(NAME, TYPE)                                                                    \
    static void NAME##_finish(void *const *out, int64_t at, int64_t stride, const void *totals, \
                              int64_t count, const double *p)                                   \
    {                                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            ((TYPE *)out[0])[at + i * stride] =                                                 \
                (TYPE)variance_of((const moments *)totals + i, p);                              \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE double NAME##_fold(const TYPE *lanes)                                            \
    {                                                                                           \
        double sum = 0;                                                                         \
        for (int j = 0; j < AGI_LANES; j++) {                                                   \
            sum += (double)lanes[j];                                                            \
        }                                                                                       \
        return sum;                                                                             \
    }                                                                                           \
    AGI_INLINE void NAME##_stretch(const TYPE *x, int64_t steps, moments *t)                    \
    {                                                                                           \
        TYPE sums[AGI_LANES] = {0}, squares[AGI_LANES] = {0};                                   \
        const double n = (double)(steps * AGI_LANES);                                           \
        for (int64_t s = 0; s < steps; s++) {                                                   \
            for (int j = 0; j < AGI_LANES; j++) {                                               \
                sums[j] += x[s * AGI_LANES + j];                                                \
            }                                                                                   \
        }                                                                                       \
        const TYPE mean = (TYPE)(NAME##_fold(sums) / n);                                        \
        for (int j = 0; j < AGI_LANES; j++) {                                                   \
            sums[j] = 0;                                                                        \
        }                                                                                       \
        for (int64_t s = 0; s < steps; s++) {                                                   \
            for (int j = 0; j < AGI_LANES; j++) {                                               \
                const TYPE d = x[s * AGI_LANES + j] - mean;                                     \
                sums[j] += d;                                                                   \
                squares[j] += d * d;                                                            \
            }                                                                                   \
        }                                                                                       \
        add_moments(t, n, mean, NAME##_fold(sums), NAME##_fold(squares));                       \
    }                                                                                           \
    AGI_INLINE void NAME##_row_body(const char *in, int64_t stride, int64_t count, void *total, \
                                    const double *p)                                            \
    {                                                                                           \
        moments *t = total;                                                                     \
        (void)p;                                                                                \
        if (stride == sizeof(TYPE)) {                                                           \
            while (count >= AGI_LANES) {                                                        \
                int64_t steps = count / AGI_LANES;                                              \
                steps = steps < AGI_STRETCH ? steps : AGI_STRETCH;                              \
                NAME##_stretch((const TYPE *)in, steps, t);                                     \
                in += steps * AGI_LANES * (int64_t)sizeof(TYPE);                                \
                count -= steps * AGI_LANES;                                                     \
            }                                                                                   \
        }                                                                                       \
        if (count == 0) {                                                                       \
            return;                                                                             \
        }                                                                                       \
        double mean = 0, sum = 0, squares = 0;                                                  \
        for (int64_t i = 0; i < count; i++) {                                                   \
            mean += (double)*(const TYPE *)(in + i * stride);                                   \
        }                                                                                       \
        mean /= (double)count;                                                                  \
        for (int64_t i = 0; i < count; i++) {                                                   \
            const double d = (double)*(const TYPE *)(in + i * stride) - mean;                   \
            sum += d;                                                                           \
            squares += d * d;                                                                   \
        }                                                                                       \
        add_moments(t, (double)count, mean, sum, squares);                                      \
    }                                                                                           \
    AGI_INLINE void NAME##_rows_body(const char *in, int64_t pitch, int64_t rows,               \
                                     int64_t columns, void *totals, const double *p)            \
    {                                                                                           \
        TYPE mean[AGI_COLUMNS], sums[AGI_COLUMNS], squares[AGI_COLUMNS];                        \
        (void)p;                                                                                \
        while (rows > 0) {                                                                      \
            const int64_t steps = rows < AGI_STRETCH ? rows : AGI_STRETCH;                      \
            for (int64_t j = 0; j < columns; j++) {                                             \
                mean[j] = sums[j] = squares[j] = 0;                                             \
            }                                                                                   \
            for (int64_t s = 0; s < steps; s++) {                                               \
                const TYPE *x = (const TYPE *)(in + s * pitch);                                 \
                AGI_FOR_EACH(columns) mean[i] += x[i];                                          \
            }                                                                                   \
            const TYPE part = (TYPE)1 / (TYPE)steps;                                            \
            AGI_FOR_EACH(columns) mean[i] *= part;                                              \
            for (int64_t s = 0; s < steps; s++, in += pitch) {                                  \
                const TYPE *x = (const TYPE *)in;                                               \
                AGI_FOR_EACH(columns)                                                           \
                {                                                                               \
                    const TYPE d = x[i] - mean[i];                                              \
                    sums[i] += d;                                                               \
                    squares[i] += d * d;                                                        \
                }                                                                               \
            }                                                                                   \
            for (int64_t j = 0; j < columns; j++) {                                             \
                add_moments((moments *)totals + j, (double)steps, (double)mean[j],              \
                            (double)sums[j], (double)squares[j]);                               \
            }                                                                                   \
            rows -= steps;                                                                      \
        }                                                                                       \
    }
#define variance_f32_start start
#define variance_f64_start start
#define variance_f32_join join
#define variance_f64_join join
VARIANCE(variance_f32, float)
REDUCTION_OF(variance_f32, moments)
VARIANCE(variance_f64, double)
REDUCTION_OF(variance_f64, moments)

static bool variance_infer(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    if (!ag_dtype_is_floating(dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "std and var only support floating point and complex dtypes");
        return false;
    }
    return agi_reduce_infer(call, 0, dtype);
}

static bool variance_kernel(agi_call *call, const char *name, bool root)
{
    ag_dtype dtype = call->results[0].dtype;
    const double p[] = {call->arguments[3].real, root};
    double count = call->results[0].tensor->numel == 0 ? 0 : agi_count_for_each(call);
    if (count <= p[0]) {
        char text[200];
        snprintf(text, sizeof text, "%s(): degrees of freedom is <= 0. Correction should be "
                 "strictly less than the reduction factor (input numel divided by output numel).",
                 name);
        ag_warn(call->context, text);
    }
    return agi_reduce_call(call, dtype == AG_FLOAT32 ? &variance_f32 : &variance_f64, dtype, p);
}

static bool var_kernel(agi_call *call)
{
    return variance_kernel(call, "var", false);
}

static bool std_kernel(agi_call *call)
{
    return variance_kernel(call, "std", true);
}

/* Of the variance: 2 (self - mean) / (count - correction) times g. */
static ag_tensor *variance_back(agi_gradient *b, ag_tensor *g)
{
    ag_tensor *self = SAVED_INPUT(0);
    double freedom = agi_reduced_count(b) - b->arguments[3].real;
    ag_tensor *distance = ag_sub(self, ag_mean(self, b->arguments[1].integers, true,
                                               AG_DTYPE_NONE));
    bool over_all = !b->arguments[1].given || (self != NULL && self->ndim == 0);
    if (over_all && freedom <= 0) { /* NaN where self is the mean, else infinite */
        return ag_mul(ag_mul_number(ag_square(ag_detach(distance)), INFINITY), g);
    }
    return ag_mul(ag_mul_number(agi_expand_reduced(b, g), 2 / freedom), distance);
}

static void var_gradient(agi_gradient *b)
{
    GIVE(0, variance_back(b, b->g));
}

/* 0 where the deviation is 0. */
static void std_gradient(agi_gradient *b)
{
    ag_tensor *deviation = SAVED_RESULT(0);
    ag_tensor *g = ag_div(b->g, ag_mul_number(deviation, 2));
    GIVE(0, variance_back(b, ag_masked_fill_number(g, ag_eq_number(deviation, 0), 0)));
}

AG_OPERATION(var_corrected, INTERNAL,
    "var_corrected(Tensor self, Dims? dim, bool keepdim, real correction) -> Tensor",
    "The sum of squared distances from the mean / (count - correction).",
    .infer = variance_infer, .kernel = var_kernel, .gradient = var_gradient,
    .saves = {INPUT(0)}, .node = "VarBackward0")

AG_OPERATION(std_corrected, INTERNAL,
    "std_corrected(Tensor self, Dims? dim, bool keepdim, real correction) -> Tensor",
    "The square root of var_corrected.",
    .infer = variance_infer, .kernel = std_kernel, .gradient = std_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "StdBackward0")

/* ---- With torch's arguments ---------------------------------------------------- */

typedef ag_tensor *(*corrected)(ag_tensor *self, ag_integers dim, bool keepdim, double correction);

static bool correct(ag_context *context, const ag_value *arguments, ag_results *results,
                    const char *name, corrected compute)
{
    const ag_value *unbiased = &arguments[2], *correction = &arguments[4];
    if (unbiased->given && correction->given) {
        agi_fail(context, AG_ERROR_TYPE, "%s() received an invalid combination of arguments: "
                 "unbiased and correction", name);
        return false;
    }
    double less = correction->given ? correction->real : !unbiased->given || unbiased->boolean;
    return agi_one_result(results, compute(arguments[0].tensor, arguments[1].integers,
                                           arguments[3].boolean, less));
}

static bool var_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return correct(context, arguments, results, "var", ag_var_corrected);
}

static bool std_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return correct(context, arguments, results, "std", ag_std_corrected);
}

AG_OPERATION(var, BOTH,
    "var(Tensor self, Dims? dim=None, bool? unbiased=None, bool keepdim=false, *, "
    "real? correction=None) -> Tensor",
    "The variance over the given dims, or over all: the sum of squared distances from the mean "
    "/ (count - correction), where correction is 1, or 0 where unbiased is false.", .body = var_body)

AG_OPERATION(std, BOTH,
    "std(Tensor self, Dims? dim=None, bool? unbiased=None, bool keepdim=false, *, "
    "real? correction=None) -> Tensor",
    "The standard deviation: the square root of var.", .body = std_body)
