#include "heartbeat.h"

#include <zmq.h>

/* A router instead of a reply socket, so that a client that vanished between its two frames
   cannot hold up another. */
static void *serve(void *socket)
{
    for (;;) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, 0) < 0) {
            zmq_msg_close(&frame);
            if (zmq_errno() == EINTR) {
                continue;
            }
            break;
        }
        int more = zmq_msg_more(&frame) ? ZMQ_SNDMORE : 0;
        if (zmq_msg_send(&frame, socket, more) < 0) {
            zmq_msg_close(&frame);
        }
    }
    zmq_close(socket);
    return NULL;
}

bool heartbeat_start(pthread_t *thread, const struct connection *connection, void *zmq)
{
    void *socket = connection_bind(connection, zmq, CHANNEL_HEARTBEAT, ZMQ_ROUTER);
    if (socket == NULL) {
        return false;
    }
    if (pthread_create(thread, NULL, serve, socket) != 0) {
        zmq_close(socket);
        return false;
    }
    return true;
}
