/* Division and what it leaves. */
#include <math.h>
#include <string.h>

#include "dtype.h"
#include "iterate.h"
#include "operation.h"

/* ---- Integers are not divided by 0 ------------------------------------------------ */

/* p[0], which is the caller's variable, becomes 1 where an element is 0. */
#define ZERO_LOOP(NAME, TYPE)                                                                   \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *p)                                                \
    {                                                                                           \
        bool found = false;                                                                     \
        for (int64_t i = 0; i < count; i++) {                                                   \
            found |= *(const TYPE *)(data[0] + i * strides[0]) == 0;                            \
        }                                                                                       \
        if (found) {                                                                            \
            *(double *)p = 1;                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME)

ZERO_LOOP(has_zero_i64, int64_t)
ZERO_LOOP(has_zero_i32, int32_t)
ZERO_LOOP(has_zero_u8, uint8_t)

static const agi_loop_set *const zero_loops[AG_DTYPE_COUNT] = {
    LOOPS_INTEGER(has_zero), [AG_BOOL] = &has_zero_u8};

static bool check_divisor(const agi_call *call)
{
    ag_tensor *divisor = call->inputs[1];
    if (ag_dtype_is_floating(call->compute)) {
        return true;
    }
    double found = 0;
    agi_iteration iteration;
    agi_iteration_begin(&iteration, &divisor, 1);
    if (!agi_iterate_in_order(&iteration, agi_loop_of(zero_loops[divisor->dtype], call->context),
                              &found)) {
        return false;
    }
    if (found != 0 && call->results[0].tensor->numel > 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "ZeroDivisionError");
        return false;
    }
    return true;
}

/* ---- Quotients without their fraction ---------------------------------------------- */

/* The least int64 by -1 has no room: it wraps around, as the product does. */
AGI_INLINE int64_t truncated(int64_t x, int64_t y)
{
    return y == -1 ? -x : x / y;
}

AGI_INLINE int64_t left_of(int64_t x, int64_t y)
{
    return y == -1 ? 0 : x % y;
}

AGI_INLINE int64_t floored(int64_t x, int64_t y)
{
    int64_t quotient = truncated(x, y);
    return quotient - ((left_of(x, y) != 0) & ((x < 0) != (y < 0)));
}

/* ---- What a division leaves, and the quotient without it ---------------------------- */

/* x - y trunc(quotient), exactly. A quotient just below a whole number may have been rounded up to
 * it, when what is left has the wrong sign and y is put back. The product needs an FMA where quotient
 * and y have more bits than a double. */
AGI_INLINE double left_of_quotient(double x, double y, double quotient, bool fused)
{
    double whole = trunc(quotient), left = fused ? __builtin_fma(-whole, y, x) : x - whole * y;
    bool wrong = ((left < 0) & (x > 0)) | ((left > 0) & (x < 0));
    return copysign(wrong ? left + copysign(y, x) : left, x);
}

/* With the divisor's sign. */
#define TOWARDS(X, Y, LEFT) ((((LEFT) != 0) & (((Y) < 0) != ((LEFT) < 0))) ? (LEFT) + (Y) : (LEFT))
#define AS_IT_IS(X, Y, LEFT) (LEFT)

/* The quotient that fits what is left: floor(x / y) alone may round up to the next number. */
#define FLOORED(TYPE, SUFFIX, LEFT, FLOOR, COPYSIGN)                                            \
    AGI_INLINE TYPE floored_without_##SUFFIX(TYPE x, TYPE y, TYPE left)                         \
    {                                                                                           \
        const TYPE ratio = x / y;                                                               \
        TYPE quotient = (x - left) / y;                                                         \
        quotient -= (left != 0) & ((y < 0) != (left < 0));                                      \
        TYPE whole = FLOOR(quotient);                                                           \
        whole += quotient - whole > (TYPE)0.5;                                                  \
        whole = quotient == 0 ? COPYSIGN(0, ratio) : whole;                                     \
        return y == 0 ? ratio : whole;                                                          \
    }                                                                                           \
    AGI_INLINE TYPE floored_##SUFFIX(TYPE x, TYPE y)                                            \
    {                                                                                           \
        return floored_without_##SUFFIX(x, y, LEFT(x, y));                                      \
    }                                                                                           \
    AGI_INLINE TYPE remainder_of_##SUFFIX(TYPE x, TYPE y)                                       \
    {                                                                                           \
        const TYPE left = LEFT(x, y);                                                           \
        return TOWARDS(x, y, left);                                                             \
    }
FLOORED(float, f32, fmodf, floorf, copysignf)
FLOORED(double, f64, fmod, floor, copysign)

AGI_INLINE int64_t remainder_of(int64_t x, int64_t y)
{
    const int64_t left = left_of(x, y);
    return TOWARDS(x, y, left);
}

#define FLOOR_F32(X, Y, LEFT) floored_without_f32((float)(X), (float)(Y), (float)(LEFT))
#define FLOOR_F64(X, Y, LEFT) floored_without_f64(X, Y, LEFT)
#define FLOOR_WHOLE(X, Y, LEFT)                                                                 \
    (((X) - (LEFT)) / (Y) - (((LEFT) != 0) & (((Y) < 0) != ((LEFT) < 0))))

enum { STRETCH = 64 };
/* FINISH(x, y, left), a stretch at a time in double, or EXACT(x, y) where that is not exact: where
 * a quotient is MOST or more, or a number LIMIT. */
#define LEFT_LOOP(NAME, TYPE, FINISH, EXACT, FUSED, MOST, LIMIT)                                \
    AGI_INLINE void NAME##_read(const char *in, int64_t stride, int64_t count, double *out)     \
    {                                                                                           \
        if (stride == sizeof(TYPE)) {                                                           \
            AGI_FOR_EACH(count) out[i] = (double)((const TYPE *)in)[i];                         \
            return;                                                                             \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            out[i] = (double)*(const TYPE *)(in + i * stride);                                  \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_write(char *out, int64_t stride, int64_t count, const double *in)    \
    {                                                                                           \
        if (stride == sizeof(TYPE)) {                                                           \
            AGI_FOR_EACH(count) ((TYPE *)out)[i] = (TYPE)in[i];                                 \
            return;                                                                             \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            *(TYPE *)(out + i * stride) = (TYPE)in[i];                                          \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *p)                                                \
    {                                                                                           \
        (void)p;                                                                                \
        for (int64_t first = 0; first < count; first += STRETCH) {                              \
            const int64_t columns = count - first < STRETCH ? count - first : STRETCH;          \
            const char *xs = data[1] + first * strides[1], *ys = data[2] + first * strides[2];  \
            char *out = data[0] + first * strides[0];                                           \
            double x[STRETCH], y[STRETCH];                                                      \
            int64_t others = 0;                                                                 \
            NAME##_read(xs, strides[1], columns, x);                                            \
            NAME##_read(ys, strides[2], columns, y);                                            \
            for (int64_t i = 0; i < columns; i++) {                                             \
                const double quotient = x[i] / y[i];                                            \
                others |= !(fabs(quotient) < (MOST)) | !(fabs(x[i]) < (LIMIT)) |                \
                          !(fabs(y[i]) < (LIMIT));                                              \
                const double left = left_of_quotient(x[i], y[i], quotient, FUSED);              \
                x[i] = FINISH(x[i], y[i], left);                                                \
            }                                                                                   \
            if (others == 0) {                                                                  \
                NAME##_write(out, strides[0], columns, x);                                      \
                continue;                                                                       \
            }                                                                                   \
            for (int64_t i = 0; i < columns; i++) {                                             \
                *(TYPE *)(out + i * strides[0]) =                                               \
                    (TYPE)EXACT(*(const TYPE *)(xs + i * strides[1]),                           \
                                *(const TYPE *)(ys + i * strides[2]));                          \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME)

#define LEFT_LOOPS(NAME, F32, EXACT_F32, F64, EXACT_F64, WHOLE, EXACT_WHOLE)                    \
    LEFT_LOOP(NAME##_f32, float, F32, EXACT_F32, false, 0x1p28, INFINITY)                       \
    LEFT_LOOP(NAME##_f64, double, F64, EXACT_F64, true, 0x1p52, INFINITY)                       \
    LEFT_LOOP(NAME##_i64, int64_t, WHOLE, EXACT_WHOLE, true, 0x1p52, 0x1p52)                    \
    LEFT_LOOP(NAME##_i32, int32_t, WHOLE, EXACT_WHOLE, false, 0x1p52, 0x1p52)
LEFT_LOOPS(div_floor, FLOOR_F32, floored_f32, FLOOR_F64, floored_f64, FLOOR_WHOLE, floored)
LEFT_LOOPS(remainder, TOWARDS, remainder_of_f32, TOWARDS, remainder_of_f64, TOWARDS, remainder_of)
LEFT_LOOPS(fmod, AS_IT_IS, fmodf, AS_IT_IS, fmod, AS_IT_IS, left_of)

/* A quotient of bytes that is not whole is further from a whole number than a float's rounding. */
BINARY_LOOP(div_floor_u8, uint8_t, uint8_t, (float)x / (float)y)
BINARY_LOOP(remainder_u8, uint8_t, uint8_t, x - y * (int)((float)x / (float)y))
#define fmod_u8 remainder_u8

/* ---- div, floor_divide --------------------------------------------------------------- */

FREQUENT_BINARY_LOOPS(div, x / y, x / y)
BINARY_LOOPS_FLOATING(div_trunc, truncf(x / y), trunc(x / y))
BINARY_LOOPS_INTEGER(div_trunc, truncated(x, y))

static const agi_loop_set *const div_loops[AG_DTYPE_COUNT] = {LOOPS_FLOATING(div)};
static const agi_loop_set *const div_trunc_loops[AG_DTYPE_COUNT] = {LOOPS_NUMERIC(div_trunc)};
static const agi_loop_set *const div_floor_loops[AG_DTYPE_COUNT] = {LOOPS_NUMERIC(div_floor)};

typedef enum rounding { ROUND_NOT, ROUND_TRUNC, ROUND_FLOOR, ROUND_UNKNOWN } rounding;

static rounding rounding_of(const ag_value *mode)
{
    return !mode->given ? ROUND_NOT : strcmp(mode->string, "trunc") == 0 ? ROUND_TRUNC
         : strcmp(mode->string, "floor") == 0 ? ROUND_FLOOR : ROUND_UNKNOWN;
}

static bool div_infer(agi_call *call)
{
    switch (rounding_of(&call->arguments[2])) {
    case ROUND_NOT:
        return agi_infer_pointwise_as(call, AGI_TO_FLOAT, div_loops, "div_true_cpu");
    case ROUND_TRUNC:
        return agi_infer_pointwise_as(call, AGI_COMMON, div_trunc_loops, "div_trunc_cpu");
    case ROUND_FLOOR:
        return agi_infer_pointwise_as(call, AGI_COMMON, div_floor_loops, "div_floor_cpu");
    default:
        agi_fail(call->context, AG_ERROR_RUNTIME, "div expected rounding_mode to be one of None, "
                 "'trunc', or 'floor' but found '%s'", call->arguments[2].string);
        return false;
    }
}

static bool div_kernel(agi_call *call)
{
    rounding mode = rounding_of(&call->arguments[2]);
    return mode == ROUND_NOT ? agi_run_loops(call, div_loops)
         : check_divisor(call) &&
           agi_run_loops(call, mode == ROUND_TRUNC ? div_trunc_loops : div_floor_loops);
}

/* d(x/y)/dy = -(x/y)/y */
static ag_tensor *div_back_divisor(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0), *y = SAVED_INPUT(1);
    return ag_mul(ag_neg(b->g), ag_div(ag_div(x, y), y));
}

static void div_gradient(agi_gradient *b)
{
    if (b->arguments[2].given) {
        GIVE(0, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
        GIVE(1, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
        return;
    }
    GIVE(0, ag_div(b->g, SAVED_INPUT(1)));
    GIVE(1, div_back_divisor(b));
}

static const char *div_name(const agi_call *call)
{
    return call->arguments[2].given ? "DivBackward2" : "DivBackward0";
}

AG_OPERATION(div, BOTH_AND_INPLACE,
    "div(Operand self, Operand other, *, str? rounding_mode=None) -> Tensor",
    "self / other, broadcast; rounding_mode \"trunc\" or \"floor\" makes it whole.",
    .promotion = AGI_TO_FLOAT, .infer = div_infer, .kernel = div_kernel,
    .gradient = div_gradient, .saves = {INPUT(1), INPUT(0) | INPUT(1)}, .node_name = div_name)

AG_ALIAS(divide, div)
AG_ALIAS(true_divide, div)

static bool floor_divide_kernel(agi_call *call)
{
    return check_divisor(call) && agi_pointwise_kernel(call);
}

AG_OPERATION(floor_divide, BOTH_AND_INPLACE,
    "floor_divide(Operand self, Operand other) -> Tensor",
    "self / other rounded down, broadcast; without a gradient.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(div_floor)}, .kernel_name = "div_floor_cpu",
    .kernel = floor_divide_kernel, .gradient = agi_not_differentiable, .node = "NotImplemented")

/* ---- remainder, fmod ---------------------------------------------------------------- */

/* x - y floor(x / y). Of a plain number by a tensor torch has no derivative. */
static void remainder_gradient(agi_gradient *b)
{
    if (!b->arguments[0].is_tensor) {
        agi_not_differentiable(b);
        return;
    }
    GIVE(0, b->g);
    GIVE(1, ag_mul(ag_neg(b->g), ag_floor_divide(ag_detach(SAVED_INPUT(0)),
                                                 ag_detach(SAVED_INPUT(1)))));
}

static const char *remainder_name(const agi_call *call)
{
    return !call->arguments[0].is_tensor ? "NotImplemented"
         : call->arguments[1].is_tensor ? "RemainderBackward1" : "RemainderBackward0";
}

AG_OPERATION(remainder, BOTH_AND_INPLACE, "remainder(Operand self, Operand other) -> Tensor",
    "What self divided by other leaves, with the sign of other.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(remainder)}, .kernel_name = "remainder_cpu",
    .kernel = floor_divide_kernel, .gradient = remainder_gradient,
    .saves = {0, INPUT(0) | INPUT(1)}, .node_name = remainder_name)

/* x - y trunc(x / y) */
static void fmod_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
    GIVE(1, ag_mul(ag_neg(b->g), ag_trunc(ag_div(ag_detach(SAVED_INPUT(0)),
                                                 ag_detach(SAVED_INPUT(1))))));
}

static const char *fmod_name(const agi_call *call)
{
    return call->arguments[1].is_tensor ? "FmodBackward1" : "FmodBackward0";
}

AG_OPERATION(fmod, BOTH_AND_INPLACE, "fmod(Tensor self, Operand other) -> Tensor",
    "What self divided by other leaves, with the sign of self.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(fmod)}, .kernel_name = "fmod_cpu",
    .kernel = floor_divide_kernel, .gradient = fmod_gradient,
    .saves = {0, INPUT(0) | INPUT(1)}, .node_name = fmod_name)
