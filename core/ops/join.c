/* Tensors put together along a dim: cat and stack. */
#include <string.h>

#include "cast.h"
#include "cut.h"
#include "dtype.h"
#include "memory.h"
#include "operation.h"
#include "threads.h"

/* torch leaves 1-dim tensors of size 0 out, whatever the others' dims. */
static bool is_skipped(const ag_tensor *t)
{
    return t->ndim == 1 && t->shape[0] == 0;
}

static bool not_empty(agi_call *call, const char *text)
{
    if (call->input_count == 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s", text);
    }
    return call->input_count > 0;
}

static bool cat_infer(agi_call *call)
{
    if (!not_empty(call, "cat(): expected a non-empty list of Tensors")) {
        return false;
    }
    const ag_tensor *first = NULL;
    ag_dtype dtype = agi_result_type(call->inputs, call->input_count);
    for (int i = 0; i < call->input_count && first == NULL; i++) {
        first = is_skipped(call->inputs[i]) ? NULL : call->inputs[i];
    }
    for (int i = 0; i < call->input_count; i++) {
        if (call->inputs[i]->ndim == 0) {
            agi_fail(call->context, AG_ERROR_RUNTIME,
                     "zero-dimensional tensor (at position %d) cannot be concatenated", i + 1);
            return false;
        }
    }
    if (first == NULL) {
        agi_set_result(call, 0, dtype, 1, (const int64_t[]){0});
        return true;
    }
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, first->ndim);
    if (dim < 0) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS];
    memcpy(shape, first->shape, first->ndim * sizeof *shape);
    shape[dim] = 0;
    for (int i = 0; i < call->input_count; i++) {
        const ag_tensor *t = call->inputs[i];
        if (is_skipped(t)) {
            continue;
        }
        if (t->ndim != first->ndim) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "Tensors must have same number of dimensions: "
                     "got %d and %d", first->ndim, t->ndim);
            return false;
        }
        for (int d = 0; d < t->ndim; d++) {
            if (d != dim && t->shape[d] != first->shape[d]) {
                agi_fail(call->context, AG_ERROR_RUNTIME, "Sizes of tensors must match except in "
                         "dimension %d. Expected size %lld but got size %lld for tensor number %d "
                         "in the list.", dim + 1, (long long)first->shape[d],
                         (long long)t->shape[d], i + 1);
                return false;
            }
        }
        shape[dim] += t->shape[dim];
    }
    agi_set_result(call, 0, dtype, first->ndim, shape);
    return true;
}

/* ---- Rows of bytes ------------------------------------------------------------- */

enum {
    WIDTH = 32,   /* bytes of a vector, which AVX2 has */
    SHORT = 2048, /* bytes of a row, above which a call for it is not seen */
    BLOCK = 2048, /* bytes of the result that are written together, in the first cache */
};
typedef uint64_t __attribute__((vector_size(WIDTH), aligned(1), may_alias)) vector;

/* Rows of `bytes` bytes, pitch apart where they are copied to. */
typedef void (*copy_rows)(char *to, int64_t pitch, const char *from, int64_t bytes, int64_t rows);

static void copy_any_rows(char *to, int64_t pitch, const char *from, int64_t bytes, int64_t rows)
{
    for (; rows > 0; rows--, to += pitch, from += bytes) {
        memcpy(to, from, (size_t)bytes);
    }
}

/* Of a vector or more: the last one reaches back to end where the row does. */
AGI_INLINE void copy_short_rows_body(char *to, int64_t pitch, const char *from, int64_t bytes,
                                     int64_t rows)
{
    for (; rows > 0; rows--, to += pitch, from += bytes) {
        int64_t i = 0;
        for (; i + WIDTH <= bytes; i += WIDTH) {
            *(vector *)(to + i) = *(const vector *)(from + i);
        }
        if (i < bytes) {
            i = bytes - WIDTH;
            *(vector *)(to + i) = *(const vector *)(from + i);
        }
    }
}
AGI_VARIANTS(copy_short_rows, (char *to, int64_t pitch, const char *from, int64_t bytes,
                               int64_t rows), (to, pitch, from, bytes, rows))
static const copy_rows copy_short_rows[AGI_ISA_COUNT] = AGI_VARIANT_LIST(copy_short_rows);

/* What an input, whose rows lie one after the other, gives to each row of the result. */
typedef struct piece {
    const char *from;
    int64_t bytes, at; /* in the result's row */
    copy_rows copy;
} piece;

static piece piece_of(const ag_tensor *part, int64_t bytes, int64_t at)
{
    const agi_isa isa = part->context->isa;
    const bool has_vectors = isa != AGI_BASELINE, is_short = bytes >= WIDTH && bytes <= SHORT;
    return (piece){part->data, bytes, at,
                   has_vectors && is_short ? copy_short_rows[isa] : copy_any_rows};
}

typedef struct task {
    char *to;
    const piece *pieces;
    int64_t count, pitch; /* pitch: a whole row's bytes */
    agi_cut cut;
} task;

/* A few rows at a time, so that the result is written in the order of memory. */
static void join_rows(const task *t, int64_t first, int64_t end)
{
    const int64_t most = t->pitch < BLOCK ? BLOCK / t->pitch : 1;
    for (int64_t row = first; row < end; row += most) {
        const int64_t rows = end - row < most ? end - row : most;
        char *to = t->to + row * t->pitch;
        for (const piece *p = t->pieces; p < t->pieces + t->count; p++) {
            p->copy(to + p->at, t->pitch, p->from + row * p->bytes, p->bytes, rows);
        }
    }
}

static void join_part_of_row(const task *t, int64_t row, int64_t begin, int64_t end)
{
    for (const piece *p = t->pieces; p < t->pieces + t->count; p++) {
        const int64_t first = p->at > begin ? p->at : begin;
        const int64_t last = p->at + p->bytes < end ? p->at + p->bytes : end;
        if (first < last) {
            memcpy(t->to + row * t->pitch + first, p->from + row * p->bytes + first - p->at,
                   (size_t)(last - first));
        }
    }
}

static void join_chunk(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    const agi_part part = agi_part_of(&t->cut, chunk);
    if (part.columns == t->pitch) {
        join_rows(t, part.row, part.row + part.rows);
    } else {
        join_part_of_row(t, part.row, part.column, part.column + part.columns);
    }
}

static bool copy_strided(ag_tensor *whole, ag_tensor *part, const int64_t *strides, int64_t offset)
{
    ag_tensor *place = agi_disown(agi_alias(whole, part->ndim, part->shape, strides, offset));
    bool done = place != NULL && agi_copy_numbers(place, part);
    ag_release(place);
    return done;
}

/* Writes the inputs side by side to each of the result's rows: what lies before the dim. strides
 * are those of an input's place in the result. An input out of line is copied there alone, and so
 * is one that gives a single element to each row: it is not worth a call. */
static bool join(agi_call *call, int64_t rows, const int64_t *strides)
{
    ag_tensor *whole = call->results[0].tensor;
    const int64_t size = (int64_t)agi_size_of(whole->dtype);
    const size_t bytes = (size_t)call->input_count * sizeof(piece);
    piece *pieces = agi_allocate(call->context, bytes);
    if (pieces == NULL) {
        return false;
    }
    task t = {.to = whole->data, .pieces = pieces, .pitch = whole->numel / rows * size};
    int64_t at = 0;
    bool done = true;
    for (int i = 0; i < call->input_count && done; i++) {
        ag_tensor *part = call->inputs[i];
        const int64_t length = part->numel / rows;
        if (part->contiguous && part->dtype == whole->dtype && (length > 1 || rows == 1)) {
            pieces[t.count++] = piece_of(part, length * size, at * size);
        } else if (length > 0) {
            done = copy_strided(whole, part, strides, at);
        }
        at += length;
    }
    if (t.count > 0) {
        t.cut = agi_cut_rows(rows, t.pitch, 4 * AGI_CHUNK, 64);
        done = done && agi_parallel(call->context, t.cut.count, join_chunk, &t);
    }
    agi_deallocate(call->context, pieces, bytes);
    return done;
}

static int64_t rows_before(const ag_tensor *whole, int dim)
{
    int64_t rows = 1;
    for (int d = 0; d < dim; d++) {
        rows *= whole->shape[d];
    }
    return rows;
}

static bool cat_kernel(agi_call *call)
{
    const ag_tensor *whole = call->results[0].tensor;
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, whole->ndim);
    return whole->numel == 0 || join(call, rows_before(whole, dim), whole->strides);
}

/* The inputs' sizes along dim; -1 for one that was left out. */
static int cat_lengths(const agi_call *call, int64_t *lengths)
{
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, call->results[0].ndim);
    for (int i = 0; lengths != NULL && i < call->input_count; i++) {
        lengths[i] = is_skipped(call->inputs[i]) ? -1 : call->inputs[i]->shape[dim];
    }
    return call->input_count;
}

static void cat_gradient(agi_gradient *b)
{
    int64_t dim = agi_wrap_dim(b->context, b->arguments[1].integer, b->g->ndim) + 1, start = 1;
    for (int i = 0; i < b->node->edge_count; i++) {
        int64_t length = b->remembered[i];
        if (length < 0) {
            GIVE(i, ag_zeros(b->context, AG_INTEGERS(0), b->node->outputs[0].dtype, false));
            continue;
        }
        GIVE(i, ag_narrow(b->g, dim, start, length));
        start += length;
    }
}

AG_OPERATION(cat, FUNCTION, "cat(Tensors tensors, Dim dim=1) -> Tensor",
    "The tensors one after the other along dim.",
    .infer = cat_infer, .kernel = cat_kernel, .gradient = cat_gradient, .remember = cat_lengths,
    .node = "CatBackward0")

AG_ALIAS(concat, cat)
AG_ALIAS(concatenate, cat)

/* ---- stack ------------------------------------------------------------------ */

static bool stack_infer(agi_call *call)
{
    if (!not_empty(call, "stack expects a non-empty TensorList")) {
        return false;
    }
    const ag_tensor *first = call->inputs[0];
    char one[AGI_SHAPE_TEXT], two[AGI_SHAPE_TEXT];
    for (int i = 1; i < call->input_count; i++) {
        if (!agi_same_shape(first, call->inputs[i])) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "stack expects each tensor to be equal size, "
                     "but got %s at entry 1 and %s at entry %d",
                     agi_shape_text(first->ndim, first->shape, one, sizeof one),
                     agi_shape_text(call->inputs[i]->ndim, call->inputs[i]->shape, two,
                                    sizeof two), i + 1);
            return false;
        }
    }
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, first->ndim + 1);
    if (dim < 0 || !agi_check_ndim(call->context, first->ndim + 1)) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS];
    for (int i = 0; i <= first->ndim; i++) {
        shape[i] = i == dim ? call->input_count : first->shape[i > dim ? i - 1 : i];
    }
    agi_set_result(call, 0, agi_result_type(call->inputs, call->input_count), first->ndim + 1,
                   shape);
    return true;
}

static bool stack_kernel(agi_call *call)
{
    const ag_tensor *whole = call->results[0].tensor;
    int64_t strides[AG_MAX_DIMS];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, whole->ndim);
    for (int d = 0; d < whole->ndim - 1; d++) {
        strides[d] = whole->strides[d < dim ? d : d + 1];
    }
    return whole->numel == 0 || join(call, rows_before(whole, dim), strides);
}

static void stack_gradient(agi_gradient *b)
{
    int64_t dim = agi_wrap_dim(b->context, b->arguments[1].integer, b->g->ndim) + 1;
    for (int i = 0; i < b->node->edge_count; i++) {
        GIVE(i, ag_select(b->g, dim, i + 1));
    }
}

AG_OPERATION(stack, FUNCTION, "stack(Tensors tensors, Dim dim=1) -> Tensor",
    "Tensors of one shape, one after the other along a new dim.",
    .infer = stack_infer, .kernel = stack_kernel, .gradient = stack_gradient,
    .node = "StackBackward0")

/* ---- vstack, hstack ------------------------------------------------------------ */

/* tensor with at least ndim dims (1 or 2), new ones of size 1 in front. */
static ag_tensor *with_dims(ag_tensor *tensor, int ndim)
{
    const int64_t ones[] = {1, 1};
    return tensor->ndim >= ndim ? tensor
         : tensor->ndim == 0 ? ag_reshape(tensor, (ag_integers){ones, ndim})
                             : ag_unsqueeze(tensor, 1);
}

/* cat along the second dim where that is wanted and there is one, else along the first. */
static bool stack_with_dims(ag_context *context, ag_tensors tensors, int ndim, bool along_second,
                            const char *name, ag_results *results)
{
    if (tensors.count == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "%s expects a non-empty TensorList", name);
        return false;
    }
    const size_t bytes = (size_t)tensors.count * sizeof(ag_tensor *);
    ag_tensor **parts = agi_allocate(context, bytes);
    if (parts == NULL) {
        return false;
    }
    for (int64_t i = 0; i < tensors.count; i++) {
        parts[i] = with_dims(tensors.items[i], ndim);
    }
    int64_t dim = along_second && parts[0] != NULL && parts[0]->ndim > 1 ? 2 : 1;
    ag_tensor *whole = ag_cat((ag_tensors){parts, tensors.count}, dim);
    agi_deallocate(context, parts, bytes);
    return agi_one_result(results, whole);
}

static bool vstack_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return stack_with_dims(context, arguments[0].tensors, 2, false, "vstack", results);
}

AG_OPERATION(vstack, FUNCTION, "vstack(Tensors tensors) -> Tensor",
    "The tensors as rows, one below the other: of fewer than two dims each is one row.",
    .body = vstack_body)

static bool hstack_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return stack_with_dims(context, arguments[0].tensors, 1, true, "hstack", results);
}

AG_OPERATION(hstack, FUNCTION, "hstack(Tensors tensors) -> Tensor",
    "The tensors side by side: along the second dim, or along the only one.",
    .body = hstack_body)
