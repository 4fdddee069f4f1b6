# The Wireshark dissector: generate writes the decoder's table as Lua, and the parts here become one file.
W = plugins/wireshark
DISSECTOR = $(BUILD)/$(W)/vfio_user.lua
DISSECTOR_PARTS = decode text fields json pairing expert registers annotate tree message record stream stats proto

$(BUILD)/$(W)/generate: $(BUILD)/$(W)/generate.o $(LIB)
	$(call quiet,LINK)
	$(Q)$(PROGRAM) -o $@ $< $(LIB) $(LIBS)

$(BUILD)/$(W)/tables.lua: $(BUILD)/$(W)/generate
	$(call quiet,LUA)
	$(Q)$< > $@.new
	@mv $@.new $@

$(DISSECTOR): $(W)/head.lua $(BUILD)/$(W)/tables.lua $(DISSECTOR_PARTS:%=$(W)/%.lua) $(W)/build.mk
	$(call quiet,LUA)
	$(Q)cat $(W)/head.lua > $@.new
	@for part in $(BUILD)/$(W)/tables.lua $(DISSECTOR_PARTS:%=$(W)/%.lua); do \
	    { printf '\ndo -- %s\n' "$${part##*/}"; cat $$part; echo end; } >> $@.new; \
	done
	@mv $@.new $@

-include $(BUILD)/$(W)/generate.d

# Where Wireshark looks: what tshark says for a system-wide prefix; below any other prefix, as there.
wireshark_folder = $(if $(filter /usr /usr/local,$(prefix)),$(shell tshark -G folders 2>/dev/null | \
                     sed -n 's/^$(1):[[:space:]]*\(.*\)$(2)$$/\1/p'))
wiresharkdir ?= $(or $(call wireshark_folder,Global Lua Plugins,\/plugins),$(prefix)/lib/wireshark)
wiresharkdatadir ?= $(or $(call wireshark_folder,Global configuration),$(datadir)/wireshark)
PROFILE = $(wildcard $(W)/profile/*)

install-wireshark:
	$(INSTALL) -d '$(DESTDIR)$(wiresharkdir)/plugins' '$(DESTDIR)$(wiresharkdir)/extcap' \
	    '$(DESTDIR)$(wiresharkdatadir)/profiles/vfio-user'
	$(INSTALL) -m 644 $(DISSECTOR) '$(DESTDIR)$(wiresharkdir)/plugins/vfio_user.lua'
	$(INSTALL) -m 644 $(PROFILE) '$(DESTDIR)$(wiresharkdatadir)/profiles/vfio-user/'
	$(Q)sed 's|@VFUSCOPE@|$(bindir)/vfuscope|' $(W)/vfu-extcap > $(BUILD)/$(W)/vfu-extcap
	$(INSTALL) -m 755 $(BUILD)/$(W)/vfu-extcap '$(DESTDIR)$(wiresharkdir)/extcap/vfu-extcap'

# The same for one user: everything below ~/.local, and where Wireshark looks for what is a person's own. Wireshark
# writes into a profile, as its user wishes: one that is there stays.
XDG_CONFIG ?= $(or $(XDG_CONFIG_HOME),$(HOME)/.config)
USER_EXTCAP = $(XDG_CONFIG)/wireshark/extcap
USER_PROFILE = $(XDG_CONFIG)/wireshark/profiles/vfio-user
USER_DIRS = prefix='$(HOME)/.local' wiresharkdir='$(HOME)/.local/lib/wireshark'
install-user: all
	$(SUBMAKE) -o all install $(USER_DIRS)
	$(INSTALL) -d '$(USER_EXTCAP)'
	ln -sf '$(HOME)/.local/lib/wireshark/extcap/vfu-extcap' '$(USER_EXTCAP)/vfu-extcap'
	test -d '$(USER_PROFILE)' || { $(INSTALL) -d '$(USER_PROFILE)' && $(INSTALL) -m 644 $(PROFILE) '$(USER_PROFILE)/'; }
	@! command -v zsh > /dev/null || echo 'zsh completes it with this in ~/.zshrc, before compinit:' \
	    'fpath=(~/.local/share/zsh/site-functions $$fpath)'
	@case ":$$PATH:" in *':$(HOME)/.local/bin:'*) ;; *) echo 'not in PATH yet: $(HOME)/.local/bin' ;; esac

# Of the profile, what is as it was installed.
uninstall-user: all
	$(SUBMAKE) -o all uninstall $(USER_DIRS)
	@[ "$$(readlink '$(USER_EXTCAP)/vfu-extcap')" != '$(HOME)/.local/lib/wireshark/extcap/vfu-extcap' ] || \
	    rm -v '$(USER_EXTCAP)/vfu-extcap'
	@[ ! -d '$(USER_PROFILE)' ] || { \
	    for file in $(PROFILE); do \
	        theirs='$(USER_PROFILE)'/$${file##*/}; \
	        ! cmp -s "$$file" "$$theirs" || rm -v "$$theirs"; \
	    done; \
	    rmdir '$(USER_PROFILE)' 2> /dev/null || echo 'kept, for what you changed in it: $(USER_PROFILE)'; }

.PHONY: install-wireshark install-user uninstall-user
