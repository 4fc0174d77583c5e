#include "cast.h"

#include <float.h>
#include <math.h>

#include "dtype.h"
#include "iterate.h"
#include "shape.h"

/* To bool: whether it is not zero. From a real number out of range to an integer: the least one, as
 * the processor and so torch has it, of which uint8 takes the low bits. */
AGI_INLINE int64_t to_int64(double x)
{
    return x > -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

AGI_INLINE int32_t to_int32(double x)
{
    return x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN;
}

#define CASTS_TO_NUMBERS(FROM, TYPE, EXPRESSION, INT32)                                         \
    UNARY_LOOP(cast_##FROM##_f32, TYPE, float, x)                                               \
    UNARY_LOOP(cast_##FROM##_f64, TYPE, double, x)                                              \
    UNARY_LOOP(cast_##FROM##_i64, TYPE, int64_t, EXPRESSION)                                    \
    UNARY_LOOP(cast_##FROM##_i32, TYPE, int32_t, INT32)                                         \
    UNARY_LOOP(cast_##FROM##_u8, TYPE, uint8_t, EXPRESSION)                                     \
    UNARY_LOOP(cast_##FROM##_b, TYPE, uint8_t, x != 0)

CASTS_TO_NUMBERS(f32, float, to_int64(x), to_int32(x))
CASTS_TO_NUMBERS(f64, double, to_int64(x), to_int32(x))
CASTS_TO_NUMBERS(i64, int64_t, x, x)
CASTS_TO_NUMBERS(i32, int32_t, x, x)
CASTS_TO_NUMBERS(u8, uint8_t, x, x)

#define CASTS_FROM(FROM)                                                                        \
    {                                                                                           \
        [AG_FLOAT32] = &cast_##FROM##_f32, [AG_FLOAT64] = &cast_##FROM##_f64,                   \
        [AG_INT64] = &cast_##FROM##_i64, [AG_INT32] = &cast_##FROM##_i32,                       \
        [AG_UINT8] = &cast_##FROM##_u8, [AG_BOOL] = &cast_##FROM##_b                            \
    }

static const agi_loop_set *const casts[AG_DTYPE_COUNT][AG_DTYPE_COUNT] = {
    [AG_FLOAT32] = CASTS_FROM(f32), [AG_FLOAT64] = CASTS_FROM(f64), [AG_INT64] = CASTS_FROM(i64),
    [AG_INT32] = CASTS_FROM(i32), [AG_UINT8] = CASTS_FROM(u8), [AG_BOOL] = CASTS_FROM(u8),
};

agi_loop agi_cast_loop(const ag_context *context, ag_dtype to, ag_dtype from)
{
    return agi_loop_of(casts[from][to], context);
}

bool agi_copy_numbers(ag_tensor *to, ag_tensor *from)
{
    ag_tensor *operands[] = {to, from};
    agi_iteration iteration;
    agi_iteration_begin(&iteration, operands, 2);
    return agi_iterate(&iteration, agi_cast_loop(to->context, (ag_dtype)to->dtype,
                                                 (ag_dtype)from->dtype), NULL);
}

ag_tensor *agi_cast(ag_tensor *tensor, ag_dtype dtype)
{
    ag_tensor *cast = agi_is_dense(tensor)
        ? agi_new_like(tensor, dtype)
        : agi_new(tensor->context, dtype, tensor->ndim, tensor->shape);
    if (cast != NULL && !agi_copy_numbers(cast, tensor)) {
        ag_release(agi_disown(cast));
        return NULL;
    }
    return cast;
}

bool agi_check_fits(ag_context *context, ag_number number, ag_dtype dtype)
{
    static const struct {
        double least, most;
        const char *name;
    } types[AG_DTYPE_COUNT] = {
        [AG_FLOAT32] = {-FLT_MAX, FLT_MAX, "float"}, [AG_FLOAT64] = {-DBL_MAX, DBL_MAX, "double"},
        [AG_INT64] = {-0x1p63, 0x1p63, "int64_t"}, [AG_INT32] = {INT32_MIN, INT32_MAX, "int"},
        [AG_UINT8] = {0, UINT8_MAX, "uint8_t"},
    };
    double real = agi_real_of(number), least = types[dtype].least;
    if (dtype == AG_BOOL || (ag_dtype_is_floating(dtype) && !isfinite(real))) {
        return true;
    }
    if (number.kind != AG_REAL && dtype == AG_UINT8) {
        least = -UINT8_MAX;
    }
    if (!(real >= least && real <= types[dtype].most)) {
        agi_fail(context, AG_ERROR_RUNTIME, "value cannot be converted to type %s without overflow",
                 types[dtype].name);
        return false;
    }
    return true;
}

ag_tensor *agi_contiguous_as(ag_tensor *tensor, ag_dtype dtype)
{
    if ((ag_dtype)tensor->dtype == dtype && tensor->contiguous) {
        return ag_retain(tensor);
    }
    ag_tensor *line = agi_disown(agi_new(tensor->context, dtype, tensor->ndim, tensor->shape));
    if (line != NULL && !agi_copy_numbers(line, tensor)) {
        ag_release(line);
        return NULL;
    }
    return line;
}
