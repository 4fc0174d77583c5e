/* Printing against PyTorch's repr (tests/oracle/print.py wrote what is expected). */
#include "print.h"

#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>

#include "check.h"
#include "random.h"

static const char *const cases[] = {
#include "../oracle/print.inc"
};

enum { CASE_COUNT = sizeof cases / sizeof cases[0], FIELD_COUNT = 11, MOST_ELEMENTS = 20000 };

static const char *const dtype_names[] = {"float32", "float64", "int64", "int32", "uint8", "bool"};

static const ag_print_options defaults = {
    .precision = 4, .threshold = 1000, .edgeitems = 3, .linewidth = 80, .sci_mode = -1};

static double memory[MOST_ELEMENTS], units[MOST_ELEMENTS];
static int64_t powers[MOST_ELEMENTS];

static void *allocate(void *userdata, void *block, size_t old_bytes, size_t new_bytes)
{
    int *allowed = userdata;
    (void)old_bytes;
    if (new_bytes == 0) {
        free(block);
        return NULL;
    }
    return !allowed || (*allowed)-- > 0 ? realloc(block, new_bytes) : NULL;
}

static uint64_t fnv(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static void fill(agi_generator *g, const agi_distribution *d, void *data, int64_t n)
{
    int64_t stride = 1;
    agi_random_fill(g, d, data, 1, &n, &stride);
}

static void draw(ag_dtype dtype, const char *kind, const char *low, const char *high, int64_t seed,
                 int64_t n)
{
    agi_generator g = {0};
    agi_distribution d;
    char error[AGI_RANDOM_ERROR_BYTES];
    agi_generator_seed(&g, (uint64_t)seed);
    int64_t first = strtoll(low, NULL, 10), end = strtoll(high, NULL, 10);
    if (strcmp(kind, "powers") == 0) {
        CHECK(agi_distribution_uniform(&d, AG_FLOAT64, -1, 1, error));
        fill(&g, &d, units, n);
        CHECK(agi_distribution_integers(&d, AG_INT64, first, end, error));
        fill(&g, &d, powers, n);
        for (int64_t i = 0; i < n; i++) {
            double value = ldexp(units[i], (int)powers[i]);
            if (dtype == AG_FLOAT32) {
                ((float *)memory)[i] = (float)value;
            } else {
                memory[i] = value;
            }
        }
        return;
    }
    if (strcmp(kind, "uniform") == 0) {
        CHECK(agi_distribution_uniform(&d, dtype, strtod(low, NULL), strtod(high, NULL), error));
    } else {
        CHECK(agi_distribution_integers(&d, dtype, first, end, error));
    }
    fill(&g, &d, memory, n);
    for (int64_t i = 0; i < n && strcmp(kind, "quarters") == 0; i++) {
        if (dtype == AG_FLOAT32) {
            ((float *)memory)[i] /= 4;
        } else {
            memory[i] /= 4;
        }
    }
}

static void put_specials(ag_dtype dtype, char *specials)
{
    for (char *at = strtok(specials, " "); at; at = strtok(NULL, " ")) {
        char *equals = strchr(at, '=');
        double value = strtod(equals + 1, NULL);
        if (dtype == AG_FLOAT32) {
            ((float *)memory)[atoi(at)] = (float)value;
        } else {
            memory[atoi(at)] = value;
        }
    }
}

static int read_list(char *text, int64_t *list)
{
    int count = 0;
    for (char *at = strtok(text, " "); at; at = strtok(NULL, " ")) {
        list[count++] = strtoll(at, NULL, 10);
    }
    return count;
}

static void repeat_case(const char *line)
{
    static const size_t bytes[] = {4, 8, 8, 4, 1, 1};
    static char copy[8192];
    char *fields[FIELD_COUNT], kind[16], low[32], high[32];
    snprintf(copy, sizeof copy, "%s", line);
    char *rest = copy;
    for (int i = 0; i < FIELD_COUNT; i++) {
        fields[i] = rest;
        rest = strchr(rest, '|');
        if (rest) {
            *rest++ = '\0';
        }
    }
    int64_t o[5], shape[AG_MAX_DIMS], strides[AG_MAX_DIMS];
    read_list(fields[0], o);
    ag_print_options options = {(int)o[0], o[1], o[2], (int)o[3], (int)o[4]};
    int dtype = 0;
    while (strcmp(dtype_names[dtype], fields[1]) != 0) {
        dtype++;
    }
    CHECK_INT(sscanf(fields[2], "%15s %31s %31s", kind, low, high), 3);
    draw((ag_dtype)dtype, kind, low, high, atoll(fields[3]), atoll(fields[4]));
    int64_t offset = atoll(fields[5]);
    int ndim = read_list(fields[6], shape);
    read_list(fields[7], strides);
    put_specials((ag_dtype)dtype, fields[8]);

    agi_text text = agi_text_new(allocate, NULL);
    CHECK(agi_print_tensor(&text, &options, (ag_dtype)dtype, ndim, shape, strides,
                           (char *)memory + (size_t)offset * bytes[dtype],
                           fields[9][0] ? fields[9] : NULL));
    CHECK_INT(text.length, strlen(text.bytes));
    const char *expected = fields[10];
    bool same = expected[0] == '#' ? fnv(text.bytes) == strtoull(expected + 1, NULL, 16)
                                   : strcmp(text.bytes, expected) == 0;
    if (!same) {
        CHECK_REPORT("case %s\nprints as\n%s", line, text.bytes);
    }
    agi_text_free(&text);
}

static void cases_print_as_torch(void)
{
    for (int i = 0; i < CASE_COUNT; i++) {
        repeat_case(cases[i]);
    }
}

static void a_summary_reads_only_what_it_shows(void)
{
    static const char *const expected = "tensor([[7, 7, 7,  ..., 7, 7, 7],\n"
                                        "        [7, 7, 7,  ..., 7, 7, 7],\n"
                                        "        [7, 7, 7,  ..., 7, 7, 7],\n"
                                        "        ...,\n"
                                        "        [7, 7, 7,  ..., 7, 7, 7],\n"
                                        "        [7, 7, 7,  ..., 7, 7, 7],\n"
                                        "        [7, 7, 7,  ..., 7, 7, 7]])";
    int64_t value = 7, shape[] = {INT64_C(1) << 31, INT64_C(1) << 31}, strides[] = {0, 0};
    agi_text text = agi_text_new(allocate, NULL);
    CHECK(agi_print_tensor(&text, &defaults, AG_INT64, 2, shape, strides, &value, NULL));
    CHECK_TEXT(text.bytes, expected);
    agi_text_free(&text);
}

static void texts_append(void)
{
    float value = 1.5f;
    agi_text text = agi_text_new(allocate, NULL);
    agi_text_append(&text, "loss ");
    CHECK(agi_print_tensor(&text, &defaults, AG_FLOAT32, 0, NULL, NULL, &value, NULL));
    CHECK_TEXT(text.bytes, "loss tensor(1.5000)");
    agi_text_free(&text);
}

/* Every allocation fails in turn. */
static void want_of_memory_is_answered(void)
{
    int64_t shape[] = {40, 20}, strides[] = {20, 1};
    draw(AG_FLOAT32, "uniform", "-1", "1", 1, 800);
    ag_print_options options = defaults;
    options.edgeitems = 0; /* so that the size is shown too */
    int allocations = 0;
    for (bool printed = false; !printed; allocations++) {
        int allowed = allocations;
        agi_text text = agi_text_new(allocate, &allowed);
        printed = agi_print_tensor(&text, &options, AG_FLOAT32, 2, shape, strides, memory,
                                   "grad_fn=<AddBackward0>");
        CHECK(printed != text.failed);
        agi_text_free(&text);
    }
    CHECK(allocations > 4);
}

static void a_locale_changes_nothing(void)
{
    static const struct {
        const char *localized, *c;
    } numbers[] = {
        {"3,1416", "3.1416"}, {"-3,1e+10", "-3.1e+10"}, {"0\u066b25", "0.25"},
        {"12", "12"},         {"-1e+300", "-1e+300"},   {"1.5", "1.5"},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", numbers[i].localized);
        CHECK_INT(agi_use_c_point(text), strlen(numbers[i].c));
        CHECK_TEXT(text, numbers[i].c);
    }
    static const char *const with_commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF"};
    for (int i = 0; i < 4; i++) {
        if (setlocale(LC_NUMERIC, with_commas[i])) {
            float values[] = {1.5f, -1e-20f};
            int64_t size = 2, stride = 1;
            agi_text text = agi_text_new(allocate, NULL);
            CHECK(agi_print_tensor(&text, &defaults, AG_FLOAT32, 1, &size, &stride, values, NULL));
            CHECK_TEXT(text.bytes, "tensor([ 1.5000e+00, -1.0000e-20])");
            agi_text_free(&text);
        }
    }
    setlocale(LC_NUMERIC, "C");
}

static void small_rooms_are_said(void)
{
    char text[8];
    CHECK_INT(agi_format_double(text, sizeof text, 'f', 2, 1234.5), 7);
    CHECK_TEXT(text, "1234.50");
    CHECK(agi_format_double(text, sizeof text, 'f', 2, 12345.5) >= 8);
    CHECK_INT(agi_format_double(text, sizeof text, 'e', 4, -NAN), 3);
    CHECK_TEXT(text, "nan");
}

static void profiles_set_what_torch_sets(void)
{
    ag_print_options options = {9, 9, 9, 9, 1};
    CHECK(agi_print_profile(&options, "short"));
    CHECK(options.precision == 2 && options.threshold == 1000 && options.edgeitems == 2);
    CHECK(options.linewidth == 80 && options.sci_mode == 1);
    CHECK(agi_print_profile(&options, "full"));
    CHECK(options.precision == 4 && options.threshold == INT64_MAX && options.edgeitems == 3);
    CHECK(agi_print_profile(&options, "default"));
    CHECK(options.threshold == 1000);
    CHECK(!agi_print_profile(&options, "long"));
}

int main(void)
{
    RUN_TEST(cases_print_as_torch);
    RUN_TEST(a_summary_reads_only_what_it_shows);
    RUN_TEST(texts_append);
    RUN_TEST(want_of_memory_is_answered);
    RUN_TEST(a_locale_changes_nothing);
    RUN_TEST(small_rooms_are_said);
    RUN_TEST(profiles_set_what_torch_sets);
    return TESTS_END();
}
