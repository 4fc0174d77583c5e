/* Positional and keyword arguments of the functions that are no operation. */
#include <string.h>

#include "binding.h"

static int find_name(lua_State *L, const char *const *names)
{
    if (lua_type(L, -2) == LUA_TSTRING) {
        for (int i = 0; names[i] != NULL; i++) {
            if (strcmp(names[i], lua_tostring(L, -2)) == 0) {
                return i + 1;
            }
        }
    }
    return 0;
}

static void unknown(lua_State *L, const char *function, const char *const *names)
{
    const char *key = luaL_tolstring(L, -2, NULL);
    luaL_Buffer known;
    luaL_buffinit(L, &known);
    bool is_first = true;
    for (; *names != NULL; names++) {
        if (strcmp(*names, "self") != 0) {
            luaL_addstring(&known, is_first ? "" : ", ");
            luaL_addstring(&known, *names);
            is_first = false;
        }
    }
    luaL_pushresult(&known);
    fail(L, "%s() got an unexpected keyword argument '%s' (it takes %s)", function, key,
         lua_tostring(L, -1));
}

bool is_keywords(lua_State *L, int at)
{
    if (!lua_istable(L, at)) {
        return false;
    }
    lua_pushnil(L);
    while (lua_next(L, at)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1)) {
            lua_pop(L, 1);
            return true;
        }
    }
    return false;
}

void arrange_arguments(lua_State *L, const char *function, const char *const *names, int required)
{
    int count = 0, top = lua_gettop(L);
    while (names[count] != NULL) {
        count++;
    }
    int keywords = top > 0 && is_keywords(L, top) ? top : 0;
    int given = keywords != 0 && lua_rawlen(L, top) == 0 ? top - 1 : top;
    while (given > count && lua_isnil(L, given)) {
        given--;
    }
    /* An empty last table gives no keywords where it would be one argument too many. */
    if (given == count + 1 && keywords == 0 && lua_istable(L, given) && lua_rawlen(L, given) == 0) {
        given--;
    }
    if (given > count) {
        fail(L, "%s() takes at most %d arguments but %d were given", function, count, given);
    }
    if (keywords != 0) {
        lua_pushvalue(L, keywords);
        lua_insert(L, 1);
        lua_settop(L, given + 1);
        luaL_checkstack(L, count + 8, NULL);
        lua_settop(L, count + 1);
        lua_pushnil(L);
        while (lua_next(L, 1)) {
            if (!lua_isinteger(L, -2)) {
                int at = find_name(L, names);
                if (at == 0) {
                    unknown(L, function, names);
                }
                if (at <= given && !lua_isnil(L, at + 1)) {
                    fail(L, "%s() got multiple values for argument '%s'", function, names[at - 1]);
                }
                lua_replace(L, at + 1);
            } else {
                lua_pop(L, 1);
            }
        }
        lua_remove(L, 1);
    } else {
        lua_settop(L, given);
        luaL_checkstack(L, count + 8, NULL);
        lua_settop(L, count);
    }
    for (int i = 0; i < required; i++) {
        if (lua_isnil(L, i + 1)) {
            fail(L, "%s() missing 1 required positional arguments: \"%s\"", function, names[i]);
        }
    }
}

bool read_flag(lua_State *L, int at, const char *function, const char *name)
{
    if (lua_isnil(L, at)) {
        return false;
    }
    if (!lua_isboolean(L, at)) {
        fail(L, "%s(): argument '%s' must be bool, not %s", function, name, type_name(L, at));
    }
    return lua_toboolean(L, at);
}

int64_t length_of_tensors(lua_State *L, int at)
{
    return lua_istable(L, at) ? (int64_t)lua_rawlen(L, at) : 1;
}

void make_room(lua_State *L, int at, int64_t least, list_room *room)
{
    int64_t length = length_of_tensors(L, at);
    size_t count = (size_t)(length < least ? least : length);
    room->items = count <= sizeof room->few / sizeof *room->few
        ? room->few : lua_newuserdatauv(L, count * sizeof *room->items, 0);
}

ag_tensors read_tensors(lua_State *L, state *s, int at, int64_t count, const char *function,
                        const char *name, const list_room *room)
{
    bool is_list = lua_istable(L, at);
    bool may_be_nil = count >= 0;
    int64_t length = length_of_tensors(L, at);
    if (!is_list || count < 0 || length > count) {
        count = length;
    }
    for (int64_t i = 0; i < count; i++) {
        if (is_list) {
            lua_rawgeti(L, at, i + 1);
        } else {
            lua_pushvalue(L, at);
        }
        handle *h = test_handle(L, lua_gettop(L));
        if (h != NULL) {
            room->items[i] = use_handle(L, s, lua_gettop(L), h);
            register_handle(L, s, lua_gettop(L), h);
        } else if (may_be_nil && lua_isnil(L, -1)) {
            room->items[i] = AG_NONE;
        } else {
            fail(L, "%s(): argument '%s' must be Tensor or list of Tensors, not %s", function, name,
                 is_list ? "a list with other values" : type_name(L, at));
        }
        lua_pop(L, 1);
    }
    return (ag_tensors){room->items, count};
}
