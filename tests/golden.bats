# Golden captures: what decode prints of each, to the letter, at several verbosities (tests/golden/regenerate says which
# and writes them anew). And what others make of the files.
load lib/common

golden() {
    run -0 "$BATS_TEST_DIRNAME/golden/regenerate" --compare "$1"
}

@test "golden: every literal message" { golden messages; }
@test "golden: QEMU boots" { golden qemu-boot; }
@test "golden: edu, with a twin socket and DMA messages" { golden edu; }
@test "golden: libvfio-user's sample client, cut to 200 bytes" { golden sample-client; }

@test "the capture of the literal messages is what the program writes of them today" {
    "$TOOLS/mkcapture" "$T/new.pcap" "$BATS_TEST_DIRNAME"/messages/*.txt
    cmp "$T/new.pcap" "$BATS_TEST_DIRNAME/golden/messages.pcap"
}

@test "decoding to a capture gives the same capture" {
    for capture in messages qemu-boot edu; do
        # messages.pcap does not say which rules its messages break.
        ignored=$([ $capture = messages ] && echo all || echo overdue)
        run -0 "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/$capture.pcap" -q -w "$T/$capture" --ignore "$ignored"
        # Nor who the peers look like.
        [ $capture = messages ] || cmp "$BATS_TEST_DIRNAME/golden/$capture.pcap" "$T/$capture"
        run -0 "$VFUSCOPE" decode "$T/$capture" -q -w "$T/again" --ignore "$ignored"
        cmp "$T/$capture" "$T/again"
    done
}

@test "every line of JSON is an object, in order, that names its message" {
    need jq jq
    for capture in messages qemu-boot edu sample-client; do
        "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/$capture.pcap" --json > "$T/json"
        jq -es 'all(type == "object") and ([.[] | .no // empty] | . == [range(1; length + 1)])
            and all(.[]; has("command") != has("event"))' "$T/json"
    done
}

@test "a real boot has nothing short, extra, unknown or unpaired" {
    need jq jq
    for capture in qemu-boot edu; do
        "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/$capture.pcap" --json > "$T/json"
        jq -es 'all(.[]; (.short or .extra or .truncated or .command == "UNKNOWN" or .type == "unknown" or
            (.type == "reply" and .reply_to == null)) | not)' "$T/json"
        lacks -q '"names":\[[^]]*"0x' "$T/json"
    done
}

@test "tshark and capinfos read the captures" {
    need tshark tshark
    need capinfos tshark
    for capture in messages qemu-boot edu sample-client; do
        "$VFUSCOPE" decode -q "$BATS_TEST_DIRNAME/golden/$capture.pcap" -w "$T/new.pcap" # with who the peers look like
        run -0 --separate-stderr tshark -r "$T/new.pcap"
        records=${#lines[@]}
        [ "$records" -eq "$("$VFUSCOPE" decode --json "$T/new.pcap" | wc -l)" ]
        run -0 capinfos -E "$BATS_TEST_DIRNAME/golden/$capture.pcap"
        [[ $output == *"Upper PDU"* ]]
    done
}

@test "tcpdump reads the captures" {
    need tcpdump tcpdump
    run -0 --separate-stderr tcpdump -n -r "$BATS_TEST_DIRNAME/golden/edu.pcap"
    [ "${#lines[@]}" -gt 50 ]
}
