/* Threads of the context's own, among which large work is shared. */
#ifndef AGI_THREADS_H
#define AGI_THREADS_H

#include "context.h"

/* One of the chunks that some work is cut into. `thread`, from 0 to agi_threads() - 1, tells apart
 * those that run at once, each of which may want room of its own. It may be another thread than
 * the context's: it touches nothing of the context, and cannot fail. */
typedef void (*agi_chunk)(void *data, int64_t chunk, int thread);

/* Runs chunks 0 to count - 1, each once, in any order, and answers when all are done; false with
 * the error set where an interrupt came between two of them. How work is cut must depend on its
 * size alone, so that its bits are the same at any number of threads.
 * Without a context all run here: for work that is part of a chunk, or too small to be shared. */
bool agi_parallel(ag_context *context, int64_t count, agi_chunk function, void *data);
/* The same, one after the other. */
bool agi_in_order(ag_context *context, int64_t count, agi_chunk function, void *data);

/* The most threads that run chunks at once; 1 without a context. */
int agi_threads(const ag_context *context);
/* Ends them. Others are started when there is large work again. */
void agi_threads_end(ag_context *context);

/* The number that AUTOGRAD_NUM_THREADS asks for, else 1. */
int agi_threads_from_environment(void);
/* What to say of its value where that is no number of threads, else NULL. */
const char *agi_threads_complaint(char *text, size_t size);

#endif
