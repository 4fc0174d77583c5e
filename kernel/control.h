/* The control channel: a thread that answers while a cell runs, and ends the kernel. */
#ifndef JUPYTER_CONTROL_H
#define JUPYTER_CONTROL_H

#include "kernel.h"

struct control;

/* wake is the event that the signal handlers set. NULL when the socket cannot be bound. */
struct control *control_start(struct kernel *kernel, int wake);

/* The kernel is about to end by itself: from now on it has only so long. */
void control_expect_end(const struct control *control);

/* Waits for the thread, which ends when the context shuts down. */
void control_join(struct control *control);

#endif
