-- autograd.plot: what it writes, what it refuses, and that no text of the user's is run.

local plt = require "autograd.plot"

local function saved(ending, options)
    local name = os.tmpname()
    local path = name .. "." .. ending
    plt.savefig(path, options)
    local file = assert(io.open(path, "rb"))
    local bytes = file:read("a")
    file:close()
    os.remove(path)
    os.remove(name)
    return bytes
end

local function count(text, pattern)
    return select(2, text:gsub(pattern, ""))
end

local function points_in(svg)
    return count(svg, "' transform='translate")
end

-- Width and height stand in a PNG's first chunk.
local function png_size(bytes)
    assert.equal("\137PNG\r\n\26\n", bytes:sub(1, 8))
    local width, height = string.unpack(">I4I4", bytes, 17)
    return width, height
end

local function refusal(call, ...)
    local arguments = table.pack(...)
    local done, message = pcall(function() call(table.unpack(arguments, 1, arguments.n)) end)
    assert.is_false(done)
    return message
end

local function tensor(data, requires_grad)
    return setmetatable({}, { __index = {
        totable = function()
            assert(not requires_grad, "can't call totable() on a tensor that requires grad")
            return data
        end,
        detach = function() return tensor(data, false) end,
    } })
end

describe("autograd.plot", function()
    after_each(function() plt.close("all") end)

    it("does not load the tensors", function()
        assert.is_nil(package.loaded["autograd.plot"].tensor)
        local status = os.execute([[lua5.4 -e 'require "autograd.plot"
            os.exit(package.loaded.autograd == nil)']])
        assert.is_true(status)
    end)

    describe("savefig", function()
        it("writes PNG, SVG and PDF by the ending", function()
            plt.figure { figsize = { 13, 6 } }
            plt.scatter({ 1, 2 }, { 3, 4 })
            assert.same({ 1300, 600 }, { png_size(saved("png")) })
            assert.truthy(saved("svg"):find("<svg", 1, true))
            assert.equal("%PDF-", saved("pdf"):sub(1, 5))
        end)

        it("takes the dots an inch from the figure or the call", function()
            plt.figure { figsize = { 4, 3 }, dpi = 50 }
            plt.plot { 1, 2 }
            assert.same({ 200, 150 }, { png_size(saved("png")) })
            assert.same({ 800, 600 }, { png_size(saved("png", { dpi = 200 })) })
        end)

        it("has pyplot's size unless told", function()
            plt.plot { 1, 2 }
            assert.same({ 640, 480 }, { png_size(saved("png")) })
        end)

        it("refuses other endings and unwritable places", function()
            plt.plot { 1, 2 }
            assert.matches("cannot tell the format of \"a.bmp\"", refusal(plt.savefig, "a.bmp"))
            assert.matches("No such file", refusal(plt.savefig, "/no/such/folder/a.png"))
            assert.matches("given a file's name", refusal(plt.savefig))
        end)

        it("writes a figure without axes, and one that was shown", function()
            plt.figure()
            assert.same({ 640, 480 }, { png_size(saved("png")) })
        end)
    end)

    describe("data", function()
        it("is drawn point by point", function()
            plt.scatter({ 1, 2, 3 }, { 1, 2, 3 }, { marker = "o" })
            assert.equal(3, points_in(saved("svg")))
        end)

        it("comes from tensors, detached first", function()
            plt.scatter(tensor({ { 1 }, { 2 } }, true), tensor({ { 3 }, { 4 } }))
            assert.equal(2, points_in(saved("svg")))
        end)

        it("skips what is not finite", function()
            plt.scatter({ 1, 2, 3, 4 }, { 1, 0 / 0, math.huge, 2 })
            assert.equal(2, points_in(saved("svg")))
        end)

        it("may be empty, huge, flat or a single number", function()
            for _, data in ipairs {
                {}, { 0 / 0 }, { 1e308, -1e308 }, { 5, 5 }, { 1e-310, 2e-310 },
            } do
                plt.plot(data)
                assert.same({ 640, 480 }, { png_size(saved("png")) })
                plt.close()
            end
            plt.scatter(3, 4)
            assert.equal(1, points_in(saved("svg")))
        end)

        it("is drawn in order of kinds: a line lies over points", function()
            plt.plot({ 0, 1 }, { 0, 1 }, { color = "#123456" })
            plt.scatter({ 0, 1 }, { 0, 1 })
            local svg = saved("svg")
            assert.is_true(svg:find("rgb( 18,  52,  86)", 1, true) > svg:find("' transform='translate", 1, true))
        end)

        it("may hold a hundred thousand points", function()
            local numbers = {}
            for index = 1, 100000 do
                numbers[index] = index % 1000
            end
            plt.scatter(numbers, numbers)
            png_size(saved("png"))
        end)

        it("must agree in size", function()
            assert.matches("x and y must be the same size", refusal(plt.scatter, { 1, 2 }, { 1 }))
            assert.matches("x and y must have same first dimension, but have shapes %[3%] and "
                .. "%[2, 1%]", refusal(plt.plot, { 1, 2, 3 }, { { 1 }, { 2 } }))
            assert.matches("x and height must be the same size", refusal(plt.bar, { 1 }, { 1, 2 }))
            assert.matches("rows of one length", refusal(plt.scatter, { { 1 }, { 1, 2 } }, { 1 }))
        end)

        it("must be numbers", function()
            assert.matches("y must hold numbers, but item 2 is a string",
                refusal(plt.plot, { 1, 2 }, { 1, "2" }))
            assert.matches("x must be a table of numbers or a tensor, got nil",
                refusal(plt.scatter, nil, { 1 }))
            local cyclic = {}
            cyclic[1] = cyclic
            assert.matches("nested more than", refusal(plt.scatter, cyclic, { 1 }))
        end)

        it("of an image is rows of numbers or of colours", function()
            plt.imshow { { 0, 1 }, { 2, 3 } }
            plt.imshow { { { 255, 0, 0 } } }
            plt.imshow { { 1 } }
            assert.truthy(saved("svg"):find("<image", 1, true))
            assert.matches("Invalid shape %[2%] for image data", refusal(plt.imshow, { 1, 2 }))
            assert.matches("Invalid shape %[0%]", refusal(plt.imshow, {}))
        end)
    end)

    describe("hist", function()
        it("counts into equal bins, the last with its right edge", function()
            local counts, edges = plt.hist({ 0, 1, 1, 2, 4, 0 / 0 }, { bins = 4 })
            assert.same({ 1, 2, 1, 1 }, counts)
            assert.same({ 0, 1, 2, 3, 4 }, edges)
        end)

        it("takes edges, a range and a density", function()
            assert.same({ 2, 1 }, (plt.hist({ 0, 1, 5, 9 }, { bins = { 0, 2, 6 } })))
            assert.same({ 1, 1 }, (plt.hist({ 0, 1, 5 }, { bins = 2, range = { 0, 2 } })))
            assert.same({ 0.25, 0.25 }, (plt.hist({ 0, 4 }, { bins = 2, density = true })))
        end)

        it("refuses bins that are none", function()
            assert.matches("positive integer", refusal(plt.hist, { 1 }, { bins = 0 }))
            assert.matches("increase monotonically", refusal(plt.hist, { 1 }, { bins = { 2, 1 } }))
        end)
    end)

    describe("labels", function()
        it("are drawn as they are written", function()
            plt.plot({ 1, 2 }, { label = "50% <fit> & 拟合" })
            plt.title("`x` $(y) {a}_b^c @z '\"\\")
            plt.xlabel("first\nsecond")
            plt.ylabel("因变量")
            plt.legend()
            local svg = saved("svg")
            for _, text in ipairs {
                "50%% &lt;fit> &amp; 拟合", "`x` %$%(y%) {a}_b%^c @z '", ">first<", ">second<",
                "因变量",
            } do
                assert.matches(text, svg)
            end
        end)

        it("are never run", function()
            local mark = os.tmpname()
            os.remove(mark)
            local evil = ("`touch %s` $(touch %s) \"; system('touch %s'); !touch %s\n!touch %s\0")
                :format(mark, mark, mark, mark, mark)
            plt.plot({ 1, 2 }, { label = evil })
            plt.bar({ evil, "b" }, { 1, 2 })
            plt.title(evil)
            plt.xlabel(evil)
            plt.ylabel(evil)
            plt.legend()
            png_size(saved("png"))
            assert.is_nil(io.open(mark))
        end)

        it("may hold bytes that are no UTF-8", function()
            plt.plot { 1, 2 }
            plt.title("a\xffb\xe6")
            assert.matches("a\u{FFFD}b\u{FFFD}", saved("svg"))
        end)

        it("must be strings", function()
            assert.matches("title must be given a string, got nil", refusal(plt.title))
            assert.matches("xlabel must be given a string, got table", refusal(plt.xlabel, {}))
        end)
    end)

    describe("keywords", function()
        it("that are unknown are named with the known ones", function()
            assert.matches("unexpected keyword argument 'colour'; it knows alpha, color, label",
                refusal(plt.plot, { 1 }, { 2 }, { colour = "red" }))
            assert.matches("figsize must be a table, got a number",
                refusal(plt.figure, { figsize = 3 }))
        end)

        it("have values that are checked", function()
            assert.matches('"redd" is not a color', refusal(plt.plot, { 1 }, { color = "redd" }))
            assert.matches('"q" is not a marker', refusal(plt.plot, { 1 }, { marker = "q" }))
            assert.matches('"q" is not a linestyle', refusal(plt.plot, { 1 }, { linestyle = "q" }))
            assert.matches("alpha must be between 0 and 1", refusal(plt.plot, { 1 }, { alpha = 2 }))
            assert.matches("not a valid value for loc", refusal(plt.legend, { loc = "nowhere" }))
            assert.matches("from 0.5 to 200", refusal(plt.figure, { figsize = { 1e9, 1 } }))
            assert.matches("in inches, got 1 numbers", refusal(plt.figure, { figsize = { 1 } }))
        end)

        it("may stand in a series' own table", function()
            plt.plot { 1, 2, 3, color = "#123456" }
            assert.truthy(saved("svg"):find("rgb( 18,  52,  86)", 1, true))
            assert.same({ 1, 2 }, (plt.hist { 0, 1, 1, bins = 2 }))
            assert.matches("unexpected keyword argument 'colour'",
                refusal(plt.plot, { 1, 2, colour = "red" }))
        end)

        it("may be a format", function()
            plt.plot({ 1, 2 }, { 1, 2 }, "C1s--")
            local svg = saved("svg")
            assert.equal(2, points_in(svg))
            assert.matches("rgb%(255, 127,  14%)' stroke%-dasharray", svg)
            assert.matches("Unrecognized format string \"zz\"", refusal(plt.plot, { 1 }, "zz"))
        end)
    end)

    describe("axes", function()
        it("have round ticks", function()
            plt.plot({ 0, 1 }, { 0, 1 })
            local svg = saved("svg")
            for _, text in ipairs { "0.0", "0.2", "0.4", "0.6", "0.8", "1.0" } do
                assert.equal(2, count(svg, ">" .. text .. "<"))
            end
        end)

        it("share a power of ten where numbers are large", function()
            plt.plot({ 1, 2 }, { 0, 3000000 })
            assert.matches(">×10⁶<", saved("svg"))
        end)

        it("may be logarithmic, without what is not positive", function()
            plt.scatter({ 1, 2, 3 }, { 0.001, 100, -5 })
            plt.yscale("log")
            local svg = saved("svg")
            assert.equal(2, points_in(svg))
            assert.matches(">10⁻²<", svg)
            assert.matches("not a valid scale", refusal(plt.yscale, "cube"))
            assert.matches("positive numbers only", refusal(plt.ylim, 0, 1))
        end)

        it("take limits and tell them", function()
            plt.plot({ 0, 10 }, { 0, 1 })
            assert.same({ -0.5, 10.5 }, { plt.xlim() })
            plt.xlim(2, 4)
            plt.ylim { 5, -5 }
            assert.same({ 2, 4 }, { plt.xlim() })
            assert.same({ 5, -5 }, { plt.ylim() })
            assert.matches("cannot be NaN or Inf", refusal(plt.xlim, 0 / 0, 1))
        end)

        it("stand in rows and columns", function()
            for position = 1, 4 do
                plt.subplot(2, 2, position)
                plt.title("part " .. position)
            end
            assert.equal(4, count(saved("svg"), ">part %d<"))
            assert.matches("1 <= num <= 4, not 5", refusal(plt.subplot, 2, 2, 5))
            assert.matches("three positive integers", refusal(plt.subplot, 2, 2, 0))
        end)
    end)

    describe("legend", function()
        it("stands where it hides least", function()
            local function text_at()
                local svg = saved("svg")
                plt.close()
                local x, y = svg:match("translate%(([%d.]+),([%d.]+)%)[^\n]*\n%s*<text>here<")
                return tonumber(x) < 320 and "left" or "right", tonumber(y) < 240 and "up" or "down"
            end
            plt.plot({ 0, 1 }, { 0, 1 }, { label = "here" })
            plt.legend()
            assert.same({ "left", "up" }, { text_at() })
            plt.plot({ 0, 1 }, { 1, 0 }, { label = "here" })
            plt.legend()
            assert.same({ "right", "up" }, { text_at() })
            plt.plot({ 0, 1 }, { 1, 0 }, { label = "here" })
            plt.legend { loc = "lower right" }
            assert.same({ "right", "down" }, { text_at() })
        end)

        it("takes a list of names", function()
            plt.plot { 1, 2 }
            plt.plot { 2, 1 }
            plt.legend { "first", "second" }
            local svg = saved("svg")
            assert.matches(">first<", svg)
            assert.matches(">second<", svg)
        end)
    end)

    describe("show", function()
        local jupyter = package.loaded.jupyter
        after_each(function() package.loaded.jupyter = jupyter end)

        it("hands a notebook PNG and text, each figure once", function()
            local shown = {}
            package.loaded.jupyter = {
                display = function(bundle, options) shown[#shown + 1] = { bundle, options } end,
            }
            plt.figure { figsize = { 13, 6 } }
            plt.plot { 1, 2 }
            plt.show()
            plt.show()
            assert.equal(1, #shown)
            assert.same({ 1300, 600 }, { png_size(shown[1][1]["image/png"]) })
            assert.equal("<Figure size 1300x600 with 1 Axes>", shown[1][1]["text/plain"])
            assert.is_true(shown[1][2].raw)
        end)

        it("prints text on a terminal", function()
            package.loaded.jupyter = nil
            plt.plot({ 1, 2, 3 }, { 1, 4, 9 }, { label = "squares" })
            plt.title("a title")
            plt.ylabel("height")
            plt.legend()
            local screen, name = io.output(), os.tmpname()
            io.output(name)
            local done, trouble = pcall(plt.show)
            io.close()
            io.output(screen)
            assert.is_true(done, trouble)
            local text = io.open(name):read("a")
            os.remove(name)
            for _, part in ipairs { "a title", "height", "squares", "%+%-%-%-", "%*%*%*" } do
                assert.matches(part, text)
            end
        end)

        it("leaves the figure to be saved", function()
            package.loaded.jupyter = { display = function() end }
            plt.figure { figsize = { 2, 2 } }
            plt.plot { 1, 2 }
            plt.show()
            assert.same({ 200, 200 }, { png_size(saved("png")) })
            plt.plot { 1, 2 }
            assert.same({ 640, 480 }, { png_size(saved("png")) })
        end)
    end)

    it("names the package where gnuplot is missing", function()
        local lua = io.popen("command -v lua5.4"):read("l")
        local process = io.popen(("PATH=/nowhere %s -e '%s' 2>&1"):format(lua, [[
            local plt = require "autograd.plot"
            plt.plot { 1, 2 }
            plt.savefig("/tmp/never.png")]]))
        local said = process:read("a")
        process:close()
        assert.matches("%(command line%):3: .*apt%-get install gnuplot%-nox", said)
    end)

    it("points at the user's line", function()
        local line = debug.getinfo(1, "l").currentline + 1
        local message = refusal(function() plt.scatter({ 1 }, { 1, 2 }) end)
        assert.matches("plot_spec.lua:" .. line .. ": ", message)
    end)
end)
