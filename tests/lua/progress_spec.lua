-- ag.progress: what the loop gets, what is shown where, and how little of it.
local ag = require "autograd"
local system = require "autograd.system"

-- Stands for time, standard error and the front-end. A terminal has so many columns; nil: a file.
local now, columns, written
local real = {}

local function begin(width)
    now, columns, written = 0, width, {}
end

local function text()
    return table.concat(written)
end

-- What a terminal of one row shows at last.
local function row()
    return (text():match("([^\r\n]*)\n?$"):gsub("\27%[K", ""))
end

local function set_locale(locale)
    rawset(os, "getenv", function(name) return name == "LC_ALL" and locale or real.getenv(name) end)
end

before_each(function()
    real = {
        clock = system.clock, columns = system.columns, stderr = io.stderr, print = print,
        jupyter = package.loaded.jupyter, getenv = os.getenv,
    }
    system.clock = function() return now end
    system.columns = function() return columns end
    rawset(io, "stderr", {write = function(_, ...)
        written[#written + 1] = table.concat({...})
    end})
    set_locale("C.UTF-8")
    begin(nil)
end)

after_each(function()
    system.clock, system.columns = real.clock, real.columns
    rawset(io, "stderr", real.stderr)
    rawset(os, "getenv", real.getenv)
    package.loaded.jupyter = real.jupyter
end)

describe("the loop", function()
    it("gets a count, and the bar behind", function()
        local seen = {}
        for i, bar in ag.progress(3) do
            seen[#seen + 1] = i
            assert.is_function(bar.set_postfix)
        end
        assert.same({1, 2, 3}, seen)
        for _ in ag.progress(0) do
            error("there is no step")
        end
        for _ in ag.progress(-1) do
            error("there is no step")
        end
    end)

    it("gets a list's items and a tensor's rows as ipairs gives them", function()
        local seen = {}
        for i, item, bar in ag.progress {"a", "b"} do
            seen[i] = item
            assert.is_function(bar.print)
        end
        assert.same({"a", "b"}, seen)
        for i, row_of_x in ag.progress(ag.tensor {{1, 2}, {3, 4}}) do
            seen[i] = row_of_x:totable()
        end
        assert.same({{1, 2}, {3, 4}}, seen)
    end)

    it("gets what an iterator gives, however many values", function()
        local given = {{1}, {2, "b"}, {3, nil, "c"}, {4, 5, 6, 7}}
        local at = 0
        local function iterator()
            at = at + 1
            if given[at] then
                return table.unpack(given[at], 1, at == 3 and 3 or #given[at])
            end
        end
        local all = {}
        local step, state, control, bar = ag.progress(iterator, {total = 4})
        for _ = 1, 4 do
            all[#all + 1] = table.pack(step(state, control))
        end
        assert.is_nil(step(state, control))
        getmetatable(bar).__close(bar)
        assert.same({1, bar, n = 2}, all[1])
        assert.same({2, "b", bar, n = 3}, all[2])
        assert.same({3, nil, "c", bar, n = 4}, all[3])
        assert.same({4, 5, 6, 7, bar, n = 5}, all[4])
    end)

    it("gets pairs' and io.lines' values, whose file is closed", function()
        local sum = 0
        for key, value in ag.progress(pairs {a = 1, b = 2}) do
            assert.is_string(key)
            sum = sum + value
        end
        assert.equal(3, sum)
        local name = os.tmpname()
        local file = assert(io.open(name, "w"))
        file:write("first\nsecond\n")
        file:close()
        local _, _, _, whole = io.lines(name)
        local step, state, control, bar = ag.progress(io.lines(name))
        assert.equal("first", (step(state, control)))
        local closed = false
        bar.closing = setmetatable({}, {__close = function() closed = true end})
        getmetatable(bar).__close(bar)
        assert.is_true(closed)
        whole:close()
        os.remove(name)
    end)

    it("refuses what it cannot go over, at the caller's line", function()
        local function refused(message, ...)
            local ok, problem = pcall(function(...)
                return (ag.progress(...))
            end, ...)
            assert.is_false(ok)
            assert.equal("progress(): " .. message, (problem:match("progress_spec%.lua:%d+: (.*)$")))
        end
        refused("goes over a count, a list, a tensor or an iterator, not nil")
        refused("goes over a count, a list, a tensor or an iterator, not string", "x")
        refused("goes over a count, a list, a tensor or an iterator, not the float 1.5", 1.5)
        refused("options go in a table, got a number", 1, 2)
        refused("'desc' must be a string, not number", 1, {desc = 1})
        refused("got an unexpected keyword argument 'color' (it takes desc, leave, mininterval, total, unit)",
            1, {color = "red"})
    end)
end)

describe("in a terminal", function()
    it("one row changes in place and stays", function()
        begin(90)
        for i, bar in ag.progress(200, {desc = "train"}) do
            now = now + 0.0625
            bar:set_postfix {loss = 1 / i, epoch = 2}
        end
        assert.matches("train:   0%|", text(), 1, true)
        assert.matches("train:  50%|███", text(), 1, true)
        assert.matches("| 100/200 [00:06<00:06, 16.0 it/s, epoch=2, loss=0.01]", text(), 1, true)
        assert.matches("| 200/200 [00:12, 16.0 it/s, epoch=2, loss=0.005]", row(), 1, true)
        assert.equal(1, select(2, text():gsub("\n", "")))
        for drawn in text():gmatch("\27%[K([^\r\n]*)") do
            assert.is_true(utf8.len(drawn) < 90)
        end
    end)

    it("a narrow one gets what fits", function()
        for width = 1, 60 do
            begin(width)
            for _ in ag.progress(5, {desc = "训练"}) do
                now = now + 1
            end
            for drawn in text():gmatch("\27%[K([^\r\n]*)") do
                local cells = 0
                for _, code in utf8.codes(drawn) do
                    cells = cells + (code > 0x2E80 and 2 or 1)
                end
                assert.is_true(cells < width)
            end
        end
    end)

    it("without UTF-8 the bar is ASCII", function()
        set_locale("C")
        begin(60)
        for _ in ag.progress(4) do
            now = now + 1
        end
        assert.matches("|#+| 4/4", text())
        assert.is_nil(text():find("[\128-\255]"))
    end)

    it("a break or an error ends the row with what was done", function()
        begin(80)
        for i in ag.progress(10) do
            if i == 4 then
                break
            end
        end
        assert.matches("30%", row(), 1, true)
        assert.equal("\n", text():sub(-1))
        begin(80)
        local ok, problem = pcall(function()
            for i in ag.progress(10) do
                if i == 8 then
                    error("stop", 0)
                end
            end
        end)
        assert.same({false, "stop"}, {ok, problem})
        assert.matches("70%", row(), 1, true)
        assert.equal("\n", text():sub(-1))
    end)

    it("an inner loop has the row below, and goes", function()
        begin(80)
        for _ in ag.progress(2, {desc = "outer"}) do
            for _ in ag.progress(2, {desc = "inner"}) do
                now = now + 1
            end
        end
        assert.matches("\n\r\27[Kinner:  50%", text(), 1, true)
        assert.matches("\27[1A", text(), 1, true)
        assert.matches("outer: 100%%[^\r\n]*\n$", text())
        assert.equal(select(2, text():gsub("\27%[1A", "")) + 1, select(2, text():gsub("\n", "")))
    end)

    it("nothing stays with leave = false", function()
        begin(80)
        for _ in ag.progress(2, {leave = false}) do
            now = now + 1
        end
        assert.equal("\r\27[K", text():sub(-4))
        assert.is_nil(text():find("\n"))
    end)

    it("what bar:print writes stands above the bar", function()
        begin(80)
        local printed = {}
        _G.print = function(...)
            assert.equal("\r\27[K", text():sub(-4))
            printed[#printed + 1] = {...}
        end
        finally(function() _G.print = real.print end)
        for i, bar in ag.progress(3) do
            bar:print("step", i)
        end
        assert.same({{"step", 1}, {"step", 2}, {"step", 3}}, printed)
        assert.matches("3/3", row(), 1, true)
    end)

    it("without a total, and with more than it, there is a count", function()
        begin(80)
        local function endless()
            now = now + 1
            return now <= 5 and now or nil
        end
        for _ in ag.progress(endless, {unit = "line"}) do end
        assert.equal("5 line [00:06, 1.20 s/line]", row())
        begin(80)
        now = 0
        for _ in ag.progress(endless, {total = 2}) do end
        assert.matches("1/2", text(), 1, true)
        assert.matches("\27[K5 it [00:06, ", text(), 1, true)
    end)

    it("texts stay on one line", function()
        begin(200)
        for _, bar in ag.progress(1, {desc = "two\nlines", unit = "a\tb"}) do
            bar:set_postfix {note = "c\rd", wide = ag.ones(2)}
        end
        assert.matches("two lines: 100%", row(), 1, true)
        assert.matches("note=c d, wide=tensor([1., 1.])]", row(), 1, true)
    end)

    it("a postfix may be a tensor of one element, a text, or nothing again", function()
        begin(200)
        for i, bar in ag.progress(3) do
            now = now + 1
            if i == 1 then
                bar:set_postfix {loss = ag.tensor(0.25, {requires_grad = true})}
            elseif i == 2 then
                bar:set_postfix "nearly"
            else
                bar:set_postfix()
            end
        end
        assert.matches("it/s, loss=0.25]", text(), 1, true)
        assert.matches("it/s, nearly]", text(), 1, true)
        assert.matches("it/s]", row(), 1, true)
    end)
end)

describe("in a file", function()
    it("there are few lines, for a short loop one", function()
        for _ in ag.progress(2000, {desc = "train"}) do
            now = now + 0.0009765625
        end
        assert.equal("train: 100% 2000/2000 [00:01, 1.02k it/s]\n", text())
    end)

    it("a day gives less than a hundred and fifty", function()
        for _ in ag.progress(86400) do
            now = now + 1
        end
        local count = select(2, text():gsub("\n", ""))
        assert.is_true(count > 50 and count < 150, count)
        assert.is_nil(text():find("[\r\27]"))
        assert.matches("%d%% %d+/86400 %[%d:%d%d:%d%d<%d+:%d%d:%d%d, 1%.00 it/s%]\n", text())
    end)
end)

describe("in a notebook", function()
    local function front_end()
        local calls = {}
        package.loaded.jupyter = {
            display = function(bundle, options)
                calls[#calls + 1] = {"display", bundle, options}
            end,
            update_display = function(bundle, options)
                calls[#calls + 1] = {"update", bundle, options}
            end,
        }
        return calls
    end

    it("one display is updated", function()
        local calls = front_end()
        for i, bar in ag.progress(100, {desc = "a<b"}) do
            now = now + 0.0625
            bar:set_postfix {loss = i}
        end
        assert.equal("", text())
        assert.equal("display", calls[1][1])
        local id = calls[1][3].display_id
        for n = 2, #calls do
            assert.equal("update", calls[n][1])
            assert.equal(id, calls[n][3].display_id)
            assert.is_true(calls[n][3].raw)
        end
        assert.is_true(#calls > 30 and #calls < 60, #calls)
        local last = calls[#calls][2]
        assert.matches("a<b: 100%|", last["text/plain"], 1, true)
        assert.matches("a&lt;b: 100%", last["text/html"], 1, true)
        assert.matches('<progress value="100" max="100"', last["text/html"], 1, true)
        assert.matches("100/100 [00:06, 16.0 it/s, loss=100]", last["text/html"], 1, true)
    end)

    it("two loops have two displays, and the inner one empties its own", function()
        local calls = front_end()
        local ids = {}
        for _ in ag.progress(10) do
            for _ in ag.progress(1) do
                now = now + 1
            end
        end
        for _, call in ipairs(calls) do
            ids[call[3].display_id] = call[2]["text/html"]
        end
        local texts = {}
        for _, html in pairs(ids) do
            texts[#texts + 1] = html
        end
        table.sort(texts)
        assert.equal(2, #texts)
        assert.equal("", texts[1])
    end)
end)

describe("a real process", function()
    -- What a script writes to a terminal of 50 columns, or to a pipe.
    local function output(command)
        local name = os.tmpname()
        local file = assert(io.open(name, "w"))
        file:write("local ag = require 'autograd' for _ in ag.progress(3, {desc = 'real'}) do end")
        file:close()
        local pipe = assert(io.popen(command:format(name)))
        local written_there = pipe:read("a")
        pipe:close()
        os.remove(name)
        return written_there
    end

    it("in a terminal sees its width", function()
        local shown = output("script -qec 'stty cols 50; LC_ALL=C.UTF-8 lua5.4 %s' /dev/null 2>&1 </dev/null")
        local last = shown:match(".*\27%[K(real: 100%%[^\r\n]*)\r\n")
        assert.matches("^real: 100%%|.+| 3/3 %[00:00", last)
        assert.equal(49, utf8.len(last))
    end)

    it("in a pipe writes one line", function()
        assert.matches("^real: 100%% 3/3 %[00:00, [%d.]+[kM]? it/s%]\n$", output("lua5.4 %s 2>&1 >/dev/null"))
    end)
end)

describe("its cost", function()
    -- How often a loop of a million steps of a microsecond looks at the clock and writes.
    it("is bounded: few looks, few writes", function()
        begin(80)
        local looks = 0
        system.clock = function()
            looks = looks + 1
            return now
        end
        for _ in ag.progress(1000000) do
            now = now + 1e-6
        end
        assert.is_true(looks < 12000, looks)
        assert.is_true(#written < 15, #written)
        assert.matches("1000000/1000000 [00:01, ", row(), 1, true)
    end)

    local function instructions(f)
        local count = 0
        debug.sethook(function() count = count + 1 end, "", 1)
        f()
        debug.sethook()
        return count
    end

    -- Of Lua's machine, a step's own among them; a microsecond is a hundred of them or more.
    it("is ten instructions a step", function()
        begin(80)
        local plain = instructions(function()
            for _ = 1, 20000 do
                now = now + 1e-6
            end
        end)
        local with_bar = instructions(function()
            for _ in ag.progress(20000) do
                now = now + 1e-6
            end
        end)
        assert.is_true((with_bar - plain) / 20000 < 10.5, (with_bar - plain) / 20000)
    end)

    it("a pace that falls is soon seen", function()
        begin(80)
        for i in ag.progress(200000) do
            now = now + (i < 100000 and 1e-6 or 1)
            if i == 100200 then
                assert.matches("1001%d%d/200000", row())
                break
            end
        end
    end)
end)
