/* x.shape: a list of sizes that prints as {2, 3} and compares by contents. */
#include <string.h>

#include "binding.h"

void push_sizes(lua_State *L, state *s, const int64_t *sizes, int count)
{
    int64_t copy[AG_MAX_DIMS];
    memcpy(copy, sizes, (size_t)count * sizeof *sizes);
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushinteger(L, copy[i]);
        lua_rawseti(L, -2, i + 1);
    }
    push_registered(L, &s->shape_metatable);
    lua_setmetatable(L, -2);
}

static int to_string(lua_State *L)
{
    luaL_Buffer text;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    luaL_buffinit(L, &text);
    luaL_addchar(&text, '{');
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1) {
            luaL_addstring(&text, ", ");
        }
        lua_rawgeti(L, 1, i);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        luaL_addvalue(&text);
    }
    luaL_addchar(&text, '}');
    luaL_pushresult(&text);
    return 1;
}

static int equal(lua_State *L)
{
    bool same = lua_istable(L, 1) && lua_istable(L, 2) && lua_rawlen(L, 1) == lua_rawlen(L, 2);
    for (lua_Integer i = same ? (lua_Integer)lua_rawlen(L, 1) : 0; i >= 1 && same; i--) {
        lua_rawgeti(L, 1, i);
        lua_rawgeti(L, 2, i);
        same = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    lua_pushboolean(L, same);
    return 1;
}

static int concatenate(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

void open_shape(lua_State *L, state *s)
{
    static const luaL_Reg metamethods[] = {
        {"__tostring", to_string}, {"__eq", equal}, {"__concat", concatenate}, {NULL, NULL},
    };
    lua_createtable(L, 0, 4);
    set_functions(L, s, metamethods);
    lua_pushliteral(L, "autograd.Shape");
    lua_setfield(L, -2, "__name");
    set_registered(L, &s->shape_metatable);
}
