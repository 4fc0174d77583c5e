/* Which product is made by which loops. */
#include "product.h"

#include "product_kernels.h"

#include <string.h>

const struct agi_product_kernels *agi_product_kernels_for(agi_isa isa, ag_dtype dtype)
{
    int entry = dtype == AG_FLOAT64;
#if defined(__x86_64__)
    if (isa == AGI_AVX512) {
        return agi_product_avx512[entry];
    }
    if (isa == AGI_AVX2) {
        return agi_product_avx2[entry];
    }
#endif
    return agi_product_baseline[entry];
}

#if defined(AUTOGRAD_BLAS)
/* Whether BLAS is the faster one. Measured: with AVX2 and AVX-512 ours is ahead of it below 512³
   and level above; without, BLAS is ahead from 64³ on. */
static bool is_large(const ag_context *context, int64_t m, int64_t n, int64_t k)
{
    double large = context->isa == AGI_BASELINE ? 0x1p18 : 0x1p27;
    return m >= 16 && n >= 16 && k >= 16 && (double)m * (double)n * (double)k >= large;
}
#endif

bool agi_product(ag_context *context, ag_dtype dtype, int64_t m, int64_t n, int64_t k,
                 const void *a, int64_t a_row, int64_t a_column, const void *b, int64_t b_row,
                 int64_t b_column, void *c, int64_t c_row, bool accumulate)
{
    if (m == 0 || n == 0) {
        return true;
    }
    bool floating = dtype == AG_FLOAT32 || dtype == AG_FLOAT64;
    if (!floating) {
        return agi_product_integer(context, dtype, m, n, k, a, a_row, a_column, b, b_row, b_column,
                                   c, c_row, accumulate);
    }
    const struct agi_product_kernels *kernels = agi_product_kernels_for(context->isa, dtype);
    if (k == 0) {
        for (int64_t i = 0; !accumulate && i < m; i++) {
            memset((char *)c + (size_t)(i * c_row) * kernels->size, 0, (size_t)n * kernels->size);
        }
        return true;
    }
    if (m == 1 || n == 1 || k == 1) {
        return agi_product_vector(context, kernels, m, n, k, a, a_row, a_column, b, b_row, b_column,
                                  c, c_row, accumulate);
    }
#if defined(AUTOGRAD_BLAS)
    if (is_large(context, m, n, k) &&
        agi_product_blas_fits(m, n, k, a_row, a_column, b_row, b_column, c_row)) {
        return agi_product_blas(context, dtype, m, n, k, a, a_row, a_column, b, b_row, b_column, c,
                                c_row, accumulate);
    }
#endif
    return agi_product_blocked(context, kernels, m, n, k, a, a_row, a_column, b, b_row, b_column, c,
                               c_row, accumulate);
}
