# vfuscope check --client: cases that clients are put through.
load lib/common

client() {
    timeout "$LIMIT" python3 "$BATS_TEST_DIRNAME/lib/case_client.py" "$@"
}

# judged [OPTION...]: the cases, one a connection, at $T/c; then `client c` goes through them
judged() {
    start judge "$VFUSCOPE" check --client c "$@"
    await_text judge.err '^listening on ' judge
}

# What fails, of JSON
failed() {
    jq -r 'select(.result == "fails") | .requirement' "$1"
}

setup_file() {
    command -v jq > /dev/null || skip "needs the Debian package jq"
    VFUSCOPE=${VFUSCOPE:-$BATS_TEST_DIRNAME/../build/vfuscope}
    "$VFUSCOPE" check --client x --list | cut -d' ' -f1 > "$BATS_FILE_TMPDIR/cases"
    export CASES=$BATS_FILE_TMPDIR/cases
}

@test "a client that looks at all that comes passes every case" {
    judged --json --ignore late-very
    client c +twin +trace 2> gave-up
    await judge
    [ "$status" -eq 0 ]
    jq -es 'length > 90 and all(.[]; has("requirement") and has("section") and has("text") and has("done") and has("did") and
        has("due") and (.result == "passes" or (.result == "does not apply" and has("why"))))' judge.out
    # What ends with the connection is seen of a command only
    [ "$(jq -r 'select(.result != "passes") | .requirement' judge.out)" = "$(grep '^dies-' "$CASES")" ]
    # Each case that it gives up for was noticed as that, once
    [ "$(grep -c 'gave up: error-' gave-up)" = 17 ]
}

@test "for each case, a client with that fault fails it" {
    export CASE_TIMEOUT=10
    [[ $VFUSCOPE != *-asan/* ]] || : "${FAULTS:=once}"
    judged --json --ignore late-very
    client c +twin $(grep -v -e '^dies-' "$CASES")
    await judge
    [ "$status" -eq 1 ]
    diff <(failed judge.out) <(grep -v -e '^dies-' -e '^late-very' "$CASES")
    [ "${FAULTS:-}" = list ] || return 0
    for fault in $(grep -v -e '^dies-' -e '^late-very' "$CASES"); do
        judged --json --ignore late-very
        client c +twin "$fault"
        await judge
        [ "$(failed judge.out)" = "$fault" ] || { echo "$fault:" $(failed judge.out); bad=yes; }
    done
    [ -z "${bad:-}" ]
}

@test "a server that dies: the command's process is seen, whether it crashes then or ends" {
    run -0 "$VFUSCOPE" check --client c --only 'dies-*' --timeout "$LIMIT" -- \
        python3 "$BATS_TEST_DIRNAME/lib/case_client.py" c +once
    [[ ${lines[-1]} == "10 pass, 0 fail, "* ]]
    run -1 "$VFUSCOPE" check --client c --only 'dies-*' --timeout "$LIMIT" -- \
        python3 "$BATS_TEST_DIRNAME/lib/case_client.py" c +once $(grep '^dies-' "$CASES")
    [[ $output == *"why:  it crashed: python3: killed by signal 11"* ]]
    [[ ${lines[-1]} == "0 pass, 10 fail, "* ]]
}

@test "a reply that comes very late is survived, and a client that has waited for it too long is seen" {
    export CASE_TIMEOUT=3
    judged --json --only late-very --timeout 3s
    client c +trace 2> gave-up
    await judge
    [ "$status" -eq 0 ]
    grep -q 'gave up: late-very' gave-up
    judged --json --only late-very --timeout 3s
    client c late-very
    await judge
    [ "$status" -eq 1 ]
    [ "$(failed judge.out)" = late-very ]
}

@test "the shell passes all cases that are about what it does" {
    run -0 --separate-stderr "$VFUSCOPE" check --client c --ignore late-very --timeout 20s -- \
        "$VFUSCOPE" shell c -c 'dma map 0x10000 64K' -c 'dma map 0x20000 64K --ro' -c 'dma map 0x40000 64K' -c 'read bar0' \
        -c 'irq arm msix 0-1' -c 'dma unmap 0x40000 64K' -c 'write bar0+4 l 5' -c 'feature get MIGRATION' -c reset -c 'read bar0'
    lacks '^FAILS' <<< "$output"
    [[ ${lines[-1]} =~ ^(8[0-9])" pass, 0 fail, " ]]
}

@test "a client that hangs is ended, with what it started, and TAP and text say what was done, did, due" {
    cat > hangs <<'END'
import socket, subprocess, sys, time
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
child = subprocess.Popen(["sleep", "1000"])
print(child.pid, file=open("pid", "w"), flush=True)
time.sleep(1000)
END
    run -1 "$VFUSCOPE" check --client c --only plain --timeout 3s -- python3 hangs c
    [[ $output == *$'\n        done: nothing: '*$'\n        did:  sent 0 commands, and hung\n        due:  '*"why:  it hung: "* ]]
    await_that gone "$(< pid)"
    run -1 "$VFUSCOPE" check --client c --only plain --timeout 3s --tap -- python3 hangs c
    [[ $output == *$'\nnot ok 1 - plain: '*$'\n  due: "'* ]]
    run -1 "$VFUSCOPE" check --client c --only plain --only 'version-n*' --timeout 20s -- true
    [[ $output == *"why:  it did not connect"* && $output == *"untried version-none "*"does not connect without that, too (plain)"* ]]
    [[ ${lines[-1]} == "0 pass, 1 fail, 0 do not apply, 3 not tried" ]]
}

@test "--known, --list and mistakes, as of servers" {
    judged --json --only 'error-*' --save-known known
    client c error-0 error-max
    await judge
    [ "$status" -eq 1 ]
    [ "$(grep -v '^#' known)" = $'error-0\nerror-max' ]
    judged --json --only 'error-*' --known known
    client c error-0
    await judge
    [ "$status" -eq 0 ]
    [ "$(jq -r 'select(.known) | .requirement' judge.out)" = error-0 ]
    [[ $(< judge.err) == *"error-max is known to fail (--known), and passes now"* ]]
    run -2 --separate-stderr "$VFUSCOPE" check --client c --only eror-0
    [[ $stderr == *"error-0"* ]]
    run -2 --separate-stderr "$VFUSCOPE" check s --client c
    [[ $stderr == *"there is no other"* ]]
    run -2 --separate-stderr "$VFUSCOPE" check --client c -- ./nothing-there
    [[ $stderr == *"can't start it"* ]]
}

@test "a signal ends it" {
    judged --json
    stop judge INT
    [ "$status" -eq 130 ]
    [ ! -e c ]
}
