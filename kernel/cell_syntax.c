#include "cell_syntax.h"

#include <string.h>

#include "lexer.h"

/* Deeper than Lua's own limit (LUAI_MAXCCALLS), so that every cell Lua takes is understood. */
#define DEPTH_LIMIT 220

struct parser {
    struct lexer lexer;
    struct token token;
    size_t previous_end; /* of the token before */
    int depth;
    bool failed;
    struct cell_syntax *syntax;
    size_t copied; /* how much of the text both outputs hold already */
};

static void advance(struct parser *parser)
{
    parser->previous_end = parser->token.end;
    parser->token = lexer_next(&parser->lexer);
}

static bool is(const struct parser *parser, const char *text)
{
    return token_is(&parser->lexer, parser->token, text);
}

static bool accept(struct parser *parser, const char *text)
{
    if (parser->failed || !is(parser, text)) {
        return false;
    }
    advance(parser);
    return true;
}

static void expect(struct parser *parser, const char *text)
{
    if (!accept(parser, text)) {
        parser->failed = true;
    }
}

static struct token expect_name(struct parser *parser)
{
    struct token name = parser->token;
    if (name.type == TOKEN_NAME && !parser->failed) {
        advance(parser);
    } else {
        parser->failed = true;
    }
    return name;
}

static bool enter(struct parser *parser)
{
    if (++parser->depth > DEPTH_LIMIT) {
        parser->failed = true;
    }
    return !parser->failed;
}

static void expression(struct parser *parser);
static void block(struct parser *parser);
static void statement(struct parser *parser);

static void expression_list(struct parser *parser)
{
    do {
        expression(parser);
    } while (accept(parser, ","));
}

static void function_body(struct parser *parser)
{
    expect(parser, "(");
    while (!parser->failed && !is(parser, ")")) {
        if (!accept(parser, "...")) {
            expect_name(parser);
        }
        if (!accept(parser, ",")) {
            break;
        }
    }
    expect(parser, ")");
    block(parser);
    expect(parser, "end");
}

static void table_constructor(struct parser *parser)
{
    expect(parser, "{");
    while (!parser->failed && !is(parser, "}")) {
        if (accept(parser, "[")) {
            expression(parser);
            expect(parser, "]");
            expect(parser, "=");
            expression(parser);
        } else {
            /* `name = value` reads as an expression, then the sign, then another. */
            bool named = parser->token.type == TOKEN_NAME;
            expression(parser);
            if (named && accept(parser, "=")) {
                expression(parser);
            }
        }
        if (!accept(parser, ",") && !accept(parser, ";")) {
            break;
        }
    }
    expect(parser, "}");
}

static void call_arguments(struct parser *parser)
{
    if (is(parser, "{")) {
        table_constructor(parser);
    } else if (accept(parser, "(")) {
        if (!is(parser, ")")) {
            expression_list(parser);
        }
        expect(parser, ")");
    } else {
        advance(parser);
    }
}

/* A name or parentheses, and all indices and calls behind it. Returns whether it is a call. */
static bool suffixed_expression(struct parser *parser)
{
    bool call = false;
    if (accept(parser, "(")) {
        expression(parser);
        expect(parser, ")");
    } else {
        expect_name(parser);
    }
    while (!parser->failed) {
        if (accept(parser, ".")) {
            expect_name(parser);
            call = false;
        } else if (accept(parser, "[")) {
            expression(parser);
            expect(parser, "]");
            call = false;
        } else if (accept(parser, ":")) {
            expect_name(parser);
            if (!is(parser, "(") && !is(parser, "{") && parser->token.type != TOKEN_STRING) {
                parser->failed = true;
            }
        } else if (is(parser, "(") || is(parser, "{") || parser->token.type == TOKEN_STRING) {
            call_arguments(parser);
            call = true;
        } else {
            break;
        }
    }
    return call;
}

static bool accept_any(struct parser *parser, const char *const *texts)
{
    for (; *texts != NULL; texts++) {
        if (accept(parser, *texts)) {
            return true;
        }
    }
    return false;
}

/* Precedence does not matter to where an expression ends. */
static void expression(struct parser *parser)
{
    static const char *const unary[] = {"not", "-", "#", "~", NULL};
    static const char *const binary[] = {"+", "-",  "*",  "/",  "//", "^", "%",  "&",
                                         "~", "|",  ">>", "<<", "..", "<", "<=", ">",
                                         ">=", "==", "~=", "and", "or", NULL};
    static const char *const values[] = {"nil", "true", "false", "...", NULL};
    if (!enter(parser)) {
        return;
    }
    do {
        while (accept_any(parser, unary)) {
        }
        if (parser->token.type == TOKEN_NUMBER || parser->token.type == TOKEN_STRING) {
            advance(parser);
        } else if (is(parser, "{")) {
            table_constructor(parser);
        } else if (accept(parser, "function")) {
            function_body(parser);
        } else if (!accept_any(parser, values)) {
            suffixed_expression(parser);
        }
    } while (accept_any(parser, binary));
    parser->depth--;
}

static bool ends_block(const struct parser *parser)
{
    return parser->failed || parser->token.type == TOKEN_END || is(parser, "end") ||
           is(parser, "else") || is(parser, "elseif") || is(parser, "until");
}

static void block(struct parser *parser)
{
    if (!enter(parser)) {
        return;
    }
    while (!ends_block(parser)) {
        statement(parser);
    }
    parser->depth--;
}

static void return_statement(struct parser *parser)
{
    if (!ends_block(parser) && !is(parser, ";")) {
        expression_list(parser);
    }
    accept(parser, ";");
    if (!ends_block(parser)) {
        parser->failed = true;
    }
}

static void if_statement(struct parser *parser)
{
    do {
        expression(parser);
        expect(parser, "then");
        block(parser);
    } while (accept(parser, "elseif"));
    if (accept(parser, "else")) {
        block(parser);
    }
    expect(parser, "end");
}

static void for_statement(struct parser *parser)
{
    do {
        expect_name(parser);
    } while (accept(parser, ","));
    if (!accept(parser, "in")) {
        expect(parser, "=");
    }
    expression_list(parser);
    expect(parser, "do");
    block(parser);
    expect(parser, "end");
}

static void function_statement(struct parser *parser)
{
    do {
        expect_name(parser);
    } while (accept(parser, "."));
    if (accept(parser, ":")) {
        expect_name(parser);
    }
    function_body(parser);
}

static void copy_to(struct parser *parser, size_t position)
{
    const char *from = parser->lexer.text + parser->copied;
    buffer_append(&parser->syntax->plain, from, position - parser->copied);
    buffer_append(&parser->syntax->body, from, position - parser->copied);
    parser->copied = position;
}

/* What a top-level `local` declares. A mutable name is kept by a closure that shares it; for
   one that cannot be assigned its value is enough. */
struct declared {
    struct buffer shared; /* "a,b" */
    struct buffer values; /* ",\"c\",c,true": name, value, whether it is const */
};

static void declare(struct parser *parser, struct declared *declared, struct token name,
                    struct token attribute)
{
    const char *text = parser->lexer.text;
    int length = (int)(name.end - name.start);
    if (length == 4 && memcmp(text + name.start, "_ENV", 4) == 0) {
        return; /* it would take the way back to the globals from every later cell */
    }
    if (attribute.end == attribute.start) {
        buffer_format(&declared->shared, "%s%.*s", declared->shared.length > 0 ? "," : "", length,
                      text + name.start);
    } else {
        bool is_const = memcmp(text + attribute.start, "const", 5) == 0;
        buffer_format(&declared->values, ",\"%.*s\",%.*s,%s", length, text + name.start, length,
                      text + name.start, is_const ? "true" : "false");
    }
}

static void keep(struct parser *parser, struct declared *declared)
{
    if (parser->failed) {
        return;
    }
    copy_to(parser, parser->previous_end);
    struct buffer *body = &parser->syntax->body;
    buffer_text(body, " " KEEP_NAME "(");
    if (declared->shared.length > 0) {
        buffer_text(body, "function() return ");
        buffer_append(body, declared->shared.data, declared->shared.length);
        buffer_text(body, " end");
    } else {
        buffer_text(body, "nil");
    }
    buffer_append(body, declared->values.data, declared->values.length);
    buffer_text(body, ");");
}

static void local_statement(struct parser *parser, struct declared *declared)
{
    struct token none = {0};
    if (accept(parser, "function")) {
        declare(parser, declared, expect_name(parser), none);
        function_body(parser);
        return;
    }
    do {
        struct token name = expect_name(parser);
        struct token attribute = none;
        if (accept(parser, "<")) {
            attribute = expect_name(parser);
            expect(parser, ">");
        }
        if (!parser->failed) {
            declare(parser, declared, name, attribute);
        }
    } while (accept(parser, ","));
    if (accept(parser, "=")) {
        expression_list(parser);
    }
}

static void expression_statement(struct parser *parser)
{
    bool call = suffixed_expression(parser);
    if (is(parser, "=") || is(parser, ",")) {
        while (accept(parser, ",")) {
            suffixed_expression(parser);
        }
        expect(parser, "=");
        expression_list(parser);
    } else if (!call) {
        parser->failed = true;
    }
}

static void statement(struct parser *parser)
{
    if (accept(parser, ";") || accept(parser, "break")) {
        return;
    }
    if (accept(parser, "::")) {
        expect_name(parser);
        expect(parser, "::");
    } else if (accept(parser, "goto")) {
        expect_name(parser);
    } else if (accept(parser, "do")) {
        block(parser);
        expect(parser, "end");
    } else if (accept(parser, "while")) {
        expression(parser);
        expect(parser, "do");
        block(parser);
        expect(parser, "end");
    } else if (accept(parser, "repeat")) {
        block(parser);
        expect(parser, "until");
        expression(parser);
    } else if (accept(parser, "if")) {
        if_statement(parser);
    } else if (accept(parser, "for")) {
        for_statement(parser);
    } else if (accept(parser, "function")) {
        function_statement(parser);
    } else if (accept(parser, "return")) {
        return_statement(parser);
    } else if (accept(parser, "local")) {
        struct declared declared = {0};
        local_statement(parser, &declared);
        buffer_free(&declared.shared);
        buffer_free(&declared.values);
    } else {
        expression_statement(parser);
    }
}

/* The rest of the cell, when it is nothing but expressions (a call is one too). */
static bool last_value(struct parser *parser)
{
    struct parser ahead = *parser;
    size_t start = ahead.token.start;
    expression_list(&ahead);
    bool silent = accept(&ahead, ";");
    if (ahead.failed || ahead.token.type != TOKEN_END) {
        return false;
    }
    copy_to(parser, start);
    buffer_text(&parser->syntax->plain, "return ");
    buffer_text(&parser->syntax->body, "return " KEEP_NAME ",");
    parser->syntax->silent = silent;
    ahead.copied = parser->copied;
    *parser = ahead;
    return true;
}

static void top_return(struct parser *parser)
{
    size_t after = parser->previous_end;
    bool value = !ends_block(parser) && !is(parser, ";");
    return_statement(parser);
    if (value && !parser->failed && parser->token.type == TOKEN_END) {
        copy_to(parser, after);
        buffer_text(&parser->syntax->body, " " KEEP_NAME ",");
        parser->syntax->silent = parser->lexer.text[parser->previous_end - 1] == ';';
    }
}

static void top_statement(struct parser *parser)
{
    static const char *const statement_words[] = {
        ";", "::", "break", "goto", "do", "while", "repeat", "if", "for", "local", "return", NULL};
    if (accept(parser, "return")) {
        top_return(parser);
        return;
    }
    if (accept(parser, "local")) {
        struct declared declared = {0};
        local_statement(parser, &declared);
        keep(parser, &declared);
        buffer_free(&declared.shared);
        buffer_free(&declared.values);
        return;
    }
    bool word = false;
    for (int i = 0; statement_words[i] != NULL && !word; i++) {
        word = is(parser, statement_words[i]);
    }
    if (word || !last_value(parser)) {
        statement(parser);
    }
}

static void collect_names(struct cell_syntax *syntax, const char *text, size_t length)
{
    struct lexer lexer = {.text = text, .length = length};
    struct token token;
    while ((token = lexer_next(&lexer)).type != TOKEN_END) {
        if (token.type == TOKEN_NAME) {
            buffer_append(&syntax->names, text + token.start, token.end - token.start);
            buffer_append(&syntax->names, "", 1);
        }
    }
}

void cell_syntax_parse(struct cell_syntax *syntax, const char *text, size_t length)
{
    *syntax = (struct cell_syntax){0};
    struct parser parser = {.lexer = {.text = text, .length = length}, .syntax = syntax};
    advance(&parser);
    while (!parser.failed && parser.token.type != TOKEN_END) {
        top_statement(&parser);
    }
    if (parser.failed) {
        cell_syntax_free(syntax);
        buffer_append(&syntax->plain, text, length);
        buffer_append(&syntax->body, text, length);
    } else {
        copy_to(&parser, length);
    }
    collect_names(syntax, text, length);
}

void cell_syntax_free(struct cell_syntax *syntax)
{
    buffer_free(&syntax->plain);
    buffer_free(&syntax->body);
    buffer_free(&syntax->names);
    syntax->silent = false;
}
