/* What tells the compiler that a loop may be vectorised. */
#ifndef AGI_VECTORIZE_H
#define AGI_VECTORIZE_H

/* Before a loop whose steps do not depend on each other: an operand may be the one written to, and
 * overlaps it in no other way. */
#ifdef __clang__
#define AGI_INDEPENDENT_STEPS _Pragma("clang loop vectorize(assume_safety)")
#else
#define AGI_INDEPENDENT_STEPS _Pragma("GCC ivdep")
#endif

#endif
