/* Operands that do not lie in line give, bit for bit, what their copies in line give. */
#include "numbers.h"

enum { MOST = 67 };

/* rows by columns of memory: numbers of both signs, of all sizes, infinities and NaN. */
static ag_tensor *mixed(ag_context *context, int64_t rows, int64_t columns, ag_dtype dtype)
{
    const double special[] = {NAN, INFINITY, -INFINITY, -0.0, 0x1p-140, 100, -100};
    ag_tensor *t = ag_tensor_new(context, AG_FLOAT64, 2, (const int64_t[]){rows, columns});
    double *data = ag_data_pointer(t);
    for (int64_t i = 0; i < rows * columns; i++) {
        data[i] = i % 11 < 7 && i % 3 == 0 ? special[i % 7] : (double)(i * 37 % 101) / 8 - 6;
    }
    return ag_to(t, AG_NONE, dtype);
}

/* The same numbers in line, moved one by one. */
static ag_tensor *in_line(ag_tensor *t)
{
    ag_context *context = ag_context_of(t);
    const int64_t *shape = ag_shape(t), *strides = ag_strides(t);
    ag_tensor *copy = ag_tensor_new(context, ag_dtype_of(t), 2, shape);
    const size_t size = ag_dtype_of(t) == AG_FLOAT32 ? 4 : 8;
    char *to = ag_data_pointer(copy);
    const char *from = ag_data_pointer(t);
    for (int64_t i = 0; i < shape[0]; i++) {
        for (int64_t j = 0; j < shape[1]; j++, to += size) {
            memcpy(to, from + (i * strides[0] + j * strides[1]) * (int64_t)size, size);
        }
    }
    return copy;
}

static bool is_nan(const ag_tensor *t, int64_t i)
{
    const void *data = ag_data_pointer(t);
    return ag_dtype_of(t) == AG_FLOAT32   ? isnan(((const float *)data)[i])
           : ag_dtype_of(t) == AG_FLOAT64 ? isnan(((const double *)data)[i])
                                          : false;
}

static void check_same(ag_tensor *got, ag_tensor *wanted, const char *what, int64_t columns)
{
    got = in_line(got);
    const size_t size = ag_dtype_of(got) == AG_FLOAT32 ? 4 : 8;
    const char *one = ag_data_pointer(got), *other = ag_data_pointer(wanted);
    for (int64_t i = 0; i < ag_numel(wanted); i++) {
        if (memcmp(one + i * size, other + i * size, size) != 0 &&
            !(is_nan(got, i) && is_nan(wanted, i))) {
            CHECK_REPORT("%s, %lld columns: element %lld differs", what, (long long)columns,
                         (long long)i);
        }
    }
}

static void check_operations(ag_tensor *strided, const char *what)
{
    ag_context *context = ag_context_of(strided);
    const int64_t *shape = ag_shape(strided);
    ag_tensor *copy = in_line(strided);
    ag_tensor *beside = mixed(context, shape[0], shape[1], ag_dtype_of(strided));
    check_same(ag_contiguous(strided), copy, what, shape[1]);
    check_same(ag_neg(strided), ag_neg(copy), what, shape[1]);
    check_same(ag_sub(strided, beside), ag_sub(copy, beside), what, shape[1]);
    check_same(ag_sub(beside, strided), ag_sub(beside, copy), what, shape[1]);
    check_same(ag_sub(strided, strided), ag_sub(copy, copy), what, shape[1]);
    check_same(ag_maximum(beside, strided), ag_maximum(beside, copy), what, shape[1]);
    if (ag_dtype_of(strided) != AG_INT64) {
        check_same(ag_exp(strided), ag_exp(copy), what, shape[1]);
    }
}

IN_CONTEXT(operands_of_any_stride)
{
    const ag_dtype dtypes[] = {AG_FLOAT32, AG_FLOAT64, AG_INT64};
    for (int d = 0; d < 3; d++) {
        for (int64_t n = 0; n <= MOST; n++) {
            ag_scope_open(context);
            ag_tensor *memory = mixed(context, 3, 3 * n, dtypes[d]);
            check_operations(ag_strided_view(memory, AG_INTEGERS(3, n), AG_INTEGERS(3 * n, 2), 0),
                             "stride 2");
            check_operations(ag_strided_view(memory, AG_INTEGERS(3, n), AG_INTEGERS(3 * n, 3), 0),
                             "stride 3");
            check_operations(ag_transpose(mixed(context, n, 3, dtypes[d]), 1, 2), "transposed");
            check_operations(ag_strided_view(memory, AG_INTEGERS(n, n), AG_INTEGERS(1, 1), 0),
                             "stride 1, rows that overlap");
            check_operations(ag_strided_view(memory, AG_INTEGERS(n, n), AG_INTEGERS(1, 0), 0),
                             "stride 0");
            check_operations(ag_strided_view(memory, AG_INTEGERS(n, n), AG_INTEGERS(0, 1), 0),
                             "one row for all");
            ag_scope_close(context);
        }
    }
}

int main(void)
{
    RUN_TEST(operands_of_any_stride);
    return TESTS_END();
}
