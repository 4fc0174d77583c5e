#include "cut.h"

/* The size of one of the fewest even pieces that are no larger than `most`. */
static int64_t piece(int64_t size, int64_t most)
{
    int64_t pieces = (size + most - 1) / most;
    return (size + pieces - 1) / pieces;
}

agi_cut agi_cut_rows(int64_t rows, int64_t columns, int64_t most, int64_t unit)
{
    agi_cut cut = {rows, columns, rows, columns, 1, 1};
    if (rows == 0 || columns == 0) {
        cut.count = 0;
    } else if (columns > most) {
        cut.rows_each = 1;
        cut.columns_each = (piece(columns, most) + unit - 1) / unit * unit;
        cut.parts = (columns + cut.columns_each - 1) / cut.columns_each;
        cut.count = rows * cut.parts;
    } else if (rows > most / columns) {
        cut.rows_each = piece(rows, most / columns);
        cut.count = (rows + cut.rows_each - 1) / cut.rows_each;
    }
    return cut;
}

static int64_t smaller(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

agi_part agi_part_of(const agi_cut *cut, int64_t chunk)
{
    if (cut->parts == 1) {
        int64_t row = chunk * cut->rows_each;
        return (agi_part){row, smaller(cut->rows_each, cut->rows - row), 0, cut->columns};
    }
    int64_t column = chunk % cut->parts * cut->columns_each;
    return (agi_part){chunk / cut->parts, 1, column,
                      smaller(cut->columns_each, cut->columns - column)};
}
