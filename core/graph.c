/* Nodes: making, freeing, and how tensors hang on them. */
#include "graph.h"

#include <stdio.h>
#include <string.h>

#include "dtype.h"
#include "memory.h"
#include "shape.h"

/* ---- Nodes ------------------------------------------------------------ */

ag_node *agi_node_new(ag_context *context, const agi_node_type *type, const char *name,
                      const agi_node_sizes *sizes)
{
    size_t edges = (size_t)sizes->edge_count, outputs = (size_t)sizes->output_count;
    size_t saved = (size_t)sizes->saved_count, dims = (size_t)sizes->dims;
    size_t bytes = sizeof(ag_node) + edges * sizeof(agi_edge) + outputs * sizeof(agi_output) +
                   outputs * sizeof(ag_tensor *) + saved * sizeof(agi_saved) +
                   2 * dims * sizeof(int64_t) + sizes->extra_bytes;
    ag_node *node = agi_allocate(context, bytes);
    if (node == NULL) {
        return NULL;
    }
    memset(node, 0, sizeof *node);
    node->references = 1;
    node->edge_count = (int32_t)edges;
    node->output_count = (int32_t)outputs;
    node->type = type;
    node->name = name;
    node->sequence = context->next_sequence++;
    node->context = context;
    node->bytes = bytes;
    node->needed = true;
    node->edges = (agi_edge *)(node + 1);
    node->outputs = (agi_output *)(node->edges + edges);
    node->pending = (ag_tensor **)(node->outputs + outputs);
    node->saved = (agi_saved *)(node->pending + outputs);
    int64_t *room = (int64_t *)(node->saved + saved);
    node->own = sizes->extra_bytes > 0 ? room + 2 * dims : NULL;
    for (size_t i = 0; i < edges; i++) {
        node->edges[i] = (agi_edge){NULL, 0};
    }
    for (size_t i = 0; i < outputs; i++) {
        node->pending[i] = NULL;
        node->outputs[i].shape = room; /* the first output's; others follow as they are set */
        node->outputs[i].ndim = 0;
    }
    return node;
}

void agi_node_is_newest(ag_node *node)
{
    node->sequence = node->context->next_sequence++;
}

void agi_node_set_output(ag_node *node, int i, const ag_tensor *like)
{
    agi_output *output = &node->outputs[i];
    if (i > 0) {
        output->shape = node->outputs[i - 1].strides + node->outputs[i - 1].ndim;
    }
    output->dtype = (ag_dtype)like->dtype;
    output->ndim = like->ndim;
    output->strides = output->shape + like->ndim;
    for (int d = 0; d < like->ndim; d++) {
        output->shape[d] = like->shape[d];
        output->strides[d] = like->strides[d];
    }
}

void agi_node_free_saved(ag_node *node)
{
    for (int i = 0; i < node->saved_count; i++) {
        ag_tensor *tensor = node->saved[i].tensor;
        node->saved[i].tensor = NULL;
        ag_release(tensor);
    }
    if (node->type->free_saved != NULL) {
        node->type->free_saved(node);
    }
    node->freed = true;
}

ag_node *ag_node_retain(ag_node *node)
{
    if (node != NULL) {
        node->references++;
    }
    return node;
}

static void free_node(ag_node *node)
{
    agi_node_free_saved(node);
    for (int i = 0; i < node->edge_count; i++) {
        ag_node_release(node->edges[i].node);
    }
    if (node->hooks != NULL) {
        agi_free_hooks(node->context, &node->hooks, 0);
    }
    if (node->type->free != NULL) {
        node->type->free(node);
    }
    agi_deallocate(node->context, node, node->bytes);
}

void ag_node_release(ag_node *node)
{
    if (node == NULL || --node->references > 0) {
        return;
    }
    ag_context *context = node->context;
    node->next_dead = context->dead_nodes;
    context->dead_nodes = node;
    if (context->freeing_nodes) {
        return; /* whoever frees now takes it up: a chain is freed without recursion */
    }
    context->freeing_nodes = true;
    while (context->dead_nodes != NULL) {
        ag_node *dead = context->dead_nodes;
        context->dead_nodes = dead->next_dead;
        free_node(dead);
    }
    context->freeing_nodes = false;
}

int ag_node_reference_count(const ag_node *node)
{
    return node->references;
}

const char *ag_node_name(const ag_node *node)
{
    return node->name;
}

int ag_node_edge_count(const ag_node *node)
{
    return node->edge_count;
}

ag_node *ag_node_edge(const ag_node *node, int i, int *output)
{
    if (output != NULL) {
        *output = node->edges[i].output;
    }
    return node->edges[i].node;
}

/* ---- Saved tensors ---------------------------------------------------- */

bool agi_save(ag_node *node, agi_saved *saved, ag_tensor *tensor, int input, int result)
{
    *saved = (agi_saved){.tensor = AG_NONE, .input = (int32_t)input, .result = (int32_t)result};
    if (tensor == AG_NONE) {
        return true;
    }
    saved->version = tensor->version->value;
    saved->tensor = result < 0 ? ag_retain(tensor)
        : agi_disown(agi_alias(tensor, tensor->ndim, tensor->shape, tensor->strides, 0));
    return saved->tensor != NULL;
}

/* torch leaves the "Backward0" off in the text about a changed tensor. */
static int short_name_length(const char *name)
{
    const char *end = strstr(name, "Backward");
    return (int)(end == NULL ? strlen(name) : (size_t)(end - name));
}

static const char *qualified_name(const ag_node *node)
{
    return strcmp(node->name, "CopySlices") == 0 ? "torch::autograd::CopySlices" : node->name;
}

void *agi_fail_freed(ag_context *context)
{
    return agi_fail(context, AG_ERROR_RUNTIME,
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward.");
}

ag_tensor *agi_unpack(ag_node *node, const agi_saved *saved)
{
    ag_context *context = node->context;
    ag_tensor *tensor = saved->tensor;
    if (node->freed || tensor == NULL) {
        return agi_fail_freed(context);
    }
    if (tensor == AG_NONE) {
        return tensor;
    }
    if (tensor->version->value != saved->version) {
        const ag_node *from = saved->result >= 0 ? node : tensor->node;
        char shape[AGI_SHAPE_TEXT], source[200] = "";
        if (from != NULL) {
            const char *name = qualified_name(from);
            snprintf(source, sizeof source, ", which is output %d of %.*s,",
                     saved->result >= 0 ? saved->result : tensor->output, short_name_length(name),
                     name);
        }
        return agi_fail(context, AG_ERROR_RUNTIME,
            "one of the variables needed for gradient computation has been modified by an inplace "
            "operation: [%sTensor %s]%s is at version %u; expected version %u instead. Hint: enable "
            "anomaly detection to find the operation that failed to compute its gradient, with "
            "autograd.set_detect_anomaly(true).",
            agi_scalar_name((ag_dtype)tensor->dtype),
            agi_shape_text(tensor->ndim, tensor->shape, shape, sizeof shape), source,
            tensor->version->value, saved->version);
    }
    if (saved->result < 0 || !context->grad_mode) { /* a result needs its history only there */
        return agi_again(tensor);
    }
    ag_tensor *alias = agi_alias(tensor, tensor->ndim, tensor->shape, tensor->strides, 0);
    if (alias != NULL) {
        agi_set_history(alias, node, saved->result);
    }
    return alias;
}

/* ---- Hooks ------------------------------------------------------------ */

bool agi_add_hook(ag_context *context, agi_hook_entry **hooks, const agi_hook_entry *entry)
{
    agi_hook_entry *added = agi_allocate(context, sizeof *added);
    if (added == NULL) {
        return false;
    }
    *added = *entry;
    added->next = NULL;
    added->references = 1;
    while (*hooks != NULL) {
        hooks = &(*hooks)->next;
    }
    *hooks = added;
    return true;
}

static void release_hook(ag_context *context, agi_hook_entry *entry)
{
    if (--entry->references > 0) {
        return;
    }
    if (entry->free != NULL) {
        entry->free(entry->userdata);
    }
    agi_deallocate(context, entry, sizeof *entry);
}

bool agi_free_hooks(ag_context *context, agi_hook_entry **hooks, uint64_t number)
{
    bool found = false;
    while (*hooks != NULL) {
        agi_hook_entry *entry = *hooks;
        if (number != 0 && entry->number != number) {
            hooks = &entry->next;
            continue;
        }
        *hooks = entry->next;
        release_hook(context, entry);
        found = true;
    }
    return found;
}

bool agi_begin_hooks(ag_context *context, agi_hook_entry *first, int kind, agi_hook_walk *walk)
{
    int64_t count = 0;
    for (agi_hook_entry *hook = first; hook != NULL; hook = hook->next) {
        count += (int)hook->kind == kind;
    }
    walk->context = context;
    walk->count = 0;
    walk->entries = count <= AGI_FEW_HOOKS
        ? walk->few : agi_allocate(context, (size_t)count * sizeof *walk->entries);
    for (; first != NULL && walk->entries != NULL; first = first->next) {
        if ((int)first->kind == kind) {
            first->references++;
            walk->entries[walk->count++] = first;
        }
    }
    return walk->entries != NULL;
}

void agi_end_hooks(agi_hook_walk *walk)
{
    for (int64_t i = 0; i < walk->count; i++) {
        release_hook(walk->context, walk->entries[i]);
    }
    if (walk->entries != walk->few && walk->entries != NULL) {
        agi_deallocate(walk->context, walk->entries, (size_t)walk->count * sizeof *walk->entries);
    }
}

/* ---- Tensors in the graph --------------------------------------------- */

/* A grad that is kept is that of what the tensor is now; other hooks stay with what it was. */
static void move_retained_grad(ag_tensor *tensor, ag_node *node, int output)
{
    agi_hook_entry **from = &tensor->node->hooks;
    while (*from != NULL && (*from)->retains != tensor) {
        from = &(*from)->next;
    }
    agi_hook_entry *moved = *from;
    if (moved != NULL) {
        *from = moved->next;
        moved->output = output;
        moved->next = node->hooks;
        node->hooks = moved;
    }
}

void agi_set_history(ag_tensor *tensor, ag_node *node, int i)
{
    ag_node *before = tensor->node;
    if (tensor->retains_grad && before != NULL) {
        move_retained_grad(tensor, node, i);
    }
    tensor->node = ag_node_retain(node);
    tensor->output = i;
    tensor->node_version = tensor->version->value;
    ag_node_release(before);
}

void agi_mark_view(ag_tensor *tensor, ag_tensor *self, bool one_of_several)
{
    tensor->base = ag_retain(self->base != NULL ? self->base : self);
    tensor->node_version = tensor->version->value;
    tensor->creation = !tensor->context->grad_mode ? AGI_VIEW_NO_GRAD
                       : one_of_several            ? AGI_VIEW_MULTI_OUTPUT
                                                   : self->creation;
}

void agi_tensor_leaves_graph(ag_tensor *tensor)
{
    if (tensor->retains_grad && tensor->node != NULL) {
        for (agi_hook_entry **at = &tensor->node->hooks; *at != NULL; at = &(*at)->next) {
            if ((*at)->retains == tensor) {
                agi_hook_entry *entry = *at;
                *at = entry->next;
                agi_deallocate(tensor->context, entry, sizeof *entry);
                break;
            }
        }
    }
    agi_free_hooks(tensor->context, &tensor->hooks, 0);
    ag_node_release(tensor->node);
}

bool ag_requires_grad(ag_tensor *tensor)
{
    return agi_wants_gradient(tensor);
}

bool agi_check_rewritten(ag_tensor *view, bool of_base)
{
    if (view->creation == AGI_VIEW_DEFAULT) {
        return true;
    }
    const char *name = view->node == NULL ? "" : view->node->name, *end = strstr(name, "Backward");
    char made[160] = "A view was created in no_grad mode";
    bool without_history = view->node == NULL || view->creation == AGI_VIEW_NO_GRAD;
    if (view->node != NULL) {
        snprintf(made, sizeof made, "Output %d of %.*s is a view%s", view->output,
                 (int)(end == NULL ? strlen(name) : (size_t)(end - name)), name,
                 without_history ? " of a view which was created in no_grad mode" : "");
    }
    agi_fail(view->context, AG_ERROR_RUNTIME, "%s and %s modified inplace%s. %s", made,
             of_base ? "its base or another view of its base has been" : "is being",
             without_history ? " with grad mode enabled" : "",
             view->creation == AGI_VIEW_MULTI_OUTPUT
                 ? "This view is the output of a function that returns multiple views. Such "
                   "functions do not allow the output views to be modified inplace. You should "
                   "replace the inplace operation by an out-of-place one."
                 : "Given that this use case is ambiguous and error-prone, it is forbidden. You can "
                   "clarify your code by moving both the view and the inplace either both inside "
                   "the no_grad block (if you don't want the inplace to be tracked) or both outside "
                   "(if you want the inplace to be tracked).");
    return false;
}

bool agi_refresh_view(ag_tensor *tensor)
{
    if (tensor->base == NULL || tensor->node_version == tensor->version->value ||
        !agi_wants_gradient(tensor->base)) {
        return true;
    }
    if (!agi_check_rewritten(tensor, true)) {
        return false;
    }
    ag_context *context = tensor->context;
    bool mode = context->grad_mode;
    context->grad_mode = true;
    int64_t offset = (tensor->data - tensor->base->data) /
                     (int64_t)agi_size_of(tensor->dtype);
    bool done = ag_scope_open(context);
    if (done) {
        ag_tensor *again = ag_strided_view(tensor->base,
                                           (ag_integers){tensor->shape, tensor->ndim},
                                           (ag_integers){tensor->strides, tensor->ndim}, offset);
        done = again != NULL;
        if (done) {
            agi_set_history(tensor, again->node, again->output);
        }
        ag_scope_close(context);
    }
    context->grad_mode = mode;
    return done;
}

bool agi_gradient_edge(ag_tensor *tensor, agi_edge *edge)
{
    *edge = (agi_edge){NULL, 0};
    if (!agi_refresh_view(tensor)) {
        return false;
    }
    if (tensor->node != NULL) {
        *edge = (agi_edge){ag_node_retain(tensor->node), tensor->output};
    } else if (tensor->requires_grad) { /* its own: a view made without history leads nowhere */
        edge->node = agi_accumulator(tensor);
        return edge->node != NULL;
    }
    return true;
}

ag_node *ag_grad_fn(ag_tensor *tensor)
{
    return agi_refresh_view(tensor) ? tensor->node : NULL;
}

bool ag_is_leaf(ag_tensor *tensor)
{
    return ag_grad_fn(tensor) == NULL;
}

bool ag_retains_grad(const ag_tensor *tensor)
{
    return tensor->retains_grad;
}

bool ag_set_requires_grad(ag_tensor *tensor, bool requires_grad)
{
    if (tensor == NULL || !agi_refresh_view(tensor)) {
        return false;
    }
    if (tensor->node != NULL) {
        if (requires_grad) {
            return true;
        }
        agi_fail(tensor->context, AG_ERROR_RUNTIME,
                 "you can only change requires_grad flags of leaf variables. If you want to use a "
                 "computed variable in a subgraph that doesn't require differentiation use "
                 "var_no_grad = var.detach().");
        return false;
    }
    if (requires_grad && !ag_dtype_is_floating((ag_dtype)tensor->dtype)) {
        agi_fail(tensor->context, AG_ERROR_RUNTIME,
                 "only Tensors of floating point and complex dtype can require gradients");
        return false;
    }
    tensor->requires_grad = requires_grad;
    return true;
}
