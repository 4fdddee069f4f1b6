/*
 * vfuscope check: negotiation.
 */
#include "cli/check/requirements/inside.h"
#include "decoder/wire/capabilities.h"

#include <string.h>

#define SECTION "VFIO_USER_VERSION"

static bool ask_version(struct check *c, uint64_t major, uint64_t minor, const char *json)
{
    if (!check_connect(c) || !check_begin(c, VFU_VERSION, WITH({ "major", major }, { "minor", minor })) ||
        (json && !vfu_build_set(&c->build, "json", json)))
        return false;
    if (check_send(c) || c->was_closed)
        check_receive(c);
    return true;
}

/* What no server has a reason to refuse: one that closed the connection was still ending with its last client. */
static bool ask_good(struct check *c, uint64_t minor, const char *json)
{
    bool asked = true;

    for (unsigned i = 0; asked && i < 5; i++) {
        asked = ask_version(c, 0, minor, json);
        if (c->answer != CHECK_CLOSED || !c->restarts)
            break;
    }
    return asked;
}

/* What any client may propose; `version` asks whether it is accepted. */
static const char only_fds[] = "{\"capabilities\":{\"max_msg_fds\":8}}",
                  few[] = "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":65536,\"pgsizes\":4096}}",
                  twin[] = "{\"capabilities\":{\"max_msg_fds\":8,\"twin_socket\":{\"supported\":true}}}";
static const char *const proposals[] = { only_fds, few, twin };

/* It is accepted; false: check_verdict(c). */
static bool ask_accepted(struct check *c, const char *json)
{
    if (!ask_good(c, 0, json))
        return false;
    if (!check_is_done(c))
        check_lacks(c, "version", "VERSION was not accepted");
    return check_is_done(c);
}

/* The data that this is answered with; NULL: check_verdict(c). */
static const struct vfu_value *ask_data(struct check *c, const char *json)
{
    const struct vfu_value *data;

    if (!ask_accepted(c, json))
        return NULL;
    data = check_value(c, "json");
    if (!data)
        check_skip(c, "VERSION is answered without data");
    return data;
}

static enum check_result version(struct check *c)
{
    for (size_t i = 0; i < sizeof proposals / sizeof proposals[0]; i++)
        if (!ask_accepted(c, proposals[i]))
            return check_verdict(c);
    return check_open(c) || strcmp(c->gone, "info") == 0 ? CHECK_PASSES : check_verdict(c);
}

static bool parse(const struct vfu_value *data, struct vfu_capabilities *caps)
{
    return vfu_capabilities_parse((const char *)data->bytes, strnlen((const char *)data->bytes, data->size), caps);
}

static enum check_result version_reply(struct check *c)
{
    if (!ask_good(c, 2, "{\"capabilities\":{}}"))
        return check_verdict(c);
    if (!check_is_done(c))
        return check_fail(c, "a reply without error was due");
    return check_number(c, "major") == 0 ? CHECK_PASSES : check_fail(c, "the major version is another one");
}

static enum check_result version_minor(struct check *c)
{
    if (!ask_good(c, 0, "{\"capabilities\":{}}"))
        return check_verdict(c);
    if (!check_is_done(c))
        return check_lacks(c, "version", "VERSION was not accepted");
    return check_number(c, "minor") == 0 ? CHECK_PASSES : check_fail(c, "0.0 was proposed");
}

static enum check_result version_major(struct check *c)
{
    if (!ask_version(c, 0xffff, 0, "{\"capabilities\":{}}"))
        return check_verdict(c);
    if (check_is_error(c) || c->answer == CHECK_CLOSED || (check_is_done(c) && check_number(c, "major") == 0xffff))
        return CHECK_PASSES;
    return check_fail(c, "an error reply or the end of the connection was due");
}

static enum check_result version_newer(struct check *c)
{
    if (!ask_good(c, 0xffff, "{\"capabilities\":{}}"))
        return check_verdict(c);
    return check_done(c);
}

static enum check_result version_subset(struct check *c)
{
    struct vfu_capabilities caps;
    const struct vfu_value *data = ask_data(c, only_fds);

    if (!data)
        return check_verdict(c);
    parse(data, &caps);
    for (unsigned i = 0; i < VFU_CAPABILITIES; i++)
        if (caps.present & 1u << i && strcmp(vfu_capability_list[i].name, "max_msg_fds") != 0)
            return check_fail(c, "%s was not proposed", vfu_capability_list[i].name);
    return CHECK_PASSES;
}

static enum check_result version_no_data(struct check *c)
{
    if (!ask_good(c, 0, NULL))
        return check_verdict(c);
    return check_done(c);
}

static enum check_result version_unknown_capability(struct check *c)
{
    if (!ask_good(c, 0, "{\"capabilities\":{\"vfuscope\":{\"a\":[1,null]}},\"more\":\"\"}"))
        return check_verdict(c);
    return check_done(c);
}

static enum check_result version_reply_nul(struct check *c)
{
    const struct vfu_value *data = ask_data(c, only_fds);

    if (!data)
        return check_verdict(c);
    return data->bytes[data->size - 1] == '\0' ? CHECK_PASSES : check_fail(c, "the last byte is no NUL");
}

static enum check_result version_reply_json(struct check *c)
{
    struct vfu_capabilities caps;
    const struct vfu_value *data = ask_data(c, few);

    if (!data)
        return check_verdict(c);
    if (!parse(data, &caps))
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
        return check_verdict(c);
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
        return check_verdict(c);
    check_ask(c, VFU_DEVICE_GET_INFO, PLAIN);
    return not_accepted(c);
}

static enum check_result version_twice(struct check *c)
{
    if (!check_open(c))
        return check_verdict(c);
    check_ask(c, VFU_VERSION, PLAIN);
    return not_accepted(c);
}

static enum check_result version_twin(struct check *c)
{
    struct vfu_capabilities caps;
    const struct vfu_value *data = ask_data(c, twin);

    if (!data)
        return check_verdict(c);
    parse(data, &caps);
    if (!caps.twin_socket)
        return check_skip(c, "no twin socket");
    if (!caps.has_fd_index || caps.fd_index >= c->client.reply.nfds)
        return check_fail(c, "fd_index names none of the %u fds", c->client.reply.nfds);
    return c->reply->message.fds[caps.fd_index].type == VFU_FD_SOCKET ? CHECK_PASSES
                                                                 : check_fail(c, "the fd is no socket");
}

static enum check_result version_fds(struct check *c)
{
    if (!ask_accepted(c, only_fds))
        return check_verdict(c);
    return c->client.reply.nfds ? check_fail(c, "no twin socket was proposed: no fds were due") : CHECK_PASSES;
}

/* Whatever comes of it. */
static enum check_result harmless(struct check *c, const char *json)
{
    if (!ask_version(c, 0, 0, json))
        return check_verdict(c);
    return c->answer == CHECK_SILENT ? check_fail(c, "no answer") : check_next(c);
}

static enum check_result version_wrong_type(struct check *c)
{
    return harmless(c, "{\"capabilities\":{\"max_msg_fds\":\"8\",\"max_data_xfer_size\":[],\"twin_socket\":1}}");
}

static enum check_result version_deep(struct check *c)
{
    char json[20000];

    memset(json, '[', sizeof json - 1);
    json[sizeof json - 1] = '\0';
    return harmless(c, json);
}

/* What brings fds, to a client that takes one with a message. */
static enum check_result max_msg_fds(struct check *c)
{
    static const unsigned commands[] = { VFU_DEVICE_GET_REGION_INFO, VFU_DEVICE_GET_REGION_IO_FDS };

    if (!check_open_with(c, "{\"capabilities\":{\"max_msg_fds\":1}}"))
        return check_verdict(c);
    for (unsigned i = 0; i < 2 * VFIO_PCI_NUM_REGIONS; i++) {
        check_ask(c, commands[i % 2], WITH({ "index", i / 2 }, { "argsz", 4096 }));
        if (c->answer != CHECK_REPLY)
            return check_lacks(c, i % 2 ? "io-fds" : "region-info", "a reply was due");
        if (i % 2 == 0 && !check_has_own_fds(c))
            continue; /* one is all that a region can have: see region-fd */
        if (c->client.reply.nfds > 1)
            return check_fail(c, "%u fds came, max_msg_fds is 1", c->client.reply.nfds);
    }
    return CHECK_PASSES;
}

const struct check_requirement check_version[] = {
    { "version", SECTION, "what clients propose is accepted", version },
    { "version-reply", SECTION, "VERSION 0.2 is answered with major version 0", version_reply },
    { "version-minor", SECTION, "the reply's minor version is not above the proposed one", version_minor },
    { "version-newer", SECTION, "a newer minor version is answered with one that the server speaks", version_newer },
    { "version-major", SECTION, "a major version that is not spoken is not accepted as another", version_major },
    { "version-subset", SECTION, "the reply's capabilities are among those proposed", version_subset, ODD },
    { "version-no-data", SECTION, "a VERSION without data is accepted", version_no_data },
    { "version-unknown-capability", SECTION, "capabilities that nobody knows do no harm", version_unknown_capability },
    { "version-reply-nul", SECTION, "the reply's data ends with a NUL", version_reply_nul },
    { "version-reply-json", SECTION, "the reply's data is a JSON object with capabilities of their types",
      version_reply_json },
    { "version-bad-json", SECTION, "data that is no JSON is not accepted", version_bad_json, ODD },
    { "version-no-nul", SECTION, "data without a NUL at its end is not accepted", version_no_nul, ODD },
    { "version-short", SECTION, "a VERSION without a version is not accepted", version_short },
    { "version-first", SECTION, "nothing is done before VERSION", version_first, ODD },
    { "version-twice", SECTION, "a second VERSION is not accepted", version_twice, ODD },
    { "version-twin", SECTION, "a twin socket that is agreed on comes with the reply, at fd_index", version_twin, FDS },
    { "version-fds", SECTION, "the reply has no fds where no twin socket was proposed", version_fds, FDS },
    { "version-wrong-type", "Security Considerations", "capabilities of wrong types do no lasting harm",
      version_wrong_type },
    { "version-deep", "Security Considerations", "JSON that is nested too deep does no lasting harm", version_deep },
    { "max-msg-fds", SECTION, "no message brings more fds than max_msg_fds", max_msg_fds, FDS },
    { NULL },
};
