#include "sources.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static char texts_key;

void sources_install(lua_State *L)
{
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &texts_key);
}

void sources_remember(lua_State *L, const char *name, const char *text, size_t length)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &texts_key);
    lua_pushlstring(L, text, length);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* The chunk's whole text, to be freed, or NULL. A chunk from a string is its own name. */
static char *text_of(lua_State *L, const char *source, size_t *length)
{
    struct buffer text = {0};
    if (source[0] == '@') {
        FILE *file = fopen(source + 1, "rb");
        if (file == NULL) {
            return NULL;
        }
        char bytes[4096];
        size_t count;
        while ((count = fread(bytes, 1, sizeof bytes, file)) > 0) {
            buffer_append(&text, bytes, count);
        }
        fclose(file);
    } else if (source[0] == '=') {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &texts_key);
        lua_getfield(L, -1, source + 1);
        size_t known;
        const char *bytes = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &known) : NULL;
        if (bytes != NULL) {
            buffer_append(&text, bytes, known);
        }
        lua_pop(L, 2);
        if (bytes == NULL) {
            return NULL;
        }
    } else {
        buffer_text(&text, source);
    }
    *length = text.length;
    return buffer_take(&text);
}

/* Calls back with each line from first to last. */
static bool each_line(lua_State *L, const char *source, int first, int last,
                      void (*use)(struct buffer *, int, const char *, size_t, int), int mark,
                      struct buffer *out)
{
    size_t length;
    char *text = text_of(L, source, &length);
    if (text == NULL) {
        return false;
    }
    const char *end = text + length;
    const char *line = text;
    for (int number = 1; line < end && number <= last; number++) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        if (number >= first) {
            use(out, number, line, (size_t)(stop - line), mark);
        }
        line = stop + 1;
    }
    free(text);
    return true;
}

static void quote_line(struct buffer *out, int number, const char *line, size_t length, int mark)
{
    bool marked = number == mark;
    buffer_format(out, "%s%s %4d │ ", out->length > 0 ? "\n" : "", marked ? "\033[31m→" : " ",
                  number);
    utf8_append_valid(out, line, length);
    if (marked) {
        buffer_text(out, "\033[0m");
    }
}

static void bare_line(struct buffer *out, int number, const char *line, size_t length, int mark)
{
    (void)number;
    (void)mark;
    utf8_append_valid(out, line, length);
    buffer_text(out, "\n");
}

void sources_quote(lua_State *L, const char *source, int first, int last, int mark,
                   struct buffer *out)
{
    each_line(L, source, first, last, quote_line, mark, out);
}

int sources_lines(lua_State *L, const char *source, int first, int last, struct buffer *out)
{
    return each_line(L, source, first, last, bare_line, 0, out);
}
