"""What the device is, its registers, its memory and its config space."""
import errno
import os
import struct
import subprocess

from checks import *  # noqa: F403


def info(c):
    equal(struct.unpack('=IIII', c.command(GET_INFO, struct.pack('=IIII', 16, 0, 0, 0))), (16, 3, 9, 5))
    equal(struct.unpack('=IIII', c.command(GET_INFO, struct.pack('=IIII', 4096, 0, 0, 0))), (16, 3, 9, 5))
    for body in (struct.pack('=IIII', 15, 0, 0, 0), bytes(16), struct.pack('=III', 16, 0, 0), b''):
        refused(errno.EINVAL, c.command, GET_INFO, body)


def regions(c):
    sizes = {BAR0: 1 << 20, BAR2: 64 << 10, BAR4: 4096, CONFIG: 256}
    for index in range(9):
        r = c.region_info(index)
        equal((r['index'], r['size']), (index, sizes.get(index, 0)))
        if index == BAR2:
            equal((r['flags'], r['argsz'], r['areas']), (0xf, 80, [(0x1000, 0x3000), (0x8000, 0x8000)]))
            equal(len(r['fds']), 1)
        else:
            equal((r['flags'], r['argsz'], r['areas'], r['fds']), (3 if index in sizes else 0, 32, [], []))
    for argsz in (32, 40, 79):      # no room: the fixed part, how much it takes, no fd
        r = c.region_info(BAR2, argsz)
        equal((r['argsz'], r['flags'], r['size'], r['fds'], r['length']), (80, 7, 64 << 10, [], 32))
    equal(len(c.region_info(BAR2, 80)['fds']), 1)
    for index, argsz in ((9, 4096), (0xffffffff, 4096), (0, 31), (2, 0)):
        refused(errno.EINVAL, c.region_info, index, argsz)
    refused(errno.EINVAL, c.command, GET_REGION_INFO, bytes(31))


def io_fds(c, index=BAR0, argsz=4096):
    """The sub-regions, as tuples of their fields with the fd in the place of its index; those fds"""
    reply = c.exchange(GET_REGION_IO_FDS, struct.pack('=IIII', argsz, 0, index, 0))
    need, flags, got, count = struct.unpack_from('=IIII', reply.body)
    equal((need, flags, got), (16 + 40 * count, 0, index))
    if need > argsz:
        equal((len(reply.body), reply.fds), (16, []))
        return count, []
    equal(len(reply.body), need)
    items = [struct.unpack_from('=QQIIIIQ', reply.body, 16 + 40 * i) for i in range(count)]
    equal({item[2] for item in items}, set(range(len(reply.fds))))
    return [(item[:2] + (reply.fds[item[2]],) + item[3:]) for item in items], reply.fds


def region_io_fds(c):
    items, fds = io_fds(c)
    equal([i[:2] + i[3:] for i in items], [(0x98, size, 0, 1, 0, value) for value in (1, 3, 5, 7) for size in (4, 8)])
    equal([i[2] for i in items], [fd for fd in fds for _ in range(2)])
    equal(len(fds), 4)
    for fd in fds:
        equal(os.readlink(f'/proc/self/fd/{fd}'), 'anon_inode:[eventfd]')
    for argsz in (16, 17, 16 + 8 * 40 - 1):
        equal(io_fds(c, argsz=argsz), (8, []))
    equal(len(io_fds(c, argsz=16 + 8 * 40)[0]), 8)
    for index in range(1, 9):
        equal(io_fds(c, index), ([], []))
    for body in ((15, 0, 0, 0), (16, 1, 0, 0), (16, 0, 9, 0), (16, 0, 0, 1), (1048577, 0, 0, 0)):
        refused(errno.EINVAL, c.command, GET_REGION_IO_FDS, struct.pack('=IIII', *body))
    c.close()
    for most in (3, 0, None):       # absent: 1
        c = Client(path(), max_msg_fds=most)
        equal(io_fds(c), ([], []))
        c.close()
    equal(len(io_fds(Client(path(), max_msg_fds=4))[1]), 4)


def doorbells(c):
    """An eventfd in the place of the write that starts a DMA"""
    bells = {item[6]: item[2] for item in io_fds(c)[0]}
    event = c.arm(MSI)
    fd = memfd(0x1000, pattern(64))
    c.map(0x100000, 0x1000, fd)

    def program(source, destination):
        for offset, value in ((0x80, source), (0x88, destination), (0x90, 64)):
            c.write(BAR0, offset, value, 8)

    def ring(value, times=1):
        os.write(bells[value], struct.pack('=Q', times))

    program(0x100000, BUFFER)
    ring(1)
    equal((c.read(BAR0, 0x98, 8), event.count()), (0, 0))
    program(BUFFER, 0x100100)
    ring(3)
    c.dma_done()
    equal((os.pread(fd, 64, 0x100), event.count()), (pattern(64), 0))
    program(BUFFER, 0x100200)
    ring(7)
    equal(event.wait(), 1)          # without any message
    equal(os.pread(fd, 64, 0x200), pattern(64))
    program(0x100000, BUFFER)
    ring(5, 3)                      # rung thrice before it looks: once
    equal((event.wait(), c.read(BAR0, IRQ_STATUS)), (1, 0x100))
    c.map(0x200000, 0x1000)         # DMA by messages
    c.memory[0x200000][:64] = pattern(64, 9)
    program(0x200000, BUFFER)
    ring(1)
    c.answer_dma()
    c.dma_done()
    # Stopped it waits, a reset forgets it.
    stop, run = struct.pack('=IIII', 16, 0x20002, 1, 0), struct.pack('=IIII', 16, 0x20002, 2, 0)
    program(BUFFER, 0x100300)
    c.command(FEATURE, stop)
    ring(7)
    equal((c.read(BAR0, 0x98, 8), event.count()), (0, 0))
    c.command(FEATURE, run)
    equal((event.wait(), os.pread(fd, 64, 0x300)), (1, pattern(64, 9)))
    c.command(FEATURE, stop)
    ring(7)
    c.command(RESET)
    equal((c.read(BAR0, IRQ_STATUS), event.count()), (0, 0))
    # The client's fds are worth nothing to the next one.
    c.close()
    c = Client(path())
    event = c.arm(MSI)
    ring(7)
    still_serves(c)
    equal(event.count(), 0)
    equal(len(io_fds(c)[1]), 4)


def irq_info(c):
    for index, flags, count in ((INTX, 7, 1), (MSI, 1, 1), (MSIX, 1, 4), (ERR, 0, 0), (REQ, 0, 0)):
        equal(struct.unpack('=IIII', c.command(GET_IRQ_INFO, struct.pack('=IIII', 16, 0, index, 0))),
              (16, flags, index, count))
    for index, argsz in ((5, 16), (0xffffffff, 16), (0, 15)):
        refused(errno.EINVAL, c.command, GET_IRQ_INFO, struct.pack('=IIII', argsz, 0, index, 0))


def registers(c):
    equal(c.read(BAR0, 0), 0x010000ed)
    c.write(BAR0, 0, 0xffffffff)
    equal(c.read(BAR0, 0), 0x010000ed)
    c.write(BAR0, 4, 0x12345678)
    equal(c.read(BAR0, 4), 0xedcba987)
    c.write(BAR0, STATUS, 0xffffffff)
    equal(c.read(BAR0, STATUS), 0x80)
    c.write(BAR0, STATUS, 0)
    equal(c.read(BAR0, STATUS), 0)
    for offset in (0x80, 0x88, 0x90):
        c.write(BAR0, offset, 0x1122334455667788, 8)
        equal(c.read(BAR0, offset, 8), 0x1122334455667788)
        equal(c.read(BAR0, offset, 4), 0x55667788)
        c.write(BAR0, offset, 0x99aabbcc, 4)
        equal(c.read(BAR0, offset, 8), 0x99aabbcc)
    c.write(BAR0, 0x98, 6, 4)       # without its run bit a DMA command is not even kept
    equal(c.read(BAR0, 0x98, 8), 0)
    for offset in (0x0c, 0x10, 0x60, 0x64, 0x84, 0xa0, BUFFER, BUFFER + 4092, 0xffffc):
        c.write(BAR0, offset, 0, 4)
        equal(c.read(BAR0, offset), 0xffffffff)


def widths(c):
    c.write(BAR0, 4, 0)
    for offset, width in ((0, 1), (0, 2), (0, 8), (4, 1), (4, 2), (4, 8), (2, 4), (0, 16), (0x80, 1), (0x80, 2),
                          (0x80, 3), (0x80, 16), (0x84, 8), (0, 0x1000)):
        c.write_range(BAR0, offset, bytes(width))
        equal(c.read_range(BAR0, offset, width), b'\xff' * width)
    equal(c.read(BAR0, 4), 0xffffffff)      # 0 inverted: none of these writes went through
    c.write(BAR0, 4, 5, 8)
    equal(c.read(BAR0, 4), 0xffffffff)


def factorial(c):
    product = 1
    for n in range(0, 40):
        product *= n or 1
        c.write(BAR0, FACTORIAL, n)
        equal(c.read(BAR0, FACTORIAL), product & 0xffffffff)
        equal(c.read(BAR0, STATUS), 0)
    for n in (1000, 0x7fffffff, 0xffffffff):
        c.write(BAR0, FACTORIAL, n)
        equal(c.read(BAR0, FACTORIAL), 0)
    event = c.arm(INTX)
    c.write(BAR0, FACTORIAL, 5)
    equal(event.count(), 0)
    c.write(BAR0, STATUS, 0x80)
    c.write(BAR0, FACTORIAL, 10)
    equal((c.read(BAR0, FACTORIAL), c.read(BAR0, IRQ_STATUS), event.wait()), (3628800, 1, 1))


def memory(c):
    r = c.region_info(BAR2)
    shared = mapped(r['fds'][0], 64 << 10, r['offset'])
    data = pattern(64 << 10)
    c.write_range(BAR2, 0, data)
    equal(c.read_range(BAR2, 0, 64 << 10), data)
    for offset, size in r['areas']:
        equal(shared[offset:offset + size], data[offset:offset + size])
        shared[offset:offset + 8] = b'mappable'
        equal(c.read_range(BAR2, offset, 8), b'mappable')
    c.write_range(BAR2, 0x7fff, b'xyz')
    equal(shared[0x7fff:0x8002], b'xyz')
    try:
        os.truncate(r['fds'][0], 0)
        raise AssertionError('the memory can be cut off')
    except OSError as e:
        equal(e.errno, errno.EPERM)


def msix_table(c):
    for vector in range(4):
        at = 16 * vector
        equal(c.read_range(BAR4, at, 16), bytes(12) + b'\1\0\0\0')
        c.write_range(BAR4, at, b'\xff' * 16)
        equal(c.read_range(BAR4, at, 16), b'\xfc' + b'\xff' * 11 + b'\1\0\0\0')
        c.write(BAR4, at + 12, 0)
        equal(c.read(BAR4, at + 12), 0)
    c.write_range(BAR4, 64, b'\xff' * (4096 - 64))
    equal(c.read_range(BAR4, 64, 4096 - 64), bytes(4096 - 64))


def access_errors(c):
    for region, offset, count in ((BAR0, 1 << 20, 1), (BAR0, (1 << 20) - 3, 4), (BAR2, 0xffff, 2), (CONFIG, 256, 1),
                                  (CONFIG, 0, 257), (BAR0, 1 << 63, 4), (BAR0, 0xfffffffffffffffc, 8),
                                  (1, 0, 4), (6, 0, 4), (8, 0, 4), (9, 0, 4), (0xffffffff, 0, 4),
                                  (BAR0, 0, 0xffffffff), (BAR0, 0, 1048577)):
        refused(errno.EINVAL, c.command, REGION_READ, struct.pack('=QII', offset, region, count))
        refused(errno.EINVAL, c.command, REGION_WRITE, struct.pack('=QII', offset, region, count) + bytes(min(count, 16)))
    refused(errno.EINVAL, c.write_range, BAR0, 0, bytes(1048577))
    refused(errno.EINVAL, c.write_range, BAR2, 0, bytes(3 << 20))
    equal(len(c.read_range(BAR0, 0, 1 << 20)), 1 << 20)
    c.write_range(BAR0, 0, bytes(1 << 20))
    # The data is as long as count says.
    for count, size in ((4, 3), (4, 0), (4, 5), (0, 4)):
        refused(errno.EINVAL, c.command, REGION_WRITE, struct.pack('=QII', 4, BAR0, count) + bytes(size))
    for size in range(16):
        refused(errno.EINVAL, c.command, REGION_READ, bytes(size))
    # Nothing to read or write is no fault, inside the region.
    equal(c.read_range(BAR0, 0, 0), b'')
    equal(c.read_range(BAR2, 64 << 10, 0), b'')
    c.write_range(BAR2, 0, b'')
    refused(errno.EINVAL, c.read_range, BAR2, (64 << 10) + 1, 0)
    refused(errno.EINVAL, c.read_range, 9, 0, 0)
    still_serves(c)


def write_multi(c):
    def writes(*items):
        return b''.join(struct.pack('=QII8s', offset, region, count, data) for offset, region, count, data in items)

    def multi(number, body, **more):
        return c.command(WRITE_MULTI, struct.pack('=Q', number) + body, **more)

    good = [(i, BAR2, 1, bytes([i])) for i in range(200)]
    equal(multi(200, writes(*good)), struct.pack('=Q', 200))
    equal(c.read_range(BAR2, 0, 200), bytes(range(200)))
    equal(multi(2, writes((0x300, BAR2, 8, b'eightlen'), (4, BAR0, 4, b'\0\0\0\0'))), struct.pack('=Q', 2))
    equal((c.read_range(BAR2, 0x300, 8), c.read(BAR0, 4)), (b'eightlen', 0xffffffff))
    equal(multi(0, b''), bytes(8))
    # The first that can't be done ends it; the reply says how many were.
    equal(multi(3, writes((0, BAR2, 1, b'a'), (0, 9, 1, b'b'), (2, BAR2, 1, b'c'))), struct.pack('=Q', 1))
    equal(c.read_range(BAR2, 0, 3), b'a\1\2')
    refused(errno.EINVAL, multi, 2, writes((0, 9, 1, b'x'), (0, BAR2, 1, b'y')))
    refused(errno.EINVAL, multi, 1, writes((0, BAR2, 9, b'x')))
    # Malformed: nothing is written.
    for number, body in ((201, writes(*good, good[0])), (2, writes(good[5])), (1, writes(*good[5:7])),
                         (1 << 63, writes(good[5])), (1, writes(good[5])[:-1])):
        refused(errno.EINVAL, multi, number, body)
    equal(c.read_range(BAR2, 0, 8), b'a\1\2\3\4\5\6\7')
    c.close()
    c = Client(path(), write_multiple=None)
    refused(errno.EINVAL, c.command, WRITE_MULTI, struct.pack('=Q', 1) + writes(good[9]))


def config(c):
    equal(c.read_range(CONFIG, 0, 16), bytes.fromhex('3412e811000010001000ff0000000000'))
    for bar, size in ((0, 1 << 20), (1, 0), (2, 64 << 10), (3, 0), (4, 4096), (5, 0)):
        at = 0x10 + 4 * bar
        equal(c.read(CONFIG, at), 0)
        c.write(CONFIG, at, 0xffffffff)
        equal(c.read(CONFIG, at), (0x100000000 - size) & 0xffffffff if size else 0)
        c.write(CONFIG, at, 0xfea12345)
        equal(c.read(CONFIG, at), 0xfea12345 & ~(size - 1) if size else 0)
    c.write(CONFIG, 0x30, 0xffffffff)       # no ROM
    equal(c.read(CONFIG, 0x30), 0)
    c.write(CONFIG, 0, 0xffffffff)
    equal(c.read(CONFIG, 0), 0x11e81234)
    c.write(CONFIG, 4, 0xffffffff)
    equal(c.read(CONFIG, 4), 0x00100507)
    for i in range(2):                      # a byte at a time as well
        c.write(CONFIG, 4 + i, 0x06 >> 8 * i, 1)
    equal(c.read(CONFIG, 4, 2), 0x0006)
    c.write(CONFIG, 0x3c, 0xffff, 2)
    equal(c.read(CONFIG, 0x3c, 2), 0x01ff)


def capabilities(c):
    seen, at = {}, c.read(CONFIG, 0x34, 1)
    while at:
        equal(at % 4, 0)
        seen[c.read(CONFIG, at, 1)] = at
        at = c.read(CONFIG, at + 1, 1)
    equal(sorted(seen), [0x01, 0x05, 0x11])
    msi, msix = seen[5], seen[0x11]
    equal(c.read(CONFIG, msi + 2, 2), 0x80)
    c.write(CONFIG, msi + 2, 0xffff, 2)
    equal(c.read(CONFIG, msi + 2, 2), 0x81)
    c.write(CONFIG, msi + 4, 0xfee00123)
    c.write(CONFIG, msi + 12, 0x4142, 2)
    equal((c.read(CONFIG, msi + 4), c.read(CONFIG, msi + 12, 2)), (0xfee00120, 0x4142))
    equal(c.read(CONFIG, msix + 2, 2), 3)
    c.write(CONFIG, msix + 2, 0xffff, 2)
    equal(c.read(CONFIG, msix + 2, 2), 0xc003)
    equal((c.read(CONFIG, msix + 4), c.read(CONFIG, msix + 8)), (4, 0x804))


def lspci(c):
    """pciutils reads it without complaint, from zeros as from a configured device."""
    for _ in range(2):
        dump = c.read_range(CONFIG, 0, 256)
        lines = ['00:05.0 x'] + [f'{i:02x}: ' + dump[i:i + 16].hex(' ') for i in range(0, 256, 16)]
        with open('dump', 'w') as f:
            f.write('\n'.join(lines) + '\n')
        got = subprocess.run(['lspci', '-F', 'dump', '-nn', '-vvv'], capture_output=True, text=True, timeout=PATIENCE)
        # Without the kernel's modules around lspci can't name drivers; that is no complaint about the device.
        errors = [line for line in got.stderr.splitlines() if 'libkmod' not in line]
        equal((got.returncode, errors), (0, []))
        for text in ('[00ff]', '[1234:11e8] (rev 10)', 'Subsystem: ', '[1af4:1100]', 'Power Management version 3',
                     'MSI: Enable- Count=1/1 Maskable- 64bit+', 'MSI-X: Enable- Count=4 Masked-',
                     'Vector table: BAR=4 offset=00000000', 'PBA: BAR=4 offset=00000800'):
            assert text in got.stdout, f'{text} is not in:\n{got.stdout}'
        assert '<chain' not in got.stdout and '!!!' not in got.stdout, got.stdout
        c.write(CONFIG, 4, 0x0006, 2)
        for bar, address in ((0, 0xfea00000), (2, 0xfeb00000), (4, 0xfeb10000)):
            c.write(CONFIG, 0x10 + 4 * bar, address)


main(globals())
