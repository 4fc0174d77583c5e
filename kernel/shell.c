#include "shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "comm.h"
#include "complete.h"
#include "execute.h"
#include "history.h"
#include "inspect.h"
#include "is_complete.h"
#include "kernel_info.h"
#include "log.h"

typedef void (*handler)(struct kernel *kernel, const struct message *request);

void shell_reply(struct kernel *kernel, const struct message *request, const char *type,
                 json_t *content)
{
    message_reply(request, &kernel->session, kernel->shell, type, content);
}

static void kernel_info_request(struct kernel *kernel, const struct message *request)
{
    shell_reply(kernel, request, "kernel_info_reply", kernel_info());
}

static void connect_request(struct kernel *kernel, const struct message *request)
{
    const int *ports = kernel->connection.ports;
    shell_reply(kernel, request, "connect_reply",
                json_pack("{s:s, s:i, s:i, s:i, s:i, s:i}", "status", "ok", "shell_port",
                          ports[CHANNEL_SHELL], "iopub_port", ports[CHANNEL_IOPUB], "stdin_port",
                          ports[CHANNEL_STDIN], "control_port", ports[CHANNEL_CONTROL], "hb_port",
                          ports[CHANNEL_HEARTBEAT]));
}

static void shutdown_request(struct kernel *kernel, const struct message *request)
{
    bool restart = json_is_true(json_object_get(request->content, "restart"));
    json_t *content = json_pack("{s:s, s:b}", "status", "ok", "restart", restart);
    shell_reply(kernel, request, "shutdown_reply", json_incref(content));
    kernel_publish(kernel, "shutdown_reply", NULL, content);
    atomic_store(&kernel->stopping, true);
}

static const struct {
    const char *type;
    handler handle;
} handlers[] = {
    {"execute_request", execute_request},         {"kernel_info_request", kernel_info_request},
    {"is_complete_request", is_complete_request}, {"complete_request", complete_request},
    {"inspect_request", inspect_request},         {"history_request", history_request},
    {"comm_open", comm_message},                  {"comm_msg", comm_message},
    {"comm_close", comm_message},                 {"comm_info_request", comm_info_request},
    {"connect_request", connect_request},         {"shutdown_request", shutdown_request},
};

static void abort_request(struct kernel *kernel, const struct message *request)
{
    shell_reply(kernel, request, "execute_reply", json_pack("{s:s}", "status", "aborted"));
}

static handler handler_of(const char *type)
{
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (strcmp(handlers[i].type, type) == 0) {
            return handlers[i].handle;
        }
    }
    return NULL;
}

static void answer(struct kernel *kernel, const struct message *request, handler handle)
{
    kernel->request = request;
    capture_set_parent(kernel->capture, request->header_text);
    iopub_status(kernel->iopub, "busy", request->header_text);
    if (handle != NULL) {
        handle(kernel, request);
    } else {
        log_message("shell: there is no answer to %s", request->type);
    }
    capture_drain(kernel->capture, true);
    iopub_status(kernel->iopub, "idle", request->header_text);
    kernel->request = NULL;
}

struct waiting {
    struct waiting *next;
    struct message message;
    bool aborted;
};

void shell_abort_waiting(struct kernel *kernel)
{
    struct waiting **end = &kernel->waiting;
    for (;;) {
        struct waiting *waiting = *end;
        if (waiting == NULL) {
            waiting = allocate(sizeof *waiting);
            int status;
            do {
                status = message_receive(&waiting->message, &kernel->session, kernel->shell,
                                         ZMQ_DONTWAIT);
            } while (status == 0 || (status < 0 && zmq_errno() == EINTR));
            if (status < 0) {
                free(waiting);
                return;
            }
            *end = waiting;
        }
        waiting->aborted = strcmp(waiting->message.type, "execute_request") == 0;
        end = &waiting->next;
    }
}

static void answer_waiting(struct kernel *kernel)
{
    struct waiting *waiting = kernel->waiting;
    kernel->waiting = waiting->next;
    answer(kernel, &waiting->message,
           waiting->aborted ? abort_request : handler_of(waiting->message.type));
    message_free(&waiting->message);
    free(waiting);
}

void shell_serve(struct kernel *kernel)
{
    while (!atomic_load(&kernel->stopping)) {
        if (kernel->waiting != NULL) {
            answer_waiting(kernel);
            continue;
        }
        struct message request;
        int status = message_receive(&request, &kernel->session, kernel->shell, ZMQ_DONTWAIT);
        if (status > 0) {
            answer(kernel, &request, handler_of(request.type));
            message_free(&request);
        } else if (status < 0) {
            zmq_pollitem_t items[] = {{.socket = kernel->shell, .events = ZMQ_POLLIN},
                                      {.fd = kernel->stop, .events = ZMQ_POLLIN}};
            if (zmq_poll(items, 2, -1) < 0 && zmq_errno() != EINTR) {
                break;
            }
        }
    }
    while (kernel->waiting != NULL) {
        struct waiting *waiting = kernel->waiting;
        kernel->waiting = waiting->next;
        message_free(&waiting->message);
        free(waiting);
    }
}
