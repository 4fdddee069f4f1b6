#!/usr/bin/env python3
"""mangle.py SEED COUNT OUT CAPTURE... [--heads]: COUNT broken copies of the captures' messages, as a capture.

Bytes of the message are changed, cut off, added, or set to what is interesting; its size field follows or lies. With
--heads the pseudo-header is broken too. The same SEED gives the same file.
"""
import random
import struct
import sys

TAGS = 28   # before the pseudo-header


def records(path):
    with open(path, 'rb') as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from('<I', data, at + 8)[0]
        yield data[at + 16:at + 16 + size]
        at += 16 + size


def mangle(chance, record, heads):
    body = TAGS + struct.unpack_from('>H', record, TAGS + 12)[0]
    head, message = bytearray(record[:body]), bytearray(record[body:])
    if head[TAGS + 5] != 1 and not heads:
        return record
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        way = chance.randrange(7)
        at = chance.randrange(len(message) + 1)
        if way == 0 and at < len(message):
            message[at] = chance.choice((0, 1, 2, 4, 8, 16, 32, 0x7f, 0x80, 0xff, chance.randrange(256)))
        elif way == 1:
            del message[at:]
        elif way == 2:
            message += bytes(chance.randrange(256) for _ in range(chance.randrange(1, 60)))
        elif way == 3:
            width = chance.choice((2, 4, 8))
            at = at // 4 * 4
            message[at:at + width] = chance.choice((0, 1, 2, 3, 8, 40, 48, 64, 1 << (8 * width - 1), (1 << 8 * width) - 1)
                                                   ).to_bytes(width, chance.choice(('little', 'little', 'big')))
        elif way == 4 and len(message) >= 8:
            message[2:4] = chance.randrange(0, 21).to_bytes(2, 'little')
        elif way == 5 and len(message) >= 12:
            message[8] ^= 1 << chance.randrange(8)
        elif way == 6:
            head[TAGS + 7] ^= 1
    if len(message) >= 8 and chance.randrange(3):
        order = 'little' if head[TAGS + 8] == 1 else 'big'
        message[4:8] = (len(message) + chance.choice((0, 0, 0, 0, 1, 7, -1, 100000))).to_bytes(4, order)
    if not heads and len(message) < 16:
        message += bytes(16 - len(message))
    record = head + message
    if heads and chance.randrange(2):
        record[chance.randrange(TAGS, len(record))] = chance.randrange(256)
        del record[chance.randrange(TAGS, len(record) + 1):]
    return bytes(record)


def main():
    words = [w for w in sys.argv[1:] if w != '--heads']
    chance = random.Random(int(words[0]))
    sources = [r for path in words[3:] for r in records(path)]
    with open(words[2], 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 252))
        for n in range(int(words[1])):
            record = mangle(chance, chance.choice(sources), '--heads' in sys.argv)
            out.write(struct.pack('<IIII', 1700000000 + n, 0, len(record), len(record)) + record)


main()
