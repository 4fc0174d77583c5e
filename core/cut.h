/* How rows of numbers are cut into chunks: by size alone, so that the cut, and with it every bit of
 * what is computed, is the same at any number of threads. */
#ifndef AGI_CUT_H
#define AGI_CUT_H

#include <stdint.h>

/* Elements in a chunk of work that does little with each: some 10 µs. */
enum { AGI_CHUNK = 1 << 15 };

typedef struct agi_cut {
    int64_t rows, columns;
    int64_t rows_each;     /* in a chunk; 1 where rows are cut too */
    int64_t columns_each;  /* in a chunk; all, or a part of a long row */
    int64_t parts;         /* of a row */
    int64_t count;         /* of chunks */
} agi_cut;

/* A chunk: some elements of some rows. */
typedef struct agi_part {
    int64_t row, rows, column, columns;
} agi_part;

/* Chunks of about `most` elements, as even as can be. A row is cut at multiples of `unit`. */
agi_cut agi_cut_rows(int64_t rows, int64_t columns, int64_t most, int64_t unit);
agi_part agi_part_of(const agi_cut *cut, int64_t chunk);

#endif
