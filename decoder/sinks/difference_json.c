/*
 * Exchanges that are compared, as members of JSON objects.
 */
#include "decoder/align/align.h"
#include "decoder/registers/registers.h"
#include "decoder/sinks/inside.h"
#include "decoder/wire/transfer.h"

enum { LINE = 1024 };

void vfu_json_command(struct vfu_writer *w, const struct vfu_exchange *x)
{
    struct vfu_event e;

    if (!vfu_exchange_command(x, &e))
        return;
    json_string(w, ",\"from\":", vfu_side_name(e.from));
    json_string(w, ",\"command\":", command_name(e.command));
    json_number(w, ",\"command_number\":", e.command_number);
}

void vfu_json_place(struct vfu_writer *w, const struct vfu_exchange *x)
{
    struct vfu_decoded d;
    struct vfu_event e;
    struct vfu_moved m;

    vfu_json_command(w, x);
    if (!vfu_exchange_command(x, &e) || !difference_moved(&e, &d, &m))
        return;
    if (m.transfer->space == VFU_REGION_SPACE) {
        vfu_write_char(w, ',');
        json_named(w, "region", m.region, 4, vfu_region_names);
    }
    json_hex(w, m.transfer->space == VFU_REGION_SPACE ? ",\"offset\":" : ",\"address\":", m.at);
    if (x->register_count) {
        json_put(w, ",\"register\":\"");
        vfu_register_write_name(w, &x->registers[0]);
        vfu_write_char(w, '"');
    }
}

static void json_numbers(struct vfu_writer *w, const struct vfu_exchange *x)
{
    json_number(w, "{\"no\":", x->command.no);
    if (x->reply.bytes)
        json_number(w, ",\"reply_no\":", x->reply.no);
    if (x->times > 1)
        json_number(w, ",\"times\":", x->times);
}

/* The value that a register's bytes are, beside them. */
static void json_register(struct vfu_writer *w, const struct vfu_value *v)
{
    uint64_t number;

    if (!difference_number(v, &number))
        return;
    json_put(w, ",\"value\":");
    json_integer(w, number, (unsigned)v->size);
}

/* A number or a bool as it is; what else a peer put there as a text. */
static void json_member(struct vfu_writer *w, const char *text)
{
    bool plain = strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strspn(text, "0123456789") == strlen(text);

    if (plain)
        vfu_write_text(w, text);
    else
        json_quoted(w, text);
}

static void json_side(struct vfu_writer *w, const struct vfu_exchange *x, const struct vfu_differing *list, unsigned count,
                      bool second)
{
    const struct vfu_message *m;

    json_numbers(w, x);
    for (unsigned i = 0; i < count; i++) {
        const struct vfu_differing *d = &list[i];
        const struct vfu_value *v = second ? &d->b : &d->a;
        const char *member = second ? d->b_text : d->a_text;
        uint64_t number = second ? d->b_number : d->a_number;

        switch (d->what) {
        case VFU_DIFFERS_VALUE:
            if (!v->field)
                break;
            vfu_write_char(w, ',');
            json_values(w, v, 1, false);
            json_register(w, v);
            break;
        case VFU_DIFFERS_MEMBER:
            if (member[0]) {
                vfu_write_char(w, ',');
                json_quoted(w, d->field);
                vfu_write_char(w, ':');
                json_member(w, member);
            }
            break;
        case VFU_DIFFERS_ERROR:
            if (number) {
                vfu_write_char(w, ',');
                vfu_json_error((uint32_t)number, w);
            }
            break;
        case VFU_DIFFERS_REPLY:
            json_put(w, number ? ",\"replied\":true" : ",\"replied\":false");
            break;
        case VFU_DIFFERS_FLAGS:
            json_put(w, ",\"flags\":[");
            json_bits(w, number & ~(uint64_t)VFU_TYPE_MASK, vfu_header_flag_names);
            vfu_write_char(w, ']');
            break;
        case VFU_DIFFERS_FDS:
            json_put(w, ",\"fds\":[");
            m = d->reply ? &x->reply : &x->command;
            for (unsigned k = 0; k < m->nfds; k++)
                json_string(w, k ? "," : "", vfu_fd_type_name(m->fds[k].type));
            vfu_write_char(w, ']');
            break;
        case VFU_DIFFERS_SIZE:
            json_number(w, ",\"size\":", number);
            break;
        case VFU_DIFFERS_POLL:
            json_put(w, ",\"before\":[");
            for (size_t k = 0; k < x->before_count; k++)
                json_hex(w, k ? "," : "", x->before[k]);
            vfu_write_char(w, ']');
            break;
        }
    }
    vfu_write_char(w, '}');
}

void vfu_json_change(struct vfu_writer *w, const struct vfu_exchange *a, const struct vfu_exchange *b,
                     const struct vfu_differing *list, unsigned count)
{
    json_put(w, ",\"fields\":[");
    for (unsigned i = 0; i < count; i++)
        json_string(w, i ? "," : "", list[i].field);
    json_put(w, "],\"a\":");
    json_side(w, a, list, count, false);
    json_put(w, ",\"b\":");
    json_side(w, b, list, count, true);
}

void vfu_json_exchange(struct vfu_writer *w, const struct vfu_exchange *x)
{
    char line[LINE];
    struct vfu_writer room = vfu_writer(line, sizeof line, NULL, NULL);

    vfu_text_exchange(&room, x, false);
    json_numbers(w, x);
    json_put(w, ",\"text\":\"");
    vfu_write_json_string(w, (const uint8_t *)line, room.used);
    json_put(w, "\"}");
}
