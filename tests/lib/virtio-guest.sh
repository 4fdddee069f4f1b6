# In the rig's guest: Linux's virtio drivers probe the disk, which is then read, written and trimmed, and let go.
modprobe virtio_pci
modprobe virtio_blk
for i in $(seq 50); do
    [ -b /dev/vda ] && break
    sleep 0.2
done
dd if=/dev/urandom of=/tmp/noise bs=64k count=4 2>/dev/null
dd if=/tmp/noise of=/dev/vda bs=64k seek=3 conv=fsync 2>/dev/null && echo "VIRTIO: written"
echo 3 > /proc/sys/vm/drop_caches
dd if=/dev/vda bs=64k skip=3 count=4 2>/dev/null | cmp - /tmp/noise && echo "VIRTIO: read back"
dd if=/dev/vda of=/dev/null bs=4k count=1 skip=500 2>/dev/null && echo "VIRTIO: read"
blkdiscard -o 1048576 -l 65536 /dev/vda && echo "VIRTIO: discarded"
echo "$BDF" > /sys/bus/pci/drivers/virtio-pci/unbind && echo "VIRTIO: unbound"
