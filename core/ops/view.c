/* The same numbers under another shape. */
#include <string.h>

#include "dtype.h"
#include "operation.h"

/* Sizes with at most one -1, which is worked out; false with torch's error. */
static bool infer_sizes(ag_context *context, const ag_tensor *self, ag_integers size,
                        int64_t *shape)
{
    char text[AGI_SHAPE_TEXT];
    int64_t known = 1, unknown = -1;
    for (int64_t i = 0; i < size.count; i++) {
        shape[i] = size.items[i];
        if (shape[i] == -1 && unknown < 0) {
            unknown = i;
        } else if (shape[i] == -1) {
            agi_fail(context, AG_ERROR_RUNTIME, "only one dimension can be inferred");
            return false;
        } else if (shape[i] < 0) {
            agi_fail(context, AG_ERROR_RUNTIME,
                     "invalid shape dimension %lld at index %lld of shape %s", (long long)shape[i],
                     (long long)(i + 1),
                     agi_shape_text((int)size.count, size.items, text, sizeof text));
            return false;
        } else if (__builtin_mul_overflow(known, shape[i], &known)) {
            known = -1; /* cannot be self's number of elements */
            break;
        }
    }
    if (unknown >= 0 && known == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "cannot reshape tensor of 0 elements into shape %s "
                 "because the unspecified dimension size -1 can be any value and is ambiguous",
                 agi_shape_text((int)size.count, size.items, text, sizeof text));
        return false;
    }
    bool fits = unknown < 0 ? known == self->numel : known > 0 && self->numel % known == 0;
    if (!fits) {
        agi_fail(context, AG_ERROR_RUNTIME, "shape '%s' is invalid for input of size %lld",
                 agi_shape_text((int)size.count, size.items, text, sizeof text),
                 (long long)self->numel);
        return false;
    }
    if (unknown >= 0) {
        shape[unknown] = self->numel / known;
    }
    return true;
}

/* Strides under which self's memory has the new shape; false where none do. Dims of self that
 * lie in line form a run, and each run must be cut by itself. */
static bool strides_of_view(const ag_tensor *self, int ndim, const int64_t *shape,
                            int64_t *strides)
{
    if (self->contiguous) {
        agi_contiguous_strides(ndim, shape, strides);
        return true;
    }
    if (self->numel == 0) {
        agi_contiguous_strides(ndim, shape, strides);
        return true;
    }
    int to = ndim - 1;
    int64_t run = 1, cut = 1, stride = self->ndim > 0 ? self->strides[self->ndim - 1] : 1;
    for (int from = self->ndim - 1; from >= 0; from--) {
        run *= self->shape[from];
        bool ends = from == 0 || (self->shape[from - 1] != 1 &&
                                  self->strides[from - 1] != run * stride);
        if (!ends) {
            continue;
        }
        while (to >= 0 && (cut < run || shape[to] == 1)) {
            strides[to] = cut * stride;
            cut *= shape[to--];
        }
        if (cut != run) {
            return false;
        }
        if (from > 0) {
            stride = self->strides[from - 1];
            run = cut = 1;
        }
    }
    return to == -1;
}

static bool view_infer(agi_call *call)
{
    ag_integers size = call->arguments[1].integers;
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    if (!agi_check_ndim(call->context, size.count) ||
        !infer_sizes(call->context, call->inputs[0], size, shape)) {
        return false;
    }
    if (!strides_of_view(call->inputs[0], (int)size.count, shape, strides)) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "view size is not compatible with input tensor's "
                 "size and stride (at least one dimension spans across two contiguous subspaces). "
                 "Use .reshape(...) instead.");
        return false;
    }
    agi_set_view(call, 0, (int)size.count, shape, strides, 0);
    return true;
}

static void view_gradient(agi_gradient *b)
{
    GIVE(0, ag_reshape(b->g, agi_input_sizes(b, 0)));
}

AG_OPERATION(view, METHOD, "view(Tensor self, Sizes size) -> Tensor",
    "self's numbers under another shape; one size may be -1 and is worked out.",
    .infer = view_infer, .gradient = view_gradient, .node = "ViewBackward0")

AG_OPERATION(unsafe_view, INTERNAL, "unsafe_view(Tensor self, Sizes size) -> Tensor",
    "view of a tensor that nobody else holds.",
    .infer = view_infer, .gradient = view_gradient, .node = "UnsafeViewBackward0",
    .gives_own = true)

AG_OPERATION(reshape_alias, INTERNAL, "reshape_alias(Tensor self, Sizes size) -> Tensor",
    "view of a tensor that is not contiguous, as reshape records it.",
    .infer = view_infer, .gradient = view_gradient, .node = "ReshapeAliasBackward0")

static bool reshape_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_integers size = arguments[1].integers;
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    if (!agi_check_ndim(context, size.count) || !infer_sizes(context, self, size, shape)) {
        return false;
    }
    ag_integers sizes = {shape, size.count};
    bool can_view = strides_of_view(self, (int)size.count, shape, strides);
    return agi_one_result(results, self->contiguous ? ag_view(self, sizes)
                                   : can_view       ? ag_reshape_alias(self, sizes)
                                            : ag_unsafe_view(ag_contiguous_copy(self), sizes));
}

static const ag_operation *reshape_stand_in(const agi_call *call)
{
    return call->inputs[0]->contiguous ? &agi_operation_view : NULL;
}

AG_OPERATION(reshape, BOTH, "reshape(Tensor self, Sizes size) -> Tensor",
    "self under another shape: a view where possible, else a copy; one size may be -1.",
    .body = reshape_body, .stand_in = reshape_stand_in)

/* ---- expand -------------------------------------------------------------- */

static bool expand_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    ag_integers size = call->arguments[1].integers;
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    char want[AGI_SHAPE_TEXT], have[AGI_SHAPE_TEXT];
    if (!agi_check_ndim(call->context, size.count)) {
        return false;
    }
    if (size.count < self->ndim) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "expand(%sTensor{%s}, size=%s): the number of "
                 "sizes provided (%lld) must be greater or equal to the number of dimensions in "
                 "the tensor (%d)", agi_scalar_name((ag_dtype)self->dtype),
                 agi_shape_text(self->ndim, self->shape, have, sizeof have),
                 agi_shape_text((int)size.count, size.items, want, sizeof want),
                 (long long)size.count, self->ndim);
        return false;
    }
    int more = (int)size.count - self->ndim;
    for (int i = (int)size.count - 1; i >= 0; i--) {
        int64_t own = i < more ? 1 : self->shape[i - more], wanted = size.items[i];
        if (wanted == -1 && i >= more) {
            wanted = own;
        }
        if (wanted < 0) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "The expanded size of the tensor (%lld) isn't "
                     "allowed in a leading, non-existing dimension %d", (long long)wanted, i + 1);
            return false;
        }
        if (own != 1 && own != wanted) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "The expanded size of the tensor (%lld) must "
                     "match the existing size (%lld) at non-singleton dimension %d.  Target sizes: "
                     "%s.  Tensor sizes: %s", (long long)wanted, (long long)own, i + 1,
                     agi_shape_text((int)size.count, size.items, want, sizeof want),
                     agi_shape_text(self->ndim, self->shape, have, sizeof have));
            return false;
        }
        shape[i] = wanted;
        strides[i] = own == wanted && i >= more ? self->strides[i - more] : 0;
    }
    agi_set_view(call, 0, (int)size.count, shape, strides, 0);
    return true;
}

static void expand_gradient(agi_gradient *b)
{
    GIVE(0, ag_sum_to_size(b->g, agi_input_sizes(b, 0)));
}

AG_OPERATION(expand, METHOD, "expand(Tensor self, Sizes size) -> Tensor",
    "self seen with its dims of size 1 stretched to size, without a copy; -1 keeps a size.",
    .infer = expand_infer, .gradient = expand_gradient, .node = "ExpandBackward0")
