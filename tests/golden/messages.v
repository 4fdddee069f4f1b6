    0.000000  1  * connect
    0.000001  1t server > #1     DMA_WRITE                    1  0x10001000 = 000102030405060708090a0b0c0d0e0f... (64 bytes)
        header: #1, id 1, command 12, size 96, flags 0x0, error 0
        address: 0x10001000
        count: 64
        data: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f (64 bytes)
        ! violation by the server: nothing is mapped at 0x10001000 [dma-outside]
    0.000003  1t client < #2     DMA_WRITE                    1  0x10001000 64 bytes  1.5us
        header: #2, id 1, command 12, size 32, flags 0x1, error 0, answers #1
        address: 0x10001000
        count: 64
    0.000004  1t server > #3     DMA_READ                     2  0x10001000 64 bytes
        header: #3, id 2, command 11, size 32, flags 0x0, error 0
        address: 0x10001000
        count: 64
        ! violation by the server: nothing is mapped at 0x10001000 [dma-outside]
    0.000006  1t client < #4     DMA_READ                     2  0x10001000 = 000102030405060708090a0b0c0d0e0f... (64 bytes)  1.5us
        header: #4, id 2, command 11, size 96, flags 0x1, error 0, answers #3
        address: 0x10001000
        count: 64
        data: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f (64 bytes)
    0.000007  1  server > #5     DMA_READ                     6  0x400 1024 bytes
        header: #5, id 6, command 11, size 32, flags 0x0, error 0
        address: 0x400
        count: 1024
        ! violation by the server: nothing is mapped at 0x400 [dma-outside]
    0.000009  1  client < #6     DMA_READ                     6  0x400 = 42424242424242424242424242424242... (1024 bytes)  1.5us
        header: #6, id 6, command 11, size 1056, flags 0x1, error 0, answers #5
        address: 0x400
        count: 1024
        data: 42424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242... (1024 bytes)
    0.000010  1  server > #7     DMA_WRITE                   16  0x80001000 = 61626364
        header: #7, id 16, command 12, size 36, flags 0x0, error 0
        address: 0x80001000
        count: 4
        data: 61626364 (4 bytes)
        ! violation by the server: nothing is mapped at 0x80001000 [dma-outside]
    0.000012  1  client < #8     DMA_WRITE                   16  0x80001000 4 bytes  1.5us
        header: #8, id 16, command 12, size 28, flags 0x1, error 0, answers #7
        address: 0x80001000
        count: 4
    0.000013  1  server > #9     DMA_WRITE                   17  0x80002000 = 61626364
        header: #9, id 17, command 12, size 36, flags 0x0, error 0
        address: 0x80002000
        count: 4
        data: 61626364 (4 bytes)
        padding: 00000000 (4 bytes)
        ! violation by the server: nothing is mapped at 0x80002000 [dma-outside]
    0.000015  1  client < #10    DMA_WRITE                   17  ok  1.5us
        header: #10, id 17, command 12, size 16, flags 0x1, error 0, answers #9
    0.000016  1  server > #11    DMA_READ                    18  0x80003000 4 bytes
        header: #11, id 18, command 11, size 32, flags 0x0, error 0
        address: 0x80003000
        count: 4
        ! violation by the server: nothing is mapped at 0x80003000 [dma-outside]
    0.000018  1  client < #12    DMA_READ                    18  0x80003000 = 5758595a  1.5us
        header: #12, id 18, command 11, size 36, flags 0x1, error 0, answers #11
        address: 0x80003000
        count: 4
        data: 5758595a (4 bytes)
        padding: 00000000 (4 bytes)
    0.000020  1  server > #13    DMA_READ                    19  0xffffffffffffff00 256 bytes
        header: #13, id 19, command 11, size 32, flags 0x0, error 0
        address: 0xffffffffffffff00
        count: 256
        ! violation by the server: nothing is mapped at 0xffffffffffffff00 [dma-outside]
    0.000021  1  client < #14    DMA_READ                    19  error EFAULT  1.5us
        header: #14, id 19, command 11, size 16, flags 0x21, error 14, answers #13
        because 0xffffffffffffff00+256 is not mapped, nothing is [not-mapped]
    0.000023  1  server > #15    DMA_WRITE                   20  0x2000 = 6869
        header: #15, id 20, command 12, size 34, flags 0x0, error 0
        address: 0x2000
        count: 2
        data: 6869 (2 bytes)
        ! violation by the server: nothing is mapped at 0x2000 [dma-outside]
    0.000024  1  client < #16    DMA_WRITE                   20  error EPERM 0x2000 2 bytes  1.6us
        header: #16, id 20, command 12, size 32, flags 0x21, error 1, answers #15
        address: 0x2000
        count: 2
        because 0x2000+2 is not mapped, nothing is [not-mapped]
        ! suspicious: the client: an error reply has 16 bytes of payload [error-reply-payload]
    0.000026  1  server > #17    DMA_WRITE                   21  0x80004000 = 0000000001020304
        header: #17, id 21, command 12, size 36, flags 0x0, error 0
        address: 0x80004000
        count: 8
        data: 0000000001020304 (8 bytes)
        ! violation by the server: nothing is mapped at 0x80004000 [dma-outside]
    0.000028  1  server > #18    DMA_WRITE                   22  0x80005000 = 05060708
        header: #18, id 22, command 12, size 36, flags 0x0, error 0
        address: 0x80005000
        count: 4
        data: 05060708 (4 bytes)
        ! violation by the server: nothing is mapped at 0x80005000 [dma-outside]
    0.000029  1  * disconnect: client closed
        ! suspicious: the client: 2 of the server's commands got no reply, the oldest is #17, DMA_WRITE, sent 0.000 s before the end [never-answered]
    0.001029  2  * connect
    0.001030  2  client > #19    DMA_MAP                      1  0x0+256M readable|writeable  fd memfd:256M
        header: #19, id 1, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x3 (readable|writeable)
        offset: 0x0
        address: 0x0
        size: 0x10000000 (256M)
        ! violation by the client: the first message is command 2 [version-not-first]
    0.001032  2  client > #20    DMA_MAP                      2  0xfffc0000+256K readable  by message
        header: #20, id 2, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x1 (readable)
        offset: 0x0
        address: 0xfffc0000
        size: 0x40000 (256K)
    0.001033  2  server < #21    DMA_MAP                      1  ok  3.0us
        header: #21, id 1, command 2, size 16, flags 0x1, error 0, answers #19
    0.001035  2  server < #22    DMA_MAP                      2  ok  3.0us
        header: #22, id 2, command 2, size 16, flags 0x1, error 0, answers #20
    0.001036  2  client > #23    DMA_MAP                     38  0x100000+255M readable|writeable offset 0x100000  fd memfd:256M
        header: #23, id 38, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x3 (readable|writeable)
        offset: 0x100000
        address: 0x100000
        size: 0xff00000 (255M)
        ! violation by the client: 0x100000+0xff00000 lies over 0x0+0x10000000 [map-overlap]
    0.001038  2  client > #24    DMA_MAP                      4  0x10000000+64K readable|writeable|mmap  fd file:64K
        header: #24, id 4, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x7 (readable|writeable|mmap)
        offset: 0x0
        address: 0x10000000
        size: 0x10000 (64K)
    0.001039  2  client > #25    DMA_MAP                      6  0x10000000+64K readable|writeable|file-io  fd file:64K
        header: #25, id 6, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0xb (readable|writeable|file-io)
        offset: 0x0
        address: 0x10000000
        size: 0x10000 (64K)
    0.001041  2  client > #26    DMA_MAP                   4660  0x99aabbccddeeff01+0x203040506070809 readable|0x80000010 offset 0x1122334455667788  fd device
        header: #26, id 4660, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x80000011 (readable|0x80000010)
        offset: 0x1122334455667788
        address: 0x99aabbccddeeff01
        size: 0x203040506070809 (0x203040506070809)
        ! violation by the client: 0x99aabbccddeeff01+0x203040506070809, the smallest page has 0x1000 [map-size]
        ! suspicious: the client: flags 0x80000010 are unknown [map-flags]
    0.001042  2  client > #27    DMA_MAP                      5  0x1000+? readable|writeable  by message  too short
        header: #27, id 5, command 2, size 44, flags 0x0, error 0
        argsz: 32
        flags: 0x3 (readable|writeable)
        offset: 0x0
        address: 0x1000
        ! violation by the client: 28 bytes of payload, the fixed part has 32 [too-short]
    0.001044  2  client > #28    DMA_MAP                      6  0x1000+8K readable|writeable  by message  +3 extra bytes
        header: #28, id 6, command 2, size 51, flags 0x0, error 0
        argsz: 32
        flags: 0x3 (readable|writeable)
        offset: 0x0
        address: 0x1000
        size: 0x2000 (8K)
        extra: deadbe
        ! violation by the client: 3 bytes beyond the known fields [too-long]
    0.001045  2  client > #29    DMA_UNMAP                   39  0x10000+64K
        header: #29, id 39, command 3, size 40, flags 0x0, error 0
        argsz: 24
        flags: 0x0 (0)
        address: 0x10000
        size: 0x10000 (64K)
    0.001047  2  server < #30    DMA_UNMAP                   39  0x10000+64K  1.5us
        header: #30, id 39, command 3, size 40, flags 0x1, error 0, answers #29
        argsz: 24
        flags: 0x0 (0)
        address: 0x10000
        size: 0x10000 (64K)
    0.001049  2  client > #31    DMA_UNMAP                   20  0x2000+4K
        header: #31, id 20, command 3, size 40, flags 0x0, error 0
        argsz: 24
        flags: 0x0 (0)
        address: 0x2000
        size: 0x1000 (4K)
    0.001050  2  server < #32    DMA_UNMAP                   20  error ENOENT  1.5us
        header: #32, id 20, command 3, size 16, flags 0x21, error 2, answers #31
    0.001052  2  client > #33    DMA_UNMAP                    2  ?+?  too short
        header: #33, id 2, command 3, size 24, flags 0x0, error 0
        argsz: 0
        flags: 0x0 (0)
        ! violation by the client: 8 bytes of payload, the fixed part has 24 [too-short]
        ! violation by the client: argsz is 0, the fixed part has 24 bytes [argsz-too-small]
    0.001053  2  client > #34    DMA_UNMAP                   11  0x1000+4K get_dirty_bitmap pgsize 4K size 8  +8 extra bytes
        header: #34, id 11, command 3, size 64, flags 0x0, error 0
        argsz: 48
        flags: 0x1 (get_dirty_bitmap)
        address: 0x1000
        size: 0x1000 (4K)
        bitmap:
          pgsize: 0x1000 (4K)
          size: 0x8 (8)
        extra: 0000000000000000
        ! violation by the client: 8 bytes beyond the known fields [too-long]
    0.001055  2  client > #35    DMA_UNMAP                   82  0xfee01000+0xffffffff011ff000
        header: #35, id 82, command 3, size 40, flags 0x0, error 0
        argsz: 24
        flags: 0x0 (0)
        address: 0xfee01000
        size: 0xffffffff011ff000 (0xffffffff011ff000)
    0.001057  2  client > #36    DMA_UNMAP                   96  0x0+0 unmap_all
        header: #36, id 96, command 3, size 40, flags 0x0, error 0
        argsz: 24
        flags: 0x2 (unmap_all)
        address: 0x0
        size: 0x0 (0)
    0.001058  2  server < #37    DMA_UNMAP                   96  ok  1.6us
        header: #37, id 96, command 3, size 16, flags 0x1, error 0, answers #36
    0.001060  2  client > #38    DMA_UNMAP                   97  0x100000+64K get_dirty_bitmap pgsize 4K size 8
        header: #38, id 97, command 3, size 56, flags 0x0, error 0
        argsz: 56
        flags: 0x1 (get_dirty_bitmap)
        address: 0x100000
        size: 0x10000 (64K)
        bitmap:
          pgsize: 0x1000 (4K)
          size: 0x8 (8)
    0.001062  2  server < #39    DMA_UNMAP                   97  0x100000+64K get_dirty_bitmap pgsize 4K 0f00800000000001  1.6us
        header: #39, id 97, command 3, size 64, flags 0x1, error 0, answers #38
        argsz: 48
        flags: 0x1 (get_dirty_bitmap)
        address: 0x100000
        size: 0x10000 (64K)
        bitmap:
          pgsize: 0x1000 (4K)
          size: 0x8 (8)
          data: 0f00800000000001 (8 bytes)
    0.001063  2  * disconnect: client closed
    0.002063  3  * connect
    0.002064  3  client > #40    DEVICE_FEATURE               0  DMA_LOGGING_START set page size 4K
        header: #40, id 0, command 16, size 40, flags 0x0, error 0
        argsz: 24
        flags: 0x20006 (set)
        feature: 6 (DMA_LOGGING_START)
        page_size: 0x1000 (4K)
        num_ranges: 0
        reserved: 0
        ranges:
        ! violation by the client: the first message is command 16 [version-not-first]
    0.002066  3  server < #41    DEVICE_FEATURE               0  DMA_LOGGING_START set page size 4K  1.5us
        header: #41, id 0, command 16, size 40, flags 0x1, error 0, answers #40
        argsz: 24
        flags: 0x20006 (set)
        feature: 6 (DMA_LOGGING_START)
        page_size: 0x1000 (4K)
        num_ranges: 0
        reserved: 0
        ranges:
    0.002067  3  client > #42    DEVICE_FEATURE             153  DMA_LOGGING_REPORT get 0x1000+4K page size 4K
        header: #42, id 153, command 16, size 48, flags 0x0, error 0
        argsz: 40
        flags: 0x10008 (get)
        feature: 8 (DMA_LOGGING_REPORT)
        iova: 0x1000
        length: 0x1000 (4K)
        page_size: 0x1000 (4K)
    0.002069  3  server < #43    DEVICE_FEATURE             153  DMA_LOGGING_REPORT get 0x1000+4K page size 4K 0100000000000000  1.5us
        header: #43, id 153, command 16, size 56, flags 0x1, error 0, answers #42
        argsz: 40
        flags: 0x10008 (get)
        feature: 8 (DMA_LOGGING_REPORT)
        iova: 0x1000
        length: 0x1000 (4K)
        page_size: 0x1000 (4K)
        bitmap: 0100000000000000 (8 bytes)
    0.002070  3  client > #44    DEVICE_FEATURE               3  DMA_LOGGING_STOP set
        header: #44, id 3, command 16, size 24, flags 0x0, error 0
        argsz: 8
        flags: 0x20007 (set)
        feature: 7 (DMA_LOGGING_STOP)
    0.002072  3  client > #45    DEVICE_FEATURE               0  DMA_LOGGING_STOP set page size 4K
        header: #45, id 0, command 16, size 40, flags 0x0, error 0
        argsz: 24
        flags: 0x20007 (set)
        feature: 7 (DMA_LOGGING_STOP)
        page_size: 0x1000 (4K)
        num_ranges: 0
        reserved: 0
        ranges:
    0.002073  3  client > #46    DEVICE_FEATURE           64177  MIG_DEVICE_STATE set PRE_COPY
        header: #46, id 64177, command 16, size 32, flags 0x0, error 0
        argsz: 16
        flags: 0x20002 (set)
        feature: 2 (MIG_DEVICE_STATE)
        device_state: 6 (PRE_COPY)
        data_fd: 4294967295
    0.002075  3  server < #47    DEVICE_FEATURE           64177  MIG_DEVICE_STATE set PRE_COPY  1.5us
        header: #47, id 64177, command 16, size 32, flags 0x1, error 0, answers #46
        argsz: 16
        flags: 0x20002 (set)
        feature: 2 (MIG_DEVICE_STATE)
        device_state: 6 (PRE_COPY)
        data_fd: 4294967295
    0.002076  3  server < #48    DEVICE_FEATURE               4  error EINVAL DMA_LOGGING_START set page size 0  (answers no command)
        header: #48, id 4, command 16, size 40, flags 0x21, error 22
        argsz: 24
        flags: 0x20006 (set)
        feature: 6 (DMA_LOGGING_START)
        page_size: 0x0 (0)
        num_ranges: 0
        reserved: 0
        ranges:
        ! suspicious: the server: an error reply has 24 bytes of payload [error-reply-payload]
        ! violation by the server: no command of the client with id 4 waits for a reply [reply-without-command]
    0.002078  3  client > #49    DEVICE_FEATURE             137  MIGRATION get
        header: #49, id 137, command 16, size 24, flags 0x0, error 0
        argsz: 16
        flags: 0x10001 (get)
        feature: 1 (MIGRATION)
    0.002079  3  server < #50    DEVICE_FEATURE             137  MIGRATION get stop_copy|pre_copy  1.5us
        header: #50, id 137, command 16, size 32, flags 0x1, error 0, answers #49
        argsz: 16
        flags: 0x10001 (get)
        feature: 1 (MIGRATION)
        migration_flags: 0x5 (stop_copy|pre_copy)
    0.002081  3  client > #51    DEVICE_FEATURE             145  MIGRATION get|set|probe
        header: #51, id 145, command 16, size 24, flags 0x0, error 0
        argsz: 8
        flags: 0x70001 (get|set|probe)
        feature: 1 (MIGRATION)
    0.002083  3  client > #52    DEVICE_FEATURE             128  DMA_LOGGING_START set page size 8K 0x100000+32K, 0x80000000+1G
        header: #52, id 128, command 16, size 72, flags 0x0, error 0
        argsz: 56
        flags: 0x20006 (set)
        feature: 6 (DMA_LOGGING_START)
        page_size: 0x2000 (8K)
        num_ranges: 2
        reserved: 0
        ranges:
          [0]
            iova: 0x100000
            length: 0x8000 (32K)
          [1]
            iova: 0x80000000
            length: 0x40000000 (1G)
    0.002084  3  client > #53    DEVICE_FEATURE             129  42 set 616263
        header: #53, id 129, command 16, size 27, flags 0x0, error 0
        argsz: 11
        flags: 0x2002a (set)
        feature: 42
        data: 616263 (3 bytes)
    0.002086  3  client > #54    DEVICE_FEATURE             130  MIG_DEVICE_STATE probe|0x100000
        header: #54, id 130, command 16, size 24, flags 0x0, error 0
        argsz: 8
        flags: 0x140002 (probe|0x100000)
        feature: 2 (MIG_DEVICE_STATE)
    0.002087  3  client > #55    DEVICE_FEATURE             131  MIG_DEVICE_STATE get
        header: #55, id 131, command 16, size 24, flags 0x0, error 0
        argsz: 16
        flags: 0x10002 (get)
        feature: 2 (MIG_DEVICE_STATE)
    0.002089  3  server < #56    DEVICE_FEATURE             131  MIG_DEVICE_STATE get 9  1.6us
        header: #56, id 131, command 16, size 32, flags 0x1, error 0, answers #55
        argsz: 16
        flags: 0x10002 (get)
        feature: 2 (MIG_DEVICE_STATE)
        device_state: 9
        data_fd: 0
    0.002091  3  client > #57    DEVICE_FEATURE             132  MIGRATION get
        header: #57, id 132, command 16, size 24, flags 0x0, error 0
        argsz: 16
        flags: 0x10001 (get)
        feature: 1 (MIGRATION)
    0.002092  3  server < #58    DEVICE_FEATURE             132  MIGRATION get stop_copy|p2p|0x8000000000000000  1.6us
        header: #58, id 132, command 16, size 32, flags 0x1, error 0, answers #57
        argsz: 16
        flags: 0x10001 (get)
        feature: 1 (MIGRATION)
        migration_flags: 0x8000000000000003 (stop_copy|p2p|0x8000000000000000)
    0.002094  3  client > #59    MIG_DATA_READ              117  4
        header: #59, id 117, command 17, size 24, flags 0x0, error 0
        argsz: 12
        size: 0x4 (4)
        ! violation by the client: the device is in state 9 [migration-data-state]
    0.002096  3  server < #60    MIG_DATA_READ              117  4 00010203  1.6us
        header: #60, id 117, command 17, size 28, flags 0x1, error 0, answers #59
        argsz: 12
        size: 0x4 (4)
        data: 00010203 (4 bytes)
    0.002097  3  client > #61    MIG_DATA_WRITE             129  4 01020304
        header: #61, id 129, command 18, size 28, flags 0x0, error 0
        argsz: 12
        size: 0x4 (4)
        data: 01020304 (4 bytes)
        ! violation by the client: the device is in state 9 [migration-data-state]
    0.002099  3  client > #62    MIG_DATA_WRITE             144  4 00017fff
        header: #62, id 144, command 18, size 28, flags 0x0, error 0
        argsz: 12
        size: 0x4 (4)
        data: 00017fff (4 bytes)
        ! violation by the client: the device is in state 9 [migration-data-state]
    0.002100  3  server < #63    MIG_DATA_WRITE             144  ok  1.6us
        header: #63, id 144, command 18, size 16, flags 0x1, error 0, answers #62
    0.002102  3  client > #64    MIG_DATA_READ              145  8
        header: #64, id 145, command 17, size 24, flags 0x0, error 0
        argsz: 16
        size: 0x8 (8)
        ! violation by the client: the device is in state 9 [migration-data-state]
    0.002104  3  server < #65    MIG_DATA_READ              145  2 6162  +6 extra bytes  1.6us
        header: #65, id 145, command 17, size 32, flags 0x1, error 0, answers #64
        argsz: 16
        size: 0x2 (2)
        data: 6162 (2 bytes)
        extra: 000000000000
        ! suspicious: the server: size says 2, 6 more bytes follow [migration-padded]
    0.002105  3  client > #66    DEVICE_FEATURE               1  PCI_VF_TOKEN set 000102030405060708090a0b0c0d0e0f
        header: #66, id 1, command 16, size 40, flags 0x0, error 0
        argsz: 24
        flags: 0x20000 (set)
        feature: 0 (PCI_VF_TOKEN)
        uuid: 000102030405060708090a0b0c0d0e0f (16 bytes)
    0.002107  3  client > #67    DEVICE_FEATURE               2  MIG_DATA_SIZE get
        header: #67, id 2, command 16, size 24, flags 0x0, error 0
        argsz: 16
        flags: 0x10009 (get)
        feature: 9 (MIG_DATA_SIZE)
    0.002109  3  server < #68    DEVICE_FEATURE               2  MIG_DATA_SIZE get 0x123456  1.6us
        header: #68, id 2, command 16, size 32, flags 0x1, error 0, answers #67
        argsz: 16
        flags: 0x10009 (get)
        feature: 9 (MIG_DATA_SIZE)
        stop_copy_length: 0x123456 (0x123456)
    0.002111  3  client > #69    DEVICE_FEATURE               3  BUS_MASTER set set
        header: #69, id 3, command 16, size 28, flags 0x0, error 0
        argsz: 12
        flags: 0x2000a (set)
        feature: 10 (BUS_MASTER)
        op: 1 (set)
    0.002112  3  * disconnect: client closed
    0.003112  4  * connect
    0.003113  4  client > #70    DEVICE_GET_INFO          45324
        header: #70, id 45324, command 4, size 32, flags 0x0, error 0
        argsz: 16
        flags: 0x0 (0)
        num_regions: 0
        num_irqs: 0
        ! violation by the client: the first message is command 4 [version-not-first]
    0.003115  4  server < #71    DEVICE_GET_INFO          45324  9 regions, 5 IRQs, reset|pci  1.5us
        header: #71, id 45324, command 4, size 32, flags 0x1, error 0, answers #70
        argsz: 16
        flags: 0x3 (reset|pci)
        num_regions: 9
        num_irqs: 5
    0.003116  4  client > #72    DEVICE_GET_REGION_INFO   43981  bar0
        header: #72, id 43981, command 5, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x0 (0)
        index: 0 (bar0)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003118  4  server < #73    DEVICE_GET_REGION_INFO   43981  bar0 size 8 read|write  1.5us
        header: #73, id 43981, command 5, size 48, flags 0x1, error 0, answers #72
        argsz: 32
        flags: 0x3 (read|write)
        index: 0 (bar0)
        cap_offset: 0
        size: 0x8 (8)
        offset: 0x0
    0.003119  4  client > #74    DEVICE_GET_REGION_INFO   43981  bar1
        header: #74, id 43981, command 5, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x0 (0)
        index: 1 (bar1)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003121  4  server < #75    DEVICE_GET_REGION_INFO   43981  bar1 size 16K read|write|mmap  1.5us
        header: #75, id 43981, command 5, size 48, flags 0x1, error 0, answers #74
        argsz: 80
        flags: 0x7 (read|write|mmap)
        index: 1 (bar1)
        cap_offset: 0
        size: 0x4000 (16K)
        offset: 0x0
    0.003122  4  client > #76    DEVICE_GET_REGION_INFO   43981  bar1
        header: #76, id 43981, command 5, size 96, flags 0x0, error 0
        argsz: 80
        flags: 0x0 (0)
        index: 1 (bar1)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
        room: 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 (48 bytes)
    0.003124  4  server < #77    DEVICE_GET_REGION_INFO   43981  bar1 size 16K read|write|mmap|caps sparse_mmap 0x0+4K, 0x2000+4K  fd file:16K  1.5us
        header: #77, id 43981, command 5, size 96, flags 0x1, error 0, answers #76
        argsz: 80
        flags: 0xf (read|write|mmap|caps)
        index: 1 (bar1)
        cap_offset: 32
        size: 0x4000 (16K)
        offset: 0x0
        capabilities:
          [0]
            id: 0x1 (sparse_mmap)
            version: 1
            next: 0
            nr_areas: 2
            reserved: 0
            areas:
              [0]
                offset: 0x0
                size: 0x1000 (4K)
              [1]
                offset: 0x2000
                size: 0x1000 (4K)
    0.003125  4  client > #78    DEVICE_GET_IRQ_INFO       7085  msix
        header: #78, id 7085, command 7, size 32, flags 0x0, error 0
        argsz: 16
        flags: 0x0 (0)
        index: 2 (msix)
        count: 0
    0.003127  4  server < #79    DEVICE_GET_IRQ_INFO       7085  msix 0 vectors eventfd  1.5us
        header: #79, id 7085, command 7, size 32, flags 0x1, error 0, answers #78
        argsz: 16
        flags: 0x1 (eventfd)
        index: 2 (msix)
        count: 0
    0.003128  4  client > #80    DEVICE_GET_IRQ_INFO         11  err
        header: #80, id 11, command 7, size 32, flags 0x0, error 0
        argsz: 16
        flags: 0x0 (0)
        index: 3 (err)
        count: 0
    0.003130  4  server < #81    DEVICE_GET_IRQ_INFO         11  err 0 vectors eventfd  1.5us
        header: #81, id 11, command 7, size 32, flags 0x1, error 0, answers #80
        argsz: 16
        flags: 0x1 (eventfd)
        index: 3 (err)
        count: 0
    0.003132  4  client > #82    DEVICE_GET_REGION_INFO       2  ?  too short
        header: #82, id 2, command 5, size 24, flags 0x0, error 0
        argsz: 0
        flags: 0x0 (0)
        ! violation by the client: 8 bytes of payload, the fixed part has 32 [too-short]
        ! violation by the client: argsz is 0, the fixed part has 32 bytes [argsz-too-small]
    0.003133  4  server < #83    DEVICE_GET_REGION_INFO       2  error EINVAL  1.5us
        header: #83, id 2, command 5, size 16, flags 0x21, error 22, answers #82
        because #82 breaks too-short: 8 bytes of payload, the fixed part has 32 [rule-broken]
        because #82 breaks argsz-too-small: argsz is 0, the fixed part has 32 bytes [rule-broken]
    0.003135  4  client > #84    DEVICE_GET_IRQ_INFO        112  9
        header: #84, id 112, command 7, size 32, flags 0x0, error 0
        argsz: 16
        flags: 0x0 (0)
        index: 9
        count: 0
        ! suspicious: the client: IRQ index 9, the device has 5 [info-index]
    0.003136  4  server < #85    DEVICE_GET_IRQ_INFO        112  9 2048 vectors eventfd|maskable|automasked|noresize|0x10  1.6us
        header: #85, id 112, command 7, size 32, flags 0x1, error 0, answers #84
        argsz: 16
        flags: 0x1f (eventfd|maskable|automasked|noresize|0x10)
        index: 9
        count: 2048
    0.003138  4  client > #86    DEVICE_GET_INFO            113
        header: #86, id 113, command 4, size 32, flags 0x0, error 0
        argsz: 32
        flags: 0x0 (0)
        num_regions: 0
        num_irqs: 0
    0.003140  4  server < #87    DEVICE_GET_INFO            113  9 regions, 5 IRQs, pci|caps 0x7 cafe0102  1.6us
        header: #87, id 113, command 4, size 52, flags 0x1, error 0, answers #86
        argsz: 36
        flags: 0x82 (pci|caps)
        num_regions: 9
        num_irqs: 5
        cap_offset: 24
        capabilities:
          [0]
            id: 0x7
            version: 1
            next: 0
            data: cafe0102 (4 bytes)
        ! violation by the server: 36 bytes of payload, the request's argsz was 32 [reply-above-argsz]
    0.003141  4  client > #88    DEVICE_GET_REGION_INFO     114  12
        header: #88, id 114, command 5, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x0 (0)
        index: 12
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
        ! suspicious: the client: region 12, the device has 9 [info-index]
    0.003143  4  server < #89    DEVICE_GET_REGION_INFO     114  12 size 0x1122334455667788 read|caps|0x10 offset 0x10000000000 type 3 subtype 1, msix_mappable, 0x4242 010203  1.6us
        header: #89, id 114, command 5, size 83, flags 0x1, error 0, answers #88
        argsz: 67
        flags: 0x19 (read|caps|0x10)
        index: 12
        cap_offset: 32
        size: 0x1122334455667788 (0x1122334455667788)
        offset: 0x10000000000
        capabilities:
          [0]
            id: 0x2 (type)
            version: 1
            next: 48
            type: 3
            subtype: 1
          [1]
            id: 0x3 (msix_mappable)
            version: 1
            next: 56
          [2]
            id: 0x4242
            version: 5
            next: 0
            data: 010203 (3 bytes)
        ! violation by the server: 67 bytes of payload, the request's argsz was 32 [reply-above-argsz]
    0.003145  4  client > #90    DEVICE_GET_REGION_INFO     115  bar3
        header: #90, id 115, command 5, size 48, flags 0x0, error 0
        argsz: 80
        flags: 0x0 (0)
        index: 3 (bar3)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003146  4  server < #91    DEVICE_GET_REGION_INFO     115  bar3 size 4K read|caps msix_mappable (broken chain)  1.6us
        header: #91, id 115, command 5, size 56, flags 0x1, error 0, answers #90
        argsz: 40
        flags: 0x9 (read|caps)
        index: 3 (bar3)
        cap_offset: 32
        size: 0x1000 (4K)
        offset: 0x0
        capabilities:
          [0]
            id: 0x3 (msix_mappable)
            version: 1
            next: 32
          the chain goes back, or outside
        ! violation by the server: the capability at 32 has a next that makes a loop, or is outside the reply [cap-chain]
    0.003148  4  client > #92    DEVICE_GET_REGION_INFO     116  bar3
        header: #92, id 116, command 5, size 48, flags 0x0, error 0
        argsz: 80
        flags: 0x0 (0)
        index: 3 (bar3)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003150  4  server < #93    DEVICE_GET_REGION_INFO     116  bar3 size 4K read|caps msix_mappable, msix_mappable (broken chain)  1.6us
        header: #93, id 116, command 5, size 64, flags 0x1, error 0, answers #92
        argsz: 48
        flags: 0x9 (read|caps)
        index: 3 (bar3)
        cap_offset: 32
        size: 0x1000 (4K)
        offset: 0x0
        capabilities:
          [0]
            id: 0x3 (msix_mappable)
            version: 1
            next: 40
          [1]
            id: 0x3 (msix_mappable)
            version: 1
            next: 32
          the chain goes back, or outside
        ! violation by the server: the capability at 40 has a next that makes a loop, or is outside the reply [cap-chain]
    0.003151  4  client > #94    DEVICE_GET_REGION_INFO     117  bar3
        header: #94, id 117, command 5, size 48, flags 0x0, error 0
        argsz: 80
        flags: 0x0 (0)
        index: 3 (bar3)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003153  4  server < #95    DEVICE_GET_REGION_INFO     117  bar3 size 4K read|caps msix_mappable (broken chain)  1.6us
        header: #95, id 117, command 5, size 56, flags 0x1, error 0, answers #94
        argsz: 40
        flags: 0x9 (read|caps)
        index: 3 (bar3)
        cap_offset: 32
        size: 0x1000 (4K)
        offset: 0x0
        capabilities:
          [0]
            id: 0x3 (msix_mappable)
            version: 1
            next: 4096
          the chain goes back, or outside
        ! violation by the server: the capability at 32 has a next that makes a loop, or is outside the reply [cap-chain]
    0.003155  4  client > #96    DEVICE_GET_REGION_INFO     118  bar3
        header: #96, id 118, command 5, size 48, flags 0x0, error 0
        argsz: 80
        flags: 0x0 (0)
        index: 3 (bar3)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003156  4  server < #97    DEVICE_GET_REGION_INFO     118  bar3 size 4K read|caps  +8 extra bytes  1.6us
        header: #97, id 118, command 5, size 56, flags 0x1, error 0, answers #96
        argsz: 40
        flags: 0x9 (read|caps)
        index: 3 (bar3)
        cap_offset: 4000
        size: 0x1000 (4K)
        offset: 0x0
        extra: 0300010000000000
        ! violation by the server: cap_offset is 4000, the capabilities can be from 32 to 40 [cap-chain]
    0.003158  4  client > #98    DEVICE_GET_REGION_INFO     119  bar3
        header: #98, id 119, command 5, size 48, flags 0x0, error 0
        argsz: 80
        flags: 0x0 (0)
        index: 3 (bar3)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003160  4  server < #99    DEVICE_GET_REGION_INFO     119  bar3 size 4K read|mmap|caps sparse_mmap 0x100+512  1.7us
        header: #99, id 119, command 5, size 80, flags 0x1, error 0, answers #98
        argsz: 64
        flags: 0xd (read|mmap|caps)
        index: 3 (bar3)
        cap_offset: 32
        size: 0x1000 (4K)
        offset: 0x0
        capabilities:
          [0]
            id: 0x1 (sparse_mmap)
            version: 1
            next: 0
            nr_areas: 4294967295
            reserved: 0
            areas:
              [0]
                offset: 0x100
                size: 0x200 (512)
        ! violation by the server: the region can be mapped, but no descriptor came [fd-missing]
        ! violation by the server: 4294967295 areas do not fit before the next capability or the end [cap-overlap]
    0.003161  4  client > #100   DEVICE_GET_REGION_INFO     120  config
        header: #100, id 120, command 5, size 48, flags 0x0, error 0
        argsz: 16
        flags: 0x0 (0)
        index: 7 (config)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
        ! violation by the client: argsz is 16, the fixed part has 32 bytes [argsz-too-small]
    0.003163  4  server < #101   DEVICE_GET_REGION_INFO     120  config size ? read|write  1.7us
        header: #101, id 120, command 5, size 32, flags 0x1, error 0, answers #100
        argsz: 32
        flags: 0x3 (read|write)
        index: 7 (config)
        cap_offset: 0
    0.003165  4  client > #102   DEVICE_GET_REGION_INFO      42  bar0
        header: #102, id 42, command 5, size 48, flags 0x0, error 0
        argsz: 256
        flags: 0x0 (0)
        index: 0 (bar0)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.003167  4  server < #103   DEVICE_GET_REGION_INFO      42  bar0 size 16K read|write|mmap|caps sparse_mmap_fds 0x0+4K fd 0 at 0x1000, 0x2000+4K fd 1, msix_mappable  1.7us
        header: #103, id 42, command 5, size 136, flags 0x1, error 0, answers #102
        argsz: 120
        flags: 0xf (read|write|mmap|caps)
        index: 0 (bar0)
        cap_offset: 40
        size: 0x4000 (16K)
        offset: 0x0
        capabilities:
          [0]
            id: 0x10 (sparse_mmap_fds)
            version: 1
            next: 32
            nr_areas: 2
            reserved: 0
            areas:
              [0]
                offset: 0x0
                fd_offset: 0x1000
                size: 0x1000 (4K)
                fd_index: 0
                padding: 0
              [1]
                offset: 0x2000
                fd_offset: 0x0
                size: 0x1000 (4K)
                fd_index: 1
                padding: 0
          [1]
            id: 0x3 (msix_mappable)
            version: 1
            next: 0
        ! violation by the server: the region can be mapped, but no descriptor came [fd-missing]
        ! violation by the server: fd_index 0, the message has 0 descriptors [fd-index]
    0.003168  4  * disconnect: client closed
    0.004168  5  * connect
    0.004169  5  client > #104   DEVICE_GET_REGION_IO_FDS    15  bar0
        header: #104, id 15, command 6, size 32, flags 0x0, error 0
        argsz: 256
        flags: 0x0 (0)
        index: 0 (bar0)
        count: 0
        ! violation by the client: the first message is command 6 [version-not-first]
    0.004171  5  server < #105   DEVICE_GET_REGION_IO_FDS    15  bar0 5 sub-regions: 0x20+8 ioeventfd fd 0, 0x18+8 ioeventfd fd 4294967295, 0x10+8 ioeventfd fd 0, 0x8+8 ioeventfd fd 4294967295, ...  fds eventfd,eventfd  1.5us
        header: #105, id 15, command 6, size 272, flags 0x1, error 0, answers #104
        argsz: 256
        flags: 0x0 (0)
        index: 0 (bar0)
        count: 5
        sub_regions:
          [0]
            offset: 0x20
            size: 0x8 (8)
            fd_index: 0
            type: 0 (ioeventfd)
            flags: 0x0 (0)
            shadow_mem_fd_index: 0
            shadow_offset: 0x0
            datamatch: 0x0
          [1]
            offset: 0x18
            size: 0x8 (8)
            fd_index: 4294967295
            type: 0 (ioeventfd)
            flags: 0x0 (0)
            shadow_mem_fd_index: 0
            shadow_offset: 0x0
            datamatch: 0x0
          [2]
            offset: 0x10
            size: 0x8 (8)
            fd_index: 0
            type: 0 (ioeventfd)
            flags: 0x0 (0)
            shadow_mem_fd_index: 0
            shadow_offset: 0x0
            datamatch: 0x0
          [3]
            offset: 0x8
            size: 0x8 (8)
            fd_index: 4294967295
            type: 0 (ioeventfd)
            flags: 0x0 (0)
            shadow_mem_fd_index: 0
            shadow_offset: 0x0
            datamatch: 0x0
          [4]
            offset: 0x0
            size: 0x8 (8)
            fd_index: 1
            type: 0 (ioeventfd)
            flags: 0x0 (0)
            shadow_mem_fd_index: 0
            shadow_offset: 0x0
            datamatch: 0x0
    0.004172  5  client > #106   DEVICE_GET_REGION_IO_FDS     6  bar1
        header: #106, id 6, command 6, size 32, flags 0x0, error 0
        argsz: 512
        flags: 0x0 (0)
        index: 1 (bar1)
        count: 0
    0.004174  5  server < #107   DEVICE_GET_REGION_IO_FDS     6  bar1 0 sub-regions  1.5us
        header: #107, id 6, command 6, size 32, flags 0x1, error 0, answers #106
        argsz: 16
        flags: 0x0 (0)
        index: 1 (bar1)
        count: 0
    0.004175  5  client > #108   DEVICE_GET_REGION_IO_FDS    12  bar2
        header: #108, id 12, command 6, size 32, flags 0x0, error 0
        argsz: 16
        flags: 0x0 (0)
        index: 2 (bar2)
        count: 0
    0.004177  5  server < #109   DEVICE_GET_REGION_IO_FDS    12  bar2 6 sub-regions  1.5us
        header: #109, id 12, command 6, size 32, flags 0x1, error 0, answers #108
        argsz: 304
        flags: 0x0 (0)
        index: 2 (bar2)
        count: 6
    0.004178  5  client > #110   DEVICE_GET_REGION_IO_FDS    32  bar4
        header: #110, id 32, command 6, size 32, flags 0x0, error 0
        argsz: 4096
        flags: 0x0 (0)
        index: 4 (bar4)
        count: 0
    0.004180  5  server < #111   DEVICE_GET_REGION_IO_FDS    32  bar4 2 sub-regions: 0x1000+4 ioeventfd fd 0 datamatch|pio|virtio-ccw|0x10, 0x2000+4K ioregionfd fd 1 pio|posted_writes  fds eventfd,socket  1.5us
        header: #111, id 32, command 6, size 112, flags 0x1, error 0, answers #110
        argsz: 96
        flags: 0x0 (0)
        index: 4 (bar4)
        count: 2
        sub_regions:
          [0]
            offset: 0x1000
            size: 0x4 (4)
            fd_index: 0
            type: 0 (ioeventfd)
            flags: 0x1b (datamatch|pio|virtio-ccw|0x10)
            padding: 0
            datamatch: 0xfeedface
          [1]
            offset: 0x2000
            size: 0x1000 (4K)
            fd_index: 1
            type: 1 (ioregionfd)
            flags: 0x3 (pio|posted_writes)
            padding: 0
            user_data: 0x1122334455667788
    0.004181  5  client > #112   DEVICE_GET_REGION_IO_FDS    33  bar0
        header: #112, id 33, command 6, size 32, flags 0x0, error 0
        argsz: 4096
        flags: 0x0 (0)
        index: 0 (bar0)
        count: 0
    0.004183  5  server < #113   DEVICE_GET_REGION_IO_FDS    33  bar0 1 sub-region: 0x8+22 shadow_ioeventfd fd 0  fds eventfd,memfd:4K  1.5us
        header: #113, id 33, command 6, size 80, flags 0x1, error 0, answers #112
        argsz: 64
        flags: 0x0 (0)
        index: 0 (bar0)
        count: 1
        sub_regions:
          [0]
            offset: 0x8
            size: 0x16 (22)
            fd_index: 0
            type: 2 (shadow_ioeventfd)
            flags: 0x0 (0)
            shadow_mem_fd_index: 1
            shadow_offset: 0x10
            datamatch: 0x77
    0.004184  5  * disconnect: client closed
    0.005184  6  * connect
    0.005185  6  client > #114   DEVICE_SET_IRQS             21  intx 0+1 eventfd|trigger  fd eventfd
        header: #114, id 21, command 8, size 36, flags 0x0, error 0
        argsz: 20
        flags: 0x24 (eventfd|trigger)
        index: 0 (intx)
        start: 0
        count: 1
        ! violation by the client: the first message is command 8 [version-not-first]
    0.005187  6  server < #115   DEVICE_SET_IRQS             21  ok  1.5us
        header: #115, id 21, command 8, size 16, flags 0x1, error 0, answers #114
    0.005188  6  client > #116   DEVICE_SET_IRQS             22  intx disable
        header: #116, id 22, command 8, size 36, flags 0x0, error 0
        argsz: 20
        flags: 0x21 (none|trigger)
        index: 0 (intx)
        start: 0
        count: 0
    0.005190  6  client > #117   DEVICE_SET_IRQS              9  msix 0+1 bool|trigger  fds eventfd,eventfd  too short
        header: #117, id 9, command 8, size 36, flags 0x0, error 0
        argsz: 20
        flags: 0x22 (bool|trigger)
        index: 2 (msix)
        start: 0
        count: 1
        data: (1 byte, 0 at hand)
        ! violation by the client: 20 bytes of payload, its fields announce more [too-short]
    0.005191  6  server < #118   DEVICE_SET_IRQS              9  error EINVAL  1.5us
        header: #118, id 9, command 8, size 16, flags 0x21, error 22, answers #117
        because #117 breaks too-short: 20 bytes of payload, its fields announce more [rule-broken]
    0.005193  6  client > #119   DEVICE_SET_IRQS              7  too short
        header: #119, id 7, command 8, size 16, flags 0x0, error 0
        ! violation by the client: 0 bytes of payload, the fixed part has 20 [too-short]
    0.005194  6  client < #120   DEVICE_SET_IRQS          47826  ok  (answers no command)
        header: #120, id 47826, command 8, size 16, flags 0x1, error 0
        ! violation by the client: no command of the server with id 47826 waits for a reply [reply-without-command]
    0.005196  6  client > #121   DEVICE_SET_IRQS             48  req 1+3 bool|mask 010001
        header: #121, id 48, command 8, size 39, flags 0x0, error 0
        argsz: 23
        flags: 0xa (bool|mask)
        index: 4 (req)
        start: 1
        count: 3
        data: 010001 (3 bytes)
    0.005198  6  client > #122   DEVICE_SET_IRQS             49  msi 0+4294967295 none|unmask|0x100  no_reply
        header: #122, id 49, command 8, size 36, flags 0x10, error 0
        argsz: 20
        flags: 0x111 (none|unmask|0x100)
        index: 1 (msi)
        start: 0
        count: 4294967295
    0.005199  6  * disconnect: client closed
    0.006199  7  * connect
    0.006200  7  client > #123   DIRTY_PAGES                  1  start
        header: #123, id 1, command 14, size 24, flags 0x0, error 0
        argsz: 8
        flags: 0x1 (start)
        ! violation by the client: the first message is command 14 [version-not-first]
    0.006202  7  server < #124   DIRTY_PAGES                  1  ok  1.5us
        header: #124, id 1, command 14, size 16, flags 0x1, error 0, answers #123
    0.006203  7  client > #125   DIRTY_PAGES                  2  get_bitmap 0x100000+64K pgsize 4K size 8
        header: #125, id 2, command 14, size 56, flags 0x0, error 0
        argsz: 48
        flags: 0x4 (get_bitmap)
        iova: 0x100000
        size: 0x10000 (64K)
        bitmap:
          pgsize: 0x1000 (4K)
          size: 0x8 (8)
    0.006205  7  server < #126   DIRTY_PAGES                  2  get_bitmap 0x100000+64K pgsize 4K ff00000000000080  1.5us
        header: #126, id 2, command 14, size 64, flags 0x1, error 0, answers #125
        argsz: 48
        flags: 0x4 (get_bitmap)
        iova: 0x100000
        size: 0x10000 (64K)
        bitmap:
          pgsize: 0x1000 (4K)
          size: 0x8 (8)
          data: ff00000000000080 (8 bytes)
    0.006206  7  client > #127   DIRTY_PAGES                  3  stop|0x10
        header: #127, id 3, command 14, size 24, flags 0x0, error 0
        argsz: 8
        flags: 0x12 (stop|0x10)
    0.006208  7  server < #128   DIRTY_PAGES                  3  error EINVAL  1.5us
        header: #128, id 3, command 14, size 16, flags 0x21, error 22, answers #127
        perhaps because DIRTY_PAGES is of an older specification: the features DMA_LOGGING_... are in its place [legacy-command]
    0.006209  7  * disconnect: client closed
    0.007209  8  * connect
    0.007210  8  client > #129   DEVICE_RESET                 1
        header: #129, id 1, command 13, size 16, flags 0x0, error 0
        ! violation by the client: the first message is command 13 [version-not-first]
    0.007212  8  server < #130   DEVICE_RESET                 1  ok  1.5us
        header: #130, id 1, command 13, size 16, flags 0x1, error 0, answers #129
    0.007213  8  client > #131   UNKNOWN 19                   5  00
        header: #131, id 5, command 19, size 17, flags 0x0, error 0
        data: 00 (1 byte)
        ! suspicious: the client: command 19 is not in the specification [unknown-command]
    0.007215  8  server < #132   UNKNOWN 19                   5  error EINVAL  1.5us
        header: #132, id 5, command 19, size 16, flags 0x21, error 22, answers #131
        because nobody knows a command 19 [unknown-command]
    0.007216  8  client > #133   UNKNOWN 999                  3  0000010000
        header: #133, id 3, command 999, size 21, flags 0x0, error 0
        data: 0000010000 (5 bytes)
        ! suspicious: the client: command 999 is not in the specification [unknown-command]
    0.007218  8  client > #134   DEVICE_RESET                 9  flags 0xc0
        header: #134, id 9, command 13, size 16, flags 0xc0, error 0
        ! violation by the client: reserved flag bits are set: 0xc0 [reserved-flags]
    0.007219  8  client ? #135   DEVICE_RESET                10
        header: #135, id 10, command 13, size 16, flags 0x2, error 0
        ! violation by the client: type 2 is neither command nor reply [unknown-type]
    0.007221  8  server < #136   DEVICE_RESET                 9  error 4242  3.0us
        header: #136, id 9, command 13, size 16, flags 0x21, error 4242, answers #134
        perhaps because #134 breaks reserved-flags: reserved flag bits are set: 0xc0 [rule-broken]
    0.007222  8  client > #137   DEVICE_RESET                11  +4 extra bytes
        header: #137, id 11, command 13, size 20, flags 0x0, error 0
        extra: 6d6f7265
        ! violation by the client: 4 bytes beyond the known fields [too-long]
    0.007224  8  client > #138   UNKNOWN 65535            65535  0001020304050607
        header: #138, id 65535, command 65535, size 24, flags 0x0, error 0
        data: 0001020304050607 (8 bytes)
        ! suspicious: the client: command 65535 is not in the specification [unknown-command]
    0.007226  8  client > #139   DEVICE_RESET                12
        header: #139, id 12, command 13, size 16, flags 0x0, error 22
        ! violation by the client: errno 22 and the error flag clear in a command [error-in-command]
    0.007227  8  * disconnect: client closed
    0.008227  9  * connect
    0.008228  9  client > #140   REGION_READ                 12  config+0x0 256 bytes
        header: #140, id 12, command 9, size 32, flags 0x0, error 0
        offset: 0x0
        region: 7 (config)
        count: 256
        ! violation by the client: the first message is command 9 [version-not-first]
        ! suspicious: the client: config is accessed, its info was not asked for [region-not-asked]
    0.008230  9  server < #141   REGION_READ                 12  config+0x0 = 584e030000000000000000ff00000000... (256 bytes)  1.5us
        header: #141, id 12, command 9, size 288, flags 0x1, error 0, answers #140
        offset: 0x0
        region: 7 (config)
        count: 256
        data: 584e030000000000000000ff00000000000000000000000001000000000000000000000000000000000000000000000000000000000000000000000000010000... (256 bytes)
    0.008231  9  client > #142   REGION_WRITE                14  config+0x30 = 0xfffff800
        header: #142, id 14, command 10, size 36, flags 0x0, error 0
        offset: 0x30
        region: 7 (config)
        count: 4
        data: 00f8ffff (4 bytes)
    0.008233  9  server < #143   REGION_WRITE                14  config+0x30 4 bytes  1.5us
        header: #143, id 14, command 10, size 32, flags 0x1, error 0, answers #142
        offset: 0x30
        region: 7 (config)
        count: 4
    0.008234  9  client > #144   REGION_READ                 18  config+0x18 4 bytes
        header: #144, id 18, command 9, size 32, flags 0x0, error 0
        offset: 0x18
        region: 7 (config)
        count: 4
    0.008236  9  server < #145   REGION_READ                 18  config+0x18 = 0x00000001  1.5us
        header: #145, id 18, command 9, size 36, flags 0x1, error 0, answers #144
        offset: 0x18
        region: 7 (config)
        count: 4
        data: 01000000 (4 bytes)
    0.008237  9  client > #146   REGION_READ              61455  3735928559+0x0 4 bytes
        header: #146, id 61455, command 9, size 32, flags 0x0, error 0
        offset: 0x0
        region: 3735928559
        count: 4
        ! violation by the client: region 3735928559: no device has as many [no-such-region]
    0.008239  9  server < #147   REGION_READ              61455  error EINVAL  1.5us
        header: #147, id 61455, command 9, size 16, flags 0x21, error 22, answers #146
        because #146 breaks no-such-region: region 3735928559: no device has as many [rule-broken]
    0.008240  9  client > #148   REGION_READ                 64  bar0+0x14 4 bytes
        header: #148, id 64, command 9, size 32, flags 0x0, error 0
        offset: 0x14
        region: 0 (bar0)
        count: 4
        ! suspicious: the client: bar0 is accessed, its info was not asked for [region-not-asked]
    0.008242  9  server < #149   REGION_READ                 64  error EIO bar0+0x14 = 0xdeadbeef  1.5us
        header: #149, id 64, command 9, size 36, flags 0x21, error 5, answers #148
        offset: 0x14
        region: 0 (bar0)
        count: 4
        data: efbeadde (4 bytes)
        ! suspicious: the server: an error reply has 20 bytes of payload [error-reply-payload]
    0.008243  9  server < #150   REGION_READ                 65  error 0  (answers no command)
        header: #150, id 65, command 9, size 16, flags 0x21, error 0
        ! violation by the server: no command of the client with id 65 waits for a reply [reply-without-command]
    0.008245  9  client > #151   REGION_READ                 66  bar2+0x8 0 bytes
        header: #151, id 66, command 9, size 32, flags 0x0, error 0
        offset: 0x8
        region: 2 (bar2)
        count: 0
        ! suspicious: the client: bar2 is accessed, its info was not asked for [region-not-asked]
    0.008247  9  server < #152   REGION_READ                 66  ok  1.5us
        header: #152, id 66, command 9, size 16, flags 0x1, error 0, answers #151
    0.008248  9  client > #153   REGION_READ                 67  bar2+0x8 0 bytes
        header: #153, id 67, command 9, size 32, flags 0x0, error 0
        offset: 0x8
        region: 2 (bar2)
        count: 0
    0.008250  9  server < #154   REGION_READ                 67  bar2+0x8 = nothing  1.5us
        header: #154, id 67, command 9, size 32, flags 0x1, error 0, answers #153
        offset: 0x8
        region: 2 (bar2)
        count: 0
        data: (0 bytes)
    0.008251  9  client > #155   REGION_WRITE                68  bar2+0x8 = nothing
        header: #155, id 68, command 10, size 32, flags 0x0, error 0
        offset: 0x8
        region: 2 (bar2)
        count: 0
        data: (0 bytes)
    0.008253  9  server < #156   REGION_WRITE                68  ok  1.6us
        header: #156, id 68, command 10, size 16, flags 0x1, error 0, answers #155
    0.008255  9  client > #157   REGION_WRITE                69  vga+0x1122334455667788 = 0xf7f6f5f4f3f2f1f0  no_reply
        header: #157, id 69, command 10, size 40, flags 0x10, error 0
        offset: 0x1122334455667788
        region: 8 (vga)
        count: 8
        data: f0f1f2f3f4f5f6f7 (8 bytes)
        ! suspicious: the client: vga is accessed, its info was not asked for [region-not-asked]
    0.008256  9  client > #158   REGION_WRITE                70  rom+0x0 = 6162... (4 bytes)  too short
        header: #158, id 70, command 10, size 34, flags 0x0, error 0
        offset: 0x0
        region: 6 (rom)
        count: 4
        data: 6162 (4 bytes, 2 at hand)
        ! violation by the client: 18 bytes of payload, its fields announce more [too-short]
    0.008258  9  client > #159   REGION_WRITE                71  bar5+0x0 = 0x64636261  +2 extra bytes
        header: #159, id 71, command 10, size 38, flags 0x0, error 0
        offset: 0x0
        region: 5 (bar5)
        count: 4
        data: 61626364 (4 bytes)
        extra: 6566
        ! violation by the client: 2 bytes beyond the known fields [too-long]
        ! suspicious: the client: bar5 is accessed, its info was not asked for [region-not-asked]
    0.008260  9  client > #160   REGION_WRITE                72  bar1+0x100 = 61626364... (8 bytes)  (36 of 40 bytes at hand)
        header: #160, id 72, command 10, size 40, flags 0x0, error 0
        offset: 0x100
        region: 1 (bar1)
        count: 8
        data: 61626364 (8 bytes, 4 at hand)
        ! suspicious: the client: bar1 is accessed, its info was not asked for [region-not-asked]
    0.008261  9  client > #161   REGION_WRITE                73  ?+0x100 = ?  (26 of 40 bytes at hand)
        header: #161, id 73, command 10, size 40, flags 0x0, error 0
        offset: 0x100
    0.008263  9  client > #162   REGION_WRITE_MULTI          74  3 writes: bar0+0x10 = 0x64636261, bar2+0x1000 = 0x4847464544434241, config+0x3c = 0x7a  no_reply
        header: #162, id 74, command 15, size 96, flags 0x10, error 0
        wr_cnt: 3
        writes:
          [0]
            offset: 0x10
            region: 0 (bar0)
            count: 4
            data: 61626364 (4 bytes)
          [1]
            offset: 0x1000
            region: 2 (bar2)
            count: 8
            data: 4142434445464748 (8 bytes)
          [2]
            offset: 0x3c
            region: 7 (config)
            count: 1
            data: 7a (1 byte)
    0.008265  9  client > #163   REGION_WRITE_MULTI          75  1 write: bar0+0x20 = 0x7978
        header: #163, id 75, command 15, size 48, flags 0x0, error 0
        wr_cnt: 1
        writes:
          [0]
            offset: 0x20
            region: 0 (bar0)
            count: 2
            data: 7879 (2 bytes)
    0.008266  9  server < #164   REGION_WRITE_MULTI          75  1 write  1.6us
        header: #164, id 75, command 15, size 24, flags 0x1, error 0, answers #163
        wr_cnt: 1
    0.008268  9  client > #165   REGION_WRITE_MULTI          76  2 writes: bar0+0x20 = 0x7978  too short
        header: #165, id 76, command 15, size 48, flags 0x0, error 0
        wr_cnt: 2
        writes:
          [0]
            offset: 0x20
            region: 0 (bar0)
            count: 2
            data: 7879 (2 bytes)
        ! violation by the client: 32 bytes of payload, its fields announce more [too-short]
    0.008269  9  * disconnect: client closed
    0.009269  10  * connect
    0.009270  10  client > #166   DMA_MAP                    258  0x80000000+1M readable|writeable offset 0x1000  fd memfd:1M
        header: #166, id 258, command 2, size 48, flags 0x0, error 0
        argsz: 32
        flags: 0x3 (readable|writeable)
        offset: 0x1000
        address: 0x80000000
        size: 0x100000 (1M)
        ! violation by the client: the first message is command 2 [version-not-first]
        ! suspicious: the client: 0x100000 bytes at 0x1000 of the descriptor's file, which has 0x100000 [file-too-small]
    0.009272  10  server < #167   DMA_MAP                    258  ok  1.5us
        header: #167, id 258, command 2, size 16, flags 0x1, error 0, answers #166
    0.009273  10  client > #168   REGION_READ                259  bar1+0x1122 4 bytes
        header: #168, id 259, command 9, size 32, flags 0x0, error 0
        offset: 0x1122
        region: 1 (bar1)
        count: 4
        ! suspicious: the client: bar1 is accessed, its info was not asked for [region-not-asked]
    0.009275  10  server < #169   REGION_READ                259  bar1+0x1122 = 0x01020304  1.5us
        header: #169, id 259, command 9, size 36, flags 0x1, error 0, answers #168
        offset: 0x1122
        region: 1 (bar1)
        count: 4
        data: 01020304 (4 bytes)
    0.009276  10  client > #170   DEVICE_GET_REGION_INFO     260  bar2
        header: #170, id 260, command 5, size 48, flags 0x0, error 0
        argsz: 80
        flags: 0x0 (0)
        index: 2 (bar2)
        cap_offset: 0
        size: 0x0 (0)
        offset: 0x0
    0.009278  10  server < #171   DEVICE_GET_REGION_INFO     260  bar2 size 64K read|write|mmap|caps sparse_mmap 0x1000+12K  fd memfd:64K  1.5us
        header: #171, id 260, command 5, size 80, flags 0x1, error 0, answers #170
        argsz: 64
        flags: 0xf (read|write|mmap|caps)
        index: 2 (bar2)
        cap_offset: 32
        size: 0x10000 (64K)
        offset: 0x0
        capabilities:
          [0]
            id: 0x1 (sparse_mmap)
            version: 1
            next: 0
            nr_areas: 1
            reserved: 0
            areas:
              [0]
                offset: 0x1000
                size: 0x3000 (12K)
    0.009279  10  client > #172   VERSION                    261  0.1 {}
        header: #172, id 261, command 1, size 23, flags 0x0, error 0
        major: 0
        minor: 1
        json: {}
    0.009281  10  client > #173   DEVICE_SET_IRQS            262  msix 1+2 eventfd|trigger  fds eventfd,eventfd  no_reply
        header: #173, id 262, command 8, size 36, flags 0x10, error 0
        argsz: 20
        flags: 0x24 (eventfd|trigger)
        index: 2 (msix)
        start: 1
        count: 2
    0.009283  10  server > #174   DMA_READ                   263  0x1000 2 bytes
        header: #174, id 263, command 11, size 32, flags 0x0, error 0
        address: 0x1000
        count: 2
        ! suspicious: the server: a command while the other side waits for the reply to its #172, on the same socket: see twin_socket [crossing]
        ! violation by the server: nothing is mapped at 0x1000 [dma-outside]
    0.009284  10  * disconnect: client closed
        ! suspicious: the client: 1 of the server's commands got no reply, the oldest is #174, DMA_READ, sent 0.000 s before the end [never-answered]
    0.010284  11  * connect
    0.010285  11  client > #175   VERSION                      0  0.0 {"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, "max_data_xfer_size": 1048576, "migration": {"max_bitmap_size": 268435456, "pgsize": 4096}, "write_multiple": true}}
        header: #175, id 0, command 1, size 214, flags 0x0, error 0
        major: 0
        minor: 0
        json: {"capabilities": {"pgsizes": 4096, "max_msg_fds": 16, "max_dma_maps": 65535, "max_data_xfer_size": 1048576, "migration": {"max_bitmap_size": 268435456, "pgsize": 4096}, "write_multiple": true}}
    0.010287  11  server < #176   VERSION                      0  0.0 {"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"write_multiple":true}}  1.5us
        header: #176, id 0, command 1, size 106, flags 0x1, error 0, answers #175
        major: 0
        minor: 0
        json: {"capabilities":{"max_msg_fds":8,"max_data_xfer_size":1048576,"write_multiple":true}}
    0.010287  11  * peer: the client looks like QEMU 11 (10.1 or later)
    0.010288  11  client > #177   VERSION                  55893  0.2 {"capabilities":{"max_msg_fds":32,"max_data_xfer_size":1024}}
        header: #177, id 55893, command 1, size 82, flags 0x0, error 0
        major: 0
        minor: 2
        json: {"capabilities":{"max_msg_fds":32,"max_data_xfer_size":1024}}
        ! violation by the client: a second VERSION on this connection [version-twice]
    0.010290  11  server < #178   VERSION                  55893  0.2 { "capabilities": { "max_msg_fds": 8, "max_data_xfer_size": 1048576, "migration": { "pgsize": 4096 } } }  1.5us
        header: #178, id 55893, command 1, size 125, flags 0x1, error 0, answers #177
        major: 0
        minor: 2
        json: { "capabilities": { "max_msg_fds": 8, "max_data_xfer_size": 1048576, "migration": { "pgsize": 4096 } } }
        ! suspicious: the server: migration was not proposed [capability-not-offered]
    0.010291  11  client > #179   VERSION                      1  0.1 {"capabilities": {"max_data_xfer_size": 4096, "max_msg_fds": 8, "twin_socket": {"supported": true}}}
        header: #179, id 1, command 1, size 121, flags 0x0, error 0
        major: 0
        minor: 1
        json: {"capabilities": {"max_data_xfer_size": 4096, "max_msg_fds": 8, "twin_socket": {"supported": true}}}
        ! violation by the client: a second VERSION on this connection [version-twice]
    0.010293  11  server < #180   VERSION                      1  0.1 { "capabilities": { "max_msg_fds": 8, "max_data_xfer_size": 1048576, "twin_socket": { "supported": true, "fd_index": 0 } } }  fd socket  1.5us
        header: #180, id 1, command 1, size 145, flags 0x1, error 0, answers #179
        major: 0
        minor: 1
        json: { "capabilities": { "max_msg_fds": 8, "max_data_xfer_size": 1048576, "twin_socket": { "supported": true, "fd_index": 0 } } }
    0.010294  11  client > #181   VERSION                      1  too short
        header: #181, id 1, command 1, size 16, flags 0x0, error 0
        ! violation by the client: 0 bytes of payload, the fixed part has 4 [too-short]
    0.010296  11  server < #182   VERSION                      1  error EINVAL  1.5us
        header: #182, id 1, command 1, size 16, flags 0x21, error 22, answers #181
        because #181 breaks too-short: 0 bytes of payload, the fixed part has 4 [rule-broken]
    0.010297  11  client > #183   VERSION                      4  999.1 
        header: #183, id 4, command 1, size 21, flags 0x0, error 0
        major: 999
        minor: 1
        json: 
        ! violation by the client: the version data: it is empty [json-invalid]
    0.010299  11  client > #184   VERSION                     15  0.1
        header: #184, id 15, command 1, size 20, flags 0x0, error 0
        major: 0
        minor: 1
        ! violation by the client: a second VERSION on this connection [version-twice]
    0.010300  11  client > #185   VERSION                     16  0.1 {}
        header: #185, id 16, command 1, size 23, flags 0x0, error 0
        major: 0
        minor: 1
        json: {}
        ! violation by the client: a second VERSION on this connection [version-twice]
    0.010302  11  client > #186   VERSION                      5  0.1 {}
        header: #186, id 5, command 1, size 22, flags 0x0, error 0
        major: 0
        minor: 1
        json: {}
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: the version data's last byte is 0x7d [json-without-nul]
    0.010304  11  client > #187   VERSION                      6  0.1 {
        header: #187, id 6, command 1, size 22, flags 0x0, error 0
        major: 0
        minor: 1
        json: {
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: the version data: it is no JSON object [json-invalid]
    0.010305  11  client > #188   VERSION                      7  0.1 "
        header: #188, id 7, command 1, size 22, flags 0x0, error 0
        major: 0
        minor: 1
        json: "
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: the version data: it is no JSON object [json-invalid]
    0.010307  11  client > #189   VERSION                      9  0.1 { "capabilities": { "max_msg_fds": "foo" } }
        header: #189, id 9, command 1, size 65, flags 0x0, error 0
        major: 0
        minor: 1
        json: { "capabilities": { "max_msg_fds": "foo" } }
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: max_msg_fds is not an integer from 0 to 2^64 - 1 [json-wrong-type]
    0.010308  11  client > #190   VERSION                     10  0.1 { "capabilities": { "max_msg_fds": -1 } }
        header: #190, id 10, command 1, size 62, flags 0x0, error 0
        major: 0
        minor: 1
        json: { "capabilities": { "max_msg_fds": -1 } }
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: max_msg_fds is not an integer from 0 to 2^64 - 1 [json-wrong-type]
    0.010310  11  client > #191   VERSION                     13  0.1 { "capabilities": { "migration": { "pgsize": "foo" } } }
        header: #191, id 13, command 1, size 77, flags 0x0, error 0
        major: 0
        minor: 1
        json: { "capabilities": { "migration": { "pgsize": "foo" } } }
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: migration.pgsize is not an integer from 0 to 2^64 - 1 [json-wrong-type]
    0.010312  11  client > #192   VERSION                      7  0.0 {"capabilities":{"max_data_xfer_size":18446744073709551615,"pgsizes":9007199254740993,"later":{"a":[1,-2.50,1e3,null]}}}
        header: #192, id 7, command 1, size 141, flags 0x0, error 0
        major: 0
        minor: 0
        json: {"capabilities":{"max_data_xfer_size":18446744073709551615,"pgsizes":9007199254740993,"later":{"a":[1,-2.50,1e3,null]}}}
        ! violation by the client: a second VERSION on this connection [version-twice]
    0.010313  11  client > #193   VERSION                      8  0.0 {"capabilities":{"x":"\x1b[2J\x07"}}
        header: #193, id 8, command 1, size 51, flags 0x0, error 0
        major: 0
        minor: 0
        json: {"capabilities":{"x":"\x1b[2J\x07"}}
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: the version data: it has a control character in a string [json-invalid]
    0.010315  11  client > #194   VERSION                      9  0.0 {"a":"\x80\xc0\xaf"}
        header: #194, id 9, command 1, size 32, flags 0x0, error 0
        major: 0
        minor: 0
        json: {"a":"\x80\xc0\xaf"}
        ! violation by the client: a second VERSION on this connection [version-twice]
    0.010317  11  client > #195   VERSION                     10  0.0 \xed\xa0\x80\xf5A
        header: #195, id 10, command 1, size 26, flags 0x0, error 0
        major: 0
        minor: 0
        json: \xed\xa0\x80\xf5A
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: the version data: it is no JSON object [json-invalid]
    0.010318  11  client > #196   VERSION                     11  0.0 {"capabilities":{"x":"a\\"b\\\\c\\u00e9\\n\\/d}","k\\"\\\\":[true,"],\\\\"],"max_msg_fds":8,"u":"\\u12G4!"}}
        header: #196, id 11, command 1, size 117, flags 0x0, error 0
        major: 0
        minor: 0
        json: {"capabilities":{"x":"a\\"b\\\\c\\u00e9\\n\\/d}","k\\"\\\\":[true,"],\\\\"],"max_msg_fds":8,"u":"\\u12G4!"}}
        ! violation by the client: a second VERSION on this connection [version-twice]
        ! violation by the client: the version data: it has \\u without four hex digits [json-invalid]
    0.010319  11  * disconnect: client closed
