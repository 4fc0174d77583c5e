/* Functions of the host's own in the graph. */
#include <string.h>

#include "dtype.h"
#include "graph.h"

typedef struct host_function {
    ag_function function;
    void *userdata;
    char name[]; /* of the node */
} host_function;

static bool run_host(ag_node *node, ag_tensor **gradients, ag_tensor **results)
{
    const host_function *host = node->own;
    if (node->freed && node->saved_count > 0) {
        return agi_unpack(node, &node->saved[0]) != NULL; /* says so */
    }
    if (host->function.backward(host->userdata, node, gradients, results)) {
        return true;
    }
    agi_fail(node->context, AG_ERROR_CALLBACK, "%s failed", host->name);
    return false;
}

static void free_host(ag_node *node)
{
    const host_function *host = node->own;
    if (host->function.free != NULL) {
        host->function.free(host->userdata);
    }
}

static const agi_node_type host_node = {run_host, free_host};

bool ag_function_record(ag_context *context, const ag_function *function, void *userdata,
                        ag_tensors inputs, ag_tensors outputs, ag_tensors saved)
{
    bool recorded = context->grad_mode && agi_any_requires_grad(inputs.items, (int)inputs.count);
    size_t name_bytes = strlen(function->name) + 1;
    agi_node_sizes sizes = {
        .edge_count = (int)inputs.count, .output_count = (int)outputs.count,
        .saved_count = (int)saved.count, .extra_bytes = sizeof(host_function) + name_bytes,
    };
    for (int64_t i = 0; i < outputs.count; i++) {
        sizes.dims += outputs.items[i]->ndim;
    }
    ag_node *node = recorded ? agi_node_new(context, &host_node, NULL, &sizes) : NULL;
    if (node == NULL) {
        if (function->free != NULL) {
            function->free(userdata);
        }
        return !recorded;
    }
    host_function *host = node->own;
    host->function = *function;
    host->userdata = userdata;
    memcpy(host->name, function->name, name_bytes);
    node->name = host->name;
    bool done = true;
    for (int64_t i = 0; i < inputs.count && done; i++) {
        done = inputs.items[i] == AG_NONE || agi_gradient_edge(inputs.items[i], &node->edges[i]);
    }
    agi_node_is_newest(node);
    for (int64_t i = 0; i < saved.count && done; i++) {
        int result = -1;
        for (int64_t k = 0; k < outputs.count; k++) {
            result = outputs.items[k] == saved.items[i] ? (int)k : result;
        }
        done = agi_save(node, &node->saved[node->saved_count++], saved.items[i], -1, result);
    }
    for (int64_t i = 0; i < outputs.count && done; i++) {
        ag_tensor *output = outputs.items[i];
        agi_node_set_output(node, (int)i, output);
        if (ag_dtype_is_floating((ag_dtype)output->dtype)) {
            agi_set_history(output, node, (int)i);
        }
    }
    ag_node_release(node);
    return done;
}

bool ag_function_wants(const ag_node *node, int i)
{
    return i >= 0 && i < node->edge_count && node->edges[i].node != NULL &&
           node->edges[i].node->needed;
}

int ag_function_saved_count(const ag_node *node)
{
    return node->saved_count;
}

ag_tensor *ag_function_saved(ag_node *node, int i)
{
    if (i < 0 || i >= node->saved_count) {
        return agi_fail(node->context, AG_ERROR_INDEX, "no saved tensor %d", i + 1);
    }
    return agi_unpack(node, &node->saved[i]);
}
