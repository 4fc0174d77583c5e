/* The product of integers, by a loop that the compiler vectorises. */
#include "product_kernels.h"

#include "context.h"

#include <string.h>

/* A block of B and of C's rows that the first cache holds. */
enum { BLOCK_DEPTH = 32, BLOCK_COLUMNS = 128 };

/* Multiplications between two looks at the interrupt flag. */
enum { SLAB = 1 << 22 };

/* C += A B for a block. Sums are unsigned, so that they wrap around as the signed type's do. */
#define BLOCK(type)                                                                            \
    static void block_##type(int64_t m, int64_t n, int64_t k, const type *a, int64_t a_row,    \
                             int64_t a_column, const type *b, int64_t b_row, int64_t b_column, \
                             type *restrict c, int64_t c_row)                                  \
    {                                                                                          \
        for (int64_t i = 0; i < m; i++) {                                                      \
            type *restrict to = c + i * c_row;                                                 \
            for (int64_t p = 0; p < k; p++) {                                                  \
                type factor = a[i * a_row + p * a_column];                                     \
                const type *line = b + p * b_row;                                              \
                if (b_column == 1) {                                                           \
                    for (int64_t j = 0; j < n; j++) {                                          \
                        to[j] += factor * line[j];                                             \
                    }                                                                          \
                } else {                                                                       \
                    for (int64_t j = 0; j < n; j++) {                                          \
                        to[j] += factor * line[j * b_column];                                  \
                    }                                                                          \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
    }

BLOCK(uint64_t)
BLOCK(uint32_t)
BLOCK(uint8_t)

static int64_t smaller(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

bool agi_product_integer(ag_context *context, ag_dtype dtype, int64_t m, int64_t n, int64_t k,
                         const void *a, int64_t a_row, int64_t a_column, const void *b,
                         int64_t b_row, int64_t b_column, void *c, int64_t c_row, bool accumulate)
{
    int64_t size = dtype == AG_INT64 ? 8 : dtype == AG_INT32 ? 4 : 1;
    int64_t rows = SLAB / (BLOCK_DEPTH * BLOCK_COLUMNS);
    for (int64_t i = 0; i < m; i += rows) {
        int64_t block_rows = smaller(rows, m - i);
        char *to = (char *)c + i * c_row * size;
        for (int64_t r = 0; !accumulate && r < block_rows; r++) {
            memset(to + r * c_row * size, 0, (size_t)(n * size));
        }
        for (int64_t j = 0; j < n; j += BLOCK_COLUMNS) {
            for (int64_t p = 0; p < k; p += BLOCK_DEPTH) {
                const char *left = (const char *)a + (i * a_row + p * a_column) * size;
                const char *right = (const char *)b + (p * b_row + j * b_column) * size;
#define RUN(type)                                                                              \
    block_##type(block_rows, smaller(BLOCK_COLUMNS, n - j), smaller(BLOCK_DEPTH, k - p),       \
                 (const type *)left, a_row, a_column, (const type *)right, b_row, b_column,    \
                 (type *)to + j, c_row)
                if (dtype == AG_INT64) {
                    RUN(uint64_t);
                } else if (dtype == AG_INT32) {
                    RUN(uint32_t);
                } else {
                    RUN(uint8_t);
                }
#undef RUN
            }
            if (agi_interrupted(context)) {
                return false;
            }
        }
    }
    return true;
}
