#!/usr/bin/env python3
"""relay.py LISTEN SERVER: copies bytes between clients and the server, and loses descriptors, as socat does."""
import socket
import sys
import threading


def copy(source, sink):
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        sink.close()


def main():
    listen, server_path = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(listen)
    listener.listen()
    print('listening on', listen, file=sys.stderr, flush=True)
    while True:
        client = listener.accept()[0]
        server = socket.socket(socket.AF_UNIX)
        server.connect(server_path)
        threading.Thread(target=copy, args=(client, server), daemon=True).start()
        threading.Thread(target=copy, args=(server, client), daemon=True).start()


if __name__ == '__main__':
    main()
