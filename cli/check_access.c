/*
 * vfuscope check: access to regions, DEVICE_RESET. Without --write only PCI configuration space is read, and what is
 * written is malformed.
 */
#include "check.h"

#include <string.h>

#define ACCESS "Read and Write Operations"
#define READ "VFIO_USER_REGION_READ"
#define WRITE "VFIO_USER_REGION_WRITE"
#define MULTI "VFIO_USER_REGION_WRITE_MULTI"

enum { CONFIG = VFIO_PCI_CONFIG_REGION_INDEX };

/* The configuration space's size, or 0: none that can be read. */
static uint64_t open_config(struct check *c)
{
    if (!check_open(c))
        return 0;
    check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", CONFIG }, { "argsz", 4096 }));
    if (check_is_done(c) && check_number(c, "flags") & VFIO_REGION_INFO_FLAG_READ && check_number(c, "size") >= 64)
        return check_number(c, "size");
    check_skip(c, "no PCI configuration space");
    return 0;
}

static enum check_result no_config(const struct check *c)
{
    return check_is_done(c) ? CHECK_DOES_NOT_APPLY : CHECK_FAILS;
}

static enum check_answer read_config(struct check *c, uint64_t offset, uint64_t count)
{
    return check_ask(c, VFU_REGION_READ, WITH({ "region", CONFIG }, { "offset", offset }, { "count", count }));
}

static enum check_result region_read(struct check *c)
{
    const struct vfu_value *data;

    if (!open_config(c))
        return no_config(c);
    read_config(c, 4, 4);
    if (!check_is_done(c))
        return check_done(c);
    data = vfu_value_by_name(c->reply.decoded->values, c->reply.decoded->count, "data");
    return check_number(c, "count") == 4 && data && data->size == 4 && !c->reply.decoded->extra_size
               ? CHECK_PASSES
               : check_fail(c, "4 bytes were due");
}

static enum check_result region_read_echo(struct check *c)
{
    if (!open_config(c))
        return no_config(c);
    read_config(c, 8, 4);
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "offset") == 8 && check_number(c, "region") == CONFIG
               ? CHECK_PASSES
               : check_fail(c, "the reply is about another place");
}

static enum check_result read_end(struct check *c)
{
    uint64_t size = open_config(c);

    if (!size)
        return no_config(c);
    read_config(c, size, 4);
    return check_refused(c);
}

static enum check_result read_past_end(struct check *c)
{
    uint64_t size = open_config(c);

    if (!size)
        return no_config(c);
    read_config(c, size - 2, 4);
    return check_refused(c);
}

static enum check_result read_wrap(struct check *c)
{
    if (!open_config(c))
        return no_config(c);
    read_config(c, UINT64_MAX - 1, 4);
    return check_refused(c);
}

static enum check_result read_region(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    check_ask(c, VFU_REGION_READ, WITH({ "region", c->num_regions }, { "count", 4 }));
    return check_refused(c);
}

static enum check_result read_short(struct check *c)
{
    static const uint8_t zeros[8];

    if (!check_open(c))
        return CHECK_FAILS;
    check_ask_raw(c, VFU_REGION_READ, zeros, sizeof zeros);
    return check_refused(c);
}

/* More than max_data_xfer_size, of a region that is so large. */
static enum check_result read_too_much(struct check *c)
{
    const struct vfu_connection *known;
    uint64_t most;

    if (!check_open(c))
        return CHECK_FAILS;
    known = vfu_session_connection(c->session, c->conn);
    most = known->agreed.max_data_xfer_size;
    for (uint32_t i = 0; i < c->num_regions && i < 64; i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", i }, { "argsz", 4096 }));
        if (!check_is_done(c) || check_number(c, "size") <= most || most >= UINT32_MAX)
            continue;
        check_ask(c, VFU_REGION_READ, WITH({ "region", i }, { "count", most + 1 }));
        return check_refused(c);
    }
    return check_skip(c, "no region is larger than max_data_xfer_size");
}

/* --- writing, malformed --- */

static enum check_result multi_not_agreed(struct check *c)
{
    if (!check_open_with(c, "{\"capabilities\":{\"max_msg_fds\":8}}"))
        return CHECK_FAILS;
    check_ask(c, VFU_REGION_WRITE_MULTI, PLAIN);
    return check_refused(c);
}

/* False: not agreed on. */
static bool open_multi(struct check *c)
{
    if (!check_open(c))
        return false;
    if (vfu_session_connection(c->session, c->conn)->agreed.write_multiple)
        return true;
    check_skip(c, "write_multiple was not agreed on");
    return false;
}

static enum check_result multi_short(struct check *c)
{
    static const uint8_t ten[8] = { 10 };

    if (!open_multi(c))
        return no_config(c);
    check_ask_raw(c, VFU_REGION_WRITE_MULTI, ten, sizeof ten);
    return check_refused(c);
}

/* --- writing --- */

enum { COMMAND = 4 }; /* the command register: 2 bytes, written as it was read */

/* Read the command register; false: `result` says how that went. */
static bool read_command(struct check *c, uint8_t bytes[2], enum check_result *result)
{
    const struct vfu_value *data;

    if (!open_config(c)) {
        *result = no_config(c);
        return false;
    }
    read_config(c, COMMAND, 2);
    data = check_is_done(c) ? vfu_value_by_name(c->reply.decoded->values, c->reply.decoded->count, "data") : NULL;
    *result = CHECK_FAILS;
    if (!data || data->size != 2) {
        check_fail(c, "the command register can't be read");
        return false;
    }
    memcpy(bytes, data->bytes, 2);
    return true;
}

static bool send_write(struct check *c, const uint8_t *bytes, size_t size, uint64_t count)
{
    if (!check_begin(c, VFU_REGION_WRITE, WITH({ "region", CONFIG }, { "offset", COMMAND })) ||
        !vfu_build_set_bytes(&c->build, "data", bytes, size) || !vfu_build_set_number(&c->build, "count", count))
        return false;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return true;
}

static enum check_result region_write(struct check *c)
{
    enum check_result result;
    uint8_t bytes[2];

    if (!read_command(c, bytes, &result) || !send_write(c, bytes, 2, 2))
        return result;
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "count") == 2 && check_number(c, "offset") == COMMAND && check_number(c, "region") == CONFIG &&
                   !c->reply.decoded->extra_size
               ? CHECK_PASSES
               : check_fail(c, "the reply repeats offset, region and count");
}

static enum check_result write_short(struct check *c)
{
    enum check_result result;
    uint8_t bytes[2];

    if (!read_command(c, bytes, &result) || !send_write(c, bytes, 2, 4))
        return result;
    return check_refused(c);
}

static enum check_result write_multi(struct check *c)
{
    enum check_result result;
    uint8_t bytes[2];

    if (!read_command(c, bytes, &result))
        return result;
    if (!open_multi(c))
        return no_config(c);
    if (!check_begin(c, VFU_REGION_WRITE_MULTI,
                     WITH({ "writes[0].offset", COMMAND }, { "writes[0].region", CONFIG })) ||
        !vfu_build_set_bytes(&c->build, "writes[0].data", bytes, 2))
        return CHECK_FAILS;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "wr_cnt") == 1 ? CHECK_PASSES : check_fail(c, "one write was to be done");
}

static enum check_result multi_wide(struct check *c)
{
    static const uint8_t item[32] = { 1, [16] = CONFIG, [20] = 9 }; /* one write of 9 bytes, at 0 */

    if (!open_multi(c))
        return no_config(c);
    check_ask_raw(c, VFU_REGION_WRITE_MULTI, item, sizeof item);
    return check_refused(c);
}

/* --- reset --- */

static enum check_result reset(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    if (!(c->flags & VFIO_DEVICE_FLAGS_RESET))
        return check_skip(c, "the device has no reset");
    check_ask(c, VFU_DEVICE_RESET, PLAIN);
    if (!check_is_done(c))
        return check_done(c);
    return c->reply.size == VFU_HEADER_SIZE ? CHECK_PASSES : check_fail(c, "the reply has no payload");
}

const struct check_requirement check_access[] = {
    { "read", READ, "a read has as many bytes as were asked for", region_read },
    { "read-echo", READ, "the reply to a read repeats offset and region", region_read_echo },
    { "read-end", READ, "a read behind the region gets an error reply", read_end },
    { "read-past-end", READ, "a read past the region's end gets an error reply", read_past_end },
    { "read-wrap", READ, "a read whose end wraps around gets an error reply", read_wrap },
    { "read-region", READ, "a read of a region that does not exist gets an error reply", read_region },
    { "read-short", READ, "a REGION_READ without all its fields gets an error reply", read_short },
    { "read-too-much", ACCESS, "a read above max_data_xfer_size gets an error reply", read_too_much },
    { "multi-not-agreed", MULTI, "REGION_WRITE_MULTI that was not agreed on gets an error reply", multi_not_agreed },
    { "multi-short", MULTI, "writes that are not there get an error reply", multi_short },
    { "write", WRITE, "the reply to a write repeats offset, region and count", region_write, .writes = true },
    { "write-short", WRITE, "a write with less data than its count gets an error reply", write_short, .writes = true },
    { "multi", MULTI, "the reply to REGION_WRITE_MULTI says how many writes were done", write_multi, .writes = true },
    { "multi-wide", MULTI, "a write of more than 8 bytes gets an error reply", multi_wide, .writes = true },
    { "reset", "VFIO_USER_DEVICE_RESET", "a device that says so can be reset", reset },
    { NULL },
};
