"""A vfio-user client of the tests' own. It knows the layouts by itself (struct), and nothing of the program under test.

    c = Client(path)            connect and negotiate
    c.read(BAR0, 4)             a register; c.write(BAR0, 4, value)
    c.command(REGION_READ, ...) any command; raises Refused with the errno of an error reply
    c.send(...), c.receive()    raw messages with fds, for everything else
"""
import json
import mmap
import os
import select
import socket
import struct

(VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION_INFO, GET_REGION_IO_FDS, GET_IRQ_INFO, SET_IRQS, REGION_READ,
 REGION_WRITE, DMA_READ, DMA_WRITE, RESET, DIRTY_PAGES, WRITE_MULTI, FEATURE, MIG_READ, MIG_WRITE) = range(1, 19)
BAR0, BAR2, BAR4, CONFIG = 0, 2, 4, 7
INTX, MSI, MSIX, ERR, REQ = range(5)
NONE, BOOL, EVENTFD, MASK, UNMASK, TRIGGER = 1, 2, 4, 8, 16, 32     # SET_IRQS flags
REPLY, NO_REPLY, ERROR = 1, 0x10, 0x20                              # header flags
HEADER = struct.Struct('=HHIII')                                    # id, command, size, flags, error
CAPABILITIES = {'max_msg_fds': 8, 'max_data_xfer_size': 1048576, 'pgsizes': 4096, 'max_dma_maps': 65535,
                'write_multiple': True}
PATIENCE = float(os.environ.get("LIMIT", 300))


class Refused(Exception):
    """An error reply."""

    def __init__(self, errno):
        super().__init__(f'{errno} {os.strerror(errno)}')
        self.errno = errno


class Gone(Exception):
    """The server closed the connection."""


class Message:
    def __init__(self, raw, fds):
        self.id, self.command, self.size, self.flags, self.error = HEADER.unpack(raw[:16])
        self.body, self.fds = raw[16:], fds

    @property
    def is_reply(self):
        return self.flags & 0xf == REPLY


def message(command, body=b'', id=1, flags=0, error=0, size=None):
    return HEADER.pack(id, command, 16 + len(body) if size is None else size, flags, error) + body


def receive(sock):
    """One message with exactly its own fds."""
    raw, fds = b'', []

    def upto(size):
        nonlocal raw
        while len(raw) < size:
            try:
                part, ancillary, flags, _ = sock.recvmsg(size - len(raw), socket.CMSG_SPACE(4 * 64))
            except ConnectionResetError:
                part, ancillary = b'', []
            for _, _, data in ancillary:
                fds.extend(struct.unpack(f'={len(data) // 4}i', data))
            if not part:
                raise Gone('in a message' if raw else 'between messages')
            raw += part

    upto(16)
    upto(struct.unpack_from('=I', raw, 4)[0])
    return Message(raw, fds)


def send(sock, raw, fds=()):
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f'={len(fds)}i', *fds))] if fds else []
    sent = sock.sendmsg([raw], ancillary)
    if sent < len(raw):
        sock.sendall(raw[sent:])


class Client:
    def __init__(self, path, negotiate=True, **capabilities):
        """path: or a connected socket"""
        self.sock = path if isinstance(path, socket.socket) else socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        if self.sock is not path:
            self.sock.connect(path)
        self.last_id = 0
        self.twin = None
        self.memory = {}        # DMA address: bytearray, for what is not passed as an fd
        self.dma_log = []       # (command, address, count) of each DMA message
        self.dma_errno = 0      # answer DMA with this error
        if negotiate:
            self.negotiate(**capabilities)

    def negotiate(self, minor=2, **capabilities):
        caps = {k: v for k, v in {**CAPABILITIES, **capabilities}.items() if v is not None}
        text = json.dumps({'capabilities': caps}).encode() + b'\0'
        self.send(VERSION, struct.pack('=HH', 0, minor) + text)
        reply = self.receive()
        assert reply.command == VERSION and not reply.error, vars(reply)
        assert reply.body[-1] == 0
        self.minor = struct.unpack_from('=HH', reply.body)[1]
        self.caps = json.loads(reply.body[4:-1])['capabilities']
        if 'twin_socket' in self.caps:
            self.twin = socket.socket(fileno=reply.fds[self.caps['twin_socket']['fd_index']])
            self.twin.settimeout(PATIENCE)
        else:
            assert not reply.fds

    def close(self):
        self.sock.close()
        if self.twin:
            self.twin.close()

    def send(self, command, body=b'', fds=(), flags=0, **header):
        self.last_id = header.pop('id', (self.last_id + 1) & 0xffff)
        send(self.sock, message(command, body, id=self.last_id, flags=flags, **header), fds)
        return self.last_id

    def receive(self):
        return receive(self.sock)

    def command(self, command, body=b'', fds=(), flags=0, **header):
        """Send and wait for the reply, while answering the device's DMA; the reply's body."""
        return self.exchange(command, body, fds, flags, **header).body

    def exchange(self, command, body=b'', fds=(), flags=0, **header):
        number = self.send(command, body, fds, flags, **header)
        while True:
            reply = self.receive()
            if not reply.is_reply:
                self.answer(self.sock, reply)
                continue
            assert (reply.id, reply.command) == (number, command), (vars(reply), number, command)
            if reply.flags & ERROR:
                assert reply.size == 16 and not reply.fds, 'an error reply is its header alone'
                raise Refused(reply.error)
            return reply

    # --- regions

    def read_range(self, region, offset, count):
        body = self.command(REGION_READ, struct.pack('=QII', offset, region, count))
        assert struct.unpack_from('=QII', body) == (offset, region, count)
        assert len(body) == 16 + count
        return body[16:]

    def write_range(self, region, offset, data, **more):
        body = self.command(REGION_WRITE, struct.pack('=QII', offset, region, len(data)) + data, **more)
        assert body == struct.pack('=QII', offset, region, len(data))

    def read(self, region, offset, width=4):
        return int.from_bytes(self.read_range(region, offset, width), 'little')

    def write(self, region, offset, value, width=4):
        self.write_range(region, offset, value.to_bytes(width, 'little'))

    def region_info(self, index, argsz=4096):
        """flags, index, size, offset, argsz, areas, fds"""
        reply = self.exchange(GET_REGION_INFO, struct.pack('=IIIIQQ', argsz, 0, index, 0, 0, 0))
        need, flags, got, cap, size, offset = struct.unpack_from('=IIIIQQ', reply.body)
        areas = []
        if flags & 8:
            number, version, following, count = struct.unpack_from('=HHII', reply.body, cap)
            assert (number, version, following) == (1, 1, 0)
            areas = [struct.unpack_from('=QQ', reply.body, cap + 16 + 16 * i) for i in range(count)]
            assert len(reply.body) == cap + 16 + 16 * count == need
        return dict(argsz=need, flags=flags, index=got, size=size, offset=offset, areas=areas, fds=reply.fds,
                    length=len(reply.body))

    # --- interrupts

    def set_irqs(self, flags, index, start=0, count=1, data=b'', fds=(), argsz=None):
        self.command(SET_IRQS, struct.pack('=IIIII', 20 + len(data) if argsz is None else argsz, flags, index, start,
                                           count) + data, fds)

    def arm(self, index, start=0, count=1):
        events = [Event() for _ in range(count)]
        self.set_irqs(EVENTFD | TRIGGER, index, start, count, fds=[e.fd for e in events])
        return events[0] if count == 1 else events

    # --- memory and DMA

    def map(self, address, size, fd=None, flags=3, offset=0):
        self.command(DMA_MAP, struct.pack('=IIQQQ', 32, flags, offset, address, size), [] if fd is None else [fd])
        if fd is None:
            self.memory[address] = bytearray(size)

    def unmap(self, address, size, flags=0):
        body = self.command(DMA_UNMAP, struct.pack('=IIQQ', 24, flags, address, size))
        assert body == struct.pack('=IIQQ', 24, flags, address, size)
        self.memory.pop(address, None)

    def answer(self, sock, request, errno=None):
        """Answer the device's DMA_READ or DMA_WRITE from self.memory."""
        assert not request.is_reply and request.command in (DMA_READ, DMA_WRITE), vars(request)
        address, count = struct.unpack_from('=QQ', request.body)
        self.dma_log.append((request.command, address, count))
        errno = self.dma_errno if errno is None else errno
        if errno:
            send(sock, message(request.command, id=request.id, flags=REPLY | ERROR, error=errno))
            return
        base = max(b for b in self.memory if b <= address)
        at = address - base
        head = request.body[:16]
        if request.command == DMA_READ:
            assert len(request.body) == 16
            data = bytes(self.memory[base][at:at + count])
        else:
            data = b''
            assert len(request.body) == 16 + count
            self.memory[base][at:at + count] = request.body[16:]
        send(sock, message(request.command, head + data, id=request.id, flags=REPLY))

    def answer_dma(self):
        """Wait for the device's next DMA message and answer it."""
        sock = self.twin or self.sock
        self.answer(sock, receive(sock))

    def start_dma(self, source, destination, count, command):
        """edu's DMA registers; command 1: into its buffer, 3: out of it, +4: interrupt."""
        for offset, value in ((0x80, source), (0x88, destination), (0x90, count), (0x98, command)):
            self.write(BAR0, offset, value, 8)

    def dma_done(self):
        """Poll until the transfer ended, answering what comes."""
        while self.read(BAR0, 0x98, 8) & 1:
            if self.twin and select.select([self.twin], [], [], 0.01)[0]:
                self.answer_dma()


class Event:
    """An eventfd."""

    def __init__(self):
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def count(self):
        """What fired so far, and begin anew."""
        try:
            return struct.unpack('=Q', os.read(self.fd, 8))[0]
        except BlockingIOError:
            return 0

    def wait(self):
        assert select.select([self.fd], [], [], PATIENCE)[0], 'no interrupt'
        return self.count()


def memfd(size, fill=b''):
    fd = os.memfd_create('client', os.MFD_CLOEXEC)
    os.truncate(fd, size)
    os.pwrite(fd, fill, 0)
    return fd


def mapped(fd, size, offset=0):
    return mmap.mmap(fd, size, offset=offset)
