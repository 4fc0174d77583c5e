-- Our side of bench.py: a request is "COUNT SETUP_BYTES CODE_BYTES" and the two texts; "ready" is
-- answered when the setup ran and the line "go" awaited, then "done" when the code ran COUNT times,
-- or "failed" with what was wrong.
local ag = require "autograd"

ag.set_num_threads(tonumber(arg[1]))

local known, run = nil, nil

local function compiled(setup, code)
    local key = setup .. "\0" .. code
    if key ~= known then
        local text = "local ag = ...\n" .. setup .. "\nreturn function(count) for _ = 1, count do "
            .. code .. " end end"
        known, run = nil, nil
        collectgarbage()
        known, run = key, assert(load(text))(ag)
    end
    return run
end

local function answer(text)
    io.write((text:gsub("\n", " ")), "\n")
    io.flush()
end

for header in io.lines() do
    local count, setup_bytes, code_bytes = header:match "(%d+) (%d+) (%d+)"
    local setup = io.read(tonumber(setup_bytes))
    local code = io.read(tonumber(code_bytes))
    local good, loop = pcall(compiled, setup or "", code)
    if good then
        answer "ready"
        io.read()
        good, loop = pcall(loop, tonumber(count))
        answer(good and "done" or "failed " .. tostring(loop))
    else
        answer("failed " .. tostring(loop))
    end
end
