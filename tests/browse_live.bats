# The full screen beside traffic: tap --browse and attach --browse.
load lib/common

setup() {
    common_setup
    need tmux tmux
    # What ncurses keeps until a program ends.
    printf 'leak:libncursesw\nleak:libtinfo\n' > lsan
    export LSAN_OPTIONS=suppressions=$T/lsan:print_suppressions=0
}

teardown() {
    term kill-server 2> /dev/null || true
    common_teardown
}

term() {
    tmux -S "$T/tmux" -f /dev/null "$@"
}

# on_screen ARGUMENT...: vfuscope on a terminal of its own; its exit status is printed when it ends
on_screen() {
    term new-session -d -x 100 -y 24 "stty -g > before; TERM=screen '$VFUSCOPE' $* 2> said; status=\$?; stty -g > after; echo \"status \$status\"; exec cat"
}

# screen PATTERN...: wait until there is a line for each of these (extended regular expressions)
screen() {
    shows() { local pattern; for pattern; do term capture-pane -p | grep -Eq -- "$pattern" || return; done; }
    await_that shows "$@" || { term capture-pane -p; return 1; }
}

@test "what passes is there at once; q asks first where a client is connected, and then ends the tap" {
    serve
    on_screen tap t s --browse -w cap
    await_that [ -S t ]
    start client "$VFUSCOPE" shell t -c 'read bar0' -c "poll bar0 == 5 timeout ${LIMIT}s"
    screen 'bar0\+0x0\.l +0x010000ed' 'FOLLOW'
    # A screen of its own goes on, too.
    term send-keys 8
    screen '^Everything, summed up' '^[0-9]+ messages'
    seen() { term capture-pane -p | sed -n 's/^\([0-9][0-9]*\) messages.*/\1/p'; }
    first=$(seen)
    more() { [ "$(seen)" -gt "$first" ]; } 2> /dev/null
    await_that more
    term send-keys 1
    # The whole program would stop, and the traffic with it.
    term send-keys C-z
    screen '\^Z would stop the traffic, too: it is not taken here'
    [ "$(awk '{ print $3 }' "/proc/$(pgrep -f "^$VFUSCOPE tap t s --browse")/stat")" != T ]
    term send-keys q
    screen '1 client is connected, and would be cut off: q again ends the tap'
    term send-keys q
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

@test "attach --browse looks at a process, and leaves it" {
    serve
    start client "$VFUSCOPE" shell s -c "poll bar0 == 5 timeout ${LIMIT}s"
    await_that grep -q . <("$VFUSCOPE" attach "${STARTED[serve]}" --list)
    on_screen attach "${STARTED[serve]}" --method ptrace --browse
    screen 'bar0\+0x0\.l'
    term send-keys q
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
