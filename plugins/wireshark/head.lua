-- vfio-user for Wireshark and tshark: dissects vfuscope's captures, and raw bytes of UNIX sockets on DLT_USER0.
-- The build makes one file of this one, the tables that generate.c writes of decoder/wire/table.c, and the
-- other files here, in the order that the Makefile names. Each is a block of its own; `vfu` is what they share.

-- One copy dissects: where another one was loaded, or VFUSCOPE_DISSECTOR names another file (a build's, to be tried
-- where one is installed), this one stands back.
do
    local wanted = os.getenv("VFUSCOPE_DISSECTOR")
    local loaded, other = pcall(Dissector.get, "vfio_user")
    if (loaded and other) or (wanted and debug.getinfo(1, "S").source ~= "@" .. wanted) then return end
end

local vfu = { const = {} }
