/* Two contexts in two threads share nothing (to be run under ThreadSanitizer, too), the same seed
 * gives the same bits, and AUTOGRAD_ISA picks the loops. */
#include <pthread.h>
#include <stdlib.h>

#include "numbers.h"

typedef struct work {
    uint64_t seed;
    float numbers[64];
    char text[64];
    bool good;
} work;

static void *train(void *given)
{
    work *w = given;
    ag_context *context = ag_context_new(NULL, NULL);
    ag_scope_open(context);
    ag_manual_seed(context, w->seed);
    ag_tensor *x = ag_randn(context, AG_INTEGERS(32, 8), AG_DTYPE_NONE, false);
    ag_tensor *m = ag_randn(context, AG_INTEGERS(8, 8), AG_DTYPE_NONE, true);
    w->good = x != NULL && m != NULL;
    for (int i = 0; i < 50 && w->good; i++) {
        ag_scope_open(context);
        ag_tensor *y = ag_tanh(ag_matmul(x, m));
        w->good = backward(total(ag_mul(ag_sub(y, x), ag_exp(y))), false, false);
        ag_set_grad_mode(context, false);
        w->good = w->good && ag_sub_(m, ag_mul_number(ag_grad(m), 0.001)) != NULL;
        ag_set_grad_mode(context, true);
        ag_set_grad(m, AG_NONE);
        ag_scope_close(context);
    }
    ag_add(x, ag_ones(context, AG_INTEGERS(7), AG_DTYPE_NONE, false)); /* an error of its own */
    snprintf(w->text, sizeof w->text, "%s", ag_error_text(context));
    memcpy(w->numbers, ag_data_pointer(m), sizeof w->numbers);
    ag_scope_close(context);
    ag_context_free(context);
    return NULL;
}

static void two_threads_never_meet(void)
{
    work first = {.seed = 3}, second = {.seed = 4}, again = {.seed = 3};
    pthread_t threads[2];
    CHECK(pthread_create(&threads[0], NULL, train, &first) == 0);
    CHECK(pthread_create(&threads[1], NULL, train, &second) == 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    train(&again);
    CHECK(first.good && second.good && again.good);
    CHECK(memcmp(first.numbers, again.numbers, sizeof first.numbers) == 0);
    CHECK(memcmp(first.numbers, second.numbers, sizeof first.numbers) != 0);
    CHECK(strstr(first.text, "must match the size of tensor b (7)") != NULL);
    CHECK_TEXT(second.text, first.text);
}

static bool isa_is(const char *wanted, const char *expected)
{
    setenv("AUTOGRAD_ISA", wanted, 1);
    ag_context *context = ag_context_new(NULL, NULL);
    bool same = strcmp(ag_isa_name(context), expected) == 0;
    ag_context_free(context);
    unsetenv("AUTOGRAD_ISA");
    return same;
}

static void the_instruction_set_is_a_choice(void)
{
    unsetenv("AUTOGRAD_ISA"); /* the suite itself may run under one */
    ag_context *context = ag_context_new(NULL, NULL);
    const char *best = ag_isa_name(context);
    ag_context_free(context);
    CHECK(isa_is("baseline", "baseline"));
    CHECK(isa_is(best, best));
    CHECK(isa_is("no such", best) && isa_is("", best));
    CHECK(strcmp(best, "baseline") == 0 || isa_is("avx2", "avx2"));
}

/* Numbers of one instruction set are within a few units of those of another. */
static void instruction_sets_agree(void)
{
    work baseline = {.seed = 5}, best = {.seed = 5};
    train(&best);
    setenv("AUTOGRAD_ISA", "baseline", 1);
    train(&baseline);
    unsetenv("AUTOGRAD_ISA");
    CHECK(best.good && baseline.good);
    for (int i = 0; i < 64; i++) {
        CHECK_NEAR(best.numbers[i], baseline.numbers[i], 1e-4);
    }
}

int main(void)
{
    RUN_TEST(two_threads_never_meet);
    RUN_TEST(the_instruction_set_is_a_choice);
    RUN_TEST(instruction_sets_agree);
    return TESTS_END();
}
