/* Runs at build time: writes the LuaCATS annotations of all operations from their entries.
 *
 *   annotate OPERATIONS_LUA */
#include <autograd.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const types[] = {
    [AG_TYPE_TENSOR] = "autograd.Tensor", [AG_TYPE_OPERAND] = "autograd.Tensor|number",
    [AG_TYPE_TENSORS] = "autograd.Tensor[]", [AG_TYPE_NUMBER] = "number", [AG_TYPE_REAL] = "number",
    [AG_TYPE_INTEGER] = "integer", [AG_TYPE_DIM] = "integer", [AG_TYPE_INDEX] = "integer",
    [AG_TYPE_SIZES] = "integer|integer[]", [AG_TYPE_DIMS] = "integer|integer[]",
    [AG_TYPE_INTEGERS] = "integer|integer[]", [AG_TYPE_BOOL] = "boolean",
    [AG_TYPE_STRING] = "string", [AG_TYPE_ORDER] = "number|string", [AG_TYPE_DTYPE] = "autograd.dtype",
};

/* A word of Lua's own cannot name a parameter. */
static const char *safe_name(const char *name)
{
    return strcmp(name, "end") == 0 ? "end_" : strcmp(name, "repeat") == 0 ? "repeat_" : name;
}

static bool is_optional(const ag_parameter *parameter)
{
    return parameter->optional || parameter->has_default;
}

static void write_doc(FILE *out, const ag_operation_info *info)
{
    fprintf(out, "\n---");
    for (const char *c = info->doc; *c != '\0'; c++) {
        fputc(*c, out);
        if (*c == '\n') {
            fprintf(out, "---");
        }
    }
    fprintf(out, "\n---`%s`\n", info->signature);
}

/* A parameter for each positional one, and a table for all that have a name and a default. */
static void write_parameters(FILE *out, const ag_operation_info *info, int skipped)
{
    bool has_options = false;
    for (int i = 0; i < info->parameter_count; i++) {
        const ag_parameter *parameter = &info->parameters[i];
        if (i != skipped && !parameter->keyword_only) {
            fprintf(out, "---@param %s%s %s\n", safe_name(parameter->name),
                    is_optional(parameter) ? "?" : "", types[parameter->type]);
        }
        has_options = has_options || (i != skipped && is_optional(parameter));
    }
    if (!has_options) {
        return;
    }
    const char *before = "---@param options? { ";
    for (int i = 0; i < info->parameter_count; i++) {
        const ag_parameter *parameter = &info->parameters[i];
        if (i != skipped && is_optional(parameter)) {
            bool is_word = safe_name(parameter->name) != parameter->name;
            fprintf(out, is_word ? "%s[\"%s\"]: (%s)?" : "%s%s: (%s)?", before, parameter->name,
                    types[parameter->type]);
            before = ", ";
        }
    }
    fprintf(out, " }\n");
}

static void write_returns(FILE *out, const ag_operation_info *info)
{
    const char *result = strstr(info->signature, "-> ") + 3;
    if (strcmp(result, "Tensors") == 0) {
        fprintf(out, "---@return autograd.Tensor[]\n");
    } else if (strcmp(result, "bool") == 0) {
        fprintf(out, "---@return boolean\n");
    } else if (strcmp(result, "Tensor|Tensors") == 0) {
        fprintf(out, "---@return autograd.Tensor|autograd.Tensor[]\n");
    } else if (strcmp(result, "Results") == 0) {
        fprintf(out, "---@return autograd.Tensor\n---@return autograd.Tensor?\n");
    } else if (*result == '(') {
        for (const char *at = result; (at = strstr(at, "Tensor ")) != NULL;) {
            at += strlen("Tensor ");
            fprintf(out, "---@return autograd.Tensor %.*s\n", (int)strcspn(at, ",)"), at);
        }
    } else {
        fprintf(out, "---@return autograd.Tensor\n");
    }
}

/* skipped: the parameter that stands before the colon, -1 for a function. */
static void write_form(FILE *out, const ag_operation_info *info, const char *owner,
                       const char *mark, int skipped)
{
    write_doc(out, info);
    write_parameters(out, info, skipped);
    write_returns(out, info);
    fprintf(out, "function %s%s%s(", owner, info->name, mark);
    const char *before = "";
    bool has_options = false;
    for (int i = 0; i < info->parameter_count; i++) {
        const ag_parameter *parameter = &info->parameters[i];
        if (i != skipped && !parameter->keyword_only) {
            fprintf(out, "%s%s", before, safe_name(parameter->name));
            before = ", ";
        }
        has_options = has_options || (i != skipped && is_optional(parameter));
    }
    fprintf(out, "%s%s) end\n", has_options ? before : "", has_options ? "options" : "");
}

int main(int argc, char **argv)
{
    FILE *out = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (out == NULL) {
        fprintf(stderr, "usage: annotate OPERATIONS_LUA\n");
        return 2;
    }
    fprintf(out, "---@meta\n\n-- Made from the operations' entries by annotate.c.\n\n"
            "---@class autograd\nlocal autograd = {}\n\n"
            "---@class autograd.Tensor\nlocal Tensor = {}\n");
    int count;
    const ag_operation *const *operations = ag_operations(&count);
    for (int i = 0; i < count; i++) {
        const ag_operation_info *info = ag_describe(operations[i]);
        if (info->flags & AG_IS_FUNCTION) {
            write_form(out, info, "autograd.", "", -1);
        }
        if ((info->flags & AG_IS_METHOD) && info->self >= 0) {
            write_form(out, info, "Tensor:", "", info->self);
        }
        if (info->flags & AG_HAS_INPLACE) {
            write_form(out, info, "Tensor:", "_", info->self);
        }
    }
    return fclose(out) == 0 ? 0 : 1;
}
