/* Compares the core's elementary functions, in every instruction set that the machine has, with
 * true values (references.h): the greatest error of each in ULP against its limit, and exact
 * expectations at special arguments.
 *
 *   elementary_test [--count N] [--seed N] [--all] [FUNCTION...]
 *
 * --count: random arguments a function, 1,000,000 unless given; --all: every float there is, for
 * functions of one argument. The last line is "N passed, M failed". */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiled_loops.h"

enum { BLOCK = 4096 };

static int passed, failed;

static void count_result(bool ok)
{
    if (ok) {
        passed++;
    } else {
        failed++;
        printf("FAILED the line above\n");
    }
}

static uint64_t random_state;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#define SUFFIX f32
#define TYPE float
#define TYPE_NAME "f32"
#define WIDE double
#define BITS uint32_t
#define DIGITS FLT_MANT_DIG
#define LEAST_EXPONENT FLT_MIN_EXP
#define LARGEST FLT_MAX
#include "accuracy.inc"
#undef SUFFIX
#undef TYPE
#undef TYPE_NAME
#undef WIDE
#undef BITS
#undef DIGITS
#undef LEAST_EXPONENT
#undef LARGEST

#define SUFFIX f64
#define TYPE double
#define TYPE_NAME "f64"
#define WIDE long double
#define BITS uint64_t
#define DIGITS DBL_MANT_DIG
#define LEAST_EXPONENT DBL_MIN_EXP
#define LARGEST DBL_MAX
#include "accuracy.inc"

static void test_all_floats(const elementary_function *function)
{
    static float x[BLOCK];
    double worst[COPY_LIMIT] = {0};
    float where[COPY_LIMIT][2] = {{0}};
    for (uint64_t begin = 0; begin < (uint64_t)1 << 32; begin += BLOCK) {
        for (uint32_t i = 0; i < BLOCK; i++) {
            uint32_t bits = (uint32_t)begin + i;
            memcpy(&x[i], &bits, sizeof bits);
        }
        compare_f32(function, x, x, BLOCK, worst, where);
    }
    report_f32(function, worst, where);
}

/* x in every lane of a vector and of the remainder, so that both forms of the loop are seen. */
enum { LANES = 35 };

static bool same(double got, double expected)
{
    bool equal = got == expected && signbit(got) == signbit(expected);
    return equal || (isnan(got) && isnan(expected));
}

static bool is_exact(const elementary_function *function, double x, double y, double expected)
{
    float x32[LANES], y32[LANES], out32[LANES];
    double x64[LANES], y64[LANES], out64[LANES];
    for (int i = 0; i < LANES; i++) {
        x32[i] = (float)(x64[i] = x);
        y32[i] = (float)(y64[i] = y);
    }
    bool ok = true;
    for (int copy = 0; copy < COPY_LIMIT; copy++) {
        if (!machine_runs(copy)) {
            continue;
        }
        function->loops_f32[copy](x32, y32, out32, LANES);
        function->loops_f64[copy](x64, y64, out64, LANES);
        for (int i = 0; i < LANES; i++) {
            bool right = same(out32[i], (float)expected) && same(out64[i], expected);
            if (!right && ok) {
                printf("%s(%g, %g), %s: f32 %.9g, f64 %.17g, expected %.17g\n",
                       function->name, x, y, copy_names[copy], out32[i], out64[i], expected);
            }
            ok = ok && right;
        }
    }
    return ok;
}

typedef struct {
    const char *name;
    double x, expected;
} special_value;

#define ODD_AT_ZERO(name) {name, 0.0, 0.0}, {name, -0.0, -0.0}
#define AT_INFINITIES(name, minus, plus) {name, -INFINITY, minus}, {name, INFINITY, plus}

static const special_value special_values[] = {
    {"exp", 0.0, 1.0}, {"exp", -0.0, 1.0}, AT_INFINITIES("exp", 0.0, INFINITY),
    {"exp", -1000.0, 0.0}, {"exp", 1000.0, INFINITY},
    {"exp2", 0.0, 1.0}, {"exp2", 10.0, 1024.0}, {"exp2", -140.0, 0x1p-140},
    AT_INFINITIES("exp2", 0.0, INFINITY),
    ODD_AT_ZERO("expm1"), AT_INFINITIES("expm1", -1.0, INFINITY),
    {"expm1", 0x1p-149, 0x1p-149}, {"expm1", -0x3p-149, -0x3p-149},
    {"log", 0.0, -INFINITY}, {"log", -0.0, -INFINITY}, {"log", 1.0, 0.0}, {"log", -1.0, NAN},
    {"log", -0x1p-149, NAN}, AT_INFINITIES("log", NAN, INFINITY),
    ODD_AT_ZERO("log1p"), {"log1p", -1.0, -INFINITY}, {"log1p", -2.0, NAN},
    {"log1p", 0x1p-149, 0x1p-149}, AT_INFINITIES("log1p", NAN, INFINITY),
    {"log2", 0.0, -INFINITY}, {"log2", -0.0, -INFINITY}, {"log2", 1.0, 0.0}, {"log2", 8.0, 3.0},
    {"log2", 0x1p-149, -149.0}, {"log2", -1.0, NAN}, AT_INFINITIES("log2", NAN, INFINITY),
    {"log10", 0.0, -INFINITY}, {"log10", -0.0, -INFINITY}, {"log10", 1.0, 0.0},
    {"log10", 1000.0, 3.0}, {"log10", -1.0, NAN}, AT_INFINITIES("log10", NAN, INFINITY),
    ODD_AT_ZERO("sin"), AT_INFINITIES("sin", NAN, NAN),
    {"cos", 0.0, 1.0}, {"cos", -0.0, 1.0}, AT_INFINITIES("cos", NAN, NAN),
    ODD_AT_ZERO("tan"), AT_INFINITIES("tan", NAN, NAN),
    ODD_AT_ZERO("asin"), {"asin", 1.5, NAN}, AT_INFINITIES("asin", NAN, NAN),
    {"acos", 1.0, 0.0}, {"acos", -1.5, NAN}, AT_INFINITIES("acos", NAN, NAN),
    ODD_AT_ZERO("atan"), AT_INFINITIES("atan", -0x1.921fb54442d18p0, 0x1.921fb54442d18p0),
    ODD_AT_ZERO("tanh"), AT_INFINITIES("tanh", -1.0, 1.0), {"tanh", 0x1p-149, 0x1p-149},
    ODD_AT_ZERO("sinh"), AT_INFINITIES("sinh", -INFINITY, INFINITY), {"sinh", 0x1p-149, 0x1p-149},
    {"cosh", 0.0, 1.0}, {"cosh", -0.0, 1.0}, AT_INFINITIES("cosh", INFINITY, INFINITY),
    ODD_AT_ZERO("erf"), AT_INFINITIES("erf", -1.0, 1.0),
    {"normal_cdf", 0.0, 0.5}, {"normal_cdf", -0.0, 0.5}, AT_INFINITIES("normal_cdf", 0.0, 1.0),
    AT_INFINITIES("normal_pdf", 0.0, 0.0), {"normal_pdf", 1000.0, 0.0},
    {"sigmoid", 0.0, 0.5}, {"sigmoid", -0.0, 0.5}, AT_INFINITIES("sigmoid", 0.0, 1.0),
    ODD_AT_ZERO("silu"), AT_INFINITIES("silu", NAN, INFINITY), {"silu", -1e30, -0.0},
    AT_INFINITIES("softplus", 0.0, INFINITY),
    ODD_AT_ZERO("gelu"), AT_INFINITIES("gelu", NAN, INFINITY), {"gelu", -1e30, -0.0},
    ODD_AT_ZERO("gelu_tanh"), AT_INFINITIES("gelu_tanh", NAN, INFINITY),
    {"gelu_tanh", -1e30, -0.0},
};

/* C99's tables for pow and atan2 are libm's at these numbers, where both results are exact. */
static const double operands[] = {
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1000.0, -1000.0, 1001.0, 0x1p24,
    0x1p25, -0x1p25, 0x1p60, -0x1p60, 0x1p100, -0x1p100, 0x1p-100, INFINITY, -INFINITY, NAN};

static bool special_values_hold(const elementary_function *function)
{
    bool ok = function->binary || is_exact(function, NAN, NAN, NAN);
    for (size_t i = 0; i < sizeof special_values / sizeof special_values[0]; i++) {
        const special_value *value = &special_values[i];
        if (strcmp(function->name, value->name) == 0) {
            ok = is_exact(function, value->x, value->x, value->expected) && ok;
        }
    }
    return ok;
}

static bool special_pairs_hold(const elementary_function *function)
{
    bool ok = true, is_pow = strcmp(function->name, "pow") == 0;
    size_t count = sizeof operands / sizeof operands[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            double x = operands[i], y = operands[j];
            double expected = is_pow ? pow(x, y) : atan2(x, y);
            bool special = !isfinite(x) || !isfinite(y) || x == 0 || y == 0
                || (is_pow && fabs(x) == 1);
            if (special && (isnan(expected) || !is_pow || (float)expected == expected)) {
                ok = is_exact(function, x, y, expected) && ok;
            }
        }
    }
    return ok;
}

/* every integer power that is an integer up to 2^24 */
static bool integer_powers_are_exact(const elementary_function *pow_function)
{
    bool ok = true;
    for (int base = 2; base <= 4096; base++) {
        double power = 1;
        for (int exponent = 1; power * base <= 0x1p24; exponent++) {
            power *= base;
            ok = is_exact(pow_function, base, exponent, power) && ok;
            ok = is_exact(pow_function, -base, exponent, exponent % 2 ? -power : power) && ok;
        }
    }
    return ok;
}

int main(int argc, char **argv)
{
    uint64_t count = 1000000;
    bool all = false;
    int first_name = argc;
    random_state = 20240229;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--all") == 0) {
            all = true;
        } else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc) {
            count = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            random_state = strtoull(argv[++i], NULL, 10);
        } else {
            first_name = i;
            break;
        }
    }
    printf("seed %llu\n", (unsigned long long)random_state);
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        bool wanted = first_name == argc;
        for (int i = first_name; i < argc; i++) {
            wanted = wanted || strcmp(argv[i], functions[f].name) == 0;
        }
        if (!wanted) {
            continue;
        }
        count_result(special_values_hold(&functions[f]));
        if (functions[f].binary) {
            count_result(special_pairs_hold(&functions[f]));
        }
        if (strcmp(functions[f].name, "pow") == 0) {
            count_result(integer_powers_are_exact(&functions[f]));
        }
        test_random_f32(&functions[f], count);
        test_random_f64(&functions[f], count);
        if (all && !functions[f].binary) {
            test_all_floats(&functions[f]);
        }
        fflush(stdout);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
