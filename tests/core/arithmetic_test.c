/* Sums of integers, alpha times one of them, against the same in 64 bits, cut to the type. */
#include "numbers.h"

static int64_t element(const ag_tensor *t, int64_t i)
{
    const void *data = ag_data_pointer(t);
    return ag_dtype_of(t) == AG_UINT8   ? ((const uint8_t *)data)[i]
           : ag_dtype_of(t) == AG_INT32 ? ((const int32_t *)data)[i]
                                        : ((const int64_t *)data)[i];
}

static int64_t cut(uint64_t number, ag_dtype dtype)
{
    return dtype == AG_UINT8 ? (uint8_t)number : dtype == AG_INT32 ? (int32_t)number
                                                                   : (int64_t)number;
}

/* Numbers that reach over the whole type. */
static ag_tensor *wide(ag_context *context, int64_t n, ag_dtype dtype, uint64_t seed)
{
    ag_tensor *t = ag_tensor_new(context, dtype, 1, &n);
    void *data = ag_data_pointer(t);
    for (int64_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const uint64_t x = seed >> 11 | seed << 53;
        if (dtype == AG_UINT8) {
            ((uint8_t *)data)[i] = (uint8_t)x;
        } else if (dtype == AG_INT32) {
            ((int32_t *)data)[i] = (int32_t)x;
        } else {
            ((int64_t *)data)[i] = (int64_t)x;
        }
    }
    return t;
}

static void check_sum(ag_tensor *x, ag_tensor *y, const char *name, int64_t alpha)
{
    ag_value values[] = {
        {.given = true, .is_tensor = true, .tensor = x},
        {.given = true, .is_tensor = true, .tensor = y},
        {.given = true, .number = {.kind = AG_INTEGER, .integer = alpha}},
    };
    ag_results results;
    if (!ag_call(ag_context_of(x), ag_find_operation(name), values, &results)) {
        CHECK_REPORT("%s: %s", name, ag_error_text(ag_context_of(x)));
        return;
    }
    const ag_tensor *sum = results.items[0];
    const ag_dtype dtype = ag_dtype_of(sum);
    for (int64_t i = 0; i < ag_numel(sum); i++) {
        const uint64_t a = (uint64_t)element(x, ag_numel(x) == 1 ? 0 : i);
        const uint64_t b = (uint64_t)element(y, ag_numel(y) == 1 ? 0 : i);
        const uint64_t times = (uint64_t)alpha;
        const uint64_t wanted = strcmp(name, "add") == 0   ? a + times * b
                                : strcmp(name, "sub") == 0 ? a - times * b
                                                           : b - times * a;
        if (element(sum, i) != cut(wanted, dtype)) {
            CHECK_REPORT("%s, %s, alpha %lld: element %lld of %lld is %lld", name,
                         ag_dtype_name(dtype), (long long)alpha, (long long)i,
                         (long long)ag_numel(sum), (long long)element(sum, i));
            return;
        }
    }
}

IN_CONTEXT(integers_wrap_around)
{
    const ag_dtype dtypes[] = {AG_UINT8, AG_INT32, AG_INT64};
    const int64_t alphas[] = {1, 0, -1, 3, 255, -200};
    const char *const names[] = {"add", "sub", "rsub"};
    for (int64_t n = 0; n <= 140; n += n < 70 ? 1 : 7) {
        for (int which = 0; which < 3 * 6 * 3; which++) {
            const ag_dtype dtype = dtypes[which % 3];
            const int64_t alpha = alphas[which / 3 % 6];
            const char *name = names[which / 18];
            ag_scope_open(context);
            ag_tensor *x = wide(context, n, dtype, 1), *y = wide(context, n, dtype, 2);
            ag_tensor *one = wide(context, 1, dtype, 3);
            ag_tensor *memory = wide(context, 3 * n, dtype, 4);
            check_sum(x, y, name, alpha);
            check_sum(x, one, name, alpha);
            check_sum(one, y, name, alpha);
            ag_tensor *apart = ag_slice(memory, 1, 1, -1, 3), *line = ag_contiguous(apart);
            ag_tensor *sums[] = {ag_add(apart, y), ag_add(line, y)};
            CHECK(memcmp(ag_data_pointer(sums[0]), ag_data_pointer(sums[1]),
                         (size_t)n * ag_dtype_size(dtype)) == 0);
            ag_scope_close(context);
        }
    }
}

int main(void)
{
    RUN_TEST(integers_wrap_around);
    return TESTS_END();
}
