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
static bool call_in_callback(lua_State *L, call *c, ag_results *results)
{
    state *s = c->s;
    if (!ag_scope_open(s->context)) {
        return false;
    }
    bool done = call_core(L, s, c->form->operation, false, c->values, results);
    for (int64_t i = 0; done && i < results->count; i++) {
        ag_retain(results->items[i]);
    }
    ag_scope_close(s->context);
    return done;
}

static inline void call_owned(lua_State *L, call *c, ag_results *results)
{
    state *s = c->s;
    const form *f = c->form;
    size_t before = ag_bytes_used(s->context);
    bool done = s->callbacks == 0 || f->in_place
        ? call_core(L, s, f->operation, f->in_place, c->values, results)
        : call_in_callback(L, c, results);
    if (!done) {
        raise_error(L, s);
    }
    account(s, before);
}

static int give_boolean(lua_State *L, ag_tensor *result)
{
    ag_number item;
    bool done = ag_item(result, &item);
    ag_release(result);
    lua_pushboolean(L, done && item.integer != 0);
    return 1;
}

/* A result that is absent is nil, one that is an argument its handle: in the place of the one that
 * was made for it at `at`. */
static void replace_handle(lua_State *L, const call *c, int at, handle *h)
{
    ag_tensor *tensor = h->tensor;
    int argument = tensor == AG_NONE ? 0 : find_argument(c, tensor);
    if (tensor == AG_NONE || argument != 0) {
        h->tensor = NULL;
        ag_release(tensor);
        if (argument != 0) {
            lua_pushvalue(L, argument);
        } else {
            lua_pushnil(L);
        }
        lua_replace(L, at);
    }
}

int call_form(lua_State *L, const form *f)
{
    state *s = f->s;
    enter_state(L, s);
    call c;
    c.L = L;
    c.s = s;
    c.form = f;
    c.top = lua_gettop(L);
    /* Made before the arguments are read. */
    const int first = c.top + 1;
    handle *handles[AG_MAX_RESULTS];
    for (int i = 0; i < f->handle_count; i++) {
        handles[i] = push_handle(L, s);
    }
    read_arguments(&c);

    ag_results results;
    call_owned(L, &c, &results);
    if (f->in_place) {
        lua_pushvalue(L, 1); /* self */
        return 1;
    }
    if (f->gives_boolean) {
        return give_boolean(L, results.fixed[0]);
    }
    if (f->handle_count == 0 || results.is_list) {
        return give_list(L, s, &results);
    }
    int count = (int)results.count, top = first - 1 + count;
    if (lua_gettop(L) != top) {
        lua_settop(L, top);
    }
    for (int i = 0; i < count; i++) {
        handles[i]->tensor = results.fixed[i];
    }
    for (int i = 0; i < count; i++) {
        if (ag_reference_count(results.fixed[i]) > 1 || results.fixed[i] == AG_NONE) {
            replace_handle(L, &c, first + i, handles[i]);
        }
    }
    return count;
}

/* Its own upvalue: the form. */
static int call_operation(lua_State *L)
{
    return call_form(L, lua_touserdata(L, lua_upvalueindex(OWN_UPVALUE)));
}

/* where(condition) alone gives a list, by an entry of its own. Its upvalues: both forms. */
static int call_where(lua_State *L)
{
    enum { ALONE_UPVALUE = OWN_UPVALUE + 1 };
    bool alone = lua_gettop(L) == 1 && test_handle(L, 1) != NULL;
    return call_form(L, lua_touserdata(L, lua_upvalueindex(alone ? ALONE_UPVALUE : OWN_UPVALUE)));
}

/* ---- Forms ----------------------------------------------------------------- */

static bool takes_integers(ag_type type)
{
    return type == AG_TYPE_SIZES || type == AG_TYPE_DIMS || type == AG_TYPE_INTEGERS;
}

static bool takes_number(ag_type type)
{
    return takes_integers(type) || type == AG_TYPE_OPERAND || type == AG_TYPE_NUMBER ||
           type == AG_TYPE_REAL || type == AG_TYPE_ORDER || type == AG_TYPE_INTEGER ||
           type == AG_TYPE_DIM || type == AG_TYPE_INDEX;
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
 * "-> Results" or "-> Tensor|Tensors" where the arguments decide. */
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
    if (at != NULL && strstr(at, "|Tensors") != NULL) {
        return 1;
    }
    while (at != NULL && (at = strstr(at, "Tensor")) != NULL) {
        count++;
        at++;
    }
    return count < 1 ? 1 : count > AG_MAX_RESULTS ? AG_MAX_RESULTS : count;
}

static uint32_t find_tensors(const ag_operation_info *info)
{
    uint32_t tensors = 0;
    for (int i = 0; i < info->parameter_count; i++) {
        ag_type type = info->parameters[i].type;
        tensors |= (uint32_t)(type == AG_TYPE_TENSOR || type == AG_TYPE_OPERAND) << i;
    }
    return tensors;
}

/* Adds one to the state's block, which has room for it. */
static const form *add_form(state *s, const ag_operation *operation, bool is_method, bool in_place)
{
    const ag_operation_info *info = ag_describe(operation);
    form *f = &s->forms[s->form_count++];
    *f = (form){
        .s = s, .operation = operation, .info = info,
        .takes_tensor = find_tensors(info),
        .gives_boolean = strstr(info->signature, "-> bool") != NULL,
        .is_method = is_method, .in_place = in_place || (info->flags & AG_IS_INPLACE),
    };
    f->handle_count = (int8_t)(f->in_place || f->gives_boolean ? 0 : count_results(info));
    if (is_method) {
        f->order[f->positional_count++] = (int8_t)info->self;
    }
    for (int i = 0; i < info->parameter_count; i++) {
        if (!info->parameters[i].keyword_only && !(is_method && i == info->self)) {
            f->order[f->positional_count++] = (int8_t)i;
        }
    }
    f->loose = find_loose(f);
    return f;
}

void push_function_form(lua_State *L, state *s, const char *name)
{
    const form *f = s->forms;
    while (f->is_method || strcmp(f->info->name, name) != 0) {
        f++;
    }
    lua_pushlightuserdata(L, (void *)f);
}

const form *form_of(lua_State *L, int at)
{
    lua_CFunction function = lua_tocfunction(L, at);
    if ((function != call_operation && function != call_where) ||
        lua_getupvalue(L, at, OWN_UPVALUE) == NULL) {
        return NULL;
    }
    const form *f = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return f;
}

static void set_form(lua_State *L, state *s, int table, const form *f, const char *name)
{
    lua_pushlightuserdata(L, (void *)f);
    push_function(L, s, call_operation, 1);
    lua_setfield(L, table, name);
}

enum { FORMS_OF_ONE = 3 };

/* A function, a method and a method in place, as the entry has them. */
static void set_forms(lua_State *L, state *s, int functions, int methods,
                      const ag_operation *operation, const char *name)
{
    const ag_operation_info *info = ag_describe(operation);
    const form *function = add_form(s, operation, false, false);
    if (info->flags & AG_IS_FUNCTION) {
        set_form(L, s, functions, function, name);
    }
    if (info->self >= 0 && (info->flags & AG_IS_METHOD)) {
        set_form(L, s, methods, add_form(s, operation, true, false), name);
    }
    if (info->self >= 0 && (info->flags & AG_HAS_INPLACE)) {
        lua_pushfstring(L, "%s_", name);
        set_form(L, s, methods, add_form(s, operation, true, true), lua_tostring(L, -1));
        lua_pop(L, 1);
    }
}

void open_operations(lua_State *L, state *s, int functions, int methods)
{
    int count, alias_count;
    const ag_operation *const *operations = ag_operations(&count);
    const ag_operation_alias *aliases = ag_operation_aliases(&alias_count);
    s->forms = lua_newuserdatauv(L, (size_t)(FORMS_OF_ONE * (count + alias_count)) * sizeof(form),
                                 0);
    set_registered(L, &s->form_block);
    for (int i = 0; i < count; i++) {
        /* repeat is a word of Lua's own; strings have rep. */
        const char *name = ag_describe(operations[i])->name;
        set_forms(L, s, functions, methods, operations[i],
                  strcmp(name, "repeat") == 0 ? "rep" : name);
    }
    for (int i = 0; i < alias_count; i++) {
        set_forms(L, s, functions, methods, aliases[i].operation, aliases[i].name);
    }
    push_function_form(L, s, "where");
    push_function_form(L, s, "nonzero_by_dims");
    push_function(L, s, call_where, 2);
    lua_setfield(L, functions, "where");
    push_function(L, s, push_list, 0);
    set_registered(L, &s->push_list);
}
