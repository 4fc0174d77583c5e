/* The product. */
#include "dtype.h"
#include "recurrence.h"
#include "reduce.h"

#define PRODUCT(NAME, TYPE, TOTAL)                                                              \
    REDUCTION(NAME, TYPE, TYPE, TOTAL, TYPE, 1, a * x, a * b, t * a, t)
PRODUCT(prod_f32, float, double)
PRODUCT(prod_f64, double, double)
PRODUCT(prod_i64, int64_t, int64_t)
PRODUCT(prod_i32, int32_t, int32_t)
PRODUCT(prod_u8, uint8_t, uint8_t)
REDUCTION(prod_b, uint8_t, uint8_t, uint8_t, uint8_t, 1, a & (x != 0), a & b, t & a, t)

static const agi_reduction *const products[AG_DTYPE_COUNT] = {
    [AG_FLOAT32] = &prod_f32, [AG_FLOAT64] = &prod_f64, [AG_INT64] = &prod_i64,
    [AG_INT32] = &prod_i32, [AG_UINT8] = &prod_u8, [AG_BOOL] = &prod_b,
};

static bool prod_kernel(agi_call *call)
{
    ag_dtype dtype = call->results[0].dtype;
    return agi_reduce_call(call, products[dtype], dtype, NULL);
}

/* For each factor the product of the others. */
static ag_tensor *product_of_others(ag_tensor *x, int64_t dim)
{
    ag_integers dims = {&dim, 1};
    return ag_mul(agi_product_before(x, dim),
                  ag_flip(agi_product_before(ag_flip(x, dims), dim), dims));
}

/* g result / self, without division where self has zeros; 0 for two of them or more in all. */
static ag_tensor *prod_back(agi_gradient *b, ag_tensor *self)
{
    const ag_value *dim = &b->arguments[1];
    ag_number zeros;
    if (self == NULL || self->ndim == 0) {
        return self == NULL ? NULL : b->g;
    }
    ag_tensor *is_zero = ag_eq_number(ag_detach(self), 0);
    if (!ag_item(ag_sum(is_zero, AG_NO_INTEGERS, false, AG_DTYPE_NONE), &zeros)) {
        return NULL;
    }
    ag_tensor *g = agi_expand_reduced(b, b->g);
    if (zeros.integer == 0) {
        return ag_mul(g, ag_div(agi_expand_reduced(b, SAVED_RESULT(0)), self));
    }
    if (dim->given) {
        return ag_mul(g, product_of_others(self, dim->integer));
    }
    if (zeros.integer > 1) {
        return ag_zeros_like(self, AG_DTYPE_NONE, false);
    }
    ag_tensor *flat = ag_reshape(self, AG_INTEGERS(-1));
    return ag_mul(g, ag_reshape(product_of_others(flat, 1),
                                (ag_integers){self->shape, self->ndim}));
}

static void prod_gradient(agi_gradient *b)
{
    ag_tensor *self = SAVED_INPUT(0);
    ag_dtype dtype = b->node->outputs[0].dtype;
    if (self != NULL && (ag_dtype)self->dtype != dtype) {
        self = ag_cast(self, dtype);
    }
    GIVE(0, prod_back(b, self));
}

static const char *prod_name(const agi_call *call)
{
    return call->arguments[1].given ? "ProdBackward1" : "ProdBackward0";
}

AG_OPERATION(prod, BOTH,
    "prod(Tensor self, Dim? dim=None, bool keepdim=false, *, dtype? dtype=None) -> Tensor",
    "The product along dim, or of all.",
    .infer = agi_reduce_infer_total, .kernel = prod_kernel, .gradient = prod_gradient,
    .saves = {INPUT(0) | RESULT(0)}, .node_name = prod_name)
