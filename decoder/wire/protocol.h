/*
 * The protocol's constants: header layout, command numbers, flags, and what the protocol imports from VFIO.
 * Layouts of messages are not here: they are in the table (table.c).
 */
#ifndef VFU_DECODER_WIRE_PROTOCOL_H
#define VFU_DECODER_WIRE_PROTOCOL_H

#include <linux/vfio.h>
#include <stdint.h>

/* The header: id u16, command u16, size u32, flags u32, error u32; host-endian. */
enum { VFU_HEADER_SIZE = 16 };

enum vfu_command_number {
    VFU_VERSION = 1,
    VFU_DMA_MAP = 2,
    VFU_DMA_UNMAP = 3,
    VFU_DEVICE_GET_INFO = 4,
    VFU_DEVICE_GET_REGION_INFO = 5,
    VFU_DEVICE_GET_REGION_IO_FDS = 6,
    VFU_DEVICE_GET_IRQ_INFO = 7,
    VFU_DEVICE_SET_IRQS = 8,
    VFU_REGION_READ = 9,
    VFU_REGION_WRITE = 10,
    VFU_DMA_READ = 11,
    VFU_DMA_WRITE = 12,
    VFU_DEVICE_RESET = 13,
    VFU_DIRTY_PAGES = 14, /* legacy; QEMU's first header ends here */
    VFU_REGION_WRITE_MULTI = 15,
    VFU_DEVICE_FEATURE = 16,
    VFU_MIG_DATA_READ = 17,
    VFU_MIG_DATA_WRITE = 18,
};

/* Header flags */
enum {
    VFU_TYPE_MASK = 0xf,
    VFU_TYPE_COMMAND = 0x0,
    VFU_TYPE_REPLY = 0x1,
    VFU_NO_REPLY = 0x10,
    VFU_ERROR = 0x20,
};

/* DMA_MAP flags. 4 and 8 are libvfio-user's; in <linux/vfio.h> 4 means vaddr, which vfio-user does not have. */
enum { VFU_DMA_READABLE = 1, VFU_DMA_WRITEABLE = 2, VFU_DMA_MMAP = 4, VFU_DMA_FILE_IO = 8 };

/* Region I/O fds: types of a sub-region */
enum { VFU_IO_IOEVENTFD = 0, VFU_IO_IOREGIONFD = 1, VFU_IO_SHADOW_IOEVENTFD = 2 };
enum { VFU_IO_DATAMATCH = 1 }; /* a flag of an ioeventfd: only writes of the value datamatch */

/*
 * A capability of region info that is on its way into the specification: areas in several files. The first number is the
 * code's, the second the later text's.
 */
enum { VFU_CAP_SPARSE_MMAP_FDS = 16, VFU_CAP_SPARSE_MMAP_FDS_LATER = 0x8001 };

/* What the headers of Debian 12 (Linux 6.1) lack */
enum { VFU_MIGRATION_PRE_COPY = 1 << 2 };
enum { VFU_FEATURE_MIG_DATA_SIZE = 9, VFU_FEATURE_BUS_MASTER = 10 };
enum vfu_device_state {
    VFU_STATE_ERROR = 0,
    VFU_STATE_STOP = 1,
    VFU_STATE_RUNNING = 2,
    VFU_STATE_STOP_COPY = 3,
    VFU_STATE_RESUMING = 4,
    VFU_STATE_RUNNING_P2P = 5,
    VFU_STATE_PRE_COPY = 6,
    VFU_STATE_PRE_COPY_P2P = 7,
};
_Static_assert((int)VFU_STATE_RUNNING_P2P == (int)VFIO_DEVICE_STATE_RUNNING_P2P, "states are VFIO's");
_Static_assert(VFU_MIGRATION_PRE_COPY == VFIO_MIGRATION_P2P << 1, "PRE_COPY follows P2P");

/* What a capability's absence from VERSION's JSON means, and the limits that peers live with */
enum {
    VFU_DEFAULT_MAX_MSG_FDS = 1,
    VFU_DEFAULT_MAX_DATA_XFER_SIZE = 1048576,
    VFU_DEFAULT_PGSIZES = 4096,
    VFU_DEFAULT_MAX_DMA_MAPS = 65535,
    VFU_DEFAULT_MAX_BITMAP_SIZE = 256 << 20,
    VFU_LIMIT_MAX_MSG_FDS = 16,                  /* QEMU's upper limit */
    VFU_LIMIT_MAX_DATA_XFER_SIZE = 64 << 20,     /* QEMU's upper limit */
    VFU_MAX_WRITE_MULTI = 200,
    VFU_MAX_WRITE_MULTI_DATA = 8,
};

/*
 * A size field above this can't be true: the largest transfer that anybody agrees to (64 MiB), with room for a header
 * and a fixed part of whatever future command.
 */
enum { VFU_MAX_MESSAGE = VFU_LIMIT_MAX_DATA_XFER_SIZE + 4096 };

/* The kernel passes at most this many fds with one message (SCM_MAX_FD). */
enum { VFU_MAX_FDS = 253 };

#endif
