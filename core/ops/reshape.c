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
