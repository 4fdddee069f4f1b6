command                       calls  errors        bytes     min us     median        p99        max
VERSION                           1       0          356      181.5      181.5      181.5      181.5
DMA_MAP                          34       0         2176       22.0       51.2      264.7      264.7
DMA_UNMAP                        26       0         2080       24.4       43.0      215.6      215.6
DEVICE_GET_INFO                   1       0           64       33.5       33.5       33.5       33.5
DEVICE_GET_REGION_INFO            8       0          816       33.0       38.9       58.9       58.9
DEVICE_GET_IRQ_INFO               2       0          128       24.1       24.1       38.4       38.4
DEVICE_SET_IRQS                   3       0          156       43.0       47.1       75.2       75.2
REGION_READ                     222       0        15065       13.3       55.2      204.8     3378.6
REGION_WRITE                     60       0         4041       12.9       27.6      110.5      112.3
DEVICE_RESET                      1       0           32       21.8       21.8       21.8       21.8
total                           358       0        24914
716 messages, 1 connection

peers look like
client  QEMU 11 (10.1 or later)
server  vfuscope serve

hottest registers           reads   writes
config+0x4                     19       18
config+0x6                     13        0
config+0x0                     12        0
config+0x40                    12        0
config+0x30                     2        8
config+0xe                      9        0
config+0x8                      7        0
config+0x10                     1        6
config+0x18                     1        6
config+0x20                     1        6
of 103 registers

SET_IRQS                    armed  taken away  disabled  triggered  masked  unmasked
intx                            2           0         1          0       0         0

vector                      armed  masked     fired  while not armed
intx 0                          2       0         0                0
