/* The metamethods + - * / // % ^, unary minus, #, .. and what comparison signs answer. */
#include "binding.h"

/* Lua hands unary minus its operand twice. Its own upvalue: neg. */
static int negate(lua_State *L)
{
    lua_settop(L, 1);
    return call_form(L, lua_touserdata(L, lua_upvalueindex(OWN_UPVALUE)));
}

/* 1 - x is rsub(x, 1), as in torch. Its own upvalues: sub, rsub. */
static int subtract(lua_State *L)
{
    bool is_reversed = lua_type(L, 1) == LUA_TNUMBER;
    if (is_reversed) {
        lua_insert(L, 1);
    }
    return call_form(L, lua_touserdata(L, lua_upvalueindex(OWN_UPVALUE + is_reversed)));
}

/* 2 / x is reciprocal(x) * 2, as in torch. Its own upvalues: div, reciprocal, mul. */
static int divide(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TNUMBER) {
        return call_form(L, lua_touserdata(L, lua_upvalueindex(OWN_UPVALUE)));
    }
    lua_settop(L, 2);
    lua_insert(L, 1);
    lua_Number number = lua_tonumber(L, 2);
    lua_pop(L, 1);
    call_form(L, lua_touserdata(L, lua_upvalueindex(OWN_UPVALUE + 1)));
    lua_replace(L, 1);
    lua_pushnumber(L, number);
    return call_form(L, lua_touserdata(L, lua_upvalueindex(OWN_UPVALUE + 2)));
}

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

/* Joins two tensors along the first dim; makes text where one is a string or a number. Upvalue:
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

/* A metamethod that calls several forms, which are its upvalues. */
static void set_operator(lua_State *L, state *s, const char *metamethod, lua_CFunction function,
                         const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        push_function_form(L, s, names[i]);
    }
    push_function(L, s, function, count);
    lua_setfield(L, -2, metamethod);
}

void open_operators(lua_State *L, state *s, int functions)
{
    static const luaL_Reg metamethods[] = {
        {"__len", length}, {"__lt", compare}, {"__le", compare}, {"__pairs", pairs}, {NULL, NULL},
    };
    static const char *const operators[][2] = {
        {"__add", "add"}, {"__mul", "mul"}, {"__idiv", "floor_divide"}, {"__mod", "remainder"},
        {"__pow", "pow"},
    };
    set_functions(L, s, metamethods);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        lua_getfield(L, functions, operators[i][1]);
        lua_setfield(L, -2, operators[i][0]);
    }
    set_operator(L, s, "__unm", negate, (const char *const[]){"neg"}, 1);
    set_operator(L, s, "__sub", subtract, (const char *const[]){"sub", "rsub"}, 2);
    set_operator(L, s, "__div", divide, (const char *const[]){"div", "reciprocal", "mul"}, 3);
    lua_getfield(L, functions, "cat");
    push_function(L, s, concatenate, 1);
    lua_setfield(L, -2, "__concat");
}
