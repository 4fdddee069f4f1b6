# replay: a capture's client side sent again, what differs, and two captures compared.
load lib/common

replay() {
    timeout "$LIMIT" "$VFUSCOPE" replay "$@"
}

# record FILE COMMAND...: what the shell says to a new device
record() {
    local file=$1 command arguments=()
    shift
    for command; do arguments+=(-c "$command"); done
    serve
    tap -q -w "$file"
    run -0 shell --raw "${arguments[@]}"
    stop tap
    stop serve
}

@test "the same device gives the same replies, with memory and eventfds made anew" {
    record cap 'info' 'dma map 0x10000 64K' 'irq arm msix' 'write bar0+4 5' 'read bar0+4' 'read bar5' 'expect error EINVAL'
    serve
    tap --json
    run -0 replay cap t
    [[ $output == *"replies compared, 0 differences" ]]
    stop tap
    [ "$(jq -c 'select(.command == "DMA_MAP" and .type == "command") | .fds' tap.out)" = \
        '[{"type":"memfd","size":"0x10000"}]' ]
    [ "$(jq -c 'select(.command == "DEVICE_SET_IRQS" and .type == "command") | [.fds[].type] | unique' tap.out)" = \
        '["eventfd"]' ]
    "$VFUSCOPE" decode --json cap | jq -c 'select(.type == "command") | [.id, .command, .payload]' > was
    jq -c 'select(.type == "command") | [.id, .command, .payload]' tap.out | diff was -
}

@test "a reply that differs is shown as diff shows it; status 1" {
    record cap 'read bar0+4' 'read bar0'
    serve
    shell --raw -c 'write bar0+4 5' > /dev/null
    run -1 replay cap s
    [ "${lines[0]}" = "--- cap" ]
    [ "${lines[1]}" = "+++ s" ]
    [[ ${lines[2]} =~ ^"!#3/#3 "\ +"r  bar0+0x4.l "\ +"0x00000000 -> 0xfffffffa"$ ]]
    [ "${lines[3]}" = "3 commands sent, 3 replies compared, 1 difference" ]
    # The same line as diff's.
    stop serve
    serve
    tap -q -w now
    shell --raw -c 'write bar0+4 5' > /dev/null
    stop tap
    tap -q -w now
    run -0 shell --raw -c 'read bar0+4' -c 'read bar0'
    stop tap
    run -1 "$VFUSCOPE" diff cap now
    grep -qE '^!#3/#3 +r  bar0\+0x4.l +0x00000000 -> 0xfffffffa$' <<< "$output"
}

@test "that a capture has no VERSION is said first" {
    local said="vfuscope: cap: has no VERSION, with which a connection begins: the server may refuse all of it"
    serve
    tap -q -w cap
    "$VFUSCOPE" shell --raw t --no-negotiate -c 'read bar0' || true
    stop tap
    run -0 --separate-stderr replay cap s # refused now as it was then
    [ "$stderr" = "$said" ]
    stop serve
    record whole 'read bar0'
    serve
    run -0 --separate-stderr replay whole s
    [ -z "$stderr" ]
}

@test "DMA by message is answered as it was then" {
    record cap 'dma map 0x10000 4K --message' 'mem fill 0x10000 64 0x5a' 'write bar0+0x80 q 0x10000' \
        'write bar0+0x88 q 0x40000' 'write bar0+0x90 q 64' 'irq arm msix 0' 'write bar0+0x98 q 5' 'irq wait msix 0' \
        'write bar0+0x90 q 32'
    serve
    tap --json -x
    run -0 replay cap t
    [[ $output == *", 0 differences" ]]
    stop tap
    [ "$(jq -r 'select(.command == "DMA_READ" and .type == "reply") | .payload.data' tap.out)" = \
        "$(printf '5a%.0s' {1..64})" ]
}

@test "an absent reply is told of; so is an end of the connection" {
    record cap 'read bar0' 'read bar0+4'
    serve
    tap --inject 'command == REGION_READ and offset == 4:drop'
    run -1 replay cap t --timeout 200ms
    [[ $output == *"bar0+0x4"*" a reply -> no reply"$'\n'*"1 difference" ]]
    stop tap
    tap --inject 'command == REGION_READ and offset == 4:close'
    run -1 replay cap t
    [[ $output == *"bar0+0x4"*" a reply -> no reply, the server closed the connection"$'\n'* ]]
}

@test "two captures are compared" {
    record one 'read bar0+4' 'read bar0'
    record two 'read bar0+4' 'read bar0'
    record three 'read bar0+4' 'read bar0+0x20'
    run -0 replay --compare one two
    [ "$output" = "3 commands compared, 0 differences" ]
    run -1 replay --compare one three
    [[ $output == *"the command differs: offset"*"first"*"second"*"1 difference" ]]
    run -2 --separate-stderr replay --compare one three --timeout 1
    [[ $stderr == *"--timeout 1: a time"* ]]
}

@test "what can't be replayed" {
    record cap 'read bar0' 'write bar0+4 1'
    run -2 --separate-stderr replay cap nobody
    [[ $stderr == *"nobody: can't connect"* ]]
    run -2 --separate-stderr replay nothing s
    [[ $stderr == *nothing* ]]
    echo no capture > text
    run -1 --separate-stderr replay text s
    "$VFUSCOPE" decode -q cap -s 20 -w cut
    serve
    run -1 --separate-stderr replay cut s
    [[ $stderr == *"is cut in the capture"* ]]
    run -1 --separate-stderr replay cap s --conn 7
    [[ $stderr == *"no messages of connection 7"* ]]
}

@test "at the pace of the capture" {
    record cap 'read bar0' 'dma map 0x10000 4K' 'read bar0'
    serve
    tap -q -w slow
    shell --raw > /dev/null <<< "read bar0
poll bar0 == 1 timeout 300ms" || true
    stop tap
    begin=$(date +%s%N)
    run replay slow s --pace
    [ $((($(date +%s%N) - begin) / 1000000)) -ge 290 ]
}

@test "a server that hung up on the last command then is seen doing it again, or not; --conn all" {
    start falls "$TOOLS/falls" s reset
    await_that test -S s
    tap -w cap
    run -0 shell --raw -c "read bar0"
    run shell --raw -c reset -c 'send 99'
    stop tap
    await falls
    rm -f s
    start falls "$TOOLS/falls" s reset
    await_that test -S s
    run -0 timeout "$LIMIT" "$VFUSCOPE" replay cap s --conn all
    [ "$(grep -c ' 0 differences$' <<< "$output")" = 2 ]
    [ "$(grep -c 'the server closed the connection behind the last command, as it did then' <<< "$output")" = 1 ]
    await falls
    rm -f s
    serve
    run -1 timeout "$LIMIT" "$VFUSCOPE" replay cap s --conn all --timeout 500ms
    [ "$(grep -c 'the server closed the connection behind this one then, and does not now' <<< "$output")" = 1 ]
    run -2 --separate-stderr "$VFUSCOPE" replay cap s --conn every
    [[ $stderr == *"--conn: every"* ]]
}
