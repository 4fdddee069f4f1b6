# vfuscope serve, judged by a client that shares nothing with it: tests/lib/client.py; the checks are in tests/serve/.
load lib/common

# check FILE NAME [OPTION...]: against a fresh server, which must live and end cleanly, its socket removed.
check() {
    need python3 python3
    serve "${@:3}"
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/lib timeout "$LIMIT" \
        python3 "$BATS_TEST_DIRNAME/serve/$1.py" "$2" "$T/s" "${STARTED[serve]}"
    stop serve
    [ "$status" -eq 0 ]
    [ ! -e "$T/s" ]
}

@test "VERSION: the lower minor, and only what was proposed" {
    check version version
}

@test "VERSION: JSON that is none is EINVAL, and the client may try again" {
    check version version_bad_json
}

@test "VERSION: another major is EINVAL and the end" {
    check version version_major
}

@test "before VERSION every command is EINVAL" {
    check version version_first
}

@test "DEVICE_GET_INFO" {
    check regions info
}

@test "DEVICE_GET_REGION_INFO: sizes, sparse areas, fds, replies cut to argsz" {
    check regions regions
}

@test "DEVICE_GET_REGION_IO_FDS: eventfds for the DMA command, what does not fit, none elsewhere" {
    check regions region_io_fds
}

@test "an eventfd starts a DMA as the write would" {
    check regions doorbells
}

@test "DEVICE_GET_IRQ_INFO" {
    check regions irq_info
}

@test "edu's registers keep what they should" {
    check regions registers
}

@test "accesses of a wrong width read all ones and write nothing" {
    check regions widths
}

@test "factorials, of large numbers too, and their interrupt" {
    check regions factorial
}

@test "BAR2: by message and through the fd, which nobody can shrink" {
    check regions memory
}

@test "BAR4: the MSI-X table takes what it should, the PBA nothing" {
    check regions msix_table
}

@test "region accesses out of range, too large, of the wrong size" {
    check regions access_errors
}

@test "REGION_WRITE_MULTI" {
    check regions write_multi
}

@test "config space: ids, BAR sizes, what can be written" {
    check regions config
}

@test "config space: the capability list" {
    check regions capabilities
}

@test "lspci reads the config space without complaint" {
    need lspci pciutils
    check regions lspci
}

@test "INTx: level, automasked, fires again on unmask until acknowledged" {
    check irqs intx
}

@test "INTx in PCI's status and command registers" {
    check irqs intx_config
}

@test "INTx raised before it is armed" {
    check irqs intx_pending
}

@test "an interrupt goes by MSI-X, else MSI, else INTx" {
    check irqs order_of_interrupts
}

@test "SET_IRQS: a client triggers vectors, by none and bool" {
    check irqs trigger
}

@test "SET_IRQS: eventfds for mask and unmask" {
    check irqs mask_events
}

@test "a full eventfd that blocks does not stop the device" {
    check irqs full_eventfd
}

@test "SET_IRQS: every malformed request is EINVAL" {
    check irqs irq_errors
}

@test "DMA_MAP: EEXIST, EINVAL, and what mmap says of the fd" {
    check dma dma_map_errors
}

@test "DMA_UNMAP: ENOENT, EINVAL, all at once" {
    check dma dma_unmap_errors
}

@test "DMA_MAP: 65,535 mappings, then ENOSPC" {
    check dma dma_map_limit
}

@test "DMA through the fd, both ways, with an interrupt" {
    check dma dma_by_fd
}

@test "DMA by messages, both ways, with an interrupt" {
    check dma dma_by_message
}

@test "DMA in pieces of the client's max_data_xfer_size" {
    check dma dma_chunks
}

@test "DMA over several mappings" {
    check dma dma_spanning
}

@test "DMA on the twin socket" {
    check dma dma_twin
}

@test "commands are served while DMA waits" {
    check dma dma_while_serving
}

@test "DMA replies in older QEMU's and the specification's form" {
    check dma dma_old_replies
}

@test "DMA that fails ends, changes nothing, interrupts" {
    check dma dma_failures
}

@test "a file cut off under its mapping, or sealed" {
    check dma dma_short_file
}

@test "DMA by message where the fd can't be written like a file" {
    check dma dma_not_a_file
}

@test "DMA addresses have 28 bits" {
    check dma dma_mask
}

@test "DMA of nothing" {
    check dma dma_empty
}

@test "unmap and reset during DMA; late replies" {
    check dma dma_unmapped
}

@test "DEVICE_FEATURE: get, set, probe, what does not fit, what is not there" {
    check migration features
}

@test "migration: every arc of the specification, and no other" {
    check migration arcs
}

@test "migration without PRE_COPY: its arcs are gone" {
    check migration arcs_without_pre_copy --migration stop-copy
}

@test "--migration none: no features, no data" {
    check migration none --migration none
}

@test "migration: saved while stopped, and loaded" {
    check migration save_stopped
}

@test "migration: saved while running, and loaded" {
    check migration save_running
}

@test "MIG_DATA_READ, MIG_DATA_WRITE: states, sizes, argsz" {
    check migration limits
}

@test "migration: a damaged stream is EINVAL, then ERROR until DEVICE_RESET" {
    check migration damaged
}

@test "migration: whole streams that are not of this device" {
    check migration other_states
}

@test "a stopped device's registers stay, config space and memory do not" {
    check migration stopped
}

@test "a stopped device holds interrupts back" {
    check migration stopped_interrupts
}

@test "a stopped device holds DMA back, and saves it" {
    check migration stopped_dma
}

@test "a client that leaves ends its migration" {
    check migration next_client
}

@test "noise in features and migration data" {
    check migration noise
}

@test "dirty logging of DMA through the fd" {
    check dirty dirty_by_fd
}

@test "dirty logging of DMA by messages" {
    check dirty dirty_by_message
}

@test "dirty logging of DMA on the twin socket" {
    check dirty dirty_twin
}

@test "dirty logging: ranges and page sizes" {
    check dirty dirty_ranges
}

@test "dirty logging: what is EINVAL, and what does not fit" {
    check dirty dirty_errors
}

@test "dirty logging: writes that fail or are not waited for" {
    check dirty dirty_failed
}

@test "dirty logging: many pages" {
    check dirty dirty_random
}

@test "DEVICE_RESET: the device as new, mappings and eventfds kept" {
    check connection reset
}

@test "commands that the device lacks are EINVAL" {
    check connection refused_commands
}

@test "stray replies are ignored, unknown types refused" {
    check connection types
}

@test "No_reply, errors included" {
    check connection no_reply
}

@test "a thousand commands at once, with fds" {
    check connection pipelined
}

@test "ids may repeat" {
    check connection same_ids
}

@test "a client that reads late, or never" {
    check connection backlog_of_answers
}

@test "a client that stops sending gets its answers" {
    check connection half_closed
}

@test "messages in pieces" {
    check connection split
}

@test "sizes that can not be true, or that are only claimed" {
    check connection hostile_sizes
}

@test "a connection that ends within a message, at each byte" {
    check connection every_truncation
}

@test "a thousand messages with fds leave none open" {
    check connection fd_leaks
}

@test "the device outlives its client" {
    check connection reconnect
}

@test "clients wait for their turn" {
    check connection waiting_clients
}

@test "noise in well-framed messages" {
    check connection random_bytes
}

# read_id [SOCKET]: the identification register, by the independent client
read_id() {
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/lib timeout "$LIMIT" \
        python3 -c 'import sys; from client import *; print(hex(Client(sys.argv[1]).read(BAR0, 0)))' "${1:-$T/s}"
}

@test "--once ends with the first connection, status 0" {
    need python3 python3
    serve --once
    run -0 read_id
    [ "$output" = 0x10000ed ]
    await serve
    [ "$status" -eq 0 ]
    [ ! -e "$T/s" ]
}

@test "--socket-path; SIGINT and SIGTERM end it cleanly, also with a client and one waiting" {
    need python3 python3
    cat > clients.py <<'END'
import socket, sys, time
sockets = [socket.socket(socket.AF_UNIX) for _ in range(2)]
for s in sockets:
    s.connect(sys.argv[1])
print('connected', flush=True)
time.sleep(100)
END
    for signal in INT TERM; do
        start serve "$VFUSCOPE" serve --socket-path="$T/s" --device edu
        await_text "$T/serve.err" "^listening on $T/s\$" serve
        run -0 read_id
        start clients python3 clients.py "$T/s"
        await_text "$T/clients.out" connected clients
        stop serve "$signal"
        [ "$status" -eq 0 ]
        [ ! -e "$T/s" ]
        stop clients
    done
}

@test "--fd: a listening socket, and a connected one" {
    need python3 python3
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/lib timeout "$LIMIT" \
        python3 "$BATS_TEST_DIRNAME/serve/inherit.py" "$VFUSCOPE"
}

@test "a client causes 20 lines at most, and none that nobody reads stalls the device" {
    need python3 python3
    serve
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/lib timeout "$LIMIT" \
        python3 "$BATS_TEST_DIRNAME/serve/dma.py" dma_failures_many "$T/s" "${STARTED[serve]}"
    [ "$(grep -c 'DMA from 0x5000: not mapped' "$T/serve.err")" -eq 20 ]
    [ "$(grep -c 'no more is said about this client' "$T/serve.err")" -eq 1 ]
    stop serve
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/lib timeout "$LIMIT" \
        python3 "$BATS_TEST_DIRNAME/serve/unread.py" "$VFUSCOPE"
}

@test "file descriptors running out: EMFILE, and the next client is served" {
    need python3 python3
    start serve bash -c 'ulimit -n 16 && exec "$@"' - "$VFUSCOPE" serve "$T/s"
    await_text "$T/serve.err" '^listening on ' serve
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$BATS_TEST_DIRNAME/lib timeout "$LIMIT" \
        python3 "$BATS_TEST_DIRNAME/serve/connection.py" no_fds "$T/s" "${STARTED[serve]}"
    run -0 read_id
    stop serve
    [ "$status" -eq 0 ]
}

@test "usage: what can't be opened or is not known is status 2, with a reason" {
    need python3 python3
    local long
    long=$T/$(printf 'x%.0s' $(seq 120))
    echo plain > file
    serve
    refuses() {
        run -2 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" serve "${@:2}"
        [[ $stderr == "vfuscope: "*"$1"* ]]
    }
    refuses "one of SOCKET"
    refuses "one of SOCKET" "$T/a" --socket-path="$T/b"
    refuses "one of SOCKET" "$T/a" --fd=3
    refuses "too many" "$T/a" "$T/b"
    refuses "no such device" "$T/a" --device nvme
    refuses "pre-copy, stop-copy or none" "$T/a" --migration maybe
    refuses "107 bytes" "$long"
    refuses "not a socket" "$T/file"
    refuses "in use" "$T/s"
    refuses "No such file" "$T/no/such/folder/s"
    refuses "Bad file descriptor" --fd=77
    refuses "not a number" --fd=x
    refuses "--fd 0: " --fd=0
    [ "$(cat file)" = plain ]
    run -0 read_id
}

@test "a socket that nobody serves is replaced; a folder means its cntrl" {
    need python3 python3
    serve
    stop serve KILL
    [ -S "$T/s" ]
    serve
    run -0 read_id
    stop serve
    mkdir folder
    start serve "$VFUSCOPE" serve "$T/folder"
    await_text "$T/serve.err" "^listening on $T/folder/cntrl\$" serve
    [ "$(stat -c %a "$T/folder/cntrl")" = 600 ]
    run -0 read_id "$T/folder/cntrl"
}

@test "standard error that nobody reads stops nothing: who is served, what clients do, the end" {
    full err
    start serve bash -c "exec '$VFUSCOPE' serve s 2>&8"
    await_that test -S s
    for _ in 1 2 3; do # each has the server say something, in the end
        run -1 timeout "$LIMIT" "$VFUSCOPE" shell --raw s --no-negotiate -c 'send raw=0000000000000000ffffffff0000000000000000'
        run -0 timeout "$LIMIT" "$VFUSCOPE" shell --raw s -c 'read bar0'
        [ "$output" = 0x10000ed ]
    done
    stop serve
    [ "$status" -eq 0 ]
    exec 8>&-
}
