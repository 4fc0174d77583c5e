/* print_number.c - a number's text in the C locale, though the host may have set another. */
#include "print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int agi_use_c_point(char *number)
{
    char *point = number + strcspn(number, "0123456789");
    point += strspn(point, "0123456789");
    size_t width = strcspn(point, "0123456789e");
    if (width > 0) {
        *point = '.';
        memmove(point + 1, point + width, strlen(point + width) + 1);
    }
    return (int)strlen(number);
}

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
    return agi_use_c_point(text);
}
