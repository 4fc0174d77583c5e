#include "positions.h"

#include <stdatomic.h>

#include "cast.h"
#include "cut.h"
#include "dtype.h"
#include "pick.h"
#include "threads.h"

bool agi_is_index(ag_context *context, const char *operation, const ag_tensor *index)
{
    if (index->dtype == AG_INT64 || index->dtype == AG_INT32) {
        return true;
    }
    agi_fail(context, AG_ERROR_RUNTIME, "%s(): Expected dtype int32/int64 for index, but got %s",
             operation, ag_dtype_name((ag_dtype)index->dtype));
    return false;
}

/* ---- Loops ---------------------------------------------------------------- */

AGI_INLINE void check_body(const int64_t *positions, int64_t count, int64_t size, bool *outside)
{
    *outside = agi_any_outside(positions, count, size);
}
AGI_VARIANTS(check, (const int64_t *positions, int64_t count, int64_t size, bool *outside),
             (positions, count, size, outside))
static void (*const check_variants[])(const int64_t *, int64_t, int64_t, bool *) =
    AGI_VARIANT_LIST(check);

/* Positions, negative ones from the end, to places. */
AGI_INLINE void places_body(int64_t *p, int64_t count, int64_t size, bool *outside)
{
    int64_t signs = 0;
    for (int64_t i = 0; i < count; i++) {
        p[i] = p[i] > 0 ? p[i] - 1 : p[i] + size;
        signs |= agi_outside_sign(p[i], size);
    }
    *outside = signs < 0;
}
AGI_VARIANTS(places, (int64_t *p, int64_t count, int64_t size, bool *outside),
             (p, count, size, outside))
static void (*const places_variants[])(int64_t *, int64_t, int64_t, bool *) =
    AGI_VARIANT_LIST(places);

/* ---- Whole tensors -------------------------------------------------------- */

/* The error for the first that is outside. */
static void complain(ag_tensor *index, int64_t size, int dim, bool from_end)
{
    ag_tensor *positions = agi_contiguous_as(index, AG_INT64);
    if (positions == NULL) {
        return;
    }
    const int64_t *p = (const int64_t *)positions->data;
    while ((*p > 0 && *p <= size) || (from_end && *p < 0 && *p + size >= 0)) {
        p++;
    }
    agi_fail(index->context, AG_ERROR_INDEX,
             *p == 0 ? "index %lld is out of bounds for dimension %d with size %lld: "
                       "positions count from 1"
                     : "index %lld is out of bounds for dimension %d with size %lld",
             (long long)*p, dim + 1, (long long)size);
    ag_release(positions);
}

/* What all chunks know. */
typedef struct task {
    agi_isa isa;
    const int64_t *positions;
    int64_t size;
    agi_cut cut;
    atomic_bool outside;
} task;

static void check_chunk(void *data, int64_t chunk, int thread)
{
    task *t = data;
    const agi_part part = agi_part_of(&t->cut, chunk);
    bool outside;
    check_variants[t->isa](t->positions + part.column, part.columns, t->size, &outside);
    if (outside) {
        atomic_store_explicit(&t->outside, true, memory_order_relaxed);
    }
}

ag_tensor *agi_positions(ag_tensor *index, int64_t size, int dim)
{
    ag_context *context = index->context;
    ag_tensor *positions = agi_contiguous_as(index, AG_INT64);
    if (positions == NULL) {
        return NULL;
    }
    task t = {.isa = context->isa, .positions = (const int64_t *)positions->data, .size = size,
              .cut = agi_cut_rows(1, positions->numel, AGI_CHUNK, 64)};
    bool inside = agi_parallel(context, t.cut.count, check_chunk, &t);
    if (inside && t.outside) {
        complain(index, size, dim, false);
        inside = false;
    }
    if (!inside) {
        ag_release(positions);
    }
    return inside ? positions : NULL;
}

ag_tensor *agi_places(ag_tensor *index, int64_t size, int dim)
{
    ag_context *context = index->context;
    ag_tensor *places = agi_disown(agi_new(context, AG_INT64, index->ndim, index->shape));
    bool outside = true;
    if (places != NULL && agi_copy_numbers(places, index)) {
        places_variants[context->isa]((int64_t *)places->data, places->numel, size, &outside);
        if (outside) {
            complain(index, size, dim, true);
        }
    }
    if (outside) {
        ag_release(places);
    }
    return outside ? NULL : places;
}
