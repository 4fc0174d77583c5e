/* random_fill.h - what the files that draw random numbers share. */
#ifndef AGI_RANDOM_FILL_H
#define AGI_RANDOM_FILL_H

#include "random.h"

/* values cast to n contiguous elements of dtype. */
void agi_store_integers(ag_dtype dtype, void *data, const int64_t *values, size_t n);

#endif
