/* Operations that work point by point: broadcasting, promotion, and the choice of the loop. */
#include "cast.h"
#include "dtype.h"
#include "iterate.h"
#include "operation.h"

enum { MAX_PARAMETERS = 4 };

/* The shape to which all inputs broadcast; operands of one shape, or without dims beside it, are
 * the common case. */
static bool common_shape(agi_call *call, int *ndim, const int64_t **shape, int64_t *room)
{
    const ag_tensor *first = call->inputs[0];
    bool same = true;
    for (int i = 1; i < call->input_count && same; i++) {
        const ag_tensor *t = call->inputs[i];
        same = t->ndim == 0 || agi_same_shape(first, t);
    }
    *ndim = first->ndim;
    *shape = first->shape;
    if (same) {
        return true;
    }
    *ndim = 0;
    *shape = room;
    for (int i = 0; i < call->input_count; i++) {
        const ag_tensor *t = call->inputs[i];
        if (t != AG_NONE && !agi_broadcast(call->context, ndim, room, t->ndim, t->shape)) {
            return false;
        }
    }
    return true;
}

bool agi_infer_pointwise_as(agi_call *call, agi_promotion promotion,
                            const agi_loop_set *const *loops, const char *kernel_name)
{
    int ndim;
    const int64_t *shape;
    int64_t room[AG_MAX_DIMS];
    if (!common_shape(call, &ndim, &shape, room)) {
        return false;
    }
    ag_dtype common = agi_result_type(call->inputs, call->input_count);
    if (promotion == AGI_TO_FLOAT && !ag_dtype_is_floating(common)) {
        common = AGI_DEFAULT_FLOAT;
    }
    call->compute = common;
    if (loops[common] == NULL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "\"%s\" not implemented for '%s'", kernel_name,
                 agi_scalar_name(common));
        return false;
    }
    agi_set_result(call, 0, promotion == AGI_TO_BOOL ? AG_BOOL : common, ndim, shape);
    return true;
}

bool agi_pointwise_infer(agi_call *call)
{
    const ag_operation *operation = call->operation;
    return agi_infer_pointwise_as(call, operation->promotion, operation->loops,
                                  operation->kernel_name != NULL ? operation->kernel_name
                                                                 : operation->info.name);
}

/* The plain numbers among the arguments, in order. */
static void collect_parameters(const agi_call *call, double *parameters)
{
    int count = 0;
    for (int i = 0; i < call->operation->info.parameter_count && count < MAX_PARAMETERS; i++) {
        const ag_value *value = &call->arguments[i];
        switch (call->operation->info.parameters[i].type) {
        case AG_TYPE_NUMBER:
            parameters[count++] = value->given ? agi_real_of(value->number) : 0;
            break;
        case AG_TYPE_REAL:
            parameters[count++] = value->given ? value->real : 0;
            break;
        case AG_TYPE_INTEGER:
            parameters[count++] = value->given ? (double)value->integer : 0;
            break;
        case AG_TYPE_BOOL:
            parameters[count++] = value->given && value->boolean;
            break;
        default:
            break;
        }
    }
}

bool agi_run_loop(agi_call *call, const agi_loop_set *loop, const ag_dtype *types,
                  const double *parameters)
{
    ag_context *context = call->context;
    ag_tensor *operands[AGI_MAX_OPERANDS] = {call->results[0].tensor}, *cast[AGI_MAX_OPERANDS];
    ag_tensor single[AGI_MAX_OPERANDS]; /* of one element, cast without a block of its own */
    int64_t number[AGI_MAX_OPERANDS];
    int count = 1, cast_count = 0;
    bool done = true;
    for (int i = 0; i < call->input_count && done; i++) {
        ag_tensor *input = call->inputs[i];
        ag_dtype type = types == NULL ? call->compute : types[i];
        if (input == AG_NONE || type == AG_DTYPE_NONE) {
            continue;
        }
        if ((ag_dtype)input->dtype != type && input->numel == 1) {
            single[count] = *input;
            single[count].dtype = (uint8_t)type;
            single[count].data = (char *)&number[count];
            agi_store_element(type, &number[count],
                              agi_element((ag_dtype)input->dtype, input->data));
            input = &single[count];
        } else if ((ag_dtype)input->dtype != type) {
            input = agi_disown(agi_cast(input, type));
            cast[cast_count++] = input;
            done = input != NULL;
        }
        operands[count++] = input;
    }
    if (done) {
        agi_iteration iteration;
        agi_iteration_begin(&iteration, operands, count);
        done = agi_iterate(&iteration, loop->variant[context->isa], parameters);
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
    double parameters[MAX_PARAMETERS];
    collect_parameters(call, parameters);
    return agi_run_loop(call, loops[call->compute], NULL, parameters);
}
