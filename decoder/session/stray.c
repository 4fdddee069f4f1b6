/*
 * What the bytes may be that are no message: a guess, for people, and called one. What is not like anything known gets
 * none.
 */
#include "decoder/session/inside.h"
#include "decoder/wire/header.h"

#include <stdio.h>
#include <string.h>

enum {
    COUNTER = 8,      /* bytes of what is written to an eventfd */
    MOST_COUNTED = 64, /* interrupts at once: nobody writes more */
    LEAST_TEXT = 6,   /* characters, to be called that */
    LONG_TEXT = 12,   /* likewise where other bytes follow */
    SHOWN_TEXT = 48,
    LEAST_BODY = 8,
};

void vfu_stray_refused(struct vfu_peers *p, const struct vfu_event *reply)
{
    struct vfu_stray *s = &p->refused[reply->channel];

    *s = (struct vfu_stray){ .no = reply->reply_to, .command = reply->command_number, .size = reply->request_size };
    memcpy(s->request, reply->request, reply->request_size);
}

void vfu_stray_short(struct vfu_peers *p, const struct vfu_event *command)
{
    p->cut_off[command->channel][command->from] =
        (struct vfu_stray){ .no = command->message.no, .command = command->command_number };
}

/* Eight bytes of a small number, least first. */
static bool is_counter(const uint8_t *bytes, unsigned most)
{
    static const uint8_t zeros[COUNTER - 1];

    return bytes[0] > 0 && bytes[0] <= most && memcmp(bytes + 1, zeros, sizeof zeros) == 0;
}

/* As far as it is at hand: can a message begin so? */
static bool may_begin(const uint8_t *bytes, size_t size)
{
    uint8_t header[VFU_HEADER_SIZE] = { [4] = VFU_HEADER_SIZE };
    struct vfu_header h;

    if (size > 0)
        memcpy(header, bytes, size < sizeof header ? size : sizeof header);
    h = vfu_header_read(header, false);
    return size == 0 || (size >= 4 && vfu_command_by_number(h.command) && (size < 8 || vfu_size_is_true(h.size)) &&
                         !(h.flags & ~(uint32_t)(VFU_TYPE_REPLY | VFU_NO_REPLY | VFU_ERROR)));
}

/* Whole writes to an eventfd, and then nothing, or a message. */
static bool guess_counters(const uint8_t *bytes, size_t size, unsigned most, char guess[VFU_GUESS])
{
    unsigned count = 0;

    while (size - COUNTER * count >= COUNTER && is_counter(bytes + COUNTER * count, most))
        count++;
    if (count == 0 || !may_begin(bytes + COUNTER * count, size - COUNTER * count))
        return false;
    if (count == 1)
        snprintf(guess, VFU_GUESS, "8 bytes as written to an eventfd");
    else
        snprintf(guess, VFU_GUESS, "8 bytes as written to an eventfd, %u times", count);
    return true;
}

/* Its first line. */
static bool guess_text(const uint8_t *bytes, size_t size, char guess[VFU_GUESS])
{
    size_t text = 0, line;

    while (text < size && ((bytes[text] >= ' ' && bytes[text] <= '~') || (bytes[text] && strchr("\r\n\t", bytes[text]))))
        text++;
    if (text < LEAST_TEXT || (text < size && text < LONG_TEXT))
        return false;
    for (line = 0; line < text && line < SHOWN_TEXT && bytes[line] != '\r' && bytes[line] != '\n';)
        line++;
    if (line == 0)
        return false;
    snprintf(guess, VFU_GUESS, "text: %.*s", (int)line, (const char *)bytes);
    return true;
}

static const char *name_of(const struct vfu_stray *s)
{
    const struct vfu_command *command = vfu_command_by_number(s->command);

    return command ? command->name : "a command";
}

/* What stood in a command that was refused. */
static bool guess_refused(const struct vfu_stray *s, const uint8_t *bytes, size_t size, char guess[VFU_GUESS])
{
    static const uint8_t zeros[VFU_REQUEST_HEAD];
    size_t same = size < s->size ? size : s->size;

    if (same < LEAST_BODY || memcmp(bytes, s->request, same) != 0 || memcmp(bytes, zeros, same) == 0)
        return false;
    snprintf(guess, VFU_GUESS, "the body of a refused command: %s, #%llu", name_of(s), (unsigned long long)s->no);
    return true;
}

/* What a command lacked, whose size leaves out what follows its header. */
static bool guess_left_out(const struct vfu_stray *s, const uint8_t *bytes, size_t size, char guess[VFU_GUESS])
{
    const struct vfu_command *command = s->no ? vfu_command_by_number(s->command) : NULL;
    const struct vfu_layout *layout = command ? command->request.layout : NULL;
    struct vfu_cursor c = vfu_cursor(bytes, size, false);

    if (size < LEAST_BODY || !layout || !layout->fields->is_argsz || vfu_cursor_u32(&c) != layout->size)
        return false;
    snprintf(guess, VFU_GUESS, "the body of %s, #%llu, which came without one", name_of(s), (unsigned long long)s->no);
    return true;
}

void vfu_stray_guess(const struct vfu_peers *p, struct vfu_event *e)
{
    const uint8_t *bytes = e->unframed.bytes;
    size_t size = e->unframed.size;
    bool behind_header = p->rules.unframed[e->channel] & 1u << e->from; /* what follows may be its body */

    e->unframed.guess[0] = '\0';
    if (e->unframed.missing || !size)
        return;
    if (!guess_refused(&p->refused[e->channel], bytes, size, e->unframed.guess) &&
        !guess_left_out(&p->cut_off[e->channel][e->from], bytes, size, e->unframed.guess) &&
        !guess_counters(bytes, size, behind_header ? 1 : MOST_COUNTED, e->unframed.guess))
        guess_text(bytes, size, e->unframed.guess);
}
