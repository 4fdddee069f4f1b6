# Hints at the end: what a connection as a whole says, of which no message is wrong; and where nothing is to be said.
load lib/common

memory='came without a descriptor and the server never asked for any by message: can it? (share=on)'
lost='no descriptor came from the client'

# hinted WORDS: the tap has ended, it said this, and so does a decode of its capture, once
hinted() {
    stop tap
    grep -F "$1" tap.err
    run -0 --separate-stderr "$VFUSCOPE" decode cap -q
    [ "$(wc -l <<< "$stderr")" -eq 1 ]
    [[ $stderr == "vfuscope: connection 1: $1"* ]]
}

# unhinted: neither of them does
unhinted() {
    stop tap
    lacks -E 'without a descriptor and|no descriptor came' tap.err
    run -0 --separate-stderr "$VFUSCOPE" decode cap -q
    [ -z "$stderr" ]
}

@test "all memory by message, and a server that never asks for any" {
    serve
    tap -q -w cap
    shell --raw -c 'dma map 0 640K --message' -c 'dma map 1M 511M --message' -c 'read bar0' -c 'dma unmap 0 640K'
    await_text tap.err 'never asked' tap # while the tap runs on
    hinted "all 511M of memory $memory"
    # Of what was left out, or began before, nothing is known
    "$VFUSCOPE" decode cap -q --filter 'command == DMA_MAP or command == REGION_READ' --filter-capture -w part
    run -0 --separate-stderr "$VFUSCOPE" decode part -q
    [ -z "$stderr" ]
    run -0 --separate-stderr "$VFUSCOPE" decode cap -q --count 6
    [ -z "$stderr" ]
    need jq jq
    "$VFUSCOPE" decode cap -q -c --json 2> /dev/null | jq -e '.hints | length == 1 and .[0].conn == 1 and
        .[0].name == "memory-by-message" and (.[0].text | startswith("all 511M "))'
}

@test "memory of which some has a descriptor, or for which the server asks" {
    serve
    tap -q -w cap
    shell --raw -c 'dma map 0 640K --message' -c 'dma map 1M 1M' -c 'read bar0'
    unhinted
    tap -q -w cap
    shell --raw -c 'dma map 0x100000 64K --message' -c 'write bar0+0x80 q 0x100000' -c 'write bar0+0x88 q 0x40000' \
        -c 'write bar0+0x90 q 16' -c 'write bar0+0x98 q 1' -c 'poll bar0+0x98 q & 1 == 0'
    unhinted
    tap -q -w cap
    shell --raw -c 'read bar0'
    unhinted
}

@test "whoever keeps descriptors back need not wonder" {
    serve
    for expose in dma all; do
        tap -q -w cap --expose "$expose"
        shell --raw -c 'dma map 0 640K' -c 'dma map 1M 1M --message' -c 'read bar0'
        unhinted
        tap -q -w cap --expose "$expose"
        shell --raw -c 'dma map 1M 1M --message' -c 'read bar0'
        stop tap
        lacks 'without a descriptor and' tap.err
    done
    tap -q -w cap --inject 'command == DMA_MAP:dropfds'
    shell --raw -c 'dma map 0 640K' -c 'read bar0'
    unhinted
}

@test "descriptors that a relay loses on their way to the tap: that, and not what follows from it" {
    serve
    tap -q -w cap
    start relay python3 "$BATS_TEST_DIRNAME/lib/relay.py" relay t
    await_text relay.err '^listening on ' relay
    timeout "$LIMIT" "$VFUSCOPE" shell --raw relay -c 'dma map 1M 64K' -c 'irq arm msix 0-3' -c 'read bar0'
    await_text tap.err "$lost" tap
    hinted "$lost, where some should have: are they lost on the way, by a relay such as socat?"
}

@test "a client that passes no descriptor, and need not" {
    serve
    tap -q -w cap
    # one vector: QEMU takes away what is not there too
    shell --raw -c info -c 'send DEVICE_SET_IRQS index=msix start=0 count=1 flags=eventfd|trigger argsz=20' -c 'read bar0'
    unhinted
    tap -q -w cap
    shell --raw -c info -c 'read bar0' -c reset
    unhinted
}
