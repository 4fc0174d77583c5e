/* A tensor's own autograd fields: grad, data, hooks. */
#include "dtype.h"
#include "graph.h"
#include "memory.h"
#include "shape.h"

ag_tensor *ag_grad(const ag_tensor *tensor)
{
    return tensor->grad == NULL ? AG_NONE : tensor->grad;
}

bool ag_set_grad(ag_tensor *tensor, ag_tensor *grad)
{
    ag_context *context = tensor->context;
    char expected[AGI_SHAPE_TEXT], got[AGI_SHAPE_TEXT];
    if (grad == NULL) {
        return false;
    }
    if (grad == tensor) {
        return agi_fail(context, AG_ERROR_RUNTIME,
                        "can't assign Variable as its own grad") != NULL;
    }
    if (grad != AG_NONE && grad->dtype != tensor->dtype) {
        return agi_fail(context, AG_ERROR_RUNTIME,
                        "attempting to assign a gradient with dtype '%s' to a tensor with "
                        "grad_dtype '%s'. The gradient must match the tensor's dtype",
                        agi_cpp_name((ag_dtype)grad->dtype),
                        agi_scalar_name((ag_dtype)tensor->dtype)) != NULL;
    }
    if (grad != AG_NONE && !agi_same_shape(grad, tensor)) {
        return agi_fail(context, AG_ERROR_RUNTIME,
                        "attempting to assign a gradient of size '%s' to a tensor of size '%s'. "
                        "Please ensure that the gradient and the tensor are the same size",
                        agi_shape_text(grad->ndim, grad->shape, got, sizeof got),
                        agi_shape_text(tensor->ndim, tensor->shape, expected,
                                       sizeof expected)) != NULL;
    }
    ag_tensor *before = tensor->grad;
    tensor->grad = grad == AG_NONE ? NULL : ag_retain(grad);
    ag_release(before);
    return true;
}

ag_tensor *ag_data(ag_tensor *tensor)
{
    if (tensor == NULL || tensor == AG_NONE) {
        return tensor;
    }
    ag_context *context = tensor->context;
    agi_version *version = agi_allocate(context, sizeof *version);
    ag_tensor *data = version == NULL ? NULL
        : agi_alias(tensor, tensor->ndim, tensor->shape, tensor->strides, 0);
    if (data == NULL) {
        agi_deallocate(context, version, sizeof *version);
        return NULL;
    }
    *version = (agi_version){.references = 1};
    agi_version_release(context, data->version);
    data->version = version;
    return data;
}

bool agi_set_geometry(ag_tensor *tensor, int ndim, const int64_t *shape, const int64_t *strides)
{
    bool changed = ndim != tensor->ndim;
    if (changed) {
        int64_t *dims = agi_allocate(tensor->context, 2 * (size_t)ndim * sizeof *dims);
        if (dims == NULL) {
            return false;
        }
        agi_deallocate(tensor->context, tensor->dims_block, 2 * tensor->ndim * sizeof(int64_t));
        tensor->dims_block = dims;
        tensor->shape = dims;
        tensor->strides = dims + ndim;
        tensor->ndim = (uint8_t)ndim;
    }
    tensor->numel = 1;
    for (int i = 0; i < ndim; i++) {
        changed = changed || tensor->shape[i] != shape[i] || tensor->strides[i] != strides[i];
        tensor->shape[i] = shape[i];
        tensor->strides[i] = strides[i];
        tensor->numel *= shape[i];
    }
    tensor->contiguous = agi_strides_are_contiguous(ndim, shape, strides);
    if (changed) {
        tensor->accumulator = NULL; /* it expects gradients of the old shape */
    }
    return true;
}

bool ag_set_data(ag_tensor *tensor, ag_tensor *data)
{
    if (tensor == NULL || data == NULL) {
        return false;
    }
    if (data == AG_NONE || data->dtype != tensor->dtype) {
        return agi_fail(tensor->context, AG_ERROR_RUNTIME,
                        "Attempted to call `variable.set_data(tensor)`, but `variable` and "
                        "`tensor` have incompatible tensor type.") != NULL;
    }
    if (data == tensor) {
        return true;
    }
    /* The version stays the tensor's own, as torch has it, so it may have to leave a storage. */
    agi_storage *storage = tensor->storage;
    agi_version *version = tensor->version;
    if (version->in_storage) {
        version = agi_allocate(tensor->context, sizeof *version);
        if (version == NULL) {
            return false;
        }
        *version = (agi_version){.references = 1, .value = tensor->version->value};
    }
    if (!agi_set_geometry(tensor, data->ndim, data->shape, data->strides)) {
        if (version != tensor->version) {
            agi_deallocate(tensor->context, version, sizeof *version);
        }
        return false;
    }
    tensor->version = version;
    tensor->storage = data->storage;
    tensor->storage->references++;
    tensor->data = data->data;
    agi_storage_release(tensor->context, storage);
    return true;
}

/* ---- Hooks ------------------------------------------------------------ */

static uint64_t add_hook(ag_tensor *tensor, agi_hook_entry entry)
{
    ag_context *context = tensor->context;
    entry.number = context->next_hook++;
    bool on_node = tensor->node != NULL && entry.kind != AGI_HOOK_POST_ACCUMULATE;
    entry.output = on_node ? tensor->output : 0;
    bool added = agi_add_hook(context, on_node ? &tensor->node->hooks : &tensor->hooks, &entry);
    return added ? entry.number : 0;
}

static bool takes_hooks(ag_tensor *tensor)
{
    if (!ag_requires_grad(tensor)) {
        agi_fail(tensor->context, AG_ERROR_RUNTIME,
                 "cannot register a hook on a tensor that doesn't require gradient");
        return false;
    }
    return agi_refresh_view(tensor);
}

uint64_t ag_register_hook(ag_tensor *tensor, ag_hook hook, void *userdata, ag_free free)
{
    if (!takes_hooks(tensor)) {
        return 0;
    }
    return add_hook(tensor, (agi_hook_entry){.kind = AGI_HOOK_GRADIENT, .call = hook,
                                             .userdata = userdata, .free = free});
}

uint64_t ag_register_post_accumulate_grad_hook(ag_tensor *tensor, ag_hook hook, void *userdata,
                                               ag_free free)
{
    if (!takes_hooks(tensor)) {
        return 0;
    }
    if (tensor->node != NULL) {
        agi_fail(tensor->context, AG_ERROR_RUNTIME,
                 "post accumulate grad hooks cannot be registered on non-leaf tensors");
        return 0;
    }
    return add_hook(tensor, (agi_hook_entry){.kind = AGI_HOOK_POST_ACCUMULATE, .call = hook,
                                             .userdata = userdata, .free = free});
}

bool ag_remove_hook(ag_tensor *tensor, uint64_t number)
{
    if (number == 0) {
        return false; /* of a registration that failed */
    }
    ag_retain(tensor); /* what is freed may have held the last reference */
    bool found = agi_free_hooks(tensor->context, &tensor->hooks, number) ||
                 (tensor->node != NULL && ag_node_remove_hook(tensor->node, number));
    ag_release(tensor);
    return found;
}

bool ag_node_remove_hook(ag_node *node, uint64_t number)
{
    if (number == 0) {
        return false;
    }
    ag_node_retain(node);
    bool found = agi_free_hooks(node->context, &node->hooks, number);
    ag_node_release(node);
    return found;
}

bool ag_retain_grad(ag_tensor *tensor)
{
    if (!ag_requires_grad(tensor)) {
        agi_fail(tensor->context, AG_ERROR_RUNTIME,
                 "can't retain_grad on Tensor that has requires_grad=False");
        return false;
    }
    if (!agi_refresh_view(tensor)) {
        return false;
    }
    if (tensor->node == NULL || tensor->retains_grad) {
        return true;
    }
    tensor->retains_grad = add_hook(tensor, (agi_hook_entry){.kind = AGI_HOOK_RETAIN_GRAD,
                                                             .retains = tensor}) != 0;
    return tensor->retains_grad;
}
