/* The pool: threads that are started at the first large work, and wait for more.
 *
 * Chunks are handed out by a counter. A thread joins the work while it is open and leaves when no
 * chunk is left; the caller works along, closes it, and waits for those that have joined only, so
 * that one which the system wakes late holds nothing up. */
#include "threads.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_THREADS = 128, STACK_BYTES = 1 << 20 };

/* How often a thread looks for work, or for its end, before it sleeps: some 20 µs. */
enum { LOOKS = 1000 };

typedef struct work {
    agi_chunk function;
    void *data;
    int64_t count;
} work;

struct agi_pool {
    pthread_mutex_t mutex;
    pthread_cond_t opened, left;
    pid_t process; /* a child of fork has none of the threads */
    int started;
    pthread_t threads[MOST_THREADS - 1];

    work work;
    atomic_int_least64_t next; /* chunk */
    atomic_uint opening;       /* counts the works that were opened */
    atomic_int active;         /* threads that have joined and not left */
    int joined, wanted, asleep;
    bool open, ending;
};

static void pause_a_moment(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void run_chunks(agi_pool *pool, const work *w, int thread)
{
    int64_t chunk;
    while ((chunk = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < w->count) {
        w->function(w->data, chunk, thread);
    }
}

/* Sleeps, after a while, until a work is opened that `seen` is not, or the pool ends. The mutex is
 * held on return. */
static void await_work(agi_pool *pool, unsigned seen)
{
    for (int i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(&pool->opening, memory_order_relaxed) != seen) {
            break;
        }
        pause_a_moment();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->opening, memory_order_relaxed) == seen) {
        pool->asleep++;
        pthread_cond_wait(&pool->opened, &pool->mutex);
        pool->asleep--;
    }
}

static void *serve(void *given)
{
    agi_pool *pool = given;
    unsigned seen = 0;
    for (;;) {
        await_work(pool, seen);
        seen = atomic_load_explicit(&pool->opening, memory_order_relaxed);
        bool joins = pool->open && pool->joined < pool->wanted;
        if (pool->ending) {
            pthread_mutex_unlock(&pool->mutex);
            return NULL;
        }
        if (!joins) {
            pthread_mutex_unlock(&pool->mutex);
            continue;
        }
        work w = pool->work;
        int thread = ++pool->joined;
        atomic_fetch_add_explicit(&pool->active, 1, memory_order_relaxed);
        pthread_mutex_unlock(&pool->mutex);

        run_chunks(pool, &w, thread);

        pthread_mutex_lock(&pool->mutex);
        if (atomic_fetch_sub_explicit(&pool->active, 1, memory_order_release) == 1) {
            pthread_cond_signal(&pool->left);
        }
        pthread_mutex_unlock(&pool->mutex);
    }
}

/* Signals are the host's: they are blocked here, and so in the threads that start here. One that
 * cannot be started is done without. */
static void start_threads(agi_pool *pool, int wanted)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return;
    }
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->started < wanted &&
           pthread_create(&pool->threads[pool->started], &attributes, serve, pool) == 0) {
        pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

static void free_pool(ag_context *context)
{
    context->allocator(context->allocator_userdata, context->pool, sizeof *context->pool, 0);
    context->bytes_reserved -= sizeof *context->pool;
    context->bytes_used -= sizeof *context->pool;
    context->pool = NULL;
}

/* The context's pool, started if need be; NULL where there is no memory for it. */
static agi_pool *pool_of(ag_context *context)
{
    agi_pool *pool = context->pool;
    if (pool != NULL && pool->process == getpid()) {
        return pool;
    }
    if (pool != NULL) {
        free_pool(context); /* its mutex and the like are the parent's: left as they are */
    }
    pool = context->allocator(context->allocator_userdata, NULL, 0, sizeof *pool);
    if (pool == NULL) {
        return NULL;
    }
    *pool = (agi_pool){.process = getpid()};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->opened, NULL);
    pthread_cond_init(&pool->left, NULL);
    context->pool = pool;
    context->bytes_reserved += sizeof *pool;
    context->bytes_used += sizeof *pool;
    start_threads(pool, agi_threads(context) - 1);
    return pool;
}

static void open_work(agi_pool *pool, const work *w)
{
    pthread_mutex_lock(&pool->mutex);
    pool->work = *w;
    pool->open = true;
    pool->joined = 0;
    pool->wanted = w->count - 1 < pool->started ? (int)(w->count - 1) : pool->started;
    atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&pool->opening, 1, memory_order_relaxed);
    int to_wake = pool->asleep < pool->wanted ? pool->asleep : pool->wanted;
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < to_wake; i++) {
        pthread_cond_signal(&pool->opened);
    }
}

/* Lets no more threads join, and waits for those that have. */
static void close_work(agi_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->open = false;
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < LOOKS; i++) {
        if (atomic_load_explicit(&pool->active, memory_order_acquire) == 0) {
            return;
        }
        pause_a_moment();
    }
    pthread_mutex_lock(&pool->mutex);
    while (atomic_load_explicit(&pool->active, memory_order_acquire) > 0) {
        pthread_cond_wait(&pool->left, &pool->mutex);
    }
    pthread_mutex_unlock(&pool->mutex);
}

static bool run_shared(ag_context *context, agi_pool *pool, const work *w)
{
    int64_t chunk;
    open_work(pool, w);
    while ((chunk = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed)) < w->count) {
        w->function(w->data, chunk, 0);
        if (agi_interrupted(context)) {
            atomic_store_explicit(&pool->next, w->count, memory_order_relaxed);
        }
    }
    close_work(pool);
    return !agi_interrupted(context);
}

bool agi_in_order(ag_context *context, int64_t count, agi_chunk function, void *data)
{
    for (int64_t chunk = 0; chunk < count; chunk++) {
        if (chunk > 0 && context != NULL && agi_interrupted(context)) {
            return false;
        }
        function(data, chunk, 0);
    }
    return true;
}

bool agi_parallel(ag_context *context, int64_t count, agi_chunk function, void *data)
{
    if (count > 1 && agi_threads(context) > 1) {
        agi_pool *pool = pool_of(context);
        if (pool != NULL && pool->started > 0) {
            return run_shared(context, pool, &(work){function, data, count});
        }
    }
    return agi_in_order(context, count, function, data);
}

int agi_threads(const ag_context *context)
{
    if (context == NULL) {
        return 1;
    }
    return context->num_threads < MOST_THREADS ? context->num_threads : MOST_THREADS;
}

void agi_threads_end(ag_context *context)
{
    agi_pool *pool = context->pool;
    if (pool == NULL) {
        return;
    }
    if (pool->process == getpid()) {
        pthread_mutex_lock(&pool->mutex);
        pool->ending = true;
        atomic_fetch_add_explicit(&pool->opening, 1, memory_order_relaxed);
        pthread_cond_broadcast(&pool->opened);
        pthread_mutex_unlock(&pool->mutex);
        for (int i = 0; i < pool->started; i++) {
            pthread_join(pool->threads[i], NULL);
        }
        pthread_cond_destroy(&pool->left);
        pthread_cond_destroy(&pool->opened);
        pthread_mutex_destroy(&pool->mutex);
    }
    free_pool(context);
}

/* 0 where it is no number of threads. */
static int number_of_threads(const char *text)
{
    char *end;
    errno = 0;
    long count = strtol(text, &end, 10);
    return end == text || *end != '\0' || errno != 0 || count < 1 || count > INT_MAX ? 0
                                                                                     : (int)count;
}

int agi_threads_from_environment(void)
{
    const char *text = getenv("AUTOGRAD_NUM_THREADS");
    int count = text == NULL ? 1 : number_of_threads(text);
    return count == 0 ? 1 : count;
}

const char *agi_threads_complaint(char *to, size_t size)
{
    const char *text = getenv("AUTOGRAD_NUM_THREADS");
    if (text == NULL || number_of_threads(text) > 0) {
        return NULL;
    }
    snprintf(to, size, "AUTOGRAD_NUM_THREADS should be a positive integer, but is '%.100s': one "
             "thread is used.", text);
    return to;
}
