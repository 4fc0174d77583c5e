/* What all operations that make tensors from nothing share: each ends with the parameters dtype
 * and requires_grad. */
#ifndef AGI_FACTORY_H
#define AGI_FACTORY_H

#include "operation.h"

/* Result 0 of the given shape, its dtype as asked for or fallback. */
void agi_factory_result(agi_call *call, ag_dtype fallback, int ndim, const int64_t *shape);
/* The same with the shape of the Sizes parameter, or of the tensor that it is like. */
bool agi_factory_infer(agi_call *call, ag_dtype fallback);
/* Ends a kernel: makes the new leaf require grad where asked. */
bool agi_factory_end(agi_call *call);

/* Rules for dtype: the default floating type, and that of input 0. */
bool agi_factory_float_infer(agi_call *call);
bool agi_factory_like_infer(agi_call *call);

#endif
