/* Memory: blocks from the context's free lists, by size class. */
#ifndef AGI_MEMORY_H
#define AGI_MEMORY_H

#include "context.h"

/* Up to AGI_SMALL_LIMIT a class is a multiple of AGI_ALIGNMENT. */
enum { AGI_ALIGNMENT = 64, AGI_SMALL_LIMIT = 1024 };

struct agi_free_block {
    agi_free_block *next;
};

/* Where the free list has none, or the size is none of a small class. */
void *agi_allocate_slowly(ag_context *context, size_t bytes);
void agi_deallocate_large(ag_context *context, void *block);

static inline size_t agi_small_class(size_t bytes)
{
    return (bytes - (bytes != 0)) / AGI_ALIGNMENT;
}

/* What a small block of so many bytes counts for. */
static inline size_t agi_block_bytes(size_t bytes)
{
    return (agi_small_class(bytes) + 1) * AGI_ALIGNMENT;
}

/* A block of at least bytes, on a 64-byte border; NULL with the error set. */
static inline void *agi_allocate(ag_context *context, size_t bytes)
{
    size_t class = agi_small_class(bytes);
    agi_free_block *block;
    if (bytes > AGI_SMALL_LIMIT || (block = context->free_blocks[class]) == NULL) {
        return agi_allocate_slowly(context, bytes);
    }
    context->free_blocks[class] = block->next;
    context->bytes_used += (class + 1) * AGI_ALIGNMENT;
    return block;
}

/* bytes as in agi_allocate. NULL passes. */
static inline void agi_deallocate(ag_context *context, void *block, size_t bytes)
{
    if (block == NULL || bytes > AGI_SMALL_LIMIT) {
        agi_deallocate_large(context, block);
        return;
    }
    size_t class = agi_small_class(bytes);
    agi_free_block *freed = block;
    context->bytes_used -= (class + 1) * AGI_ALIGNMENT;
    freed->next = context->free_blocks[class];
    context->free_blocks[class] = freed;
}

/* Moves to a block of new_bytes; NULL with the error set, and block is as it was. */
void *agi_reallocate(ag_context *context, void *block, size_t old_bytes, size_t new_bytes);

#endif
