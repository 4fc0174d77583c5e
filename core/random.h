/* random.h - the stream of PyTorch's CPU generator, bit for bit.
 *
 * A 32-bit Mersenne Twister (mt19937) and, over it, each distribution's own rule for how many
 * 32-bit words a value takes and how it is made of them. Everything works on plain memory. */
#ifndef AGI_RANDOM_H
#define AGI_RANDOM_H

#include "autograd.h"

#define AGI_GENERATOR_WORDS 624

typedef struct agi_generator {
    uint32_t state[AGI_GENERATOR_WORDS];
    int position;    /* of the next word in state; AGI_GENERATOR_WORDS: refill it first */
    bool has_normal; /* normal holds the second value of the last single Box-Muller pair */
    double normal;
    uint64_t seed;
    int isa; /* an agi_isa, for its inner loops; 0, the baseline, gives the same numbers */
} agi_generator;

/* Of seed, the low 32 bits decide the stream; all 64 are kept in g->seed. g->isa stays. */
void agi_generator_seed(agi_generator *g, uint64_t seed);
/* A seed that differs from process to process. */
uint64_t agi_generator_seed_from_system(void);

/* The next n tempered 32-bit words of the stream. */
void agi_generator_words(agi_generator *g, uint32_t *words, size_t n);

/* A snapshot has the bytes of torch.get_rng_state(), so that either side can load the other's. */
#define AGI_GENERATOR_STATE_BYTES 5056
void agi_generator_save(const agi_generator *g, unsigned char state[AGI_GENERATOR_STATE_BYTES]);
/* False, with g unchanged, where the bytes are no state that torch would write. */
bool agi_generator_load(agi_generator *g, const unsigned char *state, size_t bytes);

typedef enum agi_distribution_kind {
    AGI_UNIFORM,   /* [low, high) */
    AGI_NORMAL,    /* mean + std * N(0, 1) */
    AGI_INTEGERS,  /* first .. first + range - 1 */
    AGI_BERNOULLI, /* 1 with probability p */
} agi_distribution_kind;

/* Made by the four functions below only, which check the parameters as torch does. */
typedef struct agi_distribution {
    agi_distribution_kind kind;
    ag_dtype dtype; /* of what it fills */
    union {
        struct {
            double low, high;
        } uniform;
        struct {
            double mean, std;
        } normal;
        struct {
            int64_t first;
            uint64_t range;
        } integers;
        double p;
    };
} agi_distribution;

#define AGI_RANDOM_ERROR_BYTES 256

/* Each answers false with torch's text in error, to be raised as a RuntimeError. */
bool agi_distribution_uniform(agi_distribution *d, ag_dtype dtype, double low, double high,
                              char error[AGI_RANDOM_ERROR_BYTES]);
bool agi_distribution_normal(agi_distribution *d, ag_dtype dtype, double mean, double std,
                             char error[AGI_RANDOM_ERROR_BYTES]);
/* The integers low .. high - 1, in any dtype. */
bool agi_distribution_integers(agi_distribution *d, ag_dtype dtype, int64_t low, int64_t high,
                               char error[AGI_RANDOM_ERROR_BYTES]);
/* Any dtype. Dropout's mask is one of p = 1 - (its own p). */
bool agi_distribution_bernoulli(agi_distribution *d, ag_dtype dtype, double p,
                                char error[AGI_RANDOM_ERROR_BYTES]);

/* Fills a tensor of d->dtype (strides in elements). What is contiguous is filled in order, normals
 * from 16 elements on by blocks; anything else one at a time, in the order of its memory (the dim
 * of the largest stride outermost), as torch's iterator walks it. */
void agi_random_fill(agi_generator *g, const agi_distribution *d, void *data, int ndim,
                     const int64_t *shape, const int64_t *strides);

/* out[i] = 1 with probability p[i], drawn in p's dtype (float32 or float64), in out's memory order;
 * out of any dtype. False, with nothing drawn, where a p is not in [0, 1]. */
bool agi_random_bernoulli_each(agi_generator *g, ag_dtype dtype, void *out,
                               const int64_t *strides, ag_dtype p_dtype, const void *p,
                               const int64_t *p_strides, int ndim, const int64_t *shape);

/* A random order of first .. first + n - 1 in contiguous memory: torch.randperm with first = 0.
 * False with a text in error where dtype cannot hold them (bool never can) or n < 0. */
bool agi_random_permutation(agi_generator *g, ag_dtype dtype, void *data, int64_t n, int64_t first,
                            char error[AGI_RANDOM_ERROR_BYTES]);

#endif
