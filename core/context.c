#include "context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "threads.h"

struct agi_warned {
    agi_warned *next;
    size_t bytes;
    char text[];
};

static void *c_allocator(void *userdata, void *block, size_t old_bytes, size_t new_bytes)
{
    if (new_bytes == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_bytes);
}

ag_context *ag_context_new(ag_allocator allocator, void *userdata)
{
    if (allocator == NULL) {
        allocator = c_allocator;
    }
    ag_context *context = allocator(userdata, NULL, 0, sizeof *context);
    if (context == NULL) {
        return NULL;
    }
    memset(context, 0, sizeof *context);
    context->allocator = allocator;
    context->allocator_userdata = userdata;
    context->bytes_reserved = context->bytes_used = sizeof *context;
    context->isa = agi_choose_isa();
    context->num_threads = agi_threads_from_environment();
    context->grad_mode = true;
    context->next_sequence = 1;
    context->next_hook = 1;
    context->next_run = 1;
    context->print_options = (ag_print_options){4, 1000, 3, 80, -1};
    context->generator.isa = (int)context->isa;
    context->text = agi_text_new(allocator, userdata);
    agi_generator_seed(&context->generator, agi_generator_seed_from_system());
    return context;
}

void ag_context_free(ag_context *context)
{
    if (context == NULL) {
        return;
    }
    agi_threads_end(context);
    while (context->warned != NULL) {
        agi_warned *next = context->warned->next;
        agi_deallocate(context, context->warned, context->warned->bytes);
        context->warned = next;
    }
    agi_text_free(&context->text);
    agi_deallocate(context, context->scopes.items,
                   context->scopes.capacity * sizeof *context->scopes.items);
    ag_empty_cache(context);
    context->allocator(context->allocator_userdata, context, sizeof *context, 0);
}

void *agi_fail(ag_context *context, ag_error category, const char *format, ...)
{
    if (context->error == AG_OK) {
        context->error = category;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(context->error_text, sizeof context->error_text, format, arguments);
        va_end(arguments);
    }
    return NULL;
}

ag_error ag_error_category(const ag_context *context)
{
    return context->error;
}

const char *ag_error_text(const ag_context *context)
{
    return context->error_text;
}

void ag_clear_error(ag_context *context)
{
    context->error = AG_OK;
    context->error_text[0] = '\0';
}

bool ag_set_error(ag_context *context, ag_error category, const char *text)
{
    agi_fail(context, category, "%s", text);
    return false;
}

void ag_set_warning_hook(ag_context *context, ag_warning_hook hook, void *userdata)
{
    context->warning_hook = hook;
    context->warning_userdata = userdata;
    char text[200];
    if (hook != NULL && agi_threads_complaint(text, sizeof text) != NULL) {
        ag_warn(context, text);
    }
}

void ag_warn(ag_context *context, const char *text)
{
    for (const agi_warned *w = context->warned; w != NULL; w = w->next) {
        if (strcmp(w->text, text) == 0) {
            return;
        }
    }
    size_t bytes = sizeof(agi_warned) + strlen(text) + 1;
    bool failed_before = context->error != AG_OK;
    agi_warned *warned = agi_allocate(context, bytes);
    if (warned == NULL && !failed_before) {
        ag_clear_error(context); /* without memory to remember it, it may be said twice */
    } else if (warned != NULL) {
        warned->next = context->warned;
        warned->bytes = bytes;
        strcpy(warned->text, text);
        context->warned = warned;
    }
    if (context->warning_hook != NULL) {
        context->warning_hook(context->warning_userdata, text);
    }
}

void ag_set_interrupt_flag(ag_context *context, const volatile int *flag)
{
    context->interrupt = flag;
}

bool agi_interrupted(ag_context *context)
{
    /* Atomic, as another thread of the host may set it. */
    if (context->interrupt == NULL ||
        __atomic_load_n(context->interrupt, __ATOMIC_RELAXED) == 0) {
        return false;
    }
    agi_fail(context, AG_ERROR_INTERRUPTED, "interrupted!");
    return true;
}

bool ag_set_num_threads(ag_context *context, int count)
{
    if (count < 1) {
        return agi_fail(context, AG_ERROR_RUNTIME,
                        "set_num_threads expects a positive integer") != NULL;
    }
    if (count != context->num_threads) {
        agi_threads_end(context);
    }
    context->num_threads = count;
    return true;
}

int ag_num_threads(const ag_context *context)
{
    return context->num_threads;
}

bool ag_grad_mode(const ag_context *context)
{
    return context->grad_mode;
}

void ag_set_grad_mode(ag_context *context, bool enabled)
{
    context->grad_mode = enabled;
}

void ag_manual_seed(ag_context *context, uint64_t seed)
{
    agi_generator_seed(&context->generator, seed);
}
