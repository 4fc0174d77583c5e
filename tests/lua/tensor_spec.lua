-- The module and the tensor as Lua sees them: making, fields, operators, arguments, leaving.
local ag = require "autograd"
local refuses = require "refusal"

describe("the module", function()
    it("says what it is", function()
        assert.equal("autograd", ag._NAME)
        assert.equal("string", type(ag._VERSION))
        assert.equal("float32", ag.float32)
        assert.equal("int64", ag.int64)
        assert.equal("bool", ag.bool)
    end)

    it("names the nearest one for a mistyped field or method", function()
        local good, message = pcall(function() return ag.ones(1).reqires_grad end)
        assert.is_false(good)
        assert.truthy(message:find("requires_grad", 1, true))
        good, message = pcall(function() return ag.ones(1):reshap(1) end)
        assert.is_false(good)
        assert.truthy(message:find("reshape", 1, true))
        assert.has_error(function() ag.ones(1).nonsense = 1 end)
    end)
end)

describe("tensor", function()
    it("takes its dtype from Lua's numbers", function()
        assert.equal("int64", ag.tensor({1, 2}).dtype)
        assert.equal("float32", ag.tensor({1, 2.5}).dtype)
        assert.equal("float32", ag.tensor(1.0).dtype)
        assert.equal("int64", ag.tensor(1).dtype)
        assert.equal("bool", ag.tensor({true, false}).dtype)
        assert.equal("int64", ag.tensor({true, 2}).dtype)
        assert.equal("float32", ag.tensor({true, 2.0}).dtype)
        assert.equal("float32", ag.tensor({}).dtype)
    end)

    it("takes a dtype by name or alias", function()
        for alias, dtype in pairs {float = "float32", double = "float64", long = "int64", int = "int32",
                float64 = "float64", uint8 = "uint8", bool = "bool"} do
            assert.equal(dtype, ag.tensor({1, 0}, {dtype = alias}).dtype)
        end
        assert.has_error(function() ag.tensor({1}, {dtype = "float128"}) end)
    end)

    it("takes the shape of nested tables", function()
        assert.same({2, 3}, {table.unpack(ag.tensor({{1, 2, 3}, {4, 5, 6}}).shape)})
        assert.same({1, 1, 2}, {table.unpack(ag.tensor({{{1, 2}}}).shape)})
        assert.same({0}, {table.unpack(ag.tensor({}).shape)})
        assert.same({2, 0}, {table.unpack(ag.tensor({{}, {}}).shape)})
        assert.equal(0, ag.tensor(5).ndim)
    end)

    it("keeps big integers whole", function()
        assert.equal(math.maxinteger, ag.tensor(math.maxinteger):item())
        assert.equal(2 ^ 53 + 1 | 0, ag.tensor({2 ^ 53 + 1 | 0}):item())
    end)

    it("copies", function()
        local data = {1.0, 2.0}
        local x = ag.tensor(data)
        data[1] = 9
        assert.equal("tensor([1., 2.])", tostring(x))
    end)
end)

describe("a field", function()
    it("is what torch's attribute is", function()
        local x = ag.ones(2, 3, {requires_grad = true})
        assert.equal("float32", x.dtype)
        assert.equal(2, x.ndim)
        assert.is_true(x.is_leaf)
        assert.is_true(x.requires_grad)
        assert.is_nil(x.grad)
        assert.equal("{3, 2}", tostring(x.T.shape))
    end)

    it("shape is a copy, prints, and compares by contents", function()
        local x = ag.ones(2, 3)
        assert.equal("{2, 3}", tostring(x.shape))
        assert.equal("{}", tostring(ag.tensor(1).shape))
        assert.is_true(x.shape == ag.zeros(2, 3).shape)
        assert.is_false(x.shape == ag.zeros(3, 2).shape)
        assert.equal(2, #x.shape)
        local shape = x.shape
        shape[1] = 7
        assert.equal("{2, 3}", tostring(x.shape))
        assert.equal("{4, 3}", tostring(ag.zeros(shape):narrow(1, 1, 4).shape))
        assert.equal(2, x:size(1))
        assert.equal(3, x:size(-1))
        assert.equal("{2, 3}", tostring(x:size()))
        assert.equal(6, x:numel())
        assert.equal(2, x:dim())
    end)

    it("is the same object as long as Lua holds it", function()
        local x = ag.ones(2, {requires_grad = true})
        x:sum():backward()
        assert.equal(x.grad, x.grad)
        local key = {[x] = "x"}
        assert.equal("x", key[x])
    end)
end)

describe("an operator", function()
    it("broadcasts, with a number on either side", function()
        local x = ag.tensor {1.0, 2.0}
        assert.equal("tensor([3., 4.])", tostring(x + 2))
        assert.equal("tensor([1., 0.])", tostring(2 - x))
        assert.equal("tensor([2., 1.])", tostring(2 / x))
        assert.equal("tensor([2., 4.])", tostring(2 ^ x))
        assert.equal("tensor([-1., -2.])", tostring(-x))
        assert.equal("tensor([0., 1.])", tostring(x // 2))
        assert.equal("tensor([1., 0.])", tostring(x % 2))
    end)

    it("of the integers 1 and 2 gives an integer, of 2.0 a float", function()
        local x = ag.tensor {1, 2}
        assert.equal("int64", (x + 1).dtype)
        assert.equal("float32", (x + 1.0).dtype)
        assert.equal("float32", (x / 1).dtype)
        assert.equal("int64", (x // 1).dtype)
        assert.equal("int64", (x ^ 2).dtype)
    end)

    it("takes tensors and numbers alone", function()
        assert.has_error(function() return ag.ones(1) + {} end)
        assert.has_error(function() return ag.ones(1) + nil end)
        assert.has_error(function() return "a" * ag.ones(1) end)
        assert.has_error(function() return ag.ones(1) & 1 end)
    end)

    it("for order points to the methods; equality is identity", function()
        local x, y = ag.ones(1), ag.ones(1)
        for _, compare in ipairs {function() return x < y end, function() return x <= y end,
                function() return x > 1 end} do
            local good, message = pcall(compare)
            assert.is_false(good)
            assert.truthy(message:find(":l[te]%(") or message:find(":g[te]%("), message)
        end
        assert.is_false(x == y)
        assert.is_true(x == x) -- luacheck: ignore
    end)

    it("# is the first size", function()
        assert.equal(2, #ag.ones(2, 3))
        assert.equal(0, #ag.ones(0, 3))
        assert.has_error(function() return #ag.tensor(1) end)
    end)

    it(".. joins along the first dim, and makes text beside a string", function()
        assert.equal("tensor([1., 2., 3.])", tostring(ag.tensor {1.0} .. ag.tensor {2.0, 3.0}))
        assert.equal("loss tensor(2.)", "loss " .. ag.tensor(2.0))
        assert.equal("tensor(2.)!", ag.tensor(2.0) .. "!")
    end)
end)

describe("arguments", function()
    it("are loose sizes or one list", function()
        for _, x in ipairs {ag.ones(2, 3), ag.ones({2, 3}), ag.ones {2, 3}} do
            assert.equal("{2, 3}", tostring(x.shape))
        end
        local x = ag.arange(6)
        for _, y in ipairs {x:reshape(2, 3), x:reshape({2, 3}), ag.reshape(x, 2, 3), ag.reshape(x, {2, 3}),
                x:view(2, 3), x:reshape(2, 3):permute(1, 2), x:reshape(3, 2):permute({2, 1})} do
            assert.equal("{2, 3}", tostring(y.shape))
        end
        assert.equal("{}", tostring(ag.ones({}).shape))
    end)

    it("by name stand in a table's named part", function()
        local x = ag.ones(2, 3)
        assert.equal("{2, 1}", tostring(x:sum(2, {keepdim = true}).shape))
        assert.equal("{2, 1}", tostring(x:sum({dim = 2, keepdim = true}).shape))
        assert.equal("{1, 1}", tostring(x:sum({1, 2}, {keepdim = true}).shape))
        assert.equal("{1, 1}", tostring(x:sum({1, 2}, true).shape))
        assert.equal("{1, 1}", tostring(x:sum({1, 2, keepdim = true}).shape))
        local y = ag.ones(2, 2, {dtype = "float64", requires_grad = true})
        assert.equal("float64", y.dtype)
        assert.is_true(y.requires_grad)
        assert.equal("tensor([2., 2., 2.])", tostring(x:sum {dim = 1}))
        assert.equal("tensor(6.)", tostring(x:sum {}))
        assert.equal("tensor([3.])", tostring(ag.add(ag.ones(1), 1, {alpha = 2})))
    end)

    it("by an unknown name are refused with the known ones", function()
        local good, message = pcall(function() ag.ones(2):sum {keepdims = true} end)
        assert.is_false(good)
        assert.truthy(message:find("keepdims", 1, true))
        assert.truthy(message:find("keepdim[^s]"))
        assert.truthy(message:find("dtype", 1, true))
    end)

    it("given twice, too many or too few are refused", function()
        assert.has_error(function() ag.ones(2):sum(1, {dim = 1}) end)
        assert.has_error(function() ag.exp(ag.ones(1), 2) end)
        assert.has_error(function() ag.exp() end)
        assert.has_error(function() ag.matmul(ag.ones(1)) end)
    end)

    it("of the wrong type are refused by name and place", function()
        refuses(function() ag.add(ag.ones(1), nil) end,
            "add(): argument 'other' (position 2) must be Tensor, not nil")
        refuses(function() ag.neg("5") end, "neg(): argument 'self' (position 1) must be Tensor, not string")
        refuses(function() ag.cat {ag.ones(1), 1} end, "cat(): argument 'tensors' (position 1) must be list of …")
        refuses(function() ag.ones(1).sum() end, "sum() missing 1 required positional arguments: \"self\"")
        assert.has_error(function() ag.exp(io.stdout) end)
        assert.has_error(function() ag.ones(2):reshape("a") end)
        assert.has_error(function() ag.ones(2.5) end)
        assert.has_error(function() ag.ones(2):sum(1.5) end)
    end)

    it("that name a position are never 0", function()
        for _, call in ipairs {function() ag.ones(2):sum(0) end, function() return ag.ones(2)[0] end,
                function() ag.ones(2):unsqueeze(0) end, function() ag.ones(2, 2):transpose(0, 1) end,
                function() ag.ones(2):index_select(1, ag.tensor {0}) end,
                function() ag.nll_loss(ag.zeros(1, 2), ag.tensor {0}) end} do
            local good, message = pcall(call)
            assert.is_false(good)
            assert.truthy(message:find("1", 1, true), message)
        end
    end)
end)

describe("leaving", function()
    it("totable gives nested tables, a copy, a number for no dims", function()
        local x = ag.tensor {{1, 2}, {3, 4}}
        local t = x:totable()
        assert.same({{1, 2}, {3, 4}}, t)
        assert.equal("integer", math.type(t[1][1]))
        t[1][1] = 9
        assert.equal(1, x[1][1]:item())
        assert.equal(2.5, ag.tensor(2.5):totable())
        assert.same({true, false}, ag.tensor({true, false}):totable())
        assert.same({{}, {}}, ag.ones(2, 0):totable())
        assert.same({{1, 3}, {2, 4}}, x:t():totable())
    end)

    it("totable is refused where gradients are tracked, but under no_grad", function()
        local x = ag.ones(2, {requires_grad = true})
        refuses(function() x:totable() end,
            "can't call totable() on a tensor that requires grad; use x:detach():totable()")
        assert.same({1.0, 1.0}, x:detach():totable())
        assert.same({1.0, 1.0}, ag.no_grad(function() return x:totable() end))
        assert.equal(2, x:sum():item())
    end)

    it("item gives a number or a boolean", function()
        assert.equal("integer", math.type(ag.tensor({7}):item()))
        assert.equal("float", math.type(ag.tensor({7.0}):item()))
        assert.equal(true, ag.tensor(true):item())
        refuses(function() ag.ones(3):item() end, "a Tensor with 3 elements cannot be converted to Scalar")
        refuses(function() ag.ones(0):item() end, "a Tensor with 0 elements cannot be converted to Scalar")
    end)
end)

describe("printing", function()
    it("follows set_printoptions", function()
        local x = ag.tensor {1.23456789, 2.5}
        ag.set_printoptions {precision = 2}
        assert.equal("tensor([1.23, 2.50])", tostring(x))
        ag.set_printoptions {precision = 4, sci_mode = true}
        assert.equal("tensor([1.2346e+00, 2.5000e+00])", tostring(x))
        ag.set_printoptions {sci_mode = false}
        assert.equal("tensor([100000.5000])", tostring(ag.tensor {100000.5}))
        ag.set_printoptions {threshold = 5, edgeitems = 1}
        assert.equal("tensor([0,  ..., 9])", tostring(ag.arange(10)))
        ag.set_printoptions {profile = "default"}
        assert.equal("tensor([1.2346, 2.5000])", tostring(x))
    end)

    it("says how a tensor takes part in the graph", function()
        local x = ag.ones(2, 2, {requires_grad = true})
        assert.equal("tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)", tostring(x))
        assert.equal("tensor([[2., 2.],\n        [2., 2.]], grad_fn=<AddBackward0>)", tostring(x + 1))
        assert.equal("tensor(1., dtype=float64, grad_fn=<MeanBackward0>)", tostring(x:double():mean()))
        assert.equal("tensor([], size=(0, 3), dtype=int64)", tostring(ag.zeros(0, 3, {dtype = "int64"})))
        assert.truthy(tostring((x * 1):floor_divide(2)):find("grad_fn=<NotImplemented>", 1, true))
    end)
end)
