"""Standard error that nobody reads: unread.py VFUSCOPE. Clients that cause line after line don't stall the device."""
import fcntl
import os
import subprocess
import sys

from client import BAR0, PATIENCE, Client

read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
server = subprocess.Popen([sys.argv[1], 'serve', 'u'], stderr=write)
os.close(write)
try:
    assert os.read(read, 100).startswith(b'listening on ')
    for _ in range(20):         # with 20 lines each, far more than the pipe holds
        c = Client('u')
        for _ in range(25):
            c.start_dma(0x5000, 0x40000, 16, 1)
            c.dma_done()
        assert c.read(BAR0, 0) == 0x010000ed
        c.close()
    server.terminate()
    assert server.wait(PATIENCE) == 0
finally:
    server.kill()
