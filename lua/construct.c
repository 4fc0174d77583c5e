/* ag.tensor(data, {dtype=, requires_grad=}): numbers, booleans and nested tables of them. */
#include "binding.h"

/* What the data says of the tensor to be. Categories as in promotion: bool, int, float. */
typedef struct data {
    lua_State *L;
    state *s;
    int ndim;
    int64_t shape[AG_MAX_DIMS];
    bool seen[3];
    ag_dtype dtype;
    char *at; /* where the next number goes */
} data;

static int element_category(data *d, int at)
{
    lua_State *L = d->L;
    if (lua_isboolean(L, at)) {
        return 0;
    }
    if (lua_type(L, at) == LUA_TNUMBER) {
        return lua_isinteger(L, at) ? 1 : 2;
    }
    handle *h = test_handle(L, at);
    if (h == NULL) {
        return fail(L, "must be real number, not %s", type_name(L, at));
    }
    ag_dtype dtype = ag_dtype_of(use_handle(L, d->s, at, h));
    return dtype == AG_BOOL ? 0 : ag_dtype_is_floating(dtype) ? 2 : 1;
}

/* The shape by the first entries; the tables on the way are left on the stack. */
static void find_shape(data *d, int at)
{
    lua_State *L = d->L;
    while (lua_istable(L, at)) {
        if (d->ndim == AG_MAX_DIMS) {
            fail(L, "too many dimensions: the tables are nested more than %d deep, or one contains "
                 "itself", AG_MAX_DIMS);
        }
        d->shape[d->ndim++] = (int64_t)lua_rawlen(L, at);
        luaL_checkstack(L, 4, NULL);
        if (lua_rawgeti(L, at, 1) == LUA_TNIL) {
            break;
        }
        at = lua_gettop(L);
    }
}

/* Checks that all fits the shape and notes the categories. */
static void check(data *d, int at, int dim)
{
    lua_State *L = d->L;
    if (dim == d->ndim) {
        if (lua_istable(L, at)) {
            fail(L, "must be real number, not table");
        }
        d->seen[element_category(d, at)] = true;
        return;
    }
    if (!lua_istable(L, at)) {
        fail(L, "not a sequence: %s at dim %d where a table of length %lld is expected",
             type_name(L, at), dim + 1, (long long)d->shape[dim]);
    }
    int64_t count = (int64_t)lua_rawlen(L, at);
    if (count != d->shape[dim]) {
        fail(L, "expected sequence of length %lld at dim %d (got %lld)", (long long)d->shape[dim],
             dim + 1, (long long)count);
    }
    for (int64_t i = 1; i <= count; i++) {
        lua_rawgeti(L, at, i);
        check(d, lua_gettop(L), dim + 1);
        lua_pop(L, 1);
    }
}

static int overflows(data *d)
{
    return fail(d->L, "value cannot be converted to type %s without overflow",
                ag_dtype_name(d->dtype));
}

/* A negative number wraps around in uint8, as in torch. */
static void store_integer(data *d, int64_t value, int64_t least, int64_t most)
{
    if (value < least || value > most) {
        overflows(d);
    }
    if (d->dtype == AG_INT64) {
        *(int64_t *)d->at = value;
    } else if (d->dtype == AG_INT32) {
        *(int32_t *)d->at = (int32_t)value;
    } else {
        *(uint8_t *)d->at = (uint8_t)value;
    }
}

static int64_t integer_of(data *d, ag_number number)
{
    if (number.kind != AG_REAL) {
        return number.integer;
    }
    if (!(number.real >= -9223372036854775808.0 && number.real < 9223372036854775808.0)) {
        overflows(d);
    }
    return (int64_t)number.real;
}

static void store(data *d, ag_number number)
{
    double real = number.kind == AG_REAL ? number.real : (double)number.integer;
    switch (d->dtype) {
    case AG_FLOAT32:
        *(float *)d->at = (float)real;
        break;
    case AG_FLOAT64:
        *(double *)d->at = real;
        break;
    case AG_INT64:
        store_integer(d, integer_of(d, number), INT64_MIN, INT64_MAX);
        break;
    case AG_INT32:
        store_integer(d, integer_of(d, number), INT32_MIN, INT32_MAX);
        break;
    case AG_UINT8:
        store_integer(d, integer_of(d, number), -UINT8_MAX, UINT8_MAX);
        break;
    default:
        *(uint8_t *)d->at = number.kind == AG_REAL ? number.real != 0 : number.integer != 0;
    }
    d->at += ag_dtype_size(d->dtype);
}

static void fill(data *d, int at, int dim)
{
    lua_State *L = d->L;
    if (dim < d->ndim) {
        for (int64_t i = 1; i <= d->shape[dim]; i++) {
            lua_rawgeti(L, at, i);
            fill(d, lua_gettop(L), dim + 1);
            lua_pop(L, 1);
        }
        return;
    }
    ag_number number = {.kind = AG_REAL};
    if (lua_isinteger(L, at)) {
        number = (ag_number){.kind = AG_INTEGER, .integer = lua_tointeger(L, at)};
    } else if (lua_type(L, at) == LUA_TNUMBER) {
        number = (ag_number){.kind = AG_REAL, .real = lua_tonumber(L, at)};
    } else if (lua_isboolean(L, at)) {
        number = (ag_number){.kind = AG_BOOLEAN, .integer = lua_toboolean(L, at)};
    } else {
        handle *h = test_handle(L, at);
        if (h == NULL || h->tensor == NULL || !ag_item(h->tensor, &number)) {
            raise_error(L, d->s);
        }
    }
    store(d, number);
}

static ag_dtype read_dtype(lua_State *L, int at)
{
    if (lua_isnil(L, at)) {
        return AG_DTYPE_NONE;
    }
    const char *name = luaL_tolstring(L, at, NULL);
    ag_dtype dtype = ag_dtype_from_name(name);
    if (dtype == AG_DTYPE_NONE) {
        fail(L, "tensor(): argument 'dtype' must be dtype, but there is none named '%s'", name);
    }
    lua_pop(L, 1);
    return dtype;
}

/* A copy of the tensor at 1. */
static ag_tensor *copy_tensor(lua_State *L, state *s, ag_dtype dtype)
{
    ag_tensor *source = check_tensor(L, s, 1);
    ag_tensor *copy = ag_tensor_new(s->context, dtype == AG_DTYPE_NONE ? ag_dtype_of(source) : dtype,
                                    ag_ndim(source), ag_shape(source));
    bool mode = ag_grad_mode(s->context);
    ag_set_grad_mode(s->context, false);
    if (copy != NULL && ag_copy_(copy, source) == NULL) {
        if (s->callbacks == 0) {
            ag_release(copy);
        }
        copy = NULL;
    }
    ag_set_grad_mode(s->context, mode);
    return copy;
}

int construct_tensor(lua_State *L)
{
    state *s = enter(L);
    size_t before = ag_bytes_used(s->context);
    static const char *const names[] = {"data", "dtype", "requires_grad", NULL};
    arrange_arguments(L, "tensor", names, 1);
    data d = {.L = L, .s = s, .dtype = read_dtype(L, 2)};
    bool requires_grad = read_flag(L, 3, "tensor", "requires_grad");
    bool is_copy = test_handle(L, 1) != NULL;
    if (!is_copy) {
        find_shape(&d, 1);
        lua_settop(L, 3);
        check(&d, 1, 0);
        if (d.dtype == AG_DTYPE_NONE) {
            d.dtype = d.seen[2] ? AG_FLOAT32 : d.seen[1] ? AG_INT64 : d.seen[0] ? AG_BOOL : AG_FLOAT32;
        }
        if (requires_grad && !ag_dtype_is_floating(d.dtype)) {
            return fail(L, "Only Tensors of floating point and complex dtype can require gradients");
        }
    }
    handle *h = push_handle(L, s);
    give_made(L, s, h, is_copy ? copy_tensor(L, s, d.dtype)
                               : ag_tensor_new(s->context, d.dtype, d.ndim, d.shape));
    if (!is_copy) {
        d.at = ag_data_pointer(h->tensor);
        fill(&d, 1, 0);
    }
    if (requires_grad && !ag_set_requires_grad(h->tensor, true)) {
        return raise_error(L, s);
    }
    account(s, before);
    return 1;
}
