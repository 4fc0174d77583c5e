/* Functions of the host's own in the graph. */
#include <string.h>

#include "dtype.h"
#include "inplace.h"

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
    bool done = host->function.backward(host->userdata, node, gradients, results);
    for (int i = 0; i < node->edge_count && done; i++) {
        done = results[i] != NULL; /* of a call that failed */
    }
    if (done) {
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

static const agi_node_type host_node = {.run = run_host, .free = free_host};

static bool holds(ag_tensors tensors, const ag_tensor *tensor)
{
    for (int64_t i = 0; i < tensors.count; i++) {
        if (tensors.items[i] == tensor) {
            return true;
        }
    }
    return false;
}

/* Whether outputs that are inputs too, modified in place, may have been. */
static bool check_dirty(ag_context *context, ag_tensors inputs, ag_tensors outputs)
{
    for (int64_t i = 0; i < outputs.count; i++) {
        ag_tensor *output = outputs.items[i];
        if (!holds(inputs, output)) {
            continue;
        }
        if (output->base != NULL && (outputs.count > 1 || inputs.items[0] != output)) {
            agi_fail(context, AG_ERROR_RUNTIME, "a function that modifies a view in place must take "
                     "it first and have no other result");
            return false;
        }
        if (output->base != NULL && ag_requires_grad(output->base) && output->base->node == NULL) {
            agi_fail(context, AG_ERROR_RUNTIME, "a view of a leaf Variable that requires grad is "
                     "being used in an in-place operation.");
            return false;
        }
        if (ag_requires_grad(output) && output->base == NULL && output->node == NULL) {
            agi_fail(context, AG_ERROR_RUNTIME, "a leaf Variable that requires grad has been used "
                     "in an in-place operation.");
            return false;
        }
    }
    return true;
}

/* Edges and what is saved; *slices is set where a view was modified, whose base's node it is. */
static bool fill_node(ag_node *node, ag_tensors inputs, ag_tensors outputs, ag_tensors saved,
                      ag_node **slices)
{
    for (int64_t i = 0; i < inputs.count; i++) {
        if (inputs.items[i] != AG_NONE && !agi_gradient_edge(inputs.items[i], &node->edges[i])) {
            return false;
        }
    }
    agi_node_is_newest(node);
    for (int64_t i = 0; i < outputs.count; i++) {
        agi_node_set_output(node, (int)i, outputs.items[i]);
        if (outputs.items[i]->base != NULL && holds(inputs, outputs.items[i])) {
            *slices = agi_copy_slices(outputs.items[i], node);
            if (*slices == NULL) {
                return false;
            }
            ag_bump_version(outputs.items[i]); /* so that the view asks its base again */
        }
    }
    for (int64_t i = 0; i < saved.count; i++) {
        int result = -1;
        for (int64_t k = 0; k < outputs.count; k++) {
            result = outputs.items[k] == saved.items[i] ? (int)k : result;
        }
        if (!agi_save(node, &node->saved[node->saved_count++], saved.items[i], -1, result)) {
            return false;
        }
    }
    return true;
}

bool ag_function_record(ag_context *context, const ag_function *function, void *userdata,
                        ag_tensors inputs, ag_tensors outputs, ag_tensors saved)
{
    bool good = !holds(inputs, NULL) && !holds(outputs, NULL) && !holds(saved, NULL);
    bool recorded = good && context->grad_mode &&
                    agi_any_requires_grad(inputs.items, (int)inputs.count);
    good = good && (!recorded || check_dirty(context, inputs, outputs));
    size_t name_bytes = strlen(function->name) + 1;
    agi_node_sizes sizes = {
        .edge_count = (int)inputs.count, .output_count = (int)outputs.count,
        .saved_count = (int)saved.count, .extra_bytes = sizeof(host_function) + name_bytes,
    };
    for (int64_t i = 0; i < outputs.count && good; i++) {
        sizes.dims += outputs.items[i]->ndim;
    }
    ag_node *node = good && recorded ? agi_node_new(context, &host_node, NULL, &sizes) : NULL;
    if (node == NULL) {
        if (function->free != NULL) {
            function->free(userdata);
        }
        return good && !recorded;
    }
    host_function *host = node->own;
    host->function = *function;
    host->userdata = userdata;
    memcpy(host->name, function->name, name_bytes);
    node->name = host->name;
    ag_node *slices = NULL;
    bool done = fill_node(node, inputs, outputs, saved, &slices);
    for (int64_t i = 0; i < outputs.count && done; i++) {
        ag_tensor *output = outputs.items[i];
        if (slices != NULL) {
            agi_set_history(output->base, slices, 0);
        } else if (ag_dtype_is_floating((ag_dtype)output->dtype)) {
            agi_set_history(output, node, (int)i);
        }
    }
    ag_node_release(slices);
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
