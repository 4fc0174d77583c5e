/* The largest and the smallest number along a dim with its position: max and min along a dim,
 * argmax, argmin. */
#include "dtype.h"
#include "reduce.h"

enum { ROW = 32, BLOCK = 16 * AGI_LANES };

/* NAME finds the number that goes before all others, NaN before any, and its first place. PLACE
 * holds one within a stretch: a type of TYPE's width, so that both fill the same lanes. One dim is
 * reduced, or several that lie as one, so that places count along it. Lines of fewer than SHORT
 * numbers are gone through side by side: with NaN to be seen, that pays for longer ones, too. */
#define ARGUMENT(NAME, TYPE, PLACE, SHORT, BEHIND)                                              \
    typedef struct NAME##_total {                                                               \
        TYPE value;                                                                             \
        int64_t place; /* -1: none yet */                                                       \
    } NAME##_total;                                                                             \
    AGI_INLINE bool NAME##_before(TYPE x, TYPE y)                                               \
    {                                                                                           \
        return !(BEHIND) & (y == y);                                                            \
    }                                                                                           \
    static void NAME##_start(void *totals, int64_t count)                                       \
    {                                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            ((NAME##_total *)totals)[i].place = -1;                                             \
        }                                                                                       \
    }                                                                                           \
    /* Values and places, of which only those may be wanted. */                                 \
    static void NAME##_finish(void *const *out, int64_t at, int64_t stride, const void *totals, \
                              int64_t count, const double *p)                                   \
    {                                                                                           \
        const NAME##_total *t = totals;                                                         \
        (void)p;                                                                                \
        for (int64_t i = 0; i < count; i++) {                                                   \
            int64_t *places = out[1] == NULL ? out[0] : out[1];                                 \
            places[at + i * stride] = t[i].place + 1;                                           \
            if (out[1] != NULL) {                                                               \
                ((TYPE *)out[0])[at + i * stride] = t[i].value;                                 \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_put(NAME##_total *t, TYPE x, int64_t place)                          \
    {                                                                                           \
        if (t->place < 0 || NAME##_before(x, t->value)) {                                       \
            *t = (NAME##_total){x, place};                                                      \
        }                                                                                       \
    }                                                                                           \
    static void NAME##_join(void *totals, const void *later, int64_t count, int64_t offset)     \
    {                                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            const NAME##_total *more = (const NAME##_total *)later + i;                         \
            NAME##_put((NAME##_total *)totals + i, more->value, more->place + offset);          \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE TYPE NAME##_better(TYPE x, TYPE y)                                               \
    {                                                                                           \
        return NAME##_before(y, x) ? y : x;                                                     \
    }                                                                                           \
    /* Of `rows` rows of `width` (a constant, a power of two) numbers. */                       \
    AGI_INLINE TYPE NAME##_best(const TYPE *x, int64_t rows, int width)                         \
    {                                                                                           \
        TYPE lanes[AGI_LANES];                                                                  \
        for (int j = 0; j < width; j++) {                                                       \
            lanes[j] = x[j];                                                                    \
        }                                                                                       \
        for (int64_t s = 1; s < rows; s++) {                                                    \
            for (int j = 0; j < width; j++) {                                                   \
                const TYPE y = x[s * width + j];                                                \
                lanes[j] = NAME##_before(y, lanes[j]) ? y : lanes[j];                           \
            }                                                                                   \
        }                                                                                       \
        AGI_FOLD(NAME##_better, lanes, width, 1)                                                \
        return lanes[0];                                                                        \
    }                                                                                           \
    /* Where the first as good as best lies; it is there. */                                    \
    AGI_INLINE int64_t NAME##_first(const TYPE *x, TYPE best)                                   \
    {                                                                                           \
        int64_t at = 0;                                                                         \
        for (;; at += ROW) {                                                                    \
            PLACE found = 0;                                                                    \
            for (int j = 0; j < ROW; j++) {                                                     \
                found += NAME##_before(best, x[at + j]) ? 0 : 1;                                \
            }                                                                                   \
            if (found != 0) {                                                                   \
                break;                                                                          \
            }                                                                                   \
        }                                                                                       \
        while (NAME##_before(best, x[at])) {                                                    \
            at++;                                                                               \
        }                                                                                       \
        return at;                                                                              \
    }                                                                                           \
    /* A block's best number first; where it lies is looked up in the best block alone. */      \
    AGI_INLINE int64_t NAME##_blocks(const TYPE *x, int64_t count, NAME##_total *t)             \
    {                                                                                           \
        int64_t i = 0, block = -1;                                                              \
        for (; i + BLOCK <= count; i += BLOCK) {                                                \
            TYPE best = NAME##_best(x + i, BLOCK / AGI_LANES, AGI_LANES);                       \
            if (block < 0 || NAME##_before(best, t->value)) {                                   \
                *t = (NAME##_total){best, i};                                                   \
                block = i;                                                                      \
            }                                                                                   \
        }                                                                                       \
        const int64_t rows = (count - i) / ROW;                                                 \
        if (rows > 0) {                                                                         \
            TYPE best = NAME##_best(x + i, rows, ROW);                                          \
            if (block < 0 || NAME##_before(best, t->value)) {                                   \
                *t = (NAME##_total){best, i};                                                   \
                block = i;                                                                      \
            }                                                                                   \
        }                                                                                       \
        if (block >= 0) {                                                                       \
            t->place += NAME##_first(x + t->place, t->value);                                   \
        }                                                                                       \
        return i + rows * ROW;                                                                  \
    }                                                                                           \
    AGI_INLINE void NAME##_row_body(const char *in, int64_t stride, int64_t count, void *total, \
                                    const double *p)                                            \
    {                                                                                           \
        int64_t i = stride == sizeof(TYPE) ? NAME##_blocks((const TYPE *)in, count, total) : 0; \
        int64_t best = i;                                                                       \
        (void)p;                                                                                \
        if (i == count) {                                                                       \
            return;                                                                             \
        }                                                                                       \
        for (int64_t k = i + 1; k < count; k++) {                                               \
            best = NAME##_before(*(const TYPE *)(in + k * stride),                              \
                                 *(const TYPE *)(in + best * stride)) ? k : best;               \
        }                                                                                       \
        NAME##_put(total, *(const TYPE *)(in + best * stride), best);                           \
    }                                                                                           \
    AGI_INLINE void NAME##_beside(const char *in, int64_t pitch, int64_t stride, int64_t count, \
                                  NAME##_total *totals, const double *p)                        \
    {                                                                                           \
        TYPE best[AGI_BESIDE];                                                                  \
        PLACE place[AGI_BESIDE];                                                                \
        (void)p;                                                                                \
        AGI_EACH_LANE(AGI_BESIDE)                                                               \
        {                                                                                       \
            best[j] = AGI_AT(TYPE, in, j * pitch);                                              \
            place[j] = 0;                                                                       \
        }                                                                                       \
        for (int64_t s = 1; s < count; s++) {                                                   \
            in += stride;                                                                       \
            AGI_EACH_LANE(AGI_BESIDE)                                                           \
            {                                                                                   \
                const TYPE new = AGI_AT(TYPE, in, j * pitch);                                   \
                const bool better = NAME##_before(new, best[j]);                                \
                best[j] = better ? new : best[j];                                               \
                place[j] = better ? (PLACE)s : place[j];                                        \
            }                                                                                   \
        }                                                                                       \
        for (int j = 0; j < AGI_BESIDE; j++) {                                                  \
            NAME##_put(&totals[j], best[j], place[j]);                                          \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_rows_body(const char *in, int64_t pitch, int64_t rows,               \
                                     int64_t columns, void *totals, const double *p)            \
    {                                                                                           \
        TYPE best[AGI_COLUMNS];                                                                 \
        PLACE place[AGI_COLUMNS];                                                               \
        (void)p;                                                                                \
        for (int64_t first = 0; first < rows; first += AGI_STRETCH) {                           \
            int64_t steps = rows - first < AGI_STRETCH ? rows - first : AGI_STRETCH;            \
            const TYPE *x = (const TYPE *)(in + first * pitch);                                 \
            for (int64_t j = 0; j < columns; j++) {                                             \
                best[j] = x[j];                                                                 \
                place[j] = 0;                                                                   \
            }                                                                                   \
            for (int64_t s = 1; s < steps; s++) {                                               \
                x = (const TYPE *)(in + (first + s) * pitch);                                   \
                const PLACE here = (PLACE)s;                                                    \
                AGI_FOR_EACH(columns)                                                           \
                {                                                                               \
                    const TYPE old = best[i], new = x[i];                                       \
                    const bool better = NAME##_before(new, old);                                \
                    best[i] = better ? new : old;                                               \
                    place[i] = better ? here : place[i];                                        \
                }                                                                               \
            }                                                                                   \
            for (int64_t j = 0; j < columns; j++) {                                             \
                NAME##_put((NAME##_total *)totals + j, best[j], first + place[j]);              \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_LINE_BY_LINE(NAME, rest, NAME##_total)                                                  \
    REDUCTION_BESIDE(NAME, NAME##_total, SHORT)

ARGUMENT(max_f32, float, int32_t, 128, x <= y)
ARGUMENT(max_f64, double, int64_t, 128, x <= y)
ARGUMENT(max_i64, int64_t, int64_t, 64, x <= y)
ARGUMENT(max_i32, int32_t, int32_t, 64, x <= y)
ARGUMENT(max_u8, uint8_t, uint8_t, 64, x <= y)
ARGUMENT(min_f32, float, int32_t, 128, x >= y)
ARGUMENT(min_f64, double, int64_t, 128, x >= y)
ARGUMENT(min_i64, int64_t, int64_t, 64, x >= y)
ARGUMENT(min_i32, int32_t, int32_t, 64, x >= y)
ARGUMENT(min_u8, uint8_t, uint8_t, 64, x >= y)

#define BY_DTYPE(NAME)                                                                          \
    {                                                                                           \
        [AG_FLOAT32] = &NAME##_f32, [AG_FLOAT64] = &NAME##_f64, [AG_INT64] = &NAME##_i64,       \
        [AG_INT32] = &NAME##_i32, [AG_UINT8] = &NAME##_u8, [AG_BOOL] = &NAME##_u8,              \
    }
static const agi_reduction *const maxima[AG_DTYPE_COUNT] = BY_DTYPE(max);
static const agi_reduction *const minima[AG_DTYPE_COUNT] = BY_DTYPE(min);

/* ---- Values and positions ------------------------------------------------------- */

static bool along_infer(agi_call *call, const char *name)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    return agi_check_not_empty(call, name, "") && agi_reduce_infer(call, 0, dtype) &&
           agi_reduce_infer(call, 1, AG_INT64);
}

static bool max_along_infer(agi_call *call)
{
    return along_infer(call, "max");
}

static bool min_along_infer(agi_call *call)
{
    return along_infer(call, "min");
}

static bool max_along_kernel(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    return agi_reduce_call(call, maxima[dtype], dtype, NULL);
}

static bool min_along_kernel(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    return agi_reduce_call(call, minima[dtype], dtype, NULL);
}

void agi_along_gradient(agi_gradient *b)
{
    int64_t dim = b->arguments[1].integer;
    bool was_dropped = !b->arguments[2].boolean && agi_input_like(b, 0)->ndim > 0;
    ag_tensor *positions = SAVED_RESULT(1), *g = b->g;
    if (was_dropped) {
        positions = ag_unsqueeze(positions, dim);
        g = ag_unsqueeze(g, dim);
    }
    ag_tensor *zeros = ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype,
                                false);
    GIVE(0, ag_scatter(zeros, dim, positions, g));
}

AG_OPERATION(max_along, INTERNAL,
    "max_along(Tensor self, Dim dim, bool keepdim=false) -> (Tensor values, Tensor indices)",
    "The largest elements along dim, and where the first of them lie.",
    .infer = max_along_infer, .kernel = max_along_kernel,
    .gradient = agi_along_gradient, .saves = {RESULT(1)}, .node = "MaxBackward0")

AG_OPERATION(min_along, INTERNAL,
    "min_along(Tensor self, Dim dim, bool keepdim=false) -> (Tensor values, Tensor indices)",
    "The smallest elements along dim, and where the first of them lie.",
    .infer = min_along_infer, .kernel = min_along_kernel,
    .gradient = agi_along_gradient, .saves = {RESULT(1)}, .node = "MinBackward0")

/* ---- Positions alone ---------------------------------------------------------------- */

static bool argmax_infer(agi_call *call)
{
    const char *name = call->operation->info.name;
    if (call->inputs[0]->dtype == AG_BOOL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s(): does not support bool input", name);
        return false;
    }
    return agi_check_not_empty(call, name, "") && agi_reduce_infer(call, 0, AG_INT64);
}

/* Over all, a position is one of the flattened tensor. */
static bool argument(agi_call *call, const agi_reduction *const *reductions)
{
    ag_tensor *self = call->inputs[0];
    const agi_reduction *reduction = reductions[self->dtype];
    if (call->arguments[1].given || self->contiguous) {
        return agi_reduce_call(call, reduction, (ag_dtype)self->dtype, NULL);
    }
    bool reduced[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        reduced[i] = true;
    }
    ag_tensor *flat = agi_disown(agi_new(call->context, (ag_dtype)self->dtype, self->ndim,
                                         self->shape));
    bool done = flat != NULL && agi_copy_numbers(flat, self) &&
                agi_reduce(reduction, call->results[0].tensor, NULL, flat, reduced, NULL);
    ag_release(flat);
    return done;
}

static bool argmax_kernel(agi_call *call)
{
    return argument(call, maxima);
}

static bool argmin_kernel(agi_call *call)
{
    return argument(call, minima);
}

AG_OPERATION(argmax, BOTH, "argmax(Tensor self, Dim? dim=None, bool keepdim=false) -> Tensor",
    "The position of the first largest element along dim, or in self flattened.",
    .infer = argmax_infer, .kernel = argmax_kernel)

AG_OPERATION(argmin, BOTH, "argmin(Tensor self, Dim? dim=None, bool keepdim=false) -> Tensor",
    "The position of the first smallest element along dim, or in self flattened.",
    .infer = argmax_infer, .kernel = argmin_kernel)
