/* Memory: blocks from the context's free lists, by size class. */
#ifndef AGI_MEMORY_H
#define AGI_MEMORY_H

#include "context.h"

/* A block of at least bytes, on a 64-byte border; NULL with the error set. */
void *agi_allocate(ag_context *context, size_t bytes);
/* bytes as in agi_allocate. NULL passes. */
void agi_deallocate(ag_context *context, void *block, size_t bytes);
/* Moves to a block of new_bytes; NULL with the error set, and block is as it was. */
void *agi_reallocate(ag_context *context, void *block, size_t old_bytes, size_t new_bytes);

#endif
