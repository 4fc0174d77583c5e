/* is_complete_request: whether a console should run what was typed, or wait for more. */
#ifndef JUPYTER_IS_COMPLETE_H
#define JUPYTER_IS_COMPLETE_H

#include "kernel.h"

void is_complete_request(struct kernel *kernel, const struct message *request);

#endif
