-- vfio-user for Wireshark and tshark: dissects vfuscope's captures, and raw bytes of UNIX sockets on DLT_USER0.
-- The build makes one file of this one, dialects.lua, the tables that generate.c writes of decoder/wire/table.c, and the
-- other files here, in the order that the Makefile names. Each is a block of its own; `vfu` is what they share.

local vfu = { const = {} }
local dialects = {}
vfu.dialects = dialects
