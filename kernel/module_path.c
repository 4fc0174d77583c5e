#include "module_path.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"

char *program_path(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0) {
        return NULL;
    }
    path[length] = '\0';
    return copy_text(path);
}

/* Cuts the last part of a path off; false when there is none. */
static int to_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return 0;
    }
    *slash = '\0';
    return 1;
}

/* Pushes the folder of the sources that this build tree was made from, or nothing. */
static int push_source_folder(lua_State *L, const char *build)
{
    static const char entry[] = "CMAKE_HOME_DIRECTORY:INTERNAL=";
    lua_pushfstring(L, "%s/CMakeCache.txt", build);
    FILE *cache = fopen(lua_tostring(L, -1), "r");
    lua_pop(L, 1);
    if (cache == NULL) {
        return 0;
    }
    char line[PATH_MAX + sizeof entry];
    int found = 0;
    while (!found && fgets(line, sizeof line, cache) != NULL) {
        if (strncmp(line, entry, sizeof entry - 1) == 0) {
            line[strcspn(line, "\n")] = '\0';
            lua_pushstring(L, line + sizeof entry - 1);
            found = 1;
        }
    }
    fclose(cache);
    return found;
}

/* Puts the text on top of the stack, which it pops, before package's path or cpath. */
static void prepend(lua_State *L, const char *field)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, field);
    lua_pushfstring(L, "%s;%s", lua_tostring(L, -3), lua_tostring(L, -1));
    lua_setfield(L, -3, field);
    lua_pop(L, 3);
}

void module_path_install(lua_State *L)
{
    char *prefix = program_path();
    if (prefix == NULL || !to_parent(prefix) || !to_parent(prefix)) {
        free(prefix);
        return;
    }
    if (push_source_folder(L, prefix)) {
        const char *source = lua_tostring(L, -1);
        lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua", source, source);
        prepend(L, "path");
        lua_pushfstring(L, "%s/lua/?.so", prefix);
        prepend(L, "cpath");
        lua_pop(L, 1);
    } else {
        lua_pushfstring(L, "%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua", prefix, prefix);
        prepend(L, "path");
        lua_pushfstring(L, "%s/lib/lua/5.4/?.so", prefix);
        prepend(L, "cpath");
    }
    free(prefix);
}
