/*
 * irq arm, disarm, trigger, mask, unmask: the device's interrupts through eventfds, by DEVICE_SET_IRQS.
 */
#include "cli/shell/commands/inside.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_VECTORS = 2048 }; /* MSI-X has no more */

void cmd_irq_json(struct shell *sh, uint32_t index, const uint32_t *vector)
{
    const char *name = vfu_name_of(vfu_irq_names, index);

    shell_json_number(sh, "index", index);
    if (name)
        shell_json_string(sh, "index_name", name);
    if (vector)
        shell_json_number(sh, "vector", *vector);
}

enum { INDEX, VECTORS, BOOL };

/* How many vectors the device has. */
static enum shell_result ask_count(struct shell *sh, const struct shell_value *index, uint32_t *count)
{
    const struct shell_field fields[] = { { "index", index->number }, { 0 } };
    enum shell_result result = shell_request(sh, VFU_DEVICE_GET_IRQ_INFO, fields, NULL, 0);

    if (result != SHELL_OK)
        return result;
    *count = (uint32_t)shell_reply_number(&sh->link, "count", 0);
    if (*count > MOST_VECTORS) {
        shell_fail(sh, "the server says that %s has %u vectors: name those to arm, FIRST-LAST", index->text, *count);
        return SHELL_FAILED;
    }
    return *count > 0 || shell_fail(sh, "%s has no vectors", index->text) ? SHELL_OK : SHELL_FAILED;
}

/* One SET_IRQS with an eventfd for each of `count` vectors. */
static enum shell_result arm_some(struct shell *sh, uint32_t index, uint32_t first, uint32_t count)
{
    enum shell_result result = SHELL_OK;
    int fds[VFU_MAX_FDS];

    for (uint32_t i = 0; i < count; i++) {
        struct shell_vector *v = shell_irqs_arm(&sh->device.irqs, index, first + i, sh->watch.fd, &sh->outcome.error);

        if (!v) {
            result = SHELL_FAILED;
            break;
        }
        fds[i] = v->fd;
    }
    if (result == SHELL_OK)
        result = shell_set_irqs(sh, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, index, first, count, fds,
                                count, NULL);
    if (result != SHELL_OK)
        shell_irqs_disarm(&sh->device.irqs, index, first, first + count - 1, sh->watch.fd);
    return result;
}

static const struct shell_arg arm_args[] = {
    [INDEX] = SHELL_ARG_INDEX,
    [VECTORS] = { "FIRST[-LAST]", .kind = SHELL_VECTORS, .flags = SHELL_OPTIONAL },
    { 0 },
};

static enum shell_result arm(struct shell *sh, const struct shell_value *args)
{
    uint64_t most = vfu_client_agreed(&sh->link.client)->max_msg_fds;
    uint32_t index = (uint32_t)args[INDEX].number, first = args[VECTORS].vectors.first;
    uint32_t count = args[VECTORS].vectors.count, chunk;
    enum shell_result result = SHELL_OK;

    if (!args[VECTORS].given)
        result = ask_count(sh, &args[INDEX], &count);
    chunk = most < 1 ? 1 : most > VFU_MAX_FDS ? VFU_MAX_FDS : (uint32_t)most;
    for (uint32_t done = 0; result == SHELL_OK && done < count;) {
        uint32_t part = count - done < chunk ? count - done : chunk;

        result = arm_some(sh, index, first + done, part);
        done += part;
    }
    if (result == SHELL_OK) {
        cmd_irq_json(sh, index, NULL);
        shell_json_number(sh, "start", first);
        shell_json_number(sh, "count", count);
    }
    return result;
}

static enum shell_result disarm(struct shell *sh, const struct shell_value *args)
{
    uint32_t index = (uint32_t)args[INDEX].number, first = args[VECTORS].vectors.first;
    uint32_t count = args[VECTORS].vectors.count;
    /* An eventfd set without eventfds takes them back. */
    uint32_t data = args[VECTORS].given ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE;
    enum shell_result result;

    result = shell_set_irqs(sh, data | VFIO_IRQ_SET_ACTION_TRIGGER, index, first, count, NULL, 0, NULL);
    if (result == SHELL_OK) {
        shell_irqs_disarm(&sh->device.irqs, index, first, count ? first + count - 1 : UINT32_MAX, sh->watch.fd);
        cmd_irq_json(sh, index, NULL);
    }
    return result;
}

/* bool 1011: a digit a vector */
static enum shell_result act_bool(struct shell *sh, const char *digits, uint32_t action, uint32_t index, uint32_t first,
                                  uint32_t count)
{
    uint8_t bools[MOST_VECTORS];

    if (strlen(digits) != count || strspn(digits, "01") != count || count > MOST_VECTORS) {
        shell_fail(sh, "bool: %.80s: a 0 or 1 for each of %u vector%s", digits, count, vfu_plural(count));
        return SHELL_FAILED;
    }
    for (uint32_t i = 0; i < count; i++)
        bools[i] = digits[i] == '1';
    return shell_set_irqs(sh, VFIO_IRQ_SET_DATA_BOOL | action, index, first, count, NULL, 0, bools);
}

static const struct shell_arg act_args[] = {
    [INDEX] = SHELL_ARG_INDEX,
    [VECTORS] = { "FIRST[-LAST]", .kind = SHELL_VECTORS },
    [BOOL] = { "DIGITS", "bool", SHELL_TEXT, SHELL_OPTIONAL },
    { 0 },
};
static const char only_bool[] = "only bool and a 0 or 1 for each vector may follow";

static enum shell_result act(struct shell *sh, const struct shell_value *args, uint32_t action)
{
    uint32_t index = (uint32_t)args[INDEX].number, first = args[VECTORS].vectors.first;
    uint32_t count = args[VECTORS].vectors.count;
    enum shell_result result;

    result = args[BOOL].given ? act_bool(sh, args[BOOL].text, action, index, first, count)
                              : shell_set_irqs(sh, VFIO_IRQ_SET_DATA_NONE | action, index, first, count, NULL, 0, NULL);
    if (result == SHELL_OK)
        cmd_irq_json(sh, index, &first);
    if (result == SHELL_OK && count > 1)
        shell_json_number(sh, "count", count);
    return result;
}

static enum shell_result trigger(struct shell *sh, const struct shell_value *args)
{
    return act(sh, args, VFIO_IRQ_SET_ACTION_TRIGGER);
}

static enum shell_result mask(struct shell *sh, const struct shell_value *args)
{
    return act(sh, args, VFIO_IRQ_SET_ACTION_MASK);
}

static enum shell_result unmask(struct shell *sh, const struct shell_value *args)
{
    return act(sh, args, VFIO_IRQ_SET_ACTION_UNMASK);
}

const struct shell_command cmd_irq_arm = {
    .name = "irq arm",
    .help = "give the device an eventfd for each vector",
    .more = "INDEX is intx, msi, msix, err, req or a number; all its vectors if none are named.\n"
            "Example: irq arm msix 0-3",
    .args = arm_args,
    .run = arm,
};

const struct shell_command cmd_irq_disarm = {
    .name = "irq disarm",
    .help = "turn an IRQ index off, or take the eventfds of some vectors back",
    .more = "Example: irq disarm msix 1-3",
    .args = arm_args,
    .run = disarm,
};

const struct shell_command cmd_irq_trigger = {
    .name = "irq trigger",
    .help = "have the server fire an interrupt",
    .more = "With bool, a 0 or 1 for each vector says which.\nExample: irq trigger msix 0-3 bool 1010",
    .args = act_args,
    .stray = only_bool,
    .run = trigger,
};

const struct shell_command cmd_irq_mask = {
    .name = "irq mask",
    .help = "mask an interrupt",
    .more = "With bool, a 0 or 1 for each vector says which.\nExample: irq mask msix 0-3 bool 1010",
    .args = act_args,
    .stray = only_bool,
    .run = mask,
};

const struct shell_command cmd_irq_unmask = {
    .name = "irq unmask",
    .help = "unmask it",
    .more = "With bool, a 0 or 1 for each vector says which.\nExample: irq unmask msix 0-3 bool 1010",
    .args = act_args,
    .stray = only_bool,
    .run = unmask,
};
