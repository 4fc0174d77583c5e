/* Transposed, permuted and broadcast operands, of sizes around those of the tiles in which they are
 * laid in line, give bit for bit what their copies in line give, at any number of threads. */
#include "numbers.h"

static const ag_dtype dtypes[] = {AG_FLOAT32, AG_FLOAT64, AG_INT64, AG_INT32, AG_UINT8, AG_BOOL};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* The same numbers in line, moved one by one. */
static ag_tensor *in_line(ag_tensor *t)
{
    const int64_t *shape = ag_shape(t), *strides = ag_strides(t);
    ag_tensor *copy = ag_tensor_new(ag_context_of(t), ag_dtype_of(t), ag_ndim(t), shape);
    const size_t size = ag_dtype_size(ag_dtype_of(t));
    char *to = ag_data_pointer(copy);
    const char *from = ag_data_pointer(t);
    for (int64_t i = 0; i < ag_numel(t); i++, to += size) {
        int64_t place = 0, left = i;
        for (int d = ag_ndim(t) - 1; d >= 0; d--) {
            place += left % shape[d] * strides[d];
            left /= shape[d];
        }
        memcpy(to, from + place * (int64_t)size, size);
    }
    return copy;
}

static void check_same(ag_tensor *got, ag_tensor *wanted, const char *what)
{
    if (got == NULL) {
        CHECK_REPORT("%s is no tensor", what);
        return;
    }
    ag_tensor *line = in_line(got);
    const size_t size = ag_dtype_size(ag_dtype_of(wanted));
    const char *one = ag_data_pointer(line), *other = ag_data_pointer(wanted);
    CHECK_INT(ag_dtype_of(got), ag_dtype_of(wanted));
    CHECK_INT(ag_numel(got), ag_numel(wanted));
    for (int64_t i = 0; i < ag_numel(wanted); i++) {
        if (memcmp(one + (size_t)i * size, other + (size_t)i * size, size) != 0) {
            CHECK_REPORT("%s, last dim of %lld, %s: element %lld differs", what,
                         (long long)ag_shape(got)[ag_ndim(got) - 1],
                         ag_dtype_name(ag_dtype_of(got)), (long long)i);
            return;
        }
    }
}

/* One operand, two, three, of several types, and one that is written to: t may lie in any way, and
 * repeat its elements. */
static void check_operations(ag_tensor *t, const char *what)
{
    ag_context *context = ag_context_of(t);
    ag_scope_open(context);
    ag_dtype dtype = ag_dtype_of(t);
    ag_tensor *line = in_line(t);
    ag_tensor *beside = differing(context, (ag_integers){ag_shape(t), ag_ndim(t)}, dtype);
    ag_tensor *mask = ag_strided_view(differing(context, AG_INTEGERS(ag_numel(t)), AG_BOOL),
                                      (ag_integers){ag_shape(t), ag_ndim(t)},
                                      (ag_integers){ag_strides(beside), ag_ndim(t)}, 0);
    check_same(ag_contiguous(t), line, what);
    check_same(ag_add(t, beside), ag_add(line, beside), what);
    check_same(ag_maximum(beside, t), ag_maximum(beside, line), what);
    check_same(ag_where(mask, beside, t), ag_where(mask, beside, line), what);
    check_same(ag_where(ag_lt(t, beside), t, beside), ag_where(ag_lt(line, beside), line, beside),
               what);
    if (dtype == AG_BOOL) {
        ag_tensor *x = ag_to(beside, AG_NONE, AG_FLOAT32), *y = ag_neg(x);
        ag_tensor *one = ag_full(context, AG_INTEGERS(1), 1, AG_FLOAT32, false);
        ag_tensor *two = ag_add_number(one, 1);
        check_same(ag_where(t, x, y), ag_where(line, x, y), what);
        check_same(ag_where(t, x, one), ag_where(line, x, one), what);
        check_same(ag_where(t, one, y), ag_where(line, one, y), what);
        check_same(ag_where(t, one, two), ag_where(line, one, two), what);
    }
    for (int to = 0; to < DTYPES; to++) {
        ag_tensor *written = differing(context, (ag_integers){ag_shape(t), ag_ndim(t)}, dtypes[to]);
        check_same(ag_copy_(written, t), ag_to(line, AG_NONE, dtypes[to]), what);
    }
    check_same(ag_add_(ag_clone(beside), t), ag_add(beside, line), what);
    ag_scope_close(context);
}

static void check_layouts(ag_context *context, int64_t rows, int64_t columns, ag_dtype dtype)
{
    ag_scope_open(context);
    ag_tensor *wide = differing(context, AG_INTEGERS(columns, 3 * rows), dtype);
    ag_integers size = AG_INTEGERS(rows, columns);
    check_operations(ag_transpose(differing(context, AG_INTEGERS(columns, rows), dtype), 1, 2),
                     "transposed");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(1, 3 * rows), rows),
                     "transposed part");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(3, 3 * rows), 1),
                     "transposed, stride 3");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(columns, 1), 0), "rows in line");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(0, 1), 0), "one row");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(0, 3), 0), "one row, stride 3");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(1, 0), 0), "one column");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(0, 0), 0), "one number");
    check_operations(ag_strided_view(wide, size, AG_INTEGERS(1, 1), 0), "rows that overlap");
    ag_scope_close(context);
}

IN_CONTEXT(sizes_around_a_tile)
{
    const int64_t sizes[] = {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 63, 64, 65, 200};
    const int count = sizeof sizes / sizeof *sizes;
    for (int d = 0; d < DTYPES; d++) {
        for (int i = 0; i < count * count; i++) {
            check_layouts(context, sizes[i / count], sizes[i % count], dtypes[d]);
        }
        check_layouts(context, 40, 1050, dtypes[d]);
    }
}

/* A result that is transposed, or a part of a larger one. */
IN_CONTEXT(what_is_written_to_lies_in_any_way)
{
    for (int d = 0; d < DTYPES; d++) {
        for (int64_t n = 14; n < 36; n++) {
            ag_scope_open(context);
            ag_tensor *t = differing(context, AG_INTEGERS(n, 33), dtypes[d]);
            ag_tensor *transposed = ag_transpose(
                differing(context, AG_INTEGERS(33, n), dtypes[d]), 1, 2);
            ag_tensor *sum = ag_add(t, transposed);
            check_same(ag_add(transposed, t), in_line(sum), "a transposed result");
            check_same(ag_add_(ag_clone(transposed), t), in_line(sum), "transposed, in place");
            ag_tensor *memory = differing(context, AG_INTEGERS(33, 2 * n), dtypes[d]);
            ag_tensor *part = ag_strided_view(memory, AG_INTEGERS(n, 33), AG_INTEGERS(2, 2 * n),
                                              1);
            ag_tensor *wanted = ag_add(in_line(part), t);
            check_same(ag_add_(part, t), wanted, "a part, in place");
            check_same(ag_copy_(part, transposed), in_line(transposed), "a copy to a part");
            ag_scope_close(context);
        }
    }
}

/* A square matrix whose upper half is its lower one's mirror. */
static ag_tensor *mirrored(ag_tensor *square)
{
    ag_tensor *t = in_line(square);
    const int64_t n = ag_shape(t)[0];
    const size_t size = ag_dtype_size(ag_dtype_of(t));
    char *data = ag_data_pointer(t);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = i + 1; j < n; j++) {
            memcpy(data + (size_t)(i * n + j) * size, data + (size_t)(j * n + i) * size, size);
        }
    }
    return t;
}

IN_CONTEXT(an_operand_that_is_written_to)
{
    for (int d = 0; d < DTYPES; d++) {
        for (int64_t n = 14; n < 36; n++) {
            ag_scope_open(context);
            ag_tensor *square = differing(context, AG_INTEGERS(n, n), dtypes[d]);
            ag_tensor *row = ag_select(differing(context, AG_INTEGERS(3, n), dtypes[d]), 1, 2);
            ag_tensor *wanted = ag_add(in_line(square), row);
            check_same(ag_add_(square, row), wanted, "a row, in place");
            wanted = ag_add(wanted, wanted);
            check_same(ag_add_(square, square), wanted, "itself, in place");
            /* Transposed over itself, rows apart: what is read was written before. */
            ag_tensor *gaps = differing(context, AG_INTEGERS(n, 2 * n), dtypes[d]);
            ag_tensor *to = ag_strided_view(gaps, AG_INTEGERS(n, n), AG_INTEGERS(2 * n, 1), 0);
            ag_tensor *from = ag_strided_view(gaps, AG_INTEGERS(n, n), AG_INTEGERS(1, 2 * n), 0);
            wanted = mirrored(to);
            check_same(ag_copy_(to, from), wanted, "itself, transposed");
            ag_scope_close(context);
        }
    }
}

IN_CONTEXT(dims_in_any_order)
{
    const int64_t orders[][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    for (int d = 0; d < DTYPES; d++) {
        for (int i = 0; i < 6; i++) {
            ag_tensor *t = differing(context, AG_INTEGERS(5, 33, 18), dtypes[d]);
            check_operations(ag_permute(t, (ag_integers){orders[i], 3}), "permuted");
            t = differing(context, AG_INTEGERS(34, 3, 17), dtypes[d]);
            check_operations(ag_permute(t, (ag_integers){orders[i], 3}), "permuted");
        }
        for (int i = 1; i < 8; i++) {
            ag_tensor *t = differing(context, AG_INTEGERS(i & 1 ? 1 : 3, i & 2 ? 1 : 40,
                                                      i & 4 ? 1 : 10), dtypes[d]);
            check_operations(ag_expand(t, AG_INTEGERS(2, 3, 40, 10)), "expanded");
        }
    }
}

/* Several chunks, bit for bit alike at one thread and two. */
IN_CONTEXT(chunks_and_threads)
{
    const int64_t shapes[][2] = {{700, 100}, {100, 700}, {20000, 4}, {4, 20000}, {17, 5000}};
    for (int threads = 1; threads <= 2; threads++) {
        ag_set_num_threads(context, threads);
        for (int i = 0; i < 5; i++) {
            check_layouts(context, shapes[i][0], shapes[i][1], i % 2 == 0 ? AG_FLOAT32 : AG_UINT8);
        }
        check_operations(ag_permute(differing(context, AG_INTEGERS(30, 70, 40), AG_FLOAT64),
                                    AG_INTEGERS(3, 1, 2)), "permuted");
        /* A chunk begins at the last rows of a matrix, which are fewer than a tile's. */
        ag_tensor *row = differing(context, AG_INTEGERS(100), AG_FLOAT32);
        ag_tensor *apart = ag_strided_view(differing(context, AG_INTEGERS(30, 101, 100), AG_FLOAT32),
                                           AG_INTEGERS(30, 100, 100),
                                           AG_INTEGERS(10100, 100, 1), 0);
        check_same(ag_add(apart, row), ag_add(in_line(apart), row), "a row beside matrices apart");
    }
}

int main(void)
{
    RUN_TEST(sizes_around_a_tile);
    RUN_TEST(what_is_written_to_lies_in_any_way);
    RUN_TEST(an_operand_that_is_written_to);
    RUN_TEST(dims_in_any_order);
    RUN_TEST(chunks_and_threads);
    return TESTS_END();
}
