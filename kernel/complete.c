#include "complete.h"

#include <lauxlib.h>

#include "embedded.h"
#include "interrupt.h"
#include "json_value.h"
#include "log.h"
#include "shell.h"
#include "unwind.h"
#include "utf8.h"

/* complete(code before the cursor), protected: pushes the list and where the word begins. */
static int find_matches(lua_State *L)
{
    embedded_require(L, "jupyter.complete");
    lua_insert(L, 1);
    lua_call(L, 1, 2);
    return 2;
}

static void add_match(lua_State *L, int list, lua_Integer i, size_t start, size_t end,
                      json_t *matches, json_t *types)
{
    size_t length;
    lua_rawgeti(L, list, i);
    lua_getfield(L, -1, "text");
    lua_getfield(L, -2, "type");
    const char *text = lua_tolstring(L, -2, &length);
    const char *type = lua_tostring(L, -1);
    if (text != NULL && type != NULL) {
        json_array_append_new(matches, json_text(text, length));
        json_array_append_new(types, json_pack("{s:o, s:s, s:i, s:i}", "text",
                                               json_text(text, length), "type", type, "start",
                                               (int)start, "end", (int)end));
    }
    lua_pop(L, 3);
}

void complete_request(struct kernel *kernel, const struct message *request)
{
    lua_State *L = kernel->lua;
    const json_t *code = json_object_get(request->content, "code");
    const char *text = json_is_string(code) ? json_string_value(code) : "";
    size_t length = json_is_string(code) ? json_string_length(code) : 0;
    const json_t *position = json_object_get(request->content, "cursor_pos");
    json_int_t code_points = json_is_integer(position) ? json_integer_value(position) : -1;
    if (code_points >= 0) {
        length = utf8_bytes(text, length, (size_t)code_points);
    }
    size_t cursor = utf8_code_points(text, length);
    size_t start = cursor;
    json_t *matches = json_array();
    json_t *types = json_array();
    lua_settop(L, 0);
    lua_pushcfunction(L, find_matches);
    lua_pushlstring(L, text, length);
    interrupt_begin(L);
    int status = lua_pcall(L, 1, 2, 0);
    interrupt_end(L);
    unwind_end();
    if (status == LUA_OK && lua_istable(L, 1) && lua_isinteger(L, 2)) {
        start = utf8_code_points(text, (size_t)lua_tointeger(L, 2) - 1);
        for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, 1); i++) {
            add_match(L, 1, i, start, cursor, matches, types);
        }
    } else if (status != LUA_OK) {
        log_message("completion: %s", lua_tostring(L, -1));
    }
    lua_settop(L, 0);
    shell_reply(kernel, request, "complete_reply",
                json_pack("{s:s, s:o, s:i, s:i, s:{s:o}}", "status", "ok", "matches", matches,
                          "cursor_start", (int)start, "cursor_end", (int)cursor, "metadata",
                          "_jupyter_types_experimental", types));
}
