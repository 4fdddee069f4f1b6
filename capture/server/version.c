/*
 * The server end: VERSION. What the server can do is answered in the names that the client proposed, and nothing else;
 * what the client left out has the specification's default on both sides.
 */
#include "capture/server/inside.h"
#include "decoder/wire/capabilities.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the server says where a number is asked for. Migration, the old one, is never offered. */
static const uint64_t limits[VFU_CAPABILITIES] = {
    [VFU_CAPABILITY_MAX_MSG_FDS] = SERVER_MAX_MSG_FDS,
    [VFU_CAPABILITY_MAX_DATA_XFER_SIZE] = SERVER_MAX_DATA_XFER_SIZE,
    [VFU_CAPABILITY_PGSIZES] = SERVER_PAGE_SIZE,
    [VFU_CAPABILITY_MAX_DMA_MAPS] = SERVER_MAX_DMA_MAPS,
};

/* The text as an object, as the rules want it, with its NUL at the end; NULL if it is anything else. */
static cJSON *parse(const struct vfu_value *text, struct vfu_capabilities *caps)
{
    const char *bytes = (const char *)text->bytes;

    if (text->size == 0 || bytes[text->size - 1] != '\0' || vfu_json_wrong(bytes, text->size - 1))
        return NULL;
    vfu_capabilities_parse(bytes, text->size - 1, caps);
    return caps->wrong_type ? NULL : cJSON_ParseWithLength(bytes, text->size - 1);
}

/* The server's capabilities as text, which the caller frees; NULL: out of memory. */
static char *answer(const cJSON *proposed, bool twin)
{
    cJSON *json = cJSON_CreateObject(), *capabilities = cJSON_AddObjectToObject(json, "capabilities");
    char *text;

    for (unsigned i = 0; capabilities && i < VFU_CAPABILITIES; i++) {
        const struct vfu_capability *c = &vfu_capability_list[i];
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(proposed, c->name);

        if (item && c->kind == VFU_CAPABILITY_NUMBER)
            cJSON_AddNumberToObject(capabilities, c->name, (double)limits[i]);
        else if (c->kind == VFU_CAPABILITY_BOOL && cJSON_IsTrue(item))
            cJSON_AddTrueToObject(capabilities, c->name);
        else if (i == VFU_CAPABILITY_TWIN_SOCKET && twin) {
            cJSON *object = cJSON_AddObjectToObject(capabilities, c->name);

            cJSON_AddTrueToObject(object, "supported");
            cJSON_AddNumberToObject(object, "fd_index", 0);
        }
    }
    text = capabilities ? cJSON_PrintUnformatted(json) : NULL;
    cJSON_Delete(json);
    return text;
}

/* A second socket for the server's commands; the client's end goes with the reply. */
static bool make_twin(struct vfu_server *s, struct server_request *r)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    s->twin.fd = ends[0];
    s->twin_agreed = true;
    r->reply_fds[r->reply_nfds++] = ends[1];
    r->reply_fds_close = true;
    return true;
}

int server_version(struct vfu_server *s, struct server_request *r)
{
    const struct vfu_value *text = vfu_value_by_name(r->in->values, r->in->count, "json");
    uint64_t minor = server_field(r, "minor");
    struct vfu_capabilities caps;
    cJSON *json = NULL;
    char *reply;
    bool good;

    if (server_field(r, "major") != 0) {
        server_say(s, "the client speaks vfio-user %u.%u, this is 0.%u", (unsigned)server_field(r, "major"),
                   (unsigned)minor, SERVER_MINOR);
        s->closing = true;
        return EINVAL;
    }
    vfu_capabilities_parse("{}", 2, &caps);
    if (text && text->size) {
        json = parse(text, &caps);
        if (!json)
            return EINVAL;
    }
    s->client_max_fds = caps.max_msg_fds;
    s->client_max_xfer = caps.max_data_xfer_size;
    s->write_multiple = caps.write_multiple;
    if (caps.twin_socket && !s->options.no_twin && caps.max_msg_fds > 0 && !make_twin(s, r))
        server_say(s, "no twin socket: %s", strerror(errno));
    reply = answer(cJSON_GetObjectItemCaseSensitive(json, "capabilities"), s->twin_agreed);
    cJSON_Delete(json);
    good = reply && vfu_build_set_number(&r->reply, "major", 0) &&
           vfu_build_set_number(&r->reply, "minor", minor < SERVER_MINOR ? minor : SERVER_MINOR) &&
           vfu_build_set(&r->reply, "json", reply);
    cJSON_free(reply);
    s->negotiated = good;
    return good ? 0 : ENOMEM;
}
