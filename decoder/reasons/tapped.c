/*
 * The evidence, what the tap itself changed: by an injection, or where it was intercepted. What it made (answers, copies,
 * questions of its own) and exposed is not counted: nobody's message became another one.
 */
#include "decoder/reasons/evidence.h"

#include <stdio.h>
#include <string.h>

/* Does the injection drop what it strikes? Its actions stand behind the filter, each behind a colon. */
static bool drops(const char *spec)
{
    for (const char *at = spec; (at = strstr(at, ":drop")) != NULL; at++)
        if (at[5] == '\0' || at[5] == ':')
            return true;
    return false;
}

static struct vfu_muted *muted_of(struct vfu_tapped *t, uint64_t no)
{
    for (unsigned i = 0; i < t->muted_count; i++)
        if (!t->muted[i].over && t->muted[i].no == no)
            return &t->muted[i];
    return NULL;
}

/* Room for another one, of one that got its reply after all, if need be; NULL: there is none, which is counted. */
static struct vfu_muted *add_muted(struct vfu_tapped *t)
{
    for (unsigned i = 0; i < t->muted_count; i++)
        if (t->muted[i].over)
            return &t->muted[i];
    if (t->muted_count < VFU_MAX_MUTED)
        return &t->muted[t->muted_count++];
    t->muted_more++;
    return NULL;
}

/* The last message was changed; spec: by which injection, empty: by a person. */
static void changed(struct vfu_tapped *t, const char *spec)
{
    struct vfu_muted *m = muted_of(t, t->last.no);
    bool waits = t->last.reply ? drops(spec) : !t->last.no_reply; /* for the reply, which may not come now */

    if (t->counted_no != t->last.no && t->count++ == 0) {
        t->first = t->last.no;
        snprintf(t->spec, sizeof t->spec, "%s", spec);
        if (strlen(spec) >= sizeof t->spec)
            memcpy(t->spec + sizeof t->spec - 4, "...", 4);
    }
    t->counted_no = t->last.no;
    if (!m && waits && (m = add_muted(t)) != NULL)
        *m = t->last;
    if (m)
        m->dropped |= drops(spec);
}

static void message(struct vfu_tapped *t, const struct vfu_event *event)
{
    bool reply = vfu_event_is_reply(event), made = reply && event->request_changed;
    struct vfu_muted *m = reply && event->paired ? muted_of(t, event->reply_to) : NULL;

    if (m)
        m->over = true;
    if (!(event->message.changed & (VFU_CHANGED_INJECT | VFU_CHANGED_INTERCEPT)))
        return;
    t->last = (struct vfu_muted){ .conn = event->conn, .from = event->from, .no = event->message.no, .id = event->id,
                                  .command = event->command_number, .reply = reply, .since_ns = event->time.mono_ns,
                                  .no_reply = (event->flags & VFU_NO_REPLY) != 0 };
    if (event->message.changed & VFU_CHANGED_INTERCEPT && !made)
        changed(t, "");
}

void evidence_tapped(struct vfu_evidence *e, const struct vfu_event *event)
{
    struct vfu_tapped *t = &e->tapped;

    if (event->kind == VFU_EVENT_MESSAGE && (event->message.changed || t->muted_count))
        message(t, event);
    else if (event->kind == VFU_EVENT_INJECTED && t->last.no && event->injected.no == t->last.no)
        changed(t, event->injected.spec); /* what it struck and left as it was is not changed */
    for (unsigned i = 0; event->kind == VFU_EVENT_DISCONNECT && i < t->muted_count; i++)
        if (t->muted[i].conn == event->conn && !t->muted[i].until_ns)
            t->muted[i].until_ns = event->time.mono_ns;
}

void vfu_tapped_say(const struct vfu_tapped *t, char text[VFU_TAPPED_TEXT])
{
    snprintf(text, VFU_TAPPED_TEXT, "%llu message%s #%llu (%s)", (unsigned long long)t->count,
             t->count == 1 ? "," : "s, first", (unsigned long long)t->first, t->spec[0] ? t->spec : "intercepted");
}
