# What a user writes is taken whole, however long it is, or refused; never a part of it in silence. (SPECs: inject.bats,
# filters: c/filter.c.)
load lib/common

# blanks N, zeros N
blanks() { printf "%$1s" ''; }
zeros() { printf "%0$1d" 0; }

@test "the shell: numbers of any length are the number, or refused" {
    serve
    run -0 shell --raw -c "send DEVICE_GET_REGION_INFO index=0x$(zeros 20)1 argsz=32" -c 'expect reply.index == bar1'
    for bad in "send DMA_MAP flags=$(zeros 60)3" "irq arm msi $(zeros 90)1" "irq arm msi $(zeros 90)1-2"; do
        run -1 --separate-stderr shell --raw -c "$bad"
        [[ $stderr == *number* ]] || { echo "$bad: $stderr"; false; }
    done
}

@test "the shell: expect compares with all of its VALUE" {
    serve
    zeros=$(zeros 1200)
    run -0 shell --raw -c 'dma map 0x10000 4K' -c 'mem fill 0x10000 700 0' -c 'mem dump 0x10000 600' -c "expect data == $zeros"
    run -1 --separate-stderr shell --raw -c 'dma map 0x10000 4K' -c 'mem dump 0x10000 600' -c "expect data == ${zeros}00"
    run -1 --separate-stderr shell --raw -c 'dma map 0x10000 4K' -c 'mem dump 0x10000 600' -c "expect data != $zeros"
}

@test "the shell: a NUL byte in a line is a mistake, in the last line too" {
    serve
    for tail in '\n' ''; do
        printf "read bar0\0 and what is behind$tail" > script
        run -1 --separate-stderr shell --raw -f script
        [[ $stderr == *"script:1: "*NUL* ]]
        [ -z "$output" ]
    done
}

@test "serve: lines of a script of any length, and no word too many" {
    { printf '#%s\n' "$(blanks 1022)init bar0+0 5"; printf '%sinit bar0+4 6\n' "$(blanks 2000)"; } > react
    serve --device "ram:bar0=4K,react=react"
    run -0 shell --raw -c 'read bar0' -c 'read bar0+4'
    [ "$output" = $'0x0\n0x6' ]
    echo 'init bar0+0 hex 00 01 02 03 04 05 06 07 08 09 0a 0b 0c' > react
    run -2 timeout "$LIMIT" "$VFUSCOPE" serve s2 --device "ram:bar0=4K,react=react"
    echo 'init bar0+0 hex 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d' > react
    run -2 timeout "$LIMIT" "$VFUSCOPE" serve s2 --device "ram:bar0=4K,react=react"
    [[ $output == *"more than 16 words"* ]]
    run -2 timeout "$LIMIT" "$VFUSCOPE" serve s2 --device "ram:bar0=4K,react=$(zeros 5000)"
    [[ $output == *"too long"* ]]
}

@test "a plugin folder with a name that is too long is none; a file of such a name is told" {
    mkdir -p found
    VFUSCOPE_PLUGIN_PATH=/$(zeros 5000) run -2 "$VFUSCOPE" decode --plugin ../etc "$BATS_TEST_DIRNAME/golden/edu.pcap"
    VFUSCOPE_PLUGIN_PATH=/$(zeros 5000):$PWD/found run -0 "$VFUSCOPE" decode -q "$BATS_TEST_DIRNAME/golden/edu.pcap"
    run -2 "$VFUSCOPE" decode --plugin "/$(zeros 5000).so" "$BATS_TEST_DIRNAME/golden/edu.pcap"
    [[ $output == *"too long"* ]]
}

@test "a ring's name with its number must fit" {
    long=$(printf './%.0s' {1..2000})
    path=$long$(zeros 94)
    [ ${#path} = 4094 ]
    run -2 "$VFUSCOPE" decode -q "$BATS_TEST_DIRNAME/golden/edu.pcap" -w "$path" --ring-size 64K --ring-files 2
    [[ $output == *"too long"* ]]
    [ -z "$(ls)" ]
    path=$long$(zeros 93)
    run -0 "$VFUSCOPE" decode -q "$BATS_TEST_DIRNAME/golden/edu.pcap" -w "$path" --ring-size 1M --ring-files 2
    [ "$(ls)" = "$(zeros 93).1" ]
}

@test "the tap's prompt: what is behind the end of a line that is too long is not another command" {
    serve
    mkfifo input
    start tap bash -c 'exec "$0" tap t s -i < input' "$VFUSCOPE"
    exec 8> input
    await_text tap.err '^listening on ' tap
    printf '%4095sbreak\nbreak error\n' '' >&8
    await_text tap.err '^break 1: error'
    grep -q 'the line is too long' tap.err
    lacks 'every message' tap.err
    stop tap
    exec 8>&-
}
