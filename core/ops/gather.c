/* Elements picked along a dim, one position for each: gather, scatter, scatter_add. */
#include "cast.h"
#include "dtype.h"
#include "iterate.h"
#include "pick.h"
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

/* ---- Lines of positions ------------------------------------------------------- */

/* A loop over positions, what they point into (picked) and what lies beside them, element by
 * element. The parameter is how many bytes picked steps along dim. DENSE is the whole of a line
 * where all elements lie side by side, ONE an element of any other. */
#define LINE_LOOP(NAME, TYPE, DENSE, ONE)                                                       \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *parameters)                                       \
    {                                                                                           \
        const int64_t step = (int64_t)parameters[0];                                            \
        if (strides[0] == sizeof(int64_t) && strides[1] == 0 && step == sizeof(TYPE) &&         \
            strides[2] == sizeof(TYPE)) {                                                       \
            const int64_t *p = (const int64_t *)data[0];                                        \
            TYPE *picked = (TYPE *)data[1], *beside = (TYPE *)data[2];                          \
            DENSE;                                                                              \
            return;                                                                             \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            const int64_t place = AGI_AT(int64_t, data[0], i * strides[0]) - 1;                 \
            TYPE *picked = (TYPE *)(data[1] + i * strides[1] + place * step);                   \
            TYPE *beside = (TYPE *)(data[2] + i * strides[2]);                                  \
            ONE;                                                                                \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME)

/* Which of an iteration's operands. */
enum { POSITIONS, PICKED, BESIDE, OPERANDS };

/* Runs loop over index and what lies beside it; one of the two tensors is written. */
static bool run_lines(ag_tensor *index, ag_tensor *picked, int dim, ag_tensor *beside, int written,
                      const agi_loop_set *loop)
{
    const int64_t size = picked->ndim == 0 ? 1 : picked->shape[dim];
    const int64_t step = picked->ndim == 0 ? 0 : picked->strides[dim];
    ag_tensor *positions = agi_positions(index, size, dim);
    if (positions == NULL) {
        return false;
    }
    /* picked as it is seen from the positions: along dim it stands still. */
    int64_t strides[AG_MAX_DIMS];
    for (int i = 0; i < index->ndim; i++) {
        strides[i] = i == dim || picked->ndim == 0 ? 0 : picked->strides[i];
    }
    ag_tensor seen = {.dtype = picked->dtype, .ndim = index->ndim, .numel = index->numel,
                      .data = picked->data, .shape = index->shape, .strides = strides};
    ag_tensor *operands[OPERANDS] = {positions, &seen, beside};
    agi_iteration iteration;
    agi_iteration_begin(&iteration, operands, OPERANDS);
    bool done = agi_iterate_apart(&iteration, written, agi_loop_of(loop, index->context),
                                  (double[]){(double)(step * (int64_t)agi_size_of(picked->dtype))});
    ag_release(positions);
    return done;
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

LINE_LOOP(gather_8, uint8_t, agi_pick_8(beside, picked, p, count), *beside = *picked)
LINE_LOOP(gather_32, uint32_t, agi_pick_32(beside, picked, p, count), *beside = *picked)
LINE_LOOP(gather_64, uint64_t, agi_pick_64(beside, picked, p, count), *beside = *picked)
static const agi_loop_set *const gather_loops[] = {[1] = &gather_8, [4] = &gather_32,
                                                   [8] = &gather_64};

static bool gather_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    return run_lines(call->inputs[1], self, dim, call->results[0].tensor, BESIDE,
                     gather_loops[agi_size_of(self->dtype)]);
}

static void gather_gradient(agi_gradient *b)
{
    ag_tensor *zeros = ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype,
                                false);
    GIVE(0, ag_scatter_add(zeros, b->arguments[1].integer, SAVED_INPUT(1), b->g));
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

#define SCATTER_LOOP(NAME, TYPE, PUT)                                                           \
    LINE_LOOP(NAME, TYPE,                                                                       \
              for (int64_t i = 0; i < count; i++) { picked[p[i] - 1] PUT beside[i]; },          \
              *picked PUT *beside)
SCATTER_LOOP(put_8, uint8_t, =)
SCATTER_LOOP(put_32, uint32_t, =)
SCATTER_LOOP(put_64, uint64_t, =)
SCATTER_LOOP(add_f32, float, +=)
SCATTER_LOOP(add_f64, double, +=)
SCATTER_LOOP(add_i64, int64_t, +=)
SCATTER_LOOP(add_i32, int32_t, +=)
SCATTER_LOOP(add_u8, uint8_t, +=)
SCATTER_LOOP(add_b, bool, +=)
static const agi_loop_set *const put_loops[] = {[1] = &put_8, [4] = &put_32, [8] = &put_64};
static const agi_loop_set *const add_loops[AG_DTYPE_COUNT] = {LOOPS_ALL(add)};

static bool scatter(agi_call *call, const agi_loop_set *loop)
{
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor, *src = call->inputs[2];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    int64_t number;
    ag_tensor value = *src;
    if (src->is_number) {
        agi_store_element((ag_dtype)self->dtype, &number,
                          agi_element((ag_dtype)src->dtype, src->data));
        value.dtype = self->dtype;
        value.data = (char *)&number;
    }
    return agi_copy_numbers(out, self) &&
           run_lines(call->inputs[1], out, dim, &value, PICKED, loop);
}

static bool scatter_kernel(agi_call *call)
{
    return scatter(call, put_loops[agi_size_of(call->results[0].dtype)]);
}

static bool scatter_add_kernel(agi_call *call)
{
    return scatter(call, add_loops[call->results[0].dtype]);
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
