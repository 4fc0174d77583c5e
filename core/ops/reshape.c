/* Composites over view, expand and permute. */
#include "dtype.h"
#include "operation.h"

static bool flatten_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    int first = agi_wrap_dim(context, arguments[1].integer, self->ndim);
    int last = first < 0 ? -1 : agi_wrap_dim(context, arguments[2].integer, self->ndim);
    if (last < 0) {
        return false;
    }
    if (first > last) {
        agi_fail(context, AG_ERROR_RUNTIME,
                 "flatten() has invalid args: start_dim cannot come after end_dim");
        return false;
    }
    if (self->ndim == 0) {
        return agi_one_result(results, ag_reshape(self, AG_INTEGERS(1)));
    }
    if (first == last) {
        return agi_one_result(results, agi_again(self));
    }
    int64_t shape[AG_MAX_DIMS], together = 1;
    int ndim = 0;
    for (int i = 0; i < self->ndim; i++) {
        if (i < first || i > last) {
            shape[ndim++] = self->shape[i];
            continue;
        }
        together *= self->shape[i];
        if (i == last) {
            shape[ndim++] = together;
        }
    }
    return agi_one_result(results, ag_reshape(self, (ag_integers){shape, ndim}));
}

AG_OPERATION(flatten, BOTH, "flatten(Tensor self, Dim start_dim=1, Dim end_dim=-1) -> Tensor",
    "self with the dims from start_dim to end_dim made one.", .body = flatten_body)

static bool ravel_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    (void)context;
    return agi_one_result(results, ag_view(ag_contiguous(arguments[0].tensor), AG_INTEGERS(-1)));
}

AG_OPERATION(ravel, BOTH, "ravel(Tensor self) -> Tensor",
    "self in one dim: a view where it lies in order, else a copy.", .body = ravel_body)

/* Whether the sizes, of which one may be -1, multiply up to size; inferred is what the -1 stands
 * for, -1 where another dim of size 0 leaves it open. */
static bool multiply_up(ag_integers sizes, int64_t size, int64_t *inferred)
{
    int64_t known = 1;
    bool unknown = false;
    for (int64_t i = 0; i < sizes.count; i++) {
        unknown = unknown || sizes.items[i] == -1;
        if (sizes.items[i] >= 0 && __builtin_mul_overflow(known, sizes.items[i], &known)) {
            return false;
        }
    }
    *inferred = known == 0 ? -1 : size / known;
    return unknown ? known == 0 || size % known == 0 : known == size;
}

static bool unflatten_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_integers sizes = arguments[2].integers;
    int64_t shape[AG_MAX_DIMS];
    int dim = agi_wrap_dim(context, arguments[1].integer, self->ndim), ndim = 0;
    if (dim < 0) {
        return false;
    }
    if (sizes.count == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "unflatten: sizes must be non-empty");
        return false;
    }
    const int64_t size = self->ndim == 0 ? 1 : self->shape[dim];
    int64_t inferred;
    if (!multiply_up(sizes, size, &inferred)) {
        char text[AGI_SHAPE_TEXT];
        agi_fail(context, AG_ERROR_RUNTIME, "unflatten: Provided sizes %s don't multiply up to the "
                 "size of dim %d (%lld) in the input tensor",
                 agi_shape_text((int)sizes.count, sizes.items, text, sizeof text), dim + 1,
                 (long long)size);
        return false;
    }
    if (!agi_check_ndim(context, self->ndim + sizes.count - (self->ndim > 0))) {
        return false;
    }
    for (int i = 0; i < dim; i++) {
        shape[ndim++] = self->shape[i];
    }
    for (int64_t i = 0; i < sizes.count; i++) {
        shape[ndim++] = sizes.items[i] == -1 ? inferred : sizes.items[i];
    }
    for (int i = dim + 1; i < self->ndim; i++) {
        shape[ndim++] = self->shape[i];
    }
    return agi_one_result(results, ag_view(self, (ag_integers){shape, ndim}));
}

AG_OPERATION(unflatten, BOTH, "unflatten(Tensor self, Dim dim, Sizes sizes) -> Tensor",
    "self with one dim made several of the given sizes, of which one may be -1.",
    .body = unflatten_body)

static bool view_as_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *other = arguments[1].tensor;
    return agi_one_result(results, ag_view(arguments[0].tensor,
                                           (ag_integers){other->shape, other->ndim}));
}

AG_OPERATION(view_as, METHOD, "view_as(Tensor self, Tensor other) -> Tensor",
    "self's numbers under other's shape.", .body = view_as_body)

static bool reshape_as_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *other = arguments[1].tensor;
    return agi_one_result(results, ag_reshape(arguments[0].tensor,
                                              (ag_integers){other->shape, other->ndim}));
}

AG_OPERATION(reshape_as, METHOD, "reshape_as(Tensor self, Tensor other) -> Tensor",
    "self under other's shape: a view where possible, else a copy.", .body = reshape_as_body)

static bool expand_as_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *other = arguments[1].tensor;
    return agi_one_result(results, ag_expand(arguments[0].tensor,
                                             (ag_integers){other->shape, other->ndim}));
}

AG_OPERATION(expand_as, METHOD, "expand_as(Tensor self, Tensor other) -> Tensor",
    "self stretched to other's shape, without a copy.", .body = expand_as_body)

static bool broadcast_to_body(ag_context *context, const ag_value *arguments,
                              ag_results *results)
{
    return agi_one_result(results, ag_expand(arguments[0].tensor, arguments[1].integers));
}

AG_OPERATION(broadcast_to, BOTH, "broadcast_to(Tensor self, Sizes size) -> Tensor",
    "self stretched to size, without a copy.", .body = broadcast_to_body)

/* The field T: all dims in reverse. */
static bool reversed_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    int64_t order[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        order[i] = self->ndim - i;
    }
    return agi_one_result(results, ag_permute(self, (ag_integers){order, self->ndim}));
}

AG_OPERATION(reversed_dims, INTERNAL, "reversed_dims(Tensor self) -> Tensor",
    "self with its dims in reverse, the field T.", .body = reversed_body)
