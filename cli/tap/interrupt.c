/*
 * ^C at the tap's terminal: see interrupt.h.
 */
#include "cli/cli.h"
#include "cli/tap/interrupt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAMED = 4 /* clients; the others are counted */ };

bool tap_in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void tap_interrupts_open(struct tap_interrupts *i)
{
    i->has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;

    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* "QEMU 11, pid 123"; who looks like nobody has the name of its process. */
static void add_client(char *text, size_t size, const struct vfu_session *session, const struct vfu_tap_client *c)
{
    const char *peer = c->conn ? vfu_session_peer_name(session, c->conn, VFU_CLIENT) : NULL;
    char name[4 * VFU_PROCESS_ROOM + 1];
    struct vfu_writer w = vfu_writer(name, sizeof name - 1, NULL, NULL);

    if (peer) {
        add(text, size, "%.*s", (int)strcspn(peer, "("), peer);
        while (text[strlen(text) - 1] == ' ')
            text[strlen(text) - 1] = '\0';
    } else {
        vfu_write_escaped(&w, (const uint8_t *)c->name, strlen(c->name));
        name[w.used] = '\0';
        add(text, size, "%s", w.used ? name : "unknown");
    }
    if (c->pid > 0)
        add(text, size, ", pid %d", (int)c->pid);
}

unsigned tap_cut_off(const struct tap *tap, const struct vfu_session *session, char *text, size_t size)
{
    struct vfu_tap_client list[NAMED];
    unsigned count = vfu_tap_clients(tap, list, NAMED);

    snprintf(text, size, "%u client%s connected (", count, count == 1 ? " is" : "s are");
    for (unsigned i = 0; i < count && i < NAMED; i++) {
        add(text, size, "%s", i ? "; " : "");
        add_client(text, size, session, &list[i]);
    }
    if (count > NAMED)
        add(text, size, "; and %u more", count - NAMED);
    add(text, size, "): %s", count == 1 ? "it loses its device" : "they lose their device");
    return count;
}

enum vfu_tap_stop tap_interrupted(struct tap_interrupts *i, const struct tap *tap, const struct vfu_session *session,
                                  struct cli_output *output)
{
    char text[512];

    if (!i->has_terminal || !tap_in_foreground() || i->said || !tap_cut_off(tap, session, text, sizeof text))
        return VFU_TAP_STOP;
    i->said = true;
    cli_output_hush(output);
    fputc('\n', stderr); /* behind the terminal's own ^C */
    cli_error("no message is shown here any more; the traffic goes on, and files are written (-w, -o)");
    cli_error("%s. ^C again ends the tap", text);
    return VFU_TAP_GO_ON;
}
