#include "embedded.h"

#include <lauxlib.h>

static int load(lua_State *L)
{
    const struct embedded *module = lua_touserdata(L, lua_upvalueindex(1));
    lua_pushfstring(L, "=[%s]", module->name);
    if (luaL_loadbufferx(L, (const char *)module->text, module->length, lua_tostring(L, -1),
                         "t") != LUA_OK) {
        return lua_error(L);
    }
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

void embedded_install(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const struct embedded *module = embedded_modules; module->name != NULL; module++) {
        lua_pushlightuserdata(L, (void *)module);
        lua_pushcclosure(L, load, 1);
        lua_setfield(L, -2, module->name);
    }
    lua_pop(L, 1);
}

void embedded_require(lua_State *L, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}
