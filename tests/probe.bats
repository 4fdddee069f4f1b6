# Probing: a shell at a tap's control socket looks at the device of a client that is at work, which does not notice.
load lib/common

probe() {
    timeout "$LIMIT" "$VFUSCOPE" shell --tap "$T/control" "$@"
}

# A client that stays, and says what it got: a shell fed through a FIFO
client() {
    mkfifo fifo
    start client bash -c 'exec "$0" shell --raw t --json < fifo' "$VFUSCOPE"
    exec 9> fifo
    echo 'write bar0+4 0x1234' >&9
    await_text client.out '"write"'
}

@test "a probe reads and writes registers; the client gets its own replies only" {
    serve
    tap --json --control "$T/control"
    [ "$(stat -c %a control)" = 600 ]
    client
    run -0 probe -c 'read bar0+4' -c 'read bar0' -c 'write bar0+8 5' -c 'regions'
    [[ $output == *0xffffedcb*0x10000ed* ]]
    echo 'read bar0+4' >&9
    echo 'read bar0+8' >&9
    exec 9>&-
    await client
    [ "$status" = 0 ]
    [ "$(jq -r 'select(.command == "read") | .value' client.out)" = $'0xffffedcb\n0x78' ]
    [ ! -s client.err ]
    stop tap
    [ "$(jq -c 'select(.changed and .type == "reply") | .reply_to != null' tap.out | sort -u)" = true ]
    [ "$(jq -c 'select(.changed) | .problems // [] | length' tap.out | sort -u)" = 0 ]
    [ ! -e control ]
}

@test "a probe knows of the device what the tap knows, and asks nothing of it" {
    serve
    tap --control control
    mkfifo fifo
    start client bash -c 'exec "$0" shell t < fifo' "$VFUSCOPE"
    exec 9> fifo
    echo 'read bar0' >&9
    await_text client.out '^0x10000ed$'
    run -1 --separate-stderr probe -c 'read bar0+0x200000'
    [[ $stderr == *'EINVAL: bar0 has 0x100000 bytes' ]]
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins run -0 probe -c 'regs pci' -c 'read pci.msix.control'
    [[ ${lines[-1]} == 0x3* ]]
    exec 9>&-
    await client
    [ "$(grep -c 'client > .*DEVICE_GET_INFO' tap.out)" = 1 ]
    [ "$(grep -c 'client > .*config+0x0 ' tap.out)" -le 2 ] # regs reads pci.vendor
}

@test "what the VM would have to know of is refused, with the reason" {
    serve
    tap --json --control "$T/control"
    run -1 --separate-stderr probe -c 'read bar0'
    await_text tap.err "a probe's VERSION was refused: no client has negotiated" tap
    [[ $stderr == *"no client has negotiated with the device yet"* ]]
    client
    while IFS='|' read -r command reason; do
        run -0 probe -c "$command" -c 'expect error EPERM'
        [[ $output == *"error EPERM ("*"$reason"* ]]
        await_text tap.err "a probe's .* was refused: .*$reason" tap
    done <<'END'
reset|was reset
dma map 0x10000 4K|memory
dma unmap 0x10000 4K|memory
send DEVICE_SET_IRQS index=msix|interrupts
END
    run -1 --separate-stderr probe --json -c reset
    [ "$(jq -r .message <<< "$output")" = "the VM's driver would not know that its device was reset" ]
    [[ $stderr == *"reset: the tap answered EPERM (the VM's driver would not know"* ]]
    # An error of the device's is still the device's.
    run -1 --separate-stderr probe -c 'read bar5'
    [[ -z $output && $stderr == *"the server answered EINVAL"* ]]
    echo 'read bar0' >&9
    exec 9>&-
    await client
    grep -q 0x10000ed client.out
    stop tap
    [ -z "$(jq -c 'select(.command == "DEVICE_RESET" or .command == "DMA_MAP")' tap.out)" ]
}

@test "a probe that leaves, or the client does, amid a command" {
    serve
    tap --json --control "$T/control"
    client
    # The reply comes back when nobody waits for it: the client must not get it.
    for i in 1 2 3 4 5; do
        python3 - "$T/control" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(struct.pack('=HHIIIHH', 1, 1, 20, 0, 0, 0, 2))
s.recv(4096)
s.sendall(struct.pack('=HHIIIQII', 2, 9, 32, 0, 0, 0, 0, 4))
END
    done
    echo 'read bar0' >&9
    await_text client.out 0x10000ed
    exec 9>&-
    await client
    [ "$status" = 0 ]
    [ ! -s client.err ]
    stop tap
}

@test "a probe that sends faster than the device takes is refused, not queued without end" {
    serve
    tap --json --control "$T/control"
    client
    kill -STOP "${STARTED[serve]}"
    python3 - "$T/control" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(struct.pack('=HHIIIHH', 1, 1, 20, 0, 0, 0, 2))
s.recv(4096)
size = 1 << 18
for i in range(80):
    s.sendall(struct.pack('=HHIIIQII', 2, 10, 32 + size, 0x10, 0, 0, 0, size) + bytes(size))
END
    await_text tap.err "a probe's REGION_WRITE was refused: the device does not take what was sent before"
    kill -CONT "${STARTED[serve]}"
    echo 'read bar0' >&9
    await_text client.out 0x10000ed
    exec 9>&-
    await client
    [ "$status" = 0 ]
    stop tap
}

@test "nonsense at the control socket harms nobody" {
    serve
    tap --json --control "$T/control"
    client
    python3 - "$T/control" <<'END'
import os, socket, struct, sys
held = []
for junk in (b'\xff' * 64, b'x', struct.pack('=HHIIII', 1, 9, 20, 1, 0, 0), struct.pack('=HHIII', 1, 9, 16, 0, 0),
             struct.pack('=HHIII', 1, 1, 0xfffffff0, 0, 0)):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(junk)
    held.append(s)
END
    run -0 probe -c 'read bar0'
    [ "$output" = 0x10000ed ]
    echo 'read bar0' >&9
    exec 9>&-
    await client
    [ "$status" = 0 ]
    stop tap
    [ "$status" = 0 ]
}

@test "without a descriptor left a probe waits, and is served once there is one" {
    serve
    start tap bash -c 'ulimit -n 40; exec "$0" tap t s --control control' "$VFUSCOPE"
    await_text tap.err "listening on"
    client
    await_text tap.out '< #[0-9]+ +REGION_WRITE '
    mkfifo end
    start crowd python3 -c 'import socket
crowd = [socket.socket(socket.AF_UNIX) for _ in range(40)]
for s in crowd:
    s.connect("t")
open("end").read()' # until somebody opens and closes it
    await_text tap.err "can't take another client now: Too many open files"
    start probe "$VFUSCOPE" shell --tap control -c 'read bar0+4'
    : > end
    await crowd
    await probe
    [ "$status" = 0 ]
    [ "$(cat probe.out)" = 0xffffedcb ]
    exec 9>&-
    await client
    stop tap
    [ "$(grep -c "can't take" tap.err)" -lt 10 ]
}
