# What the bats files share: `load lib/common`. VFUSCOPE is the program under test (an ASan build sets it), TOOLS the
# folder of the helper programs from tests/tools. Sockets and captures go into $T, which is the test's own.
#
#   serve [OPTION...]            a device at $T/s, ready when this returns; output in $T/serve.out and .err
#   tap [OPTION...] [-- CMD]     a tap from $T/t to $T/s, likewise
#   start NAME COMMAND...        anything else in the background: output in $T/NAME.out and $T/NAME.err
#   stop NAME [SIGNAL]           ends it; $status is its exit status; fails if it does not end
#   await NAME [SECONDS]         waits until it ends by itself; $status likewise
#   await_text FILE PATTERN      until a line of FILE matches (extended regular expression)
#   need COMMAND PACKAGE         skip without it (which CI counts as a failure)

bats_require_minimum_version 1.5.0
: "${VFUSCOPE:=$BATS_TEST_DIRNAME/../build/vfuscope}"
: "${TOOLS:=$(dirname "$VFUSCOPE")/tests/tools}"
PATH=$PATH:/usr/sbin:/sbin
export NO_COLOR=1 LC_ALL=C.UTF-8
export VFUSCOPE_PLUGIN_PATH= # no plugins, not those that are installed either
SERVE_SOCKET=s
TAP_SOCKET=t
declare -gA STARTED=()

setup() {
    common_setup
}

teardown() {
    common_teardown
}

common_setup() {
    T=$BATS_TEST_TMPDIR
    # A UNIX socket's path has at most 107 bytes: with a long TMPDIR, one of our own.
    if [ ${#T} -gt 80 ]; then
        T=$(TMPDIR=/tmp mktemp -d)
        SHORT_TMPDIR=$T
    fi
    cd "$T" || return 1
}

# Ends what the test left running, by pid; shows what it said if the test failed.
common_teardown() {
    local name file
    for name in "${!STARTED[@]}"; do
        kill -TERM "${STARTED[$name]}" 2>/dev/null || true
    done
    for name in "${!STARTED[@]}"; do
        ended "${STARTED[$name]}" 5 || kill -KILL "${STARTED[$name]}" 2>/dev/null || true
        wait "${STARTED[$name]}" 2>/dev/null || true
    done
    if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
        for file in "$T"/*.err; do
            [ ! -s "$file" ] || { echo "--- $(basename "$file")"; tail -n 30 "$file"; }
        done
    fi
    cd / || true
    [ -z "${SHORT_TMPDIR:-}" ] || rm -rf "$SHORT_TMPDIR"
}

need() {
    command -v "$1" > /dev/null || skip "needs the Debian package $2"
}

# ended PID SECONDS: has the process (a child of this shell) ended, or does it within that time?
ended() {
    local i
    for ((i = 0; i < $2 * 50; i++)); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.02
    done
    return 1
}

start() {
    local name=$1
    shift
    : > "$T/$name.out"
    : > "$T/$name.err"
    "$@" > "$T/$name.out" 2> "$T/$name.err" < /dev/null 3>&- &
    STARTED[$name]=$!
}

# await_text FILE PATTERN [NAME]: NAME ending first is a failure at once.
await_text() {
    local file=$1 pattern=$2 name=${3:-} i gone=
    for ((i = 0; i < 1000; i++)); do
        grep -Eq -- "$pattern" "$file" 2>/dev/null && return 0
        if [ -n "$gone" ]; then
            echo "$name ended before it said: $pattern"
            cat "$T/$name.err"
            return 1
        fi
        # Looked at once more after its end: it may have said it last.
        if [ -n "$name" ] && ! kill -0 "${STARTED[$name]}" 2>/dev/null; then
            gone=yes
            continue
        fi
        sleep 0.02
    done
    echo "$file has no line with: $pattern"
    cat "$file"
    return 1
}

stop() {
    local name=$1
    kill "-${2:-TERM}" "${STARTED[$name]}" 2>/dev/null || true
    await "$name"
}

await() {
    local name=$1
    if ! ended "${STARTED[$name]}" "${2:-20}"; then
        echo "$name did not end"
        return 1
    fi
    status=0
    wait "${STARTED[$name]}" || status=$?
    unset "STARTED[$name]"
}

serve() {
    start serve "$VFUSCOPE" serve "$T/$SERVE_SOCKET" "$@"
    await_text "$T/serve.err" '^listening on ' serve
}

tap() {
    start tap "$VFUSCOPE" tap "$T/$TAP_SOCKET" "$T/$SERVE_SOCKET" "$@"
    await_text "$T/tap.err" '^listening on ' tap
}

# shell ARGUMENT...: the shell, against the tap if there is one, else the server; use with `run`
shell() {
    local socket=$T/$SERVE_SOCKET
    [ -z "${STARTED[tap]:-}" ] || socket=$T/$TAP_SOCKET
    timeout 60 "$VFUSCOPE" shell "$socket" "$@"
}
