/* Copies, of which flip reads the rows from their end, and casts, against plain searches. */
#include <limits.h>

#include "numbers.h"

static const ag_dtype dtypes[] = {AG_FLOAT32, AG_FLOAT64, AG_INT64, AG_INT32, AG_UINT8, AG_BOOL};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* Whether flipped is t, of 3 dims, with those of which the bits are set in reverse. */
static void check_flipped(ag_tensor *flipped, ag_tensor *t, unsigned reversed, const char *what)
{
    const int64_t *shape = ag_shape(t), *strides = ag_strides(t);
    const size_t size = ag_dtype_size(ag_dtype_of(t));
    const char *from = ag_data_pointer(t), *got = ag_data_pointer(flipped);
    int64_t at[3];
    for (at[0] = 0; at[0] < shape[0]; at[0]++) {
        for (at[1] = 0; at[1] < shape[1]; at[1]++) {
            for (at[2] = 0; at[2] < shape[2]; at[2]++, got += size) {
                int64_t place = 0;
                for (int d = 0; d < 3; d++) {
                    place += (reversed >> d & 1 ? shape[d] - 1 - at[d] : at[d]) * strides[d];
                }
                if (memcmp(got, from + place * (int64_t)size, size) != 0) {
                    CHECK_REPORT("%s, %s, flip %u: [%lld, %lld, %lld] of [.., .., %lld] differs",
                                 what, ag_dtype_name(ag_dtype_of(t)), reversed, (long long)at[0],
                                 (long long)at[1], (long long)at[2], (long long)shape[2]);
                    return;
                }
            }
        }
    }
}

static void check_flips(ag_tensor *t, const char *what)
{
    ag_scope_open(ag_context_of(t));
    for (unsigned reversed = 0; reversed < 8; reversed++) {
        int64_t dims[3], count = 0;
        for (int d = 0; d < 3; d++) {
            if (reversed >> d & 1) {
                dims[count++] = d + 1;
            }
        }
        check_flipped(ag_flip(t, (ag_integers){dims, count}), t, reversed, what);
    }
    ag_scope_close(ag_context_of(t));
}

static void check_layouts(ag_context *context, int64_t rows, int64_t columns, ag_dtype dtype)
{
    ag_scope_open(context);
    ag_tensor *wide = differing(context, AG_INTEGERS(2, rows, 3 * columns), dtype);
    ag_integers size = AG_INTEGERS(2, rows, columns);
    check_flips(differing(context, size, dtype), "dense");
    check_flips(ag_transpose(differing(context, AG_INTEGERS(2, columns, rows), dtype), 2, 3),
                "transposed");
    check_flips(ag_strided_view(wide, size, AG_INTEGERS(3 * rows * columns, 3 * columns, 1), 1),
                "a part");
    check_flips(ag_strided_view(wide, size, AG_INTEGERS(3 * rows * columns, 3 * columns, 3), 2),
                "stride 3");
    check_flips(ag_strided_view(wide, size, AG_INTEGERS(0, 1, 0), 0), "numbers repeated");
    check_flips(ag_strided_view(wide, size, AG_INTEGERS(0, 0, 1), 0), "a row repeated");
    ag_scope_close(context);
}

IN_CONTEXT(rows_are_read_from_their_end)
{
    for (int d = 0; d < DTYPES; d++) {
        for (int64_t columns = 0; columns <= 140; columns += columns < 70 ? 1 : 7) {
            check_layouts(context, columns % 3 + 1, columns, dtypes[d]);
        }
        check_layouts(context, 300, 101, dtypes[d]);
        check_layouts(context, 3, 1100, dtypes[d]);
    }
}

/* Out of range and not a number: the least integer, as the processor has it. */
IN_CONTEXT(reals_to_int32)
{
    const struct {
        double real;
        int32_t integer;
    } casts[] = {
        {0, 0}, {-0.9, 0}, {1.9, 1}, {-1.9, -1}, {0x1p31 - 128, INT_MAX - 127}, {0x1p31, INT_MIN},
        {-0x1p31, INT_MIN}, {-0x1p31 - 256, INT_MIN}, {-0x1p31 + 128, INT_MIN + 128},
        {INFINITY, INT_MIN}, {-INFINITY, INT_MIN}, {NAN, INT_MIN}, {1e30, INT_MIN},
    };
    enum { COUNT = sizeof casts / sizeof *casts };
    for (int64_t n = 1; n <= 3 * COUNT; n++) {
        ag_scope_open(context);
        ag_tensor *reals = ag_tensor_new(context, AG_FLOAT64, 1, &n);
        for (int64_t i = 0; i < n; i++) {
            ((double *)ag_data_pointer(reals))[i] = casts[i % COUNT].real;
        }
        const int32_t *of_double = ag_data_pointer(ag_to(reals, AG_NONE, AG_INT32));
        ag_tensor *floats = ag_to(reals, AG_NONE, AG_FLOAT32);
        const int32_t *of_float = ag_data_pointer(ag_to(floats, AG_NONE, AG_INT32));
        for (int64_t i = 0; i < n; i++) {
            CHECK_INT(of_double[i], casts[i % COUNT].integer);
            CHECK_INT(of_float[i], casts[i % COUNT].integer);
        }
        ag_scope_close(context);
    }
}

int main(void)
{
    RUN_TEST(rows_are_read_from_their_end);
    RUN_TEST(reals_to_int32);
    return TESTS_END();
}
