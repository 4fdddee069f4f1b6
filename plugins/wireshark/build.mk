# The Wireshark dissector: generate writes the decoder's table as Lua, and the parts here become one file.
W = plugins/wireshark
DISSECTOR = $(BUILD)/$(W)/vfio_user.lua
DISSECTOR_PARTS = decode text fields json pairing expert tree message record stream stats proto

$(BUILD)/$(W)/generate: $(BUILD)/$(W)/generate.o $(LIB)
	$(call quiet,LINK)
	$(Q)$(LINK) -o $@ $< $(LIB) $(LIBS)

$(BUILD)/$(W)/tables.lua: $(BUILD)/$(W)/generate $(W)/dialects.lua
	$(call quiet,LUA)
	$(Q)$< $(W)/dialects.lua > $@.new
	@mv $@.new $@

$(DISSECTOR): $(W)/head.lua $(W)/dialects.lua $(BUILD)/$(W)/tables.lua $(DISSECTOR_PARTS:%=$(W)/%.lua) $(W)/build.mk
	$(call quiet,LUA)
	$(Q)cat $(W)/head.lua > $@.new
	@for part in $(W)/dialects.lua $(BUILD)/$(W)/tables.lua $(DISSECTOR_PARTS:%=$(W)/%.lua); do \
	    { printf '\ndo -- %s\n' "$${part##*/}"; cat $$part; echo end; } >> $@.new; \
	done
	@mv $@.new $@

-include $(BUILD)/$(W)/generate.d

# Where Wireshark looks: what tshark says for a system-wide prefix; below any other prefix, as there.
WIRESHARK_ROOT = $(if $(filter /usr /usr/local,$(prefix)),$(shell tshark -G folders 2>/dev/null | \
                   sed -n 's/^Global Lua Plugins:[[:space:]]*\(.*\)\/plugins$$/\1/p'))
datadir ?= $(prefix)/share
wiresharkdir ?= $(or $(WIRESHARK_ROOT),$(prefix)/lib/wireshark)

install-wireshark:
	$(INSTALL) -d '$(DESTDIR)$(wiresharkdir)/plugins' '$(DESTDIR)$(wiresharkdir)/extcap' \
	    '$(DESTDIR)$(datadir)/vfuscope'
	$(INSTALL) -m 644 $(DISSECTOR) '$(DESTDIR)$(wiresharkdir)/plugins/vfio_user.lua'
	$(INSTALL) -m 644 $(W)/colorfilters '$(DESTDIR)$(datadir)/vfuscope/colorfilters'
	$(Q)sed 's|@VFUSCOPE@|$(bindir)/vfuscope|' $(W)/vfu-extcap > $(BUILD)/$(W)/vfu-extcap
	$(INSTALL) -m 755 $(BUILD)/$(W)/vfu-extcap '$(DESTDIR)$(wiresharkdir)/extcap/vfu-extcap'

# The same for one user: everything below ~/.local, and where Wireshark looks for what is a person's own.
XDG_CONFIG ?= $(or $(XDG_CONFIG_HOME),$(HOME)/.config)
install-user: all
	$(SUBMAKE) -o all install prefix='$(HOME)/.local' wiresharkdir='$(HOME)/.local/lib/wireshark'
	$(INSTALL) -d '$(XDG_CONFIG)/wireshark/extcap'
	ln -sf '$(HOME)/.local/lib/wireshark/extcap/vfu-extcap' '$(XDG_CONFIG)/wireshark/extcap/vfu-extcap'

.PHONY: install-wireshark install-user
