# The shell as firmware, driver and memory: config space, DMA as it happens, sets of interrupts.
load lib/common

@test "config: as lspci shows it, and as a hexdump; without lspci our own words" {
    need lspci pciutils
    serve
    run -0 shell -c config
    [[ $output == *"Device [1234:11e8] (rev 10)"*"Capabilities: [48] MSI: Enable- Count=1/1 Maskable- 64bit+"*"00000000: 34 12"* ]]
    [[ $output != *"vendor  "* ]]
    run -0 env PATH=/nonexistent "$VFUSCOPE" shell "$T/s" --json -c config
    [ "$(json .vendor_id)" = 4660 ]
}

@test "config bars sizes each BAR and puts everything back; master and msi turn bits on and off" {
    serve
    run -0 shell -c 'config master on' -c 'config memory on' -c 'write config+0x10 0xfe000000' -c 'config bars' \
        -c 'read config+4 w' -c 'read config+0x10'
    [ "$output" = $'bar0  32-bit                 1M\nbar2  32-bit                 64K\nbar4  32-bit                 4K\n0x6\n0xfe000000' ]
    run -0 shell --json -c 'config bars'
    [ "$(json '[.bars[]|[.bar,.size]]')" = '[[0,"0x100000"],[2,"0x10000"],[4,"0x1000"]]' ]
    run -0 shell -c 'config msi on' -c 'read config+0x4a w' -c 'config msi off' -c 'read config+0x4a w' \
        -c 'config msix on' -c 'read config+0x5a w' -c 'config master off' -c 'read config+4 w'
    [ "$output" = $'0x81\n0x80\n0x8003\n0x2' ]
    run -1 --separate-stderr shell -c 'config fish on'
    [[ $stderr == *"fish: bars, master, memory"* ]]
}

@test "dma trace shows what the device reads and writes; dma list, where it tried to and could not" {
    fake asks
    run -0 --separate-stderr shell -c 'dma map 0x1000 4K --message' -c 'dma map 0x5000 4K --ro --message' \
        -c 'dma trace on' -c 'read bar0' -c 'dma list'
    [[ $output == *"device writes 0x1000+0x4: baadf00d"*"device writes 0x1001+0x3: adbeef"*"device reads 0x1002+0x2: beef"* ]]
    [[ $output == *"outside of all mappings the device tried to"*"read  0x1ffe+0x4, 1 time" ]]
    stop fake
    rm s
    fake asks
    run -0 --separate-stderr shell --json -c 'dma map 0x1000 4K --message' -c 'dma trace on' -c 'read bar0' -c 'dma list'
    [ "$(json '[.outside[]|[.address,.access]]')" = '[["0x1ffe","read"],["0x5000","write"]]' ]
    [[ $stderr == *"device reads 0x1002+0x2: beef"* ]]
}

@test "mem cmp: with a file, with other memory; says where they differ" {
    serve
    printf 'abcd' > in
    run -0 shell -c 'dma map 0x1000 4K' -c 'mem load 0x1000 in' -c 'mem load 0x1800 in' -c 'mem cmp 0x1000 in' \
        -c 'mem cmp 0x1000 2K 0x1800'
    run -1 --separate-stderr shell -c 'dma map 0x1000 4K' -c 'mem load 0x1000 in' -c 'mem write 0x1002 00' \
        -c 'mem cmp 0x1000 in'
    [[ $stderr == *"mem cmp: 0x1002 has 00, and 63 was expected" ]]
}

@test "irq: count, ranges, bool data, vectors taken back one by one" {
    serve
    run -0 shell --json -c 'irq arm msix' -c 'irq trigger msix 0-3 bool 0110' -c 'irq trigger msix 1-2' -c 'irq list'
    [ "$(json '[.irqs[]|.fired]')" = '[0,2,2,0]' ]
    run -0 shell -c 'irq arm msix' -c 'irq trigger msix 2' -c 'irq trigger msix 2' \
        -c 'irq wait msix 2 timeout 60s count 2' -c 'irq trigger msix 2' -c 'expect irq msix 2 within 60s count 1'
    run -1 --separate-stderr shell -c 'irq arm msix' -c 'irq trigger msix 2' -c 'irq wait msix 2 count 2 timeout 10ms'
    [[ $stderr == *"msix 2 fired 1 time within 10 ms, 2 were waited for" ]]
    run -0 shell --json -c 'irq arm msix' -c 'irq disarm msix 1-2' -c 'irq trigger msix 0-3' -c 'irq list'
    [ "$(json '[.irqs[]|[.vector,.fired]]')" = '[[0,1],[3,1]]' ]
    run -1 --separate-stderr shell -c 'irq trigger msix 0-3 bool 01'
    [[ $stderr == *"bool: 01: a 0 or 1 for each of 4 vectors" ]]
    run -1 --separate-stderr shell -c 'irq arm msi' -c 'irq wait msi 0 forever 1'
    [[ $stderr == *"forever: timeout TIME and count N may follow" ]]
}

@test "connect --again waits for the server and sets up mappings and vectors anew" {
    serve
    mkfifo pipe
    start shell bash -c "exec '$VFUSCOPE' s < pipe"
    exec 4> pipe
    printf 'irq arm msix 1-2\ndma map 0x100000 64K\ndma map 0x200000 4K --message\nmem write 0x100000 cafebabe\nread bar0\n' >&4
    await_text shell.out 0x10000ed shell
    stop serve
    printf 'connect --again\n' >&4
    serve
    printf 'irq trigger msix 2\nexpect irq msix 2 within 60s\nconfig master on\nwrite bar0+0x80 q 0x100000\n' >&4
    printf 'write bar0+0x88 q 0x40000\nwrite bar0+0x90 q 4\nwrite bar0+0x98 q 1\npoll bar0+0x98 & 1 == 0\n' >&4
    printf 'write bar0+0x80 q 0x40000\nwrite bar0+0x88 q 0x200000\nwrite bar0+0x98 q 3\npoll bar0+0x98 & 1 == 0\n' >&4
    printf 'mem dump 0x200000 4\nexpect data == cafebabe\nquit\n' >&4
    exec 4>&-
    await shell
    [ "$status" = 0 ]
    grep -q '^2 mappings and 2 vectors set up again$' shell.out
    run -1 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" shell "$T/s" -c 'dma map 0 4K' -c 'connect' -c 'mem dump 0 4'
    [[ $stderr == *"0x0 is not mapped"* ]]
}

@test "^C ends the wait for a busy server at once" {
    start busy python3 -c "
import socket, sys, time
l = socket.socket(socket.AF_UNIX); l.bind('s'); l.listen(0)
held = []
for i in range(2):
    c = socket.socket(socket.AF_UNIX); c.setblocking(False)
    try:
        c.connect('s'); held.append(c)
    except BlockingIOError:
        pass
print('full', flush=True); time.sleep(60)"
    await_text busy.out full busy
    start shell "$VFUSCOPE" shell "$T/s" -c info
    # In its wait: it has the signal blocked, and its descriptors open.
    waits() { find "/proc/${STARTED[shell]}/fd" -lname 'anon_inode:*signalfd*' | grep -q .; }
    await_that waits
    stop shell INT
    [ "$status" = 130 ]
}
