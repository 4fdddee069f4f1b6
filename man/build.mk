# vfio-user(7): generate puts the decoder's table and rules into vfio-user.7.in.
PROTOCOL_PAGE = $(BUILD)/man/vfio-user.7
MAN += $(PROTOCOL_PAGE)
all: $(PROTOCOL_PAGE)

$(BUILD)/man/generate: $(BUILD)/man/generate.o $(LIB)
	$(call quiet,LINK)
	$(Q)$(LINK) -o $@ $< $(LIB) $(LIBS)

$(PROTOCOL_PAGE): $(BUILD)/man/generate man/vfio-user.7.in
	$(call quiet,MAN)
	$(Q)$< man/vfio-user.7.in > $@.new
	@mv $@.new $@

-include $(BUILD)/man/generate.d
