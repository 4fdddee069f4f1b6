# Scripts of the shell: variables, set, time, and the installed bats helper.
load lib/common

@test "variables: fields of the last result, what was set, quotes as in sh" {
    serve
    cat > script <<'END'
read bar0
set id $value
info
write bar0+4 $reply.num_regions   # 9
read bar0+4
expect value == 0xfffffff6
write bar0+4 ${id}
read bar0+4
expect value == 0xfeffff12
END
    run -0 shell -f script
    run -0 shell -c 'set a "x y"' -c 'set b "<$a>"' -c "set c '\$a'" -c 'set d \$a' -c 'set e $a' -c set
    [ "$output" = $'a x y\nb <x y>\nc $a\nd $a\ne x y' ]
    run -0 shell -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=80' \
        -c 'set at $reply.capabilities[0].areas[1].offset' -c 'set flags $reply.flags' -c set
    [ "${lines[-2]}" = 'at 0x8000' ]
    [ "${lines[-1]}" = 'flags 0xf' ]
    run -1 --separate-stderr shell -c info -c 'read bar0+$reply.nothing'
    [[ $stderr == "vfuscope: -c:2: syntax: \$reply.nothing: no variable is called so, and the last result has no such"* ]]
    run -0 shell -c 'read bar0 # $nothing' -c 'read bar0 w # costs 5$ '
    run -1 --separate-stderr shell -c 'set 1 2'
    [[ $stderr == *"letters"* ]]
}

@test "time: how long a command took, and what it came to" {
    serve
    run -0 shell --json -c 'time read bar0' -c 'expect elapsed_us < 10000000' -c 'expect value == 0x10000ed'
    [ "$(jq -c 'select(.command == "time") | .elapsed_us > 0' <<< "$output")" = true ]
    run -1 --separate-stderr shell -c 'time read vga' -c 'read bar0'
    [[ $stderr == *"read: the server answered EINVAL"* ]]
    run -0 shell -c 'time read vga' -c 'expect error EINVAL'
}

@test "an unmet expectation says file, line, expected and found, in JSON too" {
    serve
    printf 'read bar0\n\nexpect value == 5\n' > script
    run -1 --separate-stderr shell --json -f script
    [ "$stderr" = 'vfuscope: script:3: expect: value == 5 was expected, and it is "0x10000ed"' ]
    [ "$(jq -c '[.field,.expected,.found]' <<< "${lines[-1]}")" = '["value","== 5","\"0x10000ed\""]' ]
}

@test "the installed bats helper: serve, tap, assertions that hold and that do not" {
    vfu_serve
    vfu_tap
    vfu_ok 'read bar0' info
    vfu_assert reply.num_regions == 9
    vfu_assert reply.flags == 0x3
    vfu_assert ok == true
    vfu_tap_has 'REGION_READ.*bar0\+0x0 = 0x010000ed'
    vfu_refused EINVAL 'read bar0' 'read vga'
    vfu_shell 'read bar0'
    vfu_assert value == 16777453
    vfu_assert value '!=' 0
    run -1 vfu_assert value == 5
    [ "$output" = 'value == 5 was expected, and it is 0x10000ed' ]
    run -1 vfu_assert reply.nothing == 5
    [[ $output == 'the last result has no reply.nothing'* ]]
    run -1 vfu_ok 'read vga'
    run -1 vfu_refused EPERM 'read vga'
    run -1 vfu_refused EINVAL 'read bar0'
    vfu_stop tap
    [ "$status" = 0 ]
}

@test "the installed bats helper: a server of one's own, waited for without connecting to it" {
    vfu_server "$VFUSCOPE" serve --once "$VFU_SOCKET"
    vfu_ok 'read bar0'
    vfu_assert value == 0x10000ed
    vfu_await server
    [ "$status" = 0 ]
    run -1 vfu_server false
    [[ $output == "the server ended before it listened at "* ]]
}

@test "the suites' helpers neither wait for nor end a process that has an ended one's number" {
    local other
    start theirs sleep 1000
    other=${STARTED[theirs]}
    await_text "/proc/$other/comm" '^sleep$' # before that a signal is the shell's
    VFU_BIRTHS[$other]=1
    vfu_ended "$other" 0
    vfu_kill TERM "$other"
    vfu_kill KILL "$other"
    read -r _ < "/proc/$other/stat"
    kill -0 "$other"
    unset "VFU_BIRTHS[$other]"
    stop theirs
    [ "$status" -eq 143 ]
    vfu_ended "$other" 0
}
