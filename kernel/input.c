#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "interrupt.h"
#include "json_value.h"
#include "kernel.h"
#include "log.h"

/* An interrupt wakes the wait at once; should it come just before the wait, this many ms later. */
#define WAIT_MS 50

/* A front-end that has just come has this long, in ms, to connect its stdin channel. */
#define CONNECT_MS 1000

static const char refusal[] = "this front-end takes no questions (allow_stdin is false)";

/* The rest of a line that the reader had no room for. */
static struct buffer unread;

static void drop_replies(struct kernel *kernel)
{
    struct message stale;
    int status;
    while ((status = message_receive(&stale, &kernel->session, kernel->stdin_socket,
                                     ZMQ_DONTWAIT)) >= 0) {
        if (status > 0) {
            message_free(&stale);
        }
    }
}

static bool send_request(struct kernel *kernel, const char *prompt, size_t length, bool password)
{
    json_t *content = json_object();
    json_object_set_new(content, "prompt", json_text(prompt, length));
    json_object_set_new(content, "password", json_boolean(password));
    struct outgoing *request = outgoing_new(&kernel->session, "input_request",
                                            kernel->request->header_text, NULL, content);
    int status;
    for (int waited = 0;; waited += WAIT_MS) {
        status = outgoing_send(request, &kernel->session, kernel->stdin_socket, kernel->request, 0);
        if (status == 0 || zmq_errno() != EHOSTUNREACH || waited >= CONNECT_MS ||
            interrupt_pending() || atomic_load(&kernel->stopping)) {
            break;
        }
        usleep(WAIT_MS * 1000);
    }
    outgoing_free(request);
    return status == 0;
}

/* The reply's text in *answer, and NULL; or why there is none. */
static const char *ask(struct kernel *kernel, const char *prompt, size_t length, bool password,
                       struct buffer *answer)
{
    if (!kernel->allow_stdin || kernel->request == NULL) {
        return refusal;
    }
    /* A front-end may show the question as soon as it comes: what was written before comes before. */
    capture_drain(kernel->capture, false);
    iopub_flush(kernel->iopub);
    drop_replies(kernel);
    if (!send_request(kernel, prompt, length, password)) {
        return "the front-end has not opened its stdin channel";
    }
    while (!interrupt_pending() && !atomic_load(&kernel->stopping)) {
        zmq_pollitem_t item = {.socket = kernel->stdin_socket, .events = ZMQ_POLLIN};
        struct message reply;
        if (zmq_poll(&item, 1, WAIT_MS) <= 0 ||
            message_receive(&reply, &kernel->session, kernel->stdin_socket, ZMQ_DONTWAIT) <= 0) {
            continue;
        }
        const json_t *value = json_object_get(reply.content, "value");
        bool answered = strcmp(reply.type, "input_reply") == 0 && json_is_string(value);
        if (answered) {
            buffer_append(answer, json_string_value(value), json_string_length(value));
        }
        message_free(&reply);
        if (answered) {
            return NULL;
        }
    }
    return "interrupted";
}

int input_ask(lua_State *L)
{
    size_t length;
    const char *prompt = luaL_optlstring(L, 1, "", &length);
    bool password = false;
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        lua_getfield(L, 2, "password");
        password = lua_toboolean(L, -1);
    }
    struct buffer answer = {0};
    const char *problem = ask(kernel_of(L), prompt, length, password, &answer);
    if (problem != NULL) {
        interrupt_check(L);
        return luaL_error(L, "%s", problem);
    }
    lua_pushlstring(L, answer.length > 0 ? answer.data : "", answer.length);
    buffer_free(&answer);
    return 1;
}

/* stdio's way in. Each line that the person sends ends in a newline here. */
static ssize_t read_line(void *cookie, char *bytes, size_t size)
{
    if (unread.length == 0) {
        struct buffer answer = {0};
        if (ask(cookie, "", 0, false, &answer) != NULL) {
            errno = interrupt_pending() ? EINTR : ENOTSUP;
            return -1;
        }
        buffer_append(&answer, "\n", 1);
        buffer_free(&unread);
        unread = answer;
    }
    size_t length = size < unread.length ? size : unread.length;
    memcpy(bytes, unread.data, length);
    memmove(unread.data, unread.data + length, unread.length - length);
    unread.length -= length;
    return (ssize_t)length;
}

bool input_start(struct kernel *kernel)
{
    cookie_io_functions_t functions = {.read = read_line};
    FILE *file = fopencookie(kernel, "r", functions);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (file == NULL || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) {
        log_message("standard input: %s", strerror(errno));
        return false;
    }
    close(nothing);
    stdin = file;
    return true;
}

void input_purge(void)
{
    unread.length = 0;
    __fpurge(stdin);
    clearerr(stdin);
}

static void refuse_if_deaf(lua_State *L, const luaL_Stream *stream)
{
    if (stream != NULL && stream->closef != NULL && stream->f == stdin &&
        !kernel_of(L)->allow_stdin) {
        luaL_error(L, "%s", refusal);
    }
}

static int call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* io.read, and io.lines without a file. */
static int read_default(lua_State *L)
{
    if (!lua_toboolean(L, lua_upvalueindex(2)) || lua_isnoneornil(L, 1)) {
        lua_getfield(L, LUA_REGISTRYINDEX, "_IO_input");
        refuse_if_deaf(L, luaL_testudata(L, -1, LUA_FILEHANDLE));
        lua_pop(L, 1);
    }
    return call_original(L);
}

static int read_file(lua_State *L)
{
    refuse_if_deaf(L, luaL_testudata(L, 1, LUA_FILEHANDLE));
    return call_original(L);
}

/* Wraps a function of the table on top. */
static void wrap(lua_State *L, const char *name, lua_CFunction function, bool takes_file)
{
    lua_getfield(L, -1, name);
    lua_pushboolean(L, takes_file);
    lua_pushcclosure(L, function, 2);
    lua_setfield(L, -2, name);
}

void input_install(lua_State *L)
{
    lua_getglobal(L, "io");
    wrap(L, "read", read_default, false);
    wrap(L, "lines", read_default, true);
    lua_pop(L, 1);
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    wrap(L, "read", read_file, false);
    lua_pop(L, 2);
}
