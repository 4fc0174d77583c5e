/* Lua's allocator. When the system has no more memory, a cell fails, and the kernel must still be
   able to say so: a reserve that Lua never gets is set free for the kernel's other parts. */
#ifndef JUPYTER_LUA_MEMORY_H
#define JUPYTER_LUA_MEMORY_H

#include <lua.h>

/* A new state, or NULL for want of memory. */
lua_State *lua_memory_new_state(void);

/* After a cell that ran out of memory: collects what it left, and fills the reserve again,
   or, where the memory is still full, a part of it. */
void lua_memory_recover(lua_State *L);

#endif
