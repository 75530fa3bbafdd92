// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
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
  std::vector<std::thread> threads;
  std::once_flag joined;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      work_or_closing.wait(lock, [this] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      std::function<void()> work = std::move(queue.front());
      queue.pop_front();
      lock.unlock();
      run_one(work);
      work = nullptr;  // what it holds is freed before the lock is taken
      lock.lock();
    }
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
  for (std::size_t i = 0; i < threads; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
    pthread_setname_np(state_->threads.back().native_handle(), state_->name.substr(0, 15).c_str());
  }
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
  }
  state_->work_or_closing.notify_one();
  return {};
}

std::size_t Pool::queued() const {
  const std::lock_guard lock(state_->mutex);
  return state_->queue.size();
}

std::size_t Pool::threads() const {
  return state_->threads.size();
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
