#!/usr/bin/env bats
# Plugins: how they are found and refused, what they are told and may read, and that none of them stops the traffic.

load lib/common
load lib/talk

setup() {
    common_setup
    PLUGINS=$(dirname "$VFUSCOPE")/plugins
    OWN=$(dirname "$VFUSCOPE")/tests/plugins
    GOLDEN=$BATS_TEST_DIRNAME/golden
    export VFUSCOPE_PLUGIN_PATH=$PLUGINS
}

decode() {
    timeout "$LIMIT" "$VFUSCOPE" decode "$@"
}

@test "edu: a refused write computes nothing; DMA whose addresses were not seen is not judged; a reset by config space" {
    local config
    printf -v config '%0512d' 0
    config=3412e811000000001000ff00${config:24}
    config=${config:0:104}60${config:106}
    config=${config:0:192}1300060302${config:202} # Advanced Features at 0x60
    told READ 7 0 "$config"
    told WRITE 0 0x98 "$(hex 1 8)"
    told REFUSED WRITE 0 8 05000000
    told READ 0 8 78000000
    told WRITE 0 8 06000000
    told WRITE 0 0 01000000
    told WRITE 0 0 01000000
    told READ 0 8 ffffffff
    told READ 0 8 d0020000
    told WRITE 7 0x64 01
    told READ 0 8 d0020000
    talk_capture cap
    decode --no-plugins --plugin edu cap | sed -n -E 's/^ +((! )?edu: )/\1/p' > got
    diff got - << 'END'
edu: DMA to the device: where and how much was not seen
edu: compute 6!
edu: id is written: it is read-only
edu: 6! = 720 (32 bits of it)
END
}

@test "without plugins nothing is noted, and VFUSCOPE_PLUGIN_PATH takes the place of the installed ones" {
    VFUSCOPE_PLUGIN_PATH= decode "$GOLDEN/qemu-boot.pcap" > plain
    decode --no-plugins "$GOLDEN/qemu-boot.pcap" | diff plain -
    decode "$GOLDEN/qemu-boot.pcap" > noted
    grep -q '^        pci: ' noted
    # beside notes only registers' names and fields are added
    grep -v '^        !\? \?[a-z]*: ' noted |
        sed -E 's/(bar[0-9]|config)(\+0x[0-9a-f]+) (, |[a-z]+\.[a-z0-9_.+]+)* ?(=|[0-9]+ byte)/\1\2 \4/; s/( = 0x[0-9a-f]+) \([^)]*\)/\1/' |
        diff <(grep -v '^        !\? \?[a-z]*: ' plain) -
}

@test "a device is claimed by its ids, or by name; a file takes what has no ids" {
    decode "$GOLDEN/edu.pcap" > none # its config space is never read
    lacks -q 'edu: ' none
    decode --no-plugins --plugin edu "$GOLDEN/edu.pcap" | grep -q '^        edu: compute 10!$'
    decode --no-plugins --plugin "$PLUGINS/edu.so" "$GOLDEN/edu.pcap" | grep -q '^        edu: 10! = 3628800'
    (cd "$PLUGINS" && decode --plugin ./edu.so "$GOLDEN/edu.pcap" | grep -q 'edu: ')
}

@test "notes in JSON" {
    decode --json --no-plugins --plugin edu "$GOLDEN/edu.pcap" > out
    run -0 jq -c 'select(.notes) | select(.payload.offset == "0x8" and .command == "REGION_READ") | .notes' out
    [ "$output" = '[{"plugin":"edu","text":"10! = 3628800 (32 bits of it)"}]' ]
}

# tell: what tests/plugins/tell.c is told of the conversation, with the message that each note stands at
tell() {
    talk_capture cap
    decode --json --no-plugins --plugin "$OWN/tell.so" cap > json
    jq -r 'select(.notes) | "\(.no) \(.notes[].text)"' json > got
    diff got -
    rm talk
    TALK_ID=0
}

@test "a write is told once it is answered, a posted one at once; what is refused or never answered did not happen" {
    told POSTED 0 0x8 01000000
    told WRITE 0 0x8 02000000
    told REFUSED WRITE 0 0x14 0300
    told REFUSED READ 0 0x1c 00000000
    told READ 0 0x1c 04000000
    told ASKED WRITE 0 0x8 05000000
    tell << 'END'
1 posted region 0 0x8+4 = 0x1
3 write region 0 0x8+4 = 0x2
5 write region 0 0x14+2 refused: 22
7 read region 0 0x1c+4 refused: 22
9 read region 0 0x1c+4 = 0x4
END
}

@test "accesses are told in the order of their commands, whatever that of the replies; a reset ends those before it" {
    told ASKED WRITE 0 0 01000000      # 1
    told ASKED READ 0 4 00000000       # 2
    told POSTED 0 8 03000000           # 3
    told ASKED WRITE 0 0xc 04000000    # 4
    told ANSWERED 4 WRITE 0 0xc 04000000
    told ANSWERED 2 READ 0 4 02000000
    told ANSWERED 1 WRITE 0 0 01000000 # 7
    told ASKED WRITE 0 0x10 05000000   # 8
    TALK_ID=9
    talk_line client command DEVICE_RESET 13 ''
    told ASKED WRITE 0 0x14 06000000   # id 10, message 10
    TALK_ID=9
    talk_line server reply DEVICE_RESET 13 ''
    told ANSWERED 5 WRITE 0 0x10 05000000
    told ANSWERED 10 WRITE 0 0x14 06000000
    tell << 'END'
7 write region 0 0x0+4 = 0x1
7 read region 0 0x4+4 = 0x2
7 posted region 0 0x8+4 = 0x3
7 write region 0 0xc+4 = 0x4
11 reset
13 write region 0 0x14+4 = 0x6
END
}

# multi DONE [FLAGS [ERRNO]]: three writes in one message, of which the reply says how many were done (''; nothing)
multi() {
    local i writes
    TALK_ID=$((TALK_ID + 1))
    writes=$(hex 3 8)
    for i in 1 2 3; do writes+=$(hex $((i * 4)) 8)$(hex 0 4)$(hex 4 4)$(hex $i 8); done
    talk_line client command REGION_WRITE_MULTI 15 "$writes"
    talk_line server reply REGION_WRITE_MULTI 15 "${1:+$(hex "$1" 8)}" "${2:-0}" "${3:-0}"
}

@test "of several writes in one message those were done that the reply says; of one that fails without a number nobody knows" {
    multi 3
    multi 1
    multi '' 32 22
    told WRITE 0 0x20 01000000
    tell << 'END'
2 write region 0 0x4+4 = 0x1
2 write region 0 0x8+4 = 0x2
2 write region 0 0xc+4 = 0x3
4 write region 0 0x4+4 = 0x1
4 write region 0 0x8+4 not done
6 gap
8 write region 0 0x20+4 = 0x1
END
}

@test "what a reply says less of was not done; bytes that a capture cut are not at hand" {
    TALK_ID=1
    talk_asked WRITE 0 0 0100000002000000
    talk_line server reply REGION_WRITE 10 "$(hex 0 8)$(hex 0 4)$(hex 4 4)"
    TALK_ID=2
    talk_line server command DMA_WRITE 12 "$(hex 0x1000 8)$(hex 8 8)0102030405060708"
    talk_line client reply DMA_WRITE 12 "$(hex 0x1000 8)$(hex 6 8)"
    TALK_ID=3
    talk_line server command DMA_WRITE 12 "$(hex 0x2000 8)$(hex 8 8)0102030405060708"
    talk_line client reply DMA_WRITE 12 '' 32 14
    told DMA READ 0x3000 0102
    TALK_CUT=34 told WRITE 0 4 01000000 # keeps as many bytes of each message
    tell << 'END'
2 write region 0 0x0+4, 4 bytes at hand
4 dma write 0x1000+6, 6 bytes at hand
8 dma read 0x3000+2, 2 bytes at hand
10 write region 0 0x4+4, 2 bytes at hand
END
}

@test "where messages are missing plugins hear of it, once, and of no access whose answer may be among them" {
    told WRITE 0 0 01000000
    told ASKED WRITE 0 4 02000000
    told WRITE 0 8 03000000
    told ANSWERED 2 WRITE 0 4 02000000
    talk_capture all
    decode -q --no-plugins --filter 'not offset == 8' --filter-capture -w cut all
    decode --json --no-plugins --plugin "$OWN/tell.so" cut | jq -r 'select(.notes) | "\(.no) \(.notes[].text)"' > got
    diff got - << 'END'
2 write region 0 0x0+4 = 0x1
6 gap
END
}

@test "a server that answers all but one write is not waited for" {
    told ASKED WRITE 0 0 01000000
    for i in {1..256}; do told POSTED 0 4 01000000; done
    told POSTED 0 8 02000000
    tell << 'END'
257 gap
258 posted region 0 0x8+4 = 0x2
END
}

@test "guest memory is for a write what it was when it was sent; the capture has it at the command" {
    serve
    tap --no-plugins --plugin "$OWN/tell.so" -o text -w cap
    shell --raw -c 'dma map 0x100000 64K' -c 'mem fill 0x100000 64K 0x5a' -c 'write bar0+0x90 q 0x100010' -c 'write vga 0' || true
    stop tap
    grep -q 'tell: there is 5a' text
    lacks 'nobody is to see' text
    decode --no-plugins --plugin "$OWN/tell.so" cap | diff text -
}

@test "a write that is refused is told with what its command had" {
    serve
    tap --plugin "$OWN/peek.so" --no-plugins -o text
    shell --raw -c 'send REGION_WRITE region=vga offset=4 data=00000000' -c 'expect error EINVAL'
    stop tap
    grep -q '! peek: write of region 8 refused: 22' text
}

@test "a filter can ask for notes and warnings, and whose; what is decided before there are any can't" {
    serve
    tap --plugin "$OWN/peek.so" --no-plugins --filter 'warning == peek' -w cap -o text
    shell --raw -c 'read config+0 b 64' -c 'write bar0+8 5' -c 'dma map 0x100000 64K' -c 'read vga' || true
    stop tap
    [ "$(grep -c 'REGION_READ' text)" -eq 2 ] # the one that is refused
    grep -q '! peek: read of region 8 refused: 22' text
    decode --plugin "$OWN/peek.so" cap > all
    for filter in 'note == peek' 'note == edu' warning 'note and not note == pci'; do
        decode --plugin "$OWN/peek.so" --filter "$filter" cap > "${filter// /_}"
    done
    grep -q 'peek: mapped' note_==_peek
    lacks -q 'edu: ' note_==_peek
    grep -q 'edu: compute 5!' note_==_edu
    lacks -q 'mapped' note_==_edu
    [ "$(grep -c ' < ' note_==_edu)" = "$(grep -c ' > ' note_==_edu)" ] # replies stand with their commands
    [ -s warning ]
    diff warning <(sed -n '/ vga+0x0 /,/peek: read/p' all)
    run -2 decode --filter 'note < 3' cap
    [[ $output == *"a rule, a reason, a plugin or a log is named by == or !="* ]]
    run -2 timeout "$LIMIT" "$VFUSCOPE" tap x y --inject 'id == 3 and note == edu:drop'
    [[ $output == *"column 13: note: plugins see a message once it was passed on"* ]]
}

@test "a plugin of the first version is loaded, and hears of what was done" {
    "$VFUSCOPE" decode --plugin "$OWN/past.so" "$GOLDEN/edu.pcap" > shown
    [ "$(grep -c 'past: .* written$' shown)" -eq "$(grep -c '> #[0-9]* *REGION_WRITE ' shown)" ]
    lacks -q 'past: .*refused\|plugin past' shown
}

@test "a plugin of the second version is loaded, and nothing behind its end is looked at" {
    told READ 7 0 00000000
    talk_line client command DEVICE_GET_IRQ_INFO 7 "$(hex 16 4)$(hex 0 4)$(hex 2 4)$(hex 0 4)"
    talk_line server reply DEVICE_GET_IRQ_INFO 7 "$(hex 16 4)$(hex 1 4)$(hex 2 4)$(hex 4 4)"
    told WRITE 0 8 05000000
    told REFUSED WRITE 0 12 05000000
    talk_capture cap
    decode --no-plugins --plugin "$OWN/second.so" cap | sed -n 's/^ *second: //p' > got
    diff got - << 'END'
0x0 read
0x8 written
0xc written, refused
END
}

# found CAPTURE [OPTION...]: what finds.so has to say, with the message that it stands at
IGNORED=(--ignore version-not-first --ignore region-not-asked)
found() {
    local cap=$1
    shift
    decode --json --no-plugins --plugin "$OWN/finds.so" "${IGNORED[@]}" "$@" "$cap" > json
    jq -r 'select(.problems) | .no as $no | .problems[] | "\($no) \(.severity) \(.at_fault) \(.rule): \(.text)"' json
    jq -r 'select(.because) | .no as $no | .because[] | "\($no) \(.certain) \(.messages | join(",")) \(.reason): \(.text)"' json
}

found_capture() {
    told WRITE 0 0 05000000
    told WRITE 0 0 05000000
    told WRITE 0 4 07000000
    told REFUSED WRITE 0 3 05
    told REFUSED READ 0 0 00
    told ASKED WRITE 0 0x10 00
    told REFUSED WRITE 0 5 05
    told ANSWERED 6 WRITE 0 0x10 00
    talk_capture cap
}

@test "a plugin finds misfits and gives reasons: once each, below what they are about; of what is told late they are notes" {
    found_capture
    found cap > got
    diff got - << 'END'
2 misfit server finds-server: the value is 5
6 misfit null finds-nobody: the value is 7
8 true 6 finds-odd: offset 0x3 is odd
10 false  finds-tired: it is tired
END
    jq -r 'select(.notes) | "\(.no) \(.notes[].text)"' json | diff - <(echo '14 #12 was refused because offset 0x5 is odd')
    decode --no-plugins --plugin "$OWN/finds.so" cap > text
    grep -qx '        ! misfit: the server: the value is 5 \[finds-server\]' text
    grep -qx '        ! misfit: the value is 7 \[finds-nobody\]' text
    grep -qx '        because offset 0x3 is odd \[finds-odd\]' text
    grep -qx '        perhaps because it is tired \[finds-tired\]' text
}

@test "plugins' misfits: ignored by name, filtered, counted, and --fail-on's" {
    found_capture
    found cap --ignore finds-server | lacks -q finds-server
    grep -q finds-nobody json
    found cap --ignore all | lacks -q finds-nobody
    run -2 decode --no-plugins --ignore finds-server cap
    [[ $output == *"--ignore finds-server: no such rule"* ]]
    decode --no-plugins --plugin "$OWN/finds.so" --filter 'problem == finds-nobody' cap > text
    [ "$(grep -c ' misfit' text)" -eq 1 ]
    decode -qc --no-plugins --plugin "$OWN/finds.so" cap | grep -q '^misfit: finds-nobody, #6: the value is 7$'
    run -1 decode -q --fail-on misfit --no-plugins --plugin "$OWN/finds.so" "${IGNORED[@]}" cap
    run -0 decode -q --fail-on violation --no-plugins --plugin "$OWN/finds.so" "${IGNORED[@]}" cap
    run -0 decode -q --fail-on misfit --no-plugins "${IGNORED[@]}" cap
    mkdir folder
    cp "$OWN/finds.so" folder
    VFUSCOPE_PLUGIN_PATH=$T/folder run -0 decode --rules
    [[ $output == *$'\nfinds-server  '*" misfit "*" what it says (finds.c)"* ]]
    VFUSCOPE_PLUGIN_PATH= run -0 decode --rules
    [[ $output != *finds-server* ]]
}

@test "a capture holds what plugins found: shown where they are not, made anew where they are, left out with --no-plugins" {
    found_capture
    found cap > got
    decode -q --no-plugins --plugin "$OWN/finds.so" -w found.pcap cap
    VFUSCOPE_PLUGIN_PATH= decode --json "${IGNORED[@]}" found.pcap > absent
    jq -c 'select(.problems or .because) | [.no, .problems, .because]' json > here
    jq -c 'select(.problems or .because) | [.no, .problems, .because]' absent | diff here -
    VFUSCOPE_PLUGIN_PATH= decode -w twice.pcap found.pcap > /dev/null
    VFUSCOPE_PLUGIN_PATH= decode --json "${IGNORED[@]}" twice.pcap | diff absent -
    found found.pcap | diff got -
    mkdir folder
    cp "$OWN/finds.so" folder
    VFUSCOPE_PLUGIN_PATH=$T/folder decode --json "${IGNORED[@]}" found.pcap > again
    jq -c 'select(.problems or .because) | [.no, .problems, .because]' again | diff here -
    VFUSCOPE_PLUGIN_PATH= run -0 decode --no-plugins found.pcap
    [[ $output != *finds* ]]
    VFUSCOPE_PLUGIN_PATH= run -1 decode -q --fail-on misfit "${IGNORED[@]}" found.pcap
    decode --no-plugins --plugin "$OWN/finds.so" --ignore finds-server found.pcap | lacks -q finds-server
}

@test "what a plugin finds is bounded and escaped" {
    told WRITE 0 8 05000000
    told WRITE 0 0xc 05000000
    talk_capture cap
    decode --no-plugins --plugin "$OWN/finds.so" cap > text
    lacks -q $'\033' text
    grep -q '! misfit: the server: \\x1b\[31mred\\x0a ' text
    [ "$(grep -c 'misfit [0-9]' text)" -eq 16 ]
    decode -q --no-plugins --plugin "$OWN/finds.so" -w found.pcap cap
    VFUSCOPE_PLUGIN_PATH= decode found.pcap | diff text -
    run -2 decode --plugin "$OWN/nameless.so" cap
    [[ $output == *"nameless.so: its misfits and reasons: "* ]]
}

@test "a plugin may ask what the device said of its regions and interrupts" {
    told READ 7 0 00000000
    talk_line client command DEVICE_GET_REGION_INFO 5 "$(hex 32 4)$(hex 0 4)$(hex 1 4)$(hex 0 4)$(hex 0 16)"
    talk_line server reply DEVICE_GET_REGION_INFO 5 "$(hex 72 4)$(hex 15 4)$(hex 1 4)$(hex 0 4)$(hex 4096 8)$(hex 0 8)"
    talk_line client command DEVICE_GET_IRQ_INFO 7 "$(hex 16 4)$(hex 0 4)$(hex 2 4)$(hex 0 4)"
    talk_line server reply DEVICE_GET_IRQ_INFO 7 "$(hex 16 4)$(hex 9 4)$(hex 2 4)$(hex 4 4)"
    talk_line client command DEVICE_GET_REGION_INFO 5 "$(hex 72 4)$(hex 0 4)$(hex 1 4)$(hex 0 4)$(hex 0 16)"
    talk_line server reply DEVICE_GET_REGION_INFO 5 "$(hex 40 4)$(hex 15 4)$(hex 1 4)$(hex 32 4)$(hex 4096 8)$(hex 0 8)$(hex 0x10003 4)$(hex 0 4)"
    talk_capture cap
    decode --no-plugins --plugin "$OWN/finds.so" cap | sed -n 's/^ *finds: //p' > got
    diff got - << 'END'
bar1: 4096 bytes, flags 0xf, not whole, but the table; 4 vectors, flags 0x9
bar1: 4096 bytes, flags 0xf, whole, table too; 4 vectors, flags 0x9
END
}

@test "a plugin that can't be loaded is an error with its reason" {
    local plugin
    echo text > bad.so
    run -2 decode --plugin ./bad.so "$GOLDEN/edu.pcap"
    [[ $output == "vfuscope: ./bad.so: "*"too short"* ]]
    run -2 decode --plugin ./absent.so "$GOLDEN/edu.pcap"
    [[ $output == "vfuscope: ./absent.so: "*"No such file"* ]]
    run -2 decode --plugin "$OWN/future.so" "$GOLDEN/edu.pcap"
    [[ $output == *"future.so: made for version 8 of the plugin interface, this vfuscope has version 7" ]]
    mkdir folder
    cp "$OWN/future.so" folder
    VFUSCOPE_PLUGIN_PATH=$T/folder run -2 decode "$GOLDEN/edu.pcap"
    [[ $output == *"--no-plugins does without it" ]]
    VFUSCOPE_PLUGIN_PATH=$T/folder run -0 decode -q --no-plugins "$GOLDEN/edu.pcap"
    run -2 decode --plugin nothing "$GOLDEN/edu.pcap"
    [[ $output == *"--plugin nothing: there is no nothing.so in $PLUGINS"* ]]
}

@test "a plugin that crashes while it is loaded is named" {
    need cc gcc
    echo '#include <signal.h>
        __attribute__((constructor)) static void crash(void) { raise(SIGKILL); }' > crash.c
    cc -shared -fPIC -o crash.so crash.c
    run -2 decode --plugin ./crash.so "$GOLDEN/edu.pcap"
    [ "$output" = "vfuscope: ./crash.so: loading it crashed (Killed)" ]
}

@test "no plugin comes from the current directory" {
    cp "$PLUGINS/edu.so" mine.so
    run -2 decode --plugin mine.so "$GOLDEN/edu.pcap"
    for path in "" : . ::; do
        VFUSCOPE_PLUGIN_PATH=$path run -2 decode --plugin mine "$GOLDEN/edu.pcap"
        VFUSCOPE_PLUGIN_PATH=$path decode "$GOLDEN/qemu-boot.pcap" > out
        lacks -q 'edu: ' out
    done
}

@test "a plugin that crashes ends the notes, and nothing else" {
    serve
    tap --plugin "$OWN/crash.so" -o text -w cap
    run -0 shell --raw -c 'read bar0+0' -c 'read bar0+4' -c 'read bar0+0'
    [ "${lines[0]}" = 0x10000ed ]
    [ "${lines[2]}" = 0x10000ed ]
    stop tap
    [ "$status" -eq 0 ]
    [ "$(grep -c 'plugin crash: crashed (Killed)' tap.err)" -eq 1 ]
    [ "$(grep -c 'REGION_READ' text)" -eq 6 ]
    decode cap | diff <(decode --no-plugins cap) -
}

@test "a plugin that hangs holds nothing up, and is given up" {
    serve
    # If it did, the shell would wait in vain.
    VFUSCOPE_PLUGIN_TIMEOUT=100000 tap --plugin "$OWN/hang.so" -o text
    run -0 shell --raw -c 'read bar0+0' -c 'read bar0+4'
    [ "${lines[0]}" = 0x10000ed ]
    stop tap KILL
    VFUSCOPE_PLUGIN_TIMEOUT=1 tap --plugin "$OWN/hang.so" -o text
    run -0 timeout "$LIMIT" "$VFUSCOPE" shell --raw t -c 'read bar0+0' -c 'read bar0+4'
    [ "${lines[0]}" = 0x10000ed ]
    await_text tap.err 'plugin hang: does not come back; there are no notes'
    stop tap
    [ "$status" -eq 0 ]
    [ "$(grep -c 'REGION_READ' text)" -eq 4 ]
}

@test "a plugin that hangs does not use up the tap's descriptors, and a second ^C does not wait for it" {
    serve
    ulimit -n 480
    VFUSCOPE_PLUGIN_TIMEOUT=100000 tap --plugin "$OWN/hang.so" -o text
    python3 - t <<'END'
import os, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
memory = os.memfd_create('memory')
os.ftruncate(memory, 4096)
s.sendall(struct.pack('=HHIIIHH', 0, 1, 20, 0, 0, 0, 1))
s.recv(4096)
s.sendall(struct.pack('=HHIIIQII', 1, 9, 32, 0, 0, 0, 0, 4))
s.recv(4096)
for i in range(600):
    socket.send_fds(s, [struct.pack('=HHIIIIIQQQ', i, 2, 48, 0, 0, 32, 3, 0, i << 12, 4096)], [memory])
    s.recv(4096)
END
    [ "$(find "/proc/${STARTED[tap]}/fd" -mindepth 1 | wc -l)" -lt 420 ]
    # Twice, and no more: a third one would not wait for the output either.
    taken() { grep -qP '^ShdPnd:\t0*$' "/proc/${STARTED[tap]}/status"; }
    kill -INT "${STARTED[tap]}"
    await_that taken
    kill -INT "${STARTED[tap]}"
    await tap
    [ "$status" -eq 0 ]
    grep -q 'plugins: they are not waited for any more' tap.err
    [ "$(grep -c 'DMA_MAP' text)" -eq 1200 ]
}

# A capture of two connections; the write to bar0+0x80 is what hostile.so acts on.
hostile_capture() {
    serve --device ram:bar0=4K
    tap --no-plugins -w cap -q
    shell --raw -c 'read bar0+0' -c 'write bar0+0x80 1' -c 'dma map 0x100000 64K'
    shell --raw -c 'dma map 0x200000 64K'
    stop tap
}

# hostile DEED: the notes of a capture by hostile.so and peek.so
hostile() {
    # A process that plugins are confined to can't look for leaks at its end.
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 HOSTILE=$1 VFUSCOPE_PLUGIN_TIMEOUT=${PATIENCE:-0.3} decode --ignore all --no-plugins --plugin "$OWN/hostile.so" \
        --plugin "$OWN/peek.so" cap 2> err > text
    grep -E '^        ' text | sed 's/^ *//' > notes || true
    decode --ignore all --no-plugins cap | diff <(grep -vE '^        ' text) -
}

@test "of a plugin that crashes or hangs the notes end, those of the others do not" {
    local deed why
    hostile_capture
    while IFS='|' read -r deed why; do
        hostile "$deed"
        diff - err <<< "vfuscope: plugin hostile: $why; there are no notes of it from here on"
        printf '%s\n' 'hostile: sees 0x0' 'hostile: sees 0x80' 'peek: mapped 0x100000+0x10000 r w shared' \
            'peek: mapped 0x200000+0x10000 r w shared' | diff - notes
    done << 'END'
segv|crashed (Segmentation fault)
divide|crashed (Floating point exception)
overflow|crashed (Segmentation fault)
hang|does not come back
END
}

@test "a plugin that takes its process down costs the others what they knew, not the connections to come" {
    local deed why
    hostile_capture
    while IFS='|' read -r deed why; do
        hostile "$deed"
        diff - err << END
vfuscope: plugin hostile: $why; there are no notes of it from here on
vfuscope: plugins: with their process the others lost what they knew; their notes begin again with the next connection
END
        grep -v '^hostile: ' notes | diff - <(echo 'peek: mapped 0x200000+0x10000 r w shared')
        grep -q '^hostile: sees 0x0$' notes
    done << 'END'
exit|ended its process with status 3
hang for good|does not come back
thread|crashed (Segmentation fault)
END
}

# Was it built with the filter of system calls?
has_filter() {
    "$VFUSCOPE" --version > version
    ! grep -q 'left out: keeping plugins from files' version
}

@test "a plugin that closes all descriptors: those of its process stay open, or it ends" {
    hostile_capture
    hostile close
    if has_filter; then
        [ ! -s err ]
        grep -q '^peek: mapped 0x200000' notes
    else
        grep -q '^vfuscope: plugin [a-z]*: ended its process with status 0; there are no notes of it from here on$' err
    fi
}

@test "a plugin opens no files, starts nothing, and speaks to nobody" {
    has_filter || skip "needs libseccomp-dev"
    hostile_capture
    hostile reach
    [ ! -s err ]
    [ ! -e created-by-a-plugin ]
    sed '1,/sees 0x80/d; s/^hostile: //' notes | head -n 12 | diff - <(
        for what in open create stat unlink socket dlopen fork exec kill outlive setuid ptrace; do
            echo "$what: Operation not permitted"
        done)
}

@test "a plugin that is given guest memory can't write to it" {
    has_filter || skip "needs libseccomp-dev"
    serve
    truncate -s 64K ram
    HOSTILE=write tap --no-plugins --plugin "$OWN/hostile.so" -o text
    shell --raw -c "dma map 0x100000 64K --file $T/ram" -c 'mem fill 0x100000 64K 0x5a' -c 'write bar0+0x80 q 1'
    stop tap
    sed -n 's/^ *hostile: \(.*\): Operation not permitted$/\1/p' text | diff - <(printf '%s\n' 'close 5' 'pwrite to 6' write ftruncate dup2 close mmap)
    [ "$(tr -d 'Z' < ram | wc -c)" -eq 0 ]
    [ "$(wc -c < ram)" -eq 65536 ]
}

@test "a plugin has memory, threads, the local time and standard error" {
    hostile_capture
    export TZ=Asia/Kathmandu
    PATIENCE=30 hostile work # it comes back, on any machine
    diff err - <<< 'hostile says so'
    grep -q '^hostile: memory: 7$' notes
    grep -q '^hostile: thread: 5050$' notes
    if [ -e /usr/share/zoneinfo/$TZ ]; then grep -q '^hostile: time: 03:58$' notes; fi
}

# The process that the tap's plugins run in
plugins_pid() {
    pgrep -P "${STARTED[tap]}"
}

@test "the plugins' process has no rights, few descriptors, and nothing of the tap's memory" {
    local status pid
    serve
    # The first process dies over an access; the second one comes when the tap has seen traffic.
    tap --no-plugins --plugin "$OWN/crash.so" --plugin "$OWN/peek.so" -o text -w cap
    pid=$(plugins_pid)
    ls -l "/proc/$pid/fd" > first
    shell --raw --caps '{"capabilities":{"note":"captured-5up3r53cr3t"}}' -c 'dma map 0x100000 64K' -c 'write bar0+0x80 q 0x100010'
    await_text tap.err 'plugins: with their process the others lost'
    grep -q captured-5up3r53cr3t text
    shell --raw -c 'dma map 0x100000 64K' -c 'write bar0+0x80 q 0x100010' -c 'write bar0+0x90 q 3'
    await_text text 'peek: 0x100010\+3: read'
    [ "$(plugins_pid)" -ne "$pid" ]
    pid=$(plugins_pid)
    ls -l "/proc/$pid/fd" > second
    for list in first second; do
        sed -n 's/.* \([0-9]* -> .*\)/\1/p' $list | sed 's/\[.*//' | grep -v '^2 ' | diff - <(printf '%s\n' '0 -> /dev/null' '1 -> /dev/null' '3 -> socket:' '4 -> pipe:' '5 -> anon_inode:')
    done
    status=/proc/$pid/status
    grep -q '^NoNewPrivs:[[:space:]]1$' $status
    for set in Inh Prm Eff Amb; do grep -q "^Cap$set:[[:space:]]0*$" $status; done
    has_filter || skip "the rest needs libseccomp-dev"
    grep -q '^Seccomp:[[:space:]]2$' $status
    [ "$(id -u)" -eq 0 ] || return 0
    lacks -P '^(Uid|Gid|Groups):.*\b0\b' $status
    python3 - "$pid" captured-5up3r53cr3t << 'END'
import sys
pid, secret = sys.argv[1], sys.argv[2].encode()
areas = [line.split()[:2] for line in open(f'/proc/{pid}/maps')]
with open(f'/proc/{pid}/mem', 'rb', 0) as memory:
    for area, rights in areas:
        low, high = (int(n, 16) for n in area.split('-'))
        if high - low > 1 << 30:
            continue # AddressSanitizer's
        try:
            memory.seek(low)
            found = secret in memory.read(high - low)
        except (OSError, OverflowError):
            continue
        assert not found, area
END
}

@test "root's plugins run as who called sudo, else as nobody" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    serve
    tap --no-plugins --plugin "$OWN/peek.so"
    grep -q '^Uid:[[:space:]]65534[[:space:]]65534[[:space:]]65534[[:space:]]65534$' "/proc/$(plugins_pid)/status"
    stop tap
    SUDO_UID=1234 SUDO_GID=1235 tap --no-plugins --plugin "$OWN/peek.so"
    grep -q '^Uid:[[:space:]]1234[[:space:]]1234[[:space:]]1234[[:space:]]1234$' "/proc/$(plugins_pid)/status"
    grep -q '^Gid:[[:space:]]1235[[:space:]]1235[[:space:]]1235[[:space:]]1235$' "/proc/$(plugins_pid)/status"
    stop tap
    SUDO_UID=0 SUDO_GID=nonsense tap --no-plugins --plugin "$OWN/peek.so"
    grep -q '^Uid:[[:space:]]65534[[:space:]]' "/proc/$(plugins_pid)/status"
    grep -q '^Gid:[[:space:]]65534[[:space:]]' "/proc/$(plugins_pid)/status"
}

@test "the plugins' process ends with the tap, however that ends, and starts again when the program's file is gone" {
    local pid
    serve
    cp "$VFUSCOPE" copy
    VFUSCOPE=$T/copy tap --no-plugins --plugin "$OWN/crash.so" --plugin "$OWN/peek.so" -o text
    rm copy
    shell --raw -c 'read bar0+0'
    await_text tap.err 'plugins: with their process the others lost'
    shell --raw -c 'dma map 0x100000 64K'
    await_text text 'peek: mapped 0x100000'
    pid=$(plugins_pid)
    stop tap KILL
    vfu_ended "$pid" 10
}

@test "what starts the plugins' process is for the program itself" {
    run -2 "$VFUSCOPE" --plugins-process
    [[ $output == *'--plugins-process: no such option'* ]]
    run -2 "$VFUSCOPE" --plugins-process 4< "$VFUSCOPE" 5< "$VFUSCOPE"
    for text in help 'help shell' 'help --complete bash' 'help --complete zsh'; do
        "$VFUSCOPE" $text > out
        lacks -q plugins-process out
    done
}

@test "a plugin with a function that is nowhere is refused when it is loaded, with the reason" {
    need cc gcc
    echo '#include "plugin.h"
        extern void nowhere(void);
        static void *open_it(struct vfp_device *d, const struct vfp_host *h) { (void)d, (void)h; nowhere(); return 0; }
        const struct vfp_plugin vfuscope_plugin = { .abi = VFP_ABI, .size = sizeof vfuscope_plugin, .name = "lazy",
                                                    .open = open_it };' > lazy.c
    cc -shared -fPIC -Wl,-z,lazy -I "$BATS_TEST_DIRNAME/../plugins" -o lazy.so lazy.c
    run -2 decode --plugin ./lazy.so "$GOLDEN/edu.pcap"
    [ "$output" = 'vfuscope: ./lazy.so: undefined symbol: nowhere' ]
}

# scribbled_tap WHAT: traffic through a tap, until a plugin that writes over what its process shares with the tap was found out
scribbled_tap() {
    local i round
    serve --device ram:bar0=4K
    HOSTILE=$1 VFUSCOPE_PLUGIN_TIMEOUT=0.5 tap --no-plugins --plugin "$OWN/scribble.so" -o text -w cap
    for ((i = 0; i < 100; i++)); do
        echo "write bar0+$((4 * i)) $((0x1000 + i))" >&3
        echo "read bar0+$((4 * i))" >&3
        printf '0x%x\n' $((0x1000 + i))
    done 3> script > expected
    for round in {1..100}; do
        shell --raw -f script | diff expected -
        ! grep -q '^vfuscope: plugin' tap.err || break
    done
    stop tap
    [ "$status" -eq 0 ]
    stop serve
    [ "$(grep -c '^vfuscope: plugin' tap.err)" -eq 1 ]
    [ "$(grep -c ' > #[0-9]* *REGION_' text)" -eq $((round * 200)) ]
    [ "$(grep -c ' < #[0-9]* *REGION_' text)" -eq $((round * 200)) ]
    decode --ignore all --no-plugins cap | diff <(sed '/^        /d' text) -
}

@test "a plugin that writes what it likes into the memory it shares with the tap stops the plugins, and nothing else" {
    for what in random ones sizes each; do
        scribbled_tap $what
    done
}

@test "a plugin that writes what it likes into the memory it shares loses nothing of a capture" {
    for what in random ones zeroes sizes each answers walk; do
        decode --no-plugins "$GOLDEN/nvme-linux.pcap" > plain
        HOSTILE=$what VFUSCOPE_PLUGIN_TIMEOUT=0.5 decode --no-plugins --plugin "$OWN/scribble.so" \
            "$GOLDEN/nvme-linux.pcap" 2> err | sed '/^        !\? \?scribble: /d' | diff plain -
        cat err # UndefinedBehaviorSanitizer may speak there of the process's own memory
        [ "$(grep -c '^vfuscope' err)" -le 1 ]
        [ "$what" != walk ] || diff err - <<< 'vfuscope: plugin scribble: crashed (Killed); there are no notes of it from here on'
    done
}

@test "a plugin's notes are bounded and escaped, and it has no standard output" {
    hostile_capture
    hostile flood
    [ ! -s err ]
    [ "$(grep -c '^hostile: note' notes)" -eq 254 ]
    grep -q '^hostile: \.\.\. and 746 notes more$' notes
    grep -q '^hostile: note 0 \\x1b\[31m' notes
    lacks -q $'[\r\x1b\x01]' text
    [ "$(wc -L < notes)" -lt 300 ]
    HOSTILE=flood decode --json --no-plugins --plugin "$OWN/hostile.so" cap | jq -s -e 'any(.[]; .notes | length == 256)' > /dev/null
    hostile print
    lacks -q 'from a plugin' text err
}

@test "plugins read guest memory in the tap, and what they read is in the capture" {
    serve
    tap --no-plugins --plugin "$OWN/peek.so" -o text -w cap
    shell --raw -c 'dma map 0x100000 64K' -c 'mem fill 0x100000 64K 0x5a' -c 'write bar0+0x80 q 0x100010' \
        -c 'write bar0+0x90 q 3' -c 'write bar0+0x80 q 0x10fffe' -c 'write bar0+0x90 q 4' \
        -c 'write bar0+0x80 q 0xfffffffffffffff8' -c 'write bar0+0x90 q 0x40' \
        -c 'write bar0+0x80 q 0x100000' -c 'write bar0+0x90 q 0x10000' -c 'write bar0+0x90 q 0x10001' \
        -c 'dma unmap 0x100000 64K' -c 'write bar0+0x90 q 8' -c 'dma map 0x100000 64K --message' -c 'write bar0+0x90 q 8' \
        -c reset
    stop tap
    grep peek: text > notes
    diff - notes << END
        peek: mapped 0x100000+0x10000 r w shared
        peek: 0x100010+3: read 5a 5a 5a
        peek: 0x10fffe+4: outside the DMA map
        peek: 0xfffffffffffffff8+64: outside the DMA map
        peek: 0x100000+65536: read 5a 5a 5a 5a 5a 5a 5a 5a
        peek: 0x100000+65537: too much for one message
        peek: gone 0x100000+0x10000 r w shared
        peek: 0x100000+8: outside the DMA map
        peek: mapped 0x100000+0x10000 r w
        peek: 0x100000+8: mapped without a file descriptor
        peek: reset
END
    decode --no-plugins --plugin "$OWN/peek.so" cap | diff text -
    VFUSCOPE_PLUGIN_PATH= decode cap | diff text - # as it was recorded
    decode --no-plugins --plugin "$OWN/peek.so" -w again cap > text2
    decode --no-plugins --plugin "$OWN/peek.so" again | diff text -
    # Without its stored memory the capture says that it is missing.
    decode --no-plugins cap | diff <(grep -v peek: text) -
}

@test "guest memory that changes while plugins look at it is for them what it was: so it is in the capture" {
    serve
    tap --no-plugins --plugin "$OWN/peek.so" -o text -w cap
    {
        printf '%s\n' 'dma map 0x100000 64K' 'mem fill 0x100000 64K 0x5a' 'write bar0+0x80 q 0x100010' 'write bar0+0x90 q 1'
        await_text tap.err '^peek looks' >&2
        echo 'mem fill 0x100000 64K 0x6b'
    } | shell --raw -f /dev/stdin
    stop tap
    grep -q 'peek: 0x100010+1: read' text
    lacks 'it changed' text
    decode --no-plugins --plugin "$OWN/peek.so" cap | diff text -
}

@test "what a capture does not hold is missing, not guessed" {
    serve
    tap --no-plugins -w cap -q
    shell --raw -c 'dma map 0x100000 64K' -c 'write bar0+0x80 q 0x100010' -c 'write bar0+0x90 q 3'
    stop tap
    decode --no-plugins --plugin "$OWN/peek.so" cap | grep -q 'peek: 0x100010+3: not at hand'
}

@test "a file that shrinks under a mapping is an error, not a crash" {
    serve
    tap --no-plugins --plugin "$OWN/peek.so" -o text
    truncate -s 64K ram
    printf '%s\n' "dma map 0x100000 64K --file $T/ram" 'write bar0+0x80 q 0x108000' 'write bar0+0x90 q 4' > script
    shell --raw -f script
    await_text text '0x108000\+4: read 00 00 00 00'
    mkfifo pipe
    start sh "$VFUSCOPE" shell --raw t -f pipe
    exec 9> pipe
    cat script >&9
    await_text text '2  \* connect'
    twice() { [ "$(grep -c '0x108000+4: read' text)" -ge 2 ]; }
    await_that twice
    : > ram
    echo 'write bar0+0x90 q 4' >&9
    exec 9>&-
    await sh
    stop tap
    grep -q "peek: 0x108000+4: can't be read" text
}

@test "the example of the manual compiles, runs, and says what the manual says" {
    need cc gcc
    local page=$BATS_TEST_DIRNAME/../man/vfuscope-plugin.7
    mkdir -p include
    ln -s "$(cd "$BATS_TEST_DIRNAME/../plugins" && pwd)" include/vfuscope
    sed -n '/^#include <inttypes.h>/,/^\.Ed/p' "$page" | grep -v '^\.Ed' | sed 's/\\e/\\/g' > example.c
    run -0 cc -std=c11 -Wall -Wextra -Werror -Iinclude -shared -fPIC -o example.so example.c
    serve --device ram:vendor=0x1234,device=0x5678,bar0=4K
    tap --no-plugins --plugin ./example.so -o text
    shell --raw -c 'read config+0 b 64' -c 'dma map 0x100000 4K' -c 'mem write 0x100000 07000000' -c 'write bar0+8 q 0x100000' \
        -c 'write bar0+0 1' -c 'write bar0+8 q 0x200000' -c 'write bar0+0 1' > /dev/null
    stop tap
    grep -q '^        example: starts job 7$' text
    grep -q '^        ! example: starts a job at 0x200000: outside the DMA map$' text
}

@test "two devices in one capture each have their own notes" {
    serve
    tap -w cap -q
    shell --raw -c 'read config+0 b 64' -c 'write bar0+8 5' -c 'read bar0+8' > /dev/null
    shell --raw -c 'write bar0+8 6' -c 'read bar0+8' > /dev/null
    stop tap
    decode --json cap | jq -r 'select(.notes) | "\(.conn) \(.notes[] | select(.plugin == "edu") | .text)"' > out
    grep -q '^1 5! = 120' out
    lacks -q '^2 ' out
    decode --plugin edu cap | grep -q '6! = 720'
}

@test "the summary says what plugins cost" {
    run -0 decode -q -c "$GOLDEN/nvme-linux.pcap"
    [[ $output =~ plugin\ nvme:\ [0-9]+\ notes\ in\ [0-9]+\ calls\ of\ [0-9.]+\ us ]]
    run -0 decode -q -c --json "$GOLDEN/nvme-linux.pcap"
    [ "$(jq '.plugins[] | select(.plugin == "nvme") | .notes > 15 and .calls > .notes' <<< "$output")" = true ]
}

@test "the shell knows registers by name: read, write, poll, regs, and what plugins it has" {
    serve --device "ram:class=0x010802,bar0=16K,react=$BATS_TEST_DIRNAME/lib/nvme.react"
    run -0 shell --raw -c 'read nvme.vs' -c 'read NVME.CAP' -c 'write nvme.cc 0x460001' -c 'poll nvme.csts & 1 == 1' \
        -c 'read nvme.csts' -c 'read nvme.csts b' -c 'read pci.class'
    [ "${lines[0]}" = "0x10400  MJR 1, MNR 4" ]
    [[ ${lines[1]} == "0x4008200f0103ff  MQES 0x3ff, CQR, TO 0xf,"* ]]
    [[ $output == *"0x1  RDY"*"0x1  RDY"*"0x108"* ]]
    run -0 shell --raw --json -c 'read nvme.vs' -c 'expect value == 0x10400'
    [[ ${lines[0]} == *'"value":"0x10400"'* ]]
    run -0 shell --raw -c regs
    [[ $output == *"nvme.cap "* && $output == *"pci.command "* && $output != *"edu."* ]]
    run -0 shell --raw --json -c 'regs nvme'
    [ "$(jq -r '.registers["nvme.vs"]' <<< "$output")" = 0x10400 ]
    run -1 shell --raw -c 'read nvme.nothing'
    [[ $output == *"nvme.nothing: no register that a plugin names"* ]]
    run -1 shell --raw -c 'regs nothing'
    VFUSCOPE_PLUGIN_PATH=$T/folder
    mkdir folder
    cp "$OWN/future.so" folder
    run -1 shell --raw -c regs
    [[ $output == *"future.so: made for version 8"* ]]
}

@test "plugins add commands to the shell: run, listed, explained, with JSON and an expect" {
    serve
    run -0 shell --raw -c 'edu factorial 10' -c 'edu factorial 5' -c 'expect value == 120' -c 'edu regs' -c 'pci caps'
    [ "${lines[0]}" = '10! = 3628800' ]
    [[ $output == *"id "*"0x10000ed "*"major 1, magic 0xed"*"0x048 MSI"* ]]
    run -0 shell --raw --json -c 'edu factorial 5'
    [ "$output" = '{"command":"edu factorial","ok":true,"value":"0x78","lines":["5! = 120"]}' ]
    run -0 shell --raw -c help -c 'help edu'
    [[ $output == *"edu factorial "*"have the device compute N!"*"edu factorial N"*"Example: edu factorial 10"* ]]
    run -1 shell --raw -c 'edu factorial'
    [[ $output == *"usage: edu factorial N" ]]
    run -1 shell --raw -c 'edu factorial ten'
    [[ $output == *"edu factorial: N: ten: a number of 32 bits" ]]
    run -1 shell --raw -c 'nvme regs'
    [[ $output == *"nvme regs: nvme is not for this device, by its ids" ]]
    run -1 shell --raw -c 'edu nothing'
    [[ $output == *"edu: regs or factorial must follow"* ]]
}

@test "a plugin's command looks into the memory that the shell mapped" {
    serve --device "ram:class=0x010802,bar0=16K,react=$BATS_TEST_DIRNAME/lib/nvme.react"
    run -0 shell --raw -c 'write nvme.aqa 0x001f001f' -c 'write nvme.asq 0x100000' -c 'write nvme.acq 0x101000' \
        -c 'dma map 0x100000 4K' -c 'mem write 0x100040 060005' -c 'nvme queues'
    [ "${lines[0]}" = 'controller: disabled, not ready' ]
    [ "${lines[1]}" = 'admin submission queue: 32 entries at 0x100000' ]
    [ "${lines[2]}" = '  1: Identify, cid 5, nsid 0, cdw10 0x0' ]
    [ "${lines[4]}" = '  0: not in the memory that the shell mapped' ]
}

@test "a plugin's command that crashes, hangs or talks on and on fails, and the shell goes on" {
    local command why
    serve --device ram:bar0=4K
    mkdir folder
    cp "$OWN/hostile.so" folder
    export VFUSCOPE_PLUGIN_PATH=$T/folder VFUSCOPE_PLUGIN_TIMEOUT=
    while IFS='|' read -r command why; do
        VFUSCOPE_PLUGIN_TIMEOUT=$LIMIT
        [[ $command != *hang ]] || VFUSCOPE_PLUGIN_TIMEOUT=0.3
        run -1 shell --raw -c "$command" # 1: of the script
        [[ $output == *"vfuscope: -c:1: ${command% fail}: $why" ]]
    done << 'END'
hostile crash|the plugin crashed (Killed)
hostile hang|the plugin does not come back
hostile spam|says too many lines
hostile get fail|for a reason?[31m
END
    VFUSCOPE_PLUGIN_TIMEOUT=$LIMIT
    run -1 shell --raw -c 'hostile not a word'
    [[ $output == *"hostile: no such command"* ]]
    run -0 shell --raw -c 'hostile say one two' -c 'expect count == 2'
    [ "${lines[0]}" = '\x1b[31mone\x0d\x0a' ]
    run -0 shell --raw --json -c 'hostile say one'
    [ "$(jq -c '[.ok, .count, keys]' <<< "$output")" = '[true,"0x1",["command","count","lines","ok"]]' ]
    run -0 shell --raw -c 'dma map 0x100000 4K' -c 'mem fill 0x100000 4K 7' -c 'hostile get' -c 'expect error EINVAL'
    [ "${lines[0]}" = '3: an access of 3 bytes' ]
    [ "${lines[1]}" = '8192: an access of 4097 bytes' ]
    [ "${lines[2]}" = 'memory: 0 7' ]
}

@test "a plugin's command arms an interrupt, takes it, and hears why none comes" {
    serve
    mkdir folder
    cp "$OWN/hostile.so" folder
    VFUSCOPE_PLUGIN_PATH=$T/folder run -0 shell -c 'hostile wait'
    [ "${lines[0]}" = 'msi 0 did not fire within 0 ms' ]
    [ "${lines[1]}" = 'it came' ]
    [ "${lines[2]}" = 'the device has no msi 77' ]
    [ "${#lines[@]}" -eq 3 ]
}
