# decode and why of several FILEs: rings go on as one, other captures are read as one in the order of their records.
load lib/common

golden=$BATS_TEST_DIRNAME/golden

setup() {
    common_setup
    cp "$golden/edu.pcap" a.pcap
    cp "$golden/sample-client.pcap" b.pcap
}

# rules FILE: a capture of conversations that break every rule
rules() {
    (cd "$BATS_TEST_DIRNAME/.." && "$(dirname "$TOOLS")/c/rules" "$T/$1")
}

# shift_times FILE HOW-MUCH: in seconds, a classic pcap file, later or earlier
shift_times() {
    python3 - "$@" << 'END'
import struct, sys
path, seconds = sys.argv[1], int(sys.argv[2])
data = bytearray(open(path, "rb").read())
at = 24
while at < len(data):
    when, _, size, _ = struct.unpack_from("<IIII", data, at)
    struct.pack_into("<I", data, at, when + seconds)
    at += 16 + size
open(path, "wb").write(data)
END
}

# alone FILE: what decode says of it, without times, and with one number for all connections
alone() {
    "$VFUSCOPE" decode --json "$1" | jq -c 'del(.time) | if .conn then .conn = 0 else . end'
}

# among NAME FILE...: what decode says of one of several
among() {
    local name=$1
    shift
    "$VFUSCOPE" decode --json "$@" |
        jq -c --arg file "$name" 'select(.file == $file) | del(.time, .file) | if .conn then .conn = 0 else . end'
}

@test "each of several says what it says alone, however they overlap" {
    rules rules.pcap
    cp "$golden/qemu-boot.pcap" c.pcap
    local name seconds
    # At once, the second amid the first, and in the same instants
    seconds=$(($("$VFUSCOPE" decode --json a.pcap | jq -r .time | head -n 1 | cut -d. -f1) - \
               $("$VFUSCOPE" decode --json c.pcap | jq -r .time | head -n 1 | cut -d. -f1)))
    shift_times c.pcap "$seconds"
    shift_times rules.pcap "$((seconds + $("$VFUSCOPE" decode --json c.pcap | jq -r .time | head -n 1 | cut -d. -f1) - \
        seconds - $("$VFUSCOPE" decode --json rules.pcap | jq -r .time | head -n 1 | cut -d. -f1)))"
    cp a.pcap same.pcap
    "$VFUSCOPE" decode --json *.pcap | jq -r .file | uniq | sed -n '10,$p' | grep -q . # they do overlap
    for name in *.pcap; do
        alone "$name" > one
        [ -s one ]
        among "$name" *.pcap | diff one -
    done
    # Connections are numbered over all of them.
    [ "$("$VFUSCOPE" decode --json a.pcap same.pcap | jq -c '[.file, .conn]' | sort -u | tr '\n' ' ')" = \
        '["a.pcap",1] ["same.pcap",2] ' ]
}

@test "plugins see each of several as if it were alone" {
    local name
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    cp "$golden/nvme-linux.pcap" "$golden/nvme-disk.pcap" .
    cp nvme-linux.pcap twin.pcap
    shift_times nvme-disk.pcap "$(("$("$VFUSCOPE" decode --json twin.pcap | jq -r .time | head -n 1 | cut -d. -f1)" - \
        "$("$VFUSCOPE" decode --json nvme-disk.pcap | jq -r .time | head -n 1 | cut -d. -f1)"))"
    for name in nvme-linux.pcap twin.pcap nvme-disk.pcap; do
        alone $name > one
        grep -q '"notes"' one
        among $name nvme-linux.pcap twin.pcap nvme-disk.pcap | diff one -
    done
}

@test "lines say FILE:#N, with names as short as they can be; filters and JSON have them" {
    mkdir -p one two
    cp a.pcap one/x.pcap
    cp a.pcap two/x.pcap
    run -0 "$VFUSCOPE" decode a.pcap b.pcap
    [[ ${lines[0]} == *' 1  a.pcap: * connect' ]]
    [[ ${lines[1]} == *' client > a.pcap:#1 '*'VERSION '* ]]
    [[ $output == *' 2  b.pcap: * connect'*' client > b.pcap:#1 '*'VERSION '* ]]
    run -0 "$VFUSCOPE" decode b.pcap a.pcap one/x.pcap two/x.pcap --filter 'command == VERSION'
    [[ ${lines[0]} == *'> '@(a.pcap|one/x.pcap|two/x.pcap)':#1 '* ]]
    [[ $output == *'> one/x.pcap:#1 '* && $output == *'> two/x.pcap:#1 '* && $output == *'> b.pcap:#1 '* ]]
    run -0 "$VFUSCOPE" decode a.pcap b.pcap --filter 'file == "b.pcap" and command == VERSION'
    [ "${#lines[@]}" = 3 ]
    [[ ${lines[0]} == *b.pcap:#1* && ${lines[1]} == *b.pcap:#2* ]]
    "$VFUSCOPE" decode --json a.pcap b.pcap --filter 'file != a.pcap' | jq -r .file | uniq | diff - <(echo b.pcap)
    # Of one there is nothing to say.
    run -0 "$VFUSCOPE" decode a.pcap --filter file
    [ -z "$output" ]
    [ "$("$VFUSCOPE" decode --json a.pcap | jq -c 'select(.file)')" = '' ]
    # A name is escaped as all is.
    cp a.pcap $'b\e[31m"c.pcap'
    run -0 "$VFUSCOPE" decode a.pcap $'b\e[31m"c.pcap' $'b\e[31m"c.pcap:1..2'
    [[ $output == *'> b\x1b[31m"c.pcap:#1 '* ]]
    [ "${#lines[@]}" -ge 2 ]
    # A terminal's exchanges
    run -0 "$VFUSCOPE" decode --pairs a.pcap b.pcap --filter 'command == VERSION'
    [[ ${lines[0]} == *' a.pcap:#1 '*VERSION* && $output == *' 2:b.pcap:#1 '*VERSION* ]]
}

@test "a range is for one of several" {
    cp a.pcap c.pcap
    run -0 "$VFUSCOPE" decode a.pcap c.pcap:9..12
    [ "${#lines[@]}" = 4 ]
    [[ ${lines[0]} == *c.pcap:#9* && ${lines[3]} == *c.pcap:#12* ]]
    "$VFUSCOPE" decode a.pcap c.pcap c.pcap:9..12 | diff - <(printf '%s\n' "${lines[@]}")
    run -0 "$VFUSCOPE" decode a.pcap:..2 c.pcap:49.. a.pcap:9..10
    [ "${#lines[@]}" -ge 6 ]
    [ "$(grep -c 'a.pcap:#' <<< "$output")" = 4 ]
    [ "$(grep -c 'c.pcap:#' <<< "$output")" = 2 ]
    run -2 "$VFUSCOPE" decode a.pcap c.pcap 9..12
    [ "$output" = 'vfuscope: 9..12: of which of the FILEs? (FILE:9..12)' ]
    run -2 "$VFUSCOPE" decode a.pcap c.pcap:12..9
    [ "$output" = 'vfuscope: 12..9: the range is empty' ]
    run -2 "$VFUSCOPE" decode a.pcap 9 c.pcap
    [ "$output" = 'vfuscope: 9: of which of the FILEs? (FILE:9)' ]
    # One message, as a line names it
    run -0 "$VFUSCOPE" decode a.pcap 'c.pcap:#9'
    [ "${#lines[@]}" = 2 ]
    [[ ${lines[0]} == *c.pcap:#9* && ${lines[1]} == *c.pcap:#10* ]]
    "$VFUSCOPE" decode a.pcap c.pcap:9 | diff - <(printf '%s\n' "${lines[@]}")
    # What has such a name is a file.
    cp a.pcap c:1..2
    run -0 "$VFUSCOPE" decode c:1..2 9..12
    [[ ${lines[0]} == *' #9 '* ]]
    # With what the others did around it
    run -0 "$VFUSCOPE" decode a.pcap c.pcap:9..10 -C 2
    [ "$(grep -c 'a.pcap:#' <<< "$output")" -ge 2 ]
    [ "$(grep -c 'c.pcap:#' <<< "$output")" -ge 2 ]
}

@test "filters, times, --count, -c and -q work with several" {
    cp a.pcap c.pcap
    [ "$("$VFUSCOPE" decode a.pcap c.pcap --filter 'command == VERSION' | grep -c VERSION)" = 4 ]
    # A command that only its reply decides about, of two files with the same numbers
    "$VFUSCOPE" decode --json a.pcap --filter 'latency > 30us' | jq .no > one
    "$VFUSCOPE" decode --json a.pcap c.pcap --filter 'latency > 30us' | jq 'select(.file == "c.pcap") | .no' | diff one -
    "$VFUSCOPE" decode --json a.pcap c.pcap --filter 'file == a.pcap and latency > 30us' | jq .no | diff one -
    [ "$("$VFUSCOPE" decode --json a.pcap c.pcap --count 10 | grep -c '"no"')" = 10 ]
    "$VFUSCOPE" decode --json a.pcap b.pcap --since 40 | jq -r .file | uniq | diff - <(echo b.pcap)
    "$VFUSCOPE" decode --json a.pcap b.pcap --until 40 | jq -r .file | uniq | diff - <(echo a.pcap)
    run -0 "$VFUSCOPE" decode -q -c a.pcap c.pcap
    [[ $output == *$'\n''100 messages, '*' bytes, 2 connections'* ]]
    [[ $output == *'first a.pcap:#5: config is accessed'* ]]
    [[ $output == *'slowest: '*' a.pcap:#43 REGION_WRITE'*' c.pcap:#43 REGION_WRITE'* ]]
    [[ $output == *$'\n''1  0x100000+4K '*$'\n''2  0x100000+4K '* ]]
    [ "$("$VFUSCOPE" decode -q -c --json a.pcap c.pcap | jq -c '[.messages, .connections, .problems[0].first.file]')" = \
        '[100,2,"a.pcap"]' ]
}

@test "both ends of a migration, on machines with clocks of their own, are read as one" {
    cp a.pcap to.pcap
    # The other machine has run for longer: its monotonic clock says something else.
    python3 - << 'END'
import struct
data = bytearray(open("to.pcap", "rb").read())
at = 24
while at < len(data):
    size = struct.unpack_from("<I", data, at + 8)[0]
    mono = at + 16 + 28 + 32
    struct.pack_into(">Q", data, mono, struct.unpack_from(">Q", data, mono)[0] + 10**15)
    at += 16 + size
open("to.pcap", "wb").write(data)
END
    shift_times to.pcap 1
    alone a.pcap > one
    among to.pcap a.pcap to.pcap | diff one -
    run -0 "$VFUSCOPE" decode a.pcap to.pcap
    [[ ${lines[0]} == *a.pcap:* && ${lines[-1]} == *to.pcap:* ]]
    run -0 "$VFUSCOPE" decode -q -c a.pcap to.pcap
    [[ $output != *outstanding* ]]
}

@test "the files of a ring go on as one, in whatever order they are given, and by the ring's name" {
    rules all
    "$VFUSCOPE" decode -q all -w ring --ring-size 8K --ring-files 1000
    [ -e ring.12 ]
    "$VFUSCOPE" decode --json all > whole
    "$VFUSCOPE" decode --json ring.* | diff whole -
    "$VFUSCOPE" decode --json $(printf '%s\n' ring.* | sort -R --random-source=all) | diff whole -
    "$VFUSCOPE" decode --json ring | diff whole -
    "$VFUSCOPE" decode --json "$T/ring" | diff whole -
    "$VFUSCOPE" decode ring 3..6 | diff - <("$VFUSCOPE" decode all 3..6)
    "$VFUSCOPE" why all > whole || true
    run "$VFUSCOPE" why ring.*
    diff whole - <<< "$output"
    # Compressed later, some of them
    "$VFUSCOPE" decode --json all > whole
    gzip ring.2 ring.7
    "$VFUSCOPE" decode --json ring.* | diff whole -
    "$VFUSCOPE" decode --json ring | diff whole -
    # Of other FILEs it is one, by its name.
    run -0 "$VFUSCOPE" decode a.pcap ring.*
    [[ $output == *' ring:#1 '* && $output == *' a.pcap:#1 '* && $output != *ring.*:#* ]]
    # It is not written to while it is read.
    run -2 "$VFUSCOPE" decode ring -q -w ring --ring-size 8K
    run -2 "$VFUSCOPE" decode -q ring.* -w ring.3
    "$VFUSCOPE" decode --json ring | diff whole -
}

@test "a tap's ring: where a file begins and ends is no record of it" {
    serve
    tap -w live --ring-size 2K --ring-files 100
    run -0 shell --raw -c info -c 'repeat 30 read bar0' -c 'dma map 0 4K' -c 'dma unmap 0 4K'
    await_text tap.out disconnect tap
    stop tap
    [ -e live.3 ]
    "$VFUSCOPE" decode live.* | diff tap.out -
    run -0 "$VFUSCOPE" decode -v live.*
    [ "$(grep -c '\* capture' <<< "$output")" = 1 ]
    [ "$(grep -c '\* end' <<< "$output")" = 1 ]
    run -0 "$VFUSCOPE" decode -q live -w one
    run -0 "$VFUSCOPE" decode one
    diff tap.out - <<< "$output"
    # The newest file only begins: a tap that is killed
    mv live.1 other.1
    run -0 --separate-stderr "$VFUSCOPE" decode live.* other.1
    [ -z "$stderr" ]
}

@test "a ring of which files are missing says so, and accuses nobody" {
    rules all
    "$VFUSCOPE" decode -q "$golden/qemu-boot.pcap" -w ring --ring-size 8K --ring-files 1000
    rm ring.3 ring.5
    run -0 --separate-stderr "$VFUSCOPE" decode ring.*
    [[ $stderr == *'vfuscope: ring.2: between it and ring.4 files of the ring are missing'* ]]
    [[ $stderr == *'vfuscope: ring.4: between it and ring.6 files of the ring are missing'* ]]
    [[ $output != *violation* ]]
}

@test "captures that are only called like files of a ring are others" {
    cp a.pcap cap.1
    cp b.pcap cap.2
    run -0 "$VFUSCOPE" decode cap.1 cap.2
    [[ $output == *' cap.1:#1 '* && $output == *' cap.2:#1 '* ]]
    serve
    local which
    for which in 1 2; do
        tap -q -w tap.$which
        run -0 shell --raw -c info
        stop tap
    done
    run -0 "$VFUSCOPE" decode tap.1 tap.2
    [[ $output == *' tap.1:#1 '* && $output == *' tap.2:#1 '* && $output != *violation* ]]
    # Nor does a newer ring go on from an older one of the same name.
    mkdir old
    for which in 1 2; do
        tap -q -w run --ring-size 2K --ring-files 100
        run -0 shell --raw -c info
        stop tap
        [ $which = 2 ] || mv run.1 old/
    done
    mv old/run.1 run.99
    run -0 "$VFUSCOPE" decode run.*
    [[ $output == *' run.99:#1 '* && $output != *violation* ]]
}

@test "-w of several is one capture: numbers of its own, connections and verdicts as they were" {
    rules rules.pcap
    cp a.pcap c.pcap
    "$VFUSCOPE" decode -q a.pcap c.pcap rules.pcap -w merged
    "$VFUSCOPE" decode --json merged > got
    jq 'select(.event | not) | .no' got | sort -nuC
    plain='del(.no, .file, .reply_to, .because, .problems[]?.text, .text, .unread, .on, .last)'
    "$VFUSCOPE" decode --json a.pcap c.pcap rules.pcap | jq -c "$plain" > want
    jq -c "$plain" got | diff want -
    # A reply answers the same command.
    "$VFUSCOPE" decode --json a.pcap c.pcap | jq -c 'select(.latency_us) | [.conn, .id, .latency_us]' > want
    "$VFUSCOPE" decode -q a.pcap c.pcap -w two
    "$VFUSCOPE" decode --json two | jq 'select(.event | not) | .no' | diff - <(seq 100)
    "$VFUSCOPE" decode --json two | jq -c 'select(.latency_us) | [.conn, .id, .latency_us]' | diff want -
    # What is left out is missing there, and nobody is accused for it.
    "$VFUSCOPE" decode -q a.pcap b.pcap -w some --filter 'type == reply' --filter-capture
    run -0 "$VFUSCOPE" decode some
    [[ $output != *violation* ]]
    "$VFUSCOPE" decode -q a.pcap c.pcap -w some --filter 'not command == VERSION' --filter-capture
    run -0 "$VFUSCOPE" decode some
    [[ $output == *connect*REGION_READ* && $output != *violation* ]]
    "$VFUSCOPE" decode -q a.pcap c.pcap -w some --trigger 'data == ed000001' --before 4
    run -0 "$VFUSCOPE" decode some
    [[ $output != *violation* ]]
    [ "${#lines[@]}" -lt 30 ]
}

@test "-w of several captures of a tap begins and ends once" {
    serve
    local i
    for i in 1 2; do
        tap -q -w tap$i
        run -0 shell --raw -c info
        stop tap
    done
    "$VFUSCOPE" decode -q tap1 tap2 -w merged
    run -0 "$VFUSCOPE" decode -v merged
    [[ ${lines[0]} == *'* capture'* ]]
    [ "$(grep -c '\* capture' <<< "$output")" = 1 ]
    [ "$(grep -c '\* end' <<< "$output")" = 1 ]
    run -0 "$VFUSCOPE" decode -v tap1 tap2
    [ "$(grep -c ': \* capture' <<< "$output")" = 2 ]
    [ "$(grep -c ': \* end' <<< "$output")" = 2 ]
}

@test "one that is missing: status 2 before anything is printed; one that is damaged: status 1, the others are read on" {
    run -2 --separate-stderr "$VFUSCOPE" decode a.pcap absent b.pcap
    [ "$stderr" = 'vfuscope: absent: No such file or directory' ]
    [ -z "$output" ]
    mkdir folder
    run -2 "$VFUSCOPE" decode a.pcap folder
    head -c 3000 a.pcap > cut.pcap
    run -1 --separate-stderr "$VFUSCOPE" decode cut.pcap b.pcap
    [[ $stderr == 'vfuscope: cut.pcap: record '* ]]
    [[ $output == *cut.pcap:#* ]]
    [[ ${lines[-1]} == *'b.pcap: * disconnect'* ]]
    echo nothing > foreign
    : > empty
    run -1 --separate-stderr "$VFUSCOPE" decode foreign b.pcap empty
    [[ $stderr == *'vfuscope: foreign: '* && $stderr == *'vfuscope: empty: an empty file, not a capture'* ]]
    [[ ${lines[0]} == *'b.pcap: * connect'* ]]
    run -1 "$VFUSCOPE" decode foreign empty
    # Of a ring the rest goes on, and nobody is accused.
    "$VFUSCOPE" decode -q "$golden/qemu-boot.pcap" -w ring --ring-size 8K --ring-files 1000
    truncate -s -20 ring.3
    : > ring.5
    run -1 --separate-stderr "$VFUSCOPE" decode ring.*
    [[ $stderr == *'vfuscope: ring.5: an empty file'*'vfuscope: ring.3: record '* ]]
    [[ $output != *violation* && ${lines[0]} == *' #1 '* || ${lines[0]} == *connect ]]
    run -1 --separate-stderr "$VFUSCOPE" why a.pcap foreign
    [[ ${lines[0]} == a.pcap: ]]
}

@test "standard input once, no file twice; a pipe among several" {
    run -2 "$VFUSCOPE" decode - a.pcap - < b.pcap
    [ "$output" = 'vfuscope: -: given twice' ]
    ln a.pcap link.pcap
    run -2 "$VFUSCOPE" decode a.pcap b.pcap ./link.pcap
    [[ $output == *': given twice, as '* ]]
    "$VFUSCOPE" decode b.pcap - < a.pcap | sed 's/-:/a.pcap:/' | tr -s ' ' | diff - <("$VFUSCOPE" decode a.pcap b.pcap | tr -s ' ')
    mkfifo fifo
    cat a.pcap > fifo &
    "$VFUSCOPE" decode fifo b.pcap | sed 's/fifo:/a.pcap:/' | tr -s ' ' | diff - <("$VFUSCOPE" decode a.pcap b.pcap | tr -s ' ')
}

@test "a thousand files, of a ring and of others, need few descriptors and little memory" {
    local limit
    grep -q __asan_init "$VFUSCOPE" && limit=unlimited || limit=500000 # a sanitizer's shadow takes terabytes
    "$VFUSCOPE" decode -q "$golden/virtio-net.pcap" -w small --ring-size 150 --ring-files 100000
    local i
    [ -e small.400 ]
    "$VFUSCOPE" decode --json "$golden/virtio-net.pcap" > whole
    (ulimit -n 32 -v "$limit" && "$VFUSCOPE" decode --json small.* > got)
    diff whole got
    mkdir many
    for ((i = 0; i < 300; i++)); do
        cp a.pcap many/cap$i.pcap
    done
    python3 - << 'END'
import struct
for i in range(300):
    path = f"many/cap{i}.pcap"
    data = bytearray(open(path, "rb").read())
    at = 24
    while at < len(data):
        struct.pack_into("<I", data, at, struct.unpack_from("<I", data, at)[0] + 10 * i)
        at += 16 + struct.unpack_from("<I", data, at + 8)[0]
    open(path, "wb").write(data)
END
    (ulimit -n 32 -v "$limit" && "$VFUSCOPE" decode --json many/*.pcap > got)
    [ "$(grep -c '"no"' got)" = 15000 ]
    jq -r .file got | uniq | wc -l | diff - <(echo 300)
    jq -c 'select(.problems[]?.severity == "violation")' got | diff - /dev/null
}

@test "why: a page for each of several, and the worst of them is the status" {
    rules rules.pcap
    run -0 "$VFUSCOPE" why a.pcap b.pcap
    [ "${lines[0]}" = a.pcap: ]
    [ "$("$VFUSCOPE" why b.pcap)" = "$(sed '1,/^b.pcap:$/d' <<< "$output")" ]
    run -1 "$VFUSCOPE" why --json a.pcap rules.pcap b.pcap
    [ "$(jq -r '.file' <<< "$output" | sort | tr '\n' ' ')" = 'a.pcap b.pcap rules.pcap ' ]
    [ "$(jq -r 'select(.file == "rules.pcap") | .status' <<< "$output")" != fine ]
}
