#include "lay.h"

#include <string.h>

#include "loops.h"

/* What every instruction set interleaves with another such in one instruction. */
#define VECTOR(TYPE) __attribute__((vector_size(AGI_LAY_BLOCK), aligned(1), may_alias)) TYPE

enum { AHEAD = 16 }; /* columns, each in a line of the cache that has to be fetched */

#define LOW_64(A, B) __builtin_shufflevector(A, B, 0, 2)
#define HIGH_64(A, B) __builtin_shufflevector(A, B, 1, 3)
#define LOW_32(A, B) __builtin_shufflevector(A, B, 0, 4, 1, 5)
#define HIGH_32(A, B) __builtin_shufflevector(A, B, 2, 6, 3, 7)
#define LOW_8(A, B)                                                                             \
    __builtin_shufflevector(A, B, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define HIGH_8(A, B)                                                                            \
    __builtin_shufflevector(A, B, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

/* A square block is transposed by interleaving its first half with its second: each time, the bits
 * of an element's place (row, column) turn by one, and after half of them the two have changed
 * places. */
#define LAY_LOOPS(BITS)                                                                         \
    typedef VECTOR(uint##BITS##_t) vector_##BITS;                                               \
    enum { SIZE_##BITS = BITS / 8, LANES_##BITS = AGI_LAY_BLOCK / SIZE_##BITS };                \
    AGI_INLINE void transpose_##BITS(char *to, int64_t to_step, const char *from,               \
                                     int64_t from_step)                                         \
    {                                                                                           \
        enum { HALF = LANES_##BITS / 2 };                                                       \
        vector_##BITS block[LANES_##BITS], turned[LANES_##BITS];                                \
        for (int i = 0; i < LANES_##BITS; i++) {                                                \
            block[i] = *(const vector_##BITS *)(from + i * from_step);                          \
        }                                                                                       \
        for (int size = 1; size < LANES_##BITS; size *= 2) {                                    \
            for (int i = 0; i < HALF; i++) {                                                    \
                turned[2 * i] = LOW_##BITS(block[i], block[i + HALF]);                          \
                turned[2 * i + 1] = HIGH_##BITS(block[i], block[i + HALF]);                     \
            }                                                                                   \
            memcpy(block, turned, sizeof block);                                                \
        }                                                                                       \
        for (int i = 0; i < LANES_##BITS; i++) {                                                \
            *(vector_##BITS *)(to + i * to_step) = block[i];                                    \
        }                                                                                       \
    }                                                                                           \
    static void lay_each_##BITS(char *to, int64_t to_step, const char *from,                    \
                                const int64_t strides[2], int64_t rows, int64_t columns)        \
    {                                                                                           \
        for (int64_t r = 0; r < rows; r++, to += to_step, from += strides[1]) {                 \
            for (int64_t c = 0; c < columns; c++) {                                             \
                ((uint##BITS##_t *)to)[c] = AGI_AT(uint##BITS##_t, from, c * strides[0]);       \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    static void lay_transposed_##BITS(char *to, int64_t to_step, const char *from,              \
                                      const int64_t strides[2], int64_t rows, int64_t columns)  \
    {                                                                                           \
        enum { SIZE = SIZE_##BITS, LANES = LANES_##BITS };                                      \
        const int64_t whole_rows = rows & -LANES, whole_columns = columns & -LANES;             \
        for (int64_t c = 0; c < whole_columns; c += LANES) {                                    \
            for (int i = 0; i < LANES && c + i + AHEAD < columns; i++) {                        \
                __builtin_prefetch(from + (c + i + AHEAD) * strides[0]);                        \
            }                                                                                   \
            for (int64_t r = 0; r < whole_rows; r += LANES) {                                   \
                transpose_##BITS(to + r * to_step + c * SIZE, to_step,                          \
                                 from + r * SIZE + c * strides[0], strides[0]);                 \
            }                                                                                   \
        }                                                                                       \
        lay_each_##BITS(to + whole_columns * SIZE, to_step, from + whole_columns * strides[0],  \
                        strides, whole_rows, columns - whole_columns);                          \
        lay_each_##BITS(to + whole_rows * to_step, to_step, from + whole_rows * SIZE, strides,  \
                        rows - whole_rows, columns);                                            \
    }                                                                                           \
    /* A number a row, in stretches that the next row writes over. */                           \
    static void lay_still_##BITS(char *to, int64_t to_step, const char *from, int64_t step,     \
                                 int64_t rows, int64_t columns)                                 \
    {                                                                                           \
        enum { STRETCH = AGI_LAY_SLACK / SIZE_##BITS };                                         \
        for (int64_t r = 0; r < rows; r++, to += to_step, from += step) {                       \
            const uint##BITS##_t x = AGI_AT(uint##BITS##_t, from, 0);                           \
            for (int64_t c = 0; c < columns; c += STRETCH) {                                    \
                for (int i = 0; i < STRETCH; i++) {                                             \
                    ((uint##BITS##_t *)to)[c + i] = x;                                          \
                }                                                                               \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    static void lay_##BITS(char *to, int64_t to_step, const char *from,                         \
                           const int64_t strides[2], int64_t rows, int64_t columns)             \
    {                                                                                           \
        if (strides[0] == 0) {                                                                  \
            lay_still_##BITS(to, to_step, from, strides[1], rows, columns);                     \
        } else if (strides[0] == SIZE_##BITS) {                                                 \
            for (int64_t r = 0; r < rows; r++) {                                                \
                memcpy(to + r * to_step, from + r * strides[1], (size_t)columns * SIZE_##BITS); \
            }                                                                                   \
        } else if (strides[1] == SIZE_##BITS) {                                                 \
            lay_transposed_##BITS(to, to_step, from, strides, rows, columns);                   \
        } else {                                                                                \
            lay_each_##BITS(to, to_step, from, strides, rows, columns);                         \
        }                                                                                       \
    }
LAY_LOOPS(8)
LAY_LOOPS(32)
LAY_LOOPS(64)

void agi_lay(int size, char *to, int64_t to_step, const char *from, const int64_t strides[2],
             int64_t rows, int64_t columns)
{
    (size == 1 ? lay_8 : size == 4 ? lay_32 : lay_64)(to, to_step, from, strides, rows, columns);
}
