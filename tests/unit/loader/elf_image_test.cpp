#include "platform/loader/elf_image.hpp"

#include <cstring>
#include <elf.h>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace acf::platform;
namespace fs = std::filesystem;

namespace {

const std::vector<memory_area> memory = {{"DRAM", 0x8000'0000, 0x10'0000}};

// A file for the time of a test.
struct temporary {
  fs::path path = fs::path(testing::TempDir()) / ("acf_elf_" + std::to_string(getpid())); // tests run side by side
  explicit temporary(const std::vector<std::uint8_t>& bytes) {
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  }
  ~temporary() { fs::remove(path); }
};

// A good program of one segment; tests spoil it.
struct program {
  Elf64_Ehdr header{};
  Elf64_Phdr segment{};
  std::vector<std::uint8_t> code = {0x13, 0, 0, 0, 0x6f, 0, 0, 0};

  program() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_RISCV;
    header.e_version = EV_CURRENT;
    header.e_entry = 0x8000'0004;
    header.e_phoff = header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof segment;
    header.e_phnum = 1;
    segment = {PT_LOAD, PF_R | PF_X, sizeof header + sizeof segment, 0x8000'0000, 0x8000'0000, 8, 16, 4};
  }
  std::vector<std::uint8_t> bytes() const {
    std::vector<std::uint8_t> all(sizeof header + sizeof segment);
    std::memcpy(all.data(), &header, sizeof header);
    std::memcpy(all.data() + sizeof header, &segment, sizeof segment);
    all.insert(all.end(), code.begin(), code.end());
    return all;
  }
};

// The complaint about a file of these bytes, without the file's name.
std::string complaint(const std::vector<std::uint8_t>& bytes) {
  const temporary file(bytes);
  try {
    elf_image(file.path).check(memory);
  } catch (const input_error& e) {
    const std::string text = e.what(), start = file.path.string() + ": ";
    EXPECT_TRUE(text.starts_with(start)) << text;
    return text.substr(start.size());
  }
  return "accepted";
}
std::string complaint(const program& p) { return complaint(p.bytes()); }

constexpr auto expected = "expected an ELF program for 64-bit RISC-V";

} // namespace

TEST(elf_image, a_good_program_is_loaded_with_its_zeros) {
  const temporary file(program().bytes());
  const elf_image image(file.path);
  image.check(memory);
  EXPECT_EQ(image.entry(), 0x8000'0004U);
  std::vector<std::uint8_t> loaded(16, 0xAA);
  image.load([&](std::uint64_t address, std::span<const std::uint8_t> bytes) {
    std::ranges::copy(bytes, loaded.begin() + static_cast<std::ptrdiff_t>(address - 0x8000'0000));
  });
  EXPECT_EQ(loaded, (std::vector<std::uint8_t>{0x13, 0, 0, 0, 0x6f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(elf_image, initialised_data_are_loaded_where_start_up_code_copies_them_from) {
  program p;
  p.segment.p_vaddr = 0x8010'0000;
  p.header.e_entry = 0x8010'0004; // virtual
  const temporary file(p.bytes());
  EXPECT_EQ(elf_image(file.path).segments()[0].address, 0x8000'0000U);
  EXPECT_EQ(elf_image(file.path).entry(), 0x8000'0004U);
}

TEST(elf_image, missing_file) {
  try {
    elf_image("no/such.elf");
    FAIL();
  } catch (const input_error& e) {
    EXPECT_STREQ(e.what(), "no/such.elf: cannot be read: No such file or directory");
  }
  EXPECT_THROW(elf_image(testing::TempDir()), input_error);
}

TEST(elf_image, segments_that_overlap) {
  program p;
  const auto two = [&p](std::uint64_t address, std::uint64_t size) {
    p.header.e_phnum = 2;
    auto bytes = p.bytes();
    auto second = p.segment;
    second.p_vaddr = second.p_paddr = address;
    second.p_filesz = std::min<std::uint64_t>(size, 8);
    second.p_memsz = size;
    const auto* raw = reinterpret_cast<const std::uint8_t*>(&second);
    bytes.insert(bytes.begin() + sizeof p.header + sizeof p.segment, raw, raw + sizeof second);
    return complaint(bytes);
  };
  EXPECT_EQ(two(0x8000'0010, 8), "accepted");
  EXPECT_EQ(two(0x8000'000f, 8), "two segments to load overlap: 0x80000000 (16 bytes) and 0x8000000f (8 bytes)");
  p.segment.p_vaddr = p.segment.p_paddr = 0x8000'0100;
  p.header.e_entry = 0x8000'0100;
  EXPECT_EQ(two(0x8000'0000, 0x1000),
            "two segments to load overlap: 0x80000000 (4096 bytes) and 0x80000100 (16 bytes)");
}

TEST(elf_image, programs_that_want_what_is_not_there) {
  program p;
  p.header.e_entry = 0x8000'0001;
  EXPECT_EQ(complaint(p), "entry 0x80000001 is odd; instructions begin at even addresses");
  p = {};
  p.header.e_flags = EF_RISCV_RVE;
  EXPECT_EQ(complaint(p),
            std::string("is for RV64E, which has half of the registers; ") + expected + " (-march=rv64gc -mabi=lp64d)");
  p = {};
  p.segment.p_type = PT_INTERP;
  EXPECT_EQ(complaint(p), "segment 0 asks for a dynamic linker (PT_INTERP); expected a statically linked program");
}

TEST(elf_image, what_is_no_program) {
  EXPECT_EQ(complaint(std::vector<std::uint8_t>{}), std::string("is empty; ") + expected);
  EXPECT_EQ(complaint(std::vector<std::uint8_t>(100, 'x')), std::string("is no ELF file; ") + expected);
}

TEST(elf_image, truncation_anywhere) {
  const auto whole = program().bytes();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto text = complaint({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_TRUE(size < 4 || text.starts_with("is truncated: " + std::to_string(size) + " bytes, ") ||
                (size < EI_NIDENT && text != "accepted"))
        << size << ": " << text;
  }
  EXPECT_EQ(complaint({whole.begin(), whole.end() - 1}), "is truncated: 127 bytes, segment 0 ends at 128");
}

TEST(elf_image, another_machine_class_order_or_type) {
  program p;
  p.header.e_machine = EM_X86_64;
  EXPECT_EQ(complaint(p), std::string("is for x86-64; ") + expected);
  p = {};
  p.header.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(complaint(p), std::string("is a 32-bit ELF; ") + expected + " (-march=rv64gc -mabi=lp64d)");
  p = {};
  p.header.e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_EQ(complaint(p), std::string("is big-endian; ") + expected);
  p = {};
  p.header.e_type = ET_DYN;
  EXPECT_EQ(complaint(p), "is a shared object or position-independent program; expected a statically linked program "
                          "(ET_EXEC)");
  p = {};
  p.header.e_type = ET_REL;
  EXPECT_EQ(complaint(p), "is a relocatable object; expected a statically linked program (ET_EXEC)");
}

TEST(elf_image, segments_and_entry_outside_memory) {
  program p;
  p.segment.p_paddr = 0x2000'0000;
  EXPECT_EQ(complaint(p),
            "loaded segment 0 at 0x20000000 (16 bytes) lies outside memory; expected in DRAM 0x80000000 .. "
            "0x800fffff");
  p = {};
  p.segment.p_memsz = 0x10'0001;
  EXPECT_EQ(complaint(p), "loaded segment 0 at 0x80000000 (1048577 bytes) lies outside memory; expected in DRAM "
                          "0x80000000 .. 0x800fffff");
  p = {};
  p.segment.p_memsz = ~std::uint64_t{0};
  EXPECT_NE(complaint(p), "accepted");
  p = {};
  p.header.e_entry = 0x8000'1000;
  EXPECT_EQ(complaint(p), "entry 0x80001000 lies in no segment of the program");
}

TEST(elf_image, damaged_program_headers) {
  program p;
  p.segment.p_filesz = 17;
  EXPECT_EQ(complaint(p), "segment 0 has more bytes in the file than in memory: the file is damaged");
  p = {};
  p.segment.p_offset = ~std::uint64_t{0};
  EXPECT_TRUE(complaint(p).starts_with("is truncated: "));
  p = {};
  p.header.e_phoff = ~std::uint64_t{0};
  EXPECT_TRUE(complaint(p).starts_with("is truncated: "));
  p = {};
  p.header.e_phnum = 0;
  EXPECT_EQ(complaint(p), "has no program headers; expected a linked program");
  p = {};
  p.segment.p_type = PT_NOTE;
  EXPECT_EQ(complaint(p), "has no segment to load; expected a linked program");
}

TEST(elf_image, headers_that_the_linker_put_in_front_of_the_code_need_no_memory) {
  const elf_image image(ACF_TEST_PROGRAM); // linked with -Ttext=0x80000000 and nothing else
  EXPECT_EQ(image.segments()[0].address, 0x8000'0000U);
  EXPECT_NO_THROW(image.check(memory));
}

TEST(elf_image, finds_tohost) {
  const elf_image image(ACF_TEST_PROGRAM);
  image.check(memory);
  const auto tohost = image.find("tohost");
  ASSERT_TRUE(tohost);
  EXPECT_EQ(tohost->size, 8U);
  EXPECT_TRUE(memory[0].holds(tohost->address, 8));
  EXPECT_FALSE(image.find("fromhost"));
}
