/* Methods that ask a tensor about itself. */
#include "binding.h"

/* x:size() is its shape, x:size(dim) one number. */
static int size(lua_State *L)
{
    state *s = enter(L);
    ag_tensor *tensor = check_tensor(L, s, 1);
    if (lua_isnoneornil(L, 2)) {
        push_sizes(L, s, ag_shape(tensor), ag_ndim(tensor));
        return 1;
    }
    int64_t result;
    if (!ag_size(tensor, luaL_checkinteger(L, 2), &result)) {
        return raise_error(L, s);
    }
    lua_pushinteger(L, result);
    return 1;
}

static int stride(lua_State *L)
{
    state *s = enter(L);
    ag_tensor *tensor = check_tensor(L, s, 1);
    push_sizes(L, s, ag_strides(tensor), ag_ndim(tensor));
    return 1;
}

static int dim(lua_State *L)
{
    state *s = enter(L);
    lua_pushinteger(L, ag_ndim(check_tensor(L, s, 1)));
    return 1;
}

static int numel(lua_State *L)
{
    state *s = enter(L);
    lua_pushinteger(L, ag_numel(check_tensor(L, s, 1)));
    return 1;
}

static int element_size(lua_State *L)
{
    state *s = enter(L);
    lua_pushinteger(L, (lua_Integer)ag_dtype_size(ag_dtype_of(check_tensor(L, s, 1))));
    return 1;
}

static int is_contiguous(lua_State *L)
{
    state *s = enter(L);
    lua_pushboolean(L, ag_is_contiguous(check_tensor(L, s, 1)));
    return 1;
}

static int is_floating_point(lua_State *L)
{
    state *s = enter(L);
    lua_pushboolean(L, ag_dtype_is_floating(ag_dtype_of(check_tensor(L, s, 1))));
    return 1;
}

/* requires_grad_(requires_grad=true) */
static int requires_grad(lua_State *L)
{
    state *s = enter(L);
    ag_tensor *tensor = check_tensor(L, s, 1);
    static const char *const names[] = {"self", "requires_grad", NULL};
    arrange_arguments(L, "requires_grad_", names, 1);
    bool wanted = lua_isnil(L, 2) || read_flag(L, 2, "requires_grad_", "requires_grad");
    if (wanted && !ag_dtype_is_floating(ag_dtype_of(tensor))) {
        return fail(L, "only Tensors of floating point dtype can require gradients");
    }
    if (!ag_set_requires_grad(tensor, wanted)) {
        return raise_error(L, s);
    }
    lua_settop(L, 1);
    return 1;
}

static int retain_grad(lua_State *L)
{
    state *s = enter(L);
    return ag_retain_grad(check_tensor(L, s, 1)) ? 0 : raise_error(L, s);
}

void open_methods(lua_State *L, state *s, int methods)
{
    static const luaL_Reg functions[] = {
        {"size", size}, {"stride", stride}, {"dim", dim}, {"numel", numel}, {"nelement", numel},
        {"element_size", element_size}, {"is_contiguous", is_contiguous},
        {"is_floating_point", is_floating_point}, {"item", convert_to_item},
        {"totable", convert_to_table}, {"requires_grad_", requires_grad},
        {"retain_grad", retain_grad}, {"backward", backward_method}, {NULL, NULL},
    };
    lua_pushvalue(L, methods);
    set_functions(L, s, functions);
    lua_pop(L, 1);
}
