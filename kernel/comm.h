/* Comms: messages between the notebook's code and a front-end's widgets. The registry of targets
   and open comms is written in Lua (jupyter.comm); here is its way in and out. */
#ifndef JUPYTER_COMM_H
#define JUPYTER_COMM_H

#include "kernel.h"

/* comm_open, comm_msg and comm_close: calls the user's functions. */
void comm_message(struct kernel *kernel, const struct message *request);

void comm_info_request(struct kernel *kernel, const struct message *request);

/* Preloads jupyter.link, through which jupyter.comm sends. */
void comm_install(lua_State *L);

#endif
