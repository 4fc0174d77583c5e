/* Tensors as userdata: one handle for a tensor while Lua holds it. */
#include "binding.h"

handle *push_handle(lua_State *L, state *s)
{
    handle *h = lua_newuserdatauv(L, sizeof *h, 0);
    *h = (handle){.state = s};
    lua_pushvalue(L, lua_upvalueindex(METATABLE_UPVALUE));
    lua_setmetatable(L, -2);
    if (s->scope != NULL) {
        enter_scope(L, s);
    }
    return h;
}

/* Handles that the core's tensors know by address stand in a weak table. The entry of one that the
 * collector has found dead is gone before its finalizer runs: then a new handle takes over, and
 * the old one only lets go of its reference. */
void register_handle(lua_State *L, state *s, int at, handle *h)
{
    if (h->is_registered || h->tensor == NULL) {
        return;
    }
    lua_pushvalue(L, at);
    lua_rawsetp(L, lua_upvalueindex(HANDLES_UPVALUE), h->tensor);
    h->is_registered = true;
    ag_set_host(h->tensor, h);
}

/* Pushes what needs no new handle: nil for AG_NONE, or the handle that Lua holds. */
static bool push_known(lua_State *L, const ag_tensor *tensor)
{
    if (tensor == AG_NONE) {
        lua_pushnil(L);
        return true;
    }
    if (ag_host(tensor) == NULL) {
        return false;
    }
    if (lua_rawgetp(L, lua_upvalueindex(HANDLES_UPVALUE), tensor) != LUA_TNIL) {
        return true;
    }
    lua_pop(L, 1);
    return false;
}

/* The handle is at the top. */
static void give_shared(lua_State *L, state *s, handle *h, ag_tensor *tensor)
{
    h->tensor = ag_retain(tensor);
    register_handle(L, s, lua_gettop(L), h);
}

void push_tensor(lua_State *L, state *s, ag_tensor *tensor)
{
    if (!push_known(L, tensor)) {
        give_shared(L, s, push_handle(L, s), tensor);
    }
}

void push_grad(lua_State *L, state *s, int at, const ag_tensor *tensor)
{
    if (push_known(L, ag_grad(tensor))) {
        return;
    }
    handle *h = push_handle(L, s);
    ag_tensor *grad = ag_grad(check_tensor(L, s, at));
    if (!push_known(L, grad)) {
        give_shared(L, s, h, grad);
    }
}

ag_tensor *pin_tensor(lua_State *L, state *s, int at)
{
    handle *h = push_handle(L, s);
    h->tensor = ag_retain(check_tensor(L, s, at));
    return h->tensor;
}

int give_made(lua_State *L, state *s, handle *h, ag_tensor *tensor)
{
    if (tensor == NULL) {
        return raise_error(L, s);
    }
    give_tensor(s, h, tensor);
    return 1;
}

int raise_freed(lua_State *L)
{
    return fail(L, "the tensor was freed: it was closed, or made inside an ag.scope that has ended");
}

ag_tensor *check_tensor(lua_State *L, state *s, int at)
{
    handle *h = test_handle_of(L, s, at);
    if (h == NULL) {
        luaL_typeerror(L, at, "autograd.Tensor");
    }
    return use_handle(L, s, at, h);
}

/* Lets go of the tensor; the handle is at the stack's place `at`. */
static void let_go(lua_State *L, state *s, int at, handle *h)
{
    ag_tensor *tensor = h->tensor;
    if (tensor == NULL) {
        return;
    }
    h->tensor = NULL;
    if (h->is_registered && ag_host(tensor) == h) {
        ag_set_host(tensor, NULL);
    }
    if (h->has_closures) {
        leave_closures(L, s, at, h, tensor);
    } else {
        ag_release(tensor);
    }
}

void free_handle(lua_State *L, state *s, int at, handle *h)
{
    if (h->is_registered && h->tensor != NULL && ag_host(h->tensor) == h) {
        lua_pushnil(L);
        lua_rawsetp(L, lua_upvalueindex(HANDLES_UPVALUE), h->tensor);
    }
    let_go(L, s, at, h);
}

/* Finalizers run on whatever thread allocates: they leave its mode alone. */
static int collect(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    handle *h = test_handle_of(L, s, 1);
    if (h != NULL) {
        s->finalizing = L;
        let_go(L, s, 1, h);
        s->finalizing = NULL;
    }
    return 0;
}

static int close(lua_State *L)
{
    state *s = enter(L);
    handle *h = test_handle_of(L, s, 1);
    if (h != NULL) {
        free_handle(L, s, 1, h);
    }
    return 0;
}

static int to_string(lua_State *L)
{
    state *s = enter(L);
    size_t length;
    const char *text = ag_to_string(check_tensor(L, s, 1), &length);
    if (text == NULL) {
        return raise_error(L, s);
    }
    lua_pushlstring(L, text, length);
    return 1;
}

void open_tensor(lua_State *L, state *s)
{
    static const luaL_Reg metamethods[] = {
        {"__gc", collect}, {"__close", close}, {"__tostring", to_string}, {NULL, NULL},
    };
    set_functions(L, s, metamethods);
    lua_pushliteral(L, "autograd.Tensor");
    lua_setfield(L, -2, "__name");
}
