/* gather, scatter, scatter_add, index_select and index_add beside plain loops: at counts around
 * those of vectors, for every type, along the last dim and the first, and with a position out of
 * range at any place of a line. */
#include <stdint.h>

#include "numbers.h"

enum { ROWS = 3, SIZE = 11, MOST = 100 };
static const int64_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, MOST};
static const ag_dtype dtypes[] = {AG_FLOAT32, AG_FLOAT64, AG_INT64, AG_INT32, AG_UINT8, AG_BOOL};
#define LENGTH(ARRAY) (sizeof(ARRAY) / sizeof *(ARRAY))

static ag_tensor *integers(ag_context *context, int64_t first, int64_t last, int64_t rows,
                           int64_t columns)
{
    return ag_randint(context, first, &(int64_t){last + 1}, AG_INTEGERS(rows, columns), AG_INT64,
                      false);
}

static const double *numbers_of(ag_tensor *t)
{
    static const double none[ROWS * MOST];
    ag_tensor *dense = t == NULL ? NULL : ag_contiguous(ag_cast(t, AG_FLOAT64));
    if (dense == NULL) {
        CHECK_REPORT("no result");
    }
    return dense == NULL ? none : ag_data_pointer(dense);
}

/* What a result of `columns` numbers a row should be. */
static void check_rows(ag_tensor *result, int64_t columns, const double *wanted)
{
    const double *got = numbers_of(result);
    for (int64_t i = 0; i < ROWS * columns; i++) {
        CHECK_NEAR(got[i], wanted[i], 0);
    }
}

/* x (ROWS, SIZE), index and src (ROWS, count). The first dim's results come from the transposed of
 * all, which lie in memory as they are or in the order of their dims. */
static void check_lines(ag_tensor *x, ag_tensor *index, ag_tensor *src, int64_t count)
{
    const double *from = numbers_of(x), *put = numbers_of(src);
    const int64_t *p = ag_data_pointer(index);
    double gathered[ROWS * MOST], scattered[ROWS * SIZE], added[ROWS * SIZE];
    memcpy(scattered, from, sizeof scattered);
    memcpy(added, from, sizeof added);
    for (int64_t r = 0; r < ROWS; r++) {
        for (int64_t i = 0; i < count; i++) {
            const int64_t at = r * SIZE + p[r * count + i] - 1;
            gathered[r * count + i] = from[at];
            scattered[at] = put[r * count + i];
            added[at] += put[r * count + i];
            added[at] = ag_dtype_of(x) == AG_BOOL ? added[at] != 0 : added[at];
        }
    }
    check_rows(ag_gather(x, 2, index), count, gathered);
    check_rows(ag_scatter(x, 2, index, src), SIZE, scattered);
    check_rows(ag_scatter_add(x, 2, index, src), SIZE, added);
    for (int dense = 0; dense < 2; dense++) {
        ag_tensor *t[] = {ag_t(x), ag_t(index), ag_t(src)};
        for (int i = 0; i < 3 && dense; i++) {
            t[i] = ag_contiguous(t[i]);
        }
        check_rows(ag_t(ag_gather(t[0], 1, t[1])), count, gathered);
        check_rows(ag_t(ag_scatter(t[0], 1, t[1], t[2])), SIZE, scattered);
        check_rows(ag_t(ag_scatter_add(t[0], 1, t[1], t[2])), SIZE, added);
    }
    ag_tensor *positions = ag_select(index, 1, 1);
    memcpy(added, from, sizeof added);
    for (int64_t i = 0; i < ROWS * count; i++) {
        const int64_t at = i / count * SIZE + p[i % count] - 1;
        gathered[i] = from[at];
        added[at] += put[i];
        added[at] = ag_dtype_of(x) == AG_BOOL ? added[at] != 0 : added[at];
    }
    check_rows(ag_index_add(x, 2, positions, src), SIZE, added);
    check_rows(ag_t(ag_index_add(ag_t(x), 1, positions, ag_t(src))), SIZE, added);
    check_rows(ag_index_select(x, 2, positions), count, gathered);
    check_rows(ag_t(ag_index_select(ag_contiguous(ag_t(x)), 1, positions)), count, gathered);
    check_rows(ag_t(ag_index_select(ag_t(x), 1, positions)), count, gathered);
}

IN_CONTEXT(lines)
{
    for (size_t d = 0; d < LENGTH(dtypes); d++) {
        for (size_t i = 0; i < LENGTH(counts); i++) {
            ag_scope_open(context);
            check_lines(ag_cast(integers(context, 0, 2, ROWS, SIZE), dtypes[d]),
                        integers(context, 1, SIZE, ROWS, counts[i]),
                        ag_cast(integers(context, 0, 2, ROWS, counts[i]), dtypes[d]), counts[i]);
            CHECK_TEXT(ag_error_text(context), "");
            ag_scope_close(context);
        }
    }
}

#define REFUSED(CALL)                                                                           \
    do {                                                                                        \
        CHECK((CALL) == NULL);                                                                  \
        CHECK_ERROR(context, AG_ERROR_INDEX, text);                                             \
    } while (0)

/* All refuse index, which names a place of x's last dim that it has not, and x stays as it is. */
static void check_refusals(ag_context *context, ag_tensor *x, ag_tensor *index, const char *text)
{
    ag_tensor *src = ag_ones_like(index, AG_FLOAT32, false), *last = ag_select(index, 1, ROWS);
    ag_tensor *before = ag_clone(x);
    REFUSED(ag_gather(x, 2, index));
    REFUSED(ag_scatter(x, 2, index, src));
    REFUSED(ag_scatter_(x, 2, index, src));
    REFUSED(ag_scatter_add_(x, 2, index, src));
    REFUSED(ag_index_select(x, 2, last));
    REFUSED(ag_index_add_(x, 2, last, src));
    CHECK(memcmp(ag_data_pointer(x), ag_data_pointer(before),
                 (size_t)ag_numel(x) * sizeof(float)) == 0);
}

IN_CONTEXT(positions_out_of_range)
{
    static const int64_t wrong[] = {0, -1, SIZE + 1, INT64_MIN, INT64_MAX};
    ag_tensor *x = ag_randn(context, AG_INTEGERS(ROWS, SIZE), AG_FLOAT32, false);
    for (size_t i = 0; i < LENGTH(counts); i++) {
        const int64_t count = counts[i], places[] = {0, count / 2, count - 1};
        for (size_t k = 0; k < LENGTH(wrong) * LENGTH(places); k++) {
            ag_scope_open(context);
            char text[100];
            ag_tensor *index = integers(context, 1, SIZE, ROWS, count);
            const int64_t position = wrong[k / LENGTH(places)];
            ((int64_t *)ag_data_pointer(index))[2 * count + places[k % LENGTH(places)]] = position;
            snprintf(text, sizeof text, "index %lld is out of bounds for dimension 2 with size %d",
                     (long long)position, SIZE);
            check_refusals(context, x, index, text);
            ag_scope_close(context);
        }
    }
}

IN_CONTEXT(nothing)
{
    ag_tensor *x = ag_ones(context, AG_INTEGERS(ROWS, SIZE), AG_FLOAT32, false);
    ag_tensor *empty = ag_empty(context, AG_INTEGERS(ROWS, 0), AG_FLOAT32, false);
    ag_tensor *index = ag_empty(context, AG_INTEGERS(ROWS, 0), AG_INT64, false);
    ag_tensor *one = ag_ones(context, AG_INTEGERS(ROWS, 1), AG_INT64, false);
    CHECK_INT(ag_numel(ag_gather(x, 2, index)), 0);
    CHECK_INT(ag_numel(ag_gather(empty, 2, index)), 0);
    CHECK_INT(ag_numel(ag_scatter_add(x, 2, index, empty)), ROWS * SIZE);
    CHECK_INT(ag_numel(ag_index_select(x, 2, ag_select(index, 1, 1))), 0);
    ag_tensor *flat = ag_empty(context, AG_INTEGERS(0, 2), AG_FLOAT32, false);
    CHECK_INT(ag_numel(ag_scatter_add(x, 2, ag_long(flat), flat)), ROWS * SIZE);
    CHECK(ag_gather(empty, 2, one) == NULL);
    CHECK_ERROR(context, AG_ERROR_INDEX, "index 1 is out of bounds for dimension 2 with size 0");
}

/* The error names the first, whichever thread sees one first. */
IN_CONTEXT(shared_among_threads)
{
    enum { MANY = 200003 };
    ag_set_num_threads(context, 2);
    ag_tensor *x = ag_randn(context, AG_INTEGERS(MANY), AG_FLOAT32, false);
    ag_tensor *index = ag_randint(context, 1, &(int64_t){MANY + 1}, AG_INTEGERS(MANY), AG_INT64,
                                  false);
    const float *from = ag_data_pointer(x);
    int64_t *p = ag_data_pointer(index);
    const float *gathered = ag_data_pointer(ag_gather(x, 1, index));
    for (int64_t i = 0; i < MANY; i++) {
        CHECK(gathered[i] == from[p[i] - 1]);
    }
    p[MANY - 1] = 0;
    p[MANY / 2] = MANY + 1;
    CHECK(ag_gather(x, 1, index) == NULL);
    CHECK_ERROR(context, AG_ERROR_INDEX, "index 200004 is out of bounds for dimension 1");
    CHECK(ag_scatter_add(x, 1, index, x) == NULL);
    CHECK_ERROR(context, AG_ERROR_INDEX, "index 200004 is out of bounds for dimension 1");
    CHECK(ag_index_select(x, 1, index) == NULL);
    CHECK_ERROR(context, AG_ERROR_INDEX, "index 200004 is out of bounds for dimension 1");
}

int main(void)
{
    RUN_TEST(lines);
    RUN_TEST(positions_out_of_range);
    RUN_TEST(nothing);
    RUN_TEST(shared_among_threads);
    return TESTS_END();
}
