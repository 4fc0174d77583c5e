#include "interrupt.h"

#include <errno.h>
#include <lauxlib.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "event.h"
#include "unwind.h"

/* The handler runs in the Lua thread: what only these two touch needs no more than these types.
   What the control thread reads is atomic. */
static volatile sig_atomic_t pending;
static volatile sig_atomic_t accepting;
static atomic_int unanswered; /* how many the cell was sent, not counting those not raised yet */
static atomic_int terminated;
static lua_State *volatile running;
static int wake_event;
static pthread_t lua_thread;

static void raise_at_next_instruction(lua_State *L, lua_Debug *activation)
{
    (void)activation;
    if (unanswered <= 1) {
        lua_sethook(L, NULL, 0, 0);
    }
    pending = 0;
    unwind_raise(L, UNWIND_INTERRUPT);
}

static void arm(lua_State *L)
{
    lua_sethook(L, raise_at_next_instruction, LUA_MASKCOUNT, 1);
}

static void disarm(lua_State *L)
{
    if (lua_gethook(L) == raise_at_next_instruction) {
        lua_sethook(L, NULL, 0, 0);
    }
}

static void handle_signal(int number)
{
    int saved = errno;
    if (!pthread_equal(pthread_self(), lua_thread)) {
        pthread_kill(lua_thread, number); /* a thread of some library's was given it */
    } else if (number == SIGTERM) {
        terminated = 1;
    } else if (accepting) {
        unanswered += !pending;
        pending = 1;
        arm(running);
    }
    event_set(wake_event);
    errno = saved;
}

void interrupt_install(lua_State *L, int wake)
{
    wake_event = wake;
    lua_thread = pthread_self();
    running = L;
    struct sigaction action = {.sa_handler = handle_signal};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    lua_pushlightuserdata(L, (void *)&pending);
    lua_setfield(L, LUA_REGISTRYINDEX, INTERRUPT_REGISTRY_FIELD);
}

void interrupt_begin(lua_State *L)
{
    pending = 0;
    unanswered = 0;
    running = L;
    accepting = 1;
}

bool interrupt_end(lua_State *L)
{
    accepting = 0;
    bool came = unanswered > 0;
    pending = 0;
    unanswered = 0;
    disarm(L);
    return came;
}

void interrupt_send(void)
{
    pthread_kill(lua_thread, SIGINT);
}

bool interrupt_unanswered(void)
{
    return unanswered > 0;
}

bool interrupt_pending(void)
{
    return pending != 0;
}

void interrupt_check(lua_State *L)
{
    if (pending) {
        disarm(L);
        pending = 0;
        unwind_raise(L, UNWIND_INTERRUPT);
    }
}

lua_State *interrupt_enter(lua_State *coroutine)
{
    lua_State *resumer = running;
    running = coroutine;
    if (pending) {
        arm(coroutine);
    }
    return resumer;
}

void interrupt_leave(lua_State *coroutine, lua_State *resumer)
{
    running = resumer;
    disarm(coroutine);
    if (pending) {
        arm(resumer);
    }
}

bool interrupt_terminated(void)
{
    return terminated != 0;
}
