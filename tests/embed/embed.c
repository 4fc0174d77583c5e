/* A host as a game or a tool would be: the library used from C, with the host's allocator, and two
 * Lua states that know nothing of each other. LUA_PATH and LUA_CPATH say where the module is. */
#include <autograd.h>
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static size_t held;

static void *count_bytes(void *userdata, void *block, size_t old_bytes, size_t new_bytes)
{
    (void)userdata;
    if (new_bytes == 0) {
        free(block);
        held -= block ? old_bytes : 0;
        return NULL;
    }
    void *result = realloc(block, new_bytes);
    if (result) {
        held += new_bytes - (block ? old_bytes : 0);
    }
    return result;
}

/* d/dx of the sum of x² is 2x. */
static const char *gradient_in_c(void)
{
    ag_context *context = ag_context_new(count_bytes, NULL);
    if (!context || !ag_scope_open(context)) {
        return "no context";
    }
    ag_tensor *x = ag_tensor_new(context, AG_FLOAT32, 1, (const int64_t[]){3});
    if (!x) {
        return "no tensor";
    }
    float *numbers = ag_data_pointer(x);
    for (int i = 0; i < 3; i++) {
        numbers[i] = i + 1.5f;
    }
    ag_set_requires_grad(x, true);
    ag_tensor *y = ag_sum(ag_mul(x, x), AG_NO_INTEGERS, false, AG_DTYPE_NONE);
    ag_tensor *gradient = NULL;
    const ag_tensors nothing = {NULL, 0};
    if (!ag_gradients(context, (ag_tensors){&y, 1}, nothing, (ag_tensors){&x, 1}, false, false,
                      false, &gradient)) {
        return "no gradient";
    }
    const float *slope = ag_data_pointer(gradient);
    for (int i = 0; i < 3; i++) {
        if (slope[i] != 2 * numbers[i]) {
            return "a wrong gradient";
        }
    }
    if (ag_add(x, NULL) || ag_matmul(x, ag_tensor_new(context, AG_FLOAT32, 1, (const int64_t[]){4}))) {
        return "an error that is none";
    }
    if (ag_error_category(context) != AG_ERROR_RUNTIME) {
        return "no category";
    }
    ag_scope_close(context);
    ag_context_free(context);
    return held == 0 ? NULL : "bytes left behind";
}

static const char script[] =
    "local ag = require 'autograd'\n"
    "ag.manual_seed(seed)\n"
    "local w = ag.zeros(1, {requires_grad = true})\n"
    "local x = ag.rand(100)\n"
    "for _ = 1, 200 do\n"
    "    local loss = (x * w - x * 3):pow(2):mean()\n"
    "    w.grad = nil\n"
    "    loss:backward()\n"
    "    ag.no_grad(function() w:sub_(w.grad) end)\n"
    "end\n"
    "return w:item()\n";

static lua_State *open_state(int seed)
{
    lua_State *L = luaL_newstate();
    if (L) {
        luaL_openlibs(L);
        lua_pushinteger(L, seed);
        lua_setglobal(L, "seed");
    }
    return L;
}

static int complain(const char *text)
{
    fprintf(stderr, "embed: %s\n", text);
    return 1;
}

int main(void)
{
    const char *wrong = gradient_in_c();
    if (wrong) {
        return complain(wrong);
    }
    lua_State *states[2] = {open_state(1), open_state(2)};
    for (int i = 0; i < 2; i++) {
        if (luaL_dostring(states[i], script) != LUA_OK) {
            return complain(lua_tostring(states[i], -1));
        }
        if (fabs(lua_tonumber(states[i], -1) - 3) > 1e-3) {
            return complain("training did not find 3");
        }
    }
    for (int i = 0; i < 2; i++) {
        lua_close(states[i]);
    }
    puts("embedded");
    return 0;
}
