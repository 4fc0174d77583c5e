/* A growing run of bytes, and allocation that cannot fail: a kernel without memory ends. */
#ifndef JUPYTER_BUFFER_H
#define JUPYTER_BUFFER_H

#include <stddef.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the bytes with a NUL and hands them to the caller, who frees them; the buffer is empty. */
char *buffer_take(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

/* malloc, calloc and strdup that end the process when there is no memory. */
void *allocate(size_t size);
char *copy_text(const char *text);

#endif
