command                       calls  errors        bytes     min us     median        p99        max
VERSION                           1       0          420      101.7      101.7      101.7      101.7
DMA_MAP                           1       0           64       16.7       16.7       16.7       16.7
DEVICE_GET_INFO                   1       0           64       15.8       15.8       15.8       15.8
DEVICE_SET_IRQS                   1       0           52       70.9       70.9       70.9       70.9
REGION_READ                       7       0          484       12.9       13.8       27.6       27.6
REGION_WRITE                     12       0          846       12.0       14.8      409.6      420.3
DMA_READ                          1       0           72       23.1       23.1       23.1       23.1
DMA_WRITE                         1       0           72       40.5       40.5       40.5       40.5
total                            25       0         2074
50 messages, 1 connection

peers look like
client  vfuscope shell (or ping)
server  vfuscope serve

hottest registers           reads   writes
bar0+0x98                       2        2
bar0+0x4                        1        1
bar0+0x8                        1        1
bar0+0x80                       0        2
bar0+0x88                       0        2
bar0+0x90                       0        2
bar0+0x0                        1        0
bar0+0x20                       1        0
bar0+0x24                       1        0
bar0+0x64                       0        1
of 11 registers

SET_IRQS                    armed  taken away  disabled  triggered  masked  unmasked
msix                            1           0         0          0       0         0

vector                      armed  masked     fired  while not armed
msix 0                          1       0         0                0
msix 1                          1       0         0                0
msix 2                          1       0         0                0
msix 3                          1       0         0                0

DMA by message              reads        bytes   writes        bytes
1  0x100000+4K                  1            8        1            8

rule                      severity       count  first
region-not-asked          suspicious         2  #5, the client: config is accessed, its info was not asked for
