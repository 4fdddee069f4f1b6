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
    run -0 shell -c 'mem alloc 4K ring' -c 'expect value == ring' -c 'write bar0+0x80 q ring+8' -c 'read bar0+0x80 q' \
        -c 'expect value == ring+8' -c 'expect value > ring' -c 'expect data != ring'
    run -1 --separate-stderr shell -c 'mem alloc 4K ring' -c 'expect value == ring+8'
    [[ $stderr == *'value == 0x1000008 was expected, and it is "0x1000000"'* ]]
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

# nvme [WORD]: a controller with a RAM disk of 8M (tests/lib/nvme_server.py), and the plugins
nvme() {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    vfu_server python3 "$BATS_TEST_DIRNAME/lib/nvme_server.py" --strict "$T/s"
}

@test "nvme enable, identify, read, write: queues, doorbells and phases are kept from one command to the next" {
    nvme
    cat > bring-up.vfu <<'END'
nvme enable 4
nvme identify
expect blocks == 16384
mem alloc 12K data
mem fill data 12K 0xa5
mem put data+0x1100 text hello
nvme write 16 24 data
nvme read 24 1
repeat 5 nvme read 25 1
nvme read 15 2 data
mem dump data+0x1f8 16
nvme read 16 24
dma list
END
    run -0 --separate-stderr shell -f bring-up.vfu
    [[ ${lines[0]} =~ ^ready\ after\ .*\;\ admin\ queues\ of\ 4\ entries:\ nvme.asq,\ nvme.acq$ ]]
    [ "${lines[1]}" = 'vfuscope test disk, serial VFU1, firmware 1, NVMe 1.4, up to 1 namespaces, transfers up to 128K' ]
    [ "${lines[2]}" = 'namespace 1: 16384 blocks of 512 (8M)' ]
    [[ ${lines[4]} == 'LBA 0x10+24, 12K at 0x'*', within '* && ${lines[5]} == 'LBA 0x18+1, 512 at 0x'*' (nvme.data), within '* ]]
    [[ ${lines[6]} == *': a5 a5 '* && ${lines[7]} = '*' ]]
    [[ $output == *'1f8: 00 00 00 00 00 00 00 00 a5 a5 a5 a5 a5 a5 a5 a5'* && $output == *'100: 68 65 6c 6c 6f a5'* ]]
    [[ $output =~ 'memfd    nvme.prps' && $output =~ 'memfd    nvme.cq1' ]]
    await_that grep -q 'Write 0x10+24 on 1' server.out
}

@test "nvme submit: fields by name; a completion with an error fails the command, in words; trace shows what is sent" {
    nvme
    run -1 --separate-stderr shell -c 'nvme enable' -c 'nvme submit admin identify cns=1' -c 'mem dump nvme.data+24 8' \
        -c 'nvme submit admin get-features fid=7' -c 'expect result == 0x10001' -c 'trace on' \
        -c 'nvme submit io read lba=1 blocks=16 prp1=nvme.asq prp2=nvme.acq' -c 'trace off' -c 'nvme submit io 0' -c 'nvme read 0x4000 1'
    [[ $output == *'Identify: ok, within '*'; data in nvme.data'*': 76 66 75 '*'Get Features: ok, within '*', result 0x10001'* ]]
    [[ $output == *'DMA_MAP'*'REGION_WRITE'*'Read: ok, within '*'Flush: ok, within '* ]]
    [[ $stderr == *'nvme read: Read: LBA Out of Range (status 0x80)' ]]
}

@test "nvme: what is no field, no command, or no controller that was set up is said so" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    serve --device "ram:vendor=0x1b36,device=0x10,class=0x010802,bar0=16K,msix=8,react=$BATS_TEST_DIRNAME/lib/nvme.react"
    local command words
    while IFS='|' read -r command words; do
        run -1 --separate-stderr shell -c 'nvme enable' -c reset -c "$command"
        [[ $stderr == *"$words"* ]] || { echo "$command: $stderr"; false; }
    done <<'END'
nvme submit admin identify cn=1|cn: the fields of Identify are cns, cntid, csi, nsid
nvme submit admin identify cns=256|cns: 256: does not fit 8 bits
nvme submit admin no-such|no-such: no admin command is called so
nvme enable 1|DEPTH: from 2 to 4096
nvme identify|the controller was reset, or set up by somebody else, since `nvme enable`: that again
END
    run -1 --separate-stderr shell -c 'nvme enable' -c connect -c 'nvme read 0 1'
    [[ $stderr == *'not set up yet: nvme enable' ]]
}

@test "virtio init, blk, submit: a disk is brought up, written and read; a failed request fails the command" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    vfu_server python3 "$BATS_TEST_DIRNAME/lib/virtio_server.py" "$T/s"
    cat > bring-up.vfu <<'END'
virtio init
expect capacity == 16384
mem alloc 4K data
mem put data pad 0x200 text hello
virtio blk write 8 2 data
virtio blk id
virtio blk flush
virtio blk read 9 1
mem put data u32 99 0 u64 0 u8 7
virtio submit 0 out data 16 in data+16 1
expect written == 1
mem dump data+16 1
virtio submit 1 out data 16
END
    run -1 --separate-stderr shell -f bring-up.vfu
    [[ ${lines[0]} == *'BLK_SIZE, FLUSH, VERSION_1; 1 queue, the first of 64: virtio.q0; 16384 sectors' ]]
    [[ $output == *$'\nvfuscope\n'*': 68 65 6c 6c 6f 00 '*$'\ndone, 1 bytes written\n'*': 02 '* ]]
    [[ $stderr == *'virtio submit: queue 1 was not set up' ]]
    grep -q 'write sector 0x8, 1K' server.out
}
