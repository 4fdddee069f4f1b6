-- What a record says about its message, after capture/file/annotate.c: rules that it breaks, why it refuses, what plugins
-- say, what it answers. As fields and expert infos; the problems of events, which stand in their JSON, too.

local fields, experts, text, json = vfu.fields, vfu.experts, vfu.text, vfu.json
local unpack_struct, format = Struct.unpack, string.format
local TWO32 = 4294967296.0
local REPLY, PROBLEM, NOTE, LEFT_OUT, REASON, REGISTER, MEMORY = 1, 2, 3, 4, 5, 6, 7
local SEVERITIES = { [0] = "violation", [1] = "suspicious", [2] = "misfit" }
local SIDES = { [0] = "client", [1] = "server", [2] = "nobody" }

-- One of them, whose value is `value`; nil: of a later version, or too short.
local function read_one(kind, value)
    if kind == REPLY and #value >= 16 then
        local no_hi, no_lo, ns_hi, ns_lo = unpack_struct(">I4I4I4I4", value, 1)

        return { reply_to = no_hi * TWO32 + no_lo, ns = ns_hi * TWO32 + ns_lo }
    elseif kind == PROBLEM and #value >= 4 then
        local severity, at_fault, size = value:byte(1, 3)

        return size + 4 <= #value and { rule = value:sub(5, 4 + size), said = value:sub(5 + size),
            severity = SEVERITIES[severity] or tostring(severity), at_fault = SIDES[at_fault] or tostring(at_fault) } or nil
    elseif kind == NOTE and #value >= 4 then
        local flags, size = value:byte(1, 2)

        return size + 4 <= #value and { plugin = value:sub(5, 4 + size), said = value:sub(5 + size),
            warns = flags % 2 == 1 } or nil
    elseif kind == REASON and #value >= 4 then
        local flags, count, size = value:byte(1, 3)
        local text_at, messages = 5 + 8 * count, {}

        if text_at - 1 + size > #value then
            return nil
        end
        for i = 1, count do
            local hi, lo = unpack_struct(">I4I4", value, 8 * i - 3)

            messages[i] = hi * TWO32 + lo
        end
        return { reason = value:sub(text_at, text_at + size - 1), said = value:sub(text_at + size),
            certain = flags % 2 == 1, messages = messages }
    elseif kind == REGISTER then
        return vfu.read_register(value)
    elseif kind == MEMORY and #value >= 8 then
        local parts = { bytes = 0 }

        for i = 1, #value - 7, 8 do
            local at, size = unpack_struct(">I4I4", value, i)

            parts[#parts + 1] = { at = at, size = size }
            parts.bytes = parts.bytes + size
        end
        return { memory = parts }
    elseif kind == LEFT_OUT and #value >= 4 then
        return { left_out = (unpack_struct(">I4", value, 1)) }
    end
end

-- Those that stand from `at` to `stop` (offsets) of a record: a list, each with `at` and `size`; of a reply, `reply`; of an
-- access, `registers`; of what was left out, `memory`: parts of the message, each with `at` and `size`.
function vfu.read_annotations(raw, at, stop)
    local list = {}

    while stop - at >= 4 do
        local kind, size = unpack_struct(">I2I2", raw, at + 1)

        if size > stop - at - 4 then
            break
        end
        local one = read_one(kind, raw:sub(at + 5, at + 4 + size))

        if one then
            one.at, one.size = at, 4 + size
            list[#list + 1] = one
            list.reply = one.reply_to and one or list.reply
            list.memory = one.memory or list.memory
            if one.register then
                list.registers = list.registers or {}
                table.insert(list.registers, one)
            end
        elseif kind <= MEMORY then
            list.damaged = true
        end
        at = at + 4 + size + -size % 4
    end
    list.damaged = list.damaged or at < stop
    return list
end

-- A rule that something breaks; with `fields_too` in the tree, else only as expert info.
local function add_problem(item, range, p, fields_too)
    local by = p.severity == "violation" and " by the " or ": the "
    local who = p.at_fault ~= "nobody" and p.at_fault ~= "" and by .. p.at_fault or ""
    local line = p.severity .. who .. format(": %s [%s]", text.escaped(p.said), text.escaped(p.rule))
    local sub = item

    if fields_too then
        sub = item:add(fields.problem, range)
        sub:set_text(line)
        text.add(sub, fields.rule, range, "rule", p.rule)
        text.add(sub, fields.severity, range, "severity", p.severity)
        if who ~= "" then
            text.add(sub, fields.at_fault, range, "at fault", p.at_fault)
        end
        text.add(sub, fields.problem_text, range, "text", p.said)
    end
    sub:add_proto_expert_info(experts[p.severity] or experts.suspicious, line)
end

-- Why an error reply refuses its command, as far as it is known.
local function add_reason(item, range, r, fields_too)
    local line = (r.certain and "because " or "perhaps because ") .. format("%s [%s]", text.escaped(r.said), text.escaped(r.reason))
    local sub = item

    if fields_too then
        sub = item:add(fields.because, range)
        sub:set_text(line)
        text.add(sub, fields.reason, range, "reason", r.reason)
        sub:add(fields.reason_certain, range, r.certain)
        text.add(sub, fields.reason_text, range, "text", r.said)
        for _, no in ipairs(r.messages) do
            sub:add(fields.reason_message, range, UInt64.new(no % TWO32, math.floor(no / TWO32)))
        end
    end
    sub:add_proto_expert_info(experts.why, line)
end

local function add_note(item, range, n, fields_too)
    local line = text.escaped(n.plugin) .. ": " .. text.escaped(n.said)
    local sub = item

    if fields_too then
        sub = item:add(fields.note, range)
        sub:set_text((n.warns and "! " or "") .. line)
        text.add(sub, fields.note_plugin, range, "plugin", n.plugin)
        text.add(sub, fields.note_text, range, "text", n.said)
        sub:add(fields.note_warning, range, n.warns)
    end
    sub:add_proto_expert_info(n.warns and experts.warning or experts.note, line)
end

-- A message's.
function vfu.add_annotations(item, tvb, list, fields_too)
    for _, one in ipairs(list) do
        local range = tvb:range(one.at, one.size)

        if one.rule then
            add_problem(item, range, one, fields_too)
        elseif one.reason then
            add_reason(item, range, one, fields_too)
        elseif one.plugin then
            add_note(item, range, one, fields_too)
        elseif one.memory then
            if fields_too then
                item:add(fields.memory_left_out, range, one.memory.bytes)
            end
            item:add_proto_expert_info(experts.memory_left_out, text.count(format("%.0f", one.memory.bytes), "byte")
                .. " left out: zeros stand where guest memory was")
        elseif one.left_out then
            local sub = fields_too and item:add(fields.left_out, range, one.left_out) or item

            sub:add_proto_expert_info(experts.left_out, one.left_out .. " more problems, notes, reasons or registers had no room in the record")
        end
    end
    if list.damaged then
        item:add_proto_expert_info(experts.damaged, "what the record says about the message is damaged")
    end
end

local function members(object, name)
    local list = json.member(object, name)

    return type(list) == "table" and list.kind == "array" and list or {}
end

local function word(object, name)
    local value = json.member(object, name)

    return type(value) == "string" and value or ""
end

-- An event's, as the decoder's JSON has them.
function vfu.add_event_annotations(item, range, e)
    for _, p in ipairs(members(e, "problems")) do
        add_problem(item, range, { rule = word(p, "rule"), said = word(p, "text"), severity = word(p, "severity"),
                                   at_fault = word(p, "at_fault") }, true)
    end
    for _, n in ipairs(members(e, "notes")) do
        add_note(item, range, { plugin = word(n, "plugin"), said = word(n, "text"),
                                warns = json.member(n, "warning") == true }, true)
    end
end
