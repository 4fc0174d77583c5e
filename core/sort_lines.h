/* Sorting along a dim. */
#ifndef AGI_SORT_LINES_H
#define AGI_SORT_LINES_H

#include "tensor.h"

/* The first `keep` of each line of self along dim, in order, NaN as the largest and equal ones in
 * the order of their places, to values and their positions to indices: both contiguous, of self's
 * shape but for dim's size, which is keep. False with the error set. */
bool agi_sort_lines(ag_tensor *self, int dim, bool descending, int64_t keep, ag_tensor *values,
                    ag_tensor *indices);

#endif
