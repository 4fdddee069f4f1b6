# What the shell asks when it has connected, as a VMM does, and what it knows by it.
load lib/common

# asked: the client's commands in what the tap printed, in a line
asked() {
    awk '/ client > / { print $6 }' tap.out | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }'
}

# watched STATUS ARGUMENT...: the shell with these, over a tap that finds nothing in it
watched() {
    tap --once --fail-on suspicious
    run "-$1" --separate-stderr shell "${@:2}"
    await tap
    [ "$status" = 0 ] || { cat tap.out; false; }
}

@test "at the start it asks what a VMM asks, and a tap finds nothing in it" {
    serve
    watched 0 -c 'read bar0' -c 'write bar2+0x8000 1'
    [ "$output" = 0x10000ed ]
    [ -z "$stderr" ]
    [ "$(asked)" = "1 VERSION, 1 DEVICE_GET_INFO, 9 DEVICE_GET_REGION_INFO, 5 DEVICE_GET_IRQ_INFO, 2 REGION_READ, 1 REGION_WRITE" ]
    grep -q 'REGION_READ .* config+0x0 256 bytes' tap.out
}

@test "--raw sends VERSION, --no-negotiate nothing; --json prints nothing for what is asked" {
    serve
    watched 0 --raw -c 'timeout 1s'
    [ "$(asked)" = '1 VERSION' ]
    tap --once
    run -0 --separate-stderr shell --no-negotiate -c 'timeout 1s'
    await tap
    [ "$(asked)" = '' ]
    run -0 shell --json -c 'timeout 1s'
    [ "$output" = '{"command":"timeout","ok":true,"timeout_ms":1000}' ]
}

@test "ping asks before it reads, and check does, too" {
    serve
    tap --fail-on suspicious --ignore info-index
    "$VFUSCOPE" ping t -n 1 --region bar0 > ping.out
    stop tap
    [ "$status" = 0 ]
    [ "$(asked)" = '1 VERSION, 1 DEVICE_GET_INFO, 1 DEVICE_GET_REGION_INFO, 1 REGION_READ' ]
}

@test "a region whose reply wants more room is asked for again" {
    fake files
    run -0 --separate-stderr shell -c 'read bar0'
    [ "$(grep -c '^5 ' fake.out)" -ge 9 ]
}

@test "errors to what is asked make no script fail, and say nothing" {
    local mode
    for mode in refused refused-regions; do
        fake "$mode"
        run -0 --separate-stderr shell -c 'read bar0'
        [ "$output" = 0x11223344 ]
        [ -z "$stderr" ]
        stop fake
        rm s
    done
}

@test "behind the first question that is not answered nothing more is asked, and the answer is swallowed" {
    fake slow-region
    tap --once
    run -0 --separate-stderr shell -c 'read bar1' -c 'read bar0' -c 'expect value == 0x11223344'
    [ -z "$stderr" ]
    await tap
    [ "$(asked)" = '1 VERSION, 1 DEVICE_GET_INFO, 1 DEVICE_GET_REGION_INFO, 2 REGION_READ' ]
    grep -q 'server < .*DEVICE_GET_REGION_INFO  *2 ' tap.out # it came
}

@test "an access past a region's end is sent, and its refusal says why" {
    serve
    run -1 --separate-stderr shell -c 'read bar0+0x200000'
    [ "$stderr" = 'vfuscope: -c:1: read: the server answered EINVAL: bar0 has 0x100000 bytes' ]
}
