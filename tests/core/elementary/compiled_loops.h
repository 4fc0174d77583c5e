/* Each elementary function in a plain loop, once for each instruction set, as the core's loops
 * have it. COPIES lists the copies that this machine's compiler can make. */
#ifndef AUTOGRAD_TESTS_ELEMENTARY_COMPILED_LOOPS_H
#define AUTOGRAD_TESTS_ELEMENTARY_COMPILED_LOOPS_H

#include <stdbool.h>

#include "elementary/elementary.h"
#include "references.h"

#if defined(__clang__)
#define AVX512_TARGET "avx512f,avx512dq,avx512bw,avx512vl,fma"
#else
#define AVX512_TARGET "avx512f,avx512dq,avx512bw,avx512vl,fma,prefer-vector-width=512"
#endif

#if defined(__x86_64__)
#define COPIES(C, ...) \
    C(baseline, , __VA_ARGS__) \
    C(avx2, __attribute__((target("avx2,fma"))), __VA_ARGS__) \
    C(avx512, __attribute__((target(AVX512_TARGET))), __VA_ARGS__)
#else
#define COPIES(C, ...) C(baseline, , __VA_ARGS__)
#endif

/* In a unary loop the second operand is not looked at. */
#define DEFINE_UNARY_COPY(copy, attribute, name, suffix, type) \
    attribute static void name##_##suffix##_##copy(const type *x, const type *unused, type *out, \
                                                   size_t count) \
    { \
        for (size_t i = 0; i < count; i++) { \
            out[i] = agi_##name##_##suffix(x[i]); \
        } \
    }

#define DEFINE_ARRAY_COPY(copy, attribute, name, suffix, type) \
    attribute static void name##_##suffix##_##copy(const type *x, const type *unused, type *out, \
                                                   size_t count) \
    { \
        agi_##name##_array_##suffix(x, out, count); \
    }

#define DEFINE_BINARY_COPY(copy, attribute, name, suffix, type) \
    attribute static void name##_##suffix##_##copy(const type *x, const type *y, type *out, \
                                                   size_t count) \
    { \
        for (size_t i = 0; i < count; i++) { \
            out[i] = agi_##name##_##suffix(x[i], y[i]); \
        } \
    }

#define DEFINE_UNARY(name, low, high, limit) \
    COPIES(DEFINE_UNARY_COPY, name, f32, float) COPIES(DEFINE_UNARY_COPY, name, f64, double)
#define DEFINE_ARRAY(name, low, high, limit) \
    COPIES(DEFINE_ARRAY_COPY, name, f32, float) COPIES(DEFINE_ARRAY_COPY, name, f64, double)
#define DEFINE_BINARY(name, low, high, limit) \
    COPIES(DEFINE_BINARY_COPY, name, f32, float) COPIES(DEFINE_BINARY_COPY, name, f64, double)

UNARY_FUNCTIONS(DEFINE_UNARY)
ARRAY_FUNCTIONS(DEFINE_ARRAY)
BINARY_FUNCTIONS(DEFINE_BINARY)

enum { COPY_LIMIT = 3 };
static const char *const copy_names[COPY_LIMIT] = {"baseline", "avx2", "avx512"};

static bool machine_runs(int copy)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    return copy == 0 || (copy == 1 && avx2) || (copy == 2 && avx2 && avx512);
#else
    return copy == 0;
#endif
}

typedef void loop_f32(const float *x, const float *y, float *out, size_t count);
typedef void loop_f64(const double *x, const double *y, double *out, size_t count);

typedef struct {
    const char *name;
    bool binary;
    double low, high, limit;
    loop_f32 *loops_f32[COPY_LIMIT];
    loop_f64 *loops_f64[COPY_LIMIT];
    double (*unary_f32)(double);
    double (*binary_f32)(double, double);
    long double (*unary_f64)(long double);
    long double (*binary_f64)(long double, long double);
} elementary_function;

#define LOOP_OF_COPY(copy, attribute, name, suffix) name##_##suffix##_##copy,
#define UNARY_ENTRY(name, low, high, limit) \
    {#name, false, low, high, limit, \
     {COPIES(LOOP_OF_COPY, name, f32)}, {COPIES(LOOP_OF_COPY, name, f64)}, \
     reference_##name##_f32, NULL, reference_##name##_f64, NULL},
#define BINARY_ENTRY(name, low, high, limit) \
    {#name, true, low, high, limit, \
     {COPIES(LOOP_OF_COPY, name, f32)}, {COPIES(LOOP_OF_COPY, name, f64)}, \
     NULL, reference_##name##_f32, NULL, reference_##name##_f64},

static const elementary_function functions[] = {
    UNARY_FUNCTIONS(UNARY_ENTRY)
    ARRAY_FUNCTIONS(UNARY_ENTRY)
    BINARY_FUNCTIONS(BINARY_ENTRY)
};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

#endif
