/* register_hook and register_post_accumulate_grad_hook: Lua functions that see gradients. */
#include "binding.h"

/* Within a pcall: calls the hook's function with the tensor; answers a Tensor or nil. */
static int run_hook(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    closure *c = lua_touserdata(L, 1);
    ag_tensor *tensor = lua_touserdata(L, 2);
    push_closure_value(L, c);
    if (lua_isnil(L, -1)) {
        return 1; /* removed */
    }
    push_tensor(L, s, tensor);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) {
        return 1;
    }
    handle *h = test_handle(L, lua_gettop(L));
    if (h == NULL) {
        return refuse(s, "a hook must return a Tensor or nil, not %s", type_name(L, -1));
    }
    use_handle(L, s, lua_gettop(L), h);
    register_handle(L, s, lua_gettop(L), h);
    return 1;
}

static ag_tensor *call_hook(void *userdata, ag_tensor *tensor)
{
    closure *c = userdata;
    state *s = c->s;
    lua_State *L = s->thread;
    if (!lua_checkstack(L, 8)) {
        ag_set_error(s->context, AG_ERROR_MEMORY, "too many calls on Lua's stack");
        return NULL;
    }
    /* The closure stays alive though its hook may be removed from inside. */
    push_registered(L, &s->anchors);
    lua_rawgetp(L, -1, c);
    lua_remove(L, -2);
    push_registered(L, &s->run_hook);
    lua_pushlightuserdata(L, c);
    lua_pushlightuserdata(L, tensor);
    bool done = call_back(L, s, 2, 1);
    if (!done) {
        lua_pop(L, 1);
        return NULL;
    }
    handle *h = lua_touserdata(L, -1);
    ag_tensor *answer = h == NULL ? tensor : h->tensor;
    lua_pop(L, 2);
    return ag_error_category(s->context) == AG_OK ? answer : NULL;
}

static int register_closure(lua_State *L,
                            uint64_t (*registers)(ag_tensor *, ag_hook, void *, ag_free))
{
    state *s = enter(L);
    check_tensor(L, s, 1);
    if (!lua_isfunction(L, 2) && luaL_getmetafield(L, 2, "__call") == LUA_TNIL) {
        return fail(L, "a hook must be a function, not %s", type_name(L, 2));
    }
    lua_settop(L, 2);
    register_handle(L, s, 1, lua_touserdata(L, 1));
    closure *c = push_closure(L, s, 1);
    tie_closure(L, 2, 1, 0);
    ag_tensor *tensor = check_tensor(L, s, 1);
    c->node = ag_grad_fn(tensor);
    if (ag_error_category(s->context) != AG_OK) {
        return raise_error(L, s);
    }
    c->is_held = true;
    c->number = registers(tensor, call_hook, c, free_closure);
    if (c->number == 0) {
        c->is_held = false;
        return raise_error(L, s);
    }
    return 1;
}

static int register_hook(lua_State *L)
{
    return register_closure(L, ag_register_hook);
}

static int register_post_accumulate_grad_hook(lua_State *L)
{
    return register_closure(L, ag_register_post_accumulate_grad_hook);
}

/* handle:remove(), which may come twice, and from inside a hook: there a hook that is still to run
 * runs, and lets go of its function afterwards. */
static int remove_hook(lua_State *L)
{
    state *s = enter(L);
    closure *c = test_userdata(L, 1, &s->closure_metatable);
    if (c == NULL) {
        luaL_typeerror(L, 1, "autograd.Hook");
    }
    const handle *owner = c->owners[0];
    const uint64_t number = c->number;
    if (number == 0) {
        return 0;
    }
    c->number = 0;
    bool found = c->node != NULL ? ag_node_remove_hook(c->node, number)
               : owner != NULL && owner->tensor != NULL && ag_remove_hook(owner->tensor, number);
    if (!found || !c->is_held) {
        lua_pushnil(L);
        lua_setiuservalue(L, 1, 1);
    }
    return 0;
}

void open_hooks(lua_State *L, state *s, int methods)
{
    static const luaL_Reg functions[] = {
        {"register_hook", register_hook},
        {"register_post_accumulate_grad_hook", register_post_accumulate_grad_hook}, {NULL, NULL},
    };
    lua_pushvalue(L, methods);
    set_functions(L, s, functions);
    lua_pop(L, 1);
    push_function(L, s, run_hook, 0);
    set_registered(L, &s->run_hook);

    lua_createtable(L, 0, 2);
    lua_createtable(L, 0, 1);
    push_function(L, s, remove_hook, 0);
    lua_setfield(L, -2, "remove");
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "autograd.Hook");
    lua_setfield(L, -2, "__name");
    set_registered(L, &s->closure_metatable);
}
