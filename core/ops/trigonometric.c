/* sin, cos and tan, and their inverses. */
#include <stdbool.h>

#include "elementary/inverse_trigonometric.h"
#include "elementary/trigonometric.h"
#include "operation.h"

/* In line the array form, which also takes huge arguments. */
#define CIRCULAR_LOOP(NAME, SUFFIX, TYPE, OF_HUGE)                                              \
    AGI_INLINE void NAME##_##SUFFIX##_body(char *const *data, const int64_t *strides,           \
                                           int64_t count, const double *p)                      \
    {                                                                                           \
        (void)p;                                                                                \
        if (strides[0] == sizeof(TYPE) && strides[1] == sizeof(TYPE)) {                         \
            agi_##NAME##_array_##SUFFIX((const TYPE *)data[1], (TYPE *)data[0], (size_t)count); \
            return;                                                                             \
        }                                                                                       \
        for (int64_t i = 0; i < count; i++) {                                                   \
            TYPE x = *(const TYPE *)(data[1] + i * strides[1]);                                 \
            *(TYPE *)(data[0] + i * strides[0]) =                                               \
                agi_trigonometric_is_large_##SUFFIX(x) ? OF_HUGE(x) : agi_##NAME##_##SUFFIX(x); \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME##_##SUFFIX)

CIRCULAR_LOOP(sin, f32, float, sinf)
CIRCULAR_LOOP(sin, f64, double, sin)

static void sin_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_cos(SAVED_INPUT(0))));
}

AG_OPERATION(sin, BOTH_AND_INPLACE, "sin(Tensor self) -> Tensor", "The sine of radians.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(sin)},
    .gradient = sin_gradient, .saves = {INPUT(0)}, .node = "SinBackward0")

CIRCULAR_LOOP(cos, f32, float, cosf)
CIRCULAR_LOOP(cos, f64, double, cos)

static void cos_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_neg(ag_sin(SAVED_INPUT(0)))));
}

AG_OPERATION(cos, BOTH_AND_INPLACE, "cos(Tensor self) -> Tensor", "The cosine of radians.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(cos)},
    .gradient = cos_gradient, .saves = {INPUT(0)}, .node = "CosBackward0")

CIRCULAR_LOOP(tan, f32, float, tanf)
CIRCULAR_LOOP(tan, f64, double, tan)

/* 1 + tan² */
static void tan_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_add_number(ag_square(SAVED_RESULT(0)), 1)));
}

AG_OPERATION(tan, BOTH_AND_INPLACE, "tan(Tensor self) -> Tensor", "The tangent of radians.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(tan)},
    .gradient = tan_gradient, .saves = {RESULT(0)}, .node = "TanBackward0")

/* ---- Inverses -------------------------------------------------------------------- */

UNARY_LOOPS_FLOATING(asin, agi_asin_f32(x), agi_asin_f64(x))

static void asin_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_rsqrt(ag_rsub_number(ag_square(SAVED_INPUT(0)), 1))));
}

AG_OPERATION(asin, BOTH_AND_INPLACE, "asin(Tensor self) -> Tensor",
    "The angle in [-pi/2, pi/2] whose sine is self; NaN outside [-1, 1].",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(asin)},
    .gradient = asin_gradient, .saves = {INPUT(0)}, .node = "AsinBackward0")

UNARY_LOOPS_FLOATING(acos, agi_acos_f32(x), agi_acos_f64(x))

static void acos_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(b->g, ag_neg(ag_rsqrt(ag_rsub_number(ag_square(SAVED_INPUT(0)), 1)))));
}

AG_OPERATION(acos, BOTH_AND_INPLACE, "acos(Tensor self) -> Tensor",
    "The angle in [0, pi] whose cosine is self; NaN outside [-1, 1].",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(acos)},
    .gradient = acos_gradient, .saves = {INPUT(0)}, .node = "AcosBackward0")

UNARY_LOOPS_FLOATING(atan, agi_atan_f32(x), agi_atan_f64(x))

static void atan_gradient(agi_gradient *b)
{
    GIVE(0, ag_div(b->g, ag_add_number(ag_square(SAVED_INPUT(0)), 1)));
}

AG_OPERATION(atan, BOTH_AND_INPLACE, "atan(Tensor self) -> Tensor",
    "The angle in [-pi/2, pi/2] whose tangent is self.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(atan)},
    .gradient = atan_gradient, .saves = {INPUT(0)}, .node = "AtanBackward0")

BINARY_LOOPS_FLOATING(atan2, agi_atan2_f32(x, y), agi_atan2_f64(x, y))

/* g / (y² + x²), 0 where the square of the radius is. */
static ag_tensor *over_square_of_radius(agi_gradient *b)
{
    ag_tensor *y = SAVED_INPUT(0), *x = SAVED_INPUT(1);
    ag_tensor *square = ag_add(ag_square(y), ag_square(x));
    return ag_mul(b->g, ag_masked_fill_number(ag_reciprocal(square), ag_eq_number(square, 0), 0));
}

static void atan2_gradient(agi_gradient *b)
{
    GIVE(0, ag_mul(over_square_of_radius(b), SAVED_INPUT(1)));
    GIVE(1, ag_mul(over_square_of_radius(b), ag_neg(SAVED_INPUT(0))));
}

AG_OPERATION(atan2, BOTH_AND_INPLACE, "atan2(Tensor self, Tensor other) -> Tensor",
    "The angle in [-pi, pi] of the point whose ordinate is self and abscissa other.",
    .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(atan2)}, .gradient = atan2_gradient,
    .saves = {INPUT(0) | INPUT(1), INPUT(0) | INPUT(1)}, .node = "Atan2Backward0")

AG_ALIAS(arcsin, asin)
AG_ALIAS(arccos, acos)
AG_ALIAS(arctan, atan)
AG_ALIAS(arctan2, atan2)
