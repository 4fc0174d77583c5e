/* Softmax, its logarithm, and their gradients.
 *
 * Numbers are seen as outer × size × inner around the dim, in line. Along the last dim (inner 1) a
 * line is gone through in lanes; along another, BLOCK lines that lie side by side at once. */
#include <math.h>
#include <stdio.h>

#include "cast.h"
#include "cut.h"
#include "dtype.h"
#include "elementary/exponential.h"
#include "elementary/logarithm.h"
#include "softmax_line.h"
#include "threads.h"

enum { BLOCK = 512, TOGETHER = 8 };

typedef struct layout {
    int64_t outer, size, inner;
    int64_t first, end; /* of inner: what is gone through */
} layout;

/* Lines of in[0], and in[1] where there are two inputs, to out. */
typedef void (*run_lines)(const void *const *in, void *out, layout l, bool is_log);

static layout layout_around(const ag_tensor *tensor, int dim)
{
    layout l = {1, tensor->ndim == 0 ? 1 : tensor->shape[dim], 1, 0, 1};
    for (int i = 0; i < tensor->ndim; i++) {
        l.outer *= i < dim ? tensor->shape[i] : 1;
        l.inner *= i > dim ? tensor->shape[i] : 1;
    }
    l.end = l.inner;
    return l;
}

/* ---- Lines ------------------------------------------------------------------ */

/* Exponentials are raised by a power of two, so that one that becomes denormal as a share of the
 * sum is rounded once. Of lines in line TOGETHER are gone through at a time, so that the ends of
 * none are waited for; those with fewer numbers than lanes are filled up. */
#define SOFTMAX(NAME, TYPE, LANES, EXP, RAISED)                                                 \
    AGI_SOFTMAX_LINE(NAME, TYPE, LANES, EXP)                                                    \
    AGI_INLINE double NAME##_sum(const TYPE *in, TYPE *each, int64_t size, TYPE highest)        \
    {                                                                                           \
        double sum = 0;                                                                         \
        for (int64_t at = 0; at < size; at += BLOCK) {                                          \
            int64_t end = size - at < BLOCK ? size : at + BLOCK;                                \
            sum += NAME##_exponentials(in, each, at, end, highest);                             \
        }                                                                                       \
        return sum;                                                                             \
    }                                                                                           \
    AGI_INLINE TYPE NAME##_factor(double sum, bool is_log)                                      \
    {                                                                                           \
        return (TYPE)(is_log ? agi_log_f64(sum * (1 / RAISED)) : 1 / sum);                      \
    }                                                                                           \
    AGI_INLINE TYPE NAME##_result(TYPE x, TYPE y, TYPE highest, TYPE factor, bool is_log)       \
    {                                                                                           \
        return is_log ? (x - highest) - factor : y * factor;                                    \
    }                                                                                           \
    AGI_INLINE void NAME##_finish(const TYPE *in, TYPE *out, int64_t size, TYPE highest,        \
                                  TYPE factor, bool is_log)                                     \
    {                                                                                           \
        const TYPE *last_in = in + size - LANES;                                                \
        TYPE *last_out = out + size - LANES, last[LANES];                                       \
        AGI_EACH_LANE(LANES) {                                                                  \
            last[j] = NAME##_result(last_in[j], last_out[j], highest, factor, is_log);          \
        }                                                                                       \
        for (; in < last_in; in += LANES, out += LANES) {                                       \
            AGI_INDEPENDENT_STEPS AGI_EACH_LANE(LANES) {                                        \
                out[j] = NAME##_result(in[j], out[j], highest, factor, is_log);                 \
            }                                                                                   \
        }                                                                                       \
        AGI_EACH_LANE(LANES) {                                                                  \
            last_out[j] = last[j];                                                              \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_together(const TYPE *in, TYPE *out, int64_t size, int64_t count,     \
                                    bool is_log)                                                \
    {                                                                                           \
        TYPE highest[TOGETHER], factor[TOGETHER];                                               \
        double sum[TOGETHER] = {0};                                                             \
        for (int64_t i = 0; i < count; i++) {                                                   \
            highest[i] = NAME##_highest(in + i * size, size);                                   \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            TYPE *each = is_log ? NULL : out + i * size;                                        \
            sum[i] = NAME##_sum(in + i * size, each, size, highest[i]);                         \
        }                                                                                       \
        AGI_FOR_EACH(TOGETHER) factor[i] = NAME##_factor(sum[i], is_log);                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            NAME##_finish(in + i * size, out + i * size, size, highest[i], factor[i], is_log);  \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_short(const TYPE *in, TYPE *out, int64_t size, int64_t count,        \
                                 bool is_log)                                                   \
    {                                                                                           \
        TYPE full_in[TOGETHER][LANES], full_out[TOGETHER][LANES];                               \
        for (int64_t i = 0; i < count; i++) {                                                   \
            AGI_EACH_LANE(LANES) {                                                              \
                full_in[i][j] = j < size ? in[i * size + j] : -INFINITY;                        \
            }                                                                                   \
        }                                                                                       \
        NAME##_together(full_in[0], full_out[0], LANES, count, is_log);                         \
        for (int64_t i = 0; i < count; i++) {                                                   \
            for (int64_t j = 0; j < size; j++) {                                                \
                out[i * size + j] = full_out[i][j];                                             \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_in_line(const TYPE *in, TYPE *out, int64_t size, int64_t count,      \
                                   bool is_log)                                                 \
    {                                                                                           \
        const int64_t most = size <= BLOCK ? TOGETHER : 1;                                      \
        for (int64_t i = 0; i < count; i += most) {                                             \
            int64_t some = count - i < most ? count - i : most;                                 \
            if (size < LANES) {                                                                 \
                NAME##_short(in + i * size, out + i * size, size, some, is_log);                \
            } else {                                                                            \
                NAME##_together(in + i * size, out + i * size, size, some, is_log);             \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    /* count (at most BLOCK) lines side by side, their elements inner apart. */                 \
    AGI_INLINE void NAME##_lines(const TYPE *in, TYPE *out, int64_t size, int64_t inner,        \
                                 int64_t count, bool is_log)                                    \
    {                                                                                           \
        TYPE high[BLOCK], each[BLOCK];                                                          \
        double sum[BLOCK];                                                                      \
        for (int64_t i = 0; i < count; i++) {                                                   \
            high[i] = -INFINITY;                                                                \
            sum[i] = 0;                                                                         \
        }                                                                                       \
        for (int64_t k = 0; k < size; k++) {                                                    \
            const TYPE *x = in + k * inner;                                                     \
            AGI_FOR_EACH(count) high[i] = x[i] > high[i] ? x[i] : high[i];                      \
        }                                                                                       \
        for (int64_t k = 0; k < size; k++) {                                                    \
            const TYPE *x = in + k * inner;                                                     \
            TYPE *y = is_log ? each : out + k * inner;                                          \
            AGI_FOR_EACH(count) y[i] = EXP(x[i] - high[i]);                                     \
            AGI_FOR_EACH(count) sum[i] += y[i];                                                 \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            each[i] = NAME##_factor(sum[i], is_log);                                            \
        }                                                                                       \
        for (int64_t k = 0; k < size; k++) {                                                    \
            const TYPE *x = in + k * inner;                                                     \
            TYPE *y = out + k * inner;                                                          \
            if (is_log) {                                                                       \
                AGI_FOR_EACH(count) y[i] = (x[i] - high[i]) - each[i];                          \
            } else {                                                                            \
                AGI_FOR_EACH(count) y[i] *= each[i];                                            \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_body(const void *const *in, void *out, layout l, bool is_log)        \
    {                                                                                           \
        const TYPE *x = in[0];                                                                  \
        TYPE *y = out;                                                                          \
        if (l.inner == 1 && is_log) {                                                           \
            NAME##_in_line(x, y, l.size, l.outer, true);                                        \
            return;                                                                             \
        }                                                                                       \
        if (l.inner == 1) {                                                                     \
            NAME##_in_line(x, y, l.size, l.outer, false);                                       \
            return;                                                                             \
        }                                                                                       \
        for (int64_t i = 0; i < l.outer; i++, x += l.size * l.inner, y += l.size * l.inner) {   \
            for (int64_t at = l.first; at < l.end; at += BLOCK) {                               \
                int64_t count = l.end - at < BLOCK ? l.end - at : BLOCK;                        \
                NAME##_lines(x + at, y + at, l.size, l.inner, count, is_log);                   \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_VARIANTS(NAME, (const void *const *in, void *out, layout l, bool is_log),               \
                 (in, out, l, is_log))                                                          \
    static const run_lines NAME[] = AGI_VARIANT_LIST(NAME);
SOFTMAX(softmax_f32, float, AGI_LANES_F32, agi_raised_exp_f32, AGI_RAISED_F32)
SOFTMAX(softmax_f64, double, AGI_LANES_F64, agi_raised_exp_f64, AGI_RAISED_F64)

/* ---- The gradient of a line ------------------------------------------------------- */

enum { SUM_LANES = 16 }; /* of the sum along a line, which is the same on every set */

/* Of y = softmax(x): dx = y (g - sum(g y)). Of its logarithm: dx = g - exp(y) sum(g). */
#define SLOPE_LINE(NAME, TYPE, EXP)                                                             \
    AGI_INLINE void NAME##_lines(const TYPE *g, const TYPE *y, TYPE *out, int64_t size,         \
                                 int64_t inner, int64_t count, bool is_log)                     \
    {                                                                                           \
        double sum[BLOCK] = {0};                                                                \
        for (int64_t k = 0; k < size; k++) {                                                    \
            const TYPE *gk = g + k * inner, *yk = y + k * inner;                                \
            if (is_log) {                                                                       \
                AGI_FOR_EACH(count) sum[i] += gk[i];                                            \
            } else {                                                                            \
                AGI_FOR_EACH(count) sum[i] += (double)gk[i] * yk[i];                            \
            }                                                                                   \
        }                                                                                       \
        for (int64_t k = 0; k < size; k++) {                                                    \
            const TYPE *gk = g + k * inner, *yk = y + k * inner;                                \
            TYPE *o = out + k * inner;                                                          \
            if (is_log) {                                                                       \
                AGI_FOR_EACH(count) o[i] = gk[i] - EXP(yk[i]) * (TYPE)sum[i];                   \
            } else {                                                                            \
                AGI_FOR_EACH(count) o[i] = yk[i] * (gk[i] - (TYPE)sum[i]);                      \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_line(const TYPE *g, const TYPE *y, TYPE *out, int64_t size,          \
                                bool is_log)                                                    \
    {                                                                                           \
        double lane[SUM_LANES] = {0}, sum = 0;                                                  \
        int64_t whole = size - size % SUM_LANES;                                                \
        for (int64_t i = 0; i < whole; i += SUM_LANES) {                                        \
            for (int k = 0; k < SUM_LANES; k++) {                                               \
                lane[k] += is_log ? g[i + k] : (double)g[i + k] * y[i + k];                     \
            }                                                                                   \
        }                                                                                       \
        for (int k = 0; k < SUM_LANES; k++) {                                                   \
            sum += lane[k];                                                                     \
        }                                                                                       \
        for (int64_t i = whole; i < size; i++) {                                                \
            sum += is_log ? g[i] : (double)g[i] * y[i];                                         \
        }                                                                                       \
        const TYPE s = (TYPE)sum;                                                               \
        if (is_log) {                                                                           \
            AGI_FOR_EACH(size) out[i] = g[i] - EXP(y[i]) * s;                                   \
        } else {                                                                                \
            AGI_FOR_EACH(size) out[i] = y[i] * (g[i] - s);                                      \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_body(const void *const *in, void *out, layout l, bool is_log)        \
    {                                                                                           \
        const TYPE *g = in[0], *y = in[1];                                                      \
        TYPE *o = out;                                                                          \
        for (int64_t k = 0; k < l.outer; k++) {                                                 \
            if (l.inner == 1) {                                                                 \
                NAME##_line(g, y, o, l.size, is_log);                                           \
            }                                                                                   \
            for (int64_t at = l.first; l.inner > 1 && at < l.end; at += BLOCK) {                \
                int64_t count = l.end - at < BLOCK ? l.end - at : BLOCK;                        \
                NAME##_lines(g + at, y + at, o + at, l.size, l.inner, count, is_log);           \
            }                                                                                   \
            g += l.size * l.inner;                                                              \
            y += l.size * l.inner;                                                              \
            o += l.size * l.inner;                                                              \
        }                                                                                       \
    }                                                                                           \
    AGI_VARIANTS(NAME, (const void *const *in, void *out, layout l, bool is_log),               \
                 (in, out, l, is_log))                                                          \
    static const run_lines NAME[] = AGI_VARIANT_LIST(NAME);
SLOPE_LINE(slope_f32, float, agi_exp_f32)
SLOPE_LINE(slope_f64, double, agi_exp_f64)

/* ---- Kernels ---------------------------------------------------------------------- */

/* What all chunks know: some lines along the dim each. */
typedef struct task {
    run_lines run;
    const char *in[2]; /* NULL: absent */
    char *out;
    int64_t bytes; /* of a number */
    layout whole;
    agi_cut cut;
    bool is_log;
} task;

static void run_chunk(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    agi_part part = agi_part_of(&t->cut, chunk);
    layout l = t->whole;
    int64_t at = part.row * l.size * l.inner * t->bytes;
    const void *in[] = {t->in[0] + at, t->in[1] == NULL ? NULL : t->in[1] + at};
    l.outer = part.rows;
    l.first = part.column;
    l.end = part.column + part.columns;
    t->run(in, t->out + at, l, t->is_log);
}

/* first and second (or NULL) in line to out, along dim. */
static bool run(ag_tensor *out, ag_tensor *first, ag_tensor *second, int64_t dim,
                const run_lines *f32, const run_lines *f64, bool is_log)
{
    ag_context *context = out->context;
    if (out->numel == 0) {
        return true;
    }
    task t = {
        .run = (out->dtype == AG_FLOAT32 ? f32 : f64)[context->isa],
        .in = {first->data, second == NULL ? NULL : second->data}, .out = out->data,
        .bytes = (int64_t)agi_size_of(out->dtype),
        .whole = layout_around(out, agi_wrap_dim(context, dim, out->ndim)), .is_log = is_log,
    };
    if (out->numel <= AGI_CHUNK) {
        t.run((const void *const *)t.in, t.out, t.whole, is_log);
        return true;
    }
    int64_t most = t.whole.size < AGI_CHUNK ? AGI_CHUNK / t.whole.size : 1;
    t.cut = agi_cut_rows(t.whole.outer, t.whole.inner, most, BLOCK);
    return agi_parallel(context, t.cut.count, run_chunk, &t);
}

static bool softmax_lines(agi_call *call, bool is_log)
{
    ag_tensor *x = agi_in_line(call->inputs[0]);
    bool done = x != NULL && run(call->results[0].tensor, x, NULL, call->arguments[1].integer,
                                 softmax_f32, softmax_f64, is_log);
    ag_release(x);
    return done;
}

static bool slope_lines(agi_call *call, bool is_log)
{
    ag_tensor *g = agi_in_line(call->inputs[0]), *y = g == NULL ? NULL : agi_in_line(call->inputs[1]);
    bool done = y != NULL && run(call->results[0].tensor, g, y, call->arguments[2].integer,
                                 slope_f32, slope_f64, is_log);
    ag_release(g);
    ag_release(y);
    return done;
}

/* ---- Operations -------------------------------------------------------------------- */

static bool infer(agi_call *call, const char *name)
{
    const ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    if (dim < 0) {
        return false;
    }
    if (!ag_dtype_is_floating((ag_dtype)self->dtype) && self->numel > 0) {
        char kernel_name[64];
        snprintf(kernel_name, sizeof kernel_name, "%s%s_kernel_impl", name,
                 dim + 1 >= self->ndim ? "_lastdim" : "");
        return agi_refuse_dtype(call, kernel_name, (ag_dtype)self->dtype);
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

static bool slope_infer(agi_call *call)
{
    const ag_tensor *g = call->inputs[0], *y = call->inputs[1];
    if (agi_wrap_dim(call->context, call->arguments[2].integer, y->ndim) < 0) {
        return false;
    }
    if (!ag_dtype_is_floating((ag_dtype)y->dtype) || g->dtype != y->dtype ||
        !agi_same_shape(g, y)) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s(): g must be of y's shape and floating dtype",
                 call->operation->info.name);
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)y->dtype, y->ndim, y->shape);
    return true;
}

static ag_tensor *sum_along(agi_gradient *b, ag_tensor *tensor)
{
    return ag_sum(tensor, AG_INTEGERS(b->arguments[2].integer), true, AG_DTYPE_NONE);
}

static bool softmax_slope_kernel(agi_call *call)
{
    return slope_lines(call, false);
}

static void softmax_slope_gradient(agi_gradient *b)
{
    ag_tensor *G = b->g, *g = SAVED_INPUT(0), *y = SAVED_INPUT(1);
    GIVE(0, ag_softmax_slope(G, y, b->arguments[2].integer));
    GIVE(1, ag_sub(ag_mul(G, ag_sub(g, sum_along(b, ag_mul(g, y)))),
                   ag_mul(g, sum_along(b, ag_mul(G, y)))));
}

AG_OPERATION(softmax_slope, INTERNAL, "softmax_slope(Tensor g, Tensor y, Dim dim) -> Tensor",
    "y * (g - sum(g * y)).",
    .infer = slope_infer, .kernel = softmax_slope_kernel, .gradient = softmax_slope_gradient,
    .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)}, .node = "SoftmaxBackwardDataBackward0")

static bool softmax_infer(agi_call *call)
{
    return infer(call, "softmax");
}

static bool softmax_kernel(agi_call *call)
{
    return softmax_lines(call, false);
}

static void softmax_gradient(agi_gradient *b)
{
    GIVE(0, ag_softmax_slope(b->g, SAVED_RESULT(0), b->arguments[1].integer));
}

AG_OPERATION(softmax_along, INTERNAL, "softmax_along(Tensor self, Dim dim) -> Tensor",
    "softmax in self's dtype.",
    .infer = softmax_infer, .kernel = softmax_kernel, .gradient = softmax_gradient,
    .saves = {RESULT(0)}, .node = "SoftmaxBackward0")

static bool log_softmax_slope_kernel(agi_call *call)
{
    return slope_lines(call, true);
}

static void log_softmax_slope_gradient(agi_gradient *b)
{
    ag_tensor *G = b->g, *g = SAVED_INPUT(0), *p = ag_exp(SAVED_INPUT(1));
    GIVE(0, ag_sub(G, sum_along(b, ag_mul(G, p))));
    GIVE(1, ag_neg(ag_mul(ag_mul(G, p), sum_along(b, g))));
}

AG_OPERATION(log_softmax_slope, INTERNAL,
    "log_softmax_slope(Tensor g, Tensor y, Dim dim) -> Tensor", "g - exp(y) * sum(g).",
    .infer = slope_infer, .kernel = log_softmax_slope_kernel,
    .gradient = log_softmax_slope_gradient,
    .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)}, .node = "LogSoftmaxBackwardDataBackward0")

static bool log_softmax_infer(agi_call *call)
{
    return infer(call, "log_softmax");
}

static bool log_softmax_kernel(agi_call *call)
{
    return softmax_lines(call, true);
}

static void log_softmax_gradient(agi_gradient *b)
{
    GIVE(0, ag_log_softmax_slope(b->g, SAVED_RESULT(0), b->arguments[1].integer));
}

AG_OPERATION(log_softmax_along, INTERNAL, "log_softmax_along(Tensor self, Dim dim) -> Tensor",
    "log_softmax in self's dtype.",
    .infer = log_softmax_infer, .kernel = log_softmax_kernel, .gradient = log_softmax_gradient,
    .saves = {RESULT(0)}, .node = "LogSoftmaxBackward0")

static ag_tensor *in_dtype(const ag_value *arguments)
{
    return arguments[2].given ? ag_type_as_dtype(arguments[0].tensor, arguments[2].dtype)
                              : arguments[0].tensor;
}

static bool softmax_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return agi_one_result(results,
                          ag_softmax_along(in_dtype(arguments), arguments[1].integer));
}

AG_OPERATION(softmax, BOTH, "softmax(Tensor self, Dim dim, *, dtype? dtype=None) -> Tensor",
    "exp(self) / sum(exp(self)) along dim, in dtype.", .body = softmax_body)

static bool log_softmax_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return agi_one_result(results,
                          ag_log_softmax_along(in_dtype(arguments), arguments[1].integer));
}

AG_OPERATION(log_softmax, BOTH, "log_softmax(Tensor self, Dim dim, *, dtype? dtype=None) -> Tensor",
    "self - log(sum(exp(self))) along dim, in dtype.", .body = log_softmax_body)
