# vfuscope ping: how long a server takes to answer, and what is not an answer.
load lib/common

@test "ping: a line a reply, then percentiles; region, offset and size as asked" {
    serve
    tap
    run -0 "$VFUSCOPE" ping t -n 5 -i 0
    [ "${#lines[@]}" = 7 ]
    [[ ${lines[0]} =~ ^'4 bytes from config+0x0: seq=1 time='[0-9.]+' us'$ ]]
    [ "${lines[5]}" = '--- t: 5 sent, 5 answered, 0 of them with an error' ]
    [[ ${lines[6]} =~ ^'us: min '[0-9.]+', avg '[0-9.]+', p50 '[0-9.]+', p90 '[0-9.]+', p99 '[0-9.]+', p99.9 '[0-9.]+', max '[0-9.]+$ ]]
    run -0 "$VFUSCOPE" ping t -n 2 -i 0.001 --region 2 --offset 0x10 --size 64
    await_text tap.out 'REGION_READ .* bar2\+0x10 64 bytes' tap
    run -0 "$VFUSCOPE" ping t -n 1 --region bar0 --json
    [ "$(jq -c '[.ok,.latency_us > 0]' <<< "${lines[0]}")" = '[true,true]' ]
    [ "$(jq -c '[.sent,.answered,.errors,.p50_us == .max_us]' <<< "${lines[1]}")" = '[1,1,0,true]' ]
}

@test "ping: percentiles are of what was measured" {
    serve
    run -0 "$VFUSCOPE" ping s -n 200 -i 0 --json
    jq -s '(map(select(.seq).latency_us) | sort) as $l | last | .min_us == $l[0] and .p50_us == $l[99] and
        .p90_us == $l[179] and .p99_us == $l[197] and .max_us == $l[199]' <<< "$output" > same
    [ "$(cat same)" = true ]
}

@test "ping: error replies and no replies are status 1, no server 2, wrong options 2" {
    serve
    run -1 "$VFUSCOPE" ping s -n 2 -i 0 --region vga
    [[ ${lines[0]} == "EINVAL from vga+0x0: seq=1 time="* ]]
    [[ ${lines[2]} == *"2 answered, 2 of them with an error" ]]
    stop serve
    run -2 "$VFUSCOPE" ping s -n 1
    local wrong
    for wrong in '-n 0' '-n x' '-i -1' '-i x' '--region bar9' '--size 0' '--size 2M' ''; do
        # shellcheck disable=SC2086
        run -2 "$VFUSCOPE" ping ${wrong:+s} $wrong
    done
    fake less
    run -1 --separate-stderr "$VFUSCOPE" ping s -n 2 -i 0
    [[ $stderr == *"s: seq=2: the server answered with 1 byte of the 4 asked for"* ]]
    stop fake
    rm s
    fake die
    run -1 --separate-stderr "$VFUSCOPE" ping s -n 5 -i 0
    [[ $stderr == "vfuscope: s: seq=1: the server closed the connection" ]]
    [ "${lines[0]}" = '--- s: 1 sent, 0 answered, 0 of them with an error' ]
}

@test "ping: without -n it goes on until a signal, and sums up" {
    serve
    start ping "$VFUSCOPE" ping s -i 0.01
    await_text ping.out 'seq=3' ping
    stop ping INT
    [ "$status" = 0 ]
    grep -q '^us: min' ping.out
}
