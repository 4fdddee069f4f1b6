/*
 * irq wait, list: the interrupts that came.
 */
#include "capture/clock.h"
#include "cli/shell/commands/inside.h"

#include <string.h>

enum shell_result cmd_irq_wait_for(struct shell *sh, uint32_t index, uint32_t vector, int timeout_ms, uint64_t times)
{
    uint64_t start, now;
    enum shell_result result = SHELL_OK;
    char name[SHELL_NAME];
    bool open = true;

    start = vfu_mono_ns();
    shell_name(name, vfu_irq_names, index);
    for (;;) {
        int left;
        struct shell_vector *v;

        shell_watched(sh);
        if (shell_stopped(sh))
            return SHELL_STOPPED;
        v = shell_irqs_find(&sh->device.irqs, index, vector);
        now = vfu_mono_ns();
        left = timeout_ms - (int)((now - start) / 1000000);
        if (!v) {
            shell_fail(sh, "%s %u is not armed (irq arm %s %u)", name, vector, name, vector);
            return SHELL_FAILED;
        }
        if (v->pending >= times) {
            v->pending -= times;
            cmd_irq_json(sh, index, &vector);
            shell_json_number(sh, "pending", v->pending);
            return SHELL_OK;
        }
        if (!open)
            return result;
        if (left <= 0) {
            if (times > 1)
                shell_fail(sh, "%s %u fired %llu time%s within %d ms, %llu were waited for", name, vector,
                           (unsigned long long)v->pending, vfu_plural(v->pending), timeout_ms,
                           (unsigned long long)times);
            else
                shell_fail(sh, "%s %u did not fire within %d ms", name, vector, timeout_ms);
            return SHELL_FAILED;
        }
        /* An interrupt sent just before the connection ended counts. */
        open = shell_wait(sh, left, &result);
    }
}

enum { INDEX, VECTOR, TIMEOUT, COUNT };
static const struct shell_arg wait_args[] = {
    [INDEX] = SHELL_ARG_INDEX,
    [VECTOR] = { "VECTOR", .kind = SHELL_NUMBER, .most = UINT32_MAX },
    [TIMEOUT] = { "TIME", "timeout", SHELL_TIME, SHELL_OPTIONAL, .otherwise = SHELL_WAIT_MS },
    [COUNT] = { "N", "count", SHELL_NUMBER, SHELL_OPTIONAL, .least = 1, .otherwise = 1 },
    { 0 },
};

static enum shell_result wait(struct shell *sh, const struct shell_value *args)
{
    uint32_t index = (uint32_t)args[INDEX].number, vector = (uint32_t)args[VECTOR].number;
    enum shell_result result = cmd_irq_wait_for(sh, index, vector, (int)args[TIMEOUT].number, args[COUNT].number);
    char name[SHELL_NAME];

    if (result == SHELL_OK && !sh->screen.interactive)
        shell_say(sh, "interrupt: %s %u\n", shell_name(name, vfu_irq_names, index), vector);
    return result;
}

static enum shell_result list(struct shell *sh, const struct shell_value *args)
{
    struct vfu_writer *w = &sh->outcome.members.w;

    (void)args;
    shell_watched(sh); /* what fired just now counts */
    if (sh->device.irqs.count)
        shell_say(sh, "INDEX  VECTOR    FIRED  PENDING\n");
    shell_json_key(sh, "irqs");
    vfu_write_char(w, '[');
    for (size_t i = 0; i < sh->device.irqs.count; i++) {
        const struct shell_vector *v = &sh->device.irqs.vector[i];
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

const struct shell_command cmd_irq_wait = {
    .name = "irq wait",
    .help = "wait for an armed interrupt, or take one that fired before",
    .more = "TIME such as 200ms or 2s; 5s if not given. count N: N of them.\nExample: irq wait msi 0 timeout 1s",
    .args = wait_args,
    .stray = "timeout TIME and count N may follow",
    .run = wait,
};

const struct shell_command cmd_irq_list = {
    .name = "irq list",
    .help = "the armed interrupts, and how often they fired",
    .more = "Example: irq list",
    .flags = SHELL_PAGED,
    .run = list,
};
