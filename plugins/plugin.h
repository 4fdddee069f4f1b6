/*
 * A plugin says what a device's registers mean: it is told of each access to a device's regions, of its DMA mappings,
 * interrupts and resets, and adds notes to what vfuscope shows. vfuscope-plugin(7) describes how it is found, and has an
 * example.
 *
 * A plugin is a shared object that exports one object, `vfuscope_plugin`. It runs in a process of its own, in one
 * thread, after the traffic was forwarded: it can neither stop nor change anything. One thing waits for it, for 1 ms at most:
 * an interrupt that --expose irq shows, for plugins that read guest memory in `interrupt`. When it crashes, or takes longer
 * than five seconds over one call, that call is left and there are no more notes from it.
 *
 * Everything that it sees was written by a guest or a device, and may be anything.
 */
#ifndef VFUSCOPE_PLUGIN_H
#define VFUSCOPE_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * 7: looks by a clock.
 * 6: requests, how much room there is for notes, reads of memory as it is by now, interrupts that wait for the look.
 * 5: what people call a device; commands of the shell that drive one: memory with names, interrupts, what is kept from one
 * to the next.
 * 4: places of registers that only the plugin knows.
 * 3: misfits and reasons: their tables, how they are said, and what there is to compare: region and interrupt info.
 * 2: accesses are told once they are answered; `sent` and `gap`. In 1 a write was told when it was sent, and taken back
 * if it was refused; what is made for 1 is loaded, and hears nothing of what is refused.
 */
enum { VFP_ABI = 7 };

/* Region indexes of a PCI device; higher ones are the device's own. IRQ indexes. */
enum vfp_region { VFP_BAR0 = 0, VFP_BAR1, VFP_BAR2, VFP_BAR3, VFP_BAR4, VFP_BAR5, VFP_ROM, VFP_CONFIG, VFP_VGA };
enum vfp_irq { VFP_INTX = 0, VFP_MSI, VFP_MSIX, VFP_ERR, VFP_REQ };

/* One device on one connection, seen by one plugin: the host's. */
struct vfp_device;

/* What a PCI device says it is. Before its config space was read nothing is known. */
struct vfp_ids {
    bool known;
    uint16_t vendor, device;
    uint32_t class_code; /* base class, subclass, programming interface: 0x010802 */
    uint8_t revision;
    bool subsystem_known;
    uint16_t subsystem_vendor, subsystem;
};

/* Which devices a plugin is for. VFP_ANY matches every id. */
#define VFP_ANY 0xffffffffu
struct vfp_claim {
    uint32_t vendor, device;
    uint32_t class_code, class_mask; /* the bits of class_code that count; 0: any class */
};

/*
 * An access to a region: what the device did. It is told once it is answered, a posted write at once, and in the order
 * of the commands, which is the device's: so it may wait for those before it.
 */
struct vfp_access {
    uint64_t time_ns;    /* monotonic: when a write was sent, when a read was answered */
    uint64_t latency_ns; /* how long its reply took; 0 of a posted write */
    uint64_t offset;  /* in the region */
    uint64_t size;    /* as asked for */
    unsigned region;
    bool is_write;
    bool posted; /* a write without a reply */
    uint32_t error; /* not 0: it is refused, with this errno (UINT32_MAX: with none), and nothing happened */
    const uint8_t *data; /* data_size bytes of it are at hand: at most size, perhaps none: a capture may have cut them */
    size_t data_size;
    bool has_value; /* 1, 2, 4 or 8 bytes, all at hand: then `value` is the number they are */
    uint64_t value;
};

/* Guest memory that the device may reach. */
struct vfp_map {
    uint64_t address, size;
    bool readable, writeable;
    bool shared;     /* it came with a file descriptor */
    bool unmapped;   /* it goes; false: it comes */
};

/* DMA by message that was done: the device reads or writes guest memory through the socket. */
struct vfp_dma {
    uint64_t time_ns;
    uint64_t address, size;
    bool is_write;       /* the device writes */
    const uint8_t *data; /* data_size bytes of it are at hand */
    size_t data_size;
};

struct vfp_interrupt { /* seen when interrupts are exposed */
    uint64_t time_ns;
    unsigned index, vector;
    uint64_t count;
};

/* What the device said of a region, and of an IRQ index (VFIO's flags). */
struct vfp_region_info {
    uint64_t size;
    uint32_t flags;
    bool whole;         /* its capabilities came with it, all of them, or it has none */
    bool sparse;        /* a list of areas says what of it may be mapped */
    bool msix_mappable; /* VFIO capability 3: the client may map the MSI-X table */
};
struct vfp_irq_info {
    uint32_t flags, count;
};

/*
 * A request that the device has done, in a queue of its own. Sinks make of them what is machine-readable: JSON, the summary by
 * queue and opcode, tracks of a trace. What is not known is 0, or not among `known`.
 */
enum vfp_request_known {
    VFP_HAS_OPCODE = 1,
    VFP_HAS_LBA = 2, /* and blocks */
    VFP_HAS_STATUS = 4,
    VFP_HAS_LATENCY = 8,
    VFP_HAS_FAILED = 16, /* not only known: it did */
};
struct vfp_request {
    uint32_t known; /* bits of enum vfp_request_known */
    uint32_t queue;
    uint32_t id;       /* by which the driver knows it in its queue */
    uint32_t opcode;
    const char *name;  /* of the opcode, at most 39 bytes: "Read"; NULL: none */
    uint32_t status;   /* the device's own word; 0: all is well */
    uint32_t blocks;
    uint64_t lba;
    uint64_t bytes;    /* that it moves */
    uint64_t since_ns; /* monotonic: when it was seen to be given to the device */
    uint64_t latency_ns; /* from then on, until its completion was seen */
    uint32_t depth;    /* so many of its queue were under way, with it */
};

/* Is there something in guest memory that no message told of? */
enum vfp_moved {
    VFP_SEEN = 0, /* whatever happens is told of by messages: no clock is needed */
    VFP_STILL,    /* such things do happen, but none did since the last look */
    VFP_MOVED,
};

/* How a read of guest memory went. */
enum vfp_memory {
    VFP_OK = 0,
    VFP_UNMAPPED,   /* outside of what the device may reach (or across its end) */
    VFP_NOT_SHARED, /* mapped without a file descriptor: only messages reach it */
    VFP_MISSING,    /* not at hand: a capture file without it, attach, or a connection whose begin was not seen */
    VFP_FAILED,     /* could not be read */
    VFP_TOO_MUCH,   /* more than the host reads for one message (64 KiB in all) */
};

/* What the host does for a plugin. Later versions append. */
struct vfp_host {
    uint32_t abi;
    uint32_t size; /* of this struct */
    /* Add a note to the message at hand (from within a callback): one line, printf's format. */
    __attribute__((format(printf, 2, 3))) void (*note)(struct vfp_device *device, const char *format, ...);
    /* Likewise, a warning: something that the person should look at. */
    __attribute__((format(printf, 2, 3))) void (*warn)(struct vfp_device *device, const char *format, ...);
    /*
     * Read guest memory as it is now, a moment after the message. Nothing is read in part: anything but VFP_OK leaves
     * the buffer zeroed. What was read for the message already is as it was then, `read_now` knows what it is by now.
     */
    enum vfp_memory (*read)(struct vfp_device *device, uint64_t address, void *buffer, size_t size);
    /* Why, for people: "outside the DMA map". */
    const char *(*why)(enum vfp_memory result);
    /* Is the whole range mapped, for the device to read, or to write? True if that can't be known: see VFP_MISSING. */
    bool (*is_mapped)(struct vfp_device *device, uint64_t address, uint64_t size, bool to_write);
    const struct vfp_ids *(*ids)(struct vfp_device *device);
    /* Bytes of config space, as last read by the client. False: not all of them were. */
    bool (*config)(struct vfp_device *device, unsigned offset, void *buffer, size_t size);
    /* A region's size; 0: not known. */
    uint64_t (*region_size)(struct vfp_device *device, unsigned region);
    /* Was any of this part of a region offered to the client for mmap? Then not every access to it is seen. */
    bool (*is_mappable)(struct vfp_device *device, unsigned region, uint64_t offset, uint64_t size);
    /* --- from version 3 on --- */
    /*
     * Say that something does not fit together, at the message at hand: a row of the plugin's `misfits`, by its number, and
     * what is wrong, with the numbers in it: one line, 159 bytes at most. Only what is certain: where something was not seen
     * nothing is to be said. The same line is said once a device.
     */
    __attribute__((format(printf, 3, 4))) void (*misfit)(struct vfp_device *device, unsigned misfit, const char *format, ...);
    /*
     * Say why an access is refused, from within `access` told with an error: a row of the plugin's `reasons`. `messages`,
     * count of them (4 at most), bear it out. It stands below the error reply; of an access that is told after its reply, since
     * it waited for others, it becomes a note. `perhaps`: it is a guess, and is shown as one.
     */
    __attribute__((format(printf, 5, 6))) void (*because)(struct vfp_device *device, unsigned reason, const uint64_t *messages,
                                                          unsigned count, const char *format, ...);
    __attribute__((format(printf, 5, 6))) void (*perhaps)(struct vfp_device *device, unsigned reason, const uint64_t *messages,
                                                          unsigned count, const char *format, ...);
    /* The number of the message at hand, as people see it: to be given to `because` later. 0: of none. */
    uint64_t (*message)(struct vfp_device *device);
    /* What the device said of a region or an IRQ index. False: that was not seen, or is not at hand. */
    bool (*region)(struct vfp_device *device, unsigned region, struct vfp_region_info *info);
    bool (*irq)(struct vfp_device *device, unsigned index, struct vfp_irq_info *info);
    /* --- from version 4 on --- */
    /* What the plugin's `place` says is another now: it is asked again once the message at hand is told. */
    void (*places_changed)(struct vfp_device *device);
    /* --- from version 6 on --- */
    /* As `read`, of what may have changed since it was read for the message at hand: who has it now? */
    enum vfp_memory (*read_now)(struct vfp_device *device, uint64_t address, void *buffer, size_t size);
    /* For how many more notes the message at hand has room. */
    unsigned (*room)(struct vfp_device *device);
    /* Add a request to the message at hand, at most 256; what has no room is counted as gone by. Beside notes, not in their place. */
    void (*request)(struct vfp_device *device, const struct vfp_request *request);
    /* So many of a queue went by, and nothing more is known of them. */
    void (*went_by)(struct vfp_device *device, uint32_t queue, uint64_t count);
};

/*
 * A misfit or a reason that a plugin may say. People ask for it by PLUGIN-NAME: `--ignore`, filters, `explain`; so it stays
 * as it is. All texts are plain sentences, which are wrapped where they are shown.
 */
enum vfp_side { VFP_NOBODY = 0, VFP_CLIENT, VFP_SERVER /* the device */ };
struct vfp_finding {
    const char *name;    /* lower-case words with -; with the plugin's name and a - before it at most 27 bytes; NULL ends a list */
    const char *section; /* of the specification that says so */
    const char *help;    /* what it demands, or says, in one line */
    const char *means;   /* that at length, and why it matters: two to four sentences */
    const char *who;     /* stumbles over it, where that is known; may be NULL */
    const char *example; /* lines as vfuscope prints them; may be NULL */
    const char *todo;    /* what the device's author does about it */
    enum vfp_side by;    /* of a misfit: who is at fault, where that is known */
};

/* A field of a register: bits low to low + bits - 1. */
struct vfp_field {
    const char *name; /* NULL ends a list */
    uint8_t low, bits;
    const char *const *values; /* names of the values 0, 1, ...; NULL where one has none, value_count of them */
    uint8_t value_count;
};

/*
 * A register: the shell takes its name, PLUGIN.NAME, and lines about an access to it have the name and what its fields say. A
 * region of VFP_LOCATED and above is none: the plugin's `place`, and for the shell `locate`, says where the register is, and what
 * is above VFP_LOCATED is the plugin's own.
 */
enum { VFP_LOCATED = 0x80 };
enum vfp_register_flag {
    VFP_READ_CHANGES = 1, /* reading it changes the device: only where it is asked for by name */
    VFP_READ_ONLY = 2,    /* a write changes nothing */
    VFP_WRITE_ONLY = 4,   /* what a read gives means nothing: likewise only by name */
};
struct vfp_register {
    const char *name; /* lower case, no blanks: "csts"; NULL ends a list */
    uint32_t offset;
    uint8_t region, width;
    const struct vfp_field *fields; /* may be NULL */
    const char *help;
    uint8_t flags; /* enum vfp_register_flag */
};

/* Where a device has a register, or several of one kind in a row: NAME[0], NAME[1], ... */
struct vfp_place {
    uint64_t offset;
    uint64_t stride; /* bytes from one to the next */
    uint32_t region;
    uint32_t count;  /* 0: there is one, without a number */
};

/* --- commands of the shell --- */

/* The device that the shell is connected to, while a command runs: the host's. */
struct vfp_shell;

/* How an access went. */
enum vfp_result {
    VFP_DONE = 0,
    VFP_REFUSED,  /* the device answered with an error */
    VFP_NOT_DONE, /* nothing came back in time, or the connection ended */
};

/*
 * What the shell does for a command: accesses go through its connection, one after the other, each with the shell's time
 * limit, and the device's own DMA is served meanwhile. When the person stops the command no function returns.
 */
struct vfp_shell_host {
    uint32_t abi;
    uint32_t size; /* of this struct */
    /* A line for the person, printf's format; control bytes are escaped. Also an item of `lines` with --json. */
    __attribute__((format(printf, 2, 3))) void (*print)(struct vfp_shell *shell, const char *format, ...);
    /* A number as a member of the --json object, of `name` (a-z, 0-9, _); `expect NAME == ...` looks there. */
    void (*value)(struct vfp_shell *shell, const char *name, uint64_t value);
    /* Why the command fails; it should return something else than 0 then. */
    __attribute__((format(printf, 2, 3))) void (*fail)(struct vfp_shell *shell, const char *format, ...);
    /* A register of 1, 2, 4 or 8 bytes; *value is 0 unless it was read. */
    enum vfp_result (*get)(struct vfp_shell *shell, unsigned region, uint64_t offset, unsigned width, uint64_t *value);
    enum vfp_result (*put)(struct vfp_shell *shell, unsigned region, uint64_t offset, unsigned width, uint64_t value);
    /* Bytes of a region, at most 4096; zeroed unless all were read. */
    enum vfp_result (*bytes)(struct vfp_shell *shell, unsigned region, uint64_t offset, void *buffer, size_t size);
    /* Memory that the shell gave to the device (dma map), at most 4096 bytes: VFP_OK or VFP_UNMAPPED. */
    enum vfp_memory (*read)(struct vfp_shell *shell, uint64_t address, void *buffer, size_t size);
    /* Why the last access failed, for people; good until the next one. */
    const char *(*why)(struct vfp_shell *shell);
    /* Let so many milliseconds pass (at most 1000). A command that says nothing for 5 s is taken for hung. */
    void (*pause)(struct vfp_shell *shell, unsigned milliseconds);
    /* --- from version 5 on --- */
    /* A number as the shell reads it: 10, 0x0a, 4K; or memory that has a name: "ring", "ring+0x10". False: it is none. */
    bool (*number)(struct vfp_shell *shell, const char *word, uint64_t *number);
    /*
     * Where the memory of this name is (mem alloc): at least `size` bytes, whole pages. What has the name stays as it is; what is
     * not there, or smaller, is mapped anew, zeroed. *address is 0 unless it was done.
     */
    enum vfp_result (*alloc)(struct vfp_shell *shell, const char *name, uint64_t size, uint64_t *address);
    /* Write to memory that the shell gave to the device, at most 4096 bytes: VFP_OK or VFP_UNMAPPED, and nothing was written. */
    enum vfp_memory (*write)(struct vfp_shell *shell, uint64_t address, const void *bytes, size_t size);
    /* Show that memory, up to 1M of it, as `mem dump` does, but repeated lines as a *; with --json it is the member `data`, the first time. */
    enum vfp_memory (*show)(struct vfp_shell *shell, uint64_t address, uint64_t size);
    /*
     * Take an interrupt that came, or wait for one, so many milliseconds (at most 5000). It is armed if it was not, so the first
     * call, with 0, stands before what causes it. VFP_NOT_DONE: none came; VFP_REFUSED: the device has no such one. `why` says it.
     */
    enum vfp_result (*wait)(struct vfp_shell *shell, unsigned index, unsigned vector, unsigned milliseconds);
    /*
     * What the plugin keeps from one command to the next, at most 4096 bytes: its queues' heads and tails. Zeros at first, and
     * again after `connect`; a device that was reset meanwhile is for the plugin to notice.
     */
    void (*recall)(struct vfp_shell *shell, void *state, size_t size);
    void (*keep)(struct vfp_shell *shell, const void *state, size_t size);
};

/*
 * A command of the shell, `PLUGIN NAME [ARGUMENT]...`, for devices that the plugin claims. It runs in a process of its own
 * and begins with nothing but what `recall` has: no state of `open`.
 */
struct vfp_command {
    const char *name;  /* one word; NULL ends a list */
    const char *usage; /* its arguments: "N" or "" */
    const char *help;  /* one line */
    const char *more;  /* for `help PLUGIN NAME`; may be NULL */
    unsigned min, max; /* how many arguments */
    const char *words; /* what the first argument may be, with blanks between, for completion; may be NULL */
    /*
     * 0: it was done. If not, and it called no `fail`, it failed as its last access did: an error reply counts as the
     * command's own, for `expect error`.
     */
    int (*run)(struct vfp_shell *shell, const struct vfp_shell_host *host, int argc, char **argv);
};

enum { VFP_FINDINGS = 32 };

/* Capabilities that a plugin declares: it is not called without. */
enum { VFP_USES_MEMORY = 1 /* guest memory through host->read */ };

struct vfp_plugin {
    uint32_t abi;  /* VFP_ABI */
    uint32_t size; /* sizeof(struct vfp_plugin) */
    const char *name; /* lower-case letters, digits, -, _; at most 23 */
    const char *summary;
    uint32_t uses; /* VFP_USES_... */
    const struct vfp_claim *claims; /* claim_count of them; none: every device */
    size_t claim_count;
    const struct vfp_register *registers; /* ends with a NULL name; may be NULL */

    /*
     * A device appears: as soon as it is known to be one of those claimed (perhaps by its class alone: its `ids` are not known
     * then), or at the connection's begin when it is claimed by name. Returns the plugin's own state of it, which every other function gets; NULL: never mind.
     */
    void *(*open)(struct vfp_device *device, const struct vfp_host *host);
    /* The connection ends. Every function from here on may be NULL. */
    void (*close)(void *state);
    void (*access)(void *state, const struct vfp_access *access);
    void (*map)(void *state, const struct vfp_map *map);
    void (*dma)(void *state, const struct vfp_dma *dma);
    void (*interrupt)(void *state, const struct vfp_interrupt *interrupt);
    void (*reset)(void *state);                     /* by DEVICE_RESET, once it is done */
    void (*migration)(void *state, uint32_t state_number); /* the device was set to this VFIO migration state */
    /*
     * Where a register of region VFP_LOCATED and above is, in a device whose config space begins with these bytes (256 or
     * more). False: the device has no such register. May be NULL, and called without an `open`.
     */
    bool (*locate)(const struct vfp_register *r, const uint8_t *config, size_t size, uint8_t *region, uint32_t *offset);
    const struct vfp_command *commands; /* ends with a NULL name; may be NULL */
    /*
     * A write was sent that is told of later, or never. Nothing is known of it yet, and notes count for nothing. What
     * it will have the plugin read of guest memory is to be read here: it may be another by then. It is kept, and then
     * read again.
     */
    void (*sent)(void *state, const struct vfp_access *write);
    /* Messages are missing here: what is known of the device may not hold any more. */
    void (*gap)(void *state);
    /* --- from version 3 on --- */
    const struct vfp_finding *misfits, *reasons; /* at most VFP_FINDINGS each, the last with a NULL name; may be NULL */
    /* The device said something new of its regions or interrupts: what `region` and `irq` answer. */
    void (*info)(void *state);
    /* --- from version 4 on --- */
    /*
     * Where a register of region VFP_LOCATED and above is in this device, as far as that is certain by now: it may be in several
     * places, number 0, 1, ... False: in no more. Asked once the device was opened, and when places_changed says so; nothing is to
     * be said in it. NULL: `locate` is asked, once the client has read all of the first 256 bytes of config space.
     */
    bool (*place)(void *state, const struct vfp_register *r, unsigned number, struct vfp_place *place);
    /* --- from version 5 on --- */
    /*
     * What people call a device that the plugin claims: "QEMU edu". False: there is no name for it. May be NULL, and called without an
     * `open`. The plugin that claims fewer devices is asked first.
     */
    bool (*describe)(const struct vfp_ids *ids, char *text, size_t size);
    /* --- from version 7 on; both, or neither --- */
    /*
     * A clock (tap --look, each millisecond) asks what has happened. A plugin that reads guest memory answers from a few bytes of
     * it, and keeps nothing: it is asked again and again, notes count for nothing, and no capture has what it reads.
     */
    enum vfp_moved (*moved)(void *state);
    /* Soon after it said VFP_MOVED: to read what there is, and say it. */
    void (*look)(void *state, uint64_t time_ns);
};

/* What a plugin exports. */
#define VFP_EXPORT __attribute__((visibility("default")))
extern const struct vfp_plugin vfuscope_plugin VFP_EXPORT;

#ifdef __cplusplus
}
#endif

#endif
