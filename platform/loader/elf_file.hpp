// libelf's handle on a file in memory.
#pragma once

#include <cstdint>
#include <gelf.h>
#include <memory>
#include <span>

namespace acf::platform {

struct elf_closer {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using elf_file = std::unique_ptr<Elf, elf_closer>;

// Null if libelf refuses. The bytes must outlive the handle; libelf does not write to them.
inline elf_file open_elf(std::span<const std::uint8_t> bytes) {
  elf_version(EV_CURRENT);
  auto* start = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
  return elf_file(elf_memory(start, bytes.size()));
}

// Calls what(name, GElf_Sym) for every entry of the symbol table.
template <class F>
void each_symbol(Elf* elf, F what) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB || header.sh_entsize == 0) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (!data) continue;
    const auto count = static_cast<int>(data->d_size / header.sh_entsize);
    for (int i = 0; i < count; ++i) {
      GElf_Sym entry;
      if (!gelf_getsym(data, i, &entry)) break;
      if (const char* name = elf_strptr(elf, header.sh_link, entry.st_name); name && *name) what(name, entry);
    }
  }
}

} // namespace acf::platform
