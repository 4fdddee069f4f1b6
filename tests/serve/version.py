"""VERSION: what is agreed on, and what is refused."""
import errno
import json
import struct

from checks import *  # noqa: F403


def version(_):
    c = Client(path(), negotiate=False)
    c.send(VERSION, struct.pack('=HH', 0, 0))
    reply = c.receive()
    equal((reply.error, reply.flags, reply.fds), (0, REPLY, []))
    equal(struct.unpack_from('=HH', reply.body), (0, 0))
    # Nothing was proposed, so nothing is answered.
    equal(json.loads(reply.body[4:-1])['capabilities'], {})
    still_serves(c)
    c.close()
    for minor, wanted in ((0, 0), (1, 1), (2, 2), (7, 2)):
        c = Client(path(), negotiate=False)
        c.negotiate(minor=minor)
        equal(c.minor, wanted)
        equal(c.caps, dict(max_msg_fds=8, max_data_xfer_size=1048576, pgsizes=4096, max_dma_maps=65535,
                           write_multiple=True))
        c.close()
    c = Client(path(), write_multiple=False, pgsizes=None, max_dma_maps=None, unknown={'x': [1]},
               migration={'pgsize': 4096}, twin_socket={'supported': False})
    equal(c.caps, dict(max_msg_fds=8, max_data_xfer_size=1048576))


def version_bad_json(_):
    c = Client(path(), negotiate=False)
    texts = (b'{\0', b'{"capabilities":{}}', b'[]\0', b'7\0', b'\xff\xfe\0', b'{} {}\0', b'{}\0{}\0', b'\0',
             b'{"capabilities":7}\0', b'{"capabilities":{"max_msg_fds":"8"}}\0',
             b'{"capabilities":{"max_data_xfer_size":-1}}\0', b'{"capabilities":{"write_multiple":1}}\0',
             b'{"capabilities":{"twin_socket":true}}\0', b'{"capabilities":{"twin_socket":{"supported":"yes"}}}\0',
             b'[' * 5000 + b'\0')
    for text in texts:
        refused(errno.EINVAL, c.command, VERSION, struct.pack('=HH', 0, 0) + text)
        # VERSION's error comes with No_reply too.
        refused(errno.EINVAL, c.command, VERSION, struct.pack('=HH', 0, 0) + text, flags=NO_REPLY)
    for body in (b'', b'\0\0\0'):
        refused(errno.EINVAL, c.command, VERSION, body)
    event = Event()
    refused(errno.EINVAL, c.command, VERSION, struct.pack('=HH', 0, 0), fds=[event.fd])
    # The connection is still good for a proper one, and for no second one.
    c.negotiate()
    still_serves(c)
    refused(errno.EINVAL, c.command, VERSION, struct.pack('=HH', 0, 0) + b'{}\0')
    still_serves(c)


def version_major(_):
    c = Client(path(), negotiate=False)
    refused(errno.EINVAL, c.command, VERSION, struct.pack('=HH', 1, 0) + b'{}\0')
    try:
        c.receive()
        raise AssertionError('still open')
    except Gone:
        pass
    still_serves(Client(path()))


def version_first(_):
    c = Client(path(), negotiate=False)
    for command in range(2, 20):
        refused(errno.EINVAL, c.command, command, bytes(40))
    c.negotiate()
    still_serves(c)


main(globals())
