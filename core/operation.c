/* Calling an operation: gather its tensors, infer, allocate, compute, record. */
#include "operation.h"

#include <string.h>

#include "dtype.h"
#include "inplace.h"
#include "memory.h"
#include "record.h"

/* ---- Arguments ---------------------------------------------------------- */

static void begin(agi_call *call, ag_context *context, const ag_operation *operation,
                  const ag_value *arguments)
{
    call->context = context;
    call->operation = operation;
    call->arguments = arguments;
    call->inputs = call->few_inputs;
    call->input_capacity = AGI_FEW_INPUTS;
    call->input_count = call->number_count = call->parameter_count = call->result_count = 0;
    call->in_place = false;
    call->results = call->few;
    call->room = call->few_room;
    call->room_dims = AG_MAX_DIMS;
}

static void free_results_room(agi_call *call);

AGI_INLINE void end(agi_call *call)
{
    for (int i = 0; i < call->number_count; i++) {
        agi_number_release(call->numbers[i]);
    }
    if (call->inputs != call->few_inputs) {
        agi_deallocate(call->context, call->inputs,
                       (size_t)call->input_capacity * sizeof *call->inputs);
    }
    if (call->results != call->few) {
        free_results_room(call);
    }
}

static bool grow_inputs(agi_call *call)
{
    int capacity = call->input_capacity * 4;
    ag_tensor **inputs = agi_allocate(call->context, (size_t)capacity * sizeof *inputs);
    if (inputs == NULL) {
        return false;
    }
    memcpy(inputs, call->inputs, (size_t)call->input_count * sizeof *inputs);
    if (call->inputs != call->few_inputs) {
        agi_deallocate(call->context, call->inputs,
                       (size_t)call->input_capacity * sizeof *call->inputs);
    }
    call->inputs = inputs;
    call->input_capacity = capacity;
    return true;
}

static inline bool add_input(agi_call *call, ag_tensor *tensor)
{
    if (call->input_count == call->input_capacity && !grow_inputs(call)) {
        return false;
    }
    call->inputs[call->input_count++] = tensor;
    return true;
}

/* The context of the first tensor among the arguments, NULL where there is none. */
static ag_context *find_context(const ag_operation *operation, const ag_value *arguments)
{
    for (int i = 0; i < operation->info.parameter_count; i++) {
        ag_type type = operation->info.parameters[i].type;
        const ag_value *value = &arguments[i];
        ag_tensor *tensor = NULL;
        if (type == AG_TYPE_TENSOR || (type == AG_TYPE_OPERAND && value->is_tensor)) {
            tensor = value->given ? value->tensor : NULL;
        } else if (type == AG_TYPE_TENSORS && value->given && value->tensors.count > 0) {
            tensor = value->tensors.items[0];
        }
        if (tensor != NULL && tensor != AG_NONE) {
            return tensor->context;
        }
    }
    return NULL;
}

static bool missing(const agi_call *call, int i)
{
    const ag_operation_info *info = &call->operation->info;
    if (call->context != NULL) {
        agi_fail(call->context, AG_ERROR_TYPE,
                 "%s(): argument '%s' (position %d) must be Tensor, not None", info->name,
                 info->parameters[i].name, i + 1);
    }
    return false;
}

static bool gather_list(agi_call *call, int i)
{
    const ag_value *value = &call->arguments[i];
    for (int64_t k = 0; value->given && k < value->tensors.count; k++) {
        ag_tensor *tensor = value->tensors.items[k];
        if (tensor == NULL) {
            return false;
        }
        if (tensor == AG_NONE) {
            return missing(call, i);
        }
        if (!add_input(call, tensor)) {
            return false;
        }
    }
    return true;
}

static bool gather_number(agi_call *call, const ag_value *value)
{
    ag_tensor *tensor = call->context == NULL ? NULL : agi_number(call->context, value->number);
    if (tensor == NULL) {
        return false;
    }
    call->numbers[call->number_count++] = tensor;
    return add_input(call, tensor);
}

static void add_parameter(agi_call *call, double value)
{
    if (call->parameter_count < AGI_MAX_PARAMETERS) {
        call->parameters[call->parameter_count++] = value;
    }
}

static inline bool is_tensor(const ag_parameter *parameter, const ag_value *value)
{
    return parameter->type <= AG_TYPE_OPERAND && value->is_tensor && value->tensor != NULL &&
           value->tensor != AG_NONE;
}

static bool gather_argument(agi_call *call, const ag_parameter *parameter, int i)
{
    const ag_value *value = &call->arguments[i];
    if (is_tensor(parameter, value)) {
        return add_input(call, value->tensor);
    }
    switch (parameter->type) {
    case AG_TYPE_TENSOR:
    case AG_TYPE_OPERAND:
        if (value->given && parameter->type == AG_TYPE_OPERAND && !value->is_tensor) {
            return gather_number(call, value);
        }
        if (value->given && value->tensor == NULL) {
            return false;
        }
        ag_tensor *tensor = value->given ? value->tensor : AG_NONE;
        return tensor == AG_NONE && !parameter->optional ? missing(call, i)
                                                         : add_input(call, tensor);
    case AG_TYPE_TENSORS:
        return gather_list(call, i);
    case AG_TYPE_NUMBER:
        add_parameter(call, value->given ? agi_real_of(value->number) : 0);
        return true;
    case AG_TYPE_REAL:
        add_parameter(call, value->given ? value->real : 0);
        return true;
    case AG_TYPE_INTEGER:
        add_parameter(call, value->given ? (double)value->integer : 0);
        return true;
    case AG_TYPE_BOOL:
        add_parameter(call, value->given && value->boolean);
        return true;
    default:
        return true;
    }
}

static __attribute__((noinline)) bool gather_from(agi_call *call, int i)
{
    const ag_operation_info *info = &call->operation->info;
    if (call->context == NULL) {
        call->context = find_context(call->operation, call->arguments);
    }
    for (; i < info->parameter_count; i++) {
        if (!gather_argument(call, &info->parameters[i], i)) {
            return false;
        }
    }
    return call->context != NULL;
}

/* Tensors to inputs, numbers to parameters. False where an argument is NULL, an earlier call's
 * failure, or cannot be had. As a rule the tensors come first. */
AGI_INLINE bool gather(agi_call *call)
{
    const ag_operation_info *info = &call->operation->info;
    const int count = info->parameter_count;
    int i = 0;
    while (i < count && i < AGI_FEW_INPUTS &&
           is_tensor(&info->parameters[i], &call->arguments[i])) {
        call->few_inputs[i] = call->arguments[i].tensor;
        i++;
    }
    call->input_count = i;
    call->only_tensors = i == count;
    return (call->only_tensors && call->context != NULL) || gather_from(call, i);
}

/* ---- Results ---------------------------------------------------------- */

static size_t bytes_of_results(int64_t count, int ndim)
{
    return (size_t)count * (sizeof(agi_result) + 2 * (size_t)ndim * sizeof(int64_t));
}

bool agi_reserve_results(agi_call *call, int64_t count, int ndim)
{
    if (count <= AG_MAX_RESULTS) {
        return true;
    }
    if (count > INT32_MAX) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s(): a list of %lld tensors is too long",
                 call->operation->info.name, (long long)count);
        return false;
    }
    agi_result *results = agi_allocate(call->context, bytes_of_results(count, ndim));
    if (results == NULL) {
        return false;
    }
    call->results = results;
    call->result_capacity = (int)count;
    call->room = (int64_t *)(results + count);
    call->room_dims = ndim;
    return true;
}

static void free_results_room(agi_call *call)
{
    agi_deallocate(call->context, call->results,
                   bytes_of_results(call->result_capacity, call->room_dims));
}

void agi_set_result(agi_call *call, int i, ag_dtype dtype, int ndim, const int64_t *shape)
{
    agi_result *result = &call->results[i];
    result->dtype = dtype;
    result->ndim = ndim;
    result->is_view = false;
    result->tensor = NULL;
    result->like = NULL;
    result->shape = call->room + 2 * (int64_t)call->room_dims * i;
    for (int d = 0; d < ndim; d++) {
        result->shape[d] = shape[d];
    }
    if (call->result_count <= i) {
        call->result_count = i + 1;
    }
}

void agi_set_result_like(agi_call *call, int i, ag_dtype dtype, const ag_tensor *like)
{
    call->results[i] = (agi_result){.dtype = dtype, .ndim = like->ndim, .shape = like->shape,
                                    .like = agi_is_dense(like) ? like : NULL};
    if (call->result_count <= i) {
        call->result_count = i + 1;
    }
}

void agi_set_view(agi_call *call, int i, int ndim, const int64_t *shape, const int64_t *strides,
                  int64_t offset)
{
    agi_set_result(call, i, (ag_dtype)call->inputs[0]->dtype, ndim, shape);
    agi_result *result = &call->results[i];
    result->is_view = true;
    result->offset = offset;
    result->strides = result->shape + call->room_dims;
    for (int d = 0; d < ndim; d++) {
        result->strides[d] = strides[d];
    }
}

bool agi_refuse_dtype(const agi_call *call, const char *kernel_name, ag_dtype dtype)
{
    agi_fail(call->context, AG_ERROR_RUNTIME, "\"%s\" not implemented for '%s'", kernel_name,
             agi_scalar_name(dtype));
    return false;
}

static bool infer(agi_call *call)
{
    agi_infer rule = call->operation->infer;
    return rule != NULL ? rule(call) : agi_pointwise_infer(call);
}

static bool compute(agi_call *call)
{
    agi_kernel kernel = call->operation->kernel;
    return kernel != NULL ? kernel(call) : agi_pointwise_kernel(call);
}

static void discard(agi_call *call)
{
    for (int i = call->result_count - 1; i >= 0; i--) {
        ag_release(agi_disown(call->results[i].tensor));
    }
}

static bool make_results(agi_call *call)
{
    bool has_work = false;
    for (int i = 0; i < call->result_count; i++) {
        agi_result *result = &call->results[i];
        if (result->is_view) {
            ag_tensor *self = call->inputs[0];
            result->tensor = agi_alias(self, result->ndim, result->shape, result->strides,
                                       result->offset);
            if (result->tensor != NULL && !call->operation->gives_own) {
                agi_mark_view(result->tensor, self,
                              call->operation->info.flags & AG_RETURNS_LIST);
            }
        } else {
            result->tensor = result->like != NULL
                ? agi_new_like(result->like, result->dtype)
                : agi_new(call->context, result->dtype, result->ndim, result->shape);
            has_work = true;
        }
        if (result->tensor == NULL) {
            return false;
        }
    }
    return !has_work || compute(call);
}

static inline bool record(agi_call *call)
{
    return !agi_is_recorded(call) || agi_record_results(call);
}

/* ---- The call --------------------------------------------------------- */

static bool call_body(ag_context *context, const ag_operation *operation, ag_value *arguments,
                      ag_results *results)
{
    if (!ag_scope_open(context)) {
        return false;
    }
    results->count = 0;
    results->is_list = false;
    results->items = results->fixed;
    bool done = operation->body(context, arguments, results);
    bool gives_self = operation->info.flags & AG_IS_INPLACE;
    for (int64_t i = 0; i < results->count && done && !gives_self; i++) {
        ag_retain(results->items[i]);
    }
    ag_scope_close(context);
    for (int64_t i = 0; i < results->count && done && !gives_self; i++) {
        if (agi_own(results->items[i]) == NULL) {
            while (++i < results->count) {
                ag_release(results->items[i]);
            }
            done = false;
        }
    }
    if (!done) {
        ag_free_results(context, results);
        results->count = 0;
    }
    return done;
}

static bool hand_out(agi_call *call, ag_results *results)
{
    results->items = results->fixed;
    if (call->result_count > AG_MAX_RESULTS &&
        !agi_list_results(call->context, results, call->result_count)) {
        return false;
    }
    results->count = call->result_count;
    results->is_list = call->operation->info.flags & AG_RETURNS_LIST;
    for (int i = 0; i < call->result_count; i++) {
        results->items[i] = call->results[i].tensor;
    }
    return true;
}

bool ag_call(ag_context *context, const ag_operation *operation, ag_value *arguments,
             ag_results *results)
{
    if (operation->info.flags & AG_IS_INPLACE) {
        return ag_call_inplace(context, operation, arguments, results);
    }
    agi_call call;
    begin(&call, context, operation, arguments);
    bool done = gather(&call);
    if (done && operation->stand_in != NULL) {
        const ag_operation *stand_in = operation->stand_in(&call);
        call.operation = operation = stand_in != NULL ? stand_in : operation;
    }
    if (done && operation->body != NULL) {
        end(&call);
        return call_body(call.context, operation, arguments, results);
    }
    if (done && infer(&call)) {
        done = make_results(&call) && record(&call) && hand_out(&call, results);
        if (!done) {
            discard(&call);
        }
    } else {
        done = false;
    }
    end(&call);
    return done;
}

bool ag_call_inplace(ag_context *context, const ag_operation *operation, ag_value *arguments,
                     ag_results *results)
{
    agi_call call;
    begin(&call, context, operation, arguments);
    int at = operation->info.self;
    ag_tensor *self = arguments[at].is_tensor ? arguments[at].tensor : NULL;
    bool done = gather(&call);
    if (done && self == NULL) {
        done = missing(&call, at);
    }
    if (done && operation->body != NULL) {
        end(&call);
        return call_body(call.context, operation, arguments, results); /* gives self */
    }
    if (done) {
        call.in_place = true;
        done = agi_check_inplace(&call, self) && infer(&call) && agi_inplace(&call, self, compute);
    }
    end(&call);
    results->count = done;
    results->is_list = false;
    results->items = results->fixed;
    results->fixed[0] = self;
    return done;
}

void ag_free_results(ag_context *context, ag_results *results)
{
    if (results->items != NULL && results->items != results->fixed) {
        agi_deallocate(context, results->items, (size_t)results->count * sizeof *results->items);
        results->items = results->fixed;
    }
}

bool agi_list_results(ag_context *context, ag_results *results, int64_t count)
{
    results->count = 0;
    results->is_list = true;
    results->items = results->fixed;
    if (count > AG_MAX_RESULTS) {
        results->items = agi_allocate(context, (size_t)count * sizeof *results->items);
        if (results->items == NULL) {
            results->items = results->fixed;
            return false;
        }
    }
    for (int64_t i = 0; i < count; i++) {
        results->items[i] = NULL;
    }
    results->count = count;
    return true;
}

bool agi_one_result(ag_results *results, ag_tensor *tensor)
{
    results->items = results->fixed;
    results->fixed[0] = tensor;
    results->count = tensor != NULL;
    return tensor != NULL;
}

bool agi_two_results(ag_results *results, ag_tensor *first, ag_tensor *second)
{
    results->fixed[0] = first;
    results->fixed[1] = second;
    results->count = first != NULL && second != NULL ? 2 : 0;
    return results->count == 2;
}

ag_tensor *agi_call_one(const ag_operation *operation, ag_context *context, ag_value *arguments,
                        bool in_place)
{
    ag_results results;
    bool done = in_place ? ag_call_inplace(context, operation, arguments, &results)
                         : ag_call(context, operation, arguments, &results);
    return done ? results.fixed[0] : NULL;
}

bool agi_call_many(const ag_operation *operation, ag_context *context, ag_value *arguments,
                   int count, ag_tensor **const *places)
{
    ag_results results;
    bool done = ag_call(context, operation, arguments, &results);
    for (int i = 0; i < count; i++) {
        *places[i] = done ? results.fixed[i] : NULL;
    }
    return done;
}

const ag_operation_info *ag_describe(const ag_operation *operation)
{
    return &operation->info;
}

const ag_operation *ag_find_operation(const char *name)
{
    int count, low = 0;
    const ag_operation *const *table = ag_operations(&count);
    for (int high = count; low < high;) {
        int middle = (low + high) / 2, order = strcmp(name, table[middle]->info.name);
        if (order == 0) {
            return table[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    const ag_operation_alias *aliases = ag_operation_aliases(&count);
    for (int i = 0; i < count; i++) {
        if (strcmp(name, aliases[i].name) == 0) {
            return aliases[i].operation;
        }
    }
    return NULL;
}
