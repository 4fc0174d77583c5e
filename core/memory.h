/* Memory: blocks from the context's free lists, by size class. */
#ifndef AGI_MEMORY_H
#define AGI_MEMORY_H

#include "context.h"
#include "poison.h"

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

/* The first of a list, which the class has blocks of class_bytes in, becomes one of bytes. */
static inline void *agi_take_block(agi_free_block **list, size_t class_bytes, size_t bytes)
{
    agi_free_block *block = *list;
    agi_unpoison(block, class_bytes);
    *list = block->next;
    agi_poison((char *)block + bytes, class_bytes - bytes);
    return block;
}

static inline void agi_put_block(agi_free_block **list, void *block, size_t class_bytes)
{
    agi_free_block *freed = block;
    agi_unpoison(block, class_bytes);
    freed->next = *list;
    *list = freed;
    agi_poison(block, class_bytes);
}

/* A block of at least bytes, on a 64-byte border; NULL with the error set. */
static inline void *agi_allocate(ag_context *context, size_t bytes)
{
    size_t class = agi_small_class(bytes);
    if (bytes > AGI_SMALL_LIMIT || context->free_blocks[class] == NULL) {
        return agi_allocate_slowly(context, bytes);
    }
    context->bytes_used += agi_block_bytes(bytes);
    return agi_take_block(&context->free_blocks[class], agi_block_bytes(bytes), bytes);
}

/* bytes as in agi_allocate. NULL passes. */
static inline void agi_deallocate(ag_context *context, void *block, size_t bytes)
{
    if (block == NULL || bytes > AGI_SMALL_LIMIT) {
        agi_deallocate_large(context, block);
        return;
    }
    context->bytes_used -= agi_block_bytes(bytes);
    agi_put_block(&context->free_blocks[agi_small_class(bytes)], block, agi_block_bytes(bytes));
}

/* Moves to a block of new_bytes; NULL with the error set, and block is as it was. */
void *agi_reallocate(ag_context *context, void *block, size_t old_bytes, size_t new_bytes);

#endif
