/* The state of the module in one Lua state: registry, functions, grad mode by coroutine, and what
 * the collector is told. */
#include "binding.h"

void push_registered(lua_State *L, const void *key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
}

void set_registered(lua_State *L, const void *key)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void *test_userdata(lua_State *L, int at, const void *metatable)
{
    if (lua_type(L, at) != LUA_TUSERDATA || !lua_getmetatable(L, at)) {
        return NULL;
    }
    push_registered(L, metatable);
    bool fits = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return fits ? lua_touserdata(L, at) : NULL;
}

void push_function(lua_State *L, state *s, lua_CFunction function, int count)
{
    lua_pushlightuserdata(L, s);
    push_registered(L, s);
    push_registered(L, &s->handles);
    lua_rotate(L, -3 - count, 3);
    lua_pushcclosure(L, function, 3 + count);
}

void set_functions(lua_State *L, state *s, const luaL_Reg *functions)
{
    for (; functions->name != NULL; functions++) {
        push_function(L, s, functions->func, 0);
        lua_setfield(L, -2, functions->name);
    }
}

/* A step is enough while the collector is incremental. The generational one, which the program
 * lua5.4 runs with, takes a step as a look at the young alone, and what outlived two of them waits
 * for Lua's own heap to double: so when the tensors' bytes have doubled, all is looked at. */
void pay_debt(lua_State *L, state *s)
{
    enum { FEW = 16 << 20 };
    size_t kilobytes = s->debt >> 10;
    s->debt = 0;
    if (lua_gc(L, LUA_GCISRUNNING) != 1) {
        return;
    }
    if (ag_bytes_used(s->context) <= s->full_at) {
        lua_gc(L, LUA_GCSTEP, kilobytes > 1 << 20 ? 1 << 20 : (int)kilobytes);
        return;
    }
    lua_gc(L, LUA_GCCOLLECT);
    size_t used = ag_bytes_used(s->context);
    s->full_at = used > FEW / 2 ? 2 * used : FEW;
}

/* Whether thread runs or has resumed what runs. */
static bool is_active(lua_State *thread)
{
    lua_Debug frame;
    return lua_status(thread) == LUA_OK && lua_getstack(thread, 0, &frame) == 1;
}

/* Replaces the thread at the top by the one whose mode a new coroutine begins with: itself if it
 * is active, else the nearest active of those that it began with. */
static void find_resumer(lua_State *L, state *s)
{
    while (!is_active(lua_tothread(L, -1))) {
        push_registered(L, &s->parents);
        lua_rotate(L, -2, 1);
        lua_rawget(L, -2);
        lua_remove(L, -2);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
            return;
        }
    }
}

/* The mode belongs to the coroutine: puts the last one's aside, and L's in force. A new coroutine
 * begins with its resumer's. */
void enter_thread(lua_State *L, state *s)
{
    luaL_checkstack(L, 8, NULL);
    push_registered(L, &s->modes);
    int modes = lua_gettop(L);
    push_registered(L, &s->thread);
    lua_pushboolean(L, ag_grad_mode(s->context));
    lua_rawset(L, modes);
    lua_pushthread(L);
    if (lua_rawget(L, modes) == LUA_TNIL) {
        lua_pop(L, 1);
        push_registered(L, &s->parents);
        lua_pushthread(L);
        push_registered(L, &s->thread);
        find_resumer(L, s);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, modes) == LUA_TNIL) {
            lua_pushboolean(L, true);
            lua_replace(L, -2);
        }
        lua_insert(L, modes + 1);
        lua_rawset(L, modes + 2);
        lua_settop(L, modes + 1);
    }
    bool mode = lua_toboolean(L, -1);
    lua_pushthread(L);
    set_registered(L, &s->thread);
    lua_settop(L, modes - 1);
    s->thread = L;
    ag_set_grad_mode(s->context, mode);
}
