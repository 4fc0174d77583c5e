/* A part of a tensor, as a view: one position, a range, a diagonal. */
#include "operation.h"

/* A gradient of the part, in zeros of the whole's shape. Geometry is of a contiguous whole. */
static ag_tensor *into_zeros(agi_gradient *b, int ndim, const int64_t *shape,
                             const int64_t *strides, int64_t offset)
{
    ag_integers sizes = agi_input_sizes(b, 0);
    int64_t numel = 1;
    for (int64_t i = 0; i < sizes.count; i++) {
        numel *= sizes.items[i];
    }
    ag_tensor *memory = ag_strided_scatter(b->g, numel, (ag_integers){shape, ndim},
                                           (ag_integers){strides, ndim}, offset);
    return ag_view(memory, sizes);
}

/* ---- select ------------------------------------------------------------- */

static bool select_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (self->ndim == 0) {
        agi_fail(call->context, AG_ERROR_INDEX, "select() cannot be applied to a 0-dim tensor.");
        return false;
    }
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    int64_t position = call->arguments[2].integer;
    if (dim < 0) {
        return false;
    }
    int64_t size = self->shape[dim];
    if (position == 0 || position > size || position < -size) {
        char shape[AGI_SHAPE_TEXT];
        agi_fail(call->context, AG_ERROR_INDEX,
                 "select(): index %lld out of range for tensor of size %s at dimension %d%s",
                 (long long)position, agi_shape_text(self->ndim, self->shape, shape, sizeof shape),
                 dim + 1, position == 0 ? ": positions count from 1" : "");
        return false;
    }
    int64_t index = position > 0 ? position - 1 : position + size;
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    for (int i = 0, k = 0; i < self->ndim; i++) {
        if (i != dim) {
            shape[k] = self->shape[i];
            strides[k++] = self->strides[i];
        }
    }
    agi_set_view(call, 0, self->ndim - 1, shape, strides, index * self->strides[dim]);
    return true;
}

static ag_tensor *select_back(agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    int64_t whole[AG_MAX_DIMS], shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    int dim = agi_wrap_dim(b->context, b->arguments[1].integer, self->ndim);
    int64_t position = b->arguments[2].integer;
    agi_contiguous_strides(self->ndim, self->shape, whole);
    for (int i = 0, k = 0; i < self->ndim; i++) {
        if (i != dim) {
            shape[k] = self->shape[i];
            strides[k++] = whole[i];
        }
    }
    int64_t index = position > 0 ? position - 1 : position + self->shape[dim];
    return into_zeros(b, self->ndim - 1, shape, strides, index * whole[dim]);
}

static void select_gradient(agi_gradient *b)
{
    GIVE(0, select_back(b));
}

AG_OPERATION(select, BOTH, "select(Tensor self, Dim dim, Index index) -> Tensor",
    "The part of self at position index of dim, without that dim.",
    .infer = select_infer, .gradient = select_gradient, .node = "SelectBackward0")

/* ---- slice, narrow -------------------------------------------------------- */

/* Positions start … start + length * step, of dim; both from 0. */
static void set_range(agi_call *call, int dim, int64_t start, int64_t length, int64_t step)
{
    const ag_tensor *self = call->inputs[0];
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        shape[i] = i == dim ? length : self->shape[i];
        strides[i] = i == dim ? self->strides[i] * step : self->strides[i];
    }
    agi_set_view(call, 0, self->ndim, shape, strides, length == 0 ? 0 : start * self->strides[dim]);
}

/* string.sub's rules for first and last: from 1, negative from the end, clamped. */
static int64_t range_of(const ag_value *arguments, int64_t size, int64_t *start)
{
    int64_t first = arguments[2].integer, last = arguments[3].integer, step = arguments[4].integer;
    first = first < 0 ? first + size + 1 : first;
    first = first < 1 ? 1 : first;
    last = last < 0 ? last + size + 1 : last;
    last = last > size ? size : last;
    *start = first - 1;
    return last < first ? 0 : (last - first) / step + 1;
}

static bool slice_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (self->ndim == 0) {
        agi_fail(call->context, AG_ERROR_INDEX, "slice() cannot be applied to a 0-dim tensor.");
        return false;
    }
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    if (dim < 0) {
        return false;
    }
    if (call->arguments[4].integer < 1) {
        agi_fail(call->context, AG_ERROR_VALUE, "slice step must be positive");
        return false;
    }
    int64_t start, length = range_of(call->arguments, self->shape[dim], &start);
    set_range(call, dim, start, length, call->arguments[4].integer);
    return true;
}

/* g in zeros, where length positions of dim, from start on, step apart, were taken. */
static ag_tensor *range_back(agi_gradient *b, int dim, int64_t start, int64_t length, int64_t step)
{
    const agi_output *self = agi_input_like(b, 0);
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    agi_contiguous_strides(self->ndim, self->shape, strides);
    int64_t offset = length == 0 ? 0 : start * strides[dim];
    for (int i = 0; i < self->ndim; i++) {
        shape[i] = i == dim ? length : self->shape[i];
    }
    strides[dim] *= step;
    return into_zeros(b, self->ndim, shape, strides, offset);
}

static ag_tensor *slice_back(agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    int dim = agi_wrap_dim(b->context, b->arguments[1].integer, self->ndim);
    int64_t start, length = range_of(b->arguments, self->shape[dim], &start);
    return range_back(b, dim, start, length, b->arguments[4].integer);
}

static void slice_gradient(agi_gradient *b)
{
    GIVE(0, slice_back(b));
}

AG_OPERATION(slice, INTERNAL,
    "slice(Tensor self, Dim dim, Index first=1, Index last=-1, int step=1) -> Tensor",
    "Positions first to last of dim, every step-th, by string.sub's rules.",
    .infer = slice_infer, .gradient = slice_gradient, .node = "SliceBackward0")

static bool narrow_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (self->ndim == 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "narrow() cannot be applied to a 0-dim tensor.");
        return false;
    }
    int64_t position = call->arguments[2].integer, length = call->arguments[3].integer;
    if (length < 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "narrow(): length must be non-negative.");
        return false;
    }
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    if (dim < 0) {
        return false;
    }
    int64_t size = self->shape[dim];
    if (position == 0 || position > size + 1 || position < -size) {
        agi_fail(call->context, AG_ERROR_INDEX, "start out of range (expected to be in range of "
                 "[%lld, %lld], but got %lld)", (long long)-size, (long long)(size + 1),
                 (long long)position);
        return false;
    }
    int64_t start = position > 0 ? position - 1 : position + size;
    if (length > size - start) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "start (%lld) + length (%lld) exceeds dimension size (%lld).",
                 (long long)(start + 1), (long long)length, (long long)size);
        return false;
    }
    set_range(call, dim, start, length, 1);
    return true;
}

static ag_tensor *narrow_back(agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    int dim = agi_wrap_dim(b->context, b->arguments[1].integer, self->ndim);
    int64_t position = b->arguments[2].integer;
    int64_t start = position > 0 ? position - 1 : position + self->shape[dim];
    return range_back(b, dim, start, b->arguments[3].integer, 1);
}

static void narrow_gradient(agi_gradient *b)
{
    GIVE(0, narrow_back(b));
}

AG_OPERATION(narrow, BOTH, "narrow(Tensor self, Dim dim, Index start, int length) -> Tensor",
    "length positions of dim from start on.",
    .infer = narrow_infer, .gradient = narrow_gradient, .node = "SliceBackward0")
