/* Elements in another place: flip, roll, repeat. */
#include <string.h>

#include "dtype.h"
#include "iterate.h"
#include "operation.h"

static bool same_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

/* Copies a part of self to a part of the result, both by raw geometry. */
static bool copy_part(ag_tensor *to, int64_t to_offset, ag_tensor *from, int64_t from_offset,
                      const int64_t *shape)
{
    ag_tensor *place = agi_disown(agi_alias(to, from->ndim, shape, to->strides, to_offset));
    ag_tensor *part = place == NULL ? NULL
        : agi_disown(agi_alias(from, from->ndim, shape, from->strides, from_offset));
    bool done = part != NULL && agi_copy_numbers(place, part);
    ag_release(part);
    ag_release(place);
    return done;
}

/* ---- flip ----------------------------------------------------------------- */

static bool flip_infer(agi_call *call)
{
    int dims[AG_MAX_DIMS];
    return agi_wrap_dims(call->context, call->arguments[1].integers, call->inputs[0]->ndim, dims) &&
           same_infer(call);
}

static bool flip_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *flipped = call->results[0].tensor;
    int dims[AG_MAX_DIMS];
    int64_t strides[AG_MAX_DIMS], offset = 0;
    if (self->numel == 0) {
        return true;
    }
    agi_wrap_dims(call->context, call->arguments[1].integers, self->ndim, dims);
    memcpy(strides, self->strides, self->ndim * sizeof *strides);
    for (int64_t i = 0; i < call->arguments[1].integers.count && self->ndim > 0; i++) {
        offset += (self->shape[dims[i]] - 1) * strides[dims[i]];
        strides[dims[i]] = -strides[dims[i]]; /* self is read from its end */
    }
    ag_tensor *from = agi_disown(agi_alias(self, self->ndim, self->shape, strides, offset));
    bool done = from != NULL && agi_copy_numbers(flipped, from);
    ag_release(from);
    return done;
}

static void flip_gradient(agi_gradient *b)
{
    GIVE(0, ag_flip(b->g, b->arguments[1].integers));
}

AG_OPERATION(flip, BOTH, "flip(Tensor self, Sizes dims) -> Tensor",
    "self with the positions of dims in reverse.",
    .infer = flip_infer, .kernel = flip_kernel, .gradient = flip_gradient, .node = "FlipBackward0")

/* ---- roll ----------------------------------------------------------------- */

static bool roll_infer(agi_call *call)
{
    ag_integers shifts = call->arguments[1].integers, dims = call->arguments[2].integers;
    int64_t dim_count = dims.count < 0 ? 0 : dims.count;
    if (shifts.count == 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "`shifts` required");
        return false;
    }
    if (shifts.count != dim_count && !(dim_count == 0 && shifts.count == 1)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "shifts and dimensions must align. shifts: %lld, dims:%lld",
                 (long long)shifts.count, (long long)dim_count);
        return false;
    }
    if (dim_count > 0 && call->inputs[0]->ndim == 0) {
        agi_fail(call->context, AG_ERROR_INDEX, "Dimension specified as %lld but tensor has no "
                 "dimensions", (long long)dims.items[0]);
        return false;
    }
    for (int64_t i = 0; i < dim_count; i++) {
        if (agi_wrap_dim(call->context, dims.items[i], call->inputs[0]->ndim) < 0) {
            return false;
        }
    }
    return same_infer(call);
}

/* Two parts of dim change places: what is rolled over the end, and the rest. */
static bool roll_along(ag_tensor *to, ag_tensor *from, int dim, int64_t shift)
{
    if (from->numel == 0 || from->ndim == 0) {
        return agi_copy_numbers(to, from);
    }
    int64_t size = from->shape[dim], shape[AG_MAX_DIMS];
    shift %= size;
    shift = shift < 0 ? shift + size : shift;
    memcpy(shape, from->shape, from->ndim * sizeof *shape);
    shape[dim] = size - shift;
    bool done = copy_part(to, shift * to->strides[dim], from, 0, shape);
    shape[dim] = shift;
    return done && copy_part(to, 0, from, (size - shift) * from->strides[dim], shape);
}

/* tensor's elements in one line, in order; the caller's. */
static ag_tensor *in_line(ag_tensor *tensor)
{
    const int64_t shape[] = {tensor->numel}, strides[] = {1};
    if (tensor->contiguous) {
        return agi_disown(agi_alias(tensor, 1, shape, strides, 0));
    }
    ag_tensor *dense = agi_disown(agi_new(tensor->context, (ag_dtype)tensor->dtype, tensor->ndim,
                                          tensor->shape));
    ag_tensor *line = dense != NULL && agi_copy_numbers(dense, tensor)
                          ? agi_disown(agi_alias(dense, 1, shape, strides, 0)) : NULL;
    ag_release(dense);
    return line;
}

static bool roll_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *rolled = call->results[0].tensor;
    ag_integers shifts = call->arguments[1].integers, dims = call->arguments[2].integers;
    if (dims.count <= 0) {
        ag_tensor *to = in_line(rolled), *from = to == NULL ? NULL : in_line(self);
        bool done = from != NULL && roll_along(to, from, 0, shifts.items[0]);
        ag_release(from);
        ag_release(to);
        return done;
    }
    bool done = true;
    ag_tensor *from = ag_retain(self);
    for (int64_t i = 0; i < dims.count && done; i++) {
        ag_tensor *to = i + 1 == dims.count
            ? ag_retain(rolled)
            : agi_disown(agi_new(call->context, (ag_dtype)self->dtype, self->ndim, self->shape));
        int dim = agi_wrap_dim(call->context, dims.items[i], self->ndim);
        done = to != NULL && roll_along(to, from, dim, shifts.items[i]);
        ag_release(from);
        from = to;
    }
    ag_release(from);
    return done;
}

static ag_tensor *roll_back(agi_gradient *b)
{
    ag_integers shifts = b->arguments[1].integers;
    int64_t back[AG_MAX_DIMS];
    if (shifts.count > AG_MAX_DIMS) {
        return agi_fail(b->context, AG_ERROR_RUNTIME, "roll(): more than %d shifts", AG_MAX_DIMS);
    }
    for (int64_t i = 0; i < shifts.count; i++) {
        back[i] = shifts.items[i] == INT64_MIN ? 0 : -shifts.items[i];
    }
    return ag_roll(b->g, (ag_integers){back, shifts.count}, b->arguments[2].integers);
}

static void roll_gradient(agi_gradient *b)
{
    GIVE(0, roll_back(b));
}

AG_OPERATION(roll, BOTH, "roll(Tensor self, ints shifts, Dims? dims=None) -> Tensor",
    "self with the positions of dims moved on by shifts, around the end; flattened without dims.",
    .infer = roll_infer, .kernel = roll_kernel, .gradient = roll_gradient,
    .node = "RollBackward0")

/* ---- repeat ----------------------------------------------------------------- */

static bool rep_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    ag_integers repeats = call->arguments[1].integers;
    if (repeats.count < self->ndim || repeats.count > AG_MAX_DIMS) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Number of dimensions of repeat dims can not be "
                 "smaller than number of dimensions of tensor");
        return false;
    }
    int64_t shape[AG_MAX_DIMS];
    int more = (int)repeats.count - self->ndim;
    for (int i = 0; i < (int)repeats.count; i++) {
        if (__builtin_mul_overflow(i < more ? 1 : self->shape[i - more], repeats.items[i],
                                   &shape[i])) {
            shape[i] = INT64_MAX; /* the count of elements will say so */
        }
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, (int)repeats.count, shape);
    return true;
}

/* The result seen with two dims for each, the copies and the elements of one copy. */
static int tiled_dims(const ag_integers *repeats, int ndim, const int64_t *shape,
                      const int64_t *strides, int64_t *tiles, int64_t *tile_strides)
{
    int more = (int)repeats->count - ndim, count = 0;
    for (int i = 0; i < (int)repeats->count; i++) {
        int64_t own = i < more ? 1 : shape[i - more];
        tiles[count] = repeats->items[i];
        tile_strides[count++] = own * strides[i];
        tiles[count] = own;
        tile_strides[count++] = strides[i];
    }
    return count;
}

static bool rep_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *whole = call->results[0].tensor;
    ag_integers repeats = call->arguments[1].integers;
    int64_t tiles[2 * AG_MAX_DIMS], strides[2 * AG_MAX_DIMS], own[2 * AG_MAX_DIMS];
    if (2 * repeats.count > AG_MAX_DIMS) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "rep(): at most %d dims", AG_MAX_DIMS / 2);
        return false;
    }
    int count = tiled_dims(&repeats, self->ndim, self->shape, whole->strides, tiles, strides);
    int more = (int)repeats.count - self->ndim;
    for (int i = 0; i < (int)repeats.count; i++) {
        own[2 * i] = 0;
        own[2 * i + 1] = i < more ? 0 : self->strides[i - more];
    }
    ag_tensor *to = agi_disown(agi_alias(whole, count, tiles, strides, 0));
    ag_tensor *from = to == NULL ? NULL : agi_disown(agi_alias(self, count, tiles, own, 0));
    bool done = from != NULL && agi_copy_numbers(to, from);
    ag_release(from);
    ag_release(to);
    return done;
}

/* Summed over the copies. */
static ag_tensor *rep_back(agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    ag_integers repeats = b->arguments[1].integers;
    int64_t tiles[2 * AG_MAX_DIMS], strides[2 * AG_MAX_DIMS], zeros[AG_MAX_DIMS] = {0};
    int64_t copies[AG_MAX_DIMS];
    int count = tiled_dims(&repeats, self->ndim, self->shape, zeros, tiles, strides);
    for (int i = 0; i < (int)repeats.count; i++) {
        copies[i] = 2 * i + 1;
    }
    ag_tensor *g = ag_reshape(b->g, (ag_integers){tiles, count});
    if (repeats.count > 0) {
        g = ag_sum(g, (ag_integers){copies, repeats.count}, false, AG_DTYPE_NONE);
    }
    return ag_reshape(g, agi_input_sizes(b, 0));
}

static void rep_gradient(agi_gradient *b)
{
    GIVE(0, rep_back(b));
}

AG_OPERATION(rep, METHOD, "rep(Tensor self, Sizes repeats) -> Tensor",
    "Tensor.repeat: self repeats[i] times along each dim i.",
    .infer = rep_infer, .kernel = rep_kernel, .gradient = rep_gradient, .node = "RepeatBackward0")
