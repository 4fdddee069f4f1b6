"""Dirty logging: which of the client's memory the device's DMA has written."""
import errno
import random
import struct

from checks import *  # noqa: F403

GET, SET, PROBE = 1 << 16, 1 << 17, 1 << 18
START, STOP, REPORT = 6, 7, 8
PAGE = 0x1000
BASE = 0x100000


def feature(c, flags, data=b'', argsz=1 << 21):
    return c.command(FEATURE, struct.pack('=II', argsz, flags) + data)


def start(c, *ranges, page_size=PAGE):
    """The page size of the reply"""
    data = struct.pack('=QII', page_size, len(ranges), 0) + b''.join(struct.pack('=QQ', *r) for r in ranges)
    body = feature(c, SET | START, data)
    equal((body[:8], body[16:]), (struct.pack('=II', 1 << 21, SET | START), data[8:]))
    return struct.unpack_from('=Q', body, 8)[0]


def stop(c):
    equal(feature(c, SET | STOP), struct.pack('=II', 1 << 21, SET | STOP))


def report(c, iova=BASE, length=0x10000, page_size=PAGE):
    """The pages, by their number from iova"""
    request = struct.pack('=QQQ', iova, length, page_size)
    body = feature(c, GET | REPORT, request)
    size = (-(-length // page_size) + 63) // 64 * 8
    equal((struct.unpack_from('=II', body), body[8:32], len(body)), ((32 + size, GET | REPORT), request, 32 + size))
    words = struct.unpack(f'={size // 8}Q', body[32:])
    return [i for i in range(size * 8) if words[i // 64] >> i % 64 & 1]


def write(c, address, size):
    """The device writes there."""
    c.start_dma(BUFFER, address, size, 3)
    c.dma_done()


def dirty_by_fd(c):
    c.map(BASE, 0x10000, memfd(0x10000))
    log(c)
    equal(c.dma_log, [])


def dirty_by_message(c):
    c.map(BASE, 0x10000)
    log(c)
    assert c.dma_log


def dirty_twin(_):
    c = Client(path(), twin_socket={'supported': True})
    c.map(BASE, 0x10000)
    log(c)


def log(c):
    write(c, BASE, PAGE)            # before it starts: not logged
    equal(start(c), PAGE)
    equal(report(c), [])
    write(c, BASE + 0x3000, 1)
    equal(report(c), [3])
    equal(report(c), [])            # and cleared
    write(c, BASE + 0x3fff, 2)
    write(c, BASE + 0xf000, PAGE)
    write(c, BASE + 0x8000, 0)
    c.start_dma(BASE + 0x6000, BUFFER, PAGE, 1)     # reads are not
    c.dma_done()
    equal(report(c), [3, 4, 15])
    # A part of it: the rest stays
    write(c, BASE + 0x1800, PAGE)
    write(c, BASE + 0x5000, PAGE)
    equal(report(c, BASE + 0x2000, 0x1000), [0])
    equal(report(c), [1, 5])
    # Other page sizes: bits repeated, or joined
    write(c, BASE + 0x4010, 8)
    equal(report(c, page_size=0x400), [16, 17, 18, 19])
    write(c, BASE + 0x4010, 8)
    write(c, BASE + 0x7010, 8)
    equal(report(c, page_size=0x4000), [1])
    write(c, BASE + 0x4010, 8)
    equal(report(c, BASE + 0x4800, 0x1000, 0x800), [0])     # from its middle on
    equal(report(c, BASE, 0x10000, 0x800), [8])             # its first half was not asked for before
    # Not a whole number of pages; all there is
    write(c, BASE + 0x4000, 8)
    equal(report(c, BASE, 0x4001), [4])
    equal(report(c), [4])
    write(c, BASE, 1)
    equal(report(c, 0, 1 << 28, 1 << 20), [1])
    equal(report(c, 0, 1 << 63, 1 << 60), [])
    stop(c)
    refused(errno.EINVAL, report, c)
    write(c, BASE, PAGE)
    equal(start(c), PAGE)
    equal(report(c), [])


def dirty_ranges(c):
    c.map(BASE, 0x20000, memfd(0x20000))
    equal(start(c, (BASE + 0x2000, 0x2000), (BASE + 0x8000, 0x1000)), PAGE)
    for page in range(16):
        write(c, BASE + page * PAGE, PAGE)
    equal(report(c), [2, 3, 8])
    stop(c)
    equal(start(c, (BASE + 0x2800, 0x100)), PAGE)       # a part of a page: the page
    write(c, BASE + 0x2000, 0x800)
    equal(report(c), [])
    write(c, BASE + 0x2000, 0x801)
    equal(report(c), [2])
    stop(c)
    # Larger pages are done, and those that are not are told
    equal(start(c, page_size=0x4000), 0x4000)
    write(c, BASE + 0x5000, 1)
    equal(report(c), [4, 5, 6, 7])
    stop(c)
    for size in (0, 1, 512, 0x800, 0x3000, 1 << 31, 1 << 63, (1 << 64) - 1):
        equal(start(c, page_size=size), PAGE)
        stop(c)
    equal(start(c, page_size=1 << 30), 1 << 30)
    stop(c)
    equal(start(c, *[(i * PAGE, PAGE) for i in range(256)]), PAGE)
    stop(c)
    equal(start(c, ((1 << 64) - PAGE, PAGE)), PAGE)


def dirty_errors(c):
    for flags in (PROBE | START, PROBE | SET | START, PROBE | STOP, PROBE | SET | STOP, PROBE | REPORT,
                  PROBE | GET | REPORT):
        equal(feature(c, flags), struct.pack('=II', 1 << 21, flags))
    good = struct.pack('=QII', PAGE, 0, 0)
    for flags in (GET | START, PROBE | GET | START, GET | STOP, SET | REPORT, PROBE | SET | REPORT):
        refused(errno.EINVAL, feature, c, flags, good + bytes(16))
    refused(errno.EINVAL, report, c)
    stop(c)                                             # nothing to stop is no error, as with libvfio-user
    for data in (good[:15], b'', struct.pack('=QII', PAGE, 1, 0), struct.pack('=QII', PAGE, 2, 0) + bytes(16),
                 struct.pack('=QIIQQ', PAGE, 1, 0, BASE, 0),
                 struct.pack('=QIIQQ', PAGE, 1, 0, (1 << 64) - PAGE, PAGE + 1)):
        refused(errno.EINVAL, feature, c, SET | START, data)
    refused(errno.E2BIG, start, c, *[(i * PAGE, PAGE) for i in range(257)])
    refused(errno.EINVAL, feature, c, SET | START, good, argsz=23)
    refused(errno.EINVAL, report, c)                    # none of these started it
    start(c)
    refused(errno.EINVAL, start, c)                     # once is enough
    for iova, length, page_size in ((BASE, 0, PAGE), (BASE, PAGE, 0), (BASE, PAGE, 0x1800), ((1 << 64) - 1, 2, PAGE),
                                    (0, (1 << 63), PAGE), (0, (1 << 23) + 1, 1)):
        refused(errno.EINVAL, report, c, iova, length, page_size)
    refused(errno.EINVAL, feature, c, GET | REPORT, bytes(23))
    # What does not fit is not lost.
    c.map(BASE, 0x1000)
    write(c, BASE, 1)
    request = struct.pack('=QQQ', BASE, 65 * PAGE, PAGE)
    for argsz in (8, 32, 47):
        equal(feature(c, GET | REPORT, request, argsz), struct.pack('=II', 48, GET | REPORT))
    equal(feature(c, GET | REPORT, request, 48), struct.pack('=II', 48, GET | REPORT) + request + b'\1' + bytes(15))
    equal(report(c, 0, 1 << 23, 1), [])
    # It is the client's: the next one begins without.
    c.close()
    refused(errno.EINVAL, report, Client(path()))


def dirty_failed(c):
    """A write that the client refuses may have been done in part; one that nobody got is none."""
    start(c)
    c.map(BASE, 0x1000)
    c.map(BASE + 0x2000, 0x1000, flags=1)
    c.dma_errno = errno.EFAULT
    write(c, BASE, 16)
    write(c, BASE + 0x2000, 16)
    write(c, BASE + 0x5000, 16)
    equal(report(c), [0])
    # So is one whose answer is not waited for any more.
    c.dma_errno = 0
    c.start_dma(BUFFER, BASE, 16, 3)
    number = c.send(FEATURE, struct.pack('=IIII', 16, SET | 2, 1, 0))       # MIG_DEVICE_STATE: STOP
    request, reply = c.receive(), c.receive()
    equal((request.command, reply.id, reply.error), (DMA_WRITE, number, 0))
    equal(report(c), [0])
    c.answer(c.sock, request)
    equal(report(c), [])
    c.command(FEATURE, struct.pack('=IIII', 16, SET | 2, 2, 0))             # RUNNING: it is sent anew
    c.dma_done()
    equal(report(c), [0])


def dirty_random(c):
    """Against a set of pages."""
    choice = random.Random(5)
    c.map(BASE, 0x100000, memfd(0x100000))
    start(c)
    dirty = set()
    for _ in range(300):
        if choice.randrange(4):
            at, size = choice.randrange(0xff000), choice.randrange(1, 4097)
            write(c, BASE + at, size)
            dirty |= set(range(at // PAGE, (at + size - 1) // PAGE + 1))
        else:
            first, count = choice.randrange(256), choice.randrange(1, 64)
            wanted = {p for p in dirty if first <= p < first + count}
            equal(report(c, BASE + first * PAGE, count * PAGE), sorted(p - first for p in wanted))
            dirty -= wanted
    equal(report(c, BASE, 0x100000), sorted(dirty))


main(globals())
