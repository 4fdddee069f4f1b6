-- Values as people write them, and a payload on one line by the template of its layout: after decoder/wire/writer.c and
-- decoder/sinks/brief.c, to the letter, so that Info is what vfuscope prints.

local format, byte, sub, rep, concat = string.format, string.byte, string.sub, string.rep, table.concat
local floor, min = math.floor, math.min
local TWO32, EXACT = 4294967296.0, 9007199254740992.0
local BRIEF_BYTES, BRIEF_ITEMS, BRIEF_JSON = 16, 4, 512

local text = {}
vfu.text = text

local function text_0x(hi, lo)
    return hi == 0 and format("0x%x", lo) or format("0x%x%08x", hi, lo)
end
text.hex64 = text_0x

local function text_decimal(num, hi, lo)
    if num < EXACT then
        return format("%.0f", num)
    end
    return tostring(UInt64.new(lo, hi))
end
text.decimal = text_decimal

local UNITS = { "K", "M", "G", "T", "P", "E" }

function text.size(num, hi, lo)
    local whole_hi, whole_lo, unit = hi, lo, 0

    if num <= 65536 and num % 1024 ~= 0 then
        return format("%.0f", num)
    end
    while (whole_hi > 0 or whole_lo >= 1024) and whole_lo % 1024 == 0 and unit < 6 do
        whole_lo = floor(whole_lo / 1024) + whole_hi % 1024 * 4194304
        whole_hi = floor(whole_hi / 1024)
        unit = unit + 1
    end
    if whole_hi > 0 or whole_lo > 65536 then
        return text_0x(hi, lo)
    end
    return format("%.0f%s", whole_lo, UNITS[unit] or "")
end

-- The names of the bits that are set, in the list's order, and the bits without one.
function text.bits(hi, lo, names)
    local set = {}

    for i = 1, names and #names or 0 do
        local bit = names[i][1]

        if lo % (2 * bit) >= bit then
            set[#set + 1] = names[i]
            lo = lo - bit
        end
    end
    return set, hi, lo
end

function text.flags(hi, lo, names)
    local out = ""

    if hi == 0 and lo == 0 then
        return "0"
    end
    for i = 1, names and #names or 0 do
        local bit = names[i][1]

        if lo % (2 * bit) >= bit then
            out = out == "" and names[i][2] or out .. "|" .. names[i][2]
            lo = lo - bit
        end
    end
    if hi ~= 0 or lo ~= 0 then
        out = out == "" and text_0x(hi, lo) or out .. "|" .. text_0x(hi, lo)
    end
    return out
end

function text.hex(raw, at, size)
    if size == 0 then
        return ""
    end
    return (format(rep("%02x", size), byte(raw, at + 1, at + size)))
end

-- The length of the valid UTF-8 sequence at `at` (from 1), or 0.
local function utf8_length(s, at, last)
    local a, b = byte(s, at, at + 1)
    local size = a < 0x80 and 1 or a < 0xc2 and 0 or a <= 0xdf and 2 or a <= 0xef and 3 or a <= 0xf4 and 4 or 0

    if size < 2 then
        return size
    end
    if size > last - at + 1 then
        return 0
    end
    for i = at + 1, at + size - 1 do
        local c = byte(s, i)

        if c < 0x80 or c > 0xbf then
            return 0
        end
    end
    if a == 0xe0 and b < 0xa0 or a == 0xed and b > 0x9f or a == 0xf0 and b < 0x90 or a == 0xf4 and b > 0x8f then
        return 0
    end
    return size
end

-- Of a valid sequence of more than one byte: a C1 control, or what turns the direction of text around.
local function is_control(s, at, length)
    local a, b, c = byte(s, at, at + 2)

    if length == 2 then
        return a == 0xc2 and b < 0xa0 or a == 0xd8 and b == 0x9c
    end
    return length == 3 and a == 0xe2 and (b == 0x80 and (c == 0x8e or c == 0x8f or c >= 0xaa and c <= 0xae)
                                          or b == 0x81 and c >= 0xa6 and c <= 0xa9)
end

-- For a terminal or a list: control bytes, what turns the direction of text around, and invalid UTF-8 as \xNN, a backslash
-- doubled.
function text.escaped(s)
    local out, at, last = {}, 1, #s

    if not s:find("[%z\1-\31\92\127-\255]") then
        return s
    end
    while at <= last do
        local length = utf8_length(s, at, last)
        local a = byte(s, at)

        if a == 92 then
            out[#out + 1] = "\\\\"
            at = at + 1
        elseif length == 0 or a < 32 or a == 127 or is_control(s, at, length) then
            out[#out + 1] = format("\\x%02x", a)
            at = at + 1
        else
            out[#out + 1] = sub(s, at, at + length - 1)
            at = at + length
        end
    end
    return concat(out)
end

-- Valid UTF-8 without a NUL, for a string field: each byte that does not belong becomes U+FFFD, a NUL U+2400.
function text.utf8(s)
    local out, at, last = {}, 1, #s

    if not s:find("[%z\128-\255]") then
        return s, true
    end
    local valid = true
    while at <= last do
        local length = utf8_length(s, at, last)

        if length == 0 then
            out[#out + 1] = "\239\191\189"
            valid = false
            at = at + 1
        elseif byte(s, at) == 0 then
            out[#out + 1] = "\226\144\128"
            at = at + 1
        else
            out[#out + 1] = sub(s, at, at + length - 1)
            at = at + length
        end
    end
    return concat(out), valid
end

-- Add a string field, whose value is `s`, for filters; what is shown of it passes the escape: Wireshark 4.4 shows what turns
-- the direction of text around as it is. Returns the item, and whether `s` was UTF-8.
function text.add(tree, field, range, name, s)
    local value, valid = text.utf8(s)
    local item = tree:add(field, range, value)
    local shown = text.escaped(s)

    if shown ~= s then
        item:set_text(name .. ": " .. shown)
    end
    return item, valid
end

-- A text's bytes without the NUL that ends it.
function text.json_bytes(view, f)
    local size = f.size

    if size > 0 and byte(view.raw, f.at + size) == 0 then
        size = size - 1
    end
    return sub(view.raw, f.at + 1, f.at + size)
end

-- 1 byte, 2 bytes: the number as text.
function text.count(number, what)
    return format(number == "1" and "%s %s" or "%s %ss", number, what)
end

local function brief_bytes(f, view)
    local size = f.size

    if f.is_register and size == f.claimed and (size == 1 or size == 2 or size == 4 or size == 8) then
        local _, hi, lo = vfu.read(view.raw, f.at, size, view.little)

        if size == 8 then
            return format("0x%08x%08x", hi, lo)
        end
        return format(size == 4 and "0x%08x" or size == 2 and "0x%04x" or "0x%02x", lo)
    end
    local out = text.hex(view.raw, f.at, min(size, BRIEF_BYTES))

    if f.claimed > BRIEF_BYTES or size < f.claimed then
        return format("%s... (%s)", out, text.count(text.claimed(f, view), "byte"))
    elseif f.claimed == 0 then
        return out .. "nothing"
    end
    return out
end

-- How many bytes a tail claims: the integer that says so, where there is one, for its digits.
function text.claimed(f, view)
    local count = f.count and not f.most and view:field(f.count)

    if count then
        return text_decimal(count.num, count.hi, count.lo)
    end
    return format("%.0f", f.claimed)
end

local function brief_list(f, view)
    local out, shown, offset, item, broken = "", 0, nil, nil, nil

    while true do
        offset, item = vfu.list_next(view, f, offset)
        if not offset then
            broken = item
            break
        end
        if shown > 0 then
            out = out .. ", "
        end
        shown = shown + 1
        if shown > BRIEF_ITEMS then
            return out .. "..."
        end
        out = out .. text.brief(item)
    end
    return broken and out .. " (broken chain)" or out
end

local function brief_json(f, view)
    local s = text.json_bytes(view, f)

    if #s > BRIEF_JSON then
        return text.escaped(sub(s, 1, BRIEF_JSON)) .. "..."
    end
    return text.escaped(s)
end

local function plain_number(f)
    if f.hex then
        return text_0x(f.hi, f.lo)
    end
    return text_decimal(f.num, f.hi, f.lo)
end

-- By kind: the value of a field as text.
text.value = {
    NUMBER = plain_number,
    SIZE = function(f) return text.size(f.num, f.hi, f.lo) end,
    ADDRESS = function(f) return text_0x(f.hi, f.lo) end,
    FLAGS = function(f) return text.flags(f.hi, f.mask and f.num or f.lo, f.names) end,
    ENUM = function(f) return f.name_of and f.name_of[f.num] or plain_number(f) end,
    BYTES = brief_bytes,
    JSON = brief_json,
    LIST = brief_list,
    OBJECT = function(f, view) return text.brief(vfu.object_view(view, f)) end,
}

-- A template as steps: a string, a field's name {name} and what it counts, or a part {part, its fields' names, the step
-- after it}.
function text.compile(brief)
    local steps, at, open = {}, 1, nil

    while at <= #brief do
        local c = sub(brief, at, at)

        if c == "[" then
            open = { part = {} }
            steps[#steps + 1] = open
            at = at + 1
        elseif c == "]" then
            if open then
                open.after = #steps + 1
            end
            open = nil
            at = at + 1
        elseif c == "{" then
            local name, what, after = brief:match("^{([^:}]*):?([^}]*)}()", at)

            steps[#steps + 1] = { name = name, what = what ~= "" and what or nil }
            if open then
                open.part[#open.part + 1] = name
            end
            at = after
        else
            local plain = brief:match("^[^{%[%]]+", at)

            steps[#steps + 1] = plain
            at = at + #plain
        end
    end
    return steps
end

-- Templates become Lua: each is one expression, which is what makes Info cheap. `named` are the fields that bear a name,
-- most often one; fields[i] is theirs in the code.
local function field_code(named, fields)
    if #named == 0 then
        return "nil"
    end
    fields[#fields + 1] = named
    if #named == 1 then
        return format("(F[%d].there and F[%d] or nil)", #fields, #fields)
    end
    return format("there(F[%d])", #fields)
end

local function there(named)
    for i = 1, #named do
        if named[i].there then
            return named[i]
        end
    end
end

local function filled(f)
    return f.kind == "ENUM" or (f.width and f.num or f.size) ~= 0
end

local value_code
function value_code(named, fields, what)
    if what then
        return format("count(%s, %q)", value_code(named, fields), what)
    elseif #named == 1 then
        fields[#fields + 1] = named
        return format("(F[%d].there and F[%d]:to_text(view) or '?')", #fields, #fields)
    end
    return format("text_of(%s, view)", field_code(named, fields))
end

-- Is a [part] shown? All its fields are there, and one of them is not zero or empty.
local function part_code(part, fields)
    local all, any = {}, {}

    for i, named in ipairs(part) do
        all[i] = field_code(named, fields)
        any[i] = format("filled(%s)", all[i])
    end
    if #part == 0 then
        return "true"
    end
    return format("%s and (%s)", concat(all, " and "), concat(any, " or "))
end

local function text_of(f, view)
    return f and f:to_text(view) or "?"
end

-- The function that writes a layout's line; its steps' names are lists of fields by now.
function text.build(steps)
    local code, fields, after = {}, {}, nil

    for i, step in ipairs(steps) do
        local piece

        if type(step) == "string" then
            piece = format("%q", step)
        elseif step.name then
            piece = value_code(step.name, fields, step.what)
        else
            after = step.after
            piece = format("(%s and ''", part_code(step.part, fields))
        end
        if after == i + 1 then -- the part's last step
            piece = piece .. " or '')"
            after = nil
        end
        code[#code + 1] = piece
    end
    code = concat({ "local F, there, filled, text_of, count = ...", "return function(view)",
                    "return " .. (#code > 0 and concat(code, " .. ") or "''"), "end" }, "\n")
    for i, named in ipairs(fields) do
        fields[i] = #named == 1 and named[1] or named
    end
    return load(code, "template")(fields, there, filled, text_of, text.count)
end

-- The line of a view whose fields are decoded.
function text.brief(view)
    return view.layout.line(view)
end

-- 850ns, 12.3us, 1.234ms, 5.001s
function text.latency(ns)
    if ns >= 1e9 then
        return format("%.0f.%03.0fs", floor(ns / 1e9), floor(ns % 1e9 / 1e6))
    elseif ns >= 1e6 then
        return format("%.0f.%03.0fms", floor(ns / 1e6), floor(ns % 1e6 / 1e3))
    elseif ns >= 1e3 then
        return format("%.0f.%.0fus", floor(ns / 1e3), floor(ns % 1e3 / 100))
    end
    return format("%.0fns", ns)
end
