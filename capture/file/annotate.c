/*
 * What a record says about its message beyond what was on the socket: the rules it breaks, what plugins say, what it
 * answers. For readers that know neither rules nor plugins, and for files that lack what it would take to find out
 * again. vfuscope-capture(5) describes it. Behind the descriptors, all big-endian:
 *
 *   type u16, length u16 of the value, which is padded with zeros to a multiple of 4
 *   1 reply     number of the command u64, nanoseconds since u64
 *   2 problem   severity u8 (enum vfu_severity), side at fault u8 (2: nobody), length of the rule's id u8, 0; id, text
 *   3 note      1 if it warns u8, length of the plugin's name u8, 0 u16; name, text
 *   4 left out  u32: so many problems, notes, reasons and registers had no room
 *   5 reason    flags u8 (1: it is certain, 2: a plugin's), number of messages u8, length of its id u8, 0; messages u64 each; id, text
 *   6 register  see registers.c
 *   7 memory    parts of the message that were left out: offset u32 and size u32 each, rising and apart
 *   8 request   known u8 (enum vfu_request_known), length of the plugin's name u8, of the opcode's u8, 0; queue, id, opcode, status,
 *               blocks, depth u32 each; lba, bytes, nanoseconds, how many went by u64 each; the names
 */
#include "capture/file/inside.h"
#include "decoder/reasons/reasons.h"
#include "decoder/wire/cursor.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_REPLY = 1, TYPE_PROBLEM = 2, TYPE_NOTE = 3, TYPE_LEFT_OUT = 4, TYPE_REASON = 5, TYPE_REGISTER = 6, TYPE_MEMORY = 7,
       TYPE_REQUEST = 8 };
enum { HEAD = 4, REPLY_SIZE = 16, PROBLEM_HEAD = 4, NOTE_HEAD = 4, LEFT_OUT_SIZE = 4, NOTE_WARNS = 1, PART_SIZE = 8 };
enum { REQUEST_HEAD = 60, REASON_HEAD = 4, REASON_CERTAIN = 1, REASON_OF_PLUGIN = 2, NOBODY = 2 };
enum { SWAP = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ };
/* What is always kept free for them: the reply, and the count of what has no room. */
enum { ROOM = FILE_ANNOTATIONS_MAX - (HEAD + REPLY_SIZE) - (HEAD + LEFT_OUT_SIZE) };

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static void put(uint8_t *at, uint64_t n, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        at[i] = (uint8_t)(n >> 8 * (width - 1 - i));
}

/* Type and length at `at`; what pads the value is zeroed. Where the value goes. */
static uint8_t *put_head(uint8_t *at, unsigned type, size_t size)
{
    put(at, type, 2);
    put(at + 2, size, 2);
    memset(at + HEAD + size, 0, padded(size) - size);
    return at + HEAD;
}

static size_t put_problem(uint8_t *at, size_t room, const struct vfu_problem *p)
{
    size_t rule = strlen(p->rule->id), text = strlen(p->text), size = PROBLEM_HEAD + rule + text;

    if (HEAD + padded(size) > room || rule > UINT8_MAX)
        return 0;
    at = put_head(at, TYPE_PROBLEM, size);
    put(at, p->severity, 1);
    put(at + 1, p->nobody ? NOBODY : p->at_fault, 1);
    put(at + 2, rule, 1);
    put(at + 3, 0, 1);
    memcpy(at + PROBLEM_HEAD, p->rule->id, rule);
    memcpy(at + PROBLEM_HEAD + rule, p->text, text);
    return HEAD + padded(size);
}

static size_t put_reason(uint8_t *at, size_t room, const struct vfu_because *b)
{
    size_t id = strlen(b->reason), text = strlen(b->text), size = REASON_HEAD + 8 * b->count + id + text;

    if (HEAD + padded(size) > room)
        return 0;
    at = put_head(at, TYPE_REASON, size);
    put(at, (b->certain ? REASON_CERTAIN : 0u) | (b->of_plugin ? REASON_OF_PLUGIN : 0u), 1);
    put(at + 1, b->count, 1);
    put(at + 2, id, 1);
    put(at + 3, 0, 1);
    at += REASON_HEAD;
    for (unsigned i = 0; i < b->count; i++, at += 8)
        put(at, b->messages[i], 8);
    memcpy(at, b->reason, id);
    memcpy(at + id, b->text, text);
    return HEAD + padded(size);
}

static size_t put_note(uint8_t *at, size_t room, const struct vfu_note *n)
{
    size_t plugin = strlen(n->plugin), text = strlen(n->text), size = NOTE_HEAD + plugin + text;

    if (HEAD + padded(size) > room)
        return 0;
    at = put_head(at, TYPE_NOTE, size);
    put(at, n->warning ? NOTE_WARNS : 0, 1);
    put(at + 1, plugin, 1);
    put(at + 2, 0, 2);
    memcpy(at + NOTE_HEAD, n->plugin, plugin);
    memcpy(at + NOTE_HEAD + plugin, n->text, text);
    return HEAD + padded(size);
}

static size_t put_request(uint8_t *at, size_t room, const struct vfu_request *r)
{
    const uint32_t words[] = { r->queue, r->id, r->opcode, r->status, r->blocks, r->depth };
    const uint64_t longs[] = { r->lba, r->bytes, r->latency_ns, r->went_by };
    size_t plugin = strlen(r->plugin), name = strlen(r->name), size = REQUEST_HEAD + plugin + name;

    if (HEAD + padded(size) > room)
        return 0;
    at = put_head(at, TYPE_REQUEST, size);
    put(at, r->known, 1);
    put(at + 1, plugin, 1);
    put(at + 2, name, 1);
    put(at + 3, 0, 1);
    at += 4;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++, at += 4)
        put(at, words[i], 4);
    for (unsigned i = 0; i < sizeof longs / sizeof *longs; i++, at += 8)
        put(at, longs[i], 8);
    memcpy(at, r->plugin, plugin);
    memcpy(at + plugin, r->name, name);
    return HEAD + padded(size);
}

static size_t put_register(uint8_t *at, size_t room, const struct vfu_register_at *r, bool with_fields)
{
    size_t size = room > HEAD + 3 ? file_register_put(r, with_fields, at + HEAD, room - HEAD - 3) : 0;

    if (!size)
        return 0;
    put_head(at, TYPE_REGISTER, size);
    return HEAD + padded(size);
}

static size_t put_memory(uint8_t *at, const struct vfu_message *m)
{
    unsigned count = m->left_out_count < VFU_MEMORY_PARTS ? m->left_out_count : VFU_MEMORY_PARTS;

    at = put_head(at, TYPE_MEMORY, count * PART_SIZE);
    for (unsigned i = 0; i < count; i++, at += PART_SIZE) {
        put(at, m->left_out[i].at, 4);
        put(at + 4, m->left_out[i].size, 4);
    }
    return HEAD + count * PART_SIZE;
}

/* Has the event a value, which fields are of? */
static bool has_value(const struct vfu_event *e)
{
    return e->register_count && vfu_event_is_access(e) &&
           (vfu_event_is_reply(e) ? !e->command->moves.write && !(e->flags & VFU_ERROR) : e->command->moves.write);
}

size_t file_annotations_put(const struct vfu_event *event, bool pairing, uint8_t at[FILE_ANNOTATIONS_MAX])
{
    size_t used = event->message.left_out_count ? put_memory(at, &event->message) : 0, added;
    unsigned left_out = 0;

    for (unsigned i = 0; i < event->problem_count; i++, used += added)
        if (event->problems[i].repeated)
            added = 0;
        else
            left_out += !(added = put_problem(at + used, ROOM - used, &event->problems[i]));
    for (unsigned i = 0; i < event->because_count; i++, used += added)
        left_out += !(added = put_reason(at + used, ROOM - used, &event->because[i]));
    for (unsigned i = 0; i < event->note_count; i++, used += added)
        left_out += !(added = put_note(at + used, ROOM - used, &event->notes[i]));
    for (unsigned i = 0; i < event->request_count; i++, used += added)
        left_out += !(added = put_request(at + used, ROOM - used, &event->requests[i]));
    for (unsigned i = 0, fields = has_value(event); i < event->register_count; i++, used += added)
        left_out += !(added = put_register(at + used, ROOM - used, &event->registers[i], fields));
    if (left_out) {
        put(put_head(at + used, TYPE_LEFT_OUT, LEFT_OUT_SIZE), left_out, 4);
        used += HEAD + LEFT_OUT_SIZE;
    }
    if (pairing) {
        uint8_t *value = put_head(at + used, TYPE_REPLY, REPLY_SIZE);

        put(value, event->reply_to, 8);
        put(value + 8, event->latency_ns, 8);
        used += HEAD + REPLY_SIZE;
    }
    return used;
}

/* --- reading --- */

static void keep_text(char *room, size_t room_size, const char *text, size_t size)
{
    size = size < room_size ? size : room_size - 1;
    memcpy(room, text, size);
    room[size] = '\0'; /* a NUL inside ends it earlier */
}

bool file_recorded_problem(struct vfu_event *event, struct file_recorded *room, const char *rule, size_t rule_size,
                           unsigned severity, unsigned at_fault, const char *text, size_t text_size)
{
    struct vfu_problem *p = &room->problems[event->problem_count];
    const struct vfu_rule *known = vfu_rule_by_id(rule, rule_size);

    if (!known && severity == VFU_MISFIT) /* of a plugin that is not here, or of a later version */
        known = vfu_misfit_unknown(rule, rule_size);
    if (!known || severity >= VFU_SEVERITIES || at_fault > NOBODY || event->problem_count == VFU_RECORDED_PROBLEMS)
        return false;
    p->rule = known;
    p->severity = (enum vfu_severity)severity;
    p->nobody = at_fault == NOBODY;
    p->at_fault = p->nobody ? event->from : (enum vfu_side)at_fault;
    p->repeated = false;
    keep_text(p->text, sizeof p->text, text, text_size);
    event->problems = room->problems;
    event->problem_count++;
    return true;
}

bool file_recorded_note(struct vfu_event *event, struct file_recorded *room, const char *plugin, size_t plugin_size,
                        const char *text, size_t text_size, bool warning)
{
    struct vfu_note *n = &room->notes[event->note_count];

    if (event->note_count == VFU_RECORDED_NOTES)
        return false;
    keep_text(n->plugin, sizeof n->plugin, plugin, plugin_size);
    keep_text(n->text, sizeof n->text, text, text_size);
    n->warning = warning;
    event->notes = room->notes;
    event->note_count++;
    return true;
}

bool file_recorded_request(struct vfu_event *event, struct file_recorded *room, const struct vfu_request *r)
{
    if (event->request_count == VFU_RECORDED_REQUESTS)
        return false;
    room->requests[event->request_count++] = *r;
    event->requests = room->requests;
    return true;
}

static void get_request(struct vfu_cursor *c, struct vfu_event *event, struct file_recorded *room)
{
    struct vfu_request r = { .known = vfu_cursor_u8(c) & VFU_REQUEST_ALL };
    uint32_t *const words[] = { &r.queue, &r.id, &r.opcode, &r.status, &r.blocks, &r.depth };
    uint64_t *const longs[] = { &r.lba, &r.bytes, &r.latency_ns, &r.went_by };
    size_t plugin = vfu_cursor_u8(c), name = vfu_cursor_u8(c);
    const char *text;

    vfu_cursor_u8(c);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        *words[i] = vfu_cursor_u32(c);
    for (unsigned i = 0; i < sizeof longs / sizeof *longs; i++)
        *longs[i] = vfu_cursor_u64(c);
    text = (const char *)vfu_cursor_bytes(c, plugin + name);
    if (c->failed)
        return;
    keep_text(r.plugin, sizeof r.plugin, text, plugin);
    keep_text(r.name, sizeof r.name, text + plugin, name);
    file_recorded_request(event, room, &r);
}

static void get_problem(struct vfu_cursor *c, struct vfu_event *event, struct file_recorded *room)
{
    unsigned severity = vfu_cursor_u8(c), at_fault = vfu_cursor_u8(c), rule_size = vfu_cursor_u8(c);
    const char *rule, *text;
    size_t text_size;

    vfu_cursor_u8(c);
    rule = (const char *)vfu_cursor_bytes(c, rule_size);
    text_size = vfu_cursor_left(c);
    text = (const char *)vfu_cursor_bytes(c, text_size);
    if (!c->failed)
        file_recorded_problem(event, room, rule, rule_size, severity, at_fault, text, text_size);
}

static void get_reason(struct vfu_cursor *c, struct vfu_event *event, struct file_recorded *room)
{
    struct vfu_because *b = &room->because[event->because_count];
    unsigned flags = vfu_cursor_u8(c), count = vfu_cursor_u8(c), id_size = vfu_cursor_u8(c);
    const char *id, *text;
    size_t text_size;

    vfu_cursor_u8(c);
    if (event->because_count == VFU_MAX_BECAUSE || count > VFU_BECAUSE_MESSAGES)
        return;
    b->certain = flags & REASON_CERTAIN;
    b->of_plugin = flags & REASON_OF_PLUGIN;
    b->count = count;
    for (unsigned i = 0; i < count; i++)
        b->messages[i] = vfu_cursor_u64(c);
    id = (const char *)vfu_cursor_bytes(c, id_size);
    text_size = vfu_cursor_left(c);
    text = (const char *)vfu_cursor_bytes(c, text_size);
    if (c->failed)
        return;
    keep_text(b->reason, sizeof b->reason, id, id_size);
    keep_text(b->text, sizeof b->text, text, text_size);
    event->because = room->because;
    event->because_count++;
}

static void get_note(struct vfu_cursor *c, struct vfu_event *event, struct file_recorded *room)
{
    unsigned flags = vfu_cursor_u8(c), plugin_size = vfu_cursor_u8(c);
    const char *plugin, *text;
    size_t text_size;

    vfu_cursor_u16(c);
    plugin = (const char *)vfu_cursor_bytes(c, plugin_size);
    text_size = vfu_cursor_left(c);
    text = (const char *)vfu_cursor_bytes(c, text_size);
    if (!c->failed)
        file_recorded_note(event, room, plugin, plugin_size, text, text_size, flags & NOTE_WARNS);
}

static void get_register(const uint8_t *value, size_t size, struct vfu_event *event, struct file_recorded *room)
{
    if (event->register_count < VFU_REGISTERS_NAMED && file_register_get(value, size, &room->registers[event->register_count])) {
        event->registers = room->registers;
        event->register_count++;
    }
}

static void get_reply(struct vfu_cursor *c, struct vfu_event *event)
{
    uint64_t no = vfu_cursor_u64(c), latency = vfu_cursor_u64(c);

    if (c->failed)
        return;
    event->paired = true;
    event->reply_to = no;
    event->latency_ns = latency;
}

/* Those that are in order. */
static void get_memory(struct vfu_cursor *c, struct vfu_message *m, struct file_recorded *room)
{
    size_t end = VFU_HEADER_SIZE; /* which is never left out */

    for (m->left_out_count = 0; vfu_cursor_left(c) >= PART_SIZE && m->left_out_count < VFU_MEMORY_PARTS;) {
        struct vfu_part part = { .at = vfu_cursor_u32(c) };

        part.size = vfu_cursor_u32(c);
        if (part.at < end || part.size == 0)
            break;
        end = (size_t)part.at + part.size;
        room->left_out[m->left_out_count++] = part;
    }
    m->left_out = room->left_out;
}

/* What had no room is said in a note of its own. */
static void get_left_out(struct vfu_cursor *c, struct vfu_event *event, struct file_recorded *room)
{
    unsigned count = vfu_cursor_u32(c);
    char text[64];
    int size = snprintf(text, sizeof text, "%u more had no room in the file", count);

    if (!c->failed)
        file_recorded_note(event, room, "capture", strlen("capture"), text, (size_t)size, false);
}

void file_annotations_get(const uint8_t *bytes, size_t size, struct vfu_event *event, struct file_recorded *room)
{
    struct vfu_cursor all = vfu_cursor(bytes, size, SWAP);

    while (vfu_cursor_left(&all) >= HEAD) {
        unsigned type = vfu_cursor_u16(&all), length = vfu_cursor_u16(&all);
        const uint8_t *value = vfu_cursor_bytes(&all, length);
        struct vfu_cursor c;

        if (all.failed)
            return;
        c = vfu_cursor(value, length, SWAP);
        if (type == TYPE_REPLY)
            get_reply(&c, event);
        else if (type == TYPE_PROBLEM)
            get_problem(&c, event, room);
        else if (type == TYPE_NOTE)
            get_note(&c, event, room);
        else if (type == TYPE_REASON)
            get_reason(&c, event, room);
        else if (type == TYPE_REGISTER)
            get_register(value, length, event, room);
        else if (type == TYPE_MEMORY)
            get_memory(&c, &event->message, room);
        else if (type == TYPE_REQUEST)
            get_request(&c, event, room);
        else if (type == TYPE_LEFT_OUT)
            get_left_out(&c, event, room);
        vfu_cursor_bytes(&all, padded(length) - length);
    }
}
