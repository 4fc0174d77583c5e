#include "tile.h"

#include <stdlib.h>

#include "cut.h"
#include "lay.h"
#include "threads.h"

enum {
    LINE = 64,               /* bytes of a line of the cache, which a tile reads whole */
    JOINED_ROOM = 8 * 1024,  /* bytes that are laid of a tile at most: a part of the first cache */
    APART_ROOM = 64 * 1024,  /* of the second: longer rows, which the processor reads ahead */
    FEW = 4,                 /* rows or columns, fewer than which are not worth a tile */
    FEW_JOINED = 8,          /* rows, fewer than which are not worth joining */
};

static int64_t smaller(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* ---- Which operands ---------------------------------------------------------- */

/* The dim along which operand k's elements lie one behind the other where the columns' do not, and
 * can be laid by blocks; else 0. */
static int transposed_dim(const agi_iteration *it, int k)
{
    const int64_t size = it->size[k], few = size * FEW > AGI_LAY_BLOCK ? FEW : AGI_LAY_BLOCK / size;
    if (it->shape[0] < few || llabs(it->strides[0][k]) <= size) {
        return 0;
    }
    for (int d = 1; d < it->ndim; d++) {
        if (it->strides[d][k] == size && it->shape[d] >= few) {
            return d;
        }
    }
    return 0;
}

/* That of the first operand that is transposed, if any. */
static int choose_row_dim(const agi_iteration *it)
{
    for (int k = 1; k < it->operand_count; k++) {
        int dim = transposed_dim(it, k);
        if (dim > 0) {
            return dim;
        }
    }
    return 1;
}

static bool is_transposed(const agi_tiling *t, int k)
{
    return transposed_dim(t->iteration, k) == t->row_dim;
}

/* Whether operand k's rows lie one behind the other, or are all one number. */
static bool is_in_line(const agi_tiling *t, int k)
{
    const agi_iteration *it = t->iteration;
    return it->strides[t->row_dim][k] == it->shape[0] * it->strides[0][k];
}

/* The bytes that the laid operands have for an element, and the rows with which the lines of a
 * transposed one are read whole. */
static int64_t bytes_of_element(const agi_tiling *t, int64_t *rows_of_line)
{
    int64_t bytes = 0, largest = 1;
    for (int k = 0; k < t->iteration->operand_count; k++) {
        int64_t size = t->laid[k] ? t->iteration->size[k] : 0;
        bytes += size;
        largest = size > largest ? size : largest;
    }
    *rows_of_line = LINE / largest;
    return bytes;
}

/* All that is not in line is laid, and tiles are as wide as the rows. Not where a long row repeats
 * one number, which costs less as it is, or where laying costs what it saves. */
static bool begin_joined(agi_tiling *t)
{
    const agi_iteration *it = t->iteration;
    int64_t columns = it->shape[0], rows = it->shape[t->row_dim], rows_of_line;
    bool transposed = false, broadcast = false;
    t->still = true;
    for (int k = 0; k < it->operand_count; k++) {
        t->laid[k] = !is_in_line(t, k);
        if (!t->laid[k]) {
            continue;
        }
        bool same_column = it->strides[0][k] == 0, same_row = it->strides[t->row_dim][k] == 0;
        if (k == 0 || (same_column && columns * it->size[k] > LINE)) {
            return false;
        }
        rows = same_row ? smaller(rows, it->shape[t->row_dim] / FEW) : rows;
        t->still = t->still && same_row;
        broadcast = broadcast || same_row || same_column;
        transposed = transposed || is_transposed(t, k);
    }
    if (!broadcast && !transposed) {
        return false;
    }
    int64_t most = JOINED_ROOM / bytes_of_element(t, &rows_of_line) / columns;
    rows = smaller(rows, most);
    t->rows = rows - (rows > rows_of_line ? rows % rows_of_line : 0);
    t->columns = columns;
    return rows >= FEW_JOINED && (!transposed || most >= rows_of_line);
}

static bool begin_apart(agi_tiling *t)
{
    const agi_iteration *it = t->iteration;
    int64_t laid = 0, rows_of_line;
    for (int k = 0; k < it->operand_count; k++) {
        t->laid[k] = k > 0 && is_transposed(t, k);
        laid += t->laid[k];
    }
    if (laid == 0) {
        return false;
    }
    int64_t bytes = bytes_of_element(t, &rows_of_line);
    t->rows = smaller(rows_of_line, it->shape[t->row_dim]);
    t->columns = smaller((APART_ROOM / t->rows - laid * 2 * LINE) / bytes, it->shape[0]);
    return true;
}

bool agi_tiling_begin(agi_tiling *t, const agi_iteration *it)
{
    t->iteration = it;
    t->row_dim = choose_row_dim(it);
    t->joined = it->shape[0] > 0 && begin_joined(t);
    t->still = t->joined && t->still;
    return t->joined || begin_apart(t);
}

/* ---- Walking them -------------------------------------------------------------- */

static int64_t bands_of(const agi_tiling *t)
{
    return (t->iteration->shape[t->row_dim] + t->rows - 1) / t->rows;
}

/* From a laid row of operand k to the next: an odd number of lines where they lie apart, since the
 * same place in many rows has few places in the cache at a power of two. */
static int64_t step_of(const agi_tiling *t, int k)
{
    int64_t bytes = t->columns * t->iteration->size[k];
    return t->joined ? bytes : ((bytes + LINE - 1) / LINE | 1) * LINE;
}

typedef struct task {
    const agi_tiling *tiling;
    agi_loop loop;
    const double *parameters;
    agi_cut cut; /* a row of which is a band: tiles beside each other */
} task;

/* Where operands are laid, and what was laid there last. */
typedef struct places {
    char *to[AGI_MAX_OPERANDS];
    const char *from[AGI_MAX_OPERANDS];
} places;

/* Runs the loop over the tile that begins at data, and over those of the next bands. */
static void run_tile(const task *task, char *const *data, places *places, int64_t bands,
                     int64_t rows, int64_t columns)
{
    const agi_tiling *t = task->tiling;
    const agi_iteration *it = t->iteration;
    char *tile[AGI_MAX_OPERANDS];
    agi_strides strides[2];
    for (int k = 0; k < it->operand_count; k++) {
        const int64_t column = it->strides[0][k], row = it->strides[t->row_dim][k];
        const int size = it->size[k];
        if (!t->laid[k]) {
            tile[k] = data[k];
            strides[0][k] = column;
            strides[1][k] = row;
            continue;
        }
        /* One row that all share is laid once, as often as a whole tile has it. */
        if (row != 0 || places->from[k] != data[k]) {
            agi_lay(size, places->to[k], step_of(t, k), data[k], (const int64_t[]){column, row},
                    row == 0 ? t->rows : rows, columns);
            places->from[k] = data[k];
        }
        tile[k] = places->to[k];
        strides[0][k] = size;
        strides[1][k] = t->still ? 0 : step_of(t, k);
    }
    if (t->joined) {
        columns *= rows;
        for (int k = 0; k < it->operand_count; k++) {
            strides[1][k] *= rows;
        }
        rows = bands;
    }
    agi_run_rows(tile, strides, it->operand_count, rows, columns, task->loop, task->parameters);
}

/* Moves data to a band; the number of its rows. */
static int64_t go_to_band(const agi_tiling *t, int64_t band, char **data)
{
    const agi_iteration *it = t->iteration;
    int64_t bands = bands_of(t), row = band % bands * t->rows;
    band /= bands;
    for (int d = 1; d < it->ndim; d++) {
        int64_t at = d == t->row_dim ? row : band % it->shape[d];
        band /= d == t->row_dim ? 1 : it->shape[d];
        for (int k = 0; k < it->operand_count; k++) {
            data[k] += at * it->strides[d][k];
        }
    }
    return smaller(t->rows, it->shape[t->row_dim] - row);
}

/* The bands from one on, at most `most`, over whose tiles the loop runs as over rows: the walk to
 * each costs more than it seems, since what it reads waits for the numbers still to be written. */
static int64_t bands_alike(const agi_tiling *t, int64_t band, int64_t most)
{
    const int64_t whole = t->iteration->shape[t->row_dim] / t->rows, at = band % bands_of(t);
    return t->still && at < whole ? smaller(whole - at, most) : 1;
}

static void run_chunk(void *data, int64_t chunk, int thread)
{
    const task *task = data;
    const agi_tiling *t = task->tiling;
    const agi_iteration *it = t->iteration;
    const agi_part part = agi_part_of(&task->cut, chunk);
    _Alignas(LINE) char room[APART_ROOM + AGI_MAX_OPERANDS * 2 * LINE];
    places places = {0};
    int64_t used = 0;
    for (int k = 0; k < it->operand_count; k++) {
        if (t->laid[k]) {
            places.to[k] = room + used;
            used += (t->rows * step_of(t, k) + AGI_LAY_SLACK + LINE - 1) / LINE * LINE;
        }
    }
    for (int64_t band = part.row, end = band + part.rows, bands; band < end; band += bands) {
        char *data[AGI_MAX_OPERANDS];
        for (int k = 0; k < it->operand_count; k++) {
            data[k] = it->data[k] + part.column * it->strides[0][k];
        }
        int64_t rows = go_to_band(t, band, data);
        bands = bands_alike(t, band, end - band);
        for (int64_t left = part.columns; left > 0; left -= t->columns) {
            run_tile(task, data, &places, bands, rows, smaller(left, t->columns));
            for (int k = 0; k < it->operand_count; k++) {
                data[k] += t->columns * it->strides[0][k];
            }
        }
    }
}

bool agi_run_tiles(const agi_tiling *t, agi_loop loop, const double *parameters)
{
    const agi_iteration *it = t->iteration;
    int64_t bands = bands_of(t);
    for (int d = 1; d < it->ndim; d++) {
        bands *= d == t->row_dim ? 1 : it->shape[d];
    }
    task task = {t, loop, parameters,
                 agi_cut_rows(bands, it->shape[0], AGI_CHUNK / t->rows, t->columns)};
    return agi_parallel(it->context, task.cut.count, run_chunk, &task);
}
