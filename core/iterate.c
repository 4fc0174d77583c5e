#include "iterate.h"

#include "dtype.h"

/* A loop over more elements than this looks at the interrupt flag now and then. */
enum { STRETCH = 1 << 18 };

static int64_t stride_of(const ag_tensor *t, int whole_ndim, int d)
{
    int own = d - (whole_ndim - t->ndim);
    if (own < 0 || t->shape[own] == 1) {
        return 0;
    }
    return t->strides[own] * (int64_t)agi_size_of(t->dtype);
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
            int64_t size = it->shape[d];
            it->shape[d] = it->shape[d - 1];
            it->shape[d - 1] = size;
            for (int k = 0; k < it->operand_count; k++) {
                int64_t stride = it->strides[d][k];
                it->strides[d][k] = it->strides[d - 1][k];
                it->strides[d - 1][k] = stride;
            }
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
    const ag_tensor *whole = operands[0];
    for (int k = 0; k < count; k++) {
        const ag_tensor *t = operands[k];
        bool single = t->numel == 1 && k > 0;
        if (!single && (!t->contiguous || t->numel != whole->numel)) {
            return false;
        }
        it->strides[0][k] = single && whole->numel != 1
                                ? 0 : (int64_t)agi_size_of(t->dtype);
    }
    it->ndim = 1;
    it->shape[0] = whole->numel;
    return true;
}

void agi_iteration_begin(agi_iteration *it, ag_tensor *const *operands, int count)
{
    const ag_tensor *whole = operands[0];
    it->context = whole->context;
    it->operand_count = count;
    for (int k = 0; k < count; k++) {
        it->data[k] = operands[k]->data;
    }
    if (begin_in_line(it, operands, count)) {
        return;
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

static bool iterate_line(agi_iteration *it, agi_loop loop, const double *parameters)
{
    int64_t left = it->shape[0];
    const int64_t *strides = it->strides[0];
    while (left > STRETCH) {
        loop(it->data, strides, STRETCH, parameters);
        left -= STRETCH;
        for (int k = 0; k < it->operand_count; k++) {
            it->data[k] += STRETCH * strides[k];
        }
        if (agi_interrupted(it->context)) {
            return false;
        }
    }
    loop(it->data, strides, left, parameters);
    return true;
}

bool agi_iterate(agi_iteration *it, agi_loop loop, const double *parameters)
{
    if (it->ndim == 1) {
        return iterate_line(it, loop, parameters);
    }
    for (int d = 0; d < it->ndim; d++) {
        if (it->shape[d] == 0) {
            return true;
        }
    }
    int64_t at[AG_MAX_DIMS] = {0}, since_look = 0;
    for (;;) {
        loop(it->data, it->strides[0], it->shape[0], parameters);
        since_look += it->shape[0] + 16;
        if (since_look > STRETCH) {
            since_look = 0;
            if (agi_interrupted(it->context)) {
                return false;
            }
        }
        int d = 1;
        for (; d < it->ndim; d++) {
            for (int k = 0; k < it->operand_count; k++) {
                it->data[k] += it->strides[d][k];
            }
            if (++at[d] < it->shape[d]) {
                break;
            }
            for (int k = 0; k < it->operand_count; k++) {
                it->data[k] -= it->strides[d][k] * it->shape[d];
            }
            at[d] = 0;
        }
        if (d == it->ndim) {
            return true;
        }
    }
}
