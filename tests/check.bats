# vfuscope check: a conformance run against a server.
load lib/common

check() {
    timeout "$LIMIT" "$VFUSCOPE" check "$T/s" "$@"
}

@test "serve does all that is asked of a server" {
    start check "$VFUSCOPE" check "$T/s" --write --timeout "$LIMIT" # it waits for a server that is about to start
    serve
    await check 60
    [ "$status" -eq 0 ]
    output=$(< check.out)
    mapfile -t lines < check.out
    [[ ${lines[-1]} == *" pass, 0 fail, "* ]]
    [ "$(grep -c '^passes' <<< "$output")" -gt 170 ]
    lacks -v '^passes \|^n/a \|^[0-9]* pass' <<< "$output"
}

@test "so do its other devices, of which more can be asked" {
    start other "$VFUSCOPE" serve "$T/o" --device ram:bar1=16M
    serve --migration stop-copy
    run -0 check --write --only 'm*'
    [[ $output == *"passes  migration-no-pre-copy "* && ${lines[-1]} == *" pass, 0 fail, "* ]]
    await_text other.err '^listening on ' other
    run -0 "$VFUSCOPE" check o --write --timeout "$LIMIT"
    [[ $output == *"passes  read-too-much "* ]]
}

@test "without --write nothing is written" {
    serve
    tap -o messages
    run -0 timeout "$LIMIT" "$VFUSCOPE" check "$T/t" --timeout "$LIMIT"
    stop tap
    run -1 grep -E 'client > #[0-9]+ +REGION_WRITE ' messages
    run grep -E 'client > #[0-9]+ +REGION_WRITE_MULTI.*[1-9][0-9]* writes: [^ ]' messages
    [ "$status" -eq 1 ]
    run -1 grep -E 'client > #[0-9]+ +MIG_DATA_WRITE| MIG_DEVICE_STATE set (STOP|RUN|RES|PRE)[A-Z_]*$' messages
}

@test "TAP that prove reads" {
    need prove perl
    serve
    check --tap > tap.txt
    [ "$(head -n 1 tap.txt)" = "TAP version 13" ]
    plan=$(sed -n 's/^1\.\.//p' tap.txt)
    [ "$(grep -c '^ok' tap.txt)" -eq "$plan" ]
    run -0 prove --exec cat tap.txt
    [[ $output == *"Result: PASS"* ]]
}

@test "JSON, one object a requirement" {
    need jq jq
    serve
    check --json > json
    jq -es 'length > 170 and all(.[]; has("requirement") and has("section") and has("text") and
        (.result == "passes" or (.result == "does not apply" and has("why"))))' json
    [ "$(jq -r .requirement json | sort | uniq -d)" = "" ]
    [ "$(jq -r .requirement json)" = "$("$VFUSCOPE" check --list | cut -d' ' -f1)" ]
}

@test "a server that is not there, a path that is too long, two formats: usage" {
    run -2 check
    [[ $output == *"vfuscope: $T/s: can't connect"* ]]
    run -2 "$VFUSCOPE" check "$(printf '%0200d' 0)"
    run -2 "$VFUSCOPE" check s --tap --json
    run -2 "$VFUSCOPE" check s --timeout 0
    run -2 "$VFUSCOPE" check s --timeout 5x
    run -2 "$VFUSCOPE" check
}

@test "one requirement, some, all but some" {
    need jq jq
    serve
    run -0 check --only read --only 'irq-i*' --ignore irq-index
    [ "${#lines[@]}" -eq 3 ]
    [[ ${lines[0]} == "passes  irq-info "* && ${lines[1]} == "passes  read "* && ${lines[2]} == "2 pass, "* ]]
    run -0 check --only write --tap
    [[ ${lines[1]} == 1..1 && ${lines[2]} == "ok 1 - write: "*" # SKIP not without --write" ]]
    [ "$("$VFUSCOPE" check --list --only 'wri*e' --json | jq -c '[.requirement, .section, .writes]')" = \
        '["write","VFIO_USER_REGION_WRITE",true]' ]
    run -2 check --only read --only nothing
    [ "$output" = "vfuscope: --only nothing: no such requirement (--list lists them)" ]
    run -2 check --ignore '*'
}

@test "a server that never answers costs a bounded time" {
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" mute
    await_text "$T/fake.err" '^listening on ' fake
    run -1 check --timeout 100ms
    [ "$(grep -c ' came: nothing in 0.1 s' <<< "$output")" -lt 10 ] # then it is asked no more
    [[ $output == *"FAILS   version "* && $output == *" not tried: the server stopped answering (version)"* ]]
    [ "$(grep -c '^FAILS' <<< "$output")" -eq 1 ]
    run -1 check --timeout 100ms --only read # what it needs fails, asked for or not
    [ "${lines[-1]}" = "0 pass, 0 fail, 0 do not apply, 1 not tried" ]
}

@test "so does one that talks without end" {
    start fake python3 -c '
import socket, struct, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listening on", sys.argv[1], file=sys.stderr, flush=True)
dma_read = struct.pack("<HHIIIQQ", 1, 11, 32, 0x10, 0, 0x1000, 4)
while True:
    client = listener.accept()[0]
    try:
        while True:
            client.sendall(1000 * dma_read)
    except OSError:
        client.close()' "$T/s"
    await_text "$T/fake.err" '^listening on ' fake
    run -1 check --timeout 100ms --only 'version*'
    [[ $output == *"FAILS   version "*"came: nothing in 0.1 s"* ]]
}

@test "a signal ends it" {
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" mute
    await_text "$T/fake.err" '^listening on ' fake
    start check "$VFUSCOPE" check "$T/s" --timeout 60
    await_text "$T/fake.out" '^1 ' fake
    stop check INT
    [ "$status" -eq 130 ]
}

# FAULTS=list: each fault has a server of its own, which takes its time. The sanitizers see each fault once.
@test "a server with a fault fails the one requirement that is about it" {
    [ "$(python3 "$BATS_TEST_DIRNAME/lib/faulty.py" --list | sort)" = \
        "$("$VFUSCOPE" check --list | cut -d' ' -f1 | sort)" ]
    [[ $VFUSCOPE != *-asan/* ]] || : "${FAULTS:=once}"
    for lane in 0 1 2; do
        python3 "$BATS_TEST_DIRNAME/lib/faulty.py" --"${FAULTS:-groups}" | awk "NR % 3 == $lane" > groups$lane
        mkdir faults$lane
        start serve$lane "$VFUSCOPE" serve $lane
        await_text serve$lane.err '^listening on ' serve$lane
        start faulty$lane python3 "$BATS_TEST_DIRNAME/lib/faulty.py" faults$lane $lane $(< groups$lane)
        await_text faulty$lane.err '^listening on ' faulty$lane
        for i in $(seq 0 $(($(wc -l < groups$lane) - 1))); do
            timeout "$LIMIT" "$VFUSCOPE" check faults$lane/"$i" --write --timeout 3s --json > $lane.$i.json || true
        done &
        lanes+=($!)
    done
    wait "${lanes[@]}"
    for lane in 0 1 2; do
        i=0
        while read -r group; do
            failed=$(sed -n 's/^{"requirement":"\([^"]*\)".*"result":"fails".*/\1/p' $lane.$i.json | sort)
            [ "$failed" = "$(tr , '\n' <<< "$group" | sed 's/:.*//' | sort -u)" ] || { echo "$group:" $failed; bad=yes; }
            i=$((i + 1))
        done < groups$lane
    done
    [ -z "${bad:-}" ]
}

@test "areas that have files of their own are mapped from those" {
    fake files
    run -0 "$VFUSCOPE" check s --only region-map
    stop fake
    rm -f s
    fake files-lost
    run -1 "$VFUSCOPE" check s --only region-map
    [[ $output == *"fd_index 5, 2 descriptors came"* ]]
}

# faulty FAULT,...: a server with these faults at $T/s; the good one that it stands before at $T/good
faulty() {
    start good "$VFUSCOPE" serve good
    await_text good.err '^listening on ' good
    mkdir faulty
    start faulty python3 "$BATS_TEST_DIRNAME/lib/faulty.py" faulty good "$1"
    await_text faulty.err '^listening on ' faulty
    ln -s faulty/0 s
}

@test "a failure is a violation, or suspicious: that alone fails nothing" {
    need jq jq
    faulty map-again,read-wrap
    run -1 check --only map-again --only read-wrap
    [[ $output == *$'\n        why:  suspicious: EEXIST was due; see VFIO_USER_DMA_MAP'* ]]
    [[ $output == *$'\n        why:  an error reply was due; see '* ]]
    [ "${lines[-1]}" = "0 pass, 2 fail (1 suspicious), 0 do not apply, 0 not tried" ]
    run -0 check --only map-again --only read
    run -0 check --only map-again --json
    [ "$(jq -c '[.result, .severity]' <<< "$output")" = '["fails","suspicious"]' ]
    run -1 check --only read-wrap --json
    [ "$(jq -c '[.result, .severity]' <<< "$output")" = '["fails","violation"]' ]
    run -1 check --only map-again --only read-wrap --tap
    [[ ${lines[2]} == "not ok 1 - read-wrap: "* && ${lines[2]} != *TODO* ]]
    [ "$(grep '^not ok 2' <<< "$output")" = \
        "not ok 2 - map-again: the same mapping again gets EEXIST # TODO suspicious" ]
}

@test "--known: what is known to fail fails nothing, what is new does, and what passes now is told" {
    need jq jq
    faulty map-again,read-wrap
    run -1 --separate-stderr check --only map-again --only read-wrap --only read --save-known known
    [ "$(grep -v '^#' known)" = $'read-wrap\nmap-again' ] || [ "$(grep -v '^#' known)" = $'map-again\nread-wrap' ]
    [ -z "$stderr" ]
    run -0 --separate-stderr check --only map-again --only read-wrap --fail-on suspicious --known known
    [[ $output == *$'known   read-wrap '* && ${lines[-1]} == "0 pass, 2 fail (1 suspicious, 2 known), "* ]]
    [ -z "$stderr" ]
    run -0 check --only read-wrap --known known --tap
    [[ ${lines[2]} == "not ok 1 - read-wrap: "*" # TODO known" ]]
    run -0 check --only read-wrap --known known --json
    [ "$(jq -c '[.result, .known]' <<< "$output")" = '["fails",true]' ]
    printf '\n  # a wart\nmap-again since 2024\nread\n' > other
    run -1 --separate-stderr check --only map-again --only read-wrap --only read --known other
    [ "$stderr" = "vfuscope: read is known to fail (--known), and passes now" ]
    echo nosuch >> other
    run -2 --separate-stderr check --known other
    [[ $stderr == "vfuscope: other:5: nosuch: "* ]]
    run -2 --separate-stderr check --known none
    [[ $stderr == "vfuscope: --known none: No such file"* ]]
}

@test "a failing misfit is said, and fails the run where that is asked for" {
    need jq jq
    faulty pci-msix-pba,map-again
    run -0 check --only pci-msix-pba --only map-again
    [[ $output == *"FAILS   pci-msix-pba "*$'\n        why:  misfit: PBA: bar4+0x1000 is outside bar4 (0x1000); see '* ]]
    [ "${lines[-1]}" = "0 pass, 2 fail (1 misfit, 1 suspicious), 0 do not apply, 0 not tried" ]
    run -1 check --only pci-msix-pba --fail-on misfit
    run -1 check --only pci-msix-pba --fail-on suspicious
    run -0 check --only map-again --fail-on misfit
    run -0 check --only map-again --fail-on violation
    run -2 check --only map-again --fail-on warning
    [ "$output" = "vfuscope: --fail-on warning: violation, misfit or suspicious" ]
    run -0 check --only pci-msix-pba --json
    [ "$(jq -c '[.result, .severity]' <<< "$output")" = '["fails","misfit"]' ]
    run -0 check --only pci-msix-pba --tap
    [[ ${lines[2]} == "not ok 1 - pci-msix-pba: "*" # TODO misfit" ]]
    run -1 check --only pci-msix-pba --tap --fail-on misfit
    [[ ${lines[2]} == "not ok 1 - pci-msix-pba: "* && ${lines[2]} != *TODO* ]]
    [ "$("$VFUSCOPE" check --list --only pci-msix-pba)" = \
        "pci-msix-pba               MSI-X's pending bits lie in a BAR that exists (VFIO_USER_DEVICE_GET_REGION_INFO) misfit" ]
}

@test "the MSI-X capability that can't be is found, and a controller that Windows refuses" {
    faulty pci-msix-table,pci-msix-vectors,nvme-bar0-size
    run -0 check --only 'pci-*' --only 'nvme-*'
    [[ $output == *"misfit: MSI-X table: bar1 has size 0;"* ]]
    [[ $output == *"misfit: MSI-X: 3 vectors, the interrupt info says 4;"* ]]
    [[ $output == *"misfit: BAR0 has 8K: Windows needs 16K (MLBAR bits 13:4 are reserved);"* ]]
    [[ $output == *"passes  pci-msi-vectors "* ]]
    [[ $output == *"untried pci-msix-mapped "*" (pci-msix-table)"* ]]
}

@test "each of the decoder's misfits about a device is asked for, in the same words" {
    "$VFUSCOPE" check --list | sed -n 's/ misfit$//p' > requirements
    "$VFUSCOPE" explain --json |
        jq -r 'select(.kind == "misfit" and (.name | test("version") | not)) | "\(.name) \(.text) (\(.section))"' > misfits
    [ "$(wc -l < misfits)" -ge 17 ]
    while read -r id text; do
        grep -qxF -- "$(printf '%-26s %s' "$id" "$text")" requirements || { echo "$id: not there, or in other words"; bad=yes; }
    done < misfits
    [ -z "${bad:-}" ]
}

@test "what needs what fails is not tried" {
    need jq jq
    faulty irq-eventfd
    run -1 check --only 'irq-*' --json
    [ "$(jq -r 'select(.result == "fails").requirement' <<< "$output")" = irq-eventfd ]
    [ "$(jq -r 'select(.needs == "irq-eventfd" and .result == "not tried").requirement' <<< "$output" | xargs)" = \
        "irq-trigger irq-take-away irq-disable irq-bool irq-replace irq-disconnect" ]
    jq -es 'any(.[]; .requirement == "irq-wrap" and .result == "passes")' <<< "$output"
    run -1 check --only irq-bool --tap # though it is not asked for what fails
    [[ ${lines[2]} == "ok 1 - irq-bool: "*" # SKIP not tried: an eventfd was to be taken (irq-eventfd)" ]]
}

@test "a refused command whose body stays in the stream is blamed alone" {
    need jq jq
    faulty refused-body
    run -1 check --only refused-body --only 'irq-*' --json
    [ "$(jq -r 'select(.result == "fails").requirement' <<< "$output")" = refused-body ]
    [[ $(jq -r 'select(.result == "fails") | .sent, .came' <<< "$output") == \
        *"client > DEVICE_GET_INFO "*$'\n'*"error EINVAL"* ]]
    [ "$(jq -r 'select(.needs == "refused-body").requirement' <<< "$output")" = irq-wrap ] # it goes on behind refusals
    run -1 check --only irq-wrap
    [ "${lines[-1]}" = "0 pass, 0 fail, 0 do not apply, 1 not tried" ]
}

@test "a server that ends with its client is waited for" {
    start loop bash -c 'trap "kill \$!; exit" TERM; while :; do "$0" serve s --once & wait; done' "$VFUSCOPE"
    run -0 check --write --ignore 'disconnect-*'
    [[ ${lines[-1]} == *" pass, 0 fail, "*" 0 not tried" && $output == *"n/a     state-retained "* ]]
}

@test "a connection to a server that is ending is no answer" {
    # It accepts a VERSION that is too short; when its client leaves, another one's connection ends with it.
    cat > lingers.py <<'EOF'
import select, socket, struct
listener = socket.socket(socket.AF_UNIX)
listener.bind("s")
listener.listen()
client = listener.accept()[0]
while header := client.recv(16, socket.MSG_WAITALL):
    ident, command, size, flags, _ = struct.unpack("<HHIII", header)
    client.recv(size - 16, socket.MSG_WAITALL)
    payload = {1: bytes(4), 4: struct.pack("<IIII", 16, 0, 0, 0)}.get(command)
    error = 0 if payload is not None else 22
    client.sendall(struct.pack("<HHIII", ident, command, 16 + len(payload or b""), 0x21 if error else 1, error) +
                   (payload or b""))
select.select([listener], [], [], 0.2)
EOF
    run -1 check --only version-short -- python3 lingers.py
    [[ ${lines[-1]} == "0 pass, 1 fail, "* ]]
}

@test "the command that is the server: started again whenever it ends, and ended" {
    printf '#!/bin/sh\necho $$ >> pids\nexec "$VFUSCOPE" serve s "$@"\n' > server
    chmod +x server
    export VFUSCOPE
    run -0 check --write -- ./server --once
    [[ $output == *" pass, 0 fail, "* ]]
    [ "$(wc -l < pids)" -gt 100 ]
    while read -r pid; do
        run -1 kill -0 "$pid"
    done < <(tail -n 3 pids)
    rm pids
    run -0 check --only read --only 'irq-*' -- ./server
    [ "$(wc -l < pids)" -eq 1 ]
    run -1 kill -0 "$(< pids)"
    python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("s")' # nobody serves it: no server could either
    run -0 check --only read -- ./server
}

@test "a command that is no server, or in whose place somebody serves: usage" {
    run -2 check -- ./nothing
    [[ $output == *"vfuscope: ./nothing: can't start it: No such file or directory" ]]
    run -2 check -- false
    [ "$output" = "vfuscope: false: exited with status 1" ]
    serve
    run -2 check -- "$VFUSCOPE" serve s
    [ "$output" = "vfuscope: $T/s: somebody serves there already" ]
}

@test "a command that crashes fails what was asked then, though it is started again" {
    run -1 check --only version --only unknown-command --only info --json -- \
        python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" s crash
    [[ $output == *'"unknown-command",'*'"result":"fails",'*"killed by signal 6 (Aborted)"* ]]
    [ "$(grep -c '"result":"passes"' <<< "$output")" -eq 2 ]
}

@test "through a tap with plugins nothing else fails: they let go of memory before the client is told" {
    serve
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    export VFUSCOPE_PLUGIN_TIMEOUT=$LIMIT # on a busy machine, too
    for more in "" "--expose irq"; do
        tap -q $more
        for _ in 1 2 3; do
            run -0 "$VFUSCOPE" check t --write --timeout "$LIMIT"
            [[ ${lines[-1]} == *" pass, 0 fail, "*" 0 not tried" ]]
            [[ $output == *"passes  unmap-release "* && $output == *"passes  disconnect-release "* ]]
        done
        stop tap
        rm -f t
    done
}

@test "a relay that loses descriptors is named once, and the server not blamed for it" {
    serve
    relay
    run -0 --separate-stderr "$VFUSCOPE" check relay --write --timeout 20s
    [[ $stderr == "vfuscope: descriptors get lost between here and the server: a relay such as socat? (python3, pid "* ]]
    [ "$(wc -l <<< "$stderr")" -eq 1 ]
    lacks '^FAILS' <<< "$output"
    [ "$(grep -c '^untried .*: not tried: descriptors get lost' <<< "$output")" -gt 20 ]
    grep -q '^untried irq-trigger ' <<< "$output"
    grep -q '^passes  irq-wrap ' <<< "$output"
}

@test "a server that forgets its descriptors is blamed, also if it forgets all" {
    faulty version-twin,region-fd,io-fds
    run -1 --separate-stderr check --json
    [ -z "$stderr" ]
    [ "$(sed -n 's/^{"requirement":"\([^"]*\)".*"result":"fails".*/\1/p' <<< "$output" | xargs)" = \
        "version-twin region-fd io-fds" ]
}

@test "the manual says which requirements are suspicious" {
    [ "$("$VFUSCOPE" check --list | sed -n 's/ .*) suspicious.*//p' | sort)" = \
        "$(sed -n '/^A server that fails a requirement/,/^\.El/s/^\.Cm //p' "$BATS_TEST_DIRNAME/../man/vfuscope-check.1" |
            tr -d '.,' | xargs -n 1 | sort)" ]
}

@test "a server that serves one client only fails from there on" {
    start fake "$VFUSCOPE" serve "$T/s" --once
    await_text "$T/fake.err" '^listening on ' fake
    run -1 check --timeout 100ms
    [ "$(grep -c '^FAILS' <<< "$output")" -eq 1 ]
    [[ $output == *"FAILS   reconnect "* && $output == *"untried irq-wrap "*" not tried: "*" (reconnect)"* ]]
}
