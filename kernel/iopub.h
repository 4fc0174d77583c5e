/* The broadcast channel. One thread owns its socket; every other thread hands messages over
   through one queue, so that they go out in the order in which they were published. */
#ifndef JUPYTER_IOPUB_H
#define JUPYTER_IOPUB_H

#include "connection.h"
#include "message.h"

struct iopub;

/* NULL when the socket cannot be bound. */
struct iopub *iopub_start(const struct connection *connection, void *zmq, struct session *session);

/* From any thread; steals the message. Waits while the queue is full. */
void iopub_publish(struct iopub *iopub, struct outgoing *message);

/* From any thread: waits until all that was published has gone out. What is sent on another socket
   after that comes after it. */
void iopub_flush(struct iopub *iopub);

/* Publishes what a request has been given: "busy", "idle"; "starting" has no parent. */
void iopub_status(struct iopub *iopub, const char *state, const char *parent);

/* Sends what is left, ends the thread and closes the socket. */
void iopub_stop(struct iopub *iopub);

#endif
