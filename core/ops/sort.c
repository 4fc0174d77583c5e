/* Sorting along a dim: sort, argsort, and topk by it. */
#include <string.h>

#include "dtype.h"
#include "memory.h"
#include "reduce.h"

/* A number as an unsigned integer of the same order, NaN last, with its place. */
typedef struct item {
    uint64_t key;
    int64_t place;
} item;

enum { DIGIT = 8, DIGITS = 1 << DIGIT, FEW = 48 };

static uint64_t key_of(ag_dtype dtype, const char *at)
{
    switch (dtype) {
    case AG_FLOAT32: {
        float x = *(const float *)at + 0.0f; /* -0 as 0 */
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        return x != x ? UINT32_MAX : bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
    }
    case AG_FLOAT64: {
        double x = *(const double *)at + 0.0;
        uint64_t bits;
        memcpy(&bits, &x, sizeof bits);
        return x != x ? UINT64_MAX : bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    }
    case AG_INT64:
        return (uint64_t)*(const int64_t *)at ^ UINT64_C(1) << 63;
    case AG_INT32:
        return (uint32_t)*(const int32_t *)at ^ UINT32_C(1) << 31;
    default:
        return *(const uint8_t *)at;
    }
}

static void insertion_sort(item *items, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        item moved = items[i];
        int64_t to = i;
        for (; to > 0 && items[to - 1].key > moved.key; to--) {
            items[to] = items[to - 1];
        }
        items[to] = moved;
    }
}

/* Stable, a digit of the keys at a time from the lowest; a digit that all share is passed over.
 * Answers which of the two rooms holds the result. */
static item *radix_sort(item *items, item *other, int64_t count, int key_bits)
{
    for (int shift = 0; shift < key_bits; shift += DIGIT) {
        int64_t at[DIGITS] = {0}, sum = 0;
        for (int64_t i = 0; i < count; i++) {
            at[items[i].key >> shift & (DIGITS - 1)]++;
        }
        if (at[items[0].key >> shift & (DIGITS - 1)] == count) {
            continue;
        }
        for (int d = 0; d < DIGITS; d++) {
            int64_t here = at[d];
            at[d] = sum;
            sum += here;
        }
        for (int64_t i = 0; i < count; i++) {
            other[at[items[i].key >> shift & (DIGITS - 1)]++] = items[i];
        }
        item *sorted = other;
        other = items;
        items = sorted;
    }
    return items;
}

/* The first keep of each line along dim, in order, to values and indices: contiguous, self's shape
 * but for dim's size, which is keep. */
static bool sort_lines(ag_tensor *self, int dim, bool descending, int64_t keep, ag_tensor *values,
                       ag_tensor *indices)
{
    ag_context *context = self->context;
    ag_dtype dtype = (ag_dtype)self->dtype;
    int64_t size = (int64_t)agi_size_of(dtype), outer = 1, inner = 1;
    int64_t count = self->ndim == 0 ? 1 : self->shape[dim];
    if (values->numel == 0) {
        return true;
    }
    for (int i = 0; i < self->ndim; i++) {
        outer *= i < dim ? self->shape[i] : 1;
        inner *= i > dim ? self->shape[i] : 1;
    }
    size_t bytes = 2 * (size_t)count * sizeof(item);
    ag_tensor *from = agi_contiguous_as(self, dtype);
    item *room = from == NULL ? NULL : agi_allocate(context, bytes);
    bool done = room != NULL;
    const uint64_t flip = descending ? UINT64_MAX >> (64 - 8 * size) : 0;
    for (int64_t line = 0; line < outer * inner && done; line++) {
        const int64_t first = line / inner * count * inner + line % inner;
        const int64_t to = line / inner * keep * inner + line % inner;
        const char *x = from->data + first * size;
        for (int64_t i = 0; i < count; i++) {
            room[i] = (item){key_of(dtype, x + i * inner * size) ^ flip, i};
        }
        item *sorted = room;
        if (count <= FEW) {
            insertion_sort(room, count);
        } else {
            sorted = radix_sort(room, room + count, count, 8 * (int)size);
        }
        for (int64_t i = 0; i < keep; i++) {
            const int64_t out = to + i * inner;
            memcpy(values->data + out * size, x + sorted[i].place * inner * size, (size_t)size);
            ((int64_t *)indices->data)[out] = sorted[i].place + 1;
        }
        done = !agi_interrupted(context);
    }
    if (room != NULL) {
        agi_deallocate(context, room, bytes);
    }
    ag_release(from);
    return done;
}

/* ---- sort ---------------------------------------------------------------------- */

static bool sort_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim) < 0) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    agi_set_result(call, 1, AG_INT64, self->ndim, self->shape);
    return true;
}

static bool sort_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    return sort_lines(self, dim, call->arguments[2].boolean, self->ndim == 0 ? 1 : self->shape[dim],
                      call->results[0].tensor, call->results[1].tensor);
}

/* Back to where the values came from. */
static void to_places(agi_gradient *b, int64_t dim)
{
    ag_tensor *zeros = ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype,
                                false);
    GIVE(0, ag_scatter(zeros, dim, SAVED_RESULT(1), b->g));
}

static void sort_gradient(agi_gradient *b)
{
    to_places(b, b->arguments[1].integer);
}

static const char *sort_name(const agi_call *call)
{
    return call->arguments[3].given ? "SortBackward1" : "SortBackward0";
}

AG_OPERATION(sort, BOTH,
    "sort(Tensor self, Dim dim=-1, bool descending=false, bool? stable=None) -> "
    "(Tensor values, Tensor indices)",
    "The elements in order along dim, NaN as the largest, and where they were; equal ones keep "
    "their order.",
    .infer = sort_infer, .kernel = sort_kernel, .gradient = sort_gradient, .saves = {RESULT(1)},
    .node_name = sort_name)

static bool argsort_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    (void)context;
    ag_tensor *values, *indices;
    ag_sort(arguments[0].tensor, arguments[1].integer, arguments[2].boolean, NULL, &values,
            &indices);
    return agi_one_result(results, indices);
}

AG_OPERATION(argsort, BOTH,
    "argsort(Tensor self, Dim dim=-1, bool descending=false, bool stable=false) -> Tensor",
    "Where the elements in order along dim are.", .body = argsort_body)

/* ---- topk ------------------------------------------------------------------------ */

static bool topk_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    int64_t k = call->arguments[1].integer, shape[AG_MAX_DIMS];
    int dim = agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim);
    if (dim < 0) {
        return false;
    }
    if (k < 0 || k > (self->ndim == 0 ? 1 : self->shape[dim])) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "selected index k out of range");
        return false;
    }
    for (int i = 0; i < self->ndim; i++) {
        shape[i] = i == dim ? k : self->shape[i];
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, shape);
    agi_set_result(call, 1, AG_INT64, self->ndim, shape);
    return true;
}

static bool topk_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim);
    return sort_lines(self, dim, call->arguments[3].boolean, call->arguments[1].integer,
                      call->results[0].tensor, call->results[1].tensor);
}

static void topk_gradient(agi_gradient *b)
{
    to_places(b, b->arguments[2].integer);
}

AG_OPERATION(topk, BOTH,
    "topk(Tensor self, int k, Dim dim=-1, bool largest=true, bool sorted=true) -> "
    "(Tensor values, Tensor indices)",
    "The k largest (or smallest) elements along dim, in order, and where they were.",
    .infer = topk_infer, .kernel = topk_kernel, .gradient = topk_gradient, .saves = {RESULT(1)},
    .node = "TopkBackward0")
