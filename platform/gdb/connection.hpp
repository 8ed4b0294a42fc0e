// Bytes to and from a debugger: a TCP port of this host (one client at a time, another may follow), or standard input
// and output for `target remote | acf-vp ... --gdb -`. A thread of its own receives; everything else happens in the
// thread that simulates. A connection may be opened long before it is served: gdb gives up after a few seconds of
// silence, so until the first receive() a debugger that has said something gets an acknowledgement now and then, which
// makes it wait for the answer itself.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace acf::platform::gdb {

class connection {
public:
  enum class event { data, opened, closed, given_up };
  using give_up = std::function<bool()>; // asked now and then while nothing arrives; may be empty

  virtual ~connection() = default;
  virtual void send(std::string_view bytes) = 0; // to nobody if nobody is there
  virtual std::string where() const = 0;         // for the log: "port 1234"
  virtual bool reopens() const = 0;              // another client may come after this one has left

  // Something has arrived that receive() would return at once. Cheap enough to ask after every slice.
  bool pending() const { return arrived.load(std::memory_order_relaxed); }
  // Waits for the next event. `bytes` is set for data.
  event receive(std::string& bytes, const give_up& tired = {});

protected:
  void post(event what, std::string_view bytes = {});
  bool served() const { return somebody_receives.load(std::memory_order_relaxed); }

private:
  std::mutex lock;
  std::condition_variable changed;
  std::deque<std::pair<event, std::string>> events;
  std::atomic<bool> arrived = false, somebody_receives = false;
};

// Port 0 takes a free one. Throws std::runtime_error if the port is taken.
std::unique_ptr<connection> listen_tcp(std::uint16_t port, std::uint16_t& bound);
std::unique_ptr<connection> standard_streams();

} // namespace acf::platform::gdb
