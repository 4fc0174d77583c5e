/* random_fill.c - distributions drawn into memory: contiguous in order, all else by its strides. */
#include "random_fill.h"

#include <math.h>
#include <string.h>

#include "random_loops.h"

enum {
    CHUNK = 512,       /* values at a time, so that their words stay in the first cache */
    NORMAL_BLOCK = 16, /* torch's: normals of contiguous memory come by this many */
};

void agi_store_integers(ag_dtype dtype, void *data, const int64_t *values, size_t n)
{
    switch (dtype) {
#define STORE(constant, type) \
    case constant: \
        for (size_t i = 0; i < n; i++) { \
            ((type *)data)[i] = (type)values[i]; \
        } \
        break
        STORE(AG_FLOAT32, float);
        STORE(AG_FLOAT64, double);
        STORE(AG_INT64, int64_t);
        STORE(AG_INT32, int32_t);
        STORE(AG_UINT8, uint8_t);
        STORE(AG_BOOL, bool);
#undef STORE
    default:
        break;
    }
}

static size_t element_bytes(ag_dtype dtype)
{
    static const unsigned char bytes[AG_DTYPE_COUNT] = {4, 8, 8, 4, 1, 1};
    return bytes[dtype];
}

static void unit_floats(agi_generator *g, float *out, size_t n)
{
    uint32_t words[CHUNK];
    agi_generator_words(g, words, n);
    agi_random_loops.unit_float[g->isa](words, out, n);
}

static void unit_doubles(agi_generator *g, double *out, size_t n)
{
    uint32_t words[2 * CHUNK];
    agi_generator_words(g, words, 2 * n);
    agi_random_loops.unit_double[g->isa](words, out, n);
}

static void draw_uniforms(agi_generator *g, const agi_distribution *d, void *out, size_t n)
{
    double low = d->uniform.low, high = d->uniform.high;
    bool scaled = low != 0 || high != 1;
    if (d->dtype == AG_FLOAT32) {
        unit_floats(g, out, n);
        if (scaled) {
            agi_random_loops.scale_float[g->isa](out, n, (float)low, (float)high);
        }
    } else {
        unit_doubles(g, out, n);
        if (scaled) {
            agi_random_loops.scale_double[g->isa](out, n, low, high);
        }
    }
}

/* One Box-Muller pair gives two values; the generator keeps the second for the next call. */
static double standard_normal(agi_generator *g)
{
    if (g->has_normal) {
        g->has_normal = false;
        return g->normal;
    }
    double unit[2];
    unit_doubles(g, unit, 2);
    double radius = sqrt(-2.0 * log1p(-unit[1]));
    double angle = 6.283185307179586476925 * unit[0];
    g->normal = radius * sin(angle);
    g->has_normal = true;
    return radius * cos(angle);
}

static void draw_normals(agi_generator *g, const agi_distribution *d, void *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double value = fma(standard_normal(g), d->normal.std, d->normal.mean);
        if (d->dtype == AG_FLOAT32) {
            ((float *)out)[i] = (float)value;
        } else {
            ((double *)out)[i] = value;
        }
    }
}

/* From 2^28 on, the remainder of one word would favour the small values too much. */
#define WIDE_RANGE (UINT64_C(1) << 28)

static void draw_integers(agi_generator *g, const agi_distribution *d, void *out, size_t n)
{
    uint64_t first = (uint64_t)d->integers.first, range = d->integers.range;
    uint32_t words[2 * CHUNK];
    int64_t values[CHUNK];
    if (range >= WIDE_RANGE) {
        agi_generator_words(g, words, 2 * n);
        for (size_t i = 0; i < n; i++) {
            uint64_t wide = (uint64_t)words[2 * i] << 32 | words[2 * i + 1];
            values[i] = (int64_t)(first + wide % range);
        }
    } else {
        /* word % range by a quotient in float64, which is at most one off. */
        double inverse = 1.0 / (double)range;
        int64_t divisor = (int64_t)range;
        agi_generator_words(g, words, n);
        for (size_t i = 0; i < n; i++) {
            int64_t rest = words[i] - (int64_t)(words[i] * inverse) * divisor;
            rest += rest < 0 ? divisor : 0;
            rest -= rest >= divisor ? divisor : 0;
            values[i] = (int64_t)(first + (uint64_t)rest);
        }
    }
    agi_store_integers(d->dtype, out, values, n);
}

static void draw_bernoullis(agi_generator *g, const agi_distribution *d, void *out, size_t n)
{
    double unit[CHUNK];
    unit_doubles(g, unit, n);
    double p = d->p;
    switch (d->dtype) {
#define COMPARE(constant, type) \
    case constant: \
        for (size_t i = 0; i < n; i++) { \
            ((type *)out)[i] = unit[i] < p; \
        } \
        break
        COMPARE(AG_FLOAT32, float);
        COMPARE(AG_FLOAT64, double);
        COMPARE(AG_INT64, int64_t);
        COMPARE(AG_INT32, int32_t);
        COMPARE(AG_UINT8, uint8_t);
        COMPARE(AG_BOOL, bool);
#undef COMPARE
    default:
        break;
    }
}

/* The next n <= CHUNK values, each by the rule of a single one. */
static void draw(agi_generator *g, const agi_distribution *d, void *out, size_t n)
{
    switch (d->kind) {
    case AGI_UNIFORM:
        draw_uniforms(g, d, out, n);
        break;
    case AGI_NORMAL:
        draw_normals(g, d, out, n);
        break;
    case AGI_INTEGERS:
        draw_integers(g, d, out, n);
        break;
    case AGI_BERNOULLI:
        draw_bernoullis(g, d, out, n);
        break;
    }
}

/* Normals of n >= 16 contiguous elements: uniforms for all of them, turned into normals block by
 * block; where n is no multiple of a block, the last 16 elements are drawn once more. */
static void fill_normals_float(agi_generator *g, float *data, size_t n, float mean, float std)
{
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t count = n - i < CHUNK ? n - i : CHUNK;
        unit_floats(g, data + i, count);
        agi_random_loops.normal_float[g->isa](data + i, count / NORMAL_BLOCK, mean, std);
    }
    if (n % NORMAL_BLOCK != 0) {
        float *last = data + n - NORMAL_BLOCK;
        unit_floats(g, last, NORMAL_BLOCK);
        agi_random_loops.normal_float[g->isa](last, 1, mean, std);
    }
}

static void fill_normals_double(agi_generator *g, double *data, size_t n, double mean, double std)
{
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t count = n - i < CHUNK ? n - i : CHUNK;
        unit_doubles(g, data + i, count);
        agi_random_loops.normal_double[g->isa](data + i, count / NORMAL_BLOCK, mean, std);
    }
    if (n % NORMAL_BLOCK != 0) {
        double *last = data + n - NORMAL_BLOCK;
        unit_doubles(g, last, NORMAL_BLOCK);
        agi_random_loops.normal_double[g->isa](last, 1, mean, std);
    }
}

static void fill_contiguous(agi_generator *g, const agi_distribution *d, void *data, size_t n)
{
    if (d->kind == AGI_NORMAL && n >= NORMAL_BLOCK) {
        if (d->dtype == AG_FLOAT32) {
            fill_normals_float(g, data, n, (float)d->normal.mean, (float)d->normal.std);
        } else {
            fill_normals_double(g, data, n, d->normal.mean, d->normal.std);
        }
        return;
    }
    size_t bytes = element_bytes(d->dtype);
    for (size_t i = 0; i < n; i += CHUNK) {
        draw(g, d, (char *)data + i * bytes, n - i < CHUNK ? n - i : CHUNK);
    }
}

/* A walk over every element of one or two tensors, in the memory order of the first. */
typedef struct walk {
    int ndim;
    int64_t count, shape[AG_MAX_DIMS], index[AG_MAX_DIMS];
    int64_t strides[2][AG_MAX_DIMS], offset[2];
} walk;

static walk walk_start(int ndim, const int64_t *shape, const int64_t *strides,
                       const int64_t *other_strides)
{
    walk w;
    w.ndim = 0;
    w.count = 1;
    w.offset[0] = w.offset[1] = 0;
    for (int dim = 0; dim < ndim; dim++) {
        w.count *= shape[dim];
        if (shape[dim] == 1) {
            continue;
        }
        int at = w.ndim++;
        for (; at > 0 && w.strides[0][at - 1] < strides[dim]; at--) {
            w.shape[at] = w.shape[at - 1];
            w.strides[0][at] = w.strides[0][at - 1];
            w.strides[1][at] = w.strides[1][at - 1];
        }
        w.shape[at] = shape[dim];
        w.strides[0][at] = strides[dim];
        w.strides[1][at] = other_strides ? other_strides[dim] : 0;
        w.index[w.ndim - 1] = 0;
    }
    return w;
}

static void walk_next(walk *w)
{
    for (int dim = w->ndim - 1; dim >= 0; dim--) {
        w->offset[0] += w->strides[0][dim];
        w->offset[1] += w->strides[1][dim];
        if (++w->index[dim] < w->shape[dim]) {
            return;
        }
        w->index[dim] = 0;
        w->offset[0] -= w->strides[0][dim] * w->shape[dim];
        w->offset[1] -= w->strides[1][dim] * w->shape[dim];
    }
}

/* Whether elements in logical order are neighbours; a dim of size 1 may have any stride. */
static bool is_contiguous(int ndim, const int64_t *shape, const int64_t *strides)
{
    int64_t expected = 1;
    for (int dim = ndim - 1; dim >= 0; dim--) {
        if (shape[dim] != 1) {
            if (strides[dim] != expected) {
                return false;
            }
            expected *= shape[dim];
        }
    }
    return true;
}

void agi_random_fill(agi_generator *g, const agi_distribution *d, void *data, int ndim,
                     const int64_t *shape, const int64_t *strides)
{
    walk w = walk_start(ndim, shape, strides, NULL);
    if (is_contiguous(ndim, shape, strides)) {
        fill_contiguous(g, d, data, (size_t)w.count);
        return;
    }
    int64_t values[CHUNK]; /* of any dtype */
    size_t bytes = element_bytes(d->dtype);
    for (int64_t done = 0; done < w.count; done += CHUNK) {
        size_t n = (size_t)(w.count - done < CHUNK ? w.count - done : CHUNK);
        draw(g, d, values, n);
        for (size_t i = 0; i < n; i++) {
            memcpy((char *)data + w.offset[0] * (int64_t)bytes, (char *)values + i * bytes, bytes);
            walk_next(&w);
        }
    }
}

bool agi_random_bernoulli_each(agi_generator *g, ag_dtype dtype, void *out,
                               const int64_t *strides, ag_dtype p_dtype, const void *p,
                               const int64_t *p_strides, int ndim, const int64_t *shape)
{
    walk check = walk_start(ndim, shape, strides, p_strides);
    for (int64_t i = 0; i < check.count; i++) {
        int64_t at = check.offset[1];
        double value = p_dtype == AG_FLOAT32 ? ((const float *)p)[at] : ((const double *)p)[at];
        if (!(value >= 0 && value <= 1)) {
            return false;
        }
        walk_next(&check);
    }
    walk w = walk_start(ndim, shape, strides, p_strides);
    size_t bytes = element_bytes(dtype);
    for (int64_t done = 0; done < w.count; done += CHUNK) {
        size_t n = (size_t)(w.count - done < CHUNK ? w.count - done : CHUNK);
        float floats[CHUNK];
        double doubles[CHUNK];
        if (p_dtype == AG_FLOAT32) {
            unit_floats(g, floats, n);
        } else {
            unit_doubles(g, doubles, n);
        }
        for (size_t i = 0; i < n; i++) {
            int64_t at = w.offset[1];
            int64_t hit = p_dtype == AG_FLOAT32 ? floats[i] < ((const float *)p)[at]
                                                : doubles[i] < ((const double *)p)[at];
            agi_store_integers(dtype, (char *)out + w.offset[0] * (int64_t)bytes, &hit, 1);
            walk_next(&w);
        }
    }
    return true;
}
