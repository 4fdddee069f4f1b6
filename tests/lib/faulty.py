#!/usr/bin/env python3
"""Servers with faults, for the tests of `vfuscope check`.

faulty.py FOLDER SERVER GROUP...: in front of SERVER (a good one: vfuscope serve), a socket FOLDER/NUMBER for each
group, from 0; a group is names of faults, joined by commas. A fault has the name of the requirement that it breaks, and
breaks nothing else. Each client gets a connection to SERVER of its own; what is said passes one command after another
through the faults. --list prints their names, --groups groups for the tests, one a line, --once each fault in one.

The groups: a server with one fault fails one requirement, which would need as many servers as there are faults, each
asked about all requirements. Faults that keep to themselves can share a server. Each is in two groups, and no two
faults are together in both: one that breaks a second requirement fails it in at least one group that should pass it.
"""
import math
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
REFUSED = 15  # clients that come after one that broke the server: check tries ten times, for servers that restart


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
    try:
        socket.send_fds(conn, [message.bytes()], message.fds)
    finally:
        for fd in message.fds:
            os.close(fd)


class Link:
    """A fault on one connection: it sees a command, and forwards it (or another) to the next one for the answer.
    `state` is the fault's, over all its clients."""

    def __init__(self, connection, function, state, following):
        self.connection, self.function, self.state, self.forward = connection, function, state, following

    def __call__(self, m):
        return self.function(m, self)

    @property
    def count(self):
        """How many commands came before."""
        return self.connection.count

    @property
    def last(self):
        return self.connection.last

    def more(self, wait=0):
        """Has the client said more already?"""
        return bool(select.select([self.connection.client], [], [], wait)[0])

    def hold(self, answer):
        """To be sent after the next one."""
        self.connection.held = answer


class Connection:
    """One client; `names` of the faults it meets, `states` by name."""

    def __init__(self, client, server, names, states, listener):
        self.client, self.server, self.names = client, server, names
        self.states, self.listener = states, listener
        self.kept = []  # fds, until it ends
        self.count, self.last, self.held = 0, None, None
        self.first = self.ask
        for name in names:
            self.first = Link(self, faults[name], states.setdefault(name, {}), self.first)

    def ask(self, m):
        """The server's answer."""
        send(self.server, m)
        if m.flags & NO_REPLY or m.flags & 0xf == REPLY:
            return None
        header, fds = receive(self.server, 16)
        payload, more = receive(self.server, HEADER.unpack(header)[2] - 16)
        return Message(header, payload, fds + more)

    def answer(self, m):
        if 16 <= m.size <= 1 << 26:
            m.payload, fds = receive(self.client, m.size - 16)
            m.fds += fds
            return self.first(m)
        for name in self.names:
            if name in bad_sizes and bad_sizes[name] == m.size:
                return m.reply()
        raise Closed

    def run(self):
        while True:
            header, fds = receive(self.client, 16, whole='split' not in self.names)
            if len(header) < 16:
                raise Closed
            m = Message(header, b'', fds)
            answer = self.answer(m)
            for message in [answer, self.held] if answer else []:
                try:
                    if message:
                        send(self.client, message)
                except OSError:  # it left; what it said before is still carried out
                    pass
            if answer:
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
changes('version-minor', lambda m, c: json(m) == b'{"capabilities":{}}' and m.number(2, 2) == 0,
        lambda r, m: r.put(2, 1, 2))
refuses('version-newer', lambda m, c: m.command == VERSION and m.number(2, 2) == 0xffff)
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


def with_fd(r, m):
    r.fds.append(os.eventfd(0))


def silent(name, which):
    """No answer, where any would do."""
    fault(name)(lambda m, c: None if which(m, c) else c.forward(m))


changes('version-twin', of(VERSION), without_fds)
changes('version-fds', lambda m, c: m.command == VERSION and b'twin' not in m.payload, with_fd)
silent('version-wrong-type', lambda m, c: m.command == VERSION and b':"8"' in m.payload)
silent('version-deep', lambda m, c: m.command == VERSION and m.payload[4:].startswith(b'[['))


@fault('max-msg-fds')
def max_msg_fds(m, c):
    if m.command == VERSION:
        c.takes_one = json(m) == b'{"capabilities":{"max_msg_fds":1}}'
    answer = c.forward(m)
    if m.command == REGION and c.takes_one:
        answer.fds += [os.eventfd(0), os.eventfd(0)]
    return answer



# --- the header
changes('header-id', lambda m, c: m.id == 0x7fff, lambda r, m: setattr(r, 'id', 1))
changes('header-flags', of(INFO), lambda r, m: setattr(r, 'flags', REPLY | 0x40))
bad_sizes = {'header-size-zero': 0, 'header-size-short': 15, 'header-size-huge': 0xffffffff}
for name in bad_sizes:
    fault(name)(lambda m, c: c.forward(m))  # see Connection.answer
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
        return c.hold(answer)
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


@fault('second-client')
def second_client(m, c):
    if m.command == INFO and select.select([c.connection.listener], [], [], 0)[0]:
        raise Closed
    return c.forward(m)


for name in 'disconnect-early', 'disconnect-middle':
    fault(name)(lambda m, c: c.forward(m))  # see serve_one


@fault('disconnect-busy')
def disconnect_busy(m, c):
    """Ten replies that nobody takes."""
    c.infos = getattr(c, 'infos', 0) + 1 if m.command == INFO else 0
    if c.infos == 10:
        c.connection.states['refuse'] = REFUSED
    return c.forward(m)


@fault('reconnect')
def reconnect(m, c):
    """Nine clients in a row that asked for DEVICE_GET_INFO, and for nothing else."""
    if m.command == VERSION:
        bare = c.state.get('heard') == INFO
    else:
        bare = m.command == INFO and c.count == 1
    c.state['clients'] = c.state.get('clients', 0) + (m.command == INFO) if bare else 0
    c.state['heard'] = m.command
    if m.command == INFO and c.state['clients'] == 9:
        c.connection.states['refuse'] = REFUSED
    return c.forward(m)


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
changes('region-full', lambda m, c: m.command == REGION and m.number(0) == 4096, lambda r, m: r.put(0, r.number(0) + 8))
changes('region-fd', of(REGION), without_fds)
changes('region-map', of(REGION), lambda r, m: r.put(24, r.number(24, 8) + 1, 8))
changes('region-chain', of(REGION), lambda r, m: r.put(36, 32) if len(r.payload) > 40 else None)


@fault('region-type')
def region_type(m, c):
    """A tenth region."""
    if m.command == REGION and m.number(8) == 9:
        return m.reply(struct.pack('<IIIIQQ', 32, 3, 9, 0, 4096, 0))
    answer = c.forward(m)
    return answer.put(8, 10) if m.command == INFO and not answer.is_error() else answer


changes('io-fds', of(IO_FDS), without_fds)
changes('io-fds-reply', lambda m, c: m.command == IO_FDS and m.number(0) == 4096, lambda r, m: r.put(4, 1))
changes('io-fds-cut', lambda m, c: m.command == IO_FDS and m.number(0) == 16, with_fd)


def with_file(r, m):
    count = len(r.fds)
    without_fds(r, m)
    r.fds = [os.memfd_create('no eventfd') for _ in range(count)]


changes('io-fds-kind', of(IO_FDS), with_file)
accepts('io-fds-index', lambda m, c: m.command == IO_FDS and m.number(8) == 9, zeros(16))

# --- interrupts: argsz, flags, index, start, count
changes('irq-info', lambda m, c: m.command == IRQ and m.number(8) == 3, lambda r, m: r.put(8, 4))
accepts('irq-index', lambda m, c: m.command == IRQ and m.number(8) == 0xffff, zeros(16))
fault('irq-argsz')(lambda m, c: c.forward(m.put(0, 16) if m.command == IRQ and m.number(0) == 8 else m))
accepts('irq-short', short(IRQ, 8), zeros(16))
accepts('irq-set-short', short(SET_IRQS, 12))
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
accepts('irq-more-fds', lambda m, c: irqs(flags=0x24, count=1)(m, c) and len(m.fds) == 2)
accepts('irq-bool-short', lambda m, c: irqs(flags=0x22)(m, c) and len(m.payload) == 20)
accepts('irq-bool', lambda m, c: irqs(flags=0x22)(m, c) and m.payload[20:] == b'\1')
refuses('irq-mask', irqs(flags=0x9))
accepts('irq-replace', lambda m, c: irqs(flags=0x24)(m, c) and m.fds and c.last and irqs(flags=0x24)(c.last, c))


@fault('irq-disconnect')
def irq_disconnect(m, c):
    """What the client before armed is fired for this one, which armed nothing."""
    if irqs(flags=0x24, count=1)(m, c) and len(m.fds) == 1:
        c.armed, old = True, c.state.get('fd')
        c.state['fd'] = os.dup(m.fds[0])
        if old is not None:
            os.close(old)
    elif irqs(flags=0x21, start=0, count=1)(m, c) and not getattr(c, 'armed', False) and 'fd' in c.state:
        os.eventfd_write(c.state['fd'], 1)
    return c.forward(m)


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


refuses('read-whole', lambda m, c: m.command == READ and m.number(12) >= 256 and m.number(0, 8) == 0)
refuses('read-mappable', lambda m, c: m.command == READ and m.number(8) == 2)
accepts('read-absent', lambda m, c: m.command == READ and m.number(8) == 1, data)


def lower_limit(r, m):
    r.payload = r.payload.replace(b'"max_data_xfer_size":1048576', b'"max_data_xfer_size":65536')


changes('read-too-much', of(VERSION), lower_limit)
accepts('multi-not-agreed', lambda m, c: m.command == MULTI and m.number(0, 8) == 0, zeros(8))
accepts('multi-short', lambda m, c: m.command == MULTI and m.number(0, 8) == 10, zeros(8))
changes('write', of(WRITE), lambda r, m: r.put(0, 0, 8))
accepts('write-short', lambda m, c: m.command == WRITE and m.number(12) == 4 and len(m.payload) == 18,
        lambda m: m.payload[:16])


def write_at(which):
    return lambda m, c: m.command == WRITE and len(m.payload) == 20 and which(m.number(8), m.number(0, 8))


accepts('write-end', write_at(lambda region, at: region == 7 and 64 <= at < 1 << 32), lambda m: m.payload[:16])
accepts('write-wrap', write_at(lambda region, at: region == 7 and at >= 1 << 32), lambda m: m.payload[:16])
accepts('write-region', write_at(lambda region, at: region == 9), lambda m: m.payload[:16])
accepts('write-absent', write_at(lambda region, at: region == 1), lambda m: m.payload[:16])
accepts('write-too-much', lambda m, c: m.command == WRITE and len(m.payload) > 1 << 20, lambda m: m.payload[:16])
fault('write-posted')(lambda m, c: None if m.command == WRITE and m.flags & NO_REPLY else c.forward(m))


@fault('state-retained')
def state_retained(m, c):
    """The interrupt line is 0 for a client that has not written it."""
    if m.command == WRITE and m.number(0, 8) == 0x3c:
        c.wrote = True
    answer = c.forward(m)
    if m.command == READ and m.number(0, 8) == 0x3c and not getattr(c, 'wrote', False):
        answer.put(16, 0, 1)
    return answer


def writes(count, flags=0):
    return lambda m, c: m.command == MULTI and m.number(0, 8) == count and m.flags == flags


changes('multi', writes(1), lambda r, m: r.put(0, 0, 8))
refuses('multi-many', writes(200))
changes('multi-part', lambda m, c: writes(2)(m, c) and m.number(40) == 0xff, lambda r, m: r.put(0, 2, 8))
accepts('multi-order', lambda m, c: writes(2)(m, c) and m.number(40) == 7, lambda m: m.payload[:8])
fault('multi-posted')(lambda m, c: None if writes(2, NO_REPLY)(m, c) else c.forward(m))
accepts('multi-wide', lambda m, c: m.command == MULTI and m.number(20) == 9, zeros(8))


# --- DMA: argsz, flags, offset, address, size
def mapping(address=None, **want):
    return lambda m, c: (m.command == MAP and (address is None or m.number(16, 8) == address) and
                         all(m.number(24, 8) == n for n in want.values()))


refuses('map-fd', lambda m, c: mapping(0x100000)(m, c) and m.fds and not m.number(8, 8))
refuses('map-offset', lambda m, c: m.command == MAP and m.number(8, 8) > 0)
refuses('map-readonly', lambda m, c: m.command == MAP and m.number(4) == 1)
changes('map-max', of(VERSION), lambda r, m: setattr(r, 'payload', r.payload.replace(b':65535', b':16')))
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
accepts('unmap', lambda m, c: (m.command == UNMAP and not m.number(4) and m.number(8, 8) == 0x100000 and
                               m.number(16, 8) == 0x10000),
        lambda m: m.payload)
changes('unmap-reply', of(UNMAP), lambda r, m: setattr(r, 'payload', b''))
accepts('unmap-unknown', lambda m, c: m.command == UNMAP and m.number(8, 8) == 0x140000, lambda m: m.payload)
accepts('unmap-part', lambda m, c: m.command == UNMAP and m.number(16, 8) == 0x8000, lambda m: m.payload)
accepts('unmap-two', lambda m, c: m.command == UNMAP and m.number(16, 8) == 0x20000, lambda m: m.payload)
accepts('unmap-all', lambda m, c: m.command == UNMAP and m.number(4) == 2, lambda m: m.payload)
accepts('unmap-bitmap', lambda m, c: m.command == UNMAP and m.number(4) == 1, lambda m: m.payload)
accepts('unmap-short', short(UNMAP, 8), zeros(24))


HELD = 4 << 32


@fault('unmap-release')
def unmap_release(m, c):
    """Kept for as long as the client is there."""
    if mapping(HELD)(m, c):
        c.connection.kept.append(os.dup(m.fds[0]))
    return c.forward(m)


@fault('disconnect-release')
def disconnect_release(m, c):
    """Kept until it is unmapped."""
    if mapping(HELD)(m, c):
        c.state['fd'] = os.dup(m.fds[0])
    elif m.command == UNMAP and m.number(8, 8) == HELD:
        os.close(c.state['fd'])
    return c.forward(m)


@fault('map-reconnect')
def map_reconnect(m, c):
    if mapping(2 << 32)(m, c):
        if c.state.get('mapped'):
            return m.reply(error=EEXIST)
        c.state['mapped'] = True
    return c.forward(m)


# --- features: argsz, flags, data
def feature(number, how):
    return lambda m, c: m.command == FEATURE and m.number(4) == number | how


def same(m):
    return m.payload


accepts('feature-unknown', feature(0xfff0, GET), same)
accepts('feature-both', feature(1, GET | SET), same)
accepts('feature-short', short(FEATURE, 4), zeros(8))
fault('feature-argsz')(lambda m, c: c.forward(m.put(0, 4096) if feature(1, GET)(m, c) and m.number(0) == 8 else m))
changes('feature-full', feature(1, GET), lambda r, m: r.put(0, 24))
accepts('probe-unknown', feature(0xfff0, GET | PROBE), same)
refuses('probe-both', feature(2, GET | SET | PROBE))
accepts('probe-all', feature(1, GET | SET | PROBE), same)
changes('probe-reply', feature(1, GET | PROBE), lambda r, m: r.put(0, 24))
fault('probe-harmless')(lambda m, c: c.forward(m.put(4, SET | 2) if feature(2, SET | PROBE)(m, c) else m))
changes('migration', lambda m, c: feature(1, GET)(m, c) and m.number(0) > 8, lambda r, m: r.put(8, 4, 8))
refuses('migration-probe', feature(2, GET | PROBE))
changes('migration-state', lambda m, c: feature(2, GET)(m, c) and feature(1, GET)(c.last, c), lambda r, m: r.put(8, 99))

# --- migration
STOP, RUNNING, STOP_COPY, RESUMING, P2P, PRE_COPY = range(1, 7)


def setting(state):
    return lambda m, c: feature(2, SET)(m, c) and m.number(8) == state


def walking(name, way, which, answer):
    """Where the client has walked this way so far."""
    def function(m, c):
        c.way = getattr(c, 'way', [])
        if c.way == way and which(m, c):
            return answer(m)
        reply = c.forward(m)
        if feature(2, SET)(m, c) and not reply.is_error():
            c.way = c.way + [m.number(8)]
        return reply
    fault(name)(function)


def refuses_way(name, *way):
    """The last of these states can't be reached by way of the others."""
    walking(name, list(way[:-1]), setting(way[-1]), lambda m: m.reply(error=EINVAL))


def data_read(size):
    return lambda m, c: m.command == DATA_READ and m.number(4) == size


def made_up(m):
    size = m.number(4)
    return m.reply(struct.pack('<II', 8 + size, size) + bytes(size))


for name, state in ('error', 0), ('unknown', 99), ('p2p', P2P):
    accepts('migration-' + name, setting(state), same)
walking('reset', [], of(RESET), lambda m: m.reply(error=EINVAL))
changes('migration-no-pre-copy', lambda m, c: feature(1, GET)(m, c) and m.number(0) > 8, lambda r, m: r.put(8, 1, 8))
accepts('state-short', lambda m, c: feature(2, SET)(m, c) and len(m.payload) == 8, same)
refuses_way('migration-save', STOP_COPY, STOP, RUNNING)
changes('migration-reply', setting(STOP_COPY), lambda r, m: r.put(12, 1))
refuses_way('migration-path', STOP_COPY, RUNNING)
refuses_way('migration-stop', STOP, RUNNING)
refuses_way('migration-stop-copy', STOP, STOP_COPY)
walking('migration-no-way', [STOP_COPY], setting(PRE_COPY), lambda m: m.reply(m.payload))
refuses_way('migration-load', STOP_COPY, STOP, RESUMING, STOP)
refuses_way('migration-path-load', STOP_COPY, RESUMING)
refuses_way('migration-pre-copy', PRE_COPY, RUNNING)
refuses_way('migration-pre-stop-copy', PRE_COPY, STOP_COPY, STOP, RUNNING)
refuses_way('migration-pre-load', PRE_COPY, STOP_COPY, STOP, RESUMING)
refuses_way('migration-pre-path', STOP, PRE_COPY)
walking('migration-reset', [STOP_COPY, STOP], of(RESET), lambda m: m.reply())
refuses('migration-cancel', lambda m, c: setting(STOP)(m, c) and setting(STOP_COPY)(c.last, c))


@fault('migration-incomplete')
def migration_incomplete(m, c):
    """What was refused is forgotten."""
    if setting(RUNNING)(m, c) and getattr(c, 'failed', False):
        return m.reply(m.payload)
    answer = c.forward(m)
    c.failed = getattr(c, 'failed', False) or (setting(STOP)(m, c) and answer.is_error())
    return answer


walking('data-read-state', [], data_read(16), made_up)
accepts('data-read-short', short(DATA_READ, 4), zeros(8))
accepts('data-write-state', lambda m, c: m.command == DATA_WRITE and m.number(4) == 4)
accepts('data-write-short', short(DATA_WRITE, 4))
walking('data-read-size', [STOP_COPY], lambda m, c: data_read(16)(m, c) and c.last.command != DATA_READ,
        lambda m: made_up(m.put(4, 32)))
fault('data-read-argsz')(lambda m, c: c.forward(m.put(0, 72) if data_read(64)(m, c) else m))
walking('data-read-end', [STOP_COPY], lambda m, c: data_read(16)(m, c) and c.last.command == DATA_READ, made_up)
walking('data-read-stopped', [STOP_COPY, STOP], data_read(16), made_up)
accepts('data-write-count', lambda m, c: m.command == DATA_WRITE and len(m.payload) == 12 and m.number(4) == 8)


# --- dirty logging: START has page_size, num_ranges; REPORT iova, length, page_size
def start(ranges):
    return lambda m, c: feature(6, SET)(m, c) and m.number(16) == ranges


def report(argsz=4096, iova=0, pages=64, page_size=4096):
    return lambda m, c: (feature(8, GET)(m, c) and m.number(0) == argsz and m.number(8, 8) == iova and
                         m.number(16, 8) == pages * 4096 and m.number(24, 8) == page_size)


def with_bitmap(m):
    return m.payload + bytes(8)


def half_bitmap(r, m):
    r.payload = r.payload[:32] + r.payload[36:]


def odd_bit(r, m):
    r.put(39, 0x80, 1)


accepts('logging-off', lambda m, c: report()(m, c) and c.count < 3, with_bitmap)
changes('logging', lambda m, c: report()(m, c) and start(0)(c.last, c), half_bitmap)
refuses('logging-page-size', report(page_size=8192))
changes('logging-bits', report(pages=3), odd_bit)
accepts('logging-page', report(page_size=3000), with_bitmap)
accepts('logging-wrap', report(iova=(1 << 64) - 4096, pages=2), with_bitmap)
fault('logging-argsz')(lambda m, c: c.forward(m.put(0, 4096) if report(argsz=32)(m, c) else m))
changes('logging-reply', start(0), lambda r, m: r.put(16, 1))
refuses('logging-ranges', start(1))
accepts('logging-short', start(4), same)
accepts('logging-stop', lambda m, c: report()(m, c) and feature(7, SET)(c.last, c), with_bitmap)
refuses('logging-probe', feature(7, SET | PROBE))


def serve_one(client, path, names, states, listener):
    with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.connect(path)
        connection = Connection(client, server, names, states, listener)
        try:
            connection.run()
        except Half:
            left = 'disconnect-middle'
        except (Closed, OSError):
            left = None
            states['silent'] = states.get('silent', 0) + 1 if connection.count == 0 else 0
            if states['silent'] == 4:
                left = 'disconnect-early'
        if left in names:
            states['refuse'] = REFUSED
        for fd in connection.kept:
            os.close(fd)


def serve(listener, path, names):
    states = {}
    while True:
        client, _ = listener.accept()
        if states.get('refuse', 0) > 0:
            states['refuse'] -= 1
            client.close()
            continue
        serve_one(client, path, names, states, listener)


# What makes other requirements fail or not apply where they have a fault too, or costs a wait that would come twice.
alone = ['version-wrong-type', 'version-deep', 'fds-unasked', 'disconnect-early', 'disconnect-middle',
         'disconnect-busy', 'reconnect', 'info-regions', 'region-fd', 'region-type', 'irq-trigger',
         'migration-no-pre-copy']


def groups(times):
    together = [name for name in faults if name not in alone]
    p = math.isqrt(len(together)) + 1
    made = [together[i::n] for n in (p, p + 1)[:times] for i in range(n)]
    return [[name] for name in alone] + made


def main():
    if sys.argv[1:] == ['--list']:
        print('\n'.join(faults))
        return
    if sys.argv[1:] in (['--groups'], ['--once']):
        print('\n'.join(','.join(group) for group in groups(1 if sys.argv[1] == '--once' else 2)))
        return
    folder, path, *groups_ = sys.argv[1:]
    for number, group in enumerate(groups_):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(os.path.join(folder, str(number)))
        listener.listen(4)
        threading.Thread(target=serve, args=(listener, path, group.split(',')), daemon=True).start()
    print('listening on', folder, file=sys.stderr, flush=True)
    threading.Event().wait()


if __name__ == '__main__':
    main()
