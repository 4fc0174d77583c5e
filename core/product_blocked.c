/* Our own blocked product: A and B are cut into blocks that stay in the caches, copied into panels,
   and multiplied a register tile at a time. */
#include "product_kernels.h"

#include "context.h"
#include "memory.h"

/* BLOCK_DEPTH of a panel of B stay in the first cache, a block of A in the second, and a block of B
   in the third. */
enum { BLOCK_DEPTH = 384, BLOCK_BYTES_LEFT = 256 * 1024, BLOCK_COLUMNS = 2048 };

enum { STACK_BYTES = 8 * 1024 };

static int64_t smaller(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* The size of one of the fewest even pieces that are no larger than `most`, in whole units. */
static int64_t piece(int64_t size, int64_t most, int64_t unit)
{
    int64_t pieces = (size + most - 1) / most;
    int64_t even = (size + pieces - 1) / pieces;
    return (even + unit - 1) / unit * unit;
}

static bool product_packed(ag_context *context, const struct agi_product_kernels *kernels,
                           int64_t m, int64_t n, int64_t k, const char *a, int64_t a_row,
                           int64_t a_column, const char *b, int64_t b_row, int64_t b_column,
                           char *c, int64_t c_row, bool accumulate)
{
    int64_t size = (int64_t)kernels->size;
    int64_t depth = piece(k, BLOCK_DEPTH, 1);
    int64_t rows = piece(m, BLOCK_BYTES_LEFT / (depth * size), kernels->rows);
    int64_t columns = piece(n, BLOCK_COLUMNS, kernels->columns);
    size_t left_bytes = (size_t)(rows * depth * size + 63) / 64 * 64;
    size_t bytes = left_bytes + (size_t)(columns * depth * size);
    char *left = agi_allocate(context, bytes);
    if (!left) {
        return false;
    }
    char *right = left + left_bytes;
    bool whole = true;
    for (int64_t j = 0; whole && j < n; j += columns) {
        int64_t block_columns = smaller(columns, n - j);
        for (int64_t p = 0; whole && p < k; p += depth) {
            int64_t block_depth = smaller(depth, k - p);
            kernels->pack_right(block_depth, block_columns, b + (p * b_row + j * b_column) * size,
                                b_row, b_column, right);
            for (int64_t i = 0; whole && i < m; i += rows) {
                int64_t block_rows = smaller(rows, m - i);
                kernels->pack_left(block_rows, block_depth, a + (i * a_row + p * a_column) * size,
                                   a_row, a_column, left);
                kernels->packed(block_rows, block_columns, block_depth, left, right,
                                c + (i * c_row + j) * size, c_row, accumulate || p > 0);
                whole = !agi_interrupted(context);
            }
        }
    }
    agi_deallocate(context, left, bytes);
    return whole;
}

/* B is read where it stands, or, where its rows are not contiguous, from a copy whose are. */
static bool product_direct(ag_context *context, const struct agi_product_kernels *kernels,
                           int64_t m, int64_t n, int64_t k, const char *a, int64_t a_row,
                           int64_t a_column, const char *b, int64_t b_row, int64_t b_column,
                           char *c, int64_t c_row, bool accumulate)
{
    int64_t size = (int64_t)kernels->size;
    _Alignas(64) char stack[STACK_BYTES];
    char *copy = stack;
    size_t bytes = 0;
    if (b_column != 1) {
        bytes = (size_t)(n * k * size);
        if (bytes > sizeof stack) {
            copy = agi_allocate(context, bytes);
            if (!copy) {
                return false;
            }
        }
        kernels->copy(k, n, b, b_row, b_column, copy);
        b = copy;
        b_row = n;
    }
    bool whole = true;
    for (int64_t j = 0; whole && j < n; j += BLOCK_COLUMNS) {
        for (int64_t p = 0; p < k; p += BLOCK_DEPTH) {
            if (j + p > 0 && agi_interrupted(context)) {
                whole = false;
                break;
            }
            kernels->direct(m, smaller(BLOCK_COLUMNS, n - j), smaller(BLOCK_DEPTH, k - p),
                            a + p * a_column * size, a_row, a_column, b + (p * b_row + j) * size,
                            b_row, c + j * size, c_row, accumulate || p > 0);
        }
    }
    if (bytes > sizeof stack) {
        agi_deallocate(context, copy, bytes);
    }
    return whole;
}

/* Whether copying A and B into panels costs more than it gains. It gains nothing where B is read
   once, and little where its rows are short enough not to evict each other from the caches. */
static bool is_direct(const struct agi_product_kernels *kernels, int64_t m, int64_t n, int64_t k,
                      int64_t b_column)
{
    enum { SMALL = 16 * 1024, SHORT_ROW_BYTES = 2048, FEW_ROWS = 128 };
    if (b_column == 1 &&
        (m <= kernels->direct_rows ||
         (m <= FEW_ROWS && n <= SHORT_ROW_BYTES / (int64_t)kernels->size))) {
        return true;
    }
    return m <= SMALL && n <= SMALL && k <= SMALL && n * k <= SMALL && m * k <= 4 * SMALL;
}

bool agi_product_blocked(ag_context *context, const struct agi_product_kernels *kernels, int64_t m,
                         int64_t n, int64_t k, const void *a, int64_t a_row, int64_t a_column,
                         const void *b, int64_t b_row, int64_t b_column, void *c, int64_t c_row,
                         bool accumulate)
{
    bool direct = is_direct(kernels, m, n, k, b_column);
    return (direct ? product_direct : product_packed)(context, kernels, m, n, k, a, a_row, a_column,
                                                      b, b_row, b_column, c, c_row, accumulate);
}
