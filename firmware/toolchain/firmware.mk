# Builds one bare-metal image; include it from a Makefile that says
#   NAME = hello
#   SOURCES = main.cpp            .cpp, .c or .S, relative to the Makefile
#   LIBRARIES = driver            optional: parts of the software stack
#   DEFINES, INCLUDES, LINK       optional: -D flags, directories, linker flags such as -Wl,--defsym=__stack_size=0x20000
#   ACF_HOME ?= ../../..          the acf-vp tree, also settable from outside: make ACF_HOME=...
#   include $(ACF_HOME)/firmware/toolchain/firmware.mk
# Targets: all -> $(BUILD)/$(NAME).elf; run (on acf-vp); run-qemu; disassembly; clean.
ifeq ($(wildcard $(ACF_HOME)/firmware/toolchain/firmware.mk),)
$(error ACF_HOME=$(ACF_HOME) is not an acf-vp tree)
endif
home := $(abspath $(ACF_HOME))
BUILD ?= build
CROSS_COMPILE ?= riscv64-unknown-elf-
LIBSTDCXX ?= /usr/riscv64-linux-gnu/include/c++/12
ACF_VP ?= $(home)/build/release/bin/acf-vp
QEMU ?= qemu-system-riscv64

flags := $(home)/firmware/toolchain/flags
sources_of = $(foreach folder,$(1),$(wildcard $(home)/$(folder)/*.cpp $(home)/$(folder)/*.S))
platform_sources := $(call sources_of,firmware/start firmware/board $(addprefix sw_stack/,$(LIBRARIES)))
objects := $(SOURCES:%=$(BUILD)/%.o) $(platform_sources:$(home)/%=$(BUILD)/acf/%.o)

compile_c = $(CROSS_COMPILE)gcc @$(flags)/machine @$(flags)/compile -I$(home) $(INCLUDES:%=-I%) $(DEFINES) -MMD -MP
compile_cxx = $(CROSS_COMPILE)g++ @$(flags)/machine @$(flags)/compile @$(flags)/cxx -I$(home) $(INCLUDES:%=-I%) \
  -I$(home)/firmware/toolchain/libstdcxx -I$(LIBSTDCXX) -I$(LIBSTDCXX)/riscv64-linux-gnu $(DEFINES) -MMD -MP

.PHONY: all run run-qemu disassembly clean
all: $(BUILD)/$(NAME).elf
$(BUILD)/$(NAME).elf: $(objects) $(home)/firmware/start/image.ld
	$(CROSS_COMPILE)gcc @$(flags)/machine @$(flags)/link -T $(home)/firmware/start/image.ld $(objects) $(LINK) -o $@
$(BUILD)/acf/%.cpp.o: $(home)/%.cpp
	@mkdir -p $(@D)
	$(compile_cxx) -c $< -o $@
$(BUILD)/acf/%.S.o: $(home)/%.S
	@mkdir -p $(@D)
	$(compile_c) -c $< -o $@
$(BUILD)/%.cpp.o: %.cpp
	@mkdir -p $(@D)
	$(compile_cxx) -c $< -o $@
$(BUILD)/%.c.o: %.c
	@mkdir -p $(@D)
	$(compile_c) -std=c17 -c $< -o $@
$(BUILD)/%.S.o: %.S
	@mkdir -p $(@D)
	$(compile_c) -c $< -o $@

run: all
	$(ACF_VP) run --firmware $(BUILD)/$(NAME).elf
run-qemu: all
	$(QEMU) -M virt -bios none -nographic -kernel $(BUILD)/$(NAME).elf
disassembly: all
	$(CROSS_COMPILE)objdump -dCS $(BUILD)/$(NAME).elf
clean:
	rm -rf $(BUILD)
-include $(objects:.o=.d)
