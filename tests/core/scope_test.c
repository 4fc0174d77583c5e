/* Scopes: who owns a result, what leaves one, and what an error does not change about it. */
#include "numbers.h"

IN_CONTEXT(nested_scopes_release_their_own)
{
    ag_tensor *x = counting(context, 100, false);
    size_t used = ag_bytes_used(context);
    for (int i = 0; i < 3; i++) {
        ag_scope_open(context);
        ag_mul(x, ag_add(x, x));
        size_t outer = ag_bytes_used(context);
        ag_scope_open(context);
        ag_mul(x, ag_add(x, x));
        CHECK(ag_bytes_used(context) > outer);
        ag_scope_close(context);
        CHECK_INT(ag_bytes_used(context), outer);
        ag_scope_close(context);
        CHECK_INT(ag_bytes_used(context), used);
    }
}

static void kept_through_every_level(void)
{
    ag_context *context = ag_context_new(NULL, NULL);
    enum { LEVELS = 5 };
    for (int i = 0; i < LEVELS; i++) {
        ag_scope_open(context);
        counting(context, 3, false);
    }
    ag_tensor *first = counting(context, 2, false), *middle = counting(context, 3, false);
    ag_tensor *last = counting(context, 4, false), *stays = counting(context, 5, false);
    for (int i = LEVELS; i > 0; i--) {
        CHECK(ag_keep(middle) == middle && ag_keep(last) == last && ag_keep(first) == first);
        CHECK_INT(ag_reference_count(stays), 1);
        ag_scope_close(context);
        if (i > 1) {
            stays = counting(context, 5, false);
        }
    }
    CHECK(ag_keep(first) == first); /* nobody's but the caller's */
    CHECK_NEAR(((double *)ag_data_pointer(first))[1], 2, 0);
    CHECK_INT(ag_reference_count(middle), 1);
    ag_release(first);
    ag_release(middle);
    ag_release(last);
    ag_scope_close(context); /* one too many */
    ag_context_free(context);
}

IN_CONTEXT(only_the_innermost_scopes_own_is_kept)
{
    ag_tensor *x = counting(context, 3, false);
    ag_scope_open(context);
    CHECK(ag_keep(x) == x); /* an outer scope's: as it was */
    ag_scope_close(context);
    CHECK_INT(ag_reference_count(x), 1);
    CHECK(ag_keep(NULL) == NULL && ag_keep(AG_NONE) == AG_NONE);
}

IN_CONTEXT(results_of_composites_and_lists_are_the_scopes)
{
    ag_tensor *x = ag_ones(context, AG_INTEGERS(12, 3), AG_FLOAT64, true);
    size_t used = ag_bytes_used(context);
    ag_scope_open(context);
    ag_tensor *composite = ag_keep(ag_linear(x, x, AG_NONE));
    ag_value arguments[] = {{.given = true, .is_tensor = true, .tensor = x},
                            {.given = true, .integer = 1}};
    ag_results list;
    CHECK(ag_call(context, ag_find_operation("unbind"), arguments, &list));
    CHECK_INT(list.count, 12);
    ag_tensor *row = ag_keep(list.items[7]);
    ag_free_results(context, &list);
    ag_scope_close(context);
    CHECK_INT(ag_numel(composite), 144);
    CHECK_NUMBERS(row, 1, 1, 1);
    CHECK(ag_bytes_used(context) > used);
}

IN_CONTEXT(errors_pass_through)
{
    ag_tensor *x = counting(context, 3, false), *y = counting(context, 4, false);
    size_t used = ag_bytes_used(context);
    ag_scope_open(context);
    CHECK(ag_exp(ag_mul(ag_add(x, y), x)) == NULL);
    CHECK(ag_select(x, 1, 17) == NULL && ag_data(NULL) == NULL && !ag_item(NULL, NULL));
    CHECK(!ag_set_data(NULL, x) && !ag_set_requires_grad(NULL, true));
    CHECK(ag_exp(x) != NULL); /* an error that stands hinders no other call */
    ag_scope_close(context);
    CHECK_INT(ag_bytes_used(context), used);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "The size of tensor a (3) must match the size of");
    CHECK(ag_exp(AG_NONE) == NULL);
    CHECK(ag_add(x, AG_NONE) == NULL);
    CHECK_ERROR(context, AG_ERROR_TYPE, "must be Tensor");
    CHECK(ag_data(AG_NONE) == AG_NONE && !ag_item(AG_NONE, NULL) && ag_grad(x) == AG_NONE);
    CHECK(ag_retain(AG_NONE) == AG_NONE && ag_retain(NULL) == NULL);
    ag_release(AG_NONE);
    ag_release(NULL);
}

int main(void)
{
    RUN_TEST(nested_scopes_release_their_own);
    RUN_TEST(kept_through_every_level);
    RUN_TEST(only_the_innermost_scopes_own_is_kept);
    RUN_TEST(results_of_composites_and_lists_are_the_scopes);
    RUN_TEST(errors_pass_through);
    return TESTS_END();
}
