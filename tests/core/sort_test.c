/* sort and topk beside a plain stable sort, at the sizes where the way of sorting changes. */
#include <stdint.h>
#include <stdlib.h>

#include "numbers.h"

enum { MOST = 3000 };

typedef struct reference {
    double value;
    int64_t place;
} reference;

static bool falls;

/* NaN as the largest; equal ones in the order of their places. */
static int compare(const void *one, const void *two)
{
    const reference *a = one, *b = two;
    int order = isnan(a->value) || isnan(b->value) ? isnan(a->value) - isnan(b->value)
                                                   : (a->value > b->value) - (a->value < b->value);
    order = falls ? -order : order;
    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

static double made(int kind, uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t bits = *state >> 33;
    switch (kind) {
    case 0: /* many equal ones */
        return (double)(bits % 7) - 3;
    case 1: /* all magnitudes */
        return ldexp((double)(bits % 1001) - 500, (int)(bits >> 10) % 60 - 30);
    case 2: /* close together in the last bits of a double, far from a few others */
        return bits % 97 == 0 ? -0x1p62 : 1 + (double)(bits % 4096) * 0x1p-52;
    case 3: /* and in those of an integer */
        return bits % 97 == 0 ? -0x1p62 : (double)(bits % 4096);
    case 4: /* all bits at random */
        return (double)(*state >> 1) - 0x1p62;
    default: /* special ones between */
        return bits % 5 == 0 ? NAN : bits % 5 == 1 ? -0.0 : bits % 5 == 2 ? 0.0
               : bits % 5 == 3 ? -INFINITY : (double)bits;
    }
}

/* The kinds that dtype holds. */
static int kinds_for(ag_dtype dtype)
{
    return ag_dtype_is_floating(dtype) ? 6 : dtype == AG_INT64 ? 5 : 1;
}

static void check_lines(ag_context *context, ag_dtype dtype, int kind, int64_t count, int64_t keep)
{
    static reference wanted[MOST];
    ag_scope_open(context);
    ag_tensor *x = ag_tensor_new(context, AG_FLOAT64, 2, (const int64_t[]){2, count});
    uint64_t state = (uint64_t)(count * 3 + kind);
    double *numbers = ag_data_pointer(x);
    for (int64_t i = 0; i < 2 * count; i++) {
        numbers[i] = made(kind, &state);
    }
    ag_tensor *typed = ag_cast(x, dtype), *doubles = ag_cast(typed, AG_FLOAT64);
    for (int descending = 0; descending < 2; descending++) {
        ag_tensor *values, *indices;
        falls = descending;
        if (keep == count) {
            ag_sort(typed, 2, descending, NULL, &values, &indices);
        } else {
            ag_topk(typed, keep, 2, descending, true, &values, &indices);
        }
        CHECK_TEXT(ag_error_text(context), "");
        const double *sorted = ag_data_pointer(ag_cast(values, AG_FLOAT64));
        const int64_t *places = ag_data_pointer(indices);
        const double *from = ag_data_pointer(doubles);
        for (int64_t line = 0; line < 2; line++) {
            for (int64_t i = 0; i < count; i++) {
                wanted[i] = (reference){from[line * count + i], i + 1};
            }
            qsort(wanted, (size_t)count, sizeof *wanted, compare);
            for (int64_t i = 0; i < keep; i++) {
                CHECK_INT(places[line * keep + i], wanted[i].place);
                CHECK_NEAR(sorted[line * keep + i], wanted[i].value, 0);
            }
        }
    }
    ag_scope_close(context);
}

static const int64_t counts[] = {1, 2, 15, 16, 17, 50, 159, 160, 161, 257, 1000, MOST};
static const ag_dtype dtypes[] = {AG_FLOAT32, AG_FLOAT64, AG_INT64, AG_INT32, AG_UINT8};

IN_CONTEXT(sort_is_stable)
{
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
            for (int kind = 0; kind < kinds_for(dtypes[d]); kind++) {
                check_lines(context, dtypes[d], kind, counts[c], counts[c]);
            }
        }
    }
}

IN_CONTEXT(topk_is_the_sort_s_first)
{
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (int64_t keep = 1; keep < counts[c]; keep = keep * 5 + 1) {
            for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
                for (int kind = 0; kind < kinds_for(dtypes[d]); kind++) {
                    check_lines(context, dtypes[d], kind, counts[c], keep);
                }
            }
        }
    }
}

int main(void)
{
    RUN_TEST(sort_is_stable);
    RUN_TEST(topk_is_the_sort_s_first);
    return TESTS_END();
}
