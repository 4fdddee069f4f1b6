/*
 * The verdict as one JSON object.
 */
#include "decoder/reasons/verdict.h"
#include "decoder/sinks/inside.h"

#include <stdio.h>
#include <sys/wait.h>

static void json_messages(struct vfu_writer *w, const uint64_t *messages, unsigned count)
{
    json_put(w, ",\"messages\":[");
    for (unsigned i = 0; i < count; i++)
        json_number(w, i ? "," : "", messages[i]);
    vfu_write_char(w, ']');
}

/* --- hangs --- */

static void json_moved(struct vfu_writer *w, const struct vfu_last_moved *m)
{
    json_number(w, ",\"last_moved\":{\"no\":", m->no);
    json_string(w, ",\"from\":", vfu_side_name(m->from));
    json_string(w, ",\"command\":", command_name(vfu_command_by_number(m->command)));
    json_put(w, m->reply ? ",\"reply\":true}" : ",\"reply\":false}");
}

static void json_died(struct vfu_writer *w, const struct vfu_ended *ended)
{
    json_number(w, ",\"pid\":", ended->pid);
    json_string(w, ",\"name\":", ended->name);
    if (WIFSIGNALED(ended->status))
        json_number(w, ",\"signal\":", (unsigned)WTERMSIG(ended->status));
    else if (ended->status)
        json_number(w, ",\"status\":", (unsigned)WEXITSTATUS(ended->status));
}

static void json_cause(struct vfu_writer *w, const struct vfu_finding *f)
{
    char text[64];

    snprintf(text, sizeof text, "%s refused", command_name(f->command));
    json_string(w, ",\"follows\":", f->rule ? f->rule->id : text);
}

/* What other logs say of it, and how long after it began. */
static void json_lines(struct vfu_writer *w, const struct vfu_hang *h)
{
    for (unsigned i = 0; i < h->line_count; i++) {
        const struct vfu_line_near *l = &h->lines[i];
        bool before = l->mono_ns < h->since_ns;

        json_string(w, i ? ",{\"event\":" : ",\"logs\":[{\"event\":", vfu_event_name(l->name[0] ? VFU_EVENT_LOG : VFU_EVENT_MARK));
        if (l->name[0])
            json_string(w, ",\"name\":", l->name);
        json_number(w, before ? ",\"after_ms\":-" : ",\"after_ms\":",
                    (before ? h->since_ns - l->mono_ns : l->mono_ns - h->since_ns) / 1000000);
        json_string(w, ",\"text\":", l->text);
        json_put(w, i + 1 < h->line_count ? "}" : "}]");
    }
}

static void json_hang(struct vfu_writer *w, const struct vfu_why *v, const struct vfu_hang *h)
{
    static const char *const kinds[] = { "reply", "rest", "reads_no_more", "unread", "died" };
    enum vfu_side other = h->waits == VFU_CLIENT ? VFU_SERVER : VFU_CLIENT;
    uint64_t messages[2] = { h->no, h->moved.no };
    unsigned skip = h->no == 0;

    json_string(w, "{\"waits_for\":", kinds[h->kind]);
    json_number(w, ",\"conn\":", h->conn);
    json_string(w, ",\"channel\":", h->channel == VFU_TWIN ? "twin" : "main");
    json_string(w, ",\"who\":", vfu_side_name(h->waits));
    json_string(w, ",\"whom\":", vfu_side_name(other));
    if (h->blamed)
        json_string(w, ",\"at_fault\":", vfu_side_name(other));
    if (h->no)
        json_number(w, ",\"no\":", h->no);
    if (h->command && h->kind != VFU_HANG_DEAF && (h->kind != VFU_HANG_REST || h->size)) {
        json_string(w, ",\"command\":", command_name(vfu_command_by_number(h->command)));
        json_number(w, ",\"id\":", h->id);
    }
    if (h->kind == VFU_HANG_REST) {
        json_number(w, ",\"got\":", h->got);
        if (h->size)
            json_number(w, ",\"size\":", h->size);
    }
    if (h->read || h->unread)
        json_put(w, h->read ? ",\"read\":true" : ",\"read\":false");
    if (h->kind == VFU_HANG_DIED || h->kind == VFU_HANG_UNREAD)
        json_died(w, &h->ended);
    json_number(w, ",\"count\":", h->count);
    json_number(w, ",\"waiting_ms\":", h->until_ns > h->since_ns ? (h->until_ns - h->since_ns) / 1000000 : 0);
    json_put(w, h->perhaps ? ",\"certain\":false" : ",\"certain\":true");
    if (h->closed_by == 1u << VFU_CLIENT || h->closed_by == 1u << VFU_SERVER)
        json_string(w, ",\"closed_by\":", vfu_side_name(h->closed_by == 1u << VFU_CLIENT ? VFU_CLIENT : VFU_SERVER));
    json_put(w, h->both ? ",\"both\":true" : ",\"both\":false");
    json_string(w, ",\"text\":", h->text);
    if (h->note[0])
        json_string(w, ",\"note\":", h->note);
    if (h->cause >= 0)
        json_cause(w, &v->all[h->cause]);
    json_messages(w, messages + skip, h->moved.no ? 2 - skip : 1 - skip);
    if (h->moved.no)
        json_moved(w, &h->moved);
    json_lines(w, h);
    if (h->doing_count) {
        json_put(w, ",\"doing\":[");
        json_doing(w, h->doing, h->doing_count);
        vfu_write_char(w, ']');
    }
    vfu_write_char(w, '}');
}

/* --- findings --- */

/* What it is: a rule, a misfit, a reason, a refusal, a plugin's warning. */
static void json_what(struct vfu_writer *w, const struct vfu_finding *f)
{
    if (f->kind == VFU_FOUND_RULE) {
        json_string(w, f->severity == VFU_MISFIT ? "{\"misfit\":" : "{\"rule\":", f->rule->id);
        json_string(w, ",\"severity\":", vfu_severity_name(f->severity));
        if (f->name[0])
            json_string(w, ",\"reason\":", f->name);
    } else if (f->kind == VFU_FOUND_WARNING) {
        json_string(w, "{\"plugin\":", f->name);
        json_put(w, ",\"severity\":\"hint\"");
    } else if (f->name[0]) {
        json_string(w, "{\"reason\":", f->name);
        json_put(w, ",\"severity\":\"hint\"");
    } else {
        json_put(w, "{\"severity\":\"hint\"");
    }
}

static void json_refusal(struct vfu_writer *w, const struct vfu_finding *f)
{
    if (f->refused) {
        json_string(w, ",\"refused\":", command_name(f->command));
        if (f->refused_no)
            json_number(w, ",\"refused_no\":", f->refused_no);
        json_put(w, ",");
        vfu_json_error(f->error, w);
    }
    if (!f->because[0])
        return;
    json_string(w, ",\"because\":", f->because);
    json_put(w, f->certain ? ",\"certain\":true" : ",\"certain\":false");
}

static void json_text(struct vfu_writer *w, const struct vfu_finding *f)
{
    char text[64];
    const char *error = vfu_name_of(vfu_errno_names, f->error);

    if (f->text[0]) {
        json_string(w, ",\"text\":", f->text);
    } else if (f->because[0]) {
        json_string(w, ",\"text\":", f->because);
    } else {
        snprintf(text, sizeof text, "%s refused with %s", command_name(f->command), error ? error : "an error");
        json_string(w, ",\"text\":", text);
    }
}

static void json_followers(struct vfu_writer *w, const struct vfu_why *v, const struct vfu_finding *f)
{
    const char *mark = ",\"followers\":[{\"rule\":";
    int number = (int)(f - v->all);

    for (unsigned i = 0; i < v->all_count; i++) {
        if (v->all[i].cause != number || !v->all[i].rule)
            continue;
        json_string(w, mark, v->all[i].rule->id);
        json_number(w, ",\"count\":", v->all[i].count);
        json_messages(w, v->all[i].messages, v->all[i].message_count);
        vfu_write_char(w, '}');
        mark = ",{\"rule\":";
    }
    if (mark[1] == '{')
        vfu_write_char(w, ']');
}

static void json_finding(struct vfu_writer *w, const struct vfu_why *v, const struct vfu_finding *f)
{
    json_what(w, f);
    if (!f->nobody)
        json_string(w, ",\"at_fault\":", vfu_side_name(f->at_fault));
    json_text(w, f);
    json_messages(w, f->messages, f->message_count);
    json_number(w, ",\"conn\":", f->conn);
    json_number(w, ",\"count\":", f->count);
    if (f->quiet)
        json_put(w, ",\"usual\":true");
    json_refusal(w, f);
    json_followers(w, v, f);
    vfu_write_char(w, '}');
}

/* What a connection as a whole says; the findings that bear it out are its messages. */
static void json_hint(struct vfu_writer *w, const struct vfu_why *v, const struct vfu_hint *h)
{
    uint64_t messages[VFU_FINDING_MESSAGES];
    unsigned count = 0;

    for (unsigned f = 0; f < v->all_count && count < VFU_FINDING_MESSAGES; f++)
        if (vfu_why_hint(v, &v->all[f]) == h && v->all[f].message_count)
            messages[count++] = v->all[f].messages[0];
    json_string(w, "{\"hint\":", h->name);
    json_string(w, ",\"severity\":\"hint\",\"text\":", h->text);
    json_messages(w, messages, count);
    json_number(w, ",\"conn\":", h->conn);
    json_put(w, ",\"count\":1}");
}

/* The worst first: hints stand before what is only suspicious. */
static void json_findings(struct vfu_writer *w, const struct vfu_why *v)
{
    const char *mark = "";
    unsigned i = 0;

    for (; i < v->finding_count && v->findings[i]->rule && v->findings[i]->severity != VFU_SUSPICIOUS; i++, mark = ",") {
        json_put(w, mark);
        json_finding(w, v, v->findings[i]);
    }
    for (unsigned h = 0; h < v->hint_count; h++, mark = ",") {
        json_put(w, mark);
        json_hint(w, v, &v->hints[h]);
    }
    for (; i < v->finding_count; i++, mark = ",") {
        json_put(w, mark);
        json_finding(w, v, v->findings[i]);
    }
}

/* --- the rest --- */

static void json_one_unseen(struct vfu_writer *w, const char **mark, const char *what, const char *option)
{
    json_string(w, *mark, what);
    if (option)
        json_string(w, ",\"option\":", option);
    vfu_write_char(w, '}');
    *mark = ",{\"what\":";
}

static void json_unseen(struct vfu_writer *w, const struct vfu_unseen *u)
{
    const char *mark = "{\"what\":";

    json_put(w, ",\"unseen\":[");
    if (u->regions || u->which_region)
        json_one_unseen(w, &mark, "accesses to mapped regions", "--expose=mmio");
    if (u->maps_by_fd)
        json_one_unseen(w, &mark, "DMA by descriptor", "--expose=dma");
    if (u->eventfds && !u->interrupts)
        json_one_unseen(w, &mark, "interrupts", "--expose=irq");
    if (u->io_fds && !u->ioeventfds)
        json_one_unseen(w, &mark, "ioeventfds", "--expose=ioeventfd");
    if (u->gaps)
        json_one_unseen(w, &mark, "messages that are missing", NULL);
    if (u->cut)
        json_one_unseen(w, &mark, "the ends of messages that were cut", NULL);
    if (u->left_out)
        json_one_unseen(w, &mark, "guest memory that was left out", NULL);
    if (u->middle)
        json_one_unseen(w, &mark, "how it began", NULL);
    if (u->migration)
        json_one_unseen(w, &mark, "whether the VM migrated", NULL);
    vfu_write_char(w, ']');
}

static void json_left(struct vfu_writer *w, const struct vfu_why *v)
{
    for (unsigned i = 0; i < v->left_count; i++) {
        json_number(w, i ? ",{\"conn\":" : ",\"left\":[{\"conn\":", v->left[i].conn);
        json_string(w, ",\"from\":", vfu_side_name(v->left[i].side));
        json_number(w, ",\"unread\":", v->left[i].unread);
        vfu_write_char(w, '}');
    }
    if (v->left_count)
        vfu_write_char(w, ']');
}

/* What the tap itself changed; and of that, what has no reply. */
static void json_tapped(struct vfu_writer *w, const struct vfu_why *v)
{
    const struct vfu_tapped *t = v->tapped;
    const char *mark = "{\"no\":";

    if (!t->count)
        return;
    json_number(w, ",\"tap_changed\":{\"count\":", t->count);
    json_number(w, ",\"first\":", t->first);
    if (t->spec[0])
        json_string(w, ",\"spec\":", t->spec);
    json_put(w, ",\"unanswered\":[");
    for (unsigned i = 0; i < t->muted_count; i++) {
        const struct vfu_muted *m = &t->muted[i];

        if (m->over)
            continue;
        json_number(w, mark, m->no);
        json_number(w, ",\"conn\":", m->conn);
        json_string(w, ",\"from\":", vfu_side_name(m->from));
        json_string(w, ",\"command\":", command_name(vfu_command_by_number(m->command)));
        json_number(w, ",\"id\":", m->id);
        json_put(w, m->reply ? ",\"reply\":true" : ",\"reply\":false");
        json_put(w, m->dropped ? ",\"dropped\":true" : ",\"dropped\":false");
        json_number(w, ",\"waiting_ms\":", vfu_muted_ns(v, m) / 1000000);
        vfu_write_char(w, '}');
        mark = ",{\"no\":";
    }
    json_put(w, "]}");
}

void vfu_why_json(const struct vfu_why *v, struct vfu_writer *w)
{
    json_string(w, "{\"status\":", vfu_why_status_name(v->status));
    if (v->file)
        json_string(w, ",\"file\":", v->file);
    json_string(w, ",\"verdict\":", v->sentence);
    json_put(w, ",\"hangs\":[");
    for (unsigned i = 0; i < v->hang_count; i++) {
        json_put(w, i ? "," : "");
        json_hang(w, v, &v->hangs[i]);
    }
    json_put(w, "],\"findings\":[");
    json_findings(w, v);
    json_put(w, "],\"peers\":[");
    for (unsigned i = 0; i < v->peer_count; i++) {
        json_number(w, i ? ",{\"conn\":" : "{\"conn\":", v->peers[i].conn);
        json_string(w, ",\"from\":", vfu_side_name(v->peers[i].side));
        json_string(w, ",\"name\":", v->peers[i].told.name);
        json_known(w, &v->peers[i].told);
        vfu_write_char(w, '}');
    }
    json_put(w, "]");
    json_left(w, v);
    json_tapped(w, v);
    json_migrations(v->migrations, w);
    json_unseen(w, &v->unseen);
    json_number(w, ",\"messages\":", v->messages);
    json_number(w, ",\"connections\":", v->connections);
    json_number(w, ",\"waiting\":", v->waiting);
    json_number(w, ",\"late\":", v->slow);
    json_put(w, "}\n");
}
