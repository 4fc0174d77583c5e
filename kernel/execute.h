/* execute_request: runs a cell. */
#ifndef JUPYTER_EXECUTE_H
#define JUPYTER_EXECUTE_H

#include "kernel.h"

void execute_request(struct kernel *kernel, const struct message *request);

#endif
