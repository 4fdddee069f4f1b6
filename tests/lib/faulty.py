#!/usr/bin/env python3
"""Servers with faults, for the tests of `vfuscope check`.

faulty.py FOLDER SERVER GROUP...: in front of SERVER (a good one: vfuscope serve), a socket FOLDER/NUMBER for each
group, from 0; a group is names of faults, joined by commas. A fault has the name of the requirement that it breaks (with
another word behind a colon, where there are several), and breaks nothing else. Each client gets a connection to SERVER of its own; what is said passes one command after another
through the faults. --list prints their names, --groups groups for the tests, one a line, --once each fault in one.

The groups: a server with one fault fails one requirement, which would need as many servers as there are faults, each
asked about all requirements. Faults that keep to themselves can share a server. Each is in two groups, and no two
faults are together in both: one that breaks a second requirement fails it in at least one group that should pass it.
"""
import math
import os
import select
import socket
import sys
import threading

sys.dont_write_bytecode = True
from faults import HEADER, NO_REPLY, REFUSED, REPLY, Closed, Half, Message, bad_sizes, faults
import faults_device  # puts its own among them
import faults_fits


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


POSTED = ('no-reply', 'write-posted', 'multi-posted')  # faults that are about commands with No_reply; others spare them


class Link:
    """A fault on one connection: it sees a command, and forwards it (or another) to the next one for the answer.
    `state` is the fault's, over all its clients."""

    def __init__(self, connection, function, state, following):
        self.connection, self.function, self.state, self.forward = connection, function, state, following

    def __call__(self, m):
        if m.flags & NO_REPLY and not self.function.__name__.startswith(POSTED):
            return self.forward(m)
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
alone = ['version', 'refused-body', 'version-wrong-type', 'version-deep', 'fds-unasked', 'disconnect-early', 'disconnect-middle',
         'disconnect-busy', 'reconnect', 'info-regions', 'region-fd', 'region-fd:two', 'region-type', 'irq-trigger',
         'migration-no-pre-copy', 'config-size', 'config-access', 'rom-signature', 'area-unaligned', 'area-empty',
         'areas-without-mmap', 'areas-overlap', 'msi-count', 'msix-count', 'pci-intx-pin',
         'pci-intx-pin:five', 'pci-msi-vectors:absent', 'pci-msix-table', 'pci-msix-table:outside', 'pci-msix-table:bar',
         'pci-msix-pba', 'pci-msix-overlap', 'pci-msix-mapped', 'nvme-bar0-size']


def groups(times):
    together = [name for name in faults if name not in alone]
    p = math.isqrt(len(together)) + 1
    made = [together[i::n] for n in (p, p + 1)[:times] for i in range(n)]
    return [[name] for name in alone] + made


def main():
    if sys.argv[1:] == ['--list']:
        print('\n'.join({name.split(':')[0]: None for name in faults}))
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
