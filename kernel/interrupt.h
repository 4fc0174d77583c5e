/* Interrupts: what ends a running cell from outside.

   SIGINT (from the front-end, or from the control thread for an interrupt_request) reaches the
   Lua thread only. Its handler arms a count hook on the coroutine that runs; the hook raises
   the interrupt at the next instruction and disarms itself, so that nothing slows a normal run.
   Where the interrupt does not get through (C code that swallows errors), it comes again a
   moment later, and from then on at every instruction.

   A C library whose operations take long looks at a flag instead. Convention: the registry
   field "jupyter.interrupt" is a light userdata, a pointer to a volatile sig_atomic_t which is
   nonzero while an interrupt is pending. The library ends its operation with an error of its
   own; it never clears the flag. */
#ifndef JUPYTER_INTERRUPT_H
#define JUPYTER_INTERRUPT_H

#include <lua.h>
#include <stdbool.h>

#define INTERRUPT_REGISTRY_FIELD "jupyter.interrupt"

/* Called by the Lua thread: handlers for SIGINT and SIGTERM, and the registry field. wake is an
   event that the handlers set. */
void interrupt_install(lua_State *L, int wake);

/* Around each stretch in which user code runs. Outside of it an interrupt is ignored.
   interrupt_end says whether one came. */
void interrupt_begin(lua_State *L);
bool interrupt_end(lua_State *L);

/* From any thread: interrupts the Lua thread, if it runs user code. */
void interrupt_send(void);

/* Whether the interrupt that was sent has not ended its cell yet. */
bool interrupt_unanswered(void);

/* In the Lua thread: an interrupt is to be raised; the long waits ask for it. */
bool interrupt_pending(void);

/* Raises the interrupt as a Lua error if one is pending. */
void interrupt_check(lua_State *L);

/* Names the coroutine that runs from now on, and returns the one that ran: the two lines around
   every lua_resume. When an interrupt came at the switch it is moved over. */
lua_State *interrupt_enter(lua_State *coroutine);
void interrupt_leave(lua_State *coroutine, lua_State *resumer);

/* Whether a SIGTERM came. */
bool interrupt_terminated(void);

#endif
