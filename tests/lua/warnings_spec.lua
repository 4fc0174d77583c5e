-- What is warned of: torch's sentences, each once in a state; so each spec asks a fresh one.

-- What the handler was handed while the code ran, a line each.
local function warnings_of(code)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    assert(file:write("local ag = require 'autograd'\nag.set_warning_handler(print)\n", code))
    file:close()
    local process = assert(io.popen("lua5.4 " .. path .. " 2>&1"))
    local text = process:read("a")
    process:close()
    os.remove(path)
    return text
end

local FREEDOM = "%s(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
    .. "(input numel divided by output numel).\n"

describe("a warning", function()
    it("tells that a tensor that is no leaf keeps no grad", function()
        local text = "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
            .. "attribute won't be populated during autograd.backward(). If you indeed want the .grad field to be "
            .. "populated for a non-leaf Tensor, use retain_grad() on the non-leaf Tensor.\n"
        assert.equal(text, warnings_of [[
            local y = ag.ones(1, {requires_grad = true}) * 2
            assert(y.grad == nil and y.grad == nil and y.detach(y).grad == nil)]])
        assert.equal("", warnings_of [[
            local x = ag.ones(1, {requires_grad = true})
            local y = x * 2
            y:retain_grad()
            assert(x.grad == nil and y.grad == nil)]])
    end)

    it("tells that a variance has no degrees of freedom", function()
        assert.equal(FREEDOM:format("var"), warnings_of "ag.ones(1):var() ag.ones(2, 1):var(2)")
        assert.equal(FREEDOM:format("std"), warnings_of "ag.std(ag.ones(2, 3), 1, {correction = 2})")
        assert.equal("", warnings_of "ag.ones(1):var(false) ag.ones(2, 3):std()")
        assert.equal(FREEDOM:format("var"), warnings_of "ag.ones(0, 1):var(2)")
    end)
end)
