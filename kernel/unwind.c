#include "unwind.h"

#include <lauxlib.h>

#include "interrupt.h"
#include "traceback.h"

/* One Lua state in one thread: its state of unwinding needs no place of its own. */
static enum unwind current;

static const char *const kind_names[] = {
    [UNWIND_INTERRUPT] = "interrupted",
    [UNWIND_EXIT] = "os.exit",
};
static char keys[sizeof kind_names / sizeof kind_names[0]];

static int kind_text(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
    return 1;
}

static void error_value_new(lua_State *L, enum unwind kind)
{
    lua_newuserdatauv(L, 0, 1);
    lua_pushstring(L, kind_names[kind]);
    lua_setiuservalue(L, -2, 1);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, kind_text);
    lua_setfield(L, -2, "__tostring");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &keys[kind]);
}

int unwind_raise(lua_State *L, enum unwind kind)
{
    current = kind;
    luaL_checkstack(L, 1, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &keys[kind]);
    return lua_error(L);
}

enum unwind unwind_end(void)
{
    enum unwind kind = current;
    current = UNWIND_NONE;
    return kind;
}

/* Called where an error has been caught. An error that a library raised because of the flag
   counts as the interrupt itself. */
static void pass_on(lua_State *L)
{
    interrupt_check(L);
    if (current != UNWIND_NONE) {
        unwind_raise(L, current);
    }
}

static int finish_pcall(lua_State *L, int status, lua_KContext extra)
{
    if (status != LUA_OK && status != LUA_YIELD) {
        pass_on(L);
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)extra;
}

static int protected_call(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall);
    return finish_pcall(L, status, 0);
}

static int protected_call_with_handler(lua_State *L)
{
    int arguments = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); /* f, handler, true, f, arguments */
    int status = lua_pcallk(L, arguments - 2, LUA_MULTRET, 2, 2, finish_pcall);
    return finish_pcall(L, status, 2);
}

static lua_State *coroutine_argument(lua_State *L)
{
    lua_State *coroutine = lua_tothread(L, 1);
    luaL_argexpected(L, coroutine != NULL, 1, "coroutine");
    return coroutine;
}

/* Resumes with the arguments on top of L. Returns the count of values moved to L, or -1 with the
   error on top of L. */
static int resume(lua_State *L, lua_State *coroutine, int arguments)
{
    if (!lua_checkstack(coroutine, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, coroutine, arguments);
    int results = 0;
    lua_State *resumer = interrupt_enter(coroutine);
    int status = lua_resume(coroutine, L, arguments, &results);
    interrupt_leave(coroutine, resumer);
    if (status != LUA_OK && status != LUA_YIELD) {
        traceback_remember_coroutine(coroutine);
        lua_xmove(coroutine, L, 1);
        pass_on(L);
        return -1;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(coroutine, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(coroutine, L, results);
    return results;
}

static int coroutine_resume(lua_State *L)
{
    lua_State *coroutine = coroutine_argument(L);
    int results = resume(L, coroutine, lua_gettop(L) - 1);
    if (results < 0) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* Its pending to-be-closed variables run in the coroutine. */
static int reset(lua_State *coroutine)
{
    lua_State *resumer = interrupt_enter(coroutine);
    int status = lua_resetthread(coroutine);
    interrupt_leave(coroutine, resumer);
    return status;
}

static int call_wrapped(lua_State *L)
{
    lua_State *coroutine = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, coroutine, lua_gettop(L));
    if (results >= 0) {
        return results;
    }
    int status = lua_status(coroutine);
    if (status != LUA_OK && status != LUA_YIELD) {
        /* The variables it leaves open are closed; an error in that takes the first one's place. */
        lua_pushvalue(L, -1);
        lua_xmove(L, coroutine, 1);
        if (reset(coroutine) != LUA_OK) {
            lua_xmove(coroutine, L, 1);
        }
        pass_on(L);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int coroutine_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *coroutine = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, coroutine, 1);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

static int coroutine_close(lua_State *L)
{
    lua_State *coroutine = coroutine_argument(L);
    lua_Debug activation;
    bool suspended = lua_status(coroutine) == LUA_YIELD ||
                     (coroutine != L && lua_getstack(coroutine, 0, &activation) == 0);
    if (!suspended && lua_status(coroutine) == LUA_OK) {
        return luaL_error(L, "cannot close a %s coroutine", coroutine == L ? "running" : "normal");
    }
    int status = reset(coroutine);
    pass_on(L);
    lua_pushboolean(L, status == LUA_OK);
    if (status == LUA_OK) {
        return 1;
    }
    lua_xmove(coroutine, L, 1);
    return 2;
}

void unwind_install(lua_State *L)
{
    static const luaL_Reg coroutine_functions[] = {{"resume", coroutine_resume},
                                                   {"wrap", coroutine_wrap},
                                                   {"close", coroutine_close},
                                                   {NULL, NULL}};
    error_value_new(L, UNWIND_INTERRUPT);
    error_value_new(L, UNWIND_EXIT);
    lua_register(L, "pcall", protected_call);
    lua_register(L, "xpcall", protected_call_with_handler);
    lua_getglobal(L, "coroutine");
    luaL_setfuncs(L, coroutine_functions, 0);
    lua_pop(L, 1);
}
