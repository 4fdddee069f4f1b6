#!/usr/bin/env bats
# Registers: what lines, trees and JSON say of them, by whichever table names them.

load lib/common
load lib/talk

setup() {
    common_setup
    PLUGINS=$(dirname "$VFUSCOPE")/plugins
    OWN=$(dirname "$VFUSCOPE")/tests/plugins
    GOLDEN=$BATS_TEST_DIRNAME/golden
    export VFUSCOPE_PLUGIN_PATH=$PLUGINS
    export VFUSCOPE_PAGER= # a terminal's lines as they are
}

decode() {
    timeout "$LIMIT" "$VFUSCOPE" decode "$@"
}

# edu: a conversation with the edu device, in the capture cap
edu() {
    told READ 0 0 ed000001
    told WRITE 0 0x20 80000000
    told READ 0 0x20 81000000
    told REFUSED READ 0 0x20 00000000
    told WRITE 0 0x98 0500000000000000
    told READ 0 0x84 00001000
    told READ 0 0x30 00000000
    told READ 0 0x80 "$(hex 0 16)"
    talk_capture cap
}

@test "a line has the register's name behind its place, and what its bits say behind the value" {
    edu
    decode --ignore all --no-plugins --plugin edu cap | sed -n -E 's/^.*(REGION.*[^ ])  [0-9.]+[mu]?s$/\1/p; s/^.*(REGION_WRITE.*=.*)/\1/p; s/^.*(REGION_READ.*byte.*)/\1/p' |
        sed -E 's/(READ|WRITE) +[0-9]+ /\1/; s/ +/ /g' > got
    cat got
    diff got - << 'END'
REGION_READ bar0+0x0 edu.id 4 bytes
REGION_READ bar0+0x0 edu.id = 0x010000ed (major 1, magic 0xed)
REGION_WRITE bar0+0x20 edu.status = 0x00000080 (interrupt when done)
REGION_WRITE bar0+0x20 edu.status 4 bytes
REGION_READ bar0+0x20 edu.status 4 bytes
REGION_READ bar0+0x20 edu.status = 0x00000081 (computing, interrupt when done)
REGION_READ bar0+0x20 edu.status 4 bytes
REGION_READ error EINVAL
REGION_WRITE bar0+0x98 edu.dma_cmd = 0x0000000000000005 (start, interrupt when done)
REGION_WRITE bar0+0x98 edu.dma_cmd 8 bytes
REGION_READ bar0+0x84 edu.dma_src+4 4 bytes
REGION_READ bar0+0x84 edu.dma_src+4 = 0x00100000
REGION_READ bar0+0x30 4 bytes
REGION_READ bar0+0x30 = 0x00000000
REGION_READ bar0+0x80 16 bytes
REGION_READ bar0+0x80 = 00000000000000000000000000000000
END
}

@test "JSON: value by the rule for integers, register, of commands and replies; registers where they are several" {
    edu
    decode --json --no-plugins --plugin edu cap | jq -c 'select(.no).payload | [.value, .register]' | diff - <(cat << 'END'
[null,"edu.id"]
[16777453,"edu.id"]
[128,"edu.status"]
[null,"edu.status"]
[null,"edu.status"]
[129,"edu.status"]
[null,"edu.status"]
[null,"edu.status"]
["0x5","edu.dma_cmd"]
[null,"edu.dma_cmd"]
[null,"edu.dma_src+4"]
[1048576,"edu.dma_src+4"]
[null,null]
[0,null]
[null,null]
[null,null]
END
)
    decode --json --no-plugins cap | jq -c 'select(.payload.value) | [.no, .payload.value]' | diff - <(cat << 'END'
[2,16777453]
[3,128]
[6,129]
[9,"0x5"]
[12,1048576]
[14,0]
END
)
    : > "$T/talk"
    told READ 7 4 06041000
    talk_capture both
    decode --json both | jq -c 'select(.no).payload | [.register, .registers]' | diff - <(
        printf '["pci.command",["pci.command","pci.status"]]\n%.0s' 1 2)
    decode both | grep -q 'config+0x4 pci.command, pci.status = 0x00100406 (pci.command: memory, bus master, INTx disable; pci.status: capabilities)'
}

@test "-v: fields one a line, those that are zero, too, and the names of values; of a part of a register those that it has" {
    edu
    decode -v --ignore all --no-plugins --plugin edu cap | sed -n '/ #9 /,/ #10 /p' | sed '1,2d; /^        [a-z]*: [a-zA-Z]* to/d; $d' | diff - <(cat << 'END'
        offset: 0x98
        region: 0 (bar0)
        count: 8
        data: 0500000000000000 (8 bytes)
        register: edu.dma_cmd
          start: 1
          direction: 0 (to the device)
          interrupt when done: 1
END
)
    : > "$T/talk"
    told READ 0 4 20000000
    talk_capture part
    decode -v --ignore all --no-plugins --plugin nvme part | sed -n '/register: nvme.cap+4$/,$p' | grep -A1 'DSTRD: 0$' | grep -q 'NSSRS: 0'
    decode -v --ignore all --no-plugins --plugin nvme part | lacks -q 'MQES'
}

@test "exchanges: name and fields in the line, or hanging below it; runs of a poll have it too" {
    edu
    decode --pairs --ignore all --no-plugins --plugin edu cap | grep -q -E '  r  bar0\+0x20.l    edu.status     0x00000081  computing, interrupt when done  [0-9.]+us$'
    script -qc "stty cols 80; '$VFUSCOPE' decode --color never --pairs --ignore all --no-plugins --plugin edu cap" /dev/null |
        tr -d '\r' > wide
    grep -A1 'r  bar0+0x20.l    edu.status     0x00000081 ' wide | grep -q '^                      computing, interrupt when done$'
    awk 'length > 80 { exit 1 }' wide
    : > "$T/talk"
    for _ in 1 2 3 4 5; do
        told READ 0 0x1c 01000000
    done
    talk_capture poll
    script -qc "stty cols 80; '$VFUSCOPE' decode --color never --ignore all --no-plugins --plugin nvme poll" /dev/null | tr -d '\r' > folded
    cat folded
    [ "$(grep -c 'nvme.csts' folded)" -eq 2 ]
    grep -q 'bar0+0x1c.l    nvme.csts  0x00000001  5 times in' folded
}

@test "doorbells are named by CAP.DSTRD, up to where MSI-X begins; capabilities, MSI-X entries and virtio by config space" {
    decode --json "$GOLDEN/nvme-disk.pcap" | jq -r '.payload.register // empty' | sort | uniq -c | sort -rn > names
    cat names
    grep -q ' nvme.sqtdbl\[0\]$' names
    grep -q ' nvme.cqhdbl\[1\]$' names
    grep -q ' pci.msix.control$' names
    decode --json "$GOLDEN/virtio-linux.pcap" | jq -r '.payload.register // empty' | sort -u > names
    grep -q '^virtio.notify' names
    grep -q '^virtio.blk.capacity_hi$' names
    # DSTRD 0, then 1; a doorbell whose stride is not known has no name
    told WRITE 0 0x1004 01000000
    told READ 0 0 ff03000f00000000
    told WRITE 0 0x1004 01000000
    told WRITE 0 0x1008 01000000
    told READ 0 0 ff03000f01000000
    told WRITE 0 0x1004 01000000
    told WRITE 0 0x1008 01000000
    talk_capture bells
    decode --json --no-plugins --plugin nvme bells |
        jq -r 'select(.command == "REGION_WRITE" and .type == "command").payload.register' | diff - <(
        printf '%s\n' null 'nvme.cqhdbl[0]' 'nvme.sqtdbl[1]' null 'nvme.cqhdbl[0]')
    # MSI-X's table in BAR0, behind them
    local config
    printf -v config '%0512d' 0
    config=34121100000010000002080100000000${config:32}
    config=${config:0:104}40${config:106}
    config=${config:0:128}110001000011000080110000${config:152}
    : > "$T/talk"
    told READ 7 0 "$config"
    told READ 0 0 ff03000f00000000
    told WRITE 0 0x10fc 01000000
    told WRITE 0 0x1100 01000000
    told WRITE 0 0x111c 01000000
    told WRITE 0 0x1120 01000000
    told READ 0 0x1180 0000000000000000
    talk_capture msix
    decode --json msix | jq -r 'select(.no >= 5 and .type == "command").payload.register' | diff - <(
        printf '%s\n' 'nvme.cqhdbl[31]' 'pci.msix.entry_address[0]' 'pci.msix.entry_control[1]' null 'pci.msix.pending[0]')
}

@test "a plugin that says what can't be: registers anywhere, 65,535 of them, over each other, elsewhere at each access" {
    told READ 0 0 11000000
    told READ 0 0x1010 01000000
    told READ 0 0x20 01000000
    for what in 1 2 3 4; do
        told WRITE 0 0xf00 0${what}000000
        told READ 0 0 11000000
        told READ 0 4 11000000
        told READ 0 0x80ff0 00000000
        told READ 0 0x100 00000000
    done
    talk_capture cap
    decode --json --ignore all --no-plugins --plugin "$OWN/places.so" cap > got 2> err
    cat err
    jq -r 'select(.type == "reply") | .payload | "\(.register) \((.registers // []) | length)"' got > names
    cat names
    diff names - << 'END'
places.fixed 0
places.moved[2] 0
places.e"vil?[2J? 0
places.moved[3840] 4
places.fixed 4
places.moved[4] 4
places.moved[528368] 4
places.moved[256] 4
null 0
places.fixed 0
null 0
places.moved[65534] 0
null 0
places.moved 0
places.fixed 0
null 0
null 0
places.moved 0
null 0
places.fixed 0
null 0
null 0
null 0
END
    diff err - <<< 'vfuscope: plugin places: crashed (Segmentation fault); there are no notes of it from here on'
    decode --ignore all --no-plugins --plugin "$OWN/places.so" cap | lacks -q $'[\033\x9b]'
}

@test "captures have the registers: without plugins the same is said; old captures gain them; plugins that are here go first" {
    local plugins=$VFUSCOPE_PLUGIN_PATH how
    for capture in nvme-disk virtio-linux; do
        decode -q "$GOLDEN/$capture.pcap" -w recorded
        for how in "" --json --pairs -v; do
            VFUSCOPE_PLUGIN_PATH= decode $how recorded > without
            VFUSCOPE_PLUGIN_PATH=$plugins decode $how "$GOLDEN/$capture.pcap" | diff without -
        done
    done
    edu
    decode -q --no-plugins --plugin edu cap -w recorded
    decode --json --no-plugins recorded | jq -s -e 'any(.[]; .payload.register == "edu.dma_cmd")' > /dev/null
    decode --json --no-plugins --plugin "$OWN/places.so" recorded |
        jq -r 'select(.no) | [.no, .payload.register] | @tsv' | sed -n '2p;4p' | diff - <(printf '2\tplaces.fixed\n4\tplaces.e"vil?[2J?\n')
    # an access about which a capture says something that is none
    decode --json --no-plugins cap | jq -s -e 'all(.[]; .payload.register == null)' > /dev/null
}
