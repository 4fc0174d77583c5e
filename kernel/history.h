/* The history of cells, in a SQLite file that all kernels of a user share. */
#ifndef JUPYTER_HISTORY_H
#define JUPYTER_HISTORY_H

#include "kernel.h"

/* Notes a cell's code and the text of its result (NULL for none), two strings. Another thread writes
   them, a moment later. What is added of the same line takes the place of what was there. */
void history_add(struct kernel *kernel, int line, const json_t *input, const json_t *output);

void history_request(struct kernel *kernel, const struct message *request);
void history_close(struct kernel *kernel);

#endif
