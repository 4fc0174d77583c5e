/* Matrix products. */
#include <string.h>

#include "dtype.h"
#include "operation.h"
#include "product.h"

static bool same_dtype(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *b = call->inputs[1];
    if (a->dtype != b->dtype) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "expected m1 and m2 to have the same dtype, but got: %s != %s",
                 agi_scalar_name((ag_dtype)a->dtype), agi_scalar_name((ag_dtype)b->dtype));
        return false;
    }
    return true;
}

static bool mm_infer(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *b = call->inputs[1];
    if (a->ndim != 2 || b->ndim != 2) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s must be a matrix",
                 a->ndim != 2 ? "self" : "mat2");
        return false;
    }
    if (a->shape[1] != b->shape[0]) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "mat1 and mat2 shapes cannot be multiplied (%lldx%lld and %lldx%lld)",
                 (long long)a->shape[0], (long long)a->shape[1], (long long)b->shape[0],
                 (long long)b->shape[1]);
        return false;
    }
    if (!same_dtype(call)) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)a->dtype, 2, (const int64_t[]){a->shape[0], b->shape[1]});
    return true;
}

static bool mm_kernel(agi_call *call)
{
    const ag_tensor *a = call->inputs[0], *b = call->inputs[1], *c = call->results[0].tensor;
    return agi_product(call->context, (ag_dtype)c->dtype, a->shape[0], b->shape[1], a->shape[1],
                       a->data, a->strides[0], a->strides[1], b->data, b->strides[0],
                       b->strides[1], c->data, c->strides[0], false);
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

static bool matmul_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return agi_one_result(results, ag_mm(arguments[0].tensor, arguments[1].tensor));
}

AG_OPERATION(matmul, BOTH, "matmul(Tensor self, Tensor other) -> Tensor",
    "The matrix product, batched and broadcast over leading dims.", .body = matmul_body)
