# What else happened then: marks, and lines of other logs, between the messages.
load lib/common

# itap [OPTION...]: a tap with a prompt; what is written to descriptor 8 is typed there
itap() {
    mkfifo input
    start tap bash -c 'exec "$0" tap t s -i --control control "$@" < input' "$VFUSCOPE" "$@"
    exec 8> input
    await_text tap.err '^listening on ' tap
}

at_tap() {
    timeout "$LIMIT" "$VFUSCOPE" shell --tap "$T/control" "$@" 8>&-
}

# One that stays: what is written to descriptor 9 is for the client's shell
client() {
    mkfifo fifo
    start client bash -c 'exec "$0" shell --raw t --json < fifo' "$VFUSCOPE" 8>&-
    exec 9> fifo
    echo 'read bar0' >&9
    await_text client.out '"read"'
}

@test "marks: at the prompt, by a script without and with a client; in text, JSON, captures, filters" {
    serve
    itap --json -w cap
    run -0 at_tap -c 'mark the VM starts' -c "mark 'one  word'"
    [ -z "$output" ]
    client
    printf 'mark  amid "this"\033[31m\nmark\n' >&8
    await_text tap.err '^marked$'
    await_text tap.err '^mark: TEXT is expected'
    run -0 at_tap --json -c 'mark the end'
    [ "$output" = '{"command":"mark","ok":true}' ]
    exec 9>&- 8>&-
    await client
    stop tap
    jq -c 'select(.event == "mark") | .text' tap.out > marks
    diff - marks <<'END'
"the VM starts"
"one  word"
"amid \"this\"\u001b[31m"
"the end"
END
    # They stand where they came.
    [ "$(jq -r 'select(.event == "mark" or .event == "connect" or .command == "REGION_READ") | .event // .type' tap.out |
        tr '\n' ' ')" = 'mark mark connect command reply mark mark ' ]
    run -0 "$VFUSCOPE" decode cap
    [ "$(grep '\* mark' <<< "$output" | sed 's/^ *[0-9.]* *//')" = '* mark: the VM starts
* mark: one  word
* mark: amid "this"\x1b[31m
* mark: the end' ]
    "$VFUSCOPE" decode --json cap | diff tap.out -
    run -0 "$VFUSCOPE" decode cap --filter mark
    [ "${#lines[@]}" = 4 ]
    run -0 "$VFUSCOPE" decode cap --filter 'mark == "one  word"'
    [ "${#lines[@]}" = 1 ]
    run -0 "$VFUSCOPE" decode cap --filter 'mark == one or log'
    [ "${#lines[@]}" = 0 ]
    "$VFUSCOPE" decode -q cap -w again
    "$VFUSCOPE" decode cap --json | diff - <("$VFUSCOPE" decode again --json)
}

@test "a mark that is none: too long, empty, and elsewhere than at a tap" {
    serve
    itap --json
    run -1 --separate-stderr at_tap -c "mark $(printf '%01025d' 0)"
    [[ $stderr == *"a mark has 1 to 1024 bytes"* ]]
    run -0 at_tap -c "mark $(printf '%01024d' 0)"
    run -1 --separate-stderr at_tap -c "mark ''"
    run -1 --separate-stderr at_tap -c mark
    run -1 --separate-stderr shell --raw -c 'mark here'
    [[ $stderr == *"only a tap has a place for it"* ]]
    # What is about the device needs a client as before.
    run -1 --separate-stderr at_tap -c 'mark here' -c 'read bar0'
    [[ $stderr == *"no client has negotiated with the device yet"* ]]
    exec 8>&-
    stop tap
    [ "$(jq -r 'select(.event == "mark") | .text | length' tap.out)" = $'1024\n4' ]
}

# lines NAME: what the tap's JSON has of this log
lines_of() {
    jq -r "select(.event == \"log\" and .name == \"$1\") | .text" tap.out
}

# told TEXT: waits until the tap has told of a line that contains it
told() {
    await_text tap.out "\"event\":\"log\".*$1"
}

@test "a file: from its end on, appended, cut, rotated, removed, made anew; one that appears later" {
    echo before > a
    serve
    tap --json --log a=a --log late=folder/late
    grep -q '^vfuscope: log late: folder/late is not there yet' tap.err
    echo one >> a
    printf 'a "b"\033[0m\r\n\nhalf ' >> a
    told '"half "'
    printf 'rest\n' >> a
    told '"rest"'
    run -0 shell --raw -c 'read bar0'
    echo 'behind the read' >> a
    told 'behind the read'
    mv a a.1
    echo 'still the old one' >> a.1
    echo 'the new one' > a
    told 'the new one'
    : > a
    echo cut >> a
    told '"cut"'
    rm a
    mkdir folder
    echo late > folder/late
    told '"late"'
    echo anew > a
    told '"anew"'
    printf 'no newline' >> a
    told 'no newline'
    stop tap
    lines_of a | sed 's,\x1b,ESC,' > lines
    diff - lines <<'END'
one
a "b"ESC[0m

half 
rest
behind the read
still the old one
the new one
cut
anew
no newline
END
    # Between the messages, at the time they came; of no connection.
    [ "$(jq -r 'select(.text == "rest" or .text == "behind the read" or .command == "REGION_READ") | .text // .type' tap.out |
        tr '\n' ,)" = 'rest,command,reply,behind the read,' ]
    jq -es 'map(.time | tonumber) | . == sort' tap.out
    [ "$(jq -r 'select(.event == "log") | keys_unsorted | join(" ")' tap.out | sort -u)" = 'event time name text' ]
}

@test "what comes is kept: in captures, text, pairs, filters" {
    : > a
    : > nvme.log
    serve
    tap -w cap --log a=a --log nvme=nvme.log
    run -0 shell --raw -c 'read bar0'
    printf 'x\xff\x00y \xe2\x80\xae \\\n' >> a
    echo 'timeout, resetting' >> nvme.log
    await_text tap.out 'timeout, resetting'
    await_text tap.out 'log a: x'
    stop tap
    grep -Eq '^ +[0-9.]+  \* log a: x\\xff\\x00y \\xe2\\x80\\xae \\\\$' tap.out
    "$VFUSCOPE" decode cap | diff tap.out -
    [ "$("$VFUSCOPE" decode cap --json | jq -r 'select(.name == "a") | .text_hex')" = 78ff007920e280ae205c ]
    for filter in 'log == nvme' 'log == "nvme"' 'log and not log == a' 'log != a'; do
        run -0 "$VFUSCOPE" decode cap --filter "$filter"
        [[ ${#lines[@]} = 1 && $output == *'log nvme: timeout, resetting' ]]
    done
    run -0 "$VFUSCOPE" decode cap --filter 'command == REGION_READ'
    [[ ${#lines[@]} = 3 && $output != *log* ]]
    run -0 "$VFUSCOPE" decode cap --pairs
    [[ $output == *'* log nvme: timeout, resetting'* ]]
    run -0 "$VFUSCOPE" decode -q cap --trace trace.json
    jq -es '.[0] | map(select(.name == "nvme" and .args.text == "timeout, resetting")) | length == 1' trace.json
}

@test "a FIFO without a writer, with several, and with one that leaves; the server's own, by --log-server" {
    mkfifo f
    start tap "$VFUSCOPE" tap t s --json --log f=f --log-server -- "$VFUSCOPE" serve s
    await_text tap.err '^listening on .*t$' tap
    # What the server says reaches standard error as before.
    await_text tap.err '^listening on s$' tap
    told '"listening on s"'
    echo 'the first' > f
    told 'the first'
    # Nobody writes: all its threads sleep.
    asleep() { ! grep -q '^State:.R' "/proc/${STARTED[tap]}/task"/*/status; }
    await_that asleep
    (echo 'a second' && sleep 0.2 && echo 'on and on') > f
    told 'on and on'
    run -0 shell --raw -c 'read bar0'
    stop tap
    [ "$(lines_of f | tr '\n' ,)" = 'the first,a second,on and on,' ]
    [ "$(lines_of server | head -1)" = 'listening on s' ]
    [ "$(grep -c '^listening on s$' tap.err)" = 1 ]
}

@test "a server that writes without end, to a standard error that nobody reads, answers" {
    cat > noisy <<'END'
#!/bin/bash
yes 'the server has something to say' &
exec "$0.serve" serve s
END
    chmod +x noisy
    ln -s "$(realpath "$VFUSCOPE")" noisy.serve
    full blocked
    start tap bash -c 'exec "$0" tap t s --json --log-server -- ./noisy 2> blocked' "$VFUSCOPE"
    await_that test -S t
    await_that test -S s
    for i in 1 2 3; do
        run -0 shell --raw -c 'read bar0'
    done
    told 'the server has something to say'
    await_text tap.out 'left_out'
    stop tap
    [ "$(jq -r 'select(.left_out) | .text' tap.out | sed 's/[0-9]\+/N/' | sort -u)" = 'N lines are left out here: they came too fast' ]
    [ "$(jq 'select(.command == "REGION_READ") | .type' tap.out | wc -l)" = 6 ]
}

@test "a log that grows by much more than is shown: what is left out is counted; traffic does not wait" {
    : > a
    serve
    tap --json --log a=a --log zero=/dev/zero --log random=/dev/urandom --log proc=/proc/version
    # 2 million lines; each is told, or counted
    yes 'a line of a log that grows as fast as it can' | head -n 2000000 >> a &
    flood=$!
    run -0 shell --raw -c 'repeat 1000 read bar0'
    wait $flood
    at_last() { echo 'the last of them' >> a && grep -q 'the last of them' tap.out; } # once there is room again
    await_that at_last
    stop tap
    grep -q '^vfuscope: log a: lines come too fast: some are left out, and counted$' tap.err
    # Of those at_last wrote while nothing was seen yet, some may lie there unread.
    told=$(jq -s 'map(select(.name == "a") | .left_out // 1) | add' tap.out)
    [ "$told" -gt 2000000 ]
    [ "$told" -le "$(wc -l < a)" ]
    left=$(jq -s 'map(select(.name == "a") | .left_out // 0) | add' tap.out)
    grep -q "^vfuscope: log a: $left lines were left out: they came too fast\$" tap.err
    [ "$(jq -r 'select(.command == "REGION_READ") | .type' tap.out | wc -l)" = 2000 ]
    [ "$(jq -r 'select(.name == "zero") | .text' tap.out | wc -l)" = 0 ]
    [ "$(lines_of proc)" = "$(cat /proc/version)" ] # which has no size, and is not read again and again
}

@test "long lines are cut, between characters; a hole in a file is passed over" {
    : > a
    serve
    tap --json --log a=a
    printf '%01000d€%s\n' 0 "$(printf '%0300000d' 0)" >> a
    printf '%0983d€%s\nwhole\n' 0 "$(printf '%03000d' 0)" >> a
    truncate -s 1T a
    echo 'behind a hole' >> a
    told 'behind a hole'
    stop tap
    [ "$(lines_of a | sed 's/0\{900,\}/ZEROS/')" = $'ZEROS... (300019 more bytes)\nZEROS... (3003 more bytes)\nwhole\nbehind a hole' ]
}

@test "a terminal; one that goes away; standard input" {
    serve
    python3 - > pty.out 3>&- <<'END' &
import os, pty, sys, time
master, slave = pty.openpty()
print(os.ttyname(slave), flush=True)
while not os.path.exists('tapping'): time.sleep(0.01)
os.write(master, b'the console says\r\n')
while not os.path.exists('seen'): time.sleep(0.01)
END
    pty=$!
    await_text pty.out /dev/pts/
    mkfifo input
    start tap bash -c 'exec "$0" tap t s --json --log tty="$1" --log in=- < input' "$VFUSCOPE" "$(cat pty.out)"
    exec 8> input
    await_text tap.err '^listening on ' tap
    echo 'from standard input' >&8
    told 'from standard input'
    touch tapping
    told 'the console says'
    touch seen
    wait $pty
    exec 8>&-
    run -0 shell --raw -c 'read bar0'
    stop tap
    [ "$(lines_of tty)" = 'the console says' ]
}

@test "what can't be followed is said, before anything else" {
    serve
    mkdir folder
    touch a
    for how in 'a|NAME=FILE is expected' '=a|1 to 31 characters' 'x=|the FILE is missing' 'x y=a|NAME=FILE is expected' \
        'folder=folder|Is a directory' 's=s|no file, FIFO or device' "$(printf '%032d' 0)=a|1 to 31 characters"; do
        run -2 --separate-stderr "$VFUSCOPE" tap t s --log "${how%|*}"
        [[ $stderr == *"--log"*"${how#*|}"* || $stderr == *"log ${how%%=*}: "*"${how#*|}"* ]]
        [ ! -e t ]
    done
    # What is written to can't be read as it is written.
    run -2 --separate-stderr "$VFUSCOPE" tap t s --log a=a -o a
    run -2 --separate-stderr "$VFUSCOPE" tap t s --log a=new -o new
    [[ $stderr == *"new: would be written to, and read as a log"* ]]
    "$VFUSCOPE" tap t s --log a=a 2> a && false
    [[ $? = 2 && $(cat a) == *"a: standard error goes there"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --log-server
    [[ $stderr == *"--log-server: of which server?"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s -i --log a=-
    [[ $stderr == *"standard input is the prompt's"* ]]
    run -2 --separate-stderr "$VFUSCOPE" attach $$ --log a=folder
    [[ $stderr == *"log a: folder: Is a directory"* ]]
    # Another user's, that we may not read
    [ "$(id -u)" -eq 0 ] || return 0
    chmod 600 a
    chmod 777 .
    ASAN_OPTIONS= run -2 --separate-stderr setpriv --reuid 65534 --clear-groups "$VFUSCOPE" tap t s --log a="$T/a"
    [[ $stderr == *"log a: $T/a: Permission denied"* ]]
}

# A capture of times that are known: it begins at 2023-11-14T22:13:20.001Z, 1700000000.001, and ends 8 us later
known_capture() {
    load lib/talk
    told READ 0 0 ed100001
    told READ 0 4 00000000
    talk_capture cap
}

# merged [OPTION...]: what decode says of the capture, without times and fields
merged() {
    "$VFUSCOPE" decode cap "$@" | sed -En 's/^ *-?[0-9.]+ +//; s/^(\* log.*)/\1/p; s/.*(>|<) #[0-9]+ +(REGION_READ).*/\1 \2/p'
}

@test "afterwards: seconds since 1970, dates, the kernel's with an offset; in order, lines without a time behind the one before" {
    known_capture
    cat > seconds <<'END'
no time yet
1700000000.000999 before the first
of no time
1700000000.001002 behind the first
4711@1700000000.001003999:trace
END
    cat > dates <<'END'
2023-11-14T22:13:20.001004Z a date
[2023-11-14 23:13:20.001005+01:00] in brackets
2023-11-14 22:13:20,0010051 local
2023-11-14T22:13:21Z at the end
END
    cat > kernel <<'END'
[    0.501001] before
[    0.501004] second
[    0.501003] back again
END
    export TZ=UTC
    run -0 --separate-stderr merged --log s=seconds --log d=dates --log k=kernel,offset=1699999999.5
    echo "$output"
    [ "$output" = '* log s: no time yet
* log s: 1700000000.000999 before the first
* log s: of no time
* log k: [    0.501001] before
> REGION_READ
* log s: 1700000000.001002 behind the first
< REGION_READ
* log s: 4711@1700000000.001003999:trace
* log d: 2023-11-14T22:13:20.001004Z a date
* log k: [    0.501004] second
* log k: [    0.501003] back again
> REGION_READ
* log d: [2023-11-14 23:13:20.001005+01:00] in brackets
* log d: 2023-11-14 22:13:20,0010051 local
< REGION_READ
* log d: 2023-11-14T22:13:21Z at the end' ]
    [ "$stderr" = 'vfuscope: log k: its clock goes back: lines from there on stand where it was before' ]
    "$VFUSCOPE" decode cap --json --log s=seconds --log k=kernel,offset=1699999999.5 2> /dev/null |
        jq -es 'map(.time | tonumber) | . == sort'
    # Without a zone it is the local one's.
    sed 's/20,/20./; s/ 22:13:20.0010051/ 14:13:20.0010051/' dates > west
    [ "$(TZ=PST8 merged --log d=west | grep -A1 local)" = '* log d: 2023-11-14 14:13:20.0010051 local
< REGION_READ' ]
    # Times count from the capture's first record, before it they are negative; --since knows, too.
    run -0 "$VFUSCOPE" decode cap --log s=seconds
    [[ ${lines[0]} == '   -0.000001  * log s: no time yet' ]]
    local seconds
    for seconds in 9.5 12 9999.9 54321; do # in the same columns, as far as there are some
        run -0 --separate-stderr "$VFUSCOPE" decode cap --log s=seconds,offset=-$seconds
        grep -o '^ *[-0-9.]*  \* log' <<< "${lines[0]}" >> early
    done
    diff - early << 'END'
   -9.500001  * log
  -12.000001  * log
-9999.900001  * log
-54321.000001  * log
END
    grep -q '^    0.000000  1  \* connect' <<< "$output"
    run -0 "$VFUSCOPE" decode cap --log s=seconds --since 0 --filter log
    [[ ${#lines[@]} = 2 && ${lines[0]} == *'behind the first' ]]
    # From a pipe, and into a capture, which gives back the same.
    run -0 "$VFUSCOPE" decode cap --log s=<(cat seconds) -w both -q
    [ "$("$VFUSCOPE" decode both --json)" = "$("$VFUSCOPE" decode cap --json --log s=seconds)" ]
    [ "$("$VFUSCOPE" decode cap --json --log s=- < seconds)" = "$("$VFUSCOPE" decode both --json)" ]
}

@test "afterwards: an offset from the first record on, of other logs, too" {
    known_capture
    echo '[    1.0] boot' > kernel
    [ "$(merged --log k=kernel,offset=-0.999997 | head -3)" = '> REGION_READ
* log k: [    1.0] boot
< REGION_READ' ]
    # A clock that is an hour behind
    echo '1699996400.001003 late' > late
    [ "$(merged --log l=late,offset=3600 | head -3)" = '> REGION_READ
* log l: 1699996400.001003 late
< REGION_READ' ]
    run -0 --separate-stderr merged --log l=late
    [[ $stderr == 'vfuscope: log l: none of its lines is of the capture'*'2023-11-14T21:13:20Z'*'moves them' ]]
}

@test "afterwards: a mark says when the log's line came" {
    serve
    tap -w cap --control control
    exec 9> /dev/null
    client
    run -0 at_tap -c 'mark test: step 2, the reset'
    echo 'read bar0+4' >&9
    await_text client.out 0x0
    exec 9>&-
    await client
    stop tap
    cat > kernel <<'END'
[  100.000000] before
[  100.000001] test: step 2, the reset
END
    run -0 "$VFUSCOPE" decode cap --log 'k=kernel,mark=step 2, the reset' --json
    mark=$(jq -r 'select(.event == "mark") | .time' <<< "$output")
    [ "$(jq -r 'select(.name == "k") | .time' <<< "$output" | tail -1)" = "$mark" ]
    [ "$(jq -r 'select(.event == "mark" or .event == "log" or (.command == "REGION_READ" and .type == "reply")) | .event // "read"' \
        <<< "$output" | tr '\n' ' ')" = 'read log log mark read ' ]
    for how in 'mark=step 3|no mark in the capture says "step 3"' 'mark=|a mark'"'"'s text is missing' \
        'offset=1,mark=step 2|offset or mark, not both' 'offset=|offset: seconds since 1970' 'offset=x|offset: seconds since 1970'; do
        run -2 --separate-stderr "$VFUSCOPE" decode cap --log "k=kernel,${how%|*}"
        [[ $stderr == *"${how#*|}"* ]]
    done
    echo '[  100.0] another' > kernel
    run -2 --separate-stderr "$VFUSCOPE" decode cap --log 'k=kernel,mark=step 2'
    [[ $stderr == *'no line with a time has "step 2"'* ]]
    run -2 --separate-stderr "$VFUSCOPE" decode - --log 'k=kernel,mark=step 2' < cap
    [[ $stderr == *'no mark in the capture says "step 2"'* ]]
}

@test "afterwards: what can't be merged is said, before anything else" {
    known_capture
    echo 'x' > none
    : > empty
    yes 'a line without a time' | head -n 100000 > long
    echo '1700000000.5 at last' >> long
    echo '[    1.0] boot' > kernel
    while IFS='|' read -r log said; do
        run -2 --separate-stderr "$VFUSCOPE" decode cap --log "$log"
        [ -z "$output" ]
        [[ $stderr == *"$said"* ]]
    done <<'END'
none|NAME=FILE is expected
n=missing|log n: missing: No such file
n=.|log n: .: Is a directory
n=none|no line begins with a time
n=long|no line of its first 64 KiB begins with a time
n=empty|log n: empty: it is empty
k=kernel|its times count from a machine's start
END
    run -2 --separate-stderr "$VFUSCOPE" decode cap --log n=none -o none
    run -2 --separate-stderr "$VFUSCOPE" decode - --log n=- < cap
    [[ $stderr == *'standard input is the capture'* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --log k=kernel,offset=5
    [[ $stderr == *'offset and mark are for decode'* ]]
}

# Has it taken SIGTERM, and does it sleep?
waits() {
    grep -qE '^SigCgt:.*[4567cdef]...$' "/proc/$1/status" && grep -qE '^State:.*sleeping' "/proc/$1/status"
}

@test "afterwards: a log that does not come is waited for until a signal, of which nothing is said" {
    known_capture
    mkfifo nobody
    "$VFUSCOPE" decode cap --log n=nobody > out 2> err &
    await_that waits $!
    while kill $! 2> /dev/null; do sleep 0.02; done # once, unless it came before the opening
    wait $! || status=$?
    [ "$status" -eq 130 ]
    [ ! -s out ] && [ ! -s err ]
}

@test "afterwards: a log of a gigabyte takes no memory" {
    known_capture
    { echo '1700000000.001002 x'; yes 'no time, and much of it' | head -c 200M; printf '%0100000d\n' 0; } > large
    # A sanitizer takes terabytes of addresses.
    grep -q __asan_init "$VFUSCOPE" && limit=unlimited || limit=400000
    run -0 bash -c 'ulimit -v '$limit'; "$0" decode cap --log l=large --filter "command == REGION_READ" -q -c' "$VFUSCOPE"
    [[ $output == *REGION_READ* ]]
}

@test "why: what other logs said near a hang, and not what they said elsewhere" {
    : > console
    fake mute
    tap --json -w cap --log console=console --overdue 100ms
    echo 'long before' >> console
    told 'long before'
    echo 'nvme nvme0: probing' >> console
    told probing
    start client timeout "$LIMIT" "$VFUSCOPE" shell --raw t -c info
    await_text tap.out '"event":"overdue"'
    printf 'nvme nvme0: I/O 0 timeout\033[0m\n' >> console
    told timeout
    printf 'resetting\nlater\n' >> console
    told later
    stop tap
    await client
    run "$VFUSCOPE" why cap
    echo "$output"
    [[ $output =~ log\ console,\ [0-9.]+\ m?s\ before\ that:\ nvme\ nvme0:\ probing ]]
    [[ $output =~ log\ console,\ [0-9.]+\ m?s\ into\ it:\ nvme\ nvme0:\ I/O\ 0\ timeout'\x1b[0m' ]]
    [[ $output == *': resetting'* && $output != *'long before'* && $output != *': later'* ]]
    run "$VFUSCOPE" why cap --json
    [ "$(jq -r '.hangs[0].logs[] | .text' <<< "$output")" = $'nvme nvme0: probing\nnvme nvme0: I/O 0 timeout\e[0m\nresetting' ]
    [ "$(jq -c '.hangs[0].logs | map(.after_ms < 0)' <<< "$output")" = '[true,false,false]' ]
}
