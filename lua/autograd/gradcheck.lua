-- Compares the gradients of a function with what small differences say.
local ag = require "autograd"

local gradcheck = {}

local DEFAULTS = {eps = 1e-6, atol = 1e-5, rtol = 1e-3, raise_exception = true}

local function with_defaults(name, options)
    for key in pairs(options or {}) do
        if DEFAULTS[key] == nil then
            error(("%s() got an unexpected keyword argument '%s' (it takes atol, eps, raise_exception, rtol)")
                :format(name, key), 3)
        end
    end
    return setmetatable(options or {}, {__index = DEFAULTS})
end

local function is_differentiable(value)
    return ag.is_tensor(value) and value:is_floating_point()
end

local function listed(inputs)
    return ag.is_tensor(inputs) and {inputs, n = 1} or table.pack(table.unpack(inputs))
end

-- What the function returns that can have a gradient.
local function outputs_of(func, inputs)
    local outputs = {}
    for _, value in ipairs(table.pack(func(table.unpack(inputs, 1, inputs.n)))) do
        if is_differentiable(value) then
            outputs[#outputs + 1] = value
        end
    end
    return outputs
end

-- jacobian[k][i]: element i of an output by element k of the input.
local function numerical_jacobians(func, inputs, which, eps)
    local input = inputs[which]
    local changed = table.move(inputs, 1, inputs.n, 1, {n = inputs.n})
    local function at(k, step)
        local moved = input:detach():clone():reshape(-1)
        moved[k] = moved[k] + step
        changed[which] = moved:reshape(input.shape):requires_grad_()
        local flat = {}
        for o, output in ipairs(outputs_of(func, changed)) do
            flat[o] = output:detach():reshape(-1):totable()
        end
        return flat
    end
    local jacobians = {}
    for k = 1, input:numel() do
        local above, below = at(k, eps), at(k, -eps)
        for o, values in ipairs(above) do
            local row = {}
            for i, value in ipairs(values) do
                row[i] = (value - below[o][i]) / (2 * eps)
            end
            jacobians[o] = jacobians[o] or {}
            jacobians[o][k] = row
        end
    end
    return jacobians
end

-- The same by backward, for all inputs: jacobians[which][k][i].
local function analytical_jacobians(output, inputs, differentiated)
    local jacobians = {}
    for _, which in ipairs(differentiated) do
        jacobians[which] = {}
        for k = 1, inputs[which]:numel() do
            jacobians[which][k] = {}
        end
    end
    local leaves = {}
    for n, which in ipairs(differentiated) do
        leaves[n] = inputs[which]
    end
    for i = 1, output:numel() do
        local direction = ag.zeros(output:numel(), {dtype = output.dtype})
        direction[i] = 1
        local gradients = output.requires_grad and ag.autograd.grad(output, leaves,
            direction:reshape(output.shape), {retain_graph = true, allow_unused = true}) or {}
        for n, which in ipairs(differentiated) do
            local values = gradients[n] and gradients[n]:detach():reshape(-1):totable()
            for k = 1, inputs[which]:numel() do
                jacobians[which][k][i] = values and values[k] or 0.0
            end
        end
    end
    return jacobians
end

local function is_close(analytical, numerical, options)
    for k, row in ipairs(numerical) do
        for i, expected in ipairs(row) do
            local difference = math.abs(analytical[k][i] - expected)
            if difference > options.atol + options.rtol * math.abs(expected) or difference ~= difference then
                return false
            end
        end
    end
    return true
end

local function differentiated_inputs(name, inputs)
    local which = {}
    for n = 1, inputs.n do
        if is_differentiable(inputs[n]) and inputs[n].requires_grad then
            which[#which + 1] = n
        end
    end
    if #which == 0 then
        error(name .. " expects at least one input tensor to require gradient, but none of them have "
            .. "requires_grad=True.", 3)
    end
    return which
end

-- Answers whether they agree; a disagreement is an error unless raise_exception is false.
local function compare(func, inputs, differentiated, options)
    local outputs = outputs_of(func, inputs)
    for o, output in ipairs(outputs) do
        local analytical = analytical_jacobians(output, inputs, differentiated)
        for _, which in ipairs(differentiated) do
            local numerical = numerical_jacobians(func, inputs, which, options.eps)[o] or {}
            if not is_close(analytical[which], numerical, options) then
                if not options.raise_exception then
                    return false
                end
                local dtype = {dtype = "float64"}
                error(("Jacobian mismatch for output %d with respect to input %d,\nnumerical:%s\nanalytical:%s")
                    :format(o, which, ag.tensor(numerical, dtype), ag.tensor(analytical[which], dtype)), 3)
            end
        end
    end
    return true
end

-- gradcheck(func, inputs, {eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=true}): inputs is a tensor or
-- a list of the arguments. float64 is called for: float32 has too few digits.
function gradcheck.gradcheck(func, inputs, options)
    options = with_defaults("gradcheck", options)
    inputs = listed(inputs)
    return compare(func, inputs, differentiated_inputs("gradcheck", inputs), options)
end

-- Numbers without a pattern, that are the same each time.
local function direction_like(output, n)
    local values = {}
    for i = 1, output:numel() do
        values[i] = math.sin(12.9898 * i + 78.233 * n) * 1.5
    end
    return ag.tensor(values, {dtype = output.dtype}):reshape(output.shape):requires_grad_()
end

-- The same for the gradients of the gradients, along grad_outputs (given, or made up).
function gradcheck.gradgradcheck(func, inputs, grad_outputs, options)
    if grad_outputs ~= nil and not ag.is_tensor(grad_outputs) and not ag.is_tensor(grad_outputs[1]) then
        grad_outputs, options = nil, grad_outputs
    end
    options = with_defaults("gradgradcheck", options)
    inputs = listed(inputs)
    local differentiated = differentiated_inputs("gradgradcheck", inputs)
    if ag.is_tensor(grad_outputs) then
        grad_outputs = {grad_outputs}
    elseif grad_outputs == nil then
        grad_outputs = {}
        for n, output in ipairs(outputs_of(func, inputs)) do
            grad_outputs[n] = direction_like(output, n)
        end
    end
    local all = table.move(inputs, 1, inputs.n, 1, {n = inputs.n + #grad_outputs})
    table.move(grad_outputs, 1, #grad_outputs, inputs.n + 1, all)
    local function gradients_of(...)
        local arguments = table.pack(...)
        local outputs = outputs_of(func, table.move(arguments, 1, inputs.n, 1, {n = inputs.n}))
        local leaves, directions, taken = {}, {}, {}
        for n, which in ipairs(differentiated) do
            leaves[n] = arguments[which]
        end
        for o, output in ipairs(outputs) do
            if output.requires_grad then
                taken[#taken + 1] = output
                directions[#taken] = arguments[inputs.n + o]
            end
        end
        local gradients = ag.autograd.grad(taken, leaves, directions,
            {create_graph = true, allow_unused = true})
        local given = {}
        for n = 1, #leaves do
            if gradients[n] ~= nil then
                given[#given + 1] = gradients[n]
            end
        end
        return table.unpack(given)
    end
    return compare(gradients_of, all, differentiated_inputs("gradgradcheck", all), options)
end

return gradcheck
