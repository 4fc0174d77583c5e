/* Operations that work point by point: broadcasting, promotion, and the choice of the loop. */
#include "cast.h"
#include "dtype.h"
#include "iterate.h"
#include "operation.h"

/* Operands of one shape, or plain numbers and others without dims beside it: the common case. */
static bool have_one_shape(const agi_call *call)
{
    const ag_tensor *first = call->inputs[0];
    for (int i = 1; i < call->input_count; i++) {
        const ag_tensor *t = call->inputs[i];
        if (t->ndim != 0 && !agi_same_shape(first, t)) {
            return false;
        }
    }
    return true;
}

/* The operands broadcast to one shape. The result lies in memory as the first operand of that
 * shape does, so that a transposed one stays dense. */
static bool set_broadcast_result(agi_call *call)
{
    int ndim = 0;
    int64_t shape[AG_MAX_DIMS];
    for (int i = 0; i < call->input_count; i++) {
        const ag_tensor *t = call->inputs[i];
        if (t != AG_NONE && !agi_broadcast(call->context, &ndim, shape, t->ndim, t->shape)) {
            return false;
        }
    }
    for (int i = 0; i < call->input_count; i++) {
        if (call->inputs[i] != AG_NONE && agi_shape_is(call->inputs[i], ndim, shape)) {
            agi_set_result_like(call, 0, call->compute, call->inputs[i]);
            return true;
        }
    }
    agi_set_result(call, 0, call->compute, ndim, shape);
    return true;
}

bool agi_infer_pointwise_as(agi_call *call, agi_promotion promotion,
                            const agi_loop_set *const *loops, const char *kernel_name)
{
    ag_dtype common = agi_result_type(call->inputs, call->input_count);
    if (promotion == AGI_TO_FLOAT && !ag_dtype_is_floating(common)) {
        common = AGI_DEFAULT_FLOAT;
    }
    call->compute = common;
    if (have_one_shape(call)) {
        agi_set_result_like(call, 0, common, call->inputs[0]);
    } else if (!set_broadcast_result(call)) {
        return false;
    }
    if (loops[common] == NULL) {
        return agi_refuse_dtype(call, kernel_name, common);
    }
    if (promotion == AGI_TO_BOOL) {
        call->results[0].dtype = AG_BOOL;
    }
    return true;
}

bool agi_pointwise_infer(agi_call *call)
{
    const ag_operation *operation = call->operation;
    return agi_infer_pointwise_as(call, operation->promotion, operation->loops,
                                  operation->kernel_name != NULL ? operation->kernel_name
                                                                 : operation->info.name);
}

bool agi_infer_with_numbers(agi_call *call)
{
    bool fits = agi_pointwise_infer(call);
    for (int i = 0; i < call->parameter_count && fits; i++) {
        fits = agi_check_fits(call->context,
                              (ag_number){.kind = AG_REAL, .real = call->parameters[i]},
                              call->compute);
    }
    return fits;
}

/* Room for an operand of one element, which is cast without a block of its own. */
typedef struct single {
    ag_tensor tensor;
    int64_t number;
} single;

/* An input in the type that the loop reads it in; a tensor that is none of the inputs and not the
 * room's is the caller's. */
static __attribute__((noinline)) ag_tensor *cast_input(ag_tensor *input, ag_dtype type,
                                                       single *room)
{
    if (input->numel != 1) {
        return agi_disown(agi_cast(input, type));
    }
    room->tensor = *input;
    room->tensor.dtype = (uint8_t)type;
    room->tensor.data = (char *)&room->number;
    agi_store_element(type, &room->number, agi_element((ag_dtype)input->dtype, input->data));
    return &room->tensor;
}

bool agi_run_loop(agi_call *call, const agi_loop_set *loop, const ag_dtype *types,
                  const double *parameters)
{
    ag_context *context = call->context;
    ag_tensor *operands[AGI_MAX_OPERANDS], *cast[AGI_MAX_OPERANDS];
    single singles[AGI_MAX_OPERANDS];
    int count = 1, cast_count = 0;
    bool done = true;
    operands[0] = call->results[0].tensor;
    for (int i = 0; i < call->input_count && done; i++) {
        ag_tensor *input = call->inputs[i];
        ag_dtype type = types == NULL ? call->compute : types[i];
        if (input == AG_NONE || type == AG_DTYPE_NONE) {
            continue;
        }
        if ((ag_dtype)input->dtype != type) {
            input = cast_input(input, type, &singles[count]);
            if (input != &singles[count].tensor) {
                cast[cast_count++] = input;
                done = input != NULL;
            }
        }
        operands[count++] = input;
    }
    if (done) {
        agi_iteration iteration;
        agi_iteration_begin(&iteration, operands, count);
        done = agi_iterate(&iteration, agi_loop_of(loop, context), parameters);
    }
    for (int i = 0; i < cast_count; i++) {
        ag_release(cast[i]);
    }
    return done;
}

bool agi_pointwise_kernel(agi_call *call)
{
    return agi_run_loops(call, call->operation->loops);
}

bool agi_run_loops(agi_call *call, const agi_loop_set *const *loops)
{
    return agi_run_loop(call, loops[call->compute], NULL, call->parameters);
}
