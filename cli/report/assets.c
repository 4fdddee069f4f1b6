/*
 * What the build puts into the program for the page: its style, its script, dygraphs; each with what CSP calls it.
 */
#include "cli/report/inside.h"

#define ASSET(name, file) \
    __asm__(".pushsection .rodata\n" \
            ".balign 8\n" \
            "report_" #name "_size: .quad report_" #name "_end - report_" #name "_bytes\n" \
            "report_" #name "_bytes: .incbin \"" VFUSCOPE_REPORT "/" file "\"\n" \
            "report_" #name "_end: .byte 0\n" \
            "report_" #name "_hash: .incbin \"" VFUSCOPE_REPORT "/" file ".hash\"\n" \
            ".byte 0\n" \
            ".popsection\n"); \
    extern const char report_##name##_bytes[], report_##name##_hash[]; \
    extern const uint64_t report_##name##_size; \
    struct report_asset report_##name(void) \
    { \
        return (struct report_asset){ .bytes = report_##name##_bytes, \
                                      .size = report_##name##_size, \
                                      .hash = report_##name##_hash }; \
    }
ASSET(style, "page.css")
ASSET(script, "page.js")
ASSET(plots, "plots.js")
