# The Wireshark dissector: by hand first, then field for field against decode.
load lib/common
export VFUSCOPE DISSECTOR # for parity.py

setup() {
    common_setup
    need tshark tshark
    need python3 python3
    wireshark_user
    DISSECTOR=$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua
    export VFUSCOPE_DISSECTOR=$DISSECTOR # and not one that is installed
    WIRESHARK=$BATS_TEST_DIRNAME/wireshark
    GOLDEN=$BATS_TEST_DIRNAME/golden
    # No settings or plugins of whoever runs this
    export XDG_CONFIG_HOME=$T/config HOME=$T
}

# The dissector is the same whatever the program is built with: the long comparisons are made once, and a sanitized build
# does its own part of them.
is_sanitized() {
    grep -q __asan_init "$VFUSCOPE"
}

# parity OPTION... CAPTURE...
parity() {
    local word
    if ! is_sanitized; then
        python3 "$WIRESHARK/parity.py" "$@"
        return
    fi
    for word; do
        [[ $word == --* ]] || "$VFUSCOPE" decode --json -x "$word" > /dev/null || return
    done
}

# dissect ARGUMENT...: tshark with the dissector
dissect() {
    timeout "$LIMIT" tshark -n -X lua_script:"$DISSECTOR" "$@" 2> "$T/tshark.err"
}

# fields CAPTURE FIELD...: the fields' values, a line a frame, joined by |; as Wireshark 4.0 writes them: later ones say
# True for 1, and escape what is no text
fields() {
    local capture=$1 options=() field
    shift
    for field; do
        options+=(-e "$field")
    done
    dissect -r "$capture" -T fields -E separator='|' "${options[@]}" |
        sed -E ':again; s/(^|[|,])True([|,]|$)/\11\2/; s/(^|[|,])False([|,]|$)/\10\2/; t again; s/\\a/\a/g; s/\\[|]/|/g; s/\\{2}/\\/g'
}

# Tags and pseudo-header of a message of connection 1, 40 bytes without fds: beside CHANNEL FROM NUMBER NANOSECONDS (hex)
beside() {
    echo "000c000c7666696f5f75736572000000 00230004000000$2 00000000 76667573 01 01 $1 $2 01 00 00 00" \
        "0028 0000 00000001 00000000 00000000000000$3 00000000$4"
}

# bats test_tags=plain
@test "byte by byte from the manual: a read and its reply, a DMA_MAP with a memfd in the other byte order" {
    {
        echo "$(beside 00 00 05 3b9aca00) 0700 0900 20000000 00000000 00000000 1000000000000000 01000000 04000000"
        echo "$(beside 00 01 06 3b9b0e00) 0700 0900 24000000 01000000 00000000 1000000000000000 01000000 04000000 efbeadde"
        echo "000c000c7666696f5f75736572000000 0023000400000000 00000000 76667573 01 01 00 00 02 00 00 00 0038 0001" \
            "00000003 00000000 0000000000000007 0000000000000000 0101000000000000 0000000010000000" \
            "0001 0002 00000030 00000000 00000000 00000020 00000003 0000000000001000 0000000080000000 0000000000002000"
    } | python3 "$WIRESHARK/pcap.py" "$T/p" 252
    run -0 fields "$T/p" _ws.col.Protocol _ws.col.Source _ws.col.Info vfio_user.no vfio_user.region_read.offset \
        vfio_user.region_read.region vfio_user.region_read.count vfio_user.region_read.data vfio_user.request_in \
        vfio_user.time vfio_user.conn vfio_user.fds vfio_user.fd.type vfio_user.fd.size \
        vfio_user.dma_map.flags vfio_user.dma_map.flags.readable vfio_user.dma_map.flags.mmap vfio_user.dma_map.address
    [ "${lines[0]}" = "vfio-user|client|> #5 REGION_READ 7  bar1+0x10 4 bytes|5|0x0000000000000010|1|4||||1|0||||||" ]
    [ "${lines[1]}" = "vfio-user|server|< #6 REGION_READ 7  bar1+0x10 = 0xdeadbeef  17.4us|6|0x0000000000000010|1|4|efbeadde|1|0.000017408|1|0||||||" ]
    [ "${lines[2]}" = "vfio-user|client|> #7 DMA_MAP 1  0x80000000+8K readable|writeable offset 0x1000  fd memfd:256M|7|||||||3|1|1|268435456|0x00000003|1|0|0x0000000080000000" ]
}

# Annotations in hex: annotation TYPE HEX...
annotation() {
    local type=$1 hex
    shift
    hex=$(printf %s "$@")
    printf '%04x%04x%s%.*s' "$type" $((${#hex} / 2)) "$hex" $((-${#hex} & 7)) 000000
}

text_hex() {
    printf %b "$1" | od -An -v -tx1 | tr -d ' \n'
}

# problem SEVERITY AT_FAULT RULE TEXT and note FLAGS PLUGIN TEXT
problem() {
    annotation 2 "$(printf '%02x%02x%02x00' "$1" "$2" ${#3})" "$(text_hex "$3")" "$(text_hex "$4")"
}
note() {
    annotation 3 "$(printf '%02x%02x0000' "$1" ${#2})" "$(text_hex "$2")" "$(text_hex "$3")"
}

# reason FLAGS REASON TEXT MESSAGE...
reason() {
    local flags=$1 reason=$2 text=$3
    shift 3
    annotation 5 "$(printf '%02x%02x%02x00' "$flags" $# ${#reason})" "$(printf '%016x' "$@")" "$(text_hex "$reason")" "$(text_hex "$text")"
}

# annotated FROM NUMBER ANNOTATIONS: a REGION_READ (its reply: FROM 01) of a connection whose begin is not in the file
annotated() {
    local size=$((40 + ${#3} / 2)) rest="20000000 00000000"
    [ "$1" = 00 ] || rest="24000000 01000000"
    echo "000c000c7666696f5f75736572000000 00230004000000$1 00000000 76667573 01 01 00 $1 01 00 00 00" \
        "$(printf %04x $size) 0000 00000001 00000000 00000000000000$2 000000003b9aca00" "$3" \
        "${2}00 0900 $rest 00000000 1000000000000000 01000000 04000000" "$([ "$1" = 00 ] || echo efbeadde)"
}

# A file that begins in the middle, cut out of a longer one, and holds what was known then.
middle() {
    {
        annotated 00 10 "$(problem 0 0 region-bounds '16 bytes at 0x10, of a region of 8')$(
            note 0 nvme 'VS is 1.4')$(note 1 nvme 'bell \x07 and \xff')"
        annotated 01 11 "$(annotation 1 000000000000000b 00000000000f4240)"   # answers 11, after a millisecond
        # Of a later version: a rule, a type and a severity that this one does not have; and what had no room
        annotated 00 12 "$(annotation 99 0102)$(problem 1 1 future-rule 'who knows')$(problem 9 1 too-short 'x')$(
            annotation 4 00000007)"
        # Lengths that reach past the annotation, and past them all
        annotated 00 13 "$(annotation 2 000063002e2e2e2e)$(annotation 3 00630000)$(note 0 edu 'still read')00034000"
        annotated 00 14 "$(annotation 1 00)$(annotation 4 00)0001"
        # Why, and a guess; a misfit that is nobody's fault; a reason with more messages than it has room for
        annotated 01 15 "$(reason 1 region-end 'bar1 ends at 0x10 (#3)' 3)$(reason 0 odd-access 'odd' 4 4294967299)$(
            problem 2 2 bar-size 'no power of two')"
        annotated 00 16 "$(annotation 5 01630100 61)"
    } | python3 "$WIRESHARK/pcap.py" "$T/middle" 252
}

# bats test_tags=plain
@test "what a record says about its message, byte by byte from the manual" {
    middle
    run -0 fields "$T/middle" vfio_user.no vfio_user.problem.rule vfio_user.problem.severity vfio_user.problem.at_fault \
        vfio_user.problem.text vfio_user.note.plugin vfio_user.note.text vfio_user.note.warning vfio_user.reply_to \
        vfio_user.time vfio_user.left_out _ws.col.Info
    [ "${lines[0]}" = $'16|region-bounds|violation|client|16 bytes at 0x10, of a region of 8|nvme,nvme|VS is 1.4,bell \x07 and \xef\xbf\xbd|0,1||||> #16 REGION_READ 16  bar1+0x10 4 bytes' ]
    [ "${lines[1]}" = '17||||||||11|0.001000000||< #17 REGION_READ 17  bar1+0x10 = 0xdeadbeef  1.000ms' ]
    [ "${lines[2]}" = '18|future-rule,too-short|suspicious,9|server,server|who knows,x||||||7|> #18 REGION_READ 18  bar1+0x10 4 bytes' ]
    [ "${lines[3]}" = '19|||||edu|still read|0||||> #19 REGION_READ 19  bar1+0x10 4 bytes' ]
    [[ ${lines[4]} == '20|||||||||||> #20 REGION_READ 20'* ]]
    run -0 fields "$T/middle" vfio_user.no vfio_user.reason.name vfio_user.reason.certain vfio_user.reason.text \
        vfio_user.reason.message vfio_user.problem.severity vfio_user.problem.at_fault vfio_user.misfit
    [[ ${lines[5]} == '21|region-end,odd-access|1,0|bar1 ends at 0x10 (#3),odd|3,4,4294967299|misfit||'* ]]
    [[ ${lines[6]} == '22||||||'* ]]
    # As filters; and without a tree
    run -0 dissect -r "$T/middle" -T fields -e vfio_user.no \
        -Y 'vfio_user.problem.rule == "region-bounds" && vfio_user.violation && vfio_user.plugin_warning'
    [ "$output" = 16 ]
    run -0 dissect -r "$T/middle" -q -z expert
    [[ $output == *"violation by the client: 16 bytes at 0x10, of a region of 8 [region-bounds]"* ]]
    [[ $output == *'nvme: bell \x07 and \xff'* && $output == *"Errors (4)"* && $output == *"Warns (5)"* ]]
    [[ $output == *"because bar1 ends at 0x10 (#3) [region-end]"* && $output == *"perhaps because odd [odd-access]"* ]]
    [[ $output == *"misfit: no power of two [bar-size]"* ]]
    [[ $output == *"3  Malformed "*"what the record says about the message is damaged"* ]]
}

@test "decode of a file that begins in the middle says what was recorded, where it can't find out" {
    middle
    run -0 "$VFUSCOPE" decode "$T/middle"
    diff - <(sed 's/^[ 0-9.]*  1  //' <<< "$output") << 'END'
client > #16    REGION_READ                 16  bar1+0x10 4 bytes
        ! violation by the client: 16 bytes at 0x10, of a region of 8 [region-bounds]
        nvme: VS is 1.4
        ! nvme: bell \x07 and \xff
server < #17    REGION_READ                 17  bar1+0x10 = 0xdeadbeef  1.000ms
client > #18    REGION_READ                 18  bar1+0x10 4 bytes
        capture: 7 more had no room in the file
client > #19    REGION_READ                 19  bar1+0x10 4 bytes
        edu: still read
client > #20    REGION_READ                 20  bar1+0x10 4 bytes
server < #21    REGION_READ                 21  bar1+0x10 = 0xdeadbeef  (answers no command)
        because bar1 ends at 0x10 (#3) [region-end]
        perhaps because odd [odd-access]
        ! misfit: no power of two [bar-size]
client > #22    REGION_READ                 22  bar1+0x10 4 bytes
END
    run -0 "$VFUSCOPE" decode "$T/middle" --no-plugins --ignore region-bounds
    [[ $output != *nvme:* && $output != *region-bounds* && $output == *"1.000ms"* ]]
    "$VFUSCOPE" decode "$T/middle" -q -w "$T/again"
    diff <("$VFUSCOPE" decode --json "$T/middle") <("$VFUSCOPE" decode --json "$T/again")
}

# bats test_tags=plain
@test "display filters: a name of a value, a flag, a time, an expert info" {
    run -0 dissect -r "$GOLDEN/messages.pcap" -Y 'vfio_user.dma_map.flags.readable == 1 and vfio_user.fd' -T fields -e vfio_user.no
    [ "$output" = "$("$VFUSCOPE" decode "$GOLDEN/messages.pcap" --json |
        jq -r 'select(.command == "DMA_MAP" and .type == "command" and (.payload.flags.names | index("readable")) and (.fds | length > 0)) | .no')" ]
    run -0 dissect -r "$GOLDEN/messages.pcap" -Y vfio_user.short -T fields -e vfio_user.no
    [ "$output" = "$("$VFUSCOPE" decode "$GOLDEN/messages.pcap" --json | jq -r 'select(.short) | .no')" ]
    run -0 dissect -r "$GOLDEN/edu.pcap" -Y 'vfio_user.channel == "twin" and vfio_user.type == "reply" and vfio_user.time > 0' \
        -T fields -e vfio_user.no
    [ "$output" = "$("$VFUSCOPE" decode "$GOLDEN/edu.pcap" --json | jq -r 'select(.channel == "twin" and .type == "reply") | .no')" ]
}

# bats test_tags=plain
@test "on the second pass a command knows its reply" {
    run -0 dissect -2 -r "$GOLDEN/edu.pcap" -Y 'vfio_user.no == 7' -T fields -e frame.number -e vfio_user.reply_in
    [ "$output" = $'10\t11' ]
}

# bats test_tags=plain
@test "parity: every literal message, the boots, the twin socket, cut messages; what breaks each rule" {
    (cd "$BATS_TEST_DIRNAME/.." && "$(dirname "$TOOLS")/c/rules" "$T/rules")
    "$VFUSCOPE" decode -q "$T/rules" -w "$T/annotated"
    for capture in sample-client messages; do # which have no annotations yet
        "$VFUSCOPE" decode -q "$GOLDEN/$capture.pcap" -w "$T/$capture"
    done
    run -0 parity --recorded "$T/annotated" "$T/sample-client" "$T/messages" "$GOLDEN"/[eq]*.pcap
    is_sanitized || { [[ $output =~ ([0-9]+)\ problems ]] && [ "${BASH_REMATCH[1]}" -gt 300 ]; }
    is_sanitized || { [[ $output =~ ([0-9]+)\ reasons ]] && [ "${BASH_REMATCH[1]}" -gt 80 ]; }
}

# bats test_tags=plain
@test "parity: a capture without guest memory, and how much that was" {
    "$VFUSCOPE" decode -q "$GOLDEN/sample-client.pcap" -w "$T/sample-client" --no-memory
    run -0 parity --recorded "$T/sample-client"
    "$VFUSCOPE" decode --json "$T/sample-client" | jq '[.left_out[]?.size] | add // empty' > "$T/told"
    fields "$T/sample-client" vfio_user.memory_left_out | grep . | diff "$T/told" -
    [ "$(dissect -r "$T/sample-client" -Y vfio_user.no_memory | wc -l)" = "$(wc -l < "$T/told")" ]
}

# bats test_tags=plain
@test "parity: what plugins say" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    for capture in nvme-linux nvme-disk virtio-blk qemu-boot; do
        "$VFUSCOPE" decode -q "$GOLDEN/$capture.pcap" -w "$T/$capture"
    done
    run -0 parity --recorded "$T/nvme-linux" "$T/nvme-disk" "$T/virtio-blk" "$T/qemu-boot"
    is_sanitized || { [[ $output =~ ([0-9]+)\ notes ]] && [ "${BASH_REMATCH[1]}" -gt 300 ]; }
}

# bats test_tags=plain
@test "registers: which, their value, and what the bits say, where a name is and where there is none" {
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins "$VFUSCOPE" decode -q "$GOLDEN/nvme-disk.pcap" -w "$T/named"
    run -0 dissect -r "$T/named" -Y 'vfio_user.no in {210..211}' -T fields \
        -e vfio_user.exchange -e vfio_user.register -e vfio_user.value -e vfio_user.register.field
    [ "${lines[0]}" = $'210\tnvme.csts\t\t' ]
    [[ ${lines[1]} =~ ^$'210\tnvme.csts\t'0x0+1$'\t'nvme.csts.rdy\ ==\ 1,.*nvme.csts.shst\ ==\ normal ]]
    run -0 dissect -r "$T/named" -Y 'vfio_user.register.field == "nvme.csts.rdy == 1"' -T fields -e vfio_user.no
    "$VFUSCOPE" decode --json "$T/named" --filter 'nvme.csts.rdy == 1 and type == reply' | jq .no | diff - <(echo "$output")
    # A read of two at once
    run -0 dissect -r "$T/named" -Y 'vfio_user.register == "pci.device"' -T fields -e vfio_user.register
    [[ ${lines[0]} == 'pci.vendor,pci.device' ]]
    # Nobody names what a capture of before says nothing of.
    run -0 dissect -r "$GOLDEN/nvme-disk.pcap" -Y vfio_user.register
    [ -z "$output" ]
}

# bats test_tags=plain
@test "parity: broken messages" {
    python3 "$WIRESHARK/mangle.py" "${SEED:-1}" 1500 "$T/mangled" "$GOLDEN/messages.pcap" "$GOLDEN/edu.pcap"
    run -0 parity "$T/mangled" "$GOLDEN/sample-client.pcap"
}

# bats test_tags=plain
@test "parity: 64 MiB, cut to the largest record and to a header" {
    {
        echo "$(beside 00 00 01 3b9aca00) 0900 1200 18000004 00000000 00000000 08000004 00000004 262052*5a len=67108956"
        echo "$(beside 00 00 02 3b9acb00) 0a00 1200 18000004 00000000 00000000 len=67108956"
        echo "$(beside 00 00 03 3b9acc00) 0b00 0f00 00000004 00000000 00000000 ffffffffffffffff 2400*11"
    } | python3 "$WIRESHARK/pcap.py" "$T/p" 252
    run -0 parity "$T/p"
    run -0 dissect -2 -r "$T/p" -T fields -e vfio_user.captured -e vfio_user.mig_data_write.size
    [ "${lines[0]}" = $'262076\t67108864' ]
}

# bats test_tags=plain
@test "broken records, too, make no Lua error" {
    python3 "$WIRESHARK/mangle.py" "${SEED:-2}" 1500 "$T/mangled" "$GOLDEN/messages.pcap" "$GOLDEN/edu.pcap" --heads
    run -0 dissect -2 -V -r "$T/mangled"
    [ "$(grep -c 'Lua Error' <<< "$output")" -eq 0 ]
    [ "$(grep -c 'damaged\|not made by vfuscope' <<< "$output")" -gt 50 ]
}

# bats test_tags=plain
@test "foreign records are named for what they are" {
    {
        echo "000c000c7666696f5f75736572000000 0023000400000000 00000000 0102030405060708090a0b0c"
        echo "000c000c7666696f5f75736572000000 0023000400000000 00000000 76667573 02 01 00 00 01 00 00 00 0028 0000 32*00"
        echo "000c000c7666696f5f75736572000000 0023000400000000 00000000 76667573 01 01 00 00 01 00 00 00 8000 0000 32*00"
        echo "000c000c7666696f5f75736572000000 0023000400000000 00000000 76667573 01 01 00 00 01 00 00 00 0028 0009 32*00"
        echo "000c0004 68747470 00000000 474554202f20485454502f312e310d0a0d0a"
    } | python3 "$WIRESHARK/pcap.py" "$T/p" 252
    run -0 dissect -r "$T/p" -T fields -e _ws.col.Info
    [ "${lines[0]}" = "! not made by vfuscope (no magic number)" ]
    [ "${lines[1]}" = "! format version 2; this dissector knows version 1" ]
    [ "${lines[2]}" = "! cut within its header" ]
    [ "${lines[3]}" = "! damaged: 9 file descriptors in a header of 40 bytes" ]
    [[ "${lines[4]}" == "GET / HTTP/1.1"* ]]
    run -0 dissect -r "$T/p" -Y 'vfio_user.future' -T fields -e frame.number
    [ "$output" = 2 ]
}

# bats test_tags=plain
@test "parity: raw bytes on DLT_USER0, in whatever pieces" {
    local n=0
    while read -r options; do
        # shellcheck disable=SC2086
        python3 "$WIRESHARK/raw.py" "$GOLDEN/edu.pcap" "$T/raw$((++n))" $options
    done <<< $'\n--pids\n--split 7\n--pids --split 20 --ng'
    run -0 parity --raw "$T"/raw[1-4]
    ! is_sanitized || return 0
    # A message in pieces: each says where it is whole
    run -0 dissect -2 -r "$T/raw4" -Y 'vfio_user.whole_in' -T fields -e vfio_user.fragment -e vfio_user.whole_in
    [ "${#lines[@]}" -gt 50 ]
    # What is no vfio-user is left to others
    echo '47455420 2f 20485454502f312e310d0a 474554202f20485454502f312e310d0a' | python3 "$WIRESHARK/pcap.py" "$T/other" 147
    run -0 dissect -r "$T/other" -V
    [[ $output != *vfio-user,* ]]
}

# bats test_tags=plain
@test "raw bytes that are cut or wrong: said, and framing is found again" {
    {
        echo "0100 0900 20000000 00000000 00000000 1000000000000000 01000000 04000000"
        echo "0100 0900 64000000 01000000 00000000 1000000000000000 01000000 44000000 0102 len=100"
        echo "0200 0900 24000000 len=36"
        echo "ffffffffffffffffffffffffffff"
        echo "0300 0900 20000000 00000000 00000000 3000000000000000 01000000 04000000 0400 0d00 10000000 00000000 00000000"
    } | python3 "$WIRESHARK/pcap.py" "$T/p" 147
    run -0 dissect -r "$T/p" -T fields -e _ws.col.Info
    [[ ${lines[1]} == *"(34 of 100 bytes at hand)"* ]]
    [[ ${lines[2]} == "* unframed from "* ]]
    [ "${lines[3]}" = "bytes that belong to no message" ] || [[ ${lines[3]} == "* unframed"* ]]
    [ "${lines[4]}" = "> #3 REGION_READ 3  bar1+0x30 4 bytes; > #4 DEVICE_RESET 4" ]
}

# bats test_tags=plain
@test "raw bytes, a header whose size can't be true: a message of who sent it, also where nothing but it says who" {
    {
        echo "0100 0900 20000000 00000000 00000000 1000000000000000 01000000 04000000"
        echo "0100 0900 24000000 01000000 00000000 1000000000000000 01000000 04000000 01020304"
        echo "0500 0900 0f000000 00000000 00000000 1122334455"
        echo "0500 0900 10000000 21000000 16000000"
        echo "0100 0000 00000000 0200 0900 20000000"
    } | python3 "$WIRESHARK/pcap.py" "$T/p" 147
    run -0 dissect -r "$T/p" -T fields -e _ws.col.Info
    [[ ${lines[2]} == "> #3 REGION_READ 5  too short; * unframed from client: not understood from byte 48 on: "* ]]
    [ "${lines[3]}" = "< #4 REGION_READ 5  error EINVAL  1.000ms" ]
    [[ ${lines[4]} == "* unframed from server: not understood from byte 52 on: "* ]]
    run -0 "$VFUSCOPE" decode "$T/p"
    [[ ${lines[2]} == *"client > #3     REGION_READ                  5  too short" ]]
    [[ ${lines[3]} == *"violation by the client: the size is 15, less than a header [size-impossible]" ]]
    [[ ${lines[4]} == *"* unframed from client: not understood from byte 48 on: "* ]]
    [[ ${lines[5]} == *"  11 22 33 44 55  "* ]]
    [[ ${lines[6]} == *"server < #4     REGION_READ                  5  error EINVAL  1.000ms" ]]
    [[ ${lines[7]} == *"because #"*" breaks size-impossible: "* ]]
    [[ ${lines[8]} == *"* unframed from server: not understood from byte 52 on: "* ]]
    [[ ${lines[9]} == *" perhaps 8 bytes as written to an eventfd" ]]
    [[ ${lines[10]} == *"  01 00 00 00 00 00 00 00  02 00 09 00 20 00 00 00  "* ]]
    # And so from a capture of it
    "$VFUSCOPE" decode "$T/p" > "$T/before"
    run -0 "$VFUSCOPE" decode "$T/p" -q -w "$T/capture"
    "$VFUSCOPE" decode "$T/capture" | diff "$T/before" -
}

# What decode's summary has of a capture: commands, calls, errors, bytes, and all together.
summed() {
    "$VFUSCOPE" decode "$GOLDEN/$1.pcap" -q -c --json | jq -r '.commands |
        (.[], {command: "total", calls: (map(.calls) | add), errors: (map(.errors) | add), bytes: (map(.bytes) | add)}) |
        "\(.command) \(.calls) \(.errors) \(.bytes)"'
}

# bats test_tags=plain
@test "the table of response times counts what decode's summary counts" {
    need jq jq
    for capture in edu messages qemu-boot; do
        run -0 dissect -r "$GOLDEN/$capture.pcap" -q -o vfio_user.summary:TRUE
        sed -n '/^command/,/^total/p' <<< "$output" | tail -n +2 | awk '{ print $1, $2, $3, $4 }' > "$T/theirs"
        summed $capture | diff -u - "$T/theirs"
        [ "$(wc -l < "$T/theirs")" -gt 5 ]
    done
}

# bats test_tags=plain
@test "Wireshark's window of response times: below Service Response Time, the same counts, within its width" {
    run -0 --separate-stderr timeout "$LIMIT" tshark -n -X lua_script:"$WIRESHARK/window.lua" -X lua_script:"$DISSECTOR" \
        -r "$GOLDEN/edu.pcap" -q
    [ "${lines[0]}" = 'menu: Service Response Time, vfio-user' ]
    # Set once when it opens, once when all is counted
    [ "$(grep -c '^vfio-user: response times$' <<< "$output")" = 2 ]
    need jq jq
    sed -n '/^command/,/^total/p' <<< "$output" | tail -n +3 | awk '{ print $1, $2, $3 }' > "$T/theirs"
    (echo 'command calls errors'; summed edu | cut -d' ' -f 1-3) | diff -u - "$T/theirs"
    [ "$(wc -l < "$T/theirs")" -gt 5 ]
    lacks -E '.{71}' <<< "$output"
}

# bats test_tags=plain
@test "expert infos: commands that nobody answered, known after the first pass" {
    run -0 dissect -2 -r "$GOLDEN/messages.pcap" -q -z expert
    [[ $output =~ ([0-9]+)\ *Sequence\ *VFIO_USER\ *no\ reply\ in\ this\ capture ]]
    "$VFUSCOPE" decode "$GOLDEN/messages.pcap" -q -c | grep -q "^${BASH_REMATCH[1]} commands never answered"
}

# extcap: in a folder of one's own, as a person has it; where that is depends on the version
extcap() {
    EXTCAP=$(tshark -G folders 2> /dev/null | sed -n 's/^Personal Extcap path:[[:space:]]*//p')
    EXTCAP=${EXTCAP:-$T/config/wireshark/extcap}/vfu-extcap
    mkdir -p "${EXTCAP%/*}"
    cp "$BATS_TEST_DIRNAME/../plugins/wireshark/vfu-extcap" "$EXTCAP"
    export VFUSCOPE
}

@test "extcap: vfio-user is an interface, with its options" {
    extcap
    run -0 timeout "$LIMIT" tshark -D
    [[ $output == *"vfio-user tap"* ]]
    run -0 "$EXTCAP" --extcap-interface vfio-user --extcap-config
    for option in listen server snaplen expose; do
        [[ $output == *"{call=--$option}"* ]]
    done
    run -0 "$EXTCAP" --extcap-interface=vfio-user --extcap-dlts
    [[ $output == *"{number=252}"* ]]
    run -2 "$EXTCAP" --extcap-interface=vfio-user --capture --fifo=x --listen=y
    [[ $output == *"--server"* ]]
    # A capture filter is one of ours: status 0, and what is wrong with it, if anything is
    run -0 "$EXTCAP" --extcap-interface=vfio-user --extcap-capture-filter='region == bar0'
    [ -z "$output" ]
    run -0 "$EXTCAP" --extcap-interface vfio-user --extcap-capture-filter 'tcp port 80'
    [[ $output == *"column 1: no message has a field tcp"* ]]
}

@test "extcap: a tap that can't start says why; the capture begins and ends, which Wireshark's window waits for" {
    extcap
    touch "$T/file"
    mkfifo "$T/pipe"
    start reader timeout "$LIMIT" tcpdump -r "$T/pipe"
    run timeout "$LIMIT" "$EXTCAP" --extcap-interface vfio-user --capture --fifo "$T/pipe" \
        --listen "$T/file" --server "$T/s"
    [ "$output" = "vfuscope: $T/file: exists and is not a socket" ]
    await reader
    [ "$status" -eq 0 ]
}

@test "extcap: tshark starts the tap, shows messages as they come, and ends it" {
    extcap
    # The signals that tshark ends an extcap with may also end LeakSanitizer's tracer, and the tap then waits for that for ever.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    serve
    start tshark timeout "$LIMIT" tshark -n -l -X lua_script:"$DISSECTOR" -i vfio-user -o extcap.vfio_user.listen:"$T/t" \
        -o extcap.vfio_user.server:"$T/s" -o extcap.vfio_user.snaplen:64
    await_that test -S "$T/t"
    run -0 timeout "$LIMIT" "$VFUSCOPE" shell --raw "$T/t" -c 'read bar0+0'
    await_text "$T/tshark.out" 'REGION_READ .* = 0x010000ed' tshark
    await_text "$T/tshark.out" 'disconnect' tshark
    stop tshark INT
    [ ! -S "$T/t" ]
    lacks -q 'Error by extcap' "$T/tshark.err"
}

@test "live: tap -w - into tshark shows each message at once" {
    serve
    mkfifo "$T/pipe"
    start tshark timeout "$LIMIT" bash -c "exec tshark -n -l -X lua_script:'$DISSECTOR' -i - < '$T/pipe'"
    start tap "$VFUSCOPE" tap "$T/t" "$T/s" -q -w "$T/pipe"
    await_text "$T/tap.err" '^listening on ' tap
    mkfifo "$T/lines"
    start shell timeout "$LIMIT" "$VFUSCOPE" shell --raw "$T/t" -f "$T/lines"
    exec 4> "$T/lines"
    echo 'read bar0+4' >&4
    await_text "$T/tshark.out" '< #[0-9]+ REGION_READ .* bar0\+0x4 = ' tshark
    echo 'read bar0+0x20' >&4
    await_text "$T/tshark.out" '< #[0-9]+ REGION_READ .* bar0\+0x20 = ' tshark
    exec 4>&-
    await shell
    stop tap
    await tshark
    [ "$status" -eq 0 ]
}

# bats test_tags=plain
@test "the profile: its colours are rules, its columns and buttons fields" {
    mkdir -p "$T/config/wireshark/profiles"
    cp -r "$BATS_TEST_DIRNAME/../plugins/wireshark/profile" "$T/config/wireshark/profiles/vfio-user"
    "$VFUSCOPE" decode -q "$GOLDEN/messages.pcap" -w "$T/messages"
    run -0 dissect -C vfio-user -r "$T/messages" --color -T fields \
        -Y 'vfio_user.flags.error == 1 or vfio_user.problem' -e frame.coloring_rule.name -e vfio_user.problem.severity
    [ "$(grep violation <<< "$output" | cut -f1 | sort -u)" = 'vfio-user violation' ]
    [ "$(grep -v violation <<< "$output" | cut -f1 | sort -u)" = $'vfio-user error reply\nvfio-user suspicious' ]
    lacks -qi 'could not compile\|color filter' "$T/tshark.err"
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins "$VFUSCOPE" decode "$GOLDEN/nvme-disk.pcap" -q -w "$T/noted"
    run -0 dissect -C vfio-user -r "$T/noted" -Y 'vfio_user.no == 211'
    [[ $output =~ \ 0\.270804737\ +210\ +1\ main\ +server\ +36\ +nvme.csts\ +0x0{15}1\ +0\.000072678\ +'< #211 REGION_READ 108  bar0+0x1c nvme.csts = 0x00000001 (RDY)  72.6us '+'CSTS.RDY 0 -> 1' ]]
    cut -d '"' -f 6 "$T/config/wireshark/profiles/vfio-user/dfilter_buttons" | sed 's/\\x22/"/g' > "$T/filters"
    [ "$(wc -l < "$T/filters")" -ge 5 ]
    # One start for all of them
    run -0 dissect -r "$GOLDEN/messages.pcap" -c 1 -Y "($(paste -sd '~' "$T/filters" | sed 's/~/) || (/g'))"
}

# bats test_tags=plain
@test "lines of other logs: the same words as decode's, and filters by log and text" {
    load lib/talk
    told READ 0 0 ed100001
    talk_capture cap
    printf '1700000000.001002 x\xff\x00y \033[0m "q" \\ \xc3\xa4\n1700000000.001009\nnvme: timeout\n' > log
    "$VFUSCOPE" decode cap --log n.v=log -q -w both
    parity both
    dissect -r both -Y 'vfio_user.event.log == "n.v" && vfio_user.event.text contains "timeout"' -T fields -e vfio_user.event.text > found
    [ "$(cat found)" = 'nvme: timeout' ]
}
