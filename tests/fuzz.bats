# vfuscope fuzz: servers that fall over, and such that do not (tests/tools/falls.c).
load lib/common

# fuzz FAULT [OPTION...]: a server with that fault; its capture is at $T/found
fuzz() {
    local fault=$1
    shift
    run --separate-stderr timeout "$LIMIT" "$VFUSCOPE" fuzz s --seed 3 --connections 60 -w found "$@" -- "$TOOLS/falls" s "$fault" trace
}

# again FAULT [OPTION...]: what was found, sent to a server that has just begun; the server's status is in $status
again() {
    local fault=$1
    shift
    rm -f s
    start falls "$TOOLS/falls" s "$fault"
    await_that test -S s
    run timeout "$LIMIT" "$VFUSCOPE" replay found s "$@"
    await falls
}

@test "a size, a wrap, a state, a status, a report: each is found, made small, and kills again" {
    for case in "size:crash:1:134" "wrap:crash:1:139" "reset:crash:2:134" "exit:exit:1:3"; do
        IFS=: read -r fault kind messages ended <<< "$case"
        fuzz "$fault" --json
        [ "$status" -eq 1 ]
        [ "$(json '[.found, .again, .small, .file]')" = "[\"$kind\",true,$messages,\"found\"]" ]
        [ "$("$VFUSCOPE" decode found --json --no-pairs | jq -s '[.[] | select(.from == "client")] | length')" = "$messages" ]
        again "$fault"
        [ "$status" -eq "$ended" ]
    done
    fuzz report
    [ "$status" -eq 1 ]
    [[ ${lines[0]} == *": falls.c:1:2: runtime error: this is no command" ]]
    [[ $output == *"it said last:"*"| falls.c:1:2: runtime error"* ]]
    [[ ${lines[-1]} == "  saved: found; to send it again: vfuscope replay found s" ]]
}

@test "what takes two connections is made small, too, and replay sends both" {
    fuzz two
    [ "$status" -eq 1 ]
    [[ $output == *"it takes 2 messages of "* && $output == *"(the next connection)"* ]]
    [[ ${lines[-1]} == *"vfuscope replay found s --conn all" ]]
    again two --conn all
    [ "$status" -eq 134 ]
}

@test "a server that waits for ever hangs, and one that leaks descriptors is seen growing" {
    fuzz hang --timeout 1s --json
    [ "$status" -eq 1 ]
    [ "$(json '[.found, .again, .small]')" = '["hang",true,1]' ]
    fuzz leak --json
    [ "$status" -eq 1 ]
    [ "$(json '[.found, .again, .small]')" = '["descriptors",true,1]' ]
    [ "$("$VFUSCOPE" decode found --json | jq -r 'select(.from == "client") | .command')" = DMA_MAP ]
}

@test "no finding: who closes what it does not like, ends with its client, or takes its time" {
    for fault in none once closes slow; do
        fuzz "$fault"
        [ "$status" -eq 0 ]
        [[ $output == "seed 3: 60 connections, "*": nothing found" ]]
    done
    [ ! -e found ]
}

@test "the same seed says the same, and another one something else" {
    fuzz none
    head -n 1500 trace > first
    fuzz none
    head -n 1500 trace | cmp first -
    fuzz none --seed 4
    run ! cmp -s first <(head -n 1500 trace)
    fuzz size
    "$VFUSCOPE" decode found --json | jq -c 'select(.no) | del(.time, .latency_us)' > first
    fuzz size
    diff first <("$VFUSCOPE" decode found --json | jq -c 'select(.no) | del(.time, .latency_us)')
}

@test "our own device survives" {
    for device in edu ram:bar0=4K,bar2=mmap:64K,msix=8; do
        run -0 timeout "$LIMIT" "$VFUSCOPE" fuzz s --seed 11 --connections 60 -- "$VFUSCOPE" serve s --device "$device"
        [[ ${lines[-1]} == "seed 11: 60 connections, "* ]]
    done
}

@test "a server that it did not start is only told such things with --yes" {
    serve
    run -2 --separate-stderr "$VFUSCOPE" fuzz s --seed 1
    [[ $stderr == *"-- COMMAND, or say --yes"* ]]
    run -0 timeout "$LIMIT" "$VFUSCOPE" fuzz s --seed 1 --connections 20 --yes
    stop serve
    start falls "$TOOLS/falls" s size
    await_that test -S s
    run -1 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" fuzz s --seed 3 --connections 60 --timeout 1s --yes -w found
    [[ ${lines[0]} == *"nobody serves there any more" ]]
    await falls
    rm -f s
    again size
    [ "$status" -eq 134 ]
}

@test "mistakes, and a server that falls over before anything is wrong" {
    run -2 --separate-stderr "$VFUSCOPE" fuzz
    [[ $stderr == *"SOCKET"* ]]
    run -2 --separate-stderr "$VFUSCOPE" fuzz s --time never -- true
    [[ $stderr == *"--time never"* ]]
    run -2 --separate-stderr "$VFUSCOPE" fuzz s -- false
    [[ $stderr == *"exited with status 1"* ]]
    run -2 --separate-stderr "$VFUSCOPE" fuzz s -- ./nothing-there
    [[ $stderr == *"can't start it"* ]]
    start fuzz "$VFUSCOPE" fuzz s --seed 1 -- "$TOOLS/falls" s none trace
    await_text trace '^left' fuzz
    stop fuzz INT
    [ "$status" -eq 130 ]
}

# odd HOW [OPTION...]: a client of that kind, and a server that is odd
odd() {
    local how=$1
    shift
    run --separate-stderr timeout "$LIMIT" "$VFUSCOPE" fuzz --client c --seed 7 --connections 40 --timeout 1s -w found "$@" -- "$TOOLS/trusts" c "$how"
}

@test "--client: one that dies of a count is found, made small, and found again by its connection" {
    odd count --json
    [ "$status" -eq 1 ]
    [ "$(json '[.found, .again, .small, .file]')" = '["crash",true,1,"found"]' ]
    "$VFUSCOPE" decode found --json | jq -se '[.[] | select(.from == "server" and .payload.count > 4)] | length == 1'
    connection=$(json .connection)
    odd count --from "$connection" --connections 1
    [ "$status" -eq 1 ]
    [[ ${lines[1]} == "  it takes 1 odd message of "* && ${lines[2]} == "    REGION_READ "* ]]
    [[ ${lines[-1]} == *"vfuscope fuzz --client c --seed 7 --from $connection --connections 1" ]]
}

@test "--client: one that never ends behind an error hangs; one that gives up does well; mistakes" {
    odd error --json
    [ "$status" -eq 1 ]
    [ "$(json '[.found, .again, .small]')" = '["hang",true,1]' ]
    rm found
    odd right
    [ "$status" -eq 0 ]
    [[ ${lines[-1]} == "seed 7: "*": nothing found" ]]
    [ ! -e found ]
    run -2 --separate-stderr "$VFUSCOPE" fuzz s --client c -- true
    [[ $stderr == *"there is no other"* ]]
    run -2 --separate-stderr "$VFUSCOPE" fuzz --client c -- true
    [[ $stderr == *"it does not connect"* ]]
    run -2 --separate-stderr "$VFUSCOPE" fuzz --client c -- ./nothing-there
    [[ $stderr == *"can't start it"* ]]
}
