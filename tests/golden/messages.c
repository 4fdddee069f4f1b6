command                       calls  errors        bytes     min us     median        p99        max
VERSION                          18       1         1432        1.5        1.5        1.5        1.5
DMA_MAP                           9       0          479        1.5        2.9        2.9        3.0
DMA_UNMAP                         7       1          440        1.5        1.6        1.6        1.6
DEVICE_GET_INFO                   2       0          148        1.5        1.5        1.6        1.6
DEVICE_GET_REGION_INFO           12       1         1315        1.5        1.6        1.7        1.7
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
DEVICE_FEATURE                   12       1          667        1.5        1.6        1.6        1.6
MIG_DATA_READ                     2       0          108        1.6        1.6        1.6        1.6
MIG_DATA_WRITE                    2       0           72        1.6        1.6        1.6        1.6
UNKNOWN                           3       1           78        1.5        1.5        1.5        1.5
total                           117      13         9188
189 messages, 11 connections, 4 commands without reply, 3 replies to no command, 45 never answered, 2 messages cut
