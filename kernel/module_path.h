/* Where require looks: the prefix that the program is installed in, or its build tree, first. */
#ifndef JUPYTER_MODULE_PATH_H
#define JUPYTER_MODULE_PATH_H

#include <lua.h>

void module_path_install(lua_State *L);

/* The program's own path, to be freed; NULL when the system does not tell. */
char *program_path(void);

#endif
