/* backward and grad. */
#include "binding.h"

/* Arguments at 1…5: tensors, their gradients, retain_graph, create_graph, inputs. */
static int run_backward(lua_State *L, state *s, const char *gradient_name)
{
    bool create_graph = read_flag(L, 4, "backward", "create_graph");
    bool retain_graph = read_flag(L, 3, "backward", "retain_graph");
    if (create_graph) {
        ag_warn(s->context, "Using backward() with create_graph=True will create a reference cycle "
                "between the parameter and its gradient which can cause a memory leak. We recommend "
                "using autograd.grad when creating the graph to avoid this. If you have to use this "
                "function, make sure to reset the .grad fields of your parameters to nil after use "
                "to break the cycle and avoid the leak.");
    }
    list_room output_room, gradient_room, input_room;
    make_room(L, 1, 0, &output_room);
    make_room(L, 2, length_of_tensors(L, 1), &gradient_room);
    make_room(L, 5, 0, &input_room);
    ag_tensors outputs = read_tensors(L, s, 1, -1, "backward", "tensors", &output_room);
    ag_tensors gradients = {NULL, 0}, inputs = {NULL, -1};
    if (!lua_isnil(L, 2)) {
        gradients = read_tensors(L, s, 2, outputs.count, "backward", gradient_name, &gradient_room);
    }
    if (!lua_isnil(L, 5)) {
        inputs = read_tensors(L, s, 5, -1, "backward", "inputs", &input_room);
    }
    size_t before = ag_bytes_used(s->context);
    if (!ag_backward(s->context, outputs, gradients, retain_graph, create_graph, inputs)) {
        return raise_error(L, s);
    }
    account(s, before);
    return 0;
}

int backward_method(lua_State *L)
{
    static const char *const names[] = {
        "self", "gradient", "retain_graph", "create_graph", "inputs", NULL,
    };
    state *s = enter(L);
    arrange_arguments(L, "backward", names, 1);
    check_tensor(L, s, 1);
    return run_backward(L, s, "gradient");
}

static int backward(lua_State *L)
{
    static const char *const names[] = {
        "tensors", "grad_tensors", "retain_graph", "create_graph", "inputs", NULL,
    };
    state *s = enter(L);
    arrange_arguments(L, "backward", names, 1);
    return run_backward(L, s, "grad_tensors");
}

/* Gives a tensor for a tensor, a list for a list; nil for an unused one. */
static int grad(lua_State *L)
{
    static const char *const names[] = {
        "outputs", "inputs", "grad_outputs", "retain_graph", "create_graph", "allow_unused",
        "materialize_grads", NULL,
    };
    state *s = enter(L);
    arrange_arguments(L, "grad", names, 2);
    bool is_list = lua_istable(L, 2);
    bool create_graph = read_flag(L, 5, "grad", "create_graph");
    bool retain_graph = read_flag(L, 4, "grad", "retain_graph");
    bool materialize_grads = read_flag(L, 7, "grad", "materialize_grads");
    bool allow_unused = materialize_grads || read_flag(L, 6, "grad", "allow_unused");

    /* The handles first, then the run: nothing is lost where Lua has no memory. */
    int64_t count = length_of_tensors(L, 2);
    ag_tensor **results = lua_newuserdatauv(L, (size_t)count * sizeof *results + 1, 0);
    handle **handles = lua_newuserdatauv(L, (size_t)count * sizeof *handles + 1, 0);
    lua_createtable(L, (int)count, 0);
    int list = lua_gettop(L);
    for (int64_t i = 0; i < count; i++) {
        handles[i] = push_handle(L, s);
        lua_rawseti(L, list, i + 1);
    }
    list_room output_room, input_room, gradient_room;
    make_room(L, 1, 0, &output_room);
    make_room(L, 2, 0, &input_room);
    make_room(L, 3, length_of_tensors(L, 1), &gradient_room);
    ag_tensors outputs = read_tensors(L, s, 1, -1, "grad", "outputs", &output_room);
    ag_tensors inputs = read_tensors(L, s, 2, -1, "grad", "inputs", &input_room);
    ag_tensors gradients = {NULL, 0};
    if (!lua_isnil(L, 3)) {
        gradients = read_tensors(L, s, 3, outputs.count, "grad", "grad_outputs", &gradient_room);
    }
    size_t before = ag_bytes_used(s->context);
    if (!ag_gradients(s->context, outputs, gradients, inputs, retain_graph, create_graph,
                      allow_unused, results)) {
        return raise_error(L, s);
    }
    for (int64_t i = 0; i < count; i++) {
        if (results[i] != AG_NONE) {
            give_tensor(s, handles[i], results[i]);
        }
    }
    if (materialize_grads) { /* a hook may have freed one */
        inputs = read_tensors(L, s, 2, -1, "grad", "inputs", &input_room);
    }
    for (int64_t i = 0; i < count; i++) {
        if (results[i] == AG_NONE && materialize_grads) {
            give_made(L, s, handles[i], ag_zeros_like(inputs.items[i], AG_DTYPE_NONE, false));
        } else if (results[i] == AG_NONE) {
            lua_pushnil(L);
            lua_rawseti(L, list, i + 1);
        } else if (ag_host(results[i]) != NULL) {
            push_tensor(L, s, results[i]); /* one that Lua holds already */
            free_handle(L, s, 0, handles[i]);
            lua_rawseti(L, list, i + 1);
        }
    }
    account(s, before);
    if (is_list) {
        lua_pushvalue(L, list);
    } else {
        lua_rawgeti(L, list, 1);
    }
    return 1;
}

void open_backward(lua_State *L, state *s)
{
    static const luaL_Reg functions[] = {{"backward", backward}, {"grad", grad}, {NULL, NULL}};
    set_functions(L, s, functions);
}
