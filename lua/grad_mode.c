/* no_grad, enable_grad, set_grad_enabled: with a function, or as a guard for local _ <close>. */
#include "binding.h"

/* Puts the mode back when it is closed, and only then. */
typedef struct guard {
    bool before;
    bool is_closed;
} guard;

static guard *push_guard(lua_State *L, state *s, bool enabled)
{
    guard *g = lua_newuserdatauv(L, sizeof *g, 0);
    *g = (guard){.before = ag_grad_mode(s->context)};
    push_registered(L, &s->guard_metatable);
    lua_setmetatable(L, -2);
    ag_set_grad_mode(s->context, enabled);
    return g;
}

static int close_guard(lua_State *L)
{
    state *s = enter(L);
    guard *g = test_userdata(L, 1, &s->guard_metatable);
    if (g != NULL && !g->is_closed) {
        g->is_closed = true;
        ag_set_grad_mode(s->context, g->before);
    }
    return 0;
}

void set_mode_until_return(lua_State *L, state *s, int at, bool enabled)
{
    push_guard(L, s, enabled);
    lua_insert(L, at);
    lua_toclose(L, at);
}

/* The guard stands at `at`, the results above it: the return closes it. */
static int finish(lua_State *L, int status, lua_KContext at)
{
    return lua_gettop(L) - (int)at;
}

/* function(…) with the mode; the function stands at `at`, its arguments above it. The guard is
 * closed by a return as by an error, and the function may yield. */
static int run(lua_State *L, state *s, int at, bool enabled)
{
    if (lua_isnoneornil(L, at)) {
        push_guard(L, s, enabled);
        return 1;
    }
    set_mode_until_return(L, s, at, enabled);
    lua_callk(L, lua_gettop(L) - at - 1, LUA_MULTRET, at, finish);
    return finish(L, LUA_OK, at);
}

static int no_grad(lua_State *L)
{
    return run(L, enter(L), 1, false);
}

static int enable_grad(lua_State *L)
{
    return run(L, enter(L), 1, true);
}

static int set_grad_enabled(lua_State *L)
{
    state *s = enter(L);
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    return run(L, s, 2, lua_toboolean(L, 1));
}

static int is_grad_enabled(lua_State *L)
{
    lua_pushboolean(L, ag_grad_mode(enter(L)->context));
    return 1;
}

void open_grad_mode(lua_State *L, state *s, int functions)
{
    static const luaL_Reg registered[] = {
        {"no_grad", no_grad}, {"enable_grad", enable_grad},
        {"set_grad_enabled", set_grad_enabled}, {"is_grad_enabled", is_grad_enabled},
        {NULL, NULL},
    };
    lua_pushvalue(L, functions);
    set_functions(L, s, registered);
    lua_createtable(L, 0, 2);
    push_function(L, s, close_guard, 0);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, "autograd.GradMode");
    lua_setfield(L, -2, "__name");
    set_registered(L, &s->guard_metatable);
    lua_pop(L, 1);
}
