/* Memory: limits, caches, what a loop asks the host for, and sizes at the edge of all numbers. */
#include <stdint.h>

#include "meter.h"
#include "numbers.h"

IN_CONTEXT(a_limit_is_an_error)
{
    ag_set_bytes_limit(context, 8 << 20);
    ag_tensor *big = ag_ones(context, AG_INTEGERS(600, 1000), AG_FLOAT64, false);
    CHECK(big != NULL && ag_add(big, big) == NULL);
    CHECK_ERROR(context, AG_ERROR_MEMORY, "with ");
    CHECK(ag_bytes_reserved(context) <= 8 << 20);
    ag_set_bytes_limit(context, 0);
    CHECK(ag_add(big, big) != NULL);
}

IN_CONTEXT(the_cache_is_emptied_before_a_limit_is_an_error)
{
    ag_set_bytes_limit(context, 8 << 20);
    for (int64_t size = 100; size < 900; size += 50) { /* each leaves a block of another class */
        ag_scope_open(context);
        CHECK(ag_ones(context, AG_INTEGERS(size, 1000), AG_FLOAT64, false) != NULL);
        ag_scope_close(context);
    }
    size_t reserved = ag_bytes_reserved(context);
    ag_empty_cache(context);
    CHECK(ag_bytes_reserved(context) < reserved);
    CHECK(ag_bytes_reserved(context) >= ag_bytes_used(context));
}

static bool step(ag_context *context, ag_tensor *x, ag_tensor *y, ag_tensor *w, ag_tensor *b)
{
    ag_scope_open(context);
    ag_tensor *difference = ag_sub(ag_tanh(ag_add(ag_matmul(x, w), b)), y);
    ag_tensor *loss = ag_mean(ag_mul(difference, difference), AG_NO_INTEGERS, false, AG_DTYPE_NONE);
    bool good = backward(loss, false, false);
    ag_set_grad_mode(context, false);
    good = good && ag_sub_(w, ag_mul_number(ag_grad(w), 0.01)) &&
           ag_sub_(b, ag_mul_number(ag_grad(b), 0.01));
    ag_set_grad_mode(context, true);
    ag_set_grad(w, AG_NONE);
    ag_set_grad(b, AG_NONE);
    ag_scope_close(context);
    return good;
}

static void a_loop_asks_for_nothing(void)
{
    meter m = {0};
    ag_context *context = ag_context_new(metered, &m);
    ag_scope_open(context);
    ag_tensor *x = ag_ones(context, AG_INTEGERS(20, 8), AG_DTYPE_NONE, false);
    ag_tensor *y = ag_ones(context, AG_INTEGERS(20, 30), AG_DTYPE_NONE, false);
    ag_tensor *w = ag_zeros(context, AG_INTEGERS(8, 30), AG_DTYPE_NONE, true);
    ag_tensor *b = ag_zeros(context, AG_INTEGERS(30), AG_DTYPE_NONE, true);
    for (int i = 0; i < 3; i++) {
        CHECK(step(context, x, y, w, b));
    }
    long calls = m.calls;
    size_t used = ag_bytes_used(context), reserved = ag_bytes_reserved(context);
    for (int i = 0; i < 10000; i++) {
        CHECK(step(context, x, y, w, b));
    }
    CHECK_INT(m.calls, calls);
    CHECK_INT(ag_bytes_used(context), used);
    CHECK_INT(ag_bytes_reserved(context), reserved);
    ag_scope_close(context);
    ag_empty_cache(context);
    CHECK(ag_bytes_reserved(context) < reserved);
    ag_context_free(context);
    CHECK_INT(m.bytes, 0);
}

static void a_free_block_serves_a_little_less(void)
{
    meter m = {0};
    ag_context *context = ag_context_new(metered, &m);
    ag_release(ag_ones(context, AG_INTEGERS(1000), AG_FLOAT64, false));
    long calls = m.calls;
    size_t used = ag_bytes_used(context);
    for (int64_t size = 1000; size >= 870; size -= 5) {
        ag_release(ag_ones(context, AG_INTEGERS(size), AG_FLOAT64, false));
    }
    CHECK_INT(m.calls, calls);
    CHECK_INT(ag_bytes_used(context), used);
    ag_release(ag_ones(context, AG_INTEGERS(700), AG_FLOAT64, false));
    CHECK_INT(m.calls, calls + 1);
    ag_release(ag_ones(context, AG_INTEGERS(1100), AG_FLOAT64, false));
    CHECK_INT(m.calls, calls + 2);
    ag_context_free(context);
    CHECK_INT(m.bytes, 0);
}

IN_CONTEXT(set_data_that_fails_changes_nothing)
{
    ag_tensor *x = counting(context, 2, true), *big = ag_ones(context, AG_INTEGERS(7, 9, 2), AG_FLOAT64,
                                                              false);
    CHECK(big != NULL);
    ag_empty_cache(context);
    ag_set_bytes_limit(context, 1);
    CHECK(!ag_set_data(x, big));
    CHECK_ERROR(context, AG_ERROR_MEMORY, "out of memory");
    ag_set_bytes_limit(context, 0);
    CHECK_NUMBERS(x, 1, 2);
    CHECK(ag_set_data(x, big) && ag_ndim(x) == 3 && ag_numel(x) == 126);
}

/* ---- Sizes --------------------------------------------------------------------- */

IN_CONTEXT(sizes_at_the_edge)
{
    const int64_t whole = INT64_MAX;
    ag_set_bytes_limit(context, 1 << 28);
    for (int power = 28; power < 63; power++) {
        int64_t size = INT64_C(1) << power;
        CHECK(ag_zeros(context, AG_INTEGERS(size), AG_FLOAT64, false) == NULL);
        CHECK(ag_error_category(context) == (power < 60 ? AG_ERROR_MEMORY : AG_ERROR_RUNTIME));
        ag_clear_error(context);
        CHECK(ag_empty(context, AG_INTEGERS(size - 1), AG_BOOL, false) == NULL || power == 28);
        ag_clear_error(context);
    }
    CHECK(ag_ones(context, AG_INTEGERS(whole, whole), AG_DTYPE_NONE, false) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "Storage size calculation overflowed with sizes=[");
    CHECK(ag_ones(context, AG_INTEGERS(2, -1), AG_DTYPE_NONE, false) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "Trying to create tensor with negative dimension -1");
    ag_tensor *empty = ag_ones(context, AG_INTEGERS(0, whole), AG_DTYPE_NONE, true);
    CHECK(empty != NULL && ag_numel(empty) == 0);
    CHECK(backward(total(ag_mul(empty, empty)), false, false) && ag_numel(ag_grad(empty)) == 0);
    ag_tensor *one = ag_ones(context, AG_INTEGERS(1, 1), AG_DTYPE_NONE, false);
    CHECK(ag_expand(one, AG_INTEGERS(INT64_C(1) << 40, INT64_C(1) << 40)) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "overflow");
}

/* Vectors are read whole; large blocks lie where loads do not wait for another block's stores. */
IN_CONTEXT(blocks_begin_on_borders)
{
    for (int64_t bytes = 100; bytes < 1 << 20; bytes += bytes / 7) {
        for (int i = 0; i < 3; i++) {
            uintptr_t place = (uintptr_t)ag_data_pointer(
                ag_empty(context, AG_INTEGERS(bytes), AG_UINT8, false));
            CHECK_INT(place % (bytes >= 8192 ? 512 : 64), 0);
        }
    }
}

IN_CONTEXT(no_dims_and_many)
{
    int64_t ones[AG_MAX_DIMS + 1];
    for (int i = 0; i <= AG_MAX_DIMS; i++) {
        ones[i] = 1;
    }
    ag_tensor *many = ag_ones(context, (ag_integers){ones, AG_MAX_DIMS}, AG_FLOAT64, true);
    CHECK(many != NULL && ag_ndim(many) == AG_MAX_DIMS);
    CHECK(backward(total(ag_mul(many, many)), false, false));
    CHECK_NUMBERS(ag_grad(many), 2);
    CHECK(ag_ones(context, (ag_integers){ones, AG_MAX_DIMS + 1}, AG_FLOAT64, true) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a tensor has at most 64 dims, but got 65");
    CHECK(ag_tensor_new(context, AG_FLOAT64, AG_MAX_DIMS + 1, ones) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a tensor has at most 64 dims, but got 65");
    CHECK(ag_unsqueeze(many, 1) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a tensor has at most 64 dims, but got 65");
    CHECK(ag_stack((ag_tensors){&many, 1}, 1) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a tensor has at most 64 dims, but got 65");
    ag_tensor *scalar = ag_full(context, (ag_integers){NULL, 0}, 3, AG_FLOAT64, true);
    CHECK(scalar != NULL && ag_ndim(scalar) == 0);
    CHECK(backward(ag_mul(scalar, scalar), false, false));
    CHECK_NUMBERS(ag_grad(scalar), 6);
}

static int warnings;

static void warned(void *userdata, const char *text)
{
    warnings++;
}

IN_CONTEXT(a_warning_is_given_once_and_hides_no_error)
{
    ag_set_warning_hook(context, warned, NULL);
    warnings = 0;
    ag_warn(context, "one");
    ag_warn(context, "one");
    CHECK_INT(warnings, 1);
    ag_set_error(context, AG_ERROR_VALUE, "first");
    ag_empty_cache(context);
    ag_set_bytes_limit(context, 1);
    ag_warn(context, "without memory");
    CHECK_INT(warnings, 2);
    CHECK_ERROR(context, AG_ERROR_VALUE, "first");
    ag_warn(context, "without memory, too");
    CHECK_INT(ag_error_category(context), AG_OK);
    ag_set_bytes_limit(context, 0);
}

int main(void)
{
    RUN_TEST(a_limit_is_an_error);
    RUN_TEST(the_cache_is_emptied_before_a_limit_is_an_error);
    RUN_TEST(a_loop_asks_for_nothing);
    RUN_TEST(a_free_block_serves_a_little_less);
    RUN_TEST(set_data_that_fails_changes_nothing);
    RUN_TEST(sizes_at_the_edge);
    RUN_TEST(blocks_begin_on_borders);
    RUN_TEST(no_dims_and_many);
    RUN_TEST(a_warning_is_given_once_and_hides_no_error);
    return TESTS_END();
}
