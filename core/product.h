/* The one product of matrices that everything else in the core is made of. */
#ifndef AGI_PRODUCT_H
#define AGI_PRODUCT_H

#include "context.h"

/* C = A B, or C += A B with accumulate; A is m × k, B k × n, C m × n. Strides are in elements; A's
   and B's may be any but negative, C's columns are contiguous. C is read only with accumulate, and
   overlaps neither A nor B. float32, float64; int64, int32 and uint8, which wrap around. The order
   in which a sum is made depends on shape, strides and instruction set alone.
   False, with the context's error set, where memory runs out or an interrupt came: C then holds
   unspecified numbers. */
bool agi_product(ag_context *context, ag_dtype dtype, int64_t m, int64_t n, int64_t k,
                 const void *a, int64_t a_row, int64_t a_column, const void *b, int64_t b_row,
                 int64_t b_column, void *c, int64_t c_row, bool accumulate);

/* `count` of them, whose A, B and C lie a_step, b_step and c_step elements apart. */
bool agi_products(ag_context *context, ag_dtype dtype, int64_t count, int64_t a_step,
                  int64_t b_step, int64_t c_step, int64_t m, int64_t n, int64_t k, const void *a,
                  int64_t a_row, int64_t a_column, const void *b, int64_t b_row, int64_t b_column,
                  void *c, int64_t c_row, bool accumulate);

#endif
