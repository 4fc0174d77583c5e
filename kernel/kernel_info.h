/* What the kernel says of itself. */
#ifndef JUPYTER_KERNEL_INFO_H
#define JUPYTER_KERNEL_INFO_H

#include <jansson.h>

/* The content of a kernel_info_reply; any thread may ask. */
json_t *kernel_info(void);

#endif
