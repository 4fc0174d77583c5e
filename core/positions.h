/* Index tensors: positions along a dim, counted from 1. */
#ifndef AGI_POSITIONS_H
#define AGI_POSITIONS_H

#include "operation.h"

/* The positions of index as they are, 1…size, in a contiguous int64 tensor that is the caller's:
 * index itself, once more, where it is one. NULL with torch's error where one is out of range; dim
 * (from 0) is for the text. */
ag_tensor *agi_positions(ag_tensor *index, int64_t size, int dim);
/* As places 0…size−1 in a tensor of their own; negative positions count from the end. */
ag_tensor *agi_places(ag_tensor *index, int64_t size, int dim);
/* Whether index holds integers that can be positions; false with the error set. */
bool agi_is_index(ag_context *context, const char *operation, const ag_tensor *index);

/* Runs BODY with TYPE as an unsigned integer of an element's size, to move elements as they are. */
#define AGI_BY_SIZE(SIZE, BODY)                                                                 \
    switch (SIZE) {                                                                             \
    case 1: {                                                                                   \
        typedef uint8_t TYPE;                                                                   \
        BODY break;                                                                             \
    }                                                                                           \
    case 4: {                                                                                   \
        typedef uint32_t TYPE;                                                                  \
        BODY break;                                                                             \
    }                                                                                           \
    default: {                                                                                  \
        typedef uint64_t TYPE;                                                                  \
        BODY break;                                                                             \
    }                                                                                           \
    }

/* Runs BODY with TYPE as the C type of dtype, to add elements. */
#define AGI_BY_DTYPE(DTYPE, BODY)                                                               \
    switch (DTYPE) {                                                                            \
    case AG_FLOAT32: {                                                                          \
        typedef float TYPE;                                                                     \
        BODY break;                                                                             \
    }                                                                                           \
    case AG_FLOAT64: {                                                                          \
        typedef double TYPE;                                                                    \
        BODY break;                                                                             \
    }                                                                                           \
    case AG_INT64: {                                                                            \
        typedef int64_t TYPE;                                                                   \
        BODY break;                                                                             \
    }                                                                                           \
    case AG_INT32: {                                                                            \
        typedef int32_t TYPE;                                                                   \
        BODY break;                                                                             \
    }                                                                                           \
    case AG_BOOL: {                                                                             \
        typedef bool TYPE;                                                                      \
        BODY break;                                                                             \
    }                                                                                           \
    default: {                                                                                  \
        typedef uint8_t TYPE;                                                                   \
        BODY break;                                                                             \
    }                                                                                           \
    }

#endif
