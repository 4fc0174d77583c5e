/* In-place forms: what may be written to, and how history follows. */
#ifndef AGI_INPLACE_H
#define AGI_INPLACE_H

#include "operation.h"

/* Runs an inferred call with self as its result, records it and rebases history. */
bool agi_inplace(agi_call *call, ag_tensor *self, agi_kernel compute);
/* Whether self may be written to by an operation of which an operand requires grad. */
bool agi_check_inplace(const agi_call *call, ag_tensor *self);
/* self was changed in place by node, whose first edge leads to what self was. */
bool agi_rebase_history(ag_tensor *self, ag_node *node);

#endif
