/*
 * NVMe: names of commands, identify's structures, features, log pages and statuses (Base Specification 2.0, figures of
 * chapters 3 and 5; NVM Command Set Specification 1.0).
 */
#include "plugins/nvme/nvme.h"

struct name {
    unsigned number;
    const char *text;
};

#define FIND(table, number) find(table, sizeof(table) / sizeof((table)[0]), number)

static const char *find(const struct name *names, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].number == number)
            return names[i].text;
    return NULL;
}

bool nvme_creates_queue(uint8_t opcode) { return opcode == NVME_CREATE_SQ || opcode == NVME_CREATE_CQ; }

const char *nvme_opcode(bool admin, uint8_t opcode)
{
    static const struct name admins[] = {
        { 0x00, "Delete I/O SQ" },       { 0x01, "Create I/O SQ" },      { 0x02, "Get Log Page" },
        { 0x04, "Delete I/O CQ" },       { 0x05, "Create I/O CQ" },      { 0x06, "Identify" },
        { 0x08, "Abort" },               { 0x09, "Set Features" },       { 0x0a, "Get Features" },
        { 0x0c, "Async Event Request" }, { 0x0d, "Namespace Management" }, { 0x10, "Firmware Commit" },
        { 0x11, "Firmware Download" },   { 0x14, "Device Self-test" },   { 0x15, "Namespace Attachment" },
        { 0x18, "Keep Alive" },          { 0x19, "Directive Send" },     { 0x1a, "Directive Receive" },
        { 0x1c, "Virtualization Management" }, { 0x1d, "NVMe-MI Send" }, { 0x1e, "NVMe-MI Receive" },
        { 0x20, "Capacity Management" }, { 0x24, "Lockdown" },           { 0x7c, "Doorbell Buffer Config" },
        { 0x7f, "Fabrics" },             { 0x80, "Format NVM" },         { 0x81, "Security Send" },
        { 0x82, "Security Receive" },    { 0x84, "Sanitize" },           { 0x86, "Get LBA Status" },
    };
    static const struct name nvms[] = {
        { 0x00, "Flush" },                { 0x01, "Write" },               { 0x02, "Read" },
        { 0x04, "Write Uncorrectable" },  { 0x05, "Compare" },             { 0x08, "Write Zeroes" },
        { 0x09, "Dataset Management" },   { 0x0c, "Verify" },              { 0x0d, "Reservation Register" },
        { 0x0e, "Reservation Report" },   { 0x11, "Reservation Acquire" }, { 0x12, "I/O Management Receive" },
        { 0x15, "Reservation Release" },  { 0x19, "Copy" },                { 0x1d, "I/O Management Send" },
        { 0x79, "Zone Management Send" }, { 0x7a, "Zone Management Receive" }, { 0x7d, "Zone Append" },
    };
    const char *name = admin ? FIND(admins, opcode) : FIND(nvms, opcode);

    if (name)
        return name;
    return opcode >= (admin ? 0xc0 : 0x80) ? "vendor specific command" : "unknown command";
}

void nvme_add_opcode(struct vfp_line *l, bool admin, uint8_t opcode)
{
    const char *name = nvme_opcode(admin, opcode);

    vfp_add(l, name[0] >= 'a' ? "%s 0x%02x" : "%s", name, opcode); /* names begin with a capital */
}

const char *nvme_identify_name(uint8_t cns)
{
    static const struct name names[] = {
        { 0x00, "namespace" },
        { 0x01, "controller" },
        { 0x02, "active namespaces" },
        { 0x03, "namespace descriptors" },
        { 0x04, "NVM set list" },
        { 0x05, "I/O command set's namespace" },
        { 0x06, "I/O command set's controller" },
        { 0x07, "I/O command set's active namespaces" },
        { 0x08, "namespace, command set independent" },
        { 0x10, "allocated namespaces" },
        { 0x11, "allocated namespace" },
        { 0x12, "controllers of the namespace" },
        { 0x13, "controllers" },
        { 0x14, "primary controller capabilities" },
        { 0x15, "secondary controllers" },
        { 0x16, "namespace granularity" },
        { 0x17, "UUID list" },
        { 0x18, "domains" },
        { 0x19, "endurance groups" },
        { 0x1c, "I/O command sets" },
    };

    return FIND(names, cns);
}

const char *nvme_feature_name(uint8_t fid)
{
    static const struct name names[] = {
        { 0x01, "arbitration" },
        { 0x02, "power management" },
        { 0x03, "LBA range type" },
        { 0x04, "temperature threshold" },
        { 0x05, "error recovery" },
        { 0x06, "volatile write cache" },
        { 0x07, "number of queues" },
        { 0x08, "interrupt coalescing" },
        { 0x09, "interrupt vector configuration" },
        { 0x0a, "write atomicity" },
        { 0x0b, "async event configuration" },
        { 0x0c, "autonomous power state transition" },
        { 0x0d, "host memory buffer" },
        { 0x0e, "timestamp" },
        { 0x0f, "keep alive timer" },
        { 0x10, "host controlled thermal management" },
        { 0x11, "non-operational power state" },
        { 0x12, "read recovery level" },
        { 0x13, "predictable latency configuration" },
        { 0x14, "predictable latency window" },
        { 0x15, "LBA status interval" },
        { 0x16, "host behavior support" },
        { 0x17, "sanitize configuration" },
        { 0x18, "endurance group event configuration" },
        { 0x19, "I/O command set profile" },
        { 0x1a, "spinup control" },
        { 0x7d, "enhanced controller metadata" },
        { 0x7e, "controller metadata" },
        { 0x7f, "namespace metadata" },
        { 0x80, "software progress marker" },
        { 0x81, "host identifier" },
        { 0x82, "reservation notification mask" },
        { 0x83, "reservation persistence" },
        { 0x84, "namespace write protection" },
    };

    return FIND(names, fid);
}

const char *nvme_log_name(uint8_t lid)
{
    static const struct name names[] = {
        { 0x00, "supported log pages" },
        { 0x01, "error information" },
        { 0x02, "SMART" },
        { 0x03, "firmware slots" },
        { 0x04, "changed namespaces" },
        { 0x05, "commands supported and effects" },
        { 0x06, "device self-test" },
        { 0x07, "telemetry, host" },
        { 0x08, "telemetry, controller" },
        { 0x09, "endurance group" },
        { 0x0a, "predictable latency" },
        { 0x0c, "asymmetric namespace access" },
        { 0x0d, "persistent events" },
        { 0x0e, "LBA status" },
        { 0x12, "features supported and effects" },
        { 0x13, "NVMe-MI commands supported and effects" },
        { 0x15, "boot partition" },
        { 0x70, "discovery" },
        { 0x80, "reservation notification" },
        { 0x81, "sanitize status" },
        { 0xbf, "changed zones" },
    };

    return FIND(names, lid);
}

const char *nvme_event_type(unsigned type)
{
    static const char *const names[] = { "error", "health", "notice", "immediate", "event", "event", "command set", "vendor" };

    return names[type & 7];
}

const char *nvme_notice_name(unsigned info)
{
    static const struct name names[] = {
        { 0x00, "namespaces changed" },
        { 0x01, "firmware activation starts" },
        { 0x02, "telemetry changed" },
        { 0x03, "asymmetric namespace access changed" },
        { 0x04, "predictable latency changed" },
        { 0x05, "LBA status" },
        { 0x06, "endurance group changed" },
        { 0x0a, "allocated namespaces changed" },
        { 0xef, "zone changed" },
        { 0xf0, "discovery log changed" },
    };

    return FIND(names, info);
}

/* type << 8 | code */
static const struct name statuses[] = {
    { 0x000, "Successful" },
    { 0x001, "Invalid Command Opcode" },
    { 0x002, "Invalid Field in Command" },
    { 0x003, "Command ID Conflict" },
    { 0x004, "Data Transfer Error" },
    { 0x005, "Aborted due to Power Loss" },
    { 0x006, "Internal Error" },
    { 0x007, "Command Abort Requested" },
    { 0x008, "Aborted due to SQ Deletion" },
    { 0x009, "Aborted due to Failed Fused Command" },
    { 0x00a, "Aborted due to Missing Fused Command" },
    { 0x00b, "Invalid Namespace or Format" },
    { 0x00c, "Command Sequence Error" },
    { 0x00d, "Invalid SGL Segment Descriptor" },
    { 0x00e, "Invalid Number of SGL Descriptors" },
    { 0x00f, "Data SGL Length Invalid" },
    { 0x010, "Metadata SGL Length Invalid" },
    { 0x011, "SGL Descriptor Type Invalid" },
    { 0x012, "Invalid Use of Controller Memory Buffer" },
    { 0x013, "PRP Offset Invalid" },
    { 0x014, "Atomic Write Unit Exceeded" },
    { 0x015, "Operation Denied" },
    { 0x016, "SGL Offset Invalid" },
    { 0x018, "Host Identifier Inconsistent Format" },
    { 0x019, "Keep Alive Timer Expired" },
    { 0x01a, "Keep Alive Timeout Invalid" },
    { 0x01b, "Aborted due to Preempt and Abort" },
    { 0x01c, "Sanitize Failed" },
    { 0x01d, "Sanitize In Progress" },
    { 0x01e, "SGL Data Block Granularity Invalid" },
    { 0x01f, "Command Not Supported for Queue in CMB" },
    { 0x020, "Namespace is Write Protected" },
    { 0x021, "Command Interrupted" },
    { 0x022, "Transient Transport Error" },
    { 0x023, "Prohibited by Command and Feature Lockdown" },
    { 0x024, "Admin Command Media Not Ready" },
    { 0x080, "LBA Out of Range" },
    { 0x081, "Capacity Exceeded" },
    { 0x082, "Namespace Not Ready" },
    { 0x083, "Reservation Conflict" },
    { 0x084, "Format In Progress" },
    { 0x100, "Completion Queue Invalid" },
    { 0x101, "Invalid Queue Identifier" },
    { 0x102, "Invalid Queue Size" },
    { 0x103, "Abort Command Limit Exceeded" },
    { 0x105, "Async Event Request Limit Exceeded" },
    { 0x106, "Invalid Firmware Slot" },
    { 0x107, "Invalid Firmware Image" },
    { 0x108, "Invalid Interrupt Vector" },
    { 0x109, "Invalid Log Page" },
    { 0x10a, "Invalid Format" },
    { 0x10b, "Firmware Activation Requires Conventional Reset" },
    { 0x10c, "Invalid Queue Deletion" },
    { 0x10d, "Feature Not Saveable" },
    { 0x10e, "Feature Not Changeable" },
    { 0x10f, "Feature Not Namespace Specific" },
    { 0x110, "Firmware Activation Requires Subsystem Reset" },
    { 0x111, "Firmware Activation Requires Controller Reset" },
    { 0x112, "Firmware Activation Requires Maximum Time" },
    { 0x113, "Firmware Activation Prohibited" },
    { 0x114, "Overlapping Range" },
    { 0x115, "Namespace Insufficient Capacity" },
    { 0x116, "Namespace Identifier Unavailable" },
    { 0x118, "Namespace Already Attached" },
    { 0x119, "Namespace Is Private" },
    { 0x11a, "Namespace Not Attached" },
    { 0x11b, "Thin Provisioning Not Supported" },
    { 0x11c, "Controller List Invalid" },
    { 0x11d, "Device Self-test In Progress" },
    { 0x11e, "Boot Partition Write Prohibited" },
    { 0x11f, "Invalid Controller Identifier" },
    { 0x120, "Invalid Secondary Controller State" },
    { 0x121, "Invalid Number of Controller Resources" },
    { 0x122, "Invalid Resource Identifier" },
    { 0x129, "I/O Command Set Not Supported" },
    { 0x12a, "I/O Command Set Not Enabled" },
    { 0x12b, "I/O Command Set Combination Rejected" },
    { 0x12c, "Invalid I/O Command Set" },
    { 0x180, "Conflicting Attributes" },
    { 0x181, "Invalid Protection Information" },
    { 0x182, "Attempted Write to Read Only Range" },
    { 0x183, "Command Size Limit Exceeded" },
    { 0x1b8, "Zone Boundary Error" },
    { 0x1b9, "Zone Is Full" },
    { 0x1ba, "Zone Is Read Only" },
    { 0x1bb, "Zone Is Offline" },
    { 0x1bc, "Zone Invalid Write" },
    { 0x1bd, "Too Many Active Zones" },
    { 0x1be, "Too Many Open Zones" },
    { 0x1bf, "Invalid Zone State Transition" },
    { 0x280, "Write Fault" },
    { 0x281, "Unrecovered Read Error" },
    { 0x282, "End-to-end Guard Check Error" },
    { 0x283, "End-to-end Application Tag Check Error" },
    { 0x284, "End-to-end Reference Tag Check Error" },
    { 0x285, "Compare Failure" },
    { 0x286, "Access Denied" },
    { 0x287, "Deallocated or Unwritten Logical Block" },
    { 0x300, "Internal Path Error" },
    { 0x301, "Asymmetric Access Persistent Loss" },
    { 0x302, "Asymmetric Access Inaccessible" },
    { 0x303, "Asymmetric Access Transition" },
    { 0x360, "Controller Pathing Error" },
    { 0x370, "Host Pathing Error" },
    { 0x371, "Command Aborted By Host" },
};

const char *nvme_status_name(unsigned status)
{
    return FIND(statuses, status & 0x7ff);
}
