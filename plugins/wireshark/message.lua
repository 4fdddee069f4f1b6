-- One message: its header, pairing, Info line and tree. `m` says where it is and what stands beside it: raw, tvb, at
-- (of the header), captured, little, conn, channel, from, no, no_hi, no_lo, mono_hi, mono_lo, changed, fds (count,
-- fd_at), fds_cut, fds_unknown, annotations, key (of the frame, or of one message of several in it).

local const, fields, experts, text, pairing = vfu.const, vfu.fields, vfu.experts, vfu.text, vfu.pairing
local registers = vfu.registers
local read, format, floor = vfu.read, string.format, math.floor
local HEADER_SIZE, TWO32 = const.VFU_HEADER_SIZE, 4294967296.0
local TYPE_COMMAND, TYPE_REPLY = const.VFU_TYPE_COMMAND, const.VFU_TYPE_REPLY
local FLAG_ERROR, FLAG_NO_REPLY = const.VFU_ERROR, const.VFU_NO_REPLY
local unpack_struct, commands = Struct.unpack, vfu.commands

local decoded = {} -- of the message at hand
local view = vfu.new_view("", 0, 0, 0, true)
local BRIEF_FDS = 8

local function read_header(m)
    local flags

    m.id, m.command, m.size, flags, m.error = unpack_struct(m.little and "<I2I2I4I4I4" or ">I2I2I4I4I4", m.raw, m.at + 1)
    m.flags = flags
    m.row = commands[m.command]
    m.is_command = flags % 16 == TYPE_COMMAND
    m.is_reply = flags % 16 == TYPE_REPLY
    m.is_error = flags % (2 * FLAG_ERROR) >= FLAG_ERROR
    m.no_reply = flags % (2 * FLAG_NO_REPLY) >= FLAG_NO_REPLY
end

-- Of type 0, but an answer all the same: an error to what only the other side asks, or, of a command that no row knows, to
-- one that waits.
local function mend_type(m, visited)
    local asks = m.is_command and m.is_error

    if asks and m.row then
        m.is_reply = m.row.from ~= m.from
    elseif asks and visited then
        m.is_reply = pairing.state.request_key[m.key] ~= nil
    elseif asks then
        m.is_reply = pairing.waits(m.conn, m.channel * 2 + 1 - m.from, m.id, m.command)
    end
    m.is_command = m.is_command and not m.is_reply
end

-- First pass: number it, pair it.
local function learn(m)
    local state = pairing.state

    if m.no == 0 then
        m.no, m.no_hi, m.no_lo = state.last_no + 1, 0, state.last_no + 1
        state.numbers[m.key] = m.no
    end
    state.last_no = m.no
    if m.is_reply then
        local found = pairing.take(m.conn, m.channel * 2 + 1 - m.from, m.id, m.command)

        if found then
            local ns = (m.mono_hi - found.hi) * TWO32 + (m.mono_lo - found.lo)

            state.request_key[m.key] = found.key
            state.reply_key[found.key] = m.key
            state.answers[m.key] = found.no
            state.latency[m.key] = ns > 0 and ns or 0
        elseif m.annotations and m.annotations.reply then -- its command is not in this file
            state.answers[m.key] = m.annotations.reply.reply_to
            state.latency[m.key] = m.annotations.reply.ns
        end
    elseif m.is_command and not m.no_reply then
        pairing.add(m.conn, m.channel * 2 + m.from, m.id, m.command, m.key, m.no, m.mono_hi, m.mono_lo)
    else
        pairing.peers_of(m.conn)
    end
end

local function layout_of(m)
    local row = m.row
    local shape

    if not row or not (m.is_reply or m.is_command) then
        return vfu.unknown_layout
    end
    shape = m.is_reply and row.reply or row.request
    for _, form in ipairs(shape.forms) do
        if form.when(view) then
            return form.layout
        end
    end
    return shape.layout
end

-- How much of it can be read: up to where all the rest was left out.
local function readable(m)
    local parts = m.annotations and m.annotations.memory
    local last = parts and parts[#parts]

    return last and last.at < m.captured and last.at + last.size >= m.captured and last.at or m.captured
end

local function decode(m)
    local claimed = m.size > HEADER_SIZE and m.size - HEADER_SIZE or 0
    local at_hand = m.captured - HEADER_SIZE

    view.raw, view.base, view.little = m.raw, m.at + HEADER_SIZE, m.little
    view.avail = at_hand > claimed and claimed or at_hand
    view.size = claimed
    view.is_reply, view.command = m.is_reply, m.command
    local layout = layout_of(m) -- by numbers that zeros may be the upper half of

    view.avail = math.min(view.avail, math.max(readable(m) - HEADER_SIZE, 0))
    vfu.decode_payload(view, layout, readable(m), m.size, m.is_error, decoded)
end

local function fds_text(m)
    local out = m.fds == 1 and "  fd " or m.fds > 1 and "  fds " or ""

    for i = 0, math.min(m.fds, BRIEF_FDS) - 1 do
        local at = m.fd_at + 16 * i
        local kind, has_size = m.raw:byte(at + 1, at + 2)

        out = out .. (i > 0 and "," or "") .. (vfu.fd_types[kind] or vfu.fd_types[0])
        if has_size ~= 0 then
            out = out .. ":" .. text.size(read(m.raw, at + 8, 8, false))
        end
    end
    if m.fds > BRIEF_FDS then
        out = out .. ",... (" .. m.fds .. ")"
    end
    return out .. (not m.fds_cut and "" or m.fds < const.VFU_MAX_FDS and "  (the kernel cut fds off)"
        or "  (more fds than one message carries)")
end

local CHANGES = { { 1, "injected" }, { 2, "intercepted" }, { 4, "exposed" } }

-- What is wrong with the message's length, and flags that the fields do not show.
local function oddities(m)
    local out, odd = "", m.flags - m.flags % 64

    if m.no_reply then
        out = "  no_reply"
    end
    if odd ~= 0 then
        out = out .. format("  flags 0x%x", odd)
    end
    if m.annotations and m.annotations.memory then
        out = out .. "  (" .. text.count(format("%.0f", m.annotations.memory.bytes), "byte") .. " left out)"
    end
    if m.captured < m.size then
        out = out .. format("  (%d of %s at hand)", m.captured, text.count(format("%.0f", m.size), "byte"))
    end
    if decoded.short then
        out = out .. "  too short"
    end
    if decoded.extra_size > 0 then
        out = out .. "  +" .. text.count(format("%d", decoded.extra_size), "extra byte")
    end
    if m.changed ~= 0 then
        out = out .. "  changed: " .. text.flags(0, m.changed, CHANGES)
    end
    return out
end

local ARROW_COMMAND, ARROW_REPLY, ARROW_UNKNOWN = "> ", "< ", "? "

-- The text sink's line, from its arrow on, without the column's padding.
local function info_line(m)
    local layout, state = view.layout, pairing.state
    local shown, line = false, nil

    if not layout.silent then
        for i = 1, #layout.fields do
            if layout.fields[i].there then
                shown = true
                break
            end
        end
    end
    line = (m.is_command and ARROW_COMMAND or m.is_reply and ARROW_REPLY or ARROW_UNKNOWN)
        .. (m.no ~= 0 and format("#%.0f ", m.no) or "") .. (m.row and m.row.name or "UNKNOWN " .. m.command) .. " " .. m.id
    if m.is_error then
        line = line .. "  error " .. (vfu.errno_name[m.error] or format("%.0f", m.error)) .. (shown and " " or "")
    elseif m.error ~= 0 and m.is_reply then
        line = line .. "  (error " .. (vfu.errno_name[m.error] or format("%.0f", m.error)) .. " without the error flag)"
            .. (shown and "  " or "")
    elseif shown then
        line = line .. "  "
    elseif m.is_reply then
        line = line .. "  ok"
    end
    if shown then
        line = line .. (m.annotations and m.annotations.registers and registers.brief(m.annotations.registers, view)
            or text.brief(view))
    end
    if m.fds > 0 or m.fds_cut then
        line = line .. fds_text(m)
    elseif m.is_command and m.row and m.row.request.without_fds and not m.fds_unknown then
        line = line .. "  " .. m.row.request.without_fds
    end
    if m.flags > 1 or decoded.truncated or decoded.short or decoded.extra_size > 0 or m.changed ~= 0
        or m.annotations and m.annotations.memory then
        line = line .. oddities(m)
    end
    if m.is_reply then
        local ns = state.latency[m.key]

        line = line .. "  " .. (ns and text.latency(ns) or "(answers no command)")
    end
    return line
end

vfu.errno_name = {}
for _, name in ipairs(vfu.errno_names) do
    vfu.errno_name[name[1]] = vfu.errno_name[name[1]] or name[2]
end

local function add_fds(tree, m)
    local tvb = m.tvb
    local sub = tree:add(fields.fds, tvb:range(14, 2))

    for i = 0, m.fds - 1 do
        local at = m.fd_at + 16 * i
        local item = sub:add(fields.fd, tvb:range(at, 16))
        local kind = m.raw:byte(at + 1)

        item:set_text("fd[" .. i .. "]: " .. (vfu.fd_types[kind] or vfu.fd_types[0]))
        item:add(fields.fd_type, tvb:range(at, 1), vfu.fd_types[kind] and kind or 0)
        if m.raw:byte(at + 2) ~= 0 then
            item:add(fields.fd_size, tvb:range(at + 8, 8))
        end
    end
end

-- What the pseudo-header says; of raw bytes there is none, and all of it is inferred.
local function add_beside(tree, m)
    local no = UInt64.new(m.no_lo, m.no_hi)

    if m.record then
        local tvb = m.tvb
        local sub = tree:add(fields.record, tvb:range(0, m.at))

        sub:set_text("record: message " .. tostring(no) .. " of connection " .. m.conn)
        sub:add(fields.no, tvb:range(24, 8), no)
        sub:add(fields.conn, tvb:range(16, 4))
        sub:add(fields.channel, tvb:range(6, 1))
        sub:add(fields.from, tvb:range(7, 1))
        sub:add(fields.order, tvb:range(8, 1))
        sub:add(fields.mono, tvb:range(32, 8))
        sub:add(fields.version, tvb:range(4, 1))
        sub:add(fields.record_type, tvb:range(5, 1))
        if m.changed ~= 0 then
            local changed = sub:add(fields.changed, tvb:range(9, 1))

            changed:add(fields.inject, tvb:range(9, 1))
            changed:add(fields.intercept, tvb:range(9, 1))
            changed:add(fields.expose, tvb:range(9, 1))
        end
        add_fds(sub, m)
        if m.fds_cut then
            sub:add(fields.fds_cut, tvb:range(10, 1))
        end
        return
    end
    tree:add(fields.no, no):set_generated()
    tree:add(fields.conn, m.conn):set_generated()
    tree:add(fields.channel, m.channel):set_generated()
    tree:add(fields.from, m.from):set_generated()
end

local function frame_of(key)
    return key % 4294967296
end

local function add_number(tree, field, number)
    tree:add(field, UInt64.new(number % TWO32, floor(number / TWO32))):set_generated()
end

local function add_pairing(tree, m)
    local state = pairing.state
    local request, reply, ns = state.request_key[m.key], state.reply_key[m.key], state.latency[m.key]

    if m.is_command or ns then
        add_number(tree, fields.exchange, m.is_command and m.no or state.answers[m.key])
    end

    if request then
        tree:add(fields.request_in, frame_of(request)):set_generated()
    end
    if ns then
        add_number(tree, fields.reply_to, state.answers[m.key])
        tree:add(fields.time, NSTime.new(floor(ns / 1e9), ns % 1e9)):set_generated()
    elseif reply then
        tree:add(fields.reply_in, frame_of(reply)):set_generated()
    end
end

-- Known after the first pass.
local function is_unanswered(m, visited)
    return visited and m.is_command and not m.no_reply and not pairing.state.reply_key[m.key]
end

local function add_experts(tree, m, visited)
    if is_unanswered(m, visited) then
        tree:add_proto_expert_info(experts.unanswered)
    end
    if m.is_reply and not pairing.state.latency[m.key] then
        tree:add_proto_expert_info(experts.unpaired)
    end
    if m.is_error then
        tree:add_proto_expert_info(experts.error_reply, "error "
            .. (vfu.errno_name[m.error] or format("%.0f", m.error)))
    end
    if not m.row or not (m.is_command or m.is_reply) then
        tree:add_proto_expert_info(experts.unknown)
    end
    if m.captured < m.size then
        tree:add_proto_expert_info(experts.truncated,
                                   format("%d of %s at hand", m.captured, text.count(format("%.0f", m.size), "byte")))
    end
    if decoded.short then
        tree:add_proto_expert_info(experts.short)
    end
    if decoded.extra_size > 0 then
        tree:add_proto_expert_info(experts.extra,
                                   text.count(format("%d", decoded.extra_size), "byte") .. " beyond the known fields")
    end
    if m.fds_cut then
        tree:add_proto_expert_info(experts.fds_cut)
    end
end

-- Dissect it. `wanted`: is anybody to see the tree? Returns the Info line.
function vfu.message(m, pinfo, tree, wanted)
    local visited, line = pinfo.visited, nil

    read_header(m)
    mend_type(m, visited)
    if not visited then
        learn(m)
    elseif m.no == 0 then
        m.no = pairing.state.numbers[m.key] or 0
        m.no_hi, m.no_lo = 0, m.no
    end
    decode(m)
    line = info_line(m)
    if vfu.seen and not visited then
        vfu.seen(m, decoded)
    end
    if wanted then
        local item = tree:add(vfu.proto, m.tvb:range(m.start, m.at + m.captured - m.start))

        item:append_text(", " .. (m.from == 0 and "client " or "server ") .. line)
        add_beside(item, m)
        vfu.add_header(item, m.tvb, m)
        vfu.add_values(item, m.tvb, pinfo, view)
        if decoded.extra_size > 0 then
            item:add(fields.extra, m.tvb:range(decoded.extra_at, decoded.extra_size))
        end
        if m.captured < m.size then
            item:add(fields.captured, m.captured):set_generated()
        end
        add_pairing(item, m)
        add_experts(item, m, visited)
        if m.annotations then
            registers.add(item, m.tvb, m.annotations.registers, view)
            vfu.add_annotations(item, m.tvb, m.annotations, true)
        end
        return line
    end
    if m.annotations then
        vfu.add_annotations(tree, m.tvb, m.annotations, false)
    end
    if m.flags > 1 or not m.row or decoded.truncated or decoded.short or decoded.extra_size > 0 or m.fds_cut
        or m.is_reply and not pairing.state.latency[m.key] or is_unanswered(m, visited) then
        add_experts(tree, m, visited)
    end
    return line
end
