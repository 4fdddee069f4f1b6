/*
 * How the capture was made, what the page leaves out, and what made it: so that nobody has to ask.
 */
#include "cli/report/inside.h"
#include "capture/clock.h"
#include "plugins/host/host.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static void term(struct report_page *p, const char *name)
{
    report_put(p, "<dt>");
    report_put(p, name);
    report_put(p, "</dt><dd>");
}

static void end(struct report_page *p)
{
    report_put(p, "</dd>\n");
}

static void entry(struct report_page *p, const char *name, const char *text)
{
    if (!text[0])
        return;
    term(p, name);
    report_words(p, text, strlen(text));
    end(p);
}

static void write_capture(struct report_page *p)
{
    const struct cli_report *r = p->report;

    entry(p, "Made of", r->how.source);
    if (r->captured) {
        term(p, r->how.live ? "Seen by" : "Captured by");
        report_put(p, "vfuscope ");
        report_words(p, r->version, strlen(r->version));
        end(p);
        entry(p, "with", r->options);
        entry(p, "on Linux", r->kernel);
        term(p, "since");
        report_date(p, r->start_ns);
        end(p);
    } else if (!r->how.live) {
        entry(p, "Captured by", "not known: the capture does not say so");
    }
    if (r->begun) {
        term(p, "First message");
        report_date(p, r->first.wall_ns);
        report_put(p, ", then ");
        report_seconds(p, r->last.mono_ns > r->first.mono_ns ? r->last.mono_ns - r->first.mono_ns : 0);
        report_put(p, " s");
        end(p);
    }
    if (r->captured && !r->how.live && (r->cut || !r->ended))
        entry(p, "Its end", r->cut ? "it was not written: whoever wrote the capture did not come to its end"
                                   : "is missing: the capture goes on, or was cut off");
    entry(p, "Filter", r->how.filter ? r->how.filter : "");
}

struct plugins {
    struct report_page *page;
    unsigned count;
};

static void write_plugin(void *context, const char *name)
{
    struct plugins *l = context;

    report_put(l->page, l->count++ ? ", " : "");
    report_words(l->page, name, strlen(name));
}

static void write_maker(struct report_page *p)
{
    const struct cli_report *r = p->report;
    struct plugins plugins = { .page = p };
    struct utsname u;

    term(p, "This page by");
    report_put(p, "vfuscope " VFUSCOPE_VERSION);
    end(p);
    entry(p, "with", r->how.options);
    if (uname(&u) == 0) {
        term(p, "on");
        report_words(p, u.sysname, strlen(u.sysname));
        report_put(p, " ");
        report_words(p, u.release, strlen(u.release));
        report_put(p, " ");
        report_words(p, u.machine, strlen(u.machine));
        end(p);
    }
    term(p, "at");
    report_date(p, vfu_now().wall_ns);
    end(p);
    term(p, "Features");
#ifdef HAVE_BPF
    report_put(p, "attach by BPF and ptrace");
#else
    report_put(p, "attach by ptrace");
#endif
#ifdef HAVE_SECCOMP
    report_put(p, ", plugins kept from files");
#endif
    report_put(p, report_plots().size ? ", plots by dygraphs" : ", without plots");
    end(p);
    term(p, "Plugins there");
    vfu_plugins_found(NULL, write_plugin, &plugins);
    report_put(p, plugins.count ? "" : "none");
    end(p);
}

/* --- guest memory --- */

static void part(struct report_page *p, bool *any, uint64_t count, const char *what)
{
    if (!count)
        return;
    report_put(p, *any ? ", " : "");
    *any = true;
    report_many(p, count);
    report_put(p, " \xc3\x97 ");
    report_put(p, what);
}

static void write_memory(struct report_page *p)
{
    const struct report_hidden *h = &p->report->hidden;
    bool any = false;

    report_put(p, "<p>");
    if (p->report->how.memory) {
        report_put(p, "<b>This page holds guest memory</b> (--memory), as far as messages carried it: keep it as private as the guest.");
    } else {
        report_put(p, "<b>Guest memory was left out</b> (without --memory): ");
        part(p, &any, h->dma, "data of a DMA message");
        part(p, &any, h->surplus, "surplus bytes");
        part(p, &any, h->bodies, "the body of an error reply");
        part(p, &any, h->cut, "data of a message that was cut");
        part(p, &any, h->state, "migration data");
        part(p, &any, h->registers, "register data of more than 8 bytes");
        part(p, &any, h->unknown, "data of an unknown command");
        part(p, &any, h->unframed, "bytes that are no message");
        part(p, &any, h->plugins, "memory that a plugin read");
        report_put(p, any ? "." : "there was none.");
    }
    if (h->logs) {
        report_put(p, " Lines of other logs were left out (without --logs): ");
        report_many(p, h->logs);
        report_put(p, ".");
    }
    report_put(p, " What the peers call themselves, names, addresses and register values are there.</p>\n");
}

void report_about(struct report_page *p)
{
    const struct report_rows *rows = &p->report->rows;

    report_put(p, "<section id=\"about\"><h2>About this page</h2>\n<dl>");
    write_capture(p);
    write_maker(p);
    report_put(p, "</dl>\n");
    write_memory(p);
    if (rows->left_out) {
        report_put(p, "<p><b>Not all exchanges are listed:</b> ");
        report_many(p, rows->count);
        report_put(p, " are, ");
        report_many(p, rows->left_out);
        report_put(p, " are left out. All that something is wrong with come first, with those around them, then the first and the last "
                      "ones. The verdict and the tables are about all of them.</p>\n");
    }
    report_put(p, "</section>\n");
}
