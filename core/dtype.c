#include "dtype.h"

#include <string.h>

#include "tensor.h"

static const struct {
    const char *name, *alias, *scalar_name;
    uint8_t category;
} dtypes[AG_DTYPE_COUNT] = {
    [AG_FLOAT32] = {"float32", "float", "Float", AGI_CATEGORY_FLOATING},
    [AG_FLOAT64] = {"float64", "double", "Double", AGI_CATEGORY_FLOATING},
    [AG_INT64] = {"int64", "long", "Long", AGI_CATEGORY_INTEGER},
    [AG_INT32] = {"int32", "int", "Int", AGI_CATEGORY_INTEGER},
    [AG_UINT8] = {"uint8", "byte", "Byte", AGI_CATEGORY_INTEGER},
    [AG_BOOL] = {"bool", "boolean", "Bool", AGI_CATEGORY_BOOL},
};

const uint8_t agi_dtype_sizes[AG_DTYPE_COUNT] = {
    [AG_FLOAT32] = 4, [AG_FLOAT64] = 8, [AG_INT64] = 8, [AG_INT32] = 4, [AG_UINT8] = 1,
    [AG_BOOL] = 1,
};

const char *ag_dtype_name(ag_dtype dtype)
{
    return dtype >= 0 && dtype < AG_DTYPE_COUNT ? dtypes[dtype].name : "none";
}

const char *agi_scalar_name(ag_dtype dtype)
{
    return dtypes[dtype].scalar_name;
}

const char *agi_cpp_name(ag_dtype dtype)
{
    static const char *const names[AG_DTYPE_COUNT] = {
        [AG_FLOAT32] = "float", [AG_FLOAT64] = "double", [AG_INT64] = "long int",
        [AG_INT32] = "int", [AG_UINT8] = "unsigned char", [AG_BOOL] = "bool",
    };
    return names[dtype];
}

size_t ag_dtype_size(ag_dtype dtype)
{
    return agi_dtype_sizes[dtype];
}

agi_category agi_category_of(ag_dtype dtype)
{
    return (agi_category)dtypes[dtype].category;
}

bool ag_dtype_is_floating(ag_dtype dtype)
{
    return dtypes[dtype].category == AGI_CATEGORY_FLOATING;
}

ag_dtype ag_dtype_from_name(const char *name)
{
    for (int dtype = 0; dtype < AG_DTYPE_COUNT; dtype++) {
        if (strcmp(name, dtypes[dtype].name) == 0 || strcmp(name, dtypes[dtype].alias) == 0) {
            return (ag_dtype)dtype;
        }
    }
    return AG_DTYPE_NONE;
}

/* How far up a type stands; of two, the higher holds both (uint8 fits in int32). */
static int rank(ag_dtype dtype)
{
    static const uint8_t ranks[AG_DTYPE_COUNT] = {
        [AG_BOOL] = 0, [AG_UINT8] = 1, [AG_INT32] = 2, [AG_INT64] = 3,
        [AG_FLOAT32] = 4, [AG_FLOAT64] = 5,
    };
    return ranks[dtype];
}

ag_dtype agi_promote(ag_dtype a, ag_dtype b)
{
    if (a == AG_DTYPE_NONE || b == AG_DTYPE_NONE) {
        return a == AG_DTYPE_NONE ? b : a;
    }
    return rank(a) >= rank(b) ? a : b;
}

/* Of a stronger group and a weaker one: the weaker counts where its category is higher. */
static ag_dtype combine(ag_dtype strong, ag_dtype weak)
{
    if (strong == AG_DTYPE_NONE || weak == AG_DTYPE_NONE) {
        return strong == AG_DTYPE_NONE ? weak : strong;
    }
    return agi_category_of(weak) > agi_category_of(strong) ? agi_promote(strong, weak) : strong;
}

ag_dtype agi_result_type(ag_tensor *const *operands, int count)
{
    const ag_tensor *first = operands[0];
    bool is_firsts = count > 0 && first != AG_NONE && !first->is_number;
    for (int i = 1; i < count && is_firsts; i++) {
        const ag_tensor *t = operands[i];
        is_firsts = t->is_number ? agi_category_of(t->dtype) <= agi_category_of(first->dtype)
                                 : t->dtype == first->dtype;
    }
    if (is_firsts) {
        return first->dtype;
    }
    ag_dtype dimensioned = AG_DTYPE_NONE, scalar = AG_DTYPE_NONE, number = AG_DTYPE_NONE;
    for (int i = 0; i < count; i++) {
        const ag_tensor *t = operands[i];
        if (t == AG_NONE) {
            continue;
        }
        ag_dtype *group = t->is_number ? &number : t->ndim == 0 ? &scalar : &dimensioned;
        ag_dtype dtype = t->dtype;
        if (t->is_number && dtype == AG_FLOAT64) {
            dtype = AGI_DEFAULT_FLOAT; /* a plain real number is of the default type */
        }
        *group = agi_promote(*group, dtype);
    }
    return combine(combine(dimensioned, scalar), number);
}

bool agi_can_cast(ag_dtype from, ag_dtype to)
{
    return agi_category_of(from) <= agi_category_of(to);
}
