/* The frames of an error, collected where it is raised and written out with quoted lines. */
#ifndef JUPYTER_TRACEBACK_H
#define JUPYTER_TRACEBACK_H

#include <jansson.h>
#include <lua.h>

void traceback_install(lua_State *L);

/* The message handler for user code: collects the frames, and leaves the error as it is. */
int traceback_handler(lua_State *L);

/* Names the function that is the running cell: the last frame that is shown. It is on top of
   the stack, and stays. */
void traceback_set_cell(lua_State *L);

/* A coroutine has ended in an error, which is on top of its stack: its frames belong to that
   error, should it reach the cell's end. */
void traceback_remember_coroutine(lua_State *coroutine);

/* The lines of text of the error's frames (a JSON array of strings, one a frame), which are
   forgotten; empty when the handler could not run. */
json_t *traceback_take(void);

/* Appends a frame that quotes the line which a syntax error's message names. */
void traceback_add_syntax_error(lua_State *L, json_t *frames, const char *chunk_name,
                                const char *message);

#endif
