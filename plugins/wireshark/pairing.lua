-- Replies and their commands, after decoder/session/session.c and pairing.c: per connection, channel and direction, by id and
-- command, the oldest first; bounded alike. Filled on the first pass over a file, read on every later one.

local const = vfu.const
local pairing = {}
vfu.pairing = pairing

local state

function pairing.reset()
    state = {
        conns = {}, count = 0,       -- by connection: its four directions
        last_no = 0,
        request_key = {}, reply_key = {}, latency = {}, answers = {},
        numbers = {},                -- of messages whose record has none
        outstanding = 0, unanswered = 0,
    }
    pairing.state = state
end

local function drop(conn)
    local peers = state.conns[conn]

    for i = 0, 3 do
        state.outstanding = state.outstanding - peers[i].count
        state.unanswered = state.unanswered + peers[i].count
    end
    state.conns[conn] = nil
    state.count = state.count - 1
end

local function direction()
    return { chains = {}, order = {}, first = 1, last = 0, count = 0 }
end

local function peers_of(conn)
    local peers = state.conns[conn]

    if peers then
        return peers
    end
    if state.count == const.VFU_MAX_CONNECTIONS then
        local lowest = math.huge

        for number in pairs(state.conns) do
            lowest = math.min(lowest, number)
        end
        drop(lowest)
    end
    peers = { [0] = direction(), [1] = direction(), [2] = direction(), [3] = direction() }
    state.conns[conn] = peers
    state.count = state.count + 1
    return peers
end
pairing.peers_of = peers_of

-- The connection ended.
function pairing.disconnect(conn)
    if state.conns[conn] then
        drop(conn)
    end
end

local function unlink_oldest(d)
    local chain_key

    while not d.order[d.first] do
        d.first = d.first + 1
    end
    local oldest = d.order[d.first]

    chain_key = oldest.chain
    d.chains[chain_key] = oldest.next -- the oldest of all is the oldest of its chain too
    if oldest.next then
        oldest.next.youngest = oldest.youngest
    end
    d.order[d.first] = nil
    d.first = d.first + 1
    d.count = d.count - 1
end

-- A string: Lua hashes those with a seed. Of numbers it takes the remainder, so that whoever makes a capture could have
-- all of them fall together.
local function chain_of(id, command)
    return id .. ":" .. command
end

-- A command that wants a reply. `no` and the halves of its monotonic time come back with its reply.
function pairing.add(conn, which, id, command, key, no, mono_hi, mono_lo)
    local d = peers_of(conn)[which]
    local chain = chain_of(id, command)
    local entry = { key = key, no = no, hi = mono_hi, lo = mono_lo, chain = chain }
    local first = d.chains[chain]

    if d.count == const.VFU_MAX_OUTSTANDING then
        unlink_oldest(d)
        state.unanswered = state.unanswered + 1
        first = d.chains[chain]
    else
        state.outstanding = state.outstanding + 1
    end
    if first then
        first.youngest.next = entry
        first.youngest = entry
    else
        entry.youngest = entry
        d.chains[chain] = entry
    end
    d.last = d.last + 1
    d.order[d.last] = entry
    entry.at = d.last
    d.count = d.count + 1
end

-- Does a command with this id and number wait?
function pairing.waits(conn, which, id, command)
    return peers_of(conn)[which].chains[chain_of(id, command)] ~= nil
end

-- Take the oldest command that this reply answers; nil: none.
function pairing.take(conn, which, id, command)
    local d = peers_of(conn)[which]
    local chain = chain_of(id, command)
    local entry = d.chains[chain]

    if not entry then
        return nil
    end
    d.chains[chain] = entry.next
    if entry.next then
        entry.next.youngest = entry.youngest
    end
    d.order[entry.at] = nil
    d.count = d.count - 1
    if d.count == 0 then
        d.first = d.last + 1
    end
    state.outstanding = state.outstanding - 1
    return entry
end

pairing.reset()
