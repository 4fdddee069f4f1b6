# vfuscope serve --from: a recorded device, played back.
load lib/common

commands=(-c 'dma map 0x10000 64K --message' -c 'mem fill 0x10000 64 0x5a' -c 'irq arm msix 0-1' -c 'read bar0' -c 'write bar0+4 l 5'
    -c 'read bar0+4' -c 'write bar0+8 l 5' -c 'poll bar0+0x20 l & 1 == 0' -c 'read bar0+8' -c 'write bar0+0x60 l 1'
    -c 'irq wait msix 0' -c 'read bar0+0x24' -c 'write bar0+0x64 l 1' -c 'write bar0+0x80 q 0x10000' -c 'write bar0+0x88 q 0x40000'
    -c 'write bar0+0x90 q 16' -c 'write bar0+0x98 q 1' -c 'poll bar0+0x98 q & 1 == 0' -c 'write bar0+0x80 q 0x40000'
    -c 'write bar0+0x88 q 0x10100' -c 'write bar0+0x98 q 3' -c 'poll bar0+0x98 q & 1 == 0' -c 'mem dump 0x10100 16')

# A capture of these commands, at $T/cap
record() {
    serve
    tap -w cap --expose irq
    shell "${commands[@]}" > recorded
    stop tap
    stop serve
}

@test "the same client meets the same device: values, interrupts, DMA; and nothing differs" {
    record
    serve --from cap --once
    run -0 --separate-stderr "$VFUSCOPE" shell s "${commands[@]}"
    diff recorded - <<< "$output"
    await serve
    [ "$status" -eq 0 ]
    grep -q 'the mmap flag is withdrawn' serve.err
    lacks '^[-+]' serve.err
}

@test "what another client does otherwise is told, and a DMA_WRITE is left out behind it; the next begins anew" {
    record
    serve --from cap
    run -0 --separate-stderr "$VFUSCOPE" shell s "${commands[@]/write bar0+4 l 5/write bar0+4 l 6}"
    [[ $output == *$'00010100: 00 00 00 00 '* ]]
    await_text serve.err '^[0-9]+ .* the same' serve
    grep -q 'a DMA_WRITE, is left out, and others: the client has written something else' serve.err
    grep -Eq '^ *#[0-9]+/#[0-9]+ .*bar0\+0x4|^[-+]#[0-9]+ .*bar0\+0x4' serve.err
    run -0 --separate-stderr "$VFUSCOPE" shell s "${commands[@]}"
    diff recorded - <<< "$output"
    stop serve
    [ "$status" -eq 0 ]
    serve --from cap --once
    run -0 "$VFUSCOPE" shell s -c 'write bar0+4 l 6'
    await serve
    [ "$status" -eq 1 ]
}

@test "what the capture does not have is the last value seen there, or 0, which is said" {
    record
    serve --from cap
    run -0 --separate-stderr "$VFUSCOPE" shell s -c 'read bar0' -c 'read bar0' -c 'read bar0+2 w' -c 'read bar0+0x50'
    [ "$output" = $'0x10000ed\n0x10000ed\n0x100\n0x0' ]
    grep -q 'the capture does not have region 0+0x50, 4 bytes' serve.err
    run -0 --separate-stderr "$VFUSCOPE" shell s -c 'config'
    [[ $output == *1234:11e8* || $output == *"11e8"* ]]
}

@test "captures of QEMU boots: their own client meets nearly all of it again, what could be mapped aside" {
    for capture in qemu-boot nvme-linux virtio-net; do
        start serve "$VFUSCOPE" serve s --from "$BATS_TEST_DIRNAME/golden/$capture.pcap" --once
        await_text serve.err '^listening on ' serve
        run "$VFUSCOPE" replay "$BATS_TEST_DIRNAME/golden/$capture.pcap" s
        # VERSION's members, and those of the regions
        lacks -E 'GET_INFO|SET_IRQS|REGION_READ|REGION_WRITE|DMA_' <<< "$output"
        await serve
        [ "$status" -eq 0 ]
    done
}

@test "a file that is no capture, or of no device, and --device beside it: usage" {
    echo nothing > none
    run -2 --separate-stderr "$VFUSCOPE" serve s --from none
    [[ $stderr == *none* ]]
    run -2 --separate-stderr "$VFUSCOPE" serve s --from absent
    [[ $stderr == *absent* ]]
    run -2 --separate-stderr "$VFUSCOPE" serve s --from none --device edu
    [[ $stderr == *"--device and --migration"* ]]
}

@test "an interrupt between a read and its reply leaves the read its data" {
    local raise=(-c 'irq arm msix 0-1' -c 'write bar0+0x60 l 5' -c 'read bar0+0x24' -c 'irq wait msix 0' -c 'read bar0+4')
    serve
    tap -w cap --expose irq
    shell "${raise[@]}" > recorded
    grep -qx 0x5 recorded
    stop tap
    stop serve
    # The capture again, with its interrupt there
    python3 - <<'END'
import struct
data, records, at = open('cap', 'rb').read(), [], 24
while at < len(data):
    size = 16 + struct.unpack_from('<I', data, at + 8)[0]
    records.append(data[at:at + size])
    at += size
def is_read(record, type):  # behind pcap's header and the tags: the record's own header, which says how long it is
    message = record[44 + struct.unpack_from('>H', record, 44 + 12)[0]:]
    return record[44 + 5] == 1 and len(message) >= 24 and struct.unpack_from('<HIIIQ', message, 2)[::2] == (9, type, 0x24)
fired = next(r for r in records if b'"event":"interrupt"' in r)
records.remove(fired)
reply = next(i for i, r in enumerate(records) if is_read(r, 1))
assert is_read(records[reply - 1], 0)
records.insert(reply, fired)
open('moved', 'wb').write(data[:24] + b''.join(records))
END
    "$VFUSCOPE" decode moved --no-pairs | grep -A1 'client > .*REGION_READ .*bar0+0x24' | grep -q interrupt
    serve --from moved --once
    run -0 --separate-stderr "$VFUSCOPE" shell s "${raise[@]}"
    diff recorded - <<< "$output"
    await serve
    [ "$status" -eq 0 ]
    lacks 'the capture does not have' serve.err
}
