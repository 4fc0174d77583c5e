/* The context: everything that is not a tensor or a node. */
#ifndef AGI_CONTEXT_H
#define AGI_CONTEXT_H

#include "autograd.h"
#include "print.h"
#include "random.h"

/* Instruction sets that the inner loops are compiled for; on aarch64 the baseline has NEON. */
typedef enum agi_isa { AGI_BASELINE, AGI_AVX2, AGI_AVX512, AGI_ISA_COUNT } agi_isa;

#define AGI_SIZE_CLASSES 1424 /* 16 small ones, and 32 to each power of two up to 2^54 */

typedef struct agi_free_block agi_free_block;
typedef struct agi_warned agi_warned;
typedef struct agi_pool agi_pool;

/* The tensors that open scopes own, innermost last; NULL marks where a scope begins. */
typedef struct agi_scopes {
    ag_tensor **items;
    size_t count, capacity;
    int open;
} agi_scopes;

struct ag_context {
    ag_allocator allocator;
    void *allocator_userdata;
    size_t bytes_used, bytes_reserved, bytes_limit;
    agi_free_block *free_blocks[AGI_SIZE_CLASSES];

    agi_isa isa;
    int num_threads;
    agi_pool *pool; /* of threads; NULL until there is large work for more than one */
    bool grad_mode;
    const volatile int *interrupt;

    ag_error error;
    char error_text[1024];
    ag_warning_hook warning_hook;
    void *warning_userdata;
    agi_warned *warned;

    agi_scopes scopes;
    ag_tensor *spare_number; /* one that is free, and not counted as used (agi_number) */
    agi_generator generator;

    uint64_t next_sequence; /* of the next node: creation order */
    uint64_t next_hook;
    uint32_t next_run; /* of the engine */
    ag_node *dead_nodes; /* waiting to be freed, so that freeing a chain does not recurse */
    bool freeing_nodes;

    ag_print_options print_options;
    agi_text text; /* what ag_to_string gave last */
};

/* Leaves the error and answers NULL; the first one stays. The text is printf's. */
void *agi_fail(ag_context *context, ag_error category, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Whether the host wants the running operation to end; leaves the error if so. */
bool agi_interrupted(ag_context *context);

agi_isa agi_choose_isa(void);

#endif
