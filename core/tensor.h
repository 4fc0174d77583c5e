/* Tensors: strided views over counted storages. */
#ifndef AGI_TENSOR_H
#define AGI_TENSOR_H

#include "context.h"

/* Counts in-place changes, so that a graph sees that what it saved has changed. Those that
 * share numbers share it, but for .data, which gets one of its own. */
typedef struct agi_version {
    int32_t references; /* of a counter with a block of its own; unused in a storage */
    uint32_t value;
    bool in_storage;
} agi_version;

typedef struct agi_storage {
    int32_t references;
    bool embedded; /* lies in the block of the tensor `owner` */
    agi_version version;
    void *data;
    size_t bytes;
    ag_tensor *owner;
} agi_storage;

/* How a view came about, which decides whether it may be written to in place. */
typedef enum agi_creation { AGI_VIEW_DEFAULT, AGI_VIEW_NO_GRAD, AGI_VIEW_MULTI_OUTPUT } agi_creation;

typedef struct agi_hook_entry agi_hook_entry;

struct ag_tensor {
    int32_t references;
    uint8_t dtype;
    uint8_t ndim;
    uint8_t creation;    /* agi_creation */
    uint8_t block_parts; /* of the block: the tensor, its embedded storage; 0 frees it */
    bool is_number;      /* a plain number in tensor's clothes: only its category promotes */
    bool contiguous;
    bool requires_grad;  /* of a leaf */
    bool retains_grad;
    uint32_t block_bytes;
    int64_t numel;
    char *data;
    int64_t *shape;   /* in elements, as strides; both in this block or in `dims_block` */
    int64_t *strides;
    ag_context *context;
    agi_storage *storage;
    agi_version *version;
    void *host;

    ag_tensor *grad;
    ag_node *node;         /* the grad_fn, NULL for a leaf */
    ag_tensor *base;       /* of a view: the tensor that is no view */
    ag_node *accumulator;  /* a leaf's node; not owned */
    agi_hook_entry *hooks; /* of a leaf */
    int64_t *dims_block;   /* shape and strides that outgrew the block (set_data) */
    int32_t output;        /* which output of node */
    uint32_t node_version; /* of a view: the version that node stands for */
};

/* New tensors belong to the innermost scope. Numbers are unspecified. NULL with the error set. */
ag_tensor *agi_new(ag_context *context, ag_dtype dtype, int ndim, const int64_t *shape);
/* The same with the shape and the strides of `like`, which is dense: each element at a place of its
 * own and no holes between. */
ag_tensor *agi_new_like(const ag_tensor *like, ag_dtype dtype);
/* Another tensor over self's numbers, offset in elements from self's first; no autograd. */
ag_tensor *agi_alias(ag_tensor *self, int ndim, const int64_t *shape, const int64_t *strides,
                     int64_t offset);
/* A plain number as a 0-dim tensor, marked as a number. The caller's, whatever scope is open. */
ag_tensor *agi_number(ag_context *context, ag_number number);
void agi_number_release(ag_tensor *number); /* NULL passes */
/* self once more as a result: retained for the innermost scope or the caller. */
ag_tensor *agi_again(ag_tensor *self);
/* Another shape over the same numbers, in place. */
bool agi_set_geometry(ag_tensor *tensor, int ndim, const int64_t *shape, const int64_t *strides);

ag_tensor *agi_own_by_scope(ag_tensor *tensor);
/* Gives a new reference to the innermost scope; on failure releases it and answers NULL. */
static inline ag_tensor *agi_own(ag_tensor *tensor)
{
    bool by_scope = tensor != NULL && tensor != AG_NONE && tensor->context->scopes.open > 0;
    return by_scope ? agi_own_by_scope(tensor) : tensor;
}

/* A result of the innermost scope, its newest as a rule, becomes the caller's. NULL passes. */
ag_tensor *agi_disown(ag_tensor *tensor);

void agi_storage_release(ag_context *context, agi_storage *storage);
void agi_version_release(ag_context *context, agi_version *version);

/* Writes from's numbers, cast and broadcast, to where to's lie; no history, no version. */
bool agi_copy_numbers(ag_tensor *to, ag_tensor *from);

/* Numbers in C's types, whatever the dtype. */
static inline double agi_real_of(ag_number number)
{
    return number.kind == AG_REAL ? number.real : (double)number.integer;
}
int64_t agi_integer_of(ag_number number);
ag_number agi_element(ag_dtype dtype, const void *at);
void agi_store_element(ag_dtype dtype, void *at, ag_number number);

#endif
