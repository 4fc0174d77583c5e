#include "inplace.h"

#include <string.h>

#include "dtype.h"
#include "record.h"

/* ---- What may be written to ------------------------------------------- */

static bool check_view(ag_tensor *self)
{
    ag_context *context = self->context;
    if (!agi_check_rewritten(self, false)) {
        return false;
    }
    if (ag_requires_grad(self) && ag_is_leaf(self->base)) {
        agi_fail(context, AG_ERROR_RUNTIME, "a view of a leaf Variable that requires grad is being "
                 "used in an in-place operation.");
        return false;
    }
    return true;
}

bool agi_check_inplace(const agi_call *call, ag_tensor *self)
{
    if (!call->context->grad_mode || !agi_any_requires_grad(call->inputs, call->input_count)) {
        return true;
    }
    if (self->base != NULL && !check_view(self)) {
        return false;
    }
    if (ag_requires_grad(self) && ag_is_leaf(self)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "a leaf Variable that requires grad is being used in an in-place operation.");
        return false;
    }
    return call->context->error == AG_OK;
}

static bool overlaps_itself(const ag_tensor *t)
{
    for (int i = 0; i < t->ndim && t->numel > 0; i++) {
        if (t->strides[i] == 0 && t->shape[i] > 1) {
            return true;
        }
    }
    return false;
}

/* The bytes between the first and the last element of a dense tensor. */
static bool overlaps_in_part(const ag_tensor *self, const ag_tensor *input)
{
    if (self == input || self->storage != input->storage || self->numel == 0 ||
        input->numel == 0 || !agi_is_dense(self) || !agi_is_dense(input)) {
        return false;
    }
    if (self->data == input->data && agi_same_shape(self, input) &&
        memcmp(self->strides, input->strides, self->ndim * sizeof *self->strides) == 0) {
        return false;
    }
    int64_t size = (int64_t)agi_size_of(self->dtype);
    return self->data < input->data + input->numel * size &&
           input->data < self->data + self->numel * size;
}

static bool check_overlap(const agi_call *call, const ag_tensor *self)
{
    if (!call->operation->writes_alone && overlaps_itself(self)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation.");
        return false;
    }
    for (int i = 0; i < call->input_count; i++) {
        if (call->inputs[i] != AG_NONE && overlaps_in_part(self, call->inputs[i])) {
            agi_fail(call->context, AG_ERROR_RUNTIME,
                "unsupported operation: some elements of the input tensor and the written-to "
                "tensor refer to a single memory location. Please clone() the tensor before "
                "performing the operation.");
            return false;
        }
    }
    return true;
}

static bool check_result(const agi_call *call, const ag_tensor *self)
{
    const agi_result *result = &call->results[0];
    char shape[AGI_SHAPE_TEXT], wanted[AGI_SHAPE_TEXT];
    if (!check_overlap(call, self)) {
        return false;
    }
    if (!agi_shape_is(self, result->ndim, result->shape)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "output with shape %s doesn't match the broadcast shape %s",
                 agi_shape_text(self->ndim, self->shape, shape, sizeof shape),
                 agi_shape_text(result->ndim, result->shape, wanted, sizeof wanted));
        return false;
    }
    if (!agi_can_cast(result->dtype, (ag_dtype)self->dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "result type %s can't be cast to the desired output type %s",
                 agi_scalar_name(result->dtype), agi_scalar_name((ag_dtype)self->dtype));
        return false;
    }
    return true;
}

/* ---- History ---------------------------------------------------------- */

/* A view was written to: the base's gradient goes through function where the view lies. */
typedef struct copy_slices {
    ag_node *function;
    int ndim;
    int64_t offset; /* from the base's first element */
    int64_t dims[]; /* the view's shape, then strides */
} copy_slices;

static ag_tensor *gradient_of_base(ag_node *node, ag_tensor *gradient, ag_tensor **slice)
{
    const copy_slices *view = node->own;
    const agi_output *base = &node->outputs[0];
    int64_t extent = 1;
    for (int i = 0; i < base->ndim && extent > 0; i++) {
        extent = base->shape[i] == 0 ? 0 : extent + (base->shape[i] - 1) * base->strides[i];
    }
    ag_tensor *memory = ag_empty(node->context, AG_INTEGERS(extent), base->dtype, false);
    ag_tensor *whole = ag_strided_view(memory, (ag_integers){base->shape, base->ndim},
                                       (ag_integers){base->strides, base->ndim}, 0);
    whole = ag_copy_(whole, gradient);
    *slice = ag_strided_view(whole, (ag_integers){view->dims, view->ndim},
                             (ag_integers){view->dims + view->ndim, view->ndim}, view->offset);
    return *slice == NULL ? NULL : whole;
}

static bool run_copy_slices(ag_node *node, ag_tensor **gradients, ag_tensor **results)
{
    const copy_slices *view = node->own;
    ag_node *function = view->function;
    if (function == NULL) {
        return agi_fail_freed(node->context) != NULL;
    }
    ag_tensor *slice, *whole = gradient_of_base(node, gradients[0], &slice);
    ag_tensor *gradient = ag_clone(slice);
    if (gradient == NULL || !function->type->run(function, &gradient, results)) {
        return false;
    }
    if (node->edges[0].node == NULL) {
        return true;
    }
    ag_tensor *written = results[0] == AG_NONE ? ag_zero_(slice) : ag_copy_(slice, results[0]);
    results[0] = whole;
    return written != NULL;
}

/* The function is what it saved: a second run is torch's error even where that saved nothing. */
static void free_function(ag_node *node)
{
    copy_slices *view = node->own;
    ag_node *function = view->function;
    view->function = NULL;
    ag_node_release(function);
}

static const agi_node_type copy_slices_node = {.run = run_copy_slices,
                                               .free_saved = free_function};

ag_node *agi_copy_slices(ag_tensor *self, ag_node *function)
{
    ag_tensor *base = self->base;
    agi_node_sizes sizes = {
        .edge_count = function->edge_count,
        .output_count = 1,
        .dims = base->ndim,
        .extra_bytes = sizeof(copy_slices) + 2 * self->ndim * sizeof(int64_t),
    };
    ag_node *node = agi_node_new(self->context, &copy_slices_node, "CopySlices", &sizes);
    if (node == NULL) {
        return NULL;
    }
    agi_node_set_output(node, 0, base);
    copy_slices *view = node->own;
    view->function = ag_node_retain(function);
    view->ndim = self->ndim;
    view->offset = (self->data - base->data) / (int64_t)agi_size_of(self->dtype);
    memcpy(view->dims, self->shape, self->ndim * sizeof *self->shape);
    memcpy(view->dims + self->ndim, self->strides, self->ndim * sizeof *self->strides);
    if (!agi_gradient_edge(base, &node->edges[0])) {
        ag_node_release(node);
        return NULL;
    }
    agi_node_is_newest(node);
    for (int i = 1; i < function->edge_count; i++) {
        node->edges[i] = function->edges[i];
        ag_node_retain(node->edges[i].node);
    }
    return node;
}

/* ---- The call --------------------------------------------------------- */

static bool write_result(agi_call *call, ag_tensor *self, agi_kernel compute)
{
    agi_result *result = &call->results[0];
    bool direct = (call->operation->promotion != AGI_NO_PROMOTION &&
                   result->dtype == (ag_dtype)self->dtype) ||
                  (call->operation->info.flags & AG_IS_INPLACE);
    if (direct) {
        result->tensor = self;
        return compute(call);
    }
    bool done = ag_scope_open(call->context);
    if (done) {
        result->tensor = agi_new(call->context, result->dtype, result->ndim, result->shape);
        done = result->tensor != NULL && compute(call) &&
               agi_copy_numbers(self, result->tensor);
        ag_scope_close(call->context);
    }
    result->tensor = self;
    return done;
}

/* t_, squeeze_ and their like: another shape over the same numbers. */
static bool change_view(agi_call *call, ag_tensor *self, ag_node *node)
{
    const agi_result *result = &call->results[0];
    if (!agi_set_geometry(self, result->ndim, result->shape, result->strides)) {
        return false;
    }
    self->data += result->offset * (int64_t)agi_size_of(self->dtype);
    ag_bump_version(self);
    if (node != NULL && self->base == NULL) {
        agi_node_set_output(node, 0, self);
        agi_set_history(self, node, 0);
    }
    return true; /* a view's node is made anew from its base */
}

/* Whether a gradient uses what self was, which is about to be lost. */
static bool saves_self(const agi_call *call, const ag_tensor *self)
{
    for (int i = 0; i < call->input_count && i < 16; i++) {
        if (call->inputs[i] == self && (call->saves & INPUT(i))) {
            return true;
        }
    }
    return false;
}

/* After the write, which leaves nothing that can fail. */
static void commit_history(ag_tensor *self, ag_node *node, ag_node *slices)
{
    for (int i = 0; i < node->saved_count; i++) {
        if (node->saved[i].result >= 0) {
            node->saved[i].version = self->version->value;
        }
    }
    if (slices != NULL) {
        agi_set_history(self->base, slices, 0);
    } else {
        agi_set_history(self, node, 0);
    }
}

bool agi_inplace(agi_call *call, ag_tensor *self, agi_kernel compute)
{
    const ag_operation *operation = call->operation;
    bool is_view = call->results[0].is_view;
    if (!is_view && !check_result(call, self)) {
        return false;
    }
    ag_node *node = NULL, *slices = NULL;
    ag_tensor *self_before = NULL;
    bool done = true;
    if (agi_is_recorded(call) && ag_dtype_is_floating((ag_dtype)self->dtype)) {
        const char *name = operation->inplace_node != NULL ? operation->inplace_node
                           : operation->node_name != NULL ? operation->node_name(call)
                                                          : operation->node;
        call->results[0].tensor = self;
        node = agi_call_node(call, name);
        done = node != NULL;
        if (done && !is_view && saves_self(call, self)) {
            self_before = ag_clone(self);
            done = self_before != NULL;
        }
        done = done && agi_save_inputs(call, node, self_before);
        ag_release(agi_disown(self_before));
        if (done && !is_view) {
            agi_node_set_output(node, 0, self);
            done = agi_save_results(call, node);
            slices = done && self->base != NULL ? agi_copy_slices(self, node) : NULL;
            done = done && (self->base == NULL || slices != NULL);
        }
    }
    if (done && is_view) {
        done = change_view(call, self, node);
    } else if (done) {
        done = write_result(call, self, compute);
        if (done || call->context->error == AG_ERROR_INTERRUPTED) {
            ag_bump_version(self);
        }
        if (done && node != NULL) {
            commit_history(self, node, slices);
        }
    }
    ag_node_release(slices);
    ag_node_release(node);
    return done;
}
