/*
 * Numbers by which exchanges are found: equal ones for what says the same, as same.c has it, for what is about the same
 * place, and for what is about a register of the same name.
 */
#include "decoder/align/inside.h"
#include "decoder/registers/registers.h"

static uint64_t digest_values(const struct align_half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *values,
                              unsigned count);

static uint64_t digest_bytes(const struct align_half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *v)
{
    enum align_meaning meaning = align_bytes(h, v);
    uint64_t word;

    if (meaning != ALIGN_COUNTS)
        return vfu_hash(key, hash, meaning);
    hash = vfu_hash(key, hash, v->claimed);
    for (size_t at = 0; at < v->size; at += sizeof word) {
        size_t step = v->size - at < sizeof word ? v->size - at : sizeof word;

        word = 0;
        memcpy(&word, v->bytes + at, step);
        if (step == sizeof word && align_is_memory(h, v) && align_is_pointer(h, v->bytes + at))
            word = 1;
        hash = vfu_hash(key, hash, word);
    }
    return hash;
}

static uint64_t digest_value(const struct align_half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *v)
{
    struct vfu_value inside[VFU_MAX_VALUES];
    const struct vfu_layout *layout;
    size_t at = SIZE_MAX;
    enum align_meaning meaning;
    bool broken = false;
    unsigned count;

    switch (v->field->kind) {
    case VFU_BYTES:
        return digest_bytes(h, key, hash, v);
    case VFU_JSON:
        return hash;
    case VFU_LIST:
        while (vfu_list_next(v, &at, &layout, inside, &count, &broken))
            hash = digest_values(h, key, hash, inside, count);
        return vfu_hash(key, hash, v->number);
    case VFU_OBJECT:
        count = vfu_object_values(v, inside);
        return digest_values(h, key, hash, inside, count);
    default:
        meaning = align_number(h, v);
        return vfu_hash(key, hash, meaning == ALIGN_COUNTS ? v->number : meaning);
    }
}

static uint64_t digest_values(const struct align_half *h, const struct vfu_hash_key *key, uint64_t hash, const struct vfu_value *values,
                              unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!vfu_ignored_has(h->ignored, values[i].field->name))
            hash = digest_value(h, key, hash, &values[i]);
    return hash;
}

static uint64_t digest(const struct align_half *h, const struct vfu_hash_key *key, uint64_t hash)
{
    const struct vfu_event *e = &h->event;

    if (!h->there)
        return vfu_hash(key, hash, 0);
    hash = vfu_hash(key, hash, (uint64_t)e->command_number << 32 | (e->flags & (VFU_TYPE_MASK | VFU_NO_REPLY)));
    hash = vfu_hash(key, hash, vfu_ignored_has(h->ignored, "error") ? 0 : align_error(e));
    return digest_values(h, key, hash, h->decoded.values, h->decoded.count);
}

uint64_t vfu_exchange_digest(const struct vfu_ignored *ignored, const struct vfu_hash_key *key,
                             const struct vfu_addresses *addresses, const struct vfu_exchange *x)
{
    struct align_half h;
    uint64_t hash;

    align_take(&h, x, false, ignored, addresses);
    hash = digest(&h, key, 1);
    align_take(&h, x, true, ignored, addresses);
    return digest(&h, key, hash);
}

/* What tells one command's places apart; the rest of its fields are what it says. */
uint64_t vfu_exchange_place(const struct vfu_ignored *ignored, const struct vfu_hash_key *key, const struct vfu_exchange *x)
{
    static const char *const names[] = { "region", "index", "feature" };
    struct align_half h;
    uint64_t hash;

    align_take(&h, x, false, ignored, NULL);
    hash = vfu_hash(key, h.event.command_number, h.event.flags & VFU_TYPE_MASK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!vfu_ignored_has(ignored, names[i]))
            hash = vfu_hash(key, hash, vfu_number(h.decoded.values, h.decoded.count, names[i], UINT64_MAX));
    if (align_moves(&h, VFU_REGION_SPACE) && !vfu_ignored_has(ignored, "offset"))
        hash = vfu_hash(key, hash, h.moved.at);
    if (align_moves(&h, VFU_MEMORY_SPACE) && !vfu_ignored_has(ignored, "count"))
        hash = vfu_hash(key, hash, h.moved.size);
    return hash;
}

uint64_t vfu_exchange_name(const struct vfu_hash_key *key, const struct vfu_exchange *x)
{
    const struct vfu_register_at *r = x->registers;
    struct align_half h;
    uint64_t hash;

    if (!x->register_count)
        return vfu_exchange_place(NULL, key, x);
    align_take(&h, x, false, NULL, NULL);
    hash = vfu_hash(key, h.event.command_number, r->indexed ? r->index + UINT64_C(1) : 0);
    hash = vfu_hash(key, hash, (uint64_t)(int64_t)r->at);
    for (const char *c = r->reg->name; *c; c++)
        hash = vfu_hash(key, hash, (uint8_t)*c);
    return hash;
}
