# Completion for shells, written by the program itself from its option tables, and those of the plugins built here.
COMPLETION = $(BUILD)/completion/vfuscope.bash $(BUILD)/completion/_vfuscope
bashcompletiondir ?= $(prefix)/share/bash-completion/completions
zshcompletiondir ?= $(prefix)/share/zsh/site-functions

$(BUILD)/completion/vfuscope.bash $(BUILD)/completion/_vfuscope: $(BUILD)/vfuscope $(PLUGINS)
	@mkdir -p $(@D)
	$(call quiet,COMPLETE)
	$(Q)VFUSCOPE_PLUGIN_PATH=$(BUILD)/plugins $< help --complete $(if $(filter %.bash,$@),bash,zsh) > $@.new
	@mv $@.new $@

install-completion:
	$(INSTALL) -d '$(DESTDIR)$(bashcompletiondir)' '$(DESTDIR)$(zshcompletiondir)'
	$(INSTALL) -m 644 $(BUILD)/completion/vfuscope.bash '$(DESTDIR)$(bashcompletiondir)/vfuscope'
	$(INSTALL) -m 644 $(BUILD)/completion/_vfuscope '$(DESTDIR)$(zshcompletiondir)/_vfuscope'

.PHONY: install-completion
