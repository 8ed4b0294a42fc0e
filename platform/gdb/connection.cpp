#include "platform/gdb/connection.hpp"
#include <array>
#include <chrono>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <utility>

#include <boost/asio.hpp> // needs <utility>, and does not include it

namespace acf::platform::gdb {

namespace asio = boost::asio;

connection::event connection::receive(std::string& bytes, const give_up& tired) {
  constexpr std::chrono::milliseconds patience{50};
  somebody_receives.store(true, std::memory_order_relaxed);
  std::unique_lock guard(lock);
  while (!changed.wait_for(guard, patience, [this] { return !events.empty(); }))
    if (tired && tired()) return event::given_up;
  const event what = events.front().first;
  bytes = std::move(events.front().second);
  events.pop_front();
  arrived.store(!events.empty(), std::memory_order_relaxed);
  return what;
}

void connection::post(event what, std::string_view bytes) {
  const std::lock_guard guard(lock);
  if (what == event::data && !events.empty() && events.back().first == event::data)
    events.back().second += bytes;
  else
    events.emplace_back(what, bytes);
  arrived.store(true, std::memory_order_relaxed);
  changed.notify_all();
}

namespace {

constexpr std::chrono::milliseconds heartbeat{250}; // a quarter of the least patience that gdb can be told to have

// What both kinds share: the thread in which handlers run.
class threaded : public connection {
protected:
  void start() {
    beat();
    worker = std::thread([this] { io.run(); });
  }
  void stop() {
    io.stop();
    worker.join();
  }
  void take_in(std::string_view bytes) {
    heard = true;
    post(event::data, bytes);
  }
  virtual void put(std::string_view bytes) = 0; // in that thread

  asio::io_context io;
  std::array<char, 65536> chunk{};

private:
  void beat() {
    timer.expires_after(heartbeat);
    timer.async_wait([this](boost::system::error_code) {
      if (served()) return;
      if (heard) put("+");
      beat();
    });
  }

  asio::steady_timer timer{io};
  bool heard = false;
  std::thread worker;
};

// Reads with a handler in the thread of `io`; writes hand the bytes over to it and wait.
class tcp final : public threaded {
public:
  explicit tcp(std::uint16_t port) : acceptor(io) {
    try {
      const asio::ip::tcp::endpoint here(asio::ip::address_v4::loopback(), port);
      acceptor.open(here.protocol());
      acceptor.set_option(asio::socket_base::reuse_address(true));
      acceptor.bind(here);
      acceptor.listen(1);
    } catch (const boost::system::system_error& e) {
      throw std::runtime_error("cannot listen for gdb on port " + std::to_string(port) + ": " + e.code().message());
    }
    accept();
    start();
  }
  ~tcp() override { stop(); }
  std::uint16_t port() const { return acceptor.local_endpoint().port(); }
  std::string where() const override { return "port " + std::to_string(port()); }
  bool reopens() const override { return true; }

  void send(std::string_view bytes) override {
    std::promise<void> done;
    asio::post(io, [&] {
      put(bytes);
      done.set_value();
    });
    done.get_future().wait();
  }

private:
  void put(std::string_view bytes) override {
    boost::system::error_code ignored; // a client that has gone is noticed by the read
    if (client) asio::write(*client, asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  void accept() {
    acceptor.async_accept([this](boost::system::error_code error, asio::ip::tcp::socket came) {
      if (error) return;
      boost::system::error_code ignored;
      came.set_option(asio::ip::tcp::no_delay(true), ignored);
      client.emplace(std::move(came));
      post(event::opened);
      read();
    });
  }
  void read() {
    client->async_read_some(asio::buffer(chunk), [this](boost::system::error_code error, std::size_t n) {
      if (n) take_in({chunk.data(), n});
      if (!error) return read();
      client.reset();
      post(event::closed);
      accept();
    });
  }

  asio::ip::tcp::acceptor acceptor;
  std::optional<asio::ip::tcp::socket> client;
};

class streams final : public threaded {
public:
  streams() : in(io, ::dup(STDIN_FILENO)), out(::dup(STDOUT_FILENO)) {
    post(event::opened);
    read();
    start();
  }
  ~streams() override {
    stop();
    ::close(out);
  }
  std::string where() const override { return "standard input and output"; }
  bool reopens() const override { return false; }
  void send(std::string_view bytes) override { put(bytes); }

private:
  void put(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::write(out, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) { // one terminal for both directions shares its non-blocking mode
        std::this_thread::yield();
        continue;
      }
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void read() {
    in.async_read_some(asio::buffer(chunk), [this](boost::system::error_code error, std::size_t n) {
      if (n) take_in({chunk.data(), n});
      if (!error) return read();
      post(event::closed);
    });
  }

  asio::posix::stream_descriptor in;
  int out;
};

} // namespace

std::unique_ptr<connection> listen_tcp(std::uint16_t port, std::uint16_t& bound) {
  auto c = std::make_unique<tcp>(port);
  bound = c->port();
  return c;
}
std::unique_ptr<connection> standard_streams() { return std::make_unique<streams>(); }

} // namespace acf::platform::gdb
