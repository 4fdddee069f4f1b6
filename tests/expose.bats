# --expose: with it nothing bypasses the socket; client and device work as before.
load lib/common

shown() {
    jq -c "$1" "$T/tap.out"
}

# An edu DMA of 64 bytes from guest memory to the device and back, ending with an MSI-X interrupt
transfers=(-c 'irq arm msix 0' -c 'dma map 0x10000 8K' -c 'mem fill 0x10000 64 0x5a'
    -c 'write bar0+0x80 q 0x10000' -c 'write bar0+0x88 q 0x40000' -c 'write bar0+0x90 q 64'
    -c 'write bar0+0x98 q 5' -c 'irq wait msix 0 timeout 60s'
    -c 'write bar0+0x80 q 0x40000' -c 'write bar0+0x88 q 0x11000' -c 'write bar0+0x98 q 7'
    -c 'irq wait msix 0 timeout 60s' -c 'mem dump 0x11000 16')

@test "everything exposed: every access, every byte of DMA and every interrupt is seen" {
    serve
    tap --json -x -w cap --expose mmio,dma,irq,ioeventfd
    grep -q 'changed on the way.*: accesses to mapped BARs, DMA into shared memory, interrupts by eventfd' tap.err
    run -0 shell --raw "${transfers[@]}"
    [[ $output == *"5a 5a 5a 5a"* ]]
    stop tap
    [ "$(shown 'select(.event == "interrupt") | [.index_name, .vector, .count]')" = $'["msix",0,1]\n["msix",0,1]' ]
    [ "$(shown 'select(.command == "DMA_READ" and .type == "reply") | .payload.data' | tr -d '"\n' | wc -c)" = 128 ]
    [ "$(shown 'select(.command == "DMA_WRITE" and .type == "command") | .payload.data' | tr -d '"\n' | wc -c)" = 128 ]
    [ "$(shown 'select(.changed) | [.command, .changed[0]]' | sort -u)" = \
        $'["DEVICE_SET_IRQS","expose"]\n["DMA_MAP","expose"]' ]
    "$VFUSCOPE" decode --json -x cap | diff - tap.out
}

@test "without --expose nothing is changed, and nothing of that is seen" {
    serve
    tap --json
    grep -q 'not seen here: accesses to mapped BARs, DMA into shared memory, eventfds' tap.err
    run -0 shell --raw "${transfers[@]}" -c 'send DEVICE_GET_REGION_INFO index=bar2'
    stop tap
    [ -z "$(shown 'select(.changed or .event == "interrupt" or .command == "DMA_READ")')" ]
    [ "$(shown 'select(.command == "DEVICE_GET_REGION_INFO" and .type == "reply") | .payload.flags.names')" = \
        '["read","write","mmap","caps"]' ]
}

@test "mmio: no region can be mapped, whatever room the client has for the reply" {
    serve
    tap --json --expose mmio
    run -0 shell --raw --json -c 'send DEVICE_GET_REGION_INFO index=bar2' \
        -c 'expect reply.flags == read' -c 'expect reply.argsz == 32' -c 'expect reply.cap_offset == 0' \
        -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=32' -c 'expect reply.argsz == 32' \
        -c 'send DEVICE_GET_REGION_INFO index=bar0' -c 'expect reply.flags == write' \
        -c 'write bar2+0x1000 0x12345678' -c 'read bar2+0x1000' -c 'expect value == 0x12345678'
    [[ $output != *mmap* ]]
    stop tap
    [ "$(shown 'select(.changed) | [.payload.index_name, .size, .payload.flags.names, .fds]')" = \
        $'["bar2",48,["read","write"],[]]\n["bar2",48,["read","write"],[]]' ]
    grep -q 'not seen here: DMA into shared memory, interrupts by eventfd' tap.err
}

@test "mmio: areas with files of their own, behind a step back in the chain" {
    fake files
    tap --json --expose mmio
    run -0 shell --raw --json -c 'send DEVICE_GET_REGION_INFO index=bar0 argsz=256' -c 'expect reply.flags == read|write|caps' \
        -c 'expect reply.capabilities[0].id == 3'
    stop tap
    [ "$(shown 'select(.changed) | [.payload.capabilities[].id_name, .fds]')" = '["msix_mappable",[]]' ]
}

@test "a mistake in the list is status 2" {
    run -2 --separate-stderr "$VFUSCOPE" tap t s --expose mmio,bar
    [[ $stderr == *"--expose bar: mmio, dma, irq, ioeventfd"* ]]
}

@test "interrupts that stop: disarmed, armed anew, the connection's end" {
    serve
    tap --json --expose all
    run -0 shell --raw -c 'irq arm msix' -c 'irq trigger msix 2' -c 'irq wait msix 2' -c 'irq disarm msix' \
        -c 'irq arm msix 1-2' -c 'irq trigger msix 1' -c 'irq wait msix 1' -c 'irq arm msix 1-2' \
        -c 'irq trigger msix 1' -c 'irq wait msix 1'
    stop tap
    [ "$(shown 'select(.event == "interrupt") | .vector' | tr '\n' ' ')" = '2 1 1 ' ]
}
