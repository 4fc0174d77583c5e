/* Numbers in even steps, and the identity. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "factory.h"

/* What none of them is made for. */
static bool no_bool(agi_call *call)
{
    if (call->results[0].dtype != AG_BOOL) {
        return true;
    }
    char kernel_name[32];
    snprintf(kernel_name, sizeof kernel_name, "%s_cpu", call->operation->info.name);
    return agi_refuse_dtype(call, kernel_name, AG_BOOL);
}

/* ---- arange ----------------------------------------------------------------- */

typedef struct steps {
    ag_number start, end, step;
} steps;

/* With one number alone, that is the end. */
static steps steps_of(const ag_value *arguments)
{
    steps s = {.start = arguments[0].number, .step = arguments[2].number};
    s.end = arguments[1].number;
    if (!arguments[1].given) {
        s.end = s.start;
        s.start = (ag_number){.kind = AG_INTEGER, .integer = 0};
    }
    return s;
}

/* How many steps lie in [start, end); false with torch's error. */
static bool count_steps(agi_call *call, ag_dtype dtype, const steps *s, int64_t *count)
{
    ag_context *context = call->context;
    double start = agi_real_of(s->start), end = agi_real_of(s->end), step = agi_real_of(s->step);
    if (dtype == AG_INT64) {
        int64_t first = agi_integer_of(s->start), last = agi_integer_of(s->end);
        int64_t by = agi_integer_of(s->step);
        if (by != 0 && (by > 0) == (last >= first) && first != last) {
            uint64_t span = last > first ? (uint64_t)last - (uint64_t)first
                                         : (uint64_t)first - (uint64_t)last;
            uint64_t stride = by > 0 ? (uint64_t)by : -(uint64_t)by;
            uint64_t whole = (span - 1) / stride + 1;
            *count = whole > INT64_MAX ? INT64_MAX : (int64_t)whole;
            return true;
        }
        step = (double)by;
    }
    double size = ceil((end - start) / step);
    if (step == 0) {
        agi_fail(context, AG_ERROR_RUNTIME, "step must be nonzero");
    } else if (!isfinite(start) || !isfinite(end)) {
        agi_fail(context, AG_ERROR_RUNTIME, "unsupported range: %g -> %g", start, end);
    } else if ((step > 0) != (end >= start) && end != start) {
        agi_fail(context, AG_ERROR_RUNTIME,
                 "upper bound and lower bound inconsistent with step sign");
    } else if (!(size < 0x1p63)) {
        agi_fail(context, AG_ERROR_RUNTIME, "invalid size, possible overflow?");
    } else {
        *count = (int64_t)size;
        return true;
    }
    return false;
}

static bool arange_infer(agi_call *call)
{
    steps s = steps_of(call->arguments);
    bool floating = s.start.kind == AG_REAL || s.end.kind == AG_REAL || s.step.kind == AG_REAL;
    int64_t count = 0;
    agi_factory_result(call, floating ? AGI_DEFAULT_FLOAT : AG_INT64, 1, &count);
    return no_bool(call) && count_steps(call, call->results[0].dtype, &s, call->results[0].shape);
}

/* In the type that the numbers are counted in, which for float32 is double. */
#define FILL_STEPS(TYPE, COUNTED, OF)                                                           \
    do {                                                                                        \
        TYPE *out = (TYPE *)tensor->data;                                                       \
        COUNTED start = (COUNTED)OF(s.start), step = (COUNTED)OF(s.step);                       \
        for (int64_t i = 0; i < tensor->numel; i++) {                                           \
            out[i] = (TYPE)(start + step * (COUNTED)i);                                         \
        }                                                                                       \
    } while (0)

static bool arange_kernel(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    steps s = steps_of(call->arguments);
    switch (tensor->dtype) {
    case AG_FLOAT32:
        FILL_STEPS(float, double, agi_real_of);
        break;
    case AG_FLOAT64:
        FILL_STEPS(double, double, agi_real_of);
        break;
    case AG_INT64:
        FILL_STEPS(int64_t, int64_t, agi_integer_of);
        break;
    case AG_INT32:
        FILL_STEPS(int32_t, int64_t, agi_integer_of);
        break;
    default:
        FILL_STEPS(uint8_t, int64_t, agi_integer_of);
    }
    return agi_factory_end(call);
}

AG_OPERATION(arange, FUNCTION,
    "arange(Number start, Number? end=None, Number step=1, *, dtype? dtype=None, "
    "bool requires_grad=false) -> Tensor",
    "start, start + step, … up to but without end; arange(end) begins at 0. Integers give int64.",
    .infer = arange_infer, .kernel = arange_kernel)

/* ---- linspace ------------------------------------------------------------------ */

static bool linspace_infer(agi_call *call)
{
    int64_t count = call->arguments[2].integer;
    if (count < 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "number of steps must be non-negative");
        return false;
    }
    agi_factory_result(call, AGI_DEFAULT_FLOAT, 1, &count);
    return no_bool(call);
}

/* From both ends, so that it is symmetric; the step is of the type STEP. */
#define FILL_LINE(TYPE, STEP)                                                                   \
    do {                                                                                        \
        TYPE *out = (TYPE *)tensor->data, first = (TYPE)start, last = (TYPE)end;                \
        STEP step = ((STEP)last - (STEP)first) / (STEP)(count - 1);                             \
        for (int64_t i = 0; i < count; i++) {                                                   \
            out[i] = i < count / 2 ? (TYPE)((STEP)first + step * (STEP)i)                       \
                                   : (TYPE)((STEP)last - step * (STEP)(count - i - 1));         \
        }                                                                                       \
    } while (0)

static bool linspace_kernel(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    double start = agi_real_of(call->arguments[0].number);
    double end = agi_real_of(call->arguments[1].number);
    int64_t count = tensor->numel;
    for (int i = 0; i < 2 && count > 0; i++) {
        if (!agi_check_fits(call->context, call->arguments[i].number, (ag_dtype)tensor->dtype)) {
            return false;
        }
    }
    if (count == 1) {
        agi_store_element((ag_dtype)tensor->dtype, tensor->data, call->arguments[0].number);
        return agi_factory_end(call);
    }
    switch (tensor->dtype) {
    case AG_FLOAT32:
        FILL_LINE(float, float);
        break;
    case AG_FLOAT64:
        FILL_LINE(double, double);
        break;
    case AG_INT64:
        FILL_LINE(int64_t, double);
        break;
    case AG_INT32:
        FILL_LINE(int32_t, double);
        break;
    default:
        FILL_LINE(uint8_t, double);
    }
    return agi_factory_end(call);
}

AG_OPERATION(linspace, FUNCTION,
    "linspace(Number start, Number end, int steps, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "steps numbers from start to end, both included, in even steps.",
    .infer = linspace_infer, .kernel = linspace_kernel)

/* ---- eye ------------------------------------------------------------------------ */

static bool eye_infer(agi_call *call)
{
    int64_t n = call->arguments[0].integer;
    int64_t m = call->arguments[1].given ? call->arguments[1].integer : n;
    if (n < 0 || m < 0) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s must be greater or equal to 0, got %lld",
                 n < 0 ? "n" : "m", (long long)(n < 0 ? n : m));
        return false;
    }
    agi_factory_result(call, AGI_DEFAULT_FLOAT, 2, (const int64_t[]){n, m});
    return true;
}

static bool eye_kernel(agi_call *call)
{
    ag_tensor *tensor = call->results[0].tensor;
    size_t size = agi_size_of(tensor->dtype);
    memset(tensor->data, 0, (size_t)tensor->numel * size);
    for (int64_t i = 0; i < tensor->shape[0] && i < tensor->shape[1]; i++) {
        agi_store_element((ag_dtype)tensor->dtype,
                          tensor->data + (size_t)(i * (tensor->shape[1] + 1)) * size,
                          (ag_number){.kind = AG_INTEGER, .integer = 1});
    }
    return agi_factory_end(call);
}

AG_OPERATION(eye, FUNCTION,
    "eye(int n, int? m=None, *, dtype? dtype=None, bool requires_grad=false) -> Tensor",
    "Ones on the diagonal of n by m zeros; m is n where absent.",
    .infer = eye_infer, .kernel = eye_kernel)
