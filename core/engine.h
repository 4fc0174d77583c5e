/* A run backward through the graph. */
#ifndef AGI_ENGINE_H
#define AGI_ENGINE_H

#include "graph.h"

/* A gradient that is handed out (grad) or accumulated into a tensor that is no leaf. */
typedef struct agi_capture {
    agi_edge edge;
    ag_tensor *accumulate_into; /* NULL: handed out */
    ag_tensor *gradient;        /* owned */
} agi_capture;

typedef struct agi_node_list {
    void *items;
    size_t count, capacity;
} agi_node_list;

/* The caller sets context, keep_graph, create_graph and the captures; the rest is the engine's. */
typedef struct agi_run {
    ag_context *context;
    uint32_t id;
    bool keep_graph, create_graph;
    bool only_needed; /* no further than the captures */
    agi_node_list nodes; /* ag_node *: all that were visited, retained */
    agi_node_list ready; /* ag_node *: a heap */
    agi_node_list aside; /* what nodes kept of an outer run */
    agi_capture *captures;
    int64_t capture_count;
} agi_run;

/* From the roots, each with its gradient, to the leaves or captures. False with the error set. */
bool agi_run_graph(agi_run *run, const agi_edge *roots, ag_tensor *const *gradients,
                   int64_t count);

#endif
