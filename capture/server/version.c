/*
 * The server end: VERSION. What the server can do is answered in the names that the client proposed, and nothing else;
 * what the client left out has the specification's default on both sides.
 */
#include "capture/server/inside.h"
#include "decoder/wire/capabilities.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum kind { COUNT, FLAG, TWIN, MIGRATION };

static const struct {
    const char *name;
    enum kind kind;
    uint64_t value; /* of a COUNT: what the server says; 0: nothing */
} known[] = {
    { "max_msg_fds", COUNT, SERVER_MAX_MSG_FDS },
    { "max_data_xfer_size", COUNT, SERVER_MAX_DATA_XFER_SIZE },
    { "pgsizes", COUNT, SERVER_PAGE_SIZE },
    { "max_dma_maps", COUNT, SERVER_MAX_DMA_MAPS },
    { "write_multiple", FLAG, 1 },
    { "twin_socket", TWIN, 0 },
    { "migration", MIGRATION, 0 }, /* the old one: never offered */
};
enum { KNOWN = sizeof known / sizeof known[0] };

static bool is_count(const cJSON *item)
{
    return cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble == floor(item->valuedouble);
}

/* Are the known members of the kinds that they should be? */
static bool well_formed(const cJSON *capabilities)
{
    for (size_t i = 0; i < KNOWN; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(capabilities, known[i].name);
        const cJSON *supported = cJSON_GetObjectItemCaseSensitive(item, "supported");

        if (!item)
            continue;
        if ((known[i].kind == COUNT && !is_count(item)) || (known[i].kind == FLAG && !cJSON_IsBool(item)) ||
            ((known[i].kind == TWIN || known[i].kind == MIGRATION) && !cJSON_IsObject(item)) ||
            (known[i].kind == TWIN && supported && !cJSON_IsBool(supported)))
            return false;
    }
    return true;
}

/* The text as an object with its NUL at the end; NULL if it is anything else. */
static cJSON *parse(const struct vfu_value *text)
{
    cJSON *json;

    if (text->size == 0 || text->bytes[text->size - 1] != '\0' || memchr(text->bytes, '\0', text->size - 1))
        return NULL;
    json = cJSON_ParseWithLengthOpts((const char *)text->bytes, text->size, NULL, true);
    if (!json)
        return NULL;
    const cJSON *capabilities = cJSON_GetObjectItemCaseSensitive(json, "capabilities");

    if (cJSON_IsObject(json) && (!capabilities || (cJSON_IsObject(capabilities) && well_formed(capabilities))))
        return json;
    cJSON_Delete(json);
    return NULL;
}

/* The server's capabilities as text, which the caller frees; NULL: out of memory. */
static char *answer(const cJSON *proposed, bool twin)
{
    cJSON *json = cJSON_CreateObject(), *capabilities = cJSON_AddObjectToObject(json, "capabilities");
    char *text;

    for (size_t i = 0; capabilities && i < KNOWN; i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(proposed, known[i].name);

        if (item && known[i].kind == COUNT)
            cJSON_AddNumberToObject(capabilities, known[i].name, (double)known[i].value);
        else if (known[i].kind == FLAG && cJSON_IsTrue(item))
            cJSON_AddTrueToObject(capabilities, known[i].name);
        else if (known[i].kind == TWIN && twin) {
            cJSON *object = cJSON_AddObjectToObject(capabilities, known[i].name);

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
    if (text && text->size) {
        json = parse(text);
        if (!json)
            return EINVAL;
    }
    vfu_capabilities_parse(json ? (const char *)text->bytes : "{}", json ? text->size - 1 : 2, &caps);
    s->client_max_fds = caps.max_msg_fds;
    s->client_max_xfer = caps.max_data_xfer_size;
    s->write_multiple = caps.write_multiple;
    if (caps.twin_socket && caps.max_msg_fds > 0 && !make_twin(s, r))
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
