/* What the binding's files share. It knows of the core only the public header.
 *
 * Each C function of the module is a closure with the same first upvalues: the state (a light
 * userdata), the metatable of tensors, and the table of handles; its own come after them.
 *
 * Nothing may jump out of Lua while a reference is held by C alone: userdata are made first, with
 * a NULL payload, and filled once the core has answered. And wherever Lua allocates, a finalizer may
 * run that frees a tensor (by __close, by x.grad = nil): what a handle holds is read after that. */
#ifndef BINDING_H
#define BINDING_H

#include <autograd.h>
#include <lauxlib.h>
#include <lua.h>

typedef struct closure closure;

/* One a Lua state; a userdata that lives in the registry. */
typedef struct state {
    ag_context *context;
    lua_State *thread;     /* whose grad mode the context has: the one that called last */
    lua_State *finalizing; /* the thread that runs a finalizer of ours, NULL without */
    int callbacks;         /* of the core into Lua that are under way */
    size_t debt;           /* bytes allocated that the collector has not been told of */
    size_t full_at;        /* with more bytes in use, the collector looks at all */
    struct form *forms;    /* of all operations, one block that the registry holds */
    int form_count;
    struct scope *scope;   /* the innermost ag.scope */
    bool has_sentinel;     /* one waits for the end of the collector's cycle (closure.c) */

    /* From here on, addresses that are keys of the registry. */
    char handles;     /* what HANDLES_UPVALUE is */
    char closures;    /* handle → list of closures tied to it, an ephemeron table */
    char anchors;     /* closure pointer → closure: those that the core may call */
    char modes;       /* thread → grad mode of those that are not `thread`, weak */
    char parents;     /* thread → whose grad mode it began with, weak */
    char scope_lists; /* scope pointer → its handles */
    char failure;     /* the error of a callback, on its way through the core */
    char warning;     /* the warning handler */
    char form_block;
    char push_list, run_hook, run_function, hand_warning; /* functions called within a pcall */
    char weak_values; /* a metatable */
    char shape_metatable, node_metatable, guard_metatable, closure_metatable, sentinel_metatable,
        scope_metatable, context_metatable, function_metatable;
} state;

/* HANDLES: tensor pointer → its handle, weak: those that the core may hand back. */
enum { STATE_UPVALUE = 1, METATABLE_UPVALUE, HANDLES_UPVALUE, OWN_UPVALUE };

/* What a tensor is in Lua. */
typedef struct handle {
    const state *state; /* of the module that made it: what tells a handle from other userdata */
    ag_tensor *tensor;  /* owned; NULL before it is there and after it was freed */
    bool is_registered; /* stands in `handles` */
    bool has_closures;  /* stands in `closures` */
    bool is_kept;       /* returned by a scope that ends now */
} handle;

/* ---- state.c ------------------------------------------------------------ */

void enter_thread(lua_State *L, state *s);
/* Tells the collector of the bytes that were allocated. */
void pay_debt(lua_State *L, state *s);

/* The debt is paid by the next call: what it allocates can take the place of what died since, and
 * the operand that the last call made for it does not grow old under two looks of the collector. */
static inline void enter_state(lua_State *L, state *s)
{
    enum { STEP = 64 << 10 };
    if (s->thread != L) {
        enter_thread(L, s);
    }
    if (s->debt >= STEP) {
        pay_debt(L, s);
    }
}

/* Each function of the module begins with this: the state, with L's grad mode in force. */
static inline state *enter(lua_State *L)
{
    state *s = lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE));
    enter_state(L, s);
    return s;
}

void push_registered(lua_State *L, const void *key); /* registry[key] */
void set_registered(lua_State *L, const void *key);  /* registry[key] = top, popped */
/* The userdata at `at` (an absolute index) if it has the metatable registry[metatable], or NULL. */
void *test_userdata(lua_State *L, int at, const void *metatable);
/* A closure with the module's upvalues, and count own ones from the top of the stack. */
void push_function(lua_State *L, state *s, lua_CFunction function, int count);
/* Sets functions into the table at the top. */
void set_functions(lua_State *L, state *s, const luaL_Reg *functions);
/* What was allocated since ag_bytes_used was before is owed to the collector. */
static inline void account(state *s, size_t before)
{
    size_t after = ag_bytes_used(s->context);
    s->debt += after > before ? after - before : 0;
}

/* ---- error.c ------------------------------------------------------------ */

/* Raises the context's error, with file and line; a callback's own unchanged. */
int raise_error(lua_State *L, state *s);
/* Raises text of the binding's own, with file and line. */
int fail(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same from within a callback: the error goes through the core, so that the place is where the
 * core was called. Answers 0, no results. */
int refuse(state *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The name of the value's type for an error: int and float apart, Tensor. */
const char *type_name(lua_State *L, int at);
/* The candidate (a key of the table at `table` that is a string) nearest to name, NULL where none
 * is near; anchored in that table. */
const char *nearest_key(lua_State *L, int table, const char *name);
/* pcall of the function and its count arguments on the stack, from a callback of the core. On
 * failure the error is kept for raise_error and the context has AG_ERROR_CALLBACK. */
bool call_back(lua_State *L, state *s, int count, int results);
/* After Lua code ran within the core: the grad mode as the core had it. Raises nothing. */
void restore_mode(lua_State *L, state *s, bool mode);

/* ---- tensor.c ----------------------------------------------------------- */

/* A handle without a tensor yet; pushed. */
handle *push_handle(lua_State *L, state *s);
/* Gives a tensor that the core has just made to its handle. Within a callback it belongs to a
 * scope of the core, and the handle takes a reference of its own. */
static inline void give_tensor(state *s, handle *h, ag_tensor *tensor)
{
    h->tensor = s->callbacks > 0 ? ag_retain(tensor) : tensor;
}
/* The same for what may be NULL: then raises the error. Answers 1. */
int give_made(lua_State *L, state *s, handle *h, ag_tensor *tensor);
/* Pushes the handle of a tensor that the core holds, or nil for AG_NONE: always the same one
 * while Lua holds it. */
void push_tensor(lua_State *L, state *s, ag_tensor *tensor);
/* The same for the gradient of the tensor at `at`, which was read before Lua allocated. */
void push_grad(lua_State *L, state *s, int at, const ag_tensor *tensor);
/* The tensor at `at`, which a handle that is pushed keeps while Lua allocates. */
ag_tensor *pin_tensor(lua_State *L, state *s, int at);
/* The handle at `at` (an absolute index), which the core may hand back later. */
void register_handle(lua_State *L, state *s, int at, handle *h);
/* NULL where the value is no tensor. The metatable is not asked: that would take twice as long as
 * all else. A light userdata has the length 0; no other module has our state's address. */
static inline handle *test_handle_of(lua_State *L, const state *s, int at)
{
    handle *h = lua_touserdata(L, at);
    return h != NULL && lua_rawlen(L, at) == sizeof *h && h->state == s ? h : NULL;
}

static inline handle *test_handle(lua_State *L, int at)
{
    return test_handle_of(L, lua_touserdata(L, lua_upvalueindex(STATE_UPVALUE)), at);
}
int raise_freed(lua_State *L);
void anchor_closures(lua_State *L, state *s, int at);
/* The tensor of a handle that goes to the core; raises where it was freed. */
static inline ag_tensor *use_handle(lua_State *L, state *s, int at, handle *h)
{
    if (h->tensor == NULL) {
        raise_freed(L);
    }
    if (h->has_closures) {
        anchor_closures(L, s, at);
    }
    return h->tensor;
}
/* The tensor at `at`, or an error that it is no tensor. */
ag_tensor *check_tensor(lua_State *L, state *s, int at);
/* Frees what the handle holds, before its time. */
void free_handle(lua_State *L, state *s, int at, handle *h);
void open_tensor(lua_State *L, state *s); /* makes the metatable: at the top */

/* ---- arguments.c, call.c ------------------------------------------------- */

enum { MAX_PARAMETERS = 24 };

/* An operation as Lua calls it: as a function, as a method, or in place. */
typedef struct form {
    state *s;
    const ag_operation *operation;
    const ag_operation_info *info;
    uint32_t loose;         /* bit i: parameter i may be given as loose arguments */
    uint32_t takes_tensor;  /* bit i: parameter i is one tensor, or may be one */
    int8_t order[MAX_PARAMETERS]; /* positional argument → parameter */
    int8_t positional_count;
    int8_t handle_count;    /* to make before the call; 0 where its results decide */
    bool is_method;         /* self does not count among the positions in errors */
    bool in_place;
    bool gives_boolean;     /* the single result, a tensor without dims, is a boolean in Lua */
} form;

/* A call while its arguments are read. */
typedef struct call {
    lua_State *L;
    state *s;
    const form *form;
    ag_value values[MAX_PARAMETERS];
    uint32_t given;
    int top;           /* arguments stand at 1…top */
    int used_integers, used_tensors;
    int64_t integers[2 * AG_MAX_DIMS];
    ag_tensor *tensors[16];
} call;

/* Reads the arguments into values. Raises where they do not fit; pushes what must live on. */
void read_arguments(call *c);
/* Sets operations as functions into the table at `functions`, as methods into that at `methods`. */
void open_operations(lua_State *L, state *s, int functions, int methods);
/* Pushes the function form of an operation as a light userdata. */
void push_function_form(lua_State *L, state *s, const char *name);
/* The form that the function at `at` calls, NULL for another function. */
const form *form_of(lua_State *L, int at);
/* Calls a form with all that is on the stack; answers how many results it pushed. */
int call_form(lua_State *L, const form *f);
/* After a failure: whether it was for lack of memory, and the collector has run: try again. */
bool retry_with_memory(lua_State *L, state *s);
/* Calls an operation once more after a full collection where memory had run out. */
bool call_core(lua_State *L, state *s, const ag_operation *operation, bool in_place,
               ag_value *values, ag_results *results);

/* ---- the others, by file -------------------------------------------------- */

int index_tensor(lua_State *L);     /* index.c: __index and __newindex with what is no name */
int assign_tensor(lua_State *L);
bool is_index_word(lua_State *L, int at); /* "..." or "newaxis" */
void open_fields(lua_State *L, state *s, int methods); /* field.c: into the metatable at the top */
/* shape.c: sizes or strides as a list like x.shape. */
void push_sizes(lua_State *L, state *s, const int64_t *sizes, int count);
void open_shape(lua_State *L, state *s);
void open_operators(lua_State *L, state *s, int functions); /* operator.c: into the metatable at
                                                               the top */
int construct_tensor(lua_State *L);                  /* construct.c */
int convert_to_table(lua_State *L);                  /* convert.c */
int convert_to_item(lua_State *L);
void open_methods(lua_State *L, state *s, int methods); /* method.c */
/* grad_mode.c: inserts at `at` what puts the mode back when the running function returns or fails. */
void set_mode_until_return(lua_State *L, state *s, int at, bool enabled);
void open_grad_mode(lua_State *L, state *s, int functions);
/* keyword.c: of the binding's own functions. The arguments, by position or in a last table by name,
 * come to stand at 1…n as names (NULL ends them) says; nil where absent. */
void arrange_arguments(lua_State *L, const char *function, const char *const *names, int required);
/* A table with a key that is no integer. */
bool is_keywords(lua_State *L, int at);
/* The flag at `at`, false where it is nil. */
bool read_flag(lua_State *L, int at, const char *function, const char *name);
/* Where the tensors of a list are put. All rooms are made before the first list is read. */
typedef struct list_room {
    ag_tensor **items;
    ag_tensor *few[4];
} list_room;
/* How many tensors a tensor or a list at `at` is. */
int64_t length_of_tensors(lua_State *L, int at);
/* Room for the tensor or the list of tensors at `at`, or for `least` if that is more; on the stack
 * if it is large. */
void make_room(lua_State *L, int at, int64_t least, list_room *room);
/* Reads a tensor or a list of tensors at `at`. count, where it is not -1, is how many there are to
 * be, and nil among them is AG_NONE. They may be handed back later. */
ag_tensors read_tensors(lua_State *L, state *s, int at, int64_t count, const char *function,
                        const char *name, const list_room *room);
int backward_method(lua_State *L);                   /* backward.c */
void open_backward(lua_State *L, state *s);          /* into the table at the top: ag.autograd */
void open_node(lua_State *L, state *s);              /* node.c */
void push_node(lua_State *L, state *s, ag_node *node);
void open_hooks(lua_State *L, state *s, int methods); /* hook.c */
void open_function(lua_State *L, state *s);          /* function.c: into ag.autograd */
void open_scope(lua_State *L, state *s, int functions); /* scope.c */
void enter_scope(lua_State *L, state *s); /* of the handle at the top, just made */
void open_settings(lua_State *L, state *s, int functions); /* setting.c */
void open_descriptions(lua_State *L, state *s, int functions); /* describe.c */
void open_system(lua_State *L);                      /* system.c: for require "autograd.system" */

/* ---- closure.c: Lua functions that the core holds -------------------------- */

/* A closure is a userdata with the function (and what goes with it) in its uservalue. The core
 * has its address. It lives as long as the handles of the tensors it is tied to or, where a graph
 * beyond them may still call it, as long as that. */
struct closure {
    state *s;
    ag_node *node;       /* borrowed, while the core holds the closure; NULL on a leaf */
    uint64_t number;     /* of a hook, 0 once it is gone */
    bool is_held;        /* by the core */
    bool is_anchored;
    bool is_fresh;       /* used since the collector's last cycle */
    int owner_count;
    handle *owners[];    /* the handles it is tied to; NULL once they are gone */
};

/* Pushes a new one with the value at the top as its uservalue, popped. */
closure *push_closure(lua_State *L, state *s, int owner_count);
/* Ties the closure at `at` to the handle at `owner` as its i-th. */
void tie_closure(lua_State *L, int at, int owner, int i);
/* The ag_free of a closure that is handed to the core. */
void free_closure(void *userdata);
/* Pushes the uservalue of a closure that the core calls. */
void push_closure_value(lua_State *L, closure *c);
/* A handle with closures goes. */
/* The handle at `at` goes, and lets go of its tensor. */
void leave_closures(lua_State *L, state *s, int at, handle *h, ag_tensor *tensor);
void open_closures(lua_State *L, state *s);

#endif
