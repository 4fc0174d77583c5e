/* The kernel: what its parts share. Unless a line says otherwise the Lua thread owns it. */
#ifndef JUPYTER_KERNEL_H
#define JUPYTER_KERNEL_H

#include <jansson.h>
#include <lua.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "capture.h"
#include "connection.h"
#include "iopub.h"
#include "message.h"

struct kernel {
    struct connection connection; /* read by all threads */
    struct session session;       /* used by all threads */
    struct iopub *iopub;          /* used by all threads */
    void *zmq;                    /* used by all threads */
    atomic_bool stopping;         /* set by the control thread too: no more requests */
    int stop;                     /* event that wakes the Lua thread to see that */
    struct capture *capture;
    lua_State *lua;
    void *shell; /* sockets */
    void *stdin_socket;
    const struct message *request; /* the one being answered */
    bool allow_stdin;              /* of the running cell */
    struct waiting *waiting;       /* requests taken off the shell socket before their turn */
    int execution_count;
    struct history *history;
    json_t *payload; /* of the running cell */
    bool asks_exit; /* a cell called os.exit */
    int exit_code;
};

/* The kernel of a Lua state (of all its coroutines). */
struct kernel *kernel_of(lua_State *L);

/* Publishes on behalf of the request being answered, after all output so far. */
void kernel_publish(struct kernel *kernel, const char *type, json_t *metadata, json_t *content);

/* Opens Lua with its libraries and the kernel's additions. NULL for want of memory. */
lua_State *kernel_open_lua(struct kernel *kernel);

#endif
