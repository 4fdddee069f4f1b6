#!/usr/bin/env python3
"""A process with sockets that attach is to understand.

attached.py MODE ARGUMENT...: gets ready, prints `ready`, and waits for a line on standard input where a step follows; ends at the
end of that.
  twin           client and server in one: VERSION agrees on a twin, the server asks for memory over it, and is not answered
  lone           one command that is not answered
  lone-foreign   the same bytes behind some that are none; and in the other direction something else
  paths PATH...  a connection to a socket bound at each path; at a line a read over each, of offsets 0, 1, ...
  names COMM PATH...  likewise, as a process of this name; the arguments are Python's bytes, b'...' without the quotes
  fd             nothing at all; at the line a connection at the fd that it has printed
  half           a command and its reply over the fd that it has printed; half of a command, which the other end reads; at the
                 next line the other half; at the next half of one more, which the other end does not read
  stray          reads over the fd that it has printed; the server sends what it should have written to an eventfd in front of
                 one reply, in one piece with it, then of another, whose header comes in two; and then goes on
  slow PATH      connects to a socket that accepts only at the next line; speaks first
"""
import ast
import os
import socket
import struct
import sys

HEADER = struct.Struct('<HHIII')
VERSION, REGION_READ, REGION_WRITE, DMA_READ = 1, 9, 10, 11
REPLY = 1
kept = []


def message(ident, command, payload=b'', flags=0):
    return HEADER.pack(ident, command, 16 + len(payload), flags, 0) + payload


def version(twin, flags=0):
    return message(1, VERSION, struct.pack('<HH', 0, 1) + b'{"capabilities":{%s}}\0' % twin, flags)


READ = message(7, REGION_READ, struct.pack('<QII', 0, 0, 4))


def step():
    if not sys.stdin.readline():
        sys.exit(0)


def ready():
    print('ready', flush=True)
    step()


def connect(path):
    listener, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    client.connect(path)
    kept.append((listener, client, listener.accept()[0]))
    return kept[-1][1:]


def talk(client, server, offset=0):
    client.sendall(message(7, REGION_READ, struct.pack('<QII', offset, 0, 4)))
    server.recv(4096)
    server.sendall(message(7, REGION_READ, struct.pack('<QIII', offset, 0, 4, 1), REPLY))
    client.recv(4096)


def twin():
    server, client = socket.socketpair()
    ready()
    child_end, own_end = socket.socketpair()
    client.sendall(version(b'"twin_socket":{"supported":true}'))
    server.recv(4096)
    socket.send_fds(server, [version(b'"twin_socket":{"supported":true,"fd_index":0}', REPLY)], [child_end.fileno()])
    kept.append(socket.recv_fds(client, 4096, 8))
    child_end.close()
    # another pair, on which as much is said: that is not the twin
    other, far = socket.socketpair()
    kept.append((other, far))
    other.sendall(message(9, DMA_READ, struct.pack('<QQ', 0x2000, 4)))
    own_end.sendall(message(8, DMA_READ, struct.pack('<QQ', 0x1000, 4)))
    print('asked', flush=True)
    step()


def lone():
    near, far = socket.socketpair()
    kept.append(far)
    ready()
    near.sendall(READ)
    print('asked', flush=True)
    step()


def lone_foreign():
    pairs = [socket.socketpair() for _ in range(3)]
    ready()
    pairs[0][0].sendall(b'GET /\r\n\r\n' + READ)
    pairs[1][0].sendall(READ)
    pairs[1][0].sendall(b'and then something that is no message')
    pairs[2][0].sendall(READ)
    pairs[2][1].sendall(b'no message either, but long enough')
    pairs[2][0].recv(4096)
    kept.append(pairs)
    print('asked', flush=True)
    step()


def paths(*names):
    pairs = [connect(name) for name in names]
    ready()
    while True:
        for i, pair in enumerate(pairs):
            talk(*pair, offset=i)
        print('talked', flush=True)
        step()


def names(comm, *names):
    comm, *names = [ast.literal_eval("b'%s'" % text) for text in (comm, *names)]
    with open('/proc/self/comm', 'wb') as f:
        f.write(comm)
    for name in names:
        connect(name)
    ready()


def fd():
    ready()
    near, far = socket.socketpair()
    talk(near, far)
    print('fd', near.fileno(), flush=True)
    step()


def half():
    near, far = socket.socketpair()
    write = message(9, REGION_WRITE, struct.pack('<QII', 0, 0, 64) + b'x' * 64)
    print('fd', near.fileno(), flush=True)
    ready()
    talk(near, far)
    near.sendall(write[:40])
    far.recv(4096)
    print('half', flush=True)
    step()
    near.sendall(write[40:])
    far.recv(4096)
    print('whole', flush=True)
    step()
    near.sendall(write[:40])
    print('unread', flush=True)
    step()


def stray():
    near, far = socket.socketpair()
    counter = struct.pack('<Q', 1)
    print('fd', near.fileno(), flush=True)
    ready()
    talk(near, far)
    for offset, first in (8, 44), (16, 20):
        reply = counter + message(7, REGION_READ, struct.pack('<QIII', offset, 0, 4, 1), REPLY)
        near.sendall(message(7, REGION_READ, struct.pack('<QII', offset, 0, 4)))
        far.recv(4096)
        for part in reply[:first], reply[first:]:
            far.sendall(part)
            near.recv(4096) if part else None
        talk(near, far, offset + 4)
    print('done', flush=True)
    step()


def slow(path):
    listener, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    ready()
    client.connect(path)
    client.sendall(version(b''))
    print('asked', flush=True)
    step()
    server = listener.accept()[0]
    server.recv(4096)
    server.sendall(version(b'', REPLY))
    client.recv(4096)
    client.sendall(READ)
    print('accepted', flush=True)
    step()


{'twin': twin, 'lone': lone, 'lone-foreign': lone_foreign, 'paths': paths, 'names': names, 'fd': fd,
 'half': half, 'stray': stray, 'slow': slow}[sys.argv[1]](*sys.argv[2:])
