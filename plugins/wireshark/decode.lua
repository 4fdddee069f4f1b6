-- The decoder's framework again, after decoder/wire/decode.c: walks a layout over the bytes at hand. A field's value
-- lives in the field itself (there, num, hi, lo; tails: at, size, claimed), so that decoding a message allocates
-- nothing: each command has its own copy of its layouts (fields.lua). 64 bits are num, a double that is exact up to
-- 2^53, and two halves that are exact always.

local byte = string.byte
local floor = math.floor
local TWO32 = 4294967296.0

local View = {}
View.__index = View
vfu.View = View

-- An integer at `at` (from 0) in the view's bytes, which must be there: number, high half, low half.
local function read(raw, at, width, little)
    local a, b, c, d, e, f, g, h

    if width == 4 then
        a, b, c, d = byte(raw, at + 1, at + 4)
        a = little and a + b * 256 + c * 65536 + d * 16777216 or d + c * 256 + b * 65536 + a * 16777216
        return a, 0, a
    elseif width == 8 then
        a, b, c, d, e, f, g, h = byte(raw, at + 1, at + 8)
        if little then
            a = a + b * 256 + c * 65536 + d * 16777216
            e = e + f * 256 + g * 65536 + h * 16777216
        else
            a, e = h + g * 256 + f * 65536 + e * 16777216, d + c * 256 + b * 65536 + a * 16777216
        end
        return e == 0 and a or e * TWO32 + a, e, a
    elseif width == 2 then
        a, b = byte(raw, at + 1, at + 2)
        a = little and a + b * 256 or b + a * 256
        return a, 0, a
    end
    a = byte(raw, at + 1)
    return a, 0, a
end
vfu.read = read

function View:read(at, width)
    return (read(self.raw, at, width, self.little))
end

-- An integer of the payload, before its fields are decoded; nil if it is not at hand.
function View:peek(offset, width)
    if offset + width > self.avail then
        return nil
    end
    return (read(self.raw, self.base + offset, width, self.little))
end

-- The field of that name that is there, or nil.
function View:field(name)
    local named = self.layout.named[name]

    for i = 1, named and #named or 0 do
        if named[i].there then
            return named[i]
        end
    end
end

function View:number(name)
    local f = self:field(name)

    return f and f.num or 0
end

function vfu.new_view(raw, base, avail, size, little)
    return setmetatable({ raw = raw, base = base, avail = avail, size = size, little = little }, View)
end

local decode_fields

-- How far apart the items of a list are that may be longer or shorter than its layout; `left` is what there is for
-- them.
local function stride_of(view, v, count, left)
    local argsz = view:number("argsz")
    local stride = argsz > v.offset and count > 0 and floor((argsz - v.offset) / count) or 0

    if stride < v.least or stride > left then
        stride = count > 0 and floor(left / count) or 0
    end
    return stride < v.least and v.item.size or stride
end

local WINDING_ITEMS = 64 -- of a chain that goes back: no device has as many

-- What an item of a chain says of the next one: its offset. 0: there is none, or the bytes at hand end before.
local function next_of(view, chain, offset)
    local link = chain.item.named.next[1]
    local at = offset + link.offset

    return at + link.width <= chain.size and view:read(chain.at + at, link.width) or 0
end

local function goes_back(view, chain)
    local at = chain.first
    local following = next_of(view, chain, at)

    while following > at and following < chain.claimed do
        at, following = following, next_of(view, chain, following)
    end
    return following ~= 0 and following <= at
end

-- In a chain that goes back: does an item up to the one at `offset` begin at `start`? Or can't that be told?
local function was_there(view, chain, offset, start)
    local at = chain.first

    for _ = 1, WINDING_ITEMS do
        if at == start or at == offset then
            return at == start
        end
        at = next_of(view, chain, at)
    end
    return true
end

-- Where an item of a chain ends, before whichever begins next.
local function end_of(view, chain, offset)
    local at, stop = chain.first, chain.size
    local following = next_of(view, chain, offset)

    if not chain.winds then
        return following > offset and following <= chain.size and following or chain.size
    end
    for _ = 1, WINDING_ITEMS do
        if at == 0 then
            break
        elseif at > offset and at < stop then
            stop = at
        end
        at = next_of(view, chain, at)
    end
    return stop
end

-- A chain: all of the payload is its. False: there is none, whatever the flags say.
local function place_chain(view, v)
    local first = view:number(v.chain)

    if first == 0 or first >= view.size then
        return false
    end
    v.first, v.stride = first, 0
    v.at, v.size, v.claimed = view.base, view.avail, view.size
    v.winds = goes_back(view, v)
    return true
end

-- Where a tail starts, from the payload's start; nil: behind a field that isn't there.
local function start_of(view, v)
    local before = v.after and view:field(v.after)

    if not v.after then
        return v.offset
    elseif before and before.claimed <= view.size then
        return before.at - view.base + before.claimed
    end
end

-- A field of bytes, items or an object. Returns: is it there; is all of it at hand.
local function decode_tail(view, v)
    local count, whole = v.count and view:field(v.count), true

    v.num, v.hi, v.lo = 0, 0, 0
    if v.chain then
        return place_chain(view, v), true
    end
    local offset = start_of(view, v)

    if v.count and not count or not offset then
        return false, true
    end
    local left = view.size > offset and view.size - offset or 0

    if offset > view.avail then
        v.at, v.size = view.base + view.avail, 0
    else
        v.at, v.size = view.base + offset, view.avail - offset
    end
    v.claimed = count and count.num or left
    if v.most and v.claimed > v.most then
        v.claimed = v.most
    end
    if v.kind == "LIST" then
        v.stride = v.least and stride_of(view, v, v.claimed, left) or v.item.size
        v.items = count and v.claimed or floor(left / v.stride)
        v.claimed = v.items * v.stride
    elseif v.kind == "OBJECT" then
        local inside = vfu.new_view(view.raw, v.at, v.size, left, view.little)

        whole, v.claimed = decode_fields(inside, v.item)
    end
    if v.size > v.claimed then
        v.size = v.claimed
    end
    if v.optional then
        return v.size > 0, whole
    end
    return true, whole and v.size >= v.claimed
end

-- Decode a layout's fields. Returns: were the bytes enough; how far the fields reach.
function decode_fields(view, layout)
    local fields, reach_end, whole = layout.fields, 0, true
    local raw, base, avail, little = view.raw, view.base, view.avail, view.little

    view.layout = layout
    for i = 1, layout.count do
        fields[i].there = false
    end
    for i = 1, layout.count do
        local f = fields[i]
        local when = f.when

        if not when or when(view) then
            local offset, width = f.offset, f.width

            if not width then
                local there, all = decode_tail(view, f)

                whole = whole and all
                f.there = there
                if there and f.at - base + f.claimed > reach_end then
                    reach_end = f.at - base + f.claimed
                end
            elseif offset + width <= avail then
                f.num, f.hi, f.lo = read(raw, base + offset, width, little)
                f.at = base + offset
                if f.mask then
                    f.num = f.masked(f.num)
                end
                f.there = true
                if offset + width > reach_end then
                    reach_end = offset + width
                end
            elseif not f.optional then
                whole = false
            end
        end
    end
    return whole, reach_end
end
vfu.decode_fields = decode_fields

-- Decode the item of `list` after the one at `offset` (nil: the first). Returns its offset and its view, or nil at the
-- end, then also whether the chain is broken: comes to an item again, or goes outside.
function vfu.list_next(view, list, offset)
    local at, size

    if not offset then
        at = list.chain and list.first or 0
    elseif not list.chain then
        at = offset + list.stride
    else
        at = next_of(view, list, offset)
        if at == 0 then
            return nil
        end
        if at >= list.claimed or list.winds and was_there(view, list, offset, at) then
            return nil, true
        end
    end
    if at >= list.size then
        return nil
    end
    size = list.stride
    if list.chain then
        size = end_of(view, list, at) - at
    end
    local item = vfu.new_view(view.raw, list.at + at, math.min(size, list.size - at), size, view.little)
    decode_fields(item, list.item)
    return at, item
end

-- Decode an object's fields anew, within what they claim. Returns its view.
function vfu.object_view(view, object)
    local inside = vfu.new_view(view.raw, object.at, object.size, object.claimed, view.little)

    decode_fields(inside, object.item)
    return inside
end

-- Decode a payload. `d` gets layout, truncated, short, extra_at, extra_size.
function vfu.decode_payload(view, layout, captured, header_size, is_error, d)
    local whole, reach = decode_fields(view, layout)
    local at_hand, argsz = view.avail, nil

    d.truncated = captured < header_size
    d.short = not whole and not d.truncated and not (view.is_reply and is_error)
    argsz = view.is_reply and view:field("argsz")
    if argsz and argsz.num > view.size then
        d.short = false
    end
    if not whole and (d.truncated or d.short) then
        at_hand = 0
    end
    d.extra_size = at_hand > reach and at_hand - reach or 0
    d.extra_at = view.base + reach
end
