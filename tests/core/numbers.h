/* Small tensors with known numbers, and the numbers of tensors. */
#ifndef AUTOGRAD_TESTS_NUMBERS_H
#define AUTOGRAD_TESTS_NUMBERS_H

#include "autograd.h"
#include "check.h"

static const ag_tensors no_tensors = {NULL, 0}, all_leaves = {NULL, -1};

/* 1, 2, … count in float64, a leaf. */
static inline ag_tensor *counting(ag_context *context, int64_t count, bool requires_grad)
{
    ag_tensor *t = ag_tensor_new(context, AG_FLOAT64, 1, &count);
    for (int64_t i = 0; t != NULL && i < count; i++) {
        ((double *)ag_data_pointer(t))[i] = (double)(i + 1);
    }
    if (requires_grad) {
        ag_set_requires_grad(t, true);
    }
    return t;
}

/* Small numbers that every dtype holds, no two neighbours alike in any direction. */
static inline ag_tensor *differing(ag_context *context, ag_integers shape, ag_dtype dtype)
{
    ag_tensor *t = ag_tensor_new(context, AG_FLOAT64, (int)shape.count, shape.items);
    double *data = ag_data_pointer(t);
    for (int64_t i = 0; i < ag_numel(t); i++) {
        data[i] = (double)(i * 7919 % 251 / (dtype == AG_BOOL ? 128 : 1));
    }
    return ag_to(t, AG_NONE, dtype);
}

static inline ag_tensor *total(ag_tensor *x)
{
    return ag_sum(x, AG_NO_INTEGERS, false, AG_DTYPE_NONE);
}

static inline bool backward(ag_tensor *loss, bool retain_graph, bool create_graph)
{
    return loss != NULL && ag_backward(ag_context_of(loss), (ag_tensors){&loss, 1}, no_tensors,
                                       retain_graph, create_graph, all_leaves);
}

/* The numbers of a float64 tensor, in order, and no more. */
#define CHECK_NUMBERS(TENSOR, ...)                                                              \
    do {                                                                                        \
        const double check_wanted[] = {__VA_ARGS__};                                            \
        ag_tensor *check_tensor = (TENSOR);                                                     \
        int64_t check_count = (int64_t)(sizeof check_wanted / sizeof *check_wanted);            \
        ag_tensor *check_flat = check_tensor == NULL || check_tensor == AG_NONE ? NULL          \
                                : ag_reshape(check_tensor, AG_INTEGERS(-1));                    \
        if (check_flat == NULL) {                                                               \
            CHECK_REPORT("%s is no tensor", #TENSOR);                                           \
            break;                                                                              \
        }                                                                                       \
        CHECK_INT(ag_numel(check_flat), check_count);                                           \
        for (int64_t check_i = 0; check_i < check_count; check_i++) {                           \
            ag_number check_item;                                                               \
            ag_tensor *check_element = ag_select(check_flat, 1, check_i + 1);                   \
            if (check_element != NULL && ag_item(check_element, &check_item)) {                 \
                CHECK_NEAR(check_item.kind == AG_REAL ? check_item.real                         \
                                                      : (double)check_item.integer,             \
                           check_wanted[check_i], 1e-12);                                       \
            }                                                                                   \
        }                                                                                       \
    } while (0)

/* The error that the last call left, which is cleared. */
#define CHECK_ERROR(CONTEXT, CATEGORY, TEXT)                                                    \
    do {                                                                                        \
        CHECK_INT(ag_error_category(CONTEXT), CATEGORY);                                        \
        if (strstr(ag_error_text(CONTEXT), TEXT) == NULL) {                                     \
            CHECK_REPORT("the error is \"%s\", expected \"%s\"", ag_error_text(CONTEXT), TEXT); \
        }                                                                                       \
        ag_clear_error(CONTEXT);                                                                \
    } while (0)

/* A test within a scope of a context of its own, which must end with nothing left. */
#define IN_CONTEXT(NAME)                                                                        \
    static void NAME##_in(ag_context *context);                                                 \
    static void NAME(void)                                                                      \
    {                                                                                           \
        ag_context *context = ag_context_new(NULL, NULL);                                       \
        ag_scope_open(context);                                                                 \
        NAME##_in(context);                                                                     \
        CHECK_TEXT(ag_error_text(context), "");                                                 \
        ag_scope_close(context);                                                                \
        ag_context_free(context);                                                               \
    }                                                                                           \
    static void NAME##_in(ag_context *context)

#endif
