"""More faults for faulty.py: access to regions, DMA, features, migration, dirty logging."""
import os
import struct

from faults import *

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
changes('write-flags', of(WRITE), lambda r, m: setattr(r, 'flags', REPLY | 0x10))
refuses('write-posted-error', lambda m, c: m.command == WRITE and m.flags & NO_REPLY and m.number(8) == 9)
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
accepts('map-over', mapping(0x108000))
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
accepts('unmap-wrap', lambda m, c: m.command == UNMAP and m.number(16, 8) >= 1 << 63, lambda m: m.payload)
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
walking('migration-reset', [STOP_COPY, STOP], lambda m, c: feature(2, GET)(m, c) and c.last.command == RESET,
        lambda m: m.reply(struct.pack('<IIII', 16, m.number(4), STOP_COPY, 0)))
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
def half_word(r, m):
    r.payload = r.payload[:33]


changes('logging-bits', report(pages=3), odd_bit)
changes('logging-bits:words', report(pages=3), half_word)
accepts('logging-page', report(page_size=3000), with_bitmap)
accepts('logging-wrap', report(iova=(1 << 64) - 4096, pages=2), with_bitmap)
fault('logging-argsz')(lambda m, c: c.forward(m.put(0, 4096) if report(argsz=32)(m, c) else m))
changes('logging-reply', start(0), lambda r, m: r.put(16, 1))
refuses('logging-ranges', start(1))
accepts('logging-short', start(4), same)
accepts('logging-stop', lambda m, c: report()(m, c) and feature(7, SET)(c.last, c), with_bitmap)
refuses('logging-probe', feature(7, SET | PROBE))
