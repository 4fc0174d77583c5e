/* Shapes and strides: counting, wrapping positions, broadcasting. */
#ifndef AGI_SHAPE_H
#define AGI_SHAPE_H

#include "tensor.h"

/* Product of the sizes; false with torch's error where one is negative or it overflows. */
bool agi_count_elements(ag_context *context, ag_dtype dtype, int ndim, const int64_t *shape,
                        int64_t *numel);
/* Whether a tensor may have so many dims; false with the error set. */
bool agi_check_ndim(ag_context *context, int64_t ndim);
void agi_contiguous_strides(int ndim, const int64_t *shape, int64_t *strides);
bool agi_strides_are_contiguous(int ndim, const int64_t *shape, const int64_t *strides);
bool agi_strides_are_dense(int ndim, const int64_t *shape, const int64_t *strides);

/* Every element at a place of its own and no holes between, in whatever order of dims. */
static inline bool agi_is_dense(const ag_tensor *tensor)
{
    return tensor->contiguous ||
           agi_strides_are_dense(tensor->ndim, tensor->shape, tensor->strides);
}

static inline bool agi_shape_is(const ag_tensor *tensor, int ndim, const int64_t *shape)
{
    bool same = tensor->ndim == ndim;
    for (int i = 0; i < ndim && same; i++) {
        same = tensor->shape[i] == shape[i];
    }
    return same;
}

static inline bool agi_same_shape(const ag_tensor *a, const ag_tensor *b)
{
    return agi_shape_is(a, b->ndim, b->shape);
}

/* A dim from its position (1…ndim, or −ndim…−1) to 0…ndim−1; −1 with the error set. A 0-dim
 * tensor has the position 1 and −1, answered as 0. */
int agi_wrap_dim(ag_context *context, int64_t position, int ndim);
/* The same for dims, into wrapped[count]; an error where one comes twice. */
bool agi_wrap_dims(ag_context *context, ag_integers positions, int ndim, int *wrapped);
/* An index along a dim of the given size to 0…size−1; −1 with the error set. dim (from 0) is
 * for the error's text. */
int64_t agi_wrap_index(ag_context *context, int64_t position, int64_t size, int dim);

/* Widens shape (ndim at *ndim) so that other broadcasts with it; false with torch's error. */
bool agi_broadcast(ag_context *context, int *ndim, int64_t *shape, int other_ndim,
                   const int64_t *other);
/* "[2, 3]" into text, which ends cut short where size is too small. Answers text. */
const char *agi_shape_text(int ndim, const int64_t *shape, char *text, size_t size);
#define AGI_SHAPE_TEXT 256

#endif
