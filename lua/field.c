/* x.name: methods and fields; and what the table of methods says of each. */
#include "binding.h"

/* The table of methods holds functions, and one of these for a field. */
enum field {
    FIELD_GRAD = 1, FIELD_DATA, FIELD_SHAPE, FIELD_DTYPE, FIELD_REQUIRES_GRAD, FIELD_GRAD_FN,
    FIELD_IS_LEAF, FIELD_NDIM, FIELD_T, FIELD_RETAINS_GRAD,
};

static const struct {
    const char *name;
    enum field field;
} fields[] = {
    {"grad", FIELD_GRAD}, {"data", FIELD_DATA}, {"shape", FIELD_SHAPE}, {"dtype", FIELD_DTYPE},
    {"requires_grad", FIELD_REQUIRES_GRAD}, {"grad_fn", FIELD_GRAD_FN},
    {"is_leaf", FIELD_IS_LEAF}, {"ndim", FIELD_NDIM}, {"T", FIELD_T},
    {"retains_grad", FIELD_RETAINS_GRAD},
};

/* x.T, by the method permute. */
static int push_transposed(lua_State *L, ag_tensor *tensor)
{
    int ndim = ag_ndim(tensor);
    luaL_checkstack(L, ndim + 2, NULL);
    lua_getfield(L, lua_upvalueindex(OWN_UPVALUE), "permute");
    lua_pushvalue(L, 1);
    lua_createtable(L, ndim, 0);
    for (int i = 0; i < ndim; i++) {
        lua_pushinteger(L, ndim - i);
        lua_rawseti(L, -2, i + 1);
    }
    lua_call(L, 2, 1);
    return 1;
}

static int push_field(lua_State *L, state *s, ag_tensor *tensor, enum field field)
{
    switch (field) {
    case FIELD_GRAD:
        if (ag_grad(tensor) == AG_NONE && !ag_retains_grad(tensor) && !ag_is_leaf(tensor)) {
            ag_warn(s->context, "The .grad attribute of a Tensor that is not a leaf Tensor is being "
                    "accessed. Its .grad attribute won't be populated during autograd.backward(). "
                    "If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
                    "retain_grad() on the non-leaf Tensor.");
        }
        if (ag_error_category(s->context) != AG_OK) {
            return raise_error(L, s);
        }
        push_grad(L, s, 1, tensor);
        return 1;
    case FIELD_DATA: {
        handle *h = push_handle(L, s);
        return give_made(L, s, h, ag_data(check_tensor(L, s, 1)));
    }
    case FIELD_SHAPE:
        push_sizes(L, s, ag_shape(tensor), ag_ndim(tensor));
        return 1;
    case FIELD_DTYPE:
        lua_pushstring(L, ag_dtype_name(ag_dtype_of(tensor)));
        return 1;
    case FIELD_REQUIRES_GRAD:
        lua_pushboolean(L, ag_requires_grad(tensor));
        return 1;
    case FIELD_GRAD_FN: {
        ag_node *node = ag_grad_fn(pin_tensor(L, s, 1));
        if (ag_error_category(s->context) != AG_OK) {
            return raise_error(L, s);
        }
        push_node(L, s, node);
        return 1;
    }
    case FIELD_IS_LEAF: {
        bool is_leaf = ag_is_leaf(tensor);
        if (ag_error_category(s->context) != AG_OK) {
            return raise_error(L, s);
        }
        lua_pushboolean(L, is_leaf);
        return 1;
    }
    case FIELD_NDIM:
        lua_pushinteger(L, ag_ndim(tensor));
        return 1;
    case FIELD_T:
        return push_transposed(L, tensor);
    default:
        lua_pushboolean(L, ag_retains_grad(tensor));
        return 1;
    }
}

static int unknown_name(lua_State *L, const char *name)
{
    const char *nearest = nearest_key(L, lua_upvalueindex(OWN_UPVALUE), name);
    return nearest == NULL ? fail(L, "a Tensor has no field or method '%s'", name)
                           : fail(L, "a Tensor has no field or method '%s' (did you mean '%s'?)",
                                  name, nearest);
}

/* __index. Its own upvalue: the methods. */
static int index_field(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING) {
        return index_tensor(L);
    }
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, lua_upvalueindex(OWN_UPVALUE));
    if (type == LUA_TFUNCTION) {
        return 1;
    }
    if (type == LUA_TNUMBER) {
        state *s = enter(L);
        return push_field(L, s, check_tensor(L, s, 1), (enum field)lua_tointeger(L, -1));
    }
    if (is_index_word(L, 2)) {
        return index_tensor(L);
    }
    return unknown_name(L, lua_tostring(L, 2));
}

/* __newindex. Its own upvalue: the methods. */
static int assign_field(lua_State *L)
{
    if (lua_type(L, 2) != LUA_TSTRING) {
        return assign_tensor(L);
    }
    lua_pushvalue(L, 2);
    int type = lua_rawget(L, lua_upvalueindex(OWN_UPVALUE));
    enum field field = type == LUA_TNUMBER ? (enum field)lua_tointeger(L, -1) : 0;
    lua_settop(L, 3);
    if (type == LUA_TNIL && is_index_word(L, 2)) {
        return assign_tensor(L);
    }
    state *s = enter(L);
    ag_tensor *tensor = check_tensor(L, s, 1), *value = AG_NONE;
    const char *name = lua_tostring(L, 2);
    if (type == LUA_TNIL) {
        return unknown_name(L, name);
    }
    if (field == FIELD_REQUIRES_GRAD) {
        if (!lua_isboolean(L, 3)) {
            return fail(L, "requires_grad must be a bool");
        }
        return ag_set_requires_grad(tensor, lua_toboolean(L, 3)) ? 0 : raise_error(L, s);
    }
    if (field != FIELD_GRAD && field != FIELD_DATA) {
        return fail(L, "the field '%s' of a Tensor cannot be set", name);
    }
    if (!(field == FIELD_GRAD && lua_isnil(L, 3))) {
        handle *h = test_handle(L, 3);
        if (h == NULL) {
            return field == FIELD_GRAD
                ? fail(L, "assigned grad expected to be a Tensor or nil but got grad of type %s",
                       type_name(L, 3))
                : fail(L, "Variable data has to be a tensor, but got %s", type_name(L, 3));
        }
        value = use_handle(L, s, 3, h);
        register_handle(L, s, 3, h);
    }
    bool done = field == FIELD_GRAD ? ag_set_grad(tensor, value) : ag_set_data(tensor, value);
    return done ? 0 : raise_error(L, s);
}

/* __completions: a table from each name to "function" or "instance", for those who complete code. */
static int list_names(lua_State *L)
{
    int methods = lua_upvalueindex(OWN_UPVALUE);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, methods)) {
        bool is_method = lua_isfunction(L, -1);
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushstring(L, is_method ? "function" : "instance");
        lua_rawset(L, -4);
    }
    return 1;
}

/* Into the metatable at the top. */
void open_fields(lua_State *L, state *s, int methods)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        lua_pushinteger(L, fields[i].field);
        lua_setfield(L, methods, fields[i].name);
    }
    lua_pushvalue(L, methods);
    push_function(L, s, index_field, 1);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, methods);
    push_function(L, s, assign_field, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, methods);
    push_function(L, s, list_names, 1);
    lua_setfield(L, -2, "__completions");
}
