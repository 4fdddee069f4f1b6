/*
 * vfuscope check: writes to regions. What is well-formed goes to PCI configuration space: to the command register what
 * was read from it, and to the interrupt line, which is a note of the firmware's that no device heeds.
 */
#include "cli/check/requirements/inside.h"

#include <stdlib.h>
#include <string.h>

#define ACCESS "Read and Write Operations"
#define WRITE "VFIO_USER_REGION_WRITE"
#define MULTI "VFIO_USER_REGION_WRITE_MULTI"
#define POSTED "Command Concurrency"

enum {
    CONFIG = VFIO_PCI_CONFIG_REGION_INDEX,
    COMMAND = 0x04, /* 2 bytes */
    LINE = 0x3c,    /* 1 byte */
    MOST = 64,      /* regions that are looked at */
};

static enum check_result repeats(struct check *c, uint64_t offset, uint64_t count)
{
    if (!check_is_done(c))
        return check_done(c);
    return check_number(c, "count") == count && check_number(c, "offset") == offset &&
                   check_number(c, "region") == CONFIG && !c->decoded.extra_size
               ? CHECK_PASSES
               : check_fail(c, "the reply repeats offset, region and count");
}

/* A write of these bytes, with that count; flags are the header's. */
static bool begin_write(struct check *c, uint64_t region, uint64_t offset, const uint8_t *bytes, size_t size,
                        uint64_t count, uint32_t flags)
{
    return check_begin(c, VFU_REGION_WRITE,
                       WITH({ "region", region }, { "offset", offset }, { "header.flags", flags })) &&
           vfu_build_set_bytes(&c->build, "data", bytes, size) && vfu_build_set_number(&c->build, "count", count);
}

static bool send_write(struct check *c, uint64_t region, uint64_t offset, const uint8_t *bytes, size_t size,
                       uint64_t count)
{
    if (!begin_write(c, region, offset, bytes, size, count, 0))
        return false;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return true;
}

/* A connection, and a register of the configuration space; false: check_verdict(c). */
static bool open_register(struct check *c, uint64_t offset, uint8_t *bytes, size_t size)
{
    const struct vfu_value *data;

    if (!check_open_config(c))
        return false;
    check_read_config(c, offset, size);
    data = check_is_done(c) ? check_value(c, "data") : NULL;
    if (!data || data->size != size) {
        check_lacks(c, "read", "the register at 0x%x was to be read", (unsigned)offset);
        return false;
    }
    memcpy(bytes, data->bytes, size);
    return true;
}

static enum check_result region_write(struct check *c)
{
    uint8_t bytes[2];

    if (!open_register(c, COMMAND, bytes, 2) || !send_write(c, CONFIG, COMMAND, bytes, 2, 2))
        return check_verdict(c);
    return repeats(c, COMMAND, 2);
}

static enum check_result write_flags(struct check *c)
{
    uint8_t bytes[2];

    if (!open_register(c, COMMAND, bytes, 2) || !send_write(c, CONFIG, COMMAND, bytes, 2, 2))
        return check_verdict(c);
    if (!check_is_done(c))
        return check_lacks(c, "write", "the register was to be written");
    return c->reply->flags == VFU_TYPE_REPLY ? CHECK_PASSES : check_fail(c, "the flags are 0x%x", c->reply->flags);
}

static enum check_result write_short(struct check *c)
{
    uint8_t bytes[2];

    if (!open_register(c, COMMAND, bytes, 2) || !send_write(c, CONFIG, COMMAND, bytes, 2, 4))
        return check_verdict(c);
    return check_refused(c);
}

/* --- where nothing is --- */

static enum check_result refused_at(struct check *c, uint64_t region, uint64_t offset)
{
    static const uint8_t zeros[4];

    return send_write(c, region, offset, zeros, 4, 4) ? check_refused(c) : check_verdict(c);
}

static enum check_result write_end(struct check *c)
{
    uint64_t size = check_open_config(c);

    return size ? refused_at(c, CONFIG, size) : check_verdict(c);
}

static enum check_result write_wrap(struct check *c)
{
    return check_open_config(c) ? refused_at(c, CONFIG, UINT64_MAX - 1) : check_verdict(c);
}

static enum check_result write_region(struct check *c)
{
    return check_open(c) ? refused_at(c, c->num_regions, 0) : check_verdict(c);
}

static enum check_result write_absent(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    for (unsigned i = 0; i < c->num_regions && i < MOST; i++) {
        check_ask(c, VFU_DEVICE_GET_REGION_INFO, WITH({ "index", i }, { "argsz", 4096 }));
        if (check_is_done(c) && !(check_number(c, "size") && check_number(c, "flags") & VFIO_REGION_INFO_FLAG_WRITE))
            return refused_at(c, i, 0);
    }
    return check_skip(c, "every region can be written");
}

/* As long as it says; no region that is looked at is so large. */
static enum check_result write_too_much(struct check *c)
{
    uint64_t size = check_open_config(c), most;
    uint8_t *bytes;
    bool sent;

    if (!size)
        return check_verdict(c);
    most = vfu_client_agreed(&c->client)->max_data_xfer_size;
    if (most < size || most > 64 << 20)
        return check_skip(c, "max_data_xfer_size is too small or too large to be tried");
    bytes = calloc(1, most + 1);
    if (!bytes)
        return check_untried(c, "out of memory");
    sent = send_write(c, CONFIG, 0, bytes, most + 1, most + 1);
    free(bytes);
    if (!sent)
        return check_verdict(c);
    return c->answer == CHECK_SILENT ? check_fail(c, "neither an error reply nor the end of the connection")
                                     : check_survived(c);
}

/* --- a register that keeps what is written --- */

/* A connection, and the interrupt line's value; with `changed` in it if it takes that. False: check_verdict(c). */
static bool open_line(struct check *c, uint8_t *was, uint8_t *changed)
{
    const struct vfu_value *data;

    if (!open_register(c, LINE, was, 1))
        return false;
    *changed = *was ^ 0xff;
    if (!send_write(c, CONFIG, LINE, changed, 1, 1) || !check_is_done(c)) {
        check_lacks(c, "write", "the interrupt line register was to be written");
        return false;
    }
    check_read_config(c, LINE, 1);
    data = check_is_done(c) ? check_value(c, "data") : NULL;
    if (data && data->size == 1 && data->bytes[0] == *changed)
        return true;
    check_skip(c, "the interrupt line register does not keep what is written");
    return false;
}

/* The interrupt line has this value; it gets its own again. */
static enum check_result line_is(struct check *c, uint8_t value, uint8_t was, const char *why)
{
    const struct vfu_value *data;
    enum check_result result = CHECK_PASSES;

    check_read_config(c, LINE, 1);
    data = check_is_done(c) ? check_value(c, "data") : NULL;
    if (!data || data->size != 1 || data->bytes[0] != value)
        result = check_fail(c, "%s", why);
    send_write(c, CONFIG, LINE, &was, 1, 1);
    return result;
}

static enum check_result write_posted(struct check *c)
{
    uint8_t was, changed, other;

    if (!open_line(c, &was, &changed))
        return check_verdict(c);
    other = changed ^ 0x0f;
    if (!begin_write(c, CONFIG, LINE, &other, 1, 1, VFU_NO_REPLY) || !check_send(c))
        return check_fail(c, "the server closed the connection");
    return line_is(c, other, was, "a write with No_reply was to be done before the read behind it");
}

static enum check_result write_posted_error(struct check *c)
{
    static const uint8_t zeros[4];

    if (!check_open(c) || !begin_write(c, c->num_regions, 0, zeros, 4, 4, VFU_NO_REPLY))
        return check_verdict(c);
    return check_no_reply(c);
}

static enum check_result state_retained(struct check *c)
{
    uint8_t was, changed;

    if (!open_line(c, &was, &changed))
        return check_verdict(c);
    if (c->restarts) {
        line_is(c, changed, was, "");
        return check_skip(c, "the server ends with its client");
    }
    if (!check_open(c))
        return check_verdict(c);
    return line_is(c, changed, was, "the device's registers were to outlive a connection");
}

/* --- many at once --- */

static enum check_result multi_not_agreed(struct check *c)
{
    if (!check_open_with(c, "{\"capabilities\":{\"max_msg_fds\":8}}"))
        return check_verdict(c);
    check_ask(c, VFU_REGION_WRITE_MULTI, PLAIN);
    return check_refused(c);
}

/* False: not agreed on. */
static bool agreed(struct check *c)
{
    if (vfu_client_agreed(&c->client)->write_multiple)
        return true;
    check_skip(c, "write_multiple was not agreed on");
    return false;
}

static enum check_result multi_refused(struct check *c, const struct check_field *fields)
{
    if (!check_open(c))
        return check_verdict(c);
    if (!agreed(c))
        return CHECK_DOES_NOT_APPLY;
    check_ask(c, VFU_REGION_WRITE_MULTI, fields);
    return check_refused(c);
}

static enum check_result multi_short(struct check *c)
{
    return multi_refused(c, WITH({ "wr_cnt", 10 }));
}

static enum check_result multi_wide(struct check *c)
{
    return multi_refused(c, WITH({ "writes[0].region", CONFIG }, { "writes[0].count", 9 }));
}

/* So many writes of these bytes to configuration space; the last one to region `last`. */
static bool begin_multi(struct check *c, uint8_t offset, const uint8_t *bytes, uint8_t size, uint8_t count,
                        uint8_t last)
{
    bool good = check_begin(c, VFU_REGION_WRITE_MULTI, PLAIN);

    for (unsigned i = 0; good && i < count; i++) {
        char name[4][24];

        snprintf(name[0], sizeof name[0], "writes[%u].offset", i);
        snprintf(name[1], sizeof name[1], "writes[%u].region", i);
        snprintf(name[2], sizeof name[2], "writes[%u].count", i);
        snprintf(name[3], sizeof name[3], "writes[%u].data", i);
        good = vfu_build_set_number(&c->build, name[0], offset) &&
               vfu_build_set_number(&c->build, name[1], i + 1u == count ? last : CONFIG) &&
               vfu_build_set_number(&c->build, name[2], size) &&
               vfu_build_set_bytes(&c->build, name[3], bytes + (size_t)i * size, size);
    }
    return good;
}

static bool send_multi(struct check *c)
{
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return check_is_done(c);
}

/* The command register, which is written as it was read, so many times. */
static enum check_result multi_count(struct check *c, uint8_t count, uint8_t last)
{
    uint8_t bytes[2 * VFU_MAX_WRITE_MULTI];

    if (!open_register(c, COMMAND, bytes, 2))
        return check_verdict(c);
    if (!agreed(c))
        return CHECK_DOES_NOT_APPLY;
    for (unsigned i = 1; i < count; i++)
        memcpy(bytes + 2 * i, bytes, 2);
    if (!begin_multi(c, COMMAND, bytes, 2, count, last))
        return check_verdict(c);
    if (last != CONFIG) {
        if (!send_multi(c) && check_is_error(c))
            return CHECK_PASSES;
        count--;
    } else if (!send_multi(c)) {
        return check_done(c);
    }
    return check_is_done(c) && check_number(c, "wr_cnt") == count
               ? CHECK_PASSES
               : check_fail(c, "%u writes were to be done", (unsigned)count);
}

static enum check_result multi(struct check *c)
{
    return multi_count(c, 1, CONFIG);
}

static enum check_result multi_many(struct check *c)
{
    return multi_count(c, VFU_MAX_WRITE_MULTI, CONFIG);
}

static enum check_result multi_part(struct check *c)
{
    return multi_count(c, 2, 0xff);
}

/* Two values one after the other; with flags in the header. */
static enum check_result multi_line(struct check *c, uint32_t flags, const char *why)
{
    uint8_t was, values[2];

    if (!open_line(c, &was, &values[0]))
        return check_verdict(c);
    if (!agreed(c)) {
        line_is(c, values[0], was, "");
        return check_skip(c, "write_multiple was not agreed on");
    }
    values[1] = values[0] ^ 0x0f;
    if (!begin_multi(c, LINE, values, 1, 2, CONFIG) || !vfu_build_set_number(&c->build, "header.flags", flags))
        return check_verdict(c);
    if (flags ? !check_send(c) : !send_multi(c))
        return check_done(c);
    return line_is(c, values[1], was, why);
}

static enum check_result multi_order(struct check *c)
{
    return multi_line(c, 0, "the last of the writes was to stay");
}

static enum check_result multi_posted(struct check *c)
{
    return multi_line(c, VFU_NO_REPLY, "writes with No_reply were to be done before the read behind them");
}

const struct check_requirement check_writes[] = {
    { "multi-not-agreed", MULTI, "REGION_WRITE_MULTI that was not agreed on gets an error reply", multi_not_agreed,
      ODD },
    { "multi-short", MULTI, "writes that are not there get an error reply", multi_short },
    { "write", WRITE, "the reply to a write repeats offset, region and count", region_write, .writes = true },
    { "write-flags", "Header", "the reply to a write has type 1, and no other flags", write_flags, .writes = true },
    { "write-short", WRITE, "a write with less data than its count gets an error reply", write_short, .writes = true },
    { "write-end", WRITE, "a write behind the region gets an error reply", write_end, .writes = true },
    { "write-wrap", WRITE, "a write whose end wraps around gets an error reply", write_wrap, .writes = true },
    { "write-region", WRITE, "a write to a region that does not exist gets an error reply", write_region,
      .writes = true },
    { "write-absent", "VFIO_USER_DEVICE_GET_REGION_INFO", "a region that is empty or not writeable is not written",
      write_absent, .writes = true },
    { "write-too-much", ACCESS, "a write above max_data_xfer_size is not done", write_too_much, ODD, .writes = true },
    { "write-posted", POSTED, "a write with No_reply is done before the next reply", write_posted, .writes = true },
    { "write-posted-error", "Header", "a write with No_reply that can't be done gets no error reply",
      write_posted_error, .writes = true },
    { "state-retained", "Client Disconnection", "the device's state outlives a connection", state_retained, ODD,
      .writes = true },
    { "multi", MULTI, "the reply to REGION_WRITE_MULTI says how many writes were done", multi, .writes = true },
    { "multi-many", MULTI, "200 writes in one message are done", multi_many, .writes = true },
    { "multi-part", MULTI, "where a write can't be done, those before it count, or there is an error reply", multi_part,
      .writes = true },
    { "multi-wide", MULTI, "a write of more than 8 bytes gets an error reply", multi_wide, .writes = true },
    { "multi-order", MULTI, "writes are done in their order", multi_order, .writes = true },
    { "multi-posted", POSTED, "REGION_WRITE_MULTI with No_reply is done before the next reply", multi_posted,
      .writes = true },
    { NULL },
};
