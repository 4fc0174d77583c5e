#include "inspect.h"

#include <lauxlib.h>
#include <string.h>

#include "embedded.h"
#include "interrupt.h"
#include "json_value.h"
#include "log.h"
#include "shell.h"
#include "unwind.h"
#include "utf8.h"

/* inspect(code, cursor, detail), protected: leaves a text, or nil. */
static int describe(lua_State *L)
{
    embedded_require(L, "jupyter.inspect");
    lua_insert(L, 1);
    lua_call(L, 3, 1);
    return 1;
}

json_t *inspect_bundle(lua_State *L, const char *code, size_t length, size_t cursor, int detail)
{
    json_t *bundle = NULL;
    lua_settop(L, 0);
    lua_pushcfunction(L, describe);
    lua_pushlstring(L, code, length);
    lua_pushinteger(L, (lua_Integer)cursor);
    lua_pushinteger(L, detail);
    interrupt_begin(L);
    int status = lua_pcall(L, 3, 1, 0);
    interrupt_end(L);
    unwind_end();
    if (status != LUA_OK) {
        log_message("inspection: %s", lua_tostring(L, -1));
    } else if (lua_type(L, -1) == LUA_TSTRING) {
        size_t size;
        const char *text = lua_tolstring(L, -1, &size);
        bundle = json_object();
        json_object_set_new(bundle, "text/plain", json_text(text, size));
    }
    lua_settop(L, 0);
    return bundle;
}

static bool is_blank(char byte)
{
    return strchr(" \t\r\n", byte) != NULL;
}

bool inspect_is_question(const char *code, size_t length, const char **name, size_t *name_length,
                         int *detail)
{
    const char *end = code + length;
    while (code < end && is_blank(*code)) {
        code++;
    }
    while (code < end && is_blank(end[-1])) {
        end--;
    }
    if (memchr(code, '\n', (size_t)(end - code)) != NULL) {
        return false;
    }
    int signs = 0;
    for (; code < end && *code == '?' && signs < 2; signs++) {
        code++;
    }
    for (; signs < 2 && code < end && end[-1] == '?'; signs++) {
        end--;
    }
    *name = code;
    *name_length = (size_t)(end - code);
    *detail = signs - 1;
    return signs > 0;
}

void inspect_request(struct kernel *kernel, const struct message *request)
{
    const json_t *code = json_object_get(request->content, "code");
    const char *text = json_is_string(code) ? json_string_value(code) : "";
    size_t length = json_is_string(code) ? json_string_length(code) : 0;
    const json_t *position = json_object_get(request->content, "cursor_pos");
    json_int_t code_points = json_is_integer(position) ? json_integer_value(position) : -1;
    size_t cursor = code_points >= 0 ? utf8_bytes(text, length, (size_t)code_points) : length;
    int detail = json_integer_value(json_object_get(request->content, "detail_level")) > 0;
    json_t *bundle = inspect_bundle(kernel->lua, text, length, cursor, detail);
    shell_reply(kernel, request, "inspect_reply",
                json_pack("{s:s, s:b, s:o, s:{}}", "status", "ok", "found", bundle != NULL, "data",
                          bundle != NULL ? bundle : json_object(), "metadata"));
}
