/* Child processes: a shell that runs a command, waited for so that an interrupt ends it. */
#ifndef JUPYTER_CHILD_H
#define JUPYTER_CHILD_H

#include <sys/types.h>

#include "kernel.h"

struct child;

/* Starts sh -c command, with the descriptor pipe (unless -1) as its descriptor number target.
   NULL with errno on failure. */
struct child *child_start(const char *command, int pipe, int target);

/* Waits for its end, and frees it. An interrupt ends the child, and so does, a moment later, the
   kernel's own end. False with errno where there is nothing to wait for. */
bool child_finish(struct child *child, struct kernel *kernel, int *status);

/* From any thread: sends a signal to all that run. */
void child_signal_all(int number);

#endif
