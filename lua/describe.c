/* What the entries say of themselves: for completion, inspection, and the annotations. */
#include <string.h>

#include "binding.h"

static const char *type_word(ag_type type)
{
    static const char *const words[] = {
        [AG_TYPE_TENSOR] = "Tensor", [AG_TYPE_OPERAND] = "Operand", [AG_TYPE_TENSORS] = "Tensors",
        [AG_TYPE_NUMBER] = "Number", [AG_TYPE_REAL] = "real", [AG_TYPE_INTEGER] = "int",
        [AG_TYPE_DIM] = "Dim", [AG_TYPE_INDEX] = "Index", [AG_TYPE_SIZES] = "Sizes",
        [AG_TYPE_DIMS] = "Dims", [AG_TYPE_INTEGERS] = "ints", [AG_TYPE_BOOL] = "bool",
        [AG_TYPE_STRING] = "str", [AG_TYPE_ORDER] = "Order", [AG_TYPE_DTYPE] = "dtype",
    };
    return words[type];
}

static void set_flag(lua_State *L, const char *name, bool flag)
{
    lua_pushboolean(L, flag);
    lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void push_description(lua_State *L, const ag_operation_info *info)
{
    lua_createtable(L, 0, 8);
    set_text(L, "name", info->name);
    set_text(L, "signature", info->signature);
    set_text(L, "doc", info->doc);
    set_flag(L, "is_function", info->flags & AG_IS_FUNCTION);
    set_flag(L, "is_method", (info->flags & AG_IS_METHOD) && info->self >= 0);
    set_flag(L, "has_inplace", info->flags & AG_HAS_INPLACE);
    lua_createtable(L, info->parameter_count, 0);
    for (int i = 0; i < info->parameter_count; i++) {
        const ag_parameter *parameter = &info->parameters[i];
        lua_createtable(L, 0, 5);
        set_text(L, "name", parameter->name);
        set_text(L, "type", type_word(parameter->type));
        set_flag(L, "optional", parameter->optional || parameter->has_default);
        set_flag(L, "keyword_only", parameter->keyword_only);
        if (parameter->has_default) {
            set_text(L, "default", parameter->default_text);
        }
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "parameters");
}

/* describe(name or function): a table, or nil for what is no operation. */
static int describe(lua_State *L)
{
    const ag_operation_info *info = NULL;
    enter(L);
    if (lua_type(L, 1) == LUA_TSTRING) {
        const char *name = lua_tostring(L, 1);
        char without_mark[64];
        const ag_operation *operation = ag_find_operation(name);
        size_t length = strlen(name);
        if (operation == NULL && length > 1 && length < sizeof without_mark &&
            name[length - 1] == '_') {
            memcpy(without_mark, name, length - 1);
            without_mark[length - 1] = '\0';
            operation = ag_find_operation(without_mark);
        }
        info = operation == NULL ? NULL : ag_describe(operation);
    } else if (lua_isfunction(L, 1)) {
        const form *f = form_of(L, 1);
        info = f == NULL ? NULL : f->info;
    } else {
        return fail(L, "describe() takes a name or a function, not %s", type_name(L, 1));
    }
    if (info == NULL) {
        lua_pushnil(L);
    } else {
        push_description(L, info);
    }
    return 1;
}

/* operations(): the names of all that ag or tensors have, sorted. */
static int operations(lua_State *L)
{
    enter(L);
    int count, shown = 0;
    const ag_operation *const *all = ag_operations(&count);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        const ag_operation_info *info = ag_describe(all[i]);
        if (info->flags & (AG_IS_FUNCTION | AG_IS_METHOD)) {
            lua_pushstring(L, info->name);
            lua_rawseti(L, -2, ++shown);
        }
    }
    return 1;
}

void open_descriptions(lua_State *L, state *s, int functions)
{
    static const luaL_Reg registered[] = {
        {"describe", describe}, {"operations", operations}, {NULL, NULL},
    };
    lua_pushvalue(L, functions);
    set_functions(L, s, registered);
    lua_pop(L, 1);
}
