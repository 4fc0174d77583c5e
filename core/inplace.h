/* In-place forms: what may be written to, and how history follows. */
#ifndef AGI_INPLACE_H
#define AGI_INPLACE_H

#include "operation.h"

/* Runs an inferred call with self as its result, records it and rebases history. */
bool agi_inplace(agi_call *call, ag_tensor *self, agi_kernel compute);
/* Whether self may be written to by an operation of which an operand requires grad. */
bool agi_check_inplace(const agi_call *call, ag_tensor *self);
/* What becomes the node of self's base once function has written to self, a view of it: the
 * caller's; NULL with the error set. */
ag_node *agi_copy_slices(ag_tensor *self, ag_node *function);

#endif
