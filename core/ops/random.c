/* Random numbers: the stream of PyTorch's CPU generator. */
#include "dtype.h"
#include "factory.h"

static bool refused(agi_call *call, const char *error)
{
    agi_fail(call->context, AG_ERROR_RUNTIME, "%s", error);
    return false;
}

static void draw(agi_call *call, const agi_distribution *distribution)
{
    ag_tensor *tensor = call->results[0].tensor;
    agi_random_fill(&call->context->generator, distribution, tensor->data, tensor->ndim,
                    tensor->shape, tensor->strides);
}

static bool draw_uniform(agi_call *call, double low, double high)
{
    agi_distribution distribution;
    char error[AGI_RANDOM_ERROR_BYTES];
    if (!agi_distribution_uniform(&distribution, (ag_dtype)call->results[0].tensor->dtype, low,
                                  high, error)) {
        return refused(call, error);
    }
    draw(call, &distribution);
    return true;
}

static bool draw_normal(agi_call *call, double mean, double std)
{
    agi_distribution distribution;
    char error[AGI_RANDOM_ERROR_BYTES];
    if (!agi_distribution_normal(&distribution, (ag_dtype)call->results[0].tensor->dtype, mean,
                                 std, error)) {
        return refused(call, error);
    }
    draw(call, &distribution);
    return true;
}

static bool draw_bernoulli(agi_call *call, double p)
{
    agi_distribution distribution;
    char error[AGI_RANDOM_ERROR_BYTES];
    if (!agi_distribution_bernoulli(&distribution, (ag_dtype)call->results[0].tensor->dtype, p,
                                    error)) {
        return refused(call, error);
    }
    draw(call, &distribution);
    return true;
}

/* ---- New tensors ------------------------------------------------------------ */

static bool rand_kernel(agi_call *call)
{
    return draw_uniform(call, 0, 1) && agi_factory_end(call);
}

static bool randn_kernel(agi_call *call)
{
    return draw_normal(call, 0, 1) && agi_factory_end(call);
}

AG_OPERATION(rand, FUNCTION,
    "rand(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Random numbers, uniform on [0, 1).", .infer = agi_factory_float_infer, .kernel = rand_kernel)
AG_OPERATION(randn, FUNCTION,
    "randn(Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Random numbers from the normal distribution of mean 0 and deviation 1.",
    .infer = agi_factory_float_infer, .kernel = randn_kernel)
AG_OPERATION(rand_like, FUNCTION,
    "rand_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Random numbers, uniform on [0, 1), in self's shape and dtype.",
    .infer = agi_factory_like_infer, .kernel = rand_kernel)
AG_OPERATION(randn_like, FUNCTION,
    "randn_like(Tensor self, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Normal random numbers in self's shape and dtype.",
    .infer = agi_factory_like_infer, .kernel = randn_kernel)

static bool integer_infer(agi_call *call)
{
    return agi_factory_infer(call, AG_INT64);
}

static bool randint_kernel(agi_call *call)
{
    bool has_low = call->arguments[1].given;
    int64_t low = has_low ? call->arguments[0].integer : 0;
    int64_t high = call->arguments[has_low].integer;
    agi_distribution distribution;
    char error[AGI_RANDOM_ERROR_BYTES];
    if (!agi_distribution_integers(&distribution, (ag_dtype)call->results[0].tensor->dtype, low,
                                   high, error)) {
        return refused(call, error);
    }
    draw(call, &distribution);
    return agi_factory_end(call);
}

AG_OPERATION(randint, FUNCTION,
    "randint(int low, int? high, Sizes size, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Random integers from low to high - 1; randint(high, size) begins at 0.",
    .infer = integer_infer, .kernel = randint_kernel)

static bool randperm_infer(agi_call *call)
{
    agi_factory_result(call, AG_INT64, 1, (const int64_t[]){call->arguments[0].integer});
    return true;
}

static bool randperm_kernel(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    char error[AGI_RANDOM_ERROR_BYTES];
    if (!agi_random_permutation(&call->context->generator, (ag_dtype)tensor->dtype, tensor->data,
                                tensor->numel, 1, error)) {
        return refused(call, error);
    }
    return agi_factory_end(call);
}

AG_OPERATION(randperm, FUNCTION,
    "randperm(int n, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "The positions 1 to n in random order.", .infer = randperm_infer, .kernel = randperm_kernel)

/* ---- In place ------------------------------------------------------------------ */

static bool self_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

/* Nothing of self, nor of the parameters, is left in the numbers. */
static void zero_gradient(agi_gradient *b)
{
    for (int i = 0; i < b->node->edge_count; i++) {
        GIVE(i, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
    }
}

static bool uniform_kernel(agi_call *call)
{
    return draw_uniform(call, call->arguments[1].real, call->arguments[2].real);
}

AG_OPERATION(uniform_, METHOD, "uniform_(Tensor self, real from=0, real to=1) -> Tensor",
    "Writes random numbers, uniform on [from, to).",
    .infer = self_infer, .kernel = uniform_kernel, .gradient = zero_gradient,
    .node = "UniformBackward0")

static bool normal_kernel(agi_call *call)
{
    return draw_normal(call, call->arguments[1].real, call->arguments[2].real);
}

AG_OPERATION(normal_, METHOD, "normal_(Tensor self, real mean=0, real std=1) -> Tensor",
    "Writes normal random numbers of the given mean and deviation.",
    .infer = self_infer, .kernel = normal_kernel, .gradient = zero_gradient,
    .node = "NormalBackward0")

/* ---- Bernoulli ------------------------------------------------------------------- */

/* 1 where the draw is below p, which has the result's shape. */
static bool draw_each(agi_call *call, const ag_tensor *p)
{
    ag_tensor *result = call->results[0].tensor;
    if (!ag_dtype_is_floating((ag_dtype)p->dtype)) {
        return agi_refuse_dtype(call, "bernoulli_tensor_cpu_p_", (ag_dtype)p->dtype);
    }
    return agi_random_bernoulli_each(&call->context->generator, (ag_dtype)result->dtype,
                                     result->data, result->strides, (ag_dtype)p->dtype, p->data,
                                     p->strides, result->ndim, result->shape) ||
           refused(call, "Expected p_in >= 0 && p_in <= 1 to be true, but got false.");
}

static bool bernoulli_kernel(agi_call *call)
{
    return call->arguments[1].given ? draw_bernoulli(call, call->arguments[1].real)
                                    : draw_each(call, call->inputs[0]);
}

static void bernoulli_gradient(agi_gradient *b)
{
    if (b->arguments[1].given) {
        agi_not_differentiable(b);
    } else {
        zero_gradient(b);
    }
}

static const char *bernoulli_name(const agi_call *call)
{
    return call->arguments[1].given ? "NotImplemented" : "BernoulliBackward0";
}

AG_OPERATION(bernoulli, BOTH, "bernoulli(Tensor self, real? p=None) -> Tensor",
    "1 with the probability that self gives at each place, or p everywhere; else 0.",
    .infer = self_infer, .kernel = bernoulli_kernel,
    .gradient = bernoulli_gradient, .node_name = bernoulli_name)

static bool bernoulli_inplace_kernel(agi_call *call)
{
    ag_tensor *self = call->results[0].tensor;
    if (!call->arguments[1].is_tensor) {
        return draw_bernoulli(call, agi_real_of(call->arguments[1].number));
    }
    ag_tensor *p = agi_disown(ag_expand(call->inputs[1], (ag_integers){self->shape, self->ndim}));
    bool done = p != NULL && draw_each(call, p);
    ag_release(p);
    return done;
}

static const char *bernoulli_inplace_name(const agi_call *call)
{
    return call->arguments[1].is_tensor ? "BernoulliBackward1" : "BernoulliBackward2";
}

AG_OPERATION(bernoulli_, METHOD, "bernoulli_(Tensor self, Operand p=0.5) -> Tensor",
    "Writes 1 with probability p, which broadcasts, else 0.",
    .infer = self_infer, .kernel = bernoulli_inplace_kernel, .gradient = zero_gradient,
    .node_name = bernoulli_inplace_name)

/* ---- Dropout ------------------------------------------------------------------- */

static bool dropout_noise_kernel(agi_call *call)
{
    double keep = 1 - call->arguments[1].real;
    ag_tensor *noise = call->results[0].tensor; /* dense, in whatever order */
    if (!draw_bernoulli(call, keep)) {
        return false;
    }
    float *singles = (float *)noise->data;
    double *doubles = (double *)noise->data;
    for (int64_t i = 0; noise->dtype == AG_FLOAT32 && i < noise->numel; i++) {
        singles[i] /= (float)keep;
    }
    for (int64_t i = 0; noise->dtype == AG_FLOAT64 && i < noise->numel; i++) {
        doubles[i] /= keep;
    }
    return true;
}

static bool dropout_noise_infer(agi_call *call)
{
    agi_set_result_like(call, 0, (ag_dtype)call->inputs[0]->dtype, call->inputs[0]);
    return true;
}

AG_OPERATION(dropout_noise, INTERNAL, "dropout_noise(Tensor self, real p) -> Tensor",
    "In self's shape and dtype, 0 with probability p, else 1 / (1 - p).",
    .infer = dropout_noise_infer, .kernel = dropout_noise_kernel)

static bool dropout_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_dtype dtype = (ag_dtype)self->dtype;
    double p = arguments[1].real;
    if (!(p >= 0 && p <= 1)) {
        agi_fail(context, AG_ERROR_VALUE,
                 "dropout probability has to be between 0 and 1, but got %g", p);
        return false;
    }
    if (p == 0 || !arguments[2].boolean || self->numel == 0) {
        return agi_one_result(results, agi_again(self));
    }
    if (p == 1) {
        return agi_one_result(results, ag_mul(self, ag_zeros(context, (ag_integers){NULL, 0},
                                                             dtype, false)));
    }
    if (!ag_dtype_is_floating(dtype)) {
        agi_fail(context, AG_ERROR_RUNTIME, "result type Float can't be cast to the desired "
                 "output type %s", agi_scalar_name(dtype));
        return false;
    }
    return agi_one_result(results, ag_mul(self, ag_dropout_noise(self, p)));
}

AG_OPERATION(dropout, FUNCTION,
    "dropout(Tensor self, real p=0.5, bool training=true) -> Tensor",
    "While training, each element is 0 with probability p, else self / (1 - p).",
    .body = dropout_body)
