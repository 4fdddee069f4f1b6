#!/usr/bin/env bats
# The pci plugin: config space by register and field, BAR sizing, capability lists, the MSI-X table.

load lib/common
load lib/talk

setup() {
    common_setup
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
}

# notes [OPTION...]: what pci says of the conversation
notes() {
    talk_capture cap
    timeout "$LIMIT" "$VFUSCOPE" decode --no-plugins --plugin pci cap > text
    # Names of devices are pci.ids', where that is there.
    sed -n -E 's/^ +((! )?pci: )/\1/p' text | sed 's/^pci: 8086:5910.*/pci: 8086:5910/' > got
    diff got -
}

# named: what lines of the same conversation say of registers, as notes end
named() {
    sed -n -E 's/^.*(config|bar[0-9])\+0x[0-9a-f]+ (pci\.[^=]+) = (0x[0-9a-f]+)( \(.*\))?( {2}.*)?$/\2 \3\4/p' text > got
    diff got -
}

@test "QEMU's boot against edu: registers read, BARs sized and placed, the device switched on" {
    timeout "$LIMIT" "$VFUSCOPE" decode --no-plugins --plugin pci "$BATS_TEST_DIRNAME/golden/qemu-boot.pcap" > text
    grep -q 'pci: 1234:11e8.*, class 0x00ff00.*, revision 16' text
    grep -q 'pci: capabilities: 0x40 power management, 0x48 MSI, 0x58 MSI-X (4 vectors, table in bar4+0x0, PBA in bar4+0x800)$' text
    grep -q 'pci: bar0 <- all ones: what size has it? (1M)' text
    grep -q 'config+0x18 pci.bar2 = 0xfeb00000$' text
    grep -q 'pci: command: I/O 0 -> 1, memory 0 -> 1, SERR 0 -> 1$' text
    lacks -q 'msi.pending' text # it has none: MSI-X begins there
}

@test "names of vendors, devices and classes are those of pci.ids" {
    [ -e /usr/share/misc/pci.ids ] || skip "needs pci.ids"
    timeout 60 "$VFUSCOPE" decode --no-plugins --plugin pci "$BATS_TEST_DIRNAME/golden/nvme-linux.pcap" > text
    grep -q 'pci: 1b36:0010 Red Hat, Inc. QEMU NVM Express Controller, class 0x010802 Non-Volatile memory controller, ' text
    timeout 60 "$VFUSCOPE" decode --no-plugins --plugin pci "$BATS_TEST_DIRNAME/golden/qemu-boot.pcap" > text
    grep -q 'pci: 1234:11e8, class 0x00ff00 Unclassified device, ' text # it has no 1234, nor a class 00ff, but the 00 above
}

@test "BAR sizing: 32-bit, 64-bit, I/O, ROM, not implemented" {
    told WRITE 7 0x10 ffffffff
    told READ 7 0x10 00c0ffff
    told WRITE 7 0x10 000010fe
    told WRITE 7 0x14 ffffffff
    told READ 7 0x14 00000000
    told READ 7 0x18 0c000000
    told WRITE 7 0x18 ffffffff
    told READ 7 0x18 0c000000
    told WRITE 7 0x1c ffffffff
    told READ 7 0x1c feffffff
    told WRITE 7 0x20 ffffffff
    told READ 7 0x20 e1ffffff
    told WRITE 7 0x30 00f8ffff
    told READ 7 0x30 0000feff
    notes << 'END'
pci: bar0 <- all ones: what size has it?
pci: bar0: size 16K, 32-bit memory
pci: bar1 <- all ones: what size has it?
pci: bar1: not implemented
pci: bar2 <- all ones: what size has it?
pci: bar2: 4G or more, see the upper half
pci: bar3 <- all ones: what size has it?
pci: bar2: size 8G, 64-bit memory, prefetchable
pci: bar4 <- all ones: what size has it?
pci: bar4: size 32, I/O ports
pci: rom <- all ones: what size has it?
pci: rom: size 128K
END
}

# config256 FIRST-CAPABILITY OFFSET HEX...: 256 bytes with a header like NVMe's and these bytes
config256() {
    local bytes first=$1
    printf -v bytes '%0512d' 0
    shift
    bytes=86801059000010000002080100000000${bytes:32}
    bytes=${bytes:0:104}$(hex "$first" 1)${bytes:106}
    while [ $# -gt 0 ]; do
        bytes=${bytes:0:$1 * 2}$2${bytes:$1 * 2 + ${#2}}
        shift 2
    done
    echo "$bytes"
}

@test "capabilities by field; a function-level reset; extended capabilities" {
    local express=100002000080001010280000
    told READ 7 0 "$(config256 0x40 0x40 01500300 0x50 0560 0x52 8a00 0x60 "1070${express:4}" 0x70 11000780 0x74 03200000 0x78 03300000)"
    told READ 7 0x52 8a00
    told WRITE 7 0x52 8b00
    told READ 7 0x44 0000
    told WRITE 7 0x44 0300
    told READ 7 0x68 1028
    told WRITE 7 0x68 10a8
    told READ 7 0x100 01000111
    told READ 7 0x110 03000100
    told WRITE 3 0x2000 0000e0fe
    told WRITE 3 0x2018 41000000
    told WRITE 3 0x202c 00000000
    told WRITE 3 0x3000 ffffffffffffffff
    notes << 'END'
pci: 8086:5910
pci: capabilities: 0x40 power management, 0x50 MSI, 0x60 PCI Express, 0x70 MSI-X (8 vectors, table in bar3+0x2000, PBA in bar3+0x3000)
pci: msi.control: enable 0 -> 1
pci: pm.control: state D0 -> D3hot
pci: pcie.device_control: FLR 0 -> 1
pci: function-level reset
pci: extended capabilities: 0x100 advanced error reporting, 0x110 device serial number
pci: MSI-X vector 2: not masked
! pci: the MSI-X pending bits are written: they are the device's
END
    named << 'END'
pci.msi.control 0x008a (capable of 32, 64-bit)
pci.msi.control 0x008b (enable, capable of 32, 64-bit)
pci.pm.control 0x0000
pci.pm.control 0x0003 (state D3hot)
pci.pcie.device_control 0x2810 (relaxed order, no snoop, read request 512)
pci.pcie.device_control 0xa810 (relaxed order, no snoop, read request 512, FLR)
pci.msix.entry_address[0] 0xfee00000
pci.msix.entry_data[1] 0x00000041
pci.msix.entry_control[2] 0x00000000
pci.msix.pending[0] 0xffffffffffffffff
END
}

# REGION and IRQ info: info REGION SIZE [FLAGS [CAPABILITIES]], irqs INDEX COUNT
info() {
    local caps=${4:-}
    TALK_ID=$((TALK_ID + 1))
    talk_line client command DEVICE_GET_REGION_INFO 5 "$(hex $((32 + ${#caps} / 2)) 4)$(hex 0 4)$(hex "$1" 4)$(hex 0 4)$(hex 0 16)"
    talk_line server reply DEVICE_GET_REGION_INFO 5 \
        "$(hex $((32 + ${#caps} / 2)) 4)$(hex "${3:-3}" 4)$(hex "$1" 4)$(hex $((${#caps} ? 32 : 0)) 4)$(hex "$2" 8)$(hex 0 8)$caps"
}
irqs() {
    TALK_ID=$((TALK_ID + 1))
    talk_line client command DEVICE_GET_IRQ_INFO 7 "$(hex 16 4)$(hex 0 4)$(hex "$1" 4)$(hex 0 4)"
    talk_line server reply DEVICE_GET_IRQ_INFO 7 "$(hex 16 4)$(hex 1 4)$(hex "$1" 4)$(hex "$2" 4)"
}

# misfits: those of pci, of the conversation, with the message that each stands at; it is forgotten
misfits() {
    talk_capture cap
    timeout "$LIMIT" "$VFUSCOPE" decode --json --no-plugins --plugin pci cap > json
    jq -r 'select(.problems) | .no as $no | .problems[] | select(.rule | startswith("pci-")) | "\($no) \(.rule): \(.text)"' json > got
    rm talk
    TALK_ID=0
    diff got -
}

@test "MSI-X: vectors against the interrupt info; table and pending bits against their BARs, and each other" {
    irqs 2 4
    info 3 0
    info 4 0
    told READ 7 0 "$(config256 0x40 0x40 11000400 0x44 03000000 0x48 04000400)"
    told READ 7 0 "$(config256 0x40 0x40 11000400 0x44 03000000 0x48 04000400)"
    misfits << 'END'
8 pci-msix-vectors: MSI-X: 5 vectors, the interrupt info says 4
8 pci-msix-table: MSI-X table: bar3 has size 0
8 pci-msix-pba: PBA: bar4+0x40000 is outside bar4 (0)
END
    # config space first, and by dwords
    told READ 7 0 "$(config256 0x40 | cut -c 1-128)"
    told READ 7 0x40 11000400
    told READ 7 0x44 00080000
    told READ 7 0x48 400c0000
    info 0 2048
    irqs 2 1
    misfits << 'END'
10 pci-msix-table: MSI-X table: bar0+0x800 is outside bar0 (2K)
10 pci-msix-pba: PBA: bar0+0xc40 is outside bar0 (2K)
12 pci-msix-vectors: MSI-X: 5 vectors, the interrupt info says 1
END
    told READ 7 0 "$(config256 0x40 0x40 11000400 0x44 00000000 0x48 48000000)"
    info 0 0x4c
    misfits << 'END'
2 pci-msix-overlap: MSI-X: the table bar0+0x0+0x50 and the PBA bar0+0x48+0x8 overlap
4 pci-msix-table: MSI-X table: bar0+0x0+80 is outside bar0 (76)
4 pci-msix-pba: PBA: bar0+0x48+8 is outside bar0 (76)
END
    # BARs that are not there
    told READ 7 0 "$(config256 0x40 0x40 11000400 0x44 06000000 0x48 07000000)"
    misfits << 'END'
2 pci-msix-table: MSI-X table: BAR 6 is none
2 pci-msix-pba: PBA: BAR 7 is none
END
    # all of it just fits, and ends where its BAR does
    irqs 2 65
    info 3 4096
    told READ 7 0 "$(config256 0x40 0x40 11004080 0x44 030b0000 0x48 f30f0000)"
    misfits < /dev/null
    # what was not seen: no info; the last dword of the capability
    told READ 7 0 "$(config256 0x40 0x40 11000400 0x44 03000000 0x48 04000400)"
    misfits < /dev/null
    irqs 2 4
    info 3 0
    told READ 7 0 "$(config256 0x40 0x40 11000400 | cut -c 1-128)"
    told READ 7 0x40 1100040003000000
    misfits < /dev/null
}

@test "MSI-X: the table in an area to be mapped, where msix_mappable is not there" {
    local config area whole
    config=$(config256 0x40 0x40 11000300 0x44 00200000 0x48 00300000)
    area=$(hex 0x10001 4)$(hex 0 4)$(hex 2 4)$(hex 0 4)$(hex 0 8)$(hex 4096 8)$(hex 0x2000 8)$(hex 4096 8)
    whole=$(hex 0x10001 4)$(hex 0 4)$(hex 1 4)$(hex 0 4)$(hex 0 8)$(hex 0x4000 8)
    info 0 0x4000 15 "$area"
    told READ 7 0 "$config"
    misfits <<< '4 pci-msix-mapped: MSI-X table: bar0+0x2000 is in an area to be mapped, without capability msix_mappable'
    info 0 0x4000 15 "$(hex 0x10003 4)$(hex 40 4)$area" # which is there
    told READ 7 0 "$config"
    misfits < /dev/null
    info 0 0x4000 15 "$whole" # all of it: clients see to it
    told READ 7 0 "$config"
    misfits < /dev/null
    info 0 0x4000 7
    told READ 7 0 "$config"
    misfits < /dev/null
    info 0 0x4000 15 "${area/$(hex 0x2000 8)/$(hex 0x1000 8)}" # beside it
    told READ 7 0 "$config"
    misfits < /dev/null
}

@test "MSI's vectors and INTx's pin against the interrupt info" {
    irqs 1 1
    irqs 0 0
    told READ 7 0 "$(config256 0x50 0x50 0500 0x52 8600 0x3d 01)"
    misfits << 'END'
6 pci-msi-vectors: MSI: 8 vectors, the interrupt info says 1
6 pci-intx-pin: INTx: config space has pin A, the interrupt info says 0 vectors
END
    told READ 7 0 "$(config256 0x50 0x50 0500 0x52 8600 0x3d 05)"
    misfits <<< '2 pci-intx-pin: INTx: pin 5 is none, there are 1 (A) to 4 (D)'
    irqs 1 8
    irqs 0 1
    told READ 7 0 "$(config256 0x50 0x50 0500 0x52 8600 0x3d 02)"
    misfits < /dev/null
    irqs 1 0 # with MSI-X, which drivers take
    irqs 2 4
    told READ 7 0 "$(config256 0x50 0x50 0560 0x52 8600 0x60 11000300 0x64 00000000 0x68 00100000)"
    misfits < /dev/null
    irqs 1 8 # neither a capability nor a pin: what is not used does no harm
    irqs 0 1
    told READ 7 0 "$(config256 0x50 0x50 01000300)"
    misfits < /dev/null
}

@test "BARs: I/O ports that are memory, a 64-bit one's upper half, and what a class needs" {
    info 0 0x100000
    info 2 4096
    info 3 4096
    info 5 4096
    told READ 7 0 "$(config256 0 0x10 010000000000000004000000 0x24 04000000)"
    misfits << 'END'
10 pci-io-bar: bar0 is I/O ports in config space, and has 1M: all ports are 64K
10 pci-wide-bar: bar2 is 64-bit: bar3 is its upper half, and has 4K of its own
10 pci-wide-bar: bar5 is 64-bit: there is no BAR for its upper half
END
    info 0 0x10000 # an upper half may have any bits; what has no size is none; all ones say nothing
    info 2 4096
    info 3 0
    info 4 4096
    info 5 0x100000
    told READ 7 0 "$(config256 0 0x10 010000000000000004000000 0x1c 05000000 0x20 ffffffff01000000)"
    misfits < /dev/null
    info 5 0
    told READ 7 0 "$(config256 0 0x09 010601 | sed 's/^\(.\{18\}\)....../\1010601/')"
    misfits <<< '4 pci-class-bar: class 0x010601 (AHCI) has its registers in bar5, which has size 0'
    info 0 0
    told READ 7 0 "$(config256 0 | sed 's/^\(.\{18\}\)....../\1010601/')"
    misfits < /dev/null
}

@test "a header of no type; MSI-X at the end of config space" {
    told READ 7 0 "$(config256 0xf8 0x0e 83 0xf8 11000300 0xfc 00000000)"
    misfits << 'END'
2 pci-header-type: header type 0x3 is none
2 pci-cap-list: MSI-X at 0xf8 has 12 bytes, and the capabilities end at 0x100
END
    told READ 7 0x0e ff # bytes of a device in reset
    told READ 7 0x3d ff
    misfits < /dev/null
    told READ 7 0 "$(config256 0xf4 0x0e 80 0xf4 11000300 0xf8 00000000 0xfc 00100000)"
    misfits < /dev/null
}

@test "healthy devices have no misfit" {
    for cap in "$BATS_TEST_DIRNAME"/golden/*.pcap; do
        timeout "$LIMIT" "$VFUSCOPE" decode --json "$cap" > json
        jq -r 'select(.problems) | .problems[].rule | select(test("^(pci|nvme|virtio)-"))' json > got
        diff got - < /dev/null
    done
}

@test "a capability list that loops, or leads into the header" {
    told READ 7 0 "$(config256 0x40 0x40 09500810 0x50 09400810)"
    notes < /dev/null || true
    grep -q '! misfit: the server: the capability list does not end; it comes to 0x40 \[pci-cap-list\]$' text
    rm talk
    told READ 7 0 "$(config256 0x40 0x40 09100810)"
    notes < /dev/null || true
    grep -q '! misfit: the server: the capability list leads into the header, to 0x10 \[pci-cap-list\]$' text
    rm talk
    told READ 7 0 "$(config256 0xfc 0xfc 11000780)"
    told READ 0 0 00
    notes < /dev/null || true
    [ -s got ]
}

# config4096 OFFSET HEX...: config256 with PCI Express, and these bytes, of extended capabilities mostly
config4096() {
    local bytes
    printf -v bytes '%07680d' 0
    bytes=$(config256 0x60 0x60 "${PORT:-1000020000800010}")$bytes
    while [ $# -gt 0 ]; do
        bytes=${bytes:0:$1 * 2}$2${bytes:$1 * 2 + ${#2}}
        shift 2
    done
    echo "$bytes"
}

@test "extended capabilities: errors and what clears them, SR-IOV, PASID, ATS, resizable BARs, power, isolation" {
    told READ 7 0 "$(config4096 0x100 01000214 0x140 03000116 0x160 10000119 0x190 0f00011a \
        0x1a0 1b00011b 0x1b0 1500011d 0x1b8 40000000 0x1d0 1e00011e 0x1e0 18000120 0x200 0d000121 0x210 1d000122 0x220 02000100)"
    told READ 7 0x104 30401000
    told WRITE 7 0x104 00001000
    told READ 7 0x108 00004000
    told WRITE 7 0x108 00000000
    told READ 7 0x118 f4010000
    told READ 7 0x144 11223344
    told READ 7 0x16e 4000
    told READ 7 0x170 0000
    told WRITE 7 0x170 0800
    told READ 7 0x168 0000
    told WRITE 7 0x168 1900
    told READ 7 0x194 67000000
    told WRITE 7 0x196 0080
    told READ 7 0x1a4 0614
    told READ 7 0x1b4 f0ff0000
    told READ 7 0x1b8 40050000
    told WRITE 7 0x1b8 40060000
    told READ 7 0x1bc 70000000
    told READ 7 0x1d8 0fffa040
    told READ 7 0x1e4 0310100c
    told READ 7 0x204 1f001d00
    told READ 7 0x218 051f
    told READ 7 0x234 ff000080
    told READ 7 0x23a 0200
    notes << 'END'
pci: 8086:5910
pci: capabilities: 0x60 PCI Express
pci: extended capabilities: 0x100 advanced error reporting, 0x140 device serial number, 0x160 SR-IOV, 0x190 address translation, 0x1a0 PASID, 0x1b0 resizable BAR, 0x1d0 L1 PM substates, 0x1e0 latency tolerance,
pci: 0x200 access control services, 0x210 downstream port containment, 0x220 virtual channel
pci: aer.uncorrectable_status <- 0x100000, clears: unsupported request
pci: aer.uncorrectable_mask: internal 1 -> 0
pci: 8 virtual functions are asked for
pci: sriov.control: enable 0 -> 1, memory 0 -> 1, ARI 0 -> 1
pci: ats.control: enable 0 -> 1
pci: rebar.control: size 32M -> 64M
END
    named << 'END'
pci.aer.uncorrectable_status 0x00104030 (data link protocol, surprise down, completion timeout, unsupported request)
pci.aer.uncorrectable_status 0x00100000 (unsupported request)
pci.aer.uncorrectable_mask 0x00400000 (internal)
pci.aer.uncorrectable_mask 0x00000000
pci.aer.control 0x000001f4 (first error 0x14, can make ECRC, makes ECRC, can check ECRC, checks ECRC)
pci.dsn.serial 0x44332211
pci.sriov.total_vfs 0x0040
pci.sriov.num_vfs 0x0000
pci.sriov.num_vfs 0x0008
pci.sriov.control 0x0000
pci.sriov.control 0x0019 (enable, memory, ARI)
pci.ats.capabilities, pci.ats.control 0x00000067 (pci.ats.capabilities: queue depth 7, page aligned, global invalidate)
pci.ats.control 0x8000 (enable)
pci.pasid.capabilities 0x1406 (execute, privileged, width 0x14)
pci.rebar.capabilities 0x0000fff0 (1M, 2M, 4M, 8M, 16M, 32M, 64M, 128M, 256M, 512M, 1G, 2G)
pci.rebar.control 0x00000540 (BARs 2, size 32M)
pci.rebar.control 0x00000640 (BARs 2, size 64M)
pci.rebar.capabilities2 0x00000070 (1M, 2M, 4M)
pci.l1ss.control1 0x40a0ff0f (PCI-PM L1.2, PCI-PM L1.1, ASPM L1.2, ASPM L1.1, restore us 0xff, threshold 0xa0, threshold times 1024 ns)
pci.ltr.max_snoop, pci.ltr.max_no_snoop 0x0c101003 (pci.ltr.max_snoop: value 3, times 1048576 ns; pci.ltr.max_no_snoop: value 0x10, times 32768 ns)
pci.acs.capabilities, pci.acs.control 0x001d001f (pci.acs.capabilities: source validation, translation blocking, request redirect, completion redirect, upstream forwarding; pci.acs.control: source validation, request redirect, completion redirect, upstream forwarding)
pci.dpc.status 0x1f05 (triggered, reason fatal message, first error 0x1f)
pci.vc.vc0_control 0x800000ff (classes 0xff, enable)
pci.vc.vc0_status 0x0002 (negotiation pending)
END
}

@test "a bridge: its buses and windows, the root port's registers, its ROM elsewhere" {
    told READ 7 0 "$(PORT=1000420000800010 config4096 0x0e 01 0x3e 0300 0x100 01000100)"
    told WRITE 7 0x18 00010100
    told WRITE 7 0x20 00fe10fe
    told WRITE 7 0x18 ffffffff
    told WRITE 7 0x38 00f8ffff
    told READ 7 0x38 00000000
    told READ 7 0x3e 0300
    told WRITE 7 0x3e 4300
    told READ 7 0x78 c010
    told READ 7 0x12c 07000000
    talk_capture cap
    timeout "$LIMIT" "$VFUSCOPE" decode --no-plugins --plugin pci cap | sed -n -E 's/^ +((! )?pci: )/\1/p' | tail -n +4 > got
    diff got - << 'END'
pci: rom <- all ones: what size has it?
pci: rom: not implemented
pci: bridge_control: bus reset 0 -> 1
END
}

@test "registers of capabilities by name in the shell, where this device has them" {
    serve --device ram:vendor=0x8086,device=0x10,bar0=16K,msix=4
    run -0 shell --raw -c 'read pci.msix.control' -c 'read pci.bar2' -c 'regs pci'
    [ "${lines[0]}" = '0x3  vectors - 1 3' ]
    grep -q '^pci.msix.table  *0x[0-9a-f]*  *in bar' <<< "$output"
    lacks -q 'pci.aer\|primary_bus' <<< "$output"
    run -1 shell --raw -c 'read pci.aer.control'
    [[ $output = *'pci.aer.control: this device has no such register' ]]
}

@test "after a reset in the middle of sizing nothing is half known" {
    told READ 7 0 "$(config256 0x40 0x40 01000300)"
    told WRITE 7 0x10 ffffffff
    talk_line client command DEVICE_RESET 13 ''
    talk_line server reply DEVICE_RESET 13 ''
    told READ 7 0x10 00000000
    told WRITE 7 0x44 0300
    notes << 'END'
pci: 8086:5910
pci: capabilities: 0x40 power management
pci: bar0 <- all ones: what size has it?
END
    named << 'END'
pci.bar0 0xffffffff
pci.bar0 0x00000000
pci.pm.control 0x0003 (state D3hot)
END
}

@test "a write that is refused sizes nothing, and is no reset; PCI devices don't refuse any" {
    local express=100002000080001010280000
    told REFUSED WRITE 7 0x30 ffffffff
    told READ 7 0x30 00000000
    told READ 7 0 "$(config256 0x60 0x60 "1000${express:4}")"
    told READ 7 0x68 1028
    told REFUSED WRITE 7 0x68 10a8
    told WRITE 7 0x68 1020
    told ASKED WRITE 7 0x30 ffffffff
    told READ 7 0x30 00000000
    notes << 'END'
pci: PCI devices ignore writes to what is read-only, they don't refuse them
pci: 8086:5910
pci: capabilities: 0x60 PCI Express
pci: pcie.device_control: no snoop 1 -> 0
END
}

@test "what is read-only stays as it was: whole registers, and bits of others; a reset by one byte" {
    local express=100002000080001010280000
    told READ 7 0 "$(config256 0x50 0x50 0560 0x52 8a00 0x60 "1070${express:4}" 0x70 11000780)"
    told WRITE 7 0 ffff
    told WRITE 7 0 ffff
    told WRITE 7 0x52 0100
    told WRITE 7 0x52 8b00
    told WRITE 7 0x72 0080
    told READ 7 0x68 1028
    told WRITE 7 0x69 a8
    told WRITE 7 0x72 0000
    notes << 'END'
pci: 8086:5910
pci: capabilities: 0x50 MSI, 0x60 PCI Express, 0x70 MSI-X (8 vectors, table in bar0+0x0, PBA in bar0+0x0)
pci: vendor is written: it is read-only
pci: msi.control: enable 0 -> 1
pci: msi.control <- 0x8b, as it was
pci: msix.control <- 0x8007, as it was
pci: function-level reset
END
}

@test "config space of a device that is gone; half of a 64-bit BAR; bytes of a BAR; what is not at hand" {
    told READ 7 0 "$(config256 0x40 0x40 01000300)"
    told READ 7 0 ffffffff
    told READ 7 0 ffff
    told WRITE 7 0x10 ffffffff
    told READ 7 0x10 ffffffff
    told READ 7 0x18 0c000000
    told WRITE 7 0x1c ffffffff
    told READ 7 0x1c feffffff
    told WRITE 7 0x24 ffffffff
    told WRITE 7 0x26 0000
    told READ 7 0x24 00f0ffff
    told READ 7 4 0000
    TALK_CUT=32 told WRITE 7 4 0600
    told WRITE 7 4 0700
    notes << 'END'
pci: 8086:5910
pci: capabilities: 0x40 power management
! pci: config space reads all ones: there is no device behind it
pci: bar0 <- all ones: what size has it?
pci: bar0 reads all ones
pci: bar3 <- all ones: what size has it?
pci: bar2 = 0xfffffffe (the upper half)
pci: bar5 <- all ones: what size has it?
END
}

@test "an MSI-X entry's halves by eight bytes, and less than one" {
    told READ 7 0 "$(config256 0x70 0x70 11000780 0x74 03200000 0x78 03300000)"
    told WRITE 3 0x2000 0000e0fe00000000
    told WRITE 3 0x2008 4100000001000000
    told WRITE 3 0x2010 00
    notes << 'END'
pci: 8086:5910
pci: capabilities: 0x70 MSI-X (8 vectors, table in bar3+0x2000, PBA in bar3+0x3000)
pci: MSI-X vector 0: masked
pci: MSI-X table, from vector 1 on: 1 bytes
END
    named << 'END'
pci.msix.entry_address[0], pci.msix.entry_address_high[0] 0x00000000fee00000
pci.msix.entry_data[0], pci.msix.entry_control[0] 0x0000000100000041 (pci.msix.entry_control[0]: masked)
pci.msix.entry_address[1] 0x00
END
}
