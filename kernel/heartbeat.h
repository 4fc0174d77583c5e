/* The heartbeat: a thread that sends back what comes. */
#ifndef JUPYTER_HEARTBEAT_H
#define JUPYTER_HEARTBEAT_H

#include <pthread.h>
#include <stdbool.h>

#include "connection.h"

/* Binds, and begins. The thread ends, and closes its socket, when the context shuts down. */
bool heartbeat_start(pthread_t *thread, const struct connection *connection, void *zmq);

#endif
