/* Logic on what is not zero, and what kind of number an element is. */
#include "operation.h"

#define LOGICAL_LOOPS(NAME, EXPRESSION)                                                         \
    BINARY_LOOP(NAME##_f32, float, uint8_t, EXPRESSION)                                         \
    BINARY_LOOP(NAME##_f64, double, uint8_t, EXPRESSION)                                        \
    BINARY_LOOP(NAME##_i64, int64_t, uint8_t, EXPRESSION)                                       \
    BINARY_LOOP(NAME##_i32, int32_t, uint8_t, EXPRESSION)                                       \
    BINARY_LOOP(NAME##_u8, uint8_t, uint8_t, EXPRESSION)

LOGICAL_LOOPS(logical_and, (x != 0) & (y != 0))

AG_OPERATION(logical_and, BOTH_AND_INPLACE, "logical_and(Tensor self, Tensor other) -> Tensor",
    "Whether both are not 0.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(logical_and), [AG_BOOL] = &logical_and_u8})

LOGICAL_LOOPS(logical_or, (x != 0) | (y != 0))

AG_OPERATION(logical_or, BOTH_AND_INPLACE, "logical_or(Tensor self, Tensor other) -> Tensor",
    "Whether one of them is not 0.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(logical_or), [AG_BOOL] = &logical_or_u8})

LOGICAL_LOOPS(logical_xor, (x != 0) != (y != 0))

AG_OPERATION(logical_xor, BOTH_AND_INPLACE, "logical_xor(Tensor self, Tensor other) -> Tensor",
    "Whether exactly one of them is not 0.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(logical_xor), [AG_BOOL] = &logical_xor_u8})

#define PREDICATE_LOOPS_INTEGER(NAME, EXPRESSION)                                               \
    UNARY_LOOP(NAME##_i64, int64_t, uint8_t, EXPRESSION)                                        \
    UNARY_LOOP(NAME##_i32, int32_t, uint8_t, EXPRESSION)                                        \
    UNARY_LOOP(NAME##_u8, uint8_t, uint8_t, EXPRESSION)
#define PREDICATE_LOOPS(NAME, FLOATING, INTEGER)                                                \
    UNARY_LOOP(NAME##_f32, float, uint8_t, FLOATING)                                            \
    UNARY_LOOP(NAME##_f64, double, uint8_t, FLOATING)                                           \
    PREDICATE_LOOPS_INTEGER(NAME, INTEGER)

PREDICATE_LOOPS(logical_not, x == 0, x == 0)

AG_OPERATION(logical_not, BOTH_AND_INPLACE, "logical_not(Tensor self) -> Tensor",
    "Whether self is 0.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(logical_not), [AG_BOOL] = &logical_not_u8})

PREDICATE_LOOPS(isnan, x != x, 0 * x)

AG_OPERATION(isnan, BOTH, "isnan(Tensor self) -> Tensor", "Whether self is not a number.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(isnan), [AG_BOOL] = &isnan_u8})

PREDICATE_LOOPS(isinf, (x == __builtin_inf()) | (x == -__builtin_inf()), 0 * x)

AG_OPERATION(isinf, BOTH, "isinf(Tensor self) -> Tensor", "Whether self is infinite.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(isinf), [AG_BOOL] = &isinf_u8})

PREDICATE_LOOPS(isfinite, x - x == 0, x == x)

AG_OPERATION(isfinite, BOTH, "isfinite(Tensor self) -> Tensor",
    "Whether self is neither infinite nor NaN.",
    .promotion = AGI_TO_BOOL, .loops = {LOOPS_NUMERIC(isfinite), [AG_BOOL] = &isfinite_u8})
