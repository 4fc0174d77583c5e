#include "process.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "interrupt.h"
#include "kernel.h"
#include "unwind.h"

extern char **environ;

/* The command runs in a process group of its own, so that an interrupt ends all of it. */
static int spawn_shell(const char *command, pid_t *child)
{
    char *arguments[] = {"sh", "-c", (char *)command, NULL};
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    int status = posix_spawn(child, "/bin/sh", NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return status;
}

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
    pid_t child;
    int status = spawn_shell(command, &child);
    if (status != 0) {
        errno = status;
        return luaL_fileresult(L, 0, NULL);
    }
    int killer = SIGINT;
    while (waitpid(child, &status, interrupt_pending() ? WNOHANG : 0) != child) {
        if (interrupt_pending()) {
            kill(-child, killer);
            /* Some commands ignore SIGINT. */
            killer = SIGKILL;
            usleep(10000);
        } else if (errno != EINTR) {
            return luaL_fileresult(L, 0, NULL);
        }
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

static int open_pipe(lua_State *L)
{
    struct kernel *kernel = kernel_of(L);
    capture_drain(kernel->capture, false);
    capture_watch_children(kernel->capture);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

void process_install(lua_State *L)
{
    static const luaL_Reg functions[] = {{"execute", execute}, {"exit", exit_kernel}, {NULL, NULL}};
    lua_getglobal(L, "os");
    luaL_setfuncs(L, functions, 0);
    lua_getglobal(L, "io");
    lua_getfield(L, -1, "popen");
    lua_pushcclosure(L, open_pipe, 1);
    lua_setfield(L, -2, "popen");
    lua_pop(L, 2);
}
