/* luaopen_autograd: the module's table and what stands behind it. */
#include "binding.h"

/* At the end of the Lua state, after all tensors: finalizers run in the reverse order of making. */
static int collect(lua_State *L)
{
    state *s = lua_touserdata(L, 1);
    if (s != NULL && s->context != NULL) {
        ag_context_free(s->context);
        s->context = NULL;
    }
    return 0;
}

static void new_weak_table(lua_State *L, const void *key, const char *mode)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    set_registered(L, key);
}

static state *new_state(lua_State *L)
{
    void *allocator_userdata;
    lua_Alloc allocator = lua_getallocf(L, &allocator_userdata);
    state *s = lua_newuserdatauv(L, sizeof *s, 0);
    *s = (state){.thread = L};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, collect);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    s->context = ag_context_new(allocator, allocator_userdata);
    if (s->context == NULL) {
        luaL_error(L, "out of memory: no context for autograd");
    }
    lua_setfield(L, LUA_REGISTRYINDEX, "autograd.state");

    lua_newtable(L);
    set_registered(L, s); /* the metatable of tensors */
    new_weak_table(L, &s->handles, "v");
    new_weak_table(L, &s->closures, "k");
    new_weak_table(L, &s->modes, "k");
    new_weak_table(L, &s->parents, "kv");
    lua_newtable(L);
    set_registered(L, &s->anchors);
    lua_newtable(L);
    set_registered(L, &s->scope_lists);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    set_registered(L, &s->weak_values);
    lua_pushboolean(L, false);
    set_registered(L, &s->failure);
    lua_pushthread(L);
    set_registered(L, &s->thread);
    return s;
}

/* ag.float32 == "float32", and torch's other names for it. */
static void set_dtypes(lua_State *L)
{
    static const char *const aliases[] = {"float", "double", "long", "int"};
    for (int dtype = 0; dtype < AG_DTYPE_COUNT; dtype++) {
        const char *name = ag_dtype_name((ag_dtype)dtype);
        lua_pushstring(L, name);
        lua_setfield(L, -2, name);
    }
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        lua_pushstring(L, ag_dtype_name(ag_dtype_from_name(aliases[i])));
        lua_setfield(L, -2, aliases[i]);
    }
}

/* What is written in Lua is loaded at its first call. Its own upvalues: module and name. */
static int call_written(lua_State *L)
{
    enum { MODULE_UPVALUE = OWN_UPVALUE, NAME_UPVALUE };
    int count = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushvalue(L, lua_upvalueindex(MODULE_UPVALUE));
    lua_call(L, 1, 1);
    lua_pushvalue(L, lua_upvalueindex(NAME_UPVALUE));
    lua_gettable(L, -2);
    lua_remove(L, -2);
    lua_insert(L, 1);
    lua_call(L, count, LUA_MULTRET);
    return lua_gettop(L);
}

static void set_written(lua_State *L, state *s, const char *module, const char *name)
{
    lua_pushstring(L, module);
    lua_pushstring(L, name);
    push_function(L, s, call_written, 2);
    lua_setfield(L, -2, name);
}

/* Into the table at the top: ag.autograd. */
static void open_written(lua_State *L, state *s)
{
    set_written(L, s, "autograd.gradcheck", "gradcheck");
    set_written(L, s, "autograd.gradcheck", "gradgradcheck");
    lua_createtable(L, 0, 4);
    set_written(L, s, "autograd.functional", "jacobian");
    set_written(L, s, "autograd.functional", "hessian");
    set_written(L, s, "autograd.functional", "vjp");
    set_written(L, s, "autograd.functional", "jvp");
    lua_setfield(L, -2, "functional");
}

/* A program that runs cells shows by this flag that one is to end. */
static void find_interrupt_flag(lua_State *L, state *s)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, "jupyter.interrupt") == LUA_TLIGHTUSERDATA) {
        ag_set_interrupt_flag(s->context, lua_touserdata(L, -1));
    }
    lua_pop(L, 1);
}

__attribute__((visibility("default"))) int luaopen_autograd(lua_State *L)
{
    /* Loaded once more in the same state: the same module. */
    if (lua_getfield(L, LUA_REGISTRYINDEX, "autograd.module") == LUA_TTABLE) {
        return 1;
    }
    luaL_checkversion(L);
    lua_settop(L, 0);
    luaL_checkstack(L, 20, NULL);
    state *s = new_state(L);
    find_interrupt_flag(L, s);

    enum { FUNCTIONS = 1, METHODS };
    lua_createtable(L, 0, 256);
    lua_createtable(L, 0, 256);
    open_operations(L, s, FUNCTIONS, METHODS);
    open_methods(L, s, METHODS);
    open_hooks(L, s, METHODS);
    open_shape(L, s);
    open_node(L, s);
    open_closures(L, s);
    open_grad_mode(L, s, FUNCTIONS);
    open_scope(L, s, FUNCTIONS);
    open_settings(L, s, FUNCTIONS);
    open_descriptions(L, s, FUNCTIONS);

    push_registered(L, s);
    open_tensor(L, s);
    open_operators(L, s, FUNCTIONS);
    open_fields(L, s, METHODS);
    lua_settop(L, FUNCTIONS);

    push_function(L, s, construct_tensor, 0);
    lua_setfield(L, FUNCTIONS, "tensor");
    lua_newtable(L);
    open_backward(L, s);
    open_function(L, s);
    open_written(L, s);
    lua_setfield(L, FUNCTIONS, "autograd");
    open_system(L);
    set_written(L, s, "autograd.progress", "progress");
    set_written(L, s, "autograd.help", "_HELP");
    set_written(L, s, "autograd.help", "_KEYWORDS");
    set_dtypes(L);
    lua_pushliteral(L, "autograd");
    lua_setfield(L, FUNCTIONS, "_NAME");
    lua_pushliteral(L, AG_VERSION);
    lua_setfield(L, FUNCTIONS, "_VERSION");

    lua_pushvalue(L, FUNCTIONS);
    lua_setfield(L, LUA_REGISTRYINDEX, "autograd.module");
    return 1;
}
