/* The greater, the lesser, and what lies between bounds. NaN wins everywhere. */
#include "cast.h"
#include "dtype.h"
#include "operation.h"

#define EXTREMUM_LOOPS(NAME, SIGN)                                                              \
    BINARY_LOOPS_FLOATING(NAME, (x SIGN y) | (x != x) ? x : y, (x SIGN y) | (x != x) ? x : y)   \
    BINARY_LOOPS_INTEGER(NAME, x SIGN y ? x : y)

EXTREMUM_LOOPS(maximum, >)
EXTREMUM_LOOPS(minimum, <)

/* Half of g where both are equal, none where this one does not count. */
static ag_tensor *share(ag_tensor *g, ag_tensor *equal, ag_tensor *loses)
{
    ag_tensor *shared = ag_where(equal, ag_mul_number(g, 0.5), g);
    return ag_where_number(ag_logical_not(loses), shared, 0);
}

static void maximum_gradient(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0), *y = SAVED_INPUT(1), *equal = ag_eq(x, y);
    GIVE(0, share(b->g, equal, ag_lt(x, y)));
    GIVE(1, share(b->g, equal, ag_gt(x, y)));
}

AG_OPERATION(maximum, BOTH, "maximum(Tensor self, Tensor other) -> Tensor",
    "The greater of both, broadcast; equal ones share the gradient.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(maximum), [AG_BOOL] = &maximum_u8},
    .gradient = maximum_gradient, .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)},
    .node = "MaximumBackward0")

static void minimum_gradient(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0), *y = SAVED_INPUT(1), *equal = ag_eq(x, y);
    GIVE(0, share(b->g, equal, ag_gt(x, y)));
    GIVE(1, share(b->g, equal, ag_lt(x, y)));
}

AG_OPERATION(minimum, BOTH, "minimum(Tensor self, Tensor other) -> Tensor",
    "The lesser of both, broadcast; equal ones share the gradient.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(minimum), [AG_BOOL] = &minimum_u8},
    .gradient = minimum_gradient, .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)},
    .node = "MinimumBackward0")

/* ---- clamp --------------------------------------------------------------------- */

/* min(max(x, low), high): high wins over low. */
AGI_INLINE float clamped_f32(float x, float low, float high)
{
    float y = (x < low) | (low != low) ? low : x;
    return (y > high) | (high != high) ? high : y;
}

AGI_INLINE double clamped_f64(double x, double low, double high)
{
    double y = (x < low) | (low != low) ? low : x;
    return (y > high) | (high != high) ? high : y;
}

AGI_INLINE int64_t clamped(int64_t x, int64_t low, int64_t high)
{
    int64_t y = x > low ? x : low;
    return y < high ? y : high;
}

TERNARY_LOOP(clamp_f32, float, float, float, clamped_f32(x, y, z))
TERNARY_LOOP(clamp_f64, double, double, double, clamped_f64(x, y, z))
TERNARY_LOOP(clamp_i64, int64_t, int64_t, int64_t, clamped(x, y, z))
TERNARY_LOOP(clamp_i32, int32_t, int32_t, int32_t, clamped(x, y, z))
TERNARY_LOOP(clamp_u8, uint8_t, uint8_t, uint8_t, clamped(x, y, z))

#define ROW(NAME) {LOOPS_NUMERIC(NAME), [AG_BOOL] = &NAME##_u8}
static const agi_loop_set *const lower_loops[AG_DTYPE_COUNT] = ROW(maximum);
static const agi_loop_set *const upper_loops[AG_DTYPE_COUNT] = ROW(minimum);

enum { SELF, LOW, HIGH };

static bool bounds_fit(const agi_call *call)
{
    for (int i = LOW; i < call->operation->info.parameter_count; i++) {
        const ag_value *bound = &call->arguments[i];
        if (bound->given && !bound->is_tensor &&
            !agi_check_fits(call->context, bound->number, call->compute)) {
            return false;
        }
    }
    return true;
}

static bool clamp_infer(agi_call *call)
{
    if (!call->arguments[LOW].given && !call->arguments[HIGH].given) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "clamp: At least one of 'min' or 'max' must not be None");
        return false;
    }
    return agi_pointwise_infer(call) && bounds_fit(call);
}

static bool clamp_kernel(agi_call *call)
{
    bool low = call->arguments[LOW].given, high = call->arguments[HIGH].given;
    return agi_run_loops(call, low && high ? call->operation->loops
                               : low ? lower_loops : upper_loops);
}

/* 1 within the bounds and at them. */
static ag_tensor *clamp_back_self(agi_gradient *b, bool low, bool high)
{
    ag_tensor *x = SAVED_INPUT(SELF);
    ag_tensor *above = low ? ag_ge(x, SAVED_INPUT(LOW)) : AG_NONE;
    ag_tensor *below = high ? ag_le(x, SAVED_INPUT(HIGH)) : AG_NONE;
    return ag_where_number(!high ? above : !low ? below : ag_logical_and(above, below), b->g, 0);
}

/* 1 where self was below it, but 0 where the upper bound is the lower one. */
static ag_tensor *clamp_back_low(agi_gradient *b, bool high)
{
    ag_tensor *low = SAVED_INPUT(LOW), *counts = ag_lt(SAVED_INPUT(SELF), low);
    if (high) {
        counts = ag_logical_and(ag_lt(low, SAVED_INPUT(HIGH)), counts);
    }
    return ag_where_number(counts, b->g, 0);
}

static ag_tensor *clamp_back_high(agi_gradient *b, bool low)
{
    ag_tensor *high = SAVED_INPUT(HIGH), *counts = ag_gt(SAVED_INPUT(SELF), high);
    if (low) {
        counts = ag_logical_or(counts, ag_lt(high, SAVED_INPUT(LOW)));
    }
    return ag_where_number(counts, b->g, 0);
}

static void clamp_gradient(agi_gradient *b)
{
    bool low = b->arguments[LOW].given, high = b->arguments[HIGH].given;
    GIVE(SELF, clamp_back_self(b, low, high));
    GIVE(LOW, clamp_back_low(b, high));
    GIVE(HIGH, clamp_back_high(b, low));
}

static const char *clamp_name(const agi_call *call)
{
    const ag_value *low = &call->arguments[LOW], *high = &call->arguments[HIGH];
    return (low->given && low->is_tensor) || (high->given && high->is_tensor) ? "ClampBackward0"
                                                                              : "ClampBackward1";
}

AG_OPERATION(clamp, BOTH_AND_INPLACE,
    "clamp(Tensor self, Operand? min=None, Operand? max=None) -> Tensor",
    "min where self is below it, max where self is above it, else self.",
    .promotion = AGI_COMMON, .infer = clamp_infer,
    .loops = {LOOPS_NUMERIC(clamp), [AG_BOOL] = &clamp_u8},
    .kernel = clamp_kernel, .gradient = clamp_gradient,
    .saves = {INPUT(0) | INPUT(1) | INPUT(2), INPUT(0) | INPUT(1) | INPUT(2),
              INPUT(0) | INPUT(1) | INPUT(2)},
    .node_name = clamp_name)

AG_ALIAS(clip, clamp)

/* ---- clamp_min, clamp_max ---------------------------------------------------------- */

enum { BOUND = 1 };

static bool bound_infer(agi_call *call)
{
    return agi_pointwise_infer(call) && bounds_fit(call);
}

static void clamp_min_gradient(agi_gradient *b)
{
    GIVE(SELF, ag_where_number(ag_ge(SAVED_INPUT(SELF), SAVED_INPUT(BOUND)), b->g, 0));
    GIVE(BOUND, ag_where_number(ag_lt(SAVED_INPUT(SELF), SAVED_INPUT(BOUND)), b->g, 0));
}

static const char *clamp_min_name(const agi_call *call)
{
    return call->arguments[BOUND].is_tensor ? "ClampMinBackward1" : "ClampMinBackward0";
}

AG_OPERATION(clamp_min, BOTH_AND_INPLACE, "clamp_min(Tensor self, Operand min) -> Tensor",
    "min where self is below it, else self.",
    .promotion = AGI_COMMON, .infer = bound_infer, .loops = ROW(maximum),
    .gradient = clamp_min_gradient, .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)},
    .node_name = clamp_min_name)

static void clamp_max_gradient(agi_gradient *b)
{
    GIVE(SELF, ag_where_number(ag_le(SAVED_INPUT(SELF), SAVED_INPUT(BOUND)), b->g, 0));
    GIVE(BOUND, ag_where_number(ag_gt(SAVED_INPUT(SELF), SAVED_INPUT(BOUND)), b->g, 0));
}

static const char *clamp_max_name(const agi_call *call)
{
    return call->arguments[BOUND].is_tensor ? "ClampMaxBackward1" : "ClampMaxBackward0";
}

AG_OPERATION(clamp_max, BOTH_AND_INPLACE, "clamp_max(Tensor self, Operand max) -> Tensor",
    "max where self is above it, else self.",
    .promotion = AGI_COMMON, .infer = bound_infer, .loops = ROW(minimum),
    .gradient = clamp_max_gradient, .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)},
    .node_name = clamp_max_name)
