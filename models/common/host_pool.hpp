// Host threads for arithmetic between a job's simulated start and end. Work never touches SystemC or shared state, so
// the number of threads changes no result. With one thread everything runs in the caller.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <future>
#include <memory>
#include <system_error>

namespace acf::common {

class host_pool {
public:
  // `threads` counts the simulation's own thread, which waits while others work. A host that has none to give gets the
  // same results from one.
  explicit host_pool(unsigned threads) {
    if (threads < 2) return;
    try {
      pool_ = std::make_unique<boost::asio::thread_pool>(threads);
    } catch (const std::system_error&) {
    }
  }

  // Runs `work` now or soon; the future is ready when it is done.
  std::future<void> run(std::function<void()> work) {
    auto task = std::make_shared<std::packaged_task<void()>>(std::move(work));
    auto done = task->get_future();
    if (pool_)
      boost::asio::post(*pool_, [task] { (*task)(); });
    else
      (*task)();
    return done;
  }

private:
  std::unique_ptr<boost::asio::thread_pool> pool_;
};

} // namespace acf::common
