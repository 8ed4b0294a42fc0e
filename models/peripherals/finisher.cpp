#include "models/peripherals/finisher.hpp"

namespace acf::peripherals {

using namespace hal::finisher;

finisher::finisher(sc_core::sc_module_name name, finish_function on_finish) : sc_module(name) {
  regs.on_write(finish, [done = std::move(on_finish)](std::uint64_t value) {
    const auto what = static_cast<request>(get(value, finish["REQUEST"]));
    switch (what) {
    case request::pass:
    case request::reset: return done(what, 0);
    case request::fail: return done(what, static_cast<unsigned>(get(value, finish["CODE"])));
    }
  });
}

} // namespace acf::peripherals
