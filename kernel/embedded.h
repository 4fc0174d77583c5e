/* Files that are built into the program: the kernel's parts that are written in Lua, which
   require finds, and its kernelspec. */
#ifndef JUPYTER_EMBEDDED_H
#define JUPYTER_EMBEDDED_H

#include <lua.h>

struct embedded {
    const char *name; /* "jupyter.render"; "kernel.json" */
    const unsigned char *text;
    unsigned long length;
};

/* The last one's name is NULL. kernel.json comes last of the kernelspec's. */
extern const struct embedded embedded_modules[];
extern const struct embedded kernelspec_files[];

void embedded_install(lua_State *L);

/* Pushes a module, loading it at the first time. */
void embedded_require(lua_State *L, const char *name);

#endif
