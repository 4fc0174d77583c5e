/* random_generator.c - the Mersenne Twister's seed, its words, and snapshots of it. */
#include "random.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/random.h>
#endif

#include "random_loops.h"

void agi_generator_seed(agi_generator *g, uint64_t seed)
{
    g->seed = seed;
    g->state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < AGI_GENERATOR_WORDS; i++) {
        uint32_t before = g->state[i - 1];
        g->state[i] = 1812433253u * (before ^ (before >> 30)) + i;
    }
    g->position = AGI_GENERATOR_WORDS;
    g->has_normal = false;
    g->normal = 0;
}

uint64_t agi_generator_seed_from_system(void)
{
    uint64_t seed;
#ifdef __linux__
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed) {
        return seed;
    }
#endif
    FILE *file = fopen("/dev/urandom", "rb");
    if (file) {
        size_t got = fread(&seed, sizeof seed, 1, file);
        fclose(file);
        if (got == 1) {
            return seed;
        }
    }
    struct timespec now = {0};
    timespec_get(&now, TIME_UTC);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void agi_generator_words(agi_generator *g, uint32_t *words, size_t n)
{
    while (n > 0) {
        if (g->position == AGI_GENERATOR_WORDS) {
            agi_random_loops.refill[g->isa](g->state);
            g->position = 0;
        }
        size_t count = (size_t)(AGI_GENERATOR_WORDS - g->position);
        count = count < n ? count : n;
        agi_random_loops.temper[g->isa](g->state + g->position, words, count);
        g->position += (int)count;
        words += count;
        n -= count;
    }
}

/* Offsets in torch's snapshot, all little-endian: the words stand in 64 bits each, and the words
 * left before a refill beside the position. */
enum {
    AT_SEED = 0,
    AT_LEFT = 8,
    AT_SEEDED = 12,
    AT_POSITION = 16,
    AT_WORDS = 24,
    AT_NORMAL = AT_WORDS + 8 * AGI_GENERATOR_WORDS + 8,
    AT_HAS_NORMAL = AT_NORMAL + 16,
};

static void put_bytes(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(value >> (8 * i));
    }
}

static uint64_t get_bytes(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << (8 * i);
    }
    return value;
}

void agi_generator_save(const agi_generator *g, unsigned char state[AGI_GENERATOR_STATE_BYTES])
{
    memset(state, 0, AGI_GENERATOR_STATE_BYTES);
    put_bytes(state + AT_SEED, g->seed, 8);
    put_bytes(state + AT_LEFT, (uint64_t)(AGI_GENERATOR_WORDS + 1 - g->position), 4);
    put_bytes(state + AT_SEEDED, 1, 4);
    put_bytes(state + AT_POSITION, (uint64_t)g->position, 8);
    for (int i = 0; i < AGI_GENERATOR_WORDS; i++) {
        put_bytes(state + AT_WORDS + 8 * i, g->state[i], 8);
    }
    if (g->has_normal) {
        uint64_t bits;
        memcpy(&bits, &g->normal, sizeof bits);
        put_bytes(state + AT_NORMAL, bits, 8);
        put_bytes(state + AT_HAS_NORMAL, 1, 4);
    }
}

bool agi_generator_load(agi_generator *g, const unsigned char *state, size_t bytes)
{
    if (bytes != AGI_GENERATOR_STATE_BYTES || get_bytes(state + AT_SEEDED, 4) != 1) {
        return false;
    }
    uint64_t left = get_bytes(state + AT_LEFT, 4);
    uint64_t position = get_bytes(state + AT_POSITION, 8);
    bool just_seeded = left == 1 && position == 0;
    if (!just_seeded && (left == 0 || position == 0 || position > AGI_GENERATOR_WORDS ||
                         left + position != AGI_GENERATOR_WORDS + 1)) {
        return false;
    }
    for (int i = 0; i < AGI_GENERATOR_WORDS; i++) {
        if (get_bytes(state + AT_WORDS + 8 * i, 8) > UINT32_MAX) {
            return false;
        }
    }
    for (int i = 0; i < AGI_GENERATOR_WORDS; i++) {
        g->state[i] = (uint32_t)get_bytes(state + AT_WORDS + 8 * i, 8);
    }
    uint64_t bits = get_bytes(state + AT_NORMAL, 8);
    g->seed = get_bytes(state + AT_SEED, 8);
    g->position = just_seeded ? AGI_GENERATOR_WORDS : (int)position;
    g->has_normal = get_bytes(state + AT_HAS_NORMAL, 4) != 0;
    memcpy(&g->normal, &bits, sizeof bits);
    return true;
}
