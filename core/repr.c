/* A tensor's text, with what the graph adds to it. */
#include <stdio.h>

#include "dtype.h"
#include "graph.h"
#include "print.h"

ag_print_options ag_get_print_options(const ag_context *context)
{
    return context->print_options;
}

void ag_set_print_options(ag_context *context, const ag_print_options *options)
{
    context->print_options = *options;
}

const char *ag_to_string(ag_tensor *tensor, size_t *length)
{
    if (tensor == NULL) {
        return NULL;
    }
    ag_context *context = tensor->context;
    char grad[160] = "";
    bool was_good = context->error == AG_OK;
    ag_node *node = ag_grad_fn(tensor);
    if (was_good && context->error != AG_OK) { /* a view that may not be rewritten was */
        ag_clear_error(context);
        snprintf(grad, sizeof grad, "grad_fn=<Invalid>");
    } else if (node != NULL) {
        snprintf(grad, sizeof grad, "grad_fn=<%s>", ag_node_name(node));
    } else if (ag_requires_grad(tensor)) {
        snprintf(grad, sizeof grad, "requires_grad=True");
    }
    context->text.length = 0;
    context->text.failed = false;
    if (!agi_print_tensor(&context->text, &context->print_options, (ag_dtype)tensor->dtype,
                          tensor->ndim, tensor->shape, tensor->strides, tensor->data,
                          grad[0] == '\0' ? NULL : grad)) {
        return agi_fail(context, AG_ERROR_MEMORY, "out of memory: printing a tensor");
    }
    if (length != NULL) {
        *length = context->text.length;
    }
    return context->text.bytes;
}
