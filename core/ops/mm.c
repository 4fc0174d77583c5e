/* Products of two operands of fixed dims, each one node: mm, bmm, mv, dot, addmm. */
#include "cast.h"
#include "dtype.h"
#include "iterate.h"
#include "operation.h"
#include "product.h"

/* Booleans have no product of their own; one of nothing is let pass, as torch does. */
static bool is_bool(agi_call *call, const ag_tensor *a, const ag_tensor *b)
{
    return a->dtype == AG_BOOL && a->numel > 0 && b->numel > 0 &&
           !agi_refuse_dtype(call, call->operation->info.name, AG_BOOL);
}

static bool inner_sizes_match(agi_call *call, const ag_tensor *a, const ag_tensor *b)
{
    if (a->shape[1] != b->shape[0]) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)",
                 (long long)a->shape[0], (long long)a->shape[1], (long long)b->shape[0],
                 (long long)b->shape[1]);
        return false;
    }
    return true;
}

/* C = A B, or C += A B; booleans only where there is nothing to multiply. */
static bool product(agi_call *call, const ag_tensor *a, const ag_tensor *b, const ag_tensor *c,
                    bool accumulate)
{
    ag_dtype dtype = c->dtype == AG_BOOL ? AG_UINT8 : (ag_dtype)c->dtype;
    return agi_product(call->context, dtype, a->shape[0], b->shape[1], a->shape[1], a->data,
                       a->strides[0], a->strides[1], b->data, b->strides[0], b->strides[1],
                       c->data, c->strides[0], accumulate);
}

/* ---- mm ----------------------------------------------------------------------- */

static bool mm_infer(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *b = call->inputs[1];
    if (a->ndim != 2 || b->ndim != 2) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s must be a matrix",
                 a->ndim != 2 ? "self" : "mat2");
        return false;
    }
    if (!inner_sizes_match(call, a, b)) {
        return false;
    }
    if (a->dtype != b->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "expected m1 and m2 to have the same dtype, but got: %s != %s",
                 agi_cpp_name((ag_dtype)a->dtype), agi_cpp_name((ag_dtype)b->dtype));
        return false;
    }
    if (is_bool(call, a, b)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)a->dtype, 2, (const int64_t[]){a->shape[0], b->shape[1]});
    return true;
}

/* A row by a column, added up one after the other as BLAS libraries do for so small a product: a
 * model with one weight then trains through the very numbers that PyTorch shows. */
enum { IN_ORDER = 1024 };
#define IN_ORDER_SUM(NAME, TYPE)                                                                \
    static TYPE NAME(int64_t count, const TYPE *a, int64_t a_step, const TYPE *b,               \
                     int64_t b_step)                                                            \
    {                                                                                           \
        TYPE sum = 0;                                                                           \
        for (int64_t i = 0; i < count; i++) {                                                   \
            sum += a[i * a_step] * b[i * b_step];                                               \
        }                                                                                       \
        return sum;                                                                             \
    }
IN_ORDER_SUM(in_order_f32, float)
IN_ORDER_SUM(in_order_f64, double)

static bool mm_kernel(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *b = call->inputs[1], *c = call->results[0].tensor;
    int64_t count = a->shape[1];
    if (c->numel == 1 && count <= IN_ORDER && c->dtype == AG_FLOAT32) {
        *(float *)c->data = in_order_f32(count, (const float *)a->data, a->strides[1],
                                         (const float *)b->data, b->strides[0]);
        return true;
    }
    if (c->numel == 1 && count <= IN_ORDER && c->dtype == AG_FLOAT64) {
        *(double *)c->data = in_order_f64(count, (const double *)a->data, a->strides[1],
                                          (const double *)b->data, b->strides[0]);
        return true;
    }
    return product(call, a, b, c, false);
}

/* C = A B: dA = dC B', dB = A' dC. */
static void mm_gradient(agi_gradient *b)
{
    GIVE(0, ag_mm(b->g, ag_t(SAVED_INPUT(1))));
    GIVE(1, ag_mm(ag_t(SAVED_INPUT(0)), b->g));
}

AG_OPERATION(mm, BOTH, "mm(Tensor self, Tensor mat2) -> Tensor",
    "The product of two matrices, (m, k) by (k, n) to (m, n).",
    .infer = mm_infer, .kernel = mm_kernel, .gradient = mm_gradient,
    .saves = {INPUT(1), INPUT(0)}, .node = "MmBackward0")

/* ---- bmm ---------------------------------------------------------------------- */

static bool bmm_infer(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *b = call->inputs[1];
    if (a->ndim != 3 || b->ndim != 3) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "batch%d must be a 3D tensor",
                 a->ndim != 3 ? 1 : 2);
        return false;
    }
    if (a->dtype != b->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "expected scalar type %s but found %s",
                 agi_scalar_name((ag_dtype)a->dtype), agi_scalar_name((ag_dtype)b->dtype));
        return false;
    }
    if (b->shape[0] != a->shape[0] || b->shape[1] != a->shape[2]) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "Expected size for first two dimensions of "
                 "batch2 tensor to be: [%lld, %lld] but got: [%lld, %lld].",
                 (long long)a->shape[0], (long long)a->shape[2], (long long)b->shape[0],
                 (long long)b->shape[1]);
        return false;
    }
    if (is_bool(call, a, b)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)a->dtype, 3,
                   (const int64_t[]){a->shape[0], a->shape[1], b->shape[2]});
    return true;
}

static bool bmm_kernel(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *b = call->inputs[1], *c = call->results[0].tensor;
    ag_dtype dtype = c->dtype == AG_BOOL ? AG_UINT8 : (ag_dtype)c->dtype;
    return agi_products(call->context, dtype, a->shape[0], a->strides[0], b->strides[0],
                        c->strides[0], a->shape[1], b->shape[2], a->shape[2], a->data,
                        a->strides[1], a->strides[2], b->data, b->strides[1], b->strides[2],
                        c->data, c->strides[1], false);
}

static void bmm_gradient(agi_gradient *b)
{
    GIVE(0, ag_bmm(b->g, ag_transpose(SAVED_INPUT(1), 2, 3)));
    GIVE(1, ag_bmm(ag_transpose(SAVED_INPUT(0), 2, 3), b->g));
}

AG_OPERATION(bmm, BOTH, "bmm(Tensor self, Tensor mat2) -> Tensor",
    "The products of two batches of matrices, (b, m, k) by (b, k, n) to (b, m, n).",
    .infer = bmm_infer, .kernel = bmm_kernel, .gradient = bmm_gradient,
    .saves = {INPUT(1), INPUT(0)}, .node = "BmmBackward0")

/* ---- mv ----------------------------------------------------------------------- */

static bool mv_infer(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *x = call->inputs[1];
    if (a->ndim != 2 || x->ndim != 1) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "vector + matrix @ vector expected, got 1, %d, %d",
                 a->ndim, x->ndim);
        return false;
    }
    if (a->shape[1] != x->shape[0]) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "size mismatch, got input (%lld), mat (%lldx%lld), vec (%lld)",
                 (long long)a->shape[0], (long long)a->shape[0], (long long)a->shape[1],
                 (long long)x->shape[0]);
        return false;
    }
    if (a->dtype != x->dtype) {
        const char *vector = agi_scalar_name((ag_dtype)x->dtype);
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "addmv input tensors must have the same dtype, but got %s, %s, and %s", vector,
                 agi_scalar_name((ag_dtype)a->dtype), vector);
        return false;
    }
    if (is_bool(call, a, x)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)a->dtype, 1, a->shape);
    return true;
}

static bool mv_kernel(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *x = call->inputs[1], *y = call->results[0].tensor;
    return agi_product(call->context, y->dtype == AG_BOOL ? AG_UINT8 : (ag_dtype)y->dtype,
                       a->shape[0], 1, a->shape[1], a->data, a->strides[0], a->strides[1], x->data,
                       x->strides[0], 1, y->data, 1, false);
}

static void mv_gradient(agi_gradient *b)
{
    GIVE(0, ag_outer(b->g, SAVED_INPUT(1)));
    GIVE(1, ag_mv(ag_t(SAVED_INPUT(0)), b->g));
}

AG_OPERATION(mv, BOTH, "mv(Tensor self, Tensor vec) -> Tensor",
    "The product of a matrix and a vector, (m, k) by (k) to (m).",
    .infer = mv_infer, .kernel = mv_kernel, .gradient = mv_gradient,
    .saves = {INPUT(1), INPUT(0)}, .node = "MvBackward0")

/* ---- dot ---------------------------------------------------------------------- */

static bool dot_infer(agi_call *call)
{
    const ag_tensor *x = call->inputs[0], *y = call->inputs[1];
    if (x->ndim != 1 || y->ndim != 1) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "1D tensors expected, but got %dD and %dD tensors", x->ndim, y->ndim);
        return false;
    }
    if (x->dtype != y->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "dot : expected both vectors to have same dtype, but found %s and %s",
                 agi_scalar_name((ag_dtype)x->dtype), agi_scalar_name((ag_dtype)y->dtype));
        return false;
    }
    if (x->shape[0] != y->shape[0]) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "inconsistent tensor size, expected tensor [%lld] "
                 "and src [%lld] to have the same number of elements, but got %lld and %lld "
                 "elements respectively", (long long)x->shape[0], (long long)y->shape[0],
                 (long long)x->shape[0], (long long)y->shape[0]);
        return false;
    }
    if (x->dtype == AG_BOOL) {
        return agi_refuse_dtype(call, "dot", AG_BOOL);
    }
    agi_set_result(call, 0, (ag_dtype)x->dtype, 0, NULL);
    return true;
}

static bool dot_kernel(agi_call *call)
{
    const ag_tensor *x = call->inputs[0], *y = call->inputs[1], *sum = call->results[0].tensor;
    return agi_product(call->context, (ag_dtype)sum->dtype, 1, 1, x->shape[0], x->data, 1,
                       x->strides[0], y->data, y->strides[0], 1, sum->data, 1, false);
}

static void dot_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, SAVED_INPUT(1)));
    GIVE(1, ag_mul(b->g, SAVED_INPUT(0)));
}

AG_OPERATION(dot, BOTH, "dot(Tensor self, Tensor tensor) -> Tensor",
    "The sum of the products of the elements of two vectors of one size.",
    .infer = dot_infer, .kernel = dot_kernel, .gradient = dot_gradient,
    .saves = {INPUT(1), INPUT(0)}, .node = "DotBackward0")

/* ---- addmm -------------------------------------------------------------------- */

static bool addmm_dtypes_match(agi_call *call)
{
    const char *names[] = {"self", "mat1"};
    for (int i = 0; i < 2; i++) {
        if (call->inputs[i]->dtype != call->inputs[2]->dtype) {
            agi_fail(call->context, AG_ERROR_RUNTIME,
                     "%s and mat2 must have the same dtype, but got %s and %s", names[i],
                     agi_scalar_name((ag_dtype)call->inputs[i]->dtype),
                     agi_scalar_name((ag_dtype)call->inputs[2]->dtype));
            return false;
        }
    }
    return true;
}

static bool addmm_infer(agi_call *call)
{
    const ag_tensor *a = call->inputs[1], *b = call->inputs[2];
    if (a->ndim != 2 || b->ndim != 2) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "mat%d must be a matrix, got %d-D tensor",
                 a->ndim != 2 ? 1 : 2, a->ndim != 2 ? a->ndim : b->ndim);
        return false;
    }
    if (!inner_sizes_match(call, a, b) || !addmm_dtypes_match(call)) {
        return false;
    }
    int64_t shape[] = {a->shape[0], b->shape[1]};
    ag_tensor *bias = agi_disown(ag_expand(call->inputs[0], (ag_integers){shape, 2}));
    if (bias == NULL || is_bool(call, a, b)) {
        ag_release(bias);
        return false;
    }
    ag_release(bias);
    agi_set_result(call, 0, (ag_dtype)a->dtype, 2, shape);
    return true;
}

BINARY_LOOPS_FLOATING(combine, (float)p[0] * x + (float)p[1] * y, p[0] * x + p[1] * y)
BINARY_LOOPS_INTEGER(combine, (int64_t)p[0] * x + (int64_t)p[1] * y)

/* The bias is written first and the product added to it, unless a factor stands before one. */
static bool addmm_kernel(agi_call *call)
{
    static const agi_loop_set *const loops[AG_DTYPE_COUNT] = {LOOPS_NUMERIC(combine)};
    ag_tensor *bias = call->inputs[0], *c = call->results[0].tensor;
    double beta = agi_real_of(call->arguments[3].number);
    double alpha = agi_real_of(call->arguments[4].number);
    if (alpha == 1 && beta == 1) {
        return agi_copy_numbers(c, bias) &&
               product(call, call->inputs[1], call->inputs[2], c, true);
    }
    if (!product(call, call->inputs[1], call->inputs[2], c, false) || c->dtype == AG_BOOL) {
        return call->context->error == AG_OK;
    }
    /* With a beta of 0 the bias is not looked at, be it infinite. */
    ag_tensor *operands[] = {c, c, beta == 0 ? c : bias};
    agi_iteration iteration;
    agi_iteration_begin(&iteration, operands, 3);
    return agi_iterate(&iteration, agi_loop_of(loops[c->dtype], call->context),
                       (const double[]){alpha, beta});
}

static ag_tensor *scaled(agi_gradient *b, ag_tensor *tensor, int factor)
{
    double value = agi_real_of(b->arguments[factor].number);
    return value == 1 ? tensor : ag_mul_number(tensor, value);
}

static void addmm_gradient(agi_gradient *b)
{
    GIVE(0, scaled(b, b->g, 3));
    GIVE(1, scaled(b, ag_mm(b->g, ag_t(SAVED_INPUT(2))), 4));
    GIVE(2, scaled(b, ag_mm(ag_t(SAVED_INPUT(1)), b->g), 4));
}

AG_OPERATION(addmm, BOTH,
    "addmm(Tensor self, Tensor mat1, Tensor mat2, *, Number beta=1, Number alpha=1) -> Tensor",
    "beta * self + alpha * mat1 mat2; self broadcasts, and is left out where beta is 0.",
    .infer = addmm_infer, .kernel = addmm_kernel, .gradient = addmm_gradient,
    .saves = {0, INPUT(2), INPUT(1)}, .node = "AddmmBackward0")

static bool addmm_inplace_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (!addmm_infer(call)) {
        return false;
    }
    char own[AGI_SHAPE_TEXT], wanted[AGI_SHAPE_TEXT];
    if (!agi_shape_is(self, 2, call->results[0].shape)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "Bad in-place call: input tensor size %s and output tensor size %s should match",
                 agi_shape_text(self->ndim, self->shape, own, sizeof own),
                 agi_shape_text(2, call->results[0].shape, wanted, sizeof wanted));
        return false;
    }
    return true;
}

/* By way of a tensor of its own: self may be a factor too, and lie in any order. */
static bool addmm_inplace_kernel(agi_call *call)
{
    ag_tensor *self = call->results[0].tensor;
    ag_tensor *sum = agi_disown(agi_new(call->context, (ag_dtype)self->dtype, 2, self->shape));
    if (sum == NULL) {
        return false;
    }
    call->results[0].tensor = sum;
    bool done = addmm_kernel(call) && agi_copy_numbers(self, sum);
    call->results[0].tensor = self;
    ag_release(sum);
    return done;
}

AG_OPERATION(addmm_, METHOD,
    "addmm_(Tensor self, Tensor mat1, Tensor mat2, *, Number beta=1, Number alpha=1) -> Tensor",
    "Writes beta * self + alpha * mat1 mat2 to self.",
    .infer = addmm_inplace_infer, .kernel = addmm_inplace_kernel, .gradient = addmm_gradient,
    .saves = {0, INPUT(2), INPUT(1)}, .node = "AddmmBackward0")
