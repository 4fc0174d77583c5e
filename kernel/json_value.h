/* Between Lua's values and JSON's. */
#ifndef JUPYTER_JSON_VALUE_H
#define JUPYTER_JSON_VALUE_H

#include <jansson.h>
#include <lua.h>

/* A new JSON string of any bytes: what is no UTF-8 becomes U+FFFD. */
json_t *json_text(const char *text, size_t length);

/* A new JSON value. A table with the keys 1 to n, n > 0, is an array, every other an object;
   what JSON has no place for (functions, nan, a depth above 100) becomes null. Raises nothing:
   no metamethod is called. */
json_t *json_from_lua(lua_State *L, int index);

/* Pushes a value; null becomes nil. */
void json_push(lua_State *L, const json_t *value);

#endif
