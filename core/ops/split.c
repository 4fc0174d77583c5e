/* A tensor cut along a dim into a list of views, which are the results of one node. */
#include <string.h>

#include "memory.h"
#include "operation.h"

/* The parts as views: lengths[i] positions each, from the first on. */
static bool set_parts(agi_call *call, int dim, int64_t count, int64_t each, const int64_t *lengths)
{
    const ag_tensor *self = call->inputs[0];
    if (!agi_reserve_results(call, count, self->ndim)) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS], start = 0, size = self->shape[dim];
    for (int d = 0; d < self->ndim; d++) {
        shape[d] = self->shape[d];
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t left = size - start;
        shape[dim] = lengths != NULL ? lengths[i] : each < left ? each : left;
        agi_set_view(call, (int)i, self->ndim, shape, self->strides,
                     shape[dim] == 0 ? 0 : start * self->strides[dim]);
        start += shape[dim];
    }
    return true;
}

static int split_dim(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (self->ndim == 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "split expects at least a 1-dimensional tensor");
        return -1;
    }
    return agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim);
}

/* The parts' gradients put together, zeros where a part was not used. */
static ag_tensor *parts_back(agi_gradient *b, ag_tensor *(*join)(ag_tensors, int64_t), int64_t dim)
{
    int count = b->node->output_count;
    size_t bytes = (size_t)count * sizeof(ag_tensor *);
    ag_tensor **parts = agi_allocate(b->context, bytes), *whole = NULL;
    bool done = parts != NULL;
    for (int i = 0; i < count && done; i++) {
        const agi_output *like = &b->node->outputs[i];
        parts[i] = b->gradients[i] != AG_NONE
                       ? b->gradients[i]
                       : ag_zeros(b->context, (ag_integers){like->shape, like->ndim}, like->dtype,
                                  false);
        done = parts[i] != NULL;
    }
    if (done) {
        whole = join((ag_tensors){parts, count}, dim);
    }
    agi_deallocate(b->context, parts, bytes);
    return whole;
}

static void parts_gradient(agi_gradient *b)
{
    GIVE(0, parts_back(b, ag_cat, b->arguments[2].integer));
}

static bool split_infer(agi_call *call)
{
    int64_t each = call->arguments[1].integer;
    if (each < 0 && call->inputs[0]->ndim > 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "split expects split_size be non-negative, but "
                 "got split_size=%lld", (long long)each);
        return false;
    }
    int dim = split_dim(call);
    if (dim < 0) {
        return false;
    }
    int64_t size = call->inputs[0]->shape[dim];
    if (each == 0 && size != 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "split_size can only be 0 if dimension size is 0, "
                 "but got dimension size of %lld", (long long)size);
        return false;
    }
    int64_t count = size == 0 ? 1 : size / each + (size % each != 0);
    return set_parts(call, dim, count, each, NULL);
}

AG_OPERATION(split_evenly, INTERNAL,
    "split_evenly(Tensor self, int split_size, Dim dim=1) -> Tensors",
    "Parts of split_size positions of dim; the last may be shorter.",
    .infer = split_infer, .gradient = parts_gradient, .node = "SplitBackward0")

static bool split_with_sizes_infer(agi_call *call)
{
    int dim = split_dim(call);
    ag_integers sizes = call->arguments[1].integers;
    if (dim < 0) {
        return false;
    }
    int64_t sum = 0, size = call->inputs[0]->shape[dim];
    char text[AGI_SHAPE_TEXT];
    for (int64_t i = 0; i < sizes.count; i++) {
        if (sizes.items[i] < 0) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "split_with_sizes expects split_sizes have "
                     "only non-negative entries, but got split_sizes=%s",
                     agi_shape_text((int)sizes.count, sizes.items, text, sizeof text));
            return false;
        }
        if (__builtin_add_overflow(sum, sizes.items[i], &sum)) {
            sum = -1;
            break;
        }
    }
    if (sum != size) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "split_with_sizes expects split_sizes to sum "
                 "exactly to %lld (input tensor's size at dimension %d), but got split_sizes=%s",
                 (long long)size, dim + 1,
                 agi_shape_text((int)sizes.count, sizes.items, text, sizeof text));
        return false;
    }
    return set_parts(call, dim, sizes.count, 0, sizes.items);
}

AG_OPERATION(split_with_sizes, BOTH,
    "split_with_sizes(Tensor self, ints split_sizes, Dim dim=1) -> Tensors",
    "Parts of the given numbers of positions of dim.",
    .infer = split_with_sizes_infer, .gradient = parts_gradient,
    .node = "SplitWithSizesBackward0")

static bool split_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_integers sizes = arguments[1].integers;
    int64_t dim = arguments[2].integer;
    return arguments[1].is_list
               ? ag_split_with_sizes(arguments[0].tensor, sizes, dim, results)
               : ag_split_evenly(arguments[0].tensor, sizes.items[0], dim, results);
}

AG_OPERATION(split, BOTH, "split(Tensor self, ints split_size, Dim dim=1) -> Tensors",
    "Views of self: split_size positions of dim each, or as many as a list of sizes says.",
    .body = split_body)

static bool chunk_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    int64_t chunks = arguments[1].integer;
    if (self->ndim == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "chunk expects at least a 1-dimensional tensor");
        return false;
    }
    if (chunks < 1) {
        agi_fail(context, AG_ERROR_RUNTIME, "chunk expects `chunks` to be greater than 0, got: %lld",
                 (long long)chunks);
        return false;
    }
    int dim = agi_wrap_dim(context, arguments[2].integer, self->ndim);
    if (dim < 0) {
        return false;
    }
    int64_t size = self->shape[dim], each = size / chunks + (size % chunks != 0);
    if (size == 0) { /* nothing to share out: as many empty parts as were asked for */
        int64_t *none = agi_allocate(context, (size_t)chunks * sizeof *none);
        if (none == NULL) {
            return false;
        }
        memset(none, 0, (size_t)chunks * sizeof *none);
        bool done = ag_split_with_sizes(self, (ag_integers){none, chunks}, dim + 1, results);
        agi_deallocate(context, none, (size_t)chunks * sizeof *none);
        return done;
    }
    return ag_split_evenly(self, each, dim + 1, results);
}

AG_OPERATION(chunk, BOTH, "chunk(Tensor self, int chunks, Dim dim=1) -> Tensors",
    "At most chunks views of self, of one size along dim but for the last.",
    .body = chunk_body)

/* ---- unbind ------------------------------------------------------------------ */

static bool unbind_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    if (dim >= 0 && self->ndim == 0) {
        agi_fail(call->context, AG_ERROR_INDEX, "Dimension specified as 1 but tensor has no "
                 "dimensions");
        return false;
    }
    if (dim < 0 || !agi_reserve_results(call, self->shape[dim], self->ndim)) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    for (int i = 0, k = 0; i < self->ndim; i++) {
        if (i != dim) {
            shape[k] = self->shape[i];
            strides[k++] = self->strides[i];
        }
    }
    for (int64_t i = 0; i < self->shape[dim]; i++) {
        agi_set_view(call, (int)i, self->ndim - 1, shape, strides, i * self->strides[dim]);
    }
    return true;
}

static void unbind_gradient(agi_gradient *b)
{
    GIVE(0, parts_back(b, ag_stack, b->arguments[1].integer));
}

AG_OPERATION(unbind, BOTH, "unbind(Tensor self, Dim dim=1) -> Tensors",
    "Views of self at each position of dim, without that dim.",
    .infer = unbind_infer, .gradient = unbind_gradient, .node = "UnbindBackward0")
