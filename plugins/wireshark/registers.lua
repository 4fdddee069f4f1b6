-- The registers that a record names of an access, after capture/file/registers.c: in Info, as decode's line has them, and in the
-- tree with what their bits say.

local fields, text = vfu.fields, vfu.text
local unpack_struct, format, floor = Struct.unpack, string.format, math.floor
local TWO32 = 4294967296.0
local INDEXED = 0x80
vfu.registers = {}

-- A value's bits, as it stands in two halves: `count` of them from `low` on, in two halves again.
local function bits_of(hi, lo, low, count)
    if low >= 32 then
        hi, lo = 0, floor(hi / 2 ^ (low - 32))
    elseif low > 0 then
        hi, lo = floor(hi / 2 ^ low), floor(lo / 2 ^ low) + hi % 2 ^ low * 2 ^ (32 - low)
    end
    if count <= 32 then
        return 0, lo % 2 ^ count
    end
    return hi % 2 ^ (count - 32), lo
end

-- A number of so many bytes, big-endian.
local function number(value, at, bytes)
    local hi, lo = 0, 0

    for i = at, at + bytes - 1 do
        hi, lo = (hi * 256 + floor(lo / 2 ^ 24)) % TWO32, lo % 2 ^ 24 * 256 + value:byte(i)
    end
    return hi, lo
end

-- A field that begins at `at`, and where the next one does; nil: it is cut off.
local function read_field(value, at)
    if at + 3 > #value then
        return nil
    end
    local low, bits, count, size = value:byte(at, at + 3)
    local f = { low = low, bits = bits, name = value:sub(at + 4, at + 3 + size), values = {} }
    local bytes = floor((bits + 7) / 8)

    at = at + 4 + size
    for _ = 1, count do
        if at + bytes > #value then
            return nil
        end
        local hi, lo = number(value, at, bytes)
        local length = value:byte(at + bytes)

        f.values[hi * TWO32 + lo] = value:sub(at + bytes + 1, at + bytes + length)
        at = at + bytes + 1 + length
    end
    return at <= #value + 1 and bits > 0 and bits <= 64 and low < 64 and f or nil, at
end

-- An annotation's value; nil: it is cut off.
function vfu.read_register(value)
    if #value < 12 then
        return nil
    end
    local flags, width, count, size, from, index = unpack_struct(">BBBBi4I4", value, 1)
    local r = { width = width, from = from, index = index, fields = {}, register = value:sub(13, 12 + size) }
    local at = 13 + size

    if at > #value + 1 or from < -8 or from > 8 then
        return nil
    end
    for i = 1, count do
        r.fields[i], at = read_field(value, at)
        if not r.fields[i] then
            return nil
        end
    end
    if flags >= INDEXED then
        r.register = r.register .. format("[%.0f]", index)
    end
    r.full = r.register .. (from > 0 and "+" .. from or "")
    return r
end

-- The access' value in halves, and how many bytes it has; nil: it has none.
local function value_of(view)
    local data = (view.layout.named.data or {})[1]

    if not data or not data.there or not data.is_register or data.size ~= data.claimed
        or not (data.size == 1 or data.size == 2 or data.size == 4 or data.size == 8) then
        return nil
    end
    local _, hi, lo = vfu.read(view.raw, data.at, data.size, view.little)

    return hi, lo, data.size
end

-- A field's value in halves; nil: the access does not have all its bits.
local function field_value(r, f, hi, lo, width)
    local low = f.low - 8 * r.from

    if low < 0 or low + f.bits > 8 * width or f.low + f.bits > 8 * r.width then
        return nil
    end
    return bits_of(hi, lo, low, f.bits)
end

local function digits(hi, lo)
    if hi > 0 then
        return format("0x%x%08x", hi, lo)
    end
    return lo < 10 and format("%.0f", lo) or format("0x%x", lo)
end

-- What the bits say that are not zero: "EN, IOSQES 6".
local function words(r, hi, lo, width)
    local out = {}

    for _, f in ipairs(r.fields) do
        local field_hi, field_lo = field_value(r, f, hi, lo, width)

        if field_lo and (field_hi > 0 or field_lo > 0) then
            local word = f.values[field_hi * TWO32 + field_lo]

            out[#out + 1] = text.escaped(f.name) .. (word and " " .. text.escaped(word)
                or f.bits > 1 and " " .. digits(field_hi, field_lo) or "")
        end
    end
    return table.concat(out, ", ")
end

-- The line of a view with names behind the place and what the bits say behind the value.
function vfu.registers.brief(list, view)
    local names, said = {}, {}
    local hi, lo, width = value_of(view)

    for i, r in ipairs(list) do
        names[i] = text.escaped(r.full)
        local bits = width and words(r, hi, lo, width) or ""

        if bits ~= "" then
            said[#said + 1] = (#list > 1 and names[i] .. ": " or "") .. bits
        end
    end
    local place, rest = text.brief(view):match("^(%S+)(.*)$")

    return (place or "") .. " " .. table.concat(names, ", ") .. (rest or "")
        .. (#said > 0 and " (" .. table.concat(said, "; ") .. ")" or "")
end

-- Each register, and below it each field that is known: as text, and as a filter has it, "nvme.cc.en == 1".
function vfu.registers.add(item, tvb, list, view)
    local hi, lo, width

    if not list then
        return
    end
    hi, lo, width = value_of(view)
    for _, r in ipairs(list) do
        local range = tvb:range(r.at, r.size)
        local sub = item:add(fields.register, range, r.full)

        sub:set_text("register: " .. text.escaped(r.full))
        for _, f in ipairs(width and r.fields or {}) do
            local field_hi, field_lo = field_value(r, f, hi, lo, width)

            if field_lo then
                local shown = f.values[field_hi * TWO32 + field_lo] or digits(field_hi, field_lo)
                local name = (r.register .. "." .. f.name:lower():gsub("[^%w._%[%]-]", "_"))

                sub:add(fields.register_field, range, name .. " == " .. shown)
                    :set_text(text.escaped(f.name) .. ": " .. text.escaped(shown))
            end
        end
    end
end
