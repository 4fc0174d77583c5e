#include "child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"
#include "interrupt.h"

/* How often, in ms, a child that was told to end is looked at; and how long it has for its last
   words when the kernel ends. */
#define LOOK_MS 10
#define FAREWELL_MS 300

extern char **environ;

struct child {
    struct child *next;
    pid_t pid;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct child *running;

/* The command runs in a process group of its own, so that an interrupt ends all of it. */
static int spawn(const char *command, int pipe, int target, pid_t *pid)
{
    char *arguments[] = {"sh", "-c", (char *)command, NULL};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&actions);
    if (pipe >= 0) {
        posix_spawn_file_actions_adddup2(&actions, pipe, target);
    }
    int status = posix_spawn(pid, "/bin/sh", &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return status;
}

struct child *child_start(const char *command, int pipe, int target)
{
    struct child *child = allocate(sizeof *child);
    pthread_mutex_lock(&lock);
    int status = spawn(command, pipe, target, &child->pid);
    if (status == 0) {
        child->next = running;
        running = child;
    }
    pthread_mutex_unlock(&lock);
    if (status != 0) {
        free(child);
        errno = status;
        return NULL;
    }
    return child;
}

/* waitpid under the lock where it frees the number: until then no other process has it. */
static pid_t look(struct child *child, int *status)
{
    pthread_mutex_lock(&lock);
    pid_t ended = waitpid(child->pid, status, WNOHANG);
    if (ended != 0) {
        struct child **link = &running;
        while (*link != child) {
            link = &(*link)->next;
        }
        *link = child->next;
    }
    pthread_mutex_unlock(&lock);
    return ended;
}

bool child_finish(struct child *child, struct kernel *kernel, int *status)
{
    int number = SIGINT;
    int waited = 0;
    pid_t ended;
    while ((ended = look(child, status)) == 0) {
        bool interrupted = interrupt_pending();
        if (!interrupted && !atomic_load(&kernel->stopping)) {
            siginfo_t unused;
            waitid(P_PID, (id_t)child->pid, &unused, WEXITED | WNOWAIT);
            continue;
        }
        if (interrupted || waited >= FAREWELL_MS) {
            kill(-child->pid, number);
            number = SIGKILL; /* some commands ignore SIGINT */
        }
        usleep(LOOK_MS * 1000);
        waited += LOOK_MS;
    }
    free(child);
    return ended > 0;
}

void child_signal_all(int number)
{
    pthread_mutex_lock(&lock);
    for (struct child *child = running; child != NULL; child = child->next) {
        kill(-child->pid, number);
    }
    pthread_mutex_unlock(&lock);
}
