"""case_client.py SOCKET [FAULT...]: a client for `check --client`, one connection after another until nobody listens any more.
It uses a device as a VMM does, looks at everything that comes, and notices whatever a case does to it: then it goes on where
the server is right, and gives up in good order where it is not. A FAULT is a case's name: there it gives up, or sends what is
no message, or breaks the rule, or answers as it should not. +once: one connection; +twin: it offers a twin socket; +trace."""
import array
import json
import mmap
import os
import select
import signal
import socket
import struct
import sys
import time

VERSION, MAP, UNMAP, INFO, REGION_INFO, IO_FDS, IRQ_INFO, SET_IRQS, READ, WRITE, DMA_READ, DMA_WRITE, RESET = range(1, 14)
MULTI, FEATURE, MIG_READ, MIG_WRITE = 15, 16, 17, 18
NO_REPLY, ERROR = 0x10, 0x20
NAMES = {VERSION: "version", INFO: "info", REGION_INFO: "region-info", IRQ_INFO: "irq-info", READ: "region-read",
         WRITE: "region-write", MAP: "dma-map", UNMAP: "dma-unmap", SET_IRQS: "set-irqs", RESET: "reset", FEATURE: "feature",
         MULTI: "write-multi", IO_FDS: "io-fds"}
EIO = 5
faults = set(sys.argv[2:])


class GiveUp(Exception):
    """In good order."""


class Client:
    def __init__(self, path):
        self.main = socket.socket(socket.AF_UNIX)
        self.main.connect(path)
        self.twin = None
        self.next_id = 0
        self.maps = {}
        self.gone = []
        self.wait_for = None

    def right(self, name):
        """The case `name` was met, and the server is right."""
        if name in faults:
            raise GiveUp(name)

    def wrong(self, name, gives_up=True):
        if name in faults:
            self.main.sendall(b"\xff" * 16)
            raise GiveUp(name)
        if gives_up:
            raise GiveUp(name)

    # --- bytes ---

    def some(self, sock, size, fds=None):
        data, control, flags, _ = sock.recvmsg(size, socket.CMSG_SPACE(4 * 16))
        for level, kind, content in control:
            got = array.array("i")
            got.frombytes(content[:len(content) - len(content) % 4])
            if fds is None:
                for fd in got:
                    os.close(fd)
            else:
                fds.extend(got)
        return data

    def rest(self, sock, data, size):
        while len(data) < size:
            more = self.some(sock, size - len(data))
            if not more:
                return data
            data += more
        return data

    def message(self, sock):
        """The next one: its header, its payload, its descriptors."""
        fds, swallows = [], False
        if self.wait_for in (READ, WRITE) and sock is self.main:
            ahead = sock.recv(4096, socket.MSG_PEEK)
            if len(ahead) >= 16:
                size = struct.unpack_from("<I", ahead, 4)[0]
                if len(ahead) > size >= 16 and len(ahead) >= size + 16 and \
                        struct.unpack_from("<HHII", ahead, size)[1::2] == (DMA_READ, 0):
                    swallows = "glued" in faults
        data = self.some(sock, 16, fds)
        if not data:
            self.ended(b"")
        if len(data) < 16:
            self.right("pieces-byte")
            data = self.rest(sock, data, 16)
        number, command, size, flags, error = struct.unpack("<HHIII", data)
        if size == 3:
            self.wrong("size-3")
        if size == 0xffffffff:
            self.wrong("size-4g")
        if not 16 <= size <= 1 << 24:
            raise GiveUp("size")
        body = b""
        if size > 16:
            try:
                sock.setblocking(False)
                body = self.some(sock, size - 16, fds)
            except BlockingIOError:
                sock.setblocking(True)
                self.right("pieces-header")
            finally:
                sock.setblocking(True)
            if command == VERSION and len(body) == 8:
                self.right("pieces-version")
            body = self.rest(sock, body, size - 16)
            if len(body) < size - 16:
                self.ended(body)
        if swallows:
            self.rest(sock, b"", struct.unpack_from("<I", ahead, size + 4)[0])
        return number, command, flags, error, body, fds

    def ended(self, body):
        """The server is gone, in the reply that is waited for (body) or before it."""
        reads = READ in self.answered
        where = {VERSION: "before-version", INFO: "after-version", REGION_INFO: "after-region-info", MAP: "in-map",
                 READ: "after-read" if reads else "before-read"}
        within = {VERSION: "in-version", INFO: "in-info", REGION_INFO: "in-region-info", READ: "in-read"}
        name = "dies-" + (within if body else where).get(self.wait_for, "otherwise")
        if name in faults:
            os.kill(os.getpid(), signal.SIGSEGV)
        raise GiveUp(name)

    # --- the server's own commands ---

    def memory(self, address, size):
        """The mappings that have all of it, and where; [] if some of it is not mapped."""
        found = []
        while size:
            for start, (length, flags, area) in self.maps.items():
                if start <= address < start + length:
                    part = min(size, start + length - address)
                    found.append((area, address - start, part, flags))
                    address, size = address + part, size - part
                    break
            else:
                return []
        return found

    def serve(self, sock, number, command, body):
        address, count = struct.unpack_from("<QQ", body)
        parts = self.memory(address, count)
        need = 1 if command == DMA_READ else 2
        good = bool(parts) and all(flags & need for _, _, _, flags in parts)
        was = any(start <= address < start + size for start, size in self.gone)
        if good and command == DMA_READ:
            name = "dma-large" if count > 4096 else "dma-across" if len(parts) > 1 else "dma-read" if count == 16 else ""
        elif good:
            name = "dma-write"
        else:
            name = "dma-forbidden" if parts else "dma-gone" if was else "dma-outside"
        if name == "dma-write" and count != 16:
            name = ""
        if name in faults and not (name == "dma-read" and self.writes_follow):
            good = not good
            parts = parts if name == "dma-forbidden" else []
        flags, error, data = 1, 0, struct.pack("<QQ", address, count)
        if not good:
            flags, error, data = 1 | ERROR, EIO, b""
        elif command == DMA_READ:
            data += b"".join(bytes(area[at:at + size]) for area, at, size, _ in parts) if parts else bytes(count)
        elif command == DMA_WRITE and name not in faults:
            at = 16
            for area, offset, size, _ in parts:
                area[offset:offset + size] = body[at:at + size]
                at += size
        sock.sendall(struct.pack("<HHIII", number, command, 16 + len(data), flags, error) + data)

    def serve_twin(self):
        number, command, flags, error, body, _ = self.message(self.twin)
        self.serve(self.twin, number, command, body)

    # --- commands ---

    def built(self, command, payload, flags=0):
        self.next_id = (self.next_id + 1) & 0xffff
        return struct.pack("<HHIII", self.next_id, command, 16 + len(payload), flags, 0) + payload

    def send(self, command, payload=b"", fds=(), flags=0):
        message = self.built(command, payload, flags)
        try:
            socket.send_fds(self.main, [message], list(fds))
        except (BrokenPipeError, ConnectionResetError):
            self.wait_for = command
            self.ended(b"")
        return self.next_id

    def reply(self, number, command, may_fail=False):
        """Its payload and descriptors; None: an error reply, that is taken."""
        self.wait_for = command
        deferred = []
        while True:
            if self.twin:
                readable, _, _ = select.select([self.main, self.twin], [], [])
                if self.twin in readable:
                    self.serve_twin()
                    continue
            try:
                got, about, flags, error, body, fds = self.message(self.main)
            except ConnectionResetError:
                self.ended(b"")
            kind = flags & 0xf
            if kind == 0:
                if "dma-waiting" in faults and len(body) >= 16 and struct.unpack_from("<Q", body, 8)[0] == 4 and not self.glue:
                    deferred.append((got, about, body))
                else:
                    self.serve(self.main, got, about, body)
                continue
            if kind != 1:
                self.wrong("type")
            if got == number ^ 0x5555:
                self.wrong("stray")
            if got in self.posted:
                self.wrong("posted")
            if got == self.done_id:
                self.wrong("twice")
            if got in self.expected and got != number:
                self.right("order")
                self.kept[got] = (body, fds, flags, error)
                continue
            if got != number:
                raise GiveUp("id")
            if about != command:
                self.wrong("other-command")
            break
        for each in deferred:
            self.serve(self.main, *each)
        self.done_id = got
        return self.take(command, flags, error, body, fds, may_fail)

    def take(self, command, flags, error, body, fds, may_fail):
        if error and not flags & ERROR:
            self.wrong("error-flagless")
        if flags & ERROR:
            if body:
                self.wrong("error-body")
            if error in (0, 0xffffffff):
                self.wrong("error-0" if error == 0 else "error-max")
            if not may_fail:
                self.wrong({MIG_READ: "migration-read-refused", MIG_WRITE: "migration-write-refused"}.get(
                    command, "migration-state-refused" if self.setting else "error-" + NAMES.get(command, "")))
            return None, fds
        self.answered.add(command)
        return body, fds

    def call(self, command, payload=b"", fds=(), may_fail=False, flags=0):
        return self.reply(self.send(command, payload, fds, flags), command, may_fail)

    # --- what a VMM does ---

    def version(self):
        offered = {"max_msg_fds": 8, "max_data_xfer_size": 1 << 20, "pgsizes": 4096, "max_dma_maps": 65535,
                   "write_multiple": True}
        if "twin" in modes:
            offered["twin_socket"] = {"supported": True}
        text = json.dumps({"capabilities": offered}).encode() + b"\0"
        body, fds = self.call(VERSION, struct.pack("<HH", 0, 2) + text)
        major, minor = struct.unpack_from("<HH", body)
        if major:
            self.wrong("version-major")
        if minor > 2:
            self.wrong("version-minor-raised")
        if minor == 0:
            self.right("version-minor-lower")
        text = body[4:].rstrip(b"\0")
        if not text:
            self.right("version-no-json")
            text = b"{}"
        try:
            caps = json.loads(text).get("capabilities", {})
        except ValueError:
            self.wrong("version-bad-json")
        if not caps and len(body) > 4:
            self.right("version-none")
        if any(name.startswith("x-") for name in caps):
            self.right("version-unknown")
        if any(not isinstance(caps.get(name, 1), int) for name in ("max_msg_fds", "max_data_xfer_size", "pgsizes")):
            self.wrong("version-wrong-types")
        twin = caps.get("twin_socket", {}).get("supported")
        if twin and not fds:
            self.wrong("version-twin-lost")
        if twin:
            self.twin = socket.socket(fileno=fds[0])
        elif "twin" in modes and caps.get("max_dma_maps") == 65535 and "pgsizes" not in caps:
            self.right("version-no-twin")
        self.max_fds = caps.get("max_msg_fds", 1)
        self.max_xfer = caps.get("max_data_xfer_size", 1 << 20)
        self.page = caps.get("pgsizes", 4096)
        self.max_maps = caps.get("max_dma_maps", 65535)
        self.multi = caps.get("write_multiple", False)
        self.no_multi = set(caps) == {"max_msg_fds"} and caps["max_msg_fds"] == 8

    def info(self):
        body, _ = self.call(INFO, struct.pack("<IIII", 16, 0, 0, 0))
        argsz, _, self.regions, self.irqs = struct.unpack_from("<IIII", body)
        if argsz > 16 and "info-again" not in faults:
            self.call(INFO, struct.pack("<IIII", argsz, 0, 0, 0))

    def region(self, index):
        body, fds = self.call(REGION_INFO, struct.pack("<IIIIQQ", 32, 0, index, 0, 0, 0))
        argsz = struct.unpack_from("<I", body)[0]
        if argsz > 32:
            if argsz == 32 + 16 + 16 + 48 and "region-again" in faults:
                argsz = 0
            else:
                body, fds = self.call(REGION_INFO, struct.pack("<IIIIQQ", argsz, 0, index, 0, 0, 0))
        _, flags, _, cap, size, _ = struct.unpack_from("<IIIIQQ", body)
        self.sizes[index] = size
        for fd in fds:
            os.close(fd)
        if index != 2:
            return
        if size == 1 << 40:
            self.wrong("region-huge", gives_up=False)
        if not size:
            self.right("region-empty")
        elif flags == 1:
            self.read_only = True
        if flags & 4 and argsz and not fds:
            self.wrong("region-no-fd")
        if len(fds) > 1:
            self.wrong("region-two-fds")
        if flags & 8 and argsz:
            self.chain(body, cap, size)

    def chain(self, body, at, size):
        seen, first = [], None
        while at:
            if at in [where for where, _ in seen]:
                self.wrong("region-chain-loop")
            if at + 8 > len(body):
                self.wrong("region-chain-outside")
            kind, version, following = struct.unpack_from("<HHI", body, at)
            seen.append((at, kind))
            if kind == 1:
                first = at
                if version != 1:
                    self.wrong("region-cap-version", gives_up=False)
            at = following
        kinds = [kind for _, kind in seen]
        if 0x7777 in kinds:
            self.right("region-unknown-cap")
        if kinds == [2, 3, 1]:
            self.right("region-cap-order")
        if first is None:
            return
        count = struct.unpack_from("<I", body, first + 8)[0]
        if first + 16 + 16 * count > len(body):
            self.wrong("region-areas-many")
        areas = [struct.unpack_from("<QQ", body, first + 16 + 16 * i) for i in range(count)]
        if not areas:
            self.right("region-areas-none")
        if any(offset + length > size for offset, length in areas):
            self.wrong("region-areas-outside")
        if areas != sorted(areas):
            self.right("region-areas-odd")

    def irq(self, index):
        body, _ = self.call(IRQ_INFO, struct.pack("<IIII", 16, 0, index, 0), may_fail=index > 2)
        if not body:
            return
        _, flags, _, count = struct.unpack_from("<IIII", body)
        self.vectors[index] = count
        if index == 0 and not count:
            self.right("irq-none")
        if count == 2048:
            self.right("irq-many")
        if index == 1 and not flags:
            self.wrong("irq-no-eventfd", gives_up=False)

    def map(self, address, size, flags):
        if len(self.maps) >= self.max_maps and "version-maps" not in faults:
            return
        if self.page > 4096 and "version-pgsizes" not in faults:
            size = (size + self.page - 1) // self.page * self.page
        fd = os.memfd_create("memory")
        os.ftruncate(fd, size)
        area = mmap.mmap(fd, size)
        self.call(MAP, struct.pack("<IIQQQ", 32, flags, 0, address, size), [fd])
        os.close(fd)
        self.maps[address] = (size, flags, area)

    def unmap(self, address):
        size = self.maps.pop(address)[0]
        self.call(UNMAP, struct.pack("<IIQQ", 24, 0, address, size))
        self.gone.append((address, size))

    def checked(self, body, fds, count):
        if len(body) == 0:
            self.wrong("reply-bare")
        said = struct.unpack_from("<QII", body)[2] if len(body) >= 16 else 0
        if said == 0xffffffff:
            self.wrong("count-large")
        if len(body) < 16 + count:
            self.wrong("reply-short")
        if len(body) > 16 + count:
            self.wrong("reply-long")
        if fds:
            self.wrong("fds-nowhere")
        return body[16:]

    def read(self, region, offset, count, flags=0):
        data = b""
        most = self.max_xfer if "version-xfer" not in faults else 1 << 20
        while len(data) < count:
            part = min(count - len(data), most)
            began = time.monotonic()
            body, fds = self.call(READ, struct.pack("<QII", offset + len(data), region, part), flags=flags)
            waited = time.monotonic() - began
            if waited > 2.5 * timeout:
                self.wrong("late-very")
            elif self.reads == 0 and waited > 0.09 * timeout and "late" in faults:
                raise GiveUp("late")
            self.reads += 1
            data += self.checked(body, fds, part)
        return data

    def write(self, region, offset, data):
        self.call(WRITE, struct.pack("<QII", offset, region, len(data)) + data)

    def pipelined(self):
        self.main.sendall(b"".join(self.built(READ, struct.pack("<QII", 4 * i, 0, 4)) for i in range(2)))
        numbers = [self.next_id - 1, self.next_id]
        self.expected = set(numbers)
        body, fds = self.reply(numbers[0], READ)
        self.checked(body, fds, 4)
        if numbers[1] in self.kept:
            body, fds, flags, error = self.kept.pop(numbers[1])
        else:
            body, fds = self.reply(numbers[1], READ)
        self.expected = set()
        self.checked(body, fds, 4)

    def eventfds(self):
        count = min(self.vectors.get(2, 0), 2)
        fds = [os.eventfd(0) for _ in range(count)]
        together = count if self.max_fds >= count or "version-fds" in faults else 1
        for first in range(0, count, together):
            self.call(SET_IRQS, struct.pack("<IIIII", 20, 0x24, 2, first, together), fds[first:first + together])
        for fd in fds:
            os.close(fd)

    def set_state(self, state):
        self.setting = True
        body, _ = self.call(FEATURE, struct.pack("<IIII", 16, 1 << 17 | 2, state, 0))
        self.setting = False
        if struct.unpack_from("<I", body, 8)[0] == 0:
            self.wrong("migration-state-error")

    def migrate(self):
        self.call(FEATURE, struct.pack("<II", 16, 1 << 16 | 1))
        body, _ = self.call(FEATURE, struct.pack("<IIQII", 24, 1 << 17 | 6, 4096, 0, 0))
        if struct.unpack_from("<Q", body, 8)[0] != 4096:
            self.wrong("logging-page-size")
        self.call(FEATURE, struct.pack("<II", 8, 1 << 17 | 7))
        self.set_state(1)
        self.set_state(3)
        state = b""
        most = min(8192, self.max_xfer)
        while True:
            body, _ = self.call(MIG_READ, struct.pack("<II", 8 + most, most))
            state += body[8:]
            if len(body) < 8 + most:
                break
        self.set_state(1)
        self.set_state(4)
        for at in range(0, len(state), most):
            part = state[at:at + most]
            self.call(MIG_WRITE, struct.pack("<II", 8 + len(part), len(part)) + part)
        self.set_state(1)
        self.set_state(2)

    def run(self):
        self.posted, self.expected, self.kept = set(), set(), {}
        self.answered, self.done_id, self.setting = set(), None, False
        self.sizes, self.vectors, self.reads, self.read_only = {}, {}, 0, False
        self.glue = self.writes_follow = False
        self.version()
        self.info()
        for index in range(self.regions):
            self.region(index)
        for index in range(self.irqs):
            self.irq(index)
        self.map(0x10000, 0x10000, 3)
        self.map(0x20000, 0x8000 if self.page == 4096 else 0x10000, 1)
        for i in range(4):
            self.map(0x100000 + i * 0x100000, 0x1000, 3)
        self.write(7, 4, struct.pack("<H", 6))
        self.read(7, 0, 64)
        for offset in range(0, 64, 4):
            self.read(0, offset & 4, 4, 0x100 if "plain" in faults and offset == 60 else 0)
        if self.read_only and "region-read-only" in faults:
            self.write(2, 0, b"1234")
        if self.sizes.get(2) and not self.read_only:
            self.read(2, 0, 0x4000)
            self.write(2, 0x100, b"12345678")
        self.pipelined()
        self.eventfds()
        if self.multi or (self.no_multi and "version-multi" in faults):
            self.call(MULTI, struct.pack("<QQII8s", 1, 4, 0, 4, b"1234"))
        self.posted.add(self.send(WRITE, struct.pack("<QII4s", 4, 0, 4, b"1234"), flags=NO_REPLY))
        self.read(0, 4, 4)
        self.call(IO_FDS, struct.pack("<IIII", 16, 0, 0, 0))
        self.migrate()
        self.unmap(0x10000)
        self.read(0, 0, 4)
        self.call(RESET)
        self.read(0, 0, 4)


def cases():
    """A client for each connection, until nobody listens."""
    while True:
        try:
            client = Client(sys.argv[1])
        except OSError:
            return
        try:
            client.run()
        except GiveUp as why:
            if "trace" in modes:
                print("gave up:", why, file=sys.stderr, flush=True)
        except (BrokenPipeError, ConnectionResetError):
            pass
        client.main.close()
        if client.twin:
            client.twin.close()
        if "once" in modes:
            return


modes = {name[1:] for name in faults if name.startswith("+")}
timeout = float(os.environ.get("CASE_TIMEOUT", "10"))
cases()
