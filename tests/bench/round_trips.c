/* Times requests to a Jupyter kernel, for kernel_worker.py: what a front-end does with a message
   costs nothing here, so that the numbers are the kernel's (and ZeroMQ's).

       bench-round-trips SHELL_ADDRESS IOPUB_ADDRESS < requests

   A request is six frames, signed and all, each its length in 4 bytes (little-endian), then its
   bytes. Each request's line is the microseconds until its reply and its idle status were here. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#define FRAMES 6
#define FRAME_BYTES 4096
#define TIMEOUT_MS 60000

struct frame {
    uint32_t length;
    char bytes[FRAME_BYTES];
};

static void fail(const char *problem)
{
    fprintf(stderr, "bench-round-trips: %s\n", problem);
    exit(EXIT_FAILURE);
}

static void *connect_to(void *zmq, int type, const char *address)
{
    void *socket = zmq_socket(zmq, type);
    int timeout = TIMEOUT_MS;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    if (type == ZMQ_SUB) {
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    }
    if (zmq_connect(socket, address) != 0) {
        fail(address);
    }
    return socket;
}

static bool read_request(struct frame request[FRAMES])
{
    for (int i = 0; i < FRAMES; i++) {
        if (fread(&request[i].length, sizeof request[i].length, 1, stdin) != 1) {
            return false;
        }
        if (request[i].length > FRAME_BYTES ||
            fread(request[i].bytes, 1, request[i].length, stdin) != request[i].length) {
            fail("a frame is too long or cut off");
        }
    }
    return true;
}

/* Takes one message; whether its last frame, the content, holds the text. */
static bool receive(void *socket, const char *text)
{
    bool found = false;
    bool more = true;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, 0) < 0) {
            fail("the kernel does not answer");
        }
        more = zmq_msg_more(&frame);
        if (!more) {
            found = memmem(zmq_msg_data(&frame), zmq_msg_size(&frame), text, strlen(text)) != NULL;
        }
        zmq_msg_close(&frame);
    }
    return found;
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

int main(int count, char **arguments)
{
    static struct frame request[FRAMES];
    if (count != 3) {
        fail("SHELL_ADDRESS and IOPUB_ADDRESS are wanted");
    }
    void *zmq = zmq_ctx_new();
    void *shell = connect_to(zmq, ZMQ_DEALER, arguments[1]);
    void *iopub = connect_to(zmq, ZMQ_SUB, arguments[2]);
    receive(iopub, ""); /* the welcome: the subscription counts */
    while (read_request(request)) {
        double begin = now_us();
        for (int i = 0; i < FRAMES; i++) {
            zmq_send(shell, request[i].bytes, request[i].length, i + 1 < FRAMES ? ZMQ_SNDMORE : 0);
        }
        if (!receive(shell, "\"ok\"")) {
            fail("a request was refused");
        }
        while (!receive(iopub, "\"idle\"")) {
        }
        printf("%.1f\n", now_us() - begin);
    }
    zmq_close(shell);
    zmq_close(iopub);
    zmq_ctx_term(zmq);
}
