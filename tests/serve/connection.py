"""Framing, pipelining, No_reply, reset, hostile clients, clients that come and go."""
import errno
import os
import random
import select
import socket
import struct

from checks import *  # noqa: F403


def reset(c):
    event = c.arm(MSI)
    c.map(0x100000, 0x1000)
    c.write(BAR0, 4, 1)
    c.write(BAR0, FACTORIAL, 5)
    c.write(BAR0, STATUS, 0x80)
    c.write(BAR0, RAISE, 0x10)
    c.write(BAR0, 0x80, 7, 8)
    c.write_range(BAR2, 0x100, b'memory')
    c.write(BAR4, 0, 0xfee00000)
    c.write(CONFIG, 4, 6, 2)
    c.write(CONFIG, 0x10, 0xfea00000)
    equal(event.wait(), 1)
    equal(c.command(RESET), b'')
    equal([c.read(BAR0, o) for o in (0, 4, FACTORIAL, STATUS, IRQ_STATUS, 0x80)], [0x010000ed, 0, 0, 0, 0, 0])
    equal((c.read_range(BAR2, 0x100, 6), c.read(BAR4, 0), c.read(CONFIG, 4, 2), c.read(CONFIG, 0x10)),
          (bytes(6), 0, 0, 0))
    # What is the client's stays: the mapping and the eventfd.
    c.write(BAR0, RAISE, 1)
    equal(event.wait(), 1)
    refused(errno.EEXIST, c.map, 0x100000, 0x1000)


def refused_commands(c):
    """What the device does not have, what only a server sends, and what nobody knows."""
    bodies = {DMA_READ: [struct.pack('=QQ', 0, 4)], DMA_WRITE: [struct.pack('=QQ', 0, 4) + bytes(4)],
              DIRTY_PAGES: [struct.pack('=II', 8, 1), struct.pack('=II', 8, 2),
                            struct.pack('=IIQQQQ', 4096, 4, 0x100000, 0x1000, 0x1000, 8)]}
    for command in (0, DMA_READ, DMA_WRITE, DIRTY_PAGES, 19, 255, 0x1234, 0xffff):
        for body in (*bodies.get(command, ()), b'', bytes(24), bytes(1000)):
            refused(errno.EINVAL, c.command, command, body)
    still_serves(c)


def types(c):
    """A reply that nobody waits for is ignored; other types are refused; reserved bits mean nothing."""
    send(c.sock, message(REGION_READ, b'', id=9, flags=REPLY))
    send(c.sock, message(0xffff, bytes(100), id=9, flags=REPLY | ERROR, error=5))
    still_serves(c)
    for kind in range(2, 16):
        send(c.sock, message(REGION_READ, struct.pack('=QII', 0, BAR0, 4), id=9, flags=kind))
        reply = c.receive()
        equal((reply.id, reply.error, reply.flags), (9, errno.EINVAL, REPLY | ERROR))
    body = c.command(REGION_READ, struct.pack('=QII', 0, BAR0, 4), flags=0xffffffc0 | ERROR, error=3)
    equal(body[16:], struct.pack('=I', 0x010000ed))


def no_reply(c):
    event = c.arm(MSI)
    c.send(REGION_WRITE, struct.pack('=QII', 4, BAR0, 4) + bytes(4), flags=NO_REPLY)
    c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 4), flags=NO_REPLY)
    c.send(REGION_READ, struct.pack('=QII', 0, 99, 4), flags=NO_REPLY)      # errors are not told either
    c.send(99, b'', flags=NO_REPLY)
    c.send(DMA_MAP, struct.pack('=IIQQQ', 32, 3, 0, 0x100000, 0x1000), flags=NO_REPLY)
    c.send(REGION_WRITE, struct.pack('=QII', RAISE, BAR0, 4) + b'\1\0\0\0', flags=NO_REPLY)
    equal(c.read(BAR0, 4), 0xffffffff)
    equal(event.wait(), 1)
    refused(errno.EEXIST, c.map, 0x100000, 0x1000)
    for i in range(2000):
        c.send(REGION_WRITE, struct.pack('=QII', 0x100, BAR2, 4) + struct.pack('=I', i), flags=NO_REPLY)
    equal(c.read(BAR2, 0x100), 1999)
    c.send(RESET, flags=NO_REPLY)
    equal(c.read(BAR0, 4), 0)


def pipelined(c):
    """1,000 commands in one piece, with fds on some of them; replies in order, fds where they belong."""
    event = Event()
    fd = memfd(0x1000, b'pipelined')
    c.send(DMA_MAP, struct.pack('=IIQQQ', 32, 3, 0, 0x100000, 0x1000), id=1)
    c.send(DMA_MAP, struct.pack('=IIQQQ', 32, 3, 0, 0x200000, 0x1000), [fd], id=2)
    c.send(GET_REGION_INFO, struct.pack('=IIIIQQ', 4096, 0, BAR2, 0, 0, 0), id=3)
    c.send(SET_IRQS, struct.pack('=IIIII', 20, EVENTFD | TRIGGER, MSI, 0, 1), [event.fd], id=4)
    send(c.sock, b''.join(message(REGION_READ, struct.pack('=QII', i % 60000, BAR2, 7), id=i) for i in range(5, 1000)))
    for i in range(1, 1000):
        reply = c.receive()
        equal((reply.id, reply.error, len(reply.fds)), (i, 0, i == 3))
    c.start_dma(0x200000, BUFFER, 9, 1)
    c.dma_done()
    c.start_dma(BUFFER, 0x200010, 9, 7)
    equal((event.wait(), os.pread(fd, 9, 16), c.dma_log), (1, b'pipelined', []))


def same_ids(c):
    for _ in range(20):
        c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 4), id=7)
    for _ in range(20):
        equal(c.receive().id, 7)


def backlog_of_answers(c):
    """A client that asks for much and reads late gets all of it; one that leaves without reading hurts nobody."""
    for i in range(40):
        c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 1 << 20), id=i)
    for i in range(40):
        reply = c.receive()
        equal((reply.id, len(reply.body)), (i, 16 + (1 << 20)))
    for i in range(40):
        c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 1 << 20), id=i)
    c.send(REGION_WRITE, struct.pack('=QII', 4, BAR0, 4) + b'\1\0\0\0', flags=NO_REPLY)
    c.close()
    c = Client(path())
    equal(c.read(BAR0, 4), 0xfffffffe)      # what was sent before it left was still done


def half_closed(c):
    """A client that stops sending still gets its answers."""
    for i in range(20):
        c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 1 << 20), id=i)
    c.sock.shutdown(socket.SHUT_WR)
    for i in range(20):
        equal(c.receive().id, i)
    try:
        c.receive()
        raise AssertionError('still open')
    except Gone:
        pass


def split(c):
    """A message in every two pieces, and byte by byte, its fd with the first."""
    raw = message(REGION_WRITE, struct.pack('=QII', 0x40, BAR2, 8) + b'in parts', id=3)
    for at in range(1, len(raw)):
        c.sock.sendall(raw[:at])
        # Has it been taken? Then the next piece is a read of its own.
        wait_until(lambda: unread(c) == 0)
        c.sock.sendall(raw[at:])
        equal((lambda r: (r.id, r.error))(c.receive()), (3, 0))
    fd = memfd(0x1000)
    raw = message(DMA_MAP, struct.pack('=IIQQQ', 32, 3, 0, 0x100000, 0x1000), id=4)
    send(c.sock, raw[:1], [fd])
    for byte in raw[1:]:
        c.sock.sendall(bytes([byte]))
    equal(c.receive().error, 0)
    c.start_dma(0x100000, BUFFER, 8, 1)
    c.dma_done()
    equal(c.dma_log, [])


def resident():
    """The server's memory, in KiB."""
    with open(f'/proc/{pid()}/status') as f:
        return int([line.split()[1] for line in f if line.startswith('VmRSS')][0])


def hostile_sizes(_):
    for size in (0, 1, 15, 0x7fffffff, 0xc0000000, 0xffffffff, (64 << 20) + 4097):
        c = Client(path())
        c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 4), size=size)
        try:
            while True:
                assert c.receive().error == 0
        except Gone:
            pass
        c.close()
    # A large claim that is kept is only a large bad message.
    c = Client(path())
    refused(errno.EINVAL, c.command, REGION_WRITE, struct.pack('=QII', 0, BAR2, 64 << 20) + bytes(64 << 20))
    still_serves(c)
    # A claim alone costs no memory.
    before = resident()
    c.sock.sendall(message(REGION_WRITE, size=64 << 20))
    wait_until(lambda: unread(c) == 0)
    assert resident() - before < 32 << 10, (before, resident())
    c.close()


def every_truncation(_):
    """The connection ends in each place of a message with an fd."""
    event = Event()
    raw = message(SET_IRQS, struct.pack('=IIIII', 20, EVENTFD | TRIGGER, MSI, 0, 1))
    for size in range(1, len(raw)):
        c = Client(path())
        send(c.sock, raw[:size], [event.fd])
        c.close()
    still_serves(Client(path()))


def open_fds():
    fds = []
    for n in os.listdir(f'/proc/{pid()}/fd'):
        try:
            fds.append(os.readlink(f'/proc/{pid()}/fd/{n}'))
        except FileNotFoundError:
            pass  # closed since it was listed
    return sorted(fds)


def fd_leaks(_):
    """After a thousand messages with fds, good and bad, and after the client is gone, nothing is left open."""
    still_serves(Client(path()))
    before = idle_fds()
    c = Client(path(), twin_socket={'supported': True})
    event, fd = Event(), memfd(0x1000)
    for i in range(125):
        c.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 4, fds=[event.fd] * 4)
        c.set_irqs(EVENTFD | MASK, INTX, fds=[event.fd])
        refused(errno.EINVAL, c.set_irqs, EVENTFD | TRIGGER, MSIX, 0, 4, fds=[event.fd] * 3)
        c.map(0x100000 + i * 0x1000, 0x1000, fd)
        refused(errno.EEXIST, c.map, 0x100000 + i * 0x1000, 0x1000, fd)
        refused(errno.EINVAL, c.command, DMA_MAP, bytes(32), fds=[fd])
        for command in (GET_INFO, REGION_READ, REGION_WRITE, RESET, DMA_UNMAP, 99):
            refused(errno.EINVAL, c.command, command, bytes(24), fds=[fd, event.fd])
        refused(errno.EINVAL, c.command, REGION_READ, struct.pack('=QII', 0, BAR0, 4), fds=[fd] * 200)
        c.send(REGION_READ, struct.pack('=QII', 0, BAR0, 4), [fd], flags=NO_REPLY)
        for received in c.region_info(BAR2)['fds']:
            os.close(received)
        send(c.twin, message(REGION_READ, flags=REPLY), [fd])
    still_serves(c)
    kept = 4 + 1 + 125 + 2                  # vectors, the mask event, mappings, the two sockets
    wait_until(lambda: len(open_fds()) == len(before) + kept)
    for i in range(0, 125, 2):
        c.unmap(0x100000 + i * 0x1000, 0x1000)
    c.set_irqs(NONE | TRIGGER, MSIX, count=0)
    wait_until(lambda: len(open_fds()) == len(before) + kept - 63 - 4)
    c.close()
    wait_until(lambda: open_fds() == before)


def no_fds(c):
    """The server may open few files: what does not fit is refused, the rest goes on."""
    fd, events = memfd(0x1000), [Event() for _ in range(4)]
    for i in range(16):
        try:
            c.map(0x100000 + i * 0x1000, 0x1000, fd)
        except Refused as e:
            equal(e.errno, errno.EMFILE)
            break
    else:
        raise AssertionError('16 of 16')
    assert i > 2, i
    refused(errno.EMFILE, c.set_irqs, EVENTFD | TRIGGER, MSIX, 0, 4, fds=[e.fd for e in events])
    still_serves(c)
    c.unmap(0x100000, 0x1000)
    c.map(0x100000, 0x1000, fd)


def idle_fds():
    """The server's fds while nobody is connected."""
    previous = None
    for _ in range(2000):
        now = open_fds()
        if now == previous and sum('socket:' in name for name in now) == 1:
            return now
        previous = now
        select.select([], [], [], 0.005)
    raise AssertionError(previous)


def reconnect(c):
    """The device's state outlives the connection; mappings and eventfds do not."""
    event = c.arm(INTX)
    c.map(0x100000, 0x1000)
    c.write(BAR0, 4, 0xabcd)
    c.write(BAR0, RAISE, 0x20)
    c.write_range(BAR2, 0x2000, b'kept')
    c.write(CONFIG, 0x10, 0xfea00000)
    equal(event.wait(), 1)
    c.close()
    for _ in range(20):
        c = Client(path())
        equal((c.read(BAR0, 4), c.read(BAR0, IRQ_STATUS), c.read_range(BAR2, 0x2000, 4), c.read(CONFIG, 0x10)),
              (0xffff5432, 0x20, b'kept', 0xfea00000))
        c.map(0x100000, 0x1000)
        c.close()
    c = Client(path())
    c.write(BAR0, RAISE, 1)
    equal(event.count(), 0)
    equal(c.arm(INTX).wait(), 1)            # neither masked nor forgotten
    # A transfer that waits for its client ends with it.
    c.map(0x100000, 0x1000)
    c.start_dma(0x100000, BUFFER, 8, 5)
    c.receive()
    c.close()
    c = Client(path())
    equal((c.read(BAR0, 0x98, 8), c.read(BAR0, IRQ_STATUS)), (4, 0x121))


def waiting_clients(c):
    """One client at a time; others wait, and none is turned away."""
    others = [Client(path(), negotiate=False) for _ in range(20)]
    for other in others:
        other.send(VERSION, struct.pack('=HH', 0, 0))
    still_serves(c)
    assert not select.select([o.sock for o in others], [], [], 0)[0]
    c.close()
    for other in others:
        equal(other.receive().command, VERSION)
        still_serves(other)
        other.close()


def random_bytes(_):
    """Noise in well-framed messages: an answer to each, and the server lives."""
    r = random.Random(5)
    c = Client(path())
    for i in range(5000):
        command = r.choice((2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 18, r.randrange(65536)))
        size = r.randrange(64)
        body = b''.join(struct.pack('=I', r.choice((0, 1, 2, 4, 16, 32, 0x24, 0x1000, r.randrange(1 << 32))))
                        for _ in range(16))[:size]
        try:
            c.command(command, body, id=i & 0xffff)
        except Refused:
            pass
    c.command(RESET)
    still_serves(c)


main(globals())
