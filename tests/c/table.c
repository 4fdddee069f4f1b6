/*
 * The table of the protocol holds together: what a row says of fields is true of its layouts. What the bytes are, no
 * test of the table can say: tests/messages has them from elsewhere.
 */
#include "decoder/wire/decode.h"
#include "test.h"

static char where[160]; /* what is looked at */

/* One place in a layout is as it should be. */
static void check(bool good, const char *what, const char *name)
{
    char text[256];

    snprintf(text, sizeof text, "%s: %s %s", where, what, name ? name : "");
    test_check(good, text, __FILE__, __LINE__);
}

/* A field that is named stands before this one, as one of the integers. */
static void check_earlier(const struct vfu_layout *l, const struct vfu_field *f, const char *name)
{
    const struct vfu_field *other = name ? vfu_field_by_name(l, name) : NULL;

    if (name)
        check(other && other < f, "goes by an earlier field", name);
}

static void check_terms(const struct vfu_layout *l, const struct vfu_field *f, const struct vfu_term *t)
{
    for (; t && t->test != VFU_END; t++)
        check_earlier(l, f, t->field);
}

/* Every {name} of the line is a field. */
static void check_brief(const struct vfu_layout *l)
{
    char name[40];

    for (const char *at = l->brief; at && (at = strchr(at, '{')) != NULL; at++) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "}:"), at + 1);
        check(vfu_field_by_name(l, name) != NULL, "the line's field", name);
    }
}

/* `fixed`: its fixed part is all that is always there; a form's condition may say that there is more. */
static void check_layout(const struct vfu_layout *l, bool fixed)
{
    unsigned count = 0;

    check_brief(l);
    for (const struct vfu_field *f = l->fields; f->name; f++, count++) {
        bool certain = !f->when && !f->optional;

        check(f->kind >= VFU_BYTES ? f->width == 0 : f->width && !(f->width & (f->width - 1)) && f->width <= 8,
              "has a width of its kind", f->name);
        check(f->kind >= VFU_BYTES || !certain || !fixed || f->offset + f->width <= l->size, "lies in the fixed part",
              f->name);
        check(!f->is_argsz || f == l->fields, "argsz stands first", f->name);
        check((f->kind == VFU_LIST || f->kind == VFU_OBJECT) == (f->item != NULL), "has items where it should", f->name);
        check(!f->chain || vfu_field_by_name(f->item, "next"), "is a chain of items with next", f->name);
        check(!f->memory || f->kind == VFU_BYTES, "is bytes, if it is memory", f->name);
        for (const struct vfu_field *after = f + 1; f->memory && after->name; after++)
            check(after->memory, "lies behind all that is no memory", f->name);
        check_earlier(l, f, f->count);
        check_earlier(l, f, f->after);
        check_earlier(l, f, f->chain);
        check_terms(l, f, f->when);
        for (const struct vfu_field *inner = f->item ? f->item->fields : NULL; inner && inner->name; inner++)
            check(!inner->memory, "is not in the middle of a message", inner->name);
        if (f->item)
            check_layout(f->item, true);
    }
    check(count <= VFU_MAX_VALUES, "has no more fields than values", NULL);
}

/* A form is known by integers that are always there, without an OR. */
static void check_forms(const struct vfu_shape *shape)
{
    for (const struct vfu_form *form = shape->forms; form && form->layout; form++) {
        check(form->when != NULL, "a form has a condition", form->layout->brief);
        for (const struct vfu_term *t = form->when; t && t->test != VFU_END; t++) {
            const struct vfu_field *f = t->field ? vfu_field_by_name(form->layout, t->field) : NULL;

            check(t->test != VFU_OR, "a form has no OR", form->layout->brief);
            check(!t->field || (f && f->kind < VFU_BYTES && !f->when), "a form is known by", t->field);
        }
    }
}

static void check_shape(const struct vfu_shape *shape)
{
    const struct vfu_layout *l;

    for (unsigned i = 0; (l = vfu_shape_layout(shape, i)) != NULL; i++)
        check_layout(l, i == 0);
    check_forms(shape);
    check(!shape->own_argsz || shape->layout->fields->is_argsz, "has an argsz of its own", NULL);
    check(!shape->fds_due == !shape->fds_missing, "says what is missing when fds are due", NULL);
    check(!shape->fds_due || shape->fds_max, "has room for the fds that are due", NULL);
}

/* The places of what is moved: which region, where, and how much. */
static void check_places(const struct vfu_transfer *t, const struct vfu_layout *l)
{
    const struct vfu_field *f = l->fields;

    if (!f->name) /* the header alone */
        return;
    check(f[t->size].kind == VFU_NUMBER || f[t->size].kind == VFU_SIZE, "moves as many bytes as", f[t->size].name);
    if (t->space == VFU_REGION_SPACE)
        check(f[t->region].names == vfu_region_names, "moves in the region", f[t->region].name);
    if (t->space != VFU_STATE_SPACE)
        check(f[t->at].kind == VFU_ADDRESS, "moves at", f[t->at].name);
    for (unsigned i = 0; i <= t->region || i <= t->at || i <= t->size; i++)
        check(f[i].name && f[i].kind < VFU_BYTES && !f[i].when, "what it moves stands in front", f[i].name);
}

static void check_moves(const struct vfu_transfer *t, const struct vfu_shape *shape)
{
    const struct vfu_layout *l;

    for (unsigned i = 0; t->space != VFU_NO_SPACE && (l = vfu_shape_layout(shape, i)) != NULL; i++) {
        const struct vfu_field *list = t->list ? vfu_field_by_name(l, t->list) : NULL;

        if (!t->list || list)
            check_places(t, list ? list->item : l);
    }
}

static bool has_field(const struct vfu_shape *shape, const char *name)
{
    const struct vfu_layout *l;

    for (unsigned i = 0; (l = vfu_shape_layout(shape, i)) != NULL; i++)
        if (vfu_field_by_name(l, name))
            return true;
    return false;
}

static void check_row(const struct vfu_command *c)
{
    const struct vfu_layout *l;

    test_case("the row of %s", c->name);
    snprintf(where, sizeof where, "%s", c->name);
    check(vfu_command_by_number(c->number) == c && vfu_command_by_name(c->name) == c, "is found", NULL);
    check(c->section && c->help && c->help[0], "says where it is and what for", NULL);
    check(!c->fd_kinds || c->request.fds_max || c->reply.fds_max, "has fds where it says of which kind", NULL);
    for (const char *const *name = c->repeats; name && *name; name++)
        check(has_field(&c->request, *name) && has_field(&c->reply, *name), "the reply repeats", *name);
    for (unsigned i = 0; (l = vfu_shape_layout(&c->request, i)) != NULL; i++)
        check(l->size <= VFU_REQUEST_HEAD, "a reply's event keeps the fixed part of its request", NULL);
    snprintf(where, sizeof where, "%s request", c->name);
    check_shape(&c->request);
    check_moves(&c->moves, &c->request);
    snprintf(where, sizeof where, "%s reply", c->name);
    check_shape(&c->reply);
    check_moves(&c->moves, &c->reply);
}

static void rows(void)
{
    size_t count;
    const struct vfu_command *c = vfu_commands(&count);

    for (size_t i = 0; i < count; i++)
        check_row(&c[i]);
}

/* What a condition says, against fields made up here. */
static void conditions(void)
{
    static const struct vfu_field fields[] = { { .name = "low" }, { .name = "high" }, { .name = NULL } };
    static const struct vfu_layout layout = { .fields = fields, .size = 8 };
    struct vfu_value values[] = { { .field = &fields[0], .number = 5 }, { .field = &fields[1], .number = 12 } };
    struct vfu_view view = { .layout = &layout, .payload_size = 20, .values = values, .count = 2 };
    static const struct {
        struct vfu_term terms[5];
        bool holds;
    } cases[] = {
        { { { VFU_END } }, true },
        { { { VFU_IS, "low", 5 } }, true },
        { { { VFU_IS, "low", 4 } }, false },
        { { { VFU_IS, "none", 0 } }, true }, /* what is not at hand is 0 */
        { { { VFU_IS_NOT, "low", 4 } }, true },
        { { { VFU_HAS, "low", 6 } }, true },
        { { { VFU_HAS, "low", 2 } }, false },
        { { { VFU_LACKS, "low", 2 } }, true },
        { { { VFU_LACKS, "low", 6 } }, false },
        { { { VFU_UP_TO, "low", 5 } }, true },
        { { { VFU_UP_TO, "low", 4 } }, false },
        { { { VFU_SIZE_FROM, NULL, 20 } }, true },
        { { { VFU_SIZE_FROM, NULL, 21 } }, false },
        { { { VFU_SIZE_BELOW, NULL, 21 } }, true },
        { { { VFU_SIZE_BELOW, NULL, 20 } }, false },
        { { { VFU_SIZE_WITHIN, "high" } }, false },
        { { { VFU_FITS, "high" } }, true },
        { { { VFU_FITS, "low" } }, true },
        { { { VFU_LEAVES, "low", 7 } }, true },
        { { { VFU_LEAVES, "low", 6 } }, false },
        { { { VFU_IN_REPLY } }, false },
        { { { VFU_IS, "low", 5 }, { VFU_IS, "high", 1 } }, false },
        { { { VFU_IS, "low", 4 }, { VFU_IS, "high", 12 } }, false },
        { { { VFU_IS, "low", 4 }, { VFU_OR }, { VFU_IS, "high", 12 } }, true },
        { { { VFU_IS, "low", 5 }, { VFU_OR }, { VFU_IS, "high", 1 } }, true },
        { { { VFU_IS, "low", 4 }, { VFU_OR }, { VFU_IS, "high", 1 } }, false },
    };

    test_case("conditions");
    CHECK(vfu_holds(NULL, &view));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_EQ(vfu_holds(cases[i].terms, &view), cases[i].holds);
    view.payload_size = 19;
    CHECK(!vfu_holds((const struct vfu_term[]){ { VFU_FITS, "high" }, { VFU_END } }, &view));
    view.payload_size = 12;
    CHECK(vfu_holds((const struct vfu_term[]){ { VFU_SIZE_WITHIN, "high" }, { VFU_END } }, &view));
}

/* What may be sent to a device beside its VM: it reads, or writes what the person asked for, and leaves the rest alone. */
static void beside_a_vm(void)
{
    static const unsigned harmless[] = { VFU_DEVICE_GET_INFO, VFU_DEVICE_GET_REGION_INFO, VFU_DEVICE_GET_IRQ_INFO,
                                         VFU_REGION_READ, VFU_REGION_WRITE, VFU_REGION_WRITE_MULTI,
                                         VFU_DEVICE_FEATURE /* to get or probe one */ };
    size_t count;
    const struct vfu_command *c = vfu_commands(&count);

    test_case("what may be sent beside a VM");
    for (size_t i = 0; i < count; i++) {
        bool expected = false;

        for (size_t n = 0; n < sizeof harmless / sizeof *harmless; n++)
            expected |= c[i].number == harmless[n];
        snprintf(where, sizeof where, "%s", c[i].name);
        check(expected == (c[i].beside != NULL), "harmless or not", NULL);
        check(!c[i].beside || !c[i].harm, "does no harm, or says which", NULL);
    }
}

int main(void)
{
    rows();
    conditions();
    beside_a_vm();
    return test_end();
}
