#include "reduce.h"

#include "cast.h"
#include "dtype.h"

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
    bool all = dims.count <= 0;
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

bool agi_check_not_empty(agi_call *call, const char *name, const char *ending)
{
    const ag_tensor *self = call->inputs[0];
    bool reduced[AG_MAX_DIMS];
    if (self->numel > 0) {
        return true;
    }
    if (dims_argument(call->operation, call->arguments).count <= 0) {
        agi_fail(call->context, AG_ERROR_INDEX, "%s(): Expected reduction dim to be specified for "
                 "input.numel() == 0.%s", name, ending);
        return false;
    }
    if (!call_dims(call, reduced)) {
        return false;
    }
    for (int d = 0; d < self->ndim; d++) {
        if (reduced[d] && self->shape[d] == 0) {
            agi_fail(call->context, AG_ERROR_INDEX,
                     "%s(): Expected reduction dim %d to have non-zero size.", name, d + 1);
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

/* Moves to the next position of dims from `first` on; false at the end, back at the start. */
static bool advance(const walked_dim *dims, int first, int count, int64_t *at, const char **in,
                    int64_t *out)
{
    for (int d = first; d < count; d++) {
        *in += dims[d].in;
        *out += dims[d].out;
        if (++at[d] < dims[d].size) {
            return true;
        }
        *in -= dims[d].in * dims[d].size;
        *out -= dims[d].out * dims[d].size;
        at[d] = 0;
    }
    return false;
}

/* A reduced dim is innermost: a row of it for each result. */
static bool reduce_rows_to_one(const agi_reduction *r, const walk *w, const char *in,
                               void *const *out, ag_context *context, const double *p)
{
    int64_t at[AG_MAX_DIMS] = {0}, result = 0, since_look = 0;
    _Alignas(16) char total[AGI_TOTAL_BYTES];
    do {
        int64_t inner_at[AG_MAX_DIMS] = {0};
        const char *row = in;
        int64_t same = 0;
        r->start(total, 1);
        do {
            r->take_row[context->isa](row, w->reduced[0].in, w->reduced[0].size, total, p);
        } while (advance(w->reduced, 1, w->reduced_count, inner_at, &row, &same));
        r->finish(out, result, 0, total, 1, p);
        since_look += w->reduced[0].size + 16;
        if (since_look > 1 << 18) {
            since_look = 0;
            if (agi_interrupted(context)) {
                return false;
            }
        }
    } while (advance(w->kept, 0, w->kept_count, at, &in, &result));
    return true;
}

/* A kept dim is innermost and in line: whole rows of results at once. */
static bool reduce_rows_to_row(const agi_reduction *r, const walk *w, const char *in,
                               void *const *out, ag_context *context, const double *p)
{
    int64_t at[AG_MAX_DIMS] = {0}, result = 0;
    _Alignas(16) char totals[AGI_COLUMNS * AGI_TOTAL_BYTES];
    const walked_dim *inner = &w->kept[0];
    do {
        for (int64_t first = 0; first < inner->size; first += AGI_COLUMNS) {
            int64_t columns = inner->size - first;
            columns = columns < AGI_COLUMNS ? columns : AGI_COLUMNS;
            int64_t inner_at[AG_MAX_DIMS] = {0};
            const char *rows = in + first * inner->in;
            int64_t same = 0;
            r->start(totals, columns);
            do {
                r->take_rows[context->isa](rows, w->reduced[0].in, w->reduced[0].size, columns,
                                           totals, p);
            } while (advance(w->reduced, 1, w->reduced_count, inner_at, &rows, &same));
            r->finish(out, result + first * inner->out, inner->out, totals, columns, p);
            if (agi_interrupted(context)) {
                return false;
            }
        }
    } while (advance(w->kept, 1, w->kept_count, at, &in, &result));
    return true;
}

bool agi_reduce(const agi_reduction *reduction, ag_tensor *out, ag_tensor *second, ag_tensor *self,
                const bool *reduced, const double *p)
{
    walk w;
    ag_context *context = self->context;
    void *const places[] = {out->data, second == NULL ? NULL : second->data};
    if (out->numel == 0) {
        return true;
    }
    begin_walk(&w, out, self, reduced);
    if (self->numel == 0) {
        w.reduced[0].size = 0;
        w.reduced_count = 1;
        return reduce_rows_to_one(reduction, &w, self->data, places, context, p);
    }
    bool in_line = w.kept_count > 0 && w.kept[0].in == (int64_t)agi_size_of(self->dtype);
    return (in_line ? reduce_rows_to_row : reduce_rows_to_one)(reduction, &w, self->data, places,
                                                               context, p);
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

ag_tensor *agi_contiguous_as(ag_tensor *tensor, ag_dtype dtype)
{
    if ((ag_dtype)tensor->dtype == dtype && tensor->contiguous) {
        return ag_retain(tensor);
    }
    ag_tensor *line = agi_disown(agi_new(tensor->context, dtype, tensor->ndim, tensor->shape));
    if (line != NULL && !agi_copy_numbers(line, tensor)) {
        ag_release(line);
        return NULL;
    }
    return line;
}
