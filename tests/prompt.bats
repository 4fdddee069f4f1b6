# The prompt of tap -i at a terminal: the line and what is printed above it, its keys, its history, and traffic that waits for none of it.
load lib/common
load lib/terminal

setup() {
    common_setup
    terminal_setup
    export HOME=$T XDG_STATE_HOME=$T/state
}

teardown() {
    terminal_teardown
    common_teardown
}

# prompt [OPTION...]: a tap at its prompt
prompt() {
    new_terminal 100 30 "'$VFUSCOPE' tap t s -i $*$ended_by"
    screen '^\(tap\)$'
}

# held: a client that stays, and does what goes to descriptor 9
held() {
    mkfifo held
    start held bash -c 'exec "$0" shell --raw t < held' "$VFUSCOPE"
    exec 9> held
    echo "timeout ${LIMIT}s" >&9
}

# writes N: a client's write of that is stopped
writes() {
    start client "$VFUSCOPE" shell --raw t -c "timeout ${LIMIT}s" -c "write bar0+8 $1"
    screen "^stopped .*bar0\\+0x8 = 0x0000000$1"
}

# The last line that has something
last() { text | grep . | tail -n 1; }
last_is() { [ "$(last)" = "$1" ]; }

@test "the log, and what the server says, stand above the line that is typed, which stays whole" {
    cat > server << END
'$VFUSCOPE' serve s &
while [ ! -e speak ]; do sleep 0.05; done
echo 'the server speaks' >&2
printf 'and does not end'
wait
END
    prompt -- sh server
    keys 'mark it' 's me'
    screen '^\(tap\) mark its me$'
    held
    echo 'read bar0+4' >&9
    await_text held.out '^0x'
    screen 'bar0\+0x4'
    await_that last_is '(tap) mark its me'
    touch speak
    screen '^the server speaks$' '^and does not end$'
    await_that last_is '(tap) mark its me'
    times 1 'its me' # nothing is left of it where it stood before
    keys Enter
    screen '^marked$'
    await_that last_is '(tap)'
    exec 9>&-
    await held
    keys C-c
    screen 'status 0$'
}

@test "at a stopped message its keys are said; F2 edits, with fields and values completed, F5 forwards" {
    unset NO_COLOR
    serve
    prompt -q -w cap
    keys 'break command == REGION_WRITE' Enter
    screen '^break 1'
    held
    echo 'write bar0+4 0x11223344' >&9
    screen '^stopped #[0-9]+: .*REGION_WRITE' '^\(tap\) F2 edit  F3 answer  F4 drop  F5 forward  F6 step  F7 continue$'
    keys F2 'da' Tab '55667788' Enter
    screen '^\(tap\) edit data=55667788$' '^#[0-9]+:.* = 0x88776655'
    keys 'mark no' F2
    screen '^\(tap\) edit \[NO\] FIELD=VALUE$'
    keys C-y # what was typed before
    screen '^\(tap\) edit mark no$'
    keys C-u F2 'region=ba' Tab '2' Enter
    screen '^\(tap\) edit region=bar2$'
    keys F2 'region=bar0' Enter F5
    await_that last_is '(tap)'
    keys help Enter
    screen '^ +edit .* \(F2\)$' '^ +answer .* \(F3\)$' '^ +drop .* \(F4\)$' '^ +forward .* \(F5\)$' '^ +step .* \(F6\)$' '^ +continue .* \(F7\)$'
    exec 9>&-
    await held
    [ "$status" -eq 0 ]
    keys C-c
    screen 'status 0$'
    [ "$("$VFUSCOPE" decode --json cap | jq -r 'select(.changed and .type == "command") | .payload.data')" = 55667788 ]
}

@test "F3 answers, F4 drops, F6 steps, F7 continues; numbers of what is stopped are completed" {
    serve
    prompt -q -w cap
    keys 'break command == REGION_WRITE' Enter
    screen '^break 1'
    writes 1
    keys F3 EINV Tab
    screen '^\(tap\) answer EINVAL$'
    keys Enter
    await client
    [ "$status" -eq 1 ]
    grep -q EINVAL client.err
    writes 2
    keys 'show #' Tab
    screen '^\(tap\) show #[0-9]+$'
    keys C-u F6
    screen '^stopped .*server < .*REGION_WRITE' # the reply
    keys F7
    await client
    [ "$status" -eq 0 ]
    writes 3
    keys F4
    await_that last_is '(tap)'
    stop client # nothing would answer it
    keys C-c
    screen 'status 0$'
    [ "$("$VFUSCOPE" decode --json cap | jq -r 'select(.changed and .type == "command") | .payload.data')" = $'01000000\n03000000' ]
}

@test "lines are kept for the next run, ^D leaves the prompt, and the log goes on" {
    serve
    prompt
    keys 'break command == DMA_MAP' Enter
    screen '^break 1'
    keys C-d
    screen '^the prompt is left; everything goes on$'
    run -0 "$VFUSCOPE" shell --raw t -c 'read bar0+8'
    screen 'bar0\+0x8'
    keys C-c
    screen 'status 0$'
    TMUX_SOCKET=$T/tmux2
    prompt
    keys Up Up
    screen '^\(tap\) break command == DMA_MAP$'
    keys C-c
    screen '^\(tap\) break command == DMA_MAP\^C$'
    keys C-c
    screen 'status 0$'
}

@test "a terminal that is gone leaves the prompt: what was stopped goes on, and SIGTERM ends the tap" {
    serve
    prompt -w cap
    keys 'break command == REGION_WRITE' Enter
    screen '^break 1'
    writes 1
    tap=$(pgrep -P "$(term display-message -p '#{pane_pid}')")
    term kill-server
    await client
    [ "$status" -eq 0 ]
    run -0 "$VFUSCOPE" shell --raw t -c 'write bar0+8 2'
    kill "$tap"
    await_that [ ! -e t ]
    [ "$("$VFUSCOPE" decode --json cap | jq -r 'select(.command == "REGION_WRITE" and .type == "command") | .payload.data')" = $'01000000\n02000000' ]
}

@test "traffic goes on where nobody reads the terminal, and who ends the tap then is not kept waiting" {
    serve
    cat > unread.py << 'END'
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], sys.argv[1:])
os.write(terminal, b"mark here\n")
while not os.path.exists("done"): # nothing is read until the client has all it wants
    time.sleep(0.02)
os.kill(pid, signal.SIGTERM)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
    start unread python3 unread.py "$VFUSCOPE" tap t s -i -v -w cap
    await_that [ -S t ]
    run -0 "$VFUSCOPE" shell t -c 'repeat 500 read bar0; repeat 500 read bar0+4'
    touch done
    await unread
    [ "$("$VFUSCOPE" decode --json cap | grep -c '"command":"REGION_READ"')" -ge 2000 ]
}
