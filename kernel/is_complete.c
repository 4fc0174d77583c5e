#include "is_complete.h"

#include <lauxlib.h>
#include <string.h>

#include "cell_syntax.h"
#include "inspect.h"
#include "lexer.h"
#include "shell.h"

/* Blanks a level, where the text shows no indentation of its own. */
#define INDENT 2

/* A quoted string that the text's end cuts off: no further line can close it. */
static bool ends_in_open_quote(const char *code, size_t length)
{
    struct lexer lexer = {.text = code, .length = length};
    struct token token = {0};
    struct token last;
    do {
        last = token;
        token = lexer_next(&lexer);
    } while (token.type != TOKEN_END);
    return last.type == TOKEN_UNFINISHED && strchr("'\"", code[last.start]) != NULL &&
           code[length - 1] != '\\';
}

/* Whether the compiler would be content with more text. */
static const char *status_of(lua_State *L, const char *code, size_t length)
{
    static const char end_mark[] = "<eof>";
    struct cell_syntax syntax;
    cell_syntax_parse(&syntax, code, length);
    int status =
        luaL_loadbufferx(L, syntax.plain.data != NULL ? syntax.plain.data : "",
                         syntax.plain.length, "=cell", "t");
    cell_syntax_free(&syntax);
    const char *answer = "complete";
    if (status == LUA_ERRSYNTAX) {
        size_t size;
        const char *message = lua_tolstring(L, -1, &size);
        bool at_end = size >= sizeof end_mark - 1 &&
                      strcmp(message + size - (sizeof end_mark - 1), end_mark) == 0;
        answer = at_end && !ends_in_open_quote(code, length) ? "incomplete" : "invalid";
    } else if (status != LUA_OK) {
        answer = "unknown";
    }
    lua_settop(L, 0);
    return answer;
}

/* The blocks and brackets that are open at the end; -1 inside of a string or comment. */
static int open_blocks(const char *code, size_t length)
{
    static const char *const opens[] = {"function", "do", "then", "repeat", "(", "{", "[", NULL};
    static const char *const closes[] = {"end", "until", "elseif", ")", "}", "]", NULL};
    struct lexer lexer = {.text = code, .length = length};
    struct token token;
    int depth = 0;
    while ((token = lexer_next(&lexer)).type != TOKEN_END) {
        if (token.type == TOKEN_UNFINISHED) {
            return -1;
        }
        for (int i = 0; opens[i] != NULL; i++) {
            depth += token_is(&lexer, token, opens[i]);
        }
        for (int i = 0; closes[i] != NULL && depth > 0; i++) {
            depth -= token_is(&lexer, token, closes[i]);
        }
    }
    return depth;
}

/* The blanks that begin the first indented line, or the default. */
static size_t indent_unit(const char *code, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++) {
        size_t blanks = 0;
        while (code[i] == '\n' && i + 1 + blanks < length && code[i + 1 + blanks] == ' ') {
            blanks++;
        }
        if (blanks > 0) {
            return blanks;
        }
    }
    return INDENT;
}

void is_complete_request(struct kernel *kernel, const struct message *request)
{
    const json_t *code = json_object_get(request->content, "code");
    const char *text = json_is_string(code) ? json_string_value(code) : "";
    size_t length = json_is_string(code) ? json_string_length(code) : 0;
    const char *name;
    size_t name_length;
    int detail;
    bool is_question = inspect_is_question(text, length, &name, &name_length, &detail);
    const char *status = is_question ? "complete" : status_of(kernel->lua, text, length);
    json_t *content = json_object();
    json_object_set_new(content, "status", json_string(status));
    if (strcmp(status, "incomplete") == 0) {
        int depth = open_blocks(text, length);
        struct buffer indent = {0};
        for (size_t i = 0; depth > 0 && i < (size_t)depth * indent_unit(text, length); i++) {
            buffer_append(&indent, " ", 1);
        }
        json_object_set_new(content, "indent",
                            json_stringn(indent.length > 0 ? indent.data : "", indent.length));
        buffer_free(&indent);
    }
    shell_reply(kernel, request, "is_complete_reply", content);
}
