---@meta autograd

-- The annotations of what is no operation. operations.lua, which is installed beside this file, is made
-- from the operations' entries.

---@alias autograd.dtype
---| "float32"
---| "float64"
---| "int64"
---| "int32"
---| "uint8"
---| "bool"
---| "float"
---| "double"
---| "long"
---| "int"

---@alias autograd.data number|boolean|autograd.Tensor|autograd.data[]

---PyTorch's autograd for Lua. Positions (dims, indices) count from 1.
---@class autograd
---@field _NAME string
---@field _VERSION string
---@field float32 "float32"
---@field float64 "float64"
---@field int64 "int64"
---@field int32 "int32"
---@field uint8 "uint8"
---@field bool "bool"
---@field float "float32"
---@field double "float64"
---@field long "int64"
---@field int "int32"
local autograd = {}

---Sizes: a list that prints as `{2, 3}` and compares by contents.
---@class autograd.Shape: { [integer]: integer }
local Shape = {}

---A node of the graph.
---@class autograd.Node
local Node = {}

---The name that torch gives such a node.
---@return string
function Node:name() end

---The nodes that the gradient goes on to, false where it goes nowhere.
---@return (autograd.Node|false)[]
function Node:next_functions() end

---What ends a hook.
---@class autograd.Hook
local Hook = {}

function Hook:remove() end

---Puts the grad mode back at its `<close>`.
---@class autograd.GradMode

---@class autograd.Tensor
---@field grad autograd.Tensor? the accumulated gradient; nil clears it
---@field data autograd.Tensor the same numbers without history
---@field shape autograd.Shape a copy of the sizes
---@field dtype autograd.dtype
---@field requires_grad boolean
---@field grad_fn autograd.Node? the node that made it
---@field is_leaf boolean
---@field retains_grad boolean
---@field ndim integer
---@field T autograd.Tensor with its dims reversed
---@field [integer] autograd.Tensor
---@operator add(autograd.Tensor|number): autograd.Tensor
---@operator sub(autograd.Tensor|number): autograd.Tensor
---@operator mul(autograd.Tensor|number): autograd.Tensor
---@operator div(autograd.Tensor|number): autograd.Tensor
---@operator idiv(autograd.Tensor|number): autograd.Tensor
---@operator mod(autograd.Tensor|number): autograd.Tensor
---@operator pow(autograd.Tensor|number): autograd.Tensor
---@operator unm: autograd.Tensor
---@operator len: integer
---@operator concat(autograd.Tensor): autograd.Tensor
---@operator concat(string): string
local Tensor = {}

---The sizes, or one of them.
---@param dim? integer
---@return autograd.Shape|integer
---@overload fun(self: autograd.Tensor): autograd.Shape
---@overload fun(self: autograd.Tensor, dim: integer): integer
function Tensor:size(dim) end

---How many elements lie between neighbours, dim by dim.
---@return autograd.Shape
function Tensor:stride() end

---How many dims there are.
---@return integer
function Tensor:dim() end

---How many elements there are.
---@return integer
function Tensor:numel() end

---How many elements there are.
---@return integer
function Tensor:nelement() end

---Bytes of one element.
---@return integer
function Tensor:element_size() end

---Whether the elements lie in memory without gaps, row by row.
---@return boolean
function Tensor:is_contiguous() end

---Whether the dtype is one of floats.
---@return boolean
function Tensor:is_floating_point() end

---The single element.
---@return number|boolean
function Tensor:item() end

---The numbers as nested tables, a copy; a plain number for no dims.
---@return table|number|boolean
function Tensor:totable() end

---Sets requires_grad, true unless told otherwise, and gives the tensor itself.
---@param requires_grad? boolean
---@return autograd.Tensor self
function Tensor:requires_grad_(requires_grad) end

---Lets a tensor that is no leaf keep its gradient.
function Tensor:retain_grad() end

---Accumulates gradients into the leaves.
---@param gradient? autograd.Tensor|{ gradient: autograd.Tensor?, retain_graph: boolean?, create_graph: boolean?, inputs: autograd.Tensor[]? }
---@param retain_graph? boolean
---@param create_graph? boolean
---@param inputs? autograd.Tensor|autograd.Tensor[]
function Tensor:backward(gradient, retain_graph, create_graph, inputs) end

---Calls hook with the gradient; what it returns, if not nil, takes the gradient's place.
---@param hook fun(gradient: autograd.Tensor): autograd.Tensor?
---@return autograd.Hook
function Tensor:register_hook(hook) end

---Calls hook with a leaf after its gradient was accumulated.
---@param hook fun(leaf: autograd.Tensor)
---@return autograd.Hook
function Tensor:register_post_accumulate_grad_hook(hook) end

---A tensor of a number, a boolean, or nested tables of them. Integers give int64, floats float32.
---@param data autograd.data
---@param options? { dtype: autograd.dtype?, requires_grad: boolean? }
---@return autograd.Tensor
function autograd.tensor(data, options) end

---Whether a value is a tensor.
---@param value any
---@return boolean
function autograd.is_tensor(value) end

---Runs f without recording, or, without f, answers a guard for `local _ <close> =`.
---@param f? function
---@param ... any
---@return any ...
function autograd.no_grad(f, ...) end

---Runs f with recording, or, without f, answers a guard for `local _ <close> =`.
---@param f? function
---@param ... any
---@return any ...
function autograd.enable_grad(f, ...) end

---Runs f with recording or without, or, without f, answers a guard for `local _ <close> =`.
---@param enabled boolean
---@param f? function
---@param ... any
---@return any ...
function autograd.set_grad_enabled(enabled, f, ...) end

---Whether operations are recorded.
---@return boolean
function autograd.is_grad_enabled() end

---Runs f, and frees at its end the tensors made inside but those it returns.
---@param f function
---@param ... any
---@return any ...
function autograd.scope(f, ...) end

---Begins the random numbers anew, those that PyTorch gives for the seed.
---@param seed integer
function autograd.manual_seed(seed) end

---How tensors are printed, as torch.set_printoptions has it.
---@param options { precision: integer?, threshold: integer?, edgeitems: integer?, linewidth: integer?, profile: "default"|"short"|"full"|nil, sci_mode: boolean? }
function autograd.set_printoptions(options) end

---How many threads work on one operation; one unless asked for more.
---@param count integer
function autograd.set_num_threads(count) end

---How many threads work on one operation.
---@return integer
function autograd.get_num_threads() end

---The dtype of what is made without one.
---@return autograd.dtype
function autograd.get_default_dtype() end

---Calls handler with each warning's text; nil: to stderr again.
---@param handler fun(text: string)?
function autograd.set_warning_handler(handler) end

---Bytes in use by tensors and graphs.
---@return integer
function autograd.bytes_used() end

---The same with what is kept for reuse.
---@return integer
function autograd.bytes_reserved() end

---Above so many bytes, operations fail; 0: no limit.
---@param limit? integer
function autograd.set_bytes_limit(limit) end

---Gives what is kept for reuse back to the system.
function autograd.empty_cache() end

---The instruction set of the inner loops.
---@return "baseline"|"avx2"|"avx512"
function autograd.isa_name() end

---@class autograd.Parameter
---@field name string
---@field type string
---@field optional boolean
---@field keyword_only boolean
---@field default string?

---@class autograd.Description
---@field name string
---@field signature string
---@field doc string
---@field is_function boolean
---@field is_method boolean
---@field has_inplace boolean
---@field parameters autograd.Parameter[]

---What an operation's entry says of it; nil for what is none.
---@param operation string|function
---@return autograd.Description?
function autograd.describe(operation) end

---The names of all operations, sorted.
---@return string[] names
function autograd.operations() end

---A bar that shows how far a loop is.
---@class autograd.Progress
local Progress = {}

---What stands at the bar's end: names and values, or a text; nil for nothing.
---@param values table<string, any>|string|nil
function Progress:set_postfix(values) end

---print that keeps out of the bar's way in a terminal.
---@param ... any
function Progress:print(...) end

---Shows how far a loop is, in a notebook, a terminal or a file: percentage, time left, rate, postfix.
---The loop is given what it would go over (a count gives i; a list or a tensor's rows i and the item;
---an iterator its own values), and the bar behind.
---@param what integer|any[]|autograd.Tensor|fun(...: any): ...
---@param options? { desc: string?, total: integer?, leave: boolean?, mininterval: number?, unit: string? }
---@return fun(...: any): ...
---@return any state
---@return any control
---@return autograd.Progress closing
function autograd.progress(what, options) end

---@class autograd.autograd
autograd.autograd = {}

---Accumulates gradients of several tensors into the leaves.
---@param tensors autograd.Tensor|autograd.Tensor[]
---@param grad_tensors? autograd.Tensor|autograd.Tensor[]
---@param options? { retain_graph: boolean?, create_graph: boolean?, inputs: autograd.Tensor[]? }
function autograd.autograd.backward(tensors, grad_tensors, options) end

---The gradients of outputs by inputs: a tensor for a tensor, a list for a list.
---@param outputs autograd.Tensor|autograd.Tensor[]
---@param inputs autograd.Tensor|autograd.Tensor[]
---@param grad_outputs? autograd.Tensor|autograd.Tensor[]
---@param options? { retain_graph: boolean?, create_graph: boolean?, allow_unused: boolean?, materialize_grads: boolean? }
---@return autograd.Tensor|autograd.Tensor[]
function autograd.autograd.grad(outputs, inputs, grad_outputs, options) end

---What forward and backward of a Function share; takes any field.
---@class autograd.FunctionContext
---@field [string] any
local FunctionContext = {}

---@param ... autograd.Tensor?
function FunctionContext:save_for_backward(...) end

---@return autograd.Tensor? ...
function FunctionContext:saved_tensors() end

---@class autograd.Function
---@field apply fun(...: any): ...
---@overload fun(...: any): ...

---An operation of one's own: backward answers a gradient for each argument of forward.
---@param definition { name: string?, forward: fun(ctx: autograd.FunctionContext, ...: any): ..., backward: fun(ctx: autograd.FunctionContext, ...: autograd.Tensor): ... }
---@return autograd.Function
function autograd.autograd.Function(definition) end

---Whether the gradients agree with differences; raises where they do not, unless raise_exception is false.
---@param func function
---@param inputs autograd.Tensor|any[]
---@param options? { eps: number?, atol: number?, rtol: number?, raise_exception: boolean? }
---@return boolean
function autograd.autograd.gradcheck(func, inputs, options) end

---The same for second derivatives.
---@param func function
---@param inputs autograd.Tensor|any[]
---@param grad_outputs? autograd.Tensor|autograd.Tensor[]
---@param options? { eps: number?, atol: number?, rtol: number?, raise_exception: boolean? }
---@return boolean
function autograd.autograd.gradgradcheck(func, inputs, grad_outputs, options) end

---@class autograd.functional
autograd.autograd.functional = {}

---The derivatives of each output element by each input element.
---@param func function
---@param inputs autograd.Tensor|autograd.Tensor[]
---@param options? { create_graph: boolean? }
---@return autograd.Tensor|table
function autograd.autograd.functional.jacobian(func, inputs, options) end

---The second derivatives of a function with one element.
---@param func function
---@param inputs autograd.Tensor|autograd.Tensor[]
---@param options? { create_graph: boolean? }
---@return autograd.Tensor|autograd.Tensor[][]
function autograd.autograd.functional.hessian(func, inputs, options) end

---The function's value, and v times its Jacobian.
---@param func function
---@param inputs autograd.Tensor|autograd.Tensor[]
---@param v? autograd.Tensor|autograd.Tensor[]
---@param options? { create_graph: boolean? }
---@return autograd.Tensor|autograd.Tensor[] value
---@return autograd.Tensor|autograd.Tensor[] product
function autograd.autograd.functional.vjp(func, inputs, v, options) end

---The function's value, and its Jacobian times v.
---@param func function
---@param inputs autograd.Tensor|autograd.Tensor[]
---@param v? autograd.Tensor|autograd.Tensor[]
---@param options? { create_graph: boolean? }
---@return autograd.Tensor|autograd.Tensor[] value
---@return autograd.Tensor|autograd.Tensor[] product
function autograd.autograd.functional.jvp(func, inputs, v, options) end

return autograd
