-- Hooks on gradients and on leaves; custom functions.
local ag = require "autograd"
local refuses = require "refusal"

local function leaf(...)
    return ag.tensor({...}, {requires_grad = true})
end

describe("a hook", function()
    it("sees the gradient and may answer another", function()
        local x = leaf(1.0, 2.0)
        local y = x * 2
        local seen
        y:register_hook(function(g) seen = g:clone() end)
        y:register_hook(function(g) return g * 10 end);
        (y * 3):sum():backward()
        assert.equal("tensor([3., 3.])", tostring(seen))
        assert.equal("tensor([60., 60.])", tostring(x.grad))
    end)

    it("on a leaf runs before accumulation", function()
        local x = leaf(1.0)
        x:register_hook(function(g) return g * 5 end)
        x:sum():backward()
        x:sum():backward()
        assert.equal("tensor([10.])", tostring(x.grad))
    end)

    it("is removed by its handle, from inside too", function()
        local x, count = leaf(1.0), 0
        local handle = x:register_hook(function() count = count + 1 end)
        x:sum():backward()
        handle:remove()
        handle:remove()
        x:sum():backward()
        assert.equal(1, count)
        local inner
        inner = x:register_hook(function()
            count = count + 1
            inner:remove()
        end)
        x:sum():backward()
        x:sum():backward()
        assert.equal(2, count)
    end)

    it("that another removes in the same run still has its turn, one that is added waits", function()
        for _, make in ipairs {function() return leaf(1.0) end, function() return leaf(1.0) * 2 end} do
            local y, log, handles = make(), {}, {}
            local function note(name, act)
                handles[name] = y:register_hook(function()
                    log[#log + 1] = name
                    if act then
                        act()
                    end
                end)
            end
            note("a", function()
                handles.b:remove()
                handles.b:remove()
                y:register_hook(function() log[#log + 1] = "new" end)
            end)
            note("b")
            note("c", function() handles.a:remove() end)
            local z = (y * 3):sum()
            z:backward(nil, true)
            z:backward()
            assert.equal("a b c c new", table.concat(log, " "))
        end
    end)

    it("after accumulation that another removes still has its turn", function()
        local x, log, second = leaf(1.0), {}, nil
        x:register_post_accumulate_grad_hook(function()
            log[#log + 1] = "a"
            second:remove()
        end)
        second = x:register_post_accumulate_grad_hook(function() log[#log + 1] = "b" end)
        x:sum():backward()
        x:sum():backward()
        assert.equal("a b a", table.concat(log, " "))
    end)

    it("is found by its handle after its tensor was written to", function()
        local y, log = leaf(1.0) * 2, {}
        local old = y:register_hook(function() log[#log + 1] = "old" end)
        local kept = y:register_hook(function() log[#log + 1] = "kept" end)
        y:mul_(3)
        y:register_hook(function() log[#log + 1] = "new" end)
        old:remove()
        y:sum():backward()
        assert.equal("new kept", table.concat(log, " "))
        kept:remove()
    end)

    it("that is removed lets go of its function, from inside too", function()
        for _, inside in ipairs {false, true} do
            local x, weak, handle = leaf(1.0), setmetatable({}, {__mode = "k"}), nil
            do
                local captured = {}
                weak[captured] = true
                handle = x:register_hook(function()
                    captured.seen = true
                    if inside then
                        handle:remove()
                    end
                end)
            end
            x:sum():backward()
            handle:remove()
            collectgarbage()
            collectgarbage()
            assert.is_nil(next(weak))
            assert.equal("tensor([1.])", tostring(x.grad))
        end
    end)

    it("after accumulation sees the leaf with its gradient", function()
        local x, seen = leaf(2.0), nil
        x:register_post_accumulate_grad_hook(function(parameter)
            assert.equal(x, parameter)
            seen = parameter.grad:item()
            parameter.grad = nil
        end)
        x:pow(2):sum():backward()
        assert.equal(4, seen)
        assert.is_nil(x.grad)
    end)

    it("belongs on what requires grad", function()
        refuses(function() ag.ones(1):register_hook(print) end,
            "cannot register a hook on a tensor that doesn't require gradient")
        refuses(function() (leaf(1.0) * 2):register_post_accumulate_grad_hook(print) end,
            "post accumulate grad hooks cannot be registered on non-leaf tensors")
        refuses(function() ag.ones(1):register_post_accumulate_grad_hook(print) end,
            "cannot register a hook on a tensor that doesn't require gradient")
    end)

    it("hands its error through unchanged", function()
        local x, reason = leaf(1.0), {code = 7}
        local y = x * 2
        y:register_hook(function() error(reason) end)
        local good, raised = pcall(y.backward, y)
        assert.is_false(good)
        assert.equal(reason, raised)
        assert.is_nil(x.grad)
        x:sum():backward() -- the state is as before
        assert.equal("tensor([1.])", tostring(x.grad))
    end)

    it("may run backward itself", function()
        local x = leaf(3.0)
        local inner
        local y = x * 2
        y:register_hook(function()
            assert.is_false(ag.is_grad_enabled())
            ag.enable_grad(function()
                local z = leaf(5.0)
                z:pow(2):sum():backward()
                inner = z.grad:item()
            end)
        end)
        y:backward()
        assert.equal(10, inner)
        assert.equal(2, x.grad:item())
    end)

    it("that captures its own leaf is collected with it", function()
        local weak = setmetatable({}, {__mode = "k"})
        do
            local x = leaf(1.0)
            x:register_hook(function() return x * 1 end)
            weak[x] = true
        end
        collectgarbage()
        collectgarbage()
        assert.is_nil(next(weak))
    end)
end)

describe("a custom function", function()
    local Square = ag.autograd.Function {
        name = "Square",
        forward = function(ctx, x)
            ctx:save_for_backward(x)
            ctx.factor = 2
            return x * x
        end,
        backward = function(ctx, g)
            local x = ctx:saved_tensors()
            return g * x * ctx.factor
        end,
    }

    it("is called, or applied, and takes part in the graph", function()
        local x = leaf(3.0)
        local y = Square(x)
        assert.truthy(tostring(y.grad_fn):find("^<SquareBackward object at 0x%x+>$"))
        assert.equal("tensor([9.], grad_fn=<SquareBackward>)", tostring(y))
        y:backward()
        assert.equal(6, x.grad:item())
        assert.equal(6, ag.autograd.grad(Square.apply(x), x):item())
        assert.is_true(ag.autograd.gradcheck(Square, {ag.randn(3, {dtype = "float64", requires_grad = true})}))
        assert.is_true(ag.autograd.gradgradcheck(Square, {ag.randn(3, {dtype = "float64", requires_grad = true})}))
    end)

    it("without a name is FunctionBackward", function()
        local Same = ag.autograd.Function {
            forward = function(_, x) return x * 1 end,
            backward = function(_, g) return g end,
        }
        assert.equal("tensor([1.], grad_fn=<FunctionBackward>)", tostring(Same(leaf(1.0))))
    end)

    it("computes without grad mode, and none of it where nothing requires grad", function()
        local enabled
        local Watch = ag.autograd.Function {
            forward = function(_, x) enabled = ag.is_grad_enabled() return x * 2 end,
            backward = function(_, g) return g * 2 end,
        }
        assert.is_true(Watch(leaf(1.0)).requires_grad)
        assert.is_false(enabled)
        assert.is_false(Watch(ag.ones(1)).requires_grad)
    end)

    it("takes what is no tensor, and several outputs", function()
        local Scale = ag.autograd.Function {
            forward = function(ctx, x, factor)
                ctx.factor = factor
                return x * factor, x + factor
            end,
            backward = function(ctx, g, h) return g * ctx.factor + h, nil end,
        }
        local x = leaf(2.0)
        local a, b = Scale(x, 5);
        (a * 10 + b):backward()
        assert.equal(51, x.grad:item())
    end)

    it("hands errors through unchanged", function()
        local reason = {}
        local Broken = ag.autograd.Function {
            forward = function(_, x) return x * 1 end,
            backward = function() error(reason) end,
        }
        local good, raised = pcall(function() Broken(leaf(1.0)):backward() end)
        assert.is_false(good)
        assert.equal(reason, raised)
        local Worse = ag.autograd.Function {forward = function() error(reason) end, backward = function() end}
        good, raised = pcall(Worse, leaf(1.0))
        assert.is_false(good)
        assert.equal(reason, raised)
        assert.is_true(ag.is_grad_enabled())
    end)

    it("whose forward frees what it was given is an error", function()
        local Careless = ag.autograd.Function {
            forward = function(_, x)
                local y <close> = x
                return y * 1
            end,
            backward = function(_, g) return g end,
        }
        refuses(function() Careless(leaf(1.0)) end,
            "the tensor was freed: it was closed, or made inside an ag.scope that has ended")
        assert.is_true(ag.is_grad_enabled())
    end)

    it("has its saved tensors freed and checked as an operation's are", function()
        local x = leaf(3.0)
        local y = Square(x)
        y:backward()
        assert.has_error(function() y:backward() end)
        local z = x * 1
        y = Square(z)
        z:add_(1)
        assert.has_error(function() y:backward() end)
    end)
end)
