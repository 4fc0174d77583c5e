/* os.execute, os.exit and io.popen, as they must be inside a kernel. */
#ifndef JUPYTER_PROCESS_H
#define JUPYTER_PROCESS_H

#include <lua.h>

void process_install(lua_State *L);

#endif
