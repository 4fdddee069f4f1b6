# vfuscope.bash: helpers for bats tests of a vfio-user device. `load PREFIX/share/vfuscope/vfuscope` in a .bats file;
# vfuscope-shell(1) has an example suite. Everything is ended after each test by vfu_teardown, which the file's
# teardown() calls (one is defined here, for files without their own).
#
#   vfu_serve [OPTION...]        vfuscope's own device (serve), listening at $VFU_SOCKET when this returns
#   vfu_server COMMAND...        your server, started in the background; it is to listen at $VFU_SOCKET, waited for
#   vfu_tap [OPTION...]          a tap in front of it: what follows goes through it; its output in $VFU_DIR/tap.out
#   vfu_shell COMMAND...         commands of the shell, each one word: sets $status, $output (one JSON object a
#                                command), $lines, $stderr, as `run --separate-stderr` does
#   vfu_ok COMMAND...            the same, and fails unless all of them did well
#   vfu_refused ERRNO COMMAND... the same, and fails unless the last one got this error reply, the others none
#   vfu_field FIELD              prints a field of the last command's result: value, data, reply.num_regions,
#                                reply.capabilities[0].areas[1].size, error.name
#   vfu_assert FIELD OP VALUE    == != < <= > >= on such a field; numbers as in C; says what was found
#   vfu_tap_has PATTERN          waits until the tap has shown a message that matches (extended regular expression)
#
#   vfu_start NAME COMMAND...    anything in the background: output in $VFU_DIR/NAME.out and NAME.err
#   vfu_await_text FILE PATTERN [NAME]   until a line of FILE matches; NAME ending first is a failure at once
#   vfu_await NAME [SECONDS]     until it ends by itself; $status is its exit status
#   vfu_stop NAME [SIGNAL]       ends it; $status likewise; fails if it does not end
#
# VFUSCOPE is the program (vfuscope in PATH), VFU_DIR the test's folder for sockets and output, VFU_SOCKET where the
# device listens, VFU_TIMEOUT how many seconds anything that is waited for may take (60).

bats_require_minimum_version 1.5.0
: "${VFUSCOPE:=vfuscope}"
: "${VFU_TIMEOUT:=60}"
: "${VFUSCOPE_CONFIG=}" # what a test sees does not depend on who runs it
export VFUSCOPE_CONFIG
declare -gA VFU_PIDS=() VFU_BIRTHS=()

# The test's own folder. A UNIX socket's path has at most 107 bytes: with a long TMPDIR, one in /tmp.
vfu_setup() {
    [ -n "${VFU_NAP:-}" ] || exec {VFU_NAP}<> <(:) # for vfu_nap; now, since it changes $!
    VFU_DIR=$BATS_TEST_TMPDIR
    if [ ${#VFU_DIR} -gt 80 ]; then
        VFU_DIR=$(TMPDIR=/tmp mktemp -d)
        VFU_SHORT_DIR=$VFU_DIR
    fi
    VFU_SOCKET=$VFU_DIR/${VFU_SOCKET_NAME:-device.sock}
    VFU_TAP_SOCKET=$VFU_DIR/${VFU_TAP_NAME:-tap.sock}
}

# Ends what the test left running, by pid; shows what it said if the test failed.
vfu_teardown() {
    local name file
    for name in "${!VFU_PIDS[@]}"; do
        vfu_kill TERM "${VFU_PIDS[$name]}"
    done
    for name in "${!VFU_PIDS[@]}"; do
        vfu_ended "${VFU_PIDS[$name]}" 5 || vfu_kill KILL "${VFU_PIDS[$name]}"
        wait "${VFU_PIDS[$name]}" 2>/dev/null || true
    done
    VFU_PIDS=()
    if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
        for file in "${VFU_DIR:-/nonexistent}"/*.err; do
            [ ! -s "$file" ] || { echo "--- $(basename "$file")"; tail -n 30 "$file"; }
        done
    fi
    [ -z "${VFU_SHORT_DIR:-}" ] || rm -rf "$VFU_SHORT_DIR"
}

teardown() {
    vfu_teardown
}

# vfu_nap N: the Nth pause before looking again: 10 ms at first, 200 ms later, since looking costs others their time. Without
# a process of its own: a read that nobody answers.
vfu_nap() {
    local ms=$((10 * ($1 + 1)))
    [ -n "${VFU_NAP:-}" ] || vfu_setup
    printf -v ms '0.%03d' $((ms < 200 ? ms : 200))
    read -rt "$ms" -u "$VFU_NAP" || true
}

# vfu_stat PID: its state in $VFU_STATE, when it began in $VFU_BORN. Without a process of its own.
vfu_stat() {
    local stat
    { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra stat <<< "${stat##*) }"
    VFU_STATE=${stat[0]} VFU_BORN=${stat[19]}
}

# vfu_runs PID: what vfu_start began is still there. A number alone does not say so: on a busy machine it is soon somebody else's,
# whom a signal would end, and who would be waited for.
vfu_runs() {
    vfu_stat "$1" && [ "$VFU_STATE" != Z ] && [ "${VFU_BIRTHS[$1]:-$VFU_BORN}" = "$VFU_BORN" ]
}

# vfu_kill SIGNAL PID: one that runs
vfu_kill() {
    ! vfu_runs "$2" || kill "-$1" "$2" 2>/dev/null || true
}

# vfu_ended PID SECONDS: has the process ended, or does it within that time?
vfu_ended() {
    local i end=$((SECONDS + $2))
    [ -n "${VFU_BIRTHS[$1]:-}" ] || ! vfu_stat "$1" || VFU_BIRTHS[$1]=$VFU_BORN
    for ((i = 0; SECONDS <= end; i++)); do
        vfu_runs "$1" || return 0
        vfu_nap $i
    done
    return 1
}

vfu_start() {
    local name=$1
    shift
    [ -n "${VFU_DIR:-}" ] || vfu_setup
    : > "$VFU_DIR/$name.out"
    : > "$VFU_DIR/$name.err"
    "$@" > "$VFU_DIR/$name.out" 2> "$VFU_DIR/$name.err" < /dev/null 3>&- &
    VFU_PIDS[$name]=$!
    VFU_BORN=ended
    vfu_stat $! || true
    VFU_BIRTHS[$!]=$VFU_BORN
}

vfu_await_text() {
    local file=$1 pattern=$2 name=${3:-} i gone= end=$((SECONDS + VFU_TIMEOUT))
    for ((i = 0; SECONDS <= end; i++)); do
        # An empty one can have been looked at without grep, unless it is one of /proc.
        { [ -s "$file" ] || [[ $file == /proc/* ]]; } && grep -Eq -- "$pattern" "$file" 2>/dev/null && return 0
        if [ -n "$gone" ]; then
            echo "$name ended before it said: $pattern"
            cat "$VFU_DIR/$name.err"
            return 1
        fi
        # Looked at once more after its end: it may have said it last.
        if [ -n "$name" ] && ! vfu_runs "${VFU_PIDS[$name]}"; then
            gone=yes
            continue
        fi
        vfu_nap $i
    done
    echo "$file has no line with: $pattern"
    cat "$file"
    return 1
}

vfu_stop() {
    local name=$1
    vfu_kill "${2:-TERM}" "${VFU_PIDS[$name]}"
    vfu_await "$name"
}

vfu_await() {
    local name=$1
    if ! vfu_ended "${VFU_PIDS[$name]}" "${2:-$VFU_TIMEOUT}"; then
        echo "$name did not end"
        return 1
    fi
    status=0
    wait "${VFU_PIDS[$name]}" || status=$?
    unset "VFU_PIDS[$name]"
}

vfu_serve() {
    [ -n "${VFU_DIR:-}" ] || vfu_setup
    vfu_start serve "$VFUSCOPE" serve "$VFU_SOCKET" "$@"
    vfu_await_text "$VFU_DIR/serve.err" '^listening on ' serve
}

vfu_server() {
    local i end=$((SECONDS + VFU_TIMEOUT))
    [ -n "${VFU_DIR:-}" ] || vfu_setup
    vfu_start server "$@"
    # Not connected to, to see it: many servers take one client only, ever. The kernel says who listens; it knows ours by the name
    # that they had before they came to their path.
    for ((i = 0; SECONDS <= end; i++)); do
        [ -S "$VFU_SOCKET" ] &&
            awk -v path="$VFU_SOCKET" -v before="${VFU_SOCKET%/*}/.${VFU_SOCKET##*/}.vfuscope-" '
                $4 == "00010000" && ($8 == path || index($8, before) == 1) { found = 1 } END { exit !found }' /proc/net/unix &&
            return 0
        if ! vfu_runs "${VFU_PIDS[server]}"; then
            echo "the server ended before it listened at $VFU_SOCKET"
            return 1
        fi
        vfu_nap $i
    done
    echo "the server does not listen at $VFU_SOCKET"
    return 1
}

vfu_tap() {
    vfu_start tap "$VFUSCOPE" tap "$VFU_TAP_SOCKET" "$VFU_SOCKET" "$@"
    vfu_await_text "$VFU_DIR/tap.err" '^listening on ' tap
}

vfu_tap_has() {
    vfu_await_text "$VFU_DIR/tap.out" "$1" tap
}

# Where a client connects: the tap if there is one.
vfu_front() {
    if [ -n "${VFU_PIDS[tap]:-}" ]; then
        echo "$VFU_TAP_SOCKET"
    else
        echo "$VFU_SOCKET"
    fi
}

vfu_shell() {
    local command arguments=()
    for command; do
        arguments+=(-c "$command")
    done
    run --separate-stderr timeout "$VFU_TIMEOUT" "$VFUSCOPE" shell "$(vfu_front)" --json "${arguments[@]}"
    VFU_RESULT=${lines[-1]-} # what is asserted on, whatever `run` runs next
}

vfu_ok() {
    vfu_shell "$@"
    [ "$status" = 0 ] || { echo "status $status: $stderr"; return 1; }
}

vfu_refused() {
    local wanted=$1
    shift
    vfu_shell "$@"
    [ "$status" = 1 ] || { echo "status $status, not 1: $stderr"; return 1; }
    [ "${#lines[@]}" = $# ] || { echo "an earlier command failed: $stderr"; return 1; }
    vfu_assert error.name == "$wanted"
}

vfu_field() {
    jq -er ".$1 | if type == \"object\" and has(\"raw\") then .raw else . end | values" <<< "$VFU_RESULT" ||
        { echo "the last result has no $1: $VFU_RESULT" >&2; return 1; }
}

# What a server chose, for a terminal: as JSON, in ASCII.
vfu_printable() {
    case $1 in
    *[!\ -~]*) jq -anc --arg text "$1" '$text' ;;
    *) printf '%s\n' "$1" ;;
    esac
}

vfu_assert() {
    local field=$1 op=$2 wanted=$3 found number='^(0[xX][0-9a-fA-F]+|[0-9]+)$' holds=1
    found=$(vfu_field "$field") || return 1
    if [[ $found =~ $number && $wanted =~ $number ]]; then
        ((found $op wanted)) || holds=
    elif [ "$op" = == ]; then
        [ "$found" = "$wanted" ] || holds=
    elif [ "$op" = '!=' ]; then
        [ "$found" != "$wanted" ] || holds=
    else
        echo "$field $op $wanted: only numbers can be compared so, and it is $(vfu_printable "$found")"
        return 1
    fi
    [ -n "$holds" ] || { echo "$field $op $wanted was expected, and it is $(vfu_printable "$found")"; return 1; }
}
