# The shell's language: several commands in a line, their output into programs and files, programs.
load lib/common

setup() {
    common_setup
    serve
}

@test "; between commands, as a word of its own or at a word's end; the first that fails ends a script" {
    run -1 shell -c 'read bar0;read'
    run -0 shell -c 'read bar0 ; read bar0 w; read bar0 b ;' -c '; set a "x ; y;" ; set b p\; ; set; # read vga'
    [ "$output" = $'0x10000ed\n0xffff\n0xff\na x ; y;\nb p;' ]
    run -0 shell -c 'read bar0; set v $value ; write bar0+4 $v; read bar0+4; expect value == 0xfeffff12'
    run -1 --separate-stderr shell -c 'read bar0 w ; read bar9 ; read bar0' -c 'read bar0'
    [ "$output" = 0xffff ]
    [[ $stderr == 'vfuscope: -c:1: read: bar9: '* ]]
    run -1 --separate-stderr shell -c 'read bar0 w; read vga; read bar0'
    [ "$output" = 0xffff ]
    [[ $stderr == 'vfuscope: -c:1: read: the server answered EINVAL'* && $(wc -l <<< "$stderr") = 1 ]]
    run -0 shell -c 'read vga; expect error EINVAL' -c 'repeat 2 read bar0 w ; read bar0 b'
    [[ $output == 'error EINVAL'*$'\n0xffff\n0xffff\n0xff' ]]
    printf 'read bar0 w; read bar0 b\nread bar0 w ; nonsense; read bar0\n' > script
    run -1 --separate-stderr shell -f script
    [ "$output" = $'0xffff\n0xff\n0xffff' ]
    [[ $stderr == 'vfuscope: script:2: nonsense: no such command'* ]]
}

@test "what is no word of its own is data: raw bytes, flags, quotes" {
    run -0 shell --json -c 'send DMA_MAP flags=readable|writeable address=0x1000 size=4K fd=memfd:4K' \
        -c "set a 'x | y > z'" -c 'set b x\|y' -c 'set c ">"' -c 'set d a;b' -c 'send 250 raw=3b7c3e; expect error'
    [ "$(jq -c 'select(.command == "set") | [.a, .b, .c, .d]' <<< "$output" | paste -sd ' ')" = \
        '["x | y > z",null,null,null] [null,"x|y",null,null] [null,null,">",null] [null,null,null,"a;b"]' ]
    run -0 shell -c 'read bar0' -c 'expect value > 5' -c 'repeat 2 expect value > 5 ; expect value >= 5'
    [ ! -e 5 ]
}

@test "| COMMAND: the rest of the line is a shell's; what would be printed goes into it, JSON too" {
    run -0 shell -c "read bar2 b 64 | awk '{ print \$1 }' | tail -n 1 ; echo done"
    [ "$output" = $'00000030:\ndone' ]
    run -0 shell --json -c 'read bar0 | jq -r .value' -c 'expect value == 0x10000ed'
    [ "${lines[0]}" = 0x10000ed ]
    run -0 shell -c 'read bar0' -c 'set mine "$(x)"' -c 'read bar0 w | { cat; echo "$value $mine"; }'
    [ "$output" = $'0x10000ed\n0xffff\n0x10000ed $(x)' ]
    printf 'read bar0\nread bar0 w | tr f x\nread bar0 b\n' > script
    run -0 shell -c 'source script | cat -n'
    [ "$(xargs <<< "$output")" = '1 0x10000ed 2 0xxxxx 3 0xff' ]
    run -0 shell -c 'read bar2 b 20000 --bulk | sha256sum' -c 'read bar2 b 20000 --bulk > all' -c '!sha256sum < all'
    [ "${lines[0]}" = "${lines[1]}" ]
}

@test "a pipe fails if the command does, or the program; not if nobody reads on" {
    run -0 shell -c 'read bar2 b 60000 --bulk | head -n 1' -c 'repeat 100000 read bar0 | head -n 1' -c 'read bar0 w'
    [[ ${lines[0]} == 00000000:* ]]
    [ "${lines[1]} ${lines[2]}" = '0x10000ed 0xffff' ]
    run -1 --separate-stderr shell -c 'read bar0 | grep -q 0x5' -c 'read bar0'
    [ -z "$output" ]
    [ "$stderr" = 'vfuscope: -c:1: sh: grep -q 0x5: ended with status 1' ]
    run -1 --separate-stderr shell -c 'read bar9 | cat' -c 'read bar0'
    [ -z "$output" ]
    [[ $stderr == 'vfuscope: -c:1: read: bar9: '* ]]
    run -1 --separate-stderr shell -c 'read vga | cat' -c 'read bar0'
    [ -z "$output" ]
    [[ $stderr == 'vfuscope: -c:1: read: the server answered EINVAL'* ]]
    run -0 shell -c 'read vga | cat' -c 'expect error EINVAL'
    run -1 shell -c '| cat'
    run -1 --separate-stderr shell -c 'read bar0 |'
    [[ $stderr == *"a command must follow |"* ]]
}

@test "> FILE and >> FILE, as a shell's; a file that can't be written is a failure" {
    run -0 shell -c 'read bar0 > out ; read bar0 w >> out; read bar0 b' -c 'set name out2' -c 'read bar0 > $name'
    [ "$output" = 0xff ]
    [ "$(cat out)" = $'0x10000ed\n0xffff' ]
    [ "$(stat -c %a out)" = 600 ]
    [ "$(cat out2)" = 0x10000ed ]
    ln -s out2 link
    run -0 shell -c 'repeat 2 read bar0 w > link' --json
    [ "$(jq -s length out2)" = 2 ]
    run -0 shell -c 'read bar0 > /dev/null' -c 'read vga > out' -c 'expect error'
    [ ! -s out ]
    run -1 --separate-stderr shell -c 'read bar0 > /dev/full' -c 'read bar0'
    [ -z "$output" ]
    [ "$stderr" = 'vfuscope: -c:1: sh: /dev/full: No space left on device' ]
    run -1 --separate-stderr shell -c 'read bar0 > none/out'
    [[ $stderr == *'none/out: No such file or directory' ]]
    local bad
    for bad in 'read bar0 >' 'read bar0 > a b' 'read bar0 > a | cat' '> a'; do
        run -1 --separate-stderr shell -c "$bad"
        [ -z "$output" ]
        [[ $stderr == "vfuscope: -c:1: "* ]] || { echo "$bad: $stderr"; false; }
    done
    [ ! -e a ]
    mkfifo fifo
    cat fifo > from.fifo &
    run -0 shell -c 'read bar2 b 40000 --bulk > fifo'
    wait $!
    [ "$(wc -l < from.fifo)" = 2500 ]
}

@test "!COMMAND: a program; a script that comes from standard input stays one" {
    printf 'read bar0\n!cat; echo $value; false || true\nread bar0 w\n' > script
    run -0 bash -c "'$VFUSCOPE' s < script"
    [ "$output" = $'0x10000ed\n0x10000ed\n0xffff' ]
    run -1 --separate-stderr shell -c 'read bar0 w ; !exit 3' -c 'read bar0'
    [ "$output" = 0xffff ]
    [ "$stderr" = 'vfuscope: -c:1: sh: exit 3: ended with status 3' ]
    run -0 shell --json -c '!true'
    [ "$output" = '{"command":"sh","ok":true}' ]
    # What a program waits for does not keep the shell from being ended.
    start shell "$VFUSCOPE" s -c 'read bar0' -c 'read bar0 w | { cat > got; sleep 1000; }' -c 'read bar0'
    await_text got 0xffff shell
    stop shell INT
    [ "$status" = 130 ]
    [ "$(cat shell.out)" = 0x10000ed ]
}

@test "the first word of several commands lists them; another second word names those that are near" {
    run -1 --separate-stderr shell -c dma
    [[ $output == *$'dma map IOVA SIZE '*$'\ndma unmap IOVA SIZE'*$'\ndma list\n'* ]]
    [ "$stderr" = 'vfuscope: -c:1: dma: map, unmap, list or trace must follow' ]
    run -1 --separate-stderr shell -c 'dma mop 0 4K'
    [[ $stderr == *'did you mean dma map'* ]]
    run -1 --separate-stderr shell -c 'mem something'
    [[ $stderr == *'must follow' ]]
}
