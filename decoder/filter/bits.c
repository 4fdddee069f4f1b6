/*
 * Tests of accesses: of the number that they move, of the registers that they touch, and of what is in these.
 */
#include "decoder/filter/inside.h"

/* The first thing that a command on a region, or its reply, moves; see vfu_moved_next. */
static bool first_access(struct filter_message *m, struct vfu_moved *moved)
{
    const struct vfu_event *e = m->event;

    return e->kind == VFU_EVENT_MESSAGE && e->command && e->command->moves.space == VFU_REGION_SPACE &&
           vfu_moved_first(moved, e->command, filter_decoded(m));
}

bool filter_test_value(const struct filter_node *n, struct filter_message *m)
{
    struct vfu_moved moved;
    uint64_t number;
    unsigned width;

    for (bool more = first_access(m, &moved); more; more = vfu_moved_next(&moved))
        if (moved.data && vfu_bytes_value(moved.data, &number, &width) && filter_compare(n, number))
            return true;
    return false;
}

/* Does it touch one of the bytes? */
static bool touches(const struct filter_node *n, uint64_t region, uint64_t at, uint64_t size)
{
    return region == n->region && size && at <= n->high && (at >= n->low || n->low - at < size);
}

static bool test_place(const struct filter_node *n, struct filter_message *m)
{
    const struct vfu_event *e = m->event;
    struct vfu_moved moved;
    bool any = false, hit = false;

    if (e->kind == VFU_EVENT_IOEVENTFD) { /* a write that the kernel took */
        any = true;
        hit = touches(n, e->ioeventfd.region, e->ioeventfd.offset, 1);
    }
    for (bool more = first_access(m, &moved); more && !hit; more = vfu_moved_next(&moved)) {
        any = true;
        hit = touches(n, moved.region, moved.at, moved.size);
    }
    return n->op == VFU_NE ? any && !hit : hit;
}

/* The registers that an access touches: those that the event names, or, before plugins were asked, the node's own. */
static unsigned registers_of(const struct filter_node *n, const struct vfu_event *e, const struct vfu_moved *moved,
                             struct vfu_register_at room[VFU_REGISTERS_NAMED], const struct vfu_register_at **list)
{
    const struct vfu_register_map map = { &n->placed, 1 };

    *list = n->is_placed ? room : e->registers;
    if (!n->is_placed)
        return e->register_count;
    return moved ? vfu_register_map_find(&map, moved->region, moved->at, moved->size, room) : 0;
}

/* nvme.cap+4 is the upper half of nvme.cap, which is named by either. */
static bool is_named(const struct filter_node *n, const struct vfu_register_at *r)
{
    const char *rest;
    uint64_t at = 0;

    if (!filter_names_register_at(n->value, r, &rest) || *rest == '.')
        return false;
    for (rest += *rest == '+'; *rest >= '0' && *rest <= '9'; rest++)
        at = at * 10 + (uint64_t)(*rest - '0');
    return !*rest && (!at || (r->at > 0 && (uint64_t)r->at == at));
}

static bool name_contains(const struct filter_node *n, const struct vfu_register_at *r)
{
    char name[256];
    struct vfu_writer w = vfu_writer(name, sizeof name, NULL, NULL);

    vfu_register_write_name(&w, r);
    return filter_test_string(n, name, w.used);
}

bool filter_test_register(const struct filter_node *n, struct filter_message *m)
{
    struct vfu_register_at room[VFU_REGISTERS_NAMED];
    const struct vfu_register_at *list;
    struct vfu_moved moved;
    unsigned count;
    bool more, any = false, hit = false;

    if (n->is_place)
        return test_place(n, m);
    more = n->is_placed && first_access(m, &moved);
    do {
        count = registers_of(n, m->event, more ? &moved : NULL, room, &list);
        any |= count > 0 || more;
        for (unsigned i = 0; i < count && !hit; i++)
            hit = n->kind == FILTER_THERE || (n->kind == FILTER_CONTAINS ? name_contains(n, &list[i]) : is_named(n, &list[i]));
        more = more && vfu_moved_next(&moved);
    } while (more && !hit);
    return n->kind == FILTER_COMPARE && n->op == VFU_NE ? any && !hit : hit;
}

/* By the name that the field has for a value, else by number. */
static bool compare_named(const struct filter_node *n, const struct vfu_register_field *f, uint64_t number)
{
    uint64_t named;

    if (n->kind == FILTER_THERE || !n->value)
        return filter_compare(n, number);
    if (f && filter_field_value(f, n->value, &named))
        return vfu_compare(n->op, number, named, n->high);
    return n->has_number ? filter_compare(n, number) : n->op == VFU_NE;
}

static bool test_one(const struct filter_node *n, const struct vfu_register_at *r, uint64_t value, unsigned width)
{
    const struct vfu_register_field *f;
    const char *rest;
    uint64_t number, known, wanted = n->mask;

    if (!filter_names_register_at(n->name, r, &rest) || *rest == '+')
        return false;
    if (*rest == '.') {
        f = filter_register_field(r->reg, rest + 1);
        return f && vfu_register_field(r, f, value, width, &number) && compare_named(n, f, number);
    }
    number = vfu_register_bits(r, value, width, &known);
    if (r->reg->width < 8)
        wanted &= ((uint64_t)1 << 8 * r->reg->width) - 1;
    return (known & wanted) == wanted && compare_named(n, NULL, number);
}

/* A bare name asks whether there is an access to it, whatever that moves. */
static bool is_touched(const struct filter_node *n, const struct vfu_register_at *r)
{
    const char *rest;

    return n->kind == FILTER_THERE && filter_names_register_at(n->name, r, &rest) &&
           (!*rest || (*rest == '.' && filter_register_field(r->reg, rest + 1)));
}

bool filter_test_bits(const struct filter_node *n, struct filter_message *m)
{
    struct vfu_register_at room[VFU_REGISTERS_NAMED];
    const struct vfu_register_at *list;
    struct vfu_moved moved;
    uint64_t value = 0;
    unsigned width = 0, count;
    bool has_value;

    if (!n->is_placed && !m->event->register_count)
        return false;
    for (bool more = first_access(m, &moved); more; more = vfu_moved_next(&moved)) {
        has_value = moved.data && vfu_bytes_value(moved.data, &value, &width);
        count = registers_of(n, m->event, &moved, room, &list);
        for (unsigned i = 0; i < count; i++)
            if (is_touched(n, &list[i]) || (has_value && test_one(n, &list[i], value, width)))
                return true;
    }
    return false;
}
