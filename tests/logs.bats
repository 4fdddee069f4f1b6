# What else happened then: marks, and lines of other logs, between the messages.
load lib/common

# itap [OPTION...]: a tap with a prompt; what is written to descriptor 8 is typed there
itap() {
    mkfifo input
    start tap bash -c 'exec "$0" tap t s -i --control control "$@" < input' "$VFUSCOPE" "$@"
    exec 8> input
    await_text tap.err '^listening on ' tap
}

at_tap() {
    timeout "$LIMIT" "$VFUSCOPE" shell --tap "$T/control" "$@" 8>&-
}

# One that stays: what is written to descriptor 9 is for the client's shell
client() {
    mkfifo fifo
    start client bash -c 'exec "$0" shell t --json < fifo' "$VFUSCOPE" 8>&-
    exec 9> fifo
    echo 'read bar0' >&9
    await_text client.out '"read"'
}

@test "marks: at the prompt, by a script without and with a client; in text, JSON, captures, filters" {
    serve
    itap --json -w cap
    run -0 at_tap -c 'mark the VM starts' -c "mark 'one  word'"
    [ -z "$output" ]
    client
    printf 'mark  amid "this"\033[31m\nmark\n' >&8
    await_text tap.err '^marked$'
    await_text tap.err '^mark: TEXT is expected'
    run -0 at_tap --json -c 'mark the end'
    [ "$output" = '{"command":"mark","ok":true}' ]
    exec 9>&- 8>&-
    await client
    stop tap
    jq -c 'select(.event == "mark") | .text' tap.out > marks
    diff - marks <<'END'
"the VM starts"
"one  word"
"amid \"this\"\u001b[31m"
"the end"
END
    # They stand where they came.
    [ "$(jq -r 'select(.event == "mark" or .event == "connect" or .command == "REGION_READ") | .event // .type' tap.out |
        tr '\n' ' ')" = 'mark mark connect command reply mark mark ' ]
    run -0 "$VFUSCOPE" decode cap
    [ "$(grep '\* mark' <<< "$output" | sed 's/^ *[0-9.]* *//')" = '* mark: the VM starts
* mark: one  word
* mark: amid "this"\x1b[31m
* mark: the end' ]
    "$VFUSCOPE" decode --json cap | diff tap.out -
    run -0 "$VFUSCOPE" decode cap --filter mark
    [ "${#lines[@]}" = 4 ]
    run -0 "$VFUSCOPE" decode cap --filter 'mark == "one  word"'
    [ "${#lines[@]}" = 1 ]
    run -0 "$VFUSCOPE" decode cap --filter 'mark == one or log'
    [ "${#lines[@]}" = 0 ]
    "$VFUSCOPE" decode -q cap -w again
    "$VFUSCOPE" decode cap --json | diff - <("$VFUSCOPE" decode again --json)
}

@test "a mark that is none: too long, empty, and elsewhere than at a tap" {
    serve
    itap --json
    run -1 --separate-stderr at_tap -c "mark $(printf '%01025d' 0)"
    [[ $stderr == *"a mark has 1 to 1024 bytes"* ]]
    run -0 at_tap -c "mark $(printf '%01024d' 0)"
    run -1 --separate-stderr at_tap -c "mark ''"
    run -1 --separate-stderr at_tap -c mark
    run -1 --separate-stderr shell -c 'mark here'
    [[ $stderr == *"only a tap has a place for it"* ]]
    # What is about the device needs a client as before.
    run -1 --separate-stderr at_tap -c 'mark here' -c 'read bar0'
    [[ $stderr == *"no client has negotiated with the device yet"* ]]
    exec 8>&-
    stop tap
    [ "$(jq -r 'select(.event == "mark") | .text | length' tap.out)" = $'1024\n4' ]
}
