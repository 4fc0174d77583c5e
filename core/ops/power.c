/* Powers and roots. */
#include <math.h>

#include "cast.h"
#include "dtype.h"
#include "elementary/power.h"
#include "operation.h"

/* ---- square, sqrt, rsqrt, reciprocal ------------------------------------------- */

UNARY_LOOPS_FLOATING(square, x * x, x * x)
UNARY_LOOPS_INTEGER(square, x * x)

static const agi_loop_set *const square_loops[AG_DTYPE_COUNT] = {LOOPS_NUMERIC(square)};

/* Booleans are squared as int64. */
static bool square_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    call->compute = self->dtype == AG_BOOL ? AG_INT64 : (ag_dtype)self->dtype;
    agi_set_result(call, 0, call->compute, self->ndim, self->shape);
    return true;
}

static void square_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul_scaled(SAVED_INPUT(0), b->g, 2));
}

AG_OPERATION(square, BOTH_AND_INPLACE, "square(Tensor self) -> Tensor", "self * self.",
    .promotion = AGI_COMMON, .infer = square_infer, .loops = {LOOPS_NUMERIC(square)},
    .gradient = square_gradient, .saves = {INPUT(0)}, .node = "PowBackward0")

UNARY_LOOPS_FLOATING(sqrt, __builtin_sqrtf(x), __builtin_sqrt(x))

static void sqrt_gradient(agi_gradient *b)
{
    GIVE(0, ag_div(b->g, ag_mul_number(SAVED_RESULT(0), 2)));
}

AG_OPERATION(sqrt, BOTH_AND_INPLACE, "sqrt(Tensor self) -> Tensor",
    "The square root; its gradient at 0 is inf.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(sqrt)},
    .gradient = sqrt_gradient, .saves = {RESULT(0)}, .node = "SqrtBackward0")

UNARY_LOOPS_FLOATING(rsqrt, 1 / __builtin_sqrtf(x), 1 / __builtin_sqrt(x))

/* -1/2 y³ */
static ag_tensor *rsqrt_back(agi_gradient *b)
{
    ag_tensor *y = SAVED_RESULT(0);
    return ag_mul(ag_mul_number(b->g, -0.5), ag_mul(ag_square(y), y));
}

static void rsqrt_gradient(agi_gradient *b)
{
    GIVE(0, rsqrt_back(b));
}

AG_OPERATION(rsqrt, BOTH_AND_INPLACE, "rsqrt(Tensor self) -> Tensor", "1 / sqrt(self).",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(rsqrt)},
    .gradient = rsqrt_gradient, .saves = {RESULT(0)}, .node = "RsqrtBackward0")

UNARY_LOOPS_FLOATING(reciprocal, 1 / x, 1 / x)

static void reciprocal_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(ag_neg(b->g), ag_square(SAVED_RESULT(0))));
}

AG_OPERATION(reciprocal, BOTH_AND_INPLACE, "reciprocal(Tensor self) -> Tensor", "1 / self.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(reciprocal)},
    .gradient = reciprocal_gradient, .saves = {RESULT(0)}, .node = "ReciprocalBackward0")

/* ---- pow ---------------------------------------------------------------------------- */

/* By squaring. Of a negative exponent what is left of 1 / x^|y| without its fraction. */
AGI_INLINE int64_t integer_power(int64_t x, int64_t y)
{
    if (y < 0) {
        return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
    }
    int64_t power = 1;
    for (; y != 0; y >>= 1) {
        power = y & 1 ? power * x : power;
        x *= x;
    }
    return power;
}

/* An operand that stands still is read from a block of copies: where the compiler sees one number,
 * it makes branches of the special cases and no vectors. */
#define POWER_LOOP(SUFFIX, TYPE)                                                                \
    AGI_INLINE void pow_line_##SUFFIX(TYPE *out, const TYPE *x, const TYPE *y, int64_t count)   \
    {                                                                                           \
        AGI_FOR_EACH(count) out[i] = agi_pow_##SUFFIX(x[i], y[i]);                              \
    }                                                                                           \
    AGI_INLINE void pow_##SUFFIX##_body(char *const *data, const int64_t *strides,              \
                                        int64_t count, const double *p)                         \
    {                                                                                           \
        (void)p;                                                                                \
        const int64_t size = sizeof(TYPE);                                                      \
        if (strides[0] != size || (strides[1] != size && strides[1] != 0) ||                    \
            (strides[2] != size && strides[2] != 0)) {                                          \
            for (int64_t i = 0; i < count; i++) {                                               \
                *(TYPE *)(data[0] + i * strides[0]) =                                           \
                    agi_pow_##SUFFIX(*(const TYPE *)(data[1] + i * strides[1]),                 \
                                     *(const TYPE *)(data[2] + i * strides[2]));                \
            }                                                                                   \
            return;                                                                             \
        }                                                                                       \
        TYPE copies[2][COPIES];                                                                 \
        const TYPE *operands[] = {(const TYPE *)data[1], (const TYPE *)data[2]};                \
        for (int k = 0; k < 2; k++) {                                                           \
            for (int64_t i = 0; strides[1 + k] == 0 && i < count && i < COPIES; i++) {          \
                copies[k][i] = *operands[k];                                                    \
            }                                                                                   \
        }                                                                                       \
        TYPE *out = (TYPE *)data[0];                                                            \
        for (int64_t begin = 0; begin < count; begin += COPIES) {                               \
            pow_line_##SUFFIX(out + begin,                                                      \
                              strides[1] == 0 ? copies[0] : operands[0] + begin,                \
                              strides[2] == 0 ? copies[1] : operands[1] + begin,                \
                              count - begin < COPIES ? count - begin : COPIES);                 \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(pow_##SUFFIX)

enum { COPIES = 256 };

POWER_LOOP(f32, float)
POWER_LOOP(f64, double)
BINARY_LOOPS_INTEGER(pow, integer_power(x, y))

UNARY_LOOPS_FLOATING(cube, x * x * x, x * x * x)
UNARY_LOOPS_INTEGER(cube, x * x * x)
UNARY_LOOPS_FLOATING(inverse_square, 1 / (x * x), 1 / (x * x))

static const agi_loop_set *const cube_loops[AG_DTYPE_COUNT] = {LOOPS_NUMERIC(cube)};
static const agi_loop_set *const sqrt_loops[AG_DTYPE_COUNT] = {LOOPS_FLOATING(sqrt)};
static const agi_loop_set *const rsqrt_loops[AG_DTYPE_COUNT] = {LOOPS_FLOATING(rsqrt)};
static const agi_loop_set *const reciprocal_loops[AG_DTYPE_COUNT] = {LOOPS_FLOATING(reciprocal)};
static const agi_loop_set *const inverse_square_loops[AG_DTYPE_COUNT] = {
    LOOPS_FLOATING(inverse_square)};

/* A plain exponent that has a loop of its own. */
static const agi_loop_set *loop_of_exponent(double exponent, ag_dtype dtype)
{
    const struct {
        double exponent;
        const agi_loop_set *const *loops;
    } rows[] = {
        {2, square_loops}, {3, cube_loops}, {0.5, sqrt_loops}, {-0.5, rsqrt_loops},
        {-1, reciprocal_loops}, {-2, inverse_square_loops},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].exponent == exponent) {
            return rows[i].loops[dtype];
        }
    }
    return NULL;
}

static bool pow_infer(agi_call *call)
{
    if (!agi_pointwise_infer(call)) {
        return false;
    }
    const ag_value *exponent = &call->arguments[1];
    if (!ag_dtype_is_floating(call->compute) && !exponent->is_tensor &&
        agi_integer_of(exponent->number) < 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "Integers to negative integer powers are not allowed.");
        return false;
    }
    return ag_dtype_is_floating(call->compute) || exponent->is_tensor ||
           agi_check_fits(call->context, exponent->number, call->compute);
}

static bool pow_kernel(agi_call *call)
{
    const ag_value *exponent = &call->arguments[1];
    if (!exponent->is_tensor) {
        const agi_loop_set *loop = loop_of_exponent(agi_real_of(exponent->number), call->compute);
        if (loop != NULL) {
            const ag_dtype types[] = {call->compute, AG_DTYPE_NONE};
            return agi_run_loop(call, loop, types, NULL);
        }
    }
    return agi_pointwise_kernel(call);
}

/* y x^(y-1), and 0 where y is 0. */
static ag_tensor *pow_back_base(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0);
    if (!b->arguments[1].is_tensor) {
        double y = agi_real_of(b->arguments[1].number);
        return y == 0 ? ag_zeros_like(b->g, AG_DTYPE_NONE, false)
             : y == 1 ? b->g
             : ag_mul_scaled(y == 2 ? x : ag_pow_number(x, y - 1), b->g, y);
    }
    ag_tensor *y = SAVED_INPUT(1);
    ag_tensor *back = ag_mul(b->g, ag_mul(y, ag_pow(x, ag_sub_number(y, 1))));
    return ag_where_number(ag_ne_number(y, 0), back, 0);
}

/* x^y log(x), and 0 where x is 0 and y is not negative. */
static ag_tensor *pow_back_exponent(agi_gradient *b)
{
    ag_tensor *y = SAVED_INPUT(1), *power = SAVED_RESULT(0);
    if (!b->arguments[0].is_tensor) {
        double x = agi_real_of(b->arguments[0].number);
        ag_tensor *back = ag_mul(b->g, ag_mul_number(power, log(x)));
        return x == 0 ? ag_where_number(ag_lt_number(y, 0), back, 0) : back;
    }
    ag_tensor *x = ag_type_as_dtype(SAVED_INPUT(0), ag_dtype_of(b->g)); /* an integer's log */
    ag_tensor *back = ag_mul(b->g, ag_mul(power, ag_log(x)));
    ag_tensor *flat = ag_logical_and(ag_eq_number(x, 0), ag_ge_number(y, 0));
    return ag_where_number(ag_logical_not(flat), back, 0);
}

static void pow_gradient(agi_gradient *b)
{
    GIVE(0, pow_back_base(b));
    GIVE(1, pow_back_exponent(b));
}

static const char *pow_name(const agi_call *call)
{
    return !call->arguments[1].is_tensor ? "PowBackward0"
         : call->arguments[0].is_tensor ? "PowBackward1" : "PowBackward2";
}

AG_OPERATION(pow, BOTH_AND_INPLACE, "pow(Operand self, Operand exponent) -> Tensor",
    "self to the power of exponent, broadcast.",
    .promotion = AGI_COMMON, .infer = pow_infer, .loops = {LOOPS_NUMERIC(pow)},
    .kernel = pow_kernel, .gradient = pow_gradient,
    .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1) | RESULT(0)}, .node_name = pow_name)
