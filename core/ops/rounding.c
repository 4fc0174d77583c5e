/* Roundings, and what else is flat almost everywhere or has a corner: sign and abs. */
#include <math.h>

#include "dtype.h"
#include "operation.h"

static void flat_gradient(agi_gradient *b)
{
    GIVE(0, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
}

/* ---- floor, ceil, trunc, round ---------------------------------------------------- */

UNARY_LOOPS_FLOATING(floor, __builtin_floorf(x), __builtin_floor(x))
UNARY_LOOPS_FLOATING(ceil, __builtin_ceilf(x), __builtin_ceil(x))
UNARY_LOOPS_FLOATING(trunc, __builtin_truncf(x), __builtin_trunc(x))
UNARY_LOOPS_INTEGER(whole, x)

AG_OPERATION(floor, BOTH_AND_INPLACE, "floor(Tensor self) -> Tensor",
    "The greatest whole number that is not above self.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(floor), LOOPS_INTEGER(whole)},
    .kernel_name = "floor_vml_cpu", .gradient = flat_gradient, .node = "FloorBackward0")

AG_OPERATION(ceil, BOTH_AND_INPLACE, "ceil(Tensor self) -> Tensor",
    "The least whole number that is not below self.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(ceil), LOOPS_INTEGER(whole)},
    .kernel_name = "ceil_vml_cpu", .gradient = flat_gradient, .node = "CeilBackward0")

AG_OPERATION(trunc, BOTH_AND_INPLACE, "trunc(Tensor self) -> Tensor",
    "self without its fraction.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(trunc), LOOPS_INTEGER(whole)},
    .kernel_name = "trunc_vml_cpu", .gradient = flat_gradient, .node = "TruncBackward0")

UNARY_LOOPS_FLOATING(round, __builtin_rintf(x), __builtin_rint(x))
/* p[0] is 10 to the power of the decimals, which stand after the point or before it. */
UNARY_LOOPS_FLOATING(round_after_point, __builtin_rintf(x * (float)p[0]) / (float)p[0],
                     __builtin_rint(x * p[0]) / p[0])
UNARY_LOOPS_FLOATING(round_before_point, __builtin_rintf(x / (float)p[0]) * (float)p[0],
                     __builtin_rint(x / p[0]) * p[0])

static bool round_infer(agi_call *call)
{
    if (call->arguments[1].integer != 0 &&
        !ag_dtype_is_floating((ag_dtype)call->inputs[0]->dtype)) {
        return agi_refuse_dtype(call, "round_vml_cpu", (ag_dtype)call->inputs[0]->dtype);
    }
    return agi_pointwise_infer(call);
}

static bool round_kernel(agi_call *call)
{
    int64_t decimals = call->arguments[1].integer;
    if (decimals == 0) {
        return agi_pointwise_kernel(call);
    }
    const agi_loop_set *loop =
        call->compute == AG_FLOAT32
            ? (decimals > 0 ? &round_after_point_f32 : &round_before_point_f32)
            : (decimals > 0 ? &round_after_point_f64 : &round_before_point_f64);
    double ten = pow(10, fabs((double)decimals));
    return agi_run_loop(call, loop, NULL, &ten);
}

static const char *round_name(const agi_call *call)
{
    return call->arguments[1].integer == 0 ? "RoundBackward0" : "RoundBackward1";
}

AG_OPERATION(round, BOTH_AND_INPLACE, "round(Tensor self, *, int decimals=0) -> Tensor",
    "The nearest number of so many decimals, of two the even one.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(round), LOOPS_INTEGER(whole)},
    .kernel_name = "round_vml_cpu", .infer = round_infer, .kernel = round_kernel,
    .gradient = flat_gradient, .node_name = round_name)

/* ---- frac ------------------------------------------------------------------------------ */

UNARY_LOOPS_FLOATING(frac, x - __builtin_truncf(x), x - __builtin_trunc(x))

static void frac_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
}

AG_OPERATION(frac, BOTH_AND_INPLACE, "frac(Tensor self) -> Tensor",
    "The fraction: self - trunc(self).",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(frac)}, .kernel_name = "frac_cpu",
    .gradient = frac_gradient, .node = "FracBackward0")

/* ---- sign, signbit, abs ----------------------------------------------------------------------- */

UNARY_LOOPS_FLOATING(sign, (x > 0) - (x < 0), (x > 0) - (x < 0))
UNARY_LOOP(sign_i64, int64_t, int64_t, (x > 0) - (x < 0))
UNARY_LOOP(sign_i32, int32_t, int32_t, (x > 0) - (x < 0))
UNARY_LOOP(sign_u8, uint8_t, uint8_t, x > 0)
UNARY_LOOP(sign_b, uint8_t, uint8_t, x)

AG_OPERATION(sign, BOTH_AND_INPLACE, "sign(Tensor self) -> Tensor", "1, 0 or -1; 0 of NaN.",
    .promotion = AGI_COMMON, .loops = {LOOPS_ALL(sign)},
    .gradient = flat_gradient, .node = "SignBackward0")

UNARY_LOOP(signbit_f32, float, uint8_t, __builtin_signbit(x) != 0)
UNARY_LOOP(signbit_f64, double, uint8_t, __builtin_signbit(x) != 0)
UNARY_LOOP(signbit_i64, int64_t, uint8_t, x < 0)
UNARY_LOOP(signbit_i32, int32_t, uint8_t, x < 0)
UNARY_LOOP(signbit_u8, uint8_t, uint8_t, x & 0)

AG_OPERATION(signbit, BOTH, "signbit(Tensor self) -> Tensor",
    "Whether self is negative; -0 is, and a NaN may be.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(signbit), [AG_BOOL] = &signbit_u8})

UNARY_LOOPS_FLOATING(abs, __builtin_fabsf(x), __builtin_fabs(x))
UNARY_LOOP(abs_i64, int64_t, int64_t, x < 0 ? -x : x)
UNARY_LOOP(abs_i32, int32_t, int32_t, x < 0 ? -x : x)
UNARY_LOOP(abs_u8, uint8_t, uint8_t, x)

/* 0 at 0. */
static void abs_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_sign(SAVED_INPUT(0))));
}

AG_OPERATION(abs, BOTH_AND_INPLACE, "abs(Tensor self) -> Tensor",
    "self without its sign; its gradient at 0 is 0.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(abs)}, .kernel_name = "abs_cpu",
    .gradient = abs_gradient, .saves = {INPUT(0)}, .node = "AbsBackward0")

AG_ALIAS(absolute, abs)
AG_ALIAS(fix, trunc)
