/* Standard input is the person at the front-end: io.read and C's scanf ask for a line there. */
#ifndef JUPYTER_INPUT_H
#define JUPYTER_INPUT_H

#include <lua.h>
#include <stdbool.h>

struct kernel;

/* Replaces stdin and descriptor 0: before Lua opens its io library. */
bool input_start(struct kernel *kernel);

/* Makes io.read, io.lines and a file's read raise where the front-end takes no questions. */
void input_install(lua_State *L);

/* jupyter.input(prompt, {password = true}) */
int input_ask(lua_State *L);

/* Forgets what the last cell was told and did not read. */
void input_purge(void);

#endif
