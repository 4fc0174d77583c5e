-- Second names of operations, as torch has them.
local ag = require "autograd"

describe("aliases", function()
    local x, y = ag.tensor({-1.5, 2.0}), ag.tensor({1.0, 2.0})

    it("are functions, methods and methods in place", function()
        assert.is_true(ag.multiply(x, y):equal(x * y))
        assert.is_true(x:subtract(y):equal(x - y))
        assert.is_true(x:clone():clip_(-1, 1):equal(x:clamp(-1, 1)))
        assert.is_true(x:greater_equal(y):equal(x:ge(y)))
        assert.is_true(ag.divide(x, y, {rounding_mode = "floor"}):equal(x // y))
        assert.is_true(ag.arctan2(x, y):equal(x:atan2(y)))
        local matrix = ag.arange(6):reshape(2, 3)
        assert.is_true(matrix:clone():swapaxes_(1, 2):equal(matrix:t()))
        assert.is_true(ag.concat({x, y}):equal(ag.cat({x, y})))
    end)

    it("are functions too of what writes", function()
        local z = x:clone()
        assert.is_true(rawequal(z, ag.fill_(z, 3)))
        assert.equal("tensor([3., 3.])", tostring(z))
        assert.is_true(rawequal(z, ag.zero_(z)))
        assert.equal("tensor([0., 0.])", tostring(z))
    end)

    it("refuse by the operation's own name", function()
        local good, message = pcall(ag.absolute, ag.tensor({true}))
        assert.is_false(good)
        assert.matches('"abs_cpu" not implemented for \'Bool\'', message, 1, true)
    end)
end)
