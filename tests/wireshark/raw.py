#!/usr/bin/env python3
"""raw.py CAPTURE OUT [--pids] [--split N] [--ng]: the messages of connection 1's main channel as bytes on DLT_USER0.

--pids writes sockdump's 16 bytes before each piece, --split cuts each message into pieces of at most N bytes, --ng
writes pcapng. The times stay.
"""
import struct
import sys

TAGS = 28


def block(kind, body):
    body += b'\0' * (-len(body) % 4)
    return struct.pack('<II', kind, len(body) + 12) + body + struct.pack('<I', len(body) + 12)


def pieces(path, split):
    with open(path, 'rb') as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        seconds, nanoseconds, size = struct.unpack_from('<III', data, at)
        record = data[at + 16:at + 16 + size]
        at += 16 + size
        kind, channel, side = record[TAGS + 5:TAGS + 8]
        head = TAGS + struct.unpack_from('>H', record, TAGS + 12)[0]
        message = record[head:]
        if kind == 1 and channel == 0:
            for n in range(0, len(message), split or len(message)):
                yield seconds, nanoseconds, side, message[n:n + split] if split else message


def main():
    split = int(sys.argv[sys.argv.index('--split') + 1]) if '--split' in sys.argv else 0
    ng = '--ng' in sys.argv
    with open(sys.argv[2], 'wb') as out:
        if ng:
            out.write(block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1)))
            out.write(block(1, struct.pack('<HHI', 147, 0, 262144) + struct.pack('<HHB3xHH', 9, 1, 9, 0, 0)))
        else:
            out.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 147))
        for seconds, nanoseconds, side, data in pieces(sys.argv[1], split):
            if '--pids' in sys.argv:
                data = struct.pack('>QQ', 100 + (1 - side), 100 + side) + data
            if ng:
                time = seconds * 10 ** 9 + nanoseconds
                out.write(block(6, struct.pack('<IIIII', 0, time >> 32, time & 0xffffffff, len(data), len(data)) + data))
            else:
                out.write(struct.pack('<IIII', seconds, nanoseconds, len(data), len(data)) + data)


main()
