#include "scope.h"

#include <lauxlib.h>
#include <string.h>

#include "cell_syntax.h"

/* So many names one function declares: below Lua's limit of 200 locals. */
#define NAMES_A_FUNCTION 190

/* Registry fields: name -> closure that holds the upvalue; name -> true where it is const; the
   function that cells call to keep their locals. */
static char scope_key, const_key, keep_key;

static void push_table(lua_State *L, void *key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
}

/* __jupyter_keep(closure or nil, name, value, is const, ...) */
static int keep(lua_State *L)
{
    int top = lua_gettop(L);
    push_table(L, &scope_key);
    push_table(L, &const_key);
    int scope = top + 1;
    int constants = top + 2;
    const char *name;
    for (int i = 1; lua_isfunction(L, 1) && (name = lua_getupvalue(L, 1, i)) != NULL; i++) {
        lua_pop(L, 1);
        lua_pushvalue(L, 1);
        lua_setfield(L, scope, name);
        lua_pushnil(L);
        lua_setfield(L, constants, name);
    }
    for (int i = 2; i + 2 <= top; i += 3) {
        name = luaL_checkstring(L, i);
        if (luaL_loadstring(L, "local value <const> = ... return function() return value end")) {
            return lua_error(L);
        }
        lua_pushvalue(L, i + 1);
        lua_call(L, 1, 1);
        lua_setfield(L, scope, name);
        lua_pushboolean(L, lua_toboolean(L, i + 2));
        lua_setfield(L, constants, name);
    }
    return 0;
}

void scope_install(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scope_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &const_key);
    lua_pushcfunction(L, keep);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &keep_key);
}

/* Pushes the closure that holds a local and returns its upvalue's index there, or pushes nothing
   and returns 0. A closure made for one value names it "value": whatever is not found under its
   own name is the first. */
static int find(lua_State *L, const char *name)
{
    push_table(L, &scope_key);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
    if (!lua_isfunction(L, -1)) {
        lua_pop(L, 1);
        return 0;
    }
    const char *upvalue;
    for (int i = 1; (upvalue = lua_getupvalue(L, -1, i)) != NULL; i++) {
        lua_pop(L, 1);
        if (strcmp(upvalue, name) == 0) {
            return i;
        }
    }
    return 1;
}

bool scope_get(lua_State *L, const char *name)
{
    int index = find(L, name);
    if (index == 0) {
        return false;
    }
    lua_getupvalue(L, -1, index);
    lua_remove(L, -2);
    return true;
}

void scope_names(lua_State *L)
{
    lua_newtable(L);
    push_table(L, &scope_key);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        lua_pushvalue(L, -2);
        lua_pushboolean(L, 1);
        lua_rawset(L, -6);
    }
    lua_pop(L, 1);
}

/* Declares, in a function around the cell, each kept local that the cell names. */
static void declare_names(lua_State *L, const struct cell_syntax *syntax, luaL_Buffer *out,
                          int *functions)
{
    int scope = lua_absindex(L, -2);
    int constants = lua_absindex(L, -1);
    int declared = 0;
    lua_newtable(L); /* names that are declared */
    int done = lua_gettop(L);
    luaL_buffinit(L, out);
    luaL_addstring(out, "local " KEEP_NAME " = ... ");
    const char *end = syntax->names.data + syntax->names.length;
    for (const char *name = syntax->names.data; name < end; name += strlen(name) + 1) {
        const char *text = name;
        /* A buffer keeps things on the stack: look up between its uses, and leave it as it was. */
        bool kept = lua_getfield(L, scope, text) != LUA_TNIL;
        bool is_const = lua_getfield(L, constants, text) == LUA_TBOOLEAN && lua_toboolean(L, -1);
        bool repeated = lua_getfield(L, done, text) != LUA_TNIL;
        lua_pop(L, 3);
        if (!kept || repeated) {
            continue;
        }
        lua_pushboolean(L, 1);
        lua_setfield(L, done, text);
        luaL_addstring(out, "local ");
        luaL_addstring(out, text);
        luaL_addstring(out, is_const ? " <const> = ... " : " ");
        if (++declared % NAMES_A_FUNCTION == 0) {
            luaL_addstring(out, "return (function(...) ");
            ++*functions;
        }
    }
}

/* Pushes the rewritten cell's text. */
static void push_program(lua_State *L, const struct cell_syntax *syntax)
{
    luaL_Buffer out;
    int functions = 0;
    push_table(L, &scope_key);
    push_table(L, &const_key);
    declare_names(L, syntax, &out, &functions);
    luaL_addstring(&out, "return function(...) ");
    luaL_addlstring(&out, syntax->body.data, syntax->body.length);
    luaL_addstring(&out, "\nend");
    for (int i = 0; i < functions; i++) {
        luaL_addstring(&out, " end)(...)");
    }
    luaL_pushresult(&out);
    lua_replace(L, -4);
    lua_pop(L, 2);
}

/* Joins the cell's upvalues, of the function on top, to those that hold their names. */
static void join_upvalues(lua_State *L)
{
    int cell = lua_gettop(L);
    const char *name;
    for (int i = 1; (name = lua_getupvalue(L, cell, i)) != NULL; i++) {
        lua_pop(L, 1);
        int index = find(L, name);
        if (index > 0) {
            lua_upvaluejoin(L, cell, i, -1, index);
            lua_pop(L, 1);
        }
    }
}

/* Frees the syntax before anything runs, since an interrupt may jump out from there. */
static int load(lua_State *L, struct cell_syntax *syntax, const char *chunk_name)
{
    push_program(L, syntax);
    size_t length;
    const char *program = lua_tolstring(L, -1, &length);
    int status = luaL_loadbufferx(L, program, length, chunk_name, "t");
    lua_remove(L, -2);
    if (status != LUA_OK) {
        return status;
    }
    cell_syntax_free(syntax);
    push_table(L, &keep_key);
    lua_call(L, 1, 1);
    join_upvalues(L);
    return LUA_OK;
}

int scope_load_cell(lua_State *L, const char *text, size_t length, const char *chunk_name,
                    bool *silent)
{
    struct cell_syntax syntax;
    luaL_checkstack(L, 20, NULL);
    cell_syntax_parse(&syntax, text, length);
    *silent = syntax.silent;
    int status = load(L, &syntax, chunk_name);
    if (status != LUA_OK) {
        /* What the user wrote, without our additions, gives the better message, unless the
           error lies between the cell and the locals of earlier ones. */
        int plain =
            luaL_loadbufferx(L, syntax.plain.data, syntax.plain.length, chunk_name, "t");
        if (plain == LUA_OK) {
            lua_pop(L, 1);
        } else {
            status = plain;
            lua_remove(L, -2);
        }
    }
    cell_syntax_free(&syntax);
    return status;
}

int scope_strip_marker(lua_State *L, int count)
{
    if (count > 0 && lua_tocfunction(L, -count) == keep) {
        lua_remove(L, -count);
        return count - 1;
    }
    return count;
}
