/* The largest and the smallest number: over all, over dims, and of two tensors. */
#include <math.h>

#include "dtype.h"
#include "reduce.h"

/* NaN wins, and stays. */
#define EXTREMES(TYPE, SUFFIX, SHORT, LOWEST, HIGHEST)                                          \
    EXTREME(max_##SUFFIX, TYPE, SHORT, LOWEST, (x > a) | (x != x) ? x : a,                      \
            (b > a) | (b != b) ? b : a, (a > t) | (a != a) ? a : t)                             \
    EXTREME(min_##SUFFIX, TYPE, SHORT, HIGHEST, (x < a) | (x != x) ? x : a,                     \
            (b < a) | (b != b) ? b : a, (a < t) | (a != a) ? a : t)
EXTREMES(float, f32, 32, -INFINITY, INFINITY)
EXTREMES(double, f64, 32, -INFINITY, INFINITY)
EXTREMES(int64_t, i64, 16, INT64_MIN, INT64_MAX)
EXTREMES(int32_t, i32, 16, INT32_MIN, INT32_MAX)
EXTREMES(uint8_t, u8, 16, 0, UINT8_MAX)

#define BY_DTYPE(NAME)                                                                          \
    {                                                                                           \
        [AG_FLOAT32] = &NAME##_f32, [AG_FLOAT64] = &NAME##_f64, [AG_INT64] = &NAME##_i64,       \
        [AG_INT32] = &NAME##_i32, [AG_UINT8] = &NAME##_u8, [AG_BOOL] = &NAME##_u8,              \
    }
static const agi_reduction *const maxima[AG_DTYPE_COUNT] = BY_DTYPE(max);
static const agi_reduction *const minima[AG_DTYPE_COUNT] = BY_DTYPE(min);

static bool max_kernel(agi_call *call)
{
    ag_dtype dtype = call->results[0].dtype;
    return agi_reduce_call(call, maxima[dtype], dtype, NULL);
}

static bool min_kernel(agi_call *call)
{
    ag_dtype dtype = call->results[0].dtype;
    return agi_reduce_call(call, minima[dtype], dtype, NULL);
}

/* ---- Over all --------------------------------------------------------------- */

static bool whole_infer(agi_call *call, const char *name)
{
    agi_set_result(call, 0, (ag_dtype)call->inputs[0]->dtype, 0, NULL);
    return agi_check_not_empty(call, name, " Specify the reduction dim with the 'dim' argument.");
}

static bool max_whole_infer(agi_call *call)
{
    return whole_infer(call, "max");
}

static bool min_whole_infer(agi_call *call)
{
    return whole_infer(call, "min");
}

ag_tensor *agi_shared_by_ties(agi_gradient *b)
{
    ag_tensor *self = SAVED_INPUT(0), *found = SAVED_RESULT(0);
    ag_number number;
    if (self == NULL || found == NULL || !ag_item(found, &number)) {
        return NULL;
    }
    bool is_nan = number.kind == AG_REAL && isnan(number.real);
    ag_tensor *ties = is_nan ? ag_isnan(self) : ag_eq(self, found);
    ag_tensor *count = ag_sum(ties, AG_NO_INTEGERS, false, AG_DTYPE_NONE);
    return ag_mul(ag_div(b->g, count), ties);
}

static void whole_gradient(agi_gradient *b)
{
    GIVE(0, agi_shared_by_ties(b));
}

AG_OPERATION(max_whole, INTERNAL,
    "max_whole(Tensor self, Dims? dim=None, bool keepdim=false) -> Tensor",
    "The largest element.",
    .infer = max_whole_infer, .kernel = max_kernel, .gradient = whole_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "MaxBackward1")

AG_OPERATION(min_whole, INTERNAL,
    "min_whole(Tensor self, Dims? dim=None, bool keepdim=false) -> Tensor",
    "The smallest element.",
    .infer = min_whole_infer, .kernel = min_kernel, .gradient = whole_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "MinBackward1")

/* ---- Over dims --------------------------------------------------------------- */

static bool amax_infer(agi_call *call)
{
    return agi_check_not_empty(call, call->operation->info.name,
                               " Specify the reduction dim with the 'dim' argument.") &&
           agi_reduce_infer(call, 0, (ag_dtype)call->inputs[0]->dtype);
}

static void amax_gradient(agi_gradient *b)
{
    ag_tensor *self = SAVED_INPUT(0);
    ag_tensor *ties = ag_eq(agi_expand_reduced(b, SAVED_RESULT(0)), self);
    ag_tensor *count = ag_sum(ties, b->arguments[1].integers, b->arguments[2].boolean,
                              AG_DTYPE_NONE);
    GIVE(0, ag_mul(agi_expand_reduced(b, ag_div(b->g, count)), ties));
}

AG_OPERATION(amax, BOTH, "amax(Tensor self, Dims dim=[], bool keepdim=false) -> Tensor",
    "The largest elements over the given dims, or over all; those that tie share the gradient.",
    .infer = amax_infer, .kernel = max_kernel, .gradient = amax_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "AmaxBackward0")

AG_OPERATION(amin, BOTH, "amin(Tensor self, Dims dim=[], bool keepdim=false) -> Tensor",
    "The smallest elements over the given dims, or over all; those that tie share the gradient.",
    .infer = amax_infer, .kernel = min_kernel, .gradient = amax_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "AminBackward0")

/* ---- What is written max and min ------------------------------------------------ */

typedef ag_tensor *(*of_two)(ag_tensor *, ag_tensor *);
typedef ag_tensor *(*of_all)(ag_tensor *, ag_integers, bool);
typedef bool (*along_one)(ag_tensor *, int64_t, bool, ag_tensor **, ag_tensor **);

static bool pick(ag_context *context, const ag_value *arguments, ag_results *results,
                 const char *name, of_two two, of_all all, along_one one)
{
    ag_tensor *self = arguments[0].tensor, *values, *indices;
    const ag_value *dim = &arguments[1], *other = &arguments[3];
    if (other->given || (dim->given && dim->is_tensor)) {
        return agi_one_result(results, two(self, other->given ? other->tensor : dim->tensor));
    }
    if (!dim->given) {
        return agi_one_result(results, all(self, AG_NO_INTEGERS, false));
    }
    if (dim->number.kind != AG_INTEGER) {
        agi_fail(context, AG_ERROR_TYPE, "%s(): argument 'dim' (position 2) must be int or Tensor, "
                 "not %s", name, dim->number.kind == AG_REAL ? "float" : "bool");
        return false;
    }
    one(self, dim->number.integer, arguments[2].boolean, &values, &indices);
    return agi_two_results(results, values, indices);
}

static bool max_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return pick(context, arguments, results, "max", ag_maximum, ag_max_whole, ag_max_along);
}

static bool min_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return pick(context, arguments, results, "min", ag_minimum, ag_min_whole, ag_min_along);
}

AG_OPERATION(max, BOTH,
    "max(Tensor self, Operand? dim=None, bool keepdim=false, *, Tensor? other=None) -> Results",
    "The largest element; along a dim, the largest elements and their positions; with another "
    "tensor, the larger of each two.", .body = max_body)

AG_OPERATION(min, BOTH,
    "min(Tensor self, Operand? dim=None, bool keepdim=false, *, Tensor? other=None) -> Results",
    "The smallest element; along a dim, the smallest elements and their positions; with another "
    "tensor, the smaller of each two.", .body = min_body)
