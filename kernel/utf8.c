#include "utf8.h"

#include <stdbool.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The bytes a character takes by its first byte; 0 for a byte that begins none. */
static size_t expected_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return 2;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        return 4;
    }
    return 0;
}

/* The second byte's bounds keep out overlong forms, surrogates and what lies above U+10FFFF. */
static bool second_byte_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xE0:
        return second >= 0xA0 && second <= 0xBF;
    case 0xED:
        return second >= 0x80 && second <= 0x9F;
    case 0xF0:
        return second >= 0x90 && second <= 0xBF;
    case 0xF4:
        return second >= 0x80 && second <= 0x8F;
    default:
        return is_continuation(second);
    }
}

/* The bytes of the valid character at text, or 0; *cut says that only the end is missing. */
static size_t character_length(const unsigned char *text, size_t length, bool *cut)
{
    *cut = false;
    size_t wanted = expected_length(text[0]);
    if (wanted <= 1) {
        return wanted;
    }
    for (size_t i = 1; i < wanted; i++) {
        if (i == length) {
            *cut = true;
            return 0;
        }
        if (i == 1 ? !second_byte_fits(text[0], text[1]) : !is_continuation(text[i])) {
            return 0;
        }
    }
    return wanted;
}

size_t utf8_whole(const char *text, size_t length)
{
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        const unsigned char *last = (const unsigned char *)text + length - back;
        if (!is_continuation(*last)) {
            bool cut;
            character_length(last, back, &cut);
            return cut ? length - back : length;
        }
    }
    return length;
}

void utf8_append_valid(struct buffer *out, const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t begin = 0;
    size_t at = 0;
    while (at < length) {
        bool cut;
        size_t character = bytes[at] < 0x80 ? 1 : character_length(bytes + at, length - at, &cut);
        if (character > 0) {
            at += character;
            continue;
        }
        buffer_append(out, text + begin, at - begin);
        buffer_text(out, "\xEF\xBF\xBD");
        begin = ++at;
    }
    buffer_append(out, text + begin, length - begin);
}

size_t utf8_bytes(const char *text, size_t length, size_t code_points)
{
    size_t at = 0;
    while (at < length && code_points > 0) {
        at++;
        while (at < length && is_continuation((unsigned char)text[at])) {
            at++;
        }
        code_points--;
    }
    return at;
}

size_t utf8_code_points(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += !is_continuation((unsigned char)text[i]);
    }
    return count;
}
