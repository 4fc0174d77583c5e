/* lua-kernel: the program. */
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "event.h"
#include "heartbeat.h"
#include "history.h"
#include "input.h"
#include "interrupt.h"
#include "kernel.h"
#include "kernelspec.h"
#include "log.h"
#include "shell.h"

static const char usage[] =
    "lua-kernel " KERNEL_VERSION ", a Jupyter kernel for " LUA_RELEASE "\n"
    "\n"
    "  lua-kernel install [--user | --prefix FOLDER | --sys-prefix]\n"
    "      makes it known to Jupyter: writes the kernelspec lua-5.4 for this user, below\n"
    "      FOLDER/share/jupyter, or for the active virtual environment; without an option\n"
    "      for all users, in /usr/local/share/jupyter\n"
    "  lua-kernel [--log FILE] [-f] CONNECTION_FILE\n"
    "      runs, as a front-end asks; the log goes to FILE, or, for -, to standard error\n"
    "  lua-kernel --version | --help\n";

/* After os.exit a front-end has this long, in ms, to read the reply that tells it to leave, which it
   says by a shutdown_request: jupyter console reads nothing from a kernel that is dead. */
#define ASK_EXIT_MS 1000

/* Signals are for the Lua thread alone: threads made between the two calls block them. */
static void block_signals(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, before);
}

static bool start(struct kernel *kernel, pthread_t *heartbeat, struct control **control, int wake)
{
    sigset_t before;
    block_signals(&before);
    bool started = heartbeat_start(heartbeat, &kernel->connection, kernel->zmq) &&
                   (kernel->iopub = iopub_start(&kernel->connection, kernel->zmq,
                                                &kernel->session)) != NULL &&
                   (kernel->capture = capture_start(kernel->iopub, &kernel->session)) != NULL &&
                   input_start(kernel) && (kernel->lua = kernel_open_lua(kernel)) != NULL;
    if (started) {
        interrupt_install(kernel->lua, wake);
        kernel->shell =
            connection_bind(&kernel->connection, kernel->zmq, CHANNEL_SHELL, ZMQ_ROUTER);
        kernel->stdin_socket =
            connection_bind(&kernel->connection, kernel->zmq, CHANNEL_STDIN, ZMQ_ROUTER);
        int mandatory = 1; /* a question that reaches nobody is an error */
        if (kernel->stdin_socket != NULL) {
            zmq_setsockopt(kernel->stdin_socket, ZMQ_ROUTER_MANDATORY, &mandatory,
                           sizeof mandatory);
        }
        *control = control_start(kernel, wake);
        started = kernel->shell != NULL && kernel->stdin_socket != NULL && *control != NULL;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* In this order: Lua's last words still go out, and all threads see the context close. */
static void stop(struct kernel *kernel, pthread_t heartbeat, struct control *control)
{
    lua_close(kernel->lua);
    history_close(kernel);
    capture_stop(kernel->capture);
    iopub_stop(kernel->iopub);
    zmq_close(kernel->shell);
    zmq_close(kernel->stdin_socket);
    zmq_ctx_shutdown(kernel->zmq);
    control_join(control);
    pthread_join(heartbeat, NULL);
    zmq_ctx_term(kernel->zmq);
    connection_remove_files(&kernel->connection);
    session_free(&kernel->session);
    connection_free(&kernel->connection);
}

static int serve(const char *connection_file)
{
    struct kernel kernel = {0};
    struct control *control = NULL;
    pthread_t heartbeat;
    char *error;
    int wake = event_new();
    kernel.stop = event_new();
    if (!connection_read(&kernel.connection, connection_file, &error)) {
        fprintf(stderr, "lua-kernel: %s\n", error);
        free(error);
        return EXIT_FAILURE;
    }
    if (wake < 0 || kernel.stop < 0 || sodium_init() < 0) {
        fprintf(stderr, "lua-kernel: the system gives no descriptors or no random numbers\n");
        return EXIT_FAILURE;
    }
    json_object_seed(0);
    session_init(&kernel.session, kernel.connection.key);
    kernel.zmq = zmq_ctx_new();
    log_begin_start();
    if (kernel.zmq == NULL || !start(&kernel, &heartbeat, &control, wake)) {
        log_message("the kernel does not start");
        session_free(&kernel.session);
        connection_free(&kernel.connection);
        return EXIT_FAILURE;
    }
    log_end_start();
    iopub_status(kernel.iopub, "starting", NULL);
    shell_serve(&kernel);
    if (kernel.asks_exit) {
        struct pollfd told = {.fd = kernel.stop, .events = POLLIN};
        poll(&told, 1, ASK_EXIT_MS);
    }
    control_expect_end(control);
    stop(&kernel, heartbeat, control);
    return kernel.exit_code;
}

static void nothing(int number)
{
    (void)number;
}

/* A reader that left, or a disk that is full, is an error of the write. Not SIG_IGN, which the
   children would inherit. */
static void make_writes_fail_quietly(void)
{
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

/* Why the command line cannot be followed. */
static int misuse(const char *argument, const char *problem)
{
    fprintf(stderr, "lua-kernel: %s: %s (lua-kernel --help tells more)\n", argument, problem);
    return EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    const char *connection_file = NULL;
    setlocale(LC_CTYPE, "");
    make_writes_fail_quietly();
    if (count > 1 && strcmp(arguments[1], "install") == 0) {
        return kernelspec_install(count - 2, arguments + 2);
    }
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i];
        if (strcmp(argument, "--version") == 0) {
            puts("lua-kernel " KERNEL_VERSION " (" LUA_RELEASE ")");
            return EXIT_SUCCESS;
        }
        if (strcmp(argument, "--help") == 0) {
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        }
        bool takes_value = strcmp(argument, "--log") == 0 || strcmp(argument, "-f") == 0;
        if (takes_value && ++i == count) {
            return misuse(argument, "a file must follow");
        }
        if (strcmp(argument, "--log") == 0) {
            if (!log_open(arguments[i])) {
                return misuse(arguments[i], "the log cannot be written there");
            }
        } else if (argument[0] == '-' && !takes_value) {
            return misuse(argument, "not known");
        } else if (connection_file != NULL) {
            return misuse(arguments[i], "one connection file is enough");
        } else {
            connection_file = arguments[i];
        }
    }
    if (connection_file == NULL) {
        fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    return serve(connection_file);
}
