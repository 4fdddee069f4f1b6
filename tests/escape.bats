# What others chose reaches no terminal as it is: control bytes, C1 controls, and what turns the direction of text around.
load lib/common

setup() {
    common_setup
    need jq jq
    need python3 python3
    wireshark_user
    PCAP=$BATS_TEST_DIRNAME/golden/edu.pcap
}

# harmless FILE: there is text in it, and nothing that a terminal acts on
harmless() {
    python3 - "$1" << 'END'
import re, sys, unicodedata
raw = open(sys.argv[1], 'rb').read()
text = raw.decode()
bad = [c for c in text if unicodedata.category(c) in ('Cc', 'Cf') and c not in '\n\t']
if bad or not text.strip():
    sys.exit(f'{sys.argv[1]}: {[hex(ord(c)) for c in bad][:8]} in {raw[:2000]!r}')
END
}

# says COMMAND...: it is run, and what it says on both is harmless; in `said`
says() {
    timeout "$LIMIT" "$@" > said 2>&1 < /dev/null || true
    harmless said
}

@test "check, as text, JSON and TAP" {
    fake hostile-words
    for format in '' --json --tap; do
        # shellcheck disable=SC2086 # none, or one
        says "$VFUSCOPE" check s $format
        [ "$(wc -l < said)" -gt 10 ]
    done
}

@test "the shell: replies, reasons, variables, what was expected, JSON" {
    fake hostile-words
    for format in '' --json; do
        # shellcheck disable=SC2086 # none, or one
        says "$VFUSCOPE" shell --raw s $format -c 'info' -c 'send VERSION major=0 minor=1' -c 'set x ${json}' -c 'set' \
            -c 'expect json == "x"'
        grep -q 'gr.*n' said
        # shellcheck disable=SC2086
        says "$VFUSCOPE" shell --raw s $format -c 'reset'
    done
    says "$VFUSCOPE" ping s -n 1
}

@test "the tap, its capture, decode, summary, trace, replay" {
    fake hostile-words
    start tap "$VFUSCOPE" tap t s -w cap --json -o json --trace trace
    await_text tap.err 'listening on'
    says "$VFUSCOPE" shell --raw t -c 'info'
    stop tap
    harmless json
    harmless trace
    harmless tap.err
    jq -e -s 'any(.payload.json? // "" | contains("grün"))' json
    for options in '' -v '-v -x' -c --json; do
        # shellcheck disable=SC2086
        says "$VFUSCOPE" decode cap $options
    done
    says "$VFUSCOPE" replay "$PCAP" s
    says "$VFUSCOPE" replay "$PCAP" cap
}

# with_name JSON: the capture with this word, written as JSON and of 7 bytes, for the event `connect`
with_name() {
    python3 - "$PCAP" "$1" > named << 'END'
import sys
raw = open(sys.argv[1], 'rb').read()
assert len(sys.argv[2].encode()) == 7
sys.stdout.buffer.write(raw.replace(b'"event":"connect"', b'"event":"' + sys.argv[2].encode() + b'"'))
END
}

@test "an event of a name that nobody knows: decode and the dissector" {
    local word
    for word in '\u202ex' '\u001bx' '\u009bx' '\u2067x'; do
        with_name "$word"
        says "$VFUSCOPE" decode named
        says "$VFUSCOPE" decode --json named
        command -v tshark > /dev/null || continue
        says tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r named
        grep -q '\* \\x' said
        says tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r named -V
    done
    with_name '\u00fcx'
    if command -v tshark > /dev/null; then
        says tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r named
        grep -q '\* üx' said
    fi
}

@test "the dissector: what a VERSION and its reply say" {
    need tshark tshark
    fake hostile-words
    start tap "$VFUSCOPE" tap t s -w cap -q
    await_text tap.err 'listening on'
    says "$VFUSCOPE" shell --raw t -c 'info'
    stop tap
    says tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r cap
    grep -q grün said
    says tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r cap -V
}

@test "vfuscope.bash: what an assertion found" {
    fake hostile-words
    VFU_SOCKET=$T/s
    vfu_shell 'send VERSION major=0 minor=1'
    run -1 vfu_assert reply.json == nothing
    printf '%s\n' "$output" > said
    harmless said
    run -1 vfu_assert reply.json '<' 5
    printf '%s\n' "$output" > said
    harmless said
    run -0 vfu_assert reply.major == 0
}
