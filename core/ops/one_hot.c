/* Classes as rows with a one in their place. */
#include <string.h>

#include "cast.h"
#include "dtype.h"
#include "operation.h"

/* The smallest and the largest class, 1 and 0 where there is none; false on error. */
static bool bounds(ag_tensor *classes, int64_t *low, int64_t *high)
{
    ag_tensor *line = agi_in_line(classes);
    if (line == NULL) {
        return false;
    }
    const int64_t *at = (const int64_t *)line->data;
    *low = 1;
    *high = 0;
    for (int64_t i = 0; i < line->numel; i++) {
        *low = at[i] < *low ? at[i] : *low;
        *high = at[i] > *high ? at[i] : *high;
    }
    ag_release(line);
    return true;
}

static bool one_hot_infer(agi_call *call)
{
    ag_tensor *self = call->inputs[0];
    int64_t count = call->arguments[1].integer, low, high, shape[AG_MAX_DIMS];
    const char *wrong = NULL;
    if (self->dtype != AG_INT64) {
        wrong = "one_hot is only applicable to index tensor of type LongTensor.";
    } else if (self->numel == 0 && count <= 0) {
        wrong = "Can not infer total number of classes from empty tensor.";
    } else if (self->ndim == AG_MAX_DIMS) {
        wrong = "one_hot gives one dim more than its input, which has as many as there may be.";
    } else if (!bounds(self, &low, &high)) {
        return false;
    } else if (low < 1) {
        wrong = "Class values must be positive: classes count from 1.";
    } else if (count != -1 && high > count) {
        wrong = "Class values must be smaller than num_classes.";
    }
    if (wrong != NULL) {
        agi_fail(call->context, AG_ERROR_RUNTIME, "%s", wrong);
        return false;
    }
    for (int i = 0; i < self->ndim; i++) {
        shape[i] = self->shape[i];
    }
    shape[self->ndim] = count == -1 ? high : count;
    agi_set_result(call, 0, AG_INT64, self->ndim + 1, shape);
    return true;
}

static bool one_hot_kernel(agi_call *call)
{
    ag_tensor *rows = call->results[0].tensor, *classes = agi_in_line(call->inputs[0]);
    if (classes == NULL) {
        return false;
    }
    int64_t *to = (int64_t *)rows->data, count = rows->shape[rows->ndim - 1];
    memset(to, 0, (size_t)rows->numel * sizeof *to);
    for (int64_t i = 0; i < classes->numel; i++) {
        to[i * count + ((const int64_t *)classes->data)[i] - 1] = 1;
    }
    ag_release(classes);
    return true;
}

AG_OPERATION(one_hot, FUNCTION, "one_hot(Tensor self, int num_classes=-1) -> Tensor",
    "Rows of num_classes zeros with a one where self says; classes count from 1, and the largest "
    "gives num_classes where it is -1.",
    .infer = one_hot_infer, .kernel = one_hot_kernel)
