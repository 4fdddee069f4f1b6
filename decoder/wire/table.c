/*
 * The one table of the protocol: every command with its request and reply, field by field. All of it is data. Offsets
 * count from the end of the header, or from the start of an item. The order of a layout's fields is the order of JSON
 * and of the field tree.
 */
#include "decoder/wire/table.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * Integers: the name, where, how wide, and what kind of number it is. What else is said of a field stands behind that.
 */
#define NUMBER(n, o, w, ...) { .name = n, .kind = VFU_NUMBER, .offset = o, .width = w, __VA_ARGS__ }
#define SIZE(n, o, w, ...) { .name = n, .kind = VFU_SIZE, .offset = o, .width = w, __VA_ARGS__ }
#define ADDRESS(n, o, w, ...) { .name = n, .kind = VFU_ADDRESS, .offset = o, .width = w, __VA_ARGS__ }
#define FLAGS(n, o, w, list, ...) { .name = n, .kind = VFU_FLAGS, .offset = o, .width = w, .names = list, __VA_ARGS__ }
#define ENUM(n, o, w, list, ...) { .name = n, .kind = VFU_ENUM, .offset = o, .width = w, .names = list, __VA_ARGS__ }
#define BYTES(n, o, how_many, ...) { .name = n, .kind = VFU_BYTES, .offset = o, .count = how_many, __VA_ARGS__ }
#define LIST(n, o, how_many, what, ...) \
    { .name = n, .kind = VFU_LIST, .offset = o, .count = how_many, .item = what, __VA_ARGS__ }
#define OBJECT(n, o, what, ...) { .name = n, .kind = VFU_OBJECT, .offset = o, .item = what, __VA_ARGS__ }
/* How long the struct is that begins with it, or may be: the first field, or none is. */
#define ARGSZ NUMBER("argsz", 0, 4, .is_argsz = true)
#define END { .name = NULL }
#define OPTIONAL .optional = true
#define MEMORY .memory = true
/* When a field is there, when a message has that form. */
#define TERMS(...) (const struct vfu_term[]) { __VA_ARGS__, { VFU_END } }
#define WHEN(...) .when = TERMS(__VA_ARGS__)
#define FORM(l, ...) { &l, TERMS(__VA_ARGS__) }
#define OR_AS(...) .forms = (const struct vfu_form[]) { __VA_ARGS__, { NULL } }
#define OR { VFU_OR }
#define IS(f, v) { VFU_IS, f, v }
#define IS_NOT(f, v) { VFU_IS_NOT, f, v }
#define HAS(f, bits) { VFU_HAS, f, bits }
#define LACKS(f, bits) { VFU_LACKS, f, bits }
#define UP_TO(f, v) { VFU_UP_TO, f, v }
#define SIZE_FROM(n) { VFU_SIZE_FROM, NULL, n }
#define SIZE_BELOW(n) { VFU_SIZE_BELOW, NULL, n }
#define SIZE_WITHIN(f) { VFU_SIZE_WITHIN, f }
#define FITS(f) { VFU_FITS, f }
#define LEAVES(f, n) { VFU_LEAVES, f, n }
#define IN_REPLY { VFU_IN_REPLY }
#define NAMES(...) (const struct vfu_name[]) { __VA_ARGS__, { 0, NULL } }

#define LAYOUT(variable, bytes, line, ...) \
    const struct vfu_layout variable = { \
        .fields = (const struct vfu_field[]) { __VA_ARGS__ }, .size = bytes, .brief = line, \
    }

LAYOUT(vfu_empty_layout, 0, "", END);
LAYOUT(vfu_unknown_layout, 0, "{data}", BYTES("data", 0, NULL, OPTIONAL, MEMORY), END);
LAYOUT(vfu_header_layout, VFU_HEADER_SIZE, NULL,
       NUMBER("id", 0, 2),
       NUMBER("command", 2, 2),
       NUMBER("size", 4, 4),
       FLAGS("flags", 8, 4, vfu_header_flag_names),
       ENUM("error", 12, 4, vfu_errno_names),
       END);

/* VERSION: without JSON all capabilities have their defaults. */
static LAYOUT(version, 4, "{major}.{minor}[ {json}]",
              NUMBER("major", 0, 2),
              NUMBER("minor", 2, 2),
              { .name = "json", .kind = VFU_JSON, .offset = 4, OPTIONAL },
              END);

/* DMA_MAP, DMA_UNMAP, DIRTY_PAGES */
static LAYOUT(dma_map, 32, "{address}+{size} {flags}[ offset {offset}]",
              ARGSZ,
              FLAGS("flags", 4, 4, NAMES({ VFU_DMA_READABLE, "readable" }, { VFU_DMA_WRITEABLE, "writeable" },
                                         { VFU_DMA_MMAP, "mmap" }, { VFU_DMA_FILE_IO, "file-io" })),
              ADDRESS("offset", 8, 8),
              ADDRESS("address", 16, 8),
              SIZE("size", 24, 8),
              END);

static LAYOUT(bitmap_head, 16, "pgsize {pgsize} size {size}",
              SIZE("pgsize", 0, 8),
              SIZE("size", 8, 8),
              END);
static LAYOUT(bitmap, 16, "pgsize {pgsize} {data}",
              SIZE("pgsize", 0, 8),
              SIZE("size", 8, 8),
              BYTES("data", 16, "size"),
              END);

static const struct vfu_name unmap_flags[] = {
    { VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP, "get_dirty_bitmap" },
    { VFIO_DMA_UNMAP_FLAG_ALL, "unmap_all" },
    { VFIO_DMA_UNMAP_FLAG_VADDR, "vaddr" },
    { 0, NULL },
};
#define UNMAP(variable, what) \
    static LAYOUT(variable, 24, "{address}+{size}[ {flags}][ {bitmap}]", \
                  ARGSZ, \
                  FLAGS("flags", 4, 4, unmap_flags), \
                  ADDRESS("address", 8, 8), \
                  SIZE("size", 16, 8), \
                  OBJECT("bitmap", 24, &what, WHEN(HAS("flags", VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP))), \
                  END)
UNMAP(dma_unmap, bitmap_head);
UNMAP(dma_unmap_reply, bitmap);

static const struct vfu_name dirty_flags[] = {
    { VFIO_IOMMU_DIRTY_PAGES_FLAG_START, "start" },
    { VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, "stop" },
    { VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, "get_bitmap" },
    { 0, NULL },
};
#define IF_BITMAP WHEN(HAS("flags", VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP))
#define DIRTY(variable, what) \
    static LAYOUT(variable, 8, "{flags}[ {iova}+{size}][ {bitmap}]", \
                  ARGSZ, \
                  FLAGS("flags", 4, 4, dirty_flags), \
                  ADDRESS("iova", 8, 8, IF_BITMAP), \
                  SIZE("size", 16, 8, IF_BITMAP), \
                  OBJECT("bitmap", 24, &what, IF_BITMAP), \
                  END)
DIRTY(dirty_pages, bitmap_head);
DIRTY(dirty_pages_reply, bitmap);

/* DEVICE_GET_INFO */
static LAYOUT(area, 16, "{offset}+{size}", ADDRESS("offset", 0, 8), SIZE("size", 8, 8), END);

static const struct vfu_name region_cap_ids[] = {
    { VFIO_REGION_INFO_CAP_SPARSE_MMAP, "sparse_mmap" },
    { VFIO_REGION_INFO_CAP_TYPE, "type" },
    { VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, "msix_mappable" },
    { VFU_CAP_SPARSE_MMAP_FDS, "sparse_mmap_fds" },
    { VFU_CAP_SPARSE_MMAP_FDS_LATER, "sparse_mmap_fds" },
    { 0, NULL },
};
#define IS_SPARSE IS("id", VFIO_REGION_INFO_CAP_SPARSE_MMAP)
#define HAS_FDS IS("id", VFU_CAP_SPARSE_MMAP_FDS), OR, IS("id", VFU_CAP_SPARSE_MMAP_FDS_LATER)
#define IF_TYPE WHEN(IS("id", VFIO_REGION_INFO_CAP_TYPE))
#define IF_OTHER WHEN(IS_NOT("id", VFIO_REGION_INFO_CAP_SPARSE_MMAP), IS_NOT("id", VFIO_REGION_INFO_CAP_TYPE), \
                      IS_NOT("id", VFU_CAP_SPARSE_MMAP_FDS), IS_NOT("id", VFU_CAP_SPARSE_MMAP_FDS_LATER))
/* An area of a file of its own: on its way into the specification. */
static LAYOUT(fd_area, 32, "{offset}+{size} fd {fd_index}[ at {fd_offset}]",
              ADDRESS("offset", 0, 8),
              ADDRESS("fd_offset", 8, 8),
              SIZE("size", 16, 8),
              NUMBER("fd_index", 24, 4),
              NUMBER("padding", 28, 4),
              END);
static LAYOUT(region_capability, 8, "{id}[ {areas}][ {type} subtype {subtype}][ {data}]",
              ENUM("id", 0, 2, region_cap_ids, .hex = true),
              NUMBER("version", 2, 2),
              NUMBER("next", 4, 4),
              NUMBER("nr_areas", 8, 4, WHEN(IS_SPARSE, OR, HAS_FDS)),
              NUMBER("reserved", 12, 4, WHEN(IS_SPARSE, OR, HAS_FDS)),
              LIST("areas", 16, "nr_areas", &area, WHEN(IS_SPARSE)),
              LIST("areas", 16, "nr_areas", &fd_area, WHEN(HAS_FDS)),
              NUMBER("type", 8, 4, IF_TYPE),
              NUMBER("subtype", 12, 4, IF_TYPE),
              BYTES("data", 8, NULL, IF_OTHER, OPTIONAL),
              END);
/* No capability of DEVICE_GET_INFO is in use with vfio-user: id and bytes. */
static LAYOUT(device_capability, 8, "{id}[ {data}]",
              NUMBER("id", 0, 2, .hex = true),
              NUMBER("version", 2, 2),
              NUMBER("next", 4, 4),
              BYTES("data", 8, NULL, OPTIONAL),
              END);

#define CAPABILITIES(what, flag) \
    LIST("capabilities", 0, NULL, &what, WHEN(HAS("flags", flag)), .chain = "cap_offset")

static const struct vfu_name device_flags[] = {
    { VFIO_DEVICE_FLAGS_RESET, "reset" }, { VFIO_DEVICE_FLAGS_PCI, "pci" },   { VFIO_DEVICE_FLAGS_PLATFORM, "platform" },
    { VFIO_DEVICE_FLAGS_AMBA, "amba" },   { VFIO_DEVICE_FLAGS_CCW, "ccw" },   { VFIO_DEVICE_FLAGS_AP, "ap" },
    { VFIO_DEVICE_FLAGS_FSL_MC, "fsl_mc" }, { VFIO_DEVICE_FLAGS_CAPS, "caps" }, { 0, NULL },
};
#define DEVICE_INFO \
    ARGSZ, FLAGS("flags", 4, 4, device_flags), NUMBER("num_regions", 8, 4), NUMBER("num_irqs", 12, 4)
static LAYOUT(device_info, 16, "", DEVICE_INFO, END);
static LAYOUT(device_info_reply, 16, "{num_regions:region}, {num_irqs:IRQ}, {flags}[ {capabilities}]", DEVICE_INFO,
              NUMBER("cap_offset", 16, 4, WHEN(HAS("flags", VFIO_DEVICE_FLAGS_CAPS)), OPTIONAL),
              CAPABILITIES(device_capability, VFIO_DEVICE_FLAGS_CAPS),
              END);

/* DEVICE_GET_REGION_INFO */
static const struct vfu_name region_flags[] = {
    { VFIO_REGION_INFO_FLAG_READ, "read" },
    { VFIO_REGION_INFO_FLAG_WRITE, "write" },
    { VFIO_REGION_INFO_FLAG_MMAP, "mmap" },
    { VFIO_REGION_INFO_FLAG_CAPS, "caps" },
    { 0, NULL },
};
#define REGION_INFO \
    ARGSZ, FLAGS("flags", 4, 4, region_flags), ENUM("index", 8, 4, vfu_region_names), \
    NUMBER("cap_offset", 12, 4), SIZE("size", 16, 8), ADDRESS("offset", 24, 8)
/* libvfio-user's sample client sends the reply's buffer as its request, with the room for capabilities behind it. */
static LAYOUT(region_info, 32, "{index}", REGION_INFO,
              BYTES("room", 32, NULL, WHEN(SIZE_WITHIN("argsz")), OPTIONAL, MEMORY),
              END);
static LAYOUT(region_info_reply, 32, "{index} size {size}[ {flags}][ offset {offset}][ {capabilities}]", REGION_INFO,
              CAPABILITIES(region_capability, VFIO_REGION_INFO_FLAG_CAPS),
              END);

/*
 * DEVICE_GET_REGION_IO_FDS; the stride of a reply's items is computed, their fields go by type and stride: 40 bytes in
 * the specification, 48 in libvfio-user's own struct, in which what is no ioregionfd has the members of a shadow
 * ioeventfd.
 */
enum { IO_SHORT = 40, IO_SHADOW = 48 };
#define NO_IOREGIONFD IS_NOT("type", VFU_IO_IOREGIONFD)
static LAYOUT(io_sub_region, IO_SHORT, "{offset}+{size} {type} fd {fd_index}[ {flags}]",
              ADDRESS("offset", 0, 8),
              SIZE("size", 8, 8),
              NUMBER("fd_index", 16, 4),
              ENUM("type", 20, 4, NAMES({ VFU_IO_IOEVENTFD, "ioeventfd" }, { VFU_IO_IOREGIONFD, "ioregionfd" },
                                        { VFU_IO_SHADOW_IOEVENTFD, "shadow_ioeventfd" })),
              FLAGS("flags", 24, 4, NAMES({ VFU_IO_DATAMATCH, "datamatch" }, { 2, "pio" }, { 8, "virtio-ccw" }),
                    WHEN(NO_IOREGIONFD)),
              FLAGS("flags", 24, 4, NAMES({ 1, "pio" }, { 2, "posted_writes" }), WHEN(IS("type", VFU_IO_IOREGIONFD))),
              NUMBER("padding", 28, 4, WHEN(IS_NOT("type", VFU_IO_SHADOW_IOEVENTFD), SIZE_BELOW(IO_SHADOW),
                                            OR, IS("type", VFU_IO_IOREGIONFD))),
              NUMBER("shadow_mem_fd_index", 28, 4, WHEN(IS("type", VFU_IO_SHADOW_IOEVENTFD),
                                                        OR, SIZE_FROM(IO_SHADOW), NO_IOREGIONFD)),
              ADDRESS("shadow_offset", 32, 8, WHEN(SIZE_FROM(IO_SHADOW), NO_IOREGIONFD)),
              ADDRESS("datamatch", 32, 8, WHEN(SIZE_FROM(IO_SHORT), SIZE_BELOW(IO_SHADOW), NO_IOREGIONFD)),
              ADDRESS("datamatch", 40, 8, WHEN(SIZE_FROM(IO_SHADOW), NO_IOREGIONFD)),
              ADDRESS("user_data", 32, 8, WHEN(IS("type", VFU_IO_IOREGIONFD))),
              BYTES("data", 48, NULL, WHEN(SIZE_FROM(IO_SHADOW + 1)), OPTIONAL),
              END);
#define IO_FDS ARGSZ, FLAGS("flags", 4, 4, NULL), ENUM("index", 8, 4, vfu_region_names), \
               NUMBER("count", 12, 4)
static LAYOUT(io_fds, 16, "{index}", IO_FDS, END);
static LAYOUT(io_fds_reply, 16, "{index} {count:sub-region}[: {sub_regions}]", IO_FDS,
              /* A reply cut to argsz has the full count and no sub-regions. */
              LIST("sub_regions", 16, "count", &io_sub_region, WHEN(IS_NOT("count", 0), SIZE_FROM(17)), .least = 32),
              END);

/* DEVICE_GET_IRQ_INFO, DEVICE_SET_IRQS */
static const struct vfu_name irq_flags[] = {
    { VFIO_IRQ_INFO_EVENTFD, "eventfd" },
    { VFIO_IRQ_INFO_MASKABLE, "maskable" },
    { VFIO_IRQ_INFO_AUTOMASKED, "automasked" },
    { VFIO_IRQ_INFO_NORESIZE, "noresize" },
    { 0, NULL },
};
#define IRQ_INFO ARGSZ, FLAGS("flags", 4, 4, irq_flags), ENUM("index", 8, 4, vfu_irq_names), \
                 NUMBER("count", 12, 4)
static LAYOUT(irq_info, 16, "{index}", IRQ_INFO, END);
static LAYOUT(irq_info_reply, 16, "{index} {count:vector}[ {flags}]", IRQ_INFO, END);
static const struct vfu_name set_irqs_flags[] = {
    { VFIO_IRQ_SET_DATA_NONE, "none" },     { VFIO_IRQ_SET_DATA_BOOL, "bool" },
    { VFIO_IRQ_SET_DATA_EVENTFD, "eventfd" }, { VFIO_IRQ_SET_ACTION_MASK, "mask" },
    { VFIO_IRQ_SET_ACTION_UNMASK, "unmask" }, { VFIO_IRQ_SET_ACTION_TRIGGER, "trigger" },
    { 0, NULL },
};
#define SET_IRQS \
    ARGSZ, FLAGS("flags", 4, 4, set_irqs_flags), ENUM("index", 8, 4, vfu_irq_names), NUMBER("start", 12, 4), \
    NUMBER("count", 16, 4)
static LAYOUT(set_irqs, 20, "{index} {start}+{count} {flags}[ {data}]", SET_IRQS,
              BYTES("data", 20, "count", WHEN(HAS("flags", VFIO_IRQ_SET_DATA_BOOL))),
              END);
/* The whole index is switched off. */
static LAYOUT(set_irqs_disable, 20, "{index} disable", SET_IRQS, END);

/* REGION_READ, REGION_WRITE, REGION_WRITE_MULTI */
enum { ACCESS_OFFSET, ACCESS_REGION, ACCESS_COUNT };
#define REGION_ACCESS \
    [ACCESS_OFFSET] = ADDRESS("offset", 0, 8), [ACCESS_REGION] = ENUM("region", 8, 4, vfu_region_names), \
    [ACCESS_COUNT] = NUMBER("count", 12, 4)
#define MOVES_REGION .space = VFU_REGION_SPACE, .region = ACCESS_REGION, .at = ACCESS_OFFSET, .size = ACCESS_COUNT
static LAYOUT(region_access, 16, "{region}+{offset} {count:byte}", REGION_ACCESS, END);
static LAYOUT(region_data, 16, "{region}+{offset} = {data}", REGION_ACCESS,
              BYTES("data", 16, "count", .is_register = true),
              END);
static LAYOUT(write_item, 24, "{region}+{offset} = {data}",
              REGION_ACCESS,
              /* 8 bytes on the wire, of which `count` mean something */
              BYTES("data", 16, "count", .most = VFU_MAX_WRITE_MULTI_DATA, .is_register = true),
              END);
static LAYOUT(write_multi, 8, "{wr_cnt:write}: {writes}",
              NUMBER("wr_cnt", 0, 8),
              LIST("writes", 8, "wr_cnt", &write_item),
              END);
static LAYOUT(write_multi_reply, 8, "{wr_cnt:write}", NUMBER("wr_cnt", 0, 8), END);

/*
 * DMA_READ, DMA_WRITE have three forms; sizes alone do not tell them apart. The count is a u64 (QEMU 11, libvfio-user),
 * or a u32 that ends the fixed part (the specification, in the DMA_WRITE reply), or a u32 in a struct padded to 16
 * bytes, with the data in front of the padding (older QEMU). A count that can't be true as a u64 but can as its low
 * half is the last.
 */
enum { DMA_ADDRESS, DMA_COUNT };
#define DMA64 [DMA_ADDRESS] = ADDRESS("address", 0, 8), [DMA_COUNT] = NUMBER("count", 8, 8)
#define DMA32 [DMA_ADDRESS] = ADDRESS("address", 0, 8), [DMA_COUNT] = NUMBER("count", 8, 4)
#define MOVES_MEMORY .space = VFU_MEMORY_SPACE, .at = DMA_ADDRESS, .size = DMA_COUNT
static LAYOUT(dma64, 16, "{address} {count:byte}", DMA64, END);
static LAYOUT(dma32, 12, "{address} {count:byte}", DMA32, END);
static LAYOUT(dma32_padded, 12, "{address} {count:byte}", DMA32, NUMBER("padding", 12, 4), END);
#define DMA_COUNT_FORMS \
    FORM(dma64, SIZE_FROM(16), UP_TO("count", VFU_MAX_MESSAGE)), \
    FORM(dma32_padded, SIZE_FROM(16), UP_TO("count", VFU_MAX_MESSAGE)), FORM(dma32, SIZE_FROM(12), SIZE_BELOW(16))

#define DMA32_DATA DMA32, BYTES("data", 12, "count", MEMORY)
static LAYOUT(dma64_data, 16, "{address} = {data}", DMA64, BYTES("data", 16, "count", MEMORY), END);
static LAYOUT(dma32_data, 12, "{address} = {data}", DMA32_DATA, END);
static LAYOUT(dma32_data_padded, 12, "{address} = {data}", DMA32_DATA,
              BYTES("padding", 0, NULL, .after = "data", OPTIONAL, MEMORY),
              END);
#define DMA_DATA_FORMS \
    FORM(dma64_data, SIZE_FROM(16), FITS("count")), FORM(dma32_data_padded, SIZE_FROM(12), LEAVES("count", 4)), \
    FORM(dma32_data, SIZE_FROM(12), FITS("count"))

/* DEVICE_FEATURE: what is set or got is in the low half of flags; the data goes by feature */
static const struct vfu_name feature_flags[] = {
    { VFIO_DEVICE_FEATURE_GET, "get" },
    { VFIO_DEVICE_FEATURE_SET, "set" },
    { VFIO_DEVICE_FEATURE_PROBE, "probe" },
    { 0, NULL },
};
#define FEATURE \
    ARGSZ, \
    FLAGS("flags", 4, 4, feature_flags, .mask = ~(uint64_t)VFIO_DEVICE_FEATURE_MASK), \
    ENUM("feature", 4, 4, vfu_feature_names, .mask = VFIO_DEVICE_FEATURE_MASK, .alias = true)
static LAYOUT(range, 16, "{iova}+{length}", ADDRESS("iova", 0, 8), SIZE("length", 8, 8), END);

static LAYOUT(feature_plain, 8, "{feature} {flags}", FEATURE, END);
static LAYOUT(feature_other, 8, "{feature} {flags}[ {data}]", FEATURE,
       BYTES("data", 8, NULL, OPTIONAL, MEMORY),
       END);
/* The data's own `flags`: the name is taken by the message's. */
static LAYOUT(feature_migration, 16, "{feature} {flags} {migration_flags}", FEATURE,
       FLAGS("migration_flags", 8, 8, NAMES({ VFIO_MIGRATION_STOP_COPY, "stop_copy" }, { VFIO_MIGRATION_P2P, "p2p" },
                                            { VFU_MIGRATION_PRE_COPY, "pre_copy" })),
       END);
static LAYOUT(feature_state, 16, "{feature} {flags} {device_state}", FEATURE,
       ENUM("device_state", 8, 4, vfu_device_state_names),
       NUMBER("data_fd", 12, 4),
       END);
static LAYOUT(feature_log_start, 24, "{feature} {flags} page size {page_size}[ {ranges}]", FEATURE,
       SIZE("page_size", 8, 8),
       NUMBER("num_ranges", 16, 4),
       NUMBER("reserved", 20, 4),
       LIST("ranges", 24, "num_ranges", &range),
       END);
/* libvfio-user's sample client and tests stop with the struct that starts. */
static LAYOUT(feature_log_stop, 8, "{feature} {flags}[ page size {page_size}][ {ranges}]", FEATURE,
       SIZE("page_size", 8, 8, WHEN(SIZE_FROM(24))),
       NUMBER("num_ranges", 16, 4, WHEN(SIZE_FROM(24))),
       NUMBER("reserved", 20, 4, WHEN(SIZE_FROM(24))),
       LIST("ranges", 24, "num_ranges", &range, WHEN(SIZE_FROM(24))),
       END);
static LAYOUT(feature_token, 24, "{feature} {flags} {uuid}", FEATURE,
       BYTES("uuid", 8, NULL, MEMORY), /* a secret */
       END);
static LAYOUT(feature_data_size, 16, "{feature} {flags} {stop_copy_length}", FEATURE,
       SIZE("stop_copy_length", 8, 8),
       END);
static LAYOUT(feature_bus_master, 12, "{feature} {flags} {op}", FEATURE,
       ENUM("op", 8, 4, NAMES({ 0, "clear" }, { 1, "set" })),
       END);
static LAYOUT(feature_log_report, 32, "{feature} {flags} {iova}+{length} page size {page_size}[ {bitmap}]", FEATURE,
       ADDRESS("iova", 8, 8),
       SIZE("length", 16, 8),
       SIZE("page_size", 24, 8),
       BYTES("bitmap", 32, NULL, WHEN(IN_REPLY), OPTIONAL),
       END);

#define IS_FEATURE(name) IS("feature", VFIO_DEVICE_FEATURE_##name)
#define GET VFIO_DEVICE_FEATURE_GET
#define SET VFIO_DEVICE_FEATURE_SET
#define PROBE VFIO_DEVICE_FEATURE_PROBE
#define FEATURE_PROBED FORM(feature_plain, HAS("flags", PROBE), SIZE_BELOW(9)), FORM(feature_other, HAS("flags", PROBE))
/* DMA_LOGGING_REPORT is the one feature whose request to get carries data. */
#define FEATURE_ASKED \
    FEATURE_PROBED, \
    FORM(feature_state, IS_FEATURE(MIG_DEVICE_STATE), HAS("flags", SET)), \
    FORM(feature_log_start, IS_FEATURE(DMA_LOGGING_START), HAS("flags", SET)), \
    FORM(feature_log_stop, IS_FEATURE(DMA_LOGGING_STOP), HAS("flags", SET)), \
    FORM(feature_token, IS_FEATURE(PCI_VF_TOKEN), HAS("flags", SET)), \
    FORM(feature_bus_master, IS("feature", VFU_FEATURE_BUS_MASTER), HAS("flags", SET)), \
    FORM(feature_log_report, IS_FEATURE(DMA_LOGGING_REPORT), HAS("flags", GET))
#define FEATURE_TOLD \
    FEATURE_PROBED, \
    FORM(feature_migration, IS_FEATURE(MIGRATION), HAS("flags", GET), SIZE_FROM(9)), \
    FORM(feature_state, IS_FEATURE(MIG_DEVICE_STATE), HAS("flags", GET | SET), SIZE_FROM(9)), \
    FORM(feature_log_start, IS_FEATURE(DMA_LOGGING_START), HAS("flags", SET), SIZE_FROM(9)), \
    FORM(feature_log_stop, IS_FEATURE(DMA_LOGGING_STOP), HAS("flags", SET), SIZE_FROM(9)), \
    FORM(feature_token, IS_FEATURE(PCI_VF_TOKEN), HAS("flags", SET), SIZE_FROM(9)), \
    FORM(feature_data_size, IS("feature", VFU_FEATURE_MIG_DATA_SIZE), HAS("flags", GET), SIZE_FROM(9)), \
    FORM(feature_bus_master, IS("feature", VFU_FEATURE_BUS_MASTER), HAS("flags", SET), SIZE_FROM(9)), \
    FORM(feature_log_report, IS_FEATURE(DMA_LOGGING_REPORT), HAS("flags", GET), SIZE_FROM(9))

/* MIG_DATA_READ, MIG_DATA_WRITE */
enum { MIG_ARGSZ, MIG_SIZE };
#define MIG_DATA [MIG_ARGSZ] = ARGSZ, [MIG_SIZE] = SIZE("size", 4, 4)
#define MOVES_STATE .space = VFU_STATE_SPACE, .size = MIG_SIZE
static LAYOUT(mig_size, 8, "{size}", MIG_DATA, END);
static LAYOUT(mig_data, 8, "{size}[ {data}]", MIG_DATA, BYTES("data", 8, "size", MEMORY), END);

/* --- the rows --- */

#define ROW(command, side, what_for, ...) \
    { .number = VFU_##command, .name = #command, .from = VFU_##side, .section = "VFIO_USER_" #command, \
      .help = what_for, __VA_ARGS__ }
#define REQUEST(l, ...) .request = { .layout = &l, __VA_ARGS__ }
#define REPLY(l, ...) .reply = { .layout = &l, __VA_ARGS__ }

/* Of a request or a reply. Some servers answer with the bare header: DMA_UNMAP, DIRTY_PAGES, accesses of no bytes. */
#define BARE FORM(vfu_empty_layout, SIZE_BELOW(1))
#define OWN_ARGSZ .own_argsz = true
#define GROWS .grows = true
#define ZERO(...) .zero = (const char *const[]) { __VA_ARGS__, NULL }
#define FDS(n) .fds_max = n
#define FDS_DUE(missing, ...) .fds_due = TERMS(__VA_ARGS__), .fds_missing = missing
#define CHECK(name) .whole = VFU_CHECK_##name
#define CHECK_SIZED(name) .sized = VFU_CHECK_##name

/* Of a command: see struct vfu_command. */
#define ALWAYS (const struct vfu_term[]) { { VFU_END } }
#define FD(kind) (1u << VFU_FD_##kind)
#define MEMORY_FD (FD(MEMFD) | FD(FILE) | FD(DEVICE))
#define REPEATS(...) .repeats = (const char *const[]) { __VA_ARGS__, NULL }
#define ASKS .asks = ALWAYS
#define ASKS_WHEN(...) .asks = TERMS(__VA_ARGS__)
#define HARMLESS .beside = ALWAYS
#define HARMLESS_WHEN(...) .beside = TERMS(__VA_ARGS__)
#define HARMS(how) .harm = how
#define HARMS_MEMORY HARMS("the VM's memory is the VM's affair")

static const struct vfu_command commands[] = {
    ROW(VERSION, CLIENT, "agree on a version and on capabilities; the first message",
        REQUEST(version, CHECK(VERSION)), REPLY(version, CHECK(VERSION), FDS(1)),
        ASKS, .fd_kinds = FD(SOCKET)),
    ROW(DMA_MAP, CLIENT, "give the device memory to reach by DMA",
        REQUEST(dma_map, CHECK(MAP), OWN_ARGSZ, GROWS, FDS(1), .without_fds = "by message"), REPLY(vfu_empty_layout),
        HARMS_MEMORY, .fd_kinds = MEMORY_FD),
    ROW(DMA_UNMAP, CLIENT, "take memory back",
        REQUEST(dma_unmap, CHECK(UNMAP)), REPLY(dma_unmap_reply, OR_AS(BARE)),
        REPEATS("address", "size"), HARMS_MEMORY, .unlimited = true),
    ROW(DEVICE_GET_INFO, CLIENT, "how many regions and IRQs the device has",
        REQUEST(device_info, GROWS, ZERO("flags", "num_regions", "num_irqs")),
        REPLY(device_info_reply, CHECK(DEVICE_INFO), OWN_ARGSZ, GROWS),
        ASKS, HARMLESS),
    ROW(DEVICE_GET_REGION_INFO, CLIENT, "a region's size, access and mappable areas",
        REQUEST(region_info, CHECK(REGION_ASKED), GROWS, ZERO("flags", "cap_offset", "size", "offset")),
        REPLY(region_info_reply, CHECK(REGION_INFO), OWN_ARGSZ, GROWS, FDS(VFU_MAX_FDS),
              FDS_DUE("the region can be mapped, but no descriptor came", HAS("flags", VFIO_REGION_INFO_FLAG_MMAP))),
        REPEATS("index"), ASKS, HARMLESS, .fd_kinds = MEMORY_FD, .argsz_room = 4096),
    ROW(DEVICE_GET_REGION_IO_FDS, CLIENT, "eventfds that stand for parts of a region",
        REQUEST(io_fds, CHECK(REGION_ASKED), GROWS, ZERO("flags", "count")),
        REPLY(io_fds_reply, CHECK(IO_FDS), OWN_ARGSZ, GROWS, FDS(VFU_MAX_FDS),
              FDS_DUE("there are sub-regions, but no descriptors", IS_NOT("count", 0))),
        REPEATS("index"), ASKS, .argsz_room = 4096),
    ROW(DEVICE_GET_IRQ_INFO, CLIENT, "how many vectors an IRQ index has",
        REQUEST(irq_info, CHECK(IRQ_ASKED), GROWS, ZERO("flags", "count")), REPLY(irq_info_reply, OWN_ARGSZ, GROWS),
        REPEATS("index"), ASKS, HARMLESS),
    ROW(DEVICE_SET_IRQS, CLIENT, "arm, mask, unmask, trigger or disable vectors",
        REQUEST(set_irqs, CHECK(SET_IRQS), OWN_ARGSZ, FDS(VFU_MAX_FDS),
                OR_AS(FORM(set_irqs_disable, IS("flags", VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER),
                           IS("start", 0), IS("count", 0)))),
        REPLY(vfu_empty_layout),
        HARMS("it would take the VM's interrupts away"), .fd_kinds = FD(EVENTFD)),
    ROW(REGION_READ, CLIENT, "read from a region",
        REQUEST(region_access, CHECK(ACCESS)), REPLY(region_data, OR_AS(BARE)),
        REPEATS("offset", "region"), ASKS, HARMLESS, .moves = { MOVES_REGION }),
    ROW(REGION_WRITE, CLIENT, "write to a region",
        REQUEST(region_data, CHECK(ACCESS)), REPLY(region_access, OR_AS(BARE)),
        REPEATS("offset", "region"), HARMLESS, .moves = { MOVES_REGION, .write = true }),
    ROW(DMA_READ, SERVER, "read the client's memory",
        REQUEST(dma64, CHECK(DMA), OR_AS(DMA_COUNT_FORMS)), REPLY(dma64_data, OR_AS(BARE, DMA_DATA_FORMS)),
        REPEATS("address"), ASKS, .moves = { MOVES_MEMORY }),
    ROW(DMA_WRITE, SERVER, "write the client's memory",
        REQUEST(dma64_data, CHECK(DMA), OR_AS(DMA_DATA_FORMS)), REPLY(dma64, OR_AS(BARE, DMA_COUNT_FORMS)),
        REPEATS("address"), .moves = { MOVES_MEMORY, .write = true }),
    ROW(DEVICE_RESET, CLIENT, "reset the device",
        REQUEST(vfu_empty_layout, CHECK(RESET)), REPLY(vfu_empty_layout),
        HARMS("the VM's driver would not know that its device was reset")),
    { .number = VFU_DIRTY_PAGES, .name = "DIRTY_PAGES", .from = VFU_CLIENT,
      .section = "VFIO_USER_DIRTY_PAGES (libvfio-user's text of 2021)", .help = "legacy: log dirty pages",
      REQUEST(dirty_pages, CHECK(BITMAP_ASKED)), REPLY(dirty_pages_reply, OR_AS(BARE)),
      HARMS_MEMORY, .unlimited = true },
    ROW(REGION_WRITE_MULTI, CLIENT, "several small writes at once",
        REQUEST(write_multi, CHECK_SIZED(WRITES), CHECK(MULTI)), REPLY(write_multi_reply, CHECK(WRITES)),
        HARMLESS, .moves = { MOVES_REGION, .write = true, .list = "writes" }),
    ROW(DEVICE_FEATURE, CLIENT, "get, set or probe a feature: migration, dirty logging",
        REQUEST(feature_other, CHECK(FEATURE), GROWS, OR_AS(FEATURE_ASKED)),
        REPLY(feature_other, CHECK_SIZED(FEATURE_ARGSZ), CHECK(FEATURE), GROWS, OR_AS(FEATURE_TOLD)),
        REPEATS("feature", "device_state", "iova", "length"), ASKS_WHEN(HAS("flags", GET | PROBE)),
        HARMLESS_WHEN(LACKS("flags", SET)), .unlimited = true, .argsz_room = 4096),
    ROW(MIG_DATA_READ, CLIENT, "take the device's state",
        REQUEST(mig_size, CHECK(MIG_DATA)), REPLY(mig_data, CHECK(MIG_DATA), .padded = true),
        ASKS, .moves = { MOVES_STATE }),
    ROW(MIG_DATA_WRITE, CLIENT, "load the device's state",
        REQUEST(mig_data, CHECK(MIG_DATA)), REPLY(vfu_empty_layout),
        .moves = { MOVES_STATE, .write = true }),
};

const struct vfu_command *vfu_commands(size_t *count)
{
    *count = COUNT(commands);
    return commands;
}

const struct vfu_layout *vfu_shape_layout(const struct vfu_shape *shape, unsigned index)
{
    if (index == 0)
        return shape->layout;
    return shape->forms ? shape->forms[index - 1].layout : NULL;
}

const struct vfu_command *vfu_command_by_number(unsigned number)
{
    /* The numbers run from 1 without a gap. */
    return number >= 1 && number <= COUNT(commands) ? &commands[number - 1] : NULL;
}

const struct vfu_command *vfu_command_by_name(const char *name)
{
    static const char prefix[] = "VFIO_USER_";

    if (strncasecmp(name, prefix, sizeof prefix - 1) == 0)
        name += sizeof prefix - 1;
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcasecmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}
