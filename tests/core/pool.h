/* What tests of the context's threads share: how many there are, and work that needs them. */
#ifndef AUTOGRAD_TESTS_POOL_H
#define AUTOGRAD_TESTS_POOL_H

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "numbers.h"
#include "threads.h"

static int threads_at_start;

static int threads_of_process(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

/* One that has been joined may be listed for a moment yet. */
#define CHECK_THREADS(EXPECTED)                                                                 \
    do {                                                                                        \
        for (int check_i = 0; check_i < 1000 && threads_of_process() > (EXPECTED); check_i++) { \
            usleep(1000);                                                                       \
        }                                                                                       \
        CHECK_INT(threads_of_process(), EXPECTED);                                              \
    } while (0)

/* Work that notes which threads have run it, and that each chunk is run once. */
enum { CHUNKS = 64 };
typedef struct rounds {
    pthread_t runner[CHUNKS];
    int numbers[CHUNKS], runs[CHUNKS];
    bool blocked[CHUNKS]; /* whether signals are, where it is run */
    pthread_barrier_t *together;
    int meeting; /* the first chunks, which must all have begun before one ends */
} rounds;

static void note(void *data, int64_t chunk, int thread)
{
    rounds *r = data;
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    r->runner[chunk] = pthread_self();
    r->numbers[chunk] = thread;
    r->runs[chunk]++;
    r->blocked[chunk] = sigismember(&set, SIGINT) && sigismember(&set, SIGUSR1) &&
                        sigismember(&set, SIGPROF);
    if (chunk < r->meeting) {
        pthread_barrier_wait(r->together);
    }
}

/* Runs chunks of which `threads` must be run at once, so that as many threads are there; answers
 * how many they were. */
static int run_together(ag_context *context, int threads)
{
    pthread_barrier_t barrier;
    rounds r = {.together = &barrier, .meeting = threads};
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    CHECK(agi_parallel(context, CHUNKS, note, &r));
    pthread_barrier_destroy(&barrier);
    int highest = 0;
    for (int i = 0; i < CHUNKS; i++) {
        CHECK_INT(r.runs[i], 1);
        CHECK((r.numbers[i] == 0) == (pthread_equal(r.runner[i], pthread_self()) != 0));
        CHECK(r.numbers[i] == 0 || r.blocked[i]);
        highest = r.numbers[i] > highest ? r.numbers[i] : highest;
    }
    return highest + 1;
}

/* An operation that is large enough to be shared. */
static bool work_hard(ag_context *context)
{
    ag_scope_open(context);
    ag_tensor *x = ag_ones(context, AG_INTEGERS(300000), AG_DTYPE_NONE, false);
    ag_tensor *sum = total(ag_add(x, x));
    ag_number number = {0};
    bool right = sum != NULL && ag_item(sum, &number) && number.real == 600000;
    ag_scope_close(context);
    return right;
}

#endif
