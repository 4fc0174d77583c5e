/* print_number.c - a number's text in the C locale, though the host may have set another. */
#include "print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int agi_format_double(char *text, size_t capacity, char kind, int precision, double value)
{
    if (isnan(value)) {
        return snprintf(text, capacity, "nan"); /* never "-nan" */
    }
    const char format[] = {'%', '.', '*', kind, '\0'};
    int length = snprintf(text, capacity, format, precision, value);
    if (length < 0 || (size_t)length >= capacity || isinf(value)) {
        return length;
    }
    /* What stands between digits and is neither digit, sign nor exponent is the locale's point. */
    char *point = text + strcspn(text, "0123456789");
    point += strspn(point, "0123456789");
    if (*point == '\0' || *point == 'e') {
        return length;
    }
    size_t width = strcspn(point, "0123456789e");
    *point = '.';
    memmove(point + 1, point + width, strlen(point + width) + 1);
    return length - (int)width + 1;
}
