/* What an operation is. Each stands in a file under ops/ as one entry:
 *
 *     AG_OPERATION(tanh, BOTH_AND_INPLACE, "tanh(Tensor self) -> Tensor",
 *         "The hyperbolic tangent: y = tanh(x).",
 *         .promotion = AGI_TO_FLOAT, .loops = {LOOPS_FLOATING(tanh)},
 *         .gradient = tanh_gradient, .saves = {RESULT(0)}, .node = "TanhBackward0")
 *
 * The signature is written as
 *     NAME(TYPE NAME[=DEFAULT], …, *, KEYWORD-ONLY…) -> Tensor
 * with the types Tensor Operand (tensor or plain number) Tensors Number real int Dim Index Sizes
 * Dims ints bool str Order (number or name) dtype; a `?` after the type lets it be absent (default None). `->` Tensor,
 * a tuple `(Tensor values, Tensor indices)`, `Tensors` for a list, `bool` for one boolean
 * without dims, which a host makes its own, or where the arguments decide `Results` (one or two) or
 * `Tensor|Tensors`.
 * From it the build makes the C prototype, the parameter table and the binding's checks.
 *
 * A kernel operation has infer, kernel and gradient; a composite has a body made of others. */
#ifndef AGI_OPERATION_H
#define AGI_OPERATION_H

#include "graph.h"
#include "loops.h"
#include "shape.h"

typedef struct agi_result {
    ag_tensor *tensor; /* the kernel writes here; contiguous unless in place or pointwise */
    ag_dtype dtype;
    int ndim;
    bool is_view;
    int64_t offset;        /* of a view, in elements */
    int64_t *shape;        /* in the call's room, or like's */
    int64_t *strides;      /* of a view */
    const ag_tensor *like; /* an input of that shape, dense, whose layout the result takes; NULL:
                              contiguous */
} agi_result;

enum { AGI_FEW_INPUTS = 8, AGI_FEW_NUMBERS = 4, AGI_MAX_PARAMETERS = 4 };

typedef struct agi_call {
    ag_context *context;
    const ag_operation *operation;
    const ag_value *arguments; /* as the signature orders them */
    ag_tensor **inputs;        /* its tensors in that order, lists spread out; AG_NONE: absent.
                                  Operands that are plain numbers stand there as 0-dim tensors */
    int input_count, input_capacity, number_count, parameter_count;
    bool in_place;
    bool only_tensors; /* each argument is one */
    int result_count;
    int result_capacity;
    agi_result *results; /* few, or a block for a list */
    int64_t *room;       /* a result's shape and strides: 2 * room_dims numbers each */
    int room_dims;
    uint32_t saves;   /* once it has a node: INPUT and RESULT of what the node saves */
    ag_dtype compute; /* of a pointwise operation: the type its loop runs in */
    double parameters[AGI_MAX_PARAMETERS]; /* plain numbers and flags among the arguments, for a
                                              loop: the first ones, in order; 0 where absent */
    ag_tensor *few_inputs[AGI_FEW_INPUTS];
    ag_tensor *numbers[AGI_FEW_NUMBERS]; /* owned: those among inputs */
    agi_result few[AG_MAX_RESULTS];
    int64_t few_room[2 * AG_MAX_DIMS * AG_MAX_RESULTS];
} agi_call;

/* The rule for shape and dtype: fills results, through these. A result's shape may be changed
 * in place until infer returns. */
typedef bool (*agi_infer)(agi_call *call);
/* Room for a list of count results of up to ndim dims; false with the error set. */
bool agi_reserve_results(agi_call *call, int64_t count, int ndim);
void agi_set_result(agi_call *call, int i, ag_dtype dtype, int ndim, const int64_t *shape);
/* In the shape of an input, and lying in memory as it does, if that is dense. */
void agi_set_result_like(agi_call *call, int i, ag_dtype dtype, const ag_tensor *like);
/* A view of input 0. */
void agi_set_view(agi_call *call, int i, int ndim, const int64_t *shape, const int64_t *strides,
                  int64_t offset);

/* torch's refusal of a type that its kernel of that name has no loop for. Always false. */
bool agi_refuse_dtype(const agi_call *call, const char *kernel_name, ag_dtype dtype);

/* Computes the results, which are allocated. False with the error set. */
typedef bool (*agi_kernel)(agi_call *call);

/* What a gradient formula sees. Inputs are counted as in agi_call. */
typedef struct agi_gradient {
    ag_context *context;
    ag_node *node;
    ag_tensor **gradients;     /* of the results; AG_NONE: undefined */
    ag_tensor *g;              /* of the first */
    const ag_value *arguments; /* no tensors in it: see SAVED_INPUT */
    const int64_t *remembered; /* as the entry's remember wrote them */
    ag_tensor **results;       /* of the inputs; GIVE sets them */
    bool failed;
} agi_gradient;
typedef void (*agi_formula)(agi_gradient *b);

/* In a formula: the saved tensors (NULL with the error set if changed since), and what unsaved
 * inputs looked like. */
ag_tensor *agi_saved_input(agi_gradient *b, int i);
ag_tensor *agi_saved_result(agi_gradient *b, int i);
bool agi_wants(const agi_gradient *b, int i);
/* Only for inputs that want a gradient. */
const agi_output *agi_input_like(const agi_gradient *b, int i);
ag_integers agi_input_sizes(const agi_gradient *b, int i);
void agi_give(agi_gradient *b, int i, ag_tensor *gradient);

#define SAVED_INPUT(I) agi_saved_input(b, I)
#define SAVED_RESULT(I) agi_saved_result(b, I)
/* The formula runs only where input I wants a gradient; it is summed to I's shape and cast. */
#define GIVE(I, FORMULA)                                                                        \
    do {                                                                                        \
        if (agi_wants(b, I)) {                                                                  \
            agi_give(b, I, FORMULA);                                                            \
        }                                                                                       \
    } while (0)

/* A composite: results through ag_… calls; its scope keeps what it returns. */
typedef bool (*agi_body)(ag_context *context, const ag_value *arguments, ag_results *results);
/* For a body that gives one tensor: sets results and answers whether it is one. */
bool agi_one_result(ag_results *results, ag_tensor *tensor);
bool agi_two_results(ag_results *results, ag_tensor *first, ag_tensor *second);
/* Room for a list of count results, which the body fills; false with the error set. */
bool agi_list_results(ag_context *context, ag_results *results, int64_t count);

/* The dtype of pointwise results. */
typedef enum agi_promotion {
    AGI_NO_PROMOTION, /* not pointwise: infer and kernel are given */
    AGI_COMMON,       /* the operands' common type */
    AGI_TO_FLOAT,     /* the same, float32 where that is no floating type */
    AGI_TO_BOOL       /* computed in the common type, stored as bool */
} agi_promotion;
/* infer and kernel of a pointwise entry, when it gives none of its own. */
bool agi_pointwise_infer(agi_call *call);
bool agi_pointwise_kernel(agi_call *call);

/* As agi_pointwise_infer; the plain numbers among the arguments must fit the type computed in. */
bool agi_infer_with_numbers(agi_call *call);

/* Their parts, for an entry whose promotion or loops depend on the arguments. */
bool agi_infer_pointwise_as(agi_call *call, agi_promotion promotion,
                            const agi_loop_set *const *loops, const char *kernel_name);
/* The loop of the type computed in, with the call's parameters. */
bool agi_run_loops(agi_call *call, const agi_loop_set *const *loops);
/* One loop. Input i is read as types[i] (NULL: all in the type computed in); AG_DTYPE_NONE
 * leaves it out. */
bool agi_run_loop(agi_call *call, const agi_loop_set *loop, const ag_dtype *types,
                  const double *parameters);

enum { AGI_MAX_SAVES = 6 };
/* Bits of a saves entry: what the gradient of that input uses. */
#define INPUT(I) (1u << (I))
#define RESULT(I) (1u << (16 + (I)))

struct ag_operation {
    ag_operation_info info;
    agi_promotion promotion;
    const agi_loop_set *loops[AG_DTYPE_COUNT]; /* pointwise: by the type computed in */
    const char *kernel_name; /* torch's, for agi_refuse_dtype; NULL: the operation's */
    agi_infer infer;
    agi_kernel kernel;
    agi_formula gradient;             /* NULL: not differentiable, its results want no gradient */
    uint32_t saves[AGI_MAX_SAVES];    /* by input: what its gradient uses; an operation with more
                                         inputs saves by the last entry */
    /* Numbers about inputs that the formula needs though they may want no gradient: writes them
     * and answers how many they are; numbers NULL asks for the count alone. */
    int (*remember)(const agi_call *call, int64_t *numbers);
    const char *node;                 /* torch's name of the grad_fn */
    const char *(*node_name)(const agi_call *call); /* where it depends on the arguments */
    const char *inplace_node;         /* where the in-place form's differs */
    bool gives_own;                   /* a view of what nobody else holds: no view for autograd */
    bool may_reduce_nothing;          /* a reduction: an empty list of dims is none, not all */
    bool writes_alone;                /* in place: each element by itself, so that several that
                                         share a place do no harm */
    agi_body body;
    /* Of a composite: an operation with the same parameters that does the whole of it for these
     * inputs, so that no scope is opened; NULL: its body is needed. */
    const ag_operation *(*stand_in)(const agi_call *call);
};

/* An operation that torch has no derivative of, though it records a node. */
void agi_not_differentiable(agi_gradient *b);

#define FUNCTION AG_IS_FUNCTION
#define METHOD AG_IS_METHOD
#define BOTH (AG_IS_FUNCTION | AG_IS_METHOD)
#define BOTH_AND_INPLACE (BOTH | AG_HAS_INPLACE)
/* For other operations' formulas only: no name in ag or on tensors. */
#define INTERNAL 0

#define AG_OPERATION(NAME, FLAGS, SIGNATURE, DOC, ...)                                          \
    const ag_operation agi_operation_##NAME = {                                                 \
        .info = {#NAME, SIGNATURE, DOC, (FLAGS) | agi_parsed_flags_##NAME,                      \
                 agi_parameter_count_##NAME, agi_parameters_##NAME, agi_self_##NAME},           \
        __VA_ARGS__};

/* A second name of an entry, for the host: AG_ALIAS(multiply, mul) at the start of a line. */
#define AG_ALIAS(NAME, OPERATION)

/* From the generated C functions: the context is the first tensor's where NULL is given. */
ag_tensor *agi_call_one(const ag_operation *operation, ag_context *context, ag_value *arguments,
                        bool in_place);
bool agi_call_many(const ag_operation *operation, ag_context *context, ag_value *arguments,
                   int count, ag_tensor **const *results);

#include "operations_parsed.h"

#endif
