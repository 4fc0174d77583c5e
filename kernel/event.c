#include "event.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int event_new(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void event_set(int event)
{
    uint64_t one = 1;
    if (write(event, &one, sizeof one) < 0) {
        /* The counter is full: the other side is awake already. */
    }
}

void event_clear(int event)
{
    uint64_t count;
    if (read(event, &count, sizeof count) < 0) {
        /* It was not set. */
    }
}
