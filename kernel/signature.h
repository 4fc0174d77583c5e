/* HMAC-SHA256 over a message's four JSON parts, and the memory of signatures seen. */
#ifndef JUPYTER_SIGNATURE_H
#define JUPYTER_SIGNATURE_H

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_PARTS 4
#define SIGNATURE_HEX (2 * crypto_auth_hmacsha256_BYTES)

struct part {
    const void *data;
    size_t length;
};

struct signature_memory;

/* Shared by all threads; only the memory changes, under its lock. */
struct signature {
    bool enabled; /* false with an empty key: messages are unsigned */
    crypto_auth_hmacsha256_state keyed;
    struct signature_memory *seen;
};

void signature_init(struct signature *signature, const char *key);
void signature_free(struct signature *signature);

/* Writes the hexadecimal signature and a NUL; an empty text where signing is off. */
void signature_sign(const struct signature *signature, const struct part parts[SIGNATURE_PARTS],
                    char hex[SIGNATURE_HEX + 1]);

/* True when the signature is right (compared in constant time) and was not seen before.
   A replayed message is refused. */
bool signature_accept(struct signature *signature, const struct part parts[SIGNATURE_PARTS],
                      const void *hex, size_t hex_length);

#endif
