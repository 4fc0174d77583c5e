/* Views and writes in place: versions, histories that follow, and what is refused. */
#include "numbers.h"

static const char changed[] = "has been modified by an inplace operation";

IN_CONTEXT(versions_are_shared_by_who_shares_numbers)
{
    ag_tensor *x = counting(context, 3, false), *view = ag_slice(x, 1, 1, 2, 1);
    ag_tensor *detached = ag_detach(x), *data = ag_data(x);
    ag_add_(detached, detached);
    CHECK(ag_version(x) == 1 && ag_version(view) == 1 && ag_version(detached) == 1);
    ag_add_(data, data);
    CHECK(ag_version(x) == 1 && ag_version(data) == 1);
    CHECK_NUMBERS(x, 4, 8, 12);
    CHECK(ag_set_data(x, counting(context, 4, false)) && ag_version(x) == 1);
    CHECK(ag_set_data(x, x) && ag_numel(x) == 4);
    ag_add_(x, x);
    CHECK(ag_version(x) == 2 && ag_version(view) == 1);
    CHECK_NUMBERS(view, 4, 8);
}

IN_CONTEXT(what_was_saved_must_not_have_changed)
{
    ag_tensor *x = counting(context, 2, true), *y = ag_mul_number(x, 1), *saves = ag_exp(y);
    ag_tensor *loss = total(saves);
    ag_add_(ag_detach(saves), y);
    CHECK(!backward(loss, true, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, changed);
    y = ag_mul_number(x, 1);
    loss = total(ag_exp(y));
    ag_add_(y, y); /* exp saves its result */
    CHECK(backward(loss, false, false));
    y = ag_mul_number(x, 1);
    loss = total(ag_mul(y, y));
    ag_zero_(ag_data(y)); /* unseen, as in torch */
    CHECK(backward(loss, false, false));
}

IN_CONTEXT(bases_and_views_follow_each_other)
{
    ag_tensor *x = counting(context, 3, true), *y = ag_mul_number(x, 2);
    ag_tensor *first = ag_slice(y, 1, 1, 2, 1), *last = ag_slice(y, 1, 2, 3, 1);
    CHECK(ag_mul_(first, first) != NULL); /* 4a², 4b², 2c */
    CHECK_TEXT(ag_node_name(ag_grad_fn(y)), "CopySlices");
    CHECK_TEXT(ag_node_name(ag_grad_fn(last)), "AsStridedBackward0");
    CHECK(ag_mul_(y, y) != NULL);         /* 16a⁴, 16b⁴, 4c² */
    CHECK(ag_mul_(last, last) != NULL);   /* 16a⁴, 256b⁸, 16c⁴ */
    CHECK_NUMBERS(first, 16, 65536);
    CHECK(backward(ag_add(total(last), total(ag_mul_number(first, 2))), false, false));
    CHECK_NUMBERS(ag_grad(x), 2 * 64, 3 * 2048.0 * 128, 64 * 27);
}

IN_CONTEXT(a_written_base_runs_backward_once)
{
    ag_tensor *x = counting(context, 3, true), *y = ag_mul_number(x, 1);
    ag_fill_(ag_slice(y, 1, 1, 2, 1), ag_ones(context, (ag_integers){NULL, 0}, AG_FLOAT64, false));
    CHECK(backward(total(y), true, false) && backward(total(y), false, false));
    CHECK_NUMBERS(ag_grad(x), 0, 0, 2);
    CHECK(!backward(total(y), false, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "Trying to backward through the graph a second time");
    ag_tensor *none = ag_ones(context, AG_INTEGERS(0, 0), AG_FLOAT64, true);
    ag_tensor *written = ag_mul_number(none, 1), *part = ag_slice(written, 2, 1, -1, 1);
    CHECK(part && ag_mul_(part, part) && backward(total(written), false, false));
    CHECK_INT(ag_numel(ag_grad(none)), 0);
}

IN_CONTEXT(kept_grads_move_with_their_tensors)
{
    ag_tensor *x = counting(context, 3, true), *y = ag_mul_number(x, 2);
    ag_retain_grad(y);
    ag_mul_(y, y);
    ag_tensor *part = ag_slice(y, 1, 2, 3, 1);
    ag_mul_(part, part);
    CHECK(backward(total(y), false, false));
    CHECK_NUMBERS(ag_grad(y), 1, 1, 1);
    /* A view's, once it is brought up to date; what is left of the old node is no danger. */
    y = ag_mul_number(x, 2);
    ag_scope_open(context);
    ag_tensor *view = ag_slice(y, 1, 2, 3, 1), *old = ag_retain(total(ag_mul_number(view, 5)));
    ag_retain_grad(view);
    ag_mul_(y, y);
    CHECK(backward(total(ag_mul_number(view, 3)), true, false));
    CHECK_NUMBERS(ag_grad(view), 3, 3);
    ag_scope_close(context);
    CHECK(backward(old, false, false));
    ag_release(old);
    CHECK(!ag_retain_grad(counting(context, 3, false)));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "can't retain_grad on Tensor that has requires_grad");
}

IN_CONTEXT(leaves_and_their_views_are_not_written_to)
{
    ag_tensor *x = counting(context, 3, true), *view = ag_slice(x, 1, 1, 2, 1);
    CHECK(ag_add_(x, x) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a leaf Variable that requires grad is being used in");
    CHECK(ag_add_(view, view) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a view of a leaf Variable that requires grad is being");
    CHECK_INT(ag_version(x), 0);
    ag_set_grad_mode(context, false);
    ag_tensor *unseen = ag_slice(x, 1, 1, 2, 1);
    CHECK(ag_add_(unseen, unseen) && ag_add_(x, x));
    ag_tensor *plain = counting(context, 3, false), *of_plain = ag_slice(plain, 1, 1, 2, 1);
    ag_set_grad_mode(context, true);
    CHECK_NUMBERS(x, 4, 8, 6);
    CHECK(ag_add_(of_plain, view) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "A view was created in no_grad mode and is being modified");
    ag_value arguments[] = {{.given = true, .is_tensor = true, .tensor = ag_mul_number(x, 1)},
                            {.given = true, .integer = 1}};
    ag_results parts;
    CHECK(ag_call(context, ag_find_operation("unbind"), arguments, &parts));
    CHECK(ag_add_(parts.items[1], parts.items[0]) == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "Output 1 of Unbind is a view and is being modified");
    ag_free_results(context, &parts);
}

IN_CONTEXT(requires_grad_is_for_floating_leaves)
{
    ag_tensor *x = counting(context, 3, true), *y = ag_mul(x, x);
    CHECK(!ag_set_requires_grad(y, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "you can only change requires_grad flags of leaf");
    CHECK(!ag_set_requires_grad(ag_ones(context, AG_INTEGERS(2), AG_INT64, false), true));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "only Tensors of floating point and complex dtype");
    CHECK(ag_set_requires_grad(y, true) && ag_set_requires_grad(x, false));
}

/* ---- Functions of the host's own ------------------------------------------------ */

static int freed_count;

static void freed(void *userdata)
{
    freed_count++;
}

static bool twice_backward(void *userdata, ag_node *node, ag_tensor *const *gradients,
                           ag_tensor **results)
{
    results[0] = ag_mul_number(gradients[0], 2);
    return true;
}

static bool null_backward(void *userdata, ag_node *node, ag_tensor *const *gradients,
                          ag_tensor **results)
{
    results[0] = NULL;
    return true;
}

static bool wide_backward(void *userdata, ag_node *node, ag_tensor *const *gradients,
                          ag_tensor **results)
{
    results[0] = ag_ones(ag_context_of(gradients[0]), AG_INTEGERS(7), AG_FLOAT64, false);
    return true;
}

static bool record(const ag_function *function, ag_tensor *input, ag_tensor *output)
{
    return ag_function_record(ag_context_of(output), function, NULL, (ag_tensors){&input, 1},
                              (ag_tensors){&output, 1}, no_tensors);
}

static ag_tensor *doubled_in_place(ag_tensor *x)
{
    ag_context *context = ag_context_of(x);
    ag_set_grad_mode(context, false);
    ag_tensor *done = ag_add_(x, x);
    ag_set_grad_mode(context, true);
    return done;
}

IN_CONTEXT(a_function_may_modify_its_input)
{
    ag_function twice = {.name = "TwiceBackward", .backward = twice_backward, .free = freed};
    ag_tensor *x = counting(context, 3, true), *y = ag_mul_number(x, 3);
    freed_count = 0;
    CHECK(record(&twice, y, doubled_in_place(y)) && backward(total(y), false, false));
    CHECK_NUMBERS(ag_grad(x), 6, 6, 6);
    ag_set_grad(x, AG_NONE);
    y = ag_mul_number(x, 3);
    ag_tensor *view = ag_slice(y, 1, 2, 3, 1);
    CHECK(record(&twice, view, doubled_in_place(view)));
    CHECK_TEXT(ag_node_name(ag_grad_fn(y)), "CopySlices");
    CHECK_TEXT(ag_node_name(ag_grad_fn(view)), "AsStridedBackward0");
    CHECK(backward(total(y), false, false));
    CHECK_NUMBERS(ag_grad(x), 3, 6, 6);
    CHECK(!record(&twice, x, x));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a leaf Variable that requires grad has been used in an");
    view = ag_slice(x, 1, 2, 3, 1);
    CHECK(!record(&twice, view, view));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a view of a leaf Variable that requires grad");
    CHECK_INT(freed_count, 3); /* those two's, and the view's, which has run */
}

IN_CONTEXT(what_a_function_gives_must_fit)
{
    ag_function null = {.name = "NullBackward", .backward = null_backward};
    ag_function wide = {.name = "WideBackward", .backward = wide_backward};
    ag_tensor *x = counting(context, 3, true), *y = counting(context, 3, false);
    CHECK(record(&null, x, y) && !backward(total(y), false, false));
    CHECK_ERROR(context, AG_ERROR_CALLBACK, "NullBackward failed");
    y = counting(context, 3, false);
    CHECK(record(&wide, x, y) && !backward(total(y), false, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "Function WideBackward returned an invalid gradient at "
                "index 0 - got [7] but expected shape compatible with [3]");
    CHECK(ag_grad(x) == AG_NONE);
    ag_function counted = {.name = "Counted", .backward = null_backward, .free = freed};
    freed_count = 0;
    ag_tensor *nothing = NULL;
    CHECK(!ag_function_record(context, &counted, NULL, (ag_tensors){&nothing, 1},
                              (ag_tensors){&y, 1}, no_tensors));
    CHECK_INT(freed_count, 1);
    CHECK(ag_function_record(context, &counted, NULL, no_tensors, (ag_tensors){&y, 1}, no_tensors));
    CHECK_INT(freed_count, 2); /* no input requires grad: no node */
}

int main(void)
{
    RUN_TEST(versions_are_shared_by_who_shares_numbers);
    RUN_TEST(what_was_saved_must_not_have_changed);
    RUN_TEST(bases_and_views_follow_each_other);
    RUN_TEST(a_written_base_runs_backward_once);
    RUN_TEST(kept_grads_move_with_their_tensors);
    RUN_TEST(leaves_and_their_views_are_not_written_to);
    RUN_TEST(requires_grad_is_for_floating_leaves);
    RUN_TEST(a_function_may_modify_its_input);
    RUN_TEST(what_a_function_gives_must_fit);
    return TESTS_END();
}
