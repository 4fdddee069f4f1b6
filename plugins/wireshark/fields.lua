-- The display filter's fields, made of the tables: vfio_user.COMMAND.FIELD, in lower case, with the decoder's names; and
-- each command's own copy of its layouts, whose fields carry the ProtoField and the formatter. Fields of the header and
-- of what stands beside the message are vfio_user.NAME.

local PREFIX = "vfio_user"
local made, list = {}, {} -- by abbreviation and mask; all, for the Proto
local texts = vfu.text

-- The widest integer that any layout has at an abbreviation, and whether it has bytes there too.
local widths, kinds = {}, {}

local function path_of(prefix, f)
    local path = prefix .. "." .. f.name

    if f.kind == "BYTES" and kinds[path] == "integer" then
        path = path .. ".bytes" -- DMA's padding is a number in one form and bytes in the other
    end
    return path
end

-- First walk: what kinds and widths an abbreviation has.
local function survey(prefix, number)
    for _, f in ipairs(vfu.layouts[number].fields) do
        local path = prefix .. "." .. f.name

        if f.width then
            kinds[path] = "integer"
            widths[path] = math.max(widths[path] or 0, f.width)
        elseif f.item then
            survey(path, f.item)
        end
    end
end

local function register(key, field)
    made[key] = field
    list[#list + 1] = field
    return field
end

local function names_by_value(names)
    local by_value

    for _, name in ipairs(names or {}) do
        by_value = by_value or {}
        by_value[name[1]] = by_value[name[1]] or name[2]
    end
    return by_value
end

local function integer_field(f, path)
    local wide = widths[path] > 4
    local make = wide and ProtoField.uint64 or widths[path] > 2 and ProtoField.uint32 or ProtoField.uint16
    local show = (f.kind == "ADDRESS" or f.kind == "FLAGS" or f.hex) and base.HEX or f.kind == "SIZE" and base.DEC_HEX
        or base.DEC

    return make(path, f.name, show, f.kind == "ENUM" and not wide and f.name_of or nil,
                f.kind == "ENUM" and f.mask or nil)
end

local function proto_field(f, path)
    local key = path

    if made[key] then
        return made[key]
    end
    if f.width then
        return register(key, integer_field(f, path))
    elseif f.kind == "BYTES" then
        return register(key, ProtoField.bytes(path, f.name))
    elseif f.kind == "JSON" then
        return register(key, ProtoField.string(path, f.name, base.UNICODE))
    end
    return register(key, ProtoField.none(path, f.name))
end

-- A boolean a flag: {ProtoField, ...} in the order of the names, and one for the bits without a name.
local function flag_fields(f, path)
    local fields, bits = {}, (widths[path] or f.width) * 8

    for i, name in ipairs(f.names or {}) do
        local abbr = path .. "." .. name[2]
        local key = abbr .. "/" .. name[1]

        fields[i] = made[key] or register(key, ProtoField.bool(abbr, name[2], bits, nil, name[1]))
    end
    local key = path .. ".unknown"

    fields.unknown = made[key] or register(key, ProtoField.uint64(key, "bits without a name", base.HEX))
    return fields
end

local function masker(mask)
    local band = bit.band

    return function(number)
        return band(number, mask) % 4294967296
    end
end

-- A copy of a layout for the fields below `prefix`.
local function instantiate(prefix, number)
    local source = vfu.layouts[number]
    local layout = { size = source.size, fields = {}, named = {}, steps = texts.compile(source.brief) }

    layout.silent = source.brief == ""
    layout.count = #source.fields
    for i, original in ipairs(source.fields) do
        local f = {}

        for key, value in pairs(original) do
            f[key] = value
        end
        local path = path_of(prefix, f)

        f.name_of = f.kind == "ENUM" and names_by_value(f.names) or nil
        f.to_text = texts.value[f.kind]
        f.proto = proto_field(f, path)
        f.wide = f.width and widths[path] > 4
        f.flags = f.kind == "FLAGS" and flag_fields(f, path) or nil
        f.masked = f.mask and masker(f.mask)
        f.item = f.item and instantiate(path, f.item)
        layout.fields[i] = f
        layout.named[f.name] = layout.named[f.name] or {}
        table.insert(layout.named[f.name], f)
    end
    for _, step in ipairs(layout.steps) do -- names become the fields that bear them
        if type(step) == "table" and step.name then
            step.name = layout.named[step.name] or {}
        elseif type(step) == "table" then
            for i, name in ipairs(step.part) do
                step.part[i] = layout.named[name] or {}
            end
        end
    end
    layout.line = texts.build(layout.steps)
    return layout
end

-- A request or a reply: its layout, and those that it has instead when their conditions hold.
local function shape_of(prefix, shape, cache)
    local function layout(number)
        cache[number] = cache[number] or instantiate(prefix, number)
        return cache[number]
    end
    local made_shape = { layout = layout(shape.layout), forms = {}, without_fds = shape.without_fds }

    for i, form in ipairs(shape.forms) do
        made_shape.forms[i] = { layout = layout(form.layout), when = form.when }
    end
    return made_shape
end

for _, c in pairs(vfu.commands) do
    local prefix = PREFIX .. "." .. c.name:lower()

    for _, shape in ipairs({ c.request, c.reply }) do
        survey(prefix, shape.layout)
        for _, form in ipairs(shape.forms) do
            survey(prefix, form.layout)
        end
    end
end
local numbers = {}
for number in pairs(vfu.commands) do
    numbers[#numbers + 1] = number
end
table.sort(numbers)
for _, number in ipairs(numbers) do
    local c, cache = vfu.commands[number], {}
    local prefix = PREFIX .. "." .. c.name:lower()

    c.request = shape_of(prefix, c.request, cache)
    c.reply = shape_of(prefix, c.reply, cache)
end
vfu.unknown_layout = instantiate(PREFIX .. ".unknown", vfu.unknown_layout)

-- The fields that are no payload's.
local function own(name, make, label, ...)
    local field = make(PREFIX .. "." .. name, label, ...)

    list[#list + 1] = field
    return field
end

local command_names = {}
for number, c in pairs(vfu.commands) do
    command_names[number] = c.name
end
local errnos = names_by_value(vfu.errno_names)
errnos[0] = "none"
local TYPES = { [0] = "command", [1] = "reply" }
local SIDES = { [0] = "client", [1] = "server" }
local CHANNELS = { [0] = "main", [1] = "twin" }

vfu.fields = {
    id = own("id", ProtoField.uint16, "id", base.DEC),
    command = own("command", ProtoField.uint16, "command", base.DEC, command_names),
    size = own("size", ProtoField.uint32, "size", base.DEC),
    flags = own("flags", ProtoField.uint32, "flags", base.HEX),
    type = own("type", ProtoField.uint32, "type", base.DEC, TYPES, 0xf),
    error = own("error", ProtoField.uint32, "error", base.DEC, errnos),
    no = own("no", ProtoField.uint64, "no", base.DEC),
    conn = own("conn", ProtoField.uint32, "conn", base.DEC),
    channel = own("channel", ProtoField.uint8, "channel", base.DEC, CHANNELS),
    from = own("from", ProtoField.uint8, "from", base.DEC, SIDES),
    order = own("record.endianness", ProtoField.uint8, "endianness", base.DEC, { "little", "big" }),
    mono = own("record.monotonic", ProtoField.uint64, "monotonic time, ns", base.DEC),
    version = own("record.format", ProtoField.uint8, "format version", base.DEC),
    record_type = own("record.type", ProtoField.uint8, "record type", base.DEC, { "message", "event" }),
    record = own("record", ProtoField.none, "record"),
    header = own("header", ProtoField.none, "header"),
    fds = own("fds", ProtoField.uint16, "fds", base.DEC),
    fd_type = own("fd.type", ProtoField.uint8, "type", base.DEC, vfu.fd_types),
    fd_size = own("fd.size", ProtoField.uint64, "size", base.DEC_HEX),
    fd = own("fd", ProtoField.none, "fd"),
    fds_cut = own("fds_cut", ProtoField.bool, "the kernel cut fds off", 8, nil, 1),
    changed = own("changed", ProtoField.uint8, "changed", base.HEX),
    inject = own("changed.inject", ProtoField.bool, "injected", 8, nil, 1),
    intercept = own("changed.intercept", ProtoField.bool, "intercepted", 8, nil, 2),
    expose = own("changed.expose", ProtoField.bool, "exposed", 8, nil, 4),
    exchange = own("exchange", ProtoField.uint64, "exchange", base.DEC),
    value = own("value", ProtoField.uint64, "value", base.HEX),
    register = own("register", ProtoField.string, "register"),
    register_field = own("register.field", ProtoField.string, "field"),
    reply_to = own("reply_to", ProtoField.uint64, "answers message no", base.DEC),
    request_in = own("request_in", ProtoField.framenum, "command in", base.NONE, frametype.REQUEST),
    reply_in = own("reply_in", ProtoField.framenum, "reply in", base.NONE, frametype.RESPONSE),
    time = own("time", ProtoField.relative_time, "time since the command"),
    captured = own("captured", ProtoField.uint32, "bytes at hand", base.DEC),
    extra = own("extra", ProtoField.bytes, "bytes beyond the known fields"),
    event = own("event", ProtoField.string, "event"),
    event_json = own("event.json", ProtoField.string, "as recorded", base.UNICODE),
    event_text = own("event.text", ProtoField.string, "text", base.UNICODE),
    event_log = own("event.log", ProtoField.string, "log", base.UNICODE),
    problem = own("problem", ProtoField.none, "problem"),
    rule = own("problem.rule", ProtoField.string, "rule"),
    severity = own("problem.severity", ProtoField.string, "severity"),
    at_fault = own("problem.at_fault", ProtoField.string, "at fault"),
    problem_text = own("problem.text", ProtoField.string, "text", base.UNICODE),
    because = own("reason", ProtoField.none, "reason"),
    reason = own("reason.name", ProtoField.string, "reason"),
    reason_certain = own("reason.certain", ProtoField.bool, "certain"),
    reason_text = own("reason.text", ProtoField.string, "text", base.UNICODE),
    reason_message = own("reason.message", ProtoField.uint64, "message that says so", base.DEC),
    note = own("note", ProtoField.none, "note"),
    note_plugin = own("note.plugin", ProtoField.string, "plugin", base.UNICODE),
    note_text = own("note.text", ProtoField.string, "text", base.UNICODE),
    note_warning = own("note.warning", ProtoField.bool, "warning"),
    left_out = own("left_out", ProtoField.uint32, "problems, notes, reasons and registers that had no room", base.DEC),
    memory_left_out = own("memory_left_out", ProtoField.uint32, "bytes of guest memory that were left out", base.DEC),
    stray = own("stray", ProtoField.bytes, "bytes that belong to no message"),
    fragment = own("fragment", ProtoField.bytes, "part of a message"),
    whole_in = own("whole_in", ProtoField.framenum, "whole in"),
    json_hex = own("version.json_hex", ProtoField.bytes, "json as bytes: it is no valid UTF-8"),
    capabilities = own("version.capabilities", ProtoField.none, "capabilities"),
    capability = own("version.capability", ProtoField.string, "capability", base.UNICODE),
}
widths["vfio_user.flags"] = 4
vfu.fields.header_flags = flag_fields({ names = vfu.header_flag_names, width = 4 }, "vfio_user.flags")

-- The capabilities by name, with their members.
vfu.capability_fields, vfu.capability_kinds = {}, {}
local function capability_field(name, path, kind)
    vfu.capability_kinds[name] = kind
    if kind == "number" then
        return own(path, ProtoField.uint64, path:match("[^.]*$"), base.DEC)
    elseif kind == "bool" then
        return own(path, ProtoField.bool, path:match("[^.]*$"))
    end
    return own(path, ProtoField.none, path:match("[^.]*$"))
end
for name, capability in pairs(vfu.capabilities) do
    local path = "version.capabilities." .. name

    vfu.capability_fields[name] = capability_field(name, path, capability.kind)
    for member, member_kind in pairs(capability.members) do
        member = "." .. member
        vfu.capability_fields[name .. member] = capability_field(name .. member, path .. member, member_kind)
    end
end
vfu.field_list = list
