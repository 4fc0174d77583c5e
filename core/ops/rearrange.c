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
static bool copy_part(ag_tensor *to, const int64_t *to_strides, int64_t to_offset, ag_tensor *from,
                      int64_t from_offset, const int64_t *shape)
{
    ag_tensor *place = agi_disown(agi_alias(to, from->ndim, shape, to_strides, to_offset));
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
    memcpy(strides, flipped->strides, self->ndim * sizeof *strides);
    for (int64_t i = 0; i < call->arguments[1].integers.count && self->ndim > 0; i++) {
        offset += (self->shape[dims[i]] - 1) * strides[dims[i]];
        strides[dims[i]] = -strides[dims[i]]; /* the result is written from its end */
    }
    return copy_part(flipped, strides, offset, self, 0, self->shape);
}

static void flip_gradient(agi_gradient *b)
{
    GIVE(0, ag_flip(b->g, b->arguments[1].integers));
}

AG_OPERATION(flip, BOTH, "flip(Tensor self, Sizes dims) -> Tensor",
    "self with the positions of dims in reverse.",
    .infer = flip_infer, .kernel = flip_kernel, .gradient = flip_gradient, .node = "FlipBackward0")

/* ---- roll ----------------------------------------------------------------- */

static bool roll_along_infer(agi_call *call)
{
    return agi_wrap_dim(call->context, call->arguments[2].integer, call->inputs[0]->ndim) >= 0 &&
           same_infer(call);
}

/* Two parts change places: what is rolled over the end, and the rest. */
static bool roll_along_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *rolled = call->results[0].tensor;
    if (self->numel == 0 || self->ndim == 0) {
        return agi_copy_numbers(rolled, self);
    }
    int dim = agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim);
    int64_t size = self->shape[dim], shift = call->arguments[1].integer % size;
    shift = shift < 0 ? shift + size : shift;
    int64_t shape[AG_MAX_DIMS];
    memcpy(shape, self->shape, self->ndim * sizeof *shape);
    shape[dim] = size - shift;
    bool done = copy_part(rolled, rolled->strides, shift * rolled->strides[dim], self, 0, shape);
    shape[dim] = shift;
    return done && copy_part(rolled, rolled->strides, 0, self,
                             (size - shift) * self->strides[dim], shape);
}

static void roll_along_gradient(agi_gradient *b)
{
    GIVE(0, ag_roll_along(b->g, -b->arguments[1].integer, b->arguments[2].integer));
}

AG_OPERATION(roll_along, INTERNAL, "roll_along(Tensor self, int shift, Dim dim) -> Tensor",
    "self with each position of dim moved on by shift, around the end.",
    .infer = roll_along_infer, .kernel = roll_along_kernel, .gradient = roll_along_gradient,
    .node = "RollBackward0")

static bool roll_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_integers shifts = arguments[1].integers, dims = arguments[2].integers;
    if (dims.count <= 0 && shifts.count == 1) {
        ag_tensor *flat = ag_reshape(self, AG_INTEGERS(-1 + (self->numel == 0)));
        return agi_one_result(results, ag_reshape(ag_roll_along(flat, shifts.items[0], 1),
                                                  (ag_integers){self->shape, self->ndim}));
    }
    if (shifts.count != dims.count || shifts.count == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, shifts.count == 0 ? "`shifts` required" :
                 "shifts and dimensions must align. shifts: %lld, dims:%lld",
                 (long long)shifts.count, (long long)(dims.count < 0 ? 0 : dims.count));
        return false;
    }
    for (int64_t i = 0; i < dims.count; i++) {
        self = ag_roll_along(self, shifts.items[i], dims.items[i]);
    }
    return agi_one_result(results, self);
}

AG_OPERATION(roll, BOTH, "roll(Tensor self, ints shifts, Dims? dims=None) -> Tensor",
    "self with the positions of dims moved on by shifts, around the end; flattened without dims.",
    .body = roll_body)

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
        if (repeats.items[i] < 0) {
            agi_fail(call->context, AG_ERROR_RUNTIME,
                     "Trying to create tensor with negative dimension %lld",
                     (long long)repeats.items[i]);
            return false;
        }
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
