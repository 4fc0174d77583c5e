/* Recording a call in the graph. */
#ifndef AGI_RECORD_H
#define AGI_RECORD_H

#include "operation.h"

/* Whether the call is to be recorded: an input requires grad. */
static inline bool agi_is_recorded(const agi_call *call)
{
    return call->context->grad_mode && call->operation->gradient != NULL &&
           agi_any_requires_grad(call->inputs, call->input_count);
}

/* Makes the results of a call that is recorded remember how they came about. */
bool agi_record_results(agi_call *call);

/* In steps, for an in-place form: a node with edges and arguments (NULL with the error set), then
 * what it saves of the inputs, self_before in self's place, and what it saves of the results. */
ag_node *agi_call_node(agi_call *call, const char *name);
bool agi_save_inputs(const agi_call *call, ag_node *node, ag_tensor *self_before);
bool agi_save_results(const agi_call *call, ag_node *node);

#endif
