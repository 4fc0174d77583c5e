/* Large products by OpenBLAS, in slabs whose sizes depend on the product's alone. Threads share
   them: a serial OpenBLAS must be one that locks its table of work buffers (USE_LOCKING), as Debian's
   is. */
#include "product_kernels.h"

#if defined(AUTOGRAD_BLAS)

#include "context.h"
#include "threads.h"

#include <cblas.h>
#include <limits.h>

/* The most of m, n and k in a slab: some ms of work, and little of it spent on packing. */
enum { SLAB_ROWS = 512, SLAB_COLUMNS = 512, SLAB_DEPTH = 1024 };
/* Where they were fewer, they have half the rows, so that there are some for each thread. */
enum { FEW_SLABS = 4 };

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

static struct operand left_of(const struct agi_product *x)
{
    return operand(x->m, x->k, x->a_row, x->a_column);
}

static struct operand right_of(const struct agi_product *x)
{
    return operand(x->k, x->n, x->b_row, x->b_column);
}

bool agi_product_blas_fits(const struct agi_product *x)
{
    return left_of(x).leading > 0 && right_of(x).leading > 0 && x->c_row >= x->n &&
           x->c_row <= INT_MAX;
}

static int smaller(int64_t x, int64_t y)
{
    return (int)(x < y ? x : y);
}

/* All slabs of one depth. */
struct layer {
    const struct agi_product *product;
    int64_t rows, columns, depth;
    int64_t begin;  /* of the depth */
    int64_t across; /* slabs side by side */
};

static void multiply_slab(void *data, int64_t chunk, int thread)
{
    const struct layer *l = data;
    const struct agi_product *x = l->product;
    struct operand left = left_of(x), right = right_of(x);
    int64_t i = chunk / l->across * l->rows, j = chunk % l->across * l->columns, p = l->begin;
    int m = smaller(l->rows, x->m - i), n = smaller(l->columns, x->n - j);
    int k = smaller(l->depth, x->k - p);
    bool add = x->accumulate || p > 0;
    if (x->dtype == AG_FLOAT32) {
        cblas_sgemm(CblasRowMajor, left.transpose, right.transpose, m, n, k, 1,
                    (const float *)agi_left_at(x, i, p), left.leading,
                    (const float *)agi_right_at(x, p, j), right.leading, add ? 1 : 0,
                    (float *)agi_result_at(x, i, j), (int)x->c_row);
    } else {
        cblas_dgemm(CblasRowMajor, left.transpose, right.transpose, m, n, k, 1,
                    (const double *)agi_left_at(x, i, p), left.leading,
                    (const double *)agi_right_at(x, p, j), right.leading, add ? 1 : 0,
                    (double *)agi_result_at(x, i, j), (int)x->c_row);
    }
}

bool agi_product_blas(ag_context *context, const struct agi_product *x)
{
    struct layer l = {
        .product = x, .rows = agi_even_piece(x->m, SLAB_ROWS, 1),
        .columns = agi_even_piece(x->n, SLAB_COLUMNS, 1),
        .depth = agi_even_piece(x->k, SLAB_DEPTH, 1),
    };
    l.across = (x->n + l.columns - 1) / l.columns;
    int64_t slabs = (x->m + l.rows - 1) / l.rows * l.across;
    if (slabs < FEW_SLABS) {
        l.rows = agi_even_piece(x->m, SLAB_ROWS / 2, 1);
        slabs = (x->m + l.rows - 1) / l.rows * l.across;
    }
    for (l.begin = 0; l.begin < x->k; l.begin += l.depth) {
        if (!agi_parallel(context, slabs, multiply_slab, &l) ||
            (context != NULL && agi_interrupted(context))) {
            return false;
        }
    }
    return true;
}

#endif
