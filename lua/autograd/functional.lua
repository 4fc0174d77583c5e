-- jacobian, hessian, vjp and jvp of a function of tensors. A tensor for a tensor, a list for a list:
-- func is called with the inputs, one by one, and may return several values.
local ag = require "autograd"

local functional = {}

local function fail(name, format, ...)
    error(("%s(): "):format(name) .. format:format(...), 4)
end

-- The inputs as fresh parts of the graph, and whether they were a list.
local function prepare(name, inputs, create_graph)
    local is_list = not ag.is_tensor(inputs)
    if is_list and type(inputs) ~= "table" then
        fail(name, "inputs must be a Tensor or a list of Tensors, not %s", type(inputs))
    end
    local fresh = {}
    for n, input in ipairs(is_list and inputs or {inputs}) do
        if not ag.is_tensor(input) then
            fail(name, "inputs must be Tensors, but input %d is a %s", n, type(input))
        end
        if create_graph and input.requires_grad then
            fresh[n] = input:view(input.shape)
        else
            fresh[n] = input:detach():requires_grad_()
        end
    end
    return fresh, is_list
end

local function call(name, func, inputs)
    local outputs = table.pack(func(table.unpack(inputs)))
    for n = 1, outputs.n do
        if not ag.is_tensor(outputs[n]) then
            fail(name, "the function must return Tensors, but value %d is a %s", n, type(outputs[n]))
        end
    end
    if outputs.n == 0 then
        fail(name, "the function returned nothing")
    end
    return outputs
end

local function zeros_like(input)
    return ag.zeros(input.shape, {dtype = input.dtype})
end

-- The gradients of output along direction, zeros where it does not depend on an input.
local function gradients(output, inputs, direction, create_graph)
    local found = output.requires_grad and ag.autograd.grad(output, inputs, direction,
        {retain_graph = true, create_graph = create_graph, allow_unused = true}) or {}
    local all = {}
    for n, input in ipairs(inputs) do
        all[n] = found[n] or zeros_like(input)
    end
    return all
end

local function read_options(name, options)
    for key in pairs(options or {}) do
        if key ~= "create_graph" then
            fail(name, "got an unexpected keyword argument '%s' (it takes create_graph)", key)
        end
    end
    return options ~= nil and options.create_graph == true
end

local function joined(shape, more)
    local sizes = table.move(shape, 1, #shape, 1, {})
    return table.move(more, 1, #more, #sizes + 1, sizes)
end

local function detached(tensor, create_graph)
    return create_graph and tensor or tensor:detach()
end

-- jacobians[n]: of one output by input n, of the output's sizes followed by the input's.
local function jacobians_of(output, inputs, create_graph)
    local rows = {}
    for n = 1, #inputs do
        rows[n] = {}
    end
    local numel = output:numel()
    for i = 1, numel do
        local direction = ag.zeros(numel, {dtype = output.dtype})
        direction[i] = 1
        local row = gradients(output, inputs, direction:reshape(output.shape), create_graph)
        for n = 1, #inputs do
            rows[n][i] = row[n]
        end
    end
    local jacobians = {}
    for n, input in ipairs(inputs) do
        local sizes = joined(output.shape, input.shape)
        jacobians[n] = numel == 0 and ag.zeros(sizes, {dtype = input.dtype})
            or detached(ag.stack(rows[n]):reshape(sizes), create_graph)
    end
    return jacobians
end

-- jacobian(func, inputs, {create_graph=false}): several outputs give a list of them.
function functional.jacobian(func, inputs, options)
    local create_graph = read_options("jacobian", options)
    return ag.enable_grad(function()
        local fresh, is_list = prepare("jacobian", inputs, create_graph)
        local outputs = call("jacobian", func, fresh)
        local all = {}
        for o, output in ipairs(outputs) do
            local jacobians = jacobians_of(output, fresh, create_graph)
            all[o] = is_list and jacobians or jacobians[1]
        end
        return outputs.n == 1 and all[1] or all
    end)
end

-- hessian(func, inputs, {create_graph=false}) of a function with one number.
function functional.hessian(func, inputs, options)
    local create_graph = read_options("hessian", options)
    return ag.enable_grad(function()
        local fresh, is_list = prepare("hessian", inputs, create_graph)
        local outputs = call("hessian", func, fresh)
        if outputs.n ~= 1 or outputs[1]:numel() ~= 1 then
            fail("hessian", "the function must return one Tensor with a single element")
        end
        local rows = {}
        for n, gradient in ipairs(gradients(outputs[1], fresh, ag.ones(outputs[1].shape,
                {dtype = outputs[1].dtype}), true)) do
            rows[n] = jacobians_of(gradient, fresh, create_graph)
        end
        return is_list and rows or rows[1][1]
    end)
end

-- The given directions, one for each of tensors; ones for a single number.
local function directions(name, v, tensors)
    if v == nil then
        if #tensors ~= 1 or tensors[1]:numel() ~= 1 then
            fail(name, "v can only be left out for a single element")
        end
        return {ag.ones(tensors[1].shape, {dtype = tensors[1].dtype})}
    end
    local list = ag.is_tensor(v) and {v} or v
    if #list ~= #tensors then
        fail(name, "v has %d Tensors, but %d are called for", #list, #tensors)
    end
    for n, tensor in ipairs(tensors) do
        if list[n].shape ~= tensor.shape then
            fail(name, "v[%d] has size %s, but %s is called for", n, list[n].shape, tensor.shape)
        end
    end
    return list
end

-- vjp(func, inputs, v, {create_graph=false}): func's value (a list of several), and v times the Jacobian.
function functional.vjp(func, inputs, v, options)
    local create_graph = read_options("vjp", options)
    return ag.enable_grad(function()
        local fresh, is_list = prepare("vjp", inputs, create_graph)
        local outputs = call("vjp", func, fresh)
        local along = directions("vjp", v, outputs)
        local products = {}
        for o, output in ipairs(outputs) do
            for n, product in ipairs(gradients(output, fresh, along[o], create_graph)) do
                products[n] = products[n] and products[n] + product or product
            end
        end
        for n = 1, #products do
            products[n] = detached(products[n], create_graph)
        end
        for o = 1, outputs.n do
            outputs[o] = detached(outputs[o], create_graph)
        end
        return outputs.n == 1 and outputs[1] or outputs, is_list and products or products[1]
    end)
end

-- jvp(func, inputs, v, {create_graph=false}): func's value, and the Jacobian times v. By backward twice:
-- u * J is linear in u, and its gradient along v is J * v.
function functional.jvp(func, inputs, v, options)
    local create_graph = read_options("jvp", options)
    return ag.enable_grad(function()
        local fresh = prepare("jvp", inputs, create_graph)
        local along = directions("jvp", v, fresh)
        local outputs = call("jvp", func, fresh)
        local products = {}
        for o, output in ipairs(outputs) do
            local u = zeros_like(output):requires_grad_()
            local sum
            for n, gradient in ipairs(gradients(output, fresh, u, true)) do
                local part = (gradient * along[n]):sum()
                sum = sum and sum + part or part
            end
            local product = sum.requires_grad
                and ag.autograd.grad(sum, u, {create_graph = create_graph, allow_unused = true})
            products[o] = detached(product or zeros_like(output), create_graph)
            outputs[o] = detached(output, create_graph)
        end
        if outputs.n == 1 then
            return outputs[1], products[1]
        end
        return outputs, products
    end)
end

return functional
