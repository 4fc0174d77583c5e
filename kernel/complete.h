/* complete_request: what could stand at the cursor. */
#ifndef JUPYTER_COMPLETE_H
#define JUPYTER_COMPLETE_H

#include "kernel.h"

void complete_request(struct kernel *kernel, const struct message *request);

#endif
