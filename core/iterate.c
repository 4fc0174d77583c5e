#include "iterate.h"

#include <string.h>

#include "cut.h"
#include "dtype.h"
#include "memory.h"
#include "threads.h"
#include "tile.h"

static int64_t stride_of(const ag_tensor *t, int whole_ndim, int d)
{
    int own = d - (whole_ndim - t->ndim);
    if (own < 0 || t->shape[own] == 1) {
        return 0;
    }
    return t->strides[own] * (int64_t)agi_size_of(t->dtype);
}

static void swap_dims(agi_iteration *it, int a, int b)
{
    int64_t size = it->shape[a];
    it->shape[a] = it->shape[b];
    it->shape[b] = size;
    for (int k = 0; k < it->operand_count; k++) {
        int64_t stride = it->strides[a][k];
        it->strides[a][k] = it->strides[b][k];
        it->strides[b][k] = stride;
    }
}

/* Dims sorted so that the first operand's smallest stride comes innermost: a transposed result
 * is written in the order of memory. */
static void sort_dims(agi_iteration *it)
{
    for (int i = 1; i < it->ndim; i++) {
        for (int d = i; d > 0; d--) {
            int64_t inner = it->strides[d - 1][0], outer = it->strides[d][0];
            if (inner <= outer) {
                break;
            }
            swap_dims(it, d, d - 1);
        }
    }
}

static bool in_line(const agi_iteration *it, int inner, int outer)
{
    for (int k = 0; k < it->operand_count; k++) {
        if (it->strides[outer][k] != it->shape[inner] * it->strides[inner][k]) {
            return false;
        }
    }
    return true;
}

static void join_dims(agi_iteration *it)
{
    int last = 0;
    for (int d = 1; d < it->ndim; d++) {
        if (in_line(it, last, d)) {
            it->shape[last] *= it->shape[d];
            continue;
        }
        last++;
        it->shape[last] = it->shape[d];
        for (int k = 0; k < it->operand_count; k++) {
            it->strides[last][k] = it->strides[d][k];
        }
    }
    it->ndim = it->ndim == 0 ? 0 : last + 1;
}

/* All operands contiguous and whole, or a single number: one dim without looking further. */
static bool begin_in_line(agi_iteration *it, ag_tensor *const *operands, int count)
{
    int64_t numel = operands[0]->numel;
    bool in_line = operands[0]->contiguous;
    for (int k = 0; k < count; k++) {
        const ag_tensor *t = operands[k];
        int64_t size = (int64_t)agi_size_of(t->dtype);
        it->data[k] = t->data;
        it->strides[0][k] = t->numel == numel ? size : 0;
        in_line = in_line && (t->numel == numel ? t->contiguous : t->numel == 1);
    }
    it->ndim = 1;
    it->shape[0] = numel;
    return in_line;
}

void agi_iteration_begin(agi_iteration *it, ag_tensor *const *operands, int count)
{
    const ag_tensor *whole = operands[0];
    it->context = whole->context;
    it->operand_count = count;
    if (begin_in_line(it, operands, count)) {
        return;
    }
    for (int k = 0; k < count; k++) {
        it->size[k] = (int)agi_size_of(operands[k]->dtype);
    }
    it->ndim = 0;
    for (int d = whole->ndim - 1; d >= 0; d--) {
        if (whole->shape[d] == 1) {
            continue;
        }
        it->shape[it->ndim] = whole->shape[d];
        for (int k = 0; k < count; k++) {
            it->strides[it->ndim][k] = stride_of(operands[k], whole->ndim, d);
        }
        it->ndim++;
    }
    sort_dims(it);
    join_dims(it);
    if (it->ndim == 0) {
        it->ndim = 1;
        it->shape[0] = whole->numel == 0 ? 0 : 1;
        for (int k = 0; k < count; k++) {
            it->strides[0][k] = (int64_t)agi_size_of(operands[k]->dtype);
        }
    }
}

/* ---- Running the loop --------------------------------------------------- */

/* Elements of a row, above which a call for it is not seen. */
enum { SHORT_ROW = 1024 };

typedef struct task {
    const agi_iteration *iteration;
    agi_loop loop;
    const double *parameters;
    agi_cut cut;
    double *totals; /* of the chunks, where the loop adds up, else NULL */
} task;

void agi_run_rows(char **data, const agi_strides *strides, int operand_count, int64_t rows,
                  int64_t columns, agi_loop loop, const double *parameters)
{
    if (rows > 1 && columns <= SHORT_ROW && loop.rows != NULL &&
        loop.rows(data, strides, rows, columns, parameters)) {
        for (int k = 0; k < operand_count; k++) {
            data[k] += (rows - 1) * strides[1][k];
        }
        return;
    }
    for (;;) {
        loop.row(data, strides[0], columns, parameters);
        if (--rows == 0) {
            return;
        }
        for (int k = 0; k < operand_count; k++) {
            data[k] += strides[1][k];
        }
    }
}

/* `first` is where the first operand begins. */
static void run_part(const agi_iteration *it, char *first, agi_loop loop, const double *parameters,
                     agi_part part)
{
    char *data[AGI_MAX_OPERANDS];
    int64_t at[AG_MAX_DIMS] = {0}, before = part.row;
    for (int k = 0; k < it->operand_count; k++) {
        data[k] = (k == 0 ? first : it->data[k]) + part.column * it->strides[0][k];
    }
    for (int d = 1; before > 0; d++) {
        at[d] = before % it->shape[d];
        before /= it->shape[d];
        for (int k = 0; k < it->operand_count; k++) {
            data[k] += at[d] * it->strides[d][k];
        }
    }
    for (;;) {
        int64_t rows = it->ndim == 1 ? 1 : it->shape[1] - at[1];
        rows = rows < part.rows ? rows : part.rows;
        agi_run_rows(data, it->strides, it->operand_count, rows, part.columns, loop, parameters);
        part.rows -= rows;
        if (part.rows == 0) {
            return;
        }
        at[1] += rows - 1;
        for (int d = 1; d < it->ndim; d++) {
            for (int k = 0; k < it->operand_count; k++) {
                data[k] += it->strides[d][k];
            }
            if (++at[d] < it->shape[d]) {
                break;
            }
            for (int k = 0; k < it->operand_count; k++) {
                data[k] -= it->strides[d][k] * it->shape[d];
            }
            at[d] = 0;
        }
    }
}

static void run_chunk(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    char *first = t->totals == NULL ? t->iteration->data[0] : (char *)&t->totals[chunk];
    run_part(t->iteration, first, t->loop, t->parameters, agi_part_of(&t->cut, chunk));
}

static int64_t rows_of(const agi_iteration *it)
{
    int64_t rows = 1;
    for (int d = 1; d < it->ndim; d++) {
        rows *= it->shape[d];
    }
    return rows;
}

/* The bytes that operand k reaches over. */
static void reach(const agi_iteration *it, int k, const char **begin, const char **end)
{
    *begin = *end = it->data[k];
    for (int d = 0; d < it->ndim; d++) {
        int64_t last = (it->shape[d] - 1) * it->strides[d][k];
        *(last < 0 ? begin : end) += last;
    }
}

static bool lies_as_first(const agi_iteration *it, int k)
{
    bool same = it->data[k] == it->data[0];
    for (int d = 0; d < it->ndim; d++) {
        same = same && it->strides[d][k] == it->strides[d][0];
    }
    return same;
}

/* Whether an element may be written to a place that another is written to, as in an expanded tensor
 * that is filled, or read from, as in a copy from a tensor to itself, moved. */
static bool order_matters(const agi_iteration *it)
{
    for (int d = 0; d < it->ndim; d++) {
        if (it->strides[d][0] == 0) {
            return true;
        }
    }
    const char *begin, *end, *from, *to;
    reach(it, 0, &begin, &end);
    for (int k = 1; k < it->operand_count; k++) {
        reach(it, k, &from, &to);
        if (from <= end && begin <= to && !lies_as_first(it, k)) {
            return true;
        }
    }
    return false;
}

/* Runs a few elements at once and is done; many become a task. */
AGI_INLINE bool run_few(const agi_iteration *it, agi_loop loop, const double *parameters, task *t)
{
    int64_t columns = it->shape[0];
    if (it->ndim == 1 && columns <= AGI_CHUNK) {
        if (columns > 0) {
            loop.row(it->data, it->strides[0], columns, parameters);
        }
        return true;
    }
    int64_t rows = rows_of(it);
    if (rows * columns <= AGI_CHUNK) {
        if (rows * columns > 0) {
            run_part(it, it->data[0], loop, parameters, (agi_part){0, rows, 0, columns});
        }
        return true;
    }
    *t = (task){it, loop, parameters, agi_cut_rows(rows, columns, AGI_CHUNK, 64), NULL};
    return false;
}

/* In several dims, so few elements are gone through sooner than it is found out how best to. */
enum { FEW = 512 };

bool agi_iterate(const agi_iteration *it, agi_loop loop, const double *parameters)
{
    const bool many = rows_of(it) * it->shape[0] > (it->ndim == 1 ? AGI_CHUNK : FEW);
    const bool in_order = many && order_matters(it);
    agi_tiling tiling;
    if (many && !in_order && it->ndim > 1 && agi_tiling_begin(&tiling, it)) {
        return agi_run_tiles(&tiling, loop, parameters);
    }
    task t;
    return run_few(it, loop, parameters, &t) ||
           (in_order ? agi_in_order : agi_parallel)(it->context, t.cut.count, run_chunk, &t);
}

bool agi_iterate_in_order(const agi_iteration *it, agi_loop loop, const double *parameters)
{
    task t;
    return run_few(it, loop, parameters, &t) ||
           agi_in_order(it->context, t.cut.count, run_chunk, &t);
}

/* Parts of one dim, along which two steps write to two places. */
typedef struct slices {
    const agi_iteration *iteration;
    agi_loop loop;
    const double *parameters;
    int dim;
    agi_cut cut;
} slices;

/* An innermost dim of fewer is not worth a call for each of its lines. */
enum { SHORT = 4 };

static void run_slice(void *data, int64_t chunk, int thread)
{
    const slices *s = data;
    const agi_part part = agi_part_of(&s->cut, chunk);
    agi_iteration it = *s->iteration;
    for (int k = 0; k < it.operand_count; k++) {
        it.data[k] += part.row * it.strides[s->dim][k];
    }
    it.context = NULL;
    it.shape[s->dim] = part.rows;
    if (it.shape[0] < SHORT) {
        swap_dims(&it, 0, s->dim);
    }
    agi_iterate_in_order(&it, s->loop, s->parameters);
}

bool agi_iterate_apart(const agi_iteration *it, int written, agi_loop loop,
                       const double *parameters)
{
    int dim = -1;
    for (int d = 0; d < it->ndim; d++) {
        if (it->strides[d][written] != 0 && (dim < 0 || it->shape[d] > it->shape[dim])) {
            dim = d;
        }
    }
    const int64_t numel = rows_of(it) * it->shape[0];
    if (numel == 0 || dim < 0 || (numel <= AGI_CHUNK && it->shape[0] >= SHORT)) {
        return agi_iterate_in_order(it, loop, parameters);
    }
    const int64_t each = numel / it->shape[dim];
    slices s = {it, loop, parameters, dim,
                agi_cut_rows(it->shape[dim], each, each < AGI_CHUNK ? AGI_CHUNK : each, 1)};
    return agi_parallel(it->context, s.cut.count, run_slice, &s);
}

bool agi_iterate_sum(const agi_iteration *it, agi_loop loop, const double *parameters)
{
    task t;
    if (run_few(it, loop, parameters, &t)) {
        return true;
    }
    size_t bytes = (size_t)t.cut.count * sizeof *t.totals;
    t.totals = agi_allocate(it->context, bytes);
    if (t.totals == NULL) {
        return false;
    }
    memset(t.totals, 0, bytes);
    bool whole = agi_parallel(it->context, t.cut.count, run_chunk, &t);
    for (int64_t i = 0; i < t.cut.count; i++) {
        *(double *)it->data[0] += t.totals[i];
    }
    agi_deallocate(it->context, t.totals, bytes);
    return whole;
}
