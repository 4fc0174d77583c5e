/* sort, argsort, topk. */
#include "operation.h"
#include "sort_lines.h"

/* ---- sort ---------------------------------------------------------------------- */

static bool sort_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    if (agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim) < 0) {
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    agi_set_result(call, 1, AG_INT64, self->ndim, self->shape);
    return true;
}

static bool sort_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[1].integer, self->ndim);
    return agi_sort_lines(self, dim, call->arguments[2].boolean,
                          self->ndim == 0 ? 1 : self->shape[dim], call->results[0].tensor,
                          call->results[1].tensor);
}

/* Back to where the values came from. */
static void to_places(agi_gradient *b, int64_t dim)
{
    ag_tensor *zeros = ag_zeros(b->context, agi_input_sizes(b, 0), b->node->outputs[0].dtype,
                                false);
    GIVE(0, ag_scatter(zeros, dim, SAVED_RESULT(1), b->g));
}

static void sort_gradient(agi_gradient *b)
{
    to_places(b, b->arguments[1].integer);
}

static const char *sort_name(const agi_call *call)
{
    return call->arguments[3].given ? "SortBackward1" : "SortBackward0";
}

AG_OPERATION(sort, BOTH,
    "sort(Tensor self, Dim dim=-1, bool descending=false, bool? stable=None) -> "
    "(Tensor values, Tensor indices)",
    "The elements in order along dim, NaN as the largest, and where they were; equal ones keep "
    "their order.",
    .infer = sort_infer, .kernel = sort_kernel, .gradient = sort_gradient, .saves = {RESULT(1)},
    .node_name = sort_name)

static bool argsort_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    (void)context;
    ag_tensor *values, *indices;
    ag_sort(arguments[0].tensor, arguments[1].integer, arguments[2].boolean, NULL, &values,
            &indices);
    return agi_one_result(results, indices);
}

AG_OPERATION(argsort, BOTH,
    "argsort(Tensor self, Dim dim=-1, bool descending=false, bool stable=false) -> Tensor",
    "Where the elements in order along dim are.", .body = argsort_body)

/* ---- topk ------------------------------------------------------------------------ */

static bool topk_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    int64_t k = call->arguments[1].integer, shape[AG_MAX_DIMS];
    int dim = agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim);
    if (dim < 0) {
        return false;
    }
    if (k < 0 || k > (self->ndim == 0 ? 1 : self->shape[dim])) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "selected index k out of range");
        return false;
    }
    if (self->dtype == AG_BOOL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "topk does not support bool dtypes on CPU");
        return false;
    }
    for (int i = 0; i < self->ndim; i++) {
        shape[i] = i == dim ? k : self->shape[i];
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, shape);
    agi_set_result(call, 1, AG_INT64, self->ndim, shape);
    return true;
}

static bool topk_kernel(agi_call *call)
{
    ag_tensor *self = call->inputs[0];
    int dim = agi_wrap_dim(call->context, call->arguments[2].integer, self->ndim);
    int64_t k = self->ndim == 0 ? 1 : call->arguments[1].integer; /* a result without dims has one */
    return agi_sort_lines(self, dim, call->arguments[3].boolean, k,
                          call->results[0].tensor, call->results[1].tensor);
}

static void topk_gradient(agi_gradient *b)
{
    to_places(b, b->arguments[2].integer);
}

AG_OPERATION(topk, BOTH,
    "topk(Tensor self, int k, Dim dim=-1, bool largest=true, bool sorted=true) -> "
    "(Tensor values, Tensor indices)",
    "The k largest (or smallest) elements along dim, in order, and where they were.",
    .infer = topk_infer, .kernel = topk_kernel, .gradient = topk_gradient, .saves = {RESULT(1)},
    .node = "TopkBackward0")
