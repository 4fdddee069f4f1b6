# What the bats files share: `load lib/common`. VFUSCOPE is the program under test (an ASan build sets it), TOOLS the
# folder of the helper programs from tests/tools. Sockets and captures go into $T, which is the test's own. Starting,
# waiting and ending is done by vfuscope.bash, the helper that is installed for others.
#
#   serve [OPTION...]            a device at $T/s, ready when this returns; output in $T/serve.out and .err
#   tap [OPTION...] [-- CMD]     a tap from $T/t to $T/s, likewise
#   start NAME COMMAND...        anything else in the background: output in $T/NAME.out and $T/NAME.err
#   stop NAME [SIGNAL]           ends it; $status is its exit status; fails if it does not end
#   await NAME                   waits until it ends by itself; $status likewise
#   await_text FILE PATTERN      until a line of FILE matches (extended regular expression)
#   await_that COMMAND...        until it succeeds; gone PID is one
#   on_terminal COLUMNS COMMAND...   its output on a terminal of that width
#   lacks GREP-ARGUMENT...       no line of the files matches, and all of them are there
#   need COMMAND PACKAGE         skip without it (which CI counts as a failure)
#
# Nothing here asserts a time: LIMIT (seconds) only ends what hangs, on a machine that has much else to do, too.

: "${VFUSCOPE:=$BATS_TEST_DIRNAME/../build/vfuscope}"
: "${TOOLS:=$(dirname "$VFUSCOPE")/tests/tools}"
export LIMIT=${LIMIT:-300}
VFU_TIMEOUT=$LIMIT
VFU_SOCKET_NAME=s
VFU_TAP_NAME=t
PATH=$PATH:/usr/sbin:/sbin
export NO_COLOR=1 LC_ALL=C.UTF-8
export PAGER=cat # whatever a terminal shows, nobody turns pages
export VFUSCOPE_CONFIG= # nor the default options of whoever runs them
unset COLUMNS
export VFUSCOPE_PLUGIN_TIMEOUT=$LIMIT # but for tests of one that hangs
export VFUSCOPE_REGISTERS_PATH= # no maps of registers
export VFUSCOPE_PLUGIN_PATH= # no plugins, not those that are installed either
load lib/vfuscope
declare -gn STARTED=VFU_PIDS

setup() {
    common_setup
}

teardown() {
    common_teardown
}

# bats notes each command's line before it runs, in what a test calls too: two fifths of what nvme.bats took. That of the test's
# own commands is enough, and is what a failure shows.
common_setup() {
    set +T
    declare -ft "$BATS_TEST_NAME"
    vfu_setup
    T=$VFU_DIR
    cd "$T" || return 1
}

common_teardown() {
    cd / || true
    vfu_teardown
}

# on_terminal COLUMNS COMMAND...: its output on a terminal of that width, without the terminal's line ends
on_terminal() {
    python3 - "$@" << 'END'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
got = b""
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    got += part
os.waitpid(pid, 0)
sys.stdout.buffer.write(got.replace(b"\r\n", b"\n"))
END
}

need() {
    command -v "$1" > /dev/null || skip "needs the Debian package $2"
}

# `! grep` amid a test can't fail it, and `run ! grep` is content with a file that is missing.
lacks() {
    local status=0
    grep "$@" || status=$?
    [ "$status" -eq 1 ]
}

ended() { vfu_ended "$@"; }
start() { vfu_start "$@"; }
stop() { vfu_stop "$@"; }
await() { vfu_await "$@"; }
await_text() { vfu_await_text "$@"; }

await_that() {
    local i end=$((SECONDS + LIMIT))
    for ((i = 0; SECONDS <= end; i++)); do
        ! "$@" || return 0
        vfu_nap $i
    done
    echo "not within $LIMIT s: $*"
    return 1
}

gone() { ! kill -0 "$1" 2> /dev/null; }
serve() { vfu_serve "$@"; }
tap() { vfu_tap "$@"; }

# wireshark_user: tshark runs Lua for root, too, where that can be had
wireshark_user() {
    [ "$(id -u)" -ne 0 ] || ! unshare --user --map-user=1000 --map-group=1000 -- true 2> /dev/null ||
        PATH=$BATS_TEST_DIRNAME/lib/user:$PATH
}

# fake HOW: a server at $T/s that goes wrong this way (tests/lib/fake_server.py)
fake() {
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" "$1"
    await_text "$T/fake.err" '^listening on ' fake
}

# relay: at $T/relay one that loses the descriptors on their way to the server at $T/s, and back
relay() {
    start relay python3 "$BATS_TEST_DIRNAME/lib/relay.py" "$T/relay" "$T/s"
    await_text "$T/relay.err" '^listening on ' relay
}

# json FILTER: jq's, of the last line that `run` saw
json() {
    jq -c "$1" <<< "${lines[-1]}"
}

# shell ARGUMENT...: the shell, against the tap if there is one, else the server; use with `run`
shell() {
    timeout "$LIMIT" "$VFUSCOPE" shell "$(vfu_front)" "$@"
}

# full FIFO: a FIFO with a reader that takes nothing, and no room left; descriptor 8
full() {
    mkfifo "$1"
    exec 8<> "$1"
    timeout 5 dd if=/dev/zero of="$1" bs=4096 oflag=nonblock 2> /dev/null || true
}
