#!/usr/bin/env python3
"""pcap.py OUT LINKTYPE [--ng] < HEX: a capture of what standard input says, one record a line.

A line is hex, blanks ignored, `#` begins a comment; N*XX repeats a byte, `len=N` says how long the record was on the wire.
--ng writes pcapng. Times count up in milliseconds.
"""
import re
import struct
import sys


def lines():
    for line in sys.stdin:
        line = line.split('#')[0].strip()
        if line:
            length = re.search(r'len=(\d+)', line)
            line = re.sub(r'len=\d+', '', line)
            line = re.sub(r'(\d+)\*([0-9a-f]{2})\b', lambda m: m[2] * int(m[1]), line)
            data = bytes.fromhex(line)
            yield data, int(length[1]) if length else len(data)


def block(kind, body):
    body += b'\0' * (-len(body) % 4)
    return struct.pack('<II', kind, len(body) + 12) + body + struct.pack('<I', len(body) + 12)


def main():
    link, ng = int(sys.argv[2]), '--ng' in sys.argv
    with open(sys.argv[1], 'wb') as out:
        if ng:
            out.write(block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1)))
            out.write(block(1, struct.pack('<HHI', link, 0, 262144)))
        else:
            out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, link))
        for n, (data, length) in enumerate(lines()):
            if ng:
                time = 1700000000000000 + n * 1000
                out.write(block(6, struct.pack('<IIIII', 0, time >> 32, time & 0xffffffff, len(data), length) + data))
            else:
                out.write(struct.pack('<IIII', 1700000000, n * 1000, len(data), length) + data)


main()
