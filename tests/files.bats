# FILE arguments that are no ordinary file: folders, FIFOs with nobody at the other end, sockets, an empty name. Each is
# refused by name, or waited for in such a way that signals are heard.

load lib/common

setup() {
    common_setup
    mkdir folder
    mkfifo fifo
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
    golden=$BATS_TEST_DIRNAME/golden/edu.pcap
}

# refused STATUS WHY ARGUMENT...: ends with that status, and says nothing but that
refused() {
    local wanted=$1 why=$2
    shift 2
    run --separate-stderr timeout 20 "$VFUSCOPE" "$@"
    if [ "$status" != "$wanted" ] || [[ $stderr != *"$why" ]] || [ -n "$output" ]; then
        echo "$*: status $status: $stderr"
        return 1
    fi
}

# await_wait PID: until it sleeps, and hears SIGINT
await_wait() {
    local i mask
    for ((i = 0; i < 500; i++)); do
        mask=$(sed -n 's/^Sig\(Cgt\|Blk\):\t/0x/p' "/proc/$1/status" | paste -sd '|')
        [ "$(((mask) & 2))" = 0 ] || ! grep -q '^State:.S' "/proc/$1/status" || return 0
        sleep 0.02
    done
    cat "/proc/$1/status"
    return 1
}

@test "what can't be read: status 2, by name" {
    local what
    serve
    for what in 'folder|vfuscope: folder: Is a directory' '|vfuscope: an empty file name' \
        'socket|vfuscope tap shows what others say to it)' 'absent|vfuscope: absent: No such file or directory'; do
        refused 2 "${what#*|}" decode "${what%|*}"
        refused 2 "${what#*|}" decode "$golden" "${what%|*}"
        refused 2 "${what#*|}" why "${what%|*}"
        refused 2 "${what#*|}" replay "${what%|*}" s
        refused 2 "${what#*|}" replay --compare "$golden" "${what%|*}"
        [ "${what%|*}" != socket ] || what='socket|vfuscope: socket: No such device or address'
        refused 2 "${what#*|}" shell s -c 'read bar0' -f "${what%|*}"
    done
}

@test "what can't be written: status 2, by name, before anything else is made" {
    local option what
    for what in 'folder|vfuscope: folder: Is a directory' '|vfuscope: an empty file name' \
        'socket|vfuscope: socket: No such device or address' 'no/such|vfuscope: no/such: No such file or directory'; do
        for option in -w -o --trace; do
            refused 2 "${what#*|}" decode "$golden" -q $option "${what%|*}"
            refused 2 "${what#*|}" tap t s -q $option "${what%|*}"
            [ ! -e t ]
        done
    done
}

@test "what can't be loaded: a plugin, a device's script" {
    refused 2 'vfuscope: ./fifo: not a regular file' decode "$golden" -q --plugin ./fifo
    refused 2 'Is a directory' decode "$golden" -q --plugin ./folder
    refused 2 'vfuscope: ./absent: cannot open shared object file: No such file or directory' decode "$golden" -q --plugin ./absent
    refused 2 'vfuscope: --device ram: folder: Is a directory' serve s --device ram:react=folder
    refused 2 'vfuscope: --device ram: react: needs a value' serve s --device ram:react=
    start serve env --default-signal "$VFUSCOPE" serve s --device ram:react=fifo
    stop serve # nobody writes to it
    [ "$status" = 143 ]
    start serve "$VFUSCOPE" serve s --device ram:bar0=4K,react=fifo
    echo 'init bar0+0 0x5' > fifo
    await_text serve.err '^listening' serve
    run -0 shell --raw -c 'read bar0'
    [ "$output" = 0x5 ]
}

@test "the shell's commands: status 1, by name" {
    local command
    serve
    for command in 'source X' 'mem load 0 X' 'mem cmp 0 X' 'mem save 0 16 X' 'dma map 64K 4K --file X' 'restore X' 'save X' \
        'read config 16 --to X' 'write config --from X' 'multi --file X'; do
        refused 1 'folder: Is a directory' shell s -c 'dma map 0 4K' -c "${command/X/folder}"
        refused 1 'socket: No such device or address' shell s -c 'dma map 0 4K' -c "${command/X/socket}"
    done
    refused 1 'mem load: an empty file name' shell s -c 'dma map 0 4K' -c "mem load 0 ''"
    refused 1 'dma map: fifo: not a regular file' shell s -c 'dma map 0 4K --file fifo --ro'
}

@test "a FIFO with nobody at its other end: a signal ends the wait" {
    local command arguments
    serve
    for command in 'source fifo' 'mem load 0 fifo' 'mem cmp 0 fifo' 'mem save 0 16 fifo' 'restore fifo' 'save fifo' \
        'read config 16 --to fifo' 'write config --from fifo'; do
        start shell "$VFUSCOPE" shell --raw s -c 'dma map 0 4K' -c 'read bar0' -c "$command" -c 'read bar0'
        await_text shell.out 0x10000ed shell
        stop shell
        [ "$status" = 130 ] || { echo "$command: $status"; false; }
    done
    for arguments in 'decode fifo' 'replay fifo s' "replay --compare $golden fifo" "decode $golden -q -w fifo" \
        "decode $golden -o fifo" "decode $golden -q --trace fifo" 'shell s -f fifo'; do
        # shellcheck disable=SC2086 # words
        start waits env --default-signal "$VFUSCOPE" $arguments
        await_wait "${STARTED[waits]}"
        stop waits INT
        [ "$status" = 130 ] || { echo "$arguments: $status"; false; }
        [[ $arguments == *"$golden"*-* ]] || [ ! -s waits.err ]
    done
}

@test "a FIFO that has somebody at its other end carries a file, while the connection is served" {
    serve
    start shell "$VFUSCOPE" shell --raw s -c 'dma map 0x1000 4K' -c 'mem load 0x1000 fifo' -c 'mem save 0x1000 8 back' -c 'mem save 0x1000 8 fifo'
    exec 4> fifo # once it has opened it
    printf abcd >&4
    printf efgh >&4
    exec 4>&-
    [ "$(cat fifo)" = abcdefgh ]
    await shell
    [ "$status" = 0 ]
    [ "$(< back)" = abcdefgh ]
    start save "$VFUSCOPE" shell --raw s -c 'write bar0+4 1' -c 'save fifo'
    cat fifo > state
    await save
    [ "$status" = 0 ]
    start restore "$VFUSCOPE" shell --raw s -c 'restore fifo'
    cat state > fifo
    await restore
    [ "$status" = 0 ]
}

@test "the tap ends though nobody reads its FIFO, and says so" {
    local option
    serve
    for option in -w --trace; do
        refused 1 'vfuscope: fifo: nobody reads it' tap t s -q $option fifo -- true
    done
    start tap "$VFUSCOPE" tap t s -q --trace fifo --once
    start reader cat fifo
    await_text tap.err '^listening on' tap
    run -0 "$VFUSCOPE" shell --raw t -c 'read bar0'
    await tap
    [ "$status" = 0 ]
    await reader
    jq -e length reader.out
}

# unread ARGUMENT...: with a pipe for standard output whose reader has left
unread() {
    # shellcheck disable=SC2016 # the inner shell's
    run --separate-stderr bash -c 'exec 5> >(true); wait $!; exec timeout 20 "$@" >&5 5>&-' _ "$VFUSCOPE" "$@"
}

@test "a reader that leaves is no fault: nothing is said, and the end is by SIGPIPE" {
    local arguments
    serve
    for arguments in "decode $golden" "decode $golden --json" "decode $golden -o -" "decode $golden -q -w -" \
        "decode $golden -q --trace -" "decode $golden -q -c" 'ping s -i 0' 'check s' "replay $golden s" "replay --compare $golden $golden" \
        'shell s -c info' 'help'; do
        # shellcheck disable=SC2086 # words
        unread $arguments
        [ "$status" = 141 ] || { echo "$arguments: $status"; false; }
        [ -z "$stderr" ] || { echo "$arguments: $stderr"; false; }
    done
}

@test "what else is asked for is done all the same" {
    unread decode "$golden" -w copy
    [ "$status" = 0 ]
    [ -z "$stderr" ]
    cmp copy <("$VFUSCOPE" decode "$golden" -q -w -)
    unread decode "$golden" --fail-on suspicious # it has some
    [ "$status" = 1 ]
    serve
    run -1 --separate-stderr bash -c "exec '$VFUSCOPE' ping s -n 1 > /dev/full"
    [ "$stderr" = "vfuscope: standard output: can't be written" ]
}
