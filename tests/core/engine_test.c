/* The engine: its order, shared parts, long chains, runs within runs, hooks, inputs, interrupts. */
#include "numbers.h"

static const char twice[] = "Trying to backward through the graph a second time";

IN_CONTEXT(shared_parts_run_once)
{
    ag_tensor *x = counting(context, 2, true);
    ag_tensor *shared = ag_mul(x, x), *left = ag_mul_number(shared, 3);
    ag_tensor *loss = total(ag_add(ag_mul(left, shared), shared)); /* 3x^4 + x^2 */
    CHECK(backward(loss, false, false));
    CHECK_NUMBERS(ag_grad(x), 12 + 2, 96 + 4);
    CHECK(!backward(loss, false, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, twice);
    CHECK_NUMBERS(ag_grad(x), 14, 100);
}

IN_CONTEXT(one_tensor_in_many_places)
{
    ag_tensor *x = counting(context, 2, true);
    ag_tensor *list[] = {x, x, x};
    CHECK(backward(total(ag_mul(ag_cat((ag_tensors){list, 3}, 1), ag_cat((ag_tensors){list, 3}, 1))),
                   false, false));
    CHECK_NUMBERS(ag_grad(x), 6, 12);
    /* The same root twice, and a root under another. */
    ag_set_grad(x, AG_NONE);
    ag_tensor *y = total(ag_mul(x, x)), *z = ag_mul_number(y, 2), *roots[] = {y, z, y};
    CHECK(ag_backward(context, (ag_tensors){roots, 3}, no_tensors, false, false, all_leaves));
    CHECK_NUMBERS(ag_grad(x), 8, 16);
    ag_tensor *first[2], *same[] = {x, x};
    y = total(ag_mul(x, x));
    CHECK(ag_gradients(context, (ag_tensors){&y, 1}, no_tensors, (ag_tensors){same, 2}, false,
                       false, false, first));
    CHECK_NUMBERS(first[0], 2, 4);
    CHECK_NUMBERS(first[1], 2, 4);
    ag_set_grad(x, AG_NONE);
    y = total(ag_mul(x, x));
    CHECK(ag_backward(context, (ag_tensors){&y, 1}, no_tensors, false, false,
                      (ag_tensors){same, 2}));
    CHECK_NUMBERS(ag_grad(x), 2, 4);
}

IN_CONTEXT(no_number_of_nodes_is_too_long)
{
    enum { LONG = 1000000 };
    for (int runs = 0; runs < 3; runs++) { /* the first without backward, the last with inputs */
        ag_tensor *x = ag_keep(counting(context, 1, true)), *y = ag_retain(x);
        size_t used = ag_bytes_used(context);
        for (int i = 0; i < LONG; i++) {
            ag_scope_open(context);
            ag_tensor *next = ag_retain(ag_add_number(y, 1));
            ag_scope_close(context);
            ag_release(y);
            y = next;
        }
        CHECK(ag_bytes_used(context) > used);
        if (runs == 1) {
            CHECK(backward(y, false, false));
        } else if (runs == 2) {
            CHECK(ag_backward(context, (ag_tensors){&y, 1}, (ag_tensors){&x, 1}, false, false,
                              (ag_tensors){&x, 1}));
        }
        ag_release(y);
        if (runs > 0) {
            CHECK_NUMBERS(ag_grad(x), 1);
            ag_set_grad(x, AG_NONE);
        }
        ag_release(x);
    }
}

/* ---- The graph once more ---------------------------------------------------- */

IN_CONTEXT(retained_graphs_run_again)
{
    ag_tensor *x = counting(context, 2, true), *y = total(ag_exp(ag_mul_number(x, 0)));
    CHECK(backward(y, true, false) && backward(y, true, false) && backward(y, false, false));
    CHECK_NUMBERS(ag_grad(x), 0, 0);
    CHECK(!backward(y, false, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, twice);
    /* Nothing was saved: as often as one likes. */
    ag_set_grad(x, AG_NONE);
    ag_tensor *z = total(ag_add_number(x, 1));
    CHECK(backward(z, false, false) && backward(z, false, false));
    CHECK_NUMBERS(ag_grad(x), 2, 2);
}

IN_CONTEXT(gradients_of_gradients)
{
    ag_tensor *x = counting(context, 2, true), *y = total(ag_mul(ag_mul(x, x), x)), *first, *second;
    CHECK(ag_gradients(context, (ag_tensors){&y, 1}, no_tensors, (ag_tensors){&x, 1}, false, true,
                       false, &first));
    CHECK(ag_requires_grad(first) && ag_grad(x) == AG_NONE);
    ag_tensor *sum = total(first);
    CHECK(ag_gradients(context, (ag_tensors){&sum, 1}, no_tensors, (ag_tensors){&x, 1}, false,
                       false, false, &second));
    CHECK_NUMBERS(first, 3, 12);
    CHECK_NUMBERS(second, 6, 12);
    CHECK(!ag_requires_grad(second));
    /* Accumulated with a graph: out of place. */
    ag_tensor *loss = total(ag_mul(x, x));
    CHECK(backward(loss, true, true));
    ag_tensor *grad = ag_retain(ag_grad(x));
    CHECK(backward(loss, false, true) && ag_grad(x) != grad);
    CHECK_NUMBERS(grad, 2, 4);
    CHECK_NUMBERS(ag_grad(x), 4, 8);
    ag_set_grad(x, AG_NONE);
    ag_release(grad);
}

/* ---- Inputs ------------------------------------------------------------------ */

IN_CONTEXT(only_the_inputs_get_gradients)
{
    ag_tensor *x = counting(context, 2, true), *w = counting(context, 2, true);
    ag_tensor *middle = ag_mul(x, w), *y = total(ag_mul(middle, x)), *inputs[] = {middle, x};
    ag_tensor *results[2];
    CHECK(ag_gradients(context, (ag_tensors){&y, 1}, no_tensors, (ag_tensors){inputs, 2}, true,
                       false, false, results));
    CHECK_NUMBERS(results[0], 1, 2);
    CHECK_NUMBERS(results[1], 2, 8);
    CHECK(ag_grad(x) == AG_NONE && ag_grad(w) == AG_NONE);
    CHECK(ag_backward(context, (ag_tensors){&y, 1}, no_tensors, true, false, (ag_tensors){&w, 1}));
    CHECK(ag_grad(x) == AG_NONE);
    CHECK_NUMBERS(ag_grad(w), 1, 4);
    CHECK(ag_backward(context, (ag_tensors){&y, 1}, no_tensors, true, false,
                      (ag_tensors){&middle, 1}));
    CHECK_NUMBERS(ag_grad(middle), 1, 2);
    CHECK(ag_gradients(context, (ag_tensors){&y, 1}, no_tensors, (ag_tensors){&y, 1}, true, false,
                       false, results));
    CHECK_NUMBERS(results[0], 1);
}

IN_CONTEXT(inputs_that_do_not_do)
{
    ag_tensor *x = counting(context, 2, true), *other = counting(context, 2, true);
    ag_tensor *plain = counting(context, 2, false), *y = total(ag_mul(x, x));
    ag_tensor *inputs[] = {x, other}, *results[2] = {x, x};
    ag_tensors outputs = {&y, 1}, both = {inputs, 2};
    CHECK(!ag_gradients(context, outputs, no_tensors, both, true, false, false, results));
    CHECK(results[0] == NULL && results[1] == NULL);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "The differentiated Tensor at index 1 appears to not");
    CHECK(ag_gradients(context, outputs, no_tensors, both, true, false, true, results));
    CHECK(results[1] == AG_NONE);
    CHECK(!ag_gradients(context, outputs, no_tensors, (ag_tensors){&plain, 1}, true, false, false,
                        results));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "One of the differentiated Tensors does not require");
    CHECK(!ag_gradients(context, outputs, no_tensors, no_tensors, true, false, false, results));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "`inputs` argument to `grad()` cannot be empty.");
    CHECK(!ag_backward(context, outputs, no_tensors, true, false, no_tensors));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "`inputs` argument to `backward()` cannot be empty.");
    CHECK(!backward(plain, false, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "element 0 of tensors does not require grad");
    CHECK(!backward(ag_mul(x, x), false, false));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "grad can be implicitly created only for scalar outputs");
    CHECK(!ag_backward(context, outputs, (ag_tensors){&x, 1}, true, false, all_leaves));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "Mismatch in shape: grad_output[0] has a shape of [2] "
                "and output[0] has a shape of [].");
    ag_tensor *nothing = NULL;
    CHECK(!ag_backward(context, (ag_tensors){&nothing, 1}, no_tensors, true, false, all_leaves));
    CHECK(ag_grad(x) == AG_NONE);
}

/* ---- Grads ------------------------------------------------------------------- */

IN_CONTEXT(a_grad_is_its_parameters_own)
{
    ag_tensor *x = counting(context, 2, true), *given = counting(context, 2, false);
    CHECK(ag_backward(context, (ag_tensors){&x, 1}, (ag_tensors){&given, 1}, false, false,
                      all_leaves));
    CHECK(ag_grad(x) != given && !ag_shares_storage(ag_grad(x), given));
    /* Accumulated in place: whoever holds it sees it. */
    ag_tensor *grad = ag_grad(x);
    CHECK(backward(total(x), false, false) && ag_grad(x) == grad);
    CHECK_NUMBERS(grad, 2, 3);
    /* One gradient for two leaves is not one grad. */
    ag_tensor *a = counting(context, 2, true), *b = counting(context, 2, true);
    CHECK(backward(total(ag_add(a, b)), false, false));
    CHECK(!ag_shares_storage(ag_grad(a), ag_grad(b)));
    /* Laid out as its parameter is, and of its shape and type. */
    ag_tensor *t = ag_clone(ag_transpose(ag_ones(context, AG_INTEGERS(3, 2), AG_FLOAT32, false), 1,
                                         2));
    ag_set_requires_grad(t, true);
    ag_tensor *rows = ag_ones(context, AG_INTEGERS(4, 2, 3), AG_FLOAT64, false);
    CHECK(backward(total(ag_mul(rows, t)), false, false));
    CHECK_INT(ag_strides(ag_grad(t))[0], ag_strides(t)[0]);
    CHECK_INT(ag_strides(ag_grad(t))[1], ag_strides(t)[1]);
    CHECK_INT(ag_dtype_of(ag_grad(t)), AG_FLOAT32);
    CHECK_NUMBERS(ag_grad(t), 4, 4, 4, 4, 4, 4);
}

IN_CONTEXT(assigned_grads_must_fit)
{
    ag_tensor *x = counting(context, 2, true);
    CHECK(!ag_set_grad(x, x));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "can't assign Variable as its own grad");
    CHECK(!ag_set_grad(x, counting(context, 3, false)));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "a gradient of size '[3]' to a tensor of size '[2]'");
    CHECK(!ag_set_grad(x, ag_ones(context, AG_INTEGERS(2), AG_FLOAT32, false)));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "with dtype 'float' to a tensor with grad_dtype 'Double'");
    CHECK(!ag_set_grad(x, NULL) && ag_grad(x) == AG_NONE);
}

/* ---- Hooks ------------------------------------------------------------------- */

typedef struct seen {
    int count;
    ag_tensor *tensor;
    uint64_t number;
} seen;

static ag_tensor *count(void *userdata, ag_tensor *gradient)
{
    ((seen *)userdata)->count++;
    return gradient;
}

static ag_tensor *remove_it(void *userdata, ag_tensor *gradient)
{
    seen *s = userdata;
    s->count++;
    ag_remove_hook(s->tensor, s->number);
    return gradient;
}

static ag_tensor *register_another(void *userdata, ag_tensor *gradient)
{
    seen *s = userdata;
    s->count++;
    s->number = ag_register_hook(s->tensor, count, s, NULL);
    return gradient;
}

IN_CONTEXT(hooks_come_and_go_while_they_run)
{
    ag_tensor *x = counting(context, 2, true), *y = ag_mul(x, x);
    ag_tensor *hooked[] = {x, y};
    for (int i = 0; i < 2; i++) {
        seen self = {.tensor = hooked[i]}, next = self, later = {0}, another = self;
        self.number = ag_register_hook(hooked[i], remove_it, &self, NULL);
        uint64_t removing = ag_register_hook(hooked[i], remove_it, &next, NULL);
        next.number = ag_register_hook(hooked[i], count, &later, NULL);
        uint64_t registering = ag_register_hook(hooked[i], register_another, &another, NULL);
        CHECK(backward(total(y), true, false));
        CHECK_INT(self.count, 1);
        CHECK_INT(next.count, 1);
        CHECK_INT(later.count, 1);   /* removed before its turn, which it still has */
        CHECK_INT(another.count, 1); /* the one it registered waits for the next run */
        ag_remove_hook(hooked[i], removing);
        ag_remove_hook(hooked[i], registering);
        CHECK(backward(total(y), true, false));
        CHECK_INT(self.count, 1);
        CHECK_INT(later.count, 1);
        CHECK_INT(another.count, 2);
        ag_remove_hook(hooked[i], another.number);
        ag_remove_hook(hooked[i], 0);
    }
    seen self = {.tensor = x}, after = {.tensor = x};
    self.number = ag_register_post_accumulate_grad_hook(x, remove_it, &self, NULL);
    ag_register_post_accumulate_grad_hook(x, count, &after, NULL);
    CHECK(backward(total(y), true, false) && backward(total(y), true, false));
    CHECK_INT(self.count, 1);
    CHECK_INT(after.count, 2);
}

IN_CONTEXT(more_hooks_than_few_have_their_turn)
{
    ag_tensor *x = counting(context, 2, true);
    seen s[9] = {{0}};
    for (int i = 0; i < 9; i++) {
        s[i].tensor = x;
        ag_register_hook(x, i == 0 ? remove_it : count, &s[i], NULL);
    }
    s[0].number = ag_register_hook(x, count, &s[8], NULL);
    CHECK(backward(total(x), false, false) && backward(total(x), false, false));
    for (int i = 0; i < 8; i++) {
        CHECK_INT(s[i].count, 2);
    }
    CHECK_INT(s[8].count, 3);
}

IN_CONTEXT(a_hook_stays_with_the_node_it_was_registered_on)
{
    ag_tensor *x = counting(context, 2, true), *y = ag_mul(x, x);
    seen s = {0};
    uint64_t number = ag_register_hook(y, count, &s, NULL);
    ag_node *before = ag_node_retain(ag_grad_fn(y));
    ag_mul__number(y, 3);
    CHECK(backward(total(y), true, false));
    CHECK_INT(s.count, 1);
    CHECK(!ag_remove_hook(y, number) && !ag_node_remove_hook(before, 0));
    CHECK(ag_node_remove_hook(before, number) && !ag_node_remove_hook(before, number));
    CHECK(backward(total(y), false, false));
    CHECK_INT(s.count, 1);
    ag_node_release(before);
}

static ag_tensor *answer(void *userdata, ag_tensor *gradient)
{
    return *(ag_tensor **)userdata;
}

IN_CONTEXT(what_a_hook_answers_must_fit)
{
    ag_tensor *x = counting(context, 2, true), *answers[] = {
        NULL, counting(context, 3, false), ag_ones(context, AG_INTEGERS(2), AG_FLOAT32, false),
        AG_NONE, ag_full(context, AG_INTEGERS(2), 7, AG_FLOAT64, false)};
    static const char *const texts[] = {"a hook failed", "hook has changed the size of value",
        "hook has changed the type of value (was DoubleTensor got FloatTensor)"};
    for (int i = 0; i < 3; i++) {
        ag_tensor *y = ag_mul(x, x);
        ag_register_hook(y, answer, &answers[i], NULL);
        CHECK(!backward(total(y), false, false));
        CHECK_ERROR(context, i == 0 ? AG_ERROR_CALLBACK : AG_ERROR_RUNTIME, texts[i]);
        CHECK(ag_grad(x) == AG_NONE);
    }
    uint64_t unchanged = ag_register_hook(x, answer, &answers[3], NULL);
    CHECK(backward(total(x), false, false));
    CHECK_NUMBERS(ag_grad(x), 1, 1);
    ag_remove_hook(x, unchanged);
    ag_register_hook(x, answer, &answers[4], NULL);
    CHECK(backward(total(x), false, false));
    CHECK_NUMBERS(ag_grad(x), 8, 8);
    seen s = {0};
    CHECK_INT(ag_register_hook(answers[1], count, &s, NULL), 0);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "cannot register a hook on a tensor that doesn't");
    CHECK_INT(ag_register_post_accumulate_grad_hook(ag_mul(x, x), count, &s, NULL), 0);
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "post accumulate grad hooks cannot be registered on");
}

static ag_tensor *release_it(void *userdata, ag_tensor *gradient)
{
    seen *s = userdata;
    ag_release(s->tensor);
    s->tensor = NULL;
    return gradient;
}

static void released(void *userdata)
{
    ((seen *)userdata)->count++;
}

IN_CONTEXT(a_hook_may_release_what_it_hangs_on)
{
    ag_tensor *x = counting(context, 2, true), *y = ag_keep(ag_mul(x, x));
    ag_scope_open(context);
    ag_tensor *middle = ag_retain(ag_mul(y, x)), *loss = ag_retain(total(ag_mul(middle, y)));
    ag_scope_close(context);
    seen on_y = {.tensor = ag_retain(y)}, on_middle = {.tensor = middle};
    ag_register_hook(y, release_it, &on_y, NULL);
    ag_register_hook(middle, release_it, &on_middle, released);
    CHECK(backward(loss, false, false));
    CHECK_NUMBERS(ag_grad(x), 5, 80);
    CHECK_INT(on_middle.count, 0); /* its node lives on in the loss's graph */
    ag_release(loss);
    CHECK_INT(on_middle.count, 1);
    ag_release(y);
}

/* ---- Runs within runs ---------------------------------------------------------- */

typedef struct inner_run {
    ag_tensor *loss, *leaf;
    bool fails;
    int count;
} inner_run;

static ag_tensor *run_inside(void *userdata, ag_tensor *gradient)
{
    inner_run *inner = userdata;
    ag_context *context = ag_context_of(gradient);
    if (inner->count++ > 0) {
        return gradient;
    }
    CHECK(!ag_grad_mode(context));
    CHECK(ag_backward(context, (ag_tensors){&inner->loss, 1}, no_tensors, true, false,
                      all_leaves) != inner->fails);
    ag_clear_error(context);
    ag_tensor *gradients = NULL;
    CHECK(ag_gradients(context, (ag_tensors){&inner->loss, 1}, no_tensors,
                       (ag_tensors){&inner->leaf, 1}, true, false, false, &gradients) !=
          inner->fails);
    ag_clear_error(context);
    return gradient;
}

static ag_tensor *fail(void *userdata, ag_tensor *gradient)
{
    ag_set_error(ag_context_of(gradient), AG_ERROR_VALUE, "not today");
    return NULL;
}

/* The hook stands where the outer run has gradients waiting in nodes that the inner one crosses. */
IN_CONTEXT(a_run_within_a_run)
{
    for (int fails = 0; fails < 2; fails++) {
        ag_tensor *x = counting(context, 2, true);
        ag_tensor *shared = ag_mul(x, x), *a = ag_mul_number(shared, 2), *b = ag_mul(shared, x);
        ag_tensor *loss = total(ag_add(ag_mul(b, b), ag_mul(a, x))); /* x^6 + 2x^3 */
        ag_tensor *other = ag_mul_number(shared, 5);
        inner_run inner = {.loss = total(ag_add(other, a)), .leaf = x, .fails = fails};
        if (fails) {
            ag_register_hook(other, fail, NULL, NULL);
        }
        ag_register_hook(a, run_inside, &inner, NULL);
        CHECK(backward(loss, true, false));
        double own[] = {6 + 6, 6 * 32 + 24}, more[] = {14, 28};
        CHECK_NUMBERS(ag_grad(x), own[0] + !fails * more[0], own[1] + !fails * more[1]);
        ag_set_grad(x, AG_NONE);
        CHECK(backward(loss, false, false)); /* nodes are as if nothing had been */
        CHECK_NUMBERS(ag_grad(x), own[0], own[1]);
    }
}

/* ---- Interrupts ------------------------------------------------------------------ */

static volatile int flag;

static ag_tensor *raise_flag(void *userdata, ag_tensor *gradient)
{
    flag = 1;
    return gradient;
}

IN_CONTEXT(a_run_is_interrupted)
{
    flag = 0;
    ag_set_interrupt_flag(context, &flag);
    ag_tensor *x = counting(context, 2, true), *y = ag_mul(x, x), *loss = total(ag_exp(y));
    ag_register_hook(y, raise_flag, NULL, NULL);
    CHECK(!backward(loss, true, false));
    CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
    CHECK(ag_grad(x) == AG_NONE && ag_grad_mode(context));
    flag = 0;
    loss = total(ag_mul(x, x));
    CHECK(backward(loss, false, false));
    CHECK_NUMBERS(ag_grad(x), 2, 4);
}

IN_CONTEXT(long_operations_are_interrupted)
{
    enum { MANY = 1 << 20 };
    ag_tensor *x = ag_ones(context, AG_INTEGERS(MANY), AG_DTYPE_NONE, false);
    ag_tensor *m = ag_ones(context, AG_INTEGERS(512, 512), AG_FLOAT64, false);
    uint32_t version = ag_version(x);
    flag = 1;
    ag_set_interrupt_flag(context, &flag);
    CHECK(ag_exp(x) == NULL);
    CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
    CHECK(total(x) == NULL);
    CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
    CHECK(ag_matmul(m, m) == NULL);
    CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
    CHECK(ag_add_(x, x) == NULL && ag_version(x) == version + 1);
    CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
    CHECK(ag_add(counting(context, 3, false), counting(context, 3, false)) != NULL);
    flag = 0;
    CHECK(ag_exp(x) != NULL && ag_matmul(m, m) != NULL);
}

int main(void)
{
    RUN_TEST(shared_parts_run_once);
    RUN_TEST(one_tensor_in_many_places);
    RUN_TEST(no_number_of_nodes_is_too_long);
    RUN_TEST(retained_graphs_run_again);
    RUN_TEST(gradients_of_gradients);
    RUN_TEST(only_the_inputs_get_gradients);
    RUN_TEST(inputs_that_do_not_do);
    RUN_TEST(a_grad_is_its_parameters_own);
    RUN_TEST(assigned_grads_must_fit);
    RUN_TEST(hooks_come_and_go_while_they_run);
    RUN_TEST(more_hooks_than_few_have_their_turn);
    RUN_TEST(a_hook_stays_with_the_node_it_was_registered_on);
    RUN_TEST(what_a_hook_answers_must_fit);
    RUN_TEST(a_hook_may_release_what_it_hangs_on);
    RUN_TEST(a_run_within_a_run);
    RUN_TEST(a_run_is_interrupted);
    RUN_TEST(long_operations_are_interrupted);
    return TESTS_END();
}
