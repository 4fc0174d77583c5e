/* The texts behind chunk names: cells by the name their errors bear ("In[3]"), files by path. */
#ifndef JUPYTER_SOURCES_H
#define JUPYTER_SOURCES_H

#include <lua.h>

#include "buffer.h"

void sources_install(lua_State *L);

/* Remembers a cell's text; its chunk name is "=" and the name. */
void sources_remember(lua_State *L, const char *name, const char *text, size_t length);

/* Appends lines first to last of a chunk to out, each with its number, the one at mark pointed
   out in colour. source is as in lua_Debug. Appends nothing where the text is not known. */
void sources_quote(lua_State *L, const char *source, int first, int last, int mark,
                   struct buffer *out);

/* Appends the bare lines first to last; false where the text is not known. */
int sources_lines(lua_State *L, const char *source, int first, int last, struct buffer *out);

#endif
