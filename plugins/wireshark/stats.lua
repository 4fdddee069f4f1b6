-- How often each command came, how it went and how long it took: a table, in tshark with -q -o vfio_user.summary:TRUE, in
-- Wireshark below Statistics, Service Response Time. Counted on the first pass, as `vfuscope decode -c` does.

local format = string.format

local stats
-- tshark's table is that of decode -c; in Wireshark's window lines break beyond 70 columns.
local HEAD = "command                       calls  errors        bytes     min us     median        p99        max\n"
local HEAD_WINDOW = "command                     calls errors    median       p99       max\n"

function vfu.stats_reset()
    stats = { rows = {}, messages = 0, unpaired = 0, truncated = 0, no_reply = 0 }
end
vfu.stats_reset()

-- Called for each message, once; only while somebody wants the table.
function vfu.count(m, decoded)
    local number = m.row and m.command or 0
    local row = stats.rows[number]
    local ns = m.is_reply and vfu.pairing.state.latency[m.key]

    if not row then
        row = { calls = 0, errors = 0, bytes = 0, latencies = {} }
        stats.rows[number] = row
    end
    stats.messages = stats.messages + 1
    row.bytes = row.bytes + m.size
    stats.truncated = stats.truncated + (decoded.truncated and 1 or 0)
    if m.is_command then
        row.calls = row.calls + 1
        stats.no_reply = stats.no_reply + (m.no_reply and 1 or 0)
    elseif m.is_reply then
        row.errors = row.errors + (m.is_error and 1 or 0)
        if ns then
            row.latencies[#row.latencies + 1] = ns
        else
            stats.unpaired = stats.unpaired + 1
        end
    end
end

local function line(name, row, in_window)
    local out = format(in_window and "%-25s%8.0f%7.0f" or "%-26s%9.0f%8.0f%13.0f", name, row.calls, row.errors, row.bytes)
    local n = row.latencies and #row.latencies or 0

    if n > 0 then
        table.sort(row.latencies)
        for _, at in ipairs({ in_window and 0 or 1, math.ceil(n / 2), math.ceil(n * 0.99), n }) do
            local ns = row.latencies[at]

            out = out .. (not ns and "" or in_window and format("%10s", vfu.text.latency(ns)) or format("%11.1f", ns / 1000))
        end
    end
    return out .. "\n"
end

local function counted(count, what)
    return count > 0 and format(", %.0f %s", count, what) or ""
end

function vfu.stats_text(in_window)
    local sum, out = { calls = 0, errors = 0, bytes = 0 }, in_window and HEAD_WINDOW or HEAD
    local pairing = vfu.pairing.state

    for number = 1, 65536 do
        local row = stats.rows[number % 65536]

        if row then
            out = out .. line(number < 65536 and vfu.commands[number].name or "UNKNOWN", row, in_window)
            for key in pairs(sum) do
                sum[key] = sum[key] + row[key]
            end
        end
    end
    return out .. line("total", sum, in_window) .. format("%.0f messages", stats.messages)
        .. counted(stats.no_reply, "commands without reply") .. counted(stats.unpaired, "replies to no command")
        .. counted(pairing.outstanding, "commands outstanding") .. counted(pairing.unanswered, "never answered")
        .. counted(stats.truncated, "messages cut") .. "\n"
end

-- tshark: at the end, if it was asked for. The tap is there for its last call.
function vfu.stats_begin()
    local tap = Listener.new("frame")

    vfu.seen = vfu.count
    function tap.draw()
        print(vfu.stats_text())
    end
end

-- Wireshark: a window that follows a capture. Its own tap only says when to show the numbers anew.
if gui_enabled() then
    vfu.seen = vfu.count
    register_menu("vfio-user", function()
        local window = TextWindow.new("vfio-user: response times")
        local tap = Listener.new("frame")

        local function draw()
            window:set(vfu.stats_text(true))
        end
        tap.draw = draw
        function tap.packet() end -- without, it is drawn once
        window:set_atclose(function() tap:remove() end)
        draw()
    end, MENU_STAT_RESPONSE_TIME) -- MENU_STAT_GENERIC is in no menu of Wireshark 4.0
end
