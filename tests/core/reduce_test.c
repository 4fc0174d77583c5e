/* Reductions along lines of every length at which their way changes, beside a plain loop. */
#include <stdint.h>

#include "numbers.h"

enum { ROWS = 3, LONGEST = 2100 };

static const int64_t dim = 2;

/* Numbers between -1 and 1 that a sum in any order has exactly; NaN in the middle row where asked. */
static ag_tensor *made(ag_context *context, ag_dtype dtype, int64_t count, bool with_nan)
{
    ag_tensor *x = ag_tensor_new(context, AG_FLOAT64, 2, (const int64_t[]){ROWS, count});
    double *numbers = ag_data_pointer(x);
    for (int64_t i = 0; i < ROWS * count; i++) {
        numbers[i] = (double)(i * 7919 % 257 - 128) / 128;
    }
    if (with_nan && count > 0) {
        numbers[count + count / 2] = NAN;
    }
    return ag_cast(x, dtype);
}

static void check_line(const double *x, int64_t count, double sum, double logsumexp, double most,
                       int64_t place, double tolerance)
{
    double plain = 0, exponentials = 0;
    int64_t best = 0;
    for (int64_t i = 0; i < count; i++) {
        plain += x[i];
        exponentials += exp(x[i]);
        bool better = x[i] > x[best] || (isnan(x[i]) && !isnan(x[best]));
        best = better ? i : best;
    }
    CHECK_NEAR(sum, plain, 0);
    CHECK_NEAR(logsumexp, log(exponentials), tolerance);
    CHECK_NEAR(most, x[best], 0);
    CHECK_INT(place, best + 1);
}

static void check(ag_context *context, ag_dtype dtype, int64_t count, bool with_nan)
{
    ag_scope_open(context);
    ag_tensor *x = made(context, dtype, count, with_nan), *values, *places;
    ag_max_along(x, 2, false, &values, &places);
    const double *numbers = ag_data_pointer(ag_cast(x, AG_FLOAT64));
    const double *sums = ag_data_pointer(
        ag_cast(ag_sum(x, (ag_integers){&dim, 1}, false, AG_DTYPE_NONE), AG_FLOAT64));
    const double *logs = ag_data_pointer(
        ag_cast(ag_logsumexp(x, (ag_integers){&dim, 1}, false), AG_FLOAT64));
    const double *most = ag_data_pointer(ag_cast(values, AG_FLOAT64));
    for (int64_t r = 0; r < ROWS; r++) {
        check_line(numbers + r * count, count, sums[r], logs[r], most[r],
                   ((const int64_t *)ag_data_pointer(places))[r],
                   dtype == AG_FLOAT32 ? 1e-5 : 1e-12);
    }
    CHECK_TEXT(ag_error_text(context), "");
    ag_scope_close(context);
}

IN_CONTEXT(lines_of_every_length)
{
    for (int64_t count = 1; count < LONGEST; count += count < 300 ? 1 : 97) {
        for (int with_nan = 0; with_nan < 2; with_nan++) {
            check(context, AG_FLOAT32, count, with_nan);
            check(context, AG_FLOAT64, count, with_nan);
        }
    }
}

IN_CONTEXT(many_lines)
{
    const int64_t rows = 5000;
    for (int64_t count = 1; count < 40; count += 6) {
        ag_tensor *x = ag_tensor_new(context, AG_INT64, 2, (const int64_t[]){rows, count});
        int64_t *numbers = ag_data_pointer(x);
        for (int64_t i = 0; i < rows * count; i++) {
            numbers[i] = i * i % 1009;
        }
        const int64_t *sums = ag_data_pointer(
            ag_sum(x, (ag_integers){&dim, 1}, false, AG_DTYPE_NONE));
        for (int64_t r = 0; r < rows; r++) {
            int64_t plain = 0;
            for (int64_t i = 0; i < count; i++) {
                plain += numbers[r * count + i];
            }
            CHECK_INT(sums[r], plain);
        }
    }
}

/* Places and values along dim 2 of x, two in three of whose numbers tie, beside a plain search. */
static void check_places(ag_tensor *x, bool least)
{
    ag_tensor *values, *places;
    (least ? ag_min_along : ag_max_along)(x, 2, false, &values, &places);
    ag_tensor *alone = (least ? ag_amin : ag_amax)(x, (ag_integers){&dim, 1}, false);
    const double *most = ag_data_pointer(ag_cast(alone, AG_FLOAT64));
    bool is_floating = ag_dtype_is_floating(ag_dtype_of(x)); /* of numbers that are not below 0 */
    const double *norms = !is_floating ? most
        : ag_data_pointer(ag_cast(ag_norm(x, least ? -INFINITY : INFINITY,
                                          (ag_integers){&dim, 1}, false, AG_DTYPE_NONE),
                                  AG_FLOAT64));
    ag_tensor *wide = ag_cast(ag_contiguous(x), AG_FLOAT64);
    const double *numbers = ag_data_pointer(wide);
    const double *found = ag_data_pointer(ag_cast(values, AG_FLOAT64));
    const int64_t rows = ag_shape(x)[0], count = ag_shape(x)[1];
    for (int64_t r = 0; r < rows; r++, numbers += count) {
        int64_t best = 0;
        for (int64_t i = 1; i < count; i++) {
            bool before = least ? numbers[i] < numbers[best] : numbers[i] > numbers[best];
            best = before || (isnan(numbers[i]) && !isnan(numbers[best])) ? i : best;
        }
        CHECK_INT(((const int64_t *)ag_data_pointer(places))[r], best + 1);
        CHECK_NEAR(found[r], numbers[best], 0);
        CHECK_NEAR(most[r], numbers[best], 0);
        CHECK_NEAR(norms[r], numbers[best], 0);
    }
}

/* Enough lines for short ones to be gone through side by side, and some over. */
IN_CONTEXT(places_of_ties)
{
    const int64_t rows = 77;
    for (int64_t count = 1; count < 140; count += 1 + count / 8) {
        for (int type = AG_FLOAT32; type < AG_DTYPE_COUNT; type++) {
            ag_scope_open(context);
            ag_tensor *x = ag_tensor_new(context, AG_FLOAT64, 2, (const int64_t[]){count, rows});
            double *numbers = ag_data_pointer(x);
            for (int64_t i = 0; i < rows * count; i++) {
                numbers[i] = i * 7919 % 257 % 3 == 0 ? (double)(i % 5) : 2;
                numbers[i] = (type == AG_FLOAT32 || type == AG_FLOAT64) && i % 97 == 96 ? NAN
                                                                                        : numbers[i];
            }
            ag_tensor *turned = ag_transpose(ag_cast(x, (ag_dtype)type), 1, 2);
            ag_tensor *in_line = ag_contiguous(turned);
            ag_tensor *stepped = ag_slice(in_line, 2, 1, count, 2);
            for (int least = 0; least < 2; least++) {
                check_places(turned, least);
                check_places(in_line, least);
                check_places(stepped, least);
            }
            CHECK_TEXT(ag_error_text(context), "");
            ag_scope_close(context);
        }
    }
}

/* Columns of short rows, of which several are taken as one, and lines that are as short, side by
 * side; beside a plain loop. */
static void check_short(ag_context *context, ag_dtype dtype, int64_t rows, int64_t columns)
{
    ag_scope_open(context);
    ag_tensor *x = ag_tensor_new(context, AG_FLOAT64, 2, (const int64_t[]){rows, columns});
    double *numbers = ag_data_pointer(x);
    for (int64_t i = 0; i < rows * columns; i++) {
        numbers[i] = (double)(i * 7919 % 257 - 128) / 128;
    }
    ag_tensor *narrow = ag_cast(x, dtype), *lines = ag_contiguous(ag_transpose(narrow, 1, 2));
    const ag_integers first = {(const int64_t[]){1}, 1}, last = {&dim, 1};
    const double *sums = ag_data_pointer(
        ag_cast(ag_sum(narrow, first, false, AG_DTYPE_NONE), AG_FLOAT64));
    const double *most = ag_data_pointer(ag_cast(ag_amax(narrow, first, false), AG_FLOAT64));
    const double *logs = ag_data_pointer(ag_cast(ag_logsumexp(narrow, first, false), AG_FLOAT64));
    const double *beside = ag_data_pointer(ag_cast(ag_logsumexp(lines, last, false), AG_FLOAT64));
    for (int64_t j = 0; j < columns; j++) {
        double sum = 0, largest = -INFINITY, exponentials = 0;
        for (int64_t i = 0; i < rows; i++) {
            double number = numbers[i * columns + j];
            sum += number;
            largest = number > largest ? number : largest;
            exponentials += exp(number);
        }
        CHECK_NEAR(sums[j], sum, 0);
        CHECK_NEAR(most[j], largest, 0);
        CHECK_NEAR(logs[j], log(exponentials), dtype == AG_FLOAT32 ? 1e-5 : 1e-12);
        CHECK_NEAR(beside[j], log(exponentials), dtype == AG_FLOAT32 ? 1e-5 : 1e-12);
    }
    CHECK_TEXT(ag_error_text(context), "");
    ag_scope_close(context);
}

IN_CONTEXT(short_rows)
{
    static const int64_t rows[] = {1, 3, 39, 40, 53, 400, 1003};
    for (int64_t columns = 1; columns < 140; columns += 1 + columns / 4) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            check_short(context, AG_FLOAT32, rows[i], columns);
            check_short(context, AG_FLOAT64, rows[i], columns);
        }
    }
}

int main(void)
{
    RUN_TEST(lines_of_every_length);
    RUN_TEST(many_lines);
    RUN_TEST(places_of_ties);
    RUN_TEST(short_rows);
    return TESTS_END();
}
