/* The kernel's parts that are written in Lua, built into the program: require finds them. */
#ifndef JUPYTER_EMBEDDED_H
#define JUPYTER_EMBEDDED_H

#include <lua.h>

struct embedded {
    const char *name; /* "jupyter.render" */
    const unsigned char *text;
    unsigned long length;
};

extern const struct embedded embedded_modules[]; /* the last one's name is NULL */

void embedded_install(lua_State *L);

/* Pushes a module, loading it at the first time. */
void embedded_require(lua_State *L, const char *name);

#endif
