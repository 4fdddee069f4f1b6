# vfuscope check: a conformance run against a server.
load lib/common

check() {
    timeout 120 "$VFUSCOPE" check "$T/s" "$@"
}

@test "serve does all that is asked of a server" {
    serve
    run -0 check --write
    [[ ${lines[-1]} == *" pass, 0 fail, "* ]]
    [ "$(grep -c '^passes' <<< "$output")" -gt 90 ]
    run ! grep -v '^passes \|^n/a \|^[0-9]* pass' <<< "$output"
}

@test "without --write nothing is written" {
    serve
    tap -o messages
    run -0 timeout 60 "$VFUSCOPE" check "$T/t"
    stop tap
    run -1 grep -E 'client > REGION_WRITE ' messages
    run grep -E 'client > REGION_WRITE_MULTI.*[1-9][0-9]* writes: [^ ]' messages
    [ "$status" -eq 1 ]
    run -1 grep -E 'client > (MIG_DATA_WRITE)' messages
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
    jq -es 'length > 90 and all(.[]; has("requirement") and has("section") and has("text") and
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
    run -2 "$VFUSCOPE" check
}

@test "a server that never answers costs a bounded time" {
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" mute
    await_text "$T/fake.err" '^listening on ' fake
    SECONDS=0
    run -1 check --timeout 1
    [ "$SECONDS" -lt 15 ]
    [[ $output == *"not tried: the server stopped answering"* ]]
}

@test "a signal ends it" {
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" mute
    await_text "$T/fake.err" '^listening on ' fake
    start check "$VFUSCOPE" check "$T/s" --timeout 60
    await_text "$T/fake.out" '^1 ' fake
    stop check INT
    [ "$status" -eq 130 ]
}
