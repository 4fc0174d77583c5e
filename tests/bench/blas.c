/* OpenBLAS called directly, as a worker of bench.py: "sgemm SIZE COUNT" or "dgemm SIZE COUNT", then
 * "go", a line; answered by "ready", and by "done" when COUNT products of SIZE×SIZE are. */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char name[8];
    int n;
    long count;
    while (scanf("%7s %d %ld", name, &n, &count) == 3) {
        const int wide = strcmp(name, "dgemm") == 0;
        const size_t bytes = (size_t)n * n * (wide ? sizeof(double) : sizeof(float));
        void *a = malloc(bytes), *b = malloc(bytes), *c = malloc(bytes);
        if (!a || !b || !c) {
            return 1;
        }
        for (size_t i = 0; i < (size_t)n * n; i++) {
            if (wide) {
                ((double *)a)[i] = ((double *)b)[i] = (i % 17) * 0.1;
            } else {
                ((float *)a)[i] = ((float *)b)[i] = (i % 17) * 0.1f;
            }
        }
        puts("ready");
        fflush(stdout);
        char go[4];
        if (scanf("%3s", go) != 1) {
            return 1;
        }
        for (long k = 0; k < count; k++) {
            if (wide) {
                cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
            } else {
                cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
            }
        }
        puts("done");
        fflush(stdout);
        free(a);
        free(b);
        free(c);
    }
    return 0;
}
