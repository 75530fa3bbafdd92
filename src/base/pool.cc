// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/log.h"

namespace souk {

struct Pool::State {
  std::string name;
  std::size_t limit;
  mutable std::mutex mutex;
  std::condition_variable work_or_closing;
  std::deque<std::function<void()>> queue;
  bool closing = false;
  std::size_t most;      // threads; each begins when there is work that none is free for
  std::size_t idle = 0;  // threads that wait
  std::vector<std::thread> threads;
  std::once_flag joined;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      ++idle;
      work_or_closing.wait(lock, [this] { return closing || !queue.empty(); });
      --idle;
      if (queue.empty()) return;
      std::function<void()> work = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      run_one(work);
      work = nullptr;  // what it holds is freed before the lock is taken
      lock.lock();
    }
  }

  // Under the mutex.
  void grow() {
    if (queue.size() <= idle || threads.size() >= most) return;
    try {
      threads.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      if (threads.empty()) throw;
      return;  // the system has no more for us: those that are there do it
    }
    pthread_setname_np(threads.back().native_handle(), name.substr(0, 15).c_str());
  }

  void run_one(const std::function<void()>& work) {
    try {
      work();
    } catch (const std::exception& e) {
      Logger().error("base", "work in a pool threw", {{"pool", name}, {"what", e.what()}});
    } catch (...) {
      Logger().error("base", "work in a pool threw", {{"pool", name}});
    }
  }
};

Pool::Pool(std::string name, std::size_t threads, std::size_t queue_limit) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->limit = queue_limit;
  state_->most = threads;
}

Pool::~Pool() {
  close();
}

Status Pool::post(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closing) return unavailable("pool " + state_->name + " is closing").retry_in(std::chrono::seconds(1));
    if (state_->queue.size() >= state_->limit) {
      return unavailable("pool " + state_->name + " has " + std::to_string(state_->limit) +
                         " pieces of work waiting, which is its limit; try again later")
          .retry_in(std::chrono::seconds(1));
    }
    state_->queue.push_back(std::move(work));
    state_->grow();
  }
  state_->work_or_closing.notify_one();
  return {};
}

std::size_t Pool::queued() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

std::size_t Pool::threads() const {
  return state_->most;
}

void Pool::close() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
  }
  state_->work_or_closing.notify_all();
  std::call_once(state_->joined, [this] {
    for (std::thread& thread : state_->threads) thread.join();
  });
}

}  // namespace souk
