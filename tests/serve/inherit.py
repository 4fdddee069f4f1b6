"""serve --fd: inherit.py VFUSCOPE. A listening socket, which is not the server's to remove, and a connected one."""
import os
import socket
import subprocess
import sys

from client import BAR0, PATIENCE, Client

listener = socket.socket(socket.AF_UNIX)
listener.bind('l')
listener.listen(1)
server = subprocess.Popen([sys.argv[1], 'serve', f'--fd={listener.fileno()}'], pass_fds=[listener.fileno()])
for _ in range(2):
    c = Client('l')
    assert c.read(BAR0, 0) == 0x010000ed
    c.close()
server.terminate()
assert server.wait(PATIENCE) == 0
assert os.path.exists('l')

ours, theirs = socket.socketpair()
server = subprocess.Popen([sys.argv[1], 'serve', '--fd', str(theirs.fileno())], pass_fds=[theirs.fileno()])
theirs.close()
c = Client(ours)
assert c.read(BAR0, 0) == 0x010000ed
c.close()
assert server.wait(PATIENCE) == 0
