#include "message.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "log.h"

static const char delimiter_text[] = "<IDS|MSG>";
#define DELIMITER_LENGTH (sizeof delimiter_text - 1)

/* A message of more frames than this is no Jupyter message. */
#define FRAMES_LIMIT 4096

void session_init(struct session *session, const char *key)
{
    unsigned char random[16];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(session->id, sizeof session->id, random, sizeof random);
    atomic_init(&session->messages, 0);
    signature_init(&session->signature, key);
}

void session_free(struct session *session)
{
    signature_free(&session->signature);
}

/* All frames are taken off the socket even where they are too many, so that the next message
   begins at its beginning. */
static int receive_frames(struct message *message, void *socket, int flags)
{
    bool more = true;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, message->count == 0 ? flags : 0) < 0) {
            zmq_msg_close(&frame);
            if (message->count > 0 && zmq_errno() == EINTR) {
                continue;
            }
            return -1;
        }
        more = zmq_msg_more(&frame);
        if (message->count == FRAMES_LIMIT) {
            zmq_msg_close(&frame);
            continue;
        }
        if ((message->count & (message->count - 1)) == 0) {
            size_t room = message->count > 0 ? 2 * message->count : 1;
            zmq_msg_t *frames = allocate(room * sizeof *frames);
            for (size_t i = 0; i < message->count; i++) {
                zmq_msg_init(&frames[i]);
                zmq_msg_move(&frames[i], &message->frames[i]);
                zmq_msg_close(&message->frames[i]);
            }
            free(message->frames);
            message->frames = frames;
        }
        zmq_msg_init(&message->frames[message->count]);
        zmq_msg_move(&message->frames[message->count++], &frame);
        zmq_msg_close(&frame);
    }
    return 0;
}

static struct part part_of(zmq_msg_t *frame)
{
    return (struct part){zmq_msg_data(frame), zmq_msg_size(frame)};
}

static bool find_delimiter(struct message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        struct part part = part_of(&message->frames[i]);
        if (part.length == DELIMITER_LENGTH &&
            memcmp(part.data, delimiter_text, DELIMITER_LENGTH) == 0) {
            message->delimiter = i;
            return true;
        }
    }
    return false;
}

static json_t *parse_object(struct part part)
{
    json_t *value = json_loadb(part.data, part.length, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

/* NULL, or why the message is refused. Nothing is parsed before the signature is right. */
static const char *check(struct message *message, struct session *session)
{
    if (!find_delimiter(message)) {
        return "no delimiter";
    }
    if (message->count < message->delimiter + 2 + SIGNATURE_PARTS) {
        return "frames are missing";
    }
    zmq_msg_t *frames = message->frames + message->delimiter + 1;
    struct part hex = part_of(&frames[0]);
    struct part parts[SIGNATURE_PARTS];
    for (int i = 0; i < SIGNATURE_PARTS; i++) {
        parts[i] = part_of(&frames[1 + i]);
    }
    if (!signature_accept(&session->signature, parts, hex.data, hex.length)) {
        return "wrong or repeated signature";
    }
    message->header = parse_object(parts[0]);
    message->metadata = parse_object(parts[2]);
    message->content = parse_object(parts[3]);
    message->type = json_string_value(json_object_get(message->header, "msg_type"));
    if (message->metadata == NULL || message->content == NULL || message->type == NULL ||
        !json_is_string(json_object_get(message->header, "msg_id"))) {
        return "a part is not the JSON object it should be";
    }
    message->header_text = allocate(parts[0].length + 1);
    memcpy(message->header_text, parts[0].data, parts[0].length);
    return NULL;
}

int message_receive(struct message *message, struct session *session, void *socket, int flags)
{
    *message = (struct message){0};
    if (receive_frames(message, socket, flags) != 0) {
        message_free(message);
        return -1;
    }
    const char *problem = check(message, session);
    if (problem != NULL) {
        log_message("a message is refused: %s", problem);
        message_free(message);
        return 0;
    }
    return 1;
}

void message_free(struct message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        zmq_msg_close(&message->frames[i]);
    }
    free(message->frames);
    free(message->header_text);
    json_decref(message->header);
    json_decref(message->metadata);
    json_decref(message->content);
    *message = (struct message){0};
}

static char *header_new(struct session *session, const char *type)
{
    struct timespec now;
    struct tm date;
    struct buffer text = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &date);
    buffer_format(&text,
                  "{\"msg_id\":\"%s_%lu\",\"msg_type\":\"%s\",\"username\":\"kernel\","
                  "\"session\":\"%s\",\"date\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\","
                  "\"version\":\"" PROTOCOL_VERSION "\"}",
                  session->id, atomic_fetch_add(&session->messages, 1), type, session->id,
                  date.tm_year + 1900, date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min,
                  date.tm_sec, now.tv_nsec / 1000);
    return buffer_take(&text);
}

/* Dumps and frees. */
static char *dump(json_t *value)
{
    char *text = value != NULL ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    return text != NULL ? text : copy_text("{}");
}

struct outgoing *outgoing_new(struct session *session, const char *type, const char *parent,
                              json_t *metadata, json_t *content)
{
    struct outgoing *outgoing = allocate(sizeof *outgoing);
    struct buffer topic = {0};
    buffer_format(&topic, "kernel.%s.%s", session->id, type);
    outgoing->topic = buffer_take(&topic);
    outgoing->texts[0] = header_new(session, type);
    outgoing->texts[1] = copy_text(parent != NULL ? parent : "{}");
    outgoing->texts[2] = dump(metadata);
    outgoing->texts[3] = dump(content);
    for (int i = 0; i < SIGNATURE_PARTS; i++) {
        outgoing->size += strlen(outgoing->texts[i]);
    }
    return outgoing;
}

void outgoing_free(struct outgoing *outgoing)
{
    if (outgoing == NULL) {
        return;
    }
    free(outgoing->topic);
    for (int i = 0; i < SIGNATURE_PARTS; i++) {
        free(outgoing->texts[i]);
    }
    free(outgoing);
}

/* Only the first frame can fail for want of room: the rest of a message follows its head. */
static int send_frame(void *socket, const void *data, size_t length, int flags)
{
    int status;
    do {
        status = zmq_send(socket, data, length, flags);
    } while (status < 0 && zmq_errno() == EINTR);
    return status < 0 ? -1 : 0;
}

int outgoing_send(const struct outgoing *outgoing, const struct session *session, void *socket,
                  const struct message *to, int flags)
{
    if (to == NULL) {
        if (send_frame(socket, outgoing->topic, strlen(outgoing->topic), flags | ZMQ_SNDMORE)) {
            return -1;
        }
    }
    for (size_t i = 0; to != NULL && i < to->delimiter; i++) {
        struct part part = part_of(&to->frames[i]);
        if (send_frame(socket, part.data, part.length, flags | ZMQ_SNDMORE) != 0) {
            return -1;
        }
    }
    struct part parts[SIGNATURE_PARTS];
    for (int i = 0; i < SIGNATURE_PARTS; i++) {
        parts[i] = (struct part){outgoing->texts[i], strlen(outgoing->texts[i])};
    }
    char hex[SIGNATURE_HEX + 1];
    signature_sign(&session->signature, parts, hex);
    if (send_frame(socket, delimiter_text, DELIMITER_LENGTH, ZMQ_SNDMORE) != 0 ||
        send_frame(socket, hex, strlen(hex), ZMQ_SNDMORE) != 0) {
        return -1;
    }
    for (int i = 0; i < SIGNATURE_PARTS; i++) {
        int more = i + 1 < SIGNATURE_PARTS ? ZMQ_SNDMORE : 0;
        if (send_frame(socket, parts[i].data, parts[i].length, more) != 0) {
            return -1;
        }
    }
    return 0;
}

void message_reply(const struct message *request, struct session *session, void *socket,
                   const char *type, json_t *content)
{
    struct outgoing *reply = outgoing_new(session, type, request->header_text, NULL, content);
    if (outgoing_send(reply, session, socket, request, 0) != 0) {
        log_message("%s was not sent: %s", type, zmq_strerror(zmq_errno()));
    }
    outgoing_free(reply);
}
