#!/usr/bin/env python3
"""virtio_server.py [packed] [indirect] [event] [data] SOCKET: a virtio block device with a RAM disk of 8 MiB.

A peer that shares nothing with the virtio plugin: it processes the rings of the guest's driver in shared memory, and says
on standard output what each request was, so that what the plugin makes of the same traffic can be held against it. The
words before SOCKET are features that it offers: RING_PACKED, INDIRECT_DESC, EVENT_IDX, NOTIFICATION_DATA. It takes 20 ms
over a notification: what reads the rings beside it has that long.
"""
import os
import struct
import sys
import time

sys.dont_write_bytecode = True  # in the folder of the tests

from nvme_server import BLOCK, BLOCKS, CONFIG, VECTORS, Memory, main

NOTIFY, ISR, DEVICE, TABLE, PBA = 0x1000, 0x1800, 0x1c00, 0x2000, 0x3000
FEATURES = {'packed': 34, 'indirect': 28, 'event': 29, 'data': 38}
PACKED, EVENT = 1 << 34, 1 << 29
BASE = 1 << 32 | 1 << 2 | 1 << 6 | 1 << 9 | 1 << 13         # VERSION_1, SEG_MAX, BLK_SIZE, FLUSH, DISCARD
NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 1 << 7, 1 << 15
NAMES = {0: 'read', 1: 'write', 4: 'flush', 8: 'get id', 11: 'discard'}
DEPTH = 64


def config_space():
    c = bytearray(256)
    struct.pack_into('<HHHHBBH', c, 0, 0x1af4, 0x1042, 0, 0x10, 1, 0, 0x0100)
    struct.pack_into('<HH', c, 0x2c, 0x1af4, 0x1100)
    c[0x34], c[0x3d] = 0x40, 1
    struct.pack_into('<BBHII', c, 0x40, 0x11, 0x50, VECTORS - 1, TABLE, PBA)
    for at, following, kind, offset, size in ((0x50, 0x60, 1, 0, 0x40), (0x60, 0x74, 2, NOTIFY, 0x800),
                                              (0x74, 0x84, 3, ISR, 1), (0x84, 0, 4, DEVICE, 0x40)):
        struct.pack_into('<BBBBIII', c, at, 9, following, 20 if kind == 2 else 16, kind, 0, offset, size)
    struct.pack_into('<I', c, 0x70, 4)
    return c


def amount(n):
    return f'{n // 1024}K' if n % 1024 == 0 else str(n)


class Disk:
    def __init__(self, words):
        self.memory = Memory()
        self.config = config_space()
        self.disk = bytearray(BLOCK * BLOCKS)
        self.irqs = {}
        self.offered = BASE
        for word in words:
            self.offered |= 1 << FEATURES[word]
        self.reset()

    def reset(self):
        self.bar = bytearray(0x4000)
        struct.pack_into('<QIII', self.bar, DEVICE, BLOCKS, 0, 60, 0)
        struct.pack_into('<I', self.bar, DEVICE + 20, BLOCK)
        struct.pack_into('<III', self.bar, DEVICE + 36, 4096, 1, 1)
        struct.pack_into('<HH', self.bar, 18, 1, 0)
        struct.pack_into('<HHHH', self.bar, 24, DEPTH, 0xffff, 0, 0)
        self.features = 0
        self.at = self.used = 0                             # where in the ring, and in packed ones which way round
        self.wrap = self.used_wrap = 1

    # --- registers ---

    def read(self, region, offset, count):
        select, = struct.unpack_from('<I', self.bar, 0)
        struct.pack_into('<I', self.bar, 4, self.offered >> 32 * select & 0xffffffff if select < 2 else 0)
        queue, = struct.unpack_from('<H', self.bar, 22)
        if region != CONFIG and queue and 24 <= offset < 64:
            return bytes(count)
        data = bytes((self.config if region == CONFIG else self.bar)[offset:offset + count])
        if region != CONFIG and offset == ISR:
            self.bar[ISR] = 0
        return data

    def write(self, region, offset, data):
        if region == CONFIG:
            if offset in (4, 0x0c, 0x3c, 0x42):
                self.config[offset:offset + len(data)] = data
            elif 0x10 <= offset < 0x14:
                struct.pack_into('<I', self.config, 0x10, struct.unpack('<I', data)[0] & ~0x3fff)
        elif NOTIFY <= offset < ISR:
            self.notified()
        elif offset == 20 and data[0] == 0:
            self.reset()
        elif offset < 64 or offset >= TABLE:
            self.bar[offset:offset + len(data)] = data
            if offset == 12:
                select, = struct.unpack_from('<I', self.bar, 8)
                self.features |= struct.unpack('<I', data)[0] << 32 * select if select < 2 else 0

    # --- rings ---

    def number(self, address, layout='<H'):
        return struct.unpack(layout, self.memory.read(address, struct.calcsize(layout)))[0]

    def notified(self):
        time.sleep(0.02)
        self.size, self.vector = struct.unpack_from('<HH', self.bar, 24)
        self.desc, self.driver, self.device = struct.unpack_from('<QQQ', self.bar, 32)
        while self.packed() if self.features & PACKED else self.split():
            pass

    def interrupt(self):
        if self.vector in self.irqs:
            os.write(self.irqs[self.vector], struct.pack('<Q', 1))

    def split(self):
        if self.at == self.number(self.driver + 2):
            return False
        head = index = self.number(self.driver + 4 + 2 * (self.at % self.size))
        table, parts, flags = self.desc, [], NEXT
        self.at = self.at + 1 & 0xffff
        while flags & NEXT:
            address, size, flags, following = struct.unpack('<QIHH', self.memory.read(table + 16 * index, 16))
            if flags & INDIRECT:
                table, index, flags = address, 0, NEXT
                continue
            parts.append((address, size, flags & WRITE))
            index = following
        written = self.request(parts)
        self.memory.write(self.device + 4 + 8 * (self.used % self.size), struct.pack('<II', head, written))
        self.used = self.used + 1 & 0xffff
        self.memory.write(self.device + 2, struct.pack('<H', self.used))
        if self.features & EVENT:
            self.memory.write(self.device + 4 + 8 * self.size, struct.pack('<H', self.at))
        self.interrupt()
        return True

    def packed(self):
        parts, slots, flags = [], 0, NEXT
        first = self.number(self.desc + 16 * self.at + 14)
        if bool(first & AVAIL) != bool(self.wrap) or bool(first & USED) == bool(self.wrap):
            return False
        while flags & NEXT:
            address, size, name, flags = struct.unpack('<QIHH', self.memory.read(self.desc + 16 * self.at, 16))
            self.at, slots = (self.at + 1) % self.size, slots + 1
            self.wrap ^= self.at == 0
            parts.append((address, size, flags & WRITE))
            if flags & INDIRECT:
                entries = struct.iter_unpack('<QIHH', self.memory.read(address, size))
                parts = [(a, s, f & WRITE) for a, s, _, f in entries]
        written = self.request(parts)
        place = self.desc + 16 * self.used
        self.memory.write(place + 8, struct.pack('<IH', written, name))
        self.memory.write(place + 14, struct.pack('<H', WRITE | (AVAIL | USED if self.used_wrap else 0)))
        self.used += slots
        if self.used >= self.size:
            self.used, self.used_wrap = self.used - self.size, self.used_wrap ^ 1
        if self.features & EVENT:
            self.memory.write(self.device, struct.pack('<HH', self.at | self.wrap << 15, 2))
        self.interrupt()
        return True

    # --- requests: how many bytes were written ---

    def request(self, parts):
        out = b''.join(bytes(self.memory.read(a, s)) for a, s, w in parts if not w)
        room = sum(s for _, s, w in parts if w) - 1
        kind, _, sector = struct.unpack_from('<IIQ', out)
        data, status = b'', 0
        if kind == 0:
            print(f'read sector {sector:#x}, {amount(room)}', flush=True)
            data = bytes(self.disk[sector * BLOCK:sector * BLOCK + room])
        elif kind == 1:
            print(f'write sector {sector:#x}, {amount(len(out) - 16)}', flush=True)
            self.disk[sector * BLOCK:sector * BLOCK + len(out) - 16] = out[16:]
        elif kind == 11:
            sector, count = struct.unpack_from('<QI', out, 16)
            print(f'discard sector {sector:#x}+{count:#x}', flush=True)
        else:
            print(NAMES.get(kind, f'type {kind}'), flush=True)
            status, data = (0 if kind in NAMES else 2), b'vfuscope' if kind == 8 else b''
        answer = data.ljust(room, b'\0') + bytes([status])
        for address, size, _ in (p for p in parts if p[2]):
            self.memory.write(address, answer[:size])
            answer = answer[size:]
        return len(data) + 1


if __name__ == '__main__':
    main(Disk(sys.argv[1:-1]), sys.argv[-1])
