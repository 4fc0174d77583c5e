#include "binding.h"
#include <string.h>
bool is_index_word(lua_State *L, int at)
{
    const char *word = lua_tostring(L, at);
    return strcmp(word, "...") == 0 || strcmp(word, "newaxis") == 0;
}
int index_tensor(lua_State *L){ return fail(L, "indexing"); }
int assign_tensor(lua_State *L){ return fail(L, "indexing"); }
