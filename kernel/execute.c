#include "execute.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "child.h"
#include "display.h"
#include "history.h"
#include "input.h"
#include "inspect.h"
#include "interrupt.h"
#include "json_value.h"
#include "lua_memory.h"
#include "scope.h"
#include "shell.h"
#include "sources.h"
#include "traceback.h"
#include "unwind.h"

/* A run of user code, from the code to what a reply says of it. */
struct run {
    const char *code;
    size_t length;
    const char *chunk_name; /* "=In[1]" */
    bool show;              /* whether the values are wanted */
    bool syntax_error;
    json_t *data; /* the values' bundle, NULL for no values */
    json_t *metadata;
    /* With an error: */
    json_t *ename, *evalue, *traceback;
};

/* The text/plain of several values, tabs between. */
static json_t *several_texts(lua_State *L, int first, int last)
{
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int i = first; i <= last; i++) {
        if (i > first) {
            luaL_addchar(&text, '\t');
        }
        display_push_text(L, i);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
    size_t length;
    const char *joined = lua_tolstring(L, -1, &length);
    json_t *data = json_object();
    json_object_set_new(data, "text/plain", json_text(joined, length));
    return data;
}

/* The run (a light userdata), then the values. */
static int make_bundle(lua_State *L)
{
    struct run *run = lua_touserdata(L, 1);
    int last = lua_gettop(L);
    luaL_checkstack(L, 20, NULL);
    if (last == 2) {
        display_bundle(L, 2, &run->data, &run->metadata);
    } else if (last > 2) {
        run->data = several_texts(L, 2, last);
    }
    return 0;
}

/* io.write and print's kin return the file they wrote to: nobody wants to see that. */
static bool is_output_stream(lua_State *L, int index)
{
    const luaL_Stream *stream = luaL_testudata(L, index, LUA_FILEHANDLE);
    return stream != NULL && (stream->f == stdout || stream->f == stderr);
}

/* Runs in a protected call of its own, so that every error in it, of our own making too, ends
   there; user code runs in a further one, which collects the traceback. */
static int run_code(lua_State *L)
{
    struct run *run = lua_touserdata(L, 1);
    bool silent;
    lua_settop(L, 0);
    sources_remember(L, run->chunk_name + 1, run->code, run->length);
    lua_pushcfunction(L, traceback_handler);
    if (scope_load_cell(L, run->code, run->length, run->chunk_name, &silent) != LUA_OK) {
        run->syntax_error = true;
        return lua_error(L);
    }
    traceback_set_cell(L);
    if (lua_pcall(L, 0, run->show && !silent ? LUA_MULTRET : 0, 1) != LUA_OK) {
        return lua_error(L);
    }
    int values = scope_strip_marker(L, lua_gettop(L) - 1);
    if (values > 1 || (values == 1 && !is_output_stream(L, -1))) {
        lua_pushcfunction(L, make_bundle);
        lua_pushlightuserdata(L, run);
        lua_rotate(L, 2, 2);
        if (lua_pcall(L, values + 1, 0, 1) != LUA_OK) {
            return lua_error(L);
        }
    }
    return 0;
}

static const char unshown[] = "(the error's value cannot be shown)";

/* The run, then the error value: its name and text. */
static int describe_error(lua_State *L)
{
    struct run *run = lua_touserdata(L, 1);
    const char *name = "Error";
    size_t length;
    if (run->syntax_error) {
        name = "SyntaxError";
    } else if (luaL_getmetafield(L, 2, "__name") == LUA_TSTRING) {
        name = lua_tostring(L, -1);
    }
    run->ename = json_text(name, strlen(name));
    run->evalue = json_string(unshown);
    display_push_text(L, 2);
    const char *text = lua_tolstring(L, -1, &length);
    json_decref(run->evalue);
    run->evalue = json_text(text, length);
    if (run->syntax_error) {
        traceback_add_syntax_error(L, run->traceback, run->chunk_name, text);
    }
    return 0;
}

/* Cells of IPython's users begin with % or !, which are nothing in Lua. */
static void explain_magic(struct run *run)
{
    size_t blank = 0;
    while (blank < run->length && strchr(" \t\r\n", run->code[blank]) != NULL) {
        blank++;
    }
    if (blank < run->length && (run->code[blank] == '%' || run->code[blank] == '!')) {
        json_t *text = json_sprintf("%s\nthere are no magics (%c…) in this kernel: a cell is Lua",
                                    json_string_value(run->evalue), run->code[blank]);
        json_decref(run->evalue);
        run->evalue = text;
    }
}

static void name_error(struct run *run, const char *name, const char *text)
{
    json_decref(run->ename);
    json_decref(run->evalue);
    run->ename = json_string(name);
    run->evalue = json_string(text);
}

/* Makes the reply's three fields of the error on top of the stack. */
static void take_error(lua_State *L, struct run *run, int status, bool interrupted)
{
    run->traceback = traceback_take();
    if (status == LUA_ERRMEM) {
        lua_memory_recover(L);
    } else if (!interrupted) {
        lua_pushcfunction(L, describe_error);
        lua_insert(L, -2);
        lua_pushlightuserdata(L, run);
        lua_insert(L, -2);
        interrupt_begin(L);
        lua_pcall(L, 2, 0, 0);
        interrupted = interrupt_end(L);
        unwind_end();
        if (run->ename == NULL) {
            name_error(run, "Error", unshown);
        } else if (run->syntax_error) {
            explain_magic(run);
        }
    }
    if (interrupted) {
        name_error(run, "Interrupt", "interrupted");
    } else if (status == LUA_ERRMEM) {
        name_error(run, "MemoryError", "not enough memory");
    }
    json_array_insert_new(run->traceback, 0,
                          json_sprintf("\033[1;31m%s\033[0m: %s", json_string_value(run->ename),
                                       json_string_value(run->evalue)));
}

/* Runs it, interruptible since before. Returns whether it ended well (os.exit does too). */
static bool run(struct kernel *kernel, struct run *run)
{
    lua_State *L = kernel->lua;
    lua_settop(L, 0);
    lua_pushcfunction(L, run_code);
    lua_pushlightuserdata(L, run);
    int status = lua_pcall(L, 1, 0, 0);
    bool interrupted = interrupt_end(L);
    bool leaving = unwind_end() == UNWIND_EXIT;
    if (interrupted) {
        child_signal_all(SIGINT); /* as a terminal does */
    }
    if (status != LUA_OK && !leaving) {
        take_error(L, run, status, interrupted);
    }
    if (leaving) {
        atomic_store(&kernel->stopping, true);
        kernel->asks_exit = true;
        json_t *payload = json_object();
        json_object_set_new(payload, "source", json_string("ask_exit"));
        json_object_set_new(payload, "keepkernel", json_false());
        json_array_append_new(kernel->payload, payload);
    }
    lua_settop(L, 0);
    return status == LUA_OK || leaving;
}

/* ?name shows what is known in the pager. Returns whether the cell was such a question. */
static bool answer_question(struct kernel *kernel, const struct run *run)
{
    const char *name;
    size_t length;
    int detail;
    if (!inspect_is_question(run->code, run->length, &name, &length, &detail)) {
        return false;
    }
    json_t *bundle = inspect_bundle(kernel->lua, name, length, length, detail);
    if (bundle == NULL) {
        fprintf(stderr, "nothing is known of '%.*s'\n", (int)length, name);
    } else {
        json_array_append_new(kernel->payload, json_pack("{s:s, s:i, s:o}", "source", "page",
                                                         "start", 0, "data", bundle));
    }
    return true;
}

static void put_error(json_t *content, const struct run *run)
{
    json_object_set_new(content, "status", json_string("error"));
    json_object_set(content, "ename", run->ename);
    json_object_set(content, "evalue", run->evalue);
    json_object_set(content, "traceback", run->traceback);
}

static void run_free(struct run *run)
{
    json_decref(run->data);
    json_decref(run->metadata);
    json_decref(run->ename);
    json_decref(run->evalue);
    json_decref(run->traceback);
}

static json_t *evaluate_expressions(struct kernel *kernel, json_t *expressions)
{
    json_t *results = json_object();
    const char *name;
    json_t *code;
    json_object_foreach(expressions, name, code) {
        struct run evaluation = {.chunk_name = "=(user expression)", .show = true};
        evaluation.code = json_is_string(code) ? json_string_value(code) : "";
        evaluation.length = json_is_string(code) ? json_string_length(code) : 0;
        json_t *result = json_object();
        interrupt_begin(kernel->lua);
        if (run(kernel, &evaluation)) {
            json_object_set_new(result, "status", json_string("ok"));
            json_object_set_new(result, "data",
                                evaluation.data != NULL ? json_incref(evaluation.data)
                                                        : json_object());
            json_object_set_new(result, "metadata",
                                evaluation.metadata != NULL ? json_incref(evaluation.metadata)
                                                            : json_object());
        } else {
            put_error(result, &evaluation);
        }
        json_object_set_new(results, name, result);
        run_free(&evaluation);
    }
    return results;
}

static void publish_input(struct kernel *kernel, json_t *code)
{
    json_t *content = json_object();
    json_object_set(content, "code", code);
    json_object_set_new(content, "execution_count", json_integer(kernel->execution_count));
    kernel_publish(kernel, "execute_input", NULL, content);
}

static void publish_result(struct kernel *kernel, struct run *run)
{
    json_t *content = json_object();
    json_object_set_new(content, "execution_count", json_integer(kernel->execution_count));
    json_object_set(content, "data", run->data);
    json_object_set_new(content, "metadata",
                        run->metadata != NULL ? json_incref(run->metadata) : json_object());
    kernel_publish(kernel, "execute_result", NULL, content);
}

static void publish_error(struct kernel *kernel, struct run *run)
{
    json_t *content = json_object();
    json_object_set(content, "ename", run->ename);
    json_object_set(content, "evalue", run->evalue);
    json_object_set(content, "traceback", run->traceback);
    kernel_publish(kernel, "error", NULL, content);
}

static bool option(const json_t *content, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(content, name);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static void reply_malformed(struct kernel *kernel, const struct message *request)
{
    json_t *content = json_object();
    json_object_set_new(content, "status", json_string("error"));
    json_object_set_new(content, "ename", json_string("ProtocolError"));
    json_object_set_new(content, "evalue", json_string("execute_request needs code, a string"));
    json_object_set_new(content, "traceback", json_array());
    json_object_set_new(content, "execution_count", json_integer(kernel->execution_count));
    shell_reply(kernel, request, "execute_reply", content);
}

void execute_request(struct kernel *kernel, const struct message *request)
{
    json_t *code = json_object_get(request->content, "code");
    bool silent = option(request->content, "silent", false);
    bool store_history = !silent && option(request->content, "store_history", true);
    if (!json_is_string(code)) {
        reply_malformed(kernel, request);
        return;
    }
    kernel->execution_count += store_history;
    kernel->allow_stdin = option(request->content, "allow_stdin", true);
    kernel->payload = json_array();
    input_purge();
    interrupt_begin(kernel->lua);
    if (!silent) {
        publish_input(kernel, code);
    }
    if (store_history) {
        history_add(kernel, kernel->execution_count, code, NULL); /* it may not come back */
    }
    char chunk_name[32];
    snprintf(chunk_name, sizeof chunk_name, store_history ? "=In[%d]" : "=(cell)",
             kernel->execution_count);
    struct run cell = {.code = json_string_value(code),
                       .length = json_string_length(code),
                       .chunk_name = chunk_name,
                       .show = !silent};
    bool ok = answer_question(kernel, &cell) || run(kernel, &cell);
    const json_t *result = json_object_get(cell.data, "text/plain");
    if (store_history && result != NULL) {
        history_add(kernel, kernel->execution_count, code, result);
    }
    json_t *reply = json_object();
    if (ok) {
        if (cell.data != NULL) {
            publish_result(kernel, &cell);
        }
        json_object_set_new(reply, "status", json_string("ok"));
        json_t *expressions = json_object_get(request->content, "user_expressions");
        json_object_set_new(reply, "user_expressions", evaluate_expressions(kernel, expressions));
    } else {
        if (!silent) {
            publish_error(kernel, &cell);
        }
        put_error(reply, &cell);
        json_object_set_new(reply, "user_expressions", json_object());
        if (option(request->content, "stop_on_error", true)) {
            shell_abort_waiting(kernel);
        }
    }
    json_object_set_new(reply, "execution_count", json_integer(kernel->execution_count));
    json_object_set_new(reply, "payload", kernel->payload);
    kernel->payload = NULL;
    kernel->allow_stdin = false;
    run_free(&cell);
    capture_drain(kernel->capture, true);
    shell_reply(kernel, request, "execute_reply", reply);
}
