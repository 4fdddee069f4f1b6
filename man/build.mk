# vfio-user(7) and vfuscope-explain(7): generate puts the decoder's table, the rules and what is said of them into NAME.in;
# of plugins those that are built here.
GENERATED_PAGES = $(BUILD)/man/vfio-user.7 $(BUILD)/man/vfuscope-explain.7
MAN += $(GENERATED_PAGES)
all: $(GENERATED_PAGES)

$(BUILD)/man/generate: $(BUILD)/man/generate.o $(LIB)
	$(call quiet,LINK)
	$(Q)$(PROGRAM) -o $@ $< $(LIB) $(LIBS)

$(GENERATED_PAGES): $(BUILD)/man/%: $(BUILD)/man/generate man/%.in $(PLUGINS)
	$(call quiet,MAN)
	$(Q)VFUSCOPE_PLUGIN_PATH=$(BUILD)/plugins $< man/$*.in > $@.new
	@mv $@.new $@

-include $(BUILD)/man/generate.d
