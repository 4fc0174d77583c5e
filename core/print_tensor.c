/* print_tensor.c - a tensor's repr: its numbers in columns of one width, then what is special. */
#include <math.h>
#include <string.h>

#include "print.h"

typedef struct printer {
    agi_text *text;
    const ag_print_options *options;
    ag_dtype dtype;
    int ndim;
    const int64_t *shape, *strides;
    const void *data;
    bool summarized;
    int64_t edge; /* items at each end of a summarized dim */

    bool integral;   /* floats that are all whole numbers print as "3." */
    bool scientific; /* floats print as "3.0000e+00" */
    int64_t width;
} printer;

static bool is_floating(ag_dtype dtype)
{
    return dtype == AG_FLOAT32 || dtype == AG_FLOAT64;
}

static double read_double(const printer *p, int64_t offset)
{
    return p->dtype == AG_FLOAT32 ? ((const float *)p->data)[offset]
                                  : ((const double *)p->data)[offset];
}

static int64_t read_integer(const printer *p, int64_t offset)
{
    switch (p->dtype) {
    case AG_INT64:
        return ((const int64_t *)p->data)[offset];
    case AG_INT32:
        return ((const int32_t *)p->data)[offset];
    default:
        return ((const uint8_t *)p->data)[offset]; /* bool too */
    }
}

static void append_element(agi_text *text, const printer *p, int64_t offset)
{
    if (!is_floating(p->dtype)) {
        int64_t value = read_integer(p, offset);
        if (p->dtype == AG_BOOL) {
            agi_text_append(text, value ? "True" : "False");
        } else {
            agi_text_append_integer(text, value);
        }
        return;
    }
    double value = read_double(p, offset);
    if (p->scientific) {
        agi_text_append_double(text, 'e', p->options->precision, value);
    } else if (p->integral) {
        agi_text_append_double(text, 'f', 0, value);
        if (isfinite(value)) {
            agi_text_append(text, ".");
        }
    } else {
        agi_text_append_double(text, 'f', p->options->precision, value);
    }
}

/* Of the numbers shown, what decides the format: where they lie, and the widest are among them. */
typedef struct extremes {
    bool any, fractions;
    double least, greatest; /* magnitudes */
    /* Of negative and of positive numbers, where the ones of least and greatest magnitude lie. */
    struct {
        bool any;
        double least, greatest;
        int64_t least_at, greatest_at;
    } side[2];
} extremes;

static void look_at_number(extremes *e, double value, int64_t offset)
{
    double magnitude = fabs(value);
    int side = value > 0;
    if (!e->any || magnitude < e->least) {
        e->least = magnitude;
    }
    if (!e->any || magnitude > e->greatest) {
        e->greatest = magnitude;
    }
    if (!e->side[side].any || magnitude < e->side[side].least) {
        e->side[side].least = magnitude;
        e->side[side].least_at = offset;
    }
    if (!e->side[side].any || magnitude > e->side[side].greatest) {
        e->side[side].greatest = magnitude;
        e->side[side].greatest_at = offset;
    }
    e->any = e->side[side].any = true;
    e->fractions |= value != ceil(value);
}

static void widen(printer *p, int64_t offset)
{
    size_t before = p->text->length;
    append_element(p->text, p, offset);
    int64_t width = (int64_t)(p->text->length - before);
    p->text->length = before;
    p->width = width > p->width ? width : p->width;
}

/* Whether item i of the dim is left out of the summary. */
static bool is_left_out(const printer *p, int dim, int64_t i)
{
    return p->summarized && i >= p->edge && i < p->shape[dim] - p->edge;
}

/* Integers widen the columns one by one; of floats, the finite nonzero ones are looked at. */
static void look_at_elements(printer *p, extremes *e, int dim, int64_t offset)
{
    if (dim < p->ndim) {
        for (int64_t i = 0; i < p->shape[dim]; i++) {
            if (is_left_out(p, dim, i)) {
                i = p->shape[dim] - p->edge;
                if (p->edge == 0) {
                    return;
                }
            }
            look_at_elements(p, e, dim + 1, offset + i * p->strides[dim]);
        }
    } else if (!is_floating(p->dtype)) {
        widen(p, offset);
    } else {
        double value = read_double(p, offset);
        if (isfinite(value) && value != 0) {
            look_at_number(e, value, offset);
        }
    }
}

static void choose_format(printer *p)
{
    extremes e = {0};
    p->integral = true;
    p->scientific = false;
    p->width = 1;
    look_at_elements(p, &e, 0, 0);
    if (!e.any) {
        return;
    }
    p->integral = !e.fractions;
    p->scientific = p->options->sci_mode >= 0
                        ? p->options->sci_mode != 0
                        : e.greatest / e.least > 1000.0 || e.greatest > 1e8 || e.least < 1e-4;
    for (int side = 0; side < 2; side++) {
        if (e.side[side].any) {
            widen(p, e.side[side].least_at);
            widen(p, e.side[side].greatest_at);
        }
    }
}

static void print_element(printer *p, int64_t offset)
{
    size_t before = p->text->length;
    append_element(p->text, p, offset);
    int64_t length = (int64_t)(p->text->length - before), padding = p->width - length;
    if (padding > 0 && agi_text_reserve(p->text, (size_t)padding)) {
        char *element = p->text->bytes + before;
        memmove(element + padding, element, (size_t)length + 1);
        memset(element, ' ', (size_t)padding);
        p->text->length += (size_t)padding;
    }
}

/* Dim dim from offset on, the bracket that opens it standing in column indent. */
static void print_dim(printer *p, int dim, int64_t offset, int64_t indent)
{
    agi_text *text = p->text;
    bool innermost = dim == p->ndim - 1;
    int64_t size = p->shape[dim];
    int64_t per_line = (p->options->linewidth - indent) / (p->width + 2);
    per_line = innermost && per_line > 1 ? per_line : 1;
    agi_text_append(text, "[");
    for (int64_t i = 0, shown = 0; i < size && !text->failed; i++, shown++) {
        if (shown > 0 && shown % per_line == 0) {
            agi_text_append(text, ",");
            agi_text_append_repeated(text, '\n', innermost ? 1 : p->ndim - dim - 1);
            agi_text_append_repeated(text, ' ', indent + 1);
        } else if (shown > 0) {
            agi_text_append(text, ", ");
        }
        if (is_left_out(p, dim, i)) {
            agi_text_append(text, innermost && p->edge > 0 ? " ..." : "...");
            i = size - p->edge - 1;
        } else if (innermost) {
            print_element(p, offset + i * p->strides[dim]);
        } else {
            print_dim(p, dim + 1, offset + i * p->strides[dim], indent + 1);
        }
    }
    agi_text_append(text, "]");
}

/* Characters, not bytes. */
static int64_t columns(const char *text)
{
    int64_t count = 0;
    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

/* What follows the numbers stands on their last line, or on a new one where that is too long. */
typedef struct suffixes {
    agi_text *text;
    int64_t linewidth, indent, column;
} suffixes;

/* unseen: characters that torch counts and we leave out. */
static void append_suffix(suffixes *s, const char *name, const char *value, int64_t unseen)
{
    int64_t length = columns(name) + columns(value) + unseen;
    if (s->column + length + 2 > s->linewidth) {
        agi_text_append(s->text, ",\n");
        agi_text_append_repeated(s->text, ' ', s->indent);
        s->column = s->indent + length;
    } else {
        agi_text_append(s->text, ", ");
        s->column += length + 2;
    }
    agi_text_append(s->text, name);
    agi_text_append(s->text, value);
}

/* Where the last line ends, plus the two columns that torch adds. */
static int64_t column_at_end(const char *bytes, size_t length)
{
    size_t begin = length;
    while (begin > 0 && bytes[begin - 1] != '\n') {
        begin--;
    }
    return (int64_t)(length - begin) + 2;
}

static void append_size(suffixes *s, int ndim, const int64_t *shape)
{
    agi_text size = agi_text_new(s->text->allocator, s->text->userdata);
    agi_text_append(&size, "(");
    for (int dim = 0; dim < ndim; dim++) {
        agi_text_append(&size, dim > 0 ? ", " : "");
        agi_text_append_integer(&size, shape[dim]);
    }
    agi_text_append(&size, ndim == 1 ? ",)" : ")");
    if (size.failed) {
        s->text->failed = true;
    } else {
        append_suffix(s, "size=", size.bytes, 0);
    }
    agi_text_free(&size);
}

bool agi_print_tensor(agi_text *text, const ag_print_options *options, ag_dtype dtype, int ndim,
                      const int64_t *shape, const int64_t *strides, const void *data,
                      const char *grad)
{
    static const char *const names[] = {"float32", "float64", "int64", "int32", "uint8", "bool"};
    static const char prefix[] = "tensor(";
    enum { INDENT = sizeof prefix - 1 };
    size_t begin = text->length;
    agi_text_append(text, prefix);
    int64_t count = 1;
    for (int dim = 0; dim < ndim; dim++) {
        count *= shape[dim];
    }
    if (count == 0) {
        agi_text_append(text, "[]");
    } else {
        printer p = {
            .text = text,
            .options = options,
            .dtype = dtype,
            .ndim = ndim,
            .shape = shape,
            .strides = strides,
            .data = data,
            .summarized = count > options->threshold,
            .edge = options->edgeitems > 0 ? options->edgeitems : 0,
        };
        choose_format(&p);
        if (ndim == 0) {
            print_element(&p, 0);
        } else {
            print_dim(&p, 0, 0, INDENT);
        }
    }
    if (text->failed) {
        return false;
    }
    suffixes s = {
        .text = text,
        .linewidth = options->linewidth,
        .indent = INDENT,
        .column = column_at_end(text->bytes + begin, text->length - begin),
    };
    if (count == 0 ? ndim != 1 : options->edgeitems == 0) {
        append_size(&s, ndim, shape);
    }
    if (dtype != AG_FLOAT32 && (count == 0 || (dtype != AG_INT64 && dtype != AG_BOOL))) {
        append_suffix(&s, "dtype=", names[dtype], sizeof "torch." - 1);
    }
    if (grad) {
        append_suffix(&s, grad, "", 0);
    }
    agi_text_append(text, ")");
    return !text->failed;
}

bool agi_print_profile(ag_print_options *options, const char *name)
{
    static const struct {
        const char *name;
        int precision;
        int64_t threshold, edgeitems;
    } profiles[] = {{"default", 4, 1000, 3}, {"short", 2, 1000, 2}, {"full", 4, INT64_MAX, 3}};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(name, profiles[i].name) == 0) {
            options->precision = profiles[i].precision;
            options->threshold = profiles[i].threshold;
            options->edgeitems = profiles[i].edgeitems;
            options->linewidth = 80;
            return true;
        }
    }
    return false;
}
