-- ag.set_num_threads and AUTOGRAD_NUM_THREADS. What threads do is tested in C (tests/core).
local ag = require "autograd"
local refuses = require "refusal"

-- What a fresh interpreter prints, with its standard error.
local function run(environment, script)
    local pipe = assert(io.popen(("%s lua5.4 -e '%s' 2>&1"):format(environment, script)))
    local text = pipe:read("a")
    pipe:close()
    return text
end

describe("threads", function()
    local before = ag.get_num_threads()
    after_each(function() ag.set_num_threads(before) end)

    it("are as many as they were set to", function()
        for _, count in ipairs {1, 3, 2, 2.0, 1000, 2147483647, 1} do
            ag.set_num_threads(count)
            assert.equal(math.tointeger(count), ag.get_num_threads())
        end
    end)

    it("refuse a number that is none", function()
        ag.set_num_threads(2)
        for _, count in ipairs {0, -1, math.mininteger} do
            refuses(function() ag.set_num_threads(count) end,
                    "set_num_threads expects a positive integer")
        end
        local kinds = {x = "string", ["2"] = "string", [1.5] = "float", [true] = "boolean"}
        for value, kind in pairs(kinds) do
            refuses(function() ag.set_num_threads(value) end,
                    "set_num_threads expects an int, but got " .. kind)
        end
        refuses(function() ag.set_num_threads() end, "set_num_threads expects an int, but got …")
        refuses(function() ag.set_num_threads(ag.ones(1)) end,
                "set_num_threads expects an int, but got Tensor")
        refuses(function() ag.set_num_threads(2147483648) end,
                "set_num_threads expects at most 2147483647 threads, but got 2147483648")
        assert.equal(2, ag.get_num_threads())
    end)

    it("give the same numbers at any count", function()
        local texts = {}
        for count = 1, 3 do
            ag.set_num_threads(count)
            ag.manual_seed(7)
            local x = ag.randn(400, 400, {requires_grad = true})
            local y = ag.tanh(ag.matmul(x, x) * 0.01)
            local loss = (y * y):mean()
            loss:backward()
            local parts = {("%.17g"):format(loss:item())}
            for _, number in ipairs(x.grad:sum(1):totable()) do
                parts[#parts + 1] = ("%.17g"):format(number)
            end
            texts[count] = table.concat(parts, " ")
        end
        assert.equal(texts[1], texts[2])
        assert.equal(texts[1], texts[3])
    end)

    it("start when there is large work for several", function()
        local script = [[
            local ag = require "autograd"
            local function count()
                local pipe, lines = io.popen("ls /proc/$PPID/task"), 0
                for _ in pipe:lines() do lines = lines + 1 end
                pipe:close()
                return lines
            end
            ag.ones(1000, 1000):exp()
            local alone = count()
            ag.set_num_threads(3)
            ag.ones(10):exp()
            local idle = count()
            ag.ones(1000, 1000):exp()
            print(alone, idle, count())]]
        assert.equal("1\t1\t3\n", run("AUTOGRAD_NUM_THREADS=1", script))
    end)

    it("are as many as AUTOGRAD_NUM_THREADS says", function()
        local script = "print(require \"autograd\".get_num_threads())"
        assert.equal("1\n", run("env -u AUTOGRAD_NUM_THREADS", script))
        assert.equal("3\n", run("AUTOGRAD_NUM_THREADS=3", script))
        for _, bad in ipairs {"0", "-1", "x", "1.5", "99999999999"} do
            assert.equal(("Warning: AUTOGRAD_NUM_THREADS should be a positive integer, but is "
                          .. "'%s': one thread is used.\n1\n"):format(bad),
                         run("AUTOGRAD_NUM_THREADS=" .. bad, script))
        end
    end)
end)
