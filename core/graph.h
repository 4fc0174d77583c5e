/* The graph: nodes, what they save, and the edges between them. */
#ifndef AGI_GRAPH_H
#define AGI_GRAPH_H

#include "tensor.h"

typedef struct agi_edge {
    ag_node *node; /* owned; NULL: no gradient wanted */
    int output;    /* which of node's outputs the gradient is of */
} agi_edge;

/* What the gradient of an output must look like. */
typedef struct agi_output {
    ag_dtype dtype;
    int ndim;
    int64_t *shape;
    int64_t *strides;
} agi_output;

/* A tensor kept for backward. A result is kept as an alias without history, since a node that
 * held its own output would never be freed. */
typedef struct agi_saved {
    ag_tensor *tensor; /* owned; AG_NONE: absent; NULL: freed */
    uint32_t version;
    int32_t input;  /* which input it was, -1: a result */
    int32_t result; /* which result it was, -1: an input */
} agi_saved;

/* Kinds of node differ in these. */
typedef struct agi_node_type {
    /* gradients[output_count], AG_NONE where undefined, to results[edge_count], which belong to
     * the open scope. False on error. */
    bool (*run)(ag_node *node, ag_tensor **gradients, ag_tensor **results);
    void (*free)(ag_node *node); /* of what the kind owns beside the node; may be NULL */
    void (*free_saved)(ag_node *node); /* of what it saved beside `saved`; may be NULL */
} agi_node_type;

struct agi_hook_entry {
    agi_hook_entry *next;
    int references; /* its list's, and those of walks that are to run it */
    uint64_t number;
    int output; /* of a node: which output's gradient it sees */
    enum { AGI_HOOK_GRADIENT, AGI_HOOK_RETAIN_GRAD, AGI_HOOK_POST_ACCUMULATE } kind;
    ag_hook call;
    void *userdata;
    ag_free free;
    ag_tensor *retains; /* whose grad is kept; not owned */
};

struct ag_node {
    int32_t references;
    bool freed; /* what it saved is gone */
    bool in_place; /* of an operation's form in place */
    int32_t edge_count, output_count, saved_count;
    const agi_node_type *type;
    const ag_operation *operation; /* of an operation's node */
    const char *name;
    uint64_t sequence; /* creation order; higher runs first */
    ag_context *context;
    agi_edge *edges;
    agi_output *outputs;
    agi_saved *saved;
    const ag_value *arguments; /* an operation's, with lists of their own and without tensors */
    int64_t *remembered; /* what its entry's remember wrote */
    agi_hook_entry *hooks;
    void *own; /* the kind's */
    size_t bytes;
    ag_node *next_dead;

    /* The engine's, while a run goes through this node. */
    uint32_t run;
    int32_t dependencies;
    bool needed;
    ag_tensor **pending; /* output_count gradients so far, owned; NULL none yet */
};

/* Nodes come in one block with room for their parts. A new node has one reference, the
 * caller's; edges and saved are empty, outputs unset. */
typedef struct agi_node_sizes {
    int edge_count, output_count, saved_count;
    int dims;            /* of all outputs together */
    size_t extra_bytes;  /* where `own` then points, 0 none */
} agi_node_sizes;
ag_node *agi_node_new(ag_context *context, const agi_node_type *type, const char *name,
                      const agi_node_sizes *sizes);
/* To be called once the edges are set, since finding them may make a node (of a view whose base has
 * changed): an edge leads to an older node, always. */
void agi_node_is_newest(ag_node *node);
/* Sets what output i looks like; outputs are set in order. */
void agi_node_set_output(ag_node *node, int i, const ag_tensor *like);
/* Drops what was saved, after its last use. */
void agi_node_free_saved(ag_node *node);
/* Leaves torch's error of a second backward; answers NULL. */
void *agi_fail_freed(ag_context *context);

/* Where the gradient of tensor goes: its node, a leaf's accumulator, or nothing. The edge owns
 * a reference. False on error. */
bool agi_gradient_edge(ag_tensor *tensor, agi_edge *edge);
static inline bool agi_wants_gradient(const ag_tensor *tensor)
{
    const ag_tensor *base = tensor->base;
    return tensor->requires_grad || tensor->node != NULL ||
           (base != NULL && (base->requires_grad || base->node != NULL));
}

/* Whether any of them wants a gradient. */
static inline bool agi_any_requires_grad(ag_tensor *const *tensors, int count)
{
    bool any = false;
    for (int i = 0; i < count; i++) {
        any = any || agi_wants_gradient(tensors[i]);
    }
    return any;
}
/* tensor becomes output i of node. */
void agi_set_history(ag_tensor *tensor, ag_node *node, int i);
/* Brings a view's node up to date after an in-place change of its base. False on error. */
bool agi_refresh_view(ag_tensor *tensor);
/* Whether what view is of may be written to, through it or (of_base) beside it, so that its history
 * is made anew; false with torch's error where it came about without one or as one of several. */
bool agi_check_rewritten(ag_tensor *view, bool of_base);
/* tensor, fresh from agi_alias, is a view of self, or of what self is a view of. */
void agi_mark_view(ag_tensor *tensor, ag_tensor *self, bool one_of_several);
/* Before a tensor is freed: lets go of node, hooks and accumulator. */
void agi_tensor_leaves_graph(ag_tensor *tensor);
/* Takes the one with this number from the list, or all for 0; false where there is none. */
bool agi_free_hooks(ag_context *context, agi_hook_entry **hooks, uint64_t number);

/* The hooks of a kind as they are when a walk begins, in order: what a hook removes still has its
 * turn, what it adds waits for the next walk. */
enum { AGI_FEW_HOOKS = 4 };
typedef struct agi_hook_walk {
    ag_context *context;
    int64_t count;
    agi_hook_entry **entries, *few[AGI_FEW_HOOKS];
} agi_hook_walk;
/* False when there is no memory; the walk ends all the same. */
bool agi_begin_hooks(ag_context *context, agi_hook_entry *first, int kind, agi_hook_walk *walk);
void agi_end_hooks(agi_hook_walk *walk);
/* Adds an entry; false when there is no memory. */
bool agi_add_hook(ag_context *context, agi_hook_entry **hooks, const agi_hook_entry *entry);

/* The saved tensor as it was, with its history, owned as any result; NULL with torch's error
 * where it was changed or freed. */
ag_tensor *agi_unpack(ag_node *node, const agi_saved *saved);
bool agi_save(ag_node *node, agi_saved *saved, ag_tensor *tensor, int input, int result);

/* Accumulates into a leaf (accumulate.c). */
ag_node *agi_accumulator(ag_tensor *leaf);
/* The leaf of an accumulator's node, NULL for another kind. */
ag_tensor *agi_accumulates_into(const ag_node *node);
/* to += from, without history; its grad mode is off. False on error. */
bool agi_add_numbers(ag_tensor *to, ag_tensor *from);
bool agi_accumulate(ag_tensor *tensor, ag_tensor *gradient, bool may_steal);

#endif
