/*
 * Names of numbers: indexes, states, sides, kinds of descriptors, errnos. Flag names stand beside the fields that use
 * them, in table.c.
 */
#include "decoder/wire/event.h"
#include "decoder/wire/parse.h"
#include "decoder/wire/table.h"

#include <errno.h>
#include <strings.h>

const struct vfu_name vfu_region_names[] = {
    { VFIO_PCI_BAR0_REGION_INDEX, "bar0" },
    { VFIO_PCI_BAR1_REGION_INDEX, "bar1" },
    { VFIO_PCI_BAR2_REGION_INDEX, "bar2" },
    { VFIO_PCI_BAR3_REGION_INDEX, "bar3" },
    { VFIO_PCI_BAR4_REGION_INDEX, "bar4" },
    { VFIO_PCI_BAR5_REGION_INDEX, "bar5" },
    { VFIO_PCI_ROM_REGION_INDEX, "rom" },
    { VFIO_PCI_CONFIG_REGION_INDEX, "config" },
    { VFIO_PCI_VGA_REGION_INDEX, "vga" },
    { 0, NULL },
};

const struct vfu_name vfu_irq_names[] = {
    { VFIO_PCI_INTX_IRQ_INDEX, "intx" },
    { VFIO_PCI_MSI_IRQ_INDEX, "msi" },
    { VFIO_PCI_MSIX_IRQ_INDEX, "msix" },
    { VFIO_PCI_ERR_IRQ_INDEX, "err" },
    { VFIO_PCI_REQ_IRQ_INDEX, "req" },
    { 0, NULL },
};

/* 9 and 10 are in later kernels' headers than Debian 12's; vfio-user itself has 1, 2, 6, 7 and 8. */
const struct vfu_name vfu_feature_names[] = {
    { VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, "PCI_VF_TOKEN" },
    { VFIO_DEVICE_FEATURE_MIGRATION, "MIGRATION" },
    { VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, "MIG_DEVICE_STATE" },
    { VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, "LOW_POWER_ENTRY" },
    { VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP, "LOW_POWER_ENTRY_WITH_WAKEUP" },
    { VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, "LOW_POWER_EXIT" },
    { VFIO_DEVICE_FEATURE_DMA_LOGGING_START, "DMA_LOGGING_START" },
    { VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, "DMA_LOGGING_STOP" },
    { VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, "DMA_LOGGING_REPORT" },
    { VFU_FEATURE_MIG_DATA_SIZE, "MIG_DATA_SIZE" },
    { VFU_FEATURE_BUS_MASTER, "BUS_MASTER" },
    { 0, NULL },
};

const struct vfu_name vfu_device_state_names[] = {
    { VFU_STATE_ERROR, "ERROR" },
    { VFU_STATE_STOP, "STOP" },
    { VFU_STATE_RUNNING, "RUNNING" },
    { VFU_STATE_STOP_COPY, "STOP_COPY" },
    { VFU_STATE_RESUMING, "RESUMING" },
    { VFU_STATE_RUNNING_P2P, "RUNNING_P2P" },
    { VFU_STATE_PRE_COPY, "PRE_COPY" },
    { VFU_STATE_PRE_COPY_P2P, "PRE_COPY_P2P" },
    { 0, NULL },
};

const struct vfu_name vfu_header_flag_names[] = {
    { VFU_NO_REPLY, "no_reply" },
    { VFU_ERROR, "error" },
    { 0, NULL },
};

const struct vfu_name vfu_side_names[] = { { VFU_CLIENT, "client" }, { VFU_SERVER, "server" }, { 0, NULL } };

const struct vfu_name vfu_channel_names[] = { { VFU_MAIN, "main" }, { VFU_TWIN, "twin" }, { 0, NULL } };

const struct vfu_name vfu_fd_type_names[] = {
    { VFU_FD_OTHER, "other" },   { VFU_FD_MEMFD, "memfd" }, { VFU_FD_FILE, "file" },     { VFU_FD_EVENTFD, "eventfd" },
    { VFU_FD_SOCKET, "socket" }, { VFU_FD_PIPE, "pipe" },   { VFU_FD_DEVICE, "device" }, { 0, NULL },
};

#define E(name) { name, #name }
const struct vfu_name vfu_errno_names[] = {
    E(EPERM),        E(ENOENT),       E(ESRCH),       E(EINTR),        E(EIO),          E(ENXIO),
    E(E2BIG),        E(ENOEXEC),      E(EBADF),       E(ECHILD),       E(EAGAIN),       E(ENOMEM),
    E(EACCES),       E(EFAULT),       E(ENOTBLK),     E(EBUSY),        E(EEXIST),       E(EXDEV),
    E(ENODEV),       E(ENOTDIR),      E(EISDIR),      E(EINVAL),       E(ENFILE),       E(EMFILE),
    E(ENOTTY),       E(ETXTBSY),      E(EFBIG),       E(ENOSPC),       E(ESPIPE),       E(EROFS),
    E(EMLINK),       E(EPIPE),        E(EDOM),        E(ERANGE),       E(EDEADLK),      E(ENAMETOOLONG),
    E(ENOLCK),       E(ENOSYS),       E(ENOTEMPTY),   E(ELOOP),        E(ENOMSG),       E(EIDRM),
    E(ENODATA),      E(ETIME),        E(EPROTO),      E(EBADMSG),      E(EOVERFLOW),    E(EILSEQ),
    E(EUSERS),       E(ENOTSOCK),     E(EDESTADDRREQ), E(EMSGSIZE),    E(EPROTOTYPE),   E(ENOPROTOOPT),
    E(EPROTONOSUPPORT), E(EOPNOTSUPP), E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL), E(ENETDOWN),
    E(ENETUNREACH),  E(ENETRESET),    E(ECONNABORTED), E(ECONNRESET),  E(ENOBUFS),      E(EISCONN),
    E(ENOTCONN),     E(ESHUTDOWN),    E(ETIMEDOUT),   E(ECONNREFUSED), E(EHOSTDOWN),    E(EHOSTUNREACH),
    E(EALREADY),     E(EINPROGRESS),  E(ESTALE),      E(EREMOTEIO),    E(EDQUOT),       E(ECANCELED),
    E(EOWNERDEAD),   E(ENOTRECOVERABLE), E(ERFKILL),  E(EHWPOISON),    { ENOTSUP, "ENOTSUP" },
    { EWOULDBLOCK, "EWOULDBLOCK" },
    { 0, NULL },
};
#undef E

const char *vfu_name_of(const struct vfu_name *names, uint64_t value)
{
    for (; names && names->name; names++)
        if (names->value == value)
            return names->name;
    return NULL;
}

bool vfu_name_value(const struct vfu_name *names, const char *name, uint64_t *value)
{
    for (; names && names->name; names++) {
        if (strcasecmp(names->name, name) == 0) {
            *value = names->value;
            return true;
        }
    }
    return false;
}

bool vfu_parse_named(const struct vfu_name *names, const char *text, uint64_t *value)
{
    return vfu_name_value(names, text, value) || vfu_parse_number(text, value);
}

const char *vfu_fd_type_name(enum vfu_fd_type type)
{
    const char *name = vfu_name_of(vfu_fd_type_names, type);

    return name ? name : "other";
}

const char *vfu_event_name(enum vfu_event_kind kind)
{
    static const char *const names[VFU_EVENT_KINDS] = {
        [VFU_EVENT_MESSAGE] = "message",     [VFU_EVENT_CONNECT] = "connect",
        [VFU_EVENT_DISCONNECT] = "disconnect", [VFU_EVENT_UNFRAMED] = "unframed",
        [VFU_EVENT_DROPPED] = "dropped",     [VFU_EVENT_INTERRUPT] = "interrupt",
        [VFU_EVENT_IOEVENTFD] = "ioeventfd", [VFU_EVENT_INJECTED] = "injected",
        [VFU_EVENT_OVERDUE] = "overdue",     [VFU_EVENT_STALLED] = "stalled",
        [VFU_EVENT_READS_NO_MORE] = "reads_no_more", [VFU_EVENT_MEMORY] = "memory",
        [VFU_EVENT_PEER] = "peer",           [VFU_EVENT_CAPTURE] = "capture",
        [VFU_EVENT_END] = "end",             [VFU_EVENT_UNREAD] = "unread",
        [VFU_EVENT_FRAMED] = "framed",       [VFU_EVENT_LOG] = "log",
        [VFU_EVENT_MARK] = "mark",           [VFU_EVENT_LOOK] = "look",
    };

    return (unsigned)kind < VFU_EVENT_KINDS ? names[kind] : "unknown";
}
