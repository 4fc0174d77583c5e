/* A context that has threads, in a child of fork, which has not. Apart from the other tests, since
 * ThreadSanitizer knows no threads that start after fork. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>

#include "pool.h"

static void in_child(ag_context *context)
{
    CHECK_THREADS(1);
    CHECK(work_hard(context));
    CHECK_THREADS(3); /* its own */
    CHECK_INT(run_together(context, 3), 3);
    ag_context_free(context);
    CHECK_THREADS(1);
}

static void a_child_of_fork_has_threads_of_its_own(void)
{
    int before = threads_at_start, status;
    ag_context *context = ag_context_new(NULL, NULL);
    ag_set_num_threads(context, 3);
    CHECK(work_hard(context));
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            if (i % 2 == 0) {
                in_child(context);
            } else { /* ends threads that it does not have */
                ag_set_num_threads(context, 1);
                CHECK(work_hard(context));
                ag_context_free(context);
            }
            _exit(check_errors > 0);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 0);
        CHECK(work_hard(context));
    }
    CHECK_THREADS(before + 2);
    ag_context_free(context);
    CHECK_THREADS(before);
}

int main(void)
{
    threads_at_start = threads_of_process();
    RUN_TEST(a_child_of_fork_has_threads_of_its_own);
    return TESTS_END();
}
