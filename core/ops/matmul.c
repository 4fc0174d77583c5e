/* The product of tensors of any dims, put together from those of fixed dims. */
#include <string.h>

#include "dtype.h"
#include "operation.h"

/* ---- matmul ------------------------------------------------------------------- */

/* Whether the leading dims of self lie in line, so that they fold into one without a copy. */
static bool folds_as_view(const ag_tensor *self)
{
    for (int i = 0; i + 2 < self->ndim; i++) {
        if (self->strides[i] != self->strides[i + 1] * self->shape[i + 1]) {
            return false;
        }
    }
    return true;
}

/* Whether the side of more dims is folded into a matrix, for one product in place of many. A copy
 * is worth it where the other side wants a gradient, which would else be a batch to be summed. */
static bool should_fold(ag_tensor *left, ag_tensor *right)
{
    ag_tensor *many = left->ndim >= right->ndim ? left : right;
    ag_tensor *few = many == left ? right : left;
    if (many->ndim < 3 || few->ndim > 2) {
        return false;
    }
    if (ag_requires_grad(few)) {
        return true;
    }
    if (left->ndim == 2) {
        return false; /* the result would have to be copied */
    }
    if (many == left) {
        return many->numel == 0 || folds_as_view(many);
    }
    return many->numel == 0; /* a vector by transposed matrices */
}

static ag_tensor *exchanged(ag_tensor *tensor)
{
    return ag_transpose(tensor, -2, -1);
}

static ag_tensor *folded(ag_tensor *left, ag_tensor *right)
{
    bool turned = right->ndim > left->ndim;
    ag_tensor *many = turned ? exchanged(right) : left;
    ag_tensor *few = !turned ? right : left->ndim == 2 ? ag_t(left) : left;
    if (many == NULL || few == NULL) {
        return NULL;
    }
    int last = many->ndim - 1;
    int64_t shape[AG_MAX_DIMS], rows = 1;
    for (int i = 0; i < last; i++) {
        shape[i] = many->shape[i];
        rows *= shape[i];
    }
    ag_tensor *matrix = ag_reshape(many, AG_INTEGERS(rows, many->shape[last]));
    if (few->ndim == 1) {
        return ag_unsafe_view(ag_mv(matrix, few), (ag_integers){shape, last});
    }
    shape[last] = few->shape[1];
    ag_tensor *result = ag_unsafe_view(ag_mm(matrix, few), (ag_integers){shape, last + 1});
    return turned ? ag_contiguous(exchanged(result)) : result;
}

/* The leading dims stretched to batch and made one, before the last `kept` dims. */
static ag_tensor *as_batch(ag_tensor *tensor, int kept, ag_integers batch, int64_t count)
{
    int64_t shape[AG_MAX_DIMS];
    const int64_t *last = tensor->shape + tensor->ndim - kept;
    memcpy(shape, batch.items, (size_t)batch.count * sizeof *shape);
    memcpy(shape + batch.count, last, (size_t)kept * sizeof *shape);
    tensor = ag_expand(tensor, (ag_integers){shape, batch.count + kept});
    shape[0] = count;
    memcpy(shape + 1, last, (size_t)kept * sizeof *shape);
    return ag_reshape(tensor, (ag_integers){shape, kept + 1});
}

static ag_tensor *batched(ag_tensor *left, ag_tensor *right)
{
    int64_t shape[AG_MAX_DIMS + 2], count = 1;
    int ndim = 0, right_kept = right->ndim == 1 ? 1 : 2;
    if (left->ndim > 2 && !agi_broadcast(left->context, &ndim, shape, left->ndim - 2, left->shape)) {
        return NULL;
    }
    if (right->ndim > 2 &&
        !agi_broadcast(left->context, &ndim, shape, right->ndim - 2, right->shape)) {
        return NULL;
    }
    for (int i = 0; i < ndim; i++) {
        count *= shape[i];
    }
    ag_integers batch = {shape, ndim};
    ag_tensor *matrices = left->ndim == 1 ? ag_unsqueeze(left, 1) : left;
    ag_tensor *others = as_batch(right, right_kept, batch, count);
    if (matrices == NULL) {
        return NULL;
    }
    ag_tensor *result = ag_bmm(as_batch(matrices, 2, batch, count),
                               right_kept == 1 ? ag_unsqueeze(others, 3) : others);
    if (left->ndim > 1) {
        shape[ndim++] = left->shape[left->ndim - 2];
    }
    if (right->ndim > 1) {
        shape[ndim++] = right->shape[right->ndim - 1];
    } else {
        result = ag_squeeze(result, AG_INTEGERS(-1));
    }
    return ag_unsafe_view(result, (ag_integers){shape, ndim});
}

/* Matrices and vectors, but for a vector by a matrix, have a product of their own. */
static const ag_operation *matmul_stand_in(const agi_call *call)
{
    int left = call->inputs[0]->ndim, right = call->inputs[1]->ndim;
    return left == 2 && right == 2   ? &agi_operation_mm
           : left == 2 && right == 1 ? &agi_operation_mv
           : left == 1 && right == 1 ? &agi_operation_dot
                                     : NULL;
}

static ag_tensor *multiply(ag_tensor *left, ag_tensor *right)
{
    if (left->ndim <= 2 && right->ndim <= 2) {
        return left->ndim == 1 && right->ndim == 2
                   ? ag_squeeze_(ag_mm(ag_unsqueeze(left, 1), right), AG_INTEGERS(1))
                   : ag_matmul(left, right);
    }
    if (should_fold(left, right)) {
        return folded(left, right);
    }
    /* A batch of one matrix that wants a gradient is that matrix. */
    if (left->ndim == 3 && right->ndim == 3 && left->shape[0] != right->shape[0]) {
        if (left->shape[0] == 1 && ag_requires_grad(left)) {
            left = ag_squeeze(left, AG_INTEGERS(1));
            return left == NULL ? NULL : multiply(left, right);
        }
        if (right->shape[0] == 1 && ag_requires_grad(right)) {
            right = ag_squeeze(right, AG_INTEGERS(1));
            return right == NULL ? NULL : multiply(left, right);
        }
    }
    return batched(left, right);
}

static bool matmul_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *left = arguments[0].tensor, *right = arguments[1].tensor;
    if (left->ndim == 0 || right->ndim == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "both arguments to matmul need to be at least 1D, but "
                 "they are %dD and %dD", left->ndim, right->ndim);
        return false;
    }
    return agi_one_result(results, multiply(left, right));
}

AG_OPERATION(matmul, BOTH, "matmul(Tensor self, Tensor other) -> Tensor",
    "The matrix product over the last two dims, broadcast over those before; a vector counts as a "
    "row on the left and as a column on the right.",
    .body = matmul_body, .stand_in = matmul_stand_in)

/* ---- outer -------------------------------------------------------------------- */

static bool outer_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    static const char *const names[] = {"self", "vec2"};
    for (int i = 0; i < 2; i++) {
        if (arguments[i].tensor->ndim != 1) {
            agi_fail(context, AG_ERROR_RUNTIME, "outer: Expected 1-D argument %s, but got %d-D",
                     names[i], arguments[i].tensor->ndim);
            return false;
        }
    }
    ag_tensor *self = arguments[0].tensor;
    return agi_one_result(results, ag_mul(ag_reshape(self, AG_INTEGERS(self->shape[0], 1)),
                                          arguments[1].tensor));
}

AG_OPERATION(outer, BOTH, "outer(Tensor self, Tensor vec2) -> Tensor",
    "The products of each element of self and each of vec2, (n) and (m) to (n, m).",
    .body = outer_body)

/* ---- linear ------------------------------------------------------------------- */

/* One addmm over all rows of input. */
static ag_tensor *linear_by_rows(ag_tensor *input, ag_tensor *weight, ag_tensor *bias)
{
    int last = input->ndim - 1;
    int64_t shape[AG_MAX_DIMS], rows = 1;
    for (int i = 0; i < last; i++) {
        shape[i] = input->shape[i];
        rows *= shape[i];
    }
    ag_tensor *result = ag_addmm(bias, ag_reshape(input, AG_INTEGERS(rows, input->shape[last])),
                                 ag_t(weight));
    if (result == NULL) {
        return NULL;
    }
    shape[last] = result->shape[1];
    return ag_view(result, (ag_integers){shape, input->ndim});
}

static bool linear_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *input = arguments[0].tensor, *weight = arguments[1].tensor;
    ag_tensor *bias = arguments[2].tensor;
    if (input->ndim == 0 || weight->ndim == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "both arguments to linear need to be at least 1D, but "
                 "they are %dD and %dD", input->ndim, weight->ndim);
        return false;
    }
    if (bias != AG_NONE && input->ndim == 2) {
        return agi_one_result(results, ag_addmm(bias, input, ag_t(weight)));
    }
    bool is_row = bias != AG_NONE && bias->ndim > 0 && bias->numel == bias->shape[bias->ndim - 1];
    if (is_row && input->contiguous) {
        return agi_one_result(results, linear_by_rows(input, weight, bias));
    }
    ag_tensor *result = ag_matmul(input, ag_t(weight));
    return agi_one_result(results, bias == AG_NONE ? result : ag_add_(result, bias));
}

AG_OPERATION(linear, FUNCTION, "linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
    "input weight' + bias over the last dim, (…, k) by (n, k) to (…, n); a weight (k) gives (…).",
    .body = linear_body)
