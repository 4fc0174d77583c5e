#include "record.h"

#include <string.h>

#include "dtype.h"

static uint32_t saves_of(const ag_operation *operation, int input)
{
    return operation->saves[input < AGI_MAX_SAVES ? input : AGI_MAX_SAVES - 1];
}

static int count_bits(uint32_t mask)
{
    int count = 0;
    for (; mask != 0; mask &= mask - 1) {
        count++;
    }
    return count;
}

/* All that the gradients that will be wanted use. */
static uint32_t saved_mask(const agi_call *call)
{
    uint32_t mask = 0;
    for (int i = 0; i < call->input_count; i++) {
        if (call->inputs[i] != AG_NONE && agi_wants_gradient(call->inputs[i])) {
            mask |= saves_of(call->operation, i);
        }
    }
    return mask;
}

/* ---- The arguments, which outlive the call ----------------------------- */

static bool is_list(ag_type type)
{
    return type == AG_TYPE_SIZES || type == AG_TYPE_DIMS || type == AG_TYPE_INTEGERS;
}

/* What of an argument lies elsewhere, in units of 8 bytes. */
static size_t bytes_beside(const ag_value *value, ag_type type)
{
    return !value->given           ? 0
           : is_list(type)         ? (size_t)value->integers.count * sizeof(int64_t)
           : type == AG_TYPE_STRING ? (strlen(value->string) + 8) / 8 * 8
                                   : 0;
}

/* What formulas see of arguments that are all tensors. */
static const ag_value tensors_given[AGI_FEW_INPUTS] = {
    [0 ... AGI_FEW_INPUTS - 1] = {.given = true, .is_tensor = true},
};

static size_t arguments_bytes(const agi_call *call)
{
    const ag_operation_info *info = &call->operation->info;
    if (call->only_tensors) {
        return 0;
    }
    size_t bytes = (size_t)info->parameter_count * sizeof(ag_value);
    for (int i = 0; i < info->parameter_count; i++) {
        bytes += bytes_beside(&call->arguments[i], info->parameters[i].type);
    }
    return bytes;
}

/* Tensors are left out: what a gradient uses of them is saved. Answers where the arguments are. */
static const ag_value *copy_arguments(const agi_call *call, ag_value *to)
{
    const ag_operation_info *info = &call->operation->info;
    if (call->only_tensors) {
        return tensors_given;
    }
    char *room = (char *)(to + info->parameter_count);
    memcpy(to, call->arguments, (size_t)info->parameter_count * sizeof *to);
    for (int i = 0; i < info->parameter_count; i++) {
        ag_type type = info->parameters[i].type;
        if (type <= AG_TYPE_TENSORS) {
            if (type != AG_TYPE_OPERAND || to[i].is_tensor) {
                to[i].tensor = NULL;
            }
            continue;
        }
        size_t bytes = bytes_beside(&to[i], type);
        if (bytes > 0 && is_list(type)) {
            to[i].integers.items = memcpy(room, to[i].integers.items, bytes);
        } else if (bytes > 0) {
            to[i].string = strcpy(room, to[i].string);
        }
        room += bytes;
    }
    return to;
}

/* ---- The node ---------------------------------------------------------- */

static bool run_operation(ag_node *node, ag_tensor **gradients, ag_tensor **results)
{
    agi_gradient b = {
        .context = node->context, .node = node, .gradients = gradients, .g = gradients[0],
        .arguments = node->arguments, .remembered = node->remembered, .results = results,
    };
    node->operation->gradient(&b);
    return !b.failed && node->context->error == AG_OK;
}

static const agi_node_type operation_node = {.run = run_operation};

ag_node *agi_call_node(agi_call *call, const char *name)
{
    const ag_operation *operation = call->operation;
    call->saves = saved_mask(call);
    size_t argument_bytes = arguments_bytes(call);
    int remembered = operation->remember == NULL ? 0 : operation->remember(call, NULL);
    agi_node_sizes sizes = {
        .edge_count = call->input_count,
        .output_count = call->result_count,
        .saved_count = count_bits(call->saves),
        .extra_bytes = argument_bytes + (size_t)remembered * sizeof(int64_t),
    };
    for (int i = 0; i < call->result_count; i++) {
        sizes.dims += call->results[i].ndim;
    }
    ag_node *node = agi_node_new(call->context, &operation_node, name, &sizes);
    if (node == NULL) {
        return NULL;
    }
    node->operation = operation;
    node->in_place = call->in_place;
    node->arguments = copy_arguments(call, node->own);
    if (remembered > 0) {
        node->remembered = (int64_t *)((char *)node->own + argument_bytes);
        operation->remember(call, node->remembered);
    }
    for (int i = 0; i < call->input_count; i++) {
        ag_tensor *input = call->inputs[i];
        if (input != AG_NONE && agi_wants_gradient(input) &&
            !agi_gradient_edge(input, &node->edges[i])) {
            ag_node_release(node);
            return NULL;
        }
    }
    agi_node_is_newest(node);
    return node;
}

bool agi_save_inputs(const agi_call *call, ag_node *node, ag_tensor *self_before)
{
    uint32_t mask = call->saves;
    for (int i = 0; i < call->input_count && (mask & 0xffff) >> i != 0; i++) {
        if (mask & INPUT(i)) {
            ag_tensor *tensor = self_before != NULL && call->inputs[i] == call->results[0].tensor
                                    ? self_before : call->inputs[i];
            if (!agi_save(node, &node->saved[node->saved_count++], tensor, i, -1)) {
                return false;
            }
        }
    }
    return true;
}

bool agi_save_results(const agi_call *call, ag_node *node)
{
    uint32_t mask = call->saves;
    for (int i = 0; i < call->result_count && mask >> 16 >> i != 0; i++) {
        if ((mask & RESULT(i)) &&
            !agi_save(node, &node->saved[node->saved_count++], call->results[i].tensor, -1, i)) {
            return false;
        }
    }
    return true;
}

static bool has_floating_result(const agi_call *call)
{
    for (int i = 0; i < call->result_count; i++) {
        if (ag_dtype_is_floating(call->results[i].dtype)) {
            return true;
        }
    }
    return false;
}

bool agi_record_results(agi_call *call)
{
    if (!has_floating_result(call)) {
        return true;
    }
    const ag_operation *operation = call->operation;
    const char *name = operation->node_name != NULL ? operation->node_name(call) : operation->node;
    ag_node *node = agi_call_node(call, name);
    if (node == NULL) {
        return false;
    }
    bool done = agi_save_inputs(call, node, NULL) && agi_save_results(call, node);
    for (int i = 0; i < call->result_count && done; i++) {
        ag_tensor *tensor = call->results[i].tensor;
        agi_node_set_output(node, i, tensor);
        if (ag_dtype_is_floating((ag_dtype)tensor->dtype)) {
            agi_set_history(tensor, node, i);
        }
    }
    ag_node_release(node);
    return done;
}

/* ---- What formulas see ------------------------------------------------- */

static ag_tensor *find_saved(agi_gradient *b, int input, int result)
{
    ag_node *node = b->node;
    for (int i = 0; i < node->saved_count; i++) {
        if (node->saved[i].input == input && node->saved[i].result == result) {
            ag_tensor *tensor = agi_unpack(node, &node->saved[i]);
            b->failed = b->failed || tensor == NULL;
            return tensor;
        }
    }
    b->failed = true;
    return agi_fail(b->context, AG_ERROR_RUNTIME, "%s did not save what its gradient uses",
                    node->name);
}

ag_tensor *agi_saved_input(agi_gradient *b, int i)
{
    return find_saved(b, i, -1);
}

ag_tensor *agi_saved_result(agi_gradient *b, int i)
{
    return find_saved(b, -1, i);
}

bool agi_wants(const agi_gradient *b, int i)
{
    return i < b->node->edge_count && b->node->edges[i].node != NULL &&
           b->node->edges[i].node->needed && !b->failed;
}

const agi_output *agi_input_like(const agi_gradient *b, int i)
{
    const agi_edge *edge = &b->node->edges[i];
    return &edge->node->outputs[edge->output];
}

ag_integers agi_input_sizes(const agi_gradient *b, int i)
{
    const agi_output *like = agi_input_like(b, i);
    return (ag_integers){like->shape, like->ndim};
}

void agi_give(agi_gradient *b, int i, ag_tensor *gradient)
{
    b->results[i] = gradient;
    b->failed = b->failed || gradient == NULL;
}

void agi_not_differentiable(agi_gradient *b)
{
    agi_fail(b->context, AG_ERROR_RUNTIME, "derivative for aten::%s%s is not implemented",
             b->node->operation->info.name, b->node->in_place ? "_" : "");
    b->failed = true;
}
