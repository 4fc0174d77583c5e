/* backward and grad: outputs and their gradients become the roots of a run, inputs its captures. */
#include "dtype.h"
#include "engine.h"
#include "memory.h"
#include "shape.h"

static bool fail_without_history(ag_context *context, int64_t i)
{
    agi_fail(context, AG_ERROR_RUNTIME, "element %lld of tensors does not require grad and does not "
             "have a grad_fn", (long long)i);
    return false;
}

/* The gradient to start from at outputs[i]; NULL with torch's error. */
static ag_tensor *root_gradient(ag_context *context, ag_tensor *output, ag_tensor *given, int64_t i)
{
    char got[AGI_SHAPE_TEXT], wanted[AGI_SHAPE_TEXT];
    if (!ag_requires_grad(output)) {
        fail_without_history(context, i);
        return NULL;
    }
    if (given == AG_NONE) {
        if (output->numel != 1) {
            return agi_fail(context, AG_ERROR_RUNTIME,
                            "grad can be implicitly created only for scalar outputs");
        }
        ag_tensor *one = agi_new_like(output, (ag_dtype)output->dtype);
        if (one != NULL) {
            agi_store_element((ag_dtype)one->dtype, one->data,
                              (ag_number){.kind = AG_REAL, .real = 1});
        }
        return one;
    }
    if (!agi_same_shape(given, output)) {
        return agi_fail(context, AG_ERROR_RUNTIME,
                        "Mismatch in shape: grad_output[%lld] has a shape of %s and output[%lld] "
                        "has a shape of %s.", (long long)i,
                        agi_shape_text(given->ndim, given->shape, got, sizeof got), (long long)i,
                        agi_shape_text(output->ndim, output->shape, wanted, sizeof wanted));
    }
    if (given->dtype != output->dtype) {
        return ag_type_as_dtype(given, (ag_dtype)output->dtype);
    }
    return given;
}

/* Makes a capture of each input; false with torch's error. */
static bool capture_inputs(agi_run *r, ag_tensors inputs, bool accumulate)
{
    r->only_needed = true;
    r->captures = agi_allocate(r->context, (size_t)inputs.count * sizeof *r->captures);
    if (r->captures == NULL) {
        return false;
    }
    for (int64_t i = 0; i < inputs.count; i++) {
        ag_tensor *input = inputs.items[i];
        agi_capture *c = &r->captures[i];
        *c = (agi_capture){.accumulate_into = accumulate ? input : NULL};
        r->capture_count = i + 1;
        if (!ag_requires_grad(input)) {
            agi_fail(r->context, AG_ERROR_RUNTIME,
                     "One of the differentiated Tensors does not require grad");
            return false;
        }
        if (!agi_gradient_edge(input, &c->edge)) {
            return false;
        }
    }
    return true;
}

/* Turns outputs and gradients into roots, and inputs (count -1: all leaves) into captures, and runs,
 * within a scope. */
static bool run_from(agi_run *r, ag_tensors outputs, ag_tensors gradients, ag_tensors inputs,
                     bool accumulate)
{
    enum { FEW = 8 };
    agi_edge few_edges[FEW] = {{NULL, 0}}, *edges = few_edges;
    ag_tensor *few_gradients[FEW] = {NULL}, **starts = few_gradients;
    ag_context *context = r->context;
    size_t count = (size_t)outputs.count;
    if (gradients.count > 0 && gradients.count != outputs.count) {
        agi_fail(context, AG_ERROR_RUNTIME, "got %lld tensors and %lld gradients",
                 (long long)outputs.count, (long long)gradients.count);
        return false;
    }
    if (count > FEW) {
        edges = agi_allocate(context, count * sizeof *edges);
        starts = agi_allocate(context, count * sizeof *starts);
    }
    bool done = edges != NULL && starts != NULL;
    size_t ready = 0;
    for (; ready < count && done; ready++) {
        ag_tensor *given = gradients.count > 0 ? gradients.items[ready] : AG_NONE;
        starts[ready] = root_gradient(context, outputs.items[ready], given, (int64_t)ready);
        edges[ready] = (agi_edge){NULL, 0};
        done = starts[ready] != NULL && agi_gradient_edge(outputs.items[ready], &edges[ready]) &&
               (edges[ready].node != NULL || fail_without_history(context, (int64_t)ready));
    }
    done = done && (inputs.count < 0 || capture_inputs(r, inputs, accumulate)) &&
           agi_run_graph(r, edges, starts, outputs.count);
    for (size_t i = 0; i < ready; i++) {
        ag_node_release(edges[i].node);
    }
    if (count > FEW) {
        agi_deallocate(context, edges, edges == NULL ? 0 : count * sizeof *edges);
        agi_deallocate(context, starts, starts == NULL ? 0 : count * sizeof *starts);
    }
    return done;
}

static void free_captures(agi_run *r, ag_tensors inputs)
{
    for (int64_t i = 0; i < r->capture_count; i++) {
        ag_node_release(r->captures[i].edge.node);
        ag_release(r->captures[i].gradient);
    }
    if (r->captures != NULL) {
        agi_deallocate(r->context, r->captures, (size_t)inputs.count * sizeof *r->captures);
    }
}

static bool has_null(ag_tensors tensors)
{
    for (int64_t i = 0; i < tensors.count; i++) {
        if (tensors.items[i] == NULL) {
            return true;
        }
    }
    return false;
}

bool ag_backward(ag_context *context, ag_tensors outputs, ag_tensors gradients, bool retain_graph,
                 bool create_graph, ag_tensors inputs)
{
    if (has_null(outputs) || has_null(gradients) || has_null(inputs)) {
        return false;
    }
    if (inputs.count == 0) {
        agi_fail(context, AG_ERROR_RUNTIME,
                 "`inputs` argument to `backward()` cannot be empty.");
        return false;
    }
    agi_run r = {.context = context, .keep_graph = retain_graph || create_graph,
                 .create_graph = create_graph};
    if (!ag_scope_open(context)) {
        return false;
    }
    bool done = run_from(&r, outputs, gradients, inputs, true);
    free_captures(&r, inputs);
    ag_scope_close(context);
    return done;
}

bool ag_gradients(ag_context *context, ag_tensors outputs, ag_tensors gradients, ag_tensors inputs,
                  bool retain_graph, bool create_graph, bool allow_unused, ag_tensor **results)
{
    for (int64_t i = 0; i < inputs.count; i++) {
        results[i] = NULL;
    }
    if (has_null(outputs) || has_null(gradients) || has_null(inputs)) {
        return false;
    }
    if (inputs.count == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "`inputs` argument to `grad()` cannot be empty.");
        return false;
    }
    agi_run r = {.context = context, .keep_graph = retain_graph || create_graph,
                 .create_graph = create_graph};
    if (!ag_scope_open(context)) {
        return false;
    }
    bool done = run_from(&r, outputs, gradients, inputs, false);
    for (int64_t i = 0; i < inputs.count && done; i++) {
        if (r.captures[i].gradient == NULL && !allow_unused) {
            agi_fail(context, AG_ERROR_RUNTIME,
                     "The differentiated Tensor at index %lld appears to not have been used in the "
                     "graph. Set allow_unused=True if this is the desired behavior.",
                     (long long)i);
            done = false;
        }
    }
    ag_scope_close(context);
    for (int64_t i = 0; i < inputs.count && done; i++) {
        ag_tensor *gradient = r.captures[i].gradient;
        results[i] = gradient == NULL ? AG_NONE : agi_again(gradient);
        done = results[i] != NULL; /* a scope that cannot grow, and owns those before it */
    }
    free_captures(&r, inputs);
    for (int64_t i = 0; i < inputs.count && !done; i++) {
        results[i] = NULL;
    }
    return done;
}
