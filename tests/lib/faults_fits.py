"""More faults for faulty.py: what does not fit together in a device. Of what `vfuscope serve` has: bar0 1M, bar2 64K with
areas, bar4 4K with MSI-X's table and PBA, in config space the capabilities of MSI at 0x48 and MSI-X at 0x58."""
import os
import struct

from faults import *

READABLE, WRITABLE, MMAP, CAPS = 1, 2, 4, 8


def info(index):
    return lambda m, c: m.command == REGION and m.number(8) == index


def irq(index):
    return lambda m, c: m.command == IRQ and m.number(8) == index


def says(name, index, size, flags):
    changes(name, info(index), lambda r, m: r.put(4, flags).put(16, size, 8))


def put_areas(r, m, index, areas, flags):
    """Its capability is this one, where there is room for it; it is mapped from a file of its own."""
    chain = struct.pack('<HHIII', 1, 1, 0, len(areas), 0) + b''.join(struct.pack('<QQ', *area) for area in areas)
    full = 32 + len(chain)
    whole = m.number(0) >= full
    r.put(0, full).put(4, flags | CAPS).put(12, 32 if whole else 0)
    r.payload = r.payload[:32] + (chain if whole else b'')
    for fd in r.fds:
        os.close(fd)
    r.fds = []
    if whole and flags & MMAP:
        r.fds = [os.memfd_create('areas')]
        os.truncate(r.fds[0], 1 << 20)


def has_areas(name, *areas, flags=READABLE | WRITABLE | MMAP):
    changes(name, info(2), lambda r, m: put_areas(r, m, 2, areas, flags))


says('bar-size', 5, 0x3000, READABLE | WRITABLE)
says('region-closed', 3, 4096, 0)
says('rom-size', 6, 1024, READABLE)
says('vga-region', 8, 64 << 10, READABLE | WRITABLE)
says('config-access', 7, 256, READABLE)


@fault('empty-region')
def empty_region(m, c):
    answer = c.forward(m)
    if m.command == REGION and m.number(8) == 1 and not answer.is_error() and len(answer.payload) == 32:
        answer.put(0, 40).put(4, CAPS)
        if m.number(0) >= 40:
            answer.put(12, 32)
            answer.payload += struct.pack('<HHI', 3, 1, 0)
    return answer


@fault('config-size')
def config_size(m, c):
    """The first half of it is there."""
    if m.command in (READ, WRITE) and m.number(8) == 7 and m.number(0, 8) + m.number(12) > 128:
        return m.reply(error=EINVAL)
    answer = c.forward(m)
    return answer.put(16, 128, 8) if info(7)(m, c) and not answer.is_error() else answer


@fault('rom-signature')
def rom_signature(m, c):
    if m.command == READ and m.number(8) == 6:
        return m.reply(m.payload + bytes(m.number(12)))
    answer = c.forward(m)
    return answer.put(4, READABLE).put(16, 4096, 8) if info(6)(m, c) and not answer.is_error() else answer


has_areas('areas-overlap', (0x1000, 0x3000), (0x2000, 0x1000))
has_areas('area-unaligned', (0x1000, 0x800))
has_areas('area-empty', (0x1000, 0x1000), (0x3000, 0))
has_areas('areas-without-mmap', (0x1000, 0x1000), flags=READABLE | WRITABLE)

changes('intx-count', irq(0), lambda r, m: r.put(12, 4))
changes('msi-count', irq(1), lambda r, m: r.put(12, 3))
changes('msix-count', irq(2), lambda r, m: r.put(12, 4096))
changes('irq-automasked', irq(1), lambda r, m: r.put(4, r.number(4) | 4))
changes('irq-without-eventfd', irq(4), lambda r, m: r.put(4, 0).put(12, 1))


def config(name, changed):
    """Bytes of config space, by their offsets, in what is read of it by 64 bytes."""
    def change(r, m):
        for at, value in changed.items():
            if 0 <= at - m.number(0, 8) < 64:
                r.put(16 + at - m.number(0, 8), value, 1)
    changes(name, lambda m, c: m.command == READ and m.number(8) == 7 and m.number(12) == 64, change)


changes('pci-intx-pin', irq(0), lambda r, m: r.put(12, 0))
config('pci-intx-pin:five', {0x3d: 5})
config('pci-msi-vectors', {0x48 + 2: 0x82})
config('pci-msi-vectors:absent', {0x40 + 1: 0x58})
config('pci-msix-vectors', {0x58 + 2: 2})
config('pci-msix-table', {0x58 + 4: 1})
config('pci-msix-table:outside', {0x58 + 5: 0x10})
config('pci-msix-table:bar', {0x58 + 4: 6})
config('pci-msix-pba', {0x58 + 9: 0x10})
config('pci-msix-overlap', {0x58 + 9: 0})


@fault('pci-msix-mapped')
def msix_mapped(m, c):
    answer = c.forward(m)
    if info(4)(m, c) and not answer.is_error():
        put_areas(answer.put(16, 8192, 8), m, 4, [(0, 4096)], READABLE | WRITABLE | MMAP)
    return answer


@fault('nvme-bar0-size')
def nvme_bar(m, c):
    answer = c.forward(m)
    if info(0)(m, c) and not answer.is_error():
        answer.put(16, 8192, 8)
    elif m.command == READ and m.number(8) == 7 and m.number(0, 8) == 0 and m.number(12) == 64:
        answer.put(16 + 9, 0x010802, 3)
    return answer
