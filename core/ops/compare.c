/* Comparisons: booleans, point by point. */
#include "operation.h"

#define COMPARISON_LOOPS(NAME, EXPRESSION)                                                      \
    BINARY_LOOP(NAME##_f32, float, uint8_t, EXPRESSION)                                         \
    BINARY_LOOP(NAME##_f64, double, uint8_t, EXPRESSION)                                        \
    BINARY_LOOP(NAME##_i64, int64_t, uint8_t, EXPRESSION)                                       \
    BINARY_LOOP(NAME##_i32, int32_t, uint8_t, EXPRESSION)                                       \
    BINARY_LOOP(NAME##_u8, uint8_t, uint8_t, EXPRESSION)

/* In place the answer takes self's type, and what it was made of has the gradient 0. */
static void comparison_gradient(agi_gradient *b)
{
    GIVE(0, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
    GIVE(1, ag_zeros_like(b->g, AG_DTYPE_NONE, false));
}

#define COMPARISON_NAME(NAME, NODE)                                                             \
    static const char *NAME##_name(const agi_call *call)                                        \
    {                                                                                           \
        return call->arguments[1].is_tensor ? NODE "1" : NODE "0";                              \
    }

COMPARISON_LOOPS(eq, x == y)
COMPARISON_NAME(eq, "EqBackward")

AG_OPERATION(eq, BOTH_AND_INPLACE, "eq(Tensor self, Operand other) -> Tensor", "self == other.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(eq), [AG_BOOL] = &eq_u8},
    .gradient = comparison_gradient, .node_name = eq_name)

COMPARISON_LOOPS(ne, x != y)
COMPARISON_NAME(ne, "NeBackward")

AG_OPERATION(ne, BOTH_AND_INPLACE, "ne(Tensor self, Operand other) -> Tensor", "self != other.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(ne), [AG_BOOL] = &ne_u8},
    .gradient = comparison_gradient, .node_name = ne_name)

COMPARISON_LOOPS(lt, x < y)
COMPARISON_NAME(lt, "LtBackward")

AG_OPERATION(lt, BOTH_AND_INPLACE, "lt(Tensor self, Operand other) -> Tensor", "self < other.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(lt), [AG_BOOL] = &lt_u8},
    .gradient = comparison_gradient, .node_name = lt_name)

COMPARISON_LOOPS(le, x <= y)
COMPARISON_NAME(le, "LeBackward")

AG_OPERATION(le, BOTH_AND_INPLACE, "le(Tensor self, Operand other) -> Tensor", "self <= other.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(le), [AG_BOOL] = &le_u8},
    .gradient = comparison_gradient, .node_name = le_name)

COMPARISON_LOOPS(gt, x > y)
COMPARISON_NAME(gt, "GtBackward")

AG_OPERATION(gt, BOTH_AND_INPLACE, "gt(Tensor self, Operand other) -> Tensor", "self > other.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(gt), [AG_BOOL] = &gt_u8},
    .gradient = comparison_gradient, .node_name = gt_name)

COMPARISON_LOOPS(ge, x >= y)
COMPARISON_NAME(ge, "GeBackward")

AG_OPERATION(ge, BOTH_AND_INPLACE, "ge(Tensor self, Operand other) -> Tensor", "self >= other.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(ge), [AG_BOOL] = &ge_u8},
    .gradient = comparison_gradient, .node_name = ge_name)

AG_ALIAS(not_equal, ne)
AG_ALIAS(less, lt)
AG_ALIAS(less_equal, le)
AG_ALIAS(greater, gt)
AG_ALIAS(greater_equal, ge)
