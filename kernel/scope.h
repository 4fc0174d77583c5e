/* The locals of earlier cells. Each lives on as the upvalue of a closure that was made right
   after its declaration; a later cell that names it is joined to the same upvalue, so that all
   closures go on sharing it. */
#ifndef JUPYTER_SCOPE_H
#define JUPYTER_SCOPE_H

#include <lua.h>
#include <stdbool.h>

void scope_install(lua_State *L);

/* Pushes the cell's function, or the compiler's error message, and returns a LUA_ status.
   *silent says that the cell's value is not to be shown. May raise for want of memory. */
int scope_load_cell(lua_State *L, const char *text, size_t length, const char *chunk_name,
                    bool *silent);

/* After a cell's function returned count values, the last on top: drops the marker that stands
   before the values of its last expression. Returns how many values are left. */
int scope_strip_marker(lua_State *L, int count);

/* Pushes the value of a kept local and returns true, or pushes nothing. */
bool scope_get(lua_State *L, const char *name);

/* Pushes a table from each kept local's name to true. */
void scope_names(lua_State *L);

#endif
