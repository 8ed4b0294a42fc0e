#include "platform/registers_document/command_definitions.hpp"

#include "sw_stack/hal/command_names.hpp"
#include "sw_stack/hal/commands.hpp"
#include "sw_stack/hal/gradient_commands.hpp"
#include "sw_stack/hal/norm_commands.hpp"
#include "sw_stack/hal/threshold_commands.hpp"
#include "sw_stack/hal/tile_registers.hpp"
#include "sw_stack/hal/value_names.hpp"

#include <cstddef>
#include <fmt/format.h>

namespace acf::platform {
namespace {

// Little endian, without padding. tests/contract/cli compiles them beside hal's.
constexpr std::string_view records = R"(
#ifndef __ASSEMBLER__
/* A command; a flag says whether an extension follows. Reserved fields are zero, unused views ACF_NO_VIEW. */
struct acf_command {
  uint8_t op, flags;
  uint16_t tag; /* free for software: shown in traces and reports */
  uint32_t reserved0;
  uint16_t wait[2], signal; /* ACF_ON(semaphore, count); 0: none */
  uint16_t reserved1;
  uint16_t view[4];
  uint32_t offset[4]; /* bytes, or ACF_FROM_SCALAR(register, bytes) */
  uint32_t param[6];
};

struct acf_extension {
  uint16_t view[4];
  uint32_t offset[4];
  uint32_t param[10];
};

/* A tensor in the SRAM of a tile; addresses are byte offsets into SRAM. */
struct acf_view {
  uint32_t base;
  uint8_t type, layout; /* ACF_ELEMENT_..., ACF_FORMAT_... */
  uint16_t window_flags; /* ACF_WINDOW_... */
  uint32_t dim[4];    /* slowest first; unused trailing ones are 1 */
  uint32_t stride[4]; /* bytes between neighbours along each dimension */
  uint32_t pointers, indices, capacity;
  uint32_t pixels; /* of a window: positions down, positions across << 16 */
  uint8_t window[8]; /* kernel, stride, padding, dilation, height before width; kernel 0: none */
};

/* What SOFTMAX_XENT adds to. */
struct acf_loss {
  uint64_t loss_q16, correct, rows, first_not_finite;
};

/* What SELECT_K finds. */
struct acf_selection {
  uint32_t score_bits, index, count, eligible, remaining, reserved[3];
};

/* What GRADIENTS collects: the sum of squares in units of 2^-149, its low word first. */
struct acf_gradients {
  uint64_t sum[5], not_finite, reserved[2];
};

/* What it decides. */
struct acf_step {
  uint32_t held;
  float factor, loss_scale;
  uint32_t good;
  float norm;
  uint32_t skipped, steps;
  float rescale;
};

/* What DTS_STORE keeps of a tensor. */
struct acf_threshold {
  float threshold, target, floor, largest;
  uint32_t zeros, elements, commits, hold;
  float last_threshold;
  uint32_t last_zeros, last_elements, reserved;
};
#endif

/* A wait or a signal: it counts 1 to 1023 on one of 64 semaphores. */
#define ACF_ON(semaphore, count) ((semaphore) << 10 | (count))
/* An offset: a scalar register's value plus `bytes`, below 2^27. */
#define ACF_FROM_SCALAR(register, bytes) (0x80000000u | (uint32_t)(bytes) << 4 | (register))
/* A rectangle of tiles, corners included. */
#define ACF_TILE_SET(x0, y0, x1, y1) \
  ((uint32_t)(x0) | (uint32_t)(y0) << 8 | (uint32_t)(x1) << 16 | (uint32_t)(y1) << 24)
)";

struct constant {
  const char* name;
  std::uint64_t value;
};

constexpr constant constants[] = {
    {"COMMAND_BYTES", hal::command_bytes},
    {"VIEWS", hal::view_count},
    {"NO_VIEW", hal::no_view},
    {"NO_INDEX", hal::no_index},
    {"NO_LABEL", hal::no_label},
    {"FLAG_EXTENDED", hal::flag::extended},
    {"FLAG_CHANNEL", hal::flag::channel},
    {"FLAG_SIGNAL_REMOTE", hal::flag::signal_remote},
    {"FLAG_COMPRESS", hal::flag::compress},
    {"ELEMENT_F32", static_cast<std::uint64_t>(hal::element::f32)},
    {"ELEMENT_F16", static_cast<std::uint64_t>(hal::element::f16)},
    {"ELEMENT_BF16", static_cast<std::uint64_t>(hal::element::bf16)},
    {"ELEMENT_U8", static_cast<std::uint64_t>(hal::element::u8)},
    {"ELEMENT_I8", static_cast<std::uint64_t>(hal::element::i8)},
    {"ELEMENT_U16", static_cast<std::uint64_t>(hal::element::u16)},
    {"ELEMENT_U32", static_cast<std::uint64_t>(hal::element::u32)},
    {"ELEMENT_U64", static_cast<std::uint64_t>(hal::element::u64)},
    {"FORMAT_DENSE", static_cast<std::uint64_t>(hal::format::dense)},
    {"FORMAT_BSR4X4", static_cast<std::uint64_t>(hal::format::bsr4x4)},
    {"FORMAT_BITMAP", static_cast<std::uint64_t>(hal::format::bitmap)},
    {"SETREG_SET", hal::setreg_op::set},
    {"SETREG_ADD", hal::setreg_op::add},
    {"SETREG_EXCLUSIVE_OR", hal::setreg_op::exclusive_or},
    {"SETREG_LOAD32", hal::setreg_op::load32},
    {"SETREG_LOAD64", hal::setreg_op::load64},
    {"COPY_LOCAL", hal::copy_mode::local},
    {"COPY_LOAD", hal::copy_mode::load},
    {"COPY_STORE", hal::copy_mode::store},
    {"COPY_SEND", hal::copy_mode::send},
    {"COPY_DEAL", hal::copy_mode::deal},
    {"DEAL_BY_ROW", hal::deal_by::row},
    {"DEAL_BY_COLUMN", hal::deal_by::column},
    {"OWNERS_IN_TURN", hal::owner_order::in_turn},
    {"OWNERS_BY_COLUMNS", hal::owner_order::columns},
    {"TABLE_IN_DRAM", hal::table_in::dram},
    {"TABLE_IN_SRAM", hal::table_in::sram},
    {"MM_TRANSPOSE_A", hal::mm_flag::transpose_a},
    {"MM_TRANSPOSE_B", hal::mm_flag::transpose_b},
    {"MM_SKIP_A", hal::mm_flag::skip_a},
    {"MM_SKIP_B", hal::mm_flag::skip_b},
    {"MM_BIAS", hal::mm_flag::bias},
    {"MM_RELU", hal::mm_flag::relu},
    {"MM_GATE", hal::mm_flag::gate},
    {"MM_PHASE_LSB", hal::mm_flag::phase_shift},
    {"PHASE_FORWARD", static_cast<std::uint64_t>(hal::phase::forward)},
    {"PHASE_INPUT_GRADIENT", static_cast<std::uint64_t>(hal::phase::input_gradient)},
    {"PHASE_WEIGHT_GRADIENT", static_cast<std::uint64_t>(hal::phase::weight_gradient)},
    {"SDDMM_BLOCKS", hal::sddmm_out::blocks},
    {"SDDMM_SCORE_SUM", hal::sddmm_out::score_sum},
    {"SDDMM_SCORE_MAX", hal::sddmm_out::score_max},
    {"EWISE_COPY", hal::ewise_fn::copy},
    {"EWISE_ADD", hal::ewise_fn::add},
    {"EWISE_SUB", hal::ewise_fn::sub},
    {"EWISE_MUL", hal::ewise_fn::mul},
    {"EWISE_RELU", hal::ewise_fn::relu},
    {"EWISE_GATE", hal::ewise_fn::gate},
    {"EWISE_SCALE", hal::ewise_fn::scale},
    {"EWISE_FILL", hal::ewise_fn::fill},
    {"EWISE_ABS", hal::ewise_fn::abs},
    {"EWISE_UNIFORM", hal::ewise_fn::uniform},
    {"EWISE_DROPOUT", hal::ewise_fn::dropout},
    {"ROWRED_SUM", hal::rowred_op::sum},
    {"ROWRED_MAX", hal::rowred_op::max},
    {"ROWRED_SUM_SQUARES", hal::rowred_op::sum_squares},
    {"ROWRED_ARGMAX", hal::rowred_op::argmax},
    {"ROWRED_ALL_FINITE", hal::rowred_op::all_finite},
    {"WINDOW_REVERSED", hal::window_flag::reversed},
    {"WINDOW_SPREAD", hal::window_flag::spread},
    {"POOL_MAX", hal::pool_fn::max},
    {"POOL_AVERAGE", hal::pool_fn::average},
    {"POOL_FORWARD", hal::pool_step::forward},
    {"POOL_BACKWARD", hal::pool_step::backward},
    {"NORM_SUMS", hal::norm_step::sums},
    {"NORM_STATISTICS", hal::norm_step::statistics},
    {"NORM_RUNNING", hal::norm_step::running},
    {"NORM_FORWARD", hal::norm_step::forward},
    {"NORM_GRADIENT_SUMS", hal::norm_step::gradient_sums},
    {"NORM_BACKWARD", hal::norm_step::backward},
    {"NORM_RELU", hal::norm_flag::relu},
    {"NORM_GATE", hal::norm_flag::gate},
    {"GRADIENTS_CLEAR", hal::gradients_step::clear},
    {"GRADIENTS_COLLECT", hal::gradients_step::collect},
    {"GRADIENTS_DECIDE", hal::gradients_step::decide},
    {"UPDATE_MOMENTUM", hal::update_rule::momentum},
    {"UPDATE_ADAMW", hal::update_rule::adamw},
    {"ORDER_SMALLEST", hal::order::smallest},
    {"ORDER_LARGEST", hal::order::largest},
    {"ORDER_LARGEST_MAGNITUDE", hal::order::largest_magnitude},
    {"SELECT_WHOLE", hal::select_step::whole},
    {"SELECT_COUNT", hal::select_step::count},
    {"SELECT_CHOOSE", hal::select_step::choose},
    {"NM_MASKED", hal::nm_form::masked},
    {"NM_PACKED", hal::nm_form::packed},
    {"NM_COLUMNS", hal::nm_axis::columns},
    {"NM_ROWS", hal::nm_axis::rows},
    {"DTS_STORE", hal::dts_step::store},
    {"DTS_COMMIT", hal::dts_step::commit},
    {"SPARSIFY_LARGEST", hal::sparsify_rule::largest},
    {"SPARSIFY_RANDOM", hal::sparsify_rule::random},
    {"SPARSIFY_DEVIATION", hal::sparsify_rule::deviation},
    {"SPARSIFY_SELECTED", hal::sparsify_rule::selected},
};

} // namespace

std::string command_definitions() {
  std::string text = "\n/* Commands of a tile. The programming model is sw_stack/hal/README.md; it says which\n   "
                     "opcodes this chip executes, all others are BAD_OPCODE. */\n";
  for (std::uint32_t op = 1;; ++op) {
    const auto name = hal::name_of(static_cast<hal::opcode>(op));
    if (name == "?") break;
    text += fmt::format("#define ACF_OP_{} {}\n", name, op);
  }
  for (std::uint64_t cause = 0;; ++cause) {
    const auto name = hal::value_name(hal::tile::error_cause.text, cause);
    if (name == "?") break;
    for (const auto& e : hal::tile::error_meanings)
      if (static_cast<std::uint64_t>(e.cause) == cause)
        text += fmt::format("/* {}. ERROR_ADDRESS: {}. */\n", e.what, e.address);
    text += fmt::format("#define ACF_ERROR_{} {}\n", name, cause);
  }
  for (const constant& c : constants) text += fmt::format("#define ACF_{} {:#x}\n", c.name, c.value);
  return text.append(records);
}

} // namespace acf::platform
