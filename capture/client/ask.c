/*
 * The client end, what a VMM asks before it uses a device: what there is of regions and interrupts, and what config space
 * says. The session learns from the answers as from any; errors in them are the device's business.
 */
#include "capture/client/inside.h"
#include "capture/clock.h"
#include "decoder/wire/decode.h"
#include "decoder/wire/header.h"

#include <linux/pci_regs.h>
#include <string.h>

/* A number that a question asks with. */
struct with {
    const char *name; /* NULL ends a list */
    uint64_t number;
};

/* One question and its answer, which is in c->reply. OK: it came, if only as an error. */
static enum vfu_client_result question(struct vfu_client *c, unsigned command, const struct with *with,
                                       struct vfu_error *error)
{
    enum vfu_client_result result = VFU_CLIENT_FAILED;
    struct vfu_build b = { 0 };
    bool built = vfu_build_start(&b, command, false);

    for (; built && with->name; with++)
        built = vfu_build_set_number(&b, with->name, with->number);
    if (built)
        result = vfu_client_call(c, &b, NULL, 0, error);
    else
        vfu_fail(error, 0, "%s", b.error);
    vfu_build_free(&b);
    return result;
}

/* What was asked for, all of it; d: the reply's fields. */
static bool is_answered(const struct vfu_client *c, struct vfu_decoded *d)
{
    if (!c->reply.event || c->reply.event->flags & VFU_ERROR)
        return false;
    vfu_decode(c->reply.event, d);
    return !d->is_short;
}

static void take_info(struct vfu_client_device *device, const struct vfu_decoded *d)
{
    device->known = true;
    device->is_pci = vfu_number(d->values, d->count, "flags", 0) & VFIO_DEVICE_FLAGS_PCI;
    device->num_regions = (uint32_t)vfu_number(d->values, d->count, "num_regions", 0);
    device->num_irqs = (uint32_t)vfu_number(d->values, d->count, "num_irqs", 0);
}

/* A question about one thing (NULL: about the device), and again if the server has more to say than there was room for. */
static enum vfu_client_result ask_whole(struct vfu_client *c, unsigned command, const uint32_t *index, struct vfu_error *error)
{
    struct with with[3] = { { 0 } };
    size_t used = 0;
    enum vfu_client_result result;
    struct vfu_decoded d;
    uint64_t argsz;

    if (index)
        with[used++] = (struct with){ "index", *index };
    result = question(c, command, with, error);
    if (result != VFU_CLIENT_OK || !is_answered(c, &d))
        return result;
    argsz = vfu_number(d.values, d.count, "argsz", 0);
    if (argsz <= c->reply.event->size - VFU_HEADER_SIZE || argsz > VFU_MAX_MESSAGE)
        return result;
    with[used] = (struct with){ "argsz", argsz };
    return question(c, command, with, error);
}

static enum vfu_client_result ask_info(struct vfu_client *c, struct vfu_client_device *device, struct vfu_error *error)
{
    enum vfu_client_result result = ask_whole(c, VFU_DEVICE_GET_INFO, NULL, error);
    struct vfu_decoded d;

    if (result == VFU_CLIENT_OK && is_answered(c, &d))
        take_info(device, &d);
    return result;
}

static enum vfu_client_result ask_region(struct vfu_client *c, uint32_t index, struct vfu_error *error)
{
    return ask_whole(c, VFU_DEVICE_GET_REGION_INFO, &index, error);
}

/* Bytes of config space, behind those that there are. *good: they came. */
static enum vfu_client_result ask_config(struct vfu_client *c, size_t size, struct vfu_client_device *device, bool *good,
                                         struct vfu_error *error)
{
    const struct with with[] = {
        { "offset", device->config_size }, { "region", VFIO_PCI_CONFIG_REGION_INDEX }, { "count", size }, { 0 },
    };
    enum vfu_client_result result = question(c, VFU_REGION_READ, with, error);
    const struct vfu_value *data;
    struct vfu_decoded d;

    *good = false;
    if (result != VFU_CLIENT_OK || !is_answered(c, &d))
        return result;
    data = vfu_value_by_name(d.values, d.count, "data");
    if (!data || data->size != size)
        return result;
    memcpy(device->config + device->config_size, data->bytes, size);
    device->config_size += size;
    *good = true;
    return result;
}

/* All that there is, as VMMs do; of a device that has it in registers only, the part that every device has. */
static enum vfu_client_result ask_all_config(struct vfu_client *c, uint64_t region_size, struct vfu_client_device *device,
                                             struct vfu_error *error)
{
    uint64_t most = vfu_client_agreed(c)->max_data_xfer_size;
    size_t whole = region_size < sizeof device->config ? (size_t)region_size : sizeof device->config;
    size_t one = most < whole ? (size_t)most & ~(size_t)3 : whole;
    enum vfu_client_result result = VFU_CLIENT_OK;
    bool good = one >= 4;

    while (result == VFU_CLIENT_OK && good && device->config_size < whole) {
        size_t left = whole - device->config_size;

        result = ask_config(c, left < one ? left : one, device, &good, error);
        if (result == VFU_CLIENT_OK && !good && device->config_size == 0 && one > 4) {
            one = 4;
            whole = whole < PCI_CFG_SPACE_SIZE ? whole : PCI_CFG_SPACE_SIZE;
            good = true;
        }
    }
    return result;
}

static enum vfu_client_result ask_all(struct vfu_client *c, struct vfu_client_device *device, struct vfu_error *error)
{
    enum vfu_client_result result = ask_info(c, device, error);
    const struct vfu_known_region *config;

    for (uint32_t i = 0; i < device->num_regions && i < VFU_MAX_KNOWN_REGIONS && result == VFU_CLIENT_OK; i++)
        result = ask_region(c, i, error);
    for (uint32_t i = 0; i < device->num_irqs && i < VFU_MAX_KNOWN_IRQS && result == VFU_CLIENT_OK; i++)
        result = question(c, VFU_DEVICE_GET_IRQ_INFO, (const struct with[]){ { "index", i }, { 0 } }, error);
    if (result != VFU_CLIENT_OK || !device->is_pci)
        return result;
    config = &vfu_session_connection(c->session, c->conn)->regions[VFIO_PCI_CONFIG_REGION_INDEX];
    if (!config->known || !(config->flags & VFIO_REGION_INFO_FLAG_READ) || config->size < PCI_STD_HEADER_SIZEOF)
        return result;
    return ask_all_config(c, config->size, device, error);
}

static enum vfu_client_result ask_one(struct vfu_client *c, uint32_t region, struct vfu_client_device *device,
                                      struct vfu_error *error)
{
    enum vfu_client_result result = ask_info(c, device, error);

    return result == VFU_CLIENT_OK && region < device->num_regions ? ask_region(c, region, error) : result;
}

/* One region, or (UINT32_MAX) all there is. */
static enum vfu_client_result ask(struct vfu_client *c, uint32_t region, struct vfu_client_device *device,
                                  struct vfu_error *error)
{
    int patience = c->timeout_ms;
    enum vfu_client_result result;

    memset(device, 0, sizeof *device);
    c->timeout_ms = patience < VFU_CLIENT_ASK_MS ? patience : VFU_CLIENT_ASK_MS;
    c->swallows = true;
    result = region == UINT32_MAX ? ask_all(c, device, error) : ask_one(c, region, device, error);
    c->swallows = false;
    c->timeout_ms = patience;
    vfu_reply_clear(&c->reply);
    return result;
}

enum vfu_client_result vfu_client_ask(struct vfu_client *c, struct vfu_client_device *device, struct vfu_error *error)
{
    return ask(c, UINT32_MAX, device, error);
}

enum vfu_client_result vfu_client_ask_region(struct vfu_client *c, uint32_t region, struct vfu_error *error)
{
    struct vfu_client_device device;

    return ask(c, region, &device, error);
}

/* An answer that the tap had, as if we had asked: the session learns from pairs. */
static void take_answer(struct vfu_client *c, const uint8_t *bytes, size_t size, struct vfu_client_device *device)
{
    struct vfu_message m = { .conn = c->conn, .from = VFU_CLIENT, .time = vfu_now() };
    struct vfu_event answer = { .kind = VFU_EVENT_MESSAGE }, event;
    const struct vfu_value *data;
    struct vfu_build b = { 0 };
    struct vfu_decoded d;

    answer.message = (struct vfu_message){ .from = VFU_SERVER, .bytes = bytes, .captured = size, .size = size };
    vfu_event_changed(&answer);
    vfu_decode(&answer, &d);
    data = vfu_value_by_name(d.values, d.count, "data");
    if (answer.command_number == VFU_DEVICE_GET_INFO)
        take_info(device, &d);
    if (answer.command_number == VFU_REGION_READ && data && data->size <= sizeof device->config) {
        memcpy(device->config, data->bytes, data->size);
        device->config_size = data->size;
    }
    if (answer.command_number == VFU_REGION_READ || !vfu_build_start(&b, answer.command_number, false))
        return;
    if (!vfu_value_by_name(d.values, d.count, "index") ||
        vfu_build_set_number(&b, "index", vfu_number(d.values, d.count, "index", 0))) {
        vfu_build_set_number(&b, "header.id", answer.id);
        vfu_build_end(&b);
        m.bytes = b.bytes;
        m.captured = m.size = b.size;
        vfu_session_message(c->session, &m, &event);
        m = (struct vfu_message){ .conn = c->conn, .from = VFU_SERVER, .time = vfu_now(), .bytes = bytes, .captured = size,
                                  .size = size };
        vfu_session_message(c->session, &m, &event);
    }
    vfu_build_free(&b);
}

enum vfu_client_result vfu_client_ask_tap(struct vfu_client *c, struct vfu_client_device *device, struct vfu_error *error)
{
    const struct with nothing[] = { { 0 } };
    enum vfu_client_result result = question(c, VFU_CONTROL_KNOWN, nothing, error);
    const struct vfu_message *m = c->reply.event ? &c->reply.event->message : NULL;

    memset(device, 0, sizeof *device);
    for (size_t at = VFU_HEADER_SIZE, size; result == VFU_CLIENT_OK && m && !(c->reply.event->flags & VFU_ERROR) &&
                                            m->captured - at >= VFU_HEADER_SIZE; at += size) {
        size = vfu_header_read(m->bytes + at, false).size;
        if (size < VFU_HEADER_SIZE || size > m->captured - at)
            break;
        take_answer(c, m->bytes + at, size, device);
    }
    vfu_reply_clear(&c->reply);
    return result;
}
