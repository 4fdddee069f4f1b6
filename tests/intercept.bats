# Interception: tap -i, its commands by a pipe, and by a terminal that goes away.
load lib/common
load lib/terminal

teardown() {
    terminal_teardown
    common_teardown
}

# terminal COMMAND: one, in which that runs; the prompt's history is the test's own
terminal() {
    terminal_setup
    export HOME=$T XDG_STATE_HOME=$T/state
    new_terminal 100 40 "$1"
}

# itap [OPTION...]: a tap with a prompt; `say COMMAND` is typed there
itap() {
    mkfifo input
    start tap bash -c 'exec "$0" tap t s -i "$@" < input' "$VFUSCOPE" "$@"
    exec 8> input
    await_text tap.err '^listening on ' tap
}

say() {
    printf '%s\n' "$@" >&8
}

client() {
    start "${2:-client}" "$VFUSCOPE" shell --raw t --json -c "$1" 8>&-
}

@test "a message is stopped, looked at, edited by field and by byte, and goes on" {
    serve
    itap --json -w cap
    say 'break command == REGION_WRITE'
    await_text tap.err '^break 1: command == REGION_WRITE'
    client 'write bar0+4 0x11223344'
    await_text tap.err '^stopped .*REGION_WRITE .*bar0\+0x4 = 0x11223344'
    no=$(sed -nE 's/^.*stopped #([0-9]+): .*/\1/p' tap.err) # the number that the line has, too
    grep -q "client > #$no *REGION_WRITE" tap.err
    say list "show #$no"
    await_text tap.err 'region.*bar0'
    say "edit #$no data=55667788"
    await_text tap.err 'bar0\+0x4 = 0x88776655'
    say 'edit @32=99' 'edit nonsense=1' 'edit @999=00' 'edit offset'
    await_text tap.err 'bar0\+0x4 = 0x88776699'
    await_text tap.err 'edit: no field nonsense; there are offset'
    await_text tap.err 'edit: @999: an offset within'
    say "forward #$((no + 1))" "forward $no"
    await client
    [ "$status" = 0 ]
    run -0 shell --raw -c 'read bar0+4'
    [ "$output" = 0x77889966 ]
    grep -q "#$((no + 1)) is not stopped" tap.err
    stop tap
    [ "$(jq -c 'select(.changed) | [.command, .type, .payload.data, .changed]' tap.out)" = \
        '["REGION_WRITE","command","99667788",["intercept"]]' ]
    exec 8>&-
}

@test "answered, dropped, stepped; other connections and the other direction go on" {
    serve
    itap --json
    say 'break region == bar2'
    await_text tap.err '^break 1'
    client 'read bar2'
    await_text tap.err '^stopped .*bar2'
    say 'answer EIO'
    await client
    [ "$status" = 1 ]
    grep -q EIO client.out

    client 'read bar2+4'
    await_text tap.err '^stopped .*bar2\+0x4 4 bytes'
    say step
    await_text tap.err '^stopped .*bar2\+0x4 = 0x00000000'
    say 'answer EIO' 'forward 999999' forward
    await client
    [ "$status" = 0 ]
    await_text tap.err 'only a command can be answered'
    await_text tap.err '#999999 is not stopped'

    start client timeout "$LIMIT" "$VFUSCOPE" shell --raw t -c 'timeout 300ms' -c 'read bar2+8'
    await_text tap.err '^stopped .*bar2\+0x8 4 bytes'
    say drop
    await client
    [ "$status" = 1 ]
    grep -q 'no reply' client.err

    say frobnicate braek 'break foo ==' 'delete 7' delete list
    await_text tap.err '^frobnicate: no such command \(help'
    await_text tap.err '^braek: no such command; did you mean break[?]'
    await_text tap.err '^break: column 1'
    await_text tap.err '^delete: there are breaks 1 to 1'
    await_text tap.err '^no message is stopped'
    run -0 shell --raw -c 'read bar2'
    stop tap
    [ "$status" = 0 ]
    exec 8>&-
}

@test "leaving the prompt lets everything go: quit, and the end of standard input" {
    serve
    for way in quit end; do
        rm -f input
        itap
        say break
        await_text tap.err '^break 1: every message'
        client 'read bar0'
        await_text tap.err '^stopped .*VERSION'
        if [ "$way" = quit ]; then say quit; fi
        exec 8>&-
        await client
        [ "$status" = 0 ]
        run -0 shell --raw -c 'read bar0'
        stop tap
        [ "$status" = 0 ]
    done
}

@test "a terminal that goes away lets everything go, and the tap lives" {
    need script bsdutils
    serve
    mkfifo typed
    start terminal bash -c 'exec script -qfc "exec $0 tap t s -i -o log" /dev/null < typed' "$VFUSCOPE"
    exec 8> typed
    await_text terminal.out 'listening on '
    pid=$(pgrep -P "${STARTED[terminal]}")
    say break
    await_text terminal.out 'break 1: every message'
    client 'read bar0'
    await_text terminal.out 'stopped .*VERSION'
    exec 8>&-
    kill -KILL "${STARTED[terminal]}"
    await client
    [ "$status" = 0 ]
    run -0 shell --raw -c 'read bar0'
    kill "$pid"
    await_that gone "$pid"
}

@test "at a terminal the line is edited, and commands and filters are completed; traffic does not wait for keys" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    serve
    terminal "'$VFUSCOPE' tap t s -i -o log; echo \"status \$?\"; stty -a | grep -o -- '-\?icanon'; exec cat"
    screen '^\(tap\)'
    keys 'br' Tab
    screen '^\(tap\) break$'
    keys 'comm' Tab '== REGION_WR' Tab
    screen '^\(tap\) break command == REGION_WRITE$'
    keys Tab
    screen '^REGION_WRITE +REGION_WRITE_MULTI$'
    keys ' and nvme.csts.shst == c' Tab
    screen 'and nvme.csts.shst == complete$'
    keys C-u 'break register == conf' Tab
    screen '^\(tap\) break register == config\+0x$'
    keys '4' Enter
    screen '^break 1: register == config\+0x4$'
    keys 'break not' Tab
    screen '^\(tap\) break not$' # `note` is not known in time
    keys C-u Up
    screen '^\(tap\) break register == config\+0x4$'
    keys Escape # half a key
    run -0 shell --raw -c 'read bar0'
    client 'read config+4 w'
    screen '^stopped .*REGION_READ'
    keys C-u 'an' Tab 'EINV' Tab Enter
    await client
    [ "$status" = 1 ]
    keys C-u C-d
    screen 'the prompt is left'
    run -0 shell --raw -c 'read config+4 w'
    keys C-c
    screen 'status 0$'
    screen '^icanon$'
}

@test "a tap with a prompt that is stopped goes on, at its terminal and in the background" {
    serve
    terminal 'exec bash --norc --noprofile'
    keys "'$VFUSCOPE' tap t s -i -o log" Enter
    screen '^\(tap\)'
    keys C-z
    screen 'Stopped'
    keys fg Enter
    keys br Tab
    screen '^\(tap\) break$'
    keys C-u C-z
    keys bg Enter 'echo "he"llo' Enter
    screen '^hello$'
    run -0 shell --raw -c 'read bar0'
    keys 'kill %1; wait; echo "all" done' Enter
    screen 'all done$'
}

@test "a tap that ends lets what is stopped go; -i needs somebody to ask" {
    serve
    itap
    say 'break command == REGION_WRITE'
    await_text tap.err '^break 1'
    client 'write bar0+4 5'
    await_text tap.err '^stopped'
    stop tap
    [ "$status" = 0 ]
    await client
    run -0 "$VFUSCOPE" shell --raw s -c 'read bar0+4'
    [ "$output" = 0xfffffffa ]
    exec 8>&-
    run -2 --separate-stderr "$VFUSCOPE" tap t s -i < /dev/null
    [[ $stderr == *"no terminal and no pipe"* ]]
}

@test "a probe from the prompt, also while a message is stopped; the client sees nothing of it" {
    serve
    itap --json
    say 'probe REGION_READ region=bar0 count=4'
    await_text tap.err '^probe: not sent: no client has negotiated'
    mkfifo fifo
    start client bash -c 'exec "$0" shell --raw t --json < fifo 8>&-' "$VFUSCOPE"
    exec 9> fifo
    echo 'write bar0+4 0x1234' >&9
    await_text client.out '"write"'
    say 'probe REGION_READ region=bar0 offset=4 count=4'
    await_text tap.err '^probe #[0-9]+: .*server < #[0-9]+ +REGION_READ .*bar0\+0x4 = 0xffffedcb'
    say 'break offset == 8'
    await_text tap.err '^break 1: offset == 8'
    echo 'write bar0+8 5' >&9
    await_text tap.err '^stopped .*bar0\+0x8'
    say 'probe REGION_READ region=bar0 count=4'
    await_text tap.err '^probe #[0-9]+: .*bar0\+0x0 = 0x010000ed'
    say 'probe DEVICE_RESET' 'probe NOTHING' 'probe REGION_READ bogus=1' 'probe REGION_READ region' probe
    await_text tap.err '^probe: not sent: the VM.s driver would not know'
    await_text tap.err '^probe NOTHING: the name of a command'
    await_text tap.err '^probe: no field bogus'
    await_text tap.err '^probe: FIELD=VALUE is expected'
    await_text tap.err '^probe: the name of a command'
    say delete continue
    echo 'read bar0+8' >&9
    exec 9>&-
    await client
    [ "$status" = 0 ]
    [ "$(jq -r 'select(.command == "read") | .value' client.out)" = 0x78 ]
    [ ! -s client.err ]
    exec 8>&-
    stop tap
    [ "$(jq -r 'select(.changed) | .command' tap.out | sort | uniq -c | xargs)" = '4 REGION_READ' ]
}

@test "a connection that an injection closes is gone for the next command of the same input" {
    serve
    itap --inject 'command == REGION_WRITE:close'
    say 'break command == REGION_WRITE'
    await_text tap.err '^break 1'
    client 'write bar0+4 1'
    await_text tap.err '^stopped .*REGION_WRITE'
    printf '%s\n' forward 'probe REGION_READ region=bar0 count=4' > lines
    cat lines >&8 # in one piece, which say is not
    await_text tap.err '^probe: not sent: no client has negotiated'
    await client
    [ "$status" = 1 ]
    stop tap
    grep -q 'disconnect.*closed by --inject' tap.out
    exec 8>&-
}

@test "what is stopped makes nobody late, and its time there is not the device's; who left meanwhile is told of" {
    serve
    itap --json -w cap --overdue 100ms
    say 'break command == REGION_READ'
    await_text tap.err '^break 1'
    client 'read bar0'
    await_text tap.err '^stopped .*bar0'
    await_text tap.err '^vfuscope shell has waited [0-9.]+ m?s for the reply; the longest wait seen is [0-9.]+ m?s'
    sleep 1.2
    say forward
    await client
    [ "$status" = 0 ]
    client 'read bar0+4' second
    await_text tap.err '^stopped .*bar0\+0x4 4 bytes'
    kill "${STARTED[second]}"
    await_text tap.err 'the client has left; what it sent last is held: #[0-9]+ is stopped'
    say 'delete 1' continue
    await_text tap.out '"event":"disconnect","time":"[0-9.]*","conn":2'
    stop tap
    [ -z "$(jq -c 'select(.event == "overdue" or .problems != null) | select(.command != "REGION_READ")' tap.out)" ]
    [ "$(jq -c 'select(.command == "REGION_READ" and .type == "reply" and .reply_to) | .latency_us < 500000' tap.out | sort -u)" = true ]
    "$VFUSCOPE" decode --json cap | diff - tap.out
    exec 8>&-
}

@test "the prompt's times are the log's" {
    local options
    serve
    for options in '' '-t absolute'; do
        rm -f input
        # shellcheck disable=SC2086 # words
        itap -q -w cap $options
        say 'break command == REGION_READ'
        await_text tap.err '^break 1:'
        client 'read bar0'
        await_text tap.err '^stopped '
        say forward
        await client
        stop tap
        # shellcheck disable=SC2086 # words
        "$VFUSCOPE" decode cap $options | sed -nE 's/^ *([^ ]+ +1 +client > #[0-9]+ +REGION_READ .*)/\1/p' > logged
        [ "$(sed -nE 's/^.*stopped #[0-9]+: *//p' tap.err | head -n 1 | tr -s ' ')" = "$(tr -s ' ' < logged)" ]
        lacks -q '^0\.000000' logged
    done
}
