/* Every allocation made to fail in turn over whole pieces of work: each failure is an error of
 * memory, nothing is left behind, and the same context goes on once there is memory again. */
#include "autograd.h"
#include "check.h"
#include "meter.h"

static const ag_tensors none = {NULL, 0}, all_leaves = {NULL, -1};

static bool backward(ag_context *context, ag_tensor *loss, bool create_graph)
{
    return ag_backward(context, (ag_tensors){&loss, 1}, none, false, create_graph, all_leaves);
}

static ag_tensor *total(ag_tensor *x)
{
    return ag_sum(x, AG_NO_INTEGERS, false, AG_DTYPE_NONE);
}

static ag_tensor *leaf(ag_context *context, int64_t rows, int64_t columns)
{
    return ag_full(context, AG_INTEGERS(rows, columns), 0.5, AG_FLOAT64, true);
}

/* ---- Pieces of work, each within a scope --------------------------------- */

static ag_tensor *loss_of(ag_tensor *x, ag_tensor *y, ag_tensor *w, ag_tensor *b)
{
    ag_tensor *difference = ag_sub(y, ag_add(ag_matmul(x, w), b));
    return ag_mean(ag_mul(difference, difference), AG_NO_INTEGERS, false, AG_DTYPE_NONE);
}

static bool descend(ag_tensor *parameter)
{
    return ag_set_data(parameter,
                       ag_sub(ag_data(parameter), ag_mul_number(ag_grad(parameter), 0.1))) &&
           ag_set_grad(parameter, AG_NONE);
}

static bool descend_in_place(ag_tensor *parameter)
{
    ag_context *context = ag_context_of(parameter);
    ag_set_grad_mode(context, false);
    ag_tensor *done = ag_sub_(parameter, ag_mul_number(ag_grad(parameter), 0.1));
    ag_set_grad_mode(context, true);
    return done != NULL && ag_zero_(ag_grad(parameter)) != NULL;
}

static bool train(ag_context *context)
{
    ag_tensor *x = ag_ones(context, AG_INTEGERS(5, 3), AG_DTYPE_NONE, false);
    ag_tensor *y = ag_full(context, AG_INTEGERS(5, 1), 2.5, AG_DTYPE_NONE, false);
    ag_tensor *w = ag_full(context, AG_INTEGERS(3, 1), 0.5, AG_DTYPE_NONE, true);
    ag_tensor *b = ag_zeros(context, (ag_integers){NULL, 0}, AG_FLOAT64, true);
    bool good = x && y && w && b;
    for (int step = 0; good && step < 4; step++) {
        ag_tensor *loss = loss_of(x, y, w, b);
        good = loss && backward(context, loss, false);
        good = good && (step % 2 == 0 ? descend(w) && descend(b)
                                      : descend_in_place(w) && descend_in_place(b));
    }
    return good;
}

static bool derive_twice(ag_context *context)
{
    ag_tensor *w = leaf(context, 3, 1), *x = leaf(context, 5, 3), *first[2], *second = NULL;
    ag_tensor *loss = total(ag_exp(ag_tanh(ag_matmul(x, w)))), *inputs[] = {w, x};
    bool good = loss && ag_gradients(context, (ag_tensors){&loss, 1}, none, (ag_tensors){inputs, 2},
                                     true, true, false, first);
    ag_tensor *sum = good ? ag_add(total(first[0]), total(first[1])) : NULL;
    return sum && ag_gradients(context, (ag_tensors){&sum, 1}, none, (ag_tensors){&w, 1}, false,
                               false, false, &second);
}

/* Written to through views: CopySlices, and views that are brought up to date. */
static bool write_views(ag_context *context)
{
    ag_tensor *x = leaf(context, 4, 3), *y = ag_mul_number(x, 3), *row = ag_select(y, 1, 2);
    ag_tensor *column = ag_select(y, 2, 1), *flat = ag_view(y, AG_INTEGERS(12));
    bool good = y && row && column && flat && ag_mul_(row, row) && ag_mul_(column, column) &&
                ag_add_(flat, flat);
    ag_tensor *loss = good ? ag_add(total(row), total(ag_mul(y, row))) : NULL;
    return loss && backward(context, loss, false) && ag_grad(x) != AG_NONE;
}

static ag_tensor *doubled(void *userdata, ag_tensor *gradient)
{
    ++*(int *)userdata;
    return ag_mul_number(gradient, 2);
}

static ag_tensor *seen(void *userdata, ag_tensor *gradient)
{
    ++*(int *)userdata;
    return gradient;
}

static void freed(void *userdata)
{
    *(int *)userdata += 100;
}

static bool hook(ag_context *context)
{
    int on_leaf = 0, on_result = 0, after = 0;
    ag_tensor *x = leaf(context, 4, 3), *y = ag_mul_number(x, 3);
    bool good = y && ag_register_hook(x, seen, &on_leaf, NULL) &&
                ag_register_hook(y, doubled, &on_result, NULL) &&
                ag_register_post_accumulate_grad_hook(x, seen, &after, NULL) && ag_retain_grad(y) &&
                backward(context, total(ag_exp(y)), false) && backward(context, total(x), false);
    CHECK(!good || (on_leaf == 2 && on_result == 1 && after == 2 && ag_grad(y) != AG_NONE));
    return good;
}

static bool square_backward(void *userdata, ag_node *node, ag_tensor *const *gradients,
                            ag_tensor **results)
{
    results[0] = ag_mul(ag_mul_number(gradients[0], 2), ag_function_saved(node, 0));
    return true; /* a NULL among the results says what went wrong */
}

static bool call_function(ag_context *context)
{
    static int count; /* outlives the node */
    count = 0;
    ag_function square = {.name = "SquareBackward", .backward = square_backward, .free = freed};
    ag_tensor *x = leaf(context, 4, 3);
    ag_set_grad_mode(context, false);
    ag_tensor *y = ag_mul(x, x);
    ag_set_grad_mode(context, true);
    if (!x || !y) {
        return false;
    }
    ag_tensor *saved[] = {x, y};
    bool good = ag_function_record(context, &square, &count, (ag_tensors){&x, 1},
                                   (ag_tensors){&y, 1}, (ag_tensors){saved, 2});
    CHECK(good || count == 100); /* what did not become a node's is freed at once */
    good = good && backward(context, total(y), true) && backward(context, total(ag_grad(x)), false);
    ag_set_grad(x, AG_NONE);
    if (good) {
        ag_set_requires_grad(y, true);
    }
    return good;
}

static bool split_and_join(ag_context *context)
{
    ag_tensor *x = leaf(context, 12, 2), *few[4], *parts[12];
    ag_value arguments[] = {{.given = true, .is_tensor = true, .tensor = x},
                            {.given = true, .integer = 1}};
    ag_results results;
    bool good = x && ag_call(context, ag_find_operation("unbind"), arguments, &results);
    if (!good) {
        return false;
    }
    CHECK_INT(results.count, 12);
    memcpy(parts, results.items, sizeof parts);
    ag_free_results(context, &results);
    for (int i = 0; i < 4; i++) {
        few[i] = parts[i + 4];
    }
    ag_tensor *joined = ag_add(total(ag_cat((ag_tensors){parts, 12}, 1)),
                               total(ag_stack((ag_tensors){few, 4}, 1)));
    return joined && backward(context, joined, false);
}

static bool print(ag_context *context)
{
    ag_tensor *x = leaf(context, 30, 40);
    return x && ag_to_string(ag_mul_number(x, 3), NULL) && ag_to_string(x, NULL);
}

static bool warn(ag_context *context)
{
    ag_warn(context, "seldom");
    return ag_error_category(context) == AG_OK;
}

/* ---- All of them ---------------------------------------------------------- */

static bool (*const works[])(ag_context *) = {
    train, derive_twice, write_views, hook, call_function, split_and_join, print, warn,
};

static bool run(ag_context *context, int work)
{
    bool good = ag_scope_open(context);
    if (good) {
        good = works[work](context);
        ag_scope_close(context);
    }
    ag_set_grad_mode(context, true);
    return good;
}

static size_t used_after(int work)
{
    ag_context *context = ag_context_new(NULL, NULL);
    CHECK(run(context, work));
    CHECK(run(context, work));
    size_t used = ag_bytes_used(context);
    CHECK(run(context, work));
    CHECK_INT(ag_bytes_used(context), used);
    ag_context_free(context);
    return used;
}

/* In a context that is new, or that has done the work before and emptied its cache. */
static void fail_each(long failures, bool warm)
{
    for (int work = 0; work < (int)(sizeof works / sizeof *works); work++) {
        size_t used = used_after(work);
        for (long n = 1, reached = true; reached && check_errors < 20; n++) {
            meter m = {0};
            ag_context *context = ag_context_new(metered, &m);
            if (warm) {
                CHECK(run(context, work));
                ag_empty_cache(context);
            }
            fail_from(&m, n, failures);
            bool good = run(context, work);
            reached = stop_failing(&m);
            if (!good) {
                CHECK(reached);
                CHECK_INT(ag_error_category(context), AG_ERROR_MEMORY);
                CHECK(ag_error_text(context)[0] != '\0');
                ag_clear_error(context);
            } else {
                CHECK_INT(ag_error_category(context), AG_OK);
            }
            CHECK(run(context, work));
            CHECK(run(context, work));
            CHECK_INT(ag_bytes_used(context), used);
            ag_context_free(context);
            CHECK_INT(m.bytes, 0);
            if (check_errors > 0) {
                CHECK_REPORT("in work %d, allocation %ld", work, n);
            }
        }
    }
}

/* The core empties its cache and asks once more, so nobody notices. */
static void one_request_fails(void)
{
    fail_each(1, false);
}

static void one_allocation_fails(void)
{
    fail_each(2, false);
    fail_each(2, true);
}

static void all_allocations_from_one_on_fail(void)
{
    fail_each(1 << 30, false);
    fail_each(1 << 30, true);
}

static void no_memory_for_a_context(void)
{
    meter m = {.failing = 1, .failures = 1};
    CHECK(ag_context_new(metered, &m) == NULL);
    CHECK_INT(m.bytes, 0);
}

int main(void)
{
    RUN_TEST(one_request_fails);
    RUN_TEST(one_allocation_fails);
    RUN_TEST(all_allocations_from_one_on_fail);
    RUN_TEST(no_memory_for_a_context);
    return TESTS_END();
}
