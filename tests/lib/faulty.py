#!/usr/bin/env python3
"""Servers with one fault each, for the tests of `vfuscope check`.

faulty.py FOLDER SERVER [FAULT...]: in front of SERVER (a good one: vfuscope serve), a socket FOLDER/FAULT for each
fault; a fault has the name of the requirement that it breaks, and breaks nothing else. --list prints their names.
Each client gets a connection to SERVER of its own; what is said passes one command after another through the fault.
"""
import os
import select
import socket
import struct
import sys
import threading

HEADER = struct.Struct('<HHIII')  # id, command, size, flags, error
REPLY, NO_REPLY, ERROR = 1, 0x10, 0x20
EINVAL, EEXIST = 22, 17
VERSION, MAP, UNMAP, INFO, REGION, IO_FDS, IRQ, SET_IRQS, READ, WRITE = range(1, 11)
DMA_READ, RESET, MULTI, FEATURE, DATA_READ, DATA_WRITE = 11, 13, 15, 16, 17, 18
GET, SET, PROBE = 1 << 16, 1 << 17, 1 << 18


class Message:
    def __init__(self, header, payload=b'', fds=()):
        self.id, self.command, self.size, self.flags, self.error = HEADER.unpack(header)
        self.payload, self.fds = payload, list(fds)

    def number(self, offset, width=4):
        """A number of the payload; -1 if it is not there."""
        part = self.payload[offset:offset + width]
        return int.from_bytes(part, 'little') if len(part) == width else -1

    def put(self, offset, number, width=4):
        self.payload = self.payload[:offset] + number.to_bytes(width, 'little') + self.payload[offset + width:]
        return self

    def bytes(self):
        return HEADER.pack(self.id, self.command, 16 + len(self.payload), self.flags, self.error) + self.payload

    def reply(self, payload=b'', error=0):
        made = Message(HEADER.pack(self.id, self.command, 0, REPLY | (ERROR if error else 0), error))
        made.payload = payload
        return made

    def is_error(self):
        return bool(self.flags & ERROR)


class Closed(Exception):
    pass


class Half(Closed):
    """In the middle of a message."""


def receive(conn, size, whole=True):
    data, fds = b'', []
    while len(data) < size:
        part, more, _, _ = socket.recv_fds(conn, size - len(data), 32)
        fds += more
        if not part:
            raise Half if data or not whole else Closed
        data += part
        if not whole:
            break
    return data, fds


def send(conn, message):
    socket.send_fds(conn, [message.bytes()], message.fds)
    for fd in message.fds:
        os.close(fd)


class Connection:
    """One client. `state` is the fault's, over all its clients."""

    def __init__(self, client, server, fault, state):
        self.client, self.server, self.fault, self.state = client, server, fault, state
        self.count, self.last, self.held = 0, None, None

    def more(self, wait=0):
        """Has the client said more already?"""
        return bool(select.select([self.client], [], [], wait)[0])

    def forward(self, m):
        send(self.server, m)
        if m.flags & NO_REPLY or m.flags & 0xf == REPLY:
            return None
        header, fds = receive(self.server, 16)
        payload, more = receive(self.server, HEADER.unpack(header)[2] - 16)
        return Message(header, payload, fds + more)

    def run(self):
        while True:
            header, fds = receive(self.client, 16, whole=self.fault is not faults['split'])
            if len(header) < 16:
                raise Closed
            m = Message(header, b'', fds)
            if m.size < 16 or m.size > 1 << 26:
                answer = self.fault(m, self) if 'header-size' in self.fault.__name__ else None
                if not answer:
                    raise Closed
            else:
                m.payload, fds = receive(self.client, m.size - 16)
                m.fds += fds
                answer = self.fault(m, self)
            if answer:
                send(self.client, answer)
                if self.held:
                    send(self.client, self.held)
                    self.held = None
            self.count += 1
            self.last = m


faults = {}


def fault(name):
    def add(function):
        function.__name__ = name
        faults[name] = function
        return function
    return add


def accepts(name, which, payload=lambda m: b''):
    """What must be refused is answered as if it had been done."""
    fault(name)(lambda m, c: m.reply(payload(m)) if which(m, c) else c.forward(m))


def refuses(name, which, error=EINVAL):
    fault(name)(lambda m, c: m.reply(error=error) if which(m, c) else c.forward(m))


def changes(name, which, change):
    """A reply without error is changed."""
    def function(m, c):
        mine = which(m, c)
        answer = c.forward(m)
        if mine and answer and not answer.is_error():
            change(answer, m)
        return answer
    fault(name)(function)


def zeros(size):
    return lambda m: bytes(size)


def of(command):
    return lambda m, c: m.command == command


def short(command, size):
    return lambda m, c: m.command == command and len(m.payload) == size


# --- VERSION
def json(m):
    return m.payload[4:].rstrip(b'\0') if m.command == VERSION else None


changes('version-reply', lambda m, c: m.command == VERSION and m.number(2, 2) == 2, lambda r, m: r.put(0, 1, 2))
changes('version-minor', lambda m, c: json(m) == b'{"capabilities":{}}', lambda r, m: r.put(2, m.number(2, 2) + 1, 2))
fault('version-major')(lambda m, c: c.forward(m.put(0, 0, 2) if m.command == VERSION else m))


def add_capability(r, m):
    r.payload = r.payload.replace(b'"max_msg_fds"', b'"pgsizes":4096,"max_msg_fds"')


changes('version-subset', lambda m, c: json(m) == b'{"capabilities":{"max_msg_fds":8}}', add_capability)
refuses('version-no-data', lambda m, c: m.command == VERSION and len(m.payload) == 4 and c.count == 0)
refuses('version-unknown-capability', lambda m, c: m.command == VERSION and b'vfuscope' in m.payload)


def without_nul(r, m):
    r.payload = r.payload.rstrip(b'\0') if len(r.payload) > 4 else r.payload


def wrong_type(r, m):
    r.payload = r.payload.replace(b'"max_msg_fds":8', b'"max_msg_fds":"8"')


changes('version-reply-nul', of(VERSION), without_nul)
changes('version-reply-json', of(VERSION), wrong_type)
accepts('version-bad-json', lambda m, c: json(m) == b'{"capabilities":', zeros(4))
accepts('version-no-nul', lambda m, c: m.command == VERSION and m.payload.endswith(b'{}'), zeros(4))
accepts('version-short', short(VERSION, 2), zeros(4))
accepts('version-first', lambda m, c: c.count == 0 and m.command == INFO, zeros(16))
accepts('version-twice', lambda m, c: c.count > 0 and m.command == VERSION, zeros(4))


def without_fds(r, m):
    for fd in r.fds:
        os.close(fd)
    r.fds = []


changes('version-twin', of(VERSION), without_fds)

# --- the header
changes('header-id', lambda m, c: m.id == 0x7fff, lambda r, m: setattr(r, 'id', 1))
changes('header-flags', of(INFO), lambda r, m: setattr(r, 'flags', REPLY | 0x40))
for name, size in ('zero', 0), ('short', 15), ('huge', 0xffffffff):
    fault('header-size-' + name)(lambda m, c, size=size: m.reply() if m.size == size else
                                 c.forward(m) if 16 <= m.size < 1 << 26 else None)
accepts('header-type', lambda m, c: m.flags & 0xf == 2, zeros(16))
refuses('header-reply', lambda m, c: m.flags & 0xf == REPLY)
accepts('unknown-command', of(999))
accepts('servers-command', lambda m, c: m.command == DMA_READ and not m.flags & REPLY, lambda m: m.payload + bytes(4))


@fault('error-bare')
def error_bare(m, c):
    answer = c.forward(m)
    if answer and answer.is_error() and m.number(8) == 0xffff and m.command == READ:
        answer.payload = m.payload
    return answer


accepts('no-reply', lambda m, c: m.flags & NO_REPLY and m.command == IRQ, zeros(16))
refuses('no-reply-error', lambda m, c: m.flags & NO_REPLY and m.command == REGION)


@fault('pipelining')
def pipelining(m, c):
    """The fourth is answered after the fifth."""
    answer = c.forward(m)
    if m.command == REGION and m.number(8) == 3 and c.last.command == REGION and c.last.id != m.id and c.more(0.2):
        c.held = answer
        return None
    return answer


refuses('ids-reused', lambda m, c: m.command == REGION and c.last and c.last.command == REGION and c.last.id == m.id)
fault('split')(lambda m, c: c.forward(m))  # see Connection.run


@fault('glued')
def glued(m, c):
    if m.command == INFO and c.last and c.last.command == INFO and getattr(c, 'two', False):
        return m.reply(error=EINVAL)
    c.two = m.command == INFO and c.more()
    return c.forward(m)


fault('fds-unasked')(lambda m, c: None if m.command == INFO and m.fds else c.forward(m))
fault('disconnect-middle')(lambda m, c: c.forward(m))  # see serve_one

# --- what the device has
changes('info', of(INFO), lambda r, m: r.put(0, 8))


@fault('info-regions')
def info_regions(m, c):
    """8 regions, and no more."""
    if m.command in (REGION, IO_FDS, READ) and m.number(8) == 8:
        return m.reply(error=EINVAL)
    answer = c.forward(m)
    return answer.put(8, 8) if m.command == INFO and not answer.is_error() else answer


fault('info-argsz')(lambda m, c: c.forward(m.put(0, 16) if m.command == INFO and m.number(0) == 8 else m))
accepts('info-short', short(INFO, 8), zeros(16))
changes('region-info', lambda m, c: m.command == REGION and m.number(0) == 4096 and m.number(8) == 4,
        lambda r, m: r.put(8, 5))
accepts('region-index', lambda m, c: m.command == REGION and m.number(8) == 9, zeros(32))
fault('region-argsz')(lambda m, c: c.forward(m.put(0, 32) if m.command == REGION and m.number(0) == 16 else m))
accepts('region-short', short(REGION, 8), zeros(32))
fault('region-cut')(lambda m, c: c.forward(m.put(0, 4096) if m.command == REGION and m.number(0) == 32 else m))
changes('region-fd', of(REGION), without_fds)
changes('region-map', of(REGION), lambda r, m: r.put(24, r.number(24, 8) + 1, 8))
changes('region-chain', of(REGION), lambda r, m: r.put(36, 32) if len(r.payload) > 40 else None)
changes('io-fds', of(IO_FDS), lambda r, m: r.put(12, 1))
accepts('io-fds-index', lambda m, c: m.command == IO_FDS and m.number(8) == 9, zeros(16))

# --- interrupts: argsz, flags, index, start, count
changes('irq-info', lambda m, c: m.command == IRQ and m.number(8) == 3, lambda r, m: r.put(8, 4))
accepts('irq-index', lambda m, c: m.command == IRQ and m.number(8) == 0xffff, zeros(16))
accepts('irq-short', short(IRQ, 8), zeros(16))
changes('irq-reply', of(SET_IRQS), lambda r, m: setattr(r, 'payload', bytes(4)))


def irqs(**want):
    at = {'flags': 4, 'index': 8, 'start': 12, 'count': 16}
    return lambda m, c: m.command == SET_IRQS and all(m.number(at[name]) == n for name, n in want.items())


accepts('irq-trigger', lambda m, c: irqs(flags=0x21, start=0, count=1)(m, c) and m.number(8) < 0xffff)
accepts('irq-take-away', lambda m, c: irqs(flags=0x24)(m, c) and not m.fds)
accepts('irq-disable', irqs(flags=0x21, start=0, count=0))
accepts('irq-range', lambda m, c: irqs(flags=0x21)(m, c) and 0 < m.number(12) < 0xffff)
accepts('irq-wrap', irqs(start=0xffffffff))
accepts('irq-set-index', irqs(index=0xffff))
accepts('irq-two-data', irqs(flags=0x25))
accepts('irq-two-actions', irqs(flags=0x31))
accepts('irq-no-action', irqs(flags=1))
accepts('irq-fewer-fds', lambda m, c: irqs(flags=0x24, count=2)(m, c) and len(m.fds) == 1)
accepts('irq-bool-short', irqs(flags=0x22))


# --- regions: offset, region, count
def read_at(which, count=4):
    return lambda m, c: m.command == READ and m.number(8) == 7 and m.number(12) == count and which(m.number(0, 8))


def data(m):
    return m.payload + bytes(m.number(12))


changes('read', read_at(lambda at: at == 4), lambda r, m: setattr(r, 'payload', r.payload + b'x'))
changes('read-echo', read_at(lambda at: at == 8), lambda r, m: r.put(0, 0, 8))
accepts('read-end', read_at(lambda at: 64 <= at < 1 << 32 and at % 4 == 0), data)
accepts('read-past-end', read_at(lambda at: at < 1 << 32 and at % 4 == 2), data)
accepts('read-wrap', read_at(lambda at: at >= 1 << 32), data)
accepts('read-region', lambda m, c: m.command == READ and m.number(8) == 9, data)
accepts('read-short', short(READ, 8), zeros(16))


def lower_limit(r, m):
    r.payload = r.payload.replace(b'"max_data_xfer_size":1048576', b'"max_data_xfer_size":65536')


changes('read-too-much', of(VERSION), lower_limit)
accepts('multi-not-agreed', lambda m, c: m.command == MULTI and m.number(0, 8) == 0, zeros(8))
accepts('multi-short', lambda m, c: m.command == MULTI and m.number(0, 8) == 10, zeros(8))
changes('write', of(WRITE), lambda r, m: r.put(0, 0, 8))
accepts('write-short', lambda m, c: m.command == WRITE and m.number(12) == 4, lambda m: m.payload[:16])
changes('multi', of(MULTI), lambda r, m: r.put(0, 0, 8))
accepts('multi-wide', lambda m, c: m.command == MULTI and m.number(20) == 9, zeros(8))
refuses('reset', of(RESET))


# --- DMA: argsz, flags, offset, address, size
def mapping(address=None, **want):
    return lambda m, c: (m.command == MAP and (address is None or m.number(16, 8) == address) and
                         all(m.number(24, 8) == n for n in want.values()))


refuses('map-fd', lambda m, c: mapping(0x100000)(m, c) and m.fds)
refuses('map-message', mapping(1 << 32))
changes('map-reply', of(MAP), lambda r, m: setattr(r, 'payload', bytes(4)))


@fault('map-again')
def map_again(m, c):
    answer = c.forward(m)
    again = m.command == MAP and m.number(16, 8) == 0x100000 and answer.error == EEXIST
    return m.reply() if again else answer


refuses('map-overlap', mapping(0x108000))
refuses('map-beside', mapping(0x110000))
accepts('map-empty', mapping(size=0))
accepts('map-wrap', mapping(0xfffffffffffff000))
accepts('map-short', short(MAP, 16))
accepts('unmap', lambda m, c: m.command == UNMAP and m.number(8, 8) == 0x100000 and m.number(16, 8) == 0x10000,
        lambda m: m.payload)
changes('unmap-reply', of(UNMAP), lambda r, m: setattr(r, 'payload', b''))
accepts('unmap-unknown', lambda m, c: m.command == UNMAP and m.number(8, 8) > 0x100000, lambda m: m.payload)
accepts('unmap-part', lambda m, c: m.command == UNMAP and m.number(16, 8) == 0x8000, lambda m: m.payload)
accepts('unmap-short', short(UNMAP, 8), zeros(24))


@fault('map-reconnect')
def map_reconnect(m, c):
    if mapping(2 << 32)(m, c):
        if c.state.get('mapped'):
            return m.reply(error=EEXIST)
        c.state['mapped'] = True
    return c.forward(m)


# --- features
accepts('feature-unknown', lambda m, c: m.command == FEATURE and m.number(4) & 0xffff == 0xfff0, lambda m: m.payload)
accepts('feature-both', lambda m, c: m.command == FEATURE and m.number(4) >> 16 == 3, lambda m: m.payload)
accepts('feature-short', short(FEATURE, 4), zeros(8))


def feature(number, how):
    return lambda m, c: m.command == FEATURE and m.number(4) == number | how


changes('migration', feature(1, GET), lambda r, m: r.put(8, 2, 8))
refuses('migration-probe', feature(1, GET | PROBE))
changes('migration-state', feature(2, GET), lambda r, m: r.put(8, 99))
accepts('migration-error', lambda m, c: feature(2, SET)(m, c) and m.number(8) == 0, lambda m: m.payload)


def setting(state):
    return lambda m, c: m.command == FEATURE and m.number(4) == SET | 2 and m.number(8) == state


accepts('migration-no-way', setting(6), lambda m: m.payload)


@fault('migration-path')
def migration_path(m, c):
    """From STOP_COPY only to STOP."""
    if setting(2)(m, c) and c.state.get('device') == 3:
        return m.reply(error=EINVAL)
    answer = c.forward(m)
    if m.command == FEATURE and m.number(4) == SET | 2 and not answer.is_error():
        c.state['device'] = m.number(8)
    return answer


@fault('migration-save')
def migration_save(m, c):
    """Where it has the last part, the state goes on: the first save of a connection that asks for STOP after it."""
    if m.command == DATA_READ:
        c.read = True
    if setting(1)(m, c) and getattr(c, 'read', False) and not c.state.get('saved'):
        c.state['saved'] = True
        return m.reply(error=EINVAL)
    return c.forward(m)


refuses('migration-load', of(DATA_WRITE))
accepts('logging-off', lambda m, c: m.command == FEATURE and m.number(4) == GET | 8 and c.count < 3,
        lambda m: m.payload + bytes(8))


def half_bitmap(r, m):
    r.payload = r.payload[:32] + r.payload[36:]


changes('logging', lambda m, c: m.command == FEATURE and m.number(4) == GET | 8, half_bitmap)
accepts('data-read-state', lambda m, c: m.command == DATA_READ and m.number(4) == 16, lambda m: struct.pack('<II', 8 + m.number(4), m.number(4)) + bytes(m.number(4)))
accepts('data-write-state', of(DATA_WRITE))


def serve_one(client, path, function, state):
    with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.connect(path)
        try:
            Connection(client, server, function, state).run()
        except Half:
            if function is faults['disconnect-middle']:
                state['refuse'] = 10  # the next ones, which all try to be the next one
        except (Closed, OSError):
            pass


def serve(listener, path, function):
    state = {}
    while True:
        client, _ = listener.accept()
        if state.get('refuse', 0) > 0:
            state['refuse'] -= 1
            client.close()
            continue
        serve_one(client, path, function, state)


def main():
    if sys.argv[1:] == ['--list']:
        print('\n'.join(faults))
        return
    folder, path, *names = sys.argv[1:]
    for name in names or faults:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(os.path.join(folder, name))
        listener.listen(4)
        threading.Thread(target=serve, args=(listener, path, faults[name]), daemon=True).start()
    print('listening on', folder, file=sys.stderr, flush=True)
    threading.Event().wait()


if __name__ == '__main__':
    main()
