/* Copies: into a tensor, into a new one, into another type. */
#include "cast.h"
#include "dtype.h"
#include "operation.h"

/* ---- copy_ --------------------------------------------------------------- */

static bool copy_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0], *source = call->inputs[1];
    int ndim = self->ndim;
    int64_t shape[AG_MAX_DIMS];
    for (int i = 0; i < ndim; i++) {
        shape[i] = self->shape[i];
    }
    char want[AGI_SHAPE_TEXT], have[AGI_SHAPE_TEXT];
    if (!agi_broadcast(call->context, &ndim, shape, source->ndim, source->shape)) {
        return false;
    }
    if (!agi_shape_is(self, ndim, shape)) {
        agi_fail(call->context, AG_ERROR_RUNTIME,
                 "output with shape %s doesn't match the broadcast shape %s",
                 agi_shape_text(self->ndim, self->shape, want, sizeof want),
                 agi_shape_text(ndim, shape, have, sizeof have));
        return false;
    }
    agi_set_result(call, 0, (ag_dtype)self->dtype, ndim, shape);
    return true;
}

static bool copy_kernel(agi_call *call)
{
    return agi_copy_numbers(call->results[0].tensor, call->inputs[1]);
}

static void copy_gradient(agi_gradient *b)
{
    GIVE(0, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
    GIVE(1, b->g);
}

AG_OPERATION(copy_, METHOD, "copy_(Tensor self, Tensor source) -> Tensor",
    "Writes source's numbers, cast and broadcast, to self.",
    .infer = copy_infer, .kernel = copy_kernel, .gradient = copy_gradient,
    .node = "CopyBackwards")

/* ---- clone, contiguous ----------------------------------------------------- */

UNARY_LOOPS_FLOATING(clone, x, x)
UNARY_LOOPS_INTEGER(clone, x)

static void clone_gradient(agi_gradient *b)
{
    GIVE(0, b->g);
}

AG_OPERATION(clone, BOTH, "clone(Tensor self) -> Tensor",
    "A copy of self with numbers of its own, in the graph.",
    .promotion = AGI_COMMON, .loops = {LOOPS_NUMERIC(clone), [AG_BOOL] = &clone_u8},
    .gradient = clone_gradient, .node = "CloneBackward0")

static bool dense_copy_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    agi_set_result(call, 0, (ag_dtype)self->dtype, self->ndim, self->shape);
    return true;
}

static bool dense_copy_kernel(agi_call *call)
{
    return agi_copy_numbers(call->results[0].tensor, call->inputs[0]);
}

AG_OPERATION(contiguous_copy, INTERNAL, "contiguous_copy(Tensor self) -> Tensor",
    "A copy of self with its elements in the order of its dims.",
    .infer = dense_copy_infer, .kernel = dense_copy_kernel, .gradient = clone_gradient,
    .node = "CloneBackward0")

static bool contiguous_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    return agi_one_result(results, self->contiguous ? agi_again(self) : ag_contiguous_copy(self));
}

AG_OPERATION(contiguous, METHOD, "contiguous(Tensor self) -> Tensor",
    "self where its elements already lie in the order of its dims, else a copy that does.",
    .body = contiguous_body)

/* ---- Types ----------------------------------------------------------------- */

static bool cast_infer(agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    agi_set_result_like(call, 0, call->arguments[1].dtype, self);
    return true;
}

static void cast_gradient(agi_gradient *b)
{
    GIVE(0, b->g); /* the engine casts it back */
}

AG_OPERATION(cast, INTERNAL, "cast(Tensor self, dtype dtype) -> Tensor",
    "A copy of self in dtype, which lies in memory as self does.",
    .infer = cast_infer, .kernel = dense_copy_kernel, .gradient = cast_gradient,
    .node = "ToCopyBackward0")

static bool cast_to(ag_results *results, ag_tensor *self, ag_dtype dtype)
{
    return agi_one_result(results, (ag_dtype)self->dtype == dtype ? agi_again(self)
                                                                  : ag_cast(self, dtype));
}

static bool type_as_dtype_body(ag_context *context, const ag_value *arguments,
                               ag_results *results)
{
    return cast_to(results, arguments[0].tensor, arguments[1].dtype);
}

AG_OPERATION(type_as_dtype, INTERNAL, "type_as_dtype(Tensor self, dtype dtype) -> Tensor",
    "self where it has dtype, else a copy that has.", .body = type_as_dtype_body)

static bool to_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    ag_dtype dtype = (ag_dtype)self->dtype;
    if (arguments[2].given) {
        dtype = arguments[2].dtype;
    } else if (arguments[1].given && arguments[1].tensor != AG_NONE) {
        dtype = (ag_dtype)arguments[1].tensor->dtype;
    }
    return cast_to(results, self, dtype);
}

AG_OPERATION(to, METHOD, "to(Tensor self, Tensor? other=None, dtype? dtype=None) -> Tensor",
    "self in dtype, or in the dtype of other; self itself where that is its own.",
    .body = to_body)

static bool type_as_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return cast_to(results, arguments[0].tensor, (ag_dtype)arguments[1].tensor->dtype);
}

AG_OPERATION(type_as, METHOD, "type_as(Tensor self, Tensor other) -> Tensor",
    "self in the dtype of other; self itself where that is its own.", .body = type_as_body)

static bool float_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return cast_to(results, arguments[0].tensor, AG_FLOAT32);
}

static bool double_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return cast_to(results, arguments[0].tensor, AG_FLOAT64);
}

static bool long_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return cast_to(results, arguments[0].tensor, AG_INT64);
}

static bool int_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return cast_to(results, arguments[0].tensor, AG_INT32);
}

static bool bool_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    return cast_to(results, arguments[0].tensor, AG_BOOL);
}

AG_OPERATION(float, METHOD, "float(Tensor self) -> Tensor", "self in float32.",
    .body = float_body)
AG_OPERATION(double, METHOD, "double(Tensor self) -> Tensor", "self in float64.",
    .body = double_body)
AG_OPERATION(long, METHOD, "long(Tensor self) -> Tensor", "self in int64.", .body = long_body)
AG_OPERATION(int, METHOD, "int(Tensor self) -> Tensor", "self in int32.", .body = int_body)
AG_OPERATION(bool, METHOD, "bool(Tensor self) -> Tensor",
    "self in bool: false where it is 0, NaN being true.", .body = bool_body)

/* ---- detach ------------------------------------------------------------------ */

static bool detach_body(ag_context *context, const ag_value *arguments, ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    return agi_one_result(results, agi_alias(self, self->ndim, self->shape, self->strides, 0));
}

AG_OPERATION(detach, BOTH, "detach(Tensor self) -> Tensor",
    "A tensor over self's numbers that is no part of the graph; shares self's version.",
    .body = detach_body)

static bool detach_inplace_body(ag_context *context, const ag_value *arguments,
                                ag_results *results)
{
    ag_tensor *self = arguments[0].tensor;
    if (self->base != NULL) {
        agi_fail(context, AG_ERROR_RUNTIME,
                 "Can't detach views in-place. Use detach() instead.");
        return false;
    }
    self->requires_grad = false;
    agi_set_history(self, NULL, 0);
    return agi_one_result(results, self);
}

AG_OPERATION(detach_, METHOD, "detach_(Tensor self) -> Tensor",
    "Takes self out of the graph: it becomes a leaf that requires no grad.",
    .body = detach_inplace_body)
