#include "shape.h"

#include <stdio.h>
#include <string.h>

#include "dtype.h"

const char *agi_shape_text(int ndim, const int64_t *shape, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < ndim && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, i == 0 ? "%lld" : ", %lld",
                                 (long long)shape[i]);
    }
    if (used < size) {
        snprintf(text + used, size - used, "]");
    }
    return text;
}

static bool bad_sizes(ag_context *context, int ndim, const int64_t *shape)
{
    char text[AGI_SHAPE_TEXT];
    agi_shape_text(ndim, shape, text, sizeof text);
    for (int i = 0; i < ndim; i++) {
        if (shape[i] < 0) {
            agi_fail(context, AG_ERROR_RUNTIME,
                     "Trying to create tensor with negative dimension %lld: %s",
                     (long long)shape[i], text);
            return false;
        }
    }
    agi_fail(context, AG_ERROR_RUNTIME, "Storage size calculation overflowed with sizes=%s", text);
    return false;
}

bool agi_count_elements(ag_context *context, ag_dtype dtype, int ndim, const int64_t *shape,
                        int64_t *numel)
{
    int64_t count = 1, bytes, sign = 0;
    bool overflows = false;
    for (int i = 0; i < ndim; i++) {
        sign |= shape[i];
        overflows |= __builtin_mul_overflow(count, shape[i], &count);
    }
    overflows |= __builtin_mul_overflow(count, (int64_t)agi_size_of(dtype), &bytes);
    if (sign < 0 || overflows) {
        return bad_sizes(context, ndim, shape);
    }
    *numel = count;
    return true;
}

bool agi_check_ndim(ag_context *context, int64_t ndim)
{
    if (ndim < 0 || ndim > AG_MAX_DIMS) {
        agi_fail(context, AG_ERROR_RUNTIME, "a tensor has at most %d dims, but got %lld",
                 AG_MAX_DIMS, (long long)ndim);
        return false;
    }
    return true;
}

void agi_contiguous_strides(int ndim, const int64_t *shape, int64_t *strides)
{
    int64_t stride = 1;
    for (int i = ndim - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= shape[i] > 1 ? shape[i] : 1;
    }
}

bool agi_strides_are_contiguous(int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t expected = 1;
    bool contiguous = true;
    for (int i = ndim - 1; i >= 0; i--) {
        if (shape[i] == 0) {
            return true;
        }
        contiguous = contiguous && (shape[i] == 1 || strides[i] == expected);
        expected *= shape[i];
    }
    return contiguous;
}

/* Each dim in turn must start where the smaller ones together end. */
bool agi_strides_are_dense(int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t expected = 1;
    bool used[AG_MAX_DIMS] = {false};
    for (int round = 0; round < ndim; round++) {
        int next = 0;
        while (next < ndim && (used[next] || (shape[next] != 1 && strides[next] != expected))) {
            next++;
        }
        if (next == ndim) {
            return false;
        }
        used[next] = true;
        expected *= shape[next];
    }
    return true;
}

int agi_wrap_dim(ag_context *context, int64_t position, int ndim)
{
    int dims = ndim == 0 ? 1 : ndim;
    if (position >= 1 && position <= dims) {
        return (int)position - 1;
    }
    if (position <= -1 && position >= -dims) {
        return (int)position + dims;
    }
    if (position == 0) {
        agi_fail(context, AG_ERROR_INDEX,
                 "Dimension out of range (dims count from 1, and 0 is none of them; expected to "
                 "be in range of [-%d, %d])", dims, dims);
    } else {
        agi_fail(context, AG_ERROR_INDEX,
                 "Dimension out of range (expected to be in range of [-%d, %d], but got %lld)",
                 dims, dims, (long long)position);
    }
    return -1;
}

bool agi_wrap_dims(ag_context *context, ag_integers positions, int ndim, int *wrapped)
{
    bool seen[AG_MAX_DIMS] = {false};
    for (int64_t i = 0; i < positions.count; i++) {
        int dim = agi_wrap_dim(context, positions.items[i], ndim);
        if (dim < 0) {
            return false;
        }
        if (seen[dim]) {
            agi_fail(context, AG_ERROR_RUNTIME, "dim %d appears multiple times in the list of dims",
                     dim + 1);
            return false;
        }
        seen[dim] = true;
        wrapped[i] = dim;
    }
    return true;
}

int64_t agi_wrap_index(ag_context *context, int64_t position, int64_t size, int dim)
{
    if (position >= 1 && position <= size) {
        return position - 1;
    }
    if (position <= -1 && position >= -size) {
        return position + size;
    }
    if (position == 0) {
        agi_fail(context, AG_ERROR_INDEX,
                 "index 0 is out of bounds for dimension %d with size %lld: positions count from 1",
                 dim + 1, (long long)size);
    } else {
        agi_fail(context, AG_ERROR_INDEX,
                 "index %lld is out of bounds for dimension %d with size %lld",
                 (long long)position, dim + 1, (long long)size);
    }
    return -1;
}

bool agi_broadcast(ag_context *context, int *ndim, int64_t *shape, int other_ndim,
                   const int64_t *other)
{
    if (other_ndim > *ndim) {
        int more = other_ndim - *ndim;
        memmove(shape + more, shape, (size_t)*ndim * sizeof *shape);
        for (int i = 0; i < more; i++) {
            shape[i] = 1;
        }
        *ndim = other_ndim;
    }
    for (int i = 1; i <= other_ndim; i++) {
        int64_t *size = &shape[*ndim - i], with = other[other_ndim - i];
        if (*size == with || with == 1) {
            continue;
        }
        if (*size != 1) {
            agi_fail(context, AG_ERROR_RUNTIME,
                     "The size of tensor a (%lld) must match the size of tensor b (%lld) at "
                     "non-singleton dimension %d", (long long)*size, (long long)with,
                     *ndim - i + 1);
            return false;
        }
        *size = with;
    }
    return true;
}
