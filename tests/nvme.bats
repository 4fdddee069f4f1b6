#!/usr/bin/env bats
# The nvme plugin: a controller's life, its queues and commands, and what people get stuck on. The device is serve's ram,
# the driver the shell.

load lib/common
load lib/talk

setup() {
    common_setup
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
}

# controller [mmap: [TAP OPTION...]]: with mmap: BAR0 can be mapped
controller() {
    serve --device "ram:vendor=0x1b36,device=0x10,class=0x010802,bar0=${1:-}16K,msix=8,react=$BATS_TEST_DIRNAME/lib/nvme.react"
    tap -o text -w cap "${@:2}"
}

# drive COMMAND...: the commands, after what every driver does first
drive() {
    printf '%s\n' regions 'read config+0 b 64' 'dma map 0x100000 1M' 'read bar0+0 q' 'read bar0+0x1c' 'write bar0+0x24 0x001f001f' \
        'write bar0+0x28 q 0x100000' 'write bar0+0x30 q 0x101000' 'write bar0+0x14 0x00460001' 'read bar0+0x1c' "$@" > script
    timeout "$LIMIT" "$VFUSCOPE" shell --raw t -f script > shell.out
    stop tap
    stop serve
    sed -n -E 's/^ +((! )?nvme: )/\1/p' text > notes
}

has_lines() { [ "$(grep -cE "$2" text)" -ge "$1" ]; }

# walk: what standard input has for the shell; "await COUNT TEXT" there waits until so many lines of the tap have it, since
# guest memory changes at once, and the plugin is to have seen it before
walk() {
    local line count
    mkfifo pipe
    start sh timeout "$LIMIT" "$VFUSCOPE" shell --raw t -f pipe
    exec 7> pipe
    while read -r line; do
        case $line in
        await*) read -r _ count line <<< "$line"; await_that has_lines "$count" "$line" ;;
        *) echo "$line" >&7 ;;
        esac
    done
    exec 7>&-
    await sh
    stop tap
    stop serve
    sed -n -E 's/^ +((! )?nvme: )/\1/p' text > notes
}

# sqe OPCODE ID NSID PRP1 [DW10 [DW11 [DW12 [DW8 [DW9]]]]]: 64 bytes in hex
sqe() {
    local words=($(($1 | $2 << 16)) "$3" 0 0 0 0 "$4" 0 "${8:-0}" "${9:-0}" "${5:-0}" "${6:-0}" "${7:-0}" 0 0 0) word
    for word in "${words[@]}"; do
        printf '%02x%02x%02x%02x' $((word & 255)) $((word >> 8 & 255)) $((word >> 16 & 255)) $((word >> 24 & 255))
    done
}

# cqe RESULT SQ ID STATUS [SQHEAD]
cqe() {
    local words=("$1" 0 $(($2 << 16 | ${5:-0})) $(($3 | $4 << 17 | 1 << 16))) word
    for word in "${words[@]}"; do
        printf '%02x%02x%02x%02x' $((word & 255)) $((word >> 8 & 255)) $((word >> 16 & 255)) $((word >> 24 & 255))
    done
}

@test "a controller comes up, identifies itself and shuts down" {
    controller
    drive "mem write 0x100000 $(sqe 6 16 0 0x102000 1)" 'write bar0+0x1000 1' "mem write 0x101000 $(cqe 0 0 16 0)" \
        'mem write 0x102018 564d65' 'mem write 0x102004 5331' 'write bar0+0x1004 1' 'write bar0+0x14 0x00464001' \
        'read bar0+0x1c' 'write bar0+0x14 0' 'read bar0+0x1c' reset
    sed -E 's/[0-9.]+ (us|ms)/T/' notes > got
    diff got - << 'END'
nvme: CAP: queues of up to 1024 entries, ready within 7.5 s, doorbell stride 4, pages of 4K to 64K
nvme: AQA <- SQ 32 deep, CQ 32 deep
nvme: CC.EN, IOSQES 64, IOCQES 16, admin queue 32 deep at 0x100000, its completions 32 deep at 0x101000
nvme: CSTS.RDY 0 -> 1, after T (CAP.TO allows 7.5 s)
nvme: SQ0 tail 0 -> 1 of 32: 1 command
nvme: SQ0 id 16: Identify controller, PRP 0x102000
nvme: CQ0 head 0 -> 1 of 32: 1 completion
nvme: CQ0: SQ0 id 16 Identify: ok, within T
nvme: model VMe, serial S1
nvme: CC.SHN none -> normal: shutdown
nvme: CSTS.SHST normal -> complete: shut down after T
nvme: CC.EN 1 -> 0, SHN normal -> none, IOSQES 64 -> 1, IOCQES 16 -> 1: controller reset
nvme: CSTS.RDY 1 -> 0, SHST complete -> normal, after T (CAP.TO allows 7.5 s)
nvme: controller reset
END
    "$VFUSCOPE" decode cap | diff text -
}

@test "I/O queues: created by admin commands, reads and writes with their sizes, completions with their status" {
    controller
    # identify namespace 1 (format 0: 512 bytes), create CQ1 and SQ1, then read, write, flush on SQ1
    drive 'mem write 0x102000 00100000' 'mem write 0x102080 00000900' \
        "mem write 0x100000 $(sqe 6 1 1 0x102000 0)$(sqe 5 2 0 0x104000 $((1 | 15 << 16)) $((3 | 1 << 16)))$(sqe 1 3 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))" \
        "mem write 0x101000 $(cqe 0 0 1 0)$(cqe 0 0 2 0)$(cqe 0 0 3 0)" 'write bar0+0x1000 3' 'write bar0+0x1004 3' \
        "mem write 0x103000 $(sqe 2 7 1 0x105000 16 0 7)$(sqe 1 8 1 0xf00000 16 0 $((1 << 30)))$(sqe 0 9 1 0)" \
        'write bar0+0x1008 3' "mem write 0x104000 $(cqe 0 1 7 0)$(cqe 0 1 9 0)$(cqe 0 1 8 $((0x4080)))" 'write bar0+0x100c 3'
    sed -E 's/[0-9.]+ (us|ms)/T/' notes | tail -n +5 > got
    diff got - << 'END'
nvme: SQ0 tail 0 -> 3 of 32: 3 commands
nvme: SQ0 id 1: Identify namespace, namespace 1, PRP 0x102000
nvme: SQ0 id 2: Create I/O CQ 1, 16 deep at 0x104000, interrupt vector 1
nvme: SQ0 id 3: Create I/O SQ 1, 16 deep at 0x103000, completions to CQ1
nvme: CQ0 head 0 -> 3 of 32: 3 completions
nvme: CQ0: SQ0 id 1 Identify: ok, within T
nvme: namespace 1: 4096 blocks of 512
nvme: CQ0: SQ0 id 2 Create I/O CQ: ok, within T
nvme: CQ0: SQ0 id 3 Create I/O SQ: ok, within T
nvme: SQ1 tail 0 -> 3 of 16: 3 commands
nvme: SQ1 id 7: Read LBA 0x10+8 (4K), namespace 1, PRP 0x105000
nvme: SQ1 id 8: Write LBA 0x10+1 (512), FUA, namespace 1, PRP 0xf00000
! nvme: PRP1 0xf00000+0x200 is not in the DMA map for the device to read
nvme: SQ1 id 9: Flush, namespace 1
nvme: CQ1 head 0 -> 3 of 16: 3 completions
nvme: CQ1: SQ1 id 7 Read: ok, within T
nvme: CQ1: SQ1 id 9 Flush: ok, within T
! nvme: CQ1: SQ1 id 8 Write: LBA Out of Range (do not retry), within T
END
}

@test "why a command failed, where that is known" {
    controller
    drive irqs 'mem write 0x102000 00100000' 'mem write 0x102080 00000900' \
        "mem write 0x100000 $(sqe 6 1 1 0x102000 0)$(sqe 5 2 0 0x104000 $((1 | 1024 << 16)) 3)$(sqe 5 3 0 0x104000 $((1 | 15 << 16)) $((3 | 8 << 16)))$(sqe 1 4 0 0x103000 $((1 | 15 << 16)) $((1 | 3 << 16)))$(sqe 5 5 0 0x104010 $((1 | 15 << 16)) 3)$(sqe 5 6 0 0x104000 $((1 | 1023 << 16)) $((3 | 7 << 16)))$(sqe 1 7 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))" \
        "mem write 0x101000 $(cqe 0 0 1 0)$(cqe 0 0 2 0x102)$(cqe 0 0 3 0x108)$(cqe 0 0 4 0x100)$(cqe 0 0 5 0x13)$(cqe 0 0 6 0x102)$(cqe 0 0 7 0)" \
        'write bar0+0x1000 7' 'write bar0+0x1004 7'
    sed -n '/^! nvme: CQ0/{s/, within.*//;p;n;/because/p}' notes > got
    diff got - << 'END'
! nvme: CQ0: SQ0 id 2 Create I/O CQ: Invalid Queue Size
nvme: because CAP.MQES allows 1024 entries, and 1025 are asked for
! nvme: CQ0: SQ0 id 3 Create I/O CQ: Invalid Interrupt Vector
nvme: because MSI-X has 8 vectors, and 8 is asked for
! nvme: CQ0: SQ0 id 4 Create I/O SQ: Completion Queue Invalid
nvme: because CQ3 was not created
! nvme: CQ0: SQ0 id 5 Create I/O CQ: PRP Offset Invalid
nvme: because 0x104010 is not at the begin of a page (4096)
! nvme: CQ0: SQ0 id 6 Create I/O CQ: Invalid Queue Size
END
}

@test "a read beyond a namespace's end, and one within" {
    controller
    drive 'mem write 0x102000 00100000' 'mem write 0x102080 00000900' \
        "mem write 0x100000 $(sqe 6 1 1 0x102000 0)$(sqe 5 2 0 0x104000 $((1 | 15 << 16)) 3)$(sqe 1 3 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))" \
        "mem write 0x101000 $(cqe 0 0 1 0)$(cqe 0 0 2 0)$(cqe 0 0 3 0)" 'write bar0+0x1000 3' 'write bar0+0x1004 3' \
        "mem write 0x103000 $(sqe 2 7 1 0x105000 0xfff 0 1)$(sqe 2 8 1 0x105000 0xffe 0 1)" \
        'write bar0+0x1008 2' "mem write 0x104000 $(cqe 0 1 7 0x80)$(cqe 0 1 8 0x80)" 'write bar0+0x100c 2'
    sed -n '/^! nvme: CQ1/{s/, within.*//;p;n;/because/p}' notes > got
    diff got - << 'END'
! nvme: CQ1: SQ1 id 7 Read: LBA Out of Range
nvme: because namespace 1 has 0x1000 blocks
! nvme: CQ1: SQ1 id 8 Read: LBA Out of Range
END
}

@test "SeaBIOS' and Linux' drivers against registers alone: what they do is said as it was when recorded" {
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/nvme-linux.pcap" > text
    sed -n -E 's/^ +((! )?nvme: )/\1/p' text | diff "$BATS_TEST_DIRNAME/golden/nvme-linux.notes" -
}

@test "Linux reads and writes a disk: commands, completions and what identify tells, from stored guest memory" {
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/nvme-disk.pcap" > text
    sed -n -E 's/^ +((! )?nvme: )/\1/p' text | diff "$BATS_TEST_DIRNAME/golden/nvme-disk.notes" -
    grep -q 'nvme: SQ1 id [0-9]*: Write LBA 0x180+256 (128K), namespace 1, PRP .* list at' text
}

@test "QEMU has the doorbells mapped: every command is found all the same, each I/O at its interrupt" {
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/nvme-mapped.pcap" > text
    sed -n -E 's/^ +((! )?nvme: )/\1/p' text | diff "$BATS_TEST_DIRNAME/golden/nvme-mapped.notes" -
    lacks -q 'bar0+0x1000' text
    grep -A2 'interrupt msix 1' text | grep -q 'nvme: CQ1: SQ1 id [0-9]* Write: ok'
}

@test "what people get stuck on: queues outside the map, doorbells beyond the queue, a fatal status" {
    controller
    printf '%s\n' 'read config+0 b 64' 'write bar0+0x24 0' 'write bar0+0x28 q 0' 'write bar0+0x30 q 0x7000' \
        'write bar0+0x1000 1' 'write bar0+0x14 1' 'write bar0+0x14 0' 'write bar0+0x24 0x001f001f' \
        'write bar0+0x28 q 0x200000' 'write bar0+0x14 1' 'write bar0+0x1000 32' 'write bar0+0x1002 w 1' \
        'write bar0+0x1000 1' 'read bar0+0x1000' 'write bar0+0x1010 4' 'dma map 0x6000 8K' 'dma unmap 0x6000 8K' > script
    shell --raw -f script
    stop tap
    grep -o '! misfit: .*nvme-queue.*' text > misfits
    diff misfits - << 'END'
! misfit: the client: admin submission queue: 0x0+0x40 is not in the DMA map for the device to read [nvme-queue-unmapped]
! misfit: the client: admin completion queue: 0x7000+0x10 is not in the DMA map for the device to write [nvme-queue-unmapped]
! misfit: the client: admin submission queue: 0x200000+0x800 is not in the DMA map for the device to read [nvme-queue-unmapped]
! misfit: the client: admin completion queue: 0x7000+0x200 is not in the DMA map for the device to write [nvme-queue-unmapped]
END
    grep -o '! nvme: .*' text > warnings
    diff warnings - << 'END'
! nvme: enabled without admin queues: ASQ 0x0, ACQ 0x7000, AQA 0x0
! nvme: SQ0 tail <- 32: the queue has 32 entries
! nvme: bar0+0x1002 <- 2 bytes: not a doorbell (stride 4)
! nvme: the entry at 0x200000: outside the DMA map
! nvme: a doorbell is read: what that gives is not defined
END
    grep -q 'nvme: SQ2 tail <- 4: its creation was not seen' text
    tail -n 3 text | grep -q 'nvme: the memory of CQ0 is unmapped'
}

# The plugin may lag behind: what it is to find in memory does not change while it looks, in the tests below.
@test "doorbells that may be mapped: commands are found by their completions when an access comes" {
    controller mmap:
    drive "mem write 0x100000 $(sqe 5 1 0 0x104000 $((1 | 15 << 16)) $((3 | 1 << 16)))$(sqe 1 2 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))" \
        "mem write 0x103000 $(sqe 2 7 1 0x105000 16 0 7)$(sqe 1 8 1 0x105000 24 0 0)$(sqe 1 9 1 0x105000 24 0 0)" \
        "mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)" "mem write 0x104000 $(cqe 0 1 7 0 1)$(cqe 0 1 8 0 2)" \
        'write bar0+0x1004 1' 'read bar0+0x1c' 'write bar0+0x1008 3' 'write bar0+0x14 0'
    sed -E 's/, within [0-9.]+ [um]s//; s/since [0-9.]+ [um]?s/since T/; /CSTS|.Q.* (head|tail) /d' notes | tail -n +4 > got
    diff got - << 'END'
nvme: doorbells can be mapped, and are then not seen: queues are looked at when an access or an interrupt comes, and by a clock
nvme: SQ0 id 1: Create I/O CQ 1, 16 deep at 0x104000, interrupt vector 1
nvme: CQ0: SQ0 id 1 Create I/O CQ: ok
nvme: SQ0 id 2: Create I/O SQ 1, 16 deep at 0x103000, completions to CQ1
nvme: CQ0: SQ0 id 2 Create I/O SQ: ok
nvme: SQ1 id 7: Read LBA 0x10+8, namespace 1, PRP 0x105000
nvme: CQ1: SQ1 id 7 Read: ok
nvme: SQ1 id 8: Write LBA 0x18+1, namespace 1, PRP 0x105000
nvme: CQ1: SQ1 id 8 Write: ok
nvme: SQ1 id 9: Write LBA 0x18+1, namespace 1, PRP 0x105000
nvme: CC.EN 1 -> 0, IOSQES 64 -> 1, IOCQES 16 -> 1: controller reset
nvme: no completion was seen of 1 command: SQ1 id 9 Write (since T)
END
    "$VFUSCOPE" decode cap | diff text -
}

@test "completions are shown when their interrupt comes, and by a capture's memory again" {
    controller '' --expose irq
    drive "mem write 0x100000 $(sqe 5 1 0 0x104000 $((1 | 1 << 16)) $((3 | 1 << 16)))$(sqe 1 2 0 0x103000 $((1 | 3 << 16)) $((1 | 1 << 16)))" \
        'write bar0+0x1000 2' "mem write 0x103000 $(sqe 0 4 1 0)$(sqe 0 5 1 0)" 'write bar0+0x1008 2' \
        "mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)" "mem write 0x104000 $(cqe 0 1 4 0 2)$(cqe 0 1 5 0 2)" \
        'irq arm msix' 'irq trigger msix 0' 'irq wait msix 0' 'irq trigger msix 1' 'irq wait msix 1' \
        'irq trigger msix 1' 'irq wait msix 1' 'write bar0+0x1004 2' 'write bar0+0x100c 0'
    sed -n -E '/interrupt msix|CQ. head|nvme: CQ/s/, within.*//; s/^.*(interrupt msix|nvme: CQ)/\1/p' text > got
    diff got - << 'END'
interrupt msix 0
nvme: CQ0: SQ0 id 1 Create I/O CQ: ok
nvme: CQ0: SQ0 id 2 Create I/O SQ: ok
interrupt msix 1
nvme: CQ1: SQ1 id 4 Flush: ok
nvme: CQ1: SQ1 id 5 Flush: ok
interrupt msix 1
nvme: CQ0 head 0 -> 2 of 32: 2 completions
nvme: CQ1 head 0 -> 0 of 2: 0 completions
END
    "$VFUSCOPE" decode cap | diff text -
}

@test "SPDK's disk, its interrupts exposed: each of the 376 commands of the guest's script" {
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/spdk-nvme-expose-irq.pcap.gz" > text
    [ "$(grep -c 'nvme: CQ1: SQ1 id' text)" -eq 376 ]
    sed -n 's/^ *! nvme: //p' text > got
    diff got - << 'END'
CQ1: SQ1 id 139 Read: LBA Out of Range
CQ1: SQ1 id 140 vendor specific command 0x99: Invalid Command Opcode
CQ0: SQ0 id 20491 unknown command 0x99: Invalid Command Opcode
CQ0: SQ0 id 24584 Get Log Page: Invalid Log Page
CQ0: SQ0 id 24585 Identify: Invalid Namespace or Format
CQ0: SQ0 id 24586 Get Features: Invalid Field in Command
END
}

@test "SPDK's disk, nothing exposed: what a life left behind is not shown in the next one, nor what was recorded of it then" {
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/spdk-nvme-mapped.pcap.gz" > text
    # the admin commands of SeaBIOS and of Linux's first life; of the second one nobody looked in time
    sed -n 's/^ *nvme: model/model/p' text | diff - <(echo 'model SPDKmodel1, serial SPDK1, firmware 26.09')
    [ "$(sed -n '/CC.EN 1 -> 0/,$p' text | sed '1d; /CC.EN 1 -> 0/,$d' | grep -c 'nvme: CQ0: SQ0')" -eq 29 ]
    [ "$(sed -n '/CC.EN 1 -> 0: controller reset/,$p' text | grep -c 'nvme: CQ0: SQ0')" -eq 0 ]
}

@test "requests as objects, and by queue and opcode in the summary; a capture keeps them for whoever has no plugin" {
    local capture=$BATS_TEST_DIRNAME/golden/spdk-nvme-expose-irq.pcap.gz
    "$VFUSCOPE" decode --json -c "$capture" -w cap > json
    [ "$(jq -s '[.[].requests[]? | select(.queue == 1)] | length' json)" -eq 376 ]
    jq -c 'select(.requests) | .requests[] | select(.id == 139 and .failed) | del(.latency_us)' json | diff - \
        <(echo '{"plugin":"nvme","queue":1,"id":139,"opcode":2,"opcode_name":"Read","lba":"0x1ffff","blocks":8,"bytes":4096,"status":128,"failed":true,"depth":1}')
    tail -n 1 json | jq -e '[.queues[] | select(.queue == 1) | .requests] | add == 376'
    tail -n 1 json | jq -e '[.queues[] | select(.queue == 1) | .errors] | add == 2'
    tail -n 1 json | jq -e '.queues[] | select(.queue == 1 and .opcode_name == "Read") | .bytes > 500000 and .depth >= 1'
    tail -n 1 json | jq -e '(.slowest_requests | length == 5) and (.slowest_requests[0].latency_us >= .slowest_requests[4].latency_us)'
    VFUSCOPE_PLUGIN_PATH= "$VFUSCOPE" decode --json -c cap > again
    jq -c 'select(.requests) | .requests' json > own
    jq -c 'select(.requests) | .requests' again | diff own -
    "$VFUSCOPE" decode -q -c "$capture" > text
    grep -q '^nvme 1  *Read ' text
    "$VFUSCOPE" decode --json -c "$BATS_TEST_DIRNAME/golden/spdk-virtio-blk-mapped.pcap.gz" | tail -n 1 |
        jq -e '.unseen_requests == [{"plugin":"virtio","queue":0,"requests":364}]'
}

@test "doorbells in guest memory: the tail that the driver left there, completions by their phase" {
    controller
    drive "mem write 0x100000 $(sqe 5 1 0 0x104000 $((1 | 15 << 16)) 1)$(sqe 1 2 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))$(sqe 0x7c 3 0 0x106000)" \
        "mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)$(cqe 0 0 3 0 3)" 'write bar0+0x1000 3' \
        "mem write 0x103000 $(sqe 0 4 1 0)$(sqe 0 5 1 0)$(sqe 0 6 1 0)" "mem write 0x104000 $(cqe 0 1 5 0 2)$(cqe 0 1 4 0 2)" \
        'mem write 0x106008 03000000' 'write bar0+0x1004 3' 'read bar0+8' 'write bar0+0x1008 2'
    sed -E 's/, within [0-9.]+ [um]s//' notes | sed '1,/CQ0: SQ0 id 3/d; /VS/d' > got
    diff got - << 'END'
nvme: SQ1 id 4: Flush, namespace 1
nvme: SQ1 id 5: Flush, namespace 1
nvme: CQ1: SQ1 id 5 Flush: ok
nvme: CQ1: SQ1 id 4 Flush: ok
nvme: SQ1 id 6: Flush, namespace 1
nvme: SQ1 tail -> 2 of 16
END
    "$VFUSCOPE" decode cap | diff text -
}

# many COUNT OPCODE: so many submissions and completions, in `sqes` and `cqes`
many() {
    local i
    sqes= cqes=
    for ((i = 0; i < $1; i++)); do
        sqes+=$(sqe "$2" "$i" 0 0x108000 7)
        cqes+=$(cqe 0 0 "$i" 0 $((i + 1)))
    done
}

@test "more completions between two looks than there is room for: shown by the next ones, or counted if they are many" {
    local sqes cqes
    many 255 10
    # 140 completions in a queue of 512, then 255 of them in one of 256
    controller mmap:
    printf '%s\n' regions 'read config+0 b 64' 'dma map 0x100000 1M' "mem write 0x100000 $sqes" "mem write 0x110000 ${cqes::4480}" \
        'write bar0+0x24 0x01ff01ff' 'write bar0+0x28 q 0x100000' 'write bar0+0x30 q 0x110000' 'write bar0+0x14 0x00460001' \
        'read bar0+0x1c' 'read bar0+0x1c' 'write bar0+0x14 0' 'dma map 0x200000 1M' "mem write 0x200000 $sqes" "mem write 0x210000 $cqes" \
        'write bar0+0x24 0x00ff00ff' 'write bar0+0x28 q 0x200000' 'write bar0+0x30 q 0x210000' 'write bar0+0x14 0x00460001' \
        'write bar0+0x1000 36' > script
    shell --raw -f script
    stop tap
    sed -n -E 's/^ +((! )?nvme: )/\1/p' text | grep -E 'CC|CQ|!' > notes
    [ "$(sed '/CC.EN 1 -> 0/q' notes | grep -c 'CQ0: SQ0 id [0-9]* Get Features: ok')" -eq 140 ]
    sed -n '/CC.EN 1 -> 0/,$p' notes > second
    run -0 tail -n 1 second
    [[ $output =~ ^'nvme: CQ0: '([0-9]+)' completions more, not shown'$ ]]
    [ "$(grep -c 'CQ0: SQ0 id [0-9]* Get Features: ok' second)" -eq $((255 - BASH_REMATCH[1])) ]
    # The doorbell comes late: what it announced was seen.
    grep -q 'nvme: SQ0 tail -> 36 of 256' text
    lacks '!\|notes more' notes
    "$VFUSCOPE" decode cap | diff text -
}

@test "60 commands that one interrupt completes are all shown" {
    local sqes cqes
    many 60 10
    controller mmap: --expose irq
    printf '%s\n' regions 'read config+0 b 64' 'dma map 0x100000 1M' 'write bar0+0x24 0x007f007f' 'write bar0+0x28 q 0x100000' \
        'write bar0+0x30 q 0x104000' 'write bar0+0x14 0x00460001' 'read bar0+0x1c' 'irq arm msix 0-3' "mem write 0x100000 $sqes" \
        "mem write 0x104000 $cqes" 'irq trigger msix 0' 'irq wait msix 0' > script
    shell --raw -f script
    stop tap
    [ "$(grep -c 'nvme: SQ0 id [0-9]*: Get Features' text)" -eq 60 ]
    [ "$(grep -c 'nvme: CQ0: SQ0 id [0-9]* Get Features: ok' text)" -eq 60 ]
    lacks 'notes more' text
    "$VFUSCOPE" decode cap | diff text -
}

@test "completions that a reset left behind are not new; those that overwrite them are, the same ones too" {
    controller mmap:
    # seen; reset, nothing is new; cleared by the driver, and one of them again
    walk << END
regions
read config+0 b 64
dma map 0x100000 1M
write bar0+0x24 0x001f001f
write bar0+0x28 q 0x100000
write bar0+0x30 q 0x101000
mem write 0x100000 $(sqe 10 1 0 0 7)$(sqe 10 2 0 0 7)
mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)
write bar0+0x14 0x00460001
read bar0+0x1c
await 1 SQ0 id 2 Get Features: ok
write bar0+0x14 0x00460000
write bar0+0x14 0x00460001
read bar0+0x1c
await 2 nvme.csts = 
mem fill 0x101000 512 0
read bar0+0x8
await 1 nvme.vs = 
mem write 0x101000 $(cqe 0 0 1 0 1)
read bar0+0x8
END
    sed -E '/CSTS|AQA|VS|mapped/d; s/, within [0-9.]+ [um]s//' notes > got
    diff got - << 'END'
nvme: CC.EN, IOSQES 64, IOCQES 16, admin queue 32 deep at 0x100000, its completions 32 deep at 0x101000
nvme: SQ0 id 1: Get Features number of queues
nvme: CQ0: SQ0 id 1 Get Features: ok
nvme: SQ0 id 2: Get Features number of queues
nvme: CQ0: SQ0 id 2 Get Features: ok
nvme: CC.EN 1 -> 0: controller reset
nvme: CC.EN 0 -> 1, admin queue 32 deep at 0x100000, its completions 32 deep at 0x101000
nvme: SQ0 id 1: Get Features number of queues
nvme: CQ0: SQ0 id 1 Get Features: ok
END
    "$VFUSCOPE" decode cap | diff text -
}

@test "an I/O queue made again at its address; what one that is deleted did is looked at first" {
    local make="$(sqe 5 1 0 0x104000 $((1 | 15 << 16)) 1)$(sqe 1 2 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))"
    controller mmap:
    # made; two flushes, then deleted, all seen at once; made again, with the entries of before; one flush
    walk << END
regions
read config+0 b 64
dma map 0x100000 1M
write bar0+0x24 0x001f001f
write bar0+0x28 q 0x100000
write bar0+0x30 q 0x101000
write bar0+0x14 0x00460001
mem write 0x100000 $make$(sqe 0 3 0 0 1)$(sqe 4 4 0 0 1)$make
mem write 0x103000 $(sqe 0 5 1 0)$(sqe 0 6 1 0)
mem write 0x104000 $(cqe 0 1 5 0 1)$(cqe 0 1 6 0 2)
mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)$(cqe 0 0 3 0 3)$(cqe 0 0 4 0 4)$(cqe 0 0 1 0 5)$(cqe 0 0 2 0 6)
read bar0+0x8
await 2 SQ0 id 2 Create I/O SQ: ok
read bar0+0x1c
await 1 nvme.csts = 
mem write 0x103000 $(sqe 0 7 1 0)
mem write 0x104000 $(cqe 0 1 7 0 1)
read bar0+0x1c
END
    grep -E 'SQ1|SQ 1|Delete' notes | sed -E 's/, within [0-9.]+ [um]s//' > got
    diff got - << 'END'
nvme: SQ0 id 2: Create I/O SQ 1, 16 deep at 0x103000, completions to CQ1
nvme: SQ0 id 3: Delete I/O SQ 1
nvme: SQ1 id 5: Flush, namespace 1
nvme: CQ1: SQ1 id 5 Flush: ok
nvme: SQ1 id 6: Flush, namespace 1
nvme: CQ1: SQ1 id 6 Flush: ok
nvme: CQ0: SQ0 id 3 Delete I/O SQ: ok
nvme: SQ0 id 4: Delete I/O CQ 1
nvme: CQ0: SQ0 id 4 Delete I/O CQ: ok
nvme: SQ0 id 2: Create I/O SQ 1, 16 deep at 0x103000, completions to CQ1
nvme: SQ1 id 7: Flush, namespace 1
nvme: CQ1: SQ1 id 7 Flush: ok
END
    "$VFUSCOPE" decode cap | diff text -
}

@test "a queue that the controller has gone round unseen: what is left of it is shown, the rest is counted" {
    local i cqes= sqes=
    controller mmap:
    # 20 flushes in queues of 16: entries 0 to 3 are of the second round
    for i in {16..19} {4..15}; do
        sqes+=$(sqe 0 "$i" 1 0)
        cqes+=$(cqe 0 1 "$i" 0 $(((i + 1) % 16)))
    done
    for i in 0 1 2 3; do # without the phase
        cqes=${cqes::$((i * 32 + 28))}00${cqes:$((i * 32 + 30))}
    done
    drive "mem write 0x100000 $(sqe 5 1 0 0x104000 $((1 | 15 << 16)) 1)$(sqe 1 2 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))" \
        "mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)" 'read bar0+8' "mem write 0x103000 $sqes" "mem write 0x104000 $cqes" \
        'read bar0+8' 'read bar0+8'
    grep 'went by' notes | diff - <(echo 'nvme: CQ1: 4 completions or more went by unseen')
    grep -E 'CQ1: SQ1' notes | sed -E 's/, within .*//' | diff - <(for i in {4..19}; do echo "nvme: CQ1: SQ1 id $i Flush: ok"; done)
    lacks '!' notes
    "$VFUSCOPE" decode cap | diff text -
}

@test "identify's data that another has overwritten are not believed; ranges of a discard, numbers of what is not known" {
    controller mmap:
    drive "mem write 0x100000 $(sqe 6 1 0 0x108000 1)$(sqe 6 2 0 0x109000 1)$(sqe 0x99 3 0 0)$(sqe 5 4 0 0x104000 $((1 | 15 << 16)) 1)$(sqe 1 5 0 0x103000 $((1 | 15 << 16)) $((1 | 1 << 16)))" \
        'mem write 0x108000 361b0000' 'mem write 0x108018 6d6f64656c' 'mem write 0x109000 2f302f31' 'mem write 0x109018 2f6e766d65' \
        "mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)$(cqe 0 0 3 1 3)$(cqe 0 0 4 0 4)$(cqe 0 0 5 0 5)" 'read bar0+8' \
        "mem write 0x103000 $(sqe 9 6 1 0x10a000 1 4)" "mem write 0x10a000 000000000800000010000000000000000000000020000000ff00000000000000" \
        'write bar0+0x1008 1'
    grep -E 'model|unknown|Dataset' notes | sed -E 's/, within [0-9.]+ [um]s//' > got
    diff got - << 'END'
nvme: model model
nvme: SQ0 id 3: unknown command 0x99
! nvme: CQ0: SQ0 id 3 unknown command 0x99: Invalid Command Opcode
nvme: SQ1 id 6: Dataset Management 2 ranges, deallocate: LBA 0x10+8, LBA 0xff+32, namespace 1, PRP 0x10a000
END
}

@test "a completion that is there before its doorbell was shown is not taken for another's" {
    # The doorbell that the interrupt is about comes after it, as to a plugin that lags behind.
    controller '' --expose irq
    drive "mem write 0x100000 $(sqe 6 1 0 0x102000 1)$(sqe 6 2 0 0x102000 1)" "mem write 0x101000 $(cqe 0 0 1 0 1)$(cqe 0 0 2 0 2)" \
        'write bar0+0x1000 1' 'irq arm msix' 'irq trigger msix 0' 'irq wait msix 0' 'write bar0+0x1000 2' 'write bar0+0x1004 2'
    lacks '!' notes
    sed '1,/tail 1 -> 2/d' notes | grep -q 'nvme: CQ0: SQ0 id 2 Identify: ok'
}

@test "what goes wrong in queues: completions of no command or in another queue, commands that a reset ends, events" {
    controller
    drive "mem write 0x100000 $(sqe 12 1 0 0)$(sqe 6 2 0 0x102000 1)$(sqe 9 3 0 0 15 5000)$(sqe 6 4 0 0x102000 2)" \
        'write bar0+0x1000 4' "mem write 0x101000 $(cqe $((0x040002)) 0 1 0 1)$(cqe 0 0 9 0 40)$(cqe 0 0 3 0 3)" \
        'write bar0+0x1004 3' 'write bar0+0x14 0x00460000'
    sed -E 's/, within [0-9.]+ [um]s//; s/since [0-9.]+ [um]?s/since T/g' notes | tail -n +5 > got
    diff got - << 'END'
nvme: SQ0 tail 0 -> 4 of 32: 4 commands
nvme: SQ0 id 1: Async Event Request
nvme: SQ0 id 2: Identify controller, PRP 0x102000
nvme: SQ0 id 3: Set Features keep alive timer = 5000 ms
nvme: SQ0 id 4: Identify active namespaces, PRP 0x102000
nvme: CQ0 head 0 -> 3 of 32: 3 completions
nvme: CQ0: SQ0 id 1 Async Event Request: ok, namespaces changed, log page changed namespaces
nvme: CQ0: SQ0 id 9: ok
! nvme: CQ0: it gives SQ0's head as 40: the queue has 32 entries
! nvme: CQ0: SQ0 has no command 9 in flight
nvme: CQ0: SQ0 id 3 Set Features: ok
nvme: CC.EN 1 -> 0: controller reset
! nvme: 2 commands without a completion: SQ0 id 2 Identify (since T), SQ0 id 4 Identify (since T)
END
}

@test "queues that are lists of pages, and SGLs: followed, with what is wrong of them" {
    # sgl ADDRESS SIZE TYPE: a descriptor, 16 bytes in hex
    sgl() { printf '%02x%02x%02x0000000000%02x%02x0000000000%x0' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16)) $(($2 & 255)) $(($2 >> 8)) "$3"; }
    controller
    # SQ1 has two pages, whose list begins at the end of a page and goes on in the next one
    drive 'mem write 0x107000 0040100000000000' 'mem write 0x108ff8 0090100000000000' \
        'mem write 0x109000 00a010000000000000b0100000000000' 'mem write 0x102000 00100000' 'mem write 0x102080 00000900' \
        "mem write 0x100000 $(sqe 6 1 1 0x102000 0)$(sqe 5 2 0 0x107000 $((1 | 15 << 16)) 0)$(sqe 1 3 0 0x108ff8 $((1 | 127 << 16)) $((1 << 16)))" \
        "mem write 0x101000 $(cqe 0 0 1 0)$(cqe 0 0 2 0)$(cqe 0 0 3 0)" 'write bar0+0x1000 3' 'write bar0+0x1004 3' \
        "mem write 0x10a000 $(sqe 0x4002 5 1 0x10c000 0 0 1 0x20 0x30000000)$(sqe 0x4002 6 1 0x110000 0 0 1 0x200)$(sqe 0x4001 7 1 0x10d000 0 0 1 0x20 0x20000000)" \
        "mem write 0x10c000 $(sgl 0x110000 0x200 0)$(sgl 0xf00000 0x200 0)" \
        "mem write 0x10d000 $(sgl 0x110000 0x200 0)$(sgl 0x10e000 0x10 3)" "mem write 0x10e000 $(sgl 0x110200 0x200 0)" \
        'write bar0+0x1008 3' "mem write 0x104000 $(cqe 0 1 7 0 3)" 'write bar0+0x100c 1'
    sed -n 's/, within .*//; /SQ1 tail/,$p' notes > got
    diff got - << 'END'
nvme: SQ1 tail 0 -> 3 of 128: 3 commands
nvme: SQ1 id 5: Read LBA 0x0+2 (1K), namespace 1, SGL last segment 0x10c000+0x20 (2 descriptors)
! nvme: SGL data block 0xf00000+0x200 is not in the DMA map for the device to write
nvme: SQ1 id 6: Read LBA 0x0+2 (1K), namespace 1, SGL data block 0x110000+0x200
! nvme: the SGL has 0x200 bytes, the command moves 0x400
nvme: SQ1 id 7: Write LBA 0x0+2 (1K), namespace 1, SGL segment 0x10d000+0x20 (2 descriptors)
nvme: CQ1 head 0 -> 1 of 16: 1 completion
nvme: CQ1: SQ1 id 7 Write: ok
END
    grep -q 'nvme: SQ0 id 3: .* in pieces (a PRP list)' notes
    "$VFUSCOPE" decode cap | diff text -
}

@test "hostile guest memory: queue entries of random bytes, queues at the end of the address space" {
    controller
    head -c 4096 /dev/urandom > noise
    drive "mem load 0x100000 $T/noise" "mem load 0x101000 $T/noise" 'write bar0+0x1000 31' 'write bar0+0x1004 31' \
        'write bar0+0x1000 30' 'write bar0+0x1004 30' 'write bar0+0x14 0' 'write bar0+0x24 0x0fff0fff' \
        'write bar0+0x28 q 0xfffffffffffff000' 'write bar0+0x30 q 0xfffffffffffff000' 'write bar0+0x14 0x00ff0781' \
        'write bar0+0x1000 0xfff' 'write bar0+0x1004 0xfff' 'read bar0+8'
    lacks plugin tap.err
    grep -q 'bar0+0x8 nvme.vs = 0x00010400 (MJR 1, MNR 4)' text
    "$VFUSCOPE" decode cap | diff text -
}

@test "what a capture without guest memory lacks is said, not guessed" {
    controller '' --no-plugins
    drive "mem write 0x100000 $(sqe 6 16 0 0x102000 1)" 'write bar0+0x1000 1' 'write bar0+0x1004 1'  || true
    "$VFUSCOPE" decode cap > out
    [ "$(grep -c 'nvme: the entries at 0x10[01]000 are not at hand' out)" -eq 2 ]
}

@test "of a connection that is joined in the middle, what was mapped before is not missed" {
    controller '' --no-plugins
    drive "mem write 0x100000 $(sqe 6 16 0 0x102000 1)" 'write bar0+0x1000 1'
    "$VFUSCOPE" decode --no-plugins --filter 'not command == DMA_MAP and no > 2' --filter-capture -w cut -q cap
    "$VFUSCOPE" decode cut > out
    grep -q 'nvme: SQ0 tail 0 -> 1 of 32: 1 command' out
    lacks 'DMA map' out
}

@test "a controller whose state is loaded was set up elsewhere: its queues are not those seen before" {
    told READ 7 0 361b1000000000000002080100000000
    told WRITE 0 0x24 "$(hex 0x1f001f 4)"
    told WRITE 0 0x28 "$(hex 0x100000 8)"
    told WRITE 0 0x30 "$(hex 0x101000 8)"
    told WRITE 0 0x14 "$(hex 0x460001 4)"
    told WRITE 0 0x1000 "$(hex 1 4)"
    told STATE 1 # STOP
    told STATE 4 # RESUMING
    told STATE 2 # RUNNING
    told WRITE 0 0x1000 "$(hex 2 4)"
    talk_capture cap
    "$VFUSCOPE" decode cap > text
    grep -q 'nvme: SQ0 tail 0 -> 1 of 32' text
    lacks 'tail 1 -> 2' text
}

# says: what nvme says of the conversation of a controller that has class 0x010802, behind what is told first
says() {
    talk_capture cap
    "$VFUSCOPE" decode cap > text
    sed -n -E 's/^ +((! )?nvme: )/\1/p' text > got
    diff got -
    rm talk
    TALK_ID=0
}
its_ids() { told READ 7 0 361b1000000000000002080100000000; }
its_queues() {
    told WRITE 0 0x24 "$(hex 0x1f001f 4)"
    told WRITE 0 0x28 "$(hex 0x100000 8)"
    told WRITE 0 0x30 "$(hex 0x101000 8)"
}

# findings: misfits and reasons of nvme's, with the message that each stands at; the conversation is forgotten
findings() {
    talk_capture cap
    timeout "$LIMIT" "$VFUSCOPE" decode --json --no-plugins --plugin "$VFUSCOPE_PLUGIN_PATH/nvme.so" cap > json
    jq -r 'select(.problems or .because) | .no as $no |
        ((.problems // [])[] | "\($no) \(.rule): \(.text)"), ((.because // [])[] | "\($no) because \(.reason): \(.text)")' json |
        grep nvme- > got || true
    rm talk
    TALK_ID=0
    diff got -
}

# bar0_info SIZE
bar0_info() {
    TALK_ID=$((TALK_ID + 1))
    talk_line client command DEVICE_GET_REGION_INFO 5 "$(hex 32 4)$(hex 0 4)$(hex 0 4)$(hex 0 4)$(hex 0 16)"
    talk_line server reply DEVICE_GET_REGION_INFO 5 "$(hex 32 4)$(hex 3 4)$(hex 0 4)$(hex 0 4)$(hex "$1" 8)$(hex 0 8)"
}

@test "BAR0: too small for Windows, as its info says or its sizing tells; not there; just large enough" {
    its_ids
    told WRITE 7 0x10 ffffffff
    told READ 7 0x10 00e0ffff
    findings <<< '6 nvme-bar0-size: BAR0 has 8K: Windows needs 16K (MLBAR bits 13:4 are reserved)'
    bar0_info 8192
    its_ids
    told WRITE 7 0x10 ffffffff
    told READ 7 0x10 00e0ffff
    findings <<< '4 nvme-bar0-size: BAR0 has 8K: Windows needs 16K (MLBAR bits 13:4 are reserved)'
    its_ids
    bar0_info 0
    findings <<< "4 nvme-bar0-absent: BAR0 has size 0: an NVMe controller's registers are there"
    its_ids
    told WRITE 7 0x10 ffffffff
    told READ 7 0x10 0400fcff
    told WRITE 7 0x10 00000000
    told READ 7 0x10 00000000 # its address
    told WRITE 7 0x10 ffffffff
    told READ 7 0x10 04000000 # 4G or more
    told WRITE 7 0x10 ffffffff
    told READ 7 0x10 ffffffff # not answered
    findings < /dev/null
    bar0_info 16384
    its_ids
    findings < /dev/null
}

@test "CAP: queues of one entry, pages that no host has, doorbells behind the end of BAR0" {
    bar0_info 16384
    its_ids
    told READ 0 0 "$(hex 0x21000f0f0000 8)" # MPSMIN 0
    findings <<< '6 nvme-queue-size: CAP.MQES is 0: queues of 1 entry, which can hold none'
    its_ids
    told READ 0 0 "$(hex 0x41000f0003ff 8)"
    told READ 0 0 "$(hex $((0x41 << 48 | 0x3ff)) 8)"
    findings <<< '6 nvme-page-size: CAP.MPSMIN: pages of 8K at least, x86'"'"'s have 4K'
    its_ids
    told READ 0 0 "$(hex $((0x12 << 48 | 0x3ff)) 8)"
    findings <<< '4 nvme-page-size: CAP.MPSMIN 2 is above CAP.MPSMAX 1'
    bar0_info 16384
    its_ids
    told READ 0 0 "$(hex $((0xc << 32 | 0x3ff)) 8)"
    findings <<< "6 nvme-doorbells: doorbell stride 16384: the admin queue's are outside BAR0 (16K)"
    bar0_info 16384
    its_ids
    told READ 0 0 "$(hex $((0xb << 32 | 0x3ff)) 8)" # at 0x1000 and 0x3000
    findings < /dev/null
}

# disabled and not yet enabled, 0 to 4K of guest memory mapped
before_enabling() {
    its_ids
    told READ 0 0 "$(hex 0x4008200f0103ff 8)"
    told READ 0 0x1c 00000000
    told MAP 0x100000 0x1000
    its_queues
}

@test "why a controller is not enabled, and a doorbell is refused" {
    before_enabling
    told REFUSED WRITE 0 0x14 "$(hex 0x460001 4)"
    told REFUSED WRITE 0 0x14 "$(hex 0 4)"
    findings << 'END'
16 because nvme-queue-unmapped: the admin completion queue, 0x101000+0x200, is not in the DMA map
END
    before_enabling
    talk_line client command DMA_MAP 2 "$(hex 32 4)$(hex 3 4)$(hex 0 8)$(hex 0x101000 8)$(hex 0x1000 8)" 16 # without a reply
    told REFUSED WRITE 0 0x14 "$(hex 0x460001 4)" # not for want of memory
    told WRITE 0 0x14 "$(hex 0x460000 4)"
    told REFUSED WRITE 0 0x1000 01000000
    told WRITE 0 0x14 "$(hex 0x460001 4)"
    told REFUSED WRITE 0 0x1000 20000000
    told REFUSED WRITE 0 0x1000 1f000000 # for no reason
    told REFUSED WRITE 0 0x1002 0100
    told REFUSED WRITE 0 0x1010 01000000
    told REFUSED WRITE 0 8 01000000
    told REFUSED READ 0 0x1000 00000000
    findings << 'END'
21 because nvme-disabled: the controller is disabled
25 because nvme-queue-end: SQ0 has 32 entries, 0 to 31
29 because nvme-no-doorbell: 2 bytes at bar0+0x1002 are no doorbell (stride 4)
31 because nvme-no-queue: there is no SQ2
33 because nvme-read-only: VS is read-only
END
    jq -c 'select(.no == 21) | .because[0] | [.certain, .messages]' json | diff - <(echo '[true,[19]]')
}

@test "a write that is refused, or not answered, enables nothing and moves no doorbell" {
    its_ids
    told READ 0 0x1c 00000000
    its_queues
    told REFUSED WRITE 0 0x14 "$(hex 0x460001 4)"
    told REFUSED READ 0 0x1c 00000000
    told READ 0 0x1c 00000000
    told WRITE 0 0x1000 01000000
    told WRITE 0 0x14 "$(hex 0x460001 4)"
    told READ 0 0x1c 01000000
    told REFUSED WRITE 0 0x1000 05000000
    told WRITE 0 0x1000 01000000
    told ASKED WRITE 0 0x1000 02000000
    told POSTED 0 0x1000 03000000
    says << 'END'
nvme: AQA <- SQ 32 deep, CQ 32 deep
! nvme: write of bar0+0x14 is refused
! nvme: read of bar0+0x1c is refused
nvme: SQ0 tail <- 1: its creation was not seen
nvme: CC.EN, IOSQES 64, IOCQES 16, admin queue 32 deep at 0x100000, its completions 32 deep at 0x101000
nvme: CSTS.RDY 0 -> 1, after 4.9 us
! nvme: write of bar0+0x1000 is refused
nvme: SQ0 tail 0 -> 1 of 32: 1 command
! nvme: the entry at 0x100000: outside the DMA map
END
}

@test "a write to what is read-only changes nothing, and is remarked once; one to its neighbours does" {
    its_ids
    told READ 0 0 "$(hex 0x4008200f0103ff 8)"
    told WRITE 0 0 "$(hex 0xffffffffffffffff 8)"
    told WRITE 0 4 "$(hex 0xffffffff 4)"
    told WRITE 0 0x1c "$(hex 1 4)"
    told WRITE 0 0x1c "$(hex 0x10 4)" # NSSRO, which a 1 clears
    told WRITE 0 0x1008 01000000
    told READ 0 0 "$(hex 0x4008200f0103ff 8)"
    told WRITE 0 0x0c 01000000
    says << 'END'
nvme: CAP: queues of up to 1024 entries, ready within 7.5 s, doorbell stride 4, pages of 4K to 64K
nvme: CAP is written: it is read-only
nvme: CSTS is written: it is read-only
nvme: SQ1 tail <- 1: its creation was not seen
END
}

@test "accesses of other widths are to the registers that they are to" {
    its_ids
    told READ 0 0x1c 00000000
    told WRITE 0 0x24 "$(hex 0x1f001f 4)$(hex 0x100000 4)" # and the low half of ASQ
    told WRITE 0 0x2c 00000000
    told WRITE 0 0x34 00000000 # ACQ's high half first
    told WRITE 0 0x30 00101000
    told WRITE 0 0x16 4600
    told WRITE 0 0x14 0100
    told WRITE 0 0x14 "$(hex 0x460001 8)" # and what is reserved
    told WRITE 0 0x18 01000000
    told WRITE 0 0x1000 0100000001000000
    says << 'END'
nvme: AQA <- SQ 32 deep, CQ 32 deep
nvme: ASQ <- 0x100000
nvme: CC.EN, IOSQES 64, IOCQES 16, admin queue 32 deep at 0x100000, its completions 32 deep at 0x101000
nvme: CC <- 0x460001, as it was
nvme: bar0+0x18 <- 4 bytes: no register of NVMe's
! nvme: bar0+0x1000 <- 8 bytes: not a doorbell (stride 4)
END
}

@test "a controller that reads all ones is gone; what was known of it still holds when it is back" {
    its_ids
    told READ 0 0 "$(hex 0x4008200f0103ff 8)"
    told READ 0 0x1c 00000000
    its_queues
    told WRITE 0 0x14 "$(hex 0x460001 4)"
    told READ 0 0x0c ffffffff
    told READ 0 0x1c ffffffff
    told READ 0 0x14 ffffffff
    told READ 7 0 ffffffffffffffffffffffffffffffff
    told WRITE 0 0x1000 01000000
    told READ 0 0x1c 01000000
    told READ 0 0x1c ffffffff
    says << 'END'
nvme: CAP: queues of up to 1024 entries, ready within 7.5 s, doorbell stride 4, pages of 4K to 64K
nvme: AQA <- SQ 32 deep, CQ 32 deep
nvme: CC.EN, IOSQES 64, IOCQES 16, admin queue 32 deep at 0x100000, its completions 32 deep at 0x101000
! nvme: CSTS reads all ones: there is no controller behind it
nvme: CC reads all ones: there is no controller behind it
nvme: SQ0 tail 0 -> 1 of 32: 1 command
! nvme: the entry at 0x100000: outside the DMA map
nvme: CSTS.RDY 0 -> 1, after 21.2 us (CAP.TO allows 7.5 s)
! nvme: CSTS reads all ones: there is no controller behind it
END
}

@test "a function-level reset ends what was known, a refused one does not; so does an NVM subsystem reset" {
    local config
    printf -v config '%0512d' 0
    config=361b1000000000000002080100000000${config:32}
    config=${config:0:104}60${config:106}
    config=${config:0:192}1000020000000010${config:208} # PCI Express at 0x60, which can FLR
    told READ 7 0 "$config"
    told WRITE 0 0x14 01000000
    told REFUSED WRITE 7 0x68 0080
    told WRITE 0 0x14 01000000
    told WRITE 7 0x69 80
    told WRITE 0 0x14 00000000
    told WRITE 0 0x14 01000000
    told WRITE 0 0x20 "$(hex 0x4e564d65 4)"
    told WRITE 0 0x14 00000000
    says << 'END'
nvme: CC.EN
nvme: CC <- 0x1, as it was
nvme: controller reset, by a function-level reset
nvme: CC <- 0x0, as it was
nvme: CC.EN 0 -> 1, the admin queues' registers were not seen
nvme: NSSR <- "NVMe": NVM subsystem reset
nvme: CC <- 0x0, as it was
END
}

@test "a capture that begins in the middle, lacks messages or cuts them: nothing is concluded from what is not there" {
    its_ids
    told WRITE 0 0x14 "$(hex 0x464001 4)" # a shutdown of a controller that was enabled before
    told READ 0 0x1c 09000000
    says << 'END'
nvme: CC.EN, SHN normal, IOSQES 64, IOCQES 16: shutdown
END
    its_ids
    told READ 0 0x1c 00000000
    its_queues
    told WRITE 0 0x14 "$(hex 0x460001 4)"
    told WRITE 0 0x1000 01000000
    told WRITE 0 0x44 00000000 # it is missing, and perhaps more
    told WRITE 0 0x1000 01000000
    told READ 0 0x1c 01000000
    told WRITE 0 0x14 00000000
    talk_capture all
    "$VFUSCOPE" decode -q --no-plugins --filter 'not offset == 0x44' --filter-capture -w cut all
    "$VFUSCOPE" decode cut | sed -n -E 's/^ +((! )?nvme: )/\1/p' | sed '1,/0 -> 1 of/d' > got
    diff got - << 'END'
! nvme: the entry at 0x100000: outside the DMA map
nvme: SQ0 tail 1 -> 1 of 32: 0 commands
nvme: CC.EN 0
END
    rm talk
    TALK_ID=0
    its_ids
    TALK_CUT=34
    told WRITE 0 0x14 "$(hex 0x460001 4)"
    told WRITE 0 0x1000 01000000
    told WRITE 0 0x28 "$(hex 0x100000 8)"
    unset TALK_CUT
    told WRITE 0 0x14 00000000
    says << 'END'
nvme: CC is written: what with is not at hand
nvme: SQ0: where its doorbell is set to is not at hand
nvme: ASQ is written: what with is not at hand
nvme: CC.EN 0
END
}

@test "entries that the device fetches by messages are shown when it does" {
    # The device is edu, whose DMA fetches the entry; nvme is claimed by name.
    serve
    tap --no-plugins --plugin nvme -o text
    printf '%s\n' 'dma map 0x100000 64K --message' "mem write 0x100000 $(sqe 6 5 0 0x102000 1)" \
        'write bar0+0x24 0x001f001f' 'write bar0+0x28 q 0x100000' 'write bar0+0x30 q 0x101000' 'write bar0+0x14 0x00460001' \
        'write bar0+0x1000 1' 'write bar0+0x80 q 0x100000' 'write bar0+0x88 q 0x40000' 'write bar0+0x90 q 64' \
        'write bar0+0x98 q 1' "mem write 0x101000 $(cqe 0 0 5 2)" 'poll bar0+0x98 & 1 == 0' \
        'write bar0+0x80 q 0x100000' 'write bar0+0x98 q 1' 'poll bar0+0x98 & 1 == 0' > script
    shell --raw -f script
    stop tap
    [ "$(grep -c 'nvme: SQ0 id 5: Identify controller' text)" -eq 1 ]
    grep -q "nvme: the admin queue's memory came without a file descriptor" text
    grep -B1 'nvme: SQ0 id 5' text | grep -q 'DMA_READ'
}

@test "entries that are fetched before the doorbell is answered are shown then, and not again" {
    local id
    its_ids
    told READ 0 0x1c 00000000
    told MAP 0x100000 0x10000
    its_queues
    told WRITE 0 0x14 "$(hex 0x460001 4)"
    told ASKED WRITE 0 0x1000 01000000
    id=$TALK_ID
    told DMA READ 0x100040 "$(sqe 6 6 0 0x102000 1)" # not yet the driver's word
    told DMA READ 0x100000 "$(sqe 6 5 0 0x102000 1)"
    told DMA WRITE 0x101000 "$(cqe 0 0 5 0 1)"
    told ANSWERED "$id" WRITE 0 0x1000 01000000
    told WRITE 0 0x1004 01000000
    talk_capture cap
    "$VFUSCOPE" decode cap > text
    sed -n -E 's/^ +((! )?nvme: )/\1/p; s/^.*(DMA_[A-Z]*) .*/\1/p' text | sed '1,/admin queue.s memory/d' | uniq > got
    diff got - << 'END'
DMA_READ
nvme: SQ0 id 5: Identify controller, PRP 0x102000
DMA_WRITE
nvme: CQ0: SQ0 id 5 Identify: ok, within 1.6 us
nvme: SQ0 tail 0 -> 1 of 32: 1 command
nvme: CQ0 head 0 -> 1 of 32: 1 completion
END
}

@test "a client that reads the class alone has an NVMe controller, until its ids and class say something else" {
    controller
    "$VFUSCOPE" shell --raw t -c regions -c 'read config+9 b' -c 'read config+10 w' -c 'write bar0+0x14 0x00460001'
    stop tap
    stop serve
    grep -q 'nvme: CC.EN' text

    # As much of it as is an AHCI controller's, too
    controller
    "$VFUSCOPE" shell --raw t -c regions -c 'read config+10 w' -c 'write bar0+0x14 0x00460001'
    stop tap
    stop serve
    ! grep -q 'nvme: ' text || false
}
