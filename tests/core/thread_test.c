/* The context's own threads: when there are any, what ends them, and what they leave alone; two
 * contexts in two threads share nothing (to be run under ThreadSanitizer, too), the same seed gives
 * the same bits, and AUTOGRAD_ISA picks the loops. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "context.h"
#include "pool.h"

/* ---- The pool --------------------------------------------------------------------- */

/* How many threads pthread_create may still start; -1: any number. */
static int startable = -1;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    typedef int (*creator)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (startable == 0) {
        return EAGAIN;
    }
    if (startable > 0) {
        startable--;
    }
    creator create = (creator)dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attributes, run, argument);
}

static void threads_start_with_large_work(void)
{
    int before = threads_at_start;
    ag_context *context = ag_context_new(NULL, NULL);
    CHECK_INT(ag_num_threads(context), 1);
    CHECK(work_hard(context));
    CHECK_THREADS(before); /* none with one thread */
    CHECK(ag_set_num_threads(context, 3));
    CHECK_THREADS(before); /* nor without work, nor with little */
    ag_scope_open(context);
    CHECK(ag_add(counting(context, 5, false), counting(context, 5, false)) != NULL);
    ag_scope_close(context);
    CHECK_THREADS(before);
    CHECK(work_hard(context));
    CHECK_THREADS(before + 2);
    CHECK_INT(run_together(context, 3), 3);
    for (int i = 0; i < 200; i++) {
        CHECK(run_together(context, 1 + i % 3) >= 1 + i % 3);
    }
    ag_context_free(context);
    CHECK_THREADS(before);
}

static void threads_end_when_the_number_changes(void)
{
    int before = threads_at_start;
    ag_context *context = ag_context_new(NULL, NULL);
    CHECK(work_hard(context));
    ag_empty_cache(context);
    size_t bytes = ag_bytes_reserved(context);
    static const int numbers[] = {4, 2, 2, 1, 3, 1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        CHECK(ag_set_num_threads(context, numbers[i]));
        CHECK_INT(ag_num_threads(context), numbers[i]);
        CHECK_THREADS(before + (i == 2 ? 1 : 0)); /* the same number: no change */
        CHECK(work_hard(context));
        CHECK_THREADS(before + numbers[i] - 1);
    }
    ag_empty_cache(context);
    CHECK_INT(ag_bytes_reserved(context), bytes);
    CHECK(!ag_set_num_threads(context, 0));
    CHECK_ERROR(context, AG_ERROR_RUNTIME, "set_num_threads expects a positive integer");
    CHECK_INT(ag_num_threads(context), 1);
    ag_context_free(context);
}

/* Fewer threads, down to none, do the same work. */
static void threads_that_cannot_be_started(void)
{
    int before = threads_at_start;
    ag_context *context = ag_context_new(NULL, NULL);
    for (int can = 0; can < 4; can++) {
        startable = can;
        ag_set_num_threads(context, 8 + can);
        CHECK(work_hard(context));
        CHECK_THREADS(before + can);
        CHECK_INT(run_together(context, 1 + can), 1 + can);
        CHECK_TEXT(ag_error_text(context), "");
    }
    startable = -1;
    ag_context_free(context);
    CHECK_THREADS(before);
}

/* ---- Interrupts --------------------------------------------------------------------- */

static void raise_flag(void *data, int64_t chunk, int thread)
{
    volatile int *flag = data;
    if (chunk == 5) {
        __atomic_store_n(flag, 1, __ATOMIC_RELAXED);
    }
}

static void an_interrupt_ends_large_work(void)
{
    volatile int flag = 0;
    ag_context *context = ag_context_new(NULL, NULL);
    ag_set_interrupt_flag(context, &flag);
    for (int threads = 1; threads <= 3; threads++) {
        ag_set_num_threads(context, threads);
        flag = 0;
        CHECK(work_hard(context));
        CHECK(!agi_parallel(context, (int64_t)1 << 60, raise_flag, (void *)&flag));
        CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
        ag_scope_open(context);
        flag = 0;
        ag_tensor *x = ag_ones(context, AG_INTEGERS(700, 700), AG_DTYPE_NONE, false);
        flag = 1;
        CHECK(ag_exp(x) == NULL);
        CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
        CHECK(total(x) == NULL);
        CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
        CHECK(ag_mm(x, x) == NULL);
        CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
        CHECK(ag_softmax(x, 1, AG_DTYPE_NONE) == NULL);
        CHECK_ERROR(context, AG_ERROR_INTERRUPTED, "interrupted!");
        flag = 0;
        CHECK(ag_mm(x, x) != NULL);
        ag_scope_close(context);
    }
    ag_context_free(context);
}

/* ---- Two contexts ------------------------------------------------------------------- */

typedef struct work {
    uint64_t seed;
    int threads; /* of its context's own */
    float numbers[64];
    uint64_t digest; /* of all that was computed */
    char text[64];
    bool good;
} work;

static void *train(void *given)
{
    work *w = given;
    ag_context *context = ag_context_new(NULL, NULL);
    ag_scope_open(context);
    ag_set_num_threads(context, w->threads > 0 ? w->threads : 1);
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

/* What each computes with threads of its own, large enough to need them. */
static void *multiply(void *given)
{
    work *w = given;
    ag_context *context = ag_context_new(NULL, NULL);
    ag_scope_open(context);
    ag_set_num_threads(context, w->threads);
    ag_manual_seed(context, w->seed);
    ag_tensor *x = ag_randn(context, AG_INTEGERS(600, 600), AG_DTYPE_NONE, false);
    for (int i = 0; i < 5 && x != NULL; i++) {
        x = ag_tanh(ag_mul_number(ag_mm(x, x), 0.05));
    }
    w->good = x != NULL;
    if (w->good) {
        const uint32_t *bits = ag_data_pointer(x);
        for (int64_t i = 0; i < ag_numel(x); i++) {
            w->digest = (w->digest ^ bits[i]) * 0x100000001b3;
        }
    }
    ag_scope_close(context);
    ag_context_free(context);
    return NULL;
}

static void two_pools_never_meet(void)
{
    int before = threads_at_start;
    work first = {.seed = 3, .threads = 2}, second = {.seed = 4, .threads = 3};
    work alone = {.seed = 3, .threads = 1};
    pthread_t threads[2];
    CHECK(pthread_create(&threads[0], NULL, multiply, &first) == 0);
    CHECK(pthread_create(&threads[1], NULL, multiply, &second) == 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    multiply(&alone);
    CHECK(first.good && second.good && alone.good);
    CHECK(first.digest == alone.digest);
    CHECK(first.digest != second.digest);
    CHECK_THREADS(before);
}

/* ---- AUTOGRAD_NUM_THREADS ------------------------------------------------------------- */

static char warned[256];

static void keep_warning(void *userdata, const char *text)
{
    snprintf(warned, sizeof warned, "%s", text);
}

static void check_environment(const char *value, int expected, const char *warning)
{
    setenv("AUTOGRAD_NUM_THREADS", value, 1);
    warned[0] = '\0';
    ag_context *context = ag_context_new(NULL, NULL);
    ag_set_warning_hook(context, keep_warning, NULL);
    CHECK_INT(ag_num_threads(context), expected);
    CHECK_TEXT(warned, warning);
    ag_context_free(context);
    unsetenv("AUTOGRAD_NUM_THREADS");
}

static void the_number_is_read_from_the_environment(void)
{
    static const char *const bad[] = {"", "0", "-1", "x", "2 threads", "1.5",
                                      "99999999999999999999", "2147483648"};
    check_environment("1", 1, "");
    check_environment("3", 3, "");
    check_environment("2147483647", 2147483647, "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[200];
        snprintf(text, sizeof text, "AUTOGRAD_NUM_THREADS should be a positive integer, but is "
                 "'%s': one thread is used.", bad[i]);
        check_environment(bad[i], 1, text);
    }
}

/* ---- Instruction sets -------------------------------------------------------------------- */

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

static void *nothing(void *given)
{
    return given;
}

int main(void)
{
    unsetenv("AUTOGRAD_NUM_THREADS");
    pthread_t first; /* with which a sanitizer may start one of its own, before they are counted */
    pthread_create(&first, NULL, nothing, NULL);
    pthread_join(first, NULL);
    usleep(20000);
    threads_at_start = threads_of_process();
    RUN_TEST(threads_start_with_large_work);
    RUN_TEST(threads_end_when_the_number_changes);
    RUN_TEST(threads_that_cannot_be_started);
    RUN_TEST(an_interrupt_ends_large_work);
    RUN_TEST(two_pools_never_meet);
    RUN_TEST(the_number_is_read_from_the_environment);
    RUN_TEST(two_threads_never_meet);
    RUN_TEST(the_instruction_set_is_a_choice);
    RUN_TEST(instruction_sets_agree);
    return TESTS_END();
}
