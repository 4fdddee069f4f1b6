/*
 * irq arm, disarm, wait, trigger, mask, unmask, list: the device's interrupts through eventfds.
 */
#include "shell_commands.h"
#include "cmd_irq.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_VECTORS = 2048 }; /* MSI-X has no more */

static void json_vector(struct shell *sh, uint32_t index, const uint32_t *vector)
{
    const char *name = vfu_name_of(vfu_irq_names, index);

    shell_json_number(sh, "index", index);
    if (name)
        shell_json_string(sh, "index_name", name);
    if (vector)
        shell_json_number(sh, "vector", *vector);
}

static enum shell_result set_irqs(struct shell *sh, uint32_t flags, uint32_t index, uint32_t start, uint32_t count,
                                  const int *fds, unsigned nfds)
{
    const struct shell_field fields[] = {
        { "flags", flags }, { "index", index }, { "start", start }, { "count", count }, { 0 },
    };

    return shell_request(sh, VFU_DEVICE_SET_IRQS, fields, fds, nfds);
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
        *count = (uint32_t)shell_reply_number(sh, "count", 0);
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
        struct shell_vector *v = shell_irqs_arm(&sh->irqs, index, first + i, sh->watch_fd, &sh->error);

        if (!v) {
            result = SHELL_FAILED;
            break;
        }
        fds[i] = v->fd;
    }
    if (result == SHELL_OK)
        result = set_irqs(sh, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, index, first, count, fds, count);
    if (result != SHELL_OK)
        shell_irqs_disarm(&sh->irqs, index, first, first + count - 1, sh->watch_fd);
    return result;
}

static enum shell_result exec_arm(struct shell *sh, int argc, char **argv)
{
    uint64_t most = vfu_client_agreed(&sh->client)->max_msg_fds;
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
        json_vector(sh, index, NULL);
        shell_json_number(sh, "start", first);
        shell_json_number(sh, "count", count);
    }
    return result;
}

static enum shell_result exec_disarm(struct shell *sh, int argc, char **argv)
{
    enum shell_result result;
    uint32_t index;

    (void)argc;
    if (!shell_irq_index(sh, argv[0], &index))
        return SHELL_FAILED;
    result = set_irqs(sh, VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, 0, NULL, 0);
    if (result == SHELL_OK) {
        shell_irqs_disarm(&sh->irqs, index, 0, UINT32_MAX, sh->watch_fd);
        json_vector(sh, index, NULL);
    }
    return result;
}

static enum shell_result act(struct shell *sh, char **argv, uint32_t action)
{
    enum shell_result result;
    uint32_t index, vector;

    if (!shell_irq_index(sh, argv[0], &index) || !shell_u32(sh, "VECTOR", argv[1], &vector))
        return SHELL_FAILED;
    result = set_irqs(sh, VFIO_IRQ_SET_DATA_NONE | action, index, vector, 1, NULL, 0);
    if (result == SHELL_OK)
        json_vector(sh, index, &vector);
    return result;
}

static enum shell_result exec_trigger(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    return act(sh, argv, VFIO_IRQ_SET_ACTION_TRIGGER);
}

static enum shell_result exec_mask(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    return act(sh, argv, VFIO_IRQ_SET_ACTION_MASK);
}

static enum shell_result exec_unmask(struct shell *sh, int argc, char **argv)
{
    (void)argc;
    return act(sh, argv, VFIO_IRQ_SET_ACTION_UNMASK);
}

enum shell_result cmd_irq_wait_for(struct shell *sh, uint32_t index, uint32_t vector, int timeout_ms)
{
    uint64_t time_ns, start, now;
    enum shell_result result;
    char name[SHELL_NAME];
    bool open = true;

    vfu_now(&time_ns, &start);
    shell_name(name, vfu_irq_names, index);
    for (;;) {
        int left;
        struct shell_vector *v;

        if (!shell_watched(sh))
            return SHELL_STOPPED;
        v = shell_irqs_find(&sh->irqs, index, vector);
        vfu_now(&time_ns, &now);
        left = timeout_ms - (int)((now - start) / 1000000);
        if (!v) {
            shell_fail(sh, "%s %u is not armed (irq arm %s %u)", name, vector, name, vector);
            return SHELL_FAILED;
        }
        if (v->pending) {
            v->pending--;
            json_vector(sh, index, &vector);
            shell_json_number(sh, "pending", v->pending);
            return SHELL_OK;
        }
        if (!open)
            return result;
        if (left <= 0) {
            shell_fail(sh, "%s %u did not fire within %d ms", name, vector, timeout_ms);
            return SHELL_FAILED;
        }
        /* An interrupt sent just before the connection ended counts. */
        open = shell_wait(sh, left, &result);
    }
}

static enum shell_result exec_wait(struct shell *sh, int argc, char **argv)
{
    int timeout_ms = SHELL_WAIT_MS;
    enum shell_result result;
    uint32_t index, vector;
    char name[SHELL_NAME];

    if (argc != 2 && (argc != 4 || strcmp(argv[2], "timeout") != 0)) {
        shell_fail(sh, "usage: irq wait %s", cmd_irq_wait.usage);
        return SHELL_FAILED;
    }
    if (!shell_irq_index(sh, argv[0], &index) || !shell_u32(sh, "VECTOR", argv[1], &vector) ||
        (argc == 4 && !shell_time(sh, argv[3], &timeout_ms)))
        return SHELL_FAILED;
    result = cmd_irq_wait_for(sh, index, vector, timeout_ms);
    if (result == SHELL_OK && !sh->interactive)
        shell_say(sh, "interrupt: %s %u\n", shell_name(name, vfu_irq_names, index), vector);
    return result;
}

static enum shell_result exec_list(struct shell *sh, int argc, char **argv)
{
    struct vfu_writer *w = &sh->members.w;

    (void)argc;
    (void)argv;
    shell_watched(sh); /* what fired just now counts */
    if (sh->irqs.count)
        shell_say(sh, "INDEX  VECTOR    FIRED  PENDING\n");
    shell_json_key(sh, "irqs");
    vfu_write_char(w, '[');
    for (size_t i = 0; i < sh->irqs.count; i++) {
        const struct shell_vector *v = &sh->irqs.vector[i];
        char name[SHELL_NAME];

        shell_name(name, vfu_irq_names, v->index);
        shell_say(sh, "%-5s  %6u %8llu %8llu\n", name, v->vector, (unsigned long long)v->total,
                  (unsigned long long)v->pending);
        vfu_write_text(w, i ? ",{\"index\":" : "{\"index\":");
        vfu_write_decimal(w, v->index);
        vfu_write_text(w, ",\"index_name\":\"");
        vfu_write_text(w, name);
        vfu_write_text(w, "\",\"vector\":");
        vfu_write_decimal(w, v->vector);
        vfu_write_text(w, ",\"fired\":");
        vfu_write_decimal(w, v->total);
        vfu_write_text(w, ",\"pending\":");
        vfu_write_decimal(w, v->pending);
        vfu_write_char(w, '}');
    }
    vfu_write_char(w, ']');
    return SHELL_OK;
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
    .usage = "INDEX",
    .help = "turn an IRQ index off",
    .min = 1,
    .max = 1,
    .exec = exec_disarm,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_wait = {
    .name = "irq wait",
    .usage = "INDEX VECTOR [timeout TIME]",
    .help = "wait for an armed interrupt, or take one that fired before",
    .more = "TIME such as 200ms or 2s; 5s if not given.\nExample: irq wait msi 0 timeout 1s",
    .min = 2,
    .max = 4,
    .exec = exec_wait,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_trigger = {
    .name = "irq trigger",
    .usage = "INDEX VECTOR",
    .help = "have the server fire an interrupt",
    .min = 2,
    .max = 2,
    .exec = exec_trigger,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_mask = {
    .name = "irq mask",
    .usage = "INDEX VECTOR",
    .help = "mask an interrupt",
    .min = 2,
    .max = 2,
    .exec = exec_mask,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_unmask = {
    .name = "irq unmask",
    .usage = "INDEX VECTOR",
    .help = "unmask it",
    .min = 2,
    .max = 2,
    .exec = exec_unmask,
    .complete = shell_complete_irq,
};

const struct shell_command cmd_irq_list = {
    .name = "irq list",
    .usage = "",
    .help = "the armed interrupts, and how often they fired",
    .max = 0,
    .exec = exec_list,
};
