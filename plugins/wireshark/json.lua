-- A small JSON reader, for events and for VERSION's capabilities. Objects keep their members' order: {name, value}
-- pairs. Numbers stay text. Anything that is no JSON gives nil, however deep it nests (up to what the C side takes).

local json = {}
vfu.json = json
local MAX_DEPTH = 1000 -- cJSON's

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function utf8_of(code)
    local floor = math.floor

    if code < 0x80 then
        return string.char(code)
    elseif code < 0x800 then
        return string.char(0xc0 + floor(code / 64), 0x80 + code % 64)
    elseif code < 0x10000 then
        return string.char(0xe0 + floor(code / 4096), 0x80 + floor(code / 64) % 64, 0x80 + code % 64)
    end
    return string.char(0xf0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64, 0x80 + floor(code / 64) % 64,
                       0x80 + code % 64)
end

-- One \u escape at `at`, with its second half if it is the first of a pair: its bytes and where it ends, or nil.
local function read_code(s, at)
    local hex, low = s:match("^\\u(%x%x%x%x)", at), nil
    local code = hex and tonumber(hex, 16)

    if not code or code >= 0xdc00 and code <= 0xdfff or code == 0 then
        return nil
    end
    if code < 0xd800 or code > 0xdbff then
        return utf8_of(code), at + 6
    end
    low = tonumber(s:match("^\\u([dD][c-fC-F]%x%x)", at + 6) or "", 16)
    if not low then
        return nil
    end
    return utf8_of(0x10000 + (code - 0xd800) * 1024 + low - 0xdc00), at + 12
end

local function read_string(s, at)
    local out, from = {}, at + 1

    while true do
        local stop = s:find('["\\]', from)
        local c = stop and s:sub(stop, stop)

        if not stop then
            return nil
        end
        out[#out + 1] = s:sub(from, stop - 1)
        if c == '"' then
            return table.concat(out), stop + 1
        end
        local plain = ESCAPES[s:sub(stop + 1, stop + 1)]

        if plain then
            out[#out + 1], from = plain, stop + 2
        else
            out[#out + 1], from = read_code(s, stop)
            if not from then
                return nil
            end
        end
    end
end

local read_value

local function skip(s, at)
    return s:find("[^%z\1-\32]", at) or #s + 1
end

local function read_members(s, at, depth, close, named)
    local members = { kind = named and "object" or "array" }

    at = skip(s, at + 1)
    if s:sub(at, at) == close then
        return members, at + 1
    end
    while true do
        local name, value

        if named then
            if s:sub(at, at) ~= '"' then
                return nil
            end
            name, at = read_string(s, at)
            at = name and skip(s, at)
            if not name or s:sub(at, at) ~= ":" then
                return nil
            end
            at = skip(s, at + 1)
        end
        value, at = read_value(s, at, depth + 1)
        if value == nil then
            return nil
        end
        members[#members + 1] = named and { name, value } or value
        at = skip(s, at)
        local c = s:sub(at, at)

        if c == close then
            return members, at + 1
        elseif c ~= "," then
            return nil
        end
        at = skip(s, at + 1)
    end
end

local WORDS = { { "true", true }, { "false", false }, { "null", { kind = "null", text = "null" } } }

-- The value at `at` and where it ends; nil: there is none. Strings and booleans are Lua's, a number is {kind, text}.
function read_value(s, at, depth)
    local c = s:sub(at, at)

    if depth > MAX_DEPTH then
        return nil
    elseif c == "{" then
        return read_members(s, at, depth, "}", true)
    elseif c == "[" then
        return read_members(s, at, depth, "]", false)
    elseif c == '"' then
        return read_string(s, at)
    end
    for _, word in ipairs(WORDS) do
        if s:sub(at, at + #word[1] - 1) == word[1] then
            return word[2], at + #word[1]
        end
    end
    local number = s:match("^%-?%d+%.?%d*[eE]?[+-]?%d*", at)

    if number then
        return { kind = "number", text = number }, at + #number
    end
end

-- The object that a text is, or nil.
function json.object(s)
    local at = skip(s, s:sub(1, 3) == "\239\187\191" and 4 or 1)
    local value = s:sub(at, at) == "{" and read_value(s, at, 1)

    return value or nil
end

-- The value of a member, the first of that name.
function json.member(object, name)
    for _, member in ipairs(type(object) == "table" and object.kind == "object" and object or {}) do
        if member[1] == name then
            return member[2]
        end
    end
    return nil
end

-- An integer of 64 bits from a number or a "0x..." string: UInt64, or nil.
function json.integer(value)
    local digits = type(value) == "table" and value.kind == "number" and value.text
    local hex = type(value) == "string" and value:match("^0x(%x+)$")

    if hex and #hex <= 16 then
        return UInt64.fromhex(("0"):rep(16 - #hex) .. hex)
    elseif digits and digits:match("^%d+$") and (#digits < 20 or #digits == 20 and digits <= "18446744073709551615") then
        -- In halves, so that no digit is lost
        local high, low = 0, 0

        for d in digits:gmatch("%d") do
            low = low * 10 + tonumber(d)
            high = high * 10 + math.floor(low / 4294967296)
            low = low % 4294967296
        end
        return UInt64.new(low, high)
    end
    return nil
end

-- A value as the text it could have been.
function json.text(value)
    if type(value) == "string" then
        return '"' .. value .. '"'
    elseif type(value) ~= "table" then
        return tostring(value)
    elseif value.text then
        return value.text
    end
    local parts = {}

    for i, member in ipairs(value) do
        parts[i] = value.kind == "object" and '"' .. member[1] .. '":' .. json.text(member[2]) or json.text(member)
    end
    parts = table.concat(parts, ",")
    return value.kind == "object" and "{" .. parts .. "}" or "[" .. parts .. "]"
end
