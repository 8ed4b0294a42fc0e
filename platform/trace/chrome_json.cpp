#include "platform/trace/chrome_json.hpp"

#include "platform/trace/trace_file.hpp"

#include <fmt/format.h>

namespace acf::platform {

chrome_json::chrome_json(std::ostream& to) : out_(to) { out_ << R"({"displayTimeUnit":"ns","traceEvents":[)"; }

chrome_json::~chrome_json() { out_ << "\n]}\n" << std::flush; }

void chrome_json::event(std::string_view text) {
  out_ << (first_ ? "\n{" : ",\n{") << text << '}';
  first_ = false;
}

void chrome_json::name_process(std::uint32_t process, std::string_view name) {
  event(fmt::format(R"("ph":"M","pid":{},"name":"process_name","args":{{"name":"{}"}})", process, name));
  event(fmt::format(R"("ph":"M","pid":{0},"name":"process_sort_index","args":{{"sort_index":{0}}})", process));
}

void chrome_json::name_thread(track where, std::string_view name) {
  event(fmt::format(R"("ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":"{}"}})", where.process,
                    where.thread, name));
  event(fmt::format(R"("ph":"M","pid":{0},"tid":{1},"name":"thread_sort_index","args":{{"sort_index":{1}}})",
                    where.process, where.thread));
}

void chrome_json::complete(track where, std::string_view name, std::string_view category, const sc_core::sc_time& begin,
                           const sc_core::sc_time& end, std::string_view arguments) {
  event(fmt::format(R"("ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","cat":"{}","args":{{{}}})",
                    where.process, where.thread, microseconds(begin), microseconds(end - begin), name, category,
                    arguments));
}

void chrome_json::instant(track where, std::string_view name, const sc_core::sc_time& at, std::string_view arguments) {
  event(fmt::format(R"("ph":"i","s":"p","pid":{},"tid":{},"ts":{},"name":"{}","args":{{{}}})", where.process,
                    where.thread, microseconds(at), name, arguments));
}

void chrome_json::counter(std::uint32_t process, std::string_view name, const sc_core::sc_time& at,
                          std::string_view values) {
  event(fmt::format(R"("ph":"C","pid":{},"ts":{},"name":"{}","args":{{{}}})", process, microseconds(at), name, values));
}

} // namespace acf::platform
