#include "iopub.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "event.h"
#include "interrupt.h"
#include "log.h"
#include "utf8.h"

/* Bytes that may wait in the queue, and messages that may wait for one subscriber. */
#define QUEUE_BYTES (8u << 20)
#define SUBSCRIBER_MESSAGES 1000

/* A subscriber that takes nothing for this long, in ms, loses messages; no other one does. The
   shorter time holds while an interrupt waits, which the full queue keeps from the cell. */
#define PATIENCE_MS 10000
#define INTERRUPTED_PATIENCE_MS 1000

struct iopub {
    struct session *session;
    void *socket;
    pthread_t thread;
    int wake; /* event */
    pthread_mutex_t lock;
    pthread_cond_t room; /* a message has gone out */
    struct outgoing *first, **last;
    size_t bytes; /* of the queue, and of the message that is being sent */
    bool asleep; /* the thread: it must be woken */
    bool stopping;
    bool lossy; /* a subscriber has used up its patience; owned by the thread */
};

/* In manual mode a subscription counts from the moment we say so: so the welcome, sent right
   after, is the first message that the subscriber gets. */
static void take_subscriptions(struct iopub *iopub)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (zmq_msg_recv(&frame, iopub->socket, ZMQ_DONTWAIT) >= 0) {
        const char *data = zmq_msg_data(&frame);
        size_t length = zmq_msg_size(&frame);
        if (length > 0 && data[0] == 1) {
            zmq_setsockopt(iopub->socket, ZMQ_SUBSCRIBE, data + 1, length - 1);
            struct buffer topic = {0};
            utf8_append_valid(&topic, data + 1, length - 1);
            json_t *content = json_object();
            json_object_set_new(content, "subscription",
                                json_stringn_nocheck(topic.data, topic.length));
            struct outgoing *welcome =
                outgoing_new(iopub->session, "iopub_welcome", NULL, NULL, content);
            free(welcome->topic);
            welcome->topic = buffer_take(&topic);
            outgoing_send(welcome, iopub->session, iopub->socket, NULL, ZMQ_DONTWAIT);
            outgoing_free(welcome);
        } else if (length > 0 && data[0] == 0) {
            zmq_setsockopt(iopub->socket, ZMQ_UNSUBSCRIBE, data + 1, length - 1);
        }
    }
    zmq_msg_close(&frame);
}

static int64_t patience(const struct iopub *iopub)
{
    if (iopub->lossy) {
        return 0;
    }
    return interrupt_unanswered() ? INTERRUPTED_PATIENCE_MS : PATIENCE_MS;
}

/* With XPUB_NODROP a full subscriber refuses the message for all. It is waited for, since none
   may lose a line to a busy moment; but one that is stuck must not hold up the kernel. */
static void send_patiently(struct iopub *iopub, const struct outgoing *message)
{
    int64_t begin = clock_ms();
    for (;;) {
        if (outgoing_send(message, iopub->session, iopub->socket, NULL, ZMQ_DONTWAIT) == 0) {
            iopub->lossy = false;
            return;
        }
        if (zmq_errno() != EAGAIN) {
            return;
        }
        if (clock_ms() - begin >= patience(iopub)) {
            break;
        }
        zmq_pollitem_t writable = {.socket = iopub->socket, .events = ZMQ_POLLIN};
        zmq_poll(&writable, 1, 2);
        take_subscriptions(iopub);
    }
    if (!iopub->lossy) {
        log_message("a subscriber takes nothing: it loses messages now");
        iopub->lossy = true;
    }
    int nodrop = 0;
    zmq_setsockopt(iopub->socket, ZMQ_XPUB_NODROP, &nodrop, sizeof nodrop);
    outgoing_send(message, iopub->session, iopub->socket, NULL, ZMQ_DONTWAIT);
    nodrop = 1;
    zmq_setsockopt(iopub->socket, ZMQ_XPUB_NODROP, &nodrop, sizeof nodrop);
}

/* Sends all that is queued; false when there will be no more. */
static bool send_queue(struct iopub *iopub)
{
    for (;;) {
        take_subscriptions(iopub);
        pthread_mutex_lock(&iopub->lock);
        struct outgoing *message = iopub->first;
        iopub->first = NULL;
        iopub->last = &iopub->first;
        bool stopping = iopub->stopping;
        iopub->asleep = message == NULL;
        pthread_mutex_unlock(&iopub->lock);
        if (message == NULL) {
            return !stopping;
        }
        while (message != NULL) {
            struct outgoing *next = message->next;
            send_patiently(iopub, message);
            pthread_mutex_lock(&iopub->lock);
            iopub->bytes -= message->size;
            pthread_cond_broadcast(&iopub->room);
            pthread_mutex_unlock(&iopub->lock);
            outgoing_free(message);
            message = next;
        }
    }
}

/* Being woken, it does not push the Lua thread off its processor for each message: what a cell
   publishes in a row goes out in one go. Where that is not allowed, nothing is lost. */
static void yield_to_publishers(void)
{
    struct sched_param none = {0};
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

static void *serve(void *argument)
{
    struct iopub *iopub = argument;
    yield_to_publishers();
    do {
        zmq_pollitem_t items[] = {{.socket = iopub->socket, .events = ZMQ_POLLIN},
                                  {.fd = iopub->wake, .events = ZMQ_POLLIN}};
        if (zmq_poll(items, 2, -1) < 0 && zmq_errno() != EINTR) {
            break;
        }
        event_clear(iopub->wake);
    } while (send_queue(iopub));
    zmq_close(iopub->socket);
    return NULL;
}

struct iopub *iopub_start(const struct connection *connection, void *zmq, struct session *session)
{
    struct iopub *iopub = allocate(sizeof *iopub);
    iopub->session = session;
    iopub->last = &iopub->first;
    iopub->asleep = true;
    iopub->socket = connection_bind(connection, zmq, CHANNEL_IOPUB, ZMQ_XPUB);
    iopub->wake = event_new();
    if (iopub->socket == NULL || iopub->wake < 0) {
        free(iopub);
        return NULL;
    }
    int on = 1;
    int messages = SUBSCRIBER_MESSAGES;
    zmq_setsockopt(iopub->socket, ZMQ_XPUB_MANUAL, &on, sizeof on);
    zmq_setsockopt(iopub->socket, ZMQ_XPUB_NODROP, &on, sizeof on);
    zmq_setsockopt(iopub->socket, ZMQ_SNDHWM, &messages, sizeof messages);
    pthread_mutex_init(&iopub->lock, NULL);
    pthread_cond_init(&iopub->room, NULL);
    if (pthread_create(&iopub->thread, NULL, serve, iopub) != 0) {
        zmq_close(iopub->socket);
        close(iopub->wake);
        free(iopub);
        return NULL;
    }
    return iopub;
}

void iopub_publish(struct iopub *iopub, struct outgoing *message)
{
    pthread_mutex_lock(&iopub->lock);
    while (iopub->bytes > 0 && iopub->bytes + message->size > QUEUE_BYTES) {
        pthread_cond_wait(&iopub->room, &iopub->lock);
    }
    bool asleep = iopub->asleep;
    iopub->asleep = false;
    *iopub->last = message;
    iopub->last = &message->next;
    iopub->bytes += message->size;
    pthread_mutex_unlock(&iopub->lock);
    if (asleep) {
        event_set(iopub->wake);
    }
}

void iopub_flush(struct iopub *iopub)
{
    pthread_mutex_lock(&iopub->lock);
    while (iopub->bytes > 0) {
        pthread_cond_wait(&iopub->room, &iopub->lock);
    }
    pthread_mutex_unlock(&iopub->lock);
}

void iopub_status(struct iopub *iopub, const char *state, const char *parent)
{
    json_t *content = json_object();
    json_object_set_new(content, "execution_state", json_string(state));
    iopub_publish(iopub, outgoing_new(iopub->session, "status", parent, NULL, content));
}

void iopub_stop(struct iopub *iopub)
{
    pthread_mutex_lock(&iopub->lock);
    iopub->stopping = true;
    pthread_mutex_unlock(&iopub->lock);
    event_set(iopub->wake);
    pthread_join(iopub->thread, NULL);
    pthread_mutex_destroy(&iopub->lock);
    pthread_cond_destroy(&iopub->room);
    close(iopub->wake);
    free(iopub);
}
