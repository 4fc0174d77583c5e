#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int log_descriptor = -1;
static bool for_start;

bool log_open(const char *path)
{
    if (strcmp(path, "-") == 0) {
        log_descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    } else {
        log_descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    return log_descriptor >= 0;
}

void log_begin_start(void)
{
    for_start = log_descriptor < 0 && log_open("-");
}

/* The descriptor stays open: another thread may be writing to it. */
void log_end_start(void)
{
    if (for_start) {
        log_descriptor = -1;
    }
}

void log_message(const char *format, ...)
{
    int descriptor = log_descriptor;
    if (descriptor < 0) {
        return;
    }
    char line[1024];
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &parts);
    size_t length = strftime(line, sizeof line, "%H:%M:%S", &parts);
    length += (size_t)snprintf(line + length, sizeof line - length, ".%03ld lua-kernel: ",
                               now.tv_nsec / 1000000);
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line + length, sizeof line - length - 1, format, arguments);
    va_end(arguments);
    if (written > 0) {
        length += (size_t)written;
    }
    if (length > sizeof line - 2) {
        length = sizeof line - 2;
    }
    line[length++] = '\n';
    if (write(descriptor, line, length) < 0) {
        log_descriptor = -1;
    }
}
