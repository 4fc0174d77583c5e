#include "connection.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "buffer.h"
#include "log.h"

/* Unsent messages get this long, in ms, at the end. */
#define LINGER_MS 1000

/* No frame is larger. */
#define FRAME_BYTES (INT64_C(1) << 30)

static const char *const port_names[CHANNEL_COUNT] = {
    [CHANNEL_SHELL] = "shell_port",     [CHANNEL_IOPUB] = "iopub_port",
    [CHANNEL_STDIN] = "stdin_port",     [CHANNEL_CONTROL] = "control_port",
    [CHANNEL_HEARTBEAT] = "hb_port",
};

static const char *text_of(const json_t *file, const char *name, const char *otherwise)
{
    const json_t *value = json_object_get(file, name);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

static bool fill(struct connection *connection, const json_t *file, struct buffer *problem)
{
    const char *scheme = text_of(file, "signature_scheme", "hmac-sha256");
    connection->transport = copy_text(text_of(file, "transport", "tcp"));
    connection->ip = copy_text(text_of(file, "ip", "127.0.0.1"));
    connection->key = copy_text(text_of(file, "key", ""));
    if (strcmp(scheme, "hmac-sha256") != 0) {
        buffer_format(problem, "signature scheme '%s' is not known, only hmac-sha256", scheme);
        return false;
    }
    if (strcmp(connection->transport, "tcp") != 0 && strcmp(connection->transport, "ipc") != 0) {
        buffer_format(problem, "transport '%s' is not known, only tcp and ipc",
                      connection->transport);
        return false;
    }
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        const json_t *port = json_object_get(file, port_names[i]);
        json_int_t number = json_integer_value(port);
        if (!json_is_integer(port) || number < 1 || number > 65535) {
            buffer_format(problem, "%s must be a port number", port_names[i]);
            return false;
        }
        connection->ports[i] = (int)number;
    }
    return true;
}

bool connection_read(struct connection *connection, const char *path, char **error)
{
    json_error_t where;
    struct buffer problem = {0};
    *connection = (struct connection){0};
    json_t *file = json_load_file(path, 0, &where);
    bool usable = false;
    if (json_is_object(file)) {
        usable = fill(connection, file, &problem);
    } else {
        buffer_text(&problem, file == NULL ? where.text : "a JSON object is expected");
    }
    json_decref(file);
    if (!usable) {
        char *text = buffer_take(&problem);
        buffer_format(&problem, "connection file %s: %s", path, text);
        free(text);
        *error = buffer_take(&problem);
        connection_free(connection);
    }
    return usable;
}

void connection_free(struct connection *connection)
{
    free(connection->transport);
    free(connection->ip);
    free(connection->key);
    *connection = (struct connection){0};
}

static void endpoint(const struct connection *connection, enum channel channel, char *out,
                     size_t size)
{
    bool ipc = strcmp(connection->transport, "ipc") == 0;
    snprintf(out, size, "%s://%s%c%d", connection->transport, connection->ip, ipc ? '-' : ':',
             connection->ports[channel]);
}

void *connection_bind(const struct connection *connection, void *zmq, enum channel channel,
                      int type)
{
    char address[512];
    endpoint(connection, channel, address, sizeof address);
    void *socket = zmq_socket(zmq, type);
    if (socket == NULL) {
        log_message("no socket for %s: %s", address, zmq_strerror(zmq_errno()));
        return NULL;
    }
    int linger = LINGER_MS;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    /* A stranger's bytes may claim any size before a signature is there to be checked. */
    int64_t largest = FRAME_BYTES;
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
    if (type == ZMQ_ROUTER) {
        int handover = 1;
        zmq_setsockopt(socket, ZMQ_ROUTER_HANDOVER, &handover, sizeof handover);
    }
    if (zmq_bind(socket, address) != 0) {
        log_message("cannot bind %s: %s", address, zmq_strerror(zmq_errno()));
        zmq_close(socket);
        return NULL;
    }
    return socket;
}

void connection_remove_files(const struct connection *connection)
{
    if (connection->transport == NULL || strcmp(connection->transport, "ipc") != 0) {
        return;
    }
    for (int i = 0; i < CHANNEL_COUNT; i++) {
        char address[512];
        endpoint(connection, (enum channel)i, address, sizeof address);
        unlink(address + strlen("ipc://"));
    }
}
