/* Reading and writing by tensors of positions: x[{rows, columns}]. */
#include <stdio.h>
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "positions.h"

/* Where positions along some dims of a tensor point. The dims that they replace become theirs,
 * broadcast together, in the place of the first one where they stand side by side, else in front. */
typedef struct plan {
    int ndim;                    /* of the result */
    int64_t shape[AG_MAX_DIMS];  /* before, positions, after */
    int before, middle;          /* dims in front of the positions', and theirs */
    int64_t rest[AG_MAX_DIMS];   /* strides of the other dims in self, 0 at the positions' */
} plan;

static bool shapes_mismatch(ag_context *context, ag_tensor *const *positions, int count)
{
    char shapes[4 * AGI_SHAPE_TEXT] = "";
    for (int i = 0; i < count; i++) {
        char shape[AGI_SHAPE_TEXT];
        size_t used = strlen(shapes);
        snprintf(shapes + used, sizeof shapes - used, "%s%s", i == 0 ? "" : ", ",
                 agi_shape_text(positions[i]->ndim, positions[i]->shape, shape, sizeof shape));
    }
    agi_fail(context, AG_ERROR_INDEX, "shape mismatch: indexing tensors could not be broadcast "
             "together with shapes %s", shapes);
    return false;
}

static bool make_plan(agi_call *call, ag_tensor *const *positions, int count, ag_integers dims,
                      plan *p)
{
    const ag_tensor *self = call->inputs[0];
    int64_t shape[AG_MAX_DIMS];
    int middle = 0, picked[AG_MAX_DIMS];
    if (count == 0 || dims.count != count || !agi_wrap_dims(call->context, dims, self->ndim, picked)) {
        agi_fail(call->context, AG_ERROR_INDEX, "too many indices for tensor of dimension %d",
                 self->ndim);
        return false;
    }
    bool is_picked[AG_MAX_DIMS] = {false}, adjacent = true;
    for (int i = 0; i < count; i++) {
        if (!agi_is_index(call->context, "index", positions[i])) {
            return false;
        }
        if (!agi_broadcast(call->context, &middle, shape, positions[i]->ndim,
                           positions[i]->shape)) {
            ag_clear_error(call->context);
            return shapes_mismatch(call->context, positions, count);
        }
        is_picked[picked[i]] = true;
        adjacent = adjacent && (i == 0 || picked[i] == picked[i - 1] + 1);
    }
    if (!agi_check_ndim(call->context, self->ndim - count + middle)) {
        return false;
    }
    bool points = true; /* some place of the positions is to be looked up */
    for (int i = 0; i < middle; i++) {
        points = points && shape[i] > 0;
    }
    for (int i = 0; i < count && points; i++) {
        if (self->shape[picked[i]] == 0) {
            agi_fail(call->context, AG_ERROR_INDEX,
                     "index is out of bounds for dimension with size 0");
            return false;
        }
    }
    p->before = adjacent ? picked[0] : 0;
    p->middle = middle;
    p->ndim = 0;
    for (int i = 0; i <= self->ndim; i++) {
        if (i == p->before + (adjacent ? count : 0) || (i == 0 && !adjacent)) {
            for (int k = 0; k < middle; k++) {
                p->rest[p->ndim] = 0;
                p->shape[p->ndim++] = shape[k];
            }
        }
        if (i < self->ndim && !is_picked[i]) {
            p->rest[p->ndim] = self->strides[i];
            p->shape[p->ndim++] = self->shape[i];
        }
    }
    return true;
}

/* Adds places along a dim, stride elements apart, to the offsets; `first` writes them. */
static void add_places(int64_t *offsets, const int64_t *places, int64_t count, int64_t stride,
                       bool first)
{
    if (first) {
        for (int64_t k = 0; k < count; k++) {
            offsets[k] = places[k] * stride;
        }
        return;
    }
    for (int64_t k = 0; k < count; k++) {
        offsets[k] += places[k] * stride;
    }
}

/* places in the shape of the broadcast positions; the caller's, as places was. */
static ag_tensor *broadcast_places(ag_tensor *places, const plan *p)
{
    if (places == NULL || agi_shape_is(places, p->middle, p->shape + p->before)) {
        return places;
    }
    ag_tensor *whole = agi_disown(agi_new(places->context, AG_INT64, p->middle,
                                          p->shape + p->before));
    if (whole != NULL && !agi_copy_numbers(whole, places)) {
        ag_release(whole);
        whole = NULL;
    }
    ag_release(places);
    return whole;
}

/* For each place of the broadcast positions, where it points in self, in elements. */
static ag_tensor *make_offsets(agi_call *call, const ag_tensor *self,
                               ag_tensor *const *positions, int count, ag_integers dims,
                               const plan *p)
{
    ag_tensor *offsets = NULL;
    for (int i = 0; i < count; i++) {
        int dim = agi_wrap_dim(call->context, dims.items[i], self->ndim);
        ag_tensor *along = broadcast_places(agi_places(positions[i], self->shape[dim], dim), p);
        if (along == NULL) {
            ag_release(offsets);
            return NULL;
        }
        ag_tensor *sum = offsets == NULL ? along : offsets;
        add_places((int64_t *)sum->data, (const int64_t *)along->data, along->numel,
                   self->strides[dim], offsets == NULL);
        if (offsets != NULL) {
            ag_release(along);
        }
        offsets = sum;
    }
    return offsets;
}

/* Does MOVE for each element, which is at self_at and value_at, in elements. value lies as the
 * result does, with strides of its own; along the last dim self is gone through by a stride, or is
 * pointed to. */
#define FOR_EACH_ELEMENT(P, OFFSETS, VALUE, MOVE)                                               \
    do {                                                                                        \
        const int64_t *points = (const int64_t *)(OFFSETS)->data;                               \
        int64_t at[AG_MAX_DIMS] = {0}, rest_at = 0, from_at = 0, point = 0, runs = 1;           \
        const int first = (P)->before, end = (P)->before + (P)->middle;                         \
        const int last = (P)->ndim - 1;                                                         \
        const int64_t count = last >= 0 ? (P)->shape[last] : 1;                                 \
        const int64_t self_step = last >= 0 ? (P)->rest[last] : 0;                              \
        const int64_t value_step = last >= 0 ? (VALUE)->strides[last] : 0;                      \
        for (int d = 0; d < last; d++) {                                                        \
            runs *= (P)->shape[d];                                                              \
        }                                                                                       \
        for (int64_t run = 0; run < runs; run++) {                                              \
            const int64_t run_at = rest_at + points[point];                                     \
            if (last < end) {                                                                   \
                for (int64_t i = 0; i < count; i++) {                                           \
                    const int64_t self_at = rest_at + points[point + i];                        \
                    const int64_t value_at = from_at + i * value_step;                          \
                    MOVE                                                                        \
                }                                                                               \
            } else {                                                                            \
                for (int64_t i = 0; i < count; i++) {                                           \
                    const int64_t self_at = run_at + i * self_step;                             \
                    const int64_t value_at = from_at + i * value_step;                          \
                    MOVE                                                                        \
                }                                                                               \
            }                                                                                   \
            for (int d = last - 1; d >= 0; d--) {                                               \
                from_at += (VALUE)->strides[d];                                                 \
                rest_at += (P)->rest[d];                                                        \
                if (++at[d] < (P)->shape[d]) {                                                  \
                    break;                                                                      \
                }                                                                               \
                from_at -= (VALUE)->strides[d] * (P)->shape[d];                                 \
                rest_at -= (P)->rest[d] * (P)->shape[d];                                        \
                at[d] = 0;                                                                      \
            }                                                                                   \
            point = 0;                                                                          \
            for (int d = first; d < end; d++) {                                                 \
                point = point * (P)->shape[d] + at[d];                                          \
            }                                                                                   \
        }                                                                                       \
    } while (0)

static bool is_empty(const plan *p)
{
    for (int i = 0; i < p->ndim; i++) {
        if (p->shape[i] == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Reading ---------------------------------------------------------------- */

static bool index_infer(agi_call *call)
{
    plan p;
    if (!make_plan(call, call->inputs + 1, call->input_count - 1, call->arguments[2].integers,
                   &p)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)call->inputs[0]->dtype, p.ndim, p.shape);
    return true;
}

static bool index_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor;
    ag_tensor *const *positions = call->inputs + 1;
    int positions_count = call->input_count - 1;
    ag_integers dims = call->arguments[2].integers;
    plan p;
    if (!make_plan(call, positions, positions_count, dims, &p)) {
        return false;
    }
    if (is_empty(&p)) {
        return true;
    }
    ag_tensor *offsets = make_offsets(call, self, positions, positions_count, dims, &p);
    if (offsets == NULL) {
        return false;
    }
    AGI_BY_SIZE(agi_size_of(self->dtype), {
        const TYPE *from = (const TYPE *)self->data;
        TYPE *to = (TYPE *)out->data;
        FOR_EACH_ELEMENT(&p, offsets, out, { to[value_at] = from[self_at]; });
    })
    ag_release(offsets);
    return true;
}

/* The saved positions as a list. */
static ag_tensors saved_positions(agi_gradient *b, int first, ag_tensor **room)
{
    int64_t count = b->node->edge_count - first;
    for (int64_t i = 0; i < count; i++) {
        room[i] = agi_saved_input(b, first + (int)i);
    }
    return (ag_tensors){room, count};
}

static ag_tensor *index_back(agi_gradient *b)
{
    ag_tensor *room[16];
    ag_tensors positions = saved_positions(b, 1, room);
    ag_tensor *zeros = ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype, false);
    return ag_index_put_(zeros, b->g, positions, b->arguments[2].integers, true);
}

static void index_gradient(agi_gradient *b)
{
    GIVE(0, index_back(b));
}

AG_OPERATION(index, INTERNAL, "index(Tensor self, Tensors positions, ints dims) -> Tensor",
    "The elements at positions along dims, which are broadcast together and take dims' place.",
    .infer = index_infer, .kernel = index_kernel, .gradient = index_gradient,
    .saves = {0xfffe}, .node = "IndexBackward0")

/* ---- Writing ----------------------------------------------------------------- */

static bool index_put_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0], *values = call->inputs[1];
    plan p;
    if (!make_plan(call, call->inputs + 2, call->input_count - 2, call->arguments[3].integers,
                   &p)) {
        return false;
    }
    int ndim = p.ndim;
    int64_t shape[AG_MAX_DIMS];
    memcpy(shape, p.shape, (size_t)ndim * sizeof *shape);
    bool fits = agi_broadcast(call->context, &ndim, shape, values->ndim, values->shape) &&
                ndim == p.ndim && memcmp(shape, p.shape, (size_t)ndim * sizeof *shape) == 0;
    if (!fits) {
        char have[AGI_SHAPE_TEXT], want[AGI_SHAPE_TEXT];
        ag_clear_error(call->context);
        agi_fail(call->context, AG_ERROR_RUNTIME, "shape mismatch: value tensor of shape %s cannot "
                 "be broadcast to indexing result of shape %s",
                 agi_shape_text(values->ndim, values->shape, have, sizeof have),
                 agi_shape_text(p.ndim, p.shape, want, sizeof want));
        return false;
    }
    if (values->is_number && !agi_check_fits(call->context, call->arguments[1].number,
                                             (ag_dtype)self->dtype)) {
        return false;
    }
    if (!values->is_number && values->dtype != self->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Index put requires the source and destination "
                 "dtypes match, got %s for the destination and %s for the source.",
                 agi_scalar_name((ag_dtype)self->dtype), agi_scalar_name((ag_dtype)values->dtype));
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

/* values, cast and seen in the shape that the positions have in self; the caller's. */
static ag_tensor *spread(const ag_tensor *self, ag_tensor *values, const plan *p)
{
    ag_tensor *cast = values->dtype == self->dtype ? ag_retain(values)
                                                   : agi_disown(agi_cast(values, (ag_dtype)self->dtype));
    if (cast == NULL) {
        return NULL;
    }
    int64_t strides[AG_MAX_DIMS];
    int more = p->ndim - cast->ndim;
    for (int i = 0; i < p->ndim; i++) {
        strides[i] = i < more || cast->shape[i - more] == 1 ? 0 : cast->strides[i - more];
    }
    ag_tensor *spread = agi_disown(agi_alias(cast, p->ndim, p->shape, strides, 0));
    ag_release(cast);
    return spread;
}

static bool index_put_kernel(agi_call *call)
{
    ag_tensor *self = call->results[0].tensor;
    ag_tensor *const *positions = call->inputs + 2;
    int positions_count = call->input_count - 2;
    ag_integers dims = call->arguments[3].integers;
    plan p;
    if (!make_plan(call, positions, positions_count, dims, &p)) {
        return false;
    }
    if (is_empty(&p)) {
        return true;
    }
    ag_tensor *offsets = make_offsets(call, self, positions, positions_count, dims, &p);
    ag_tensor *values = offsets == NULL ? NULL : spread(self, call->inputs[1], &p);
    bool done = values != NULL;
    if (done && call->arguments[4].boolean) {
        AGI_BY_DTYPE((ag_dtype)self->dtype, {
            const TYPE *from = (const TYPE *)values->data;
            TYPE *to = (TYPE *)self->data;
            FOR_EACH_ELEMENT(&p, offsets, values, { to[self_at] += from[value_at]; });
        })
    } else if (done) {
        AGI_BY_SIZE(agi_size_of(self->dtype), {
            const TYPE *from = (const TYPE *)values->data;
            TYPE *to = (TYPE *)self->data;
            FOR_EACH_ELEMENT(&p, offsets, values, { to[self_at] = from[value_at]; });
        })
    }
    ag_release(values);
    ag_release(offsets);
    return done;
}

static void index_put_gradient(agi_gradient *b)
{
    ag_tensor *room[16];
    ag_tensors positions = saved_positions(b, 2, room);
    ag_integers dims = b->arguments[3].integers;
    bool accumulate = b->arguments[4].boolean;
    GIVE(0, accumulate ? b->g : ag_index_put__number(ag_clone(b->g), 0, positions, dims, false));
    GIVE(1, ag_index(b->g, positions, dims));
}

AG_OPERATION(index_put_, INTERNAL,
    "index_put_(Tensor self, Operand values, Tensors positions, ints dims, bool accumulate=false) -> Tensor",
    "Writes values, broadcast, to the elements at positions along dims, or adds them.",
    .infer = index_put_infer, .kernel = index_put_kernel, .gradient = index_put_gradient,
    .saves = {0xfffc, 0xfffc}, .node = "IndexPutBackward0")
