/* Products where a size is 1: matrix by vector, vector by matrix, dot and outer. Memory bounds
   them, so that nothing is copied but a strided vector and rows shorter than a vector register. */
#include "product_kernels.h"

#include "context.h"
#include "memory.h"

enum { STACK_BYTES = 4 * 1024 };

/* Multiplications between two looks at the interrupt flag. */
enum { SLAB = 1 << 22 };

/* Rows in a slab; a multiple of 16. */
static int64_t slab_rows(int64_t k)
{
    return k > SLAB / 16 ? 16 : SLAB / k / 16 * 16;
}

/* The vector x with stride 1: itself, or a copy on the stack or from the context's memory. */
struct contiguous {
    const void *x;
    void *block; /* to be given back, or NULL */
    size_t bytes;
    _Alignas(64) char stack[STACK_BYTES];
};

static bool contiguous_open(ag_context *context, const struct agi_product_kernels *kernels,
                            struct contiguous *copy, int64_t k, const void *x, int64_t x_stride)
{
    copy->x = x;
    copy->block = NULL;
    if (x_stride == 1 || k == 1) {
        return true;
    }
    copy->bytes = (size_t)k * kernels->size;
    void *to = copy->stack;
    if (copy->bytes > sizeof copy->stack) {
        to = copy->block = agi_allocate(context, copy->bytes);
        if (!to) {
            return false;
        }
    }
    kernels->copy(k, 1, x, x_stride, 0, to);
    copy->x = to;
    return true;
}

static void contiguous_close(ag_context *context, struct contiguous *copy)
{
    if (copy->block) {
        agi_deallocate(context, copy->block, copy->bytes);
    }
}

/* y = A x or y += A x, A m × k. */
static bool matrix_by_vector(ag_context *context, const struct agi_product_kernels *kernels,
                             int64_t m, int64_t k, const char *a, int64_t a_row, int64_t a_column,
                             const char *x, int64_t x_stride, char *y, int64_t y_stride,
                             bool accumulate)
{
    int64_t size = (int64_t)kernels->size;
    bool columns = m > 1 && a_row == 1 && y_stride == 1;
    bool rows = !columns && a_column == 1 && k >= kernels->lanes;
    bool few = !columns && k < kernels->lanes && m >= kernels->lanes && y_stride == 1;
    struct contiguous copy;
    copy.block = NULL;
    if (rows && !contiguous_open(context, kernels, &copy, k, x, x_stride)) {
        return false;
    }
    bool whole = true;
    int64_t slab = few ? STACK_BYTES / kernels->lanes / size : slab_rows(k);
    for (int64_t i = 0; whole && i < m; i += slab) {
        int64_t count = m - i < slab ? m - i : slab;
        const char *from = a + i * a_row * size;
        char *to = y + i * y_stride * size;
        if (rows) {
            kernels->rows_by_vector(count, k, from, a_row, copy.x, to, y_stride, accumulate);
        } else if (columns && count < 2 * kernels->lanes) {
            kernels->direct(1, count, k, x, 0, x_stride, from, a_column, to, count, accumulate);
        } else if (columns) {
            kernels->columns_by_vector(count, k, from, a_column, x, x_stride, to, accumulate);
        } else if (few) {
            /* Rows shorter than a vector: a transposed copy of some at a time. */
            kernels->copy(k, count, from, a_column, a_row, copy.stack);
            kernels->columns_by_vector(count, k, copy.stack, count, x, x_stride, to, accumulate);
        } else {
            kernels->direct(count, 1, k, from, a_row, a_column, x, x_stride, to, y_stride,
                            accumulate);
        }
        whole = i + slab >= m || !agi_interrupted(context);
    }
    contiguous_close(context, &copy);
    return whole;
}

static bool outer(ag_context *context, const struct agi_product_kernels *kernels, int64_t m,
                  int64_t n, const char *a, int64_t a_row, const char *b, int64_t b_column, char *c,
                  int64_t c_row, bool accumulate)
{
    int64_t size = (int64_t)kernels->size;
    struct contiguous copy;
    if (!contiguous_open(context, kernels, &copy, n, b, b_column)) {
        return false;
    }
    bool whole = true;
    int64_t slab = slab_rows(n);
    for (int64_t i = 0; whole && i < m; i += slab) {
        int64_t count = m - i < slab ? m - i : slab;
        const char *from = a + i * a_row * size;
        char *to = c + i * c_row * size;
        if (n < 2 * kernels->lanes) {
            kernels->direct(count, n, 1, from, a_row, 1, copy.x, n, to, c_row, accumulate);
        } else {
            kernels->outer(count, n, from, a_row, copy.x, to, c_row, accumulate);
        }
        whole = i + slab >= m || !agi_interrupted(context);
    }
    contiguous_close(context, &copy);
    return whole;
}

bool agi_product_vector(ag_context *context, const struct agi_product_kernels *kernels, int64_t m,
                        int64_t n, int64_t k, const void *a, int64_t a_row, int64_t a_column,
                        const void *b, int64_t b_row, int64_t b_column, void *c, int64_t c_row,
                        bool accumulate)
{
    if (n == 1) {
        return matrix_by_vector(context, kernels, m, k, a, a_row, k == 1 ? 1 : a_column, b, b_row,
                                c, c_row, accumulate);
    }
    if (m == 1) {
        return matrix_by_vector(context, kernels, n, k, b, b_column, k == 1 ? 1 : b_row, a,
                                a_column, c, 1, accumulate);
    }
    return outer(context, kernels, m, n, a, a_row, b, b_column, c, c_row, accumulate);
}
