/* The module jupyter.syntax: what the parts written in Lua need from C: tokens, the locals of
   earlier cells, a folder's entries. */
#ifndef JUPYTER_SYNTAX_MODULE_H
#define JUPYTER_SYNTAX_MODULE_H

#include <lua.h>

void syntax_module_install(lua_State *L);

#endif
