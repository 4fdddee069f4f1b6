/*
 * Who the peers look like: each one of the table by what it says, beside it what is nearly that, of which nothing is said;
 * and what is known to go wrong between two.
 */
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/wire/encode.h"
#include "test.h"

#define QEMU                                                                                                            \
    "{\"capabilities\": {\"pgsizes\": 4096, \"max_msg_fds\": 16, \"max_dma_maps\": 65535, \"max_data_xfer_size\": 1048576, "  \
    "\"migration\": {\"max_bitmap_size\": 268435456, \"pgsize\": 4096}, \"write_multiple\": true}}"
#define RUST "{\"capabilities\":{\"max_msg_fds\":1,\"max_data_xfer_size\":1048576,\"migration\":{\"pgsize\":4096}}}"
#define SHELL                                                                                                           \
    "{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535,"            \
    "\"write_multiple\":true,\"twin_socket\":{\"supported\":true},\"migration\":{\"pgsize\":4096,\"max_bitmap_size\":268435456}}}"
#define FOUR "\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"pgsizes\":4096,\"max_dma_maps\":65535"
#define LIBVFIO_USER "{ \"capabilities\": { \"max_msg_fds\": 8, \"max_data_xfer_size\": 1048576"
#define ANYBODY "{\"capabilities\":{\"max_msg_fds\":4}}"

/* A VERSION: its text may be NULL. */
struct version {
    const char *json;
    uint16_t id, minor;
};

static struct vfu_session *session;
static char told[256], known[256]; /* who looks like what, and what goes wrong, since the last time */

static void put(const char *list, char room[256])
{
    size_t used = strlen(room);

    snprintf(room + used, 256 - used, "%s%s", used ? "; " : "", list);
}

static void ask(void)
{
    struct vfu_event e;
    char line[200];

    while (vfu_session_peer(session, &e)) {
        snprintf(line, sizeof line, "%s %s", vfu_side_name(e.from), e.peer.name);
        put(line, told);
        for (unsigned i = 0; i < e.peer.known_count; i++)
            put(e.peer.known[i]->id, known);
        CHECK_EQ(e.kind, VFU_EVENT_PEER);
        CHECK_EQ(e.conn, 1);
    }
}

static void send_build(enum vfu_side from, struct vfu_build *b, uint16_t id, size_t captured)
{
    struct vfu_message m = { .conn = 1, .from = from };
    struct vfu_event event;

    CHECK(vfu_build_set_number(b, "header.id", id) && vfu_build_end(b));
    m.bytes = b->bytes;
    m.size = b->size;
    m.captured = captured && captured < b->size ? captured : b->size;
    vfu_session_message(session, &m, &event);
    vfu_build_free(b);
    ask();
}

static void version(enum vfu_side from, const struct version *v, uint16_t id, size_t captured)
{
    struct vfu_build b = { 0 };

    CHECK(vfu_build_start(&b, VFU_VERSION, from == VFU_SERVER) && vfu_build_set_number(&b, "minor", v->minor) &&
          (!v->json || vfu_build_set(&b, "json", v->json)));
    send_build(from, &b, id, captured);
}

static void command(enum vfu_side from, unsigned number, uint16_t id, uint32_t flags, size_t size)
{
    static const uint8_t zeros[8192];
    struct vfu_build b = { 0 };

    CHECK(vfu_build_start(&b, number, false) && vfu_build_set_number(&b, "header.flags", flags));
    if (size > b.size)
        CHECK(vfu_build_append(&b, zeros, size - b.size));
    send_build(from, &b, id, 0);
}

static void begin(void)
{
    vfu_session_free(session);
    session = vfu_session_new(&vfu_all_checks);
    told[0] = known[0] = '\0';
}

static void greet(struct version client, struct version server)
{
    begin();
    version(VFU_CLIENT, &client, client.id, 0);
    CHECK_TEXT(told, ""); /* before the reply */
    version(VFU_SERVER, &server, client.id, 0);
}

static const struct {
    const char *name;
    struct version client, server;
    const char *told, *known;
} greetings[] = {
    { "QEMU", { QEMU, 0, 0 }, { ANYBODY, 0, 0 }, "client QEMU 11 (10.1 or later)", "" },
    { "QEMU's second device, with other limits", { "{\"capabilities\": {\"pgsizes\": 8192, \"max_msg_fds\": 8, "
      "\"max_dma_maps\": 65535, \"max_data_xfer_size\": 1048576, \"migration\": {\"max_bitmap_size\": 268435456, "
      "\"pgsize\": 4096}, \"write_multiple\": true}}", 7, 0 }, { ANYBODY, 0, 0 }, "client QEMU 11 (10.1 or later)", "" },
    { "QEMU's members, in another order", { "{\"capabilities\": {\"max_msg_fds\": 16, \"pgsizes\": 4096, "
      "\"max_dma_maps\": 65535, \"max_data_xfer_size\": 1048576, \"migration\": {\"max_bitmap_size\": 268435456, "
      "\"pgsize\": 4096}, \"write_multiple\": true}}", 0, 0 }, { ANYBODY, 0, 0 }, "", "" },
    { "QEMU's text, of another version", { QEMU, 0, 1 }, { ANYBODY, 0, 0 }, "", "" },
    { "QEMU and libvfio-user", { QEMU, 0, 0 }, { LIBVFIO_USER " } }", 0, 0 },
      "client QEMU 11 (10.1 or later); server libvfio-user", "" },
    { "libvfio-user with migration and a twin", { ANYBODY, 0, 2 },
      { LIBVFIO_USER ", \"migration\": { \"pgsize\": 4096 }, \"twin_socket\": { \"supported\": true, \"fd_index\": 0 } } }", 0, 2 },
      "server libvfio-user", "" },
    { "libvfio-user's text without its blanks", { ANYBODY, 0, 2 },
      { "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576}}", 0, 2 }, "", "" },
    { "libvfio-user's text, and something behind it", { ANYBODY, 0, 2 }, { LIBVFIO_USER " } } ", 0, 2 }, "", "" },
    { "an older libvfio-user with migration", { ANYBODY, 0, 2 },
      { "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576,\"migration\":{\"pgsize\":4096}}}", 0, 1 },
      "server libvfio-user of before September 2023", "" },
    { "rust-vmm on both sides", { RUST, 0, 1 }, { RUST, 0, 0 },
      "client rust-vmm's vfio-user (cloud-hypervisor); server rust-vmm's vfio-user", "error-without-body" },
    { "rust-vmm's text, with another id", { RUST, 1, 1 }, { ANYBODY, 0, 0 }, "", "" },
    { "rust-vmm's text of a server that says 0.1", { ANYBODY, 0, 1 }, { RUST, 0, 1 }, "", "" },
    { "rust-vmm's client and a VERSION without a text", { RUST, 0, 1 }, { NULL, 0, 1 },
      "client rust-vmm's vfio-user (cloud-hypervisor)", "error-without-body; version-without-text" },
    { "QEMU and rust-vmm's server", { QEMU, 0, 0 }, { RUST, 0, 0 },
      "client QEMU 11 (10.1 or later); server rust-vmm's vfio-user", "posted-write-answered" },
    { "libvfio-user's sample client", { "{\"capabilities\":{\"max_msg_fds\":32,\"max_data_xfer_size\":1024}}", 0xda55, 2 },
      { ANYBODY, 0, 2 }, "client libvfio-user's sample client", "" },
    { "its text with another id", { "{\"capabilities\":{\"max_msg_fds\":32,\"max_data_xfer_size\":1024}}", 0, 2 },
      { ANYBODY, 0, 2 }, "", "" },
    { "libvfio-user's Python tests", { "{\"capabilities\": {\"max_data_xfer_size\": 1048576, \"max_msg_fds\": 8, "
      "\"twin_socket\": {\"supported\": true}}}", 3, 1 }, { ANYBODY, 0, 1 }, "client libvfio-user's Python tests", "" },
    { "their text, without a member", { "{\"capabilities\": {\"max_data_xfer_size\": 1048576}}", 3, 1 }, { ANYBODY, 0, 1 }, "", "" },
    { "vfuscope on both sides", { SHELL, 0, 2 }, { "{\"capabilities\":{" FOUR ",\"write_multiple\":true,"
      "\"twin_socket\":{\"supported\":true,\"fd_index\":0}}}", 0, 2 },
      "client vfuscope shell (or ping); server vfuscope serve", "" },
    { "vfuscope check", { "{\"capabilities\":{" FOUR ",\"write_multiple\":true}}", 0, 2 }, { ANYBODY, 0, 2 },
      "client vfuscope check", "" },
    { "vfuscope serve, in another order", { ANYBODY, 0, 2 }, { "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":"
      "1048576,\"max_dma_maps\":65535,\"pgsizes\":4096}}", 0, 2 }, "", "" },
    { "vfuscope and rust-vmm's server", { SHELL, 0, 2 }, { RUST, 0, 0 },
      "client vfuscope shell (or ping); server rust-vmm's vfio-user", "unknown-body-left" },
    { "texts that end early", { "{\"capabilities\": {\"pgsizes\": 4096", 0, 0 }, { "{ \"capabilities\": {", 0, 0 }, "", "" },
    { "a number without digits", { "{\"capabilities\":{\"max_msg_fds\":,\"max_data_xfer_size\":1024}}", 0xda55, 2 },
      { ANYBODY, 0, 0 }, "", "" },
};

static void check_greetings(void)
{
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
        test_case("%s", greetings[i].name);
        greet(greetings[i].client, greetings[i].server);
        CHECK_TEXT(told, greetings[i].told);
        CHECK_TEXT(known, greetings[i].known);
    }
}

static void check_once(void)
{
    const struct version qemu = { QEMU, 0, 0 };

    test_case("it is told once, whatever comes behind it, another VERSION too");
    greet(qemu, (struct version){ LIBVFIO_USER " } }", 0, 0 });
    told[0] = '\0';
    command(VFU_CLIENT, VFU_DEVICE_GET_INFO, 1, 0, 0);
    version(VFU_CLIENT, &qemu, 2, 0);
    version(VFU_SERVER, &(struct version){ RUST, 0, 0 }, 2, 0);
    CHECK_TEXT(told, "");
    CHECK_TEXT(vfu_session_peer_name(session, 1, VFU_SERVER), "libvfio-user");
    CHECK(!vfu_session_peer_name(session, 2, VFU_SERVER));

    test_case("of a client whose VERSION is refused");
    begin();
    version(VFU_CLIENT, &qemu, 0, 0);
    command(VFU_SERVER, VFU_VERSION, 0, VFU_TYPE_REPLY | VFU_ERROR, 0);
    CHECK_TEXT(told, "client QEMU 11 (10.1 or later)");

    test_case("of a capture that begins in the middle, or cuts VERSION, nothing is told");
    begin();
    version(VFU_SERVER, &(struct version){ RUST, 0, 0 }, 0, 0);
    CHECK_TEXT(told, "");
    CHECK(!vfu_session_judges_peer(session, 1, VFU_SERVER));
    begin();
    version(VFU_CLIENT, &qemu, 0, 100);
    version(VFU_SERVER, &(struct version){ ANYBODY, 0, 0 }, 0, 0);
    CHECK_TEXT(told, "");
    CHECK(!vfu_session_judges_peer(session, 1, VFU_CLIENT));
    CHECK(vfu_session_judges_peer(session, 1, VFU_SERVER));
}

/* VERSION without a text, and then what only SPDK's initiator does, or nearly. */
static void check_spdk(void)
{
    static const struct {
        const char *name;
        uint16_t version_id, id;
        size_t size;
        const char *told;
    } cases[] = {
        { "SPDK's initiator", 0, 0, 4080, "client SPDK's initiator" },
        { "no text, and ids that count", 0, 2, 4080, "" },
        { "no text, and no room for the reply", 0, 0, 48, "" },
        { "no text, and another id at first", 1, 0, 4080, "" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_case("%s", cases[i].name);
        greet((struct version){ NULL, cases[i].version_id, 1 }, (struct version){ LIBVFIO_USER " } }", 0, 1 });
        CHECK_TEXT(told, "server libvfio-user");
        told[0] = '\0';
        command(VFU_CLIENT, VFU_DEVICE_GET_INFO, cases[i].id, 0, 0);
        CHECK_TEXT(told, "");
        command(VFU_CLIENT, VFU_DEVICE_GET_REGION_INFO, cases[i].id, 0, cases[i].size);
        CHECK_TEXT(told, cases[i].told);
        CHECK_TEXT(known, told[0] ? "error-body-left; fd-per-area" : "");
    }
}

/* Which rust-vmm it is shows when it refuses something. */
static void check_rust(void)
{
    test_case("rust-vmm's version is seen later, and told");
    greet((struct version){ QEMU, 0, 0 }, (struct version){ RUST, 0, 0 });
    told[0] = known[0] = '\0';
    command(VFU_CLIENT, VFU_DEVICE_RESET, 1, 0, 0);
    command(VFU_SERVER, VFU_DEVICE_RESET, 1, VFU_ERROR, 0);
    CHECK_TEXT(told, "server rust-vmm up to 0.1.3");
    CHECK_TEXT(known, "error-type-0");
    told[0] = '\0';
    command(VFU_CLIENT, VFU_DEVICE_RESET, 2, 0, 0);
    command(VFU_SERVER, VFU_DEVICE_RESET, 2, VFU_ERROR, 0);
    CHECK_TEXT(told, "");

    test_case("an error reply with its type is a newer one's");
    greet((struct version){ QEMU, 0, 0 }, (struct version){ RUST, 0, 0 });
    told[0] = '\0';
    command(VFU_CLIENT, VFU_DEVICE_RESET, 1, 0, 0);
    command(VFU_SERVER, VFU_DEVICE_RESET, 1, VFU_TYPE_REPLY | VFU_ERROR, 0);
    CHECK_TEXT(told, "");

    test_case("an error of type 0 is nobody's sign of another server");
    greet((struct version){ QEMU, 0, 0 }, (struct version){ ANYBODY, 0, 0 });
    told[0] = '\0';
    command(VFU_CLIENT, VFU_DEVICE_RESET, 1, 0, 0);
    command(VFU_SERVER, VFU_DEVICE_RESET, 1, VFU_ERROR, 0);
    CHECK_TEXT(told, "");
}

int main(void)
{
    check_greetings();
    check_once();
    check_spdk();
    check_rust();
    vfu_session_free(session);
    return test_end();
}
