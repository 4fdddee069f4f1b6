"""What the checks in tests/serve/ share. Each file has one function a check; `FILE NAME SOCKET PID` runs one against the
server at SOCKET: with a connected client if it takes `c`, without if it takes `_`. An assertion that fails says so on
standard error, status 1."""
import errno
import fcntl
import os
import select
import struct
import sys
import traceback

from client import *  # noqa: F401,F403
from client import BAR0, Client, Refused

BUFFER = 0x40000                            # edu's, for DMA alone
RAISE, ACK, STATUS, IRQ_STATUS, FACTORIAL = 0x60, 0x64, 0x20, 0x24, 0x08


def path():
    return sys.argv[2]


def pid():
    return int(sys.argv[3])


def refused(number, call, *arguments, **more):
    """The call must be answered with this errno."""
    try:
        call(*arguments, **more)
    except Refused as e:
        assert e.errno == number, f'{errno.errorcode.get(e.errno, e.errno)} in place of {errno.errorcode[number]}'
        return
    raise AssertionError(f'no {errno.errorcode[number]}')


def equal(got, wanted):
    assert got == wanted, f'{got!r} in place of {wanted!r}'


def still_serves(c):
    equal(c.read(BAR0, 0), 0x010000ed)


def pattern(size, seed=1):
    return bytes((i * 7 + i // 251 + seed) & 0xff for i in range(size))


def unread(c):
    """How many bytes of ours the server has not read yet (SIOCOUTQ)."""
    return struct.unpack('=i', fcntl.ioctl(c.sock, 0x5411, bytes(4)))[0]


def wait_until(condition):
    for _ in range(20000):
        if condition():
            return
        select.select([], [], [], 0.001)
    raise AssertionError('nothing happened')


def main(checks):
    check = checks[sys.argv[1]]
    try:
        check(Client(path()) if check.__code__.co_varnames[0] == 'c' else None)
    except Exception:
        traceback.print_exc()
        sys.exit(1)
