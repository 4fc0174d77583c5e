/* ag.scope(function() … end) frees at its end the handles made inside, but those it returns.
 *
 * An open scope lists the handles that its coroutine makes; the list is weak, so that the collector
 * may be earlier. */
#include "binding.h"

struct scope {
    struct scope *outer;
    lua_State *thread;
    lua_Integer count; /* of the list, which is the uservalue */
    bool is_open;
};

static struct scope *find_scope(struct scope *from, lua_State *thread)
{
    while (from != NULL && from->thread != thread) {
        from = from->outer;
    }
    return from;
}

/* Adds the handle at the top to the scope. */
static void add_handle(lua_State *L, state *s, struct scope *sc)
{
    luaL_checkstack(L, 4, NULL);
    push_registered(L, &s->scope_lists);
    lua_rawgetp(L, -1, sc);
    lua_pushvalue(L, -3);
    lua_rawseti(L, -2, ++sc->count);
    lua_pop(L, 2);
}

void enter_scope(lua_State *L, state *s)
{
    struct scope *sc = find_scope(s->scope, L);
    if (sc != NULL) {
        add_handle(L, s, sc);
    }
}

static void unlink_scope(lua_State *L, state *s, struct scope *sc)
{
    struct scope **at = &s->scope;
    while (*at != NULL && *at != sc) {
        at = &(*at)->outer;
    }
    if (*at == sc) {
        *at = sc->outer;
    }
    sc->is_open = false;
    push_registered(L, &s->scope_lists);
    lua_pushnil(L);
    lua_rawsetp(L, -2, sc);
    lua_pop(L, 1);
}

/* Frees what is not kept; what is kept is the outer scope's. */
static int close_scope(lua_State *L)
{
    state *s = enter(L);
    struct scope *sc = test_userdata(L, 1, &s->scope_metatable);
    if (sc == NULL || !sc->is_open) {
        return 0;
    }
    lua_settop(L, 1);
    push_registered(L, &s->scope_lists);
    lua_rawgetp(L, -1, sc);
    lua_Integer count = sc->count;
    struct scope *outer = find_scope(sc->outer, sc->thread);
    unlink_scope(L, s, sc);
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, 3, i) == LUA_TUSERDATA) {
            handle *h = lua_touserdata(L, -1);
            if (!h->is_kept) {
                free_handle(L, s, lua_gettop(L), h);
            } else {
                h->is_kept = false;
                if (outer != NULL) {
                    add_handle(L, s, outer);
                }
            }
        }
        lua_pop(L, 1);
    }
    return 0;
}

/* A coroutine may be collected with its scope open: then nothing is freed. */
static int collect(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    struct scope *sc = test_userdata(L, 1, &s->scope_metatable);
    if (sc != NULL && sc->is_open) {
        unlink_scope(L, s, sc);
    }
    return 0;
}

/* Keeps the tensors that the value at the top is or has in it; seen: tables gone through. */
static void keep(lua_State *L, int seen)
{
    luaL_checkstack(L, 8, "too many tables in tables");
    handle *h = test_handle(L, lua_gettop(L));
    if (h != NULL) {
        h->is_kept = true;
    } else if (lua_istable(L, -1)) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, seen) != LUA_TNIL) {
            lua_pop(L, 1);
            return;
        }
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushboolean(L, true);
        lua_rawset(L, seen);
        int table = lua_gettop(L);
        lua_pushnil(L);
        while (lua_next(L, table)) {
            keep(L, seen);
            lua_pop(L, 1);
            keep(L, seen); /* the key */
        }
    }
}

/* The scope stands at 1, the results above it. */
static int finish(lua_State *L, int status, lua_KContext context)
{
    int top = lua_gettop(L);
    lua_newtable(L);
    for (int at = 2; at <= top; at++) {
        lua_pushvalue(L, at);
        keep(L, top + 1);
        lua_pop(L, 1);
    }
    lua_settop(L, top);
    return top - 1;
}

static int run_scope(lua_State *L)
{
    state *s = enter(L);
    luaL_checkany(L, 1);
    struct scope *sc = lua_newuserdatauv(L, sizeof *sc, 0);
    *sc = (struct scope){.thread = L};
    push_registered(L, &s->scope_metatable);
    lua_setmetatable(L, -2);
    lua_insert(L, 1);
    push_registered(L, &s->scope_lists);
    lua_newtable(L);
    push_registered(L, &s->weak_values);
    lua_setmetatable(L, -2);
    lua_rawsetp(L, -2, sc);
    lua_pop(L, 1);
    sc->outer = s->scope;
    sc->is_open = true;
    s->scope = sc;
    lua_toclose(L, 1);
    lua_callk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, finish);
    return finish(L, LUA_OK, 0);
}

void open_scope(lua_State *L, state *s, int functions)
{
    lua_createtable(L, 0, 3);
    push_function(L, s, close_scope, 0);
    lua_setfield(L, -2, "__close");
    push_function(L, s, collect, 0);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "autograd.Scope");
    lua_setfield(L, -2, "__name");
    set_registered(L, &s->scope_metatable);
    push_function(L, s, run_scope, 0);
    lua_setfield(L, functions, "scope");
}
