/* Whether all numbers, or any, are nonzero. */
#include "reduce.h"

/* A lane is as wide as the numbers, so that both fill the same vectors. NaN is nonzero. */
#define TRUTHS(TYPE, LANE, SUFFIX)                                                              \
    REDUCTION(all_##SUFFIX, TYPE, LANE, uint8_t, uint8_t, 1, a & (x != 0), a & b, t & a, t)     \
    REDUCTION(any_##SUFFIX, TYPE, LANE, uint8_t, uint8_t, 0, a | (x != 0), a | b, t | a, t)
TRUTHS(float, int32_t, f32)
TRUTHS(double, int64_t, f64)
TRUTHS(int64_t, int64_t, i64)
TRUTHS(int32_t, int32_t, i32)
TRUTHS(uint8_t, uint8_t, u8)

#define BY_DTYPE(NAME)                                                                          \
    {                                                                                           \
        [AG_FLOAT32] = &NAME##_f32, [AG_FLOAT64] = &NAME##_f64, [AG_INT64] = &NAME##_i64,       \
        [AG_INT32] = &NAME##_i32, [AG_UINT8] = &NAME##_u8, [AG_BOOL] = &NAME##_u8,              \
    }
static const agi_reduction *const alls[AG_DTYPE_COUNT] = BY_DTYPE(all);
static const agi_reduction *const anys[AG_DTYPE_COUNT] = BY_DTYPE(any);

static bool truth_infer(agi_call *call)
{
    return agi_reduce_infer(call, 0, call->inputs[0]->dtype == AG_UINT8 ? AG_UINT8 : AG_BOOL);
}

static bool all_kernel(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    return agi_reduce_call(call, alls[dtype], dtype, NULL);
}

static bool any_kernel(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    return agi_reduce_call(call, anys[dtype], dtype, NULL);
}

AG_OPERATION(all, BOTH, "all(Tensor self, Dims? dim=None, bool keepdim=false) -> Tensor",
    "Whether all elements are nonzero, over the given dims or over all; true of none. An empty list of dims asks of each element by itself.",
    .infer = truth_infer, .kernel = all_kernel, .may_reduce_nothing = true)

AG_OPERATION(any, BOTH, "any(Tensor self, Dims? dim=None, bool keepdim=false) -> Tensor",
    "Whether any element is nonzero, over the given dims or over all; false of none. An empty list of dims asks of each element by itself.",
    .infer = truth_infer, .kernel = any_kernel, .may_reduce_nothing = true)
