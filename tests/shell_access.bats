# Registers from the shell: a message each, past the socket, to and from files, watched, posted, several at once; and
# messages sent in pieces or several at a time.
load lib/common

# sent: the sizes of the fake server's REGION_READs and REGION_WRITEs
sent() {
    sed -n 's/^\(9\|10\) //p' fake.out | paste -sd ' '
}

@test "a range is accessed value by value, by the width; --bulk, --to and --from are one message" {
    serve
    run -0 shell -c 'write bar0+4 5' -c 'read bar0 l 3 --bulk' -c 'read bar0 3' -c 'read bar0 l 3 --each' \
        -c 'write bar2 w 1 2 3' -c 'read bar2 q'
    [[ ${lines[0]} == *"ffffffff ffffffff ffffffff"* ]]
    [[ ${lines[1]} == *"010000ed fffffffa 00000000"* ]]
    [ "${lines[1]}" = "${lines[2]}" ]
    [ "${lines[3]}" = 0x300020001 ]
    stop serve
    rm -f s
    fake good
    printf abcd > in
    run -0 shell --no-negotiate -c 'read bar0 b 3' -c 'read bar0 w 2 --bulk' -c 'read bar0 w 3 --to out' -c 'write bar0 w 1 2' \
        -c 'write bar0 w 1 2 --bulk' -c 'write bar0 --from in'
    [ "$(sent)" = '16 16 16 16 16 18 18 20 20' ]
    stop fake
    rm s
    serve
    run -0 shell --json -c 'write bar0+4 5' -c 'read bar0 --each l 3'
    [ "$(jq -c 'select(.values).values' <<< "$output")" = '["0x10000ed","0xfffffffa","0x0"]' ]
    run -1 --separate-stderr shell -c 'read bar0 --posted'
    [[ $stderr == *"--posted: no such option here"* ]]
}

@test "--via mmap finds areas that have files of their own" {
    fake files
    run -0 shell -c 'read bar0+4 l --via mmap' -c 'read bar0+0x2004 l --via mmap'
    [[ ${lines[0]} == *0xfd00* && ${lines[1]} == *0xfd01* ]]
    run -1 --separate-stderr shell -c 'read bar0+0x1004 l --via mmap'
    [[ $stderr == *"in no area that can be mapped"* ]]
}

@test "--via mmap goes past the socket, where the region can be mapped and nowhere else" {
    serve
    run -0 shell -c 'write bar2+0x1000 l 0x11 0x22 --via mmap' -c 'read bar2+0x1000 q' -c 'trace on' \
        -c 'read bar2+0x1000 q --via mmap' -c 'rmw bar2+0x1004 0xff 0x33 --via mmap'
    [ "${lines[0]}" = 0x2200000011 ]
    [[ $output != *" REGION_"* ]]
    [[ $output == *0x2200000011*"0x22 -> 0x33"* ]]
    local what
    for what in 'read bar2 --via mmap' 'read bar2+0x3fff l --via mmap' 'read bar2+0xfffffffffffffffc q --via mmap'; do
        run -1 --separate-stderr shell -c "$what"
        [[ $stderr == *"is in no area that can be mapped"* ]]
    done
    run -1 --separate-stderr shell -c 'read bar0 --via mmap'
    [[ $stderr == *"can't be mapped: the server passed no fd"* ]]
    run -1 shell -c 'read bar2 --via nothing'
}

@test "read --to and write --from: files" {
    serve
    printf 'abcdefgh' > in
    run -0 shell -c 'write bar2 --from in' -c 'read bar2 b 8 --to out'
    [ -z "$output" ]
    cmp in out
    run -0 shell -c 'write bar2+0x8000 b --from in --via mmap' -c 'read bar2+0x8000 q'
    [ "$output" = 0x6867666564636261 ]
    run -1 --separate-stderr shell -c 'write bar2 5 --from in'
    [[ $stderr == *"not both"* ]]
    run -1 --separate-stderr shell -c 'write bar2 --from none'
    [[ $stderr == *"none: No such file"* ]]
}

@test "write --posted waits for no reply, and no earlier reply is taken for its own" {
    serve
    tap
    run -0 shell -c 'read bar2 l 4' -c 'write bar0+4 5 --posted' -c 'read bar0+4'
    [ "${lines[1]}" = 0xfffffffa ]
    await_text tap.out 'REGION_WRITE .*no_reply|REGION_WRITE .*No_reply' tap
}

@test "watch shows changes, ends after the last asked for or fails in time" {
    fake counting
    run -0 shell --json -c 'watch bar0 every 1ms count 2'
    [ "$(json '.values')" = '["0x0","0x1","0x2"]' ]
    run -0 shell --json -c 'watch bar0 b &2 every 1ms'
    [ "$(json '.values')" = '["0x0","0x2"]' ]
    run -1 --separate-stderr shell --json -c 'watch bar0 w & 0xff00 every 1ms timeout 20ms count 3'
    [ "$(json '.values')" = '["0x0"]' ]
    [[ $stderr == *"it changed 0 times within 20 ms, 3 were waited for"* ]]
}

@test "multi: a list of writes in one message, from a file, posted; only where it was agreed on" {
    serve
    printf 'bar2+8=3 # a comment\n\n  bar2+0xc:b=4\n' > list
    run -0 shell --json -c 'multi bar2=0x11 bar2+4:w=0x22 --file list' -c 'read bar2 q 2'
    [ "$(jq -c 'select(.command == "multi").writes' <<< "$output")" = 4 ]
    [ "$(json '.data')" = '"11000000220000000300000004000000"' ]
    local i many=
    for i in {0..249}; do
        many+=" bar2+$((i * 4)):l=$i"
    done
    run -0 shell -c 'trace on' -c "multi$many" -c 'trace off' -c "multi --posted bar2=7" -c 'read bar2+996' -c 'read bar2'
    [ "$(grep -c '> #[0-9]* *REGION_WRITE_MULTI' <<< "$output")" = 2 ]
    [ "${lines[-2]}${lines[-1]}" = 0xf90x7 ]
    run -1 --separate-stderr shell -c 'multi bar2+4:z=1'
    [[ $stderr == *"a width is"* ]]
    run -1 --separate-stderr shell --caps '{}' -c 'multi bar2=1'
    [[ $stderr == *"did not agree to REGION_WRITE_MULTI"* ]]
}

@test "send --split: in pieces, which the server reads one by one" {
    serve
    run -0 shell -c 'send REGION_READ region=bar0 count=4 --split 1' -c 'expect reply.data == ed000001' \
        -c 'send DMA_MAP flags=readable size=4K fd=memfd:4K --split 20' -c 'read bar0'
    run -1 --separate-stderr shell -c 'send DEVICE_GET_INFO --split 0'
    [[ $stderr == *"--split: 0: from 1 to"* ]]
}

@test "send --pipeline: all of them out, then all replies, with ids that count up" {
    serve
    run -0 shell --json -c 'send REGION_READ region=bar0 count=4 --pipeline 100'
    [ "$(json '[.answered,.errors,(.replies|length),.replies[99].reply.data,(.replies[99].header.id-.replies[0].header.id)]')" = \
        '[100,0,100,"ed000001",99]' ]
    run -0 shell -c 'send REGION_READ region=vga count=4 --pipeline 2' -c 'expect error EINVAL' \
        -c 'expect replies[1].header.error == 22' -c 'send DEVICE_GET_INFO header.id=7 --pipeline 2' \
        -c 'expect replies[1].header.id == 7'
    run -0 shell -c 'send DEVICE_GET_INFO header.flags=no_reply --pipeline 5' -c 'read bar0'
    [[ $output == *"5 sent, 0 replies, 0 errors"*0x10000ed ]]
    stop serve
    fake silent
    run -1 --separate-stderr shell -c 'timeout 50ms' -c 'send REGION_READ region=bar0 count=4 --pipeline 3'
    [[ $stderr == *"1 of 3 commands got no reply within 50 ms"* ]]
}

@test "a file behind a mapping that is cut short: a message, no crash" {
    serve
    truncate -s 64K file
    mkfifo pipe
    start shell bash -c "exec '$VFUSCOPE' s < pipe"
    exec 4> pipe
    echo "dma map 0x1000 64K --file $T/file" >&4
    echo 'mem dump 0x8000 4' >&4
    await_text shell.out '^00008000: 00' shell
    truncate -s 4K file
    echo 'mem dump 0x8000 4' >&4
    exec 4>&-
    await shell
    [ "$status" = 1 ]
    grep -q 'the file behind 0x8000 is shorter than it was' shell.err
}

@test "what is written to a file is private, and not another user's to get" {
    serve
    touch own
    chmod 644 own
    run -0 shell -c 'read bar2 b 8 --to own'
    [ "$(stat -c '%a %s' own)" = '600 8' ]
    ln -s own link
    run -0 shell -c 'read bar2 b 4 --to link'
    [ "$(stat -c %s own)" = 4 ]
    [ "$(id -u)" -eq 0 ] || return 0
    chown -h 65534 link
    run -1 --separate-stderr shell -c 'read bar2 b 2 --to link'
    [[ $stderr == *"a symbolic link of another user"* ]]
    [ "$(stat -c %s own)" = 4 ]
    mkfifo theirs
    chown 65534 theirs
    run -1 --separate-stderr shell -c 'read bar2 b 2 --to theirs'
    [[ $stderr == *"belongs to another user"* ]]
}
