/*
 * Running a filter: three-valued, because a command is looked at before its reply is there.
 */
#include "decoder/filter/inside.h"

#include <stdlib.h>
#include <string.h>

/*
 * An integer field against the value. The same name may mean another number elsewhere (`eventfd` in IRQ info and in
 * SET_IRQS), so the field's own names decide; a flag field equals a name when its bits are set.
 */
static bool test_number(const struct filter_node *n, const struct vfu_field *f, uint64_t number, uint64_t raw)
{
    uint64_t named;
    bool same;

    if (!n->value || (n->op != VFU_EQ && n->op != VFU_NE))
        return filter_compare(n, raw);
    if (!vfu_name_value(f->names, n->value, &named))
        return n->op == VFU_NE;
    same = f->kind == VFU_FLAGS ? (number & named) == named : number == named;
    return same == (n->op == VFU_EQ);
}

static bool test_value(const struct filter_node *n, const struct vfu_value *v)
{
    bool same;

    switch (v->field->kind) {
    case VFU_JSON:
        return filter_test_string(n, v->bytes, v->size && !v->bytes[v->size - 1] ? v->size - 1 : v->size);
    case VFU_BYTES:
        if (n->kind == FILTER_THERE)
            return true;
        if (n->kind == FILTER_CONTAINS)
            return memmem(v->bytes, v->size, n->bytes, n->size) != NULL;
        same = n->is_bytes && v->size == n->size && memcmp(v->bytes, n->bytes, n->size) == 0;
        return n->op == VFU_EQ ? same : n->op == VFU_NE && n->is_bytes && !same;
    case VFU_FLAGS:
        return test_number(n, v->field, v->number, v->raw);
    case VFU_LIST:
    case VFU_OBJECT:
        return n->kind == FILTER_THERE;
    default:
        return test_number(n, v->field, v->number, v->number);
    }
}

/* Any field of that name, on top or in a list, for which the test holds. */
static bool test_values(const struct filter_node *n, const struct vfu_value *values, unsigned count)
{
    for (const struct vfu_value *v = values; v < values + count; v++) {
        struct vfu_value inside[VFU_MAX_VALUES];
        const struct vfu_layout *layout;
        size_t offset = SIZE_MAX;
        unsigned items;
        bool broken = false;

        if (strcmp(v->field->name, n->name) == 0 && test_value(n, v))
            return true;
        if (v->field->kind == VFU_OBJECT && test_values(n, inside, vfu_object_values(v, inside)))
            return true;
        while (v->field->kind == VFU_LIST && vfu_list_next(v, &offset, &layout, inside, &items, &broken))
            if (test_values(n, inside, items))
                return true;
    }
    return false;
}

static bool test_header(const struct filter_node *n, const struct vfu_event *e)
{
    const struct vfu_field *f = n->header;
    struct vfu_cursor c = vfu_cursor(e->message.bytes, e->message.captured, e->message.swapped);
    uint64_t number;

    vfu_cursor_seek(&c, f->offset);
    number = vfu_cursor_uint(&c, f->width);
    return !c.failed && test_number(n, f, number, number);
}

/*
 * Is the header's field of that name meant? It is unless the command's payload has one, whether this message does or
 * not. A name that the header's field has not is that of a list's item: `id == sparse_mmap`.
 */
static bool means_header(const struct filter_node *n, const struct vfu_command *command)
{
    uint64_t number;

    return n->header && !(command && n->payload_of >> command->number & 1) &&
           (!n->value || vfu_name_value(n->header->names, n->value, &number));
}

static bool test_field(const struct filter_node *n, struct filter_message *s)
{
    if (means_header(n, s->event->command))
        return test_header(n, s->event);
    filter_decoded(s);
    return test_values(n, s->decoded->values, s->decoded->count);
}

static bool test_fds(const struct filter_node *n, const struct vfu_message *m)
{
    if (n->kind == FILTER_THERE)
        return m->nfds > 0;
    if (!n->by_name)
        return filter_compare(n, m->nfds);
    for (unsigned i = 0; i < m->nfds; i++)
        if (filter_compare(n, m->fds[i].type))
            return true;
    return false;
}

static bool test_problem(const struct filter_node *n, const struct vfu_event *e)
{
    bool found = false;

    if (n->kind == FILTER_THERE)
        return e->problem_count > 0;
    for (unsigned i = 0; i < e->problem_count && !found; i++)
        found = strcmp(e->problems[i].rule->id, n->value) == 0;
    return found == (n->op == VFU_EQ);
}

static bool test_reason(const struct filter_node *n, const struct vfu_event *e)
{
    bool found = false;

    if (n->kind == FILTER_THERE)
        return e->because_count > 0;
    for (unsigned i = 0; i < e->because_count && !found; i++)
        found = strcmp(e->because[i].reason, n->value) == 0;
    return n->op == VFU_EQ ? found : e->because_count > 0 && !found;
}

/* A test of when: what counts from the start begins at the first event. */
static bool test_time(const struct filter_node *n, const struct vfu_event *e, uint64_t first_ns)
{
    uint64_t low = n->low + (n->low_since_start ? first_ns : 0), high = n->high + (n->high_since_start ? first_ns : 0);

    return n->kind == FILTER_THERE || vfu_compare(n->op, e->time.wall_ns, low, high);
}

static bool test_note(const struct filter_node *n, const struct vfu_event *e)
{
    bool any = false, named = false;

    for (unsigned i = 0; i < e->note_count; i++) {
        if (n->subject == SUBJECT_WARNING && !e->notes[i].warning)
            continue;
        any = true;
        named |= n->value && strcmp(e->notes[i].plugin, n->value) == 0;
    }
    return n->kind == FILTER_THERE ? any : n->op == VFU_EQ ? named : any && !named;
}

/* Of which log it is; what the mark says. */
static bool test_line(const struct filter_node *n, const struct vfu_event *e)
{
    if (n->subject == SUBJECT_MARK)
        return e->kind == VFU_EVENT_MARK && filter_test_string(n, e->line.text, e->line.size);
    return e->kind == VFU_EVENT_LOG && filter_test_string(n, e->line.name, strlen(e->line.name));
}

static bool test_interrupt(const struct filter_node *n, const struct vfu_event *e)
{
    static const struct vfu_field index = { .names = vfu_irq_names };

    if (strcmp(n->name, "index") == 0)
        return test_number(n, &index, e->interrupt.index, e->interrupt.index);
    return strcmp(n->name, "count") == 0 && filter_compare(n, e->interrupt.count);
}

static bool test_ioeventfd(const struct filter_node *n, const struct vfu_event *e)
{
    static const struct vfu_field region = { .names = vfu_region_names };

    if (strcmp(n->name, "region") == 0)
        return test_number(n, &region, e->ioeventfd.region, e->ioeventfd.region);
    if (strcmp(n->name, "offset") == 0)
        return filter_compare(n, e->ioeventfd.offset);
    return strcmp(n->name, "count") == 0 && filter_compare(n, e->ioeventfd.count);
}

/* Processes, and what peers look like. */
static bool test_name(const struct filter_node *n, const struct vfu_event *e)
{
    const char *name = e->kind == VFU_EVENT_CONNECT ? e->connect.name : e->kind == VFU_EVENT_PEER ? e->peer.name : "";

    return *name && filter_test_string(n, name, strlen(name));
}

static bool has_sender(const struct vfu_event *e)
{
    return e->kind == VFU_EVENT_UNFRAMED || e->kind == VFU_EVENT_FRAMED || e->kind == VFU_EVENT_STALLED || e->kind == VFU_EVENT_READS_NO_MORE;
}

/* What is no message has few fields: those of its JSON object. */
static bool test_event(const struct filter_node *n, struct filter_message *s)
{
    const struct vfu_event *e = s->event;

    switch (n->subject) {
    case SUBJECT_CONN:
        return filter_compare(n, e->conn);
    case SUBJECT_FILE:
        return e->file && filter_test_string(n, e->file, strlen(e->file));
    case SUBJECT_TIME:
        return test_time(n, e, s->first_ns);
    case SUBJECT_FROM:
        return has_sender(e) && filter_compare(n, e->from);
    case SUBJECT_CHANNEL:
        return has_sender(e) && filter_compare(n, e->channel);
    case SUBJECT_PROBLEM:
        return test_problem(n, e);
    case SUBJECT_NOTE:
    case SUBJECT_WARNING:
        return test_note(n, e);
    case SUBJECT_LOG:
    case SUBJECT_MARK:
        return test_line(n, e);
    case SUBJECT_FIELD:
        return (e->kind == VFU_EVENT_INTERRUPT && test_interrupt(n, e)) ||
               (e->kind == VFU_EVENT_IOEVENTFD && test_ioeventfd(n, e));
    case SUBJECT_REGISTER:
        return filter_test_register(n, s);
    case SUBJECT_NAME:
        return test_name(n, e);
    case SUBJECT_SPEC:
        return e->kind == VFU_EVENT_INJECTED && filter_test_string(n, e->injected.spec, strlen(e->injected.spec));
    case SUBJECT_TEXT:
        return filter_test_text(n, s);
    default:
        return false;
    }
}

static bool test(const struct filter_node *n, struct filter_message *s)
{
    const struct vfu_event *e = s->event;

    if (e->kind != VFU_EVENT_MESSAGE)
        return test_event(n, s);
    switch (n->subject) {
    case SUBJECT_FIELD:
        return test_field(n, s);
    case SUBJECT_HEADER:
        return test_header(n, e);
    case SUBJECT_COMMAND:
        return filter_compare(n, e->command_number);
    case SUBJECT_FROM:
        return filter_compare(n, e->from);
    case SUBJECT_TYPE:
        return filter_compare(n, vfu_event_is_command(e) ? 0 : vfu_event_is_reply(e) ? 1 : 2);
    case SUBJECT_CHANNEL:
        return filter_compare(n, e->channel);
    case SUBJECT_CONN:
        return filter_compare(n, e->conn);
    case SUBJECT_FILE:
        return e->file && filter_test_string(n, e->file, strlen(e->file));
    case SUBJECT_NO:
        return filter_compare(n, e->message.no);
    case SUBJECT_TIME:
        return test_time(n, e, s->first_ns);
    case SUBJECT_LATENCY:
        return e->paired && filter_compare(n, e->latency_ns);
    case SUBJECT_FDS:
        return test_fds(n, &e->message);
    case SUBJECT_ERROR:
        return (e->flags & VFU_ERROR) && filter_compare(n, e->error);
    case SUBJECT_NO_REPLY:
        return e->flags & VFU_NO_REPLY;
    case SUBJECT_PROBLEM:
        return test_problem(n, e);
    case SUBJECT_REASON:
        return test_reason(n, e);
    case SUBJECT_NOTE:
    case SUBJECT_WARNING:
        return test_note(n, e);
    case SUBJECT_VALUE:
        return filter_test_value(n, s);
    case SUBJECT_REGISTER:
        return filter_test_register(n, s);
    case SUBJECT_BITS:
        return filter_test_bits(n, s);
    case SUBJECT_TEXT:
        return filter_test_text(n, s);
    case SUBJECT_LOG:
    case SUBJECT_MARK:
    case SUBJECT_NAME:
    case SUBJECT_SPEC:
        return false; /* of what is no message */
    }
    return false;
}

/* Is the test's answer the same for a command and its reply, so that the reply can't change it? */
static bool is_settled(const struct filter_node *n)
{
    return n->subject == SUBJECT_COMMAND || n->subject == SUBJECT_CONN || n->subject == SUBJECT_FILE || n->subject == SUBJECT_CHANNEL;
}

/* Does the header decide it, and who sent the message? */
static bool is_early(const struct filter_node *n)
{
    return is_settled(n) || n->subject == SUBJECT_FROM || n->subject == SUBJECT_TYPE;
}

static enum vfu_verdict run(const struct vfu_filter *f, unsigned at, struct filter_message *one, struct filter_message *other,
                            bool awaited)
{
    const struct filter_node *n = &f->nodes[at];
    enum vfu_verdict left, right;

    switch (n->kind) {
    case FILTER_NOT:
        left = run(f, n->left, one, other, awaited);
        return left == VFU_UNDECIDED ? left : left == VFU_YES ? VFU_NO : VFU_YES;
    case FILTER_AND:
    case FILTER_OR:
        left = run(f, n->left, one, other, awaited);
        if (left == (n->kind == FILTER_AND ? VFU_NO : VFU_YES))
            return left;
        right = run(f, n->right, one, other, awaited);
        if (right == (n->kind == FILTER_AND ? VFU_NO : VFU_YES))
            return right;
        return left == VFU_UNDECIDED ? left : right;
    default:
        if (one->only_header && !is_early(n))
            return VFU_UNDECIDED;
        if (test(n, one) || (other && test(n, other)))
            return VFU_YES;
        return awaited && !is_settled(n) ? VFU_UNDECIDED : VFU_NO;
    }
}

enum vfu_verdict vfu_filter_match(const struct vfu_filter *f, const struct vfu_event *event,
                                  const struct vfu_event *other, bool awaited)
{
    struct filter_message one, two;

    if (event->kind == VFU_EVENT_DROPPED) /* what is missing is always said */
        return VFU_YES;
    one.event = event;
    one.decoded = NULL;
    one.only_header = false;
    one.first_ns = two.first_ns = f->first_ns;
    two.event = f->single ? NULL : other;
    two.decoded = NULL;
    return run(f, f->count - 1, &one, two.event ? &two : NULL, awaited && !f->single);
}

enum vfu_verdict vfu_filter_match_header(const struct vfu_filter *f, const struct vfu_event *event)
{
    struct filter_message one;

    one.event = event;
    one.decoded = NULL;
    one.only_header = true;
    one.first_ns = f->first_ns;
    return run(f, f->count - 1, &one, NULL, false);
}

void vfu_filter_begin(struct vfu_filter *f, uint64_t first_ns)
{
    f->first_ns = first_ns;
}

bool vfu_filter_is_single(const struct vfu_filter *f)
{
    return f->single;
}

void vfu_filter_free(struct vfu_filter *f)
{
    if (f)
        free(f->words);
    free(f);
}
