/* Free lists by size class, so that a loop that repeats itself asks the system for nothing.
 *
 * Up to 1 KB a class is a multiple of 64 bytes, above that there are 32 to a power of two. Before
 * the host is asked for a large block, a free one that is an eighth to a quarter larger will do:
 * tensors of many sizes leave few blocks idle. */
#include <stdint.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "memory.h"
#include "tensor.h"

enum {
    SMALL_CLASSES = AGI_SMALL_LIMIT / AGI_ALIGNMENT,
    SMALL_POWER = 10, /* of two: the small limit */
    PART_BITS = 5,    /* of two: the classes between a power of two and the next */
    NEAR_CLASSES = 1 << (PART_BITS - 2),
    LARGE = 8192, /* bytes, from which on a loop over blocks runs at the second cache's speed */
    LARGE_ALIGNMENT = 512,
};

static int size_class(size_t bytes)
{
    if (bytes <= AGI_SMALL_LIMIT) {
        return (int)agi_small_class(bytes);
    }
    int power = 63 - __builtin_clzll((unsigned long long)(bytes - 1)); /* 2^power < bytes */
    int part = (int)((bytes - 1) >> (power - PART_BITS)) & ((1 << PART_BITS) - 1);
    return SMALL_CLASSES + ((power - SMALL_POWER) << PART_BITS) + part;
}

/* What the blocks of a class hold. */
static size_t class_bytes(int class)
{
    if (class < SMALL_CLASSES) {
        return (size_t)(class + 1) * AGI_ALIGNMENT;
    }
    int power = SMALL_POWER + ((class - SMALL_CLASSES) >> PART_BITS);
    size_t part = (size_t)(class - SMALL_CLASSES) & ((1 << PART_BITS) - 1);
    return ((size_t)1 << power) + ((part + 1) << (power - PART_BITS));
}

/* What the last class holds; no machine has as much. */
static const size_t most_bytes = (size_t)1 << 54;

/* Stands right before a block, which begins on a border: the host's allocator promises less. */
typedef struct header {
    uint16_t class;
    uint16_t distance; /* in bytes, from what the host gave */
} header;

static header *header_of(void *block)
{
    return (header *)block - 1;
}

/* Large blocks lie at few places of a page: a processor takes a load for one of what was stored at
 * the same place of another page, and a result that lay a line or two behind its operands took a
 * third longer. */
static size_t alignment_of(int class)
{
    return class_bytes(class) >= LARGE ? LARGE_ALIGNMENT : AGI_ALIGNMENT;
}

/* What the host is asked for. */
static size_t whole_bytes(int class)
{
    return class_bytes(class) + sizeof(header) + alignment_of(class) - 1;
}

static void give_back(ag_context *context, void *block)
{
    header h = *header_of(block);
    size_t whole = whole_bytes(h.class);
    context->allocator(context->allocator_userdata, (char *)block - h.distance, whole, 0);
    context->bytes_reserved -= whole;
}

static bool over_limit(const ag_context *context, size_t whole)
{
    return context->bytes_limit != 0 && (whole > context->bytes_limit ||
           context->bytes_reserved > context->bytes_limit - whole);
}

/* A block that no cache holds had better lie in large pages: fewer faults when it is first written
 * to, and fewer misses of the page table's cache ever after. A hint: it may go unheeded. */
static void ask_for_large_pages(char *given, size_t bytes)
{
#if defined(MADV_HUGEPAGE)
    enum { WORTH = 4 << 20, LARGE_PAGE = 2 << 20 };
    uintptr_t begin = ((uintptr_t)given + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    uintptr_t end = ((uintptr_t)given + bytes) / LARGE_PAGE * LARGE_PAGE;
    if (bytes >= WORTH && begin < end) {
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
#endif
}

static void *ask_host(ag_context *context, int class)
{
    size_t whole = whole_bytes(class);
    if (over_limit(context, whole)) {
        return NULL;
    }
    char *given = context->allocator(context->allocator_userdata, NULL, 0, whole);
    if (given == NULL) {
        return NULL;
    }
    context->bytes_reserved += whole;
    ask_for_large_pages(given, whole);
    const uintptr_t alignment = alignment_of(class);
    uintptr_t first = (uintptr_t)given + sizeof(header) + alignment - 1;
    size_t distance = (size_t)((first & -alignment) - (uintptr_t)given);
    *header_of(given + distance) = (header){(uint16_t)class, (uint16_t)distance};
    return given + distance;
}

/* A block of the class or of one near above; NULL if none is free. */
static void *take_free(ag_context *context, int class)
{
    int last = class < SMALL_CLASSES ? class : class + NEAR_CLASSES;
    for (; class <= last && class < AGI_SIZE_CLASSES; class++) {
        if (context->free_blocks[class] != NULL) {
            size_t bytes = class_bytes(class);
            return agi_take_block(&context->free_blocks[class], bytes, bytes);
        }
    }
    return NULL;
}

void *agi_allocate_slowly(ag_context *context, size_t bytes)
{
    if (bytes > most_bytes) {
        return agi_fail(context, AG_ERROR_MEMORY, "out of memory: tried to allocate %zu bytes",
                        bytes);
    }
    int class = size_class(bytes);
    void *block = take_free(context, class);
    if (block == NULL) {
        block = ask_host(context, class);
    }
    if (block == NULL) {
        ag_empty_cache(context);
        block = ask_host(context, class);
    }
    if (block != NULL) {
        size_t whole = class_bytes(header_of(block)->class);
        agi_poison((char *)block + bytes, whole - bytes);
        context->bytes_used += whole;
        return block;
    }
    if (over_limit(context, whole_bytes(class))) {
        return agi_fail(context, AG_ERROR_MEMORY,
                        "out of memory: tried to allocate %zu bytes with %zu of the limit of %zu "
                        "in use", bytes, context->bytes_used, context->bytes_limit);
    }
    return agi_fail(context, AG_ERROR_MEMORY, "out of memory: tried to allocate %zu bytes", bytes);
}

void agi_deallocate_large(ag_context *context, void *block)
{
    if (block == NULL) {
        return;
    }
    int class = header_of(block)->class;
    context->bytes_used -= class_bytes(class);
    agi_put_block(&context->free_blocks[class], block, class_bytes(class));
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
        size_t bytes = class_bytes(class);
        while (context->free_blocks[class] != NULL) {
            give_back(context, agi_take_block(&context->free_blocks[class], bytes, bytes));
        }
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
