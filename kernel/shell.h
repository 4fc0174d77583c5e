/* The shell channel: the Lua thread takes its requests one by one and answers them. */
#ifndef JUPYTER_SHELL_H
#define JUPYTER_SHELL_H

#include "kernel.h"

/* Serves until the kernel stops. */
void shell_serve(struct kernel *kernel);

/* Answers the request on the shell channel. The content is stolen. */
void shell_reply(struct kernel *kernel, const struct message *request, const char *type,
                 json_t *content);

/* A cell has failed: the execute_requests that are waiting now will be answered as aborted. Those
   that come later, the reply to the failure being known, will be run. */
void shell_abort_waiting(struct kernel *kernel);

#endif
