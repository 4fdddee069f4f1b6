# Run inside the rig's guest (RIG_SCRIPT), where $BDF is edu: its registers, its DMA with the guest's memory, and an
# interrupt. The memory at $memory is kept from the kernel (memmap=), so that /dev/mem reaches it.
memory=0x70000

reg() {
    pcitool peek $BDF 0 $1 ${2:-4} | sed 's/.*= //'
}
set_reg() {
    pcitool poke $BDF 0 $1 ${3:-4} $2 > /dev/null
}
# transfer SOURCE DESTINATION COUNT COMMAND: until the run bit is clear
transfer() {
    set_reg 0x80 $1 8
    set_reg 0x88 $2 8
    set_reg 0x90 $3 8
    set_reg 0x98 $4 8
    for try in 1 2 3 4 5 6 7 8 9 10; do
        [ $(($(reg 0x98 8) & 1)) = 0 ] && return
        usleep 100000
    done
    echo "EDU: DMA does not end"
}

echo "EDU: id $(reg 0)"
set_reg 4 0x12345678
echo "EDU: liveness $(reg 4)"
set_reg 8 10
echo "EDU: factorial $(reg 8)"

printf 'read by the device' | dd of=/dev/mem bs=1 seek=$((memory)) conv=notrunc 2> /dev/null
transfer $memory 0x40000 18 1
transfer 0x40000 $((memory + 0x800)) 18 3
echo "EDU: DMA $(dd if=/dev/mem bs=1 skip=$((memory + 0x800)) count=18 2> /dev/null)"

modprobe uio_pci_generic
bind uio_pci_generic > /dev/null
# The handler masks INTx in PCI's command register, where it stays: -1 is the driver's answer to unmasking by write.
: > /tmp/uio # before pcitool's shell makes it, or grep may be the first and complain
pcitool uio $BDF /dev/uio0 20000 > /tmp/uio &
until grep -q enable /tmp/uio; do usleep 20000; done
set_reg 0x60 0x10
wait
echo "EDU: $(grep count /tmp/uio), status $(reg 0x24), PCI status $(setpci -s ${BDF#0000:} STATUS)"
set_reg 0x64 0x10
echo "EDU: acknowledged $(reg 0x24), PCI status $(setpci -s ${BDF#0000:} STATUS)"
release
