/* Numbers become unsigned keys of the same order. Short lines are sorted by counting, for each key,
 * those before it; long ones by radix; and where few are kept of many, only what may be among them
 * is sorted. */
#include "cast.h"
#include "sort_lines.h"

#include <string.h>

#include "cut.h"
#include "dtype.h"
#include "loops.h"
#include "memory.h"
#include "positions.h"
#include "reduce.h"
#include "threads.h"

/* ---- Keys ----------------------------------------------------------------- */

AGI_INLINE uint64_t key_f32(float x)
{
    float y = x + 0.0f; /* -0 as 0 */
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    return x != x ? UINT32_MAX : bits ^ (bits >> 31 ? UINT32_MAX : UINT32_C(1) << 31);
}

AGI_INLINE uint64_t key_f64(double x)
{
    double y = x + 0.0;
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    return x != x ? UINT64_MAX : bits ^ (bits >> 63 ? UINT64_MAX : UINT64_C(1) << 63);
}

/* p[0]: whether the largest comes first. */
#define KEY_LOOP(SUFFIX, TYPE, KEY, MOST)                                                       \
    UNARY_LOOP(keys_##SUFFIX, TYPE, uint64_t, (KEY) ^ (p[0] != 0 ? (uint64_t)(MOST) : 0))
KEY_LOOP(f32, float, key_f32(x), UINT32_MAX)
KEY_LOOP(f64, double, key_f64(x), UINT64_MAX)
KEY_LOOP(i64, int64_t, (uint64_t)x ^ UINT64_C(1) << 63, UINT64_MAX)
KEY_LOOP(i32, int32_t, (uint32_t)x ^ UINT32_C(1) << 31, UINT32_MAX)
KEY_LOOP(u8, uint8_t, x, UINT8_MAX)

static const agi_loop_set *const key_loops[AG_DTYPE_COUNT] = {
    LOOPS_NUMERIC(keys), [AG_BOOL] = &keys_u8};

/* ---- Few keys ------------------------------------------------------------- */

enum { FEW = 160, SIDE_BY_SIDE = 8 };

/* How many of count keys are less than each. There is room for whole rows of SIDE_BY_SIDE ranks. */
static void ranks_baseline(const uint64_t *keys, int64_t count, int64_t *ranks)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t rank = 0;
        for (int64_t j = 0; j < count; j++) {
            rank += keys[j] < keys[i];
        }
        ranks[i] = rank;
    }
}

#ifdef AGI_TARGET_AVX2
/* For SIDE_BY_SIDE keys at once. Said in vectors, since the compiler would rather compare one key
 * with several and add up the answers. */
#define RANKS(ISA)                                                                              \
    static void ranks_##ISA(const uint64_t *keys, int64_t count, int64_t *ranks)                \
    {                                                                                           \
        typedef int64_t half __attribute__((vector_size(SIDE_BY_SIDE / 2 * sizeof(int64_t))));  \
        int64_t numbers[FEW + SIDE_BY_SIDE]; /* the keys as signed numbers of the same order */ \
        memset(numbers + count, 0, SIDE_BY_SIDE * sizeof *numbers);                             \
        for (int64_t i = 0; i < count; i++) {                                                   \
            numbers[i] = (int64_t)(keys[i] ^ UINT64_C(1) << 63);                                \
        }                                                                                       \
        for (int64_t first = 0; first < count; first += SIDE_BY_SIDE) {                         \
            half left, right, left_ranks = {0}, right_ranks = {0};                              \
            memcpy(&left, numbers + first, sizeof left);                                        \
            memcpy(&right, numbers + first + SIDE_BY_SIDE / 2, sizeof right);                   \
            for (int64_t j = 0; j < count; j++) {                                               \
                const half number = (half){0} + numbers[j];                                     \
                left_ranks -= number < left; /* which is -1 where it is so */                   \
                right_ranks -= number < right;                                                  \
            }                                                                                   \
            memcpy(ranks + first, &left_ranks, sizeof left);                                    \
            memcpy(ranks + first + SIDE_BY_SIDE / 2, &right_ranks, sizeof right);               \
        }                                                                                       \
    }
AGI_TARGET_AVX2 RANKS(avx2)
AGI_TARGET_AVX512 RANKS(avx512)
#endif
static void (*const rank_variants[])(const uint64_t *, int64_t, int64_t *) =
    AGI_VARIANT_LIST(ranks);

/* The least and the greatest of count keys. */
AGI_INLINE void range_body(const uint64_t *keys, int64_t count, uint64_t *least, uint64_t *most)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (int64_t i = 0; i < count; i++) {
        low = keys[i] < low ? keys[i] : low;
        high = keys[i] > high ? keys[i] : high;
    }
    *least = low;
    *most = high;
}
AGI_VARIANTS(range, (const uint64_t *keys, int64_t count, uint64_t *least, uint64_t *most),
             (keys, count, least, most))
static void (*const range_variants[])(const uint64_t *, int64_t, uint64_t *, uint64_t *) =
    AGI_VARIANT_LIST(range);

/* ---- Many keys ------------------------------------------------------------ */

/* Keys and the places that go with them; places NULL: they stand in the keys' low bits. */
typedef struct row {
    uint64_t *keys;
    int64_t *places;
} row;

enum { DIGIT = 8, DIGITS = 1 << DIGIT, MOST_PASSES = 64 / DIGIT };

static int digit_of(uint64_t key, int shift)
{
    return (int)(key >> shift) & (DIGITS - 1);
}

/* Stable, a digit at a time of the bits from `low` on; a digit that all share is passed over.
 * Answers which of the two rows holds the result. */
static row radix_sort(row from, row to, int64_t count, int low, int bits)
{
    int64_t at[MOST_PASSES][DIGITS] = {{0}};
    const int passes = (bits + DIGIT - 1) / DIGIT;
    for (int64_t i = 0; i < count; i++) {
        for (int pass = 0; pass < passes; pass++) {
            at[pass][digit_of(from.keys[i], low + pass * DIGIT)]++;
        }
    }
    for (int pass = 0; pass < passes; pass++) {
        const int shift = low + pass * DIGIT;
        int64_t *next = at[pass], sum = 0;
        if (next[digit_of(from.keys[0], shift)] == count) {
            continue;
        }
        for (int d = 0; d < DIGITS; d++) {
            int64_t here = next[d];
            next[d] = sum;
            sum += here;
        }
        for (int64_t i = 0; i < count; i++) {
            int64_t place = next[digit_of(from.keys[i], shift)]++;
            to.keys[place] = from.keys[i];
            if (from.places != NULL) {
                to.places[place] = from.places[i];
            }
        }
        row sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

static int bits_of(uint64_t number)
{
    return number == 0 ? 0 : 64 - __builtin_clzll((unsigned long long)number);
}

/* ---- Lines ---------------------------------------------------------------- */

typedef struct lines {
    ag_context *context;
    agi_row_loop make_keys;
    int64_t size, count, keep, step; /* step: elements from one of a line to the next */
    double descending;
    row rows[2];
    char *values;
    int64_t *indices;
} lines;

static void make_keys(const lines *l, const char *x, int64_t first, int64_t count, uint64_t *keys)
{
    const int64_t stride = l->step * l->size, strides[] = {sizeof(uint64_t), stride};
    char *const data[] = {(char *)keys, (char *)(uintptr_t)x + first * stride};
    l->make_keys(data, strides, count, &l->descending);
}

AGI_INLINE void put(const lines *l, const char *x, int64_t to, int64_t rank, int64_t place)
{
    const int64_t out = to + rank * l->step, in = place * l->step;
    AGI_BY_SIZE(l->size, { ((TYPE *)l->values)[out] = ((const TYPE *)x)[in]; })
    l->indices[out] = place + 1;
}

/* Where each of at most FEW keys comes in their order. */
static void rank_few(const lines *l, const uint64_t *keys, int64_t count, int64_t *ranks)
{
    uint8_t equal[FEW] = {0}; /* how many of a rank there were */
    rank_variants[l->context->isa](keys, count, ranks);
    for (int64_t i = 0; i < count; i++) {
        ranks[i] += equal[ranks[i]]++;
    }
}

static row sort_pairs(const lines *l, row from, row room, int64_t count)
{
    int64_t ranks[FEW + SIDE_BY_SIDE];
    if (count > FEW) {
        return radix_sort(from, room, count, 0, 64);
    }
    rank_few(l, from.keys, count, ranks);
    for (int64_t i = 0; i < count; i++) {
        room.keys[ranks[i]] = from.keys[i];
        room.places[ranks[i]] = from.places[i];
    }
    return room;
}

static void sort_short(const lines *l, const char *x, int64_t to)
{
    int64_t ranks[FEW + SIDE_BY_SIDE];
    make_keys(l, x, 0, l->count, l->rows[0].keys);
    rank_few(l, l->rows[0].keys, l->count, ranks);
    for (int64_t i = 0; i < l->count; i++) {
        if (ranks[i] < l->keep) {
            put(l, x, to, ranks[i], i);
        }
    }
}

/* Whether word a, which bears its place in the low bits and the leading bits of the key at that
 * place above, comes after b. */
static bool comes_after(uint64_t a, uint64_t b, int low, const uint64_t *keys)
{
    const uint64_t mask = (UINT64_C(1) << low) - 1;
    return a >> low != b >> low ? a >> low > b >> low : keys[a & mask] > keys[b & mask];
}

/* Puts words in order that nearly are; false where that takes more than a few moves for each. */
static bool settle(uint64_t *words, int64_t count, int low, const uint64_t *keys)
{
    int64_t moves = 4 * count;
    for (int64_t i = 1; i < count; i++) {
        const uint64_t word = words[i];
        int64_t to = i;
        for (; to > 0 && comes_after(words[to - 1], word, low, keys); to--) {
            if (moves-- == 0) {
                return false;
            }
            words[to] = words[to - 1];
        }
        words[to] = word;
    }
    return true;
}

/* The least key is taken from all. A key and its place then fit in a word as a rule; where they do
 * not, its leading bits do, and so many of them that hardly two of random keys share them are
 * sorted by. Keys that share more go with their places beside them. */
static void sort_long(const lines *l, const char *x, int64_t to)
{
    row from = l->rows[0], room = l->rows[1], sorted;
    uint64_t least, most, *keys = (uint64_t *)from.places;
    make_keys(l, x, 0, l->count, keys);
    range_variants[l->context->isa](keys, l->count, &least, &most);
    const int low = bits_of((uint64_t)l->count - 1), bits = bits_of(most - least);
    const int lost = low + bits > 64 ? low + bits - 64 : 0, enough = 2 * low + 12;
    const int first = lost > 0 && enough < 64 - low ? 64 - enough : low;
    for (int64_t i = 0; i < l->count; i++) {
        keys[i] -= least;
        from.keys[i] = keys[i] >> lost << low | (uint64_t)i;
    }
    sorted = radix_sort((row){from.keys, NULL}, (row){room.keys, NULL}, l->count, first,
                        low + bits - lost - first);
    if (lost > 0 && !settle(sorted.keys, l->count, low, keys)) {
        for (int64_t i = 0; i < l->count; i++) {
            from.keys[i] = keys[i];
            from.places[i] = i;
        }
        sorted = radix_sort(from, room, l->count, 0, bits);
    }
    const uint64_t mask = (UINT64_C(1) << low) - 1;
    for (int64_t i = 0; i < l->keep; i++) {
        put(l, x, to, i, sorted.places != NULL ? sorted.places[i]
                                               : (int64_t)(sorted.keys[i] & mask));
    }
}

/* ---- The first few of a line ------------------------------------------------ */

enum { BLOCK = 256 };

/* How many candidates are gathered before they are cut to the first keep. */
static int64_t most_candidates(int64_t keep)
{
    return 2 * keep + 16;
}

/* Whether it is worth while to look for the first few without sorting the line. */
static bool keeps_few(int64_t count, int64_t keep)
{
    return count > FEW && keep < count / 8;
}

static void sort_first_few(const lines *l, const char *x, int64_t to)
{
    row found = l->rows[0], room = l->rows[1];
    const int64_t most = most_candidates(l->keep);
    uint64_t keys[BLOCK], least, greatest;
    uint64_t limit = UINT64_MAX; /* once limited, a key at it or above is not among the first */
    int64_t gathered = 0;
    bool limited = false;
    for (int64_t first = 0; first < l->count; first += BLOCK) {
        const int64_t count = l->count - first < BLOCK ? l->count - first : BLOCK;
        make_keys(l, x, first, count, keys);
        range_variants[l->context->isa](keys, count, &least, &greatest);
        for (int64_t i = 0; i < count && !(limited && least >= limit); i++) {
            if (keys[i] >= limit && limited) {
                continue;
            }
            found.keys[gathered] = keys[i];
            found.places[gathered++] = first + i;
            if (gathered == most) {
                row sorted = sort_pairs(l, found, room, gathered);
                room = sorted.keys == found.keys ? room : found;
                found = sorted;
                gathered = l->keep;
                limited = gathered > 0;
                limit = limited ? found.keys[gathered - 1] : limit;
            }
        }
    }
    row sorted = sort_pairs(l, found, room, gathered);
    for (int64_t i = 0; i < l->keep; i++) {
        put(l, x, to, i, sorted.places[i]);
    }
}

/* ---- All lines -------------------------------------------------------------- */

/* What all chunks know; a thread works with the rows that lie in its own room. */
typedef struct task {
    lines lines;
    const char *from;
    agi_cut cut; /* of the lines */
    void (*sort)(const lines *l, const char *x, int64_t to);
    uint64_t *room;
    int64_t width; /* of a row */
} task;

static void sort_chunk(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    const agi_part part = agi_part_of(&t->cut, chunk);
    lines l = t->lines;
    for (int i = 0; i < 2; i++) {
        uint64_t *row = t->room + (4 * thread + 2 * i) * t->width;
        l.rows[i].keys = row;
        l.rows[i].places = (int64_t *)row + t->width;
    }
    for (int64_t line = part.row; line < part.row + part.rows; line++) {
        const int64_t block = line / l.step, column = line % l.step;
        const char *x = t->from + (block * l.count * l.step + column) * l.size;
        t->sort(&l, x, block * l.keep * l.step + column);
    }
}

/* Numbers in a chunk: sorting takes some time for each. */
enum { SORTED_AT_ONCE = 1 << 12 };

bool agi_sort_lines(ag_tensor *self, int dim, bool descending, int64_t keep, ag_tensor *values,
                    ag_tensor *indices)
{
    ag_context *context = self->context;
    ag_dtype dtype = (ag_dtype)self->dtype;
    int64_t outer = 1, inner = 1, count = self->ndim == 0 ? 1 : self->shape[dim];
    if (values->numel == 0) {
        return true;
    }
    for (int i = 0; i < self->ndim; i++) {
        outer *= i < dim ? self->shape[i] : 1;
        inner *= i > dim ? self->shape[i] : 1;
    }
    const bool few = keeps_few(count, keep);
    task t = {.sort = few ? sort_first_few : count <= FEW ? sort_short : sort_long,
              .width = few ? most_candidates(keep) : count};
    t.cut = agi_cut_rows(outer * inner, 1, count < SORTED_AT_ONCE ? SORTED_AT_ONCE / count : 1, 1);
    const int threads = t.cut.count > 1 ? agi_threads(context) : 1;
    const size_t bytes = (size_t)threads * 4 * (size_t)t.width * sizeof(uint64_t);
    ag_tensor *from = agi_contiguous_as(self, dtype);
    t.room = from == NULL ? NULL : agi_allocate(context, bytes);
    bool done = t.room != NULL;
    if (done) {
        t.from = from->data;
        t.lines = (lines){context, key_loops[dtype]->row[context->isa],
                          (int64_t)agi_size_of(dtype), count, keep, inner, descending,
                          {{NULL, NULL}, {NULL, NULL}}, values->data, (int64_t *)indices->data};
        done = agi_parallel(context, t.cut.count, sort_chunk, &t);
        agi_deallocate(context, t.room, bytes);
    }
    ag_release(from);
    return done;
}
