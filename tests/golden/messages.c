60 violations by the client, 23 violations by the server, 22 suspicious
violation by the server: dma-outside, 11 times, first #1: nothing is mapped at 0x10001000
violation by the client: version-not-first, 9 times, first #19: the first message is command 2
violation by the client: map-overlap, #23: 0x100000+0xff00000 lies over 0x0+0x10000000
violation by the client: map-size, #26: 0x99aabbccddeeff01+0x203040506070809, the smallest page has 0x1000
violation by the client: too-short, 8 times, first #27: 28 bytes of payload, the fixed part has 32
violation by the client: too-long, 4 times, first #28: 3 bytes beyond the known fields
violation by the client: argsz-too-small, 3 times, first #33: argsz is 0, the fixed part has 24 bytes
violation by the server: reply-without-command, 2 times, first #48: no command of the client with id 4 waits for a reply
violation by the client: migration-data-state, 4 times, first #59: the device is in state 9
violation by the server: reply-above-argsz, 2 times, first #87: 36 bytes of payload, the request's argsz was 32
violation by the server: cap-chain, 4 times, first #91: the capability at 32 has a next that makes a loop, or is outside the reply
violation by the server: fd-missing, 2 times, first #99: the region can be mapped, but no descriptor came
violation by the server: cap-overlap, #99: 4294967295 areas do not fit before the next capability or the end
violation by the server: fd-index, #103: fd_index 0, the message has 0 descriptors
violation by the client: reply-without-command, #120: no command of the server with id 47826 waits for a reply
violation by the client: reserved-flags, #134: reserved flag bits are set: 0xc0
violation by the client: unknown-type, #135: type 2 is neither command nor reply
violation by the client: error-in-command, #139: errno 22 and the error flag clear in a command
violation by the client: no-such-region, #146: region 3735928559: no device has as many
violation by the client: version-twice, 15 times, first #177: a second VERSION on this connection
violation by the client: json-invalid, 6 times, first #183: the version data: it is empty
violation by the client: json-without-nul, #186: the version data's last byte is 0x7d
violation by the client: json-wrong-type, 3 times, first #189: max_msg_fds is not an integer from 0 to 2^64 - 1
suspicious: the client: error-reply-payload, #16: an error reply has 16 bytes of payload
suspicious: the client: never-answered, 2 times, first on connection 1: 2 of the server's commands got no reply, the oldest is #17, DMA_WRITE, sent 0.000 s before the end
suspicious: the client: map-flags, #26: flags 0x80000010 are unknown
suspicious: the server: error-reply-payload, 2 times, first #48: an error reply has 24 bytes of payload
suspicious: the server: migration-padded, #65: size says 2, 6 more bytes follow
suspicious: the client: info-index, 2 times, first #84: IRQ index 9, the device has 5
suspicious: the client: unknown-command, 3 times, first #131: command 19 is not in the specification
suspicious: the client: region-not-asked, 7 times, first #140: config is accessed, its info was not asked for
suspicious: the client: file-too-small, #166: 0x100000 bytes at 0x1000 of the descriptor's file, which has 0x100000
suspicious: the server: crossing, #174: a command while the other side waits for the reply to its #172, on the same socket: see twin_socket
suspicious: the server: capability-not-offered, #178: migration was not proposed
13 errors: EFAULT #14, EPERM #16, ENOENT #32, 7 EINVAL, first #48, errno 4242 #136, EIO #149, errno 0 #150
  because not-mapped, 2 times, first #14: 0xffffffffffffff00+256 is not mapped, nothing is
  because rule-broken, 6 times, first #83: #82 breaks too-short: 8 bytes of payload, the fixed part has 32
  perhaps because legacy-command, #128: DIRTY_PAGES is of an older specification: the features DMA_LOGGING_... are in its place
  because unknown-command, #132: nobody knows a command 19
48 commands never answered
  never answered: #17 DMA_WRITE of the server
  never answered: #18 DMA_WRITE of the server
  never answered: #23 DMA_MAP of the client on connection 2
  never answered: #24 DMA_MAP of the client on connection 2
  never answered: #25 DMA_MAP of the client on connection 2
  never answered: #26 DMA_MAP of the client on connection 2
  never answered: #27 DMA_MAP of the client on connection 2
  never answered: #28 DMA_MAP of the client on connection 2
  ...
slowest: 3.0us  #134 DEVICE_RESET
         3.0us  #20 DMA_MAP
         3.0us  #19 DMA_MAP
196 messages, 9613 bytes, 11 connections, 4 commands posted, 3 replies to no command, 2 messages cut

peers look like
client  QEMU 11 (10.1 or later)

command                   calls  errors  median    p99    max  time
DEVICE_GET_REGION_INFO       13       1   1.6us  1.7us  1.7us   19%  ##
DEVICE_FEATURE               15       1   1.6us  1.6us  1.6us   10%  #.
REGION_READ                   7       3   1.5us  1.5us  1.5us   10%  #
DEVICE_GET_REGION_IO_FDS      5       0   1.5us  1.5us  1.5us    7%  #
DMA_MAP                       9       0   2.9us  2.9us  3.0us    7%  #
DMA_UNMAP                     7       1   1.6us  1.6us  1.6us    6%  #
DMA_READ                      5       1   1.5us  1.5us  1.5us    5%  #
DMA_WRITE                     6       1   1.6us  1.6us  1.6us    5%  #
VERSION                      19       1   1.5us  1.5us  1.5us    5%  #
DEVICE_GET_IRQ_INFO           3       0   1.6us  1.6us  1.6us    4%  #
DEVICE_RESET                  4       1   1.5us  3.0us  3.0us    4%  #
DIRTY_PAGES                   3       1   1.5us  1.5us  1.5us    4%  #
MIG_DATA_READ                 2       0   1.6us  1.6us  1.6us    3%  .
REGION_WRITE                  7       0   1.5us  1.6us  1.6us    3%  .
DEVICE_GET_INFO               2       0   1.5us  1.6us  1.6us    3%  .
DEVICE_SET_IRQS               7       1   1.5us  1.5us  1.5us    3%  .
REGION_WRITE_MULTI            3       0   1.6us  1.6us  1.6us    2%  .
MIG_DATA_WRITE                2       0   1.6us  1.6us  1.6us    1%  .
UNKNOWN                       3       1   1.5us  1.5us  1.5us    1%  .
total                       122      13   1.6us  3.0us  3.0us  100%

latency  replies
  < 2us       67  ##############################
  < 5us        3  #.

hottest registers  reads  writes
bar2+0x8               2       1
bar0+0x20              0       2
bar0+0x10              0       1
bar0+0x14              1       0
bar1+0x100             0       1
bar1+0x1122            1       0
bar2+0x1000            0       1
bar5+0x0               0       1
rom+0x0                0       1
config+0x0             1       0
of 15 registers

migration
connection 3: the last state is an unknown state (#56); 6 bytes of its data were read, to the end; 4 bytes of its data were written

SET_IRQS  armed  taken away  disabled  triggered  masked  unmasked
intx          1           0         1          0       0         0
msi           0           0         0          0       0         1
msix          1           0         0          0       0         0
req           0           0         0          0       1         0

vector  armed  masked  fired  while not armed
intx 0      1       0      0                0
msix 1      1       0      0                0
msix 2      1       0      0                0
req 1       0       1      0                0
req 2       0       1      0                0
req 3       0       1      0                0

DMA by message  reads  bytes  writes  bytes
elsewhere           5   1350       6     86
