#include "buffer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* Formatted text is seldom longer. */
#define USUAL_LENGTH 255

static void *or_exit(void *memory)
{
    if (memory == NULL) {
        log_message("out of memory");
        _Exit(1);
    }
    return memory;
}

void *allocate(size_t size)
{
    return or_exit(calloc(1, size > 0 ? size : 1));
}

char *copy_text(const char *text)
{
    return or_exit(strdup(text));
}

static void reserve(struct buffer *buffer, size_t more)
{
    size_t wanted = buffer->length + more + 1;
    if (wanted <= buffer->capacity) {
        return;
    }
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : 64;
    while (capacity < wanted) {
        capacity *= 2;
    }
    buffer->data = or_exit(realloc(buffer->data, capacity));
    buffer->capacity = capacity;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    reserve(buffer, length);
    if (length > 0) {
        memcpy(buffer->data + buffer->length, bytes, length);
    }
    buffer->length += length;
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    size_t length = USUAL_LENGTH;
    for (bool fits = false; !fits;) {
        reserve(buffer, length);
        size_t room = buffer->capacity - buffer->length;
        va_list arguments;
        va_start(arguments, format);
        int written = vsnprintf(buffer->data + buffer->length, room, format, arguments);
        va_end(arguments);
        length = written > 0 ? (size_t)written : 0;
        fits = length < room;
    }
    buffer->length += length;
}

char *buffer_take(struct buffer *buffer)
{
    reserve(buffer, 0);
    buffer->data[buffer->length] = '\0';
    char *text = buffer->data;
    *buffer = (struct buffer){0};
    return text;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
