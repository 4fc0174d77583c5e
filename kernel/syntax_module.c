#include "syntax_module.h"

#include <dirent.h>
#include <lauxlib.h>

#include "lexer.h"
#include "scope.h"
#include "sources.h"

static const char *const type_names[] = {
    [TOKEN_NAME] = "name",       [TOKEN_KEYWORD] = "keyword", [TOKEN_NUMBER] = "number",
    [TOKEN_STRING] = "string",   [TOKEN_SYMBOL] = "symbol",   [TOKEN_COMMENT] = "comment",
    [TOKEN_INVALID] = "invalid", [TOKEN_UNFINISHED] = "unfinished",
};

/* tokens(text) gives a list of {type =, text =, first =, last =}, comments too. */
static int tokens(lua_State *L)
{
    struct lexer lexer = {.comments = true};
    lexer.text = luaL_checklstring(L, 1, &lexer.length);
    struct token token;
    lua_newtable(L);
    for (int i = 1; (token = lexer_next(&lexer)).type != TOKEN_END; i++) {
        lua_createtable(L, 0, 4);
        lua_pushstring(L, type_names[token.type]);
        lua_setfield(L, -2, "type");
        lua_pushlstring(L, lexer.text + token.start, token.end - token.start);
        lua_setfield(L, -2, "text");
        lua_pushinteger(L, (lua_Integer)token.start + 1);
        lua_setfield(L, -2, "first");
        lua_pushinteger(L, (lua_Integer)token.end);
        lua_setfield(L, -2, "last");
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* kept_locals() gives a table from each name to true. */
static int kept_locals(lua_State *L)
{
    scope_names(L);
    return 1;
}

/* kept_local(name) gives true and the value, or false. */
static int kept_local(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_pushboolean(L, 1);
    if (scope_get(L, name)) {
        return 2;
    }
    lua_pushboolean(L, 0);
    return 1;
}

/* entries(folder) gives a list of names, folders with a slash behind; empty where there is none. */
static int entries(lua_State *L)
{
    DIR *folder = opendir(luaL_checkstring(L, 1));
    lua_newtable(L);
    const struct dirent *entry;
    int count = 0;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            lua_pushfstring(L, "%s%s", entry->d_name, entry->d_type == DT_DIR ? "/" : "");
            lua_rawseti(L, -2, ++count);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return 1;
}

/* lines(source, first, last) gives a chunk's lines as one text, or nil. */
static int lines(lua_State *L)
{
    struct buffer text = {0};
    if (!sources_lines(L, luaL_checkstring(L, 1), (int)luaL_checkinteger(L, 2),
                       (int)luaL_checkinteger(L, 3), &text)) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushlstring(L, text.length > 0 ? text.data : "", text.length);
    buffer_free(&text);
    return 1;
}

static int open_module(lua_State *L)
{
    static const luaL_Reg functions[] = {{"tokens", tokens},         {"kept_locals", kept_locals},
                                         {"kept_local", kept_local}, {"entries", entries},
                                         {"lines", lines},           {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

void syntax_module_install(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open_module);
    lua_setfield(L, -2, "jupyter.syntax");
    lua_pop(L, 1);
}
