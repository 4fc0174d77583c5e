/* Reading the arguments of an operation by its entry: positional, loose, and by keyword. */
#include <string.h>

#include "binding.h"

static const char *expected_name(ag_type type)
{
    switch (type) {
    case AG_TYPE_TENSOR:
    case AG_TYPE_OPERAND:
        return "Tensor";
    case AG_TYPE_TENSORS:
        return "list of Tensors";
    case AG_TYPE_NUMBER:
        return "Number";
    case AG_TYPE_REAL:
        return "float";
    case AG_TYPE_INTEGER:
    case AG_TYPE_DIM:
    case AG_TYPE_INDEX:
        return "int";
    case AG_TYPE_SIZES:
    case AG_TYPE_DIMS:
    case AG_TYPE_INTEGERS:
        return "list of ints";
    case AG_TYPE_BOOL:
        return "bool";
    case AG_TYPE_STRING:
        return "string";
    case AG_TYPE_ORDER:
        return "Number or string";
    default:
        return "dtype";
    }
}

static bool takes_list(ag_type type)
{
    return type == AG_TYPE_SIZES || type == AG_TYPE_DIMS || type == AG_TYPE_INTEGERS ||
           type == AG_TYPE_TENSORS;
}

/* In errors: "sum(): argument 'dim'" and, of a positional one, its place. */
static const char *push_place(call *c, int parameter, int position)
{
    const ag_operation_info *info = c->form->info;
    const char *mark = c->form->in_place && !(info->flags & AG_IS_INPLACE) ? "_" : "";
    if (position == 0) {
        return lua_pushfstring(c->L, "%s%s(): argument '%s'", info->name, mark,
                               info->parameters[parameter].name);
    }
    return lua_pushfstring(c->L, "%s%s(): argument '%s' (position %d)", info->name, mark,
                           info->parameters[parameter].name, position - c->form->is_method);
}

static void wrong_type(call *c, int parameter, int at, int position)
{
    fail(c->L, "%s must be %s, not %s", push_place(c, parameter, position),
         expected_name(c->form->info->parameters[parameter].type), type_name(c->L, at));
}

/* ---- Numbers ------------------------------------------------------------- */

static bool read_number(call *c, int at, ag_number *number)
{
    lua_State *L = c->L;
    if (lua_isinteger(L, at)) {
        *number = (ag_number){.kind = AG_INTEGER, .integer = lua_tointeger(L, at)};
        return true;
    }
    if (lua_type(L, at) == LUA_TNUMBER) {
        *number = (ag_number){.kind = AG_REAL, .real = lua_tonumber(L, at)};
        return true;
    }
    if (lua_isboolean(L, at)) {
        *number = (ag_number){.kind = AG_BOOLEAN, .integer = lua_toboolean(L, at)};
        return true;
    }
    return false;
}

/* A number may also come as a tensor without dims. */
static bool read_scalar(call *c, int at, ag_number *number)
{
    if (read_number(c, at, number)) {
        return true;
    }
    handle *h = test_handle_of(c->L, c->s, at);
    if (h == NULL || ag_ndim(use_handle(c->L, c->s, at, h)) != 0) {
        return false;
    }
    return ag_item(h->tensor, number) || raise_error(c->L, c->s) != 0;
}

static bool read_integer(call *c, int at, int64_t *integer)
{
    int is_integer;
    if (lua_type(c->L, at) == LUA_TNUMBER) {
        *integer = lua_tointegerx(c->L, at, &is_integer);
        return is_integer;
    }
    ag_number number;
    if (test_handle_of(c->L, c->s, at) == NULL || !read_scalar(c, at, &number) ||
        number.kind != AG_INTEGER) {
        return false;
    }
    *integer = number.integer;
    return true;
}

/* ---- Lists ---------------------------------------------------------------- */

/* Room for count integers, in the call or as a userdata that stays on the stack. */
static int64_t *integer_room(call *c, int64_t count)
{
    if (c->used_integers + count <= 2 * AG_MAX_DIMS) {
        int64_t *room = c->integers + c->used_integers;
        c->used_integers += (int)count;
        return room;
    }
    luaL_checkstack(c->L, 4, NULL);
    return lua_newuserdatauv(c->L, (size_t)count * sizeof(int64_t), 0);
}

static ag_tensor **tensor_room(call *c, int64_t count)
{
    enum { ROOM = sizeof c->tensors / sizeof *c->tensors };
    if (c->used_tensors + count <= ROOM) {
        ag_tensor **room = c->tensors + c->used_tensors;
        c->used_tensors += (int)count;
        return room;
    }
    luaL_checkstack(c->L, 4, NULL);
    return lua_newuserdatauv(c->L, (size_t)count * sizeof *c->tensors, 0);
}

static void wrong_item(call *c, int parameter, int position, lua_Integer i)
{
    const char *type = type_name(c->L, -1);
    fail(c->L, "%s must be %s, but found element of type %s at pos %d",
         push_place(c, parameter, position),
         expected_name(c->form->info->parameters[parameter].type), type, (int)i);
}

static void read_list(call *c, int parameter, int at, int position)
{
    lua_State *L = c->L;
    ag_value *value = &c->values[parameter];
    lua_Integer count = (lua_Integer)lua_rawlen(L, at);
    if (c->form->info->parameters[parameter].type == AG_TYPE_TENSORS) {
        ag_tensor **items = tensor_room(c, count);
        for (lua_Integer i = 1; i <= count; i++) {
            lua_rawgeti(L, at, i);
            handle *h = test_handle_of(L, c->s, lua_gettop(L));
            if (h == NULL) {
                wrong_item(c, parameter, position, i);
            }
            items[i - 1] = use_handle(L, c->s, lua_gettop(L), h);
            lua_pop(L, 1);
        }
        value->tensors = (ag_tensors){items, count};
    } else {
        int64_t *items = integer_room(c, count);
        for (lua_Integer i = 1; i <= count; i++) {
            lua_rawgeti(L, at, i);
            if (!read_integer(c, lua_gettop(L), &items[i - 1])) {
                wrong_item(c, parameter, position, i);
            }
            lua_pop(L, 1);
        }
        value->integers = (ag_integers){items, count};
    }
    value->given = value->is_list = true;
}

/* Arguments from `at` on as long as they are items of a list; answers how many. */
static int read_loose(call *c, int parameter, int at)
{
    lua_State *L = c->L;
    ag_value *value = &c->values[parameter];
    int end = at;
    if (c->form->info->parameters[parameter].type == AG_TYPE_TENSORS) {
        while (end <= c->top && test_handle_of(L, c->s, end) != NULL) {
            end++;
        }
        ag_tensor **items = tensor_room(c, end - at);
        for (int i = at; i < end; i++) {
            items[i - at] = use_handle(L, c->s, i, lua_touserdata(L, i));
        }
        value->tensors = (ag_tensors){items, end - at};
    } else {
        while (end <= c->top && lua_type(L, end) == LUA_TNUMBER) {
            end++;
        }
        int64_t *items = integer_room(c, end - at);
        for (int i = at; i < end; i++) {
            if (!read_integer(c, i, &items[i - at])) {
                wrong_type(c, parameter, i, i);
            }
        }
        value->integers = (ag_integers){items, end - at};
        value->is_list = end - at > 1;
    }
    value->given = true;
    return end - at;
}

/* ---- One argument ---------------------------------------------------------- */

static void read_dtype(call *c, int parameter, int at, int position)
{
    if (lua_type(c->L, at) != LUA_TSTRING) {
        wrong_type(c, parameter, at, position);
    }
    ag_dtype dtype = ag_dtype_from_name(lua_tostring(c->L, at));
    if (dtype == AG_DTYPE_NONE) {
        fail(c->L, "%s must be dtype, but there is none named '%s'",
             push_place(c, parameter, position), lua_tostring(c->L, at));
    }
    c->values[parameter].dtype = dtype;
}

/* A tensor for a parameter that takes one; false for another value. */
static inline bool read_tensor(call *c, int parameter, int at)
{
    handle *h = test_handle_of(c->L, c->s, at);
    if (h == NULL) {
        return false;
    }
    ag_value *value = &c->values[parameter];
    value->tensor = use_handle(c->L, c->s, at, h);
    value->given = value->is_tensor = true;
    return true;
}

/* position: among the arguments, 0 for a keyword. */
static void read_value(call *c, int parameter, int at, int position)
{
    lua_State *L = c->L;
    ag_value *value = &c->values[parameter];
    ag_type type = c->form->info->parameters[parameter].type;
    bool fits = true;
    switch (type) {
    case AG_TYPE_TENSOR:
    case AG_TYPE_OPERAND:
        if (read_tensor(c, parameter, at)) {
            return;
        }
        value->is_tensor = false;
        fits = type == AG_TYPE_OPERAND && read_number(c, at, &value->number);
        break;
    case AG_TYPE_NUMBER:
        fits = read_scalar(c, at, &value->number);
        break;
    case AG_TYPE_ORDER:
        value->is_string = lua_type(L, at) == LUA_TSTRING;
        if (value->is_string) {
            value->string = lua_tostring(L, at);
            break;
        }
        /* fall through */
    case AG_TYPE_REAL: {
        ag_number number = {.kind = AG_REAL};
        fits = read_scalar(c, at, &number);
        value->real = number.kind == AG_REAL ? number.real : (double)number.integer;
        break;
    }
    case AG_TYPE_INTEGER:
    case AG_TYPE_DIM:
    case AG_TYPE_INDEX:
        fits = read_integer(c, at, &value->integer);
        break;
    case AG_TYPE_BOOL:
        fits = lua_isboolean(L, at);
        value->boolean = lua_toboolean(L, at);
        break;
    case AG_TYPE_STRING:
        fits = lua_type(L, at) == LUA_TSTRING;
        value->string = fits ? lua_tostring(L, at) : NULL;
        break;
    case AG_TYPE_DTYPE:
        read_dtype(c, parameter, at, position);
        break;
    default: /* a list */
        if (lua_istable(L, at)) {
            read_list(c, parameter, at, position);
            return;
        }
        if (type != AG_TYPE_TENSORS) {
            int64_t *item = integer_room(c, 1);
            fits = read_integer(c, at, item);
            value->integers = (ag_integers){item, 1};
            value->is_list = false;
        } else {
            fits = false;
        }
    }
    if (!fits) {
        wrong_type(c, parameter, at, position);
    }
    value->given = true;
}

/* ---- Keywords ---------------------------------------------------------------- */

static void unknown_keyword(call *c)
{
    lua_State *L = c->L;
    const ag_operation_info *info = c->form->info;
    int shown = 0;
    luaL_Buffer known;
    const char *key = luaL_tolstring(L, -2, NULL);
    luaL_buffinit(L, &known);
    for (int i = 0; i < info->parameter_count; i++) {
        if (i != info->self) {
            luaL_addstring(&known, shown++ == 0 ? "it takes " : ", ");
            luaL_addstring(&known, info->parameters[i].name);
        }
    }
    if (shown == 0) {
        luaL_addstring(&known, "it takes none");
    }
    luaL_pushresult(&known);
    fail(L, "%s() got an unexpected keyword argument '%s' (%s)", info->name, key,
         lua_tostring(L, -1));
}

/* The string keys of the table at `at`. */
static void read_keywords(call *c, int at)
{
    lua_State *L = c->L;
    const ag_operation_info *info = c->form->info;
    lua_pushnil(L);
    while (lua_next(L, at)) {
        if (lua_isinteger(L, -2)) {
            lua_pop(L, 1);
            continue;
        }
        int parameter = -1;
        if (lua_type(L, -2) == LUA_TSTRING) {
            const char *key = lua_tostring(L, -2);
            for (int i = 0; i < info->parameter_count && parameter < 0; i++) {
                parameter = strcmp(info->parameters[i].name, key) == 0 ? i : -1;
            }
        }
        if (parameter < 0) {
            unknown_keyword(c);
        }
        if (c->given >> parameter & 1) {
            fail(L, "%s() got multiple values for argument '%s'", info->name,
                 info->parameters[parameter].name);
        }
        c->given |= 1u << parameter;
        int value = lua_gettop(L);
        read_value(c, parameter, value, 0);
        if (lua_gettop(L) > value) { /* room for a long list stays, below the key */
            lua_insert(L, value - 1);
            value++;
        }
        lua_settop(L, value - 1);
    }
}

/* ---- All of them ------------------------------------------------------------- */

static void missing(call *c)
{
    lua_State *L = c->L;
    const form *f = c->form;
    luaL_Buffer names;
    int count = 0;
    luaL_buffinit(L, &names);
    for (int i = 0; i < f->info->parameter_count; i++) {
        const ag_parameter *parameter = &f->info->parameters[i];
        if (!(c->given >> i & 1) && !parameter->optional && !parameter->has_default) {
            luaL_addstring(&names, count++ == 0 ? "\"" : ", \"");
            luaL_addstring(&names, parameter->name);
            luaL_addchar(&names, '"');
        }
    }
    luaL_pushresult(&names);
    fail(L, "%s() missing %d required positional arguments: %s", f->info->name, count,
         lua_tostring(L, -1));
}

static void set_defaults(call *c)
{
    const ag_operation_info *info = c->form->info;
    uint32_t absent = ((1u << info->parameter_count) - 1) & ~c->given;
    for (; absent != 0; absent &= absent - 1) {
        int i = __builtin_ctz(absent);
        const ag_parameter *parameter = &info->parameters[i];
        if (!parameter->has_default && !parameter->optional) {
            missing(c);
        }
        c->values[i] = parameter->default_value;
        if (!parameter->default_value.given && (c->form->takes_tensor >> i & 1)) {
            c->values[i].tensor = AG_NONE;
            c->values[i].is_tensor = true;
        }
    }
}

/* x:to("float64") leaves out other, randint(10, {2, 3}) high, and var(x, false) dim: what stands
 * there is for the parameter behind it. */
static bool is_for_next(call *c, int next, int at)
{
    const form *f = c->form;
    if (next + 1 == f->positional_count) {
        return false;
    }
    ag_type type = f->info->parameters[f->order[next]].type;
    ag_type after = f->info->parameters[f->order[next + 1]].type;
    if (lua_isboolean(c->L, at)) {
        return after == AG_TYPE_BOOL && type == AG_TYPE_DIMS &&
               f->info->parameters[f->order[next + 1]].optional;
    }
    return lua_istable(c->L, at)
               ? takes_list(after) && !takes_list(type)
               : type == AG_TYPE_TENSOR && after == AG_TYPE_DTYPE &&
                     lua_type(c->L, at) == LUA_TSTRING;
}

/* The arguments from `at` on, of which each before was a tensor. */
static void read_from(call *c, int at)
{
    lua_State *L = c->L;
    const form *f = c->form;
    const ag_parameter *parameters = f->info->parameters;
    int end = c->top, keywords = 0, next = at - 1;
    if (lua_type(L, end) == LUA_TTABLE) {
        bool is_empty = lua_rawlen(L, end) == 0;
        if (is_keywords(L, end)) {
            keywords = end;
            end -= is_empty;
        } else if (is_empty) {
            bool wanted = end <= f->positional_count &&
                          takes_list(parameters[f->order[end - 1]].type);
            end -= !wanted;
        }
    }
    c->top = end;
    for (; at <= end; next++) {
        if (next == f->positional_count) {
            if (lua_isnil(L, at)) {
                at++;
                continue;
            }
            fail(L, "%s() takes %d positional argument%s but %d %s given", f->info->name,
                 next - f->is_method, next - f->is_method == 1 ? "" : "s", end - f->is_method,
                 end - f->is_method == 1 ? "was" : "were");
        }
        int parameter = f->order[next];
        if ((f->takes_tensor >> parameter & 1) && read_tensor(c, parameter, at)) {
            c->given |= 1u << parameter;
            at++;
            continue;
        }
        bool may_be_absent = parameters[parameter].optional || parameters[parameter].has_default;
        if (may_be_absent && lua_isnil(L, at)) {
            at++;
            continue;
        }
        if (may_be_absent && is_for_next(c, next, at)) {
            continue;
        }
        c->given |= 1u << parameter;
        if ((f->loose >> parameter & 1) && !lua_istable(L, at) &&
            (lua_type(L, at) == LUA_TNUMBER || parameters[parameter].type == AG_TYPE_TENSORS)) {
            int count = read_loose(c, parameter, at);
            if (count == 0) {
                wrong_type(c, parameter, at, at);
            }
            at += count;
        } else {
            read_value(c, parameter, at, at);
            at++;
        }
    }
    if (keywords != 0) {
        read_keywords(c, keywords);
    }
}

void read_arguments(call *c)
{
    const form *f = c->form;
    c->given = 0;
    c->used_integers = c->used_tensors = 0;
    int at = 1; /* as a rule the tensors come first */
    while (at <= c->top && at <= f->positional_count &&
           (f->takes_tensor >> f->order[at - 1] & 1) && read_tensor(c, f->order[at - 1], at)) {
        c->given |= 1u << f->order[at - 1];
        at++;
    }
    if (at <= c->top) {
        read_from(c, at);
    }
    set_defaults(c);
}
