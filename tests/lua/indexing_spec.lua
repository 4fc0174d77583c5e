-- Indexing by Lua's rules (DESIGN.md); the oracle's family "index" has values and gradients.
local ag = require "autograd"
local refuses = require "refusal"

local function flat(x)
    return table.concat(x:reshape(-1):totable(), " ")
end

describe("a position", function()
    local x = ag.arange(6):reshape(2, 3)

    it("counts from 1, and from the end", function()
        assert.equal("0 1 2", flat(x[1]))
        assert.equal("3 4 5", flat(x[-1]))
        assert.equal(5, x[2][3]:item())
        assert.equal(5, x[{2, 3}]:item())
        assert.equal(5, x[{-1, -1}]:item())
    end)

    it("after the last is nil, so that ipairs ends", function()
        assert.is_nil(x[3])
        local rows = {}
        for i, row in ipairs(x) do
            rows[i] = flat(row)
        end
        assert.same({"0 1 2", "3 4 5"}, rows)
        local count = 0
        for i, row in pairs(x) do
            count = count + 1
            assert.equal(flat(x[i]), flat(row))
        end
        assert.equal(2, count)
    end)

    it("out of range is an error", function()
        refuses(function() return x[4] end, "index 4 is out of bounds for dimension 1 with size 2")
        refuses(function() return x[-3] end, "index -3 is out of bounds for dimension 1 with size 2")
        refuses(function() return x[{3}] end, "index 3 is out of bounds for dimension 1 with size 2")
        refuses(function() return x[{1, 4}] end, "index 4 is out of bounds for dimension 2 with size 3")
        refuses(function() x[3] = 1 end, "index 3 is out of bounds for dimension 1 with size 2")
        refuses(function() return x[{1, 1, 1}] end, "too many indices for tensor of dimension 2")
        refuses(function() return x[ag.tensor {1, 3}] end, "index 3 is out of bounds for dimension 1 with size 2")
        assert.has_error(function() return x[0] end)
        assert.has_error(function() return x[{0}] end)
        assert.has_error(function() return x[{1, 0}] end)
        assert.has_error(function() return x[ag.tensor {0}] end)
        assert.has_error(function() return x[1.5] end)
    end)
end)

describe("a range", function()
    local x = ag.arange(10)

    it("follows string.sub", function()
        local letters = "0123456789"
        for first = -12, 12 do
            for last = -12, 12 do
                local got = x[{{first, last}}]
                local expected = letters:sub(first, last)
                assert.equal(expected, (flat(got):gsub(" ", "")), first .. ", " .. last)
            end
            local got = flat(x[{{first}}]):gsub(" ", "")
            assert.equal(letters:sub(first), got)
        end
    end)

    it("takes a positive step", function()
        assert.equal("0 3 6 9", flat(x[{{1, -1, 3}}]))
        assert.equal("1 3", flat(x[{{2, 5, 2}}]))
        assert.has_error(function() return x[{{1, 5, 0}}] end)
        assert.has_error(function() return x[{{5, 1, -1}}] end)
    end)

    it("is a view", function()
        local y = ag.zeros(4)
        y[{{2, 3}}]:fill_(1)
        assert.equal("0.0 1.0 1.0 0.0", flat(y))
    end)
end)

describe("entries", function()
    local x = ag.arange(24):reshape(2, 3, 4)

    it("of all kinds go together", function()
        assert.equal("{2, 3, 4}", tostring(x[{}].shape))
        assert.equal("{2, 3}", tostring(x[{"...", 1}].shape))
        assert.equal("{3, 4}", tostring(x[{1, "..."}].shape))
        assert.equal("{2, 4}", tostring(x[{{}, 2}].shape))
        assert.equal("{1, 2, 3, 4}", tostring(x[{"newaxis"}].shape))
        assert.equal("{2, 1, 3, 4}", tostring(x[{{}, "newaxis"}].shape))
        assert.equal("{2, 2, 2}", tostring(x[{{}, {2, 3}, ag.tensor {1, 4}}].shape))
        assert.equal("{2, 4}", tostring(x[{1, ag.tensor({true, false, true})}].shape))
        assert.equal("13 17", flat(x[{2, {1, 2}, 2}]))
        assert.has_error(function() return x[{"..", 1}] end)
        assert.has_error(function() return x[{"...", "..."}] end)
        assert.has_error(function() return x[{{}, {1, 2, 3, 4}}] end)
        assert.has_error(function() return x[{true}] end)
        assert.has_error(function() return x["field that is not"] end)
    end)

    it("by mask and by positions", function()
        assert.equal("20 21 22 23", flat(x[x:gt(19)]))
        assert.equal("{0}", tostring(x[x:gt(99)].shape))
        assert.equal("{3, 3, 4}", tostring(x[ag.tensor {1, 2, -1}].shape))
        assert.equal("0 1 2 3", flat(x[1][ag.tensor({1, 0, 0}, {dtype = "uint8"})]))
    end)
end)

-- x[{p, q}], x[{{}, p}] and x[{p, {}}], read, written and summed into, element by element.
describe("positions along", function()
    local function check(x, key, place, count, width)
        local wanted, written, sums = {}, x:clone(), x:clone():requires_grad_()
        local plain, times = x:clone(), ag.zeros(x.shape)
        for i = 1, count do
            for j = 1, width do
                local r, c = place(i, j)
                wanted[#wanted + 1] = x[r][c]:item()
                plain[{r, c}] = -1
                times[{r, c}] = times[r][c]:item() + 1
            end
        end
        assert.equal(table.concat(wanted, " "), flat(x[key]))
        written[key] = ag.tensor {-1.0}
        assert.is_true(written:equal(plain))
        sums[key]:sum():backward()
        assert.is_true(sums.grad:equal(times))
    end

    for _, count in ipairs {0, 1, 5, 16, 33} do
        it("dims, " .. count .. " of them", function()
            local wide = ag.arange(9 * 14):float():reshape(9, 14)
            for _, x in ipairs {wide, wide:t(), wide[{{2, 7}, {1, -1, 3}}], wide:t()[{{}, {2, 6}}]} do
                local rows, columns = x:size(1), x:size(2)
                local p, q = ag.randint(1, rows + 1, {count}), ag.randint(1, columns + 1, {count})
                local P, Q = p:totable(), q:totable()
                check(x, {p, q}, function(i) return P[i], Q[i] end, count, 1)
                check(x, {{}, q}, function(i, j) return i, Q[j] end, rows, count)
                check(x, {p, {}}, function(i, j) return P[i], j end, count, columns)
                check(x, {p:unsqueeze(2), q}, function(i, j) return P[i], Q[j] end, count, count)
            end
        end)
    end
end)

describe("writing", function()
    it("takes numbers, tensors and what broadcasts", function()
        local x = ag.zeros(2, 3)
        x[1] = 1
        x[{{}, 2}] = ag.tensor {5.0, 6.0}
        x[{2, 3}] = ag.tensor(7.0)
        assert.equal("1.0 5.0 1.0 0.0 6.0 7.0", flat(x))
        x[x:gt(4)] = -1
        assert.equal("1.0 -1.0 1.0 0.0 -1.0 -1.0", flat(x))
        x[ag.tensor {2}] = ag.ones(3)
        assert.equal("1.0 -1.0 1.0 1.0 1.0 1.0", flat(x))
        x[{{}, ag.tensor {true, false, true}}] = 8
        assert.equal("8.0 -1.0 8.0 8.0 1.0 8.0", flat(x))
        x[ag.tensor {false, true}] = ag.tensor {{3.0}}
        assert.equal("8.0 -1.0 8.0 3.0 3.0 3.0", flat(x))
        x[{}] = 0
        assert.equal(0, x:abs():sum():item())
        x[{{1, 0}}] = 9
        assert.equal(0, x:abs():sum():item())
    end)

    it("keeps the mask for the gradient", function()
        local x = ag.arange(6):reshape(2, 3):double():requires_grad_()
        local mask, value = x:detach():gt(2), ag.tensor({1.0}, {requires_grad = true})
        local read, written = x[mask], x * 1
        written[mask] = value
        assert.equal("IndexBackward0", read.grad_fn:name())
        assert.equal("IndexPutBackward0", written.grad_fn:name())
        local gradients = ag.autograd.grad(read:mul(2):sum() + written:sum(), {x, value},
            {retain_graph = true})
        assert.equal("1.0 1.0 1.0 2.0 2.0 2.0", flat(gradients[1]))
        assert.equal("{1} 3.0", tostring(gradients[2].shape) .. " " .. flat(gradients[2]))
        for version, result in ipairs {x[mask], written} do
            mask:logical_not_()
            refuses(function() result:sum():backward() end, "one of the variables needed for gradient "
                .. "computation has been modified by an inplace operation: [BoolTensor [2, 3]] is at version "
                .. version .. "; expected version 0 instead. Hint: enable anomaly detection to find the "
                .. "operation that failed to compute its gradient, with autograd.set_detect_anomaly(true).")
        end
    end)

    it("through a mask that shares the numbers is refused, where they are others", function()
        local x = ag.tensor {true, false, true}
        refuses(function() x[{{1, 2}}][x[{{2, 3}}]] = false end, "unsupported operation: some elements of "
            .. "the input tensor and the written-to tensor refer to a single memory location. Please clone() the "
            .. "tensor before performing the operation.")
        x[x] = false
        assert.is_false(x:any():item())
    end)

    it("that fails changes nothing", function()
        local x = ag.zeros(2, 3)
        refuses(function() x[1] = ag.ones(4) end, "The expanded size of the tensor (3) must match the existing "
            .. "size (4) at non-singleton dimension 1.  Target sizes: [3].  Tensor sizes: [4]")
        assert.has_error(function() x[1] = "a" end)
        assert.has_error(function() x[1] = nil end)
        assert.has_error(function() x[1] = {1, {2}} end)
        assert.equal(0, x:abs():sum():item())
    end)
end)
