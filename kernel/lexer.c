#include "lexer.h"

#include <ctype.h>
#include <string.h>

static const char *const keywords[] = {
    "and",   "break", "do",  "else", "elseif", "end",    "false", "for",  "function", "goto", "if",
    "in",    "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until",
    "while",
};

/* Longest first. */
static const char *const symbols[] = {"...", "<<", ">>", "//", "==", "~=", "<=", ">=", "::", ".."};

static int at(const struct lexer *lexer, size_t position)
{
    return position < lexer->length ? (unsigned char)lexer->text[position] : -1;
}

static bool is_name_byte(int byte)
{
    return byte == '_' || (byte >= 0 && byte < 128 && isalnum(byte));
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

/* The level of the long bracket that begins here, or -1. */
static int long_bracket_level(const struct lexer *lexer, size_t position)
{
    int level = 0;
    if (at(lexer, position) != '[') {
        return -1;
    }
    while (at(lexer, position + 1 + (size_t)level) == '=') {
        level++;
    }
    return at(lexer, position + 1 + (size_t)level) == '[' ? level : -1;
}

/* Steps over a long bracket; false when it has no end. */
static bool skip_long_bracket(struct lexer *lexer, int level)
{
    lexer->at += (size_t)level + 2;
    while (lexer->at < lexer->length) {
        if (lexer->text[lexer->at++] != ']') {
            continue;
        }
        size_t signs = 0;
        while (at(lexer, lexer->at + signs) == '=') {
            signs++;
        }
        if (signs == (size_t)level && at(lexer, lexer->at + signs) == ']') {
            lexer->at += signs + 1;
            return true;
        }
    }
    return false;
}

/* Steps over a quoted string; false when the line or the text ends first. */
static bool skip_string(struct lexer *lexer)
{
    char quote = lexer->text[lexer->at++];
    while (lexer->at < lexer->length && lexer->text[lexer->at] != '\n') {
        char byte = lexer->text[lexer->at++];
        if (byte == quote) {
            return true;
        }
        if (byte != '\\' || lexer->at == lexer->length) {
            continue;
        }
        char escape = lexer->text[lexer->at++];
        if (escape == '\r' && at(lexer, lexer->at) == '\n') {
            lexer->at++;
        } else if (escape == 'z') {
            while (lexer->at < lexer->length && isspace((unsigned char)lexer->text[lexer->at])) {
                lexer->at++;
            }
        }
    }
    return false;
}

static void skip_number(struct lexer *lexer)
{
    bool hexadecimal = lexer->text[lexer->at] == '0' && (at(lexer, lexer->at + 1) | 32) == 'x';
    for (;;) {
        int byte = at(lexer, lexer->at);
        if (byte != '.' && !is_name_byte(byte)) {
            return;
        }
        lexer->at++;
        int next = at(lexer, lexer->at);
        if ((byte | 32) == (hexadecimal ? 'p' : 'e') && (next == '+' || next == '-')) {
            lexer->at++;
        }
    }
}

static enum token_type skip_comment(struct lexer *lexer)
{
    lexer->at += 2;
    int level = long_bracket_level(lexer, lexer->at);
    if (level >= 0) {
        return skip_long_bracket(lexer, level) ? TOKEN_COMMENT : TOKEN_UNFINISHED;
    }
    while (lexer->at < lexer->length && lexer->text[lexer->at] != '\n') {
        lexer->at++;
    }
    return TOKEN_COMMENT;
}

static enum token_type skip_name(struct lexer *lexer)
{
    size_t start = lexer->at;
    while (is_name_byte(at(lexer, lexer->at))) {
        lexer->at++;
    }
    size_t length = lexer->at - start;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strlen(keywords[i]) == length &&
            memcmp(keywords[i], lexer->text + start, length) == 0) {
            return TOKEN_KEYWORD;
        }
    }
    return TOKEN_NAME;
}

static enum token_type skip_symbol(struct lexer *lexer)
{
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        size_t length = strlen(symbols[i]);
        if (lexer->length - lexer->at >= length &&
            memcmp(symbols[i], lexer->text + lexer->at, length) == 0) {
            lexer->at += length;
            return TOKEN_SYMBOL;
        }
    }
    char byte = lexer->text[lexer->at++];
    return byte != '\0' && strchr("+-*/%^#&~|<>=(){}[];:,.", byte) != NULL ? TOKEN_SYMBOL
                                                                           : TOKEN_INVALID;
}

static enum token_type skip_token(struct lexer *lexer)
{
    int first = at(lexer, lexer->at);
    int second = at(lexer, lexer->at + 1);
    if (first < 0) {
        return TOKEN_END;
    }
    if (first == '-' && second == '-') {
        return skip_comment(lexer);
    }
    if (is_digit(first) || (first == '.' && is_digit(second))) {
        skip_number(lexer);
        return TOKEN_NUMBER;
    }
    if (is_name_byte(first)) {
        return skip_name(lexer);
    }
    if (first == '"' || first == '\'') {
        return skip_string(lexer) ? TOKEN_STRING : TOKEN_UNFINISHED;
    }
    int level = long_bracket_level(lexer, lexer->at);
    if (level >= 0) {
        return skip_long_bracket(lexer, level) ? TOKEN_STRING : TOKEN_UNFINISHED;
    }
    return skip_symbol(lexer);
}

struct token lexer_next(struct lexer *lexer)
{
    struct token token;
    do {
        while (lexer->at < lexer->length && isspace((unsigned char)lexer->text[lexer->at])) {
            lexer->at++;
        }
        token.start = lexer->at;
        token.type = skip_token(lexer);
        token.end = lexer->at;
    } while (token.type == TOKEN_COMMENT && !lexer->comments);
    return token;
}

bool token_is(const struct lexer *lexer, struct token token, const char *text)
{
    size_t length = strlen(text);
    return (token.type == TOKEN_KEYWORD || token.type == TOKEN_SYMBOL) &&
           token.end - token.start == length &&
           memcmp(lexer->text + token.start, text, length) == 0;
}
