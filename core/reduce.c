#include "reduce.h"

#include "cast.h"
#include "cut.h"
#include "dtype.h"
#include "memory.h"
#include "threads.h"

static ag_integers dims_argument(const ag_operation *operation, const ag_value *arguments)
{
    const ag_value *dim = &arguments[1];
    if (operation->info.parameters[1].type == AG_TYPE_DIM) {
        return (ag_integers){&dim->integer, dim->given ? 1 : -1};
    }
    return dim->integers;
}

bool agi_reduced_dims(ag_context *context, const ag_operation *operation,
                      const ag_value *arguments, int ndim, bool *reduced)
{
    int wrapped[AG_MAX_DIMS];
    ag_integers dims = dims_argument(operation, arguments);
    bool all = dims.count < 0 || (dims.count == 0 && !operation->may_reduce_nothing);
    if (!all && !agi_wrap_dims(context, dims, ndim, wrapped)) {
        return false;
    }
    for (int i = 0; i < ndim; i++) {
        reduced[i] = all;
    }
    for (int64_t i = 0; i < dims.count && ndim > 0; i++) {
        reduced[wrapped[i]] = true;
    }
    return true;
}

static bool call_dims(const agi_call *call, bool *reduced)
{
    return agi_reduced_dims(call->context, call->operation, call->arguments, call->inputs[0]->ndim,
                            reduced);
}

bool agi_reduce_infer(agi_call *call, int i, ag_dtype dtype)
{
    const ag_tensor *self = call->inputs[0];
    bool reduced[AG_MAX_DIMS], keepdim = call->arguments[2].boolean;
    if (!call_dims(call, reduced)) {
        return false;
    }
    int64_t shape[AG_MAX_DIMS];
    int ndim = 0;
    for (int d = 0; d < self->ndim; d++) {
        if (!reduced[d] || keepdim) {
            shape[ndim++] = reduced[d] ? 1 : self->shape[d];
        }
    }
    agi_set_result(call, i, dtype, ndim, shape);
    return true;
}

bool agi_keeps_history(agi_call *call, ag_dtype dtype)
{
    if (ag_dtype_is_floating(dtype) || !call->context->grad_mode ||
        !agi_wants_gradient(call->inputs[0])) {
        return true;
    }
    agi_fail(call->context, AG_ERROR_RUNTIME, "Autograd not support dtype: %s",
             agi_scalar_name(dtype));
    return false;
}

bool agi_reduce_infer_total(agi_call *call)
{
    ag_dtype dtype = (ag_dtype)call->inputs[0]->dtype;
    if (call->arguments[3].given) {
        dtype = call->arguments[3].dtype;
    } else if (!ag_dtype_is_floating(dtype)) {
        dtype = AG_INT64;
    }
    return agi_reduce_infer(call, 0, dtype) && agi_keeps_history(call, dtype);
}

bool agi_check_not_empty(agi_call *call, const char *name, const char *ending)
{
    const ag_tensor *self = call->inputs[0];
    ag_integers dims = dims_argument(call->operation, call->arguments);
    if (self->numel > 0) {
        return true;
    }
    if (dims.count <= 0) {
        agi_fail(call->context, AG_ERROR_INDEX, "%s(): Expected reduction dim to be specified for "
                 "input.numel() == 0.%s", name, ending);
        return false;
    }
    int wrapped[AG_MAX_DIMS];
    if (!agi_wrap_dims(call->context, dims, self->ndim, wrapped)) {
        return false;
    }
    bool is_one = call->operation->info.parameters[1].type == AG_TYPE_DIM;
    for (int64_t i = 0; i < dims.count && self->ndim > 0; i++) {
        if (self->shape[wrapped[i]] == 0) { /* torch writes one of a list as it was given */
            agi_fail(call->context, AG_ERROR_INDEX,
                     "%s(): Expected reduction dim %lld to have non-zero size.", name,
                     is_one ? (long long)wrapped[i] + 1 : (long long)dims.items[i]);
            return false;
        }
    }
    return true;
}

double agi_count_for_each(const agi_call *call)
{
    const ag_tensor *self = call->inputs[0];
    bool reduced[AG_MAX_DIMS];
    double count = 1;
    if (call_dims(call, reduced)) {
        for (int d = 0; d < self->ndim; d++) {
            count *= reduced[d] ? (double)self->shape[d] : 1;
        }
    }
    return count;
}

ag_tensor *agi_expand_reduced(agi_gradient *b, ag_tensor *g)
{
    const agi_output *self = agi_input_like(b, 0);
    bool reduced[AG_MAX_DIMS];
    if (g == NULL ||
        !agi_reduced_dims(b->context, b->node->operation, b->arguments, self->ndim, reduced)) {
        return NULL;
    }
    int64_t kept[AG_MAX_DIMS];
    for (int i = 0; i < self->ndim; i++) {
        kept[i] = reduced[i] ? 1 : self->shape[i];
    }
    if (g->ndim != self->ndim && g->ndim > 0) {
        g = ag_reshape(g, (ag_integers){kept, self->ndim});
    }
    return ag_expand(g, (ag_integers){self->shape, self->ndim});
}

double agi_reduced_count(const agi_gradient *b)
{
    const agi_output *self = agi_input_like(b, 0);
    double count = 1;
    for (int i = 0; i < self->ndim; i++) {
        count *= (double)self->shape[i];
    }
    return b->g->numel == 0 ? 1 : count / (double)b->g->numel;
}

/* ---- The walk ----------------------------------------------------------- */

/* A dim: the input's stride in bytes and the results' in elements, 0 where it is reduced. */
typedef struct walked_dim {
    int64_t size, in, out;
} walked_dim;

typedef struct walk {
    walked_dim kept[AG_MAX_DIMS], reduced[AG_MAX_DIMS]; /* innermost, the smallest stride, first */
    int kept_count, reduced_count;
} walk;

static void add_dim(walked_dim *dims, int *count, walked_dim dim)
{
    int at = (*count)++;
    while (at > 0 && dims[at - 1].in > dim.in) {
        dims[at] = dims[at - 1];
        at--;
    }
    dims[at] = dim;
}

static void join_dims(walked_dim *dims, int *count)
{
    int last = 0;
    for (int i = 1; i < *count; i++) {
        walked_dim *inner = &dims[last];
        if (dims[i].in == inner->in * inner->size && dims[i].out == inner->out * inner->size) {
            inner->size *= dims[i].size;
        } else {
            dims[++last] = dims[i];
        }
    }
    *count = *count == 0 ? 0 : last + 1;
}

static void begin_walk(walk *w, const ag_tensor *out, const ag_tensor *self, const bool *reduced)
{
    int64_t in_size = (int64_t)agi_size_of(self->dtype);
    bool keeps_all = out->ndim == self->ndim;
    w->kept_count = w->reduced_count = 0;
    for (int i = 0, k = 0; i < self->ndim; i++) {
        walked_dim dim = {self->shape[i], self->strides[i] * in_size, 0};
        if (!reduced[i]) {
            dim.out = out->strides[k];
        }
        k += !reduced[i] || keeps_all;
        if (dim.size == 1) {
            continue;
        }
        if (reduced[i]) {
            add_dim(w->reduced, &w->reduced_count, dim);
        } else {
            add_dim(w->kept, &w->kept_count, dim);
        }
    }
    join_dims(w->kept, &w->kept_count);
    join_dims(w->reduced, &w->reduced_count);
    if (w->reduced_count == 0) {
        w->reduced[w->reduced_count++] = (walked_dim){1, in_size, 0};
    }
}

/* ---- The work ------------------------------------------------------------ */

/* Results are made in units: one by one or, where a kept dim is innermost and in line, as many as
 * lie side by side, up to AGI_COLUMNS. Units of one that lie in a row are run together. Many units
 * are shared among threads; a few large ones are
 * cut along the reduced dims, and the totals of their parts joined in order. */
typedef struct task {
    const agi_reduction *reduction;
    agi_isa isa;
    walk w;
    const char *in;
    void *const *out;
    const double *p;
    bool in_line;
    int64_t blocks; /* of AGI_COLUMNS in a row of results in line; else 1 */
    int64_t units, units_each;
    agi_cut cut;       /* of a unit, where it is cut */
    size_t unit_bytes; /* of its totals */
    char *totals;      /* of each part of each unit, then; else NULL */
} task;

/* Work below this is done by one thread. */
enum { PART = 1 << 17 };
/* The most parts of all units, and the most units that are cut. */
enum { MOST_PARTS = 64, FEW_UNITS = 32 };

/* A unit; `at` and `row` belong to the row of results that it lies in. */
typedef struct unit {
    int64_t at[AG_MAX_DIMS];
    const char *row_in;
    int64_t row_out;
    int64_t first, columns; /* of the row */
} unit;

static void set_columns(const task *t, unit *u)
{
    int64_t left = t->in_line ? t->w.kept[0].size - u->first : 1;
    u->columns = left < AGI_COLUMNS ? left : AGI_COLUMNS;
}

static void to_unit(const task *t, unit *u, int64_t index)
{
    int64_t row = index == 0 ? 0 : index / t->blocks;
    u->first = (index - row * t->blocks) * AGI_COLUMNS;
    u->row_in = t->in;
    u->row_out = 0;
    for (int d = t->in_line; d < t->w.kept_count; d++) {
        const walked_dim *dim = &t->w.kept[d];
        u->at[d] = row == 0 ? 0 : row % dim->size;
        row = row == 0 ? 0 : row / dim->size;
        u->row_in += u->at[d] * dim->in;
        u->row_out += u->at[d] * dim->out;
    }
    set_columns(t, u);
}

/* Moves to the next position of dims from `first` on; back at the start after the last. */
static void advance(const walked_dim *dims, int first, int count, int64_t *at, const char **in,
                    int64_t *out)
{
    for (int d = first; d < count; d++) {
        *in += dims[d].in;
        *out += dims[d].out;
        if (++at[d] < dims[d].size) {
            return;
        }
        *in -= dims[d].in * dims[d].size;
        *out -= dims[d].out * dims[d].size;
        at[d] = 0;
    }
}

static void to_next_unit(const task *t, unit *u)
{
    if (t->in_line && u->first + u->columns < t->w.kept[0].size) {
        u->first += u->columns;
    } else {
        u->first = 0;
        advance(t->w.kept, t->in_line, t->w.kept_count, u->at, &u->row_in, &u->row_out);
    }
    set_columns(t, u);
}

/* Takes a part of the reduced dims into the totals of u. */
static void take(const task *t, const unit *u, agi_part part, void *totals)
{
    const walked_dim *reduced = t->w.reduced;
    int64_t at[AG_MAX_DIMS], before = part.row, no_result = 0;
    const char *in = u->row_in + part.column * reduced[0].in;
    const int64_t pitch = t->w.kept_count > 0 ? t->w.kept[0].in : 0;
    in += u->first * pitch;
    for (int d = 1; d < t->w.reduced_count; d++) {
        at[d] = before == 0 ? 0 : before % reduced[d].size;
        before = before == 0 ? 0 : before / reduced[d].size;
        in += at[d] * reduced[d].in;
    }
    for (int64_t row = 1;; row++) {
        if (t->in_line) {
            t->reduction->take_rows[t->isa](in, reduced[0].in, part.columns, u->columns, totals,
                                            t->p);
        } else {
            t->reduction->take_lines[t->isa](in, pitch, u->columns, reduced[0].in, part.columns,
                                             totals, t->p);
        }
        if (row == part.rows) {
            return;
        }
        advance(reduced, 1, t->w.reduced_count, at, &in, &no_result);
    }
}

static void finish(const task *t, const unit *u, const void *totals)
{
    int64_t stride = t->w.kept_count > 0 ? t->w.kept[0].out : 0;
    t->reduction->finish(t->out, u->row_out + u->first * stride, stride, totals, u->columns, t->p);
}

/* Makes u, of one result, the first `units` of its row, at most most. */
static int64_t join_units(const task *t, unit *u, int64_t most)
{
    int64_t left = t->w.kept_count > 0 ? t->w.kept[0].size - u->at[0] : 1;
    u->columns = left < AGI_COLUMNS ? left : AGI_COLUMNS;
    u->columns = u->columns < most ? u->columns : most;
    return u->columns;
}

static void to_last_joined(const task *t, unit *u)
{
    int64_t steps = u->columns - 1;
    if (steps > 0) {
        u->at[0] += steps;
        u->row_in += steps * t->w.kept[0].in;
        u->row_out += steps * t->w.kept[0].out;
    }
}

static void run_units(const task *t, int64_t first, int64_t count)
{
    _Alignas(16) char totals[AGI_COLUMNS * AGI_TOTAL_BYTES];
    agi_part all = {0, t->cut.rows, 0, t->cut.columns};
    unit u;
    to_unit(t, &u, first);
    for (;;) {
        count -= t->in_line ? 1 : join_units(t, &u, count);
        t->reduction->start(totals, u.columns);
        take(t, &u, all, totals);
        finish(t, &u, totals);
        if (count == 0) {
            return;
        }
        if (!t->in_line) {
            to_last_joined(t, &u);
        }
        to_next_unit(t, &u);
    }
}

static void run_chunk_of_units(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    int64_t first = chunk * t->units_each, left = t->units - first;
    run_units(t, first, left < t->units_each ? left : t->units_each);
}

static void run_part_of_unit(void *data, int64_t chunk, int thread)
{
    const task *t = data;
    unit u;
    to_unit(t, &u, chunk / t->cut.count);
    char *totals = t->totals + (size_t)chunk * t->unit_bytes;
    t->reduction->start(totals, u.columns);
    take(t, &u, agi_part_of(&t->cut, chunk % t->cut.count), totals);
}

static bool run_cut_units(ag_context *context, task *t)
{
    size_t bytes = (size_t)(t->units * t->cut.count) * t->unit_bytes;
    t->totals = agi_allocate(context, bytes);
    if (t->totals == NULL) {
        return false;
    }
    bool whole = agi_parallel(context, t->units * t->cut.count, run_part_of_unit, t);
    char *totals = t->totals;
    for (int64_t i = 0; whole && i < t->units; i++) {
        unit u;
        char *first = totals;
        to_unit(t, &u, i);
        for (int64_t part = 0; part < t->cut.count; part++, totals += t->unit_bytes) {
            if (part > 0) {
                t->reduction->join(first, totals, u.columns, agi_part_of(&t->cut, part).column);
            }
        }
        finish(t, &u, first);
    }
    agi_deallocate(context, t->totals, bytes);
    return whole;
}

static void begin_task(task *t, const ag_tensor *self)
{
    const walk *w = &t->w;
    int64_t rows = 1;
    for (int d = 1; d < w->reduced_count; d++) {
        rows *= w->reduced[d].size;
    }
    t->cut = (agi_cut){.rows = rows, .columns = w->reduced[0].size, .count = 1};
    t->in_line = self->numel > 0 && w->kept_count > 0 &&
                 w->kept[0].in == (int64_t)agi_size_of(self->dtype);
    t->blocks = t->in_line ? (w->kept[0].size + AGI_COLUMNS - 1) / AGI_COLUMNS : 1;
    t->units = t->blocks;
    for (int d = t->in_line; d < w->kept_count; d++) {
        t->units *= w->kept[d].size;
    }
}

static bool run_large(ag_context *context, task *t, int64_t numel)
{
    int64_t each = numel / t->units;
    if (t->units > FEW_UNITS || each < 2 * PART) {
        t->units_each = each >= PART ? 1 : PART / each;
        int64_t chunks = (t->units + t->units_each - 1) / t->units_each;
        return agi_parallel(context, chunks, run_chunk_of_units, t);
    }
    int64_t most = each * t->units / MOST_PARTS, width = 1;
    if (t->in_line) {
        width = t->w.kept[0].size < AGI_COLUMNS ? t->w.kept[0].size : AGI_COLUMNS;
    }
    most = (most < PART ? PART : most) / width;
    t->cut = agi_cut_rows(t->cut.rows, t->cut.columns, most,
                          t->in_line ? AGI_STRETCH : AGI_STRETCH * AGI_LANES);
    t->unit_bytes = (size_t)width * t->reduction->total_bytes;
    return run_cut_units(context, t);
}

bool agi_reduce(const agi_reduction *reduction, ag_tensor *out, ag_tensor *second, ag_tensor *self,
                const bool *reduced, const double *p)
{
    ag_context *context = self->context;
    void *const places[] = {out->data, second == NULL ? NULL : second->data};
    if (out->numel == 0) {
        return true;
    }
    task t;
    t.reduction = reduction;
    t.isa = context->isa;
    t.in = self->data;
    t.out = places;
    t.p = p;
    begin_walk(&t.w, out, self, reduced);
    if (self->numel == 0) {
        t.w.reduced[0].size = 0;
        t.w.reduced_count = 1;
    }
    begin_task(&t, self);
    if (self->numel > PART) {
        return run_large(context, &t, self->numel);
    }
    run_units(&t, 0, t.units);
    return true;
}

bool agi_reduce_call(agi_call *call, const agi_reduction *reduction, ag_dtype compute,
                     const double *p)
{
    ag_tensor *self = call->inputs[0], *out = call->results[0].tensor;
    ag_tensor *second = call->result_count > 1 ? call->results[1].tensor : NULL;
    bool reduced[AG_MAX_DIMS];
    if (!call_dims(call, reduced)) {
        return false;
    }
    if ((ag_dtype)self->dtype == compute) {
        return agi_reduce(reduction, out, second, self, reduced, p);
    }
    ag_tensor *cast = agi_disown(agi_cast(self, compute));
    bool done = cast != NULL && agi_reduce(reduction, out, second, cast, reduced, p);
    ag_release(cast);
    return done;
}
