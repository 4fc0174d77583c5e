/* Views by raw strides, and their transpose: what gradients of views are made of. */
#include <string.h>

#include "dtype.h"
#include "iterate.h"
#include "operation.h"

/* Whether each place, offset + sum of index times stride, is one of `length` elements. */
static bool check_places(agi_call *call, ag_integers size, ag_integers stride, int64_t offset,
                         int64_t length)
{
    if (size.count != stride.count) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "mismatch in length of strides and shape");
        return false;
    }
    if (!agi_check_ndim(call->context, size.count)) {
        return false;
    }
    int64_t last = offset, reach;
    bool empty = false, outside = offset < 0;
    for (int64_t i = 0; i < size.count; i++) {
        empty |= size.items[i] == 0;
        outside |= size.items[i] < 0 || stride.items[i] < 0 ||
                   __builtin_mul_overflow(size.items[i] - 1, stride.items[i], &reach) ||
                   __builtin_add_overflow(last, reach, &last);
    }
    if (outside || (!empty && last >= length)) {
        char shape[AGI_SHAPE_TEXT], strides[AGI_SHAPE_TEXT];
        agi_fail(call->context, AG_ERROR_RUNTIME, "setStorage: sizes %s, strides %s and storage "
                 "offset %lld are out of bounds for storage of size %lld",
                 agi_shape_text((int)size.count, size.items, shape, sizeof shape),
                 agi_shape_text((int)stride.count, stride.items, strides, sizeof strides),
                 (long long)offset, (long long)length);
        return false;
    }
    return true;
}

static bool strided_view_infer(agi_call *call)
{
    ag_integers size = call->arguments[1].integers, stride = call->arguments[2].integers;
    const ag_tensor *self = call->inputs[0];
    const char *first = self->storage->data;
    int64_t item = (int64_t)agi_size_of(self->dtype), before = (self->data - first) / item;
    int64_t offset = call->arguments[3].integer;
    if (!check_places(call, size, stride, offset, (int64_t)self->storage->bytes / item - before)) {
        return false;
    }
    agi_set_view(call, 0, (int)size.count, size.items, stride.items, offset);
    return true;
}

/* Elements of memory that a dense tensor of this shape and these strides spans. */
static int64_t extent_of(const agi_output *like)
{
    int64_t extent = 1;
    for (int i = 0; i < like->ndim; i++) {
        extent += like->shape[i] == 0 ? -extent : (like->shape[i] - 1) * like->strides[i];
    }
    return extent < 0 ? 0 : extent;
}

static ag_tensor *into_memory(agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    ag_tensor *memory = ag_strided_scatter(b->g, extent_of(self), b->arguments[1].integers,
                                           b->arguments[2].integers, b->arguments[3].integer);
    return ag_strided_view(memory, (ag_integers){self->shape, self->ndim},
                           (ag_integers){self->strides, self->ndim}, 0);
}

static void strided_view_gradient(agi_gradient *b)
{
    GIVE(0, into_memory(b));
}

AG_OPERATION(strided_view, INTERNAL,
    "strided_view(Tensor self, Sizes size, Sizes stride, int offset) -> Tensor",
    "The elements at offset + sum of index times stride from self's first.",
    .infer = strided_view_infer, .gradient = strided_view_gradient, .node = "AsStridedBackward0")

static bool strided_scatter_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    ag_integers size = call->arguments[2].integers;
    if (!ag_dtype_is_floating((ag_dtype)self->dtype)) {
        return agi_refuse_dtype(call, "strided_scatter", (ag_dtype)self->dtype);
    }
    if (!check_places(call, size, call->arguments[3].integers, call->arguments[4].integer,
                      call->arguments[1].integer)) {
        return false;
    }
    if (!agi_shape_is(self, (int)size.count, size.items)) {
        char shape[AGI_SHAPE_TEXT];
        agi_fail(call->context, AG_ERROR_RUNTIME, "shape '%s' is invalid for input of size %lld",
                 agi_shape_text((int)size.count, size.items, shape, sizeof shape),
                 (long long)self->numel);
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)call->inputs[0]->dtype, 1,
                   (const int64_t[]){call->arguments[1].integer});
    return true;
}

/* Adds one at a time, since several elements may have one place. */
#define SCATTER(NAME, TYPE)                                                                     \
    static void NAME(char *const *data, const int64_t *strides, int64_t count, const double *p) \
    {                                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            *(TYPE *)(data[0] + i * strides[0]) += *(const TYPE *)(data[1] + i * strides[1]);   \
        }                                                                                       \
    }
SCATTER(scatter_f32, float)
SCATTER(scatter_f64, double)

static bool strided_scatter_kernel(agi_call *call)
{
    ag_tensor *memory = call->results[0].tensor, *source = call->inputs[0];
    ag_integers size = call->arguments[2].integers, stride = call->arguments[3].integers;
    memset(memory->data, 0, (size_t)memory->numel * ag_dtype_size((ag_dtype)memory->dtype));
    ag_tensor *place = agi_disown(agi_alias(memory, (int)size.count, size.items, stride.items,
                                            call->arguments[4].integer));
    if (place == NULL) {
        return false;
    }
    ag_tensor *operands[] = {place, source};
    agi_iteration iteration;
    agi_iteration_begin(&iteration, operands, 2);
    const agi_loop loop = {.row = source->dtype == AG_FLOAT32 ? scatter_f32 : scatter_f64};
    bool done = agi_iterate_in_order(&iteration, loop, NULL);
    ag_release(place);
    return done;
}

static void strided_scatter_gradient(agi_gradient *b)
{
    GIVE(0, ag_strided_view(ag_contiguous(b->g), b->arguments[2].integers,
                            b->arguments[3].integers, b->arguments[4].integer));
}

AG_OPERATION(strided_scatter, INTERNAL,
    "strided_scatter(Tensor self, int length, Sizes size, Sizes stride, int offset) -> Tensor",
    "length zeros, with self added where strided_view of size, stride and offset looks.",
    .infer = strided_scatter_infer, .kernel = strided_scatter_kernel,
    .gradient = strided_scatter_gradient, .node = "AsStridedScatterBackward0")
