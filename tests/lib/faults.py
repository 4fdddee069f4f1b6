"""Faults of servers, for faulty.py: what each does to a command and its answer, by the name of the requirement that it
breaks. This file: messages, kinds of faults, and faults in negotiation, the header, connections, infos, interrupts."""
import os
import select
import struct

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


refuses('version', lambda m, c: json(m) == b'{"capabilities":{"max_msg_fds":8}}')
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
    if m.command == IO_FDS and c.takes_one:
        answer.fds += [os.eventfd(0), os.eventfd(0)]
    return answer



# --- the header
changes('header-id', lambda m, c: m.id == 0x7fff, lambda r, m: setattr(r, 'id', 1))
changes('header-flags', of(INFO), lambda r, m: setattr(r, 'flags', REPLY | 0x40))
changes('header-flags:no-reply', of(MAP), lambda r, m: setattr(r, 'flags', REPLY | NO_REPLY))


def errors(name, which, change):
    def function(m, c):
        mine = which(m, c)
        answer = c.forward(m)
        if mine and answer and answer.is_error():
            change(answer, m)
        return answer
    fault(name)(function)


errors('error-flags', of(UNMAP), lambda r, m: setattr(r, 'flags', REPLY | ERROR | NO_REPLY))
errors('error-flags:reserved', of(999), lambda r, m: setattr(r, 'flags', REPLY | ERROR | 0x80))


@fault('refused-body')
def refused_body(m, c):
    """The body of a SET_IRQS, or of an unknown command, is the next header."""
    if getattr(c, 'left', False):
        return Message(HEADER.pack(0, 0, 16, REPLY | ERROR, EINVAL))
    answer = c.forward(m)
    c.left = m.command in (SET_IRQS, 999) and m.payload and answer is not None and answer.is_error()
    return answer


bad_sizes = {'header-size-zero': 0, 'header-size-short': 15, 'header-size-huge': 0xffffffff}
for name in bad_sizes:
    fault(name)(lambda m, c: c.forward(m))  # see Connection.answer in faulty.py
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
accepts('no-reply:map', lambda m, c: m.flags & NO_REPLY and m.command == MAP)
refuses('no-reply-error:unknown', lambda m, c: m.flags & NO_REPLY and m.command == 999)
refuses('no-reply-error', lambda m, c: m.flags & NO_REPLY and m.command == REGION and m.number(8) == 0xffff)


@fault('pipelining')
def pipelining(m, c):
    """The fourth is answered after the fifth."""
    answer = c.forward(m)
    if m.command == REGION and m.number(8) == 3 and c.last.command == REGION and c.last.id != m.id and c.more(0.2):
        return c.hold(answer)
    return answer


refuses('ids-reused', lambda m, c: m.command == REGION and c.last and c.last.command == REGION and c.last.id == m.id)
fault('split')(lambda m, c: c.forward(m))  # see Connection.run in faulty.py


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
    fault(name)(lambda m, c: c.forward(m))  # see serve_one in faulty.py


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
changes('region-fd:two', lambda m, c: m.command == REGION, lambda r, m: with_fd(r, m) if r.fds else None)
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
accepts('irq-range', lambda m, c: irqs(flags=0x21, count=1)(m, c) and 0 < m.number(12) < 0xffff)
accepts('irq-wrap', lambda m, c: irqs(flags=0x21)(m, c) and m.number(12) + m.number(16) > 0xffffffff and
        (m.number(12) + m.number(16)) & 0xffffffff <= 4)
refuses('irq-eventfd', lambda m, c: irqs(flags=0x24, count=1)(m, c) and len(m.fds) == 1)
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
