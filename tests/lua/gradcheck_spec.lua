-- gradcheck and gradgradcheck themselves, and random programs whose gradients must agree with
-- differences. AUTOGRAD_TEST_SEED repeats a run that failed.
local ag = require "autograd"

local seed = tonumber(os.getenv "AUTOGRAD_TEST_SEED") or os.time() % 1000000

local function parameter(...)
    return ag.randn(..., {dtype = "float64", requires_grad = true})
end

describe("gradcheck", function()
    it("passes what is right, to the second order", function()
        ag.manual_seed(seed)
        local x, y = parameter({2, 3}), parameter({3})
        local function f(a, b)
            return (a * b):tanh():sum(2)
        end
        assert.is_true(ag.autograd.gradcheck(f, {x, y}))
        assert.is_true(ag.autograd.gradgradcheck(f, {x, y}))
    end)

    it("finds what is wrong", function()
        local Wrong = ag.autograd.Function {
            name = "Wrong",
            forward = function(_, x) return x * x end,
            backward = function(_, g) return g end,
        }
        assert.has_error(function() ag.autograd.gradcheck(Wrong, {parameter({3})}) end)
        assert.is_false(ag.autograd.gradcheck(Wrong, {parameter({3})}, {raise_exception = false}))
    end)
end)

-- Smooth everywhere, so that differences tell.
local UNARY = {
    function(x) return x:tanh() end,
    function(x) return x:sigmoid() end,
    function(x) return x:sin() end,
    function(x) return (x * x + 1):log() end,
    function(x) return (x * x + 0.5):sqrt() end,
    function(x) return (x * 0.3):exp() end,
    function(x) return x:pow(3) * 0.1 end,
    function(x) return x:softmax(-1) end,
    function(x) return x:log_softmax(-1) end,
    function(x) return x:transpose(-1, -2) end,
    function(x) return x:flip(1) end,
    function(x) return x:cumsum(-1) * 0.3 end,
    function(x) return x:roll(1, 1) end,
    function(x) return x:logsumexp(1, {keepdim = true}) + x end,
    function(x) return x - x:mean(-1, {keepdim = true}) end,
    function(x) return x[{{}, {1, -1, 2}}]:rep(1, 2)[{{}, {1, x:size(2)}}] end,
    function(x)
        local y = x:clone()
        y[1] = x[-1] * x[1]
        return y
    end,
    function(x)
        local y = x * 1
        y[{{}, 1}]:mul_(0.5)
        return y:add_(x)
    end,
    function(x) return ag.gelu(x) end,
    function(x) return ag.softplus(x) end,
}
local BINARY = {
    function(x, y) return x + y end,
    function(x, y) return x * y end,
    function(x, y) return x / (y * y + 1) end,
    function(x, y) return x:matmul(y) * 0.3 end,
    function(x, y) return ag.cat({x, y}, 2)[{{}, {2, x:size(2) + 1}}] end,
    function(x, y) return ag.where(x:detach():gt(y:detach()), x, y) end,
    function(x, y) return ag.atan2(x, y * y + 1) end,
    function(x, y) return ag.lerp(x, y, 0.3) end,
}

describe("random programs (seed " .. seed .. ")", function()
    for number = 1, 40 do
        it("number " .. number, function()
            math.randomseed(seed, number)
            ag.manual_seed(seed + number)
            local steps = {}
            for k = 1, math.random(2, 5) do
                local table_of = math.random() < 0.6 and UNARY or BINARY
                steps[k] = {table_of[math.random(#table_of)], math.random(2)}
            end
            local function program(x, y)
                local values = {x, y}
                for _, step in ipairs(steps) do
                    local target = step[2]
                    values[target] = step[1](values[target], values[3 - target])
                end
                return values[1] * values[2]
            end
            local x, y = parameter({3, 3}), parameter({3, 3})
            assert.is_true(ag.autograd.gradcheck(program, {x, y}))
            assert.is_true(ag.autograd.gradgradcheck(program, {x, y}))
        end)
    end
end)
