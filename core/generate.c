/* Runs at build time: reads the entries AG_OPERATION(…) of the files under ops/ and writes what
 * must agree with their signatures.
 *
 *   generate OUT_DIR FILE…
 *     autograd_operations.h  the public C prototypes
 *     operations_parsed.h    the private declarations of entries and parameters
 *     operations.c           parameters, C functions, and the sorted table
 *   generate --header AUTOGRAD_H OPERATIONS_H OUT
 *     the public header in one piece, for installing
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPERATIONS = 1024, MAX_ALIASES = 256, MAX_PARAMETERS = 24 };

typedef struct type_row {
    const char *name, *constant, *c_type, *field;
    bool pointer_if_optional; /* absent is a NULL pointer in C, as the type has no such value */
} type_row;

static const type_row types[] = {
    {"Tensor", "AG_TYPE_TENSOR", "ag_tensor *", "tensor", false},
    {"Operand", "AG_TYPE_OPERAND", "ag_tensor *", "tensor", false},
    {"Tensors", "AG_TYPE_TENSORS", "ag_tensors ", "tensors", false},
    {"Number", "AG_TYPE_NUMBER", "double ", "number", true},
    {"real", "AG_TYPE_REAL", "double ", "real", true},
    {"int", "AG_TYPE_INTEGER", "int64_t ", "integer", true},
    {"Dim", "AG_TYPE_DIM", "int64_t ", "integer", true},
    {"Index", "AG_TYPE_INDEX", "int64_t ", "integer", true},
    {"Sizes", "AG_TYPE_SIZES", "ag_integers ", "integers", false},
    {"Dims", "AG_TYPE_DIMS", "ag_integers ", "integers", false},
    {"ints", "AG_TYPE_INTEGERS", "ag_integers ", "integers", false},
    {"bool", "AG_TYPE_BOOL", "bool ", "boolean", true},
    {"Order", "AG_TYPE_ORDER", "double ", "real", true},
    {"str", "AG_TYPE_STRING", "const char *", "string", false},
    {"dtype", "AG_TYPE_DTYPE", "ag_dtype ", "dtype", false},
};

typedef struct parameter {
    char name[64], fallback[64];
    const type_row *type;
    bool optional, keyword_only, has_default;
} parameter;

typedef struct entry {
    char name[64], signature[600], doc[1600], flags[128], returns[200];
    parameter parameters[MAX_PARAMETERS];
    int count, self, results; /* results: a fixed number, 0 where the call decides */
    bool has_tensor, has_inplace, is_inplace, list, boolean;
} entry;

typedef struct alias {
    char name[64], operation[64];
} alias;

static entry *entries[MAX_OPERATIONS];
static int entry_count;
static alias aliases[MAX_ALIASES];
static int alias_count;
static const char *reading;

static void die(const char *message, const char *detail)
{
    fprintf(stderr, "%s: %s: %s\n", reading, message, detail);
    exit(1);
}

static char *read_file(const char *path)
{
    reading = path;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        die("cannot read", path);
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, file) != (size_t)size) {
        die("cannot read", path);
    }
    text[size] = '\0';
    fclose(file);
    return text;
}

static const char *skip_blanks(const char *at)
{
    while (isspace((unsigned char)*at)) {
        at++;
    }
    return at;
}

static void append(char *to, size_t size, const char *from, size_t length)
{
    size_t used = strlen(to);
    if (used + length >= size) {
        die("too long", to);
    }
    memcpy(to + used, from, length);
    to[used + length] = '\0';
}

/* One or more adjacent string literals, escapes kept as written. */
static const char *read_strings(const char *at, char *to, size_t size)
{
    at = skip_blanks(at);
    if (*at != '"') {
        die("expected a string at", at);
    }
    while (*at == '"') {
        const char *begin = ++at;
        while (*at != '"') {
            at += *at == '\\' ? 2 : 1;
        }
        append(to, size, begin, (size_t)(at - begin));
        at = skip_blanks(at + 1);
    }
    return at;
}

static const char *read_word(const char *at, char *to, size_t size)
{
    const char *begin = at;
    while (isalnum((unsigned char)*at) || *at == '_') {
        at++;
    }
    append(to, size, begin, (size_t)(at - begin));
    return at;
}

static const char *read_parameter(entry *e, const char *at, bool keyword_only)
{
    if (e->count == MAX_PARAMETERS) {
        die("too many parameters", e->name);
    }
    parameter *p = &e->parameters[e->count];
    char type[32] = "";
    at = read_word(at, type, sizeof type);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, type) == 0) {
            p->type = &types[i];
        }
    }
    if (p->type == NULL) {
        die("unknown type in signature", e->signature);
    }
    if (*at == '?') {
        p->optional = true;
        at++;
    }
    at = read_word(skip_blanks(at), p->name, sizeof p->name);
    if (*at == '=') {
        const char *begin = ++at;
        int depth = 0;
        while (depth > 0 || (*at != ',' && *at != ')')) {
            depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
            at++;
        }
        append(p->fallback, sizeof p->fallback, begin, (size_t)(at - begin));
        p->has_default = true;
    } else if (p->optional) {
        strcpy(p->fallback, "None");
        p->has_default = true;
    }
    p->keyword_only = keyword_only;
    if (strcmp(p->name, "self") == 0) {
        e->self = e->count;
    }
    e->has_tensor = e->has_tensor || strcmp(p->type->name, "Tensor") == 0 ||
                    strcmp(p->type->name, "Operand") == 0 || strcmp(p->type->name, "Tensors") == 0;
    e->count++;
    return skip_blanks(at);
}

static void parse_signature(entry *e)
{
    const char *at = e->signature;
    char name[64] = "";
    at = read_word(at, name, sizeof name);
    if (strcmp(name, e->name) != 0 || *at != '(') {
        die("the signature's name is not the entry's", e->signature);
    }
    at = skip_blanks(at + 1);
    bool keyword_only = false;
    e->self = -1;
    while (*at != ')') {
        if (*at == '*') {
            keyword_only = true;
            at = skip_blanks(at + 1);
        } else {
            at = read_parameter(e, at, keyword_only);
        }
        if (*at == ',') {
            at = skip_blanks(at + 1);
        } else if (*at != ')') {
            die("expected , or ) in", e->signature);
        }
    }
    at = strstr(at, "-> ");
    if (at == NULL) {
        die("no result in", e->signature);
    }
    strcpy(e->returns, at + 3);
    e->is_inplace = e->name[strlen(e->name) - 1] == '_';
    e->list = strcmp(e->returns, "Tensors") == 0;
    e->boolean = strcmp(e->returns, "bool") == 0;
    if (strcmp(e->returns, "Tensor") == 0 || e->boolean) {
        e->results = 1;
    } else if (e->returns[0] == '(' && strchr(e->returns, '?') == NULL) {
        for (const char *c = e->returns; (c = strstr(c, "Tensor ")) != NULL; c++) {
            e->results++;
        }
    }
}

static void read_entries(const char *text)
{
    for (const char *at = text; (at = strstr(at, "AG_OPERATION(")) != NULL; at++) {
        if (at != text && at[-1] != '\n') {
            continue;
        }
        if (entry_count == MAX_OPERATIONS) {
            die("too many operations", "");
        }
        entry *e = calloc(1, sizeof *e);
        if (e == NULL) {
            die("no memory", "");
        }
        const char *c = read_word(skip_blanks(at + strlen("AG_OPERATION(")), e->name,
                                  sizeof e->name);
        c = skip_blanks(c + 1);
        const char *end = strchr(c, ',');
        append(e->flags, sizeof e->flags, c, (size_t)(end - c));
        e->has_inplace = strstr(e->flags, "INPLACE") != NULL;
        c = read_strings(end + 1, e->signature, sizeof e->signature);
        read_strings(c + 1, e->doc, sizeof e->doc);
        parse_signature(e);
        entries[entry_count++] = e;
    }
}

static void read_aliases(const char *text)
{
    for (const char *at = text; (at = strstr(at, "\nAG_ALIAS(")) != NULL; at++) {
        if (alias_count == MAX_ALIASES) {
            die("too many aliases", "");
        }
        alias *a = &aliases[alias_count++];
        const char *c = read_word(at + strlen("\nAG_ALIAS("), a->name, sizeof a->name);
        read_word(skip_blanks(c + 1), a->operation, sizeof a->operation);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(entry *const *)a)->name, (*(entry *const *)b)->name);
}

/* ---- Writing ---------------------------------------------------------- */

static bool has_other_operand(const entry *e)
{
    for (int i = 0; i < e->count; i++) {
        if (strcmp(e->parameters[i].type->name, "Operand") == 0 && i != e->self) {
            return true;
        }
    }
    return false;
}

/* Keyword-only numbers (alpha) and absent strings (rounding_mode) keep their default in C, so that
 * formulas stay short; ag_call takes them. */
static bool left_out(const parameter *p)
{
    return p->keyword_only && (strcmp(p->type->name, "Number") == 0 ||
                               (p->optional && strcmp(p->type->name, "str") == 0));
}

/* In the _number form, operands but self are plain numbers. */
static bool takes_number(const entry *e, int i, bool number_form)
{
    return number_form && i != e->self && strcmp(e->parameters[i].type->name, "Operand") == 0;
}

static void write_prototype(FILE *out, const entry *e, bool number_form, bool in_place)
{
    bool many = e->results != 1 && !in_place;
    fprintf(out, "%sag_%s%s%s(", many ? "bool " : "ag_tensor *", e->name, in_place ? "_" : "",
            number_form ? "_number" : "");
    const char *comma = "";
    if (!e->has_tensor) {
        fprintf(out, "ag_context *context");
        comma = ", ";
    }
    for (int i = 0; i < e->count; i++) {
        const parameter *p = &e->parameters[i];
        if (left_out(p)) {
            continue;
        }
        bool number = takes_number(e, i, number_form);
        const char *c_type = number ? "double " : p->type->c_type;
        if (p->optional && (number || p->type->pointer_if_optional)) {
            int length = (int)strlen(c_type) - 1;
            fprintf(out, "%sconst %.*s *%s", comma, length, c_type, p->name);
        } else {
            fprintf(out, "%s%s%s", comma, c_type, p->name);
        }
        comma = ", ";
    }
    if (many && e->results == 0) {
        fprintf(out, "%sag_results *results", comma);
    } else if (many) {
        for (int i = 0; i < e->results; i++) {
            fprintf(out, "%sag_tensor **result%d", comma, i + 1);
        }
    }
    fprintf(out, ")");
}

static void write_default(FILE *out, const parameter *p);

static void write_value(FILE *out, const parameter *p, bool number)
{
    const char *name = p->name;
    if (left_out(p)) {
        write_default(out, p);
    } else if (number || strcmp(p->type->name, "Number") == 0) {
        const char *star = p->optional ? "*" : "";
        if (p->optional) {
            fprintf(out, "%s == NULL ? (ag_value){.tensor = AG_NONE} : ", name);
        }
        fprintf(out, "(ag_value){.given = true, .number = {AG_REAL, {%s%s}}}", star, name);
    } else if (p->optional && p->type->pointer_if_optional) {
        fprintf(out, "%s == NULL ? (ag_value){.given = false} : "
                "(ag_value){.given = true, .%s = *%s}", name, p->type->field, name);
    } else if (strcmp(p->type->field, "tensor") == 0) {
        fprintf(out, "{.given = %s != AG_NONE, .is_tensor = true, .tensor = %s}", name, name);
    } else if (strcmp(p->type->field, "integers") == 0) {
        fprintf(out, "{.given = %s.count >= 0, .integers = %s}", name, name);
    } else if (strcmp(p->type->field, "dtype") == 0) {
        fprintf(out, "{.given = %s != AG_DTYPE_NONE, .dtype = %s}", name, name);
    } else if (strcmp(p->type->field, "string") == 0) {
        fprintf(out, "{.given = %s != NULL, .string = %s}", name, name);
    } else {
        fprintf(out, "{.given = true, .%s = %s}", p->type->field, name);
    }
}

static void write_function(FILE *out, const entry *e, bool number_form, bool in_place)
{
    write_prototype(out, e, number_form, in_place);
    fprintf(out, "\n{\n    ag_value arguments[] = {\n");
    for (int i = 0; i < e->count; i++) {
        fprintf(out, "        ");
        write_value(out, &e->parameters[i], takes_number(e, i, number_form));
        fprintf(out, ",\n");
    }
    fprintf(out, "    };\n");
    const char *context = e->has_tensor ? "NULL" : "context";
    if (e->results == 1 || in_place) {
        fprintf(out, "    return agi_call_one(&agi_operation_%s, %s, arguments, %s);\n}\n\n",
                e->name, context, in_place || e->is_inplace ? "true" : "false");
    } else if (e->results == 0) {
        fprintf(out, "    return ag_call(%s, &agi_operation_%s, arguments, results);\n}\n\n",
                context, e->name);
    } else {
        fprintf(out, "    ag_tensor **const places[] = {");
        for (int i = 0; i < e->results; i++) {
            fprintf(out, "%sresult%d", i == 0 ? "" : ", ", i + 1);
        }
        fprintf(out, "};\n    return agi_call_many(&agi_operation_%s, %s, arguments, %d, places);\n"
                "}\n\n", e->name, context, e->results);
    }
}

static void write_default(FILE *out, const parameter *p)
{
    const char *text = p->fallback, *type = p->type->name;
    bool absent = strcmp(text, "None") == 0;
    if (!p->has_default) {
        fprintf(out, "{.given = false}");
    } else if (absent && strcmp(p->type->field, "integers") == 0) {
        fprintf(out, "{.integers = {0, -1}}");
    } else if (absent && strcmp(p->type->field, "dtype") == 0) {
        fprintf(out, "{.dtype = AG_DTYPE_NONE}");
    } else if (absent) {
        fprintf(out, "{.given = false}"); /* a tensor's AG_NONE is set by the call */
    } else if (strcmp(type, "Number") == 0 || strcmp(type, "Operand") == 0) {
        bool real = strpbrk(text, ".e") != NULL;
        fprintf(out, "{.given = true, .number = {.kind = %s, .%s = %s}}",
                real ? "AG_REAL" : "AG_INTEGER", real ? "real" : "integer", text);
    } else if (strcmp(p->type->field, "integers") == 0) {
        char items[64];
        snprintf(items, sizeof items, "%.*s",
                 (int)strcspn(text + (text[0] == '['), "]"), text + (text[0] == '['));
        int count = items[0] != '\0';
        for (const char *c = items; *c != '\0'; c++) {
            count += *c == ',';
        }
        fprintf(out, "{.given = true, .integers = {(const int64_t[]){%s}, %d}}",
                count == 0 ? "0" : items, count);
    } else if (strcmp(type, "str") == 0) {
        fprintf(out, "{.given = true, .string = \"%.*s\"}", (int)strlen(text) - 2, text + 1);
    } else {
        fprintf(out, "{.given = true, .%s = %s}", p->type->field, text);
    }
}

static void write_parameters(FILE *out, const entry *e)
{
    fprintf(out, "const ag_parameter agi_parameters_%s[] = {\n", e->name);
    for (int i = 0; i < e->count; i++) {
        const parameter *p = &e->parameters[i];
        fprintf(out, "    {\"%s\", %s, %s, %s, %s, ", p->name, p->type->constant,
                p->optional ? "true" : "false", p->keyword_only ? "true" : "false",
                p->has_default ? "true" : "false");
        write_default(out, p);
        fprintf(out, ", \"");
        for (const char *c = p->fallback; *c != '\0'; c++) {
            fprintf(out, *c == '"' ? "\\\"" : "%c", *c);
        }
        fprintf(out, "\"},\n");
    }
    fprintf(out, "%s};\n\n", e->count == 0 ? "    {0}\n" : "");
}

/* Each form of an entry's C function: with tensors, with numbers, and both in place. */
static void for_each_form(FILE *out, const entry *e, void (*write)(FILE *, const entry *, bool, bool))
{
    write(out, e, false, false);
    if (has_other_operand(e)) {
        write(out, e, true, false);
    }
    if (e->has_inplace) {
        write(out, e, false, true);
        if (has_other_operand(e)) {
            write(out, e, true, true);
        }
    }
}

static void declare_form(FILE *out, const entry *e, bool number_form, bool in_place)
{
    fprintf(out, "AG_API ");
    write_prototype(out, e, number_form, in_place);
    fprintf(out, ";\n");
}

/* As a comment: the doc's escapes undone. */
static void write_doc(FILE *out, const entry *e)
{
    fprintf(out, "/* ");
    for (const char *c = e->doc; *c != '\0'; c++) {
        if (c[0] == '\\' && c[1] == 'n') {
            fprintf(out, "\n * ");
            c++;
        } else if (*c != '\\') {
            fputc(*c, out);
        }
    }
    fprintf(out, " */\n");
}

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        reading = path;
        die("cannot write", name);
    }
    fprintf(out, "/* Made from the entries under core/ops by core/generate.c. */\n");
    return out;
}

static void write_public_header(const char *folder)
{
    FILE *out = open_in(folder, "autograd_operations.h");
    for (int i = 0; i < entry_count; i++) {
        fprintf(out, "\n");
        write_doc(out, entries[i]);
        for_each_form(out, entries[i], declare_form);
    }
    fclose(out);
}

static void write_private_header(const char *folder)
{
    FILE *out = open_in(folder, "operations_parsed.h");
    for (int i = 0; i < entry_count; i++) {
        const entry *e = entries[i];
        fprintf(out, "extern const ag_parameter agi_parameters_%s[];\n"
                "extern const ag_operation agi_operation_%s;\n"
                "enum { agi_parameter_count_%s = %d, agi_self_%s = %d, agi_parsed_flags_%s = %d };\n",
                e->name, e->name, e->name, e->count, e->name, e->self, e->name,
                (e->is_inplace ? 8 : 0) | (e->list ? 16 : 0) | (e->boolean ? 32 : 0));
    }
    fclose(out);
}

static void write_source(const char *folder)
{
    FILE *out = open_in(folder, "operations.c");
    fprintf(out, "#include \"operation.h\"\n\n");
    for (int i = 0; i < entry_count; i++) {
        write_parameters(out, entries[i]);
        for_each_form(out, entries[i], write_function);
    }
    fprintf(out, "static const ag_operation *const table[] = {\n");
    for (int i = 0; i < entry_count; i++) {
        fprintf(out, "    &agi_operation_%s,\n", entries[i]->name);
    }
    fprintf(out, "};\n\nconst ag_operation *const *ag_operations(int *count)\n{\n"
            "    *count = %d;\n    return table;\n}\n\nstatic const ag_operation_alias aliases[] = {\n",
            entry_count);
    for (int i = 0; i < alias_count; i++) {
        fprintf(out, "    {\"%s\", &agi_operation_%s},\n", aliases[i].name, aliases[i].operation);
    }
    fprintf(out, "};\n\nconst ag_operation_alias *ag_operation_aliases(int *count)\n{\n"
            "    *count = %d;\n    return aliases;\n}\n", alias_count);
    fclose(out);
}

static int write_whole_header(const char *header, const char *operations, const char *path)
{
    const char *mark = "#include \"autograd_operations.h\"\n";
    char *text = read_file(header), *declarations = read_file(operations);
    const char *at = strstr(text, mark);
    if (at == NULL) {
        die("does not include", mark);
    }
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        die("cannot write", path);
    }
    fwrite(text, 1, (size_t)(at - text), out);
    fputs(declarations, out);
    fputs(at + strlen(mark), out);
    free(declarations);
    free(text);
    return fclose(out) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--header") == 0) {
        return write_whole_header(argv[2], argv[3], argv[4]);
    }
    if (argc < 3) {
        fprintf(stderr, "usage: generate OUT_DIR FILE… | generate --header AUTOGRAD_H OPERATIONS_H OUT\n");
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        char *text = read_file(argv[i]);
        read_entries(text);
        read_aliases(text);
        free(text);
    }
    qsort(entries, (size_t)entry_count, sizeof *entries, by_name);
    write_public_header(argv[1]);
    write_private_header(argv[1]);
    write_source(argv[1]);
    return 0;
}
