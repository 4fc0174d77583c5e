/* Tiles: rows by columns of an iteration's elements. Operands that a loop reads slowly, since they
 * are transposed or broadcast along short rows, are laid in line first, a tile at a time. */
#ifndef AGI_TILE_H
#define AGI_TILE_H

#include "iterate.h"

typedef struct agi_tiling {
    const agi_iteration *iteration;
    int row_dim;           /* along which the rows of a tile follow each other */
    int64_t rows, columns; /* of a tile, at most */
    bool joined;           /* the loop runs over a tile as over one row */
    bool still;            /* joined, and what is laid is the same for tiles below each other */
    bool laid[AGI_MAX_OPERANDS];
} agi_tiling;

/* False where no operand is better laid in line. The order of elements must not matter. */
bool agi_tiling_begin(agi_tiling *tiling, const agi_iteration *iteration);
/* Calls loop for all tiles, as agi_iterate does for all rows. */
bool agi_run_tiles(const agi_tiling *tiling, agi_loop loop, const double *parameters);

#endif
