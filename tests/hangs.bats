# Who is at the ends of a connection, and what keeps them from going on: live, in SIGUSR1's summary, and from a capture.
load lib/common

setup() {
    common_setup
    need jq jq
}

# of EVENT FILE FILTER: what jq makes of the only event of this name
of() {
    jq -e -c -s "[.[] | select(.event == \"$1\")] | length == 1" "$2" > /dev/null && jq -r "select(.event == \"$1\") | $3" "$2"
}

@test "connect names the client's process: text, JSON, captures" {
    serve
    cp "$VFUSCOPE" who
    tap --json -w cap
    ./who shell --raw t -c info > info.out 2> info.err &
    pid=$!
    wait "$pid"
    stop tap
    [ "$(of connect tap.out '"\(.pid) \(.name)"')" = "$pid who" ]
    "$VFUSCOPE" decode cap --json | diff - tap.out
    "$VFUSCOPE" decode cap | head -n 1 | grep -Eq "\* connect: client $pid \(who\)\$"
}

@test "connect: a name that its process chose is escaped" {
    serve
    name=$'a)\e[31m\nb'
    cp "$VFUSCOPE" "$name"
    tap --json -w cap
    "./$name" shell --raw t -c info
    stop tap
    [ "$(of connect tap.out .name)" = "$name" ]
    "$VFUSCOPE" decode cap > text
    grep -Fq '(a)\x1b[31m\nb)' text || grep -Fq '(a)\x1b[31m\x0ab)' text
    lacks $'\e' text
    lacks '^b)' text
    need tshark tshark
    wireshark_user
    tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r cap 2> /dev/null > shown
    [ "$(grep -o '\* connect.*' shown)" = "$(grep -o '\* connect.*' text)" ]
}

@test "connect: nothing is said of a process that is not known, and a capture without one says what it said" {
    golden=$BATS_TEST_DIRNAME/golden/edu.pcap
    "$VFUSCOPE" decode "$golden" --json > json
    [ "$(of connect json 'has("pid") or has("name")')" = false ]
    "$VFUSCOPE" decode "$golden" | grep -q '\* connect$'
}

# frames FILE: its events `capture` and `end`
frames() {
    "$VFUSCOPE" decode -v --json "$1" | jq -c 'select(.event == "capture" or .event == "end") | del(.time)'
}

@test "a capture says who wrote it, and that it ended: with -v only" {
    serve
    tap --json -w 'a b' --group "$(id -g)" --filter no -- sleep 100
    shell --raw -c info
    stop tap
    "$VFUSCOPE" decode --json --filter no 'a b' | diff - tap.out
    frames 'a b' > frames
    head -n 1 frames | jq -e --arg kernel "$(uname -r) $(uname -m)" '.kernel == $kernel and .version and (.start | tonumber > 0)'
    [ "$(head -n 1 frames | jq -r .options)" = "tap --json -w 'a b' --group $(id -g) --filter no $T/t $T/s -- sleep 100" ] ||
        [ "$(head -n 1 frames | jq -r .options)" = "tap $T/t $T/s --json -w 'a b' --group $(id -g) --filter no -- sleep 100" ]
    [ "$(tail -n 1 frames)" = '{"event":"end"}' ]
    "$VFUSCOPE" decode -v 'a b' | head -n 1 | grep -Eq '^    0\.000000  \* capture: vfuscope [0-9.]+ on Linux .*, since .* UTC: tap '
    "$VFUSCOPE" decode -v 'a b' | tail -n 1 | grep -Eq '  \* end$'
    "$VFUSCOPE" decode 'a b' > short
    lacks '\* capture\|\* end' short
    # A copy says who wrote it first, and only once.
    "$VFUSCOPE" decode -q 'a b' -w copy
    frames copy | diff - frames
    cmp copy 'a b'
}

@test "a capture that was cut lacks its end, and -v says so; an old one has neither" {
    serve
    tap -q -w cap
    shell --raw -c info
    there() { "$VFUSCOPE" decode cap 2> /dev/null | grep -q disconnect; }
    await_that there
    kill -KILL "${STARTED[tap]}"
    await tap
    [ "$(frames cap | tail -n 1 | jq -c 'del(.text)')" = '{"event":"end","cut":true}' ]
    "$VFUSCOPE" decode -v cap | tail -n 1 | grep -q '\* end: missing: '
    "$VFUSCOPE" decode cap > short
    lacks 'missing' short
    [ -z "$(frames "$BATS_TEST_DIRNAME/golden/edu.pcap")" ]
}

@test "each file of a ring begins and ends" {
    serve
    tap -q -w ring --ring-size 4K --ring-files 100
    shell --raw -c 'repeat 60 read bar0'
    stop tap
    files=(ring.*)
    [ "${#files[@]}" -gt 2 ]
    for file in "${files[@]}"; do
        frames "$file" > frames
        [ "$(wc -l < frames)" -eq 2 ]
        head -n 1 frames | jq -r .start
        [ "$(tail -n 1 frames | jq '.goes_on // false')" = "$([ "$file" = "ring.${#files[@]}" ] && echo false || echo true)" ]
    done | uniq > starts
    [ "$(wc -l < starts)" -eq 1 ]
}

@test "what comes with -v depends on no filter, and changes no other line's time" {
    serve
    tap -v -w cap
    shell --raw -c info
    stop tap
    "$VFUSCOPE" decode -v -t delta cap --filter 'command == VERSION' > some
    [ "$(grep -c '\* capture\|\* end' some)" -eq 2 ]
    head -n 1 some | grep -q '\* capture'
    tail -n 1 some | grep -q '\* end'
    [ "$("$VFUSCOPE" decode cap -w part --filter-capture --filter 'command == VERSION' -q && frames part | wc -l)" -eq 2 ]
    "$VFUSCOPE" decode -v cap | grep -v '  \* \(capture\|end\)' | diff - tap.out
    command -v tshark > /dev/null || return 0
    wireshark_user
    tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r cap 2> /dev/null > shown
    [ "$(grep -o '\* capture.*' shown)" = "$("$VFUSCOPE" decode -v cap | grep -o '\* capture.*')" ]
}

# over JSON...: a client that sends these after VERSION, and leaves when the server does
raw_client() {
    python3 - "$T/t" "$@" << 'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
def send(command, body, flags=0): s.sendall(struct.pack('<HHIII', 9, command, 16 + len(body), flags, 0) + body)
def reply():
    head = s.recv(16, socket.MSG_WAITALL)
    size = struct.unpack('<HHIII', head)[2] if head else 16
    return head + s.recv(size - 16, socket.MSG_WAITALL) if size > 16 else head
send(1, struct.pack('<HH', 0, 0) + b'{"capabilities":{"max_msg_fds":8}}\0')
reply()
for word in sys.argv[2:]:
    if word == 'read': send(9, struct.pack('<QII', 0x10, 0, 4))
    elif word == 'write': send(10, struct.pack('<QIIQ', 0x20, 2, 8, 1), 0x10)
    elif word == 'reply': reply()
    elif word == 'wait': open('go').read()
END
}

@test "a server's process that dies: said, how, and amid which command" {
    for how in crashing exiting; do
        # Its parent does not ask how it ended: once somebody has, nobody else can.
        start fake python3 -c 'import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(3600)' \
            python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" "$how"
        await_text fake.err '^listening on ' fake
        tap --json -w cap
        raw_client read reply > client.out
        stop tap
        stop fake
        rm s
        "$VFUSCOPE" decode --json cap | diff - tap.out
        pid=$(of disconnect tap.out .ended.pid)
        if [ "$how" = crashing ]; then
            [ "$(of disconnect tap.out '"\(.ended.signal) \(.ended.status) \(.on) \(.ended.name)"')" = "11 null 3 python3" ]
            "$VFUSCOPE" decode cap | grep -q "disconnect: server closed: its process $pid (python3) was killed by signal 11 (.*), on #3: REGION_READ bar0+0x10\$"
        else
            [ "$(of disconnect tap.out '"\(.ended.signal) \(.ended.status) \(.on) \(.ended.name)"')" = "null 3 3 python3" ]
            "$VFUSCOPE" decode cap | grep -q "disconnect: server closed: its process $pid (python3) has ended with status 3, on #3: REGION_READ bar0+0x10\$"
        fi
    done
}

@test "a server that closes and lives, and one whose client leaves first, have not died" {
    fake closing
    tap --json
    raw_client read reply > client.out
    await_text tap.out '"event":"disconnect"' tap
    stop tap
    [ "$(of disconnect tap.out '"\(.text) \(.ended) \(.on)"')" = "server closed null null" ]
    tap --json
    raw_client > client.out
    await_text tap.out '"event":"disconnect"' tap
    stop tap
    [ "$(of disconnect tap.out '.text')" = "client closed" ]
}

@test "a client that leaves with a reply unread: which" {
    fake none
    tap --json -w cap
    mkfifo go
    start client bash -c "$(declare -f raw_client); T=$T raw_client read reply read wait"
    exec 5> go
    await_text tap.out '"no":6,' tap
    exec 5>&-
    await client
    await_text tap.out disconnect tap
    stop tap
    [ "$(of disconnect tap.out .unread)" = 6 ]
    of disconnect tap.out .text | grep -Eq '^client closed(: its process [0-9]+ \(python3\) has ended( with status 1)?, before it read #6|, and has not read #6)$'
    "$VFUSCOPE" decode --json cap | diff - tap.out
    # The near miss: all was read
    tap --json
    raw_client read reply > /dev/null
    await_text tap.out disconnect tap
    stop tap
    [ "$(of disconnect tap.out 'has("unread")')" = false ]
}

# waiting: a client that waits for a reply that never comes, until `stop client`
waiting() {
    start client bash -c "$(declare -f raw_client); T=$T raw_client read reply"
}

@test "what both processes do, while a reply is overdue, at SIGUSR1, and from the capture" {
    fake silent
    tap --json -w cap --overdue 100ms
    waiting
    await_text tap.out '"event":"overdue"' tap
    jq -c 'select(.event == "overdue") | .doing[] | [.side, .conn, .name, .threads, .state]' tap.out > doing
    [ "$(cat doing)" = $'["client",1,"python3",1,"S"]\n["server",1,"python3",1,"S"]' ]
    if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2> /dev/null || echo 0)" -eq 0 ] || [ "$(id -u)" -eq 0 ]; then
        [ "$(jq -c 'select(.event == "overdue") | .doing[].call' tap.out | tr -d 0-9)" = $'"recvfrom()"\n"recvmsg()"' ]
    fi
    kill -USR1 "${STARTED[tap]}"
    await_text tap.err '"event":"summary".*"doing":\[{"side":"client"' tap
    kill -KILL "$(jq 'select(.event == "connect") | .pid' tap.out)"
    await_text tap.out '"event":"disconnect"' tap
    stop tap
    "$VFUSCOPE" decode --json cap | diff - tap.out
    "$VFUSCOPE" decode cap | grep -A 3 '\* overdue' > text
    grep -Eq '^        client [0-9]+ \(python3\): sleeps' text
    grep -Eq '^        server [0-9]+ \(python3\): sleeps' text
}

@test "what another user's process does is said as far as anybody may see it" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to become somebody else"
    chmod 777 .
    fake silent
    chmod 666 s
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:log_path=/dev/null
    start tap setpriv --reuid=65534 --regid=65534 --clear-groups "$VFUSCOPE" tap t s --json --overdue 100ms
    await_text tap.err '^listening on ' tap
    waiting
    await_text tap.out '"event":"overdue"' tap
    kill "$(jq 'select(.event == "connect") | .pid' tap.out)"
    stop tap
    [ "$(jq -c 'select(.event == "overdue") | .doing[] | [.side, .state, .call, .wchan]' tap.out)" = \
        $'["client","S",null,null]\n["server","S",null,null]' ]
}

@test "of a command that is overdue it is told whether it was read" {
    fake silent
    tap --json -w cap --overdue 3s # time enough for the server to read it
    waiting
    await_text tap.out '"event":"overdue"' tap
    [ "$(of overdue tap.out .read)" = true ]
    kill -KILL "$(jq 'select(.event == "connect") | .pid' tap.out)"
    stop tap
    "$VFUSCOPE" decode cap | grep -A 1 '\* overdue' | grep -qx '        the server has read it'
    "$VFUSCOPE" decode --json cap | diff - tap.out
    # And one that stands still
    tap --json -w cap --overdue 100ms
    kill -STOP "${STARTED[fake]}"
    waiting
    await_text tap.out '"event":"overdue"' tap
    [ "$(of overdue tap.out .read)" = false ]
    [ "$(of overdue tap.out '.doing[] | select(.side == "server") | .state')" = T ]
    kill -KILL "$(jq 'select(.event == "connect") | .pid' tap.out)"
    stop tap
    kill -CONT "${STARTED[fake]}"
    "$VFUSCOPE" decode cap | grep -A 1 '\* overdue' | grep -qx '        the server has not read it'
}
