-- Views and writes in place: who shares numbers, how history follows, and what is refused.
local ag = require "autograd"
local refuses = require "refusal"

local OVERLAP = "unsupported operation: more than one element of the written-to tensor refers to a single "
    .. "memory location. Please clone() the tensor before performing the operation."
local PARTLY = "unsupported operation: some elements of the input tensor and the written-to tensor refer "
    .. "to a single memory location. Please clone() the tensor before performing the operation."

local function node(x)
    return tostring(x.grad_fn):match("^<([%w_]+)")
end

local function leaf()
    return ag.ones(3, {requires_grad = true})
end

describe("a view", function()
    it("shares its numbers both ways", function()
        local x = ag.arange(6.0):reshape(2, 3)
        for _, view in ipairs {x:view(6), x:t(), x[1], x:narrow(2, 1, 2), x:unsqueeze(1), x:diagonal(),
                x:unbind()[2], x:split(1)[1], x:detach(), x[{{}, {1, 3, 2}}]} do
            x:zero_()
            view:fill_(7)
            assert.is_true(x:eq(7):any():item())
        end
    end)

    it("is not made by what copies", function()
        local x = ag.ones(2, 3)
        for _, copy in ipairs {x:clone(), x:t():contiguous(), x:t():reshape(6), x + 0, x[ag.tensor {1, 2}],
                x[x:gt(0)], x:flip(1), x:rep(1, 1), x:roll(1)} do
            copy:zero_()
            assert.equal(6, x:sum():item())
        end
    end)

    it("of a contiguous tensor is what reshape and contiguous give", function()
        local x = ag.ones(2, 3)
        x:reshape(6):zero_()
        assert.equal(0, x:sum():item())
        assert.equal(x, x:contiguous())
    end)

    it("rebases the history of what is written through it", function()
        local x = leaf()
        local y = x * 1
        local view = y[{{1, 2}}]
        view:mul_(3)
        assert.equal("tensor([3., 3., 1.], grad_fn=<CopySlices>)", tostring(y))
        assert.equal("CopySlices", node(y))
        assert.equal("AsStridedBackward0", node(view))
        y:sum():backward()
        assert.equal("tensor([3., 3., 1.])", tostring(x.grad))
    end)

    it("sees the history of a base that was written to", function()
        local x = leaf()
        local y = x * 1
        local view = y[{{1, 2}}]
        local inner = view[1]
        y:mul_(2)
        assert.equal("AsStridedBackward0", node(view))
        assert.equal("AsStridedBackward0", node(inner));
        (inner * 10):backward()
        assert.equal("tensor([20., 0., 0.])", (tostring(x.grad):gsub(" +", " ")))
    end)

    it("passes a gradient through writes by value", function()
        local x, value = leaf(), ag.tensor(5.0, {requires_grad = true})
        local y = x * 2
        y[2] = value * 3
        y[{{3}}] = 0
        y:sum():backward()
        assert.equal("tensor([2., 0., 0.])", tostring(x.grad))
        assert.equal("tensor(3.)", tostring(value.grad))
    end)

    it("of a tensor without history gains it from a value that requires grad", function()
        local x, value = ag.zeros(3), ag.tensor(5.0, {requires_grad = true})
        x[2] = value
        assert.is_true(x.requires_grad)
        assert.is_false(x.is_leaf);
        (x * 2):sum():backward()
        assert.equal("tensor(2.)", tostring(value.grad))
    end)
end)

describe("refused is a write", function()
    it("to one of several outputs that are views", function()
        local multiple = " is a view and is being modified inplace. This view is the output of a function that "
            .. "returns multiple views. Such functions do not allow the output views to be modified inplace. You "
            .. "should replace the inplace operation by an out-of-place one."
        local x = leaf()
        refuses(function() (x * 1):unbind()[1]:add_(1) end, "Output 0 of Unbind" .. multiple)
        refuses(function() (x * 1):split(2)[1]:add_(1) end, "Output 0 of Split" .. multiple)
    end)

    it("to a view made under no_grad", function()
        local y = leaf() * 1
        local view = ag.no_grad(function() return y[{{1, 2}}] end)
        refuses(function() view:add_(1) end, "A view was created in no_grad mode and is being modified inplace with "
            .. "grad mode enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You can "
            .. "clarify your code by moving both the view and the inplace either both inside the no_grad block (if "
            .. "you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).")
    end)

    it("to a tensor whose elements share memory, but a fill", function()
        local x = ag.ones(1):expand(3)
        refuses(function() x:add_(1) end, OVERLAP)
        refuses(function() x:mul_(2) end, OVERLAP)
        refuses(function() x:copy_(ag.ones(3)) end, OVERLAP)
        refuses(function() x:normal_() end, OVERLAP)
        x:fill_(2)
        assert.equal("tensor([2., 2., 2.])", tostring(x))
        x[1] = 5
        assert.equal("tensor([5., 5., 5.])", tostring(x))
        x:zero_()
        assert.equal("tensor([0., 0., 0.])", tostring(x))
    end)

    it("where source and destination partly overlap", function()
        local x = ag.arange(4.0)
        local tail, head = x[{{2}}], x[{{1, 3}}]
        refuses(function() tail:add_(head) end, PARTLY)
        refuses(function() tail:copy_(head) end, PARTLY)
        assert.equal("tensor([0., 1., 2., 3.])", tostring(x))
        x[{{}}]:add_(x)
        assert.equal("tensor([0., 2., 4., 6.])", tostring(x))
    end)

    it("of another shape or category", function()
        refuses(function() ag.ones(3):add_(ag.ones(2, 3)) end,
            "output with shape [3] doesn't match the broadcast shape [2, 3]")
        refuses(function() ag.tensor({1, 2}):mul_(2.5) end,
            "result type Float can't be cast to the desired output type Long")
        local x = ag.ones(2)
        x:mul_(ag.tensor({2.0, 3.0}, {dtype = "float64"}))
        assert.equal("tensor([2., 3.])", tostring(x))
    end)
end)

-- What torch answers once the base of a view, whose history it will not make anew, was written to.
describe("a view that may not be rewritten", function()
    local BESIDE = " and its base or another view of its base has been modified inplace"
    local SEVERAL = " This view is the output of a function that returns multiple views. Such functions do not "
        .. "allow the output views to be modified inplace. You should replace the inplace operation by an "
        .. "out-of-place one."
    local AMBIGUOUS = " with grad mode enabled. Given that this use case is ambiguous and error-prone, it is "
        .. "forbidden. You can clarify your code by moving both the view and the inplace either both inside the "
        .. "no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace "
        .. "to be tracked)."

    it("is refused as one of several", function()
        local x = ag.ones(2, 2, {requires_grad = true}) * 2
        local row = x:unbind()[1]
        x:mul_(2)
        local text = "Output 0 of Unbind is a view" .. BESIDE .. "." .. SEVERAL
        refuses(function() return row.grad_fn end, text)
        refuses(function() return row.is_leaf end, text)
        refuses(function() return row * 2 end, text)
        refuses(function() row:register_hook(print) end, text)
        assert.equal("tensor([4., 4.], grad_fn=<Invalid>)", tostring(row))
        assert.is_true(row.requires_grad)
        assert.equal(16, x:sum():item())
    end)

    it("is refused where it was made under no_grad", function()
        local x = ag.ones(2, {requires_grad = true}) * 2
        local view = ag.no_grad(function() return x[{{1, 1}}] end)
        x:mul_(2)
        refuses(function() return view.grad_fn end, "A view was created in no_grad mode" .. BESIDE .. AMBIGUOUS)
        refuses(function() view:add_(1) end, "A view was created in no_grad mode and is being modified inplace"
            .. AMBIGUOUS)
    end)

    it("is refused where its base had no history then", function()
        local x = ag.ones(2)
        local first = x:unbind()[1]
        x:mul_(ag.ones(2, {requires_grad = true}))
        refuses(function() return first.grad_fn end, "A view was created in no_grad mode" .. BESIDE
            .. " with grad mode enabled." .. SEVERAL)
    end)

    it("leads nowhere while nothing was written", function()
        local x = ag.ones(2, {requires_grad = true})
        local view = ag.no_grad(function() return x:view(2) end)
        assert.is_true(view.requires_grad)
        view:sum():backward()
        assert.is_nil(view.grad)
        assert.is_nil(x.grad)
        assert.is_nil((ag.autograd.grad(view:sum(), view, {allow_unused = true})))
        refuses(function() view:backward(ag.ones(2)) end,
            "element 0 of tensors does not require grad and does not have a grad_fn")
    end)
end)

describe("what is no view though it shares numbers", function()
    it("keeps the name of what wrote to it", function()
        local x = ag.ones(2, 2, 2, {requires_grad = true})
        assert.equal("DivBackward0", node(x:matmul(x):div_(2)))
        assert.equal("AddBackward0", node(ag.ones(2, 3, {requires_grad = true}).T:reshape(6):add_(1)))
    end)
end)

describe("an output without history", function()
    it("is named before the inputs are", function()
        refuses(function() ag.autograd.grad(ag.ones(1), ag.ones(1)) end,
            "element 0 of tensors does not require grad and does not have a grad_fn")
    end)
end)

describe("overlap", function()
    it("is refused before the shapes are compared", function()
        local x = ag.ones(2, 2)
        refuses(function() x[1]:add_(x) end, PARTLY)
        assert.equal(0, ag.zeros(1):expand(0, 3):add_(1):numel())
    end)
end)
