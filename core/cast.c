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

AGI_INLINE int32_t float_to_int32(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
}

/* A copy within a type: rows that lie one behind the other, are read from their end, as flip does,
 * repeat one number, or lie in any way. */
#define COPY_LOOP(BITS)                                                                         \
    AGI_INLINE void copy_##BITS##_body(char *const *data, const int64_t *strides,               \
                                       int64_t count, const double *p)                          \
    {                                                                                           \
        enum { SIZE = BITS / 8 };                                                               \
        const int64_t to_step = strides[0], step = strides[1];                                  \
        uint##BITS##_t *to = (uint##BITS##_t *)data[0];                                         \
        const uint##BITS##_t *from = (const uint##BITS##_t *)data[1];                           \
        (void)p;                                                                                \
        if (to_step == SIZE && step == SIZE) {                                                  \
            AGI_FOR_EACH(count) to[i] = from[i];                                                \
        } else if (to_step == SIZE && step == -SIZE) {                                          \
            AGI_FOR_EACH(count) to[i] = from[-i];                                               \
        } else if (to_step == SIZE && step == 0) {                                              \
            const uint##BITS##_t x = *from;                                                     \
            AGI_FOR_EACH(count) to[i] = x;                                                      \
        } else if (to_step == SIZE) {                                                           \
            AGI_FOR_EACH(count) to[i] = AGI_AT(uint##BITS##_t, data[1], i * step);              \
        } else {                                                                                \
            for (int64_t i = 0; i < count; i++) {                                               \
                *(uint##BITS##_t *)(data[0] + i * to_step) =                                    \
                    AGI_AT(uint##BITS##_t, data[1], i * step);                                  \
            }                                                                                   \
        }                                                                                       \
    }                                                                                           \
    AGI_INLINE bool copy_##BITS##_rows_body(char *const *data, const agi_strides *strides,      \
                                            int64_t rows, int64_t count, const double *p)       \
    {                                                                                           \
        for (int64_t r = 0; r < rows; r++) {                                                    \
            char *const row[] = {data[0] + r * strides[1][0], data[1] + r * strides[1][1]};     \
            copy_##BITS##_body(row, strides[0], count, p);                                      \
        }                                                                                       \
        return true;                                                                            \
    }                                                                                           \
    AGI_LOOP_SET_WITH_ROWS(copy_##BITS)
COPY_LOOP(8)
COPY_LOOP(32)
COPY_LOOP(64)

UNARY_LOOP(cast_f32_f64, float, double, x)
UNARY_LOOP(cast_f32_i64, float, int64_t, to_int64(x))
UNARY_LOOP(cast_f32_i32, float, int32_t, float_to_int32(x))
UNARY_LOOP(cast_f32_u8, float, uint8_t, to_int64(x))
UNARY_LOOP(cast_f32_b, float, uint8_t, x != 0)
UNARY_LOOP(cast_f64_f32, double, float, x)
UNARY_LOOP(cast_f64_i64, double, int64_t, to_int64(x))
UNARY_LOOP(cast_f64_i32, double, int32_t, to_int32(x))
UNARY_LOOP(cast_f64_u8, double, uint8_t, to_int64(x))
UNARY_LOOP(cast_f64_b, double, uint8_t, x != 0)
UNARY_LOOP(cast_i64_f32, int64_t, float, x)
UNARY_LOOP(cast_i64_f64, int64_t, double, x)
UNARY_LOOP(cast_i64_i32, int64_t, int32_t, x)
UNARY_LOOP(cast_i64_u8, int64_t, uint8_t, x)
UNARY_LOOP(cast_i64_b, int64_t, uint8_t, x != 0)
UNARY_LOOP(cast_i32_f32, int32_t, float, x)
UNARY_LOOP(cast_i32_f64, int32_t, double, x)
UNARY_LOOP(cast_i32_i64, int32_t, int64_t, x)
UNARY_LOOP(cast_i32_u8, int32_t, uint8_t, x)
UNARY_LOOP(cast_i32_b, int32_t, uint8_t, x != 0)
UNARY_LOOP(cast_u8_f32, uint8_t, float, x)
UNARY_LOOP(cast_u8_f64, uint8_t, double, x)
UNARY_LOOP(cast_u8_i64, uint8_t, int64_t, x)
UNARY_LOOP(cast_u8_i32, uint8_t, int32_t, x)
UNARY_LOOP(cast_u8_b, uint8_t, uint8_t, x != 0)

static const agi_loop_set *const casts[AG_DTYPE_COUNT][AG_DTYPE_COUNT] = {
    [AG_FLOAT32] = {
        [AG_FLOAT32] = &copy_32, [AG_FLOAT64] = &cast_f32_f64, [AG_INT64] = &cast_f32_i64,
        [AG_INT32] = &cast_f32_i32, [AG_UINT8] = &cast_f32_u8, [AG_BOOL] = &cast_f32_b,
    },
    [AG_FLOAT64] = {
        [AG_FLOAT32] = &cast_f64_f32, [AG_FLOAT64] = &copy_64, [AG_INT64] = &cast_f64_i64,
        [AG_INT32] = &cast_f64_i32, [AG_UINT8] = &cast_f64_u8, [AG_BOOL] = &cast_f64_b,
    },
    [AG_INT64] = {
        [AG_FLOAT32] = &cast_i64_f32, [AG_FLOAT64] = &cast_i64_f64, [AG_INT64] = &copy_64,
        [AG_INT32] = &cast_i64_i32, [AG_UINT8] = &cast_i64_u8, [AG_BOOL] = &cast_i64_b,
    },
    [AG_INT32] = {
        [AG_FLOAT32] = &cast_i32_f32, [AG_FLOAT64] = &cast_i32_f64, [AG_INT64] = &cast_i32_i64,
        [AG_INT32] = &copy_32, [AG_UINT8] = &cast_i32_u8, [AG_BOOL] = &cast_i32_b,
    },
    [AG_UINT8] = {
        [AG_FLOAT32] = &cast_u8_f32, [AG_FLOAT64] = &cast_u8_f64, [AG_INT64] = &cast_u8_i64,
        [AG_INT32] = &cast_u8_i32, [AG_UINT8] = &copy_8, [AG_BOOL] = &cast_u8_b,
    },
    [AG_BOOL] = {
        [AG_FLOAT32] = &cast_u8_f32, [AG_FLOAT64] = &cast_u8_f64, [AG_INT64] = &cast_u8_i64,
        [AG_INT32] = &cast_u8_i32, [AG_UINT8] = &copy_8, [AG_BOOL] = &copy_8,
    },
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
