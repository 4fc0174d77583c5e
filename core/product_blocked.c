/* Our own blocked product: A and B are cut into blocks that stay in the caches, copied into panels,
   and multiplied a register tile at a time. */
#include "product_kernels.h"

#include "context.h"
#include "threads.h"

/* BLOCK_DEPTH of a panel of B stay in the first cache, a block of A in the second, and a block of B
   in the third. */
enum { BLOCK_DEPTH = 384, BLOCK_BYTES_LEFT = 256 * 1024, BLOCK_COLUMNS = 2048 };

/* Threads share a product by rows: a block has from half of MANY_ROWS to all. Where there are fewer
   than FEW_BLOCKS, columns are cut as well. */
enum { MANY_ROWS = 112, FEW_BLOCKS = 4, SHARED_COLUMNS = 256 };

/* Columns of B that are copied into panels at once. */
enum { PACKED_COLUMNS = 128 };

static int64_t smaller(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

static int64_t larger(int64_t x, int64_t y)
{
    return x > y ? x : y;
}

static bool is_interrupted(ag_context *context)
{
    return context != NULL && agi_interrupted(context);
}

/* ---- Packed ---------------------------------------------------------------------- */

/* B's block that is packed now, and a block of A for each thread. */
struct packed {
    const struct agi_product *product;
    int64_t rows, columns, depth; /* of blocks */
    int64_t packed_columns;       /* of B, packed at once */
    int64_t shared_columns;       /* of C, made at once */
    int64_t j, p;                 /* where B's block begins */
    int64_t block_columns, block_depth;
    char *right, *left;
    size_t right_bytes, left_bytes;
};

/* Blocks are halved until they are small enough: as even as can be, for any number of threads. */
static int64_t block_rows(int64_t m, int64_t most)
{
    int64_t blocks = 1;
    while ((m + blocks - 1) / blocks > smaller(most, MANY_ROWS)) {
        blocks *= 2;
    }
    return (m + blocks - 1) / blocks;
}

static struct packed plan(const struct agi_product *x)
{
    int64_t depth = agi_even_piece(x->k, BLOCK_DEPTH, 1), unit = x->kernels->columns;
    int64_t rows = block_rows(x->m, BLOCK_BYTES_LEFT / (depth * x->size));
    int64_t columns = agi_even_piece(x->n, BLOCK_COLUMNS, unit);
    bool few = x->m <= (FEW_BLOCKS - 1) * rows;
    return (struct packed){
        .product = x, .rows = rows, .columns = columns, .depth = depth,
        .packed_columns = agi_even_piece(columns, PACKED_COLUMNS, unit),
        .shared_columns = few ? agi_even_piece(columns, SHARED_COLUMNS, unit) : columns,
        .right_bytes = (size_t)(columns * depth * x->size + 63) / 64 * 64,
        .left_bytes = (size_t)(rows * depth * x->size + 63) / 64 * 64,
    };
}

static int64_t pieces_of(int64_t size, int64_t piece)
{
    return (size + piece - 1) / piece;
}

static void pack_right(void *data, int64_t chunk, int thread)
{
    const struct packed *b = data;
    const struct agi_product *x = b->product;
    int64_t j = chunk * b->packed_columns;
    x->kernels->pack_right(b->block_depth, smaller(b->packed_columns, b->block_columns - j),
                           agi_right_at(x, b->p, b->j + j), x->b_row, x->b_column,
                           b->right + j * b->block_depth * x->size);
}

static void multiply_packed(void *data, int64_t chunk, int thread)
{
    const struct packed *b = data;
    const struct agi_product *x = b->product;
    int64_t across = pieces_of(b->block_columns, b->shared_columns);
    int64_t i = chunk / across * b->rows, rows = smaller(b->rows, x->m - i);
    int64_t j = chunk % across * b->shared_columns;
    char *left = b->left + (size_t)thread * b->left_bytes;
    x->kernels->pack_left(rows, b->block_depth, agi_left_at(x, i, b->p), x->a_row, x->a_column,
                          left);
    x->kernels->packed(rows, smaller(b->shared_columns, b->block_columns - j), b->block_depth, left,
                       b->right + j * b->block_depth * x->size, agi_result_at(x, i, b->j + j),
                       x->c_row, x->accumulate || b->p > 0);
}

static bool product_packed(ag_context *context, const struct agi_product *x, void *room)
{
    struct packed b = plan(x);
    b.right = room;
    b.left = b.right + b.right_bytes;
    int64_t blocks = pieces_of(x->m, b.rows);
    for (b.j = 0; b.j < x->n; b.j += b.columns) {
        b.block_columns = smaller(b.columns, x->n - b.j);
        int64_t across = pieces_of(b.block_columns, b.shared_columns);
        for (b.p = 0; b.p < x->k; b.p += b.depth) {
            b.block_depth = smaller(b.depth, x->k - b.p);
            if (!agi_parallel(context, pieces_of(b.block_columns, b.packed_columns), pack_right,
                              &b) ||
                !agi_parallel(context, blocks * across, multiply_packed, &b) ||
                is_interrupted(context)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- Direct ----------------------------------------------------------------------- */

/* B is read where it stands, or, where its rows are not contiguous, from a copy whose are. */
struct direct {
    const struct agi_product *product;
    const char *b;
    int64_t b_row;
    int64_t rows, columns; /* of blocks of C */
    int64_t across;        /* blocks side by side */
    int64_t p;             /* where A's and B's blocks begin */
};

static void multiply_block(void *data, int64_t chunk, int thread)
{
    const struct direct *d = data;
    const struct agi_product *x = d->product;
    int64_t i = chunk / d->across * d->rows, j = chunk % d->across * d->columns;
    x->kernels->direct(smaller(d->rows, x->m - i), smaller(d->columns, x->n - j),
                       smaller(BLOCK_DEPTH, x->k - d->p), agi_left_at(x, i, d->p), x->a_row,
                       x->a_column, d->b + (d->p * d->b_row + j) * x->size, d->b_row,
                       agi_result_at(x, i, j), x->c_row, x->accumulate || d->p > 0);
}

/* Rows are cut so that what is read of B serves many; few rows are not cut, but columns are. */
static bool product_direct(ag_context *context, const struct agi_product *x, void *room)
{
    struct direct d = {.product = x, .b = x->b, .b_row = x->b_row};
    if (x->b_column != 1) {
        x->kernels->copy(x->k, x->n, x->b, x->b_row, x->b_column, room);
        d.b = room;
        d.b_row = x->n;
    }
    if (context == NULL && x->n <= BLOCK_COLUMNS && x->k <= BLOCK_DEPTH) {
        x->kernels->direct(x->m, x->n, x->k, x->a, x->a_row, x->a_column, d.b, d.b_row, x->c,
                           x->c_row, x->accumulate);
        return true;
    }
    int64_t unit = x->kernels->direct_rows;
    d.rows = x->m <= 4 * unit ? x->m : agi_even_piece(x->m, larger(4 * unit, x->m / 8), unit);
    d.columns = x->m <= 4 * unit ? SHARED_COLUMNS : BLOCK_COLUMNS;
    d.across = pieces_of(x->n, d.columns);
    int64_t blocks = pieces_of(x->m, d.rows) * d.across;
    for (d.p = 0; d.p < x->k; d.p += BLOCK_DEPTH) {
        if ((d.p > 0 && is_interrupted(context)) ||
            !agi_parallel(context, blocks, multiply_block, &d)) {
            return false;
        }
    }
    return true;
}

/* Whether copying A and B into panels costs more than it gains. It gains nothing where B is read
   once, and little where its rows are short enough not to evict each other from the caches. */
static bool is_direct(const struct agi_product *x)
{
    enum { SMALL = 16 * 1024, SHORT_ROW_BYTES = 2048, FEW_ROWS = 128 };
    int64_t m = x->m, n = x->n, k = x->k;
    if (x->b_column == 1 &&
        (m <= x->kernels->direct_rows || (m <= FEW_ROWS && n <= SHORT_ROW_BYTES / x->size))) {
        return true;
    }
    return m <= SMALL && n <= SMALL && k <= SMALL && n * k <= SMALL && m * k <= 4 * SMALL;
}

size_t agi_product_blocked_room(const struct agi_product *x, int threads)
{
    if (is_direct(x)) {
        return x->b_column == 1 ? 0 : (size_t)(x->n * x->k * x->size);
    }
    struct packed b = plan(x);
    return b.right_bytes + b.left_bytes * (size_t)threads;
}

bool agi_product_blocked(ag_context *context, const struct agi_product *x, void *room)
{
    return (is_direct(x) ? product_direct : product_packed)(context, x, room);
}
