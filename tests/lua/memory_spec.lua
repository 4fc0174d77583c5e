-- Scopes, closing, collection; long chains and many graphs.
local ag = require "autograd"

local function resident_kilobytes()
    for line in io.lines "/proc/self/status" do
        local size = line:match("^VmRSS:%s+(%d+)")
        if size then
            return tonumber(size)
        end
    end
end

describe("a tensor", function()
    it("is freed by its close", function()
        local x
        do
            local y <close> = ag.ones(3)
            x = y
        end
        assert.has_error(function() return x + 1 end)
    end)

    it("is freed by a scope's end, but for what the scope returns", function()
        local inner
        local result, list = ag.scope(function()
            inner = ag.ones(3)
            return inner * 2, {inner * 3}
        end)
        assert.has_error(function() return inner + 1 end)
        assert.equal("tensor([2., 2., 2.])", tostring(result))
        assert.equal("tensor([3., 3., 3.])", tostring(list[1]))
    end)

    it("keeps the numbers that a parameter, its grad or a living graph holds", function()
        local w = ag.ones(2, {requires_grad = true})
        local loss = ag.scope(function()
            local x = ag.tensor {3.0, 4.0}
            return (w * x):sum()
        end)
        ag.scope(function() loss:backward() end)
        assert.equal("tensor([3., 4.])", tostring(w.grad))
    end)

    it("lets an error through a scope, which ends", function()
        local inner
        local good, raised = pcall(ag.scope, function()
            inner = ag.ones(1)
            error("out", 0)
        end)
        assert.is_false(good)
        assert.equal("out", raised)
        assert.has_error(function() return inner + 1 end)
    end)
end)

describe("memory", function()
    it("stays flat where tensors are dropped, though the collector sees none of it", function()
        for _ = 1, 200 do
            ag.ones(65536)
        end
        local before = resident_kilobytes()
        for _ = 1, 2000 do
            ag.ones(65536)
        end
        assert.is_true(resident_kilobytes() - before < 65536)
    end)

    it("stays flat where temporaries outlive others, in either mode of the collector", function()
        local before = collectgarbage("incremental")
        for _, mode in ipairs {"incremental", "generational"} do
            collectgarbage(mode)
            collectgarbage()
            local x, most = ag.rand(1000000), 0
            local held = ag.bytes_used()
            for _ = 1, 50 do
                local y = ((x + 1) * 2 - 3):exp()
                most = math.max(most, ag.bytes_used() - held)
                assert.equal(y.shape[1], 1000000)
            end
            assert.is_true(most < 40e6, ("%s: %d bytes"):format(mode, most))
        end
        collectgarbage(before)
    end)

    it("stays flat over 2,000 graphs", function()
        local w = ag.randn(32, 32, {requires_grad = true})
        local function step()
            local y = w
            for _ = 1, 10 do
                y = (y:matmul(w) * 0.1):tanh()
            end
            w.grad = nil
            y:sum():backward()
        end
        for _ = 1, 200 do
            step()
        end
        collectgarbage()
        local before = resident_kilobytes()
        for _ = 1, 2000 do
            step()
        end
        collectgarbage()
        assert.is_true(resident_kilobytes() - before < 4096)
    end)

    it("stays flat over graphs that no one ran backward, create_graph's among them", function()
        local w = ag.randn(8, 8, {requires_grad = true})
        local function step()
            local g = ag.autograd.grad(w:matmul(w):sum(), w, {create_graph = true});
            (g * g):sum()
        end
        for _ = 1, 500 do
            step()
        end
        collectgarbage()
        local before = resident_kilobytes()
        for _ = 1, 5000 do
            step()
        end
        collectgarbage()
        assert.is_true(resident_kilobytes() - before < 8192)
    end)

    it("holds a chain of 1,000,000 operations, which runs backward and is freed", function()
        local x = ag.ones(1, {requires_grad = true})
        local y = x
        for _ = 1, 1000000 do
            y = y + 1
        end
        y:backward()
        assert.equal(1, x.grad:item())
        y = nil -- luacheck: ignore
        collectgarbage()
    end)

    it("frees a chain of 1,000,000 operations that never ran backward", function()
        local y = ag.ones(1, {requires_grad = true})
        for _ = 1, 1000000 do
            y = y * 1
        end
        assert.equal(1, y:item())
        y = nil -- luacheck: ignore
        collectgarbage()
    end)

    it("frees a leaf's cycle through its own hook", function()
        local count = setmetatable({}, {__mode = "k"})
        for _ = 1, 100 do
            local x = ag.ones(10, {requires_grad = true})
            x:register_hook(function(g) return g + x end)
            count[x] = true
        end
        collectgarbage()
        collectgarbage()
        local alive = 0
        for _ in pairs(count) do
            alive = alive + 1
        end
        assert.is_true(alive <= 1)
    end)
end)
