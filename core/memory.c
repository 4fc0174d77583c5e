/* Free lists by size class, so that a loop that repeats itself asks the system for nothing.
 *
 * Up to 1 KB a class is a multiple of 64 bytes, above that there are four to a power of two:
 * at most a fifth of a large block is unused. */
#include <string.h>

#include "memory.h"
#include "tensor.h"

/* What the last class holds; no machine has as much. */
static const size_t most_bytes = (size_t)1 << 54;
enum { SMALL_CLASSES = AGI_SMALL_LIMIT / AGI_ALIGNMENT };

/* The class of a size, and the bytes of its blocks. */
static int size_class(size_t bytes, size_t *class_bytes)
{
    if (bytes <= AGI_SMALL_LIMIT) {
        size_t class = agi_small_class(bytes);
        *class_bytes = (class + 1) * AGI_ALIGNMENT;
        return (int)class;
    }
    int power = 63 - __builtin_clzll((unsigned long long)(bytes - 1)); /* 2^power < bytes */
    size_t quarter = (size_t)1 << (power - 2);
    int part = (int)((bytes - 1) >> (power - 2)) & 3;
    *class_bytes = ((size_t)1 << power) + (size_t)(part + 1) * quarter;
    return SMALL_CLASSES + (power - 10) * 4 + part;
}

/* The host's allocator promises less than AGI_ALIGNMENT: the byte before a block says how far it
 * stands from what the host gave. */
static void *aligned_block(void *given)
{
    char *block = (char *)(((uintptr_t)given + AGI_ALIGNMENT) & ~(uintptr_t)(AGI_ALIGNMENT - 1));
    block[-1] = (char)(block - (char *)given);
    return block;
}

static void give_back(ag_context *context, void *block, size_t class_bytes)
{
    size_t whole = class_bytes + AGI_ALIGNMENT;
    void *given = (char *)block - (unsigned char)((char *)block)[-1];
    context->allocator(context->allocator_userdata, given, whole, 0);
    context->bytes_reserved -= whole;
}

static bool over_limit(const ag_context *context, size_t whole)
{
    return context->bytes_limit != 0 && (whole > context->bytes_limit ||
           context->bytes_reserved > context->bytes_limit - whole);
}

static void *ask_host(ag_context *context, size_t class_bytes)
{
    size_t whole = class_bytes + AGI_ALIGNMENT;
    if (over_limit(context, whole)) {
        return NULL;
    }
    void *given = context->allocator(context->allocator_userdata, NULL, 0, whole);
    if (given == NULL) {
        return NULL;
    }
    context->bytes_reserved += whole;
    return aligned_block(given);
}

void *agi_allocate_slowly(ag_context *context, size_t bytes)
{
    if (bytes > most_bytes) {
        return agi_fail(context, AG_ERROR_MEMORY, "out of memory: tried to allocate %zu bytes",
                        bytes);
    }
    size_t class_bytes;
    int class = size_class(bytes, &class_bytes);
    agi_free_block *block = context->free_blocks[class];
    if (block != NULL) {
        context->free_blocks[class] = block->next;
        context->bytes_used += class_bytes;
        return block;
    }
    void *fresh = ask_host(context, class_bytes);
    if (fresh == NULL) {
        ag_empty_cache(context);
        fresh = ask_host(context, class_bytes);
    }
    if (fresh == NULL) {
        if (over_limit(context, class_bytes + AGI_ALIGNMENT)) {
            return agi_fail(context, AG_ERROR_MEMORY,
                            "out of memory: tried to allocate %zu bytes with %zu of the limit of "
                            "%zu in use", bytes, context->bytes_used, context->bytes_limit);
        }
        return agi_fail(context, AG_ERROR_MEMORY, "out of memory: tried to allocate %zu bytes",
                        bytes);
    }
    context->bytes_used += class_bytes;
    return fresh;
}

void agi_deallocate_large(ag_context *context, void *block, size_t bytes)
{
    if (block == NULL) {
        return;
    }
    size_t class_bytes;
    int class = size_class(bytes, &class_bytes);
    context->bytes_used -= class_bytes;
    agi_free_block *freed = block;
    freed->next = context->free_blocks[class];
    context->free_blocks[class] = freed;
}

void *agi_reallocate(ag_context *context, void *block, size_t old_bytes, size_t new_bytes)
{
    void *moved = agi_allocate(context, new_bytes);
    if (moved != NULL && block != NULL) {
        memcpy(moved, block, old_bytes < new_bytes ? old_bytes : new_bytes);
        agi_deallocate(context, block, old_bytes);
    }
    return moved;
}

void ag_empty_cache(ag_context *context)
{
    ag_tensor *number = context->spare_number;
    if (number != NULL) {
        context->spare_number = NULL;
        context->bytes_used += agi_block_bytes(number->block_bytes);
        ag_release(number);
    }
    for (int class = 0; class < AGI_SIZE_CLASSES; class++) {
        size_t class_bytes;
        if (class < SMALL_CLASSES) {
            class_bytes = (size_t)(class + 1) * AGI_ALIGNMENT;
        } else {
            int power = 10 + (class - SMALL_CLASSES) / 4, part = (class - SMALL_CLASSES) % 4;
            class_bytes = ((size_t)1 << power) + (size_t)(part + 1) * ((size_t)1 << (power - 2));
        }
        agi_free_block *block = context->free_blocks[class];
        while (block != NULL) {
            agi_free_block *next = block->next;
            give_back(context, block, class_bytes);
            block = next;
        }
        context->free_blocks[class] = NULL;
    }
}

size_t ag_bytes_used(const ag_context *context)
{
    return context->bytes_used;
}

size_t ag_bytes_reserved(const ag_context *context)
{
    return context->bytes_reserved;
}

void ag_set_bytes_limit(ag_context *context, size_t limit)
{
    context->bytes_limit = limit;
}
