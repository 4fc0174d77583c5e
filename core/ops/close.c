/* Equality up to a tolerance, and of whole tensors. */
#include <math.h>
#include <string.h>

#include "dtype.h"
#include "operation.h"

/* ---- isclose -------------------------------------------------------------------- */

/* p: rtol, atol, equal_nan. Infinities are close to themselves alone. */
#define CLOSE(TYPE, ABS)                                                                        \
    ((x == y) | ((p[2] != 0) & (x != x) & (y != y)) |                                           \
     ((ABS(x - y) < (TYPE)INFINITY) & (ABS(x - y) <= (TYPE)p[1] + ABS((TYPE)p[0] * y))))

BINARY_LOOP(isclose_f32, float, uint8_t, CLOSE(float, __builtin_fabsf))
BINARY_LOOP(isclose_f64, double, uint8_t, CLOSE(double, __builtin_fabs))

/* The allowance of integers is a number of the default type. */
AGI_INLINE bool integers_are_close(int64_t x, int64_t y, const double *p)
{
    uint64_t apart = x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x;
    return (x == y) |
           ((float)apart <= (float)p[1] + __builtin_fabsf((float)p[0] * (float)y));
}

BINARY_LOOP(isclose_i64, int64_t, uint8_t, integers_are_close(x, y, p))
BINARY_LOOP(isclose_i32, int32_t, uint8_t, integers_are_close(x, y, p))
BINARY_LOOP(isclose_u8, uint8_t, uint8_t, integers_are_close(x, y, p))

static bool isclose_infer(agi_call *call)
{
    static const char *const names[] = {"rtol", "atol"};
    const ag_tensor *self = call->inputs[0], *other = call->inputs[1];
    if (self->dtype != other->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s did not match %s",
                 agi_scalar_name((ag_dtype)self->dtype), agi_scalar_name((ag_dtype)other->dtype));
        return false;
    }
    for (int i = 0; i < 2; i++) {
        double tolerance = call->arguments[2 + i].real;
        if (!(tolerance >= 0)) {
            agi_fail(call->context, AG_ERROR_RUNTIME,
                     "%s must be greater than or equal to zero, but got %g", names[i],
                     isnan(tolerance) ? NAN : tolerance); /* a NaN of either sign is nan */
            return false;
        }
    }
    return agi_pointwise_infer(call);
}

AG_OPERATION(isclose, BOTH,
    "isclose(Tensor self, Tensor other, real rtol=1e-05, real atol=1e-08, bool equal_nan=false) "
    "-> Tensor",
    "Whether |self - other| <= atol + rtol * |other|, broadcast.",
    .promotion = AGI_TO_BOOL, .infer = isclose_infer,
    .loops = {LOOPS_NUMERIC(isclose), [AG_BOOL] = &isclose_u8})

/* ---- allclose, equal --------------------------------------------------------------- */

/* Whether every element of a fresh tensor of booleans is true. */
static bool all_true(const ag_tensor *tensor)
{
    return tensor->numel == 0 || memchr(tensor->data, 0, (size_t)tensor->numel) == NULL;
}

static bool give_truth(ag_context *context, ag_results *results, bool truth)
{
    ag_tensor *result = agi_new(context, AG_BOOL, 0, NULL);
    if (result != NULL) {
        *(bool *)result->data = truth;
    }
    return agi_one_result(results, result);
}

static bool allclose_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *close = ag_isclose(arguments[0].tensor, arguments[1].tensor, arguments[2].real,
                                  arguments[3].real, arguments[4].boolean);
    return close != NULL && give_truth(context, results, all_true(close));
}

AG_OPERATION(allclose, BOTH,
    "allclose(Tensor self, Tensor other, real rtol=1e-05, real atol=1e-08, bool equal_nan=false) "
    "-> bool",
    "Whether isclose is true everywhere.", .body = allclose_body)

static bool equal_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor, *other = arguments[1].tensor;
    if (!agi_same_shape(self, other)) {
        return give_truth(context, results, false);
    }
    ag_tensor *same = ag_eq(self, other);
    return same != NULL && give_truth(context, results, all_true(same));
}

AG_OPERATION(equal, BOTH, "equal(Tensor self, Tensor other) -> bool",
    "Whether both have the same shape and the same elements.", .body = equal_body)
