#include "signature.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"

#define DIGEST crypto_auth_hmacsha256_BYTES

/* The latest signatures: a ring that says which one to forget next, and an open hash table of
   positions in the ring. 32768 messages are remembered. */
#define REMEMBERED 32768u
#define SLOTS (2 * REMEMBERED)

struct signature_memory {
    pthread_mutex_t lock;
    uint32_t slots[SLOTS]; /* position in the ring plus 1; 0 is free */
    uint32_t count;
    uint32_t next;
    unsigned char ring[REMEMBERED][DIGEST];
};

void signature_init(struct signature *signature, const char *key)
{
    signature->enabled = key[0] != '\0';
    signature->seen = NULL;
    if (signature->enabled) {
        crypto_auth_hmacsha256_init(&signature->keyed, (const unsigned char *)key, strlen(key));
        signature->seen = allocate(sizeof *signature->seen);
        pthread_mutex_init(&signature->seen->lock, NULL);
    }
}

void signature_free(struct signature *signature)
{
    if (signature->seen != NULL) {
        pthread_mutex_destroy(&signature->seen->lock);
        free(signature->seen);
    }
    sodium_memzero(signature, sizeof *signature);
}

static void digest_of(const struct signature *signature, const struct part parts[SIGNATURE_PARTS],
                      unsigned char digest[DIGEST])
{
    crypto_auth_hmacsha256_state state = signature->keyed;
    for (int i = 0; i < SIGNATURE_PARTS; i++) {
        crypto_auth_hmacsha256_update(&state, parts[i].data, parts[i].length);
    }
    crypto_auth_hmacsha256_final(&state, digest);
}

void signature_sign(const struct signature *signature, const struct part parts[SIGNATURE_PARTS],
                    char hex[SIGNATURE_HEX + 1])
{
    hex[0] = '\0';
    if (signature->enabled) {
        unsigned char digest[DIGEST];
        digest_of(signature, parts, digest);
        sodium_bin2hex(hex, SIGNATURE_HEX + 1, digest, DIGEST);
    }
}

static uint32_t slot_of(const unsigned char digest[DIGEST])
{
    uint32_t hash;
    memcpy(&hash, digest, sizeof hash);
    return hash % SLOTS;
}

/* The slot that holds the digest, or the free one where it would stand. */
static uint32_t find(const struct signature_memory *seen, const unsigned char digest[DIGEST])
{
    uint32_t slot = slot_of(digest);
    while (seen->slots[slot] != 0 &&
           memcmp(seen->ring[seen->slots[slot] - 1], digest, DIGEST) != 0) {
        slot = (slot + 1) % SLOTS;
    }
    return slot;
}

/* Takes an entry out and moves back those that had to step over it. */
static void forget(struct signature_memory *seen, const unsigned char digest[DIGEST])
{
    uint32_t hole = find(seen, digest);
    uint32_t slot = hole;
    for (;;) {
        seen->slots[hole] = 0;
        uint32_t home;
        do {
            slot = (slot + 1) % SLOTS;
            if (seen->slots[slot] == 0) {
                return;
            }
            home = slot_of(seen->ring[seen->slots[slot] - 1]);
        } while ((slot - home) % SLOTS < (slot - hole) % SLOTS);
        seen->slots[hole] = seen->slots[slot];
        hole = slot;
    }
}

static bool remember(struct signature_memory *seen, const unsigned char digest[DIGEST])
{
    pthread_mutex_lock(&seen->lock);
    bool fresh = seen->slots[find(seen, digest)] == 0;
    if (fresh) {
        if (seen->count == REMEMBERED) {
            forget(seen, seen->ring[seen->next]);
        } else {
            seen->count++;
        }
        memcpy(seen->ring[seen->next], digest, DIGEST);
        seen->slots[find(seen, digest)] = seen->next + 1;
        seen->next = (seen->next + 1) % REMEMBERED;
    }
    pthread_mutex_unlock(&seen->lock);
    return fresh;
}

bool signature_accept(struct signature *signature, const struct part parts[SIGNATURE_PARTS],
                      const void *hex, size_t hex_length)
{
    if (!signature->enabled) {
        return true;
    }
    if (hex_length != SIGNATURE_HEX) {
        return false;
    }
    unsigned char digest[DIGEST];
    char expected[SIGNATURE_HEX + 1];
    digest_of(signature, parts, digest);
    sodium_bin2hex(expected, sizeof expected, digest, DIGEST);
    return sodium_memcmp(expected, hex, SIGNATURE_HEX) == 0 && remember(signature->seen, digest);
}
