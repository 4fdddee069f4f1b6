/*
 * Reasons for refused accesses.
 */
#include "decoder/reasons/inside.h"
#include "decoder/wire/transfer.h"

void vfu_reasons_access(struct vfu_refusal *r)
{
    uint64_t region = vfu_request_number(&r->request, "region", UINT64_MAX);
    uint64_t offset = vfu_request_number(&r->request, "offset", 0), count = vfu_request_number(&r->request, "count", 0);
    const struct vfu_known_region *known = region < VFU_MAX_KNOWN_REGIONS ? &r->peers->known.regions[region] : NULL;
    const char *name = vfu_name_of(vfu_region_names, region);

    if (!known || !known->known || (offset <= known->size && count <= known->size - offset))
        return;
    if (name)
        vfu_say_because(r, REASON_REGION_END, &known->no, 1, "%s ends at 0x%llx (#%llu)", name,
                        (unsigned long long)known->size, (unsigned long long)known->no);
    else
        vfu_say_because(r, REASON_REGION_END, &known->no, 1, "region %llu ends at 0x%llx (#%llu)",
                        (unsigned long long)region, (unsigned long long)known->size, (unsigned long long)known->no);
}
