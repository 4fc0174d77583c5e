#include "lua_memory.h"

#include <lauxlib.h>
#include <stdlib.h>

#define RESERVE_BYTES (8u << 20)
#define RESERVE_LEAST_BYTES (256u << 10)

struct lua_memory {
    void *reserve;
    size_t size;
};

/* One kernel has one state. */
static struct lua_memory memory;

/* Blocks come from malloc, as those of Lua's own allocator do, which this one takes over from.
   While the reserve is out, Lua grows only if it can be taken back first. */
static void *reallocate(void *unused, void *block, size_t old_size, size_t new_size)
{
    (void)unused;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (memory.reserve == NULL && (block == NULL || new_size > old_size)) {
        memory.reserve = malloc(memory.size);
        if (memory.reserve == NULL) {
            return NULL;
        }
    }
    void *grown = realloc(block, new_size);
    if (grown == NULL) {
        free(memory.reserve);
        memory.reserve = NULL;
    }
    return grown;
}

lua_State *lua_memory_new_state(void)
{
    memory.size = RESERVE_BYTES;
    memory.reserve = malloc(memory.size);
    lua_State *L = memory.reserve != NULL ? luaL_newstate() : NULL;
    if (L != NULL) {
        lua_setallocf(L, reallocate, NULL);
    }
    return L;
}

void lua_memory_recover(lua_State *L)
{
    lua_gc(L, LUA_GCCOLLECT);
    free(memory.reserve);
    memory.reserve = malloc(RESERVE_BYTES);
    void *room = malloc(RESERVE_BYTES);
    if (memory.reserve != NULL && room != NULL) {
        memory.size = RESERVE_BYTES;
    } else {
        /* What fills the memory is still held. The next cell may drop it: it gets a half. */
        free(memory.reserve);
        memory.size = memory.size / 2 > RESERVE_LEAST_BYTES ? memory.size / 2 : RESERVE_LEAST_BYTES;
        memory.reserve = malloc(memory.size);
    }
    free(room);
}
