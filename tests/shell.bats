# The shell by -c, scripts and pipes: what its commands print, fail with and send.
load lib/common

@test "vfuscope SOCKET is the shell" {
    serve
    run -0 "$VFUSCOPE" "$T/s" -c 'read bar0'
    [ "$output" = 0x10000ed ]
}

@test "no server, a path that is no socket, one too long, a missing script: status 2" {
    run -2 --separate-stderr "$VFUSCOPE" shell "$T/none" -c info
    [[ $stderr == "vfuscope: $T/none: "* ]]
    [ -z "$output" ]
    touch "$T/file"
    run -2 "$VFUSCOPE" shell "$T/file" -c info
    run -2 "$VFUSCOPE" shell "$T/$(printf 'x%.0s' {1..120})" -c info
    serve
    run -2 --separate-stderr shell -f "$T/none.vfu"
    [[ $stderr == *none.vfu* ]]
    run -2 --separate-stderr shell --caps '{"max_msg_fds":' -c info
    [[ $stderr == *--caps* ]]
    run -2 shell --no-such-option
}

@test "info shows the device and what was agreed" {
    serve
    run -0 shell -c info
    [[ $output == *"reset|pci, 9 regions, 5 IRQ indexes"* ]]
    [[ $output == *"twin socket"* ]]
    run -0 shell --json -c info
    [ "$(json '[.command,.ok,.reply.num_regions,.reply.flags.names]')" = '["info",true,9,["reset","pci"]]' ]
    [ "$(json '.version.capabilities.max_data_xfer_size')" = 1048576 ]
}

@test "regions and irqs are tables, and arrays in JSON" {
    serve
    run -0 shell -c regions
    [[ ${lines[1]} =~ 0\ +bar0\ +1M\ +read\|write ]]
    [[ $output == *"0x1000+0x3000 0x8000+0x8000"* ]]
    run -0 shell --json -c regions
    [ "$(json '[.regions|length, .[2].index_name, .[2].size, .[2].capabilities[0].areas[1].offset]')" = \
        '[9,"bar2","0x10000","0x8000"]' ]
    run -0 shell -c irqs
    [[ ${lines[1]} =~ 0\ +intx\ +1\ +eventfd\|maskable\|automasked ]]
    run -0 shell --json -c irqs
    [ "$(json '[.irqs[]|.count]')" = '[1,1,4,0,0]' ]
}

@test "config shows header, capabilities and all bytes" {
    serve
    run -0 shell -c 'config --plain'
    [[ $output == *"vendor      1234"* ]]
    [[ $output == *"48: 5 MSI"* ]]
    [[ $output == *"000000f0:"* ]]
    run -0 shell --json -c config
    [ "$(json '[.vendor_id,.device_id,(.data|length)]')" = '[4660,4584,512]' ]
}

@test "read: a value by width, a range as a hexdump in groups" {
    serve
    run -0 shell -c 'write bar2 l 0x44332211 0x88776655' -c 'read bar2 b' -c 'read bar2+2 w' -c 'read 2 q' \
        -c 'read bar2 l 2' -c 'read bar2 b 2'
    [ "${lines[0]}" = 0x11 ]
    [ "${lines[1]}" = 0x4433 ]
    [ "${lines[2]}" = 0x8877665544332211 ]
    [[ ${lines[3]} == "00000000: 44332211 88776655 "*'."3DUfw.' ]]
    [[ ${lines[4]} == "00000000: 11 22 "* ]]
    run -0 shell --json -c 'read bar2 q' -c 'read bar2 b 3'
    [ "${lines[0]}" = '{"command":"read","ok":true,"value":"0x8877665544332211"}' ]
    [ "${lines[1]}" = '{"command":"read","ok":true,"data":"112233"}' ]
}

@test "a wrong argument, an unknown command, a value too wide: status 1, and nothing after it runs" {
    serve
    local bad
    for bad in 'read bar9' 'read' 'read bar0 x' 'read bar0 b 0' 'write bar0 b 256' 'write bar0' 'frobnicate' \
        'read bar0+zz' 'dma map 1' 'mem dump 0 16' 'irq wait msi 0' 'irq arm foo' 'poll bar0 = 1' 'expect' \
        'send NO_SUCH_COMMAND' 'send DMA_MAP nofield=1' 'send DMA_MAP fd=bogus' 'send REGION_READ raw=0' \
        'repeat x info' 'source none' 'quit now' 'read "bar0' 'irq wait msi 0 timeout 5'; do
        run -1 --separate-stderr shell -c "$bad" -c 'read bar0'
        [ -z "$output" ] || { echo "$bad: $output"; false; }
        [[ $stderr == "vfuscope: -c:1: "* ]] || { echo "$bad: $stderr"; false; }
    done
}

@test "a script: comments, quotes, -f, a pipe, standard input as -f -" {
    serve
    printf '# comment\n\n  read "bar0" # the id\n\nread bar0+0x8\r\n' > script
    run -0 shell -f script
    [ "$output" = $'0x10000ed\n0x0' ]
    run -0 bash -c "'$VFUSCOPE' shell s < script"
    [ "${lines[0]}" = 0x10000ed ]
    run -0 bash -c "printf 'read bar0' | '$VFUSCOPE' s -c 'read config w' -f - -c 'read config b'"
    [ "$output" = $'0x1234\n0x10000ed\n0x34' ]
    printf 'read bar0\nquit\nread bar9\n' > script
    run -0 shell -f script
    [ "$output" = 0x10000ed ]
    run -1 --separate-stderr shell -c $'read bar0\n\nread bar9\nread bar0'
    [ "$output" = 0x10000ed ]
    [[ $stderr == "vfuscope: -c:3: "* ]]
}

@test "an error reply ends a script with status 1 and says where" {
    serve
    printf 'read bar0\nread vga\nread bar0\n' > script
    run -1 --separate-stderr shell -f script
    [ "$output" = 0x10000ed ]
    [ "$stderr" = 'vfuscope: script:2: read: the server answered EINVAL: vga has no bytes' ]
    run -1 --separate-stderr shell --raw --json -c 'read vga'
    [ "$output" = '{"command":"read","ok":false,"error":{"errno":22,"name":"EINVAL"}}' ]
}

@test "an error reply is said with why, as far as the shell knows; in JSON too" {
    serve
    run -1 --separate-stderr shell -c regions -c 'read bar0+0x100000'
    [[ $output != *EINVAL* ]]
    [[ $stderr == *'read: the server answered EINVAL: bar0 has 0x100000 bytes' ]]
    run -0 --separate-stderr shell -c regions -c 'read bar0+0x100000' -c 'expect error'
    [ "${lines[-1]}" = 'error EINVAL: bar0 has 0x100000 bytes' ]
    [ -z "$stderr" ]
    run -1 --separate-stderr shell --json -c regions -c 'read bar0+0x100000'
    [[ ${lines[-1]} == *'"error":{"errno":22,"name":"EINVAL"},"because":[{"reason":"region-end","text":"bar0 ends at 0x100000 (#'*'"certain":true,"messages":['*']}]}' ]]
    # Of what it did not ask for it knows nothing
    run -1 --separate-stderr shell --raw -c 'read bar0+0x100000'
    [[ $stderr == *'answered EINVAL (Invalid argument)' ]]
}

@test "an expect judges the error reply before it, also on a pipe's later line" {
    serve
    run -0 shell -c 'read vga' -c 'expect error EINVAL' -c 'expect error 22' -c 'read bar0'
    [[ $output == 'error EINVAL'*$'\n0x10000ed' ]]
    run -1 --separate-stderr shell -c 'read vga' -c 'expect error ENOENT'
    [[ $stderr == *"ENOENT was expected"*"EINVAL"* ]]
    run -1 --separate-stderr shell -c 'read bar0' -c 'expect error EINVAL'
    [[ $stderr == *"the last command had none"* ]]
    run -1 --separate-stderr shell -c 'read vga' -c 'read bar0' -c 'expect error EINVAL'
    [[ $stderr == "vfuscope: -c:1: read: the server answered EINVAL"* ]]
    mkfifo pipe
    start shell bash -c "exec '$VFUSCOPE' s < pipe"
    exec 4> pipe
    printf 'read bar0 w\nread vga\n' >&4
    await_text shell.out '^0xffff$' shell
    printf '\n# still nothing\nexpect error EINVAL\nread bar0\n' >&4
    exec 4>&-
    await shell
    [ "$status" = 0 ]
    [ "$(tail -n 1 shell.out)" = 0x10000ed ]
}

@test "expect: values, fields of the reply, names, flags, ranges" {
    serve
    run -0 shell -c 'read bar0' -c 'expect value == 0x10000ed' -c 'expect value != 0' -c 'expect value in 1..0x20000000' \
        -c info -c 'expect reply.num_regions == 9' -c 'expect num_irqs >= 5' -c 'expect reply.flags == pci' \
        -c 'expect reply.flags != platform' -c 'expect reply.flags == reset|pci' \
        -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=80' -c 'expect reply.size == 64K' \
        -c 'expect reply.index == bar2' -c 'expect reply.capabilities[0].areas[1].size == 0x8000' \
        -c 'expect header.size == 96' -c 'expect header.command == DEVICE_GET_REGION_INFO' \
        -c 'send DEVICE_RESET' -c 'expect size == 16' -c 'send DMA_MAP address=0x1000 size=0x1000 flags=1' -c 'expect header.size == 16'
    run -1 --separate-stderr shell -c 'send DMA_MAP address=0x1000 size=0x1000 flags=1' -c 'expect size == 16'
    [[ $stderr == *"no size"* ]]
    local bad
    for bad in 'value == 1' 'value != 0x10000ed' 'value < 5' 'value in 1..2' 'nothing == 1' 'reply.count == 5' \
        'value ~ 1' 'value < x' 'error'; do
        run -1 --separate-stderr shell -c 'read bar0' -c "expect $bad" -c 'read bar0'
        [ "$output" = 0x10000ed ] || { echo "$bad: $output"; false; }
        [[ $stderr == "vfuscope: -c:2: expect: "* ]]
    done
}

@test "poll waits for a value, and says what it last saw" {
    serve
    run -0 shell -c 'write bar0+8 5' -c 'poll bar0+0x20 & 1 == 0 timeout 60s' -c 'read bar0+8'
    [ "${lines[-1]}" = 0x78 ]
    run -0 shell --json -c 'poll bar0 l &0xff ==0xed'
    [ "$(json '[.ok,.value,.reads]')" = '[true,"0x10000ed",1]' ]
    run -1 --separate-stderr shell -c 'poll bar0 == 0 timeout 20ms'
    [[ $stderr == *"bar0 is still 0x10000ed after 20 ms"* ]]
}

@test "reads and writes are cut by the agreed transfer size, and at 32 KiB" {
    fake small-transfers
    run -0 shell -c 'read bar0 b 2500 --bulk'
    stop fake
    # 2 asks for VERSION, then three reads of 16 bytes each
    [ "$(grep -c '^9 16$' fake.out)" = 3 ]
    rm s
    fake good
    run -0 shell -c 'read bar0 b 65537 --bulk'
    [ "$(grep -c '^9 16$' fake.out)" = 3 ]
}

@test "DMA through a memfd, a file and messages, with interrupts" {
    serve
    head -c 65536 /dev/zero > memory
    local how
    for how in '' '--message' "--file $T/memory"; do
        cat > script <<END
irq arm msi
write config+4 b 6
dma map 0x100000 64K $how
mem fill 0x100000 32 0x11
mem write 0x100004 cafebabe
write bar0+0x80 q 0x100000
write bar0+0x88 q 0x40000
write bar0+0x90 q 16
write bar0+0x98 q 5
expect irq msi 0 within 60s
write bar0+0x80 q 0x40000
write bar0+0x88 q 0x100100
write bar0+0x98 q 7
irq wait msi 0 timeout 60s
mem dump 0x100100 16
expect data == 11111111cafebabe1111111111111111
dma unmap 0x100000 64K
dma list
END
        run -0 --separate-stderr shell --json -f script
        [ "$(jq -c 'select(.command == "dma list").maps' <<< "$output")" = '[]' ]
        [ -z "$stderr" ]
    done
    [ "$(od -An -tx1 -j 256 -N 8 memory | tr -d ' ')" = 11111111cafebabe ]
}

@test "DMA messages: served inside the mappings, refused with the right error elsewhere" {
    fake asks
    run -0 --separate-stderr shell -c 'dma map 0x1000 4K --message' -c 'dma map 0x5000 4K --ro --message' -c 'read bar0' \
        -c 'mem dump 0x1000 4' -c 'expect data == baadbeef'
    [ "${lines[0]}" = 0x11223344 ]
    [[ $stderr == *"DMA_READ of 0x1ffe+0x4 by the device refused: not mapped"* ]]
    [[ $stderr == *"DMA_WRITE of 0x5000+0x1 by the device refused: not allowed"* ]]
    lacks -E 'bad|wrong' fake.out
}

@test "mem: across mappings side by side, load and save, and what is not mapped" {
    serve
    printf 'abcdefgh' > in
    run -0 shell -c 'dma map 0x1000 4K' -c 'dma map 0x2000 4K --message' -c 'mem load 0x1ffc in' \
        -c 'mem dump 0x1ffc 8' -c 'mem save 0x1ffe 4 out'
    [[ $output == "00001ffc: 61 62 63 64 65 66 67 68 "*abcdefgh* ]]
    [ "$(cat out)" = cdef ]
    run -0 bash -c "printf 'xyz' | '$VFUSCOPE' s -c 'dma map 0 4K' -c 'mem load 0 /dev/stdin' -c 'mem dump 0 4'"
    [[ $output == *"78 79 7a 00 "* ]]
    run -1 --separate-stderr shell -c 'dma map 0 4K' -c "mem load 0 $T"
    [[ $stderr == *"Is a directory"* ]]
    run -1 --separate-stderr shell -c 'dma map 0x1000 4K' -c 'mem fill 0x1ff0 0x20 1'
    [[ $stderr == *"0x2000 is not mapped"* ]]
    run -1 --separate-stderr shell -c "dma map 0 1M --file $T/in"
    [[ $stderr == *"has 8 bytes, fewer than"* ]]
}

@test "irq: vectors, trigger, disarm, what fired before the wait counts once" {
    serve
    run -0 shell --json -c 'irq arm msix' -c 'irq trigger msix 2' -c 'irq trigger msix 2' -c 'irq wait msix 2' \
        -c 'irq list'
    [ "$(json '[.irqs[]|[.vector,.fired,.pending]]')" = '[[0,0,0],[1,0,0],[2,2,1],[3,0,0]]' ]
    run -1 --separate-stderr shell -c 'irq arm msix 1-2' -c 'irq trigger msix 1' -c 'irq wait msix 1' \
        -c 'irq wait msix 1 timeout 10ms'
    [[ $stderr == *"msix 1 did not fire within 10 ms"* ]]
    run -1 --separate-stderr shell -c 'irq arm msi' -c 'irq disarm msi' -c 'expect irq msi 0 within 10ms'
    [[ $stderr == *"msi 0 is not armed"* ]]
}

@test "irq arm sends no more fds at once than the server takes" {
    fake good
    run -0 shell --raw -c 'trace on' -c 'irq arm msix 0-18' -c 'irq list'
    [ "$(grep -c 'client > #[0-9]* *DEVICE_SET_IRQS' <<< "$output")" = 3 ]
    [[ $output == *"msix 16+3 eventfd|trigger  fds eventfd,eventfd,eventfd"$'\n'* ]]
    [ "${#lines[@]}" = $((6 + 1 + 19)) ]
}

@test "send: fields, names, header, fds, raw bytes" {
    serve
    run -0 shell --json -c 'send DEVICE_GET_REGION_INFO index=bar0'
    [ "$(json '[.ok,.reply.size,.header.command_name]')" = '[true,"0x100000","DEVICE_GET_REGION_INFO"]' ]
    run -0 shell --json -c 'send DMA_MAP flags=readable|writeable address=0x1000 size=4K fd=memfd:4K' \
        -c 'send 13 header.id=0x1234' -c 'expect header.id == 0x1234' -c 'send DEVICE_GET_INFO raw=10000000000000000000000000000000' \
        -c 'expect reply.num_irqs == 5' -c 'send 250 raw=00' -c 'expect error EINVAL'
    run -0 shell -c 'send DEVICE_GET_INFO header.flags=no_reply' -c 'read bar0'
    [ "$output" = 0x10000ed ]
    run -0 --separate-stderr shell -c 'send DEVICE_GET_INFO --no-wait' -c 'read bar0'
    [ "$output" = 0x10000ed ]
    [[ $stderr == *"reply to DEVICE_GET_INFO"* ]]
    run -0 shell -c 'send DEVICE_GET_INFO'
    [[ $output == *num_regions* ]]
}

@test "--caps sends what it says, inner object or whole; --no-negotiate sends nothing" {
    fake good
    run -0 --separate-stderr shell --json --caps '{"max_data_xfer_size":512}' -c 'read bar0'
    local inner=$((4 + $(printf '{"capabilities":{"max_data_xfer_size":512}}' | wc -c) + 1))
    [ "$(head -n 1 fake.out)" = "1 $inner" ]
    run -0 shell --caps '{"capabilities":{}}' -c 'read bar0'
    grep -qx "1 $((4 + 20))" fake.out
    run -0 shell --no-negotiate -c reset
    [ "$(tail -n 1 fake.out)" = '13 0' ]
    [ "$(grep -c '^1 ' fake.out)" = 2 ]
}

@test "repeat and source; both end at the first failure" {
    serve
    printf 'repeat 2 read bar0 w\n' > inner
    run -0 shell -c 'repeat 2 source inner'
    [ "$output" = $'0xffff\n0xffff\n0xffff\n0xffff' ]
    run -0 shell --json -c 'repeat 3 read bar0'
    [ "$(jq -s 'length' <<< "$output")" = 3 ]
    run -1 --separate-stderr shell -c 'repeat 3 read vga' -c 'read bar0'
    [ -z "$output" ]
    [ "$(grep -c EINVAL <<< "$stderr")" = 1 ]
    run -0 shell -c 'repeat 3 read vga' -c 'expect error EINVAL'
    # A command may put its words in another order: what it gets is its own.
    run -0 shell -c 'repeat 3 write bar2 b 1 --each 2' -c 'repeat 2 read bar2 b 2 --each'
    [[ ${lines[1]} == "00000000: 01 02 "* ]]
    echo 'source loop' > loop
    run -1 --separate-stderr shell -f loop
    [[ $stderr == *"levels deep"* ]]
}

@test "a server that says nothing: a timeout that names the command, status 1" {
    fake silent
    run -1 --separate-stderr shell --raw -c 'read bar0' -c 'read bar0'
    [[ $stderr == "vfuscope: -c:1: read: no reply to REGION_READ (id 1) within 5000 ms" ]]
    run -1 --separate-stderr shell --raw -c 'timeout 20ms' -c 'read bar0' -c 'read bar0'
    [ -z "$output" ]
    [[ $stderr == "vfuscope: -c:2: read: no reply to REGION_READ (id 1) within 20 ms" ]]
    run -0 shell --json -c 'timeout 3s' -c timeout
    [ "${lines[1]}" = '{"command":"timeout","ok":true,"timeout_ms":3000}' ]
    stop fake
    rm s
    fake mute
    run -1 --separate-stderr shell --raw -c 'read bar0'
    [[ $stderr == *"no reply to VERSION"* ]]
}

@test "a server that refuses, hangs up, or speaks another version" {
    fake refuse-version
    run -1 --separate-stderr shell -c info
    [[ $stderr == *"refused the version and capabilities: Invalid argument"* ]]
    stop fake
    rm s
    fake hang-up
    run -1 --separate-stderr shell -c info
    [[ $stderr == *"the server closed the connection"* ]]
    stop fake
    rm s
    fake high-version
    run -1 --separate-stderr shell -c info
    [[ $stderr == *"version 7.0"* ]]
    stop fake
    rm s
    fake bad-json
    run -0 shell -c 'read bar0'
    run -0 shell -c info -c 'send VERSION json={}' -c 'expect reply.major == 0'
    [[ $output == *'{"cap\x1b[2J'* ]]
    [[ $output != *$'\x1b'* ]]
}

@test "a server that lies: wrong id, command, type, sizes" {
    local mode
    for mode in wrong-id wrong-command short less size-3 size-3g half die; do
        fake $mode
        run -1 --separate-stderr shell --raw -c 'timeout 100ms' -c 'read bar0'
        [ -z "$output" ]
        case $mode in
        wrong-id) [[ $stderr == *"a stray reply came: REGION_READ, id 16385"*"no reply to REGION_READ (id 1)"* ]] ;;
        wrong-command) [[ $stderr == *"a stray reply came: DEVICE_RESET, id 1"* ]] ;;
        short) [[ $stderr == *"reply is too short for its fields: 24 bytes"* ]] ;;
        less) [[ $stderr == *"with 1 byte of the 4 asked for"* ]] ;;
        size-3) [[ $stderr == *"header with a size of 3:"* ]] ;;
        size-3g) [[ $stderr == *"header with a size of 3221225472:"* ]] ;;
        half) [[ $stderr == *"after 20 bytes of a message"* ]] ;;
        die) [[ $stderr == *"the server closed the connection"* ]] ;;
        esac || { echo "$mode: $stderr"; false; }
        stop fake
        rm s
    done
    fake wrong-type
    run -0 --separate-stderr shell --raw -c 'read bar0'
    [ "$output" = 0x11223344 ]
    [[ $stderr == *"a message of type 7 came"* ]]
    stop fake
    rm s
    fake fds
    run -0 shell -c 'repeat 300 read bar0'
}

@test "what is no longer needed is closed: old connections, vectors, the fds of replies" {
    serve
    local n counts=()
    printf 'dma map 0 4K\ndma unmap 0 4K\n' > maps
    for n in 1 60; do
        start "shell$n" "$VFUSCOPE" shell "$T/s" -c "repeat $n connect" -c "repeat $n irq arm msix" \
            -c "repeat $n send DEVICE_GET_REGION_INFO index=bar2" -c "repeat $n send DMA_MAP fd=eventfd fd=memfd:4K" \
            -c 'expect error' -c "repeat $n source maps" -c 'irq arm msi' -c 'read bar0' \
            -c 'irq wait msi 0 timeout 60s'
        await_text "shell$n.out" 0x10000ed "shell$n"
        counts+=("$(find "/proc/${STARTED[shell$n]}/fd" -type l | wc -l)")
        stop "shell$n" INT
    done
    [ "${counts[0]}" = "${counts[1]}" ]
}

@test "SIGINT ends a script with status 130" {
    serve
    start shell "$VFUSCOPE" shell "$T/s" -c 'read bar0' -c 'irq arm msi' -c 'irq wait msi 0 timeout 60s'
    await_text shell.out 0x10000ed shell
    stop shell INT
    [ "$status" = 130 ]
    start shell bash -c "mkfifo fifo; exec '$VFUSCOPE' s -c 'read bar0' -f fifo"
    await_text shell.out 0x10000ed shell
    stop shell TERM # before anybody has opened the FIFO
    [ "$status" = 130 ]
    start shell "$VFUSCOPE" shell "$T/s" -c 'read bar0' -f fifo
    await_text shell.out 0x10000ed shell
    exec 4> fifo
    echo 'read bar0 w' >&4
    await_text shell.out '^0xffff$' shell
    exec 4>&-
    await shell
    [ "$status" = 0 ]
}

@test "SIGTERM that comes together with a reply ends what would wait for more of them" {
    local command
    for command in 'poll bar0 == 1 timeout 60s' 'watch bar0 timeout 60s' 'repeat 1000000000 read bar0' 'read bar0 b 16M'; do
        fake terminating
        start shell "$VFUSCOPE" shell "$T/s" -c "$command" -c 'read bar0'
        await shell
        [ "$status" = 130 ]
        stop fake
        [ "$(grep -c '^9 ' fake.out)" -le 4 ] || { echo "$command: $(grep -c '^9 ' fake.out) reads"; false; }
        rm s
    done
    fake terminating # what is over with that reply did well
    start shell "$VFUSCOPE" shell "$T/s" -c 'read bar0' -c 'read bar0' -c 'poll bar0 == 0x11223344' -c 'read bar0'
    await shell
    [ "$status" = 130 ]
    [ "$(grep -c 0x11223344 shell.out)" = 3 ]
}

@test "standard output that can't be written is a failure" {
    serve
    run -1 --separate-stderr bash -c "'$VFUSCOPE' s -c 'read bar0' > /dev/full"
    [[ $stderr == *"standard output"* ]]
}

@test "trace shows each message, on both sockets" {
    serve
    run -0 shell -c 'dma map 0x100000 4K --message' -c 'write config+4 b 6' -c 'trace on' -c 'write bar0+0x80 q 0x100000' \
        -c 'write bar0+0x88 q 0x40000' -c 'write bar0+0x90 q 16' -c 'write bar0+0x98 q 1' -c 'poll bar0+0x98 & 1 == 0'
    [[ $output == *"client > #"*" REGION_WRITE"* ]]
    [[ $output == *"server > #"*" DMA_READ"* ]]
    [[ $output == *"client < #"*" DMA_READ"* ]]
}

@test "help lists every command, and says more about each" {
    run -0 "$VFUSCOPE" shell -c help
    local name
    for name in info regions irqs config read write poll reset 'dma map' 'mem dump' 'irq wait' send expect repeat; do
        [[ $output == *"  $name "* ]]
        run -0 "$VFUSCOPE" shell -c "help $name" -c help
    done
    run -0 "$VFUSCOPE" shell -c 'help send'
    [[ $output == *"DEVICE_SET_IRQS"*argsz* ]]
    run -1 "$VFUSCOPE" shell -c 'help nothing'
    run -1 --separate-stderr "$VFUSCOPE" shell -c 'read bar0'
    [[ $stderr == *"not connected"* ]]
}

@test "descriptors that a relay loses are asked about once; a server that forgets one is told of" {
    serve
    relay
    run -0 --separate-stderr "$VFUSCOPE" shell relay -c 'send DEVICE_GET_REGION_INFO index=2 argsz=4096' \
        -c 'send DEVICE_GET_REGION_INFO index=2 argsz=4096'
    [ "$(grep -c 'descriptors get lost between here and the server: a relay such as socat?' <<< "$stderr")" -eq 1 ]
    lacks 'breaks a rule' <<< "$stderr"
    mkdir faulty
    start faulty python3 "$BATS_TEST_DIRNAME/lib/faulty.py" faulty s region-fd
    await_text faulty.err '^listening on ' faulty
    run -0 --separate-stderr "$VFUSCOPE" shell faulty/0 -c 'send DEVICE_GET_REGION_INFO index=2 argsz=4096'
    [[ $stderr == *"the server breaks a rule: "*" [fd-missing]"* && $stderr != *"relay"* ]]
}
