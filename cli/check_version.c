/*
 * vfuscope check: negotiation.
 */
#include "check.h"

#include <string.h>

#define SECTION "VFIO_USER_VERSION"

static const char no_data[] = "VERSION is answered without data";

static const struct vfu_value *json_of(const struct check *c)
{
    return vfu_value_by_name(c->reply.decoded->values, c->reply.decoded->count, "json");
}

static bool ask_version(struct check *c, uint64_t major, uint64_t minor, const char *json)
{
    if (!check_connect(c) || !check_begin(c, VFU_VERSION, WITH({ "major", major }, { "minor", minor })) ||
        (json && !vfu_build_set(&c->build, "json", json)))
        return false;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return true;
}

static enum check_result version_reply(struct check *c)
{
    if (!ask_version(c, 0, 2, "{\"capabilities\":{}}"))
        return CHECK_FAILS;
    if (!check_is_done(c))
        return check_fail(c, "a reply without error was due");
    return check_number(c, "major") == 0 ? CHECK_PASSES : check_fail(c, "the major version is another one");
}

static enum check_result version_minor(struct check *c)
{
    if (!ask_version(c, 0, 0, "{\"capabilities\":{}}"))
        return CHECK_FAILS;
    if (!check_is_done(c))
        return check_skip(c, "0.0 is not spoken");
    return check_number(c, "minor") == 0 ? CHECK_PASSES : check_fail(c, "0.0 was proposed");
}

static enum check_result version_major(struct check *c)
{
    if (!ask_version(c, 0xffff, 0, "{\"capabilities\":{}}"))
        return CHECK_FAILS;
    if (check_is_error(c) || c->answer == CHECK_CLOSED || (check_is_done(c) && check_number(c, "major") == 0xffff))
        return CHECK_PASSES;
    return check_fail(c, "an error reply or the end of the connection was due");
}

static enum check_result version_subset(struct check *c)
{
    struct vfu_capabilities caps;
    const struct vfu_value *json;

    if (!ask_version(c, 0, 0, "{\"capabilities\":{\"max_msg_fds\":8}}"))
        return CHECK_FAILS;
    json = check_is_done(c) ? json_of(c) : NULL;
    if (!json)
        return check_skip(c, no_data);
    vfu_capabilities_parse((const char *)json->bytes, strnlen((const char *)json->bytes, json->size), &caps);
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++)
        if (caps.present & 1u << i && strcmp(vfu_capability_names[i].name, "max_msg_fds") != 0)
            return check_fail(c, "%s was not proposed", vfu_capability_names[i].name);
    return CHECK_PASSES;
}

static enum check_result version_no_data(struct check *c)
{
    if (!ask_version(c, 0, 0, NULL))
        return CHECK_FAILS;
    return check_done(c);
}

static enum check_result version_unknown_capability(struct check *c)
{
    if (!ask_version(c, 0, 0, "{\"capabilities\":{\"vfuscope\":{\"a\":[1,null]}},\"more\":\"\"}"))
        return CHECK_FAILS;
    return check_done(c);
}

static enum check_result version_reply_nul(struct check *c)
{
    const struct vfu_value *json;

    if (!ask_version(c, 0, 0, "{\"capabilities\":{\"max_msg_fds\":8}}"))
        return CHECK_FAILS;
    json = check_is_done(c) ? json_of(c) : NULL;
    if (!json)
        return check_skip(c, no_data);
    return json->bytes[json->size - 1] == '\0' ? CHECK_PASSES : check_fail(c, "the last byte is no NUL");
}

static enum check_result version_reply_json(struct check *c)
{
    struct vfu_capabilities caps;
    const struct vfu_value *json;

    if (!ask_version(c, 0, 0, "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":65536,\"pgsizes\":4096}}"))
        return CHECK_FAILS;
    json = check_is_done(c) ? json_of(c) : NULL;
    if (!json)
        return check_skip(c, no_data);
    if (!vfu_capabilities_parse((const char *)json->bytes, strnlen((const char *)json->bytes, json->size), &caps))
        return check_fail(c, "no JSON object");
    return caps.wrong_type ? check_fail(c, "a capability of a wrong type") : CHECK_PASSES;
}

/* Refused, or the connection closed; anything but an answer. */
static enum check_result not_accepted(struct check *c)
{
    if (check_is_error(c) || c->answer == CHECK_CLOSED)
        return CHECK_PASSES;
    return check_fail(c, "an error reply or the end of the connection was due");
}

static enum check_result raw_version(struct check *c, const char *payload, size_t size)
{
    if (!check_connect(c))
        return CHECK_FAILS;
    check_ask_raw(c, VFU_VERSION, payload, size);
    return not_accepted(c);
}

static enum check_result version_bad_json(struct check *c)
{
    static const char bytes[] = "\0\0\0\0{\"capabilities\":";

    return raw_version(c, bytes, sizeof bytes);
}

static enum check_result version_no_nul(struct check *c)
{
    static const char bytes[] = "\0\0\0\0{}";

    return raw_version(c, bytes, sizeof bytes - 1);
}

static enum check_result version_short(struct check *c)
{
    return raw_version(c, "\0\0", 2);
}

static enum check_result version_first(struct check *c)
{
    if (!check_connect(c))
        return CHECK_FAILS;
    check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
    return not_accepted(c);
}

static enum check_result version_twice(struct check *c)
{
    if (!check_open(c))
        return CHECK_FAILS;
    check_ask(c, VFU_VERSION, PLAIN);
    return not_accepted(c);
}

static enum check_result version_twin(struct check *c)
{
    struct vfu_capabilities caps = { 0 };
    const struct vfu_value *json;

    if (!ask_version(c, 0, 0, "{\"capabilities\":{\"max_msg_fds\":8,\"twin_socket\":{\"supported\":true}}}"))
        return CHECK_FAILS;
    json = check_is_done(c) ? json_of(c) : NULL;
    if (json)
        vfu_capabilities_parse((const char *)json->bytes, strnlen((const char *)json->bytes, json->size), &caps);
    if (!caps.twin_socket)
        return check_skip(c, "no twin socket");
    if (!caps.has_fd_index || caps.fd_index >= c->reader.nfds)
        return check_fail(c, "fd_index names none of the %u fds", c->reader.nfds);
    return c->about[caps.fd_index].type == VFU_FD_SOCKET ? CHECK_PASSES : check_fail(c, "the fd is no socket");
}

const struct check_requirement check_version[] = {
    { "version-reply", SECTION, "VERSION 0.2 is answered with major version 0", version_reply },
    { "version-minor", SECTION, "the reply's minor version is not above the proposed one", version_minor },
    { "version-major", SECTION, "a major version that is not spoken is not accepted as another", version_major },
    { "version-subset", SECTION, "the reply's capabilities are among those proposed", version_subset },
    { "version-no-data", SECTION, "a VERSION without data is accepted", version_no_data },
    { "version-unknown-capability", SECTION, "capabilities that nobody knows do no harm", version_unknown_capability },
    { "version-reply-nul", SECTION, "the reply's data ends with a NUL", version_reply_nul },
    { "version-reply-json", SECTION, "the reply's data is a JSON object with capabilities of their types",
      version_reply_json },
    { "version-bad-json", SECTION, "data that is no JSON is not accepted", version_bad_json },
    { "version-no-nul", SECTION, "data without a NUL at its end is not accepted", version_no_nul },
    { "version-short", SECTION, "a VERSION without a version is not accepted", version_short },
    { "version-first", SECTION, "nothing is done before VERSION", version_first },
    { "version-twice", SECTION, "a second VERSION is not accepted", version_twice },
    { "version-twin", SECTION, "a twin socket that is agreed on comes with the reply, at fd_index", version_twin },
    { NULL },
};
