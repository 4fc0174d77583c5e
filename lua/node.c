/* grad_fn: a node of the graph as a value that names it. */
#include "binding.h"

void push_node(lua_State *L, state *s, ag_node *node)
{
    if (node == NULL) {
        lua_pushnil(L);
        return;
    }
    ag_node **room = lua_newuserdatauv(L, sizeof *room, 0);
    *room = NULL;
    push_registered(L, &s->node_metatable);
    lua_setmetatable(L, -2);
    *room = ag_node_retain(node);
}

static ag_node *check_node(lua_State *L, state *s, int at)
{
    ag_node **room = test_userdata(L, at, &s->node_metatable);
    if (room == NULL) {
        luaL_typeerror(L, at, "autograd.Node");
    }
    if (*room == NULL) {
        fail(L, "the node was freed");
    }
    return *room;
}

static int to_string(lua_State *L)
{
    state *s = enter(L);
    ag_node *node = check_node(L, s, 1);
    lua_pushfstring(L, "<%s object at %p>", ag_node_name(node), (void *)node);
    return 1;
}

static int name(lua_State *L)
{
    state *s = enter(L);
    lua_pushstring(L, ag_node_name(check_node(L, s, 1)));
    return 1;
}

/* next_functions(): a list of nodes, false where no gradient flows. */
static int next_functions(lua_State *L)
{
    state *s = enter(L);
    ag_node *node = check_node(L, s, 1);
    int count = ag_node_edge_count(node);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        ag_node *next = ag_node_edge(node, i, NULL);
        if (next == NULL) {
            lua_pushboolean(L, false);
        } else {
            push_node(L, s, next);
        }
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

static int equal(lua_State *L)
{
    state *s = enter(L);
    lua_pushboolean(L, check_node(L, s, 1) == check_node(L, s, 2));
    return 1;
}

static int collect(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    ag_node **room = test_userdata(L, 1, &s->node_metatable);
    if (room != NULL) {
        ag_node *node = *room;
        *room = NULL;
        s->finalizing = L;
        ag_node_release(node);
        s->finalizing = NULL;
    }
    return 0;
}

void open_node(lua_State *L, state *s)
{
    static const luaL_Reg metamethods[] = {
        {"__tostring", to_string}, {"__eq", equal}, {"__gc", collect}, {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"name", name}, {"next_functions", next_functions}, {NULL, NULL},
    };
    lua_createtable(L, 0, 6);
    set_functions(L, s, metamethods);
    lua_createtable(L, 0, 2);
    set_functions(L, s, methods);
    lua_setfield(L, -2, "__index");
    lua_pushliteral(L, "autograd.Node");
    lua_setfield(L, -2, "__name");
    set_registered(L, &s->node_metatable);
}
