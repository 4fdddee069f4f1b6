"""DMA_MAP, DMA_UNMAP, and the DMA of edu by fd, by message and over the twin socket."""
import errno
import fcntl
import os
import struct

from checks import *  # noqa: F403


def dma_map_errors(c):
    fd = memfd(0x10000)
    c.map(0x100000, 0x10000, fd)
    c.map(0x200000, 0x1000)
    page = 0x1000
    for address, size in ((0x100000, 0x10000), (0x100000, page), (0x10f000, page), (0xff000, 2 * page),
                          (0, 0x1000000), (0x200000, page)):
        refused(errno.EEXIST, c.map, address, size, fd)
    for address, size in ((0x300001, page), (0x300000, page + 1), (0x300000, 0), (0x300800, 0x800),
                          (0xfffffffffffff000, 2 * page), (2 * page, 0xfffffffffffff000)):
        refused(errno.EINVAL, c.map, address, size)
    c.map(0xfffffffffffff000, page)         # the very last page
    for flags in (0x10, 0x13, 0x80000003, 4 | 3, 8 | 3):
        refused(errno.EINVAL, c.map, 0x300000, page, None, flags)
    refused(errno.EINVAL, c.map, 0x300000, page, fd, 3, 0x800)
    refused(errno.EINVAL, c.map, 0x300000, page, fd, 3, 1 << 63)
    body = struct.pack('=IIQQQ', 32, 3, 0, 0x300000, page)
    refused(errno.EINVAL, c.command, DMA_MAP, body, fds=[fd, fd])
    refused(errno.EINVAL, c.command, DMA_MAP, struct.pack('=IIQQQ', 31, 3, 0, 0x300000, page))
    for size in range(32):
        refused(errno.EINVAL, c.command, DMA_MAP, body[:size])
    # An fd that can't be mapped as the flags say: mmap's own errno.
    event = Event()
    refused(errno.ENODEV, c.map, 0x300000, page, event.fd)
    with open('/proc/self/exe', 'rb') as program:
        refused(errno.EACCES, c.map, 0x300000, page, program.fileno())
        c.map(0x300000, page, program.fileno(), flags=1)
    c.map(0x400000, page, fd, flags=4 | 3)
    c.map(0x500000, page, fd, flags=8 | 3, offset=page)


def dma_unmap_errors(c):
    c.map(0x100000, 0x4000)
    c.map(0x104000, 0x1000)
    for address, size in ((0x100000, 0x1000), (0x100000, 0x5000), (0x101000, 0x3000), (0, 0x1000000), (0x105000, 0x1000),
                          (0x100001, 0x4000), (0, 0), (0x80000000, 0xffffffff01100000)):
        refused(errno.ENOENT, c.unmap, address, size)
    for flags in (1, 3, 4, 8, 0x80000000):
        refused(errno.EINVAL, c.unmap, 0x100000, 0x4000, flags)
    refused(errno.EINVAL, c.command, DMA_UNMAP, struct.pack('=IIQQQQ', 4096, 1, 0x100000, 0x4000, 4096, 8))
    refused(errno.EINVAL, c.command, DMA_UNMAP, struct.pack('=IIQQ', 23, 0, 0x100000, 0x4000))
    for size in range(24):
        refused(errno.EINVAL, c.command, DMA_UNMAP, bytes(size))
    c.unmap(0x100000, 0x4000)
    refused(errno.ENOENT, c.unmap, 0x100000, 0x4000)
    # All of it, and only with address and size 0.
    for address, size in ((0x104000, 0), (0, 0x1000)):
        refused(errno.EINVAL, c.unmap, address, size, 2)
    c.unmap(0, 0, 2)
    refused(errno.ENOENT, c.unmap, 0x104000, 0x1000)
    c.unmap(0, 0, 2)


def dma_map_limit(c):
    """65,535 mappings and no more."""
    page = 0x1000
    for first in reversed(range(0, 65535, 500)):  # from the bottom up
        numbers = range(first, min(first + 500, 65535))
        for i in numbers:                         # but these from the top down: each is put before others
            c.send(DMA_MAP, struct.pack('=IIQQQ', 32, 3, 0, (70000 - i) * 2 * page, page))
        for i in numbers:
            equal(c.receive().error, 0)
    refused(errno.ENOSPC, c.map, 0, page)
    refused(errno.EEXIST, c.map, 70000 * 2 * page, page)
    c.unmap(70000 * 2 * page, page)
    c.map(0, page)
    refused(errno.ENOSPC, c.map, 70000 * 2 * page, page)


def dma_by_fd(c):
    data = pattern(4096)
    fd = memfd(0x4000, bytes(0x2000) + data)
    c.map(0x100000, 0x2000, fd, offset=0x2000)
    event = c.arm(INTX)
    c.start_dma(0x100000, BUFFER, 4096, 1)
    c.dma_done()
    equal((c.read(BAR0, 0x98, 8), event.count()), (0, 0))
    c.start_dma(BUFFER + 16, 0x101010, 100, 7)
    equal(event.wait(), 1)
    equal((c.read(BAR0, 0x98, 8), c.read(BAR0, IRQ_STATUS)), (6, 0x100))
    equal(os.pread(fd, 102, 0x300f), b'\0' + data[16:116] + b'\0')
    equal(c.dma_log, [])


def dma_by_message(c):
    c.map(0x100000, 0x2000)
    data = pattern(4096, 3)
    c.memory[0x100000][0x800:0x1800] = data
    event = c.arm(MSI)
    c.start_dma(0x100800, BUFFER, 4096, 5)
    c.dma_done()
    equal(event.wait(), 1)
    equal(c.dma_log, [(DMA_READ, 0x100800, 4096)])
    c.start_dma(BUFFER + 96, 0x100000, 1000, 3)
    c.dma_done()
    equal(c.dma_log[1:], [(DMA_WRITE, 0x100000, 1000)])
    equal(c.memory[0x100000][:1001], data[96:1096] + b'\0')


def dma_chunks(_):
    c = Client(path(), max_data_xfer_size=1000)
    c.map(0x100000, 0x1000)
    data = pattern(4096, 9)
    c.memory[0x100000][:] = data
    c.start_dma(0x100000, BUFFER, 4096, 1)
    c.dma_done()
    equal(c.dma_log, [(DMA_READ, 0x100000 + i, min(1000, 4096 - i)) for i in range(0, 4096, 1000)])
    c.memory[0x100000][:] = bytes(4096)
    c.start_dma(BUFFER, 0x100000, 4096, 3)
    c.dma_done()
    equal(bytes(c.memory[0x100000]), data)
    # The first error ends it.
    c.dma_log, c.dma_errno = [], errno.EIO
    c.start_dma(BUFFER, 0x100000, 4096, 3)
    c.dma_done()
    equal(c.dma_log, [(DMA_WRITE, 0x100000, 1000)])
    c.close()
    # A client that takes no data at all gets none: the transfer ends.
    c = Client(path(), max_data_xfer_size=0)
    c.map(0x100000, 0x1000)
    c.start_dma(0x100000, BUFFER, 16, 1)
    c.dma_done()
    equal(c.dma_log, [])


def dma_spanning(c):
    """Over four mappings, by fd and by message in turn."""
    fd = memfd(0x2000, pattern(0x2000))
    c.map(0x100000, 0x1000, fd)
    c.map(0x101000, 0x1000)
    c.map(0x102000, 0x1000, fd, offset=0x1000)
    c.memory[0x101000][:] = b'm' * 4096
    want = pattern(0x2000)[0xf00:0x1000] + b'm' * 3840
    c.start_dma(0x100f00, BUFFER, 4096, 1)
    c.dma_done()
    c.start_dma(BUFFER, 0x101900, 4096, 3)
    c.dma_done()
    equal(bytes(c.memory[0x101000][0x900:]) + os.pread(fd, 0x900, 0x1000), want)
    equal(c.dma_log, [(DMA_READ, 0x101000, 3840), (DMA_WRITE, 0x101900, 0x700)])


def dma_twin(_):
    c = Client(path(), twin_socket={'supported': True})
    equal(c.caps['twin_socket'], {'supported': True, 'fd_index': 0})
    c.map(0x100000, 0x1000)
    data = pattern(4096, 5)
    c.memory[0x100000][:] = data
    c.start_dma(0x100000, BUFFER, 4096, 1)
    c.answer_dma()
    c.dma_done()
    c.memory[0x100000][:] = bytes(4096)
    c.start_dma(BUFFER, 0x100000, 4096, 3)
    still_serves(c)                         # commands are served while it waits
    c.answer_dma()
    c.dma_done()
    equal(bytes(c.memory[0x100000]), data)
    # What comes on the wrong socket is refused or ignored.
    send(c.twin, message(REGION_READ, struct.pack('=QII', 0, BAR0, 4), id=77))
    reply = receive(c.twin)
    equal((reply.id, reply.error), (77, errno.EINVAL))
    c.start_dma(0x100000, BUFFER, 16, 1)
    request = receive(c.twin)
    send(c.sock, message(DMA_READ, request.body + bytes(16), id=request.id, flags=REPLY))
    equal(c.read(BAR0, 0x98, 8) & 1, 1)
    c.answer(c.twin, request)
    c.dma_done()
    # A twin that is closed ends its transfers, not the connection.
    c.start_dma(0x100000, BUFFER, 16, 1)
    receive(c.twin)
    c.twin.close()
    c.twin = None
    c.dma_done()
    c.start_dma(0x100000, BUFFER, 16, 1)
    c.dma_done()
    c.close()
    # No room for an fd: no twin socket.
    equal('twin_socket' in Client(path(), twin_socket={'supported': True}, max_msg_fds=0).caps, False)


def dma_while_serving(c):
    """The device waits for an answer to its DMA message; commands go on, in order."""
    c.map(0x100000, 0x1000)
    c.memory[0x100000][:16] = b'sixteen bytes!!!'
    c.start_dma(0x100000, BUFFER, 16, 1)
    request = c.receive()
    equal((request.command, request.flags, request.fds), (DMA_READ, 0, []))
    for i in range(50):
        c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 4), id=i)
    for i in range(50):
        equal(c.receive().id, i)
    equal(c.read(BAR0, 0x98, 8), 1)
    c.write(BAR0, 0x80, 5, 8)               # the registers keep their values while it runs
    c.write(BAR0, 0x98, 3, 8)
    equal((c.read(BAR0, 0x80, 8), c.read(BAR0, 0x98, 8)), (0x100000, 1))
    c.answer(c.sock, request)
    c.dma_done()
    c.start_dma(BUFFER, 0x100100, 16, 3)
    c.dma_done()
    equal(bytes(c.memory[0x100000][0x100:0x110]), b'sixteen bytes!!!')


def dma_old_replies(c):
    """Older QEMU's forms: data after a 32-bit count and padding behind it; a DMA_WRITE reply without a body. And the
    specification's DMA_WRITE reply, 12 bytes."""
    c.map(0x100000, 0x1000)
    c.start_dma(0x100000, BUFFER, 24, 1)
    request = c.receive()
    body = struct.pack('=QI', 0x100000, 24) + b'layout of the seed, 24 b' + bytes(4)
    send(c.sock, message(DMA_READ, body, id=request.id, flags=REPLY))
    c.dma_done()
    for body in (b'', struct.pack('=QI', 0x100000, 24), struct.pack('=QQ', 0x100000, 24)):
        c.start_dma(BUFFER, 0x100000, 24, 3)
        request = c.receive()
        equal((request.command, request.body[16:]), (DMA_WRITE, b'layout of the seed, 24 b'))
        send(c.sock, message(DMA_WRITE, body, id=request.id, flags=REPLY))
        c.dma_done()


def dma_failures(c):
    """An error reply, an address outside the map, a mapping that forbids it, a wrong reply, a range outside the buffer:
    the transfer ends, the buffer stays, and it interrupts all the same."""
    event = c.arm(MSI)
    fd = memfd(0x1000, b'before' + bytes(100))
    c.map(0x100000, 0x1000, fd)
    c.map(0x200000, 0x1000)
    c.map(0x300000, 0x1000, flags=2)
    c.map(0x400000, 0x1000, fd, flags=1)
    c.start_dma(0x100000, BUFFER, 6, 1)
    c.dma_done()

    def ended(source, destination, count, command):
        c.start_dma(source, destination, count, command)
        c.dma_done()
        equal((event.wait(), c.read(BAR0, IRQ_STATUS)), (1, 0x100))
        c.write(BAR0, ACK, 0x100)

    c.dma_errno = errno.EFAULT
    ended(0x200000, BUFFER, 6, 5)
    ended(BUFFER, 0x200000, 6, 7)
    c.dma_errno = 0
    for source, count in ((0x800000, 6), (0x100ffe, 6), (0x200ffe, 6), (0x300000, 6), (0, 4096)):
        ended(source, BUFFER, count, 5)
    for destination in (0x800000, 0x400000, 0x100ffe):
        ended(BUFFER, destination, 6, 7)
    for inside, count in ((BUFFER - 1, 6), (BUFFER + 4091, 6), (BUFFER + 4096, 1), (0, 4), (BUFFER, 4097),
                          (0xffffffffffffffff, 2), (BUFFER, 0xffffffffffffffff), (BUFFER + 16, 0xfffffffffffffff8)):
        ended(0x100000, inside, count, 5)
        ended(inside, 0x100000, count, 7)
    for body in (b'', bytes(16), struct.pack('=QQ', 0x200000, 5) + b'wrong', struct.pack('=QQ', 0x200000, 6) + b'short',
                 struct.pack('=QQ', 0x200000, 1 << 40) + b'longer'):
        c.start_dma(0x200000, BUFFER, 6, 5)
        request = c.receive()
        send(c.sock, message(DMA_READ, body, id=request.id, flags=REPLY))
        c.dma_done()
        equal(event.wait(), 1)
    c.start_dma(BUFFER, 0x100010, 6, 3)
    c.dma_done()
    c.start_dma(BUFFER + 4088, 0x100020, 8, 3)
    c.dma_done()
    equal((os.pread(fd, 6, 16), os.pread(fd, 8, 32)), (b'before', bytes(8)))
    still_serves(c)


def dma_failures_many(c):
    for _ in range(50):
        c.start_dma(0x5000, BUFFER, 16, 1)
        c.dma_done()
    still_serves(c)


def dma_short_file(c):
    """A file that is cut off under the mapping can't hurt."""
    fd = memfd(0x2000)
    c.map(0x100000, 0x2000, fd)
    os.truncate(fd, 0x1000)
    c.start_dma(0x101000, BUFFER, 4096, 1)
    c.dma_done()
    c.start_dma(0x100800, BUFFER, 4096, 1)
    c.dma_done()
    still_serves(c)
    fd = os.memfd_create('sealed', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.truncate(fd, 0x1000)
    fcntl.fcntl(fd, 1033, 0x8)              # F_ADD_SEALS, F_SEAL_WRITE: read-only after all
    refused(errno.EPERM, c.map, 0x200000, 0x1000, fd)
    c.map(0x200000, 0x1000, fd, flags=8 | 3)
    c.start_dma(BUFFER, 0x200000, 16, 3)
    c.dma_done()
    still_serves(c)


def dma_not_a_file(c):
    """An fd that can be mapped but not written like a file: messages do it (as with huge pages)."""
    memory = memfd(0x1000, b'by hand')
    fd = os.open(f'/proc/self/fd/{memory}', os.O_RDONLY)
    c.map(0x100000, 0x1000, fd, flags=8 | 3)
    c.memory[0x100000] = bytearray(0x1000)
    c.start_dma(0x100000, BUFFER, 7, 1)
    c.dma_done()
    c.start_dma(BUFFER, 0x100100, 7, 3)
    c.dma_done()
    equal((c.dma_log, bytes(c.memory[0x100000][0x100:0x107])), ([(DMA_WRITE, 0x100100, 7)], b'by hand'))


def dma_mask(c):
    """28 bits of the client's address."""
    c.map(0x100000, 0x1000)
    c.start_dma(0xffff_ffff_f010_0000, BUFFER, 8, 1)
    c.dma_done()
    equal(c.dma_log, [(DMA_READ, 0x100000, 8)])


def dma_empty(c):
    event = c.arm(MSI)
    c.start_dma(0x900000, BUFFER, 0, 5)
    equal((event.wait(), c.read(BAR0, 0x98, 8)), (1, 4))


def dma_unmapped(c):
    """An unmap, and a reset, take the memory from a transfer that waits for its reply; the late reply is ignored."""
    c.map(0x100000, 0x1000)
    c.map(0x200000, 0x1000)
    c.start_dma(0x100000, BUFFER, 8, 1)
    request = c.receive()
    c.unmap(0x200000, 0x1000)
    equal(c.read(BAR0, 0x98, 8), 1)
    c.unmap(0x100000, 0x1000)
    equal(c.read(BAR0, 0x98, 8), 0)
    send(c.sock, message(DMA_READ, request.body + b'too late', id=request.id, flags=REPLY))
    c.map(0x100000, 0x1000)
    c.start_dma(0x100000, BUFFER, 8, 1)
    request = c.receive()
    c.command(RESET)
    equal((c.read(BAR0, 0x98, 8), c.read(BAR0, 0x80, 8)), (0, 0))
    c.memory[0x100000][:8] = b'in time!'
    c.start_dma(0x100000, BUFFER, 8, 1)
    second = c.receive()
    send(c.sock, message(DMA_READ, request.body + b'too late', id=request.id, flags=REPLY))
    equal(c.read(BAR0, 0x98, 8), 1)
    c.answer(c.sock, second)
    c.dma_done()
    c.start_dma(BUFFER, 0x100100, 8, 3)
    c.dma_done()
    equal(bytes(c.memory[0x100000][0x100:0x108]), b'in time!')


main(globals())
