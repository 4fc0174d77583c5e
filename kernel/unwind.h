/* The two errors that no code of the user's catches: an interrupt, and os.exit. */
#ifndef JUPYTER_UNWIND_H
#define JUPYTER_UNWIND_H

#include <lua.h>

enum unwind { UNWIND_NONE, UNWIND_INTERRUPT, UNWIND_EXIT };

/* Makes the two error values, and replaces pcall, xpcall and coroutine's resume, wrap and close
   by forms that do the same but let these errors through (and say which coroutine runs). */
void unwind_install(lua_State *L);

/* Raises one; until unwind_end it passes every pcall. */
int unwind_raise(lua_State *L, enum unwind kind);

/* Which one is on its way; and forgets it. */
enum unwind unwind_end(void);

#endif
