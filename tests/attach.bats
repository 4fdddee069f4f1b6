# vfuscope attach: the same messages as the tap's, seen from a process's system calls; by ptrace and by BPF.
load lib/common

setup() {
    common_setup
    need jq jq
    # What is traced can't look for leaks at its end; attach can.
    asan=${ASAN_OPTIONS:-}
    export ASAN_OPTIONS=$asan:detect_leaks=0
}

# Can the methods be used here? In can.METHOD why not; empty: they can.
setup_file() {
    local method target attacher i err
    for method in bpf ptrace; do
        err=$BATS_FILE_TMPDIR/err.$method
        : > "$err"
        sleep 60 3>&- &
        target=$!
        "$VFUSCOPE" attach "$target" --method="$method" -q 2> "$err" 3>&- &
        attacher=$!
        for ((i = 0; i < LIMIT * 50; i++)); do
            ! grep -q '^attached to' "$err" && kill -0 "$attacher" 2>/dev/null || break
            sleep 0.02
        done
        kill -INT "$attacher" 2>/dev/null || true
        if wait "$attacher"; then
            : > "$BATS_FILE_TMPDIR/can.$method"
        else
            tail -n 1 "$err" > "$BATS_FILE_TMPDIR/can.$method"
        fi
        kill "$target"
        wait "$target" || true
    done
}

# can METHOD: skip, saying why, where this machine or user may not use it.
can() {
    local why=$BATS_FILE_TMPDIR/can.$1
    [ ! -s "$why" ] || skip "attach by $1 is refused here: $(cat "$why")"
}

# attach NAME PID METHOD [OPTION...]: attach in the background, its NDJSON in NAME.json; ready when this returns
attach() {
    local name=$1 pid=$2 how=$3
    shift 3
    start "$name" env ASAN_OPTIONS="$asan" "$VFUSCOPE" attach "$pid" --method="$how" --json -o "$T/$name.json" "$@" \
        7>&-
    await_text "$T/$name.err" "^attached to $pid\$" "$name"
}

# chatter MODE...: the talker, ready to speak
chatter() {
    mkfifo "$T/go"
    start chatter sh -c 'exec "$@" < "$0"' "$T/go" "$TOOLS/chatter" "$@"
    exec 7> "$T/go"
}

# speak: it speaks; $said is how many messages there were
speak() {
    echo >&7
    await_text chatter.out '^[0-9]+$' chatter
    said=$(cat chatter.out)
    exec 7>&-
    await chatter
    [ "$status" -eq 0 ]
}

# talked METHOD MODE...: all of it was seen: every message, every reply with its command, nothing wrong with any
talked() {
    local method=$1
    shift
    can "$method"
    chatter "$@"
    attach at "${STARTED[chatter]}" "$method"
    speak
    await at
    [ "$status" -eq 0 ]
    whole at.json "$said"
}

# whole FILE COUNT
whole() {
    jq -e -s --argjson n "$2" '[.[] | select(.no)] | length == $n and all(.truncated | not)' "$1"
    jq -e -s '[.[] | select(.type == "reply")] | all(.reply_to)' "$1"
    jq -e -s '[.[] | .problems[]? | .rule] | unique - ["region-not-asked"] == []' "$1"
    lacks -q '"event":"\(dropped\|unframed\)"' "$1"
}

# same FILE FILE: the order is each channel's own: main and twin are two sockets, seen from several places
same() {
    local channel
    for channel in main twin null; do
        diff <(told "$1" "$channel") <(told "$2" "$channel")
    done
}

told() {
    jq -c --arg channel "$2" 'select((.channel // "null") == $channel) | .answers = (.reply_to != null) |
                              del(.time, .latency_us, .no, .reply_to, .pid, .name)' "$1"
}

SCRIPT='info
regions
config
read bar0+0
dma map 0x100000 64K --message
dma map 0x200000 4K
irq arm msix
mem fill 0x100000 64 0x41
write bar0+0x80 q 0x100000
write bar0+0x88 q 0x40000
write bar0+0x90 q 64
write bar0+0x98 q 5
irq wait msix 0 timeout 60s
write bar2+0 l 1 2 3 4
read bar2+0 b 4096 --bulk
feature probe PCI_VF_TOKEN
expect error EINVAL
reset
quit'

# end_tap: once it has seen the client leave; else it would say that itself ended the connection
end_tap() {
    await_text tap.json '"event":"disconnect"' tap
    stop tap
}

# server METHOD: what the server hears and says is what the tap passed on
server() {
    can "$1"
    serve
    tap --json -x -o tap.json
    attach at "${STARTED[serve]}" "$1" -x
    shell --raw -f <(echo "$SCRIPT")
    local front=${STARTED[tap]}
    end_tap
    stop serve
    await at
    [ "$status" -eq 0 ]
    [ "$(grep -c '"channel":"twin"' tap.json)" -gt 1 ]
    same tap.json at.json
    [ "$(jq 'select(.event == "connect") | .pid' at.json)" = "$front" ]
}

# client METHOD: likewise the client; it connects once it is watched
client() {
    can "$1"
    serve
    tap --json -x -o tap.json
    mkfifo go
    start client sh -c 'exec "$@" < "$0"' go "$VFUSCOPE" shell
    exec 7> go
    attach at "${STARTED[client]}" "$1" -x
    { echo "connect $T/t"; echo "$SCRIPT"; } >&7
    exec 7>&-
    local pid=${STARTED[client]}
    await client
    [ "$status" -eq 0 ]
    await at
    [ "$status" -eq 0 ]
    end_tap
    [ "$(grep -c '"channel":"twin"' tap.json)" -gt 1 ]
    same tap.json at.json
    [ "$(jq 'select(.event == "connect") | .pid' tap.json at.json | uniq)" = "$pid" ]
}

# memory METHOD: plugins read what the process's DMA_MAPs passed
memory() {
    can "$1"
    serve
    attach at "${STARTED[serve]}" "$1" --no-plugins --plugin "$(dirname "$VFUSCOPE")/tests/plugins/peek.so"
    mkfifo go
    start client sh -c 'exec "$@" < "$0"' go "$VFUSCOPE" shell --raw s
    exec 7> go
    printf '%s\n' 'dma map 0x100000 64K' 'mem fill 0x100000 64K 0x5a' 'write bar0+0x80 q 0x100010' >&7
    await_text at.json 'peek.*mapped 0x100000'
    echo 'write bar0+0x90 q 3' >&7
    await_text at.json 'peek.*0x100010\+3: read 5a 5a 5a'
    exec 7>&-
    await client
    stop at
}

# middle METHOD: joined while messages fly; nobody is accused of what was not seen
middle() {
    can "$1"
    start talker "$TOOLS/chatter" forever
    await_text talker.out 0 talker
    attach at "${STARTED[talker]}" "$1" --count 500
    await at
    [ "$status" -eq 0 ]
    grep -q 'joined in the middle' at.err
    jq -e -s '[.[] | select(.no)] | length == 500 and all(.size == 32 or .size == 40)' at.json
    jq -e -s '[.[] | select(.type == "reply")][1:] | all(.reply_to)' at.json
    jq -e -s '[.[] | .problems[]? | .severity] | all(. != "violation")' at.json
    kill -0 "${STARTED[talker]}"
    # and again, by the next one
    attach again "${STARTED[talker]}" "$1" --count 10
    await again
    [ "$status" -eq 0 ]
    # Of those that are picked
    attach replies "${STARTED[talker]}" "$1" --count 10 --filter 'type == reply'
    await replies
    [ "$status" -eq 0 ]
    jq -e -s '[.[] | select(.no)] | length == 10 and all(.type == "reply") and .[9].no > .[0].no + 10' replies.json
    stop talker KILL
}

# killed METHOD: our death leaves the process running, untraced
killed() {
    can "$1"
    start talker "$TOOLS/chatter" forever
    await_text talker.out 0 talker
    attach at "${STARTED[talker]}" "$1"
    await_text at.json '"no":100,'
    stop at KILL
    attach again "${STARTED[talker]}" "$1" --count 100
    await again
    [ "$status" -eq 0 ]
    grep -q '^TracerPid:[[:space:]]0$' "/proc/${STARTED[talker]}/status"
    stop talker KILL
}

# other METHOD: the process runs another program, which connects
other() {
    can "$1"
    serve
    tap --json -x -o tap.json
    mkfifo go
    start client bash -c 'exec 5< go; read -r _ <&5; exec "$@"' sh "$VFUSCOPE" shell --raw "$T/t" -c info -c 'read bar0+0'
    exec 7> go
    attach at "${STARTED[client]}" "$1" -x
    echo >&7
    await client
    [ "$status" -eq 0 ]
    await at
    [ "$status" -eq 0 ]
    end_tap
    [ -s tap.json ]
    same tap.json at.json
}

both() {
    can "$1"
    serve
    tap --json -o tap.json
    mkfifo go
    start client sh -c 'exec "$@" < "$0"' go "$VFUSCOPE" shell
    exec 7> go
    attach client_end "${STARTED[client]}" "$1"
    attach server_end "${STARTED[serve]}" "$1"
    { echo "connect $T/t"; echo "$SCRIPT"; } >&7
    exec 7>&-
    await client
    await client_end
    end_tap
    stop serve
    await server_end
    same client_end.json server_end.json
    same tap.json server_end.json
}

@test "ptrace: the server's end, message for message" { server ptrace; }
@test "ptrace: the client's end, message for message" { client ptrace; }
@test "ptrace: both ends at once" { both ptrace; }
@test "ptrace: joined in the middle of a flood" { middle ptrace; }
@test "ptrace: killed, it leaves the process running" { killed ptrace; }
@test "ptrace: 64 threads" { talked ptrace threads 64 10; }
@test "ptrace: one thread sends, another receives" { talked ptrace two 1 300; }
@test "ptrace: one byte at a time" { talked ptrace bytes 1 20; }
@test "ptrace: every system call, in parts and glued together" { talked ptrace calls 1 40; }
@test "ptrace: messages above 64 KiB" { talked ptrace big 200000 10; }
@test "ptrace: an fd that is used again, by a file in between" { talked ptrace reuse 3 5; }
@test "ptrace: a child is another process" { talked ptrace fork 1 10; }
@test "ptrace: the process runs another program" { other ptrace; }

@test "bpf: the server's end, message for message" { server bpf; }
@test "bpf: the client's end, message for message" { client bpf; }
@test "bpf: both ends at once" { both bpf; }
@test "bpf: joined in the middle of a flood" { middle bpf; }
@test "bpf: killed, it leaves the process running" { killed bpf; }
@test "bpf: 64 threads" { talked bpf threads 64 10; }
@test "bpf: one thread sends, another receives" { talked bpf two 1 300; }
@test "bpf: one byte at a time" { talked bpf bytes 1 20; }
@test "bpf: every system call, in parts and glued together" { talked bpf calls 1 40; }
@test "bpf: messages above 64 KiB" { talked bpf big 200000 10; }
@test "bpf: an fd that is used again, by a file in between" { talked bpf reuse 3 5; }
@test "bpf: a child is another process" { talked bpf fork 1 10; }
@test "bpf: the process runs another program" { other bpf; }

# stopped COUNT SIZE: so many writes while attach does not run; then 10 round trips
stopped() {
    can bpf
    chatter burst "$@"
    attach at "${STARTED[chatter]}" bpf
    kill -STOP "${STARTED[at]}"
    echo >&7
    await_text chatter.out '^[0-9]+$' chatter
    kill -CONT "${STARTED[at]}"
    # What comes after a loss tells that there was one: not before what is left of it is taken.
    await_text at.json '"command":"REGION_WRITE"'
    echo >&7
    await_text at.json '"command":"REGION_READ"'
    exec 7>&-
    await chatter
    await at
    [ "$status" -eq 0 ]
}

@test "bpf: a burst of 100,000 messages waits in the kernel" {
    stopped 100000 8
    [ "$(grep -c '"no":' at.json)" -eq 100022 ]
    lacks -q '"event":"dropped"\|"problems"' <(grep -v region-not-asked at.json)
}

@test "bpf: what is lost is said and shown, and what follows is understood" {
    stopped 800 50000
    grep -q 'some are left out, and counted' at.err
    jq -e -s '[.[] | select(.event == "dropped")] | length > 0 and all(.count > 0)' at.json
    jq -e -s '[.[] | select(.command == "REGION_WRITE")] | length > 300 and length < 800 and all(.size == 50032)' at.json
    jq -e -s '[.[] | .problems[]? | .rule] | unique - ["region-not-asked"] == []' at.json
    lacks -q unframed at.json
    jq -e -s '[.[] | select(.command == "REGION_READ" and .type == "reply")] | length == 10 and all(.reply_to)' at.json
}

# unread METHOD: where nobody takes what is said, the process goes on, and all of its messages are taken
unread() {
    can "$1"
    full err
    start talker "$TOOLS/chatter" forever
    await_text talker.out 0 talker
    start at env ASAN_OPTIONS="$asan" bash -c "exec '$VFUSCOPE' attach ${STARTED[talker]} --method=$1 --json -o at.json \
        --count 500 2>&8"
    await at
    [ "$status" -eq 0 ]
    jq -e -s '[.[] | select(.no)] | length == 500' at.json
    stop talker KILL
    exec 8>&-
}
@test "ptrace: standard error that nobody reads stops nothing" { unread ptrace; }
@test "bpf: standard error that nobody reads stops nothing" { unread bpf; }

@test "a message above what is kept is cut, and its size stays" {
    can ptrace
    chatter big 1000000 3
    attach at "${STARTED[chatter]}" ptrace -w at.pcap
    speak
    await at
    jq -e -s '[.[] | select(.command == "REGION_WRITE" and .type == "command")] |
              length == 3 and all(.size == 1000032 and .truncated and .captured == 262144)' at.json
    "$VFUSCOPE" decode at.pcap --json -o decoded.json
    [ "$(grep -c '"no":' decoded.json)" -eq "$said" ]
}

# more FILE N: wait for N lines more
has_lines() { [ "$(wc -l < "$1")" -ge "$2" ]; }
more() { await_that has_lines "$1" $(($(wc -l < "$1") + $2)); }

@test "a process that is stopped by a signal stays stopped, and goes on when told" {
    can ptrace
    start talker "$TOOLS/chatter" forever
    await_text talker.out 0 talker
    attach at "${STARTED[talker]}" ptrace
    await_text at.json '"no":10,'
    start other "$TOOLS/chatter" forever
    await_text other.out 0 other
    attach beside "${STARTED[other]}" ptrace
    kill -STOP "${STARTED[talker]}"
    await_text "/proc/${STARTED[talker]}/status" '^State:.*[Tt] '
    # Another one goes on: once it has said 200 more, what was under way is there; while it says 200 again, no message comes
    # (but an event may: that a reply is overdue, where 200 take longer than a second).
    more beside.json 200
    messages=$(grep -c '"type":' at.json)
    more beside.json 200
    [ "$(grep -c '"type":' at.json)" -eq "$messages" ]
    stop at
    [ "$status" -eq 0 ]
    await_text "/proc/${STARTED[talker]}/status" '^State:.T '
    kill -CONT "${STARTED[talker]}"
    await_text "/proc/${STARTED[talker]}/status" '^State:.[RSD] '
    stop talker KILL
    stop other KILL
    await beside
}

@test "the capture has mode 0600, decodes to the same, and SIGINT ends cleanly with a summary" {
    can ptrace
    serve
    attach at "${STARTED[serve]}" ptrace -w at.pcap -c
    shell --raw -c info -c 'read bar0+0'
    await_text at.json '"event":"disconnect"'
    stop at INT
    [ "$status" -eq 0 ]
    [ "$(stat -c %a at.pcap)" = 600 ]
    grep -q '"event":"summary"' at.out
    "$VFUSCOPE" decode at.pcap --json -o decoded.json
    diff at.json decoded.json
    # serve was left as it was
    shell --raw -c 'read bar0+0'
}

@test "--fd and --socket pick connections, --list shows them" {
    can ptrace
    serve
    start client "$VFUSCOPE" shell --raw "$T/s" -c 'poll bar0+4 == 1 timeout 60s'
    lists() { "$VFUSCOPE" attach "${STARTED[serve]}" --list > list && grep -q "server.*vfuscope.*$T/s\$" list; }
    await_that lists
    grep "server *${STARTED[client]} *vfuscope.*$T/s\$" list
    grep -E '^also open: [0-9]+ memfds?, [0-9]+ MiB; [0-9]+ eventfds?$' list
    fd=$(awk -v s="$T/s" '$NF == s { print $1 }' list)
    attach picked "${STARTED[serve]}" ptrace --fd "$fd" --count 10
    await picked
    attach named "${STARTED[serve]}" ptrace --socket "$T/s" --count 10
    await named
    attach other "${STARTED[serve]}" ptrace --socket /nowhere --count 1
    attach named2 "${STARTED[client]}" ptrace --socket "$T/s" --count 10
    await named2
    stop other
    [ ! -s other.json ]
    jq -e -s 'length == 10' picked.json
    jq -e -s 'length == 10' named.json
    stop client KILL
}

@test "--list without a process: all connections of the machine, with both ends, the likely ones first" {
    serve
    start client "$VFUSCOPE" shell --raw "$T/s" -c 'poll bar0+4 == 1 timeout 60s'
    mkfifo go # whose end it waits for: with none it would leave soon
    start other sh -c 'exec "$@" < "$0"' go python3 "$BATS_TEST_DIRNAME/lib/hung.py" "$T/other" server
    exec 9> go
    await_text other.out '^listening$' other
    start stranger python3 "$BATS_TEST_DIRNAME/lib/hung.py" "$T/other" client
    await_text stranger.out '^sent$' stranger
    there() {
        "$VFUSCOPE" attach --list > list &&
            grep -Eq "^${STARTED[client]} vfuscope fd [0-9]+ +${STARTED[serve]} vfuscope fd [0-9]+ +$T/s\$" list
    }
    await_that there
    grep -Eq "^${STARTED[stranger]} python3 fd [0-9]+ +${STARTED[other]} python3 fd [0-9]+ +$T/other\$" list
    [ "$(grep -n "$T/s\$" list | cut -d: -f1)" -lt "$(grep -n "$T/other\$" list | cut -d: -f1)" ]
    if [ "$(id -u)" -eq 0 ]; then # as another user: that they are there, and not who they are
        export ASAN_OPTIONS=${ASAN_OPTIONS:-}:log_path=/dev/null
        setpriv --reuid=65534 --regid=65534 --clear-groups "$VFUSCOPE" attach --list > theirs
        grep -Eq "^\? +\? +$T/other\$" theirs
    fi
    run -2 --separate-stderr "$VFUSCOPE" attach
    [[ $stderr == *"--list shows what there is"* ]]
    stop client KILL
    stop stranger KILL
    stop other KILL
}

@test "by name; and what goes wrong is said" {
    run -2 --separate-stderr "$VFUSCOPE" attach no-such-name
    [[ $stderr == *'no-such-name: no process has this name'* ]]
    run -2 --separate-stderr "$VFUSCOPE" attach 999999999
    [[ $stderr == *'999999999: no such process'* ]]
    run -2 --separate-stderr "$VFUSCOPE" attach $$ --method=magic
    [[ $stderr == *'bpf or ptrace'* ]]
    run -2 --separate-stderr "$VFUSCOPE" attach
    can ptrace
    cp "$TOOLS/chatter" "chat$$"
    start talker "./chat$$" forever
    attach one "${STARTED[talker]}" ptrace
    run -2 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" attach "${STARTED[talker]}" --method=ptrace -q
    [[ $stderr == *"process ${STARTED[one]} traces it already"* ]]
    stop one
    run -2 --separate-stderr "$VFUSCOPE" attach "chat$$" --method=ptrace -q
    [[ $stderr == *"2 processes have this name"* ]]
    stop talker KILL
}

@test "an ordinary user is told what bpf needs, and may trace what is theirs by ptrace" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to become somebody else"
    can ptrace
    local as=(setpriv --reuid=65534 --regid=65534 --clear-groups) folder
    # They can't write a sanitizer's report where root's is kept: it is seen in the status.
    export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
    folder=$(mktemp -d)
    chmod 755 "$folder"
    cp "$VFUSCOPE" "$TOOLS/chatter" "$folder"
    start talker "${as[@]}" "$folder/chatter" forever
    await_text talker.out 0 talker
    run -2 --separate-stderr "${as[@]}" "$folder/vfuscope" attach "${STARTED[talker]}" -q
    [[ $stderr == *'BPF needs root, or CAP_BPF and CAP_PERFMON; --method=ptrace'* || $stderr == *'built without BPF'* ]]
    run -2 --separate-stderr "${as[@]}" "$folder/vfuscope" attach $$ --method=ptrace -q
    [[ $stderr == *"$$: can't be traced: Operation not permitted (run as root"* ]]
    run -0 "${as[@]}" timeout "$LIMIT" "$folder/vfuscope" attach "${STARTED[talker]}" --method=ptrace --count 20
    [ "$(grep -c REGION_READ <<< "$output")" -eq 20 ]
    stop talker KILL
    rm -r "$folder"
}

@test "bpf: plugins read guest memory that the process maps" {
    memory bpf
}

@test "ptrace: plugins read guest memory that the process maps" {
    memory ptrace
}

# --- what is there to see ---

# process MODE ARGUMENT...: tests/lib/attached.py; it goes on at `step`
process() {
    mkfifo "$T/steps"
    start process sh -c 'exec "$@" < "$0"' "$T/steps" python3 "$BATS_TEST_DIRNAME/lib/attached.py" "$@"
    exec 7> "$T/steps"
    await_text process.out '^ready$' process
}

step() { echo >&7; }

# finish: the process ends
finish() {
    exec 7>&-
    await process
}

# known_twin METHOD: a device that waits for its first DMA_READ over the twin is seen to wait
known_twin() {
    can "$1"
    process twin
    attach at "${STARTED[process]}" "$1"
    step
    await_text process.out '^asked$' process
    # Nothing more is said by anyone: it must be there now.
    await_text at.json '"command":"DMA_READ".*"channel":"twin"|"channel":"twin".*"command":"DMA_READ"' at
    # What is said over another pair is not the twin's.
    lacks -q '"address":"0x2000"' at.json
    finish
    await at
    [ "$status" -eq 0 ]
    jq -e -s '[.[] | select(.channel == "twin") | .payload.address] | unique == ["0x1000"]' at.json
}
@test "ptrace: the first message of a twin is shown when it comes" { known_twin ptrace; }
@test "bpf: the first message of a twin is shown when it comes" { known_twin bpf; }

# lone METHOD: of a message that nothing follows nobody can be sure: it is shown at the end, be that ours or the process's
lone() {
    can "$1"
    local end
    for end in ours theirs; do
        rm -f steps
        process lone
        attach at "${STARTED[process]}" "$1"
        step
        await_text process.out '^asked$' process
        [ "$end" = theirs ] || stop at
        finish
        [ "$end" = ours ] || await at
        [ "$status" -eq 0 ]
        jq -e -s '[.[] | select(.command) | .command] == ["REGION_READ"]' at.json
    done
}
@test "ptrace: what was held back is shown at the end" { lone ptrace; }
@test "bpf: what was held back is shown at the end" { lone bpf; }

# half METHOD: a message that stalls is told of; not where the other end has not read what there is
half() {
    can "$1"
    process half
    attach at "${STARTED[process]}" "$1" --fd "$(sed -n 's/^fd //p' process.out)"
    step
    await_text process.out '^half$' process
    await_text at.json '"event":"stalled"' at
    step
    await_text process.out '^whole$' process
    step
    await_text process.out '^unread$' process
    sleep 1.5
    stop at
    finish
    jq -e -s '[.[] | select(.event == "stalled")] | length == 1 and
        (.[0] | .from == "client" and .command == "REGION_WRITE" and .id == 9 and .got == 40 and .size == 96 and
                .problems[0].rule == "stalled" and .problems[0].at_fault == "client")' at.json
}
# hung METHOD: what lay unread when attach came, in the process's end and in the other one, is told, and left where it is
hung() {
    local end
    can "$1"
    mkfifo go
    start server sh -c 'exec "$@" < "$0"' go python3 "$BATS_TEST_DIRNAME/lib/hung.py" s server
    exec 7> go
    await_text server.out '^listening$' server
    start client python3 "$BATS_TEST_DIRNAME/lib/hung.py" s client
    await_text client.out '^sent$' client
    for end in server client; do
        attach "$end-at" "${STARTED[$end]}" "$1" -w "$end.pcap"
        await_text "$end-at.json" '"event":"unread"' "$end-at"
        stop "$end-at"
        jq -e -s --argjson pid "${STARTED[server]}" 'length == 1 and (.[0] | .from == "client" and .type == "command" and
            .command == "VERSION" and .id == 9 and .count == 3 and .bytes == 167 and .pid == $pid)' "$end-at.json"
        "$VFUSCOPE" decode --json "$end.pcap" | diff - "$end-at.json"
    done
    echo >&7
    await_text server.out '^read 167 1$' server
    exec 7>&-
    stop client KILL
}
@test "ptrace: what lies unread in what hangs already" { hung ptrace; }
@test "bpf: what lies unread in what hangs already" { hung bpf; }

@test "of what lies unread, and is no vfio-user, nothing is said" {
    can ptrace
    mkfifo go
    start server sh -c 'exec "$@" < "$0"' go python3 "$BATS_TEST_DIRNAME/lib/hung.py" s server
    exec 7> go
    await_text server.out '^listening$' server
    start client python3 "$BATS_TEST_DIRNAME/lib/hung.py" s other
    await_text client.out '^sent$' client
    attach at "${STARTED[server]}" ptrace
    sleep 1.5
    stop at
    exec 7>&-
    stop client KILL
    [ ! -s at.json ]
    lacks 'unread' at.err
}

# stray METHOD: the stream is found again behind what is no message, and nobody blamed for more than that
stray() {
    can "$1"
    process stray
    attach at "${STARTED[process]}" "$1" --fd "$(sed -n 's/^fd //p' process.out)" --ignore region-not-asked
    step
    await_text process.out '^done$' process
    finish
    stop at
    jq -e -s '[.[] | select(.event == "unframed")] | length == 2 and
        all(.from == "server" and .guess == "8 bytes as written to an eventfd" and (.data | startswith("0100000000000000")) and
            [.problems[] | .rule] == ["size-impossible"]) and .[0].data == "0100000000000000"' at.json
    jq -e -s '[.[] | select(.event == "framed")] | length == 2 and all(.skipped == 8 and .from == "server")' at.json
    jq -e -s '[.[] | select(.type == "reply")] | [.[].payload.offset] == ["0x0", "0x8", "0xc", "0x10", "0x14"] and
        all(.reply_to and (has("problems") | not))' at.json
    jq -e -s 'all(.event == "unframed" or (has("problems") | not))' at.json
}
@test "ptrace: behind stray bytes the stream is found again" { stray ptrace; }
@test "bpf: behind stray bytes the stream is found again" { stray bpf; }

@test "ptrace: a message that stalls is told of" { half ptrace; }
@test "bpf: a message that stalls is told of" { half bpf; }

# foreign METHOD: but not where bytes were passed over, or something speaks against it
foreign() {
    can "$1"
    process lone-foreign
    attach at "${STARTED[process]}" "$1"
    step
    await_text process.out '^asked$' process
    finish
    await at
    [ "$status" -eq 0 ]
    [ ! -s at.json ]
}
@test "ptrace: sockets that speak something else are not shown at the end" { foreign ptrace; }
@test "bpf: sockets that speak something else are not shown at the end" { foreign bpf; }

@test "--socket: a path by another spelling, and only that one" {
    can ptrace
    mkdir -p a b
    ln -s a c
    ln -s a/s link
    ln -s nowhere loose
    # Of two sockets that were bound by the same name in two folders it is the file that counts.
    process paths a/s b/s
    for path in a/s ./a/../a//s "$PWD/a/s" c/s link; do
        attach at "${STARTED[process]}" ptrace --socket "$path" --count 4
        lacks -q 'no open connection there' at.err
        step
        await at
        [ "$status" -eq 0 ]
        jq -e -s '[.[] | .payload.offset] | unique == ["0x0"]' at.json
    done
    # What has that name, and is another file: not a socket, one that nobody serves, a link to nothing
    echo > file
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("unserved")'
    for path in file unserved loose a d; do
        attach at "${STARTED[process]}" ptrace --socket "$path"
        grep -q "^vfuscope: --socket $path: no open connection there; one that is made later is shown$" at.err
        grep -qE '^ *[0-9]+ +(server|client) +[0-9]+ +python3 +a/s$' at.err
        grep -qE '^ *[0-9]+ +(server|client) +[0-9]+ +python3 +b/s$' at.err
        stop at
        [ ! -s at.json ]
    done
    # A file that is gone can only be known by its name, as --list has it.
    rm a/s
    attach at "${STARTED[process]}" ptrace --socket a/s --count 4
    step
    await at
    jq -e -s 'length == 4 and ([.[] | .payload.offset] | unique == ["0x0"])' at.json
    exec 7>&-
    await process
}

@test "--socket: a listener of ours, that was renamed to its path; and a connection that comes later" {
    can ptrace
    mkdir folder
    ln -s folder other
    start serve "$VFUSCOPE" serve folder/s
    await_text serve.err '^listening on '
    attach at "${STARTED[serve]}" ptrace --socket other/s
    grep -q '^vfuscope: --socket other/s: no open connection there' at.err
    grep -q '^(no connected UNIX stream sockets)$' at.err
    start client "$VFUSCOPE" shell --raw folder/s -c 'poll bar0+4 == 1 timeout 60s'
    await_text at.json '"command":"REGION_READ"'
    run -0 "$VFUSCOPE" attach "${STARTED[serve]}" --list
    [[ $output == *"folder/s"* && $output != *.vfuscope-* ]]
    run -0 "$VFUSCOPE" attach "${STARTED[client]}" --list
    [[ $output == *"client "*"folder/s"* && $output != *.vfuscope-* ]]
    stop at
    stop client KILL
}

# slow METHOD: a client whose connection nobody has accepted yet has a path all the same
slow() {
    can "$1"
    process slow "$T/slow"
    attach at "${STARTED[process]}" "$1" --socket "$T/../$(basename "$T")/slow"
    step
    await_text process.out '^asked$' process
    step
    await_text process.out '^accepted$' process
    await_text at.json '"command":"REGION_READ"'
    finish
    await at
    grep -q '"command":"VERSION"' at.json
}
@test "ptrace: --socket, with a connection that is not accepted yet" { slow ptrace; }
@test "bpf: --socket, with a connection that is not accepted yet" { slow bpf; }

@test "--fd: what is no socket is said, and one that comes there is shown" {
    can ptrace
    process fd
    attach at "${STARTED[process]}" ptrace --fd 999
    grep -q '^vfuscope: --fd 999: no connected UNIX stream socket now; if it becomes one it is shown$' at.err
    stop at
    attach at "${STARTED[process]}" ptrace --fd 3
    grep -q '^vfuscope: --fd 3: no connected' at.err
    step
    await_text process.out '^fd 3$' process
    await_text at.json '"command":"REGION_READ"'
    finish
    await at
    attach other "$$" ptrace --fd 999 # its own, so that it lacks it
    stop other
}

@test "--list: names that others chose are escaped, and make no lines of their own" {
    process names '\x1b[31m\x9bK\xe2\x80\xaex' 's\x1b[2J' 'n\xc2\x9b\x9b' 'b\xe2\x80\xaetxt' '\0abstract\x07' \
        'l\n0000000000000000: 00000003 00000000 00000000 0001 03 1 forged' 'm\xc3\xa4\xe2\x82\xac'
    run -0 "$VFUSCOPE" attach "${STARTED[process]}" --list
    [ "$(LC_ALL=C grep -cP '[\x00-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' <<< "$output")" -eq 0 ]
    printf '%s\n' "$output" | iconv -f UTF-8 -t UTF-8 > utf8
    # a header, both ends of each, and what else there is
    [ "${#lines[@]}" -eq 14 ]
    [[ $output == *' \x1b[31m\x9bK\xe2\x80\xaex '*' s\x1b[2J'* ]]
    [[ $output == *' n\xc2\x9b\x9b'* ]]
    [[ $output == *' b\xe2\x80\xaetxt'* ]]
    [[ $output == *' @abstract\x07'* ]]
    [[ $output == *' l\x0a0000000000000000: '*' forged'* ]]
    [[ $output == *' mä€'* ]]
    run -2 --separate-stderr "$VFUSCOPE" attach $'no\e[2Jsuch\xc2\x9b'
    [[ $stderr == *'no\x1b[2Jsuch\xc2\x9b: no process'* ]]
    finish
}

# --- rights ---

# rights STATUS...: what these threads may do: capabilities that they have, may get, and can't but lose
rights() {
    sed -n 's/^Cap\(Inh\|Prm\|Eff\|Bnd\|Amb\):\t//p; s/^NoNewPrivs:\t//p' "$@" | sort | uniq -c | awk '{print $2 "*" $1}' | paste -sd' '
}

# few_rights METHOD: all threads have what looking into the process needs, and nothing else; plugins nothing
few_rights() {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to have something to give up"
    can "$1"
    local threads plugins nothing=0000000000000000 kept=0000000000080004 count
    # Where root's checkout is, nobody can keep a sanitizer's report.
    ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99 \
        start talker setpriv --reuid=65534 --regid=65534 --clear-groups "$FOLDER/chatter" forever
    await_text talker.out 0 talker
    attach at "${STARTED[talker]}" "$1" -w at.pcap --trace at.trace -v --plugin "$(dirname "$VFUSCOPE")/tests/plugins/peek.so"
    await_text at.json '"no":10,' at # another user's process is looked into all the same
    threads=(/proc/"${STARTED[at]}"/task/*/status)
    plugins=(/proc/"$(pgrep -P "${STARTED[at]}")"/task/*/status)
    count=${#threads[@]}
    [ "$count" -ge 4 ]
    # effective and permitted; inheritable, ambient and bounding; no_new_privs
    [ "$(rights "${threads[@]}")" = "$nothing*$((3 * count)) $kept*$((2 * count)) 1*$count" ]
    [ "$(rights "${plugins[@]}")" = "$nothing*10 1*2" ] # both threads
    stop at
    [ "$status" -eq 0 ]
    stop talker KILL
}
in_folder() {
    FOLDER=$(mktemp -d)
    chmod 755 "$FOLDER"
    cp "$VFUSCOPE" "$TOOLS/chatter" "$FOLDER"
    "$@"
    rm -r "$FOLDER"
}
@test "ptrace: privileges are given up in all threads and for plugins" { in_folder few_rights ptrace; }
@test "bpf: privileges are given up in all threads and for plugins" { in_folder few_rights bpf; }

# plugins_later METHOD: plugins that hang or crash are dealt with once privileges are given up
plugins_later() {
    can "$1"
    local own pid rights
    own=$(dirname "$VFUSCOPE")/tests/plugins
    export VFUSCOPE_PLUGIN_TIMEOUT=3
    start talker "$FOLDER/chatter" forever
    await_text talker.out 0 talker
    # One that leaves a call at a signal, one that takes the process down, and one that another process is started for.
    attach at "${STARTED[talker]}" "$1" --plugin "$own/hang.so" --plugin "$own/crash.so" --plugin "$own/peek.so"
    pid=$(pgrep -P "${STARTED[at]}")
    await_text at.err 'plugins: with their process the others lost' at
    grep -q 'plugin hang: does not come back' at.err
    grep -q 'plugin crash: crashed (Killed)' at.err
    vfu_ended "$pid" "$LIMIT"
    await_text at.json "\"no\":$(($(wc -l < at.json) + 1000))," at
    # Who has none can't take anything out of the set that bounds them.
    rights='0000000000000000*10 1*2'
    [ "$(id -u)" -eq 0 ] || rights="0000000000000000*8 $(sed -n 's/^CapBnd:\t//p' /proc/self/status)*2 1*2"
    [ "$(rights /proc/"$(pgrep -P "${STARTED[at]}")"/task/*/status)" = "$rights" ]
    stop at
    [ "$status" -le 1 ] # 1: it was slower than the talker
    # One that only SIGKILL ends
    HANG=deaf attach at "${STARTED[talker]}" "$1" --plugin "$own/hang.so"
    pid=$(pgrep -P "${STARTED[at]}")
    await_text at.err 'plugin hang: does not come back' at
    vfu_ended "$pid" "$LIMIT"
    await_text at.json "\"no\":$(($(wc -l < at.json) + 1000))," at
    stop at
    [ "$status" -le 1 ] # 1: it was slower than the talker
    # and one that nobody is left to end
    HANG=deaf VFUSCOPE_PLUGIN_TIMEOUT=100 attach at "${STARTED[talker]}" "$1" --plugin "$own/hang.so"
    pid=$(pgrep -P "${STARTED[at]}")
    while grep -q '^SigBlk:[[:space:]]0*$' /proc/"$pid"/task/*/status; do sleep 0.02; done # until it hangs
    stop at KILL
    vfu_ended "$pid" "$LIMIT"
    stop talker KILL
}
@test "ptrace: plugins that hang are ended, and the others start again, without privileges" { in_folder plugins_later ptrace; }
@test "bpf: plugins that hang are ended, and the others start again, without privileges" { in_folder plugins_later bpf; }

@test "a ring is refused where its next files could not be made, and goes on where they can" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to have something to give up"
    can ptrace
    mkdir theirs ours
    chown 65534 theirs
    start talker "$TOOLS/chatter" forever
    await_text talker.out 0 talker
    run -2 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" attach "${STARTED[talker]}" --method=ptrace -q -w theirs/r --ring-size 4K
    [[ $stderr == *"theirs/r: the ring's next files could not be made there once privileges are given up: Permission denied"* ]]
    grep -q '^TracerPid:[[:space:]]0$' "/proc/${STARTED[talker]}/status"
    run -0 timeout "$LIMIT" "$VFUSCOPE" attach "${STARTED[talker]}" --method=ptrace -q -w ours/r --ring-size 4K --count 500
    [ ! -e ours/r.1 ]
    [ "$(ls ours | wc -l)" -eq 2 ]
    stop talker KILL
}

# notes PROGRAM OPTION...: a capture, with a plugin's notes, for an ordinary user who brings that along
notes() {
    setpriv --reuid=65534 --regid=65534 --clear-groups env VFUSCOPE_PLUGIN_PATH="$FOLDER/plugins" "$FOLDER/$1" decode \
        "$FOLDER/edu.pcap" "${@:2}"
}

with_set_user_id() {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to give a program its rights"
    export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99
    mkdir "$FOLDER/plugins"
    cp "$(dirname "$VFUSCOPE")/tests/plugins/peek.so" "$FOLDER/plugins"
    cp "$BATS_TEST_DIRNAME/golden/edu.pcap" "$FOLDER"
    cp "$VFUSCOPE" "$FOLDER/privileged"
    chmod u+s "$FOLDER/privileged"
    run -0 notes vfuscope
    [[ $output == *'peek: '* ]]
    run -0 notes vfuscope --no-plugins --plugin "$FOLDER/plugins/peek.so"
    [[ $output == *'peek: '* ]]
    run -0 notes privileged
    [[ $output == *REGION_READ* && $output != *'peek: '* ]]
    run -2 notes privileged --plugin "$FOLDER/plugins/peek.so"
    [[ $output == *'--plugin: not where the program has rights that its user lacks'* ]]
    run -2 notes privileged --plugin peek
    [[ $output == *'--plugin: not where the program has rights that its user lacks'* ]]
    run -0 notes vfuscope --plugin peek
}
@test "with set-user-ID no plugins but those that are installed" { in_folder with_set_user_id; }

@test "ptrace: the plugins' process is another's to wait for" {
    can ptrace
    start talker "$TOOLS/chatter" forever
    await_text talker.out 0 talker
    attach at "${STARTED[talker]}" ptrace --plugin "$(dirname "$VFUSCOPE")/tests/plugins/peek.so"
    await_text at.json '"no":10,' at
    kill -KILL "$(pgrep -P "${STARTED[at]}")"
    await_text at.err '^vfuscope: plugins?.*: (their process )?crashed \(Killed\)' at
    # and the threads that it traces go on
    lines=$(wc -l < at.json)
    await_text at.json "\"no\":$((lines + 1000))," at
    stop at
    [ "$status" -eq 0 ]
    stop talker KILL
}

# logged METHOD: lines of another log stand between the messages, as they came, also before the first and behind the last
logged() {
    can "$1"
    : > log
    serve
    attach at "${STARTED[serve]}" "$1" --log other=log
    echo before >> log
    await_text at.json '"before"'
    run -0 shell --raw -c 'read bar0'
    await_text at.json '"type":"reply".*REGION_READ'
    echo behind >> log
    await_text at.json '"behind"'
    echo 'last of all' >> log
    stop at
    [ "$(jq -r 'select(.event == "log" or .command == "REGION_READ") | .text // .type' at.json |
        tr '\n' ,)" = 'before,command,reply,behind,last of all,' ]
    jq -es 'map(.time | tonumber) | . == sort' at.json
}

@test "lines of another log between the messages: ptrace" {
    logged ptrace
}

@test "lines of another log between the messages: bpf" {
    logged bpf
}
