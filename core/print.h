/* print.h - text as PyTorch's repr has it, whatever the host's locale. */
#ifndef AGI_PRINT_H
#define AGI_PRINT_H

#include "autograd.h"

/* A growing text, zero-terminated once something was appended. When memory runs out it stays as it
 * is, failed is set, and what is appended later is dropped: one check at the end is enough. */
typedef struct agi_text {
    char *bytes;
    size_t length, capacity;
    bool failed;
    ag_allocator allocator;
    void *userdata;
} agi_text;

/* Empty, without memory yet; agi_text_free gives back what it comes to hold. */
agi_text agi_text_new(ag_allocator allocator, void *userdata);
void agi_text_free(agi_text *text);

/* Room for more bytes and a zero at the end. */
bool agi_text_reserve(agi_text *text, size_t more);
void agi_text_append(agi_text *text, const char *string);
void agi_text_append_bytes(agi_text *text, const char *bytes, size_t count);
void agi_text_append_repeated(agi_text *text, char byte, int64_t count);
void agi_text_append_integer(agi_text *text, int64_t value);
/* As agi_format_double. */
void agi_text_append_double(agi_text *text, char kind, int precision, double value);

/* value as printf's %.<precision><kind> writes it in the C locale, kind being f, e or g; nan never
 * has a sign. Answers its length; where capacity is too small, or less than 1, a number that is not
 * below capacity or is negative, and the text is of no use. */
int agi_format_double(char *text, size_t capacity, char kind, int precision, double value);

/* Puts a point in place of what a locale has between a finite number's first digits and what
 * follows them, be it a comma or several bytes. Answers the new length. */
int agi_use_c_point(char *number);

/* The repr of a tensor: strides in elements; grad is "requires_grad=True", "grad_fn=<…>" (UTF-8)
 * or NULL. Where it is summarised, only the elements shown are read. False out of memory. */
bool agi_print_tensor(agi_text *text, const ag_print_options *options, ag_dtype dtype, int ndim,
                      const int64_t *shape, const int64_t *strides, const void *data,
                      const char *grad);

/* default (4 digits, summary above 1000 elements with 3 at each edge, lines of 80), short or full;
 * sci_mode is left alone. False for another name. */
bool agi_print_profile(ag_print_options *options, const char *name);

#endif
