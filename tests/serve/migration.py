"""DEVICE_FEATURE, the states and the arcs between them, saving and loading."""
import errno
import os
import random
import struct

from checks import *  # noqa: F403

GET, SET, PROBE = 1 << 16, 1 << 17, 1 << 18
MIGRATION, STATE = 1, 2
ERROR_STATE, STOP, RUNNING, STOP_COPY, RESUMING, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P = range(8)
# One message can take each; every other is walked over these (RESUMING -> STOP without data).
LEGAL = {STOP: (RUNNING, STOP_COPY, RESUMING), RUNNING: (STOP, PRE_COPY), STOP_COPY: (STOP,), RESUMING: (STOP,),
         PRE_COPY: (RUNNING, STOP_COPY)}


def feature(c, flags, data=b'', argsz=4096):
    return c.command(FEATURE, struct.pack('=II', argsz, flags) + data)


def state(c):
    body = feature(c, GET | STATE)
    equal(struct.unpack('=II', body[:8]) + (len(body),), (16, GET | STATE, 16))
    return struct.unpack_from('=I', body, 8)[0]


def go(c, *states):
    for to in states:
        request = struct.pack('=II', to, 0)
        equal(feature(c, SET | STATE, request), struct.pack('=II', 4096, SET | STATE) + request)
        equal(state(c), to)


def refuses(c, to, number=errno.EINVAL):
    refused(number, feature, c, SET | STATE, struct.pack('=II', to, 0))


def take(c, size, argsz=None):
    body = c.command(MIG_READ, struct.pack('=II', 8 + size if argsz is None else argsz, size))
    equal(struct.unpack_from('=II', body), (len(body), len(body) - 8))
    return body[8:]


def take_all(c, size=10000):
    """Until a read that is shorter than asked for."""
    data = b''
    while True:
        part = take(c, size)
        data += part
        if len(part) < size:
            equal(take(c, size), b'')
            return data


def give(c, data, size=30000):
    for at in range(0, len(data), size):
        part = data[at:at + size]
        equal(c.command(MIG_WRITE, struct.pack('=II', 8 + len(part), len(part)) + part), b'')


def restore(c, data, size=30000):
    go(c, RESUMING)
    give(c, data, size)
    go(c, RUNNING)


def features(c):
    equal(struct.unpack('=IIQ', feature(c, GET | MIGRATION)), (16, GET | MIGRATION, 5))
    for flags in (PROBE | MIGRATION, PROBE | GET | MIGRATION, PROBE | STATE, PROBE | GET | SET | STATE):
        equal(feature(c, flags), struct.pack('=II', 4096, flags))
        equal(feature(c, flags, b'ignored'), struct.pack('=II', 4096, flags) + b'ignored')
    # What does not fit: the fixed part, with the room that is needed
    for number in (MIGRATION, STATE):
        for argsz in (8, 15):
            equal(feature(c, GET | number, argsz=argsz), struct.pack('=II', 16, GET | number))
        equal(len(feature(c, GET | number, argsz=16)), 16)
        refused(errno.EINVAL, feature, c, GET | number, argsz=7)
    stop = struct.pack('=II', STOP, 0)
    for flags in (SET | MIGRATION, PROBE | SET | MIGRATION, GET | SET | STATE, STATE, GET | 0, GET | 3, PROBE | 5,
                  GET | 9, GET | 0xffff, GET | STATE | 1 << 19, PROBE | STATE | 1 << 31):
        refused(errno.EINVAL, feature, c, flags, stop)
    refused(errno.EINVAL, feature, c, SET | STATE, stop, argsz=15)
    refused(errno.EINVAL, feature, c, SET | STATE, stop[:7])
    refused(errno.EINVAL, feature, c, SET | STATE)
    refused(errno.EINVAL, c.command, FEATURE, bytes(7))
    equal(state(c), RUNNING)
    equal(feature(c, SET | STATE, stop + b'more'), struct.pack('=II', 4096, SET | STATE) + stop + b'more')
    equal(state(c), STOP)


def way(at, to, legal):
    """The shortest, with no saving state inside."""
    ways, seen = [[at]], {at}
    while ways:
        path = ways.pop(0)
        for step in legal.get(path[-1], ()):
            if step == to:
                return path + [to]
            if step not in seen and step not in (STOP_COPY, PRE_COPY):
                seen.add(step)
                ways.append(path + [step])
    return None


def arcs(c, legal=LEGAL):
    """Every pair of states, against the rules of the specification."""
    for at in legal:
        for to in range(12):
            c.command(RESET)
            go(c, *(way(RUNNING, at, legal)[1:] if at != RUNNING else ()))
            possible = to in legal and not (at == STOP_COPY and to == PRE_COPY) and (at == to or way(at, to, legal))
            if possible:
                go(c, to)
            else:
                refuses(c, to)
                equal(state(c), at)
    c.command(RESET)
    equal(state(c), RUNNING)


def arcs_without_pre_copy(c):
    equal(struct.unpack('=IIQ', feature(c, GET | MIGRATION)), (16, GET | MIGRATION, 1))
    arcs(c, {s: tuple(t for t in to if t != PRE_COPY) for s, to in LEGAL.items() if s != PRE_COPY})


def none(c):
    """--migration none"""
    for number in (MIGRATION, STATE, 6, 7, 8):
        for flags in (GET, SET, PROBE):
            refused(errno.EINVAL, feature, c, flags | number, bytes(24))
    refused(errno.EINVAL, take, c, 4096)
    refused(errno.EINVAL, give, c, b'data')
    still_serves(c)


def fill(c, seed):
    """Give the device a state that differs everywhere from a new one's."""
    c.map(0x100000, 0x2000, memfd(0x2000, pattern(0x2000, seed)))
    c.start_dma(0x100000, BUFFER, 4096, 1)
    c.dma_done()
    c.unmap(0x100000, 0x2000)
    c.write(BAR0, 4, seed)
    c.write(BAR0, FACTORIAL, 5 + seed % 5)
    c.write(BAR0, STATUS, 0x80)
    c.write(BAR0, RAISE, 0x10 + seed)
    for offset in (0x80, 0x88, 0x90):
        c.write(BAR0, offset, offset << 32 | seed, 8)
    c.write_range(BAR2, 0, pattern(0x10000, seed + 1))
    c.write(BAR4, 0x10, 0xfee00000 + 16 * seed)
    c.write(CONFIG, 4, 6, 2)
    c.write(CONFIG, 0x10, 0xfea00000)
    c.write(CONFIG, 0x3c, seed, 1)


def seen(c):
    """All that a client can see of the state."""
    c.map(0x300000, 0x1000, memfd(0x1000))
    registers = [c.read(BAR0, offset) for offset in (4, FACTORIAL, STATUS, IRQ_STATUS)]
    dma = [c.read(BAR0, offset, 8) for offset in (0x80, 0x88, 0x90, 0x98)]
    c.unmap(0x300000, 0x1000)
    return registers, dma, c.read_range(BAR2, 0, 0x10000), c.read_range(BAR4, 0, 0x1000), c.read_range(CONFIG, 0, 256)


def buffer(c):
    """The buffer that only DMA reaches"""
    fd = memfd(0x1000)
    c.map(0x400000, 0x1000, fd)
    c.start_dma(BUFFER, 0x400000, 4096, 3)
    c.dma_done()
    c.unmap(0x400000, 0x1000)
    return os.pread(fd, 4096, 0)


def save_stopped(c):
    """Without PRE_COPY: save, lose everything, load; reads of several sizes give the same stream."""
    fill(c, 3)
    before = seen(c)
    go(c, STOP_COPY)
    equal(seen(c), before)
    data = take_all(c)
    assert len(data) > 0x10000 + 4096
    go(c, STOP, STOP_COPY)
    equal(take_all(c, 777), data)
    go(c, STOP)
    refused(errno.EINVAL, take, c, 4096)
    go(c, STOP_COPY)
    equal(take(c, 1 << 20), data)
    go(c, RUNNING)
    equal(seen(c), before)
    for size in (1 << 20, 30000, 41, 40, 13):
        fill(c, 9)
        restore(c, data, size)
        equal(seen(c), before)
        equal(buffer(c), pattern(4096, 3))
        c.command(RESET)
        equal(c.read(BAR0, 4), 0)


def save_running(c):
    """With PRE_COPY: the device runs on, and what it did meanwhile is saved when it stops."""
    fill(c, 3)
    go(c, PRE_COPY)
    first = take(c, 5000)
    fill(c, 5)          # the device is running
    equal(buffer(c), pattern(4096, 5))
    before = seen(c)
    go(c, STOP_COPY)
    data = first + take_all(c)
    go(c, RUNNING)
    c.command(RESET)
    restore(c, data)
    equal(seen(c), before)
    # All that PRE_COPY has is read, and there is more once it is stopped.
    go(c, PRE_COPY)
    first = take_all(c)
    assert len(first) > 0x10000
    c.write(BAR0, 4, 0x77)
    go(c, STOP_COPY)
    data = first + take_all(c)
    before = seen(c)
    c.command(RESET)
    restore(c, data, 1000)
    equal(seen(c), before)
    # Given up, the next begins anew.
    go(c, PRE_COPY)
    take(c, 100)
    go(c, RUNNING, PRE_COPY)
    equal(take_all(c)[:8], data[:8])
    # A preview alone is no state to load.
    go(c, RUNNING, RESUMING)
    give(c, first)
    refuses(c, STOP)
    equal(state(c), ERROR_STATE)


def limits(c):
    """MIG_DATA_READ and _WRITE: states, sizes, argsz."""
    fill(c, 2)
    for at in (RUNNING, STOP, RESUMING):
        go(c, at)
        refused(errno.EINVAL, take, c, 4096)
    go(c, STOP)
    for at in (RUNNING, PRE_COPY, STOP_COPY, STOP):
        go(c, at)
        refused(errno.EINVAL, give, c, b'data')
    go(c, STOP_COPY)
    refused(errno.EINVAL, take, c, (1 << 20) + 1)
    refused(errno.EINVAL, take, c, 1000, 1007)      # would not fit, and cut it would mean the end
    refused(errno.EINVAL, c.command, MIG_READ, bytes(7))
    equal(take(c, 0), b'')
    data = take(c, 1000, 5000) + take_all(c)
    go(c, RESUMING)
    for body in (bytes(7), struct.pack('=II', 7, 0), struct.pack('=II', 12, 5) + bytes(4),
                 struct.pack('=II', 12, 3) + bytes(4), struct.pack('=II', 12, (1 << 20) + 1) + bytes((1 << 20) + 1)):
        refused(errno.EINVAL, c.command, MIG_WRITE, body)
    equal(c.command(MIG_WRITE, struct.pack('=II', 8, 0)), b'')
    give(c, data)       # none of that spoilt it
    go(c, STOP)


def damaged(c):
    """A byte changed, a piece missing or too much: EINVAL, the state ERROR, and the device as before."""
    c.write(BAR0, 4, 0x55)
    go(c, STOP_COPY)
    data = take_all(c)
    go(c, RUNNING)
    choice = random.Random(7)
    places = list(range(44)) + [choice.randrange(len(data)) for _ in range(20)]
    bad = [data[:i] + bytes([data[i] ^ 1 << choice.randrange(8)]) + data[i + 1:] for i in places]
    bad += [data[:i] for i in (1, 39, 40, 41, len(data) // 2, len(data) - 1)] + [data + b'x', data + data, b'x' * 50,
                                                                               data[1:], b'\0' * len(data)]
    for stream in bad:
        c.write(BAR0, 4, 0x55)
        go(c, RESUMING)
        try:
            give(c, stream)
        except Refused as e:
            equal(e.errno, errno.EINVAL)
            equal(state(c), RESUMING)
            refused(errno.EINVAL, give, c, data)        # nothing mends it
        refuses(c, choice.choice((STOP, RUNNING, STOP_COPY, PRE_COPY)))
        equal(state(c), ERROR_STATE)
        for to in range(9):
            refuses(c, to)
        refused(errno.EINVAL, take, c, 4096)
        refused(errno.EINVAL, give, c, b'data')
        equal(c.read(BAR0, 4), 0xffffffaa)
        c.command(RESET)
        equal(state(c), RUNNING)
    restore(c, data)
    equal(c.read(BAR0, 4), 0xffffffaa)


def checksum(image):
    total = 2166136261
    for byte in image[:36] + image[40:]:
        total = (total ^ byte) * 16777619 & 0xffffffff
    return image[:36] + struct.pack('<I', total) + image[40:]


def other_states(c):
    """Whole streams whose contents are no state of this device."""
    go(c, STOP_COPY)
    data = take_all(c)
    equal(checksum(data), data)
    equal(struct.unpack_from('<8sII16sI', data), (b'VFUSCOPE', 1, 1, b'edu'.ljust(16, b'\0'), len(data) - 40))
    config = 40 + 52 + 4096
    equal(data[config:config + 4], struct.pack('<HH', 0x1234, 0x11e8))

    def changed(at, bits):
        return data[:at] + bytes([data[at] ^ bits]) + data[at + 1:]

    short = data[:-1]
    for image in (changed(8, 2), changed(12, 2), changed(19, 1), changed(40, 1), changed(40 + 12, 1),
                  changed(config, 1), changed(config + 0x34, 4),
                  short[:32] + struct.pack('<I', len(short) - 40) + short[36:],
                  data[:32] + bytes(8), data[:32] + struct.pack('<II', 1, 0) + b'x'):
        go(c, RESUMING)
        try:
            give(c, checksum(image))
        except Refused as e:
            equal(e.errno, errno.EINVAL)
        refuses(c, STOP)
        equal(state(c), ERROR_STATE)
        c.command(RESET)
    # An interrupt that was pending is no foreign config space, and reserved bits of the table are not taken over.
    table = 40 + 52 + 4096 + 256
    restore(c, checksum(changed(config + 6, 8)[:table] + b'\xff' * 4096 + data[table + 4096:]))
    equal((c.read(BAR4, 0), c.read(BAR4, 0x0c), c.read(BAR4, 0x800)), (0xfffffffc, 1, 0))


def stopped(c):
    """Stopped, the device's registers do not change; config space, the vector table and memory take accesses."""
    c.write(BAR0, 4, 1)
    for at in (STOP, STOP_COPY, RESUMING):
        go(c, at)
        for offset in (4, FACTORIAL, STATUS, RAISE):
            c.write(BAR0, offset, 5)
        c.write(BAR0, 0x80, 5, 8)
        c.write(BAR0, 0x98, 1, 8)
        equal([c.read(BAR0, o) for o in (4, FACTORIAL, STATUS, IRQ_STATUS, 0x80, 0x98)], [0xfffffffe, 0, 0, 0, 0, 0])
        c.write(CONFIG, 0x10, 0xfea00000)
        c.write(BAR4, 0, 0x1000 * at)
        c.write(BAR2, 0x10, at)
        equal((c.read(CONFIG, 0x10), c.read(BAR4, 0), c.read(BAR2, 0x10)), (0xfea00000, 0x1000 * at, at))
        c.map(0x100000, 0x1000)
        c.unmap(0x100000, 0x1000)
    go(c, RUNNING)
    c.write(BAR0, 4, 3)
    equal(c.read(BAR0, 4), 0xfffffffc)


def stopped_interrupts(c):
    """What would fire while it is stopped fires when it runs."""
    c.write(BAR0, RAISE, 1)
    go(c, STOP)
    event = c.arm(INTX)
    equal(event.count(), 0)
    go(c, RUNNING)
    equal(event.count(), 1)
    go(c, STOP_COPY)
    c.set_irqs(NONE | UNMASK, INTX)     # still high: fires again, but not now
    equal(event.count(), 0)
    data = take_all(c)
    go(c, RUNNING)
    equal(event.count(), 1)
    # Saved while pending: fires where it is loaded.
    c.command(RESET)
    c.set_irqs(NONE | TRIGGER, INTX, 0, 0)
    event = c.arm(INTX)
    equal(event.count(), 0)
    restore(c, data)
    equal((event.count(), c.read(BAR0, IRQ_STATUS)), (1, 1))
    # By MSI it is the DMA's end that waits, with its interrupt: nothing is lost, nothing comes early.
    c.command(RESET)
    c.set_irqs(NONE | TRIGGER, INTX, 0, 0)
    event = c.arm(MSI)
    c.map(0x100000, 0x1000)
    c.start_dma(0x100000, BUFFER, 16, 5)
    go_answering(c, STOP)
    equal(event.count(), 0)
    go(c, RUNNING)
    c.dma_done()
    equal(event.wait(), 1)


def go_answering(c, to):
    """go, but the device's DMA messages that come meanwhile are put off: they are returned."""
    number = c.send(FEATURE, struct.pack('=IIII', 16, SET | STATE, to, 0))
    asked = []
    while True:
        m = c.receive()
        if m.is_reply:
            equal((m.id, m.error), (number, 0))
            return asked
        asked.append(m)


def stopped_dma(c):
    """DMA stops with the device: no message, no write; it ends after it runs, or where the state is loaded."""
    event = c.arm(MSI)
    c.map(0x100000, 0x1000)
    c.memory[0x100000][:] = pattern(0x1000, 4)
    c.start_dma(0x100000, BUFFER, 0x800, 5)
    asked = go_answering(c, STOP_COPY)
    equal([m.command for m in asked], [DMA_READ])
    for m in asked:
        c.answer(c.sock, m)             # too late for this one
    equal(c.read(BAR0, 0x98, 8), 5)
    data = take_all(c)
    equal((c.read(BAR0, 0x98, 8), event.count()), (5, 0))
    c.dma_log = []
    go(c, RUNNING)                      # asked anew
    c.dma_done()
    equal((event.wait(), [m[0] for m in c.dma_log]), (1, [DMA_READ]))
    equal(buffer_by_message(c)[:0x800], pattern(0x800, 4))
    # The same from the state that was saved in its midst, with other memory behind the address
    c.command(RESET)
    c.memory[0x100000][:] = pattern(0x1000, 6)
    restore(c, data)
    c.dma_done()
    equal(event.wait(), 1)
    equal(buffer_by_message(c)[:0x800], pattern(0x800, 6))
    # A mapping that goes while it is stopped: the transfer fails when it runs.
    c.start_dma(0x100000, BUFFER, 16, 5)
    for m in go_answering(c, STOP):
        c.answer(c.sock, m)
    c.unmap(0x100000, 0x1000)
    equal(event.count(), 0)
    go(c, RUNNING)
    c.dma_done()
    equal(event.wait(), 1)
    # And a reset ends it.
    c.map(0x100000, 0x1000)
    c.start_dma(0x100000, BUFFER, 16, 5)
    for m in go_answering(c, STOP):
        c.answer(c.sock, m)
    c.command(RESET)
    equal((state(c), c.read(BAR0, 0x98, 8), event.count()), (RUNNING, 0, 0))


def buffer_by_message(c):
    c.start_dma(BUFFER, 0x100000, 4096, 3)
    c.dma_done()
    return bytes(c.memory[0x100000])


def next_client(c):
    """A client that leaves ends its session, and the device runs on; in ERROR it stays."""
    for at in (STOP, STOP_COPY, RESUMING, PRE_COPY):
        c.write(BAR0, 4, at)
        go(c, at)
        if at == RESUMING:
            give(c, b'VFUSCOPE')
        c.close()
        c = Client(path())
        equal((state(c), c.read(BAR0, 4)), (RUNNING, 0xffffffff - at))
    go(c, RESUMING)
    refused(errno.EINVAL, give, c, b'x' * 50)
    refuses(c, STOP)
    c.close()
    c = Client(path())
    equal(state(c), ERROR_STATE)
    c.write(BAR0, 4, 9)
    equal(c.read(BAR0, 4), 0xffffffff - PRE_COPY)
    c.command(RESET)
    equal((state(c), c.read(BAR0, 4)), (RUNNING, 0))


def noise(c):
    """Features and data of any kind at any moment; it serves on, and a reset brings it back."""
    choice = random.Random(3)
    for _ in range(3000):
        kind = choice.randrange(5)
        if kind == 0:
            body = struct.pack('=II', choice.choice((0, 8, 16, 4096)), choice.choice((GET, SET, PROBE, GET | PROBE)) |
                               choice.choice((1, 2, 6, 7, 8, choice.randrange(16)))) + choice.randbytes(choice.randrange(40))
            command = FEATURE
        elif kind < 3:
            command, body = FEATURE, struct.pack('=IIII', 16, SET | STATE, choice.randrange(8), 0)
        elif kind == 3:
            command, body = MIG_READ, struct.pack('=II', 70000, choice.choice((0, 1, 40, 4096, 65536, 1 << 31)))
        else:
            size = choice.choice((0, 1, 40, 100))
            command, body = MIG_WRITE, struct.pack('=II', 8 + size, size) + choice.randbytes(size)
        try:
            c.command(command, body)
        except Refused as e:
            assert e.errno in (errno.EINVAL, errno.E2BIG), e
        if choice.randrange(20) == 0:
            c.command(RESET)
    c.command(RESET)
    fill(c, 4)
    still_serves(c)


main(globals())
