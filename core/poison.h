/* Tells AddressSanitizer what of the blocks that lie free, or are larger than asked for, must not be
 * touched: to it they are the host's, and in use. Nothing in other builds. */
#ifndef AGI_POISON_H
#define AGI_POISON_H

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define AGI_WATCHED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define AGI_WATCHED
#endif

#ifdef AGI_WATCHED
#include <sanitizer/asan_interface.h>
#define agi_poison(BLOCK, BYTES) __asan_poison_memory_region(BLOCK, BYTES)
#define agi_unpoison(BLOCK, BYTES) __asan_unpoison_memory_region(BLOCK, BYTES)
#else
#define agi_poison(BLOCK, BYTES) ((void)(BLOCK))
#define agi_unpoison(BLOCK, BYTES) ((void)(BLOCK))
#endif

#endif
