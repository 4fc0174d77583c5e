-- no_grad, enable_grad, set_grad_enabled: as functions, as guards, over errors and coroutines.
local ag = require "autograd"

local function tracked()
    return (ag.ones(1, {requires_grad = true}) * 2).requires_grad
end

describe("grad mode", function()
    it("is on at the start", function()
        assert.is_true(ag.is_grad_enabled())
        assert.is_true(tracked())
    end)

    it("is off inside no_grad, which hands arguments and results through", function()
        local a, b, c = ag.no_grad(function(...)
            assert.is_false(ag.is_grad_enabled())
            assert.is_false(tracked())
            return select("#", ...), ...
        end, 7, nil)
        assert.same({2, 7}, {a, b})
        assert.is_nil(c)
        assert.is_true(ag.is_grad_enabled())
    end)

    it("nests", function()
        ag.no_grad(function()
            ag.enable_grad(function()
                assert.is_true(tracked())
                ag.set_grad_enabled(false, function() assert.is_false(tracked()) end)
                assert.is_true(tracked())
            end)
            assert.is_false(tracked())
        end)
    end)

    it("is a guard that acts at once and restores at its close", function()
        do
            local _ <close> = ag.no_grad()
            assert.is_false(tracked())
            do
                local _ <close> = ag.enable_grad()
                assert.is_true(tracked())
            end
            assert.is_false(tracked())
        end
        assert.is_true(tracked())
    end)

    it("is set for good by set_grad_enabled", function()
        ag.set_grad_enabled(false)
        assert.is_false(tracked())
        ag.set_grad_enabled(true)
        assert.is_true(tracked())
    end)

    it("is restored where an error passes, which stays what it was", function()
        local reason = {}
        local good, raised = pcall(ag.no_grad, function() error(reason) end)
        assert.is_false(good)
        assert.equal(reason, raised)
        assert.is_true(ag.is_grad_enabled())
        pcall(function()
            local _ <close> = ag.no_grad()
            error("inside")
        end)
        assert.is_true(ag.is_grad_enabled())
    end)

    it("is not restored by collection", function()
        do
            ag.no_grad()
        end
        collectgarbage()
        collectgarbage()
        assert.is_false(ag.is_grad_enabled())
        ag.set_grad_enabled(true)
    end)

    it("belongs to the coroutine that set it", function()
        local thread = coroutine.create(function()
            ag.no_grad(function()
                coroutine.yield(ag.is_grad_enabled())
                coroutine.yield(ag.is_grad_enabled())
            end)
            return ag.is_grad_enabled()
        end)
        assert.same({true, false}, {coroutine.resume(thread)})
        assert.is_true(ag.is_grad_enabled())
        assert.is_true(tracked())
        assert.same({true, false}, {coroutine.resume(thread)})
        assert.is_true(ag.is_grad_enabled())
        assert.same({true, true}, {coroutine.resume(thread)})
    end)

    it("of a new coroutine is its resumer's", function()
        ag.no_grad(function()
            assert.is_false(coroutine.wrap(function() return ag.is_grad_enabled() end)())
        end)
    end)

    it("off means results that take no part in the graph", function()
        local w = ag.ones(1, {requires_grad = true})
        local g = ag.ones(1)
        local moved = ag.no_grad(function() return w - g * 0.1 end)
        assert.is_false(moved.requires_grad)
        ag.no_grad(function() w:sub_(g * 0.1) end)
        assert.is_true(w.requires_grad)
    end)
end)
