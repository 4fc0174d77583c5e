/* Products where a size is 1: matrix by vector, vector by matrix, dot and outer. Memory bounds
   them, so that nothing is copied but a strided vector and rows shorter than a vector register. */
#include "product_kernels.h"

#include "context.h"
#include "cut.h"
#include "threads.h"

enum { STACK_BYTES = 4 * 1024 };

/* Multiplications in a slab, between two looks at the interrupt flag. */
enum { SLAB = 1 << 18 };
/* A single row is cut into parts of so many, at most so many of them, whose sums are added up. */
enum { PART = 1 << 17, MOST_PARTS = 64 };

/* Rows in a slab: a multiple of 16, and enough of them where they lie side by side in memory. */
static int64_t slab_rows(int64_t k, int64_t fewest)
{
    return k > SLAB / fewest ? fewest : SLAB / k / 16 * 16;
}

/* x with stride 1: itself, or a copy. */
static const char *contiguous(const struct agi_product_kernels *kernels, int64_t k, const char *x,
                              int64_t x_stride, void *room)
{
    if (x_stride == 1 || k == 1) {
        return x;
    }
    kernels->copy(k, 1, x, x_stride, 0, room);
    return room;
}

/* ---- Matrix by vector ---------------------------------------------------------- */

/* y = A x or y += A x, A m × k, by the loop that A's strides ask for. */
struct by_vector {
    const struct agi_product_kernels *kernels;
    int64_t m, k;
    const char *a;
    int64_t a_row, a_column;
    const char *x;
    int64_t x_stride;
    char *y;
    int64_t y_stride;
    bool accumulate;
    enum { BY_ROWS, BY_COLUMNS, SHORT_ROWS, ANYHOW } way;
    int64_t slab;
};

static struct by_vector by_vector(const struct agi_product *p)
{
    struct by_vector v = {
        p->kernels, p->m, p->k, p->a, p->a_row, p->k == 1 ? 1 : p->a_column, p->b, p->b_row,
        p->c, p->c_row, p->accumulate, ANYHOW, 0,
    };
    if (p->n != 1) { /* a row by a matrix is the transposed matrix by a column */
        v.m = p->n;
        v.a = p->b;
        v.a_row = p->b_column;
        v.a_column = p->k == 1 ? 1 : p->b_row;
        v.x = p->a;
        v.x_stride = p->a_column;
        v.y_stride = 1;
    }
    int64_t lanes = v.kernels->lanes;
    if (v.m > 1 && v.a_row == 1 && v.y_stride == 1) {
        v.way = BY_COLUMNS;
    } else if (v.a_column == 1 && v.k >= lanes) {
        v.way = BY_ROWS;
    } else if (v.k < lanes && v.m >= lanes && v.y_stride == 1) {
        v.way = SHORT_ROWS;
    }
    v.slab = slab_rows(v.k, v.way == BY_COLUMNS ? 1024 : 16);
    return v;
}

/* Rows shorter than a vector: a transposed copy of some at a time. */
static void short_rows(const struct by_vector *v, int64_t count, const char *from, char *to)
{
    _Alignas(64) char room[STACK_BYTES];
    int64_t size = (int64_t)v->kernels->size, most = STACK_BYTES / v->kernels->lanes / size;
    for (int64_t i = 0; i < count; i += most) {
        int64_t some = count - i < most ? count - i : most;
        v->kernels->copy(v->k, some, from + i * v->a_row * size, v->a_column, v->a_row, room);
        v->kernels->columns_by_vector(some, v->k, room, some, v->x, v->x_stride, to + i * size,
                                      v->accumulate);
    }
}

static void multiply_slab(void *data, int64_t chunk, int thread)
{
    const struct by_vector *v = data;
    const struct agi_product_kernels *kernels = v->kernels;
    int64_t size = (int64_t)kernels->size, i = chunk * v->slab;
    int64_t count = v->m - i < v->slab ? v->m - i : v->slab;
    const char *from = v->a + i * v->a_row * size;
    char *to = v->y + i * v->y_stride * size;
    if (v->way == BY_ROWS) {
        kernels->rows_by_vector(count, v->k, from, v->a_row, v->x, to, v->y_stride, v->accumulate);
    } else if (v->way == BY_COLUMNS && count < 2 * kernels->lanes) {
        kernels->direct(1, count, v->k, v->x, 0, v->x_stride, from, v->a_column, to, count,
                        v->accumulate);
    } else if (v->way == BY_COLUMNS) {
        kernels->columns_by_vector(count, v->k, from, v->a_column, v->x, v->x_stride, to,
                                   v->accumulate);
    } else if (v->way == SHORT_ROWS) {
        short_rows(v, count, from, to);
    } else {
        kernels->direct(count, 1, v->k, from, v->a_row, v->a_column, v->x, v->x_stride, to,
                        v->y_stride, v->accumulate);
    }
}

/* A single row by a column. */
struct dot {
    const struct by_vector *by_vector;
    agi_cut cut;
    union {
        float f32[MOST_PARTS];
        double f64[MOST_PARTS];
    } sums; /* of the parts */
};

static void multiply_part(void *data, int64_t chunk, int thread)
{
    struct dot *d = data;
    const struct by_vector *v = d->by_vector;
    agi_part part = agi_part_of(&d->cut, chunk);
    int64_t at = part.column * (int64_t)v->kernels->size;
    void *sum = v->kernels->size == sizeof(float) ? (void *)&d->sums.f32[chunk]
                                                  : (void *)&d->sums.f64[chunk];
    v->kernels->rows_by_vector(1, part.columns, v->a + at, 0, v->x + at, sum, 1, false);
}

static bool long_dot(ag_context *context, const struct by_vector *v)
{
    int64_t most = v->k / MOST_PARTS + 1;
    struct dot d = {.by_vector = v, .cut = agi_cut_rows(1, v->k, most < PART ? PART : most, 64)};
    if (!agi_parallel(context, d.cut.count, multiply_part, &d)) {
        return false;
    }
    bool is_float = v->kernels->size == sizeof(float);
    double sum = !v->accumulate ? 0 : is_float ? *(float *)v->y : *(double *)v->y;
    for (int64_t i = 0; i < d.cut.count; i++) {
        sum += is_float ? d.sums.f32[i] : d.sums.f64[i];
    }
    if (is_float) {
        *(float *)v->y = (float)sum;
    } else {
        *(double *)v->y = sum;
    }
    return true;
}

static bool matrix_by_vector(ag_context *context, struct by_vector *v, void *room)
{
    if (v->way == BY_ROWS) {
        v->x = contiguous(v->kernels, v->k, v->x, v->x_stride, room);
        if (v->m == 1 && v->k > PART) {
            return long_dot(context, v);
        }
    }
    int64_t slabs = v->m <= v->slab ? 1 : (v->m + v->slab - 1) / v->slab;
    return agi_parallel(context, slabs, multiply_slab, v);
}

/* ---- Column by row --------------------------------------------------------------- */

struct outer {
    const struct agi_product *product;
    const char *b; /* contiguous */
    int64_t slab;
};

static void outer_slab(void *data, int64_t chunk, int thread)
{
    const struct outer *o = data;
    const struct agi_product *x = o->product;
    int64_t i = chunk * o->slab, count = x->m - i < o->slab ? x->m - i : o->slab;
    const char *from = agi_left_at(x, i, 0);
    char *to = agi_result_at(x, i, 0);
    if (x->n < 2 * x->kernels->lanes) {
        x->kernels->direct(count, x->n, 1, from, x->a_row, 1, o->b, x->n, to, x->c_row,
                           x->accumulate);
    } else {
        x->kernels->outer(count, x->n, from, x->a_row, o->b, to, x->c_row, x->accumulate);
    }
}

static bool outer(ag_context *context, const struct agi_product *x, void *room)
{
    int64_t most = SLAB / x->n;
    struct outer o = {x, contiguous(x->kernels, x->n, x->b, x->b_column, room), most + (most == 0)};
    return agi_parallel(context, (x->m + o.slab - 1) / o.slab, outer_slab, &o);
}

/* ---- Both -------------------------------------------------------------------------- */

static bool is_outer(const struct agi_product *x)
{
    return x->m > 1 && x->n > 1;
}

size_t agi_product_vector_room(const struct agi_product *x)
{
    if (is_outer(x)) {
        return x->b_column == 1 ? 0 : (size_t)(x->n * x->size);
    }
    if ((x->n == 1 ? x->b_row : x->a_column) == 1) {
        return 0;
    }
    struct by_vector v = by_vector(x);
    return v.way == BY_ROWS ? (size_t)(v.k * x->size) : 0;
}

bool agi_product_vector(ag_context *context, const struct agi_product *x, void *room)
{
    if (is_outer(x)) {
        return outer(context, x, room);
    }
    struct by_vector v = by_vector(x);
    return matrix_by_vector(context, &v, room);
}
