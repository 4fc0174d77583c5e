/* Losses that are worked out point by point, then left as they are, added up, or averaged. */
#ifndef AGI_LOSS_H
#define AGI_LOSS_H

#include "operation.h"

typedef enum agi_reduction_kind { AGI_REDUCE_NONE, AGI_REDUCE_MEAN, AGI_REDUCE_SUM } agi_reduction_kind;

/* By the name that the caller gave; false with torch's error. */
bool agi_reduction_named(ag_context *context, const char *name, agi_reduction_kind *kind);

/* Result 0 in dtype: of the inputs' broadcast shape, or without dims where it is reduced. */
bool agi_loss_infer(agi_call *call, ag_dtype dtype, agi_reduction_kind reduction);
/* Runs a LOSS_LOOP over operands of result 0's dtype, or of another that is cast; AG_NONE stands
 * for ones. */
bool agi_loss_run(agi_call *call, ag_tensor *const *operands, int count, const agi_loop_set *loops,
                  agi_reduction_kind reduction);
/* What each element's gradient is multiplied by: g, over count where the loss was averaged. */
ag_tensor *agi_loss_share(ag_tensor *g, agi_reduction_kind reduction, int64_t count);

/* An argument that torch has no derivative for requires grad: its error. Answers false. */
bool agi_refuse_gradient(ag_context *context, const char *function, const char *argument);
/* The shapes differ, which broadcasting hides: torch's warning. */
void agi_warn_of_shapes(ag_context *context, const ag_tensor *input, const ag_tensor *target);

/* A loss of COUNT operands x, t, w, v. With p[0] each is written, else all are added to the double
 * at data[0]. Operands that do not lie in line are brought so, a block at a time, so that the
 * expression is always vectorised. */
enum { AGI_LOSS_BLOCK = 256, AGI_LOSS_LANES = 8 };
#define LOSS_LOOP(NAME, TYPE, COUNT, EXPRESSION)                                                \
    AGI_INLINE void NAME##_body(char *const *data, const int64_t *strides, int64_t count,       \
                                const double *p)                                                \
    {                                                                                           \
        TYPE room[COUNT][AGI_LOSS_BLOCK], each[AGI_LOSS_BLOCK];                                 \
        double lane[AGI_LOSS_LANES] = {0};                                                      \
        const bool adds = p[0] == 0;                                                            \
        for (int64_t at = 0; at < count; at += AGI_LOSS_BLOCK) {                                \
            const int64_t n = count - at < AGI_LOSS_BLOCK ? count - at : AGI_LOSS_BLOCK;        \
            const TYPE *of[COUNT];                                                              \
            for (int k = 0; k < COUNT; k++) {                                                   \
                const char *from = data[k + 1] + at * strides[k + 1];                           \
                of[k] = strides[k + 1] == sizeof(TYPE) ? (const TYPE *)from : room[k];          \
                for (int64_t i = 0; of[k] == room[k] && i < n; i++) {                           \
                    room[k][i] = *(const TYPE *)(from + i * strides[k + 1]);                    \
                }                                                                               \
            }                                                                                   \
            const TYPE *xs = of[0], *ts = of[1], *ws = of[COUNT > 2 ? 2 : 0];                   \
            const TYPE *vs = of[COUNT > 3 ? 3 : 0];                                             \
            AGI_FOR_EACH(n) {                                                                   \
                const TYPE x = xs[i], t = ts[i], w = ws[i], v = vs[i];                          \
                (void)w;                                                                        \
                (void)v;                                                                        \
                each[i] = (TYPE)(EXPRESSION);                                                   \
            }                                                                                   \
            for (int64_t i = 0; !adds && i < n; i++) {                                          \
                *(TYPE *)(data[0] + (at + i) * strides[0]) = each[i];                           \
            }                                                                                   \
            for (int64_t i = n; adds && i % AGI_LOSS_LANES != 0; i++) {                         \
                each[i] = 0;                                                                    \
            }                                                                                   \
            for (int64_t i = 0; adds && i < n; i += AGI_LOSS_LANES) {                           \
                for (int k = 0; k < AGI_LOSS_LANES; k++) {                                      \
                    lane[k] += each[i + k];                                                     \
                }                                                                               \
            }                                                                                   \
        }                                                                                       \
        for (int k = 0; adds && k < AGI_LOSS_LANES; k++) {                                      \
            *(double *)data[0] += lane[k];                                                      \
        }                                                                                       \
    }                                                                                           \
    AGI_LOOP_SET(NAME)
#define LOSS_LOOPS(NAME, COUNT, F32, F64)                                                       \
    LOSS_LOOP(NAME##_f32, float, COUNT, F32)                                                    \
    LOSS_LOOP(NAME##_f64, double, COUNT, F64)                                                   \
    static const agi_loop_set *const NAME[AG_DTYPE_COUNT] = {LOOPS_FLOATING(NAME)};

#endif
