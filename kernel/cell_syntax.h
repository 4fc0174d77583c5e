/* What must be known of a cell's text to run it: where its top-level locals are declared, and
   which expression is its value. */
#ifndef JUPYTER_CELL_SYNTAX_H
#define JUPYTER_CELL_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* The function that the rewritten cell calls to keep its locals, under a name that no cell has. */
#define KEEP_NAME "__jupyter_keep"

struct cell_syntax {
    bool silent;         /* a semicolon ends the value */
    struct buffer plain; /* the cell as a Lua chunk: its value returned */
    struct buffer body;  /* that, and after each top-level `local` a call that keeps what it
                            declared; what it returns begins with the keep function, which also
                            keeps a call from being a tail call */
    struct buffer names; /* every name in it, each ended by a NUL */
};

/* Both texts have each line where the cell has it. A cell that is no Lua comes out unchanged:
   the compiler says what is wrong. */
void cell_syntax_parse(struct cell_syntax *syntax, const char *text, size_t length);
void cell_syntax_free(struct cell_syntax *syntax);

#endif
