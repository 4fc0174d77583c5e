/* Vector norms. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dtype.h"
#include "elementary/power.h"
#include "reduce.h"

/* p[0] is the order; squares add up in double, where those of a float cannot overflow. */
#define NORMS(TYPE, SUFFIX, ABS, POWER)                                                         \
    REDUCTION(norm2_##SUFFIX, TYPE, double, double, TYPE, 0, a + (double)x * (double)x, a + b,  \
              t + a, sqrt(t))                                                                   \
    REDUCTION(norm1_##SUFFIX, TYPE, TYPE, double, TYPE, 0, a + ABS(x), a + b, t + a, t)         \
    REDUCTION(norm0_##SUFFIX, TYPE, TYPE, double, TYPE, 0, a + (x != 0), a + b, t + a, t)       \
    EXTREME(largest_##SUFFIX, TYPE, 32, 0, (ABS(x) > a) | (x != x) ? ABS(x) : a,                \
            (b > a) | (b != b) ? b : a, (a > t) | (a != a) ? a : t)                             \
    EXTREME(smallest_##SUFFIX, TYPE, 32, INFINITY, (ABS(x) < a) | (x != x) ? ABS(x) : a,        \
            (b < a) | (b != b) ? b : a, (a < t) | (a != a) ? a : t)                             \
    REDUCTION(power_##SUFFIX, TYPE, TYPE, double, TYPE, 0, a + POWER(ABS(x), (TYPE)p[0]),       \
              a + b, t + a, pow(t, 1 / p[0]))
NORMS(float, f32, __builtin_fabsf, agi_pow_f32)
NORMS(double, f64, __builtin_fabs, agi_pow_f64)

static const agi_reduction *norm_of(ag_dtype dtype, double order)
{
    bool single = dtype == AG_FLOAT32;
    if (order == 2) {
        return single ? &norm2_f32 : &norm2_f64;
    }
    if (order == 1) {
        return single ? &norm1_f32 : &norm1_f64;
    }
    if (order == 0) {
        return single ? &norm0_f32 : &norm0_f64;
    }
    if (isinf(order)) {
        return order > 0 ? (single ? &largest_f32 : &largest_f64)
                         : (single ? &smallest_f32 : &smallest_f64);
    }
    return single ? &power_f32 : &power_f64;
}

static bool norm_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    const ag_value *dtype = &call->arguments[4];
    double order = call->arguments[3].real;
    if (!ag_dtype_is_floating((ag_dtype)self->dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "linalg.vector_norm: Expected a floating point "
                 "or complex tensor as input. Got %s", agi_scalar_name((ag_dtype)self->dtype));
        return false;
    }
    if (!agi_reduce_infer(call, 0, dtype->given ? dtype->dtype : (ag_dtype)self->dtype)) {
        return false;
    }
    if ((order < 0 || order == INFINITY) && agi_count_for_each(call) == 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "linalg.vector_norm cannot compute the %g norm "
                 "on an empty tensor because the operation does not have an identity", order);
        return false;
    }
    return true;
}

static bool norm_kernel(agi_call *call)
{
    ag_dtype dtype = call->results[0].dtype;
    double order = call->arguments[3].real;
    return agi_reduce_call(call, norm_of(dtype, order), dtype, &order);
}

static ag_tensor *zero_where_zero(ag_tensor *x, ag_tensor *norm)
{
    return ag_masked_fill_number(x, ag_eq_number(norm, 0), 0);
}

/* d norm / dx = sign(x) |x|^(p - 1) / norm^(p - 1); 0 where the norm is 0. */
static ag_tensor *norm_back(agi_gradient *b, ag_tensor *self)
{
    double p = b->arguments[3].real;
    ag_tensor *norm = agi_expand_reduced(b, SAVED_RESULT(0)), *g = agi_expand_reduced(b, b->g);
    if (p == 0) { /* a count: no gradient */
        return AG_NONE;
    }
    if (p == 1) {
        return ag_mul(ag_sign(self), g);
    }
    if (p == 2) {
        return ag_mul(g, zero_where_zero(ag_div(self, norm), norm));
    }
    if (isinf(p)) { /* those that tie share it */
        ag_tensor *size = ag_abs(self);
        ag_tensor *ties = ag_logical_or(ag_eq(size, norm),
                                        ag_logical_and(ag_isnan(size), ag_isnan(norm)));
        ag_tensor *count = agi_expand_reduced(b, ag_sum(ties, b->arguments[1].integers,
                                                        b->arguments[2].boolean, AG_DTYPE_NONE));
        return ag_mul(ag_mul(ag_sign(self), ties), ag_div(g, count));
    }
    if (p < 1) {
        ag_tensor *power = zero_where_zero(ag_pow_number(ag_abs(self), p - 1), self);
        return ag_mul(ag_mul(ag_mul(ag_sign(self), power), g), ag_pow_number(norm, 1 - p));
    }
    ag_tensor *scale = zero_where_zero(ag_div(g, ag_pow_number(norm, p - 1)), norm);
    if (p < 2) {
        return ag_mul(ag_mul(ag_sign(self), ag_pow_number(ag_abs(self), p - 1)), scale);
    }
    return ag_mul(ag_mul(self, ag_pow_number(ag_abs(self), p - 2)), scale);
}

static void norm_gradient(agi_gradient *b)
{
    ag_tensor *self = SAVED_INPUT(0);
    ag_dtype dtype = b->node->outputs[0].dtype;
    if (self != NULL && (ag_dtype)self->dtype != dtype) {
        self = ag_cast(self, dtype);
    }
    GIVE(0, norm_back(b, self));
}

AG_OPERATION(vector_norm, INTERNAL,
    "vector_norm(Tensor self, Dims? dim, bool keepdim, real p, dtype? dtype) -> Tensor",
    "(sum of |x|^p)^(1 / p).",
    .infer = norm_infer, .kernel = norm_kernel, .gradient = norm_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node = "LinalgVectorNormBackward0")

/* The order that a name stands for; false with an error where there is none. "fro" is the matrix
 * norm that is a vector norm over both dims. */
static bool named_order(ag_context *context, const char *name, ag_integers dim, double *order)
{
    if (strcmp(name, "fro") != 0) {
        agi_fail(context, AG_ERROR_RUNTIME, strcmp(name, "nuc") == 0
                 ? "norm(): the nuclear norm is not supported; p may be a number or \"fro\""
                 : "linalg.matrix_norm: Order %s not supported.", name);
        return false;
    }
    if (dim.count > 2) {
        char text[200] = "";
        for (int64_t i = 0, at = 0; i < dim.count && at < (int64_t)sizeof text; i++) {
            at += snprintf(text + at, sizeof text - (size_t)at, " %lld", (long long)dim.items[i]);
        }
        agi_fail(context, AG_ERROR_RUNTIME, "linalg.matrix_norm: dim must be a 2-tuple. Got%s",
                 text);
        return false;
    }
    *order = 2;
    return true;
}

static bool norm_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    double order = arguments[1].real;
    if (arguments[1].is_string &&
        !named_order(context, arguments[1].string, arguments[2].integers, &order)) {
        return false;
    }
    ag_dtype dtype = arguments[4].given ? arguments[4].dtype : AG_DTYPE_NONE;
    return agi_one_result(results, ag_vector_norm(arguments[0].tensor, arguments[2].integers,
                                                  arguments[3].boolean, order, dtype));
}

AG_OPERATION(norm, BOTH,
    "norm(Tensor self, Order p=2, Dims? dim=None, bool keepdim=false, *, dtype? dtype=None) -> "
    "Tensor",
    "The norm (sum of |x|^p)^(1 / p) over the given dims, or over all; p = 0 counts what is not 0, "
    "p = inf and -inf take the largest and the smallest |x|, \"fro\" is 2.", .body = norm_body)
