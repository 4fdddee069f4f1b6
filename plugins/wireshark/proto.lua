-- The protocol and where it is found: the exported PDUs of vfuscope's captures name it, DLT_USER0 has raw bytes.

local proto = Proto("vfio_user", "vfio-user")

vfu.proto = proto
proto.fields = vfu.field_list
proto.experts = vfu.expert_list

local self

function proto.init()
    vfu.pairing.reset()
    if vfu.stream_reset then
        vfu.stream_reset()
    end
    if vfu.stats_reset then
        vfu.stats_reset()
    end
end

function proto.dissector(tvb, pinfo, tree)
    self = self or Dissector.get("vfio_user")
    vfu.record(tvb, pinfo, tree, tree.visible or tree:referenced(self))
end
