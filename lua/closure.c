/* Lua functions that the core holds: hooks, and what a custom function's backward needs.
 *
 * The core's graph is out of the collector's sight. A closure is reachable through the handles of
 * the tensors it is tied to (an ephemeron table: a hook that captures its own leaf goes with it).
 * That is not enough where the handle may go and the graph stay: so as soon as a tensor with
 * closures goes to the core, they are anchored in the registry. Once a cycle of the collector a
 * sentinel looks for those that no graph holds any longer beside their handles, and lets go of
 * them, but not in the cycle that they were used in: a call may be under way. What is left is a
 * cycle that runs through the graph itself (a hook on x that captures f(x)): that one lives until
 * its hook is removed. */
#include <string.h>

#include "binding.h"

closure *push_closure(lua_State *L, state *s, int owner_count)
{
    size_t bytes = sizeof(closure) + (size_t)owner_count * sizeof(handle *);
    closure *c = lua_newuserdatauv(L, bytes, 1);
    memset(c, 0, bytes);
    c->s = s;
    c->owner_count = owner_count;
    push_registered(L, &s->closure_metatable);
    lua_setmetatable(L, -2);
    lua_rotate(L, -2, 1);
    lua_setiuservalue(L, -2, 1);
    return c;
}

/* Pushes the list of the closures of the handle at `at`, or nil. */
static void push_closures(lua_State *L, state *s, int at)
{
    push_registered(L, &s->closures);
    lua_pushvalue(L, at);
    lua_rawget(L, -2);
    lua_remove(L, -2);
}

void tie_closure(lua_State *L, int at, int owner, int i)
{
    closure *c = lua_touserdata(L, at);
    handle *h = lua_touserdata(L, owner);
    push_closures(L, c->s, owner);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        push_registered(L, &c->s->closures);
        lua_pushvalue(L, owner);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_insert(L, -4);
        lua_rawset(L, -3);
        lua_pop(L, 1);
    }
    /* In the place of one that is gone, if there is one. */
    lua_Integer place = 1;
    for (; lua_rawgeti(L, -1, place) != LUA_TNIL; place++) {
        if (!((closure *)lua_touserdata(L, -1))->is_held) {
            break;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    lua_pushvalue(L, at);
    lua_rawseti(L, -2, place);
    lua_pop(L, 1);
    c->owners[i] = h;
    h->has_closures = true;
}

/* Whether a graph holds the closure beside the handles it is tied to. */
static bool is_held_beyond(closure *c)
{
    int own = 0;
    bool has_owner = false;
    for (int i = 0; i < c->owner_count; i++) {
        if (c->owners[i] != NULL) {
            ag_tensor *tensor = c->owners[i]->tensor;
            if (ag_reference_count(tensor) > 1) {
                return true;
            }
            ag_context *context = ag_context_of(tensor);
            bool was_good = ag_error_category(context) == AG_OK;
            own += c->node != NULL && ag_grad_fn(tensor) == c->node;
            if (was_good) { /* that of a view that was written to beside its back */
                ag_clear_error(context);
            }
            has_owner = true;
        }
    }
    return !has_owner || (c->node != NULL && ag_node_reference_count(c->node) > own);
}

/* ---- Anchors ------------------------------------------------------------- */

static void push_sentinel(lua_State *L, state *s);

static void anchor(lua_State *L, state *s, int at)
{
    closure *c = lua_touserdata(L, at);
    c->is_fresh = true;
    if (!c->is_held || c->is_anchored) {
        return;
    }
    at = lua_absindex(L, at);
    push_sentinel(L, s);
    push_registered(L, &s->anchors);
    lua_pushvalue(L, at);
    lua_rawsetp(L, -2, c);
    lua_pop(L, 1);
    c->is_anchored = true;
}

void anchor_closures(lua_State *L, state *s, int at)
{
    luaL_checkstack(L, 8, NULL);
    push_closures(L, s, lua_absindex(L, at));
    if (lua_istable(L, -1)) {
        for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
            anchor(L, s, -1);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Its value goes too: it is called no more. */
static void remove_anchor(lua_State *L, closure *c)
{
    if (c->is_anchored && lua_checkstack(L, 4)) {
        push_registered(L, &c->s->anchors);
        lua_rawgetp(L, -1, c);
        lua_pushnil(L);
        lua_setiuservalue(L, -2, 1);
        lua_pop(L, 1);
        lua_pushnil(L);
        lua_rawsetp(L, -2, c);
        lua_pop(L, 1);
        c->is_anchored = false;
    }
}

/* Runs at the end of a cycle, and waits for the next while anything is anchored. */
static int look_at_anchors(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    s->has_sentinel = false;
    push_registered(L, &s->anchors);
    bool any = false;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        closure *c = lua_touserdata(L, -1);
        lua_pop(L, 1);
        if (c->is_fresh || is_held_beyond(c)) {
            c->is_fresh = false;
            any = true;
        } else {
            /* An entry may be cleared during the walk. */
            lua_pushvalue(L, -1);
            lua_pushnil(L);
            lua_rawset(L, -4);
            c->is_anchored = false;
        }
    }
    if (any) {
        push_sentinel(L, s);
    }
    return 0;
}

static void push_sentinel(lua_State *L, state *s)
{
    if (!s->has_sentinel) {
        lua_newuserdatauv(L, 0, 0);
        push_registered(L, &s->sentinel_metatable);
        lua_setmetatable(L, -2);
        lua_pop(L, 1);
        s->has_sentinel = true;
    }
}

/* ---- The core's side ------------------------------------------------------- */

void free_closure(void *userdata)
{
    closure *c = userdata;
    c->is_held = false;
    c->node = NULL;
    c->number = 0;
    remove_anchor(c->s->finalizing != NULL ? c->s->finalizing : c->s->thread, c);
}

/* Anchors a closure that the core calls though it was let go: by way of a handle it is tied to. */
static void find_unanchored(lua_State *L, closure *c)
{
    push_registered(L, &c->s->closures);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
            if (lua_touserdata(L, -1) == c) {
                anchor(L, c->s, -1);
            }
            lua_pop(L, 1);
        }
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
}

void push_closure_value(lua_State *L, closure *c)
{
    luaL_checkstack(L, 10, NULL);
    if (!c->is_anchored) {
        find_unanchored(L, c);
    }
    push_registered(L, &c->s->anchors);
    lua_rawgetp(L, -1, c);
    lua_getiuservalue(L, -1, 1);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void leave_closures(lua_State *L, state *s, int at, handle *h, ag_tensor *tensor)
{
    luaL_checkstack(L, 8, NULL);
    push_closures(L, s, at);
    int list = lua_gettop(L);
    lua_Integer count = lua_istable(L, list) ? (lua_Integer)lua_rawlen(L, list) : 0;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, list, i);
        closure *c = lua_touserdata(L, -1);
        for (int k = 0; k < c->owner_count; k++) {
            if (c->owners[k] == h) {
                c->owners[k] = NULL;
            }
        }
        lua_pop(L, 1);
    }
    ag_release(tensor);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, list, i);
        if (is_held_beyond(lua_touserdata(L, -1))) {
            anchor(L, s, -1);
        }
        lua_pop(L, 1);
    }
    lua_settop(L, list - 1);
}

void open_closures(lua_State *L, state *s)
{
    lua_createtable(L, 0, 1);
    push_function(L, s, look_at_anchors, 0);
    lua_setfield(L, -2, "__gc");
    set_registered(L, &s->sentinel_metatable);
}
