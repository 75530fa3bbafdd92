// SPDX-License-Identifier: Apache-2.0
//
// An event loop: one thread that waits for descriptors, delivers mail from other threads and ticks. Asio stands
// behind it. All but `post`, `current` and `stop` are for the loop's own thread.
//
// Mail is a lock-free stack of nodes that their senders own until delivery; however much is posted between two
// turns of the loop, it is woken once. The tick (kTick) runs only while the loop has members, so an idle server
// sleeps; time-outs are compared on it, which costs a request no timer.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace souk::net {

using SteadyTime = std::chrono::steady_clock::time_point;
inline constexpr std::chrono::milliseconds kTick{100};

enum class Direction { read, write };

// Told when a descriptor it waited for is ready, or was closed.
class Ready {
 public:
  virtual ~Ready() = default;
  virtual void ready(Direction direction) = 0;
};

// A descriptor in a loop. Closes it when destroyed; waits under way then end without a call.
class Descriptor {
 public:
  virtual ~Descriptor() = default;
  // At most one wait a direction at a time; `who` is kept until it is told.
  virtual void wait(Direction direction, std::shared_ptr<Ready> who) = 0;
};

class Loop : public std::enable_shared_from_this<Loop> {
 public:
  struct Mail {
    Mail* next = nullptr;
    virtual void deliver() = 0;

   protected:
    ~Mail() = default;
  };

  // What lives in a loop and has time-outs.
  struct Member {
    Member* previous = nullptr;
    Member* next = nullptr;
    virtual void tick() = 0;   // may remove itself
    virtual void drain() = 0;  // finish what is under way, begin nothing
    virtual void shut() = 0;   // end now; removes itself

   protected:
    ~Member() = default;
  };

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until `stop`; then shuts every member and delivers what mail is left. `spin`: while events come this soon one
  // after the other, it looks for the next so long before it sleeps.
  void run(std::chrono::microseconds spin = {});
  void stop();
  bool current() const { return current_ == this; }
  // True on any loop's thread: what blocks is forbidden there.
  static bool on_any() { return current_ != nullptr; }

  // False when the loop has ended: the mail stays the caller's.
  bool post(Mail* mail);
  // The same for a callable; false destroys it uncalled.
  template <class F>
  bool post_call(F f) {
    struct Call final : Mail {
      F f;
      explicit Call(F f) : f(std::move(f)) {}
      void deliver() override {
        std::unique_ptr<Call> self(this);
        f();
      }
    };
    auto call = std::make_unique<Call>(std::move(f));
    if (!post(call.get())) return false;
    call.release();
    return true;
  }

  std::unique_ptr<Descriptor> adopt(int fd);
  void add(Member& member);
  void remove(Member& member);
  void drain_members();

  SteadyTime now() const { return now_; }                         // of the last tick; never more than a tick behind
  std::string_view date() const { return {date_, kDateLength}; }  // IMF-fixdate, of this second

 private:
  struct State;
  static constexpr std::size_t kDateLength = 29;

  friend class SendTogether;
  void wake();
  void run_eagerly(std::chrono::microseconds spin);
  void deliver_all();
  void schedule_tick();
  void refresh_clock();

  static thread_local Loop* current_;
  std::unique_ptr<State> state_;
  std::atomic<Mail*> mail_{nullptr};
  Member* members_ = nullptr;
  bool ticking_ = false;
  SteadyTime now_;
  char date_[kDateLength + 1] = {};
};

}  // namespace souk::net
