/* Every operation, with arguments made from its parameters' types: each allocation made to fail in
 * turn, and arguments that do not fit. Whatever comes, it is a result or an error that says why;
 * operands stay as they were, and not a byte is left behind. */
#include <stdint.h>

#include "autograd.h"
#include "check.h"
#include "meter.h"

enum { MOST_PARAMETERS = 24, MOST_OPERANDS = 3, SHAPES = 8, KINDS = 3, LISTS = 7 };

/* What the arguments of one call are like. */
typedef struct manner {
    int shape;       /* of all tensors; 7: a matrix and vectors */
    int self;        /* kind of the first tensor: 0 float64, 1 positions, 2 bool */
    int others;      /* of the others */
    int list;        /* of integers */
    bool optional;   /* whether optional arguments are given */
    int64_t integer; /* where one is wanted and has no default; with optional arguments the first
                        count is 30 */
    bool extreme;    /* `integer` stands everywhere */
} manner;

typedef struct call {
    ag_context *context;
    const ag_operation *operation;
    const ag_operation_info *info;
    bool in_place;
    ag_value arguments[MOST_PARAMETERS];
    ag_tensor *items[MOST_PARAMETERS][MOST_OPERANDS];
    ag_tensor *tensors[MOST_PARAMETERS + MOST_OPERANDS];
    int tensor_count;
    int64_t extreme[2];
} call;

static const int64_t threes[] = {3, 3, 3}, empty[] = {0, 3};

static ag_tensor *new_tensor(ag_context *context, int shape, int kind, bool first)
{
    int64_t ones[AG_MAX_DIMS];
    for (int i = 0; i < AG_MAX_DIMS; i++) {
        ones[i] = 1;
    }
    shape = shape != 7 ? shape : first ? 0 : 1;
    const int64_t *sizes = shape == 4 ? empty : shape == 5 ? ones : threes;
    int ndim = shape == 0 || shape == 4 || shape == 6 ? 2 : shape == 1 ? 1 : shape == 2 ? 3
               : shape == 3 ? 0 : AG_MAX_DIMS;
    static const ag_dtype dtypes[KINDS] = {AG_FLOAT64, AG_INT64, AG_BOOL};
    ag_tensor *t = ag_tensor_new(context, dtypes[kind], ndim, sizes);
    void *data = ag_data_pointer(t);
    for (int64_t i = 0; i < ag_numel(t); i++) {
        if (kind == 0) {
            ((double *)data)[i] = 0.25 + 0.5 * (double)i / 16;
        } else if (kind == 1) {
            ((int64_t *)data)[i] = 1 + i % 3;
        } else {
            ((uint8_t *)data)[i] = i % 2 == 0;
        }
    }
    if (shape == 6) {
        t = ag_clone(ag_transpose(t, 1, 2)); /* laid out the other way round */
    }
    if (kind == 0) {
        ag_set_requires_grad(t, true);
    }
    return t;
}

static ag_tensor *argument(call *c, const manner *m)
{
    bool first = c->tensor_count == 0;
    int kind = first ? m->self : m->others;
    ag_tensor *t = new_tensor(c->context, m->shape, kind, first);
    if (first && c->in_place) {
        t = ag_clone(t); /* no leaf */
    }
    c->tensors[c->tensor_count++] = t;
    return t;
}

static void make_arguments(call *c, const manner *m)
{
    static const int64_t lists[LISTS][3] = {{2, 1}, {3, 3}, {1}, {9}, {1, 2}, {3, 3, 3}, {1, 2, 3}};
    static const int64_t lengths[LISTS] = {2, 2, 1, 1, 2, 3, 3};
    int integers = 0;
    c->tensor_count = 0;
    c->extreme[0] = c->extreme[1] = m->integer;
    for (int i = 0; i < c->info->parameter_count; i++) {
        const ag_parameter *p = &c->info->parameters[i];
        ag_value *v = &c->arguments[i];
        bool is_tensor = p->type <= AG_TYPE_TENSORS;
        bool is_integer = p->type >= AG_TYPE_INTEGER && p->type <= AG_TYPE_INTEGERS;
        *v = p->default_value;
        if ((p->has_default && !is_tensor && !(m->extreme && is_integer)) ||
            (p->optional && !m->optional)) {
            if (p->type == AG_TYPE_TENSOR || p->type == AG_TYPE_OPERAND) {
                v->tensor = AG_NONE;
            }
            continue;
        }
        *v = (ag_value){.given = true};
        switch (p->type) {
        case AG_TYPE_TENSOR:
            v->is_tensor = true;
            v->tensor = argument(c, m);
            break;
        case AG_TYPE_OPERAND:
            v->is_tensor = c->tensor_count == 0 || m->list % 2 == 0;
            if (v->is_tensor) {
                v->tensor = argument(c, m);
            } else {
                v->number = (ag_number){.kind = AG_REAL, .real = 2};
            }
            break;
        case AG_TYPE_TENSORS:
            for (int k = 0; k < MOST_OPERANDS; k++) {
                c->items[i][k] = argument(c, m);
            }
            v->tensors = (ag_tensors){c->items[i], MOST_OPERANDS};
            break;
        case AG_TYPE_NUMBER:
            v->number = (ag_number){.kind = AG_REAL, .real = 0.5};
            break;
        case AG_TYPE_REAL:
            v->real = 0.5;
            break;
        case AG_TYPE_INTEGER:
            v->integer = m->optional && integers++ == 0 ? 30 : m->integer;
            break;
        case AG_TYPE_DIM:
        case AG_TYPE_INDEX:
            v->integer = m->integer;
            break;
        case AG_TYPE_SIZES:
        case AG_TYPE_DIMS:
        case AG_TYPE_INTEGERS:
            v->is_list = true;
            v->integers = m->extreme ? (ag_integers){c->extreme, 2}
                                     : (ag_integers){lists[m->list], lengths[m->list]};
            break;
        case AG_TYPE_BOOL:
            v->boolean = true;
            break;
        case AG_TYPE_STRING:
            v->string = m->list % 2 == 0 ? "mean" : "floor";
            break;
        case AG_TYPE_ORDER:
            v->is_string = m->list % 2 == 0;
            if (v->is_string) {
                v->string = "fro";
            } else {
                v->real = 0.5;
            }
            break;
        case AG_TYPE_DTYPE:
            v->dtype = AG_FLOAT64;
            break;
        }
    }
}

static bool run(call *c, ag_results *results)
{
    return c->in_place ? ag_call_inplace(c->context, c->operation, c->arguments, results)
                       : ag_call(c->context, c->operation, c->arguments, results);
}

/* ---- Operands as they were -------------------------------------------------- */

typedef struct snapshot {
    uint32_t version;
    int ndim;
    int64_t first_size;
    unsigned char bytes[27 * 8];
} snapshot;

static void look(const call *c, snapshot *at)
{
    memset(at, 0, (size_t)c->tensor_count * sizeof *at);
    for (int i = 0; i < c->tensor_count; i++) {
        const ag_tensor *t = c->tensors[i];
        at[i].version = ag_version(t);
        at[i].ndim = ag_ndim(t);
        at[i].first_size = ag_ndim(t) > 0 ? ag_shape(t)[0] : 0;
        memcpy(at[i].bytes, ag_data_pointer(t),
               (size_t)ag_numel(t) * ag_dtype_size(ag_dtype_of(t)));
    }
}

static bool unchanged(const call *c, const snapshot *before)
{
    snapshot now[MOST_PARAMETERS + MOST_OPERANDS];
    look(c, now);
    return memcmp(now, before, (size_t)c->tensor_count * sizeof *now) == 0;
}

/* ---- One call --------------------------------------------------------------- */

#define CHECK_CALL(condition)                                                                   \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            CHECK_REPORT("%s%s: not so: %s (%s)", c->info->name, c->in_place ? " in place" : "", \
                         #condition, ag_error_text(c->context));                                \
        }                                                                                       \
    } while (0)

/* Whether the call succeeds. If not, it says why and has changed nothing. */
static bool attempt(call *c, const manner *m)
{
    snapshot before[MOST_PARAMETERS + MOST_OPERANDS];
    ag_results results;
    ag_scope_open(c->context);
    make_arguments(c, m);
    CHECK_CALL(ag_error_category(c->context) == AG_OK);
    look(c, before);
    bool done = run(c, &results);
    if (done) {
        CHECK_CALL(ag_error_category(c->context) == AG_OK);
        ag_free_results(c->context, &results);
    } else {
        CHECK_CALL(ag_error_category(c->context) != AG_OK);
        CHECK_CALL(ag_error_text(c->context)[0] != '\0');
        CHECK_CALL(unchanged(c, before));
        ag_clear_error(c->context);
    }
    ag_scope_close(c->context);
    return done;
}

/* The sum of what floating results hold, as a function of floating operands, twice derived. */
static bool derive(call *c, const ag_results *results)
{
    ag_tensor *inputs[MOST_PARAMETERS + MOST_OPERANDS], *first[MOST_PARAMETERS + MOST_OPERANDS];
    ag_tensor *second[MOST_PARAMETERS + MOST_OPERANDS], *total = NULL;
    int64_t count = 0;
    for (int i = 0; i < c->tensor_count; i++) {
        if (ag_requires_grad(c->tensors[i])) {
            inputs[count++] = c->tensors[i];
        }
    }
    for (int64_t i = 0; i < results->count; i++) {
        if (ag_requires_grad(results->items[i])) {
            ag_tensor *sum = ag_sum(ag_mul(results->items[i], results->items[i]), AG_NO_INTEGERS,
                                    false, AG_DTYPE_NONE);
            total = total == NULL ? sum : ag_add(total, sum);
            if (total == NULL) {
                return false;
            }
        }
    }
    if (total == NULL || count == 0) {
        return ag_error_category(c->context) == AG_OK;
    }
    if (!ag_gradients(c->context, (ag_tensors){&total, 1}, (ag_tensors){NULL, 0},
                      (ag_tensors){inputs, count}, true, true, true, first)) {
        return false;
    }
    for (int64_t i = 0; i < count; i++) {
        if (first[i] == AG_NONE || !ag_requires_grad(first[i])) {
            continue;
        }
        ag_tensor *sum = ag_sum(first[i], AG_NO_INTEGERS, false, AG_DTYPE_NONE);
        if (sum == NULL ||
            !ag_gradients(c->context, (ag_tensors){&sum, 1}, (ag_tensors){NULL, 0},
                          (ag_tensors){inputs, count}, true, false, true, second)) {
            return false;
        }
    }
    return ag_error_category(c->context) == AG_OK;
}

/* One call with the n-th of its allocations failing; false when it has fewer. */
static bool fail_at(call *c, meter *meter, const manner *m, long n, long failures, bool derives)
{
    snapshot before[MOST_PARAMETERS + MOST_OPERANDS];
    ag_results results;
    size_t used = ag_bytes_used(c->context);
    ag_scope_open(c->context);
    make_arguments(c, m);
    look(c, before);
    ag_empty_cache(c->context);
    fail_from(meter, n, failures);
    bool called = run(c, &results);
    bool done = called && (!derives || derive(c, &results));
    bool reached = stop_failing(meter);
    if (called) {
        ag_free_results(c->context, &results);
    }
    if (!done) {
        ag_error category = ag_error_category(c->context);
        CHECK_CALL(reached ? category == AG_ERROR_MEMORY : derives && category != AG_OK);
        CHECK_CALL(called || unchanged(c, before));
    } else {
        CHECK_CALL(ag_error_category(c->context) == AG_OK);
        CHECK_CALL(!reached || failures < 2);
    }
    ag_clear_error(c->context);
    if (!called) {
        CHECK_CALL(run(c, &results));
        ag_free_results(c->context, &results);
    }
    ag_scope_close(c->context);
    CHECK_INT(ag_bytes_used(c->context), used);
    return reached;
}

static void fail_each(call *c, meter *meter, const manner *m)
{
    for (int derives = 0; derives < 2; derives++) {
        fail_at(c, meter, m, 1 << 30, 2, derives); /* the scope grows to its size */
        for (long n = 1; fail_at(c, meter, m, n, 2, derives) && check_errors < 20; n++) {
        }
        fail_at(c, meter, m, 1, 1 << 30, derives);
    }
}

/* ---- All of them ------------------------------------------------------------ */

static void in_many_manners(const ag_operation *operation, bool in_place)
{
    enum { ENOUGH = 4 };
    meter meter = {0};
    ag_context *context = ag_context_new(metered, &meter);
    call call = {.context = context, .operation = operation, .info = ag_describe(operation),
                 .in_place = in_place}, *c = &call;
    ag_set_bytes_limit(context, 1 << 24);
    int good = 0;
    for (int shape = 0; shape < SHAPES; shape++) {
        int good_of_shape = 0;
        for (int rest = 0; rest < KINDS * KINDS * LISTS * 2; rest++) {
            manner m = {.shape = shape, .integer = 1, .list = rest % LISTS,
                        .others = rest / LISTS % KINDS, .self = rest / LISTS / KINDS % KINDS,
                        .optional = rest / LISTS / KINDS / KINDS};
            if (attempt(c, &m)) {
                good++;
                if (good_of_shape++ < ENOUGH) {
                    fail_each(c, &meter, &m);
                }
            }
        }
    }
    CHECK_CALL(good > 0);
    ag_empty_cache(context);
    ag_context_free(context);
    CHECK_INT(meter.bytes, 0);
}

static void with_extreme_integers(const ag_operation *operation, bool in_place)
{
    static const int64_t extremes[] = {
        0, -1, 2, -4, 65, INT32_MAX, INT32_MIN, INT64_C(1) << 61, INT64_MAX, INT64_MIN,
    };
    meter meter = {0};
    ag_context *context = ag_context_new(metered, &meter);
    call call = {.context = context, .operation = operation, .info = ag_describe(operation),
                 .in_place = in_place};
    ag_set_bytes_limit(context, 1 << 24);
    for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
        for (int shape = 0; shape < SHAPES; shape++) {
            for (int others = 0; others < KINDS; others++) {
                manner m = {.shape = shape, .others = others, .integer = extremes[i],
                            .extreme = true};
                attempt(&call, &m);
            }
        }
    }
    ag_context_free(context);
    CHECK_INT(meter.bytes, 0);
}

static void each(void (*test)(const ag_operation *operation, bool in_place))
{
    int count;
    const ag_operation *const *operations = ag_operations(&count);
    for (int i = 0; i < count; i++) {
        int flags = ag_describe(operations[i])->flags;
        test(operations[i], (flags & AG_IS_INPLACE) != 0);
        if (flags & AG_HAS_INPLACE) {
            test(operations[i], true);
        }
    }
}

static void allocations_fail(void)
{
    each(in_many_manners);
}

static void extreme_integers(void)
{
    each(with_extreme_integers);
}

static void absent_and_failed_operands(const ag_operation *operation, bool in_place)
{
    const ag_operation_info *info = ag_describe(operation);
    ag_context *context = ag_context_new(NULL, NULL);
    call call = {.context = context, .operation = operation, .info = info, .in_place = in_place};
    for (int i = 0; i < info->parameter_count; i++) {
        ag_type type = info->parameters[i].type;
        if (type != AG_TYPE_TENSOR && type != AG_TYPE_TENSORS) {
            continue;
        }
        for (int is_none = 0; is_none < 2; is_none++) {
            manner m = {.integer = 1};
            ag_results results;
            ag_scope_open(context);
            make_arguments(&call, &m);
            ag_tensor *tensor = is_none ? AG_NONE : NULL;
            bool optional = info->parameters[i].optional;
            if (type == AG_TYPE_TENSORS) {
                call.items[i][1] = tensor;
            } else if (!optional) {
                call.arguments[i].tensor = tensor;
            }
            if (!optional && run(&call, &results)) {
                CHECK_REPORT("%s(): argument %d is %s and no error", info->name, i + 1,
                             is_none ? "absent" : "NULL");
                ag_free_results(context, &results);
            }
            CHECK(!is_none || optional || ag_error_category(context) != AG_OK);
            ag_clear_error(context);
            ag_scope_close(context);
        }
    }
    ag_context_free(context);
}

static void absent_operands(void)
{
    each(absent_and_failed_operands);
}

int main(void)
{
    RUN_TEST(allocations_fail);
    RUN_TEST(extreme_integers);
    RUN_TEST(absent_operands);
    return TESTS_END();
}
