/* An allocator that counts, and that fails where it is told to. */
#ifndef AUTOGRAD_TESTS_METER_H
#define AUTOGRAD_TESTS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct meter {
    long calls;   /* for memory, so far */
    long failing; /* the first to fail, from 1; 0: none */
    long failures; /* how many fail: the core empties its cache and asks again, so 2 fail one of
                      its allocations */
    size_t bytes;
} meter;

static void *metered(void *userdata, void *block, size_t old_bytes, size_t new_bytes)
{
    meter *m = userdata;
    if (new_bytes == 0) {
        free(block);
        m->bytes -= block ? old_bytes : 0;
        return NULL;
    }
    m->calls++;
    if (m->failing > 0 && m->calls >= m->failing && m->calls - m->failing < m->failures) {
        return NULL;
    }
    void *result = realloc(block, new_bytes);
    if (result) {
        m->bytes += new_bytes - (block ? old_bytes : 0);
    }
    return result;
}

/* The n-th from now on, and `failures` in all. */
static inline void fail_from(meter *m, long n, long failures)
{
    m->failing = m->calls + n;
    m->failures = failures;
}

/* Whether the allocation to fail was asked for; none fails from now on. */
static inline bool stop_failing(meter *m)
{
    bool reached = m->failing > 0 && m->calls >= m->failing;
    m->failing = 0;
    return reached;
}

#endif
