-- How Lua's arguments become an operation's: positional, loose, by keyword; and what is refused.
local ag = require "autograd"
local refuses = require "refusal"

local function text(x)
    return (tostring(x):gsub("\n *", " "))
end

describe("arguments", function()
    it("come loose or as one list", function()
        for _, x in ipairs {ag.ones(2, 3), ag.ones({2, 3}), ag.ones {2, 3}, ag.ones(ag.ones(2, 3).shape),
                ag.ones {size = {2, 3}}, ag.zeros(6):add(1):reshape(2, 3), ag.ones(6):reshape {2, -1}} do
            assert.equal("tensor([[1., 1., 1.], [1., 1., 1.]])", text(x))
        end
        assert.equal(0, ag.ones({}).ndim)
        assert.equal("{0}", tostring(ag.tensor({}).shape))
    end)

    it("come by keyword, in a last table", function()
        local x = ag.ones(2, 3, {dtype = "float64", requires_grad = true})
        assert.equal("float64", x.dtype)
        assert.is_true(x.requires_grad)
        local y = ag.ones {2, 3, requires_grad = true}
        assert.is_true(y.requires_grad)
        assert.same({2, 1}, {table.unpack(x:sum(2, {keepdim = true}).shape)})
        assert.same({2, 1}, {table.unpack(x:sum {dim = 2, keepdim = true}.shape)})
        assert.same({2, 1}, {table.unpack(x:sum(2, true).shape)})
        assert.equal(6, x:sum({}):item())
        assert.equal("tensor([3., 3.])", text(ag.ones(2):add(ag.ones(2), {alpha = 2})))
        assert.equal("tensor([2., 2.])", text(ag.ones(2):add(ag.ones(2), {})))
    end)

    it("may be nil where there is a default", function()
        assert.equal(6, ag.ones(2, 3):sum(nil):item())
        assert.equal("tensor([[6.]])", text(ag.ones(2, 3):sum(nil, true)))
    end)

    it("decide what where gives: for a condition alone a list, its positions by dims", function()
        local condition = ag.tensor({{1.0, 0.0, 2.0}, {0.0, 0.0, -1.0}}, {requires_grad = true})
        local rows, columns = table.unpack(ag.where(condition))
        assert.equal("tensor([1, 1, 2])", tostring(rows))
        assert.equal("tensor([1, 3, 3])", tostring(columns))
        assert.is_true(condition[{rows, columns}]:equal(ag.tensor({1.0, 2.0, -1.0})))
        assert.equal("tensor([1])", tostring(ag.where(ag.tensor(true))[1]))
        local none = ag.where(ag.zeros(2, 2, 2))
        assert.equal(3, #none)
        assert.equal("tensor([], dtype=int64)", tostring(none[3]))
        assert.equal("tensor([1., 1.])", tostring(ag.where(ag.tensor({true, false}), 1.0, ag.ones(2))))
        assert.equal("where", ag.describe(ag.where).name)
        refuses(function() ag.where(condition, condition) end,
            'where() missing 1 required positional arguments: "other"')
        refuses(function() condition:where() end,
            'where() missing 2 required positional arguments: "condition", "other"')
        refuses(function() ag.where(3) end, "where(): argument 'condition' (position 1) must be Tensor, not int")
    end)

    it("takes unbiased or a correction, not both", function()
        local refusal = "() received an invalid combination of arguments: unbiased and correction"
        refuses(function() ag.ones(3):var {unbiased = true, correction = 1} end, "var" .. refusal)
        refuses(function() ag.ones(3):std(1, {unbiased = false, correction = 0}) end, "std" .. refusal)
        refuses(function() ag.ones(3):var(false, {correction = 0}) end, "var" .. refusal)
    end)

    it("of norm may be a name", function()
        local x = ag.tensor({{3.0, 0.0}, {0.0, 4.0}})
        assert.equal(5, x:norm("fro"):item())
        assert.equal(5, ag.norm(x, {p = "fro"}):item())
        refuses(function() x:norm("nuc") end,
            'norm(): the nuclear norm is not supported; p may be a number or "fro"')
        refuses(function() x:norm(print) end,
            "norm(): argument 'p' (position 1) must be Number or string, not function")
    end)

    it("that are integers may be written as floats without a fraction", function()
        assert.equal("{2, 3}", tostring(ag.ones(4 / 2, 3).shape))
        refuses(function() ag.ones(2.5) end, "ones(): argument 'size' (position 1) must be list of ints, not float")
    end)

    it("that do not fit are named", function()
        local x = ag.ones(2, 3)
        refuses(function() x:matmul(3) end, "matmul(): argument 'other' (position 1) must be Tensor, not int")
        refuses(function() ag.matmul(x, 3) end, "matmul(): argument 'other' (position 2) must be Tensor, not int")
        refuses(function() x:add(nil) end, "add(): argument 'other' (position 1) must be Tensor, not nil")
        refuses(function() x:add "1" end, "add(): argument 'other' (position 1) must be Tensor, not string")
        refuses(function() x:transpose(1.5, 1) end,
            "transpose(): argument 'dim0' (position 1) must be int, not float")
        refuses(function() x:sum(print) end, "sum(): argument 'dim' (position 1) must be list of ints, not function")
        refuses(function() x:sum {dim = "1"} end, "sum(): argument 'dim' must be list of ints, not string")
        refuses(function() x:sum(1, 2, 3, 4, "x") end,
            "sum(): argument 'keepdim' (position 5) must be bool, not string")
        refuses(function() ag.ones {2, "a"} end,
            "ones(): argument 'size' (position 1) must be list of ints, but found element of type string at pos 2")
        refuses(function() ag.cat {x, 3} end,
            "cat(): argument 'tensors' (position 1) must be list of Tensors, but found element of type int at pos 2")
        refuses(function() ag.ones(2, {dtype = "float33"}) end,
            "ones(): argument 'dtype' must be dtype, but there is none named 'float33'")
    end)

    it("that are missing, too many or unknown are named", function()
        local x = ag.ones(2, 3)
        refuses(function() ag.matmul(x) end, 'matmul() missing 1 required positional arguments: "other"')
        refuses(function() ag.matmul() end, 'matmul() missing 2 required positional arguments: "self", "other"')
        refuses(function() x:matmul(x, x) end, "matmul() takes 1 positional argument but 2 were given")
        refuses(function() x:sum {foo = 1} end,
            "sum() got an unexpected keyword argument 'foo' (it takes dim, keepdim, dtype)")
        refuses(function() x:sum(1, {dim = 1}) end, "sum() got multiple values for argument 'dim'")
        refuses(function() x:exp {foo = 1} end, "exp() got an unexpected keyword argument 'foo' (it takes none)")
    end)

    it("in operators are tensors and numbers, on either side", function()
        local x = ag.tensor {1.0, 2.0}
        assert.equal("tensor([3., 4.])", text(2 + x))
        assert.equal("tensor([1., 0.])", text(2 - x))
        assert.equal("tensor([2., 1.])", text(2 / x))
        assert.equal("tensor([2., 4.])", text(2 ^ x))
        assert.equal("tensor([2., 1.])", text(2 // x))
        assert.equal("tensor([0., 1.])", text(5 % x))
        assert.equal("tensor([-1., -2.])", text(-x))
        assert.has_error(function() return x + {} end)
        assert.has_error(function() return x < x end)
        assert.has_error(function() return x <= 1 end)
        assert.has_error(function() return x .. {} end)
    end)
end)

describe("names", function()
    it("that are mistyped are answered by the nearest", function()
        local x = ag.ones(2)
        refuses(function() return x.shpae end, "a Tensor has no field or method 'shpae' (did you mean 'shape'?)")
        refuses(function() return x:resahpe(2) end,
            "a Tensor has no field or method 'resahpe' (did you mean 'reshape'?)")
        refuses(function() x.requires_gard = true end,
            "a Tensor has no field or method 'requires_gard' (did you mean 'requires_grad'?)")
        refuses(function() return x.zzzzzzzzzz end, "a Tensor has no field or method 'zzzzzzzzzz'")
        refuses(function() x.shape = {2} end, "the field 'shape' of a Tensor cannot be set")
        refuses(function() x.grad = 3 end, "assigned grad expected to be a Tensor or nil but got grad of type int")
        refuses(function() x.data = 3 end, "Variable data has to be a tensor, but got int")
        refuses(function() x.requires_grad = 3 end, "requires_grad must be a bool")
    end)
end)

describe("a tensor from tables", function()
    it("has the dtype of its highest number", function()
        assert.equal("tensor([1, 2])", text(ag.tensor {1, 2}))
        assert.equal("tensor([1.0000, 2.5000, 1.0000])", text(ag.tensor {1, 2.5, true}))
        assert.equal("tensor([1, 0])", text(ag.tensor {1, false}))
        assert.equal("tensor([ True, False])", text(ag.tensor {true, false}))
        assert.equal("tensor(3)", text(ag.tensor(3)))
        assert.equal("tensor([], size=(2, 0))", text(ag.tensor {{}, {}}))
        assert.equal("tensor([1., 2.])", text(ag.tensor {ag.tensor(1.0), ag.tensor(2)}))
        assert.equal("tensor([255], dtype=uint8)", text(ag.tensor({-1}, {dtype = "uint8"})))
        assert.equal("tensor([2])", text(ag.tensor({2.7}, {dtype = "int64"})))
        assert.equal(math.maxinteger, ag.tensor(math.maxinteger):item())
    end)

    it("is refused where it has no shape or does not fit", function()
        refuses(function() ag.tensor {{1, 2}, {3}} end, "expected sequence of length 2 at dim 2 (got 1)")
        refuses(function() ag.tensor {{{1}, {2}}, {{1}}} end, "expected sequence of length 2 at dim 2 (got 1)")
        refuses(function() ag.tensor {1, {2}} end, "must be real number, not table")
        refuses(function() ag.tensor {{1}, 2} end,
            "not a sequence: int at dim 2 where a table of length 1 is expected")
        refuses(function() ag.tensor {"a"} end, "must be real number, not string")
        refuses(function() ag.tensor() end, 'tensor() missing 1 required positional arguments: "data"')
        refuses(function() ag.tensor(300, {dtype = "uint8"}) end,
            "value cannot be converted to type uint8 without overflow")
        refuses(function() ag.tensor(0 / 0, {dtype = "int64"}) end,
            "value cannot be converted to type int64 without overflow")
        refuses(function() ag.tensor({1}, {requires_grad = true}) end,
            "Only Tensors of floating point and complex dtype can require gradients")
        local circle = {}
        circle[1] = circle
        local deep = {}
        for _ = 1, 10000 do
            deep = {deep}
        end
        for _, data in ipairs {circle, deep} do
            refuses(function() ag.tensor(data) end,
                "too many dimensions: the tables are nested more than 64 deep, or one contains itself")
        end
    end)

    it("goes back to tables", function()
        assert.same({{1, 2}, {3, 4}}, ag.tensor {{1, 2}, {3, 4}}:totable())
        assert.same({{1, 3}, {2, 4}}, ag.tensor {{1, 2}, {3, 4}}:t():totable())
        assert.same({true, false}, ag.tensor {true, false}:totable())
        assert.equal(7, ag.tensor(7):totable())
        assert.equal("integer", math.type(ag.tensor(7):item()))
        assert.equal("float", math.type(ag.tensor(7.0):item()))
        assert.is_true(ag.tensor(true):item())
        local w = ag.ones(1, {requires_grad = true})
        refuses(function() w:totable() end,
            "can't call totable() on a tensor that requires grad; use x:detach():totable()")
        assert.same({1}, ag.no_grad(function() return w:totable() end))
        refuses(function() ag.ones(2):item() end, "a Tensor with 2 elements cannot be converted to Scalar")
    end)
end)

describe("a shape", function()
    it("prints and compares by contents, and is a copy", function()
        local x = ag.ones(2, 3)
        assert.equal("{2, 3}", tostring(x.shape))
        assert.equal("shape {2, 3}", "shape " .. x.shape)
        assert.is_true(x.shape == ag.zeros(2, 3).shape)
        assert.is_true(x.shape == {2, 3})
        assert.is_false(x.shape == {2})
        x.shape[1] = 9
        assert.equal(2, x:size(1))
        assert.equal(3, x:size(-1))
        assert.equal(2, #x)
        refuses(function() x:size(3) end, "Dimension out of range (expected to be in range of [-2, 2], but got 3)")
        refuses(function() return #ag.tensor(1) end, "len() of a 0-d tensor")
    end)
end)

describe("brackets", function()
    local x = ag.tensor {{1, 2, 3}, {4, 5, 6}}

    it("end ipairs and pairs", function()
        local rows = {}
        for i, row in ipairs(x) do
            rows[i] = text(row)
        end
        assert.same({"tensor([1, 2, 3])", "tensor([4, 5, 6])"}, rows)
        local count = 0
        for i, row in pairs(x) do
            count = count + 1
            assert.equal(rows[i], text(row))
        end
        assert.equal(2, count)
        assert.is_nil(x[3])
    end)

    it("refuse what is no index", function()
        refuses(function() return x[4] end, "index 4 is out of bounds for dimension 1 with size 2")
        refuses(function() return x[0] end,
            "index 0 is out of bounds for dimension 1 with size 2: positions count from 1")
        refuses(function() return x[{1, 4}] end, "index 4 is out of bounds for dimension 2 with size 3")
        refuses(function() return x[{1, 1, 1}] end, "too many indices for tensor of dimension 2")
        refuses(function() return x[{"...", "..."}] end, "an index can only have a single ellipsis ('...')")
        refuses(function() return x[{{1, 2, 0}}] end, "slice step cannot be zero")
        refuses(function() return x[{{1, 2, -1}}] end, "step must be greater than zero")
        assert.has_error(function() return x[1.5] end)
        assert.has_error(function() return x[true] end)
        assert.has_error(function() return x[{{"a"}}] end)
        assert.has_error(function() x[1] = "a" end)
        assert.has_error(function() x[1] = nil end)
    end)

    it("take string.sub's rules for ranges", function()
        local y = ag.tensor {1, 2, 3, 4, 5}
        for range, expected in pairs {[{2}] = {2, 3, 4, 5}, [{2, 3}] = {2, 3}, [{-2}] = {4, 5},
                [{0, 2}] = {1, 2}, [{2, 0}] = {}, [{1, -2}] = {1, 2, 3, 4}, [{4, 9}] = {4, 5},
                [{1, 5, 2}] = {1, 3, 5}, [{}] = {1, 2, 3, 4, 5}} do
            assert.same(expected, y[{range}]:totable())
        end
    end)
end)

describe("functional", function()
    local functional = ag.autograd.functional
    local x = ag.tensor {1.0, 2.0}

    it("has jacobian and hessian", function()
        assert.same({{2, 0}, {0, 4}}, functional.jacobian(function(a) return a * a end, x):totable())
        assert.same({{6, 0}, {0, 12}}, functional.hessian(function(a) return (a * a * a):sum() end, x):totable())
        local both = functional.jacobian(function(a, b) return a * b end, {x, ag.tensor {5.0, 7.0}})
        assert.same({{5, 0}, {0, 7}}, both[1]:totable())
        assert.same({{1, 0}, {0, 2}}, both[2]:totable())
        refuses(function() functional.hessian(function(a) return a end, x) end,
            "hessian(): the function must return one Tensor with a single element")
    end)

    it("has vjp and jvp", function()
        local v = ag.tensor {1.0, 10.0}
        local value, product = functional.vjp(function(a) return a * a end, x, v)
        assert.same({1, 4}, value:totable())
        assert.same({2, 40}, product:totable())
        value, product = functional.jvp(function(a) return a * a end, x, v)
        assert.same({1, 4}, value:totable())
        assert.same({2, 40}, product:totable())
    end)
end)

describe("gradcheck", function()
    local x = ag.tensor({0.5, 2.0}, {dtype = "float64", requires_grad = true})

    it("agrees with a right gradient", function()
        assert.is_true(ag.autograd.gradcheck(function(a) return (a * a):sum() end, x))
        assert.is_true(ag.autograd.gradgradcheck(function(a) return a * a * a end, {x}))
    end)

    it("finds a wrong one", function()
        local Wrong = ag.autograd.Function {
            forward = function(_, a) return a * 2 end,
            backward = function(_, g) return g * 3 end,
        }
        local good, message = pcall(ag.autograd.gradcheck, Wrong, x)
        assert.is_false(good)
        assert.truthy(message:find("Jacobian mismatch for output 1 with respect to input 1", 1, true))
        assert.is_false(ag.autograd.gradcheck(Wrong, x, {raise_exception = false}))
        assert.has_error(function() ag.autograd.gradcheck(Wrong, ag.ones(2)) end)
    end)
end)

describe("an operation's entry", function()
    it("says what it is", function()
        local add = ag.describe "add"
        assert.equal("add", add.name)
        assert.truthy(add.signature:find("^add%("))
        assert.is_true(add.is_method and add.is_function and add.has_inplace)
        assert.same({name = "alpha", type = "Number", optional = true, keyword_only = true, default = "1"},
            add.parameters[3])
        assert.same(add, ag.describe(ag.add))
        assert.same(add, ag.describe "add_")
        assert.is_nil(ag.describe "nothing")
        assert.is_nil(ag.describe(print))
        for _, name in ipairs(ag.operations()) do
            local description = ag.describe(name)
            assert.truthy(#description.doc > 0, name)
            assert.truthy(ag[name] or ag.ones(1)[name], name)
        end
    end)
end)
