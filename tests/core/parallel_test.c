/* Large work that is cut into chunks: every kind of operation gives the same bits at any number of
 * threads, at sizes around those at which it is cut, and the numbers are those of a plain loop. */
#include <stdlib.h>

#include "cut.h"
#include "numbers.h"

/* A case makes a tensor from a, b (float32, of the case's numel) and c (float64), the same each
 * time. */
typedef struct operands {
    ag_tensor *a, *b, *c;
} operands;

typedef struct shared_case {
    const char *name;
    ag_tensor *(*run)(operands o);
} shared_case;

#define ALL AG_NO_INTEGERS
#define FIRST AG_INTEGERS(1)
#define LAST AG_INTEGERS(-1)
#define AS_IS AG_DTYPE_NONE

/* The first result of an operation with two. */
static ag_tensor *positions_of(ag_tensor *x, int64_t dim)
{
    ag_tensor *values, *positions;
    return ag_max_along(x, dim, false, &values, &positions) ? ag_add(ag_double(values), positions)
                                                            : NULL;
}

static ag_tensor *sorted(ag_tensor *x, int64_t dim)
{
    ag_tensor *values, *positions;
    return ag_sort(x, dim, false, NULL, &values, &positions) ? ag_mul(ag_double(values), positions)
                                                             : NULL;
}

/* a's elements as a matrix of so many columns. */
static ag_tensor *matrix(ag_tensor *a, int64_t columns)
{
    int64_t rows = ag_numel(a) / columns;
    return ag_reshape(ag_narrow(a, 1, 1, rows * columns), AG_INTEGERS(rows, columns));
}

/* The gradient of a weighted sum of what f makes of a. */
static ag_tensor *gradient(operands o, ag_tensor *(*f)(ag_tensor *))
{
    ag_tensor *x = ag_detach(ag_clone(o.a));
    ag_set_grad_mode(ag_context_of(o.a), true);
    ag_set_requires_grad(x, true);
    ag_tensor *y = f(x);
    bool done = backward(total(ag_mul(y, y)), false, false);
    ag_set_grad_mode(ag_context_of(o.a), false);
    return done ? ag_grad(x) : NULL;
}

/* Positions from 1 to size, each several times, in the shape of x. */
static ag_tensor *places_like(ag_tensor *x, int64_t size)
{
    const int64_t count = ag_numel(x);
    ag_tensor *places = ag_empty(ag_context_of(x), AG_INTEGERS(count), AG_INT64, false);
    for (int64_t i = 0; i < count; i++) {
        ((int64_t *)ag_data_pointer(places))[i] = i * 7919 % size + 1;
    }
    return ag_view_as(places, x);
}

#define CASE(NAME, EXPRESSION)                                                                  \
    static ag_tensor *run_##NAME(operands o)                                                      \
    {                                                                                           \
        ag_tensor *a = o.a, *b = o.b, *c = o.c;                                                 \
        (void)a, (void)b, (void)c;                                                              \
        return EXPRESSION;                                                                      \
    }
#define GRADIENT_CASE(NAME, EXPRESSION)                                                         \
    static ag_tensor *forward_##NAME(ag_tensor *a)                                              \
    {                                                                                           \
        return EXPRESSION;                                                                      \
    }                                                                                           \
    static ag_tensor *run_##NAME(operands o)                                                      \
    {                                                                                           \
        return gradient(o, forward_##NAME);                                                     \
    }
#define CASES(DO)                                                                               \
    DO(add, ag_add(a, b))                                                                       \
    DO(add_number, ag_add_number(a, 3))                                                         \
    DO(add_mixed, ag_add(a, c))                                                                 \
    DO(exp, ag_exp(a))                                                                          \
    DO(exp_double, ag_exp(c))                                                                   \
    DO(tanh, ag_tanh(a))                                                                        \
    DO(pow, ag_pow(ag_abs(a), b))                                                               \
    DO(where, ag_where(ag_gt(a, b), a, b))                                                      \
    DO(in_place, ag_mul_(ag_clone(a), b))                                                       \
    DO(to_int, ag_long(ag_mul_number(a, 100)))                                                  \
    DO(rows, ag_add(matrix(a, 37), ag_select(matrix(b, 37), 1, 1)))                             \
    DO(columns, ag_mul(matrix(a, 37), ag_narrow(matrix(b, 37), 2, 5, 1)))                       \
    DO(transposed, ag_contiguous(ag_t(matrix(a, 301))))                                         \
    DO(transposed_add, ag_add(ag_t(matrix(a, 301)), ag_t(matrix(b, 301))))                      \
    DO(strided, ag_exp(ag_narrow(matrix(a, 12), 2, 3, 5)))                                      \
    DO(masked_fill, ag_masked_fill_number(a, ag_gt(a, b), 7))                                   \
    DO(fill_expanded, ag_fill_(ag_expand(ag_zeros(ag_context_of(a), AG_INTEGERS(1), AS_IS,      \
                                                  false), AG_INTEGERS(100000)),                 \
                               ag_select(a, 1, 2)))                                             \
    DO(to_itself, ag_copy_(ag_narrow(matrix(ag_clone(a), 12), 2, 2, 9),                         \
                           ag_narrow(matrix(a, 12), 2, 1, 9)))                                  \
    DO(sum, ag_sum(a, ALL, false, AS_IS))                                                       \
    DO(sum_double, ag_sum(c, ALL, false, AS_IS))                                                \
    DO(sum_first, ag_sum(matrix(a, 1500), FIRST, false, AS_IS))                                 \
    DO(sum_last, ag_sum(matrix(a, 1500), LAST, false, AS_IS))                                   \
    DO(sum_tall, ag_sum(matrix(a, 3), FIRST, false, AS_IS))                                     \
    DO(sum_wide, ag_sum(matrix(a, 3), LAST, false, AS_IS))                                      \
    DO(sum_two, ag_sum(ag_reshape(matrix(a, 60), AG_INTEGERS(-1, 5, 12)), AG_INTEGERS(1, 3),    \
                       false, AS_IS))                                                           \
    DO(sum_strided, ag_sum(ag_narrow(matrix(a, 12), 2, 3, 5), ALL, false, AS_IS))               \
    DO(mean, ag_mean(a, ALL, false, AS_IS))                                                     \
    DO(prod, ag_prod(ag_add_number(ag_mul_number(a, 1e-3), 1), NULL, false, AS_IS))        \
    DO(amax, ag_amax(a, ALL, false))                                                            \
    DO(amin_last, ag_amin(matrix(a, 500), LAST, false))                                         \
    DO(max_along, positions_of(a, 1))                                                           \
    DO(max_first, positions_of(matrix(a, 50), 1))                                               \
    DO(max_last, positions_of(matrix(a, 50), 2))                                                \
    DO(var, ag_var(a, ALL, NULL, false, NULL))                                                  \
    DO(var_first, ag_var(matrix(c, 20), FIRST, NULL, false, NULL))                              \
    DO(logsumexp, ag_logsumexp(a, FIRST, false))                                                \
    DO(logsumexp_first, ag_logsumexp(matrix(a, 20), FIRST, false))                              \
    DO(norm, ag_norm(a, 3, ALL, false, AS_IS))            \
    DO(all, ag_all(ag_ne_number(a, 0), ALL, false))                                             \
    DO(cumsum, ag_cumsum(matrix(a, 50), 2, AS_IS))                                              \
    DO(cumsum_first, ag_cumsum(matrix(a, 50), 1, AS_IS))                                        \
    DO(softmax, ag_softmax(matrix(a, 50), 2, AS_IS))                                            \
    DO(softmax_first, ag_softmax(matrix(a, 5000), 1, AS_IS))                                    \
    DO(log_softmax, ag_log_softmax(matrix(a, 50), 2, AS_IS))                                    \
    DO(mse, ag_mse_loss(a, b, "mean"))                                                          \
    DO(l1, ag_l1_loss(c, ag_double(b), "sum"))                                                  \
    DO(cat, ag_cat((ag_tensors){(ag_tensor *[]){matrix(a, 40), matrix(b, 40)}, 2}, 2))          \
    DO(cat_first, ag_cat((ag_tensors){(ag_tensor *[]){a, ag_narrow(b, 1, 1, 7), b}, 3}, 1))       \
    DO(cat_mixed, ag_cat((ag_tensors){(ag_tensor *[]){matrix(a, 40), ag_narrow(matrix(b, 40),   \
                                      2, 3, 5), matrix(c, 40), ag_narrow(matrix(a, 40), 2, 1,   \
                                      1)}, 4}, 2))                                              \
    DO(index_select, ag_index_select(matrix(a, 40), 2, ag_long(ag_add_number(ag_remainder_number( \
                                     ag_arange(ag_context_of(a), 90, NULL, 1, AG_INT64, false), \
                                     40), 1))))                                                 \
    DO(index_select_rows, ag_index_select(matrix(a, 40), 1, ag_arange(ag_context_of(a),         \
                                          1, (double[]){ag_numel(a) / 40 + 1.0}, 2, AG_INT64,   \
                                          false)))                                              \
    DO(gather, ag_gather(a, 1, places_like(a, ag_numel(a))))                                    \
    DO(gather_first, ag_gather(matrix(a, 40), 1, places_like(matrix(a, 40), 31)))               \
    DO(gather_few, ag_gather(matrix(a, 40), 2, ag_narrow(places_like(matrix(a, 40), 40), 2, 3,  \
                                                         2)))                                   \
    DO(gather_last, ag_gather(matrix(a, 40), 2, places_like(matrix(a, 40), 40)))                \
    DO(scatter, ag_scatter(matrix(a, 40), 2, places_like(matrix(a, 40), 40), matrix(b, 40)))    \
    DO(scatter_add, ag_scatter_add(a, 1, places_like(a, 1000), b))                              \
    DO(scatter_add_few, ag_scatter_add(matrix(a, 3), 2, places_like(matrix(a, 3), 2),           \
                                       matrix(b, 3)))                                           \
    DO(scatter_add_first, ag_scatter_add(matrix(a, 40), 1, places_like(matrix(a, 40), 31),      \
                                         matrix(b, 40)))                                        \
    DO(scatter_add_last, ag_scatter_add(matrix(c, 40), 2, places_like(matrix(a, 40), 31),       \
                                        matrix(c, 40)))                                         \
    DO(index_add, ag_index_add(matrix(a, 40), 2, places_like(ag_narrow(a, 1, 1, 40), 31),       \
                               matrix(b, 40)))                                                  \
    DO(stack_first, ag_stack((ag_tensors){(ag_tensor *[]){a, b, a}, 3}, 1))                     \
    DO(stack_mixed, ag_stack((ag_tensors){(ag_tensor *[]){matrix(a, 3), matrix(c, 3)}, 2}, 2))  \
    DO(stack, ag_stack((ag_tensors){(ag_tensor *[]){a, b}, 2}, 2))                              \
    DO(sort, sorted(matrix(a, 50), 2))                                                          \
    DO(sort_first, sorted(matrix(c, 50), 1))                                                    \
    DO(flip, ag_flip(matrix(a, 40), AG_INTEGERS(1, 2)))                                         \
    DO(dot, ag_dot(a, b))                                                                       \
    DO(dot_double, ag_dot(c, c))                                                                \
    DO(mv, ag_mv(matrix(a, 300), ag_narrow(b, 1, 1, 300)))                                      \
    DO(mv_transposed, ag_mv(ag_t(matrix(a, 300)), ag_select(matrix(b, 300), 2, 1)))             \
    DO(mv_short, ag_mv(matrix(a, 3), ag_narrow(b, 1, 1, 3)))                                    \
    DO(outer, ag_mm(matrix(ag_narrow(a, 1, 1, 700), 1), matrix(ag_narrow(b, 1, 1, 401), 401)))   \
    DO(mm, ag_mm(matrix(a, 130), ag_t(matrix(ag_narrow(b, 1, 1, 130 * 77), 130))))              \
    DO(mm_inner, ag_mm(ag_t(matrix(a, 150)), matrix(b, 150)))                                   \
    DO(mm_few, ag_mm(matrix(ag_narrow(a, 1, 1, 900), 300),                                      \
                     ag_narrow(matrix(b, ag_numel(b) / 300), 1, 1, 300)))                       \
    DO(mm_double, ag_mm(matrix(c, 130), ag_t(matrix(ag_narrow(c, 1, 1, 130 * 77), 130))))       \
    DO(mm_integer, ag_mm(ag_long(matrix(a, 130)), ag_t(ag_long(matrix(ag_narrow(b, 1, 1,        \
                         130 * 20), 130)))))                                                    \
    DO(bmm, ag_bmm(ag_reshape(matrix(a, 600), AG_INTEGERS(-1, 20, 30)),                         \
                   ag_reshape(matrix(b, 600), AG_INTEGERS(-1, 30, 20))))                        \
    DO(bmm_transposed, ag_bmm(ag_transpose(ag_reshape(matrix(a, 600), AG_INTEGERS(-1, 20, 30)), \
                                           2, 3),                                               \
                              ag_transpose(ag_reshape(matrix(b, 600), AG_INTEGERS(-1, 30, 20)), \
                                           2, 3)))
#define GRADIENT_CASES(DO)                                                                      \
    DO(gather_back, ag_gather(matrix(a, 40), 2, places_like(matrix(a, 40), 31)))                \
    DO(gather_first_back, ag_gather(matrix(a, 40), 1, places_like(matrix(a, 40), 31)))          \
    DO(tanh_back, ag_tanh(a))                                                                   \
    DO(softmax_back, ag_softmax(matrix(a, 70), 2, AS_IS))                                       \
    DO(softmax_first_back, ag_softmax(matrix(a, 3000), 1, AS_IS))                               \
    DO(mm_back, ag_mm(matrix(a, 200), ag_t(matrix(ag_narrow(a, 1, 1, 200 * 90), 200))))         \
    DO(broadcast_back, ag_mul(matrix(a, 100), ag_narrow(a, 1, 1, 100)))
CASES(CASE)
GRADIENT_CASES(GRADIENT_CASE)

static const shared_case cases[] = {
#define ENTRY(NAME, EXPRESSION) {#NAME, run_##NAME},
    CASES(ENTRY) GRADIENT_CASES(ENTRY)
};

static size_t bytes_of(ag_tensor *t)
{
    return (size_t)ag_numel(t) * ag_dtype_size(ag_dtype_of(t));
}

/* A case's result at each number of threads. */
static void check_case(ag_context *context, const shared_case *one, operands o)
{
    char *expected = NULL;
    size_t bytes = 0;
    for (int threads = 1; threads <= 4; threads++) {
        ag_scope_open(context);
        ag_set_num_threads(context, threads);
        ag_tensor *result = ag_contiguous(one->run(o));
        if (result == NULL) {
            CHECK_REPORT("%s of %lld: %s", one->name, (long long)ag_numel(o.a),
                         ag_error_text(context));
            ag_clear_error(context);
        } else if (threads == 1) {
            bytes = bytes_of(result);
            expected = malloc(bytes + 1);
            memcpy(expected, ag_data_pointer(result), bytes);
        } else if (expected == NULL || memcmp(expected, ag_data_pointer(result), bytes) != 0) {
            CHECK_REPORT("%s of %lld elements has other bits at %d threads", one->name,
                         (long long)ag_numel(o.a), threads);
        }
        ag_scope_close(context);
    }
    free(expected);
}

static void the_same_bits(void)
{
    static const int64_t sizes[] = {
        20000, AGI_CHUNK - 1, AGI_CHUNK, AGI_CHUNK + 1, 2 * AGI_CHUNK + 63, 300007,
    };
    ag_context *context = ag_context_new(NULL, NULL);
    ag_set_grad_mode(context, false);
    ag_manual_seed(context, 11);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ag_scope_open(context);
        ag_integers shape = {&sizes[i], 1};
        operands o = {
            ag_randn(context, shape, AG_DTYPE_NONE, false),
            ag_randn(context, shape, AG_DTYPE_NONE, false),
            ag_randn(context, shape, AG_FLOAT64, false),
        };
        for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
            check_case(context, &cases[k], o);
        }
        ag_scope_close(context);
    }
    ag_context_free(context);
}

/* ---- The numbers of a plain loop -------------------------------------------------- */

/* What a line of `count` numbers, `step` apart, reduces to. */
static void reduce_line(const double *x, int64_t count, int64_t step, double *results)
{
    double sum = 0, squares = 0, exponentials = 0;
    int64_t best = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += x[i * step];
        exponentials += exp(x[i * step]);
        best = x[i * step] > x[best * step] ? i : best;
    }
    for (int64_t i = 0; i < count; i++) {
        squares += (x[i * step] - sum / (double)count) * (x[i * step] - sum / (double)count);
    }
    results[0] = sum;
    results[1] = x[best * step];
    results[2] = (double)best + 1;
    results[3] = squares / (double)(count - 1);
    results[4] = log(exponentials);
}

static void check_reductions(ag_context *context, int64_t rows, int64_t columns, int64_t dim)
{
    ag_scope_open(context);
    ag_tensor *x = ag_randn(context, AG_INTEGERS(rows, columns), AG_FLOAT64, false);
    ag_tensor *largest, *positions;
    bool done = ag_max_along(x, dim, false, &largest, &positions);
    const ag_tensor *results[] = {
        ag_sum(x, AG_INTEGERS(dim), false, AG_DTYPE_NONE), largest,
        done ? ag_double(positions) : NULL, ag_var(x, AG_INTEGERS(dim), NULL, false, NULL),
        ag_logsumexp(x, AG_INTEGERS(dim), false),
    };
    int64_t kept = dim == 1 ? columns : rows, count = dim == 1 ? rows : columns;
    for (int64_t i = 0; i < kept; i++) {
        double wanted[5];
        const double *at = (const double *)ag_data_pointer(x) + (dim == 1 ? i : i * columns);
        reduce_line(at, count, dim == 1 ? columns : 1, wanted);
        for (int k = 0; k < 5; k++) {
            double tolerance = k == 0 ? 1e-9 : 1e-11;
            CHECK_NEAR(((const double *)ag_data_pointer(results[k]))[i], wanted[k], tolerance);
        }
    }
    ag_scope_close(context);
}

static void large_reductions(void)
{
    static const int64_t shapes[][2] = {
        {300007, 1}, {1, 300007}, {200000, 3}, {3, 200000}, {700, 1100}, {40, 9000}, {9000, 40},
    };
    ag_context *context = ag_context_new(NULL, NULL);
    ag_manual_seed(context, 5);
    ag_set_num_threads(context, 2);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_reductions(context, shapes[i][0], shapes[i][1], 1);
        check_reductions(context, shapes[i][0], shapes[i][1], 2);
    }
    ag_context_free(context);
}

/* a + b' + c + 1 for a (rows, columns), b (columns, rows), c a row. */
static void large_points(void)
{
    enum { ROWS = 301, COLUMNS = 407 };
    ag_context *context = ag_context_new(NULL, NULL);
    ag_set_num_threads(context, 2);
    ag_scope_open(context);
    ag_tensor *a = ag_randn(context, AG_INTEGERS(ROWS, COLUMNS), AG_DTYPE_NONE, false);
    ag_tensor *b = ag_randn(context, AG_INTEGERS(COLUMNS, ROWS), AG_DTYPE_NONE, false);
    ag_tensor *c = ag_randn(context, AG_INTEGERS(COLUMNS), AG_DTYPE_NONE, false);
    ag_tensor *sum = ag_add_number(ag_add(ag_add(a, ag_t(b)), c), 1);
    const float *x = ag_data_pointer(a), *y = ag_data_pointer(b), *z = ag_data_pointer(c);
    const float *got = ag_data_pointer(sum);
    for (int64_t i = 0; i < ROWS; i++) {
        for (int64_t j = 0; j < COLUMNS; j++) {
            CHECK(got[i * COLUMNS + j] == x[i * COLUMNS + j] + y[j * ROWS + i] + z[j] + 1);
        }
    }
    ag_scope_close(context);
    ag_context_free(context);
}

enum { ROWS = 700, COLUMNS = 300 };

/* What works along lines, of x (ROWS, COLUMNS) along the last dim, and of x' along the first. */
static void check_lines(ag_tensor *x, ag_tensor *along_last, ag_tensor *along_first,
                        void (*expect)(const double *line, double *wanted))
{
    const double *numbers = ag_data_pointer(x), *last = ag_data_pointer(along_last);
    const double *first = ag_data_pointer(along_first);
    double wanted[COLUMNS];
    for (int64_t i = 0; i < ROWS; i++) {
        expect(numbers + i * COLUMNS, wanted);
        for (int64_t j = 0; j < COLUMNS; j++) {
            CHECK_NEAR(last[i * COLUMNS + j], wanted[j], 1e-11);
            CHECK_NEAR(first[j * ROWS + i], wanted[j], 1e-11);
        }
    }
}

static void running_sum(const double *line, double *wanted)
{
    double sum = 0;
    for (int i = 0; i < COLUMNS; i++) {
        wanted[i] = sum += line[i];
    }
}

static void shares(const double *line, double *wanted)
{
    double sum = 0;
    for (int i = 0; i < COLUMNS; i++) {
        sum += exp(line[i]);
    }
    for (int i = 0; i < COLUMNS; i++) {
        wanted[i] = exp(line[i]) / sum;
    }
}

static int compare(const void *x, const void *y)
{
    return (*(const double *)x > *(const double *)y) - (*(const double *)x < *(const double *)y);
}

static void in_order(const double *line, double *wanted)
{
    memcpy(wanted, line, COLUMNS * sizeof *wanted);
    qsort(wanted, COLUMNS, sizeof *wanted, compare);
}

static void every_third(const double *line, double *wanted)
{
    for (int i = 0; i < COLUMNS; i++) {
        wanted[i] = line[3 * i % COLUMNS];
    }
}

static void twice(const double *line, double *wanted)
{
    for (int i = 0; i < COLUMNS; i++) {
        wanted[i] = line[i % (COLUMNS / 2)];
    }
}

static ag_tensor *values_in_order(ag_tensor *x, int64_t dim)
{
    ag_tensor *values, *positions;
    return ag_sort(x, dim, false, NULL, &values, &positions) ? values : NULL;
}

static ag_tensor *half_twice(ag_tensor *x, int64_t dim)
{
    ag_tensor *half = ag_contiguous(ag_narrow(x, dim, 1, COLUMNS / 2));
    return ag_cat((ag_tensors){(ag_tensor *[]){half, half}, 2}, dim);
}

static void large_lines(void)
{
    ag_context *context = ag_context_new(NULL, NULL);
    ag_set_num_threads(context, 2);
    ag_scope_open(context);
    ag_tensor *x = ag_randn(context, AG_INTEGERS(ROWS, COLUMNS), AG_FLOAT64, false);
    ag_tensor *y = ag_contiguous(ag_t(x));
    ag_tensor *third = ag_long(ag_add_number(ag_remainder_number(ag_mul_number(ag_arange(context,
                               COLUMNS, NULL, 1, AG_INT64, false), 3), COLUMNS), 1));
    check_lines(x, ag_cumsum(x, 2, AG_DTYPE_NONE), ag_cumsum(y, 1, AG_DTYPE_NONE), running_sum);
    check_lines(x, ag_softmax(x, 2, AG_DTYPE_NONE), ag_softmax(y, 1, AG_DTYPE_NONE), shares);
    check_lines(x, values_in_order(x, 2), values_in_order(y, 1), in_order);
    check_lines(x, ag_index_select(x, 2, third), ag_index_select(y, 1, third), every_third);
    check_lines(x, half_twice(x, 2), half_twice(y, 1), twice);
    ag_scope_close(context);
    ag_context_free(context);
}

int main(void)
{
    RUN_TEST(the_same_bits);
    RUN_TEST(large_reductions);
    RUN_TEST(large_points);
    RUN_TEST(large_lines);
    return TESTS_END();
}
