/* The product of matrices against a plain triple loop in long double: every instruction set that
   the machine has. */
#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "context.h"
#include "memory.h"
#include "product.h"
#include "product_kernels.h"
#include "threads.h"

static ag_context *context;
static uint64_t state = 88172645463325252u;

static uint64_t random_bits(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int64_t below(int64_t limit)
{
    return (int64_t)(random_bits() % (uint64_t)limit);
}

enum layout { ROWS, COLUMNS, SPACED, ROW_REPEATED, COLUMN_REPEATED, LAYOUTS };
enum way { CHOSEN, BLOCKED, WAYS };

struct operand {
    int64_t rows, columns, row, column, count;
    void *data;
};

static double get(ag_dtype dtype, const void *data, int64_t i)
{
    return dtype == AG_FLOAT32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

static void set(ag_dtype dtype, void *data, int64_t i, double value)
{
    if (dtype == AG_FLOAT32) {
        ((float *)data)[i] = (float)value;
    } else {
        ((double *)data)[i] = value;
    }
}

static double random_number(void)
{
    return (double)(below(1 << 24) - (1 << 23)) / (1 << 23);
}

/* Exactly as many elements as the strides reach, so that a sanitizer sees a read beyond. */
static struct operand make_operand(ag_dtype dtype, int64_t rows, int64_t columns,
                                   enum layout layout)
{
    int64_t gap = below(3);
    int64_t row = columns + gap, column = 1;
    if (layout == COLUMNS) {
        row = 1;
        column = rows + gap;
    } else if (layout == SPACED) {
        row = 2 * columns + gap;
        column = 2;
    } else if (layout == ROW_REPEATED) {
        row = 0;
    } else if (layout == COLUMN_REPEATED) {
        row = 1;
        column = 0;
    }
    int64_t count = rows && columns ? (rows - 1) * row + (columns - 1) * column + 1 : 0;
    struct operand made = {rows, columns, row, column, count,
                           malloc((size_t)(count + !count) * ag_dtype_size(dtype))};
    for (int64_t i = 0; i < count; i++) {
        set(dtype, made.data, i, random_number());
    }
    return made;
}

static bool multiply(enum way way, ag_dtype dtype, const struct operand *a, const struct operand *b,
                     void *c, int64_t c_row, bool accumulate)
{
    int64_t m = a->rows, n = b->columns, k = a->columns;
    struct agi_product x = {agi_product_kernels_for(context->isa, dtype), dtype,
                            (int64_t)ag_dtype_size(dtype), m, n, k, a->data, a->row, a->column,
                            b->data, b->row, b->column, c, c_row, accumulate};
    if (way == BLOCKED && m && n && k) {
        size_t bytes = agi_product_blocked_room(&x, agi_threads(context));
        void *room = agi_allocate(context, bytes);
        bool whole = room != NULL && agi_product_blocked(context, &x, room);
        agi_deallocate(context, room, bytes);
        return whole;
    }
    return agi_product(context, dtype, m, n, k, a->data, a->row, a->column, b->data, b->row,
                       b->column, c, c_row, accumulate);
}

/* C is NaN before, where it is not to be read, and so are the columns beyond n, which stay. */
static void check_product(enum way way, ag_dtype dtype, const struct operand *a,
                          const struct operand *b, bool accumulate)
{
    int64_t m = a->rows, n = b->columns, k = a->columns;
    int64_t c_row = n + below(3);
    int64_t count = m * c_row;
    void *c = malloc((size_t)(count + 1) * ag_dtype_size(dtype));
    double *before = malloc((size_t)(count + 1) * sizeof *before);
    for (int64_t i = 0; i < count; i++) {
        set(dtype, c, i, accumulate && i % c_row < n ? random_number() : NAN);
        before[i] = get(dtype, c, i);
    }
    CHECK(multiply(way, dtype, a, b, c, c_row, accumulate));
    double unit = dtype == AG_FLOAT32 ? 0x1p-24 : 0x1p-53;
    bool same = true;
    for (int64_t i = 0; i < count && same; i++) {
        int64_t j = i % c_row;
        double got = get(dtype, c, i);
        if (j >= n) {
            same = isnan(got);
            continue;
        }
        long double sum = 0, magnitude = 0;
        for (int64_t p = 0; p < k; p++) {
            long double term =
                (long double)get(dtype, a->data, i / c_row * a->row + p * a->column) *
                (long double)get(dtype, b->data, p * b->row + j * b->column);
            sum += term;
            magnitude += fabsl(term);
        }
        if (accumulate) {
            sum += before[i];
            magnitude += fabs(before[i]);
        }
        same = isfinite((double)sum)
                   ? fabsl(got - sum) <= (long double)(k + 2) * unit * magnitude
                   : got == (double)sum || (isnan(got) && isnan((double)sum));
    }
    if (!same) {
        CHECK_REPORT("wrong: %s, %s, way %d, %lld x %lld x %lld, A's strides %lld %lld, "
                     "B's %lld %lld, accumulate %d", ag_isa_name(context), ag_dtype_name(dtype),
                     (int)way, (long long)m, (long long)n, (long long)k, (long long)a->row,
                     (long long)a->column, (long long)b->row, (long long)b->column, accumulate);
    }
    free(c);
    free(before);
}

static void check_layout(enum way way, ag_dtype dtype, int64_t m, int64_t n, int64_t k,
                         enum layout a_layout, enum layout b_layout)
{
    struct operand a = make_operand(dtype, m, k, a_layout);
    struct operand b = make_operand(dtype, k, n, b_layout);
    check_product(way, dtype, &a, &b, below(2));
    free(a.data);
    free(b.data);
}

static void check_shape(enum way way, ag_dtype dtype, int64_t m, int64_t n, int64_t k)
{
    check_layout(way, dtype, m, n, k, (enum layout)below(LAYOUTS), (enum layout)below(LAYOUTS));
}

/* Runs check once for each instruction set of the machine and each dtype. */
static void everywhere(void (*check)(ag_dtype dtype))
{
    agi_isa best = context->isa;
    for (int isa = 0; isa <= (int)best; isa++) {
        context->isa = (agi_isa)isa;
        check(AG_FLOAT32);
        check(AG_FLOAT64);
    }
    context->isa = best;
}

static void small_shapes(ag_dtype dtype)
{
    static const int64_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    for (int i = 0; i < COUNT * COUNT * COUNT; i++) {
        int64_t m = sizes[i % COUNT], n = sizes[i / COUNT % COUNT], k = sizes[i / COUNT / COUNT];
        check_shape(CHOSEN, dtype, m, n, k);
        check_shape(BLOCKED, dtype, m, n, k);
    }
}

static void test_small_shapes(void)
{
    everywhere(small_shapes);
}

static void all_layouts(ag_dtype dtype)
{
    for (int i = 0; i < LAYOUTS * LAYOUTS * 2; i++) {
        struct operand a = make_operand(dtype, 23, 37, (enum layout)(i % LAYOUTS));
        struct operand b = make_operand(dtype, 37, 41, (enum layout)(i / LAYOUTS % LAYOUTS));
        struct operand column = make_operand(dtype, 37, 1, (enum layout)(i / LAYOUTS % LAYOUTS));
        struct operand row = make_operand(dtype, 1, 23, (enum layout)(i / LAYOUTS % LAYOUTS));
        bool accumulate = i >= LAYOUTS * LAYOUTS;
        for (enum way way = CHOSEN; way < WAYS; way++) {
            check_product(way, dtype, &a, &b, accumulate);
            check_product(way, dtype, &a, &column, accumulate);
            check_product(way, dtype, &row, &a, accumulate);
        }
        free(a.data);
        free(b.data);
        free(column.data);
        free(row.data);
    }
}

static void test_all_layouts(void)
{
    everywhere(all_layouts);
}

/* Around the sizes of the blocks, and what is done where it stands. */
static void block_edges(ag_dtype dtype)
{
    static const int64_t shapes[][3] = {{130, 131, 129}, {3, 2050, 385}, {20, 2049, 21},
                                        {171, 20, 769},  {513, 17, 40},  {15, 1025, 17},
                                        {17, 16, 1025},  {64, 128, 784}, {2, 2, 20000}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (enum way way = CHOSEN; way < WAYS; way++) {
            const int64_t *shape = shapes[i];
            enum layout left = (enum layout)below(2);
            check_layout(way, dtype, shape[0], shape[1], shape[2], left, ROWS);
            check_layout(way, dtype, shape[0], shape[1], shape[2], left, COLUMNS);
        }
    }
    static const int64_t vectors[][3] = {{1, 1, 100003}, {4099, 1, 37},  {1, 4099, 37},
                                         {4099, 1, 3},   {1, 3, 4099},   {301, 211, 1},
                                         {3001, 3, 1},   {1, 5000, 2000}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        check_shape(CHOSEN, dtype, vectors[i][0], vectors[i][1], vectors[i][2]);
    }
}

static void test_block_edges(void)
{
    everywhere(block_edges);
}

/* NaN and infinity reach what a plain loop lets them reach, and nothing else. */
static void not_finite(ag_dtype dtype)
{
    for (int i = 0; i < 60; i++) {
        int64_t m = 1 + below(40), n = 1 + below(40), k = 1 + below(40);
        struct operand a = make_operand(dtype, m, k, (enum layout)below(SPACED + 1));
        struct operand b = make_operand(dtype, k, n, (enum layout)below(SPACED + 1));
        set(dtype, a.data, below(a.count), i % 2 ? NAN : INFINITY);
        set(dtype, b.data, below(b.count), i % 3 ? -INFINITY : NAN);
        set(dtype, a.data, below(a.count), 0);
        set(dtype, b.data, below(b.count), 0);
        for (enum way way = CHOSEN; way < WAYS; way++) {
            check_product(way, dtype, &a, &b, i & 4);
        }
        free(a.data);
        free(b.data);
    }
}

static void test_not_finite(void)
{
    everywhere(not_finite);
}

/* Each type's own bytes are compared, so a sum that does not wrap around is seen. */
static void test_integers(void)
{
    static const ag_dtype dtypes[] = {AG_INT64, AG_INT32, AG_UINT8};
    for (int i = 0; i < 600; i++) {
        ag_dtype dtype = dtypes[i % 3];
        int64_t size = (int64_t)ag_dtype_size(dtype);
        int64_t m = below(40), n = i % 50 == 0 ? 300 : below(40), k = below(70);
        int64_t c_row = n + below(3);
        int64_t a_row = i & 1 ? k : 1, a_column = i & 1 ? 1 : m;
        int64_t b_row = i & 2 ? n : 1, b_column = i & 2 ? 1 : k;
        unsigned char *a = malloc((size_t)(m * k * size + 1));
        unsigned char *b = malloc((size_t)(k * n * size + 1));
        unsigned char *c = malloc((size_t)(m * c_row * size + 1));
        for (int64_t at = 0; at < m * k * size; at++) {
            a[at] = (unsigned char)random_bits();
        }
        for (int64_t at = 0; at < k * n * size; at++) {
            b[at] = (unsigned char)random_bits();
        }
        bool accumulate = i & 4;
        memset(c, 7, (size_t)(m * c_row * size));
        CHECK(agi_product(context, dtype, m, n, k, a, a_row, a_column, b, b_row, b_column, c, c_row,
                          accumulate));
        uint64_t mask = size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
        uint64_t garbage = 0x0707070707070707u & mask;
        for (int64_t at = 0; at < m * c_row; at++) {
            int64_t row = at / c_row, column = at % c_row;
            uint64_t sum = accumulate || column >= n ? garbage : 0, got = 0;
            for (int64_t p = 0; p < k && column < n; p++) {
                uint64_t left = 0, right = 0;
                memcpy(&left, a + (row * a_row + p * a_column) * size, (size_t)size);
                memcpy(&right, b + (p * b_row + column * b_column) * size, (size_t)size);
                sum += left * right;
            }
            memcpy(&got, c + at * size, (size_t)size);
            CHECK(got == (sum & mask));
        }
        free(a);
        free(b);
        free(c);
    }
}

/* The same product again gives the same bits, and so do its rows alone where our own loops make it:
   work may be cut anywhere. */
static void same_bits(ag_dtype dtype)
{
    struct operand a = make_operand(dtype, 61, 800, ROWS);
    struct operand b = make_operand(dtype, 800, 67, ROWS);
    size_t bytes = 61 * 67 * ag_dtype_size(dtype);
    char *once = malloc(bytes), *again = malloc(bytes);
    CHECK(multiply(CHOSEN, dtype, &a, &b, once, 67, false));
    CHECK(multiply(CHOSEN, dtype, &a, &b, again, 67, false));
    CHECK(memcmp(once, again, bytes) == 0);
    struct operand column = {800, 1, 1, 1, 800, b.data};
    CHECK(multiply(CHOSEN, dtype, &a, &column, once, 1, false));
    for (int64_t i = 0; i < 61; i++) {
        struct operand row = {1, 800, a.row, 1, 800,
                              (char *)a.data + (size_t)(i * a.row) * ag_dtype_size(dtype)};
        CHECK(multiply(CHOSEN, dtype, &row, &column, again, 1, false));
        CHECK(memcmp(once + (size_t)i * ag_dtype_size(dtype), again, ag_dtype_size(dtype)) == 0);
    }
    free(a.data);
    free(b.data);
    free(once);
    free(again);
}

static void test_same_bits(void)
{
    everywhere(same_bits);
}

static void interrupted(enum way way, int64_t m, int64_t n, int64_t k)
{
    struct operand a = make_operand(AG_FLOAT32, m, k, ROWS);
    struct operand b = make_operand(AG_FLOAT32, k, n, ROWS);
    void *c = malloc((size_t)(m * n) * sizeof(float));
    volatile int flag = 1;
    ag_set_interrupt_flag(context, &flag);
    CHECK(!multiply(way, AG_FLOAT32, &a, &b, c, n, false));
    CHECK_INT(ag_error_category(context), AG_ERROR_INTERRUPTED);
    ag_clear_error(context);
    ag_set_interrupt_flag(context, NULL);
    free(a.data);
    free(b.data);
    free(c);
}

static void test_interrupt(void)
{
    interrupted(BLOCKED, 500, 500, 500);
    interrupted(BLOCKED, 2, 500, 500);
    interrupted(CHOSEN, 3000, 1, 3000);
    interrupted(CHOSEN, 3000, 3000, 1);
}

static void test_out_of_memory(void)
{
    static const int64_t shapes[][3] = {{500, 500, 500}, {5000, 1, 5000}, {2, 5000, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int64_t m = shapes[i][0], n = shapes[i][1], k = shapes[i][2];
        struct operand a = make_operand(AG_FLOAT32, m, k, ROWS);
        struct operand b = make_operand(AG_FLOAT32, k, n, SPACED);
        void *c = malloc((size_t)(m * n) * sizeof(float));
        ag_empty_cache(context);
        ag_set_bytes_limit(context, ag_bytes_reserved(context) + 1000);
        CHECK(!multiply(CHOSEN, AG_FLOAT32, &a, &b, c, n, false));
        CHECK_INT(ag_error_category(context), AG_ERROR_MEMORY);
        ag_clear_error(context);
        ag_set_bytes_limit(context, 0);
        CHECK(multiply(CHOSEN, AG_FLOAT32, &a, &b, c, n, false));
        free(a.data);
        free(b.data);
        free(c);
    }
}

static size_t bytes_at_start;

static void test_memory_is_given_back(void)
{
    CHECK_INT(ag_bytes_used(context), bytes_at_start);
}

int main(void)
{
    context = ag_context_new(NULL, NULL);
    bytes_at_start = ag_bytes_used(context);
    RUN_TEST(test_small_shapes);
    RUN_TEST(test_all_layouts);
    RUN_TEST(test_block_edges);
    RUN_TEST(test_not_finite);
    RUN_TEST(test_integers);
    RUN_TEST(test_same_bits);
    RUN_TEST(test_interrupt);
    RUN_TEST(test_out_of_memory);
    RUN_TEST(test_memory_is_given_back);
    ag_context_free(context);
    return TESTS_END();
}
