/* fmod, remainder and floor_divide beside what the C library's fmod gives, bit by bit. */
#include <stdint.h>
#include <string.h>

#include "numbers.h"

enum { COUNT = 100000 };

static uint64_t state = 1;

static uint64_t bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* Any double, or a float's value: of all magnitudes, or near a multiple of the other. */
static double made(int kind, bool is_float, double other)
{
    double x;
    uint64_t pattern = bits();
    if (kind == 0) {
        memcpy(&x, &pattern, sizeof x);
        float y;
        memcpy(&y, &pattern, sizeof y);
        return is_float ? (double)y : x;
    }
    x = kind == 1 ? ((double)(pattern % 200001) - 100000) / 64
                  : (double)(int64_t)(pattern % 4096 - 2048) * other;
    if (kind == 2 && !is_float) {
        x = nextafter(x, pattern >> 40 & 1 ? INFINITY : -INFINITY);
    }
    return is_float ? (double)(float)x : x;
}

enum operation { FMOD, REMAINDER, FLOOR_DIVIDE, OPERATION_COUNT };

static double in_type(double x, bool is_float)
{
    return is_float ? (double)(float)x : x;
}

/* (x - left) / y is whole but for its rounding: then the nearest whole number is meant. */
static double floored_quotient(double x, double y, double left, bool is_float)
{
    double quotient = in_type(in_type(x - left, is_float) / y, is_float);
    quotient = in_type(quotient - (left != 0 && (left < 0) != (y < 0)), is_float);
    double whole = floor(quotient);
    whole = quotient - whole > 0.5 ? in_type(whole + 1, is_float) : whole;
    double ratio = in_type(x / y, is_float);
    return y == 0 ? ratio : quotient == 0 ? copysign(0, ratio) : whole;
}

static double wanted(double x, double y, bool is_float, enum operation operation)
{
    double left = fmod(x, y);
    if (operation == FLOOR_DIVIDE) {
        return floored_quotient(x, y, left, is_float);
    }
    bool other_sign = left != 0 && (left < 0) != (y < 0);
    return operation == REMAINDER && other_sign ? in_type(left + y, is_float) : left;
}

static void check_floating(ag_context *context, ag_dtype dtype, int kind,
                           enum operation operation)
{
    ag_scope_open(context);
    bool is_float = dtype == AG_FLOAT32;
    const int64_t count = COUNT;
    ag_tensor *x = ag_tensor_new(context, AG_FLOAT64, 1, &count);
    ag_tensor *y = ag_tensor_new(context, AG_FLOAT64, 1, &count);
    double *xs = ag_data_pointer(x), *ys = ag_data_pointer(y);
    for (int64_t i = 0; i < count; i++) {
        ys[i] = made(kind == 0 ? 0 : 1, is_float, 1);
        xs[i] = made(kind, is_float, ys[i]);
    }
    ag_tensor *one = ag_cast(x, dtype), *two = ag_cast(y, dtype);
    ag_tensor *left = operation == FMOD        ? ag_fmod(one, two)
                      : operation == REMAINDER ? ag_remainder(one, two)
                                               : ag_floor_divide(one, two);
    const double *got = ag_data_pointer(ag_cast(left, AG_FLOAT64));
    for (int64_t i = 0; i < count; i++) {
        double expected = wanted(xs[i], ys[i], is_float, operation);
        bool same = isnan(expected) ? isnan(got[i])
                                    : got[i] == expected && signbit(got[i]) == signbit(expected);
        if (!same) {
            CHECK_REPORT("operation %d of %a and %a gives %a, expected %a", (int)operation, xs[i],
                         ys[i], got[i], expected);
        }
    }
    ag_scope_close(context);
}

IN_CONTEXT(floating)
{
    for (int kind = 0; kind < 3; kind++) {
        for (int operation = 0; operation < OPERATION_COUNT; operation++) {
            check_floating(context, AG_FLOAT32, kind, (enum operation)operation);
            check_floating(context, AG_FLOAT64, kind, (enum operation)operation);
        }
    }
}

IN_CONTEXT(integers)
{
    const int64_t count = COUNT;
    ag_tensor *x = ag_tensor_new(context, AG_INT64, 1, &count);
    ag_tensor *y = ag_tensor_new(context, AG_INT64, 1, &count);
    int64_t *xs = ag_data_pointer(x), *ys = ag_data_pointer(y);
    for (int64_t i = 0; i < count; i++) { /* stretches of small ones, and of all */
        int shift = i / 1000 % 2 ? 40 : 0;
        xs[i] = (int64_t)bits() >> shift;
        ys[i] = (int64_t)bits() >> (shift + bits() % 20);
        ys[i] += ys[i] == 0;
    }
    xs[0] = INT64_MIN;
    ys[0] = -1;
    const int64_t *left = ag_data_pointer(ag_fmod(x, y));
    const int64_t *floored = ag_data_pointer(ag_remainder(x, y));
    const int64_t *quotient = ag_data_pointer(ag_floor_divide(x, y));
    for (int64_t i = 0; i < count; i++) {
        int64_t expected = ys[i] == -1 ? 0 : xs[i] % ys[i];
        CHECK_INT(left[i], expected);
        expected += expected != 0 && (expected < 0) != (ys[i] < 0) ? ys[i] : 0;
        CHECK_INT(floored[i], expected);
        int64_t fits = ys[i] == -1 ? (int64_t)(0 - (uint64_t)xs[i]) : xs[i] / ys[i];
        CHECK_INT(quotient[i], fits - (expected != left[i]));
    }
}

IN_CONTEXT(bytes)
{
    const int64_t count = 256 * 255;
    ag_tensor *x = ag_tensor_new(context, AG_UINT8, 1, &count);
    ag_tensor *y = ag_tensor_new(context, AG_UINT8, 1, &count);
    uint8_t *xs = ag_data_pointer(x), *ys = ag_data_pointer(y);
    for (int64_t i = 0; i < count; i++) {
        xs[i] = (uint8_t)(i / 255);
        ys[i] = (uint8_t)(1 + i % 255);
    }
    const uint8_t *quotient = ag_data_pointer(ag_floor_divide(x, y));
    const uint8_t *left = ag_data_pointer(ag_fmod(x, y));
    const uint8_t *remainder = ag_data_pointer(ag_remainder(x, y));
    for (int64_t i = 0; i < count; i++) {
        CHECK_INT(quotient[i], xs[i] / ys[i]);
        CHECK_INT(left[i], xs[i] % ys[i]);
        CHECK_INT(remainder[i], xs[i] % ys[i]);
    }
}

int main(void)
{
    RUN_TEST(floating);
    RUN_TEST(integers);
    RUN_TEST(bytes);
    return TESTS_END();
}
