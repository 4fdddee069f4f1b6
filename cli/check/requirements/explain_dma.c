/*
 * Requirements of the DMA map, at length. See struct vfu_explanation.
 */
#include "cli/check/requirements/inside.h"

const struct vfu_explained check_explain_dma[] = {
    { "map-fd",
      { .means = "Memory that comes with a descriptor is mapped. It is how VMMs give guest memory to a device.",
        .todo = "mmap the descriptor at the request's offset, and keep it until the unmap." } },
    { "map-offset",
      { .means = "Memory that begins somewhere in its file is mapped. Guest memory above 4 GiB is such a case.",
        .todo = "Hand the request's offset to mmap; don't add it to the address afterwards." } },
    { "map-message",
      { .means = "Memory without a descriptor is accepted, above 4 GiB too. The device then reaches it by DMA_READ "
                 "and DMA_WRITE.",
        .who = "QEMU maps ROMs, and memory that is not shared, in this way.",
        .todo = "Accept the mapping. If the device can't do DMA by message, say so in your log when it needs to." } },
    { "map-reply",
      { .means = "The reply to DMA_MAP is a header alone. A client that expects no payload takes it for the next "
                 "message.",
        .todo = "Send 16 bytes." } },
    { "map-again",
      { .means = "The very same mapping a second time should get EEXIST, as the specification demands of any that "
                 "lies over another.",
        .who = "libvfio-user takes it as done, and clients live with it.",
        .todo = "Look for any overlap with what is mapped, equal ones included, and answer EEXIST." } },
    { "map-over",
      { .means = "A mapping over a part of another one is refused. An address would otherwise stand for two places "
                 "in memory.",
        .todo = "Look for overlaps with what is mapped before a mapping is added." } },
    { "map-overlap",
      { .means = "The errno of a refused overlap should be EEXIST. Clients can tell it from other mistakes by that.",
        .who = "libvfio-user answers EINVAL.",
        .todo = "Answer EEXIST." } },
    { "map-beside",
      { .means = "A mapping may begin where another one ends. Guest memory is often mapped in pieces that lie side "
                 "by side.",
        .todo = "Compare with < where ends are compared with beginnings: address < end, not <=." } },
    { "map-readonly",
      { .means = "Memory that can only be read can be mapped. VMMs map ROMs so.",
        .todo = "Map it with the access that the flags allow, and don't demand both." } },
    { "map-max",
      { .means = "As many mappings as the server's max_dma_maps says are accepted, and one more is refused. Clients "
                 "count on the number.",
        .todo = "Say in VERSION what you really have room for, and refuse what is above." } },
    { "map-empty",
      { .means = "A mapping of no bytes should be refused: it can't be told from none, nor unmapped.",
        .who = "libvfio-user accepts it.",
        .todo = "Check size > 0." } },
    { "map-wrap",
      { .means = "A mapping whose end is behind the last 64-bit address is refused. Its end is a small number after "
                 "the addition, and each later check against it goes wrong.",
        .todo = "Check address + size - 1 >= address." } },
    { "map-short",
      { .means = "A DMA_MAP that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 32 bytes." } },
    { "unmap",
      { .means = "What was mapped can be unmapped, and then mapped again. A mapping that stays in a table takes its "
                 "place for ever.",
        .todo = "Remove it from all tables, not only from the address space." } },
    { "unmap-reply",
      { .means = "The reply to DMA_UNMAP should repeat address and size.",
        .who = "Some servers answer with the header alone, and clients live with it.",
        .todo = "Copy the request's 24 bytes into the reply." } },
    { "unmap-unknown",
      { .means = "An unmap where nothing is mapped is refused.",
        .who = "QEMU unmaps ranges that it never mapped, and takes the error, mostly ENOENT, as an answer.",
        .todo = "Answer ENOENT, and go on." } },
    { "unmap-part",
      { .means = "Half of a mapping can't be unmapped: address and size have to be those of a mapping.",
        .todo = "Compare both with the mapping; refuse what is not equal." } },
    { "unmap-wrap",
      { .means = "An unmap whose end wraps around in 64 bits is refused. A check of the sum alone may take it for a "
                 "part of a mapping, or for all of them.",
        .todo = "Compare address and size with those of a mapping; don't add them." } },
    { "unmap-short",
      { .means = "A DMA_UNMAP that ends before its fields do gets an error reply.",
        .todo = "Check that the payload has 24 bytes." } },
    { "unmap-two",
      { .means = "Two mappings that lie side by side can't be unmapped as one. If the server takes only the first "
                 "away, the device keeps memory that the client takes for freed.",
        .todo = "Compare address and size with one mapping; refuse what is not equal." } },
    { "unmap-release",
      { .means = "When the unmap is answered, the server has neither the file open nor its memory mapped. The client "
                 "may give the memory to somebody else from then on.",
        .todo = "Before the reply: end DMA that is under way, munmap, close." } },
    { "unmap-all",
      { .means = "Where the server takes the flag unmap_all (2), all mappings are gone afterwards. The specification "
                 "no longer has this flag.",
        .todo = "Remove every mapping, or refuse the flag." } },
    { "unmap-bitmap",
      { .means = "Where the server answers the flag for dirty bitmaps with a bitmap, it is as large as was asked "
                 "for. The specification no longer has this flag.",
        .todo = "Send the 24 bytes, the bitmap's header, and as many bytes as it says; or refuse the flag." } },
    { "disconnect-release",
      { .means = "When a client has left and the next one is served, the server should have neither its memory's "
                 "file open nor mapped. It is the memory of a VM that ended.",
        .todo = "Remove all mappings when a connection ends, however it ends." } },
    { "map-reconnect",
      { .means = "The mappings of a client should end with its connection: the next client can map the same "
                 "addresses.",
        .todo = "Remove all mappings when a connection ends, however it ends." } },
    { NULL },
};
