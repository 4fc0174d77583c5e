/* The metamethods + - * / // % ^, unary minus, #, .. and what comparison signs answer. */
#include "binding.h"

static int length(lua_State *L)
{
    state *s = enter(L);
    ag_tensor *tensor = check_tensor(L, s, 1);
    if (ag_ndim(tensor) == 0) {
        return fail(L, "len() of a 0-d tensor");
    }
    lua_pushinteger(L, ag_shape(tensor)[0]);
    return 1;
}

/* Joins two tensors along the first dim; makes text where one is a string or a number. Upvalue 3:
 * the function cat. */
static int concatenate(lua_State *L)
{
    enter(L);
    int type = lua_type(L, test_handle(L, 1) == NULL ? 1 : 2);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        luaL_tolstring(L, 1, NULL);
        luaL_tolstring(L, 2, NULL);
        lua_concat(L, 2);
        return 1;
    }
    if (test_handle(L, 1) == NULL || test_handle(L, 2) == NULL) {
        return fail(L, "attempt to concatenate a Tensor and a %s value", lua_typename(L, type));
    }
    lua_createtable(L, 2, 0);
    lua_insert(L, 1);
    lua_rawseti(L, 1, 2);
    lua_rawseti(L, 1, 1);
    lua_pushvalue(L, lua_upvalueindex(OWN_UPVALUE));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static int compare(lua_State *L)
{
    return fail(L, "tensors are compared element by element, by methods: x:lt(y), x:le(y), x:gt(y), "
                "x:ge(y)");
}

/* One step of pairs(x): the next position and what stands there. */
static int next_row(lua_State *L)
{
    state *s = enter(L);
    lua_Integer i = luaL_checkinteger(L, 2) + 1;
    ag_tensor *tensor = check_tensor(L, s, 1);
    if (i > ag_shape(tensor)[0]) {
        return 0;
    }
    lua_pushinteger(L, i);
    lua_pushinteger(L, i);
    lua_gettable(L, 1);
    return 2;
}

static int pairs(lua_State *L)
{
    state *s = enter(L);
    if (ag_ndim(check_tensor(L, s, 1)) == 0) {
        return fail(L, "iteration over a 0-d tensor");
    }
    push_function(L, s, next_row, 0);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

void open_operators(lua_State *L, state *s, int functions)
{
    static const luaL_Reg metamethods[] = {
        {"__len", length}, {"__lt", compare}, {"__le", compare}, {"__pairs", pairs}, {NULL, NULL},
    };
    static const char *const operators[][2] = {
        {"__add", "add"}, {"__sub", "sub"}, {"__mul", "mul"}, {"__div", "div"},
        {"__idiv", "floor_divide"}, {"__mod", "remainder"}, {"__pow", "pow"},
    };
    set_functions(L, s, metamethods);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        lua_getfield(L, functions, operators[i][1]);
        lua_setfield(L, -2, operators[i][0]);
    }
    push_negation(L, s);
    lua_setfield(L, -2, "__unm");
    lua_getfield(L, functions, "cat");
    push_function(L, s, concatenate, 1);
    lua_setfield(L, -2, "__concat");
}
