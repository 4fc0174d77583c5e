/* Scopes: who releases a result. */
#include "memory.h"
#include "tensor.h"

static bool push(ag_context *context, ag_tensor *tensor)
{
    agi_scopes *scopes = &context->scopes;
    if (scopes->count == scopes->capacity) {
        size_t capacity = scopes->capacity == 0 ? 64 : scopes->capacity * 2;
        ag_tensor **items = agi_reallocate(context, scopes->items,
                                           scopes->capacity * sizeof *items,
                                           capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        scopes->items = items;
        scopes->capacity = capacity;
    }
    scopes->items[scopes->count++] = tensor;
    return true;
}

bool ag_scope_open(ag_context *context)
{
    if (!push(context, NULL)) {
        return false;
    }
    context->scopes.open++;
    return true;
}

void ag_scope_close(ag_context *context)
{
    agi_scopes *scopes = &context->scopes;
    if (scopes->open == 0) {
        return;
    }
    scopes->open--;
    for (;;) {
        ag_tensor *tensor = scopes->items[--scopes->count];
        if (tensor == NULL) {
            return;
        }
        ag_release(tensor);
    }
}

ag_tensor *agi_own_by_scope(ag_tensor *tensor)
{
    if (!push(tensor->context, tensor)) {
        ag_release(tensor);
        return NULL;
    }
    return tensor;
}

ag_tensor *agi_disown(ag_tensor *tensor)
{
    if (tensor == NULL || tensor == AG_NONE || tensor->context->scopes.open == 0) {
        return tensor;
    }
    agi_scopes *scopes = &tensor->context->scopes;
    size_t last = scopes->count - 1, at = last;
    while (scopes->items[at] != tensor && scopes->items[at] != NULL) {
        at--; /* newer ones are what a call that failed has left */
    }
    if (scopes->items[at] == tensor) {
        scopes->items[at] = scopes->items[last];
        scopes->count--;
    }
    return tensor;
}

ag_tensor *ag_keep(ag_tensor *tensor)
{
    if (tensor == NULL || tensor == AG_NONE || tensor->context->scopes.open == 0) {
        return tensor;
    }
    agi_scopes *scopes = &tensor->context->scopes;
    size_t at = scopes->count;
    while (scopes->items[at - 1] != tensor) {
        if (scopes->items[--at] == NULL) {
            return tensor; /* not this scope's */
        }
    }
    size_t begin = at - 1;
    while (scopes->items[begin - 1] != NULL) {
        begin--;
    }
    /* Below the mark it is the outer scope's; the outermost hands it to the caller. */
    scopes->items[at - 1] = scopes->items[begin];
    if (scopes->open > 1) {
        scopes->items[begin] = NULL;
        scopes->items[begin - 1] = tensor;
    } else {
        scopes->items[begin] = scopes->items[scopes->count - 1];
        scopes->count--;
    }
    return tensor;
}
