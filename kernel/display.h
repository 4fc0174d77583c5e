/* How a value shows itself: as a mime bundle. And the C half of the module `jupyter`. */
#ifndef JUPYTER_DISPLAY_H
#define JUPYTER_DISPLAY_H

#include <jansson.h>
#include <lua.h>

void display_install(lua_State *L);

/* Pushes the text/plain of a value: a string is itself. May raise what a metamethod raises. */
void display_push_text(lua_State *L, int index);

/* The bundle of the value at index, and its metadata: two new objects. May raise, and then has
   made nothing. */
void display_bundle(lua_State *L, int index, json_t **data, json_t **metadata);

#endif
