#include "kernel.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "comm.h"
#include "display.h"
#include "embedded.h"
#include "input.h"
#include "log.h"
#include "lua_memory.h"
#include "module_path.h"
#include "process.h"
#include "scope.h"
#include "sources.h"
#include "syntax_module.h"
#include "traceback.h"
#include "unwind.h"

/* Lua gives every coroutine a copy of the main thread's extra space. */
struct kernel *kernel_of(lua_State *L)
{
    struct kernel *kernel;
    memcpy(&kernel, lua_getextraspace(L), sizeof kernel);
    return kernel;
}

void kernel_publish(struct kernel *kernel, const char *type, json_t *metadata, json_t *content)
{
    const char *parent = kernel->request != NULL ? kernel->request->header_text : NULL;
    capture_drain(kernel->capture, false);
    iopub_publish(kernel->iopub,
                  outgoing_new(&kernel->session, type, parent, metadata, content));
}

/* No error of the user's comes here: all of their code runs protected. */
static int panic(lua_State *L)
{
    log_message("panic: %s", lua_tostring(L, -1));
    return 0;
}

static int open_libraries(lua_State *L)
{
    luaL_openlibs(L);
    unwind_install(L);
    traceback_install(L);
    scope_install(L);
    sources_install(L);
    module_path_install(L);
    process_install(L);
    input_install(L);
    embedded_install(L);
    syntax_module_install(L);
    comm_install(L);
    display_install(L);
    return 0;
}

lua_State *kernel_open_lua(struct kernel *kernel)
{
    lua_State *L = lua_memory_new_state();
    if (L == NULL) {
        return NULL;
    }
    lua_atpanic(L, panic);
    memcpy(lua_getextraspace(L), &kernel, sizeof kernel);
    lua_pushcfunction(L, open_libraries);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        log_message("Lua does not open: %s", lua_tostring(L, -1));
        lua_close(L);
        return NULL;
    }
    return L;
}
