/* Tensors put together along the last dim, rows of every length at which their way changes. */
#include <stdint.h>

#include "numbers.h"

enum { ROWS = 7 };

/* ROWS by columns, no two numbers alike but every 251. */
static ag_tensor *made(ag_context *context, int64_t columns, int from)
{
    ag_tensor *t = ag_tensor_new(context, AG_UINT8, 2, (const int64_t[]){ROWS, columns});
    uint8_t *numbers = ag_data_pointer(t);
    for (int64_t i = 0; i < ROWS * columns; i++) {
        numbers[i] = (uint8_t)((from + i) % 251);
    }
    return t;
}

static void check_joined(ag_context *context, int64_t first, int64_t second)
{
    const int64_t lengths[] = {first, second, first};
    ag_scope_open(context);
    ag_tensor *parts[3];
    for (int k = 0; k < 3; k++) {
        parts[k] = made(context, lengths[k], 83 * k);
    }
    const uint8_t *joined = ag_data_pointer(ag_cat((ag_tensors){parts, 3}, 2));
    for (int64_t r = 0; r < ROWS; r++) {
        for (int k = 0; k < 3; k++) {
            const uint8_t *row = (const uint8_t *)ag_data_pointer(parts[k]) + r * lengths[k];
            CHECK(memcmp(joined, row, (size_t)lengths[k]) == 0);
            joined += lengths[k];
        }
    }
    CHECK_TEXT(ag_error_text(context), "");
    ag_scope_close(context);
}

IN_CONTEXT(rows_of_every_length)
{
    for (int64_t bytes = 2; bytes < 2200; bytes += bytes < 140 || bytes > 2030 ? 1 : 61) {
        check_joined(context, bytes, 2);
        check_joined(context, 3, bytes);
        check_joined(context, bytes, bytes + 33);
    }
}

int main(void)
{
    RUN_TEST(rows_of_every_length);
    return TESTS_END();
}
