/* The middle number, of an even count the lower of the two: over all, and along a dim with its
 * position. */
#include <math.h>

#include "cast.h"
#include "dtype.h"
#include "reduce.h"
#include "sort_lines.h"

/* ---- The middle of a sorted line --------------------------------------------- */

/* How many of a line's sorted numbers, step apart, are not NaN: these come last. */
#define COUNT_NUMBERS(TYPE)                                                                     \
    static int64_t numbers_##TYPE(const TYPE *x, int64_t count, int64_t step)                   \
    {                                                                                           \
        int64_t low = 0;                                                                        \
        while (low < count) {                                                                   \
            int64_t middle = low + (count - low) / 2;                                           \
            if (isnan(x[middle * step])) {                                                      \
                count = middle;                                                                 \
            } else {                                                                            \
                low = middle + 1;                                                               \
            }                                                                                   \
        }                                                                                       \
        return low;                                                                             \
    }
COUNT_NUMBERS(float)
COUNT_NUMBERS(double)

static int64_t middle_of(const ag_tensor *sorted, int64_t first, int64_t count, int64_t step,
                         bool skip_nan)
{
    int64_t numbers = sorted->dtype == AG_FLOAT32
                          ? numbers_float((const float *)sorted->data + first, count, step)
                    : sorted->dtype == AG_FLOAT64
                          ? numbers_double((const double *)sorted->data + first, count, step)
                          : count;
    return numbers == 0 ? 0 : numbers < count && !skip_nan ? numbers : (numbers - 1) / 2;
}

/* Of each line of self along dim, whose size is not 0, to contiguous results; indices may be
 * NULL. */
static bool find_medians(agi_call *call, ag_tensor *self, int dim, bool skip_nan,
                         ag_tensor *values, ag_tensor *indices)
{
    ag_context *context = call->context;
    ag_dtype dtype = (ag_dtype)self->dtype;
    ag_tensor *sorted = agi_disown(agi_new(context, dtype, self->ndim, self->shape));
    ag_tensor *places = sorted == NULL ? NULL : agi_disown(agi_new(context, AG_INT64, self->ndim,
                                                                   self->shape));
    bool done = places != NULL &&
                agi_sort_lines(self, dim, false, self->ndim == 0 ? 1 : self->shape[dim], sorted,
                               places);
    if (done) {
        const int64_t count = self->ndim == 0 ? 1 : self->shape[dim];
        const int64_t step = self->ndim == 0 ? 1 : sorted->strides[dim];
        const int64_t *place = (const int64_t *)places->data;
        const size_t size = agi_size_of(dtype);
        for (int64_t i = 0; i < values->numel; i++) {
            int64_t first = i / step * step * count + i % step;
            int64_t at = first + middle_of(sorted, first, count, step, skip_nan) * step;
            agi_store_element(dtype, values->data + (size_t)i * size,
                              agi_element(dtype, sorted->data + (size_t)at * size));
            if (indices != NULL) {
                ((int64_t *)indices->data)[i] = place[at];
            }
        }
    }
    ag_release(places);
    ag_release(sorted);
    return done;
}

static bool check_type(agi_call *call)
{
    return call->inputs[0]->dtype != AG_BOOL || agi_refuse_dtype(call, "median_cpu", AG_BOOL);
}

/* ---- Over all ----------------------------------------------------------------- */

static bool whole_infer(agi_call *call)
{
    agi_set_result(call, 0, (ag_dtype)call->inputs[0]->dtype, 0, NULL);
    return check_type(call);
}

static bool whole_kernel(agi_call *call, bool skip_nan)
{
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor;
    if (self->numel == 0) { /* NaN, of an integer type what the processor makes of it */
        agi_store_element((ag_dtype)out->dtype, out->data, out->dtype == AG_INT32
                          ? (ag_number){.kind = AG_INTEGER, .integer = INT32_MIN}
                          : (ag_number){.kind = AG_REAL, .real = NAN});
        return true;
    }
    ag_tensor *dense = agi_contiguous_as(self, (ag_dtype)self->dtype);
    const int64_t numel = self->numel, one = 1;
    ag_tensor *line = dense == NULL ? NULL : agi_disown(agi_alias(dense, 1, &numel, &one, 0));
    bool done = line != NULL && find_medians(call, line, 0, skip_nan, out, NULL);
    ag_release(line);
    ag_release(dense);
    return done;
}

static bool median_whole_kernel(agi_call *call)
{
    return whole_kernel(call, false);
}

static bool nanmedian_whole_kernel(agi_call *call)
{
    return whole_kernel(call, true);
}

static void whole_gradient(agi_gradient *b)
{
    GIVE(0, agi_shared_by_ties(b));
}

AG_OPERATION(median_whole, INTERNAL, "median_whole(Tensor self) -> Tensor",
    "The middle element.", .infer = whole_infer, .kernel = median_whole_kernel,
    .gradient = whole_gradient, .saves = {INPUT(0) | RESULT(0)}, .node = "MedianBackward0")

AG_OPERATION(nanmedian_whole, INTERNAL, "nanmedian_whole(Tensor self) -> Tensor",
    "The middle of the elements that are not NaN.", .infer = whole_infer,
    .kernel = nanmedian_whole_kernel, .gradient = whole_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "NanmedianBackward0")

/* ---- Along a dim ---------------------------------------------------------------- */

static bool along_infer(agi_call *call)
{
    return agi_check_not_empty(call, "median", "") && check_type(call) &&
           agi_reduce_infer(call, 0, (ag_dtype)call->inputs[0]->dtype) &&
           agi_reduce_infer(call, 1, AG_INT64);
}

static bool along_kernel(agi_call *call, bool skip_nan)
{
    ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    return find_medians(call, self, dim, skip_nan, call->results[0].tensor,
                        call->results[1].tensor);
}

static bool median_along_kernel(agi_call *call)
{
    return along_kernel(call, false);
}

static bool nanmedian_along_kernel(agi_call *call)
{
    return along_kernel(call, true);
}

AG_OPERATION(median_along, INTERNAL,
    "median_along(Tensor self, Dim dim, bool keepdim=false) -> (Tensor values, Tensor indices)",
    "The middle elements along dim, and where they lie.",
    .infer = along_infer, .kernel = median_along_kernel, .gradient = agi_along_gradient,
    .saves = {RESULT(1)}, .node = "MedianBackward1")

AG_OPERATION(nanmedian_along, INTERNAL,
    "nanmedian_along(Tensor self, Dim dim, bool keepdim=false) -> "
    "(Tensor values, Tensor indices)",
    "The middle of the elements along dim that are not NaN, and where they lie.",
    .infer = along_infer, .kernel = nanmedian_along_kernel, .gradient = agi_along_gradient,
    .saves = {RESULT(1)}, .node = "NanmedianBackward1")

/* ---- What is written median and nanmedian ------------------------------------------ */

static bool median_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor, *values, *indices;
    (void)context;
    if (!arguments[1].given) {
        return agi_one_result(results, ag_median_whole(self));
    }
    ag_median_along(self, arguments[1].integer, arguments[2].boolean, &values, &indices);
    return agi_two_results(results, values, indices);
}

static bool nanmedian_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor, *values, *indices;
    (void)context;
    if (!arguments[1].given) {
        return agi_one_result(results, ag_nanmedian_whole(self));
    }
    ag_nanmedian_along(self, arguments[1].integer, arguments[2].boolean, &values, &indices);
    return agi_two_results(results, values, indices);
}

AG_OPERATION(median, BOTH, "median(Tensor self, Dim? dim=None, bool keepdim=false) -> Results",
    "The middle element, of an even count the lower of the two, NaN where there is one; along a "
    "dim, the middle elements and their positions.", .body = median_body)

AG_OPERATION(nanmedian, BOTH,
    "nanmedian(Tensor self, Dim? dim=None, bool keepdim=false) -> Results",
    "The middle of the elements that are not NaN; along a dim, these and their positions.",
    .body = nanmedian_body)
