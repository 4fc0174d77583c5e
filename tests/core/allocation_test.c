/* Every allocation made to fail in turn over a training step: each failure is an error of memory,
 * nothing is left behind, and the same context goes on once there is memory again. */
#include <stdlib.h>

#include "autograd.h"
#include "check.h"

typedef struct meter {
    long calls;      /* allocations so far */
    long failing;    /* the one to fail, from 1; 0: none */
    bool and_after;  /* all after it too */
    size_t bytes;
} meter;

static void *allocate(void *userdata, void *block, size_t old_bytes, size_t new_bytes)
{
    meter *m = userdata;
    if (new_bytes == 0) {
        free(block);
        m->bytes -= block ? old_bytes : 0;
        return NULL;
    }
    m->calls++;
    if (m->failing > 0 && (m->and_after ? m->calls >= m->failing : m->calls == m->failing)) {
        return NULL;
    }
    void *result = realloc(block, new_bytes);
    if (result) {
        m->bytes += new_bytes - (block ? old_bytes : 0);
    }
    return result;
}

static const ag_tensors none = {NULL, 0}, all_leaves = {NULL, -1};

static ag_tensor *loss_of(ag_tensor *x, ag_tensor *y, ag_tensor *w, ag_tensor *b)
{
    ag_tensor *difference = ag_sub(y, ag_add(ag_matmul(x, w), b));
    return ag_mean(ag_mul(difference, difference), AG_NO_INTEGERS, false, AG_DTYPE_NONE);
}

static void descend(ag_tensor *parameter)
{
    ag_set_data(parameter, ag_sub(ag_data(parameter), ag_mul_number(ag_grad(parameter), 0.1)));
    ag_set_grad(parameter, AG_NONE);
}

/* Two steps, of which the second meets warm free lists, and a second derivative. */
static bool train(ag_context *context)
{
    if (!ag_scope_open(context)) {
        return false;
    }
    ag_tensor *x = ag_ones(context, AG_INTEGERS(5, 3), AG_DTYPE_NONE, false);
    ag_tensor *y = ag_full(context, AG_INTEGERS(5, 1), 2.5, AG_DTYPE_NONE, false);
    ag_tensor *w = ag_full(context, AG_INTEGERS(3, 1), 0.5, AG_DTYPE_NONE, true);
    ag_tensor *b = ag_zeros(context, (ag_integers){NULL, 0}, AG_FLOAT64, true);
    bool good = x && y && w && b;
    for (int step = 0; good && step < 2; step++) {
        ag_tensor *loss = loss_of(x, y, w, b);
        good = loss && ag_backward(context, (ag_tensors){&loss, 1}, none, false, false, all_leaves);
        if (good) {
            descend(w);
            descend(b);
            good = ag_error_category(context) == AG_OK;
        }
    }
    if (good) {
        ag_tensor *loss = loss_of(x, y, w, b), *first = NULL, *second = NULL;
        good = loss &&
               ag_gradients(context, (ag_tensors){&loss, 1}, none, (ag_tensors){&w, 1}, true, true,
                            false, &first);
        ag_tensor *sum = good ? ag_sum(first, AG_NO_INTEGERS, false, AG_DTYPE_NONE) : NULL;
        good = sum && ag_gradients(context, (ag_tensors){&sum, 1}, none, (ag_tensors){&w, 1},
                                   false, false, false, &second);
    }
    ag_scope_close(context);
    return good;
}

static void fail_each(bool and_after)
{
    for (long n = 1;; n++) {
        meter m = {.failing = n, .and_after = and_after};
        ag_context *context = ag_context_new(allocate, &m);
        bool reached;
        if (context) {
            bool good = train(context);
            reached = m.calls >= n;
            if (!good) {
                CHECK_INT(ag_error_category(context), AG_ERROR_MEMORY);
                CHECK(ag_error_text(context)[0] != '\0');
                ag_clear_error(context);
                m.failing = 0;
                CHECK(train(context));
            } else {
                CHECK_INT(ag_error_category(context), AG_OK);
                CHECK(!reached || !and_after);
            }
            ag_context_free(context);
        } else {
            reached = true;
        }
        CHECK_INT(m.bytes, 0);
        if (!reached || check_errors > 0) {
            CHECK(n > 10);
            return;
        }
    }
}

static void one_allocation_fails(void)
{
    fail_each(false);
}

static void all_allocations_from_one_on_fail(void)
{
    fail_each(true);
}

int main(void)
{
    RUN_TEST(one_allocation_fails);
    RUN_TEST(all_allocations_from_one_on_fail);
    return TESTS_END();
}
