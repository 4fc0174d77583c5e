/* Seeds, printing, threads, memory and warnings of the context. */
#include <limits.h>
#include <stdio.h>

#include "binding.h"

static int manual_seed(lua_State *L)
{
    state *s = enter(L);
    int is_integer;
    lua_Integer seed = lua_tointegerx(L, 1, &is_integer);
    if (lua_type(L, 1) != LUA_TNUMBER || !is_integer) {
        return fail(L, "manual_seed(): argument 'seed' must be int, not %s", type_name(L, 1));
    }
    ag_manual_seed(s->context, (uint64_t)seed);
    return 0;
}

static int64_t read_count(lua_State *L, int at, const char *name, int64_t otherwise)
{
    int is_integer;
    if (lua_isnil(L, at)) {
        return otherwise;
    }
    lua_Integer count = lua_tointegerx(L, at, &is_integer);
    if (lua_type(L, at) != LUA_TNUMBER || !is_integer || count < 0) {
        fail(L, "set_printoptions(): argument '%s' must be a count, not %s", name,
             luaL_tolstring(L, at, NULL));
    }
    return count;
}

static int set_printoptions(lua_State *L)
{
    static const char *const names[] = {
        "precision", "threshold", "edgeitems", "linewidth", "profile", "sci_mode", NULL,
    };
    state *s = enter(L);
    arrange_arguments(L, "set_printoptions", names, 0);
    ag_print_options options = ag_get_print_options(s->context);
    if (!lua_isnil(L, 5)) {
        static const char *const profiles[] = {"default", "short", "full", NULL};
        int profile = luaL_checkoption(L, 5, NULL, profiles);
        options.precision = profile == 1 ? 2 : 4;
        options.threshold = profile == 2 ? INT64_MAX : 1000;
        options.edgeitems = profile == 1 ? 2 : 3;
        options.linewidth = 80;
    }
    int64_t precision = read_count(L, 1, names[0], options.precision);
    int64_t linewidth = read_count(L, 4, names[3], options.linewidth);
    options.precision = precision > 60 ? 60 : (int)precision;
    options.threshold = lua_isinteger(L, 2) || lua_isnil(L, 2)
                        ? read_count(L, 2, names[1], options.threshold)
                        : luaL_checknumber(L, 2) >= 9.2e18 ? INT64_MAX : read_count(L, 2, names[1], 0);
    options.edgeitems = read_count(L, 3, names[2], options.edgeitems);
    options.linewidth = linewidth > INT32_MAX ? INT32_MAX : (int)linewidth;
    if (!lua_isnil(L, 6)) {
        options.sci_mode = read_flag(L, 6, "set_printoptions", "sci_mode");
    } else {
        options.sci_mode = -1;
    }
    ag_set_print_options(s->context, &options);
    return 0;
}

static int set_num_threads(lua_State *L)
{
    state *s = enter(L);
    int is_integer;
    lua_Integer count = lua_tointegerx(L, 1, &is_integer);
    if (lua_type(L, 1) != LUA_TNUMBER || !is_integer) {
        return fail(L, "set_num_threads expects an int, but got %s", type_name(L, 1));
    }
    if (count > INT_MAX) {
        return fail(L, "set_num_threads expects at most %d threads, but got %lld", INT_MAX,
                    (long long)count);
    }
    return ag_set_num_threads(s->context, count < 0 ? 0 : (int)count) ? 0 : raise_error(L, s);
}

static int get_num_threads(lua_State *L)
{
    lua_pushinteger(L, ag_num_threads(enter(L)->context));
    return 1;
}

static int bytes_used(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ag_bytes_used(enter(L)->context));
    return 1;
}

static int bytes_reserved(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ag_bytes_reserved(enter(L)->context));
    return 1;
}

/* set_bytes_limit(limit): nil or 0 for none. */
static int set_bytes_limit(lua_State *L)
{
    state *s = enter(L);
    lua_Integer limit = luaL_optinteger(L, 1, 0);
    luaL_argcheck(L, limit >= 0, 1, "a limit is not negative");
    ag_set_bytes_limit(s->context, (size_t)limit);
    return 0;
}

static int empty_cache(lua_State *L)
{
    ag_empty_cache(enter(L)->context);
    return 0;
}

static int get_default_dtype(lua_State *L)
{
    lua_pushliteral(L, "float32");
    return 1;
}

static int isa_name(lua_State *L)
{
    lua_pushstring(L, ag_isa_name(enter(L)->context));
    return 1;
}

static int is_tensor(lua_State *L)
{
    lua_pushboolean(L, lua_gettop(L) > 0 && test_handle(L, 1) != NULL);
    return 1;
}

/* ---- Warnings ---------------------------------------------------------------- */

/* A warning leaves by the handler, whose own errors end here, or to stderr as Lua's own do. */
static void warn(void *userdata, const char *text)
{
    state *s = userdata;
    lua_State *L = s->thread;
    if (lua_checkstack(L, 8)) {
        push_registered(L, &s->warning);
        if (lua_isfunction(L, -1)) {
            push_registered(L, &s->hand_warning);
            lua_insert(L, -2);
            lua_pushlightuserdata(L, (void *)text);
            bool mode = ag_grad_mode(s->context);
            s->callbacks++;
            if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
                lua_pop(L, 1);
            }
            s->callbacks--;
            restore_mode(L, s, mode);
            return;
        }
        lua_pop(L, 1);
    }
    lua_writestringerror("Warning: %s\n", text);
}

static int hand_warning(lua_State *L)
{
    lua_pushstring(L, lua_touserdata(L, 2));
    lua_replace(L, 2);
    lua_call(L, 1, 0);
    return 0;
}

/* set_warning_handler(function(text) … end), nil: to stderr again. */
static int set_warning_handler(lua_State *L)
{
    state *s = enter(L);
    if (!lua_isnoneornil(L, 1)) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
    }
    lua_settop(L, 1);
    set_registered(L, &s->warning);
    return 0;
}

void open_settings(lua_State *L, state *s, int functions)
{
    static const luaL_Reg registered[] = {
        {"manual_seed", manual_seed}, {"set_printoptions", set_printoptions},
        {"set_num_threads", set_num_threads}, {"get_num_threads", get_num_threads},
        {"bytes_used", bytes_used}, {"bytes_reserved", bytes_reserved},
        {"set_bytes_limit", set_bytes_limit}, {"empty_cache", empty_cache},
        {"get_default_dtype", get_default_dtype}, {"isa_name", isa_name}, {"is_tensor", is_tensor},
        {"set_warning_handler", set_warning_handler}, {NULL, NULL},
    };
    lua_pushvalue(L, functions);
    set_functions(L, s, registered);
    lua_pop(L, 1);
    push_function(L, s, hand_warning, 0);
    set_registered(L, &s->hand_warning);
    ag_set_warning_hook(s->context, warn, s);
}
