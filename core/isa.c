/* Which instruction set the inner loops use: the best that the processor has, or what
 * AUTOGRAD_ISA names if the processor has it. */
#include <stdlib.h>
#include <string.h>

#include "context.h"

static const char *const names[AGI_ISA_COUNT] = {"baseline", "avx2", "avx512"};

static agi_isa best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return avx2 && avx512 ? AGI_AVX512 : avx2 ? AGI_AVX2 : AGI_BASELINE;
#else
    return AGI_BASELINE;
#endif
}

agi_isa agi_choose_isa(void)
{
    agi_isa most = best();
    const char *wanted = getenv("AUTOGRAD_ISA");
    for (int isa = 0; wanted != NULL && isa <= (int)most; isa++) {
        if (strcmp(wanted, names[isa]) == 0) {
            return (agi_isa)isa;
        }
    }
    return most;
}

const char *ag_isa_name(const ag_context *context)
{
    return names[context->isa];
}
