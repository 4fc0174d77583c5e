-- The generator's state: seeds, and what goes on between draws. The oracle's family "make" has the
-- numbers of each operation.
local ag = require "autograd"

local function drawn(seed, draw)
    ag.manual_seed(seed)
    return draw():totable()
end

local function rand()
    return ag.rand(4)
end

describe("the generator", function()
    it("gives the tutorial's numbers", function()
        ag.manual_seed(0)
        assert.equal("tensor([[ 1.5410, -0.2934],\n        [-2.1788,  0.5684]])", tostring(ag.randn(2, 2)))
        ag.manual_seed(0)
        ag.rand({500, 1})
        local w = ag.rand({1, 1}, {requires_grad = true})
        assert.equal("tensor([[0.0369]], requires_grad=True)", tostring(w))
    end)

    it("takes any integer, of which the low 32 bits count", function()
        assert.same(drawn(0, rand), drawn(2 ^ 32 | 0, rand))
        assert.same(drawn(-1, rand), drawn(2 ^ 32 - 1 | 0, rand))
        assert.same(drawn(5, rand), drawn(5 + (7 << 32), rand))
        assert.are_not.same(drawn(0, rand), drawn(1, rand))
    end)

    it("goes on from draw to draw", function()
        local whole = drawn(3, function() return ag.rand(8) end)
        local parts = drawn(3, function() return ag.cat({ag.rand(3), ag.rand(5)}) end)
        assert.same(whole, parts)
    end)

    it("keeps the second normal of a pair", function()
        local whole = drawn(3, function() return ag.randn(4) end)
        local parts = drawn(3, function() return ag.cat({ag.randn(1), ag.randn(3)}) end)
        assert.same(whole, parts)
        local fresh = drawn(3, function() return ag.randn(1) end)
        ag.randn(1)
        assert.same(fresh, drawn(3, function() return ag.randn(1) end))
    end)

    it("is seeded by the system otherwise", function()
        local script = [[lua5.4 -e 'print(require("autograd").rand(1):item())']]
        local function once()
            local pipe = io.popen(script)
            local text = pipe:read "a"
            pipe:close()
            return text
        end
        local first = once()
        assert.truthy(tonumber(first))
        assert.are_not.equal(first, once())
    end)

    it("draws from where it is told to", function()
        ag.manual_seed(1)
        local x = ag.randint(3, 7, {1000})
        assert.equal(3, x:min():item())
        assert.equal(6, x:max():item())
        local order = ag.randperm(100):totable()
        table.sort(order)
        for i = 1, 100 do
            assert.equal(i, order[i])
        end
        local u = ag.rand(10000)
        assert.is_true(u:ge(0):all():item() and u:lt(1):all():item())
        assert.is_true(math.abs(u:mean():item() - 0.5) < 0.02)
        local n = ag.randn(10000)
        assert.is_true(math.abs(n:mean():item()) < 0.05)
        assert.is_true(math.abs(n:std():item() - 1) < 0.05)
    end)
end)
