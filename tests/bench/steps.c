/* 100,000 steps of a network 2-16-1 in C, for bench.py: "bench-steps calls" prints how often the
 * library asked its host for memory after the first hundred, "bench-steps growth" by how many
 * kilobytes the process has grown since. */
#include <autograd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long calls;

static void *counting_allocator(void *userdata, void *block, size_t old_bytes, size_t new_bytes)
{
    (void)userdata;
    (void)old_bytes;
    calls++;
    if (new_bytes == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_bytes);
}

/* Resident, but for the pages of programs and libraries, which come as they are first run. */
static long anonymous_kilobytes(void)
{
    char line[128];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/smaps_rollup", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "Anonymous: %ld", &kilobytes);
    }
    if (status != NULL) {
        fclose(status);
    }
    return kilobytes;
}

static ag_tensor *parameter(ag_context *context, int64_t rows, int64_t columns)
{
    return ag_mul_number(ag_randn(context, AG_INTEGERS(rows, columns), AG_FLOAT32, false), 0.3);
}

static bool step(ag_context *context, ag_tensor *x, ag_tensor *y, ag_tensor **p)
{
    ag_scope_open(context);
    ag_tensor *hidden = ag_tanh(ag_add(ag_matmul(x, p[0]), p[1]));
    ag_tensor *error = ag_sub(ag_add(ag_matmul(hidden, p[2]), p[3]), y);
    ag_tensor *loss = ag_mean(ag_mul(error, error), AG_NO_INTEGERS, false, AG_DTYPE_NONE);
    bool done = ag_backward(context, (ag_tensors){&loss, 1}, (ag_tensors){0}, false, false,
                            (ag_tensors){NULL, -1});
    ag_set_grad_mode(context, false);
    for (int k = 0; k < 4 && done; k++) {
        done = ag_sub_(p[k], ag_mul_number(ag_grad(p[k]), 0.01)) != NULL;
        ag_set_grad(p[k], NULL);
    }
    ag_set_grad_mode(context, true);
    ag_scope_close(context);
    return done;
}

int main(int argc, char **argv)
{
    ag_context *context = ag_context_new(counting_allocator, NULL);
    ag_scope_open(context);
    ag_tensor *x = ag_randn(context, AG_INTEGERS(32, 2), AG_FLOAT32, false);
    ag_tensor *y = ag_randn(context, AG_INTEGERS(32, 1), AG_FLOAT32, false);
    ag_tensor *p[] = {parameter(context, 2, 16), parameter(context, 1, 16),
                      parameter(context, 16, 1), parameter(context, 1, 1)};
    for (int k = 0; k < 4; k++) {
        ag_set_requires_grad(p[k], true);
    }
    long calls_before = 0, kilobytes_before = 0;
    for (int i = 0; i < 100000; i++) {
        if (!step(context, x, y, p)) {
            fprintf(stderr, "%s\n", ag_error_text(context));
            return 1;
        }
        if (i == 100) {
            calls_before = calls;
            kilobytes_before = anonymous_kilobytes();
        }
    }
    bool growth = argc > 1 && strcmp(argv[1], "growth") == 0;
    printf("%ld\n", growth ? anonymous_kilobytes() - kilobytes_before : calls - calls_before);
    ag_scope_close(context);
    ag_context_free(context);
    return 0;
}
