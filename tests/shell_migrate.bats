# Migration from the shell: states and arcs, a device's state to a file and back, which pages were written.
load lib/common

@test "save on one device, restore on another: registers and memory are there; both run on" {
    serve
    run -0 shell --json -c 'write bar0+4 0x55' -c 'write bar2+0x40 0x12345678' -c 'save edu.state' -c state
    [ "$(jq -c 'select(.command == "save") | [.ok, .size > 65536, .pre_copy_size > 0, .device_state_name]' <<< "$output")" = \
        '[true,true,true,"RUNNING"]' ]
    [ "$(json .device_state_name)" = '"RUNNING"' ]
    [ "$(stat -c %a edu.state)" = 600 ]
    stop serve
    serve
    run -0 shell -c 'read bar2+0x40' -c 'restore edu.state' -c 'read bar0+4' -c 'read bar2+0x40' -c 'state'
    [ "${lines[0]}" = 0x0 ]
    [[ ${lines[1]} == "restored $(stat -c %s edu.state) bytes with "*" the device is in RUNNING" ]]
    [ "${lines[2]}" = 0xffffffaa ]
    [ "${lines[3]}" = 0x12345678 ]
    [[ ${lines[4]} == "RUNNING (the device has stop_copy, pre_copy"* ]]
}

@test "save: without pre-copy, stopped afterwards, into a pipe; what fails leaves the old file" {
    serve --migration stop-copy
    tap
    run -0 shell --json -c 'save a' -c 'save b --stop' -c 'save --no-pre-copy c'
    [ "$(jq -c 'select(.command == "save") | [.pre_copy_size, .device_state_name]' <<< "$output" | tr '\n' ' ')" = \
        '[0,"RUNNING"] [0,"STOP"] [0,"STOP"] ' ]
    cmp a b
    lacks -q PRE_COPY tap.out
    run -0 bash -c "'$VFUSCOPE' s -c 'state RUNNING' -c 'save /dev/stdout' | head -c \$(stat -c %s a) | cmp - a"
    run -1 --separate-stderr shell -c 'save none/such'
    [[ $stderr == *"save: none/such: No such file or directory"* ]]
    stop tap
    stop serve
    serve --migration none
    echo old > a
    run -1 --separate-stderr shell -c 'save a'
    [[ $stderr == *"save: the server answered "* ]]
    [ "$(cat a)" = old ]
    [ "$(find . -name 'a.*')" = '' ]
}

@test "restore: a file that is no state is refused by the device, and the shell says where that left it" {
    serve
    head -c 300000 /dev/urandom > junk
    run -1 --separate-stderr shell -c 'restore junk'
    [[ $stderr == *"the device is left in "*"restore: the server answered E"* ]]
    run -1 --separate-stderr shell -c 'restore none'
    [[ $stderr == *"none: No such file"* ]]
    run -1 --separate-stderr shell -c 'restore .'
    [[ $stderr == *"Is a directory"* ]]
}

@test "state: legal arcs are sent, others only with --force; --walk sends each arc" {
    serve
    tap
    run -0 shell -c 'state STOP' -c 'state STOP_COPY' -c 'expect device_state == STOP_COPY' -c 'state' \
        -c 'expect device_state_name == STOP_COPY'
    local bad
    for bad in ERROR PRE_COPY 77; do
        run -1 --separate-stderr shell -c 'state STOP_COPY' -c "state $bad"
        [[ $stderr == *"state: "*" can't be "*"--force sends it"* ]]
    done
    lacks -q 'set ERROR' tap.out
    run -0 shell -c 'state STOP_COPY' -c 'state PRE_COPY --force' -c 'expect error' -c 'state ERROR --force' -c 'expect error'
    await_text tap.out 'client > #[0-9]+ +DEVICE_FEATURE .* set ERROR' tap
    run -0 shell -c reset -c 'trace on' -c 'state RESUMING --walk' -c 'trace off'
    [[ $output == *" DEVICE_FEATURE"*"set STOP"*" DEVICE_FEATURE"*"set RESUMING"* ]]
    run -1 --separate-stderr shell -c 'state NOWHERE'
    [[ $stderr == *"NOWHERE: no such state"* ]]
    stop tap
    stop serve
    serve --migration stop-copy
    run -1 --separate-stderr shell -c 'state PRE_COPY'
    [[ $stderr == *"the device does not claim to have PRE_COPY (--force sends it)"* ]]
}

@test "dirty: start, what was written as ranges, once; stop" {
    serve
    cat > script <<'END'
dma map 0x100000 64K
dma map 0x200000 64K --message
config master on
dirty start
write bar0+0x80 q 0x40000
write bar0+0x88 q 0x103ff8
write bar0+0x90 q 16
write bar0+0x98 q 3
poll bar0+0x98 & 1 == 0
write bar0+0x88 q 0x208000
write bar0+0x98 q 3
poll bar0+0x98 & 1 == 0
dirty report
expect pages == 3
expect dirty[0].address == 0x103000
expect dirty[0].size == 0x2000
expect dirty[1].address == 0x208000
dirty report
expect pages == 0
write bar0+0x98 q 3
poll bar0+0x98 & 1 == 0
dirty report 0x100000 64K
expect pages == 0
dirty report 0x200000 64K
expect pages == 1
dirty stop
dirty report
expect error
END
    run -0 --separate-stderr shell -f script
    [[ $output == *$'0x103000+0x2000\n0x208000+0x1000\n3 pages of 0x1000 bytes'* ]]
    run -1 --separate-stderr shell -c 'dirty start 0x1000'
    [[ $stderr == *"a SIZE is missing behind 0x1000"* ]]
    run -1 --separate-stderr shell -c 'dirty start --page 3000'
    [[ $stderr == *"not a power of two"* ]]
    run -1 --separate-stderr shell -c 'dirty report 0 4K --page 0x8000000000000000'
    [[ $stderr == *"not a power of two up to 1G"* ]]
    run -1 --separate-stderr shell -c 'dirty start' -c 'dirty report'
    [[ $stderr == *"nothing is mapped"* ]]
}

@test "a server that lies: more state than asked for, a bitmap too short, no memory behind a region" {
    fake lying-migration
    run -1 --separate-stderr shell -c 'save a'
    [[ $stderr == *"the device is left in STOP_COPY"*"answered with 32776 bytes of state, 32768 were asked for"* ]]
    [ "$(find . -name 'a*')" = '' ]
    run -1 --separate-stderr shell -c 'dirty report 0 1M'
    [[ $stderr == *"answered with a bitmap of 1 byte for 256 pages"* ]]
    stop fake
    rm s
    fake no-memory
    run -1 --separate-stderr shell -c 'read bar2 --via mmap'
    [[ $stderr == *"the memory behind the region is gone (a bus error)" ]]
    run -1 --separate-stderr shell -c 'write bar2 5 --via mmap'
    [[ $stderr == *"the memory behind the region is gone (a bus error)" ]]
}
