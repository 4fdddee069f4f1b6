-- Raw bytes of UNIX sockets on DLT_USER0, as others record them: framing and direction after capture/file/rawstream.c and
-- capraw.c. The first pass makes a list of what each frame completes; the later ones look it up.

local const, fields, experts, pairing = vfu.const, vfu.fields, vfu.experts, vfu.pairing
local read, unpack_struct, floor = vfu.read, Struct.unpack, math.floor
local HEADER_SIZE, PIDS_SIZE, TWO32 = const.VFU_HEADER_SIZE, 16, 4294967296.0
local MAX_CONNECTIONS = 256

local state
local m = {} -- the message at hand

function vfu.stream_reset()
    state = { conns = {}, pairs = {}, count = 0, frames = {}, begun = false, has_pids = false }
end
vfu.stream_reset()

local function size_is_true(size)
    return size >= HEADER_SIZE and size <= const.VFU_MAX_MESSAGE
end

-- In one byte order: who would send a message with this header, whose size is true or (missized) not? nil: it is none.
local function header_from(raw, at, little, missized)
    local row = vfu.commands[read(raw, at + 2, 2, little)]
    local flags = read(raw, at + 8, 4, little)
    local kind = flags % 16

    if not row or size_is_true(read(raw, at + 4, 4, little)) == missized or read(raw, at + 12, 4, little) > 4095
        or flags >= 64 or kind > 1 then
        return nil
    end
    return kind == const.VFU_TYPE_REPLY and 1 - row.from or row.from
end

-- A header without a true size is a message of its own; is this one, with any command at all?
local function is_missized(raw, little)
    local flags = read(raw, 8, 4, little)

    return read(raw, 2, 2, little) ~= 0 and flags < 64 and flags % 16 <= 1
end

-- Could a message begin at `at`? Who would send it, and is it little-endian.
local function looks(raw, at, size)
    if size < HEADER_SIZE then
        return nil
    end
    local from = header_from(raw, at, true, false)

    if from then
        return from, true
    end
    return header_from(raw, at, false, false), false
end

-- Could they be the beginning of a header, too few as they are?
local function begins(raw, at, size)
    local short = size < HEADER_SIZE and size >= 4

    return short and (vfu.commands[read(raw, at + 2, 2, true)] or vfu.commands[read(raw, at + 2, 2, false)]) ~= nil
end

local function new_end()
    return { have = 0, gone = 0, parts = {}, offset = 0, frames = {}, little = true }
end

local function connection_of(number)
    local conn = state.conns[number]

    if not conn then
        conn = { ends = { [0] = new_end(), [1] = new_end() }, side = {}, last = 0 }
        state.conns[number] = conn
    end
    return conn
end

-- The connection of two processes, and the sender's end; nil for the end where both are one.
local function pair_of(receiver, sender)
    local last = state.count

    for i = 1, state.count do
        local pair = state.pairs[i]

        if pair[1] == sender and pair[2] == receiver then
            return i, sender ~= receiver and 0 or nil
        elseif pair[1] == receiver and pair[2] == sender then
            return i, sender ~= receiver and 1 or nil
        end
    end
    if state.count < MAX_CONNECTIONS then
        state.count = state.count + 1
        last = state.count
        state.pairs[last] = { sender, receiver }
    end
    return last, sender ~= receiver and 0 or nil
end

local function guess_end(conn, raw, at, size)
    local from = looks(raw, at, size)
    local amid = { [0] = conn.ends[0].have > 0, [1] = conn.ends[1].have > 0 }

    if from and not amid[from] then
        return from
    elseif amid[0] ~= amid[1] then
        return amid[0] and 0 or 1
    end
    return from or size >= HEADER_SIZE and header_from(raw, at, conn.ends[conn.last].little, true) or conn.last
end

local function begin_message(e, frame)
    e.have, e.gone, e.parts, e.frames = 0, 0, {}, {}
    e.first = frame
end

-- `wanted` bytes from `at`, or as many as there are: kept, or passed over behind a gap. How many.
local function take(e, raw, at, stop, wanted)
    local size = math.min(wanted, stop - at)

    if e.gone > 0 then
        e.gone = e.gone + size
    else
        if size > 0 then
            e.parts[#e.parts + 1] = raw:sub(at + 1, at + size)
        end
        e.have = e.have + size
    end
    return size
end

local function lose(e, out, why, side, rest)
    out[#out + 1] = { unframed = why, offset = e.offset, from = side or 0 }
    e.offset = e.offset + e.have + e.gone + rest
    e.have, e.gone, e.lost = 0, 0, true
end

-- The header is there, or what stands in its place: who sends it, and how long it is. False: no size that can be true, and
-- whether it is a header all the same.
local function open_message(conn, e, which, guessed)
    local head = table.concat(e.parts)
    local from, little = looks(head, 0, #head)

    e.parts = { head }
    if from then
        e.little = little
        conn.side[which] = conn.side[which] or from
        conn.side[1 - which] = conn.side[1 - which] or 1 - from
    end
    e.from = guessed and (from or header_from(head, 0, e.little, true)) or conn.side[which] or 0
    e.size = read(head, 4, 4, e.little)
    return size_is_true(e.size), is_missized(head, e.little)
end

-- The message in an end is all there, as far as it is at hand.
local function hand_out(e, frame, at, out)
    local done = { from = e.from, little = e.little, captured = e.have, at = at }

    if not at then
        done.data = table.concat(e.parts)
        done.first = e.first
        for _, earlier in ipairs(e.frames) do
            state.frames[earlier].whole_in = frame
        end
    end
    out[#out + 1] = done
    e.offset = e.offset + e.have + e.gone
    e.have, e.gone, e.frames = 0, 0, {}
end

-- Feed one frame's bytes (from `at` on, `missing` more not at hand) into an end; what they complete goes into `out`.
local function feed(conn, which, guessed, raw, at, missing, frame, out)
    local e, stop = conn.ends[which], #raw

    if e.lost then
        if not looks(raw, at, stop - at) then
            e.offset = e.offset + stop - at + missing
            out.stray = at
            return
        end
        e.lost = false
    end
    while at < stop or missing > 0 do
        local start, fresh = at, e.have == 0

        if fresh then
            begin_message(e, frame)
        end
        if e.have < HEADER_SIZE then
            at = at + take(e, raw, at, stop, HEADER_SIZE - e.have)
            if e.have < HEADER_SIZE then
                if missing > 0 then
                    return lose(e, out, "bytes are missing within a header", conn.side[which], stop - at + missing)
                end
                break
            end
            local framed, missized = open_message(conn, e, which, guessed)

            if missized and not framed then
                hand_out(e, frame, fresh and start or nil, out)
                return lose(e, out, "behind a header with a size that can't be true", conn.side[which],
                            stop - at + missing)
            elseif not framed then
                return lose(e, out, "no message begins like this", conn.side[which], stop - at + missing)
            end
        end
        at = at + take(e, raw, at, stop, e.size - e.have - e.gone)
        local wanted = e.size - e.have - e.gone

        if at == stop and missing > 0 and wanted > 0 then
            local gone = math.min(missing, wanted)

            e.gone = e.gone + gone
            missing = missing - gone
            wanted = wanted - gone
        end
        if wanted > 0 then
            break
        end
        hand_out(e, frame, fresh and start or nil, out)
    end
    if e.have > 0 then
        e.frames[#e.frames + 1] = frame
        out.rest = true
    end
end

-- First pass: what a frame holds. nil: nothing of ours.
local function learn(raw, missing, frame)
    local at, number, which = 0, 1, nil
    local out = { }

    local function has_pids()
        return #raw >= PIDS_SIZE and unpack_struct(">I4", raw, 1) == 0 and unpack_struct(">I4", raw, 9) == 0
    end
    if not state.begun and #raw > 0 then
        state.begun = true
        state.has_pids = has_pids()
    end
    if state.has_pids and has_pids() then
        number, which = pair_of(unpack_struct(">I4", raw, 5), unpack_struct(">I4", raw, 13))
        at = PIDS_SIZE
    end
    local conn = connection_of(number)
    local guessed = which == nil

    if not conn.spoke then
        conn.spoke = looks(raw, at, #raw - at) ~= nil or begins(raw, at, #raw - at)
        if not conn.spoke then
            return nil
        end
    end
    which = which or guess_end(conn, raw, at, #raw - at)
    if guessed then
        conn.side[which] = which
    end
    conn.last = which
    out.conn, out.body = number, at
    state.frames[frame] = out
    feed(conn, which, guessed, raw, at, missing, frame, out)
    return out
end

local SIDE = { [0] = "client", [1] = "server" }

local function show_message(found, index, out, tvb, pinfo, tree, wanted)
    local data = found.data and ByteArray.new(found.data, true):tvb("message")
    local ns = floor(pinfo.rel_ts * 1e9 + 0.5)

    m.tvb = data or tvb
    m.raw = found.data or tvb:raw()
    m.at, m.start = found.at or 0, found.at or 0
    m.captured, m.little, m.from, m.conn, m.channel = found.captured, found.little, found.from, out.conn, 0
    m.no, m.no_hi, m.no_lo, m.changed, m.fds, m.fds_cut, m.record = 0, 0, 0, 0, 0, false, false
    m.fds_unknown = true
    m.annotations = nil
    m.mono_hi, m.mono_lo = floor(ns / TWO32), ns % TWO32
    m.key = pinfo.number + index * TWO32
    pinfo.cols.src, pinfo.cols.dst = SIDE[m.from], SIDE[1 - m.from]
    return vfu.message(m, pinfo, tree, wanted)
end

-- A frame of DLT_USER0; false: nothing of ours is in it.
function vfu.stream(tvb, pinfo, tree, wanted)
    local out, lines = state.frames[pinfo.number], {}

    if not pinfo.visited then
        out = learn(tvb:raw(), tvb:reported_len() - tvb:len(), pinfo.number)
    end
    if not out then
        return false
    end
    pinfo.cols.protocol = "vfio-user"
    for i, found in ipairs(out) do
        if found.unframed then
            local line = "* unframed from " .. SIDE[found.from] .. ": not understood from byte "
                .. string.format("%.0f", found.offset) .. " on: " .. found.unframed

            tree:add(vfu.proto, tvb:range(0)):add_proto_expert_info(experts.unframed, line)
            lines[#lines + 1] = line
            if not pinfo.visited then
                pairing.peers_of(out.conn)
            end
        else
            lines[#lines + 1] = show_message(found, i - 1, out, tvb, pinfo, tree, wanted)
        end
    end
    if (out.rest or out.stray) and tvb:len() > out.body then
        local item = tree:add(vfu.proto, tvb:range(out.body))
        local what = out.rest and "part of a message" or "bytes that belong to no message"

        item:append_text(", " .. what)
        item:add(out.rest and fields.fragment or fields.stray, tvb:range(out.body))
        if out.whole_in then
            item:add(fields.whole_in, out.whole_in):set_generated()
        end
        lines[#lines + 1] = what
    end
    pinfo.cols.info = table.concat(lines, "; ")
    return true
end
