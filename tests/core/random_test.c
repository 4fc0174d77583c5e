/* Random numbers against PyTorch's stream (tests/oracle/random_numbers.py wrote what to expect). */
#include "random.h"

#include <inttypes.h>
#include <stdlib.h>

#include "check.h"

static const char *const lines[] = {
#include "../oracle/random_numbers.inc"
};

enum { LINE_COUNT = sizeof lines / sizeof lines[0], MOST_ELEMENTS = 100000, MOST_DIMS = 4 };

static const char *const dtype_names[] = {"float32", "float64", "int64", "int32", "uint8", "bool"};
static const size_t dtype_bytes[] = {4, 8, 8, 4, 1, 1};

static int64_t memory[MOST_ELEMENTS], values[MOST_ELEMENTS], chances[MOST_ELEMENTS];

static uint64_t fnv(const void *data, size_t bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ ((const unsigned char *)data)[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static ag_dtype dtype_of(const char *name)
{
    int dtype = 0;
    while (strcmp(dtype_names[dtype], name) != 0) {
        dtype++;
    }
    return (ag_dtype)dtype;
}

static int read_list(const char *text, int64_t *list)
{
    int count = 0;
    while (*text >= '0' && *text <= '9') {
        char *end;
        list[count++] = strtoll(text, &end, 10);
        text = *end == ',' ? end + 1 : end;
    }
    return count;
}

static void contiguous_strides(int ndim, const int64_t *shape, int64_t *strides)
{
    int64_t stride = 1;
    for (int dim = ndim - 1; dim >= 0; dim--) {
        strides[dim] = stride;
        stride *= shape[dim];
    }
}

/* The elements of memory in logical order, to values; answers how many. */
static int64_t gather(size_t bytes, int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t count = 1;
    for (int dim = 0; dim < ndim; dim++) {
        count *= shape[dim];
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t rest = i, at = 0;
        for (int dim = ndim - 1; dim >= 0; dim--) {
            at += rest % shape[dim] * strides[dim];
            rest /= shape[dim];
        }
        memcpy((char *)values + (size_t)i * bytes, (char *)memory + (size_t)at * bytes, bytes);
    }
    return count;
}

static void check_result(const char *line, const char *expected, const void *data, size_t bytes,
                         int64_t count)
{
    if (expected[0] != '~') {
        uint64_t hash = fnv(data, bytes * (size_t)count);
        if (hash != strtoull(expected, NULL, 16)) {
            CHECK_REPORT("hash %016" PRIx64 " in: %s", hash, line);
        }
        return;
    }
    int64_t samples = count < 40 ? count : 40;
    char *at = (char *)expected + 1;
    for (int64_t i = 0; i < samples; i++) {
        float got = ((const float *)data)[i * (count - 1) / (samples - 1)];
        double wanted = strtod(at, &at);
        if (!(fabs(got - wanted) <= 1e-6 * (1 + fabs(wanted)))) {
            CHECK_REPORT("sample %d is %.9g, expected %.9g in: %.80s", (int)i, got, wanted, line);
        }
    }
}

static bool make_distribution(agi_distribution *d, const char *kind, ag_dtype dtype, const char *a,
                              const char *b)
{
    char error[AGI_RANDOM_ERROR_BYTES] = "";
    bool made =
        strcmp(kind, "uniform") == 0
            ? agi_distribution_uniform(d, dtype, strtod(a, NULL), strtod(b, NULL), error)
        : strcmp(kind, "normal") == 0
            ? agi_distribution_normal(d, dtype, strtod(a, NULL), strtod(b, NULL), error)
        : strcmp(kind, "integers") == 0
            ? agi_distribution_integers(d, dtype, strtoll(a, NULL, 10), strtoll(b, NULL, 10), error)
            : agi_distribution_bernoulli(d, dtype, strtod(a, NULL), error);
    CHECK_TEXT(error, "");
    return made;
}

static void repeat_line(agi_generator *g, const char *line)
{
    char kind[16], dtype_name[16], a[32], b[32], shape_text[64], strides_text[64];
    const char *equals = strstr(line, " = ");
    const char *expected = equals ? equals + 3 : "";
    if (strncmp(line, "seed ", 5) == 0) {
        agi_generator_seed(g, strtoull(line + 5, NULL, 10));
        return;
    }
    if (strncmp(line, "state", 5) == 0) {
        unsigned char state[AGI_GENERATOR_STATE_BYTES];
        agi_generator_save(g, state);
        check_result(line, expected, state, 1, sizeof state);
        return;
    }
    int fields = sscanf(line, "%15s %15s %31s %31s %63s %63s", kind, dtype_name, a, b, shape_text,
                        strides_text);
    CHECK_INT(fields, 6);
    ag_dtype dtype = dtype_of(dtype_name);
    size_t bytes = dtype_bytes[dtype];
    if (strcmp(kind, "permutation") == 0) {
        char error[AGI_RANDOM_ERROR_BYTES];
        int64_t n = strtoll(a, NULL, 10);
        CHECK(agi_random_permutation(g, dtype, memory, n, 0, error));
        check_result(line, expected, memory, bytes, n);
        return;
    }
    int64_t shape[MOST_DIMS], strides[MOST_DIMS];
    int ndim = read_list(shape_text, shape);
    if (read_list(strides_text, strides) == 0) {
        contiguous_strides(ndim, shape, strides);
    }
    agi_distribution d;
    if (strcmp(kind, "each") == 0) {
        ag_dtype p_dtype = dtype_of(a);
        int64_t p_strides[MOST_DIMS];
        contiguous_strides(ndim, shape, p_strides);
        if (make_distribution(&d, "uniform", p_dtype, "0", "1")) {
            agi_random_fill(g, &d, chances, ndim, shape, p_strides);
            CHECK(agi_random_bernoulli_each(g, dtype, memory, strides, p_dtype, chances, p_strides,
                                            ndim, shape));
        }
    } else if (make_distribution(&d, kind, dtype, a, b)) {
        agi_random_fill(g, &d, memory, ndim, shape, strides);
    }
    int64_t count = gather(bytes, ndim, shape, strides);
    check_result(line, expected, values, bytes, count);
}

static void repeat_all(int isa)
{
    agi_generator g = {.isa = isa};
    for (int i = 0; i < LINE_COUNT; i++) {
        repeat_line(&g, lines[i]);
    }
}

static void baseline_repeats_torch(void)
{
    repeat_all(0);
}

#if defined(__x86_64__)
static void avx2_repeats_torch(void)
{
    repeat_all(1);
}

static void avx512_repeats_torch(void)
{
    repeat_all(2);
}
#endif

static void fill(agi_generator *g, const agi_distribution *d, void *data, int64_t n)
{
    int64_t stride = 1;
    agi_random_fill(g, d, data, 1, &n, &stride);
}

static void snapshots_restore(void)
{
    static const int64_t sizes[] = {0, 1, 3, 623, 624, 700};
    char error[AGI_RANDOM_ERROR_BYTES];
    agi_distribution uniform, normal;
    CHECK(agi_distribution_uniform(&uniform, AG_FLOAT32, 0, 1, error));
    CHECK(agi_distribution_normal(&normal, AG_FLOAT64, 0, 1, error));
    agi_generator g = {0}, other = {0};
    for (int i = 0; i < 6; i++) {
        for (int normals = 0; normals < 3; normals++) {
            unsigned char state[AGI_GENERATOR_STATE_BYTES];
            agi_generator_seed(&g, 99);
            fill(&g, &uniform, memory, sizes[i]);
            fill(&g, &normal, memory, normals);
            agi_generator_save(&g, state);
            CHECK(agi_generator_load(&other, state, sizeof state));
            CHECK_INT(other.seed, 99);
            fill(&g, &normal, memory, 15);
            fill(&other, &normal, values, 15);
            CHECK(memcmp(memory, values, 15 * sizeof(double)) == 0);
        }
    }
}

static void bad_snapshots_change_nothing(void)
{
    agi_generator g = {0}, before;
    unsigned char good[AGI_GENERATOR_STATE_BYTES], bad[AGI_GENERATOR_STATE_BYTES];
    agi_generator_seed(&g, 1);
    uint32_t word;
    agi_generator_words(&g, &word, 1);
    agi_generator_save(&g, good);
    before = g;
    CHECK(!agi_generator_load(&g, good, sizeof good - 1));
    static const int spoilt[] = {8, 9, 12, 16, 17, 23, 28, 31, 24 + 8 * 623 + 7};
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        memcpy(bad, good, sizeof bad);
        bad[spoilt[i]] ^= 0x40;
        CHECK(!agi_generator_load(&g, bad, sizeof bad));
    }
    CHECK(memcmp(&g, &before, sizeof g) == 0);
}

static void system_seeds_differ(void)
{
    CHECK(agi_generator_seed_from_system() != agi_generator_seed_from_system());
}

#define CHECK_REFUSED(call, text) \
    do { \
        char error[AGI_RANDOM_ERROR_BYTES] = ""; \
        CHECK(!(call)); \
        CHECK_TEXT(error, text); \
    } while (0)

static void bad_parameters_have_torch_texts(void)
{
    agi_distribution d;
    CHECK_REFUSED(agi_distribution_integers(&d, AG_INT64, 5, 5, error),
                  "random_ expects 'from' to be less than 'to', but got from=5 >= to=5");
    CHECK_REFUSED(agi_distribution_integers(&d, AG_UINT8, 0, 257, error),
                  "to - 1 is out of bounds for unsigned char");
    CHECK_REFUSED(agi_distribution_integers(&d, AG_UINT8, -1, 5, error),
                  "from is out of bounds for unsigned char");
    CHECK_REFUSED(agi_distribution_integers(&d, AG_BOOL, 0, 3, error),
                  "to - 1 is out of bounds for bool");
    CHECK_REFUSED(agi_distribution_integers(&d, AG_INT32, 0, INT64_C(0x80000001), error),
                  "to - 1 is out of bounds for int");
    CHECK_REFUSED(agi_distribution_uniform(&d, AG_FLOAT32, 2, 1.5, error),
                  "uniform_ expects to return a [from, to) range, but found from=2 > to=1.5");
    CHECK_REFUSED(agi_distribution_uniform(&d, AG_FLOAT32, NAN, 1, error),
                  "from is out of bounds for float");
    CHECK_REFUSED(agi_distribution_uniform(&d, AG_FLOAT64, 0, INFINITY, error),
                  "to is out of bounds for double");
    CHECK_REFUSED(agi_distribution_uniform(&d, AG_FLOAT32, -3e38, 3e38, error),
                  "uniform_ expects to-from <= std::numeric_limits<Float>::max(), but found "
                  "to=3e+38 and from=-3e+38 which result in to-from to exceed the limit");
    CHECK_REFUSED(agi_distribution_uniform(&d, AG_INT64, 0, 1, error),
                  "\"check_uniform_bounds\" not implemented for 'Long'");
    CHECK_REFUSED(agi_distribution_normal(&d, AG_FLOAT32, 0, -1, error),
                  "normal expects std >= 0.0, but found std -1");
    CHECK_REFUSED(agi_distribution_normal(&d, AG_FLOAT32, 0, NAN, error),
                  "normal expects std >= 0.0, but found std nan");
    CHECK_REFUSED(agi_distribution_normal(&d, AG_BOOL, 0, 1, error),
                  "\"normal_kernel_cpu\" not implemented for 'Bool'");
    CHECK_REFUSED(agi_distribution_bernoulli(&d, AG_FLOAT32, 1.5, error),
                  "bernoulli_ expects p to be in [0, 1], but got p=1.5");
    CHECK_REFUSED(agi_distribution_bernoulli(&d, AG_FLOAT32, NAN, error),
                  "bernoulli_ expects p to be in [0, 1], but got p=nan");
}

static void bad_permutations_are_refused(void)
{
    agi_generator g = {0};
    agi_generator_seed(&g, 1);
    CHECK_REFUSED(agi_random_permutation(&g, AG_INT64, memory, -1, 0, error),
                  "Trying to create tensor with negative dimension -1: [-1]");
    CHECK_REFUSED(agi_random_permutation(&g, AG_FLOAT32, memory, (1 << 24) + 2, 0, error),
                  "n cannot be greater than 2^24+1 for Float type.");
    CHECK_REFUSED(agi_random_permutation(&g, AG_FLOAT32, memory, (1 << 24) + 1, 1, error),
                  "n cannot be greater than 2^24 for Float type.");
    CHECK_REFUSED(agi_random_permutation(&g, AG_UINT8, memory, 257, 0, error),
                  "value cannot be converted to type uint8_t without overflow");
    CHECK_REFUSED(agi_random_permutation(&g, AG_BOOL, memory, 2, 0, error),
                  "\"randperm\" not implemented for 'Bool'");
}

static void a_permutation_may_begin_at_one(void)
{
    agi_generator g = {0};
    agi_generator_seed(&g, 1);
    char error[AGI_RANDOM_ERROR_BYTES];
    CHECK(agi_random_permutation(&g, AG_UINT8, memory, 255, 1, error));
    bool seen[256] = {true};
    for (int i = 0; i < 255; i++) {
        uint8_t value = ((uint8_t *)memory)[i];
        CHECK(!seen[value]);
        seen[value] = true;
    }
}

static void bad_chances_draw_nothing(void)
{
    static const float bad[] = {-0.1f, 1.5f, NAN, -INFINITY};
    agi_generator g = {0}, before;
    agi_generator_seed(&g, 1);
    before = g;
    for (int i = 0; i < 4; i++) {
        float p[3] = {0.5f, 1.0f, bad[i]}, out[3] = {7, 7, 7};
        int64_t size = 3, stride = 1;
        CHECK(!agi_random_bernoulli_each(&g, AG_FLOAT32, out, &stride, AG_FLOAT32, p, &stride, 1,
                                         &size));
        CHECK(out[0] == 7 && out[1] == 7);
    }
    CHECK(memcmp(&g, &before, sizeof g) == 0);
}

int main(void)
{
    RUN_TEST(baseline_repeats_torch);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        RUN_TEST(avx2_repeats_torch);
    } else {
        printf("this machine has no avx2\n");
    }
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        RUN_TEST(avx512_repeats_torch);
    } else {
        printf("this machine has no avx512\n");
    }
#endif
    RUN_TEST(snapshots_restore);
    RUN_TEST(bad_snapshots_change_nothing);
    RUN_TEST(system_seeds_differ);
    RUN_TEST(bad_parameters_have_torch_texts);
    RUN_TEST(bad_permutations_are_refused);
    RUN_TEST(a_permutation_may_begin_at_one);
    RUN_TEST(bad_chances_draw_nothing);
    return TESTS_END();
}
