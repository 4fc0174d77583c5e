/* Activations of neural networks. Each has its gradient as one kernel too, for where it needs no
 * gradient itself. */
#include <math.h>
#include <string.h>

#include "elementary/activation.h"
#include "elementary/error_function.h"
#include "elementary/hyperbolic.h"
#include "operation.h"

/* ---- relu, leaky_relu, elu ------------------------------------------------------- */

UNARY_LOOPS_FLOATING(relu, x < 0 ? 0 : x, x < 0 ? 0 : x)
UNARY_LOOP(relu_i64, int64_t, int64_t, x < 0 ? 0 : x)
UNARY_LOOP(relu_i32, int32_t, int32_t, x < 0 ? 0 : x)
UNARY_LOOP(relu_u8, uint8_t, uint8_t, x)

static bool relu_infer(agi_call *call)
{
    if (call->inputs[0]->dtype == AG_BOOL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Boolean inputs not supported for relu");
        return false;
    }
    return agi_pointwise_infer(call);
}

BINARY_LOOPS_FLOATING(relu_backward, y <= 0 ? 0 : x, y <= 0 ? 0 : x)

AG_OPERATION(relu_backward, INTERNAL, "relu_backward(Tensor gradient, Tensor result) -> Tensor",
    "0 where result is 0, gradient elsewhere.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(relu_backward)})

static ag_tensor *relu_back(agi_gradient *b)
{
    ag_tensor *y = SAVED_RESULT(0);
    return ag_grad_mode(b->context) ? ag_where_number(ag_ne_number(y, 0), b->g, 0)
                                    : ag_relu_backward(b->g, y);
}

static void relu_gradient(agi_gradient *b)
{
    GIVE(0, relu_back(b));
}

AG_OPERATION(relu, BOTH_AND_INPLACE, "relu(Tensor self) -> Tensor",
    "max(self, 0); its gradient at 0 is 0.",
    .promotion = AGI_COMMON, .infer = relu_infer, .loops = {LOOPS_NUMERIC(relu)},
    .gradient = relu_gradient, .saves = {RESULT(0)}, .node = "ReluBackward0")

/* What is chosen between stands there before: a product, a call or p[0] within would be a branch. */
#define LEAKY_AND_ELU(TYPE, SUFFIX)                                                             \
    AGI_INLINE TYPE leaky_of_##SUFFIX(TYPE g, TYPE x, TYPE slope)                               \
    {                                                                                           \
        return g * (x > 0 ? 1 : slope);                                                         \
    }                                                                                           \
    AGI_INLINE TYPE elu_of_##SUFFIX(TYPE x, TYPE alpha)                                         \
    {                                                                                           \
        const TYPE below = alpha * agi_expm1_##SUFFIX(x < 0 ? x : 0);                           \
        return x < 0 ? below : x;                                                               \
    }                                                                                           \
    AGI_INLINE TYPE elu_back_of_##SUFFIX(TYPE g, TYPE x, TYPE alpha)                            \
    {                                                                                           \
        const TYPE slope = alpha * agi_exp_##SUFFIX(x <= 0 ? x : 0);                            \
        return g * (x <= 0 ? slope : 1);                                                        \
    }
LEAKY_AND_ELU(float, f32)
LEAKY_AND_ELU(double, f64)

UNARY_LOOPS_FLOATING(leaky_relu, leaky_of_f32(x, x, (float)p[0]), leaky_of_f64(x, x, p[0]))
BINARY_LOOPS_FLOATING(leaky_relu_backward, leaky_of_f32(x, y, (float)p[0]),
                      leaky_of_f64(x, y, p[0]))

AG_OPERATION(leaky_relu_backward, INTERNAL,
    "leaky_relu_backward(Tensor gradient, Tensor self, real negative_slope) -> Tensor",
    "gradient where self is above 0, elsewhere gradient * negative_slope.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(leaky_relu_backward)})

static ag_tensor *leaky_relu_back(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0);
    if (!ag_grad_mode(b->context)) {
        return ag_leaky_relu_backward(b->g, x, b->arguments[1].real);
    }
    return ag_where(ag_gt_number(x, 0), b->g, ag_mul_number(b->g, b->arguments[1].real));
}

/* Of what was written over, the sign is lost where the slope is negative. */
static bool is_lost(agi_gradient *b)
{
    return b->node->in_place && b->arguments[1].real < 0;
}

static void leaky_relu_gradient(agi_gradient *b)
{
    if (is_lost(b)) {
        b->failed = true;
        agi_fail(b->context, AG_ERROR_RUNTIME, "In-place leakyReLu backward calculation is triggered "
                 "with a negative slope which is not supported. This is caused by calling in-place "
                 "forward function with a negative slope, please call out-of-place version instead. "
                 "File an issue at https://github.com/pytorch/pytorch if you do require supporting "
                 "in-place leakRelu backward calculation with negative slope");
        return;
    }
    GIVE(0, leaky_relu_back(b));
}

AG_OPERATION(leaky_relu, FUNCTION | AG_HAS_INPLACE,
    "leaky_relu(Tensor self, real negative_slope=0.01) -> Tensor",
    "self where it is above 0, elsewhere self * negative_slope.",
    .promotion = AGI_COMMON, .infer = agi_infer_with_numbers, .loops = {LOOPS_FLOATING(leaky_relu)},
    .kernel_name = "leaky_relu_cpu", .gradient = leaky_relu_gradient, .saves = {INPUT(0)},
    .node = "LeakyReluBackward0", .inplace_node = "LeakyReluBackward1")

UNARY_LOOPS_FLOATING(elu, elu_of_f32(x, (float)p[0]), elu_of_f64(x, p[0]))
BINARY_LOOPS_FLOATING(elu_backward, elu_back_of_f32(x, y, (float)p[0]), elu_back_of_f64(x, y, p[0]))

AG_OPERATION(elu_backward, INTERNAL,
    "elu_backward(Tensor gradient, Tensor self, real alpha) -> Tensor",
    "gradient where self is above 0, elsewhere gradient * alpha * exp(self).",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(elu_backward)})

static ag_tensor *elu_back(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0);
    if (!ag_grad_mode(b->context)) {
        return ag_elu_backward(b->g, x, b->arguments[1].real);
    }
    ag_tensor *low = ag_where_number(ag_lt_number(x, 0), x, 0); /* at 0 there is no second one */
    ag_tensor *below = ag_mul(b->g, ag_mul_number(ag_exp(low), b->arguments[1].real));
    return ag_where(ag_le_number(x, 0), below, b->g);
}

static void elu_gradient(agi_gradient *b)
{
    if (is_lost(b)) {
        b->failed = true;
        agi_fail(b->context, AG_ERROR_RUNTIME, "In-place elu backward calculation is triggered with "
                 "a negative slope which is not supported. This is caused by calling in-place "
                 "forward function with a negative slope, please call out-of-place version "
                 "instead.");
        return;
    }
    GIVE(0, elu_back(b));
}

AG_OPERATION(elu, FUNCTION | AG_HAS_INPLACE, "elu(Tensor self, real alpha=1.0) -> Tensor",
    "self where it is above 0, elsewhere alpha * (exp(self) - 1).",
    .promotion = AGI_COMMON, .infer = agi_infer_with_numbers, .loops = {LOOPS_FLOATING(elu)},
    .kernel_name = "elu_cpu",
    .gradient = elu_gradient, .saves = {INPUT(0)}, .node = "EluBackward0",
    .inplace_node = "EluBackward1")

/* ---- sigmoid -------------------------------------------------------------------- */

UNARY_LOOPS_FLOATING(sigmoid, agi_sigmoid_f32(x), agi_sigmoid_f64(x))
BINARY_LOOPS_FLOATING(sigmoid_backward, x * (1 - y) * y, x * (1 - y) * y)

AG_OPERATION(sigmoid_backward, INTERNAL,
    "sigmoid_backward(Tensor gradient, Tensor result) -> Tensor",
    "gradient * (1 - result) * result.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(sigmoid_backward)})

static ag_tensor *sigmoid_back(agi_gradient *b)
{
    ag_tensor *y = SAVED_RESULT(0);
    return ag_grad_mode(b->context) ? ag_mul(ag_mul(b->g, ag_rsub_number(y, 1)), y)
                                    : ag_sigmoid_backward(b->g, y);
}

static void sigmoid_gradient(agi_gradient *b)
{
    GIVE(0, sigmoid_back(b));
}

AG_OPERATION(sigmoid, BOTH_AND_INPLACE, "sigmoid(Tensor self) -> Tensor", "1 / (1 + exp(-self)).",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(sigmoid)},
    .gradient = sigmoid_gradient, .saves = {RESULT(0)}, .node = "SigmoidBackward0")

/* ---- silu ------------------------------------------------------------------------- */

UNARY_LOOPS_FLOATING(silu, agi_silu_f32(x), agi_silu_f64(x))

AGI_INLINE float silu_slope_f32(float x)
{
    float s = agi_sigmoid_f32(x);
    return s * (1 + x * (1 - s));
}

AGI_INLINE double silu_slope_f64(double x)
{
    double s = agi_sigmoid_f64(x);
    return s * (1 + x * (1 - s));
}

BINARY_LOOPS_FLOATING(silu_backward, x * silu_slope_f32(y), x * silu_slope_f64(y))

AG_OPERATION(silu_backward, INTERNAL, "silu_backward(Tensor gradient, Tensor self) -> Tensor",
    "gradient * s * (1 + self * (1 - s)), s = sigmoid(self).",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(silu_backward)})

static ag_tensor *silu_back(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0);
    if (!ag_grad_mode(b->context)) {
        return ag_silu_backward(b->g, x);
    }
    ag_tensor *s = ag_sigmoid(x);
    ag_tensor *slope = ag_add_number(ag_mul(x, ag_rsub_number(s, 1)), 1);
    return ag_mul(b->g, ag_mul(s, slope));
}

static void silu_gradient(agi_gradient *b)
{
    GIVE(0, silu_back(b));
}

AG_OPERATION(silu, FUNCTION, "silu(Tensor self) -> Tensor", "self * sigmoid(self).",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(silu)}, .kernel_name = "silu_cpu",
    .gradient = silu_gradient, .saves = {INPUT(0)}, .node = "SiluBackward0")

/* ---- gelu --------------------------------------------------------------------------- */

UNARY_LOOPS_FLOATING(gelu, agi_gelu_f32(x), agi_gelu_f64(x))
UNARY_LOOPS_FLOATING(gelu_tanh, agi_gelu_tanh_f32(x), agi_gelu_tanh_f64(x))

static const agi_loop_set *const gelu_loops[AG_DTYPE_COUNT] = {LOOPS_FLOATING(gelu)};
static const agi_loop_set *const gelu_tanh_loops[AG_DTYPE_COUNT] = {LOOPS_FLOATING(gelu_tanh)};

static bool is_tanh(const ag_value *approximate)
{
    return strcmp(approximate->string, "tanh") == 0;
}

static bool gelu_infer(agi_call *call)
{
    const ag_value *approximate = &call->arguments[1];
    if (!is_tanh(approximate) && strcmp(approximate->string, "none") != 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "approximate argument must be either none or tanh.");
        return false;
    }
    return agi_pointwise_infer(call);
}

static bool gelu_kernel(agi_call *call)
{
    return agi_run_loops(call, is_tanh(&call->arguments[1]) ? gelu_tanh_loops : gelu_loops);
}

BINARY_LOOPS_FLOATING(gelu_backward, x * (agi_normal_cdf_f32(y) + y * agi_normal_pdf_f32(y)),
                      x * (agi_normal_cdf_f64(y) + y * agi_normal_pdf_f64(y)))

AG_OPERATION(gelu_backward, INTERNAL, "gelu_backward(Tensor gradient, Tensor self) -> Tensor",
    "gradient * (P(self) + self * p(self)) for the normal distribution P and its density p.",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(gelu_backward)})

static ag_tensor *gelu_back_exact(ag_tensor *g, ag_tensor *x)
{
    return ag_mul(g, ag_add(ag_normal_cdf(x), ag_mul(x, ag_normal_pdf(x))));
}

/* u = sqrt(2 / pi) (x + 0.044715 x³) */
#define GELU_FACTOR 0.79788456080286535588
#define GELU_CUBE 0.044715

AGI_INLINE float gelu_tanh_slope_f32(float x)
{
    const float factor = (float)GELU_FACTOR, cube = (float)GELU_CUBE;
    float t = agi_tanh_f32(factor * (x + cube * x * x * x));
    return 0.5f * (1 + t + x * (1 - t * t) * factor * (1 + 3 * cube * x * x));
}

AGI_INLINE double gelu_tanh_slope_f64(double x)
{
    const double factor = GELU_FACTOR, cube = GELU_CUBE;
    double t = agi_tanh_f64(factor * (x + cube * x * x * x));
    return 0.5 * (1 + t + x * (1 - t * t) * factor * (1 + 3 * cube * x * x));
}

BINARY_LOOPS_FLOATING(gelu_tanh_backward, x * gelu_tanh_slope_f32(y), x * gelu_tanh_slope_f64(y))

AG_OPERATION(gelu_tanh_backward, INTERNAL,
    "gelu_tanh_backward(Tensor gradient, Tensor self) -> Tensor",
    "gradient * (1 + t + self * (1 - t²) * u') / 2, t = tanh(u).",
    .promotion = AGI_COMMON, .loops = {LOOPS_FLOATING(gelu_tanh_backward)})

static ag_tensor *gelu_back_tanh(ag_tensor *g, ag_tensor *x)
{
    ag_tensor *square = ag_square(x);
    ag_tensor *u = ag_mul_number(ag_mul(x, ag_add_number(ag_mul_number(square, GELU_CUBE), 1)),
                                 GELU_FACTOR);
    ag_tensor *slope = ag_mul_number(ag_add_number(ag_mul_number(square, 3 * GELU_CUBE), 1),
                                     GELU_FACTOR);
    ag_tensor *t = ag_tanh(u);
    ag_tensor *bend = ag_mul(ag_mul(x, ag_rsub_number(ag_square(t), 1)), slope);
    return ag_mul(g, ag_mul_number(ag_add_number(ag_add(t, bend), 1), 0.5));
}

static ag_tensor *gelu_back(agi_gradient *b)
{
    ag_tensor *x = SAVED_INPUT(0);
    bool tanh = is_tanh(&b->arguments[1]);
    if (ag_grad_mode(b->context)) {
        return tanh ? gelu_back_tanh(b->g, x) : gelu_back_exact(b->g, x);
    }
    return tanh ? ag_gelu_tanh_backward(b->g, x) : ag_gelu_backward(b->g, x);
}

static void gelu_gradient(agi_gradient *b)
{
    GIVE(0, gelu_back(b));
}

AG_OPERATION(gelu, FUNCTION, "gelu(Tensor self, *, str approximate='none') -> Tensor",
    "self * P(self), P the normal distribution; approximate \"tanh\" has "
    "self * (1 + tanh(sqrt(2 / pi) * (self + 0.044715 * self³))) / 2.",
    .promotion = AGI_COMMON, .infer = gelu_infer, .loops = {LOOPS_FLOATING(gelu)},
    .kernel = gelu_kernel, .kernel_name = "GeluKernelImpl", .gradient = gelu_gradient,
    .saves = {INPUT(0)}, .node = "GeluBackward0")

/* ---- softplus ------------------------------------------------------------------------ */

/* The function is asked for every x, also where it is not wanted: a loop in which only some steps
 * need it would be slower. */
#define SOFTPLUS(TYPE, SUFFIX)                                                                  \
    AGI_INLINE TYPE softplus_below_##SUFFIX(TYPE x, TYPE threshold)                             \
    {                                                                                           \
        const TYPE y = agi_softplus_##SUFFIX(x);                                                \
        return x > threshold ? x : y;                                                           \
    }                                                                                           \
    AGI_INLINE TYPE softplus_scaled_##SUFFIX(TYPE x, TYPE beta, TYPE threshold)                 \
    {                                                                                           \
        const TYPE y = agi_softplus_##SUFFIX(x * beta) / beta;                                  \
        return x * beta > threshold ? x : y;                                                    \
    }
SOFTPLUS(float, f32)
SOFTPLUS(double, f64)

/* p[0]: beta, p[1]: threshold; the former has no say where beta is 1, as it is by default. */
UNARY_LOOPS_FLOATING(softplus, softplus_below_f32(x, (float)p[1]), softplus_below_f64(x, p[1]))
UNARY_LOOPS_FLOATING(softplus_of_beta, softplus_scaled_f32(x, (float)p[0], (float)p[1]),
                     softplus_scaled_f64(x, p[0], p[1]))

static const agi_loop_set *const softplus_loops[AG_DTYPE_COUNT] = {LOOPS_FLOATING(softplus)};
static const agi_loop_set *const softplus_of_beta_loops[AG_DTYPE_COUNT] = {
    LOOPS_FLOATING(softplus_of_beta)};

static bool softplus_kernel(agi_call *call)
{
    return agi_run_loops(call, call->parameters[0] == 1 ? softplus_loops : softplus_of_beta_loops);
}

static ag_tensor *softplus_back(agi_gradient *b)
{
    ag_tensor *scaled = ag_mul_number(SAVED_INPUT(0), b->arguments[1].real);
    return ag_where(ag_gt_number(scaled, b->arguments[2].real), b->g,
                    ag_mul(b->g, ag_sigmoid(scaled)));
}

static void softplus_gradient(agi_gradient *b)
{
    GIVE(0, softplus_back(b));
}

AG_OPERATION(softplus, FUNCTION,
    "softplus(Tensor self, real beta=1.0, real threshold=20.0) -> Tensor",
    "log(1 + exp(beta * self)) / beta; self where beta * self is above threshold.",
    .promotion = AGI_COMMON, .infer = agi_infer_with_numbers, .loops = {LOOPS_FLOATING(softplus)},
    .kernel = softplus_kernel, .kernel_name = "softplus_cpu", .gradient = softplus_gradient,
    .saves = {INPUT(0)}, .node = "SoftplusBackward0")
