/* Jupyter messages: received, checked and parsed; built, signed and sent. */
#ifndef JUPYTER_MESSAGE_H
#define JUPYTER_MESSAGE_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

#include "signature.h"

#define PROTOCOL_VERSION "5.5"

/* What all messages of one kernel have in common; shared by its threads. */
struct session {
    struct signature signature;
    char id[33];
    atomic_ulong messages;
};

void session_init(struct session *session, const char *key);
void session_free(struct session *session);

/* A request. The frames before the delimiter say who sent it. */
struct message {
    zmq_msg_t *frames;
    size_t count;
    size_t delimiter;
    char *header_text; /* as it came, for the replies' parent_header */
    json_t *header;
    json_t *metadata;
    json_t *content;
    const char *type; /* of the header */
};

/* Takes one message from the socket. Returns 1 for a good one, 0 for one that was refused (and
   logged), -1 when there is none (flags ZMQ_DONTWAIT), or on a signal or a closing context. */
int message_receive(struct message *message, struct session *session, void *socket, int flags);
void message_free(struct message *message);

/* A message to send; a link of a queue too. */
struct outgoing {
    struct outgoing *next;
    char *topic;
    char *texts[SIGNATURE_PARTS]; /* header, parent header, metadata, content */
    size_t size;
};

/* parent is a header's text, or NULL; metadata may be NULL; metadata and content are stolen. */
struct outgoing *outgoing_new(struct session *session, const char *type, const char *parent,
                              json_t *metadata, json_t *content);
void outgoing_free(struct outgoing *outgoing);

/* Signs and sends: to the sender of a request, or, with to NULL, under the message's topic.
   Returns 0, or -1 with ZeroMQ's errno. */
int outgoing_send(const struct outgoing *outgoing, const struct session *session, void *socket,
                  const struct message *to, int flags);

/* Answers a request on the socket it came by. The content is stolen. */
void message_reply(const struct message *request, struct session *session, void *socket,
                   const char *type, json_t *content);

#endif
