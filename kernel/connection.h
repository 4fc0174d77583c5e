/* The connection file: where the front-end expects the kernel's five sockets, and the key. */
#ifndef JUPYTER_CONNECTION_H
#define JUPYTER_CONNECTION_H

#include <stdbool.h>

enum channel {
    CHANNEL_SHELL,
    CHANNEL_IOPUB,
    CHANNEL_STDIN,
    CHANNEL_CONTROL,
    CHANNEL_HEARTBEAT,
    CHANNEL_COUNT
};

struct connection {
    char *transport;
    char *ip;
    int ports[CHANNEL_COUNT];
    char *key;
};

/* False with a sentence in *error (to be freed) when the file cannot be used. */
bool connection_read(struct connection *connection, const char *path, char **error);
void connection_free(struct connection *connection);

/* Makes a socket of a ZMQ_ type and binds it to its channel; NULL, and logged, on failure. */
void *connection_bind(const struct connection *connection, void *zmq, enum channel channel,
                      int type);

/* Removes what the ipc transport leaves in the file system. */
void connection_remove_files(const struct connection *connection);

#endif
