suspicious: the client: region-not-asked, 2 times, first #5: config is accessed, its info was not asked for
no error, every command answered
slowest: 420.3us  #43 REGION_WRITE bar0+0x98
         101.7us  #1 VERSION
         70.9us  #21 DEVICE_SET_IRQS
50 messages, 2074 bytes, 1 connection

peers look like
client  vfuscope shell (or ping)
server  vfuscope serve

command          calls  errors  bytes   median      p99      max  time
REGION_WRITE        12       0    846   14.8us  409.6us  420.3us   60%  #####
REGION_READ          7       0    484   13.8us   27.6us   27.6us   12%  #
VERSION              1       0    420  101.7us  101.7us  101.7us   11%  #
DEVICE_SET_IRQS      1       0     52   70.9us   70.9us   70.9us    7%  #
DMA_WRITE            1       0     72   40.5us   40.5us   40.5us    4%  .
DMA_READ             1       0     72   23.1us   23.1us   23.1us    2%  .
DMA_MAP              1       0     64   16.7us   16.7us   16.7us    2%  .
DEVICE_GET_INFO      1       0     64   15.8us   15.8us   15.8us    2%  .
total               25       0   2074   15.8us  409.6us  420.3us  100%

latency  replies
 < 20us       18  ##############################
 < 50us        4  #######
< 100us        1  ##
< 200us        1  ##
< 500us        1  ##

hottest registers  reads  writes
bar0+0x98              2       2
bar0+0x4               1       1
bar0+0x8               1       1
bar0+0x80              0       2
bar0+0x88              0       2
bar0+0x90              0       2
bar0+0x0               1       0
bar0+0x20              1       0
bar0+0x24              1       0
bar0+0x64              0       1
of 11 registers

SET_IRQS  armed  taken away  disabled  triggered  masked  unmasked
msix          1           0         0          0       0         0

vector  armed  masked  fired  while not armed
msix 0      1       0      0                0
msix 1      1       0      0                0
msix 2      1       0      0                0
msix 3      1       0      0                0

DMA by message  reads  bytes  writes  bytes
1  0x100000+4K      1      8       1      8
