#include "control.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "child.h"
#include "clock.h"
#include "event.h"
#include "interrupt.h"
#include "kernel_info.h"
#include "log.h"

/* An interrupt that did not end its cell is sent again after this long, in ms: long enough for
   the cell's __close handlers. */
#define INTERRUPT_AGAIN_MS 1000

/* A cell, and Lua's last finalizers, get this long, in ms, to end after the kernel was told to. */
#define SHUTDOWN_MS 2000

/* How often, in ms, the parent process is looked at. */
#define PARENT_MS 1000

struct control {
    struct kernel *kernel;
    void *socket;
    int wake;
    pthread_t thread;
    pid_t parent; /* 0: not watched */
    int64_t shutdown_deadline; /* 0: none */
};

/* Tells the Lua thread to end, in the midst of a cell too. */
static void stop_kernel(struct control *control)
{
    atomic_store(&control->kernel->stopping, true);
    event_set(control->kernel->stop);
    interrupt_send();
}

static void reply(struct control *control, const struct message *request, const char *type,
                  json_t *content)
{
    message_reply(request, &control->kernel->session, control->socket, type, content);
}

/* Answers; returns whether the kernel is to end. */
static bool handle(struct control *control, const struct message *request)
{
    struct kernel *kernel = control->kernel;
    if (strcmp(request->type, "interrupt_request") == 0) {
        interrupt_send();
        reply(control, request, "interrupt_reply", json_pack("{s:s}", "status", "ok"));
    } else if (strcmp(request->type, "kernel_info_request") == 0) {
        reply(control, request, "kernel_info_reply", kernel_info());
    } else if (strcmp(request->type, "shutdown_request") == 0) {
        bool restart = json_is_true(json_object_get(request->content, "restart"));
        json_t *content = json_pack("{s:s, s:b}", "status", "ok", "restart", restart);
        reply(control, request, "shutdown_reply", json_incref(content));
        iopub_publish(kernel->iopub, outgoing_new(&kernel->session, "shutdown_reply",
                                                  request->header_text, NULL, content));
        return true;
    } else {
        log_message("control: there is no answer to %s", request->type);
    }
    return false;
}

static void answer_all(struct control *control)
{
    struct kernel *kernel = control->kernel;
    struct message request;
    int status;
    while ((status = message_receive(&request, &kernel->session, control->socket,
                                     ZMQ_DONTWAIT)) >= 0) {
        if (status > 0) {
            iopub_status(kernel->iopub, "busy", request.header_text);
            bool stop = handle(control, &request);
            iopub_status(kernel->iopub, "idle", request.header_text);
            message_free(&request);
            if (stop) {
                stop_kernel(control);
            }
        }
    }
}

static long timeout_of(const struct control *control)
{
    if (interrupt_unanswered() || control->shutdown_deadline != 0) {
        return INTERRUPT_AGAIN_MS;
    }
    return control->parent != 0 ? PARENT_MS : -1;
}

static void look_around(struct control *control, bool timed_out)
{
    if (timed_out && interrupt_unanswered()) {
        interrupt_send();
    }
    if (interrupt_terminated() || (control->parent != 0 && getppid() != control->parent)) {
        if (control->shutdown_deadline == 0) {
            log_message("control: a signal, or the parent's death, ends the kernel");
            stop_kernel(control);
        }
    }
    if (atomic_load(&control->kernel->stopping) && control->shutdown_deadline == 0) {
        control->shutdown_deadline = clock_ms() + SHUTDOWN_MS;
    }
    if (control->shutdown_deadline != 0 && clock_ms() > control->shutdown_deadline) {
        log_message("control: the cell does not end, the process does");
        child_signal_all(SIGKILL);
        connection_remove_files(&control->kernel->connection);
        _exit(control->kernel->exit_code);
    }
}

static void *serve(void *argument)
{
    struct control *control = argument;
    for (;;) {
        zmq_pollitem_t items[] = {{.socket = control->socket, .events = ZMQ_POLLIN},
                                  {.fd = control->wake, .events = ZMQ_POLLIN}};
        int ready = zmq_poll(items, 2, timeout_of(control));
        if (ready < 0 && zmq_errno() != EINTR) {
            break;
        }
        event_clear(control->wake);
        answer_all(control);
        look_around(control, ready == 0);
    }
    zmq_close(control->socket);
    return NULL;
}

struct control *control_start(struct kernel *kernel, int wake)
{
    struct control *control = allocate(sizeof *control);
    control->kernel = kernel;
    control->wake = wake;
    const char *parent = getenv("JPY_PARENT_PID");
    control->parent = parent != NULL && atoi(parent) == getppid() ? getppid() : 0;
    control->socket = connection_bind(&kernel->connection, kernel->zmq, CHANNEL_CONTROL,
                                      ZMQ_ROUTER);
    if (control->socket == NULL) {
        free(control);
        return NULL;
    }
    if (pthread_create(&control->thread, NULL, serve, control) != 0) {
        zmq_close(control->socket);
        free(control);
        return NULL;
    }
    return control;
}

void control_expect_end(const struct control *control)
{
    event_set(control->wake);
}

void control_join(struct control *control)
{
    pthread_join(control->thread, NULL);
    free(control);
}
