# decode --trace: Chrome's trace event format, by its published rules.
load lib/common

GOLDEN=$BATS_TEST_DIRNAME/golden

# A trace that is none fails: python says why.
check_trace() {
    need python3 python3
    python3 - "$1" << 'EOF'
import json, sys
events = json.load(open(sys.argv[1]))
open_slices, flows, names = {}, {}, set()
for e in events:
    assert e['ph'] in 'BEXiCMsf', e
    assert isinstance(e['ts'], float) and e['ts'] >= 0 and isinstance(e['pid'], int) and isinstance(e['tid'], int), e
    track = e['pid'], e['tid']
    if e['ph'] == 'M':
        names.add(track)
        assert e['name'] in ('process_name', 'thread_name', 'thread_sort_index')
        continue
    assert track in names, f'a track without a name: {e}'
    if e['ph'] == 'B':
        assert track not in open_slices, f'two slices at once: {e}'
        open_slices[track] = e
    elif e['ph'] == 'E':
        begun = open_slices.pop(track)
        assert begun['ts'] <= e['ts'], e
    elif e['ph'] == 'X':
        assert 'dur' in e and track not in open_slices
    elif e['ph'] == 'i':
        assert e['s'] in 'tpg'
    elif e['ph'] == 'C':
        assert all(isinstance(v, int) for v in e['args'].values())
    elif e['ph'] == 's':
        flows[e['id']] = e
    elif e['ph'] == 'f':
        assert flows.pop(e['id'])['ts'] <= e['ts'] and e['bp'] == 'e'
assert not open_slices and not flows
EOF
}

@test "a slice for each command, with what it said and what the reply said" {
    need jq jq
    for capture in qemu-boot edu messages sample-client; do
        run -0 "$VFUSCOPE" decode "$GOLDEN/$capture.pcap" -q --trace "$T/trace"
        check_trace "$T/trace"
        [ "$(jq '[.[] | select(.args.command)] | length' "$T/trace")" -eq \
            "$("$VFUSCOPE" decode "$GOLDEN/$capture.pcap" --json | jq -s '[.[] | select(.type == "command")] | length')" ]
    done
    [ "$(stat -c %a "$T/trace")" = 600 ]
    "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -q --trace "$T/trace"
    run -0 jq -r '[.[] | select(.ph == "B" and .name == "REGION_READ")][0] | .args.command.payload.region_name' "$T/trace"
    [ "$output" = bar0 ]
    run -0 jq -r '[.[] | select(.ph == "M" and .name == "thread_name") | .args.name] | unique | join(",")' "$T/trace"
    [ "$output" = "client commands,events,server commands" ]
    # Nothing is outstanding at the end, and the bytes are the summary's
    run -0 jq -r '[.[] | select(.ph == "C" and .name == "outstanding")][-1].args | "\(.client) \(.server)"' "$T/trace"
    [ "$output" = "0 0" ]
    run -0 jq '[.[] | select(.ph == "C" and .name == "bytes")][-1].args | add' "$T/trace"
    [ "$output" -eq "$("$VFUSCOPE" decode "$GOLDEN/edu.pcap" --json -q -c | jq '[.commands[].bytes] | add')" ]
}

@test "on standard output it is alone, as a capture is" {
    need python3 python3
    run -0 "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -o "$T/text" --trace "$T/trace"
    "$VFUSCOPE" decode "$GOLDEN/edu.pcap" --trace - > "$T/out" 2> "$T/err"
    check_trace "$T/out"
    cmp "$T/trace" "$T/out"
    cmp "$T/text" "$T/err"
    run -2 "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -w - --trace -
    [[ $output == *"-w - and --trace -: only one of them"* ]]
}

# Tags and pseudo-header: TYPE (01: message, 02: event) NUMBER NANOSECONDS [CONNECTION] (hex)
beside() {
    echo "000c000c7666696f5f75736572000000 0023000400000000 00000000 76667573 01 $1 00 00 01 00 00 00" \
        "0028 0000 000000${4:-01} 00000000 00000000000000$2 00000000$3"
}

# event JSON: its bytes
event() {
    printf '%s' "$1" | od -An -v -tx1 | tr -d '\n'
}

@test "an interrupt hangs on the write to a BAR before it, or on the ioeventfd" {
    need python3 python3
    need jq jq
    {
        echo "$(beside 01 01 3b9aca00) 0100 0a00 24000000 10000000 00000000 1000000000000000 00000000 04000000 01000000"
        echo "$(beside 02 00 3b9b0e00) $(event '{"event":"interrupt","index":2,"vector":3,"count":1}')"
        echo "$(beside 02 00 3b9c0e00) $(event '{"event":"interrupt","index":2,"vector":3,"count":1}')"
        echo "$(beside 02 00 3b9d0e00) $(event '{"event":"ioeventfd","region":0,"offset":"0x1000","count":1}')"
        echo "$(beside 02 00 3b9d0d00) $(event '{"event":"interrupt","index":2,"vector":0,"count":2}')" # time never goes back
    } | python3 "$BATS_TEST_DIRNAME/wireshark/pcap.py" "$T/p" 252
    run -0 "$VFUSCOPE" decode "$T/p" -q --trace "$T/trace"
    check_trace "$T/trace"
    run -0 jq -r '.[] | select(.ph == "s" or .ph == "f") | "\(.ph) \(.tid) \(.ts * 1)"' "$T/trace" # jq 1.7 keeps 0.000
    [ "${lines[0]}" = "s 100 0" ]
    [ "${lines[1]}" = "f 301 17.408" ]
    [ "${lines[2]}" = "s 300 148.48" ]
    [ "${lines[3]}" = "f 301 148.48" ]
    [ "${#lines[@]}" -eq 4 ]
    run -0 jq -r '.[] | select(.tid >= 300 and .ph == "X") | "\(.cat) \(.name) \(.args.count)"' "$T/trace"
    [ "${lines[2]}" = "ioeventfd bar0+0x1000 1" ]
    [ "${lines[3]}" = "interrupt msix 0 2" ]
}

@test "a process a connection: as many as are there at a time, however many there were" {
    need python3 python3
    need jq jq
    for n in $(seq 70); do
        echo "$(beside 01 01 3b9aca00 "$(printf %02x "$n")") 0100 0d00 10000000 00000000 00000000"
    done > "$T/lines"
    python3 "$BATS_TEST_DIRNAME/wireshark/pcap.py" "$T/p" 252 < "$T/lines"
    run -0 "$VFUSCOPE" decode "$T/p" -q --trace "$T/trace"
    check_trace "$T/trace"
    run -0 jq -r '[.[] | select(.name == "process_name") | .args.name] | "\(length) \(.[0]) \(.[-1])"' "$T/trace"
    [ "$output" = "64 connection 1 connection 64" ]
    # One that has ended makes room
    sed -i "40a $(beside 02 00 3b9aca00 07) $(event '{"event":"disconnect"}')" "$T/lines"
    python3 "$BATS_TEST_DIRNAME/wireshark/pcap.py" "$T/p" 252 < "$T/lines"
    run -0 "$VFUSCOPE" decode "$T/p" -q --trace "$T/trace"
    check_trace "$T/trace"
    run -0 jq -r '[.[] | select(.name == "process_name") | .pid] | "\(length) \(.[-1])"' "$T/trace"
    [ "$output" = "65 65" ]
    run -0 jq -r '[.[] | select(.name == "DEVICE_RESET")] | length' "$T/trace"
    [ "$output" = 70 ]
}

@test "a capture that breaks off: the trace of what there is, whole" {
    head -c 20000 "$GOLDEN/qemu-boot.pcap" > "$T/p"
    run -1 "$VFUSCOPE" decode "$T/p" -q --trace "$T/trace"
    check_trace "$T/trace"
    [ "$(jq length "$T/trace")" -gt 100 ]
}

@test "a trace that can't be written is said, and is not the file that is read" {
    run -2 --separate-stderr "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -q --trace "$T/no/such/folder"
    [[ $stderr == *"no/such/folder"* ]]
    cp "$GOLDEN/edu.pcap" "$T/p"
    run -2 "$VFUSCOPE" decode "$T/p" -q --trace "$T/p"
    cmp "$T/p" "$GOLDEN/edu.pcap"
    run -1 "$VFUSCOPE" decode "$GOLDEN/qemu-boot.pcap" -q --trace /dev/full
}
