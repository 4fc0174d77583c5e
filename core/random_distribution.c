/* random_distribution.c - what each distribution accepts, in torch's words where it does not. */
#include "random.h"

#include <float.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "print.h"

#define NUMBER_BYTES 32

static bool refuse(char error[AGI_RANDOM_ERROR_BYTES], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, AGI_RANDOM_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return false;
}

static const char *number(char text[NUMBER_BYTES], double value)
{
    agi_format_double(text, NUMBER_BYTES, 'g', 6, value);
    return text;
}

/* torch's C++ name of the dtype, and the one of its ScalarType. */
static const char *c_name(ag_dtype dtype)
{
    static const char *const names[] = {"float", "double", "long", "int", "unsigned char", "bool"};
    return names[dtype];
}

static const char *scalar_type_name(ag_dtype dtype)
{
    static const char *const names[] = {"Float", "Double", "Long", "Int", "Byte", "Bool"};
    return names[dtype];
}

static bool is_floating(ag_dtype dtype)
{
    return dtype == AG_FLOAT32 || dtype == AG_FLOAT64;
}

bool agi_distribution_uniform(agi_distribution *d, ag_dtype dtype, double low, double high,
                              char error[AGI_RANDOM_ERROR_BYTES])
{
    if (!is_floating(dtype)) {
        return refuse(error, "\"check_uniform_bounds\" not implemented for '%s'",
                      scalar_type_name(dtype));
    }
    double max = dtype == AG_FLOAT32 ? FLT_MAX : DBL_MAX;
    char low_text[NUMBER_BYTES], high_text[NUMBER_BYTES];
    if (!(low >= -max && low <= max)) {
        return refuse(error, "from is out of bounds for %s", c_name(dtype));
    }
    if (!(high >= -max && high <= max)) {
        return refuse(error, "to is out of bounds for %s", c_name(dtype));
    }
    if (low > high) {
        return refuse(error,
                      "uniform_ expects to return a [from, to) range, but found from=%s > to=%s",
                      number(low_text, low), number(high_text, high));
    }
    if (high - low > max) {
        return refuse(error,
                      "uniform_ expects to-from <= std::numeric_limits<%s>::max(), but found to=%s "
                      "and from=%s which result in to-from to exceed the limit",
                      scalar_type_name(dtype), number(high_text, high), number(low_text, low));
    }
    *d = (agi_distribution){.kind = AGI_UNIFORM, .dtype = dtype, .uniform = {low, high}};
    return true;
}

bool agi_distribution_normal(agi_distribution *d, ag_dtype dtype, double mean, double std,
                             char error[AGI_RANDOM_ERROR_BYTES])
{
    char std_text[NUMBER_BYTES];
    if (!(std >= 0)) {
        return refuse(error, "normal expects std >= 0.0, but found std %s", number(std_text, std));
    }
    if (!is_floating(dtype)) {
        return refuse(error, "\"normal_kernel_cpu\" not implemented for '%s'",
                      scalar_type_name(dtype));
    }
    *d = (agi_distribution){.kind = AGI_NORMAL, .dtype = dtype, .normal = {mean, std}};
    return true;
}

/* value as dtype rounds it; from 2^63 on, what x86 makes of it, which torch's rule below sees. */
static int64_t rounded(ag_dtype dtype, int64_t value)
{
    double close = dtype == AG_FLOAT32 ? (double)(float)value : (double)value;
    return close >= 0x1p63 ? INT64_MIN : (int64_t)close;
}

/* The gap between dtype's numbers around value. */
static int64_t spacing(ag_dtype dtype, int64_t value)
{
    int digits = dtype == AG_FLOAT32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    int log2 = magnitude ? 63 - __builtin_clzll(magnitude) : 0;
    return INT64_C(1) << (log2 - digits + 1);
}

/* Past 2^24 (2^53), torch moves the bounds of a float range to numbers that do not round out of
 * it. */
static int64_t inside_from(ag_dtype dtype, int64_t from)
{
    int64_t next = rounded(dtype, from + 1);
    return next < from ? next + spacing(dtype, from + 1) : from;
}

static int64_t inside_to(ag_dtype dtype, int64_t to)
{
    int64_t last = rounded(dtype, to - 1);
    return last >= to ? last - spacing(dtype, to - 1) : to;
}

static bool holds(ag_dtype dtype, int64_t value)
{
    switch (dtype) {
    case AG_INT32:
        return value >= INT32_MIN && value <= INT32_MAX;
    case AG_UINT8:
        return value >= 0 && value <= UINT8_MAX;
    case AG_BOOL:
        return value == 0 || value == 1;
    default:
        return true;
    }
}

bool agi_distribution_integers(agi_distribution *d, ag_dtype dtype, int64_t low, int64_t high,
                               char error[AGI_RANDOM_ERROR_BYTES])
{
    if (low >= high) {
        return refuse(error,
                      "random_ expects 'from' to be less than 'to', but got from=%" PRId64
                      " >= to=%" PRId64,
                      low, high);
    }
    if (is_floating(dtype)) {
        low = inside_from(dtype, low);
        high = inside_to(dtype, high);
        if (low >= high) {
            return refuse(error,
                          "random_ expects 'from' casted to dtype to be less than 'to' casted to "
                          "dtype, but got from=%" PRId64 " >= to=%" PRId64,
                          low, high);
        }
    }
    if (!holds(dtype, low)) {
        return refuse(error, "from is out of bounds for %s", c_name(dtype));
    }
    if (!holds(dtype, high - 1)) {
        return refuse(error, "to - 1 is out of bounds for %s", c_name(dtype));
    }
    uint64_t range = (uint64_t)high - (uint64_t)low;
    *d = (agi_distribution){.kind = AGI_INTEGERS, .dtype = dtype, .integers = {low, range}};
    return true;
}

bool agi_distribution_bernoulli(agi_distribution *d, ag_dtype dtype, double p,
                                char error[AGI_RANDOM_ERROR_BYTES])
{
    char text[NUMBER_BYTES];
    if (!(p >= 0 && p <= 1)) {
        return refuse(error, "bernoulli_ expects p to be in [0, 1], but got p=%s", number(text, p));
    }
    *d = (agi_distribution){.kind = AGI_BERNOULLI, .dtype = dtype, .p = p};
    return true;
}
