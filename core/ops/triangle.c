/* Around the diagonal: tril, triu, diagonal. */
#include "dtype.h"
#include "operation.h"

static bool triangle_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (self->ndim < 2) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "%s: input tensor must have at least 2 dimensions", call->operation->info.name);
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

/* A row keeps its columns first <= column < last, the others become 0. */
static void keep_columns(char *to, int64_t size, int64_t columns, int64_t first, int64_t last)
{
    first = first < 0 ? 0 : first > columns ? columns : first;
    last = last < first ? first : last > columns ? columns : last;
    __builtin_memset(to, 0, (size_t)(first * size));
    __builtin_memset(to + last * size, 0, (size_t)((columns - last) * size));
}

static bool triangle_kernel(agi_call *call, bool lower)
{
    ag_tensor *kept = call->results[0].tensor;
    if (!agi_copy_numbers(kept, call->inputs[0])) {
        return false;
    }
    int64_t rows = kept->shape[kept->ndim - 2], columns = kept->shape[kept->ndim - 1];
    int64_t diagonal = call->arguments[1].integer, size = (int64_t)agi_size_of(kept->dtype);
    int64_t limit = rows + columns;
    diagonal = diagonal > limit ? limit : diagonal < -limit ? -limit : diagonal;
    int64_t all_rows = columns == 0 ? 0 : kept->numel / columns;
    for (int64_t i = 0; i < all_rows; i++) {
        int64_t row = i % rows;
        keep_columns(kept->data + i * columns * size, size, columns,
                     lower ? 0 : row + diagonal, lower ? row + diagonal + 1 : columns);
    }
    return true;
}

static bool tril_kernel(agi_call *call)
{
    return triangle_kernel(call, true);
}

static bool triu_kernel(agi_call *call)
{
    return triangle_kernel(call, false);
}

static void tril_gradient(agi_gradient *b)
{
    GIVE(0, ag_tril(b->g, b->arguments[1].integer));
}

static void triu_gradient(agi_gradient *b)
{
    GIVE(0, ag_triu(b->g, b->arguments[1].integer));
}

AG_OPERATION(tril, BOTH_AND_INPLACE, "tril(Tensor self, int diagonal=0) -> Tensor",
    "self on and below the diagonal, 0 above; matrices are the last two dims.",
    .infer = triangle_infer, .kernel = tril_kernel, .gradient = tril_gradient,
    .node = "TrilBackward0")
AG_OPERATION(triu, BOTH_AND_INPLACE, "triu(Tensor self, int diagonal=0) -> Tensor",
    "self on and above the diagonal, 0 below; matrices are the last two dims.",
    .infer = triangle_infer, .kernel = triu_kernel, .gradient = triu_gradient,
    .node = "TriuBackward0")

/* ---- diagonal ---------------------------------------------------------------- */

/* The view's dims over strides of self, and its offset; false with the error set. */
static bool diagonal_of(ag_context *context, const ag_value *arguments, int ndim,
                        const int64_t *shape, const int64_t *strides, int64_t *to_shape,
                        int64_t *to_strides, int64_t *at)
{
    int row = agi_wrap_dim(context, arguments[2].integer, ndim);
    int column = row < 0 ? -1 : agi_wrap_dim(context, arguments[3].integer, ndim);
    if (column < 0) {
        return false;
    }
    if (row == column) {
        agi_fail(context, AG_ERROR_RUNTIME, "diagonal dimensions cannot be identical %lld, %lld",
                 (long long)arguments[2].integer, (long long)arguments[3].integer);
        return false;
    }
    int64_t offset = arguments[1].integer;
    int64_t rows = shape[row] + (offset < 0 ? offset : 0);
    int64_t columns = shape[column] - (offset > 0 ? offset : 0);
    int64_t length = rows < columns ? rows : columns;
    int k = 0;
    for (int i = 0; i < ndim; i++) {
        if (i != row && i != column) {
            to_shape[k] = shape[i];
            to_strides[k++] = strides[i];
        }
    }
    to_shape[k] = length < 0 ? 0 : length;
    to_strides[k] = strides[row] + strides[column];
    *at = length <= 0 ? 0 : offset >= 0 ? offset * strides[column] : -offset * strides[row];
    return true;
}

static bool diagonal_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS], at;
    if (!diagonal_of(call->context, call->arguments, self->ndim, self->shape, self->strides, shape,
                     strides, &at)) {
        return false;
    }
    agi_set_view(call, 0, self->ndim - 1, shape, strides, at);
    return true;
}

static ag_tensor *diagonal_back(agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    int64_t whole[AG_MAX_DIMS], shape[AG_MAX_DIMS], strides[AG_MAX_DIMS], at, numel = 1;
    agi_contiguous_strides(self->ndim, self->shape, whole);
    for (int i = 0; i < self->ndim; i++) {
        numel *= self->shape[i];
    }
    if (!diagonal_of(b->context, b->arguments, self->ndim, self->shape, whole, shape, strides,
                     &at)) {
        return NULL;
    }
    return ag_view(ag_strided_scatter(b->g, numel, (ag_integers){shape, self->ndim - 1},
                                      (ag_integers){strides, self->ndim - 1}, at),
                   agi_input_sizes(b, 0));
}

static void diagonal_gradient(agi_gradient *b)
{
    GIVE(0, diagonal_back(b));
}

AG_OPERATION(diagonal, BOTH,
    "diagonal(Tensor self, int offset=0, Dim dim1=1, Dim dim2=2) -> Tensor",
    "The diagonal of dims dim1 and dim2 as the last dim, offset above it where positive.",
    .infer = diagonal_infer, .gradient = diagonal_gradient, .node = "DiagonalBackward0")
