    0.000000  1  * connect
    0.000014  1  client > #1     VERSION                      0  0.2 {"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,"pgsizes":4096,"max_dma_maps":65535,"write_multiple":true,"twin_socket":{"supported":true},"migration":{"pgsize":4096,"max_bitmap_size":268435456}}}
        header: #1, id 0, command 1, size 232, flags 0x0, error 0
        major: 0
        minor: 2
        json: {"capabilities":{"max_msg_fds":16,"max_data_xfer_size":1048576,"pgsizes":4096,"max_dma_maps":65535,"write_multiple":true,"twin_socket":{"supported":true},"migration":{"pgsize":4096,"max_bitmap_size":268435456}}}
    0.000116  1  server < #2     VERSION                      0  0.2 {"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"pgsizes":4096,"max_dma_maps":65535,"write_multiple":true,"twin_socket":{"supported":true,"fd_index":0}}}  fd socket  101.7us
        header: #2, id 0, command 1, size 188, flags 0x1, error 0, answers #1
        major: 0
        minor: 2
        json: {"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"pgsizes":4096,"max_dma_maps":65535,"write_multiple":true,"twin_socket":{"supported":true,"fd_index":0}}}
    0.000116  1  * peer: the client looks like vfuscope shell (or ping)
    0.000116  1  * peer: the server looks like vfuscope serve
    0.000232  1  client > #3     DEVICE_GET_INFO              1
        header: #3, id 1, command 4, size 32, flags 0x0, error 0
        argsz: 16
        flags: 0x0 (0)
        num_regions: 0
        num_irqs: 0
    0.000248  1  server < #4     DEVICE_GET_INFO              1  9 regions, 5 IRQs, reset|pci  15.8us
        header: #4, id 1, command 4, size 32, flags 0x1, error 0, answers #3
        argsz: 16
        flags: 0x3 (reset|pci)
        num_regions: 9
        num_irqs: 5
    0.000345  1  client > #5     REGION_WRITE                 2  config+0x4 = 0x0406
        header: #5, id 2, command 10, size 34, flags 0x0, error 0
        offset: 0x4
        region: 7 (config)
        count: 2
        data: 0604 (2 bytes)
        ! suspicious: the client: config is accessed, its info was not asked for [region-not-asked]
    0.000365  1  server < #6     REGION_WRITE                 2  config+0x4 2 bytes  19.6us
        header: #6, id 2, command 10, size 32, flags 0x1, error 0, answers #5
        offset: 0x4
        region: 7 (config)
        count: 2
    0.000383  1  client > #7     REGION_READ                  3  bar0+0x0 4 bytes
        header: #7, id 3, command 9, size 32, flags 0x0, error 0
        offset: 0x0
        region: 0 (bar0)
        count: 4
        ! suspicious: the client: bar0 is accessed, its info was not asked for [region-not-asked]
    0.000400  1  server < #8     REGION_READ                  3  bar0+0x0 = 0x010000ed  16.5us
        header: #8, id 3, command 9, size 36, flags 0x1, error 0, answers #7
        offset: 0x0
        region: 0 (bar0)
        count: 4
        data: ed000001 (4 bytes)
    0.000425  1  client > #9     REGION_WRITE                 4  bar0+0x4 = 0x12345678
        header: #9, id 4, command 10, size 36, flags 0x0, error 0
        offset: 0x4
        region: 0 (bar0)
        count: 4
        data: 78563412 (4 bytes)
    0.000438  1  server < #10    REGION_WRITE                 4  bar0+0x4 4 bytes  13.2us
        header: #10, id 4, command 10, size 32, flags 0x1, error 0, answers #9
        offset: 0x4
        region: 0 (bar0)
        count: 4
    0.000453  1  client > #11    REGION_READ                  5  bar0+0x4 4 bytes
        header: #11, id 5, command 9, size 32, flags 0x0, error 0
        offset: 0x4
        region: 0 (bar0)
        count: 4
    0.000466  1  server < #12    REGION_READ                  5  bar0+0x4 = 0xedcba987  13.6us
        header: #12, id 5, command 9, size 36, flags 0x1, error 0, answers #11
        offset: 0x4
        region: 0 (bar0)
        count: 4
        data: 87a9cbed (4 bytes)
    0.000482  1  client > #13    REGION_WRITE                 6  bar0+0x8 = 0x0000000a
        header: #13, id 6, command 10, size 36, flags 0x0, error 0
        offset: 0x8
        region: 0 (bar0)
        count: 4
        data: 0a000000 (4 bytes)
    0.000495  1  server < #14    REGION_WRITE                 6  bar0+0x8 4 bytes  13.0us
        header: #14, id 6, command 10, size 32, flags 0x1, error 0, answers #13
        offset: 0x8
        region: 0 (bar0)
        count: 4
    0.000513  1  client > #15    REGION_READ                  7  bar0+0x20 4 bytes
        header: #15, id 7, command 9, size 32, flags 0x0, error 0
        offset: 0x20
        region: 0 (bar0)
        count: 4
    0.000526  1  server < #16    REGION_READ                  7  bar0+0x20 = 0x00000000  12.9us
        header: #16, id 7, command 9, size 36, flags 0x1, error 0, answers #15
        offset: 0x20
        region: 0 (bar0)
        count: 4
        data: 00000000 (4 bytes)
    0.000541  1  client > #17    REGION_READ                  8  bar0+0x8 4 bytes
        header: #17, id 8, command 9, size 32, flags 0x0, error 0
        offset: 0x8
        region: 0 (bar0)
        count: 4
    0.000554  1  server < #18    REGION_READ                  8  bar0+0x8 = 0x00375f00  13.0us
        header: #18, id 8, command 9, size 36, flags 0x1, error 0, answers #17
        offset: 0x8
        region: 0 (bar0)
        count: 4
        data: 005f3700 (4 bytes)
    0.000589  1  client > #19    DMA_MAP                      9  0x100000+4K readable|writeable  by message
        header: #19, id 9, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x3 (readable|writeable)
        offset: 0x0
        address: 0x100000
        size: 0x1000 (4K)
    0.000606  1  server < #20    DMA_MAP                      9  ok  16.7us
        header: #20, id 9, command 2, size 16, flags 0x1, error 0, answers #19
    0.000792  1  client > #21    DEVICE_SET_IRQS             10  msix 0+4 eventfd|trigger  fds eventfd,eventfd,eventfd,eventfd
        header: #21, id 10, command 8, size 36, flags 0x0, error 0
        argsz: 20
        flags: 0x24 (eventfd|trigger)
        index: 2 (msix)
        start: 0
        count: 4
    0.000863  1  server < #22    DEVICE_SET_IRQS             10  ok  70.9us
        header: #22, id 10, command 8, size 16, flags 0x1, error 0, answers #21
    0.000883  1  client > #23    REGION_WRITE                11  bar0+0x80 = 0x0000000000100000
        header: #23, id 11, command 10, size 40, flags 0x0, error 0
        offset: 0x80
        region: 0 (bar0)
        count: 8
        data: 0000100000000000 (8 bytes)
    0.000896  1  server < #24    REGION_WRITE                11  bar0+0x80 8 bytes  13.0us
        header: #24, id 11, command 10, size 32, flags 0x1, error 0, answers #23
        offset: 0x80
        region: 0 (bar0)
        count: 8
    0.000911  1  client > #25    REGION_WRITE                12  bar0+0x88 = 0x0000000000040000
        header: #25, id 12, command 10, size 40, flags 0x0, error 0
        offset: 0x88
        region: 0 (bar0)
        count: 8
        data: 0000040000000000 (8 bytes)
    0.000923  1  server < #26    REGION_WRITE                12  bar0+0x88 8 bytes  12.0us
        header: #26, id 12, command 10, size 32, flags 0x1, error 0, answers #25
        offset: 0x88
        region: 0 (bar0)
        count: 8
    0.000938  1  client > #27    REGION_WRITE                13  bar0+0x90 = 0x0000000000000008
        header: #27, id 13, command 10, size 40, flags 0x0, error 0
        offset: 0x90
        region: 0 (bar0)
        count: 8
        data: 0800000000000000 (8 bytes)
    0.000951  1  server < #28    REGION_WRITE                13  bar0+0x90 8 bytes  12.5us
        header: #28, id 13, command 10, size 32, flags 0x1, error 0, answers #27
        offset: 0x90
        region: 0 (bar0)
        count: 8
    0.000969  1  client > #29    REGION_WRITE                14  bar0+0x98 = 0x0000000000000005
        header: #29, id 14, command 10, size 40, flags 0x0, error 0
        offset: 0x98
        region: 0 (bar0)
        count: 8
        data: 0500000000000000 (8 bytes)
    0.000984  1  server < #30    REGION_WRITE                14  bar0+0x98 8 bytes  14.7us
        header: #30, id 14, command 10, size 32, flags 0x1, error 0, answers #29
        offset: 0x98
        region: 0 (bar0)
        count: 8
    0.001008  1t server > #31    DMA_READ                     1  0x100000 8 bytes
        header: #31, id 1, command 11, size 32, flags 0x0, error 0
        address: 0x100000
        count: 8
    0.001031  1t client < #32    DMA_READ                     1  0x100000 = 76667573636f7065  23.1us
        header: #32, id 1, command 11, size 40, flags 0x1, error 0, answers #31
        address: 0x100000
        count: 8
        data: 76667573636f7065 (8 bytes)
    0.001061  1  client > #33    REGION_READ                 15  bar0+0x24 4 bytes
        header: #33, id 15, command 9, size 32, flags 0x0, error 0
        offset: 0x24
        region: 0 (bar0)
        count: 4
    0.001074  1  server < #34    REGION_READ                 15  bar0+0x24 = 0x00000100  13.6us
        header: #34, id 15, command 9, size 36, flags 0x1, error 0, answers #33
        offset: 0x24
        region: 0 (bar0)
        count: 4
        data: 00010000 (4 bytes)
    0.001091  1  client > #35    REGION_WRITE                16  bar0+0x64 = 0x00000100
        header: #35, id 16, command 10, size 36, flags 0x0, error 0
        offset: 0x64
        region: 0 (bar0)
        count: 4
        data: 00010000 (4 bytes)
    0.001109  1  server < #36    REGION_WRITE                16  bar0+0x64 4 bytes  17.1us
        header: #36, id 16, command 10, size 32, flags 0x1, error 0, answers #35
        offset: 0x64
        region: 0 (bar0)
        count: 4
    0.001123  1  client > #37    REGION_WRITE                17  bar0+0x80 = 0x0000000000040000
        header: #37, id 17, command 10, size 40, flags 0x0, error 0
        offset: 0x80
        region: 0 (bar0)
        count: 8
        data: 0000040000000000 (8 bytes)
    0.001139  1  server < #38    REGION_WRITE                17  bar0+0x80 8 bytes  15.8us
        header: #38, id 17, command 10, size 32, flags 0x1, error 0, answers #37
        offset: 0x80
        region: 0 (bar0)
        count: 8
    0.001156  1  client > #39    REGION_WRITE                18  bar0+0x88 = 0x0000000000100800
        header: #39, id 18, command 10, size 40, flags 0x0, error 0
        offset: 0x88
        region: 0 (bar0)
        count: 8
        data: 0008100000000000 (8 bytes)
    0.001170  1  server < #40    REGION_WRITE                18  bar0+0x88 8 bytes  14.7us
        header: #40, id 18, command 10, size 32, flags 0x1, error 0, answers #39
        offset: 0x88
        region: 0 (bar0)
        count: 8
    0.001187  1  client > #41    REGION_WRITE                19  bar0+0x90 = 0x0000000000000008
        header: #41, id 19, command 10, size 40, flags 0x0, error 0
        offset: 0x90
        region: 0 (bar0)
        count: 8
        data: 0800000000000000 (8 bytes)
    0.001202  1  server < #42    REGION_WRITE                19  bar0+0x90 8 bytes  14.7us
        header: #42, id 19, command 10, size 32, flags 0x1, error 0, answers #41
        offset: 0x90
        region: 0 (bar0)
        count: 8
    0.001218  1  client > #43    REGION_WRITE                20  bar0+0x98 = 0x0000000000000003
        header: #43, id 20, command 10, size 40, flags 0x0, error 0
        offset: 0x98
        region: 0 (bar0)
        count: 8
        data: 0300000000000000 (8 bytes)
    0.001638  1  server < #44    REGION_WRITE                20  bar0+0x98 8 bytes  420.3us
        header: #44, id 20, command 10, size 32, flags 0x1, error 0, answers #43
        offset: 0x98
        region: 0 (bar0)
        count: 8
    0.001662  1t server > #45    DMA_WRITE                    2  0x100800 = 76667573636f7065
        header: #45, id 2, command 12, size 40, flags 0x0, error 0
        address: 0x100800
        count: 8
        data: 76667573636f7065 (8 bytes)
    0.001667  1  client > #46    REGION_READ                 21  bar0+0x98 8 bytes
        header: #46, id 21, command 9, size 32, flags 0x0, error 0
        offset: 0x98
        region: 0 (bar0)
        count: 8
    0.001694  1  server < #47    REGION_READ                 21  bar0+0x98 = 0x0000000000000003  27.6us
        header: #47, id 21, command 9, size 40, flags 0x1, error 0, answers #46
        offset: 0x98
        region: 0 (bar0)
        count: 8
        data: 0300000000000000 (8 bytes)
    0.001703  1t client < #48    DMA_WRITE                    2  0x100800 8 bytes  40.5us
        header: #48, id 2, command 12, size 32, flags 0x1, error 0, answers #45
        address: 0x100800
        count: 8
    0.002917  1  client > #49    REGION_READ                 22  bar0+0x98 8 bytes
        header: #49, id 22, command 9, size 32, flags 0x0, error 0
        offset: 0x98
        region: 0 (bar0)
        count: 8
    0.002938  1  server < #50    REGION_READ                 22  bar0+0x98 = 0x0000000000000002  20.4us
        header: #50, id 22, command 9, size 40, flags 0x1, error 0, answers #49
        offset: 0x98
        region: 0 (bar0)
        count: 8
        data: 0200000000000000 (8 bytes)
    0.003695  1  * disconnect: client closed
