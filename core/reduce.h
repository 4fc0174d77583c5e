/* Reductions over some dims: shape, and walking the numbers. */
#ifndef AGI_REDUCE_H
#define AGI_REDUCE_H

#include "operation.h"

/* The shape of input 0 without its reduced dims. Every reduction has the parameters
 * (self, dim, keepdim, …) with dim absent or empty for all dims. */
bool agi_reduce_infer(agi_call *call, ag_dtype dtype);
/* Marks the dims that the arguments name; false with torch's error. */
bool agi_reduced_dims(ag_context *context, ag_integers dims, int ndim, bool *reduced);
/* Sums input 0 over its reduced dims into result 0, divided by divisor. */
bool agi_reduce_sum(agi_call *call, double divisor);
/* In a gradient formula: g, of the reduced shape, stretched to the shape of input 0. */
ag_tensor *agi_expand_reduced(agi_gradient *b, ag_tensor *g);

#endif
