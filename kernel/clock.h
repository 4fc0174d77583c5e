/* Time that no one sets back. */
#ifndef JUPYTER_CLOCK_H
#define JUPYTER_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void);

#endif
