/* ag.autograd.Function{name=, forward=, backward=}: an operation of the user's own in the graph.
 *
 * forward(ctx, …) computes without grad mode. backward(ctx, g…) is called with a gradient for each
 * Tensor that forward returned, and answers one for each argument of forward. ctx is a userdata
 * that keeps what is written to it. */
#include <string.h>

#include "binding.h"

/* What ctx is. Its uservalues: the fields, the list of tensors to be saved, backward, what the
 * outputs look like, the closure. */
typedef struct function_context {
    closure *closure; /* once recorded */
    int argument_count, output_count, saved_count;
    bool is_recorded;
} function_context;
enum { FIELDS = 1, SAVED, BACKWARD, OUTPUTS, CLOSURE, USERVALUES = CLOSURE };

static function_context *check_context(lua_State *L, state *s)
{
    function_context *ctx = test_userdata(L, 1, &s->context_metatable);
    if (ctx == NULL) {
        luaL_typeerror(L, 1, "autograd.FunctionContext");
    }
    return ctx;
}

/* ---- ctx ---------------------------------------------------------------------- */

/* ctx:save_for_backward(…): tensors, or nil. */
static int save_for_backward(lua_State *L)
{
    state *s = enter(L);
    function_context *ctx = check_context(L, s);
    int count = lua_gettop(L) - 1;
    if (ctx->is_recorded) {
        return fail(L, "save_for_backward() is for forward");
    }
    lua_createtable(L, count, 0);
    for (int i = 1; i <= count; i++) {
        handle *h = test_handle(L, i + 1);
        if (h == NULL && !lua_isnil(L, i + 1)) {
            return fail(L, "save_for_backward can only save Tensors, but argument %d is of type %s; "
                        "other values can be fields of ctx", i, type_name(L, i + 1));
        }
        if (h != NULL) {
            use_handle(L, s, i + 1, h);
            register_handle(L, s, i + 1, h);
        }
        lua_pushvalue(L, i + 1);
        lua_rawseti(L, -2, i);
    }
    ctx->saved_count = count;
    lua_setiuservalue(L, 1, SAVED);
    return 0;
}

/* ctx:saved_tensors(), as they were saved. */
static int saved_tensors(lua_State *L)
{
    state *s = enter(L);
    function_context *ctx = check_context(L, s);
    lua_settop(L, 1);
    luaL_checkstack(L, ctx->saved_count + 8, "too many saved tensors");
    if (!ctx->is_recorded) {
        lua_getiuservalue(L, 1, SAVED);
        for (int i = 1; i <= ctx->saved_count; i++) {
            lua_rawgeti(L, 2, i);
        }
        return ctx->saved_count;
    }
    if (!ctx->closure->is_held) {
        return fail(L, "the saved tensors went with the graph");
    }
    ag_node *node = ctx->closure->node;
    for (int i = 0; i < ctx->saved_count; i++) {
        handle *h = push_handle(L, s);
        give_made(L, s, h, ag_function_saved(node, i));
        if (h->tensor == AG_NONE) {
            h->tensor = NULL;
            lua_pushnil(L);
            lua_replace(L, -2);
        } else if (ag_host(h->tensor) != NULL) { /* one that Lua holds already */
            push_tensor(L, s, h->tensor);
            free_handle(L, s, 0, h);
            lua_replace(L, -2);
        }
    }
    return ctx->saved_count;
}

static int index_context(lua_State *L)
{
    state *s = enter(L);
    check_context(L, s);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(OWN_UPVALUE)) != LUA_TNIL) {
        return 1;
    }
    lua_getiuservalue(L, 1, FIELDS);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    return 1;
}

static int assign_context(lua_State *L)
{
    state *s = enter(L);
    check_context(L, s);
    lua_settop(L, 3);
    lua_getiuservalue(L, 1, FIELDS);
    lua_insert(L, 2);
    lua_rawset(L, 2);
    return 0;
}

/* ---- Backward -------------------------------------------------------------------- */

/* What the core hands to backward. */
typedef struct backward_call {
    closure *closure;
    ag_tensor *const *gradients;
    ag_tensor **results;
} backward_call;

/* Zeros like the i-th output (from 1), of which the list of sizes and dtype is at `outputs`. */
static void push_zeros(lua_State *L, state *s, int outputs, int i)
{
    int64_t shape[AG_MAX_DIMS];
    lua_rawgeti(L, outputs, i);
    int ndim = (int)lua_rawlen(L, -1) - 1;
    for (int d = 0; d < ndim; d++) {
        lua_rawgeti(L, -1, d + 2);
        shape[d] = lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    lua_rawgeti(L, -1, 1);
    ag_dtype dtype = (ag_dtype)lua_tointeger(L, -1);
    lua_pop(L, 2);
    handle *h = push_handle(L, s);
    give_made(L, s, h, ag_zeros(s->context, (ag_integers){shape, ndim}, dtype, false));
}

/* Within a pcall: calls backward, and leaves its gradients on the stack, one for each argument. */
static int run_function(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    backward_call *call = lua_touserdata(L, 1);
    push_closure_value(L, call->closure);
    function_context *ctx = lua_touserdata(L, 2);
    int arguments = ctx->argument_count;
    luaL_checkstack(L, ctx->output_count + arguments + 10, "too many arguments");
    lua_getiuservalue(L, 2, OUTPUTS);
    lua_getiuservalue(L, 2, BACKWARD);
    lua_pushvalue(L, 2);
    for (int i = 0; i < ctx->output_count; i++) {
        if (call->gradients[i] == AG_NONE) {
            push_zeros(L, s, 3, i + 1);
        } else {
            push_tensor(L, s, call->gradients[i]);
        }
    }
    lua_call(L, 1 + ctx->output_count, LUA_MULTRET);
    int given = lua_gettop(L) - 3;
    while (given > arguments && lua_isnil(L, 3 + given)) {
        given--;
    }
    if (given > arguments) {
        return refuse(s, "function %s returned an incorrect number of gradients (expected %d, got %d)",
                    ag_node_name(call->closure->node), arguments, given);
    }
    lua_settop(L, 3 + given);
    lua_settop(L, 3 + arguments);
    for (int i = 0; i < arguments; i++) {
        int at = 4 + i;
        handle *h = test_handle(L, at);
        if (h == NULL && !lua_isnil(L, at)) {
            return refuse(s, "function %s returned a gradient that is no Tensor at position %d, but %s",
                        ag_node_name(call->closure->node), i + 1, type_name(L, at));
        }
        call->results[i] = AG_NONE;
        if (h != NULL) {
            if (ag_node_edge(call->closure->node, i, NULL) == NULL) {
                lua_rawgeti(L, 3, -(i + 1)); /* true where the argument was a Tensor */
                if (!lua_toboolean(L, -1)) {
                    return refuse(s, "function %s returned a gradient different from nil at position "
                                "%d, but the corresponding forward input was not a Tensor",
                                ag_node_name(call->closure->node), i + 1);
                }
                lua_pop(L, 1);
            }
            call->results[i] = use_handle(L, s, at, h);
            register_handle(L, s, at, h);
        }
    }
    /* As a list, so that they stay alive until the core has taken them. */
    lua_createtable(L, arguments, 0);
    lua_insert(L, 4);
    for (int i = arguments; i >= 1; i--) {
        lua_rawseti(L, 4, i);
    }
    return 1;
}

static bool call_backward(void *userdata, ag_node *node, ag_tensor *const *gradients,
                          ag_tensor **results)
{
    closure *c = userdata;
    state *s = c->s;
    lua_State *L = s->thread;
    if (!lua_checkstack(L, 8)) {
        return ag_set_error(s->context, AG_ERROR_MEMORY, "too many calls on Lua's stack");
    }
    backward_call call = {c, gradients, results};
    push_registered(L, &s->run_function);
    lua_pushlightuserdata(L, &call);
    if (!call_back(L, s, 1, 1)) {
        return false;
    }
    /* Nothing runs in Lua until the core holds them. */
    lua_pop(L, 1);
    return ag_error_category(s->context) == AG_OK;
}

/* ---- Forward ---------------------------------------------------------------------- */

static function_context *push_context(lua_State *L, state *s)
{
    function_context *ctx = lua_newuserdatauv(L, sizeof *ctx, USERVALUES);
    *ctx = (function_context){.closure = NULL};
    push_registered(L, &s->context_metatable);
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_setiuservalue(L, -2, FIELDS);
    return ctx;
}

static bool is_among(lua_State *L, int first, int last, const ag_tensor *tensor)
{
    for (int at = first; at <= last; at++) {
        handle *h = test_handle(L, at);
        if (h != NULL && h->tensor == tensor) {
            return true;
        }
    }
    return false;
}

/* Of the outputs at first…last one that forward only passes on, from the arguments at 1…count or
 * for the second time, becomes another tensor over its numbers: an output has a history of its own.
 * Answers how many are tensors. */
static int part_outputs(lua_State *L, state *s, int first, int last, int argument_count)
{
    int count = 0;
    for (int at = first; at <= last; at++) {
        if (test_handle(L, at) == NULL) {
            continue;
        }
        count++;
        ag_tensor *tensor = check_tensor(L, s, at);
        if (ag_requires_grad(tensor) || is_among(L, 1, argument_count, tensor) ||
            is_among(L, first, at - 1, tensor)) {
            handle *alias = push_handle(L, s);
            give_made(L, s, alias, ag_detach(check_tensor(L, s, at)));
            lua_replace(L, at);
        }
    }
    return count;
}

/* A list: for each Tensor of first…last its dtype and sizes; at −i, whether argument i is one. */
static void push_outputs(lua_State *L, state *s, int first, int last, int count, int argument_count)
{
    lua_createtable(L, count, argument_count);
    for (int at = first, i = 0; at <= last; at++) {
        if (test_handle(L, at) == NULL) {
            continue;
        }
        lua_newtable(L);
        ag_tensor *output = check_tensor(L, s, at);
        lua_pushinteger(L, ag_dtype_of(output));
        lua_rawseti(L, -2, 1);
        for (int d = 0; d < ag_ndim(output); d++) {
            lua_pushinteger(L, ag_shape(output)[d]);
            lua_rawseti(L, -2, d + 2);
        }
        lua_rawseti(L, -2, ++i);
    }
    for (int i = 1; i <= argument_count; i++) {
        if (test_handle(L, i) != NULL) {
            lua_pushboolean(L, true);
            lua_rawseti(L, -2, -i);
        }
    }
}

/* The Tensors of first…last, and AG_NONE for another value if all count. */
static void read_range(lua_State *L, state *s, int first, int last, bool all_count,
                      ag_tensor **tensors)
{
    int count = 0;
    for (int at = first; at <= last; at++) {
        handle *h = test_handle(L, at);
        if (h != NULL || all_count) {
            tensors[count++] = h == NULL ? AG_NONE : use_handle(L, s, at, h);
        }
    }
}

/* The tensors of ctx's list; room in a userdata, pushed. */
static ag_tensors saved_list(lua_State *L, state *s, int ctx_at, int count)
{
    ag_tensor **saved = lua_newuserdatauv(L, (size_t)count * sizeof *saved + 1, 0);
    lua_getiuservalue(L, ctx_at, SAVED);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(L, -1, i + 1);
        handle *h = test_handle(L, lua_gettop(L));
        saved[i] = h == NULL ? AG_NONE : use_handle(L, s, lua_gettop(L), h);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return (ag_tensors){saved, count};
}

/* Its own upvalues: forward, backward, the node's name. */
static int apply(lua_State *L)
{
    enum { FORWARD_UPVALUE = OWN_UPVALUE, BACKWARD_UPVALUE, NAME_UPVALUE };
    state *s = enter(L);
    int count = lua_gettop(L);
    bool records = false;
    luaL_checkstack(L, count + 20, "too many arguments");
    for (int i = 1; i <= count; i++) {
        records = (test_handle(L, i) != NULL && ag_requires_grad(check_tensor(L, s, i))) || records;
    }
    records = records && ag_grad_mode(s->context);
    function_context *ctx = push_context(L, s);
    int ctx_at = lua_gettop(L), guard_at = ctx_at + 1, first = guard_at + 1;
    ctx->argument_count = count;
    set_mode_until_return(L, s, guard_at, false);
    lua_pushvalue(L, lua_upvalueindex(FORWARD_UPVALUE));
    lua_pushvalue(L, ctx_at);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, i);
    }
    lua_call(L, count + 1, LUA_MULTRET);
    enter(L);
    int last = lua_gettop(L), results = last - first + 1;
    if (!records) {
        return results;
    }
    luaL_checkstack(L, 20, "too many results");
    int output_count = part_outputs(L, s, first, last, count);
    if (output_count == 0) {
        return results;
    }
    push_outputs(L, s, first, last, output_count, count);
    lua_setiuservalue(L, ctx_at, OUTPUTS);
    lua_pushvalue(L, lua_upvalueindex(BACKWARD_UPVALUE));
    lua_setiuservalue(L, ctx_at, BACKWARD);
    ctx->output_count = output_count;

    lua_pushvalue(L, ctx_at);
    closure *c = push_closure(L, s, output_count);
    int closure_at = lua_gettop(L);
    lua_pushvalue(L, closure_at);
    lua_setiuservalue(L, ctx_at, CLOSURE);
    for (int at = first, i = 0; at <= last; at++) {
        if (test_handle(L, at) != NULL) {
            tie_closure(L, closure_at, at, i++);
        }
    }
    ag_tensor **inputs = lua_newuserdatauv(L, (size_t)count * sizeof *inputs + 1, 0);
    ag_tensor **outputs = lua_newuserdatauv(L, (size_t)output_count * sizeof *outputs, 0);
    ag_tensors saved = saved_list(L, s, ctx_at, ctx->saved_count);
    read_range(L, s, 1, count, true, inputs);
    read_range(L, s, first, last, false, outputs);
    lua_pushnil(L);
    lua_setiuservalue(L, ctx_at, SAVED);
    ctx->closure = c;
    ctx->is_recorded = true;
    c->is_held = true;
    ag_function function = {
        .name = lua_tostring(L, lua_upvalueindex(NAME_UPVALUE)), .backward = call_backward,
        .free = free_closure,
    };
    ag_set_grad_mode(s->context, true);
    bool done = ag_function_record(s->context, &function, c, (ag_tensors){inputs, count},
                                   (ag_tensors){outputs, output_count}, saved);
    for (int i = 0; done && c->is_held && c->node == NULL && i < output_count; i++) {
        c->node = ag_grad_fn(outputs[i]);
    }
    ag_set_grad_mode(s->context, false);
    if (!done) {
        return raise_error(L, s);
    }
    lua_settop(L, last);
    return results;
}

/* ---- Making one --------------------------------------------------------------------- */

/* f(…), where f is at 1. */
static int call_function(lua_State *L)
{
    lua_getfield(L, 1, "apply");
    lua_replace(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static void check_function(lua_State *L, const char *name)
{
    int type = lua_getfield(L, 1, name);
    if (type != LUA_TFUNCTION) {
        fail(L, "Function(): '%s' must be a function, not %s", name, type_name(L, -1));
    }
}

static int make_function(lua_State *L)
{
    state *s = enter(L);
    if (!lua_istable(L, 1)) {
        return fail(L, "Function() takes a table {name=, forward=, backward=}, not %s",
                    type_name(L, 1));
    }
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (strcmp(key, "name") != 0 && strcmp(key, "forward") != 0 && strcmp(key, "backward") != 0) {
            return fail(L, "Function() got an unexpected keyword argument '%s' (it takes name, "
                        "forward, backward)", luaL_tolstring(L, -2, NULL));
        }
        lua_pop(L, 1);
    }
    lua_newtable(L);
    check_function(L, "forward");
    check_function(L, "backward");
    int type = lua_getfield(L, 1, "name");
    if (type != LUA_TSTRING && type != LUA_TNIL) {
        return fail(L, "Function(): 'name' must be a string, not %s", type_name(L, -1));
    }
    lua_pushfstring(L, "%sBackward", type == LUA_TNIL ? "Function" : lua_tostring(L, -1));
    lua_replace(L, -2);
    push_function(L, s, apply, 3);
    lua_setfield(L, 2, "apply");
    push_registered(L, &s->function_metatable);
    lua_setmetatable(L, 2);
    return 1;
}

void open_function(lua_State *L, state *s)
{
    static const luaL_Reg methods[] = {
        {"save_for_backward", save_for_backward}, {"saved_tensors", saved_tensors}, {NULL, NULL},
    };
    push_function(L, s, make_function, 0);
    lua_setfield(L, -2, "Function");
    push_function(L, s, run_function, 0);
    set_registered(L, &s->run_function);

    lua_createtable(L, 0, 2);
    push_function(L, s, call_function, 0);
    lua_setfield(L, -2, "__call");
    lua_pushliteral(L, "autograd.Function");
    lua_setfield(L, -2, "__name");
    set_registered(L, &s->function_metatable);

    lua_createtable(L, 0, 3);
    lua_createtable(L, 0, 2);
    set_functions(L, s, methods);
    push_function(L, s, index_context, 1);
    lua_setfield(L, -2, "__index");
    push_function(L, s, assign_context, 0);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "autograd.FunctionContext");
    lua_setfield(L, -2, "__name");
    set_registered(L, &s->context_metatable);
}
