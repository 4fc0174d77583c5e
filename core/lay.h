/* Laying numbers in line: rows by columns of any strides, copied so that a row's lie one behind the
 * other. */
#ifndef AGI_LAY_H
#define AGI_LAY_H

#include <stdint.h>

enum {
    AGI_LAY_BLOCK = 16, /* bytes of the rows, and of the columns, that are transposed at once */
    AGI_LAY_SLACK = 64, /* bytes that may be written behind the last number */
};

/* Numbers of 1, 4 or 8 bytes. to_step is the bytes from a row to the next, strides those from a
 * column to the next and from a row to the next where they come from. */
void agi_lay(int size, char *to, int64_t to_step, const char *from, const int64_t strides[2],
             int64_t rows, int64_t columns);

#endif
