/*
 * What this build is made of: see version.h. The versions are those of the libraries that run, where they can be asked.
 */
#include "cli/version.h"
#include "cli/cli.h"
#include "plugins/host/host.h"

#include <cjson/cJSON.h>
#include <histedit.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#ifdef HAVE_BPF
#include <bpf/libbpf_version.h>
#endif
#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

/* "libpcap version 1.10.3 (with TPACKET_V3)": the number. */
static void put_pcap(void)
{
    const char *text = pcap_lib_version(), *number = strpbrk(text, "0123456789");

    printf(", libpcap %.*s", number ? (int)strcspn(number, " ") : 0, number ? number : "");
}

static void put_libraries(void)
{
    printf("libraries: libedit %d.%d, cJSON %s", LIBEDIT_MAJOR, LIBEDIT_MINOR, cJSON_Version());
    put_pcap();
    printf(", zlib %s, zstd %s", zlibVersion(), ZSTD_versionString());
#ifdef HAVE_BPF
    printf(", libbpf %u.%u", (unsigned)LIBBPF_MAJOR_VERSION, (unsigned)LIBBPF_MINOR_VERSION);
#endif
#ifdef HAVE_SECCOMP
    printf(", libseccomp %u.%u.%u", seccomp_version()->major, seccomp_version()->minor, seccomp_version()->micro);
#endif
    printf("\n");
}

struct found {
    unsigned folders, plugins; /* of the last folder */
};

static void put_folder(void *context, const char *path)
{
    struct found *f = context;

    printf("%splugins: %s:", f->folders++ ? f->plugins ? "\n" : " none\n" : "", path);
    f->plugins = 0;
}

static void put_plugin(void *context, const char *name)
{
    struct found *f = context;

    printf("%s %s", f->plugins++ ? "," : "", name);
}

void cli_version_plugins(void)
{
    struct found f = { 0, 0 };

    vfu_plugins_found(put_folder, put_plugin, &f);
    printf(f.folders ? f.plugins ? "\n" : " none\n" : "plugins: none (VFUSCOPE_PLUGIN_PATH names no folder)\n");
}

void cli_version_features(void)
{
#ifdef HAVE_BPF
    printf("attach: bpf, ptrace\n");
#else
    printf("attach: ptrace\n");
#endif
    put_libraries();
    cli_version_plugins();
}
