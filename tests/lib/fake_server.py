#!/usr/bin/env python3
"""A vfio-user server that behaves badly in one chosen way, for the shell's tests.

fake_server.py SOCKET MODE: serves one client after another. VERSION is answered well unless the mode is about it; what
the mode says happens to REGION_READ, and other commands get a well-formed reply: regions have 1M, but for config, of
which there is none. Registers read as 0x11223344. SIGUSR1 fires every interrupt that is armed, SIGUSR2 closes the
connection, SIGALRM asks for 4 bytes of memory at 0x1000.
"""
import array
import os
import signal
import socket
import struct
import sys

HEADER = struct.Struct('<HHIII')  # id, command, size, flags, error
VERSION, GET_INFO, REGION_INFO, IRQ_INFO, REGION_READ, REGION_WRITE, DMA_READ, DMA_WRITE, RESET = 1, 4, 5, 7, 9, 10, 11, 12, 13
REPLY, NO_REPLY, ERROR = 1, 0x10, 0x20
JSON = b'{"capabilities":{"max_msg_fds":8,"max_data_xfer_size":%d,"max_dma_maps":16}}\0'


def message(ident, command, payload=b'', flags=REPLY, error=0):
    return HEADER.pack(ident, command, 16 + len(payload), flags, error) + payload


armed = []


def receive(conn, size):
    data = b''
    while len(data) < size:
        part, fds, _, _ = socket.recv_fds(conn, size - len(data), 16)
        armed.extend(fds)  # no fds but SET_IRQS' are sent to this server
        if not part:
            raise EOFError
        data += part
    return data


def fire(*_):
    for fd in armed:
        os.eventfd_write(fd, 1)


def ask(conn):
    conn.sendall(message(3, DMA_READ, struct.pack('<QQ', 0x1000, 4), flags=0))
    _, _, size, flags, error = HEADER.unpack(receive(conn, 16))
    print('memory', flags, error, receive(conn, size - 16)[16:].hex(), flush=True)


class Server:
    def __init__(self, conn, mode):
        self.conn, self.mode, self.held = conn, mode, None

    def command(self):
        ident, command, size, flags, _ = HEADER.unpack(receive(self.conn, 16))
        if self.mode == 'refuse-large' and size > 1 << 16:  # by its header, as libvfio-user does
            self.send(ident, command, flags=REPLY | ERROR, error=22)
            raise EOFError
        return ident, command, flags, receive(self.conn, size - 16)

    def send(self, *args, **kwargs):
        self.conn.sendall(message(*args, **kwargs))

    def run(self):
        while True:
            ident, command, flags, payload = self.command()
            print(command, len(payload), flush=True)
            if command == VERSION:
                self.version(ident)
            elif command == REGION_READ:
                getattr(self, 'read_' + self.mode.replace('-', '_'), self.read)(ident, payload)
            elif flags & NO_REPLY:
                continue
            elif hasattr(self, f'on_{command}_{self.mode.replace("-", "_")}'):
                getattr(self, f'on_{command}_{self.mode.replace("-", "_")}')(ident, payload)
            elif command == GET_INFO:
                self.send(ident, command, struct.pack('<IIII', 16, 3, 9, 5))
            elif command == REGION_INFO and len(payload) >= 16:
                index, = struct.unpack_from('<I', payload, 8)
                self.send(ident, command, struct.pack('<IIIIQQ', 32, 3, index, 0, 0 if index == 7 else 1 << 20, 0))
            elif command == IRQ_INFO and len(payload) >= 16:
                index, = struct.unpack_from('<I', payload, 8)
                self.send(ident, command, struct.pack('<IIII', 16, 1, index, 16))
            else:
                self.send(ident, command, payload[:16] if command == REGION_WRITE else b'')

    def version(self, ident):
        limit = 1024 if self.mode in ('small-transfers', 'terminating') else 1 << 20
        if self.mode == 'mute':
            return
        if self.mode == 'refuse-version':
            self.send(ident, VERSION, flags=REPLY | ERROR, error=22)
        elif self.mode == 'hang-up':
            self.conn.close()
            raise EOFError
        elif self.mode == 'high-version':
            self.send(ident, VERSION, struct.pack('<HH', 7, 0) + JSON % limit)
        elif self.mode == 'bad-json':
            self.send(ident, VERSION, struct.pack('<HH', 0, 0) + b'{"cap\x1b[2J\xff\0')
        elif self.mode == 'hostile-words':
            # C0 as JSON's escape, C1 and what turns text around as they are, among letters that are to stay
            word = '\\u001b[2J\u202e\u2066\u200f\u061c\u009b\u007fgr\u00fcn'
            caps = f'{{"capabilities":{{"max_msg_fds":"{word}","{word}":"{word}","twin_socket":{{"supported":"{word}"}}}}}}'
            self.send(ident, VERSION, struct.pack('<HH', 0, 0) + caps.encode() + b'\0')
        else:
            self.send(ident, VERSION, struct.pack('<HH', 0, 0) + JSON % limit)

    def on_4_refused(self, ident, payload):
        """DEVICE_GET_INFO."""
        self.send(ident, GET_INFO, flags=REPLY | ERROR, error=22)

    def on_5_refused_regions(self, ident, payload):
        """Each region, and config space's is not asked for then."""
        self.send(ident, REGION_INFO, flags=REPLY | ERROR, error=22)

    def on_5_slow_region(self, ident, payload):
        """The first region's info comes behind the reply to the next read."""
        if self.held is None:
            self.held = ident, payload

    def read_slow_region(self, ident, payload):
        self.read(ident, payload)
        if self.held:
            ident, payload = self.held
            self.send(ident, REGION_INFO, struct.pack('<IIIIQQ', 32, 3, 0, 0, 1 << 20, 0))
            self.held = False

    def on_13_hostile_words(self, ident, payload):
        """DEVICE_RESET: refused, with what looks like the tap's reason."""
        self.send(ident, RESET, 'vfuscope: \x1b[2J\u202e\u009bgr\u00fcn'.encode(), flags=REPLY | ERROR, error=1)

    def data(self, payload):
        return payload, (b'\x44\x33\x22\x11' * (struct.unpack_from('<I', payload, 12)[0] // 4 + 1))[
            :struct.unpack_from('<I', payload, 12)[0]]

    def read(self, ident, payload):
        if len(payload) < 16:
            self.send(ident, REGION_READ, flags=REPLY | ERROR, error=22)
            return
        request, data = self.data(payload)
        self.send(ident, REGION_READ, request[:16] + data)

    read_small_transfers = read

    def read_silent(self, ident, payload):
        """The first read gets no answer at all, later ones do."""
        if self.held is None:
            self.held = ident
        else:
            self.read(ident, payload)

    def read_crashing(self, ident, payload):
        os.kill(os.getpid(), signal.SIGSEGV)

    def read_exiting(self, ident, payload):
        os._exit(3)

    def read_closing(self, ident, payload):
        """Closes, and lives on."""
        raise EOFError

    def read_late(self, ident, payload):
        """The first read is answered only after the second command came."""
        if self.held is None:
            self.held = ident
            return
        if self.held is not True:
            self.read(self.held, payload)
            self.held = True
        self.read(ident, payload)

    def read_wrong_id(self, ident, payload):
        self.read(ident ^ 0x4000, payload)

    def read_wrong_command(self, ident, payload):
        self.send(ident, RESET)

    def read_wrong_type(self, ident, payload):
        self.send(ident, REGION_READ, payload[:16], flags=7)
        self.read(ident, payload)

    def read_short(self, ident, payload):
        self.send(ident, REGION_READ, payload[:8])

    def read_counting(self, ident, payload):
        """Every third read finds one more than those before."""
        request, data = self.data(payload)
        self.held = 0 if self.held is None else self.held + 1
        self.send(ident, REGION_READ, request[:16] + (self.held // 3).to_bytes(8, 'little')[:len(data)])

    def read_terminating(self, ident, payload):
        """From the third on, reads are answered while the client stands still, with a SIGTERM there before the answer: it wakes up to both."""
        self.held = (self.held or 0) + 1
        if self.held == 3:
            pid, = struct.unpack_from('i', self.conn.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            os.kill(pid, signal.SIGSTOP)
            while open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[0] != 'T':
                pass
            os.kill(pid, signal.SIGTERM)
        self.read(ident, payload)
        if self.held == 3:
            os.kill(pid, signal.SIGCONT)

    def on_5_files(self, ident, payload):
        """bar0 has two areas, each in a file of its own, and the chain of its capabilities goes back."""
        index, = struct.unpack_from('<I', payload, 8)
        room, = struct.unpack_from('<I', payload, 0)
        areas = [struct.pack('<QQQII', 0, 0x1000, 0x1000, 0, 0), struct.pack('<QQQII', 0x2000, 0, 0x1000, 1 if self.mode == 'files' else 5, 0)]
        other = struct.pack('<HHI', 3, 1, 0)
        caps = other + struct.pack('<HHIII', 16, 1, 32, 2, 0) + b''.join(areas)
        whole = struct.pack('<IIIIQQ', 32 + len(caps), 15, index, 32 + len(other), 0x4000, 0) + caps
        if index:
            return self.send(ident, 5, struct.pack('<IIIIQQ', 32, 0, index, 0, 0, 0))
        if room < len(whole):
            return self.send(ident, 5, whole[:room])
        fds = []
        for number, place in ((0, 0x1000), (1, 0)):
            fds.append(os.memfd_create('area'))
            os.pwrite(fds[-1], struct.pack('<I', 0xfd00 + number), place + 4)
            os.truncate(fds[-1], place + 0x1000)
        socket.send_fds(self.conn, [message(ident, 5, whole)], fds)
        for fd in fds:
            os.close(fd)

    on_5_files_lost = on_5_files  # the second area's is none of those that come

    def on_5_no_memory(self, ident, payload):
        """DEVICE_GET_REGION_INFO: mappable, but there is nothing behind the fd."""
        index, = struct.unpack_from('<I', payload, 8)
        body = struct.pack('<IIIIQQ', 32, 7, index, 0, 0x10000, 0)
        socket.send_fds(self.conn, [message(ident, 5, body)], [os.memfd_create('empty')])

    def on_16_lying_migration(self, ident, payload):
        """DEVICE_FEATURE: stop_copy, RUNNING, and bitmaps of one byte."""
        flags, = struct.unpack_from('<I', payload, 4)
        data = {1: struct.pack('<Q', 1), 2: payload[8:16] if flags & 1 << 17 else struct.pack('<II', 2, 0),
                8: payload[8:32] + b'\xff'}.get(flags & 0xffff, payload[8:])
        self.send(ident, 16, struct.pack('<II', 8 + len(data), flags) + data)

    def on_999_crash(self, ident, payload):
        os.abort()

    def on_17_lying_migration(self, ident, payload):
        """MIG_DATA_READ: more than was asked for."""
        size, = struct.unpack_from('<I', payload, 4)
        self.send(ident, 17, struct.pack('<II', size + 16, size + 8) + bytes(size + 8))

    def read_less(self, ident, payload):
        """Fewer bytes than were asked for."""
        request, data = self.data(payload)
        self.send(ident, REGION_READ, request[:12] + struct.pack('<I', 1) + data[:1])

    def read_size_3(self, ident, payload):
        self.conn.sendall(HEADER.pack(ident, REGION_READ, 3, REPLY, 0))

    def read_size_3g(self, ident, payload):
        self.conn.sendall(HEADER.pack(ident, REGION_READ, 3 << 30, REPLY, 0))

    def read_half(self, ident, payload):
        request, data = self.data(payload)
        self.conn.sendall(message(ident, REGION_READ, request[:16] + data)[:20])
        self.conn.close()
        raise EOFError

    def read_die(self, ident, payload):
        self.conn.close()
        raise EOFError

    def read_fds(self, ident, payload):
        """fds where none belong."""
        request, data = self.data(payload)
        fds = array.array('i', [0, 1, 2])
        self.conn.sendmsg([message(ident, REGION_READ, request[:16] + data)],
                          [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])

    def read_asks(self, ident, payload):
        """Commands of the server's own before the reply: an unknown one, DMA inside a mapping, and outside."""
        self.send(77, 99, flags=0)
        self.expect_reply(77, error=95)
        self.send(5, DMA_WRITE, struct.pack('<QI', 0x1000, 4) + b'\xba\xad\xf0\x0d', flags=0)
        if self.expect_reply(5) != b'':  # older QEMU's form: the header alone
            print('DMA_WRITE in the old form: wrong reply', flush=True)
        self.send(5, DMA_WRITE, struct.pack('<QQ', 0x1001, 3) + b'\xad\xbe\xef', flags=0)
        if self.expect_reply(5) != struct.pack('<QQ', 0x1001, 3):
            print('DMA_WRITE: wrong reply', flush=True)
        self.send(5, DMA_READ, struct.pack('<QQ', 0x1002, 2), flags=0)
        if self.expect_reply(5)[16:] != b'\xbe\xef':
            print('DMA_READ: wrong data', flush=True)
        self.send(6, DMA_READ, struct.pack('<QQ', 0x1ffe, 4), flags=0)
        self.expect_reply(6, error=14)
        self.send(7, DMA_WRITE, struct.pack('<QQ', 0x5000, 1) + b'x', flags=0)
        self.expect_reply(7, error=1)
        self.send(8, DMA_READ, struct.pack('<QQ', 0xffffffffffffffff, 0xffffffff), flags=0)
        self.expect_reply(8, error=7)
        self.send(9, DMA_WRITE, b'\0' * 8, flags=0)
        self.expect_reply(9, error=22)
        self.read(ident, payload)

    def expect_reply(self, ident, error=0):
        """The client's reply to that command; says what is wrong with it."""
        got, _, size, flags, got_error = HEADER.unpack(receive(self.conn, 16))
        payload = receive(self.conn, size - 16)
        if got != ident or not flags & REPLY or (got_error if flags & ERROR else 0) != error:
            print(f'bad reply to {ident}: id {got}, flags {flags:#x}, error {got_error}', flush=True)
        return payload


def main():
    path, mode = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(4)
    print('listening on', path, file=sys.stderr, flush=True)
    while True:
        conn, _ = listener.accept()
        signal.signal(signal.SIGUSR1, fire)
        signal.signal(signal.SIGUSR2, lambda *_: conn.shutdown(socket.SHUT_RDWR))
        signal.signal(signal.SIGALRM, lambda *_: ask(conn))
        try:
            Server(conn, mode).run()
        except (EOFError, OSError):
            conn.close()


if __name__ == '__main__':
    main()
