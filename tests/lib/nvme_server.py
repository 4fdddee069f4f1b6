#!/usr/bin/env python3
"""nvme_server.py [--mapped] [--strict] SOCKET: an NVMe controller with a RAM disk of 8 MiB behind a vfio-user server, for one client.

A peer that shares nothing with the nvme plugin: it says on standard output what each I/O command was, so that what the
plugin makes of the same traffic can be held against it. Only what Linux's driver needs: DMA by descriptors, MSI-X, PRPs.
With --mapped the client can map the doorbells, as it can SPDK's, and they are polled. With --strict it
stops, as SPDK's does, where a completion is to be signalled and nobody armed the vector.
"""
import array
import mmap
import os
import select
import signal
import socket
import struct
import sys

HEADER = struct.Struct('<HHIII')
REPLY, NO_REPLY, ERROR = 1, 0x10, 0x20
BLOCK, BLOCKS, PAGE = 512, 16384, 4096
VECTORS = 8
CONFIG = 7
CAP = 1023 | 1 << 16 | 15 << 24 | 1 << 37       # 1024 entries, contiguous, 7.5 s, NVM command set


def config_space():
    c = bytearray(256)
    struct.pack_into('<HHHHBBH', c, 0, 0x1b36, 0x0010, 0, 0x10, 2, 0x02, 0x0108)
    struct.pack_into('<I', c, 0x10, 0)
    c[0x34] = 0x40
    c[0x3d] = 1
    struct.pack_into('<BBHII', c, 0x40, 0x11, 0, VECTORS - 1, 0x2000, 0x3000)   # MSI-X, table and PBA in BAR0
    return c


class Memory:
    """Guest memory, by address."""

    def __init__(self):
        self.maps = []

    def add(self, address, size, fd, offset):
        self.maps.append((address, size, mmap.mmap(fd, size, offset=offset)))

    def remove(self, address, size):
        self.maps = [m for m in self.maps if not address <= m[0] < address + size]

    def find(self, address, size):
        for start, length, memory in self.maps:
            if start <= address and address + size <= start + length:
                return memory, address - start
        raise ValueError(f'no memory at {address:#x}+{size:#x}')

    def read(self, address, size):
        memory, at = self.find(address, size)
        return memory[at:at + size]

    def write(self, address, data):
        memory, at = self.find(address, len(data))
        memory[at:at + len(data)] = data


class Controller:
    def __init__(self, mapped=False, strict=False):
        self.strict = strict
        self.fd = os.memfd_create('bar0') if mapped else -1
        self.doorbells = None
        if mapped:
            os.ftruncate(self.fd, 0x4000)
            self.doorbells = mmap.mmap(self.fd, PAGE, offset=PAGE)
        self.memory = Memory()
        self.config = config_space()
        self.disk = bytearray(BLOCK * BLOCKS)
        self.irqs = {}
        self.reset()

    def reset(self):
        self.bar = bytearray(0x4000)
        struct.pack_into('<QI', self.bar, 0, CAP, 0x10400)
        self.submit, self.complete = {}, {}

    # --- registers ---

    def read(self, region, offset, count):
        return bytes((self.config if region == CONFIG else self.bar)[offset:offset + count])

    def write(self, region, offset, data):
        if region == CONFIG:
            writable = {4: 2, 0x0c: 1, 0x3c: 1, 0x42: 2}
            if offset in writable:
                self.config[offset:offset + len(data)] = data
            elif 0x10 <= offset < 0x14:
                struct.pack_into('<I', self.config, 0x10, struct.unpack('<I', data)[0] & ~0x3fff)
            return
        if 0x1000 <= offset < 0x2000:
            if self.doorbells:
                self.doorbells[offset - PAGE:offset - PAGE + len(data)] = data
            self.doorbell((offset - 0x1000) // 4, struct.unpack('<I', data.ljust(4, b'\0'))[0])
            return
        if offset in (0x14, 0x24, 0x28, 0x2c, 0x30, 0x34) or offset >= 0x2000:
            self.bar[offset:offset + len(data)] = data
        if offset == 0x14:
            self.configured(struct.unpack('<I', data)[0])

    def configured(self, value):
        ready = struct.unpack_from('<I', self.bar, 0x1c)[0] & 1
        if self.doorbells and bool(value & 1) != bool(ready):
            self.doorbells[:] = bytes(PAGE)
        if value & 1 and not ready:
            aqa, asq, acq = struct.unpack_from('<IQQ', self.bar, 0x24)
            self.submit = {0: [asq, (aqa & 0xfff) + 1, 0, 0]}           # base, depth, head, completion queue
            self.complete = {0: [acq, (aqa >> 16 & 0xfff) + 1, 0, 1, 0]}     # base, depth, tail, phase, vector
        elif not value & 1:
            self.submit, self.complete = {}, {}
        struct.pack_into('<I', self.bar, 0x1c, (value & 1) | (8 if value >> 14 & 3 else 0))

    def poll(self):
        for number in list(self.submit):
            self.doorbell(2 * number, struct.unpack_from('<I', self.doorbells, 8 * number)[0])

    def doorbell(self, number, value):
        queue = self.submit.get(number // 2)
        if number % 2 or not queue:
            return
        used = set()
        while queue[2] != value:
            entry = self.memory.read(queue[0] + 64 * queue[2], 64)
            queue[2] = (queue[2] + 1) % queue[1]
            done = self.admin(entry) if number == 0 else self.command(number // 2, entry)
            if done is not None:
                used.add(self.post(number // 2, queue, entry, *done))
        for vector in used:
            if vector in self.irqs:
                os.write(self.irqs[vector], struct.pack('<Q', 1))
            elif self.strict:    # nobody takes it: SPDK's controller stops (CSTS.CFS)
                self.bar[0x1c] |= 2

    def post(self, number, queue, entry, status, result):
        c = self.complete[queue[3]]
        identity = struct.unpack_from('<H', entry, 2)[0]
        self.memory.write(c[0] + 16 * c[2], struct.pack('<IIHHHH', result, 0, queue[2], number, identity, status << 1 | c[3]))
        c[2] = (c[2] + 1) % c[1]
        if c[2] == 0:
            c[3] ^= 1
        return c[4]

    # --- commands: (status, result), or None if it is not completed now ---

    def admin(self, e):
        dw10, dw11 = struct.unpack_from('<II', e, 40)
        prp1, = struct.unpack_from('<Q', e, 24)
        opcode = e[0]
        if opcode == 0x06:
            return self.identify(dw10 & 0xff, struct.unpack_from('<I', e, 4)[0], prp1)
        if opcode == 0x05:
            self.complete[dw10 & 0xffff] = [prp1, (dw10 >> 16) + 1, 0, 1, dw11 >> 16]
        elif opcode == 0x01:
            self.submit[dw10 & 0xffff] = [prp1, (dw10 >> 16) + 1, 0, dw11 >> 16]
        elif opcode == 0x00:
            self.submit.pop(dw10 & 0xffff, None)
        elif opcode == 0x04:
            self.complete.pop(dw10 & 0xffff, None)
        elif opcode == 0x09:
            return 0, 0x10001 if dw10 & 0xff == 7 else 0
        elif opcode == 0x0a:
            return 0, 0x10001 if dw10 & 0xff == 7 else 0
        elif opcode == 0x02:
            self.memory.write(prp1, bytes(min(PAGE - prp1 % PAGE, ((dw10 >> 16) + 1) * 4)))
        elif opcode == 0x0c:
            return None
        elif opcode != 0x18:
            return 0x4001, 0
        return 0, 0

    def identify(self, cns, nsid, prp1):
        d = bytearray(PAGE)
        if cns == 1:
            struct.pack_into('<HH20s40s8s', d, 0, 0x1b36, 0x1af4, b'VFU1'.ljust(20), b'vfuscope test disk'.ljust(40), b'1'.ljust(8))
            struct.pack_into('<BHI', d, 77, 5, 1, 0x10400)
            d[111] = 1
            d[512], d[513] = 0x66, 0x44
            struct.pack_into('<I', d, 516, 1)
            d[768:768 + 30] = b'nqn.2026-11.org.vfuscope:test1'
        elif cns == 0:
            if nsid == 1:
                struct.pack_into('<QQQ', d, 0, BLOCKS, BLOCKS, BLOCKS)
                d[128 + 2] = 9
        elif cns == 2:
            struct.pack_into('<I', d, 0, 1 if nsid == 0 else 0)
        elif cns == 3:
            struct.pack_into('<BB', d, 0, 3, 16)
            d[4:20] = bytes(range(1, 17))
        else:
            return 0x4002, 0
        self.memory.write(prp1, bytes(d))
        return 0, 0

    def pages(self, prp1, prp2, size):
        first = min(size, PAGE - prp1 % PAGE)
        yield prp1, first
        size -= first
        if 0 < size <= PAGE:
            yield prp2, size
        elif size:
            count = (size + PAGE - 1) // PAGE
            for address, in struct.iter_unpack('<Q', self.memory.read(prp2, 8 * count)):
                yield address, min(size, PAGE)
                size -= PAGE

    def command(self, queue, e):
        prp1, prp2, lba = struct.unpack_from('<QQQ', e, 24)
        size = (struct.unpack_from('<H', e, 48)[0] + 1) * BLOCK
        at = lba * BLOCK
        if e[0] == 0:
            print(f'Flush on {queue}', flush=True)
            return 0, 0
        if e[0] not in (1, 2):
            return 0x4001, 0
        print(f'{"Read" if e[0] == 2 else "Write"} {lba:#x}+{size // BLOCK} on {queue}', flush=True)
        if at + size > len(self.disk):
            return 0x4080, 0
        for address, length in self.pages(prp1, prp2, size):
            if e[0] == 2:
                self.memory.write(address, bytes(self.disk[at:at + length]))
            else:
                self.disk[at:at + length] = self.memory.read(address, length)
            at += length
        return 0, 0


class Server:
    """One method a command: the request's body and descriptors in, the reply's body out."""

    def __init__(self, conn, device):
        self.conn = conn
        self.device = device
        self.doorbells = getattr(device, 'doorbells', None)
        self.reply_fds = []

    def c1(self, body, fds):
        text = b'{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576}}\0'
        return body[:4] + text

    def c2(self, body, fds):
        _, _, offset, address, size = struct.unpack('<IIQQQ', body)
        if fds:
            self.device.memory.add(address, size, fds[0], offset)
        return b''

    def c3(self, body, fds):
        address, size = struct.unpack_from('<QQ', body, 8)
        self.device.memory.remove(address, size)
        return body[:24]

    def c4(self, body, fds):
        return struct.pack('<IIII', 16, 3, 9, 5)

    def c5(self, body, fds):
        index, = struct.unpack_from('<I', body, 8)
        size = {0: 0x4000, CONFIG: 256}.get(index, 0)
        if index == 0 and self.doorbells:    # read, write, mmap, caps: one sparse area
            area = struct.pack('<HHIIIQQ', 1, 1, 0, 1, 0, PAGE, PAGE)
            whole = struct.unpack_from('<I', body)[0] >= 64
            self.reply_fds = [self.device.fd] if whole else []
            return struct.pack('<IIIIQQ', 64, 15, index, 32, size, 0) + (area if whole else b'')
        return struct.pack('<IIIIQQ', 32, 3 if size else 0, index, 0, size, 0)

    def c7(self, body, fds):
        index, = struct.unpack_from('<I', body, 8)
        return struct.pack('<IIII', 16, 1, index, {0: 1, 2: VECTORS}.get(index, 0))

    def c8(self, body, fds):
        flags, index, start, count = struct.unpack_from('<IIII', body, 4)
        if index == 2 and count == 0:
            self.device.irqs = {}
        if index == 2:
            for i, fd in enumerate(fds):
                self.device.irqs[start + i] = os.dup(fd)
        return b''

    def c9(self, body, fds):
        offset, region, count = struct.unpack_from('<QII', body)
        return body[:16] + self.device.read(region, offset, count).ljust(count, b'\0')

    def c10(self, body, fds):
        offset, region, count = struct.unpack_from('<QII', body)
        self.device.write(region, offset, body[16:16 + count])
        return body[:16]

    def c13(self, body, fds):
        self.device.reset()
        return b''

    def receive(self, size, fds):
        data = b''
        while len(data) < size:
            part, ancillary, _, _ = self.conn.recvmsg(size - len(data), socket.CMSG_SPACE(64 * 4))
            for _, _, raw in ancillary:
                fds.frombytes(raw)
            if not part:
                sys.exit(0)
            data += part
        return data

    def run(self):
        while True:
            fds = array.array('i')
            while self.doorbells and not select.select([self.conn], [], [], 0.002)[0]:
                self.device.poll()
            number, command, size, flags, _ = HEADER.unpack(self.receive(16, fds))
            body = self.receive(size - 16, fds)
            handler = getattr(self, f'c{command}', None)
            try:
                reply, error = (handler(body, fds), 0) if handler else (b'', 22)
            except (ValueError, struct.error) as e:
                print(f'refused: {e}', file=sys.stderr, flush=True)
                reply, error = b'', 22
            for fd in fds:
                os.close(fd)
            if not flags & NO_REPLY:
                message = HEADER.pack(number, command, 16 + len(reply), REPLY | (ERROR if error else 0), error) + reply
                socket.send_fds(self.conn, [message], self.reply_fds)
                self.reply_fds = []


def main(device, path):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    Server(listener.accept()[0], device).run()


if __name__ == '__main__':
    main(Controller('--mapped' in sys.argv[1:-1], '--strict' in sys.argv[1:-1]), sys.argv[-1])
