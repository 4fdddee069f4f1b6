/*
 * diff --json: an object a difference.
 */
#include "cli/diff/inside.h"
#include "decoder/sinks/sinks.h"

static void begin_any(struct diff_out *o, const char *difference, const struct diff_runs *r)
{
    vfu_write_text(&o->w, "{\"difference\":\"");
    vfu_write_text(&o->w, difference);
    vfu_write_text(&o->w, "\",\"conn\":");
    vfu_write_decimal(&o->w, r->a->conn);
}

static void begin(struct diff_out *o, const char *difference, const struct diff_runs *r, const struct vfu_exchange *x)
{
    begin_any(o, difference, r);
    vfu_json_place(&o->w, x);
}

static void only(struct diff_out *o, const struct diff_runs *r, const struct vfu_exchange *x, bool second)
{
    begin(o, second ? "only_b" : "only_a", r, x);
    vfu_write_text(&o->w, second ? ",\"b\":" : ",\"a\":");
    vfu_json_exchange(&o->w, x);
    vfu_write_text(&o->w, "}\n");
}

static void moved(struct diff_out *o, const struct diff_runs *r, const struct vfu_exchange *a, const struct vfu_exchange *b)
{
    begin(o, "order", r, a);
    vfu_write_text(&o->w, ",\"a\":");
    vfu_json_exchange(&o->w, a);
    vfu_write_text(&o->w, ",\"b\":");
    vfu_json_exchange(&o->w, b);
    vfu_write_text(&o->w, "}\n");
}

static void changed(struct diff_out *o, const struct diff_runs *r, const struct vfu_exchange *a, const struct vfu_exchange *b)
{
    struct vfu_differing list[VFU_MAX_DIFFERING];
    unsigned count = vfu_exchanges_differ(r->how, a, b, list);

    begin(o, "changed", r, a);
    vfu_json_change(&o->w, a, b, list, count);
    vfu_write_text(&o->w, "}\n");
}

void diff_json_runs(struct diff_out *o, const struct diff_runs *r)
{
    const struct vfu_exchange *as = r->a->runs[r->side].list, *bs = r->b->runs[r->side].list;

    for (size_t i = 0; i < r->alignment->count && !o->w.failed; i++) {
        const struct vfu_step *s = &r->alignment->steps[i];

        if (s->kind == VFU_STEP_CHANGED)
            changed(o, r, &as[s->a], &bs[s->b]);
        else if (s->kind == VFU_STEP_ONLY_A && s->elsewhere != VFU_ALONE)
            moved(o, r, &as[s->a], &bs[s->elsewhere]);
        else if (s->kind == VFU_STEP_ONLY_A)
            only(o, r, &as[s->a], false);
        else if (s->kind == VFU_STEP_ONLY_B && s->elsewhere == VFU_ALONE)
            only(o, r, &bs[s->b], true);
    }
}

static void spread(struct diff_out *o, const char *key, const struct vfu_spread *s)
{
    vfu_write_text(&o->w, key);
    vfu_write_text(&o->w, "{\"count\":");
    vfu_write_decimal(&o->w, s->count);
    vfu_write_text(&o->w, ",\"median_us\":");
    vfu_write_decimal(&o->w, s->median_ns / 1000);
    vfu_write_char(&o->w, '.');
    vfu_write_decimal_padded(&o->w, s->median_ns % 1000, 3, '0');
    vfu_write_text(&o->w, ",\"p99_us\":");
    vfu_write_decimal(&o->w, s->p99_ns / 1000);
    vfu_write_char(&o->w, '.');
    vfu_write_decimal_padded(&o->w, s->p99_ns % 1000, 3, '0');
    vfu_write_char(&o->w, '}');
}

void diff_json_slower(struct diff_out *o, const struct diff_runs *r, const struct vfu_slower *s)
{
    const struct vfu_exchange *x = &r->a->runs[r->side].list[s->at_a];

    begin_any(o, "slower", r);
    if (s->pooled)
        vfu_json_command(&o->w, x);
    else
        vfu_json_place(&o->w, x);
    spread(o, ",\"a\":", &s->a);
    spread(o, ",\"b\":", &s->b);
    vfu_write_text(&o->w, "}\n");
}
