#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "event.h"
#include "log.h"
#include "utf8.h"

/* Output is collected this long, in ms, or until it is this many bytes. */
#define BATCH_MS 15
#define BATCH_BYTES (64u << 10)

#define STREAMS 2
static const char *const stream_names[STREAMS] = {"stdout", "stderr"};

struct stream {
    struct capture *capture;
    int index;
    int pipe; /* read end */
    FILE *file;
    char tail[4]; /* a character's first bytes, whose rest has not come yet */
    size_t tail_length;
};

struct capture {
    struct iopub *iopub;
    struct session *session;
    pthread_t thread;
    int wake; /* event: something is pending, or the end */
    pthread_mutex_t lock; /* guards all below, and the streams' tails */
    struct stream streams[STREAMS];
    struct buffer pending; /* text of one stream */
    int pending_stream;
    char *parent;
    bool watch_pipes; /* something writes there: it is taken in before each write of stdio's */
    bool stopping;
};

/* Sends what is pending. The lock is held. */
static void emit(struct capture *capture)
{
    if (capture->pending.length == 0) {
        return;
    }
    struct stream *stream = &capture->streams[capture->pending_stream];
    struct buffer *pending = &capture->pending;
    size_t whole = utf8_whole(pending->data, pending->length);
    stream->tail_length = pending->length - whole;
    memcpy(stream->tail, pending->data + whole, stream->tail_length);
    struct buffer text = {0};
    utf8_append_valid(&text, pending->data, whole);
    pending->length = 0;
    if (text.length > 0) {
        json_t *content = json_object();
        json_object_set_new(content, "name", json_string(stream_names[stream->index]));
        json_object_set_new(content, "text", json_stringn_nocheck(text.data, text.length));
        iopub_publish(capture->iopub, outgoing_new(capture->session, "stream", capture->parent,
                                                   NULL, content));
    }
    buffer_free(&text);
}

/* Adds to what is pending. The lock is held. */
static void append(struct capture *capture, int index, const char *bytes, size_t length)
{
    struct stream *stream = &capture->streams[index];
    if (capture->pending_stream != index) {
        emit(capture);
        capture->pending_stream = index;
    }
    if (capture->pending.length == 0) {
        buffer_append(&capture->pending, stream->tail, stream->tail_length);
        stream->tail_length = 0;
    }
    buffer_append(&capture->pending, bytes, length);
    if (capture->pending.length >= BATCH_BYTES) {
        emit(capture);
    }
}

/* Takes in what waits in the pipes. The lock is held. Returns the count of bytes. */
static size_t pull(struct capture *capture)
{
    char bytes[16384];
    size_t total = 0;
    for (int i = 0; i < STREAMS; i++) {
        /* A child that writes without end must not keep the lock: some rounds are enough. */
        for (int round = 0; round < 64; round++) {
            ssize_t length = read(capture->streams[i].pipe, bytes, sizeof bytes);
            if (length < 0 && errno == EINTR) {
                continue;
            }
            if (length <= 0) {
                break;
            }
            append(capture, i, bytes, (size_t)length);
            total += (size_t)length;
        }
    }
    capture->watch_pipes = capture->watch_pipes || total > 0;
    return total;
}

/* stdio's way out: what is written to stdout or stderr in this process. After the end it goes
   nowhere. */
static ssize_t write_stream(void *cookie, const char *bytes, size_t length)
{
    struct stream *stream = cookie;
    struct capture *capture = stream->capture;
    pthread_mutex_lock(&capture->lock);
    if (capture->stopping) {
        pthread_mutex_unlock(&capture->lock);
        return (ssize_t)length;
    }
    bool begins = capture->pending.length == 0;
    if (begins || capture->watch_pipes) {
        pull(capture);
    }
    append(capture, stream->index, bytes, length);
    bool pending = capture->pending.length > 0;
    pthread_mutex_unlock(&capture->lock);
    if (begins && pending) {
        event_set(capture->wake);
    }
    return (ssize_t)length;
}

static void *serve(void *argument)
{
    struct capture *capture = argument;
    struct pollfd items[] = {{.fd = capture->wake, .events = POLLIN},
                             {.fd = capture->streams[0].pipe, .events = POLLIN},
                             {.fd = capture->streams[1].pipe, .events = POLLIN}};
    bool stopping = false;
    while (!stopping) {
        if (poll(items, 3, -1) < 0 && errno != EINTR) {
            break;
        }
        event_clear(capture->wake);
        pthread_mutex_lock(&capture->lock);
        /* A full pipe holds up its writer: then there is no waiting for more. */
        bool quiet = pull(capture) < BATCH_BYTES / 2;
        stopping = capture->stopping;
        pthread_mutex_unlock(&capture->lock);
        if (quiet && !stopping) {
            usleep(BATCH_MS * 1000);
        }
        pthread_mutex_lock(&capture->lock);
        pull(capture);
        emit(capture);
        pthread_mutex_unlock(&capture->lock);
    }
    return NULL;
}

static bool redirect(struct stream *stream, int descriptor)
{
    int ends[2];
    cookie_io_functions_t functions = {.write = write_stream};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    stream->pipe = ends[0];
    fcntl(stream->pipe, F_SETFL, O_NONBLOCK);
    stream->file = fopencookie(stream, "w", functions);
    bool done = stream->file != NULL && dup2(ends[1], descriptor) >= 0;
    close(ends[1]);
    if (done) {
        setvbuf(stream->file, NULL, _IONBF, 0);
    }
    return done;
}

struct capture *capture_start(struct iopub *iopub, struct session *session)
{
    /* A process has one stdout, and may write to it until its very end. */
    static struct capture only;
    struct capture *capture = &only;
    capture->iopub = iopub;
    capture->session = session;
    capture->parent = copy_text("{}");
    capture->wake = event_new();
    pthread_mutex_init(&capture->lock, NULL);
    fflush(NULL);
    for (int i = 0; i < STREAMS; i++) {
        capture->streams[i] = (struct stream){.capture = capture, .index = i};
        if (!redirect(&capture->streams[i], i == 0 ? STDOUT_FILENO : STDERR_FILENO)) {
            log_message("capture: %s", strerror(errno));
            return NULL;
        }
    }
    stdout = capture->streams[0].file;
    stderr = capture->streams[1].file;
    if (pthread_create(&capture->thread, NULL, serve, capture) != 0) {
        return NULL;
    }
    return capture;
}

void capture_set_parent(struct capture *capture, const char *parent)
{
    pthread_mutex_lock(&capture->lock);
    free(capture->parent);
    capture->parent = copy_text(parent);
    capture->watch_pipes = false;
    pthread_mutex_unlock(&capture->lock);
}

/* Half a character is not waited for any longer: it becomes U+FFFD. The lock is held. */
static void give_up_tails(struct capture *capture)
{
    for (int i = 0; i < STREAMS; i++) {
        struct stream *stream = &capture->streams[i];
        if (stream->tail_length > 0) {
            stream->tail_length = 0;
            append(capture, i, "\xEF\xBF\xBD", 3);
            emit(capture);
        }
    }
}

void capture_drain(struct capture *capture, bool at_end)
{
    fflush(stdout);
    fflush(stderr);
    pthread_mutex_lock(&capture->lock);
    pull(capture);
    emit(capture);
    if (at_end) {
        give_up_tails(capture);
    }
    pthread_mutex_unlock(&capture->lock);
}

void capture_watch_children(struct capture *capture)
{
    pthread_mutex_lock(&capture->lock);
    capture->watch_pipes = true;
    pthread_mutex_unlock(&capture->lock);
}

void capture_stop(struct capture *capture)
{
    capture_drain(capture, true);
    pthread_mutex_lock(&capture->lock);
    capture->stopping = true;
    pthread_mutex_unlock(&capture->lock);
    event_set(capture->wake);
    pthread_join(capture->thread, NULL);
    pthread_mutex_lock(&capture->lock);
    buffer_free(&capture->pending);
    free(capture->parent);
    capture->parent = NULL;
    pthread_mutex_unlock(&capture->lock);
}
