# Bringing a device up by hand: memory with names, structures field by field, and what plugins' commands do with them.
load lib/common

@test "mem alloc: outside of all maps, aligned; its name stands for the address; dma unmap NAME takes it back" {
    serve
    run -0 shell -c 'dma map 16M 1M' -c 'mem alloc 100 small' -c 'mem alloc 3M big' -c 'mem alloc 1' -c 'dma list' \
        -c 'write bar0+4 l small+0x10' -c 'read bar0+4' -c 'dma unmap big' -c 'mem alloc 64K big' -c 'dma unmap all' -c 'mem alloc 4K big'
    [ "${lines[0]}" = '0x1100000  4K  small' ]
    [ "${lines[1]}" = '0x1200000  3M  big' ]
    [ "${lines[2]}" = '0x1101000  4K' ]
    [[ $output == *$'0x1100000           4K        rw     memfd    small\n'* ]]
    [[ ${lines[-3]} == 0xfeefffe? && ${lines[-2]} = '0x1110000  64K  big' ]] # edu inverts what is written
    [ "${lines[-1]}" = '0x1000000  4K  big' ]
    run -0 shell --json -c 'mem alloc 4K x' -c 'mem fill $value 16 0xab' -c 'mem dump x+8 4' -c 'send DMA_UNMAP address=x size=4K'
    [[ ${lines[0]} == *'"value":"0x1000000","size":"0x1000","name":"x"'* && ${lines[2]} == *'"data":"abababab"'* ]]
    [[ ${lines[3]} == *'"address":"0x1000000"'* ]]
    local wrong
    for wrong in '4K 1x' '4K u8' '4K all' '4K a-b' 0 '4K x'; do
        run -1 --separate-stderr shell -c 'mem alloc 4K x' -c "mem alloc $wrong"
        [[ $stderr == *"mem alloc: "* ]]
    done
    run -1 --separate-stderr shell -c 'dma unmap nothing'
    [[ $stderr == *"nothing: no memory has this name (dma list)"* ]]
    run -1 --separate-stderr shell -c 'mem alloc 4K x' -c 'dma unmap x' -c 'mem dump x 4'
    [[ $stderr == *"IOVA: x: not a number"* ]]
}

@test "mem put: numbers of each width and order, padding, text, hex, addresses by name" {
    serve
    run -0 shell --json -c 'mem alloc 4K a' -c 'mem fill a 64 0xff' \
        -c 'mem put a u8 1 2 u16 0x304 u32 5 u64 a+0x20 pad 20 u16be 0x102 u32be 3 zeros 2 text hi hex 0aff u64be 1' \
        -c 'mem dump a 41'
    [[ ${lines[2]} == *'"address":"0x1000000","size":"0x28"'* ]]
    [ "$(json .data)" = '"0102040305000000200000010000000000000000010200000003000068690aff0000000000000001ff"' ]
    local put
    for put in '1 u8' 'u8 u16 1' 'u8 256' 'pad 4 pad 3' 'zeros 2M' 'u32 nobody' 'zeros 5000'; do
        run -1 --separate-stderr shell -c 'mem alloc 4K a' -c "mem put a $put"
        [[ $stderr == *"mem put: "* ]] || { echo "$put: $stderr"; false; }
    done
}
