# The full screen beside traffic: tap --browse and attach --browse.
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

# on_screen ARGUMENT...: vfuscope on a terminal of its own; its exit status is printed when it ends
on_screen() {
    new_terminal 100 24 "stty -g > before; TERM=screen '$VFUSCOPE' $* 2> said; status=\$?; stty -g > after; echo \"status \$status\"; exec cat"
}

@test "what passes is there at once; q asks first where a client is connected, and then ends the tap" {
    serve
    on_screen tap t s --browse -w cap
    await_that [ -S t ]
    start client "$VFUSCOPE" shell t -c 'read bar0' -c "poll bar0 == 5 timeout ${LIMIT}s"
    screen 'bar0\+0x0\.l +0x010000ed' 'FOLLOW'
    # A screen of its own goes on, too.
    keys 8
    screen '^Everything, summed up' '^[0-9]+ messages'
    seen() { text | sed -n 's/^\([0-9][0-9]*\) messages.*/\1/p'; }
    first=$(seen)
    more() { [ "$(seen)" -gt "$first" ]; } 2> /dev/null
    await_that more
    keys 1
    # The whole program would stop, and the traffic with it.
    keys C-z
    screen '\^Z would stop the traffic, too: it is not taken here'
    [ "$(awk '{ print $3 }' "/proc/$(pgrep -f "^$VFUSCOPE tap t s --browse")/stat")" != T ]
    keys q
    screen '1 client is connected, and would be cut off: q again ends the tap'
    keys q
    screen '^status 0'
    cmp before after
    await client
    [ "$status" -eq 1 ]
    "$VFUSCOPE" decode --json cap > messages
    grep -q '"event":"disconnect"' messages
    [ ! -e t ]
}

@test "the traffic goes on where nobody reads the terminal, the capture has all of it, and the end does not wait for it" {
    serve
    cat > unread.py << 'END'
import os, pty, sys
pid, terminal = pty.fork() # which nothing is ever read of
if pid == 0:
    os.environ["TERM"] = "screen"
    os.execv(sys.argv[1], sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
    start unread python3 unread.py "$VFUSCOPE" tap t s --browse -w cap --once
    await_that [ -S t ]
    run -0 "$VFUSCOPE" shell t -c 'repeat 3000 read bar0'
    await unread
    [ "$status" -eq 0 ]
    [ "$("$VFUSCOPE" decode --json cap | grep -c '"command":"REGION_READ"')" -ge 6000 ]
    [ ! -e t ]
}

@test "a message is stopped by a filter, edited and let go on from the screen; the server gets what was edited" {
    serve
    on_screen tap t s --browse -w cap
    await_that [ -S t ]
    screen 'FOLLOW'
    keys '!'
    screen '^\(tap\)$'
    keys 'break command == REGION_WR' Tab
    screen '^\(tap\) break command == REGION_WRITE$'
    keys Enter
    screen '^break 1: command == REGION_WRITE'
    start client "$VFUSCOPE" shell --raw t -c "timeout ${LIMIT}s" -c 'write bar0+4 0x11223344' -c 'read bar0+4' -c 'write bar0+4 1'
    screen '^stopped #[0-9]+: .*REGION_WRITE .*0x11223344' 'STOPPED #[0-9]+ for [0-9]+ s'
    keys '!nonsense' Enter
    screen '^nonsense: no such command'
    keys Escape # what was said goes, and the keys come
    screen '^\? keys  q end .*F2 edit .*F3 answer .*F4 drop .*F5 forward'
    keys F2
    screen '^\[NO\] FIELD=VALUE' '^\(tap\) edit$'
    keys da Tab
    screen '^\(tap\) edit data=$'
    keys 55667788 Enter
    screen '^#[0-9]+:.* = 0x88776655'
    keys '!show' Enter
    screen '^What the tap says' '0x88776655'
    keys F5
    screen '^stopped #[0-9]+: .*REGION_WRITE .*= 0x00000001'
    keys '!' Up Up
    screen '^\(tap\) edit data=55667788$'
    keys C-u Enter F4
    stop client # nothing answers it
    grep -q 0x778899aa client.out # what the server got, inverted
    keys q q q
    screen '^status 0'
    [ "$("$VFUSCOPE" decode --json cap | jq -r 'select(.changed and .command == "REGION_WRITE" and .type == "command") | .changed[0]')" = $'intercept\nintercept' ]
}

@test "attach --browse looks at a process, and leaves it" {
    serve
    start client "$VFUSCOPE" shell s -c "poll bar0 == 5 timeout ${LIMIT}s"
    await_that grep -q . <("$VFUSCOPE" attach "${STARTED[serve]}" --list)
    on_screen attach "${STARTED[serve]}" --method ptrace --browse
    screen 'bar0\+0x0\.l'
    keys q
    screen '^status 0'
    kill -0 "${STARTED[client]}"
}

@test "without a terminal, with a prompt, or with standard output taken there is no screen" {
    run -2 "$VFUSCOPE" tap t s --browse
    [[ $output == *"standard output is no terminal"* ]]
    run -2 "$VFUSCOPE" tap t s --browse -i
    [ "$output" = "vfuscope: --browse and -i: there is one terminal" ]
    run -2 "$VFUSCOPE" tap t s --browse -w -
    [ "$output" = "vfuscope: --browse: the screen has standard output" ]
    [ ! -e t ]
}
