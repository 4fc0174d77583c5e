/* autograd.h - tensors and gradients with PyTorch's names, rules and texts.
 *
 * Everything hangs on an ag_context: memory, random numbers, grad mode, the
 * last error. A context belongs to one thread at a time; two contexts share
 * nothing.
 *
 * Errors are values: a function answers NULL or false and leaves category and
 * text in its context, where the first error stays until ag_clear_error. An
 * operation that is given NULL answers NULL, so that a chain of calls needs one
 * check at its end. An absent tensor is AG_NONE, never NULL.
 *
 * Ownership: a result belongs to the innermost open scope, which releases it
 * when it closes; with no scope open it is the caller's, who releases it.
 *
 * Every number that names a position (a dim, an index, a class) counts from 1;
 * negative ones count from the end.
 */
#ifndef AUTOGRAD_H
#define AUTOGRAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AG_VERSION "0.1.0"
#define AG_MAX_DIMS 64

#if defined(AUTOGRAD_BUILDING) && defined(__GNUC__)
#define AG_API __attribute__((visibility("default")))
#else
#define AG_API
#endif

typedef struct ag_context ag_context;
typedef struct ag_tensor ag_tensor;
typedef struct ag_node ag_node;
typedef struct ag_operation ag_operation;

typedef enum ag_dtype {
    AG_FLOAT32,
    AG_FLOAT64,
    AG_INT64,
    AG_INT32,
    AG_UINT8,
    AG_BOOL,
    AG_DTYPE_COUNT,
    AG_DTYPE_NONE = -1 /* not given: the operation chooses */
} ag_dtype;

/* The absent tensor: a bias that is not there, a gradient that is undefined. */
extern AG_API ag_tensor *const AG_NONE;

/* ---- Context ---------------------------------------------------------- */

/* As Lua's: block NULL allocates, new_bytes 0 frees; answers NULL when it cannot. On Linux the system
 * is asked to put blocks of 4 MB and more in large pages (madvise, a hint). */
typedef void *(*ag_allocator)(void *userdata, void *block, size_t old_bytes, size_t new_bytes);

/* allocator NULL: the C library's. NULL when there is no memory for it. */
AG_API ag_context *ag_context_new(ag_allocator allocator, void *userdata);
/* Every tensor and node of it must have been released; the rest is freed here. */
AG_API void ag_context_free(ag_context *context);

typedef enum ag_error {
    AG_OK,
    AG_ERROR_RUNTIME,     /* torch's RuntimeError */
    AG_ERROR_VALUE,       /* ValueError */
    AG_ERROR_TYPE,        /* TypeError */
    AG_ERROR_INDEX,       /* IndexError */
    AG_ERROR_MEMORY,      /* no memory, or the context's limit is reached */
    AG_ERROR_INTERRUPTED, /* the interrupt flag was seen */
    AG_ERROR_CALLBACK     /* the host's callback failed; its own error is the host's to keep */
} ag_error;

AG_API ag_error ag_error_category(const ag_context *context);
/* The text of the first error since the last ag_clear_error, "" where there is none. */
AG_API const char *ag_error_text(const ag_context *context);
AG_API void ag_clear_error(ag_context *context);
/* Leaves an error of the host's own; an earlier one stays. Always answers false. */
AG_API bool ag_set_error(ag_context *context, ag_error category, const char *text);

/* Warnings: each text once a context. hook NULL drops them. */
typedef void (*ag_warning_hook)(void *userdata, const char *text);
AG_API void ag_set_warning_hook(ag_context *context, ag_warning_hook hook, void *userdata);
AG_API void ag_warn(ag_context *context, const char *text);

/* Bytes in use by living tensors and graphs, and with the caches. */
AG_API size_t ag_bytes_used(const ag_context *context);
AG_API size_t ag_bytes_reserved(const ag_context *context);
/* Above limit bytes reserved, operations fail with AG_ERROR_MEMORY; 0: no limit. */
AG_API void ag_set_bytes_limit(ag_context *context, size_t limit);
AG_API void ag_empty_cache(ag_context *context);

/* While *flag is nonzero, long operations end with AG_ERROR_INTERRUPTED. NULL: never. */
AG_API void ag_set_interrupt_flag(ag_context *context, const volatile int *flag);

/* Threads that a large operation may use, the caller's included: 1 at the start, or what
 * AUTOGRAD_NUM_THREADS says. More than 128 are not used. The others are the context's own: they
 * start with the first large operation, block all signals, call nothing of the host's, and end with
 * the context or when the number changes. The numbers computed are the same to the bit with any
 * number. False where count is not positive. */
AG_API bool ag_set_num_threads(ag_context *context, int count);
AG_API int ag_num_threads(const ag_context *context);

AG_API bool ag_grad_mode(const ag_context *context);
AG_API void ag_set_grad_mode(ag_context *context, bool enabled);

/* "baseline", "avx2" or "avx512": the instruction set of the inner loops (AUTOGRAD_ISA). */
AG_API const char *ag_isa_name(const ag_context *context);

/* The low 32 bits of seed count, as in torch.manual_seed. */
AG_API void ag_manual_seed(ag_context *context, uint64_t seed);

/* ---- Scopes ----------------------------------------------------------- */

/* Opens a scope; false when there is no memory. */
AG_API bool ag_scope_open(ag_context *context);
/* Releases what the innermost scope owns. */
AG_API void ag_scope_close(ag_context *context);
/* Moves tensor from the innermost scope to the one around it, or to the caller.
 * Answers tensor; NULL and AG_NONE pass through. */
AG_API ag_tensor *ag_keep(ag_tensor *tensor);

/* ---- Tensors ---------------------------------------------------------- */

AG_API ag_tensor *ag_retain(ag_tensor *tensor);
AG_API void ag_release(ag_tensor *tensor);
AG_API ag_context *ag_context_of(const ag_tensor *tensor);

/* A tensor of the given shape with unspecified numbers (see also ag_empty). */
AG_API ag_tensor *ag_tensor_new(ag_context *context, ag_dtype dtype, int ndim,
                                const int64_t *shape);

AG_API ag_dtype ag_dtype_of(const ag_tensor *tensor);
AG_API int ag_ndim(const ag_tensor *tensor);
AG_API const int64_t *ag_shape(const ag_tensor *tensor);   /* ndim numbers */
AG_API const int64_t *ag_strides(const ag_tensor *tensor); /* ndim numbers, in elements */
AG_API int64_t ag_numel(const ag_tensor *tensor);
/* The size along a dim; false with torch's error where there is no such dim. */
AG_API bool ag_size(const ag_tensor *tensor, int64_t dim, int64_t *size);
/* The first element; whoever writes through it calls ag_bump_version. */
AG_API void *ag_data_pointer(const ag_tensor *tensor);
AG_API bool ag_is_contiguous(const ag_tensor *tensor);
AG_API uint32_t ag_version(const ag_tensor *tensor);
AG_API void ag_bump_version(ag_tensor *tensor);
/* True where both see the same numbers in memory. */
AG_API bool ag_shares_storage(const ag_tensor *tensor, const ag_tensor *other);

AG_API const char *ag_dtype_name(ag_dtype dtype);
AG_API size_t ag_dtype_size(ag_dtype dtype);
AG_API bool ag_dtype_is_floating(ag_dtype dtype);
/* By torch's names and aliases ("float32", "float", "long", …); AG_DTYPE_NONE if unknown. */
AG_API ag_dtype ag_dtype_from_name(const char *name);

/* A plain number: real, integer or boolean, of which only the category promotes. */
typedef enum ag_number_kind { AG_REAL, AG_INTEGER, AG_BOOLEAN } ag_number_kind;
typedef struct ag_number {
    ag_number_kind kind;
    union {
        double real;
        int64_t integer; /* also 0 or 1 for a boolean */
    };
} ag_number;

/* The single element; an error where numel is not 1. */
AG_API bool ag_item(ag_tensor *tensor, ag_number *item);

/* A slot for the host's own handle of this tensor (the binding's userdata). */
AG_API void *ag_host(const ag_tensor *tensor);
AG_API void ag_set_host(ag_tensor *tensor, void *host);
/* How many hold it: what a host with a collector of its own asks before it lets go. */
AG_API int ag_reference_count(const ag_tensor *tensor);
AG_API int ag_node_reference_count(const ag_node *node);

/* ---- The graph -------------------------------------------------------- */

AG_API bool ag_requires_grad(ag_tensor *tensor);
AG_API bool ag_set_requires_grad(ag_tensor *tensor, bool requires_grad);
AG_API bool ag_is_leaf(ag_tensor *tensor);
AG_API bool ag_retain_grad(ag_tensor *tensor);
AG_API bool ag_retains_grad(const ag_tensor *tensor);
/* The accumulated gradient, borrowed; AG_NONE where there is none. */
AG_API ag_tensor *ag_grad(const ag_tensor *tensor);
/* grad AG_NONE clears it. */
AG_API bool ag_set_grad(ag_tensor *tensor, ag_tensor *grad);
/* A new tensor over the same numbers, without history and with a version of its own. */
AG_API ag_tensor *ag_data(ag_tensor *tensor);
/* tensor takes the numbers of data; same dtype. */
AG_API bool ag_set_data(ag_tensor *tensor, ag_tensor *data);

/* The node that made tensor, borrowed; NULL for a leaf. */
AG_API ag_node *ag_grad_fn(ag_tensor *tensor);
AG_API ag_node *ag_node_retain(ag_node *node);
AG_API void ag_node_release(ag_node *node);
AG_API const char *ag_node_name(const ag_node *node);
/* The i-th edge (from 0): its node, borrowed, NULL where no gradient flows. */
AG_API int ag_node_edge_count(const ag_node *node);
AG_API ag_node *ag_node_edge(const ag_node *node, int i, int *output);

typedef struct ag_tensors {
    ag_tensor *const *items;
    int64_t count;
} ag_tensors;

/* torch.autograd.backward. gradients.count is 0 or outputs.count, AG_NONE entries are
 * ones for scalars; inputs.count -1: accumulate into all leaves. */
AG_API bool ag_backward(ag_context *context, ag_tensors outputs, ag_tensors gradients,
                        bool retain_graph, bool create_graph, ag_tensors inputs);
/* torch.autograd.grad: results[inputs.count], each the caller's or the scope's; AG_NONE
 * for an unused one where allow_unused. */
AG_API bool ag_gradients(ag_context *context, ag_tensors outputs, ag_tensors gradients,
                         ag_tensors inputs, bool retain_graph, bool create_graph,
                         bool allow_unused, ag_tensor **results);

/* A hook sees a gradient and answers it, another in its place (owned by the scope or the
 * caller as any result), or NULL for an error, with the error set. It is freed with what
 * it is tied to. */
typedef ag_tensor *(*ag_hook)(void *userdata, ag_tensor *gradient);
typedef void (*ag_free)(void *userdata);
/* On the gradient of tensor. Answers a number to remove it by, 0 on error. */
AG_API uint64_t ag_register_hook(ag_tensor *tensor, ag_hook hook, void *userdata, ag_free free);
/* After a leaf's gradient was accumulated; the hook is handed the leaf itself. */
AG_API uint64_t ag_register_post_accumulate_grad_hook(ag_tensor *tensor, ag_hook hook,
                                                      void *userdata, ag_free free);
/* False where the tensor has none of that number. In a run of hooks a removed one has its turn. */
AG_API bool ag_remove_hook(ag_tensor *tensor, uint64_t number);
/* A hook stays with the node that was its tensor's grad_fn, though that is written to in place. */
AG_API bool ag_node_remove_hook(ag_node *node, uint64_t number);

/* A function of the host's own in the graph. */
typedef struct ag_function {
    const char *name; /* of the node, e.g. "SquareBackward"; copied */
    /* gradients[output_count] (AG_NONE: undefined) to results[input_count] (AG_NONE: none). */
    bool (*backward)(void *userdata, ag_node *node, ag_tensor *const *gradients,
                     ag_tensor **results);
    ag_free free;
} ag_function;

/* Makes outputs (computed without grad mode) the results of function applied to inputs, where
 * any of these requires grad; saved tensors are checked and freed as an operation's are.
 * userdata is freed with the node, or here where no node is made. dirty: inputs modified in
 * place that are outputs too. */
AG_API bool ag_function_record(ag_context *context, const ag_function *function, void *userdata,
                               ag_tensors inputs, ag_tensors outputs, ag_tensors saved);
/* Whether a gradient is wanted for input i; the saved tensor i (owned as any result). */
AG_API bool ag_function_wants(const ag_node *node, int i);
AG_API int ag_function_saved_count(const ag_node *node);
AG_API ag_tensor *ag_function_saved(ag_node *node, int i);

/* ---- Printing --------------------------------------------------------- */

typedef struct ag_print_options {
    int precision;
    int64_t threshold;
    int64_t edgeitems;
    int linewidth;
    int sci_mode; /* 1 always, 0 never, -1 by the numbers */
} ag_print_options;

AG_API ag_print_options ag_get_print_options(const ag_context *context);
AG_API void ag_set_print_options(ag_context *context, const ag_print_options *options);
/* PyTorch's repr. The text is the context's until the next call; NULL on error. */
AG_API const char *ag_to_string(ag_tensor *tensor, size_t *length);

/* ---- Operations ------------------------------------------------------- */

/* What a parameter takes. */
typedef enum ag_type {
    AG_TYPE_TENSOR,  /* a tensor */
    AG_TYPE_OPERAND, /* a tensor or a plain number */
    AG_TYPE_TENSORS, /* a list of tensors */
    AG_TYPE_NUMBER,  /* a plain number */
    AG_TYPE_REAL,    /* a number, seen as double */
    AG_TYPE_INTEGER, /* an integer: a count, an offset, a value */
    AG_TYPE_DIM,     /* a position among the dims */
    AG_TYPE_INDEX,   /* a position along a dim */
    AG_TYPE_SIZES,   /* sizes, loose or in one list */
    AG_TYPE_DIMS,    /* dims: one or a list */
    AG_TYPE_INTEGERS,/* integers: one or a list */
    AG_TYPE_BOOL,
    AG_TYPE_STRING,
    AG_TYPE_ORDER,   /* a norm's: a number, seen as double, or a name */
    AG_TYPE_DTYPE
} ag_type;

typedef struct ag_integers {
    const int64_t *items;
    int64_t count;
} ag_integers;
#define AG_INTEGERS(...)                                                                        \
    ((ag_integers){(const int64_t[]){__VA_ARGS__},                                              \
                   sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)})
/* A list that is not given: all dims, say. */
#define AG_NO_INTEGERS ((ag_integers){NULL, -1})

/* An argument, by the type of its parameter. An absent optional one: given is false, and
 * tensor AG_NONE, integers.count -1, dtype AG_DTYPE_NONE. */
typedef struct ag_value {
    bool given;
    bool is_tensor; /* an operand: tensor or number */
    bool is_list;   /* integers: written as a list, even of one */
    bool is_string; /* an order: a name */
    union {
        ag_tensor *tensor;
        ag_number number;
        ag_tensors tensors;
        ag_integers integers;
        int64_t integer;
        double real;
        bool boolean;
        const char *string;
        ag_dtype dtype;
    };
} ag_value;

typedef struct ag_parameter {
    const char *name;
    ag_type type;
    bool optional; /* may be absent */
    bool keyword_only;
    bool has_default;
    ag_value default_value;
    const char *default_text; /* as the signature writes it */
} ag_parameter;

enum {
    AG_IS_FUNCTION = 1,  /* ag.NAME(…) */
    AG_IS_METHOD = 2,    /* self:NAME(…) */
    AG_HAS_INPLACE = 4,  /* self:NAME_(…) too */
    AG_IS_INPLACE = 8,   /* the name ends in _ and self is written to */
    AG_RETURNS_LIST = 16,/* a list of tensors, whose length the input decides */
    AG_RETURNS_BOOL = 32 /* one boolean without dims, for the host a boolean of its own */
};

typedef struct ag_operation_info {
    const char *name;
    const char *signature;
    const char *doc;
    int flags;
    int parameter_count;
    const ag_parameter *parameters;
    int self; /* the index of the parameter named self, -1 without */
} ag_operation_info;

/* All operations, sorted by name. */
AG_API const ag_operation *const *ag_operations(int *count);
/* By its name or an alias; NULL if unknown. */
AG_API const ag_operation *ag_find_operation(const char *name);
AG_API const ag_operation_info *ag_describe(const ag_operation *operation);
/* Second names, of functions, methods and forms in place alike. */
typedef struct ag_operation_alias {
    const char *name;
    const ag_operation *operation;
} ag_operation_alias;
AG_API const ag_operation_alias *ag_operation_aliases(int *count);

/* The tensors that a call gives: a fixed number or, for a list, as many as there are. A list
 * of more than AG_MAX_RESULTS is the context's memory until ag_free_results. */
#define AG_MAX_RESULTS 4
typedef struct ag_results {
    int64_t count;
    bool is_list; /* as many as there are, even one */
    ag_tensor **items;
    ag_tensor *fixed[AG_MAX_RESULTS];
} ag_results;

/* The generic call: arguments[parameter_count]. False on error. In place: self is written to,
 * and results hold self itself, without a reference of its own. */
AG_API bool ag_call(ag_context *context, const ag_operation *operation, ag_value *arguments,
                    ag_results *results);
AG_API bool ag_call_inplace(ag_context *context, const ag_operation *operation,
                            ag_value *arguments, ag_results *results);
AG_API void ag_free_results(ag_context *context, ag_results *results);

/* Each operation as a C function, made from its entry. A plain number is a double here: its
 * category is real (an integer operand goes through ag_call or a 0-dim tensor). Keyword-only
 * numbers (alpha) keep their default. */
#include "autograd_operations.h"

#ifdef __cplusplus
}
#endif

#endif
