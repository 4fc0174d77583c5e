/* The node of a leaf: adds what arrives to its grad. */
#include <string.h>

#include "iterate.h"
#include "operation.h"

static bool same_layout(const ag_tensor *a, const ag_tensor *b)
{
    return (a->contiguous && b->contiguous) ||
           memcmp(a->strides, b->strides, a->ndim * sizeof *a->strides) == 0;
}

/* gradient in a block of its own, laid out as its parameter is. */
static ag_tensor *own_copy(ag_tensor *tensor, ag_tensor *gradient)
{
    if ((!tensor->context->grad_mode && same_layout(tensor, gradient)) || !agi_is_dense(tensor)) {
        return ag_clone(gradient);
    }
    ag_tensor *copy = agi_new_like(tensor, (ag_dtype)tensor->dtype);
    return ag_copy_(copy, gradient) == NULL ? NULL : copy;
}

bool agi_add_numbers(ag_tensor *to, ag_tensor *from)
{
    if (to->dtype != from->dtype || !agi_same_shape(to, from) || to->storage == from->storage ||
        !agi_is_dense(to)) {
        return ag_add_(to, from) != NULL;
    }
    ag_tensor *operands[] = {to, to, from};
    agi_iteration iteration;
    agi_iteration_begin(&iteration, operands, 3);
    ag_bump_version(to);
    return agi_iterate(&iteration,
                       agi_loop_of(agi_operation_add.loops[to->dtype], to->context),
                       (const double[]){1});
}

bool agi_accumulate(ag_tensor *tensor, ag_tensor *gradient, bool may_steal)
{
    ag_context *context = tensor->context;
    if (tensor->grad != NULL && !context->grad_mode) {
        return agi_add_numbers(tensor->grad, gradient);
    }
    ag_tensor *grad;
    if (tensor->grad != NULL) {
        grad = ag_add(tensor->grad, gradient);
    } else if (may_steal && !context->grad_mode && gradient->references == 1 &&
               gradient->storage->references == 1 && gradient->node == NULL &&
               same_layout(tensor, gradient)) {
        grad = gradient;
    } else {
        grad = own_copy(tensor, gradient);
    }
    if (grad == NULL) {
        return false;
    }
    ag_tensor *before = tensor->grad;
    tensor->grad = ag_retain(grad);
    ag_release(before);
    return true;
}

/* Those that see the leaf with its gradient. */
static bool run_hooks(ag_tensor *leaf)
{
    agi_hook_walk walk;
    bool done = agi_begin_hooks(leaf->context, leaf->hooks, AGI_HOOK_POST_ACCUMULATE, &walk);
    for (int64_t i = 0; i < walk.count && done; i++) {
        done = walk.entries[i]->call(walk.entries[i]->userdata, leaf) != NULL;
        if (!done) {
            agi_fail(leaf->context, AG_ERROR_CALLBACK, "a hook failed");
        }
    }
    agi_end_hooks(&walk);
    return done;
}

static bool run(ag_node *node, ag_tensor **gradients, ag_tensor **results)
{
    ag_tensor *leaf = node->own;
    if (gradients[0] == AG_NONE) {
        return true;
    }
    if (!agi_accumulate(leaf, gradients[0], true)) {
        return false;
    }
    return leaf->hooks == NULL || run_hooks(leaf);
}

static void free_accumulator(ag_node *node)
{
    ag_tensor *leaf = node->own;
    if (leaf->accumulator == node) {
        leaf->accumulator = NULL;
    }
    ag_release(leaf);
}

static const agi_node_type accumulator_node = {.run = run, .free = free_accumulator};

ag_node *agi_accumulator(ag_tensor *leaf)
{
    if (leaf->accumulator != NULL) {
        return ag_node_retain(leaf->accumulator);
    }
    agi_node_sizes sizes = {.output_count = 1, .dims = leaf->ndim};
    ag_node *node = agi_node_new(leaf->context, &accumulator_node, "AccumulateGrad", &sizes);
    if (node == NULL) {
        return NULL;
    }
    node->sequence = UINT64_MAX; /* as soon as all has arrived */
    agi_node_set_output(node, 0, leaf);
    node->own = ag_retain(leaf);
    leaf->accumulator = node;
    return node;
}

ag_tensor *agi_accumulates_into(const ag_node *node)
{
    return node->type == &accumulator_node ? node->own : NULL;
}
