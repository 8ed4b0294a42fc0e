#include "platform/loader/debug_info.hpp"

#include <cstdlib>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <span>

#include "platform/loader/elf_file.hpp"
#include "platform/loader/source_names.hpp"

namespace acf::platform {
namespace {

constexpr unsigned return_register = 1, stack_register = 2, registers = 32;

template <class T>
struct freed {
  void operator()(T* p) const { std::free(p); }
};

// A location or value of call frame information: of DWARF's stack machine what compilers use there. None: something
// else, or memory that is not there.
std::optional<std::uint64_t> evaluate(std::span<const Dwarf_Op> program, const call_frame& in,
                                      std::optional<std::uint64_t> frame_address, const debug_info::read_memory& read) {
  std::vector<std::uint64_t> stack;
  const auto binary = [&](auto f) {
    if (stack.size() < 2) return false;
    const auto right = stack.back();
    stack.pop_back();
    stack.back() = f(stack.back(), right);
    return true;
  };
  for (const Dwarf_Op& op : program) {
    bool good = true;
    if (op.atom >= DW_OP_breg0 && op.atom < DW_OP_breg0 + registers)
      stack.push_back(in.x[op.atom - DW_OP_breg0] + op.number);
    else if (op.atom == DW_OP_bregx && op.number < registers)
      stack.push_back(in.x[op.number] + op.number2);
    else if (op.atom >= DW_OP_lit0 && op.atom <= DW_OP_lit31)
      stack.push_back(op.atom - DW_OP_lit0);
    else if (op.atom >= DW_OP_const1u && op.atom <= DW_OP_consts)
      stack.push_back(op.number);
    else if (op.atom == DW_OP_call_frame_cfa && frame_address)
      stack.push_back(*frame_address);
    else if (op.atom == DW_OP_plus_uconst && !stack.empty())
      stack.back() += op.number;
    else if (op.atom == DW_OP_plus)
      good = binary([](auto a, auto b) { return a + b; });
    else if (op.atom == DW_OP_minus)
      good = binary([](auto a, auto b) { return a - b; });
    else if (op.atom == DW_OP_and)
      good = binary([](auto a, auto b) { return a & b; });
    else if (op.atom == DW_OP_deref && !stack.empty()) {
      const auto value = read(stack.back());
      if (!value) return std::nullopt;
      stack.back() = *value;
    } else if (op.atom != DW_OP_stack_value && op.atom != DW_OP_nop)
      good = false;
    if (!good) return std::nullopt;
  }
  if (stack.empty()) return std::nullopt;
  return stack.back();
}

} // namespace

struct debug_info::tables {
  elf_file elf;
  Dwarf* dwarf = nullptr;
  std::array<Dwarf_CFI*, 2> frames{}; // .debug_frame, .eh_frame

  explicit tables(const elf_image& image) : elf(open_elf(image.bytes())) {
    if (!elf) return;
    dwarf = dwarf_begin_elf(elf.get(), DWARF_C_READ, nullptr);
    if (dwarf) frames[0] = dwarf_getcfi(dwarf);
    frames[1] = dwarf_getcfi_elf(elf.get());
  }
  tables(const tables&) = delete;
  tables& operator=(const tables&) = delete;
  ~tables() {
    if (frames[1]) dwarf_cfi_end(frames[1]);
    if (dwarf) dwarf_end(dwarf); // with frames[0]
  }

  std::unique_ptr<Dwarf_Frame, freed<Dwarf_Frame>> frame_of(std::uint64_t pc) const {
    for (Dwarf_CFI* cfi : frames) {
      Dwarf_Frame* found = nullptr;
      if (cfi && dwarf_cfi_addrframe(cfi, pc, &found) == 0)
        return std::unique_ptr<Dwarf_Frame, freed<Dwarf_Frame>>(found);
    }
    return nullptr;
  }

  bool unit_of(std::uint64_t pc, Dwarf_Die& unit) const {
    if (dwarf_addrdie(dwarf, pc, &unit)) return true;
    Dwarf_Off next = 0; // the program may have no table of addresses
    std::size_t header = 0;
    for (Dwarf_Off at = 0; dwarf_nextcu(dwarf, at, &next, &header, nullptr, nullptr, nullptr) == 0; at = next)
      if (dwarf_offdie(dwarf, at + header, &unit) && dwarf_haspc(&unit, pc) == 1) return true;
    return false;
  }
};

debug_info::debug_info(const elf_image& program) : image(program) {}
debug_info::debug_info(debug_info&&) noexcept = default;
debug_info::~debug_info() = default;

const debug_info::tables& debug_info::need() const {
  if (!known) known = std::make_unique<tables>(image);
  return *known;
}

std::vector<inlined_call> debug_info::inlined_at(std::uint64_t pc) const {
  const tables& t = need();
  Dwarf_Die unit;
  if (!t.dwarf || !t.unit_of(pc, unit)) return {};
  Dwarf_Die* all = nullptr;
  const int count = dwarf_getscopes(&unit, pc, &all);
  const std::unique_ptr<Dwarf_Die, freed<Dwarf_Die>> scopes(all);
  Dwarf_Files* files = nullptr;
  std::size_t file_count = 0;
  if (dwarf_getsrcfiles(&unit, &files, &file_count) != 0) files = nullptr;
  Dwarf_Attribute attribute;
  const char* directory = dwarf_formstring(dwarf_attr(&unit, DW_AT_comp_dir, &attribute));
  std::vector<inlined_call> calls;
  for (int n = 0; n < count; ++n) {
    Dwarf_Die* scope = all + n;
    if (dwarf_tag(scope) == DW_TAG_subprogram) break;
    if (dwarf_tag(scope) != DW_TAG_inlined_subroutine) continue;
    const char* name = dwarf_formstring(dwarf_attr_integrate(scope, DW_AT_linkage_name, &attribute));
    if (!name) name = dwarf_formstring(dwarf_attr_integrate(scope, DW_AT_name, &attribute));
    inlined_call call{name ? demangle(name) : "?", "", 0};
    Dwarf_Word file = 0, line = 0;
    if (files && dwarf_formudata(dwarf_attr(scope, DW_AT_call_file, &attribute), &file) == 0 &&
        dwarf_formudata(dwarf_attr(scope, DW_AT_call_line, &attribute), &line) == 0)
      if (const char* source = dwarf_filesrc(files, file, nullptr, nullptr)) {
        call.file = portable_path(source, directory);
        call.line = static_cast<unsigned>(line);
      }
    calls.push_back(std::move(call));
  }
  return calls;
}

bool debug_info::describes_frames_of(std::uint64_t pc) const { return need().frame_of(pc) != nullptr; }

std::optional<call_frame> debug_info::caller(const call_frame& of, bool interrupted, const read_memory& read) const {
  // What a caller returns to may already belong to the next function; what it was doing lies before.
  const auto frame = need().frame_of(interrupted ? of.pc : of.pc - 1);
  if (!frame) return std::nullopt;
  Dwarf_Op* ops = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_cfa(frame.get(), &ops, &count) != 0) return std::nullopt;
  const auto frame_address = evaluate({ops, count}, of, std::nullopt, read);
  if (!frame_address) return std::nullopt;
  call_frame above = of;
  above.x[stack_register] = *frame_address;
  bool saved = false; // the return address, in memory
  for (unsigned r = 1; r < registers; ++r) {
    std::array<Dwarf_Op, 3> space;
    if (dwarf_frame_register(frame.get(), static_cast<int>(r), space.data(), &ops, &count) != 0) continue;
    if (count == 0) continue; // not saved by this function: as it is, or lost
    auto value = ops[0].atom >= DW_OP_reg0 && ops[0].atom < DW_OP_reg0 + registers
                     ? std::optional(of.x[ops[0].atom - DW_OP_reg0])
                     : evaluate({ops, count}, of, frame_address, read);
    const bool is_location = ops[0].atom < DW_OP_reg0 || ops[0].atom >= DW_OP_reg0 + registers;
    if (value && is_location && ops[count - 1].atom != DW_OP_stack_value) value = read(*value);
    if (!value) {
      if (r == return_register) return std::nullopt;
      continue;
    }
    above.x[r] = *value;
    saved = saved || r == return_register;
  }
  above.pc = above.x[return_register];
  // Only the innermost function may still hold its return address in the register; stacks grow downwards.
  if ((!saved && !interrupted) || above.pc == 0 || *frame_address < of.x[stack_register]) return std::nullopt;
  return above;
}

} // namespace acf::platform
