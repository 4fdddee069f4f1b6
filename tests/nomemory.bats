# Captures without guest memory: what is gone, what stays, and that nobody takes the zeros for what was there.
load lib/common

golden=$BATS_TEST_DIRNAME/golden

# without CAPTURE [OPTION...]: into ./without
without() {
    "$VFUSCOPE" decode -q "$1" -w without --no-memory "${@:2}"
}

# found CAPTURE: rules and reasons, a line a message
found() {
    "$VFUSCOPE" decode --json "$1" 2> hints |
        jq -c 'select(.problems or .because) | [.no, (.problems // [] | sort), .because]'
}

@test "what was wrong is still wrong, and nothing else" {
    (cd "$BATS_TEST_DIRNAME/.." && "$(dirname "$TOOLS")/c/rules" "$T/rules")
    for file in rules "$golden"/{sample-client,qemu-boot,nvme-disk}.pcap; do
        without "$file"
        found "$file" > was
        found without | diff was -
    done
    found rules > was
    [ "$(wc -l < was)" -gt 300 ]
}

@test "the bytes are in the file no more, all else is, and each message is as long as it was" {
    without "$golden/sample-client.pcap"
    for capture in "$golden/sample-client.pcap" without; do
        "$VFUSCOPE" decode --json -x "$capture" | jq -c 'select(.no) | del(.payload.data, .payload.room, .left_out, .extra)' \
            > "$(basename "$capture").json"
    done
    diff sample-client.pcap.json without.json
    "$VFUSCOPE" decode --json -x "$golden/sample-client.pcap" |
        jq -r 'select(.payload.data and (.payload.data | length) > 64) | .payload.data[:64]' | sort -u > secrets
    [ -s secrets ]
    xxd -p without | tr -d '\n' > bytes
    lacks -qFf <(grep -v '^0*$' secrets) bytes
    [ "$(stat -c %a without)" = 600 ]
}

@test "text, JSON and Wireshark say what was left out, and the capture that it was" {
    without "$golden/sample-client.pcap"
    run -0 "$VFUSCOPE" decode -v -x without
    [[ $output == *"DMA_READ "*" = ... (1024 bytes)  (168 bytes left out)  (200 of 1056 bytes at hand)"* ]]
    [[ $output == *$'\n        168 bytes left out\n'* ]]
    [[ $output == *"* capture: vfuscope "*", without guest memory: "* ]]
    run -0 --separate-stderr "$VFUSCOPE" decode --json -v without
    [ "$(jq -c 'select(.event == "capture").no_memory' <<< "$output")" = true ]
    [ "$(jq -c 'select(.command == "DMA_READ" and .type == "reply").left_out' <<< "$output" | head -1)" = '[{"offset":32,"size":168}]' ]
}

@test "why says that guest memory was not seen, of a capture without it alone" {
    without "$golden/sample-client.pcap"
    for capture in "$golden/sample-client.pcap" without; do
        "$VFUSCOPE" why "$capture" > why.text || true
        "$VFUSCOPE" why --json "$capture" > why.json || true
        tr -s '\n ' ' ' < why.text |
            grep -c 'guest memory in [0-9]* messages, and what plugins read of it: it was left out (--no-memory)' || true
        jq '[.unseen[] | select(.what == "guest memory that was left out")] | length' why.json
    done > counts
    [ "$(tr '\n' ' ' < counts)" = "0 0 1 1 " ]
}

@test "no lines of other logs, unless they are wanted; nothing is said of what was not looked at" {
    printf '1700000000.0 a secret\n' > log
    "$VFUSCOPE" decode -q "$golden/edu.pcap" -w with --log guest=log
    "$VFUSCOPE" decode with > lines
    grep -q 'a secret' lines
    without with
    "$VFUSCOPE" decode without > lines
    lacks -q 'a secret' lines
    without with --logs
    "$VFUSCOPE" decode without > lines
    grep -q 'a secret' lines
    run -2 "$VFUSCOPE" decode "$golden/edu.pcap" --no-memory
    [ "$output" = "vfuscope: --no-memory: of which file? (-w FILE)" ]
}

@test "what plugins said of memory stays, what they read does not" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    "$VFUSCOPE" decode -q "$golden/nvme-linux.pcap" -w with
    without with
    for capture in with without; do
        "$VFUSCOPE" decode --json "$capture" | jq -c 'select(.notes) | [.no, .notes]' > "$capture.notes"
    done
    [ -s with.notes ]
    diff with.notes without.notes
}

@test "a tap's capture without memory" {
    serve
    tap --json -o out.json -w live --no-memory
    lacks -q 'guest memory' tap.err
    "$VFUSCOPE" shell t -c 'irq arm msix 0' -c 'dma map 0x100000 4K --message' -c 'mem fill 0x100000 16 0x5a' \
        -c 'write bar0+0x80 q 0x100000' -c 'write bar0+0x88 q 0x40000' -c 'write bar0+0x90 q 16' -c 'write bar0+0x98 q 5' \
        -c "irq wait msix 0 timeout ${LIMIT}s"
    stop tap
    run -0 --separate-stderr "$VFUSCOPE" decode --json live
    [ "$(jq -c 'select(.command == "DMA_READ" and .type == "reply") | [.payload.data, .left_out]' <<< "$output")" = \
        '["",[{"offset":32,"size":16}]]' ]
    xxd -p live | tr -d '\n' > bytes
    lacks -q 5a5a5a5a5a5a bytes
}
