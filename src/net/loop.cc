// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <thread>
#include <vector>

#include "net/stream.h"

namespace souk::net {
namespace {

namespace asio = boost::asio;

// Stands in the mail's head once the loop has ended.
struct Ended final : Loop::Mail {
  void deliver() override {}
} ended;

class AsioDescriptor final : public Descriptor {
 public:
  AsioDescriptor(asio::io_context& io, int fd) : descriptor_(io, fd) {}

  void wait(Direction direction, std::shared_ptr<Ready> who) override {
    auto type = direction == Direction::read ? asio::posix::stream_descriptor::wait_read
                                             : asio::posix::stream_descriptor::wait_write;
    descriptor_.async_wait(type, [direction, who = std::move(who)](const boost::system::error_code& error) {
      if (error != asio::error::operation_aborted) who->ready(direction);
    });
  }

 private:
  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> descriptor_;
};

}  // namespace

struct Loop::State {
  asio::io_context io{1};
  asio::steady_timer tick{io};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  bool stopping = false;
};

thread_local Loop* Loop::current_ = nullptr;

Loop::Loop() : state_(std::make_unique<State>()) {
  refresh_clock();
}
Loop::~Loop() = default;

void Loop::run_eagerly(std::chrono::microseconds spin) {
  using Clock = std::chrono::steady_clock;
  bool busy = false;
  while (!state_->io.stopped()) {
    if (state_->io.poll() > 0) continue;
    const auto begun = Clock::now();
    bool came = false;
    while (busy && !came && Clock::now() - begun < spin) {
      came = state_->io.poll() > 0;
      if (!came) std::this_thread::yield();  // to whoever wants this core: often what the wait is for
    }
    if (came) continue;
    state_->io.run_one();
    // What it did then counts too, so twice as long is soon.
    busy = Clock::now() - begun < 2 * spin;
  }
}

void Loop::run(std::chrono::microseconds spin) {
  current_ = this;
  refresh_clock();
  if (spin.count() > 0) {
    run_eagerly(spin);
  } else {
    state_->io.run();
  }
  while (members_ != nullptr) {
    Member* first = members_;
    first->shut();
    if (members_ == first) remove(*first);
  }
  Mail* left = mail_.exchange(&ended, std::memory_order_acq_rel);
  while (left != nullptr && left != &ended) {
    Mail* next = left->next;
    left->deliver();
    left = next;
  }
  state_->io.restart();
  state_->work.reset();
  state_->io.poll();
  current_ = nullptr;
}

void Loop::stop() {
  post_call([this] { state_->io.stop(); });
}

bool Loop::post(Mail* mail) {
  Mail* head = mail_.load(std::memory_order_acquire);
  do {
    if (head == &ended) return false;
    mail->next = head;
  } while (!mail_.compare_exchange_weak(head, mail, std::memory_order_acq_rel, std::memory_order_acquire));
  if (head != nullptr) return true;
  SendTogether* const together = SendTogether::current_;
  if (together != nullptr && !current()) {
    together->to_wake_.push_back(shared_from_this());
  } else {
    wake();
  }
  return true;
}

void Loop::wake() {
  asio::post(state_->io, [this] { deliver_all(); });
}

thread_local SendTogether* SendTogether::current_ = nullptr;

SendTogether::SendTogether() {
  if (current_ == nullptr) current_ = this;
}

SendTogether::~SendTogether() {
  if (current_ != this) return;
  current_ = nullptr;
  for (const auto& loop : to_wake_) loop->wake();
}

void Loop::deliver_all() {
  if (mail_.load(std::memory_order_relaxed) == &ended) return;
  Mail* newest = mail_.exchange(nullptr, std::memory_order_acq_rel);
  Mail* oldest = nullptr;
  while (newest != nullptr) {
    Mail* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    Mail* next = oldest->next;
    oldest->deliver();
    oldest = next;
  }
}

std::unique_ptr<Descriptor> Loop::adopt(int fd) {
  return std::make_unique<AsioDescriptor>(state_->io, fd);
}

void Loop::add(Member& member) {
  member.previous = nullptr;
  member.next = members_;
  if (members_ != nullptr) members_->previous = &member;
  members_ = &member;
  if (!ticking_) {
    refresh_clock();
    schedule_tick();
  }
}

void Loop::remove(Member& member) {
  if (members_ == &member) members_ = member.next;
  if (member.previous != nullptr) member.previous->next = member.next;
  if (member.next != nullptr) member.next->previous = member.previous;
  member.previous = member.next = nullptr;
}

void Loop::drain_members() {
  for (Member* member = members_; member != nullptr;) {
    Member* next = member->next;
    member->drain();
    member = next;
  }
}

void Loop::schedule_tick() {
  ticking_ = true;
  state_->tick.expires_after(kTick);
  state_->tick.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    refresh_clock();
    for (Member* member = members_; member != nullptr;) {
      Member* next = member->next;
      member->tick();
      member = next;
    }
    if (members_ != nullptr) {
      schedule_tick();
    } else {
      ticking_ = false;
    }
  });
}

void Loop::refresh_clock() {
  now_ = std::chrono::steady_clock::now();
  std::time_t seconds = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char format[48];
  std::strftime(format, sizeof format, "%%s, %d %%s %Y %H:%M:%S GMT", &utc);
  std::snprintf(date_, sizeof date_, format, kDays[utc.tm_wday], kMonths[utc.tm_mon]);
}

}  // namespace souk::net
