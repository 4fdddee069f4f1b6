# ^C at the tap's terminal, and what is not at a terminal; what -- COMMAND started hears none of it.
load lib/common
load lib/terminal

setup() {
    common_setup
    terminal_setup
}

teardown() {
    terminal_teardown
    common_teardown
}

# terminal COMMAND: one, in which that runs
terminal() {
    export HOME=$T XDG_STATE_HOME=$T/state
    new_terminal 110 40 "$1$ended_by"
}

# held: a client that stays, and does what goes to descriptor 9
held() {
    mkfifo held
    start held bash -c 'exec "$0" shell t < held' "$VFUSCOPE"
    exec 9> held
}

@test "the first ^C stops what the terminal shows and says who would lose a device, the second ends the tap" {
    terminal "'$VFUSCOPE' tap t s -w cap -o log -- '$VFUSCOPE' serve s"
    screen '^listening on t'
    held
    echo 'read bar0+4' >&9
    await_text held.out '^0x'
    keys C-c
    screen '^vfuscope: no message is shown here any more; the traffic goes on'
    screen '^vfuscope: 1 client is connected \(vfuscope shell, pid [0-9]+\): it loses its device. \^C again ends'
    echo 'read bar0+8' >&9 # the server, which was started here, has not heard it
    await_that eval '[ "$(wc -l < held.out)" -ge 2 ]'
    keys C-c
    screen 'status 0$'
    exec 9>&-
    await held
    grep -q 'bar0+0x8' log
    "$VFUSCOPE" decode cap | grep -q 'bar0+0x8'
}

@test "what is shown at the terminal stops, the summary does not" {
    serve
    terminal "'$VFUSCOPE' tap t s -c"
    screen '^listening on t'
    held
    echo 'read bar0+4' >&9
    screen 'bar0\+0x4'
    keys C-c
    screen '^vfuscope: 1 client is connected'
    echo 'read bar0+0xc' >&9
    await_text held.out '^0x0*$'
    exec 9>&-
    await held
    keys C-c
    screen 'status 0$'
    screen 'REGION_READ +[0-9]'
    run ! shows '^ +[0-9.]+ .*bar0\+0xc'
}

@test "at a terminal without a client ^C ends the tap at once" {
    serve
    terminal "'$VFUSCOPE' tap t s"
    screen '^listening on t'
    keys C-c
    screen 'status 0$'
}

@test "at the prompt of -i ^C cancels the line; with a client a second one ends the tap, unless a command came between" {
    serve
    terminal "'$VFUSCOPE' tap t s -i -o log"
    screen '^[(]tap[)]'
    # By itself: where both come at once, the kernel drops what was typed when ^C comes.
    keys 'break nonsense'
    screen 'break nonsense$'
    keys C-c
    keys 'li' Enter
    screen '^no message is stopped'
    held
    echo 'read bar0+4' >&9
    await_text held.out '^0x'
    keys C-c
    screen '^1 client is connected \(vfuscope shell, pid [0-9]+\): it loses its device. \^C again ends the tap'
    keys 'mark here' Enter
    screen '^marked'
    keys C-c
    times 2 '^1 client is connected'
    echo 'read bar0+8' >&9
    await_that eval '[ "$(wc -l < held.out)" -ge 2 ]'
    keys C-c
    screen 'status 0$'
    exec 9>&-
    await held
}

@test "elsewhere SIGINT ends the tap at once, as SIGTERM does everywhere" {
    serve
    tap
    held
    echo 'read bar0+4' >&9
    await_text held.out '^0x'
    stop tap INT
    [ "$status" = 0 ]
    exec 9>&-
    await held

    rm held
    terminal "'$VFUSCOPE' tap t s & echo \$! > pid; fg > /dev/null 2>&1; wait \$!"
    screen '^listening on t'
    held
    echo 'read bar0+4' >&9
    await_text held.out '^0x'
    kill "$(cat pid)"
    screen 'status 0$'
    exec 9>&-
    await held
}

@test "a server that is started has a group and no terminal of its own, and ends with all that it started" {
    cat > server << END
read -r line; echo "read \$?" > server.read
'$VFUSCOPE' serve s & echo \$! > server.pid
ps -o pgid= -p \$PPID > tap.group
ps -o pgid= -p \$\$ > server.group
wait
END
    terminal "stty tostop; '$VFUSCOPE' tap t s -- sh server"
    await_text server.group '[0-9]'
    [ "$(cat server.read)" = 'read 1' ]
    screen '^listening on s'
    run ! diff server.group tap.group
    keys C-c
    screen 'status 0$'
    await_that gone "$(cat server.pid)"
}
