/* Elements chosen by a mask. */
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "iterate.h"
#include "positions.h"

static bool check_mask(agi_call *call)
{
    const ag_tensor *mask = call->inputs[1];
    if (mask->dtype != AG_BOOL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s: expected BoolTensor for mask",
                 call->operation->info.name);
    }
    return mask->dtype == AG_BOOL;
}

static bool common_shape(agi_call *call, const ag_tensor *mask, int *ndim, int64_t *shape)
{
    const ag_tensor *self = call->inputs[0];
    *ndim = 0; /* the mask first, as torch's text has it */
    return agi_broadcast(call->context, ndim, shape, mask->ndim, mask->shape) &&
           agi_broadcast(call->context, ndim, shape, self->ndim, self->shape);
}

/* tensor seen in a shape that it broadcasts to; the caller's. */
static ag_tensor *seen_in(ag_tensor *tensor, int ndim, const int64_t *shape)
{
    int64_t strides[AG_MAX_DIMS];
    int more = ndim - tensor->ndim;
    for (int i = 0; i < ndim; i++) {
        strides[i] = i < more || tensor->shape[i - more] == 1 ? 0 : tensor->strides[i - more];
    }
    return agi_disown(agi_alias(tensor, ndim, shape, strides, 0));
}

/* ---- masked_fill ------------------------------------------------------------ */

TERNARY_LOOP(fill_1, uint8_t, uint8_t, uint8_t, x ? z : y)
TERNARY_LOOP(fill_4, uint8_t, uint32_t, uint32_t, x ? z : y)
TERNARY_LOOP(fill_8, uint8_t, uint64_t, uint64_t, x ? z : y)

static bool infer_fill(agi_call *call, const ag_tensor *mask, const ag_tensor *value)
{
    const ag_tensor *self = call->inputs[0];
    int ndim;
    int64_t shape[AG_MAX_DIMS];
    if (!common_shape(call, mask, &ndim, shape)) {
        return false;
    }
    if (mask->dtype != AG_BOOL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "masked_fill_ only supports boolean masks, but "
                 "got mask with dtype %s", agi_cpp_name((ag_dtype)mask->dtype));
        return false;
    }
    if (value->ndim != 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "masked_fill_ only supports a 0-dimensional value "
                 "tensor, but got tensor with %d dimension(s).", value->ndim);
        return false;
    }
    if (!agi_check_fits(call->context, agi_element((ag_dtype)value->dtype, value->data),
                        (ag_dtype)self->dtype)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, ndim, shape);
    return true;
}

static bool masked_fill_infer(agi_call *call)
{
    return infer_fill(call, call->inputs[1], call->inputs[2]);
}

/* value, without dims, where mask is true; self elsewhere. */
static bool fill(ag_tensor *out, ag_tensor *self, ag_tensor *mask, ag_tensor *value)
{
    int64_t number;
    ag_tensor filler = *value;
    filler.dtype = self->dtype;
    filler.data = (char *)&number;
    agi_store_element((ag_dtype)self->dtype, &number,
                      agi_element((ag_dtype)value->dtype, value->data));
    size_t size = agi_size_of(self->dtype);
    const agi_loop_set *loops = size == 1 ? &fill_1 : size == 4 ? &fill_4 : &fill_8;
    ag_tensor *operands[] = {out, mask, self, &filler};
    agi_iteration iteration;
    agi_iteration_begin(&iteration, operands, 4);
    return agi_iterate(&iteration, agi_loop_of(loops, out->context), NULL);
}

static bool masked_fill_kernel(agi_call *call)
{
    return fill(call->results[0].tensor, call->inputs[0], call->inputs[1], call->inputs[2]);
}

/* The gradient of value, of which g has a copy wherever mask is true. */
static ag_tensor *filler_back(ag_tensor *g, ag_tensor *mask)
{
    return ag_sum(ag_masked_select(g, mask), AG_NO_INTEGERS, false, AG_DTYPE_NONE);
}

static void masked_fill_gradient(agi_gradient *b)
{
    GIVE(0, ag_masked_fill_number(b->g, SAVED_INPUT(1), 0));
    GIVE(2, filler_back(b->g, SAVED_INPUT(1)));
}

static const char *masked_fill_name(const agi_call *call)
{
    return call->arguments[2].is_tensor ? "MaskedFillBackward1" : "MaskedFillBackward0";
}

AG_OPERATION(masked_fill, BOTH_AND_INPLACE,
    "masked_fill(Tensor self, Tensor mask, Operand value) -> Tensor",
    "value where mask is true, self elsewhere.",
    .infer = masked_fill_infer, .kernel = masked_fill_kernel, .gradient = masked_fill_gradient,
    .saves = {INPUT(1), 0, INPUT(1)}, .node_name = masked_fill_name)

/* x[mask] = number, which torch writes as masked_fill_ does, in a node of its own. */

static bool index_put_mask_infer(agi_call *call)
{
    return infer_fill(call, call->inputs[2], call->inputs[1]);
}

static bool index_put_mask_kernel(agi_call *call)
{
    return fill(call->results[0].tensor, call->inputs[0], call->inputs[2], call->inputs[1]);
}

static void index_put_mask_gradient(agi_gradient *b)
{
    GIVE(0, ag_masked_fill_number(b->g, SAVED_INPUT(2), 0));
    GIVE(1, filler_back(b->g, SAVED_INPUT(2)));
}

AG_OPERATION(index_put_mask_, INTERNAL,
    "index_put_mask_(Tensor self, Operand value, Tensor mask) -> Tensor",
    "Writes value, of no dims, where mask is true, which is a bool that broadcasts to self.",
    .infer = index_put_mask_infer, .kernel = index_put_mask_kernel,
    .gradient = index_put_mask_gradient, .saves = {INPUT(2), INPUT(2)},
    .node = "IndexPutBackward0")

/* ---- masked_select ------------------------------------------------------------ */

/* How many elements of shape the mask chooses. */
static int64_t chosen(const ag_tensor *mask, int ndim, const int64_t *shape)
{
    int64_t times = 1, count = 0, at[AG_MAX_DIMS] = {0};
    for (int i = 0; i < ndim; i++) {
        times *= shape[i];
    }
    times = mask->numel == 0 ? 0 : times / mask->numel;
    if (mask->contiguous) {
        for (int64_t i = 0; i < mask->numel; i++) {
            count += mask->data[i] != 0;
        }
        return count * times;
    }
    const char *data = mask->data;
    for (int64_t i = 0; i < mask->numel; i++) {
        count += *data != 0;
        for (int d = mask->ndim - 1; d >= 0; d--) {
            data += mask->strides[d];
            if (++at[d] < mask->shape[d]) {
                break;
            }
            data -= mask->strides[d] * mask->shape[d];
            at[d] = 0;
        }
    }
    return count * times;
}

static bool masked_select_infer(agi_call *call)
{
    int ndim;
    int64_t shape[AG_MAX_DIMS];
    if (!check_mask(call) || !common_shape(call, call->inputs[1], &ndim, shape)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)call->inputs[0]->dtype, 1,
                   (const int64_t[]){chosen(call->inputs[1], ndim, shape)});
    return true;
}

/* Copies of self and mask in one shape, element by element in order; the caller's. */
static bool in_order(agi_call *call, ag_tensor *tensor, int ndim, const int64_t *shape,
                     ag_tensor **dense)
{
    if (tensor->contiguous && agi_shape_is(tensor, ndim, shape)) {
        *dense = ag_retain(tensor);
        return true;
    }
    ag_tensor *seen = seen_in(tensor, ndim, shape);
    *dense = seen == NULL ? NULL
                          : agi_disown(agi_new(call->context, (ag_dtype)tensor->dtype, ndim, shape));
    bool done = *dense != NULL && agi_copy_numbers(*dense, seen);
    ag_release(seen);
    return done;
}

static bool masked_select_kernel(agi_call *call)
{
    ag_tensor *self = NULL, *mask = NULL, *out = call->results[0].tensor;
    int ndim;
    int64_t shape[AG_MAX_DIMS];
    common_shape(call, call->inputs[1], &ndim, shape);
    bool done = in_order(call, call->inputs[0], ndim, shape, &self) &&
                in_order(call, call->inputs[1], ndim, shape, &mask);
    if (done) {
        const uint8_t *chooses = (const uint8_t *)mask->data;
        int64_t last = 0;
        AGI_BY_SIZE(agi_size_of(out->dtype), {
            const TYPE *from = (const TYPE *)self->data;
            TYPE *to = (TYPE *)out->data;
            TYPE beyond;
            for (int64_t i = 0; i < mask->numel; i++) {
                /* Without a branch: what is not chosen is overwritten by the next. */
                *(last < out->numel ? &to[last] : &beyond) = from[i];
                last += chooses[i];
            }
            (void)beyond;
        })
    }
    ag_release(self);
    ag_release(mask);
    return done;
}

static void masked_select_gradient(agi_gradient *b)
{
    GIVE(0, ag_masked_scatter(ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype,
                                       false),
                              SAVED_INPUT(1), b->g));
}

AG_OPERATION(masked_select, BOTH, "masked_select(Tensor self, Tensor mask) -> Tensor",
    "The elements where mask is true, in order, in one dim; self and mask are broadcast.",
    .infer = masked_select_infer, .kernel = masked_select_kernel,
    .gradient = masked_select_gradient, .saves = {INPUT(1)}, .node = "MaskedSelectBackward0")

AG_OPERATION(index_mask, INTERNAL, "index_mask(Tensor self, Tensor mask) -> Tensor",
    "x[mask]: masked_select in the node that torch makes of it.",
    .infer = masked_select_infer, .kernel = masked_select_kernel,
    .gradient = masked_select_gradient, .saves = {INPUT(1)}, .node = "IndexBackward0")

/* ---- masked_scatter ------------------------------------------------------------- */

static bool masked_scatter_infer(agi_call *call)
{
    int ndim;
    int64_t shape[AG_MAX_DIMS];
    if (!check_mask(call) || !common_shape(call, call->inputs[1], &ndim, shape)) {
        return false;
    }
    if (call->inputs[2]->dtype != call->inputs[0]->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "masked_scatter: expected self and source to have "
                 "same dtypes but got %s and %s",
                 agi_scalar_name((ag_dtype)call->inputs[0]->dtype),
                 agi_scalar_name((ag_dtype)call->inputs[2]->dtype));
        return false;
    }
    if (chosen(call->inputs[1], ndim, shape) > call->inputs[2]->numel) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "masked_scatter: expected the number of elements "
                 "in source to be greater than or equal to the number of ones in mask");
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)call->inputs[0]->dtype, ndim, shape);
    return true;
}

static bool masked_scatter_kernel(agi_call *call)
{
    ag_tensor *mask = NULL, *source = NULL, *out = call->results[0].tensor;
    ag_tensor *given = call->inputs[2];
    bool done = agi_copy_numbers(out, call->inputs[0]) &&
                in_order(call, call->inputs[1], out->ndim, out->shape, &mask) &&
                in_order(call, given, given->ndim, given->shape, &source);
    if (done) {
        AGI_BY_SIZE(agi_size_of(out->dtype), {
            const TYPE *from = (const TYPE *)source->data;
            TYPE *to = (TYPE *)out->data;
            for (int64_t i = 0; i < mask->numel; i++) {
                if (mask->data[i]) {
                    to[i] = *from++;
                }
            }
        })
    }
    ag_release(mask);
    ag_release(source);
    return done;
}

/* The chosen elements of g in front, zeros behind, in source's shape. */
static ag_tensor *source_back(agi_gradient *b)
{
    ag_integers sizes = agi_input_sizes(b, 2);
    ag_tensor *chosen = ag_masked_select(b->g, SAVED_INPUT(1));
    int64_t numel = 1;
    for (int64_t i = 0; i < sizes.count; i++) {
        numel *= sizes.items[i];
    }
    if (chosen == NULL) {
        return NULL;
    }
    ag_tensor *rest = ag_zeros(b->context, AG_INTEGERS(numel - chosen->numel),
                               (ag_dtype)chosen->dtype, false);
    ag_tensor *const parts[] = {chosen, rest};
    return ag_reshape(ag_cat((ag_tensors){parts, 2}, 1), sizes);
}

static void masked_scatter_gradient(agi_gradient *b)
{
    GIVE(0, ag_masked_fill_number(b->g, SAVED_INPUT(1), 0));
    GIVE(2, source_back(b));
}

AG_OPERATION(masked_scatter, BOTH_AND_INPLACE,
    "masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor",
    "self with source's elements, in order, where mask is true.",
    .infer = masked_scatter_infer, .kernel = masked_scatter_kernel,
    .gradient = masked_scatter_gradient, .saves = {INPUT(1), 0, INPUT(1)},
    .node = "MaskedScatterBackward0")
