# Injections: what --inject does to messages, to whom, and how it is told; overdue replies; the summary on SIGUSR1.
load lib/common

# shown FILTER: what the tap showed, one object a line, that jq picks
shown() {
    jq -c "$1" "$T/tap.out"
}

@test "error= answers in the server's place; the server never sees the command" {
    serve
    tap --json -w cap --inject 'command == REGION_READ and offset == 0x4:error=EIO'
    run -0 shell --raw -c 'write bar0+4 1' -c 'read bar0+4' -c 'expect error EIO' -c 'read bar0'
    [[ $output == *0x10000ed* ]]
    stop tap
    [ "$(shown 'select(.error) | [.type, .from, .error.name, .changed]')" = '["reply","server","EIO",["inject"]]' ]
    [ "$(shown 'select(.type == "command" and .changed) | .payload.offset')" = '"0x4"' ]
    about=$(shown 'select(.type == "command" and .changed) | .no')
    [ "$(shown 'select(.event == "injected") | [.no, .spec]')" = \
        "[$about,\"command == REGION_READ and offset == 0x4:error=EIO\"]" ]
    [ "$(shown 'select(.changed) | .problems // [] | length' | sort -u)" = 0 ]
    "$VFUSCOPE" decode --json cap | diff - tap.out
}

@test "what a sender did wrong is in the capture, though the message that is there is a changed one" {
    serve
    tap --json -w cap --inject 'command == DEVICE_GET_INFO and type == command:corrupt=16:20'
    run shell --raw -c 'send DEVICE_GET_INFO argsz=8'
    stop tap
    [ "$(shown 'select(.problems and .changed) | [.payload.argsz, .problems[].rule]')" = '[32,"argsz-too-small"]' ]
    "$VFUSCOPE" decode --json cap | diff - tap.out
}

@test "a command without a reply is not delivered, and not answered" {
    serve
    tap --json --inject 'no_reply:error=EIO'
    run -0 shell --raw -c 'send REGION_WRITE offset=4 region=bar0 data=01000000 header.flags=no_reply --no-wait' -c 'read bar0+4'
    [ "$output" = 0x0 ]
    stop tap
    [ "$(shown 'select(.changed) | [.type, .command]')" = '["command","REGION_WRITE"]' ]
}

@test "when= picks by number; a pair counts once" {
    serve
    for when in '2 01000' '2+ 01111' '1+2 10101' '2..3 01100'; do
        tap --json --inject "command == REGION_READ:error=EIO:when=${when% *}"
        for i in 1 2 3 4 5; do
            shell --raw -c 'read bar0' > /dev/null 2>&1 && printf 0 || printf 1
        done > got
        stop tap
        [ "$(cat got)" = "${when#* }" ] || { echo "$when: $(cat got)"; false; }
        n=$(tr -cd 1 < got | wc -c)
        [ "$(shown 'select(.event == "injected") | .no' | wc -l)" = "$n" ]
    done
}

@test "corrupt= and truncate=: the receiver gets the changed bytes, the tap shows them" {
    serve
    tap --json --inject 'type == reply and command == REGION_READ:corrupt=32:dead'
    run -0 shell --raw -c 'read bar0'
    [[ $output == *0x100adde* ]]
    stop tap
    [ "$(shown 'select(.changed) | [.payload.data, .changed]')" = '["dead0001",["inject"]]' ]

    tap --json --inject 'type == reply and command == REGION_READ:truncate=20:when=1'
    run -1 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" shell --raw t -c 'timeout 300ms' -c 'read bar0'
    [[ $stderr == *"no reply"* ]]
    stop tap
    [ "$(shown 'select(.changed) | [.size, .captured, .truncated]')" = '[36,20,true]' ]
}

@test "drop, of a command and of a reply" {
    serve
    tap --json --inject 'command == DEVICE_RESET:drop' --inject 'type == reply and command == REGION_READ:drop:when=1'
    run -1 --separate-stderr shell --raw -c 'timeout 200ms' -c reset
    [[ $stderr == *"no reply"* ]]
    run -1 --separate-stderr shell --raw -c 'timeout 200ms' -c 'read bar0'
    [[ $stderr == *"no reply"* ]]
    run -0 shell --raw -c 'read bar0'
    stop tap
    [ "$(shown 'select(.changed) | [.type, .command]')" = $'["command","DEVICE_RESET"]\n["reply","REGION_READ"]' ]
}

@test "duplicate: the message comes twice, each with its file descriptors" {
    serve
    tap --json --inject 'command == REGION_WRITE:duplicate' --inject 'command == DMA_MAP:duplicate'
    run -0 shell --raw -c 'write bar0+0x80 q 0x1000' -c 'dma map 0x10000 4K'
    stop tap
    [ "$(shown 'select(.type == "command" and .command == "REGION_WRITE") | .changed')" = $'["inject"]\n["inject"]' ]
    [ "$(shown 'select(.type == "reply" and .command == "REGION_WRITE") | .reply_to != null')" = $'true\ntrue' ]
    [ "$(shown 'select(.type == "command" and .command == "DMA_MAP") | .fds[0].type')" = $'"memfd"\n"memfd"' ]
}

@test "dropfds: the message comes without its file descriptors" {
    serve
    tap --json --inject 'command == DMA_MAP:dropfds'
    run -0 shell --raw -c 'dma map 0x10000 4K' -c 'mem fill 0x10000 16 0x5a' -c 'write bar0+0x80 q 0x10000' \
        -c 'write bar0+0x88 q 0x40000' -c 'write bar0+0x90 q 16' -c 'write bar0+0x98 q 1' \
        -c 'poll bar0+0x98 q & 1 == 0'
    stop tap
    [ "$(shown 'select(.type == "command" and .command == "DMA_MAP") | [.fds, .changed]')" = '[[],["inject"]]' ]
    [ "$(shown 'select(.command == "DMA_READ" and .type == "reply") | .payload.data')" = \
        '"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"' ]
}

@test "close ends the connection; the next client goes on" {
    serve
    tap --json --inject 'command == DEVICE_RESET:close:when=1'
    run -1 --separate-stderr shell --raw -c reset
    [[ $stderr == *closed* ]]
    run -0 shell --raw -c reset
    stop tap
    [ "$(shown 'select(.event == "disconnect") | .text' | head -n 1)" = '"closed by --inject"' ]
}

@test "delay= holds that message and what stands behind it, in order" {
    serve
    tap --json --inject 'command == REGION_READ and offset == 4:delay=300ms'
    run -0 shell --raw --json -c 'time read bar0+4' -c 'expect elapsed_us > 299000' -c 'time read bar0' \
        -c 'expect elapsed_us < 290000'
    # Behind the held one: the order of replies is the order of commands.
    run -0 shell --raw -c 'send REGION_READ offset=4 region=bar0 count=4 --no-wait' -c 'time read bar0' 
    stop tap
    [ "$(shown 'select(.type == "reply" and .command == "REGION_READ" and .conn == 2) | .payload.offset')" = \
        $'"0x4"\n"0x0"' ]
    [ "$(shown 'select(.changed) | .type' | sort -u)" = '"command"' ]
}

@test "probability= with a seed is the same each time, and the seed is printed" {
    serve
    for i in 1 2; do
        tap --json --seed 7 --inject 'command == REGION_READ:error=EIO:probability=0.5'
        grep -q -- '--seed 7 ' tap.err
        for k in 1 2 3 4 5 6 7 8; do
            shell --raw -c 'read bar0' > /dev/null 2>&1 && printf 0 || printf 1
        done > "got$i"
        stop tap
    done
    cmp got1 got2
    grep -q 0 got1
    grep -q 1 got1
    tap --inject 'error:probability=0.1:drop'
    grep -Eq -- '--seed [0-9]+ ' tap.err
    stop tap
}

@test "a mistake in a SPEC is status 2, with its column, before anybody can connect" {
    while IFS='|' read -r spec column word; do
        run -2 --separate-stderr "$VFUSCOPE" tap t s --inject "$spec"
        [[ $stderr == "vfuscope: --inject: column $column: "*"$word"* ]] || { echo "$spec: $stderr"; false; }
        [[ $stderr != *listening* ]]
    done <<'END'
foo == 1:drop|1|foo
error:error=EWHAT|7|errno
error:delay=5|7|time
error:frob|7|no such action
error:drop:when=0|12|when=
error:corrupt=3|7|corrupt
error:corrupt=3:xyz|17|corrupt
error:probability=2|7|probability
END
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'error'
    [[ $stderr == *FILTER:ACTION* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'error:when=3'
    [[ $stderr == *"not what"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'error:frob'
    [[ $stderr == *$'\n    error:frob\n          ^'* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'text contains "a:drop'
    [[ $stderr == *"column 15: the second quote"* ]]
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'virtio.queue_size == 1:drop'
    [[ $stderr == *"config space"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'mine.status == 1:drop'
    [[ $stderr == *"before the traffic"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --overdue 5
    [[ $stderr == *"--overdue 5"* ]]
}

@test "a register by name, a place, and quotes with colons in them" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    serve
    tap --json --inject 'edu.factorial == 5:error=EIO' --inject 'register == bar0+0x22:error=EPERM' \
        --inject 'text contains "no:such":close'
    run -0 "$VFUSCOPE" shell --raw "$T/t" -c 'write bar0+8 l 5' -c 'expect error EIO' -c 'write bar0+8 l 6' \
        -c 'read bar0+0x20' -c 'expect error EPERM' -c 'read bar0+0x24' -c 'read bar0+0'
}

@test "a bare name is the payload's field: the plain reply to a DMA_MAP is not struck for its header's size" {
    serve
    tap --json --inject 'command == DMA_MAP and size < 0x1000:drop'
    run -0 shell --raw -c 'dma map 0x10000 64K' -c 'dma unmap 0x10000 64K'
    stop tap
    [ -z "$(shown 'select(.event == "injected" or .changed)')" ]
}

@test "a SPEC of any length is taken whole" {
    serve
    pad=$(printf '%600s' '')
    long="command == REGION_READ$pad and offset == 0x4:error=EIO"
    tap --json -w cap --inject "$long"
    run -0 shell --raw -c 'read bar0' -c 'read bar0+4' -c 'expect error EIO'
    [ "$(shown 'select(.event == "injected") | .spec')" = "\"$long\"" ]
    stop tap
    "$VFUSCOPE" decode --json cap | diff - tap.out
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject "error$pad and foo == 1:drop"
    [[ $stderr == "vfuscope: --inject: column 611: no message has a field foo"*'...'*' and foo == 1:drop'* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject "error:error=$(printf '%0600d' 5)x"
    [[ $stderr == "vfuscope: --inject: column 7: error=000"*"takes an errno"* ]]
    for when in 99999999999999999999 1+-1 1..99999999999999999999 1+99999999999999999999; do
        run -2 --separate-stderr "$VFUSCOPE" tap t s --inject "error:drop:when=$when"
        [[ $stderr == *"when="* ]]
    done
}

@test "a reply that is overdue is told of while it is" {
    fake silent
    tap --json --overdue 100ms
    run -1 shell --raw -c 'timeout 500ms' -c 'read bar0'
    await_text tap.out '"event":"overdue"'
    stop tap
    no=$(shown 'select(.command == "REGION_READ") | .no')
    [ "$(shown 'select(.event == "overdue") | [.no, .from, .count]')" = "[$no,\"client\",1]" ]
    stop fake

    rm s
    fake silent
    tap --json --overdue 0
    run -1 shell --raw -c 'timeout 500ms' -c 'read bar0'
    stop tap
    [ -z "$(shown 'select(.event == "overdue")')" ]
}

@test "what the tap itself drops, or sends on changed, makes nobody late or silent" {
    serve
    for how in drop truncate=8 delay=5s; do
        tap --json -w cap --overdue 100ms --inject "command == DEVICE_RESET:$how"
        # Waits for longer than what is just sent, and for what can be overdue
        run -1 shell --raw -c 'timeout 1200ms' -c reset
        [ "$how" != delay=5s ] || await_text tap.err 'the client has left; what it sent last is held' tap
        stop tap
        [ "$(shown 'select(.command == "DEVICE_RESET" and .type == "command") | .changed')" = '["inject"]' ]
        [ -z "$(shown 'select(.event == "overdue")')" ]
        [ -z "$(shown '.problems[]?')" ]
        run -0 "$VFUSCOPE" decode cap --json
        [ "$output" = "$(cat tap.out)" ]
    done
}

@test "SIGUSR1 prints the summary on standard error, and the tap goes on" {
    serve
    tap --json
    shell --raw -c 'read bar0' > /dev/null
    kill -USR1 "${STARTED[tap]}"
    await_text tap.err '"event":"summary"'
    shell --raw -c 'read bar0' > /dev/null
    stop tap
    [ "$status" = 0 ]
    [ "$(grep '"event":"summary"' tap.err | jq -c '.commands[] | select(.command == "REGION_READ") | .calls')" = 1 ]
    [ -z "$(shown 'select(.event == "summary")')" ]
}

@test "split, glue, reorder, hold and set, from a file: what comes out at the other end, and nobody is accused of it" {
    cat > injections <<'END'
# how messages are passed on
type == command and header.id == 1:split=20
  header.id in 2..2 and type == command:glue

type == command and header.id == 4:reorder
type == command and header.id == 6:hold=2
type == command and header.id == 10:set=count:8:set=header.error:0x7
type == command and header.id in 11..12:glue
type == command and header.id == 14:hold=5
END
    tap --json -w cap --inject-file injections
    timeout "$LIMIT" python3 "$BATS_TEST_DIRNAME/lib/pieces.py" s t > pieces.out
    stop tap
    diff - pieces.out <<'END'
20 bytes fds 1
28 bytes fds 0
2 3 fds 2
5/4 fds 1
4/4 fds 1
7/4 fds 1
8/4 fds 1
6/4 fds 1
9/4 fds 1
10/8 fds 1
11/4 12/4 fds 2
13/4 fds 1
15/4 fds 1
14/4 fds 1
end fds 0
END
    [ "$(shown 'select(.changed) | .id' | tr '\n' ' ')" = '1 2 4 6 10 11 12 14 ' ]
    [ "$(shown 'select(.id == 10) | [.payload.count, .size]')" = '[8,32]' ]
# What this client did itself, and nothing else
    [ "$(shown '.problems[]? | .rule' | sort -u | tr '\n' ' ')" = '"fd-unexpected" "region-not-asked" "version-not-first" ' ]
    "$VFUSCOPE" decode --json cap | diff - tap.out
}

@test "--inject-file: a mistake has its file and line; set= wants a field that there is" {
    printf '# fine\n\nerror:drop\nerror:frob\n' > injections
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject-file injections
    [[ $stderr == "vfuscope: injections:4: column 7: frob: no such action"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject-file none
    [[ $stderr == "vfuscope: none: No such file"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'error:set=nosuch:4'
    [[ $stderr == *"column 7"*"a field that some message has"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'error:set=count'
    [[ $stderr == *"there is no value"* ]]
    run -2 --separate-stderr "$VFUSCOPE" tap t s --inject 'error:split=0'
    [[ $stderr == *"split="* ]]
}

@test "set=: what the reply says then, a value in quotes, and a field that a message does not have" {
    serve
    tap --json --inject 'type == reply and command == DEVICE_GET_REGION_INFO and index == bar0:set=size:8K:set=flags:read' \
        --inject "type == reply and command == VERSION:set=json:'{\"capabilities\":{\"max_msg_fds\":2}}'" \
        --inject 'command == DEVICE_RESET:set=offset:4'
    run -0 --separate-stderr shell --json --raw -c regions -c reset -c 'send DEVICE_GET_REGION_INFO index=bar0'
    stop tap
    [ "$(shown 'select(.command == "DEVICE_GET_REGION_INFO" and .changed) | [.payload.size, .payload.flags.names]' | sort -u)" = '["0x2000",["read"]]' ]
    [ "$(shown 'select(.command == "VERSION" and .changed) | .payload.capabilities.max_msg_fds')" = 2 ]
    grep -q 'inject: #[0-9]* stays as it is: .*offset' tap.err
}
