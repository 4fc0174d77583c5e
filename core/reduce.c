#include "reduce.h"

#include "cast.h"
#include "dtype.h"
#include "iterate.h"

bool agi_reduced_dims(ag_context *context, ag_integers dims, int ndim, bool *reduced)
{
    int wrapped[AG_MAX_DIMS];
    bool all = dims.count <= 0;
    if (dims.count > AG_MAX_DIMS || (!all && !agi_wrap_dims(context, dims, ndim, wrapped))) {
        return false;
    }
    for (int i = 0; i < ndim; i++) {
        reduced[i] = all;
    }
    for (int64_t i = 0; i < dims.count; i++) {
        reduced[wrapped[i]] = true;
    }
    return true;
}

bool agi_reduce_infer(agi_call *call, ag_dtype dtype)
{
    const ag_tensor *self = call->inputs[0];
    bool reduced[AG_MAX_DIMS], keepdim = call->arguments[2].boolean;
    if (!agi_reduced_dims(call->context, call->arguments[1].integers, self->ndim, reduced)) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS];
    int ndim = 0;
    for (int i = 0; i < self->ndim; i++) {
        if (!reduced[i] || keepdim) {
            shape[ndim++] = reduced[i] ? 1 : self->shape[i];
        }
    }
    agi_set_result(call, 0, dtype, ndim, shape);
    return true;
}

ag_tensor *agi_expand_reduced(agi_gradient *b, ag_tensor *g)
{
    const agi_output *self = agi_input_like(b, 0);
    bool reduced[AG_MAX_DIMS];
    if (!agi_reduced_dims(b->context, b->arguments[1].integers, self->ndim, reduced)) {
        return NULL;
    }
    int64_t kept[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        kept[i] = reduced[i] ? 1 : self->shape[i];
    }
    if (g->ndim != self->ndim) {
        g = ag_reshape(g, (ag_integers){kept, self->ndim});
    }
    return ag_expand(g, (ag_integers){self->shape, self->ndim});
}

#define SUM_LOOP(NAME, TYPE, SUM)                                                               \
    static void NAME(char *const *data, const int64_t *strides, int64_t count, const double *p) \
    {                                                                                           \
        if (strides[0] != 0) {                                                                  \
            for (int64_t i = 0; i < count; i++) {                                               \
                *(TYPE *)(data[0] + i * strides[0]) += *(const TYPE *)(data[1] + i * strides[1]); \
            }                                                                                   \
            return;                                                                             \
        }                                                                                       \
        SUM sum = 0;                                                                            \
        for (int64_t i = 0; i < count; i++) {                                                   \
            sum += *(const TYPE *)(data[1] + i * strides[1]);                                   \
        }                                                                                       \
        *(TYPE *)data[0] += (TYPE)sum;                                                          \
    }
SUM_LOOP(sum_f32, float, double)
SUM_LOOP(sum_f64, double, double)
SUM_LOOP(sum_i64, int64_t, int64_t)
SUM_LOOP(sum_i32, int32_t, int32_t)
SUM_LOOP(sum_u8, uint8_t, uint8_t)

bool agi_reduce_sum(agi_call *call, double divisor)
{
    static const agi_loop loops[AG_DTYPE_COUNT] = {
        [AG_FLOAT32] = sum_f32, [AG_FLOAT64] = sum_f64, [AG_INT64] = sum_i64,
        [AG_INT32] = sum_i32, [AG_UINT8] = sum_u8, [AG_BOOL] = sum_u8,
    };
    ag_tensor *self = call->inputs[0], *sum = call->results[0].tensor;
    bool reduced[AG_MAX_DIMS];
    agi_reduced_dims(call->context, call->arguments[1].integers, self->ndim, reduced);
    ag_tensor *cast = NULL;
    if (self->dtype != sum->dtype) {
        cast = agi_disown(agi_cast(self, (ag_dtype)sum->dtype));
        if (cast == NULL) {
            return false;
        }
        self = cast;
    }
    int64_t strides[AG_MAX_DIMS];
    for (int i = 0, k = 0; i < self->ndim; i++) {
        bool kept = !reduced[i] || call->arguments[2].boolean;
        strides[i] = reduced[i] ? 0 : sum->strides[k];
        k += kept;
    }
    ag_tensor *place = agi_disown(agi_alias(sum, self->ndim, self->shape, strides, 0));
    ag_tensor *zero = agi_number(call->context, (ag_number){.kind = AG_INTEGER, .integer = 0});
    bool done = place != NULL && zero != NULL && agi_copy_numbers(sum, zero);
    if (done) {
        ag_tensor *operands[] = {place, self};
        agi_iteration iteration;
        agi_iteration_begin(&iteration, operands, 2);
        done = agi_iterate(&iteration, loops[sum->dtype], NULL);
    }
    ag_release(place);
    ag_release(zero);
    ag_release(cast);
    for (int64_t i = 0; done && divisor != 1 && i < sum->numel; i++) {
        if (sum->dtype == AG_FLOAT32) {
            ((float *)sum->data)[i] = (float)(((float *)sum->data)[i] / divisor);
        } else {
            ((double *)sum->data)[i] /= divisor;
        }
    }
    return done;
}
