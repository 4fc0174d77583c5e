/* The kernel's own log. It has a descriptor of its own, since 1 and 2 are captured. */
#ifndef JUPYTER_LOG_H
#define JUPYTER_LOG_H

#include <stdbool.h>

/* Opens the log at the end of a file; "-" is the standard error the process began with. */
bool log_open(const char *path);

/* Without a log, what goes wrong while the kernel starts still goes to standard error: call the
   one before, the other after. */
void log_begin_start(void);
void log_end_start(void);

void log_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
