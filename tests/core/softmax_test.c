/* softmax, log_softmax and logsumexp of lines of every length at which their way changes, along the
 * last dim and another, beside a plain loop in long double. */
#include <float.h>
#include <stdint.h>

#include "numbers.h"

enum { LONGEST = 1200 };

/* What the lines of a tensor hold, in turn: more kinds than are gone through together. */
enum { USUAL, WIDE, HUGE_NUMBERS, EQUAL, SOME_MINUS_INFINITY, ALL_MINUS_INFINITY, INFINITE,
       WITH_NAN, ALL_NAN, LAST_HIGHEST, LINES };

static double number(int kind, int64_t i, int64_t count)
{
    double x = (double)((i * 7919 + kind) % 257 - 128) / 32;
    switch (kind) {
    case WIDE: return (x - 3) * 40; /* exponentials down to denormal ones and 0 */
    case HUGE_NUMBERS: return x * 0x1p124;
    case EQUAL: return -1e4;
    case SOME_MINUS_INFINITY: return i % 3 == 1 ? -INFINITY : x;
    case ALL_MINUS_INFINITY: return -INFINITY;
    case INFINITE: return i == count / 3 ? INFINITY : x;
    case WITH_NAN: return i == count / 2 ? NAN : x;
    case ALL_NAN: return NAN;
    case LAST_HIGHEST: return i == count - 1 ? 30 : x;
    default: return x;
    }
}

static ag_tensor *made(ag_context *context, ag_dtype dtype, int64_t count)
{
    ag_tensor *x = ag_tensor_new(context, AG_FLOAT64, 2, (const int64_t[]){LINES, count});
    double *numbers = ag_data_pointer(x);
    for (int64_t i = 0; i < LINES * count; i++) {
        numbers[i] = number((int)(i / count), i % count, count);
    }
    return ag_cast(x, dtype);
}

/* A rounding's part of the number, and at least the smallest there is. */
static double allowed(ag_dtype dtype, long double roundings, long double number)
{
    bool is_float = dtype == AG_FLOAT32;
    double part = (double)(roundings * fabsl(number)) * (is_float ? FLT_EPSILON : DBL_EPSILON);
    return part + (is_float ? FLT_TRUE_MIN : DBL_TRUE_MIN);
}

static void check_line(ag_dtype dtype, const double *x, int64_t count, const double *softmax,
                       const double *log_softmax, double logsumexp)
{
    long double highest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < count; i++) {
        highest = x[i] > highest ? x[i] : highest;
    }
    for (int64_t i = 0; i < count; i++) {
        sum += expl(x[i] - highest);
    }
    for (int64_t i = 0; i < count; i++) {
        long double less = x[i] - highest, share = expl(less) / sum, log = less - logl(sum);
        CHECK_NEAR(softmax[i], (double)share, allowed(dtype, 8 + fabsl(less), share));
        CHECK_NEAR(log_softmax[i], (double)log, allowed(dtype, 2, 1 + fabsl(less) + logl(sum)));
    }
    if (isinf(highest) && !isnan(x[count / 2])) {
        CHECK_NEAR(logsumexp, (double)highest, 0);
    } else {
        CHECK_NEAR(logsumexp, (double)(highest + logl(sum)),
                   allowed(dtype, 2, 1 + fabsl(highest) + logl(sum)));
    }
}

static const double *doubles(ag_tensor *x)
{
    return ag_data_pointer(ag_contiguous(ag_cast(x, AG_FLOAT64)));
}

/* The lines lie along dim 2 of x. */
static void check_lines(ag_tensor *x, ag_tensor *softmax, ag_tensor *log_softmax,
                        ag_tensor *logsumexp)
{
    const int64_t count = ag_numel(x) / LINES;
    const double *numbers = doubles(x), *shares = doubles(softmax), *logs = doubles(log_softmax),
                 *totals = doubles(logsumexp);
    for (int64_t i = 0; i < LINES; i++) {
        check_line(ag_dtype_of(x), numbers + i * count, count, shares + i * count, logs + i * count,
                   totals[i]);
    }
}

static void check(ag_context *context, ag_dtype dtype, int64_t count)
{
    ag_scope_open(context);
    ag_tensor *x = made(context, dtype, count), *turned = ag_contiguous(ag_transpose(x, 1, 2));
    check_lines(x, ag_softmax(x, 2, AG_DTYPE_NONE), ag_log_softmax(x, 2, AG_DTYPE_NONE),
                ag_logsumexp(x, AG_INTEGERS(2), false));
    check_lines(x, ag_transpose(ag_softmax(turned, 1, AG_DTYPE_NONE), 1, 2),
                ag_transpose(ag_log_softmax(turned, 1, AG_DTYPE_NONE), 1, 2),
                ag_logsumexp(turned, AG_INTEGERS(1), false));
    CHECK_TEXT(ag_error_text(context), "");
    ag_scope_close(context);
}

IN_CONTEXT(lines_of_every_length)
{
    for (int64_t count = 1; count < LONGEST; count += count < 70 ? 1 : 63) {
        check(context, AG_FLOAT32, count);
        check(context, AG_FLOAT64, count);
    }
}

int main(void)
{
    RUN_TEST(lines_of_every_length);
    return TESTS_END();
}
