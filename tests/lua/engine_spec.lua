-- Leaves, backward, accumulation, and what the engine refuses, in PyTorch's words.
local ag = require "autograd"
local refuses = require "refusal"

local function leaf(...)
    return ag.tensor({...}, {requires_grad = true})
end

local function text(x)
    return tostring(x)
end

local TWICE = "Trying to backward through the graph a second time (or directly access saved tensors "
    .. "after they have already been freed). Saved intermediate values of the graph are freed when "
    .. "you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward "
    .. "through the graph a second time or if you need to access saved tensors after calling backward."
local NOT_A_LEAF = "you can only change requires_grad flags of leaf variables. If you want to use a "
    .. "computed variable in a subgraph that doesn't require differentiation use var_no_grad = "
    .. "var.detach()."

describe("a leaf", function()
    it("requires grad only when told to", function()
        local x = ag.ones(2)
        assert.is_false(x.requires_grad)
        assert.is_true(x.is_leaf)
        x.requires_grad = true
        assert.is_true(x.requires_grad)
        assert.is_true(x.is_leaf)
        assert.is_nil(x.grad)
        assert.is_nil(x.grad_fn)
        assert.is_false((x * 2).is_leaf)
        assert.is_true((ag.ones(2) * 2).is_leaf)
    end)

    it("is of floating point", function()
        refuses(function() ag.tensor({1, 2}, {requires_grad = true}) end,
            "Only Tensors of floating point and complex dtype can require gradients")
        refuses(function() ag.ones(2, {dtype = "int64", requires_grad = true}) end,
            "Only Tensors of floating point and complex dtype can require gradients")
        refuses(function() ag.tensor({1}).requires_grad = true end,
            "only Tensors of floating point and complex dtype can require gradients")
        refuses(function() ag.tensor({1}):requires_grad_() end,
            "only Tensors of floating point dtype can require gradients")
    end)

    it("takes no write in place, nor does a view of it, but under no_grad", function()
        local x = leaf(1.0, 1.0, 1.0)
        refuses(function() x:add_(1) end,
            "a leaf Variable that requires grad is being used in an in-place operation.")
        local view = "a view of a leaf Variable that requires grad is being used in an in-place operation."
        refuses(function() x[1]:add_(1) end, view)
        refuses(function() x[1] = 5 end, view)
        ag.no_grad(function()
            x:add_(1)
            x[1] = 5
        end)
        assert.equal("tensor([5., 2., 2.], requires_grad=True)", text(x))
    end)

    it("alone may change requires_grad", function()
        local y = leaf(1.0) * 2
        refuses(function() y.requires_grad = false end, NOT_A_LEAF)
        refuses(function() y:requires_grad_(false) end, NOT_A_LEAF)
        assert.is_true(y:requires_grad_().requires_grad)
    end)

    it("names AccumulateGrad as its node", function()
        local y = leaf(1.0) * 2
        assert.truthy(tostring(y.grad_fn):find("^<MulBackward0 object at 0x%x+>$"))
    end)
end)

describe("backward", function()
    it("wants a scalar, which is any tensor of one element", function()
        local x = leaf(1.0, 2.0)
        refuses(function() (x * 2):backward() end, "grad can be implicitly created only for scalar outputs")
        x:sum():reshape(1, 1):backward()
        assert.equal("tensor([1., 1.])", text(x.grad))
    end)

    it("wants something that requires grad", function()
        refuses(function() ag.ones(1):backward() end,
            "element 0 of tensors does not require grad and does not have a grad_fn")
    end)

    it("takes a gradient of the output's shape", function()
        local x = leaf(1.0, 2.0, 3.0)
        refuses(function() (x * 2):backward(ag.ones(2)) end,
            "Mismatch in shape: grad_output[0] has a shape of [2] and output[0] has a shape of [3].")
        local y = x * 2
        y:backward(ag.tensor {1.0, 10.0, 100.0})
        assert.equal("tensor([  2.,  20., 200.])", text(x.grad));
        (x * 2):backward {gradient = ag.ones(3)}
        assert.equal("tensor([  4.,  22., 202.])", text(x.grad))
    end)

    it("accumulates", function()
        local x = leaf(1.0, 1.0);
        (x * x):sum():backward()
        assert.equal("tensor([2., 2.])", text(x.grad));
        (x * x):sum():backward()
        assert.equal("tensor([4., 4.])", text(x.grad))
        x.grad.data:zero_()
        assert.equal("tensor([0., 0.])", text(x.grad))
        x.grad = nil
        assert.is_nil(x.grad)
    end)

    it("accumulates in place, so that who holds the gradient sees it", function()
        local x = leaf(1.0)
        x:sum():backward()
        local held = x.grad
        x:sum():backward()
        assert.equal("tensor([2.])", text(held))
        assert.equal(held, x.grad)
    end)

    it("accumulates into a new tensor under create_graph", function()
        local x = leaf(3.0)
        x:pow(2):sum():backward {create_graph = true}
        local held = x.grad
        x:pow(2):sum():backward {create_graph = true}
        assert.equal("tensor([6.], grad_fn=<CopyBackwards>)", text(held))
        assert.equal("tensor([12.], grad_fn=<AddBackward0>)", text(x.grad))
        x.grad = nil -- a leaf and a gradient with a history hold each other
    end)

    it("goes twice only where the graph was kept, or nothing was saved", function()
        local x = leaf(1.0, 2.0)
        local y = (x * x):sum()
        y:backward()
        refuses(function() y:backward() end, TWICE)
        y = (x * x):sum()
        y:backward {retain_graph = true}
        y:backward()
        y = (x + 1):sum()
        y:backward()
        y:backward()
    end)

    it("adds the gradients of a tensor that is used several times", function()
        local x = leaf(2.0)
        local y = x * x + x * 3
        y:backward()
        assert.equal("tensor([7.])", text(x.grad))
    end)

    it("goes through a graph whose paths meet again, once a node", function()
        local x = leaf(1.0)
        local y = x
        for _ = 1, 60 do -- 2^60 paths
            y = y + y
        end
        y:backward()
        assert.equal(2.0 ^ 60, x.grad:item())
    end)

    it("accumulates only into the inputs that are named", function()
        local x, y = leaf(2.0), leaf(3.0);
        (x * y):backward {inputs = {x}}
        assert.equal("tensor([3.])", text(x.grad))
        assert.is_nil(y.grad)
        refuses(function() (x * y):backward {inputs = {}} end, "`inputs` argument to `backward()` cannot be empty.")
    end)

    it("takes several roots", function()
        local x = leaf(1.0, 2.0)
        ag.autograd.backward({x:sum(), (x * 2):sum()})
        assert.equal("tensor([3., 3.])", text(x.grad))
    end)

    it("gives a gradient of the leaf's dtype and shape", function()
        local w = ag.tensor(1.0, {dtype = "float64", requires_grad = true})
        local x = ag.ones(2, 3);
        (w * x):sum():backward()
        assert.equal("tensor(6., dtype=float64)", text(w.grad))
    end)
end)

describe("the gradient field", function()
    it("takes a tensor that fits", function()
        local x = leaf(1.0, 2.0)
        x.grad = ag.tensor {5.0, 6.0}
        x:sum():backward()
        assert.equal("tensor([6., 7.])", text(x.grad))
        refuses(function() x.grad = x end, "can't assign Variable as its own grad")
        refuses(function() x.grad = ag.ones(3) end, "attempting to assign a gradient of size '[3]' to a tensor "
            .. "of size '[2]'. Please ensure that the gradient and the tensor are the same size")
        refuses(function() x.grad = ag.ones(2, {dtype = "float64"}) end,
            "attempting to assign a gradient with dtype 'double' to a tensor with …")
        assert.has_error(function() x.grad = 3 end)
    end)

    it("of a non-leaf is nil, with one warning, but for retain_grad", function()
        local warnings = {}
        ag.set_warning_handler(function(message) warnings[#warnings + 1] = message end)
        local x = leaf(1.0)
        local y = x * 2
        y:sum():backward()
        assert.is_nil(y.grad)
        ag.set_warning_handler(nil)
        assert.equal(1, #warnings)
        assert.truthy(warnings[1]:find("The .grad attribute of a Tensor that is not a leaf Tensor", 1, true))
        y = x * 2
        y:retain_grad();
        (y * 3):sum():backward()
        assert.equal("tensor([3.])", text(y.grad))
        refuses(function() ag.ones(1):retain_grad() end, "can't retain_grad on Tensor that has requires_grad=False")
    end)
end)

describe("autograd.grad", function()
    it("gives a tensor for a tensor, a list for a list", function()
        local x, y = leaf(2.0), leaf(3.0)
        assert.equal("tensor([3.])", text(ag.autograd.grad(x * y, x)))
        local both = ag.autograd.grad(x * y, {x, y})
        assert.equal("tensor([3.])", text(both[1]))
        assert.equal("tensor([2.])", text(both[2]))
        assert.is_nil(x.grad)
    end)

    it("is differentiable under create_graph", function()
        local x = leaf(2.0)
        local first = ag.autograd.grad(x:pow(3), x, {create_graph = true})
        local second = ag.autograd.grad(first, x, {create_graph = true})
        local third = ag.autograd.grad(second, x)
        assert.equal(12, first:item())
        assert.equal(12, second:item())
        assert.equal(6, third:item())
        assert.is_false(third.requires_grad)
    end)

    it("works for what is no leaf", function()
        local x = leaf(2.0)
        local y = x * 3
        assert.equal(12, ag.autograd.grad(y * y, y):item())
    end)

    it("names what was not used", function()
        local x, other = leaf(1.0), leaf(1.0)
        refuses(function() ag.autograd.grad(x:sum(), ag.ones(1)) end,
            "One of the differentiated Tensors does not require grad")
        refuses(function() ag.autograd.grad(x:sum(), {x, other}) end, "The differentiated Tensor at index 1 "
            .. "appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.")
        local gradients = ag.autograd.grad(x:sum(), {other, x}, {allow_unused = true})
        assert.is_nil(gradients[1])
        assert.equal("tensor([1.])", text(gradients[2]))
        refuses(function() ag.autograd.grad(ag.ones(1), x) end,
            "element 0 of tensors does not require grad and does not have a grad_fn")
    end)
end)

describe("the version counter", function()
    local function modified(what, version)
        return "one of the variables needed for gradient computation has been modified by an inplace "
            .. "operation: " .. what .. " is at version " .. (version or 1) .. "; expected version 0 instead…"
    end

    it("finds a saved result that was written to", function()
        local y = leaf(1.0, 1.0, 1.0):exp()
        y:add_(1)
        refuses(function() y:sum():backward() end, modified "[FloatTensor [3]], which is output 0 of Exp,")
    end)

    it("finds a saved operand, by whatever way it was written to", function()
        local x = leaf(1.0, 1.0, 1.0)
        local a = x * 1
        local y = a * a
        a:mul_(2)
        refuses(function() y:sum():backward() end, modified "[FloatTensor [3]], which is output 0 of Mul,")
        a = x:double() * 1
        y = a:pow(2)
        a[1] = 1
        refuses(function() y:sum():backward() end,
            modified "[DoubleTensor [3]], which is output 0 of torch::autograd::CopySlices,")
        local w = leaf(1.0, 1.0, 1.0)
        y = w * x
        ag.no_grad(function() w:add_(1) end)
        refuses(function() y:sum():backward() end, modified "[FloatTensor [3]]")
    end)

    it("is shared by detach, and not by data", function()
        local x = leaf(0.0, 0.0)
        local y = x:exp()
        y:detach():zero_()
        refuses(function() y:sum():backward() end, modified "[FloatTensor [2]], which is output 0 of Exp,")
        y = x:exp()
        y.data:zero_()
        y:sum():backward()
        assert.equal("tensor([0., 0.])", text(x.grad))
    end)

    it("lets be what no formula uses", function()
        local x = leaf(1.0, 2.0)
        local y = x * 2
        local z = y + 1
        y:mul_(5)
        z:sum():backward()
        assert.equal("tensor([2., 2.])", text(x.grad))
    end)
end)

describe("detach and data", function()
    it("share the numbers", function()
        local x = leaf(1.0, 2.0)
        ag.no_grad(function() x:detach()[1] = 7 end)
        assert.equal("tensor([7., 2.], requires_grad=True)", text(x))
        x.data[2] = 8
        assert.equal("tensor([7., 8.], requires_grad=True)", text(x))
        assert.is_false(x:detach().requires_grad)
        assert.is_false(x.data.requires_grad)
        assert.is_true(x:detach().is_leaf)
    end)

    it("take new numbers of the parameter's own", function()
        local x = leaf(1.0, 2.0)
        x.data = x.data - 0.5
        assert.equal("tensor([0.5000, 1.5000], requires_grad=True)", text(x))
        assert.has_error(function() x.data = 3 end)
    end)
end)
