/*
 * vfuscope check: what was said on the connection, as people are shown it: a message and what came back for it.
 */
#include "cli/check/check.h"
#include "decoder/sinks/sinks.h"

#include <stdio.h>
#include <string.h>

/* A message as the tap would show it, without its time and number: of this conversation there is no capture. */
static void describe(const struct vfu_event *event, char line[CHECK_LINE])
{
    struct vfu_event shown = *event;
    struct vfu_text text = { .started = true };
    char room[CHECK_LINE];
    struct vfu_writer w = vfu_writer(room, sizeof room - 1, NULL, NULL);
    const char *from;

    shown.message.no = 0;
    vfu_text_event(&text, &shown, &w);
    room[w.used] = '\0';
    room[strcspn(room, "\n")] = '\0';
    from = strstr(room, vfu_side_name(event->from));
    snprintf(line, CHECK_LINE, "%s", from ? from : room);
}

void check_talk_sent(struct check_talk *talk, const struct vfu_event *event, unsigned nfds)
{
    struct check_sent *sent = &talk->last[talk->count++ % CHECK_REMEMBERED];
    struct vfu_event shown = *event;
    size_t used;

    sent->no = event->message.no;
    sent->id = event->id;
    sent->command = event->command_number;
    sent->answered = false;
    shown.message.nfds = 0; /* people are told how many there are */
    describe(&shown, sent->line);
    used = strlen(sent->line);
    if (nfds)
        snprintf(sent->line + used, sizeof sent->line - used, "  %u fd%s", nfds, vfu_plural(nfds));
    memcpy(talk->sent, sent->line, sizeof talk->sent);
    talk->came[0] = '\0';
}

/* What it answers, or seems to: a reply to what waits for none has no pair. */
static struct check_sent *answered_by(struct check_talk *talk, const struct vfu_event *event)
{
    for (unsigned i = 0; i < CHECK_REMEMBERED && i < talk->count; i++) {
        struct check_sent *sent = &talk->last[(talk->count - 1 - i) % CHECK_REMEMBERED];

        if (event->paired ? sent->no == event->reply_to
                          : !sent->answered && sent->id == event->id && sent->command == event->command_number)
            return sent;
    }
    return NULL;
}

void check_talk_came(struct check_talk *talk, const struct vfu_event *event)
{
    struct check_sent *sent = answered_by(talk, event);

    if (sent) {
        sent->answered = true;
        memcpy(talk->sent, sent->line, sizeof talk->sent);
    }
    describe(event, talk->came);
}

void check_talk_no_reply(struct check_talk *talk, const char *what)
{
    snprintf(talk->came, sizeof talk->came, "%s", what);
}

void check_show_sent(struct check *c, unsigned before)
{
    struct check_talk *talk = &c->talk;

    if (before < talk->count && before < CHECK_REMEMBERED)
        memcpy(talk->sent, talk->last[(talk->count - 1 - before) % CHECK_REMEMBERED].line, sizeof talk->sent);
}
