#include "platform/loader/elf_image.hpp"

#include <algorithm>
#include <cstring>

#include "platform/loader/elf_file.hpp"

namespace acf::platform {
namespace {

std::string machine_name(unsigned machine) {
  switch (machine) {
  case EM_386: return "i386";
  case EM_X86_64: return "x86-64";
  case EM_ARM: return "arm";
  case EM_AARCH64: return "aarch64";
  case EM_MIPS: return "mips";
  case EM_PPC64: return "ppc64";
  default: return "machine " + std::to_string(machine);
  }
}

std::string type_name(unsigned type) {
  switch (type) {
  case ET_REL: return "a relocatable object";
  case ET_DYN: return "a shared object or position-independent program";
  case ET_CORE: return "a core dump";
  default: return "of type " + std::to_string(type);
  }
}

// Everything that is looked at before libelf is: its own complaints would not help a user.
void check_header(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  constexpr auto wanted = "expected an ELF program for 64-bit RISC-V";
  if (bytes.empty()) throw input_error(file, std::string("is empty; ") + wanted);
  if (std::memcmp(bytes.data(), ELFMAG, std::min<std::size_t>(bytes.size(), SELFMAG)) != 0)
    throw input_error(file, std::string("is no ELF file; ") + wanted);
  const auto truncated = [&](std::uint64_t needed) {
    throw input_error(file, "is truncated: " + std::to_string(bytes.size()) + " bytes, the ELF header needs " +
                                std::to_string(needed));
  };
  if (bytes.size() < EI_NIDENT) truncated(EI_NIDENT);
  if (bytes[EI_CLASS] != ELFCLASS64)
    throw input_error(file, std::string("is a 32-bit ELF; ") + wanted + " (-march=rv64gc -mabi=lp64d)");
  if (bytes[EI_DATA] != ELFDATA2LSB) throw input_error(file, std::string("is big-endian; ") + wanted);
  if (bytes.size() < sizeof(Elf64_Ehdr)) truncated(sizeof(Elf64_Ehdr));

  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.e_machine != EM_RISCV) throw input_error(file, "is for " + machine_name(header.e_machine) + "; " + wanted);
  if (header.e_type != ET_EXEC)
    throw input_error(file, "is " + type_name(header.e_type) + "; expected a statically linked program (ET_EXEC)");
  if (header.e_flags & EF_RISCV_RVE)
    throw input_error(file, std::string("is for RV64E, which has half of the registers; ") + wanted +
                                " (-march=rv64gc -mabi=lp64d)");
  if (header.e_phnum == 0) throw input_error(file, "has no program headers; expected a linked program");
  const auto table = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
  if (header.e_phentsize != sizeof(Elf64_Phdr))
    throw input_error(file, "has program headers of " + std::to_string(header.e_phentsize) + " bytes, expected 56");
  if (header.e_phoff > bytes.size() || table > bytes.size() - header.e_phoff)
    throw input_error(file, "is truncated: " + std::to_string(bytes.size()) + " bytes, the program headers end at " +
                                std::to_string(header.e_phoff + table));
  const auto sections = std::uint64_t{header.e_shnum} * header.e_shentsize; // at the end of the file; strip may drop it
  if (header.e_shoff > bytes.size() || sections > bytes.size() - header.e_shoff)
    throw input_error(file, "is truncated: " + std::to_string(bytes.size()) + " bytes, the section headers end at " +
                                std::to_string(header.e_shoff + sections));
}

// Bytes at the start of a segment that are only the ELF headers. Linkers put those in front of the first section, which
// is harmless under an operating system; linked with -Ttext=0x80000000 they would lie below the start of DRAM.
std::uint64_t headers_in_front(Elf* elf, const GElf_Phdr& part) {
  auto first = part.p_memsz;
  if (part.p_offset != 0) return 0;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header) || (header.sh_flags & SHF_ALLOC) == 0) continue;
    if (header.sh_addr >= part.p_vaddr) first = std::min(first, header.sh_addr - part.p_vaddr);
  }
  return first < part.p_filesz ? first : 0;
}

} // namespace

elf_image::elf_image(const std::filesystem::path& from)
    : path(from), contents(std::make_shared<const std::vector<std::uint8_t>>(read_file(from))) {
  check_header(path, *contents);
  const auto elf = open_elf(*contents);
  GElf_Ehdr header;
  std::size_t count = 0;
  if (!elf || !gelf_getehdr(elf.get(), &header) || elf_getphdrnum(elf.get(), &count) != 0)
    throw input_error(path, std::string("is a damaged ELF file: ") + elf_errmsg(-1));

  start = header.e_entry;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr part;
    if (!gelf_getphdr(elf.get(), static_cast<int>(i), &part)) continue;
    const auto name = "segment " + std::to_string(i);
    if (part.p_type == PT_INTERP)
      throw input_error(path, name + " asks for a dynamic linker (PT_INTERP); expected a statically linked program");
    if (part.p_type != PT_LOAD || part.p_memsz == 0) continue;
    if (part.p_filesz > part.p_memsz)
      throw input_error(path, name + " has more bytes in the file than in memory: the file is damaged");
    if (part.p_offset > contents->size() || part.p_filesz > contents->size() - part.p_offset)
      throw input_error(path, "is truncated: " + std::to_string(contents->size()) + " bytes, " + name + " ends at " +
                                  std::to_string(part.p_offset + part.p_filesz));
    const auto skip = headers_in_front(elf.get(), part);
    loaded.push_back({part.p_paddr + skip, part.p_memsz - skip,
                      std::span(*contents).subspan(part.p_offset + skip, part.p_filesz - skip)});
    if (header.e_entry >= part.p_vaddr && header.e_entry - part.p_vaddr < part.p_memsz)
      start = header.e_entry - part.p_vaddr + part.p_paddr;
  }
  if (loaded.empty()) throw input_error(path, "has no segment to load; expected a linked program");
  refuse_overlap();
  if (start % 2 != 0) throw input_error(path, "entry " + hex(start) + " is odd; instructions begin at even addresses");
}

// What one of them has loaded the other would overwrite: an image that was put together wrongly.
void elf_image::refuse_overlap() const {
  auto order = loaded;
  std::ranges::sort(order, {}, &segment::address);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (const auto& low = order[i - 1], &high = order[i]; high.address - low.address < low.size)
      throw input_error(path, "two segments to load overlap: " + hex(low.address) + " (" + std::to_string(low.size) +
                                  " bytes) and " + hex(high.address) + " (" + std::to_string(high.size) + " bytes)");
}

void elf_image::check(std::span<const memory_area> memory) const {
  for (std::size_t i = 0; i < loaded.size(); ++i)
    require_inside(path, "loaded segment " + std::to_string(i), loaded[i].address, loaded[i].size, memory);
  const auto holds_entry = [this](const segment& s) { return start >= s.address && start - s.address < s.size; };
  if (!std::ranges::any_of(loaded, holds_entry))
    throw input_error(path, "entry " + hex(start) + " lies in no segment of the program");
}

void elf_image::load(const write_function& write) const {
  const std::vector<std::uint8_t> zeros(4096);
  for (const auto& s : loaded) {
    if (!s.from_file.empty()) write(s.address, s.from_file);
    for (auto done = s.from_file.size(); done < s.size;) {
      const auto step = std::min<std::uint64_t>(zeros.size(), s.size - done);
      write(s.address + done, std::span(zeros).first(step));
      done += step;
    }
  }
}

std::optional<symbol> elf_image::find(std::string_view name) const {
  std::optional<symbol> found;
  const auto elf = open_elf(*contents);
  each_symbol(elf.get(), [&](std::string_view candidate, const GElf_Sym& entry) {
    if (!found && candidate == name && entry.st_shndx != SHN_UNDEF)
      found = symbol{std::string(candidate), entry.st_value, entry.st_size};
  });
  return found;
}

} // namespace acf::platform
