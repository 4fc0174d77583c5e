/* The product of integers, by a loop that the compiler vectorises. */
#include "product_kernels.h"

#include "context.h"
#include "threads.h"

#include <string.h>

/* A block of B and of C's rows that the first cache holds. */
enum { BLOCK_DEPTH = 32, BLOCK_COLUMNS = 128 };

/* Multiplications in a slab, and its fewest rows, which what is read of B serves. */
enum { SLAB = 1 << 20, FEWEST_ROWS = 16 };

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

/* Some rows of C. */
struct slab {
    const struct agi_product *product;
    int64_t rows;
};

static void multiply_slab(void *data, int64_t chunk, int thread)
{
    const struct slab *s = data;
    const struct agi_product *x = s->product;
    int64_t i = chunk * s->rows, rows = smaller(s->rows, x->m - i);
    for (int64_t r = 0; !x->accumulate && r < rows; r++) {
        memset(agi_result_at(x, i + r, 0), 0, (size_t)(x->n * x->size));
    }
    for (int64_t j = 0; j < x->n; j += BLOCK_COLUMNS) {
        for (int64_t p = 0; p < x->k; p += BLOCK_DEPTH) {
#define RUN(type)                                                                              \
    block_##type(rows, smaller(BLOCK_COLUMNS, x->n - j), smaller(BLOCK_DEPTH, x->k - p),       \
                 (const type *)agi_left_at(x, i, p), x->a_row, x->a_column,                    \
                 (const type *)agi_right_at(x, p, j), x->b_row, x->b_column,                   \
                 (type *)agi_result_at(x, i, j), x->c_row)
            if (x->dtype == AG_INT64) {
                RUN(uint64_t);
            } else if (x->dtype == AG_INT32) {
                RUN(uint32_t);
            } else {
                RUN(uint8_t);
            }
#undef RUN
        }
    }
}

bool agi_product_integer(ag_context *context, const struct agi_product *x)
{
    double of_row = (double)x->n * (double)x->k;
    struct slab s = {x, of_row > SLAB / FEWEST_ROWS ? FEWEST_ROWS : (int64_t)(SLAB / of_row)};
    return agi_parallel(context, (x->m + s.rows - 1) / s.rows, multiply_slab, &s);
}
