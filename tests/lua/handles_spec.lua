-- Tensors as Lua values: identity, freeing, scopes, coroutines, closures that the graph holds.
local ag = require "autograd"
local refuses = require "refusal"

local function leaf(...)
    return ag.tensor({...}, {requires_grad = true})
end

local function collect()
    for _ = 1, 4 do
        collectgarbage()
    end
end

describe("a tensor in Lua", function()
    it("has one userdata while Lua holds it", function()
        local x = leaf(1.0, 2.0)
        x:sum():backward()
        assert.equal(x.grad, x.grad)
        local g = ag.ones(2)
        x.grad = g
        assert.equal(g, x.grad)
        local seen = {[x.grad] = true}
        assert.is_true(seen[g])
        assert.equal(x, x:contiguous())
    end)

    it("in place answers itself", function()
        local x = ag.ones(2)
        assert.is_true(rawequal(x, x:add_(1)))
        assert.is_true(rawequal(x, x:mul_(2):sub_(1)))
        assert.equal("tensor([3., 3.])", tostring(x))
    end)

    it("is freed at its close, and says so when used again", function()
        local kept
        do
            local x <close> = ag.ones(3)
            kept = x
        end
        refuses(function() return kept + 1 end,
            "the tensor was freed: it was closed, or made inside an ag.scope that has ended")
        refuses(function() return kept.shape end,
            "the tensor was freed: it was closed, or made inside an ag.scope that has ended")
    end)

    it("may be freed by a finalizer while a call of ours makes room for its answer", function()
        local freed = "the tensor was freed: it was closed, or made inside an ag.scope that has ended"
        local other, victim, filler = ag.ones(4), nil, nil
        local finalizer = {__gc = function()
            if victim then
                getmetatable(victim).__close(victim)
                victim, filler = nil, {ag.full({4}, 99), ag.full({4}, 99), ag.full({4}, 99)}
            end
        end}
        local calls = {
            function(x) return (x + other):sum():item(), 12 end,
            function(x) return x[2]:item(), 2 end,
            function(x) return x[{{2, 3}}]:sum():item(), 4 end,
            function(x) return x.data:sum():item(), 8 end,
            function(x) return #x.shape, 1 end,
            function(x) return x:detach():totable()[4], 2 end,
            function(x) return ag.cat({x, other}):sum():item(), 12 end,
            function(x) return x.grad and x.grad:sum():item() or 4, 4 end,
            function(x) return ag.autograd.grad((x * x):sum(), {x})[1]:sum():item(), 16 end,
        }
        math.randomseed(20)
        for _, call in ipairs(calls) do
            for _ = 1, 3000 do
                local x = ag.full({4}, 2.0, {requires_grad = true})
                x.grad = ag.ones(4)
                setmetatable({}, finalizer)
                local junk = ("x"):rep(math.random(1500))
                victim = x
                local good, answer, wanted = pcall(call, x)
                victim = nil
                if good then
                    assert.equal(wanted, answer)
                else
                    assert.equal(freed, tostring(answer):match(": (.*)"))
                end
                assert.is_true(#junk > 0 and (filler == nil or #filler == 3))
            end
        end
    end)

    it("may be finalized by hand", function()
        local x = ag.ones(3)
        getmetatable(x).__gc(x)
        getmetatable(x).__gc(x)
        getmetatable(x).__gc(io.stdout)
        assert.has_error(function() return x + 1 end)
    end)

    it("is told from other userdata", function()
        refuses(function() return ag.ones(1) + io.stdout end,
            "add(): argument 'other' (position 2) must be Tensor, not userdata")
        assert.is_false(ag.is_tensor(io.stdout))
        assert.is_false(ag.is_tensor())
        assert.is_false(ag.is_tensor(nil))
        assert.is_true(ag.is_tensor(ag.ones(1)))
    end)

    it("costs the collector what it holds", function()
        collect()
        local most = 0
        for _ = 1, 300 do
            ag.zeros(256, 1024)
            most = math.max(most, ag.bytes_used())
        end
        assert.is_true(most < 100 * 2 ^ 20, "most: " .. most)
    end)

    it("leaves no byte behind", function()
        local function step()
            local w = leaf(1.0, 2.0, 3.0)
            local handle = w:register_hook(function(g) return g * 2 end)
            local loss = (w * w + w[1] - w[{{2, 3}}]:sum()):sum()
            loss:backward()
            w.grad = w.grad * 2
            handle:remove()
        end
        step()
        collect()
        local before = ag.bytes_used()
        for _ = 1, 200 do
            step()
        end
        collect()
        assert.equal(before, ag.bytes_used())
    end)
end)

describe("ag.scope", function()
    it("frees what was made inside, but what it returns", function()
        local inside
        local kept, list, number = ag.scope(function(start)
            local x = start + 1
            inside = x * 2
            local pair = {x, {deep = x + 2}}
            pair.itself = pair
            return x, pair, 7
        end, ag.ones(2))
        assert.equal("tensor([2., 2.])", tostring(kept))
        assert.equal("tensor([4., 4.])", tostring(list[2].deep))
        assert.equal(7, number)
        assert.has_error(function() return inside + 1 end)
    end)

    it("leaves to a parameter and to a graph what they hold", function()
        local w = leaf(3.0)
        local loss = ag.scope(function()
            local y = w * w
            return (y * 2):sum()
        end)
        loss:backward()
        assert.equal(12, w.grad:item())
    end)

    it("nests: what the inner one returns is the outer one's", function()
        local inner
        ag.scope(function()
            inner = ag.scope(function() return ag.ones(1) end)
            assert.equal("tensor([1.])", tostring(inner))
        end)
        assert.has_error(function() return inner + 1 end)
    end)

    it("frees where an error passes, which stays what it was", function()
        local inside
        local reason = {}
        local good, raised = pcall(ag.scope, function()
            inside = ag.ones(1)
            error(reason)
        end)
        assert.is_false(good)
        assert.equal(reason, raised)
        assert.has_error(function() return inside + 1 end)
    end)

    it("lets its function yield, and leaves alone what others make meanwhile", function()
        local thread = coroutine.wrap(function()
            return ag.scope(function()
                local x = ag.ones(1)
                coroutine.yield()
                return x + 1
            end)
        end)
        thread()
        local outside = ag.ones(3)
        assert.equal("tensor([2.])", tostring(thread()))
        assert.equal("tensor([1., 1., 1.])", tostring(outside))
    end)
end)

describe("a closure that the graph holds", function()
    it("outlives the handle of its tensor, with what it captures", function()
        local x, seen, y = leaf(1.0), nil, nil -- luacheck: ignore 311
        do
            local h = x * 2
            local factor = ag.tensor(10.0)
            h:register_hook(function(g)
                seen = g
                return g * factor
            end)
            y = h * 3
        end
        collect()
        y:backward()
        assert.equal("tensor([3.])", tostring(seen))
        assert.equal("tensor([60.])", tostring(x.grad))
    end)

    it("outlives a leaf's handle too", function()
        local y, count = nil, 0 -- luacheck: ignore 311
        do
            local x = leaf(1.0)
            local factor = ag.tensor(5.0)
            x:register_hook(function(g)
                count = count + (g * factor):item()
            end)
            y = x * 2
        end
        collect()
        y:backward()
        assert.equal(10, count)
    end)

    it("goes with its tensor, though it captures it", function()
        local weak = setmetatable({}, {__mode = "k"})
        do
            local x = leaf(1.0)
            local y = x * 2
            y:register_hook(function() return y:detach() end)
            y:backward()
            local token = {}
            weak[token] = true
            x:register_hook(function() return x * 1, token end)
        end
        collect()
        assert.is_nil(next(weak))
    end)

    it("of a custom function goes with the graph, though ctx keeps the result", function()
        local weak = setmetatable({}, {__mode = "k"})
        local Keep = ag.autograd.Function {
            forward = function(ctx, x)
                ctx.token = {}
                weak[ctx.token] = true
                ctx.x = x
                return x * 2
            end,
            backward = function(ctx, g)
                assert(ctx.token)
                return g * 2
            end,
        }
        do
            local x = leaf(1.0)
            local y = Keep(x) * 3
            collect()
            assert.truthy(next(weak))
            y:backward()
            assert.equal(6, x.grad:item())
        end
        collect()
        assert.is_nil(next(weak))
    end)

    it("may remove another hook, which still has its turn", function()
        local x, log = leaf(1.0), {}
        local second
        x:register_hook(function()
            log[#log + 1] = "first"
            second:remove()
        end)
        second = x:register_hook(function() log[#log + 1] = "second" end)
        x:sum():backward()
        assert.same({"first", "second"}, log)
        x:sum():backward()
        assert.same({"first", "second", "first"}, log)
    end)
end)

describe("grad mode in coroutines that backward runs", function()
    it("is put back when a hook has run one", function()
        local x = leaf(2.0)
        local y = x * x
        y:register_hook(function()
            coroutine.wrap(function() ag.set_grad_enabled(true) end)()
        end)
        y:backward()
        assert.is_false(x.grad.requires_grad)
        assert.is_true(ag.is_grad_enabled())
    end)
end)
