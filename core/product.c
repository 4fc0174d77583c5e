/* Which product is made by which loops, and the room that they are given. */
#include "product.h"

#include "memory.h"
#include "product_kernels.h"
#include "threads.h"

#include <string.h>

const struct agi_product_kernels *agi_product_kernels_for(agi_isa isa, ag_dtype dtype)
{
    int entry = dtype == AG_FLOAT64;
#if defined(__x86_64__)
    if (isa == AGI_AVX512) {
        return agi_product_avx512[entry];
    }
    if (isa == AGI_AVX2) {
        return agi_product_avx2[entry];
    }
#endif
    return agi_product_baseline[entry];
}

/* Multiplications in a product. */
static double work_of(const struct agi_product *x)
{
    return (double)x->m * (double)x->n * (double)x->k;
}

enum way { NOTHING, ZEROS, INTEGERS, VECTOR, BLOCKED };

static enum way way_of(const struct agi_product *x)
{
    if (x->m == 0 || x->n == 0) {
        return NOTHING;
    }
    if (x->k == 0) {
        return x->accumulate ? NOTHING : ZEROS;
    }
    if (x->kernels == NULL) {
        return INTEGERS;
    }
    if (x->m == 1 || x->n == 1 || x->k == 1) {
        return VECTOR;
    }
    return BLOCKED;
}

static size_t room_of(enum way way, const struct agi_product *x, int threads)
{
    return way == VECTOR ? agi_product_vector_room(x)
         : way == BLOCKED ? agi_product_blocked_room(x, threads) : 0;
}

static bool make(enum way way, ag_context *context, const struct agi_product *x, void *room)
{
    switch (way) {
    case NOTHING:
        break;
    case ZEROS:
        for (int64_t i = 0; i < x->m; i++) {
            memset(agi_result_at(x, i, 0), 0, (size_t)(x->n * x->size));
        }
        break;
    case INTEGERS:
        return agi_product_integer(context, x);
    case VECTOR:
        return agi_product_vector(context, x, room);
    case BLOCKED:
        return agi_product_blocked(context, x, room);
    }
    return true;
}

enum { STACK_BYTES = 8 * 1024 };

/* Multiplications that are worth a chunk of their own: some 10 µs. */
#define SHARED 0x1p19

static bool make_one(ag_context *context, const struct agi_product *x)
{
    enum way way = way_of(x);
    bool is_shared = work_of(x) >= SHARED;
    size_t bytes = room_of(way, x, is_shared ? agi_threads(context) : 1);
    _Alignas(64) char stack[STACK_BYTES];
    void *room = bytes <= sizeof stack ? stack : agi_allocate(context, bytes);
    bool whole = room != NULL && make(way, is_shared ? context : NULL, x, room);
    if (room != stack) {
        agi_deallocate(context, room, bytes);
    }
    return whole;
}

static struct agi_product product_of(const ag_context *context, ag_dtype dtype, int64_t m,
                                     int64_t n, int64_t k, const void *a, int64_t a_row,
                                     int64_t a_column, const void *b, int64_t b_row,
                                     int64_t b_column, void *c, int64_t c_row, bool accumulate)
{
    bool floating = dtype == AG_FLOAT32 || dtype == AG_FLOAT64;
    return (struct agi_product){
        floating ? agi_product_kernels_for(context->isa, dtype) : NULL, dtype,
        (int64_t)ag_dtype_size(dtype), m, n, k, a, a_row, a_column, b, b_row, b_column, c, c_row,
        accumulate,
    };
}

bool agi_product(ag_context *context, ag_dtype dtype, int64_t m, int64_t n, int64_t k,
                 const void *a, int64_t a_row, int64_t a_column, const void *b, int64_t b_row,
                 int64_t b_column, void *c, int64_t c_row, bool accumulate)
{
    struct agi_product x = product_of(context, dtype, m, n, k, a, a_row, a_column, b, b_row,
                                      b_column, c, c_row, accumulate);
    return make_one(context, &x);
}

/* ---- Several -------------------------------------------------------------------- */

struct batch {
    struct agi_product first;
    enum way way;
    int64_t count, each;            /* in a chunk */
    int64_t a_step, b_step, c_step; /* bytes */
    char *room;
    size_t room_each; /* of a thread */
};

static struct agi_product product_at(const struct batch *b, int64_t i)
{
    struct agi_product x = b->first;
    x.a += i * b->a_step;
    x.b += i * b->b_step;
    x.c += i * b->c_step;
    return x;
}

/* Each is made by all threads. */
static bool make_large(ag_context *context, const struct batch *b)
{
    for (int64_t i = 0; i < b->count; i++) {
        struct agi_product x = product_at(b, i);
        if ((i > 0 && agi_interrupted(context)) || !make_one(context, &x)) {
            return false;
        }
    }
    return true;
}

static void make_some(void *data, int64_t chunk, int thread)
{
    const struct batch *b = data;
    int64_t begin = chunk * b->each;
    int64_t end = begin + b->each < b->count ? begin + b->each : b->count;
    for (int64_t i = begin; i < end; i++) {
        struct agi_product x = product_at(b, i);
        make(b->way, NULL, &x, b->room + (size_t)thread * b->room_each);
    }
}

static bool make_small(ag_context *context, struct batch *b)
{
    b->way = way_of(&b->first);
    b->each = 1 + (int64_t)(SHARED / (work_of(&b->first) + 1));
    b->room_each = (room_of(b->way, &b->first, 1) + 63) / 64 * 64;
    size_t bytes = b->room_each * (size_t)(b->each < b->count ? agi_threads(context) : 1);
    _Alignas(64) char stack[STACK_BYTES];
    b->room = bytes <= sizeof stack ? stack : agi_allocate(context, bytes);
    bool whole = b->room != NULL &&
                 agi_parallel(context, (b->count + b->each - 1) / b->each, make_some, b);
    if (b->room != stack) {
        agi_deallocate(context, b->room, bytes);
    }
    return whole;
}

bool agi_products(ag_context *context, ag_dtype dtype, int64_t count, int64_t a_step,
                  int64_t b_step, int64_t c_step, int64_t m, int64_t n, int64_t k, const void *a,
                  int64_t a_row, int64_t a_column, const void *b, int64_t b_row, int64_t b_column,
                  void *c, int64_t c_row, bool accumulate)
{
    int64_t size = (int64_t)ag_dtype_size(dtype);
    struct batch batch = {
        .first = product_of(context, dtype, m, n, k, a, a_row, a_column, b, b_row, b_column, c,
                            c_row, accumulate),
        .count = count, .a_step = a_step * size, .b_step = b_step * size, .c_step = c_step * size,
    };
    return work_of(&batch.first) < 4 * SHARED ? make_small(context, &batch)
                                              : make_large(context, &batch);
}
