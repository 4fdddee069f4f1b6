no rule broken, no error, every command answered
slowest: 3.378ms  #29 REGION_READ config+0x30
         872.3us  #431 REGION_READ config+0x0
         264.7us  #199 DMA_MAP
716 messages, 24914 bytes, 1 connection

peers look like
client  QEMU 11 (10.1 or later)
server  vfuscope serve

command                 calls  errors   median      p99      max  time
REGION_READ               222       0   55.2us  204.8us  3.378ms   68%  #####.
REGION_WRITE               60       0   27.6us  110.5us  112.3us   11%  #
DMA_MAP                    34       0   51.2us  264.7us  264.7us   10%  #
DMA_UNMAP                  26       0   43.0us  215.6us  215.6us    8%  #
DEVICE_GET_REGION_INFO      8       0   38.9us   58.9us   58.9us    2%  .
VERSION                     1       0  181.5us  181.5us  181.5us    1%  .
DEVICE_SET_IRQS             3       0   47.1us   75.2us   75.2us    1%  .
DEVICE_GET_IRQ_INFO         2       0   24.1us   38.4us   38.4us   <1%  .
DEVICE_GET_INFO             1       0   33.5us   33.5us   33.5us   <1%  .
DEVICE_RESET                1       0   21.8us   21.8us   21.8us   <1%  .
total                     358       0   51.2us  237.5us  3.378ms  100%

latency  replies
 < 20us       48  #########
 < 50us      123  ######################.
< 100us      165  ##############################
< 200us       16  ###
< 500us        4  #
  < 1ms        1  .
  < 2ms        0
  < 5ms        1  .

hottest registers  reads  writes
config+0x4            19      18
config+0x6            13       0
config+0x0            12       0
config+0x40           12       0
config+0x30            2       8
config+0xe             9       0
config+0x8             7       0
config+0x10            1       6
config+0x18            1       6
config+0x20            1       6
of 103 registers

SET_IRQS  armed  taken away  disabled  triggered  masked  unmasked
intx          2           0         1          0       0         0

vector  armed  masked  fired  while not armed
intx 0      2       0      0                0
