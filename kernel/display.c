#include "display.h"

#include <lauxlib.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "embedded.h"
#include "input.h"
#include "json_value.h"
#include "kernel.h"

void display_push_text(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (lua_type(L, index) != LUA_TTABLE) {
        luaL_tolstring(L, index, NULL);
        return;
    }
    embedded_require(L, "jupyter.render");
    lua_getfield(L, -1, "text");
    lua_remove(L, -2);
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
}

/* Images and the like travel as base64. */
static bool is_binary_type(const char *type)
{
    return (strncmp(type, "image/", 6) == 0 && strcmp(type, "image/svg+xml") != 0) ||
           strcmp(type, "application/pdf") == 0;
}

static bool is_base64(const char *text, size_t length)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n";
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\0' || strchr(alphabet, text[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static json_t *json_base64(const char *bytes, size_t length)
{
    size_t size = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_ORIGINAL);
    char *text = allocate(size);
    sodium_bin2base64(text, size, (const unsigned char *)bytes, length,
                      sodium_base64_VARIANT_ORIGINAL);
    json_t *value = json_string(text);
    free(text);
    return value;
}

/* One entry of a bundle: the value on top of the stack. */
static json_t *entry(lua_State *L, const char *type)
{
    if (lua_type(L, -1) == LUA_TSTRING) {
        size_t length;
        const char *text = lua_tolstring(L, -1, &length);
        if (is_binary_type(type) && !is_base64(text, length)) {
            return json_base64(text, length);
        }
    }
    return json_from_lua(L, -1);
}

/* From a table of mime types; what is no mime type is left out, as a message must not hold it. */
static json_t *bundle_from_table(lua_State *L, int index)
{
    json_t *bundle = json_object();
    index = lua_absindex(L, index);
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING && strchr(lua_tostring(L, -2), '/') != NULL) {
            const char *type = lua_tostring(L, -2);
            json_object_set_new(bundle, type, entry(L, type));
        }
    }
    return bundle;
}

static json_t *object_or_empty(lua_State *L, int index)
{
    json_t *value = lua_istable(L, index) ? json_from_lua(L, index) : NULL;
    if (!json_is_object(value)) {
        json_decref(value);
        value = json_object();
    }
    return value;
}

/* Pushes data and metadata of a value that has __mimebundle, and returns true. */
static bool push_own_bundle(lua_State *L, int index)
{
    if (luaL_getmetafield(L, index, "__mimebundle") == LUA_TNIL) {
        return false;
    }
    lua_pushvalue(L, index);
    lua_call(L, 1, 2);
    if (!lua_istable(L, -2)) {
        luaL_error(L, "__mimebundle must return a table from mime type to data, not %s",
                   luaL_typename(L, -2));
    }
    return true;
}

void display_bundle(lua_State *L, int index, json_t **data, json_t **metadata)
{
    int top = lua_gettop(L);
    index = lua_absindex(L, index);
    luaL_checkstack(L, 10, NULL);
    bool own = push_own_bundle(L, index);
    if (!own && lua_istable(L, index)) {
        embedded_require(L, "jupyter.render");
        lua_getfield(L, -1, "bundle");
        lua_remove(L, -2);
        lua_pushvalue(L, index);
        lua_call(L, 1, 1);
        lua_pushnil(L);
        own = true;
    }
    if (own && lua_getfield(L, -2, "text/plain") == LUA_TNIL) {
        display_push_text(L, index);
        lua_replace(L, -2);
    } else if (!own) {
        display_push_text(L, index);
    }
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    *data = own ? bundle_from_table(L, -3) : json_object();
    *metadata = own ? object_or_empty(L, -2) : json_object();
    if (text != NULL) {
        json_object_set_new(*data, "text/plain", json_text(text, length));
    }
    lua_settop(L, top);
}

/* show(value, options, update): displays anything, or, with raw, a bundle itself. */
static int show(lua_State *L, bool update)
{
    struct kernel *kernel = kernel_of(L);
    luaL_checkany(L, 1);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "raw");
    lua_getfield(L, 2, "display_id");
    lua_getfield(L, 2, "metadata");
    bool raw = lua_toboolean(L, 3);
    const char *identity = luaL_optstring(L, 4, NULL);
    if (!lua_isnil(L, 5) && !lua_istable(L, 5)) {
        return luaL_error(L, "metadata must be a table, not %s", luaL_typename(L, 5));
    }
    if (update && identity == NULL) {
        return luaL_error(L, "update_display needs the display_id of what it is to change");
    }
    if (raw) {
        luaL_checktype(L, 1, LUA_TTABLE);
    }
    json_t *data = NULL;
    json_t *metadata = NULL;
    if (raw) {
        data = bundle_from_table(L, 1);
    } else {
        display_bundle(L, 1, &data, &metadata);
    }
    if (lua_istable(L, 5) || metadata == NULL) {
        json_decref(metadata);
        metadata = object_or_empty(L, 5);
    }
    json_t *content = json_object();
    json_t *transient = json_object();
    if (identity != NULL) {
        json_object_set_new(transient, "display_id", json_text(identity, strlen(identity)));
    }
    json_object_set_new(content, "data", data);
    json_object_set_new(content, "metadata", metadata);
    json_object_set_new(content, "transient", transient);
    kernel_publish(kernel, update ? "update_display_data" : "display_data", NULL, content);
    return 0;
}

static int display(lua_State *L)
{
    return show(L, false);
}

static int update_display(lua_State *L)
{
    return show(L, true);
}

static int clear_output(lua_State *L)
{
    json_t *content = json_object();
    json_object_set_new(content, "wait", json_boolean(lua_toboolean(L, 1)));
    kernel_publish(kernel_of(L), "clear_output", NULL, content);
    return 0;
}

void display_install(lua_State *L)
{
    static const luaL_Reg functions[] = {{"display", display},
                                         {"update_display", update_display},
                                         {"clear_output", clear_output},
                                         {"input", input_ask},
                                         {NULL, NULL}};
    embedded_require(L, "jupyter");
    luaL_setfuncs(L, functions, 0);
    lua_pushliteral(L, KERNEL_VERSION);
    lua_setfield(L, -2, "_VERSION");
    lua_setglobal(L, "jupyter");
}
