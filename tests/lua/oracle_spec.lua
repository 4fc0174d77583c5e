-- Replays what PyTorch answered (tests/oracle/expected, written by tests/oracle/generate.py): values,
-- first and second gradients, grad_fn, dtype and shape of each operation, as function, as method and
-- in place, and the sentences of refused calls.
--
-- The bars: float32 1e-5 of a tensor's largest number + 1e-6, float64 1e-10 of it + 1e-12; integers,
-- booleans, infinities and NaN exact; float64 gradients where float32 takes part have its bar. A
-- gradient of the second order that one side leaves out is the same as zeros.
local ag = require "autograd"

local directory = debug.getinfo(1, "S").source:match("^@(.*)lua/[^/]*$") .. "oracle/expected/"
local FAMILIES = {"make", "arithmetic", "division", "power", "choose", "blend", "operators", "elementary",
    "activations", "compare", "reduce", "extrema", "matrices", "shape", "index", "learning", "cast", "printing"}
local TOLERANCE = {float32 = {1e-5, 1e-6}, float64 = {1e-10, 1e-12}}
local UNWRITTEN = {empty = true, empty_like = true}

local environment = {nan = 0 / 0, inf = 1 / 0, minint = math.mininteger}
for letter, dtype in pairs {f = "float32", d = "float64", l = "int64", i = "int32", u = "uint8", b = "bool"} do
    environment[letter] = function(description)
        description.dtype, description.described = dtype, true
        return description
    end
end

local function is_description(value)
    return type(value) == "table" and value.described
end

local function build(description, grad)
    local shape, values = description[1], table.move(description, 2, #description, 1, {})
    local x
    if #shape == 0 then
        x = ag.tensor(values[1], {dtype = description.dtype})
    else
        x = ag.tensor(values, {dtype = description.dtype}):reshape(shape)
    end
    if description.v == "t" then
        x = x:transpose(-2, -1):contiguous():transpose(-2, -1)
    elseif description.v == "s" then
        x = ag.stack({x, x}, -1):select(-1, 1)
    elseif description.v == "e" then
        x = x:narrow(1, 1, 1):expand(shape)
    end
    x = x:detach()
    if grad and not description.c and description.dtype:find("^float") then
        x:requires_grad_()
    end
    return x
end

-- A case's arguments, with the leaves in their order.
local function arguments(case, grad)
    local leaves = {}
    local function made(value, differentiable)
        if is_description(value) then
            local x = build(value, differentiable)
            if x.requires_grad then
                leaves[#leaves + 1] = x
            end
            return x
        elseif type(value) == "table" then
            local list = {}
            for k, entry in pairs(value) do
                list[k] = made(entry, differentiable)
            end
            return list
        end
        return value
    end
    local list, count = {}, #case - 1
    for k = 1, count do
        -- What stands between brackets takes no gradient.
        local is_index = k == 2 and case[1]:find("^%[%]")
        list[k] = made(case[k + 1], grad and not is_index)
    end
    if case.kw then
        count = count + 1
        list[count] = made(case.kw, grad)
    end
    return list, leaves
end

local OPERATORS = {
    ["+"] = function(x, y) return x + y end,
    ["-"] = function(x, y) return x - y end,
    ["*"] = function(x, y) return x * y end,
    ["/"] = function(x, y) return x / y end,
    ["//"] = function(x, y) return x // y end,
    ["%"] = function(x, y) return x % y end,
    ["^"] = function(x, y) return x ^ y end,
    ["unary -"] = function(x) return -x end,
    ["tostring"] = function(x) return tostring(x) end,
    ["[]"] = function(x, index) return x[index] end,
    ["[]="] = function(x, index, value)
        local y = x:clone()
        y[index] = value
        return y
    end,
}
local LUA_NAMES = {["repeat"] = "rep"}

local function copied(x)
    return x.requires_grad and x:clone() or x
end

local FORMS = {
    f = function(op) return OPERATORS[op] or ag[op] or error("there is no function " .. op) end,
    m = function(op)
        return function(x, ...)
            local written = op:find("_$")
            local target = written and copied(x) or x
            if not written then
                return target[op](target, ...)
            end
            local result = target[op](target, ...)
            assert(rawequal(result, target), op .. " does not return its tensor")
            return result
        end
    end,
    i = function(op)
        return function(x, ...)
            local target = copied(x)
            local result = target[op .. "_"](target, ...)
            assert(rawequal(result, target), op .. "_ does not return its tensor")
            return result
        end
    end,
}

local function flattened(value, list)
    if type(value) == "table" then
        for _, entry in ipairs(value) do
            flattened(entry, list)
        end
    else
        list[#list + 1] = value
    end
    return list
end

local function number(value)
    if type(value) == "boolean" then
        return value and 1 or 0
    end
    return value
end

local function same_number(x, y)
    return x == y or (x ~= x and y ~= y)
end

local function list_text(list)
    return "{" .. table.concat(list, ", ") .. "}"
end

-- nil where result is as described, else what sets them apart.
local function difference(result, expected, unwritten, through)
    if result == nil then
        return "nothing"
    end
    if result.dtype ~= expected.dtype then
        return "dtype " .. result.dtype .. ", expected " .. expected.dtype
    end
    local shape = list_text(result.shape)
    if shape ~= list_text(expected[1]) then
        return "shape " .. shape .. ", expected " .. list_text(expected[1])
    end
    if unwritten then
        return nil
    end
    local values, scale = flattened(result:detach():totable(), {}), 0
    local relative, absolute = table.unpack(TOLERANCE[through or expected.dtype] or {0, 0})
    for k = 2, #expected do
        local size = math.abs(expected[k])
        if size > scale and size < math.huge then
            scale = size
        end
    end
    local bar = relative * scale + absolute
    for k = 2, #expected do
        local x, y = number(values[k - 1]), expected[k]
        if not same_number(x, y) and not (x and math.abs(x - y) <= bar and math.abs(y) < math.huge) then
            return ("element %d is %s, expected %s"):format(k - 1, tostring(x), tostring(y))
        end
    end
    if #values ~= #expected - 1 then
        return #values .. " numbers"
    end
end

-- Numbers that both sides know.
local function pattern(like, step, start, modulus)
    local values, count = {}, like:numel()
    for k = 0, count - 1 do
        values[k + 1] = ((k * step + start) % modulus - modulus // 2) / 8 + 0.0625
    end
    if #like.shape == 0 then
        return ag.tensor(values[1], {dtype = like.dtype})
    end
    return ag.tensor(values, {dtype = like.dtype}):reshape(like.shape)
end

local function is_zero(expected)
    for k = 2, #expected do
        if expected[k] ~= 0 then
            return false
        end
    end
    return true
end

local function check_gradients(name, gradients, expected, through, zeros_may_miss, complain)
    for k, wanted in ipairs(expected) do
        local got = gradients[k]
        if not wanted then
            if got and not (zeros_may_miss and got:eq(0):all():item()) then
                complain("%s %d: given, torch gives none", name, k)
            end
        elseif not (got == nil and zeros_may_miss and is_zero(wanted)) then
            local apart = difference(got, wanted, false, through)
            if apart then
                complain("%s %d: %s", name, k, apart)
            end
        end
    end
end

local function stripped(message)
    return (tostring(message):gsub("^[^\n:]*:%d+: ", ""))
end

local function message_of(call, arguments_list)
    local good, message = pcall(function()
        local result = call(table.unpack(arguments_list))
        return result
    end)
    if good then
        return nil
    end
    return stripped(message)
end

-- Of `"some_kernel" not implemented for 'Bool'` the kernel's name is torch's own affair.
local function same_sentence(got, expected)
    local reason = expected:match("not implemented for '%a+'$")
    if reason then
        return got ~= nil and got:find(reason, 1, true) ~= nil
    end
    return got == expected
end

local function differentiate(case, form, results, leaves, complain)
    local roots, cotangents = {}, {}
    for _, result in ipairs(results) do
        if result.requires_grad and result.dtype:find("^float") then
            roots[#roots + 1] = result
            cotangents[#cotangents + 1] = pattern(result, 7, 3, 11):requires_grad_()
        end
    end
    local through
    for _, list in ipairs {results, leaves} do
        for _, x in ipairs(list) do
            through = through or x.dtype == "float32" and x.dtype or nil
        end
    end
    local in_place = form == "i"
    local wanted = in_place and case.ifn or case.fn
    if #roots == 0 then
        if wanted then
            complain("does not require grad")
        end
        return
    end
    local node = roots[1].grad_fn
    local name = node and tostring(node):match("^<([%w_]+)")
    if name ~= wanted then
        complain("grad_fn is %s, expected %s", name, wanted)
    end
    local second = case.g2 and not in_place
    local options = {grad_outputs = cotangents, create_graph = second and true or false, allow_unused = true}
    local refusal = in_place and case.irefusal or case.refusal
    if refusal then
        local message = message_of(ag.autograd.grad, {roots, leaves, options})
        if not same_sentence(message, refusal) then
            complain("backward says %s, expected %s", message, refusal)
        end
        return
    end
    local expected = in_place and case.ig1 or case.g1
    if not expected then
        return
    end
    local first = ag.autograd.grad(roots, leaves, options)
    check_gradients("gradient", first, expected, through, false, complain)
    if not second then
        return
    end
    local total, inputs = nil, table.move(leaves, 1, #leaves, 1, {})
    for k = 1, #leaves do
        if first[k] and first[k].requires_grad then
            local part = (first[k] * pattern(first[k], 5, 1, 13)):sum()
            total = total and total + part or part
        end
    end
    table.move(cotangents, 1, #cotangents, #inputs + 1, inputs)
    local gradients = total and ag.autograd.grad(total, inputs, {allow_unused = true}) or {}
    check_gradients("second gradient", gradients, case.g2, through, true, complain)
end

local function check_results(case, form, results, complain)
    local expected = form == "i" and case.iout or case.list or case.out
    if #results ~= #expected then
        complain("%d results, expected %d", #results, #expected)
    end
    for k, wanted in ipairs(expected) do
        local apart = difference(results[k], wanted, UNWRITTEN[case[1]])
        if apart then
            complain("result %d: %s", k, apart)
        end
    end
end

local function same_plain(got, expected)
    if math.type(expected) == "float" and math.type(got) == "float" then
        return same_number(got, expected) or math.abs(got - expected) <= 1e-6
    end
    if type(expected) ~= "table" then
        return got == expected and math.type(got) == math.type(expected)
    end
    if type(got) ~= "table" or #got ~= #expected then
        return false
    end
    for k, entry in ipairs(expected) do
        if not same_plain(got[k], entry) then
            return false
        end
    end
    return true
end

local function run_form(case, form, grad, complain)
    local call = FORMS[form](LUA_NAMES[case[1]] or case[1])
    local list, leaves = arguments(case, grad)
    if case.seed then
        ag.manual_seed(case.seed)
    end
    local refused = case.error or form == "i" and case.ierror
    if refused then
        local message = message_of(call, list)
        if not same_sentence(message, refused) then
            complain("says %s\n    expected %s", message, refused)
        end
        return
    end
    local results = {call(table.unpack(list))}
    if case.value ~= nil then
        if not same_plain(results[1], case.value) then
            complain("value is\n%s\nexpected\n%s", results[1], case.value)
        end
        return
    elseif case.list then
        results = results[1]
    end
    check_results(case, form, results, complain)
    if grad then
        differentiate(case, form, results, leaves, complain)
    else
        for k, result in ipairs(results) do
            if result.requires_grad then
                complain("result %d requires grad though no input does", k)
            end
        end
    end
end

-- Each form with gradients and without; all that is wrong, in one message.
local function check(case)
    local wrong = {}
    for form in case.forms:gmatch "." do
        for _, grad in ipairs(case.error and {true} or {true, false}) do
            local function complain(format, ...)
                local texts = table.pack(...)
                for k = 1, texts.n do
                    texts[k] = tostring(texts[k])
                end
                wrong[#wrong + 1] = ("%s%s: "):format(form, grad and "" or " without grad")
                    .. format:gsub("%%d", "%%s"):format(table.unpack(texts, 1, texts.n))
            end
            local good, message = xpcall(run_form, debug.traceback, case, form, grad, complain)
            if not good then
                complain("raised %s", message)
            end
        end
    end
    if #wrong > 0 then
        error(table.concat(wrong, "\n"), 0)
    end
end

for _, family in ipairs(FAMILIES) do
    local path = directory .. family .. ".lua"
    local counts = {}
    local line = 2
    describe("oracle: " .. family, function()
        for _, case in ipairs(assert(loadfile(path, "t", environment))()) do
            counts[case[1]] = (counts[case[1]] or 0) + 1
            line = line + 1
            it(("%s, case %d (expected/%s.lua:%d)"):format(case[1], counts[case[1]], family, line), function()
                check(case)
            end)
        end
    end)
end
