/* Elements picked along a dim, one position for each: gather, scatter, scatter_add. */
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "positions.h"
#include "reduce.h"

static bool check_index(agi_call *call, bool within_self)
{
    const ag_tensor *self = call->inputs[0], *index = call->inputs[1];
    const char *name = call->operation->info.name;
    char one[AGI_SHAPE_TEXT], two[AGI_SHAPE_TEXT];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    if (dim < 0 || !agi_is_index(call->context, name, index)) {
        return false;
    }
    if (index->numel == 0) {
        return true;
    }
    if ((index->ndim == 0 ? 1 : index->ndim) != (self->ndim == 0 ? 1 : self->ndim)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "Index tensor must have the same number of dimensions as %s tensor",
                 within_self ? "input" : "self");
        return false;
    }
    for (int i = 0; i < index->ndim && i < self->ndim && within_self; i++) {
        if (i != dim && index->shape[i] > self->shape[i]) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "Size does not match at dimension %d expected "
                     "index %s to be no larger than self %s apart from dimension %d", i + 1,
                     agi_shape_text(index->ndim, index->shape, one, sizeof one),
                     agi_shape_text(self->ndim, self->shape, two, sizeof two), dim + 1);
            return false;
        }
    }
    return true;
}

/* Walks index in the order of its elements. picked is the tensor that positions point into, along
 * dim; beside lies element by element with index. Strides in elements. */
typedef struct walk {
    const ag_tensor *positions;
    int ndim;
    const int64_t *shape;
    int64_t picked[AG_MAX_DIMS], beside[AG_MAX_DIMS]; /* picked[dim] is 0 */
    int64_t along;                                    /* picked's stride of dim */
} walk;

static void begin_walk(walk *w, const ag_tensor *positions, const ag_tensor *picked, int dim,
                       const ag_tensor *beside)
{
    w->positions = positions;
    w->ndim = positions->ndim;
    w->shape = positions->shape;
    for (int i = 0; i < w->ndim; i++) {
        w->picked[i] = i == dim || picked->ndim == 0 ? 0 : picked->strides[i];
        w->beside[i] = beside->ndim == 0 ? 0 : beside->strides[i];
    }
    w->along = picked->ndim == 0 ? 0 : picked->strides[dim];
}

/* For each line along the last dim: LINE sees p (count positions), picked_at and beside_at, and
 * the line's steps picked_step and beside_step. */
#define FOR_EACH_LINE(W, LINE)                                                                  \
    do {                                                                                        \
        int last = (W)->ndim - 1;                                                               \
        int64_t count = last < 0 ? 1 : (W)->shape[last];                                        \
        int64_t picked_step = last < 0 ? 0 : (W)->picked[last];                                 \
        int64_t beside_step = last < 0 ? 0 : (W)->beside[last];                                 \
        int64_t at[AG_MAX_DIMS] = {0}, picked_at = 0, beside_at = 0;                            \
        const int64_t *p = (const int64_t *)(W)->positions->data;                               \
        int64_t lines = count == 0 ? 0 : (W)->positions->numel / count;                         \
        for (int64_t line = 0; line < lines; line++, p += count) {                              \
            LINE                                                                                \
            for (int d = last - 1; d >= 0; d--) {                                               \
                picked_at += (W)->picked[d];                                                    \
                beside_at += (W)->beside[d];                                                    \
                if (++at[d] < (W)->shape[d]) {                                                  \
                    break;                                                                      \
                }                                                                               \
                picked_at -= (W)->picked[d] * (W)->shape[d];                                    \
                beside_at -= (W)->beside[d] * (W)->shape[d];                                    \
                at[d] = 0;                                                                      \
            }                                                                                   \
        }                                                                                       \
    } while (0)

static int64_t size_along(const ag_tensor *t, int dim)
{
    return t->ndim == 0 ? 1 : t->shape[dim];
}

/* ---- gather --------------------------------------------------------------- */

static bool gather_infer(agi_call *call)
{
    if (!check_index(call, true)) {
        return false;
    }
    const ag_tensor *index = call->inputs[1];
    agi_set_result(call, 0, (ag_dtype)call->inputs[0]->dtype, index->ndim, index->shape);
    return true;
}

/* The elements of a line; a place out of range counts as the first. */
#define PICK(TO, FROM)                                                                          \
    for (int64_t i = 0; i < count; i++) {                                                       \
        const int64_t place = (uint64_t)p[i] - 1 < size ? p[i] - 1 : 0;                         \
        outside |= place != p[i] - 1;                                                           \
        TO = FROM;                                                                              \
    }

static bool are_positions(ag_tensor *index, int64_t size, int dim)
{
    ag_tensor *positions = agi_positions(index, size, dim, false);
    ag_release(positions);
    return positions != NULL;
}

/* Positions are checked as they are used; where one is out of range, agi_positions says so. */
static bool gather_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0], *index = call->inputs[1], *out = call->results[0].tensor;
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    const uint64_t size = (uint64_t)size_along(self, dim);
    if (size == 0) {
        return are_positions(index, 0, dim);
    }
    ag_tensor *positions = agi_contiguous_as(index, AG_INT64);
    if (positions == NULL) {
        return false;
    }
    walk w;
    bool outside = false;
    begin_walk(&w, positions, self, dim, out);
    AGI_BY_SIZE(agi_size_of(self->dtype), {
        const TYPE *from = (const TYPE *)self->data;
        TYPE *to = (TYPE *)out->data;
        FOR_EACH_LINE(&w, {
            if (picked_step == 0 && w.along == 1 && beside_step == 1) {
                PICK(to[beside_at + i], from[picked_at + place])
            } else {
                PICK(to[beside_at + i * beside_step],
                     from[picked_at + i * picked_step + place * w.along])
            }
        });
    })
    ag_release(positions);
    return !outside || are_positions(index, (int64_t)size, dim);
}

static void gather_gradient(agi_gradient *b)
{
    GIVE(0, ag_scatter_add(ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype,
                                    false),
                           b->arguments[1].integer, SAVED_INPUT(1), b->g));
}

AG_OPERATION(gather, BOTH, "gather(Tensor self, Dim dim, Tensor index) -> Tensor",
    "out[i][j] = self[index[i][j]][j] for dim 1, and so on: index's shape, positions along dim.",
    .infer = gather_infer, .kernel = gather_kernel, .gradient = gather_gradient,
    .saves = {INPUT(1)}, .node = "GatherBackward0")

/* ---- scatter, scatter_add ----------------------------------------------------- */

/* Whether index lies within self, but for dim, and within src. */
static bool fits_beside(agi_call *call, const ag_tensor *src)
{
    const ag_tensor *self = call->inputs[0], *index = call->inputs[1];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    bool fits = true;
    if (!src->is_number && src->ndim != index->ndim) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "Index tensor must have the same number of dimensions as src tensor");
        return false;
    }
    for (int i = 0; i < index->ndim && fits; i++) {
        fits = (i == dim || self->ndim == 0 || index->shape[i] <= self->shape[i]) &&
               (src->is_number || index->shape[i] <= src->shape[i]);
    }
    if (!fits) {
        char one[AGI_SHAPE_TEXT], two[AGI_SHAPE_TEXT], three[AGI_SHAPE_TEXT];
        agi_shape_text(src->ndim, src->shape, three, sizeof three);
        agi_fail(call->context, AG_ERROR_RUNTIME, "Expected index %s to be no larger than self %s "
                 "apart from dimension %d%s%s",
                 agi_shape_text(index->ndim, index->shape, one, sizeof one),
                 agi_shape_text(self->ndim, self->shape, two, sizeof two), dim + 1,
                 src->is_number ? "" : " and to be no larger size than src ",
                 src->is_number ? "" : three);
    }
    return fits;
}

static bool scatter_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0], *index = call->inputs[1], *src = call->inputs[2];
    if (!check_index(call, false)) {
        return false;
    }
    if (!src->is_number && src->dtype != self->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "scatter(): Expected self.dtype to be equal to src.dtype");
        return false;
    }
    if (src->is_number && index->numel > 0 &&
        !agi_check_fits(call->context, call->arguments[3].number, (ag_dtype)self->dtype)) {
        return false;
    }
    if (index->numel > 0 && !fits_beside(call, src)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

static bool scatter(agi_call *call, bool add)
{
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor, *src = call->inputs[2];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    if (!agi_copy_numbers(out, self)) {
        return false;
    }
    ag_tensor *positions = agi_positions(call->inputs[1], size_along(self, dim), dim, false);
    if (positions == NULL) {
        return false;
    }
    int64_t number;
    ag_tensor value = *src;
    if (src->is_number) {
        agi_store_element((ag_dtype)self->dtype, &number,
                          agi_element((ag_dtype)src->dtype, src->data));
        value.data = (char *)&number;
    }
    walk w;
    begin_walk(&w, positions, out, dim, &value);
    if (add) {
        AGI_BY_DTYPE((ag_dtype)self->dtype, {
            const TYPE *from = (const TYPE *)value.data;
            TYPE *to = (TYPE *)out->data;
            FOR_EACH_LINE(&w, {
                for (int64_t i = 0; i < count; i++) {
                    to[picked_at + i * picked_step + p[i] * w.along] +=
                        from[beside_at + i * beside_step];
                }
            });
        })
    } else {
        AGI_BY_SIZE(agi_size_of(self->dtype), {
            const TYPE *from = (const TYPE *)value.data;
            TYPE *to = (TYPE *)out->data;
            FOR_EACH_LINE(&w, {
                for (int64_t i = 0; i < count; i++) {
                    to[picked_at + i * picked_step + p[i] * w.along] =
                        from[beside_at + i * beside_step];
                }
            });
        })
    }
    ag_release(positions);
    return true;
}

static bool scatter_kernel(agi_call *call)
{
    return scatter(call, false);
}

static bool scatter_add_kernel(agi_call *call)
{
    return scatter(call, true);
}

static void scatter_gradient(agi_gradient *b)
{
    int64_t dim = b->arguments[1].integer;
    GIVE(0, ag_scatter_number(b->g, dim, SAVED_INPUT(1), 0));
    GIVE(2, ag_gather(b->g, dim, SAVED_INPUT(1)));
}

static const char *scatter_name(const agi_call *call)
{
    return call->arguments[3].is_tensor ? "ScatterBackward0" : "ScatterBackward1";
}

AG_OPERATION(scatter, BOTH_AND_INPLACE,
    "scatter(Tensor self, Dim dim, Tensor index, Operand src) -> Tensor",
    "self with self[index[i][j]][j] = src[i][j] for dim 1, and so on.",
    .infer = scatter_infer, .kernel = scatter_kernel, .gradient = scatter_gradient,
    .saves = {INPUT(1), 0, INPUT(1)}, .node_name = scatter_name)

static void scatter_add_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
    GIVE(2, ag_gather(b->g, b->arguments[1].integer, SAVED_INPUT(1)));
}

AG_OPERATION(scatter_add, BOTH_AND_INPLACE,
    "scatter_add(Tensor self, Dim dim, Tensor index, Tensor src) -> Tensor",
    "self with self[index[i][j]][j] += src[i][j] for dim 1, and so on.",
    .infer = scatter_infer, .kernel = scatter_add_kernel, .gradient = scatter_add_gradient,
    .saves = {0, 0, INPUT(1)}, .node = "ScatterAddBackward0")

/* ---- take_along_dim --------------------------------------------------------------- */

/* Positions counted from the end, which gather does not know, as counted from the start. */
static ag_tensor *from_start(ag_tensor *index, int64_t size)
{
    if (!agi_is_index(index->context, "take_along_dim", index)) {
        return NULL;
    }
    ag_tensor *beyond = ag_full(index->context, AG_INTEGERS(1), (double)size + 1, AG_INT64, false);
    ag_tensor *is_from_end = ag_logical_and(ag_lt_number(index, 0),
                                            ag_ge_number(index, -(double)size));
    return ag_where(is_from_end, ag_add(index, ag_view(beyond, (ag_integers){NULL, 0})), index);
}

static bool take_along_dim_body(ag_context *context, const ag_value *arguments,
                                ag_results *results)
{
    ag_tensor *self = arguments[0].tensor, *index = arguments[1].tensor;
    if (!arguments[2].given) {
        return agi_one_result(results, ag_gather(ag_reshape(self, AG_INTEGERS(-1)), 1,
                                                 ag_reshape(index, AG_INTEGERS(-1))));
    }
    int dim = agi_wrap_dim(context, arguments[2].integer, self->ndim);
    if (dim < 0) {
        return false;
    }
    if (self->ndim == 0 && index->ndim == 0) {
        agi_fail(context, AG_ERROR_INDEX, "Dimension specified as 1 but tensor has no dimensions");
        return false;
    }
    if (self->ndim != index->ndim) {
        agi_fail(context, AG_ERROR_RUNTIME, "take_along_dim(): input and indices should have the "
                 "same number of dimensions, but got %d dimensions for input, and %d dimensions "
                 "for indices", self->ndim, index->ndim);
        return false;
    }
    int64_t of_self[AG_MAX_DIMS], of_index[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        int64_t size = self->shape[i] == 1 ? index->shape[i] : self->shape[i];
        of_self[i] = i == dim ? self->shape[i] : size;
        of_index[i] = i == dim ? index->shape[i] : size;
    }
    ag_tensor *forward = from_start(index, self->shape[dim]);
    return agi_one_result(results,
        ag_gather(ag_expand(self, (ag_integers){of_self, self->ndim}), arguments[2].integer,
                  ag_expand(forward, (ag_integers){of_index, self->ndim})));
}

AG_OPERATION(take_along_dim, BOTH,
    "take_along_dim(Tensor self, Tensor indices, Dim? dim=None) -> Tensor",
    "gather with the other dims broadcast; without dim both are flattened.",
    .body = take_along_dim_body)
