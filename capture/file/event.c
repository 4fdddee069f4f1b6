/*
 * Events of a capture file, read back from the JSON object that the JSON sink made of them.
 */
#include "capture/file/inside.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/grow.h"
#include "decoder/wire/parse.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

/* A number, or a string that is one (64-bit values are written so). Absent: 0. */
static uint64_t number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    uint64_t number = 0;

    if (cJSON_IsString(item) && vfu_parse_number(item->valuestring, &number))
        return number;
    return cJSON_IsNumber(item) && item->valuedouble > 0 && item->valuedouble < 1e18 ? (uint64_t)item->valuedouble : 0;
}

static bool kind_of(const cJSON *object, enum vfu_event_kind *kind)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "event");

    for (int k = VFU_EVENT_MESSAGE + 1; cJSON_IsString(name) && k < VFU_EVENT_KINDS; k++) {
        if (strcmp(name->valuestring, vfu_event_name((enum vfu_event_kind)k)) == 0) {
            *kind = (enum vfu_event_kind)k;
            return true;
        }
    }
    return false;
}

static unsigned digit_of(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

static const char *string_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : "";
}

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* The bytes that the member is the hex of, VFU_EVENT_MEMORY_MAX at most; *size of them. */
static bool bytes_of(const cJSON *object, const char *name, uint8_t *data, size_t *size)
{
    const char *hex = string_of(object, name);
    size_t count = strlen(hex) / 2;

    if (strlen(hex) % 2 || count > VFU_EVENT_MEMORY_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        unsigned high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);

        if (high > 15 || low > 15)
            return false;
        data[i] = (uint8_t)(high << 4 | low);
    }
    *size = count;
    return true;
}

static void problems_of(const cJSON *object, struct vfu_event *event, struct file_recorded *recorded)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "problems"))
    {
        const char *rule = string_of(item, "rule"), *text = string_of(item, "text");
        const char *at_fault = string_of(item, "at_fault");
        unsigned who = strcmp(at_fault, "server") == 0 ? 1 : strcmp(at_fault, "client") == 0 ? 0 : 2;

        file_recorded_problem(event, recorded, rule, strlen(rule), vfu_severity_by_name(string_of(item, "severity")), who,
                              text, strlen(text));
    }
}

static void notes_of(const cJSON *object, struct vfu_event *event, struct file_recorded *recorded)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "notes"))
    {
        const char *plugin = string_of(item, "plugin"), *text = string_of(item, "text");

        file_recorded_note(event, recorded, plugin, strlen(plugin), text, strlen(text),
                           is_true(item, "warning"));
    }
}

/* Of an interrupt's or a look's: what the JSON sink writes of them. Microseconds have three decimals. */
static void requests_of(const cJSON *object, struct vfu_event *event, struct file_recorded *recorded)
{
    static const struct {
        const char *name;
        uint32_t bit;
    } known[] = { { "opcode", VFU_REQUEST_OPCODE }, { "lba", VFU_REQUEST_LBA }, { "status", VFU_REQUEST_STATUS },
                  { "latency_us", VFU_REQUEST_LATENCY }, { "failed", VFU_REQUEST_FAILED } };
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "requests"))
    {
        const cJSON *us = cJSON_GetObjectItemCaseSensitive(item, "latency_us");
        struct vfu_request r = { .queue = (uint32_t)number_of(item, "queue"), .id = (uint32_t)number_of(item, "id"),
                                 .opcode = (uint32_t)number_of(item, "opcode"), .status = (uint32_t)number_of(item, "status"),
                                 .blocks = (uint32_t)number_of(item, "blocks"), .depth = (uint32_t)number_of(item, "depth"),
                                 .lba = number_of(item, "lba"), .bytes = number_of(item, "bytes"), .went_by = number_of(item, "went_by") };

        if (cJSON_IsNumber(us) && us->valuedouble >= 0 && us->valuedouble < 1e12)
            r.latency_ns = (uint64_t)(us->valuedouble * 1000 + 0.5);
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            r.known |= cJSON_GetObjectItemCaseSensitive(item, known[i].name) ? known[i].bit : 0;
        snprintf(r.plugin, sizeof r.plugin, "%s", string_of(item, "plugin"));
        snprintf(r.name, sizeof r.name, "%s", string_of(item, "opcode_name"));
        file_recorded_request(event, recorded, &r);
    }
}

static void text_of(const cJSON *object, const char *name, char text[VFU_EVENT_TEXT])
{
    snprintf(text, VFU_EVENT_TEXT, "%s", string_of(object, name));
}

/* Who ended a connection, a capture has in words only: that side's is the first, or the tap's are all. */
static unsigned closed_by(const char *why)
{
    if (strcmp(why, "the tap ended") == 0 || strcmp(why, "closed by --inject") == 0)
        return VFU_BOTH_SIDES;
    return strncmp(why, "client", 6) == 0 ? 1u << VFU_CLIENT : strncmp(why, "server", 6) == 0 ? 1u << VFU_SERVER : 0;
}

/* What was known of a peer, of a table that has it. */
static void known_of(const cJSON *object, struct vfu_event *event)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "known"))
    {
        const struct vfu_trouble *trouble = vfu_trouble_by_id(string_of(item, "trouble"));

        if (trouble && event->peer.known_count < VFU_PEER_KNOWN)
            event->peer.known[event->peer.known_count++] = trouble;
    }
}

/* A string of any length, into what was recorded; *size with its NUL. NULL: out of memory. */
static const char *long_text_of(const cJSON *object, const char *name, struct file_recorded *recorded, size_t *size)
{
    const char *text = string_of(object, name);

    *size = strlen(text) + 1;
    return VFU_GROW(recorded->spec, recorded->spec_room, *size) ? memcpy(recorded->spec, text, *size) : NULL;
}

/* A line's text; that of what is no text by its bytes. */
static bool line_of(const cJSON *object, struct vfu_event *event, uint8_t *data, struct file_recorded *recorded)
{
    if (cJSON_HasObjectItem(object, "text_hex")) {
        event->line.text = (const char *)data;
        return bytes_of(object, "text_hex", data, &event->line.size);
    }
    event->line.text = long_text_of(object, "text", recorded, &event->line.size);
    event->line.size--;
    return event->line.text;
}

/* "1763790000.123456789" */
static uint64_t time_of(const cJSON *object, const char *name)
{
    unsigned long long seconds = 0, ns = 0;

    if (sscanf(string_of(object, name), "%10llu.%9llu", &seconds, &ns) != 2)
        return 0;
    return seconds * 1000000000u + ns;
}

/* A process that has ended; its status as waitpid has them, with no other bits than those we write. */
static void ended_of(const cJSON *object, struct vfu_ended *ended)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "ended");

    ended->pid = (uint32_t)number_of(item, "pid");
    ended->status = (int)(number_of(item, "signal") & 0x7f) | (int)(number_of(item, "status") & 0xff) << 8;
    snprintf(ended->name, sizeof ended->name, "%s", string_of(item, "name"));
}

/* The members of a kind. */
static bool read_kind(const cJSON *object, struct vfu_event *event, uint8_t *data, struct file_recorded *recorded)
{
    switch (event->kind) {
    case VFU_EVENT_CONNECT:
        event->connect.pid = (uint32_t)number_of(object, "pid");
        snprintf(event->connect.name, sizeof event->connect.name, "%s", string_of(object, "name"));
        event->connect.late = is_true(object, "late");
        break;
    case VFU_EVENT_DISCONNECT:
        snprintf(event->disconnect.why, sizeof event->disconnect.why, "%s", string_of(object, "text"));
        ended_of(object, &event->disconnect.ended);
        event->disconnect.on = number_of(object, "on");
        event->disconnect.unread = number_of(object, "unread");
        event->disconnect.closed_by = closed_by(event->disconnect.why);
        break;
    case VFU_EVENT_UNFRAMED:
        event->unframed.offset = number_of(object, "offset");
        event->unframed.missing = is_true(object, "missing");
        text_of(object, "text", event->unframed.why);
        event->unframed.left_out = (size_t)number_of(object, "left_out");
        event->unframed.bytes = data;
        return bytes_of(object, "data", data, &event->unframed.size);
    case VFU_EVENT_FRAMED:
        event->framed.offset = number_of(object, "offset");
        event->framed.skipped = number_of(object, "skipped");
        break;
    case VFU_EVENT_DROPPED:
        event->dropped.messages = number_of(object, "count");
        event->dropped.events = number_of(object, "events");
        break;
    case VFU_EVENT_INTERRUPT:
        event->interrupt.index = (uint32_t)number_of(object, "index");
        event->interrupt.vector = (uint32_t)number_of(object, "vector");
        event->interrupt.count = number_of(object, "count");
        event->interrupt.late = is_true(object, "late");
        event->interrupt.lost = string_of(object, "text")[0]; /* there is only one that it can be */
        break;
    case VFU_EVENT_IOEVENTFD:
        event->ioeventfd.region = (uint32_t)number_of(object, "region");
        event->ioeventfd.offset = number_of(object, "offset");
        event->ioeventfd.count = number_of(object, "count");
        event->ioeventfd.lost = string_of(object, "text")[0];
        break;
    case VFU_EVENT_INJECTED:
        event->injected.no = number_of(object, "no");
        event->injected.spec = long_text_of(object, "spec", recorded, &event->injected.size);
        return event->injected.spec;
    case VFU_EVENT_CAPTURE:
        event->capture.start_ns = time_of(object, "start");
        snprintf(event->capture.version, sizeof event->capture.version, "%s", string_of(object, "version"));
        text_of(object, "kernel", event->capture.kernel);
        event->capture.no_memory = is_true(object, "no_memory");
        event->capture.options = long_text_of(object, "options", recorded, &event->capture.size);
        return event->capture.options;
    case VFU_EVENT_LOG:
        snprintf(event->line.name, sizeof event->line.name, "%s", string_of(object, "name"));
        event->line.left_out = number_of(object, "left_out");
        return line_of(object, event, data, recorded);
    case VFU_EVENT_MARK:
        return line_of(object, event, data, recorded);
    case VFU_EVENT_END:
        event->end.goes_on = is_true(object, "goes_on");
        event->end.cut = is_true(object, "cut");
        break;
    case VFU_EVENT_OVERDUE:
        event->overdue.no = number_of(object, "no");
        event->overdue.count = number_of(object, "count");
        event->overdue.waiting_ms = cJSON_HasObjectItem(object, "waiting_ms") ? number_of(object, "waiting_ms")
                                                                              : VFU_WAITING_UNKNOWN;
        event->overdue.read = is_true(object, "read");
        event->overdue.unread = !event->overdue.read && cJSON_HasObjectItem(object, "read");
        event->overdue.both = is_true(object, "both");
        text_of(object, "text", event->overdue.what);
        break;
    case VFU_EVENT_STALLED:
        event->stalled.got = number_of(object, "got");
        event->stalled.waiting_ms = number_of(object, "waiting_ms");
        event->stalled.size = (uint32_t)number_of(object, "size");
        event->stalled.id = (uint16_t)number_of(object, "id");
        event->stalled.command = (uint16_t)number_of(object, "command_number");
        text_of(object, "text", event->stalled.what);
        break;
    case VFU_EVENT_UNREAD:
        event->unread.reply = strcmp(string_of(object, "type"), "reply") == 0;
        event->unread.command = (uint16_t)number_of(object, "command_number");
        event->unread.id = (uint16_t)number_of(object, "id");
        event->unread.size = (uint32_t)number_of(object, "size");
        event->unread.messages = (unsigned)number_of(object, "count");
        event->unread.bytes = number_of(object, "bytes");
        event->unread.pid = (uint32_t)number_of(object, "pid");
        snprintf(event->unread.name, sizeof event->unread.name, "%s", string_of(object, "name"));
        text_of(object, "text", event->unread.what);
        break;
    case VFU_EVENT_PEER:
        text_of(object, "name", event->peer.name);
        known_of(object, event);
        break;
    case VFU_EVENT_READS_NO_MORE:
        event->reads_no_more.last = number_of(object, "last");
        break;
    case VFU_EVENT_MEMORY:
        event->memory.no = number_of(object, "no");
        event->memory.address = number_of(object, "address");
        event->memory.bytes = data;
        return bytes_of(object, "data", data, &event->memory.size);
    default:
        break;
    }
    return true;
}

static void doing_of(const cJSON *object, struct vfu_event *event, struct file_recorded *recorded)
{
    const cJSON *item;

    event->doing = recorded->doing;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(object, "doing"))
    {
        struct vfu_doing *d = &recorded->doing[event->doing_count];

        if (event->doing_count == VFU_EVENT_DOING)
            break;
        event->doing_count++;
        *d = (struct vfu_doing){ .side = strcmp(string_of(item, "side"), "server") == 0 ? VFU_SERVER : VFU_CLIENT,
                                 .conn = event->conn,
                                 .pid = (uint32_t)number_of(item, "pid"),
                                 .tid = (uint32_t)number_of(item, "tid"),
                                 .threads = (uint32_t)number_of(item, "threads"),
                                 .state = string_of(item, "state")[0] };
        snprintf(d->process, sizeof d->process, "%s", string_of(item, "name"));
        snprintf(d->name, sizeof d->name, "%s", string_of(item, "thread"));
        snprintf(d->call, sizeof d->call, "%s", string_of(item, "call"));
        snprintf(d->where, sizeof d->where, "%s", string_of(item, "wchan"));
    }
}

bool file_event_parse(const char *json, size_t size, struct vfu_event *event, uint8_t *data,
                      struct file_recorded *recorded, bool *later)
{
    cJSON *object = cJSON_ParseWithLength(json, size);
    enum vfu_event_kind kind = VFU_EVENT_MESSAGE;
    bool ok = cJSON_IsObject(object) && kind_of(object, &kind);

    *later = !ok && cJSON_IsString(cJSON_GetObjectItemCaseSensitive(object, "event"));

    *event = (struct vfu_event){ .kind = kind, .time = event->time, .conn = event->conn, .channel = event->channel,
                                 .from = event->from };
    ok = ok && read_kind(object, event, data, recorded);
    if (ok && kind != VFU_EVENT_MEMORY) {
        problems_of(object, event, recorded);
        notes_of(object, event, recorded);
        requests_of(object, event, recorded);
        doing_of(object, event, recorded);
    }
    cJSON_Delete(object);
    return ok;
}
