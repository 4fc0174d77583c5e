/* Sums of a tensor and a weighted term: lerp, addcmul, addcdiv. */
#include "cast.h"
#include "dtype.h"
#include "operation.h"

/* ---- lerp ---------------------------------------------------------------------- */

/* Counted from the nearer end, so that weight 1 gives exactly end. */
AGI_INLINE float lerp_of_f32(float x, float y, float weight)
{
    return weight < 0.5f ? x + weight * (y - x) : y - (y - x) * (1 - weight);
}

AGI_INLINE double lerp_of_f64(double x, double y, double weight)
{
    return weight < 0.5 ? x + weight * (y - x) : y - (y - x) * (1 - weight);
}

TERNARY_LOOP(lerp_f32, float, float, float, lerp_of_f32(x, y, z))
TERNARY_LOOP(lerp_f64, double, double, double, lerp_of_f64(x, y, z))

static bool lerp_infer(agi_call *call)
{
    static const char *const names[] = {NULL, "end", "weight"};
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    for (int i = 1; i < 3; i++) {
        ag_dtype other = (ag_dtype)call->inputs[i]->dtype;
        if (other != dtype && (i == 1 || call->inputs[i]->ndim > 0)) {
            agi_fail(call->context, AG_ERROR_RUNTIME, "expected dtype %s for `%s` but got dtype %s",
                     agi_cpp_name(dtype), names[i], agi_cpp_name(other));
            return false;
        }
    }
    const ag_value *weight = &call->arguments[2];
    if (!ag_dtype_is_floating(dtype)) {
        return agi_refuse_dtype(call, weight->is_tensor ? "lerp_kernel_tensor"
                                                        : "lerp_kernel_scalar", dtype);
    }
    return agi_pointwise_infer(call) &&
           (weight->is_tensor || agi_check_fits(call->context, weight->number, call->compute));
}

static void lerp_gradient(agi_gradient *b)
{
    if (!b->arguments[2].is_tensor) {
        double weight = agi_real_of(b->arguments[2].number);
        GIVE(0, ag_mul_number(b->g, 1 - weight));
        GIVE(1, ag_mul_number(b->g, weight));
        return;
    }
    GIVE(0, ag_mul(b->g, ag_rsub_number(SAVED_INPUT(2), 1)));
    GIVE(1, ag_mul(b->g, SAVED_INPUT(2)));
    GIVE(2, ag_mul(b->g, ag_sub(SAVED_INPUT(1), SAVED_INPUT(0))));
}

static const char *lerp_name(const agi_call *call)
{
    return call->arguments[2].is_tensor ? "LerpBackward1" : "LerpBackward0";
}

AG_OPERATION(lerp, BOTH_AND_INPLACE, "lerp(Tensor self, Tensor end, Operand weight) -> Tensor",
    "self + weight * (end - self), broadcast.",
    .promotion = AGI_COMMON, .infer = lerp_infer, .loops = {LOOPS_FLOATING(lerp)},
    .kernel_name = "lerp_kernel_scalar", .gradient = lerp_gradient,
    .saves = {INPUT(2), INPUT(2), INPUT(0) | INPUT(1)}, .node_name = lerp_name)

/* ---- addcmul, addcdiv ------------------------------------------------------------ */

static double value_of(const agi_gradient *b)
{
    return agi_real_of(b->arguments[3].number);
}

static ag_tensor *times_value(agi_gradient *b, ag_tensor *tensor)
{
    double value = value_of(b);
    return value == 1 ? tensor : ag_mul_number(tensor, value);
}

TERNARY_LOOP(addcmul_f32, float, float, float, x + (float)p[0] * y * z)
TERNARY_LOOP(addcmul_f64, double, double, double, x + p[0] * y * z)
TERNARY_LOOP(addcmul_i64, int64_t, int64_t, int64_t, x + (int64_t)p[0] * y * z)
TERNARY_LOOP(addcmul_i32, int32_t, int32_t, int32_t, x + (int64_t)p[0] * y * z)
TERNARY_LOOP(addcmul_u8, uint8_t, uint8_t, uint8_t, x + (int64_t)p[0] * y * z)

static bool addcmul_infer(agi_call *call)
{
    return agi_pointwise_infer(call) &&
           agi_check_fits(call->context, call->arguments[3].number, call->compute);
}

static void addcmul_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
    GIVE(1, ag_mul(b->g, times_value(b, SAVED_INPUT(2))));
    GIVE(2, ag_mul(b->g, times_value(b, SAVED_INPUT(1))));
}

AG_OPERATION(addcmul, BOTH_AND_INPLACE,
    "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Number value=1) -> Tensor",
    "self + value * tensor1 * tensor2, broadcast.",
    .promotion = AGI_COMMON, .infer = addcmul_infer, .loops = {LOOPS_NUMERIC(addcmul)},
    .kernel_name = "addcmul_cpu_out", .gradient = addcmul_gradient, .saves = {0, INPUT(2), INPUT(1)}, .node = "AddcmulBackward0")

TERNARY_LOOP(addcdiv_f32, float, float, float, x + (float)p[0] * y / z)
TERNARY_LOOP(addcdiv_f64, double, double, double, x + p[0] * y / z)

static bool addcdiv_infer(agi_call *call)
{
    if (!ag_dtype_is_floating((ag_dtype)call->inputs[1]->dtype) &&
        !ag_dtype_is_floating((ag_dtype)call->inputs[2]->dtype)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv "
            "will perform a true division of tensor1 and tensor2. The historic addcdiv behavior can "
            "be implemented as (input + value * trunc(tensor1 / tensor2)).to(input.dtype) for "
            "integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future "
            "addcdiv behavior is just the latter implementation: (input + value * tensor1 / "
            "tensor2), for all dtypes.");
        return false;
    }
    return addcmul_infer(call);
}

/* d(t1/t2)/dt2 = -t1/t2² */
static ag_tensor *addcdiv_back_divisor(agi_gradient *b)
{
    ag_tensor *t1 = SAVED_INPUT(1), *t2 = SAVED_INPUT(2);
    return ag_mul(ag_neg(b->g), ag_div(times_value(b, t1), ag_square(t2)));
}

static void addcdiv_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
    GIVE(1, ag_div(times_value(b, b->g), SAVED_INPUT(2)));
    GIVE(2, addcdiv_back_divisor(b));
}

AG_OPERATION(addcdiv, BOTH_AND_INPLACE,
    "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Number value=1) -> Tensor",
    "self + value * tensor1 / tensor2, broadcast.",
    .promotion = AGI_COMMON, .infer = addcdiv_infer, .loops = {LOOPS_FLOATING(addcdiv)},
    .gradient = addcdiv_gradient, .saves = {0, INPUT(2), INPUT(1) | INPUT(2)},
    .node = "AddcdivBackward0")
