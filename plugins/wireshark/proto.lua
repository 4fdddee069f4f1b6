-- The protocol and where it is found: the exported PDUs of vfuscope's captures name it, DLT_USER0 has raw bytes.

local proto = Proto("vfio_user", "vfio-user")
local raw_proto = Proto("vfio_user_raw", "vfio-user, raw bytes of UNIX sockets")

vfu.proto = proto
proto.fields = vfu.field_list
proto.experts = vfu.expert_list

proto.prefs.summary = Pref.bool("Table of response times at the end (tshark)", false,
                                "How often each command came, how it went and how long it took")

local self, counting

function proto.prefs_changed()
    if proto.prefs.summary and not counting then
        counting = true
        vfu.stats_begin()
    end
end

function proto.init()
    vfu.pairing.reset()
    vfu.stream_reset()
    vfu.stats_reset()
end

function proto.dissector(tvb, pinfo, tree)
    self = self or Dissector.get("vfio_user")
    vfu.record(tvb, pinfo, tree, tree.visible or tree:referenced(self))
end

-- What does not look like vfio-user goes to whoever had DLT_USER0 before.
local encapsulations = DissectorTable.get("wtap_encap")
local USER0 = (wtap_encaps or wtap).USER0
local before = encapsulations:get_dissector(USER0)

function raw_proto.dissector(tvb, pinfo, tree)
    self = self or Dissector.get("vfio_user")
    if not vfu.stream(tvb, pinfo, tree, tree.visible or tree:referenced(self)) and before then
        before:call(tvb, pinfo, tree)
    end
end

encapsulations:add(USER0, raw_proto)
