#include "comm.h"

#include <lauxlib.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "embedded.h"
#include "interrupt.h"
#include "json_value.h"
#include "shell.h"
#include "traceback.h"
#include "unwind.h"

/* new_id() gives an identity for a new comm. */
static int new_id(lua_State *L)
{
    unsigned char random[16];
    char hex[2 * sizeof random + 1];
    randombytes_buf(random, sizeof random);
    lua_pushstring(L, sodium_bin2hex(hex, sizeof hex, random, sizeof random));
    return 1;
}

/* publish(type, id, target or nil, data) */
static int publish(lua_State *L)
{
    const char *type = luaL_checkstring(L, 1);
    const char *identity = luaL_checkstring(L, 2);
    const char *target = luaL_optstring(L, 3, NULL);
    json_t *content = json_object();
    json_object_set_new(content, "comm_id", json_text(identity, strlen(identity)));
    if (target != NULL) {
        json_object_set_new(content, "target_name", json_text(target, strlen(target)));
    }
    json_object_set_new(content, "data", lua_isnoneornil(L, 4) ? json_object()
                                                               : json_from_lua(L, 4));
    kernel_publish(kernel_of(L), type, NULL, content);
    return 0;
}

/* The message's type and content (light userdata): calls handle(type, id, target, data). */
static int handle(lua_State *L)
{
    const char *type = lua_touserdata(L, 1);
    const json_t *content = lua_touserdata(L, 2);
    lua_settop(L, 0);
    embedded_require(L, "jupyter.comm");
    lua_getfield(L, -1, "handle");
    lua_pushstring(L, type);
    lua_pushstring(L, json_string_value(json_object_get(content, "comm_id")));
    lua_pushstring(L, json_string_value(json_object_get(content, "target_name")));
    const json_t *data = json_object_get(content, "data");
    if (data != NULL) {
        json_push(L, data);
    } else {
        lua_newtable(L);
    }
    lua_call(L, 4, 0);
    return 0;
}

/* There is no reply that could bear an error: it goes to the error output. */
static void report(lua_State *L, const char *type)
{
    json_t *frames = traceback_take();
    const char *text = lua_tostring(L, -1);
    fprintf(stderr, "%s: %s\n", type, text != NULL ? text : luaL_typename(L, -1));
    size_t i;
    json_t *frame;
    json_array_foreach(frames, i, frame) {
        fprintf(stderr, "%s\n", json_string_value(frame));
    }
    json_decref(frames);
}

void comm_message(struct kernel *kernel, const struct message *request)
{
    lua_State *L = kernel->lua;
    if (!json_is_string(json_object_get(request->content, "comm_id"))) {
        return;
    }
    lua_settop(L, 0);
    lua_pushcfunction(L, traceback_handler);
    lua_pushcfunction(L, handle);
    traceback_set_cell(L);
    lua_pushlightuserdata(L, (void *)request->type);
    lua_pushlightuserdata(L, request->content);
    interrupt_begin(L);
    int status = lua_pcall(L, 2, 0, 1);
    interrupt_end(L);
    if (unwind_end() == UNWIND_EXIT) {
        atomic_store(&kernel->stopping, true);
    } else if (status != LUA_OK) {
        report(L, request->type);
    }
    lua_settop(L, 0);
}

/* The target or nil: leaves a table from each open comm's identity to its target. */
static int list(lua_State *L)
{
    embedded_require(L, "jupyter.comm");
    lua_getfield(L, -1, "list");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

void comm_info_request(struct kernel *kernel, const struct message *request)
{
    lua_State *L = kernel->lua;
    json_t *comms = json_object();
    lua_settop(L, 0);
    lua_pushcfunction(L, list);
    lua_pushstring(L, json_string_value(json_object_get(request->content, "target_name")));
    if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
        for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
            const char *target = lua_tostring(L, -1);
            json_object_set_new(comms, lua_tostring(L, -2),
                                json_pack("{s:o}", "target_name",
                                          json_text(target, strlen(target))));
        }
    }
    lua_settop(L, 0);
    shell_reply(kernel, request, "comm_info_reply",
                json_pack("{s:s, s:o}", "status", "ok", "comms", comms));
}

static int open_link(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"publish", publish}, {"new_id", new_id}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

void comm_install(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open_link);
    lua_setfield(L, -2, "jupyter.link");
    lua_pop(L, 1);
}
