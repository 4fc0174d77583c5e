/* The engine: runs backward through the graph, node by node, newest first.
 *
 * A node runs once all gradients that flow to it have arrived, which a first pass counts. Ready
 * nodes wait in a heap ordered by creation, so the order depends on nothing else. Nothing here
 * recurses with the depth of the graph. A hook may start a run within a run: the inner one puts
 * aside what the outer keeps in shared nodes and restores it. */
#include <string.h>

#include "dtype.h"
#include "engine.h"
#include "memory.h"
#include "shape.h"

/* What an outer run keeps in a node that an inner run goes through too. */
typedef struct set_aside {
    ag_node *node;
    uint32_t run;
    int32_t dependencies;
    bool needed;
    ag_tensor **pending; /* output_count */
} set_aside;

/* ---- Lists ------------------------------------------------------------ */

static bool reserve(ag_context *context, agi_node_list *l, size_t item)
{
    if (l->count < l->capacity) {
        return true;
    }
    size_t capacity = l->capacity == 0 ? 32 : l->capacity * 2;
    void *items = agi_reallocate(context, l->items, l->capacity * item, capacity * item);
    if (items == NULL) {
        return false;
    }
    l->items = items;
    l->capacity = capacity;
    return true;
}

static void free_list(ag_context *context, agi_node_list *l, size_t item)
{
    agi_deallocate(context, l->items, l->capacity * item);
}

/* A heap of nodes, highest sequence first. */
static bool push_node(ag_context *context, agi_node_list *l, ag_node *node)
{
    if (!reserve(context, l, sizeof(ag_node *))) {
        return false;
    }
    ag_node **heap = l->items;
    size_t at = l->count++;
    while (at > 0 && heap[(at - 1) / 2]->sequence < node->sequence) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = node;
    return true;
}

static ag_node *pop_node(agi_node_list *l)
{
    ag_node **heap = l->items, *top = heap[0], *last = heap[--l->count];
    size_t at = 0, count = l->count;
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1]->sequence > heap[child]->sequence) {
            child++;
        }
        if (heap[child]->sequence <= last->sequence) {
            break;
        }
        heap[at] = heap[child];
    }
    heap[at] = last;
    return top;
}

/* ---- The first pass: who waits for how many ---------------------------- */

static bool put_aside(agi_run *r, ag_node *node)
{
    if (!reserve(r->context, &r->aside, sizeof(set_aside))) {
        return false;
    }
    set_aside aside = {node, node->run, node->dependencies, node->needed, NULL};
    size_t bytes = (size_t)node->output_count * sizeof *node->pending;
    aside.pending = agi_allocate(r->context, bytes);
    if (aside.pending == NULL) {
        return false;
    }
    memcpy(aside.pending, node->pending, bytes);
    memset(node->pending, 0, bytes);
    ((set_aside *)r->aside.items)[r->aside.count++] = aside;
    return true;
}

static bool visit(agi_run *r, ag_node *node)
{
    if (node->run == r->id) {
        return true;
    }
    if ((node->run != 0 && !put_aside(r, node)) ||
        !reserve(r->context, &r->nodes, sizeof(ag_node *))) {
        return false;
    }
    node->run = r->id;
    node->dependencies = 0;
    node->needed = true;
    ((ag_node **)r->nodes.items)[r->nodes.count++] = ag_node_retain(node);
    return true;
}

/* Nodes in the order of visiting serve as the queue. */
static bool count_dependencies(agi_run *r)
{
    for (size_t next = 0; next < r->nodes.count; next++) {
        ag_node *node = ((ag_node **)r->nodes.items)[next];
        for (int i = 0; i < node->edge_count; i++) {
            ag_node *to = node->edges[i].node;
            if (to != NULL) {
                if (!visit(r, to)) {
                    return false;
                }
                to->dependencies++;
            }
        }
    }
    return true;
}

/* With inputs given, only nodes from which one of them can be reached are needed. An edge leads
 * to a leaf or to an older node, so the oldest are asked first. */
static bool mark_needed(agi_run *r)
{
    ag_node **nodes = r->nodes.items;
    agi_node_list by_age = {0};
    for (size_t n = 0; n < r->nodes.count; n++) {
        nodes[n]->needed = false;
        if (!push_node(r->context, &by_age, nodes[n])) {
            free_list(r->context, &by_age, sizeof(ag_node *));
            return false;
        }
    }
    for (size_t n = r->nodes.count; n-- > 0;) {
        nodes[n] = pop_node(&by_age);
    }
    free_list(r->context, &by_age, sizeof(ag_node *));
    for (int64_t i = 0; i < r->capture_count; i++) {
        if (r->captures[i].edge.node != NULL && r->captures[i].edge.node->run == r->id) {
            r->captures[i].edge.node->needed = true;
        }
    }
    for (size_t n = 0; n < r->nodes.count; n++) {
        for (int i = 0; i < nodes[n]->edge_count && !nodes[n]->needed; i++) {
            ag_node *to = nodes[n]->edges[i].node;
            nodes[n]->needed = to != NULL && to->needed;
        }
    }
    return true;
}

/* ---- One gradient ------------------------------------------------------ */

/* Adds gradient to what has arrived at an output. */
static bool arrive(agi_run *r, ag_node *node, int output, ag_tensor *gradient)
{
    ag_tensor **pending = &node->pending[output];
    if (*pending == NULL) {
        *pending = ag_retain(gradient);
        return true;
    }
    ag_tensor *sum = *pending;
    if (!r->context->grad_mode && sum->references == 1 && sum->storage->references == 1 &&
        sum->contiguous) {
        return agi_add_numbers(sum, gradient);
    }
    sum = ag_add(sum, gradient);
    if (sum == NULL) {
        return false;
    }
    ag_release(*pending);
    *pending = ag_retain(sum);
    return true;
}

/* A formula's result in the shape and type that the edge expects; NULL on error. */
static ag_tensor *fit(const ag_node *from, int i, ag_tensor *gradient, const agi_output *output)
{
    if (gradient == NULL ||
        (gradient->dtype == output->dtype && agi_shape_is(gradient, output->ndim, output->shape))) {
        return gradient;
    }
    ag_integers sizes = {output->shape, output->ndim};
    if (!agi_shape_is(gradient, output->ndim, output->shape)) {
        int ndim = output->ndim;
        int64_t shape[AG_MAX_DIMS];
        for (int d = 0; d < ndim; d++) {
            shape[d] = output->shape[d];
        }
        if (!agi_broadcast(from->context, &ndim, shape, gradient->ndim, gradient->shape) ||
            !agi_shape_is(gradient, ndim, shape)) {
            char got[AGI_SHAPE_TEXT], expected[AGI_SHAPE_TEXT];
            ag_clear_error(from->context);
            return agi_fail(from->context, AG_ERROR_RUNTIME,
                            "Function %s returned an invalid gradient at index %d - got %s but "
                            "expected shape compatible with %s", from->name, i,
                            agi_shape_text(gradient->ndim, gradient->shape, got, sizeof got),
                            agi_shape_text(output->ndim, output->shape, expected,
                                           sizeof expected));
        }
        gradient = ag_sum_to_size(gradient, sizes);
    }
    if (gradient != NULL && gradient->dtype != output->dtype) {
        gradient = ag_type_as_dtype(gradient, output->dtype);
    }
    return gradient;
}

/* ---- Hooks and captures ------------------------------------------------ */

/* AG_NONE leaves the gradient as it is. */
static bool call_hook(ag_context *context, const agi_hook_entry *hook, ag_tensor **gradient)
{
    ag_tensor *before = *gradient, *with = hook->call(hook->userdata, before);
    if (with == AG_NONE || with == before) {
        return true;
    }
    if (with == NULL) {
        agi_fail(context, AG_ERROR_CALLBACK, "a hook failed");
        return false;
    }
    if (with->dtype != before->dtype) {
        agi_fail(context, AG_ERROR_RUNTIME, "hook has changed the type of value (was %sTensor got "
                 "%sTensor)", agi_scalar_name((ag_dtype)before->dtype),
                 agi_scalar_name((ag_dtype)with->dtype));
        return false;
    }
    if (!agi_same_shape(with, before)) {
        agi_fail(context, AG_ERROR_RUNTIME, "hook has changed the size of value");
        return false;
    }
    *gradient = ag_retain(with);
    ag_release(before);
    return true;
}

static bool run_gradient_hooks(ag_context *context, agi_hook_entry *hooks, ag_tensor **gradients)
{
    agi_hook_walk walk;
    bool done = agi_begin_hooks(context, hooks, AGI_HOOK_GRADIENT, &walk);
    for (int64_t i = 0; i < walk.count && done; i++) {
        ag_tensor **gradient = &gradients[walk.entries[i]->output];
        done = *gradient == AG_NONE || call_hook(context, walk.entries[i], gradient);
    }
    agi_end_hooks(&walk);
    return done;
}

/* Retained grads come after the other hooks, whatever the order of registration. */
static bool run_hooks(agi_run *r, ag_node *node, ag_tensor **gradients)
{
    ag_tensor *leaf = agi_accumulates_into(node);
    agi_hook_entry *hooks = leaf != NULL ? leaf->hooks : node->hooks;
    if (hooks == NULL && r->capture_count == 0) {
        return true;
    }
    if (hooks != NULL && !run_gradient_hooks(r->context, hooks, gradients)) {
        return false;
    }
    for (agi_hook_entry *hook = leaf != NULL ? NULL : node->hooks; hook != NULL;
         hook = hook->next) {
        ag_tensor *gradient = gradients[hook->output];
        if (hook->kind == AGI_HOOK_RETAIN_GRAD && gradient != AG_NONE &&
            !agi_accumulate(hook->retains, gradient, false)) {
            return false;
        }
    }
    for (int64_t i = 0; i < r->capture_count; i++) {
        agi_capture *c = &r->captures[i];
        ag_tensor *gradient = c->edge.node == node ? gradients[c->edge.output] : AG_NONE;
        if (gradient == AG_NONE) {
            continue;
        }
        if (c->accumulate_into == NULL) {
            ag_release(c->gradient);
            c->gradient = ag_retain(gradient);
        } else if (leaf == NULL && !agi_accumulate(c->accumulate_into, gradient, false)) {
            return false;
        }
    }
    return true;
}

/* ---- One node ---------------------------------------------------------- */

static bool any_edge_needed(const agi_run *r, const ag_node *node)
{
    for (int i = 0; i < node->edge_count; i++) {
        if (node->edges[i].node != NULL && node->edges[i].node->needed) {
            return true;
        }
    }
    return false;
}

/* A leaf runs unless its gradient is handed out instead. */
static bool leaf_runs(const agi_run *r, const ag_node *node)
{
    if (!r->only_needed) {
        return true;
    }
    for (int64_t i = 0; i < r->capture_count; i++) {
        if (r->captures[i].edge.node == node && r->captures[i].accumulate_into != NULL) {
            return true;
        }
    }
    return false;
}

static bool deliver(agi_run *r, ag_node *node, ag_tensor **results)
{
    for (int i = 0; i < node->edge_count; i++) {
        ag_node *to = node->edges[i].node;
        if (to == NULL) {
            continue;
        }
        ag_tensor *gradient = results == NULL ? AG_NONE : results[i];
        if (gradient != AG_NONE && to->needed) {
            gradient = fit(node, i, gradient, &to->outputs[node->edges[i].output]);
            if (gradient == NULL || !arrive(r, to, node->edges[i].output, gradient)) {
                return false;
            }
        }
        if (--to->dependencies == 0 && !push_node(r->context, &r->ready, to)) {
            return false;
        }
    }
    return true;
}

static bool run_with(agi_run *r, ag_node *node, ag_tensor **gradients, ag_tensor **results)
{
    bool defined = false;
    for (int i = 0; i < node->output_count; i++) {
        gradients[i] = node->pending[i] == NULL ? AG_NONE : node->pending[i];
        node->pending[i] = NULL;
        defined = defined || gradients[i] != AG_NONE;
    }
    for (int i = 0; i < node->edge_count; i++) {
        results[i] = AG_NONE;
    }
    bool done = !defined || run_hooks(r, node, gradients);
    bool runs = done && defined && node->needed &&
                (agi_accumulates_into(node) != NULL ? leaf_runs(r, node)
                                                    : any_edge_needed(r, node));
    done = done && (!runs || node->type->run(node, gradients, results)) &&
           deliver(r, node, runs ? results : NULL);
    for (int i = 0; i < node->output_count; i++) {
        ag_release(gradients[i]);
    }
    return done;
}

static bool run_node(agi_run *r, ag_node *node)
{
    enum { FEW = 16 };
    ag_tensor *few[FEW];
    size_t count = (size_t)node->output_count + (size_t)node->edge_count;
    ag_tensor **room = count <= FEW ? few : agi_allocate(r->context, count * sizeof *room);
    bool done = room != NULL && ag_scope_open(r->context);
    if (done) {
        done = run_with(r, node, room, room + node->output_count);
        ag_scope_close(r->context);
    }
    if (room != few) {
        agi_deallocate(r->context, room, count * sizeof *room);
    }
    if (!r->keep_graph && (node->saved_count > 0 || node->type->free_saved != NULL)) {
        agi_node_free_saved(node);
    }
    return done;
}

/* ---- A run -------------------------------------------------------------- */

static void finish(agi_run *r)
{
    ag_node **nodes = r->nodes.items;
    for (size_t i = 0; i < r->nodes.count; i++) {
        ag_node *node = nodes[i];
        node->run = 0;
        node->needed = true;
        for (int k = 0; k < node->output_count; k++) {
            ag_release(node->pending[k]);
            node->pending[k] = NULL;
        }
    }
    set_aside *aside = r->aside.items;
    for (size_t i = 0; i < r->aside.count; i++) {
        ag_node *node = aside[i].node;
        size_t bytes = (size_t)node->output_count * sizeof *node->pending;
        node->run = aside[i].run;
        node->dependencies = aside[i].dependencies;
        node->needed = aside[i].needed;
        memcpy(node->pending, aside[i].pending, bytes);
        agi_deallocate(r->context, aside[i].pending, bytes);
    }
    for (size_t i = 0; i < r->nodes.count; i++) {
        ag_node_release(nodes[i]);
    }
    free_list(r->context, &r->nodes, sizeof(ag_node *));
    free_list(r->context, &r->ready, sizeof(ag_node *));
    free_list(r->context, &r->aside, sizeof(set_aside));
}

/* The roots' gradients have no sum to wait for, unless a root lies under another. */
static bool start(agi_run *r, const agi_edge *roots, ag_tensor *const *gradients, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!visit(r, roots[i].node)) {
            return false;
        }
    }
    size_t root_count = r->nodes.count;
    if (!count_dependencies(r)) {
        return false;
    }
    for (int64_t i = 0; i < count; i++) {
        if (!arrive(r, roots[i].node, roots[i].output, gradients[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < root_count; i++) {
        ag_node *node = ((ag_node **)r->nodes.items)[i];
        if (node->dependencies == 0 && !push_node(r->context, &r->ready, node)) {
            return false;
        }
    }
    return !r->only_needed || mark_needed(r);
}

bool agi_run_graph(agi_run *r, const agi_edge *roots, ag_tensor *const *gradients, int64_t count)
{
    ag_context *context = r->context;
    bool mode = context->grad_mode;
    context->grad_mode = r->create_graph;
    r->id = context->next_run++;
    if (context->next_run == 0) {
        context->next_run = 1;
    }
    bool done = ag_scope_open(context);
    if (done) {
        done = start(r, roots, gradients, count);
        while (done && r->ready.count > 0) {
            done = !agi_interrupted(context) && run_node(r, pop_node(&r->ready));
        }
        ag_scope_close(context);
    }
    finish(r);
    context->grad_mode = mode;
    return done && context->error == AG_OK;
}
