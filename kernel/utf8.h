/* UTF-8 as JSON wants it from bytes that may be anything. */
#ifndef JUPYTER_UTF8_H
#define JUPYTER_UTF8_H

#include <stddef.h>

#include "buffer.h"

/* The length of text without a character that is cut off at its end. */
size_t utf8_whole(const char *text, size_t length);

/* Appends text, with U+FFFD in the place of each byte that is not UTF-8. */
void utf8_append_valid(struct buffer *out, const char *text, size_t length);

/* Between a count of code points, as Jupyter counts a cursor, and a count of bytes. */
size_t utf8_bytes(const char *text, size_t length, size_t code_points);
size_t utf8_code_points(const char *text, size_t length);

#endif
