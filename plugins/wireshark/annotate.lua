-- What a record says about its message, after capture/file/annotate.c: rules that it breaks, what plugins say, what it
-- answers. As fields and expert infos; the problems of events, which stand in their JSON, too.

local fields, experts, text, json = vfu.fields, vfu.experts, vfu.text, vfu.json
local unpack_struct, format = Struct.unpack, string.format
local TWO32 = 4294967296.0
local REPLY, PROBLEM, NOTE, LEFT_OUT = 1, 2, 3, 4
local SEVERITIES = { [0] = "violation", [1] = "suspicious" }
local SIDES = { [0] = "client", [1] = "server" }

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
    elseif kind == LEFT_OUT and #value >= 4 then
        return { left_out = (unpack_struct(">I4", value, 1)) }
    end
end

-- Those that stand from `at` to `stop` (offsets) of a record: a list, each with `at` and `size`; and, of a reply, `reply`.
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
        elseif kind <= LEFT_OUT then
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
    local line = p.severity .. by .. format("%s: %s [%s]", p.at_fault, text.escaped(p.said), text.escaped(p.rule))
    local sub = item

    if fields_too then
        sub = item:add(fields.problem, range)
        sub:set_text(line)
        text.add(sub, fields.rule, range, "rule", p.rule)
        text.add(sub, fields.severity, range, "severity", p.severity)
        text.add(sub, fields.at_fault, range, "at fault", p.at_fault)
        text.add(sub, fields.problem_text, range, "text", p.said)
    end
    sub:add_proto_expert_info(p.severity == "violation" and experts.violation or experts.suspicious, line)
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
        elseif one.plugin then
            add_note(item, range, one, fields_too)
        elseif one.left_out then
            local sub = fields_too and item:add(fields.left_out, range, one.left_out) or item

            sub:add_proto_expert_info(experts.left_out, one.left_out .. " more problems or notes had no room in the record")
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
