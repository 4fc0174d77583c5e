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

bool agi_pointwise_infer(agi_call *call)
{
    int ndim;
    const int64_t *shape;
    int64_t room[AG_MAX_DIMS];
    if (!common_shape(call, &ndim, &shape, room)) {
        return false;
    }
    ag_dtype common = agi_result_type(call->inputs, call->input_count);
    agi_promotion promotion = call->operation->promotion;
    if (promotion == AGI_TO_FLOAT && !ag_dtype_is_floating(common)) {
        common = AGI_DEFAULT_FLOAT;
    }
    call->compute = common;
    if (call->operation->loops[common] == NULL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "\"%s\" not implemented for '%s'",
                 call->operation->info.name, agi_scalar_name(common));
        return false;
    }
    agi_set_result(call, 0, promotion == AGI_TO_BOOL ? AG_BOOL : common, ndim, shape);
    return true;
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

bool agi_pointwise_kernel(agi_call *call)
{
    ag_context *context = call->context;
    ag_tensor *operands[AGI_MAX_OPERANDS] = {call->results[0].tensor}, *cast[AGI_MAX_OPERANDS];
    ag_tensor single[AGI_MAX_OPERANDS]; /* of one element, cast without a block of its own */
    int64_t number[AGI_MAX_OPERANDS];
    int count = 1, cast_count = 0;
    bool done = true;
    for (int i = 0; i < call->input_count && done; i++) {
        ag_tensor *input = call->inputs[i];
        if (input == AG_NONE) {
            continue;
        }
        if ((ag_dtype)input->dtype != call->compute && input->numel == 1) {
            single[count] = *input;
            single[count].dtype = (uint8_t)call->compute;
            single[count].data = (char *)&number[count];
            agi_store_element(call->compute, &number[count],
                              agi_element((ag_dtype)input->dtype, input->data));
            input = &single[count];
        } else if ((ag_dtype)input->dtype != call->compute) {
            input = agi_disown(agi_cast(input, call->compute));
            cast[cast_count++] = input;
            done = input != NULL;
        }
        operands[count++] = input;
    }
    if (done) {
        double parameters[MAX_PARAMETERS];
        collect_parameters(call, parameters);
        agi_iteration iteration;
        agi_iteration_begin(&iteration, operands, count);
        done = agi_iterate(&iteration, call->operation->loops[call->compute]->variant[context->isa],
                           parameters);
    }
    for (int i = 0; i < cast_count; i++) {
        ag_release(cast[i]);
    }
    return done;
}
