#include "positions.h"

#include "cast.h"
#include "dtype.h"

bool agi_is_index(ag_context *context, const char *operation, const ag_tensor *index)
{
    if (index->dtype == AG_INT64 || index->dtype == AG_INT32) {
        return true;
    }
    agi_fail(context, AG_ERROR_RUNTIME, "%s(): Expected dtype int32/int64 for index, but got %s",
             operation, ag_dtype_name((ag_dtype)index->dtype));
    return false;
}

ag_tensor *agi_positions(ag_tensor *index, int64_t size, int dim, bool from_end)
{
    ag_context *context = index->context;
    ag_tensor *positions = agi_disown(agi_new(context, AG_INT64, index->ndim, index->shape));
    if (positions == NULL || !agi_copy_numbers(positions, index)) {
        ag_release(positions);
        return NULL;
    }
    int64_t *p = (int64_t *)positions->data;
    for (int64_t i = 0; i < positions->numel; i++) {
        int64_t position = p[i];
        p[i] = position > 0 ? position - 1 : position + size;
        bool inside = position > 0 ? position <= size : from_end && position < 0 && p[i] >= 0;
        if (!inside) {
            agi_fail(context, AG_ERROR_INDEX,
                     position == 0 ? "index %lld is out of bounds for dimension %d with size %lld: "
                                     "positions count from 1"
                                   : "index %lld is out of bounds for dimension %d with size %lld",
                     (long long)position, dim + 1, (long long)size);
            ag_release(positions);
            return NULL;
        }
    }
    return positions;
}
