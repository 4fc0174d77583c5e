/* x[…], read and written: what stands in the brackets becomes select, slice and the like, and one
 * index operation where there are tensors of positions or masks. */
#include <stdio.h>
#include <string.h>

#include "binding.h"

enum { MAX_ENTRIES = AG_MAX_DIMS };

/* One entry of the brackets. */
typedef struct entry {
    enum { ENTRY_INTEGER, ENTRY_ALL, ENTRY_RANGE, ENTRY_TENSOR, ENTRY_ELLIPSIS, ENTRY_NEWAXIS } kind;
    int64_t first, last, step; /* an integer is first */
    ag_tensor *tensor;
} entry;

typedef struct brackets {
    entry entries[MAX_ENTRIES];
    int count;
} brackets;

bool is_index_word(lua_State *L, int at)
{
    const char *word = lua_tostring(L, at);
    return strcmp(word, "...") == 0 || strcmp(word, "newaxis") == 0;
}

static bool is_mask(const ag_tensor *tensor)
{
    return ag_dtype_of(tensor) == AG_BOOL || ag_dtype_of(tensor) == AG_UINT8;
}

static int dims_taken(const brackets *b)
{
    int taken = 0;
    for (int i = 0; i < b->count; i++) {
        const entry *e = &b->entries[i];
        taken += e->kind == ENTRY_TENSOR && is_mask(e->tensor) ? ag_ndim(e->tensor)
                 : e->kind != ENTRY_ELLIPSIS && e->kind != ENTRY_NEWAXIS;
    }
    return taken;
}

/* ---- Reading what stands in the brackets ------------------------------------ */

static int64_t read_bound(lua_State *L, int at, lua_Integer i, int64_t otherwise)
{
    int is_integer;
    if (lua_rawgeti(L, at, i) == LUA_TNIL) {
        lua_pop(L, 1);
        return otherwise;
    }
    lua_Integer bound = lua_tointegerx(L, -1, &is_integer);
    if (lua_type(L, -1) != LUA_TNUMBER || !is_integer) {
        fail(L, "a range is {first, last, step} of integers, not of %s", type_name(L, -1));
    }
    lua_pop(L, 1);
    return bound;
}

/* {} for all, {first}, {first, last}, {first, last, step}. */
static entry read_range(lua_State *L, int at)
{
    lua_Unsigned count = lua_rawlen(L, at);
    if (count > 3) {
        fail(L, "a range is {first, last, step}, but %d entries were given", (int)count);
    }
    if (count == 0) {
        return (entry){.kind = ENTRY_ALL, .first = 1, .last = -1, .step = 1};
    }
    entry e = {.kind = ENTRY_RANGE, .first = read_bound(L, at, 1, 1),
               .last = read_bound(L, at, 2, -1), .step = read_bound(L, at, 3, 1)};
    if (e.step < 1) {
        fail(L, e.step == 0 ? "slice step cannot be zero" : "step must be greater than zero");
    }
    return e;
}

static entry read_tensor(lua_State *L, state *s, int at, handle *h)
{
    ag_tensor *tensor = use_handle(L, s, at, h);
    ag_dtype dtype = ag_dtype_of(tensor);
    if (ag_dtype_is_floating(dtype)) {
        fail(L, "tensors used as indices must be long, int, byte or bool tensors");
    }
    ag_number item;
    if (ag_ndim(tensor) == 0 && (dtype == AG_INT64 || dtype == AG_INT32) &&
        ag_item(tensor, &item)) {
        return (entry){.kind = ENTRY_INTEGER, .first = item.integer};
    }
    return (entry){.kind = ENTRY_TENSOR, .tensor = tensor};
}

static entry read_entry(lua_State *L, state *s, int at)
{
    handle *h;
    int is_integer;
    switch (lua_type(L, at)) {
    case LUA_TNUMBER: {
        lua_Integer position = lua_tointegerx(L, at, &is_integer);
        if (is_integer) {
            return (entry){.kind = ENTRY_INTEGER, .first = position};
        }
        break;
    }
    case LUA_TSTRING:
        if (strcmp(lua_tostring(L, at), "...") == 0) {
            return (entry){.kind = ENTRY_ELLIPSIS};
        }
        if (strcmp(lua_tostring(L, at), "newaxis") == 0) {
            return (entry){.kind = ENTRY_NEWAXIS};
        }
        break;
    case LUA_TTABLE:
        return read_range(L, at);
    case LUA_TUSERDATA:
        h = test_handle(L, at);
        if (h != NULL) {
            return read_tensor(L, s, at, h);
        }
        break;
    }
    fail(L, "only integers, ranges {first, last, step}, \"...\", \"newaxis\" and long or bool Tensors "
         "are valid indices (got %s)", type_name(L, at));
    return (entry){0};
}

/* The key at 2, of a tensor with ndim dims. */
static void read_brackets(lua_State *L, state *s, int ndim, brackets *b)
{
    b->count = 1;
    if (!lua_istable(L, 2)) {
        b->entries[0] = read_entry(L, s, 2);
    } else {
        lua_Unsigned count = lua_rawlen(L, 2);
        if (count > MAX_ENTRIES) {
            fail(L, "too many indices for tensor of dimension %d", ndim);
        }
        b->count = (int)count;
        for (int i = 0; i < b->count; i++) {
            lua_rawgeti(L, 2, i + 1);
            b->entries[i] = read_entry(L, s, lua_gettop(L));
            lua_pop(L, 1);
        }
    }
    int ellipses = 0;
    for (int i = 0; i < b->count; i++) {
        ellipses += b->entries[i].kind == ENTRY_ELLIPSIS;
    }
    if (ellipses > 1) {
        fail(L, "an index can only have a single ellipsis ('...')");
    }
    if (ndim == 0 && b->count == 1 && b->entries[0].kind == ENTRY_INTEGER) {
        fail(L, "invalid index of a 0-dim tensor. Use `tensor:item()` to convert a 0-dim tensor to "
             "a number");
    }
    if (dims_taken(b) > ndim) {
        fail(L, "too many indices for tensor of dimension %d", ndim);
    }
}

/* ---- Carrying it out ---------------------------------------------------------- */

/* Where tensors stand, once all else is done. */
typedef struct positions {
    ag_tensor *tensors[MAX_ENTRIES];
    int64_t dims[MAX_ENTRIES];
    int64_t count;
} positions;

/* "[2, 3]" into text. */
static void write_sizes(const ag_tensor *tensor, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "[");
    for (int i = 0; i < ag_ndim(tensor) && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, i == 0 ? "%lld" : ", %lld",
                                 (long long)ag_shape(tensor)[i]);
    }
    if (used < size) {
        snprintf(text + used, size - used, "]");
    }
}

static bool mask_fits(const ag_tensor *view, const ag_tensor *mask, int64_t dim)
{
    for (int i = 0; i < ag_ndim(mask); i++) {
        if (ag_shape(mask)[i] != ag_shape(view)[dim - 1 + i]) {
            char mask_shape[160], view_shape[160], text[500];
            write_sizes(mask, mask_shape, sizeof mask_shape);
            write_sizes(view, view_shape, sizeof view_shape);
            snprintf(text, sizeof text, "The shape of the mask %s at index %d does not match the "
                     "shape of the indexed tensor %s at index %d", mask_shape, i + 1, view_shape,
                     (int)dim + i);
            return ag_set_error(ag_context_of(view), AG_ERROR_INDEX, text);
        }
    }
    return true;
}

/* A mask over the dims of view from dim on, as bools. NULL on error. */
static ag_tensor *mask_of(ag_tensor *view, ag_tensor *tensor, int64_t dim)
{
    ag_tensor *mask = ag_ndim(tensor) > 0 ? tensor : ag_unsqueeze(tensor, 1);
    return mask != NULL && mask_fits(view, mask, dim) ? ag_to(mask, AG_NONE, AG_BOOL) : NULL;
}

/* select with the sentence of x[i]; dim counts from 1 among the view's dims, at among the entries. */
static ag_tensor *select_at(ag_tensor *view, int64_t dim, int64_t position, int64_t at)
{
    int64_t size = ag_shape(view)[dim - 1];
    if (position == 0 || position > size || position < -size) {
        char text[160];
        snprintf(text, sizeof text, "index %lld is out of bounds for dimension %lld with size %lld%s",
                 (long long)position, (long long)at, (long long)size,
                 position == 0 ? ": positions count from 1" : "");
        ag_set_error(ag_context_of(view), AG_ERROR_INDEX, text);
        return NULL;
    }
    return ag_select(view, dim, position);
}

/* How many dims of the view a tensor among the entries takes. */
static int dims_of(const ag_tensor *tensor)
{
    return is_mask(tensor) && ag_ndim(tensor) > 0 ? ag_ndim(tensor) : 1;
}

/* All but the tensors, masks among them, which stand at the dims of the view that is given; it is in
 * the open scope, or self itself. NULL on error. */
static ag_tensor *view_of(ag_tensor *self, const brackets *b, positions *p)
{
    int rest = ag_ndim(self) - dims_taken(b);
    int64_t dim = 1;
    ag_tensor *view = self;
    p->count = 0;
    for (int i = 0; i < b->count && view != NULL; i++) {
        const entry *e = &b->entries[i];
        switch (e->kind) {
        case ENTRY_INTEGER:
            view = select_at(view, dim, e->first, i + 1);
            break;
        case ENTRY_ALL:
        case ENTRY_RANGE:
            /* torch leaves out a slice that changes nothing, but where it stands alone. */
            if (b->count == 1 || e->first != 1 || e->step != 1 ||
                (e->last != -1 && e->last < ag_shape(view)[dim - 1])) {
                view = ag_slice(view, dim, e->first, e->last, e->step);
            }
            dim++;
            break;
        case ENTRY_NEWAXIS:
            view = ag_unsqueeze(view, dim++);
            break;
        case ENTRY_ELLIPSIS:
            dim += rest;
            break;
        case ENTRY_TENSOR:
            if (is_mask(e->tensor) && ag_ndim(e->tensor) == 0) { /* it selects along a new dim */
                view = ag_unsqueeze(view, dim);
            }
            p->tensors[p->count] = e->tensor;
            p->dims[p->count++] = dim;
            dim += dims_of(e->tensor);
            break;
        }
    }
    return view;
}

/* Whether the only tensor is a mask. */
static bool is_one_mask(const positions *p)
{
    return p->count == 1 && is_mask(p->tensors[0]) && ag_ndim(p->tensors[0]) > 0;
}

/* The positions from dim on, or those where a mask is set, a tensor for each of its dims. */
static bool add_positions(ag_tensor *view, ag_tensor *tensor, int64_t dim, positions *p)
{
    if (!is_mask(tensor)) {
        p->tensors[p->count] = tensor;
        p->dims[p->count++] = dim;
        return true;
    }
    ag_tensor *mask = mask_of(view, tensor, dim);
    ag_results columns;
    if (mask == NULL || !ag_nonzero_by_dims(mask, &columns)) {
        return false;
    }
    for (int64_t d = 0; d < columns.count; d++) {
        p->tensors[p->count] = columns.items[d];
        p->dims[p->count++] = dim + d;
    }
    ag_free_results(ag_context_of(view), &columns);
    return true;
}

/* Positions in place of the masks. */
static bool unmask(ag_tensor *view, positions *p)
{
    const positions given = *p;
    p->count = 0;
    for (int64_t i = 0; i < given.count; i++) {
        if (!add_positions(view, given.tensors[i], given.dims[i], p)) {
            return false;
        }
    }
    return true;
}

static ag_tensor *read(ag_tensor *self, const brackets *b)
{
    positions p;
    ag_tensor *view = view_of(self, b, &p);
    if (view == NULL || p.count == 0) {
        return view == self ? ag_alias(self) : view;
    }
    if (is_one_mask(&p) && ag_ndim(p.tensors[0]) == ag_ndim(view)) {
        return ag_index_mask(view, mask_of(view, p.tensors[0], 1));
    }
    return unmask(view, &p) ? ag_index(view, (ag_tensors){p.tensors, p.count},
                                       (ag_integers){p.dims, p.count})
                            : NULL;
}

/* value without its leading dims of size 1. */
static ag_tensor *trim(ag_tensor *value)
{
    if (value == NULL) {
        return NULL;
    }
    int ndim = ag_ndim(value), ones = 0;
    while (ones < ndim && ag_shape(value)[ones] == 1) {
        ones++;
    }
    return ones == 0 ? value : ag_reshape(value, (ag_integers){ag_shape(value) + ones, ndim - ones});
}

static bool is_same_shape(const ag_tensor *a, const ag_tensor *b)
{
    return ag_ndim(a) == ag_ndim(b) &&
           memcmp(ag_shape(a), ag_shape(b), (size_t)ag_ndim(a) * sizeof(int64_t)) == 0;
}

/* A number as a tensor without dims, of self's dtype. */
static ag_tensor *number_like(ag_tensor *self, ag_number number)
{
    ag_tensor *tensor = ag_tensor_new(ag_context_of(self), ag_dtype_of(self), 0, NULL);
    ag_results results;
    ag_value values[] = {
        {.given = true, .is_tensor = true, .tensor = tensor}, {.given = true, .number = number},
    };
    return tensor != NULL && ag_call_inplace(ag_context_of(self), ag_find_operation("fill_"), values,
                                             &results) ? tensor : NULL;
}

/* What one number is written through: the mask, over all dims of view. NULL on error. */
static ag_tensor *whole_mask(ag_tensor *view, const positions *p)
{
    ag_tensor *mask = mask_of(view, p->tensors[0], p->dims[0]);
    for (int64_t d = p->dims[0] + ag_ndim(p->tensors[0]); d <= ag_ndim(view) && mask != NULL; d++) {
        mask = ag_unsqueeze(mask, -1);
    }
    return mask;
}

/* torch takes the number that it writes through a mask from any type that holds it; what goes to
 * positions must be of self's. NULL on error. */
static ag_tensor *number_for(ag_tensor *self, ag_tensor *value)
{
    ag_number number;
    bool fits = ag_dtype_of(value) == ag_dtype_of(self) ||
                (ag_item(value, &number) && number_like(self, number) != NULL);
    return fits ? trim(ag_to(value, AG_NONE, ag_dtype_of(self))) : NULL;
}

/* value NULL: the number. */
static bool write_at(ag_context *context, ag_tensor *view, positions *p, ag_tensor *value,
                     ag_number number)
{
    const bool is_fill = is_one_mask(p) && (value == NULL || ag_numel(value) == 1);
    ag_value target = {.given = true, .is_tensor = true, .tensor = view};
    ag_value source = {.given = true, .number = number};
    ag_results results;
    if (value != NULL) {
        source = (ag_value){.given = true, .is_tensor = true,
                            .tensor = is_fill ? number_for(view, value) : trim(value)};
    }
    if (is_fill) {
        ag_value values[] = {target, source,
                             {.given = true, .is_tensor = true, .tensor = whole_mask(view, p)}};
        return ag_call_inplace(context, ag_find_operation("index_put_mask_"), values, &results);
    }
    if (!unmask(view, p)) {
        return false;
    }
    ag_value values[] = {
        target, source,
        {.given = true, .tensors = {p->tensors, p->count}},
        {.given = true, .integers = {p->dims, p->count}},
        {.given = true, .boolean = false},
    };
    return ag_call_inplace(context, ag_find_operation("index_put_"), values, &results);
}

/* value NULL: the number. */
static bool write(ag_context *context, ag_tensor *self, const brackets *b, ag_tensor *value,
                  ag_number number)
{
    positions p;
    ag_tensor *view = view_of(self, b, &p);
    if (view == NULL) {
        return false;
    }
    if (p.count > 0) {
        return write_at(context, view, &p, value, number);
    }
    ag_tensor *source = value == NULL ? number_like(self, number) : value;
    if (source != NULL && !is_same_shape(view, source)) {
        if (ag_ndim(source) == 0) {
            return ag_fill_(view, source) != NULL;
        }
        source = trim(source);
        source = source == NULL ? NULL
                 : ag_expand(source, (ag_integers){ag_shape(view), ag_ndim(view)});
    }
    return source != NULL && ag_copy_(view, source) != NULL;
}

/* ---- From Lua ------------------------------------------------------------------ */

/* In a scope of its own, so that the views on the way go at once; the result stays ours. */
static ag_tensor *read_owned(state *s, ag_tensor *self, const brackets *b)
{
    if (!ag_scope_open(s->context)) {
        return NULL;
    }
    ag_tensor *result = ag_retain(read(self, b));
    ag_scope_close(s->context);
    return result;
}

int index_tensor(lua_State *L)
{
    state *s = enter(L);
    /* Made before the arguments are read. */
    handle *h = push_handle(L, s);
    ag_tensor *self = check_tensor(L, s, 1);
    brackets b;
    int is_integer = 0;
    lua_Integer position = lua_type(L, 2) == LUA_TNUMBER ? lua_tointegerx(L, 2, &is_integer) : 0;
    if (is_integer && ag_ndim(self) > 0) {
        if (position == ag_shape(self)[0] + 1) {
            lua_pushnil(L); /* what ends ipairs */
            return 1;
        }
        b.count = 1;
        b.entries[0] = (entry){.kind = ENTRY_INTEGER, .first = position};
    } else {
        read_brackets(L, s, ag_ndim(self), &b);
    }
    size_t before = ag_bytes_used(s->context);
    h->tensor = read_owned(s, self, &b);
    if (h->tensor == NULL && retry_with_memory(L, s)) {
        h->tensor = read_owned(s, self, &b);
    }
    if (h->tensor == NULL) {
        return raise_error(L, s);
    }
    account(s, before);
    return 1;
}

int assign_tensor(lua_State *L)
{
    state *s = enter(L);
    ag_tensor *self = check_tensor(L, s, 1), *value = NULL;
    brackets b;
    ag_number number = {0};
    read_brackets(L, s, ag_ndim(self), &b);
    handle *h = test_handle(L, 3);
    if (h != NULL) {
        value = use_handle(L, s, 3, h);
    } else if (lua_isinteger(L, 3)) {
        number = (ag_number){.kind = AG_INTEGER, .integer = lua_tointeger(L, 3)};
    } else if (lua_type(L, 3) == LUA_TNUMBER) {
        number = (ag_number){.kind = AG_REAL, .real = lua_tonumber(L, 3)};
    } else if (lua_isboolean(L, 3)) {
        number = (ag_number){.kind = AG_BOOLEAN, .integer = lua_toboolean(L, 3)};
    } else {
        return fail(L, "can't assign a %s to a Tensor", type_name(L, 3));
    }
    size_t before = ag_bytes_used(s->context);
    if (!ag_scope_open(s->context)) {
        return raise_error(L, s);
    }
    bool done = write(s->context, self, &b, value, number);
    ag_scope_close(s->context);
    account(s, before);
    return done ? 0 : raise_error(L, s);
}
