/* Lua's tokens, as a cell's text holds them. */
#ifndef JUPYTER_LEXER_H
#define JUPYTER_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum token_type {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_KEYWORD,
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_SYMBOL,
    TOKEN_COMMENT,    /* only where comments are asked for */
    TOKEN_UNFINISHED, /* a string or a long comment without an end: it reaches to the text's end
                         (a short string: to the line's end) */
    TOKEN_INVALID     /* a byte that begins no token */
};

struct token {
    enum token_type type;
    size_t start;
    size_t end;
};

struct lexer {
    const char *text;
    size_t length;
    size_t at;
    bool comments; /* whether comments are tokens */
};

struct token lexer_next(struct lexer *lexer);

/* Whether the token is this keyword or symbol (a string never is, whatever it holds). */
bool token_is(const struct lexer *lexer, struct token token, const char *text);

#endif
