# diff: two captures side by side; what differs in values, errors and order, and what is no difference.
load lib/common

diff_captures() {
    timeout "$LIMIT" "$VFUSCOPE" diff "$@"
}

# record FILE [TAP-OPTION...] -- COMMAND...: what the shell says to a new device
record() {
    local file=$1 command arguments=() options=()
    shift
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    for command; do arguments+=(-c "$command"); done
    serve
    tap -q -w "$file" "${options[@]}"
    run -0 shell --raw "${arguments[@]}"
    stop tap
    stop serve
}

@test "the same twice: nothing is said, status 0" {
    record one -- 'info' 'irq arm msix' 'write bar0+4 5' 'read bar0+4' 'read bar5' 'expect error EINVAL'
    record two -- 'info' 'irq arm msix' 'write bar0+4 5' 'read bar0+4' 'read bar5' 'expect error EINVAL'
    for options in '' --json --color=always; do
        run -0 --separate-stderr diff_captures $options one two
        [ -z "$output$stderr" ]
    done
    run -0 diff_captures - one < two
    for golden in edu messages qemu-boot nvme-linux virtio-net; do
        run -0 --separate-stderr diff_captures "$BATS_TEST_DIRNAME/golden/$golden.pcap" "$BATS_TEST_DIRNAME/golden/$golden.pcap"
        [ -z "$output$stderr" ]
    done
}

@test "a value that differs is one line with both numbers; heads name the files and who talked" {
    record one -- 'write bar0+4 5' 'read bar0+4' 'read bar0'
    record two -- 'write bar0+4 6' 'read bar0+4' 'read bar0'
    run -1 --separate-stderr diff_captures one two
    [[ ${lines[0]} == "--- one  client vfuscope shell"*", server vfuscope serve, captured by vfuscope "* ]]
    [[ ${lines[1]} == "+++ two  client vfuscope shell"* ]]
    [[ ${lines[2]} == "@@ -#1..#"*" +#1..#"*" @@ client" ]]
    grep -qE '^!#3/#3 +w +bar0\+0x4.l +0x00000005 -> 0x00000006$' <<< "$output"
    grep -qE '^!#5/#5 +r +bar0\+0x4.l +0xfffffffa -> 0xfffffff9$' <<< "$output"
    grep -qE '^ #7/#7 +r +bar0\+0x0.l +0x010000ed$' <<< "$output"
    [ "${lines[-1]}" = "2 differ; 2 exchanges are the same" ]
    [ -z "$stderr" ]
    run -1 diff_captures --json one two
    [ "$(jq -c '[.difference, .region_name, .offset, .fields, .a.no, .a.value, .b.value]' <<< "$output")" = \
        '["changed","bar0","0x4",["data"],3,5,6]
["changed","bar0","0x4",["data"],5,4294967290,4294967289]' ]
    run -1 diff_captures --color=always one two
    [[ $output == *$'\e[31m'0x00000005$'\e[0m -> \e[32m'0x00000006$'\e[0m'* ]]
}

@test "what only one has, and what comes in another order" {
    record one -- 'write bar0+4 5' 'write bar0+0x20 0x80' 'read bar0' 'read bar0+0x24'
    record two -- 'write bar0+0x20 0x80' 'write bar0+4 5' 'read bar0' 'read bar0+8'
    run -1 diff_captures one two
    [ "$(grep -cE '\((comes as|was) #[0-9]+\)$' <<< "$output")" = 2 ]
    grep -qE '^-#9 +r +bar0\+0x24.l' <<< "$output"
    [ "${lines[-1]}" = "1 comes in another order, 1 only in one, 1 only in two; 3 exchanges are the same" ]
    run -1 diff_captures --json one two
    [ "$(jq -r .difference <<< "$output" | sort | paste -sd " ")" = "only_a only_b order" ]
}

@test "an error in the place of a value, and the reply that does not come" {
    record one -- 'read bar0+4' 'read bar0'
    record two --inject 'offset == 4:error=EIO' -- 'read bar0+4' 'expect error EIO' 'read bar0'
    run -1 diff_captures one two
    grep -qE '^!#3/#3 +r +bar0\+0x4.l +ok -> EIO$' <<< "$output"
    [ "${lines[-1]}" = "1 differs; 2 exchanges are the same" ]
    run -1 diff_captures --json two one
    [ "$(json '[.fields, .a.error.name, .b.error]')" = '[["error"],"EIO",null]' ]
    run -0 diff_captures --ignore error two one
    serve
    tap -q -w three --inject 'offset == 4:drop'
    run -1 shell --raw -c 'timeout 300ms' -c 'read bar0+4'
    stop tap
    run -1 diff_captures one three
    grep -qE '^!#3/#3 +r +bar0\+0x4.l +a reply -> no reply$' <<< "$output"
}

@test "other numbers of polls are no difference; another last value is one" {
    record one -- 'read bar0+4' 'read bar0+4' 'read bar0+4' 'write bar0+4 1' 'read bar0+4'
    record two -- 'read bar0+4' 'write bar0+4 1' 'read bar0+4' 'read bar0+4'
    run -0 diff_captures one two
    record three -- 'read bar0+4' 'write bar0+4 1' 'read bar0' 'read bar0+4'
    run -1 diff_captures one three
    grep -qE '^\+#7 +r +bar0\+0x0.l' <<< "$output"
    # Two registers in turn; and what is no round of them.
    record few -- 'read bar0+4' 'read bar0+0x20' 'write bar0+4 1'
    record many -- 'read bar0+4' 'read bar0+0x20' 'read bar0+4' 'read bar0+0x20' 'read bar0+4' 'read bar0+0x20' 'write bar0+4 1'
    run -0 diff_captures few many
    run -0 diff_captures many few
    record odd -- 'read bar0+4' 'read bar0+0x20' 'read bar0+4' 'read bar0+0x24' 'write bar0+4 1'
    run -1 diff_captures few odd
    [ "${lines[-1]}" = "2 only in odd; 4 exchanges are the same" ]
    # A register that says "not yet" for a while, or not at all.
    serve --device ram:bar0=4K
    tap -q -w waited
    run -0 shell --raw -c 'write bar0 1' -c 'read bar0' -c 'read bar0' -c 'write bar0+4 1' -c 'read bar0'
    stop tap
    tap -q -w other
    run -0 shell --raw -c 'write bar0 1' -c 'read bar0' -c 'write bar0+4 1' -c 'read bar0' -c 'read bar0'
    stop tap
    run -0 diff_captures waited other
    tap -q -w last
    run -0 shell --raw -c 'write bar0 1' -c 'read bar0' -c 'write bar0+4 1' -c 'write bar0 2' -c 'read bar0' -c 'read bar0'
    stop tap
    run -1 diff_captures waited last
    grep -qE '^!.* r +bar0\+0x0.l +0x00000001 -> 0x00000002' <<< "$output"
}

@test "addresses of guest memory are no difference; sizes are, and so is what lies outside" {
    local one=('write bar0+0x88 q 0x40000' 'write bar0+0x90 q 64' 'write bar0+0x98 q 1')
    record a -- 'dma map 0x10000 64K' 'write bar0+0x80 q 0x10000' "${one[@]}"
    record b -- 'dma map 0x4000000 64K' 'write bar0+0x80 q 0x4000100' "${one[@]}"
    run -0 diff_captures a b
    record c -- 'dma map 0x4000000 128K' 'write bar0+0x80 q 0x4000100' "${one[@]}"
    run -1 diff_captures a c
    [[ ${lines[-1]} == "1 differs;"* ]]
    grep -qE 'DMA_MAP .*size 64K -> 128K$' <<< "$output"
    record d -- 'dma map 0x4000000 64K' 'write bar0+0x80 q 0x40000' "${one[@]}"
    run -1 diff_captures a d
    grep -qE 'bar0\+0x80.q +0x0000000000010000 -> 0x0000000000040000$' <<< "$output"
    # Addresses of the device's own in the same register; those of 32 bits; the halves of one of 64.
    local both=("${one[@]}" 'write bar0+0x80 q 0x40000')
    record in -- 'dma map 0x10000 64K' 'write bar0+0x80 q 0x10000' "${both[@]}" 'write bar0+0x88 q 0x10100'
    record at -- 'dma map 0x30000 64K' 'write bar0+0x80 q 0x30008' "${both[@]}" 'write bar0+0x88 q 0x30200'
    run -0 diff_captures in at
    record in -- 'dma map 0x10000 64K' 'write bar0+4 0x10100'
    record at -- 'dma map 0x30000 64K' 'write bar0+4 0x30200'
    run -0 diff_captures in at
    record in -- 'dma map 0 256M' 'write bar0+4 0x200000'
    record at -- 'dma map 0 256M' 'write bar0+4 0x400000'
    run -1 diff_captures in at
    record in -- 'dma map 0x10000 64K' 'write bar0+0x80 0x10100' 'write bar0+0x84 0'
    record at -- 'dma map 0x200000000 64K' 'write bar0+0x80 0x400' 'write bar0+0x84 2'
    run -0 diff_captures in at
    # Where it lies in a descriptor is no difference; what was never mapped is.
    local map='send DMA_MAP flags=readable size=0x1000 fd=memfd:0x8000'
    record in -- "$map offset=0x1000 address=0x10000"
    record at -- "$map offset=0x4000 address=0x20000"
    run -0 diff_captures in at
    truncate -s 64K file
    record from -- "${map/memfd:0x8000/file:file} offset=0x1000 address=0x10000"
    run -1 diff_captures in from
    grep -qE '^!#3/#3 +DMA_MAP .*  fds memfd -> file$' <<< "$output"
    run -0 diff_captures --ignore fds in from
    record one -- 'send DMA_UNMAP address=0x100000 size=0x1000' 'expect error ENOENT'
    record two -- 'send DMA_UNMAP address=0x200000 size=0x1000' 'expect error ENOENT'
    run -1 diff_captures one two
    grep -qE '^!#3/#3 +DMA_UNMAP .*  address 0x100000 -> 0x200000$' <<< "$output"
    # A register that gets other values too holds no addresses, be memory as large as it may.
    record e -- 'dma map 0 256M' 'write bar0+4 0x1234560'
    record f -- 'dma map 0 256M' 'write bar0+4 0x2234560'
    run -0 diff_captures e f
    for other in 3 0x7f0 0x1234561; do
        record e -- 'dma map 0 256M' 'write bar0+4 0x1234560' "write bar0+4 $other"
        record f -- 'dma map 0 256M' 'write bar0+4 0x2234560' "write bar0+4 $other"
        run -1 diff_captures e f
        grep -qE '^!.*bar0\+0x4.l +0x01234560 -> 0x02234560$' <<< "$output"
    done
}

@test "DMA by message: addresses and what points to them are no difference, other bytes are" {
    local rest=('write bar0+0x88 q 0x40000' 'write bar0+0x90 q 64' 'irq arm msix 0' 'write bar0+0x98 q 5' 'irq wait msix 0')
    record a -- 'dma map 0x10000 64K --message' 'mem write 0x10000 0080010000000000' 'write bar0+0x80 q 0x10000' "${rest[@]}"
    record b -- 'dma map 0x30000 64K --message' 'mem write 0x30000 0080030000000000' 'write bar0+0x80 q 0x30000' "${rest[@]}"
    run -0 diff_captures a b
    record c -- 'dma map 0x30000 64K --message' 'mem write 0x30000 0080030000000001' 'write bar0+0x80 q 0x30000' "${rest[@]}"
    run -1 diff_captures a c
    [[ $output == *"@@ server"* ]]
    grep -qE '^!.*dma read .*data .* of 64 bytes differ' <<< "$output"
    [[ ${lines[-1]} == "1 differs;"* ]]
}

@test "interrupts: when and how often is no difference, whether is" {
    local rest=('irq arm msix 0' 'write bar0+0x60 1' 'irq wait msix 0')
    record a --expose irq -- "${rest[@]}" 'write bar0+0x64 1'
    record b --expose irq -- "${rest[@]}" 'write bar0+0x64 1'
    run -0 diff_captures a b
    record c --expose irq --inject 'offset == 0x60:error=EIO' -- 'irq arm msix 0' 'write bar0+0x60 1' 'expect error EIO' 'write bar0+0x64 1'
    run -1 diff_captures a c
    grep -qE '^!interrupts: msix \(1 times\) -> none$' <<< "$output"
    run -1 diff_captures --ignore interrupts a c
    lacks -q '^!interrupts' <<< "$output"
    run -1 diff_captures --json a c
    [ "$(json '[.difference, .a, .b]')" = '["interrupts","msix (1 times)",null]' ]
}

@test "interrupts: how often they were masked and unmasked is no difference, whether is" {
    local unmask='irq unmask intx 0' read='read bar0'
    record once -- "$read" "$unmask" 'read bar0+4' 'write bar0+4 1'
    record often -- "$read" "$unmask" 'read bar0+4' "$unmask" 'write bar0+4 1' "$unmask"
    record never -- "$read" 'read bar0+4' 'write bar0+4 1'
    record mask -- "$read" "$unmask" 'read bar0+4' 'irq mask intx 0' 'write bar0+4 1'
    run -0 diff_captures once often
    run -0 diff_captures often once
    run -1 diff_captures never once
    grep -qE '^\+#5 +DEVICE_SET_IRQS .*unmask' <<< "$output"
    run -1 diff_captures once mask
    grep -qE '^\+#9 +DEVICE_SET_IRQS .*mask' <<< "$output"
}

@test "registers have their names, and say which of their fields differ" {
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    record one -- 'write bar0+0x20 0' 'read bar0+0x20' 'write bar0+4 5'
    record two -- 'write bar0+0x20 0x80' 'read bar0+0x20' 'write bar0+4 5'
    run -1 diff_captures --plugin edu one two
    grep -qE '^!#3/#3 +w  bar0\+0x20.l +edu.status +0x00000000 -> 0x00000080  \(.+ 0 -> 1\)$' <<< "$output"
    grep -qE '^ #7/#7 +w  bar0\+0x4.l +edu\.[a-z]+ +0x00000005' <<< "$output"
    run -0 diff_captures --plugin edu --ignore edu.status one two
    run -1 diff_captures --plugin edu --ignore edu.stat one two
    run -1 diff_captures --plugin edu --json one two
    [ "$(jq -r .register <<< "$output" | sort -u)" = edu.status ]
    # What lies elsewhere, but is called the same, is the same one.
    local golden=$BATS_TEST_DIRNAME/golden
    run -1 diff_captures "$golden/nvme-linux.pcap" "$golden/nvme-disk.pcap"
    grep -qE '^!#[0-9]+/#[0-9]+ +r  config\+0x4a.w  pci.msix.control +offset 0x4a -> 0x42$' <<< "$output"
}

@test "--ignore: fields, places; what there is none of is status 2, with what was meant" {
    record one -- 'write bar0+4 5' 'read bar0+4' 'read bar0'
    record two -- 'write bar0+4 6' 'read bar0+4' 'read bar0'
    run -0 diff_captures --ignore data one two
    run -0 diff_captures --ignore value one two
    run -0 diff_captures --ignore bar0+0x4 one two
    run -1 diff_captures --ignore bar0+0x8 one two
    run -1 diff_captures --ignore offset --ignore error one two
    run -2 --separate-stderr diff_captures --ignore dat one two
    [[ $stderr == *"--ignore dat: no such field; did you mean data, "* ]]
    run -2 diff_captures --ignore '' one two
}

@test "VERSION: what is in its text counts, by member, not how it is written" {
    "$VFUSCOPE" serve x > /dev/null 2>&1 &
    STARTED[x]=$!
    await_that test -S x
    for caps in '{"max_msg_fds":8,"max_data_xfer_size":65536}' '{"max_data_xfer_size":65536, "max_msg_fds":8}' \
        '{"max_data_xfer_size":65536,"max_msg_fds":4}'; do
        rm -f t
        start tap "$VFUSCOPE" tap t x -q -w "cap$((++n))" --once
        await_that test -S t
        "$VFUSCOPE" shell --raw t --caps "$caps" -c 'read bar0' > /dev/null
        await tap
    done
    run -0 diff_captures cap1 cap2
    run -1 diff_captures cap1 cap3
    grep -qE '^!#1/#1 +VERSION +max_msg_fds 8 -> 4$' <<< "$output"
    run -0 diff_captures --ignore max_msg_fds cap1 cap3
}

@test "VERSION: the numbers before its text count, which are no bytes (sanitizers had read them as such)" {
    golden=$BATS_TEST_DIRNAME/golden/qemu-boot.pcap
    cp "$golden" other
    at=$(grep -abo -m1 '{"capabilities"' "$golden" | head -1)
    printf '\x09' | dd of=other bs=1 seek=$((${at%%:*} - 2)) conv=notrunc status=none
    run -1 --separate-stderr diff_captures "$golden" other
    [ -z "$stderr" ]
    grep -qF '!#1/#1      VERSION  minor 0 -> 9' <<< "$output"
    run -1 --separate-stderr diff_captures --json "$golden" other
    [ -z "$stderr" ]
    jq -e '.a.minor == 0 and .b.minor == 9' <<< "$output" > /dev/null
}

@test "--times: what takes longer many times is a difference, one that does once is none" {
    load lib/talk
    # timed FILE US...: reads of bar0, and writes beside them, that take so long
    timed() {
        local file=$1 us i=0
        rm -f talk
        for us in "${@:2}"; do
            TALK_AFTER=100 told ASKED READ 0 0 ed000001
            TALK_AFTER=$us told ANSWERED $TALK_ID READ 0 0 ed000001
            hex_in data $((++i)) 4
            TALK_AFTER=50 told WRITE 0 4 "$data"
        done
        talk_capture "$file"
    }
    local data usual
    usual=$(printf '%d ' {90..109})
    # shellcheck disable=SC2086
    timed one $usual
    # shellcheck disable=SC2046
    timed two $(printf '%d ' {20090..20109})
    # shellcheck disable=SC2046
    timed three $(printf '%d ' {90..108}) 90000
    run -0 diff_captures one two
    run -1 diff_captures --times one two
    echo "$output"
    grep -qE '^!slower: r +bar0\+0x0.l +median 100.0us -> 20100.0us, 99% within .* \(20 and 20 times\)$' <<< "$output"
    [ "$(grep -c '^!slower' <<< "$output")" = 1 ]
    run -1 diff_captures --times --json one two
    slower() { jq -c "select(.difference == \"slower\" and .command == \"$1\") | $2" <<< "$output"; }
    [ "$(slower REGION_READ '[.offset, .a.count, .b.count, .b.median_us >= 20000]')" = '["0x0",20,20,true]' ]
    run -0 diff_captures --times one three
    run -0 diff_captures --times two three
}

@test "--times: places that come once or twice each are judged together" {
    record four -- 'regions'
    record five --inject 'command == DEVICE_GET_REGION_INFO:delay=200ms' -- 'regions'
    run -1 diff_captures --times four five
    [ "$(grep -c '^!slower: DEVICE_GET_REGION_INFO' <<< "$output")" = 1 ]
    grep -qE '^!slower: DEVICE_GET_REGION_INFO, of rare places,  median .* \(9 and 9 times\)$' <<< "$output"
    run -1 diff_captures --times --json four five
    [ "$(jq -c 'select(.difference == "slower" and .command == "DEVICE_GET_REGION_INFO") | [.region, .a.count]' <<< "$output")" = '[null,9]' ]
}

@test "connections are paired in their order; one more is a difference" {
    serve
    for file in one two; do
        tap -q -w $file
        run -0 shell --raw -c 'read bar0'
        run -0 shell --raw -c 'write bar0+4 1'
        [ $file = one ] || run -0 shell --raw -c 'read bar0'
        stop tap
    done
    run -1 diff_captures one two
    grep -qE '^!connection: none -> connection 3, [0-9]+ messages$' <<< "$output"
    run -0 diff_captures --ignore connection one two
    run -0 diff_captures two two
}

@test "damaged, foreign, absent, empty" {
    record one -- 'read bar0' 'write bar0+4 1' 'read bar0+4'
    head -c $(($(stat -c %s one) - 20)) one > cut
    run -1 --separate-stderr diff_captures one cut
    [[ $stderr == *"vfuscope: cut: record"* ]]
    echo no capture > text
    run -1 --separate-stderr diff_captures text one
    [[ $stderr == *text* ]]
    [ -z "$output" ]
    run -2 --separate-stderr diff_captures one nothing
    [[ $stderr == *"nothing: No such file"* ]]
    run -2 --separate-stderr diff_captures - - < one
    [[ $stderr == *"only one of the two"* ]]
    run -2 diff_captures one
    mkfifo pipe
    cat one > pipe &
    run -0 diff_captures one pipe
    serve
    tap -q -w nobody
    stop tap
    run -0 diff_captures nobody nobody
    run -1 diff_captures nobody one
}

@test "what a capture lacks since its messages are cut is no difference" {
    local golden=$BATS_TEST_DIRNAME/golden/qemu-boot.pcap
    for size in 32 40 100; do
        rm -f cut
        run -0 "$VFUSCOPE" decode -q "$golden" -s $size -w cut
        run -0 diff_captures "$golden" cut
        run -0 diff_captures cut "$golden"
    done
    # What is at hand counts.
    record one -- 'write bar0+4 5' 'read bar0+4'
    record two -- 'write bar0+4 6' 'read bar0+4'
    run -0 "$VFUSCOPE" decode -q two -s 34 -w some
    run -1 diff_captures one some
    [ "${lines[-1]}" = "2 differ; 1 exchange is the same" ]
}

@test "what others wrote is escaped, and a reader that leaves ends it" {
    record one -- 'read bar0'
    cp one $'bad\e[31mname'
    record two -- 'read bar0+4'
    run -1 diff_captures $'bad\e[31mname' two
    [[ $output == *'bad\x1b[31mname'* ]]
    [[ $output != *$'\e'* ]]
    run -1 bash -c '"$VFUSCOPE" diff one two > /dev/full'
}
