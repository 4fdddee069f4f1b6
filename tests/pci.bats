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
    timeout 60 "$VFUSCOPE" decode --no-plugins --plugin pci cap > text
    # Names of devices are pci.ids', where that is there.
    sed -n -E 's/^ +((! )?pci: )/\1/p' text | sed 's/^pci: 8086:5910.*/pci: 8086:5910/' > got
    diff got -
}

@test "QEMU's boot against edu: registers read, BARs sized and placed, the device switched on" {
    timeout 60 "$VFUSCOPE" decode --no-plugins --plugin pci "$BATS_TEST_DIRNAME/golden/qemu-boot.pcap" > text
    grep -q 'pci: 1234:11e8.*, class 0x00ff00.*, revision 16' text
    grep -q 'pci: capabilities: 0x40 power management, 0x48 MSI, 0x58 MSI-X (4 vectors, table in bar4+0x0)$' text
    grep -q 'pci: bar0 <- all ones: what size has it? (1M)' text
    grep -q 'pci: bar2 at 0xfeb00000$' text
    grep -q 'pci: command: I/O 0 -> 1, memory 0 -> 1, SERR 0 -> 1$' text
    run ! grep -q 'msi.pending' text # it has none: MSI-X begins there
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
pci: bar0 at 0xfe100000
pci: bar1 <- all ones: what size has it?
pci: bar1: not implemented
pci: bar2 = 0x0
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
pci: capabilities: 0x40 power management, 0x50 MSI, 0x60 PCI Express, 0x70 MSI-X (8 vectors, table in bar3+0x2000)
pci: msi.control = 0x8a: capable of 32, 64-bit
pci: msi.control: enable 0 -> 1
pci: pm.control = 0x0
pci: pm.control: state D0 -> D3hot
pci: pcie.device_control = 0x2810: relaxed order, no snoop, read request 512
pci: pcie.device_control: FLR 0 -> 1
pci: function-level reset
pci: extended capabilities: 0x100 advanced error reporting, 0x110 device serial number
pci: MSI-X vector 0: address <- 0xfee00000
pci: MSI-X vector 1: data <- 0x41
pci: MSI-X vector 2: not masked
! pci: the MSI-X pending bits are written: they are the device's
END
}

@test "a capability list that loops, or leads into the header" {
    told READ 7 0 "$(config256 0x40 0x40 09500810 0x50 09400810)"
    notes < /dev/null || true
    grep -q '! pci: the capability list does not end; it comes to 0x40' got
    rm talk
    told READ 7 0 "$(config256 0x40 0x40 09100810)"
    notes < /dev/null || true
    grep -q '! pci: the capability list leads into the header, to 0x10' got
    rm talk
    told READ 7 0 "$(config256 0xfc 0xfc 11000780)"
    told READ 0 0 00
    notes < /dev/null || true
    [ -s got ]
}
