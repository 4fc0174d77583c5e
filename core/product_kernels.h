/* The loops of the float32 and float64 product, compiled once for each instruction set. */
#ifndef AGI_PRODUCT_KERNELS_H
#define AGI_PRODUCT_KERNELS_H

#include "context.h"

/* Strides are in elements. Each function gives C = A B, or C += A B with accumulate, and reads C
   only then. No size is 0. */
struct agi_product_kernels {
    size_t size;           /* bytes of an element */
    int64_t rows, columns; /* of C in one register tile */
    int64_t lanes;         /* elements in a vector */
    int64_t direct_rows;   /* of C that direct makes at once */

    /* A of any strides and B of contiguous rows, where they stand. */
    void (*direct)(int64_t m, int64_t n, int64_t k, const void *a, int64_t a_row, int64_t a_column,
                   const void *b, int64_t b_row, void *c, int64_t c_row, bool accumulate);

    /* B of any strides copied to contiguous rows. */
    void (*copy)(int64_t k, int64_t n, const void *b, int64_t b_row, int64_t b_column, void *to);

    /* A and B of any strides, copied into panels: m · k elements for A, k times n rounded up to
       lanes for B; and the product of two that were. */
    void (*pack_left)(int64_t m, int64_t k, const void *a, int64_t a_row, int64_t a_column,
                      void *to);
    void (*pack_right)(int64_t k, int64_t n, const void *b, int64_t b_row, int64_t b_column,
                       void *to);
    void (*packed)(int64_t m, int64_t n, int64_t k, const void *a, const void *b, void *c,
                   int64_t c_row, bool accumulate);

    /* y = A x: A's rows and x contiguous; A's columns and y contiguous. */
    void (*rows_by_vector)(int64_t m, int64_t k, const void *a, int64_t a_row, const void *x,
                           void *y, int64_t y_stride, bool accumulate);
    void (*columns_by_vector)(int64_t m, int64_t k, const void *a, int64_t a_column,
                              const void *x, int64_t x_stride, void *y, bool accumulate);

    /* k of 1, B's row contiguous. */
    void (*outer)(int64_t m, int64_t n, const void *a, int64_t a_row, const void *b, void *c,
                  int64_t c_row, bool accumulate);
};

/* dtype is AG_FLOAT32 or AG_FLOAT64. */
const struct agi_product_kernels *agi_product_kernels_for(agi_isa isa, ag_dtype dtype);

/* float32's, then float64's. */
extern const struct agi_product_kernels *const agi_product_baseline[2];
#if defined(__x86_64__)
extern const struct agi_product_kernels *const agi_product_avx2[2];
extern const struct agi_product_kernels *const agi_product_avx512[2];
#endif

/* A product: the arguments of agi_product. */
struct agi_product {
    const struct agi_product_kernels *kernels; /* NULL for integers */
    ag_dtype dtype;
    int64_t size; /* bytes of an element */
    int64_t m, n, k;
    const char *a;
    int64_t a_row, a_column;
    const char *b;
    int64_t b_row, b_column;
    char *c;
    int64_t c_row;
    bool accumulate;
};

static inline const char *agi_left_at(const struct agi_product *x, int64_t i, int64_t p)
{
    return x->a + (i * x->a_row + p * x->a_column) * x->size;
}

static inline const char *agi_right_at(const struct agi_product *x, int64_t p, int64_t j)
{
    return x->b + (p * x->b_row + j * x->b_column) * x->size;
}

static inline char *agi_result_at(const struct agi_product *x, int64_t i, int64_t j)
{
    return x->c + (i * x->c_row + j) * x->size;
}

/* The size of one of the fewest even pieces that are no larger than `most`, in whole units. */
static inline int64_t agi_even_piece(int64_t size, int64_t most, int64_t unit)
{
    int64_t pieces = (size + most - 1) / most;
    int64_t even = (size + pieces - 1) / pieces;
    return (even + unit - 1) / unit * unit;
}

/* The ways to make one; no size is 0. Each is shared among the context's threads, or made here
   where context is NULL, and needs room: so many bytes, on a 64-byte border, for that number of
   threads. False if interrupted. */

/* Our own product of any shape. */
size_t agi_product_blocked_room(const struct agi_product *x, int threads);
bool agi_product_blocked(ag_context *context, const struct agi_product *x, void *room);

/* Those where m, n or k is 1. */
size_t agi_product_vector_room(const struct agi_product *x);
bool agi_product_vector(ag_context *context, const struct agi_product *x, void *room);

/* int64, int32 and uint8. */
bool agi_product_integer(ag_context *context, const struct agi_product *x);

#endif
