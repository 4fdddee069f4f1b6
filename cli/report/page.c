/*
 * The page: what can be read without a script comes first, then what is made of it by one.
 */
#include "cli/report/inside.h"

#include <string.h>

/* Only what the build put in may run, or say how it looks; nothing is loaded from anywhere. */
static void write_policy(struct report_page *p)
{
    report_put(p, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '");
    report_put(p, report_script().hash);
    if (report_plots().size) {
        report_put(p, "' '");
        report_put(p, report_plots().hash);
    }
    report_put(p, "'; style-src '");
    report_put(p, report_style().hash);
    report_put(p, "'; base-uri 'none'; form-action 'none'\">\n");
}

static void write_head(struct report_page *p)
{
    report_put(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    write_policy(p);
    report_put(p, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"vfuscope " VFUSCOPE_VERSION
                  "\">\n<title>vfuscope: ");
    report_words(p, p->report->how.source, strlen(p->report->how.source));
    report_put(p, "</title>\n<style>");
    vfu_write(p->w, report_style().bytes, report_style().size);
    report_put(p, "</style>\n</head>\n");
}

static void write_top(struct report_page *p)
{
    report_put(p, "<body>\n<header><h1>vfio-user report</h1><p class=\"aside\">");
    report_words(p, p->report->how.source, strlen(p->report->how.source));
    if (p->report->begun) {
        report_put(p, ", ");
        report_date(p, p->report->first.wall_ns);
    }
    report_put(p, "</p>\n<nav aria-label=\"Parts of the page\"><a href=\"#verdict\">Verdict</a> <a class=\"scripted\" href=\"#time\">Time line</a> "
                  "<a class=\"scripted\" href=\"#latency\">Latency</a> <a href=\"#commands\">Commands</a> ");
    report_put(p, p->report->heat.count ? "<a href=\"#registers\">Registers</a> " : "");
    report_put(p, p->report->maps.count ? "<a href=\"#dma\">DMA</a> " : "");
    report_put(p, "<a class=\"scripted\" href=\"#exchanges\">Exchanges</a> <a href=\"#about\">About</a></nav></header>\n<main>\n");
}

/* What a script fills in; it is not shown without. */
static void write_scripted(struct report_page *p)
{
    if (!report_plots().size)
        report_put(p, "<p class=\"aside\">This page has no plots: vfuscope was built without dygraphs (the Debian package "
                      "libjs-dygraphs).</p>\n");
    report_put(p, "<section id=\"time\" class=\"scripted\"><h2>Time line</h2>\n<div id=\"plot-time\" class=\"plot\"></div>\n"
                  "<div id=\"plot-rate\" class=\"plot\"></div></section>\n"
                  "<section id=\"latency\" class=\"scripted\"><h2>Latency over time</h2>\n<div id=\"plot-latency\" class=\"plot\"></div>"
                  "</section>\n");
}

static void write_list(struct report_page *p)
{
    report_put(p, "<section id=\"exchanges\" class=\"scripted\"><h2>Exchanges</h2>\n<form id=\"search\"><label for=\"filter\">Filter</label> "
                  "<input id=\"filter\" type=\"search\" spellcheck=\"false\" autocomplete=\"off\" autocapitalize=\"off\" "
                  "placeholder=\"error or latency &gt; 1ms; region == bar0 and offset in 0x14..0x1c; any words\"> "
                  "<span id=\"found\" role=\"status\"></span><div id=\"quick\"></div></form>\n<div id=\"list\"></div></section>\n");
}

void report_page_write(struct report_page *p)
{
    write_head(p);
    write_top(p);
    report_verdict(p);
    report_put(p, "<noscript><p class=\"aside\">Without JavaScript this page has no plots, and only those exchanges that are named "
                  "here, with what stands around them.</p></noscript>\n");
    report_named_messages(p);
    write_scripted(p);
    report_tables(p);
    write_list(p);
    report_about(p);
    report_put(p, "</main>\n");
    report_data(p);
    if (report_plots().size) {
        report_put(p, "<script>");
        vfu_write(p->w, report_plots().bytes, report_plots().size);
        report_put(p, "</script>\n");
    }
    report_put(p, "<script>");
    vfu_write(p->w, report_script().bytes, report_script().size);
    report_put(p, "</script>\n</body>\n</html>\n");
}
