/*
 * Reasons for refused accesses to regions, and for questions about regions.
 */
#include "decoder/reasons/inside.h"

#include <errno.h>

/* Of a region that can't be. */
static bool is_no_region(struct vfu_refusal *r, uint64_t region)
{
    const struct vfu_connection *known = &r->peers->known;

    if (!known->num_regions || region < known->num_regions)
        return false;
    vfu_say_because(r, REASON_NO_SUCH_REGION, &known->info_no, 1, "region %llu: the device has %u (#%llu)",
                    (unsigned long long)region, known->num_regions, (unsigned long long)known->info_no);
    return true;
}

/* What is known of it; NULL: nothing. */
static const struct vfu_known_region *known_region(const struct vfu_refusal *r, uint64_t region)
{
    const struct vfu_known_region *known =
        region < VFU_MAX_KNOWN_REGIONS ? &r->peers->known.regions[region] : NULL;

    return known && known->known ? known : NULL;
}

static void say_region(struct vfu_refusal *r, uint64_t region, uint64_t offset, uint64_t count, bool write)
{
    uint32_t needed = write ? VFIO_REGION_INFO_FLAG_WRITE : VFIO_REGION_INFO_FLAG_READ;
    const struct vfu_known_region *known = known_region(r, region);
    char room[VFU_NAME_ROOM];
    const char *name = vfu_reason_name(vfu_region_names, "region ", region, room);

    if (is_no_region(r, region) || !known)
        return;
    if (known->size == 0)
        vfu_say_because(r, REASON_NO_REGION, &known->no, 1, "%s has no bytes (#%llu)", name,
                        (unsigned long long)known->no);
    else if (offset > known->size || count > known->size - offset)
        vfu_say_because(r, REASON_REGION_END, &known->no, 1, "%s ends at 0x%llx (#%llu)", name,
                        (unsigned long long)known->size, (unsigned long long)known->no);
    else if (count && !(known->flags & needed))
        vfu_say_because(r, REASON_REGION_FLAGS, &known->no, 1, "%s can't be %s: its flags are 0x%x (#%llu)", name,
                        write ? "written" : "read", known->flags, (unsigned long long)known->no);
}

void vfu_because_too_large(struct vfu_refusal *r, uint64_t count, enum vfu_side receiver)
{
    const struct vfu_connection *known = &r->peers->known;
    const struct vfu_capabilities *caps = receiver == VFU_SERVER ? &known->agreed : &known->proposed;
    const uint64_t no = receiver == VFU_SERVER ? known->agreed_no : known->proposed_no;

    if (no && caps->max_data_xfer_size && count > caps->max_data_xfer_size)
        vfu_say_because(r, REASON_TOO_LARGE, &no, 1, "%llu bytes, the %s's max_data_xfer_size is %llu (#%llu)",
                        (unsigned long long)count, vfu_side_name(receiver),
                        (unsigned long long)caps->max_data_xfer_size, (unsigned long long)no);
}

void vfu_because_argsz_large(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    uint64_t argsz = vfu_asked(r, "argsz"), most = known->agreed.max_data_xfer_size;

    if (known->agreed_no && argsz > most)
        vfu_say_because(r, REASON_TOO_LARGE, &known->agreed_no, 1,
                        "argsz is %llu, the server's max_data_xfer_size is %llu (#%llu)", (unsigned long long)argsz,
                        (unsigned long long)most, (unsigned long long)known->agreed_no);
}

void vfu_reasons_access(struct vfu_refusal *r)
{
    if (!vfu_has_asked(r, "count"))
        return;
    say_region(r, vfu_asked(r, "region"), vfu_asked(r, "offset"), vfu_asked(r, "count"),
               r->reply->command->moves.write);
    vfu_because_too_large(r, vfu_asked(r, "count"), VFU_SERVER);
}

/* Only the first write is at hand; of the others the rules have seen what is wrong. */
void vfu_reasons_multi(struct vfu_refusal *r)
{
    const struct vfu_connection *known = &r->peers->known;
    const uint64_t no = known->agreed_no;

    if (no && !known->agreed.write_multiple)
        vfu_say_because(r, REASON_NOT_AGREED, &no, 1, "REGION_WRITE_MULTI was not agreed on (#%llu)",
                        (unsigned long long)no);
}

/*
 * Config space has much that can't be written, and PCI devices let such writes pass: a guess where the errno says so, or
 * where BARs and the ROM's address are sized.
 */
static void guess_config(struct vfu_refusal *r, uint64_t offset)
{
    uint32_t error = r->reply->error;
    bool is_sized = offset >= 0x10 && offset < 0x34;

    if (error == EPERM || error == EACCES || error == EROFS || (error == EINVAL && is_sized))
        vfu_say_perhaps(r, REASON_CONFIG_WRITE, NULL, 0,
                        "config+0x%llx is read-only: PCI devices ignore such writes, they don't refuse them",
                        (unsigned long long)offset);
}

void vfu_guess_access(struct vfu_refusal *r)
{
    uint64_t region = vfu_asked(r, "region"), offset = vfu_asked(r, "offset"), count = vfu_asked(r, "count");

    if (region == VFIO_PCI_CONFIG_REGION_INDEX && r->reply->command->moves.write)
        guess_config(r, offset);
    if (region > VFIO_PCI_BAR5_REGION_INDEX || count == 0)
        return;
    if ((count & (count - 1)) || count > 8)
        vfu_say_perhaps(r, REASON_ODD_ACCESS, NULL, 0, "%llu bytes at once: registers have 1, 2, 4 or 8",
                        (unsigned long long)count);
    else if (offset & (count - 1))
        vfu_say_perhaps(r, REASON_ODD_ACCESS, NULL, 0, "%llu bytes at 0x%llx, which is no multiple of that",
                        (unsigned long long)count, (unsigned long long)offset);
}

void vfu_reasons_region_asked(struct vfu_refusal *r)
{
    uint64_t region = vfu_asked(r, "index");
    const struct vfu_known_region *known = known_region(r, region);
    char room[VFU_NAME_ROOM];

    if (!vfu_has_asked(r, "index"))
        return;
    if (!is_no_region(r, region) && known && known->size == 0 &&
        r->reply->command_number == VFU_DEVICE_GET_REGION_IO_FDS)
        vfu_say_because(r, REASON_NO_REGION, &known->no, 1, "%s has no bytes (#%llu)",
                        vfu_reason_name(vfu_region_names, "region ", region, room), (unsigned long long)known->no);
    if (r->reply->command_number == VFU_DEVICE_GET_REGION_IO_FDS)
        vfu_because_argsz_large(r);
}
