#!/usr/bin/env bats
# Maps of registers from files: which device they are for, what lines, filters, the shell and captures make of them, and bad ones.

load lib/common
load lib/talk

setup() {
    common_setup
    MAPS=$BATS_TEST_DIRNAME/../plugins/maps
    GOLDEN=$BATS_TEST_DIRNAME/golden
}

decode() {
    timeout "$LIMIT" "$VFUSCOPE" decode "$@"
}

registers() {
    timeout "$LIMIT" "$VFUSCOPE" registers "$@"
}

# map NAME REGISTERS [MEMBERS]: a map with these registers in bar0, in NAME.json
map() {
    echo "{\"name\": \"$1\", ${3:-}\"regions\": {\"bar0\": {\"registers\": [$2]}}}" > "$1.json"
}

# names [OPTION...]: the registers that events of the capture cap have, each once a line
names() {
    decode --json --no-plugins "$@" cap | jq -r '.payload | .register // .registers[]? // empty'
}

@test "registers lists a map, as text, JSON and a header of C that compiles" {
    run -0 registers "$MAPS/edu.json"
    [ "${lines[0]}" = "edu (1234:11e8): QEMU's educational device" ]
    [[ $output == *"bar0+0x98      8 rw    edu.dma_cmd: DMA command"* ]]
    [[ $output == *"1     direction: 0 to the device, 1 from the device"* ]]
    registers --json "$MAPS/edu.json" | jq -e '.ok and (.registers | length == 11) and .registers[3].fields[0].name == "computing"'
    registers --header "$MAPS/edu.json,offset=0x100" > edu.h
    cat > try.c << 'END'
#include "edu.h"
#include "edu.h"
_Static_assert(EDU_STATUS == 0x120 && EDU_STATUS_INTERRUPT_WHEN_DONE_MASK == 0x80, "");
_Static_assert(EDU_DMA_CMD_DIRECTION_SHIFT == 1 && EDU_DMA_CMD_DIRECTION_FROM_THE_DEVICE == 1, "");
END
    ${CC:-cc} -fsyntax-only -Wall -Werror try.c
}

@test "the header of an array, and two names that C can't tell apart" {
    map d '{"name": "ring", "offset": "0x100", "count": 4, "stride": 16}, {"name": "a-b", "offset": 0}, {"name": "a_b", "offset": 4}'
    registers --header d.json > d.h
    grep -x '#define D_RING(n) (0x100 + (n) \* 0x10)' d.h
    grep -x '#define D_A_B 0x0' d.h
    grep -x '/\* there is one already: D_A_B 0x4 \*/' d.h
    # Nor does the name of somebody else's file end the comment that it stands in.
    sed 's|"name": "d"|"name": "d */ int evil; /*"|' d.json > e.json
    registers --header e.json > e.h || [ ! -s e.h ]
    lacks -F '*/ int' e.h
}

@test "a bad file: status 1 of registers, with line and column or the member's path; 2 where it is used, and of one that is not there" {
    map bad '{"name": "r", "offset": 0}, {"name": "s", "offset": 4, "width": 3}'
    run -1 registers bad.json
    [ "$output" = "vfuscope: bad.json: regions.bar0.registers[1].width: 1, 2, 4 or 8 is expected, in bytes" ]
    run -1 --separate-stderr registers --json bad.json
    [ "$(jq -r '.ok, .error' <<< "$output")" = $'false\nregions.bar0.registers[1].width: 1, 2, 4 or 8 is expected, in bytes' ]
    printf '{\n "name": ]' > syntax.json
    run -1 registers syntax.json
    [ "$output" = "vfuscope: syntax.json: line 2, column 10: a value is expected" ]
    run -2 registers none.json
    run -2 decode "$GOLDEN/edu.pcap" --registers bad.json
    [ "$output" = "vfuscope: --registers: bad.json: regions.bar0.registers[1].width: 1, 2, 4 or 8 is expected, in bytes" ]
    run -2 decode "$GOLDEN/edu.pcap" --registers none.json
    [ "$output" = "vfuscope: --registers: none.json: No such file or directory" ]
    run -2 timeout "$LIMIT" "$VFUSCOPE" why "$GOLDEN/edu.pcap" --registers bad.json
    run -2 timeout "$LIMIT" "$VFUSCOPE" diff "$GOLDEN/edu.pcap" "$GOLDEN/edu.pcap" --registers bad.json
    run -2 timeout "$LIMIT" "$VFUSCOPE" report "$GOLDEN/edu.pcap" -o out.html --registers bad.json
    run -2 timeout "$LIMIT" "$VFUSCOPE" shell none.sock -c info --registers bad.json
    [[ $output == *"registers[1].width"* ]]
    map d '{"name": "r", "offset": 0}'
    run -2 decode "$GOLDEN/edu.pcap" --registers d.json,region=bar9
    run -2 decode "$GOLDEN/edu.pcap" --registers d.json,divice=1234:11e8
    [[ $output == *"behind a comma device=, region= and offset= are known" ]]
}

@test "what overlaps, and members that nobody knows, are said, and are no fault" {
    map d '{"name": "a", "offset": 0, "acces": "ro"}, {"name": "b", "offset": 2}'
    run -0 registers d.json
    [[ $output == *"vfuscope: d.json: regions.bar0.registers[0].acces: no member that is known; did you mean access?"* ]]
    [[ $output == *"overlap: d.b lies over d.a, at bar0+0x2"* ]]
}

@test "edu's map gives the names that its plugin gives" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    plugin=$(decode --json --no-plugins --plugin edu "$GOLDEN/edu.pcap" --filter 'region == bar0' | jq -c 'select(.no) | [.no, .payload.register]')
    of_map=$(decode --json --no-plugins --registers "$MAPS/edu.json,device=any" "$GOLDEN/edu.pcap" --filter 'region == bar0' |
        jq -c 'select(.no) | [.no, .payload.register]')
    [[ $plugin == *edu.status* ]]
    diff <(echo "$plugin") <(echo "$of_map")
    text() { grep -v -E '^ +(! )?(edu|registers):'; }
    diff <(decode --no-plugins --plugin edu "$GOLDEN/edu.pcap" | text) \
        <(decode --no-plugins --registers "$MAPS/edu.json,device=any" "$GOLDEN/edu.pcap" | text)
}

@test "a map is for the devices that it says, by the ids and the class that the client read, or by device=" {
    map ids '{"name": "r", "offset": 0}' '"pci": ["1234:11e8"], '
    map other '{"name": "r", "offset": 0}' '"pci": ["1234:11e9"], '
    map class '{"name": "r", "offset": 4}' '"class": "0x00ff", '
    map every '{"name": "r", "offset": 8}'
    told READ 0 8 00000000
    told READ 0 0 00000000
    told READ 7 0 3412
    told READ 7 2 e811
    told READ 0 0 00000000
    told READ 7 8 1000ff00
    told READ 0 4 00000000
    talk_capture cap
    [ "$(names --registers ids.json)" = $'ids.r\nids.r' ]
    [ "$(names --registers other.json)" = "" ]
    [ "$(names --registers other.json,device=1234:11e8)" = $'other.r\nother.r' ]
    [ "$(names --registers other.json,device=any)" = $'other.r\nother.r\nother.r\nother.r' ]
    [ "$(names --registers class.json)" = $'class.r\nclass.r' ]
    [ "$(names --registers every.json)" = $'every.r\nevery.r' ]
    [ "$(names --registers every.json,offset=4)" = "" ]
    [ "$(names --registers ids.json,region=bar0,offset=4)" = $'ids.r\nids.r' ]
    [ "$(names --registers other.json,device=1234:11e8,offset=4 --registers every.json)" = $'every.r\nevery.r\nother.r\nother.r' ]
}

@test "folders: one that is named, with its maps in order; the one where they are looked for, in which a bad one is left out" {
    mkdir maps
    map a '{"name": "r", "offset": 0}'
    map b '{"name": "r", "offset": 0}, {"name": "s", "offset": 4}'
    mv a.json b.json maps
    echo notes > maps/README
    told READ 0 0 00000000
    told READ 0 4 00000000
    talk_capture cap
    [ "$(names --registers maps)" = $'a.r\na.r\nb.s\nb.s' ]
    [ "$(VFUSCOPE_REGISTERS_PATH=$T/maps names)" = $'a.r\na.r\nb.s\nb.s' ]
    [ "$(VFUSCOPE_REGISTERS_PATH=$T/maps names --no-registers)" = "" ]
    unset VFUSCOPE_REGISTERS_PATH
    mkdir -p config/vfuscope
    cp -r maps config/vfuscope/registers
    [ "$(XDG_CONFIG_HOME=$T/config names)" = $'a.r\na.r\nb.s\nb.s' ]
    export VFUSCOPE_REGISTERS_PATH=$T/maps
    echo '{' > maps/a.json
    run -0 --separate-stderr names
    [ "$output" = $'b.r\nb.r\nb.s\nb.s' ]
    [ "$stderr" = "vfuscope: $T/maps/a.json: line 2, column 1: it ends too early" ]
    run -2 decode cap --registers maps
    rm maps/*.json
    run -2 decode cap --registers maps
    [[ $output == *"there is no map in this folder"* ]]
}

@test "a person's map comes before a plugin's names; one that was found comes behind them" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    map mine '{"name": "control", "offset": "0x20"}'
    told READ 0 0x20 00000000
    told READ 0 0 00000000
    talk_capture cap
    named() { decode --json --no-plugins --plugin edu "$@" cap | jq -r '.payload.register // empty' | uniq; }
    [ "$(named --registers mine.json)" = $'mine.control\nedu.id' ]
    mkdir found
    cp mine.json found
    [ "$(VFUSCOPE_REGISTERS_PATH=$T/found named)" = $'edu.status\nedu.id' ]
}

@test "filters know registers, fields and values of maps, in arrays of blocks too; a name that there is not is a mistake" {
    map d '{"name": "ch", "offset": "0x100", "count": 4, "stride": 32, "registers": [{"name": "mode", "offset": 4, "fields": [
        {"name": "speed", "bits": "3:0", "values": {"0": "slow", "1": "very fast"}}]}]}'
    told WRITE 0 0x104 00000000
    told WRITE 0 0x144 01000000
    talk_capture cap
    picked() { decode --json --registers d.json cap --filter "$1" | jq -r 'select(.type == "command").payload.register'; }
    [ "$(picked 'register == "d.ch[2].mode"')" = "d.ch[2].mode" ]
    [ "$(picked 'd.ch[2].mode == 1')" = "d.ch[2].mode" ]
    [ "$(picked 'd.ch[1].mode == 1')" = "" ]
    [ "$(picked 'd.ch.mode')" = $'d.ch[0].mode\nd.ch[2].mode' ]
    [ "$(picked 'd.ch.mode.speed == very_fast')" = "d.ch[2].mode" ]
    [ "$(picked 'd.ch[0].mode.speed == slow')" = "d.ch[0].mode" ]
    run -2 decode --registers d.json cap --filter 'd.chan.mode == 1'
    [[ $output == *"there is no such register, nor a field of one; did you mean d.ch[].mode?"* ]]
    run -0 env VFUSCOPE_REGISTERS_PATH=$T "$VFUSCOPE" help --complete 'filter:d.ch[2].mode.sp'
    [[ $output == *"d.ch[2].mode.speed"* ]]
}

@test "live: names and notes at the tap and in the shell; DMA inside the map and outside; the capture says the same" {
    cat > dma.json << 'END'
{"name": "dma", "pci": ["1234:11e8"], "regions": {"bar0": {"registers": [
  {"name": "id", "offset": 0, "access": "ro", "fields": [{"name": "major", "bits": "31:24"}]},
  {"name": "ack", "offset": "0x64", "access": "reserved"},
  {"name": "source", "offset": "0x80", "width": 8, "role": "dma_address"},
  {"name": "size", "offset": "0x90", "width": 8, "role": "length"}]}}}
END
    serve
    tap --registers dma.json -w cap -o out
    timeout "$LIMIT" "$VFUSCOPE" shell "$T/t" --registers dma.json -c 'dma map 0x100000 64K' -c 'read dma.id' -c 'expect value == 0x10000ed' \
        -c 'write dma.source 0x100000' -c 'write dma.size 0x1000' -c 'write dma.source 0x108000' -c 'write dma.size 0x10000' \
        -c 'write dma.source l 0x900000' -c 'write bar0+0x84 l 0' -c 'write dma.source 0' -c 'write dma.size 0x1000' \
        -c 'write dma.id 1' -c 'write dma.id 2' -c 'write dma.ack 1' -c 'write dma.ack b 1' > shell.out
    stop tap
    grep -x '0x10000ed  major 1' shell.out
    map=$(jq -r 'select(.command == "DMA_MAP" and .type == "command").no' <(decode --json cap))
    sed -n -E 's/^ +(.*registers: .*)/\1/p' out > notes
    diff notes - << END
registers: 0x100000 is mapped by #$map
registers: DMA 4K from 0x100000, mapped by #$map
registers: 0x108000 is mapped by #$map
! registers: 0x108000+64K, in dma.source, is not in the DMA map to its end
! registers: 0x900000, in dma.source, is not in the DMA map
! registers: dma.id is written: it is read-only
! registers: dma.ack is written: it is reserved
! registers: a write of 1 byte to dma.ack, which has 4
END
    diff <(decode --registers dma.json cap | sed -n -E 's/^ +(.*registers: .*)/\1/p') notes
    diff <(decode cap | sed -n -E 's/^ +(.*registers: .*)/\1/p') notes
    decode --json cap | jq -s -e 'any(.payload.register == "dma.size" and .notes[0].text[:6] == "DMA 4K")' > /dev/null
    decode --json cap --filter warning | jq -s -e 'any(.notes[0].plugin == "registers")' > /dev/null
}

@test "the lower half and the upper one of an address: judged once both are new, in either order; nothing of what is half old" {
    cat > half.json << 'END'
{"name": "half", "regions": {"bar0": {"registers": [
  {"name": "low", "offset": "0x80", "role": "dma_low"}, {"name": "high", "offset": "0x84", "role": "dma_high"}]}}}
END
    serve
    tap --registers half.json -o out
    timeout "$LIMIT" "$VFUSCOPE" shell "$T/t" --registers half.json -c 'dma map 0x100000000 64K' -c 'write half.high 1' -c 'write half.low 0x1000' \
        -c 'write half.low 0x90001000' -c 'write half.high 2' -c 'write half.high 1' -c 'write half.low 0x2000'
    stop tap
    sed -n -E 's/^ +(.*registers: .*)/\1/p; s/^.*client >.*(half.[a-z]+ = .*)/\1/p' out | sed 's/#[0-9]*/#MAP/' > got
    diff got - << 'END'
half.high = 0x00000001
half.low = 0x00001000
registers: 0x100001000 is mapped by #MAP
half.low = 0x90001000
half.high = 0x00000002
! registers: 0x290001000, in half.low, is not in the DMA map
half.high = 0x00000001
half.low = 0x00002000
registers: 0x100002000 is mapped by #MAP
END
}

@test "an upper half that may be another's, a lower one alone, and a length that is none in bytes accuse nobody" {
    map d '{"name": "ha", "offset": 0, "role": "dma_high"}, {"name": "la", "offset": 4, "role": "dma_low"},
        {"name": "hb", "offset": 8, "role": "dma_high"}, {"name": "lb", "offset": 12, "role": "dma_low"},
        {"name": "alone", "offset": "0x20", "role": "dma_low"},
        {"name": "a", "offset": "0x40", "role": "dma_address", "width": 8},
        {"name": "n", "offset": "0x48", "role": "length", "unit": "entries"},
        {"name": "b", "offset": "0x60", "role": "dma_address", "width": 8},
        {"name": "m", "offset": "0x68", "role": "length", "fields": [{"name": "go", "bits": "31"}, {"name": "count", "bits": "15:0"}]}'
    serve --device ram:bar0=4K
    tap --registers d.json -o out
    timeout "$LIMIT" "$VFUSCOPE" shell "$T/t" -c 'dma map 0x100000000 64K' -c 'write bar0+0 1' -c 'write bar0+4 0x1000' -c 'write bar0+8 7' \
        -c 'write bar0+0x20 0x5000' -c 'write bar0+0x40 q 0x100000000' -c 'write bar0+0x48 0x100000' \
        -c 'write bar0+0x60 q 0x100000000' -c 'write bar0+0x68 0x80000010'
    stop tap
    run -0 sed -n -E 's/^ +(.*registers: .*)/\1/p' out
    [[ $output == *'0x100000000 is mapped by #'* ]]
    [[ $output != *'! '* && $output != *'DMA '* ]]
}

@test "nobody is accused of an address where the begin of the connection is missing, nor of reads" {
    map d '{"name": "a", "offset": 0, "role": "dma_address"}, {"name": "w", "offset": 4, "access": "wo"}, {"name": "u", "offset": 8}'
    told WRITE 0 0 00005000
    told READ 0 4 01000000
    told READ 0 6 0100
    told READ 0 12 01000000
    told WRITE 0 12 01000000
    told WRITE 0 8 01000000
    talk_capture cap
    run -0 decode --registers d.json cap
    [[ $output == *d.a* ]]
    [[ $output != *registers:* ]]
}

@test "the shell: regs, completion, and a name that is nearly one" {
    map d '{"name": "id", "offset": 0, "access": "ro"}, {"name": "ack", "offset": "0x64", "access": "wo"},
        {"name": "dma", "offset": "0x80", "count": 2, "stride": 8}'
    serve
    timeout "$LIMIT" "$VFUSCOPE" shell "$T/s" --registers d.json -c 'regs d' > got
    grep -x -E 'd.id +0x10000ed +' got
    grep -x 'd.ack                   not read: it is write-only' got
    grep -E '^d.dma\[1\] ' got
    run -1 timeout "$LIMIT" "$VFUSCOPE" shell "$T/s" --registers d.json -c 'read d.idd'
    [[ $output == *"did you mean d.id"* ]]
    timeout "$LIMIT" "$VFUSCOPE" shell "$T/s" --json --registers d.json -c 'write d.dma[1] 7' -c 'read d.dma[1]' | jq -e 'select(.command == "read").value == "0x7"'
}
