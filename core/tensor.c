#include "tensor.h"

#include <string.h>

#include "dtype.h"
#include "graph.h"
#include "memory.h"
#include "shape.h"

static const ag_tensor none = {.references = 1}; /* contexts in all threads share it */
ag_tensor *const AG_NONE = (ag_tensor *)&none;

/* Tensors of up to this many bytes carry their numbers in their own block. */
enum { EMBEDDED_BYTES = 512 };

static size_t round_up(size_t bytes, size_t to)
{
    return (bytes + to - 1) / to * to;
}

/* Header, room for dims, and for an embedded storage with data_bytes (SIZE_MAX: none). Shape,
 * strides, numel and whether it is contiguous are for the caller to set. */
static ag_tensor *new_block(ag_context *context, ag_dtype dtype, int ndim, size_t data_bytes)
{
    size_t dims_at = sizeof(ag_tensor);
    size_t storage_at = dims_at + 2 * (size_t)ndim * sizeof(int64_t);
    bool embeds = data_bytes != SIZE_MAX;
    size_t data_at = round_up(storage_at + sizeof(agi_storage), data_bytes >= 64 ? 64 : 16);
    size_t bytes = embeds ? data_at + data_bytes : storage_at;
    ag_tensor *t = agi_allocate(context, bytes);
    if (t == NULL) {
        return NULL;
    }
    *t = (ag_tensor){
        .references = 1, .dtype = (uint8_t)dtype, .ndim = (uint8_t)ndim,
        .block_parts = embeds ? 2 : 1, .block_bytes = (uint32_t)bytes, .context = context,
        .shape = (int64_t *)((char *)t + dims_at),
        .strides = (int64_t *)((char *)t + dims_at) + ndim,
    };
    if (embeds) {
        agi_storage *storage = (agi_storage *)((char *)t + storage_at);
        *storage = (agi_storage){
            .references = 1, .embedded = true, .version.in_storage = true,
            .data = (char *)t + data_at, .bytes = data_bytes, .owner = t,
        };
        t->storage = storage;
        t->version = &storage->version;
        t->data = storage->data;
    }
    return t;
}

static void release_block_part(ag_tensor *t)
{
    if (--t->block_parts == 0) {
        agi_deallocate(t->context, t, t->block_bytes);
    }
}

static ag_tensor *new_with_large_storage(ag_context *context, ag_dtype dtype, int ndim,
                                         size_t data_bytes)
{
    ag_tensor *t = new_block(context, dtype, ndim, SIZE_MAX);
    if (t == NULL) {
        return NULL;
    }
    agi_storage *storage = agi_allocate(context, sizeof *storage);
    void *data = storage == NULL ? NULL : agi_allocate(context, data_bytes);
    if (data == NULL) {
        agi_deallocate(context, storage, sizeof *storage);
        release_block_part(t);
        return NULL;
    }
    *storage = (agi_storage){
        .references = 1, .version.in_storage = true, .data = data, .bytes = data_bytes,
    };
    t->storage = storage;
    t->version = &storage->version;
    t->data = data;
    return t;
}

static ag_tensor *new_with_storage(ag_context *context, ag_dtype dtype, int ndim, int64_t numel)
{
    size_t data_bytes = (size_t)numel * agi_size_of(dtype);
    ag_tensor *t = data_bytes <= EMBEDDED_BYTES
                       ? new_block(context, dtype, ndim, data_bytes)
                       : new_with_large_storage(context, dtype, ndim, data_bytes);
    if (t != NULL) {
        t->numel = numel;
    }
    return t;
}

ag_tensor *agi_new(ag_context *context, ag_dtype dtype, int ndim, const int64_t *shape)
{
    int64_t numel, stride = 1;
    if (!agi_count_elements(context, dtype, ndim, shape, &numel)) {
        return NULL;
    }
    ag_tensor *t = new_with_storage(context, dtype, ndim, numel);
    if (t == NULL) {
        return NULL;
    }
    for (int i = ndim - 1; i >= 0; i--) {
        t->shape[i] = shape[i];
        t->strides[i] = stride;
        stride *= shape[i] > 1 ? shape[i] : 1;
    }
    t->contiguous = true;
    return agi_own(t);
}

ag_tensor *agi_new_like(const ag_tensor *like, ag_dtype dtype)
{
    ag_tensor *t = new_with_storage(like->context, dtype, like->ndim, like->numel);
    if (t == NULL) {
        return NULL;
    }
    int64_t stride = 1; /* a contiguous one may have any stride where the size is 1 */
    for (int i = like->ndim - 1; i >= 0; i--) {
        int64_t size = like->shape[i];
        t->shape[i] = size;
        t->strides[i] = like->contiguous ? stride : like->strides[i];
        stride *= size > 1 ? size : 1;
    }
    t->contiguous = like->contiguous;
    return agi_own(t);
}

ag_tensor *ag_tensor_new(ag_context *context, ag_dtype dtype, int ndim, const int64_t *shape)
{
    return agi_check_ndim(context, ndim) ? agi_new(context, dtype, ndim, shape) : NULL;
}

ag_tensor *agi_alias(ag_tensor *self, int ndim, const int64_t *shape, const int64_t *strides,
                     int64_t offset)
{
    ag_tensor *t = new_block(self->context, (ag_dtype)self->dtype, ndim, SIZE_MAX);
    if (t == NULL) {
        return NULL;
    }
    t->numel = 1;
    bool overflows = false;
    for (int i = 0; i < ndim; i++) {
        t->shape[i] = shape[i];
        t->strides[i] = strides[i];
        overflows |= __builtin_mul_overflow(t->numel, shape[i], &t->numel);
    }
    if (overflows) {
        release_block_part(t);
        return agi_fail(self->context, AG_ERROR_RUNTIME, "numel: integer multiplication overflow");
    }
    t->contiguous = agi_strides_are_contiguous(ndim, shape, strides);
    t->storage = self->storage;
    t->storage->references++;
    t->version = self->version;
    if (!t->version->in_storage) {
        t->version->references++;
    }
    t->data = self->data + offset * (int64_t)agi_size_of(self->dtype);
    return agi_own(t);
}

/* A block for a number that nobody else held is kept as it is, and handed out again. */
ag_tensor *agi_number(ag_context *context, ag_number number)
{
    static const ag_dtype dtypes[] = {
        [AG_REAL] = AG_FLOAT64, [AG_INTEGER] = AG_INT64, [AG_BOOLEAN] = AG_BOOL,
    };
    ag_dtype dtype = dtypes[number.kind];
    ag_tensor *t = context->spare_number;
    if (t != NULL) {
        context->spare_number = NULL;
        context->bytes_used += agi_block_bytes(t->block_bytes);
        t->dtype = (uint8_t)dtype;
    } else {
        t = new_block(context, dtype, 0, sizeof(int64_t));
        if (t == NULL) {
            return NULL;
        }
        t->numel = 1;
        t->contiguous = true;
        t->is_number = true;
    }
    agi_store_element(dtype, t->data, number);
    return t;
}

void agi_number_release(ag_tensor *number)
{
    if (number == NULL) {
        return;
    }
    ag_context *context = number->context;
    if (number->references > 1 || number->storage->references > 1 ||
        context->spare_number != NULL) {
        ag_release(number);
        return;
    }
    context->spare_number = number;
    context->bytes_used -= agi_block_bytes(number->block_bytes);
}

ag_tensor *agi_again(ag_tensor *self)
{
    return agi_own(ag_retain(self));
}

/* ---- Lifetime --------------------------------------------------------- */

ag_tensor *ag_retain(ag_tensor *tensor)
{
    if (tensor != NULL && tensor != AG_NONE) {
        tensor->references++;
    }
    return tensor;
}

void agi_version_release(ag_context *context, agi_version *version)
{
    if (!version->in_storage && --version->references == 0) {
        agi_deallocate(context, version, sizeof *version);
    }
}

void agi_storage_release(ag_context *context, agi_storage *storage)
{
    if (--storage->references > 0) {
        return;
    }
    if (storage->embedded) {
        release_block_part(storage->owner);
    } else {
        agi_deallocate(context, storage->data, storage->bytes);
        agi_deallocate(context, storage, sizeof *storage);
    }
}

void ag_release(ag_tensor *tensor)
{
    if (tensor == NULL || tensor == AG_NONE || --tensor->references > 0) {
        return;
    }
    ag_context *context = tensor->context;
    if (tensor->node != NULL || tensor->hooks != NULL) {
        agi_tensor_leaves_graph(tensor);
    }
    if (tensor->grad != NULL || tensor->base != NULL) {
        ag_release(tensor->grad);
        ag_release(tensor->base);
    }
    agi_version_release(context, tensor->version);
    agi_storage_release(context, tensor->storage);
    if (tensor->dims_block != NULL) {
        agi_deallocate(context, tensor->dims_block, 2 * tensor->ndim * sizeof(int64_t));
    }
    release_block_part(tensor);
}

/* ---- Facts ------------------------------------------------------------ */

ag_context *ag_context_of(const ag_tensor *tensor)
{
    return tensor->context;
}

ag_dtype ag_dtype_of(const ag_tensor *tensor)
{
    return (ag_dtype)tensor->dtype;
}

int ag_ndim(const ag_tensor *tensor)
{
    return tensor->ndim;
}

const int64_t *ag_shape(const ag_tensor *tensor)
{
    return tensor->shape;
}

const int64_t *ag_strides(const ag_tensor *tensor)
{
    return tensor->strides;
}

int64_t ag_numel(const ag_tensor *tensor)
{
    return tensor->numel;
}

bool ag_size(const ag_tensor *tensor, int64_t dim, int64_t *size)
{
    int at = agi_wrap_dim(tensor->context, dim, tensor->ndim);
    if (at < 0) {
        return false;
    }
    if (tensor->ndim == 0) {
        agi_fail(tensor->context, AG_ERROR_INDEX,
                 "Dimension specified as %lld but tensor has no dimensions", (long long)dim);
        return false;
    }
    *size = tensor->shape[at];
    return true;
}

void *ag_data_pointer(const ag_tensor *tensor)
{
    return tensor->data;
}

bool ag_is_contiguous(const ag_tensor *tensor)
{
    return tensor->contiguous;
}

uint32_t ag_version(const ag_tensor *tensor)
{
    return tensor->version->value;
}

void ag_bump_version(ag_tensor *tensor)
{
    tensor->version->value++;
}

bool ag_shares_storage(const ag_tensor *tensor, const ag_tensor *other)
{
    return tensor->storage == other->storage;
}

void *ag_host(const ag_tensor *tensor)
{
    return tensor->host;
}

void ag_set_host(ag_tensor *tensor, void *host)
{
    tensor->host = host;
}

int ag_reference_count(const ag_tensor *tensor)
{
    return tensor->references;
}

/* ---- Single numbers --------------------------------------------------- */

/* A real number out of int64's range saturates, as its conversion would be undefined. */
int64_t agi_integer_of(ag_number number)
{
    if (number.kind != AG_REAL) {
        return number.integer;
    }
    if (!(number.real > -9223372036854775808.0)) {
        return INT64_MIN;
    }
    return number.real >= 9223372036854775808.0 ? INT64_MAX : (int64_t)number.real;
}

ag_number agi_element(ag_dtype dtype, const void *at)
{
    switch (dtype) {
    case AG_FLOAT32:
        return (ag_number){.kind = AG_REAL, .real = *(const float *)at};
    case AG_FLOAT64:
        return (ag_number){.kind = AG_REAL, .real = *(const double *)at};
    case AG_INT64:
        return (ag_number){.kind = AG_INTEGER, .integer = *(const int64_t *)at};
    case AG_INT32:
        return (ag_number){.kind = AG_INTEGER, .integer = *(const int32_t *)at};
    case AG_UINT8:
        return (ag_number){.kind = AG_INTEGER, .integer = *(const uint8_t *)at};
    default:
        return (ag_number){.kind = AG_BOOLEAN, .integer = *(const uint8_t *)at};
    }
}

void agi_store_element(ag_dtype dtype, void *at, ag_number number)
{
    switch (dtype) {
    case AG_FLOAT32:
        *(float *)at = (float)agi_real_of(number);
        break;
    case AG_FLOAT64:
        *(double *)at = agi_real_of(number);
        break;
    case AG_INT64:
        *(int64_t *)at = agi_integer_of(number);
        break;
    case AG_INT32:
        *(int32_t *)at = (int32_t)agi_integer_of(number);
        break;
    case AG_UINT8:
        *(uint8_t *)at = (uint8_t)agi_integer_of(number);
        break;
    default:
        *(uint8_t *)at = number.kind == AG_REAL ? number.real != 0 : number.integer != 0;
    }
}

bool ag_item(ag_tensor *tensor, ag_number *item)
{
    if (tensor == NULL || tensor == AG_NONE) {
        return false;
    }
    if (tensor->numel != 1) {
        agi_fail(tensor->context, AG_ERROR_RUNTIME,
                 "a Tensor with %lld elements cannot be converted to Scalar",
                 (long long)tensor->numel);
        return false;
    }
    *item = agi_element((ag_dtype)tensor->dtype, tensor->data);
    return true;
}
