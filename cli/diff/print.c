/*
 * diff: differences as text, in hunks, as diff -u has them.
 */
#include "cli/diff/inside.h"
#include "decoder/sinks/sinks.h"
#include "decoder/wire/error.h"

#include <stdio.h>
#include <string.h>

enum { CONTEXT = 3 };

#define PLAIN "\033[0m"
#define BOLD "\033[1m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"

static void colour(struct diff_out *o, const char *sequence)
{
    if (o->colour)
        vfu_write_text(&o->w, sequence);
}

static void escaped(struct diff_out *o, const char *text)
{
    vfu_write_escaped(&o->w, (const uint8_t *)text, strlen(text));
}

/* A file, who talked in it as far as that is known, and what wrote it. */
static void head_line(struct diff_out *o, const char *mark, const struct diff_capture *c)
{
    const struct vfu_conversation *first = c->talk.count ? c->talk.list : NULL;
    bool any = false;

    colour(o, BOLD);
    vfu_write_text(&o->w, mark);
    escaped(o, c->path);
    for (int side = 0; first && side < 2; side++) {
        if (!first->peers[side][0])
            continue;
        vfu_write_text(&o->w, any ? ", " : "  ");
        vfu_write_text(&o->w, vfu_side_name((enum vfu_side)side));
        vfu_write_char(&o->w, ' ');
        escaped(o, first->peers[side]);
        any = true;
    }
    if (c->talk.version[0]) {
        vfu_write_text(&o->w, any ? ", captured by vfuscope " : "  captured by vfuscope ");
        escaped(o, c->talk.version);
    }
    colour(o, PLAIN);
    vfu_write_char(&o->w, '\n');
}

static void begin(struct diff_out *o)
{
    if (o->begun || o->json)
        return;
    o->begun = true;
    head_line(o, "--- ", o->a);
    head_line(o, "+++ ", o->b);
}

/* --- lines --- */

/* How wide "#12/#14" gets in these. */
static unsigned column(const struct diff_runs *r)
{
    const struct vfu_run *a = &r->a->runs[r->side], *b = &r->b->runs[r->side];
    char text[64];

    return 2 + (unsigned)snprintf(text, sizeof text, "#%llu/#%llu",
                                  a->count ? (unsigned long long)a->list[a->count - 1].command.no : 0,
                                  b->count ? (unsigned long long)b->list[b->count - 1].command.no : 0);
}

static void elsewhere(struct diff_out *o, const char *how, const struct vfu_exchange *list, uint32_t at)
{
    if (at == VFU_ALONE)
        return;
    vfu_write_text(&o->w, how);
    vfu_write_decimal(&o->w, list[at].command.no);
    vfu_write_char(&o->w, ')');
}

static void line(struct diff_out *o, const struct diff_runs *r, const struct vfu_step *s, unsigned width)
{
    const struct vfu_exchange *as = r->a->runs[r->side].list, *bs = r->b->runs[r->side].list;
    const struct vfu_exchange *a = s->a == VFU_ALONE ? NULL : &as[s->a], *b = s->b == VFU_ALONE ? NULL : &bs[s->b];
    struct vfu_differing list[VFU_MAX_DIFFERING];
    unsigned count = s->kind == VFU_STEP_CHANGED ? vfu_exchanges_differ(r->how, a, b, list) : 0;

    vfu_text_difference(&o->w, a, b, list, count, width, o->colour);
    if (s->kind == VFU_STEP_ONLY_A)
        elsewhere(o, "  (comes as #", bs, s->elsewhere);
    else if (s->kind == VFU_STEP_ONLY_B)
        elsewhere(o, "  (was #", as, s->elsewhere);
    vfu_write_char(&o->w, '\n');
}

/* --- hunks --- */

struct hunk {
    size_t from, to; /* steps */
};

/* The next one at or behind `from`; false: there is none. */
static bool next_hunk(const struct vfu_alignment *l, size_t from, struct hunk *h)
{
    size_t at = from, same = 0;

    while (at < l->count && l->steps[at].kind == VFU_STEP_SAME)
        at++;
    if (at == l->count)
        return false;
    h->from = at - from > CONTEXT ? at - CONTEXT : from;
    for (h->to = at + 1; h->to < l->count && same <= 2 * CONTEXT; h->to++)
        same = l->steps[h->to].kind == VFU_STEP_SAME ? same + 1 : 0;
    if (same > CONTEXT)
        h->to -= same - CONTEXT;
    return true;
}

/* @@ -#12..#20 +#14..#22 @@ connection 2, the server's commands */
static void hunk_head(struct diff_out *o, const struct diff_runs *r, const struct hunk *h)
{
    const struct vfu_step *steps = r->alignment->steps;

    colour(o, CYAN);
    vfu_write_text(&o->w, "@@");
    for (int side = 0; side < 2; side++) {
        const struct vfu_exchange *list = (side ? r->b : r->a)->runs[r->side].list;
        uint64_t first = 0, last = 0;

        for (size_t i = h->from; i < h->to; i++) {
            uint32_t at = side ? steps[i].b : steps[i].a;

            if (at == VFU_ALONE)
                continue;
            last = list[at].command.no;
            first = first ? first : last;
        }
        vfu_write_text(&o->w, side ? " +" : " -");
        if (!first)
            vfu_write_text(&o->w, "nothing");
        else
            vfu_write_char(&o->w, '#');
        if (first)
            vfu_write_decimal(&o->w, first);
        if (last != first) {
            vfu_write_text(&o->w, "..#");
            vfu_write_decimal(&o->w, last);
        }
    }
    vfu_write_text(&o->w, " @@");
    if (o->a->talk.count > 1 || o->b->talk.count > 1) {
        vfu_write_text(&o->w, " connection ");
        vfu_write_decimal(&o->w, r->a->conn);
    }
    vfu_write_text(&o->w, r->side == VFU_CLIENT ? " client" : " server");
    colour(o, PLAIN);
    vfu_write_char(&o->w, '\n');
}

void diff_print_runs(struct diff_out *o, const struct diff_runs *r)
{
    unsigned width = column(r);
    struct hunk h = { 0, 0 };

    while (next_hunk(r->alignment, h.to, &h) && !o->w.failed) {
        begin(o);
        hunk_head(o, r, &h);
        for (size_t i = h.from; i < h.to; i++)
            line(o, r, &r->alignment->steps[i], width);
    }
}

/* --- the rest --- */

static void write_ns(struct vfu_writer *w, uint64_t ns)
{
    vfu_write_decimal(w, ns / 1000);
    vfu_write_char(w, '.');
    vfu_write_decimal(w, ns % 1000 / 100);
    vfu_write_text(w, "us");
}

void diff_print_slower(struct diff_out *o, const struct diff_runs *r, const struct vfu_slower *s)
{
    begin(o);
    colour(o, YELLOW);
    vfu_write_char(&o->w, '!');
    colour(o, PLAIN);
    vfu_write_text(&o->w, "slower: ");
    if (s->pooled)
        vfu_text_command(&o->w, &r->a->runs[r->side].list[s->at_a]);
    else
        vfu_text_where(&o->w, &r->a->runs[r->side].list[s->at_a]);
    vfu_write_text(&o->w, s->pooled ? ", of rare places," : "");
    vfu_write_text(&o->w, "  median ");
    write_ns(&o->w, s->a.median_ns);
    vfu_write_text(&o->w, " -> ");
    write_ns(&o->w, s->b.median_ns);
    vfu_write_text(&o->w, ", 99% within ");
    write_ns(&o->w, s->a.p99_ns);
    vfu_write_text(&o->w, " -> ");
    write_ns(&o->w, s->b.p99_ns);
    vfu_write_text(&o->w, " (");
    vfu_write_decimal(&o->w, s->a.count);
    vfu_write_text(&o->w, " and ");
    vfu_write_decimal(&o->w, s->b.count);
    vfu_write_text(&o->w, " times)\n");
}

void diff_other(struct diff_out *o, uint32_t conn, const char *what, const char *a, const char *b)
{
    o->count.others++;
    if (o->json) {
        vfu_write_text(&o->w, "{\"difference\":\"");
        vfu_write_text(&o->w, what);
        vfu_write_text(&o->w, "\",\"conn\":");
        vfu_write_decimal(&o->w, conn);
        for (int side = 0; side < 2; side++) {
            vfu_write_text(&o->w, side ? ",\"b\":" : ",\"a\":");
            vfu_write_text(&o->w, (side ? b : a) ? "\"" : "null");
            if (side ? b : a)
                vfu_write_json_string(&o->w, (const uint8_t *)(side ? b : a), strlen(side ? b : a));
            vfu_write_text(&o->w, (side ? b : a) ? "\"" : "");
        }
        vfu_write_text(&o->w, "}\n");
        return;
    }
    begin(o);
    colour(o, YELLOW);
    vfu_write_char(&o->w, '!');
    colour(o, PLAIN);
    vfu_write_text(&o->w, what);
    vfu_write_text(&o->w, ": ");
    escaped(o, a ? a : "none");
    vfu_write_text(&o->w, " -> ");
    escaped(o, b ? b : "none");
    vfu_write_char(&o->w, '\n');
}

static void part(struct diff_out *o, bool *any, uint64_t count, const char *what, const char *path)
{
    if (!count)
        return;
    vfu_write_text(&o->w, *any ? ", " : "");
    vfu_write_decimal(&o->w, count);
    vfu_write_text(&o->w, what);
    if (path)
        escaped(o, path);
    *any = true;
}

void diff_print_total(struct diff_out *o)
{
    const struct diff_count *c = &o->count;
    bool any = false;

    part(o, &any, c->changed, c->changed == 1 ? " differs" : " differ", NULL);
    part(o, &any, c->moved, c->moved == 1 ? " comes in another order" : " come in another order", NULL);
    part(o, &any, c->only_a, " only in ", o->a->path);
    part(o, &any, c->only_b, " only in ", o->b->path);
    part(o, &any, c->slower, " got slower", NULL);
    part(o, &any, c->others, c->others == 1 ? " other difference" : " other differences", NULL);
    if (!any)
        return;
    vfu_write_text(&o->w, "; ");
    vfu_write_decimal(&o->w, c->same);
    vfu_write_text(&o->w, c->same == 1 ? " exchange is the same\n" : " exchanges are the same\n");
}
