/*
 * irq arm, disarm, trigger, mask, unmask: the device's interrupts through eventfds, by DEVICE_SET_IRQS.
 */
#include "cli/shell/commands/all.h"
#include "cli/shell/commands/irq.h"

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

/* FIRST[-LAST], or all that the device has. */
static enum shell_result vectors(struct shell *sh, int argc, char **argv, uint32_t index, uint32_t *first,
                                 uint32_t *count)
{
    const struct shell_field fields[] = { { "index", index }, { 0 } };
    char *dash = argc > 1 ? strchr(argv[1], '-') : NULL;
    enum shell_result result;
    uint32_t last;

    *first = 0;
    if (argc == 1) {
        result = shell_request(sh, VFU_DEVICE_GET_IRQ_INFO, fields, NULL, 0);
        if (result != SHELL_OK)
            return result;
        *count = (uint32_t)shell_reply_number(&sh->link, "count", 0);
        if (*count > MOST_VECTORS) {
            shell_fail(sh, "the server says that %s has %u vectors: name those to arm, FIRST-LAST", argv[0], *count);
            return SHELL_FAILED;
        }
        return *count > 0 || shell_fail(sh, "%s has no vectors", argv[0]) ? SHELL_OK : SHELL_FAILED;
    }
    if (dash)
        *dash = '\0';
    if (!shell_u32(sh, "FIRST", argv[1], first))
        return SHELL_FAILED;
    last = *first;
    if (dash && !shell_u32(sh, "LAST", dash + 1, &last))
        return SHELL_FAILED;
    *count = last - *first + 1;
    if (last < *first || *count == 0) {
        shell_fail(sh, "LAST is below FIRST");
        return SHELL_FAILED;
    }
    return SHELL_OK;
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
        result = shell_set_irqs(sh, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, index, first, count, fds, count,
                          NULL);
    if (result != SHELL_OK)
        shell_irqs_disarm(&sh->device.irqs, index, first, first + count - 1, sh->watch.fd);
    return result;
}

static enum shell_result exec_arm(struct shell *sh, int argc, char **argv)
{
    uint64_t most = vfu_client_agreed(&sh->link.client)->max_msg_fds;
    uint32_t index, first, count, chunk;
    enum shell_result result;

    if (!shell_irq_index(sh, argv[0], &index))
        return SHELL_FAILED;
    result = vectors(sh, argc, argv, index, &first, &count);
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

static enum shell_result exec_disarm(struct shell *sh, int argc, char **argv)
{
    uint32_t flags = VFIO_IRQ_SET_DATA_NONE, index, first = 0, count = 0;
    enum shell_result result;

    if (!shell_irq_index(sh, argv[0], &index))
        return SHELL_FAILED;
    if (argc > 1) { /* an eventfd set without eventfds takes them back */
        flags = VFIO_IRQ_SET_DATA_EVENTFD;
        result = vectors(sh, argc, argv, index, &first, &count);
        if (result != SHELL_OK)
            return result;
    }
    result = shell_set_irqs(sh, flags | VFIO_IRQ_SET_ACTION_TRIGGER, index, first, count, NULL, 0, NULL);
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

/* INDEX FIRST[-LAST] [bool DIGITS] */
static enum shell_result act(struct shell *sh, int argc, char **argv, uint32_t action)
{
    enum shell_result result;
    uint32_t index, first, count;

    if (!shell_irq_index(sh, argv[0], &index))
        return SHELL_FAILED;
    if (argc == 3 || (argc == 4 && strcmp(argv[2], "bool") != 0)) {
        shell_fail(sh, "%.80s: only bool and a 0 or 1 for each vector may follow", argv[2]);
        return SHELL_FAILED;
    }
    result = vectors(sh, 2, argv, index, &first, &count);
    if (result != SHELL_OK)
        return result;
    result = argc == 4 ? act_bool(sh, argv[3], action, index, first, count)
                       : shell_set_irqs(sh, VFIO_IRQ_SET_DATA_NONE | action, index, first, count, NULL, 0, NULL);
    if (result == SHELL_OK)
        cmd_irq_json(sh, index, &first);
    if (result == SHELL_OK && count > 1)
        shell_json_number(sh, "count", count);
    return result;
}

static enum shell_result exec_trigger(struct shell *sh, int argc, char **argv)
{
    return act(sh, argc, argv, VFIO_IRQ_SET_ACTION_TRIGGER);
}

static enum shell_result exec_mask(struct shell *sh, int argc, char **argv)
{
    return act(sh, argc, argv, VFIO_IRQ_SET_ACTION_MASK);
}

static enum shell_result exec_unmask(struct shell *sh, int argc, char **argv)
{
    return act(sh, argc, argv, VFIO_IRQ_SET_ACTION_UNMASK);
}

const struct shell_command cmd_irq_arm = {
    .name = "irq arm",
    .usage = "INDEX [FIRST[-LAST]]",
    .help = "give the device an eventfd for each vector",
    .more = "INDEX is intx, msi, msix, err, req or a number; all its vectors if none are named.\n"
            "Example: irq arm msix 0-3",
    .min = 1,
    .max = 2,
    .exec = exec_arm,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_disarm = {
    .name = "irq disarm",
    .usage = "INDEX [FIRST[-LAST]]",
    .help = "turn an IRQ index off, or take the eventfds of some vectors back",
    .more = "Example: irq disarm msix 1-3",
    .min = 1,
    .max = 2,
    .exec = exec_disarm,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_trigger = {
    .name = "irq trigger",
    .usage = "INDEX FIRST[-LAST] [bool DIGITS]",
    .help = "have the server fire an interrupt",
    .more = "With bool, a 0 or 1 for each vector says which.\nExample: irq trigger msix 0-3 bool 1010",
    .min = 2,
    .max = 4,
    .exec = exec_trigger,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_mask = {
    .name = "irq mask",
    .usage = "INDEX FIRST[-LAST] [bool DIGITS]",
    .help = "mask an interrupt",
    .more = "With bool, a 0 or 1 for each vector says which.\nExample: irq mask msix 0-3 bool 1010",
    .min = 2,
    .max = 4,
    .exec = exec_mask,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_unmask = {
    .name = "irq unmask",
    .usage = "INDEX FIRST[-LAST] [bool DIGITS]",
    .help = "unmask it",
    .more = "With bool, a 0 or 1 for each vector says which.\nExample: irq unmask msix 0-3 bool 1010",
    .min = 2,
    .max = 4,
    .exec = exec_unmask,
    .complete = shell_complete_irq,
};
