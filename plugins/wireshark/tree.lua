-- A message's fields in the tree.

local fields, experts, text, json = vfu.fields, vfu.experts, vfu.text, vfu.json
local MAX_ITEMS = 20000 -- of a list: Wireshark refuses a tree of a million items

local add_values

local function add_flags(tree, tvb, view, f)
    local range = tvb:range(f.at, f.width)
    local item = view.little and tree:add_le(f.proto, range) or tree:add(f.proto, range)
    local value = text.value.FLAGS(f)
    local _, hi, lo = text.bits(f.hi, f.mask and f.num or f.lo, f.names)

    item:append_text(" (" .. value .. ")")
    for i = 1, f.names and #f.names or 0 do
        if view.little then
            item:add_le(f.flags[i], range)
        else
            item:add(f.flags[i], range)
        end
    end
    if hi ~= 0 or lo ~= 0 then
        item:add(f.flags.unknown, range, UInt64.new(lo, hi))
    end
end

local function add_list(tree, tvb, pinfo, view, f)
    local index, offset, item = 0, nil, nil

    while true do
        offset, item = vfu.list_next(view, f, offset)
        if not offset then
            break
        end
        if index == MAX_ITEMS then
            tree:add_proto_expert_info(experts.list_cut, "more than " .. MAX_ITEMS .. " items: the rest is not shown")
            return
        end
        local sub = tree:add(f.proto, tvb:range(item.base, item.avail))

        sub:set_text(f.name .. "[" .. index .. "]: " .. text.brief(item))
        add_values(sub, tvb, pinfo, item)
        index = index + 1
    end
    if item then
        tree:add_proto_expert_info(experts.broken_chain)
    end
end

-- One capability with its members; what is not as it should be stays text.
local function add_capability(tree, range, path, value)
    local field = vfu.capability_fields[path]
    local kind = type(value) == "table" and value.kind or type(value) == "boolean" and "bool" or type(value)
    local name = path:match("[^.]*$")

    if kind ~= vfu.capability_kinds[path] then
        field = nil
    end
    if field and kind == "number" and json.integer(value) then
        tree:add(field, range, json.integer(value))
    elseif field and kind == "bool" then
        tree:add(field, range, value)
    elseif field and kind == "object" then
        local sub = tree:add(field, range)

        sub:set_text(name)
        for _, member in ipairs(value) do
            add_capability(sub, range, path .. "." .. member[1], member[2])
        end
    else
        text.add(tree, fields.capability, range, "capability", name .. ": " .. json.text(value))
    end
end

local function add_json(tree, tvb, view, f)
    local bytes = text.json_bytes(view, f)
    local range = f.size > 0 and tvb:range(f.at, f.size)
    local item, valid = text.add(tree, f.proto, range, f.name, bytes)
    local capabilities = json.member(json.object(bytes), "capabilities")

    if not valid then
        item:add(fields.json_hex, tvb:range(f.at, #bytes))
    end
    if type(capabilities) == "table" and capabilities.kind == "object" then
        local sub = tree:add(fields.capabilities, range)

        sub:set_text("capabilities")
        for _, member in ipairs(capabilities) do
            add_capability(sub, range, member[1], member[2])
        end
    end
end

-- What an access reads or writes, as the number that it is.
local WIDTHS = { [1] = true, [2] = true, [4] = true, [8] = true }

local function add_register_value(tree, tvb, view, f)
    local range = tvb:range(f.at, f.size)

    if view.little then
        tree:add_le(fields.value, range):set_generated()
    else
        tree:add(fields.value, range):set_generated()
    end
end

local function add_value(tree, tvb, pinfo, view, f)
    local kind = f.kind

    if kind == "FLAGS" then
        add_flags(tree, tvb, view, f)
    elseif f.width then
        local range = tvb:range(f.at, f.width)
        local item = view.little and tree:add_le(f.proto, range) or tree:add(f.proto, range)

        if f.wide and f.name_of and f.name_of[f.num] then
            item:append_text(" (" .. f.name_of[f.num] .. ")")
        end
    elseif kind == "BYTES" then
        if f.size > 0 then
            local item = tree:add(f.proto, tvb:range(f.at, f.size))

            if f.size < f.claimed then
                item:append_text(" (" .. f.size .. " of " .. text.claimed(f, view) .. " bytes)")
            end
            if f.is_register then
                item:append_text(" (" .. f.to_text(f, view) .. ")")
            end
            if f.is_register and f.size == f.claimed and WIDTHS[f.size] then
                add_register_value(tree, tvb, view, f)
            end
        end
    elseif kind == "JSON" then
        if f.size > 0 then
            add_json(tree, tvb, view, f)
        end
    elseif kind == "LIST" then
        add_list(tree, tvb, pinfo, view, f)
    else
        local inside = vfu.object_view(view, f)
        local sub = tree:add(f.proto, tvb:range(f.at, f.size))

        sub:set_text(f.name .. ": " .. text.brief(inside))
        add_values(sub, tvb, pinfo, inside)
    end
end

function add_values(tree, tvb, pinfo, view)
    local list = view.layout.fields

    for i = 1, #list do
        if list[i].there then
            add_value(tree, tvb, pinfo, view, list[i])
        end
    end
end
vfu.add_values = add_values

-- The header's own fields.
function vfu.add_header(tree, tvb, m)
    local at, add = m.at, m.little and tree.add_le or tree.add
    local sub = tree:add(fields.header, tvb:range(at, vfu.const.VFU_HEADER_SIZE))
    local range = tvb:range(at + 8, 4)
    local flags

    sub:set_text("header")
    add(sub, fields.id, tvb:range(at, 2))
    add(sub, fields.command, tvb:range(at + 2, 2))
    add(sub, fields.size, tvb:range(at + 4, 4))
    flags = add(sub, fields.flags, range)
    add(flags, fields.type, range)
    for i = 1, #vfu.header_flag_names do
        add(flags, fields.header_flags[i], range)
    end
    local _, _, odd = text.bits(0, m.flags - m.flags % 16, vfu.header_flag_names)

    if odd ~= 0 then
        flags:add(fields.header_flags.unknown, range, UInt64.new(odd, 0))
    end
    add(sub, fields.error, tvb:range(at + 12, 4))
end
