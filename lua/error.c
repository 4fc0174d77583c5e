/* Errors: the core's become Lua's, a callback's pass through the core unchanged. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "binding.h"

int raise_error(lua_State *L, state *s)
{
    luaL_checkstack(L, 4, NULL);
    if (ag_error_category(s->context) == AG_ERROR_CALLBACK) {
        ag_clear_error(s->context);
        push_registered(L, &s->failure);
        lua_pushboolean(L, false);
        set_registered(L, &s->failure);
        return lua_error(L);
    }
    /* The context is clear before Lua may find no memory for the message. */
    char text[1024];
    snprintf(text, sizeof text, "%s", ag_error_text(s->context));
    ag_clear_error(s->context);
    return fail(L, "%s", text);
}

/* Whether the function at the top, popped, is one of this module's, as the one that runs is. */
static bool pop_is_ours(lua_State *L)
{
    const void *state = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    bool is_ours = lua_iscfunction(L, -1) && lua_getupvalue(L, -1, STATE_UPVALUE) != NULL;
    if (is_ours) {
        is_ours = state != NULL && lua_touserdata(L, -1) == state;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return is_ours;
}

/* "file:line: " of the caller in Lua; nothing where it is in C, as with pcall. One of ours may stand
 * between, as where x .. y calls cat. */
static void push_place(lua_State *L)
{
    lua_Debug frame;
    int level = 1;
    for (; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "f", &frame);
        if (!pop_is_ours(L)) {
            break;
        }
    }
    luaL_where(L, level);
}

int fail(lua_State *L, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    push_place(L);
    lua_pushstring(L, text);
    lua_concat(L, 2);
    return lua_error(L);
}

int refuse(state *s, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ag_set_error(s->context, AG_ERROR_RUNTIME, text);
    return 0;
}

const char *type_name(lua_State *L, int at)
{
    switch (lua_type(L, at)) {
    case LUA_TNUMBER:
        return lua_isinteger(L, at) ? "int" : "float";
    case LUA_TNONE:
    case LUA_TNIL:
        return "nil";
    case LUA_TUSERDATA:
        if (test_handle(L, lua_absindex(L, at)) != NULL) {
            return "Tensor";
        }
        /* fallthrough */
    default:
        return luaL_typename(L, at);
    }
}

/* Insertions, deletions, replacements and swaps of neighbours between two short words. */
static int distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    int length_a = (int)strlen(a), length_b = (int)strlen(b);
    if (length_a > LONGEST || length_b > LONGEST) {
        return LONGEST;
    }
    int rows[3][LONGEST + 1];
    int *before = rows[0], *last = rows[1], *now = rows[2];
    for (int j = 0; j <= length_b; j++) {
        last[j] = j;
    }
    for (int i = 1; i <= length_a; i++) {
        now[0] = i;
        for (int j = 1; j <= length_b; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            now[j] = best;
        }
        int *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[length_b];
}

const char *nearest_key(lua_State *L, int table, const char *name)
{
    const char *nearest = NULL;
    int limit = (int)strlen(name) / 3 + 1, best = limit + 1;
    table = lua_absindex(L, table);
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            continue;
        }
        const char *key = lua_tostring(L, -1);
        int d = distance(name, key);
        if (d < best || (d == best && nearest != NULL && strcmp(key, nearest) < 0)) {
            best = d;
            nearest = key;
        }
    }
    return nearest;
}

static int reenter(lua_State *L)
{
    enter_thread(L, lua_touserdata(L, 1));
    return 0;
}

void restore_mode(lua_State *L, state *s, bool mode)
{
    if (s->thread != L) {
        /* Coroutines ran inside. Without memory to put their mode aside, it is lost. */
        lua_pushcfunction(L, reenter);
        lua_pushlightuserdata(L, s);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
            lua_pop(L, 1);
            s->thread = L;
        }
    }
    ag_set_grad_mode(s->context, mode);
}

bool call_back(lua_State *L, state *s, int count, int results)
{
    bool mode = ag_grad_mode(s->context);
    s->callbacks++;
    int status = lua_pcall(L, count, results, 0);
    s->callbacks--;
    restore_mode(L, s, mode);
    if (status == LUA_OK) {
        return true;
    }
    set_registered(L, &s->failure); /* the key is there: this allocates nothing */
    return ag_set_error(s->context, AG_ERROR_CALLBACK, "an error in a callback");
}
