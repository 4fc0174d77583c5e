#include "json_value.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "utf8.h"

#define DEPTH_LIMIT 100

json_t *json_text(const char *text, size_t length)
{
    struct buffer valid = {0};
    utf8_append_valid(&valid, text, length);
    json_t *value = json_stringn_nocheck(valid.data != NULL ? valid.data : "", valid.length);
    buffer_free(&valid);
    return value;
}

static json_t *convert(lua_State *L, int index, int depth);

static json_t *array_from_table(lua_State *L, int index, lua_Unsigned length, int depth)
{
    json_t *array = json_array();
    for (lua_Unsigned i = 1; i <= length; i++) {
        lua_rawgeti(L, index, (lua_Integer)i);
        json_array_append_new(array, convert(L, lua_gettop(L), depth));
        lua_pop(L, 1);
    }
    return array;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same members in the order of their names, so that a table is the same text each time. */
static json_t *sort_members(json_t *object)
{
    const char **names = allocate((json_object_size(object) + 1) * sizeof *names);
    size_t count = 0;
    const char *name;
    json_t *member;
    json_object_foreach(object, name, member) {
        names[count++] = name;
    }
    qsort(names, count, sizeof *names, compare_names);
    json_t *sorted = json_object();
    for (size_t i = 0; i < count; i++) {
        json_object_set_nocheck(sorted, names[i], json_object_get(object, names[i]));
    }
    free(names);
    json_decref(object);
    return sorted;
}

static json_t *object_from_table(lua_State *L, int index, int depth)
{
    json_t *object = json_object();
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        struct buffer key = {0};
        if (lua_type(L, -2) == LUA_TSTRING) {
            size_t length;
            const char *text = lua_tolstring(L, -2, &length);
            utf8_append_valid(&key, text, length);
        } else if (lua_isinteger(L, -2)) {
            buffer_format(&key, LUA_INTEGER_FMT, lua_tointeger(L, -2));
        } else if (lua_type(L, -2) == LUA_TNUMBER) {
            buffer_format(&key, "%.14g", lua_tonumber(L, -2));
        } else {
            continue;
        }
        char *name = buffer_take(&key);
        json_object_set_new_nocheck(object, name, convert(L, lua_gettop(L), depth));
        free(name);
    }
    return sort_members(object);
}

static json_t *convert(lua_State *L, int index, int depth)
{
    size_t length;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(L, index));
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            return json_integer(lua_tointeger(L, index));
        }
        return isfinite(lua_tonumber(L, index)) ? json_real(lua_tonumber(L, index)) : json_null();
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &length);
        return json_text(text, length);
    case LUA_TTABLE:
        if (depth >= DEPTH_LIMIT || !lua_checkstack(L, 4)) {
            return json_null();
        }
        length = lua_rawlen(L, index);
        return length > 0 ? array_from_table(L, index, length, depth + 1)
                          : object_from_table(L, index, depth + 1);
    default:
        return json_null();
    }
}

json_t *json_from_lua(lua_State *L, int index)
{
    return convert(L, lua_absindex(L, index), 0);
}

void json_push(lua_State *L, const json_t *value)
{
    luaL_checkstack(L, 4, "a JSON value is too deep");
    switch (json_typeof(value)) {
    case JSON_OBJECT: {
        const char *key;
        json_t *member;
        lua_createtable(L, 0, (int)json_object_size(value));
        json_object_foreach((json_t *)value, key, member) {
            json_push(L, member);
            lua_setfield(L, -2, key);
        }
        break;
    }
    case JSON_ARRAY:
        lua_createtable(L, (int)json_array_size(value), 0);
        for (size_t i = 0; i < json_array_size(value); i++) {
            json_push(L, json_array_get(value, i));
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        break;
    case JSON_STRING:
        lua_pushlstring(L, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        lua_pushinteger(L, json_integer_value(value));
        break;
    case JSON_REAL:
        lua_pushnumber(L, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(L, json_is_true(value));
        break;
    case JSON_NULL:
        lua_pushnil(L);
        break;
    }
}
