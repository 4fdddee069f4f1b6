"""pieces.py SERVER CLIENT: both ends of a tap that sets messages aside, joins them or splits them. Listens at SERVER,
connects to CLIENT, sends, and prints what came out at the other end: a line a
recvmsg, with each message's id (a part of one: its bytes) and how many descriptors came."""
import os
import socket
import struct
import sys

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[2])
server, _ = listener.accept()
fd = os.open("/dev/null", os.O_RDONLY)
REGION_READ, DMA_MAP = 9, 2


def message(number, command=REGION_READ, count=4):
    body = struct.pack("<QII", 0, 0, count) if command == REGION_READ else struct.pack("<IIQQQ", 32, 3, 0, number << 20, 4096)
    return struct.pack("<HHIII", number, command, 16 + len(body), 0, 0) + body


def send(number, fds=(), command=REGION_READ):
    socket.send_fds(client, [message(number, command)], list(fds))


def receive():
    data, fds, _, _ = socket.recv_fds(server, 4096, 16)
    for each in fds:
        os.close(each)
    said = []
    while data:
        number, command, size = struct.unpack_from("<HHI", data) if len(data) >= 16 else (0, 0, 0)
        if not 16 <= size <= len(data):
            said.append(f"{len(data)} bytes")
            break
        count = f"/{struct.unpack_from('<I', data, 28)[0]}" if command == REGION_READ else ""
        said.append(f"{number}{count}")
        data = data[size:]
    print(" ".join(said) or "end", f"fds {len(fds)}", flush=True)
    return bool(said)


def whole(count):
    """That many messages, each alone: the descriptor that each has keeps a reader from getting two at once."""
    for _ in range(count):
        receive()


send(1, [fd], DMA_MAP)  # split
receive()
receive()
send(2, [fd], DMA_MAP)  # glue
send(3, [fd], DMA_MAP)
receive()
for n in 4, 5:  # reorder: 4
    send(n, [fd])
whole(2)
for n in 6, 7, 8, 9:  # hold=2: 6
    send(n, [fd])
whole(4)
send(10, [fd])  # set
receive()
for n in 11, 12, 13:  # glue twice: the second has its next in the first's
    send(n, [fd])
whole(2)
for n in 14, 15:  # hold=5: 14, till the end
    send(n, [fd])
client.shutdown(socket.SHUT_WR)
while receive():
    pass
