-- What is wrong with a message or a record, in Wireshark's own way: expert infos, each a filter of its own.

local group, severity = expert.group, expert.severity

local function info(name, what, where, how)
    return ProtoExpert.new("vfio_user." .. name, what, where, how)
end

vfu.experts = {
    truncated = info("truncated", "fewer bytes are at hand than the size says", group.PROTOCOL, severity.NOTE),
    short = info("short", "too short for its fields", group.MALFORMED, severity.ERROR),
    extra = info("extra_bytes", "bytes beyond the known fields", group.PROTOCOL, severity.WARN),
    unpaired = info("unpaired", "answers no command", group.SEQUENCE, severity.WARN),
    unanswered = info("unanswered", "no reply in this capture", group.SEQUENCE, severity.NOTE),
    error_reply = info("error_reply", "error reply", group.RESPONSE_CODE, severity.NOTE),
    broken_chain = info("broken_chain", "the chain comes to an item again, or goes outside", group.MALFORMED, severity.ERROR),
    list_cut = info("list_cut", "a long list, not all of it shown", group.PROTOCOL, severity.NOTE),
    unknown = info("unknown_message", "unknown command or type", group.UNDECODED, severity.WARN),
    violation = info("violation", "violation of the protocol", group.PROTOCOL, severity.ERROR),
    suspicious = info("suspicious", "suspicious", group.PROTOCOL, severity.WARN),
    misfit = info("misfit", "what does not fit together in the device", group.PROTOCOL, severity.WARN),
    why = info("why", "why a command was refused", group.RESPONSE_CODE, severity.NOTE),
    note = info("plugin_note", "what a plugin says", group.PROTOCOL, severity.CHAT),
    warning = info("plugin_warning", "what a plugin warns of", group.PROTOCOL, severity.WARN),
    left_out = info("notes_left_out", "problems or notes had no room in the record", group.PROTOCOL, severity.NOTE),
    memory_left_out = info("no_memory", "guest memory was left out", group.PROTOCOL, severity.NOTE),
    fds_cut = info("fds_lost", "the kernel cut fds off", group.PROTOCOL, severity.ERROR),
    foreign = info("foreign", "no record of vfuscope", group.MALFORMED, severity.ERROR),
    future = info("future", "a record of a later format", group.UNDECODED, severity.ERROR),
    damaged = info("damaged", "damaged record", group.MALFORMED, severity.ERROR),
    unframed = info("unframed", "framing was lost", group.SEQUENCE, severity.ERROR),
    dropped = info("dropped", "messages are missing", group.SEQUENCE, severity.WARN),
}
vfu.expert_list = {}
for _, e in pairs(vfu.experts) do
    table.insert(vfu.expert_list, e)
end
