/* The history of cells, in a SQLite file that all kernels of a user share. */
#ifndef JUPYTER_HISTORY_H
#define JUPYTER_HISTORY_H

#include "kernel.h"

/* Notes a cell's code and the text of its result (NULL for none), two strings. They are written to
   the file when the kernel has nothing else to do. */
void history_add(struct kernel *kernel, int line, const json_t *input, const json_t *output);

/* Whether something is noted that is not written yet; and writes it. */
bool history_is_pending(const struct kernel *kernel);
void history_flush(struct kernel *kernel);

void history_request(struct kernel *kernel, const struct message *request);
void history_close(struct kernel *kernel);

#endif
