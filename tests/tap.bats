# The tap as a person sees it: what it prints and where, its files, its options and how it ends. What it passes on, to
# the byte and under adversity, is in tests/c/tap_*.c.
load lib/common

# talk: a short conversation through the tap
talk() {
    run -0 shell --raw -c info -c 'read bar0' -c 'read bar0+4 l 2'
}

# lacks PATTERN FILE (a plain `!` would not fail a test)
lacks() {
    if grep -q -- "$1" "$2"; then
        cat "$2"
        return 1
    fi
}

@test "a command that is refused by its header comes before the refusal, with and without rules" {
    need jq jq
    fake refuse-large
    for rules in '' '--inject command==REGION_READ:delay=1ms'; do
        tap --json $rules
        shell --raw -c 'send DEVICE_SET_IRQS header.size=1048609' -c 'expect error EINVAL' || true
        stop tap
        [ "$(jq -c 'select(.command == "DEVICE_SET_IRQS") | [.type, .size, .reply_to == 3]' tap.out)" = \
            $'["command",1048609,false]\n["reply",16,true]' ]
        lacks -q '"at_fault":"server"' tap.out
    done
}

@test "messages go to standard output, one line each, and the rest to standard error" {
    serve
    tap
    talk
    stop tap
    [ "$status" -eq 0 ]
    head -n 1 tap.out | grep -Eq 'connect: client [0-9]+ \(vfuscope\)$'
    grep -Eq '^ +0\.[0-9]+ +1  client > #1 +VERSION' tap.out
    grep -Eq 'server < #[0-9]+ +REGION_READ .* bar0\+0x0 = 0x010000ed .*[0-9][mu]?s$' tap.out
    tail -n 1 tap.out | grep -q 'disconnect'
    grep -qx "listening on $T/t" tap.err
    grep -q 'not seen here: .*mapped BARs.*eventfds' tap.err
    lacks 'guest memory:' tap.err
    lacks 'listening' tap.out
    [ ! -e t ]
}

@test "what the tap prints live, decode prints of its capture" {
    serve
    for options in "" "--json" "-v -x" "--json -x" "-t absolute" "-t delta"; do
        tap $options -w cap
        talk
        stop tap
        [ "$status" -eq 0 ]
        run -0 "$VFUSCOPE" decode cap $options
        diff <(printf '%s\n' "$output" | grep -v '^ *[0-9.]*  \* \(capture\|end\)\>') tap.out # -v shows those two
    done
}

@test "a capture is private, replaces a file that is there, and is announced" {
    serve
    echo something else > cap
    chmod 644 cap
    tap -q -w cap
    grep -q 'guest memory' tap.err
    talk
    stop tap
    [ "$(stat -c %a cap)" = 600 ]
    [ ! -s tap.out ]
    run -0 "$VFUSCOPE" decode cap -q -c
    [[ $output == *"VERSION "* ]]
}

@test "a capture goes through no symbolic link and to no other kind of file" {
    touch precious
    ln -s precious link
    ln -s nothing dangling
    mkdir folder
    serve
    for target in link dangling folder s /dev/tty /dev/zero none/cap; do
        run -2 --separate-stderr "$VFUSCOPE" tap t s -w "$target"
        [[ $stderr == "vfuscope: $target: "* ]]
        [[ $stderr != *listening* ]]
        [ ! -e t ]
    done
    [ ! -s precious ]
    [ ! -e nothing ]
}

@test "a capture to a FIFO, /dev/null and standard output" {
    serve
    mkfifo fifo
    start reader "$VFUSCOPE" decode fifo
    tap -q -w fifo
    talk
    stop tap
    [ "$status" -eq 0 ]
    await reader
    [ "$status" -eq 0 ]
    grep -q 'REGION_READ' reader.out

    tap -q -w /dev/null
    talk
    stop tap
    [ "$status" -eq 0 ]

    tap -w -
    talk
    stop tap
    grep -q 'client > #[0-9]* *REGION_READ' tap.err
    "$VFUSCOPE" decode tap.out > text
    grep -q 'client > #[0-9]* *REGION_READ' text

    tap -q -c -w -
    talk
    stop tap
    lacks 'client >' tap.err
    grep -q '^REGION_READ ' tap.err
    run -0 "$VFUSCOPE" decode tap.out -q
}

@test "standard output can't be both capture and text" {
    run -2 "$VFUSCOPE" tap t s -w - -o -
    [[ $output == *"only one of them"* ]]
}

@test "-s keeps so many bytes of each message in the capture; the text has them all" {
    serve
    tap --json -s 24 -w cap
    run -0 shell --raw -c 'read bar2 b 64 --bulk'
    stop tap
    jq -es 'all(.truncated | not)' tap.out
    "$VFUSCOPE" decode cap --json > cut
    jq -es '[.[] | select(.size > 24)] | length > 2 and all(.truncated and .captured == 24)' cut
    [ "$(jq -c '[.no,.size]' cut)" = "$(jq -c '[.no,.size]' tap.out)" ]
}

@test "-o writes messages to a file, -q none, -c a table at the end" {
    serve
    tap -o text -c
    talk
    stop tap
    grep -q 'client > #[0-9]* *VERSION' text
    grep -Eq '^VERSION +1 ' tap.out
    lacks 'client >' tap.out
    run -2 "$VFUSCOPE" tap t s -o none/text

    tap -q --json -c
    talk
    stop tap
    [ "$(wc -l < tap.out)" -eq 1 ]
    jq -e '.event == "summary" and .messages > 4 and .dropped == 0' tap.out
}

@test "--count ends after so many messages, --once with the first connection" {
    serve
    tap --count 3
    talk_ends=0
    shell --raw -c info || talk_ends=$?
    await tap
    [ "$status" -eq 0 ]
    [ "$(grep -c ' [<>] ' tap.out)" -eq 3 ]

    tap --once
    talk
    await tap
    [ "$status" -eq 0 ]
    [ ! -e t ]
}

@test "--count with a filter ends after so many that it picks, with the reply, and no sooner" {
    serve
    tap --filter 'command == REGION_READ and region == bar0' --count 1 -w cap
    shell --raw -c info -c 'read bar0' || true
    await tap # though nothing comes any more
    [ "$status" -eq 0 ]
    [ "$(grep -c ' [<>] ' tap.out)" -eq 2 ]
    [[ $(grep -c 'REGION_READ' tap.out) == 2 && $(head -n 1 tap.out) == *' > '* ]]
    [ "$("$VFUSCOPE" decode --json cap | grep -c '"no"')" -gt 2 ]

    tap --filter error --count 1
    shell --raw -c info
    kill -0 "${STARTED[tap]}"
    shell --raw -c 'read bar0+0xfffff8 q' -c 'read bar0+0xfffffff8' || true
    await tap
    [ "$status" -eq 0 ]
    [ "$(grep -c ' [<>] ' tap.out)" -eq 2 ]
}

@test "LISTEN is private unless --mode or --group say otherwise" {
    serve
    tap
    [ "$(stat -c %a t)" = 600 ]
    stop tap
    tap --mode 0660 --group "$(id -g)"
    [ "$(stat -c %a:%g t)" = "660:$(id -g)" ]
    stop tap
    for wrong in "--mode 9" "--mode 17777" "--mode rw" "--group no-such-group" "--mode="; do
        run -2 "$VFUSCOPE" tap t s $wrong
        [[ $output == *"${wrong%%[ =]*}"* ]]
    done
}

@test "LISTEN: what is there stays, but for a socket that nobody serves" {
    touch file
    run -2 "$VFUSCOPE" tap file s
    [[ $output == *"file: exists and is not a socket"* ]]
    [ -f file ]
    serve
    run -2 "$VFUSCOPE" tap s other
    [[ $output == *"s: in use"* ]]
    run -2 "$VFUSCOPE" tap "$(printf 'x%.0s' {1..120})" s
    run -2 "$VFUSCOPE" tap t "$(printf 'x%.0s' {1..120})"
    run -2 "$VFUSCOPE" tap none/t s
    tap
    kill -KILL "${STARTED[tap]}"
    await tap
    [ -S t ]
    tap
    talk
    run -2 "$VFUSCOPE" tap q q
    [[ $output == *"the same socket"* ]]
    [ ! -e q ]
}

@test "SERVER may be a folder: its cntrl" {
    mkdir spdk
    start serve "$VFUSCOPE" serve spdk/cntrl
    await_text serve.err '^listening on ' serve
    start tap "$VFUSCOPE" tap t spdk
    await_text tap.err '^listening on ' tap
    talk
}

@test "-- COMMAND starts the server and ends with it" {
    tap -q -- "$VFUSCOPE" serve "$T/s"
    await_text tap.err "^listening on $T/s"
    server=$(pgrep -P "${STARTED[tap]}")
    talk
    stop tap
    [ "$status" -eq 0 ]
    await_that gone "$server"
    [ ! -e s ]
    [ ! -e t ]
}

@test "-- COMMAND that ends: said, what it had sent is passed on, and the tap ends" {
    tap -q -- "$VFUSCOPE" serve --once "$T/s"
    await_text tap.err "^listening on $T/s"
    talk
    await tap
    [ "$status" -eq 0 ]
    grep -q 'exited with status 0' tap.err

    run -1 "$VFUSCOPE" tap t s -- false
    [[ $output == *"false: exited with status 1"* ]]
    run -1 "$VFUSCOPE" tap t s -- sh -c 'kill -KILL $$'
    [[ $output == *"killed by signal 9"* ]]
    run -2 "$VFUSCOPE" tap t s -- no-such-program
    [[ $output == *"no-such-program: can't start it"* ]]
    run -2 "$VFUSCOPE" tap t s --
    [ ! -e t ]
}

@test "a server that is absent: said while the client waits, once, and made good when it comes" {
    start tap "$VFUSCOPE" tap t s -q
    await_text tap.err '^listening on ' tap
    start client "$VFUSCOPE" shell --raw t -c 'read bar0'
    await_text tap.err "s: can't connect: .*; a client waits" tap
    serve
    await client
    [ "$status" -eq 0 ]
    stop tap
    [ "$(grep -c 'a client waits' tap.err)" -eq 1 ]
    lacks -q 'is closed' tap.err
}

@test "COMMAND's own output does not mix with the messages" {
    tap --json -- sh -c "echo hello; exec '$VFUSCOPE' serve '$T/s'"
    await_text tap.err "^listening on $T/s"
    talk
    stop tap
    grep -qx hello tap.err
    jq -es 'length > 4' tap.out
}

@test "colour: only where it is wanted" {
    serve
    tap
    talk
    stop tap
    lacks $'\e' tap.out
    tap --color=always
    talk
    stop tap
    grep -q $'\e\\[' tap.out
    run -2 "$VFUSCOPE" tap t s --color=perhaps
}

@test "usage mistakes are status 2 and say what is wrong" {
    run -2 "$VFUSCOPE" tap t
    [[ $output == *"argument is missing"* ]]
    run -2 "$VFUSCOPE" tap t s u
    run -2 "$VFUSCOPE" tap t s -t sometimes
    [[ $output == *"absolute, relative or delta"* ]]
    run -2 "$VFUSCOPE" tap t s --count many
    run -2 "$VFUSCOPE" tap t s -s some
    [ ! -e t ]
}

@test "SIGINT, SIGTERM and SIGHUP end it cleanly: flushed, summary, sockets gone" {
    serve
    for signal in INT TERM HUP; do
        start tap env --default-signal "$VFUSCOPE" tap "$T/t" "$T/s" -c -w cap
        await_text tap.err '^listening on ' tap
        talk
        stop tap "$signal"
        [ "$status" -eq 0 ]
        grep -Eq '^REGION_READ +' tap.out
        "$VFUSCOPE" decode cap > text
        grep -q disconnect text
        [ ! -e t ]
    done
}

@test "standard output that closes: said, and the traffic goes on" {
    serve
    mkfifo out
    start tap sh -c "exec '$VFUSCOPE' tap '$T/t' '$T/s' -w cap > out"
    exec 4< out
    await_text tap.err '^listening on ' tap
    exec 4<&-
    talk
    await_text tap.err '^vfuscope: standard output: nobody reads it any more, the traffic goes on without it$'
    talk
    stop tap
    [ "$status" -eq 0 ]
    run -0 "$VFUSCOPE" decode cap
    [ "$(grep -c '\* connect: ' <<< "$output")" -eq 2 ]
}

@test "a capture on standard output whose reader leaves: said, the traffic goes on, status 1" {
    serve
    mkfifo out
    start tap sh -c "exec '$VFUSCOPE' tap '$T/t' '$T/s' -q -w - > out"
    exec 4< out
    await_text tap.err '^listening on ' tap
    exec 4<&-
    talk
    await_text tap.err '^vfuscope: standard output: nobody reads it any more, the traffic goes on without it$'
    talk
    stop tap
    [ "$status" -eq 1 ]
}

@test "started without standard output, no socket takes its place" {
    serve
    start tap sh -c "exec '$VFUSCOPE' tap '$T/t' '$T/s' >&-"
    await_text tap.err '^listening on ' tap
    talk
    await_text tap.err "standard output: can't write: Bad file descriptor"
    talk
    stop tap
    [ "$status" -eq 1 ]
}

@test "standard error that nobody reads stops nothing: clients that come and go, SIGUSR1, the end" {
    serve
    full err
    start tap bash -c "exec '$VFUSCOPE' tap t s -q 2>&8"
    await_that test -S t
    # More lines than the pipe and the queue hold
    python3 -c '
import socket
for i in range(6000):
    s = socket.socket(socket.AF_UNIX)
    s.connect("t")
    s.close()'
    kill -USR1 "${STARTED[tap]}"
    run -0 timeout "$LIMIT" "$VFUSCOPE" shell --raw t -c 'read bar0'
    stop tap
    [ "$status" -eq 0 ]
    exec 8>&-
}

@test "a flood of lines that clients cause is limited, and counted when it ends" {
    serve
    tap -q
    python3 -c '
import socket, struct
for i in range(400): # a client that left before its server was there, or that negotiated nothing
    s = socket.socket(socket.AF_UNIX)
    s.connect("t")
    s.close()'
    run -0 shell --raw -c 'read bar0'
    stop tap
    [ "$(wc -l < tap.err)" -lt 150 ]
}
