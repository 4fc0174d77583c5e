/* print_text.c - a text that grows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "print.h"

agi_text agi_text_new(ag_allocator allocator, void *userdata)
{
    return (agi_text){.allocator = allocator, .userdata = userdata};
}

void agi_text_free(agi_text *text)
{
    if (text->bytes) {
        text->allocator(text->userdata, text->bytes, text->capacity, 0);
    }
    *text = agi_text_new(text->allocator, text->userdata);
}

bool agi_text_reserve(agi_text *text, size_t more)
{
    if (text->failed) {
        return false;
    }
    if (more < text->capacity - text->length) {
        return true;
    }
    size_t capacity = text->capacity < 64 ? 128 : 2 * text->capacity;
    if (capacity - text->length <= more) {
        capacity = text->length + more + 1;
    }
    char *bytes = NULL;
    if (more < SIZE_MAX / 4 && text->length < SIZE_MAX / 4) {
        bytes = text->allocator(text->userdata, text->bytes, text->capacity, capacity);
    }
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void agi_text_append_bytes(agi_text *text, const char *bytes, size_t count)
{
    if (agi_text_reserve(text, count)) {
        memcpy(text->bytes + text->length, bytes, count);
        text->length += count;
        text->bytes[text->length] = '\0';
    }
}

void agi_text_append(agi_text *text, const char *string)
{
    agi_text_append_bytes(text, string, strlen(string));
}

void agi_text_append_repeated(agi_text *text, char byte, int64_t count)
{
    if (count > 0 && agi_text_reserve(text, (size_t)count)) {
        memset(text->bytes + text->length, byte, (size_t)count);
        text->length += (size_t)count;
        text->bytes[text->length] = '\0';
    }
}

void agi_text_append_integer(agi_text *text, int64_t value)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRId64, value);
    agi_text_append_bytes(text, digits, (size_t)length);
}

void agi_text_append_double(agi_text *text, char kind, int precision, double value)
{
    enum { SIGN_AND_DIGITS = 330 }; /* of -DBL_MAX, with a point */
    size_t capacity = SIGN_AND_DIGITS + (size_t)precision;
    if (!agi_text_reserve(text, capacity)) {
        return;
    }
    int length = agi_format_double(text->bytes + text->length, capacity, kind, precision, value);
    if (length < 0) { /* only printf's own want of memory */
        text->bytes[text->length] = '\0';
        text->failed = true;
        return;
    }
    text->length += (size_t)length;
}
