/* print.h - text as PyTorch's repr has it, whatever the host's locale. */
#ifndef AGI_PRINT_H
#define AGI_PRINT_H

#include "autograd.h"

/* value as printf's %.<precision><kind> writes it in the C locale, kind being f, e or g; inf, -inf
 * and nan as these. Answers the length that the whole text has, as snprintf does. */
int agi_format_double(char *text, size_t capacity, char kind, int precision, double value);

#endif
