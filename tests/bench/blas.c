/* OpenBLAS called directly, as a worker of bench.py: "COUNT PRODUCT; …" where a product is
 * "sgemm|dgemm M N K [NN|NT|TN|TT]", then "go", a line; answered by "ready", and by "done" when all
 * products were made COUNT times. */
#include <cblas.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PRODUCTS = 8 };

typedef struct product {
    bool wide;
    int m, n, k;
    CBLAS_TRANSPOSE a_form, b_form;
    void *a, *b, *c;
} product;

static void *made(const product *p, size_t count)
{
    void *numbers = malloc(count * (p->wide ? sizeof(double) : sizeof(float)));
    for (size_t i = 0; i < count && numbers != NULL; i++) {
        if (p->wide) {
            ((double *)numbers)[i] = (double)(i % 17) * 0.1;
        } else {
            ((float *)numbers)[i] = (float)(i % 17) * 0.1f;
        }
    }
    return numbers;
}

static bool read_product(const char *text, product *p)
{
    char name[8] = "", forms[4] = "NN";
    if (sscanf(text, "%7s %d %d %d %3s", name, &p->m, &p->n, &p->k, forms) < 4) {
        return false;
    }
    p->wide = strcmp(name, "dgemm") == 0;
    p->a_form = forms[0] == 'T' ? CblasTrans : CblasNoTrans;
    p->b_form = forms[1] == 'T' ? CblasTrans : CblasNoTrans;
    p->a = made(p, (size_t)p->m * p->k);
    p->b = made(p, (size_t)p->k * p->n);
    p->c = made(p, (size_t)p->m * p->n);
    return p->a != NULL && p->b != NULL && p->c != NULL;
}

static void multiply(const product *p)
{
    int a_line = p->a_form == CblasTrans ? p->m : p->k;
    int b_line = p->b_form == CblasTrans ? p->k : p->n;
    if (p->wide) {
        cblas_dgemm(CblasRowMajor, p->a_form, p->b_form, p->m, p->n, p->k, 1, p->a, a_line, p->b,
                    b_line, 0, p->c, p->n);
    } else {
        cblas_sgemm(CblasRowMajor, p->a_form, p->b_form, p->m, p->n, p->k, 1, p->a, a_line, p->b,
                    b_line, 0, p->c, p->n);
    }
}

int main(void)
{
    char line[512];
    while (fgets(line, sizeof line, stdin) != NULL) {
        product products[MOST_PRODUCTS];
        int count = 0;
        char *text = line;
        long turns = strtol(line, &text, 10);
        for (char *one = strtok(text, ";\n"); one != NULL && count < MOST_PRODUCTS;
             one = strtok(NULL, ";\n")) {
            if (!read_product(one, &products[count++])) {
                puts("failed: no product, or no memory for it");
                return 1;
            }
        }
        puts("ready");
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL) {
            return 1;
        }
        for (long turn = 0; turn < turns; turn++) {
            for (int i = 0; i < count; i++) {
                multiply(&products[i]);
            }
        }
        puts("done");
        fflush(stdout);
        for (int i = 0; i < count; i++) {
            free(products[i].a);
            free(products[i].b);
            free(products[i].c);
        }
    }
    return 0;
}
