command                       calls  errors        bytes     min us     median        p99        max
VERSION                          19       1         1549        1.5        1.5        1.5        1.5
DMA_MAP                           9       0          479        1.5        2.9        2.9        3.0
DMA_UNMAP                         7       1          440        1.5        1.6        1.6        1.6
DEVICE_GET_INFO                   2       0          148        1.5        1.5        1.6        1.6
DEVICE_GET_REGION_INFO           13       1         1499        1.5        1.6        1.7        1.7
DEVICE_GET_REGION_IO_FDS          5       0          688        1.5        1.5        1.5        1.5
DEVICE_GET_IRQ_INFO               3       0          192        1.5        1.6        1.6        1.6
DEVICE_SET_IRQS                   7       1          283        1.5        1.5        1.5        1.5
REGION_READ                       7       3          700        1.5        1.5        1.5        1.5
REGION_WRITE                      7       0          308        1.5        1.5        1.6        1.6
DMA_READ                          5       1         1364        1.5        1.5        1.5        1.5
DMA_WRITE                         6       1          382        1.5        1.6        1.6        1.6
DEVICE_RESET                      4       1          116        1.5        1.5        3.0        3.0
DIRTY_PAGES                       3       1          200        1.5        1.5        1.5        1.5
REGION_WRITE_MULTI                3       0          216        1.6        1.6        1.6        1.6
DEVICE_FEATURE                   15       1          791        1.5        1.6        1.6        1.6
MIG_DATA_READ                     2       0          108        1.6        1.6        1.6        1.6
MIG_DATA_WRITE                    2       0           72        1.6        1.6        1.6        1.6
UNKNOWN                           3       1           78        1.5        1.5        1.5        1.5
total                           122      13         9613
196 messages, 11 connections, 4 commands without reply, 3 replies to no command, 48 never answered, 2 messages cut

peers look like
client  QEMU 11 (10.1 or later)

migration
connection 3: the last state is an unknown state (#56); 6 bytes of its data were read, to the end; 4 bytes of its data were written

hottest registers           reads   writes
bar2+0x8                        2        1
bar0+0x20                       0        2
bar0+0x10                       0        1
bar0+0x14                       1        0
bar1+0x100                      0        1
bar1+0x1122                     1        0
bar2+0x1000                     0        1
bar5+0x0                        0        1
rom+0x0                         0        1
config+0x0                      1        0
of 15 registers

SET_IRQS                    armed  taken away  disabled  triggered  masked  unmasked
intx                            1           0         1          0       0         0
msi                             0           0         0          0       0         1
msix                            1           0         0          0       0         0
req                             0           0         0          0       1         0

vector                      armed  masked     fired  while not armed
intx 0                          1       0         0                0
msix 1                          1       0         0                0
msix 2                          1       0         0                0
req 1                           0       1         0                0
req 2                           0       1         0                0
req 3                           0       1         0                0

DMA by message              reads        bytes   writes        bytes
elsewhere                       5         1350        6           86

rule                      severity       count  first
dma-outside               violation         11  #1, the server: nothing is mapped at 0x10001000
error-reply-payload       suspicious         3  #16, the client: an error reply has 16 bytes of payload
never-answered            suspicious         2  connection 1, the client: 2 of the server's commands got no reply, the oldest is #17, DMA_WRITE, sent 0.000 s before the end
version-not-first         violation          9  #19, the client: the first message is command 2
map-overlap               violation          1  #23, the client: 0x100000+0xff00000 lies over 0x0+0x10000000
map-size                  violation          1  #26, the client: 0x99aabbccddeeff01+0x203040506070809, the smallest page has 0x1000
map-flags                 suspicious         1  #26, the client: flags 0x80000010 are unknown
too-short                 violation          8  #27, the client: 28 bytes of payload, the fixed part has 32
too-long                  violation          4  #28, the client: 3 bytes beyond the known fields
argsz-too-small           violation          3  #33, the client: argsz is 0, the fixed part has 24 bytes
reply-without-command     violation          3  #48, the server: no command of the client with id 4 waits for a reply
migration-data-state      violation          4  #59, the client: the device is in state 9
migration-padded          suspicious         1  #65, the server: size says 2, 6 more bytes follow
info-index                suspicious         2  #84, the client: IRQ index 9, the device has 5
reply-above-argsz         violation          2  #87, the server: 36 bytes of payload, the request's argsz was 32
cap-chain                 violation          4  #91, the server: the capability at 32 has a next that makes a loop, or is outside the reply
fd-missing                violation          2  #99, the server: the region can be mapped, but no descriptor came
cap-overlap               violation          1  #99, the server: 4294967295 areas do not fit before the next capability or the end
fd-index                  violation          1  #103, the server: fd_index 0, the message has 0 descriptors
unknown-command           suspicious         3  #131, the client: command 19 is not in the specification
reserved-flags            violation          1  #134, the client: reserved flag bits are set: 0xc0
unknown-type              violation          1  #135, the client: type 2 is neither command nor reply
error-in-command          violation          1  #139, the client: errno 22 and the error flag clear in a command
region-not-asked          suspicious         7  #140, the client: config is accessed, its info was not asked for
no-such-region            violation          1  #146, the client: region 3735928559: no device has as many
file-too-small            suspicious         1  #166, the client: 0x100000 bytes at 0x1000 of the descriptor's file, which has 0x100000
crossing                  suspicious         1  #174, the server: a command while the other side waits for the reply to its #172, on the same socket: see twin_socket
version-twice             violation         15  #177, the client: a second VERSION on this connection
capability-not-offered    suspicious         1  #178, the server: migration was not proposed
json-invalid              violation          6  #183, the client: the version data: it is empty
json-without-nul          violation          1  #186, the client: the version data's last byte is 0x7d
json-wrong-type           violation          3  #189, the client: max_msg_fds is not an integer from 0 to 2^64 - 1

errors because                           count  first
not-mapped                                   2  #14: 0xffffffffffffff00+256 is not mapped, nothing is
rule-broken                                  6  #83: #82 breaks too-short: 8 bytes of payload, the fixed part has 32
legacy-command                               1  #128, perhaps: DIRTY_PAGES is of an older specification: the features DMA_LOGGING_... are in its place
unknown-command                              1  #132: nobody knows a command 19
