/* Running sums and products along a dim. */
#include "cast.h"
#include "cut.h"
#include "dtype.h"
#include "recurrence.h"
#include "reduce.h"
#include "threads.h"

/* outer blocks of count rows of inner numbers, contiguous; the rows run along the dim. */
typedef void (*scan_lines)(void *out, const void *in, int64_t outer, int64_t count, int64_t inner);
typedef struct scan_set {
    scan_lines variant[AGI_ISA_COUNT];
} scan_set;

/* A running total waits for the one before it, so that four run at once: of four lines, or of four
 * segments of one, the totals of which are found beforehand. */
enum { CHAINS = 4, LONG_LINE = 64 };

#define SCAN(NAME, TYPE, TOTAL, START, OPERATOR)                                                \
    AGI_INLINE void NAME##_chains(TYPE *out, const TYPE *x, int64_t count, int64_t apart,       \
                                  const TOTAL *start)                                           \
    {                                                                                           \
        TOTAL a = start[0], b = start[1], c = start[2], d = start[3];                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            a = a OPERATOR(TOTAL) x[i];                                                         \
            b = b OPERATOR(TOTAL) x[i + apart];                                                 \
            c = c OPERATOR(TOTAL) x[i + 2 * apart];                                             \
            d = d OPERATOR(TOTAL) x[i + 3 * apart];                                             \
            out[i] = (TYPE)a;                                                                   \
            out[i + apart] = (TYPE)b;                                                           \
            out[i + 2 * apart] = (TYPE)c;                                                       \
            out[i + 3 * apart] = (TYPE)d;                                                       \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_rest(TYPE *out, const TYPE *x, int64_t count, TOTAL total)           \
    {                                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            total = total OPERATOR(TOTAL) x[i];                                                 \
            out[i] = (TYPE)total;                                                               \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_line(TYPE *out, const TYPE *x, int64_t count)                        \
    {                                                                                           \
        TOTAL start[CHAINS + 1] = {START};                                                      \
        const int64_t segment = count < LONG_LINE ? 0 : count / CHAINS;                         \
        for (int s = 0; s < CHAINS; s++) {                                                      \
            TOTAL lanes[8];                                                                     \
            int64_t i = 0;                                                                      \
            for (int j = 0; j < 8; j++) {                                                       \
                lanes[j] = START;                                                               \
            }                                                                                   \
            for (; i + 8 <= segment; i += 8) {                                                  \
                for (int j = 0; j < 8; j++) {                                                   \
                    lanes[j] = lanes[j] OPERATOR(TOTAL) x[s * segment + i + j];                 \
                }                                                                               \
            }                                                                                   \
            for (; i < segment; i++) {                                                          \
                lanes[0] = lanes[0] OPERATOR(TOTAL) x[s * segment + i];                         \
            }                                                                                   \
            start[s + 1] = start[s];                                                            \
            for (int j = 0; j < 8; j++) {                                                       \
                start[s + 1] = start[s + 1] OPERATOR lanes[j];                                  \
            }                                                                                   \
        }                                                                                       \
        NAME##_chains(out, x, segment, segment, start);                                         \
        NAME##_rest(out + CHAINS * segment, x + CHAINS * segment, count - CHAINS * segment,     \
                    start[CHAINS]);                                                             \
    }                                                                                           \
    AGI_INLINE void NAME##_block(TYPE *out, const TYPE *x, int64_t count, int64_t inner)        \
    {                                                                                           \
        TOTAL totals[AGI_COLUMNS];                                                              \
        for (int64_t first = 0; first < inner; first += AGI_COLUMNS) {                          \
            int64_t columns = inner - first < AGI_COLUMNS ? inner - first : AGI_COLUMNS;        \
            for (int64_t j = 0; j < columns; j++) {                                             \
                totals[j] = START;                                                              \
            }                                                                                   \
            for (int64_t r = 0; r < count; r++) {                                               \
                const TYPE *from = x + r * inner + first;                                       \
                TYPE *to = out + r * inner + first;                                             \
                AGI_FOR_EACH(columns)                                                           \
                {                                                                               \
                    totals[i] = totals[i] OPERATOR(TOTAL) from[i];                              \
                    to[i] = (TYPE)totals[i];                                                    \
                }                                                                               \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_body(void *out, const void *in, int64_t outer, int64_t count,        \
                                int64_t inner)                                                  \
    {                                                                                           \
        const TOTAL start[CHAINS] = {START, START, START, START};                               \
        const TYPE *x = in;                                                                     \
        TYPE *to = out;                                                                         \
        int64_t o = 0;                                                                          \
        for (; inner == 1 && o + CHAINS <= outer; o += CHAINS) {                                \
            NAME##_chains(to + o * count, x + o * count, count, count, start);                  \
        }                                                                                       \
        for (; o < outer; o++) {                                                                \
            int64_t at = o * count * inner;                                                     \
            if (inner == 1) {                                                                   \
                NAME##_line(to + at, x + at, count);                                            \
            } else {                                                                            \
                NAME##_block(to + at, x + at, count, inner);                                    \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_VARIANTS(NAME, (void *out, const void *in, int64_t outer, int64_t count, int64_t inner), \
                 (out, in, outer, count, inner))                                                \
    static const scan_set NAME = {AGI_VARIANT_LIST(NAME)};

#define SCANS(NAME, START, OPERATOR)                                                            \
    SCAN(NAME##_f32, float, double, START, OPERATOR)                                            \
    SCAN(NAME##_f64, double, double, START, OPERATOR)                                           \
    SCAN(NAME##_i64, int64_t, int64_t, START, OPERATOR)                                         \
    SCAN(NAME##_i32, int32_t, int32_t, START, OPERATOR)                                         \
    SCAN(NAME##_u8, uint8_t, uint8_t, START, OPERATOR)                                          \
    static const scan_set *const NAME##s[AG_DTYPE_COUNT] = {                                    \
        [AG_FLOAT32] = &NAME##_f32, [AG_FLOAT64] = &NAME##_f64, [AG_INT64] = &NAME##_i64,       \
        [AG_INT32] = &NAME##_i32, [AG_UINT8] = &NAME##_u8,                                      \
    };
SCANS(running_sum, 0, +)
SCANS(running_product, 1, *)

static bool scan_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    const ag_operation_info *info = &call->operation->info;
    ag_dtype dtype = (ag_dtype)self->dtype;
    bool in_place = info->flags & AG_IS_INPLACE;
    const ag_value *wanted = &call->arguments[2];
    if (agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim) < 0) {
        return false;
    }
    if (in_place && wanted->given && wanted->dtype != dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Bad in-place call: input tensor dtype %s and "
                 "output tensor dtype %s should match", agi_cpp_name(dtype),
                 agi_cpp_name(wanted->dtype));
        return false;
    }
    if (wanted->given) {
        dtype = wanted->dtype;
    } else if (!in_place && !ag_dtype_is_floating(dtype)) {
        dtype = AG_INT64;
    }
    if (running_sums[dtype] == NULL) {
        return agi_refuse_dtype(call, info->name, dtype);
    }
    if (!agi_keeps_history(call, dtype)) {
        return false;
    }
    agi_set_result(call, 0, dtype, self->ndim, self->shape);
    return true;
}

/* What all chunks know: some blocks of rows each. */
typedef struct task {
    scan_lines run;
    char *out;
    const char *in;
    int64_t count, inner, bytes; /* of a block */
    agi_cut cut;
} task;

static void scan_chunk(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    const agi_part part = agi_part_of(&t->cut, chunk);
    t->run(t->out + part.row * t->bytes, t->in + part.row * t->bytes, part.rows, t->count,
           t->inner);
}

static bool scan(agi_call *call, const scan_set *const *sets)
{
    ag_context *context = call->context;
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor;
    ag_dtype dtype = (ag_dtype)out->dtype;
    int dim = agi_wrap_dim(context, call->arguments[1].integer, self->ndim);
    ag_tensor *from = agi_contiguous_as(self, dtype);
    if (from == NULL) {
        return false;
    }
    int64_t outer = 1, inner = 1, count = self->ndim == 0 ? 1 : self->shape[dim];
    for (int i = 0; i < self->ndim; i++) {
        outer *= i < dim ? self->shape[i] : 1;
        inner *= i > dim ? self->shape[i] : 1;
    }
    /* A result out of line is self in place, of which `from` is a copy to work in. */
    ag_tensor *to = out->contiguous ? out : from;
    bool done = true;
    if (self->numel > 0) {
        const int64_t block = count * inner, most = block < AGI_CHUNK ? AGI_CHUNK / block : 1;
        task t = {
            sets[dtype]->variant[context->isa], to->data, from->data, count, inner,
            block * (int64_t)agi_size_of(dtype), agi_cut_rows(outer, 1, most, 1),
        };
        done = agi_parallel(context, t.cut.count, scan_chunk, &t) &&
               (to == out || agi_copy_numbers(out, to));
    }
    ag_release(from);
    return done;
}

/* ---- cumsum -------------------------------------------------------------------- */

static bool cumsum_kernel(agi_call *call)
{
    return scan(call, running_sums);
}

/* Running from the end: the sum of what comes at or after each place. */
static ag_tensor *sum_from_end(ag_tensor *x, int64_t dim)
{
    ag_integers dims = {&dim, 1};
    if (x == NULL || x->ndim == 0) {
        return x;
    }
    return ag_flip(ag_cumsum(ag_flip(x, dims), dim, AG_DTYPE_NONE), dims);
}

static void cumsum_gradient(agi_gradient *b)
{
    GIVE(0, sum_from_end(b->g, b->arguments[1].integer));
}

AG_OPERATION(cumsum, BOTH, "cumsum(Tensor self, Dim dim, *, dtype? dtype=None) -> Tensor",
    "Running sums along dim.",
    .infer = scan_infer, .kernel = cumsum_kernel, .gradient = cumsum_gradient,
    .node = "CumsumBackward0")

AG_OPERATION(cumsum_, METHOD, "cumsum_(Tensor self, Dim dim, *, dtype? dtype=None) -> Tensor",
    "cumsum in place.",
    .infer = scan_infer, .kernel = cumsum_kernel, .gradient = cumsum_gradient,
    .node = "CumsumBackward0")

/* ---- cumprod -------------------------------------------------------------------- */

static bool cumprod_kernel(agi_call *call)
{
    return scan(call, running_products);
}

/* Without zeros, (sums from the end of g y) / x. With them, what stands before each place times
 * what follows: prefix[k] = x[1] … x[k - 1], suffix[k] = g[k] + x[k + 1] suffix[k + 1]. */
static void cumprod_gradient(agi_gradient *b)
{
    int64_t dim = b->arguments[1].integer;
    ag_tensor *self = SAVED_INPUT(0);
    ag_number has_no_zero;
    if (self != NULL && (ag_dtype)self->dtype != b->node->outputs[0].dtype) {
        self = ag_cast(self, b->node->outputs[0].dtype);
    }
    if (self == NULL || !ag_item(ag_all(self, AG_NO_INTEGERS, false), &has_no_zero)) {
        b->failed = true;
    } else if (self->ndim == 0 || self->shape[agi_wrap_dim(b->context, dim, self->ndim)] == 1) {
        GIVE(0, b->g);
    } else if (has_no_zero.integer) {
        GIVE(0, ag_div(sum_from_end(ag_mul(b->g, SAVED_RESULT(0)), dim), self));
    } else {
        GIVE(0, ag_mul(agi_product_before(self, dim), agi_recurrence_from_end(b->g, self, dim)));
    }
}

AG_OPERATION(cumprod, BOTH, "cumprod(Tensor self, Dim dim, *, dtype? dtype=None) -> Tensor",
    "Running products along dim.",
    .infer = scan_infer, .kernel = cumprod_kernel, .gradient = cumprod_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "CumprodBackward0")

AG_OPERATION(cumprod_, METHOD, "cumprod_(Tensor self, Dim dim, *, dtype? dtype=None) -> Tensor",
    "cumprod in place.",
    .infer = scan_infer, .kernel = cumprod_kernel, .gradient = cumprod_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "CumprodBackward0")
