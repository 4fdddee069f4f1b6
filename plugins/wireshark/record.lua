-- A record of a vfuscope capture: the pseudo-header of vfuscope-capture(5), then a message or an event.

local const, fields, experts, text, json, pairing = vfu.const, vfu.fields, vfu.experts, vfu.text, vfu.json, vfu.pairing
local unpack_struct, format = Struct.unpack, string.format
local TWO32 = 4294967296.0
local HEAD, FD, MAGIC, VERSION = 40, 16, 0x76667573, 1
local HEAD_FORMAT = ">I4I1I1I1I1I1I1I1I1I2I2I4I4I4I4I4I4"

local m = {} -- the message at hand

-- What is no record of ours, or one that can't be read: said, and shown as it is.
local function refuse(what, why, tvb, pinfo, tree)
    local item = tree:add(vfu.proto, tvb:range(0))

    item:append_text(", " .. why)
    item:add_proto_expert_info(experts[what], why)
    pinfo.cols.info = "! " .. why
end

-- The pseudo-header into `m`; what is wrong with it and how to say that, or nil.
local function read_head(raw, size)
    local magic, version, kind, channel, from, order, changed, flags, length, count, reserved, _

    if size >= 4 and unpack_struct(">I4", raw, 1) ~= MAGIC then
        return "foreign", "not made by vfuscope (no magic number)"
    elseif size < HEAD then
        return "damaged", "cut within its header"
    end
    magic, version, kind, channel, from, order, changed, flags, reserved, length, count, m.conn, reserved, m.no_hi,
        m.no_lo, m.mono_hi, m.mono_lo = unpack_struct(HEAD_FORMAT, raw, 1)
    if version ~= VERSION then
        return "future", format("format version %d; this dissector knows version %d", version, VERSION)
    elseif kind < 1 or kind > 2 or channel > 1 or from > 1 or order < 1 or order > 2 then
        return "damaged", format("damaged: type %d, channel %d, direction %d, endianness %d", kind, channel, from,
                                 order)
    elseif count > const.VFU_MAX_FDS or length < HEAD + count * FD then
        return "damaged", format("damaged: %d file descriptors in a header of %d bytes", count, length)
    elseif length > size then
        return "damaged", "cut within its header"
    end
    m.raw, m.at, m.captured = raw, length, size - length
    m.is_event = kind == 2
    if not m.is_event and m.captured < const.VFU_HEADER_SIZE then
        return "damaged", "cut within the message's header"
    end
    m.channel, m.from, m.little, m.changed = channel, from, order == 1, changed
    m.fds, m.fd_at, m.fds_cut, m.fds_unknown = count, HEAD, flags % 2 == 1, flags % 4 >= 2
    m.annotations = length > HEAD + count * FD and not m.is_event
        and vfu.read_annotations(raw, HEAD + count * FD, length) or nil
    m.no = m.no_hi * TWO32 + m.no_lo
end

local function named(names, value)
    return names[tonumber(value and value.text)] or value and value.text or "0"
end

local function index_names(list)
    local names = {}

    for _, name in ipairs(list) do
        names[name[1]] = name[2]
    end
    return names
end
local irq_names, region_names = index_names(vfu.irq_names), index_names(vfu.region_names)

-- By the event's word: what the text sink adds to it.
local describe = {
    capture = function(e)
        local function said(name)
            local word = json.member(e, name)

            return type(word) == "string" and text.escaped(word) or ""
        end
        local since = tonumber(said("start"):match("^%d+"))

        return ": vfuscope " .. said("version") .. " on Linux " .. said("kernel")
            .. (since and os.date("!, since %Y-%m-%d %H:%M:%S UTC", since) or "")
            .. (json.member(e, "no_memory") == true and ", without guest memory" or "") .. ": " .. said("options")
    end,
    connect = function(e)
        local pid, name = named({}, json.member(e, "pid")), json.member(e, "name")

        if pid == "0" then
            return ""
        end
        return ": client " .. pid .. (type(name) == "string" and name ~= "" and " (" .. text.escaped(name) .. ")" or "")
    end,
    unframed = function(e)
        local offset = json.integer(json.member(e, "offset"))

        return " from " .. (m.from == 0 and "client" or "server") .. ": not understood from byte "
            .. tostring(offset or 0) .. " on"
    end,
    framed = function(e)
        local offset = json.integer(json.member(e, "offset"))

        return " from " .. (m.from == 0 and "client" or "server") .. ": understood again from byte "
            .. tostring(offset or 0) .. " on, " .. text.count(named({}, json.member(e, "skipped")), "byte") .. " passed over"
    end,
    dropped = function(e)
        local messages, events = named({}, json.member(e, "count")), json.member(e, "events")

        if not events or named({}, events) == "0" then
            return ": " .. text.count(messages, "message") .. " missing here"
        end
        return ": " .. (messages == "0" and "" or text.count(messages, "message") .. " and ")
            .. text.count(named({}, events), "event") .. " missing here"
    end,
    interrupt = function(e)
        return " " .. named(irq_names, json.member(e, "index")) .. " " .. named({}, json.member(e, "vector"))
    end,
    ioeventfd = function(e)
        local offset = json.integer(json.member(e, "offset")) or UInt64.new(0, 0)

        return " " .. named(region_names, json.member(e, "region")) .. "+"
            .. text.hex64(offset:higher(), offset:lower())
    end,
    overdue = function(e)
        return " reply to #" .. named({}, json.member(e, "no"))
    end,
    stalled = function()
        return " message from " .. (m.from == 0 and "client" or "server")
    end,
    unread = function()
        return " message from " .. (m.from == 0 and "client" or "server")
    end,
    reads_no_more = function(e)
        local last = named({}, json.member(e, "last"))

        return ": the " .. (m.from == 0 and "client" or "server") .. (last ~= "0" and ", perhaps not even #" .. last or "")
    end,
    peer = function(e)
        local name = json.member(e, "name")

        return ": the " .. (m.from == 0 and "client" or "server") .. " looks like "
            .. text.escaped(type(name) == "string" and name or "")
    end,
    memory = function(e) -- what plugins saw of the guest's memory: only captures have it
        local address = json.integer(json.member(e, "address")) or UInt64.new(0, 0)
        local data = json.member(e, "data")

        return " for #" .. named({}, json.member(e, "no")) .. ": " .. text.hex64(address:higher(), address:lower())
            .. " " .. text.count(format("%d", type(data) == "string" and #data / 2 or 0), "byte")
    end,
    log = function(e)
        local name = json.member(e, "name")

        return " " .. text.escaped(type(name) == "string" and name or "")
    end,
    injected = function(e)
        return " into #" .. named({}, json.member(e, "no"))
    end,
}

-- The text sink's line of an event, from its star on.
local function event_line(word, e)
    local line = "* " .. text.escaped(word) .. (describe[word] and describe[word](e) or "")
    local count = tonumber((json.member(e, "count") or {}).text) or 0
    local said = json.member(e, "text") or json.member(e, "spec")
    local bytes = json.member(e, "text_hex")

    if type(bytes) == "string" and not bytes:find("[^%x]") then -- what is no text: as the text sink has it
        said = bytes:gsub("%x%x", function(byte) return string.char(tonumber(byte, 16)) end)
    end

    if count > 1 and (word == "interrupt" or word == "ioeventfd") then
        line = line .. format(" x%.0f", count)
    end
    if type(said) == "string" and said ~= "" then
        line = line .. ": " .. text.escaped(said)
    end
    return line
end

local function event(tvb, pinfo, tree, wanted)
    local body = m.raw:sub(m.at + 1)
    local e = json.object(body)
    local word = e and json.member(e, "event")
    local range = m.captured > 0 and tvb:range(m.at, m.captured)

    if type(word) ~= "string" or not range then
        return refuse("damaged", "an event that is none", tvb, pinfo, tree)
    end
    local line = event_line(word, e)

    if not pinfo.visited then
        if word == "disconnect" then
            pairing.disconnect(m.conn)
        elseif word == "connect" or word == "unframed" then
            pairing.peers_of(m.conn)
        end
        if vfu.seen_event then
            vfu.seen_event(word)
        end
    end
    pinfo.cols.info = line
    if not wanted and word ~= "unframed" and word ~= "dropped" and not json.member(e, "problems")
        and not json.member(e, "notes") then
        return
    end
    local item = tree:add(vfu.proto, tvb:range(0))

    item:append_text(", " .. line)
    item:add(fields.conn, tvb:range(16, 4))
    item:add(fields.channel, tvb:range(6, 1))
    text.add(item, fields.event, range, "event", word)
    if type(json.member(e, "text")) == "string" then
        text.add(item, fields.event_text, range, "text", json.member(e, "text"))
    end
    if word == "log" and type(json.member(e, "name")) == "string" then
        text.add(item, fields.event_log, range, "log", json.member(e, "name"))
    end
    text.add(item, fields.event_json, range, "as recorded", body)
    vfu.add_event_annotations(item, range, e)
    if word == "unframed" or word == "dropped" then
        item:add_proto_expert_info(experts[word], line)
    end
end

local SIDE = { [0] = "client", [1] = "server" }

-- One record, as the exported PDU's dissector hands it over.
function vfu.record(tvb, pinfo, tree, wanted)
    local raw = tvb:raw()
    local what, why = read_head(raw, #raw)
    local cols = pinfo.cols

    cols.protocol = "vfio-user"
    if what then
        return refuse(what, why, tvb, pinfo, tree)
    end
    if m.is_event then
        return event(tvb, pinfo, tree, wanted)
    end
    m.tvb, m.start, m.record, m.key = tvb, 0, true, pinfo.number
    cols.src = SIDE[m.from]
    cols.dst = SIDE[1 - m.from]
    cols.info = vfu.message(m, pinfo, tree, wanted)
end
