"""SET_IRQS and interrupts."""
import errno
import os
import struct

from checks import *  # noqa: F403


def intx(c):
    event = c.arm(INTX)
    equal(event.count(), 0)
    c.write(BAR0, RAISE, 0x40)
    equal((event.wait(), c.read(BAR0, IRQ_STATUS)), (1, 0x40))
    c.write(BAR0, RAISE, 0x02)              # automasked: no more until the unmask
    equal((event.count(), c.read(BAR0, IRQ_STATUS)), (0, 0x42))
    c.set_irqs(NONE | UNMASK, INTX)         # still high: fires again
    equal(event.wait(), 1)
    c.write(BAR0, ACK, 0x02)
    c.set_irqs(NONE | UNMASK, INTX)         # 0x40 is still there
    equal(event.wait(), 1)
    c.write(BAR0, ACK, 0x40)
    c.set_irqs(NONE | UNMASK, INTX)
    equal((event.count(), c.read(BAR0, IRQ_STATUS)), (0, 0))
    c.write(BAR0, RAISE, 1)
    equal(event.wait(), 1)
    c.write(BAR0, ACK, 1)
    c.write(BAR0, RAISE, 1)                 # a new one, but not unmasked
    equal(event.count(), 0)
    c.set_irqs(NONE | UNMASK, INTX)
    equal(event.wait(), 1)
    c.write(BAR0, ACK, 1)
    c.set_irqs(NONE | UNMASK, INTX)
    c.write(BAR0, RAISE, 0)                 # raises nothing
    equal(event.count(), 0)
    c.set_irqs(NONE | MASK, INTX)
    c.write(BAR0, RAISE, 1)
    equal(event.count(), 0)
    c.set_irqs(BOOL | UNMASK, INTX, data=b'\0')
    equal(event.count(), 0)
    c.set_irqs(BOOL | UNMASK, INTX, data=b'\1')
    equal(event.wait(), 1)


def intx_config(c):
    """The status register shows the interrupt, the command register keeps it in."""
    event = c.arm(INTX)
    c.write(BAR0, RAISE, 1)
    equal((event.wait(), c.read(CONFIG, 6, 2)), (1, 0x18))
    c.write(CONFIG, 4, 0x0400, 2)
    c.set_irqs(NONE | UNMASK, INTX)
    equal((event.count(), c.read(CONFIG, 6, 2)), (0, 0x18))
    c.write(CONFIG, 4, 0, 2)
    equal(event.wait(), 1)
    c.write(BAR0, ACK, 1)
    equal(c.read(CONFIG, 6, 2), 0x10)


def intx_pending(c):
    """What was raised before there was an eventfd fires when there is one."""
    c.write(BAR0, RAISE, 4)
    event = c.arm(INTX)
    equal(event.wait(), 1)
    again = c.arm(INTX)                     # another eventfd in its place does not unmask
    equal(again.count(), 0)
    c.set_irqs(NONE | TRIGGER, INTX, count=0)
    last = c.arm(INTX)                      # but disabling starts anew
    equal((last.wait(), event.count(), again.count()), (1, 0, 0))


def order_of_interrupts(c):
    x, m, vectors = c.arm(INTX), c.arm(MSI), c.arm(MSIX, 0, 4)
    c.write(BAR0, RAISE, 1)
    equal([e.count() for e in (x, m, *vectors)], [0, 0, 1, 0, 0, 0])
    c.write(BAR0, RAISE, 1)                 # an edge each time
    equal(vectors[0].wait(), 1)
    c.set_irqs(EVENTFD | TRIGGER, MSIX)     # no fd: de-assigns vector 0
    equal(x.count(), 0)
    c.write(BAR0, RAISE, 1)
    equal([e.count() for e in (x, m, *vectors)], [0, 1, 0, 0, 0, 0])
    c.set_irqs(NONE | TRIGGER, MSI, count=0)
    equal([e.count() for e in (x, m)], [1, 0])      # not acknowledged: INTx takes over
    c.write(BAR0, ACK, 0xffffffff)
    c.set_irqs(NONE | UNMASK, INTX)
    c.write(BAR0, RAISE, 2)
    equal([e.count() for e in (x, m, *vectors)], [1, 0, 0, 0, 0, 0])
    c.write(BAR0, ACK, 2)
    c.set_irqs(NONE | UNMASK, INTX)
    again = c.arm(MSIX)                     # MSI-X without MSI
    c.write(BAR0, RAISE, 2)
    equal((x.count(), again.count()), (0, 1))


def trigger(c):
    x, m, vectors = c.arm(INTX), c.arm(MSI), c.arm(MSIX, 0, 4)
    for index, event in ((INTX, x), (MSI, m)):
        c.set_irqs(NONE | TRIGGER, index)
        equal(event.wait(), 1)
    c.set_irqs(BOOL | TRIGGER, MSIX, 1, 3, data=b'\1\0\2')
    equal([e.count() for e in vectors], [0, 1, 0, 1])
    c.set_irqs(NONE | TRIGGER, MSIX, 0, 2)
    equal([e.count() for e in vectors], [1, 1, 0, 0])
    c.set_irqs(EVENTFD | TRIGGER, MSIX, 0, 4)
    c.set_irqs(NONE | TRIGGER, MSIX, 0, 4)
    equal([e.count() for e in vectors], [0, 0, 0, 0])


def mask_events(c):
    x, masked, unmasked = c.arm(INTX), Event(), Event()
    c.set_irqs(EVENTFD | MASK, INTX, fds=[masked.fd])
    c.set_irqs(EVENTFD | UNMASK, INTX, fds=[unmasked.fd])
    c.write(BAR0, RAISE, 1)
    equal((x.wait(), masked.wait(), unmasked.count()), (1, 1, 0))
    c.write(BAR0, ACK, 1)
    c.set_irqs(NONE | UNMASK, INTX)
    equal((x.count(), masked.count(), unmasked.wait()), (0, 0, 1))
    c.set_irqs(EVENTFD | MASK, INTX)
    c.set_irqs(NONE | MASK, INTX)
    equal(masked.count(), 0)


def full_eventfd(c):
    """An eventfd that can't count further, even one that blocks, does not stop the device."""
    fd = os.eventfd(0)
    os.write(fd, struct.pack('=Q', 0xfffffffffffffffe))
    c.set_irqs(EVENTFD | TRIGGER, MSI, fds=[fd])
    c.write(BAR0, RAISE, 1)
    equal(c.read(BAR0, IRQ_STATUS), 1)


def irq_errors(c):
    e, f = Event(), Event()
    ok = EVENTFD | TRIGGER
    for flags, index, start, count, data, fds in (
            (0, MSIX, 0, 1, b'', []), (NONE, MSIX, 0, 1, b'', []), (TRIGGER, MSIX, 0, 1, b'', []),
            (NONE | EVENTFD | TRIGGER, MSIX, 0, 1, b'', []), (NONE | MASK | TRIGGER, INTX, 0, 1, b'', []),
            (NONE | MASK | UNMASK, INTX, 0, 1, b'', []), (NONE | TRIGGER | 0x40, MSIX, 0, 1, b'', []),
            (NONE | TRIGGER | 0x80000000, MSIX, 0, 1, b'', []),
            (NONE | TRIGGER, 5, 0, 1, b'', []), (NONE | TRIGGER, 0xffffffff, 0, 1, b'', []),
            (NONE | TRIGGER, ERR, 0, 1, b'', []), (NONE | TRIGGER, REQ, 0, 0, b'', []),
            (NONE | TRIGGER, MSIX, 4, 1, b'', []), (NONE | TRIGGER, MSIX, 0, 5, b'', []),
            (NONE | TRIGGER, MSIX, 3, 2, b'', []), (NONE | TRIGGER, MSIX, 2, 0xffffffff, b'', []),
            (NONE | TRIGGER, MSIX, 0xffffffff, 1, b'', []), (NONE | TRIGGER, MSIX, 1, 0, b'', []),
            (ok, MSIX, 0, 0, b'', []), (BOOL | TRIGGER, MSIX, 0, 0, b'', []), (NONE | MASK, INTX, 0, 0, b'', []),
            (NONE | MASK, MSI, 0, 1, b'', []), (NONE | UNMASK, MSIX, 0, 1, b'', []),
            (EVENTFD | UNMASK, MSIX, 0, 1, b'', [e]),
            (ok, MSIX, 0, 1, b'', [e, f]), (ok, MSIX, 0, 3, b'', [e, f]), (NONE | TRIGGER, MSIX, 0, 1, b'', [e]),
            (BOOL | TRIGGER, MSIX, 0, 1, b'\1', [e]),
            (BOOL | TRIGGER, MSIX, 0, 2, b'\1', []), (BOOL | TRIGGER, MSIX, 0, 2, b'\1\1\1', []),
            (BOOL | TRIGGER, MSIX, 0, 1, b'', [])):
        refused(errno.EINVAL, c.set_irqs, flags, index, start, count, data, [x.fd for x in fds])
    refused(errno.EINVAL, c.set_irqs, NONE | TRIGGER, MSIX, argsz=19)
    for size in range(20):
        refused(errno.EINVAL, c.command, SET_IRQS, bytes(size))
    with open('plain', 'w') as plain:       # not an eventfd
        refused(errno.EINVAL, c.set_irqs, ok, MSIX, fds=[plain.fileno()])
    # None of it armed anything.
    c.write(BAR0, RAISE, 1)
    equal((e.count(), f.count()), (0, 0))
    # QEMU's argsz counts the fds that its message does not carry as data.
    c.set_irqs(ok, MSIX, 0, 2, fds=[e.fd, f.fd], argsz=28)


main(globals())
