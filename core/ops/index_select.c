/* Whole positions of a dim by a list of them. */
#include <string.h>

#include "cast.h"
#include "cut.h"
#include "dtype.h"
#include "pick.h"
#include "positions.h"
#include "threads.h"

static int index_dim(agi_call *call)
{
    const ag_tensor *self = call->inputs[0], *index = call->inputs[1];
    const char *name = call->operation->info.name;
    if (index->ndim > 1) {
        agi_fail(call->context, AG_ERROR_INDEX,
                 "%s(): Index is supposed to be a vector", name);
        return -1;
    }
    if (index->dtype != AG_INT64 && index->dtype != AG_INT32) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s(): Expected dtype int32 or int64 for index",
                 name);
        return -1;
    }
    return agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
}

static bool index_select_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    int dim = index_dim(call);
    if (dim < 0) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS], count = call->inputs[1]->numel;
    if (self->ndim == 0 && count != 1) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "index_select(): Index to scalar can have only 1 "
                 "value, got %lld value(s)", (long long)count);
        return false;
    }
    memcpy(shape, self->shape, self->ndim * sizeof *shape);
    if (self->ndim > 0) {
        shape[dim] = count;
        if (count > 0 && self->shape[dim] == 0) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "index_select(): self indexing axis dim should "
                     "be positive");
            return false;
        }
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, shape);
    return true;
}

typedef void (*pick_loop)(char *to, const char *from, const int64_t *positions, int64_t count);
#define PICK_LOOP(BITS)                                                                         \
    AGI_INLINE void pick_##BITS##_body(char *to, const char *from, const int64_t *positions,    \
                                       int64_t count)                                           \
    {                                                                                           \
        agi_pick_##BITS((uint##BITS##_t *)to, (const uint##BITS##_t *)from, positions, count);  \
    }                                                                                           \
    AGI_VARIANTS(pick_##BITS, (char *to, const char *from, const int64_t *positions,            \
                               int64_t count), (to, from, positions, count))
PICK_LOOP(8)
PICK_LOOP(32)
PICK_LOOP(64)
static const pick_loop pick_loops[][AGI_ISA_COUNT] = {
    [1] = AGI_VARIANT_LIST(pick_8), [4] = AGI_VARIANT_LIST(pick_32),
    [8] = AGI_VARIANT_LIST(pick_64)};

/* What all chunks know: some positions of some rows each. */
typedef struct task {
    char *to;
    const char *from;
    const int64_t *p;
    int64_t count, bytes; /* of positions, of what lies at one */
    int64_t pitch;        /* of self's rows */
    pick_loop pick;       /* where that is an element */
    agi_cut cut;
} task;

static void copy_chunk(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    const agi_part part = agi_part_of(&t->cut, chunk);
    for (int64_t r = part.row; r < part.row + part.rows; r++) {
        const char *from = t->from + r * t->pitch;
        const int64_t *p = t->p + part.column;
        char *to = t->to + (r * t->count + part.column) * t->bytes;
        if (t->pick != NULL) {
            t->pick(to, from, p, part.columns);
            continue;
        }
        for (int64_t i = 0; i < part.columns; i++) {
            memcpy(to + i * t->bytes, from + (p[i] - 1) * t->bytes, (size_t)t->bytes);
        }
    }
}

/* out's positions of dim, in order, from self's positions p. */
static bool copy_positions(ag_tensor *out, ag_tensor *self, int dim, const int64_t *p,
                           int64_t count)
{
    int64_t size = (int64_t)agi_size_of(self->dtype), inner = 1, rows = 1;
    for (int i = 0; i < self->ndim; i++) {
        rows *= i < dim ? self->shape[i] : 1;
        inner *= i > dim ? self->shape[i] : 1;
    }
    if (self->contiguous) {
        const int64_t most = inner > AGI_CHUNK ? 1 : AGI_CHUNK / (inner + (inner == 0));
        task t = {
            out->data, self->data, p, count, inner * size, self->shape[dim] * inner * size,
            inner == 1 ? pick_loops[size][out->context->isa] : NULL,
            agi_cut_rows(rows, count, most, 64),
        };
        return agi_parallel(out->context, t.cut.count, copy_chunk, &t);
    }
    int64_t shape[AG_MAX_DIMS];
    memcpy(shape, self->shape, self->ndim * sizeof *shape);
    shape[dim] = 1;
    for (int64_t i = 0; i < count; i++) {
        ag_tensor *to = agi_disown(agi_alias(out, self->ndim, shape, out->strides,
                                             i * out->strides[dim]));
        ag_tensor *from = to == NULL ? NULL
            : agi_disown(agi_alias(self, self->ndim, shape, self->strides,
                                   (p[i] - 1) * self->strides[dim]));
        bool done = from != NULL && agi_copy_numbers(to, from);
        ag_release(from);
        ag_release(to);
        if (!done) {
            return false;
        }
    }
    return true;
}

static bool index_select_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor;
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    int64_t size = self->ndim == 0 ? 1 : self->shape[dim];
    ag_tensor *positions = agi_positions(call->inputs[1], size, dim);
    if (positions == NULL) {
        return false;
    }
    bool done = self->ndim == 0
                    ? agi_copy_numbers(out, self)
                    : copy_positions(out, self, dim, (const int64_t *)positions->data,
                                     positions->numel);
    ag_release(positions);
    return done;
}

static void index_select_gradient(agi_gradient *b)
{
    ag_tensor *zeros = ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype,
                                false);
    GIVE(0, ag_index_add(zeros, b->arguments[1].integer, SAVED_INPUT(1), b->g));
}

AG_OPERATION(index_select, BOTH, "index_select(Tensor self, Dim dim, Tensor index) -> Tensor",
    "The positions of dim that index lists, in its order.",
    .infer = index_select_infer, .kernel = index_select_kernel,
    .gradient = index_select_gradient, .saves = {INPUT(1)}, .node = "IndexSelectBackward0")

/* ---- index_add --------------------------------------------------------------- */

static bool index_add_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0], *source = call->inputs[2];
    int dim = index_dim(call);
    if (dim < 0) {
        return false;
    }
    bool fits = source->ndim == self->ndim && source->dtype == self->dtype;
    for (int i = 0; i < self->ndim && fits; i++) {
        fits = source->shape[i] == (i == dim ? call->inputs[1]->numel : self->shape[i]);
    }
    if (!fits) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "source tensor shape must match self tensor shape, "
                 "excluding the specified dimension, and have self's dtype");
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

static bool index_add_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor, *source = call->inputs[2];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    if (!agi_copy_numbers(out, self)) {
        return false;
    }
    int64_t size = self->ndim == 0 ? 1 : self->shape[dim];
    ag_tensor *positions = agi_positions(call->inputs[1], size, dim);
    ag_tensor *dense = positions == NULL ? NULL : agi_in_line(source);
    if (dense != NULL) {
        int64_t rows = 1, inner = 1, count = positions->numel;
        for (int i = 0; i < self->ndim; i++) {
            rows *= i < dim ? self->shape[i] : 1;
            inner *= i > dim ? self->shape[i] : 1;
        }
        const int64_t *p = (const int64_t *)positions->data;
        AGI_BY_DTYPE((ag_dtype)self->dtype, {
            const TYPE *from = (const TYPE *)dense->data;
            for (int64_t r = 0; r < rows; r++) {
                TYPE *row = (TYPE *)out->data + r * size * inner;
                if (inner == 1) {
                    for (int64_t i = 0; i < count; i++) {
                        row[p[i] - 1] += *from++;
                    }
                    continue;
                }
                for (int64_t i = 0; i < count; i++, from += inner) {
                    TYPE *to = row + (p[i] - 1) * inner;
                    for (int64_t k = 0; k < inner; k++) {
                        to[k] += from[k];
                    }
                }
            }
        })
    }
    const bool done = dense != NULL;
    ag_release(dense);
    ag_release(positions);
    return done;
}

static void index_add_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
    GIVE(2, ag_index_select(b->g, b->arguments[1].integer, SAVED_INPUT(1)));
}

AG_OPERATION(index_add, BOTH_AND_INPLACE,
    "index_add(Tensor self, Dim dim, Tensor index, Tensor source) -> Tensor",
    "self with source's positions of dim added to those that index lists.",
    .infer = index_add_infer, .kernel = index_add_kernel, .gradient = index_add_gradient,
    .saves = {0, 0, INPUT(1)}, .node = "IndexAddBackward0")
