# The summary's tables of what came of things: interrupts, DMA by message, what could have been mapped.
load lib/common

setup() {
    common_setup
    need jq jq
    serve
}

# sum [OPTION]...: of a tap that was started so and has ended, the JSON of its summary; a decode of its capture says the same
sum() {
    stop tap
    tail -n 1 tap.out > sum.json
    "$VFUSCOPE" decode cap -q -c --json 2> /dev/null > again.json
    diff <(jq 'del(.plugins, .waiting)' sum.json) <(jq 'del(.plugins, .waiting)' again.json)
}

@test "SET_IRQS by action, and each vector: armed, masked, fired" {
    tap -q -c --json -w cap --expose irq
    shell -c 'irq arm msix 0-1' -c 'irq trigger msix 0' -c 'irq wait msix 0' -c 'irq trigger msix 0' -c 'irq wait msix 0' \
        -c 'irq disarm msix' -c 'irq arm intx 0' -c 'irq mask intx 0' -c 'irq unmask intx 0'
    sum
    jq -e '.set_irqs == [{"index":0,"index_name":"intx","armed":1,"taken_away":0,"disabled":0,"triggered":0,"masked":1,"unmasked":1},
        {"index":2,"index_name":"msix","armed":1,"taken_away":0,"disabled":1,"triggered":2,"masked":0,"unmasked":0}]' sum.json
    jq -e '.vectors == [{"index":0,"index_name":"intx","vector":0,"armed":1,"masked":1,"fired":0,"fired_unarmed":0},
        {"index":2,"index_name":"msix","vector":0,"armed":1,"masked":0,"fired":2,"fired_unarmed":0},
        {"index":2,"index_name":"msix","vector":1,"armed":1,"masked":0,"fired":0,"fired_unarmed":0}]' sum.json
    "$VFUSCOPE" decode cap -q -c > text
    grep -Eq '^msix  +1 +0 +1 +2 +0 +0$' text
    grep -Eq '^msix 0  +1 +0 +2 +0$' text
}

@test "DMA by message, by mapping, also when it is gone; and none" {
    tap -q -c --json -w cap
    shell -c 'dma map 0x100000 64K --message' -c 'dma map 0x200000 64K --message' -c 'write bar0+0x80 q 0x100000' \
        -c 'write bar0+0x88 q 0x40000' -c 'write bar0+0x90 q 16' -c 'write bar0+0x98 q 1' -c 'poll bar0+0x98 q & 1 == 0' \
        -c 'dma unmap 0x100000 64K' -c 'dma map 0x100000 64K --message' -c 'write bar0+0x98 q 1' -c 'poll bar0+0x98 q & 1 == 0'
    sum
    jq -e '.dma_by_message | length == 1 and .[0].conn == 1 and .[0].address == "0x100000" and .[0].size == "0x10000" and
        .[0].fd == false and .[0].reads == 2 and .[0].read_bytes == 32 and .[0].writes == 0' sum.json
    "$VFUSCOPE" decode cap -q -c | grep -Eq '^1  0x100000\+64K  +2 +32 +0 +0$'
    tap -q -c --json -w cap
    shell -c 'dma map 0x100000 64K' -c 'read bar0'
    sum
    jq -e '.dma_by_message == [] and .set_irqs == [] and .vectors == [] and .mappable_by_message == []' sum.json
    lacks -E 'by message|SET_IRQS|vector' <("$VFUSCOPE" decode cap -q -c)
}

@test "accesses by message to what could have been mapped; not to the rest, nor where nothing could be" {
    tap -q -c --json -w cap
    shell -c 'regions' -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=4096' -c 'read bar2+0x1000' -c 'write bar2+0x3ffc 7' -c 'read bar2+0x4000' -c 'read bar2' -c 'read bar0'
    sum
    jq -e '.mappable_by_message | length == 1 and .[0].region_name == "bar2" and .[0].offset == "0x1000" and .[0].reads == 1 and
        .[0].writes == 1' sum.json
    "$VFUSCOPE" decode cap -q -c | grep -Eq '^1  bar2\+0x1000, 12K  +1 +1  #'
    tap -q -c --json -w cap --expose mmio # then it could not
    shell -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=4096' -c 'read bar2+0x1000'
    sum
    jq -e '.mappable_by_message == []' sum.json
    tap -q -c --json -w cap --inject 'type == reply and command == DEVICE_GET_REGION_INFO:dropfds'
    shell -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=4096' -c 'read bar2+0x1000'
    sum
    jq -e '.mappable_by_message == []' sum.json
}
