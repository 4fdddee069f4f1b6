#!/usr/bin/env bats
# serve --device ram: a device of registers that remember, with a script of reactions.

load lib/common

@test "ids, BARs, MSI-X as asked for; registers remember until a reset" {
    serve --device ram:vendor=0x1af4,device=0x1042,class=0x018000,revision=1,bar0=16K,bar2=mmap:1M,msix=8
    run -0 shell --raw -c 'read config+0' -c 'read config+8' -c 'write bar0+0x3ffc 0x1234' -c 'read bar0+0x3ffc' -c reset \
        -c 'read bar0+0x3ffc'
    [ "${lines[*]}" = "0x10421af4 0x1800001 0x1234 0x0" ]
    run -0 --separate-stderr shell --raw --json -c regions
    [ "$(jq -c '[.. | objects | select(.size? != null) | .size] | map(select(. != "0x0")) | length' <<< "$output")" -ge 3 ]
    run -0 shell --raw -c 'send DEVICE_GET_IRQ_INFO index=msix' -c 'expect reply.count == 8'
    run -0 shell --raw -c 'send DEVICE_GET_REGION_INFO index=bar2' -c 'expect reply.size == 1M'
    run -1 shell --raw -c 'read bar0+0x4000'
}

@test "a script sets first values, protects them, and reacts to writes" {
    cat > react << 'END'
# comment
init bar0+0x10 0x11223344
init config+0x40 hex 09000102
readonly bar0+0x10 4
on bar0+0 & 1 == 1 set bar0+4 w 0x5566 irq msix 1   # both
on bar0+8 b == 0x7f set bar0+8 b 0
END
    serve --device "ram:bar0=4K,msix=2,react=$T/react"
    run -0 shell --raw -c 'read bar0+0x10' -c 'write bar0+0x10 0' -c 'read bar0+0x10' -c 'read config+0x40' \
        -c 'irq arm msix' -c 'write bar0+0 2' -c 'read bar0+4' -c 'write bar0+0 3' -c 'read bar0+4' \
        -c 'expect irq msix 1 within 60s' -c 'write bar0+8 b 0x7f' -c 'read bar0+8 b' -c reset -c 'read bar0+4'
    [[ "${lines[*]}" == "0x11223344 0x11223344 0x2010009 0x0 0x5566 "*"0x0 0x0" ]]
}

@test "what can't be is an error with its place" {
    local options
    for options in bar0=17 bar0=8 bar0=512M bar1=mmap:64 vendor=0x10000 colour=red vendor msix=2049 react=absent \
        bar0=x bar6=4K; do
        run -2 timeout "$LIMIT" "$VFUSCOPE" serve s --device "ram:$options"
        [[ $output == "vfuscope: --device ram: "* ]]
    done
    while read -r line; do
        echo "$line" > react
        run -2 timeout "$LIMIT" "$VFUSCOPE" serve s --device "ram:bar0=4K,react=react"
        [[ $output == "vfuscope: --device ram: react: line 1: "* ]]
    done << 'END'
start
init bar0
init bar1+0 1
init bar0+4K 1
init bar0+0xffd 1
init bar0+0 x
init bar0+0 hex 123
init bar0+0 1 2
on bar0+0 = 1
on bar0+0 == 1 irq msix 0
on bar0+0 == 1 set bar0+0
END
    run -2 timeout "$LIMIT" "$VFUSCOPE" serve s --device edu:bar0=4K
    run -2 timeout "$LIMIT" "$VFUSCOPE" serve s --device rom
}
