/* inspect_request, and ?name in a cell: what is known of the name at the cursor. */
#ifndef JUPYTER_INSPECT_H
#define JUPYTER_INSPECT_H

#include "kernel.h"

void inspect_request(struct kernel *kernel, const struct message *request);

/* Whether a cell is such a question: "?name", "name?", with two signs for the source too. Then
   *name and *name_length say of what, *detail how much is asked for. */
bool inspect_is_question(const char *code, size_t length, const char **name, size_t *name_length,
                         int *detail);

/* A new bundle of mime types, or NULL where nothing is known. */
json_t *inspect_bundle(lua_State *L, const char *code, size_t length, size_t cursor, int detail);

#endif
