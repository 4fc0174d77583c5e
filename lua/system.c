/* The module autograd.system: what Lua's library lacks and the files in Lua need: a clock that never
 * goes back, and the width of a terminal. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "binding.h"

/* clock(): seconds since some fixed moment. */
static int read_clock(lua_State *L)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec * 1e-9);
    return 1;
}

/* columns(file): the width of the terminal that the file writes to, nil where it is none. */
static int columns(lua_State *L)
{
    enum { USUAL = 80 };
    const luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    int descriptor = stream->closef == NULL || stream->f == NULL ? -1 : fileno(stream->f);
    struct winsize size;
    if (descriptor < 0 || !isatty(descriptor)) {
        lua_pushnil(L);
    } else if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        lua_pushinteger(L, size.ws_col);
    } else {
        lua_pushinteger(L, USUAL);
    }
    return 1;
}

static int open_module(lua_State *L)
{
    static const luaL_Reg functions[] = {{"clock", read_clock}, {"columns", columns}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}

void open_system(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open_module);
    lua_setfield(L, -2, "autograd.system");
    lua_pop(L, 1);
}
