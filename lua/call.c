/* The one call that serves every operation, made from its entry. */
#include <string.h>

#include "binding.h"

bool retry_with_memory(lua_State *L, state *s)
{
    if (ag_error_category(s->context) != AG_ERROR_MEMORY) {
        return false;
    }
    ag_clear_error(s->context);
    lua_gc(L, LUA_GCCOLLECT);
    return true;
}

bool call_core(lua_State *L, state *s, const ag_operation *operation, bool in_place,
               ag_value *values, ag_results *results)
{
    bool (*call)(ag_context *, const ag_operation *, ag_value *, ag_results *) =
        in_place ? ag_call_inplace : ag_call;
    if (call(s->context, operation, values, results)) {
        return true;
    }
    return retry_with_memory(L, s) && call(s->context, operation, values, results);
}

/* The place on the stack of the argument that is this very tensor, 0 without: a result may be an
 * argument. */
static int find_argument(const call *c, const ag_tensor *tensor)
{
    bool found = false;
    if (ag_reference_count(tensor) == 1) {
        return 0; /* nobody's but ours: fresh */
    }
    for (int i = 0; i < c->form->info->parameter_count && !found; i++) {
        ag_type type = c->form->info->parameters[i].type;
        found = (type == AG_TYPE_TENSOR || type == AG_TYPE_OPERAND) && c->values[i].is_tensor &&
                c->values[i].tensor == tensor;
    }
    for (int at = 1; found && at <= c->top; at++) {
        handle *h = test_handle_of(c->L, c->s, at);
        if (h != NULL && h->tensor == tensor) {
            return at;
        }
    }
    return 0;
}

/* A list has as many tensors as the core says: those of which the handle is still to be made are
 * released where there is no memory for it. Gets the results; answers the list. */
static int push_list(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    ag_results *results = lua_touserdata(L, 1);
    lua_createtable(L, (int)results->count, 0);
    for (int64_t i = 0; i < results->count; i++) {
        handle *h = push_handle(L, s);
        h->tensor = results->items[i];
        results->items[i] = NULL;
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int give_list(lua_State *L, state *s, ag_results *results)
{
    push_registered(L, &s->push_list);
    lua_pushlightuserdata(L, results);
    int status = lua_pcall(L, 1, 1, 0);
    for (int64_t i = 0; i < results->count; i++) {
        ag_release(results->items[i]);
    }
    ag_free_results(s->context, results);
    return status == LUA_OK ? 1 : lua_error(L);
}

/* The results are the binding's own: within a callback the core's scope is left out of it. */
static bool call_owned(lua_State *L, call *c, ag_results *results)
{
    state *s = c->s;
    const form *f = c->form;
    if (s->callbacks == 0 || f->in_place) {
        return call_core(L, s, f->operation, f->in_place, c->values, results);
    }
    if (!ag_scope_open(s->context)) {
        return false;
    }
    bool done = call_core(L, s, f->operation, false, c->values, results);
    for (int64_t i = 0; done && i < results->count; i++) {
        ag_retain(results->items[i]);
    }
    ag_scope_close(s->context);
    return done;
}

int call_form(lua_State *L, const form *f)
{
    state *s = enter(L);
    call c;
    c.L = L;
    c.s = s;
    c.form = f;
    c.top = lua_gettop(L);
    read_arguments(&c);

    ag_results results;
    size_t before = ag_bytes_used(s->context);
    if (f->in_place) {
        if (!call_owned(L, &c, &results)) {
            return raise_error(L, s);
        }
        account(L, s, before);
        lua_pushvalue(L, 1); /* self */
        return 1;
    }
    if (f->result_count == 0) {
        if (!call_owned(L, &c, &results)) {
            return raise_error(L, s);
        }
        account(L, s, before);
        return give_list(L, s, &results);
    }
    if (f->gives_boolean) {
        ag_number item;
        if (!call_owned(L, &c, &results)) {
            return raise_error(L, s);
        }
        bool done = ag_item(results.fixed[0], &item);
        ag_release(results.fixed[0]);
        lua_pushboolean(L, done && item.integer != 0);
        return 1;
    }
    handle *handles[AG_MAX_RESULTS];
    int first = lua_gettop(L) + 1;
    for (int i = 0; i < f->result_count; i++) {
        handles[i] = push_handle(L, s);
    }
    if (!call_owned(L, &c, &results)) {
        return raise_error(L, s);
    }
    int count = (int)results.count;
    for (int i = 0; i < count; i++) {
        handles[i]->tensor = results.fixed[i];
    }
    for (int i = 0; i < count; i++) {
        int at = results.fixed[i] == AG_NONE ? 0 : find_argument(&c, results.fixed[i]);
        if (results.fixed[i] == AG_NONE) {
            handles[i]->tensor = NULL;
            lua_pushnil(L);
            lua_replace(L, first + i);
        } else if (at != 0) {
            handles[i]->tensor = NULL;
            ag_release(results.fixed[i]);
            lua_pushvalue(L, at);
            lua_replace(L, first + i);
        }
    }
    lua_settop(L, first + count - 1);
    account(L, s, before);
    return count;
}

/* Upvalue 3: the form. */
static int call_operation(lua_State *L)
{
    return call_form(L, lua_touserdata(L, lua_upvalueindex(OWN_UPVALUE)));
}

/* ---- Forms ----------------------------------------------------------------- */

static bool takes_integers(ag_type type)
{
    return type == AG_TYPE_SIZES || type == AG_TYPE_DIMS || type == AG_TYPE_INTEGERS;
}

static bool takes_number(ag_type type)
{
    return takes_integers(type) || type == AG_TYPE_OPERAND || type == AG_TYPE_NUMBER ||
           type == AG_TYPE_REAL || type == AG_TYPE_INTEGER || type == AG_TYPE_DIM ||
           type == AG_TYPE_INDEX;
}

/* A list may come loose where nothing behind it could be one of its items. */
static uint32_t find_loose(const form *f)
{
    uint32_t loose = 0;
    bool number_follows = false, tensor_follows = false;
    for (int i = f->positional_count - 1; i >= 0; i--) {
        ag_type type = f->info->parameters[f->order[i]].type;
        if ((takes_integers(type) && !number_follows) ||
            (type == AG_TYPE_TENSORS && !tensor_follows)) {
            loose |= 1u << f->order[i];
        }
        number_follows = number_follows || takes_number(type);
        tensor_follows = tensor_follows || type == AG_TYPE_TENSOR || type == AG_TYPE_OPERAND ||
                         type == AG_TYPE_TENSORS;
    }
    return loose;
}

/* The most there can be, by the signature's end: "-> Tensor", "-> (Tensor values, Tensor indices)",
 * "-> Results" where the arguments decide. */
static int count_results(const ag_operation_info *info)
{
    if (info->flags & AG_RETURNS_LIST) {
        return 0;
    }
    int count = 0;
    const char *at = strstr(info->signature, "->");
    if (at != NULL && strstr(at, "Results") != NULL) {
        return 2;
    }
    while (at != NULL && (at = strstr(at, "Tensor")) != NULL) {
        count++;
        at++;
    }
    return count < 1 ? 1 : count > AG_MAX_RESULTS ? AG_MAX_RESULTS : count;
}

static form make_form(const ag_operation *operation, bool is_method, bool in_place)
{
    const ag_operation_info *info = ag_describe(operation);
    form f = {
        .operation = operation, .info = info, .result_count = (int8_t)count_results(info),
        .gives_boolean = strstr(info->signature, "-> bool") != NULL,
        .is_method = is_method, .in_place = in_place || (info->flags & AG_IS_INPLACE),
    };
    if (is_method) {
        f.order[f.positional_count++] = (int8_t)info->self;
    }
    for (int i = 0; i < info->parameter_count; i++) {
        if (!info->parameters[i].keyword_only && !(is_method && i == info->self)) {
            f.order[f.positional_count++] = (int8_t)i;
        }
    }
    f.loose = find_loose(&f);
    return f;
}

static void push_form(lua_State *L, const form *f)
{
    form *room = lua_newuserdatauv(L, sizeof *room, 0);
    *room = *f;
}

void push_function_form(lua_State *L, const char *name)
{
    form f = make_form(ag_find_operation(name), false, false);
    push_form(L, &f);
}

const form *form_of(lua_State *L, int at)
{
    if (lua_tocfunction(L, at) != call_operation ||
        lua_getupvalue(L, at, OWN_UPVALUE) == NULL) {
        return NULL;
    }
    const form *f = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return f;
}

/* The form lives as an upvalue of its function. */
static void set_form(lua_State *L, state *s, int table, const form *f, const char *name)
{
    push_form(L, f);
    push_function(L, s, call_operation, 1);
    lua_setfield(L, table, name);
}

/* A function, a method and a method in place, as the entry has them. */
static void set_forms(lua_State *L, state *s, int functions, int methods,
                      const ag_operation *operation, const char *name)
{
    const ag_operation_info *info = ag_describe(operation);
    form f = make_form(operation, false, false);
    if (info->flags & AG_IS_FUNCTION) {
        set_form(L, s, functions, &f, name);
    }
    if (info->self < 0) {
        return;
    }
    f = make_form(operation, true, false);
    if (info->flags & AG_IS_METHOD) {
        set_form(L, s, methods, &f, name);
    }
    if (info->flags & AG_HAS_INPLACE) {
        lua_pushfstring(L, "%s_", name);
        f = make_form(operation, true, true);
        set_form(L, s, methods, &f, lua_tostring(L, -1));
        lua_pop(L, 1);
    }
}

void open_operations(lua_State *L, state *s, int functions, int methods)
{
    int count;
    const ag_operation *const *operations = ag_operations(&count);
    for (int i = 0; i < count; i++) {
        /* repeat is a word of Lua's own; strings have rep. */
        const char *name = ag_describe(operations[i])->name;
        set_forms(L, s, functions, methods, operations[i],
                  strcmp(name, "repeat") == 0 ? "rep" : name);
    }
    const ag_operation_alias *aliases = ag_operation_aliases(&count);
    for (int i = 0; i < count; i++) {
        set_forms(L, s, functions, methods, aliases[i].operation, aliases[i].name);
    }
    push_function(L, s, push_list, 0);
    set_registered(L, &s->push_list);
}
