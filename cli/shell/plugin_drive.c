/*
 * What plugins' commands ask of the shell to drive a device: memory with names, interrupts, and what they keep from one
 * command to the next.
 */
#include "capture/clock.h"
#include "cli/shell/inside.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_WAIT_MS = 5000, SHOWN = 1 << 20 };

/* A word that a plugin sent; false: none that can be meant. */
static bool word_of(const struct vfu_plugin_call *c, size_t size, char word[80])
{
    if (size == 0 || size >= 80)
        return false;
    memcpy(word, c->bytes, size);
    word[size] = '\0';
    return strlen(word) == size;
}

static void say_why(const struct shell *sh, struct vfu_plugin_called *a)
{
    snprintf(a->why, sizeof a->why, "%.250s", sh->outcome.error.text);
}

/* How a message went that the shell sent for it. */
static enum shell_result went(struct shell *sh, enum shell_result result, struct vfu_plugin_called *a)
{
    a->result = result == SHELL_OK ? VFP_DONE : result == SHELL_REFUSED ? VFP_REFUSED : VFP_NOT_DONE;
    if (result == SHELL_REFUSED)
        snprintf(a->why, sizeof a->why, "the device answers with error %u (%s)", sh->outcome.refused,
                 strerror((int)sh->outcome.refused));
    else if (result != SHELL_OK)
        say_why(sh, a);
    return result;
}

/* --- memory --- */

static enum shell_result unmap(struct shell *sh, const struct shell_map *m)
{
    const struct shell_range r = { m->address, m->size };
    const struct shell_field fields[] = { { "address", r.address }, { "size", r.size }, { 0 } };
    enum shell_result result = shell_request(sh, VFU_DMA_UNMAP, fields, NULL, 0);

    if (result == SHELL_OK)
        shell_maps_remove(&sh->device.maps, r.address, r.size);
    return result;
}

enum shell_result shell_drive_alloc(struct shell *sh, const struct vfu_plugin_call *c, size_t size, struct vfu_plugin_called *a)
{
    const struct shell_map *m;
    enum shell_result result = SHELL_FAILED;
    uint64_t wanted = c->value;
    char name[80];

    if (!word_of(c, size, name) || !shell_is_memory_name(name)) {
        shell_fail(sh, "the plugin asks for memory of a name that none can have");
        return went(sh, result, a);
    }
    m = shell_maps_named(&sh->device.maps, name, size);
    if (m && m->size >= wanted) {
        a->value = m->address;
        return went(sh, SHELL_OK, a);
    }
    result = m ? unmap(sh, m) : SHELL_OK;
    if (result == SHELL_OK)
        result = shell_alloc(sh, name, &wanted, &a->value);
    return went(sh, result, a);
}

static void copy_in(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy(memory, (const uint8_t *)context + offset, size);
}

static void copy_out(void *context, uint8_t *memory, uint64_t offset, size_t size)
{
    memcpy((uint8_t *)context + offset, memory, size);
}

/* Of memory: what came of it. */
static void answer_memory(struct shell *sh, bool done, struct vfu_plugin_called *a)
{
    a->result = done ? VFP_OK : VFP_UNMAPPED;
    if (!done)
        say_why(sh, a);
}

void shell_drive_write(struct shell *sh, const struct vfu_plugin_call *c, size_t size, struct vfu_plugin_called *a)
{
    uint8_t bytes[CALL_DATA];

    a->result = VFP_TOO_MUCH;
    snprintf(a->why, sizeof a->why, "more than %d bytes at once", CALL_DATA);
    if (c->size != size)
        return;
    memcpy(bytes, c->bytes, size);
    answer_memory(sh, shell_maps_walk(&sh->device.maps, c->offset, size, true, copy_in, bytes, &sh->outcome.error), a);
}

/* As mem dump does, but for lines that are as the one before: a * stands for them, as in hexdump -C. */
static void dump(struct shell *sh, uint64_t address, const uint8_t *bytes, size_t size)
{
    enum { LINE = 16 };
    bool folded = false;

    for (size_t at = 0; at < size; at += LINE) {
        size_t part = size - at < LINE ? size - at : LINE;

        if (at > 0 && at + LINE < size && memcmp(bytes + at, bytes + at - LINE, LINE) == 0) {
            if (!folded)
                shell_say(sh, "*\n");
            folded = true;
        } else {
            shell_hexdump(shell_text(sh), address + at, bytes + at, part, 1);
            folded = false;
        }
    }
}

void shell_drive_show(struct shell *sh, const struct vfu_plugin_call *c, bool is_first, struct vfu_plugin_called *a)
{
    uint8_t *bytes = c->value && c->value <= SHOWN ? malloc(c->value) : NULL;

    a->result = VFP_TOO_MUCH;
    snprintf(a->why, sizeof a->why, "more than 1M at once");
    if (!bytes)
        return;
    answer_memory(sh, shell_maps_walk(&sh->device.maps, c->offset, c->value, false, copy_out, bytes, &sh->outcome.error), a);
    if (a->result == VFP_OK) {
        dump(sh, c->offset, bytes, c->value);
        if (is_first)
            shell_json_bytes(sh, "data", bytes, c->value);
    }
    free(bytes);
}

void shell_drive_number(struct shell *sh, const struct vfu_plugin_call *c, size_t size, struct vfu_plugin_called *a)
{
    char word[80];

    a->result = word_of(c, size, word) && shell_number(sh, "N", word, &a->value) ? VFP_DONE : VFP_NOT_DONE;
}

/* --- interrupts --- */

static enum shell_result arm(struct shell *sh, uint32_t index, uint32_t vector)
{
    struct shell_vector *v = shell_irqs_arm(&sh->device.irqs, index, vector, sh->watch.fd, &sh->outcome.error);
    enum shell_result result = v ? shell_vector_send(sh, v) : SHELL_FAILED;

    if (v && result != SHELL_OK)
        shell_irqs_disarm(&sh->device.irqs, index, vector, vector, sh->watch.fd);
    return result;
}

/* The device said how many there are, and this is none of them. */
static bool is_beyond(const struct shell *sh, uint32_t index, uint32_t vector)
{
    const struct vfu_connection *known = vfu_session_connection(sh->link.client.session, sh->link.client.conn);

    return known && index < VFU_MAX_KNOWN_IRQS && known->irqs[index].known && vector >= known->irqs[index].count;
}

/* Until it is pending, or the time is up. *came: one was taken. */
static enum shell_result await_one(struct shell *sh, uint32_t index, uint32_t vector, uint64_t ms, bool *came)
{
    uint64_t until = vfu_mono_ns() + ms * 1000000, at;
    enum shell_result result = SHELL_OK;

    for (bool open = true;;) {
        struct shell_vector *v;

        shell_watched(sh);
        if (shell_stopped(sh))
            return SHELL_STOPPED;
        v = shell_irqs_find(&sh->device.irqs, index, vector);
        *came = v && v->pending > 0;
        if (*came)
            v->pending--;
        at = vfu_mono_ns();
        if (*came || !open || at >= until)
            return result;
        open = shell_wait(sh, (int)((until - at) / 1000000) + 1, &result);
    }
}

enum shell_result shell_drive_wait(struct shell *sh, const struct vfu_plugin_call *c, struct vfu_plugin_called *a)
{
    uint64_t ms = c->value < LONGEST_WAIT_MS ? c->value : LONGEST_WAIT_MS;
    uint32_t index = c->region, vector = (uint32_t)c->offset;
    enum shell_result result = SHELL_OK;
    char name[SHELL_NAME];
    bool came = false;

    if (c->offset > UINT32_MAX || is_beyond(sh, index, vector)) {
        shell_fail(sh, "the device has no %s %llu", shell_name(name, vfu_irq_names, index), (unsigned long long)c->offset);
        a->result = VFP_REFUSED;
        say_why(sh, a);
        return SHELL_FAILED;
    }
    if (!shell_irqs_find(&sh->device.irqs, index, vector))
        result = arm(sh, index, vector);
    if (result == SHELL_OK)
        result = await_one(sh, index, vector, ms, &came);
    if (result == SHELL_OK && !came) {
        shell_fail(sh, "%s %u did not fire within %u ms", shell_name(name, vfu_irq_names, index), vector, (unsigned)ms);
        went(sh, SHELL_FAILED, a);
        return SHELL_OK;
    }
    return went(sh, result, a);
}

/* --- what they keep --- */

struct shell_kept {
    struct shell_kept *next;
    char plugin[24];
    uint8_t bytes[CALL_DATA];
};

static struct shell_kept *kept_by(const struct shell_device *d, const char *plugin)
{
    struct shell_kept *k = d->kept;

    while (k && strcmp(k->plugin, plugin) != 0)
        k = k->next;
    return k;
}

void shell_drive_recall(struct shell *sh, const char *plugin, struct vfu_plugin_called *a)
{
    const struct shell_kept *k = kept_by(&sh->device, plugin);

    if (k)
        memcpy(a->bytes, k->bytes, sizeof a->bytes);
}

void shell_drive_keep(struct shell *sh, const char *plugin, const struct vfu_plugin_call *c, size_t size)
{
    struct shell_kept *k = kept_by(&sh->device, plugin);

    if (!k) {
        k = calloc(1, sizeof *k);
        if (!k)
            return;
        snprintf(k->plugin, sizeof k->plugin, "%s", plugin);
        k->next = sh->device.kept;
        sh->device.kept = k;
    }
    memset(k->bytes, 0, sizeof k->bytes);
    memcpy(k->bytes, c->bytes, size);
}

void shell_kept_forget(struct shell_device *d)
{
    for (struct shell_kept *k = d->kept, *next; k; k = next) {
        next = k->next;
        free(k);
    }
    d->kept = NULL;
}
