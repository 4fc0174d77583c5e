/* Large products by OpenBLAS, in slabs whose sizes depend on the product's alone. */
#include "product_kernels.h"

#if defined(AUTOGRAD_BLAS)

#include "context.h"

#include <cblas.h>
#include <limits.h>

/* The most of m, n and k in a slab: some 10 ms of work, and little of it spent on packing. */
enum { SLAB_ROWS = 512, SLAB_COLUMNS = 1024, SLAB_DEPTH = 1024 };

/* How BLAS is to read a matrix: as it is or transposed; leading is 0 where it cannot. */
struct operand {
    CBLAS_TRANSPOSE transpose;
    int leading;
};

static struct operand operand(int64_t rows, int64_t columns, int64_t row, int64_t column)
{
    if (column == 1 && row >= columns && row <= INT_MAX) {
        return (struct operand){CblasNoTrans, (int)row};
    }
    if (row == 1 && column >= rows && column <= INT_MAX) {
        return (struct operand){CblasTrans, (int)column};
    }
    return (struct operand){CblasNoTrans, 0};
}

bool agi_product_blas_fits(int64_t m, int64_t n, int64_t k, int64_t a_row, int64_t a_column,
                           int64_t b_row, int64_t b_column, int64_t c_row)
{
    return operand(m, k, a_row, a_column).leading > 0 &&
           operand(k, n, b_row, b_column).leading > 0 && c_row >= n && c_row <= INT_MAX;
}

/* The size of one of the fewest even pieces that are no larger than `most`. */
static int64_t piece(int64_t size, int64_t most)
{
    int64_t pieces = (size + most - 1) / most;
    return (size + pieces - 1) / pieces;
}

static int smaller(int64_t x, int64_t y)
{
    return (int)(x < y ? x : y);
}

bool agi_product_blas(ag_context *context, ag_dtype dtype, int64_t m, int64_t n, int64_t k,
                      const void *a, int64_t a_row, int64_t a_column, const void *b, int64_t b_row,
                      int64_t b_column, void *c, int64_t c_row, bool accumulate)
{
    struct operand left = operand(m, k, a_row, a_column);
    struct operand right = operand(k, n, b_row, b_column);
    int64_t rows = piece(m, SLAB_ROWS);
    int64_t columns = piece(n, SLAB_COLUMNS);
    int64_t depth = piece(k, SLAB_DEPTH);
    for (int64_t i = 0; i < m; i += rows) {
        for (int64_t j = 0; j < n; j += columns) {
            for (int64_t p = 0; p < k; p += depth) {
                int64_t a_at = i * a_row + p * a_column;
                int64_t b_at = p * b_row + j * b_column;
                int64_t c_at = i * c_row + j;
                bool add = accumulate || p > 0;
                int slab_m = smaller(rows, m - i);
                int slab_n = smaller(columns, n - j);
                int slab_k = smaller(depth, k - p);
                if (dtype == AG_FLOAT32) {
                    cblas_sgemm(CblasRowMajor, left.transpose, right.transpose, slab_m, slab_n,
                                slab_k, 1, (const float *)a + a_at, left.leading,
                                (const float *)b + b_at, right.leading, add ? 1 : 0,
                                (float *)c + c_at, (int)c_row);
                } else {
                    cblas_dgemm(CblasRowMajor, left.transpose, right.transpose, slab_m, slab_n,
                                slab_k, 1, (const double *)a + a_at, left.leading,
                                (const double *)b + b_at, right.leading, add ? 1 : 0,
                                (double *)c + c_at, (int)c_row);
                }
                if (agi_interrupted(context)) {
                    return false;
                }
            }
        }
    }
    return true;
}

#endif
