/* Dims in another order. */
#include "operation.h"

/* Input 0 with dim order[i] as its i-th. */
static void set_permuted(agi_call *call, const int *order)
{
    const ag_tensor *self = call->inputs[0];
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        shape[i] = self->shape[order[i]];
        strides[i] = self->strides[order[i]];
    }
    agi_set_view(call, 0, self->ndim, shape, strides, 0);
}

/* ---- t ------------------------------------------------------------------ */

static bool t_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (self->ndim > 2) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "t%s() expects a tensor with <= 2 dimensions, but self is %dD",
                 call->in_place ? "_" : "", self->ndim);
        return false;
    }
    set_permuted(call, self->ndim == 2 ? (const int[]){1, 0} : (const int[]){0});
    return true;
}

static void t_gradient(agi_gradient *b)
{
    GIVE(0, ag_t(b->g));
}

AG_OPERATION(t, BOTH_AND_INPLACE, "t(Tensor self) -> Tensor",
    "A matrix with its dims exchanged; fewer dims as they are.",
    .infer = t_infer, .gradient = t_gradient, .node = "TBackward0", .inplace_node = "TBackward1")

/* ---- transpose ------------------------------------------------------------ */

static bool transpose_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    int first = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    int second = first < 0 ? -1
                           : agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim);
    if (second < 0) {
        return false;
    }
    int order[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        order[i] = i == first ? second : i == second ? first : i;
    }
    set_permuted(call, order);
    return true;
}

static void transpose_gradient(agi_gradient *b)
{
    GIVE(0, ag_transpose(b->g, b->arguments[1].integer, b->arguments[2].integer));
}

AG_OPERATION(transpose, BOTH_AND_INPLACE,
    "transpose(Tensor self, Dim dim0, Dim dim1) -> Tensor", "self with two dims exchanged.",
    .infer = transpose_infer, .gradient = transpose_gradient, .node = "TransposeBackward0",
    .inplace_node = "TransposeBackward1")

/* ---- permute, movedim ------------------------------------------------------- */

static bool permute_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    ag_integers dims = call->arguments[1].integers;
    if (dims.count != self->ndim) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "permute(sparse_coo): number of dimensions in the "
                 "tensor input does not match the length of the desired ordering of dimensions "
                 "i.e. input.dim() = %d is not equal to len(dims) = %lld", self->ndim,
                 (long long)dims.count);
        return false;
    }
    int order[AG_MAX_DIMS];
    bool seen[AG_MAX_DIMS] = {false};
    for (int i = 0; i < self->ndim; i++) {
        order[i] = agi_wrap_dim(call->context, dims.items[i], self->ndim);
        if (order[i] < 0) {
            return false;
        }
        if (seen[order[i]]) {
            agi_fail(call->context, AG_ERROR_RUNTIME,
                     "permute(): duplicate dims are not allowed.");
            return false;
        }
        seen[order[i]] = true;
    }
    set_permuted(call, order);
    return true;
}

static ag_tensor *permute_back(agi_gradient *b)
{
    ag_integers dims = b->arguments[1].integers;
    int order[AG_MAX_DIMS];
    int64_t back[AG_MAX_DIMS];
    if (!agi_wrap_dims(b->context, dims, (int)dims.count, order)) {
        return NULL;
    }
    for (int64_t i = 0; i < dims.count; i++) {
        back[order[i]] = i + 1;
    }
    return ag_permute(b->g, (ag_integers){back, dims.count});
}

static void permute_gradient(agi_gradient *b)
{
    GIVE(0, permute_back(b));
}

AG_OPERATION(permute, BOTH, "permute(Tensor self, Sizes dims) -> Tensor",
    "self with its dims in the order of dims.",
    .infer = permute_infer, .gradient = permute_gradient, .node = "PermuteBackward0")

/* dims from 0, each but once; false with torch's error. */
static bool moved_dims(ag_context *context, const char *name, ag_integers dims, int ndim,
                       int *wrapped)
{
    bool seen[AG_MAX_DIMS] = {false};
    char text[AGI_SHAPE_TEXT];
    for (int64_t i = 0; i < dims.count; i++) {
        wrapped[i] = agi_wrap_dim(context, dims.items[i], ndim);
        if (wrapped[i] < 0) {
            return false;
        }
        if (seen[wrapped[i]]) {
            agi_fail(context, AG_ERROR_RUNTIME, "movedim: repeated dim in `%s` (%s)", name,
                     agi_shape_text((int)dims.count, dims.items, text, sizeof text));
            return false;
        }
        seen[wrapped[i]] = true;
    }
    return true;
}

static bool movedim_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_integers source = arguments[1].integers, destination = arguments[2].integers;
    if (source.count != destination.count) {
        char one[AGI_SHAPE_TEXT], two[AGI_SHAPE_TEXT];
        agi_fail(context, AG_ERROR_RUNTIME, "movedim: Invalid source or destination dims: source "
                 "(%s dims) should contain the same number of dims as destination (%s dims)",
                 agi_shape_text((int)source.count, source.items, one, sizeof one),
                 agi_shape_text((int)destination.count, destination.items, two, sizeof two));
        return false;
    }
    int from[AG_MAX_DIMS], to[AG_MAX_DIMS], ndim = self->ndim;
    if (!moved_dims(context, "source", source, ndim, from) ||
        !moved_dims(context, "destination", destination, ndim, to)) {
        return false;
    }
    int64_t order[AG_MAX_DIMS] = {0};
    bool moved[AG_MAX_DIMS] = {false};
    for (int64_t i = 0; i < source.count; i++) {
        order[to[i]] = from[i] + 1;
        moved[from[i]] = true;
    }
    for (int i = 0, next = 0; i < ndim; i++) {
        if (order[i] == 0) {
            while (moved[next]) {
                next++;
            }
            order[i] = ++next;
        }
    }
    return agi_one_result(results, ndim == 0 ? ag_alias(self)
                                             : ag_permute(self, (ag_integers){order, ndim}));
}

AG_OPERATION(movedim, BOTH, "movedim(Tensor self, Dims source, Dims destination) -> Tensor",
    "self with the source dims at the destination places and the others in their order.",
    .body = movedim_body)

AG_ALIAS(swapaxes, transpose)
AG_ALIAS(swapdims, transpose)
AG_ALIAS(moveaxis, movedim)
