/* random_permutation.c - a random order, by torch's two rules of shuffling. */
#include "random.h"

#include <inttypes.h>
#include <stdio.h>

/* From here on one word is too small to choose among so many evenly. */
#define WIDE_COUNT (UINT32_MAX / 20)
#define CHUNK 512

/* Each place in turn changes with one chosen from it on, by one word. */
#define SHUFFLE(type) \
    static void shuffle_##type(agi_generator *g, type *data, int64_t n, int64_t first) \
    { \
        uint32_t words[CHUNK]; \
        for (int64_t i = 0; i < n; i++) { \
            data[i] = (type)(first + i); \
        } \
        for (int64_t begin = 0; begin < n - 1; begin += CHUNK) { \
            int64_t count = n - 1 - begin < CHUNK ? n - 1 - begin : CHUNK; \
            agi_generator_words(g, words, (size_t)count); \
            for (int64_t i = begin; i < begin + count; i++) { \
                int64_t chosen = i + words[i - begin] % (uint32_t)(n - i); \
                type value = data[i]; \
                data[i] = data[chosen]; \
                data[chosen] = value; \
            } \
        } \
    }

SHUFFLE(float)
SHUFFLE(double)
SHUFFLE(int64_t)
SHUFFLE(int32_t)
SHUFFLE(uint8_t)

/* From the inside out, by two words: the next number goes to a place chosen among those so far,
 * whose number moves to the end. */
#define SHUFFLE_WIDE(type) \
    static void shuffle_wide_##type(agi_generator *g, type *data, int64_t n, int64_t first) \
    { \
        uint32_t words[2 * CHUNK]; \
        for (int64_t begin = 0; begin < n; begin += CHUNK) { \
            int64_t count = n - begin < CHUNK ? n - begin : CHUNK; \
            agi_generator_words(g, words, 2 * (size_t)count); \
            for (int64_t i = begin; i < begin + count; i++) { \
                const uint32_t *pair = words + 2 * (i - begin); \
                uint64_t wide = (uint64_t)pair[0] << 32 | pair[1]; \
                int64_t chosen = (int64_t)(wide % (uint64_t)(i + 1)); \
                data[i] = data[chosen]; \
                data[chosen] = (type)(first + i); \
            } \
        } \
    }

SHUFFLE_WIDE(double)
SHUFFLE_WIDE(int64_t)
SHUFFLE_WIDE(int32_t)

static bool refuse(char error[AGI_RANDOM_ERROR_BYTES], const char *text)
{
    snprintf(error, AGI_RANDOM_ERROR_BYTES, "%s", text);
    return false;
}

bool agi_random_permutation(agi_generator *g, ag_dtype dtype, void *data, int64_t n, int64_t first,
                            char error[AGI_RANDOM_ERROR_BYTES])
{
    if (n < 0) {
        snprintf(error, AGI_RANDOM_ERROR_BYTES,
                 "Trying to create tensor with negative dimension %" PRId64 ": [%" PRId64 "]",
                 n, n);
        return false;
    }
    int64_t last = first + n - 1;
    bool wide = n >= WIDE_COUNT;
    switch (dtype) {
    case AG_FLOAT32:
        if (last > INT64_C(1) << 24) {
            return refuse(error, first == 0 ? "n cannot be greater than 2^24+1 for Float type."
                                            : "n cannot be greater than 2^24 for Float type.");
        }
        shuffle_float(g, data, n, first);
        return true;
    case AG_FLOAT64:
        if (last > INT64_C(1) << 53) {
            return refuse(error, first == 0 ? "n cannot be greater than 2^53+1 for Double type."
                                            : "n cannot be greater than 2^53 for Double type.");
        }
        (wide ? shuffle_wide_double : shuffle_double)(g, data, n, first);
        return true;
    case AG_INT64:
        (wide ? shuffle_wide_int64_t : shuffle_int64_t)(g, data, n, first);
        return true;
    case AG_INT32:
        if (last > INT32_MAX) {
            return refuse(error, "value cannot be converted to type int without overflow");
        }
        (wide ? shuffle_wide_int32_t : shuffle_int32_t)(g, data, n, first);
        return true;
    case AG_UINT8:
        if (last > UINT8_MAX) {
            return refuse(error, "value cannot be converted to type uint8_t without overflow");
        }
        shuffle_uint8_t(g, data, n, first);
        return true;
    default:
        return refuse(error, "\"randperm\" not implemented for 'Bool'");
    }
}
