#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "child.h"
#include "interrupt.h"
#include "kernel.h"
#include "unwind.h"

/* system() holds SIGINT off while it waits; this one hands it on. */
static int execute(lua_State *L)
{
    const char *command = luaL_optstring(L, 1, NULL);
    if (command == NULL) {
        lua_pushboolean(L, 1);
        return 1;
    }
    struct kernel *kernel = kernel_of(L);
    capture_drain(kernel->capture, false);
    struct child *child = child_start(command, -1, 0);
    int status;
    if (child == NULL || !child_finish(child, kernel, &status)) {
        return luaL_fileresult(L, 0, NULL);
    }
    capture_drain(kernel->capture, false);
    interrupt_check(L);
    errno = 0; /* luaL_execresult would take it for a failure */
    return luaL_execresult(L, status);
}

static int exit_kernel(lua_State *L)
{
    int code = lua_isboolean(L, 1) ? (lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE)
                                   : (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
    kernel_of(L)->exit_code = code;
    return unwind_raise(L, UNWIND_EXIT);
}

/* A file of io's with its child behind it. */
struct child_file {
    luaL_Stream stream;
    struct child *child;
};

/* What pclose does, but for being interruptible; the collector calls it too. */
static int close_child_file(lua_State *L)
{
    struct child_file *file = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    int status;
    fclose(file->stream.f);
    if (!child_finish(file->child, kernel_of(L), &status)) {
        return luaL_fileresult(L, 0, NULL);
    }
    errno = 0;
    return luaL_execresult(L, status);
}

/* Starts the command and opens the pipe to it or from it; false with errno. */
static bool open_child(struct child_file *file, const char *command, bool reads)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    int ours = ends[reads ? 0 : 1];
    int theirs = ends[reads ? 1 : 0];
    file->stream.f = fdopen(ours, reads ? "r" : "w");
    if (file->stream.f != NULL) {
        file->child = child_start(command, theirs, reads ? STDOUT_FILENO : STDIN_FILENO);
    }
    int problem = errno;
    close(theirs);
    if (file->child == NULL) {
        if (file->stream.f != NULL) {
            fclose(file->stream.f);
        } else {
            close(ours);
        }
        errno = problem;
        return false;
    }
    return true;
}

static int open_pipe(lua_State *L)
{
    const char *command = luaL_checkstring(L, 1);
    const char *mode = luaL_optstring(L, 2, "r");
    luaL_argcheck(L, strcmp(mode, "r") == 0 || strcmp(mode, "w") == 0, 2, "invalid mode");
    struct kernel *kernel = kernel_of(L);
    struct child_file *file = lua_newuserdatauv(L, sizeof *file, 0);
    *file = (struct child_file){0};
    luaL_setmetatable(L, LUA_FILEHANDLE); /* closed, while closef is NULL */
    capture_drain(kernel->capture, false);
    capture_watch_children(kernel->capture);
    if (!open_child(file, command, mode[0] == 'r')) {
        return luaL_fileresult(L, 0, command);
    }
    file->stream.closef = close_child_file;
    return 1;
}

void process_install(lua_State *L)
{
    static const luaL_Reg functions[] = {{"execute", execute}, {"exit", exit_kernel}, {NULL, NULL}};
    lua_getglobal(L, "os");
    luaL_setfuncs(L, functions, 0);
    lua_getglobal(L, "io");
    lua_pushcfunction(L, open_pipe);
    lua_setfield(L, -2, "popen");
    lua_pop(L, 2);
}
