# Filters: what they pick, of a capture and live, and how a mistake is told.

load lib/common

edu=$BATS_TEST_DIRNAME/golden/edu.pcap
all=$BATS_TEST_DIRNAME/golden/messages.pcap

# picks FILTER CAPTURE JQ: the filter picks just the messages that jq picks of the unfiltered output
picks() {
    "$VFUSCOPE" decode --json "$2" --filter "$1" | jq -c 'select(.no) | .no' > "$T/filtered"
    "$VFUSCOPE" decode --json "$2" | jq -sc "$3" > "$T/expected"
    diff "$T/expected" "$T/filtered"
    [ -s "$T/filtered" ]
}

# The numbers of the commands for which (or for whose reply) COND holds, and of their replies, in order
pairs_where() {
    echo "map(select(.no)) as \$all | [ \$all[] | select($1) | .no, (.reply_to // empty),
        (.no as \$n | \$all[] | select(.reply_to == \$n) | .no) ] | unique | .[]"
}

@test "a field of the request picks the reply too" {
    picks 'command == REGION_WRITE and region == bar0 and offset in 0x80..0x98' "$edu" \
        "$(pairs_where '.command == "REGION_WRITE" and .payload.region == 0 and
            (.payload.offset | IN("0x80", "0x88", "0x90", "0x98"))')"
}

@test "a field of the reply picks the command too, in order" {
    picks 'data == ed000001' "$edu" "$(pairs_where '.payload.data == "ed000001"')"
    picks 'error' "$all" "$(pairs_where '.error')"
    picks 'error == EINVAL' "$all" "$(pairs_where '.error.name == "EINVAL"')"
}

@test "tests of both halves of a pair meet" {
    picks 'address in 0..0xffffffffffffffff and error and size > 0' "$all" \
        "$(pairs_where '(.command | IN("DMA_UNMAP", "DMA_READ", "DMA_WRITE")) and .error')"
}

@test "type and from pick single messages" {
    picks 'type == reply and command == REGION_READ' "$edu" \
        'map(select(.type == "reply" and .command == "REGION_READ")) | .[].no'
    picks 'from == server and type == command' "$edu" \
        'map(select(.type == "command" and .from == "server")) | .[].no'
}

@test "flags, fds, channel, no_reply, not and parentheses" {
    picks 'flags == writeable' "$edu" "$(pairs_where '.payload.flags.names? | index("writeable")')"
    picks 'fds == eventfd' "$edu" "$(pairs_where '.fds[0].type == "eventfd"')"
    picks 'fds > 1' "$edu" "$(pairs_where '.fds | length > 1')"
    picks 'channel == twin' "$edu" "$(pairs_where '.channel == "twin"')"
    picks 'not (command == REGION_READ or command == REGION_WRITE)' "$edu" \
        "$(pairs_where '.command | IN("REGION_READ", "REGION_WRITE") | not')"
    picks 'header.size == 48 or no_reply' "$all" "$(pairs_where '.size == 48 or .no_reply')"
}

@test "value, masks, places, text" {
    picks 'value == 0x10000ed' "$edu" "$(pairs_where '.payload.data == "ed000001"')"
    picks 'value & 0xff == 0xed' "$edu" "$(pairs_where '.payload.data // "" | length == 8 and startswith("ed")')"
    picks 'flags & 2' "$edu" "$(pairs_where '.payload.flags.names? // [] | index("writeable") or index("reset") or index("write")')"
    picks 'register == bar0+0x83' "$edu" "$(pairs_where '(.command | startswith("REGION_")) and .payload.region == 0 and .payload.offset == "0x80"')"
    picks 'register in bar0+0x80..bar0+0x98' "$edu" \
        "$(pairs_where '(.command | startswith("REGION_")) and .payload.region == 0 and (.payload.offset | IN("0x80", "0x88", "0x90", "0x98"))')"
    picks 'text contains "max_msg_fds"' "$edu" "$(pairs_where '.command == "VERSION"')"
    picks 'json contains "twin_socket" and text contains "fd socket"' "$edu" "$(pairs_where '.command == "VERSION"')"
}

@test "what has a name that no table knows is false, and no mistake; with --no-plugins no name is known" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    run -0 "$VFUSCOPE" decode "$edu" --filter 'mine.status == 1 or register == mine.status'
    [ -z "$output" ]
    run -0 "$VFUSCOPE" decode "$edu" --no-plugins --filter 'edu.idd == 1'
    [ -z "$output" ]
}

@test "latency with its units" {
    picks 'latency > 100us' "$edu" "$(pairs_where '(.latency_us // 0) > 100')"
}

@test "a mistake is status 2 and points at its column" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    while IFS='|' read -r filter column word; do
        run -2 --separate-stderr "$VFUSCOPE" decode "$edu" --filter "$filter"
        [[ $stderr == *"column $column: "*"$word"* ]] || { echo "$filter: $stderr"; false; }
        [ -z "$output" ]
    done <<'END'
foo == 1|1|foo
region == msix|11|msix
error and|10|ends
(error|7|)
command == REGION_READ REGION_WRITE|24|REGION_WRITE
offset in 5|12|range
offset in 9..5|15|empty
latency > 5|11|time
data == xyz|9|hex
error == EWHAT|10|EWHAT
no_reply == 1|10|alone
comand == VERSION|1|did you mean command
command == VERSOIN|12|did you mean VERSION
edu.idd == 1|1|did you mean edu.id
register == edu.statos|13|did you mean edu.status
register == 0x14|13|bar0+0x14
value == bar0|10|number
latency & 1|9|bits
text == VERSION|6|contains
command contains VERSION|9|text
text contains "VERSION|15|quote
END
}

@test "the capture gets everything, unless the filter is to pick that too" {
    "$VFUSCOPE" decode "$edu" -q -w "$T/all.pcap" --filter 'channel == twin'
    cmp "$edu" "$T/all.pcap"
    "$VFUSCOPE" decode "$edu" -q -w "$T/some.pcap" --filter 'channel == twin' --filter-capture
    [ "$("$VFUSCOPE" decode --json "$T/some.pcap" | jq -r .channel | sort | uniq -c | tr -s ' ')" = " 4 twin" ]
}

@test "the summary counts what the filter picks" {
    run -0 "$VFUSCOPE" decode "$edu" -q -c --json --filter 'command == VERSION'
    [ "$(jq -c '[.messages, (.commands | length)]' <<< "$output")" = "[2,1]" ]
}

@test "a live tap shows a command that its reply decides about, just before that" {
    serve
    tap --json --filter error
    "$VFUSCOPE" shell --raw "$T/t" -c 'read bar0+0' -c 'read bar5+0' -c 'expect error EINVAL' -c 'read bar0+0'
    stop tap
    [ "$(jq -r '.type + " " + .command' "$T/tap.out")" = $'command REGION_READ\nreply REGION_READ' ]
    [ "$(jq -r 'select(.error) | .error.name' "$T/tap.out")" = EINVAL ]
}
