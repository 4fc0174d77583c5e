-- What cannot be: each is a Lua error led by file and line, and leaves the state as it was.
local ag = require "autograd"
local refuses = require "refusal"

-- Nothing that was refused may have changed what comes after.
after_each(function()
    assert.is_true(ag.is_grad_enabled())
    local x = ag.ones(2, {requires_grad = true})
    x:sum():backward()
    assert.equal("tensor([1., 1.])", tostring(x.grad))
end)

local function refused(call)
    local good, message = pcall(call)
    assert.is_false(good)
    assert.equal("string", type(message))
    assert.truthy(message:find("^[^\n:]+:%d+: "), "no file and line lead: " .. message)
    return message
end

describe("sizes", function()
    it("are not negative", function()
        refuses(function() ag.ones(2, -1) end, "Trying to create tensor with negative dimension -1: [2, -1]")
        refused(function() ag.zeros(-1) end)
        refused(function() ag.empty(-5) end)
        refused(function() ag.rand(-1) end)
        refused(function() ag.ones(3):expand(-2) end)
    end)

    it("are not beyond what can be", function()
        refuses(function() ag.empty(1 << 62) end,
            "Storage size calculation overflowed with sizes=[4611686018427387904]")
        refuses(function() ag.zeros(1 << 40, 1 << 40) end,
            "Storage size calculation overflowed with sizes=[1099511627776, 1099511627776]")
        refused(function() ag.ones(math.maxinteger, math.maxinteger) end)
        refused(function() ag.ones(1):rep(1 << 62) end)
        refused(function() ag.arange(1 << 62) end)
        refused(function() ag.eye(1 << 40) end)
        refused(function() ag.randperm(1 << 60) end)
        refused(function() ag.linspace(0, 1, 1 << 60) end)
        refused(function() ag.one_hot(ag.tensor {1}, 1 << 61) end)
    end)

    it("beyond memory say how many bytes were wanted", function()
        local message = refused(function() ag.empty(1 << 45) end)
        assert.truthy(message:find(tostring(1 << 47), 1, true), message)
        refused(function() ag.ones(1, {dtype = "float64"}):expand(1 << 50):contiguous() end)
        refused(function() ag.ones(1, 1):expand(1 << 20, 1):matmul(ag.ones(1, 1):expand(1, 1 << 30)) end)
    end)

    it("are integers", function()
        refused(function() ag.ones(2.5) end)
        refused(function() ag.ones("a") end)
        refused(function() ag.ones({2, "a"}) end)
        refused(function() ag.ones({2, {3}}) end)
        refused(function() ag.ones(nil) end)
        assert.equal("{2}", tostring(ag.ones(2.0).shape))
    end)
end)

describe("data", function()
    it("is not ragged", function()
        refused(function() ag.tensor {{1, 2}, {3}} end)
        refused(function() ag.tensor {{1, 2}, 3} end)
        refused(function() ag.tensor {1, {2}} end)
        refused(function() ag.tensor {{1}, {}} end)
    end)

    it("holds numbers and booleans", function()
        refused(function() ag.tensor {"a"} end)
        refused(function() ag.tensor "abc" end)
        refused(function() ag.tensor(nil) end)
        refused(function() ag.tensor() end)
        refused(function() ag.tensor(print) end)
        refused(function() ag.tensor(io.stdout) end)
        refused(function() ag.tensor {{}, {print}} end)
    end)

    it("has a bottom", function()
        local deep = 1
        for _ = 1, 10000 do
            deep = {deep}
        end
        refused(function() ag.tensor(deep) end)
        local cyclic = {}
        cyclic[1] = cyclic
        refused(function() ag.tensor(cyclic) end)
        refused(function() ag.ones(cyclic) end)
        refused(function() ag.cat(cyclic) end)
        refused(function() return ag.ones(1)[cyclic] end)
    end)
end)

describe("arguments", function()
    local x = ag.ones(2, 3)

    it("of another kind are named", function()
        for _, wrong in ipairs {"text", print, io.stdout, {}, coroutine.create(print)} do
            refused(function() ag.matmul(x, wrong) end)
            refused(function() ag.exp(wrong) end)
            refused(function() x:sum(wrong == print and "text" or print) end)
            refused(function() ag.manual_seed(wrong) end)
            refused(function() x:backward(wrong == print and "text" or print) end)
        end
        refused(function() ag.exp(nil) end)
        refused(function() ag.matmul(x, true) end)
        refused(function() x.sum() end)
        refused(function() x.sum("text") end)
        refused(function() x.exp(io.stdout) end)
        refused(function() getmetatable(io.stdout).__index.close(x) end)
    end)

    it("that are userdata of another kind do not pass for tensors", function()
        local metatable = getmetatable(x)
        if type(metatable) == "table" then
            refused(function() metatable.__tostring(io.stdout) end)
            refused(function() metatable.__index(io.stdout, "grad") end)
            refused(function() metatable.__len({}) end)
        end
    end)

    it("in lists are tensors", function()
        refused(function() ag.cat {x, 1} end)
        refused(function() ag.cat {x, x, "a"} end)
        refused(function() ag.stack "a" end)
        refused(function() ag.cat {} end)
    end)

    it("out of range are refused", function()
        refuses(function() x:sum(3) end, "Dimension out of range (expected to be in range of [-2, 2], but got 3)")
        refuses(function() x:sum(math.maxinteger) end,
            "Dimension out of range (expected to be in range of [-2, 2], but got 9223372036854775807)")
        refuses(function() x:sum(math.mininteger) end,
            "Dimension out of range (expected to be in range of [-2, 2], but got -9223372036854775808)")
        refused(function() x:narrow(1, 1, math.maxinteger) end)
        refused(function() x:narrow(1, math.maxinteger, 1) end)
        refused(function() x:select(1, math.mininteger) end)
        refused(function() x:roll(1, math.mininteger) end)
        refused(function() x:split(math.mininteger) end)
        -- Torch says "index out of range in self".
        refuses(function() x:index_select(1, ag.tensor {3}) end,
            "index 3 is out of bounds for dimension 1 with size 2")
        refused(function() x:index_select(1, ag.tensor {-1}) end)
        refused(function() x:index_select(1, ag.tensor {math.maxinteger}) end)
        refused(function() x:gather(1, ag.tensor({{math.mininteger}})) end)
        refused(function() ag.zeros(3, 0):gather(2, ag.tensor {{1}, {1}, {1}}) end)
        refused(function() x:topk(4) end)
        refused(function() ag.take_along_dim(ag.ones(3), ag.tensor {9}, 1) end)
    end)

    it("that are legal though wild do no harm", function()
        assert.equal("{2, 3}", tostring(x:roll(math.maxinteger, 1).shape))
        assert.equal("{2, 3}", tostring(x:tril(math.maxinteger).shape))
        assert.equal("{2, 3}", tostring(x:triu(math.mininteger).shape))
        assert.equal(1, #x:split(math.maxinteger))
        assert.equal("{0}", tostring(x:diagonal(math.maxinteger).shape))
    end)
end)

describe("torch's own rows", function()
    it("of shapes", function()
        refuses(function() return ag.ones(3) + ag.ones(4) end,
            "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1")
        refuses(function() return ag.ones(2, 3):matmul(ag.ones(2, 3)) end,
            "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)")
        refuses(function() return ag.ones(2, 3):view(5) end, "shape '[5]' is invalid for input of size 6")
        refuses(function() return ag.ones(3):item() end, "a Tensor with 3 elements cannot be converted to Scalar")
        refuses(function() return ag.ones(0):max() end, "max(): Expected reduction dim to be specified for "
            .. "input.numel() == 0. Specify the reduction dim with the 'dim' argument.")
    end)

    it("of dtypes", function()
        refuses(function() return ag.tensor({1}):mean() end, "mean(): could not infer output dtype. Input dtype "
            .. "must be either a floating point or complex dtype. Got: Long")
        refuses(function() return ag.tensor({2}) ^ -1 end,
            "Integers to negative integer powers are not allowed.")
        refused(function() return ag.tensor({true}) - ag.tensor({true}) end)
        refused(function() return -ag.tensor({true}) end)
    end)

    it("floor_divide has no derivative, and says so", function()
        local y = ag.ones(2, {requires_grad = true}):floor_divide(2)
        refuses(function() y:sum():backward() end, "derivative for aten::floor_divide is not implemented")
    end)
end)

describe("an error", function()
    it("inside no_grad, a hook or a custom function leaves the mode as it was", function()
        pcall(ag.no_grad, function() error("x") end)
        local x = ag.ones(1, {requires_grad = true})
        local y = x * 2
        y:register_hook(function() error("x") end)
        pcall(y.backward, y)
        local F = ag.autograd.Function {forward = function() error("x") end, backward = print}
        pcall(F, x)
        assert.is_true(ag.is_grad_enabled())
    end)

    it("out of memory at a limit is one like any other", function()
        local kept = ag.ones(1000)
        local message = refused(function()
            ag.empty(1 << 43)
        end)
        assert.truthy(message:find("memory", 1, true), message)
        assert.equal(1000, kept:sum():item())
    end)

    it("names the line of its caller, though a function of ours stands between", function()
        local x, y = ag.ones(2), ag.ones(3, 3)
        local line = debug.getinfo(1, "l").currentline + 1
        local _, message = pcall(function() return x .. y end)
        assert.equal(line, tonumber(message:match("bad_input_spec.lua:(%d+): ")), message)
    end)

    it("has no place where C has called, as Lua's own have none", function()
        local _, message = pcall(ag.add, ag.ones(2), ag.ones(3, 3))
        assert.equal("The size of tensor a (2) must match the size of tensor b (3) at non-singleton "
            .. "dimension 2", message)
    end)

    it("in a closed tensor names it", function()
        local x = ag.ones(1)
        do
            local _ <close> = x
        end
        refused(function() return x + 1 end)
        refused(function() return x.shape end)
        assert.equal("string", type(tostring(pcall(tostring, x))))
    end)
end)
