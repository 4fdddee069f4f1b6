/*
 * expect: what the last command must have come to, or an interrupt that must come.
 */
#include "cli/shell/commands/all.h"
#include "cli/shell/commands/irq.h"
#include "decoder/wire/compare.h"

#include <stdio.h>
#include <string.h>

static enum shell_result expect_error(struct shell *sh, int argc, char **argv)
{
    const char *found = vfu_name_of(vfu_errno_names, sh->outcome.refused);
    uint32_t wanted = 0;

    if (argc > 1 && !shell_errno(sh, argv[1], &wanted))
        return SHELL_FAILED;
    if (!sh->outcome.last_refused)
        shell_fail(sh, "an error%s%s was expected, and the last command had none", argc > 1 ? " " : "",
                   argc > 1 ? argv[1] : "");
    else if (argc > 1 && sh->outcome.refused != wanted)
        shell_fail(sh, "error %.40s was expected, and the server answered %s (%u)", argv[1], found ? found : "another",
                   sh->outcome.refused);
    else
        return SHELL_OK;
    return SHELL_FAILED;
}

/* irq INDEX VECTOR within TIME */
static enum shell_result expect_irq(struct shell *sh, int argc, char **argv)
{
    uint32_t index, vector;
    int timeout_ms = -1;
    uint64_t times = 1;

    if (argc < 5 || strcmp(argv[3], "within") != 0) {
        shell_fail(sh, "usage: expect irq INDEX VECTOR within TIME [count N]");
        return SHELL_FAILED;
    }
    if (!shell_irq_index(sh, argv[1], &index) || !shell_u32(sh, "VECTOR", argv[2], &vector) ||
        !cmd_irq_limits(sh, argc - 3, argv + 3, "within", &timeout_ms, &times))
        return SHELL_FAILED;
    return cmd_irq_wait_for(sh, index, vector, timeout_ms, times);
}

static enum shell_result exec(struct shell *sh, int argc, char **argv)
{
    char value[1024];
    size_t size = 0;

    if (strcmp(argv[0], "error") == 0 && argc <= 2)
        return expect_error(sh, argc, argv);
    if (strcmp(argv[0], "irq") == 0)
        return expect_irq(sh, argc, argv);
    if (argc < 3) {
        shell_fail(sh, "usage: expect %s", cmd_expect.usage);
        return SHELL_FAILED;
    }
    /* VALUE may have blanks: a path, a text. */
    value[0] = '\0';
    for (int i = 2; i < argc && size < sizeof value; i++)
        size += (size_t)snprintf(value + size, sizeof value - size, "%s%s", i > 2 ? " " : "", argv[i]);
    return shell_field_holds(sh, argv[0], argv[1], value) ? SHELL_OK : SHELL_FAILED;
}

static void complete(struct shell *sh, int argc, char **argv, struct shell_matches *m)
{
    struct vfu_decoded d;
    char word[80];

    if (argc == 1 && strcmp(argv[0], "error") == 0) {
        shell_match_names(m, vfu_errno_names);
    } else if (argc == 1 && strcmp(argv[0], "irq") == 0) {
        shell_match_names(m, vfu_irq_names);
    } else if (argc == 3 && strcmp(argv[0], "irq") == 0) {
        shell_match(m, "within");
    } else if (argc == 1) {
        for (unsigned i = 0; i < VFU_OPERATORS; i++)
            shell_match(m, vfu_operator_names[i]);
    } else if (argc == 0) {
        shell_match(m, "error");
        shell_match(m, "irq");
        shell_match(m, "value");
        if (!sh->link.client.reply.event)
            return;
        vfu_decode(sh->link.client.reply.event, &d);
        for (unsigned i = 0; i < d.count; i++)
            if ((size_t)snprintf(word, sizeof word, "reply.%s", d.values[i].field->name) < sizeof word)
                shell_match(m, word);
    }
}

const struct shell_command cmd_expect = {
    .name = "expect",
    .usage = "error ERRNO | FIELD OP VALUE | irq INDEX VECTOR within TIME [count N]",
    .help = "fail unless the last command came to this",
    .more = "FIELD is any member that --json shows of the last command: value, data, reply.num_regions,\n"
            "reply.capabilities[0].areas[1].size, header.flags; a bare name is looked for in the reply too.\n"
            "OP is == != < <= > >= or `in A..B`; VALUE a number, a name, or hex. A flag field equals a name when that\n"
            "bit is set. In a script an error reply does not end it if an expect follows.\n"
            "Example: expect reply.size == 1M\n         expect irq msi 0 within 1s",
    .min = 1,
    .max = -1,
    .flags = SHELL_NO_RESULT | SHELL_EXPECTS,
    .exec = exec,
    .complete = complete,
};
