#!/usr/bin/env bats
# The virtio plugin: set-up in its order and out of it, and requests from guest memory. The device is serve's ram, the
# driver the shell.

load lib/common
load lib/talk # hex

setup() {
    common_setup
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    printf '%s\n' 'read config+0 b 256' 'dma map 0x100000 1M' > script
}

# play DEVICE: the script, against this kind of device; what virtio says is in $T/notes
play() {
    serve --device "ram:vendor=0x1af4,device=$1,class=0x010000,bar0=16K,msix=2,react=$BATS_TEST_DIRNAME/lib/virtio.react"
    tap -o text -w cap
    mkfifo pipe
    start sh timeout "$LIMIT" "$VFUSCOPE" shell --raw t -f pipe
    exec 9> pipe
    while read -r line; do
        case $line in
        await*) await_text text "${line#await }" ;; # guest memory changes at once: let the plugin have seen it before
        *) echo "$line" >&9 ;;
        esac
    done < script
    exec 9>&-
    await sh
    [ "$status" -eq 0 ]
    stop tap
    stop serve
    sed -n -E 's/^ +((! )?virtio: )/\1/p' text > notes
    "$VFUSCOPE" decode cap | diff text -
    lacks plugin tap.err
}

# driver [FEATURES [HIGH]]: what every driver does: reset, acknowledge, features, a queue of 8 at 0x100000, 0x101000 and
# 0x102000
driver() {
    printf '%s\n' 'write bar0+20 b 0' 'write bar0+20 b 1' 'write bar0+20 b 3' 'write bar0+0 0' 'read bar0+4' \
        'write bar0+0 1' 'read bar0+4' 'write bar0+8 0' "write bar0+12 ${1:-0x200}" 'write bar0+8 1' "write bar0+12 ${2:-1}" \
        'write bar0+20 b 11' 'read bar0+20 b' 'read bar0+18 w' 'write bar0+22 w 0' 'read bar0+24 w' 'read bar0+30 w' \
        'write bar0+26 w 1' 'write bar0+32 0x100000' 'write bar0+36 0' 'write bar0+40 0x101000' 'write bar0+44 0' \
        'write bar0+48 0x102000' 'write bar0+52 0' 'write bar0+28 w 1' 'write bar0+20 b 15' >> script
}

# descriptor NUMBER ADDRESS SIZE FLAGS NEXT
descriptor() {
    echo "mem write $((0x100000 + 16 * $1)) $(hex "$2" 8)$(hex "$3" 4)$(hex "$4" 2)$(hex "$5" 2)" >> script
}

@test "a block device comes up; reads, writes and flushes from guest memory, and how they went" {
    driver 0x10000200
    # read of 8 sectors at 0x10; a write; the descriptors of the second one by an indirect table
    descriptor 0 0x110000 16 1 1
    descriptor 1 0x120000 4096 3 2
    descriptor 2 0x110100 1 2 0
    descriptor 3 0x130000 48 4 0
    {
        echo "mem write 0x110000 $(hex 0 8)$(hex 16 8)"
        echo "mem write 0x110020 $(hex 1 8)$(hex 32 8)"
        echo "mem write 0x130000 $(hex 0x110020 8)$(hex 16 4)$(hex 1 2)$(hex 1 2)$(hex 0x120000 8)$(hex 512 4)$(hex 1 2)$(hex 2 2)"
        echo "mem write 0x130020 $(hex 0x110101 8)$(hex 1 4)$(hex 2 2)0000"
        echo "mem write 0x101000 $(hex 0 2)$(hex 2 2)$(hex 0 2)$(hex 3 2)"
        echo 'write bar0+0x1000 w 0'
        echo 'await virtio: queue 0 chain 3: '
        echo "mem write 0x110101 01"
        echo "mem write 0x102000 $(hex 0 2)$(hex 2 2)$(hex 0 4)$(hex 4097 4)$(hex 3 4)$(hex 1 4)"
        echo 'read bar0+0x3000 q'
        echo 'read bar0+0x2000 b'
        echo 'write bar0+0x1000 w 0'
    } >> script
    play 0x1042
    sed -E 's/[0-9.]+ [um]?s,/T,/' notes > got
    diff got - << 'END'
virtio: block
virtio: common configuration: bar0+0x0, 0x40 bytes
virtio: notifications: bar0+0x1000, 0x1000 bytes, an address a queue
virtio: ISR: bar0+0x2000, 0x1 bytes
virtio: device configuration: bar0+0x3000, 0x40 bytes
virtio: status <- 0: device reset
virtio: device offers features 0 to 31: BLK_SIZE, FLUSH, INDIRECT_DESC, EVENT_IDX
virtio: device offers features 32 to 63: VERSION_1, RING_PACKED, NOTIFICATION_DATA
virtio: driver takes features 0 to 31: FLUSH, INDIRECT_DESC
virtio: driver takes features 32 to 63: VERSION_1
virtio: not taken: BLK_SIZE, EVENT_IDX, RING_PACKED, NOTIFICATION_DATA
virtio: queue 0 size = 8
virtio: queue 0 is enabled: 8 deep, descriptors 0x100000, available 0x101000, used 0x102000, vector 1
virtio: queue 0 is notified
virtio: queue 0 chain 0: read sector 0x10, 4K, 3 descriptors
virtio: queue 0 chain 3: write sector 0x20, 512, 3 descriptors
virtio: blk.capacity = 2048 sectors (1M)
virtio: queue 0 is notified
virtio: queue 0 chain 0 done: read sector 0x10, 4K, ok, within T, 4097 bytes written
! virtio: queue 0 chain 3 done: write sector 0x20, 512, I/O error, within T, 1 byte written
END
}

@test "a device whose state is loaded was set up elsewhere: its notifications are in order" {
    local ids=f41a4210000010000100000100000000
    told READ 7 0 "${ids}$(printf '%072d' 0)$(hex 0x40 4)$(hex 0 8)$(hex 0x01105009 4)$(hex 0 8)$(hex 0x40 4)"
    told READ 7 0x50 "$(hex 0x02140009 4)$(hex 0 4)$(hex 0x1000 4)$(hex 0x800 4)$(hex 4 4)"
    told WRITE 0 20 00
    told WRITE 0 0x1000 0000
    told STATE 1 # STOP
    told STATE 4 # RESUMING
    told STATE 1
    told STATE 2 # RUNNING
    told WRITE 0 0x1000 0000
    talk_capture cap
    "$VFUSCOPE" decode cap > text
    [ "$(grep -c 'virtio: queue 0: its set-up was not seen$' text)" -eq 2 ]
    [ "$(grep -c '! virtio: ' text)" -eq 1 ]
    grep -q '! virtio: a notification before DRIVER_OK$' text # the first one
}

# golden NAME: what virtio says of a recording
golden() {
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/$1.pcap" > text
    sed -n -E 's/^ +((! )?virtio: )/\1/p' text | diff "$BATS_TEST_DIRNAME/golden/$1.notes" -
}

@test "SeaBIOS brings a block device up and asks for its boot sector" {
    golden virtio-blk
}

@test "SeaBIOS by a split ring, then Linux by a packed one: a block device is read, written, trimmed and let go" {
    golden virtio-linux
}

@test "SPDK's block device: notifications are not seen, interrupts tell when to look" {
    golden virtio-spdk
}

@test "SPDK's block device, nothing exposed: what went by unseen is counted, once" {
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/spdk-virtio-blk-mapped.pcap.gz" > text
    grep -o 'queue 0: .*between.*' text |
        diff - <(echo 'queue 0: its available index went from 3 to 367 between two looks: 364 requests went by unseen')
    lacks '! virtio' text
}

@test "Linux brings a net device up: buffers, control commands, frames" {
    golden virtio-net
}

@test "net: buffers to receive into, frames to transmit" {
    driver
    printf '%s\n' 'write bar0+22 w 1' 'write bar0+32 0x180000' 'write bar0+40 0x181000' 'write bar0+48 0x182000' \
        'read bar0+24 w' 'write bar0+28 w 1' >> script
    descriptor 0 0x110000 1526 2 0
    {
        echo "mem write 0x101000 $(hex 0 2)$(hex 1 2)$(hex 0 2)"
        echo "mem write 0x180000 $(hex 0x111000 8)$(hex 110 4)$(hex 0 4)"
        echo "mem write 0x111000 $(hex 1 12)ffffffffffff525400123456$(hex 0x0608 2)"
        echo "mem write 0x181000 $(hex 0 2)$(hex 1 2)$(hex 0 2)"
        printf '%s\n' 'write bar0+0x1000 w 0' 'write bar0+0x1000 w 1'
    } >> script
    play 0x1041
    grep -q 'virtio: queue 0 chain 0: a receive buffer of 1526 bytes, 1 descriptor' notes
    grep -q 'queue 1 chain 0: transmit a frame of 98 bytes from 52:54:00:12:34:56 to ff:ff:ff:ff:ff:ff, type 0x0806, checksum wanted, 1 desc' notes
}

@test "SCSI: a request's target and command" {
    driver
    printf '%s\n' 'write bar0+22 w 2' 'read bar0+24 w' 'write bar0+28 w 1' >> script
    descriptor 0 0x110000 51 1 1
    descriptor 1 0x110100 108 2 0
    {
        echo "mem write 0x110000 0105400300000000$(hex 1 8)000000280000000010000008$(hex 0 8)"
        echo "mem write 0x101000 $(hex 0 2)$(hex 1 2)$(hex 0 2)"
        echo 'write bar0+0x1000 w 2'
        echo 'await virtio: queue 2 chain 0: '
        echo "mem write 0x102000 $(hex 0 2)$(hex 1 2)$(hex 0 4)$(hex 108 4)"
        echo 'write bar0+0x1000 w 2'
    } >> script
    # Queue 2's addresses are those written for queue 0, which a driver would not do: write them again.
    sed -i 's/^write bar0+22 w 2$/&\nwrite bar0+32 0x100000\nwrite bar0+40 0x101000\nwrite bar0+48 0x102000/' script
    play 0x1048
    grep -q 'virtio: queue 2 chain 0: target 5 LUN 3: READ(10) LBA 0x10+8, 2 descriptors' notes
    grep -q 'virtio: queue 2 chain 0 done: READ(10) LBA 0x10+8, ok, ' notes
}

@test "steps out of order, features that are not offered, queues outside the map" {
    printf '%s\n' 'write bar0+20 b 0' 'write bar0+20 b 2' 'write bar0+20 b 6' 'write bar0+20 b 4' 'write bar0+20 b 0' \
        'write bar0+0 1' 'read bar0+4' 'write bar0+0 0' 'read bar0+4' 'write bar0+8 0' 'write bar0+12 1' 'write bar0+8 1' \
        'write bar0+12 0' 'write bar0+20 b 3' 'write bar0+20 b 11' 'write bar0+12 2' 'write bar0+22 w 0' \
        'write bar0+24 w 7' 'write bar0+28 w 1' 'write bar0+28 w 2' 'write bar0+0x1000 w 0' 'write bar0+20 b 0x8b' \
        'write bar0+20 b 0' 'read bar0+20 b' 'write bar0+20 b 1' 'write bar0+20 b 3' 'write bar0+20 b 15' >> script
    play 0x1042
    grep -o '! misfit: .*virtio-.*' text > misfits
    diff misfits - << 'END'
! misfit: the client: queue 0: its descriptor table, 0x0+0x70, is not in the DMA map for the device to read [virtio-queue-unmapped]
! misfit: the client: queue 0: its available ring, 0x0+0x12, is not in the DMA map for the device to read [virtio-queue-unmapped]
! misfit: the client: queue 0: its used ring, 0x0+0x3c, is not in the DMA map for the device to write [virtio-queue-unmapped]
END
    sed -n 's/^! //p' notes > got
    diff got - << 'END'
virtio: DRIVER without ACKNOWLEDGE before it
virtio: DRIVER_OK without FEATURES_OK before it
virtio: status bits are cleared without a reset
virtio: the driver takes features that the device does not offer: BARRIER
virtio: VERSION_1 is not taken: a modern device may refuse that
virtio: features change after FEATURES_OK
virtio: queue 0: 7 is no power of two
virtio: queue enable <- 2: only 1 may be written
virtio: a notification before DRIVER_OK
virtio: queue 0: the available ring at 0x2: outside the DMA map
virtio: the driver gives up
virtio: DRIVER_OK together with FEATURES_OK: whether the device takes the features was not read
END
}

@test "hostile rings: loops, indexes beyond the table, indirect tables in each other, indexes that run away" {
    driver 0x10000200
    descriptor 0 0x110000 16 1 0
    descriptor 1 0x110000 16 1 99
    descriptor 2 0x100020 16 4 0
    descriptor 3 0xfffffffffffffff8 0xffffffff 0 0
    {
        echo "mem write 0x101000 $(hex 0 2)$(hex 4 2)$(hex 0 2)$(hex 1 2)$(hex 2 2)$(hex 3 2)"
        echo 'write bar0+0x1000 w 0'
        echo 'await virtio: queue 0: 0xf'
        echo "mem write 0x101002 $(hex 0x1000 2)"
        echo 'write bar0+0x1000 w 0'
        echo 'await virtio: queue 0: its available index went'
        echo "mem write 0x101002 $(hex 0xfff0 2)"
        echo "mem write 0x102002 $(hex 0xfff0 2)"
        echo 'write bar0+0x1000 w 0'
        echo 'read bar0+0x3000 q'
    } >> script
    play 0x1042
    grep -q '! virtio: queue 0 chain 0: .*: a loop$' notes
    grep -q '! virtio: queue 0 chain 1: .*: an index beyond the table$' notes
    grep -q '! virtio: queue 0 chain 2: .*: a misplaced indirect table$' notes
    grep -q '! virtio: queue 0: 0xfffffffffffffff8+0xffffffff is not in the DMA map for the device to read' notes
    grep -q '! virtio: queue 0: its available index is 4096, its used index 0: the queue has 8 entries' notes
    # Both have come as far, by requests that nobody notified of
    grep -q '^virtio: queue 0: its available index went from 4096 to 65520 between two looks' notes
    grep -q '^virtio: queue 0: its used index went from 0 to 65520 between two looks' notes
    [ "$(grep -c 'its available index is' notes)" -eq 1 ]
    grep -q 'capacity = 2048' notes
}

# slot NUMBER ADDRESS SIZE ID FLAGS: of the packed ring
slot() {
    echo "mem write $((0x100000 + 16 * $1)) $(hex "$2" 8)$(hex "$3" 4)$(hex "$4" 2)$(hex "$5" 2)" >> script
}

@test "a packed ring: chains, an indirect table, completions out of order, around its end; notification data" {
    driver 0x10000200 0x45
    slot 0 0x110000 16 5 0x81
    slot 1 0x120000 4096 5 0x83
    slot 2 0x110100 1 5 0x82
    slot 3 0x130000 48 6 0x84
    {
        echo "mem write 0x110000 $(hex 0 8)$(hex 16 8)$(hex 1 8)$(hex 32 8)"
        echo "mem write 0x130000 $(hex 0x110010 8)$(hex 16 8)$(hex 0x120000 8)$(hex 512 8)$(hex 0x110101 8)$(hex 1 4)$(hex 2 4)"
        echo "mem write 0x13001c $(hex 0 4)"
        echo "mem write 0x13002c $(hex 0x20000 4)"
        echo 'write bar0+0x1000 0x80040000'
        echo 'await virtio: queue 0 chain 6: '
        echo "mem write 0x110101 01"
    } >> script
    slot 0 0 1 6 0x8080
    slot 1 0 4097 5 0x8082
    echo 'write bar0+0x1000 0x80040000' >> script
    echo 'await virtio: queue 0 chain 5 done' >> script
    # one chain before the end and one across it, behind which the bits are the other way round
    slot 4 0x110000 16 7 0x81
    slot 5 0x120000 4096 7 0x83
    slot 6 0x110100 1 7 0x82
    slot 7 0x110000 16 8 0x81
    slot 0 0x120000 512 8 0x8003
    slot 1 0x110100 1 8 0x8002
    echo 'write bar0+0x1000 0x00020000' >> script
    play 0x1042
    grep -q 'virtio: queue 0 is enabled: packed, 8 deep, ring 0x100000, events 0x101000 and 0x102000, vector 1' notes
    sed -n '/is notified/,$p' notes | sed 's/, within [0-9.]* [um]*s//' > got
    diff got - << 'END'
virtio: queue 0 is notified: next slot 4, wrap counter 1
virtio: queue 0 chain 5: read sector 0x10, 4K, 3 descriptors
virtio: queue 0 chain 6: write sector 0x20, 512, 3 descriptors
virtio: queue 0 is notified: next slot 4, wrap counter 1
! virtio: queue 0 chain 6 done: write sector 0x20, 512, I/O error, 1 byte written
virtio: queue 0 chain 5 done: read sector 0x10, 4K, ok, 4097 bytes written
virtio: queue 0 is notified: next slot 2, wrap counter 0
virtio: queue 0 chain 7: read sector 0x10, 4K, 3 descriptors
virtio: queue 0 chain 8: read sector 0x10, 512, 3 descriptors
END
}

@test "hostile packed rings: chains without an end, nested and broken indirect tables, ids that were never given" {
    driver 0x10000200 0x5
    for i in 0 1 2 3 4 5 6 7; do
        slot $i 0x110000 16 3 0x81
    done
    {
        echo 'write bar0+0x1000 w 0'
        echo 'await virtio: queue 0 chain 3: '
        echo "mem write 0x130000 $(hex 0x130000 8)$(hex 0xffffffff 4)$(hex 4 2)$(hex 4 2)"
    } >> script
    slot 0 0x130000 0xfffffff0 4 0x8004
    slot 1 0x130000 8 5 0x8004
    slot 2 0xfffffffffffffff8 0xffffffff 6 0x8000
    slot 3 0x130000 16 7 0x8005
    echo 'write bar0+0x1000 w 0' >> script
    echo 'await queue 0 chain 7: ' >> script
    slot 4 0 0 9999 0
    slot 5 0 0 9999 0
    printf '%s\n' 'write bar0+0x1000 w 0' 'read bar0+0x3000 q' >> script
    play 0x1042
    grep -q '! virtio: queue 0 chain 3: .*: it is longer than the ring$' notes
    grep -q '! virtio: queue 0 chain 4: .*: a misplaced indirect table$' notes
    grep -q '! virtio: queue 0 chain 5: .*: an indirect table of no whole descriptors$' notes
    grep -q '! virtio: queue 0: 0xfffffffffffffff8+0xffffffff is not in the DMA map for the device to read' notes
    grep -q '! virtio: queue 0 chain 7: .*: a misplaced indirect table$' notes
    grep -q 'capacity = 2048' notes
}

@test "registers by name, where the capabilities say; regs leaves the ISR alone; a window of config space" {
    printf '%s\n' 'init config+0xc8 hex 09001405000000000000000000000000' 'init config+0xb8 hex 09c81004000000000030000040000000' \
        'init config+0x08 b 1' > more.react
    cat "$BATS_TEST_DIRNAME/lib/virtio.react" more.react > react
    serve --device "ram:vendor=0x1af4,device=0x1042,class=0x010000,bar0=16K,msix=2,react=$T/react"
    tap -o text
    run -0 shell --raw -c 'write virtio.device_status 3' -c 'read virtio.device_status' -c 'read virtio.blk.blk_size' -c 'regs virtio'
    [ "${lines[0]}" = '0x3  ACKNOWLEDGE, DRIVER' ]
    [ "${lines[1]}" = 0x200 ]
    grep -q '^virtio.device_status  *0x3  *ACKNOWLEDGE, DRIVER$' <<< "$output"
    grep -q '^virtio.isr_status  *not read: that would change it$' <<< "$output"
    lacks -q 'virtio.net' <<< "$output"
    lacks -q 'REGION_READ.*bar0+0x2000' text
    run -1 shell --raw -c 'read virtio.net.mtu'
    [[ $output = *'virtio.net.mtu: this device has no such register' ]]
    run -0 shell --raw -c 'read virtio.isr_status' -c 'write config+0xcc b 0' -c 'write config+0xd0 20' -c 'write config+0xd4 1' \
        -c 'write config+0xd8 b 0'
    stop tap
    grep -q 'bar0+0x2000 virtio.isr_status = 0x00  ' text
    grep -A1 'virtio: by the window of config space: bar0+0x14' text | grep -q 'virtio: status <- 0: device reset'
}

@test "transitional and legacy devices, features of another device type, requests that a reset leaves behind" {
    serve --device "ram:vendor=0x1af4,device=0x1000,subdevice=1,bar0=16K"
    tap -o legacy
    run -0 shell --raw -c 'read config+0 b 256' -c 'write bar0+18 b 3' -c 'write bar0+4 0x8020'
    stop tap
    stop serve
    grep -q 'virtio: net, transitional' legacy
    grep -q 'virtio: a legacy device: it has no structures of virtio 1.0' legacy
    grep -q 'virtio: legacy device status <- 0x3: ACKNOWLEDGE, DRIVER' legacy
    grep -q 'virtio: legacy driver features <- 0x8020: MAC, MRG_RXBUF' legacy
    driver
    descriptor 0 0x110000 16 1 1
    descriptor 1 0x110100 1 2 0
    {
        echo "mem write 0x110000 $(hex 4 16)"
        echo "mem write 0x101000 $(hex 0 2)$(hex 1 2)$(hex 0 2)"
        printf '%s\n' 'write bar0+0x1000 w 0' 'await chain 0: flush' 'write bar0+20 b 0' 'write bar0+20 b 1' 'write bar0+22 w 0' \
            'write bar0+0x1000 w 0' 'write bar0+20 b 0'
    } >> script
    play 0x1042
    grep -q '! virtio: queue 0: 1 request without an answer, such as chain 0: flush' notes
    [ "$(grep -c 'without an answer' notes)" = 1 ]
    grep -q '! virtio: a notification before DRIVER_OK' notes
    grep -q 'virtio: queue 0: its set-up was not seen' notes
}

@test "a connection that ends in the middle, and a reset in the middle, leave nothing to the next" {
    serve --device "ram:vendor=0x1af4,device=0x1042,bar0=16K,react=$BATS_TEST_DIRNAME/lib/virtio.react"
    tap -o text
    local half=(-c 'read config+0 b 256' -c 'dma map 0x100000 1M' -c 'write bar0+20 b 0' -c 'write bar0+20 b 1' -c 'write bar0+20 b 3'
        -c 'write bar0+8 0' -c 'write bar0+12 0x200' -c 'write bar0+24 w 8' -c 'write bar0+28 w 1')
    run -0 shell --raw "${half[@]}"
    run -0 shell --raw -c 'read config+0 b 256' -c 'write bar0+0x1000 w 0' -c 'write bar0+20 b 4'
    run -0 shell --raw "${half[@]}" -c reset -c 'write bar0+0x1000 w 0' -c 'write bar0+20 b 4'
    stop tap
    awk '/\* connect/ { n++ } /virtio: / { print n, $0 }' text | sed -n -E 's/^([0-9]) +(! )?virtio: /\1 \2/p' |
        grep -E '^2 .*(notified|seen|DRIVER_OK)|^3 .*(enabled|notif|seen|DRIVER_OK|used ring at)' > got
    diff got - << 'END'
2 queue 0 is notified
2 queue 0: its set-up was not seen
3 notifications: bar0+0x1000, 0x1000 bytes, an address a queue
3 queue 0 is enabled: 8 deep, descriptors 0x0, available 0x0, used 0x0
3 ! a queue is enabled before FEATURES_OK
3 queue 0 is notified
3 ! a notification before DRIVER_OK
3 queue 0: its set-up was not seen
3 ! DRIVER_OK without FEATURES_OK before it
END
}

@test "a packed ring whose device was faster: what is lost, and where the next begins" {
    driver 0x10000200 0x5
    # done: one of three descriptors, and an indirect one; given: one with the last one's id
    slot 0 0x110000 1 5 0x8080
    slot 1 0x120000 512 5 0x83
    slot 2 0x110101 1 5 0x82
    slot 3 0x130000 4097 0 0x8082
    slot 4 0x130000 48 0 0x84
    # reads of 4K at 0x10 and of 512 at 0x20
    {
        echo "mem write 0x110000 $(hex 0 8)$(hex 32 8)$(hex 0 8)$(hex 16 8)"
        echo "mem write 0x130000 $(hex 0x110010 8)$(hex 16 8)$(hex 0x120000 8)$(hex 4096 4)$(hex 0x20000 4)"
        echo "mem write 0x130020 $(hex 0x110100 8)$(hex 1 4)$(hex 0x20000 4)"
        printf '%s\n' 'write bar0+0x1000 w 0' 'await chain 0: .*, 3 descriptors$' 'read bar0+0x3000 q'
    } >> script
    play 0x1042
    sed -n '/is notified/,/capacity/p' notes > got
    diff got - << 'END'
virtio: queue 0 is notified
virtio: queue 0 chain 5 done, 1 byte written; it was done before it could be read
virtio: queue 0 chain 0 done, 4097 bytes written; it was done before it could be read
virtio: queue 0 chain 0: read sector 0x10, 4K, 3 descriptors
virtio: blk.capacity = 2048 sectors (1M)
END
}

@test "a split ring whose device was faster: nothing is said of what the driver uses again" {
    driver 0x10000200
    descriptor 0 0x110000 16 1 1
    descriptor 1 0x120000 4096 3 2
    descriptor 2 0x110100 1 2 0
    descriptor 3 0xfffffffffffffff8 0xffffffff 1 99
    descriptor 4 0x110000 16 1 1 # a read of 4K by what its memory says now, and of 512 by what was written
    {
        echo "mem write 0x110000 $(hex 0 8)$(hex 16 8)"
        echo "mem write 0x101000 $(hex 0 2)$(hex 4 2)$(hex 0 2)$(hex 3 2)$(hex 4 2)$(hex 0 2)"
        echo "mem write 0x102000 $(hex 0 2)$(hex 3 2)$(hex 0 4)$(hex 513 4)$(hex 3 4)$(hex 1 4)$(hex 4 4)$(hex 513 4)"
        printf '%s\n' 'write bar0+0x1000 w 0' 'await chain 0: .*, 3 descriptors$' 'read bar0+0x3000 q'
    } >> script
    play 0x1042
    sed -n '/is notified/,/capacity/p' notes > got
    diff got - << 'END'
virtio: queue 0 is notified
virtio: queue 0 chain 0 done, 513 bytes written; it was done before it could be read
virtio: queue 0 chain 3 done, 1 byte written; it was done before it could be read
virtio: queue 0 chain 4 done, 513 bytes written; it was done before it could be read
virtio: queue 0 chain 0: read sector 0x10, 4K, 3 descriptors
virtio: blk.capacity = 2048 sectors (1M)
END
}

@test "virtio features and virtio queues in the shell" {
    serve --device "ram:vendor=0x1af4,device=0x1042,bar0=16K,react=$BATS_TEST_DIRNAME/lib/virtio.react"
    run -0 shell --raw -c 'dma map 0x100000 1M' -c 'write bar0+12 0x200' -c 'write virtio.device_status 0xb' \
        -c 'write virtio.queue_desc_lo 0x100000' -c 'write virtio.queue_driver_lo 0x101000' -c 'write virtio.queue_device_lo 0x102000' \
        -c 'write virtio.queue_enable 1' -c 'mem write 0x101002 0300' -c 'virtio features' -c 'virtio queues'
    [ "${lines[0]}" = block ]
    [ "${lines[1]}" = 'offered: BLK_SIZE, FLUSH, INDIRECT_DESC, EVENT_IDX, VERSION_1, RING_PACKED, NOTIFICATION_DATA' ]
    [ "${lines[3]}" = 'status:  0xb ACKNOWLEDGE, DRIVER, FEATURES_OK' ]
    [ "${lines[4]}" = 'queue 0: 8 deep, enabled, descriptors 0x100000, available 0x101000, used 0x102000, vector 0, 3 given, 0 done' ]
    [ ${#lines[@]} = 5 ]
    run -0 shell --raw --json -c 'virtio features'
    [ "$(jq -r .offered <<< "$output")" = 0x4530000240 ] || [ "$(jq -r .offered <<< "$output")" = "$((0x4530000240))" ]
    stop serve
    serve --device ram:vendor=0x1af4,device=0x1042,bar0=16K
    run -1 shell --raw -c 'virtio queues'
    [[ $output = *'no common configuration'* ]]
}

# set_up: a block device of virtio 1.0 whose structures are in BAR0, as in the react file
set_up() {
    told READ 7 0 "f41a4210000010000100000100000000$(printf '%072d' 0)$(hex 0x40 4)$(hex 0 8)"
    told READ 7 0x40 "$(hex 0x01105009 4)$(hex 0 8)$(hex 0x40 4)"
    told READ 7 0x50 "$(hex 0x02146809 4)$(hex 0 4)$(hex 0x1000 4)$(hex 0x800 4)$(hex 4 4)"
    told READ 7 0x68 "$(hex 0x04100009 4)$(hex 0 4)$(hex 0x3000 4)$(hex 0x40 4)"
}

# says: what virtio says of the conversation, behind where the structures are
says() {
    talk_capture cap
    "$VFUSCOPE" decode cap > text
    sed -n -E 's/^ +((! )?virtio: )/\1/p' text | sed '1,/device configuration: bar0/d' > got
    diff got -
    rm talk
    TALK_ID=0
}

# findings: misfits and reasons of virtio's, with the message that each stands at; the conversation is forgotten
findings() {
    talk_capture cap
    timeout "$LIMIT" "$VFUSCOPE" decode --json --no-plugins --plugin "$VFUSCOPE_PLUGIN_PATH/virtio.so" cap > json
    jq -r 'select(.problems or .because) | .no as $no |
        ((.problems // [])[] | "\($no) \(.rule): \(.text)"), ((.because // [])[] | "\($no) because \(.reason): \(.text)")' json |
        grep virtio- > got || true
    rm talk
    TALK_ID=0
    diff got -
}

# bar_info BAR SIZE
bar_info() {
    TALK_ID=$((TALK_ID + 1))
    talk_line client command DEVICE_GET_REGION_INFO 5 "$(hex 32 4)$(hex 0 4)$(hex "$1" 4)$(hex 0 4)$(hex 0 16)"
    talk_line server reply DEVICE_GET_REGION_INFO 5 "$(hex 32 4)$(hex 3 4)$(hex "$1" 4)$(hex 0 4)$(hex "$2" 8)$(hex 0 8)"
}

# ids [DEVICE [REVISION]], area AT NEXT TYPE BAR OFFSET LENGTH: config space, capability by capability
ids() { told READ 7 0 "f41a$(hex "${1:-0x1042}" 2)00001000$(hex "${2:-1}" 1)00000100000000$(printf '%072d' 0)$(hex 0x40 4)$(hex 0 8)"; }
area() { told READ 7 "$1" "$(hex 9 1)$(hex "$2" 1)$(hex 20 1)$(hex "$3" 1)$(hex "$4" 4)$(hex "$5" 4)$(hex "$6" 4)${7:-$(hex 4 4)}"; }

@test "structures outside of their BARs, too small, not aligned, missing; all of them just right" {
    bar_info 0 0x3000
    bar_info 2 0
    ids
    area 0x40 0x60 1 0 0 0x37
    area 0x60 0x80 2 0 0x2001 0x1000
    area 0x80 0 3 2 0 1
    findings << 'END'
8 virtio-area-size: common configuration: 55 bytes, 56 are needed
10 virtio-area: notifications: bar0+0x2001+0x1000 is outside bar0 (12K)
10 virtio-area-size: notifications: bar0+0x2001 is not aligned to 2
12 virtio-area: ISR: bar2 has size 0
END
    ids
    area 0x40 0x60 1 0 2 0x38
    area 0x60 0x80 4 0 0x2000 0x1001
    area 0x80 0xa0 3 6 0 1 # a BAR that is none: drivers pass over it
    area 0xa0 0 9 0 0 0x38 # of a later version
    bar_info 0 0x3000
    findings << 'END'
4 virtio-area-size: common configuration: bar0+0x2 is not aligned to 4
10 virtio-missing: no capability says where these are: notifications, ISR
12 virtio-area: device configuration: bar0+0x2000+0x1001 is outside bar0 (12K)
END
    bar_info 0 0x3000
    ids
    area 0x40 0x60 1 0 0 0x38
    area 0x60 0x80 2 0 0x2000 0x1000
    area 0x80 0 3 0 0x1fff 1
    findings < /dev/null
    ids 0x1110 # ivshmem
    told READ 7 0x40 "$(hex 0x1 4)$(hex 0 4)"
    findings < /dev/null
    ids # the capabilities' heads alone: what they say is not known yet
    told READ 7 0x40 0960
    told READ 7 0x60 0900
    findings < /dev/null
}

@test "notifications outside of their structure, and their distance; a transitional device's revision" {
    ids
    area 0x40 0x60 1 0 0 0x38
    area 0x60 0x80 2 0 0x2000 0x12 "$(hex 8 4)"
    area 0x80 0 3 0 0x1fff 1
    told WRITE 0 0x16 0200
    told READ 0 0x1e 0200 # ends with the structure
    told READ 0 0x1e 0300
    findings <<< '14 virtio-notify: queue 2: its notifications, 3 * 8, are outside their structure (0x12 bytes)'
    ids
    area 0x60 0 2 0 0x2000 0x1000 "$(hex 12 4)"
    told READ 7 0x40 "$(hex 0x6009 4)"
    findings <<< '6 virtio-multiplier: notify_off_multiplier is 12: 0, or a power of two from 2 on'
    ids 0x1001 1
    findings <<< '2 virtio-revision: device id 0x1001 is transitional, and of revision 1: these have 0'
    ids 0x1001 0
    findings < /dev/null
    ids 0x1042 0 # SPDK's
    findings < /dev/null
}

@test "why an access to the common configuration is refused" {
    set_up
    told READ 0 18 0200
    told REFUSED WRITE 0 18 0400
    told WRITE 0 22 0200
    told REFUSED WRITE 0 24 0800
    told WRITE 0 22 0100
    told REFUSED WRITE 0 24 0800 # for no reason that is known
    told REFUSED READ 0 24 0000
    findings << 'END'
8 virtio-missing: no capability says where these are: ISR
12 because virtio-read-only: num_queues is read-only
16 because virtio-no-queue: queue 2 is selected, and there are 2
END
}

@test "what is refused, or not answered, is no step of the driver's, no feature and no queue" {
    set_up
    told WRITE 0 20 00
    told WRITE 0 20 01
    told REFUSED WRITE 0 20 03
    told WRITE 0 20 03
    told WRITE 0 8 00000000
    told REFUSED WRITE 0 12 00020000
    told WRITE 0 22 0000
    told REFUSED WRITE 0 28 0100
    told REFUSED WRITE 0 0x1000 0000
    told REFUSED WRITE 0 20 00
    told ASKED WRITE 0 20 0b
    told POSTED 0 0x1000 0000
    says << 'END'
virtio: status <- 0: device reset
END
}

@test "registers that are read-only stay what they are, remarked once; accesses to several at once, or to a part" {
    set_up
    told READ 0 18 0200
    told WRITE 0 18 0000
    told WRITE 0 18 0000
    told WRITE 0 21 05
    told READ 0 0x3000 "$(hex 2048 8)"
    told WRITE 0 0x3000 "$(hex 1 8)"
    told WRITE 0 0x3020 01
    told WRITE 0 20 00
    told WRITE 0 0x16 00000800 # queue_select and queue_size
    told WRITE 0 0x20 "$(hex 0x100000 8)"
    told WRITE 0 0x28 "$(hex 0x101000 8)"
    told WRITE 0 0x30 "$(hex 0x102000 8)"
    told WRITE 0 0x1c 0100
    told WRITE 0 0x18 04
    told WRITE 0 0x1c 0100
    says << 'END'
virtio: num_queues is written: it is read-only
virtio: config_generation is written: it is read-only
virtio: blk.capacity = 2048 sectors (1M)
virtio: blk.capacity is written: it is read-only
virtio: blk.capacity_hi is written: it is read-only
virtio: status <- 0: device reset
virtio: queue 0 size <- 8
virtio: queue 0 is enabled: 8 deep, descriptors 0x100000, available 0x101000, used 0x102000
! virtio: a queue is enabled before FEATURES_OK
virtio: queue_size is written in part, or what with is not at hand
virtio: a queue is enabled: which one was not seen
END
}

@test "a device that reads all ones is gone; what was not selected as far as was seen has no place; cut writes" {
    set_up
    told WRITE 0 28 0100
    told WRITE 0 12 00020000
    told READ 0 4 00020000
    told READ 0 20 03
    told READ 0 20 ff
    told READ 0 4 ffffffff
    told READ 0 24 ffff
    told READ 0 0x3000 ffffffff
    told READ 0 20 03
    TALK_CUT=32
    told WRITE 0 20 00
    told WRITE 0 0x1000 0000
    unset TALK_CUT
    told WRITE 0 20 01
    says << 'END'
virtio: a queue is enabled: which one was not seen
! virtio: device_status reads all ones: there is no device behind it
virtio: device_feature reads all ones: there is no device behind it
virtio: queue_size reads all ones: there is no device behind it
virtio: device configuration+0x0 reads all ones
virtio: device_status is written in part, or what with is not at hand
virtio: a queue is notified: which one is not at hand
END
}
