/* Products along a dim without division (ops/recurrence.c). */
#ifndef AGI_RECURRENCE_H
#define AGI_RECURRENCE_H

#include "autograd.h"

/* For a place k along dim, differentiably: x[1] … x[k - 1]. */
ag_tensor *agi_product_before(ag_tensor *x, int64_t dim);
/* y[k] = self[k] + factor[k + 1] y[k + 1]. */
ag_tensor *agi_recurrence_from_end(ag_tensor *self, ag_tensor *factor, int64_t dim);

#endif
