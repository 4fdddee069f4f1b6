#!/usr/bin/env python3
"""hung.py SOCKET server | client | other: two that wait for each other. The server reads nothing until a line comes on its standard
input; then all there is, and says how many bytes and descriptors it had. The client sends VERSION, a REGION_READ, a DMA_MAP with a
descriptor and another REGION_READ, and waits for a reply. `other` is such a client that speaks no vfio-user."""
import os
import socket
import struct
import sys


def message(command, body):
    return struct.pack('<HHIII', 9, command, 16 + len(body), 0, 0) + body


def server(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print('listening', flush=True)
    conn, _ = listener.accept()
    sys.stdin.readline()
    size, count = 0, 0
    conn.settimeout(1)
    try:
        while True:
            got, fds, _, _ = socket.recv_fds(conn, 65536, 16)
            size, count = size + len(got), count + len(fds)
    except TimeoutError:
        print('read', size, count, flush=True)
    sys.stdin.readline()


def client(path, other):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    if other:
        s.sendall(b'{"execute": "qmp_capabilities"}\n' * 9)
    else:
        s.sendall(message(1, struct.pack('<HH', 0, 0) + b'{"capabilities":{"max_msg_fds":8}}\0'))
        s.sendall(message(9, struct.pack('<QII', 0x10, 0, 4)))
        socket.send_fds(s, [message(2, struct.pack('<IIQQQ', 32, 3, 0, 0, 4096))], [os.memfd_create('m')])
        s.sendall(message(9, struct.pack('<QII', 0x20, 0, 4)))
    print('sent', flush=True)
    s.recv(16)


if sys.argv[2] == 'server':
    server(sys.argv[1])
else:
    client(sys.argv[1], sys.argv[2] == 'other')
