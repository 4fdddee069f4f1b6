# What a report's page is made of: its style, and its scripts as one; dygraphs, where that is. Each goes into the program with
# the name that Content-Security-Policy has for it.
R = cli/report
REPORT = $(BUILD)/$(R)
REPORT_SCRIPTS = data filter list detail plots lanes page
REPORT_ASSETS = $(REPORT)/page.css $(REPORT)/page.js $(REPORT)/plots.js

$(REPORT)/page.css: $(DYGRAPHS:.js=.css) $(R)/page.css $(R)/build.mk $(BUILD)/settings
	@mkdir -p $(@D)
	$(Q)cat $(filter %.css,$^) | sed '/^\/\*# sourceMappingURL=/d' > $@

$(REPORT)/page.js: $(REPORT_SCRIPTS:%=$(R)/page_%.js) $(R)/build.mk
	@mkdir -p $(@D)
	$(Q){ echo '"use strict";(() => {'; cat $(filter %.js,$^); echo '})();'; } > $@

$(REPORT)/plots.js: $(DYGRAPHS) $(R)/build.mk $(BUILD)/settings
	@mkdir -p $(@D)
	$(Q)cat $(filter %.js,$^) /dev/null | sed '/^\/\/# sourceMappingURL=/d' > $@

# 'sha256-' and the digest in base64: coreutils can do that.
$(REPORT_ASSETS:%=%.hash): %.hash: %
	$(Q)env printf "sha256-%s" "$$(env printf "$$(sha256sum < $< | cut -c 1-64 | sed 's/../\\x&/g')" | base64)" > $@

$(BUILD)/$(R)/assets.o: private CPPFLAGS_ALL += -DVFUSCOPE_REPORT='"$(REPORT)"'
$(BUILD)/$(R)/assets.o: $(REPORT_ASSETS) $(REPORT_ASSETS:%=%.hash)
$(BUILD)/$(R)/about.o: private CPPFLAGS_ALL += $(if $(SECCOMP),-DHAVE_SECCOMP) $(if $(BPF),-DHAVE_BPF)
