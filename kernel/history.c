#include "history.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "buffer.h"
#include "log.h"
#include "shell.h"

/* Another kernel that writes is waited for this long, in ms. */
#define BUSY_MS 1000

/* What is added is collected this long, in ms, and written in one transaction. */
#define COLLECT_MS 100

struct entry {
    struct entry *next;
    int line;
    struct buffer input;
    struct buffer output; /* without data: none */
};

struct history {
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t queue_lock; /* guards these */
    pthread_cond_t changed;     /* the first entry came, or the end */
    struct entry *first, **last;
    bool stopping;
    pthread_mutex_t file_lock; /* guards these; taken before the other */
    sqlite3 *database;         /* opened at first use */
    sqlite3_int64 session;
};

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS sessions (session INTEGER PRIMARY KEY AUTOINCREMENT,"
    " started TEXT DEFAULT CURRENT_TIMESTAMP);"
    "CREATE TABLE IF NOT EXISTS history (session INTEGER, line INTEGER, input TEXT, output TEXT,"
    " PRIMARY KEY (session, line));";

/* The file's path, its folders made; NULL where there is no home. */
static char *history_path(void)
{
    struct buffer path = {0};
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (data != NULL && data[0] == '/') {
        buffer_text(&path, data);
    } else if (home != NULL && home[0] == '/') {
        buffer_format(&path, "%s/.local/share", home);
    } else {
        return NULL;
    }
    buffer_text(&path, "/lua-kernel");
    char *text = buffer_take(&path);
    for (char *slash = strchr(text + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL) {
            *slash = '\0';
        }
        if (mkdir(text, 0700) != 0 && errno != EEXIST) {
            log_message("history: %s: %s", text, strerror(errno));
        }
        if (slash == NULL) {
            break;
        }
        *slash = '/';
    }
    buffer_format(&path, "%s/history.sqlite", text);
    free(text);
    return buffer_take(&path);
}

static bool execute(sqlite3 *database, const char *text)
{
    return sqlite3_exec(database, text, NULL, NULL, NULL) == SQLITE_OK;
}

static bool open_database(struct history *history, const char *path)
{
    if (sqlite3_open(path, &history->database) == SQLITE_OK) {
        sqlite3_busy_timeout(history->database, BUSY_MS);
        if (execute(history->database, schema) &&
            execute(history->database, "INSERT INTO sessions DEFAULT VALUES")) {
            history->session = sqlite3_last_insert_rowid(history->database);
            return true;
        }
    }
    log_message("history: %s: %s", path, sqlite3_errmsg(history->database));
    sqlite3_close(history->database);
    history->database = NULL;
    return false;
}

/* A file that cannot be used (a full disk, no home) leaves a history of this session alone. */
static sqlite3 *database_of(struct history *history)
{
    if (history->database == NULL) {
        char *path = history_path();
        if (path == NULL || !open_database(history, path)) {
            open_database(history, ":memory:");
        }
        free(path);
    }
    return history->database;
}

/* A NUL in a text is no end of it. */
static void take_text(struct buffer *text, const json_t *string)
{
    if (json_is_string(string)) {
        buffer_append(text, json_string_value(string), json_string_length(string));
    }
}

static void bind_text(sqlite3_stmt *statement, int parameter, const struct buffer *text)
{
    sqlite3_bind_text64(statement, parameter, text->data, text->length, SQLITE_STATIC, SQLITE_UTF8);
}

static bool insert(const struct history *history, sqlite3_stmt *statement,
                   const struct entry *entry)
{
    sqlite3_bind_int64(statement, 1, history->session);
    sqlite3_bind_int(statement, 2, entry->line);
    bind_text(statement, 3, &entry->input);
    bind_text(statement, 4, &entry->output);
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    return done;
}

/* Under its lock all that was added is in the file afterwards. What cannot be written is lost: a
   kernel neither waits for a disk nor keeps all in memory. */
static void write_queue(struct history *history)
{
    pthread_mutex_lock(&history->queue_lock);
    struct entry *entry = history->first;
    history->first = NULL;
    history->last = &history->first;
    pthread_mutex_unlock(&history->queue_lock);
    if (entry == NULL) {
        return;
    }
    sqlite3 *database = database_of(history);
    sqlite3_stmt *statement = NULL;
    bool done = execute(database, "BEGIN IMMEDIATE") &&
                sqlite3_prepare_v2(database, "INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)",
                                   -1, &statement, NULL) == SQLITE_OK;
    while (entry != NULL) {
        struct entry *next = entry->next;
        done = done && insert(history, statement, entry);
        buffer_free(&entry->input);
        buffer_free(&entry->output);
        free(entry);
        entry = next;
    }
    sqlite3_finalize(statement);
    if (!done || !execute(database, "COMMIT")) {
        log_message("history: %s", sqlite3_errmsg(database));
        execute(database, "ROLLBACK");
    }
}

/* Waits for the first entry and those that follow soon; false at the end. */
static bool collect(struct history *history)
{
    pthread_mutex_lock(&history->queue_lock);
    while (history->first == NULL && !history->stopping) {
        pthread_cond_wait(&history->changed, &history->queue_lock);
    }
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += COLLECT_MS * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    while (!history->stopping && pthread_cond_clockwait(&history->changed, &history->queue_lock,
                                                        CLOCK_MONOTONIC, &end) == 0) {
    }
    bool stopping = history->stopping;
    pthread_mutex_unlock(&history->queue_lock);
    return !stopping;
}

static void *serve(void *argument)
{
    struct history *history = argument;
    bool more;
    do {
        more = collect(history);
        pthread_mutex_lock(&history->file_lock);
        write_queue(history);
        pthread_mutex_unlock(&history->file_lock);
    } while (more);
    return NULL;
}

/* Without a thread the queue is written when the history is asked for, and at the end. */
static void start_thread(struct history *history)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    history->has_thread = pthread_create(&history->thread, NULL, serve, history) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static struct history *history_of(struct kernel *kernel)
{
    if (kernel->history == NULL) {
        struct history *history = allocate(sizeof *history);
        history->last = &history->first;
        pthread_mutex_init(&history->queue_lock, NULL);
        pthread_cond_init(&history->changed, NULL);
        pthread_mutex_init(&history->file_lock, NULL);
        start_thread(history);
        kernel->history = history;
    }
    return kernel->history;
}

void history_add(struct kernel *kernel, int line, const json_t *input, const json_t *output)
{
    struct history *history = history_of(kernel);
    struct entry *entry = allocate(sizeof *entry);
    entry->line = line;
    take_text(&entry->input, input);
    take_text(&entry->output, output);
    pthread_mutex_lock(&history->queue_lock);
    bool first = history->first == NULL;
    *history->last = entry;
    history->last = &entry->next;
    pthread_mutex_unlock(&history->queue_lock);
    if (first) {
        pthread_cond_signal(&history->changed);
    }
}

static sqlite3_int64 integer(const json_t *content, const char *name, sqlite3_int64 otherwise)
{
    const json_t *value = json_object_get(content, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* The statement for one of the three ways to ask, its parameters bound; NULL for another way. */
static sqlite3_stmt *query(struct history *history, const json_t *content)
{
    static const char tail[] =
        "SELECT * FROM (SELECT session, line, input, output FROM history"
        " ORDER BY session DESC, line DESC LIMIT ?1) ORDER BY session, line";
    static const char range[] =
        "SELECT session, line, input, output FROM history"
        " WHERE session = ?1 AND line >= ?2 AND (?3 IS NULL OR line < ?3) ORDER BY line";
    static const char search[] =
        "SELECT * FROM (SELECT session, line, input, output FROM history WHERE input GLOB ?2"
        " ORDER BY session DESC, line DESC LIMIT ?1) ORDER BY session, line";
    /* The latest of equal inputs: SQLite takes the row of the max(). */
    static const char search_unique[] =
        "SELECT session, line, input, output FROM (SELECT session, line, input, output,"
        " max(session * 1000000 + line) AS latest FROM history WHERE input GLOB ?2 GROUP BY input"
        " ORDER BY latest DESC LIMIT ?1) ORDER BY session, line";
    const char *way = json_string_value(json_object_get(content, "hist_access_type"));
    const char *pattern = json_string_value(json_object_get(content, "pattern"));
    bool unique = json_is_true(json_object_get(content, "unique"));
    way = way != NULL ? way : "tail";
    const char *text = NULL;
    if (strcmp(way, "tail") == 0) {
        text = tail;
    } else if (strcmp(way, "range") == 0) {
        text = range;
    } else if (strcmp(way, "search") == 0) {
        text = unique ? search_unique : search;
    }
    sqlite3_stmt *statement = NULL;
    if (text == NULL ||
        sqlite3_prepare_v2(database_of(history), text, -1, &statement, NULL) != SQLITE_OK) {
        return NULL;
    }
    if (text == range) {
        sqlite3_int64 session = integer(content, "session", 0);
        sqlite3_bind_int64(statement, 1, session > 0 ? session : history->session + session);
        sqlite3_bind_int64(statement, 2, integer(content, "start", 0));
        if (json_is_integer(json_object_get(content, "stop"))) {
            sqlite3_bind_int64(statement, 3, integer(content, "stop", 0));
        }
    } else {
        sqlite3_bind_int64(statement, 1, integer(content, "n", text == tail ? 10 : -1));
        if (text != tail) {
            sqlite3_bind_text(statement, 2, pattern != NULL ? pattern : "*", -1, SQLITE_TRANSIENT);
        }
    }
    return statement;
}

static json_t *column(sqlite3_stmt *statement, int i)
{
    const char *text = (const char *)sqlite3_column_text(statement, i);
    size_t length = (size_t)sqlite3_column_bytes(statement, i);
    return text != NULL ? json_stringn(text, length) : json_null();
}

void history_request(struct kernel *kernel, const struct message *request)
{
    struct history *history = history_of(kernel);
    bool output = json_is_true(json_object_get(request->content, "output"));
    json_t *rows = json_array();
    pthread_mutex_lock(&history->file_lock);
    write_queue(history);
    sqlite3_stmt *statement = query(history, request->content);
    while (statement != NULL && sqlite3_step(statement) == SQLITE_ROW) {
        json_t *row = json_array();
        json_array_append_new(row, json_integer(sqlite3_column_int64(statement, 0)));
        json_array_append_new(row, json_integer(sqlite3_column_int64(statement, 1)));
        json_t *input = column(statement, 2);
        json_array_append_new(row, output ? json_pack("[o, o]", input, column(statement, 3))
                                          : input);
        json_array_append_new(rows, row);
    }
    sqlite3_finalize(statement);
    pthread_mutex_unlock(&history->file_lock);
    shell_reply(kernel, request, "history_reply",
                json_pack("{s:s, s:o}", "status", "ok", "history", rows));
}

void history_close(struct kernel *kernel)
{
    struct history *history = kernel->history;
    if (history == NULL) {
        return;
    }
    pthread_mutex_lock(&history->queue_lock);
    history->stopping = true;
    pthread_mutex_unlock(&history->queue_lock);
    if (history->has_thread) {
        pthread_cond_signal(&history->changed);
        pthread_join(history->thread, NULL);
    }
    write_queue(history);
    sqlite3_close(history->database);
    pthread_mutex_destroy(&history->queue_lock);
    pthread_cond_destroy(&history->changed);
    pthread_mutex_destroy(&history->file_lock);
    free(history);
    kernel->history = NULL;
}
