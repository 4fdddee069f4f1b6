# In the rig's guest: Linux's nvme driver probes the disk, which is then read and written.
modprobe nvme
for i in $(seq 50); do
    [ -b /dev/nvme0n1 ] && break
    sleep 0.2
done
dd if=/dev/urandom of=/tmp/noise bs=64k count=4 2>/dev/null
dd if=/tmp/noise of=/dev/nvme0n1 bs=64k seek=3 conv=fsync 2>/dev/null && echo "NVME: written"
echo 3 > /proc/sys/vm/drop_caches
dd if=/dev/nvme0n1 bs=64k skip=3 count=4 2>/dev/null | cmp - /tmp/noise && echo "NVME: read back"
dd if=/dev/nvme0n1 of=/dev/null bs=4k count=1 skip=500 2>/dev/null && echo "NVME: read"
