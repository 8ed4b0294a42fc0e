#include "platform/loader/symboliser.hpp"

#include <algorithm>
#include <dwarf.h>
#include <elfutils/libdw.h>

#include "platform/loader/elf_file.hpp"
#include "platform/loader/source_names.hpp"

namespace acf::platform {
namespace {

struct function_entry {
  std::uint64_t first, behind; // of a label, which has no size: the end of its section
  bool is_function;            // else a label, as assembly has them
  std::string name;
};

struct line_entry {
  std::uint64_t address;
  bool ends; // first address behind a sequence
  std::string file;
  unsigned line;
};

} // namespace

struct symboliser::tables {
  std::vector<function_entry> functions;               // by address
  std::vector<line_entry> lines;                       // by address
  std::vector<std::pair<symbol, std::string>> objects; // every symbol, with its demangled name

  explicit tables(const elf_image& image) {
    const auto elf = open_elf(image.bytes());
    read_symbols(elf.get());
    read_lines(elf.get());
  }

  void read_symbols(Elf* elf) {
    each_symbol(elf, [&](const char* name, const GElf_Sym& entry) {
      const auto type = GELF_ST_TYPE(entry.st_info);
      const bool local_label = *name == '$' || (name[0] == '.' && name[1] == 'L'); // mapping symbols, assembler's own
      if (entry.st_shndx == SHN_UNDEF || type == STT_FILE || type == STT_SECTION || local_label) return;
      auto plain = demangle(name);
      objects.emplace_back(symbol{name, entry.st_value, entry.st_size}, plain);
      GElf_Shdr section;
      const bool code = entry.st_shndx < SHN_LORESERVE && gelf_getshdr(elf_getscn(elf, entry.st_shndx), &section) &&
                        (section.sh_flags & SHF_EXECINSTR) != 0;
      if (!code || (type != STT_FUNC && type != STT_NOTYPE)) return;
      const auto behind = entry.st_size != 0 ? entry.st_value + entry.st_size : section.sh_addr + section.sh_size;
      functions.push_back({entry.st_value, behind, type == STT_FUNC, std::move(plain)});
    });
    std::ranges::stable_sort(functions, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.is_function < b.is_function;
    });
  }

  void read_lines(Elf* elf) {
    Dwarf* dwarf = dwarf_begin_elf(elf, DWARF_C_READ, nullptr);
    if (!dwarf) return; // compiled without -g
    Dwarf_Off next = 0;
    std::size_t header = 0;
    for (Dwarf_Off at = 0; dwarf_nextcu(dwarf, at, &next, &header, nullptr, nullptr, nullptr) == 0; at = next) {
      Dwarf_Die unit;
      Dwarf_Lines* rows = nullptr;
      std::size_t count = 0;
      if (!dwarf_offdie(dwarf, at + header, &unit) || dwarf_getsrclines(&unit, &rows, &count) != 0) continue;
      Dwarf_Attribute attribute;
      const char* directory = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute));
      for (std::size_t i = 0; i < count; ++i) {
        Dwarf_Line* row = dwarf_onesrcline(rows, i);
        Dwarf_Addr address = 0;
        int line = 0;
        bool ends = false;
        const char* source = dwarf_linesrc(row, nullptr, nullptr);
        if (!source || dwarf_lineaddr(row, &address) != 0 || dwarf_lineno(row, &line) != 0) continue;
        dwarf_lineendsequence(row, &ends);
        lines.push_back({address, ends, portable_path(source, directory), static_cast<unsigned>(line)});
      }
    }
    dwarf_end(dwarf);
    std::ranges::stable_sort(lines, [](const auto& a, const auto& b) {
      return a.address != b.address ? a.address < b.address : a.ends > b.ends;
    });
  }
};

symboliser::symboliser(const elf_image& program) : image(program) {}
symboliser::symboliser(symboliser&&) noexcept = default;
symboliser::~symboliser() = default;

const symboliser::tables& symboliser::need() const {
  if (!known) known = std::make_unique<tables>(image);
  return *known;
}

code_location symboliser::locate(std::uint64_t pc) const {
  const auto& [functions, lines, objects] = need();
  code_location where;
  where.pc = pc;

  if (auto f = std::ranges::upper_bound(functions, pc, {}, &function_entry::first); f != functions.begin())
    if (--f; pc < f->behind) {
      where.function = f->name;
      where.into = pc - f->first;
    }
  if (auto l = std::ranges::upper_bound(lines, pc, {}, &line_entry::address); l != lines.begin() && !(--l)->ends) {
    where.file = l->file;
    where.line = l->line;
  }
  return where;
}

std::vector<symboliser::line_start> symboliser::lines() const {
  std::vector<line_start> all;
  for (const auto& l : need().lines) {
    // The linker leaves lines of functions that it has dropped, at addresses where there is nothing.
    const bool there = std::ranges::any_of(
        image.segments(), [&](const segment& s) { return l.address >= s.address && l.address - s.address < s.size; });
    if (there && !l.ends && l.line != 0) all.push_back({l.address, l.file, l.line});
  }
  return all;
}

std::optional<symbol> symboliser::find(std::string_view name) const {
  for (const auto& [object, plain] : need().objects)
    if (object.name == name || plain == name) return object;
  return std::nullopt;
}

std::string to_string(const code_location& where) {
  auto text = "pc " + hex(where.pc);
  if (!where.function.empty()) text += "  " + where.function + (where.into ? "+" + hex(where.into) : "");
  if (where.line != 0) text += "  " + where.file + ":" + std::to_string(where.line);
  return text;
}

} // namespace acf::platform
