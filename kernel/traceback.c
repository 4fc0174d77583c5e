#include "traceback.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "sources.h"
#include "utf8.h"

/* A long stack is shown by its two ends. */
#define FRAMES_AT_TOP 12
#define FRAMES_AT_BOTTOM 10

/* Lines quoted around the one that failed. */
#define LINES_AROUND 2

static char cell_key;

/* Lua's error, which is no frame that tells anything. */
static lua_CFunction raise_function;

/* The error on its way: the frames of this thread, and those of coroutines that it passed. */
static json_t *frames;
static json_t *coroutine_frames;

static void add_frame(json_t *list, struct buffer *text)
{
    json_array_append_new(list, json_stringn_nocheck(text->data, text->length));
    buffer_free(text);
}

/* "math.floor" for a function that a loaded module holds; pushes it, or pushes nothing. */
static const char *push_module_name(lua_State *L, lua_Debug *activation)
{
    int top = lua_gettop(L);
    if (!lua_checkstack(L, 12)) {
        return NULL;
    }
    lua_getinfo(L, "f", activation);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    for (lua_pushnil(L); lua_next(L, top + 2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1)) {
            continue;
        }
        for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
            if (lua_type(L, -2) == LUA_TSTRING && lua_rawequal(L, -1, top + 1)) {
                const char *module = lua_tostring(L, -4);
                if (strcmp(module, "_G") == 0) {
                    lua_pushvalue(L, -2);
                } else {
                    lua_pushfstring(L, "%s.%s", module, lua_tostring(L, -2));
                }
                lua_replace(L, top + 1);
                lua_settop(L, top + 1);
                return lua_tostring(L, -1);
            }
        }
    }
    lua_settop(L, top);
    return NULL;
}

static void append_function_name(lua_State *L, lua_Debug *activation, bool is_cell,
                                 struct buffer *out)
{
    int top = lua_gettop(L);
    const char *name = is_cell ? NULL : push_module_name(L, activation);
    if (is_cell) {
        buffer_text(out, "in the cell");
    } else if (name != NULL) {
        buffer_format(out, "in function '%s'", name);
    } else if (*activation->namewhat != '\0') {
        buffer_format(out, "in %s '%s'", activation->namewhat, activation->name);
    } else if (*activation->what == 'm') {
        buffer_text(out, "in main chunk");
    } else if (*activation->what == 'C') {
        buffer_text(out, "in a C function");
    } else {
        buffer_format(out, "in function <%s:%d>", activation->short_src, activation->linedefined);
    }
    lua_settop(L, top);
}

static void describe(lua_State *L, lua_Debug *activation, bool is_cell, json_t *list)
{
    struct buffer raw = {0};
    if (activation->currentline > 0) {
        buffer_format(&raw, "\033[32m%s:%d\033[0m ", activation->short_src,
                      activation->currentline);
    } else {
        buffer_format(&raw, "\033[32m%s\033[0m ", activation->short_src);
    }
    append_function_name(L, activation, is_cell, &raw);
    if (activation->istailcall) {
        buffer_text(&raw, " (called in return position: its caller is gone)");
    }
    if (activation->currentline > 0) {
        struct buffer quoted = {0};
        int line = activation->currentline;
        sources_quote(L, activation->source, line - LINES_AROUND, line + LINES_AROUND, line,
                      &quoted);
        if (quoted.length > 0) {
            buffer_text(&raw, "\n");
            buffer_append(&raw, quoted.data, quoted.length);
        }
        buffer_free(&quoted);
    }
    struct buffer text = {0};
    utf8_append_valid(&text, raw.data, raw.length);
    buffer_free(&raw);
    add_frame(list, &text);
}

/* How many levels the thread's stack has. lua_getstack walks from the top: halving its way keeps
   a stack overflow's two hundred thousand levels quick. */
static int depth_of(lua_State *thread)
{
    lua_Debug activation;
    int known = 0;
    int beyond = 1;
    while (lua_getstack(thread, beyond, &activation)) {
        known = beyond;
        beyond *= 2;
    }
    while (known < beyond) {
        int middle = (known + beyond) / 2;
        if (lua_getstack(thread, middle, &activation)) {
            known = middle + 1;
        } else {
            beyond = middle;
        }
    }
    return known;
}

/* Describes the frames of a thread from a level on, down to the cell's own. */
static void collect(lua_State *thread, int level, json_t *list)
{
    lua_Debug activation;
    int depth = depth_of(thread);
    bool at_cell = false;
    for (int i = level; i < depth && !at_cell; i++) {
        if (i - level == FRAMES_AT_TOP && depth - i > FRAMES_AT_BOTTOM) {
            struct buffer text = {0};
            int skipped = depth - i - FRAMES_AT_BOTTOM;
            buffer_format(&text, "… %d more frames …", skipped);
            add_frame(list, &text);
            i += skipped;
        }
        if (!lua_getstack(thread, i, &activation) || !lua_checkstack(thread, 4)) {
            break;
        }
        lua_getinfo(thread, "nSltf", &activation);
        bool is_error = i == level && lua_tocfunction(thread, -1) == raise_function;
        lua_rawgetp(thread, LUA_REGISTRYINDEX, &cell_key);
        at_cell = lua_rawequal(thread, -1, -2);
        lua_pop(thread, 2);
        if (!is_error) {
            describe(thread, &activation, at_cell, list);
        }
    }
}

static char coroutine_error_key;

/* Whether the error on top of the thread's stack is the one that a coroutine ended in. On its
   way through coroutine.wrap a text gets places put before it. */
static bool is_coroutine_error(lua_State *thread)
{
    bool same = false;
    if (coroutine_frames != NULL && lua_checkstack(thread, 2)) {
        lua_rawgetp(thread, LUA_REGISTRYINDEX, &coroutine_error_key);
        same = lua_rawequal(thread, -1, -2);
        if (lua_type(thread, -1) == LUA_TSTRING && lua_type(thread, -2) == LUA_TSTRING) {
            size_t length, inner;
            const char *text = lua_tolstring(thread, -2, &length);
            const char *end = lua_tolstring(thread, -1, &inner);
            same = inner <= length && memcmp(text + length - inner, end, inner) == 0;
        }
        lua_pop(thread, 1);
    }
    return same;
}

/* The frames of a thread, after those of the coroutine that its error came from. */
static json_t *collect_all(lua_State *thread, int level)
{
    json_t *list = json_array();
    if (is_coroutine_error(thread)) {
        json_array_extend(list, coroutine_frames);
    }
    collect(thread, level, list);
    json_decref(coroutine_frames);
    coroutine_frames = NULL;
    return list;
}

int traceback_handler(lua_State *L)
{
    json_decref(frames);
    frames = collect_all(L, 1);
    return 1;
}

void traceback_install(lua_State *L)
{
    lua_getglobal(L, "error");
    raise_function = lua_tocfunction(L, -1);
    lua_pop(L, 1);
}

void traceback_set_cell(lua_State *L)
{
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &cell_key);
    json_decref(frames);
    json_decref(coroutine_frames);
    frames = NULL;
    coroutine_frames = NULL;
}

void traceback_remember_coroutine(lua_State *coroutine)
{
    int status = lua_status(coroutine);
    if (status == LUA_OK || status == LUA_YIELD || status == LUA_ERRMEM ||
        !lua_checkstack(coroutine, 2)) {
        return;
    }
    json_t *list = collect_all(coroutine, 0);
    struct buffer text = {0};
    buffer_text(&text, "in a coroutine, resumed by");
    add_frame(list, &text);
    coroutine_frames = list;
    lua_pushvalue(coroutine, -1);
    lua_rawsetp(coroutine, LUA_REGISTRYINDEX, &coroutine_error_key);
}

json_t *traceback_take(void)
{
    json_t *list = frames != NULL ? frames : json_array();
    frames = NULL;
    return list;
}

void traceback_add_syntax_error(lua_State *L, json_t *list, const char *chunk_name,
                                const char *message)
{
    const char *name = chunk_name + 1;
    size_t length = strlen(name);
    if (strncmp(message, name, length) != 0 || message[length] != ':') {
        return;
    }
    int line = atoi(message + length + 1);
    struct buffer quoted = {0};
    sources_quote(L, chunk_name, line - LINES_AROUND, line + LINES_AROUND, line, &quoted);
    if (quoted.length > 0) {
        add_frame(list, &quoted);
    }
    buffer_free(&quoted);
}
