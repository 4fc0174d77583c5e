/* item() and totable(): from tensors to Lua's own values. */
#include "binding.h"

static void push_number(lua_State *L, ag_dtype dtype, const char *at)
{
    switch (dtype) {
    case AG_FLOAT32:
        lua_pushnumber(L, *(const float *)at);
        break;
    case AG_FLOAT64:
        lua_pushnumber(L, *(const double *)at);
        break;
    case AG_INT64:
        lua_pushinteger(L, *(const int64_t *)at);
        break;
    case AG_INT32:
        lua_pushinteger(L, *(const int32_t *)at);
        break;
    case AG_UINT8:
        lua_pushinteger(L, *(const uint8_t *)at);
        break;
    default:
        lua_pushboolean(L, *(const uint8_t *)at);
    }
}

int convert_to_item(lua_State *L)
{
    state *s = enter(L);
    ag_number item;
    if (!ag_item(check_tensor(L, s, 1), &item)) {
        return raise_error(L, s);
    }
    if (item.kind == AG_REAL) {
        lua_pushnumber(L, item.real);
    } else if (item.kind == AG_INTEGER) {
        lua_pushinteger(L, item.integer);
    } else {
        lua_pushboolean(L, item.integer != 0);
    }
    return 1;
}

static void push_rows(lua_State *L, const ag_tensor *tensor, int dim, const char *at)
{
    ag_dtype dtype = ag_dtype_of(tensor);
    if (dim == ag_ndim(tensor)) {
        push_number(L, dtype, at);
        return;
    }
    int64_t count = ag_shape(tensor)[dim];
    int64_t step = ag_strides(tensor)[dim] * (int64_t)ag_dtype_size(dtype);
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, count > INT32_MAX ? INT32_MAX : (int)count, 0);
    for (int64_t i = 0; i < count; i++) {
        push_rows(L, tensor, dim + 1, at + i * step);
        lua_rawseti(L, -2, i + 1);
    }
}

int convert_to_table(lua_State *L)
{
    state *s = enter(L);
    ag_tensor *tensor = pin_tensor(L, s, 1);
    if (ag_grad_mode(s->context) && ag_requires_grad(tensor)) {
        return fail(L, "can't call totable() on a tensor that requires grad; use "
                    "x:detach():totable()");
    }
    push_rows(L, tensor, 0, ag_data_pointer(tensor));
    return 1;
}
